//! Finds where the patterns of a catalogue match in a text, all in one pass.
//!
//! A pattern is tried only where one of its matches can begin. What a match begins with follows from the pattern's tree: the
//! characters that its first places can have, the character that can stand before it, and characters that must stand somewhere in
//! the text. Each is a row of bits, one for each pattern; the rows of a place are joined with AND, and what is left is tried
//! there. So each match that `re` finds is found, and nothing is remembered from one text to the next.

use crate::chars::Ch;
use crate::rx::{At, Classes, Item, Match, Node, Regex, State, heads};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Characters of a head that are looked at for all patterns at once.
const DEPTH: usize = 6;
/// Characters of a head that are looked at for a pattern before it is tried.
const DEEPER: usize = 32;
/// Words of which one must stand in a text, at most, for each pattern; and how short one may be.
const MOST_WORDS: usize = 400;
const SHORTEST_WORD: usize = 2;
/// Characters of a word that are looked for.
const LONGEST_WORD: usize = 12;
/// Words of a row of bits.
const WORDS: usize = 8;
/// Patterns of a bank.
const PATTERNS: usize = WORDS * 64;
/// Rows: the characters of ASCII, all others, and the end (or the start) of the text.
const OTHER: usize = 128;
const EDGE: usize = 129;
const ROWS: usize = 130;
/// Sets of characters of which one must stand in a text, at most, for each pattern.
const MOST_NEEDS: usize = 6;

type Row = [u64; WORDS];

/// Which patterns match where.
pub struct Scanner {
    banks: Vec<Bank>,
    /// Patterns of which nothing is known, with their numbers.
    others: Vec<(usize, Arc<Regex>)>,
    /// Looks for words in small letters.
    words: Option<AhoCorasick>,
    word_count: usize,
}

/// A pattern to look for.
pub struct Sought {
    pub regex: Arc<Regex>,
    /// Words of which one must stand in the text, in any case, unless the text's field gives them: none where none need to.
    pub context: Vec<Vec<Ch>>,
}

struct Bank {
    regexes: Vec<Arc<Regex>>,
    numbers: Vec<usize>,
    /// Of each pattern what its first characters can be.
    deeper: Vec<Vec<Classes>>,
    /// Which patterns can have a character before their match.
    before: Box<[Row; ROWS]>,
    /// Which patterns can have a character at each of the first places.
    heads: Vec<Box<[Row; ROWS]>>,
    /// Of each pattern, the sets of characters of which one must be in the text.
    needs: Vec<Vec<Classes>>,
    /// Of each pattern, words of which one must be in the text: none where no such words are known.
    words: Vec<Vec<usize>>,
    /// Of each pattern, the words of its context.
    context: Vec<Vec<usize>>,
}

#[inline(always)]
fn row(c: Ch) -> usize {
    if c < 128 { c as usize } else { OTHER }
}

impl Scanner {
    /// For patterns; their places in the list are their numbers.
    pub fn new(sought: &[Sought]) -> Result<Scanner, String> {
        let mut words: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut number = |word: Vec<u8>| {
            let next = words.len();
            *words.entry(word).or_insert(next)
        };
        let mut others = Vec::new();
        let mut known = Vec::new();
        for (i, one) in sought.iter().enumerate() {
            let heads = heads(one.regex.node(), DEEPER);
            if heads.is_empty() {
                others.push((i, one.regex.clone()));
                continue;
            }
            let needed = words_of(one.regex.node()).unwrap_or_default().into_iter().map(&mut number).collect();
            let context = one.context.iter().map(|word| number(lower_bytes(word))).collect();
            known.push(Known { number: i, heads, regex: one.regex.clone(), words: needed, context });
        }
        let banks = known.chunks(PATTERNS).map(Bank::new).collect();
        let mut list: Vec<&[u8]> = vec![b""; words.len()];
        for (word, i) in &words {
            list[*i] = word;
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&list).map_err(|_| "too many words")?;
        Ok(Scanner { banks, others, words: (!list.is_empty()).then_some(automaton), word_count: words.len() })
    }

