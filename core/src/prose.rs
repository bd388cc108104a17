//! Whether a text reads as sentences rather than as a log line (`logscrub.detect.names.prose`).

use crate::chars::{Ch, CharSet, Conversions, is_ascii};
use crate::lexicon::{Packed, packed};
use crate::library::{Library, Words};
use crate::rx::Regex;
use std::sync::Arc;

const LONGEST: usize = 2000;

/// What tells prose from code.
pub struct Prose {
    word: Arc<CharSet>,
    letter: Arc<CharSet>,
    space: Arc<CharSet>,
    conversions: Arc<Conversions>,
    function_words: Arc<Words>,
    packed: Packed,
    /// Characters of the longest function word.
    longest: usize,
    mixed: Arc<Regex>,
}

impl Prose {
    pub fn new(lib: &Library) -> Result<Prose, String> {
        let function_words = lib.words("prose._FUNCTION_WORDS")?;
        let mut table = Packed::new(function_words.len());
        for key in function_words.iter().filter_map(|word| packed(word, false)) {
            table.put(key, |_| 1);
        }
        Ok(Prose {
            word: lib.set("word")?,
            letter: lib.set("letter")?,
            space: lib.set("isspace")?,
            conversions: lib.conversions.clone(),
            longest: function_words.iter().map(Vec::len).max().unwrap_or(0),
            function_words,
            packed: table,
            mixed: lib.rx("prose._MIXED")?,
        })
    }

    /// Whether a text reads as sentences: mostly words, and function words among them. Its first 2,000 characters tell.
    pub fn is_prose(&self, text: &[Ch]) -> bool {
        let text = &text[..text.len().min(LONGEST)];
        if self.is_code(text) {
            return false;
        }
        let (words, function_words) = self.count(text);
        let last = text.iter().rev().find(|&&c| !self.space.has(c));
        let least = if last.is_some_and(|&c| c == 46 || c == 33 || c == 63) { 1 } else { 2 };
        if words < 3 || function_words < least || function_words < words / 6 {
            return false;
        }
        let (mut tokens, mut pure) = (0, 0);
        for token in text.split(|&c| self.space.has(c)).filter(|token| !token.is_empty()) {
            tokens += 1;
            pure += usize::from(self.is_pure(token));
        }
        pure * 4 >= tokens * 3
    }

    /// The end of a word (`WORD`) that begins with the letter at `at`.
    fn word_end(&self, text: &[Ch], mut at: usize) -> usize {
        loop {
            at += text[at..].iter().position(|&c| !self.letter.has(c)).unwrap_or(text.len() - at);
            match text.get(at..at + 2) {
                Some(&[39 | 45 | 0x2019, next]) if self.letter.has(next) => at += 1,
                _ => return at,
            }
        }
    }

    /// How many words there are that are no part of an id (`_WHOLE_WORD`), and how many of them are function words.
    fn count(&self, text: &[Ch]) -> (usize, usize) {
        let (mut words, mut function_words, mut at) = (0, 0, 0);
        while let Some(next) = text[at..].iter().position(|&c| self.letter.has(c)) {
            let start = at + next;
            if start > 0 && text[start - 1] != 95 && self.word.has(text[start - 1]) {
                at = start + 1;
                continue;
            }
            let end = self.word_end(text, start);
            if text.get(end).is_some_and(|&c| self.is_digit(c)) {
                at = start + 1;
                continue;
            }
            at = end;
            words += 1;
            function_words += usize::from(self.is_function_word(&text[start..end]));
        }
        (words, function_words)
    }

    fn is_function_word(&self, word: &[Ch]) -> bool {
        if word.len() > self.longest {
            return false; // a word in small letters is no shorter
        }
        if let Some(key) = packed(word, true) {
            return self.packed.get(key) != 0;
        }
        self.function_words.contains(&self.conversions.lower(word))
    }

    /// Whether a token is a word or a small number with its punctuation: the pattern `_PURE`.
    fn is_pure(&self, token: &[Ch]) -> bool {
        if let [45 | 0x2013 | 0x2014] = token {
            return true;
        }
        let opens = |c: Ch| matches!(c, 34 | 39 | 40 | 0x201C | 0x201D | 0x2018 | 0x2019);
        let closes = |c: Ch| matches!(c, 33 | 34 | 39 | 41 | 44 | 46 | 58 | 59 | 63 | 0x201D | 0x2019);
        let Some(start) = token.iter().position(|&c| !opens(c)) else { return false };
        let first = token[start];
        let end = if self.letter.has(first) {
            self.word_end(token, start)
        } else {
            let (same, most) =
                (|c: Ch| if first == 26 { c == 26 } else { self.is_digit(c) }, if first == 26 { usize::MAX } else { 4 });
            let length = token[start..].iter().take_while(|&&c| same(c)).count();
            if length == 0 || length > most {
                return false;
            }
            start + length
        };
        token[end..].iter().all(|&c| closes(c))
    }

    fn is_digit(&self, c: Ch) -> bool {
        self.word.has(c) && c != 95 && !self.letter.has(c)
    }

    /// Whether there is code in a text: the pattern `_CODE`.
    fn is_code(&self, text: &[Ch]) -> bool {
        let mut at = 0;
        while let Some(&c) = text.get(at) {
            if self.word.has(c) {
                let start = at;
                let mut joins = false;
                while text.get(at).is_some_and(|&c| self.word.has(c)) {
                    joins |= text[at] == 95 && at > start && text.get(at + 1).is_some_and(|&c| self.word.has(c));
                    at += 1;
                }
                let before = if start > 0 { text[start - 1] } else { 0 };
                match text.get(at) {
                    _ if joins => return true,
                    Some(40) => return true,
                    Some(93) if before == 91 => return true,
                    Some(47) if before == 47 => return true,
                    _ => {}
                }
                continue;
            }
            match c {
                59..=62 | 123..=125 => return true,
                58 if text.get(at + 1) == Some(&58) => return true,
                _ => at += 1,
            }
        }
        false
    }

    /// Camel case, or short capitals.
    pub fn is_code_word(&self, word: &[Ch]) -> bool {
        if !is_ascii(word) || !word.iter().all(|&c| self.letter.has(c)) {
            return self.mixed.is_in(word);
        }
        let is_capital = |c: Ch| c.wrapping_sub(65) < 26;
        if (1..=4).contains(&word.len()) && word.iter().all(|&c| is_capital(c)) {
            return true;
        }
        word.windows(2).any(|pair| !is_capital(pair[0]) && is_capital(pair[1])) && self.mixed.is_in(word)
    }
}
