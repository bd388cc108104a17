//! Regular expressions that match what Python's `re` matches.
//!
//! Python parses a pattern and hands its tree over as numbers (`logscrub/engines/lowering.py` describes them). A backtracking
//! machine runs it: alternatives, repetitions, look-arounds and groups are tried in the order in which `re` tries them, so the
//! same match is found. Classes of characters are those of the running Python (`chars`).
//!
//! A match takes at most `MOST_STEPS` steps backwards. Beyond that the machine panics with `TooManySteps`, and who scrubs a unit
//! withholds it.

use crate::chars::{Ch, CharSet};
use std::cell::Cell;
use std::sync::Arc;

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
    NotNewline,
    All,
}

impl Item {
    #[inline(always)]
    fn has(&self, c: Ch) -> bool {
        match self {
            Item::Char(mine) => *mine == c,
            Item::Set(set) => set.has(c),
            Item::NotNewline => c != 10,
            Item::All => true,
        }
    }

    /// What it stands for.
    pub fn classes(&self) -> Classes {
        match self {
            Item::Char(c) => Classes::one(*c),
            Item::Set(set) => Classes { ascii: set.ascii(), other: true },
            Item::NotNewline => Classes { ascii: [!(1 << 10), !0], other: true },
            Item::All => Classes::ALL,
        }
    }
}

/// A set of characters of ASCII, and whether others may belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Classes {
    pub ascii: [u64; 2],
    pub other: bool,
}

impl Classes {
    pub const ALL: Classes = Classes { ascii: [!0; 2], other: true };
    pub const NONE: Classes = Classes { ascii: [0; 2], other: false };

    pub fn one(c: Ch) -> Classes {
        let mut found = Classes::NONE;
        found.add(c);
        found
    }

    pub fn add(&mut self, c: Ch) {
        if c < 128 { self.ascii[(c >> 6) as usize] |= 1 << (c & 63) } else { self.other = true }
    }

    pub fn union(self, more: Classes) -> Classes {
        Classes { ascii: [self.ascii[0] | more.ascii[0], self.ascii[1] | more.ascii[1]], other: self.other || more.other }
    }

    #[inline(always)]
    pub fn has(&self, c: Ch) -> bool {
        if c < 128 { self.ascii[(c >> 6) as usize] >> (c & 63) & 1 != 0 } else { self.other }
    }

    pub fn meets(&self, more: &Classes) -> bool {
        self.ascii[0] & more.ascii[0] != 0 || self.ascii[1] & more.ascii[1] != 0 || (self.other && more.other)
    }

    /// How many characters of ASCII it has; others count as many.
    pub fn size(&self) -> u32 {
        self.ascii[0].count_ones() + self.ascii[1].count_ones() + if self.other { 64 } else { 0 }
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

#[derive(Default)]
struct State {
    captures: Vec<usize>,
    counts: Vec<(u32, usize)>,
    stack: Vec<Entry>,
    steps: u64,
}

/// A compiled pattern.
pub struct Regex {
    program: Vec<Inst>,
    groups: usize,
    registers: usize,
    node: Node,
    word: Arc<CharSet>,
    first: Option<Classes>,
    names: Vec<(String, usize)>,
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
            _ => return Err("no such operation".into()),
        })
    }
}

struct Compiler {
    program: Vec<Inst>,
    registers: u32,
}

impl Compiler {
    fn here(&self) -> u32 {
        self.program.len() as u32
    }

