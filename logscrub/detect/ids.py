"""UUIDs, ULIDs and hexadecimal ids: what their digits and letters spell by chance is no number, no name and no word."""

from __future__ import annotations

import re

from logscrub.patterns import regex

_ID = regex(
    r"(?<![0-9A-Za-z%\\])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]{1,63}[0-9]|[0-9]{1,63}[a-f])"
    r"(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{24}|[0-9a-f]{20}|[0-9a-f]{16}|[0-9a-f]{7,12})"
    r"|(?=[0-9]{1,25}[A-Z])[0-7][0-9A-HJKMNP-TV-Z]{25})(?![0-9A-Za-z])"
)
"""A UUID, a ULID, or a hexadecimal id of a usual length with a digit and a letter."""
_UUID = "a0b1c2d3-4e5f-4a6b-8c7d-0e1f2a3babcd"
_LONGEST = 64
_ULID = "A1HBCDEFGHJKMNPQRSTVWXYZAB"
_OF_ID = frozenset("0123456789abcdef-ABCDEFGHJKMNPQRSTVWXYZ")


def is_id(text: str) -> bool:
    """True if a text is one id and nothing else."""
    return _ID.fullmatch(text) is not None


def cut_id(text: str, place: int) -> int:
    """Returns where the id around a place begins; -1 if the place is inside of none."""
    if 0 < place < len(text) and text[place - 1] in _OF_ID and text[place] in _OF_ID:
        for m in _ID.finditer(text, max(0, place - _LONGEST), place + _LONGEST + 1):  # none that begins before it reaches the end
            if m.end() > place:
                return m.start() if m.start() < place else -1
    return -1


def cuts_id(text: str, start: int, end: int) -> bool:
    """True if a stretch begins or ends inside of an id."""
    return cut_id(text, start) >= 0 or cut_id(text, end) >= 0


def ids_alike(text: str) -> str:
    """Returns a text of equal length in which ids have letters at both ends, so that no number beside an id continues into it."""
    return _ID.sub(_alike, text)


def _alike(m: re.Match[str]) -> str:
    if "-" in m[0]:
        return _UUID
    if m[0][0].isdigit() and len(m[0]) == len(_ULID):
        return _ULID
    return "a5" + "b1" * (len(m[0]) // 2 - 3) + "0" * (len(m[0]) % 2) + "abcd"
