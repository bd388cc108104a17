"""Looking for the words with which matches begin finds what the pattern finds."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples
from test_gate import EXAMPLES, PATTERNS, matching

from logscrub.detect import expressions
from logscrub.detect.heads import heads, heads_of, matches

HEADED = [(name, pattern) for name, pattern in PATTERNS if heads(pattern).words or heads(pattern).run]


def spans(pattern: str, text: str) -> list[tuple[int, int]]:
    return [m.span() for m in matches(re.compile(pattern), heads(pattern), text)]


def found(pattern: str, text: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(pattern, text)]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?i)Bearer .+", ["bearer "]),
        (r"(?<!\w)(?:assigned|reassigned) to", ["assigned to", "reassigned to"]),
        ("(?:https?|ftp)://x", ["ftp://x", "http://x", "https://x"]),
        ("[ab]x{2,}y", ["ax", "bx"]),
        ("(?:for |to )?user", ["to user", "for user", "user"]),
        ("(?:at )*user", []),
        ("user?", ["use", "user"]),
        (r"\d+ users", []),
        ("ID|[0-9]{2}", []),
        ("(?i)ſet", []),
    ],
)
def test_heads_of_a_pattern(pattern: str, words: list[str]) -> None:
    covered = [word for word in words if not any(other != word and word.startswith(other) for other in words)]
    assert sorted(heads_of(pattern).words) == sorted(covered)


@pytest.mark.parametrize(
    ("pattern", "run", "reach"),
    [
        ("(?<![0-9a-f])[0-9a-f]{24}(?![0-9a-f])", "[0-9a-f]{24,}+", 0),
        ("(?:(?<![a-z])|(?<=%2f))(?P<value>[a-z+/-]{40,64})=", "", 0),
        ("(?:(?<![a-z+/-])|(?<=%2f))(?P<value>[a-z+/-]{40,64})=", r"[a-z\+/\-]{40,}+", 1),
        ("(?:(?<![a-f0-9])|(?<=%[0-9a-f]{2}))[a-f0-9]{32}", "[a-f0-9]{32,}+", 2),
        (r"(?=[a-z])(?P<value>[\w-]{40,64})", "", 0),
        ("[0-9]{3}-[0-9]{12}", "", 0),
        ("(?<![0-9])(?:x|[0-9]{12})", "", 0),
        ("[0-9]{12}", "", 0),
        ("(?i)(?<![a-z])[a-z]{20}", "", 0),
        ("(?i:(?<=A))[a-f]{12}", "", 0),
        ("(?:[a-z]{20}|x)", "", 0),
    ],
)
def test_run_of_a_pattern(pattern: str, run: str, reach: int) -> None:
    assert heads_of(pattern)[1:] == (run, reach)


def test_most_patterns_have_heads() -> None:
    assert len(HEADED) > len(PATTERNS) / 2


@pytest.mark.parametrize(("name", "pattern"), HEADED, ids=[name for name, _ in HEADED])
def test_finds_what_the_pattern_finds(name: str, pattern: str) -> None:
    tree, chance = expressions.parsed(pattern), random.Random(name)
    for _ in range(12):
        made = [matching(chance, tree, tree.state.flags) for _ in range(3)]
        for text in (
            "x" * 2000 + made[0],
            " ".join(made),
            "".join(made),
            made[0].upper(),
            f"é {made[0]}",
            made[0] + "".join(heads(pattern).words[:1]),
        ):
            assert spans(pattern, text) == found(pattern, text)


def test_finds_what_patterns_find_in_every_example() -> None:
    for example in EXAMPLES:
        for _, pattern in HEADED:
            assert spans(pattern, example) == found(pattern, example)


@examples(100)
@given(st.text("aAbBnN ſK\u0130i", max_size=30))
def test_finds_what_overlaps(text: str) -> None:
    for pattern in (r"(?i)(?:ana|an|nab)\w*?n", r"(?:aba|ab|ba)", r"(?<=a)(?:ba|an)b?", "(?i)(?:ki|si)n"):
        assert spans(pattern, text) == found(pattern, text)
