"""The recognizers of names as recognizers of Presidio's, for its registry.

    from presidio_analyzer import AnalyzerEngine
    from logscrub.detect.names.presidio import registry

    analyzer = AnalyzerEngine(registry=registry("lists"), nlp_engine=…)

logscrub itself calls `ListedNames` and `NerNames` directly: importing Presidio takes seconds, which lists need not wait for.
"""

from __future__ import annotations

from typing import Any

from presidio_analyzer import EntityRecognizer, RecognizerRegistry, RecognizerResult

from logscrub.detect.names import DEFAULT_KIND, DEFAULT_MODEL, Kind, NameRecognizer
from logscrub.detect.names.lexicon import Lexicon, lexicon
from logscrub.detect.names.ner import NerNames
from logscrub.detect.names.recognizer import ListedNames

SCORE = 0.85
"""Accepts the arguments that Presidio passes to its own recognizer of names."""


class PersonRecognizer(EntityRecognizer):
    """A recognizer of names in Presidio's clothes: finds PERSON. It needs nothing of Presidio's NLP engine."""

    def __init__(self, recognizer: NameRecognizer, name: str) -> None:
        """`name`: what results say found them."""
        self._recognizer = recognizer
        super().__init__(supported_entities=["PERSON"], name=name, supported_language="en")

    def load(self) -> None:
        """Does nothing: the recognizer is loaded when it is made."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """The names in `text`, as results of Presidio's."""
        return [RecognizerResult("PERSON", span.start, span.end, SCORE) for span in self._recognizer.recognise(text)]


def registry(kind: Kind = DEFAULT_KIND, model: str = DEFAULT_MODEL, words: Lexicon | None = None) -> RecognizerRegistry:
    """A registry of Presidio's with the recognizers of a kind, and no others. `words`: the lists with a user's own words."""
    words = words or lexicon()
    recognizers = []
    if kind != "ner":
        recognizers.append(PersonRecognizer(ListedNames(words), "ListedNames"))
    if kind != "lists":
        recognizers.append(PersonRecognizer(NerNames(model, words), "NerNames"))
    return RecognizerRegistry(recognizers=recognizers, supported_languages=["en"])
