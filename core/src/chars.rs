//! Characters as the running Python sees them.
//!
//! What is a letter, a digit or white space beyond ASCII differs between versions of Python. So nothing about such characters is
//! compiled in: a class of characters is asked for page by page (256 code points), when a text first holds one of that page, and
//! kept. Conversions of whole words with such characters (`lower`, `fold`) are asked for likewise.

use crate::library::ClassBits;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};

/// A code point. Texts are slices of them, so that positions are those of Python. Bytes that are no UTF-8 are the lone surrogates
/// U+DC80 to U+DCFF, as Python's `surrogateescape` has them.
pub type Ch = u32;

/// 256 bits: which characters of a page belong to a class.
pub type Page = [u64; 4];

/// What Python is asked about characters that are not ASCII.
pub trait Python: Send + Sync {
    /// Which of the 256 characters from `page * 256` belong to the class with this number.
    fn page(&self, class: u32, page: u32) -> Page;
    /// A text converted: `what` is one of the conversions that the description names.
    fn convert(&self, what: &str, text: &[Ch]) -> Vec<Ch>;
    /// Whether a value passes the validator of that name.
    fn validate(&self, validator: &str, value: &[Ch]) -> bool;
    /// The names in a text, where another recognizer than the lists is asked: start, end and the recognizer's id.
    fn recognise(&self, text: &[Ch]) -> Vec<(usize, usize, String)>;
}

type Plane = Box<[OnceLock<Page>; 256]>;

/// A class of characters.
pub struct CharSet {
    ascii: [u64; 2],
    /// All others, where these are few and known.
    others: Option<Box<[Ch]>>,
    /// The kinds of them (`rx::KINDS`), as bits.
    kinds: u8,
    number: u32,
    python: Arc<dyn Python>,
    planes: [OnceLock<Plane>; 17],
}

impl CharSet {
    /// The class with a number.
    pub fn new(bits: &ClassBits, number: u32, python: Arc<dyn Python>) -> CharSet {
        let (low, high, others, kinds) = bits;
        let others = others.as_ref().map(|others| others.as_slice().into());
        CharSet { ascii: [*low, *high], others, kinds: *kinds, number, python, planes: [const { OnceLock::new() }; 17] }
    }

    /// Whether a character belongs to it.
    #[inline(always)]
    pub fn has(&self, c: Ch) -> bool {
        if c < 128 { self.ascii[(c >> 6) as usize] >> (c & 63) & 1 != 0 } else { self.has_wide(c) }
    }

    /// The characters of ASCII that belong to it, as bits.
    pub fn ascii(&self) -> [u64; 2] {
        self.ascii
    }

    /// The characters beyond ASCII that belong to it, where these are few and known.
    pub fn others(&self) -> Option<&[Ch]> {
        self.others.as_deref()
    }

    /// The kinds of characters beyond ASCII of which some may belong to it, as bits.
    pub fn kinds(&self) -> u8 {
        self.kinds
    }

    #[cold]
    fn has_wide(&self, c: Ch) -> bool {
        if let Some(others) = &self.others {
            return others.contains(&c);
        }
        let Some(plane) = self.planes.get((c >> 16) as usize) else { return false };
        let plane = plane.get_or_init(|| Box::new([const { OnceLock::new() }; 256]));
        let page = plane[(c >> 8 & 255) as usize].get_or_init(|| self.python.page(self.number, c >> 8));
        page[(c >> 6 & 3) as usize] >> (c & 63) & 1 != 0
    }
}

/// A conversion's name, and a text.
type Asked = (&'static str, Vec<Ch>);

/// Conversions of texts, remembered for short ones.
pub struct Conversions {
    python: Arc<dyn Python>,
    known: RwLock<HashMap<Asked, Vec<Ch>>>,
}

const MOST_KNOWN: usize = 50_000;
const LONGEST_KNOWN: usize = 64;

impl Conversions {
    /// None are known at first.
    pub fn new(python: Arc<dyn Python>) -> Conversions {
        Conversions { python, known: RwLock::default() }
    }

    /// A text converted by Python.
    pub fn convert(&self, what: &'static str, text: &[Ch]) -> Vec<Ch> {
        if text.len() > LONGEST_KNOWN {
            return self.python.convert(what, text);
        }
        let key = (what, text.to_vec());
        if let Some(known) = self.known.read().ok().and_then(|known| known.get(&key).cloned()) {
            return known;
        }
        let made = self.python.convert(what, text);
        if let Ok(mut known) = self.known.write() {
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(key, made.clone());
        }
        made
    }

    /// `str.lower()`.
    pub fn lower(&self, text: &[Ch]) -> Vec<Ch> {
        if is_ascii(text) { text.iter().map(|&c| ascii_lower(c)).collect() } else { self.convert("lower", text) }
    }
}

/// Whether all characters are of ASCII.
pub fn is_ascii(text: &[Ch]) -> bool {
    // whole chunks, several characters at once
    text.chunks(64).all(|part| part.iter().fold(0, |bits, c| bits | c) < 128)
}

/// Where some characters stand side by side in a text for the first time.
pub fn position(text: &[Ch], sought: impl Iterator<Item = Ch> + Clone) -> Option<usize> {
    let Some(first) = sought.clone().next() else { return Some(0) };
    if !text.contains(&first) {
        return None;
    }
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|&c| c == first) {
        at += next;
        let mut rest = text[at..].iter();
        if sought.clone().all(|c| rest.next() == Some(&c)) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// A letter of ASCII in small, any other character as it is.
#[inline(always)]
pub fn ascii_lower(c: Ch) -> Ch {
    if c.wrapping_sub(65) < 26 { c + 32 } else { c }
}

/// The code points of a text of Rust.
pub fn codes(text: &str) -> Vec<Ch> {
    let mut out = Vec::with_capacity(text.len());
    // most lines are of ASCII, and their bytes are code points
    for line in text.split_inclusive('\n') {
        if line.is_ascii() {
            out.extend(line.bytes().map(Ch::from));
        } else {
            out.extend(line.chars().map(Ch::from));
        }
    }
    out
}

/// A text as Rust has it; None where it holds what is no character.
pub fn text_of(codes: &[Ch]) -> Option<String> {
    if is_ascii(codes) {
        return String::from_utf8(codes.iter().map(|&c| c as u8).collect()).ok();
    }
    codes.iter().map(|&c| char::from_u32(c)).collect()
}
