//! Runs the detectors over a text: what in it must go. The definition is `logscrub/detect/engine.py`.

use crate::binary::Binary;
use crate::chars::{Ch, CharSet, Python, codes, is_ascii, position};
use crate::fields::{FieldValue, Fields, Name, Open, Rule, ValueMode};
use crate::ids::Ids;
use crate::json_leaves::JsonLeaves;
use crate::library::{Library, Words};
use crate::lines::Lines;
use crate::model::{Coding, Leaf};
use crate::names::Names;
use crate::placeholders::Placeholders;
use crate::rows::Rows;
use crate::rx::Regex;
use crate::scan::{Bits, KindSets, Scanner, Sought};
use crate::spans::{Alphabet, FILL, Inner, Kind, Span, merge, opaque, with_repeats, with_successors};
use crate::validators::{Validator, Validators};
use crate::views::{self, Unscannable, View, Views};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

/// What may fail because a text cannot be scanned.
pub type Result<T> = std::result::Result<T, Unscannable>;

/// Bytes of the shortest key.
const FEWEST_OF_KEY: usize = 8;
/// Characters of a text that are scanned at once, and how far its parts overlap.
const WINDOW: usize = 1 << 18;
const OVERLAP: usize = 4096;
const BEFORE: usize = 60;
const AFTER: usize = 30;
const DEEPEST: usize = 12;
const SHORT: usize = 16;
const FEWEST_BYTES: usize = 6;
const MOST_PATHS: usize = 4096;

/// A pattern of a detector.
pub struct Pattern {
    pub kind: u16,
    pub regex: Arc<Regex>,
    /// The group that must go.
    pub group: usize,
    pub validator: Option<Validator>,
    pub context: Option<Arc<Regex>>,
    pub context_words: Vec<Vec<Ch>>,
    /// Whether it may find part of an id.
    pub cuts_ids: bool,
    /// Whether what follows a number of its may be a number of its own.
    pub sheds: bool,
}

/// A pattern of stretches that "likely" findings may not touch.
pub struct Harmless {
    pub regex: Arc<Regex>,
    pub group: usize,
}

/// Who finds names.
pub enum Recognizer {
    None,
    Listed(Box<Names>, u16),
    /// Python does: another recognizer than the lists is asked for.
    Python(Arc<dyn Python>),
}

/// All that a scan needs.
pub struct Parts {
    pub kinds: Vec<Kind>,
    pub patterns: Vec<Pattern>,
    pub harmless: Vec<Harmless>,
    pub fields: Fields,
    pub json: JsonLeaves,
    pub views: Views,
    pub binary: Binary,
    pub names: Recognizer,
    pub validators: Validators,
    /// Words that no name is made of, folded.
    pub no_names: HashSet<Vec<Ch>>,
    /// Whether the user has detectors.
    pub has_own: bool,
    pub placeholders: Placeholders,
    /// The kind of private keys.
    pub key_kind: Option<u16>,
    /// Of each detector its kind.
    pub kind_of: Vec<u16>,
    /// The kind of names that Python finds, by the detector's id.
    pub kind_by_id: HashMap<String, u16>,
}

/// The engine: a catalogue, compiled.
pub struct Engine {
    pub parts: Parts,
    scanner: Scanner,
    harmless: Scanner,
    library: Arc<Library>,
    lines: Lines,
    ids: Ids,
    last_number: Arc<Regex>,
    word: Arc<CharSet>,
    letter: Arc<CharSet>,
    space: Arc<CharSet>,
    plain_id: Arc<Regex>,
    no_fraction: Arc<Regex>,
    opening: Arc<Regex>,
    /// With its group `value`.
    successor: (Arc<Regex>, usize),
    says_words: Arc<Regex>,
    chosen: Arc<Regex>,
    number: Arc<Regex>,
    type_of_bytes: Arc<Regex>,
    json_before: Arc<Regex>,
    json_after: Arc<Regex>,
    contexts: RwLock<HashMap<Vec<Name>, Arc<FieldContext>>>,
    /// What no name says.
    nameless: Arc<FieldContext>,
    non_latin: Option<u16>,
    /// The kinds that may be a sentence of a program in another language.
    by_script: Vec<u16>,
    /// The name of a short text of which nothing says what it is, the fields whose values may be one, and how it looks.
    whole: Name,
    messages: Arc<Words>,
    whole_text: Arc<Regex>,
    /// Last words of the names of fields that hold a version, and how a version of four numbers looks.
    versions: Arc<Words>,
    quad: Arc<Regex>,
}

type Fielded = (Vec<FieldValue>, Open);

/// What stands before a text of bytes that is taken for a secret.
const NAME_OF_SECRET: &str = "secret: ";

/// What the names of a field say.
#[derive(Default)]
struct FieldContext {
    /// What its own name says of its values, or that of the object around.
    rule: Option<Arc<Rule>>,
    /// The patterns whose context its names give: their numbers, and what the scanner takes for them.
    numbers: Vec<usize>,
    named: Vec<Bits>,
}

