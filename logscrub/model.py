"""The values that flow through logscrub.

`Raw` is text as it came in, `Clean` is text that may leave. They are different types on purpose: writers take only
`Clean`, and `logscrub.redact.scrub` alone makes one. Neither shows its text in a `repr`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

WITHHELD = "<WITHHELD>"
"""Stands in the place of what could not be scanned."""
RARE = "<RARE>"
"""Stands in the place of what too few customers have said."""
MARKS = ("WITHHELD", "RARE")
"""Both without their brackets: placeholders that are of no detector."""

Certainty = Literal["certain", "likely"]

FieldPath = tuple[str, ...]
"""Names of the fields a value stands in, outermost first, at most two: `("assignee", "displayName")`."""


class Inner(NamedTuple):
    """A text that stands encoded in another: what it says and what was found in it."""

    text: str
    spans: tuple[Span, ...]
    alphabet: Literal["base64", "base64url", "hex", "array", "string"]
    """An array of bytes whose clean text takes its place as a JSON string is a "string", any other an "array"."""
    padded: bool

    def __repr__(self) -> str:
        return f"Inner({self.alphabet}, {len(self.spans)} spans)"


class Span(NamedTuple):
    """A stretch `[start, end)` of a text that must go."""

    start: int
    end: int
    entity_type: str
    guideline: str
    detector: str
    certainty: Certainty
    plain: str
    """The decoded value, from which pseudonyms are made. Never print it."""
    requote: str = ""
    """Put before and after the placeholder, where a JSON number becomes a JSON string."""
    inner: Inner | None = None
    """Set where the value is an encoding of a text (base64, hex) in which something was found."""

    def __repr__(self) -> str:
        return f"Span({self.start}, {self.end}, {self.entity_type}, {self.detector})"


def moved(span: Span, start: int, end: int, plain: str) -> Span:
    """A span at another place, of another value: `_replace`, several times as fast."""
    return tuple.__new__(Span, (start, end, span[2], span[3], span[4], span[5], plain, span[7], span[8]))


def opaque(text: str, spans: Iterable[Span]) -> str:
    """A text with the letters of spans replaced by a sign that no detector takes for anything; of the same length."""
    parts, position = [], 0
    for span in sorted(spans, key=lambda s: s.start):
        if span.end > position:
            start = max(span.start, position)
            parts += [text[position:start], "\x1a" * (span.end - start)]
            position = span.end
    return "".join([*parts, text[position:]])


class Leaf(NamedTuple):
    """A part `[start, end)` of a record's text that is scanned on its own: one JSON string, one CSV cell, one line."""

    start: int
    end: int
    field: FieldPath
    coding: Literal["text", "plain", "json", "name", "number", "bytes", "csv", "xml", "query", "scanned"]
    """The way it is written: a line of text, a value as it is, a string, name, number or array of numbers in JSON, a CSV cell, a
    text in XML, a URL's query without question mark, a line of text that has been scanned (only what it leaves open counts)."""
    pointer: str = ""
    """JSON pointer (RFC 6901) or column name, for findings. May name keys; never shown unscrubbed."""
    typed: tuple[int, int] | None = None
    """The place of the name of an OTLP value's type (`intValue`). With a placeholder, the value becomes a `stringValue`."""
    group: int = 0
    """The pieces of a text that was cut have the same number, which is not 0, and are scanned as one text."""


def later(start: int = 0) -> tuple[Leaf, ...]:
    """Stands for the leaves of the JSON that begins at a place of a text, while nobody has looked for them yet."""
    return (Leaf(-1 - start, -1, (), "json"),)


LATER = later()


class Cut(NamedTuple):
    """A text that may be a piece of one that was cut, and what stands around it there."""

    before: str
    piece: Leaf
    """Its place in the unit's text."""
    behind: str

    def __repr__(self) -> str:
        return "Cut()"


class Size(NamedTuple):
    """The place where a unit's text gives the size of a stretch of it in bytes (UTF-8). Redaction updates the number."""

    start: int
    end: int
    """The number stands in `[start, end)`."""
    before: int
    """Characters of the unit before what is counted."""
    behind: int
    """Characters of the unit behind it."""
    is_binary: bool
    """True for eight bytes, the lowest first; False for decimal digits."""


class Place(NamedTuple):
    """A place in a JSON document: the member of that name, or the element of that index, in the value at `around`.

    Records of one list share what is around them, so that a deep document takes no more memory than a flat one."""

    around: Place | None
    name: str | int

    def names(self) -> list[str | int]:
        """Names of objects and indices of lists, outermost first."""
        found, place = [self.name], self.around
        while place is not None:
            found.append(place.name)
            place = place.around
        return found[::-1]


Frame = Callable[[str], list[tuple[int, int]]]
"""Stretches `[start, end)` of a text that stay, in order."""


class Raw(NamedTuple):
    """One unit of input: a line, a JSON value or a part of a JSON document, a CSV row, with its line end."""

    text: str
    leaves: tuple[Leaf, ...]
    line: int
    """The line it begins on, from 1."""
    column: int
    """The character of that line it begins at, from 1."""
    records: int = 1
    """The number of log records that begin in it (0 for the continuation of one)."""
    parsed: bool = True
    """False where it should have had its format's shape but did not, and is scanned as text."""
    inside: Place | None = None
    """Its place in a JSON document; None outside of one."""
    value: Any = None
    """The parsed value of a unit that is one JSON value, for counting; None for other units."""
    size: Size | None = None
    """The number of bytes that its text says it has, where its format does that."""
    cut: Cut | None = None
    """Set where a text may be a piece of a longer one: values that reach over its ends go too."""
    frame: Frame | None = None
    """Set where leaves include characters by which the reader cuts (delimiters, quotes, brackets): says where these stand in the
    text, or in what redactions made of it. They stay, so that the clean text is cut as the raw text was."""

    def __repr__(self) -> str:
        return f"Raw(line={self.line}, column={self.column})"


class Clean(NamedTuple):
    """Scrubbed text: the only thing that writers accept. Made by `logscrub.redact.scrub` alone."""

    text: str
    redactions: tuple[str, ...]
    """The entity type of each redaction, in order."""
    records: int
    parsed: bool
    withheld: bool = False

    def __repr__(self) -> str:
        return f"Clean(records={self.records}, withheld={self.withheld})"
