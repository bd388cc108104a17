"""A recognizer for Presidio that runs all detectors, for use in a Presidio pipeline.

    from presidio_analyzer import AnalyzerEngine
    from logscrub.detect.presidio import LogscrubRecognizer

    analyzer = AnalyzerEngine()
    analyzer.registry.add_recognizer(LogscrubRecognizer())

It scans a text as one that stands by itself: what a field's name says in JSON, what stands in base64, and what a line continues
is seen only as far as the text shows it. `logscrub.detect.names.presidio` has the recognizers of names alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from presidio_analyzer import EntityRecognizer, RecognizerResult

from logscrub.detect import catalogue
from logscrub.detect.engine import Engine
from logscrub.detect.names import Names
from logscrub.detect.names.presidio import SCORE


class LogscrubRecognizer(EntityRecognizer):
    """Finds what logscrub finds in a text, under logscrub's entity types. It needs nothing of Presidio's NLP engine."""

    def __init__(self, detectors: Iterable[Path] = (), *, language: str = "en") -> None:
        """`detectors`: folders besides the built-in one."""
        found = catalogue.load(detectors)
        self._engine = Engine(found, names=Names())
        super().__init__(supported_entities=sorted(found.entity_types), name="Logscrub", supported_language=language)

    def load(self) -> None:
        """Does nothing: the detectors are loaded when the recognizer is made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Returns the findings in `text`. A certain finding has the score 1."""
        return [
            RecognizerResult(span.entity_type, span.start, span.end, 1.0 if span.certainty == "certain" else SCORE)
            for span in self._engine.scan(text)
            if not entities or span.entity_type in entities
        ]
