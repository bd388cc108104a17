//! Regular expressions that match what Python's `re` matches.
//!
//! Python parses a pattern and hands its tree over as numbers (`logscrub/engines/lowering.py` describes them). A backtracking
//! machine runs it: alternatives, repetitions, look-arounds and groups are tried in the order in which `re` tries them, so the
//! same match is found. Classes of characters are those of the running Python (`chars`).
//!
//! A match takes at most `MOST_STEPS` steps backwards. Beyond that the machine panics with `TooManySteps`, and who scrubs a unit
//! withholds it.

use crate::chars::{Ch, CharSet, ascii_lower};
use crate::words::{OTHER, lower_byte};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// The payload of the panic by which a match gives up.
pub struct TooManySteps;

const MOST_STEPS: u64 = 200_000_000;
const NONE: usize = usize::MAX;
/// The number that stands for a repetition without an upper bound.
pub const UNBOUNDED: u32 = u32::MAX;

thread_local! {
    static SCRATCH: Cell<Option<Box<State>>> = const { Cell::new(None) };
}

/// One character of a pattern.
#[derive(Clone)]
pub enum Item {
    Char(Ch),
    Set(Arc<CharSet>),
    /// A letter of ASCII in any case, and its small letter.
    Cased(Arc<CharSet>, Ch),
    NotNewline,
    All,
}

impl Item {
    #[inline(always)]
    fn has(&self, c: Ch) -> bool {
        match self {
            Item::Char(mine) => *mine == c,
            Item::Cased(_, small) if c < 128 => ascii_lower(c) == *small,
            Item::Set(set) | Item::Cased(set, _) => set.has(c),
            Item::NotNewline => c != 10,
            Item::All => true,
        }
    }

    /// What it stands for.
    pub fn classes(&self) -> Classes {
        match self {
            Item::Char(c) => Classes::one(*c),
            Item::Set(set) | Item::Cased(set, _) => Classes { ascii: set.ascii(), other: set.kinds() },
            Item::NotNewline => Classes { ascii: [!(1 << 10), !0], other: ANY_KIND },
            Item::All => Classes::ALL,
        }
    }
}

/// The places of the bits of a word.
pub fn bits(word: u128) -> impl Iterator<Item = usize> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = left.trailing_zeros() as usize;
        left &= left.wrapping_sub(1);
        (bit < 128).then_some(bit)
    })
}

/// The places of the bits of half a word.
fn bits_of_half(word: u64) -> impl Iterator<Item = usize> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = left.trailing_zeros() as usize;
        left &= left.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

/// Kinds of characters beyond ASCII: capitals, decimal digits, and all others (`_KINDS` of the definition). A class of characters
/// may have some of each.
pub const KINDS: usize = 3;
pub const ANY_KIND: u8 = (1 << KINDS) - 1;
/// The rows of characters: those of ASCII, and one of each kind.
pub const ROWS: usize = 128 + KINDS;

/// A set of characters of ASCII, and the kinds of others of which some may belong to it, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Classes {
    pub ascii: [u64; 2],
    pub other: u8,
}

impl Classes {
    pub const ALL: Classes = Classes { ascii: [!0; 2], other: ANY_KIND };
    pub const NONE: Classes = Classes { ascii: [0; 2], other: 0 };

    pub fn one(c: Ch) -> Classes {
        let mut found = Classes::NONE;
        found.add(c);
        found
    }

    pub fn add(&mut self, c: Ch) {
        if c < 128 { self.ascii[(c >> 6) as usize] |= 1 << (c & 63) } else { self.other = ANY_KIND }
    }

    pub fn union(self, more: Classes) -> Classes {
        Classes { ascii: [self.ascii[0] | more.ascii[0], self.ascii[1] | more.ascii[1]], other: self.other | more.other }
    }

    /// Whether a character may belong to it.
    #[inline(always)]
    pub fn has(&self, c: Ch) -> bool {
        if c < 128 { self.ascii[(c >> 6) as usize] >> (c & 63) & 1 != 0 } else { self.other != 0 }
    }

    /// Whether a character of a row may belong to it.
    pub fn has_row(&self, row: usize) -> bool {
        if row < 128 { self.ascii[row >> 6] >> (row & 63) & 1 != 0 } else { self.other >> (row - 128) & 1 != 0 }
    }

    /// The rows of its characters.
    pub fn rows(self) -> impl Iterator<Item = usize> {
        let [low, high] = self.ascii.map(bits_of_half);
        low.chain(high.map(|bit| bit + 64)).chain(bits_of_half(self.other.into()).map(|bit| bit + 128))
    }

    pub fn meets(&self, more: &Classes) -> bool {
        self.ascii[0] & more.ascii[0] != 0 || self.ascii[1] & more.ascii[1] != 0 || self.other & more.other != 0
    }

