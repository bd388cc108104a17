//! Makes clean text of raw text: scans a unit's leaves, replaces what was found, looks again. The definition is
//! `logscrub/redact/scrub.py`; units that are put together from pieces, or of which stretches must stay, are its own alone.

use crate::chars::{Ch, codes, position};
use crate::engine::{Engine, Result};
use crate::fields::{BOUNDARY, NAMED, Open};
use crate::library::Words;
use crate::model::{Coding, Leaf};
use crate::pseudonyms::Pseudonymizer;
use crate::rx::Regex;
use crate::spans::{Alphabet, FILL, Inner, Span, merge};
use crate::views::{self, Unscannable};
use std::collections::HashMap;
use std::sync::Arc;

const MOST_LOOKS: usize = 6;
const QUOTE: Ch = b'"' as Ch;

/// A stretch `[start, end)` of a text in whose place a mark comes, and whether the mark gets quotes.
pub type Stretch = (usize, usize, bool);

/// Characters of the shortest number in JSON that is scanned.
pub const SHORTEST_NUMBER: usize = 3;

/// What happens to what was found in a row of the guidelines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Remove,
    Pseudonym,
    Keep,
}

/// Says where in a text the characters stand by which a reader cuts: they stay.
pub type Frame = Arc<dyn Fn(&[Ch]) -> Result<Vec<(usize, usize)>> + Send + Sync>;

/// The parts of a unit that are scanned.
#[derive(Clone)]
pub enum Leaves {
    Known(Vec<Leaf>),
    /// The strings and numbers of the JSON that begins at a place, which nobody has looked for yet.
    JsonAt(usize),
}

/// One unit of input: its text, and the parts of it that are scanned.
#[derive(Clone)]
pub struct Unit {
    pub text: Vec<Ch>,
    pub leaves: Leaves,
    pub frame: Option<Frame>,
    /// Whether a record begins in it.
    pub begins: bool,
}

/// A unit as it may leave.
pub struct Clean {
    pub text: Vec<Ch>,
    /// Of each entity type how often something was redacted.
    pub redactions: HashMap<Vec<Ch>, usize>,
}

/// What in a unit must go.
pub struct Look {
    pub spans: Vec<Span>,
    /// What it leaves open.
    pub after: Open,
    /// What may stay: the number of the pattern that allows it, and its kind.
    pub allowed: Vec<(usize, u16)>,
}

/// An engine, a policy and a key.
pub struct Redactor {
    pub engine: Arc<Engine>,
    /// Of each kind what happens to it.
    actions: Vec<Action>,
    pseudonymizer: Pseudonymizer,
    /// Patterns of whole values that stay.
    allow: Vec<Arc<Regex>>,
    /// The entity types that have no pseudonyms under the policy, with the first kind of each.
    removed: HashMap<Vec<Ch>, u16>,
    continuing: Arc<Regex>,
    trace_words: Arc<Regex>,
    /// The names of OTLP values that are no text.
    other_types: Arc<Words>,
}

impl Redactor {
    pub fn new(
        engine: Arc<Engine>,
        library: &crate::library::Library,
        actions: Vec<Action>,
        pseudonymizer: Pseudonymizer,
        allow: Vec<Arc<Regex>>,
    ) -> std::result::Result<Redactor, String> {
        let mut removed: HashMap<Vec<Ch>, u16> = HashMap::new();
        for (number, kind) in engine.parts.kinds.iter().enumerate() {
            removed.entry(codes(&kind.entity_type)).or_insert(number as u16);
        }
        for (kind, action) in engine.parts.kinds.iter().zip(&actions) {
            if *action != Action::Remove {
                removed.remove(&codes(&kind.entity_type));
            }
        }
        Ok(Redactor {
            engine,
            actions,
            removed,
            pseudonymizer,
            allow,
            continuing: library.rx("scrub._CONTINUING")?,
            trace_words: library.rx("stack_traces.WORDS")?,
            other_types: library.words("json_leaves._OTHER_TYPES")?,
        })
    }

