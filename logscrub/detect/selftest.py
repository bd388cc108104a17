"""Holds detectors to their examples: what `logscrub detectors test` and the test suite run."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from logscrub.detect.catalogue import Catalogue, Detector, Harmless, marked
from logscrub.detect.engine import Engine


class Failure(NamedTuple):
    """An example that does not hold. Examples are invented, so they may be shown."""

    detector: str
    example: str
    found: str
    """The example's text with «marks» round what was found."""


def failures(catalogue: Catalogue) -> list[Failure]:
    """The examples and counterexamples that do not hold, each detector running alone (with the harmless spans)."""
    out: list[Failure] = []
    for detector in catalogue.detectors:
        engine = Engine(replace(catalogue, detectors=(detector,)))
        for example in (*detector.examples, *detector.counterexamples):
            text, want = marked(example)
            got = [(s.start, s.end) for s in engine.judge(text)]
            if got != want:
                out.append(Failure(detector.id, example, mark(text, got)))
    for harmless in catalogue.harmless:
        out += _harmless_failures(harmless, catalogue)
    return out


def _harmless_failures(harmless: Harmless, catalogue: Catalogue) -> list[Failure]:
    probe = Detector(harmless.id, "X", "name", "", patterns=harmless.patterns)
    engine = Engine(replace(catalogue, detectors=(probe,), harmless=()))
    out = []
    for example in (*harmless.examples, *harmless.counterexamples):
        text, want = marked(example)
        got = [(s.start, s.end) for s in engine.judge(text)]
        if got != want:
            out.append(Failure(harmless.id, example, mark(text, got)))
    return out


def mark(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` with «marks» round `spans`."""
    out, position = "", 0
    for start, end in spans:
        out += text[position:start] + "«" + text[start:end] + "»"
        position = end
    return out + text[position:]
