"""Finds the words of a unit of a clean log, apart from placeholders and values.

A text consists of **values** (placeholders, numbers, ids, times, words with digits) and of the words between them. Its
**statement** is these words, letter by letter, with one sign for each value: `Assigned PAY-1 to <PERSON>` and
`Assigned WEB-22 to <USERNAME:…>` have the same statement. A value is harmless where its form alone shows that, as a time's does.

All of this is a pure function of the text. Statements and the places of values are found in the text without its digits and ids,
which `masked` makes. So they are computed once for all texts that differ in digits and ids alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from logscrub.detect.json_leaves import SHAPE_NAMES
from logscrub.model import Leaf, Raw

_FORM: Final = "\x01"
"""In a masked text: a character of a value whose form may be harmless. Where it is there from the start, its form is none."""
_FORMS: Final = re.compile(
    r"[0-9a-fA-F](?:(?<![A-Za-z0-9_].)|(?<=\\[nrtbf].))(?:"
    r"[0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|[0-9]:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?!:)"
    r"|[0-9a-fA-F]{7}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-f]{5,63}"
    r")(?![A-Za-z0-9_])"
)
_ESCAPE_OR_DIGIT: Final = re.compile(r"\\u[0-9a-fA-F]{4}|\\[^0-9]|[1-9]")
_ZEROS: Final = str.maketrans("123456789", "0" * 9)
_ESCAPES: Final = rf"\\(?:u[0-9a-fA-F]{{4}}|[^0-9{_FORM}])"
"""Escapes count as letters, although they hold digits."""
_UNIT: Final = r"(?:[nµum]?s|secs?|seconds?|min|minutes?|h|hours?|d|days?|B|bytes|[kKMG]i?B|%)(?![A-Za-z0-9_])"
_MEASURE: Final = rf"0{{1,7}}(?:\.0{{1,3}})? ?{_UNIT}"
_VALUE: Final = (
    r"(?:(?<![A-Za-z0_])[A-Z][A-Z0_]{0,19}-(?=0))?[A-Za-z_]{0,40}0[A-Za-z0_]*"
    r"(?:[-.:/+][A-Za-z_]{0,10}0[A-Za-z0_]*|[ ,()]{1,2}0+(?![A-Za-z0_]))*"
)
"""A word with a digit, a number, and what goes on with it behind a sign: a date, an address, a card, a version."""
_NUMBERS: Final = re.compile(rf"(?:-?[0{_FORM}][0{_FORM}.eE+-]*)(?:\s*,\s*-?[0{_FORM}][0{_FORM}.eE+-]*)*")
"""A number of JSON, or several in a list: they may be the characters of a text."""
_SMALL: Final = re.compile(r"[^A-Za-z_]*")
_MOST_DIGITS: Final = 4
"""Digits of a number that is harmless whatever it is of."""
_STILL: Final = re.compile(r"[\t -/:-@\[-`{-~]{0,3}")
"""Between values: so few signs say nothing."""
TRIMMED: Final = " \t.,:!?()[]{}=-+*#|"
"""Signs at the ends of a stretch that stay. None of them is part of an escape or an entity."""
_MOST_TRIMMED: Final = 3
_STRING: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)"|[^"]++|"', re.DOTALL)
_STRUCTURE: Final = re.compile(rf"(?:[\s{{}}\[\]:,0{_FORM}.eE+\-\ufeff\0]++|true|false|null)*+")
"""The text between strings of JSON."""
_SIGNS: Final = frozenset((":", ",", "{", "[", "}", "]", ":{", ":[{", "},{", "}},{", ""))
_IN_JSON: Final = frozenset(("json", "name", "number", "bytes"))
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_DIGITS: Final = re.compile("[0-9a-f]+")
_TIME: Final = re.compile(
    r"(?:20[1-3][0-9]-(?:0[0-9]|1[0-2])-[0-3][0-9][T ])?"
    r"[0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_EPOCHS: Final = range(1_420_070_400, 2_208_988_800)
"""Seconds from 2015 to 2040."""
_READABLE: Final = " .,:;@_+-'/\n"

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


class Statement(NamedTuple):
    """A line of a text, and where in that text its words stand."""

    text: str
    """Letter by letter, with a sign for each value."""
    stretches: tuple[tuple[int, int], ...]


class Words(NamedTuple):
    """The words of a text that are not harmless by their form."""

    statements: tuple[Statement, ...]
    values: tuple[tuple[int, int], ...]
    """The places of values that are harmless only if their own form says so."""
    quoted: bool = False
    """True if the text in place of a value gets quotes, as it does in place of a number."""


NOTHING: Final = Words((), ())
Piece = tuple[int, str, bool]
"""A text of a unit that is scanned on its own: where it begins, its mask, and whether it is a number, or several in a list."""


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
            rf"(?P<placeholder>(?:<|&lt;)(?:{types})(?::{_FORM}{{20}})?(?:>|&gt;))|(?P<form>{_FORM}+)"
            rf"|(?P<measure>{_MEASURE})|(?P<value>{_VALUE})|(?P<end>\\[nr]|[\r\n]+)|{_ESCAPES}"
        )

    @staticmethod
    def in_json(mask: str) -> Iterator[Piece]:
        """The pieces of a unit of JSON, in order: each string, and what stands between."""
        return _in_json(mask)

    @staticmethod
    def in_leaves(leaves: Sequence[Leaf], mask: str) -> list[Piece]:
        """The pieces of another unit, in order: its leaves."""
        apart = leaves if len(leaves) == 1 else _apart(leaves)
        return [(leaf.start, mask[leaf.start : leaf.end], leaf.coding in ("number", "bytes")) for leaf in apart]

    def words(self, mask: str, is_number: bool) -> Words:
        """Return the words of a piece with that mask."""
        if is_number and _STRUCTURE.fullmatch(mask):
            return _numbers(mask)
        if mask in OF_FORMATS:
            return NOTHING
        statements: list[Statement] = []
        literals: list[str] = []
        stretches: list[tuple[int, int]] = []
        values: list[tuple[int, int]] = []
        position = 0

        def literal(end: int) -> None:
            literals.append(mask[position:end])
            if not _says_nothing(literals[-1]):
                stretches.append(_trimmed(mask, position, end))

        def line() -> None:
            if stretches:
                says = "\0#".join(literal.replace("\0", "\0\0") for literal in literals)
                statements.append(Statement(says, tuple(stretches)))
            literals.clear()
            stretches.clear()

        run: tuple[int, int, bool] | None = None
        for m in self._tokens.finditer(mask):
            kind = m.lastgroup
            if kind is None:  # an escape is a letter like others
                continue
            between = mask[position : m.start()]
            literal(m.start())
            position = m.end()
            if kind != "value" and kind != "measure":
                run = None
                if kind == "end":
                    line()
                elif kind == "form":
                    values.append(m.span())
                continue
            start, small = m.start(), kind == "measure" or _is_small(m[0])
            both = run is not None and run[2] and small and kind == "value"
            if run is not None and _STILL.fullmatch(between) and (both or between.strip() == between):
                start, small = run[0], both and _is_small(mask[run[0] : m.end()])
                if values and values[-1][0] == start:
                    values.pop()
            run = (start, m.end(), small)
            if not small:
                values.append((start, m.end()))
        literal(len(mask))
        line()
        return Words(tuple(statements), tuple(values)) if statements or values else NOTHING


def is_json(raw: Raw) -> bool:
    """True if a unit is JSON from its beginning to its end."""
    leaves = raw.leaves
    if not raw.parsed or raw.frame is not None or raw.cut is not None:
        return False
    if raw.value is not None:
        return True
    if not leaves or leaves[0].coding not in _IN_JSON:  # most lines of text end here
        return False
    return all(leaf.coding in _IN_JSON and not leaf.group for leaf in leaves)


def _in_json(mask: str) -> Iterator[Piece]:
    """Strings and what stands between, one after the other. A part of a document begins outside of a string."""
    if "\\" in mask:
        for m in _STRING.finditer(mask):
            yield (m.start(), m[0], True) if m[1] is None else (m.start(1), m[1], False)
        return
    position, inside = 0, False
    for part in mask.split('"'):
        if inside or part not in _SIGNS:
            yield position, part, not inside
        position += len(part) + 1
        inside = not inside


def _numbers(mask: str) -> Words:
    """The numbers in what stands between the strings of JSON."""
    numbers = tuple(m.span() for m in _NUMBERS.finditer(mask) if not _is_small(m[0]))
    return Words((), numbers, True) if numbers else NOTHING


def _is_small(mask: str) -> bool:
    return mask.count("0") <= _MOST_DIGITS and _FORM not in mask and _SMALL.fullmatch(mask) is not None and mask.isascii()


def is_harmless(value: str) -> bool:
    """Returns True if a value says nothing by its form: a time, a UUID, an id of 16 or 32 hexadecimal digits.

    Ids that are readable text in other digits are none.
    """
    if len(value) == 36:
        # without the digits of its variant, which no readable text has there
        return _UUID.fullmatch(value) is not None and not _reads(value[:19].replace("-", "") + value[21:].replace("-", ""))
    if value.isdigit():
        return len(value) in (16, 19) and int(value[:10]) in _EPOCHS
    if len(value) in (16, 32) and value.isalnum():
        return not _reads(value)
    return _TIME.fullmatch(value) is not None


def is_harmless_id(text: str) -> bool:
    """True for a text that is one harmless id and nothing else, which needs no cutter to be seen."""
    size = len(text)
    if size == 36:
        return is_harmless(text)
    return (size == 32 or size == 16 or size == 19) and _DIGITS.fullmatch(text) is not None and is_harmless(text)


def _reads(digits: str) -> bool:
    """True if hexadecimal digits encode a readable text."""
    try:
        text = bytes.fromhex(digits).decode("utf-8", "replace")  # what stands for bytes that are none is no letter
    except ValueError:
        return True
    return all(letter.isalnum() or letter in _READABLE for letter in text)


def _says_nothing(literal: str) -> bool:
    """Returns True if the text between two values is no word: it is a few signs, or written by the format itself."""
    return _STILL.fullmatch(literal) is not None or literal in OF_FORMATS


def _apart(leaves: Iterable[Leaf]) -> list[Leaf]:
    """The leaves in order, without those that stand in others."""
    found: list[Leaf] = []
    for leaf in sorted(leaves, key=lambda leaf: (leaf.start, -leaf.end)):
        if not found or leaf.start >= found[-1].end:
            found.append(leaf)
    return found


def _trimmed(mask: str, start: int, end: int) -> tuple[int, int]:
    """A stretch without a few signs at its ends, if there is anything else in it."""
    part = mask[start:end]
    if not part.strip(TRIMMED):
        return start, end
    before, behind = len(part) - len(part.lstrip(TRIMMED)), len(part) - len(part.rstrip(TRIMMED))
    return start + min(before, _MOST_TRIMMED), end - min(behind, _MOST_TRIMMED)