    /// How many characters of ASCII it has; others count as many.
    pub fn size(&self) -> u32 {
        self.ascii[0].count_ones() + self.ascii[1].count_ones() + if self.other != 0 { 64 } else { 0 }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    Start,
    LineStart,
    Boundary,
    NoBoundary,
    End,
    LineEnd,
    TextEnd,
}

/// A parsed pattern.
#[derive(Clone)]
pub enum Node {
    Item(Item),
    At(At),
    Seq(Vec<Node>),
    Branch(Vec<Node>),
    Group(usize, Box<Node>),
    Repeat { mode: Mode, min: u32, max: u32, body: Box<Node> },
    Look { behind: bool, negative: bool, width: usize, body: Box<Node> },
    Atomic(Box<Node>),
    Same(usize),
}

enum Inst {
    One(Item),
    At(At),
    /// Goes on at the alternatives that can begin with the characters that follow, in order.
    Switch(Box<Switch>),
    /// Goes on at the first, and on failure at the second.
    Split(u32, u32),
    Jump(u32),
    Save(u32),
    /// An item many times.
    Many {
        item: Item,
        mode: Mode,
        min: u32,
        max: u32,
    },
    /// One character before or behind.
    LookOne {
        item: Item,
        behind: bool,
        negative: bool,
    },
    /// So many characters before or behind, each of them an item.
    LookSome {
        items: Box<[Item]>,
        behind: bool,
        negative: bool,
    },
    Look {
        behind: bool,
        negative: bool,
        width: u32,
        next: u32,
    },
    Atomic {
        next: u32,
    },
    LoopInit(u32),
    Loop {
        register: u32,
        mode: Mode,
        min: u32,
        max: u32,
        tail: u32,
    },
    Same(u32),
    Done,
}

/// Alternatives, by the characters that each begins with.
struct Switch {
    /// Of each first character (of ASCII, others, none) where its stretch of `ways` begins; then where the last one ends.
    stretches: Vec<u32>,
    /// The alternatives that a first character can begin, the last one first.
    ways: Vec<Way>,
    /// Where each alternative begins.
    targets: Vec<u32>,
}

/// An alternative: where it begins in the program, and the signs of the characters it begins with.
#[derive(Clone, Copy)]
struct Way {
    target: u32,
    signs: u64,
    /// The bits of the signs that are known.
    known: u64,
}

/// Alternatives from which a switch is worth its table.
const FEWEST_TO_SWITCH: usize = 3;
/// Characters of an alternative that a switch looks at: its signs are the bytes of a `Way`.
const SWITCHED: usize = 8;

impl Switch {
    fn new(branches: &[(u32, &Node)]) -> Switch {
        let firsts: Vec<(Classes, bool)> = branches.iter().map(|(_, node)| edge_of(node, false)).collect();
        let ways: Vec<Way> = branches
            .iter()
            .map(|(target, node)| {
                let mut signs = Vec::new();
                signs_of(node, &mut signs);
                let known = signs.iter().rev().fold(0, |word, sign| word << 8 | if sign.is_some() { 255 } else { 0 });
                let signs = signs.iter().rev().fold(0, |word, sign| word << 8 | u64::from(sign.unwrap_or(0)));
                Way { target: *target, signs, known }
            })
            .collect();
        let targets = branches.iter().map(|(target, _)| *target).collect();
        let mut switch = Switch { stretches: vec![0], ways: Vec::new(), targets };
        for row in 0..130u32 {
            let fits = |(first, may_be_empty): &(Classes, bool)| *may_be_empty || row < 129 && first.has(row);
            switch.ways.extend(firsts.iter().zip(&ways).rev().filter(|(first, _)| fits(first)).map(|(_, way)| way));
            switch.stretches.push(switch.ways.len() as u32);
        }
        switch
    }

    /// The alternatives that may match what follows, the last one first.
    #[inline]
    fn ways(&self, next: &[Ch]) -> impl Iterator<Item = u32> {
        let row = next.first().map_or(129, |c| (*c as usize).min(128));
        let ways = &self.ways[self.stretches[row] as usize..self.stretches[row + 1] as usize];
        let mut signs = 0;
        if !ways.is_empty() {
            for &c in next[..next.len().min(SWITCHED)].iter().rev() {
                signs = signs << 8 | u64::from(sign(c));
            }
        }
        ways.iter().filter(move |way| (way.signs ^ signs) & way.known == 0).map(|way| way.target)
    }
}

/// A byte that stands for a character, in any case; for a character beyond ASCII, the 128 characters around it.
#[inline]
fn sign(c: Ch) -> u8 {
    match lower_byte(c) {
        OTHER => 128 | (c >> 7) as u8,
        byte => byte,
    }
}

/// The sign that all characters of a class have.
fn sign_of(set: &CharSet) -> Option<u8> {
    let (first, more) = set.others().filter(|_| set.ascii() == [0, 0])?.split_first()?;
    more.iter().all(|c| sign(*c) == sign(*first)).then_some(sign(*first))
}

/// Adds the signs of the characters that all that a node matches begins with, as far as they are known. Returns whether what
/// follows the node may add more.
fn signs_of(node: &Node, signs: &mut Vec<Option<u8>>) -> bool {
    match node {
        Node::Item(item) => {
            signs.push(match item {
                Item::Char(c) | Item::Cased(_, c) => Some(sign(*c)),
                Item::Set(set) => sign_of(set),
                _ => None,
            });
            signs.len() < SWITCHED
        }
        Node::At(_) | Node::Look { .. } => true,
        Node::Seq(nodes) => nodes.iter().all(|n| signs_of(n, signs)),
        Node::Group(_, body) | Node::Atomic(body) => signs_of(body, signs),
        Node::Repeat { min, max, body, .. } => (0..(*min).min(SWITCHED as u32)).all(|_| signs_of(body, signs)) && min == max,
        Node::Branch(_) | Node::Same(_) => false,
    }
}

/// The characters that a match can begin with, or end with, and whether it may have none.
pub fn edge_of(node: &Node, is_last: bool) -> (Classes, bool) {
    match node {
        Node::Item(item) => (item.classes(), false),
        Node::At(_) | Node::Look { .. } => (Classes::NONE, true),
        Node::Seq(nodes) => edge_of_row(nodes.iter(), is_last),
        Node::Branch(branches) => branches.iter().fold((Classes::NONE, false), |(all, any), branch| {
            let (edge, may_be_empty) = edge_of(branch, is_last);
            (all.union(edge), any || may_be_empty)
        }),
        Node::Group(_, body) | Node::Atomic(body) => edge_of(body, is_last),
        Node::Repeat { min, max, body, .. } => {
            if *max == 0 {
                return (Classes::NONE, true);
            }
            let (edge, may_be_empty) = edge_of(body, is_last);
            (edge, may_be_empty || *min == 0)
        }
        Node::Same(_) => (Classes::ALL, true),
    }
}

/// What a match of nodes that stand side by side can begin with, or end with, as `edge_of` has it.
pub fn edge_of_row<'a>(nodes: impl DoubleEndedIterator<Item = &'a Node>, is_last: bool) -> (Classes, bool) {
    let (mut nodes, mut all) = (nodes, Classes::NONE);
    while let Some(node) = if is_last { nodes.next_back() } else { nodes.next() } {
        let (edge, may_be_empty) = edge_of(node, is_last);
        all = all.union(edge);
        if !may_be_empty {
            return (all, false);
        }
    }
    (all, true)
}

enum Entry {
    /// Try from here.
    At {
        pc: u32,
        pos: usize,
    },
    /// Try from `pc` with the places down to `least`.
    Down {
        pc: u32,
        pos: usize,
        least: usize,
    },
    /// Try `pc` after one more of the item of the instruction before it, up to `most`.
    Up {
        pc: u32,
        pos: usize,
        most: usize,
    },
    Capture {
        slot: u32,
        old: usize,
    },
    Count {
        register: u32,
        count: u32,
        last: usize,
    },
}

/// What a match needs while it is looked for. One can serve many patterns, one after the other.
#[derive(Default)]
pub struct State {
    captures: Vec<usize>,
    counts: Vec<(u32, usize)>,
    stack: Vec<Entry>,
    steps: u64,
}

