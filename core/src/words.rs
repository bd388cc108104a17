//! Looks for words in a text, all in one pass (the automaton of Aho and Corasick).
//!
//! A word says one of two things of a pattern: that it may match somewhere in the text, or that a match of it may begin where the
//! word begins.

use crate::chars::Ch;
use crate::rx::{Item, Node};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The byte that stands for all characters that are not ASCII.
pub const OTHER: u8 = 128;
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

/// The words of a pattern.
#[derive(Default)]
pub struct Sought {
    /// Words of which one must be in the text: none where no such words are known.
    pub words: Vec<Vec<u8>>,
    /// The words of its context.
    pub context: Vec<Vec<u8>>,
    /// Words of which each match begins with one: none where no such words are known.
    pub leads: Vec<Vec<u8>>,
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
    /// `per_column`: how many patterns share a word of bits, `size`: how many such words there are.
    pub fn new(patterns: &[Sought], per_column: usize, size: usize) -> Words {
        let mut columns = [0; 256];
        let mut width = 1usize;
        let mut edges: Vec<BTreeMap<u8, usize>> = vec![BTreeMap::new()];
        let mut masks = vec![vec![0u64; 2 * size]];
        let mut leads: Vec<Vec<(u32, u32)>> = vec![Vec::new()];
        for (i, pattern) in patterns.iter().enumerate() {
            for (part, words) in [&pattern.words, &pattern.context, &pattern.leads].into_iter().enumerate() {
                for word in words {
                    let mut state = 0;
                    for &byte in word {
                        if columns[byte as usize] == 0 {
                            columns[byte as usize] = width as u8;
                            width += 1;
                        }
                        let next = edges.len();
                        state = *edges[state].entry(columns[byte as usize]).or_insert(next);
                        if state == next {
                            edges.push(BTreeMap::new());
                            masks.push(vec![0; 2 * size]);
                            leads.push(Vec::new());
                        }
                    }
                    if part == 2 {
                        leads[state].push((i as u32, word.len() as u32));
                    } else {
                        masks[state][part * size + i / per_column] |= 1 << (i % per_column);
                    }
                }
            }
        }
        for capital in b'A'..=b'Z' {
            columns[capital as usize] = columns[capital as usize + 32];
        }
        let width = width.next_power_of_two();
        // of each state the one of the longest of its ends that is the beginning of a word; shorter ones come first
        let mut table = vec![0; edges.len() * width];
        let mut shorter = vec![0; edges.len()];
        let mut waiting = VecDeque::from([0]);
        while let Some(state) = waiting.pop_front() {
            for column in 1..width {
                let back = if state == 0 { 0 } else { table[shorter[state] * width + column] };
                match edges[state].get(&(column as u8)) {
                    None => table[state * width + column] = back,
                    Some(&next) => {
                        table[state * width + column] = next;
                        shorter[next] = back;
                        let (its, more) = (masks[back].clone(), leads[back].clone());
                        masks[next].iter_mut().zip(its).for_each(|(mask, more)| *mask |= more);
                        leads[next].extend(more);
                        waiting.push_back(next);
                    }
                }
            }
        }
        // states that have found something are the last ones
        let is_none = |state: &usize| leads[*state].is_empty() && masks[*state].iter().all(|m| *m == 0);
        let mut order: Vec<usize> = (0..edges.len()).collect();
        order.sort_by_key(|state| (!is_none(state), *state));
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, state)| place[*state] = at);
        let first = order.iter().filter(|state| is_none(state)).count();
        let row = |state: &usize| table[state * width..][..width].iter().map(|next| place[*next] as u16);
        let mut stretches = vec![0];
        let mut all_leads = Vec::new();
        for state in &order[first..] {
            all_leads.extend(&leads[*state]);
            stretches.push(all_leads.len() as u32);
        }
        Words {
            columns,
            shift: width.trailing_zeros(),
            table: order.iter().flat_map(row).collect(),
            first: first as u16,
            found: order[first..].iter().flat_map(|state| masks[*state].clone()).collect(),
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
pub fn leads_of(node: &Node) -> Option<Vec<Vec<u8>>> {
    beginnings(std::slice::from_ref(node), MOST_LEADS, LONGEST_LEAD)
        .filter(|words| words.iter().all(|w| w.len() >= SHORTEST_LEAD))
}

/// Words in small letters, as few as `most` and no longer than `longest`, of which all that a sequence matches begins with one; None
/// where there are no such words.
pub fn beginnings(nodes: &[Node], most: usize, longest: usize) -> Option<Vec<Vec<u8>>> {
    let mut leads = Leads { open: BTreeSet::from([Vec::new()]), closed: BTreeSet::new(), most, longest };
    nodes.iter().for_each(|node| leads.follow(node));
    leads.close();
    let mut words: Vec<Vec<u8>> = Vec::new();
    // a word that begins with another one says no more than that
    for word in leads.closed {
        if words.last().is_none_or(|last| !word.starts_with(last)) {
            words.push(word);
        }
    }
    (words.len() <= most && words.iter().all(|word| !word.is_empty())).then_some(words)
}

/// What matches begin with, as far as a pattern was followed.
struct Leads {
    /// What goes on.
    open: BTreeSet<Vec<u8>>,
    /// What is not followed further.
    closed: BTreeSet<Vec<u8>>,
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
                    for word in std::mem::take(&mut self.open) {
                        for &way in &ways {
                            let longer = [&word[..], &[way]].concat();
                            if longer.len() < self.longest { &mut self.open } else { &mut self.closed }.insert(longer);
                        }
                    }
                }
                _ => self.close(),
            },
            Node::Seq(nodes) => nodes.iter().for_each(|n| self.follow(n)),
            Node::Group(_, body) | Node::Atomic(body) => self.follow(body),
            Node::Branch(branches) => {
                let before = std::mem::take(&mut self.open);
                let mut open = BTreeSet::new();
                for branch in branches {
                    self.open.clone_from(&before);
                    self.follow(branch);
                    open.append(&mut self.open);
                }
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
