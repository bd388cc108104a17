//! Cuts lines into units, as `logscrub/formats/lines.py`, `json_values.py` and `forge_cli.py` do. Lines of which more must be known
//! (JSON between lines of text or over several lines, what says something about later lines, pieces of cut messages) are left to
//! the definition.

use crate::batch::Counted;
use crate::chars::{Ch, CharSet, codes, is_ascii, position, text_of};
use crate::json_leaves::{Frame, JsonLeaves, is_json, unescaped_json, value_end};
use crate::model::{Coding, Leaf, Name};
use crate::record_lists::RecordLists;
use crate::redact::{Leaves, SHORTEST_NUMBER, Unit};
use crate::rx::Regex;
use crate::spans::FILL;
use std::collections::HashMap;
use std::sync::Arc;

const MARK: Ch = 0xFEFF;

/// What the next line may continue (`Began` in `logscrub/formats/base.py`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Began {
    Nothing,
    Record,
    Traceback,
    Frames,
}

/// Values in a line whose names its format knows (`FieldPattern` in `logscrub/formats/base.py`).
pub struct FieldPattern {
    pub regex: Arc<Regex>,
    /// Stands in each line that matches.
    pub needs: Vec<Ch>,
    /// Groups, with the names of their fields; an empty name for what is not scanned.
    pub groups: Vec<(usize, Vec<Ch>)>,
}

/// Tells whether lines belong to the record before them (`follows` in `logscrub/formats/base.py`).
pub struct Follows {
    /// The characters with which a line begins that continues a record.
    pub continuing: Vec<Ch>,
    pub words: Arc<Regex>,
    pub java_frame: Arc<Regex>,
}

/// How the lines of any text are read.
pub struct TextLines {
    pub follows: Follows,
    /// The characters that a line begins with which says something about later ones.
    pub notes_begin: Vec<Ch>,
    pub fields: Vec<FieldPattern>,
    /// Characters from which on a line may be a piece of a cut message: of ASCII, and of others.
    pub shortest_cut: (usize, usize),
    /// The characters with which no such line begins.
    pub uncut: Vec<Ch>,
}

/// How the lines of `forge logs` are read.
pub struct ForgeLines {
    pub head: Arc<Regex>,
    pub group: Arc<Regex>,
    pub table: Arc<Regex>,
    pub space: Arc<CharSet>,
}

/// How lines are read of which each is a JSON value.
pub struct JsonLines {
    pub space: Arc<CharSet>,
    /// Matches a value that is no record.
    pub no_record: Arc<Regex>,
    pub lists: Arc<RecordLists>,
    pub json: JsonLeaves,
    /// Characters of the longest line that is read as one value.
    pub longest: usize,
}

/// How a container runtime wraps lines.
pub enum Wrapping {
    /// Docker: as the string `log` of an object. What such a line looks like, and where it names its stream.
    Docker { line: Arc<Regex>, stream: Arc<Regex> },
    /// CRI: behind a head, which names the stream.
    Cri { head: Arc<Regex> },
}

/// How wrapped lines are read (`logscrub/formats/wrapped.py`).
pub struct WrappedLines {
    pub wrapping: Wrapping,
    pub follows: Follows,
    pub space: Arc<CharSet>,
    /// Streams of which it is remembered what their next lines may continue.
    pub most_streams: usize,
}

/// What the next line of each stream may continue, by the stream's name.
pub type Streams = HashMap<Vec<Ch>, Began>;

/// A reader of lines.
pub enum Reader {
    Wrapped(WrappedLines),
    Text(TextLines),
    Json(JsonLines),
    Forge(ForgeLines),
}

impl Reader {
    /// The unit that a text begins with, whose first line has `size` characters, and what the next one may continue: that line, or
    /// the lines of a value over several. None where the definition must read it.
    pub fn unit(&self, text: &[Ch], size: usize, began: Began, streams: &mut Streams) -> Option<(Counted, Began)> {
        let line = &text[..size];
        match self {
            Reader::Wrapped(lines) => Some((lines.unit(line, streams)?, began)),
            Reader::Text(lines) => lines.unit(line, began),
            Reader::Json(lines) => Some((lines.unit(line).or_else(|| lines.unit_over_lines(text))?, Began::Nothing)),
            Reader::Forge(lines) => Some(lines.unit(line, began)),
        }
    }
}

