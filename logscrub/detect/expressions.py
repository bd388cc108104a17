"""Regular expressions, looked into: several parts of the engine ask what a pattern is made of, and each is parsed once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import orjson


class Known(NamedTuple):
    """What follows from a pattern, worked out before: parsing all of them takes longer than all else at the start.

    `scripts/known_patterns.py` writes it to `logscrub/data/patterns.json`; what is not there is worked out as it is needed.
    """

    runs: list[str]
    """Its `literal_runs`."""
    literals: list[list[str]]
    """Sets of literals for `logscrub.detect.gate`."""
    needs: list[Any]
    """What every match of it has, for the gate: the members of `Needs`."""
    wider: str | None
    """What RE2 can look for in its place: `logscrub.detect.wider`. Not of one with literals."""
    heads: list[Any]
    """What its matches begin with: the members of `logscrub.detect.heads.Heads`."""


@lru_cache(maxsize=4096)
def known(pattern: str) -> Known | None:
    """What was worked out before for a pattern that parses, and that repeats nothing without bound."""
    found = _known().get(key_of(pattern))
    return Known(*found) if found is not None and len(found) == len(Known._fields) else None


def key_of(pattern: str) -> str:
    """What a pattern is called in `patterns.json`."""
    return hashlib.sha256(pattern.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=1)
def _known() -> dict[str, list[Any]]:
    try:
        found: dict[str, list[Any]] = orjson.loads(resources.files("logscrub").joinpath("data", "patterns.json").read_bytes())
    except FileNotFoundError:
        return {}
    return found


@lru_cache(maxsize=4096)
def parsed(pattern: str) -> Any:
    """A pattern as Python's own parser understands it. Raises re.error."""
    return _parser.parse(pattern)


@lru_cache(maxsize=4096)
def literal_runs(pattern: str) -> tuple[str, ...]:
    """The characters that stand side by side in a pattern, in runs, look-arounds included."""
    before = known(pattern)
    return runs_of(pattern) if before is None else tuple(before.runs)


def runs_of(pattern: str) -> tuple[str, ...]:
    """`literal_runs`, worked out now."""
    found: list[str] = []
    _add_runs(parsed(pattern), found)
    return tuple(found)


def _add_runs(items: Any, found: list[str]) -> None:
    run = ""
    for op, arg in items:
        if op is c.LITERAL:
            run += chr(arg)
        elif op is not c.AT:
            if run:
                found.append(run)
                run = ""
            for inner in _inner(op, arg):
                _add_runs(inner, found)
    if run:
        found.append(run)


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


def few(op: Any, arg: Any) -> list[str] | None:
    """The characters that an item of a pattern stands for, where they are few."""
    if op is c.LITERAL and not 0xD800 <= arg <= 0xDFFF:
        return [chr(arg)]
    if op is c.IN and len(arg) <= 8 and all(o is c.LITERAL and not 0xD800 <= a <= 0xDFFF for o, a in arg):
        return [chr(a) for _, a in arg]
    return None
