"""What a unit of a clean log says in words, apart from placeholders and values.

A text is cut into **values** (placeholders, numbers, ids, times, words with digits) and what stands between them. A text's
**statement** is what stands between, letter by letter, with one sign for each value: `Assigned PAY-1 to <PERSON>` and
`Assigned WEB-22 to <USERNAME:…>` have the same. A value is harmless where its form alone says so, as a time's does.

All of it is a pure function of the text. What follows from the text without its digits and ids is the same for all texts that
differ in these alone: `masked` makes it, and statements and places of values are found in it and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from logscrub.detect.json_leaves import SHAPE_NAMES
from logscrub.model import Leaf, Raw

_FORM: Final = "\x01"
"""In a masked text: a character of a value whose form may be harmless. Where it is there from the start, its form is none."""
_FORMS: Final = re.compile(
    r"[0-9a-fA-F](?:(?<![A-Za-z0-9_].)|(?<=\\[nrtbf].))(?:"
    r"\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d:\d\d:\d\d(?:[.,]\d{1,9})?(?!:)"
    r"|[0-9a-fA-F]{7}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-f]{5,63}"
    r")(?![A-Za-z0-9_])"
)
_ESCAPE_OR_DIGIT: Final = re.compile(r"\\u[0-9a-fA-F]{4}|\\[^0-9]|[1-9]")
_ZEROS: Final = str.maketrans("123456789", "0" * 9)
_ESCAPES: Final = rf"\\(?:u[0-9a-fA-F]{{4}}|[^0-9{_FORM}])"
"""What is a letter like others, though it has digits."""
_VALUE: Final = (
    r"(?:[A-Z][A-Z0_]{0,19}-(?=0))?[A-Za-z_]{0,40}0[A-Za-z0_]*"
    r"(?:[-.:/+][A-Za-z_]{0,10}0[A-Za-z0_]*|[ ,()]{1,2}0+(?![A-Za-z0_]))*"
)
"""A word with a digit, a number, and what goes on with it behind a sign: a date, an address, a card, a version."""
_SMALL: Final = re.compile(r"[^A-Za-z_]*")
_MOST_DIGITS: Final = 4
"""Digits of a number that is harmless whatever it is of."""
_UNIT: Final = (
    r"(?:ns|µs|us|ms|s|sec|secs|seconds?|min|minutes?|h|hours?|d|days?|B|bytes|kB|KB|MB|GB|KiB|MiB|GiB|%)(?![A-Za-z0-9_])"
)
_MEASURE: Final = re.compile(rf"0{{1,7}}(?:\.0{{1,3}})? ?{_UNIT}")
_STILL: Final = re.compile(r"[\t -/:-@\[-`{-~]{0,3}")
"""Between values: so few signs say nothing."""
_TRIMMED: Final = " \t.,:!?()[]{}=-+*#|"
"""Signs at the ends of a stretch that stay. None of them is part of an escape or an entity."""
_WORD: Final = re.compile(r"[A-Za-z0-9_\x80-\ufefe\uff00-\U0010ffff]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_TIME: Final = re.compile(
    r"(?:20[123]\d-(?:0\d|1[0-2])-[0-3]\d[T ])?[0-2]\d:[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
)
_EPOCHS: Final = range(1_420_070_400, 2_208_988_800)
"""Seconds from 2015 to 2040."""
_PRINTABLE: Final = re.compile(rb"[\t\n\r -~]*")

OF_FORMATS: Final = (
    SHAPE_NAMES
    | frozenset(
        """
    true false null intValue doubleValue boolValue arrayValue kvlistValue bytesValue values resource scope name version
    cursor hasNextPage TRACE DEBUG INFO WARN WARNING ERROR FATAL trace debug info warn warning error fatal
    appId appVersion environmentId environment installationContext invocationId functionKey function moduleKey moduleType module
    licenseState edition arguments message level timestamp Active Inactive Standard Advanced Jira Confluence production staging
    development
    Level Details Module Function Version Site Environment License Edition
    """.split()
    )
    | {"Date/Time(UTC)", "Invocation ID", "Trace ID", "Atlassian app", "ari:cloud:jira::site/", "ari:cloud:confluence::site/"}
)
"""Texts that exports have of themselves, whatever the app and whoever its customers."""


class Piece(NamedTuple):
    """A text of a unit that is judged on its own: a JSON string, a cell, a line."""

    start: int
    """Where in the unit it begins."""
    statement: str
    """Letter by letter, with a sign for each value; "" where it is harmless."""
    stretches: tuple[tuple[int, int], ...]
    """Where in the unit the words of the statement stand."""
    values: tuple[tuple[int, int], ...]
    """Where its values stand that are not harmless for all texts of this mask."""
    quoted: bool
    """Whether what takes its place gets quotes, as a number's does."""


def masked(text: str) -> str:
    """A text of the same length without its digits and ids."""
    text = _FORMS.sub(lambda m: _FORM * len(m[0]), text)
    if "\\u" in text:
        return _ESCAPE_OR_DIGIT.sub(lambda m: m[0] if m[0][0] == "\\" else "0", text)
    return text.translate(_ZEROS)


