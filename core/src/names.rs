//! Finds names by the words themselves: lists and shapes, against the words of English, code and logs
//! (`logscrub.detect.names.recognizer`, which has a table of what is a name).

use crate::chars::{Ch, CharSet, Conversions};
use crate::lexicon::{Cases, Grade, Lexicon, MOST_PACKED, Packed, packed};
use crate::library::{Library, Words};
use crate::messages::Messages;
use crate::prose::Prose;
use crate::rx::Regex;
use crate::views::byte_of_latin;
use std::cell::OnceCell;
use std::sync::Arc;

const PLAIN: i32 = 15;

/// Signs that close a word or go on behind it, and stand for later bytes of a character in UTF-8 too (`recognizer._QUOTES`).
const QUOTES: [Ch; 8] = [0x2018, 0x2019, 0x201C, 0x201D, 0x2026, 0x2013, 0x2014, 0x203A];

/// How a word is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Case {
    Capitalised,
    Capitals,
    Small,
    Initial,
    Particle,
    Code,
}

use Case::{Capitalised, Capitals, Code, Initial, Particle, Small};

impl Case {
    /// Whether it is that of a word proper.
    fn is_full(self) -> bool {
        matches!(self, Capitalised | Capitals | Small)
    }
}

struct Word {
    start: usize,
    end: usize,
    grade: Grade,
    case: Case,
    /// Whether it stands beside the word before.
    joined: bool,
    /// The short lists that it is on in small letters, if `KNOWN` is among them; else they are still to be asked.
    lists: u8,
}

/// A match of the pattern `_TOKEN`.
struct Token {
    start: usize,
    end: usize,
    /// Where the letters of ASCII end that it begins with, those letters packed, and which of them are capitals. Numbers and
    /// capitals mean nothing where there are more than twelve.
    run: usize,
    key: u64,
    capitals: u64,
}

/// Characters of ASCII.
struct Ascii(u128);

impl Ascii {
    /// The words of a list that has only such.
    fn new(words: &Words) -> Result<Ascii, String> {
        let mut found = 0;
        for word in words {
            match word[..] {
                [c] if c < 128 => found |= 1 << c,
                _ => return Err("a list of characters of ASCII has something else".into()),
            }
        }
        Ok(Ascii(found))
    }

    fn has(&self, c: Option<&Ch>) -> bool {
        c.is_some_and(|&c| c < 128 && self.0 >> c & 1 != 0)
    }
}

/// Short lists of words.
struct Special {
    packed: Packed,
    lists: [(u8, Arc<Words>); 4],
    conversions: Arc<Conversions>,
}

const PARTICLE: u8 = 1;
const AUXILIARY: u8 = 2;
const NEVER: u8 = 4;
const TIME: u8 = 8;
const KNOWN: u8 = 8 << 1;

impl Special {
    fn new(lib: &Library) -> Result<Special, String> {
        let lists = [
            (PARTICLE, lib.words("recognizer._PARTICLES")?),
            (AUXILIARY, lib.words("recognizer._AUXILIARY")?),
            (NEVER, lib.words("recognizer._NEVER")?),
            (TIME, lib.words("recognizer._TIMES")?),
        ];
        let mut table = Packed::new(lists.iter().map(|(_, words)| words.len()).sum());
        for (list, words) in &lists {
            for key in words.iter().filter_map(|word| packed(word, false)) {
                table.put(key, |old| old | list); // four lists: all of a slot's bits
            }
        }
        Ok(Special { packed: table, lists, conversions: lib.conversions.clone() })
    }

    /// Whether a list has a word, as it is or, `any_case`, in small letters.
    fn has(&self, list: u8, word: &[Ch], any_case: bool) -> bool {
        if let Some(key) = packed(word, any_case) {
            return self.packed.get(key) & list != 0;
        }
        let Some((_, words)) = self.lists.iter().find(|(mine, _)| *mine == list) else { return false };
        if any_case { words.contains(&self.conversions.lower(word)) } else { words.contains(word) }
    }

