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
        if op is c.SUBPATTERN:
            yield from _runs(arg[3])
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            yield from _runs(arg[2])
        elif op is c.BRANCH:
            for branch in arg[1]:
                yield from _runs(branch)
        elif op in (c.ASSERT, c.ASSERT_NOT):
            yield from _runs(arg[1])
        elif op is c.ATOMIC_GROUP:
            yield from _runs(arg)
    yield run
