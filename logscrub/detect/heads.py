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
_FOLDED_TO_ASCII = frozenset("İıſ\u212a")
"""Characters that Python's `re` takes for letters of ASCII where case does not matter."""


class Heads(NamedTuple):
    """What the matches of a pattern begin with, one or the other; nothing that is known if both are empty."""

    words: list[str]
    """In small letters: a match in a text of ASCII begins with one of them, in any case."""
    run: str
    """A pattern of so many characters of a class: a match begins in one of its matches, near the beginning of that."""
    reach: int
    """How far behind it at most."""


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
        runs = (m.span() for m in _compiled(begins.run).finditer(text))
        starts = (at for start, end in runs for at in range(start, min(end, start + begins.reach + 1)))
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
    """The run of characters that a match of a parsed pattern begins with, and how far in it the match begins at most."""
    items, flags, around = list(tree), tree.state.flags, []
    while items and not flags & re.IGNORECASE:
        op, arg = items.pop(0)
        if _is_empty(op, arg):
            around.append((op, arg))
        elif op is c.SUBPATTERN:
            items, flags = list(arg[3]), flags | arg[1]
        elif op in (c.MAX_REPEAT, c.POSSESSIVE_REPEAT) and arg[0] >= _SHORTEST_RUN and len(arg[2]) == 1 and arg[2][0][0] is c.IN:
            source = _class(arg[2][0][1])
            reach = _reach(around, _characters(*arg[2][0])) if source else None
            return ("", 0) if reach is None else (f"{source}{{{arg[0]},}}+", reach)
        else:
            break
    return "", 0


def _reach(items: Any, run: frozenset[str]) -> int | None:
    """How far behind the beginning of a run of these characters a place is at most where all items fit, which stand for no
    characters. None if nothing says."""
    reaches = [reach for op, arg in items if (reach := _reach_of_item(op, arg, run)) is not None]
    return min(reaches, default=None)


def _reach_of_item(op: Any, arg: Any, run: frozenset[str]) -> int | None:
    if op is c.SUBPATTERN:  # where case does not matter, an item stands for more characters than it says
        return None if arg[1] & re.IGNORECASE else _reach(arg[3], run)
    if op is c.BRANCH:
        reaches = [_reach(branch, run) for branch in arg[1]]
        known_ones = [reach for reach in reaches if reach is not None]
        return max(known_ones) if len(known_ones) == len(reaches) else None
    if op is c.ASSERT_NOT and arg[0] < 0 and len(arg[1]) == 1:
        return 0 if run <= _characters(*arg[1][0]) else None
    if op is c.ASSERT and arg[0] < 0:
        behind = 0  # characters between the item and the place
        for inner, its in reversed(list(arg[1])):
            times = 1
            if inner in (c.MAX_REPEAT, c.MIN_REPEAT) and its[0] == its[1] and len(its[2]) == 1:
                times, (inner, its) = int(its[0]), its[2][0]
            characters = _characters(inner, its)
            if not characters:
                return None
            if times and not characters & run:
                return behind
            behind += times
    return None


def _characters(op: Any, arg: Any) -> frozenset[str]:
    """The characters of ASCII that an item of one character stands for; none for other items."""
    if op is c.LITERAL:
        return frozenset(chr(arg))
    if op is not c.IN:
        return frozenset()
    found: set[str] = set()
    for kind, what in arg:
        if kind is c.LITERAL:
            found.add(chr(what))
        elif kind is c.RANGE:
            found.update(map(chr, range(what[0], min(what[1], 127) + 1)))
        elif kind is c.CATEGORY and what is c.CATEGORY_DIGIT:
            found.update("0123456789")
        elif kind is c.CATEGORY and what is c.CATEGORY_WORD:
            found.update(x for x in map(chr, range(128)) if x.isalnum() or x == "_")
        elif kind is not c.NEGATE:
            return frozenset()
    return frozenset(map(chr, range(128))) - found if arg[0][0] is c.NEGATE else frozenset(found)


def _class(items: Any) -> str:
    """A class of characters and ranges of ASCII as a pattern."""
    if not all(arg < 128 if op is c.LITERAL else op is c.RANGE and arg[1] < 128 for op, arg in items):
        return ""
    parts = [re.escape(chr(arg)) if op is c.LITERAL else "-".join(re.escape(chr(end)) for end in arg) for op, arg in items]
    return f"[{''.join(parts)}]"


def _is_empty(op: Any, arg: Any) -> bool:
    """Whether an item stands for no characters, only for what is around it."""
    if op is c.BRANCH:
        return all(_is_empty(*item) for branch in arg[1] for item in branch)
    if op is c.SUBPATTERN:
        return all(_is_empty(*item) for item in arg[3])
    return op in (c.AT, c.ASSERT, c.ASSERT_NOT)


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
