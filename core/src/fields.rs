//! Field evidence: what stands in a content or credential field goes, whatever it looks like (`logscrub/detect/fields.py`).
//!
//! The patterns that run for every text (`_KEY`, `_NEXT_KEY`, `_TOKEN` …) are loops here. In each of them what may follow a
//! character is told by that character, so that nothing is tried twice; the comments name the pattern that a loop stands for.

use crate::chars::{Ch, CharSet, Conversions, ascii_lower, codes, is_ascii};
use crate::ids::Ids;
use crate::json_leaves::Nesting;
use crate::library::{Library, Words};
use crate::messages::{self, Messages};
use crate::pairs::{Holder, Pairs};
use crate::rows::Rows;
use crate::rx::{Classes, Item, Match, Mode, Node, Regex, UNBOUNDED, edge_of_row, heads_of_row, row};
use crate::views::wide;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// The name of a field.
pub use crate::model::Name;
/// Names of the fields around a value, outermost first, at most two.
pub type Path = Vec<Name>;

/// How far a bare value in a text reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueMode {
    Token,
    Number,
    Phrase,
    Credential,
    Line,
    /// None: the policy keeps what the name says.
    Idle,
}

impl ValueMode {
    /// The mode of that name in a detector file.
    pub fn named(name: &str) -> Result<ValueMode, String> {
        Ok(match name {
            "token" => ValueMode::Token,
            "number" => ValueMode::Number,
            "phrase" => ValueMode::Phrase,
            "credential" => ValueMode::Credential,
            "line" => ValueMode::Line,
            "idle" => ValueMode::Idle,
            _ => return Err("no such kind of value".into()),
        })
    }
}

/// Characters at the end of a line in which it may name a secret.
const LONGEST_NAMING: usize = 200;
/// Characters before the name in such a line, at most: the member's own name, and what separates the two.
const BEFORE_NAME: usize = 80;

/// What a detector's field names say, as Python prepares it: the names are joined words in small letters.
pub struct RuleSpec {
    pub detector: usize,
    pub mode: ValueMode,
    pub keep: Vec<Arc<Regex>>,
    pub endings: Vec<String>,
    pub exact: Vec<String>,
    /// Whether what its names say is authorisation data.
    pub secret: bool,
    /// Whether it opens something to somebody: a secret, the id of a session.
    pub opens: bool,
    /// Whether messages of programs stand in its fields; not in those of content.
    pub may_hold_message: bool,
}

/// What a field name says: which detector's, and which of its values stay.
pub struct Rule {
    /// The detector's index in the catalogue.
    pub detector: usize,
    pub mode: ValueMode,
    keep: Vec<Arc<Keep>>,
    pub secret: bool,
    opens: bool,
    may_hold_message: bool,
}

impl Rule {
    /// Whether a value says nothing about anybody.
    pub fn keeps(&self, fields: &Fields, value: &[Ch]) -> bool {
        if fields.keep.is_full(value) || (self.may_hold_message && fields.messages.is_message(value)) {
            return true;
        }
        if self.keep.is_empty() && !self.secret {
            return false;
        }
        let stripped = fields.chars.strip(value);
        // a placeholder says nothing: what stands beside it decides
        let plain: Cow<[Ch]> = if stripped.contains(&FILL) {
            stripped.iter().map(|&c| if c == FILL { 'x' as Ch } else { c }).collect::<Vec<_>>().into()
        } else {
            stripped.into()
        };
        self.keep.iter().any(|keep| keep.is_full(&plain)) || (self.secret && fields.filled_later.is_full(&plain))
    }
}

/// A pattern that a whole value is held against, and how its matches begin: most values are told apart by that.
struct Keep {
    regex: Arc<Regex>,
    /// Worked out when it has been asked so often that it pays.
    known: OnceLock<Beginnings>,
    asked: AtomicU32,
}

struct Beginnings {
    /// Passed over first, where the pattern begins so.
    blank: Option<Item>,
    /// How its alternatives begin, and of each character of ASCII with which of them it begins, as bits.
    begins: Vec<Begin>,
    by_first: Box<[u128; 128]>,
    may_be_empty: bool,
}

/// How an alternative begins: with characters of these classes, all of them or, where it may be empty, the first. And what its
/// last character is.
struct Begin {
    heads: Vec<Classes>,
    last: Classes,
    may_be_empty: bool,
}

/// From which question on it pays to know how a pattern begins.
const PAYS: u32 = 1000;
/// Alternatives that are told apart; of a pattern with more, nothing is known.
const MOST_BEGINS: usize = 128;
const LONGEST_HEAD: usize = 6;

impl Keep {
    fn new(regex: Arc<Regex>) -> Keep {
        Keep { regex, known: OnceLock::new(), asked: AtomicU32::new(0) }
    }

    fn is_full(&self, value: &[Ch]) -> bool {
        if self.known.get().is_none() && self.asked.fetch_add(1, Ordering::Relaxed) < PAYS {
            return self.regex.is_full(value);
        }
        self.known.get_or_init(|| Beginnings::new(&self.regex)).may_match(value) && self.regex.is_full(value)
    }
}

impl Beginnings {
    fn new(regex: &Regex) -> Beginnings {
        let mut nodes = row(std::slice::from_ref(regex.node()));
        let mut blank = None;
        if let [Node::Repeat { mode: Mode::Possessive, min: 0, max: UNBOUNDED, body }, ..] = &nodes[..]
            && let Node::Item(item) = &**body
        {
            blank = Some(item.clone());
            nodes.remove(0);
        }
        let begins = begins_of(nodes);
        let mut by_first = Box::new([0; 128]);
        for (c, bits) in by_first.iter_mut().enumerate() {
            for (i, begin) in begins.iter().enumerate() {
                if begin.heads.first().is_none_or(|head| head.has(c as Ch)) {
                    *bits |= 1 << i;
                }
            }
        }
        let may_be_empty = begins.iter().any(|begin| begin.may_be_empty);
        Beginnings { blank, begins, by_first, may_be_empty }
    }

    #[inline]
    fn may_match(&self, value: &[Ch]) -> bool {
        let start = match &self.blank {
            Some(blank) => value.iter().take_while(|&&c| has(blank, c)).count(),
            None => 0,
        };
        let rest = &value[start..];
        let (Some(&first), Some(&last)) = (rest.first(), rest.last()) else { return self.may_be_empty };
        let mut bits = self.by_first.get(first as usize).copied().unwrap_or(u128::MAX);
        while bits != 0 {
            let Some(begin) = self.begins.get(bits.trailing_zeros() as usize) else { return false };
            let heads = &begin.heads[..];
            if begin.last.has(last) && heads.len() <= rest.len() && heads.iter().zip(rest).all(|(head, &c)| head.has(c)) {
                return true;
            }
            bits &= bits - 1;
        }
        false
    }
}

fn has(item: &Item, c: Ch) -> bool {
    match item {
        Item::Char(mine) => *mine == c,
        Item::Set(set) | Item::Cased(set, _) => set.has(c),
        Item::NotNewline => c != 10,
        Item::All => true,
    }
}

/// How the matches of nodes that stand side by side begin.
fn begins_of(nodes: Vec<&Node>) -> Vec<Begin> {
    let mut begins = Vec::new();
    let mut waiting = vec![nodes];
    while let Some(nodes) = waiting.pop() {
        if let Some((Node::Branch(branches), rest)) = nodes.split_first()
            && begins.len() + waiting.len() + branches.len() <= MOST_BEGINS
        {
            waiting.extend(branches.iter().map(|branch| [&row(std::slice::from_ref(branch)), rest].concat()));
            continue;
        }
        let (last, _) = edge_of_row(nodes.iter().copied(), true);
        let heads = heads_of_row(&nodes, LONGEST_HEAD);
        if heads.is_empty() {
            let (first, may_be_empty) = edge_of_row(nodes.iter().copied(), false);
            begins.push(Begin { heads: vec![first], last, may_be_empty });
        } else {
            begins.push(Begin { heads, last, may_be_empty: false });
        }
    }
    begins
}

/// What a line leaves open for the next: brackets with the names before them, a name without its value, a quote.
#[derive(Clone, PartialEq, Eq, Default, Hash, Debug)]
pub struct Open {
    /// Brackets and the names before them, outermost first.
    pub brackets: Vec<(Ch, Name)>,
    /// A telling name whose value stands on the next line.
    pub pending: Path,
    /// A quote (with its backslashes) that did not end, and the name of its value.
    pub quote: Option<(Vec<Ch>, Path)>,
    /// Inside a PEM block.
    pub armour: bool,
    /// A unit of the record could not be scanned, so nobody knows what it left open.
    pub unknown: bool,
    /// How deep the name `pending` stands whose value is a block of YAML, in deeper lines; None where its value is none.
    pub indent: Option<usize>,
}

impl Open {
    /// Whether nothing is open.
    pub fn is_nothing(&self) -> bool {
        self.brackets.is_empty() && self.pending.is_empty() && self.quote.is_none() && !self.armour && !self.unknown
    }
}

/// A value found in a telling field: `[start, end)` of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldValue {
    pub start: usize,
    pub end: usize,
    /// The detector's index in the catalogue.
    pub detector: usize,
    pub path: Path,
    /// The quote that a bare number in JSON needs round its placeholder.
    pub requote: Vec<Ch>,
}

const FILL: Ch = 0x1a;
const LONGEST_LIST: usize = 20_000;
/// Texts in telling fields that stay and are looked through for fields, in one line.
const MOST_SECOND_LOOKS: usize = 8;
const DEEPEST: usize = 256;
const BACKSLASH: Ch = '\\' as Ch;
/// What stands before the host of an address.
const SCHEME_END: &[Ch] = &[':' as Ch, '/' as Ch, '/' as Ch];

const WORD: u16 = 1;
/// `[\w.-]`
const RUN: u16 = 2;
const SPACE: u16 = 4;
/// `[^\W\d]`
const FIRST: u16 = 8;
/// `[{}\[\]]`
const BRACKET: u16 = 16;
/// What may follow a key.
const BEHIND: u16 = 32;
/// `[=:~"'“«{\[]`
const SIGN: u16 = 64;
/// ``[\s"'`<>]``: what no bare token holds.
const STOP: u16 = 128;
/// `[,;&|)\]}>.\\]`
const TRAIL: u16 = 256;
/// `[\n\r{}\[\]()<>"]`, `[,;|]` and white space: where `_NEXT_KEY` may match.
const TURN: u16 = 512;
/// ``["'`“«]``
const QUOTE: u16 = 1024;

/// Classes of characters, with a table for ASCII.
struct Chars {
    table: [u16; 128],
    word: Arc<CharSet>,
    decimal: Arc<CharSet>,
    space: Arc<CharSet>,
    alpha: Arc<CharSet>,
    alnum: Arc<CharSet>,
    digit: Arc<CharSet>,
    upper: Arc<CharSet>,
    lower: Arc<CharSet>,
}

