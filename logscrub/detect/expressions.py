"""Regular expressions, looked into: several parts of the engine ask what a pattern is made of, and each is parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any


@lru_cache(maxsize=4096)
def parsed(pattern: str) -> Any:
    """A pattern as Python's own parser understands it. Raises re.error."""
    return _parser.parse(pattern)


def literal_runs(pattern: str) -> list[str]:
    """The characters that stand side by side in a pattern, in runs, look-arounds included."""
    return [run for run in _runs(parsed(pattern)) if run]


def _runs(items: Any) -> Iterator[str]:
    run = ""
    for op, arg in items:
        if op is c.LITERAL:
            run += chr(arg)
            continue
        if op is c.AT:
            continue
        yield run
        run = ""
        for inner in _inner(op, arg):
            yield from _runs(inner)
    yield run


def asks_for_digits(pattern: str) -> bool:
    """Whether a pattern takes some digits and not others (`[2-9]`): then it matters which digits a number has."""
    return any(_asks(op, arg) for op, arg in parts(parsed(pattern)))


def _asks(op: Any, arg: Any) -> bool:
    if op is not c.IN:
        return False
    digits: set[int] = set()
    for kind, what in arg:
        if kind is c.LITERAL:
            digits.update({what} & _DIGITS)
        elif kind is c.RANGE:
            digits.update(_DIGITS & set(range(what[0], what[1] + 1)))
        elif kind is c.CATEGORY and what in (c.CATEGORY_DIGIT, c.CATEGORY_WORD, c.CATEGORY_NOT_SPACE):
            digits |= _DIGITS
    return 0 < len(digits) < 10


_DIGITS = frozenset(range(0x30, 0x3A))


def parts(items: Any) -> Iterator[tuple[Any, Any]]:
    """All items of a parsed pattern, those within others too."""
    for op, arg in items:
        yield op, arg
        for inner in _inner(op, arg):
            yield from parts(inner)


def _inner(op: Any, arg: Any) -> list[Any]:
    """The sequences within an item."""
    if op is c.SUBPATTERN:
        return [arg[3]]
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        return [arg[2]]
    if op is c.BRANCH:
        return list(arg[1])
    if op in (c.ASSERT, c.ASSERT_NOT):
        return [arg[1]]
    return [arg] if op is c.ATOMIC_GROUP else []
