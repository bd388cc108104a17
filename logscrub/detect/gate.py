"""A gate before the patterns: one linear pass of RE2 tells which patterns can match a text at all.

The gate's patterns are not written by hand, they are generated: each detector pattern is parsed and written out again
for RE2 without its assertions (look-arounds, `\\b`, `^`, `$`), with possessive and atomic parts made plain. Leaving an
assertion out can only make a pattern match more, so the gate never misses what the detector finds. A pattern that
RE2 cannot hold is always let through.
"""

from __future__ import annotations

from re import _constants as c  # type: ignore[attr-defined]
from re import _parser
from typing import Any

import re2

_CATEGORIES = {
    c.CATEGORY_DIGIT: r"\p{Nd}",
    c.CATEGORY_NOT_DIGIT: r"\P{Nd}",
    c.CATEGORY_SPACE: r"\s\x0b\x1c-\x1f\x{85}\p{Z}",
    c.CATEGORY_WORD: r"\p{L}\p{N}_",
}
_IGNORECASE = 2
_DOTALL = 16


class Gate:
    """Answers which of `patterns` (by index) may match a text."""

    def __init__(self, patterns: list[str]) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 256 << 20
        self._set = re2.Set.SearchSet(options)
        self._index: list[int] = []
        self._always: list[int] = []
        for i, pattern in enumerate(patterns):
            try:
                relaxed = relax(pattern)
                added = self._set.Add(relaxed) if relaxed else -1
            except (re2.error, Unrelaxable):
                added = -1
            if added < 0:
                self._always.append(i)
            else:
                self._index.append(i)
        self._set.Compile()

    def candidates(self, text: str) -> list[int]:
        """Indices of the patterns that may match, in order; all of them for text that RE2 cannot read."""
        try:
            data = text.encode()
        except UnicodeEncodeError:  # lone surrogates: undecodable bytes of the input
            data = text.encode("utf-8", "replace")
            hits = self._set.Match(data)
            return sorted({*self._always, *(self._index[i] for i in hits)}) if hits or self._always else []
        hits = self._set.Match(data)
        if not hits:
            return self._always
        return sorted([*self._always, *(self._index[i] for i in hits)])


class Unrelaxable(Exception):
    """A pattern holds something that RE2 has no words for."""


def relax(pattern: str) -> str:
    """An RE2 pattern that matches wherever `pattern` does (and perhaps elsewhere); "" where that is everywhere."""
    parsed = _parser.parse(pattern)
    return _sequence(parsed, parsed.state.flags)


def _sequence(items: Any, flags: int) -> str:
    return "".join(_item(op, arg, flags) for op, arg in items)


def _item(op: Any, arg: Any, flags: int) -> str:
    if op is c.LITERAL:
        return _literal(arg, flags)
    if op is c.NOT_LITERAL:
        return f"[^{_char(arg)}]"
    if op is c.ANY:
        return "(?s:.)"
    if op is c.IN:
        return _set(arg, flags)
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        low, high, inner = arg
        body = _sequence(inner, flags)
        if not body:
            return ""
        # RE2 allows counts up to 1000: a longer one is split, and an upper bound may be dropped without harm
        repeats = f"{{{min(low, 30)},}}" if low > 1 else "*" if low == 0 and high != 1 else "+" if low == 1 and high != 1 else ""
        if low == 0 and high == 1:
            repeats = "?"
        return f"(?:{body}){repeats}"
    if op is c.SUBPATTERN:
        _, add, remove, inner = arg
        return f"(?:{_sequence(inner, (flags | add) & ~remove)})"
    if op is c.ATOMIC_GROUP:
        return f"(?:{_sequence(arg, flags)})"
    if op is c.BRANCH:
        return "(?:" + "|".join(_sequence(branch, flags) for branch in arg[1]) + ")"
    if op in (c.AT, c.ASSERT, c.ASSERT_NOT):
        return ""
    raise Unrelaxable


def _literal(code: int, flags: int) -> str:
    char = _char(code)
    return f"(?i:{char})" if flags & _IGNORECASE else char


def _char(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF:
        raise Unrelaxable
    return chr(code) if chr(code).isalnum() and code < 128 else rf"\x{{{code:x}}}"


def _set(items: Any, flags: int) -> str:
    negated, body = "", ""
    for op, arg in items:
        if op is c.NEGATE:
            negated = "^"
        elif op is c.LITERAL:
            body += _char(arg)
        elif op is c.RANGE:
            body += f"{_char(arg[0])}-{_char(arg[1])}"
        elif op is c.CATEGORY and arg in _CATEGORIES:
            body += _CATEGORIES[arg]
        elif op is c.CATEGORY and len(items) == 1:
            return {c.CATEGORY_NOT_SPACE: r"(?s:.)", c.CATEGORY_NOT_WORD: r"(?s:.)"}[arg]
        elif op is c.CATEGORY and not negated:
            return "(?s:.)"
        else:
            raise Unrelaxable
    if negated and (flags & _IGNORECASE or any(op is c.CATEGORY for op, _ in items)):
        # Python and RE2 differ in the edges of their classes: a negated one is made wider, never narrower
        return "(?s:.)"
    group = f"[{negated}{body}]"
    return f"(?i:{group})" if flags & _IGNORECASE else group