    /// All matches of all patterns, ordered by pattern and place: what `finditer` of each finds. `named`: patterns whose context the
    /// text's field gives. Those whose context is nowhere in the text are left out.
    pub fn scan(&self, text: &[Ch], named: &[usize]) -> Vec<(usize, Match)> {
        let mut found = Vec::new();
        let mut has = Classes::NONE;
        for &c in text {
            has.add(c);
        }
        let mut there = vec![0u64; self.word_count.div_ceil(64)];
        if let Some(words) = &self.words {
            let lower: Vec<u8> = text.iter().map(|&c| lower_byte(c)).collect();
            for m in words.find_overlapping_iter(&lower) {
                let word = m.pattern().as_usize();
                there[word / 64] |= 1 << (word % 64);
            }
        }
        for bank in &self.banks {
            bank.scan(text, &has, &there, named, &mut found);
        }
        for (number, regex) in &self.others {
            found.extend(regex.find_iter(text, 0, text.len()).map(|m| (*number, m)));
        }
        found.sort_by_key(|(number, m)| (*number, m.start()));
        found
    }
}

struct Known {
    number: usize,
    heads: Vec<Classes>,
    regex: Arc<Regex>,
    words: Vec<usize>,
    context: Vec<usize>,
}

/// A letter of ASCII in small, as a byte; so are the characters that `re` takes for one where case does not matter.
fn lower_byte(c: Ch) -> u8 {
    match c {
        65..=90 => c as u8 + 32,
        0..=127 => c as u8,
        0x130 | 0x131 => b'i',
        0x17F => b's',
        0x212A => b'k',
        _ => 0xFF,
    }
}

impl Bank {
    fn new(patterns: &[Known]) -> Bank {
        let mut bank = Bank {
            regexes: patterns.iter().map(|p| p.regex.clone()).collect(),
            numbers: patterns.iter().map(|p| p.number).collect(),
            deeper: patterns.iter().map(|p| p.heads.get(DEPTH..).unwrap_or_default().to_vec()).collect(),
            before: Box::new([[0; WORDS]; ROWS]),
            heads: (0..DEPTH).map(|_| Box::new([[0; WORDS]; ROWS])).collect(),
            needs: Vec::new(),
            words: patterns.iter().map(|p| p.words.clone()).collect(),
            context: patterns.iter().map(|p| p.context.clone()).collect(),
        };
        for (i, Known { heads, regex, .. }) in patterns.iter().enumerate() {
            let (word, bit) = (i / 64, 1u64 << (i % 64));
            let before = before(regex.node(), &heads[0]);
            for r in 0..ROWS {
                let fits = match r {
                    EDGE => before.edge,
                    OTHER => before.classes.other,
                    c => before.classes.has(c as Ch),
                };
                if fits {
                    bank.before[r][word] |= bit;
                }
                for (depth, rows) in bank.heads.iter_mut().enumerate() {
                    let fits = match (heads.get(depth), r) {
                        (None, _) => true,
                        (Some(_), EDGE) => false,
                        (Some(classes), OTHER) => classes.other,
                        (Some(classes), c) => classes.has(c as Ch),
                    };
                    if fits {
                        rows[r][word] |= bit;
                    }
                }
            }
            let mut needs = Vec::new();
            needs_of(regex.node(), &mut needs);
            needs.sort_by_key(Classes::size);
            needs.dedup();
            needs.truncate(MOST_NEEDS);
            bank.needs.push(needs);
        }
        bank
    }

    fn scan(&self, text: &[Ch], has: &Classes, there: &[u64], named: &[usize], found: &mut Vec<(usize, Match)>) {
        let mut live: Row = [0; WORDS];
        let any = |words: &[usize]| words.is_empty() || words.iter().any(|w| there[w / 64] >> (w % 64) & 1 != 0);
        for (i, needs) in self.needs.iter().enumerate() {
            if needs.iter().all(|need| need.meets(has))
                && any(&self.words[i])
                && (any(&self.context[i]) || named.contains(&self.numbers[i]))
            {
                live[i / 64] |= 1 << (i % 64);
            }
        }
        if is_none(&live) {
            return;
        }
        let mut next = [0usize; PATTERNS];
        let mut state = State::default();
        let size = text.len();
        let mut before = EDGE;
        for pos in 0..size {
            let here = row(text[pos]);
            let mut left = live;
            let (a, b) = (&self.before[before], &self.heads[0][here]);
            for w in 0..WORDS {
                left[w] &= a[w] & b[w];
            }
            before = here;
            for depth in 1..DEPTH {
                if is_none(&left) {
                    break;
                }
                let rows = &self.heads[depth][if pos + depth < size { row(text[pos + depth]) } else { EDGE }];
                for w in 0..WORDS {
                    left[w] &= rows[w];
                }
            }
            if is_none(&left) {
                continue;
            }
            for (w, &bits) in left.iter().enumerate() {
                let mut bits = bits;
                while bits != 0 {
                    let i = w * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let deeper = &self.deeper[i];
                    if next[i] > pos
                        || pos + DEPTH + deeper.len() > size && !deeper.is_empty()
                        || !deeper.iter().zip(&text[(pos + DEPTH).min(size)..]).all(|(head, c)| head.has(*c))
                    {
                        continue;
                    }
                    if let Some(m) = self.regexes[i].match_with(text, pos, &mut state) {
                        next[i] = m.end();
                        found.push((self.numbers[i], m));
                    }
                }
            }
        }
    }
}

