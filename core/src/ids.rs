//! UUIDs, ULIDs and hexadecimal ids (`logscrub/detect/ids.py`).

use crate::chars::{Ch, codes};
use crate::library::Library;
use crate::rx::Regex;
use std::sync::Arc;

const LONGEST: usize = 64;
/// Characters of the shortest id.
const SHORTEST: usize = 7;

/// Knows ids.
pub struct Ids {
    id: Arc<Regex>,
    uuid: Vec<Ch>,
    ulid: Vec<Ch>,
}

impl Ids {
    pub fn new(library: &Library) -> Result<Ids, String> {
        Ok(Ids { id: library.rx("ids._ID")?, uuid: codes(&library.text("ids._UUID")?), ulid: codes(&library.text("ids._ULID")?) })
    }

    /// Whether a text is an id and nothing else.
    pub fn is_id(&self, text: &[Ch]) -> bool {
        (SHORTEST..=LONGEST).contains(&text.len()) && text.iter().all(|&c| is_of_id(c)) && self.id.is_full(text)
    }

    /// Where the id begins that a place is inside of.
    pub fn cut_id(&self, text: &[Ch], place: usize) -> Option<usize> {
        if place == 0 || place >= text.len() || !is_of_id(text[place - 1]) || !is_of_id(text[place]) {
            return None;
        }
        let from = place.saturating_sub(LONGEST);
        let m = self.id.find_iter(text, from, (place + LONGEST + 1).min(text.len())).find(|m| m.end() > place)?;
        (m.start() < place).then(|| m.start())
    }

    /// Whether a stretch begins or ends inside of an id.
    pub fn cuts_id(&self, text: &[Ch], start: usize, end: usize) -> bool {
        self.cut_id(text, start).is_some() || self.cut_id(text, end).is_some()
    }

    /// The text, of the same length, with ids that have letters at both ends.
    pub fn ids_alike(&self, text: &[Ch]) -> Vec<Ch> {
        let mut out = text.to_vec();
        for m in self.id.find_iter(text, 0, text.len()) {
            let id = &mut out[m.start()..m.end()];
            let like = if id.contains(&u32::from('-')) {
                self.uuid.clone()
            } else if (48..58).contains(&id[0]) && id.len() == self.ulid.len() {
                self.ulid.clone()
            } else {
                codes(&format!("a5{}{}abcd", "b1".repeat((id.len() / 2).saturating_sub(3)), "0".repeat(id.len() % 2)))
            };
            for (c, new) in id.iter_mut().zip(like) {
                *c = new;
            }
        }
        out
    }
}

/// Whether an id can hold a character (`_OF_ID`).
fn is_of_id(c: Ch) -> bool {
    u8::try_from(c).is_ok_and(
        |c| matches!(c, b'0'..=b'9' | b'a'..=b'f' | b'-' | b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'T' | b'V'..=b'Z'),
    )
}
