//! Values whose names stand apart from them (`logscrub/detect/pairs.py`).

use crate::chars::{Ch, CharSet, Conversions, codes, position, text_of};
use crate::library::{Library, Words};
use crate::rows::Rows;
use crate::rx::{Match, Regex};
use crate::views::wide;
use std::iter::successors;
use std::sync::Arc;

/// Characters of the longest name of a function.
const LONGEST_CALL: usize = 41;

/// A stretch of a text, and the name that the text gives to it.
pub struct NamedValue {
    pub name: Vec<Ch>,
    pub start: usize,
    pub end: usize,
    /// Whether only the name of what opens something tells.
    pub loose: bool,
}

/// A stretch of a text, and the name of all that it holds.
pub struct Holder {
    pub name: Vec<Ch>,
    pub start: usize,
    /// None where a bracket ends it.
    pub end: Option<usize>,
}

/// A value in a holder, and its own name there; empty where it has none.
pub struct Held {
    pub key: Vec<Ch>,
    pub start: usize,
    pub end: usize,
}

/// A pattern, and the groups of it that are asked for.
struct Pattern {
    regex: Arc<Regex>,
    name: usize,
    value: usize,
}

impl Pattern {
    fn new(library: &Library, name: &str) -> Result<Pattern, String> {
        let regex = library.rx(name)?;
        let group = |group: &str| regex.group(group).unwrap_or(0);
        Ok(Pattern { name: group("name"), value: group("value"), regex })
    }

    fn find(&self, text: &[Ch], loose: bool, found: &mut Vec<NamedValue>) {
        for m in self.regex.find_iter(text, 0, text.len()) {
            if let (Some((a, b)), Some((start, end))) = (m.span(self.name), m.span(self.value)) {
                found.push(NamedValue { name: text[a..b].to_vec(), start, end, loose });
            }
        }
    }
}

/// Finds values whose names stand apart from them.
pub struct Pairs {
    conversions: Arc<Conversions>,
    word: Arc<CharSet>,
    space: Arc<CharSet>,
    naming: Arc<Words>,
    naming_ends: Arc<Words>,
    values: Arc<Words>,
    sets: Arc<Regex>,
    group: Arc<Regex>,
    member: Arc<Regex>,
    key: usize,
    quoted: usize,
    bare: usize,
    pair: Pattern,
    call: Arc<Regex>,
    open: usize,
    close: usize,
    serialised: Pattern,
    row: Pattern,
    lone_row: Pattern,
    element: Arc<Regex>,
    tag: usize,
    attributes: usize,
    content: usize,
    part: Pattern,
    block: Pattern,
    typed: Pattern,
    path_list: Pattern,
    rejected: Pattern,
    say_what_was_given: Vec<String>,
    at_pointer: Pattern,
    columns: Pattern,
    cells: Pattern,
    atom_pair: Pattern,
    bare_pair: Pattern,
    arrow: Pattern,
    value: Arc<Regex>,
    /// Its groups `quoted` and `bare`.
    value_groups: [usize; 2],
    name_before: Arc<Regex>,
    /// Its groups `type`, `quoted` and `name`.
    name_groups: [usize; 3],
    indexed: Pattern,
    holder: Pattern,
    brackets: Arc<Regex>,
    /// A name, and how many elements are listed behind it; its group `inside`.
    listed: (Pattern, usize),
    elements: Pattern,
    /// Their groups `inside`.
    sections: [(Pattern, usize); 2],
    members_of: Arc<Regex>,
    held: Arc<Regex>,
    /// Its groups `key`, `word`, `quoted`, `bare`.
    held_groups: [usize; 4],
    chosen: Arc<Regex>,
    decimal: Arc<CharSet>,
}

