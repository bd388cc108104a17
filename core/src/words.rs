//! Looks for words in a text, all in one pass (the automaton of Aho and Corasick).
//!
//! A word says one of two things of a pattern: that it may match somewhere in the text, or that a match of it may begin where the
//! word begins.

use crate::chars::Ch;
use crate::rx::{Item, Node};
use std::collections::{BTreeSet, VecDeque};

/// The byte that stands for all characters that are not ASCII.
pub const OTHER: u8 = 128;
/// States in which words are looked for, at most.
const MOST_STATES: usize = u16::MAX as usize;
/// Characters of a word with which a match begins that are looked for; and how few may do.
const LONGEST_LEAD: usize = 8;
const SHORTEST_LEAD: usize = 2;
/// Words with which the matches of a pattern begin, at most.
const MOST_LEADS: usize = 400;
/// Characters that may stand at one place of such a word.
const MOST_WAYS: u32 = 4;

/// A letter of ASCII in small, as a byte; so are the characters that `re` takes for one where case does not matter.
pub fn lower_byte(c: Ch) -> u8 {
    match c {
        65..=90 => c as u8 + 32,
        0..=127 => c as u8,
        0x130 | 0x131 => b'i',
        0x17F => b's',
        0x212A => b'k',
        _ => OTHER,
    }
}

/// Whether a text has characters that `re` takes for letters of ASCII where case does not matter. A class of a pattern may have one
/// of them where its words have `OTHER`: of such a text, words say nothing.
pub fn is_ambiguous(text: &[Ch]) -> bool {
    text.iter().any(|c| matches!(c, 0x130 | 0x131 | 0x17F | 0x212A))
}

/// The byte that stands for all that an item can be, if one does.
pub fn byte_of(item: &Item) -> Option<u8> {
    match item {
        Item::Char(c) | Item::Cased(_, c) => Some(lower_byte(*c)),
        Item::Set(set) => (set.ascii() == [0, 0]).then_some(OTHER),
        Item::NotNewline | Item::All => None,
    }
}

/// Bytes of a word at most.
pub const LONGEST_WORD: usize = 12;

/// A word of up to `LONGEST_WORD` bytes, packed: the first byte is the highest, the lowest byte tells how many there are. So a word
/// stands in front of those that begin with it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Word(u128);

impl Word {
    /// The first bytes of a longer one.
    pub fn new(bytes: impl IntoIterator<Item = u8>) -> Word {
        bytes.into_iter().take(LONGEST_WORD).fold(Word::default(), Word::with)
    }

    #[inline]
    pub fn len(self) -> usize {
        (self.0 & 255) as usize
    }

    #[inline]
    fn with(self, byte: u8) -> Word {
        Word((self.0 | u128::from(byte) << (120 - 8 * self.len())) + 1)
    }

    pub fn first(self) -> Option<u8> {
        self.bytes().next()
    }

    fn bytes(self) -> impl Iterator<Item = u8> {
        (0..self.len()).map(move |n| (self.0 >> (120 - 8 * n)) as u8)
    }

    fn begins_with(self, word: Word) -> bool {
        let unused = 128 - 8 * word.len() as u32;
        word.len() <= self.len() && self.0.checked_shr(unused) == word.0.checked_shr(unused)
    }
}

/// The words of a pattern.
#[derive(Default)]
pub struct Sought {
    /// Words of which one must be in the text: none where no such words are known.
    pub words: Vec<Word>,
    /// The words of its context.
    pub context: Vec<Word>,
    /// Words of which each match begins with one: none where no such words are known.
    pub leads: Vec<Word>,
}

/// A pattern, and a place at which a match of it may begin.
pub type Hit = (u32, u32);

/// Looks for words in small letters.
pub struct Words {
    /// Of each byte its column in the table.
    columns: [u8; 256],
    /// A state's row in the table has two to the power of this many columns.
    shift: u32,
    /// Of each state and column the next state.
    table: Vec<u16>,
    /// States from this one on have found a word.
    first: u16,
    /// Of each of them, whose words it has found: bits of patterns that have them as words, then of those that have them as context.
    found: Vec<u64>,
    /// Of each of them, where its stretch of `leads` begins; then where the last one ends.
    stretches: Vec<u32>,
    /// Patterns that have a word as a lead, and how long the word is.
    leads: Vec<(u32, u32)>,
}

