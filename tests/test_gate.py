"""The gate before the patterns may let too much through, but never too little."""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Any

import known_patterns
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import THOROUGH, examples

from logscrub.detect import expressions
from logscrub.detect import gate as gate_module
from logscrub.detect.catalogue import load, marked
from logscrub.detect.engine import context_pattern
from logscrub.detect.gate import Gate

_CATALOGUE = load()
PATTERNS = [(f"{item.id}-{i}", p) for item in (*_CATALOGUE.detectors, *_CATALOGUE.harmless) for i, p in enumerate(item.patterns)]
GATE = Gate([pattern for _, pattern in PATTERNS], groups=[name.rpartition("-")[0] for name, _ in PATTERNS])
EVERY_CHARACTER = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
c = gate_module.c


def test_what_was_worked_out_before_is_what_follows_from_the_patterns() -> None:
    assert known_patterns.FILE.read_bytes() == known_patterns.worked_out(), "stale: python scripts/known_patterns.py"


JUNK = ["", " ", "x", "7", "-", "=", '"', "'", ": ", "…", "字", "\ud83d", "\x00", "http://", "key=", "token "]
EXAMPLES = [
    marked(e)[0] for item in (*_CATALOGUE.detectors, *_CATALOGUE.harmless) for e in (*item.examples, *item.counterexamples)
]


def missed(text: str) -> list[str]:
    """The patterns that match a text and that the gate does not let through."""
    let_through = set(GATE.candidates(text))
    return [name for i, (name, pattern) in enumerate(PATTERNS) if i not in let_through and re.search(pattern, text)]


def matching(chance: random.Random, items: Any, flags: int = 0) -> str:
    """A text as a parsed pattern describes it, assertions left out (hypothesis' `from_regex` cannot leave them out)."""
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
            out += "".join(matching(chance, inner, flags) for _ in range(chance.randint(low, min(int(high), low + 3))))
        elif op is c.SUBPATTERN:
            out += matching(chance, arg[3], (flags | arg[1]) & ~arg[2])
        elif op is c.ATOMIC_GROUP:
            out += matching(chance, arg, flags)
        elif op is c.BRANCH:
            out += matching(chance, chance.choice(arg[1]), flags)
        elif op is c.ASSERT and chance.random() < 0.5:
            out += matching(chance, arg[1], flags)  # fits where it stands at the beginning or at the end
        elif op is c.GROUPREF:
            out += chance.choice("-. ")
    return out


@cache
def _characters(source: str, flags: int) -> tuple[str, str]:
    compiled = re.compile(source, flags)
    return "".join(compiled.findall(EVERY_CHARACTER[:0x80])), "".join(compiled.findall(EVERY_CHARACTER[0x80:0x3100]))


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
def test_lets_through_what_the_pattern_finds(name: str, pattern: str) -> None:
    parsed, index, chance, found = expressions.parsed(pattern), PATTERNS.index((name, pattern)), random.Random(name), 0
    for _ in range(1000 if THOROUGH else 40):
        made = matching(chance, parsed, parsed.state.flags)
        before, after = chance.choice(JUNK), chance.choice(JUNK)
        for text in (f" {made} ", before + made + after):
            if re.search(pattern, text):
                found += 1
                assert index in GATE.candidates(text)
    assert found or any(re.search(pattern, example) for example in EXAMPLES), "never tried: give the detector an example for it"


def test_lets_through_every_example() -> None:
    """In short texts and in long ones, for which the wider patterns are looked for in other sets."""
    for example in EXAMPLES:
        assert missed(example) == []
        assert missed(f"{example}\n{' .' * 300}") == []


@examples(60)
@given(st.text(max_size=60))
def test_lets_through_what_is_found_in_any_text(text: str) -> None:
    """Lone surrogates, undecodable bytes of the input, too."""
    assert missed(text) == []


def test_takes_every_letter_for_what_python_takes_it_for_where_case_is_ignored() -> None:
    for letter in "abcdefghijklmnopqrstuvwxyzäßſKıİσς":
        pattern = f"(?i){letter}"
        gate = Gate([pattern])
        same = set(re.findall(pattern, EVERY_CHARACTER))
        assert {x for x in same if gate.candidates(x) != [0]} == set()


DIGITS = "".join(x for x in EVERY_CHARACTER if x.isdecimal())
SPACES = "".join(x for x in EVERY_CHARACTER if x.isspace())


@pytest.mark.parametrize(
    "pattern", [r"\d{3}", r"[\d]{3}", r"\s{3}x", r"\S{3}", r"\w{3}", r"\W{3}", r"[^\W\d_]{3}", r"[^ ]{3}", ".{3}", r"\D{3}"]
)
def test_knows_digits_and_spaces_of_all_scripts(pattern: str) -> None:
    gate = Gate([pattern])
    for one in (*DIGITS, *SPACES, "é", "字", "-"):
        for text in (one * 3, f"{one * 3}x", f"a {one * 3} b"):
            assert gate.candidates(text) == [0] or not re.search(pattern, text)


WITH_CONTEXT = [d for d in _CATALOGUE.detectors if d.context and d.patterns]


@pytest.mark.parametrize("detector", WITH_CONTEXT, ids=lambda d: d.id)
def test_a_context_word_in_any_case_is_context_enough(detector: Any) -> None:
    gate = Gate(list(detector.patterns), [detector.context] * len(detector.patterns))
    seen = context_pattern(detector.context)
    for word in detector.context:
        for written in (word, word.upper(), word.title(), word.replace("i", "ı").replace("s", "ſ").replace("k", "K")):
            for example in detector.examples:
                text = f"{written} {marked(example)[0]}"
                matching_ones = {i for i, p in enumerate(detector.patterns) if seen.search(written) and re.search(p, text)}
                assert matching_ones <= set(gate.candidates(text))


def test_a_field_s_name_is_context_too() -> None:
    gate = Gate(["[0-9]{9}"], [["passport"]])
    assert gate.candidates("123456789") == []
    assert gate.candidates("123456789", frozenset([0])) == [0]


@pytest.mark.parametrize("pattern", [r"(\w)?\1", r"(?:x|)", "", "(?=[a-z])", "^", r"(a)?(?(1)b|[a-z])"])
def test_what_cannot_be_told_beforehand_is_always_let_through(pattern: str) -> None:
    gate = Gate(["secret", pattern])
    assert gate.candidates("nothing of the kind") == [1]
    assert gate.candidates("a secret") == [0, 1]


def test_what_must_stand_before_and_behind_a_match_is_looked_for_too() -> None:
    gate = Gate(["(?=a)", r"[0-9]{3}(?=-x)", r"(?<=#)[0-9]{3}"])
    assert gate.candidates("b 123") == []
    assert gate.candidates("a") == [0]
    assert gate.candidates("123-x") == [1]
    assert gate.candidates("#123") == [2]


def test_where_re2_gives_up_everything_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """For want of memory RE2 reports no matches, and no error either."""

    class Exhausted:
        def Match(self, _: bytes) -> list[int]:
            return []

    gate = Gate(["secret", "[0-9]{3}"])
    monkeypatch.setattr(gate._literals, "_set", Exhausted())
    assert gate.candidates("x") == [0, 1]
    gate = Gate(["secret", "[0-9]{3}"])
    monkeypatch.setattr(gate._wider[0][0], "_set", Exhausted())
    assert gate.candidates("x 123") == [0, 1]


def test_lets_nothing_through_where_nothing_can_match() -> None:
    assert Gate(["secret", "token [0-9]{3}"]).candidates("all quiet") == []