/// Members of an object that name its value, at most.
const MOST_NAMES: usize = 3;
/// Characters that a bracket holds, at most.
const LONGEST_HELD: usize = 2000;
/// Characters between a name's separator and the bracket, and of a holder's name, at most.
const LONGEST_TYPE: usize = 56;
const LONGEST_NAME: usize = 62;
/// Characters of an index behind a holder's name, and of the type of an object of Ruby, at most.
const LONGEST_INDEX: usize = 42;
const LONGEST_RUBY_TYPE: usize = 80;
/// The ends of the names of members, as PHP prints those that are not public.
const VISIBILITIES: [&[Ch]; 2] = [&wide(b":protected"), &wide(b":private")];
const ARROW: Ch = 0x2192;
/// Separators of two characters between a name and what it is of.
const SEPARATORS: [[Ch; 2]; 3] = [wide(b"=>"), wide(b"->"), wide(b":=")];
/// Characters between the beginning of a member that names a value and the value's own member, at most.
const FARTHEST_NAME: usize = 160;
/// Characters behind a value in which the member that names it stands, if none does before.
const FARTHEST_NAME_BEHIND: usize = 100;
/// Characters of the shortest value of a member without quotes.
const FEWEST_OF_MEMBER: usize = 6;

impl Pairs {
    pub fn new(library: &Library) -> Result<Pairs, String> {
        let member = library.rx("pairs._MEMBER")?;
        let element = library.rx("pairs._ELEMENT")?;
        let pair = Pattern::new(library, "pairs._PAIR")?;
        let group = |regex: &Regex, name: &str| regex.group(name).ok_or_else(|| format!("no group {name}"));
        let held = library.rx("pairs._HELD")?;
        let value = library.rx("pairs._VALUE")?;
        let name_before = library.rx("pairs._NAME_BEFORE")?;
        let of_lines = |name: &str| -> Result<(Pattern, usize), String> {
            let pattern = Pattern::new(library, name)?;
            let inside = group(&pattern.regex, "inside")?;
            Ok((pattern, inside))
        };
        Ok(Pairs {
            arrow: Pattern::new(library, "pairs._ARROW")?,
            value_groups: [group(&value, "quoted")?, group(&value, "bare")?],
            value,
            name_groups: [group(&name_before, "type")?, group(&name_before, "quoted")?, group(&name_before, "name")?],
            name_before,
            indexed: Pattern::new(library, "pairs._INDEXED")?,
            holder: Pattern::new(library, "pairs._HOLDER")?,
            brackets: library.rx("pairs._BRACKETS")?,
            members_of: library.rx("pairs._MEMBERS_OF")?,
            listed: of_lines("pairs._LISTED")?,
            elements: Pattern::new(library, "pairs._ELEMENTS")?,
            sections: [of_lines("pairs._SECTION")?, of_lines("pairs._DEEPER")?],
            held_groups: [group(&held, "key")?, group(&held, "word")?, group(&held, "quoted")?, group(&held, "bare")?],
            held,
            chosen: library.rx("pairs._CHOSEN")?,
            decimal: library.set("isdecimal")?,
            conversions: library.conversions.clone(),
            word: library.set("word")?,
            space: library.set("isspace")?,
            naming: library.words("pairs.NAMING")?,
            naming_ends: library.words("pairs._NAMING_ENDS")?,
            values: library.words("pairs.VALUES")?,
            sets: library.rx("pairs._SETS")?,
            group: library.rx("pairs._GROUP")?,
            key: group(&member, "key")?,
            quoted: group(&member, "quoted")?,
            bare: group(&member, "bare")?,
            member,
            call: library.rx("pairs._CALL")?,
            open: group(&pair.regex, "open")?,
            close: group(&pair.regex, "close")?,
            pair,
            serialised: Pattern::new(library, "pairs._SERIALISED")?,
            row: Pattern::new(library, "pairs._ROW")?,
            lone_row: Pattern::new(library, "pairs._LONE_ROW")?,
            tag: group(&element, "tag")?,
            attributes: group(&element, "attributes")?,
            content: group(&element, "value")?,
            element,
            part: Pattern::new(library, "pairs._PART")?,
            block: Pattern::new(library, "pairs._BLOCK")?,
            typed: Pattern::new(library, "pairs._TYPED")?,
            path_list: Pattern::new(library, "pairs._PATH_LIST")?,
            rejected: Pattern::new(library, "pairs._REJECTED")?,
            say_what_was_given: library.words("pairs._SAY_WHAT_WAS_GIVEN")?.iter().filter_map(|word| text_of(word)).collect(),
            at_pointer: Pattern::new(library, "pairs._AT_POINTER")?,
            columns: Pattern::new(library, "pairs._COLUMNS")?,
            cells: Pattern::new(library, "pairs._CELLS")?,
            atom_pair: Pattern::new(library, "pairs._ATOM_PAIR")?,
            bare_pair: Pattern::new(library, "pairs._BARE_PAIR")?,
        })
    }

