//! The same text as others may read it (`logscrub/detect/views.py`): decoded views whose spans map back to where they came from.
//!
//! The expressions that every text meets are loops here; what they find is what those of the definition find.

use crate::chars::{Ch, CharSet, Conversions, codes, text_of};
use crate::engine::contains;
use crate::library::Library;
use crate::rows::Rows;
use crate::rx::Regex;
use std::collections::HashMap;
use std::iter::successors;
use std::sync::Arc;

/// A unit cannot be scanned: the definition raises an exception here, and who scrubs the unit withholds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unscannable;

/// A decoded text; character i of it comes from `[starts[i], ends[i])` of the original.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct View {
    pub text: Vec<Ch>,
    pub starts: Vec<usize>,
    pub ends: Vec<usize>,
}

impl View {
    /// Where the span `[start, end)` of the decoded text (not empty) stands in the original.
    pub fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.starts.get(start).or(self.starts.first());
        let last = self.ends.get(end.wrapping_sub(1)).or(self.ends.last());
        (first.copied().unwrap_or(0), last.copied().unwrap_or(0))
    }

    fn push(&mut self, c: Ch, start: usize, end: usize) {
        self.text.push(c);
        self.starts.push(start);
        self.ends.push(end);
    }

    /// Adds a stretch that reads as it is written, and stands at a place of the original.
    fn push_plain(&mut self, text: &[Ch], at: usize) {
        self.text.extend_from_slice(text);
        self.starts.extend(at..at + text.len());
        self.ends.extend(at + 1..at + text.len() + 1);
    }

    /// `inner` is a view of this view's text: the same view, of the original.
    fn composed(&self, inner: View) -> View {
        let start = |i: usize| self.starts.get(i).copied().unwrap_or(0);
        let end = |i: usize| self.ends.get(i.wrapping_sub(1)).copied().unwrap_or(0);
        View {
            starts: inner.starts.into_iter().map(start).collect(),
            ends: inner.ends.into_iter().map(end).collect(),
            text: inner.text,
        }
    }
}

/// How an encoded text is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alphabet {
    Base64,
    Base64Url,
    Hex,
}

/// How a piece of a text that was cut is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coding {
    Plain,
    Json,
    Bytes,
}

/// A stretch of base64 or hex, and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Encoded {
    pub start: usize,
    pub end: usize,
    pub text: Vec<Ch>,
    pub alphabet: Alphabet,
    pub padded: bool,
}

const REPLACEMENT: Ch = 0xFFFD;
const BACKSLASH: Ch = b'\\' as Ch;
const QUOTE: Ch = b'"' as Ch;
const ESCAPE: Ch = 0x1B;
const LONGEST_ENCODED: usize = 1 << 20;
/// Characters of the shortest encoded text.
const SHORTEST_ENCODED: usize = 16;
/// Characters from which a text of bytes may have strange ones.
const SHORT_TEXT: usize = 16;
/// How often a text is decoded.
const MOST_LAYERS: usize = 4;
const LONGEST_ENTITY: usize = 31;
const MOST_OF_COLOUR: usize = 40;
const BUFFER: [Ch; 8] = wide(b"<Buffer ");
const ELLIPSIS: [Ch; 3] = wide(b"...");
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEX: &[u8; 16] = b"0123456789abcdef";
/// Of each character of base64, in either alphabet, its six bits; of others more.
const SIX_BITS: [u8; 128] = six_bits();
const NO_BITS: u8 = 0xFF;

const fn six_bits() -> [u8; 128] {
    let mut bits = [NO_BITS; 128];
    let mut i = 0;
    while i < 64 {
        bits[BASE64[i] as usize] = i as u8;
        bits[BASE64_URL[i] as usize] = i as u8;
        i += 1;
    }
    bits
}

/// Characters of ASCII.
pub(crate) const fn wide<const N: usize>(text: &[u8; N]) -> [Ch; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = text[i] as Ch;
        i += 1;
    }
    out
}

/// What the code points from U+0080 to U+009F stand for in a numeric reference: mostly what Windows-1252 has there.
const WINDOWS: [Ch; 32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F, 0x90,
    0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
];

/// One decoding: a view, None where the text has nothing to decode.
type Step = fn(&Views, &[Ch]) -> Option<View>;

/// Decodes texts.
pub struct Views {
    written: Arc<CharSet>,
    unplain: Arc<CharSet>,
    conversions: Arc<Conversions>,
    quoted_printable: Arc<Regex>,
    escaped_bytes: Arc<Regex>,
    escaped_run: Arc<Regex>,
    escaped_byte: Arc<Regex>,
    join: Arc<Regex>,
    array: Arc<Regex>,
    signs: Arc<Regex>,
    spelt: Arc<Regex>,
    sign: Arc<Regex>,
    /// Its groups `bare` and `quoted`.
    sign_groups: [usize; 2],
    dump: Arc<Regex>,
    octal: Arc<Regex>,
    digits: Arc<Regex>,
    bits: usize,
    base32: Arc<Regex>,
    of_mainframe: Arc<Regex>,
    hex_line: Arc<Regex>,
    /// Its groups `line` and `bytes`.
    hex_line_groups: [usize; 2],
    array_hex: usize,
    entities: HashMap<Vec<Ch>, Vec<Ch>>,
    /// Characters of the longest name of an entity that needs no semicolon.
    longest_open: usize,
}

impl Views {
    /// `entities`: the names of HTML, and what they stand for (`html.entities.html5`).
    pub fn new(library: &Library, entities: Vec<(String, String)>) -> Result<Views, String> {
        let array = library.rx("views._ARRAY")?;
        let [sign, digits, hex_line] = ["views._SIGN", "views._DIGITS", "views._HEX_LINE"].map(|name| library.rx(name));
        let (sign, digits, hex_line) = (sign?, digits?, hex_line?);
        let group = |regex: &Regex, name: &str| regex.group(name).ok_or_else(|| format!("no group {name}"));
        let open = entities.iter().filter(|(name, _)| !name.ends_with(';'));
        Ok(Views {
            written: library.set("written")?,
            unplain: library.set("unplain")?,
            conversions: library.conversions.clone(),
            quoted_printable: library.rx("views._QUOTED_PRINTABLE")?,
            escaped_bytes: library.rx("views._ESCAPED_BYTES")?,
            escaped_run: library.rx("views._ESCAPED_RUN")?,
            escaped_byte: library.rx("views._ESCAPED_BYTE")?,
            join: library.rx("views._JOINED")?,
            signs: library.rx("views._SIGNS")?,
            spelt: library.rx("views._SPELT")?,
            sign_groups: [group(&sign, "bare")?, group(&sign, "quoted")?],
            sign,
            dump: library.rx("views._DUMP")?,
            octal: library.rx("views._OCTAL")?,
            bits: group(&digits, "bits")?,
            digits,
            base32: library.rx("views._BASE32")?,
            of_mainframe: library.rx("views._OF_MAINFRAME")?,
            hex_line_groups: [group(&hex_line, "line")?, group(&hex_line, "bytes")?],
            hex_line,
            array_hex: array.group("hex").ok_or("views._ARRAY has no group hex")?,
            array,
            longest_open: open.map(|(name, _)| name.len()).max().unwrap_or(0),
            entities: entities.iter().map(|(name, text)| (codes(name), codes(text))).collect(),
        })
    }

    /// The inside of a JSON string, unescaped; None where it holds no escapes.
    pub fn unescape_json(&self, text: &[Ch]) -> Option<View> {
        unescape_json(text)
    }

    /// The text alone of what `unescape_json` makes of the inside of a JSON string.
    pub fn unescaped_json(&self, text: &[Ch]) -> Vec<Ch> {
        unescaped_json(text)
    }

    /// A text of a terminal without its colours; None where it has none.
    pub fn without_colours(&self, text: &[Ch]) -> Option<View> {
        without_colours(text)
    }