/// A compiled pattern.
pub struct Regex {
    groups: usize,
    node: Node,
    word: Arc<CharSet>,
    names: Vec<(String, usize)>,
    /// Made when it is first used: of many patterns most are never.
    compiled: OnceLock<Compiled>,
    /// How often it was tried in vain without a sieve, and the sieve, made when it pays.
    in_vain: AtomicU32,
    sieve: OnceLock<Sieve>,
}

struct Compiled {
    program: Vec<Inst>,
    registers: usize,
    /// What a match can begin with, where that is known.
    first: Option<First>,
    /// How many characters a match has, at least and at most.
    width: (usize, usize),
}

/// What a match can begin with.
enum First {
    /// One of four characters, some of which may be the same.
    Signs([Ch; 4]),
    /// Of each character of ASCII whether a match can begin with it; and whether one can begin with others.
    Table(Box<[bool; 128]>, bool),
}

impl First {
    fn new(classes: Classes) -> First {
        let signs: Vec<Ch> = classes.rows().take(5).map(|row| row as Ch).collect();
        if classes.other == 0 && (1..=4).contains(&signs.len()) {
            First::Signs(std::array::from_fn(|n| signs[n.min(signs.len() - 1)]))
        } else {
            First::Table(Box::new(std::array::from_fn(|c| classes.has(c as Ch))), classes.other != 0)
        }
    }

    #[inline]
    fn has(&self, c: Ch) -> bool {
        match self {
            First::Signs(signs) => signs.contains(&c),
            First::Table(table, others) => table.get(c as usize).copied().unwrap_or(*others),
        }
    }

    /// The first place of a text at which a match can begin.
    #[inline]
    fn position(&self, text: &[Ch]) -> Option<usize> {
        match self {
            First::Signs([a, b, c, d]) => {
                let is_one = |x: Ch| u32::from(x == *a) | u32::from(x == *b) | u32::from(x == *c) | u32::from(x == *d);
                // whole chunks, several characters at once
                let without =
                    text.chunks_exact(16).take_while(|part| part.iter().fold(0, |any, &x| any | is_one(x)) == 0).count();
                Some(16 * without + text[16 * without..].iter().position(|&x| is_one(x) != 0)?)
            }
            First::Table(..) => text.iter().position(|&c| self.has(c)),
        }
    }
}

/// How many characters a node matches, at least and at most.
pub fn width(node: &Node) -> (usize, usize) {
    match node {
        Node::At(_) | Node::Look { .. } => (0, 0),
        Node::Item(_) => (1, 1),
        Node::Group(_, body) | Node::Atomic(body) => width(body),
        Node::Seq(nodes) => nodes.iter().map(width).fold((0, 0), |(least, most), (a, b)| (least + a, most.saturating_add(b))),
        Node::Branch(branches) => {
            branches.iter().map(width).reduce(|(least, most), (a, b)| (least.min(a), most.max(b))).unwrap_or_default()
        }
        Node::Repeat { min, max, body, .. } => {
            let (least, most) = width(body);
            let times = if *max == UNBOUNDED { usize::MAX } else { *max as usize };
            (least.saturating_mul(*min as usize), most.saturating_mul(times))
        }
        Node::Same(_) => (0, usize::MAX),
    }
}

impl Compiled {
    fn new(node: &Node) -> Compiled {
        let mut compiler = Compiler::new(false);
        compiler.node(node);
        compiler.add(Inst::Done);
        let first = heads_of(&compiler.program, 1).first().copied().map(First::new);
        Compiled { program: compiler.program, registers: compiler.registers as usize, first, width: width(node) }
    }
}

/// Where a pattern matched: the spans of the whole and of its groups.
#[derive(Clone, Debug)]
pub struct Match {
    spans: Spans,
}

#[derive(Clone, Debug)]
enum Spans {
    Few([usize; 8], u8),
    Many(Vec<usize>),
}

impl Match {
    fn new(slots: &[usize]) -> Match {
        if slots.len() <= 8 {
            let mut few = [NONE; 8];
            few[..slots.len()].copy_from_slice(slots);
            Match { spans: Spans::Few(few, slots.len() as u8) }
        } else {
            Match { spans: Spans::Many(slots.to_vec()) }
        }
    }

    fn slots(&self) -> &[usize] {
        match &self.spans {
            Spans::Few(few, n) => &few[..*n as usize],
            Spans::Many(many) => many,
        }
    }

    pub fn start(&self) -> usize {
        self.slots()[0]
    }

    pub fn end(&self) -> usize {
        self.slots()[1]
    }

    /// The span of a group, None where it has no part in the match.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        let slots = self.slots();
        let (start, end) = (*slots.get(2 * group)?, *slots.get(2 * group + 1)?);
        (start != NONE && end != NONE).then_some((start, end))
    }
}

/// Reads the numbers of a pattern's tree.
pub struct Reader<'a> {
    code: &'a [u32],
    at: usize,
    sets: &'a [Arc<CharSet>],
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<u32, String> {
        let value = *self.code.get(self.at).ok_or("a pattern's code ends early")?;
        self.at += 1;
        Ok(value)
    }

    fn node(&mut self) -> Result<Node, String> {
        let op = self.next()?;
        Ok(match op {
            0 => Node::Item(Item::Char(self.next()?)),
            1 => {
                let number = self.next()? as usize;
                Node::Item(Item::Set(self.sets.get(number).ok_or("no such class of characters")?.clone()))
            }
            2 => Node::Item(Item::NotNewline),
            3 => Node::Item(Item::All),
            4 => Node::At(match self.next()? {
                0 => At::Start,
                1 => At::LineStart,
                2 => At::Boundary,
                3 => At::NoBoundary,
                4 => At::End,
                5 => At::LineEnd,
                6 => At::TextEnd,
                _ => return Err("no such place".into()),
            }),
            5 | 6 => {
                let count = self.next()?;
                let nodes = (0..count).map(|_| self.node()).collect::<Result<Vec<_>, _>>()?;
                if op == 5 { Node::Seq(nodes) } else { Node::Branch(nodes) }
            }
            7 => {
                let group = self.next()? as usize;
                Node::Group(group, Box::new(self.node()?))
            }
            8 => {
                let mode = match self.next()? {
                    0 => Mode::Greedy,
                    1 => Mode::Lazy,
                    _ => Mode::Possessive,
                };
                let (min, max) = (self.next()?, self.next()?);
                Node::Repeat { mode, min, max, body: Box::new(self.node()?) }
            }
            9 => {
                let behind = self.next()? == 1;
                let negative = self.next()? == 1;
                let width = self.next()? as usize;
                Node::Look { behind, negative, width, body: Box::new(self.node()?) }
            }
            10 => Node::Atomic(Box::new(self.node()?)),
            11 => Node::Same(self.next()? as usize),
            12 => {
                let number = self.next()? as usize;
                let set = self.sets.get(number).ok_or("no such class of characters")?.clone();
                Node::Item(Item::Cased(set, self.next()?))
            }
            _ => return Err("no such operation".into()),
        })
    }
}

