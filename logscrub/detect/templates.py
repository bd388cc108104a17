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
from collections.abc import Iterable

from logscrub.detect.expressions import literal_runs
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
    rf"[0-9](?:(?<=[{re.escape(LEFT_OF_COUNT)}].)|(?<=[{_LEFT_OF_V}]v.)|(?<=[A-Z]-.)|(?<=[a-z]_.)(?<!\\._.)(?<!\\u...._.)"
    rf"|(?<![\s\S].)|(?<![\s\S]v.)(?<=v.))(?<!\\u....-.)"
)
"""A digit that a count may begin with, for where it stands: an expression that begins with a character is found fast."""
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
