//! Finds where the patterns of a catalogue match in a text, all in one pass.
//!
//! A pattern is tried only where one of its matches can begin. What a match begins with follows from the pattern's tree: the
//! characters that its first places can have, the character that can stand before it, and characters that must stand somewhere in
//! the text. Each is a row of bits, one for each pattern; the rows of a place are joined with AND, and what is left is tried
//! there. Where each match begins with one of some words, it is tried where these words stand. So each match that `re` finds is
//! found, and nothing is remembered from one text to the next.

use crate::chars::{Ch, CharSet};
use crate::library::Library;
use crate::rows::{BEFORE, BEHIND, EDGE, Rows};
use crate::rx::{ANY_KIND, At, Classes, Item, Node, Regex, State, bits, edge_of, heads, items_of, width, with_state};
use crate::shapes::{self, Shapes};
use crate::words::{self, Hit, OTHER, Word, Words, beginnings, byte_of, leads_of, symbol};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Characters of a head that are looked at for all patterns of a column at once.
const DEPTH: usize = BEHIND + 1;
/// Characters that are looked at for all patterns of a column at once: those before a match, the last one first, and its first ones.
const PLACES: usize = BEFORE + DEPTH;
/// Rows of a place of a column: as many as a byte tells apart, and one line of the cache, so that the rows of one character at all
/// places do not drive each other out of it.
const STRIDE: usize = 256 + 4;
/// Words of which one must stand in a text, at most, for each pattern; and how short one may be.
const MOST_WORDS: usize = 400;
const SHORTEST_WORD: usize = 2;
/// Characters of such a word, at most: more of them make it hardly seldomer.
const LONGEST_NEED: usize = 7;
/// Characters from which on a word with which a match begins is found in few texts.
const LONG_WORD: usize = 4;
/// Words with which a part of a pattern begins, at most.
const MOST_FOLLOWED: usize = 64;
/// Patterns of a column, and a bit for each.
const PATTERNS: usize = Bits::BITS as usize;
pub type Bits = u128;
/// The patterns of a column, and halves of them.
const ALL: Bits = Bits::MAX;
const LOW: Bits = ALL >> (PATTERNS / 2);
const HIGH: Bits = !LOW;
/// Characters of a usual text.
const USUAL_LENGTH: f64 = 200.0;
/// Sets of characters of which one must stand in a text, at most, for each pattern; the rarest ones.
const NEEDS: usize = 4;
/// Characters that can stand at the anchor of a pattern, at most.
const MOST_ANCHORS: usize = 3;
/// How large such a set may be: few texts have none of the letters.
const LARGEST_NEED: u32 = 64 + 16;
/// Characters up to which a text may be too short for some patterns.
const SHORT: usize = 40;
/// Parts of all characters: those of ASCII in these classes, one after the other, then its other signs, and what is not ASCII.
const CLASSES: [&[u8]; 6] =
    [b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789", b"_-./", b" ", b":=,\"'"];
const PARTS: usize = CLASSES.len() + 2;
/// The small letters, in the upper half of ASCII.
const SMALL: u64 = 0x07FF_FFFE << 32;

/// Which patterns match where.
pub struct Scanner {
    columns: Vec<Column>,
    /// Patterns of which nothing is known, with their numbers.
    others: Vec<(usize, Sought)>,
    words: Words,
    /// Patterns, as bits of columns, that need no word, and those that need no context.
    wordless: Vec<Bits>,
    contextless: Vec<Bits>,
    /// Patterns, as bits of columns, of which a match can be that short; by length, the last one for all longer ones.
    by_length: Vec<Vec<Bits>>,
    /// Patterns, as bits of columns, that have all the characters they need in some parts of all characters; by bits of parts.
    by_parts: Vec<Vec<Bits>>,
    shapes: Shapes,
    kinds: KindSets,
}

/// What is needed while a text is scanned. One serves many texts, one after the other.
#[derive(Default)]
struct Room {
    /// The patterns that can match texts of that length and of such characters.
    possible: Vec<Bits>,
    live: Vec<Bits>,
    hits: Vec<Hit>,
    reached: Reached,
}

thread_local! {
    static ROOM: Cell<Option<Box<Room>>> = const { Cell::new(None) };
}

/// A pattern to look for.
pub struct Sought {
    pub regex: Arc<Regex>,
    /// The group whose span is wanted.
    pub group: usize,
    /// Words of which one must stand in the text, in any case, unless the text's field gives them: none where none need to.
    pub context: Vec<Vec<Ch>>,
}

/// Patterns that are looked for together.
struct Column {
    regexes: Vec<Arc<Regex>>,
    groups: Vec<usize>,
    numbers: Vec<usize>,
    /// Of each pattern what its matches begin with, where that is a run of so many characters of a class at least.
    runs: Vec<Option<(Classes, usize)>>,
    /// Of each pattern the ways in which what stands before a match can look: none where that is not known.
    behind: Vec<Vec<Way>>,
    /// Of each pattern a place around the beginning of its matches, and the few characters that can stand there; None where there
    /// is no such place.
    anchors: Vec<Option<(usize, Vec<u8>)>>,
    /// The patterns of which a match can begin at places that no word says.
    anywhere: Bits,
    /// Those of them of which a match can only begin where the text does.
    at_start: Bits,
    /// The patterns that need words in a text, or words of a context, or of which words say where a match may begin.
    by_words: Bits,
    /// Of each of the places before a match, the last one first, and of its first ones: of each character, which patterns can have it
    /// there.
    rows: Box<[[Bits; STRIDE]; PLACES]>,
    /// Of each character the patterns of which it is in the first set of those that they need, in the second, and so on. Last the
    /// patterns that have no such set.
    met: Box<[[Bits; NEEDS]; 256]>,
    /// The same of all small letters together: nearly each text has some, and few patterns need certain ones but for their words.
    met_by_small: [Bits; NEEDS],
}