    /// The values in a text whose names stand apart from them.
    pub fn named_values(&self, text: &[Ch], rows: &Rows) -> Vec<NamedValue> {
        let has = |sign: char| rows.any([sign as u8]);
        let mut found = Vec::new();
        let is_quoted = has('"') || has('\'') || has('`');
        if is_quoted && (has('{') || has('<') || has('(')) && (has(':') || has('=')) {
            for group in self.group.find_iter(text, 0, text.len()) {
                self.members(text, group.start(), group.end(), &mut found);
            }
        }
        let in_brackets = has(',') && (has('[') || has('(') || has('{'));
        if in_brackets && is_quoted {
            for m in self.pair.regex.find_iter(text, 0, text.len()) {
                self.pair_of(text, &m, &mut found);
            }
            self.atom_pair.find(text, true, &mut found);
        }
        if in_brackets {
            self.bare_pair.find(text, true, &mut found);
        }
        if has(';') && has('"') && (rows.contains("\";s:") || rows.contains("\\\";s:")) {
            self.serialised.find(text, false, &mut found);
        }
        if has('|') {
            self.row.find(text, true, &mut found);
            self.lone_row.find(text, false, &mut found);
        }
        if has('<') && rows.contains("</") {
            for m in self.element.find_iter(text, 0, text.len()) {
                self.element_of(text, &m, &mut found);
            }
            if ["</t", "</dt", "</key", "</name"].iter().any(|end| rows.contains(end)) {
                self.cells.find(text, true, &mut found);
            }
        }
        if has('"')
            && ((has('(') && ["string(", "Some(", "Optional("].iter().any(|word| rows.contains(word)))
                || (has('>') && rows.contains(">> =>")))
        {
            self.typed.find(text, false, &mut found);
        }
        if has('=') && (has(']') || has('%')) && self.has_index(text, rows) {
            self.indexed.find(text, true, &mut found);
        }
        if is_quoted && self.is_linked(text, rows) {
            self.arrow.find(text, true, &mut found);
        }
        if has('v') || has('V') {
            self.apart(text, rows, &mut found);
        }
        if has('\t') {
            self.columns.find(text, true, &mut found);
        }
        if is_quoted && self.say_what_was_given.iter().any(|word| rows.contains(word)) {
            self.rejected.find(text, false, &mut found);
        }
        if has('P') && rows.contains("Path") && rows.contains("data") {
            self.at_pointer.find(text, false, &mut found);
        }
        if has('-') && has('=') && rows.contains("form-data") {
            self.part.find(text, false, &mut found);
        }
        if has('\n') && (has('|') || has('>')) && opens_block(rows) {
            let first = found.len();
            self.block.find(text, false, &mut found);
            for value in &mut found[first..] {
                let block = &text[value.start..value.end];
                let before = block.iter().take_while(|&&c| self.space.has(c)).count();
                let behind = block.iter().rev().take_while(|&&c| self.space.has(c)).count();
                (value.start, value.end) = (value.start + before, value.end - behind);
            }
        }
        found
    }