impl Words {
    /// `per_column`: how many patterns share a word of bits. Patterns whose words there is no room for are left without.
    pub fn new(patterns: &mut [Sought], per_column: usize) -> Words {
        let size = patterns.len().div_ceil(per_column);
        let mut columns = [0; 256];
        let mut width = 1usize;
        // of each state the first of the edges from it; of each edge its column, where it leads, and the next edge of its state
        let mut firsts: Vec<u32> = vec![0];
        let mut edges: Vec<(u8, u16, u32)> = vec![(0, 0, 0)];
        let mut masks: Vec<u64> = vec![0; 2 * size];
        let mut leads: Vec<Vec<(u32, u32)>> = vec![Vec::new()];
        for (i, pattern) in patterns.iter_mut().enumerate() {
            let most: usize = [&pattern.words, &pattern.context, &pattern.leads].into_iter().flatten().map(|w| w.len()).sum();
            if firsts.len() + most > MOST_STATES {
                *pattern = Sought::default();
            }
            for (part, words) in [&pattern.words, &pattern.context, &pattern.leads].into_iter().enumerate() {
                for word in words {
                    let mut state = 0;
                    for byte in word.bytes() {
                        let column = &mut columns[byte as usize];
                        if *column == 0 {
                            *column = width as u8;
                            width += 1;
                        }
                        let mut edge = firsts[state] as usize;
                        while edge != 0 && edges[edge].0 != *column {
                            edge = edges[edge].2 as usize;
                        }
                        if edge == 0 {
                            edges.push((*column, firsts.len() as u16, firsts[state]));
                            firsts[state] = edges.len() as u32 - 1;
                            state = firsts.len();
                            firsts.push(0);
                            masks.extend((0..2 * size).map(|_| 0));
                            leads.push(Vec::new());
                        } else {
                            state = edges[edge].1 as usize;
                        }
                    }
                    if part == 2 {
                        leads[state].push((i as u32, word.len() as u32));
                    } else {
                        masks[2 * size * state + part * size + i / per_column] |= 1 << (i % per_column);
                    }
                }
            }
        }
        for capital in b'A'..=b'Z' {
            columns[capital as usize] = columns[capital as usize + 32];
        }
        let width = width.next_power_of_two();
        // of each state the one of the longest of its ends that is the beginning of a word; shorter ones come first
        let mut table: Vec<u16> = vec![0; firsts.len() * width];
        let mut shorter: Vec<usize> = vec![0; firsts.len()];
        let mut waiting = VecDeque::from([0]);
        while let Some(state) = waiting.pop_front() {
            let back = shorter[state] * width;
            if state != 0 {
                table.copy_within(back..back + width, state * width);
            }
            let mut edge = firsts[state] as usize;
            while edge != 0 {
                let (column, next, other) = edges[edge];
                let (at, next) = (state * width + column as usize, next as usize);
                shorter[next] = if state == 0 { 0 } else { table[back + column as usize] as usize };
                table[at] = next as u16;
                for n in 0..2 * size {
                    masks[2 * size * next + n] |= masks[2 * size * shorter[next] + n];
                }
                if !leads[shorter[next]].is_empty() {
                    let more = leads[shorter[next]].clone();
                    leads[next].extend(more);
                }
                waiting.push_back(next);
                edge = other as usize;
            }
        }
        // states that have found something are the last ones
        let its = |state: usize| &masks[2 * size * state..2 * size * (state + 1)];
        let (found, nothing): (Vec<usize>, Vec<usize>) =
            (0..firsts.len()).partition(|state| !leads[*state].is_empty() || its(*state).iter().any(|m| *m != 0));
        let mut place: Vec<u16> = vec![0; firsts.len()];
        (0..).zip(nothing.iter().chain(&found)).for_each(|(at, state)| place[*state] = at);
        let row = |state: &usize| table[*state * width..][..width].iter().map(|next| place[*next as usize]);
        let mut stretches = vec![0];
        let mut all_leads = Vec::new();
        for state in &found {
            all_leads.extend(&leads[*state]);
            stretches.push(all_leads.len() as u32);
        }
        Words {
            columns,
            shift: width.trailing_zeros(),
            table: nothing.iter().chain(&found).flat_map(row).collect(),
            first: nothing.len() as u16,
            found: found.iter().flat_map(|state| its(*state).to_vec()).collect(),
            stretches,
            leads: all_leads,
        }
    }