    /// Whether a text has colours.
    pub fn has_colours(&self, text: &[Ch]) -> bool {
        has_colours(text)
    }

    /// The inside of a quoted CSV cell, `""` made `"`; None where it holds none.
    pub fn double_quotes(&self, text: &[Ch]) -> Option<View> {
        double_quotes(text)
    }

    /// The query of a URL as it reads behind a question mark.
    pub fn with_question_mark(&self, text: &[Ch]) -> View {
        with_question_mark(text)
    }

    /// Where a list in JSON ends that begins at `start`, if its numbers could be bytes.
    pub fn array_end(&self, text: &[Ch], start: usize) -> Option<usize> {
        array_end(text, start)
    }

    /// The text whose bytes the numbers (of at most three digits) are, whatever it says.
    pub fn view_of_bytes(&self, numbers: &[Ch]) -> View {
        view_of_bytes(numbers)
    }

    /// The inverse of what `encoded_texts` decodes.
    pub fn encode(&self, text: &[Ch], alphabet: Alphabet, padded: bool) -> Result<Vec<Ch>, Unscannable> {
        encode(text, alphabet, padded)
    }

    /// One text of pieces `(text, where it stands in the original, how it is written)`.
    pub fn joined(&self, pieces: &[(&[Ch], usize, Coding)]) -> View {
        joined(pieces)
    }

    /// A text or the value of an attribute in XML, its entities made characters; None where it holds none.
    pub fn unescape_xml(&self, text: &[Ch]) -> Option<View> {
        let mut out = Rewriting::new(text);
        let mut at = 0;
        let mut made = Vec::new();
        while let Some(start) = find(text, at, b'&') {
            match entity_end(text, start) {
                Some(end) => {
                    made.clear();
                    if self.entity(&text[start + 1..end], &mut made) {
                        out.replace(start, end, &made);
                    }
                    at = end;
                }
                None => at = start + 1,
            }
        }
        out.finish()
    }

    /// What an entity (without its ampersand, with its semicolon) stands for; false where it stays as it is.
    fn entity(&self, name: &[Ch], made: &mut Vec<Ch>) -> bool {
        if let Some(digits) = name.strip_prefix(&wide(b"#")) {
            made.extend(numbered(digits));
            return true;
        }
        if let Some(text) = self.entities.get(name) {
            made.extend_from_slice(text);
            return true;
        }
        for size in (2..name.len().min(self.longest_open + 1)).rev() {
            if let Some(text) = self.entities.get(&name[..size]) {
                made.extend_from_slice(text);
                made.extend_from_slice(&name[size..]);
                return true;
            }
        }
        false
    }

    /// The views of a text that differ from it, each decoded once more than the one before, at most four deep.
    pub fn decodings(&self, text: &[Ch], rows: &Rows) -> Vec<View> {
        let mut views: Vec<View> = Vec::new();
        while views.len() < MOST_LAYERS {
            let step = match views.last() {
                None => self.decode_once(text, rows),
                Some(view) => self.decode_once(&view.text, &Rows::plain(&view.text)),
            };
            let Some(step) = step else { break };
            let view = match views.last() {
                Some(outer) => outer.composed(step),
                None => step,
            };
            views.push(view);
        }
        views
    }

    fn decode_once(&self, text: &[Ch], rows: &Rows) -> Option<View> {
        if !may_be_coded(rows) && !may_be_quoted_printable(rows) && !may_be_joined(rows) {
            return None;
        }
        let mut view: Option<View> = None;
        let steps: [Step; 8] = [
            |_, text| percent_decoded(text),
            Views::quoted_printable,
            Views::escaped_bytes,
            |_, text| unescaped(text),
            Views::unescape_xml,
            Views::without_joins,
            |_, text| read_again(text),
            Views::normalised,
        ];
        for decode in steps {
            let step = decode(self, view.as_ref().map_or(text, |view| &view.text));
            if let Some(step) = step {
                view = Some(match view {
                    Some(outer) => outer.composed(step),
                    None => step,
                });
            }
        }
        view
    }

    /// What quoted-printable writes between letters.
    fn quoted_printable(&self, text: &[Ch]) -> Option<View> {
        let mut out = Rewriting::new(text);
        for m in self.quoted_printable.find_iter(text, 0, text.len()) {
            let mut start = m.start();
            for (c, size) in Characters(&hex_pairs(&text[start..m.end()])) {
                out.replace(start, start + 3 * size, &[c]);
                start += 3 * size;
            }
        }
        out.finish()
    }

    /// Bytes in hexadecimal or octal digits behind backslashes, in UTF-8. One that belongs to no character is of Latin-1.
    fn escaped_bytes(&self, text: &[Ch]) -> Option<View> {
        find(text, 0, b'\\')?;
        let mut out = Rewriting::new(text);
        for m in self.escaped_bytes.find_iter(text, 0, text.len()) {
            let (mut places, mut data) = (Vec::new(), Vec::new());
            for one in self.escaped_byte.find_iter(text, m.start(), m.end()) {
                let code = &text[one.start()..one.end()];
                let slashes = code.iter().take_while(|c| **c == BACKSLASH).count();
                let code = &code[slashes..];
                let value = match code.split_first() {
                    Some((&x, digits)) if x == Ch::from(b'x') => hex_value(digits).unwrap_or(0),
                    _ => code.iter().fold(0, |number, c| number * 8 + (c - Ch::from(b'0'))),
                };
                places.push((one.start(), one.end()));
                data.push(value as u8);
            }
            let mut n = 0;
            for (c, size) in Characters(&data) {
                let c = if c == REPLACEMENT && size == 1 { data[n].into() } else { c };
                out.replace(places[n].0, places[n + size - 1].1, &[c]);
                n += size;
            }
        }
        out.finish()
    }

    /// Texts that a program joins, as one.
    fn without_joins(&self, text: &[Ch]) -> Option<View> {
        let mut out = Rewriting::new(text);
        for m in self.join.find_iter(text, 0, text.len()) {
            // nothing, or the sign of a mail address, by itself or by its number
            let unit = &text[m.start()..m.end()];
            let has_sign = contains(unit, "@") || contains(unit, "64");
            out.replace(m.start(), m.end(), if has_sign { &[b'@' as Ch] } else { &[] });
        }
        out.finish()
    }

    /// Without invisible characters and NULs, compatibility forms (full-width, ligatures) made plain (NFKC).
    fn normalised(&self, text: &[Ch]) -> Option<View> {
        let mut out = Rewriting::new(text);
        for (i, &c) in text.iter().enumerate() {
            if self.unplain.has(c) {
                match c {
                    0 => out.replace(i, i + 1, &[]),
                    0xDC80..=0xDCFF => out.replace(i, i + 1, &[c - 0xDC00]),
                    _ => out.replace(i, i + 1, &self.conversions.convert("plain", &[c])),
                }
            }
        }
        out.finish()
    }

    /// Base64 and hex stretches of a text that decode to readable text.
    pub fn encoded_texts(&self, text: &[Ch], runs: &[(usize, usize)]) -> Vec<Encoded> {
        let (mut found, mut hex) = (Vec::new(), Vec::new());
        for &(from, to) in runs {
            found.extend(self.base64(text, from, to));
            let mut at = from;
            for part in text[from..to].split(|c| !is_alnum(*c)) {
                let skipped = hex_prefix(text, at, part);
                hex.extend(self.hex(text, at + skipped, at + part.len()));
                at += part.len() + 1;
            }
        }
        found.append(&mut hex);
        found
    }