impl Chars {
    fn new(library: &Library) -> Result<Chars, String> {
        let mut me = Chars {
            table: [0; 128],
            word: library.set("word")?,
            decimal: library.set("isdecimal")?,
            space: library.set("isspace")?,
            alpha: library.set("isalpha")?,
            alnum: library.set("isalnum")?,
            digit: library.set("isdigit")?,
            upper: library.set("isupper")?,
            lower: library.set("islower")?,
        };
        for c in 0..128u32 {
            let is = |set: &str| set.chars().any(|s| s as Ch == c);
            let (word, space) = (me.word.has(c), me.space.has(c));
            let flags = [
                (WORD, word),
                (RUN, word || is(".-")),
                (SPACE, space),
                (FIRST, word && !me.decimal.has(c)),
                (BRACKET, is("{}[]")),
                (BEHIND, space || is("\\\"'`)]&:~=!?+|")),
                (SIGN, is("=:~\"'{[")),
                (STOP, space || is("\"'`<>")),
                (TRAIL, is(",;&|)]}>.\\")),
                (TURN, space || is("{}[]()<>\",;|")),
                (QUOTE, is("\"'`")),
            ];
            me.table[c as usize] = flags.iter().map(|(flag, there)| if *there { *flag } else { 0 }).sum();
        }
        Ok(me)
    }

    #[inline(always)]
    fn is(&self, c: Ch, flags: u16) -> bool {
        if c < 128 { self.table[c as usize] & flags != 0 } else { self.wide(c) & flags != 0 }
    }

    #[cold]
    fn wide(&self, c: Ch) -> u16 {
        let mut flags = 0;
        if self.word.has(c) {
            flags |= WORD | RUN | if self.decimal.has(c) { 0 } else { FIRST };
        }
        if self.space.has(c) {
            flags |= SPACE | BEHIND | STOP | TURN;
        }
        if c == '“' as Ch || c == '«' as Ch {
            flags |= SIGN | QUOTE;
        }
        flags
    }

    #[inline(always)]
    fn space(&self, c: Ch) -> bool {
        self.is(c, SPACE)
    }

    /// How many characters from `start` have one of the flags, at most `most`.
    #[inline(always)]
    fn count(&self, text: &[Ch], start: usize, most: usize, flags: u16) -> usize {
        let mut n = 0;
        while n < most && start + n < text.len() && self.is(text[start + n], flags) {
            n += 1;
        }
        n
    }

    fn skip(&self, text: &[Ch], start: usize, flags: u16) -> usize {
        start + self.count(text, start, usize::MAX, flags)
    }

    /// The length of `text.rstrip()`.
    fn rstrip(&self, text: &[Ch]) -> usize {
        let mut end = text.len();
        while end > 0 && self.space(text[end - 1]) {
            end -= 1;
        }
        end
    }

    fn strip<'t>(&self, text: &'t [Ch]) -> &'t [Ch] {
        let text = &text[..self.rstrip(text)];
        &text[self.skip(text, 0, SPACE)..]
    }
}

/// The names of all rules, read backwards.
struct Names {
    nodes: Vec<NameNode>,
    /// Steps by characters other than a to z.
    wide: HashMap<(u32, Ch), u32>,
}

#[derive(Clone, Copy, Default)]
struct NameNode {
    /// By which of the letters a to z it goes on, and at which node the first of them leads.
    letters: u32,
    base: u32,
    /// One more than the index of the rule of names that end here, and of names that are just this.
    ending: u32,
    exact: u32,
    /// The same of names that other words may be written together with.
    glued: u32,
}

#[derive(Default)]
struct Growing {
    next: BTreeMap<Ch, usize>,
    ending: u32,
    exact: u32,
    glued: u32,
}

impl Names {
    fn new(rules: &[RuleSpec]) -> Names {
        let mut grown: Vec<Growing> = vec![Growing::default()];
        for (i, rule) in rules.iter().enumerate() {
            let names = rule.endings.iter().map(|name| (name, false)).chain(rule.exact.iter().map(|name| (name, true)));
            for (name, is_exact) in names {
                let mut node = 0;
                let glued = name.strip_prefix('~');
                for c in glued.unwrap_or(name).chars().rev().map(u32::from) {
                    node = match grown[node].next.get(&c) {
                        Some(next) => *next,
                        None => {
                            grown.push(Growing::default());
                            let next = grown.len() - 1;
                            grown[node].next.insert(c, next);
                            next
                        }
                    };
                }
                let node = &mut grown[node];
                *(if glued.is_some() {
                    &mut node.glued
                } else if is_exact {
                    &mut node.exact
                } else {
                    &mut node.ending
                }) = i as u32 + 1;
            }
        }
        let mut names = Names { nodes: vec![NameNode::default()], wide: HashMap::new() };
        let mut waiting = VecDeque::from([(0usize, 0usize)]);
        while let Some((from, to)) = waiting.pop_front() {
            let Growing { next, ending, exact, glued } = &grown[from];
            let base = names.nodes.len() as u32;
            let mut node = NameNode { letters: 0, base, ending: *ending, exact: *exact, glued: *glued };
            for (c, child) in next {
                let place = names.nodes.len();
                if let Some(bit) = letter(*c) {
                    node.letters |= bit;
                } else {
                    continue;
                }
                names.nodes.push(NameNode::default());
                waiting.push_back((*child, place));
            }
            for (c, child) in next.iter().filter(|(c, _)| letter(**c).is_none()) {
                names.wide.insert((to as u32, *c), names.nodes.len() as u32);
                waiting.push_back((*child, names.nodes.len()));
                names.nodes.push(NameNode::default());
            }
            names.nodes[to] = node;
        }
        names
    }

    #[inline(always)]
    fn step(&self, node: u32, c: Ch) -> Option<u32> {
        match letter(c) {
            Some(bit) => {
                let node = &self.nodes[node as usize];
                (node.letters & bit != 0).then(|| node.base + (node.letters & (bit - 1)).count_ones())
            }
            None => self.wide.get(&(node, c)).copied(),
        }
    }
}

/// How many blanks and tabs stand at a place, at most forty, if they are at least so many: values are aligned with them.
#[inline]
fn aligned(text: &[Ch], start: usize, least: usize) -> Option<usize> {
    let is_blank = |i: usize| text.get(i).is_some_and(|&c| c == ' ' as Ch || c == '\t' as Ch);
    if !is_blank(start + least - 1) {
        return None;
    }
    let blanks = (0..40).take_while(|n| is_blank(start + n)).count();
    (blanks >= least).then_some(blanks)
}

/// The bit of one of the letters a to z.
#[inline(always)]
fn letter(c: Ch) -> Option<u32> {
    let c = c.wrapping_sub('a' as Ch);
    (c < 26).then(|| 1 << c)
}

#[inline(always)]
fn is_capital(c: Ch) -> bool {
    c.wrapping_sub('A' as Ch) < 26
}

#[inline(always)]
fn is_small(c: Ch) -> bool {
    c.wrapping_sub('a' as Ch) < 26
}

/// How far names have been read backwards.
struct Walk {
    node: u32,
    words: usize,
    found: u32,
    /// The longest name that the last word ends in.
    glued: u32,
}

/// The field names of a catalogue, and what finds their values.
pub struct Fields {
    pairs: Pairs,
    messages: Arc<Messages>,
    ids: Ids,
    rules: Vec<Arc<Rule>>,
    names: Names,
    chars: Chars,
    conversions: Arc<Conversions>,
    no_owners: Arc<Words>,
    /// Words that end the names of what is said about a secret.
    about: Arc<Words>,
    /// Words that end the names of what leads to a secret, or stands beside it.
    referring: Arc<Words>,
    /// Names of members that say nothing of what a value is.
    values: Arc<Words>,
    part_name: Arc<Regex>,
    part_name_group: usize,
    part_head: Arc<Regex>,
    failed: Arc<Regex>,
    tells_error: Arc<Regex>,
    particle: Arc<Words>,
    longest_particle: usize,
    keep: Keep,
    filled_later: Keep,
    word: Arc<Regex>,
    scheme: Arc<Regex>,
    nesting: Nesting,
    qualifier: Arc<Regex>,
    coding: Arc<Regex>,
    /// Each with its group `name` or `value`.
    naming_line: (Arc<Regex>, usize),
    changed_line: (Arc<Regex>, usize),
    /// With its groups `block` and `value`.
    value_line: (Arc<Regex>, [usize; 2]),
    member_line: Arc<Regex>,
    keyword: Arc<Regex>,
    /// Words that end the names of what holds more than a secret.
    hold_more: Arc<Words>,
    head_of_deeper: (Arc<Regex>, usize),
    made_up: Arc<Regex>,
    in_secret: Arc<Regex>,
    long_number: Arc<Regex>,
    collection: Arc<Regex>,
    tagged: Arc<Regex>,
    template: Arc<Regex>,
    structure: Arc<Regex>,
    number: Arc<Regex>,
    quoted_before: Arc<Regex>,
    quoted_element: Arc<Regex>,
    bare_element: Arc<Regex>,
    next_element: Arc<Regex>,
    block_head: Arc<Regex>,
    element: Arc<Regex>,
    /// Its groups `name`, `whole`, `tag`.
    block_groups: [usize; 3],
}

/// What `_KEY` found.
enum Found {
    Bracket(usize),
    Key(Key),
}

/// A key `[start, end)`, what closes it (up to `close`), what separates it from its value (up to `value`), and the sign in that.
struct Key {
    start: usize,
    end: usize,
    close: usize,
    value: usize,
    sign: (usize, usize),
}

/// What `_Ahead` searches for.
#[derive(Clone, Copy)]
enum Sought {
    QueryEnd,
    LineEnd,
    NextAssignment,
    NextKey,
    EndInObject,
    ListEnd,
    Object,
    NextInForm,
}

/// Where a search began, and what it found.
type Known<T> = Option<(usize, Option<T>)>;

/// How many backslashes a closing quote has, and its sign.
type Sign = (usize, Ch);

/// Searches a line from places that move on, and passes over no stretch twice.
struct Ahead<'a> {
    fields: &'a Fields,
    text: &'a [Ch],
    found: [Known<usize>; 8],
    /// By the backslashes and the sign of a closing quote.
    signs: Vec<(Sign, Known<(usize, usize)>)>,
    closing_brackets: Option<Vec<(usize, usize)>>,
}