struct Compiler {
    program: Vec<Inst>,
    registers: u32,
    /// Whether the program only says which characters follow each other: without assertions, and without tables for alternatives.
    is_bare: bool,
}

impl Compiler {
    fn new(is_bare: bool) -> Compiler {
        Compiler { program: Vec::new(), registers: 0, is_bare }
    }

    fn here(&self) -> u32 {
        self.program.len() as u32
    }

    fn add(&mut self, inst: Inst) -> usize {
        self.program.push(inst);
        self.program.len() - 1
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::At(_) | Node::Look { .. } if self.is_bare => {}
            Node::Item(item) => {
                self.add(Inst::One(item.clone()));
            }
            Node::At(at) => {
                self.add(Inst::At(*at));
            }
            Node::Seq(nodes) => nodes.iter().for_each(|n| self.node(n)),
            Node::Branch(nodes) => {
                let mut ends = Vec::new();
                if !self.is_bare && nodes.len() >= FEWEST_TO_SWITCH && nodes.len() < u16::MAX as usize {
                    let switch = self.add(Inst::Done);
                    let mut targets = Vec::new();
                    for branch in nodes {
                        targets.push((self.here(), branch));
                        self.node(branch);
                        ends.push(self.add(Inst::Jump(0)));
                    }
                    self.program[switch] = Inst::Switch(Box::new(Switch::new(&targets)));
                    let here = self.here();
                    for end in ends {
                        self.program[end] = Inst::Jump(here);
                    }
                    return;
                }
                for (i, branch) in nodes.iter().enumerate() {
                    if i + 1 < nodes.len() {
                        let split = self.add(Inst::Split(0, 0));
                        let first = self.here();
                        self.node(branch);
                        ends.push(self.add(Inst::Jump(0)));
                        self.program[split] = Inst::Split(first, self.here());
                    } else {
                        self.node(branch);
                    }
                }
                let here = self.here();
                for end in ends {
                    self.program[end] = Inst::Jump(here);
                }
            }
            Node::Group(group, body) => {
                self.add(Inst::Save(2 * *group as u32));
                self.node(body);
                self.add(Inst::Save(2 * *group as u32 + 1));
            }
            Node::Repeat { mode, min, max, body } => self.repeat(*mode, *min, *max, body),
            Node::Look { behind, negative, width, body } => {
                if let Some(item) = single(body) {
                    self.add(Inst::LookOne { item: item.clone(), behind: *behind, negative: *negative });
                    return;
                }
                let mut items = Vec::new();
                if items_of(body, &mut items).is_some() && (!*behind || items.len() == *width) {
                    let items = items.into_iter().cloned().collect();
                    self.add(Inst::LookSome { items, behind: *behind, negative: *negative });
                    return;
                }
                let look = self.add(Inst::Done);
                self.node(body);
                self.add(Inst::Done);
                self.program[look] = Inst::Look { behind: *behind, negative: *negative, width: *width as u32, next: self.here() };
            }
            Node::Atomic(body) => self.atomic(|me| me.node(body)),
            Node::Same(group) => {
                self.add(Inst::Same(*group as u32));
            }
        }
    }

    fn atomic(&mut self, body: impl FnOnce(&mut Compiler)) {
        let atomic = self.add(Inst::Done);
        body(self);
        self.add(Inst::Done);
        self.program[atomic] = Inst::Atomic { next: self.here() };
    }

    fn repeat(&mut self, mode: Mode, min: u32, max: u32, body: &Node) {
        if let Some(item) = single(body) {
            self.add(Inst::Many { item: item.clone(), mode, min, max });
            return;
        }
        match (mode, min, max) {
            (Mode::Possessive, ..) => {
                // each repetition is taken as it is found, and all of them together
                let inner = Node::Atomic(Box::new(body.clone()));
                self.atomic(|me| me.repeat(Mode::Greedy, min, max, &inner));
            }
            (_, 0, 1) => {
                let split = self.add(Inst::Split(0, 0));
                let first = self.here();
                self.node(body);
                let here = self.here();
                self.program[split] = if mode == Mode::Greedy { Inst::Split(first, here) } else { Inst::Split(here, first) };
            }
            _ => {
                let register = self.registers;
                self.registers += 1;
                self.add(Inst::LoopInit(register));
                let head = self.add(Inst::Done);
                self.node(body);
                self.add(Inst::Jump(head as u32));
                self.program[head] = Inst::Loop { register, mode, min, max, tail: self.here() };
            }
        }
    }
}

/// The item that a node is, where it is one character that is not captured.
fn single(node: &Node) -> Option<&Item> {
    match node {
        Node::Item(item) => Some(item),
        Node::Seq(nodes) if nodes.len() == 1 => single(&nodes[0]),
        _ => None,
    }
}

/// The items that a node is a sequence of; None where it is more than that.
pub fn items_of<'a>(node: &'a Node, items: &mut Vec<&'a Item>) -> Option<()> {
    match node {
        Node::Item(item) => items.push(item),
        Node::Seq(nodes) => nodes.iter().try_for_each(|n| items_of(n, items))?,
        Node::Repeat { min, max, body, .. } if min == max && *min <= MOST_ITEMS => {
            (0..*min).try_for_each(|_| items_of(body, items))?;
        }
        _ => return None,
    }
    Some(())
}

/// Items of a sequence that are looked at one by one, at most.
const MOST_ITEMS: u32 = 64;

