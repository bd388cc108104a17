//! Stretches of a text that must go.

use crate::chars::Ch;
use crate::rx::Regex;
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

/// What a span is of: a detector, or the recognizer of names.
pub struct Kind {
    /// Its id, for findings.
    pub detector: String,
    pub entity_type: String,
    pub guideline: String,
    pub certain: bool,
    /// Whether its only evidence is that a token looks random.
    pub random: bool,
}

/// How an inner text is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alphabet {
    Base64,
    Base64Url,
    Hex,
    Array,
    /// An array of bytes whose clean text takes its place as a JSON string.
    String,
}

/// A text that stands encoded in another: what it says and what was found in it.
pub struct Inner {
    pub text: Vec<Ch>,
    pub spans: Vec<Span>,
    pub alphabet: Alphabet,
    pub padded: bool,
}

/// A stretch `[start, end)` of a text that must go.
#[derive(Clone)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    /// Its kind, as a place in the table of kinds.
    pub kind: u16,
    pub certain: bool,
    /// The decoded value, from which pseudonyms are made.
    pub plain: Vec<Ch>,
    /// Put before and after the placeholder, where a JSON number becomes a JSON string.
    pub requote: Vec<Ch>,
    pub inner: Option<Arc<Inner>>,
    /// Whether `plain` takes its place instead of a placeholder: the name of an OTLP value's type.
    pub verbatim: bool,
}

impl Span {
    pub fn new(start: usize, end: usize, kind: u16, certain: bool, plain: Vec<Ch>) -> Span {
        Span { start, end, kind, certain, plain, requote: Vec::new(), inner: None, verbatim: false }
    }
}

const URL_PASSWORD: &str = "url_password";
const SECRET_ROW: &str = "authorisation data";

/// Overlapping spans made one, of the kind of the widest (of equals: certain before likely, patterns before fields).
pub fn merge(spans: Vec<Span>, kinds: &[Kind]) -> Vec<Span> {
    if spans.len() < 2 {
        return spans;
    }
    let mut ordered = without_hosts(spans, kinds);
    ordered.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let mut out: Vec<Span> = Vec::with_capacity(ordered.len());
    let mut group: Vec<Span> = Vec::new();
    let mut reach = 0;
    for span in ordered {
        if !group.is_empty() && span.start >= reach {
            out.extend(union(std::mem::take(&mut group), kinds));
        }
        reach = if group.is_empty() { span.end } else { reach.max(span.end) };
        group.push(span);
    }
    out.extend(union(group, kinds));
    out
}

/// Without the e-mail addresses that are the password of a URL with the host behind it.
fn without_hosts(mut spans: Vec<Span>, kinds: &[Kind]) -> Vec<Span> {
    let is_password = |s: &&Span| !s.verbatim && kinds[s.kind as usize].detector == URL_PASSWORD;
    let mut passwords: Vec<(usize, usize)> = spans.iter().filter(is_password).map(|s| (s.start, s.end)).collect();
    if !passwords.is_empty() {
        passwords.sort_unstable();
        spans.retain(|s| {
            let n = passwords.partition_point(|&(start, _)| start < s.end);
            let is_address = !s.verbatim && kinds[s.kind as usize].entity_type == "EMAIL_ADDRESS";
            !(is_address && n > 0 && passwords[n - 1].1 > s.start)
        });
    }
    spans
}

fn union(group: Vec<Span>, kinds: &[Kind]) -> Option<Span> {
    let start = group.first()?.start;
    let end = group.iter().map(|s| s.end).max()?;
    let holds_secret = group.iter().any(|s| s.certain && kinds[s.kind as usize].guideline == SECRET_ROW);
    let is_alone = group.len() == 1;
    let mut best: Option<Span> = None;
    for span in group {
        if best.as_ref().is_none_or(|b| before(&span, b, kinds) == Ordering::Less) {
            best = Some(span);
        }
    }
    let mut best = best?;
    if holds_secret && !is_alone && kinds[best.kind as usize].guideline != SECRET_ROW {
        best.plain = vec![FILL]; // no pseudonym is made of a secret
    }
    if best.start != start || best.end != end {
        (best.start, best.end, best.inner) = (start, end, None);
    }
    Some(best)
}

