//! Finds where the patterns of a catalogue match in a text, all in one pass.
//!
//! A pattern is tried only where one of its matches can begin. What a match begins with follows from the pattern's tree: the
//! characters that its first places can have, the character that can stand before it, and characters that must stand somewhere in
//! the text. Each is a row of bits, one for each pattern; the rows of a place are joined with AND, and what is left is tried
//! there. So each match that `re` finds is found, and nothing is remembered from one text to the next.

use crate::chars::Ch;
use crate::rx::{At, Classes, Item, Node, Regex, Sieve, State, heads, items_of, with_state};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, OnceLock};

/// Characters of a head that are looked at for all patterns of a column at once.
const DEPTH: usize = 7;
/// Words of which one must stand in a text, at most, for each pattern; and how short one may be.
const MOST_WORDS: usize = 400;
const SHORTEST_WORD: usize = 2;
/// Characters of a word that are looked for.
const LONGEST_WORD: usize = 12;
/// States in which words are looked for, at most.
const MOST_STATES: usize = 40_000;
/// Patterns of a column.
const PATTERNS: usize = 64;
/// Rows: the characters of ASCII, all others, and the end (or the start) of the text.
const OTHER: u8 = 128;
const EDGE: u8 = 129;
/// Sets of characters of which one must stand in a text, at most, for each pattern.
const MOST_NEEDS: usize = 6;
/// How large such a set may be: few texts have none of the letters.
const LARGEST_NEED: u32 = 64 + 16;

/// Which patterns match where.
pub struct Scanner {
    columns: Vec<Column>,
    /// Patterns of which nothing is known, with their numbers.
    others: Vec<(usize, Sought)>,
    words: Words,
    /// Patterns, as bits of columns, that need no word, and those that need no context.
    wordless: Vec<u64>,
    contextless: Vec<u64>,
}

/// A pattern to look for.
pub struct Sought {
    pub regex: Arc<Regex>,
    /// The group whose span is wanted.
    pub group: usize,
    /// Words of which one must stand in the text, in any case, unless the text's field gives them: none where none need to.
    pub context: Vec<Vec<Ch>>,
}

/// Up to 64 patterns.
struct Column {
    regexes: Vec<Arc<Regex>>,
    groups: Vec<usize>,
    numbers: Vec<usize>,
    /// Of each pattern the sieve, made when it is first needed.
    sieves: Vec<OnceLock<Sieve>>,
    /// Of each pattern what its matches begin with, where that is a run of so many characters of a class at least.
    runs: Vec<Option<(Classes, usize)>>,
    /// Of each pattern the ways in which what stands before a match can look: none where that is not known.
    behind: Vec<Vec<Way>>,
    /// Of each character, which patterns can have it before their match and at each of the first places.
    rows: Box<[[u64; DEPTH + 1]; 256]>,
    /// Sets of characters, and the patterns that need one of them in the text.
    needs: Vec<(Classes, u64)>,
}

#[inline(always)]
fn row(c: Ch) -> u8 {
    c.min(Ch::from(OTHER)) as u8
}

impl Scanner {
    /// For patterns; their places in the list are their numbers.
    pub fn new(sought: Vec<Sought>) -> Scanner {
        let mut others = Vec::new();
        let mut known = Vec::new();
        for (number, one) in sought.into_iter().enumerate() {
            let heads = heads(one.regex.node(), DEPTH);
            if heads.is_empty() {
                others.push((number, one));
                continue;
            }
            let cut = |mut word: Vec<u8>| {
                word.truncate(LONGEST_WORD);
                word
            };
            let words = words_of(one.regex.node()).unwrap_or_default().into_iter().map(cut).collect();
            let context = one.context.iter().map(|word| lower_bytes(word)).collect();
            let mut needs = Vec::new();
            needs_of(one.regex.node(), &mut needs);
            needs.sort_by_key(Classes::size);
            needs.dedup();
            needs.retain(|need| need.size() <= LARGEST_NEED);
            needs.truncate(MOST_NEEDS);
            known.push(Known { number, heads, regex: one.regex, group: one.group, words, context, needs });
        }
        // too many words are not looked for
        let mut states = 0;
        for pattern in &mut known {
            let its: usize = pattern.words.iter().chain(&pattern.context).map(Vec::len).sum();
            if states + its < MOST_STATES {
                states += its;
            } else {
                (pattern.words, pattern.context) = (Vec::new(), Vec::new());
            }
        }
        // patterns that few texts have anything for stand together
        let shortest = |words: &[Vec<u8>]| words.iter().map(Vec::len).min().unwrap_or(0);
        known.sort_by_key(|k| (shortest(&k.words).max(shortest(&k.context)), k.number));
        let size = known.len().div_ceil(PATTERNS);
        let mut scanner = Scanner {
            columns: known.chunks(PATTERNS).map(Column::new).collect(),
            others,
            words: Words::new(&known, size),
            wordless: vec![0; size],
            contextless: vec![0; size],
        };
        for (i, pattern) in known.iter().enumerate() {
            let (column, bit) = (i / PATTERNS, 1 << (i % PATTERNS));
            if pattern.words.is_empty() {
                scanner.wordless[column] |= bit;
            }
            if pattern.context.is_empty() {
                scanner.contextless[column] |= bit;
            }
        }
        scanner
    }