impl Regex {
    /// Compiles the numbers of a pattern: how many groups, then the tree. `word`: the class of `\w`.
    pub fn new(code: &[u32], names: Vec<(String, usize)>, sets: &[Arc<CharSet>], word: Arc<CharSet>) -> Result<Regex, String> {
        let mut reader = Reader { code, at: 0, sets };
        let groups = reader.next()? as usize;
        let node = reader.node()?;
        if reader.at != code.len() {
            return Err("a pattern's code has more than one tree".into());
        }
        Ok(Regex { groups, node, word, names, compiled: OnceLock::new(), in_vain: AtomicU32::new(0), sieve: OnceLock::new() })
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| Compiled::new(&self.node))
    }

    /// The number of the group with a name.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(n, _)| n == name).map(|(_, g)| *g)
    }

    /// How many groups it has.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The tree it was made of.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// `pattern.match(text, pos, end)`.
    pub fn match_at(&self, text: &[Ch], pos: usize, end: usize) -> Option<Match> {
        with_state(|state| self.attempt(text, pos, end, false, false, state))
    }

    /// `pattern.fullmatch(text, pos, end)`.
    pub fn fullmatch(&self, text: &[Ch], pos: usize, end: usize) -> Option<Match> {
        let Compiled { width: (least, most), first, .. } = self.compiled();
        if !(*least..=*most).contains(&(end - pos)) || first.as_ref().is_some_and(|first| !first.has(text[pos])) {
            return None;
        }
        with_state(|state| self.attempt(text, pos, end, true, false, state))
    }

    /// Whether the whole text matches.
    pub fn is_full(&self, text: &[Ch]) -> bool {
        self.fullmatch(text, 0, text.len()).is_some()
    }

    /// `pattern.search(text, pos, end)`.
    pub fn search(&self, text: &[Ch], pos: usize, end: usize) -> Option<Match> {
        with_state(|state| self.find(text, pos, end, false, state))
    }

    /// Whether it matches anywhere in the text.
    pub fn is_in(&self, text: &[Ch]) -> bool {
        self.search(text, 0, text.len()).is_some()
    }

    /// `pattern.finditer(text, pos, end)`.
    pub fn find_iter<'a>(&'a self, text: &'a [Ch], pos: usize, end: usize) -> impl Iterator<Item = Match> + 'a {
        let (mut pos, mut must_advance, mut over) = (pos, false, false);
        std::iter::from_fn(move || {
            if over {
                return None;
            }
            let found = with_state(|state| self.find(text, pos, end, must_advance, state));
            match &found {
                Some(m) => {
                    must_advance = m.end() == m.start();
                    pos = m.end();
                }
                None => over = true,
            }
            found
        })
    }

    /// `pattern.match(text, pos)` with a state that the caller keeps: where the match ends, and the span of a group.
    pub fn group_at(&self, text: &[Ch], pos: usize, group: usize, state: &mut State) -> Option<(usize, Option<(usize, usize)>)> {
        let stop = self.stop(text, pos, text.len(), false, false, state)?;
        let (from, to) = if group == 0 { (pos, stop) } else { (state.captures[2 * group], state.captures[2 * group + 1]) };
        Some((stop, (from != NONE && to != NONE).then_some((from, to))))
    }

    fn find(&self, text: &[Ch], pos: usize, end: usize, must_advance: bool, state: &mut State) -> Option<Match> {
        let mut at = pos;
        while at <= end {
            if let Some(first) = &self.compiled().first {
                at += first.position(&text[at..end])?;
            }
            let found = self.attempt(text, at, end, false, must_advance && at == pos, state);
            if found.is_some() {
                return found;
            }
            at += 1;
        }
        None
    }

    fn attempt(&self, text: &[Ch], pos: usize, end: usize, full: bool, must_advance: bool, state: &mut State) -> Option<Match> {
        let sieve = self.sieve();
        let row = |c: &Ch| if *c < 128 { *c as u8 } else { UNKNOWN };
        if sieve.is_some_and(|sieve| !sieve.lets_through(text[pos..end].iter().map(row))) {
            return None;
        }
        let Some(stop) = self.stop(text, pos, end, full, must_advance, state) else {
            if sieve.is_none() {
                self.failed();
            }
            return None;
        };
        if self.groups == 0 {
            return Some(Match::new(&[pos, stop]));
        }
        state.captures[0] = pos;
        state.captures[1] = stop;
        Some(Match::new(&state.captures))
    }

    /// The sieve, where it has one.
    #[inline]
    pub fn sieve(&self) -> Option<&Sieve> {
        self.sieve.get()
    }

    /// Takes note of a try in vain; after many the pattern gets a sieve.
    #[inline(never)]
    pub fn failed(&self) {
        // a count that another thread loses does no harm
        let before = self.in_vain.load(Ordering::Relaxed);
        self.in_vain.store(before + 1, Ordering::Relaxed);
        if before >= SIEVE_PAYS {
            self.sieve.get_or_init(|| Sieve::new(&self.node));
        }
    }

    /// Where a match that begins at `pos` ends; the groups' spans are left in the state.
    #[inline]
    fn stop(&self, text: &[Ch], pos: usize, end: usize, full: bool, must_advance: bool, state: &mut State) -> Option<usize> {
        if self.groups > 0 {
            state.captures.clear();
            state.captures.resize(2 * self.groups + 2, NONE);
        }
        if self.compiled().registers > 0 {
            state.counts.clear();
            state.counts.resize(self.compiled().registers, (0, NONE));
        }
        state.stack.clear();
        state.steps = 0;
        self.run(text, end, 0, pos, full, must_advance.then_some(pos), state)
    }

    /// Runs from an instruction to the next `Done`. `not_at`: where it must not end.
    #[allow(clippy::too_many_arguments)]
    fn run(
        &self,
        text: &[Ch],
        end: usize,
        pc: u32,
        pos: usize,
        full: bool,
        not_at: Option<usize>,
        state: &mut State,
    ) -> Option<usize> {
        let program = self.compiled().program.as_slice();
        let base = state.stack.len();
        let (mut pc, mut pos) = (pc, pos);
        loop {
            let fits = match &program[pc as usize] {
                Inst::One(item) => {
                    if pos < end && item.has(text[pos]) {
                        pos += 1;
                        pc += 1;
                        true
                    } else {
                        false
                    }
                }
                Inst::Many { item, mode, min, max } => {
                    let most = if *max == UNBOUNDED { end } else { end.min(pos.saturating_add(*max as usize)) };
                    let least = pos + *min as usize;
                    let wanted = if *mode == Mode::Lazy { least.min(most) } else { most };
                    let run = text.get(pos..wanted).unwrap_or_default();
                    let taken = match item {
                        Item::Set(set) | Item::Cased(set, _) => run.iter().position(|c| !set.has(*c)),
                        Item::All => None,
                        item => run.iter().position(|c| !item.has(*c)),
                    };
                    let at = taken.map_or(wanted.max(pos), |taken| pos + taken);
                    let place = match mode {
                        _ if at < least => None,
                        Mode::Greedy => self.last_place(text, end, pc + 1, least, at),
                        _ => Some(at),
                    };
                    if let Some(at) = place {
                        pc += 1;
                        match mode {
                            Mode::Greedy if at > least => state.stack.push(Entry::Down { pc, pos: at - 1, least }),
                            Mode::Lazy if at < most => state.stack.push(Entry::Up { pc, pos: at, most }),
                            _ => {}
                        }
                        pos = at;
                    }
                    place.is_some()
                }
                Inst::LookOne { item, behind, negative } => {
                    let there = if *behind { pos > 0 && item.has(text[pos - 1]) } else { pos < end && item.has(text[pos]) };
                    pc += 1;
                    there != *negative
                }
                Inst::LookSome { items, behind, negative } => {
                    let there = if *behind {
                        pos >= items.len() && items.iter().zip(&text[pos - items.len()..pos]).rev().all(|(item, c)| item.has(*c))
                    } else {
                        pos + items.len() <= end && items.iter().zip(&text[pos..]).all(|(item, c)| item.has(*c))
                    };
                    pc += 1;
                    there != *negative
                }
                Inst::At(at) => {
                    let fits = self.is_at(*at, text, pos, end);
                    pc += 1;
                    fits
                }
                Inst::Switch(switch) => {
                    let mut first = None;
                    for target in switch.ways(text.get(pos..end).unwrap_or_default()) {
                        if let Some(later) = first.replace(target) {
                            state.stack.push(Entry::At { pc: later, pos });
                        }
                    }
                    if let Some(target) = first {
                        pc = target;
                        true
                    } else {
                        false
                    }
                }
                Inst::Split(first, second) => {
                    state.stack.push(Entry::At { pc: *second, pos });
                    pc = *first;
                    true
                }
                Inst::Jump(to) => {
                    pc = *to;
                    true
                }
                Inst::Save(slot) => {
                    let old = state.captures[*slot as usize];
                    state.stack.push(Entry::Capture { slot: *slot, old });
                    state.captures[*slot as usize] = pos;
                    pc += 1;
                    true
                }
                Inst::Look { behind, negative, width, next } => {
                    let mark = state.stack.len();
                    let from = if *behind { pos.checked_sub(*width as usize) } else { Some(pos) };
                    let found = from.and_then(|from| self.run(text, end, pc + 1, from, false, None, state)).is_some();
                    if *negative {
                        undo(state, mark);
                    } else {
                        keep_undo(state, mark);
                    }
                    pc = *next;
                    found != *negative
                }
                Inst::Atomic { next } => {
                    let mark = state.stack.len();
                    match self.run(text, end, pc + 1, pos, false, None, state) {
                        Some(stop) => {
                            keep_undo(state, mark);
                            pos = stop;
                            pc = *next;
                            true
                        }
                        None => false,
                    }
                }
                Inst::LoopInit(register) => {
                    let (count, last) = state.counts[*register as usize];
                    state.stack.push(Entry::Count { register: *register, count, last });
                    state.counts[*register as usize] = (0, NONE);
                    pc += 1;
                    true
                }
                Inst::Loop { register, mode, min, max, tail } => {
                    let (count, last) = state.counts[*register as usize];
                    if count < *min {
                        state.stack.push(Entry::Count { register: *register, count, last });
                        state.counts[*register as usize] = (count + 1, last);
                        pc += 1;
                    } else if (*max == UNBOUNDED || count < *max) && pos != last {
                        if *mode == Mode::Lazy {
                            // on failure of what follows: once more, by way of an instruction that counts
                            state.stack.push(Entry::At { pc: pc | MORE, pos });
                            pc = *tail;
                        } else {
                            state.stack.push(Entry::At { pc: *tail, pos });
                            state.stack.push(Entry::Count { register: *register, count, last });
                            state.counts[*register as usize] = (count + 1, pos);
                            pc += 1;
                        }
                    } else {
                        pc = *tail;
                    }
                    true
                }
                Inst::Same(group) => {
                    let (a, b) = (state.captures[2 * *group as usize], state.captures[2 * *group as usize + 1]);
                    if a == NONE || b == NONE || pos + (b - a) > end || text[a..b] != text[pos..pos + (b - a)] {
                        false
                    } else {
                        pos += b - a;
                        pc += 1;
                        true
                    }
                }
                Inst::Done => {
                    if (!full || pos == end) && not_at != Some(pos) {
                        return Some(pos);
                    }
                    false
                }
            };
            if fits {
                continue;
            }
            match self.back(text, end, base, state) {
                Some((to, at)) => (pc, pos) = (to, at),
                None => return None,
            }
        }
    }

    /// The last place from `at` back to `least` that what follows a repetition can begin at, by its first instruction alone. None
    /// where there is no such place.
    #[inline(always)]
    fn last_place(&self, text: &[Ch], end: usize, pc: u32, least: usize, at: usize) -> Option<usize> {
        match &self.compiled().program[pc as usize] {
            Inst::One(item) if at == end || !item.has(text[at]) => {
                text[least..at].iter().rposition(|c| item.has(*c)).map(|place| least + place)
            }
            Inst::LookOne { item, behind: true, negative } if at > 0 && item.has(text[at - 1]) == *negative => {
                place_behind(text, item, *negative, least, at)
            }
            _ => Some(at),
        }
    }

    /// The next place to try, None where there is none above `base`.
    #[inline]
    fn back(&self, text: &[Ch], end: usize, base: usize, state: &mut State) -> Option<(u32, usize)> {
        state.steps += 1;
        if state.steps > MOST_STEPS {
            std::panic::panic_any(TooManySteps);
        }
        while state.stack.len() > base {
            match state.stack.pop()? {
                Entry::At { pc, pos } if pc & MORE == 0 => return Some((pc, pos)),
                Entry::At { pc, pos } => {
                    let pc = pc & !MORE;
                    if let Inst::Loop { register, .. } = &self.compiled().program[pc as usize] {
                        let (count, last) = state.counts[*register as usize];
                        state.stack.push(Entry::Count { register: *register, count, last });
                        state.counts[*register as usize] = (count + 1, pos);
                    }
                    return Some((pc + 1, pos));
                }
                Entry::Down { pc, pos, least } => {
                    let Some(at) = self.last_place(text, end, pc, least, pos) else { continue };
                    if at > least {
                        state.stack.push(Entry::Down { pc, pos: at - 1, least });
                    }
                    return Some((pc, at));
                }
                Entry::Up { pc, pos, most } => {
                    let Inst::Many { item, .. } = &self.compiled().program[pc as usize - 1] else { continue };
                    if !item.has(text[pos]) {
                        continue;
                    }
                    if pos + 1 < most {
                        state.stack.push(Entry::Up { pc, pos: pos + 1, most });
                    }
                    return Some((pc, pos + 1));
                }
                Entry::Capture { slot, old } => state.captures[slot as usize] = old,
                Entry::Count { register, count, last } => state.counts[register as usize] = (count, last),
            }
        }
        None
    }

    fn is_at(&self, at: At, text: &[Ch], pos: usize, end: usize) -> bool {
        match at {
            At::Start => pos == 0,
            At::LineStart => pos == 0 || text[pos - 1] == 10,
            At::End => pos == end || (pos + 1 == end && text[pos] == 10),
            At::LineEnd => pos == end || text[pos] == 10,
            At::TextEnd => pos == end,
            At::Boundary | At::NoBoundary => {
                let before = pos > 0 && self.word.has(text[pos - 1]);
                let behind = pos < end && self.word.has(text[pos]);
                // `re` finds neither in an empty text
                !text[..end].is_empty() && (before != behind) == (at == At::Boundary)
            }
        }
    }
}