/// Tells the kinds of characters beyond ASCII apart.
pub struct KindSets {
    upper: Arc<CharSet>,
    digit: Arc<CharSet>,
}

impl KindSets {
    /// Of the classes of capitals and of decimal digits.
    pub fn new(upper: Arc<CharSet>, digit: Arc<CharSet>) -> KindSets {
        KindSets { upper, digit }
    }

    pub fn of(library: &Library) -> Result<KindSets, String> {
        Ok(KindSets::new(library.set("isupper")?, library.set("isdecimal")?))
    }

    /// The row of a character beyond ASCII.
    fn other_row(&self, c: Ch) -> u8 {
        match c {
            c if self.upper.has(c) => OTHER,
            c if self.digit.has(c) => OTHER + 1,
            _ => OTHER + 2,
        }
    }
}

impl Scanner {
    /// For patterns; their places in the list are their numbers.
    pub fn new(sought: Vec<Sought>, kinds: KindSets) -> Scanner {
        let (mut others, mut known) = (Vec::new(), Vec::new());
        let beginnings = side_by_side(&sought, Begin::new);
        for (number, (one, begin)) in sought.into_iter().zip(beginnings).enumerate() {
            match begin {
                Some(Begin { heads, words, needs }) => {
                    known.push(Known { number, heads, regex: one.regex, group: one.group, words, needs });
                }
                None => others.push((number, one)),
            }
        }
        // the patterns of which most texts may have a match stand together
        let shortest = |words: &[Word]| words.iter().map(|w| w.len()).min().unwrap_or(0);
        known.sort_by_cached_key(|k| {
            let all = [&k.words.words, &k.words.context, &k.words.leads];
            let chance_of_words = all.map(|words| match shortest(words) {
                0 => 1.0,
                letters => (words.len() as f64 * USUAL_LENGTH / 26f64.powi(letters as i32)).min(1.0),
            });
            let chance: f64 = k.needs.iter().map(shapes::chance).chain(chance_of_words).product();
            (!k.words.leads.is_empty(), (-1000.0 * chance) as i64, k.number)
        });
        let size = known.len().div_ceil(PATTERNS);
        let mut sought: Vec<words::Sought> = known.iter_mut().map(|k| std::mem::take(&mut k.words)).collect();
        let words = Words::new(&mut sought, PATTERNS);
        let (mut wordless, mut contextless, mut shaped) = (vec![0; size], vec![0; size], Vec::new());
        for (i, pattern) in sought.iter().enumerate() {
            let (column, bit) = (i / PATTERNS, 1 << (i % PATTERNS));
            if pattern.words.is_empty() {
                wordless[column] |= bit;
            }
            if pattern.context.is_empty() {
                contextless[column] |= bit;
            }
            if pattern.leads.is_empty() {
                shaped.push(shapes::Sought { node: known[i].regex.node(), heads: &known[i].heads, column, bit });
            }
        }
        let shapes = Shapes::new(&shaped, size);
        let columns: Vec<Column> =
            known.chunks(PATTERNS).zip(sought.chunks(PATTERNS)).map(|(known, its)| Column::new(known, its)).collect();
        let mut by_length = vec![vec![0; columns.len()]; SHORT + 1];
        for (number, pattern) in known.iter().enumerate() {
            let (column, bit) = (number / PATTERNS, 1 << (number % PATTERNS));
            by_length[width(pattern.regex.node()).0.min(SHORT)..].iter_mut().for_each(|fits| fits[column] |= bit);
        }
        let by_parts = columns.iter().map(Column::by_parts).collect::<Vec<_>>();
        let by_parts = (0..1 << PARTS).map(|parts: usize| by_parts.iter().map(|column| column[parts]).collect()).collect();
        Scanner { columns, others, words, wordless, contextless, by_length, by_parts, shapes, kinds }
    }

    /// All matches of all patterns, ordered by pattern and place: of each match that `finditer` of each finds the span of its group.
    /// `named`: patterns whose context the text's field gives, as `Scanner::named` has them. Those whose context is nowhere in the
    /// text are left out.
    pub fn scan(&self, text: &[Ch], rows: &Rows, named: &[Bits]) -> Vec<(usize, (usize, usize))> {
        self.scan_to(text, rows, text.len(), named)
    }

    /// The rows of a text, which `scan` asks for.
    pub fn rows(&self, text: &[Ch]) -> Rows {
        Rows::new(text, |c| self.kinds.other_row(c))
    }

    /// The matches that begin at `last` or before it, as `scan` has them.
    pub fn scan_to(&self, text: &[Ch], rows: &Rows, last: usize, named: &[Bits]) -> Vec<(usize, (usize, usize))> {
        let mut room = ROOM.take().unwrap_or_default();
        let mut found = Vec::new();
        self.scan_in(&mut room, text, rows, last, named, &mut found);
        ROOM.set(Some(room));
        for (number, one) in &self.others {
            let its = one.regex.find_iter(text, 0, text.len()).take_while(|m| m.start() <= last);
            found.extend(its.filter_map(|m| Some((*number, m.span(one.group)?))));
        }
        found.sort_by_key(|(number, _)| *number);
        found
    }

    /// The numbers of the patterns of which nothing is known: they are tried at each place.
    pub fn tried_everywhere(&self) -> Vec<usize> {
        self.others.iter().map(|(number, _)| *number).collect()
    }

