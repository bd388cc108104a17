//! Where the strings and numbers of a JSON text stand (`logscrub/detect/json_leaves.py`).

use crate::chars::{Ch, CharSet, Conversions, ascii_lower, is_ascii};
use crate::library::{Library, Words};
use crate::model::{Coding, FieldPath, Leaf, Name};
use crate::rx::Regex;
use crate::views::array_end;
use std::collections::HashMap;
use std::sync::Arc;

/// Objects and lists in each other that are told apart.
pub const DEEPEST: usize = 100_000;
/// Objects and lists in each other that orjson reads.
const DEEPEST_READ: usize = 1024;
const PLACEHOLDER_FILL: Ch = 0x1a;
const REDACTED: [Ch; 2] = [b'Z' as Ch, b'Z' as Ch];

const QUOTE: Ch = b'"' as Ch;
const BACKSLASH: Ch = b'\\' as Ch;
const COLON: Ch = b':' as Ch;
const COMMA: Ch = b',' as Ch;
const MINUS: Ch = b'-' as Ch;
const LESS: Ch = b'<' as Ch;
const SLASH: Ch = b'/' as Ch;
const SPACE: Ch = b' ' as Ch;
const LIST: Ch = b'[' as Ch;
const LIST_END: Ch = b']' as Ch;
const OBJECT: Ch = b'{' as Ch;
const OBJECT_END: Ch = b'}' as Ch;

/// What a name is, as bits.
type Kind = u16;
const SHAPE: Kind = 1;
const VALUE: Kind = 2;
const NAMING: Kind = 4;
const LIST_OF_NAMES: Kind = 8;
const LIST_OF_RECORDS: Kind = 16;
const OTHER_TYPE: Kind = 32;
const MESSAGE: Kind = 64;
const COLUMNS: Kind = 128;
const ROWS: Kind = 256;
const KEY: Kind = 512;
const NAME: Kind = 1024;
const REJECTED: Kind = 2048;
const PATH: Kind = 4096;

const BUCKETS: usize = 512;

/// The names that mean something, by what they are.
struct Names {
    buckets: Vec<Vec<(Vec<Ch>, Kind)>>,
    longest: usize,
}

impl Names {
    fn new(library: &Library) -> Result<Names, String> {
        let mut names = Names { buckets: vec![Vec::new(); BUCKETS], longest: 0 };
        for (list, kind) in [
            ("SHAPE_NAMES", SHAPE),
            ("VALUES", VALUE),
            ("_REJECTED", REJECTED),
            ("_PATHS", PATH),
            ("NAMING", NAMING),
            ("_LISTS_OF_NAMES", LIST_OF_NAMES),
            ("LISTS_OF_RECORDS", LIST_OF_RECORDS),
            ("_OTHER_TYPES", OTHER_TYPE),
            ("_MESSAGES", MESSAGE),
        ] {
            for name in library.words(&format!("json_leaves.{list}"))?.iter() {
                names.add(name, kind);
            }
        }
        for (name, kind) in [("columns", COLUMNS), ("rows", ROWS), ("key", KEY), ("name", NAME)] {
            names.add(&crate::chars::codes(name), kind);
        }
        Ok(names)
    }

    fn add(&mut self, name: &[Ch], kind: Kind) {
        self.longest = self.longest.max(name.len());
        let bucket = &mut self.buckets[Names::bucket(name)];
        match bucket.iter_mut().find(|(known, _)| known == name) {
            Some((_, kinds)) => *kinds |= kind,
            None => bucket.push((name.to_vec(), kind)),
        }
    }

    fn bucket(name: &[Ch]) -> usize {
        let first = name.first().copied().unwrap_or(0) as usize;
        let last = name.last().copied().unwrap_or(0) as usize;
        (name.len() * 37 + first * 5 + last * 3) % BUCKETS
    }