    /// The values that say that they are values, named by the last member before them that names one; a type counts only where nothing
    /// else does. A value without quotes counts where it looks like what somebody chose for a secret.
    fn apart(&self, text: &[Ch], rows: &Rows, found: &mut Vec<NamedValue>) {
        let [quoted, bare] = self.value_groups;
        let [typed, in_quotes, plain] = self.name_groups;
        let mut behind = 0;
        let next = |from: usize| rows.find_two(from, *b"Vv");
        for at in successors(next(0), |at| next(at + 1)) {
            let is_inside = |c: Ch| c != 95 && self.word.has(c) && !(text[at] == 86 && (97..=122).contains(&c));
            if at < behind || (at > 0 && is_inside(text[at - 1])) {
                continue;
            }
            let Some(m) = self.value.match_at(text, at, text.len()) else { continue };
            behind = m.end();
            let said = m.span(bare);
            if said.is_some_and(|(a, b)| !self.chosen.is_full(&text[a..b])) {
                continue;
            }
            let from = m.start().saturating_sub(FARTHEST_NAME);
            let (mut name, mut type_name) = (None, None);
            for n in self.name_before.find_iter(text, from, m.start()) {
                let last = if n.span(typed).is_some() { &mut type_name } else { &mut name };
                *last = n.span(in_quotes).or(n.span(plain));
            }
            if name.or(type_name).is_none() {
                let to = (m.end() + FARTHEST_NAME_BEHIND).min(text.len());
                for n in self.name_before.find_iter(text, m.end(), to) {
                    let first = if n.span(typed).is_some() { &mut type_name } else { &mut name };
                    *first = first.or(n.span(in_quotes).or(n.span(plain)));
                }
            }
            if let (Some((a, b)), Some((start, end))) = (name.or(type_name), said.or(m.span(quoted))) {
                let is_space = |c: &Ch| *c == 32;
                let before = text[a..b].iter().take_while(|c| is_space(c)).count();
                let after = text[a + before..b].iter().rev().take_while(|c| is_space(c)).count();
                found.push(NamedValue { name: text[a + before..b - after].to_vec(), start, end, loose: true });
            }
        }
    }

    /// Whether an index may end before `=` in a text (`_INDEX_END`).
    fn has_index(&self, text: &[Ch], rows: &Rows) -> bool {
        let next = |from: usize| rows.find(from, b'=');
        successors(next(0), |at| next(at + 1)).any(|at| {
            let near = &text[..at];
            let far = near.split_last().filter(|(last, _)| self.space.has(**last)).map_or(near, |(_, rest)| rest);
            [near, far].iter().any(|before| before.ends_with(&[93]) || before.ends_with(&[37, 53, 68]))
        })
    }

    /// Whether an arrow stands behind a quote in a text (`_LINKED`).
    fn is_linked(&self, text: &[Ch], rows: &Rows) -> bool {
        let next = |from: usize| rows.find_three(from, *b"\"'`");
        successors(next(0), |at| next(at + 1)).map(|at| &text[at + 1..]).any(|behind| {
            let spaces = behind.iter().take(2).take_while(|c| self.space.has(**c)).count();
            (0..=spaces).any(|skipped| {
                let rest = &behind[skipped..];
                rest.starts_with(&[45, 62])
                    || rest.starts_with(&[126, 62])
                    || rest.starts_with(&[32, 116, 111, 32])
                    || rest.first().is_some_and(|c| matches!(c, 0x2192 | 0x21D2))
            })
        })
    }