    /// What a whole run of characters of base64 says.
    fn base64(&self, text: &[Ch], from: usize, to: usize) -> Option<Encoded> {
        let body = &text[from..to];
        let signs = text[to..].iter().take(3).take_while(|c| **c == b'=' as Ch).count();
        let goes_on = signs == 3 || text.get(to + signs).is_some_and(|c| six_bits_of(*c) != NO_BITS);
        if goes_on || body.len() + signs > LONGEST_ENCODED || body.len() % 4 == 1 {
            return None;
        }
        let urlsafe = body.iter().any(|c| matches!(byte(*c), b'-' | b'_'));
        if urlsafe && body.iter().any(|c| matches!(byte(*c), b'+' | b'/')) {
            return None;
        }
        let mut data = Vec::new();
        let mut is_wide = false; // UTF-16 has a zero behind each letter
        for four in body.chunks(4) {
            let bits = four.iter().fold(0, |bits, c| bits << 6 | six_bits_of(*c) as u32) << (6 * (4 - four.len()));
            for byte in &bits.to_be_bytes()[1..four.len()] {
                is_wide |= data.len() == 1 && *byte == 0;
                let is_zero = is_wide && data.len() % 2 == 1;
                if is_zero && *byte != 0 || !is_zero && !self.may_be_read(*byte) {
                    return None;
                }
                data.push(*byte);
            }
        }
        if is_wide {
            data = data.into_iter().step_by(2).collect();
        }
        let alphabet = if urlsafe { Alphabet::Base64Url } else { Alphabet::Base64 };
        let padded = signs > 0 || body.len() % 4 == 0;
        Some(Encoded { start: from, end: to + signs, text: self.readable(&data)?, alphabet, padded })
    }

    /// What a whole run of letters and digits says in hex.
    fn hex(&self, text: &[Ch], from: usize, to: usize) -> Option<Encoded> {
        let data = hex_digits(&text[from..to])?;
        if !data.iter().all(|byte| self.may_be_read(*byte)) {
            return None;
        }
        Some(Encoded { start: from, end: to, text: self.readable(&data)?, alphabet: Alphabet::Hex, padded: true })
    }

    /// The text of a run that is hex as a whole and no UTF-8 but UTF-16 of Latin letters, in either order, or EBCDIC.
    fn other_text_of(&self, text: &[Ch], from: usize, to: usize, found: &mut Vec<(usize, usize, Vec<Ch>)>) {
        let start = from + hex_prefix(text, from, &text[from..to]);
        let said = hex_digits(&text[start..to]).and_then(|data| self.other_text(&data));
        found.extend(said.map(|said| (start, to, said)));
    }

    fn other_text(&self, data: &[u8]) -> Option<Vec<Ch>> {
        for (high, low) in [(1, 0), (0, 1)] {
            if data.len() % 2 == 0 && data.iter().skip(high).step_by(2).all(|byte| *byte == 0) {
                return self.readable(&data.iter().skip(low).step_by(2).copied().collect::<Vec<u8>>());
            }
        }
        let text: Option<Vec<Ch>> = data.iter().map(|byte| ebcdic(*byte)).collect();
        text.filter(|text| self.of_mainframe.is_full(text))
    }

    /// Whether a byte may be one of a readable text.
    fn may_be_read(&self, byte: u8) -> bool {
        byte >= 128 || self.is_read(byte.into())
    }

    fn is_read(&self, c: Ch) -> bool {
        self.written.has(c) && c != ESCAPE
    }

    /// Bytes as text, where they are text: UTF-8 without control characters, but for line ends and tabs.
    pub fn readable(&self, data: &[u8]) -> Option<Vec<Ch>> {
        if data.len() < 6 {
            return None;
        }
        let text = std::str::from_utf8(data).ok()?;
        text.chars().map(u32::from).map(|c| self.is_read(c).then_some(c)).collect()
    }

    /// Arrays of bytes in a text that are text: start, end, decoded.
    pub fn byte_arrays(&self, text: &[Ch], rows: &Rows, runs: &[(usize, usize)]) -> Vec<(usize, usize, Vec<Ch>)> {
        let mut found = Vec::new();
        if rows.is_word() && runs.is_empty() {
            return found; // bytes are told apart by signs
        }
        let brackets = brackets_in(rows);
        let mut at = 0;
        for &start in &brackets {
            if start < at || !may_begin_array(text, start) {
                continue;
            }
            let Some(m) = self.array.match_at(text, start, text.len()) else { continue };
            at = m.end();
            let decoded = match m.span(self.array_hex) {
                Some((a, b)) => self.text(&hex_pairs(&text[a..b])),
                None => {
                    let all = &text[start..m.end()];
                    let until = all.windows(ELLIPSIS.len()).position(|part| part == ELLIPSIS).unwrap_or(all.len());
                    self.text_of_bytes(&all[..until])
                }
            };
            found.extend(decoded.map(|decoded| (start, m.end(), decoded)));
        }
        let arrays = found.len();
        let mut dumps = Vec::new();
        self.dumps(text, rows, &mut dumps);
        for dump in dumps {
            // what stands in brackets was read
            let n = found[..arrays].partition_point(|array| array.0 < dump.1);
            if n == 0 || found[n - 1].1 <= dump.0 {
                found.push(dump);
            }
        }
        self.arrays_of_signs(text, &brackets, &mut found);
        self.spelt_texts(text, rows, &mut found);
        for &(from, _) in runs {
            if may_be_base32(&rows.inside()[from..])
                && let Some(m) = self.base32.match_at(text, from, text.len())
                && let Some(decoded) = self.readable(&base32_bytes(&text[from..m.end()]))
            {
                found.push((from, m.end(), decoded));
            }
        }
        for &(from, to) in runs {
            self.other_text_of(text, from, to, &mut found);
        }
        self.hex_lines(text, rows, &mut found);
        self.escaped_runs(text, rows, &mut found);
        found
    }

    /// Texts that are written in numbers behind backslashes, as a whole.
    fn escaped_runs(&self, text: &[Ch], rows: &Rows, found: &mut Vec<(usize, usize, Vec<Ch>)>) {
        let mut behind = 0;
        let next = |from: usize| rows.find(from, b'\\');
        for start in successors(next(0), |at| next(at + 1)) {
            if start < behind {
                continue;
            }
            let Some(m) = self.escaped_run.match_at(text, start, text.len()) else { continue };
            behind = m.end();
            let values = numbers_of_escapes(&text[start..m.end()]);
            let decoded = if values.iter().all(|value| *value < 256) {
                self.text(&values.iter().map(|value| *value as u8).collect::<Vec<u8>>())
            } else {
                None
            };
            found.extend(decoded.map(|decoded| (start, m.end(), decoded)));
        }
    }

    /// Arrays of single characters.
    fn arrays_of_signs(&self, text: &[Ch], brackets: &[usize], found: &mut Vec<(usize, usize, Vec<Ch>)>) {
        let mut at = 0;
        for &start in brackets {
            if start < at || text[start] == b'<' as Ch {
                continue;
            }
            let byte_at = |at: usize| text.get(at).map_or(0, |c| byte(*c));
            let is_quoted = (start + 1..=start + 3)
                .any(|quote| matches!(byte_at(quote), b'"' | b'\'') && byte_at(quote + 2) == byte_at(quote));
            let is_first = |at: usize| byte_at(at) == b'0' && matches!(byte_at(at + 1), b':' | b' ' | b'=');
            if byte_at(start + 2) != b',' && !is_quoted && !is_first(start + 1) && !is_first(start + 2) {
                continue;
            }
            let Some(m) = self.signs.match_at(text, start, text.len()) else { continue };
            at = m.end();
            let signs = self.signs_in(&text[start..m.end()]);
            if signs.iter().any(|c| byte(*c).is_ascii_alphabetic()) {
                found.push((start, m.end(), signs));
            }
        }
    }

    /// The characters in an array of single ones.
    fn signs_in(&self, part: &[Ch]) -> Vec<Ch> {
        let signs = self.sign.find_iter(part, 0, part.len());
        let spans = signs.filter_map(|m| self.sign_groups.iter().find_map(|group| m.span(*group)));
        spans.flat_map(|(a, b)| part[a..b].to_vec()).collect()
    }