/// Whether no bit of a row is set.
#[inline(always)]
fn is_none(row: &Row) -> bool {
    row.iter().fold(0, |sum, word| sum | word) == 0
}

/// What can stand before a match.
struct Before {
    classes: Classes,
    /// Whether the text can begin there.
    edge: bool,
}

const WORD: Classes = Classes { ascii: [0x03FF_0000_0000_0000, 0x07FF_FFFE_87FF_FFFE], other: true };

/// What can stand before the matches of a pattern that begin with `first`.
fn before(node: &Node, first: &Classes) -> Before {
    let mut found = Before { classes: Classes::ALL, edge: true };
    narrow(std::slice::from_ref(node), first, 0, &mut found);
    found
}

/// Narrows down what can stand before a sequence by its assertions. `taken`: how many characters stand before it in the match;
/// what they are is not known. Returns how many stand before what follows, None where that is not certain.
fn narrow(nodes: &[Node], first: &Classes, taken: usize, found: &mut Before) -> Option<usize> {
    let mut taken = taken;
    for node in nodes {
        match node {
            Node::Seq(inner) => taken = narrow(inner, first, taken, found)?,
            Node::Group(_, body) | Node::Atomic(body) => taken = narrow(std::slice::from_ref(body), first, taken, found)?,
            Node::Look { behind: true, negative, width, body } if *width == taken + 1 => look_behind(body, *negative, taken, first, found),
            Node::Look { .. } => {}
            Node::At(At::Start) if taken == 0 => found.classes = Classes::NONE,
            Node::At(At::LineStart) if taken == 0 => found.classes = meet(found.classes, Classes::one(10)),
            Node::At(At::Boundary) if taken == 0 && !first.other => {
                let in_word = Classes { ascii: first.ascii, other: false };
                let outside = Classes { ascii: [first.ascii[0] & !WORD.ascii[0], first.ascii[1] & !WORD.ascii[1]], other: false };
                if outside == Classes::NONE {
                    found.classes = meet(found.classes, Classes { ascii: [!WORD.ascii[0], !WORD.ascii[1]], other: true });
                } else if !in_word.meets(&Classes { other: false, ..WORD }) {
                    found.classes = meet(found.classes, WORD);
                    found.edge = false;
                }
            }
            Node::At(_) => {}
            Node::Branch(branches) => {
                let mut sum = Before { classes: Classes::NONE, edge: false };
                let mut after = Vec::new();
                for branch in branches {
                    let mut its = Before { classes: found.classes, edge: found.edge };
                    after.push(narrow(std::slice::from_ref(branch), first, taken, &mut its));
                    sum.classes = sum.classes.union(its.classes);
                    sum.edge |= its.edge;
                }
                *found = sum;
                let all = after.first().copied().flatten()?;
                if after.iter().any(|a| *a != Some(all)) {
                    return None;
                }
                taken = all;
            }
            Node::Item(_) => taken += 1,
            Node::Repeat { .. } | Node::Same(_) => return None,
        }
        if taken > 1 {
            return None;
        }
    }
    Some(taken)
}

/// An assertion about what stands before; behind it `taken` characters of the match are looked at again.
fn look_behind(body: &Node, negative: bool, taken: usize, first: &Classes, found: &mut Before) {
    let Some(sets) = alternatives(body, taken, first) else { return };
    let all = sets.iter().fold(Classes::NONE, |sum, set| sum.union(*set));
    if negative {
        // of characters that are not ASCII, some belong to the class and some do not
        found.classes = meet(found.classes, Classes { ascii: [!all.ascii[0], !all.ascii[1]], other: true });
    } else {
        found.classes = meet(found.classes, all);
        found.edge = false;
    }
}