    /// Whether a list has a word in small letters.
    #[inline(always)]
    fn lists(&self, list: u8, word: &Word, text: &[Ch]) -> bool {
        if word.lists & KNOWN != 0 { word.lists & list != 0 } else { self.has(list, &text[word.start..word.end], true) }
    }
}

/// The recognizer.
pub struct Names {
    lexicon: Arc<Lexicon>,
    phrases: Option<Arc<Regex>>,
    messages: Arc<Messages>,
    prose: Prose,
    special: Special,
    cases: Cases,
    conversions: Arc<Conversions>,
    word: Arc<CharSet>,
    letter: Arc<CharSet>,
    space: Arc<CharSet>,
    latin: Arc<CharSet>,
    joiner: Arc<CharSet>,
    joined_particles: Arc<Words>,
    beginnings: Arc<Words>,
    between: Arc<Words>,
    code_before: Ascii,
    code_after: Ascii,
    cue: Arc<Regex>,
    does: Arc<Regex>,
    no_person: Arc<Regex>,
    places: Arc<Regex>,
    opens: Arc<Regex>,
    closes: Arc<Regex>,
    by: Arc<Regex>,
    number: Arc<Regex>,
}

/// A text, and whether it is prose, once that was asked.
struct Told<'a> {
    text: &'a [Ch],
    prose: OnceCell<bool>,
}

impl Names {
    /// `phrases`: further names of several words.
    pub fn new(lib: &Library, lexicon: Arc<Lexicon>, phrases: Option<Arc<Regex>>) -> Result<Names, String> {
        Ok(Names {
            lexicon,
            phrases,
            messages: lib.messages()?,
            prose: Prose::new(lib)?,
            special: Special::new(lib)?,
            cases: Cases::new(lib)?,
            conversions: lib.conversions.clone(),
            word: lib.set("word")?,
            letter: lib.set("letter")?,
            space: lib.set("isspace")?,
            latin: lib.set("latin")?,
            joiner: lib.set("joiner")?,
            joined_particles: lib.words("lexicon.JOINED_PARTICLES")?,
            beginnings: lib.words("recognizer._BEGINNINGS")?,
            between: lib.words("recognizer._BETWEEN")?,
            code_before: Ascii::new(lib.words("recognizer._CODE_BEFORE")?.as_ref())?,
            code_after: Ascii::new(lib.words("recognizer._CODE_AFTER")?.as_ref())?,
            cue: lib.rx("recognizer._CUE")?,
            does: lib.rx("recognizer._DOES")?,
            no_person: lib.rx("recognizer._NO_PERSON")?,
            places: lib.rx("recognizer._PLACES")?,
            opens: lib.rx("recognizer._OPENS")?,
            closes: lib.rx("recognizer._CLOSES")?,
            by: lib.rx("recognizer._BY")?,
            number: lib.rx("recognizer._NUMBER")?,
        })
    }

    /// The spans of names in a text, in order, apart.
    pub fn recognise(&self, text: &[Ch]) -> Vec<(usize, usize)> {
        let words = self.words(text);
        let told = Told { text, prose: OnceCell::new() };
        let mut found: Vec<(usize, usize, bool)> = Vec::new();
        phrases(&words, |first, last| {
            let (first, last) = self.trimmed(&words, first, last, text);
            if first == last {
                return;
            }
            if self.is_name(&words[first..last], &told) {
                let (first, last) = self.completed(&words, first, last, text);
                found.push((words[first].start, words[last - 1].end, true));
            } else if self.could_be(&words[first..last], text) {
                found.push((words[first].start, words[last - 1].end, false));
            }
        });
        if let Some(phrases) = &self.phrases {
            found.extend(phrases.find_iter(text, 0, text.len()).map(|m| (m.start(), m.end(), true)));
        }
        if found.is_empty() {
            return Vec::new();
        }
        let mut names = merged(self.with_neighbours(found, text));
        names.retain(|&(start, end)| !self.is_of_program(text, start, end));
        names
    }

    /// Whether a program wrote what looks like a name in another language. A user's own names are always names.
    fn is_of_program(&self, text: &[Ch], start: usize, end: usize) -> bool {
        self.messages.is_of_program(text, start, end, &*self.lexicon)
            && self.phrases.as_ref().is_none_or(|phrases| phrases.search(&text[start..end], 0, end - start).is_none())
            && !self.lexicon.has_own_name(&text[start..end])
    }

