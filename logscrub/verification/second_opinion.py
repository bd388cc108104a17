"""A second opinion: plain Presidio, with all its recognizers, reads what was verified. What it would call personal and logscrub
does not is told by kind and place, never by value, with why it was let stand. It is an opinion and no finding: Presidio takes
much of a log for personal that is not.

It reads the text as it stands, line by line; of what is too long for it, piece by piece.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import metadata
from random import Random
from typing import Any, Final, NamedTuple

from logscrub.detect.engine import Engine
from logscrub.model import Span
from logscrub.redact.scrub import Redactor
from logscrub.sources.text import TextDecoder
from logscrub.verification import FileReport

LOWEST_SCORE: Final = 0.35
"""The least score at which Presidio's own findings count."""
MOST_LISTED: Final = 10_000
NOTHING: Final = "nothing says so"
_LONGEST: Final = 2000
"""Characters that Presidio is asked about at once."""
_SAYS = re.compile(r"[^\W_]")
_UNDECODED = re.compile("[\ud800-\udfff]")


class Piece(NamedTuple):
    """A line, or a piece of one. Lines and columns count from 1."""

    path: str
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that Presidio calls personal and logscrub does not."""

    path: str
    line: int
    column: int
    entity_type: str
    """The entity type, as Presidio names it."""
    score: float
    why: str
    """Why logscrub lets it stand."""


@dataclass(slots=True)
class Opinion:
    """The result of Presidio."""

    tool: str
    version: str
    model: str
    lines: int
    """Lines that there were, but for blank ones."""
    asked: int
    """The number of these lines that Presidio scanned."""
    seed: int | None
    """The seed by which these lines were chosen; None where it was all of them."""
    differs: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(entity type, reason why logscrub keeps it) -> number of differences."""
    differences: list[Difference] = field(default_factory=list)
    """The first 10,000."""

    def as_dict(self) -> dict[str, Any]:
        """The opinion as JSON has it."""
        kinds = sorted(self.kinds.items(), key=lambda kind: (-kind[1], kind[0]))
        return {
            "tool": self.tool,
            "version": self.version,
            "model": self.model,
            "lines": self.lines,
            "asked": self.asked,
            "seed": self.seed,
            "differs": self.differs,
            "kinds": [{"entity_type": entity_type, "why": why, "count": count} for (entity_type, why), count in kinds],
            "differences": [asdict(difference) for difference in self.differences],
        }


class Pieces:
    """Takes the lines of all inputs, or of a sample so many, chosen by chance from a seed."""

    def __init__(self, most: int | None = None, seed: int = 1) -> None:
        self.lines = 0
        self.taken: list[Piece] = []
        self._most = most
        self._chance = Random(seed)
        self.seed = None if most is None else seed

    def reader(self, path: str) -> Reader:
        """Return a reader of the bytes of one input, which reports call `path`."""
        return Reader(self, path)

    def add(self, piece: Piece) -> None:
        self.lines += 1
        if self._most is None or len(self.taken) < self._most:
            self.taken.append(piece)
        elif (place := self._chance.randrange(self.lines)) < self._most:
            self.taken[place] = piece


class Reader:
    """Cuts the bytes of an input into pieces."""

    def __init__(self, pieces: Pieces, path: str) -> None:
        self._pieces = pieces
        self._path = path
        self._decoder = TextDecoder()
        self._held = ""
        self._line = self._column = 1

    def feed(self, data: bytes) -> None:
        """Takes the next bytes of the input, in which it cuts lines."""
        self._cut(self._decoder.feed(data), False)

    def finish(self) -> None:
        """Takes the last line, which may have no end."""
        self._cut(self._decoder.finish()[0], True)

    def _cut(self, text: str, final: bool) -> None:
        *lines, self._held = (self._held + text).split("\n")
        for line in lines:
            self._add(line)
            self._line, self._column = self._line + 1, 1
        if final or len(self._held) > 2 * _LONGEST:
            last = len(self._held) if final else len(self._held) - _LONGEST
            self._held, rest = self._held[:last], self._held[last:]
            self._add(self._held)
            self._held = rest

    def _add(self, text: str) -> None:
        for start in range(0, len(text), _LONGEST):
            part = text[start : start + _LONGEST]
            if _SAYS.search(part):
                self._pieces.add(Piece(self._path, self._line, self._column, part))
            self._column += len(part)