    /// Patterns, by their numbers, as bits of columns.
    pub fn named(&self, numbers: &[usize]) -> Vec<Bits> {
        let bit = |column: &Column| {
            let its = column.numbers.iter().enumerate();
            its.filter(|(_, number)| numbers.contains(number)).map(|(i, _)| 1 << i).sum()
        };
        self.columns.iter().map(bit).collect()
    }

    fn scan_in(
        &self,
        room: &mut Room,
        text: &[Ch],
        rows: &Rows,
        last: usize,
        named: &[Bits],
        found: &mut Vec<(usize, (usize, usize))>,
    ) {
        let Room { possible, live, hits, reached } = room;
        let (inside, has) = (rows.inside(), rows.classes());
        let rows = rows.with_edges();
        let size = self.columns.len();
        possible.clear();
        let by_parts = &self.by_parts[parts_of(has)];
        possible.extend(self.by_length[text.len().min(SHORT)].iter().zip(by_parts).map(|(one, other)| one & other));
        if possible.iter().all(|possible| *possible == 0) {
            return;
        }
        hits.clear();
        live.clear();
        live.extend(self.wordless.iter().chain(&self.contextless));
        if self.columns.iter().zip(&*possible).any(|(column, possible)| possible & column.by_words != 0) {
            self.words.find(text, inside, has, live, hits);
        }
        let (live, context) = live.split_at_mut(size);
        let (mut there, mut count) = ([0u8; EDGE as usize], 0);
        let others = Classes { ascii: [has.ascii[0], has.ascii[1] & !SMALL], other: has.other };
        for row in others.rows() {
            (there[count], count) = (row as u8, count + 1);
        }
        let is_small = has.ascii[1] & SMALL != 0;
        let mut any = 0;
        for (column, live) in live.iter_mut().enumerate() {
            *live &= possible[column] & (context[column] | named.get(column).copied().unwrap_or(0));
            if *live != 0 {
                *live &= self.columns[column].met(&there[..count], is_small);
                any |= *live;
            }
        }
        if any == 0 {
            return;
        }
        self.shapes.narrow(inside, live);
        with_state(|state| {
            for (column, live) in self.columns.iter().zip(live.iter()).filter(|(_, live)| **live != 0) {
                let live = *live & column.anywhere;
                if live & column.at_start != 0 {
                    column.at_start(text, rows, live & column.at_start, state, found);
                }
                let live = live & !column.at_start;
                if live != 0 && live & (live - 1) == 0 && column.at_anchors(text, rows, last, live, state, found) {
                    continue;
                }
                if live & !LOW == 0 && live != 0 {
                    column.scan::<LOW>(text, rows, last, live, reached, state, found);
                } else if live & !HIGH == 0 && live != 0 {
                    column.scan::<HIGH>(text, rows, last, live, reached, state, found);
                } else if live != 0 {
                    column.scan::<ALL>(text, rows, last, live, reached, state, found);
                }
            }
            hits.retain(|hit| hit.at() <= last);
            self.at_hits(text, rows, live, hits, state, found);
        });
    }
}

impl Scanner {
    /// Tries the patterns that are live where a word says that a match of theirs may begin.
    fn at_hits(
        &self,
        text: &[Ch],
        rows: &[u8],
        live: &[Bits],
        hits: &mut Vec<Hit>,
        state: &mut State,
        found: &mut Vec<(usize, (usize, usize))>,
    ) {
        hits.retain(|hit| {
            let (column, i) = (hit.pattern() / PATTERNS, hit.pattern() % PATTERNS);
            live[column] >> i & 1 != 0 && self.columns[column].may_begin(i, hit.at(), rows)
        });
        hits.sort_unstable();
        let (mut of, mut next) = (usize::MAX, 0);
        for hit in hits.drain(..) {
            let (pattern, at) = (hit.pattern(), hit.at());
            if pattern != of {
                (of, next) = (pattern, 0);
            }
            if at < next {
                continue;
            }
            let (column, i) = (&self.columns[pattern / PATTERNS], pattern % PATTERNS);
            if let Some(end) = column.attempt(i, text, rows, at, state, found) {
                next = end.max(at + 1);
            }
        }
    }
}

/// The patterns of which a character is in one of the sets that they need, once for each of these sets; for the edge of the text
/// those that need fewer.
fn met(patterns: &[Known], row: usize) -> [Bits; NEEDS] {
    let mut met = [0; NEEDS];
    for (i, pattern) in patterns.iter().enumerate() {
        for (n, met) in met.iter_mut().enumerate() {
            let is_edge = row == usize::from(EDGE);
            *met |= Bits::from(pattern.needs.get(n).map_or(is_edge, |need| !is_edge && need.has_row(row))) << i;
        }
    }
    met
}

/// The part of all characters that a row belongs to.
fn part(row: u8) -> usize {
    match row {
        128.. => PARTS - 1,
        _ => CLASSES.iter().position(|class| class.contains(&row)).unwrap_or(PARTS - 2),
    }
}

/// The parts of all characters to which those of a text belong, as bits.
fn parts_of(has: &Classes) -> usize {
    const PARTS_OF_ASCII: [[u64; 2]; PARTS - 1] = parts_of_ascii();
    let [low, high] = has.ascii;
    let there = PARTS_OF_ASCII.iter().map(|part| low & part[0] != 0 || high & part[1] != 0).chain([has.other != 0]);
    there.enumerate().map(|(part, there)| usize::from(there) << part).sum()
}