    /// The unit as it may leave, and what it leaves open for the next. `before`: what the one before left open.
    pub fn scrub(&self, unit: Unit, before: &Open) -> Result<(Clean, Open)> {
        let mut unit = unit;
        if let Leaves::JsonAt(start) = unit.leaves {
            unit.leaves = Leaves::Known(self.json_leaves(&unit.text, start));
        }
        let Look { mut spans, mut after, .. } = self.look(&unit, before)?;
        if spans.is_empty() {
            return Ok((Clean { text: unit.text, redactions: HashMap::new() }, after));
        }
        let at_first = self.placeholders(&unit.text);
        let mut rewritten: Vec<Vec<Ch>> = Vec::new();
        for _ in 0..MOST_LOOKS {
            for span in &spans {
                let is_rewritten = span.inner.as_ref().is_some_and(|inner| self.is_rewritten(inner));
                if is_rewritten || self.engine.parts.placeholders.is_full(&span.plain) {
                    rewritten.push(codes(self.entity_type(span)));
                }
            }
            unit = self.spliced(unit, &spans)?;
            Look { spans, after, .. } = self.look(&unit, before)?;
            if spans.is_empty() {
                let mut redactions = self.placeholders(&unit.text);
                redactions.retain(|name, count| {
                    *count = count.saturating_sub(at_first.get(name).copied().unwrap_or(0));
                    *count > 0
                });
                for name in rewritten {
                    *redactions.entry(name).or_default() += 1;
                }
                return Ok((Clean { text: unit.text, redactions }, after));
            }
        }
        Err(Unscannable)
    }

    /// The entity types of the placeholders that stand in a text.
    fn placeholders(&self, text: &[Ch]) -> HashMap<Vec<Ch>, usize> {
        let mut found = HashMap::new();
        if text.contains(&u32::from('<')) || crate::engine::contains(text, "&lt;") {
            for placeholder in self.engine.parts.placeholders.find_iter(text, 0, text.len()) {
                let (a, b) = placeholder.entity_type;
                *found.entry(text[a..b].to_vec()).or_default() += 1;
            }
        }
        found
    }

    /// Whether a JSON text may hold OTLP values that are no text: a mark in their place needs another name.
    fn has_typed_values(&self, text: &[Ch]) -> bool {
        self.other_types.iter().any(|name| position(text, name.iter().copied()).is_some())
    }

    /// The leaves of the JSON that begins at a place.
    pub fn json_leaves(&self, text: &[Ch], start: usize) -> Vec<Leaf> {
        self.engine.parts.json.leaves_in(text, start, &mut Vec::new(), SHORTEST_NUMBER)
    }

    /// A clean unit with a mark in place of each stretch, and how many marks that are; None where it is not clean then. The
    /// stretches are in order and do not touch. The unit's frame stays.
    pub fn without(&self, unit: &Unit, stretches: &[Stretch], mark: &[Ch]) -> Result<Option<(Vec<Ch>, usize)>> {
        let whole = matches!(unit.leaves, Leaves::JsonAt(0)) && unit.frame.is_none() && !self.has_typed_values(&unit.text);
        let quoted = |quote: bool| if quote { [&[QUOTE], mark, &[QUOTE]].concat() } else { mark.to_vec() };
        if whole {
            let mut text = Vec::with_capacity(unit.text.len());
            let mut position = 0;
            for &(start, end, quote) in stretches {
                text.extend_from_slice(unit.text.get(position..start).ok_or(Unscannable)?);
                text.extend(quoted(quote));
                position = end;
            }
            text.extend_from_slice(unit.text.get(position..).ok_or(Unscannable)?);
            let unit = Unit { text, leaves: Leaves::JsonAt(0), frame: None, begins: unit.begins };
            let found = self.look(&unit, &Open::default())?.spans;
            return Ok(found.is_empty().then_some((unit.text, stretches.len())));
        }
        let mut unit = unit.clone();
        if let Leaves::JsonAt(start) = unit.leaves {
            unit.leaves = Leaves::Known(self.json_leaves(&unit.text, start));
        }
        let Leaves::Known(leaves) = &unit.leaves else { return Err(Unscannable) };
        let mut spans: Vec<Span> = Vec::with_capacity(stretches.len());
        for &(start, end, quote) in stretches {
            // of no kind: what takes its place is said
            let mut span = Span::new(start, end, 0, true, Vec::new());
            span.verbatim = true;
            span.requote = if quote { vec![QUOTE] } else { Vec::new() };
            spans.push(span);
        }
        if let Some(frame) = &unit.frame {
            spans = self.between(&unit.text, leaves, frame(&unit.text)?, spans);
        }
        for span in &mut spans {
            span.plain = quoted(!span.requote.is_empty());
        }
        if unit.frame.is_none() {
            let renamed = self.renamed(leaves, &spans);
            if !renamed.is_empty() {
                spans.extend(renamed);
                spans.sort_by_key(|s| s.start);
            }
        }
        let count = spans.len();
        let spliced = self.spliced(unit, &spans)?;
        let found = self.look(&spliced, &Open::default())?.spans;
        Ok(found.is_empty().then_some((spliced.text, count)))
    }