impl<'a> Ahead<'a> {
    fn new(fields: &'a Fields, text: &'a [Ch]) -> Ahead<'a> {
        Ahead { fields, text, found: [None; 8], signs: Vec::new(), closing_brackets: None }
    }

    /// Where the first match of what is sought begins, from `start` on.
    fn search(&mut self, sought: Sought, start: usize) -> Option<usize> {
        let known = &mut self.found[sought as usize];
        if let Some((from, place)) = *known
            && from <= start
            && place.is_none_or(|place| place >= start)
        {
            return place;
        }
        let found = self.fields.seek(sought, self.text, start);
        *known = Some((start, found));
        found
    }

    /// Where the first quote begins, with its backslashes, that closes one that opens with other signs; and where it ends.
    fn closing_sign(&mut self, slashes: usize, quote: Ch, start: usize) -> Option<(usize, usize)> {
        let i = match self.signs.iter().position(|(sign, _)| *sign == (slashes, quote)) {
            Some(i) => i,
            None => {
                self.signs.push(((slashes, quote), None));
                self.signs.len() - 1
            }
        };
        let known = &mut self.signs[i].1;
        if let Some((from, place)) = *known
            && from <= start
            && place.is_none_or(|(place, _)| place >= start)
        {
            return place;
        }
        let found = closing_sign(self.text, slashes, quote, start);
        *known = Some((start, found));
        found
    }

    /// Where the `]` stands that closes the `[` at `place`.
    fn closing_bracket(&mut self, place: usize) -> Option<usize> {
        let text = self.text;
        let pairs = self.closing_brackets.get_or_insert_with(|| {
            let (mut pairs, mut waiting) = (Vec::new(), Vec::new());
            for (i, &c) in text.iter().enumerate() {
                if c == '[' as Ch {
                    waiting.push(i);
                } else if c == ']' as Ch
                    && let Some(opening) = waiting.pop()
                {
                    pairs.push((opening, i));
                }
            }
            pairs.sort_unstable();
            pairs
        });
        let i = pairs.binary_search_by_key(&place, |pair| pair.0).ok()?;
        Some(pairs[i].1)
    }
}

/// `_closing_sign`: `(?<!\\)\\…”`, or `(?<!\\)(?:\\\\)*+”` where no backslash stands before the opening.
fn closing_sign(text: &[Ch], slashes: usize, quote: Ch, start: usize) -> Option<(usize, usize)> {
    let mut place = start;
    while place < text.len() {
        if text[place] == quote {
            let mut first = place;
            while first > start && text[first - 1] == BACKSLASH {
                first -= 1;
            }
            let before = place - first;
            let alone = first == 0 || text[first - 1] != BACKSLASH;
            if alone && (if slashes == 0 { before % 2 == 0 } else { before == slashes }) {
                return Some((first, place + 1));
            }
        }
        place += 1;
    }
    None
}

/// The quote that closes one.
fn closed_by(quote: Ch) -> Ch {
    match char::from_u32(quote) {
        Some('“') => '”' as Ch,
        Some('«') => '»' as Ch,
        _ => quote,
    }
}

/// The names of a value's fields, as slices: the one around it is empty where there is none.
#[derive(Clone, Copy)]
struct Named<'a> {
    around: &'a [Ch],
    own: &'a [Ch],
}

impl Named<'_> {
    fn path(&self) -> Path {
        if self.around.is_empty() { vec![self.own.into()] } else { vec![self.around.into(), self.own.into()] }
    }
}

/// Where a value ends, and the quote that it leaves open.
type Ended<'a> = (usize, Option<&'a [Ch]>);

const COLON: &[Ch] = &[':' as Ch];
const EQUALS: &[Ch] = &['=' as Ch];
/// The last characters of a line that `_BLOCK_HEAD` matches.
fn is_plain_quote(c: Ch) -> bool {
    c == '"' as Ch || c == '\'' as Ch
}

const ENDS_HEAD: &[Ch] = &['|' as Ch, '>' as Ch, '-' as Ch, '+' as Ch];
/// How the line begins that ends a part of a multipart body, of whose value nothing was read yet; and once a line of it was.
pub const BOUNDARY: [Ch; 2] = ['-' as Ch; 2];
/// What stands for a quote where the line names a secret whose value the next one has, or stands over deeper lines.
pub const NAMED: [Ch; 1] = ['=' as Ch];
const UNDER: [Ch; 1] = [':' as Ch];
const BOUNDARY_LATER: [Ch; 3] = ['\n' as Ch, '-' as Ch, '-' as Ch];
const CLOSING_TAG: &[Ch] = &['<' as Ch, '/' as Ch];
const ARROW: &[Ch] = &['=' as Ch, '>' as Ch];

/// Characters of the end of a name that says which of several values it is, at most.
const LONGEST_QUALIFIER: usize = 16;
/// Spaces in the name of a field, at most.
const MOST_SPACES_IN_NAME: usize = 3;
/// Holders named like secrets around another one, in brackets, at most.
const MOST_HOLDERS_AROUND: usize = 4;

impl Fields {
    /// The rules in the order of the catalogue: of equal names the last counts.
    pub fn new(library: &Library, rules: Vec<RuleSpec>) -> Result<Fields, String> {
        let particle = library.words("fields._PARTICLE")?;
        let part_name = library.rx("fields._PART_NAME")?;
        let block_head = library.rx("fields._BLOCK_HEAD")?;
        let grouped = |name: &str, group: &str| -> Result<(Arc<Regex>, usize), String> {
            let regex = library.rx(name)?;
            let group = regex.group(group).ok_or_else(|| format!("{name} has other groups"))?;
            Ok((regex, group))
        };
        let value_group = |name: &str| Ok::<usize, String>(grouped("fields._VALUE_LINE", name)?.1);
        let group = |name: &str| block_head.group(name).ok_or("_BLOCK_HEAD has other groups");
        // most rules keep values by the same patterns as others do
        let mut keeps: HashMap<*const Regex, Arc<Keep>> = HashMap::new();
        let mut shared =
            |regex: Arc<Regex>| keeps.entry(Arc::as_ptr(&regex)).or_insert_with(|| Arc::new(Keep::new(regex))).clone();
        Ok(Fields {
            names: Names::new(&rules),
            rules: rules
                .into_iter()
                .map(|spec| {
                    let keep = spec.keep.into_iter().map(&mut shared).collect();
                    Arc::new(Rule {
                        detector: spec.detector,
                        mode: spec.mode,
                        keep,
                        secret: spec.secret,
                        opens: spec.opens,
                        may_hold_message: spec.may_hold_message,
                    })
                })
                .collect(),
            chars: Chars::new(library)?,
            conversions: library.conversions.clone(),
            no_owners: library.words("fields._NO_OWNERS")?,
            about: library.words("fields._ABOUT")?,
            referring: library.words("fields._REFERRING")?,
            values: library.words("json_leaves.VALUES")?,
            part_name_group: part_name.group("name").ok_or("fields._PART_NAME has no group name")?,
            part_name,
            part_head: library.rx("fields._PART_HEAD")?,
            failed: library.rx("fields._FAILED")?,
            tells_error: library.rx("fields._TELLS_ERROR")?,
            longest_particle: particle.iter().map(Vec::len).max().unwrap_or(0),
            particle,
            keep: Keep::new(library.rx("fields.KEEP")?),
            filled_later: Keep::new(library.rx("fields.FILLED_LATER")?),
            ids: Ids::new(library)?,
            pairs: Pairs::new(library)?,
            messages: library.messages()?,
            word: library.rx("fields._WORD")?,
            scheme: library.rx("fields._SCHEME")?,
            nesting: Nesting::new(library)?,
            qualifier: library.rx("fields._QUALIFIER")?,
            coding: library.rx("fields._CODING")?,
            naming_line: grouped("fields._NAMING_LINE", "name")?,
            changed_line: grouped("fields._CHANGED_LINE", "name")?,
            value_line: (grouped("fields._VALUE_LINE", "value")?.0, [value_group("block")?, value_group("value")?]),
            member_line: library.rx("fields._MEMBER_LINE")?,
            keyword: library.rx("fields._KEYWORD")?,
            hold_more: library.words("fields._HOLD_MORE")?,
            head_of_deeper: grouped("fields._HEAD_OF_DEEPER", "name")?,
            made_up: library.rx("fields._MADE_UP")?,
            in_secret: library.rx("fields._IN_SECRET")?,
            long_number: library.rx("fields._LONG_NUMBER")?,
            collection: library.rx("fields._COLLECTION")?,
            tagged: library.rx("fields._TAGGED")?,
            template: library.rx("fields._TEMPLATE")?,
            structure: library.rx("fields._STRUCTURE")?,
            number: library.rx("fields._NUMBER")?,
            quoted_before: library.rx("fields._QUOTED_BEFORE")?,
            quoted_element: library.rx("fields._QUOTED_ELEMENT")?,
            bare_element: library.rx("fields._BARE_ELEMENT")?,
            next_element: library.rx("fields._NEXT_ELEMENT")?,
            block_groups: [group("name")?, group("whole")?, group("tag")?],
            block_head,
            element: library.rx("fields._ELEMENT")?,
        })
    }