    /// All matches of all patterns, ordered by pattern and place: of each match that `finditer` of each finds the span of its group.
    /// `named`: patterns whose context the text's field gives. Those whose context is nowhere in the text are left out.
    pub fn scan(&self, text: &[Ch], named: &[usize]) -> Vec<(usize, (usize, usize))> {
        let mut found = Vec::new();
        // the edges of the text stand around it
        let mut rows = Vec::with_capacity(text.len() + DEPTH);
        rows.push(EDGE);
        rows.extend(text.iter().map(|&c| row(c)));
        rows.extend([EDGE; DEPTH - 1]);
        let inside = &rows[1..=text.len()];
        let size = self.columns.len();
        let mut live = [self.wordless.as_slice(), &self.contextless].concat();
        self.words.find(text, inside, &mut live);
        let (live, context) = live.split_at_mut(size);
        for (column, its) in self.columns.iter().enumerate() {
            for (i, number) in its.numbers.iter().enumerate().filter(|_| !named.is_empty()) {
                if named.contains(number) {
                    context[column] |= 1 << i;
                }
            }
            live[column] &= context[column];
        }
        let has = classes_in(inside);
        let mut reached = Reached { next: [0; PATTERNS], run_ends: [0; PATTERNS], touched: 0 };
        with_state(|state| {
            for (column, live) in self.columns.iter().zip(live) {
                let live = column.with_needs(*live, &has);
                if live != 0 {
                    column.scan(text, &rows, live, &mut reached, state, &mut found);
                }
            }
        });
        for (number, one) in &self.others {
            found.extend(one.regex.find_iter(text, 0, text.len()).filter_map(|m| Some((*number, m.span(one.group)?))));
        }
        found.sort_by_key(|(number, _)| *number);
        found
    }
}

