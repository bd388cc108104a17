//! Patterns without a Python: a small parser that writes what `logscrub/engines/lowering.py` writes, the simplest matcher there
//! can be, and random patterns and texts.
#![allow(dead_code)]

use _core::chars::{Ch, CharSet, Page, Python};
use _core::rx::{At, Item, Mode, Node, Regex, UNBOUNDED};
use _core::scan::KindSets;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

/// Classes of characters as Rust sees them: of each its number is its place. A lone surrogate is no `char`.
const CLASSES: [fn(Option<char>) -> bool; 8] = [
    |c| c.is_some_and(|c| c.is_alphanumeric() || c == '_'),
    |c| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_')),
    |c| c.is_some_and(char::is_numeric),
    |c| c.is_some_and(char::is_whitespace),
    |c| matches!(c, Some('a'..='c')),
    |c| !matches!(c, Some('a' | 'é')),
    |c| c.is_some_and(char::is_uppercase),
    |c| c.is_some_and(|c| matches!(c, '0'..='9' | '٠'..='٩')),
];
/// Those of capitals and of digits, by which the scanner tells kinds apart.
const KINDS: [usize; 2] = [6, 7];

/// The kinds of the characters beyond ASCII that a class has, as bits.
fn kinds(class: usize) -> u8 {
    static KNOWN: OnceLock<Vec<u8>> = OnceLock::new();
    let of = |class: usize| {
        (128..=0x10FFFF)
            .map(char::from_u32)
            .filter(|c| CLASSES[class](*c))
            .fold(0, |kinds, c| kinds | 1 << KINDS.iter().position(|kind| CLASSES[*kind](c)).unwrap_or(KINDS.len()))
    };
    KNOWN.get_or_init(|| (0..CLASSES.len()).map(of).collect())[class]
}

/// Tells the kinds of characters apart.
pub fn kind_sets() -> KindSets {
    let sets = sets();
    let [upper, digit] = KINDS.map(|class| sets[class].clone());
    KindSets::new(upper, digit)
}

/// Stands in for the running Python.
pub struct Rust;

fn bits(class: u32, from: u32) -> Page {
    let mut page = [0; 4];
    for i in 0..256 {
        if CLASSES[class as usize](char::from_u32(from + i)) {
            page[(i / 64) as usize] |= 1 << (i % 64);
        }
    }
    page
}

impl Python for Rust {
    fn page(&self, class: u32, page: u32) -> Page {
        bits(class, page * 256)
    }

    fn convert(&self, _: &str, text: &[Ch]) -> Vec<Ch> {
        text.to_vec()
    }

    fn validate(&self, _: &str, _: &[Ch]) -> bool {
        false
    }

    fn recognise(&self, _: &[Ch]) -> Vec<(usize, usize, String)> {
        Vec::new()
    }
}

/// The classes, by number.
pub fn sets() -> Vec<Arc<CharSet>> {
    let python = Arc::new(Rust);
    let set = |class| {
        let page = bits(class, 0);
        Arc::new(CharSet::new(&(page[0], page[1], None, kinds(class as usize)), class, python.clone()))
    };
    (0..CLASSES.len() as u32).map(set).collect()
}

/// A pattern's numbers compiled.
pub fn regex(code: &[u32]) -> Regex {
    let sets = sets();
    Regex::new(code, Vec::new(), &sets, sets[0].clone()).expect("the numbers of a pattern")
}

/// A pattern compiled. Known are characters, `.`, `\w \W \d \s \b \B`, `[abc]`, `[^aé]`, `^ $`, groups of all kinds, alternatives,
/// repetitions, assertions and `\1`.
pub fn pattern(source: &str) -> Regex {
    let mut parser = Parser { rest: source.chars().collect(), groups: 0 };
    parser.rest.reverse();
    let tree = parser.alternatives();
    assert!(parser.rest.is_empty(), "{source}");
    let mut code = vec![parser.groups];
    code.extend(tree);
    regex(&code)
}

struct Parser {
    /// What is left of the source, backwards.
    rest: Vec<char>,
    groups: u32,
}

impl Parser {
    fn takes(&mut self, wanted: &str) -> bool {
        let there = self.rest.iter().rev().take(wanted.chars().count()).copied().eq(wanted.chars());
        if there {
            self.rest.truncate(self.rest.len() - wanted.chars().count());
        }
        there
    }

    fn alternatives(&mut self) -> Vec<u32> {
        let mut all = vec![self.sequence()];
        while self.takes("|") {
            all.push(self.sequence());
        }
        if all.len() == 1 { all.remove(0) } else { [vec![6, all.len() as u32], all.concat()].concat() }
    }

    fn sequence(&mut self) -> Vec<u32> {
        let mut nodes = Vec::new();
        while !self.rest.is_empty() && !matches!(self.rest.last(), Some('|' | ')')) {
            let node = self.node();
            nodes.push(self.repeated(node));
        }
        if nodes.len() == 1 { nodes.remove(0) } else { [vec![5, nodes.len() as u32], nodes.concat()].concat() }
    }