    #[inline]
    fn kind(&self, name: &[Ch]) -> Kind {
        if name.len() > self.longest {
            return 0;
        }
        self.buckets[Names::bucket(name)].iter().find(|(known, _)| known == name).map_or(0, |(_, kind)| *kind)
    }
}

/// Knows the objects in which all is secret (`json_leaves.is_of_secrets`).
pub struct Nesting {
    of_secrets: Arc<Regex>,
    no_secrets: Arc<Words>,
}

impl Nesting {
    pub fn new(library: &Library) -> Result<Nesting, String> {
        let of_secrets = library.rx("json_leaves._OF_SECRETS")?;
        Ok(Nesting { of_secrets, no_secrets: library.words("json_leaves._NO_SECRETS")? })
    }

    /// Whether all is secret in an object of that name.
    pub fn holds_secrets(&self, name: &[Ch]) -> bool {
        self.of_secrets.is_in(name)
    }

    /// Whether what stands in an object of that name belongs to the object around it.
    pub fn is_secret(&self, outer: &[Ch], name: &[Ch]) -> bool {
        !outer.is_empty()
            && !name.is_empty()
            && self.holds_secrets(outer)
            && !self.no_secrets.contains(&name.iter().map(|&c| ascii_lower(c)).collect::<Vec<Ch>>())
    }
}

/// An object or list being read.
#[derive(Clone, Default)]
pub struct Frame {
    is_object: bool,
    outer: Name,
    outer_kind: Kind,
    key: Name,
    key_kind: Kind,
    /// Where the current name stands, if it is one of OTLP's types other than text.
    typed: Option<(usize, usize)>,
    label: Name,
    element: Name,
    /// Of a table: the names of its columns, by which the cells of its `rows` are scanned.
    columns: Option<HashMap<usize, Name>>,
    index: usize,
    /// Of a list in a list: the leaf that is its second element.
    second: Option<usize>,
    /// Leaves that the name of another member may yet label.
    unnamed: Vec<usize>,
    /// How many of them `label` is for.
    labelled: usize,
}

impl Frame {
    /// The leaves of an object get the name that its last `key` gives to them.
    fn label_leaves(&mut self, leaves: &mut [Leaf]) {
        for &i in self.unnamed.iter().take(self.labelled) {
            if let Some(leaf) = leaves.get_mut(i) {
                leaf.field = vec![self.label.clone()];
            }
        }
        self.unnamed.clear();
        self.labelled = 0;
    }

    /// What the definition knows of it, for tests: its outer and current name, its label and the current element.
    pub fn names(&self) -> [&[Ch]; 4] {
        [&self.outer, &self.key, &self.label, &self.element]
    }

    /// Whether it is an object, its index, and where the current name stands if it is a type's.
    pub fn place(&self) -> (bool, usize, Option<(usize, usize)>) {
        (self.is_object, self.index, self.typed)
    }

    /// The names of its columns, by their numbers.
    pub fn columns(&self) -> Option<Vec<(usize, &[Ch])>> {
        let mut found: Vec<_> = self.columns.as_ref()?.iter().map(|(i, name)| (*i, &**name)).collect();
        found.sort_unstable();
        Some(found)
    }
}

enum Token {
    /// A string's inside.
    Text(usize, usize),
    /// A string that is a name.
    Name(usize, usize),
    Bracket(usize, Ch),
    Number(usize, usize),
    /// A string that breaks off with the text.
    Broken(usize, usize),
}

/// Finds the leaves of JSON texts.
pub struct JsonLeaves {
    names: Names,
    nesting: Nesting,
    digit: Arc<CharSet>,
    space: Arc<CharSet>,
    word: Arc<CharSet>,
    conversions: Arc<Conversions>,
}

impl JsonLeaves {
    pub fn new(library: &Library) -> Result<JsonLeaves, String> {
        Ok(JsonLeaves {
            names: Names::new(library)?,
            nesting: Nesting::new(library)?,
            digit: library.set("isdecimal")?,
            space: library.set("isspace")?,
            word: library.set("word")?,
            conversions: library.conversions.clone(),
        })
    }

