"""Proof that a log holds no customer data: the same detectors, read-only, and every finding with its place, never its value."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.detect.json_leaves import pointer
from logscrub.model import Raw, Span
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Units

MOST_FINDINGS = 10_000
"""Findings of one file that are listed; the others are counted."""


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
    """The same for the same finding in the same text, wherever the line has moved; made without the value."""


@dataclass(slots=True)
class FileReport:
    """What verify says about one file."""

    path: str
    sha256: str = ""
    records: int = 0
    unread: int = 0
    """Records that could not be scanned, a part of one (a line that goes on) counted as one: the file is not clean."""
    found: int = 0
    """How many findings there are; `findings` lists the first 10,000."""
    kinds: dict[str, int] = field(default_factory=dict)
    """How many findings there are of each entity type."""
    findings: list[Finding] = field(default_factory=list)
    error: str = ""
    """Why the file could not be read (to the end)."""
    skipped: bool = False
    """Whether it was not opened because a folder holds it and it is no file that can be read; `error` says why."""

    def add(self, other: FileReport) -> None:
        """What was found in the next part of the file."""
        self.records += other.records
        self.unread += other.unread
        self.found += other.found
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count
        self.findings += other.findings[: MOST_FINDINGS - len(self.findings)]

    @property
    def clean(self) -> bool:
        return not (self.found or self.unread or self.error)

    def as_dict(self) -> dict[str, Any]:
        out = asdict(self)
        return {**out, "clean": self.clean}


class Verifies(Protocol):
    """What verifies one input. Feed it bytes, then `finish`; `report` holds the findings."""

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
        self.report = FileReport(path)

    def feed(self, data: bytes, more: bool = False) -> None:
        """Scans the units that are complete with `data`."""
        for raw in self._units.feed(data):
            self._open = self.look(raw, self._open)

    def finish(self) -> FileReport:
        """Scans what was still open, and returns the report."""
        for raw in self._units.finish()[0]:
            self._open = self.look(raw, self._open)
        return self.report

    def look(self, raw: Raw, before: Open) -> Open:
        """Scans a unit, and says what it leaves open."""
        self.report.records += raw.records
        try:
            spans, after, _ = self._redactor.look(raw, before)
            for span in spans:
                if not span.entity_type:
                    continue  # the rest of a value that was cut: it is counted where it begins
                self.report.found += 1
                self.report.kinds[span.entity_type] = self.report.kinds.get(span.entity_type, 0) + 1
                if len(self.report.findings) < MOST_FINDINGS:
                    self.report.findings.append(self._finding(raw, spans, span))
        except Exception:  # a record that cannot be scanned cannot be called clean; its message may quote it
            clean, after = self._redactor.withhold(raw, before)
            if clean.withheld:
                self.report.unread += max(1, raw.records)
        return after

    def _finding(self, raw: Raw, spans: list[Span], span: Span) -> Finding:
        before = raw.text[: span.start]
        lines = before.count("\n")
        column = len(before) - before.rfind("\n") if lines else raw.column + len(before)
        leaf = next((x for x in raw.leaves if x.start <= span.start and span.end <= x.end + 1), None)
        where = ""
        if leaf is not None and leaf.pointer:
            where = self._shown(leaf.pointer)
        elif leaf is not None and leaf.coding in ("json", "name", "number"):
            where = "".join("/" + self._shown(p) for p in pointer(raw.text, span.start, raw.inside))
        nth = sum(s.start < span.start for s in spans)
        skeleton = "".join(
            raw.text[a.end if a else 0 : b.start if b else len(raw.text)] + (f"<{b.entity_type}>" if b else "")
            for a, b in zip([None, *spans], [*spans, None], strict=True)
        )
        digest = hashlib.sha256(f"{span.detector}\0{nth}\0{skeleton}".encode("utf-8", "surrogatepass")).hexdigest()
        return Finding(raw.line + lines, column, where, span.entity_type, span.guideline, span.detector, digest[:32])

    def _shown(self, name: str) -> str:
        """A name of a pointer, itself without customer data."""
        shown, position = "", 0
        for span in self._redactor.engine.judge(name):
            shown += name[position : span.start] + f"<{span.entity_type}>"
            position = span.end
        return (shown + name[position:]).replace("~", "~0").replace("/", "~1")