impl Engine {
    pub fn new(library: Arc<Library>, parts: Parts) -> std::result::Result<Engine, String> {
        let sought = |p: &Pattern| Sought { regex: p.regex.clone(), group: p.group, context: p.context_words.clone() };
        let unharmed = |h: &Harmless| Sought { regex: h.regex.clone(), group: h.group, context: Vec::new() };
        let successor = library.rx("engine._SUCCESSOR")?;
        Ok(Engine {
            scanner: Scanner::new(parts.patterns.iter().map(sought).collect(), KindSets::of(&library)?),
            harmless: Scanner::new(parts.harmless.iter().map(unharmed).collect(), KindSets::of(&library)?),
            lines: Lines::new(&library)?,
            ids: Ids::new(&library)?,
            last_number: library.rx("engine._LAST_NUMBER")?,
            word: library.set("word")?,
            letter: library.set("letter")?,
            space: library.set("isspace")?,
            plain_id: library.rx("engine._PLAIN_ID")?,
            no_fraction: library.rx("engine._NO_FRACTION")?,
            opening: library.rx("engine._OPENING")?,
            successor: (successor.clone(), successor.group("value").ok_or("engine._SUCCESSOR has no group value")?),
            says_words: library.rx("engine._SAYS_WORDS")?,
            chosen: library.rx("engine._CHOSEN")?,
            number: library.rx("engine._NUMBER")?,
            type_of_bytes: library.rx("engine._TYPE_OF_BYTES")?,
            json_before: library.rx("engine._JSON_BEFORE")?,
            json_after: library.rx("engine._JSON_AFTER")?,
            contexts: RwLock::default(),
            nameless: Arc::default(),
            whole: codes(&library.text("engine._WHOLE")?).into(),
            messages: library.words("engine._MESSAGES")?,
            whole_text: library.rx("engine._WHOLE_TEXT")?,
            versions: library.words("engine._VERSIONS")?,
            quad: library.rx("engine._QUAD")?,
            non_latin: parts.kind_by_id.get("non_latin_text").copied(),
            by_script: ["non_latin_text", "address_of_region"]
                .iter()
                .filter_map(|id| parts.kind_by_id.get(*id).copied())
                .collect(),
            library,
            parts,
        })
    }

    /// The numbers of the patterns, and of the harmless ones, that are tried at each place of each text.
    pub fn tried_everywhere(&self) -> (Vec<usize>, Vec<usize>) {
        (self.scanner.tried_everywhere(), self.harmless.tried_everywhere())
    }

    /// The spans of `text` that must go, in order, without overlaps. `path`: the names of the fields it stands in.
    pub fn scan(&self, text: &[Ch], path: &[Name]) -> Result<Vec<Span>> {
        self.scan_unmasked(text, self.scanner.rows(text), path, 0)
    }

    /// The spans of a text whose placeholders are not opaque yet, and that stands so deep in others. `rows`: those of the text.
    fn scan_unmasked(&self, text: &[Ch], rows: Rows, path: &[Name], depth: usize) -> Result<Vec<Span>> {
        if text.iter().all(|&c| self.space.has(c)) {
            return Ok(Vec::new());
        }
        let masked = if rows.any(*b"<&") { self.masked(text) } else { None };
        match masked {
            Some(masked) => self.scan_masked(&masked, self.scanner.rows(&masked), path, depth, None),
            None => self.scan_masked(text, rows, path, depth, None),
        }
    }

    /// The text with placeholders made opaque; None where it has none.
    pub fn masked(&self, text: &[Ch]) -> Option<Vec<Ch>> {
        if !text.contains(&u32::from('<')) && !contains(text, "&lt;") {
            return None;
        }
        let mut out: Option<Vec<Ch>> = None;
        for found in self.parts.placeholders.find_iter(text, 0, text.len()) {
            out.get_or_insert_with(|| text.to_vec())[found.start..found.end].fill(FILL);
        }
        out
    }

    /// The spans of a leaf that is a line of a text, and what it leaves open; `before`: what earlier lines left open.
    pub fn scan_line(&self, text: &[Ch], leaf: &Leaf, before: &Open) -> Result<(Vec<Span>, Open)> {
        let line = &text[leaf.start..leaf.end];
        let view = if line.contains(&0x1B) { self.parts.views.without_colours(line) } else { None };
        let uncoloured = view.as_ref().map_or(line, |v| &v.text);
        let masked = self.masked(uncoloured);
        let masked = masked.as_deref().unwrap_or(uncoloured);
        let fields = OnceCell::new();
        let mut spans = if masked.len() <= WINDOW {
            if masked.iter().all(|&c| self.space.has(c)) {
                Vec::new()
            } else {
                self.scan_masked(masked, self.scanner.rows(masked), &[], 0, Some(&fields))?
            }
        } else {
            self.windowed(masked, &[])?
        };
        let (extra, after) = self.carried_on(masked, before, &fields);
        if !extra.is_empty() {
            spans.extend(extra);
            spans = merge(spans, &self.parts.kinds);
        }
        Ok((spans.into_iter().map(|s| moved(s, view.as_ref(), leaf.start, Quote::None)).collect(), after))
    }

    /// What a line of a text leaves open. Its patterns and names are not searched for.
    pub fn left_open(&self, line: &[Ch], before: &Open) -> Open {
        let view = if line.contains(&0x1B) { self.parts.views.without_colours(line) } else { None };
        let uncoloured = view.as_ref().map_or(line, |v| &v.text);
        let masked = self.masked(uncoloured);
        self.carried_on(masked.as_deref().unwrap_or(uncoloured), before, &OnceCell::new()).1
    }