    /// Single characters in a row without brackets, and words that are spelt (`_SPELT`).
    fn spelt_texts(&self, text: &[Ch], rows: &Rows, found: &mut Vec<(usize, usize, Vec<Ch>)>) {
        let inside = rows.inside();
        let is_letter = |at: usize| inside.get(at).is_some_and(|row| row.is_ascii_alphabetic() || *row >= 128);
        let may_begin = |at: usize| match inside[at] {
            b'-' if at > 0 && inside.get(at + 2) == Some(&b'-') && is_letter(at - 1) && is_letter(at + 1) => Some(at - 1),
            quote @ (b'"' | b'\'') if inside.get(at + 2) == Some(&quote) && inside.get(at + 3) == Some(&b',') => Some(at),
            _ => None,
        };
        let mut behind = 0;
        let next = |from: usize| rows.find_three(from, *b"-\"'");
        for start in successors(next(0), |at| next(at + 1)).filter_map(may_begin) {
            if start < behind {
                continue;
            }
            let Some(m) = self.spelt.match_at(text, start, text.len()) else { continue };
            behind = m.end();
            let part = &text[start..m.end()];
            let is_quoted = matches!(byte(part[0]), b'"' | b'\'');
            let signs = if is_quoted { self.signs_in(part) } else { part.iter().step_by(2).copied().collect() };
            if signs.iter().any(|c| byte(*c).is_ascii_alphabetic()) {
                found.push((start, m.end(), signs));
            }
        }
    }

    /// Dumps of bytes that are text.
    fn dumps(&self, text: &[Ch], rows: &Rows, found: &mut Vec<(usize, usize, Vec<Ch>)>) {
        if text.len() < SHORTEST_DUMP || !rows.any(*b" -:,") {
            return;
        }
        let rows = rows.inside();
        let (mut behind, mut behind_digits) = (0, 0);
        let mut of_digits = Vec::new();
        for start in (1..text.len() - 1).filter_map(|sign| may_begin_dump(rows, sign)) {
            if start >= behind
                && let Some(m) = self.dump.match_at(text, start, text.len())
            {
                behind = m.end();
                let decoded = self.text(&narrow(hex_pairs(&text[m.start()..m.end()])));
                found.extend(decoded.map(|decoded| (m.start(), m.end(), decoded)));
            }
            if start >= behind_digits
                && let Some(m) = self.digits.match_at(text, start, text.len())
            {
                behind_digits = m.end();
                let part = &text[m.start()..m.end()];
                let decoded =
                    if m.span(self.bits).is_some() { self.text(&bytes_of_bits(part)) } else { self.text_of_digits(part) };
                of_digits.extend(decoded.map(|decoded| (m.start(), m.end(), decoded)));
            }
        }
        found.append(&mut of_digits);
    }

    /// Dumps with the places of their bytes that are text. Their lines are joined.
    fn hex_lines(&self, text: &[Ch], rows: &Rows, found: &mut Vec<(usize, usize, Vec<Ch>)>) {
        let [line, bytes] = self.hex_line_groups;
        let (mut start, mut end, mut place) = (0, 0, 0);
        let mut data: Vec<u8> = Vec::new();
        loop {
            let m =
                may_begin_hex_line(&rows.inside()[place..]).then(|| self.hex_line.match_at(text, place, text.len())).flatten();
            if let Some(m) = &m {
                let (Some((from, to)), Some((a, b))) = (m.span(line), m.span(bytes)) else { return };
                start = if data.is_empty() { from } else { start };
                end = to;
                data.extend(hex_pairs(&text[a..b]));
            }
            if !data.is_empty() && m.as_ref().is_none_or(|m| m.end() == text.len()) {
                let decoded = if data.len() >= SHORTEST_LINES { self.text(&data) } else { None };
                found.extend(decoded.map(|decoded| (start, end, decoded)));
                data.clear();
            }
            place = match m {
                Some(m) if m.end() < text.len() => m.end(),
                Some(_) => return,
                None => match rows.find(place, b'\n') {
                    Some(line_end) => line_end + 1,
                    None => return,
                },
            };
        }
    }

    /// The text whose bytes the numbers are in digits of ten, else in those of eight; None where they are no text.
    fn text_of_digits(&self, numbers: &[Ch]) -> Option<Vec<Ch>> {
        let apart: Vec<Ch> = numbers.iter().map(|&c| if c == b'-' as Ch { b' ' as Ch } else { c }).collect();
        let decoded = self.text_of_bytes(&apart);
        if decoded.is_some() || !self.octal.is_full(numbers) {
            return decoded;
        }
        let digits: Vec<u8> = numbers.iter().filter(|c| is_digit(**c)).map(|c| byte(*c) - b'0').collect();
        self.text(&digits.chunks(3).map(|three| three.iter().fold(0, |value, digit| value << 3 | digit)).collect::<Vec<u8>>())
    }

    /// The text whose bytes the numbers (of at most three digits) are; None where they are no text.
    pub fn text_of_bytes(&self, numbers: &[Ch]) -> Option<Vec<Ch>> {
        let mut data = Vec::new();
        for number in numbers_in(numbers) {
            if !(-128..=255).contains(&number.value) {
                return None;
            }
            data.push(number.byte);
        }
        if data.is_empty() { None } else { self.text(&data) }
    }

    /// Bytes as text; None where a fifth or more of the characters are undecoded and what nobody writes; of a short one any.
    fn text(&self, data: &[u8]) -> Option<Vec<Ch>> {
        let text: Vec<Ch> = Characters(data).map(|(c, _)| c).collect();
        let strange = text.iter().filter(|c| !self.written.has(**c) || **c == REPLACEMENT).count();
        (strange == 0 || (text.len() >= SHORT_TEXT && strange * 5 < text.len())).then_some(text)
    }
}

/// `Views::unescape_json`.
pub fn unescape_json(text: &[Ch]) -> Option<View> {
    let mut out = Rewriting::new(text);
    let mut at = 0;
    while let Some(start) = find(text, at, b'\\') {
        match json_escape(text, start) {
            Some((c, end)) => {
                out.replace(start, end, &[c]);
                at = end;
            }
            None => at = start + 1,
        }
    }
    out.finish()
}

/// `Views::unescaped_json`. What a parser of JSON makes of a string is what stands for its escape sequences, and what is no JSON
/// is read so too.
pub fn unescaped_json(text: &[Ch]) -> Vec<Ch> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(start) = find(text, at, b'\\') {
        out.extend_from_slice(&text[at..start]);
        let (c, end) = json_escape(text, start).unwrap_or((BACKSLASH, start + 1));
        out.push(c);
        at = end;
    }
    out.extend_from_slice(&text[at..]);
    out
}

/// The character for which the escape sequence of JSON at a backslash stands, and where the sequence ends.
fn json_escape(text: &[Ch], at: usize) -> Option<(Ch, usize)> {
    let c = *text.get(at + 1)?;
    if c != b'u' as Ch {
        return match byte(c) {
            b'"' | b'\\' | b'/' => Some((c, at + 2)),
            _ => short(c).map(|c| (c, at + 2)),
        };
    }
    let high = hex_value(text.get(at + 2..at + 6)?)?;
    if (0xD800..0xDC00).contains(&high) && text.get(at + 6..at + 8) == Some(&wide(b"\\u")) {
        let low = text.get(at + 8..at + 12).and_then(hex_value);
        if let Some(low @ 0xDC00..0xE000) = low {
            return Some((0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), at + 12));
        }
    }
    Some((high, at + 6))
}

/// What the letter of a short escape stands for.
fn short(c: Ch) -> Option<Ch> {
    match byte(c) {
        b'b' => Some(8),
        b'f' => Some(12),
        b'n' => Some(10),
        b'r' => Some(13),
        b't' => Some(9),
        _ => None,
    }
}

