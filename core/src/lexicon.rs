//! What a word is by itself: a name, an ordinary word, either, or nothing that is known (`logscrub.detect.names.lexicon`).

use crate::chars::{Ch, CharSet, Conversions, ascii_lower, is_ascii};
use crate::library::{Library, Words};
use std::sync::Arc;

/// What a word is; the module of the definition says what each grade means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Grade {
    Name,
    Capital,
    Given,
    Either,
    Family,
    Word,
    Like,
    Unknown,
}

impl Grade {
    /// Whether it is one of `EITHER`.
    pub fn is_either(self) -> bool {
        matches!(self, Grade::Given | Grade::Either | Grade::Family)
    }
}

const LIKE: i32 = 0;
const LONGEST_NAME: usize = 14;
const LONGEST: usize = 40;

/// Letters that a packed word has at most: five bits each.
pub const MOST_PACKED: usize = 12;

/// A word of one to twelve letters from a to z as a number; `any_case`: of capitals too, taken for small ones.
#[inline]
pub fn packed(word: &[Ch], any_case: bool) -> Option<u64> {
    if word.is_empty() || word.len() > MOST_PACKED {
        return None;
    }
    let mut key = 0;
    for &c in word {
        let letter = if any_case { ascii_lower(c) } else { c }.wrapping_sub(96);
        if letter.wrapping_sub(1) >= 26 {
            return None;
        }
        key = key << 5 | u64::from(letter);
    }
    Some(key)
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const VALUE: u64 = 15;

/// Numbers from 1 to 15 by packed words. A slot is a word with its value in the lowest four bits, or 0.
pub struct Packed {
    slots: Vec<u64>,
    shift: u32,
}

impl Packed {
    /// A table with room for so many words.
    pub fn new(words: usize) -> Packed {
        let bits = (words.max(2) * 2).next_power_of_two().trailing_zeros();
        Packed { slots: vec![0; 1 << bits], shift: 64 - bits }
    }

    /// The slot of a word: where it stands, or where it would.
    #[inline(always)]
    fn slot(&self, key: u64) -> (usize, u64) {
        let mask = self.slots.len() - 1;
        let mut at = (key.wrapping_mul(GOLDEN) >> self.shift) as usize & mask;
        loop {
            let slot = self.slots.get(at).copied().unwrap_or(0);
            if slot >> 4 == key || slot == 0 {
                return (at, slot);
            }
            at = (at + 1) & mask;
        }
    }

    /// The value of a word, 0 where it has none.
    #[inline(always)]
    pub fn get(&self, key: u64) -> u8 {
        (self.slot(key).1 & VALUE) as u8
    }

    /// Gives a word the value that `merge` makes of the one it has (0: none).
    pub fn put(&mut self, key: u64, merge: impl FnOnce(u8) -> u8) {
        let (at, slot) = self.slot(key);
        self.slots[at] = key << 4 | u64::from(merge((slot & VALUE) as u8)) & VALUE;
    }
}

/// Numbers from 1 to 15 by words of any characters.
struct Table {
    short: Packed,
    /// Places in `texts`, or 0, for words that cannot be packed.
    long: Vec<u32>,
    /// Of each such word its value, its length and its characters; the first place is not used.
    texts: Vec<Ch>,
    longest: usize,
}

impl Table {
    fn new(short: Packed, long: usize) -> Table {
        Table { short, long: vec![0; (long.max(2) * 2).next_power_of_two()], texts: vec![0], longest: 0 }
    }

    fn put(&mut self, word: &[Ch], merge: impl FnOnce(u8) -> u8) {
        if let Some(key) = packed(word, false) {
            return self.short.put(key, merge);
        }
        let at = self.long_slot(word, false);
        let place = self.long[at] as usize;
        if place != 0 {
            let old = self.texts[place];
            self.texts[place] = u32::from(merge(old as u8));
            return;
        }
        self.longest = self.longest.max(word.len());
        self.long[at] = self.texts.len() as u32;
        self.texts.extend([u32::from(merge(0)), word.len() as u32]);
        self.texts.extend(word);
    }

    /// The value of a word, 0 where it has none; `any_case`: of a word of ASCII in small letters.
    #[inline]
    fn get(&self, word: &[Ch], any_case: bool) -> u8 {
        match packed(word, any_case) {
            Some(key) => self.short.get(key),
            None => self.get_long(word, any_case),
        }
    }

    fn get_long(&self, word: &[Ch], any_case: bool) -> u8 {
        if word.len() > self.longest {
            return 0;
        }
        let place = self.long[self.long_slot(word, any_case)] as usize;
        if place == 0 { 0 } else { self.texts[place] as u8 }
    }

    fn long_slot(&self, word: &[Ch], any_case: bool) -> usize {
        let as_listed = |c: Ch| if any_case { ascii_lower(c) } else { c };
        let hash = word.iter().fold(0u64, |sum, &c| (sum.rotate_left(5) ^ u64::from(as_listed(c))).wrapping_mul(GOLDEN));
        let mask = self.long.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        loop {
            let place = self.long[at] as usize;
            if place == 0 {
                return at;
            }
            let length = self.texts[place + 1] as usize;
            if length == word.len()
                && self.texts[place + 2..place + 2 + length].iter().zip(word).all(|(&mine, &c)| mine == as_listed(c))
            {
                return at;
            }
            at = (at + 1) & mask;
        }
    }
}

const NAME: u8 = 1;
const WORD: u8 = 2;
const CAPITAL: u8 = 3;
const GIVEN: u8 = 4;
const EITHER: u8 = 5;
const FAMILY: u8 = 6;

/// Weights of runs of two, three and four letters, by the letters' numbers of five bits.
struct Shapes {
    bias: i32,
    twos: Vec<i8>,
    threes: Vec<i8>,
    fours: Vec<i8>,
}

const FIRST: u32 = 27;
const LAST: u32 = 28;
const NO_LETTER: u32 = 31;

/// The number of a character in runs of letters.
#[inline(always)]
fn number(c: Ch) -> u32 {
    match c {
        97..=122 => c - 96,
        94 => FIRST,
        36 => LAST,
        _ => NO_LETTER,
    }
}

impl Shapes {
    fn new(file: &[u8]) -> Result<Shapes, String> {
        let mut shapes = Shapes { bias: 0, twos: vec![0; 1 << 10], threes: vec![0; 1 << 15], fours: vec![0; 1 << 20] };
        let mut bias = None;
        for line in lines(file) {
            let (run, weight) = columns(line).ok_or("a line of the shapes is no run and weight")?;
            let weight: i32 =
                std::str::from_utf8(weight).ok().and_then(|w| w.parse().ok()).ok_or("a weight of a shape is no number")?;
            if run == b"bias" {
                bias = Some(weight);
            }
            let index = run.iter().fold(0, |sum, &c| sum << 5 | number(u32::from(c)) as usize);
            let table = match run.len() {
                2 => &mut shapes.twos,
                3 => &mut shapes.threes,
                4 => &mut shapes.fours,
                _ => return Err("a run of letters of the shapes is too short or too long".into()),
            };
            if run.iter().any(|&c| number(u32::from(c)) == NO_LETTER) {
                return Err("a run of letters of the shapes has other characters".into());
            }
            table[index] = weight.try_into().map_err(|_| "a weight of a shape is too large")?;
        }
        shapes.bias = bias.ok_or("the shapes have no bias")?;
        Ok(shapes)
    }

    fn weight(&self, word: &[Ch], any_case: bool) -> i32 {
        let mut sum = self.bias;
        let mut run = FIRST as usize;
        let numbers = word.iter().map(|&c| number(if any_case { ascii_lower(c) } else { c })).chain([LAST]);
        for (i, number) in numbers.enumerate() {
            run = (run << 5 | number as usize) & 0xF_FFFF;
            sum += i32::from(self.twos[run & 0x3FF]);
            if i > 0 {
                sum += i32::from(self.threes[run & 0x7FFF]);
            }
            if i > 1 {
                sum += i32::from(self.fours[run]);
            }
        }
        sum
    }
}

/// The lists of words, shared by several lexicons.
pub struct Lists {
    words: Table,
    shapes: Shapes,
}

/// The lines of a list, without the first, which says where it is from.
fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    file.split(|&c| c == b'\n').skip(1).map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty())
}