/// The last place before `at`, from `least` on, behind a character that an item has; behind one that it has not where `negative`.
#[inline(never)]
fn place_behind(text: &[Ch], item: &Item, negative: bool, least: usize, at: usize) -> Option<usize> {
    let from = least.max(1);
    let place = text[from - 1..at].iter().rposition(|c| item.has(*c) != negative);
    place.map(|place| from + place).or_else(|| (least == 0 && negative).then_some(0))
}

/// Does work with a state that is kept from one to the next.
pub fn with_state<T>(work: impl FnOnce(&mut State) -> T) -> T {
    let mut state = SCRATCH.take().unwrap_or_default();
    let found = work(&mut state);
    SCRATCH.set(Some(state));
    found
}

/// Marks the entry of a lazy loop that goes on with one more repetition.
const MORE: u32 = 1 << 31;

/// Takes back everything down to `mark`.
fn undo(state: &mut State, mark: usize) {
    while state.stack.len() > mark {
        match state.stack.pop() {
            Some(Entry::Capture { slot, old }) => state.captures[slot as usize] = old,
            Some(Entry::Count { register, count, last }) => state.counts[register as usize] = (count, last),
            _ => {}
        }
    }
}

/// Leaves of the entries down to `mark` only those that take something back: nothing is tried again there.
fn keep_undo(state: &mut State, mark: usize) {
    let mut kept = mark;
    for i in mark..state.stack.len() {
        if matches!(state.stack[i], Entry::Capture { .. } | Entry::Count { .. }) {
            state.stack.swap(kept, i);
            kept += 1;
        }
    }
    state.stack.truncate(kept);
}

