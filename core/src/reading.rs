//! Cuts lines into units, as `logscrub/formats/lines.py`, `json_values.py` and `forge_cli.py` do. Lines of which more must be known
//! (JSON between lines of text or over several lines, what says something about later lines, pieces of cut messages) are left to
//! the definition.

use crate::batch::Counted;
use crate::chars::{Ch, CharSet};
use crate::json_leaves::is_json;
use crate::model::{Coding, Leaf, Name};
use crate::record_lists::RecordLists;
use crate::redact::{Leaves, Unit};
use crate::rx::Regex;
use crate::spans::FILL;
use std::sync::Arc;

/// Characters from which on a line may be a piece of a cut message; and how many it may have where some are not ASCII.
const SHORTEST_CUT: usize = 512;
const SHORTEST_CUT_TEXT: usize = SHORTEST_CUT / 4;
const MARK: Ch = 0xFEFF;
/// Characters of the longest line that is read as one JSON value.
const LONGEST_VALUE: usize = 4 << 20;

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

/// How the lines of any text are read.
pub struct TextLines {
    pub words: Arc<Regex>,
    pub java_frame: Arc<Regex>,
    /// The characters that a line begins with which says something about later ones.
    pub notes_begin: Vec<Ch>,
    pub fields: Vec<FieldPattern>,
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
}

/// A reader of lines.
pub enum Reader {
    Text(TextLines),
    Json(JsonLines),
    Forge(ForgeLines),
}

impl Reader {
    /// The unit of a whole line, and what the next one may continue; None where the definition must read the line.
    pub fn unit(&self, line: &[Ch], began: Began) -> Option<(Counted, Began)> {
        match self {
            Reader::Text(lines) => lines.unit(line, began),
            Reader::Json(lines) => Some((lines.unit(line)?, Began::Nothing)),
            Reader::Forge(lines) => Some(lines.unit(line, began)),
        }
    }
}

impl TextLines {
    fn unit(&self, line: &[Ch], began: Began) -> Option<(Counted, Began)> {
        let first = *line.first()?;
        if matches!(first, 0 | MARK) || first == u32::from('{') || first == u32::from('[') {
            return None;
        }
        let may_be_cut = line.len() >= SHORTEST_CUT_TEXT && (line.len() >= SHORTEST_CUT || !crate::chars::is_ascii(line));
        if may_be_cut && !(97..123).contains(&first) {
            return None;
        }
        let (belongs, after) = self.follows(line, began);
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

    fn follows(&self, line: &[Ch], began: Began) -> (bool, Began) {
        if " \t}])\r\n".chars().any(|c| u32::from(c) == line[0]) {
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

    fn fields_of(&self, line: &[Ch]) -> Vec<(usize, usize, Vec<Ch>)> {
        for pattern in &self.fields {
            if !pattern.needs.is_empty() && !line.windows(pattern.needs.len()).any(|part| part == pattern.needs) {
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
        if (first != u32::from('{') && first != u32::from('[')) || line.len() > LONGEST_VALUE {
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
            let text: String = value.iter().map(|&c| char::from_u32(c)).collect::<Option<_>>()?;
            self.lists.count(text.as_bytes())?
        };
        let unit = Unit { text: line.to_vec(), leaves: Leaves::JsonAt(0), frame: None, begins: records > 0 };
        Some(Counted { unit, records, parsed: true })
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
