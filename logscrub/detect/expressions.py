"""Regular expressions, looked into."""

from __future__ import annotations

from collections.abc import Iterator
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any


def parsed(pattern: str) -> Any:
    """A pattern as Python's own parser understands it. Raises re.error."""
    return _parser.parse(pattern)


def parts(items: Any) -> Iterator[tuple[Any, Any]]:
    """All items of a parsed pattern, those within others too."""
    waiting = [items]
    while waiting:
        for op, arg in waiting.pop():
            yield op, arg
            waiting += _inner(op, arg)


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
