"""Holds detectors to their examples: what `logscrub detectors test` and the test suite run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from logscrub.detect.catalogue import Catalogue, Detector, Harmless, marked
from logscrub.detect.engine import Engine
from logscrub.detect.refusals import reasons


class Failure(NamedTuple):
    """An example that does not hold. Examples are invented, so they may be shown."""

    detector: str
    example: str
    found: str
    """The example's text with «marks» round what was found."""
    reasons: tuple[str, ...]
    """One sentence for each stretch that was missed or found wrongly: which part of the detector refused or found it."""


def failures(catalogue: Catalogue, only: str | None = None) -> list[Failure]:
    """The examples and counterexamples that do not hold, each detector running alone (with the harmless stretches).

    Args:
        catalogue: the detectors in force.
        only: the id of the detector or harmless stretch to try; None for all.
    """
    out: list[Failure] = []
    for detector in catalogue.detectors:
        if only in (None, detector.id):
            out += _failures(detector, replace(catalogue, detectors=(detector,)))
    for harmless in catalogue.harmless:
        if only in (None, harmless.id):
            probe = _probe(harmless)
            out += _failures(probe, replace(catalogue, detectors=(probe,), harmless=()))
    return out


def _failures(detector: Detector, alone: Catalogue) -> Iterator[Failure]:
    engine = Engine(alone)
    for example in (*detector.examples, *detector.counterexamples):
        text, wanted = marked(example)
        found = engine.scan(text)
        got = [(span.start, span.end) for span in found]
        if got != wanted:
            yield Failure(detector.id, example, mark(text, got), tuple(reasons(detector, alone, text, wanted, found)))


def _probe(harmless: Harmless) -> Detector:
    """Returns a detector that finds what a harmless stretch protects, so that the examples of both kinds are tested in one
    way."""
    return Detector(
        harmless.id,
        "X",
        "name",
        "",
        patterns=harmless.patterns,
        examples=harmless.examples,
        counterexamples=harmless.counterexamples,
    )


def mark(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with «marks» round `spans`."""
    out, position = "", 0
    for start, end in spans:
        out += text[position:start] + "«" + text[start:end] + "»"
        position = end
    return out + text[position:]
