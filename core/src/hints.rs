//! What the text of a record may say, so that counting (`logscrub/metrics/facts.py`) asks only what can have an answer. A hint may
//! be wrong about what a text says, never about what it does not say.

use pyo3::prelude::*;
use std::collections::HashMap;

const PLACEHOLDER: u32 = 1;
const OBJECT: u32 = 2;
const DURATION: u32 = 4;
const STATUS: u32 = 8;
const EVERYTHING: u32 = u32::MAX;
const THINGS: [&[u8]; 4] = [b"issue/", b"content/", b"page/", b"pages/"];

/// Finds hints.
#[pyclass(frozen)]
pub struct Hints {
    /// The first two letters of a word → words and their bits, in small letters of ASCII.
    words: HashMap<[u8; 2], Vec<(Vec<u8>, u32)>>,
    /// A bit for each two bytes with which a word begins.
    pairs: Vec<u64>,
    statuses: u32,
    milliseconds: u32,
}

#[pymethods]
impl Hints {
    /// `words`: in small letters of ASCII, at least two, with the bits that a text with one of them has. `statuses`, `milliseconds`:
    /// the bits of the words without one of which a text has no status of an answer, and no number without a unit is a duration.
    #[new]
    fn new(words: Vec<(String, u32)>, statuses: u32, milliseconds: u32) -> Hints {
        let mut hints = Hints { words: HashMap::new(), pairs: vec![0; 1024], statuses, milliseconds };
        for (word, bit) in words {
            let word = word.into_bytes();
            let pair = [word[0], word[1]];
            let at = index(pair[0], pair[1]);
            hints.pairs[at / 64] |= 1 << (at % 64);
            hints.words.entry(pair).or_default().push((word, bit));
        }
        hints
    }

    /// The hints of a text, a bit each.
    fn of(&self, text: &str) -> u32 {
        if !text.is_ascii() {
            return EVERYTHING;
        }
        let text = text.as_bytes();
        let found = self.words_in(text);
        text.iter().enumerate().fold(found, |found, (at, byte)| match byte {
            b'<' if text.get(at + 1).is_some_and(u8::is_ascii_uppercase) => found | PLACEHOLDER,
            b'0'..=b'9' if at == 0 || !text[at - 1].is_ascii_digit() => found | self.of_number(text, at, found),
            _ => found,
        })
    }
}

impl Hints {
    fn words_in(&self, text: &[u8]) -> u32 {
        let mut found = 0;
        for at in 0..text.len().saturating_sub(1) {
            let (first, second) = (text[at].to_ascii_lowercase(), text[at + 1].to_ascii_lowercase());
            let pair = index(first, second);
            if self.pairs[pair / 64] >> (pair % 64) & 1 == 1 {
                for (word, bit) in self.words.get(&[first, second]).into_iter().flatten() {
                    if text[at..].get(..word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word)) {
                        found |= bit;
                    }
                }
            }
        }
        found
    }

    /// The hints of the number that begins at a place of a text in which these hints of words were found.
    fn of_number(&self, text: &[u8], at: usize, words: u32) -> u32 {
        let rest = &text[at..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let before = at.checked_sub(1).map(|at| text[at]);
        let mut found = 0;
        if digits == 3 && words & self.statuses != 0 && before.is_some_and(|byte| b" :=\"'_\n".contains(&byte)) {
            found |= STATUS;
        }
        if before.is_none_or(|byte| b" :=\"'".contains(&byte)) && (words & self.milliseconds != 0 || has_unit(rest)) {
            found |= DURATION;
        }
        if matches!(before, Some(b'-')) && ends_with_key(&text[..at - 1]) || THINGS.iter().any(|name| text[..at].ends_with(name))
        {
            found |= OBJECT;
        }
        found
    }
}

fn index(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// True if a text begins with a number and, perhaps behind a quotation mark and a space, what may be a unit of time.
fn has_unit(text: &[u8]) -> bool {
    let mut behind = text.iter().skip_while(|byte| byte.is_ascii_digit() || **byte == b'.').peekable();
    behind.next_if(|byte| b"\"'".contains(byte));
    behind.next_if(|byte| **byte == b' ');
    behind.next().is_some_and(|byte| b"ms".contains(byte))
}

/// True if a text ends with what may be the letters of an issue's key: capitals, digits and `_`, of which the first is a capital.
fn ends_with_key(text: &[u8]) -> bool {
    let size = text.iter().rev().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_').count();
    let start = text.len() - size;
    size >= 2
        && text[start].is_ascii_uppercase()
        && !(start > 0 && (text[start - 1].is_ascii_alphanumeric() || b"_-".contains(&text[start - 1])))
}