/// What stands before and behind the space in a line.
fn columns(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = line.iter().position(|&c| c == b' ')?;
    Some((&line[..space], &line[space + 1..]))
}

impl Lists {
    /// Of the contents of the five files in `logscrub/data`.
    pub fn new(names: &[u8], either: &[u8], words: &[u8], foreign: &[u8], shapes: &[u8]) -> Result<Lists, String> {
        let count = [names, either, words, foreign].map(line_ends).iter().sum();
        let mut short = Packed::new(count);
        // put in by parts of the table, each of which a processor has at hand while it is filled
        let mut parts: [Vec<u64>; PARTS] = std::array::from_fn(|_| Vec::with_capacity(count / PARTS * 9 / 8));
        let mut long = Vec::new();
        let mut put = |word, value: u8| match listed(word) {
            Listed::Short(key) => {
                parts[(key.wrapping_mul(GOLDEN) >> (64 - PARTS.ilog2())) as usize].push(key << 4 | u64::from(value))
            }
            Listed::Long(word) => long.push((word, value)),
        };
        lines(names).for_each(|line| put(line, NAME));
        for line in lines(either) {
            let (word, kind) = columns(line).ok_or("a line of the list of words that are names too has no kind")?;
            let value = match kind {
                b"g" => GIVEN,
                b"o" => EITHER,
                b"f" => FAMILY,
                b"c" => CAPITAL,
                _ => return Err("a line of the list of words that are names too has an unknown kind".into()),
            };
            put(word, value);
        }
        lines(words).chain(lines(foreign)).for_each(|line| put(line, WORD));
        for entry in parts.into_iter().flatten() {
            short.put(entry >> 4, |old| if old == 0 { (entry & VALUE) as u8 } else { old });
        }
        let mut table = Table::new(short, long.len());
        let mut text = Vec::new();
        for (word, value) in long {
            let word = std::str::from_utf8(word).map_err(|_| "a list of words is not UTF-8")?;
            text.clear();
            text.extend(word.chars().map(u32::from));
            table.put(&text, |old| if old == 0 { value } else { old });
        }
        Ok(Lists { words: table, shapes: Shapes::new(shapes)? })
    }
}