    /// What must go from a line because of what earlier lines left open, and what is open after it.
    fn carried_on(&self, masked: &[Ch], before: &Open, fields: &OnceCell<Fielded>) -> (Vec<Span>, Open) {
        let fresh = *before == Open::default();
        if fresh && !self.opening.is_in(masked) {
            return (Vec::new(), Open::default());
        }
        let found_now;
        let (found, after) = if fresh {
            fields.get_or_init(|| self.parts.fields.find_fields(masked, &self.scanner.rows(masked), before))
        } else {
            found_now = self.parts.fields.find_fields(masked, &self.scanner.rows(masked), before);
            &found_now
        };
        let mut after = after.clone();
        let mut extra: Vec<Span> =
            found.iter().map(|f| self.field_span(f.start, f.end, f.detector, &masked[f.start..f.end])).collect();
        let (inside, armoured) = self.lines.armour(masked, before.armour);
        if let (Some((start, end)), Some(kind)) = (inside, self.parts.key_kind) {
            extra.push(Span::new(start, end, kind, true, masked[start..end].to_vec()));
        }
        if armoured {
            after.armour = true;
        }
        (extra, after)
    }

    /// The spans of a record's leaf that must go, as positions in the record's text.
    pub fn scan_leaf(&self, text: &[Ch], leaf: &Leaf) -> Result<Vec<Span>> {
        let raw = &text[leaf.start..leaf.end];
        match leaf.coding {
            Coding::Number => return self.scan_number(raw, leaf),
            Coding::Bytes => return self.scan_bytes(raw, leaf, Alphabet::String, 0),
            _ => {}
        }
        let quote = Quote::of(leaf.coding);
        if self.is_version(raw, &leaf.field) {
            let is_other = |s: &Span| self.parts.kinds[usize::from(s.kind)].entity_type != "IP_ADDRESS";
            let others = self.scan(raw, &leaf.field)?.into_iter().filter(is_other);
            return Ok(others.map(|s| moved(s, None, leaf.start, quote)).collect());
        }
        if raw.len() > WINDOW {
            return self.long_leaf(raw, leaf);
        }
        let rows = self.scanner.rows(raw);
        let is_json = matches!(leaf.coding, Coding::Json | Coding::Name);
        let view = if is_json && !rows.any([b'\\']) { None } else { self.unquoted(raw, leaf.coding) };
        let spans = match &view {
            Some(view) => self.scan(&view.text, &leaf.field)?,
            None => self.scan_unmasked(raw, rows, &leaf.field, 0)?,
        };
        let spans = if leaf.coding == Coding::Name { self.of_a_key(raw, spans) } else { spans };
        Ok(spans.into_iter().map(|s| moved(s, view.as_ref(), leaf.start, quote)).collect())
    }

    /// Whether a value is four numbers under the name of a version, which look like an address.
    fn is_version(&self, value: &[Ch], path: &[Name]) -> bool {
        let may_be = (7..=15).contains(&value.len()) && value.iter().filter(|&&c| c == '.' as Ch).count() == 3;
        may_be
            && self.quad.is_full(value)
            && path.last().and_then(|name| self.parts.fields.words(name).pop()).is_some_and(|last| self.versions.contains(&last))
    }

    /// The spans that must go in a text that is put together from pieces, as positions in the text that the view is of, or in this
    /// one.
    pub fn scan_whole(&self, text: &[Ch], view: Option<&View>, coding: Coding) -> Result<Vec<Span>> {
        let quote = Quote::of(coding);
        Ok(self.windowed(text, &[])?.into_iter().map(|s| moved(s, view, 0, quote)).collect())
    }

    fn unquoted(&self, raw: &[Ch], coding: Coding) -> Option<View> {
        let views = &self.parts.views;
        match coding {
            Coding::Json | Coding::Name => views.unescape_json(raw),
            Coding::Csv => views.double_quotes(raw),
            Coding::Xml => views.unescape_xml(raw),
            Coding::Query => Some(views.with_question_mark(raw)),
            Coding::Plain | Coding::Text | Coding::Scanned | Coding::Bytes | Coding::Number => None,
        }
    }

    /// A leaf of megabytes: its field decides for all of it, else it is scanned in overlapping windows.
    fn long_leaf(&self, raw: &[Ch], leaf: &Leaf) -> Result<Vec<Span>> {
        if let Some(rule) = &self.context_of(&leaf.field).rule {
            let first = raw.iter().find(|&&c| !self.space.has(c)).copied().unwrap_or(0);
            let structured = first == u32::from('{') || first == u32::from('[');
            if !(structured && rule.mode != ValueMode::Credential) {
                return Ok(vec![self.field_span(leaf.start, leaf.end, rule.detector, raw)]);
            }
        }
        let quote = Quote::of(leaf.coding);
        let mut spans = Vec::new();
        for (start, end) in self.windows(raw) {
            let part = &raw[start..end];
            let view = self.unquoted(part, leaf.coding);
            let found = self.scan(view.as_ref().map_or(part, |v| &v.text), &leaf.field)?;
            spans.extend(found.into_iter().map(|s| moved(s, view.as_ref(), leaf.start + start, quote)));
        }
        Ok(merge(spans, &self.parts.kinds))
    }

    fn windowed(&self, text: &[Ch], path: &[Name]) -> Result<Vec<Span>> {
        if text.len() <= WINDOW {
            return self.scan(text, path);
        }
        let mut spans = Vec::new();
        for (start, end) in self.windows(text) {
            spans.extend(self.scan(&text[start..end], path)?.into_iter().map(|s| moved(s, None, start, Quote::None)));
        }
        Ok(merge(spans, &self.parts.kinds))
    }

