//! How many log records a JSON value holds: `count_records` of `logscrub/formats/json_records.py`, for plain JSON.

use std::collections::{HashMap, HashSet};

/// Brackets in each other that are followed.
const DEEPEST: usize = 1000;

/// A list of records: the name around it, how many brackets are open before it, and names of which its first element has one.
pub struct Rule {
    pub parent: Option<Vec<u8>>,
    pub depth: Option<usize>,
    pub marks: HashSet<Vec<u8>>,
}

/// The lists of records of all formats, by their names.
pub struct RecordLists {
    by_name: HashMap<Vec<u8>, Vec<Rule>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    First,
    Name,
    NameOrEnd,
    Colon,
    Comma,
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    /// The outermost list.
    Top,
    /// A list of records.
    List,
    /// A list whose first element will tell.
    Maybe,
}

struct Bracket<'a> {
    is_object: bool,
    name: &'a [u8],
    kind: Kind,
}

struct Maybe<'a> {
    opened: usize,
    rules: Vec<&'a Rule>,
    before: usize,
    names: HashSet<&'a [u8]>,
}

struct Grammar<'a> {
    lists: &'a RecordLists,
    expect: Expect,
    open: Vec<Bracket<'a>>,
    maybe: Vec<Maybe<'a>>,
    key: &'a [u8],
    /// How many brackets are open around the record that is being read; 0 outside of records.
    record: usize,
    /// `count` when the element of the outermost list began that is being read.
    element: Option<usize>,
    count: usize,
    found: bool,
}

impl RecordLists {
    /// With rules, each with the name of its list.
    pub fn new(rules: Vec<(Vec<u8>, Rule)>) -> RecordLists {
        let mut by_name: HashMap<Vec<u8>, Vec<Rule>> = HashMap::new();
        for (name, rule) in rules {
            by_name.entry(name).or_default().push(rule);
        }
        RecordLists { by_name }
    }

    /// How many records a JSON text holds; None for one that is not written as JSON is, of which the definition must tell.
    pub fn count(&self, text: &[u8]) -> Option<usize> {
        Some(self.read(text)?.count)
    }

    /// Whether a JSON text is one record: an object without a list of records.
    pub fn is_record(&self, text: &[u8]) -> bool {
        text.first() == Some(&b'{') && self.read(text).is_some_and(|grammar| !grammar.found)
    }

    /// The names of lists of records.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.by_name.keys().map(Vec::as_slice)
    }

    fn read<'a>(&'a self, text: &'a [u8]) -> Option<Grammar<'a>> {
        let mut grammar = Grammar {
            lists: self,
            expect: Expect::Value,
            open: Vec::new(),
            maybe: Vec::new(),
            key: b"",
            record: 0,
            element: None,
            count: 0,
            found: false,
        };
        let mut at = 0;
        while let Some(&first) = text.get(at) {
            let start = at;
            at += 1;
            let fits = match first {
                b' ' | b'\t' | b'\r' | b'\n' => true,
                b'"' => {
                    at = end_of_string(text, at)?;
                    grammar.string(text.get(start + 1..at - 1)?)
                }
                b'{' | b'[' => grammar.opens(first == b'{'),
                b'}' | b']' => grammar.closes(first == b'}'),
                b',' => grammar.comma(),
                b':' => grammar.colon(),
                _ => {
                    at = end_of_plain(text, start)?;
                    grammar.plain()
                }
            };
            if !fits {
                return None;
            }
        }
        Some(grammar)
    }

    fn of<'a>(&'a self, name: &[u8], parent: &[u8], depth: usize) -> Vec<&'a Rule> {
        let fits =
            |rule: &&Rule| rule.parent.as_ref().is_none_or(|its| its == parent) && rule.depth.is_none_or(|its| its == depth);
        let found: Vec<&Rule> = self.by_name.get(name).into_iter().flatten().filter(fits).collect();
        match found.iter().find(|rule| rule.marks.is_empty()) {
            Some(plain) => vec![plain],
            None => found,
        }
    }
}

/// The place behind a string whose inside begins at a place.
fn end_of_string(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' => return None,
            b'\\' if *text.get(at + 1)? != b'\n' => at += 2,
            b'\\' => return None,
            _ => at += 1,
        }
    }
}

/// The place behind a number or a word of JSON that begins at a place.
fn end_of_plain(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let word = [&b"true"[..], b"false", b"null"].into_iter().find(|word| rest.starts_with(word));
    let length = match word {
        Some(word) => word.len(),
        None => {
            let sign = usize::from(rest.first() == Some(&b'-'));
            if !rest.get(sign)?.is_ascii_digit() {
                return None;
            }
            rest.iter().skip(sign).take_while(|c| c.is_ascii_digit() || b".eE+-".contains(c)).count() + sign
        }
    };
    match rest.get(length) {
        None | Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b']' | b'}') => Some(start + length),
        Some(_) => None,
    }
}

impl<'a> Grammar<'a> {
    fn closes(&mut self, is_object: bool) -> bool {
        let may = matches!((is_object, self.expect), (_, Expect::Comma) | (true, Expect::NameOrEnd) | (false, Expect::First));
        if !may || self.open.last().is_none_or(|last| last.is_object != is_object) {
            return false;
        }
        self.open.pop();
        self.expect = if self.open.is_empty() { Expect::End } else { Expect::Comma };
        self.closed();
        true
    }

    fn comma(&mut self) -> bool {
        let fits = self.expect == Expect::Comma;
        let in_object = self.open.last().is_some_and(|last| last.is_object);
        self.expect = if in_object { Expect::Name } else { Expect::Value };
        fits
    }