    fn repeated(&mut self, node: Vec<u32>) -> Vec<u32> {
        let (min, max) = if self.takes("*") {
            (0, UNBOUNDED)
        } else if self.takes("+") {
            (1, UNBOUNDED)
        } else if self.takes("?") {
            (0, 1)
        } else if self.takes("{") {
            let min = self.number();
            let max = if !self.takes(",") {
                min
            } else if self.rest.last() == Some(&'}') {
                UNBOUNDED
            } else {
                self.number()
            };
            assert!(self.takes("}"));
            (min, max)
        } else {
            return node;
        };
        let mode = if self.takes("?") { 1 } else { 2 * u32::from(self.takes("+")) };
        [vec![8, mode, min, max], node].concat()
    }

    fn number(&mut self) -> u32 {
        let mut found = 0;
        while let Some(digit) = self.rest.last().and_then(|c| c.to_digit(10)) {
            found = 10 * found + digit;
            self.rest.pop();
        }
        found
    }

    fn node(&mut self) -> Vec<u32> {
        for (source, code) in [
            ("\\w", &[1, 0][..]),
            ("\\W", &[1, 1]),
            ("\\d", &[1, 2]),
            ("\\s", &[1, 3]),
            ("[abc]", &[1, 4]),
            ("[^aé]", &[1, 5]),
            ("\\b", &[4, 2]),
            ("\\B", &[4, 3]),
            ("\\1", &[11, 1]),
            (".", &[2]),
            ("^", &[4, 0]),
            ("$", &[4, 4]),
        ] {
            if self.takes(source) {
                return code.to_vec();
            }
        }
        for (source, code) in [
            ("(?:", &[][..]),
            ("(?>", &[10]),
            ("(?=", &[9, 0, 0, 0]),
            ("(?!", &[9, 0, 1, 0]),
            ("(?<=", &[9, 1, 0, 1]),
            ("(?<!", &[9, 1, 1, 1]),
        ] {
            if self.takes(source) {
                return self.inside(code.to_vec());
            }
        }
        if self.takes("(") {
            self.groups += 1;
            return self.inside(vec![7, self.groups]);
        }
        self.takes("\\");
        vec![0, self.rest.pop().expect("a character") as u32]
    }

    fn inside(&mut self, mut code: Vec<u32>) -> Vec<u32> {
        code.extend(self.alternatives());
        assert!(self.takes(")"));
        code
    }
}

/// Where a match of a tree ends that begins at a place: tried in the order of `re`, one way after the other, with nothing clever.
pub fn simplest(node: &Node, text: &[Ch], start: usize) -> Option<usize> {
    let mut end = None;
    let mut captures = vec![None; 10];
    let _ = walk(node, text, start, &mut captures, &mut |at, _| {
        end = Some(at);
        ControlFlow::Break(())
    });
    end
}

type Captures = Vec<Option<(usize, usize)>>;
type Then<'a> = dyn FnMut(usize, &mut Captures) -> ControlFlow<()> + 'a;

fn walk(node: &Node, text: &[Ch], at: usize, captures: &mut Captures, then: &mut Then) -> ControlFlow<()> {
    match node {
        Node::Item(item) => match text.get(at) {
            Some(&c) if has(item, c) => then(at + 1, captures),
            _ => ControlFlow::Continue(()),
        },
        Node::At(place) => {
            if stands(*place, text, at) {
                then(at, captures)
            } else {
                ControlFlow::Continue(())
            }
        }
        Node::Seq(nodes) => row(nodes, text, at, captures, then),
        Node::Branch(nodes) => nodes.iter().try_for_each(|node| walk(node, text, at, captures, then)),
        Node::Group(number, body) => {
            let before = captures[*number];
            walk(body, text, at, captures, &mut |end, captures| {
                let inner = captures[*number].replace((at, end));
                let over = then(end, captures);
                captures[*number] = inner;
                over
            })?;
            captures[*number] = before;
            ControlFlow::Continue(())
        }
        Node::Repeat { mode: Mode::Possessive, min, max, body } => {
            let inner = Node::Atomic(body.clone());
            let all = Node::Repeat { mode: Mode::Greedy, min: *min, max: *max, body: Box::new(inner) };
            walk(&Node::Atomic(Box::new(all)), text, at, captures, then)
        }
        Node::Repeat { mode, min, max, body } => repeat(body, *mode == Mode::Lazy, *min, *max, 0, text, at, None, captures, then),
        Node::Look { behind, negative, width, body } => {
            let from = if *behind { at.checked_sub(*width) } else { Some(at) };
            let mut found = None;
            if let Some(from) = from {
                let _ = walk(body, text, from, captures, &mut |_, captures| {
                    found = Some(captures.clone());
                    ControlFlow::Break(())
                });
            }
            match (found, negative) {
                (Some(after), false) => then(at, &mut after.clone()),
                (None, true) => then(at, captures),
                _ => ControlFlow::Continue(()),
            }
        }
        Node::Atomic(body) => {
            let mut found = None;
            let _ = walk(body, text, at, captures, &mut |end, captures| {
                found = Some((end, captures.clone()));
                ControlFlow::Break(())
            });
            match found {
                Some((end, mut after)) => then(end, &mut after),
                None => ControlFlow::Continue(()),
            }
        }
        Node::Same(group) => match captures[*group] {
            Some((a, b)) if text[at..].starts_with(&text[a..b]) => then(at + (b - a), captures),
            _ => ControlFlow::Continue(()),
        },
    }
}