/// The characters of ASCII of each part, as bits.
const fn parts_of_ascii() -> [[u64; 2]; PARTS - 1] {
    let mut found = [[0; 2]; PARTS - 1];
    found[PARTS - 2] = [!0; 2];
    let mut class = 0;
    while class < CLASSES.len() {
        let mut n = 0;
        while n < CLASSES[class].len() {
            let (half, bit) = ((CLASSES[class][n] >> 6) as usize, 1 << (CLASSES[class][n] & 63));
            found[class][half] |= bit;
            found[PARTS - 2][half] &= !bit;
            n += 1;
        }
        class += 1;
    }
    found
}

/// The characters that words begin with.
fn firsts(words: &[Word]) -> Classes {
    let mut found = Classes::NONE;
    for byte in words.iter().filter_map(|word| word.first()) {
        // a letter may stand for one that is not ASCII
        if byte > OTHER || words::SYMBOLS_OF_OTHERS.contains(&byte) {
            found.other = ANY_KIND;
        }
        if byte < OTHER {
            found.add(Ch::from(byte));
            found.add(Ch::from(byte.to_ascii_uppercase()));
        }
    }
    found
}

/// How far the patterns of a column have come in a text.
struct Reached {
    /// Of each pattern where it may match next.
    next: [usize; PATTERNS],
    /// Of each pattern that begins with a run where the run ends that was looked at last.
    run_ends: [usize; PATTERNS],
    /// The patterns of which one of these is not 0.
    touched: Bits,
}

impl Default for Reached {
    fn default() -> Reached {
        Reached { next: [0; PATTERNS], run_ends: [0; PATTERNS], touched: 0 }
    }
}

impl Reached {
    fn clear(&mut self) {
        while self.touched != 0 {
            let i = self.touched.trailing_zeros() as usize;
            self.touched &= self.touched - 1;
            (self.next[i], self.run_ends[i]) = (0, 0);
        }
    }
}

/// What is known of the matches of a pattern before any text is seen.
struct Begin {
    heads: Vec<Classes>,
    words: words::Sought,
    needs: Vec<Classes>,
}

impl Begin {
    /// None where nothing is known.
    fn new(sought: &Sought) -> Option<Begin> {
        let node = sought.regex.node();
        let leads = leads_of(node).unwrap_or_default();
        // words that say where a match begins say enough, unless they are short
        let is_telling = !leads.is_empty() && leads.iter().all(|word| word.len() >= LONG_WORD);
        let heads = if leads.is_empty() { heads(node, DEPTH) } else { vec![firsts(&leads)] };
        if heads.is_empty() {
            return None;
        }
        let words = words::Sought {
            words: if is_telling { Vec::new() } else { words_of(node).unwrap_or_default() },
            context: sought.context.iter().map(|word| Word::new(word.iter().map(|&c| symbol(c)))).collect(),
            leads,
        };
        let mut needs = Vec::new();
        needs_of(node, &mut needs);
        needs.sort_by_key(Classes::size);
        needs.dedup();
        needs.retain(|need| need.size() <= LARGEST_NEED);
        // a set that has all characters of a smaller one says no more
        needs = (0..needs.len())
            .filter(|&n| !needs[..n].iter().any(|less| less.union(needs[n]) == needs[n]))
            .map(|n| needs[n])
            .collect();
        needs.truncate(NEEDS);
        Some(Begin { heads, words, needs })
    }
}

/// Does the same with each of some things, in as many threads as there are processors.
fn side_by_side<A: Sync, B: Send>(things: &[A], work: impl Fn(&A) -> B + Sync) -> Vec<B> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let work = &work;
    std::thread::scope(|scope| {
        let size = things.len().div_ceil(threads).max(1);
        let parts: Vec<_> =
            things.chunks(size).map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<_>>())).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// A pattern of which something is known.
struct Known {
    number: usize,
    heads: Vec<Classes>,
    regex: Arc<Regex>,
    group: usize,
    words: words::Sought,
    /// Sets of characters of which one must be in the text.
    needs: Vec<Classes>,
}

impl Column {
    fn new(patterns: &[Known], words: &[words::Sought]) -> Column {
        let mut rows = Box::new([[0; STRIDE]; PLACES]);
        let behind: Vec<Vec<Way>> = patterns.iter().map(|p| behind(p.regex.node())).collect();
        let mut at_start = 0;
        for (i, Known { heads, regex, .. }) in patterns.iter().enumerate() {
            let bit: Bits = 1 << i;
            let before = before(regex.node(), &heads[0]);
            if before.classes == Classes::NONE && words[i].leads.is_empty() {
                at_start |= bit;
            }
            for r in 0..=EDGE {
                let fits = if r == EDGE { before.edge } else { before.classes.has_row(r.into()) };
                for (back, its) in rows[..BEFORE].iter_mut().enumerate() {
                    let by_ways = behind[i].is_empty() || behind[i].iter().any(|way| way.may_have(back, r));
                    if by_ways && (fits || back > 0) {
                        its[usize::from(r)] |= bit;
                    }
                }
                for depth in 0..DEPTH {
                    let fits = heads.get(depth).is_none_or(|classes| r != EDGE && classes.has_row(r.into()));
                    if fits {
                        rows[BEFORE + depth][usize::from(r)] |= bit;
                    }
                }
            }
        }
        let anchor = |i: usize| {
            let fits = |n: usize| (0..=EDGE).filter(|row| rows[place(n)][usize::from(*row)] >> i & 1 != 0).collect::<Vec<u8>>();
            let few = |signs: &[u8]| signs.len() <= MOST_ANCHORS && signs.iter().all(|row| *row < OTHER);
            (0..PLACES).map(|n| (n, fits(n))).find(|(_, signs)| few(signs))
        };
        let anchors = (0..patterns.len()).map(anchor).collect();
        let met: Box<[[Bits; NEEDS]; 256]> =
            Box::new(std::array::from_fn(|row| if row <= usize::from(EDGE) { met(patterns, row) } else { [0; NEEDS] }));
        Column {
            anchors,
            regexes: patterns.iter().map(|p| p.regex.clone()).collect(),
            groups: patterns.iter().map(|p| p.group).collect(),
            numbers: patterns.iter().map(|p| p.number).collect(),
            runs: patterns.iter().map(|p| run(p.regex.node())).collect(),
            behind,
            anywhere: (0..).zip(words).map(|(i, its)| Bits::from(its.leads.is_empty()) << i).sum(),
            at_start,
            by_words: (0..).zip(words).map(|(i, its)| Bits::from(!its.is_empty()) << i).sum(),
            rows,
            met_by_small: std::array::from_fn(|n| (b'a'..=b'z').fold(0, |sum, row| sum | met[usize::from(row)][n])),
            met,
        }
    }

