//! Finds the words of a clean text, apart from its values. The definition is `logscrub/guarantee/words.py`.

use crate::chars::{Ch, CharSet, codes, is_ascii};
use crate::views::hex_value;
use std::collections::HashSet;
use std::sync::Arc;

/// In a masked text: a character of a value whose form may be harmless.
const FORM: Ch = 1;
const ZERO: Ch = b'0' as Ch;
const BACKSLASH: Ch = b'\\' as Ch;
const QUOTE: Ch = b'"' as Ch;
/// Characters of a pseudonym.
const TOKEN: usize = 20;
/// Digits of a number that is harmless whatever it is of.
const MOST_DIGITS: usize = 4;
/// Signs between values that say nothing, and signs at the ends of a stretch that are kept.
const MOST_SIGNS: usize = 3;
const TRIMMED: &[u8] = b" \t.,:!?()[]{}=-+*#|";
const READABLE: &[u8] = b" .,:;@_+-'/\n";
/// Seconds from 2015 to 2040.
const EPOCHS: std::ops::Range<u64> = 1_420_070_400..2_208_988_800;
const UNITS: [&[u8]; 19] = [
    b"s", b"ns", b"us", b"ms", b"sec", b"secs", b"second", b"seconds", b"min", b"minute", b"minutes", b"h", b"hour", b"hours",
    b"d", b"day", b"days", b"B", b"bytes",
];

/// A statement: letter by letter with a sign for each value, and the places of its words.
pub struct Statement {
    pub text: Vec<Ch>,
    pub stretches: Vec<(usize, usize)>,
}

/// The words of a piece that are not harmless by their form.
#[derive(Default)]
pub struct Words {
    pub statements: Vec<Statement>,
    /// The places of values that are harmless only if their own form says so.
    pub values: Vec<(usize, usize)>,
    /// Whether a text in place of a value gets quotes.
    pub quoted: bool,
}

/// Finds the words of pieces.
pub struct Cutter {
    /// The entity types of placeholders, their digits as zeros.
    types: HashSet<Vec<Ch>>,
    /// Texts that exports have of themselves.
    of_formats: HashSet<Vec<Ch>>,
    space: Arc<CharSet>,
    alnum: Arc<CharSet>,
}

fn ascii(c: Ch) -> u8 {
    if c < 128 { c as u8 } else { 0 }
}

fn is_digit(c: Ch) -> bool {
    ascii(c).is_ascii_digit()
}

fn is_letter(c: Ch) -> bool {
    ascii(c).is_ascii_alphabetic() || c == u32::from('_')
}

fn is_word(c: Ch) -> bool {
    is_letter(c) || is_digit(c)
}

/// A character of a word with digits in a masked text.
fn is_masked_word(c: Ch) -> bool {
    is_letter(c) || c == ZERO
}

fn is_hex(c: Ch) -> bool {
    ascii(c).is_ascii_hexdigit()
}

fn is_any(c: Ch, signs: &[u8]) -> bool {
    c < 128 && signs.contains(&(c as u8))
}

/// How many characters from a place on are of a kind.
fn run(text: &[Ch], at: usize, is: impl Fn(Ch) -> bool) -> usize {
    text.get(at..).map_or(0, |rest| rest.iter().take_while(|&&c| is(c)).count())
}

/// Whether a text has, from a place on, the form `form`: `0` is a digit, `x` a hexadecimal digit, `T` also a blank, other signs are
/// themselves.
fn has(text: &[Ch], at: usize, form: &[u8]) -> bool {
    let Some(part) = text.get(at..at + form.len()) else { return false };
    part.iter().zip(form).all(|(&c, &sign)| match sign {
        b'0' => is_digit(c),
        b'x' => is_hex(c),
        b'T' => is_any(c, b"T "),
        _ => c == Ch::from(sign),
    })
}

/// The ends of what a fraction of a second may be at a place, the longest first, and the place itself last.
fn fractions(text: &[Ch], at: usize) -> impl Iterator<Item = usize> {
    let digits = if text.get(at).is_some_and(|&c| is_any(c, b".,")) { run(text, at + 1, is_digit).min(9) } else { 0 };
    (1..=digits).rev().map(move |count| at + 1 + count).chain([at])
}

/// The ends of what a time zone may be at a place, the longest first, and the place itself last.
fn zones(text: &[Ch], at: usize) -> impl Iterator<Item = usize> {
    let first = match text.get(at) {
        Some(&c) if c == u32::from('Z') => Some(at + 1),
        Some(&c) if is_any(c, b"+-") && has(text, at + 1, b"00:00") => Some(at + 6),
        Some(&c) if is_any(c, b"+-") && has(text, at + 1, b"0000") => Some(at + 5),
        _ => None,
    };
    first.into_iter().chain([at])
}

