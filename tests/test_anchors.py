"""The anchors of a pattern may let it be tried in vain, but they miss nothing that it finds."""

from __future__ import annotations

import random
import re
from functools import cache
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import THOROUGH, builtin_detectors, examples

from logscrub.detect import expressions
from logscrub.detect.anchors import Anchors, matches
from logscrub.detect.catalogue import Detector, Harmless, marked
from logscrub.detect.engine import context_pattern

_CATALOGUE = builtin_detectors()
_ITEMS: tuple[Detector | Harmless, ...] = (*_CATALOGUE.detectors, *_CATALOGUE.harmless)
PATTERNS = [(f"{item.id}-{i}", p) for item in _ITEMS for i, p in enumerate(item.patterns)]
EVERY_CHARACTER = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
JUNK = ["", " ", "x", "7", "-", "=", '"', "'", ": ", "…", "字", "\ud83d", "\x00", "http://", "key=", "token "]
EXAMPLES = [marked(e)[0] for item in _ITEMS for e in (*item.examples, *item.counterexamples)]


@cache
def all_anchors() -> Anchors:
    return Anchors([pattern for _, pattern in PATTERNS])


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Python keeps 512 at most."""
    return re.compile(pattern)


def found(pattern: str, text: str) -> list[tuple[int, int]]:
    return [m.span() for m in compiled(pattern).finditer(text)]


def found_by(anchors: Anchors, patterns: list[str], text: str) -> list[list[tuple[int, int]]]:
    """What each pattern finds where its anchors say that it may."""
    spans: list[list[tuple[int, int]]] = [[] for _ in patterns]
    for i, places in anchors.places(text):
        spans[i] = [m.span() for m in matches(compiled(patterns[i]), text, places)]
    return spans


def check_all(text: str) -> None:
    """Each pattern of the catalogue finds in a text what `re` finds."""
    patterns = [pattern for _, pattern in PATTERNS]
    by_anchors = found_by(all_anchors(), patterns, text)
    missed = [name for (name, pattern), spans in zip(PATTERNS, by_anchors, strict=True) if spans != found(pattern, text)]
    assert missed == []


def matching(chance: random.Random, items: Any, flags: int = 0, groups: dict[int, str] | None = None) -> str:
    """A text as a parsed pattern describes it, assertions left out (hypothesis' `from_regex` cannot leave them out).

    `groups`: what groups were made to match, for those that are referred to.
    """
    groups = {} if groups is None else groups
    out = ""
    for op, arg in items:
        if op is c.LITERAL:
            char = chr(arg)
            out += chance.choice([char, char.lower(), char.upper()]) if flags & re.IGNORECASE else char
        elif op in (c.NOT_LITERAL, c.ANY):
            out += chance.choice([x for x in "a0 -\"'é字" if op is c.ANY or ord(x) != arg])
        elif op is c.IN:
            out += one_of_set(chance, arg, flags)
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            low, high, inner = arg
            out += "".join(matching(chance, inner, flags, groups) for _ in range(chance.randint(low, min(int(high), low + 3))))
        elif op is c.SUBPATTERN:
            made = matching(chance, arg[3], (flags | arg[1]) & ~arg[2], groups)
            groups[arg[0]] = made
            out += made
        elif op is c.ATOMIC_GROUP:
            out += matching(chance, arg, flags, groups)
        elif op is c.BRANCH:
            out += matching(chance, chance.choice(arg[1]), flags, groups)
        elif op is c.ASSERT and chance.random() < 0.5:
            out += matching(chance, arg[1], flags, groups)  # fits where it stands at the beginning or at the end
        elif op is c.GROUPREF:
            out += groups.get(arg, "")
    return out


@cache
def _characters(source: str, flags: int) -> tuple[str, str]:
    compiled = re.compile(source, flags)
    return "".join(compiled.findall(EVERY_CHARACTER[:0x80])), "".join(compiled.findall(EVERY_CHARACTER[0x80:0x10000]))


def one_of_set(chance: random.Random, items: Any, flags: int) -> str:
    """A character that Python's own set takes, mostly an ASCII one."""
    plain, others = _characters(_source(items), flags & re.IGNORECASE)
    return chance.choice(plain if plain and (not others or chance.random() < 0.8) else others)


def _source(items: Any) -> str:
    names = {c.CATEGORY_DIGIT: r"\d", c.CATEGORY_NOT_DIGIT: r"\D", c.CATEGORY_SPACE: r"\s"}
    names |= {c.CATEGORY_NOT_SPACE: r"\S", c.CATEGORY_WORD: r"\w", c.CATEGORY_NOT_WORD: r"\W"}
    body = ""
    for op, arg in items:
        if op is c.NEGATE:
            body += "^"
        elif op is c.LITERAL:
            body += re.escape(chr(arg))
        elif op is c.RANGE:
            body += f"{re.escape(chr(arg[0]))}-{re.escape(chr(arg[1]))}"
        else:
            body += names[arg]
    return f"[{body}]"


@pytest.mark.parametrize(("name", "pattern"), PATTERNS, ids=[name for name, _ in PATTERNS])
def test_finds_what_the_pattern_finds(name: str, pattern: str) -> None:
    parsed, chance, hits = expressions.parsed(pattern), random.Random(name), 0
    anchors = Anchors([pattern])
    for _ in range(1000 if THOROUGH else 15):
        made = matching(chance, parsed, parsed.state.flags)
        before, after = chance.choice(JUNK), chance.choice(JUNK)
        for text in (f" {made} ", before + made + after, made + made, f"{made} é{made}"):
            spans = found(pattern, text)
            hits += len(spans)
            assert found_by(anchors, [pattern], text) == [spans]
    assert hits or any(re.search(pattern, example) for example in EXAMPLES), "never tried: give the detector an example for it"


@pytest.mark.parametrize("part", range(4))
def test_finds_what_the_patterns_find_in_examples_of_every_kind(part: int) -> None:
    """In every fourth one, in the thorough profile in all. That each detector finds its own is in `test_detectors.py`."""
    for example in EXAMPLES[part :: 4 if THOROUGH else 16]:
        check_all(example)


@examples(40)
@given(st.text(max_size=60))
def test_finds_what_is_found_in_any_text(text: str) -> None:
    """Lone surrogates, undecodable bytes of the input, too."""
    check_all(text)


ITEM = st.sampled_from(
    [
        "a",
        "k",
        "S",
        "ſ",
        "0",
        " ",
        "-",
        "é",
        ".",
        "[a-f]",
        "[^a]",
        "[^\\W\\d_]",
        "[İx]",
        "[Z-a]",
        r"\d",
        r"\D",
        r"\w",
        r"\W",
        r"\s",
        r"\S",
        r"\b",
        "^",
        "$",
    ]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = ["(?:{})", "({})", "(?i:{})", "(?>{})", "(?={})", "(?!{})"]
    counts = ["{}?", "{}{{2}}", "{}{{1,3}}", "{}{{0,2}}?", "{}{{1,40}}+"]
    return (
        st.lists(inner, min_size=1, max_size=4).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map("|".join).map("(?:{})".format)
        | st.builds(lambda group, its: group.format(its), st.sampled_from(groups), inner)
        | st.builds(lambda count, its: count.format(f"(?:{its})"), st.sampled_from(counts), inner)
        | st.builds(lambda group, its: group.format(its), st.sampled_from(["(?<={})", "(?<!{})"]), ITEM)
    )


@examples(300)
@given(
    st.recursive(ITEM, _larger, max_leaves=8), st.booleans(), st.text("aAfkKSsſ\u212aıİiéÉ09 -._\n", max_size=12), st.integers()
)
def test_finds_what_any_pattern_finds(pattern: str, fold: bool, text: str, seed: int) -> None:
    pattern = f"(?i){pattern}" if fold else pattern
    parsed, chance = expressions.parsed(pattern), random.Random(seed)
    anchors = Anchors([pattern])
    for made in (text, matching(chance, parsed, parsed.state.flags), text + matching(chance, parsed, parsed.state.flags) + text):
        spans = [span for span in found(pattern, made) if made]
        assert found_by(anchors, [pattern], made) == [spans]


def test_takes_every_letter_for_what_python_takes_it_for_where_case_is_ignored() -> None:
    for letter in "abcdefghijklmnopqrstuvwxyzäßſKıİσς":
        for pattern in (f"(?i){letter}", f"(?i){letter}{letter}{letter}{letter}", f"(?i)[{letter}x]"):
            anchors = Anchors([pattern])
            for same in set(re.findall(f"(?i){letter}", EVERY_CHARACTER)):
                for text in (same, same * 4):
                    assert found_by(anchors, [pattern], text) == [found(pattern, text)]


WITH_CONTEXT = [d for d in _CATALOGUE.detectors if d.context and d.patterns]


@pytest.mark.parametrize("detector", WITH_CONTEXT, ids=lambda d: d.id)
def test_a_context_word_in_any_case_is_context_enough(detector: Any) -> None:
    anchors = Anchors(detector.patterns, [detector.context] * len(detector.patterns))
    seen = re.compile(context_pattern(detector.context))
    for word in detector.context:
        for written in (word, word.upper(), word.title(), word.replace("i", "ı").replace("s", "ſ").replace("k", "\u212a")):
            for example in detector.examples:
                text = f"{written} {marked(example)[0]}"
                matching_ones = {i for i, p in enumerate(detector.patterns) if seen.search(written) and re.search(p, text)}
                assert matching_ones <= {i for i, _ in anchors.places(text)}


@pytest.mark.parametrize("word", ["x", "é", "ΠΕΛΆΤΗΣ", "straße"])
def test_a_context_beyond_ascii_and_a_single_letter_are_looked_for_too(word: str) -> None:
    anchors = Anchors(["[0-9]{9}"], [[word]])
    for written in (word, word.upper(), word.lower(), word.title()):
        if re.search(context_pattern([word]), written):
            assert [i for i, _ in anchors.places(f"{written} 123456789")] == [0]


def test_a_field_s_name_is_context_too() -> None:
    anchors = Anchors(["[0-9]{9}"], [["passport"]])
    assert list(anchors.places("123456789")) == []
    assert list(anchors.places("123456789", 1)) == [(0, [0])]


@pytest.mark.parametrize("pattern", [r"(\w)?\1", r"(?:x|)", "", "(?=[a-z])?", "^", r"(a)?(?(1)b|[a-z])"])
def test_what_cannot_be_told_beforehand_is_always_tried(pattern: str) -> None:
    anchors = Anchors(["secret", pattern])
    assert list(anchors.places("nothing of the kind")) == [(1, None)]
    assert list(anchors.places("a secret")) == [(0, [2]), (1, None)]


@pytest.mark.parametrize(
    ("pattern", "text", "places"),
    [
        ("ab", "ab cab", [0, 4]),
        ("(?<!c)ab", "ab cab", [0]),
        ("(?<=c)ab", "ab cab", [4]),
        ("[0-9]{3}(?=-x)", "123-x", [0]),
        ("[0-9]{3}(?=-x)", "123-y", []),
        ("(?i)user|login", "as USER, then Login", [3, 14]),
        ("[0-9a-f]{24}", "0123456789abcdef " * 3, []),
        ("(?:(?<![a-z])|(?<=%))[a-z]{8}", "aaaaaaaaa %bbbbbbbb", [0, 11]),
        ("token [0-9]{3}", "all quiet", []),
    ],
)
def test_is_tried_where_a_match_can_begin(pattern: str, text: str, places: list[int]) -> None:
    assert [places for _, places in Anchors([pattern]).places(text)] == ([places] if places else [])
