"""Wider patterns: for a pattern of Python's `re`, one of RE2 that matches somewhere in each text in which the first one does.

RE2 looks for many at once, in one linear pass, but knows no look-arounds and no references. So these are left out, numbers of
repetitions become open where many are allowed, and all letters beyond ASCII are alike where the two differ.
"""

from __future__ import annotations

import re
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any

import re2

from logscrub.detect.expressions import known, parsed

_FOREIGN = r"\x{80}-\x{10ffff}"
_CASES = "iIkKsS"
"""Letters of ASCII of which others are cases."""
_ANY = "(?s:.)"
_AT_LEAST = {
    c.CATEGORY_DIGIT: r"0-9",
    c.CATEGORY_SPACE: r"\t-\r\x1c-\x1f ",
    c.CATEGORY_WORD: r"0-9A-Za-z_",
    c.CATEGORY_NOT_DIGIT: r"\x00-/:-\x7f",
    c.CATEGORY_NOT_SPACE: r"\x00-\x08\x0e-\x1b!-\x7f",
    c.CATEGORY_NOT_WORD: r"\x00-/:-@\[-\^`{-\x7f",
}
"""What of ASCII belongs to a category."""
_MOST_COUNTED = 8
"""Repetitions whose number is kept: to count further takes many states."""
_MOST_REQUIRED = 40
"""Repetitions that are asked for, of those that a match has at least."""
_LONGEST = 2_000
"""Characters of a wider pattern: longer ones take RE2 more states than they are worth."""
_SURROGATES = range(0xD800, 0xE000)


class _None(Exception):
    """There is no wider pattern."""


def wider(pattern: str) -> str | None:
    """A pattern for RE2 that matches wherever `pattern` does; None where there is no good one."""
    before = known(pattern)
    return wider_of(pattern) if before is None else before.wider


def wider_of(pattern: str) -> str | None:
    """`wider`, worked out now."""
    tree = parsed(pattern)
    try:
        wide = _whole(list(tree), bool(tree.state.flags & re.IGNORECASE))
        options = re2.Options()
        options.log_errors = False
        re2.compile(wide, options=options)
    except (_None, re2.error):  # of these: what RE2 finds too large
        return None
    return wide if len(wide) <= _LONGEST else None


def encoded(text: str) -> bytes:
    """A text for RE2. Lone surrogates are characters beyond ASCII, as others are."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()


def _whole(items: list[tuple[Any, Any]], fold: bool) -> str:
    """Of a whole pattern: what must stand before and behind a match belongs to what is looked for."""
    groups: dict[int, str] = {}
    items = [(op, arg) for op, arg in items if op not in (c.AT, c.ASSERT_NOT)]
    last = len(items) - 1
    parts = []
    for n, (op, arg) in enumerate(items):
        if op is c.ASSERT and n == (last if arg[0] > 0 else 0):
            parts.append(_sequence(arg[1], fold, groups))
        elif op is not c.ASSERT:
            parts.append(_item(op, arg, fold, groups))
    return "".join(parts)


def _sequence(items: Any, fold: bool, groups: dict[int, str]) -> str:
    return "".join(_item(op, arg, fold, groups) for op, arg in items if op not in (c.AT, c.ASSERT, c.ASSERT_NOT))


def _item(op: Any, arg: Any, fold: bool, groups: dict[int, str]) -> str:
    if op is c.LITERAL:
        return _class([(op, arg)], fold) if fold or arg in _SURROGATES else _character(arg)
    if op is c.NOT_LITERAL:
        return _class([(c.NEGATE, None), (c.LITERAL, arg)], fold)
    if op is c.ANY:
        return _ANY
    if op is c.IN:
        return _class(arg, fold)
    if op is c.SUBPATTERN:
        number, added, removed, inner = arg
        wide = f"(?:{_sequence(inner, (fold or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE, groups)})"
        if number is not None:
            groups[number] = wide
        return wide
    if op is c.ATOMIC_GROUP:
        return f"(?:{_sequence(arg, fold, groups)})"
    if op is c.BRANCH:
        return f"(?:{'|'.join(_sequence(branch, fold, groups) for branch in arg[1])})"
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        low, high, inner = arg
        low = min(int(low), _MOST_REQUIRED)
        most = "" if high is c.MAXREPEAT or int(high) > _MOST_COUNTED else str(max(int(high), low))
        return f"(?:{_sequence(inner, fold, groups)}){{{low},{most}}}"
    if op is c.GROUPREF and not fold:
        return groups.get(arg, f"{_ANY}*")
    raise _None


def _class(items: Any, fold: bool) -> str:
    """A set of characters; where case is ignored, with all letters beyond ASCII, for some are other cases of ASCII ones."""
    if items[0][0] is c.NEGATE:
        return f"[^{''.join(_member(op, arg) for op, arg in items[1:] if not _is_surrogate(op, arg))}]"
    members = [_member(op, arg) for op, arg in items]
    if fold:
        return f"(?:(?i:[{''.join(members)}])|[{_FOREIGN}{'' if all(_is_ascii(*item) for item in items) else _CASES}])"
    is_wide = any(op is c.CATEGORY or _is_surrogate(op, arg) for op, arg in items)
    return f"[{''.join(members)}{_FOREIGN if is_wide else ''}]"


def _is_ascii(op: Any, arg: Any) -> bool:
    return op is c.CATEGORY or (arg if op is c.LITERAL else arg[1]) < 0x80


def _is_surrogate(op: Any, arg: Any) -> bool:
    return (op is c.LITERAL and arg in _SURROGATES) or (op is c.RANGE and arg[0] <= 0xDFFF and arg[1] >= 0xD800)


def _member(op: Any, arg: Any) -> str:
    if op is c.LITERAL:
        return _character(arg)
    if op is c.RANGE:
        return f"{_character(arg[0])}-{_character(arg[1])}"
    return _AT_LEAST[arg]


def _character(code: int) -> str:
    return chr(code) if code < 128 and chr(code).isalnum() else rf"\x{{{code:x}}}"