    fn add(&mut self, inst: Inst) -> usize {
        self.program.push(inst);
        self.program.len() - 1
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Item(item) => {
                self.add(Inst::One(item.clone()));
            }
            Node::At(at) => {
                self.add(Inst::At(*at));
            }
            Node::Seq(nodes) => nodes.iter().for_each(|n| self.node(n)),
            Node::Branch(nodes) => {
                let mut ends = Vec::new();
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

impl Regex {
    /// Compiles the numbers of a pattern: how many groups, then the tree. `word`: the class of `\w`.
    pub fn new(code: &[u32], names: Vec<(String, usize)>, sets: &[Arc<CharSet>], word: Arc<CharSet>) -> Result<Regex, String> {
        let mut reader = Reader { code, at: 0, sets };
        let groups = reader.next()? as usize;
        let node = reader.node()?;
        if reader.at != code.len() {
            return Err("a pattern's code has more than one tree".into());
        }
        let mut compiler = Compiler { program: Vec::new(), registers: 0 };
        compiler.node(&node);
        compiler.add(Inst::Done);
        let heads = heads(&node, 1);
        let first = (!heads.is_empty()).then(|| heads[0]);
        Ok(Regex { program: compiler.program, groups, registers: compiler.registers as usize, node, word, first, names })
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
        self.with_state(|state| self.attempt(text, pos, end, false, false, state))
    }

    /// `pattern.fullmatch(text, pos, end)`.
    pub fn fullmatch(&self, text: &[Ch], pos: usize, end: usize) -> Option<Match> {
        self.with_state(|state| self.attempt(text, pos, end, true, false, state))
    }

    /// Whether the whole text matches.
    pub fn is_full(&self, text: &[Ch]) -> bool {
        self.fullmatch(text, 0, text.len()).is_some()
    }

    /// `pattern.search(text, pos, end)`.
    pub fn search(&self, text: &[Ch], pos: usize, end: usize) -> Option<Match> {
        self.with_state(|state| self.find(text, pos, end, false, state))
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
            let found = self.with_state(|state| self.find(text, pos, end, must_advance, state));
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

    fn with_state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = SCRATCH.take().unwrap_or_default();
        let found = work(&mut state);
        SCRATCH.set(Some(state));
        found
    }

    fn find(&self, text: &[Ch], pos: usize, end: usize, must_advance: bool, state: &mut State) -> Option<Match> {
        let mut at = pos;
        while at <= end {
            if let Some(first) = &self.first {
                while at < end && !first.has(text[at]) {
                    at += 1;
                }
                if at == end {
                    return None;
                }
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
        state.captures.clear();
        state.captures.resize(2 * self.groups + 2, NONE);
        state.counts.clear();
        state.counts.resize(self.registers, (0, NONE));
        state.stack.clear();
        state.steps = 0;
        let stop = self.run(text, end, 0, pos, full, must_advance.then_some(pos), state)?;
        state.captures[0] = pos;
        state.captures[1] = stop;
        Some(Match::new(&state.captures))
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
        let base = state.stack.len();
        let (mut pc, mut pos) = (pc, pos);
        loop {
            let fits = match &self.program[pc as usize] {
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
                    let mut at = pos;
                    match item {
                        Item::Set(set) => {
                            while at < wanted && set.has(text[at]) {
                                at += 1;
                            }
                        }
                        Item::All => at = wanted,
                        item => {
                            while at < wanted && item.has(text[at]) {
                                at += 1;
                            }
                        }
                    }
                    if at < least {
                        false
                    } else {
                        pc += 1;
                        match mode {
                            Mode::Greedy if at > least => state.stack.push(Entry::Down { pc, pos: at - 1, least }),
                            Mode::Lazy if at < most => state.stack.push(Entry::Up { pc, pos: at, most }),
                            _ => {}
                        }
                        pos = at;
                        true
                    }
                }
                Inst::LookOne { item, behind, negative } => {
                    let there = if *behind { pos > 0 && item.has(text[pos - 1]) } else { pos < end && item.has(text[pos]) };
                    pc += 1;
                    there != *negative
                }
                Inst::At(at) => {
                    let fits = self.is_at(*at, text, pos, end);
                    pc += 1;
                    fits
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
            match self.back(text, base, state) {
                Some((to, at)) => (pc, pos) = (to, at),
                None => return None,
            }
        }
    }

    /// The next place to try, None where there is none above `base`.
    #[inline]
    fn back(&self, text: &[Ch], base: usize, state: &mut State) -> Option<(u32, usize)> {
        state.steps += 1;
        if state.steps > MOST_STEPS {
            std::panic::panic_any(TooManySteps);
        }
        while state.stack.len() > base {
            match state.stack.pop()? {
                Entry::At { pc, pos } if pc & MORE == 0 => return Some((pc, pos)),
                Entry::At { pc, pos } => {
                    let pc = pc & !MORE;
                    if let Inst::Loop { register, .. } = &self.program[pc as usize] {
                        let (count, last) = state.counts[*register as usize];
                        state.stack.push(Entry::Count { register: *register, count, last });
                        state.counts[*register as usize] = (count + 1, pos);
                    }
                    return Some((pc + 1, pos));
                }
                Entry::Down { pc, pos, least } => {
                    // where a character follows, only places before that one are worth trying
                    let mut at = pos;
                    if let Inst::One(item) = &self.program[pc as usize] {
                        while at > least && !item.has(text[at]) {
                            at -= 1;
                        }
                    }
                    if at > least {
                        state.stack.push(Entry::Down { pc, pos: at - 1, least });
                    }
                    return Some((pc, at));
                }
                Entry::Up { pc, pos, most } => {
                    let Inst::Many { item, .. } = &self.program[pc as usize - 1] else { continue };
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

/// The characters that the first, the second … character of a match can be, as many as are known, at most `depth`.
pub fn heads(node: &Node, depth: usize) -> Vec<Classes> {
    head_of(std::slice::from_ref(node), depth).0
}

/// The heads of a sequence, and whether they are all of it: then what follows goes on behind them.
fn head_of(nodes: &[Node], depth: usize) -> (Vec<Classes>, bool) {
    let mut found: Vec<Classes> = Vec::new();
    for node in nodes {
        if found.len() >= depth {
            return (found, false);
        }
        let (more, whole) = head_of_node(node, depth - found.len());
        found.extend(more);
        if !whole {
            return (found, false);
        }
    }
    (found, true)
}

fn head_of_node(node: &Node, depth: usize) -> (Vec<Classes>, bool) {
    match node {
        Node::Item(item) => (vec![item.classes()], true),
        Node::At(_) | Node::Look { .. } => (Vec::new(), true),
        Node::Seq(nodes) => head_of(nodes, depth),
        Node::Group(_, body) | Node::Atomic(body) => head_of_node(body, depth),
        Node::Branch(branches) => {
            let all: Vec<_> = branches.iter().map(|b| head_of_node(b, depth)).collect();
            let length = all.iter().map(|(h, _)| h.len()).min().unwrap_or(0);
            let joined = (0..length).map(|i| all.iter().fold(Classes::NONE, |sum, (h, _)| sum.union(h[i]))).collect();
            (joined, all.iter().all(|(h, whole)| *whole && h.len() == length))
        }
        Node::Repeat { min, max, body, .. } => {
            let mut found = Vec::new();
            for _ in 0..*min {
                if found.len() >= depth {
                    return (found, false);
                }
                let (more, whole) = head_of_node(body, depth - found.len());
                found.extend(more);
                if !whole {
                    return (found, false);
                }
                if found.is_empty() {
                    break;
                }
            }
            (found, min == max)
        }
        Node::Same(_) => (Vec::new(), false),
    }
}
