//! Second looks: whether what a pattern matched is the real thing (`logscrub/detect/validators.py`).

use crate::chars::{Ch, CharSet, Conversions, Python, ascii_lower, is_ascii};
use crate::ids::Ids;
use crate::library::{Library, Words};
use crate::messages::Messages;
use crate::rx::Regex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// What a word is by itself, as a number: its place among the grades of the definition (`lexicon.Grade`).
pub trait Graded: Send + Sync {
    fn grade(&self, word: &[Ch]) -> u8;
}

/// The grades, by their numbers.
pub const GRADES: [&str; 8] = ["name", "capital", "given", "either", "family", "word", "like", "unknown"];
pub const NAME: u8 = 0;
pub const CAPITAL: u8 = 1;
pub const GIVEN: u8 = 2;
pub const EITHER: u8 = 3;
pub const FAMILY: u8 = 4;
pub const WORD: u8 = 5;
pub const LIKE: u8 = 6;
pub const UNKNOWN: u8 = 7;

/// A validator of the definition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Validator {
    Luhn,
    Iban,
    Bitcoin,
    Phone,
    PhoneDigits,
    IpAddress,
    UsSsn,
    Crc32Suffix,
    RandomToken,
    WrittenOut,
    Card,
    IpOrDashed,
    ThreeDigits,
    NotCommonWords,
    TwoWordsNotCommon,
    NoCommonWord,
    UserName,
    NotOnlyFunctionWords,
    DottedName,
    NoMessage,
    /// One that only the definition has: Python is asked.
    Asked(u16),
}

const NAMES: [(&str, Validator); 20] = [
    ("luhn", Validator::Luhn),
    ("iban", Validator::Iban),
    ("bitcoin", Validator::Bitcoin),
    ("phone", Validator::Phone),
    ("phone_digits", Validator::PhoneDigits),
    ("ip_address", Validator::IpAddress),
    ("us_ssn", Validator::UsSsn),
    ("crc32_suffix", Validator::Crc32Suffix),
    ("random_token", Validator::RandomToken),
    ("written_out", Validator::WrittenOut),
    ("card", Validator::Card),
    ("ip_or_dashed", Validator::IpOrDashed),
    ("three_digits", Validator::ThreeDigits),
    ("not_common_words", Validator::NotCommonWords),
    ("two_words_not_common", Validator::TwoWordsNotCommon),
    ("no_common_word", Validator::NoCommonWord),
    ("user_name", Validator::UserName),
    ("not_only_function_words", Validator::NotOnlyFunctionWords),
    ("dotted_name", Validator::DottedName),
    ("no_message", Validator::NoMessage),
];

/// Phone numbers whose answers are kept, as many as the definition keeps.
const MOST_PHONES: usize = 4096;
const LONGEST_KEPT: usize = 64;
/// Digits of a phone number, at least, before its extension.
const FEWEST_BEFORE_EXTENSION: usize = 6;
const FEWEST_MARKS: usize = 8;
/// The longest text that is parsed for a phone number.
const LONGEST_PHONE: usize = 250;
const LEAST_ENTROPY: f64 = 3.5;
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// The validators, with what they look up.
pub struct Validators {
    ids: Ids,
    lexicon: Arc<dyn Graded>,
    python: Arc<dyn Python>,
    conversions: Arc<Conversions>,
    digit: Arc<CharSet>,
    word: Arc<CharSet>,
    letter: Arc<CharSet>,
    function_words: Arc<Words>,
    no_names: Arc<Words>,
    after_modals: Arc<Words>,
    /// The grades of words that are like names, as bits.
    like_names: u8,
    phones: RwLock<HashMap<Vec<Ch>, bool>>,
    /// The names of those that Python is asked for.
    asked: RwLock<Vec<String>>,
    filled_later: Arc<Regex>,
    messages: Arc<Messages>,
}

