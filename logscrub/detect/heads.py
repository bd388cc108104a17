"""Where a match of a pattern can begin: words of which each match begins with one.

Many patterns begin with one of many words in any case (`assigned to`, `reporter:`). Python's `re` tries such a pattern at each
character; to look for the words first and to try it where they stand takes a tenth of the time and finds the same.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any

from logscrub.detect.expressions import few, known, parsed

_MOST_WAYS, _MOST = 1000, 100
"""Words that are put together, and that are looked for."""
_LONGEST = 16
"""Characters of a word."""
_FOLDED_TO_ASCII = frozenset("İıſ\u212a")
"""Characters that Python's `re` takes for letters of ASCII where case does not matter."""


def heads(pattern: str) -> list[str]:
    """Words in small letters: a match in a text of ASCII begins with one of them, in any case. Empty where there are none."""
    before = known(pattern)
    return heads_of(pattern) if before is None else before.heads


def heads_of(pattern: str) -> list[str]:
    """`heads`, worked out now."""
    words, _ = _heads(parsed(pattern))
    if any(_FOLDED_TO_ASCII & set(word) for word in words):
        return []
    length = _LONGEST
    while length:
        found: list[str] = []
        for word in sorted({word[:length].lower() for word in words if word.isascii()}, key=lambda word: (len(word), word)):
            if not word.startswith(tuple(found)):
                found.append(word)
        if len(found) <= _MOST:
            return found if all(map(_tells, found)) else []
        length -= 1
    return []


def matches(pattern: re.Pattern[str], words: list[str], text: str) -> Iterator[re.Match[str]]:
    """`pattern.finditer(text)`; `words`: its heads."""
    if not words or not text.isascii():
        yield from pattern.finditer(text)
        return
    lower, starts = text.lower(), set()
    for word in words:
        at = lower.find(word)
        while at >= 0:
            starts.add(at)
            at = lower.find(word, at + 1)
    end = 0
    for at in sorted(starts):
        if at >= end:
            m = pattern.match(text, at)
            if m is not None:
                yield m
                end = m.end()


def _tells(word: str) -> bool:
    """Whether a word is rare enough to be looked for: one of two characters, or a sign."""
    return len(word) > 1 or (word != "" and not word.isalnum() and not word.isspace())


def _heads(items: Any) -> tuple[set[str], bool]:
    """Words of which one stands where a match of a sequence begins, and whether they are all of it."""
    words = {""}
    for op, arg in items:
        if op in (c.AT, c.ASSERT, c.ASSERT_NOT):
            continue
        more, is_all = _heads_of_item(op, arg)
        if len(words) * len(more) > _MOST_WAYS:
            return words, False
        words = {word + other for word, other in itertools.product(words, more)}
        if not is_all or max(map(len, words)) > _LONGEST:
            return words, False
    return words, True


def _heads_of_item(op: Any, arg: Any) -> tuple[set[str], bool]:
    choices = few(op, arg)
    if choices is not None:
        return set(choices), True
    if op is c.SUBPATTERN:
        return _heads(arg[3])
    if op is c.ATOMIC_GROUP:
        return _heads(arg)
    if op is c.BRANCH:
        branches = [_heads(branch) for branch in arg[1]]
        return set().union(*(words for words, _ in branches)), all(is_all for _, is_all in branches)
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        words, is_all = _heads(arg[2])
        if arg[0]:
            return words, is_all and arg[1] == 1
        return words | {""}, is_all and arg[1] == 1
    return {""}, False