    /// The spans of the words that are looked at.
    pub fn tokens(&self, text: &[Ch]) -> Vec<(usize, usize)> {
        let mut at = 0;
        std::iter::from_fn(|| {
            let token = self.next_token(text, at)?;
            at = token.end;
            Some((token.start, token.end))
        })
        .collect()
    }

    /// The first match of `_TOKEN` from a place on.
    fn next_token(&self, text: &[Ch], mut at: usize) -> Option<Token> {
        loop {
            at += text.get(at..)?.iter().position(|&c| self.is_letter(c))?;
            if self.may_begin(text, at) {
                match self.token_at(text, at) {
                    Ok(token) => return Some(token),
                    Err(next) => at = next,
                }
            } else {
                at += 1;
            }
            // no match begins behind a letter
            while at > 0 && is_letter(text[at - 1]) && text.get(at).is_some_and(|&c| is_letter(c)) {
                at += 1;
            }
        }
    }

    /// Whether a character is a letter to `_TOKEN`.
    #[inline(always)]
    fn is_letter(&self, c: Ch) -> bool {
        is_letter(c) || (c > 127 && self.latin.has(c))
    }

    /// What `_TOKEN` says of what stands before a word.
    #[inline(always)]
    fn may_begin(&self, text: &[Ch], at: usize) -> bool {
        // two bytes of a character in UTF-8 that was read as Windows-1252 or Latin-1
        if text[at] == 0xC3 && text.get(at + 1).is_some_and(|&c| byte_of_latin(c).is_some() && !QUOTES.contains(&c)) {
            return false;
        }
        let Some(last) = at.checked_sub(1) else { return true };
        let before = |c: usize| if last >= c { text[last - c] } else { 0 };
        match text[last] {
            32 => true,
            46 | 92 => false,
            45 => last < 1 || !self.word.has(before(1)),
            58 => before(1) != 58,
            47 => before(1).wrapping_sub(97) < 26 || before(1).wrapping_sub(48) < 10,
            c => !self.word.has(c),
        }
    }

    /// What `_TOKEN` says of what stands behind a word.
    #[inline(always)]
    fn may_end(&self, text: &[Ch], at: usize) -> bool {
        let Some(&c) = text.get(at) else { return true };
        let next = || text.get(at + 1).copied();
        match c {
            32 => true,
            64 | 92 => false,
            45 | 46 => !next().is_some_and(|c| self.word.has(c)),
            47 => next().is_none_or(|c| c.wrapping_sub(65) < 26 || self.space.has(c)),
            58 => next() != Some(58),
            40 => next() != Some(41),
            // of a character in UTF-8 that was read as Windows-1252 or Latin-1, the first byte would be the last letter
            c if byte_of_latin(c).is_some() => {
                let may_be_first = match text[at - 1] {
                    0xC2 | 0xC3 | 0xE2 => true,
                    0xC4 | 0xC5 | 0xCE..=0xD1 => !QUOTES.contains(&c),
                    _ => false,
                };
                !may_be_first && !self.word.has(c)
            }
            c => !self.word.has(c),
        }
    }

    /// The match of `_TOKEN` at a letter, where what stands before it is looked at already; else from where to look on.
    #[inline(always)]
    fn token_at(&self, text: &[Ch], start: usize) -> Result<Token, usize> {
        let mut token = Token { start, end: start, run: start, key: 0, capitals: 0 };
        while let Some(c) = text.get(token.run).copied().filter(|&c| is_letter(c)) {
            token.key = token.key << 5 | u64::from(c & 31);
            token.capitals |= u64::from(c & 32 == 0) << ((token.run - start) & 63);
            token.run += 1;
        }
        token.end = token.run;
        match text.get(token.end) {
            Some(&c) if c > 127 || self.joiner.has(c) => self.joined_token(text, token),
            _ if self.may_end(text, token.end) || self.ends_part_of_path(text, start, token.end) => Ok(token),
            _ => Err(token.end),
        }
    }

