//! Finds placeholders: `<TYPE>`, `<TYPE:` and twenty hexadecimal digits `>`, with their brackets as they are or as XML has them. The
//! definition is `Engine.placeholder` (`logscrub/detect/engine.py`).

use crate::chars::Ch;

/// Characters of a pseudonym.
const DIGITS: usize = 20;

/// The entity types that placeholders have, in order.
pub struct Placeholders(Vec<Vec<Ch>>);

/// A placeholder: its place, and that of its entity type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placeholder {
    pub start: usize,
    pub end: usize,
    pub entity_type: (usize, usize),
}

impl Placeholders {
    pub fn new(types: impl IntoIterator<Item = Vec<Ch>>) -> Placeholders {
        let mut types: Vec<Vec<Ch>> = types.into_iter().collect();
        types.sort_unstable();
        Placeholders(types)
    }

    /// The placeholders in `text[start..end]`.
    pub fn find_iter(&self, text: &[Ch], start: usize, end: usize) -> impl Iterator<Item = Placeholder> {
        let text = &text[..end];
        let mut at = start;
        std::iter::from_fn(move || {
            loop {
                at += text.get(at..)?.iter().position(|&c| c == u32::from('<') || c == u32::from('&'))?;
                if let Some(found) = self.at(text, at) {
                    at = found.end;
                    return Some(found);
                }
                at += 1;
            }
        })
    }

    /// Whether a text is a placeholder and nothing else.
    pub fn is_full(&self, text: &[Ch]) -> bool {
        self.at(text, 0).is_some_and(|found| found.end == text.len())
    }

    /// The placeholder that begins at a place.
    fn at(&self, text: &[Ch], start: usize) -> Option<Placeholder> {
        let a = behind(text, start, '<', "&lt;")?;
        let is_of_type = |c: &Ch| matches!(*c, 0x41..=0x5A | 0x30..=0x39 | 0x5F);
        let b = a + text[a..].iter().take_while(|c| is_of_type(c)).count();
        self.0.binary_search_by(|its| its[..].cmp(&text[a..b])).ok()?;
        let is_digit = |c: &Ch| matches!(*c, 0x30..=0x39 | 0x61..=0x66);
        let behind_digits = match text[b..].split_first() {
            Some((&0x3A, rest)) => {
                rest.get(..DIGITS).filter(|digits| digits.iter().all(is_digit))?;
                b + 1 + DIGITS
            }
            _ => b,
        };
        Some(Placeholder { start, end: behind(text, behind_digits, '>', "&gt;")?, entity_type: (a, b) })
    }
}

/// The place behind a bracket, or what stands for it in XML, that begins at a place.
fn behind(text: &[Ch], at: usize, bracket: char, entity: &str) -> Option<usize> {
    if text.get(at) == Some(&u32::from(bracket)) {
        return Some(at + 1);
    }
    let end = at + entity.len();
    text.get(at..end)?.iter().copied().eq(entity.chars().map(u32::from)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chars::codes;

    fn found(text: &str) -> Vec<(usize, usize, String)> {
        let text = codes(text);
        let name = |p: Placeholder| text[p.entity_type.0..p.entity_type.1].iter().filter_map(|c| char::from_u32(*c)).collect();
        let types = Placeholders::new(["PERSON", "PER", "IP_V4"].map(codes));
        types.find_iter(&text, 0, text.len()).map(|p| (p.start, p.end, name(p))).collect()
    }

    #[test]
    fn placeholders_are_found_as_they_are_and_as_xml_has_them() {
        assert_eq!(found("<PERSON>"), [(0, 8, "PERSON".into())]);
        assert_eq!(found("a <PER:0123456789abcdef0123> b"), [(2, 28, "PER".into())]);
        assert_eq!(found("&lt;IP_V4&gt;<<PER>>"), [(0, 13, "IP_V4".into()), (14, 19, "PER".into())]);
    }

    #[test]
    fn nothing_else_is_one() {
        for text in [
            "",
            "<",
            "<PER",
            "<PER:>",
            "<PERS>",
            "<PER:0123456789abcdef012>",
            "<PER:0123456789ABCDEF0123>",
            "<person>",
            "&lt;PER",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn only_a_whole_text_is_full() {
        let types = Placeholders::new([codes("PER")]);
        assert!(types.is_full(&codes("<PER>")));
        assert!(!types.is_full(&codes("<PER>.")));
        assert!(!types.is_full(&codes(" <PER>")));
    }
}