    /// Adds the patterns that have words of the text to `live`, and the places at which matches may begin to `hits`. `rows`: those
    /// of its characters.
    pub fn find(&self, text: &[Ch], rows: &[u8], live: &mut [u64], hits: &mut Vec<Hit>) {
        let mut state = 0;
        let width = live.len();
        let mut step = |at: usize, byte: u8| {
            state = self.table[((state as usize) << self.shift) + self.columns[byte as usize] as usize];
            if state >= self.first {
                let found = (state - self.first) as usize;
                live.iter_mut().zip(&self.found[found * width..]).for_each(|(live, its)| *live |= its);
                let leads = &self.leads[self.stretches[found] as usize..self.stretches[found + 1] as usize];
                hits.extend(leads.iter().map(|(pattern, length)| (*pattern, at as u32 + 1 - length)));
            }
        };
        if rows.contains(&OTHER) {
            text.iter().enumerate().for_each(|(at, &c)| step(at, lower_byte(c)));
        } else {
            rows.iter().enumerate().for_each(|(at, &byte)| step(at, byte));
        }
    }
}

/// Words in small letters of which each match of a pattern begins with one; None where there are no such words.
pub fn leads_of(node: &Node) -> Option<Vec<Word>> {
    beginnings(std::slice::from_ref(node), MOST_LEADS, LONGEST_LEAD)
        .filter(|words| words.iter().all(|w| w.len() >= SHORTEST_LEAD))
}

/// Words in small letters, as few as `most` and no longer than `longest`, of which all that a sequence matches begins with one; None
/// where there are no such words.
pub fn beginnings(nodes: &[Node], most: usize, longest: usize) -> Option<Vec<Word>> {
    let mut leads = Leads { open: vec![Word::default()], closed: Vec::new(), most, longest };
    for node in nodes {
        if leads.open.is_empty() || leads.closed.first().is_some_and(|word| word.len() == 0) {
            break;
        }
        leads.follow(node);
    }
    leads.close();
    let mut words = leads.closed;
    words.sort_unstable();
    // a word that begins with another one says no more than that
    words.dedup_by(|word, last| word.begins_with(*last));
    (words.len() <= most && words.iter().all(|word| word.len() > 0)).then_some(words)
}

/// What matches begin with, as far as a pattern was followed.
struct Leads {
    /// What goes on.
    open: Vec<Word>,
    /// What is not followed further.
    closed: Vec<Word>,
    most: usize,
    longest: usize,
}

impl Leads {
    fn close(&mut self) {
        self.closed.append(&mut self.open);
    }

    fn follow(&mut self, node: &Node) {
        if self.open.is_empty() {
            return;
        }
        match node {
            Node::At(_) | Node::Look { .. } => {}
            Node::Item(item) => match ways_of(item) {
                Some(ways) if self.open.len() * ways.len() + self.closed.len() <= self.most => {
                    let longer = self.open.iter().flat_map(|word| ways.iter().map(|way| word.with(*way))).collect();
                    self.open = longer;
                    let (long, open) = std::mem::take(&mut self.open).into_iter().partition(|word| word.len() == self.longest);
                    self.closed.extend::<Vec<Word>>(long);
                    self.open = open;
                }
                _ => self.close(),
            },
            Node::Seq(nodes) => nodes.iter().for_each(|n| self.follow(n)),
            Node::Group(_, body) | Node::Atomic(body) => self.follow(body),
            Node::Branch(branches) => {
                let before = std::mem::take(&mut self.open);
                let mut open = Vec::new();
                for branch in branches {
                    self.open.clone_from(&before);
                    self.follow(branch);
                    open.append(&mut self.open);
                }
                open.sort_unstable();
                open.dedup();
                self.open = open;
            }
            Node::Repeat { min, max, body, .. } => {
                for _ in 0..(*min).min(self.longest as u32) {
                    self.follow(body);
                }
                if max > min {
                    let without = self.open.clone();
                    self.follow(body);
                    if *max > min + 1 {
                        self.close();
                    }
                    self.open.extend(without);
                    self.open.sort_unstable();
                    self.open.dedup();
                }
            }
            Node::Same(_) => self.close(),
        }
    }
}

/// The bytes that stand for what an item can be; None where they are many.
fn ways_of(item: &Item) -> Option<Vec<u8>> {
    match item {
        Item::Set(set) => {
            let ascii = set.ascii();
            let ways: BTreeSet<u8> = (0..128).filter(|c| set.has(*c)).map(lower_byte).chain([OTHER]).collect();
            let few = ascii[0].count_ones() + ascii[1].count_ones() <= 2 * MOST_WAYS && ways.len() <= MOST_WAYS as usize + 1;
            few.then(|| ways.into_iter().collect())
        }
        item => Some(vec![byte_of(item)?]),
    }
}