class Cutter:
    """Cuts units into pieces."""

    def __init__(self, entity_types: Iterable[str]) -> None:
        """`entity_types`: of the placeholders that there are."""
        types = "|".join(sorted({re.escape(t.translate(_ZEROS)) for t in entity_types}, key=len, reverse=True))
        self._tokens = re.compile(
            rf"(?P<placeholder>(?:<|&lt;)(?:{types})(?::{_FORM}{{20}})?(?:>|&gt;))|(?P<form>{_FORM}+)|(?P<value>{_VALUE})|{_ESCAPES}"
        )

    def pieces(self, raw: Raw, mask: str) -> tuple[Piece, ...]:
        """The pieces of a unit that has its leaves, in order, apart. Those in which all is harmless are left out."""
        found: list[Piece] = []
        leaves = _apart(raw.leaves)
        strict = all(leaf.coding in ("json", "name", "number", "bytes") for leaf in leaves)
        position = 0
        for leaf in leaves:
            if strict:
                found += self._between(mask, position, leaf.start)
            position = leaf.end
            if leaf.coding in ("number", "bytes"):
                if not self._is_small(mask[leaf.start : leaf.end]):
                    found.append(Piece(leaf.start, "", (), ((leaf.start, leaf.end),), True))
            elif piece := self._piece(mask, leaf.start, leaf.end):
                found.append(piece)
        if strict:
            found += self._between(mask, position, len(mask))
        return tuple(found)

    def statement(self, text: str) -> str:
        """The statement of a whole text; "" where it says nothing."""
        piece = self._piece(masked(text), 0, len(text))
        return "" if piece is None else piece.statement

    def _piece(self, mask: str, start: int, end: int) -> Piece | None:
        if mask[start:end] in OF_FORMATS:
            return None
        literals: list[str] = []
        stretches: list[tuple[int, int]] = []
        values: list[tuple[int, int]] = []
        position = start
        for m in self._tokens.finditer(mask, start, end):
            kind = m.lastgroup
            if kind is None:  # an escape is a letter like others
                continue
            literals.append(mask[position : m.start()])
            if not _says_nothing(literals[-1]):
                stretches.append((position, m.start()))
            position = m.end()
            if kind == "form" or (kind == "value" and not self._is_small(m[0]) and not _measures(mask, m.start(), m.end())):
                values.append(m.span())
        literals.append(mask[position:end])
        if not _says_nothing(literals[-1]):
            stretches.append((position, end))
        if not (stretches or values):
            return None
        says = "\0#".join(literal.replace("\0", "\0\0") for literal in literals) if stretches else ""
        return Piece(start, says, tuple(_trimmed(mask, a, b) for a, b in stretches), tuple(values), False)

    def _between(self, mask: str, start: int, end: int) -> Iterator[Piece]:
        """What of JSON stands between leaves: short names and numbers, and names by which formats are known."""
        if not mask[start:end].strip(' \t\r\n"{}[],:\ufeff\0'):
            return
        for m in _WORD.finditer(mask, start, end):
            if m[0] not in OF_FORMATS and not self._is_small(m[0]):
                yield Piece(m.start(), m[0], (m.span(),), (), False)

    @staticmethod
    def _is_small(mask: str) -> bool:
        return mask.count("0") <= _MOST_DIGITS and _FORM not in mask and _SMALL.fullmatch(mask) is not None and mask.isascii()


def is_harmless(value: str) -> bool:
    """Whether a value says nothing by its form: a time, a UUID, an id of 16 or 32 hexadecimal digits.

    Ids that are readable text in other digits are none.
    """
    if len(value) == 36:
        return _UUID.fullmatch(value) is not None and not _reads(value.replace("-", ""))
    if value.isdigit():
        return len(value) in (16, 19) and int(value[:10]) in _EPOCHS
    if len(value) in (16, 32) and value.isalnum():
        return not _reads(value)
    return _TIME.fullmatch(value) is not None


def _reads(digits: str) -> bool:
    """Whether hexadecimal digits are those of a readable text."""
    try:
        return _PRINTABLE.fullmatch(bytes.fromhex(digits)) is not None
    except ValueError:
        return True


def _measures(mask: str, start: int, end: int) -> bool:
    """Whether a value is a number with its unit, joined or with a space between."""
    m = _MEASURE.match(mask, start)
    return m is not None and m.end() >= end


def _says_nothing(literal: str) -> bool:
    """Whether what stands between two values is no word: a few signs, or what a format itself writes there."""
    return _STILL.fullmatch(literal) is not None or literal in OF_FORMATS


def _apart(leaves: Iterable[Leaf]) -> list[Leaf]:
    """The leaves in order, without those that stand in others."""
    found: list[Leaf] = []
    for leaf in sorted(leaves, key=lambda leaf: (leaf.start, -leaf.end)):
        if not found or leaf.start >= found[-1].end:
            found.append(leaf)
    return found


def _trimmed(mask: str, start: int, end: int) -> tuple[int, int]:
    """A stretch without the signs at its ends, if there is anything else in it."""
    part = mask[start:end]
    if not part.strip(_TRIMMED):
        return start, end
    return end - len(part.lstrip(_TRIMMED)), start + len(part.rstrip(_TRIMMED))
