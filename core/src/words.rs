//! Looks for words in a text, all in one pass.
//!
//! A word says one of two things of a pattern: that it may match somewhere in the text, or that a match of it may begin where the
//! word begins.

use crate::chars::Ch;
use crate::rx::{ANY_KIND, Classes, Item, Node};
use crate::scan::Bits;
use crate::spans::FILL;
use std::sync::OnceLock;

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

/// The symbols of the characters that are not ASCII: from this one, and how many. A word of another script is told from others by
/// them, though not from all.
const SYMBOLS: u8 = OTHER + 1;
const SYMBOLS_COUNT: u32 = 24;

/// Letters of ASCII that stand for characters beyond it too (`lower_byte`).
pub const SYMBOLS_OF_OTHERS: [u8; 3] = *b"isk";

/// The byte that stands for a character in words: a letter and its capital have the same one.
pub fn symbol(c: Ch) -> u8 {
    static PAGES: [OnceLock<[u8; 256]>; 256] = [const { OnceLock::new() }; 256];
    match lower_byte(c) {
        OTHER => match PAGES.get((c >> 8) as usize) {
            Some(page) => page.get_or_init(|| std::array::from_fn(|n| hashed(c & !255 | n as Ch)))[(c & 255) as usize],
            None => hashed(c),
        },
        byte => byte,
    }
}

/// The symbol of a character by its small letter's capital, or what stands for that: `ς` and `σ` have the same one, and `ß` and `ẞ`.
fn hashed(c: Ch) -> u8 {
    let capital = |c: char| c.to_lowercase().flat_map(char::to_uppercase).fold(0u32, |hash, c| hash ^ u32::from(c));
    SYMBOLS + (char::from_u32(c).map_or(c, capital).wrapping_mul(0x9E37_79B1) >> 16) as u8 % SYMBOLS_COUNT as u8
}