/// The characters that the first, the second … character of what a node matches can be, as many as are known, at most `depth`.
pub fn heads(node: &Node, depth: usize) -> Vec<Classes> {
    heads_of_row(&row(std::slice::from_ref(node)), depth)
}

/// The heads of nodes that stand side by side.
pub fn heads_of_row(nodes: &[&Node], depth: usize) -> Vec<Classes> {
    let mut compiler = Compiler::new(true);
    let mut least = 0usize;
    for node in nodes {
        compiler.node(node);
        least = least.saturating_add(width(node).0);
        // what stands behind so many characters is not asked for
        if least >= depth {
            break;
        }
    }
    compiler.add(Inst::Done);
    heads_of(&compiler.program, depth)
}

/// The nodes that stand side by side in some, without the rows and groups around them.
pub fn row(nodes: &[Node]) -> Vec<&Node> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Seq(inner) => found.extend(row(inner)),
            Node::Group(_, body) => found.extend(row(std::slice::from_ref(body))),
            node => found.push(node),
        }
    }
    found
}

fn program(node: &Node) -> Vec<Inst> {
    let mut compiler = Compiler::new(true);
    compiler.node(node);
    compiler.add(Inst::Done);
    compiler.program
}

fn heads_of(program: &[Inst], depth: usize) -> Vec<Classes> {
    let ways = Ways::new(program, depth, MOST_PLACES);
    let mut places = ways.start();
    let mut heads = Vec::new();
    while heads.len() < depth {
        let Some(steps) = ways.steps(places) else { break };
        heads.push(steps.iter().fold(Classes::NONE, |sum, (classes, _)| sum.union(*classes)));
        places = steps.into_iter().map(|(_, place)| place).collect();
    }
    heads
}

/// Places of a machine that are followed at once, at most: for what a match begins with, and for a sieve, which has many states.
const MOST_PLACES: usize = 10_000;
const MOST_PLACES_OF_SIEVE: usize = 300;

/// A place: an instruction, how often its item was taken, and how often the loops around it were gone through.
type Place = (u32, u32, Vec<u32>);

/// Follows a program along all its ways at once, assertions left aside.
struct Ways<'a> {
    program: &'a [Inst],
    /// Where the bodies of atomic groups end, and where it goes on from there.
    ends: Vec<(u32, u32)>,
    registers: usize,
    /// How often beyond the least does not matter where the most is farther off than that.
    far: usize,
    /// How many places are followed at once, at most.
    most: usize,
}

impl Ways<'_> {
    fn new(program: &[Inst], far: usize, most: usize) -> Ways<'_> {
        let ends = (0u32..)
            .zip(program)
            .filter_map(|(_, inst)| if let Inst::Atomic { next } = inst { Some((next - 1, *next)) } else { None })
            .collect();
        let registers = program.iter().filter(|inst| matches!(inst, Inst::LoopInit(_))).count();
        Ways { program, ends, registers, far, most }
    }

    fn start(&self) -> Vec<Place> {
        vec![(0, 0, vec![0; self.registers])]
    }

    fn is_far(&self, min: u32, max: u32) -> bool {
        max == UNBOUNDED || max as usize > min as usize + self.far
    }

    /// The characters that may follow at some places, and where each leads; None where nothing need follow, or it is not known.
    fn steps(&self, places: Vec<Place>) -> Option<Vec<(Classes, Place)>> {
        let mut seen: FxHashSet<Place> = FxHashSet::default();
        let mut waiting = places;
        let mut steps: Vec<(Classes, Place)> = Vec::new();
        while let Some(place) = waiting.pop() {
            if !seen.insert(place.clone()) {
                continue;
            }
            if seen.len() > self.most {
                return None;
            }
            let (pc, taken, counts) = place;
            match &self.program[pc as usize] {
                Inst::One(item) => steps.push((item.classes(), (pc + 1, 0, counts))),
                Inst::Many { item, min, max, .. } => {
                    if taken >= *min {
                        waiting.push((pc + 1, 0, counts.clone()));
                    }
                    if *max == UNBOUNDED || taken < *max {
                        let taken = if self.is_far(*min, *max) { (taken + 1).min(*min) } else { taken + 1 };
                        steps.push((item.classes(), (pc, taken, counts)));
                    }
                }
                Inst::Switch(switch) => waiting.extend(switch.targets.iter().map(|target| (*target, 0, counts.clone()))),
                Inst::Split(first, second) => waiting.extend([(*first, 0, counts.clone()), (*second, 0, counts)]),
                Inst::Jump(to) => waiting.push((*to, 0, counts)),
                Inst::Save(_) | Inst::At(_) | Inst::LookOne { .. } | Inst::LookSome { .. } => waiting.push((pc + 1, 0, counts)),
                Inst::Look { next, .. } => waiting.push((*next, 0, counts)),
                Inst::Atomic { .. } => waiting.push((pc + 1, 0, counts)),
                Inst::LoopInit(register) => {
                    let mut counts = counts;
                    counts[*register as usize] = 0;
                    waiting.push((pc + 1, 0, counts));
                }
                Inst::Loop { register, min, max, tail, .. } => {
                    let count = counts[*register as usize];
                    if count >= *min {
                        let mut over = counts.clone();
                        over[*register as usize] = 0;
                        waiting.push((*tail, 0, over));
                    }
                    if *max == UNBOUNDED || count < *max {
                        let mut counts = counts;
                        counts[*register as usize] = if self.is_far(*min, *max) { (count + 1).min(*min) } else { count + 1 };
                        waiting.push((pc + 1, 0, counts));
                    }
                }
                Inst::Same(_) => return None,
                Inst::Done => {
                    let (_, next) = self.ends.iter().find(|(end, _)| *end == pc)?;
                    waiting.push((*next, 0, counts));
                }
            }
        }
        Some(steps)
    }
}