/// `Views::without_colours`. Without them what stood around one may be another; such are taken out too, at most four deep.
pub fn without_colours(text: &[Ch]) -> Option<View> {
    let mut view: Option<View> = None;
    for _ in 0..MOST_LAYERS {
        let current = view.as_ref().map_or(text, |view| &view.text);
        let mut out = Rewriting::new(current);
        let mut at = 0;
        while let Some(start) = find(current, at, ESCAPE) {
            at = start + 1;
            if let Some(end) = colour_end(current, start) {
                out.replace(start, end, &[]);
                at = end;
            }
        }
        let Some(step) = out.finish() else { break };
        view = Some(match view {
            Some(outer) => outer.composed(step),
            None => step,
        });
    }
    view
}

/// `Views::has_colours`.
pub fn has_colours(text: &[Ch]) -> bool {
    let mut at = 0;
    while let Some(start) = find(text, at, ESCAPE) {
        if colour_end(text, start).is_some() {
            return true;
        }
        at = start + 1;
    }
    false
}

/// Where the sequence for a colour ends that begins at an escape.
fn colour_end(text: &[Ch], start: usize) -> Option<usize> {
    if *text.get(start + 1)? != b'[' as Ch {
        return None;
    }
    let rest = &text[start + 2..];
    let numbers = rest.iter().take(MOST_OF_COLOUR + 1).take_while(|c| matches!(byte(**c), b'0'..=b'9' | b':' | b';')).count();
    let letter = *rest.get(numbers)?;
    (numbers <= MOST_OF_COLOUR && byte(letter).is_ascii_alphabetic()).then_some(start + numbers + 3)
}

/// `Views::double_quotes`.
pub fn double_quotes(text: &[Ch]) -> Option<View> {
    let mut out = Rewriting::new(text);
    let mut at = 0;
    while let Some(start) = find(text, at, QUOTE) {
        at = start + 1;
        if text.get(at) == Some(&QUOTE) {
            at += 1;
            out.replace(start, at, &[QUOTE]);
        }
    }
    out.finish()
}

/// `Views::with_question_mark`.
pub fn with_question_mark(text: &[Ch]) -> View {
    let mut view = View::default();
    view.push(b'?' as Ch, 0, 0);
    view.push_plain(text, 0);
    view
}

/// `Views::joined`.
pub fn joined(pieces: &[(&[Ch], usize, Coding)]) -> View {
    let mut all = View::default();
    for (text, at, coding) in pieces {
        let view = match coding {
            Coding::Json => unescape_json(text),
            Coding::Bytes => Some(view_of_bytes(text)),
            Coding::Plain => None,
        };
        match view {
            None => all.push_plain(text, *at),
            Some(view) => {
                all.text.extend(view.text);
                all.starts.extend(view.starts.into_iter().map(|i| i + at));
                all.ends.extend(view.ends.into_iter().map(|i| i + at));
            }
        }
    }
    all
}

/// `Views::view_of_bytes`.
pub fn view_of_bytes(numbers: &[Ch]) -> View {
    let found: Vec<Number> = numbers_in(numbers).collect();
    let data: Vec<u8> = found.iter().map(|number| number.byte).collect();
    let mut view = View::default();
    let mut n = 0;
    for (c, size) in Characters(&data) {
        let (first, last) = (found.get(n), found.get(n + size - 1));
        view.push(c, first.map_or(0, |number| number.start), last.map_or(0, |number| number.end));
        n += size;
    }
    view
}

/// `Views::array_end`.
pub fn array_end(text: &[Ch], start: usize) -> Option<usize> {
    let (is_object, closed_by) = match byte(*text.get(start)?) {
        b'[' => (false, b']'),
        b'{' => (true, b'}'),
        _ => return None,
    };
    let element_end =
        |at: usize, is_first: bool| number_end(text, if is_object { behind_index(text, at, is_first)? } else { at });
    let mut at = element_end(space_end(text, start + 1), true)?;
    let mut more = 0;
    while text.get(at) == Some(&(b',' as Ch)) {
        let Some(end) = element_end(space_end(text, at + 1), false) else { break };
        at = end;
        more += 1;
    }
    at = space_end(text, at);
    (more >= 5 && text.get(at) == Some(&Ch::from(closed_by))).then_some(at + 1)
}

/// Where the value begins of a member of an array that is printed as an object (`"12": 97`), at whose name a place is: 0 for the
/// first.
fn behind_index(text: &[Ch], at: usize, is_first: bool) -> Option<usize> {
    let behind_quote = |at: usize| at + usize::from(matches!(text.get(at).map(|c| byte(*c)), Some(b'"' | b'\'')));
    let from = behind_quote(at);
    let digits = text.get(from..)?.iter().take(6).take_while(|c| is_digit(**c)).count();
    if digits == 0 || (is_first && (digits > 1 || text[from] != b'0' as Ch)) {
        return None;
    }
    let sign = behind_quote(from + digits);
    (text.get(sign) == Some(&(b':' as Ch))).then(|| sign + 1 + usize::from(text.get(sign + 1) == Some(&(b' ' as Ch))))
}

/// Where the white space of JSON ends that begins at a place.
fn space_end(text: &[Ch], at: usize) -> usize {
    at + text.get(at..).map_or(0, |rest| rest.iter().take_while(|c| matches!(byte(**c), b' ' | b'\t' | b'\r' | b'\n')).count())
}

/// The numbers of a text of which each character is written by its number behind backslashes.
fn numbers_of_escapes(run: &[Ch]) -> Vec<u32> {
    let codes: Vec<Vec<u8>> = run
        .split(|c| *c == BACKSLASH)
        .filter(|code| !code.is_empty())
        .map(|code| code.iter().map(|c| byte(*c)).collect())
        .collect();
    let is_octal = codes.iter().all(|code| code.iter().all(|c| matches!(c, b'0'..=b'7')));
    let value = |digits: &[u8], base: u32| {
        digits.iter().fold(0, |value, c| value * base + char::from(*c).to_digit(16).unwrap_or_default())
    };
    let number = |code: &Vec<u8>| match code.as_slice() {
        [b'x', digits @ ..] | [b'u', b'0', b'0', digits @ ..] => value(digits, 16),
        digits => value(digits, if is_octal { 8 } else { 10 }),
    };
    codes.iter().map(number).collect()
}

/// Where a number of up to three digits ends that begins at a place.
fn number_end(text: &[Ch], at: usize) -> Option<usize> {
    let at = if text.get(at) == Some(&(b'-' as Ch)) { at + 1 } else { at };
    let digits = text.get(at..)?.iter().take(3).take_while(|c| is_digit(**c)).count();
    (digits > 0).then_some(at + digits)
}

/// Characters of the shortest dump: four pairs of bytes.
const SHORTEST_DUMP: usize = 19;
/// Bytes in the shortest dump with their places.
const SHORTEST_LINES: usize = 6;
/// Characters of the longest byte of a dump: `0b01101010`.
const LONGEST_BYTE: usize = 10;

/// Where a dump may begin of which a sign is the first between its bytes: `_DUMP` and `_DIGITS` have more such signs, with as much
/// between them.
#[inline]
fn may_begin_dump(rows: &[u8], sign: usize) -> Option<usize> {
    let c = rows[sign];
    if !matches!(c, b' ' | b'-' | b':' | b',') {
        return None;
    }
    let is_part = |c: &&u8| c.is_ascii_hexdigit() || **c == b'x';
    let before = rows[..sign].iter().rev().take(LONGEST_BYTE + 1).take_while(is_part).count();
    if !(2..=LONGEST_BYTE).contains(&before) {
        return None;
    }
    // three such signs at least, two of which a time of day has too
    let behind = |at: usize| at + 1 + usize::from(c == b',' && rows.get(at + 1) == Some(&b' '));
    let mut at = sign;
    for _ in 0..2 {
        let next = behind(at);
        let size = rows.get(next..)?.iter().take(LONGEST_BYTE + 1).take_while(is_part).count();
        at = next + size;
        if size < 2 || rows.get(at) != Some(&c) {
            return None;
        }
    }
    rows.get(behind(at)).is_some_and(|c| c.is_ascii_hexdigit()).then_some(sign - before)
}

