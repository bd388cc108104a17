//! Pseudonyms (`logscrub/redact/pseudonyms.py`): HMAC-SHA-256 of the normalised value under a key, cut to 80 bits.

use crate::chars::{Ch, CharSet, Conversions, ascii_lower, codes, is_ascii};
use crate::library::{Library, Words};
use crate::rx::Regex;
use crate::views::{hex_of, hex_value};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of a token.
const TOKEN_BYTES: usize = 10;
const PERCENT: Ch = b'%' as Ch;

/// Makes tokens under one key.
pub struct Pseudonymizer {
    keyed: Hmac<Sha256>,
    space: Arc<CharSet>,
    separators: Arc<Regex>,
    numbers: Arc<Words>,
    conversions: Arc<Conversions>,
}

impl Pseudonymizer {
    /// Under a key.
    pub fn new(library: &Library, key: &[u8]) -> Result<Pseudonymizer, String> {
        Ok(Pseudonymizer {
            keyed: Hmac::new_from_slice(key).map_err(|_| "the key has a length that no key has")?,
            space: library.set("isspace")?,
            separators: library.rx("pseudonyms._SEPARATORS")?,
            numbers: library.words("pseudonyms._NUMBERS")?,
            conversions: library.conversions.clone(),
        })
    }

    /// `<ENTITY_TYPE:…>` for a value, the same for every way to write it.
    pub fn token(&self, entity_type: &str, value: &[Ch]) -> Vec<Ch> {
        let mut message: Vec<u8> = entity_type.bytes().chain([0]).collect();
        for c in self.normalise(entity_type, value) {
            put_utf8(c, &mut message);
        }
        let mut keyed = self.keyed.clone();
        keyed.update(&message);
        let digest = keyed.finalize().into_bytes();
        let mut token = vec![b'<' as Ch];
        token.extend(entity_type.chars().map(u32::from));
        token.push(b':' as Ch);
        token.extend(hex_of(&digest[..TOKEN_BYTES]));
        token.push(b'>' as Ch);
        token
    }

    /// One writing for all writings of a value: decoded, NFKC, case-folded, numbers without separators.
    pub fn normalise(&self, entity_type: &str, value: &[Ch]) -> Vec<Ch> {
        let value = unquote(value);
        let value = unquote(&value);
        let mut value = if is_ascii(&value) {
            let is_space = |c: &Ch| self.space.has(*c);
            let start = value.iter().take_while(|c| is_space(c)).count();
            let end = value.len() - value[start..].iter().rev().take_while(|c| is_space(c)).count();
            value[start..end].iter().map(|c| ascii_lower(*c)).collect()
        } else {
            self.conversions.convert("folded", &value)
        };
        if self.numbers.contains(&codes(entity_type)) {
            let mut kept = Vec::with_capacity(value.len());
            let mut at = 0;
            for m in self.separators.find_iter(&value, 0, value.len()) {
                kept.extend_from_slice(&value[at..m.start()]);
                at = m.end();
            }
            kept.extend_from_slice(&value[at..]);
            value = kept;
        }
        value
    }
}

/// `urllib.parse.unquote`.
fn unquote(text: &[Ch]) -> Cow<'_, [Ch]> {
    if !text.contains(&PERCENT) {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = Vec::new();
    for run in text.chunk_by(|a, b| (*a < 128) == (*b < 128)) {
        if !is_ascii(run) {
            out.extend_from_slice(run);
            continue;
        }
        bytes.clear();
        let mut at = 0;
        while let Some(&c) = run.get(at) {
            let byte = if c == PERCENT { run.get(at + 1..at + 3).and_then(hex_value) } else { None };
            bytes.push(byte.unwrap_or(c) as u8);
            at += if byte.is_some() { 3 } else { 1 };
        }
        // what is no UTF-8 becomes U+FFFD in the same places as in Python
        out.extend(String::from_utf8_lossy(&bytes).chars().map(u32::from));
    }
    out.into()
}

/// A character in UTF-8; half of a surrogate pair as if it were a character.
pub(crate) fn put_utf8(c: Ch, out: &mut Vec<u8>) {
    match char::from_u32(c) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend([0xE0 | (c >> 12) as u8, 0x80 | (c >> 6 & 63) as u8, 0x80 | (c & 63) as u8]),
    }
}
