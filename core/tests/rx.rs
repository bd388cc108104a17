//! The machine finds what the simplest matcher finds, and the scanner what each pattern finds by itself. Neither needs a Python.

mod support;

use _core::chars::codes;
use _core::rx::{Regex, TooManySteps};
use _core::scan::{Bits, Scanner, Sought};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use support::{Choices, kind_sets, pattern, simplest};

/// Random bytes, the same for the same seed.
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn spans(regex: &Regex, text: &str) -> Vec<(usize, usize)> {
    let text = codes(text);
    regex.find_iter(&text, 0, text.len()).map(|m| (m.start(), m.end())).collect()
}

#[test]
fn patterns_find_what_python_finds() {
    for (source, text, expected) in [
        ("ab+", "abbb ab a", vec![(0, 4), (5, 7)]),
        ("a|ab", "ab", vec![(0, 1)]),
        ("a*", "aab", vec![(0, 2), (2, 2), (3, 3)]),
        ("(a)|b", "ba", vec![(0, 1), (1, 2)]),
        ("a.*?1", "a-1-1", vec![(0, 3)]),
        ("a.*1", "a-1-1", vec![(0, 5)]),
        ("(?:a|b|c){2,}", "xabcax", vec![(1, 5)]),
        ("a{1,3}+a", "aaaa aaa", vec![(0, 4)]),
        ("(?>a+)b", "aaab", vec![(0, 4)]),
        ("(?>a|ab)c", "abc", vec![]),
        ("(?<!a)b", "ab b", vec![(3, 4)]),
        ("(?<=a)b", "ab b", vec![(1, 2)]),
        ("a(?!b)", "abac", vec![(2, 3)]),
        ("(?=\\w)\\d", "a1", vec![(1, 2)]),
        ("(\\w)\\1", "abbcc", vec![(1, 3), (3, 5)]),
        ("\\b\\w+\\b", "été, naïf", vec![(0, 3), (5, 9)]),
        ("\\d+", "٠١٢ 12", vec![(0, 3), (4, 6)]),
        ("\\s", "a\u{3000}b", vec![(1, 2)]),
        ("^a", "aa", vec![(0, 1)]),
        ("a$", "a\na\n", vec![(2, 3)]),
        ("\\b", "", vec![]),
        ("\\B", "", vec![]),
    ] {
        assert_eq!(spans(&pattern(source), text), expected, "{source} in {text:?}");
    }
}

#[test]
fn groups_have_their_last_span() {
    let text = codes("xab-ab");
    let found = pattern("(?:(a)|(b)|(-))+").search(&text, 0, text.len()).expect("a match");
    assert_eq!((found.start(), found.end()), (1, 6));
    assert_eq!([found.span(1), found.span(2), found.span(3), found.span(4)], [Some((4, 5)), Some((5, 6)), Some((3, 4)), None]);
    assert_eq!(pattern("(a)?b").match_at(&codes("b"), 0, 1).expect("a match").span(1), None);
}

#[test]
fn bytes_that_are_no_text_are_characters() {
    let text = [0xDC80, 0xDCFF, 97];
    assert!(pattern("\\W\\W\\w").is_full(&text));
    assert!(!pattern("\\w").is_full(&text[..1]));
}

#[test]
fn the_machine_finds_what_the_simplest_matcher_finds() {
    for seed in 0..3_000 {
        let bytes = bytes(seed, 400);
        let mut choices = Choices(&bytes);
        let source = choices.source();
        let regex = pattern(&source);
        for _ in 0..8 {
            let text = choices.text(12);
            for start in 0..=text.len() {
                let found = regex.match_at(&text, start, text.len()).map(|m| m.end());
                assert_eq!(found, simplest(regex.node(), &text, start), "{source} in {text:?} at {start}, seed {seed}");
            }
        }
    }
}

#[test]
fn the_scanner_finds_what_each_pattern_finds() {
    for seed in 0..400 {
        let bytes = bytes(seed, 2_000);
        let mut choices = Choices(&bytes);
        let sources: Vec<_> = (0..1 + choices.below(20)).map(|_| choices.source()).collect();
        let regexes: Vec<_> = sources.iter().map(|s| Arc::new(pattern(s))).collect();
        let sought = regexes.iter().map(|regex| Sought { regex: regex.clone(), group: 0, context: Vec::new() }).collect();
        let scanner = Scanner::new(sought, kind_sets());
        for _ in 0..10 {
            let text = choices.text(60);
            let scanned: Vec<_> =
                scanner.scan(&text, &scanner.rows(&text), &[]).into_iter().map(|(i, (a, b))| (i, a, b)).collect();
            let mut expected = Vec::new();
            for (i, regex) in regexes.iter().enumerate() {
                expected.extend(regex.find_iter(&text, 0, text.len()).map(|m| (i, m.start(), m.end())));
            }
            assert_eq!(scanned, expected, "{sources:?} in {text:?}, seed {seed}");
        }
    }
}

#[test]
fn a_pattern_with_a_context_is_sought_where_one_of_its_words_stands() {
    let scanner =
        Scanner::new(vec![Sought { regex: Arc::new(pattern("\\d+")), group: 0, context: vec![codes("Badge")] }], kind_sets());
    let found = |text: &str, named: &[Bits]| {
        let text = codes(text);
        scanner.scan(&text, &scanner.rows(&text), named).len()
    };
    assert_eq!(found("12", &[]), 0);
    assert_eq!(found("12", &scanner.named(&[0])), 1);
    assert_eq!(found("bADGE 12", &[]), 1);
}

#[test]
fn a_match_that_takes_too_long_gives_up() {
    let text = codes(&"a".repeat(60));
    let nested = pattern("(?:a+)+b");
    let payload = catch_unwind(AssertUnwindSafe(|| nested.is_full(&text))).expect_err("it gives up");
    assert!(payload.is::<TooManySteps>());
    // and what it left behind disturbs no other pattern
    assert!(pattern("a+").is_full(&text));
}

#[test]
fn numbers_that_are_no_pattern_are_refused() {
    let sets = support::sets();
    for code in [&[][..], &[0], &[0, 99], &[0, 1, 77], &[0, 5, 3, 0, 97], &[0, 0, 97, 0, 97], &[0, 4, 9]] {
        assert!(Regex::new(code, Vec::new(), &sets, sets[0].clone()).is_err(), "{code:?}");
    }
}