    /// Whether a word is the last of several that are a part of a path or the name of a file.
    #[inline(never)]
    fn ends_part_of_path(&self, text: &[Ch], start: usize, end: usize) -> bool {
        let is_small = |c: Ch| c.wrapping_sub(97) < 26;
        if start < 2 || text[start - 1] != 32 || !self.is_letter(text[start - 2]) || is_small(text[start]) {
            return false;
        }
        let behind = text.get(end + 1..).unwrap_or(&[]);
        let begins = behind.first().is_some_and(|&c| is_small(c));
        match text.get(end) {
            _ if !(2..=40).contains(&(end - start)) || !begins => false,
            Some(47) => true,
            Some(46) => {
                let size = behind.iter().take(6).take_while(|&&c| is_small(c) || c.wrapping_sub(48) < 10).count();
                (2..=5).contains(&size) && !behind.get(size).is_some_and(|&c| c == 46 || self.word.has(c))
            }
            _ => false,
        }
    }

    /// The same of a word that may have several parts or letters that are not of ASCII, of which the first letters are read.
    ///
    /// U+02BC is both a letter and what joins parts. Taking it for a letter is enough: parts that it joins end where one part ends
    /// that it is a letter of, and leave fewer parts to follow.
    #[inline(never)]
    fn joined_token(&self, text: &[Ch], mut token: Token) -> Result<Token, usize> {
        let mut parts = [(token.start, token.run); 7];
        let (mut count, mut at) = (0, token.run);
        for part in &mut parts {
            let start = if count == 0 { token.start } else { at + 1 };
            at = start.max(at);
            while text.get(at).is_some_and(|&c| self.is_letter(c)) {
                at += 1;
            }
            if at == start {
                break;
            }
            *part = (start, at);
            count += 1;
            if !text.get(at).is_some_and(|&c| self.joiner.has(c)) {
                break;
            }
        }
        for &(start, end) in parts[..count].iter().rev() {
            // within a part a word may end before a letter that is none to `\w`: a mark above the one before
            let ends = |at: usize| if at == end { self.may_end(text, at) } else { !self.word.has(text[at]) };
            if let Some(end) = (start + 1..=end).rev().find(|&at| ends(at)) {
                token.end = end;
                token.run = token.run.min(end);
                return Ok(token);
            }
        }
        let end = (token.start..text.len()).find(|&at| !self.is_letter(text[at])).unwrap_or(text.len());
        if self.ends_part_of_path(text, token.start, end) {
            token.end = end;
            return Ok(token);
        }
        Err(token.run.max(token.start + 1))
    }