/// The ends of what seconds and a time zone may be at a place, the likeliest first.
fn seconds(text: &[Ch], at: usize) -> impl Iterator<Item = usize> {
    let with = if has(text, at, b":00") { Some(at + 3) } else { None };
    let with = with.into_iter().flat_map(move |end| fractions(text, end).flat_map(move |end| zones(text, end)));
    with.chain(zones(text, at))
}

/// Where the form ends that begins at a place with a hexadecimal digit and may be harmless.
fn form_end(text: &[Ch], at: usize) -> Option<usize> {
    let ends = |&end: &usize| !text.get(end).is_some_and(|&c| is_word(c));
    if has(text, at, b"x000-00-00T00:00") {
        if let Some(end) = seconds(text, at + 16).find(ends) {
            return Some(end);
        }
    }
    if has(text, at, b"x0:00:00") {
        let is_end = |end: &usize| ends(end) && text.get(*end) != Some(&u32::from(':'));
        if let Some(end) = fractions(text, at + 8).find(is_end) {
            return Some(end);
        }
    }
    if has(text, at, b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") && ends(&(at + 36)) {
        return Some(at + 36);
    }
    let digits = run(text, at + 1, |c| is_digit(c) || (u32::from('a')..=u32::from('f')).contains(&c));
    ((5..=63).contains(&digits) && ends(&(at + 1 + digits))).then_some(at + 1 + digits)
}

/// Whether at a place, with a character of a word, a form may begin: no word goes on there.
fn begins(text: &[Ch], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|place| text.get(place)).copied();
    match before(1) {
        Some(c) if is_word(c) => is_any(c, b"nrtbf") && before(2) == Some(BACKSLASH),
        _ => true,
    }
}

/// A text of the same length without its digits and ids.
pub fn masked(text: &[Ch]) -> Vec<Ch> {
    let mut mask = text.to_vec();
    let mut at = 0;
    while at < text.len() {
        if is_hex(text[at]) && begins(text, at) {
            if let Some(end) = form_end(text, at) {
                mask[at..end].fill(FORM);
                at = end;
                continue;
            }
        }
        at += 1;
    }
    let mut at = 0;
    while at < mask.len() {
        let c = mask[at];
        if c == BACKSLASH {
            at += escape(&mask, at, is_digit).unwrap_or(1);
            continue;
        }
        if is_digit(c) {
            mask[at] = ZERO;
        }
        at += 1;
    }
    mask
}

/// How many characters the escape has that begins at a place; none where what follows is no letter of one.
fn escape(text: &[Ch], at: usize, is_none: impl Fn(Ch) -> bool) -> Option<usize> {
    if has(text, at + 1, b"uxxxx") {
        return Some(6);
    }
    text.get(at + 1).filter(|&&c| !is_none(c)).map(|_| 2)
}

/// The pieces of a unit of JSON, in order: where each string begins and ends, or what stands between two, and whether it is that.
pub fn in_json(mask: &[Ch]) -> Vec<(usize, usize, bool)> {
    let mut pieces = Vec::new();
    let (mut start, mut at, mut inside) = (0, 0, false);
    while at < mask.len() {
        match mask[at] {
            BACKSLASH if mask.get(at + 1).is_some_and(|&c| c == BACKSLASH || c == QUOTE) => at += 1,
            QUOTE => {
                pieces.push((start, at, !inside));
                (start, inside) = (at + 1, !inside);
            }
            _ => {}
        }
        at += 1;
    }
    pieces.push((start, mask.len(), !inside));
    pieces
}

enum Token {
    Placeholder,
    Form,
    Measure,
    Value,
    End,
}

/// Values that go on with each other: where they begin, and whether they are harmless.
struct Run {
    start: usize,
    small: bool,
}

/// The words of a text that are gathered, line by line.
#[derive(Default)]
struct Line {
    text: Vec<Ch>,
    stretches: Vec<(usize, usize)>,
}

impl Cutter {
    pub fn new(types: Vec<String>, of_formats: Vec<String>, space: Arc<CharSet>, alnum: Arc<CharSet>) -> Cutter {
        let zeros = |name: String| codes(&name).into_iter().map(|c| if is_digit(c) { ZERO } else { c }).collect();
        let types = types.into_iter().map(zeros).collect();
        Cutter { types, of_formats: of_formats.iter().map(|text| codes(text)).collect(), space, alnum }
    }