    /// What in a unit must go under the policy.
    pub fn look(&self, unit: &Unit, before: &Open) -> Result<Look> {
        let found;
        let leaves = match &unit.leaves {
            Leaves::Known(leaves) => leaves,
            Leaves::JsonAt(start) => {
                found = self.json_leaves(&unit.text, *start);
                &found
            }
        };
        let at_record;
        let mut before = before;
        let is_line = |leaf: &Leaf| leaf.coding == Coding::Text;
        if unit.begins {
            let quote = before.quote.clone().filter(|(opening, _)| *opening == BOUNDARY || *opening == NAMED);
            at_record = Open { armour: before.armour, quote, ..Open::default() };
            before = &at_record;
        } else if before.unknown && leaves.iter().any(is_line) {
            return Err(Unscannable);
        }
        let mut spans: Vec<Span> = Vec::new();
        let mut foreign: Vec<Span> = Vec::new();
        let mut after = if unit.begins { Open::default() } else { before.clone() };
        let binary = &self.engine.parts.binary;
        for leaf in leaves {
            let value = &unit.text[leaf.start..leaf.end];
            if leaf.coding == Coding::Scanned {
                after = self.engine.left_open(value, before);
                continue;
            }
            let is_json = matches!(leaf.coding, Coding::Json | Coding::Name);
            if if is_json { binary.is_binary_json(value) } else { binary.is_binary(value) } {
                return Err(Unscannable);
            }
            let found = if is_line(leaf) {
                let (found, open) = self.engine.scan_line(&unit.text, leaf, before)?;
                after = open;
                found
            } else {
                self.engine.scan_leaf(&unit.text, leaf)?
            };
            spans.extend(found.into_iter().filter(|s| self.goes(s)));
            if value.contains(&u32::from('<')) || crate::engine::contains(value, "&lt;") {
                foreign.extend(self.foreign_pseudonyms(&unit.text, leaf));
            }
        }
        if !foreign.is_empty() {
            spans.append(&mut foreign);
            spans.sort_by_key(|s| s.start);
        }
        if spans.windows(2).any(|two| two[0].end > two[1].start) {
            spans = merge(spans, &self.engine.parts.kinds);
        }
        if spans.first().is_some_and(|s| s.start == 0) {
            self.set_behind_signs(&unit.text, &mut spans);
        }
        let mut allowed = Vec::new();
        if !self.allow.is_empty() {
            spans.iter().for_each(|s| self.add_allowed(s, &unit.text, &mut allowed));
            spans.retain(|s| !self.stays(s, &unit.text));
        }
        if let Some(frame) = &unit.frame {
            if !spans.is_empty() {
                spans = self.between(&unit.text, leaves, frame(&unit.text)?, spans);
            }
            return Ok(Look { spans, after, allowed });
        }
        let renamed = self.renamed(leaves, &spans);
        if !renamed.is_empty() {
            spans.extend(renamed);
            spans.sort_by_key(|s| s.start);
        }
        Ok(Look { spans, after, allowed })
    }

    /// The pseudonyms in a leaf of types that the policy removes: another policy made them, and they tell equal values.
    fn foreign_pseudonyms(&self, text: &[Ch], leaf: &Leaf) -> Vec<Span> {
        let mut found = Vec::new();
        for placeholder in self.engine.parts.placeholders.find_iter(text, leaf.start, leaf.end) {
            let (a, b) = placeholder.entity_type;
            let whole = &text[placeholder.start..placeholder.end];
            if let (Some(&kind), true) = (self.removed.get(&text[a..b]), whole.contains(&u32::from(':'))) {
                found.push(Span::new(placeholder.start, placeholder.end, kind, true, whole.to_vec()));
            }
        }
        found
    }

    /// The first span without the signs by which readers see that a line continues a record.
    fn set_behind_signs(&self, text: &[Ch], spans: &mut Vec<Span>) {
        let end = spans[0].end;
        let mut start = self.continuing.match_at(text, 0, end).map_or(0, |m| m.end());
        start = self.trace_words.match_at(text, start, end).map_or(start, |m| m.end());
        if start == 0 {
            return;
        }
        let plain = text[start..end].to_vec();
        let masked = self.engine.masked(&plain);
        // a placeholder that is all there is comes from an earlier look
        if masked.as_deref().unwrap_or(&plain).iter().any(|&c| says(c)) {
            let first = &mut spans[0];
            (first.start, first.plain, first.inner) = (start, plain, None);
        } else {
            spans.remove(0);
        }
    }