const PARTS: usize = 64;

/// A word of a list.
enum Listed<'a> {
    Short(u64),
    Long(&'a [u8]),
}

fn line_ends(file: &[u8]) -> usize {
    file.chunks(255).map(|part| usize::from(part.iter().map(|&c| u8::from(c == b'\n')).sum::<u8>())).sum()
}

fn listed(word: &[u8]) -> Listed<'_> {
    let (mut key, mut other) = (0u64, word.len() > MOST_PACKED);
    for &c in word {
        other |= !c.is_ascii_lowercase();
        key = key << 5 | u64::from(c & 31);
    }
    if other { Listed::Long(word) } else { Listed::Short(key) }
}

/// The lists, with a user's own words.
pub struct Lexicon {
    lists: Arc<Lists>,
    own: Option<Table>,
    joined_particles: Arc<Words>,
    loan: Arc<Words>,
    letter: Arc<CharSet>,
    isalpha: Arc<CharSet>,
    cases: Cases,
    conversions: Arc<Conversions>,
}

/// Which characters are capitals, and which small letters.
#[derive(Clone)]
pub struct Cases {
    upper: Arc<CharSet>,
    lower: Arc<CharSet>,
    /// Capitals, and letters that are titles.
    title: Arc<CharSet>,
}

impl Cases {
    pub fn new(lib: &Library) -> Result<Cases, String> {
        Ok(Cases { upper: lib.set("isupper")?, lower: lib.set("islower")?, title: lib.set("istitle")? })
    }

    /// `str.isupper()` of one character.
    #[inline(always)]
    pub fn is_capital(&self, c: Ch) -> bool {
        self.upper.has(c)
    }

    /// `str.isupper()`.
    pub fn is_upper(&self, word: &[Ch]) -> bool {
        word.iter().any(|&c| self.upper.has(c))
            && !word.iter().any(|&c| self.lower.has(c) || (self.title.has(c) && !self.upper.has(c)))
    }

    /// `str.islower()`.
    pub fn is_lower(&self, word: &[Ch]) -> bool {
        word.iter().any(|&c| self.lower.has(c)) && !word.iter().any(|&c| self.title.has(c))
    }
}

impl Lexicon {
    /// `own`: a user's words, folded, and whether they are names.
    pub fn new(lib: &Library, lists: Arc<Lists>, own: Vec<(Vec<Ch>, bool)>) -> Result<Lexicon, String> {
        let table = (!own.is_empty()).then(|| {
            let mut table = Table::new(Packed::new(own.len()), own.len());
            for (word, is_name) in &own {
                table.put(word, |_| if *is_name { NAME } else { WORD });
            }
            table
        });
        Ok(Lexicon {
            lists,
            own: table,
            joined_particles: lib.words("lexicon.JOINED_PARTICLES")?,
            loan: lib.words("lexicon._LOAN")?,
            letter: lib.set("letter")?,
            isalpha: lib.set("isalpha")?,
            cases: Cases::new(lib)?,
            conversions: lib.conversions.clone(),
        })
    }

