"""The gate before the patterns may let too much through, but never too little."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import THOROUGH, examples, junk

from logscrub.detect import gate as gate_module
from logscrub.detect.catalogue import load, marked
from logscrub.detect.engine import context_pattern
from logscrub.detect.gate import Gate

_CATALOGUE = load()
PATTERNS = [(f"{item.id}-{i}", p) for item in (*_CATALOGUE.detectors, *_CATALOGUE.harmless) for i, p in enumerate(item.patterns)]
GATE = Gate([pattern for _, pattern in PATTERNS])
EVERY_CHARACTER = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
_parser = gate_module._parser
c = gate_module.c


def missed(text: str) -> list[str]:
    """The patterns that match a text and that the gate does not let through."""
    let_through = set(GATE.candidates(text))
    return [name for i, (name, pattern) in enumerate(PATTERNS) if i not in let_through and re.search(pattern, text)]


@st.composite
def matching(draw: st.DrawFn, items: Any, flags: int = 0) -> str:
    """A text as a parsed pattern describes it, assertions left out: `from_regex` cannot take them."""
    out = ""
    for op, arg in items:
        if op is c.LITERAL:
            char = chr(arg)
            out += draw(st.sampled_from([char, char.lower(), char.upper()])) if flags & re.IGNORECASE else char
        elif op is c.NOT_LITERAL:
            out += draw(st.characters(codec="utf-8").filter(lambda x, arg=arg: ord(x) != arg))
        elif op is c.ANY:
            out += draw(st.characters(codec="utf-8", exclude_characters="\n"))
        elif op is c.IN:
            out += draw(one_of_set(arg, flags))
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            low, high, inner = arg
            for _ in range(draw(st.integers(low, min(int(high), low + 3)))):
                out += draw(matching(inner, flags))
        elif op is c.SUBPATTERN:
            out += draw(matching(arg[3], (flags | arg[1]) & ~arg[2]))
        elif op is c.ATOMIC_GROUP:
            out += draw(matching(arg, flags))
        elif op is c.BRANCH:
            out += draw(matching(draw(st.sampled_from(arg[1])), flags))
        elif op is c.GROUPREF:
            out += draw(st.sampled_from("-. "))
    return out


_SETS: dict[str, str] = {}


def one_of_set(items: Any, flags: int) -> st.SearchStrategy[str]:
    """A character that Python's own set takes, ASCII or not."""
    key = f"{items}{flags & re.IGNORECASE}"
    if key not in _SETS:
        compiled = re.compile(_source(items), flags & re.IGNORECASE)
        ascii_ones = "".join(compiled.findall(EVERY_CHARACTER[:0x80]))
        others = "".join(compiled.findall(EVERY_CHARACTER[0x80:0x3000]))
        _SETS[key] = (ascii_ones * (1 + 4 * len(others) // max(1, len(ascii_ones)))) + others
    return st.sampled_from(_SETS[key])


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
    parsed = _parser.parse(pattern)

    @examples(15 if THOROUGH else 4)
    @given(matching(parsed, parsed.state.flags), junk, junk)
    def holds(found: str, before: str, after: str) -> None:
        for text in (found, f" {found} ", before + found + after):
            assert missed(text) == []

    holds()


def test_lets_through_every_example() -> None:
    for item in (*_CATALOGUE.detectors, *_CATALOGUE.harmless):
        for example in (*item.examples, *item.counterexamples):
            assert missed(marked(example)[0]) == []


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


@pytest.mark.parametrize("pattern", [r"\d{3}", r"[\d]{3}", r"\s{3}x", r"\S{3}", r"\w{3}", r"\W{3}", r"[^\W\d_]{3}", r"[^ ]{3}", ".{3}", r"\D{3}"])
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


@pytest.mark.parametrize("pattern", [r"(\w)?\1", r"(?:x|)", "", r"(?=a)", "^", r"(a)?(?(1)b|[a-z])"])
def test_what_cannot_be_told_beforehand_is_always_let_through(pattern: str) -> None:
    gate = Gate(["secret", pattern])
    assert gate.candidates("nothing of the kind") == [1]
    assert gate.candidates("a secret") == [0, 1]


def test_where_re2_gives_up_everything_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """For want of memory RE2 reports no matches, and no error either."""

    class Exhausted:
        def Match(self, _: bytes) -> list[int]:
            return []

    gate = Gate(["secret", "token"])
    monkeypatch.setattr(gate, "_set", Exhausted())
    assert gate.candidates("x") == [0, 1]


def test_lets_nothing_through_where_nothing_can_match() -> None:
    assert Gate(["secret", "token [0-9]{3}"]).candidates("all quiet") == []