    /// An object or list that is open: its outer and current name, its label and current element, and its index.
    pub fn frame(&self, is_object: bool, names: [Vec<Ch>; 4], index: usize) -> Frame {
        let [outer, key, label, element] = names;
        Frame {
            is_object,
            outer_kind: self.names.kind(&outer),
            key_kind: self.names.kind(&key),
            outer: outer.into(),
            key: key.into(),
            label: label.into(),
            element: element.into(),
            index,
            ..Frame::default()
        }
    }

    /// `json_leaves(text, 0, None, shortest)`.
    pub fn leaves(&self, text: &[Ch], shortest: usize) -> Vec<Leaf> {
        self.leaves_in(text, 0, &mut Vec::new(), shortest)
    }

    /// `json_leaves(text, start, stack, shortest)`.
    pub fn leaves_in(&self, text: &[Ch], start: usize, stack: &mut Vec<Frame>, shortest: usize) -> Vec<Leaf> {
        let mut leaves: Vec<Leaf> = Vec::new();
        let mut deeper = 0usize;
        let mut at = start;
        while let Some(token) = self.token(text, &mut at) {
            let is_element = !matches!(token, Token::Bracket(..));
            let is_text = matches!(token, Token::Text(..) | Token::Broken(..));
            let leaf = match token {
                Token::Name(a, b) => {
                    let name = &text[a..b];
                    let kind = self.names.kind(name);
                    if let Some(frame) = stack.last_mut() {
                        frame.typed = (kind & OTHER_TYPE != 0 && kind & SHAPE == 0).then_some((a, b));
                        if kind & SHAPE == 0 && (name.contains(&LESS) || name.contains(&BACKSLASH)) {
                            frame.key = field_name(name).into();
                            frame.key_kind = self.names.kind(&frame.key);
                        } else {
                            frame.key = name.into();
                            frame.key_kind = kind;
                        }
                    }
                    if kind & SHAPE == 0 && b - a > 2 {
                        leaves.push(leaf_at(a, b, Vec::new(), Coding::Name, None));
                    }
                    continue;
                }
                Token::Number(a, b) => {
                    let path = self.element_path(stack).unwrap_or_else(|| self.path(stack));
                    (b - a >= shortest).then(|| leaf_at(a, b, path, Coding::Number, typed(stack)))
                }
                Token::Text(a, b) => {
                    let path = self.text_path(&text[a..b], stack);
                    (b > a).then(|| leaf_at(a, b, path, Coding::Json, typed(stack)))
                }
                Token::Broken(a, mut b) => {
                    while b > a && matches!(text[b - 1], 10 | 13) {
                        b -= 1;
                    }
                    let path = self.text_path(&text[a..b], stack);
                    (b > a).then(|| leaf_at(a, b, path, Coding::Json, typed(stack)))
                }
                Token::Bracket(_, COMMA) => {
                    if let Some(frame) = stack.last_mut().filter(|frame| !frame.is_object) {
                        frame.index += 1;
                    }
                    continue;
                }
                Token::Bracket(start, bracket @ (LIST | OBJECT)) => {
                    match if may_be_bytes(stack, bracket) { array_end(text, start) } else { None } {
                        Some(end) => {
                            at = end;
                            // a list in a list stays one: it may be a record
                            let is_whole = bracket == OBJECT || stack.last().is_some_and(|frame| frame.is_object);
                            let (a, b) = if is_whole { (start, end) } else { (start + 1, end - 1) };
                            Some(leaf_at(a, b, self.path(stack), Coding::Bytes, None))
                        }
                        None => {
                            if stack.len() >= DEEPEST {
                                deeper += 1;
                            } else {
                                let mut path = self.path(stack);
                                let name = path.pop().unwrap_or_default();
                                let outer = match path.pop() {
                                    Some(outer) if self.nesting.is_secret(&outer, &name) => outer,
                                    _ => name,
                                };
                                let (is_object, outer_kind) = (bracket == OBJECT, self.names.kind(&outer));
                                stack.push(Frame { is_object, outer, outer_kind, ..Frame::default() });
                            }
                            continue;
                        }
                    }
                }
                Token::Bracket(..) => {
                    if deeper > 0 {
                        deeper -= 1;
                    } else if let Some(mut frame) = stack.pop() {
                        frame.label_leaves(&mut leaves);
                        if frame.outer_kind & PATH != 0
                            && !frame.element.is_empty()
                            && let Some(around) = stack.last_mut()
                            && around.key_kind & PATH != 0
                            && around.label.is_empty()
                        {
                            around.label = frame.element.clone();
                            around.labelled = around.unnamed.len();
                        }
                        if let Some(leaf) = frame.second.and_then(|i| leaves.get_mut(i))
                            && frame.index == 1
                            && !frame.element.is_empty()
                        {
                            leaf.field = vec![frame.element.clone()];
                        }
                    }
                    continue;
                }
            };
            if let Some(leaf) = leaf {
                leaves.push(leaf);
                let last = leaves.len() - 1;
                if is_element
                    && let [.., around, list] = stack.as_mut_slice()
                    && list.index == 1
                    && !list.is_object
                    && !around.is_object
                {
                    list.second = Some(last);
                }
                let (from, innermost) = (stack.len().saturating_sub(3), stack.len().wrapping_sub(1));
                for (i, frame) in stack.iter_mut().enumerate().skip(from) {
                    let named_later =
                        frame.key_kind & VALUE != 0 || (frame.key_kind & REJECTED != 0 && i == innermost && is_text);
                    if frame.is_object && named_later && frame.label.is_empty() {
                        frame.unnamed.push(last);
                    }
                }
            }
        }
        for frame in stack.iter_mut() {
            frame.second = None;
            if !frame.unnamed.is_empty() {
                frame.label_leaves(&mut leaves);
            }
        }
        leaves
    }