    /// The spans without the unit's frame, cut where it stands. Of a span that is cut, those pieces are left that say something.
    ///
    /// A number that is a leaf by itself goes whole, as an array of bytes does, and its placeholder gets quotes: it stays one value
    /// of JSON.
    fn between(&self, text: &[Ch], leaves: &[Leaf], frame: Vec<(usize, usize)>, spans: Vec<Span>) -> Vec<Span> {
        let masked = self.engine.masked(text);
        let masked = masked.as_deref().unwrap_or(text);
        let places = |coding: Coding| leaves.iter().filter(move |l| l.coding == coding).map(|l| (l.start, l.end));
        let arrays: Vec<(usize, usize)> = places(Coding::Bytes).collect();
        let fixed = if arrays.is_empty() { frame } else { outside(&frame, &arrays) };
        let mut values: Vec<(usize, usize)> = places(Coding::Number).chain(arrays).collect();
        values.sort_unstable();
        values.dedup();
        let mut out: Vec<Span> = Vec::new();
        for span in spans {
            let mut pieces = Vec::new();
            let mut position = span.start;
            for &(a, b) in &fixed[fixed.partition_point(|(_, end)| *end <= span.start)..] {
                if a >= span.end {
                    break;
                }
                pieces.push((position, position.max(a)));
                position = b;
            }
            pieces.push((position, position.max(span.end)));
            if pieces.len() == 1 {
                out.push(span);
                continue;
            }
            for (start, end) in pieces {
                let (start, end) = stripped(text, start, end);
                if start < end && masked[start..end].iter().any(|&c| says(c)) {
                    let mut piece = Span::new(start, end, span.kind, span.certain, text[start..end].to_vec());
                    piece.verbatim = span.verbatim;
                    out.push(piece);
                }
            }
        }
        for span in &mut out {
            let n = values.partition_point(|(start, _)| *start <= span.start);
            if n > 0 && span.end <= values[n - 1].1 {
                let (start, end) = values[n - 1];
                let quote = vec![u32::from('"')];
                if (span.start, span.end) != (start, end) || span.requote != quote {
                    (span.start, span.end, span.requote, span.inner) = (start, end, quote, None);
                }
            }
        }
        merge(out, &self.engine.parts.kinds)
    }

    /// The names of the types of OTLP values that become text.
    fn renamed(&self, leaves: &[Leaf], spans: &[Span]) -> Vec<Span> {
        let mut renamed = Vec::new();
        for leaf in leaves {
            let Some((start, end)) = leaf.typed else { continue };
            let n = spans.partition_point(|s| s.start <= leaf.end);
            if n == 0 || spans[n - 1].end <= leaf.start {
                continue;
            }
            let span = &spans[n - 1];
            if !span.inner.as_ref().is_some_and(|inner| self.is_rewritten(inner)) {
                let mut span = Span::new(start, end, span.kind, span.certain, codes("stringValue"));
                span.verbatim = true;
                renamed.push(span);
            }
        }
        renamed
    }

    fn action(&self, span: &Span) -> Action {
        self.actions[span.kind as usize]
    }

    fn entity_type(&self, span: &Span) -> &str {
        &self.engine.parts.kinds[span.kind as usize].entity_type
    }

    fn goes(&self, span: &Span) -> bool {
        match &span.inner {
            Some(inner) => inner.spans.iter().any(|s| self.goes(s)),
            None => self.action(span) != Action::Keep,
        }
    }

    /// Whether a value is allowed.
    fn stays(&self, span: &Span, text: &[Ch]) -> bool {
        match &span.inner {
            Some(inner) => inner.spans.iter().filter(|s| self.goes(s)).all(|s| self.stays(s, &inner.text)),
            None => self.entry(span, text).is_some(),
        }
    }

    /// The number of the first pattern that allows a value, as it is written in the text or as it reads.
    fn entry(&self, span: &Span, text: &[Ch]) -> Option<usize> {
        self.allow.iter().position(|a| a.is_full(&span.plain) || a.is_full(&text[span.start..span.end]))
    }

    /// Adds what of a span may stay.
    fn add_allowed(&self, span: &Span, text: &[Ch], allowed: &mut Vec<(usize, u16)>) {
        match &span.inner {
            Some(inner) => {
                inner.spans.iter().filter(|s| self.goes(s)).for_each(|s| self.add_allowed(s, &inner.text, allowed));
            }
            None => allowed.extend(self.entry(span, text).map(|number| (number, span.kind))),
        }
    }