    /// The stretches of a text that a name stands before as the name of all that is in them.
    pub fn holders(&self, text: &[Ch], rows: &Rows) -> Vec<Holder> {
        let has = |sign: char| rows.any([sign as u8]);
        let mut found = Vec::new();
        let name_of = |m: &Match, group: usize| m.span(group).map_or(Vec::new(), |(a, b)| text[a..b].to_vec());
        let is_separated = [':', '=', '{', '>', ','].into_iter().any(has) || text.contains(&ARROW);
        if is_separated && (has('{') || has('[') || has('(') || has('<')) {
            for (bracket, end) in self.openings(text, rows) {
                let begins = |c: Ch| u8::try_from(c).is_ok_and(|c| c.is_ascii_alphabetic() || b"\"'`\\".contains(&c));
                let matched = |at| {
                    let start = self.name_begins(text, at);
                    if begins(text[start]) { self.holder.regex.match_at(text, start, end) } else { None }
                };
                let ends = |m: &Match| m.end() == end;
                if let Some(m) = self.named_before(text, bracket).into_iter().flatten().find_map(|at| matched(at).filter(ends)) {
                    let closed = (text[bracket] == 35).then(|| type_end(text, end));
                    found.push(Holder { name: name_of(&m, self.holder.name), start: m.end(), end: closed });
                }
            }
        }
        if (has(':') || has('=') || has('>')) && ["List of ", " element", "key/value pair"].iter().any(|word| rows.contains(word))
        {
            let (pattern, inside) = &self.listed;
            for m in pattern.regex.find_iter(text, 0, text.len()) {
                if let Some((start, end)) = m.span(*inside) {
                    found.push(Holder { name: name_of(&m, pattern.name), start, end: Some(end) });
                }
            }
        }
        if has('>') && (rows.contains("><") || rows.contains(">\n")) {
            for m in self.elements.regex.find_iter(text, 0, text.len()) {
                let name = name_of(&m, self.elements.name);
                let closing = [&codes("</"), &name[..], &codes(">")].concat();
                let rest = &text[m.end()..(m.end() + LONGEST_HELD).min(text.len())];
                if let Some(size) = position(rest, closing.iter().copied()) {
                    found.push(Holder { name, start: m.end(), end: Some(m.end() + size) });
                }
            }
        }
        if has('\n') && opens_section(rows) {
            for (pattern, inside) in &self.sections {
                for m in pattern.regex.find_iter(text, 0, text.len()) {
                    if let Some((start, end)) = m.span(*inside) {
                        found.push(Holder { name: name_of(&m, pattern.name), start, end: Some(end) });
                    }
                }
            }
        }
        found
    }

    /// The brackets of a text, and the types of Ruby's objects (`_OPENING`): where they begin and end.
    fn openings(&self, text: &[Ch], rows: &Rows) -> Vec<(usize, usize)> {
        let next = |from: usize| rows.find_three(from, *b"([{");
        let mut found: Vec<_> = successors(next(0), |at| next(at + 1)).map(|at| (at, at + 1)).collect();
        if rows.any([b'#']) && rows.any([b'<']) {
            let in_type = |c: &&Ch| self.word.has(**c) || **c == 58;
            let next = |from: usize| rows.find(from, b'#');
            for at in successors(next(0), |at| next(at + 1)).filter(|at| text.get(at + 1) == Some(&60)) {
                found.push((at, at + 2 + text[at + 2..].iter().take(LONGEST_RUBY_TYPE).take_while(in_type).count()));
            }
            found.sort_unstable();
        }
        found
    }