    /// The path of a string, which may name what stands beside it.
    fn text_path(&self, says: &[Ch], stack: &mut [Frame]) -> FieldPath {
        let path = self.path(stack);
        let Some((frame, around)) = stack.split_last_mut() else { return path };
        if frame.is_object {
            if frame.key_kind & NAMING != 0 && (frame.key_kind & KEY != 0 || frame.label.is_empty()) {
                frame.label = self.label(says);
                frame.labelled = frame.unnamed.len();
            }
            if frame.key_kind & NAME != 0
                && frame.outer_kind & LIST_OF_NAMES != 0
                && let Some((list, around)) = around.split_last_mut()
                && !list.is_object
            {
                if frame.outer_kind & COLUMNS != 0
                    && let Some(table) = around.last_mut()
                {
                    table.columns.get_or_insert_default().insert(list.index, frame.label.clone());
                }
                return Vec::new();
            }
            if frame.key_kind & REJECTED != 0 && !frame.label.is_empty() {
                return vec![frame.label.clone()];
            }
        } else if frame.index % 2 == 0 || frame.outer_kind & PATH != 0 {
            frame.element = self.label(says);
        }
        self.element_path(stack).unwrap_or(path)
    }

    /// The path of an element that the one before it names.
    fn element_path(&self, stack: &[Frame]) -> Option<FieldPath> {
        let frame = stack.last()?;
        if frame.is_object || frame.index % 2 == 0 || frame.element.is_empty() {
            return None;
        }
        let pair = frame.outer.is_empty() && frame.index == 1;
        (pair || self.is_headers(&frame.outer)).then(|| vec![frame.element.clone()])
    }