    /// The patterns that have all the characters they need in a text with these rows, and with small letters or without.
    fn met(&self, rows: &[u8], is_small: bool) -> Bits {
        let [mut one, mut two, mut three, mut four] = self.met[usize::from(EDGE)];
        if is_small {
            let its = &self.met_by_small;
            (one, two, three, four) = (one | its[0], two | its[1], three | its[2], four | its[3]);
        }
        for row in rows {
            let its = &self.met[usize::from(*row)];
            (one, two, three, four) = (one | its[0], two | its[1], three | its[2], four | its[3]);
        }
        one & two & three & four
    }

    /// The patterns that can match texts of characters of some parts, by bits of parts.
    fn by_parts(&self) -> Vec<Bits> {
        let mut sums = [[0; NEEDS + PLACES]; PARTS + 1];
        for row in 0..=EDGE {
            let its = self.met[usize::from(row)].iter().copied().chain(self.rows.iter().map(|its| its[usize::from(row)]));
            let sum = &mut sums[if row == EDGE { PARTS } else { part(row) }];
            sum.iter_mut().zip(its).for_each(|(sum, its)| *sum |= its);
        }
        let of_parts = |parts: usize| {
            let mut all = sums[PARTS];
            for sum in (0..PARTS).filter(|part| parts >> part & 1 != 0).map(|part| &sums[part]) {
                all.iter_mut().zip(sum).for_each(|(all, its)| *all |= its);
            }
            all.iter().fold(ALL, |left, its| left & its)
        };
        (0..1 << PARTS).map(of_parts).collect()
    }

    /// Whether what stands at a place and before it is what a match of a pattern can begin with.
    fn may_begin(&self, i: usize, at: usize, rows: &[u8]) -> bool {
        let around = &rows[at..at + PLACES];
        let fits = around.iter().enumerate().fold(!0, |fits, (n, row)| fits & self.rows[place(n)][*row as usize]);
        fits >> i & 1 != 0
    }

    /// Tries a pattern at a place. Returns where the match ends, and adds the span of its group.
    #[inline(always)]
    fn attempt(
        &self,
        i: usize,
        text: &[Ch],
        rows: &[u8],
        at: usize,
        state: &mut State,
        found: &mut Vec<(usize, (usize, usize))>,
    ) -> Option<usize> {
        let ways = &self.behind[i];
        if !ways.is_empty() && !ways.iter().any(|way| way.fits(&text[..at])) {
            return None;
        }
        let regex = &self.regexes[i];
        let sieve = regex.sieve();
        if self.runs[i].is_none() && sieve.is_some_and(|sieve| !sieve.lets_through(rows[at + BEFORE..].iter().copied())) {
            return None;
        }
        let Some((end, span)) = regex.group_at(text, at, self.groups[i], state) else {
            if self.runs[i].is_none() && sieve.is_none() {
                regex.failed();
            }
            return None;
        };
        found.extend(span.map(|span| (self.numbers[i], span)));
        Some(end)
    }

    /// Tries patterns where the text begins.
    #[inline(never)]
    fn at_start(&self, text: &[Ch], rows: &[u8], live: Bits, state: &mut State, found: &mut Vec<(usize, (usize, usize))>) {
        for i in bits(live) {
            if self.may_begin(i, 0, rows) {
                self.attempt(i, text, rows, 0, state, found);
            }
        }
    }

    /// Tries the one pattern that is live where its anchor stands, at places up to `last`; False where it has none.
    fn at_anchors(
        &self,
        text: &[Ch],
        rows: &[u8],
        last: usize,
        live: Bits,
        state: &mut State,
        found: &mut Vec<(usize, (usize, usize))>,
    ) -> bool {
        let i = live.trailing_zeros() as usize;
        let Some((n, signs)) = &self.anchors[i] else { return false };
        let mut next = 0;
        let around = &rows[*n..n + rows.len().min(last + PLACES) + 1 - PLACES];
        let mut attempt = |at: usize| {
            if at >= next
                && self.may_begin(i, at, rows)
                && let Some(end) = self.attempt(i, text, rows, at, state, found)
            {
                next = end.max(at + 1);
            }
        };
        match signs[..] {
            [a] => memchr::memchr_iter(a, around).for_each(&mut attempt),
            [a, b] => memchr::memchr2_iter(a, b, around).for_each(&mut attempt),
            [a, b, c] => memchr::memchr3_iter(a, b, c, around).for_each(&mut attempt),
            _ => return signs.is_empty(),
        }
        true
    }