/// How far the patterns of a column have come in a text.
struct Reached {
    /// Of each pattern where it may match next.
    next: [usize; PATTERNS],
    /// Of each pattern that begins with a run where the run ends that was looked at last.
    run_ends: [usize; PATTERNS],
    /// The patterns of which one of these is not 0.
    touched: u64,
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

/// The characters that stand in a text, of which the rows are given.
fn classes_in(rows: &[u8]) -> Classes {
    let mut seen = [false; 256];
    for &r in rows {
        seen[r as usize] = true;
    }
    let mut has = Classes { other: seen[OTHER as usize], ..Classes::NONE };
    for (half, bits) in has.ascii.iter_mut().enumerate() {
        for (i, there) in seen[half * 64..half * 64 + 64].iter().enumerate() {
            *bits |= u64::from(*there) << i;
        }
    }
    has
}

/// A pattern of which something is known.
struct Known {
    number: usize,
    heads: Vec<Classes>,
    regex: Arc<Regex>,
    group: usize,
    /// Words of which one must be in the text: none where no such words are known.
    words: Vec<Vec<u8>>,
    /// The words of its context.
    context: Vec<Vec<u8>>,
    /// Sets of characters of which one must be in the text.
    needs: Vec<Classes>,
}

/// A letter of ASCII in small, as a byte; so are the characters that `re` takes for one where case does not matter.
fn lower_byte(c: Ch) -> u8 {
    match c {
        65..=90 => c as u8 + 32,
        0..=127 => c as u8,
        0x130 | 0x131 => b'i',
        0x17F => b's',
        0x212A => b'k',
        _ => OTHER,
    }
}

/// Looks for words in small letters.
struct Words {
    /// Of each byte its column in the table.
    columns: [u8; 256],
    /// A state's row in the table has two to the power of this many columns.
    shift: u32,
    /// Of each state and column the next state.
    table: Vec<u16>,
    /// States from this one on have found a word.
    first: u16,
    /// Of each of them, whose words it has found: bits of patterns that have them as words, then of those that have them as context.
    found: Vec<u64>,
}

impl Words {
    /// `size`: how many columns of patterns there are.
    fn new(known: &[Known], size: usize) -> Words {
        let mut columns = [0; 256];
        let mut width = 1usize;
        let mut edges: Vec<BTreeMap<u8, usize>> = vec![BTreeMap::new()];
        let mut masks = vec![vec![0u64; 2 * size]];
        for (i, pattern) in known.iter().enumerate() {
            for (part, words) in [&pattern.words, &pattern.context].into_iter().enumerate() {
                for word in words {
                    let mut state = 0;
                    for &byte in word {
                        if columns[byte as usize] == 0 {
                            columns[byte as usize] = width as u8;
                            width += 1;
                        }
                        let next = edges.len();
                        state = *edges[state].entry(columns[byte as usize]).or_insert(next);
                        if state == next {
                            edges.push(BTreeMap::new());
                            masks.push(vec![0; 2 * size]);
                        }
                    }
                    masks[state][part * size + i / PATTERNS] |= 1 << (i % PATTERNS);
                }
            }
        }
        for capital in b'A'..=b'Z' {
            columns[capital as usize] = columns[capital as usize + 32];
        }
        let width = width.next_power_of_two();
        // of each state the one of the longest of its ends that is the beginning of a word; shorter ones come first
        let mut table = vec![0; edges.len() * width];
        let mut shorter = vec![0; edges.len()];
        let mut waiting = VecDeque::from([0]);
        while let Some(state) = waiting.pop_front() {
            for column in 1..width {
                let back = if state == 0 { 0 } else { table[shorter[state] * width + column] };
                match edges[state].get(&(column as u8)) {
                    None => table[state * width + column] = back,
                    Some(&next) => {
                        table[state * width + column] = next;
                        shorter[next] = back;
                        let its = masks[back].clone();
                        masks[next].iter_mut().zip(its).for_each(|(mask, more)| *mask |= more);
                        waiting.push_back(next);
                    }
                }
            }
        }
        // states that have found something are the last ones
        let is_none = |state: &usize| masks[*state].iter().all(|m| *m == 0);
        let mut order: Vec<usize> = (0..edges.len()).collect();
        order.sort_by_key(|state| (!is_none(state), *state));
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, state)| place[*state] = at);
        let first = order.iter().filter(|state| is_none(state)).count();
        let row = |state: &usize| table[state * width..][..width].iter().map(|next| place[*next] as u16);
        Words {
            columns,
            shift: width.trailing_zeros(),
            table: order.iter().flat_map(row).collect(),
            first: first as u16,
            found: order[first..].iter().flat_map(|state| masks[*state].clone()).collect(),
        }
    }

    /// Adds the patterns that have words of the text. `rows`: those of its characters.
    fn find(&self, text: &[Ch], rows: &[u8], live: &mut [u64]) {
        let mut state = 0;
        let mut step = |byte: u8| {
            state = self.table[((state as usize) << self.shift) + self.columns[byte as usize] as usize];
            if state >= self.first {
                let at = (state - self.first) as usize * live.len();
                live.iter_mut().zip(&self.found[at..]).for_each(|(live, its)| *live |= its);
            }
        };
        if rows.contains(&OTHER) {
            text.iter().for_each(|&c| step(lower_byte(c)));
        } else {
            rows.iter().for_each(|&byte| step(byte));
        }
    }
}