    fn is_headers(&self, name: &[Ch]) -> bool {
        let tail = &name[name.len().saturating_sub(7)..];
        let headers = b"headers".map(Ch::from);
        if is_ascii(tail) {
            tail.len() == 7 && tail.iter().zip(headers).all(|(&c, h)| ascii_lower(c) == h)
        } else {
            self.conversions.lower(tail) == headers
        }
    }

    /// What a string says that may name the value beside it: nothing for what is no name.
    fn label(&self, text: &[Ch]) -> Name {
        if has_placeholder(text) {
            return REDACTED.into();
        }
        // of a JSON pointer the end
        let text = if text.first() == Some(&SLASH) { text.rsplit(|&c| c == SLASH).next().unwrap_or_default() } else { text };
        if text.windows(2).any(|pair| pair == [BACKSLASH, b'u' as Ch]) {
            let name = field_name(text);
            return if self.is_naming(&name) { name.into() } else { Name::default() };
        }
        if self.is_naming(text) { text.into() } else { Name::default() }
    }

    /// The pattern `_NAMING`.
    fn is_naming(&self, text: &[Ch]) -> bool {
        let Some(&first) = text.first() else { return false };
        let spaces = text.iter().filter(|&&c| c == SPACE).count();
        first.wrapping_sub(48) >= 10
            && first != b'_' as Ch
            && self.word.has(first)
            && (2..=64).contains(&text.len())
            && text.last() != Some(&SPACE)
            && spaces <= 3
            && !text.windows(2).any(|pair| pair == [SPACE, SPACE])
            && text.iter().all(|&c| c == b'.' as Ch || c == MINUS || c == SPACE || self.word.has(c))
    }

    /// The names of what comes next, outermost first: at most two that say something.
    fn path(&self, stack: &[Frame]) -> FieldPath {
        let Some(frame) = stack.last() else { return Vec::new() };
        let (key, kind) = if frame.is_object { (&frame.key, frame.key_kind) } else { (&frame.outer, frame.outer_kind) };
        if kind & VALUE != 0 {
            let labelled = !frame.label.is_empty();
            let key = if labelled { &frame.label } else { &frame.outer };
            if key.is_empty() || (frame.outer_kind & MESSAGE != 0 && !labelled) {
                return Vec::new();
            }
            return vec![key.clone()];
        }
        if !frame.is_object {
            let table = stack.len().checked_sub(3).and_then(|i| stack.get(i)).and_then(|table| table.columns.as_ref());
            if kind & ROWS != 0
                && let Some(columns) = table
            {
                let Some(key) = columns.get(&frame.index) else { return Vec::new() };
                return if key.is_empty() || self.names.kind(key) & MESSAGE != 0 { Vec::new() } else { vec![key.clone()] };
            }
            return if key.is_empty() || kind & MESSAGE != 0 { Vec::new() } else { vec![key.clone()] };
        }
        if frame.outer.is_empty() { vec![key.clone()] } else { vec![frame.outer.clone(), key.clone()] }
    }