    fn scan_number(&self, raw: &[Ch], leaf: &Leaf) -> Result<Vec<Span>> {
        let rule = self.parts.fields.rule(&leaf.field);
        let digits = match rule {
            None => self.lines.plain_number(raw),
            Some(_) => {
                let point = self.no_fraction.search(raw, 0, raw.len()).map(|m| m.start());
                let joined: Vec<Ch> = raw.iter().enumerate().filter(|(i, _)| Some(*i) != point).map(|(_, &c)| c).collect();
                self.lines.plain_number(&joined)
            }
        };
        if digits.len() < 3 && !self.parts.has_own {
            return Ok(Vec::new());
        }
        let mut spans = Vec::new();
        match rule {
            Some(rule) if self.guideline(rule.detector) != "user-generated content" => {
                let goes = !rule.keeps(&self.parts.fields, &digits);
                spans.extend(goes.then(|| self.field_span(0, digits.len(), rule.detector, &digits)));
            }
            _ if digits.len() >= 7 || self.parts.has_own => spans = self.scan(&digits, &leaf.field)?,
            _ => {}
        }
        let Some(mut first) = spans.into_iter().next() else { return Ok(Vec::new()) };
        (first.start, first.end, first.plain, first.requote) = (leaf.start, leaf.end, digits, vec![u32::from('"')]);
        Ok(vec![first])
    }