    /// Tries the patterns that are live, at places up to `last`. `rows`: those of the text's characters, with its edges. `OF`: the
    /// patterns of which some may be live; where they are half of them, half the work is done.
    #[allow(clippy::too_many_arguments)]
    #[inline(never)]
    fn scan<const OF: Bits>(
        &self,
        text: &[Ch],
        rows: &[u8],
        last: usize,
        live: Bits,
        reached: &mut Reached,
        state: &mut State,
        found: &mut Vec<(usize, (usize, usize))>,
    ) {
        reached.clear();
        let Reached { next, run_ends, touched } = reached;
        let live = live & OF;
        let places = rows.len().min(last + PLACES) + 1 - PLACES;
        // patterns that cannot match before some place, and the first of these places
        let (mut asleep, mut wake): (Bits, usize) = (0, usize::MAX);
        let mut from = 0;
        while from < places {
            if from >= wake {
                let sleeping = asleep;
                (asleep, wake) = (0, usize::MAX);
                for i in bits(sleeping).filter(|i| next[*i] > from) {
                    (asleep, wake) = (asleep | 1 << i, wake.min(next[i]));
                }
            }
            let Some((pos, left)) = self.next::<OF>(rows, from, places.min(wake), live & !asleep) else {
                from = wake;
                continue;
            };
            for i in bits(left) {
                *touched |= 1 << i;
                if let Some((class, least)) = &self.runs[i] {
                    if run_ends[i] <= pos {
                        run_ends[i] = pos + text[pos..].iter().take_while(|c| class.has(**c)).count();
                    }
                    if run_ends[i] - pos < *least {
                        // nor does any match begin before the run ends
                        next[i] = run_ends[i];
                        (asleep, wake) = (asleep | 1 << i, wake.min(next[i]));
                        continue;
                    }
                }
                if let Some(end) = self.attempt(i, text, rows, pos, state, found) {
                    next[i] = end;
                    if end > pos {
                        (asleep, wake) = (asleep | 1 << i, wake.min(end));
                    }
                }
            }
            from = pos + 1;
        }
    }

    /// The first of the places from `from` to `to` at which some of these patterns may match by what stands around it, and those
    /// that may.
    #[inline]
    fn next<const OF: Bits>(&self, rows: &[u8], from: usize, to: usize, patterns: Bits) -> Option<(usize, Bits)> {
        for (n, around) in rows.get(from..to + PLACES - 1)?.windows(PLACES).enumerate() {
            let around = around.first_chunk::<PLACES>()?;
            let of = |n: usize| self.rows[place(n)][usize::from(around[n])] & OF;
            let left = patterns & of(2) & of(3) & of(4) & of(5);
            if left == 0 {
                continue;
            }
            let left = left & of(6) & of(7) & of(8) & of(9) & of(1) & of(0);
            if left != 0 {
                return Some((from + n, left));
            }
        }
        None
    }
}

/// The place in `Column::rows` of the character with this number around a place.
#[inline(always)]
const fn place(n: usize) -> usize {
    if n < BEFORE { BEFORE - 1 - n } else { n }
}

/// A way in which what stands before a match can look.
struct Way {
    /// What the characters are, the last one first.
    classes: Vec<Classes>,
    /// Whether the text can begin there.
    edge: bool,
}

impl Way {
    /// Whether a character of a row, or the text's edge, may stand so far back before the match.
    fn may_have(&self, back: usize, row: u8) -> bool {
        match self.classes.get(back) {
            _ if row == EDGE && back == 0 => self.edge,
            Some(class) => row != EDGE && class.has_row(row.into()),
            None => true,
        }
    }

    #[inline]
    fn fits(&self, before: &[Ch]) -> bool {
        if before.is_empty() {
            return self.edge;
        }
        self.classes.len() <= before.len() && self.classes.iter().zip(before.iter().rev()).all(|(class, c)| class.has(*c))
    }
}

/// The ways in which what stands before a match can look, by the first assertion with alternatives that its pattern begins with.
fn behind(node: &Node) -> Vec<Way> {
    let Node::Seq(nodes) = node else { return Vec::new() };
    let mut leading = nodes.iter().take_while(|n| matches!(n, Node::Look { .. } | Node::At(_) | Node::Branch(_)));
    let Some(Node::Branch(branches)) = leading.find(|n| matches!(n, Node::Branch(_))) else { return Vec::new() };
    branches.iter().map(behind_one).collect::<Option<_>>().unwrap_or_default()
}

fn behind_one(node: &Node) -> Option<Way> {
    match node {
        Node::Seq(nodes) => behind_one(nodes.first()?),
        Node::Look { behind: true, negative, body, .. } => {
            let mut items = Vec::new();
            items_of(body, &mut items)?;
            let classes: Vec<Classes> = items.iter().rev().map(|item| item.classes()).collect();
            match (negative, classes.as_slice()) {
                (false, _) => Some(Way { classes, edge: false }),
                (true, [class]) => {
                    // of characters that are not ASCII, some belong to the class and some do not
                    let others = Classes { ascii: [!class.ascii[0], !class.ascii[1]], other: ANY_KIND };
                    Some(Way { classes: vec![others], edge: true })
                }
                _ => Some(Way { classes: Vec::new(), edge: true }),
            }
        }
        _ => None,
    }
}