/// The spans, and the values that the text puts in the place of the secrets among them, or says were there before.
pub fn with_successors(text: &[Ch], mut spans: Vec<Span>, kinds: &[Kind], successor: &(Arc<Regex>, usize)) -> Vec<Span> {
    let is_secret = |s: &&Span| !s.verbatim && s.inner.is_none() && kinds[s.kind as usize].guideline == SECRET_ROW;
    let further = |s: &Span| {
        let (start, end) = successor.0.match_at(text, s.end, text.len())?.span(successor.1)?;
        Some(Span { start, end, certain: false, plain: text[start..end].to_vec(), requote: Vec::new(), ..s.clone() })
    };
    let found: Vec<Span> = spans.iter().filter(is_secret).filter_map(further).collect();
    if found.is_empty() {
        return spans;
    }
    spans.extend(found);
    merge(spans, kinds)
}

/// The spans, and the further places of the secrets among them: what is a password once is one where the text says it again.
pub fn with_repeats(text: &[Ch], mut spans: Vec<Span>, kinds: &[Kind]) -> Vec<Span> {
    let is_secret = |s: &Span| {
        let kind = &kinds[s.kind as usize];
        !s.verbatim && s.inner.is_none() && kind.guideline == SECRET_ROW && is_no_word(&text[s.start..s.end])
    };
    let mut secrets: Vec<Span> = spans.iter().filter(|s| is_secret(s)).cloned().collect();
    if secrets.is_empty() {
        return spans;
    }
    secrets.sort_by_key(|s| Reverse(s.end - s.start));
    let mut taken: Vec<(usize, usize)> = spans.iter().map(|s| (s.start, s.end)).collect();
    let before = spans.len();
    for span in secrets.into_iter().take(MOST_REPEATED) {
        let value = &text[span.start..span.end];
        let mut place = 0;
        while place + value.len() <= text.len() {
            let end = place + value.len();
            if text[place] != value[0] || &text[place..end] != value {
                place += 1;
                continue;
            }
            let n = taken.partition_point(|&(start, _)| start < end);
            let is_free = n == 0 || taken[n - 1].1 <= place;
            let joins = |c: Option<&Ch>| c.is_some_and(|&c| c < 128 && (is_alnum(c) || c == '_' as Ch));
            if is_free && !joins(place.checked_sub(1).and_then(|i| text.get(i))) && !joins(text.get(end)) {
                taken.insert(n, (place, end));
                spans.push(Span { start: place, end, ..span.clone() });
            }
            place = end;
        }
    }
    if spans.len() > before {
        spans.sort_by_key(|s| s.start);
    }
    spans
}

/// Secrets of one text whose further places are searched for.
const MOST_REPEATED: usize = 16;

/// Eight characters or more, a letter and a digit of ASCII among them.
fn is_no_word(value: &[Ch]) -> bool {
    let has = |is: fn(&u8) -> bool| value.iter().any(|&c| u8::try_from(c).is_ok_and(|c| is(&c)));
    value.len() >= 8 && !value.contains(&FILL) && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

fn is_alnum(c: Ch) -> bool {
    u8::try_from(c).is_ok_and(|c| c.is_ascii_alphanumeric())
}

fn before(a: &Span, b: &Span, kinds: &[Kind]) -> Ordering {
    let key = |s: &Span| {
        let kind = &kinds[s.kind as usize];
        let entity_type = if s.verbatim { "" } else { kind.entity_type.as_str() };
        let size = s.end as isize - s.start as isize;
        (-size, !s.certain, entity_type == "CONTENT", kind.detector.starts_with("field_"), entity_type.to_owned())
    };
    key(a).cmp(&key(b))
}

/// A text with the letters of spans replaced by a sign that no detector takes for anything; of the same length.
pub fn opaque<'a>(text: &[Ch], spans: impl Iterator<Item = &'a Span>) -> Vec<Ch> {
    let mut out = text.to_vec();
    for span in spans {
        out[span.start..span.end].fill(FILL);
    }
    out
}

/// Stands in the place of each character of a placeholder.
pub const FILL: Ch = 0x1A;