    /// The words of a piece with a mask. `is_number`: whether it stands between the strings of JSON.
    pub fn words(&self, mask: &[Ch], is_number: bool) -> Words {
        if is_number && self.is_structure(mask) {
            return self.numbers(mask);
        }
        let mut words = Words::default();
        if self.of_formats.contains(mask) {
            return words;
        }
        let mut line = Line::default();
        let (mut position, mut at) = (0, 0);
        let mut run: Option<Run> = None;
        while at < mask.len() {
            let (token, end) = match self.token(mask, at) {
                Ok(found) => found,
                Err(next) => {
                    at = next;
                    continue;
                }
            };
            let between = &mask[position..at];
            self.literal(mask, position, at, &mut line);
            line.text.extend([0, u32::from('#')]);
            let start = at;
            (position, at) = (end, end);
            match token {
                Token::End => {
                    run = None;
                    line.text.truncate(line.text.len() - 2);
                    line.finish(&mut words);
                }
                Token::Placeholder => run = None,
                Token::Form => {
                    run = None;
                    words.values.push((start, end));
                }
                Token::Measure | Token::Value => {
                    let is_value = matches!(token, Token::Value);
                    let small = !is_value || is_small(&mask[start..end]);
                    let mut its = Run { start, small };
                    if let Some(run) = run.as_ref().filter(|_| is_still(between)) {
                        let both = run.small && small && is_value;
                        let is_tight = !between.first().is_some_and(|&c| is_any(c, b" \t"))
                            && !between.last().is_some_and(|&c| is_any(c, b" \t"));
                        if both || is_tight {
                            its = Run { start: run.start, small: both && is_small(&mask[run.start..end]) };
                            if words.values.last().is_some_and(|&(start, _)| start == its.start) {
                                words.values.pop();
                            }
                        }
                    }
                    if !its.small {
                        words.values.push((its.start, end));
                    }
                    run = Some(its);
                }
            }
        }
        self.literal(mask, position, mask.len(), &mut line);
        line.finish(&mut words);
        words
    }

    /// Adds the text between two values to its line.
    fn literal(&self, mask: &[Ch], start: usize, end: usize, line: &mut Line) {
        let literal = &mask[start..end];
        for &c in literal {
            line.text.push(c);
            if c == 0 {
                line.text.push(c);
            }
        }
        if !is_still(literal) && !self.of_formats.contains(literal) {
            line.stretches.push(trimmed(mask, start, end));
        }
    }

    /// The token at a place and where it ends; the next place where one may begin if there is none.
    fn token(&self, mask: &[Ch], at: usize) -> Result<(Token, usize), usize> {
        let c = mask[at];
        if c == FORM {
            return Ok((Token::Form, at + run(mask, at, |c| c == FORM)));
        }
        if c == u32::from('<') || c == u32::from('&') {
            return self.placeholder(mask, at).map(|end| (Token::Placeholder, end)).ok_or(at + 1);
        }
        if c == u32::from('\n') || c == u32::from('\r') {
            return Ok((Token::End, at + run(mask, at, |c| is_any(c, b"\r\n"))));
        }
        if c == BACKSLASH {
            if mask.get(at + 1).is_some_and(|&c| is_any(c, b"nr")) {
                return Ok((Token::End, at + 2));
            }
            return Err(at + escape(mask, at, |c| is_digit(c) || c == FORM).unwrap_or(1));
        }
        if c == ZERO {
            if let Some(end) = measure_end(mask, at) {
                return Ok((Token::Measure, end));
            }
        }
        if is_masked_word(c) {
            return value_end(mask, at).map(|end| (Token::Value, end));
        }
        Err(at + 1)
    }

    /// Where the placeholder ends that begins at a place.
    fn placeholder(&self, mask: &[Ch], at: usize) -> Option<usize> {
        let bracket = |at: usize, sign: u8, written: &[u8]| {
            if mask.get(at) == Some(&Ch::from(sign)) {
                Some(at + 1)
            } else {
                has(mask, at, written).then_some(at + written.len())
            }
        };
        let start = bracket(at, b'<', b"&lt;")?;
        let end = start + run(mask, start, |c| ascii(c).is_ascii_uppercase() || c == ZERO || c == u32::from('_'));
        if !self.types.contains(&mask[start..end]) {
            return None;
        }
        let is_token = mask.get(end) == Some(&u32::from(':')) && run(mask, end + 1, |c| c == FORM) >= TOKEN;
        bracket(if is_token { end + 1 + TOKEN } else { end }, b'>', b"&gt;")
    }