impl Validators {
    pub fn new(library: &Library, lexicon: Arc<dyn Graded>) -> Result<Validators, String> {
        let mut like_names = 0;
        for name in library.words("validators._LIKE_NAMES")?.iter() {
            let number = GRADES.iter().position(|grade| crate::chars::codes(grade) == *name).ok_or("no such grade")?;
            like_names |= 1 << number;
        }
        Ok(Validators {
            ids: Ids::new(library)?,
            lexicon,
            python: library.python.clone(),
            conversions: library.conversions.clone(),
            digit: library.set("isdecimal")?,
            word: library.set("word")?,
            letter: library.set("isalpha")?,
            function_words: library.words("validators._FUNCTION_WORDS")?,
            no_names: library.words("validators._NO_NAMES")?,
            after_modals: library.words("validators._AFTER_MODALS")?,
            like_names,
            phones: RwLock::default(),
            asked: RwLock::default(),
            filled_later: library.rx("fields.FILLED_LATER")?,
            messages: library.messages()?,
        })
    }

    /// Whether the sentence around `[start, end)` is one that programs write in another language than English.
    pub fn is_of_program(&self, text: &[Ch], start: usize, end: usize) -> bool {
        self.messages.is_of_program(text, start, end, &*self.lexicon)
    }

    /// The validator with a name; of one that is not known here, Python is asked.
    pub fn named(&self, name: &str) -> Option<Validator> {
        if let Some((_, validator)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Some(*validator);
        }
        let mut asked = self.asked.write().ok()?;
        let number = asked.iter().position(|known| known == name).unwrap_or(asked.len());
        if number == asked.len() {
            asked.push(name.to_owned());
        }
        u16::try_from(number).ok().map(Validator::Asked)
    }

    /// Whether a value passes a validator.
    pub fn passes(&self, validator: Validator, value: &[Ch]) -> bool {
        match validator {
            Validator::Luhn => luhn(&self.digits(value)),
            Validator::Iban => self.iban(value),
            Validator::Bitcoin => self.bitcoin(value),
            Validator::Phone => self.phone(value),
            Validator::PhoneDigits => {
                let plain = without_percent_codes(value);
                (7..=15).contains(&self.count_digits(self.without_extension(&plain))) && !self.is_date(value)
            }
            Validator::IpAddress => ip_address(value),
            Validator::UsSsn => us_ssn(&self.digits(value)),
            Validator::Crc32Suffix => self.crc32_suffix(value),
            Validator::RandomToken => self.random_token(value),
            Validator::WrittenOut => {
                let marks = value.iter().filter(|&&c| c == 'x' as Ch || c == 'X' as Ch).count();
                (marks < FEWEST_MARKS || marks * 2 < value.len()) && !self.filled_later.is_full(value)
            }
            Validator::Card => card(&self.digits(value)),
            Validator::IpOrDashed => {
                let dotted = |c: &Ch| if *c == b'-' as Ch { b'.' as Ch } else { *c };
                ip_address(value) || (value.contains(&(b'-' as Ch)) && ip_address(&value.iter().map(dotted).collect::<Vec<_>>()))
            }
            Validator::ThreeDigits => self.count_digits(value) >= 3 && !self.is_year(value),
            Validator::NotCommonWords => self.not_common_words(value),
            Validator::TwoWordsNotCommon => self.two_words_not_common(value),
            Validator::NoCommonWord => self.no_common_word(value),
            Validator::UserName => self.user_name(value),
            Validator::NotOnlyFunctionWords => self.words(value).any(|word| !self.is_among(word, &self.function_words)),
            Validator::DottedName => self.dotted_name(value),
            Validator::NoMessage => !self.messages.is_message(value),
            Validator::Asked(number) => {
                let name = self.asked.read().ok().and_then(|asked| asked.get(usize::from(number)).cloned());
                name.is_none_or(|name| self.python.validate(&name, value))
            }
        }
    }

    fn ask(&self, validator: &str, value: &[Ch]) -> bool {
        self.python.validate(validator, value)
    }

    fn digits(&self, value: &[Ch]) -> Vec<Ch> {
        value.iter().copied().filter(|&c| self.digit.has(c)).collect()
    }

    fn count_digits(&self, value: &[Ch]) -> usize {
        value.iter().filter(|&&c| self.digit.has(c)).count()
    }