/// Where brackets stand that may open an array.
fn brackets_in(rows: &Rows) -> Vec<usize> {
    let mut found = Vec::new();
    if rows.any(*b"[{(<") {
        let rows = rows.inside();
        found.extend((0..rows.len()).filter(|&at| matches!(rows[at], b'[' | b'{' | b'(' | b'<')));
    }
    found
}

/// Without the zeros that UTF-16 has behind each letter.
fn narrow(data: Vec<u8>) -> Vec<u8> {
    let is_wide = data.len() > 1 && data.iter().skip(1).step_by(2).all(|byte| *byte == 0);
    if is_wide { data.into_iter().step_by(2).collect() } else { data }
}

/// Characters before the digits of a word in hex: `0x`, or `x` behind the backslash that databases write.
fn hex_prefix(text: &[Ch], at: usize, part: &[Ch]) -> usize {
    let is_prefixed = part.first() == Some(&Ch::from(b'0')) && part.get(1).is_some_and(|c| byte(*c) | 32 == b'x');
    let is_escaped = part.first() == Some(&Ch::from(b'x')) && at > 0 && text[at - 1] == Ch::from(b'\\');
    if is_prefixed { 2 } else { usize::from(is_escaped) }
}

/// The bytes of a word in hex that is all in small or all in capital letters, and long enough to be a text.
fn hex_digits(body: &[Ch]) -> Option<Vec<u8>> {
    if body.len() < SHORTEST_ENCODED || body.len() % 2 == 1 || body.len() > LONGEST_ENCODED {
        return None;
    }
    let (mut small, mut big) = (false, false);
    for &c in body {
        match byte(c) {
            b'0'..=b'9' => {}
            b'a'..=b'f' => small = true,
            b'A'..=b'F' => big = true,
            _ => return None,
        }
    }
    if small && big {
        return None;
    }
    body.chunks_exact(2).map(|two| hex_value(two).map(|value| value as u8)).collect()
}

/// The character of a byte of EBCDIC; None where texts of mainframes seldom have it.
fn ebcdic(byte: u8) -> Option<Ch> {
    let c = match byte {
        0x40 => b' ',
        0x4b => b'.',
        0x4d => b'(',
        0x4e => b'+',
        0x50 => b'&',
        0x5c => b'*',
        0x5d => b')',
        0x60 => b'-',
        0x61 => b'/',
        0x6b => b',',
        0x6c => b'%',
        0x6d => b'_',
        0x7a => b':',
        0x7b => b'#',
        0x7c => b'@',
        0x7d => b'\'',
        0x7e => b'=',
        0x81..=0x89 => b'a' + (byte - 0x81),
        0x91..=0x99 => b'j' + (byte - 0x91),
        0xa2..=0xa9 => b's' + (byte - 0xa2),
        0xc1..=0xc9 => b'A' + (byte - 0xc1),
        0xd1..=0xd9 => b'J' + (byte - 0xd1),
        0xe2..=0xe9 => b'S' + (byte - 0xe2),
        0xf0..=0xf9 => b'0' + (byte - 0xf0),
        _ => return None,
    };
    Some(c.into())
}

/// The bytes of groups of eight binary digits, with `0b` before them or not.
fn bytes_of_bits(text: &[Ch]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut at = 0;
    while at + 8 <= text.len() {
        let eight = &text[at..at + 8];
        if eight.iter().all(|c| matches!(byte(*c), b'0' | b'1')) {
            data.push(eight.iter().fold(0u8, |bits, c| bits << 1 | u8::from(byte(*c) == b'1')));
            at += 8;
        } else {
            at += 1;
        }
    }
    data
}

/// The bytes that digits of base32 stand for, with its padding or without; none where no encoder writes so many.
fn base32_bytes(text: &[Ch]) -> Vec<u8> {
    let digits: Vec<u8> = text.iter().map(|c| byte(*c)).take_while(|c| *c != b'=').collect();
    if matches!(digits.len() % 8, 1 | 3 | 6) {
        return Vec::new();
    }
    let (mut bits, mut size) = (0u32, 0);
    let mut data = Vec::new();
    for digit in digits {
        let five = if digit.is_ascii_digit() { digit - b'2' + 26 } else { digit.to_ascii_uppercase() - b'A' };
        (bits, size) = ((bits << 5 | u32::from(five)) & 0xFFFF, size + 5);
        if size >= 8 {
            size -= 8;
            data.push((bits >> size) as u8);
        }
    }
    data
}

/// Whether quoted-printable may write something in a text.
fn may_be_quoted_printable(rows: &Rows) -> bool {
    if !rows.any([b'=']) {
        return false;
    }
    let mut at = 0;
    while let Some(sign) = rows.find(at, b'=') {
        if matches!(rows.inside().get(sign + 1), Some(b'2' | b'4' | b'5' | b'C' | b'D' | b'E')) {
            return true;
        }
        at = sign + 1;
    }
    false
}

/// Whether a line of a dump with its place may begin here: what the expression for it asks first, at less cost.
fn may_begin_hex_line(rows: &[u8]) -> bool {
    let blank = |rows: &[u8], most: usize| rows.iter().take(most).take_while(|row| matches!(row, b' ' | b'\t')).count();
    let rows = &rows[blank(rows, 8)..];
    let rows = rows.strip_prefix(b"0x").unwrap_or(rows);
    let digits = rows.iter().take(9).take_while(|row| row.is_ascii_hexdigit()).count();
    if !(4..=8).contains(&digits) {
        return false;
    }
    let rows = &rows[digits..];
    let rows = rows.strip_prefix(b":").unwrap_or(rows);
    let between = blank(rows, 4);
    let bytes = rows[between..].iter().take(2).take_while(|row| row.is_ascii_hexdigit()).count();
    between > 0 && bytes == 2
}

/// Whether a run may be of base32: what the expression for it asks first, at less cost.
fn may_be_base32(run: &[u8]) -> bool {
    let Some(first) = run.get(..SHORTEST_ENCODED) else { return false };
    let one_of = |letters: fn(&u8) -> bool| first.iter().all(|row| letters(row) || (b'2'..=b'7').contains(row));
    one_of(u8::is_ascii_lowercase) || one_of(u8::is_ascii_uppercase)
}

/// Whether a program may join texts in a text: an operator stands behind a quote.
fn may_be_joined(rows: &Rows) -> bool {
    if !rows.any(*b"\"'`") || !rows.any(*b"+.&|") {
        return false;
    }
    let mut at = 0;
    while let Some(quote) = rows.find_three(at, *b"\"'`") {
        let behind = rows.inside()[quote + 1..].iter().take(4).find(|c| !matches!(c, b' ' | b'\t' | b'\r' | b'\n'));
        if matches!(behind, Some(b'+' | b'.' | b'&' | b'|')) {
            return true;
        }
        at = quote + 1;
    }
    false
}

/// Whether an array of bytes may begin at a bracket: what the expression for them asks first, at less cost.
fn may_begin_array(text: &[Ch], start: usize) -> bool {
    let byte_at = |at: usize| text.get(at).map_or(0, |c| byte(*c));
    if text[start] == b'<' as Ch {
        return text[start..].starts_with(&BUFFER) || byte_at(start + 9) == b' ' || byte_at(start + 1) == b'<';
    }
    let first = start + if byte_at(start + 1) == b' ' { 2 } else { 1 };
    if byte_at(first) == b'0' && byte_at(first + 1) == b'x' || byte_at(first) == b'U' {
        return true;
    }
    if text[start] == b'{' as Ch {
        return byte_at(start + 2) == b'l' || behind_index(text, space_end(text, start + 1), true).is_some();
    }
    match number_end(text, space_end(text, start + 1)) {
        Some(end) => {
            text.get(end).is_some_and(|c| matches!(byte(*c), b',' | b' ')) || (byte_at(end) == b']' && byte_at(first) != b'-')
        }
        None => false,
    }
}