/// From which try in vain on a pattern has a sieve: making one takes about a million instructions, of a few patterns many more.
const SIEVE_PAYS: u32 = 100;
/// States of a sieve, at most, and how far off the most of a repetition is when it is left out.
const MOST_STATES: usize = 100;
const FAR: usize = 4;
/// Characters that a sieve looks at, at most: its repetitions have no limits.
const MOST_LOOKED_AT: usize = 64;
/// The row of a character of which a sieve is told nothing.
const UNKNOWN: u8 = u8::MAX;
/// The states of a sieve in which no match can follow any more, and in which one may.
const NEVER: u8 = 0;
const MAYBE: u8 = 1;

/// Tells most places where no match of a pattern begins, from its characters one by one: a machine for what the pattern would match
/// if it had no assertions and no limits to its longer repetitions, cut off where that would take too many states.
pub struct Sieve {
    /// Of each row, of the text's end, and of what is unknown the column in the table.
    columns: [u8; 256],
    /// Where the row of the first state begins.
    first: u16,
    /// Of each state and column where the row of the next state begins, or what is certain.
    table: Vec<u16>,
}

impl Sieve {
    pub fn new(node: &Node) -> Sieve {
        let program = program(node);
        let ways = Ways::new(&program, FAR, MOST_PLACES_OF_SIEVE);
        let mut known: FxHashMap<Vec<Place>, u8> = FxHashMap::default();
        // of each state that is no end, the next state of each row
        let mut rows: Vec<[u8; ROWS + 1]> = vec![[NEVER; ROWS + 1], [MAYBE; ROWS + 1]];
        let mut waiting = VecDeque::from([ways.start()]);
        rows.push([MAYBE; ROWS + 1]);
        let mut state = 2;
        while let Some(places) = waiting.pop_front() {
            // a state for which nothing is known is one in which a match may follow
            if let Some(steps) = ways.steps(places) {
                let mut sets: Vec<Classes> = steps.iter().map(|(classes, _)| *classes).collect();
                sets.sort_by_key(|set| (set.ascii, set.other));
                sets.dedup();
                let mut next: Vec<(u64, u8)> = Vec::new();
                if sets.len() > 64 {
                    state += 1;
                    continue;
                }
                rows[state] = [NEVER; ROWS + 1];
                for row in 0..ROWS {
                    let signs = sets.iter().enumerate().fold(0, |signs, (i, set)| signs | u64::from(set.has_row(row)) << i);
                    if signs == 0 {
                        continue;
                    }
                    if let Some((_, known)) = next.iter().find(|(its, _)| *its == signs) {
                        rows[state][row] = *known;
                        continue;
                    }
                    let number = {
                        let its = steps.iter().filter(|(classes, _)| classes.has_row(row)).map(|(_, place)| place.clone());
                        let mut its: Vec<Place> = its.collect();
                        its.sort_unstable();
                        its.dedup();
                        *known.entry(its).or_insert_with_key(|its| {
                            if rows.len() == MOST_STATES {
                                return MAYBE;
                            }
                            rows.push([MAYBE; ROWS + 1]);
                            waiting.push_back(its.clone());
                            rows.len() as u8 - 1
                        })
                    };
                    next.push((signs, number));
                    rows[state][row] = number;
                }
            }
            state += 1;
        }
        // states in which a match may follow whatever does are one
        let open: Vec<bool> = rows.iter().map(|row| row.iter().all(|next| *next == MAYBE)).collect();
        let of = |state: u8| if open[state as usize] { MAYBE } else { state };
        let mut columns = [0; 256];
        let mut kept: Vec<Vec<u8>> = Vec::new();
        let mut number_of = |column: Vec<u8>| {
            let known = kept.iter().position(|its| *its == column);
            known.unwrap_or_else(|| {
                kept.push(column);
                kept.len() - 1
            }) as u8
        };
        for row in 0..=ROWS {
            columns[row] = number_of(rows.iter().map(|next| of(next[row])).collect());
        }
        columns[usize::from(UNKNOWN)] = number_of(vec![MAYBE; rows.len()]);
        let width = kept.len().max(2);
        let place = |state: u8| if state <= MAYBE { u16::from(state) } else { (state as usize * width) as u16 };
        let next = |state: usize| kept.iter().map(move |column| place(column[state])).chain([0, 0]).take(width);
        let table = (0..rows.len()).flat_map(next).collect();
        Sieve { columns, first: (2 * width) as u16, table }
    }

    /// Whether a match may begin where some characters stand, of which the rows are given.
    #[inline]
    pub fn lets_through(&self, rows: impl Iterator<Item = u8>) -> bool {
        let decided = rows.take(MOST_LOOKED_AT).try_fold(self.first, |state, row| {
            let next = self.table[state as usize + self.columns[row as usize] as usize];
            if next <= u16::from(MAYBE) { Err(next) } else { Ok(next) }
        });
        decided != Err(u16::from(NEVER))
    }
}