    /// The matches of `_NAME_WORD`.
    fn words<'a>(&'a self, value: &'a [Ch]) -> impl Iterator<Item = &'a [Ch]> + 'a {
        value.split(|&c| c == b'_' as Ch || !self.word.has(c) || self.digit.has(c)).filter(|word| !word.is_empty())
    }

    fn is_among(&self, word: &[Ch], words: &Words) -> bool {
        words.contains(&self.conversions.lower(word))
    }

    fn grade(&self, word: &[Ch]) -> u8 {
        self.lexicon.grade(word)
    }

    /// As `\(?(?:19|20)\d{2}[ ./-]\d{1,2}[ ./-]\d{1,2}`.
    fn is_date(&self, value: &[Ch]) -> bool {
        let value = value.strip_prefix(&[b'(' as Ch]).unwrap_or(value);
        let Some((year, rest)) = value.split_at_checked(4) else { return false };
        let mut parts = rest.split(|&c| matches!(c, 32 | 46 | 47 | 45));
        let few = |part: Option<&[Ch]>| part.is_some_and(|p| (1..=2).contains(&p.len()) && p.iter().all(|&c| self.digit.has(c)));
        self.is_of_century(year)
            && parts.next().is_some_and(<[Ch]>::is_empty)
            && few(parts.next())
            && few(parts.next())
            && parts.next().is_none()
    }

    /// As `(?:19|20)\d{2}`.
    fn is_of_century(&self, year: &[Ch]) -> bool {
        matches!(year, [49, 57, a, b] | [50, 48, a, b] if self.digit.has(*a) && self.digit.has(*b))
    }

    /// As `(?:19|20)\d{2}(?:[ -]\d{2}){0,2}`.
    fn is_year(&self, value: &[Ch]) -> bool {
        let Some((year, rest)) = value.split_at_checked(4) else { return false };
        let mut parts = rest.chunks(3);
        self.is_of_century(year)
            && rest.len() <= 6
            && parts.all(|part| matches!(part, [32 | 45, a, b] if self.digit.has(*a) && self.digit.has(*b)))
    }

    fn iban(&self, value: &[Ch]) -> bool {
        if !is_ascii(value) {
            return self.ask("iban", value);
        }
        let number: Vec<Ch> = value.iter().copied().filter(|&c| !matches!(c, 32 | 45 | 46)).collect();
        let number: Vec<u8> = stripped(&number).iter().map(|&c| (c as u8).to_ascii_uppercase()).collect();
        let Some((head, account)) = number.split_at_checked(4) else { return false };
        let mut rest = 0;
        for &c in account.iter().chain(head) {
            rest = match c {
                b'0'..=b'9' => rest * 10 + u32::from(c - b'0'),
                b'A'..=b'Z' => rest * 100 + u32::from(c - b'A') + 10,
                _ => return false,
            } % 97;
        }
        if rest != 1 {
            return false;
        }
        let country = [Ch::from(head[0]), Ch::from(head[1])];
        let plan = self.conversions.convert("iban_plan", &country);
        if plan.is_empty() {
            return false;
        }
        is_built(account, &plan).unwrap_or_else(|| self.ask("iban", value))
    }

    fn bitcoin(&self, value: &[Ch]) -> bool {
        if !is_ascii(value) {
            return self.ask("bitcoin", value);
        }
        if value.len() >= 4 && value.iter().zip(b"bc1p").all(|(&c, &b)| ascii_lower(c) == Ch::from(b)) {
            return true;
        }
        let number: Vec<Ch> = value.iter().copied().filter(|&c| c != 32).collect();
        let number: Vec<u8> = stripped(&number).iter().map(|&c| c as u8).collect();
        match number.get(..3) {
            Some(head) if head.eq_ignore_ascii_case(b"bc1") => bech32(&number.to_ascii_lowercase()).is_some(),
            _ => matches!(number.first(), Some(b'1' | b'3')) && base58(&number).is_some(),
        }
    }

    /// A phone number up to the first letter or `#` behind six digits or more.
    fn without_extension<'v>(&self, value: &'v [Ch]) -> &'v [Ch] {
        let mut digits = 0;
        for (i, &c) in value.iter().enumerate() {
            if self.digit.has(c) {
                digits += 1;
            } else if digits >= FEWEST_BEFORE_EXTENSION && (c == b'#' as Ch || self.letter.has(c)) {
                let number = &value[..i];
                let last = number.iter().rposition(|&c| ![b' ', b',', b';'].map(Ch::from).contains(&c));
                return &number[..last.map_or(0, |last| last + 1)];
            }
        }
        value
    }

    fn phone(&self, value: &[Ch]) -> bool {
        let value = self.without_extension(value);
        if self.count_digits(value) < 7 {
            return false;
        }
        if let Some(found) = self.plain_phone(value) {
            return found;
        }
        if value.len() > LONGEST_KEPT {
            return self.ask("phone", value);
        }
        if let Some(known) = self.phones.read().ok().and_then(|phones| phones.get(value).copied()) {
            return known;
        }
        let found = self.ask("phone", value);
        if let Ok(mut phones) = self.phones.write() {
            if phones.len() >= MOST_PHONES {
                phones.clear();
            }
            phones.insert(value.to_vec(), found);
        }
        found
    }

    /// Whether a number of at least seven digits that begins with its country's code is possible; None for others, and for those
    /// of which a prefix may have to be taken.
    fn plain_phone(&self, value: &[Ch]) -> Option<bool> {
        let mut plus = false;
        let mut digits: Vec<u8> = Vec::with_capacity(16);
        let mut begun = false;
        let mut late = None;
        let from = value.iter().position(|&c| c != 32)?;
        let cleaned = &value[from..];
        let cleaned = match cleaned {
            [48, 48, rest @ ..] => {
                plus = true;
                rest
            }
            _ => cleaned,
        };
        for &c in cleaned {
            match c {
                43 if !begun => plus = true,
                // behind the last digit it is nothing
                43 => late = late.or(Some(digits.len())),
                48..=57 => digits.push(c as u8 - 48),
                32 | 40 | 41 | 45 | 46 => {}
                _ => return None,
            }
            begun |= c != 43;
        }
        if !plus {
            return None;
        }
        if value.len() > LONGEST_PHONE {
            // whatever stands around it, or a sign in place of two digits
            return None;
        }
        if late.is_some_and(|late| late < digits.len()) {
            return Some(false);
        }
        if digits.first() == Some(&0) {
            return Some(false);
        }
        for n in 1..=3.min(digits.len()) {
            let code: Vec<Ch> = digits[..n].iter().map(|&d| Ch::from(d) + 48).collect();
            let plan = self.conversions.convert("phone_plan", &code);
            let Some(middle) = plan.iter().position(|&c| c == b';' as Ch) else { continue };
            let national = &digits[n..];
            if national.first().is_some_and(|&d| plan[..middle].contains(&(Ch::from(d) + 48))) {
                return None;
            }
            let is_length = |part: &[Ch]| part.iter().fold(0, |n, &c| n * 10 + c.wrapping_sub(48) as usize) == national.len();
            return Some(plan[middle + 1..].split(|&c| c == b',' as Ch).any(is_length));
        }
        Some(false)
    }

    fn crc32_suffix(&self, value: &[Ch]) -> bool {
        let parts = value.len().checked_sub(8).map(|at| value.split_at(at));
        let digits = |digits: &[Ch]| digits.iter().try_fold(0u32, |n, &c| Some(n << 4 | hex(c)?));
        let Some((body, sum)) = parts.filter(|(body, _)| is_ascii(body)).and_then(|(body, d)| Some((body, digits(d)?))) else {
            return self.ask("crc32_suffix", value);
        };
        let mut without = body;
        while let [rest @ .., 61] = without {
            without = rest;
        }
        crc32(body) == sum || (without.len() < body.len() && crc32(without) == sum)
    }

    fn random_token(&self, value: &[Ch]) -> bool {
        let has = |from: u8, to: u8| value.iter().any(|c| (Ch::from(from)..=Ch::from(to)).contains(c));
        if !(has(b'a', b'z') && has(b'A', b'Z') && has(b'0', b'9')) {
            return false;
        }
        let mut ascii = [0u32; 128];
        let mut others: HashMap<Ch, u32> = HashMap::new();
        for &c in value {
            match ascii.get_mut(c as usize) {
                Some(n) => *n += 1,
                None => *others.entry(c).or_default() += 1,
            }
        }
        let counts = || ascii.iter().chain(others.values()).copied().filter(|&n| n > 0);
        let share = |n: u32| f64::from(n) / value.len() as f64;
        let entropy: f64 = counts().map(|n| -share(n) * share(n).log2()).sum();
        if (entropy - LEAST_ENTROPY).abs() > 1e-9 {
            return entropy > LEAST_ENTROPY;
        }
        // so near, it hangs on how a sum is rounded, but where nothing is
        (value.len().is_power_of_two() && counts().all(u32::is_power_of_two)) || self.ask("random_token", value)
    }

    fn not_common_words(&self, value: &[Ch]) -> bool {
        let words: Vec<&[Ch]> = self.words(value).collect();
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
        if self.is_among(first, &self.function_words) {
            return false;
        }
        if words.iter().any(|word| !matches!(self.grade(word), WORD | EITHER | FAMILY)) {
            return true;
        }
        words.len() < 3 && self.grade(first) == EITHER && !self.is_among(last, &self.after_modals)
    }

    fn user_name(&self, value: &[Ch]) -> bool {
        if value.is_empty() || !value.iter().all(|&c| self.letter.has(c)) {
            return self.ids.is_id(value) || self.words(value).any(|word| word.len() > 1 && self.grade(word) != WORD);
        }
        let grade = self.grade(value);
        let is_made_of = |part: &[Ch]| part.len() > 2 && matches!(self.grade(part), NAME | GIVEN | EITHER | FAMILY);
        self.is_like_name(grade) || (grade == UNKNOWN && (is_made_of(&value[1..]) || is_made_of(&value[..value.len() - 1])))
    }

    fn is_like_name(&self, grade: u8) -> bool {
        grade < 8 && self.like_names >> grade & 1 == 1
    }

    fn two_words_not_common(&self, value: &[Ch]) -> bool {
        let words: Vec<&[Ch]> = self.words(value).take(6).collect();
        (2..=5).contains(&words.len())
            && words.iter().filter(|word| !matches!(self.grade(word), WORD | EITHER | FAMILY)).count() * 2 >= words.len()
    }

    fn no_common_word(&self, value: &[Ch]) -> bool {
        let words: Vec<Vec<Ch>> = self.words(value).map(|word| self.conversions.lower(word)).collect();
        let Some(first) = words.first() else { return false };
        if first.len() < 2 || words.iter().any(|word| self.no_names.contains(word)) || self.grade(first) == FAMILY {
            return false;
        }
        let mut is_name = false;
        for word in &words {
            let grade = self.grade(word);
            if grade == WORD {
                return false;
            }
            is_name |= grade == EITHER || self.is_like_name(grade);
        }
        is_name
    }

    fn dotted_name(&self, value: &[Ch]) -> bool {
        // `$` is at the end, or before a line end that is the last character
        let (head, tail) = match value {
            [head @ .., 10] => (head, 1),
            _ => (value, 0),
        };
        let kept = head.iter().rposition(|&c| !self.digit.has(c)).map_or(0, |i| i + 1);
        let mut value = head[..kept].to_vec();
        value.extend(std::iter::repeat_n(10, tail));
        let Some(dot) = value.iter().position(|&c| c == b'.' as Ch || c == b'_' as Ch) else { return false };
        for c in &mut value {
            if *c == b'_' as Ch {
                *c = b'.' as Ch;
            }
        }
        let (first, last) = (&value[..dot], &value[dot + 1..]);
        if last.len() < 2 {
            return false;
        }
        let grades = [first, last].into_iter().filter(|word| word.len() > 1).map(|word| self.grade(word));
        let grades: Vec<u8> = grades.collect();
        grades.contains(&NAME) && !grades.contains(&WORD) && !grades.contains(&UNKNOWN)
    }
}