    /// What a word is; of a word of several pieces, what its pieces make together. `by_shape`: whether a word on no list may be
    /// `Like`; else it is `Unknown`.
    pub fn grade(&self, word: &[Ch], by_shape: bool) -> Grade {
        if is_ascii(word) {
            if !word.is_empty() && word.iter().all(|&c| self.isalpha.has(c)) {
                return match self.ascii_piece(word, by_shape) {
                    Grade::Capital if !self.cases.is_lower(word) => Grade::Name,
                    grade => grade,
                };
            }
            return if is_contraction(word, true) { Grade::Word } else { self.compound(word, by_shape) };
        }
        let folded = self.conversions.convert("fold", word);
        if !folded.is_empty() && folded.iter().all(|&c| self.isalpha.has(c)) {
            return match self.folded_piece(&folded, word, by_shape) {
                Grade::Capital if !self.cases.is_lower(word) => Grade::Name,
                grade => grade,
            };
        }
        if is_contraction(&folded, false) { Grade::Word } else { self.compound(word, by_shape) }
    }

    /// What a packed word of ASCII is that is written so long and in small letters or not; `word` is the same unpacked.
    #[inline(always)]
    pub(crate) fn packed_grade(&self, key: u64, word: &[Ch], is_lower: bool, by_shape: bool) -> Grade {
        let own = self.own.as_ref().map_or(0, |own| own.short.get(key));
        let value = if own != 0 { own } else { self.lists.words.short.get(key) };
        match value {
            CAPITAL if !is_lower => Grade::Name,
            0 => self.unlisted(word, by_shape),
            value => of_value(value),
        }
    }

    fn ascii_piece(&self, word: &[Ch], by_shape: bool) -> Grade {
        let own = self.own.as_ref().map_or(0, |own| own.get(word, true));
        match if own != 0 { own } else { self.lists.words.get(word, true) } {
            0 => self.unlisted(word, by_shape),
            value => of_value(value),
        }
    }

    /// A word of ASCII on no list.
    fn unlisted(&self, word: &[Ch], by_shape: bool) -> Grade {
        if word.len() < 2 || word.len() > LONGEST {
            Grade::Word
        } else if by_shape && word.len() <= LONGEST_NAME && self.lists.shapes.weight(word, true) > LIKE {
            Grade::Like
        } else {
            Grade::Unknown
        }
    }

    /// A piece that is not of ASCII.
    fn folded_piece(&self, folded: &[Ch], word: &[Ch], by_shape: bool) -> Grade {
        match self.own.as_ref().map_or(0, |own| own.get(folded, false)) {
            0 => {}
            value => return of_value(value),
        }
        let value = self.lists.words.get(folded, false);
        match value {
            NAME | GIVEN | EITHER => return Grade::Name,
            CAPITAL | FAMILY => return of_value(value),
            _ => {}
        }
        if !self.loan.contains(&self.conversions.convert("casefold", word)) {
            return if 1 < folded.len() && folded.len() < LONGEST { Grade::Like } else { Grade::Word };
        }
        if value == WORD || folded.len() < 2 || folded.len() > LONGEST {
            Grade::Word
        } else if by_shape && folded.len() <= LONGEST_NAME && self.lists.shapes.weight(folded, false) > LIKE {
            Grade::Like
        } else {
            Grade::Unknown
        }
    }