    fn words(&self, text: &[Ch]) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::with_capacity(text.len() / 8);
        let (mut before, mut at) = (None, 0);
        while let Some(token) = self.next_token(text, at) {
            at = token.end;
            let (start, mut end) = (token.start, token.end);
            if end - start > 3 && text[end - 1] == 115 && matches!(text[end - 2], 39 | 0x2019) {
                end -= 2;
            }
            let joined = before.is_some_and(|before| self.is_gap(text, before, start));
            before = Some(end);
            let mut word = Word { start, end, grade: Grade::Unknown, case: Code, joined, lists: 0 };
            self.look_up(&mut word, &token, text);
            words.push(word);
        }
        words
    }

    /// Whether words with nothing but this between them stand side by side: the pattern `_GAP`.
    #[inline(always)]
    fn is_gap(&self, text: &[Ch], from: usize, to: usize) -> bool {
        match text[from..to] {
            [32 | 0xA0] => true,
            [46] | [46, 32 | 0xA0] => from > 0 && self.letter.has(text[from - 1]) && (from < 2 || !self.word.has(text[from - 2])),
            _ => false,
        }
    }

    /// Case and grade of a word.
    #[inline(always)]
    fn look_up(&self, word: &mut Word, token: &Token, text: &[Ch]) {
        let length = word.end - word.start;
        let written = &text[word.start..word.end];
        let key = (word.end == token.run && length <= MOST_PACKED).then_some(token.key);
        if let Some(key) = key {
            word.lists = self.special.packed.get(key) | KNOWN;
        }
        word.case = match token.capitals {
            _ if key.is_none() || length == 1 => self.case(written),
            0 if word.lists & PARTICLE != 0 => Particle,
            0 => Small,
            capitals if capitals + 1 == 1 << length => Capitals,
            capitals if capitals & 1 == 0 => Code,
            capitals if capitals >> 1 & !capitals == 0 => Capitalised,
            _ if self.prose.is_code_word(written) => Code,
            _ => Capitalised,
        };
        if word.case == Small
            && (word.start > 0 && self.code_before.has(text.get(word.start - 1)) || self.code_after.has(text.get(word.end)))
        {
            word.case = Code;
        } else if word.case == Capitalised
            && word.joined
            && self.begins(text, word.end)
            && self.special.lists(PARTICLE, word, text)
        {
            word.case = Particle;
        }
        if word.case.is_full() {
            let is_small = word.case == Small;
            word.grade = match key {
                Some(key) if length > 1 => self.lexicon.packed_grade(key, written, is_small, !is_small),
                _ => self.lexicon.grade(written, !is_small),
            };
        }
    }

    fn case(&self, word: &[Ch]) -> Case {
        if let [c] = word {
            return if self.cases.is_capital(*c) {
                Initial
            } else if self.special.has(PARTICLE, word, false) {
                Particle
            } else {
                Code
            };
        }
        if self.cases.is_lower(word) {
            return if self.special.has(PARTICLE, word, false) { Particle } else { Small };
        }
        if self.cases.is_upper(word) {
            return Capitals;
        }
        let mut pieces = word.split(|&c| self.joiner.has(c)).peekable();
        let first = pieces.peek().copied().unwrap_or(word);
        if first.len() < word.len() && self.joined_particles.contains(first) {
            pieces.next(); // al-Farsi, d'Souza
        }
        let capitalised = pieces.peek().and_then(|piece| piece.first()).is_some_and(|&c| self.cases.is_capital(c));
        if capitalised && !pieces.any(|piece| piece.len() > 1 && self.prose.is_code_word(piece)) { Capitalised } else { Code }
    }

    /// Whether a capitalised word follows.
    fn begins(&self, text: &[Ch], end: usize) -> bool {
        matches!(text.get(end..end + 2), Some(&[32, next]) if self.cases.is_capital(next))
    }

    /// Whether a phrase, trimmed, is a name.
    fn is_name(&self, phrase: &[Word], told: &Told<'_>) -> bool {
        let text = told.text;
        let full = || phrase.iter().filter(|w| w.case.is_full());
        let (Some(head), Some(tail), Some(one)) = (phrase.first(), phrase.last(), full().next()) else { return false };
        let (start, end, count) = (head.start, tail.end, full().count());
        let case = if full().any(|w| w.case == Capitalised) { Capitalised } else { one.case };
        let names = full().any(|w| w.grade == Grade::Name);
        let unknown = || full().any(|w| w.grade == Grade::Unknown);
        let (grade, word) = (one.grade, &text[one.start..one.end]);
        let announced = || {
            (case != Small && grade != Grade::Either && start > 1 && text[start - 2..start] == [26, 32])
                || self.cue.search(text, start.saturating_sub(24), start).is_some()
                || self.does.match_at(text, end, text.len()).is_some()
        };
        let prose = || *told.prose.get_or_init(|| self.prose.is_prose(text));
        let in_prose = || prose() && self.no_person.search(text, start.saturating_sub(40), start).is_none();
        if case == Small {
            if count == 1 {
                if names {
                    return word.len() > 3 || announced();
                }
                return matches!(grade, Grade::Like | Grade::Unknown) && self.lexicon.is_made_of_names(word);
            }
            return names
                || (announced()
                    && full()
                        .all(|w| w.grade != Grade::Unknown || self.lexicon.grade(&text[w.start..w.end], true) == Grade::Like));
        }
        if case == Capitals {
            return names && ((count > 1 && !unknown()) || announced());
        }
        if count > 1 {
            if names || full().any(|w| w.grade == Grade::Like) || (grade == Grade::Given && !unknown()) {
                return true;
            }
            return announced() || (grade == Grade::Either && (self.is_alone(text, start, end) || in_prose()));
        }
        if self.special.lists(TIME, one, text)
            && (self.by.search(text, start.saturating_sub(4), start).is_some()
                || self.number.match_at(text, end, text.len()).is_some())
        {
            return false;
        }
        if self.may_be_behind_place(text, one.start)
            && self.places.search(text, one.start.saturating_sub(8), one.start).is_some()
            && !announced()
        {
            return false;
        }
        let helped = phrase.len() > 1; // an initial or a particle
        match grade {
            Grade::Name => word.len() > 2 || helped || announced(),
            Grade::Given | Grade::Either => helped || announced() || in_prose(),
            Grade::Like => helped || announced() || prose() || self.lexicon.shape_of(word) > PLAIN,
            Grade::Family => head.case == Initial,
            _ => false,
        }
    }

    /// Whether a capitalised word stands before a place, without which `_PLACES` does not match there.
    fn may_be_behind_place(&self, text: &[Ch], start: usize) -> bool {
        let back = text[..start].iter().rev().take(10).skip_while(|c| matches!(c, 32 | 46 | 10));
        let first = back.take_while(|&&c| self.word.has(c)).last();
        first.is_some_and(|&c| c > 127 || self.cases.is_capital(c))
    }

    /// Whether a phrase is all that a text, a quoted text, an element or a cell says.
    fn is_alone(&self, text: &[Ch], start: usize, end: usize) -> bool {
        self.opens.search(text, start.saturating_sub(3), start).is_some() && self.closes.match_at(text, end, text.len()).is_some()
    }

    /// Without particles and initials that hold nothing together, and words that are function words where they stand.
    fn trimmed(&self, words: &[Word], mut first: usize, mut last: usize, text: &[Ch]) -> (usize, usize) {
        let written = |word: &Word| &text[word.start..word.end];
        let bare_initial = |word: &Word| word.case == Initial && text.get(word.end) != Some(&46);
        let auxiliary = |word: &Word| word.case == Small && self.special.lists(AUXILIARY, word, text);
        while last > first {
            let word = &words[last - 1];
            let before_small = || words.get(last).is_some_and(|after| after.joined && after.case == Small);
            if !(word.case == Particle
                || bare_initial(word)
                || auxiliary(word)
                || (last - first > 1 && before_small() && (is_text(written(word), "Will") || is_text(written(word), "May"))))
            {
                break;
            }
            last -= 1;
        }
        while first < last {
            let word = &words[first];
            if !(auxiliary(word)
                || (word.case == Particle && !self.beginnings.contains(&self.conversions.lower(written(word))))
                || bare_initial(word))
            {
                break;
            }
            first += 1;
        }
        if words[first..last].iter().any(|w| w.case.is_full()) { (first, last) } else { (last, last) }
    }

    /// One name and the capitalised ordinary word beside it, where capitals must mean something.
    fn completed(&self, words: &[Word], mut first: usize, mut last: usize, text: &[Ch]) -> (usize, usize) {
        let mut full = words[first..last].iter().filter(|w| w.case.is_full());
        match (full.next(), full.next()) {
            (Some(one), None) if one.case == Capitalised && one.grade == Grade::Name => {}
            _ => return (first, last),
        }
        if first > 0 && words[first].joined && self.can_belong(&words[first - 1], text) {
            let start = words[first - 1].start;
            let before = &text[start.saturating_sub(2)..start];
            let opens = |c: Ch| matches!(c, 40 | 34 | 39 | 0x201C | 91);
            if before.first().is_some_and(|&c| self.cases.is_lower(&[c]))
                || before.last().is_some_and(|&c| opens(c))
                || before == [58, 32]
                || before == [44, 32]
            {
                first -= 1;
            }
        }
        if words.get(last).is_some_and(|word| word.joined && self.can_belong(word, text))
            && words.get(last + 1).is_none_or(|after| !after.joined || after.case != Capitalised)
        {
            last += 1;
        }
        (first, last)
    }

    fn can_belong(&self, word: &Word, text: &[Ch]) -> bool {
        if word.case != Capitalised || word.grade != Grade::Word {
            return false;
        }
        let lower = self.conversions.lower(&text[word.start..word.end]);
        !self.special.has(NEVER, &lower, false)
            && !lower.ends_with(&[101, 100])
            && !lower.ends_with(&[105, 110, 103])
            && lower.len() < 11
    }

    /// Whether a phrase that is no name by itself is one beside a name: `Rose` in `Nadia, Rose and Frank`.
    fn could_be(&self, phrase: &[Word], text: &[Ch]) -> bool {
        phrase
            .iter()
            .filter(|w| w.case.is_full())
            .all(|w| w.case == Capitalised && w.grade.is_either() && !self.special.lists(TIME, w, text))
    }

    /// The names among `(start, end, is a name)`, and what stands in a list or a pair with one.
    fn with_neighbours(&self, mut found: Vec<(usize, usize, bool)>, text: &[Ch]) -> Vec<(usize, usize)> {
        found.sort_unstable();
        let between = |one: (usize, usize, bool), other: (usize, usize, bool)| {
            one.1 <= other.0 && self.between.contains(&text[one.1..other.0])
        };
        for i in 1..found.len() {
            found[i].2 = found[i].2 || (found[i - 1].2 && between(found[i - 1], found[i]));
        }
        for i in (1..found.len()).rev() {
            found[i - 1].2 = found[i - 1].2 || (found[i].2 && between(found[i - 1], found[i]));
        }
        found.into_iter().filter(|(_, _, sure)| *sure).map(|(start, end, _)| (start, end)).collect()
    }
}

