"""The template of a text: what is judged in place of it, so that a log statement is judged once, not once a line.

Some stretches of a text say nothing by their digits; what is judged is where they stand. A template has the same length as
its text, and in it these are made alike:

- UUIDs in small letters, standing alone: which cloud a cloud id names does not matter, only where it stands;
- hexadecimal ids of the same length, with a digit and a letter;
- points in time (`2026-11-22T08:14:02.113Z`, `08:14:02.113`, milliseconds and nanoseconds since 1970);
- counts: up to six digits with no other digits near that they could belong to, or with a unit (`1.5`, `812ms`, `v3`,
  `customfield_10016`), versions (`4.206.0`), parts (`3/40`), places in source files (`:41:13`) and numbers of issues (`PAY-12`).

Numbers that could be a phone, a card, an address of a network, a date or part of one are left alone, and so are numbers that a
detector's pattern spells out.

`logscrub.fast.masks` finds the same stretches in the bytes of whole blocks. For that the conditions here look at no more than
three characters around a stretch, take all beyond ASCII for letters, and hold before and after JSON's escapes are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any

from logscrub.detect.expressions import literal_runs, parsed, parts
from logscrub.detect.views import readable

NO_EDGE = r"0-9A-Za-z_\x80-\U0010ffff"
"""Characters that join with a word, as the inside of a set."""
LEFT_OF_COUNT = " \t\r\n\"'`([{,;=:|/"
RIGHT_OF_COUNT = " \t\r\n\"'`)]},;|/&?"
LEFT_JOINTS = " .:/()+-"
"""What may stand between digits that belong together, seen from the right."""
RIGHT_JOINTS = " \t.:/()+-"
"""The same, seen from the left."""
UNITS = ("ms", "s", "MB", "KB", "GB", "kB", "m", "h")
LONGEST_COUNT = 6
HEX_SIZES = (7, 8, 9, 10, 11, 12, 16, 20, 24, 32, 40, 64)
"""Characters of the hexadecimal ids that are made alike; others can be an account id without its colon."""
SHORTEST_ENCODED = 16
"""Characters from which hexadecimal digits could be an encoded text: what says something is left as it is."""

_JOINT_L, _JOINT_R = (re.escape(x) for x in (LEFT_JOINTS, RIGHT_JOINTS))
_QUOTED = r"\\(?:\\\\)?[\"']"
"""A quote with one or three backslashes before it."""
_LEFT_OF_V = re.escape(LEFT_OF_COUNT.replace("/", ""))  # `/api/v2/` is the address of something
_BEHIND = (
    rf"[0-9](?<![0-9A-Za-uw-z].)(?:(?<=[{re.escape(LEFT_OF_COUNT)}].)|(?<=[{_LEFT_OF_V}]v.)|(?<=[A-Z]-.)|(?<=[a-z]_.)(?<!\\._.)(?<!\\u...._.)"
    rf"|(?<![\s\S].)|(?<![\s\S]v.)(?<=v.))(?<!\\u....-.)(?<!::.)"  # `::1` is this machine
)
"""A digit that a count may begin with, for where it stands: an expression that begins with a character is found fast, and most
digits stand behind another one."""
_APART = (
    rf"(?<![0-9\\][{_JOINT_L}].)(?<![0-9\\](?!: )[{_JOINT_L}][{_JOINT_L}].)"
    rf"(?<!\\u....[{_JOINT_L}].)(?<![0-9][A-Za-z] .)(?<![0-9][A-Za-z]{{2}} .)(?<![0-9][A-Za-z]{{3}} .)"
)
_BEFORE = (
    rf"(?=[{re.escape(RIGHT_OF_COUNT)}]|\Z|\.(?:\Z|[ \n\"'a-z])|:(?:\Z|[ \na-z])|%(?:\Z|[ ,)\n\"'])"
    rf"|{_QUOTED}|\\n)"
)
_FAR = rf"(?!(?!: )[{_JOINT_R}]{{1,2}}[0-9])(?![{_JOINT_R}]\\(?![\"'n]))(?![{_JOINT_R}]{{2}}\\[u\\])"
_RIGHT = _BEFORE + _FAR
_ALONE = rf"(?![{NO_EDGE}\\%-]|\.[0-9\\])|(?={_QUOTED})"
"""What an id is followed by: nothing that could be part of it."""
_ID = (
    rf"[0-9a-f](?:(?<![{NO_EDGE}\\%-].)|(?<=%3A.))(?:"
    rf"(?P<uuid>[0-9a-f]{{7}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(?:{_ALONE}))"
    # behind `=`, eight are left alone: an Atlassian token ends in its checksum
    rf"|(?P<hex>(?<!\..)(?:(?<=[0-9])(?=[0-9]{{0,63}}[a-f])|(?<=[a-f])(?=[a-f]{{0,63}}[0-9]))"
    rf"(?:{'|'.join(('(?<!=.)' if n == 8 else '') + f'[0-9a-f]{{{n - 1}}}' for n in HEX_SIZES)})(?:{_ALONE}))"
    rf"|(?P<time>(?<=[0-9])(?<![:/.+].)(?<!%3A.)(?:[0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}T[0-9])?[0-9]:[0-9]{{2}}:[0-9]{{2}}"
    rf"(?:\.[0-9]{{1,9}})?Z?(?![:+])(?:{_ALONE})))"
)
_EPOCH = rf"(?<=1)[4-9](?:[0-9]{{11}}|[0-9]{{17}}){_RIGHT}"
_UNIT = f"(?:{'|'.join(UNITS)})"
_NUMBER = (
    rf"{_BEHIND}(?:[0-9]{{0,5}}(?:\.[0-9]{{1,3}})?(?:{_UNIT}{_BEFORE}|(?= ms(?![{NO_EDGE}\\])))"
    rf"|{_APART}(?:[0-9]{{0,5}}(?:\.[0-9]{{1,3}})?{_RIGHT}"
    rf"|[0-9]{{0,2}}\.[0-9]{{1,3}}\.[0-9]{{1,3}}{_RIGHT}"
    rf"|(?<=[a-z]:.)(?<!\\.:.)[0-9]{{0,5}}:[0-9]{{1,6}}{_RIGHT}"
    rf"|(?<= .)[0-9]{{0,5}}/[0-9]{{1,6}}{_RIGHT}"
    rf"|(?P<epoch>{_EPOCH})))"
)
_IDS = re.compile(_ID)
_NUMBERS = re.compile(_NUMBER)
"""Judged after the ids are alike, so that what stands in an id says nothing about the numbers beside it."""
_DIGIT = re.compile("[0-9]")
_SAME_UUID = "a0b1c2d3-4e5f-4a6b-8c7d-0e1f2a3babcd"
_SAME_HEX = ["", *("a" + ("5b10ac8d82e05b22cc7d4ef5" * 3)[: n - 5] + "abcd" for n in range(1, max(HEX_SIZES) + 1))]
"""Ids begin with a letter and end with four, so that no number beside one could belong to it."""


def template_of(text: str, spelled: frozenset[str] = frozenset()) -> str:
    """The text that is judged in place of `text`, of the same length. `spelled`: numbers that are left as they are."""
    return template_and_counts(text, spelled)[0]


def template_and_counts(text: str, spelled: frozenset[str] = frozenset()) -> tuple[str, list[tuple[int, int]]]:
    """The template, and where in it counts were made alike."""
    counts: list[tuple[int, int]] = []

    def same(m: re.Match[str]) -> str:
        if spelled and is_spelled(m[0], spelled):
            return m[0]
        if m.lastgroup == "epoch":
            return "17" + "1" * (len(m[0]) - 2)
        counts.append(m.span())
        return _DIGIT.sub("1", m[0])

    return _NUMBERS.sub(same, _IDS.sub(_same_id, text)), counts


def is_spelled(count: str, spelled: frozenset[str]) -> bool:
    """Whether a count, with its unit, is one of the numbers that are left as they are."""
    return count.rstrip(_UNIT_LETTERS) in spelled


def spelled_numbers(patterns: Iterable[str]) -> frozenset[str]:
    """The numbers that patterns spell out (`/2.0/`, `order 4711`): those a template must not make alike.

    Left out are single and double digits that are parts of something else, as in `%2[0-9]`.
    """
    return frozenset(m[0] for p in patterns for run in literal_runs(p) for m in _SPELLED.finditer(run))


def tells_apart(pattern: str) -> bool:
    """Whether a pattern could tell apart what templates make alike.

    It could if it takes some digits and not others (`[2-9]`), numbers with a unit (`\\d{4} ms`), ids by where their digits and
    their letters from a to f stand (`[a-z]{2}\\d{5}`), or if it spells out what could be a part of an id, a time or a number
    (`AB-4\\d{3}`, `ac\\d{6}`).
    """
    tree = parsed(pattern)
    sets = [_alphanumeric(arg) for op, arg in parts(tree) if op is c.IN]
    if any(0 < len(members & kind) < len(kind) for members in sets for kind in (_DIGITS, _HEX_LETTERS)):
        return True
    runs = literal_runs(pattern)
    return _mixes(tree, bool(tree.state.flags & re.IGNORECASE)) or any(_UNIT_OF.match(run) or _spells_a_part(run) for run in runs)


def _alphanumeric(items: Any) -> frozenset[int]:
    """The digits and letters of ASCII that a set of a pattern names."""
    found: set[int] = set()
    for kind, what in items:
        if kind is c.LITERAL:
            found.add(what)
        elif kind is c.RANGE:
            found.update(range(what[0], min(what[1], 0x7F) + 1))
        elif kind is c.CATEGORY and what is c.CATEGORY_DIGIT:
            found |= _DIGITS
        elif kind is c.CATEGORY and what in (c.CATEGORY_WORD, c.CATEGORY_NOT_SPACE):
            found |= _DIGITS | _LETTERS
        elif kind is c.CATEGORY and what is c.CATEGORY_NOT_DIGIT:
            found |= _LETTERS
    return frozenset(found & (_DIGITS | _LETTERS))


def _mixes(items: Any, fold: bool) -> bool:
    """Whether a sequence asks for digits and for letters from a to f side by side, and for no other letter beside them."""
    stretch: set[str] = set()
    for kind in [*_kinds(items, fold), ""]:
        if kind:
            stretch.add(kind)
            continue
        if len(stretch) > 1 and "outside" not in stretch:
            return True
        stretch = set()
    return any(_mixes(branch, fold) for op, arg in parts(items) if op is c.BRANCH for branch in arg[1])


def _kinds(items: Any, fold: bool) -> Iterator[str]:
    """What each item asks for: "letter", "digit" or "both" of hexadecimal ids, a letter "outside" of them, "" for the rest."""
    for op, arg in items:
        if op is c.SUBPATTERN:
            yield from _kinds(arg[3], fold or bool(arg[1] & re.IGNORECASE))
        elif op is c.ATOMIC_GROUP:
            yield from _kinds(arg, fold)
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            inner = list(_kinds(arg[2], fold))
            yield from inner if arg[0] else [kind for kind in inner if kind not in ("", "outside")]
        elif op is c.BRANCH:
            inner = [kind for branch in arg[1] for kind in _kinds(branch, fold)]
            yield from [kind for kind in inner if kind not in ("", "outside")]
        elif op is c.LITERAL or (op is c.IN and arg[0][0] is not c.NEGATE):
            members = _alphanumeric(((op, arg),) if op is c.LITERAL else arg)
            if fold:
                members |= {ord(chr(m).lower()) for m in members}
            letter, digit = bool(members & _HEX_LETTERS), bool(members & _DIGITS)
            yield "both" if letter and digit else "letter" if letter else "digit" if digit else "outside" if members else ""
        elif op in (c.IN, c.ANY, c.NOT_LITERAL):
            yield "both"


def _spells_a_part(run: str) -> bool:
    """Whether characters that a pattern spells out could be a part of something that is made alike, and is no spelled number."""
    spelled = {place for m in _SPELLED.finditer(run) for place in range(*m.span())}
    for m in _WORD.finditer(run):
        is_inside = m.start() > 0 and m.end() < len(run)
        if _IN_AN_ID.fullmatch(m[0]) and not (is_inside and (m[0].isalpha() or spelled.issuperset(range(*m.span())))):
            return True
    return False


_DIGITS = frozenset(range(0x30, 0x3A))
_HEX_LETTERS = frozenset(range(0x61, 0x67))
_LETTERS = frozenset([*range(0x41, 0x5B), *range(0x61, 0x7B)])
_UNIT_OF = re.compile(r" ?(?:ms|bytes|s|[MKGk]B|m|h)(?![A-Za-z])")
_WORD = re.compile(r"[A-Za-z0-9]+")
_IN_AN_ID = re.compile(r"[0-9A-Fa-f]+|v[0-9]+|[0-9]*T[0-9]*|[0-9]+Z|[0-9]+(?:ms|s|[MKGk]B|m|h)")
_UNIT_LETTERS = "".join({*"".join(UNITS)})
_SPELLED = re.compile(
    r"(?<![\w%.])\d{1,6}\.\d{1,3}(?![\w.])|(?<![\w%.])\d{3,6}(?![\w.])|(?<=[ =\"'])\d{1,6}(?![\w.-])|(?<=[A-Z]-)\d{2,6}(?![\w.-])"
)


def _same_id(m: re.Match[str]) -> str:
    if m.lastgroup == "uuid":
        return _SAME_UUID
    text = m[0]
    if m.lastgroup == "hex":
        encoded = len(text) >= SHORTEST_ENCODED and len(text) % 2 == 0 and readable(bytes.fromhex(text)) is not None
        return text if encoded else _SAME_HEX[len(text)]
    return "2026-11-11T11:11:11" + _DIGIT.sub("1", text[19:]) if "T" in text else _DIGIT.sub("1", text)