/// The class of which a match begins with so many characters at least, whatever its assertions say.
fn run(node: &Node) -> Option<(Classes, usize)> {
    match node {
        Node::Seq(nodes) => nodes.iter().find(|n| !matches!(n, Node::Look { .. } | Node::At(_))).and_then(|n| match n {
            // alternatives of assertions alone are one
            Node::Branch(branches) if branches.iter().all(is_assertion) => {
                let at = nodes.iter().position(|other| std::ptr::eq(n, other))?;
                run(&Node::Seq(nodes[at + 1..].to_vec()))
            }
            n => run(n),
        }),
        Node::Group(_, body) | Node::Atomic(body) => run(body),
        Node::Repeat { min, body, .. } if *min as usize > DEPTH => {
            let mut items = Vec::new();
            items_of(body, &mut items)?;
            (items.len() == 1).then(|| (items[0].classes(), *min as usize))
        }
        _ => None,
    }
}

fn is_assertion(node: &Node) -> bool {
    match node {
        Node::Look { .. } | Node::At(_) => true,
        Node::Seq(nodes) | Node::Branch(nodes) => nodes.iter().all(is_assertion),
        _ => false,
    }
}

/// What can stand before a match.
struct Before {
    classes: Classes,
    /// Whether the text can begin there.
    edge: bool,
}

const WORD: Classes = Classes { ascii: [0x03FF_0000_0000_0000, 0x07FF_FFFE_87FF_FFFE], other: ANY_KIND };

/// What can stand before the matches of a pattern that begin with `first`.
fn before(node: &Node, first: &Classes) -> Before {
    let mut found = Before { classes: Classes::ALL, edge: true };
    narrow(std::slice::from_ref(node), first, 0, &mut found);
    found
}

/// Narrows down what can stand before a sequence by its assertions. `taken`: how many characters stand before it in the match;
/// what they are is not known. Returns how many stand before what follows, None where that is not certain.
fn narrow(nodes: &[Node], first: &Classes, taken: usize, found: &mut Before) -> Option<usize> {
    let mut taken = taken;
    for node in nodes {
        match node {
            Node::Seq(inner) => taken = narrow(inner, first, taken, found)?,
            Node::Group(_, body) | Node::Atomic(body) => taken = narrow(std::slice::from_ref(body), first, taken, found)?,
            Node::Look { behind: true, negative, width, body } if *width == taken + 1 => {
                look_behind(body, *negative, taken, first, found)
            }
            Node::Look { behind: true, negative: false, width, body } if taken == 0 && *width > 1 => {
                found.classes = meet(found.classes, edge_of(body, true).0);
                found.edge = false;
            }
            Node::Look { behind: false, negative: true, body, .. } if taken == 0 && is_start(body) => found.edge = false,
            Node::Look { .. } => {}
            Node::At(At::Start) if taken == 0 => found.classes = Classes::NONE,
            Node::At(At::LineStart) if taken == 0 => found.classes = meet(found.classes, Classes::one(10)),
            Node::At(At::Boundary) if taken == 0 && first.other == 0 => {
                let in_word = Classes { ascii: first.ascii, other: 0 };
                let outside = Classes { ascii: [first.ascii[0] & !WORD.ascii[0], first.ascii[1] & !WORD.ascii[1]], other: 0 };
                if outside == Classes::NONE {
                    found.classes = meet(found.classes, Classes { ascii: [!WORD.ascii[0], !WORD.ascii[1]], other: ANY_KIND });
                } else if !in_word.meets(&Classes { other: 0, ..WORD }) {
                    found.classes = meet(found.classes, WORD);
                    found.edge = false;
                }
            }
            Node::At(_) => {}
            Node::Branch(branches) => {
                let mut sum = Before { classes: Classes::NONE, edge: false };
                let mut after = Vec::new();
                for branch in branches {
                    let mut its = Before { classes: found.classes, edge: found.edge };
                    after.push(narrow(std::slice::from_ref(branch), first, taken, &mut its));
                    sum.classes = sum.classes.union(its.classes);
                    sum.edge |= its.edge;
                }
                *found = sum;
                let all = after.first().copied().flatten()?;
                if after.iter().any(|a| *a != Some(all)) {
                    return None;
                }
                taken = all;
            }
            Node::Item(_) => taken += 1,
            Node::Repeat { .. } | Node::Same(_) => return None,
        }
        if taken > 1 {
            return None;
        }
    }
    Some(taken)
}

/// Whether a node is the assertion that the text begins.
fn is_start(node: &Node) -> bool {
    match node {
        Node::At(At::Start) => true,
        Node::Seq(nodes) => matches!(nodes[..], [Node::At(At::Start)]),
        _ => false,
    }
}

/// An assertion about what stands before; behind it `taken` characters of the match are looked at again.
fn look_behind(body: &Node, negative: bool, taken: usize, first: &Classes, found: &mut Before) {
    let Some(sets) = alternatives(body, taken, first) else { return };
    let all = sets.iter().fold(Classes::NONE, |sum, set| sum.union(*set));
    if negative {
        // of characters that are not ASCII, some belong to the class and some do not
        found.classes = meet(found.classes, Classes { ascii: [!all.ascii[0], !all.ascii[1]], other: ANY_KIND });
    } else {
        found.classes = meet(found.classes, all);
        found.edge = false;
    }
}

/// The characters that each of the alternatives of a body begins with; None where they depend on more than that.
fn alternatives(body: &Node, taken: usize, first: &Classes) -> Option<Vec<Classes>> {
    match body {
        Node::Group(_, inner) => alternatives(inner, taken, first),
        Node::Branch(branches) => {
            let mut found = Vec::new();
            for branch in branches {
                found.extend(alternatives(branch, taken, first)?);
            }
            Some(found)
        }
        Node::Item(item) if taken == 0 => Some(vec![item.classes()]),
        Node::Seq(nodes) if nodes.len() == taken + 1 => {
            let Node::Item(item) = &nodes[0] else {
                return if taken == 0 { alternatives(&nodes[0], 0, first) } else { None };
            };
            nodes[1..].iter().all(|n| passes_all(n, first)).then(|| vec![item.classes()])
        }
        _ => None,
    }
}

