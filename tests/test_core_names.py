"""The names that the compiled core finds are those that the definition finds."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import anything, damaged_json, examples, messages, mixed_up, tables

from logscrub.detect.names import prose, recognizer
from logscrub.detect.names.lexicon import Lexicon, fold, lexicon
from logscrub.detect.names.recognizer import ListedNames
from logscrub.engines import description
from logscrub.engines.lowering import Classes, lowered

core = pytest.importorskip("logscrub._core")

SAMPLES = Path(__file__).parents[1] / "sample_logs"
FILES = ("names", "either", "words", "foreign", "shapes")
OWN = (
    ["Zorblat", "Ünal Quux", "van Frobnitz", "page", "Straße"],
    ["Nadia", "quick fox", "Jürgen", "errorhandlinginfrastructure"],
)
"""A user's names, and words that are none."""


def probe(words: Lexicon) -> Any:
    """The core's recognizer with the lists and a user's words."""
    classes = Classes(description.CHARACTERS)
    told, callbacks = description.library(classes)
    if words.phrases is not None:
        told["expressions"]["own.phrases"] = lowered(words.phrases, classes)
    files = tuple(resources.files("logscrub").joinpath("data", f"{name}.txt").read_bytes() for name in FILES)
    own = [(word, grade == "name") for word, grade in words._own.items()]
    parts = core.Parts(told, callbacks)
    return core.NamesProbe(parts, files, own, None if words.phrases is None else "own.phrases")


LISTS = lexicon()
WITH_OWN = Lexicon(*OWN)


@cache
def recognizers() -> list[tuple[ListedNames, Any]]:
    """Those of the definition, each with the core's."""
    return [(ListedNames(words), probe(words)) for words in (LISTS, WITH_OWN)]


@cache
def builtin() -> Any:
    """The core's, with the lists alone."""
    return recognizers()[0][1]


_rng = random.Random(5)
_LISTED = [w for words in (LISTS._names, LISTS._words, LISTS._either) for w in _rng.sample(sorted(words), 400)]
_LISTED += sorted(recognizer._PARTICLES | recognizer._AUXILIARY | recognizer._NEVER | recognizer._TIMES | prose._FUNCTION_WORDS)
_cases: tuple[Callable[[str], str], ...] = (
    str.lower,
    str.title,
    str.title,
    str.upper,
    lambda w: w[:1].upper() + w[1:] + "Error",
    lambda w: "Mc" + w.title(),
)
_other = [*OWN[0], *OWN[1], "müller", "józef", "café", "jsvensson", "mcdonald", "straße"]
written = st.builds(
    lambda word, case, more: case(word) + more,
    st.sampled_from([*_LISTED, *_other])
    | st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)
    | st.text("aeiouxzäéßøłıʼʾ\u0301\u0345ǅ²٣Ⅷ’'`-_K", min_size=1, max_size=6),
    st.sampled_from(_cases),
    st.sampled_from(["", "", "", "", "'s", "’s", "n't", "-", "'ll"]),
)
_signs = [
    *" ,.-'’/:@()=\\_\n\u00a0\x1a\t[]“”1!\"ʼʻ`\u0301\udc9f",
    ", ",
    ". ",
    "::",
    ": ",
    "()",
    " (",
    "  ",
    "\x1a ",
    "; ",
    " & ",
    " | ",
    " 12 ",
]
_around = " by , and , user , the , said , logged in, J. , van , de , was in , of , Will , St. ,! ".split(",")
between = st.one_of(st.just(" "), st.just(" "), st.sampled_from(_signs), st.sampled_from(_around))
sentences = st.lists(st.tuples(written, between), max_size=12).map(lambda parts: "".join(w + b for w, b in parts))
"""Words of all grades, written in all ways, with what makes them names or not between them."""
texts = st.one_of(sentences, sentences, messages, mixed_up, tables, damaged_json, anything)


def _names(text: str, which: int = 0) -> None:
    expected = [(s.start, s.end) for s in recognizers()[which][0].recognise(text)]
    assert recognizers()[which][1].recognise(text) == expected


@examples(400)
@given(texts)
def test_names(text: str) -> None:
    _names(text)
    _names(text, 1)


@examples(400)
@given(texts)
def test_words_of_a_text(text: str) -> None:
    assert builtin().tokens(text) == [m.span() for m in recognizer._TOKEN.finditer(text)]


@examples(400)
@given(st.text("abʼʼʻ'-é\u0301\u0301\u0345ʾ@./\\:() A1_", max_size=14))
def test_words_of_marks_and_joiners(text: str) -> None:
    assert builtin().tokens(text) == [m.span() for m in recognizer._TOKEN.finditer(text)]


@examples(300)
@given(texts)
def test_prose(text: str) -> None:
    for part in (text, *re.split("[.!?\n]", text)):
        assert builtin().is_prose(part) == prose.is_prose(part)


@examples(400)
@given(written | st.text(max_size=8), st.booleans())
def test_grades(word: str, by_shape: bool) -> None:
    for (python, mine), words in zip(recognizers(), (LISTS, WITH_OWN), strict=True):
        assert python._lexicon is words
        assert mine.grade(word, by_shape) == words.grade(word, by_shape)
        assert mine.shape(fold(word)) == words.shape(fold(word))
        assert mine.made_of_names(fold(word)) == words.made_of_names(fold(word))
    assert builtin().is_code_word(word) == prose.is_code_word(word)


def test_every_listed_word() -> None:
    words = LISTS._names | LISTS._words | set(LISTS._either)
    assert [w for w in words if builtin().grade(w, False) != LISTS.grade(w, False)] == []
    assert [w for w in words if builtin().made_of_names(f"x{w}") != LISTS.made_of_names(f"x{w}")] == []
    assert [run for run in LISTS._shapes if builtin().shape(run) != LISTS.shape(run)] == []


def test_names_in_samples() -> None:
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix in (".gz", ".bz2", ".xz", ".zst", ".zip", ".md"):
            continue
        lines = path.read_bytes().decode(errors="surrogateescape").splitlines()
        for line in dict.fromkeys(lines[:300]):
            _names(line)
        _names("\n".join(lines[:100]))


def test_long_texts_take_no_longer_for_each_character() -> None:
    for part in ("a'", "Nadia ", "a-", "\u0301", "ʼa", "/", "x_", "ab\u0301@", "Nadia-Rose-", "user ", "::", "é'"):
        text = part * (100_000 // len(part))
        assert builtin().tokens(text) == [m.span() for m in recognizer._TOKEN.finditer(text)]
        _names(text)