def ask(pieces: Pieces, reports: Iterable[FileReport], redactor: Redactor, whole: Engine, model: str) -> Opinion:
    """Returns Presidio's opinion about the texts that were taken.

    Args:
        pieces: the texts that were taken.
        reports: the findings of logscrub in the files.
        redactor: the redactor that made the findings.
        whole: an engine that also scans for the rows that the policy keeps.
        model: spaCy's package.
    """
    opinion = Opinion(
        "presidio-analyzer", metadata.version("presidio-analyzer"), model, pieces.lines, len(pieces.taken), pieces.seed
    )
    analyzer = _presidio(model)
    because = _Because(redactor, whole)
    found = {(report.path, finding.line) for report in reports for finding in report.findings}
    for piece in sorted(pieces.taken):
        text = _UNDECODED.sub("\ufffd", piece.text)
        for r in _apart(r for r in analyzer.analyze(text=text, language="en") if r.score >= LOWEST_SCORE):
            why = because.of(text, r.start, r.end, (piece.path, piece.line) in found)
            if why is None:
                continue
            opinion.differs += 1
            opinion.kinds[r.entity_type, why] += 1
            if len(opinion.differences) < MOST_LISTED:
                at = piece.column + r.start
                opinion.differences.append(Difference(piece.path, piece.line, at, r.entity_type, round(r.score, 2), why))
    return opinion


def _apart(results: Iterable[Any]) -> list[Any]:
    """Returns the best of overlapping results of one entity type, in the order of the text."""
    kept: list[Any] = []
    for r in sorted(results, key=lambda r: (-r.score, r.start - r.end, r.start)):
        if not any(r.entity_type == one.entity_type and r.start < one.end and one.start < r.end for one in kept):
            kept.append(r)
    return sorted(kept, key=lambda r: (r.start, r.end, r.entity_type))


class _Because:
    """Says why logscrub lets something stand."""

    def __init__(self, redactor: Redactor, whole: Engine) -> None:
        self._redactor = redactor
        self._whole = whole
        self._harmless = [(h.id, [re.compile(p) for p in h.patterns]) for h in redactor.engine.catalogue.harmless]
        self._text = ""
        self._known: list[tuple[int, int, str]] = []

    def of(self, text: str, start: int, end: int, has_findings: bool) -> str | None:
        """The reason; None of what is a placeholder, or is a finding of logscrub's too, of which the line `has_findings`."""
        placeholders = [m.span() for m in self._whole.placeholder.finditer(text)]
        rest = "".join(c for n, c in enumerate(text[start:end], start) if not any(a <= n < b for a, b in placeholders))
        if not _SAYS.search(rest):
            return None
        if text != self._text:
            self._text, self._known = text, list(self._reasons(text))
        reasons = [why for a, b, why in self._known if a < end and start < b]
        if has_findings and "" in reasons:
            return None
        return next(filter(None, reasons), NOTHING)

    def _reasons(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yields the stretches of a text with a reason, and the reason; "" for a value that is redacted as text, in no field."""
        for span in self._whole.scan(text):
            yield span.start, span.end, self._reason_of(span, text)
        for name, patterns in self._harmless:
            for pattern in patterns:
                for m in pattern.finditer(text):
                    yield m.start(), m.end(), f"harmless: {name}"

    def _reason_of(self, span: Span, text: str) -> str:
        if not self._redactor._goes(span):
            return f"the policy keeps: {span.guideline}"
        return "the allow-list" if self._redactor._stays(span, text) else ""


def told(opinion: Opinion, limit: int | None = None) -> Iterable[str]:
    """The opinion for people, a line each. `limit`: how many differences are listed at most."""
    for d in opinion.differences[:limit]:
        yield f"{d.path}:{d.line}:{d.column}: {d.entity_type}, says Presidio ({d.score:.2f}); let stand: {d.why}"
    if opinion.kinds:
        yield "second opinion, by kind and by why it is let stand:"
    for (entity_type, why), count in sorted(opinion.kinds.items(), key=lambda kind: (-kind[1], kind[0])):
        yield f"  {count:,}  {entity_type}; {why}"
    yield headline(opinion.as_dict())


def headline(opinion: Any) -> str:
    """Returns a line with the number of differences and the share that was asked. `opinion`: as a proof holds it."""
    part = "all" if opinion["seed"] is None else f"{opinion['asked']:,} (a sample, seed {opinion['seed']}) of"
    return (
        f"second opinion: {opinion['tool']} {opinion['version']} read {part} {opinion['lines']:,} lines, and calls "
        f"{opinion['differs']:,} things personal that logscrub lets stand"
    )


def _presidio(model: str) -> Any:
    """Presidio as it comes, with spaCy's package `model`. Takes some seconds. Nothing of it touches the network."""
    import logging
    import socket

    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    had_ipv6, socket.has_ipv6 = socket.has_ipv6, False  # urllib3 would bind a socket to learn whether there is IPv6
    try:
        import tldextract.tldextract as tld
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
    finally:
        socket.has_ipv6 = had_ipv6
    tld.TLD_EXTRACTOR = tld.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list that comes with it: no network

    class LoadedSpacyEngine(SpacyNlpEngine):
        """Presidio's engine with a pipeline that is loaded already: its own loader would look for downloads."""

        def __init__(self, nlp: Any) -> None:
            super().__init__()
            self.nlp = {"en": nlp}  # type: ignore[assignment]

    return AnalyzerEngine(nlp_engine=LoadedSpacyEngine(importlib.import_module(model).load()), supported_languages=["en"])