    /// What of an encoded text goes.
    fn going<'a>(&self, inner: &'a Inner) -> Vec<&'a Span> {
        inner.spans.iter().filter(|s| self.goes(s) && !self.stays(s, &inner.text)).collect()
    }

    /// Whether an encoded text is encoded again with pseudonyms in it: it goes whole once something in it is removed.
    fn is_rewritten(&self, inner: &Inner) -> bool {
        !matches!(inner.alphabet, Alphabet::Array | Alphabet::String)
            && self.going(inner).iter().all(|s| s.inner.is_none() && self.action(s) == Action::Pseudonym)
    }

    /// What stands in the text instead of a span.
    fn replacement(&self, span: &Span) -> Result<Vec<Ch>> {
        if let Some(inner) = &span.inner {
            let alphabet = match inner.alphabet {
                Alphabet::Array | Alphabet::String => return self.instead_of_array(span, inner),
                Alphabet::Base64 => views::Alphabet::Base64,
                Alphabet::Base64Url => views::Alphabet::Base64Url,
                Alphabet::Hex => views::Alphabet::Hex,
            };
            let goes = self.going(inner);
            if self.is_rewritten(inner) {
                return views::encode(&self.splice(&inner.text, &goes)?, alphabet, inner.padded);
            }
            let worst = goes.iter().find(|s| s.inner.is_some() || self.action(s) == Action::Remove).ok_or(Unscannable)?;
            return Ok(codes(&format!("<{}>", self.entity_type(worst))));
        }
        if span.verbatim {
            return Ok(span.plain.clone());
        }
        let token = if self.action(span) == Action::Pseudonym && !span.plain.contains(&FILL) {
            self.pseudonymizer.token(self.entity_type(span), &span.plain)
        } else {
            codes(&format!("<{}>", self.entity_type(span)))
        };
        Ok([&span.requote[..], &token, &span.requote].concat())
    }

    /// What stands instead of an array of bytes: its clean text as a JSON string, or the placeholder of what is in it.
    fn instead_of_array(&self, span: &Span, inner: &Inner) -> Result<Vec<Ch>> {
        let goes = self.going(inner);
        if inner.alphabet == Alphabet::String {
            return Ok(json_string(&self.splice(&inner.text, &goes)?));
        }
        let first = goes.first().ok_or(Unscannable)?;
        let token = if first.inner.is_some() {
            codes(&format!("<{}>", self.entity_type(first)))
        } else {
            self.replacement(&Span { requote: Vec::new(), ..(*first).clone() })?
        };
        Ok([&span.requote[..], &token, &span.requote].concat())
    }

    /// `text` with each of the spans (in order, not overlapping) replaced.
    fn splice(&self, text: &[Ch], spans: &[&Span]) -> Result<Vec<Ch>> {
        let mut out = Vec::with_capacity(text.len());
        let mut position = 0;
        for span in spans {
            out.extend_from_slice(text.get(position..span.start).ok_or(Unscannable)?);
            out.extend(self.replacement(span)?);
            position = span.end;
        }
        out.extend_from_slice(text.get(position..).ok_or(Unscannable)?);
        Ok(out)
    }

    /// The unit with its spans replaced, and those of its leaves that this changed: the others have been scanned. Of those, lines of
    /// text remain for what they leave open.
    fn spliced(&self, unit: Unit, spans: &[Span]) -> Result<Unit> {
        let Leaves::Known(old) = unit.leaves else { return Err(Unscannable) };
        let is_xml = old.iter().any(|leaf| leaf.coding == Coding::Xml);
        let mut text: Vec<Ch> = Vec::with_capacity(unit.text.len());
        let mut places: Vec<Place> = Vec::with_capacity(spans.len());
        let mut position = 0;
        for span in spans {
            text.extend_from_slice(unit.text.get(position..span.start).ok_or(Unscannable)?);
            let new = self.replacement(span)?;
            let at = text.len();
            if is_xml {
                text.extend(escaped(&new))
            } else {
                text.extend(new)
            }
            places.push(Place { start: span.start, end: span.end, at, to: text.len() });
            position = span.end;
        }
        text.extend_from_slice(unit.text.get(position..).ok_or(Unscannable)?);
        let mut leaves = Vec::new();
        for mut leaf in old {
            let first = places.partition_point(|p| p.end <= leaf.start);
            let is_changed = first < places.len() && places[first].start < leaf.end;
            let is_line = matches!(leaf.coding, Coding::Text | Coding::Scanned);
            if is_line {
                leaf.coding = if is_changed { Coding::Text } else { Coding::Scanned };
            }
            if is_line || is_changed {
                leaves.push(moved_leaf(leaf, &places, first));
            }
        }
        Ok(Unit { text, leaves: Leaves::Known(leaves), frame: unit.frame, begins: unit.begins })
    }
}