/// The characters that each of the alternatives of a body begins with; None where they depend on more than that.
fn alternatives(body: &Node, taken: usize, first: &Classes) -> Option<Vec<Classes>> {
    match body {
        Node::Group(_, inner) => alternatives(inner, taken, first),
        Node::Branch(branches) => {
            let mut found = Vec::new();
            for branch in branches {
                found.extend(alternatives(branch, taken, first)?);
            }
            Some(found)
        }
        Node::Item(item) if taken == 0 => Some(vec![item.classes()]),
        Node::Seq(nodes) if nodes.len() == taken + 1 => {
            let Node::Item(item) = &nodes[0] else {
                return if taken == 0 { alternatives(&nodes[0], 0, first) } else { None };
            };
            nodes[1..].iter().all(|n| passes_all(n, first)).then(|| vec![item.classes()])
        }
        _ => None,
    }
}

/// Whether a node matches whatever the match begins with.
fn passes_all(node: &Node, first: &Classes) -> bool {
    match node {
        Node::Item(Item::All) => true,
        Node::Item(Item::NotNewline) => !first.has(10),
        _ => false,
    }
}

fn meet(a: Classes, b: Classes) -> Classes {
    Classes { ascii: [a.ascii[0] & b.ascii[0], a.ascii[1] & b.ascii[1]], other: a.other && b.other }
}

/// Words in small letters, one of which stands in every text in which a pattern matches, in any case; None where none are known.
fn words_of(node: &Node) -> Option<Vec<Vec<u8>>> {
    let found = match node {
        Node::Seq(nodes) => {
            let mut best: Option<Vec<Vec<u8>>> = None;
            let mut run = Vec::new();
            for node in nodes {
                if let Some(c) = letter(node) {
                    run.push(c);
                    continue;
                }
                best = better(best, word(&std::mem::take(&mut run)));
                best = better(best, words_of(node));
            }
            better(best, word(&run))
        }
        Node::Item(_) => word(&[letter(node)?]),
        Node::Group(_, body) | Node::Atomic(body) | Node::Look { negative: false, body, .. } => words_of(body),
        Node::Repeat { min, body, .. } if *min > 0 => words_of(body),
        Node::Branch(branches) => {
            let mut sum = BTreeSet::new();
            for branch in branches {
                sum.extend(words_of(branch)?);
            }
            Some(sum.into_iter().collect())
        }
        _ => None,
    }?;
    (!found.is_empty() && found.len() <= MOST_WORDS).then_some(found)
}

/// The character of ASCII that a node stands for, in small letters, alone or in any case.
fn letter(node: &Node) -> Option<u8> {
    match node {
        Node::Item(Item::Char(c) | Item::Cased(_, c)) if *c < 128 => Some(lower_byte(*c)),
        _ => None,
    }
}

fn word(run: &[u8]) -> Option<Vec<Vec<u8>>> {
    (run.len() >= SHORTEST_WORD).then(|| vec![run[..run.len().min(LONGEST_WORD)].to_vec()])
}

fn lower_bytes(word: &[Ch]) -> Vec<u8> {
    word.iter().take(LONGEST_WORD).map(|&c| lower_byte(c)).collect()
}

/// Of two lists of words the one that says more: whose shortest word is longer, or that has fewer.
fn better(one: Option<Vec<Vec<u8>>>, other: Option<Vec<Vec<u8>>>) -> Option<Vec<Vec<u8>>> {
    let worth = |list: &Vec<Vec<u8>>| (list.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(list.len()));
    match (one, other) {
        (Some(a), Some(b)) => Some(if worth(&b) > worth(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Sets of characters: of each of them one stands in every text in which a pattern matches.
fn needs_of(node: &Node, found: &mut Vec<Classes>) {
    match node {
        Node::Item(item) => found.push(item.classes()),
        Node::Seq(nodes) => nodes.iter().for_each(|n| needs_of(n, found)),
        Node::Group(_, body) | Node::Atomic(body) | Node::Look { negative: false, body, .. } => needs_of(body, found),
        Node::Repeat { min, body, .. } if *min > 0 => needs_of(body, found),
        Node::Branch(branches) => {
            // of each branch the rarest set; together they are one
            let mut sum = Classes::NONE;
            for branch in branches {
                let mut its = Vec::new();
                needs_of(branch, &mut its);
                let Some(rarest) = its.into_iter().min_by_key(Classes::size) else { return };
                sum = sum.union(rarest);
            }
            found.push(sum);
        }
        _ => {}
    }
}
