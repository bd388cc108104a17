"""Proof that a log holds no customer data: the same detectors, read-only, and every finding with its place, never its value."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.detect.json_leaves import pointers
from logscrub.model import Leaf, Raw, Span
from logscrub.redact.scrub import Allowed, Redactor
from logscrub.scrubbing import Units

_Counted = TypeVar("_Counted")

MOST_FINDINGS = 10_000
"""Findings of one file that are listed; the others are counted."""
_IN_JSON = ("json", "name", "number", "bytes")
_LONGEST_SKELETON = 4096
"""Bytes of a unit without its values that go into each finding's fingerprint as they are; of a longer one, their digest does."""
_LONGEST_PART, _MOST_PARTS = 200, 100
"""Characters of a name in a pointer, and names in one, that are shown: a finding's place must not be longer than its record."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Customer data at a place. Lines and columns (characters) count from 1; `pointer` is a JSON pointer or a column's name."""

    line: int
    column: int
    pointer: str
    entity_type: str
    guideline: str
    detector: str
    fingerprint: str
    """An id that a finding keeps where its line moves within the text. It is made without the value."""


@dataclass(slots=True)
class FileReport:
    """The report of `verify` on one file."""

    path: str
    sha256: str = ""
    """SHA-256 of the file as stored; for a member, that of its archive."""
    content_sha256: str = ""
    """SHA-256 of the decompressed content; for a member, that of the member."""
    records: int = 0
    unread: int = 0
    """Records that could not be scanned, a part of one (a line that goes on) counted as one: the file is not clean."""
    found: int = 0
    """The number of findings; `findings` lists the first 10,000."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Entity type -> number of findings."""
    detectors: dict[str, int] = field(default_factory=dict)
    """Detector -> number of findings, for those that found something."""
    allowed: dict[Allowed, int] = field(default_factory=dict)
    """Entry of the allow-list -> number of findings that it kept."""
    findings: list[Finding] = field(default_factory=list)
    error: str = ""
    """Why the file could not be read (to the end)."""
    skipped: bool = False
    """True if it was not opened, because it was found in a folder and is no file that can be read; `error` says why."""
    archive: str = ""
    """The path of the archive, for a member of an archive or its comments. The report for machines has it in `path` alone."""

    def add(self, other: FileReport) -> None:
        """Adds the findings in the next part of the file."""
        self.records += other.records
        self.unread += other.unread
        self.found += other.found
        _count(self.kinds, other.kinds)
        _count(self.detectors, other.detectors)
        _count(self.allowed, other.allowed)
        self.findings += other.findings[: MOST_FINDINGS - len(self.findings)]

    @property
    def clean(self) -> bool:
        return not (self.found or self.unread or self.error)

    def as_dict(self) -> dict[str, Any]:
        out = asdict(self)
        del out["archive"]
        out["detectors"] = dict(sorted(self.detectors.items()))
        out["allowed"] = [{"entry": n + 1, "detector": d, "count": count} for (n, d), count in sorted(self.allowed.items())]
        return {**out, "clean": self.clean}


def _count(into: dict[_Counted, int], more: Mapping[_Counted, int]) -> None:
    for what, count in more.items():
        into[what] = into.get(what, 0) + count


class Verifies(Protocol):
    """Verifies one input. Feed it bytes, then `finish`; `report` holds the findings."""

    report: FileReport

    def feed(self, data: bytes, more: bool = False) -> None:
        """Scans the units that are complete with `data`; where `more` follows at once, some may wait for it."""

    def finish(self) -> FileReport:
        """Scans what was still open, and returns the report."""