    /// The places where names may end of which a bracket opens what they hold.
    fn named_before(&self, text: &[Ch], bracket: usize) -> [Option<usize>; 4] {
        let typed = |c: &Ch| u8::try_from(*c).is_ok_and(|c| c.is_ascii_alphanumeric() || b"_.%#() []*&\\".contains(&c));
        let at = bracket - text[..bracket].iter().rev().take(LONGEST_TYPE).take_while(|c| typed(c)).count();
        let is_separator = at > 0
            && (matches!(text[at - 1], 58 | 61 | 62 | ARROW)
                || (text[at - 1] == 44 && at > 1 && matches!(text[at - 2], 34 | 39)));
        let separated = is_separator.then(|| at - if SEPARATORS.iter().any(|two| text[..at].ends_with(two)) { 2 } else { 1 });
        let is_made = text[bracket] == '(' as Ch
            && self.members_of.match_at(text, bracket, text.len()).is_some()
            && u8::try_from(text[self.name_begins(text, bracket)]).is_ok_and(|c| c.is_ascii_uppercase());
        let direct = (text[bracket] == '{' as Ch || is_made).then(|| {
            let counted = text[..bracket].ends_with(&[41, 32]);
            let opened = || (bracket.saturating_sub(9)..bracket).rev().find(|&at| text[at] == 40);
            if counted { opened().unwrap_or(bracket) } else { bracket }
        });
        // `hmacSecrets(map[current:…])`
        let is_map = text[bracket] == '[' as Ch && text[..bracket].ends_with(&wide(b"(map"));
        [separated, separated.and_then(|at| before_index(text, at)), is_map.then(|| bracket - 4), direct]
    }

    /// Where a name may begin that ends before a place, with its quote.
    fn name_begins(&self, text: &[Ch], mut at: usize) -> usize {
        for _ in 0..2 {
            at -= usize::from(at > 0 && self.space.has(text[at - 1]));
        }
        for _ in 0..2 {
            at -= VISIBILITIES.iter().find(|end| text[..at].ends_with(end)).map_or(0, |end| end.len());
            at -= usize::from(at > 0 && matches!(text[at - 1], 41 | 93));
        }
        let quoted = before_quote(text, at);
        let in_name = |c: &Ch| self.word.has(*c) || matches!(*c, 45 | 46);
        let start = quoted - text[..quoted].iter().rev().take(LONGEST_NAME).take_while(|c| in_name(c)).count();
        if quoted == at { start } else { before_quote(text, start) }
    }

    /// Where the values in a holder end. `nested`: false where only those before the first bracket in it count.
    pub fn end_of(&self, text: &[Ch], holder: &Holder, nested: bool) -> usize {
        let last = || if nested { self.closed(text, holder.start) } else { self.first_bracket(text, holder.start) };
        holder.end.unwrap_or_else(last)
    }

    /// The values in a holder. One without quotes counts where it looks like what somebody chose for a secret.
    pub fn held_values(&self, text: &[Ch], start: usize, end: usize, nested: bool) -> Vec<Held> {
        let [key, word, quoted, bare] = self.held_groups;
        let mut found = Vec::new();
        for m in self.held.find_iter(text, start, end) {
            let key = m.span(key).or(m.span(word)).map_or(Vec::new(), |(a, b)| text[a..b].to_vec());
            match (m.span(bare), m.span(quoted)) {
                (Some((start, end)), _) => {
                    let said = &text[start..end];
                    let is_number = said.iter().all(|&c| matches!(c, 45 | 46) || self.decimal.has(c));
                    let is_long = key.is_empty() || said.len() >= FEWEST_OF_MEMBER;
                    if is_long && (key.is_empty() || !nested || !is_number) && self.chosen.is_full(said) {
                        found.push(Held { key, start, end });
                    }
                }
                (None, Some((start, end))) => found.push(Held { key, start, end }),
                (None, None) => {}
            }
        }
        found
    }

    /// Where the bracket closes that opens before `start`.
    fn closed(&self, text: &[Ch], start: usize) -> usize {
        let last = (start + LONGEST_HELD).min(text.len());
        let mut depth = 1;
        for m in self.brackets.find_iter(text, start, last) {
            let opens = ['(', '[', '{'].iter().any(|&bracket| text[m.start()] == Ch::from(bracket));
            depth = if opens { depth + 1 } else { depth - 1 };
            if depth == 0 {
                return m.start();
            }
        }
        last
    }