impl Column {
    fn new(patterns: &[Known]) -> Column {
        let mut rows = Box::new([[0; DEPTH + 1]; 256]);
        let mut needs: Vec<(Classes, u64)> = Vec::new();
        for (i, Known { heads, regex, .. }) in patterns.iter().enumerate() {
            let bit = 1u64 << i;
            for need in &patterns[i].needs {
                match needs.iter_mut().find(|(set, _)| set == need) {
                    Some((_, its)) => *its |= bit,
                    None => needs.push((*need, bit)),
                }
            }
            let before = before(regex.node(), &heads[0]);
            for r in 0..=EDGE {
                let its = &mut rows[r as usize];
                let fits = match r {
                    EDGE => before.edge,
                    OTHER => before.classes.other,
                    c => before.classes.has(Ch::from(c)),
                };
                if fits {
                    its[0] |= bit;
                }
                for depth in 0..DEPTH {
                    let fits = match (heads.get(depth), r) {
                        (None, _) => true,
                        (Some(_), EDGE) => false,
                        (Some(classes), OTHER) => classes.other,
                        (Some(classes), c) => classes.has(Ch::from(c)),
                    };
                    if fits {
                        its[depth + 1] |= bit;
                    }
                }
            }
        }
        Column {
            regexes: patterns.iter().map(|p| p.regex.clone()).collect(),
            groups: patterns.iter().map(|p| p.group).collect(),
            numbers: patterns.iter().map(|p| p.number).collect(),
            runs: patterns.iter().map(|p| run(p.regex.node())).collect(),
            behind: patterns.iter().map(|p| behind(p.regex.node())).collect(),
            sieves: patterns.iter().map(|_| OnceLock::new()).collect(),
            rows,
            needs,
        }
    }

    /// Those of the live patterns that have the characters they need.
    fn with_needs(&self, live: u64, has: &Classes) -> u64 {
        let mut live = live;
        for (need, patterns) in &self.needs {
            if live & patterns != 0 && !need.meets(has) {
                live &= !patterns;
            }
        }
        live
    }

    /// Tries the patterns that are live. `rows`: those of the text's characters, with its edges.
    fn scan(
        &self,
        text: &[Ch],
        rows: &[u8],
        live: u64,
        reached: &mut Reached,
        state: &mut State,
        found: &mut Vec<(usize, (usize, usize))>,
    ) {
        reached.clear();
        let Reached { next, run_ends, touched } = reached;
        let of = |row: u8| &self.rows[row as usize];
        for (pos, around) in rows.windows(DEPTH + 1).enumerate() {
            let left = live & of(around[0])[0] & of(around[1])[1] & of(around[2])[2] & of(around[3])[3];
            if left == 0 {
                continue;
            }
            let mut left = left & of(around[4])[4] & of(around[5])[5] & of(around[6])[6] & of(around[7])[7];
            while left != 0 {
                let i = left.trailing_zeros() as usize;
                left &= left - 1;
                if next[i] > pos {
                    continue;
                }
                *touched |= 1 << i;
                if let Some((class, least)) = &self.runs[i] {
                    if run_ends[i] <= pos {
                        run_ends[i] = pos + text[pos..].iter().take_while(|c| class.has(**c)).count();
                    }
                    if run_ends[i] - pos < *least {
                        // nor does any match begin before the run ends
                        next[i] = run_ends[i];
                        continue;
                    }
                }
                let ways = &self.behind[i];
                if !ways.is_empty() && !ways.iter().any(|way| way.fits(&text[..pos])) {
                    continue;
                }
                let sieve = || self.sieves[i].get_or_init(|| Sieve::new(self.regexes[i].node()));
                if self.runs[i].is_none() && !sieve().lets_through(&rows[pos + 1..]) {
                    continue;
                }
                if let Some((end, span)) = self.regexes[i].group_at(text, pos, self.groups[i], state) {
                    next[i] = end;
                    found.extend(span.map(|span| (self.numbers[i], span)));
                }
            }
        }
    }
}

/// A way in which what stands before a match can look.
struct Way {
    /// What the characters are, the last one first.
    classes: Vec<Classes>,
    /// Whether the text can begin there.
    edge: bool,
}