/// A text without its percent codes (`%2B`): the matches of `_PERCENT_CODE`.
fn without_percent_codes(text: &[Ch]) -> Vec<Ch> {
    let mut kept = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&c, behind)) = rest.split_first() {
        let is_code = c == '%' as Ch && matches!(behind, [a, b, ..] if hex(*a).is_some() && hex(*b).is_some());
        rest = if is_code { &behind[2..] } else { behind };
        if !is_code {
            kept.push(c);
        }
    }
    kept
}

/// Without white space of ASCII around it.
fn stripped(mut text: &[Ch]) -> &[Ch] {
    while let [9..=13 | 28..=32, rest @ ..] | [rest @ .., 9..=13 | 28..=32] = text {
        text = rest;
    }
    text
}

fn luhn(digits: &[Ch]) -> bool {
    if !(12..=19).contains(&digits.len()) || !is_ascii(digits) || digits.iter().all(|c| c == &digits[0]) {
        return false;
    }
    let value = |(i, &c): (usize, &Ch)| {
        let digit = c.wrapping_sub(48);
        if i % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
    };
    digits.iter().rev().enumerate().map(value).sum::<u32>() % 10 == 0
}

fn card(digits: &[Ch]) -> bool {
    let lengths: &[usize] = match digits.first() {
        Some(51) => &[14, 15, 16],
        Some(52 | 53) => &[13, 16, 19],
        Some(54) => &[16, 19],
        Some(50) => &[16],
        Some(49) => &[15],
        _ => &[],
    };
    lengths.contains(&digits.len()) && luhn(digits)
}