    /// The spans of a list of numbers in JSON: all of it, where they are the bytes of a text in which something is found, or bytes
    /// made at random under the name of a secret.
    fn scan_bytes(&self, raw: &[Ch], leaf: &Leaf, alphabet: Alphabet, depth: usize) -> Result<Vec<Span>> {
        let rule = self.parts.fields.rule(&leaf.field);
        if let Some(text) = self.parts.views.text_of_bytes(raw) {
            let counts = rule.is_some_and(|r| self.guideline(r.detector) == "user-generated content");
            let field: &[Name] = if counts && !self.says_words.is_full(&text) { &[] } else { &leaf.field };
            let inner = if text.len() > WINDOW {
                self.windowed(&text, field)?
            } else {
                self.scan_unmasked(&text, self.scanner.rows(&text), field, depth)?
            };
            let mut inner = self.without_chance(&text, inner);
            if inner.is_empty() {
                inner = self.chosen_bytes(&text);
            }
            if !inner.is_empty() {
                let mut span = encoded_span(leaf.start, leaf.end, text, inner, alphabet, true);
                span.requote = vec![u32::from('"')];
                return Ok(vec![span]);
            }
        }
        let holder = rule.filter(|rule| rule.secret).or_else(|| self.parts.fields.covering(&leaf.field));
        if let Some(holder) = holder.filter(|_| is_key(raw)) {
            let mut span = self.field_span(leaf.start, leaf.end, holder.detector, raw);
            span.requote = vec![u32::from('"')];
            return Ok(vec![span]);
        }
        if rule.is_none() && !self.parts.has_own {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut i = 0;
        while i + 3 <= raw.len() {
            if raw[i..i + 3].iter().all(|c| (48..58).contains(c)) {
                let number = Leaf { start: leaf.start + i, end: leaf.start + i + 3, ..leaf.clone() };
                found.extend(self.scan_number(&raw[i..i + 3], &number)?);
                i += 3;
            } else {
                i += 1;
            }
        }
        Ok(found)
    }

    /// What must go in a text with its placeholders made opaque. `rows`: those of this text.
    fn scan_masked(
        &self,
        masked: &[Ch],
        rows: Rows,
        path: &[Name],
        depth: usize,
        fields: Option<&OnceCell<Fielded>>,
    ) -> Result<Vec<Span>> {
        if rows.any([FILL as u8]) && !masked.iter().any(|&c| self.word.has(c)) {
            return Ok(Vec::new());
        }
        let context = self.context_of(path);
        if context.rule.is_none() && context.numbers.is_empty() && !self.parts.has_own && self.plain_id.is_full(masked) {
            return Ok(Vec::new());
        }
        if rows.any([0x1B])
            && contains(masked, "\x1b[")
            && let Some(colourless) = self.parts.views.without_colours(masked)
        {
            let rows = self.scanner.rows(&colourless.text);
            let found = if self.parts.views.has_colours(&colourless.text) {
                self.scan_uncoloured(&colourless.text, rows, path, &context, depth, None)?
            } else {
                self.scan_masked(&colourless.text, rows, path, depth, None)?
            };
            return Ok(found.into_iter().map(|s| moved(s, Some(&colourless), 0, Quote::None)).collect());
        }
        self.scan_uncoloured(masked, rows, path, &context, depth, fields)
    }

    /// `scan_masked` of a text without colours, or with those that were left when no more were taken out.
    fn scan_uncoloured(
        &self,
        masked: &[Ch],
        rows: Rows,
        path: &[Name],
        context: &FieldContext,
        depth: usize,
        fields: Option<&OnceCell<Fielded>>,
    ) -> Result<Vec<Span>> {
        let rule = context.rule.as_deref();
        let first = masked.iter().find(|&&c| !self.space.has(c)).copied().unwrap_or(0);
        let last = masked.iter().rfind(|&&c| !self.space.has(c)).copied().unwrap_or(0);
        let is = |c: Ch, signs: &str| signs.chars().any(|s| u32::from(s) == c);
        let leaves = if is(first, "{[") && is(last, "}]") && depth < DEEPEST { self.nested(masked) } else { None };
        let mut found: Vec<Span> = Vec::new();
        if let Some(rule) = rule
            && !(leaves.is_some() && rule.mode != ValueMode::Credential)
        {
            let (start, end) = self.parts.fields.value_itself(masked, 0, masked.len(), rule.mode);
            let is_all = (start, end) == (0, masked.len());
            if start < end
                && !rule.keeps(&self.parts.fields, masked)
                && (is_all || !rule.keeps(&self.parts.fields, &masked[start..end]))
            {
                found.push(self.field_span(start, end, rule.detector, &masked[start..end]));
                if matches!(self.guideline(rule.detector), "user-generated content" | "authorisation data") {
                    return Ok(found);
                }
            } else if start < end
                && let Some(around) = self.parts.fields.around(path, &masked[start..end])
            {
                return Ok(vec![self.field_span(start, end, around.detector, &masked[start..end])]);
            }
        }
        if let Some(leaves) = leaves {
            for leaf in &leaves {
                found.extend(self.nested_leaf(masked, leaf, path, depth)?);
            }
            return Ok(merge(found, &self.parts.kinds));
        }
        self.match_patterns(masked, &rows, path, context, fields, &mut found);
        if depth < DEEPEST {
            self.decoded(masked, &rows, path, context, depth, &mut found)?;
        }
        if found.iter().any(|s| s.certain) {
            let hidden = opaque(masked, found.iter().filter(|s| s.certain));
            self.recognise(&hidden, &mut found);
        } else {
            self.recognise(masked, &mut found);
        }
        if found.is_empty() {
            return Ok(found);
        }
        found.retain(|s| self.says_more(&masked[s.start..s.end]));
        let kinds = &self.parts.kinds;
        let spans = with_successors(masked, merge(self.unharmed(masked, &rows, found), kinds), kinds, &self.successor);
        let spans = with_repeats(masked, spans, kinds);
        if rows.any([b'"']) {
            return Ok(spans.into_iter().map(|s| self.quoted(masked, s)).collect());
        }
        Ok(spans)
    }

    /// What is found in the decoded views of a text, and in texts that stand encoded in it.
    fn decoded(
        &self,
        masked: &[Ch],
        rows: &Rows,
        path: &[Name],
        context: &FieldContext,
        depth: usize,
        found: &mut Vec<Span>,
    ) -> Result<()> {
        let views = &self.parts.views;
        let mut is_read = false;
        for view in views.decodings(masked, rows) {
            let mut inner = Vec::new();
            self.match_patterns(&view.text, &self.scanner.rows(&view.text), path, context, None, &mut inner);
            self.recognise(&view.text, &mut inner);
            found.extend(inner.into_iter().map(|s| moved(s, Some(&view), 0, Quote::None)));
            // Within another text only the first view that is JSON is read as JSON: its leaves are decoded by themselves, and the time
            // for texts within texts would double with each.
            let opens = view.text.first().is_some_and(|&c| c == u32::from('{') || c == u32::from('['));
            if !(is_read && depth > 0) && opens && self.is_json(&view.text) {
                is_read = true;
                for span in self.scan_masked(&view.text, self.scanner.rows(&view.text), path, depth + 1, None)? {
                    found.push(moved(span, Some(&view), 0, Quote::None));
                }
            }
        }
        let runs = views::long_runs(masked);
        let encoded = views.encoded_texts(masked, &runs);
        if !encoded.is_empty() {
            let mut read: Vec<(usize, usize)> = encoded.iter().map(|e| (e.start, e.end)).collect();
            read.sort_unstable();
            let covered = Covered::new(&read);
            found.retain(|s| s.certain || !self.parts.kinds[s.kind as usize].random || !covered.has(s.start));
        }
        for e in encoded {
            let inner = self.scan_unmasked(&e.text, self.scanner.rows(&e.text), path, depth + 1)?;
            if !inner.is_empty() {
                let alphabet = match e.alphabet {
                    views::Alphabet::Base64 => Alphabet::Base64,
                    views::Alphabet::Base64Url => Alphabet::Base64Url,
                    views::Alphabet::Hex => Alphabet::Hex,
                };
                found.push(encoded_span(e.start, e.end, e.text, inner, alphabet, e.padded));
            }
        }
        for (start, end, text) in views.byte_arrays(masked, rows, &runs) {
            let inner = self.scan_unmasked(&text, self.scanner.rows(&text), path, depth + 1)?;
            let mut inner = self.without_chance(&text, inner);
            if inner.is_empty() {
                let inner_masked = self.masked(&text);
                inner = self.told_by_words(masked, start, end, inner_masked.as_deref().unwrap_or(&text));
            }
            if inner.is_empty() {
                inner = self.chosen_bytes(&text);
            }
            if inner.is_empty()
                && let Some(touching) = found.iter().find(|s| s.certain && s.start < end && start < s.end)
            {
                inner.push(Span::new(0, text.len(), touching.kind, true, text.clone()));
            }
            if !inner.is_empty() {
                found.push(encoded_span(start, end, text, inner, Alphabet::Array, true));
            }
        }
        Ok(())
    }

    /// What of a text of bytes must go because of the words around `[start, end)`.
    fn told_by_words(&self, masked: &[Ch], start: usize, end: usize, decoded: &[Ch]) -> Vec<Span> {
        let before = &masked[start.saturating_sub(BEFORE)..start];
        let until = self.type_of_bytes.search(before, 0, before.len()).map_or(before.len(), |m| m.start());
        let behind = &masked[end..(end + AFTER).min(masked.len())];
        let text = [&before[..until], decoded, behind].concat();
        let mut read = Vec::new();
        self.match_patterns(&text, &self.scanner.rows(&text), &[], &self.nameless, None, &mut read);
        let (first, last) = (until, until + decoded.len());
        let cut = read.into_iter().filter(|s| s.start < last && first < s.end).map(|s| {
            let (a, b) = (s.start.max(first) - first, s.end.min(last) - first);
            Span { start: a, end: b, plain: decoded[a..b].to_vec(), requote: Vec::new(), ..s }
        });
        merge(cut.collect(), &self.parts.kinds)
    }

    /// What of a text of bytes must go that looks like what somebody chose for a secret: it is taken for one.
    fn chosen_bytes(&self, decoded: &[Ch]) -> Vec<Span> {
        let name = codes(NAME_OF_SECRET);
        if self.chosen.is_full(decoded) { self.told_by_words(&name, name.len(), name.len(), decoded) } else { Vec::new() }
    }

    fn is_json(&self, text: &[Ch]) -> bool {
        self.parts.json.is_json(text)
    }

    /// The leaves of a text that is JSON, None where it is not.
    fn nested(&self, text: &[Ch]) -> Option<Vec<Leaf>> {
        self.is_json(text).then(|| self.parts.json.leaves(text, 3))
    }

    fn nested_leaf(&self, text: &[Ch], leaf: &Leaf, path: &[Name], depth: usize) -> Result<Vec<Span>> {
        let raw = &text[leaf.start..leaf.end];
        let field: Vec<Name> = if leaf.field.len() > 1 || path.is_empty() || leaf.coding == Coding::Name {
            leaf.field.clone()
        } else {
            path.last().into_iter().chain(&leaf.field).cloned().collect()
        };
        match leaf.coding {
            Coding::Number => return self.scan_number(raw, &Leaf { field, ..leaf.clone() }),
            Coding::Bytes => return self.scan_bytes(raw, &Leaf { field, ..leaf.clone() }, Alphabet::Array, depth + 1),
            _ => {}
        }
        let view = self.parts.views.unescape_json(raw);
        let inside = view.as_ref().map_or(raw, |v| &v.text);
        let spans = self.scan_masked(inside, self.scanner.rows(inside), &field, depth + 1, None)?;
        let spans = if leaf.coding == Coding::Name { self.of_a_key(raw, spans) } else { spans };
        Ok(spans.into_iter().map(|s| moved(s, view.as_ref(), leaf.start, Quote::Json)).collect())
    }

    /// What of a key of JSON must go: a lone word in small letters is no name of a person for looking like one, nor content for its
    /// script.
    fn of_a_key(&self, key: &[Ch], mut spans: Vec<Span>) -> Vec<Span> {
        let is_small = |&c: &Ch| matches!(c, 0x61..=0x7a | 0xdf..=0xf6 | 0xf8..=0xff | 0x3ac..=0x3ce | 0x430..=0x45f);
        if !spans.is_empty() && key.iter().all(is_small) {
            let counts = |kind: u16| self.parts.kinds[kind as usize].guideline != "name" && self.non_latin != Some(kind);
            spans.retain(|s| s.certain || counts(s.kind));
        }
        spans
    }

    fn match_patterns(
        &self,
        text: &[Ch],
        rows: &Rows,
        path: &[Name],
        context: &FieldContext,
        fields: Option<&OnceCell<Fielded>>,
        found: &mut Vec<Span>,
    ) {
        let may_be_whole = path.last().is_none_or(|name| self.messages.contains(&name[..]));
        let longer;
        let FieldContext { numbers, named, .. } = if may_be_whole && self.whole_text.is_full(text) {
            longer = self.context_of(&[path, std::slice::from_ref(&self.whole)].concat());
            &longer
        } else {
            context
        };
        let matches = self.scanner.scan(text, rows, named);
        let mut alike: Option<Vec<Ch>> = None;
        for group in matches.chunk_by(|a, b| a.0 == b.0) {
            let number = group[0].0;
            let pattern = &self.parts.patterns[number];
            let mut spans: Vec<(usize, usize)> = group.iter().map(|(_, span)| *span).collect();
            let mut read = text;
            if !pattern.cuts_ids && spans.iter().any(|&(a, b)| self.ids.cuts_id(text, a, b)) {
                // digits that stand in an id by chance are no number of anything, nor part of one that stands beside it
                read = alike.get_or_insert_with(|| self.ids.ids_alike(text));
                spans = pattern.regex.find_iter(read, 0, read.len()).filter_map(|m| m.span(pattern.group)).collect();
                spans.retain(|&(a, b)| !self.ids.cuts_id(text, a, b));
            }
            let certain = self.parts.kinds[pattern.kind as usize].certain;
            for (start, end) in spans {
                let (start, end) = if pattern.sheds { self.shed(pattern, read, start, end) } else { (start, end) };
                if start == end || !self.agrees(pattern, read, start, end, numbers.contains(&number)) {
                    continue;
                }
                if !text[start..end].contains(&FILL) {
                    found.push(Span::new(start, end, pattern.kind, certain, text[start..end].to_vec()));
                } else {
                    for (a, b) in self.around(text, start, end) {
                        found.push(Span::new(a, b, pattern.kind, certain, text[a..b].to_vec()));
                    }
                }
            }
        }
        let found_now;
        let values = match fields {
            Some(cell) => &cell.get_or_init(|| self.parts.fields.find_fields(text, rows, &Open::default())).0,
            None => {
                found_now = self.parts.fields.find_fields(text, rows, &Open::default());
                &found_now.0
            }
        };
        for value in values {
            let mut span = self.field_span(value.start, value.end, value.detector, &text[value.start..value.end]);
            span.requote.clone_from(&value.requote);
            found.push(span);
        }
    }

    /// The stretch without numbers at its end that are too much for its validator, if that helps.
    fn shed(&self, pattern: &Pattern, text: &[Ch], start: usize, end: usize) -> (usize, usize) {
        let Some(validator) = pattern.validator else { return (start, end) };
        let mut stop = end;
        while stop > start && !self.parts.validators.passes(validator, &text[start..stop]) {
            stop = self.last_number.search(text, start, stop).map_or(start, |last| last.start());
        }
        if stop > start { (start, stop) } else { (start, end) }
    }

    /// Whether a pattern's validator and context agree with a match.
    fn agrees(&self, pattern: &Pattern, text: &[Ch], start: usize, end: usize, named: bool) -> bool {
        if let Some(validator) = pattern.validator
            && !self.parts.validators.passes(validator, &text[start..end])
        {
            return false;
        }
        match &pattern.context {
            Some(context) if !named => {
                context.is_in(&text[start.saturating_sub(BEFORE)..start])
                    || context.is_in(&text[end..(end + AFTER).min(text.len())])
            }
            _ => true,
        }
    }

    /// What the names around a value say.
    fn context_of(&self, path: &[Name]) -> Arc<FieldContext> {
        if path.is_empty() {
            return self.nameless.clone();
        }
        if let Some(known) = self.contexts.read().ok().and_then(|known| known.get(path).cloned()) {
            return known;
        }
        let mut names: Vec<Ch> = Vec::new();
        for name in path {
            for (start, end) in self.lines.split(name) {
                if !names.is_empty() {
                    names.push(32);
                }
                names.extend_from_slice(&name[start..end]);
            }
        }
        let numbers: Vec<usize> = (0..self.parts.patterns.len())
            .filter(|i| self.parts.patterns[*i].context.as_ref().is_some_and(|c| c.is_in(&names)))
            .collect();
        let named = if numbers.is_empty() { Vec::new() } else { self.scanner.named(&numbers) };
        let rule = self.parts.fields.rule(path).or_else(|| self.parts.fields.covering(path)).cloned();
        let found = Arc::new(FieldContext { rule, numbers, named });
        if let Ok(mut known) = self.contexts.write() {
            if known.len() >= MOST_PATHS {
                known.clear();
            }
            known.insert(path.to_vec(), found.clone());
        }
        found
    }

    fn recognise(&self, text: &[Ch], found: &mut Vec<Span>) {
        match &self.parts.names {
            Recognizer::None => {}
            Recognizer::Listed(names, kind) => {
                for (start, end) in names.recognise(text) {
                    found.push(Span::new(start, end, *kind, false, text[start..end].to_vec()));
                }
            }
            Recognizer::Python(python) => {
                for (start, end, detector) in python.recognise(text) {
                    if let Some(kind) = self.parts.kind_by_id.get(&detector) {
                        found.push(Span::new(start, end, *kind, false, text[start..end].to_vec()));
                    }
                }
            }
        }
    }

    fn field_span(&self, start: usize, end: usize, detector: usize, plain: &[Ch]) -> Span {
        Span::new(start, end, self.parts.kind_of[detector], true, plain.to_vec())
    }

    fn guideline(&self, detector: usize) -> &str {
        &self.parts.kinds[self.parts.kind_of[detector] as usize].guideline
    }

    /// Without the "likely" spans that lie in a harmless one.
    fn unharmed(&self, text: &[Ch], rows: &Rows, found: Vec<Span>) -> Vec<Span> {
        if found.iter().all(|s| s.certain) {
            return found;
        }
        let mut found = found;
        if !self.parts.no_names.is_empty() {
            found.retain(|s| s.certain || self.parts.kinds[s.kind as usize].guideline != "name" || !self.denied(&s.plain));
        }
        // what begins behind all that may stay says nothing of it
        let last = found.iter().filter(|s| !s.certain).map(|s| s.start).max().unwrap_or(0);
        let mut harmless: Vec<(usize, usize)> =
            self.harmless.scan_to(text, rows, last, &[]).into_iter().map(|(_, span)| span).collect();
        harmless.sort_unstable();
        let covered = Covered::new(&harmless);
        found.retain(|s| s.certain || !covered.reaches(s.start, s.end));
        found.retain(|s| !self.by_script.contains(&s.kind) || !self.parts.validators.is_of_program(text, s.start, s.end));
        found
    }

    fn denied(&self, name: &[Ch]) -> bool {
        let mut any = false;
        for word in name.split(|&c| !self.letter.has(c)).filter(|w| !w.is_empty()) {
            any = true;
            let folded = if is_ascii(word) {
                word.iter().map(|&c| crate::chars::ascii_lower(c)).collect()
            } else {
                self.library.conversions.convert("fold", word)
            };
            if !self.parts.no_names.contains(&folded) {
                return false;
            }
        }
        any
    }

    /// Without single letters of other scripts in a short text of bytes: two or three random bytes can be such a letter.
    fn without_chance(&self, text: &[Ch], found: Vec<Span>) -> Vec<Span> {
        if text.len() >= SHORT || is_ascii(text) {
            return found;
        }
        let bytes = |c: &Ch| match *c {
            0..0x80 => 1,
            0x80..0x800 => 2,
            0xD800..0xE000 => 1, // a question mark
            0x800..0x10000 => 3,
            _ => 4,
        };
        found
            .into_iter()
            .filter(|s| Some(s.kind) != self.non_latin || s.plain.iter().map(bytes).sum::<usize>() >= FEWEST_BYTES)
            .collect()
    }

    /// Whether a stretch holds more than placeholders and punctuation.
    fn says_more(&self, masked: &[Ch]) -> bool {
        !masked.contains(&FILL) || masked.iter().any(|&c| self.word.has(c))
    }

    /// What of `[start, end)` lies outside placeholders and is more than punctuation.
    fn around(&self, text: &[Ch], start: usize, end: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = start;
        for part in text[start..end].split(|&c| c == FILL) {
            if part.windows(2).any(|two| self.word.has(two[0]) && self.word.has(two[1])) {
                found.push((at, at + part.len()));
            }
            at += part.len() + 1;
        }
        found
    }

    /// The span of a number that is a value of JSON within a text, with the quote that makes its placeholder one too.
    fn quoted(&self, text: &[Ch], span: Span) -> Span {
        let is_array = span.inner.as_ref().is_some_and(|inner| inner.alphabet == Alphabet::Array);
        if !span.requote.is_empty()
            || !(is_array || self.number.fullmatch(text, span.start, span.end).is_some())
            || self.json_after.match_at(text, span.end, text.len()).is_none()
        {
            return span;
        }
        let m = self.json_before.search(text, span.start.saturating_sub(BEFORE), span.start);
        match m.and_then(|m| m.span(1)) {
            Some((a, b)) => Span { requote: text[a..b].to_vec(), ..span },
            None => span,
        }
    }

    /// A long text in parts that overlap, cut at white space where there is some, and not inside an escape sequence.
    fn windows(&self, text: &[Ch]) -> Vec<(usize, usize)> {
        let mut parts = Vec::new();
        let mut start = 0;
        loop {
            let mut end = (start + WINDOW).min(text.len());
            if end < text.len() {
                end = match text[end - OVERLAP..end].iter().rposition(|&c| self.space.has(c)) {
                    Some(at) => end - OVERLAP + at,
                    None => unescaped(text, end),
                };
            }
            parts.push((start, end));
            if end == text.len() {
                return parts;
            }
            start = unescaped(text, end - OVERLAP / 2);
        }
    }
}

/// How the quotes of a requoted value are written where a leaf stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Json,
    Csv,
}