class Verifier:
    """The plain engine: one unit after the other. Feed it bytes, then `finish`; `report` holds the findings."""

    def __init__(self, redactor: Redactor, path: str, input_format: str = "auto") -> None:
        """`redactor`: its policy says what may stay; its key is not used."""
        self._redactor = redactor
        self._units = Units(input_format)
        self._open: Open = NOTHING_OPEN
        self._shown = lru_cache(maxsize=1024)(self._shown_now)
        self.report = FileReport(path)

    def feed(self, data: bytes, more: bool = False) -> None:
        """Scans the units that are complete with `data`."""
        self._look_at(self._units.feed(data), more)

    def finish(self) -> FileReport:
        """Scans what was still open, and returns the report."""
        self._look_at(self._units.finish()[0])
        return self.report

    def _look_at(self, units: Iterable[Raw], more: bool = False) -> None:
        for raw in units:
            self._open = self.look(raw, self._open)

    def look(self, raw: Raw, before: Open) -> Open:
        """Scans a unit, and says what it leaves open."""
        self.report.records += raw.records
        try:
            spans, after, allowed = self._redactor.look(raw, before)
            _count(self.report.allowed, Counter(allowed))
            self.add(raw, spans)
        except Exception:  # a record that cannot be scanned cannot be called clean; its message may quote it
            clean, after = self._redactor.withhold(raw, before)
            if clean.withheld:
                self.report.unread += max(1, raw.records)
        return after

    def add(self, raw: Raw, spans: Iterable[Span]) -> None:
        """Reports what was found in a unit."""
        # what has no type is the rest of a value that was cut: it is counted where it begins
        spans = [span for span in spans if span.entity_type]
        if spans:
            room = max(0, MOST_FINDINGS - len(self.report.findings))
            self.report.findings += list(self._findings(raw, spans, room))
            self.report.found += len(spans)
            _count(self.report.kinds, Counter(span.entity_type for span in spans))
            _count(self.report.detectors, Counter(span.detector for span in spans))

    def _findings(self, raw: Raw, spans: list[Span], most: int) -> Iterator[Finding]:
        """The first findings of a unit, in order. What all of them share is worked out once."""
        text = raw.text
        skeleton = "".join(
            text[a.end if a else 0 : b.start if b else len(text)] + (f"<{b.entity_type}>" if b else "")
            for a, b in zip([None, *spans], [*spans, None], strict=True)
        ).encode("utf-8", "surrogatepass")
        if len(skeleton) > _LONGEST_SKELETON:
            skeleton = hashlib.sha256(skeleton).digest()
        shown = spans[:most]
        leaves = _leaves_of(raw.leaves, shown)
        in_json = [span.start for span, leaf in zip(shown, leaves, strict=True) if leaf and leaf.coding in _IN_JSON]
        places = pointers(text, in_json, raw.inside)
        lines = counted = 0
        line_start = -1  # where the line begins that a finding stands in, if it is not the unit's first
        for nth, (span, leaf) in enumerate(zip(shown, leaves, strict=True)):
            lines += text.count("\n", counted, span.start)
            line_start = max(line_start, text.rfind("\n", counted, span.start))
            counted = span.start
            column = span.start - line_start if lines else raw.column + span.start
            where = ""
            if leaf is not None and leaf.coding in _IN_JSON:
                where = self._pointer(next(places))
            elif leaf is not None and leaf.pointer:
                where = self._shown(leaf.pointer)
            digest = hashlib.sha256(f"{span.detector}\0{nth}\0".encode() + skeleton).hexdigest()
            yield Finding(raw.line + lines, column, where, span.entity_type, span.guideline, span.detector, digest[:32])

    def _pointer(self, parts: list[str]) -> str:
        """A JSON pointer that may be shown; of one that is very deep, the end."""
        cut = ["…"] if len(parts) > _MOST_PARTS else []
        return "".join("/" + part for part in (*cut, *map(self._shown, parts[-_MOST_PARTS:])))

    def _shown_now(self, name: str) -> str:
        """A name of a pointer, itself without customer data; of a very long one, the beginning."""
        parts, position = [], 0
        for span in self._redactor.engine.scan(name):
            parts += [name[position : span.start], f"<{span.entity_type}>"]
            position = span.end
        shown = "".join([*parts, name[position:]])
        shown = shown if len(shown) <= _LONGEST_PART else shown[:_LONGEST_PART] + "…"
        return shown.replace("~", "~0").replace("/", "~1")


def _leaves_of(leaves: Sequence[Leaf], spans: Iterable[Span]) -> list[Leaf | None]:
    """For each of the spans, in order, the first leaf that it stands in. Leaves are in order, but for one of the whole text that
    may come last."""
    found: list[Leaf | None] = []
    n, last = 0, len(leaves) - 1
    for span in spans:
        while n < last and leaves[n].end + 1 < span.end:
            n += 1
        around = (leaf for leaf in (*leaves[n : n + 1], *leaves[-1:]) if leaf.start <= span.start and span.end <= leaf.end + 1)
        found.append(next(around, None))
    return found
