//! Tells text from what is none (`logscrub/detect/binary.py`).

use crate::chars::{Ch, position};
use crate::views::{unescaped_json, wide};

const LEAST: usize = 16;
/// NULs of the shortest hole.
const HOLE: usize = 16;
const DELETE: Ch = 0x7F;
const UNICODE_00: [Ch; 4] = wide(b"\\u00");

/// Whether a character is a control character that is none of white space or of terminals (bell, backspace, escape).
fn is_control(c: Ch) -> bool {
    matches!(c, 0..=6 | 0xE..=0x1A | 0x1C..=0x1F | DELETE)
}

/// Whether a character is what decoding leaves of bytes that are no UTF-8, here or where the log was written.
fn is_undecoded(c: Ch) -> bool {
    matches!(c, 0xFFFD | 0xDC80..=0xDCFF)
}

fn has_control(text: &[Ch]) -> bool {
    // the chunks are looked at whole, several characters at once
    text.chunks(64)
        .any(|part| part.iter().fold(false, |any, c| any | (*c < 32) | (*c == DELETE)) && part.iter().any(|c| is_control(*c)))
}

/// Whether a text of at least 16 characters is none: a fifth of it or more are control characters and undecoded bytes, and a 32nd
/// or more are control characters. Holes of 16 NULs or more do not count. A text without control characters is never binary.
pub fn is_binary(text: &[Ch]) -> bool {
    if text.len() < LEAST || !has_control(text) {
        return false;
    }
    let (mut size, mut control, mut undecoded, mut at) = (0, 0, 0, 0);
    while let Some(&c) = text.get(at) {
        let run = if c == 0 { text[at..].iter().take_while(|c| **c == 0).count() } else { 1 };
        if run < HOLE {
            size += run;
            control += if is_control(c) { run } else { 0 };
            undecoded += usize::from(is_undecoded(c));
        }
        at += run;
    }
    size >= LEAST && control * 32 >= size && (control + undecoded) * 5 >= size
}

/// The same for the inside of a JSON string.
pub fn is_binary_json(text: &[Ch]) -> bool {
    text.len() >= LEAST && may_hold_control(text) && is_binary(&unescaped_json(text))
}

/// Whether the inside of a JSON string may hold control characters.
fn may_hold_control(text: &[Ch]) -> bool {
    text.contains(&DELETE) || position(text, UNICODE_00.into_iter()).is_some()
}

/// The same functions, as a part of an engine.
#[derive(Clone, Copy, Default, Debug)]
pub struct Binary;

impl Binary {
    pub fn is_binary(&self, text: &[Ch]) -> bool {
        is_binary(text)
    }

    pub fn is_binary_json(&self, text: &[Ch]) -> bool {
        is_binary_json(text)
    }
}