/// Whether a character can say something: a letter, a digit, all that is not ASCII.
fn says(c: Ch) -> bool {
    c >= 128 || (c as u8).is_ascii_alphanumeric()
}

/// What of stretches is not in others; both are in order.
fn outside(fixed: &[(usize, usize)], others: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for &(start, end) in fixed {
        let mut start = start;
        for &(a, b) in &others[others.partition_point(|(_, end)| *end <= start)..] {
            if a >= end {
                break;
            }
            if start < a {
                out.push((start, a));
            }
            start = b;
        }
        if start < end {
            out.push((start, end));
        }
    }
    out
}

/// A stretch without the white space of JSON at its ends.
fn stripped(text: &[Ch], start: usize, end: usize) -> (usize, usize) {
    let is_space = |c: &Ch| matches!(*c, 0x20 | 0x09 | 0x0D | 0x0A);
    let part = text.get(start..end).unwrap_or_default();
    let before = part.iter().take_while(|c| is_space(c)).count();
    let behind = part.iter().rev().take_while(|c| is_space(c)).count();
    (start + before, (start + part.len()).saturating_sub(behind).max(start))
}

/// A replacement: where it was, and where it is.
struct Place {
    start: usize,
    end: usize,
    at: usize,
    to: usize,
}

/// A leaf after replacements, of which `first` is the first that ends behind its start.
fn moved_leaf(leaf: Leaf, places: &[Place], first: usize) -> Leaf {
    let mut leaf = leaf;
    let shifted = |at: usize, shift: isize| at.saturating_add_signed(shift);
    let of = |p: &Place| p.to as isize - p.end as isize;
    let (start, end) = (leaf.start, leaf.end);
    let (mut new_start, mut new_end) = (None, None);
    let mut shift = if first > 0 { of(&places[first - 1]) } else { 0 };
    for p in &places[first..] {
        if p.start >= end {
            break;
        }
        if new_start.is_none() {
            new_start = Some(if p.start < start { p.at } else { shifted(start, shift) });
        }
        shift = of(p);
        new_end = (p.end > end).then_some(p.to);
        if leaf.coding == Coding::Number {
            leaf.coding = Coding::Text;
        } else if leaf.coding == Coding::Bytes {
            // its text as a string, or a list in which numbers have placeholders
            leaf.coding = Coding::Json;
            if p.start <= start && p.end >= end {
                (leaf.start, leaf.end) = (p.at + 1, p.to - 1);
                return leaf;
            }
        }
    }
    leaf.start = new_start.unwrap_or_else(|| shifted(start, shift));
    leaf.end = new_end.unwrap_or_else(|| shifted(end, shift));
    leaf
}

/// `html.escape`.
fn escaped(text: &[Ch]) -> Vec<Ch> {
    let mut out = Vec::with_capacity(text.len());
    for &c in text {
        match char::from_u32(c) {
            Some('&') => out.extend(codes("&amp;")),
            Some('<') => out.extend(codes("&lt;")),
            Some('>') => out.extend(codes("&gt;")),
            Some('"') => out.extend(codes("&quot;")),
            Some('\'') => out.extend(codes("&#x27;")),
            _ => out.push(c),
        }
    }
    out
}

/// `json.dumps(text, ensure_ascii=False)`.
fn json_string(text: &[Ch]) -> Vec<Ch> {
    let mut out = vec![u32::from('"')];
    for &c in text {
        match c {
            0x22 => out.extend(codes("\\\"")),
            0x5C => out.extend(codes("\\\\")),
            0x0A => out.extend(codes("\\n")),
            0x0D => out.extend(codes("\\r")),
            0x09 => out.extend(codes("\\t")),
            0x0C => out.extend(codes("\\f")),
            0x08 => out.extend(codes("\\b")),
            0..0x20 => out.extend(codes(&format!("\\u{c:04x}"))),
            _ => out.push(c),
        }
    }
    out.push(u32::from('"'));
    out
}