    /// A name without accents, its humps told.
    fn plain_name<'n>(&self, name: &'n [Ch]) -> Cow<'n, [Ch]> {
        if is_ascii(name) { Cow::Borrowed(name) } else { Cow::Owned(self.conversions.convert("plain_name", name)) }
    }

    /// The words of a name in any convention, in small letters, digits dropped: `X-User_emailAddress2` → x user email address.
    /// An id has none.
    pub fn words(&self, name: &[Ch]) -> Vec<Vec<Ch>> {
        if self.ids.is_id(name) {
            return Vec::new();
        }
        let name = self.plain_name(name);
        self.word.find_iter(&name, 0, name.len()).map(|m| self.conversions.lower(&name[m.start()..m.end()])).collect()
    }

    /// What the innermost name of `path` says, with the one around it; None where it is no telling name.
    pub fn rule(&self, path: &[Name]) -> Option<&Arc<Rule>> {
        let own = path.last()?;
        let around = path.len().checked_sub(2).and_then(|i| path.get(i)).map_or(&[][..], |name| &name[..]);
        self.rule_of(Named { around, own })
    }

    /// What the name of the object around says of a member whose own name says nothing: all that is under the name of a secret is
    /// one, but for what is said about it.
    pub fn covering(&self, path: &[Name]) -> Option<&Arc<Rule>> {
        let [.., around, own] = path else { return None };
        self.covering_of(Named { around, own })
    }

    fn covering_of(&self, names: Named) -> Option<&Arc<Rule>> {
        let rule = self.rule_of(Named { around: &[], own: names.around }).filter(|rule| rule.secret)?;
        if self.rule_of(names).is_some() {
            return None;
        }
        let says_what = self.words(names.own).pop().is_some_and(|last| self.about.contains(&last));
        (!says_what).then_some(rule)
    }

    /// The rule of the object of secrets around a member with a telling name of its own that keeps the value.
    pub fn around(&self, path: &[Name], value: &[Ch]) -> Option<&Arc<Rule>> {
        let [.., around, own] = path else { return None };
        if !self.in_secret.is_full(value) {
            return None;
        }
        let rule = self.rule_of(Named { around: &[], own: around }).filter(|rule| rule.secret)?;
        let last = self.words(own).pop()?;
        let leads = self.about.contains(&last) || self.referring.contains(&last);
        (!leads && !rule.keeps(self, value)).then_some(rule)
    }

    fn rule_of(&self, names: Named) -> Option<&Arc<Rule>> {
        let number = self.number_of(names).or_else(|| {
            let from = names.own.len().saturating_sub(LONGEST_QUALIFIER);
            match self.qualifier.search(names.own, from, names.own.len()) {
                Some(m) => self.number_of(Named { around: names.around, own: &names.own[..m.start()] }),
                None => self.coded(names, from),
            }
        })?;
        let number = self.among_secrets(names, number).unwrap_or(number);
        self.rules.get(number).filter(|rule| rule.mode != ValueMode::Idle)
    }

    /// The number of the rule of an object in which all is secret, for a member that is named like content.
    fn among_secrets(&self, names: Named, number: usize) -> Option<usize> {
        self.rules.get(number).filter(|rule| !rule.may_hold_message)?;
        if names.around.is_empty() || !self.nesting.holds_secrets(names.around) {
            return None;
        }
        self.words(names.own).pop().filter(|last| !self.about.contains(last))?;
        let outer = self.number_of(Named { around: &[], own: names.around })?;
        self.rules.get(outer).filter(|rule| rule.secret).map(|_| outer)
    }

    /// The number of the rule of a secret whose name ends in how it is written: `password_b64`, `password bytes`.
    fn coded(&self, names: Named, from: usize) -> Option<usize> {
        let m = self.coding.search(names.own, from, names.own.len())?;
        let number = if m.start() > 0 {
            self.number_of(Named { around: names.around, own: &names.own[..m.start()] })
        } else {
            self.number_of(Named { around: &[], own: names.around })
        }?;
        self.rules.get(number).filter(|rule| rule.opens).map(|_| number)
    }

    /// The number of the rule for a name as it is.
    fn number_of(&self, names: Named) -> Option<usize> {
        if self.ids.is_id(names.own) {
            return None;
        }
        let names = if self.ids.is_id(names.around) { Named { around: &[], own: names.own } } else { names };
        let mut walk = Walk { node: 0, words: 0, found: 0, glued: 0 };
        let on = self.read_back(&mut walk, &self.plain_name(names.own), usize::MAX);
        let whole = if on && walk.words > 0 { self.names.nodes[walk.node as usize] } else { NameNode::default() };
        let exact = if self.has_no_owner(names.around) { 0 } else { whole.exact };
        if on && walk.words > 0 && !names.around.is_empty() {
            self.read_back(&mut walk, &self.plain_name(names.around), 2);
        }
        let is_secret = exact > 0 && self.rules.get(exact as usize - 1).is_some_and(|rule| rule.secret);
        let number = if walk.found > 0 && !(is_secret && walk.found == whole.ending) {
            walk.found
        } else if exact > 0 {
            exact
        } else if walk.glued > 0 {
            walk.glued
        } else {
            return None;
        };
        Some(number as usize - 1)
    }

    /// Reads the words of a name backwards, at most `most`; False where no name goes on so.
    fn read_back(&self, walk: &mut Walk, name: &[Ch], most: usize) -> bool {
        let mut taken = 0;
        let mut i = name.len();
        while i > 0 && taken < most {
            i -= 1;
            let c = name[i];
            let begins = if c < 128 {
                let before = if i > 0 { name[i - 1] } else { 0 };
                let begins = if is_small(c) {
                    !is_small(before) && !is_capital(before)
                } else if is_capital(c) {
                    !is_capital(before) || name.get(i + 1).is_some_and(|&c| is_small(c))
                } else {
                    continue;
                };
                let Some(next) = self.names.step(walk.node, ascii_lower(c)) else { return false };
                walk.node = next;
                if walk.words == 0 && !begins {
                    let glued = self.names.nodes[next as usize].glued;
                    walk.glued = if glued > 0 { glued } else { walk.glued };
                }
                begins
            } else {
                if !self.chars.is(c, FIRST) {
                    continue;
                }
                let end = i + 1;
                while i > 0 && name[i - 1] >= 128 && self.chars.is(name[i - 1], FIRST) {
                    i -= 1;
                }
                for c in self.conversions.lower(&name[i..end]).into_iter().rev() {
                    let Some(next) = self.names.step(walk.node, c) else { return false };
                    walk.node = next;
                }
                true
            };
            if begins {
                taken += 1;
                walk.words += 1;
                if walk.words <= 5 {
                    let ending = self.names.nodes[walk.node as usize].ending;
                    if ending > 0 {
                        walk.found = ending;
                    }
                }
            }
        }
        true
    }

    /// Whether what a name belongs to is no person and no content.
    fn has_no_owner(&self, around: &[Ch]) -> bool {
        self.words(around).last().is_some_and(|last| self.no_owners.contains(last))
    }

    /// The values of telling fields in one line (or a whole text) of a log, and what it leaves open.
    pub fn find_fields(&self, text: &[Ch], rows: &Rows, before: &Open) -> (Vec<FieldValue>, Open) {
        let nothing = Open::default();
        let mut before = before;
        if rows.is_word() && *before == nothing {
            return (Vec::new(), nothing); // a field is two words, or a word and a sign
        }
        if let Some((opening, path)) = &before.quote
            && (*opening == NAMED || *opening == UNDER)
        {
            let (mut values, still) = self.below(text, before, path);
            let inside = Open { brackets: before.brackets.clone(), ..Open::default() };
            let (found, after) = self.find_fields(text, rows, &inside);
            values.extend(found);
            return (values, if after == nothing || after == inside { still } else { after });
        }
        if let Some(indent) = before.indent {
            let depth = self.chars.skip(text, 0, SPACE);
            if depth == text.len() {
                return (Vec::new(), before.clone());
            }
            if depth > indent
                && let Some(rule) = self.rule(&before.pending)
            {
                let mut block = Vec::new();
                self.add(&mut block, text, 0, text.len(), rule, &|| before.pending.clone(), &[]);
                return (block, before.clone());
            }
            before = &nothing;
        }
        if let Some((opening, path)) = &before.quote
            && (*opening == BOUNDARY || *opening == BOUNDARY_LATER)
        {
            let line = self.chars.strip(text);
            if line.starts_with(&BOUNDARY) {
                before = &nothing;
            } else if line.is_empty() || self.part_head.match_at(line, 0, line.len()).is_some() {
                return (Vec::new(), before.clone());
            } else {
                let mut part = Vec::new();
                if let Some(rule) = self.rule(path) {
                    self.add(&mut part, text, 0, text.len(), rule, &|| path.clone(), &[]);
                }
                return (part, Open { quote: Some((BOUNDARY_LATER.to_vec(), path.clone())), ..Open::default() });
            }
        }
        if before.quote.as_ref().is_some_and(|(opening, _)| opening.starts_with(CLOSING_TAG))
            && self.element.match_at(text, 0, text.len()).is_some()
        {
            before = &nothing; // what was opened holds elements, whose own names tell
        }
        let (mut found, mut after) = self.find_in_order(text, before);
        let last = text[..self.chars.rstrip(text)].last().copied().unwrap_or_default();
        if ENDS_HEAD.contains(&last)
            && after == nothing
            && let Some(head) = self.block_head.match_at(text, 0, text.len())
        {
            after = self.block(text, &head);
        } else if is_plain_quote(last)
            && rows.contains("form-data")
            && let Some((a, b)) = self.part_name.search(text, 0, text.len()).and_then(|m| m.span(self.part_name_group))
        {
            let path: Path = vec![text[a..b].into()];
            if self.rule(&path).is_some() {
                after = Open { quote: Some((BOUNDARY.to_vec(), path)), ..Open::default() };
            }
        } else if after.quote.is_none()
            && let Some(later) = self.named_for_later(text, &after.brackets)
        {
            after = later;
        }
        for value in self.pairs.named_values(text, rows) {
            let path: Path = vec![value.name.as_slice().into()];
            let Some(rule) = self.rule(&path) else { continue };
            let said = &text[value.start..value.end];
            let is_number = || rule.may_hold_message && self.long_number.is_full(said) && self.words(&value.name).len() > 1;
            if value.loose && !rule.opens && !is_number() {
                continue;
            }
            let is_sentence = said.iter().filter(|&&c| c == ' ' as Ch).count() > MOST_SPACES_IN_NAME;
            // else it is a list of names
            if is_sentence || said.iter().any(|&c| c.wrapping_sub('0' as Ch) < 10) || self.rule(&[said.into()]).is_none() {
                self.add(&mut found, text, value.start, value.end, rule, &|| path.clone(), &[]);
            }
        }
        let mut around: Vec<usize> = Vec::new();
        for holder in self.pairs.holders(text, rows) {
            around.retain(|end| *end > holder.start);
            if around.len() < MOST_HOLDERS_AROUND {
                let end = self.add_held(&mut found, text, &holder);
                around.extend(end.filter(|_| holder.end.is_none()));
            }
        }
        (found, after)
    }

    /// Adds the values of a holder that is named like a secret, and the elements with digits of one with another telling name. A member
    /// with a telling name of its own, or that says something about the secret, is none. Returns where a holder that is named like a
    /// secret ends.
    fn add_held(&self, found: &mut Vec<FieldValue>, text: &[Ch], holder: &Holder) -> Option<usize> {
        let path: Path = vec![holder.name.as_slice().into()];
        let may_hold = |rule: &&Arc<Rule>| (rule.opens || rule.may_hold_message) && !self.holds_more(&holder.name);
        let rule = self.rule(&path).filter(may_hold)?;
        let end = self.pairs.end_of(text, holder, rule.opens);
        for held in self.pairs.held_values(text, holder.start, end, rule.opens) {
            let said = &text[held.start..held.end];
            let is_kept = |own: &Arc<Rule>| own.mode == ValueMode::Number || own.keeps(self, said);
            let keeps = |own: &Arc<Rule>| self.in_secret.is_full(said) && is_kept(own);
            let is_free = || self.rule(&[held.key.as_slice().into()]).is_none_or(keeps);
            let counts = if rule.opens {
                held.key.is_empty() || (self.may_be_secret(&held.key, &holder.name, said) && is_free())
            } else {
                self.is_number_in(&held.key, said, rule)
            };
            if counts {
                self.add(found, text, held.start, held.end, rule, &|| path.clone(), &[]);
            }
        }
        rule.opens.then_some(end)
    }

    /// Whether a value in a holder with another telling name than that of a secret is what the holder is named for: an element with digits,
    /// or the long number of a member whose own name tells nothing.
    fn is_number_in(&self, key: &[Ch], said: &[Ch], rule: &Rule) -> bool {
        if key.is_empty() {
            return said.iter().any(|&c| c.wrapping_sub('0' as Ch) < 10) && !said.contains(&(' ' as Ch));
        }
        let says_nothing = |last: &[Ch]| !self.about.contains(last);
        matches!(rule.mode, ValueMode::Number | ValueMode::Line)
            && self.long_number.is_full(said)
            && self.rule(&[key.into()]).is_none()
            && self.words(key).last().is_some_and(|last| says_nothing(last))
    }

    /// Whether what has that name holds more than a secret.
    fn holds_more(&self, name: &[Ch]) -> bool {
        self.words(name).last().is_some_and(|last| self.hold_more.contains(last))
    }

    /// The state after a line that names a secret whose value stands in the next line or in deeper lines; None for another line.
    /// `brackets`: those that are open.
    fn named_for_later(&self, text: &[Ch], brackets: &[(Ch, Name)]) -> Option<Open> {
        let last = text.iter().rev().take(21).find(|c| !self.chars.space(**c));
        let ends_in_colon = last == Some(&(':' as Ch));
        let may_be_head = ends_in_colon || last == Some(&('y' as Ch)); // `[passwords] => Array`
        let head = (may_be_head && brackets.is_empty()).then(|| self.head_of_deeper.0.match_at(text, 0, text.len())).flatten();
        let is_head = head.is_some();
        let (line, from) = match (is_head, ends_in_colon) {
            (true, _) => (&self.head_of_deeper, 0),
            (false, true) => (&self.changed_line, text.len().saturating_sub(LONGEST_NAMING)),
            (false, false) => (&self.naming_line, self.naming_from(text)?),
        };
        let (start, end) = head.or_else(|| line.0.search(text, from, text.len()))?.span(line.1)?;
        let path: Path = vec![text[start..end].into()];
        self.rule(&path).filter(|rule| rule.opens && !(is_head && self.holds_more(&path[0])))?;
        let opening = if is_head { UNDER } else { NAMED };
        let indent = is_head.then_some(start);
        Some(Open { brackets: brackets.to_vec(), quote: Some((opening.to_vec(), path)), indent, ..Open::default() })
    }

    /// From where `_NAMING_LINE` needs to be searched for: None where no name ends at the end of a text with a separator before it.
    fn naming_from(&self, text: &[Ch]) -> Option<usize> {
        let is = |c: Ch, signs: &str| signs.chars().any(|sign| sign as Ch == c);
        let back = |mut at: usize, most: usize, has: &dyn Fn(Ch) -> bool| {
            let least = at.saturating_sub(most);
            while at > least && has(text[at - 1]) {
                at -= 1;
            }
            at
        };
        let from = text.len().saturating_sub(LONGEST_NAMING);
        let end = back(text.len(), 30, &|c| self.chars.space(c) || is(c, "\"'>,"));
        if text[end..].contains(&('>' as Ch)) {
            return Some(from); // behind a closing tag
        }
        let start = back(end, 65, &|c| self.chars.is(c, WORD) || is(c, "./-"));
        let sign = back(start, 24, &|c| is(c, " \t\"':<"));
        let is_separated = text[sign..start].contains(&(':' as Ch)) || (sign > 0 && is(text[sign - 1], "=|>)"));
        (is_separated && (3..=64).contains(&(end - start))).then(|| from.max(start.saturating_sub(BEFORE_NAME)))
    }

    /// The values in a line that an earlier line named, and what is open behind it.
    fn below(&self, text: &[Ch], before: &Open, path: &Path) -> (Vec<FieldValue>, Open) {
        let mut found = Vec::new();
        let depth = self.chars.skip(text, 0, SPACE);
        let Some(indent) = before.indent else {
            let (Some(m), Some(rule)) = (self.value_line.0.match_at(text, 0, text.len()), self.rule(path)) else {
                let is_member = self.member_line.match_at(text, 0, text.len()).is_some();
                return (found, if is_member { before.clone() } else { Open::default() });
            };
            if m.span(self.value_line.1[0]).is_some() {
                return (found, Open { pending: path.clone(), indent: Some(depth), ..Open::default() });
            }
            if let Some((start, end)) = m.span(self.value_line.1[1]) {
                self.add(&mut found, text, start, end, rule, &|| path.clone(), &[]);
            }
            let is_change = text.get(depth).is_some_and(|c| ['+' as Ch, '-' as Ch].contains(c));
            return (found, if is_change { before.clone() } else { Open::default() });
        };
        let is_item = text[depth..].starts_with(&['-' as Ch, ' ' as Ch]);
        if depth < text.len() && (depth < indent || (depth == indent && !is_item)) {
            return (found, Open::default());
        }
        let name = path.first().map_or(Vec::new(), |name| name.to_vec());
        self.add_held(&mut found, text, &Holder { name, start: 0, end: Some(text.len()) });
        (found, before.clone())
    }

    /// Whether a member of that name may be a secret itself. In a holder of several, a name that may lead to a secret tells which of
    /// them it is.
    fn may_be_secret(&self, key: &[Ch], holder: &[Ch], said: &[Ch]) -> bool {
        let Some(last) = self.words(key).pop() else { return true };
        let is_referring = self.referring.contains(&last);
        if !self.about.contains(&last) && !is_referring {
            return true;
        }
        is_referring && matches!(holder.last(), Some(83 | 115)) && self.made_up.match_at(said, 0, said.len()).is_some()
    }

    /// The name that counts for what stands in an object of that name, in another (`fields._innermost`).
    fn innermost<'a>(&self, outer: &'a [Ch], name: &'a [Ch]) -> &'a [Ch] {
        if name.is_empty() || self.nesting.is_secret(outer, name) { outer } else { name }
    }

    /// What is open behind a line that has but a name, the value of which stands in the lines after it.
    fn block(&self, text: &[Ch], head: &Match) -> Open {
        let [name, whole, tag] = self.block_groups.map(|group| head.span(group));
        let Some((start, end)) = name.or(tag) else { return Open::default() };
        let path: Path = vec![text[start..end].into()];
        if self.rule(&path).is_none() {
            return Open::default();
        }
        match whole {
            None => Open { pending: path, indent: Some(start), ..Open::default() },
            Some((from, to)) => {
                let closing = [&codes("</"), &text[from..to], &codes(">")].concat();
                Open { quote: Some((closing, path)), ..Open::default() }
            }
        }
    }

    fn find_in_order(&self, text: &[Ch], before: &Open) -> (Vec<FieldValue>, Open) {
        let mut found = Vec::new();
        let mut position = 0;
        if let Some((opening, path)) = &before.quote {
            let end = self.closing(text, 0, opening);
            if let Some(rule) = self.rule(path) {
                let stop = end.unwrap_or_else(|| without_line_end(text));
                self.add(&mut found, text, 0, stop, rule, &|| path.clone(), &[]);
            }
            match end {
                None => return (found, before.clone()),
                Some(end) => position = end + opening.len(),
            }
        }
        let mut pending: Path = Vec::new();
        if before.quote.is_none() {
            let list = before.brackets.last().filter(|(bracket, name)| *bracket == '[' as Ch && !name.is_empty());
            let path = match list {
                _ if !before.pending.is_empty() => before.pending.clone(),
                Some((_, name)) => vec![name.clone()],
                None => Vec::new(),
            };
            if !path.is_empty() {
                (position, pending) = self.carry_on(&mut found, text, path, !before.pending.is_empty());
            }
        }
        if before.brackets.is_empty() && !text.iter().any(|&c| self.chars.is(c, SIGN)) {
            return (found, Open { pending, ..Open::default() });
        }
        let after = self.scan(&mut found, text, before, position, pending);
        (found, after)
    }

    /// The value on this line of a name that stands before it: where it ends, and the name if the value goes on.
    fn carry_on(&self, found: &mut Vec<FieldValue>, text: &[Ch], path: Path, is_pending: bool) -> (usize, Path) {
        let Some(rule) = self.rule(&path) else { return (0, Vec::new()) };
        let start = self.chars.skip(text, 0, SPACE);
        if self.quote_at(text, start).is_none() {
            return (0, Vec::new());
        }
        let mut values = Vec::new();
        let (mut position, _) = self.value(&mut Ahead::new(self, text), start, rule.mode, COLON, true, false, &mut values);
        for &(s, e) in &values {
            self.add(found, text, s, e, rule, &|| path.clone(), &[]);
        }
        let stripped = &text[..self.chars.rstrip(text)];
        if is_pending {
            return (position, if stripped.last() == Some(&('+' as Ch)) { path } else { Vec::new() });
        }
        let rest = text.get(position..).unwrap_or_default();
        for element in self.next_element.find_iter(rest, 0, rest.len()) {
            if let Some((s, e)) = element.span(2) {
                self.add(found, text, position + s, position + e, rule, &|| path.clone(), &[]);
            }
        }
        let kept = stripped.iter().rev().skip_while(|&&c| c == ']' as Ch || c == ',' as Ch).count();
        position = position.max(kept);
        (position, Vec::new())
    }

    /// The fields of a text from `position` on, and what it leaves open; `pending` is the name that waits for its value so far.
    fn scan<'a>(
        &self,
        found: &mut Vec<FieldValue>,
        text: &'a [Ch],
        before: &'a Open,
        mut position: usize,
        mut pending: Path,
    ) -> Open {
        let mut brackets: VecDeque<(Ch, &'a [Ch])> =
            before.brackets.iter().map(|(bracket, name)| (*bracket, &name[..])).collect();
        // for each bracket the name that what stands in it belongs to: its own, else that of one around it
        let mut names: VecDeque<&'a [Ch]> = VecDeque::new();
        for (_, name) in &brackets {
            names.push_back(self.innermost(names.back().copied().unwrap_or_default(), name));
        }
        let mut quote = None;
        let mut ahead = Ahead::new(self, text);
        let end_of_text = self.chars.rstrip(text);
        let mut last: Option<(&'a [Ch], usize)> = None;
        let mut values = Vec::new();
        let mut second_looks = 0;
        // where the quotes end in which a form begins
        let mut form_end: Option<usize> = None;
        while let Some(next) = self.next_key(text, position) {
            let key = match next {
                Found::Bracket(place) => {
                    position = place + 1;
                    let bracket = text[place];
                    if bracket == '{' as Ch || bracket == '[' as Ch {
                        let name = match last {
                            Some((key, end)) if end >= place || text[end..place].iter().all(|&c| self.chars.space(c)) => key,
                            _ => &[],
                        };
                        let around = names.back().copied();
                        let name = around.filter(|_| self.values.contains(name)).unwrap_or(name);
                        brackets.push_back((bracket, name));
                        names.push_back(self.innermost(names.back().copied().unwrap_or_default(), name));
                        if brackets.len() > DEEPEST {
                            brackets.pop_front();
                            names.pop_front();
                        }
                    } else {
                        brackets.pop_back();
                        names.pop_back();
                    }
                    last = None; // a bracket stands between the key and what follows
                    continue;
                }
                Found::Key(key) => key,
            };
            position = key.value;
            let own = &text[key.start..key.end];
            let sep = &text[key.sign.0..key.sign.1];
            let closed = key.close > key.end;
            last = Some((own, key.value));
            let is_in_brackets = closed && text[key.close - 1] == ']' as Ch && text[..key.start].ends_with(&['[' as Ch]);
            if is_in_brackets && brackets.back().is_some_and(|(bracket, _)| *bracket == '[' as Ch) {
                brackets.pop_back();
                names.pop_back();
            }
            let parent = names.back().copied().unwrap_or_default();
            let path = self.path(text, &key, parent, sep);
            let in_address = text[..key.start].ends_with(SCHEME_END);
            let mut rule = if in_address || self.is_class(own) { None } else { self.rule_of(path) };
            if rule.is_none() && !parent.is_empty() && path.around == parent && (sep == COLON || sep == ARROW) {
                let is_value = self.values.contains(own);
                rule = if is_value { self.rule_of(Named { around: &[], own: parent }) } else { self.covering_of(path) };
            }
            if sep == EQUALS && !closed && form_end.is_none_or(|end| key.start > end) && self.opens(text, key.start) {
                form_end = self.closing(text, key.value, &text[key.start - 1..key.start]);
            }
            let Some(rule) = rule else {
                // `a:b=c`: the value may itself be a name
                if position > key.end + 1 && !closed && !sep.is_empty() {
                    position = key.end + 1;
                }
                position = position.max(key.end);
                continue;
            };
            let is_token = matches!(rule.mode, ValueMode::Token | ValueMode::Credential);
            let is_keyword = !closed
                && key.start > 0
                && text[key.start - 1] == ':' as Ch
                && (key.start == 1
                    || matches!(char::from_u32(text[key.start - 2]), Some(' ' | '\t' | '\n' | '{' | '(' | '[' | ',')));
            if sep.is_empty() && !is_keyword && (is_token || own.first().is_some_and(|&c| self.chars.upper.has(c))) {
                continue;
            }
            if sep == EQUALS
                && self.chars.space(text[key.value - 1])
                && !self.chars.space(text[key.close])
                && self.is_assigned(text, key.value)
            {
                continue; // `logname= uid=0`: an empty value
            }
            if closed
                && sep == COLON
                && self.chars.space(text[key.close])
                && text[key.value - 1] == ':' as Ch
                && self.keyword.match_at(text, key.value, text.len()).is_some()
            {
                position = key.value;
                continue; // `{:k "password" :v "…"}`
            }
            let is_visibility =
                || [&wide(b"protected]")[..], &wide(b"private]")].iter().any(|end| text[key.value..].starts_with(end));
            if sep == COLON && (is_visibility() || rule.may_hold_message && self.tells_message(text, key.value, rule.mode)) {
                position = key.value;
                continue;
            }
            if rule.secret
                && !closed
                && sep == COLON
                && self.tells_error.match_at(text, key.value, text.len()).is_some()
                && self.failed.search(text, key.start.saturating_sub(80), key.start).is_some()
            {
                position = key.value;
                continue;
            }
            let in_form = form_end.filter(|&end| key.start <= end);
            let in_query =
                in_form.is_none() && key.start > 0 && (text[key.start - 1] == '?' as Ch || text[key.start - 1] == '&' as Ch);
            if key.value >= end_of_text && !sep.is_empty() {
                pending = path.path();
                break;
            }
            values.clear();
            let is_inside = closed || !brackets.is_empty();
            let (end, opening) = self.value(&mut ahead, key.value, rule.mode, sep, is_inside, in_query, &mut values);
            position = end;
            if let Some(form_end) = form_end
                && opening.is_none()
                && sep == EQUALS
                && key.value < form_end
                && let Some(&(start, _)) = values.first()
                && let Some(&(_, end)) = values.last()
                && start == key.value
            {
                let following = ahead.search(Sought::NextInForm, start).unwrap_or(form_end);
                position = end.min(form_end).min(following);
                values.clear();
                values.push((start, position));
            }
            let close = &text[key.end..key.close];
            let known = found.len();
            for &(s, e) in &values {
                let is_number = close.last() == Some(&('"' as Ch)) && s == key.value && self.is_number(&text[s..e]);
                self.add(found, text, s, e, rule, &|| path.path(), if is_number { close } else { &[] });
            }
            if let Some(opening) = opening {
                quote = Some((opening.to_vec(), path.path()));
                break;
            }
            if !values.is_empty() && self.ends_in_plus(text, position) {
                pending = path.path();
            }
            if rule.mode == ValueMode::Line
                && found.len() == known
                && second_looks < MOST_SECOND_LOOKS
                && let Some(&(start, _)) = values.first()
            {
                second_looks += 1;
                position = start; // a text that stays may have fields of its own
                continue;
            }
            if values.is_empty() && text.get(position) == Some(&('[' as Ch)) && ahead.search(Sought::ListEnd, position).is_none()
            {
                brackets.push_back(('[' as Ch, own));
                names.push_back(own);
                position += 1;
            }
        }
        let brackets = brackets.into_iter().map(|(bracket, name)| (bracket, name.into())).collect();
        Open { brackets, pending, quote, ..Open::default() }
    }

    /// `_KEY.search(text, position)`: a name with what separates it from its value, or a bracket.
    ///
    /// A name is all of a run of `[\w.-]` from some place on, so what must follow it is looked for where a run ends.
    #[inline]
    fn next_key(&self, text: &[Ch], position: usize) -> Option<Found> {
        let chars = &self.chars;
        let mut i = position;
        loop {
            while i < text.len() && !chars.is(text[i], RUN | BRACKET) {
                i += 1;
            }
            if i >= text.len() {
                return None;
            }
            if chars.is(text[i], BRACKET) {
                return Some(Found::Bracket(i));
            }
            let first = i;
            while i < text.len() && chars.is(text[i], RUN) {
                i += 1;
            }
            if i >= text.len() {
                return None;
            }
            if !chars.is(text[i], BEHIND) {
                continue;
            }
            let Some((close, sign, value)) = self.behind_key(text, i) else { continue };
            let from = first.max(i.saturating_sub(64));
            if let Some(start) = (from..i).find(|&start| self.may_begin(text, start)) {
                return Some(Found::Key(Key { start, end: i, close, value, sign }));
            }
        }
    }

    /// `(?<![\w.])(?<!\w-)[^\W\d]`
    #[inline]
    fn may_begin(&self, text: &[Ch], start: usize) -> bool {
        if !self.chars.is(text[start], FIRST) {
            return false;
        }
        if start == 0 {
            return true;
        }
        let before = text[start - 1];
        if before == '-' as Ch {
            return start < 2 || !self.chars.is(text[start - 2], WORD);
        }
        before != '.' as Ch && !self.chars.is(before, WORD)
    }

    /// What may close a name and what separates it from its value, where the name ends at `end`: the ends of both, and the sign.
    #[inline]
    fn behind_key(&self, text: &[Ch], end: usize) -> Option<(usize, (usize, usize), usize)> {
        let at = |i: usize| text.get(i).copied().unwrap_or(0);
        let is = |i: usize, c: char| at(i) == c as Ch;
        let c = at(end);
        let mut close = end;
        if c == BACKSLASH || c == '"' as Ch || c == '\'' as Ch || c == '`' as Ch {
            let mut slashes = 0;
            while slashes <= 31 && is(end + slashes, '\\') {
                slashes += 1;
            }
            let quote = end + slashes;
            if slashes > 31 || !(is(quote, '"') || is(quote, '\'') || is(quote, '`')) {
                return None;
            }
            close = quote + 1;
        } else if c == ')' as Ch {
            close = end + if is(end + 1, ']') { 2 } else { 1 };
        } else if c == ']' as Ch {
            close = end + 1;
        } else if c == '&' as Ch {
            if !"&quot;".chars().enumerate().all(|(i, c)| is(end + i, c)) {
                return None;
            }
            close = end + 6;
        }
        let spaces = aligned(text, close, 3).unwrap_or_else(|| self.chars.count(text, close, 2, SPACE));
        let sign = close + spaces;
        let sign_end = match char::from_u32(at(sign)) {
            Some('=') if is(sign + 1, '>') => Some(sign + 2),
            Some('=' | '!') if is(sign + 1, '=') && is(sign + 2, '=') => Some(sign + 3),
            Some(':') if is(sign + 1, ':') && is(sign + 2, '=') => Some(sign + 3),
            Some(':') if is(sign + 1, ':') && is(sign + 2, ':') && is(sign + 3, '=') => Some(sign + 4),
            Some('?' | '.' | '+') if is(sign + 1, '=') => Some(sign + 2),
            Some('?' | '|') if at(sign + 1) == at(sign) && is(sign + 2, '=') => Some(sign + 3),
            Some(':' | '~' | '=') => {
                if is(sign + 1, '=') {
                    Some(if is(sign + 2, '/') { sign + 1 } else { sign + 2 })
                } else {
                    (!is(sign + 1, '/')).then_some(sign + 1)
                }
            }
            Some('!') if is(sign + 1, '~') || is(sign + 1, '=') => Some(sign + 2),
            _ => None,
        };
        if let Some(sign_end) = sign_end {
            let behind = aligned(text, sign_end, 5).unwrap_or_else(|| self.chars.count(text, sign_end, 4, SPACE));
            return Some((close, (sign, sign_end), sign_end + behind));
        }
        ((1..3).contains(&spaces) && self.quote_at(text, sign).is_some()).then_some((close, (sign, sign), sign))
    }

    /// `_QUOTE.match(text, start)`: where the quote itself stands, behind its backslashes.
    #[inline]
    fn quote_at(&self, text: &[Ch], start: usize) -> Option<usize> {
        let mut place = start;
        while place < text.len() && place - start <= 31 && text[place] == BACKSLASH {
            place += 1;
        }
        (place - start <= 31 && place < text.len() && self.chars.is(text[place], QUOTE)).then_some(place)
    }

    /// `_STRING_PREFIX.match(text, start)`: where it ends.
    #[inline]
    fn behind_prefix(&self, text: &[Ch], start: usize) -> usize {
        let at = |i: usize| text.get(start + i).and_then(|&c| char::from_u32(c)).unwrap_or(' ');
        let length = match (at(0).to_ascii_lowercase(), at(1).to_ascii_lowercase()) {
            ('b' | 'r' | 'u', '"' | '\'') => 1,
            ('b', 'r') | ('r', 'b') if matches!(at(2), '"' | '\'') => 2,
            _ if matches!(at(0), 'N' | 'E' | 'X') && matches!(at(1), '"' | '\'') => 1,
            _ if matches!(at(0), 'f' | 'L' | '@' | '$') && at(1) == '"' => 1,
            _ => 0,
        };
        start + length
    }

    /// `_CLASS.search(key)`: how the name of a class ends.
    fn is_class(&self, key: &[Ch]) -> bool {
        let Some(place) = key.iter().rposition(|&c| !self.chars.is(c, WORD)) else { return false };
        key[place] == '.' as Ch && key.get(place + 1).is_some_and(|&c| is_capital(c))
    }

    /// `_ASSIGNED.match(text, start)`
    fn is_assigned(&self, text: &[Ch], start: usize) -> bool {
        let run = self.chars.count(text, start, 60, RUN);
        run > 0 && text.get(start + run) == Some(&('=' as Ch))
    }

    /// `_END_IN_PLUS.match(text, start)`
    fn ends_in_plus(&self, text: &[Ch], start: usize) -> bool {
        let plus = self.chars.skip(text, start, SPACE);
        text.get(plus) == Some(&('+' as Ch)) && self.chars.skip(text, plus + 1, SPACE) >= text.len()
    }

    /// `value.strip().isdigit()`
    fn is_number(&self, value: &[Ch]) -> bool {
        let value = self.chars.strip(value);
        !value.is_empty() && value.iter().all(|&c| self.chars.digit.has(c))
    }

    /// Whether a quote stands before a place, and behind no word: it begins a text.
    fn opens(&self, text: &[Ch], place: usize) -> bool {
        let Some(quote) = place.checked_sub(1).filter(|&quote| is_plain_quote(text[quote])) else { return false };
        quote.checked_sub(1).is_none_or(|before| text[before] != BACKSLASH && !self.chars.alnum.has(text[before]))
    }

    /// The name with what stands before it: the words of a two-word name (`user agent: …`), or the object it is in.
    fn path<'a>(&self, text: &'a [Ch], key: &Key, parent: &'a [Ch], sep: &[Ch]) -> Named<'a> {
        let own = &text[key.start..key.end];
        if key.close == key.end
            && let Some((first, second, end)) = self.words_before(text, key.start)
        {
            return Named { around: &text[if sep == COLON { first } else { second }..end], own };
        }
        if key.close > key.end
            && key.start > 0
            && text[key.start - 1] == ' ' as Ch
            && let Some(m) = self.quoted_before.search(text, key.start.saturating_sub(97), key.start)
        {
            return Named { around: &text[m.start() + 1..key.start - 1], own };
        }
        Named { around: parent, own }
    }

    /// `_BEFORE.search(text, max(0, start - 62), start)`: where the words before a name begin, where the last of them does, and
    /// where it ends.
    #[inline]
    fn words_before(&self, text: &[Ch], start: usize) -> Option<(usize, usize, usize)> {
        let is_gap = |i: usize| text[i] == ' ' as Ch || text[i] == '\t' as Ch;
        let is_letter = |i: usize| is_small(ascii_lower(text[i]));
        let is_part = |i: usize| text[i] == '-' as Ch || self.chars.is(text[i], WORD);
        let least = start.saturating_sub(62);
        let mut end = start;
        if end > least && text[end - 1] == 10 {
            end -= 1; // `$` is also the place before the last line end
        }
        if end <= least || !is_gap(end - 1) {
            return None;
        }
        end -= 1;
        let run_before = |end: usize| {
            let mut first = end;
            while first > least && end - first < 31 && is_part(first - 1) {
                first -= 1;
            }
            first
        };
        let run = run_before(end);
        if run < end && run > least && is_gap(run - 1) && is_letter(run) {
            let around = run_before(run - 1);
            if let Some(first) = (around..run - 1).find(|&i| is_letter(i)) {
                return Some((first, run, end));
            }
        }
        let first = (run..end).find(|&i| is_letter(i))?;
        Some((first, first, end))
    }

    #[allow(clippy::too_many_arguments)]
    fn add(
        &self,
        found: &mut Vec<FieldValue>,
        text: &[Ch],
        start: usize,
        end: usize,
        rule: &Rule,
        path: &dyn Fn() -> Path,
        requote: &[Ch],
    ) {
        let (start, end) = self.value_itself(text, start, end, rule.mode);
        if start < end && !rule.keeps(self, &text[start..end]) {
            found.push(FieldValue { start, end, detector: rule.detector, path: path(), requote: requote.to_vec() });
        }
    }

    /// Whether a message stands behind a name in place of a value without quotes: `street: unsupported locale`.
    fn tells_message(&self, text: &[Ch], start: usize, mode: ValueMode) -> bool {
        let ends = |c: Ch| matches!(c, 10 | 13 | 34 | 39 | 59..=62 | 96 | 123..=125);
        let rest = &text[start..(start + messages::LONGEST + 1).min(text.len())];
        let told = &rest[..rest.iter().position(|&c| ends(c)).unwrap_or(rest.len())];
        let first = || told.split(|&c| c == 44).next().unwrap_or(told);
        !told.is_empty() && (self.messages.is_message(told) || (mode != ValueMode::Line && self.messages.is_message(first())))
    }

    /// A field's value without the white space around it and, of a credential, its scheme (`Bearer`).
    pub fn value_itself(&self, text: &[Ch], start: usize, end: usize, mode: ValueMode) -> (usize, usize) {
        let (mut start, mut end) = (start, end.min(text.len()));
        while start < end && self.chars.space(text[start]) {
            start += 1;
        }
        while end > start && self.chars.space(text[end - 1]) {
            end -= 1;
        }
        if mode == ValueMode::Credential
            && start < end
            && let Some(scheme) = self.scheme.match_at(text, start, end)
        {
            start = scheme.end();
        }
        (start, end)
    }

    /// Where the quote `opening` (with its backslashes) ends, None where it does not.
    fn closing(&self, text: &[Ch], start: usize, opening: &[Ch]) -> Option<usize> {
        let (&last, slashes) = opening.split_last()?;
        let quote = closed_by(last);
        let mut place = start;
        loop {
            place += text.get(place..)?.iter().position(|&c| c == quote)?;
            if slashes.is_empty() {
                let mut first = place;
                while first > start && text[first - 1] == BACKSLASH {
                    first -= 1;
                }
                // before the first character stands the last, as in Python
                let is_apostrophe = quote == '\'' as Ch
                    && text.get(place + 1).is_some_and(|&c| self.chars.alnum.has(c))
                    && text.get(place.checked_sub(1).unwrap_or(text.len() - 1)).is_some_and(|&c| self.chars.alnum.has(c));
                if (place - first) % 2 == 0 && !is_apostrophe {
                    return Some(place);
                }
            } else if let Some(first) = place.checked_sub(slashes.len())
                && first >= start
                && text[first..place] == *slashes
                && (first == start || text[first - 1] != BACKSLASH)
            {
                return Some(first);
            }
            place += 1;
        }
    }

    /// `closing`; a quote that is closed by another sign than it opens with may stand far from the end of many.
    fn closing_ahead(&self, ahead: &mut Ahead, start: usize, opening: &[Ch]) -> Option<usize> {
        let (&last, slashes) = opening.split_last()?;
        let quote = closed_by(last);
        if quote == last {
            return self.closing(ahead.text, start, opening);
        }
        ahead.closing_sign(slashes.len(), quote, start).map(|(_, end)| end - opening.len())
    }

    /// The value that begins at `start`: its spans are put into `values`.
    #[allow(clippy::too_many_arguments)]
    fn value<'a>(
        &self,
        ahead: &mut Ahead<'a>,
        start: usize,
        mode: ValueMode,
        sep: &[Ch],
        closed: bool,
        in_query: bool,
        values: &mut Vec<(usize, usize)>,
    ) -> Ended<'a> {
        let text = ahead.text;
        let start = self.behind_prefix(text, start);
        if let Some(quote) = self.quote_at(text, start) {
            let behind = quote + 1;
            let opening = &text[start..behind];
            let Some(end) = self.closing_ahead(ahead, behind, opening) else {
                // no end on this line: all that is left of it goes
                values.push((behind, without_line_end(text)));
                return (text.len(), (text[quote] < 128 && !sep.is_empty()).then_some(opening));
            };
            if mode != ValueMode::Credential && self.holds_structure(text, behind, end) {
                return (behind, None); // an object in a string: its own fields tell
            }
            return (self.joined(text, behind, end, opening, values), None);
        }
        let Some(&first) = text.get(start) else { return (start, None) };
        let may_be_type = u8::try_from(first).is_ok_and(|c| c.is_ascii_alphanumeric() || b"#&".contains(&c));
        let is_tagged = || {
            let is_token = matches!(mode, ValueMode::Token | ValueMode::Credential);
            is_token && self.tagged.match_at(text, start, text.len()).is_some()
        };
        if (first == '{' as Ch && !is_tagged()) || (may_be_type && self.collection.match_at(text, start, text.len()).is_some()) {
            return (start, None);
        }
        if first == '[' as Ch && text.get(start + 1) != Some(&('~' as Ch)) {
            return (self.list(ahead, start, values), None);
        }
        if in_query {
            let mut end = ahead.search(Sought::QueryEnd, start).unwrap_or(text.len());
            while end > start && ".,;:!?)]}".chars().any(|c| c as Ch == text[end - 1]) {
                end -= 1;
            }
            values.push((start, end));
            return (end, None);
        }
        let mut end = match mode {
            ValueMode::Number => {
                let mut number = self.number.match_at(text, start, text.len());
                if let Some(id) = number.as_ref().and_then(|n| self.ids.cut_id(text, n.end())) {
                    number = self.number.match_at(text, start, id.max(start));
                }
                let Some(number) = number else { return (start, None) };
                values.push((start, number.end()));
                return (number.end(), None);
            }
            ValueMode::Token | ValueMode::Credential => {
                let scheme = if mode == ValueMode::Credential { self.scheme.match_at(text, start, text.len()) } else { None };
                let token_start = scheme.map_or(start, |scheme| scheme.end());
                let template = self.template.match_at(text, token_start, text.len()).map(|m| m.end());
                let Some(end) = template.or_else(|| self.token(text, token_start)) else { return (start, None) };
                values.push((token_start, end));
                return (end, None);
            }
            ValueMode::Phrase
                if text[start] == '<' as Ch
                    && let Some(template) = self.template.match_at(text, start, text.len()) =>
            {
                values.push((start, template.end()));
                return (template.end(), None);
            }
            ValueMode::Line if sep == EQUALS => ahead.search(Sought::NextAssignment, start),
            ValueMode::Line => ahead.search(Sought::LineEnd, start),
            ValueMode::Phrase | ValueMode::Idle => ahead.search(Sought::NextKey, start),
        }
        .unwrap_or(text.len());
        if mode == ValueMode::Line && closed {
            // inside an object: up to the comma or bracket that ends the value
            end = ahead.search(Sought::EndInObject, start).map_or(end, |stop| stop.min(end));
        }
        if mode == ValueMode::Phrase {
            end = self.end_of_name(text, start, end);
        } else if !closed {
            let tail = self.closers(text, start, end);
            let is_opener = |&c: &Ch| c == '{' as Ch || c == '[' as Ch || c == '(' as Ch;
            if tail < end && !text[start..tail].iter().any(is_opener) {
                end = tail; // the brackets that end an object which a line before began
            }
        }
        values.push((start, end));
        (end, None)
    }

    /// `_TOKEN.match(text, start)`: where it ends.
    #[inline]
    fn token(&self, text: &[Ch], start: usize) -> Option<usize> {
        let chars = &self.chars;
        if text.get(start).is_none_or(|&c| chars.is(c, STOP)) {
            return None;
        }
        let most = start.saturating_add(8192);
        let mut end = start + 1;
        loop {
            let Some(&c) = text.get(end) else { return Some(end) };
            if chars.is(c, STOP | TRAIL) && (self.trails_off(text, end) || self.next_pair(text, end)) {
                return Some(end);
            }
            if end == most {
                return Some(most);
            }
            end += 1;
        }
    }

    /// ``[,;&|)\]}>.\\]{0,8}(?:\s|$|["'`<>])``
    #[inline]
    fn trails_off(&self, text: &[Ch], place: usize) -> bool {
        for i in place..=place + 8 {
            let Some(&c) = text.get(i) else { return true };
            if self.chars.is(c, STOP) {
                return true;
            }
            if !self.chars.is(c, TRAIL) {
                return false;
            }
        }
        false
    }

    /// `[,;&|]\s{0,2}["']?[\w.-]{1,60}["']?\s{0,2}[=:]`
    fn next_pair(&self, text: &[Ch], place: usize) -> bool {
        let at = |i: usize| text.get(i).copied().unwrap_or(0);
        let is_quote = |i: usize| at(i) == '"' as Ch || at(i) == '\'' as Ch;
        if !",;&|".chars().any(|c| c as Ch == at(place)) {
            return false;
        }
        let mut i = place + 1;
        i += self.chars.count(text, i, 2, SPACE);
        i += usize::from(is_quote(i));
        let run = self.chars.count(text, i, 60, RUN);
        if run == 0 {
            return false;
        }
        i += run;
        i += usize::from(is_quote(i));
        i += self.chars.count(text, i, 2, SPACE);
        at(i) == '=' as Ch || at(i) == ':' as Ch
    }

    /// Where the first match of what is sought begins, from `start` on.
    fn seek(&self, sought: Sought, text: &[Ch], start: usize) -> Option<usize> {
        let chars = &self.chars;
        let rest = text.get(start..)?;
        let is_line_end = |c: Ch| c == 10 || c == 13;
        let is = |i: usize, c: char| text.get(i) == Some(&(c as Ch));
        let found = match sought {
            // ``[&#\s"'<>`]``
            Sought::QueryEnd => rest.iter().position(|&c| c == '&' as Ch || c == '#' as Ch || chars.is(c, STOP)),
            Sought::LineEnd => rest.iter().position(|&c| is_line_end(c)),
            Sought::ListEnd => rest.iter().position(|&c| c == ']' as Ch),
            // `\{|\((?=\w{1,40}=)`
            Sought::Object => rest.iter().enumerate().position(|(i, &c)| {
                c == '{' as Ch
                    || (c == '(' as Ch && {
                        let run = chars.count(text, start + i + 1, 40, WORD);
                        run > 0 && is(start + i + 1 + run, '=')
                    })
            }),
            // `&[\w.-]{1,60}[=\[%]`
            Sought::NextInForm => rest.iter().enumerate().position(|(i, &c)| {
                c == '&' as Ch && {
                    let run = chars.count(text, start + i + 1, 60, RUN);
                    let sign = start + i + 1 + run;
                    run > 0 && (is(sign, '=') || is(sign, '[') || is(sign, '%'))
                }
            }),
            // `\s[\w.-]{1,60}=(?!=) | [\n\r]`
            Sought::NextAssignment => rest.iter().enumerate().position(|(i, &c)| {
                chars.space(c) && {
                    let run = chars.count(text, start + i + 1, 60, RUN);
                    let sign = start + i + 1 + run;
                    is_line_end(c) || (run > 0 && is(sign, '=') && !is(sign + 1, '='))
                }
            }),
            Sought::NextKey => rest.iter().enumerate().position(|(i, &c)| chars.is(c, TURN) && self.turns(text, start + i)),
            // `[,}\]]\s*(?:$|[\n\r}\],]|\\{0,15}[\"']?[\w.-]{1,60}\\{0,15}[\"']?\s*:)`
            Sought::EndInObject => rest.iter().enumerate().position(|(i, &c)| {
                (c == ',' as Ch || c == '}' as Ch || c == ']' as Ch) && {
                    let place = start + i + 1;
                    let behind = chars.skip(text, place, SPACE);
                    text[place..behind].iter().any(|&c| is_line_end(c))
                        || behind >= text.len()
                        || is(behind, '}')
                        || is(behind, ']')
                        || is(behind, ',')
                        || self.quoted_name(text, behind).is_some_and(|sign| is(sign, ':'))
                }
            }),
        };
        found.map(|i| start + i)
    }

    /// `_NEXT_KEY.match(text, place)`, where a bracket, a comma or white space stands there.
    #[inline]
    fn turns(&self, text: &[Ch], place: usize) -> bool {
        let chars = &self.chars;
        let is = |i: usize, c: char| text.get(i) == Some(&(c as Ch));
        let c = text[place];
        if c == ',' as Ch || c == ';' as Ch || c == '|' as Ch {
            // `[,;|]\s*\\{0,15}["']?[\w.-]{1,60}\\{0,15}["']?\s*[=:]`
            let first = chars.skip(text, place + 1, SPACE);
            return self.quoted_name(text, first).is_some_and(|sign| is(sign, '=') || is(sign, ':'));
        }
        if !chars.space(c) || c == 10 || c == 13 {
            return true; // `[\n\r{}\[\]()<>"]`
        }
        // `\s[\w.-]{1,60}\s?=(?!=)`
        let run = chars.count(text, place + 1, 61, RUN);
        let behind = place + 1 + run;
        let is_blank = |i: usize| text.get(i).is_some_and(|&c| chars.space(c));
        if run == 0 {
            // `\s[–—|]\s`
            return (is(behind, '|') || is(behind, '–') || is(behind, '—')) && is_blank(behind + 1);
        }
        if run <= 60 {
            let sign = behind + usize::from(is_blank(behind));
            if is(sign, '=') && !is(sign + 1, '=') {
                return true;
            }
        }
        // `\s-\s`
        if run == 1 && is(place + 1, '-') {
            return is_blank(behind);
        }
        // `\s(?=\w+:\s|[A-Z]\w*:[^\s:/\\])`
        let word = chars.skip(text, place + 1, WORD);
        let is_capital = text.get(place + 1).is_some_and(|c| (65..=90).contains(c));
        let goes_on = || text.get(word + 1).is_some_and(|&c| ![b':', b'/', b'\\'].map(Ch::from).contains(&c));
        word > place + 1 && is(word, ':') && (is_blank(word + 1) || is_capital && goes_on())
    }

    /// `\\{0,15}["']?[\w.-]{1,60}\\{0,15}["']?\s*` from `start` on: where it ends.
    #[inline]
    fn quoted_name(&self, text: &[Ch], start: usize) -> Option<usize> {
        let quoted = |start: usize| {
            let mut i = start;
            while i < text.len() && i - start < 15 && text[i] == BACKSLASH {
                i += 1;
            }
            i + usize::from(text.get(i).is_some_and(|&c| c == '"' as Ch || c == '\'' as Ch))
        };
        let first = quoted(start);
        let run = self.chars.count(text, first, 60, RUN);
        (run > 0).then(|| self.chars.skip(text, quoted(first + run), SPACE))
    }

    /// Whether an object or a list begins in `[start, end)`, behind white space.
    fn holds_structure(&self, text: &[Ch], start: usize, end: usize) -> bool {
        let first = self.chars.skip(&text[..end], start, SPACE);
        first < end
            && (text[first] == '{' as Ch || text[first] == '[' as Ch)
            && self.structure.match_at(text, first, end).is_some()
    }

    /// Where the brackets begin, with commas and white space between them, that `[start, end)` ends in; else `end`.
    fn closers(&self, text: &[Ch], start: usize, end: usize) -> usize {
        let is_closer = |c: Ch| c == '}' as Ch || c == ']' as Ch || c == ')' as Ch;
        let mut tail = end;
        while tail > start {
            let c = text[tail - 1];
            if !is_closer(c) && c != ',' as Ch && c != ';' as Ch && !self.chars.space(c) {
                break;
            }
            tail -= 1;
        }
        let Some(first) = (tail..end).find(|&i| is_closer(text[i])) else { return end };
        let mut place = first;
        while place > tail && self.chars.space(text[place - 1]) {
            place -= 1;
        }
        place
    }

    /// A quoted text and those joined to it with `+`, as util.inspect prints long ones: where the last ends.
    fn joined(&self, text: &[Ch], start: usize, end: usize, opening: &[Ch], values: &mut Vec<(usize, usize)>) -> usize {
        values.push((start, end));
        let mut position = end + opening.len();
        while let Some(quote) = self.plus(text, position) {
            let Some(end) = self.closing(text, quote + 1, &text[quote..=quote]) else { break };
            values.push((quote + 1, end));
            position = end + 1;
        }
        position
    }

    /// ``\s{0,4}\+\s{0,40}(["'`])`` at `place`: where the quote stands.
    fn plus(&self, text: &[Ch], place: usize) -> Option<usize> {
        let plus = place + self.chars.count(text, place, 4, SPACE);
        if text.get(plus) != Some(&('+' as Ch)) {
            return None;
        }
        let quote = plus + 1 + self.chars.count(text, plus + 1, 40, SPACE);
        text.get(quote).is_some_and(|&c| c < 128 && self.chars.is(c, QUOTE)).then_some(quote)
    }

    /// Where in `[start, end)` a name or title ends: before the first word in small letters that follows capitalised ones.
    fn end_of_name(&self, text: &[Ch], start: usize, end: usize) -> usize {
        let chars = &self.chars;
        let mut capitalised = false;
        let mut reached = start;
        let mut i = start;
        loop {
            while i < end && chars.space(text[i]) {
                i += 1;
            }
            if i >= end {
                return reached;
            }
            let from = i;
            while i < end && !chars.space(text[i]) {
                i += 1;
            }
            let word = strip_of(&text[from..i], ".,;:'’()");
            if let Some(&first) = word.first() {
                let is_alpha = chars.alpha.has(first);
                if first == FILL {
                    capitalised = true; // a placeholder: the name that stood here
                } else if !is_alpha && !capitalised {
                } else if first < 128 && chars.lower.has(first) {
                    if capitalised && !self.is_particle(word) {
                        return reached;
                    }
                } else if is_alpha {
                    capitalised = true;
                } else if capitalised && chars.digit.has(first) {
                    return reached;
                }
            }
            reached = i;
        }
    }

    /// Whether a word belongs to names in small letters.
    fn is_particle(&self, word: &[Ch]) -> bool {
        // no word is shorter in small letters
        word.len() <= self.longest_particle && self.particle.contains(&self.conversions.lower(word))
    }

    /// The elements of a list of plain values that begins at `start`: where it ends.
    fn list(&self, ahead: &mut Ahead, start: usize, values: &mut Vec<(usize, usize)>) -> usize {
        let text = ahead.text;
        let most = text.len().min(start + LONGEST_LIST);
        let mut end = ahead.closing_bracket(start).unwrap_or(most);
        if end >= most {
            if ahead.search(Sought::ListEnd, start).is_none_or(|place| place >= most) {
                return start;
            }
            end = most;
        }
        if ahead.search(Sought::Object, start + 1).is_some_and(|inner| inner < end) {
            return start + 1;
        }
        values.extend(self.quoted_element.find_iter(text, start + 1, end).filter_map(|m| m.span(3)));
        if values.is_empty() {
            values.extend(self.bare_element.find_iter(text, start + 1, end).map(|m| (m.start(), m.end())));
        }
        end + 1
    }
}

/// The length of `text.rstrip("\r\n")`.
fn without_line_end(text: &[Ch]) -> usize {
    text.iter().rposition(|&c| c != 10 && c != 13).map_or(0, |last| last + 1)
}

/// `text.strip(set)`
fn strip_of<'t>(text: &'t [Ch], set: &str) -> &'t [Ch] {
    let is_of = |c: &Ch| set.chars().any(|s| s as Ch == *c);
    let Some(first) = text.iter().position(|c| !is_of(c)) else { return &[] };
    let end = text.iter().rposition(|c| !is_of(c)).map_or(first, |last| last + 1);
    &text[first..end]
}