    /// The next match of `_TOKEN`.
    #[inline]
    fn token(&self, text: &[Ch], at: &mut usize) -> Option<Token> {
        let mut i = *at;
        while let Some(&c) = text.get(i) {
            match c {
                QUOTE => {
                    let mut end = i + 1;
                    loop {
                        match text.get(end) {
                            Some(&QUOTE) => break,
                            Some(&BACKSLASH) if end + 1 < text.len() => end += 2,
                            Some(&BACKSLASH) | None => {
                                *at = text.len();
                                return Some(Token::Broken(i + 1, end));
                            }
                            Some(_) => end += 1,
                        }
                    }
                    let behind = self.behind_space(text, end + 1);
                    if text.get(behind) == Some(&COLON) {
                        *at = behind + 1;
                        return Some(Token::Name(i + 1, end));
                    }
                    *at = end + 1;
                    return Some(Token::Text(i + 1, end));
                }
                OBJECT | OBJECT_END | LIST | LIST_END | COMMA => {
                    *at = i + 1;
                    return Some(Token::Bracket(i, c));
                }
                _ => {}
            }
            let starts = c == MINUS || if c < 128 { c.wrapping_sub(48) < 10 } else { self.digit.has(c) };
            if !starts || !(i == 0 || matches!(text[i - 1], COLON | COMMA | LIST) || self.space.has(text[i - 1])) {
                i += 1;
                continue;
            }
            let mut end = i + 1;
            if c == MINUS {
                if !text.get(end).is_some_and(|&d| self.digit.has(d)) {
                    i += 1;
                    continue;
                }
                end += 1;
            }
            while text.get(end).is_some_and(|&d| self.is_of_number(d)) {
                end += 1;
            }
            let ends = text.get(end).is_none_or(|&d| matches!(d, COMMA | LIST_END | OBJECT_END) || self.space.has(d));
            if ends && text.get(self.behind_space(text, end)) != Some(&COLON) {
                *at = end;
                return Some(Token::Number(i, end));
            }
            // none begins inside of it, for none begins behind a character of a number
            i = end;
        }
        None
    }

    #[inline(always)]
    fn is_of_number(&self, c: Ch) -> bool {
        const OF_NUMBER: [u8; 5] = *b".eE+-";
        if c < 128 { c.wrapping_sub(48) < 10 || OF_NUMBER.contains(&(c as u8)) } else { self.digit.has(c) }
    }

    fn behind_space(&self, text: &[Ch], mut at: usize) -> usize {
        while text.get(at).is_some_and(|&c| self.space.has(c)) {
            at += 1;
        }
        at
    }

    /// Whether orjson reads a text, its placeholders (U+001A) taken for a letter.
    pub fn is_json(&self, text: &[Ch]) -> bool {
        is_json(text)
    }
}

fn leaf_at(start: usize, end: usize, field: FieldPath, coding: Coding, typed: Option<(usize, usize)>) -> Leaf {
    Leaf { start, end, field, coding, typed, group: 0 }
}

/// Whether what a bracket begins may be the bytes of a text: no record of a list, nor a whole one.
fn may_be_bytes(stack: &[Frame], bracket: Ch) -> bool {
    let Some(frame) = stack.last() else { return bracket == LIST };
    let (holder, kind) = if frame.is_object { (&frame.key, frame.key_kind) } else { (&frame.outer, frame.outer_kind) };
    if bracket == OBJECT {
        kind & LIST_OF_RECORDS == 0 && !holder.is_empty()
    } else {
        !frame.is_object || kind & LIST_OF_RECORDS == 0
    }
}

fn typed(stack: &[Frame]) -> Option<(usize, usize)> {
    stack.last().filter(|frame| frame.is_object).and_then(|frame| frame.typed)
}

/// What a name in a log says: unescaped, what was redacted in it made a word that tells nothing.
fn field_name(raw: &[Ch]) -> Vec<Ch> {
    without_placeholders(unescaped_json(raw))
}

/// The inside of a JSON string, unescaped (`_JSON_ESCAPE`).
pub fn unescaped_json(raw: &[Ch]) -> Vec<Ch> {
    let mut out = Vec::with_capacity(raw.len());
    let mut i = 0;
    while let Some(&c) = raw.get(i) {
        if c == BACKSLASH
            && let Some((made, length)) = escape(&raw[i..])
        {
            out.push(made);
            i += length;
        } else {
            out.push(c);
            i += 1;
        }
    }
    out
}

