//! Bytes choose patterns and a text: no match panics, and the scanner finds what each pattern finds by itself, and the machine
//! what the simplest matcher finds.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use _core::scan::{Scanner, Sought};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use support::{Choices, kind_sets, pattern, simplest};

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Choices(bytes);
    let count = 1 + choices.below(8);
    let regexes: Vec<_> = (0..count).map(|_| Arc::new(pattern(&choices.source()))).collect();
    let sought = regexes.iter().map(|regex| Sought { regex: regex.clone(), group: 0, context: Vec::new() }).collect();
    let text = choices.text(40);
    let scanned: Vec<_> = Scanner::new(sought, kind_sets()).scan(&text, &[]).into_iter().map(|(i, (a, b))| (i, a, b)).collect();
    let mut expected = Vec::new();
    for (i, regex) in regexes.iter().enumerate() {
        expected.extend(regex.find_iter(&text, 0, text.len()).map(|m| (i, m.start(), m.end())));
        let found = regex.match_at(&text, 0, text.len()).map(|m| m.end());
        assert_eq!(found, simplest(regex.node(), &text, 0));
    }
    assert_eq!(scanned, expected);
});
