//! Values that are messages of programs (`logscrub.detect.messages`).

use crate::chars::{Ch, CharSet, Conversions, codes, text_of};
use crate::library::{Library, Words};
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Characters of a message, at most.
pub const LONGEST: usize = 300;
const SHORTEST: usize = 4;
const DIGITS: usize = 2;
const FEWEST_PAIRS: usize = 3;
const PAIRED: [(Ch, Ch); 5] = [(0x0E00, 0x0E7F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Between,
    Digit,
    Run,
    Word,
}

/// Words, each on a line of its own.
struct WordList {
    text: String,
    /// Where the words begin, each at the first free place from its hash on; the others hold `FREE`.
    places: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl WordList {
    fn new(text: &str) -> WordList {
        let text = text.trim_end_matches('\n').to_owned();
        let mut places = vec![FREE; (2 * text.lines().count() + 1).next_power_of_two()];
        let mut start = 0;
        for word in text.split('\n') {
            let mut place = hash(word) & (places.len() - 1);
            while places[place] != FREE {
                place = (place + 1) & (places.len() - 1);
            }
            places[place] = start;
            start += word.len() as u32 + 1;
        }
        WordList { text, places }
    }

    fn has(&self, word: &[Ch]) -> bool {
        let Some(word) = text_of(word) else { return false };
        let mut place = hash(&word) & (self.places.len() - 1);
        while self.places[place] != FREE {
            let rest = &self.text[self.places[place] as usize..];
            if rest.starts_with(&word) && matches!(rest.as_bytes().get(word.len()), None | Some(b'\n')) {
                return true;
            }
            place = (place + 1) & (self.places.len() - 1);
        }
        false
    }
}

fn hash(word: &str) -> usize {
    let hash = FxBuildHasher.hash_one(word);
    (hash ^ hash >> 32) as usize
}

/// The words of messages.
pub struct Messages {
    separators: Vec<Ch>,
    space: Arc<CharSet>,
    conversions: Arc<Conversions>,
    english: Arc<Words>,
    telling: WordList,
    others: WordList,
    numbers: Arc<Words>,
    alone: Arc<Words>,
    longest_alone: usize,
}

impl Messages {
    pub fn new(library: &Library) -> Result<Messages, String> {
        let listed = library.text("messages._LISTED")?;
        let alone = library.words("messages._ALONE")?;
        let (telling, others) = listed.split_once("\n\n").ok_or("the words of messages have no empty line")?;
        Ok(Messages {
            separators: codes(&library.text("messages.SEPARATORS")?),
            space: library.set("isspace")?,
            conversions: library.conversions.clone(),
            english: library.words("messages._ENGLISH")?,
            telling: WordList::new(telling.split_once('\n').map_or("", |(_, words)| words)),
            others: WordList::new(others),
            numbers: library.words("messages._NUMBERS")?,
            longest_alone: alone.iter().map(Vec::len).max().unwrap_or(0),
            alone,
        })
    }

    fn kind(&self, c: Ch) -> Kind {
        if self.space.has(c) || self.separators.contains(&c) {
            Kind::Between
        } else if c.wrapping_sub(48) < 10 {
            Kind::Digit
        } else if PAIRED.iter().any(|&(first, last)| first <= c && c <= last) {
            Kind::Run
        } else {
            Kind::Word
        }
    }

    /// Whether all words of a text are words of messages about values, and one of them, in small letters, tells so.
    pub fn is_message(&self, text: &[Ch]) -> bool {
        if text.len() > LONGEST {
            return false;
        }
        let stripped = self.stripped(text);
        if stripped.len() <= self.longest_alone && self.alone.contains(&self.conversions.lower(stripped)) {
            return true;
        }
        // a single word is known as a whole or it is no message
        if stripped.iter().all(|&c| c < 128) && !stripped.iter().any(|&c| self.space.has(c)) {
            return false;
        }
        let (mut words, mut pairs, mut at) = (0, 0, 0);
        let (mut is_english, mut telling, mut telling_english) = (true, false, false);
        while at < text.len() {
            let (start, kind) = (at, self.kind(text[at]));
            at += text[at..].iter().position(|&c| self.kind(c) != kind).unwrap_or(text.len() - at);
            let part = &text[start..at];
            match kind {
                Kind::Between => {}
                Kind::Digit if part.len() > DIGITS && !self.numbers.contains(part) => return false,
                Kind::Digit => {}
                Kind::Run => {
                    let mut its = part.windows(2.min(part.len()));
                    pairs += its.len();
                    if !its.all(|pair| self.telling.has(pair) || self.others.has(pair)) {
                        return false;
                    }
                }
                Kind::Word => {
                    let word = self.conversions.lower(part);
                    let is_of_english = self.english.contains(&word);
                    let tells = self.telling.has(&word);
                    if !is_of_english && !tells && !self.others.has(&word) {
                        return false;
                    }
                    is_english &= is_of_english;
                    words += 1;
                    if part.len() >= SHORTEST && part[0] == word[0] {
                        telling |= tells;
                        telling_english |= is_of_english;
                    }
                }
            }
        }
        telling |= is_english && telling_english;
        pairs >= FEWEST_PAIRS || (telling && words > 1 && stripped.iter().any(|&c| self.space.has(c)))
    }

    fn stripped<'a>(&self, text: &'a [Ch]) -> &'a [Ch] {
        let start = text.iter().position(|&c| !self.space.has(c)).unwrap_or(text.len());
        let end = text.iter().rposition(|&c| !self.space.has(c)).map_or(start, |last| last + 1);
        &text[start..end]
    }
}