fn us_ssn(digits: &[Ch]) -> bool {
    let [a, b, c, d, e, rest @ ..] = digits else { return false };
    digits.len() == 9
        && !matches!([a, b, c], [48, 48, 48] | [54, 54, 54])
        && *a != 57
        && !matches!([d, e], [48, 48])
        && rest.iter().any(|&c| c != 48)
}

/// Whether an account number is built as a plan says (`4!a6!n8!n`); None where the plan is written otherwise.
fn is_built(account: &[u8], plan: &[Ch]) -> Option<bool> {
    let (mut at, mut length, mut fits) = (0usize, None::<usize>, true);
    let mut counted = false;
    for &c in plan {
        match u8::try_from(c).ok()? {
            digit @ b'0'..=b'9' if !counted => {
                if length.is_none() && digit == b'0' {
                    return None;
                }
                length = Some((length.unwrap_or(0) * 10 + usize::from(digit - b'0')).min(100_000));
            }
            b'!' if length.is_some() && !counted => counted = true,
            kind @ (b'n' | b'a' | b'c') if counted => {
                let part = account.get(at..at + length?);
                fits &= part.is_some_and(|part| {
                    part.iter().all(|c| match kind {
                        b'n' => c.is_ascii_digit(),
                        b'a' => c.is_ascii_uppercase(),
                        _ => c.is_ascii_alphanumeric(),
                    })
                });
                at = at.saturating_add(length?);
                (length, counted) = (None, false);
            }
            _ => return None,
        }
    }
    (length.is_none() && !counted).then_some(fits && at == account.len())
}

