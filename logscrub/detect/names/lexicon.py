"""Classifies single words: a name, an ordinary word, either, or unknown.

`names.txt`, `either.txt`, `words.txt` and `foreign.txt` in `logscrub/data/` are made by `scripts/build_lexicon.py`,
`shapes.txt` by `scripts/train_shapes.py`; both say how, and `SOURCES.md` beside the lists names the packages that the words
come from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property, lru_cache
from importlib import resources
from itertools import repeat
from operator import add
from typing import Literal

from logscrub.patterns import regex

Grade = Literal["name", "capital", "given", "either", "family", "word", "like", "unknown"]
"""The class of a word.

`name`: a name of a person and hardly anything else. `capital`: the same if it were capitalised; in small letters a function
word of some language. `given`: a given name that is a place or a rarer word too. `either`: a name that is first of all an
ordinary word. `family`: a family name that is so much oftener a word that it counts only beside a given name. `word`: an
ordinary word of English or of software. `like`: on no list, and has the shape of a name. `unknown`: on no list, and has not.
"""
EITHER = ("given", "either", "family")

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ə": "e", "ŋ": "n"}
)
_CONTRACTION = regex(r"(?:n['’]t|['’](?:re|ve|ll|m|d))$")
JOINED_PARTICLES = frozenset("al el ben bin ibn de d l o abd".split())
"""Parts before a hyphen or an apostrophe that are no words of their own there: al-Farsi, d'Souza."""
_PIECE = regex(r"[^\W\d_]+")
_KINDS: dict[str, Grade] = {"g": "given", "o": "either", "f": "family", "c": "capital"}
"""The letters in either.txt."""
_LOAN = frozenset(
    "café cafés naïve naïveté résumé résumés façade façades cliché clichés décor déjà über à née fiancé fiancée".split()
)
_LIKE = 0
"""The least weight, in tenths, that makes a word on no list one like a name: above it, a name is the likelier guess."""
_LONGEST_NAME = 14
"""Letters of the longest word on no list that can be like a name."""
_LONGEST = 40
"""Letters of the longest word that is looked at: longer ones are no words."""


def fold(word: str) -> str:
    """A word as the lists have it: small letters without accents. `Łukasz` → `lukasz`."""
    if word.isascii():
        return word.lower()
    word = word.casefold().translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def grams(word: str) -> list[str]:
    """The runs of two to four letters of a folded word, the ends of the word marked: what shapes.txt has weights for."""
    marked = f"^{word}$"
    twos = list(map(add, marked, marked[1:]))
    threes = list(map(add, twos, marked[2:]))
    return [*twos, *threes, *map(add, threes, marked[3:])]


class Lexicon:
    """The lists, with a user's own words."""

    def __init__(self, names: Iterable[str] = (), words: Iterable[str] = ()) -> None:
        """`names`: further names. `words`: words that are none; of a phrase, each word. A user's word beats the lists."""
        names, words = [name.strip() for name in names], list(words)
        self._own: dict[str, Grade] = {fold(n): "name" for n in names if fold(n).isalpha()}
        self._own |= {fold(p): "word" for w in words for p in _PIECE.findall(w)}
        phrases = "|".join(re.escape(n) for n in names if not fold(n).isalpha())
        self.phrases = re.compile(rf"(?i)(?<!\w)(?:{phrases})(?!\w)") if phrases else None
        """Further names of several words."""

    # read when a word is first graded: the compiled core has lists of its own
    @cached_property
    def _names(self) -> frozenset[str]:
        return _lists()[0]

    @cached_property
    def _words(self) -> frozenset[str]:
        return _lists()[1]

    @cached_property
    def _either(self) -> dict[str, Grade]:
        return _lists()[2]

    @cached_property
    def _shapes(self) -> dict[str, int]:
        return _lists()[3]

    def grade(self, word: str, by_shape: bool = True) -> Grade:
        """Returns the class of a word; for a word of several pieces (`Min-jun`, `O'Brien`), the class of the pieces together.

        `by_shape`: False to return `unknown` for a word that may be `like`, which only its shape would tell, at some cost.
        """
        folded = word.lower() if word.isascii() else fold(word)
        if folded.isalpha():
            known = self._piece(folded, word, by_shape)
            return "name" if known == "capital" and not word.islower() else known
        return "word" if _CONTRACTION.search(folded) else self._compound(_PIECE.findall(word), by_shape)

    def _piece(self, folded: str, word: str, by_shape: bool) -> Grade:
        if folded in self._own:
            return self._own[folded]
        if folded in self._names:
            return "name"
        if folded in self._either:
            either = self._either[folded]
            return "name" if either in ("given", "either") and not word.isascii() else either  # `Mária`
        if folded in self._words and word.isascii():
            return "word"
        if not word.isascii() and word.casefold() not in _LOAN:
            return "like" if 1 < len(folded) < _LONGEST else "word"  # accents in the log of an English-speaking app
        if folded in self._words or len(folded) < 2 or len(folded) > _LONGEST:
            return "word"
        return "like" if by_shape and len(folded) <= _LONGEST_NAME and self.shape(folded) > _LIKE else "unknown"

    def _compound(self, pieces: list[str], by_shape: bool) -> Grade:
        known = [(p, self._piece(fold(p), p, by_shape)) for p in pieces if len(p) > 1]
        grades = [g for _, g in known]
        if len(known) > 1 and pieces[0].lower() in JOINED_PARTICLES and grades[1:] == ["word"] and pieces[-1][0].isupper():
            return "like"
        if not grades or any(g == "word" and (len(p) > 3 or p.isupper()) for p, g in known):
            return "word"
        for g in ("name", "capital", *EITHER, "like"):
            if g in grades:
                return "name" if g == "capital" else g
        return "unknown"

    def made_of_names(self, folded: str) -> bool:
        """True if a word on no list is an initial and a name: `jsvensson`."""
        rest = folded[1:]
        return (len(rest) > 3 and rest in self._names) or (len(rest) > 4 and rest in self._either)

    def has_own_name(self, text: str) -> bool:
        """True if a name that a user gave stands in a text."""
        if self.phrases is not None and self.phrases.search(text):
            return True
        return bool(self._own) and any(self._own.get(fold(piece)) == "name" for piece in _PIECE.findall(text))

    def shape(self, folded: str) -> int:
        """Returns how much the letters of a folded word speak for a name, in tenths of log odds. Below zero they speak for an
        ordinary word."""
        return self._shapes["bias"] + sum(map(self._shapes.get, grams(folded), repeat(0)))


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lists alone, without a user's words."""
    return Lexicon()


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], frozenset[str], dict[str, Grade], dict[str, int]]:
    words, kinds = _columns("either")
    either = dict(zip(words, map(_KINDS.__getitem__, kinds), strict=True))
    runs, weights = _columns("shapes")
    shapes = dict(zip(runs, map(int, weights), strict=True))
    return frozenset(_lines("names")), frozenset([*_lines("words"), *_lines("foreign")]), either, shapes


def _lines(name: str) -> list[str]:
    return _text(name).removesuffix("\n").split("\n")


def _columns(name: str) -> tuple[list[str], list[str]]:
    """Splits each line at its space into the part before it and the part behind it."""
    fields = _text(name).split()
    return fields[::2], fields[1::2]


def _text(name: str) -> str:
    text = resources.files("logscrub").joinpath("data", f"{name}.txt").read_text(encoding="utf-8")
    return text[text.index("\n") + 1 :]