/// `Views::encode`. The definition raises an exception where a text holds half of a surrogate pair, or an undecoded byte.
pub fn encode(text: &[Ch], alphabet: Alphabet, padded: bool) -> Result<Vec<Ch>, Unscannable> {
    let text = text_of(text).ok_or(Unscannable)?;
    let data = text.as_bytes();
    let digits = match alphabet {
        Alphabet::Hex => return Ok(hex_of(data)),
        Alphabet::Base64 => BASE64,
        Alphabet::Base64Url => BASE64_URL,
    };
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4);
    for three in data.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | *byte as u32) << (8 * (3 - three.len()));
        for i in 0..4 {
            if i <= three.len() {
                out.push(digits[(bits >> (18 - 6 * i) & 63) as usize].into());
            } else if padded {
                out.push(b'='.into());
            }
        }
    }
    Ok(out)
}

/// Bytes in hex.
pub(crate) fn hex_of(data: &[u8]) -> Vec<Ch> {
    data.iter().flat_map(|byte| [HEX[(byte >> 4) as usize].into(), HEX[(byte & 15) as usize].into()]).collect()
}

/// Whether a text may have views: whether it holds anything that a decoding begins with.
fn may_be_coded(rows: &Rows) -> bool {
    rows.any(*b"%\\&\0") || rows.has_others()
}

/// UTF-8 that a program read as Windows-1252 or Latin-1, and wrote as UTF-8 again (`views._read_again`).
fn read_again(text: &[Ch]) -> Option<View> {
    let mut at = text.iter().position(|c| (0xC2..=0xEF).contains(c))?;
    let mut out = Rewriting::new(text);
    let mut run = Vec::new();
    while at < text.len() {
        let start = at;
        run.clear();
        while let Some((c, size)) = character_at(text, at) {
            run.push((at, size, c));
            at += size;
        }
        // one of another script may be a letter before a quote, or a sign before a space
        if run.len() > 1 || matches!(text[start], 0xC2..=0xC9 | 0xE2) {
            run.iter().for_each(|&(at, size, c)| out.replace(at, at + size, &[c]));
        }
        at += usize::from(run.is_empty());
    }
    out.finish()
}

/// The character of two or three bytes in UTF-8 that stands at a place, each byte read as a character; and how many these are.
fn character_at(text: &[Ch], at: usize) -> Option<(Ch, usize)> {
    let first = *text.get(at)?;
    let size = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEC | 0xEE | 0xEF => 3,
        _ => return None,
    };
    let rest = text.get(at + 1..at + size)?;
    let bits = |c: &Ch| byte_of_latin(*c).map(|byte| byte & 0x3F);
    let c = rest.iter().try_fold(first & (0x7F >> size), |sum, c| Some(sum << 6 | bits(c)?))?;
    (size == 2 || c >= 0x800).then_some((c, size))
}

/// The byte between 0x80 and 0xBF that Windows-1252 or Latin-1 has for a character.
pub fn byte_of_latin(c: Ch) -> Option<Ch> {
    const WINDOWS: [Ch; 32] = [
        0x20AC, 0, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17D, 0, 0, 0x2018,
        0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0, 0x17E, 0x178,
    ];
    match c {
        0x80..=0xBF => Some(c),
        ..0x100 => None,
        _ => WINDOWS.iter().position(|other| *other == c).map(|n| 0x80 + n as Ch),
    }
}

fn percent_decoded(text: &[Ch]) -> Option<View> {
    let mut out = Rewriting::new(text);
    let mut at = 0;
    let mut data = Vec::new();
    while let Some(mut start) = find(text, at, b'%') {
        at = start;
        data.clear();
        while text.get(at) == Some(&(b'%' as Ch)) {
            let Some(value) = text.get(at + 1..at + 3).and_then(hex_value) else { break };
            data.push(value as u8);
            at += 3;
        }
        if data.is_empty() {
            at = start + 1;
        }
        for (c, size) in Characters(&data) {
            out.replace(start, start + 3 * size, &[c]);
            start += 3 * size;
        }
    }
    out.finish()
}

/// Escapes as programming languages write them, behind any number of backslashes.
fn unescaped(text: &[Ch]) -> Option<View> {
    let mut out = Rewriting::new(text);
    let mut at = 0;
    while let Some(start) = find(text, at, b'\\') {
        let slashes = text[start..].iter().take_while(|c| **c == BACKSLASH).count();
        at = start + slashes;
        if let Some((c, end)) = escape(text, at) {
            out.replace(start, end, &[c]);
            at = end;
        } else if slashes > 1 {
            out.replace(start, at, &[BACKSLASH]);
        }
    }
    out.finish()
}

/// The character for which what stands behind backslashes stands, and where it ends.
fn escape(text: &[Ch], at: usize) -> Option<(Ch, usize)> {
    let c = *text.get(at)?;
    let (number, end) = match byte(c) {
        b'u' => match text.get(at + 1..at + 5).and_then(hex_value) {
            Some(number) => (number, at + 5),
            None if text.get(at + 1) == Some(&(b'{' as Ch)) => {
                let rest = &text[at + 2..];
                let digits = rest.iter().take(6).take_while(|c| is_hex(**c)).count();
                let number = hex_value(&rest[..digits])?;
                if rest.get(digits) != Some(&(b'}' as Ch)) {
                    return None;
                }
                (number, at + digits + 3)
            }
            None => return None,
        },
        b'x' => (text.get(at + 1..at + 3).and_then(hex_value)?, at + 3),
        b'"' | b'\'' | b'`' | b'/' => return Some((c, at + 1)),
        _ => return short(c).map(|c| (c, at + 1)),
    };
    Some((if char::from_u32(number).is_some() { number } else { REPLACEMENT }, end))
}

/// Where the entity ends that begins at an ampersand.
fn entity_end(text: &[Ch], start: usize) -> Option<usize> {
    let first = *text.get(start + 1)?;
    let (from, most, least, fits): (usize, usize, usize, fn(Ch) -> bool) = match byte(first) {
        b'#' => match byte(*text.get(start + 2)?) {
            b'x' | b'X' => (start + 3, 6, 1, is_hex),
            _ => (start + 2, 7, 1, is_digit),
        },
        b'a'..=b'z' | b'A'..=b'Z' => (start + 1, LONGEST_ENTITY, 2, is_alnum),
        _ => return None,
    };
    let size = text.get(from..)?.iter().take(most).take_while(|c| fits(**c)).count();
    (size >= least && text.get(from + size) == Some(&(b';' as Ch))).then_some(from + size + 1)
}

/// The character for which a numeric reference stands (its digits and its semicolon), None for one that HTML leaves out.
fn numbered(digits: &[Ch]) -> Option<Ch> {
    let decimal = |number: u32, c: &Ch| number.wrapping_mul(10).wrapping_add(c - b'0' as Ch);
    let number = match digits.split_first() {
        Some((&x, hex)) if !is_digit(x) => hex_value(&hex[..hex.len().saturating_sub(1)]).unwrap_or(0),
        _ => digits.iter().take_while(|c| is_digit(**c)).fold(0, decimal),
    };
    match number {
        0 | 0xD800..=0xDFFF | 0x110000.. => Some(REPLACEMENT),
        0x80..=0x9F => WINDOWS.get(number as usize - 0x80).copied(),
        1..=8 | 0xB | 0xE..=0x1F | 0x7F | 0xFDD0..=0xFDEF => None,
        _ if number & 0xFFFE == 0xFFFE => None,
        _ => Some(number),
    }
}

