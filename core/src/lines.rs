//! What of a line lies in a private key, digits of numbers, parts of names: small functions of `logscrub/detect/engine.py`.

use crate::chars::{Ch, CharSet, Conversions, is_ascii};
use crate::library::Library;
use crate::rx::Regex;
use std::sync::Arc;

const FILL: Ch = 0x1a;
const DASH: Ch = '-' as Ch;
/// The longest number that is read as one.
const LONGEST_NUMBER: usize = 64;
/// From this whole number on none is read, as twenty-eight digits of it are one more than thirty digits.
const TOO_LARGE: &[u8] = b"999999999999999999999999999950";
/// The exponents that a number of noughts may have.
const EXPONENTS: std::ops::RangeInclusive<i128> = -1_999_999_999_999_999_997..=999_999_999_999_999_999;

/// What these functions need.
pub struct Lines {
    conversions: Arc<Conversions>,
    word: Arc<CharSet>,
    space: Arc<CharSet>,
    digit: Arc<CharSet>,
    armour_begin: Arc<Regex>,
    armour_end: Arc<Regex>,
    armoured: Arc<Regex>,
    name_part: Arc<Regex>,
}

impl Lines {
    /// With the patterns of the definition.
    pub fn new(library: &Library) -> Result<Lines, String> {
        Ok(Lines {
            conversions: library.conversions.clone(),
            word: library.set("word")?,
            space: library.set("isspace")?,
            digit: library.set("isdigit")?,
            armour_begin: library.rx("engine._ARMOUR_BEGIN")?,
            armour_end: library.rx("engine._ARMOUR_END")?,
            armoured: library.rx("engine._ARMOURED")?,
            name_part: library.rx("engine._NAME_PART")?,
        })
    }

    /// The part of a line that lies in a PEM private key, and whether the line ends inside one (`_armour`).
    pub fn armour(&self, text: &[Ch], inside: bool) -> (Option<(usize, usize)>, bool) {
        let has_dashes = has_five_dashes(text);
        if !has_dashes && !inside {
            return (None, false);
        }
        let search = |regex: &Regex| if has_dashes { regex.search(text, 0, text.len()) } else { None };
        let mut stop = search(&self.armour_end).map(|m| m.start());
        let mut inside = inside;
        if inside && self.armoured.fullmatch(&text[..stop.unwrap_or(text.len())], 0, stop.unwrap_or(text.len())).is_none() {
            (inside, stop) = (false, None);
        }
        let start = match search(&self.armour_begin) {
            _ if inside => 0,
            Some(begin) => begin.end(),
            None => return (None, false),
        };
        stop = stop.filter(|stop| *stop >= start);
        let end = stop.unwrap_or_else(|| text.iter().rposition(|&c| !self.space.has(c)).map_or(0, |last| last + 1));
        let part = text.get(start..end).unwrap_or_default();
        let first = part.iter().position(|&c| !self.space.has(c)).unwrap_or(part.len());
        let rest = &part[first..];
        let is_end = |c: &Ch| " \\nr".chars().any(|e| e as Ch == *c);
        let goes_on = stop.is_none() && (inside || rest.iter().all(is_end));
        (self.has_word(part).then_some((start + first, end)), goes_on)
    }

    /// Whether four characters of words stand side by side, placeholders between them passed over.
    fn has_word(&self, part: &[Ch]) -> bool {
        let mut run = 0;
        for &c in part.iter().filter(|c| **c != FILL) {
            run = if self.word.has(c) { run + 1 } else { 0 };
            if run == 4 {
                return true;
            }
        }
        false
    }

    /// The digits of a JSON number: `3.78282246310005e14` → `378282246310005`; nothing for what is no whole number.
    pub fn plain_number(&self, raw: &[Ch]) -> Vec<Ch> {
        let digits = &raw[raw.iter().take_while(|&&c| c == DASH).count()..];
        if !digits.is_empty() && digits.iter().all(|&c| self.digit.has(c)) {
            return digits.to_vec();
        }
        if raw.len() > LONGEST_NUMBER {
            return Vec::new();
        }
        if !is_ascii(raw) {
            return self.conversions.convert("plain_number", raw);
        }
        let is_blank = |c: &Ch| self.space.has(*c);
        let first = raw.iter().position(|c| !is_blank(c)).unwrap_or(raw.len());
        let end = raw.iter().rposition(|c| !is_blank(c)).map_or(first, |last| last + 1);
        let number: Vec<u8> = raw[first..end].iter().filter(|c| **c != '_' as Ch).map(|c| *c as u8).collect();
        whole_number(&number).unwrap_or_default().into_iter().map(u32::from).collect()
    }

    /// The parts of a name in any convention, digits included (`_split`).
    pub fn split(&self, name: &[Ch]) -> Vec<(usize, usize)> {
        self.name_part.find_iter(name, 0, name.len()).map(|m| (m.start(), m.end())).collect()
    }
}

/// Whether five dashes stand side by side: one of them is each fifth character.
fn has_five_dashes(text: &[Ch]) -> bool {
    let mut i = 4;
    while i < text.len() {
        if text[i] == DASH {
            let before = text[i - 4..i].iter().rev().take_while(|&&c| c == DASH).count();
            let behind = text[i + 1..].iter().take(4).take_while(|&&c| c == DASH).count();
            if before + behind >= 4 {
                return true;
            }
        }
        i += 5;
    }
    false
}

/// The digits of a decimal number that is whole and not too large, as `decimal.Decimal` reads it; None for any other.
fn whole_number(number: &[u8]) -> Option<Vec<u8>> {
    let number = number.strip_prefix(b"-").or_else(|| number.strip_prefix(b"+")).unwrap_or(number);
    let mantissa_end = number.iter().position(|c| matches!(c, b'e' | b'E')).unwrap_or(number.len());
    let (mantissa, exponent) = number.split_at(mantissa_end);
    let point = mantissa.iter().position(|c| *c == b'.').unwrap_or(mantissa.len());
    let (whole, fraction) = mantissa.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    let mut digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut power: i128 = 0;
    if !exponent.is_empty() {
        let signed = &exponent[1..];
        let plain = signed.strip_prefix(b"-").or_else(|| signed.strip_prefix(b"+")).unwrap_or(signed);
        if plain.is_empty() || !plain.iter().all(u8::is_ascii_digit) {
            return None;
        }
        for c in plain {
            power = power.saturating_mul(10).saturating_add(i128::from(c - b'0'));
        }
        if signed.first() == Some(&b'-') {
            power = -power;
        }
    }
    power = power.saturating_sub(fraction.len() as i128);
    let leading = digits.iter().take_while(|c| **c == b'0').count();
    digits.drain(..leading);
    if digits.is_empty() {
        return EXPONENTS.contains(&power).then(|| b"0".to_vec());
    }
    while power < 0 {
        if digits.pop() != Some(b'0') {
            return None;
        }
        power += 1;
    }
    let length = power.saturating_add(digits.len() as i128);
    if length > TOO_LARGE.len() as i128 {
        return None;
    }
    digits.resize(length as usize, b'0');
    (digits.len() < TOO_LARGE.len() || digits.as_slice() < TOO_LARGE).then_some(digits)
}
