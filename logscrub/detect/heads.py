"""Where a match of a pattern can begin.

Many patterns begin with one of many words in any case (`assigned to`, `reporter:`), tokens with a run of so many characters of a
class. Python's `re` tries such a pattern at each character; to look for the words or runs first, and to try it where they stand,
takes a fraction of the time and finds the same.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from logscrub.detect.expressions import few, known, parsed

_MOST_WAYS, _MOST = 1000, 100
"""Words that are put together, and that are looked for."""
_LONGEST = 16
"""Characters of a word."""
_SHORTEST_RUN = 8
"""Characters of a run: there are few that are so long."""
_MOST_IN_RUNS = 1000
"""Characters in all runs of a text from which on `re` is faster by itself."""
_FOLDED_TO_ASCII = frozenset("İıſ\u212a")
"""Characters that Python's `re` takes for letters of ASCII where case does not matter."""


class Heads(NamedTuple):
    """What the matches of a pattern begin with, one or the other; nothing that is known if both are empty."""

    words: list[str]
    """In small letters: a match in a text of ASCII begins with one of them, in any case."""
    run: str
    """A pattern: a match begins in one of its matches, so many characters before the end of it."""
    least: int
    """How many."""


def heads(pattern: str) -> Heads:
    """What the matches of a pattern begin with."""
    before = known(pattern)
    return heads_of(pattern) if before is None else Heads(*before.heads)


def heads_of(pattern: str) -> Heads:
    """`heads`, worked out now."""
    words = _words_of(pattern)
    return Heads(words, *(("", 0) if words else _run(parsed(pattern))))


def _words_of(pattern: str) -> list[str]:
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


def matches(pattern: re.Pattern[str], begins: Heads, text: str) -> Iterator[re.Match[str]]:
    """`pattern.finditer(text)`; `begins`: what its matches begin with."""
    starts: Iterable[int] | None = None
    if begins.run:
        runs = [m.span() for m in _compiled(begins.run).finditer(text)]
        if sum(end - start for start, end in runs) <= _MOST_IN_RUNS:
            starts = (at for start, end in runs for at in range(start, end - begins.least + 1))
    elif begins.words and text.isascii():
        starts = sorted(_places(text.lower(), begins.words))
    if starts is None:
        yield from pattern.finditer(text)
        return
    end = 0
    for at in starts:
        if at >= end:
            m = pattern.match(text, at)
            if m is not None:
                yield m
                end = m.end()


_compiled = lru_cache(maxsize=256)(re.compile)


def _places(lower: str, words: list[str]) -> set[int]:
    found = set()
    for word in words:
        at = lower.find(word)
        while at >= 0:
            found.add(at)
            at = lower.find(word, at + 1)
    return found


def _run(tree: Any) -> tuple[str, int]:
    """The run of characters that a match of a parsed pattern begins with, and how long it is at least."""
    items, flags = tree, tree.state.flags
    while True:
        first = next(((op, arg) for op, arg in items if not _is_empty(op, arg)), None)
        if first is None or flags & re.IGNORECASE:
            return "", 0
        op, arg = first
        if op is c.SUBPATTERN:
            items, flags = arg[3], flags | arg[1]
        elif op in (c.MAX_REPEAT, c.POSSESSIVE_REPEAT) and arg[0] >= _SHORTEST_RUN and len(arg[2]) == 1 and arg[2][0][0] is c.IN:
            source = _class(arg[2][0][1])
            return (f"{source}{{{arg[0]},}}+", int(arg[0])) if source else ("", 0)
        else:
            return "", 0


def _is_empty(op: Any, arg: Any) -> bool:
    """Whether an item stands for no characters, only for what is around it."""
    if op is c.BRANCH:
        return all(_is_empty(*item) for branch in arg[1] for item in branch)
    if op is c.SUBPATTERN:
        return all(_is_empty(*item) for item in arg[3])
    return op in (c.AT, c.ASSERT, c.ASSERT_NOT)


def _class(items: Any) -> str:
    """A class of characters and ranges as a pattern."""
    if not all(op in (c.LITERAL, c.RANGE) for op, _ in items):
        return ""
    parts = [re.escape(chr(arg)) if op is c.LITERAL else "-".join(re.escape(chr(end)) for end in arg) for op, arg in items]
    return f"[{''.join(parts)}]"


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