impl Way {
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
                    let others = Classes { ascii: [!class.ascii[0], !class.ascii[1]], other: true };
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

const WORD: Classes = Classes { ascii: [0x03FF_0000_0000_0000, 0x07FF_FFFE_87FF_FFFE], other: true };

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
            Node::Look { .. } => {}
            Node::At(At::Start) if taken == 0 => found.classes = Classes::NONE,
            Node::At(At::LineStart) if taken == 0 => found.classes = meet(found.classes, Classes::one(10)),
            Node::At(At::Boundary) if taken == 0 && !first.other => {
                let in_word = Classes { ascii: first.ascii, other: false };
                let outside = Classes { ascii: [first.ascii[0] & !WORD.ascii[0], first.ascii[1] & !WORD.ascii[1]], other: false };
                if outside == Classes::NONE {
                    found.classes = meet(found.classes, Classes { ascii: [!WORD.ascii[0], !WORD.ascii[1]], other: true });
                } else if !in_word.meets(&Classes { other: false, ..WORD }) {
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

/// An assertion about what stands before; behind it `taken` characters of the match are looked at again.
fn look_behind(body: &Node, negative: bool, taken: usize, first: &Classes, found: &mut Before) {
    let Some(sets) = alternatives(body, taken, first) else { return };
    let all = sets.iter().fold(Classes::NONE, |sum, set| sum.union(*set));
    if negative {
        // of characters that are not ASCII, some belong to the class and some do not
        found.classes = meet(found.classes, Classes { ascii: [!all.ascii[0], !all.ascii[1]], other: true });
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
    Classes { ascii: [a.ascii[0] & b.ascii[0], a.ascii[1] & b.ascii[1]], other: a.other && b.other }
}

/// Words in small letters, one of which stands in every text in which a pattern matches, in any case; None where none are known.
fn words_of(node: &Node) -> Option<Vec<Vec<u8>>> {
    let found = match node {
        Node::Seq(nodes) => {
            let mut best: Option<Vec<Vec<u8>>> = None;
            let mut run = Vec::new();
            for (i, node) in nodes.iter().enumerate() {
                if let Some(c) = letter(node) {
                    run.push(c);
                    continue;
                }
                let run = std::mem::take(&mut run);
                // letters, and with them the letters that each of several ways goes on with
                let longer = beginnings(node).map(|more| more.iter().map(|more| [&run[..], more].concat()).collect::<Vec<_>>());
                best =
                    better(best, longer.filter(|words| !run.is_empty() && words.iter().all(|word| word.len() >= SHORTEST_WORD)));
                best = better(best, word(&run));
                best = better(best, words_of(node));
                let pair = [last_letter(node), nodes.get(i + 1).and_then(first_letter)];
                if let [Some(a), Some(b)] = pair {
                    best = better(best, word(&[a, b]));
                }
            }
            better(best, word(&run))
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
fn rare(node: &Node) -> Option<Vec<Vec<u8>>> {
    match node {
        Node::Item(_) => letter(node).filter(|c| b"[]{}<>@%#~$!|^`*".contains(c)).map(|c| vec![vec![c]]),
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

/// The letters that each of the ways through a node begins with, which may be none; None where there are no such ways.
fn beginnings(node: &Node) -> Option<Vec<Vec<u8>>> {
    match node {
        Node::Group(_, body) | Node::Atomic(body) => beginnings(body),
        Node::Seq(nodes) if nodes.len() == 1 && letter(&nodes[0]).is_none() => beginnings(&nodes[0]),
        Node::Branch(branches) => Some(
            branches
                .iter()
                .map(|branch| match branch {
                    Node::Seq(nodes) => nodes.iter().map_while(letter).take(LONGEST_WORD).collect(),
                    one => letter(one).into_iter().collect(),
                })
                .collect(),
        ),
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

/// The character of ASCII that a node stands for, in small letters, alone or in any case.
fn letter(node: &Node) -> Option<u8> {
    match node {
        Node::Item(Item::Char(c) | Item::Cased(_, c)) if *c < 128 => Some(lower_byte(*c)),
        _ => None,
    }
}

fn word(run: &[u8]) -> Option<Vec<Vec<u8>>> {
    (run.len() >= SHORTEST_WORD).then(|| vec![run[..run.len().min(LONGEST_WORD)].to_vec()])
}

fn lower_bytes(word: &[Ch]) -> Vec<u8> {
    word.iter().take(LONGEST_WORD).map(|&c| lower_byte(c)).collect()
}

/// Of two lists of words the one that says more: whose shortest word is longer, or that has fewer.
fn better(one: Option<Vec<Vec<u8>>>, other: Option<Vec<Vec<u8>>>) -> Option<Vec<Vec<u8>>> {
    let worth = |list: &Vec<Vec<u8>>| (list.iter().map(Vec::len).min().unwrap_or(0), std::cmp::Reverse(list.len()));
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