/// Whether a character is a letter of ASCII.
#[inline(always)]
fn is_letter(c: Ch) -> bool {
    (c | 32).wrapping_sub(97) < 26
}

fn is_text(word: &[Ch], text: &str) -> bool {
    word.iter().copied().eq(text.chars().map(u32::from))
}

/// Runs of words side by side, written alike, that are no ordinary words; with the particles and initials between them.
fn phrases(words: &[Word], mut take: impl FnMut(usize, usize)) {
    let (mut first, mut held): (usize, Option<&Word>) = (0, None);
    for (i, word) in words.iter().enumerate() {
        let may_be_ordinary = matches!(word.grade, Grade::Word | Grade::Capital);
        if !word.joined
            || word.case == Code
            || (may_be_ordinary && is_ordinary(words, first, i))
            || held.is_some_and(|held| !are_alike(held, word))
        {
            if held.is_some() {
                take(first, i);
            }
            (first, held) = (i, None);
        }
        if word.case == Code || (may_be_ordinary && is_ordinary(words, first, i)) {
            first = i + 1;
        } else if word.case.is_full() {
            held = Some(word);
        }
    }
    if held.is_some() {
        take(first, words.len());
    }
}

/// Whether two words are written alike; a name may have its family name in capitals: `Jean ROUX`.
fn are_alike(one: &Word, other: &Word) -> bool {
    if !other.case.is_full() || one.case == other.case {
        return true;
    }
    let grades = [one.grade, other.grade];
    matches!((one.case, other.case), (Capitalised, Capitals) | (Capitals, Capitalised))
        && grades.contains(&Grade::Name)
        && !grades.contains(&Grade::Unknown)
}

/// Whether word `i` is an ordinary one; what follows a particle within a name belongs to it: `Ludwig van Beethoven`.
fn is_ordinary(words: &[Word], first: usize, i: usize) -> bool {
    let word = &words[i];
    if word.grade != Grade::Word {
        let before = i > first && word.joined && words[i - 1].grade == Grade::Name;
        let after = words.get(i + 1).is_some_and(|after| after.joined && after.grade == Grade::Name);
        return word.grade == Grade::Capital && !before && !after;
    }
    !(word.case == Capitalised && i >= first + 2 && words[i - 1].case == Particle && words[first].grade == Grade::Name)
}

fn merged(found: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut merged: Vec<(usize, usize)> = Vec::with_capacity(found.len());
    for (start, end) in found {
        match merged.last_mut() {
            Some(last) if start < last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