/// What the escape sequence says that a text begins with, and how long it is.
fn escape(text: &[Ch]) -> Option<(Ch, usize)> {
    let made = match u8::try_from(*text.get(1)?).ok()? {
        b'"' => b'"',
        b'\\' => b'\\',
        b'/' => b'/',
        b'b' => 8,
        b'f' => 12,
        b'n' => 10,
        b'r' => 13,
        b't' => 9,
        b'u' => {
            let high = hex4(text.get(2..6)?)?;
            let low = text.get(6..12).filter(|low| low[0] == BACKSLASH && low[1] == b'u' as Ch).and_then(|low| hex4(&low[2..]));
            return Some(match low {
                Some(low @ 0xDC00..=0xDFFF) if (0xD800..0xDC00).contains(&high) => {
                    (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12)
                }
                _ => (high, 6),
            });
        }
        _ => return None,
    };
    Some((made.into(), 2))
}

fn hex4(digits: &[Ch]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, &c| Some(sum * 16 + char::from_u32(c).filter(char::is_ascii)?.to_digit(16)?))
}

fn without_placeholders(text: Vec<Ch>) -> Vec<Ch> {
    if !text.contains(&LESS) {
        return text;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut i = 0;
    while let Some(&c) = text.get(i) {
        match if c == LESS { placeholder_end(&text, i) } else { None } {
            Some(end) => {
                out.extend(REDACTED);
                i = end;
            }
            None => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

fn has_placeholder(text: &[Ch]) -> bool {
    text.iter().enumerate().any(|(i, &c)| c == LESS && placeholder_end(text, i).is_some())
}

/// Where a placeholder ends that begins at `start` (`_PLACEHOLDER`).
fn placeholder_end(text: &[Ch], start: usize) -> Option<usize> {
    let capital = |c: Ch| c.wrapping_sub(65) < 26;
    if !capital(*text.get(start + 1)?) {
        return None;
    }
    let of_name = |c: &&Ch| capital(**c) || c.wrapping_sub(48) < 10 || **c == b'_' as Ch;
    let length = text[start + 2..].iter().take(64).take_while(of_name).count();
    if !(1..=63).contains(&length) {
        return None;
    }
    let mut end = start + 2 + length;
    if text.get(end) == Some(&COLON) {
        let digest = text.get(end + 1..end + 21)?;
        if !digest.iter().all(|c| c.wrapping_sub(48) < 10 || c.wrapping_sub(97) < 6) {
            return None;
        }
        end += 21;
    }
    (text.get(end) == Some(&(b'>' as Ch))).then_some(end + 1)
}

#[inline(always)]
fn is_json_space(c: Ch) -> bool {
    matches!(c, 32 | 9 | 10 | 13)
}

/// Whether orjson reads a text, its placeholders (U+001A) taken for a letter.
pub fn is_json(text: &[Ch]) -> bool {
    value_end(text).is_some_and(|end| text[end..].iter().all(|&c| is_json_space(c)))
}

/// Where the value ends that a text begins with, if orjson reads it; None where that is seen not to be JSON, or breaks off.
pub fn value_end(text: &[Ch]) -> Option<usize> {
    let skip = |mut at: usize| {
        while text.get(at).is_some_and(|&c| is_json_space(c)) {
            at += 1;
        }
        at
    };
    // what is open, an object as 1, the innermost in the lowest bit of the last word
    let mut open = [0u64; DEEPEST_READ / 64];
    let mut depth = 0usize;
    let mut at = skip(0);
    loop {
        // a value
        let &c = text.get(at)?;
        let mut is_whole = true;
        match c {
            QUOTE => at = string_end(text, at)?,
            OBJECT | LIST => {
                if depth == DEEPEST_READ {
                    return None;
                }
                let bit = 1 << (depth % 64);
                if c == OBJECT {
                    open[depth / 64] |= bit
                } else {
                    open[depth / 64] &= !bit
                }
                depth += 1;
                at = skip(at + 1);
                let end = if c == OBJECT { OBJECT_END } else { LIST_END };
                if text.get(at) == Some(&end) {
                    depth -= 1;
                    at += 1;
                } else if c == OBJECT {
                    at = name_end(text, at, skip)?;
                    is_whole = false;
                } else {
                    is_whole = false;
                }
            }
            _ => at = number_end(text, at).or_else(|| literal_end(text, at))?,
        }
        // what follows a value
        while is_whole {
            if depth == 0 {
                return Some(at);
            }
            at = skip(at);
            let in_object = open[(depth - 1) / 64] >> ((depth - 1) % 64) & 1 == 1;
            match text.get(at) {
                Some(&COMMA) => {
                    at = skip(at + 1);
                    if in_object {
                        at = name_end(text, at, skip)?;
                    }
                    is_whole = false;
                }
                Some(&OBJECT_END) if in_object => {
                    depth -= 1;
                    at += 1;
                }
                Some(&LIST_END) if !in_object => {
                    depth -= 1;
                    at += 1;
                }
                _ => return None,
            }
        }
    }
}

/// Where the value of a member begins whose name begins at `at`.
fn name_end(text: &[Ch], at: usize, skip: impl Fn(usize) -> usize) -> Option<usize> {
    if text.get(at) != Some(&QUOTE) {
        return None;
    }
    let at = skip(string_end(text, at)?);
    (text.get(at) == Some(&COLON)).then(|| skip(at + 1))
}

fn string_end(text: &[Ch], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match *text.get(at)? {
            QUOTE => return Some(at + 1),
            BACKSLASH => match escape(&text[at..])? {
                (0xD800..=0xDFFF, _) => return None,
                (_, length) => at += length,
            },
            PLACEHOLDER_FILL => at += 1,
            0..=31 | 0xD800..=0xDFFF => return None,
            _ => at += 1,
        }
    }
}

fn literal_end(text: &[Ch], at: usize) -> Option<usize> {
    ["true", "false", "null"].into_iter().find_map(|literal| {
        let end = at + literal.len();
        text.get(at..end)?.iter().zip(literal.bytes()).all(|(&c, l)| c == Ch::from(l)).then_some(end)
    })
}

/// Where a number ends that a double can hold.
fn number_end(text: &[Ch], start: usize) -> Option<usize> {
    let digits_from = |from: usize| {
        let mut at = from;
        while text.get(at).is_some_and(|c| c.wrapping_sub(48) < 10) {
            at += 1;
        }
        (at > from).then_some(at)
    };
    let begin = start + usize::from(text.get(start) == Some(&MINUS));
    let whole = digits_from(begin)?;
    if text[begin] == b'0' as Ch && whole > begin + 1 {
        return None;
    }
    let mut end = whole;
    if text.get(end) == Some(&(b'.' as Ch)) {
        end = digits_from(end + 1)?;
    }
    let mantissa = begin..end;
    let mut exponent = 0i64;
    if text.get(end).is_some_and(|&c| c == b'e' as Ch || c == b'E' as Ch) {
        let sign = text.get(end + 1).copied();
        let from = end + 1 + usize::from(sign == Some(MINUS) || sign == Some(b'+' as Ch));
        end = digits_from(from)?;
        for &c in &text[from..end] {
            exponent = (exponent * 10 + i64::from(c - 48)).min(i64::MAX / 100);
        }
        if sign == Some(MINUS) {
            exponent = -exponent;
        }
    }
    // most numbers are far from the largest
    if exponent < 200 && whole - begin < 100 {
        return Some(end);
    }
    let mut digits = text[mantissa.clone()].iter().filter(|&&c| c != b'.' as Ch).map(|&c| c as u8 as char).peekable();
    let mut before = (whole - begin) as i64;
    while digits.next_if_eq(&'0').is_some() {
        before -= 1;
    }
    let Some(first) = digits.next() else { return Some(end) };
    // the number is `first.rest` times ten to this
    let exponent = exponent.saturating_add(before - 1);
    if exponent != 308 {
        return (exponent < 308).then_some(end);
    }
    let written: String = [first, '.'].into_iter().chain(digits).chain("0e308".chars()).collect();
    written.parse::<f64>().is_ok_and(f64::is_finite).then_some(end)
}