fn row(nodes: &[Node], text: &[Ch], at: usize, captures: &mut Captures, then: &mut Then) -> ControlFlow<()> {
    match nodes.split_first() {
        None => then(at, captures),
        Some((first, others)) => walk(first, text, at, captures, &mut |end, captures| row(others, text, end, captures, then)),
    }
}

#[allow(clippy::too_many_arguments)]
fn repeat(
    body: &Node,
    lazy: bool,
    min: u32,
    max: u32,
    done: u32,
    text: &[Ch],
    at: usize,
    last: Option<usize>,
    captures: &mut Captures,
    then: &mut Then,
) -> ControlFlow<()> {
    if lazy && done >= min {
        then(at, captures)?;
    }
    // beyond the least, a repetition that took nothing is the last
    if done < min || ((max == UNBOUNDED || done < max) && last != Some(at)) {
        let begun = if done < min { last } else { Some(at) };
        walk(body, text, at, captures, &mut |end, captures| {
            repeat(body, lazy, min, max, done + 1, text, end, begun, captures, then)
        })?;
    }
    if !lazy && done >= min { then(at, captures) } else { ControlFlow::Continue(()) }
}

fn has(item: &Item, c: Ch) -> bool {
    match item {
        Item::Char(mine) => *mine == c,
        Item::Set(set) | Item::Cased(set, _) => set.has(c),
        Item::NotNewline => c != 10,
        Item::All => true,
    }
}

fn stands(place: At, text: &[Ch], at: usize) -> bool {
    let word = |i: usize| text.get(i).is_some_and(|&c| CLASSES[0](char::from_u32(c)));
    match place {
        At::Start => at == 0,
        At::LineStart => at == 0 || text[at - 1] == 10,
        At::End => at == text.len() || text[at..] == [10],
        At::LineEnd => at == text.len() || text[at] == 10,
        At::TextEnd => at == text.len(),
        At::Boundary | At::NoBoundary => {
            let differs = (at > 0 && word(at - 1)) != word(at);
            !text.is_empty() && differs == (place == At::Boundary)
        }
    }
}

/// Chooses; the same for the same bytes, which may be random or a fuzzer's. Where they end, the first is chosen.
pub struct Choices<'a>(pub &'a [u8]);

impl Choices<'_> {
    pub fn below(&mut self, most: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first as usize % most
    }

    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    /// A pattern's source. No repetition stands in another one, which would take too long.
    pub fn source(&mut self) -> String {
        let mut source = String::new();
        for _ in 0..1 + self.below(4) {
            let body = match self.below(6) {
                0 => format!("(?:{}|{}|{})", self.literal(), self.atom(), self.literal()),
                1 => format!("({}{}?)", self.atom(), self.atom()),
                2 => format!("(?>{}|{})", self.literal(), self.atom()),
                _ => self.atom(),
            };
            source += self.of(&["", "", "", "\\b", "(?<!a)", "(?<=\\W)", "(?=\\w)", "(?!ab)"]);
            source += &body;
            source += self.of(&["", "", "*", "+", "?", "*?", "+?", "{2}", "{1,3}", "?+", "{1,3}?"]);
        }
        source
    }

    fn literal(&mut self) -> String {
        (0..1 + self.below(3)).map(|_| self.of(&["a", "b", "c", "1", "-"])).collect()
    }

    fn atom(&mut self) -> String {
        self.of(&["a", "b", "ab", "abc", "1", "é", "-", " ", ".", "\\w", "\\W", "\\d", "\\s", "[abc]", "[^aé]"]).to_owned()
    }

    /// A text of the characters that the patterns know, and of others: beyond ASCII, and bytes that are no text.
    pub fn text(&mut self, longest: usize) -> Vec<Ch> {
        const KNOWN: [u32; 17] = [97, 97, 98, 98, 99, 49, 49, 45, 32, 10, 65, 0xC9, 0xE9, 0x660, 0xDC80, 0x1F600, 0x3000];
        (0..self.below(longest + 1)).map(|_| KNOWN[self.below(KNOWN.len())]).collect()
    }
}
