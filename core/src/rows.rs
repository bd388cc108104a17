//! The rows of a text: a byte for each of its characters, in which signs are found many at a time.

use crate::chars::Ch;
use crate::rx::{Classes, KINDS, ROWS};
use memchr::{memchr, memchr2, memchr3, memmem};

/// The row of the end (or the start) of a text.
pub const EDGE: u8 = ROWS as u8;
/// Edges before a text, and behind it.
pub const BEFORE: usize = 3;
pub const BEHIND: usize = 6;
/// Characters up to which a text is looked at without a table.
const FEW: usize = 64;

/// `[A-Za-z0-9_./]`
const IN_WORD: [u64; 2] = [0x03FF_C000_0000_0000, 0x07FF_FFFE_87FF_FFFE];

/// The rows of the characters of a text, and which of them it has. A character of ASCII is its own row, all others have rows from
/// 128 on.
pub struct Rows {
    /// `BEFORE` edges stand before the text, and `BEHIND` behind it.
    all: Vec<u8>,
    has: Classes,
}

impl Rows {
    /// `other`: the row of a character beyond ASCII.
    pub fn new(text: &[Ch], other: impl Fn(Ch) -> u8) -> Rows {
        let mut all = Vec::with_capacity(BEFORE + text.len() + BEHIND);
        all.extend([EDGE; BEFORE]);
        if text.iter().fold(0, |bits, c| bits | c) < 128 {
            all.extend(text.iter().map(|&c| c as u8));
        } else {
            all.extend(text.iter().map(|&c| if c < 128 { c as u8 } else { other(c) }));
        }
        let has = classes_in(&all[BEFORE..]);
        all.extend([EDGE; BEHIND]);
        Rows { all, has }
    }

    /// With one row for all characters beyond ASCII.
    pub fn plain(text: &[Ch]) -> Rows {
        Rows::new(text, |_| 128)
    }

    /// The rows of the text's characters.
    #[inline(always)]
    pub fn inside(&self) -> &[u8] {
        &self.all[BEFORE..self.all.len() - BEHIND]
    }

    /// The same with the edges around them.
    #[inline(always)]
    pub fn with_edges(&self) -> &[u8] {
        &self.all
    }

    /// The characters that stand in the text.
    #[inline(always)]
    pub fn classes(&self) -> &Classes {
        &self.has
    }

    /// Whether one of some signs of ASCII stands in the text.
    #[inline(always)]
    pub fn any<const N: usize>(&self, signs: [u8; N]) -> bool {
        let mut ascii = [0u64; 2];
        for sign in signs {
            ascii[usize::from(sign >> 6)] |= 1 << (sign & 63);
        }
        self.has.ascii[0] & ascii[0] != 0 || self.has.ascii[1] & ascii[1] != 0
    }

    /// Whether the text has nothing but letters, digits, and signs that stand within words and paths: `_`, `.`, `/`.
    #[inline(always)]
    pub fn is_word(&self) -> bool {
        let [low, high] = self.has.ascii;
        low & !IN_WORD[0] == 0 && high & !IN_WORD[1] == 0 && self.has.other == 0
    }

    /// Whether characters beyond ASCII stand in the text.
    #[inline(always)]
    pub fn has_others(&self) -> bool {
        self.has.other != 0
    }

    /// Where a sign of ASCII stands next.
    #[inline]
    pub fn find(&self, from: usize, sign: u8) -> Option<usize> {
        Some(from + memchr(sign, self.inside().get(from..)?)?)
    }

    /// Where one of two signs of ASCII stands next.
    #[inline]
    pub fn find_two(&self, from: usize, [a, b]: [u8; 2]) -> Option<usize> {
        Some(from + memchr2(a, b, self.inside().get(from..)?)?)
    }

    /// Where one of three signs of ASCII stands next.
    #[inline]
    pub fn find_three(&self, from: usize, [a, b, c]: [u8; 3]) -> Option<usize> {
        Some(from + memchr3(a, b, c, self.inside().get(from..)?)?)
    }

    /// Whether a text of ASCII stands in this one.
    #[inline]
    pub fn contains(&self, sought: &str) -> bool {
        sought.bytes().all(|c| self.any([c])) && memmem::find(self.inside(), sought.as_bytes()).is_some()
    }
}

/// The characters that stand in a text, of which the rows are given.
fn classes_in(rows: &[u8]) -> Classes {
    let mut has = Classes::NONE;
    if rows.len() < FEW {
        let mut bits = [0u64; 4];
        rows.iter().for_each(|row| bits[usize::from(row >> 6)] |= 1 << (row & 63));
        return Classes { ascii: [bits[0], bits[1]], other: bits[2] as u8 };
    }
    let mut seen = [0u8; 256];
    for &row in rows {
        seen[usize::from(row)] = 1;
    }
    has.other = (0..KINDS).fold(0, |kinds, kind| kinds | seen[128 + kind] << kind);
    for (n, eight) in seen[..128].chunks_exact(8).enumerate() {
        // the lowest bit of each of eight bytes, side by side
        let bytes = eight.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
        has.ascii[n / 8] |= (bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (n % 8 * 8);
    }
    has
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chars::codes;

    #[test]
    fn a_word_has_no_other_signs() {
        for text in ["", "a", "Zz9_./0"] {
            assert!(Rows::plain(&codes(text)).is_word(), "{text:?}");
        }
        for text in [" ", "a-b", "a:", "@", "[", "`", "{", "é", "\n", "\u{7f}"] {
            assert!(!Rows::plain(&codes(text)).is_word(), "{text:?}");
        }
    }

    #[test]
    fn short_and_long_texts_have_the_same_classes() {
        for text in ["", "a", "key=\"é\" {z~}", "\u{7f}\0 @?"] {
            let short = Rows::plain(&codes(text));
            let long = Rows::plain(&codes(&text.repeat(FEW)));
            assert_eq!(short.classes(), long.classes(), "{text:?}");
            assert_eq!(short.any([b'"', b'~']), text.contains(['"', '~']));
            assert_eq!(short.find(0, b'='), codes(text).iter().position(|c| *c == 61));
            assert_eq!(short.inside().len(), codes(text).len());
        }
    }
}