impl Quote {
    fn of(coding: Coding) -> Quote {
        match coding {
            Coding::Json | Coding::Name => Quote::Json,
            Coding::Csv => Quote::Csv,
            _ => Quote::None,
        }
    }
}

/// A span of a leaf's decoded text as a span of the text that the leaf stands in.
fn moved(span: Span, view: Option<&View>, offset: usize, quote: Quote) -> Span {
    let mut span = span;
    let (start, end) = view.map_or((span.start, span.end), |v| v.origin(span.start, span.end));
    (span.start, span.end) = (start + offset, end + offset);
    if !span.requote.is_empty() && quote != Quote::None {
        let (slash, sign) = (u32::from('\\'), u32::from('"'));
        span.requote = span
            .requote
            .iter()
            .flat_map(|&c| match quote {
                Quote::Json if c == slash || c == sign => vec![slash, c],
                Quote::Csv if c == sign => vec![sign, sign],
                _ => vec![c],
            })
            .collect();
    }
    span
}

/// The span of an encoded text or of an array of bytes, and what in the text that it is must go.
fn encoded_span(start: usize, end: usize, text: Vec<Ch>, inner: Vec<Span>, alphabet: Alphabet, padded: bool) -> Span {
    let kind = inner.iter().find(|s| s.certain).or(inner.first()).map_or(0, |s| s.kind);
    let mut span = Span::new(start, end, kind, true, text.clone());
    span.inner = Some(Arc::new(Inner { text, spans: inner, alphabet, padded }));
    span
}