    /// Where the first bracket behind `start` stands, or how far values are held without one.
    fn first_bracket(&self, text: &[Ch], start: usize) -> usize {
        let last = (start + LONGEST_HELD).min(text.len());
        self.brackets.search(text, start, last).map_or(last, |m| m.start())
    }

    fn pair_of(&self, text: &[Ch], m: &Match, found: &mut Vec<NamedValue>) {
        let char_of = |group: usize| m.span(group).map_or(0, |(a, _)| text[a]);
        let [open, close] = [self.open, self.close].map(|group| char::from_u32(char_of(group)).unwrap_or(' '));
        let in_list = open != '(';
        if !matches!((open, close), ('[', ']') | ('{', '}') | ('(', ')' | ',')) {
            return;
        }
        let is_square = open == '[';
        let open = m.start();
        let call = if in_list { None } else { self.call.search(text, open.saturating_sub(LONGEST_CALL), open) };
        let sets = call.is_some_and(|call| self.sets.is_in(&text[call.start()..open]));
        if let (Some((a, b)), Some((start, end))) = (m.span(self.pair.name), m.span(self.pair.value)) {
            found.push(NamedValue { name: text[a..b].to_vec(), start, end, loose: !is_square && !sets });
        }
    }

    fn element_of(&self, text: &[Ch], m: &Match, found: &mut Vec<NamedValue>) {
        let (Some((start, end)), Some(tag), Some(attributes)) = (m.span(self.content), m.span(self.tag), m.span(self.attributes))
        else {
            return;
        };
        let mut end = end;
        if text[start..end].ends_with(&codes("]]")) {
            end -= 2;
        }
        while end > start && self.space.has(text[end - 1]) {
            end -= 1;
        }
        let attributes = &text[attributes.0..attributes.1];
        let named = self.naming(attributes, 0, attributes.len()).into_iter().next();
        found.push(NamedValue { name: named.unwrap_or_else(|| text[tag.0..tag.1].to_vec()), start, end, loose: false });
    }

    /// The values of an object, or of a tag's attributes, that a member names.
    fn members(&self, text: &[Ch], start: usize, end: usize, found: &mut Vec<NamedValue>) {
        let is_quote = |c: &Ch| "\"'`".chars().any(|quote| quote as Ch == *c);
        if !text[start..end].iter().any(is_quote) {
            return;
        }
        let mut names = self.naming(text, start, end);
        if names.is_empty() {
            let lists = self.path_list.regex.find_iter(text, start, end);
            names = lists.filter_map(|m| m.span(self.path_list.name)).map(|(a, b)| text[a..b].to_vec()).collect();
        }
        if names.is_empty() {
            names = self.named_barely(text, start, end);
        }
        if !(1..=MOST_NAMES).contains(&names.len()) {
            return;
        }
        for m in self.member.find_iter(text, start, end) {
            let ends_so = |key: &[Ch]| ends(key, "value") || ends(key, "val");
            let is_value = |key: &[Ch]| self.values.contains(key) || begins(key, "value") || ends_so(key);
            if m.span(self.key).is_some_and(|(a, b)| is_value(&self.plain(&text[a..b])))
                && let Some((start, end)) = m.span(self.quoted).or(m.span(self.bare))
            {
                found.extend(names.iter().map(|name| NamedValue { name: name.clone(), start, end, loose: false }));
            }
        }
    }

    /// The names that members of a stretch give to values without quotes: `propertyPath=password`.
    fn named_barely(&self, text: &[Ch], start: usize, end: usize) -> Vec<Vec<Ch>> {
        let mut names = Vec::new();
        for m in self.member.find_iter(text, start, end) {
            if let (Some((a, b)), Some(key)) = (m.span(self.bare), m.span(self.key))
                && self.naming.contains(&self.plain(&text[key.0..key.1]))
            {
                names.push(text[a..b].to_vec());
            }
        }
        names
    }

