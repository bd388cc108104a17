"""Recognises texts that read as sentences rather than as log lines."""

from __future__ import annotations

from functools import lru_cache

from logscrub.patterns import regex

UPPER = "A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-ЯЁІЇЄҐẠ-Ỹ"
WORD = regex(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WHOLE_WORD = regex(r"(?<![^\W_])[^\W\d_]++(?:['’-][^\W\d_]++)*+(?!\d)")
"""A word that is no part of an id: the letters between its digits say nothing."""
_FUNCTION_WORDS = frozenset(
    """
    the a an is are was were my your his her their our i you he she they we me him them to and of in on at for with
    that this please have has had be been will would can could do does did not from who what where when how as by it
    its but so just or
""".split()
)
_LONGEST = 2000


def is_prose(text: str) -> bool:
    """True if a text reads as sentences rather than as a log line: it is mostly words, and function words are among them.

    Only the first 2,000 characters count.
    """
    return _is_prose(text[:_LONGEST])


@lru_cache(maxsize=4)  # asked several times for one text
def _is_prose(text: str) -> bool:
    words = [w.lower() for w in _WHOLE_WORD.findall(text)]
    function_words = sum(w in _FUNCTION_WORDS for w in words)
    if (
        len(words) < 3
        or function_words < (1 if text.rstrip().endswith((".", "!", "?")) else 2)
        or function_words < len(words) // 6
    ):
        return False
    tokens = text.split()
    pure = sum(_PURE.fullmatch(t) is not None for t in tokens)
    return pure * 4 >= len(tokens) * 3 and not _CODE.search(text)


_MIXED = regex(r"^(?!(?:Mc|Mac|De|Di|La|Le|Van|O)[A-Z])[^\W\d_]*[a-zß-ÿ][A-Z]|^[A-Z]{1,4}$")
"""Words of code: camel case, short capitals."""
_PURE = regex(r"[\"'“”(‘’]*(?:[^\W\d_]+(?:['’-][^\W\d_]+)*|\d{1,4}|\x1a+)[.,;:!?\"'”’)]*|[-–—]")
"""A token of prose: a word or a small number, with its punctuation."""
_CODE = regex(r"[=;{}|<>]|\w\(|::|\w\.\w{2,}\(|\b\w+_\w+\b|\[\w+\]|/\w+/")


def is_code_word(word: str) -> bool:
    """Camel case, or short capitals."""
    return _MIXED.search(word) is not None