/// The 25 bytes of an address in base 58, its checksum right.
fn base58(number: &[u8]) -> Option<()> {
    let ones = number.iter().take_while(|&&c| c == b'1').count();
    // the value, the lowest byte first
    let mut value: Vec<u8> = Vec::with_capacity(26);
    for &c in number {
        let mut carry = BASE58.iter().position(|&known| known == c)? as u32;
        for byte in &mut value {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            value.push(carry as u8);
        }
        if value.len() > 25 {
            return None;
        }
    }
    if value.is_empty() {
        value.push(0);
    }
    if ones + value.len() != 25 {
        return None;
    }
    value.extend(std::iter::repeat_n(0, ones));
    value.reverse();
    let (address, checksum) = value.split_at_checked(21)?;
    (Sha256::digest(Sha256::digest(address)).get(..4)? == checksum).then_some(())
}

/// An address in Bech32, its checksum right.
fn bech32(number: &[u8]) -> Option<()> {
    if !(11..=90).contains(&number.len()) {
        return None;
    }
    let data = number[3..].iter().map(|c| BECH32.iter().position(|known| known == c)).collect::<Option<Vec<usize>>>()?;
    let mut sum = 1usize;
    for value in [3, 3, 0, 2, 3].iter().chain(&data) {
        let top = sum >> 25;
        sum = (sum & 0x1ff_ffff) << 5 | value;
        for (i, generator) in [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3].into_iter().enumerate() {
            if top >> i & 1 == 1 {
                sum ^= generator;
            }
        }
    }
    if sum != 1 {
        return None;
    }
    let (version, program) = data.split_first()?;
    let program = program.get(..program.len().checked_sub(6)?)?;
    let (bytes, bits) = (program.len() * 5 / 8, program.len() * 5 % 8);
    let padding = program.last().map_or(0, |last| last & ((1 << bits.min(5)) - 1));
    let fits = bits < 5 && padding == 0 && *version <= 16 && (2..=40).contains(&bytes);
    (fits && (*version != 0 || bytes == 20 || bytes == 32)).then_some(())
}