/// Whether a node matches whatever the match begins with.
fn passes_all(node: &Node, first: &Classes) -> bool {
    match node {
        Node::Item(Item::All) => true,
        Node::Item(Item::NotNewline) => !first.has(10),
        _ => false,
    }
}

fn meet(a: Classes, b: Classes) -> Classes {
    Classes { ascii: [a.ascii[0] & b.ascii[0], a.ascii[1] & b.ascii[1]], other: a.other & b.other }
}

/// Words in small letters, one of which stands in every text in which a pattern matches, in any case; None where none are known.
fn words_of(node: &Node) -> Option<Vec<Word>> {
    let found = match node {
        Node::Seq(nodes) => {
            let mut best: Option<Vec<Word>> = None;
            let mut in_word = false;
            for (i, node) in nodes.iter().enumerate() {
                let is_letter = letter(node).is_some();
                let is_long = best.as_ref().is_some_and(|best| best.iter().all(|word| word.len() >= LONG_WORD));
                if !(is_long || is_letter && in_word) {
                    best = better(best, beginnings(&nodes[i..], MOST_FOLLOWED, SHORTEST_WORD, LONGEST_NEED));
                }
                in_word = is_letter;
                if !is_letter {
                    best = better(best, words_of(node));
                    let pair = [last_letter(node), nodes.get(i + 1).and_then(first_letter)];
                    if let [Some(a), Some(b)] = pair {
                        best = better(best, word(&[a, b]));
                    }
                }
            }
            best
        }
        Node::Item(_) => word(&[letter(node)?]),
        Node::Group(_, body) | Node::Atomic(body) | Node::Look { negative: false, body, .. } => words_of(body),
        Node::Repeat { min, body, .. } if *min > 0 => words_of(body),
        Node::Branch(branches) => {
            let mut sum = BTreeSet::new();
            for branch in branches {
                sum.extend(words_of(branch).or_else(|| rare(branch))?);
            }
            Some(sum.into_iter().collect())
        }
        _ => None,
    }?;
    (!found.is_empty() && found.len() <= MOST_WORDS).then_some(found)
}

/// Signs that few texts have, one of which stands in every text in which a node matches.
fn rare(node: &Node) -> Option<Vec<Word>> {
    match node {
        Node::Item(_) => letter(node).filter(|c| *c > OTHER || b"[]{}<>@%#~$!|^`*".contains(c)).map(|c| vec![Word::new([c])]),
        Node::Seq(nodes) => nodes.iter().find_map(rare),
        Node::Group(_, body) | Node::Atomic(body) => rare(body),
        Node::Repeat { min, body, .. } if *min > 0 => rare(body),
        Node::Branch(branches) => {
            let found = branches.iter().map(|branch| words_of(branch).or_else(|| rare(branch))).collect::<Option<Vec<_>>>()?;
            Some(found.concat()).filter(|found| !found.is_empty())
        }
        _ => None,
    }
}

/// The letter that all that a node matches begins with.
fn first_letter(node: &Node) -> Option<u8> {
    match node {
        Node::Item(_) => letter(node),
        Node::Seq(nodes) => first_letter(nodes.first()?),
        Node::Group(_, body) | Node::Atomic(body) => first_letter(body),
        Node::Repeat { min, body, .. } if *min > 0 => first_letter(body),
        _ => None,
    }
}

/// The letter that all that a node matches ends with.
fn last_letter(node: &Node) -> Option<u8> {
    match node {
        Node::Item(_) => letter(node),
        Node::Seq(nodes) => last_letter(nodes.last()?),
        Node::Group(_, body) | Node::Atomic(body) => last_letter(body),
        Node::Repeat { min, body, .. } if *min > 0 => last_letter(body),
        _ => None,
    }
}

/// The byte that stands for a node.
fn letter(node: &Node) -> Option<u8> {
    match node {
        Node::Item(item) => byte_of(item),
        _ => None,
    }
}

fn word(run: &[u8]) -> Option<Vec<Word>> {
    (run.len() >= SHORTEST_WORD).then(|| vec![Word::new(run.iter().copied())])
}

/// Of two lists of words the one that says more: whose shortest word is longer, or that has fewer.
fn better(one: Option<Vec<Word>>, other: Option<Vec<Word>>) -> Option<Vec<Word>> {
    let worth = |list: &Vec<Word>| (list.iter().map(|w| w.len()).min().unwrap_or(0), std::cmp::Reverse(list.len()));
    match (one, other) {
        (Some(a), Some(b)) => Some(if worth(&b) > worth(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Sets of characters: of each of them one stands in every text in which a pattern matches.
fn needs_of(node: &Node, found: &mut Vec<Classes>) {
    match node {
        Node::Item(item) => found.push(item.classes()),
        Node::Seq(nodes) => nodes.iter().for_each(|n| needs_of(n, found)),
        Node::Group(_, body) | Node::Atomic(body) | Node::Look { negative: false, body, .. } => needs_of(body, found),
        Node::Repeat { min, body, .. } if *min > 0 => needs_of(body, found),
        Node::Branch(branches) => {
            // of each branch the rarest set; together they are one
            let mut sum = Classes::NONE;
            for branch in branches {
                let mut its = Vec::new();
                needs_of(branch, &mut its);
                let Some(rarest) = its.into_iter().min_by_key(Classes::size) else { return };
                sum = sum.union(rarest);
            }
            found.push(sum);
        }
        _ => {}
    }
}