impl Follows {
    /// Whether a line does, and what the next one may continue.
    fn of(&self, line: &[Ch], began: Began) -> (bool, Began) {
        if line.first().is_none_or(|first| self.continuing.contains(first)) {
            let is_frame = began == Began::Record && self.java_frame.match_at(line, 0, line.len()).is_some();
            return (true, if is_frame { Began::Frames } else { began });
        }
        let Some(m) = self.words.match_at(line, 0, line.len()) else { return (false, Began::Record) };
        let is = |name: &str| self.words.group(name).is_some_and(|group| m.span(group).is_some());
        if is("python") {
            return (began != Began::Nothing, Began::Traceback);
        }
        if began == Began::Frames && is("java") {
            return (true, Began::Frames);
        }
        ((is("always") && began != Began::Nothing) || (is("raised") && began == Began::Traceback), Began::Record)
    }
}

impl TextLines {
    fn unit(&self, line: &[Ch], began: Began) -> Option<(Counted, Began)> {
        let first = *line.first()?;
        if matches!(first, 0 | MARK) || first == u32::from('{') || first == u32::from('[') {
            return None;
        }
        let (shortest, shortest_other) = self.shortest_cut;
        let may_be_cut = line.len() >= shortest_other && (line.len() >= shortest || !is_ascii(line));
        if may_be_cut && !self.uncut.contains(&first) {
            return None;
        }
        let (belongs, after) = self.follows.of(line, began);
        let end = end_of(line);
        let mut leaves = Vec::new();
        let mut start = 0;
        if !belongs {
            if self.notes_begin.contains(&first) {
                return None;
            }
            for (a, b, field) in self.fields_of(&line[..end]) {
                if start < a {
                    leaves.push(leaf(start, a, Vec::new(), Coding::Text));
                }
                if !field.is_empty() {
                    let name: Name = field.into();
                    leaves.push(leaf(a, b, vec![name], Coding::Plain));
                }
                start = b;
            }
        }
        if start < end {
            leaves.push(leaf(start, end, Vec::new(), Coding::Text));
        }
        Some((counted(line, leaves, usize::from(!belongs)), after))
    }