    /// Whether a text is what stands between strings of JSON.
    fn is_structure(&self, mask: &[Ch]) -> bool {
        let mut at = 0;
        while let Some(&c) = mask.get(at) {
            let word: &[u8] = match ascii(c) {
                b't' => b"true",
                b'f' => b"false",
                b'n' => b"null",
                _ if is_any(c, b"{}[]:,0\x01.eE+-\0") || c == 0xFEFF || self.space.has(c) => {
                    at += 1;
                    continue;
                }
                _ => return false,
            };
            if !has(mask, at, word) {
                return false;
            }
            at += word.len();
        }
        true
    }

    /// The numbers in what stands between the strings of JSON; those of a list are one.
    fn numbers(&self, mask: &[Ch]) -> Words {
        let is_first = |at: usize| mask.get(at).is_some_and(|&c| c == ZERO || c == FORM);
        let number_end = |at: usize| {
            let at = if mask.get(at) == Some(&u32::from('-')) { at + 1 } else { at };
            is_first(at).then(|| at + run(mask, at, |c| is_any(c, b"0\x01.eE+-")))
        };
        let skip = |at: usize| at + run(mask, at, |c| self.space.has(c));
        let mut words = Words { quoted: true, ..Words::default() };
        let mut at = 0;
        while at < mask.len() {
            let Some(mut end) = number_end(at) else {
                at += 1;
                continue;
            };
            loop {
                let comma = skip(end);
                let next = if mask.get(comma) == Some(&u32::from(',')) { number_end(skip(comma + 1)) } else { None };
                let Some(next) = next else { break };
                end = next;
            }
            if !is_small(&mask[at..end]) {
                words.values.push((at, end));
            }
            at = end;
        }
        words
    }