/// The byte that stands for all that an item can be, if one does. What is opaque is no letter of a word: it stands in long runs.
pub fn byte_of(item: &Item) -> Option<u8> {
    match item {
        Item::Char(FILL) | Item::Cased(_, FILL) => None,
        Item::Char(c) | Item::Cased(_, c) => Some(symbol(*c)),
        Item::Set(set) if set.ascii() == [0, 0] => {
            let (first, rest) = set.others()?.split_first()?;
            rest.iter().all(|c| symbol(*c) == symbol(*first)).then(|| symbol(*first))
        }
        Item::Set(_) | Item::NotNewline | Item::All => None,
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

impl Sought {
    /// Whether there are no words at all.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.context.is_empty() && self.leads.is_empty()
    }
}

/// A pattern, and a place at which a match of it may begin, in one number that sorts like the two.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit(u64);

impl Hit {
    fn new(pattern: u32, at: usize) -> Hit {
        Hit(u64::from(pattern) << 32 | at as u64)
    }

    pub fn pattern(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub fn at(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Looks for words in small letters.
///
/// The pairs of characters from a place on say whether a word can begin there: a row of bits for each pair, with one byte for each
/// place at which it may stand in a word, joined with AND. Where a word can begin, it is followed from its first two characters. A
/// state stands for the beginning of a word. States are numbered by their length, those that one of them leads to side by side.
pub struct Words {
    /// Of each byte its column; 0 for those that no word has.
    columns: [u8; 256],
    width: usize,
    /// Of each two columns, by their last bits, a byte for each place in a word: the groups that have them there, or no more there.
    reach: Box<[u64; FOLDED * FOLDED]>,
    /// Of each two columns the state.
    pairs: Vec<u16>,
    /// Of each state where those begin that it leads to; one more at the end.
    nexts: Vec<u16>,
    /// Of each state the columns with which it goes on, by their last bits.
    goes_on: Vec<u64>,
    /// Of each state the column that leads to it, and whether it is a word.
    labels: Vec<u8>,
    /// Of each state where its stretch of `found` begins; then where the last one ends.
    stretches: Vec<u32>,
    found: Vec<Found>,
    /// The words of one character: the characters that stand for it.
    signs: Vec<(Classes, Found)>,
}

/// What a word says.
#[derive(Clone, Copy)]
enum Found {
    /// Patterns, as bits of a word: that many words of them are for those that have it as a word, then as many for those that have
    /// it as context.
    Somewhere(u16, Bits),
    /// A match of a pattern may begin where the word begins.
    Lead(u32),
}

/// Columns that are told apart where words are sought.
const FOLDED: usize = 64;
/// Places in a word that are looked at, and groups of words: those of a group are alike in length.
const PLACES: usize = 8;
const GROUPS: usize = 8;
/// In a label: the state is a word.
const IS_WORD: u8 = 128;

/// The place of a pair of columns in `reach`, by that of the pair before it.
#[inline(always)]
fn pair(before: usize, column: u8) -> usize {
    (before * FOLDED + usize::from(column) % FOLDED) % (FOLDED * FOLDED)
}

/// `Words::reach` of some words.
fn reach(words: &mut Vec<Word>, columns: &[u8; 256]) -> Box<[u64; FOLDED * FOLDED]> {
    let mut reach = Box::new([0; FOLDED * FOLDED]);
    let length = |word: &Word| word.len().min(PLACES + 1);
    words.retain(|word| word.len() > 1);
    words.sort_unstable_by_key(|word| (length(word), *word));
    words.dedup();
    // the short words have a group for each length, of the others each as many
    let short = words.partition_point(|word| length(word) <= GROUPS / 2 + 1);
    let most = (words.len() - short).div_ceil(GROUPS / 2).max(1);
    let mut open = 0;
    for (n, word) in words.iter().enumerate() {
        let group = if n < short { word.len() - 2 } else { GROUPS / 2 + (n - short) / most };
        let mut its = word.bytes().map(|byte| columns[usize::from(byte)]);
        let mut last = pair(0, its.next().unwrap_or(0));
        for place in 0..PLACES {
            let bit = 1u64 << (8 * place + group);
            let Some(column) = its.next() else {
                open |= bit;
                continue;
            };
            last = pair(last, column);
            reach[last] |= bit;
        }
    }
    reach.iter_mut().for_each(|its| *its |= open);
    reach
}

impl Words {
    /// `per_column`: how many patterns share a word of bits. Patterns whose words there is no room for are left without.
    pub fn new(patterns: &mut [Sought], per_column: usize) -> Words {
        let size = patterns.len().div_ceil(per_column);
        let mut trie = Trie::new();
        let mut all = Vec::new();
        for (i, pattern) in patterns.iter_mut().enumerate() {
            let most: usize = [&pattern.words, &pattern.context, &pattern.leads].into_iter().flatten().map(|w| w.len()).sum();
            if trie.firsts.len() + most > MOST_STATES {
                *pattern = Sought::default();
            }
            [&pattern.words, &pattern.context, &pattern.leads].into_iter().for_each(|words| all.extend(words));
            let somewhere = |part: usize| Found::Somewhere((part * size + i / per_column) as u16, 1 << (i % per_column));
            pattern.words.iter().for_each(|word| trie.add(*word, somewhere(0)));
            pattern.context.iter().for_each(|word| trie.add(*word, somewhere(1)));
            pattern.leads.iter().for_each(|word| trie.add(*word, Found::Lead(i as u32)));
        }
        let Trie { mut columns, width, firsts, edges, found: own } = trie;
        for capital in b'A'..=b'Z' {
            columns[capital as usize] = columns[capital as usize + 32];
        }
        let mut words = Words {
            columns,
            width,
            reach: reach(&mut all, &columns),
            pairs: vec![0; width * width],
            nexts: Vec::new(),
            goes_on: Vec::new(),
            labels: vec![0],
            stretches: vec![0],
            found: Vec::new(),
            signs: Vec::new(),
        };
        // the states of the trie, by their length, with the columns that lead to them
        let (mut order, mut ways) = (vec![0usize], vec![Vec::<u8>::new()]);
        let mut at = 0;
        while at < order.len() {
            words.nexts.push(order.len() as u16);
            words.add_found(&own[order[at]]);
            words.begin(&ways[at], at as u16, !own[order[at]].is_empty());
            let mut edge = firsts[order[at]] as usize;
            let mut goes_on = 0;
            while edge != 0 {
                let (column, next, other) = edges[edge];
                goes_on |= 1 << (column & 63);
                order.push(next as usize);
                words.labels.push(column | if own[next as usize].is_empty() { 0 } else { IS_WORD });
                // only the first two columns are asked for
                let way = if ways[at].len() < 2 { [&ways[at][..], &[column]].concat() } else { vec![0; 3] };
                ways.push(way);
                edge = other as usize;
            }
            words.goes_on.push(goes_on);
            at += 1;
        }
        words.nexts.push(order.len() as u16);
        words
    }

    /// Takes note of how a word begins.
    fn begin(&mut self, way: &[u8], state: u16, is_word: bool) {
        match *way {
            [column] if is_word => {
                let own = self.stretches[usize::from(state)] as usize..self.found.len();
                // some letters of ASCII stand for others too
                let mut letters = SYMBOLS_OF_OTHERS.iter().map(|c| usize::from(*c)).chain(usize::from(SYMBOLS)..256);
                let other = letters.any(|c| self.columns[c] == column);
                let mut classes = Classes { other: if other { ANY_KIND } else { 0 }, ..Classes::NONE };
                (0..128).filter(|&c| self.columns[c as usize] == column).for_each(|c| classes.add(c));
                self.signs.extend(self.found[own].iter().map(|found| (classes, *found)));
            }
            [first, second] => self.pairs[usize::from(first) * self.width + usize::from(second)] = state,
            _ => {}
        }
    }

    /// Adds what the next state has found.
    fn add_found(&mut self, own: &[Found]) {
        let first = self.found.len();
        for one in own {
            if let Found::Somewhere(place, bits) = one
                && let Some(Found::Somewhere(_, all)) =
                    self.found[first..].iter_mut().find(|its| matches!(its, Found::Somewhere(its, _) if its == place))
            {
                *all |= bits;
            } else {
                self.found.push(*one);
            }
        }
        self.stretches.push(self.found.len() as u32);
    }

    /// Adds the patterns that have words of the text to `live`, and the places at which matches may begin to `hits`. `rows`: those
    /// of its characters, which are `has`.
    pub fn find(&self, text: &[Ch], rows: &[u8], has: &Classes, live: &mut [Bits], hits: &mut Vec<Hit>) {
        for (sign, found) in &self.signs {
            if let Found::Somewhere(place, bits) = found
                && sign.meets(has)
            {
                live[usize::from(*place)] |= bits;
            }
        }
        if rows.iter().any(|row| *row >= OTHER) {
            let columns: Vec<u8> = text.iter().map(|&c| self.columns[usize::from(symbol(c))]).collect();
            self.find_columns(columns.iter().copied(), |at| columns[at], live, hits);
        } else {
            let column = |row: u8| self.columns[usize::from(row)];
            self.find_columns(rows.iter().map(|row| column(*row)), |at| column(rows[at]), live, hits);
        }
    }

    #[inline(always)]
    fn find_columns(
        &self,
        columns: impl ExactSizeIterator<Item = u8>,
        column: impl Fn(usize) -> u8,
        live: &mut [Bits],
        hits: &mut Vec<Hit>,
    ) {
        let size = columns.len();
        // the byte of each place: the groups of which a word can begin that many characters before
        let (mut state, mut last) = (0u64, 0);
        let mut begins = |its: u8| {
            last = pair(last, its);
            state = (state << 8 | 0xFF) & self.reach[last];
            state >> (8 * (PLACES - 1)) != 0
        };
        // the pair of the first character and none before it is no place in a word
        for (behind, its) in columns.enumerate() {
            if begins(its) && behind >= PLACES {
                self.follow(behind - PLACES, size, &column, live, hits);
            }
        }
        for behind in size..size + PLACES - 1 {
            if begins(0) && behind >= PLACES {
                self.follow(behind - PLACES, size, &column, live, hits);
            }
        }
    }

    /// Says what the words say that begin at a place.
    #[inline(never)]
    fn follow(&self, at: usize, size: usize, column: &impl Fn(usize) -> u8, live: &mut [Bits], hits: &mut Vec<Hit>) {
        if at + 1 >= size {
            return;
        }
        let mut state = self.pairs[usize::from(column(at)) * self.width + usize::from(column(at + 1))];
        if state == 0 {
            return;
        }
        self.say(state, at, live, hits);
        for next in at + 2..size {
            let column = column(next);
            if self.goes_on[usize::from(state)] >> (column & 63) & 1 == 0 {
                break;
            }
            let (start, end) = (self.nexts[usize::from(state)], self.nexts[usize::from(state) + 1]);
            let labels = &self.labels[usize::from(start)..usize::from(end)];
            let Some(n) = labels.iter().position(|label| label & !IS_WORD == column) else { break };
            state = start + n as u16;
            self.say(state, at, live, hits);
        }
    }

    /// Says what the word of a state says, which begins at a place.
    #[inline(always)]
    fn say(&self, state: u16, at: usize, live: &mut [Bits], hits: &mut Vec<Hit>) {
        if self.labels[usize::from(state)] & IS_WORD == 0 {
            return;
        }
        for found in &self.found[self.stretches[usize::from(state)] as usize..self.stretches[usize::from(state) + 1] as usize] {
            match found {
                Found::Somewhere(place, bits) => live[usize::from(*place)] |= bits,
                Found::Lead(pattern) => hits.push(Hit::new(*pattern, at)),
            }
        }
    }
}

/// Words by their beginnings.
struct Trie {
    columns: [u8; 256],
    width: usize,
    /// Of each state the first of the edges from it; of each edge its column, where it leads, and the next edge of its state.
    firsts: Vec<u32>,
    edges: Vec<(u8, u16, u32)>,
    /// Of each state what the word that it is says.
    found: Vec<Vec<Found>>,
}

impl Trie {
    fn new() -> Trie {
        Trie { columns: [0; 256], width: 1, firsts: vec![0], edges: vec![(0, 0, 0)], found: vec![Vec::new()] }
    }

    fn add(&mut self, word: Word, says: Found) {
        let mut state = 0;
        for byte in word.bytes() {
            let column = &mut self.columns[byte as usize];
            if *column == 0 {
                *column = self.width as u8;
                self.width += 1;
            }
            let mut edge = self.firsts[state] as usize;
            while edge != 0 && self.edges[edge].0 != *column {
                edge = self.edges[edge].2 as usize;
            }
            if edge == 0 {
                self.edges.push((*column, self.firsts.len() as u16, self.firsts[state]));
                self.firsts[state] = self.edges.len() as u32 - 1;
                state = self.firsts.len();
                self.firsts.push(0);
                self.found.push(Vec::new());
            } else {
                state = self.edges[edge].1 as usize;
            }
        }
        self.found[state].push(says);
    }
}

/// Words in small letters of which each match of a pattern begins with one; None where there are no such words.
pub fn leads_of(node: &Node) -> Option<Vec<Word>> {
    beginnings(std::slice::from_ref(node), MOST_LEADS, SHORTEST_LEAD, LONGEST_LEAD)
}

/// Words in small letters, as few as `most`, none of them shorter than `shortest` or longer than `longest`, of which all that a
/// sequence matches begins with one; None where there are no such words.
pub fn beginnings(nodes: &[Node], most: usize, shortest: usize, longest: usize) -> Option<Vec<Word>> {
    let mut leads = Leads { open: vec![Word::default()], closed: Vec::new(), most, shortest, longest, fails: false };
    for node in nodes {
        if leads.open.is_empty() || leads.fails {
            break;
        }
        leads.follow(node);
    }
    leads.close();
    let mut words = leads.closed;
    if leads.fails {
        return None;
    }
    words.sort_unstable();
    // a word that begins with another one says no more than that
    words.dedup_by(|word, last| word.begins_with(*last));
    (words.len() <= most).then_some(words)
}

/// What matches begin with, as far as a pattern was followed.
struct Leads {
    /// What goes on.
    open: Vec<Word>,
    /// What is not followed further.
    closed: Vec<Word>,
    most: usize,
    shortest: usize,
    longest: usize,
    /// Whether a word that is not followed further is too short.
    fails: bool,
}

impl Leads {
    fn close(&mut self) {
        self.fails |= self.open.iter().any(|word| word.len() < self.shortest);
        self.closed.append(&mut self.open);
    }

    /// Closes the words that are as long as one may be.
    fn shed(&mut self) {
        let Leads { open, closed, longest, .. } = self;
        if open.iter().all(|word| word.len() < *longest) {
            return;
        }
        open.retain(|word| {
            let is_long = word.len() == *longest;
            if is_long {
                closed.push(*word);
            }
            !is_long
        });
    }

    fn follow(&mut self, node: &Node) {
        if self.open.is_empty() || self.fails {
            return;
        }
        match node {
            Node::At(_) | Node::Look { .. } => {}
            Node::Item(item) => match Ways::of(item) {
                Some(ways) if self.open.len() * ways.count + self.closed.len() <= self.most => {
                    let (last, others) = ways.bytes().split_last().unwrap_or((&0, &[]));
                    let before = self.open.len();
                    for way in others {
                        self.open.extend_from_within(..before);
                        let longer = self.open.len() - before..;
                        self.open[longer].iter_mut().for_each(|word| *word = word.with(*way));
                    }
                    self.open[..before].iter_mut().for_each(|word| *word = word.with(*last));
                    self.shed();
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

/// The bytes that stand for what an item can be.
struct Ways {
    bytes: [u8; MOST_WAYS as usize + 1],
    count: usize,
}

impl Ways {
    /// None where they are many.
    fn of(item: &Item) -> Option<Ways> {
        let mut ways = Ways { bytes: [0; MOST_WAYS as usize + 1], count: 0 };
        let Item::Set(set) = item else {
            ways.add(byte_of(item)?);
            return Some(ways);
        };
        let [low, high] = set.ascii();
        if low.count_ones() + high.count_ones() > 2 * MOST_WAYS {
            return None;
        }
        // capitals become the small letters that stand behind them, which may be there as well
        let capitals = high & 0x07FF_FFFE;
        let mut left = u128::from(low) | u128::from(high & !capitals | capitals << 32) << 64;
        while left != 0 {
            ways.add(left.trailing_zeros() as u8)?;
            left &= left - 1;
        }
        for &c in set.others()? {
            let symbol = symbol(c);
            if !ways.bytes().contains(&symbol) {
                ways.add(symbol)?;
            }
        }
        Some(ways)
    }

    fn add(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.count)? = byte;
        self.count += 1;
        Some(())
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_python_takes_for_one_where_case_does_not_matter_have_one_symbol() {
        for alike in [
            "µμΜ",
            "\u{345}ιΙ\u{1FBE}",
            "\u{390}\u{1FD3}",
            "\u{3B0}\u{1FE3}",
            "βϐΒ",
            "εϵΕ",
            "θϑΘϴ",
            "κϰ",
            "πϖ",
            "ρϱ",
            "σςΣ",
            "φϕ",
            "в\u{1C80}В",
            "д\u{1C81}",
            "о\u{1C82}",
            "с\u{1C83}",
            "т\u{1C84}\u{1C85}",
            "ъ\u{1C86}",
            "\u{1C88}\u{A64B}",
            "\u{1E61}\u{1E9B}",
            "\u{FB05}\u{FB06}",
            "ßẞ",
            "å\u{212B}Å",
            "жЖ",
            "éÉ",
            "ՀՀհ",
        ] {
            let symbols: Vec<u8> = alike.chars().map(|c| symbol(c.into())).collect();
            assert!(symbols.iter().all(|its| *its == symbols[0]), "{alike}: {symbols:?}");
        }
    }

    #[test]
    fn symbols_are_no_characters_of_ascii_and_fit_the_labels_of_states() {
        assert!((128..0x3000).all(|c| matches!(c, 0x130 | 0x131 | 0x17F | 0x212A) || symbol(c) >= SYMBOLS));
        let small_letters = 128 - 26;
        assert!(1 + small_letters + SYMBOLS_COUNT < u32::from(IS_WORD));
    }
}