    fn colon(&mut self) -> bool {
        let fits = self.expect == Expect::Colon;
        self.expect = Expect::Value;
        fits
    }

    fn string(&mut self, inside: &'a [u8]) -> bool {
        if !matches!(self.expect, Expect::Name | Expect::NameOrEnd) {
            return self.plain();
        }
        self.key = inside;
        let depth = self.open.len();
        for maybe in self.maybe.iter_mut().rev().take_while(|maybe| depth <= maybe.opened + 2) {
            maybe.names.insert(inside);
        }
        self.expect = Expect::Colon;
        true
    }

    /// A string, a number or a word that is a value.
    fn plain(&mut self) -> bool {
        if !matches!(self.expect, Expect::Value | Expect::First) {
            return false;
        }
        let kind = self.open.last().map_or(Kind::Other, |last| last.kind);
        if kind == Kind::Top && self.expect == Expect::First {
            self.set_kind(Kind::Other); // a list of plain values: one record
        } else if kind == Kind::Maybe {
            self.decide();
        } else if kind == Kind::List && self.record == 0 {
            self.count += 1;
        }
        self.expect = if self.open.is_empty() { Expect::End } else { Expect::Comma };
        self.key = b"";
        true
    }

    fn set_kind(&mut self, kind: Kind) {
        if let Some(last) = self.open.last_mut() {
            last.kind = kind;
        }
    }

    fn opens(&mut self, is_object: bool) -> bool {
        if !matches!(self.expect, Expect::Value | Expect::First) {
            return false;
        }
        let depth = self.open.len();
        let (in_object, name, kind) = self.open.last().map_or((false, &b""[..], Kind::Other), |b| (b.is_object, b.name, b.kind));
        if kind == Kind::List && self.record == 0 {
            self.record = depth;
            self.count += 1;
        } else if kind == Kind::Top {
            self.element = Some(self.count);
            self.found = true;
        }
        let mut its = Kind::Other;
        if !is_object && self.record == 0 {
            let rules = self.lists.of(self.key, name, depth);
            its = if depth == 0 { Kind::Top } else { Kind::Other };
            if rules.first().is_some_and(|rule| rule.marks.is_empty()) {
                its = Kind::List;
                self.found = true;
            } else if !rules.is_empty() {
                its = Kind::Maybe;
                self.maybe.push(Maybe { opened: depth + 1, rules, before: self.count, names: HashSet::new() });
            }
        }
        self.open.push(Bracket { is_object, name: if in_object { self.key } else { name }, kind: its });
        self.expect = if is_object { Expect::NameOrEnd } else { Expect::First };
        self.key = b"";
        depth < DEEPEST
    }

    /// Whether a list is one of records, by its first element, which has ended.
    fn decide(&mut self) {
        let Some(maybe) = self.maybe.pop() else { return };
        let is_marked = |rule: &&Rule| rule.marks.is_empty() || rule.marks.iter().any(|mark| maybe.names.contains(&mark[..]));
        let is_list = maybe.rules.iter().any(is_marked);
        self.set_kind(if is_list { Kind::List } else { Kind::Other });
        if is_list {
            self.found = true;
            if self.count == maybe.before {
                self.count += 1;
            }
        }
    }

    fn closed(&mut self) {
        let depth = self.open.len();
        if self.maybe.last().is_some_and(|maybe| depth < maybe.opened) {
            self.maybe.pop(); // an empty list
        }
        if self.maybe.last().is_some_and(|maybe| depth == maybe.opened) {
            self.decide();
            return;
        }
        if self.record > 0 && depth == self.record {
            self.record = 0;
        } else if let (Some(element), 1) = (self.element, depth) {
            if element == self.count {
                self.count += 1;
            }
            self.element = None;
        } else if depth == 0 && !self.found {
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists() -> RecordLists {
        let rule = |parent: Option<&str>, depth, marks: &[&str]| Rule {
            parent: parent.map(|parent| parent.as_bytes().to_vec()),
            depth,
            marks: marks.iter().map(|mark| mark.as_bytes().to_vec()).collect(),
        };
        RecordLists::new(vec![
            (b"logRecords".to_vec(), rule(None, None, &[])),
            (b"entries".to_vec(), rule(None, Some(1), &[])),
            (b"values".to_vec(), rule(Some("stream"), None, &["ts"])),
        ])
    }

    #[test]
    fn records_are_the_elements_of_their_lists() {
        for (text, count) in [
            (r#"{"a":1}"#, 1),
            (r#"[{"a":1},{"b":2}]"#, 2),
            ("[1, 2]", 1),
            (r#"{"x":[{"logRecords":[{"a":[1]},{"b":{}}]}]}"#, 2),
            (r#"{"entries":[]}"#, 0),
            (r#"{"x":{"entries":[{},{}]}}"#, 1),
            (r#"{"stream":{"values":[{"ts":1},{"ts":2}]}}"#, 2),
            (r#"{"stream":{"values":[{"t":1},{"t":2}]}}"#, 1),
        ] {
            assert_eq!(lists().count(text.as_bytes()), Some(count), "{text}");
        }
    }

    #[test]
    fn of_what_is_no_json_the_definition_must_tell() {
        for text in ["{\"a\":\"x\ny\"}", "{a:1}", "{\"a\":1]", "{\"a\":NaN}", "{\"a\":\u{661}}", "{} {}"] {
            assert_eq!(lists().count(text.as_bytes()), None, "{text}");
        }
    }
}