    /// The names that members of a stretch give to values.
    fn naming(&self, text: &[Ch], start: usize, end: usize) -> Vec<Vec<Ch>> {
        let mut names = Vec::new();
        for m in self.member.find_iter(text, start, end) {
            let (Some((a, b)), Some(key)) = (m.span(self.quoted), m.span(self.key)) else { continue };
            let key = self.plain(&text[key.0..key.1]);
            if !(self.naming.contains(&key) || self.naming_ends.iter().any(|end| key.ends_with(end))) {
                continue;
            }
            let mut said = &text[a..b];
            while said.first().is_some_and(|&c| self.space.has(c)) {
                said = &said[1..];
            }
            while said.last().is_some_and(|&c| self.space.has(c)) {
                said = &said[..said.len() - 1];
            }
            let slash = u32::from('/');
            if said.first() == Some(&slash) {
                while said.last() == Some(&slash) {
                    said = &said[..said.len() - 1];
                }
                said = said.rsplit(|&c| c == slash).next().unwrap_or_default();
            }
            names.push(said.to_vec());
        }
        names
    }

    /// A member's name without marks and in small letters.
    fn plain(&self, key: &[Ch]) -> Vec<Ch> {
        let plain: Vec<Ch> = key.iter().copied().filter(|&c| c != u32::from('_') && self.word.has(c)).collect();
        self.conversions.lower(&plain)
    }
}

fn begins(text: &[Ch], word: &str) -> bool {
    text.len() >= word.len() && word.chars().zip(text).all(|(a, b)| u32::from(a) == *b)
}

fn ends(text: &[Ch], word: &str) -> bool {
    text.len() >= word.len() && begins(&text[text.len() - word.len()..], word)
}

/// The place before an index that ends at a place (`_before_index`).
fn before_index(text: &[Ch], at: usize) -> Option<usize> {
    let end = at - text[..at].iter().rev().take(2).take_while(|c| **c == 32).count();
    let from = end.saturating_sub(LONGEST_INDEX);
    text[..end].ends_with(&[93]).then(|| text[from..end].iter().rposition(|c| *c == 91).map(|opened| from + opened))?
}

/// Where a printed object of Ruby ends of which a part stands before `start` (`_type_end`).
fn type_end(text: &[Ch], start: usize) -> usize {
    let last = (start + LONGEST_HELD).min(text.len());
    (start..last).find(|&at| text[at] == 62 && !matches!(text[at - 1], 45 | 61)).unwrap_or(last)
}

/// The place before a quote with its backslashes that ends at a place; that place itself if there is none.
fn before_quote(text: &[Ch], at: usize) -> usize {
    if at == 0 || !matches!(text[at - 1], 34 | 39 | 96) {
        return at;
    }
    at - 1 - text[..at - 1].iter().rev().take_while(|&&c| c == 92).count()
}

/// Whether a name of YAML with a sign behind it may open a block (`_BLOCK`).
fn opens_block(rows: &Rows) -> bool {
    let inside = rows.inside();
    let next = |from: usize| rows.find_two(from, *b"|>");
    successors(next(0), |at| next(at + 1)).any(|at| {
        let blank = blank_before(inside, at);
        blank > 0 && inside[..at - blank].ends_with(b":")
    })
}

/// Whether a line may be the head of a section or of deeper lines (`_SECTION`, `_DEEPER`).
fn opens_section(rows: &Rows) -> bool {
    let inside = rows.inside();
    let next = |from: usize| rows.find(from, b'\n');
    successors(next(0), |at| next(at + 1)).any(|at| {
        let line = inside[..at].strip_suffix(b"\r").unwrap_or(&inside[..at]);
        matches!(line[..line.len() - blank_before(inside, line.len())].last(), Some(b':' | b']'))
    })
}

/// Spaces and tabs before a place.
fn blank_before(rows: &[u8], at: usize) -> usize {
    rows[..at].iter().rev().take_while(|row| matches!(row, b' ' | b'\t')).count()
}
