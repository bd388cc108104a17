//! Values that are messages of programs (`logscrub.detect.messages`).

use crate::chars::{Ch, CharSet, Conversions, codes, text_of};
use crate::library::{Library, Words};
use crate::validators::{GIVEN, Graded, LIKE, NAME, UNKNOWN, WORD};
use crate::views::wide;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

/// Characters of a message, at most.
pub const LONGEST: usize = 300;
const SHORTEST: usize = 4;
const DIGITS: usize = 2;
const FEWEST_PAIRS: usize = 3;
const PAIRED: [(Ch, Ch); 5] = [(0x0E00, 0x0E7F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3)];

const FIGURES: [(Ch, Ch); 3] = [(0x0660, 0x0669), (0x06F0, 0x06F9), (0x0966, 0x096F)];
const ENDS: &str = "\n\r\t\u{1a}={}[]<>|\\@_#*+%$^~&`";
const MARKS: [&[Ch]; 3] = [&[58, 32], &[46, 32], &[32, 45, 32]];
const BLANK: Ch = ' ' as Ch;
const WIDEST: usize = 200;
const FEWEST_TELLING: usize = 2;
const IN_NUMBERS: [Ch; 3] = wide(b".,:");
/// Colons in the length of a time.
const CLOCK: usize = 2;
const SIGNS_OF_UNITS: [Ch; 3] = ['%' as Ch, '°' as Ch, '/' as Ch];
const FEWEST_CHARACTERS: usize = 4;
const OTHER_SCRIPTS: Ch = 0x0370;
const WITHOUT_CAPITALS: Ch = 0x0590;
const FEWEST_LISTED: usize = 3;
const MOST_UNKNOWN: usize = 3;
const FIRST_PAIRED: Ch = 0x3040;
const FIRST_SYLLABLE: Ch = 0xAC00;

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
    programs: String,
    /// The words of programs in other languages: those that tell so, and the others; made when they are first asked for.
    of_programs: OnceLock<(WordList, WordList)>,
    speaking: Arc<Words>,
    speaking_signs: Vec<Ch>,
    articles: Arc<Words>,
    persons: Arc<Words>,
    units: Arc<Words>,
    units_of_machines: Arc<Words>,
    ends: Vec<Ch>,
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
            programs: library.text("messages._OF_PROGRAMS")?,
            of_programs: OnceLock::new(),
            speaking: library.words("messages._SPEAKING")?,
            speaking_signs: library.words("messages._SPEAKING_SIGNS")?.iter().flatten().copied().collect(),
            articles: library.words("messages._ARTICLES")?,
            persons: library.words("messages._PERSONS")?,
            units: library.words("messages._UNITS")?,
            units_of_machines: library.words("messages._UNITS_OF_MACHINES")?,
            ends: codes(ENDS),
        })
    }

    fn of_programs(&self) -> &(WordList, WordList) {
        self.of_programs.get_or_init(|| {
            let (telling, others) = self.programs.split_once("\n\n").unwrap_or((&self.programs, ""));
            (WordList::new(telling.split_once('\n').map_or("", |(_, words)| words)), WordList::new(others))
        })
    }

    fn kind(&self, c: Ch) -> Kind {
        if self.space.has(c) || self.separators.contains(&c) {
            Kind::Between
        } else if c.wrapping_sub(48) < 10 || FIGURES.iter().any(|&(first, last)| first <= c && c <= last) {
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

    /// Whether the sentence around `[start, end)` is one that programs write in another language than English.
    pub fn is_of_program(&self, text: &[Ch], start: usize, end: usize, lexicon: &dyn Graded) -> bool {
        if !self.may_be_of_program(&text[start..end]) {
            return false;
        }
        if self.is_quantity(text, start, end) {
            return true;
        }
        let is_end = |c: &Ch| self.ends.contains(c);
        // no further than a sentence may be wide
        let (low, high) = (start.saturating_sub(WIDEST + 1), text.len().min(end + WIDEST + 1));
        let first = text[low..start].iter().rposition(is_end).map_or(0, |place| low + place + 1);
        let last = text[end..high].iter().position(is_end).map_or(text.len(), |place| end + place);
        if start - first > WIDEST || last - end > WIDEST {
            return false;
        }
        if self.is_sentence_of_program(text, (first, last), (start, end), lexicon) {
            return true;
        }
        let mut nearer = (first, last);
        for mark in MARKS {
            let behind = text[first..start].windows(mark.len()).rposition(|its| its == mark);
            nearer.0 = nearer.0.max(behind.map_or(first, |place| first + place + mark.len()));
            let before = text[end..last].windows(mark.len()).position(|its| its == mark);
            nearer.1 = nearer.1.min(before.map_or(last, |place| end + place));
        }
        nearer != (first, last) && self.is_sentence_of_program(text, nearer, (start, end), lexicon)
    }

    /// Whether a stretch is a word of programs of which a number tells how much it is: a number and a unit behind it, or a number
    /// before it, if no list has it as a name. A word that may be a name must begin its clause.
    fn is_quantity(&self, text: &[Ch], start: usize, end: usize) -> bool {
        let word = self.conversions.lower(&text[start..end]);
        if !self.is_listed(&word) || self.kind(word[0]) == Kind::Run {
            return false;
        }
        let tells = self.telling.has(&word) || self.of_programs().0.has(&word);
        let is_behind_blank = start > 0 && text[start - 1] == BLANK;
        if is_behind_blank && self.is_digit(text, start.checked_sub(2)) {
            return tells || word.iter().any(|&c| c > 127);
        }
        if text.get(end) != Some(&BLANK) || !self.is_digit(text, Some(end + 1)) {
            return false;
        }
        let is_in_number =
            |place: usize| self.is_digit(text, Some(place)) || text.get(place).is_some_and(|c| IN_NUMBERS.contains(c));
        let stop = (end + 1..text.len()).find(|&place| !is_in_number(place)).unwrap_or(text.len());
        let first = stop + usize::from(text.get(stop) == Some(&BLANK));
        let is_in_unit = |place: usize| SIGNS_OF_UNITS.contains(&text[place]) || self.kind(text[place]) == Kind::Word;
        let last = (first..text.len()).find(|&place| !is_in_unit(place)).unwrap_or(text.len());
        let colons = text[end..stop].iter().filter(|&&c| c == ':' as Ch).count();
        // names are among the words that tell of no program
        let is_between = |place: usize| self.kind(text[place]) == Kind::Between;
        if !tells && is_behind_blank && !start.checked_sub(2).is_some_and(is_between) {
            return false;
        }
        let units = if tells { &self.units } else { &self.units_of_machines };
        colons == CLOCK || units.contains(&text[first.min(last)..last])
    }

    /// False if the first word of a stretch is none of programs: most names are not. A quick answer, and no further one.
    fn may_be_of_program(&self, stretch: &[Ch]) -> bool {
        let Some(a) = stretch.iter().position(|&c| self.kind(c) != Kind::Between) else { return true };
        if self.kind(stretch[a]) != Kind::Word {
            return true;
        }
        let b = stretch[a..].iter().position(|&c| self.kind(c) != Kind::Word).map_or(stretch.len(), |length| a + length);
        self.is_listed(&self.conversions.lower(&stretch[a..b]))
    }

    /// Whether a word, or a pair of characters, is one of messages or of programs.
    fn is_listed(&self, part: &[Ch]) -> bool {
        let programs = self.of_programs();
        self.telling.has(part) || self.others.has(part) || programs.0.has(part) || programs.1.has(part)
    }

    fn is_sentence_of_program(
        &self,
        text: &[Ch],
        (first, last): (usize, usize),
        (start, end): (usize, usize),
        lexicon: &dyn Graded,
    ) -> bool {
        let programs = self.of_programs();
        let (mut words, mut listed, mut telling, mut characters, mut unknown, mut at) = (0, 0, 0, 0, 0, first);
        let mut before: Vec<Ch> = Vec::new();
        while at < last {
            let (a, kind) = (at, self.kind(text[at]));
            at += text[at..last].iter().position(|&c| self.kind(c) != kind).unwrap_or(last - at);
            let part = &text[a..at];
            match kind {
                Kind::Between | Kind::Digit => {}
                Kind::Run => {
                    if !self.is_run_of_program(text, a, at) {
                        return false;
                    }
                    characters += part.len();
                }
                Kind::Word if self.is_digit(text, a.checked_sub(1)) || self.is_digit(text, Some(at)) => {}
                Kind::Word => {
                    let word = self.conversions.lower(part);
                    let is_listed = self.is_listed(&word);
                    let is_ascii = word.iter().all(|&c| c < 128);
                    let is_asked = start <= a && a < end;
                    if self.speaking.contains(&word) {
                        return false;
                    }
                    if !(is_listed || is_ascii && lexicon.grade(&word) == WORD) {
                        let is_latin = word[0] < OTHER_SCRIPTS;
                        if if is_latin { is_asked } else { word[0] >= WITHOUT_CAPITALS } {
                            return false;
                        }
                        if part[0] != word[0] && !(is_latin && matches!(lexicon.grade(&word), UNKNOWN | LIKE)) {
                            return false;
                        }
                        unknown += if is_latin { 1 } else { 2 };
                    } else if is_asked && self.may_be_name(text, (a, at), part[0] == word[0], &before, lexicon) {
                        return false;
                    }
                    words += 1;
                    listed += usize::from(is_listed);
                    let tells = || self.telling.has(&word) || programs.0.has(&word);
                    telling += usize::from(is_listed && (!is_ascii || (part.len() >= SHORTEST && tells())));
                    before = word;
                }
            }
        }
        let is_told = characters >= FEWEST_CHARACTERS || telling >= FEWEST_TELLING || (telling > 0 && listed >= FEWEST_LISTED);
        is_told && unknown * MOST_UNKNOWN <= words
    }

    /// Whether a word of programs may be a name where it stands: behind a word for persons, or with a capital where no German noun
    /// would have one. A word with accents that begins a sentence is none: names are listed without accents.
    fn may_be_name(
        &self,
        text: &[Ch],
        (start, end): (usize, usize),
        is_small: bool,
        before: &[Ch],
        lexicon: &dyn Graded,
    ) -> bool {
        let word = &text[start..end];
        if self.persons.contains(before) {
            return lexicon.grade(word) != WORD;
        }
        let is_counted = start > 0 && text[start - 1] == BLANK && self.is_digit(text, start.checked_sub(2));
        let begins = before.is_empty() && word.iter().any(|&c| c > 127);
        !is_small && !self.articles.contains(before) && !is_counted && !begins && matches!(lexicon.grade(word), NAME | GIVEN)
    }

    fn is_digit(&self, text: &[Ch], place: Option<usize>) -> bool {
        place.and_then(|place| text.get(place)).is_some_and(|&c| self.kind(c) == Kind::Digit)
    }

    /// Whether each character of a run belongs to a pair that programs write, or is one that counts what a number says, or a
    /// syllable of Korean that they write.
    fn is_run_of_program(&self, text: &[Ch], start: usize, end: usize) -> bool {
        if text[start] < FIRST_PAIRED {
            return false;
        }
        let run = &text[start..end];
        if run.len() == 1 {
            let beside = [start.checked_sub(2), start.checked_sub(1), Some(end), Some(end + 1)];
            return (run[0] >= FIRST_SYLLABLE && self.is_listed(run))
                || beside.into_iter().any(|place| self.is_digit(text, place));
        }
        if run.iter().any(|c| self.speaking_signs.contains(c)) {
            return false;
        }
        let mut is_covered = false;
        for pair in run.windows(2) {
            let is_pair = self.is_listed(pair);
            if !is_pair && !is_covered {
                return false;
            }
            is_covered = is_pair;
        }
        is_covered
    }

    fn stripped<'a>(&self, text: &'a [Ch]) -> &'a [Ch] {
        let start = text.iter().position(|&c| !self.space.has(c)).unwrap_or(text.len());
        let end = text.iter().rposition(|&c| !self.space.has(c)).map_or(start, |last| last + 1);
        &text[start..end]
    }
}