/// The runs of characters of base64 that are as long as an encoded text.
pub fn long_runs(text: &[Ch]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    while let Some(run) = long_run(text, found.last().map_or(0, |(_, end)| *end)) {
        found.push(run);
    }
    found
}

/// The next run of characters of base64, as long as an encoded text, of those that begin at `start` or behind it. What stands at
/// `start` must not be in the middle of a run.
fn long_run(text: &[Ch], start: usize) -> Option<(usize, usize)> {
    let mut from = start;
    loop {
        // from its last character backwards, so that most characters of a text of words are never looked at
        let part = text.get(from..from + SHORTEST_ENCODED)?;
        match part.iter().rposition(|c| six_bits_of(*c) == NO_BITS) {
            Some(i) => from += i + 1,
            None => {
                let more = text[from + SHORTEST_ENCODED..].iter().take_while(|c| six_bits_of(**c) != NO_BITS).count();
                return Some((from, from + SHORTEST_ENCODED + more));
            }
        }
    }
}

#[inline(always)]
fn six_bits_of(c: Ch) -> u8 {
    SIX_BITS.get(c as usize).copied().unwrap_or(NO_BITS)
}

/// A character of ASCII, or a byte that is none.
#[inline(always)]
fn byte(c: Ch) -> u8 {
    if c < 128 { c as u8 } else { 0xFF }
}

fn is_digit(c: Ch) -> bool {
    byte(c).is_ascii_digit()
}

fn is_hex(c: Ch) -> bool {
    byte(c).is_ascii_hexdigit()
}

fn is_alnum(c: Ch) -> bool {
    byte(c).is_ascii_alphanumeric()
}

/// The number that up to eight digits of hex are; None where there are none or others.
/// The bytes of pairs of hexadecimal digits, with `0x` before them or not, and signs between them.
fn hex_pairs(text: &[Ch]) -> Vec<u8> {
    let mut digits: Vec<Ch> = Vec::with_capacity(text.len());
    for (i, &c) in text.iter().enumerate() {
        let is_prefix = text.get(i + 1).is_some_and(|&next| next == b'x' as Ch);
        if !is_prefix && char::from(byte(c)).is_ascii_hexdigit() {
            digits.push(c);
        }
    }
    digits.chunks(2).map(|two| hex_value(two).unwrap_or(0) as u8).collect()
}

pub(crate) fn hex_value(digits: &[Ch]) -> Option<u32> {
    let mut number = 0;
    for &c in digits {
        number = number << 4 | char::from(byte(c)).to_digit(16)?;
    }
    (!digits.is_empty()).then_some(number)
}

/// Where a character stands next.
fn find(text: &[Ch], from: usize, wanted: impl Into<Ch>) -> Option<usize> {
    let wanted = wanted.into();
    find_any(text, from, |c| c == wanted)
}

/// Where a character of some kind stands next.
#[inline(always)]
fn find_any(text: &[Ch], from: usize, is_wanted: impl Fn(Ch) -> bool) -> Option<usize> {
    let mut at = from;
    // the chunks are looked at whole, several characters at once
    for part in text.get(from..)?.chunks(32) {
        if part.iter().fold(false, |any, c| any | is_wanted(*c)) {
            return Some(at + part.iter().position(|c| is_wanted(*c))?);
        }
        at += part.len();
    }
    None
}

/// The characters of a text in UTF-8, and of how many bytes each is; U+FFFD for a byte that belongs to none.
struct Characters<'a>(&'a [u8]);

impl Iterator for Characters<'_> {
    type Item = (Ch, usize);

    fn next(&mut self) -> Option<(Ch, usize)> {
        let first = *self.0.first()?;
        let size = match first {
            0..0xC0 => 1,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0.. => 4,
        };
        let read = self.0.get(..size).and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(|text| text.chars().next());
        let (c, size) = read.map_or((REPLACEMENT, 1), |c| (c.into(), size));
        self.0 = &self.0[size..];
        Some((c, size))
    }
}

struct Number {
    start: usize,
    end: usize,
    /// What it is, or something farther from 0 than any byte.
    value: i32,
    /// Its last eight bits.
    byte: u8,
}

/// The whole numbers in an array of bytes.
struct Numbers<'a> {
    text: &'a [Ch],
    at: usize,
    /// Whether it is printed as an object, whose names are no numbers of it.
    of_members: bool,
    /// Whether it is printed as entries, whose indexes are no numbers of it.
    of_entries: bool,
}

fn numbers_in(text: &[Ch]) -> Numbers<'_> {
    let is_index = |text: &[Ch]| {
        let digits = text.iter().take_while(|c| is_digit(**c)).count();
        (1..=3).contains(&digits) && text.get(digits) == Some(&(b']' as Ch))
    };
    let of_entries = text.first() == Some(&(b'[' as Ch)) && is_index(&text[1..]);
    Numbers { text, at: 0, of_members: text.first() == Some(&(b'{' as Ch)), of_entries }
}

impl Numbers<'_> {
    /// Whether a number that begins at a place is the value of a member, or of an entry.
    fn is_value(&self, start: usize) -> bool {
        let behind = |back: usize| start.checked_sub(back).map_or(0, |i| byte(self.text[i]));
        if self.of_entries {
            return behind(1) != b'[';
        }
        let colon = if behind(1) == b' ' { 2 } else { 1 };
        let name = if matches!(behind(colon + 1), b'"' | b'\'') { colon + 2 } else { colon + 1 };
        behind(colon) == b':' && behind(name).is_ascii_digit()
    }
}

impl Iterator for Numbers<'_> {
    type Item = Number;

    fn next(&mut self) -> Option<Number> {
        let (mut first, mut is_negative);
        loop {
            first = self.at + self.text.get(self.at..)?.iter().position(|c| is_digit(*c))?;
            is_negative = first > self.at && self.text[first - 1] == b'-' as Ch;
            if !(self.of_members || self.of_entries) || self.is_value(first - usize::from(is_negative)) {
                break;
            }
            self.at = first + self.text[first..].iter().take_while(|c| is_digit(**c)).count();
        }
        let (mut value, mut byte, mut end) = (0i32, 0u8, first);
        while let Some(&c) = self.text.get(end).filter(|c| is_digit(**c)) {
            let digit = (c - b'0' as Ch) as u8;
            value = (value * 10 + i32::from(digit)).min(1_000_000);
            byte = byte.wrapping_mul(10).wrapping_add(digit);
            end += 1;
        }
        self.at = end;
        Some(if is_negative {
            Number { start: first - 1, end, value: -value, byte: byte.wrapping_neg() }
        } else {
            Number { start: first, end, value, byte }
        })
    }
}

/// A text of which stretches are replaced, from left to right.
struct Rewriting<'a> {
    source: &'a [Ch],
    made: View,
    position: usize,
}

impl<'a> Rewriting<'a> {
    fn new(source: &'a [Ch]) -> Rewriting<'a> {
        Rewriting { source, made: View::default(), position: 0 }
    }

    /// A stretch, not empty, becomes what is given.
    fn replace(&mut self, start: usize, end: usize, made: &[Ch]) {
        if self.position == 0 {
            self.made.text.reserve(self.source.len());
            self.made.starts.reserve(self.source.len());
            self.made.ends.reserve(self.source.len());
        }
        self.made.push_plain(&self.source[self.position..start], self.position);
        made.iter().for_each(|c| self.made.push(*c, start, end));
        self.position = end;
    }

    /// The view, None where nothing was replaced.
    fn finish(mut self) -> Option<View> {
        if self.position == 0 {
            return None;
        }
        self.made.push_plain(&self.source[self.position..], self.position);
        Some(self.made)
    }
}