    fn fields_of(&self, line: &[Ch]) -> Vec<(usize, usize, Vec<Ch>)> {
        for pattern in &self.fields {
            if position(line, pattern.needs.iter().copied()).is_none() {
                continue;
            }
            let Some(m) = pattern.regex.match_at(line, 0, line.len()) else { continue };
            let found: Vec<_> = pattern
                .groups
                .iter()
                .filter_map(|(group, field)| m.span(*group).map(|(a, b)| (a, b, field.clone())))
                .filter(|(a, b, _)| a < b && line[*a..*b] != [u32::from('-')])
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}

impl JsonLines {
    fn unit(&self, line: &[Ch]) -> Option<Counted> {
        let first = *line.first()?;
        if (first != u32::from('{') && first != u32::from('[')) || line.len() > self.longest {
            return None;
        }
        let value = &line[..=line.iter().rposition(|&c| !self.space.has(c))?];
        // what JSON reads over is no letter in a line that comes in
        if value.contains(&FILL) || !is_json(value) {
            return None;
        }
        let records = if self.no_record.match_at(value, 0, value.len()).is_some() {
            0
        } else {
            let text = text_of(value)?;
            self.lists.count(text.as_bytes())?
        };
        let unit = Unit { text: line.to_vec(), leaves: Leaves::JsonAt(0), frame: None, begins: records > 0 };
        Some(Counted { unit, records, parsed: true })
    }
}

impl JsonLines {
    /// The unit of an object that extends over lines and is one record; the last line ends behind it.
    fn unit_over_lines(&self, text: &[Ch]) -> Option<Counted> {
        if text.first() != Some(&u32::from('{')) {
            return None;
        }
        let end = value_end(text)?;
        let behind = text[end..].iter().take_while(|c| matches!(**c, 32 | 9 | 13)).count();
        let value = &text[..end];
        if text.get(end + behind) != Some(&10) || !value.contains(&10) || end > self.longest || value.contains(&FILL) {
            return None;
        }
        let written = text_of(value)?;
        if !self.lists.is_record(written.as_bytes()) {
            return None;
        }
        let unit = Unit { text: text[..=end + behind].to_vec(), leaves: Leaves::JsonAt(0), frame: None, begins: true };
        Some(Counted { unit, records: 1, parsed: true })
    }
}

/// An element of a list of records that extends over lines: where it ends, where the first line behind it begins, and its leaves.
pub struct Element {
    pub end: usize,
    pub next: usize,
    pub leaves: Vec<Leaf>,
}

impl JsonLines {
    /// The elements that a text goes on with, each an object that a comma and the end of a line follow. `held`: what stands before
    /// the first one and belongs to it; `is_outermost`: the list has no name, so that an element may hold lists of records.
    pub fn elements(&self, text: &[Ch], held: &[Ch], is_outermost: bool, stack: &mut Vec<Frame>) -> Vec<Element> {
        let mut found: Vec<Element> = Vec::new();
        let mut start = 0;
        while let Some((end, next)) = self.element(&text[start..], is_outermost) {
            let (end, next) = (start + end, start + next);
            let unit = match found.last() {
                Some(last) => text[last.end..end].to_vec(),
                None => [held, &text[..end]].concat(),
            };
            let leaves = self.json.leaves_in(&unit, 0, stack, SHORTEST_NUMBER);
            found.push(Element { end, next, leaves });
            start = next;
        }
        found
    }

    /// Where the object ends that a text begins with, and the line in which a comma follows it.
    fn element(&self, text: &[Ch], is_outermost: bool) -> Option<(usize, usize)> {
        let blanks = |at: usize| text[at..].iter().take_while(|c| matches!(**c, 32 | 9 | 13)).count() + at;
        let start = blanks(0);
        if text.get(start) != Some(&u32::from('{')) {
            return None;
        }
        let end = start + value_end(&text[start..])?;
        let comma = blanks(end);
        if text.get(comma) != Some(&u32::from(',')) || end > self.longest || text[start..end].contains(&FILL) {
            return None;
        }
        let line_end = blanks(comma + 1);
        let may_hold_lists = || {
            let mut names = self.lists.names();
            names.any(|name| position(&text[start..end], name.iter().map(|&byte| Ch::from(byte))).is_some())
        };
        let is_read = text.get(line_end) == Some(&10) && !(is_outermost && may_hold_lists());
        is_read.then_some((end, line_end + 1))
    }
}

impl WrappedLines {
    fn unit(&self, line: &[Ch], streams: &mut Streams) -> Option<Counted> {
        let (stream, inner, leaves) = match &self.wrapping {
            Wrapping::Docker { line: form, stream } => self.docker(line, form, stream)?,
            Wrapping::Cri { head } => self.cri(line, head)?,
        };
        let (belongs, after) = self.follows.of(&inner, streams.get(&stream).copied().unwrap_or(Began::Nothing));
        if !streams.contains_key(&stream) && streams.len() >= self.most_streams {
            streams.clear();
        }
        streams.insert(stream, after);
        let records = usize::from(!belongs);
        Some(Counted { unit: Unit { text: line.to_vec(), leaves, frame: None, begins: records > 0 }, records, parsed: true })
    }

    /// The stream of a line that is whole, the line in it, and the leaves.
    fn docker(&self, line: &[Ch], form: &Regex, stream: &Regex) -> Option<(Vec<Ch>, Vec<Ch>, Leaves)> {
        let (start, end) = form.match_at(line, 0, line.len())?.span(form.group("log")?)?;
        let name = [34, 108, 111, 103, 34]; // "log" once only: of two members, the last one counts
        let log = &line[start..end];
        let ends = ["\\n", "\\u000a", "\\u000A"].iter().any(|sign| log.ends_with(&codes(sign)));
        let is_double =
            position(line, name.into_iter()).is_some_and(|first| position(&line[first + 1..], name.into_iter()).is_some());
        if !ends || is_double || !self.is_json(line) {
            return None;
        }
        let stream = stream.search(line, end, line.len()).and_then(|m| m.span(1)).map_or(&[][..], |(a, b)| &line[a..b]);
        Some((stream.to_vec(), unescaped_json(log), Leaves::JsonAt(0)))
    }

    fn cri(&self, line: &[Ch], head: &Regex) -> Option<(Vec<Ch>, Vec<Ch>, Leaves)> {
        let m = head.match_at(line, 0, line.len())?;
        let part = |name: &str| m.span(head.group(name)?).map(|(a, b)| &line[a..b]);
        if part("tag")? != [u32::from('F')] {
            return None;
        }
        let (start, end) = (m.end(), end_of(line).max(m.end()));
        let inner = &line[start..end];
        let first = inner.iter().find(|&&c| !self.space.has(c));
        let opens = first.is_some_and(|&c| c == u32::from('{') || c == u32::from('['));
        if opens && inner.iter().any(|c| matches!(*c, 0x1A | 0xD800..=0xDFFF)) {
            return None;
        }
        let leaves = if opens && self.is_json(inner) {
            Leaves::JsonAt(start)
        } else {
            Leaves::Known((start < end).then(|| leaf(start, end, Vec::new(), Coding::Text)).into_iter().collect())
        };
        Some((part("stream")?.to_vec(), inner.to_vec(), leaves))
    }

    /// Whether a text is a JSON value with white space around it.
    fn is_json(&self, text: &[Ch]) -> bool {
        let blank = |c: &Ch| self.space.has(*c);
        let start = text.iter().take_while(|c| blank(c)).count();
        let end = text.iter().rposition(|c| !blank(c)).map_or(start, |last| last + 1);
        !text.contains(&FILL) && is_json(&text[start..end])
    }
}

impl ForgeLines {
    fn unit(&self, line: &[Ch], began: Began) -> (Counted, Began) {
        if let Some(head) = self.head.match_at(line, 0, line.len()) {
            return (text_unit(line, head.end(), 1), Began::Record);
        }
        let last = line.iter().rposition(|&c| !self.space.has(c));
        if let Some(group) = self.group.match_at(line, 0, line.len()) {
            let end = last.map_or(0, |last| last + 1);
            let handler = (group.end() < end).then(|| leaf(group.end(), end, Vec::new(), Coding::Csv));
            return (counted(line, handler.into_iter().collect(), 0), Began::Nothing);
        }
        if last.is_none() {
            return (counted(line, Vec::new(), 0), began);
        }
        let begins = began == Began::Nothing && self.table.match_at(line, 0, line.len()).is_none();
        (text_unit(line, 0, usize::from(begins)), if begins { Began::Record } else { began })
    }
}

/// Where a line ends without the signs of its end.
fn end_of(line: &[Ch]) -> usize {
    line.iter().rposition(|c| !matches!(*c, 10 | 13)).map_or(0, |last| last + 1)
}

fn leaf(start: usize, end: usize, field: Vec<Name>, coding: Coding) -> Leaf {
    Leaf { start, end, field, coding, typed: None, group: 0 }
}

fn text_unit(line: &[Ch], start: usize, records: usize) -> Counted {
    let end = end_of(line);
    let leaves = (start < end).then(|| leaf(start, end, Vec::new(), Coding::Text));
    counted(line, leaves.into_iter().collect(), records)
}

fn counted(line: &[Ch], leaves: Vec<Leaf>, records: usize) -> Counted {
    let unit = Unit { text: line.to_vec(), leaves: Leaves::Known(leaves), frame: None, begins: records > 0 };
    Counted { unit, records, parsed: true }
}