    fn compound(&self, word: &[Ch], by_shape: bool) -> Grade {
        let (mut found, mut known, mut second_is_word, mut is_word) = (0u32, 0, false, false);
        let (mut first, mut last): (Option<&[Ch]>, &[Ch]) = (None, &[]);
        let mut rest = word;
        while let Some(start) = rest.iter().position(|&c| self.letter.has(c)) {
            rest = &rest[start..];
            let length = rest.iter().position(|&c| !self.letter.has(c)).unwrap_or(rest.len());
            let piece = &rest[..length];
            rest = &rest[length..];
            first = first.or(Some(piece));
            last = piece;
            if length < 2 {
                continue;
            }
            let grade = if is_ascii(piece) {
                self.ascii_piece(piece, by_shape)
            } else {
                self.folded_piece(&self.conversions.convert("fold", piece), piece, by_shape)
            };
            known += 1;
            found |= 1 << grade as u32;
            if known == 2 {
                second_is_word = grade == Grade::Word;
            }
            is_word |= grade == Grade::Word && (length > 3 || self.cases.is_upper(piece));
        }
        if known == 2
            && second_is_word
            && last.first().is_some_and(|&c| self.cases.is_capital(c))
            && first.is_some_and(|piece| self.joined_particles.contains(&self.conversions.lower(piece)))
        {
            return Grade::Like;
        }
        if known == 0 || is_word {
            return Grade::Word;
        }
        let has = |grade: Grade| found >> grade as u32 & 1 != 0;
        if has(Grade::Name) || has(Grade::Capital) {
            return Grade::Name;
        }
        [Grade::Given, Grade::Either, Grade::Family, Grade::Like].into_iter().find(|&g| has(g)).unwrap_or(Grade::Unknown)
    }

    /// Whether one of a user's names stands in a text.
    pub fn has_own_name(&self, text: &[Ch]) -> bool {
        self.own.as_ref().is_some_and(|own| {
            text.split(|&c| !self.letter.has(c)).any(|piece| !piece.is_empty() && own.get(&self.fold(piece), false) == NAME)
        })
    }

    /// Whether a folded word on no list is an initial and a name: `jsvensson`.
    pub fn made_of_names(&self, folded: &[Ch]) -> bool {
        self.has_name_behind_initial(folded, false)
    }

    /// How much the letters of a folded word speak for a name, in tenths of log odds; below zero: for a word.
    pub fn shape(&self, folded: &[Ch]) -> i32 {
        self.lists.shapes.weight(folded, false)
    }

    /// `made_of_names` of a word that is not folded.
    pub fn is_made_of_names(&self, word: &[Ch]) -> bool {
        if is_ascii(word) { self.has_name_behind_initial(word, true) } else { self.made_of_names(&self.fold(word)) }
    }

    /// `shape` of a word that is not folded.
    pub fn shape_of(&self, word: &[Ch]) -> i32 {
        if is_ascii(word) { self.lists.shapes.weight(word, true) } else { self.shape(&self.fold(word)) }
    }

    /// A word as the lists have it.
    pub fn fold(&self, word: &[Ch]) -> Vec<Ch> {
        if is_ascii(word) { word.iter().map(|&c| ascii_lower(c)).collect() } else { self.conversions.convert("fold", word) }
    }

    fn has_name_behind_initial(&self, word: &[Ch], any_case: bool) -> bool {
        let Some((_, rest)) = word.split_first() else { return false };
        rest.len() > 3
            && match self.lists.words.get(rest, any_case) {
                NAME => true,
                CAPITAL | GIVEN | EITHER | FAMILY => rest.len() > 4,
                _ => false,
            }
    }
}

fn of_value(value: u8) -> Grade {
    match value {
        NAME => Grade::Name,
        WORD => Grade::Word,
        CAPITAL => Grade::Capital,
        GIVEN => Grade::Given,
        EITHER => Grade::Either,
        FAMILY => Grade::Family,
        _ => Grade::Unknown,
    }
}

/// Whether a word ends in n't, 're and the like: the pattern `_CONTRACTION`.
fn is_contraction(word: &[Ch], any_case: bool) -> bool {
    let word = word.strip_suffix(&[10]).unwrap_or(word);
    let is_mark = |c: Ch| c == 39 || c == 0x2019;
    let mut back = word.iter().rev().map(|&c| if any_case { ascii_lower(c) } else { c });
    let Some(last) = back.next() else { return false };
    let Some(before) = back.next() else { return false };
    let third = back.next();
    match u8::try_from(last) {
        Ok(b't') => is_mark(before) && third == Some(u32::from(b'n')),
        Ok(b'm' | b'd') => is_mark(before),
        Ok(b'e') => (before == u32::from(b'r') || before == u32::from(b'v')) && third.is_some_and(is_mark),
        Ok(b'l') => before == u32::from(b'l') && third.is_some_and(is_mark),
        _ => false,
    }
}

impl crate::validators::Graded for Lexicon {
    fn grade(&self, word: &[Ch]) -> u8 {
        Lexicon::grade(self, word, true) as u8
    }
}
