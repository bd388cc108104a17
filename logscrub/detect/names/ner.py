"""Names of persons by Presidio's named-entity recognition: a second opinion on prose.

The model follows the word more than its context and takes ordinary words of logs for persons, so it is only asked about
texts that could hold a name, and only believed where the words have the shape of one.

Presidio and spaCy take seconds to import: that happens when the first text needs them. Nothing here touches the network.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from logscrub.detect.names.lexicon import Lexicon
from logscrub.detect.names.prose import UPPER, WORD, is_code_word, is_prose
from logscrub.model import Span
from logscrub.patterns import regex

_PAIR = regex(rf"(?<![\w./:@#$%&=-])[{UPPER}][^\W\d_]+(?:['’-][^\W\d_]+)*[ ](?:[{UPPER}]\.[ ])?[{UPPER}][^\W\d_]+(?![\w/=(:@])")
_PARTICLES = frozenset("van von der den de da di do dos das del della la le el al bin ibn abu ben ter ten zu y e".split())


class NerNames:
    """Presidio's spaCy recognizer for PERSON, on the words that can be names."""

    def __init__(self, model: str, lexicon: Lexicon) -> None:
        """`model`: an installed spaCy pipeline package."""
        self._model = model
        self._lexicon = lexicon
        self._remembered: dict[str, tuple[tuple[int, int], ...]] = {}

    def recognise(self, text: str) -> list[Span]:
        if len(text) < 5 or text.isupper():
            return []
        found = []
        for start, part in _parts(text):
            if not _could_hold_names(part, self._lexicon):
                continue
            for s, e in self._persons(_UNDECODED.sub("\ufffd", _ID.sub(_zeros, part))):
                s, e = _name_shape(part, s, e, self._lexicon)
                if s < e:
                    found.append(Span(start + s, start + e, "PERSON", "name", "name_ner", "likely", part[s:e]))
        return found

    def _persons(self, text: str) -> tuple[tuple[int, int], ...]:
        """Returns the persons that the model finds in a text. Results are cached, because the model takes milliseconds."""
        if len(self._remembered) > 20_000:
            self._remembered.clear()
        if text not in self._remembered:
            self._remembered[text] = self._ask(text)
        return self._remembered[text]

    def _ask(self, text: str) -> tuple[tuple[int, int], ...]:
        analyzer, recognizer = presidio(self._model)
        artifacts = analyzer.process_text(text, "en")
        results = recognizer.analyze(text=text, entities=["PERSON"], nlp_artifacts=artifacts)
        return tuple((r.start, r.end) for r in results)


@lru_cache(maxsize=2)
def presidio(model: str) -> tuple[Any, Any]:
    """Presidio's NLP engine with the spaCy package `model`, and its recognizer for names. Takes about three seconds."""
    import importlib
    import logging
    import socket

    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    # urllib3, which Presidio imports, would bind a socket to learn whether there is IPv6: nothing here opens sockets
    had_ipv6, socket.has_ipv6 = socket.has_ipv6, False
    try:
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer
    finally:
        socket.has_ipv6 = had_ipv6

    class LoadedSpacyEngine(SpacyNlpEngine):
        """Creates Presidio's engine with a pipeline that is loaded already. Presidio's own loader would try to download one."""

        def __init__(self, nlp: Any) -> None:
            super().__init__()
            self.nlp = {"en": nlp}  # type: ignore[assignment]

    nlp = importlib.import_module(model).load(exclude=["parser", "tagger", "attribute_ruler", "lemmatizer", "senter"])
    return LoadedSpacyEngine(nlp), SpacyRecognizer(supported_language="en", supported_entities=["PERSON"])


_ID = regex(r"(?<![^\W_])(?=[0-9a-f-]*\d)[0-9a-f]{4,}(?:-[0-9a-f]{4,})*(?![^\W_])|\d")


_UNDECODED = regex("[\ud800-\udfff]")
"""Undecodable bytes of the input: the model takes no lone surrogates."""


def _zeros(m: re.Match[str]) -> str:
    return "0" * len(m[0])


def _is_common(lexicon: Lexicon, word: str) -> bool:
    """True if a word is an ordinary one, even if it may be a name as well."""
    return lexicon.grade(word) in ("word", "either", "family")


def _could_hold_names(text: str, lexicon: Lexicon) -> bool:
    """True if the model is worth running: the text has a pair of capitalised words, or one such word in prose, that are not all
    common words."""
    if any(not all(_is_common(lexicon, w) for w in WORD.findall(m[0])) for m in _PAIR.finditer(text)):
        return True
    capitalised = [m[0] for m in WORD.finditer(text) if m[0][0].isupper() and len(m[0]) > 1]
    if not capitalised or not is_prose(text):
        return False
    return any(not _is_common(lexicon, w) for w in capitalised) or _PAIR.search(text) is not None


def _parts(text: str) -> list[tuple[int, str]]:
    """The lines of a text, long ones cut at a space."""
    return [(m.start(), m[0]) for m in re.finditer(r"[^\n]{1,1900}(?:\s|$)|[^\n]{1,2000}", text)]


def _name_shape(text: str, start: int, end: int, lexicon: Lexicon) -> tuple[int, int]:
    """The part of a span that has the shape of a name; empty where none has."""
    best = (start, start)
    run: list[re.Match[str]] = []
    prose = is_prose(text)

    def close() -> tuple[int, int]:
        while run and run[-1][0].lower() in _PARTICLES:
            run.pop()
        while len(run) > 1 and run[0].start() and lexicon.grade(run[0][0]) == "word":
            run.pop(0)
        if not run or (all(_is_common(lexicon, m[0]) for m in run) and not (prose and len(run) > 1)):
            return start, start
        if not prose and (len(run) < 2 or any(_is_common(lexicon, m[0]) or is_code_word(m[0]) for m in run)):
            return start, start
        return run[0].start(), run[-1].end()

    for m in re.finditer(r"\S+", text[start:end]):
        inner = WORD.search(text, start + m.start(), start + m.end())
        good = inner is not None and inner[0][0].isupper() and not re.search(r"[\d_/\\=:<>{}()\[\]#@$%^*+|~]", m[0])
        if good and inner is not None and (prose or not inner[0].isupper() or len(inner[0]) <= 3):
            run.append(inner)
            continue
        if inner is not None and run and inner[0].lower() in _PARTICLES:
            run.append(inner)
            continue
        candidate = close()
        if candidate[1] - candidate[0] > best[1] - best[0]:
            best = candidate
        run = []
    candidate = close()
    return candidate if candidate[1] - candidate[0] > best[1] - best[0] else best