/// Stretches in order of their starts, and how far they reach.
struct Covered {
    starts: Vec<usize>,
    reach: Vec<usize>,
}

impl Covered {
    fn new(stretches: &[(usize, usize)]) -> Covered {
        let mut most = 0;
        let reach = stretches
            .iter()
            .map(|(_, end)| {
                most = most.max(*end);
                most
            })
            .collect();
        Covered { starts: stretches.iter().map(|(start, _)| *start).collect(), reach }
    }

    fn at(&self, start: usize) -> Option<usize> {
        let n = self.starts.partition_point(|&s| s <= start);
        (n > 0).then(|| self.reach[n - 1])
    }

    fn has(&self, place: usize) -> bool {
        self.at(place).is_some_and(|reach| place < reach)
    }

    fn reaches(&self, start: usize, end: usize) -> bool {
        self.at(start).is_some_and(|reach| reach >= end)
    }
}

/// The last place at or before `position` that has no backslash close before it; `position` where there is none near.
fn unescaped(text: &[Ch], position: usize) -> usize {
    let slash = u32::from('\\');
    for i in (position.saturating_sub(OVERLAP) + 1..=position).rev() {
        if !text[i.saturating_sub(12)..i].contains(&slash) {
            return i;
        }
    }
    position
}

/// Whether a text of ASCII stands in another.
#[inline(always)]
pub fn contains(text: &[Ch], sought: &str) -> bool {
    position(text, sought.chars().map(u32::from)).is_some()
}

/// Whether a list of bytes has a quarter beyond ASCII, as a key that was made at random: a list of small counts has not.
fn is_key(numbers: &[Ch]) -> bool {
    let (mut count, mut beyond) = (0, 0);
    let mut at = 0;
    while at < numbers.len() {
        let digits = numbers[at..].iter().take_while(|c| (48..58).contains(*c)).count();
        if digits == 0 {
            at += 1;
            continue;
        }
        let value =
            numbers[at..at + digits].iter().fold(0u64, |value, c| value.saturating_mul(10).saturating_add(u64::from(c - 48)));
        let is_negative = value > 0 && at > 0 && numbers[at - 1] == u32::from('-');
        count += 1;
        beyond += usize::from(is_negative || value > 127);
        at += digits;
    }
    count >= FEWEST_OF_KEY && 4 * beyond >= count
}