fn hex(c: Ch) -> Option<u32> {
    char::from_u32(c).filter(char::is_ascii)?.to_digit(16)
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut value = i as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
};

fn crc32(ascii: &[Ch]) -> u32 {
    !ascii.iter().fold(!0, |sum: u32, &c| CRC_TABLE[((sum ^ c) & 255) as usize] ^ sum >> 8)
}

/// An IPv4 or IPv6 address, with a zone or a prefix length allowed.
fn ip_address(value: &[Ch]) -> bool {
    let is_bracket = |c: &Ch| matches!(c, 91 | 93);
    let Some(from) = value.iter().position(|c| !is_bracket(c)) else { return false };
    let to = value.iter().rposition(|c| !is_bracket(c)).map_or(from, |to| to + 1);
    let value = &value[from..to];
    let end = value.iter().position(|&c| c == b'%' as Ch || c == b'/' as Ch).unwrap_or(value.len());
    let value = &value[..end];
    is_ipv4(value) || is_ipv6(value)
}

fn is_ipv4(value: &[Ch]) -> bool {
    if value.len() > 15 {
        return false;
    }
    let mut count = 0;
    value.split(|&c| c == b'.' as Ch).all(|part| {
        count += 1;
        part.len() < 4
            && part.iter().all(|c| c.wrapping_sub(48) < 10)
            && (part.first().is_some_and(|&c| c != 48) || part.len() == 1)
            && part.iter().fold(0, |n, c| n * 10 + (c - 48)) < 256
    }) && count == 4
}

fn is_ipv6(value: &[Ch]) -> bool {
    // the longest: six groups and an IPv4 address
    if value.len() > 45 {
        return false;
    }
    let mut parts: Vec<&[Ch]> = value.split(|&c| c == b':' as Ch).collect();
    if parts.len() < 3 {
        return false;
    }
    if let Some(last) = parts.last().filter(|last| last.contains(&(b'.' as Ch))) {
        if !is_ipv4(last) {
            return false;
        }
        let zero: &[Ch] = &[48];
        parts.pop();
        parts.extend([zero, zero]);
    }
    if parts.len() > 9 {
        return false;
    }
    let last = parts.len() - 1;
    let mut inner = (1..last).filter(|&i| parts[i].is_empty());
    let groups = match (inner.next(), inner.next()) {
        (Some(_), Some(_)) => return false,
        (Some(skip), None) => {
            let (mut before, mut behind) = (skip, last - skip);
            if parts[0].is_empty() {
                before -= 1;
                if before > 0 {
                    return false;
                }
            }
            if parts[last].is_empty() {
                behind -= 1;
                if behind > 0 {
                    return false;
                }
            }
            before + behind < 8
        }
        (None, _) => parts.len() == 8 && !parts[0].is_empty() && !parts[last].is_empty(),
    };
    groups && parts.iter().all(|part| part.len() < 5 && part.iter().all(|&c| hex(c).is_some()))
}