    /// Whether a value says nothing by its form: a time, a UUID, an id of 16 or 32 hexadecimal digits.
    pub fn is_harmless(&self, value: &[Ch]) -> bool {
        if value.len() == 36 {
            let is_version = matches!(ascii(value[14]), b'1'..=b'8') && is_any(value[19], b"89abAB");
            if !(has(value, 0, b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") && is_version) {
                return false;
            }
            let digits = value[..19].iter().chain(&value[21..]).copied().filter(|&c| c != u32::from('-'));
            return !self.reads(&digits.collect::<Vec<_>>());
        }
        if !value.is_empty() && value.iter().all(|&c| is_digit(c)) {
            let seconds = value.iter().take(10).fold(0, |number, c| number * 10 + u64::from(c - ZERO));
            return matches!(value.len(), 16 | 19) && EPOCHS.contains(&seconds);
        }
        if matches!(value.len(), 16 | 32) && value.iter().all(|&c| is_digit(c) || ascii(c).is_ascii_alphabetic() || c >= 128) {
            // what is not of hexadecimal digits alone is no id
            return value.iter().all(|&c| is_hex(c)) && !self.reads(value);
        }
        is_time(value)
    }

    /// Whether hexadecimal digits encode a readable text.
    fn reads(&self, digits: &[Ch]) -> bool {
        let bytes: Vec<u8> = digits.chunks_exact(2).filter_map(hex_value).map(|byte| byte as u8).collect();
        let Ok(text) = std::str::from_utf8(&bytes) else { return false };
        text.chars().all(|c| self.alnum.has(c.into()) || is_any(c.into(), READABLE))
    }
}

impl Line {
    /// The line is over: a statement, if it says anything.
    fn finish(&mut self, words: &mut Words) {
        let line = std::mem::take(self);
        if !line.stretches.is_empty() {
            words.statements.push(Statement { text: line.text, stretches: line.stretches });
        }
    }
}

/// Whether so few signs stand in a text that it says nothing.
fn is_still(text: &[Ch]) -> bool {
    text.len() <= MOST_SIGNS && text.iter().all(|&c| c == 9 || c == 32 || (c < 128 && (c as u8).is_ascii_punctuation()))
}

/// Whether a number is harmless whatever it is of.
fn is_small(mask: &[Ch]) -> bool {
    mask.iter().filter(|&&c| c == ZERO).count() <= MOST_DIGITS
        && is_ascii(mask)
        && !mask.iter().any(|&c| c == FORM || is_letter(c))
}

/// A stretch without a few signs at its ends, if there is anything else in it.
fn trimmed(mask: &[Ch], start: usize, end: usize) -> (usize, usize) {
    let part = &mask[start..end];
    let before = part.iter().take_while(|&&c| is_any(c, TRIMMED)).count();
    if before == part.len() {
        return (start, end);
    }
    let behind = part.iter().rev().take_while(|&&c| is_any(c, TRIMMED)).count();
    (start + before.min(MOST_SIGNS), end - behind.min(MOST_SIGNS))
}

/// Whether only signs stand in a text that may stand at the ends of a stretch.
pub fn is_trimmed(text: &[Ch]) -> bool {
    text.iter().all(|&c| is_any(c, TRIMMED))
}

/// Where a number with its unit ends that begins at a place.
fn measure_end(mask: &[Ch], at: usize) -> Option<usize> {
    let digits = run(mask, at, |c| c == ZERO);
    let mut end = at + digits;
    if digits > 7 {
        return None;
    }
    if mask.get(end) == Some(&u32::from('.')) {
        let fraction = run(mask, end + 1, |c| c == ZERO);
        if !(1..=3).contains(&fraction) {
            return None;
        }
        end += 1 + fraction;
    }
    if mask.get(end) == Some(&u32::from(' ')) {
        end += 1;
    }
    let behind = match mask.get(end) {
        Some(&c) if c == u32::from('%') => end + 1,
        Some(&0xB5) if mask.get(end + 1) == Some(&u32::from('s')) => end + 2,
        _ => {
            let size = run(mask, end, is_word);
            let name: Vec<u8> = mask[end..end + size].iter().map(|&c| c as u8).collect();
            let is_bytes = match name.as_slice() {
                [b'k' | b'K' | b'M' | b'G', rest @ ..] => matches!(rest, b"B" | b"iB"),
                _ => false,
            };
            if name.is_empty() || !(is_bytes || UNITS.contains(&name.as_slice())) {
                return None;
            }
            end + size
        }
    };
    (!mask.get(behind).is_some_and(|&c| is_word(c))).then_some(behind)
}

/// Where the value ends that begins at a place; else the next place where a token may begin.
fn value_end(mask: &[Ch], at: usize) -> Result<usize, usize> {
    let is_start = !at.checked_sub(1).is_some_and(|before| is_masked_word(mask[before]));
    let mut start = at;
    if is_start && ascii(mask[at]).is_ascii_uppercase() {
        let name = 1 + run(mask, at + 1, |c| ascii(c).is_ascii_uppercase() || c == ZERO || c == u32::from('_'));
        let is_dash = mask.get(at + name) == Some(&u32::from('-'));
        if name <= 20 && is_dash && mask.get(at + name + 1) == Some(&ZERO) {
            start = at + name + 1;
        }
    }
    let letters = run(mask, start, is_letter);
    if mask.get(start + letters) != Some(&ZERO) {
        return Err(at + letters.max(1));
    }
    if letters > 40 {
        return Err(at + letters - 40);
    }
    let mut end = start + letters + run(mask, start + letters, is_masked_word);
    while let Some(&sign) = mask.get(end) {
        if is_any(sign, b"-.:/+") {
            let letters = run(mask, end + 1, is_letter);
            if letters > 10 || mask.get(end + 1 + letters) != Some(&ZERO) {
                break;
            }
            end += 1 + letters + run(mask, end + 1 + letters, is_masked_word);
        } else {
            let signs = run(mask, end, |c| is_any(c, b" ,()")).min(3);
            let digits = run(mask, end + signs, |c| c == ZERO);
            if !matches!(signs, 1 | 2) || digits == 0 || mask.get(end + signs + digits).is_some_and(|&c| is_masked_word(c)) {
                break;
            }
            end += signs + digits;
        }
    }
    Ok(end)
}

/// Whether a text is a time of day, with a date of our years or without.
fn is_time(text: &[Ch]) -> bool {
    let is = |at: usize, digits: std::ops::RangeInclusive<u8>| text.get(at).is_some_and(|&c| digits.contains(&ascii(c)));
    let mut at = 0;
    if has(text, 0, b"2000-00-00T") {
        let is_month = (is(5, b'0'..=b'0') && is(6, b'0'..=b'9')) || (is(5, b'1'..=b'1') && is(6, b'0'..=b'2'));
        if !(is(1, b'0'..=b'0') && is(2, b'1'..=b'3') && is_month && is(8, b'0'..=b'3')) {
            return false;
        }
        at = 11;
    }
    if !(has(text, at, b"00:00") && is(at, b'0'..=b'2') && is(at + 3, b'0'..=b'5')) {
        return false;
    }
    let ends = |mut found: Box<dyn Iterator<Item = usize> + '_>| found.any(|end| end == text.len());
    let with = has(text, at + 5, b":00") && is(at + 6, b'0'..=b'6');
    (with && ends(Box::new(fractions(text, at + 8).flat_map(|end| zones(text, end))))) || ends(Box::new(zones(text, at + 5)))
}
