"""How the clean text is made of any text of one template: which stretches go, and what takes their place.

`Redactor.scrub` is what a clean text is; a recipe remembers what it did with one text of a template, and does the same with
the others. Texts of one template have one form; where what goes does not follow from the form (`Look.rest`), there is no
recipe, and each text is scrubbed by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.model import Raw, Span
from logscrub.redact.scrub import Redactor


class Cut(NamedTuple):
    """A stretch of bytes `[start, end)` that goes."""

    start: int
    end: int
    entity_type: str
    is_pseudonym: bool
    """Whether a token made from the value takes its place, or one that is the same for all."""
    placeholder: bytes
    """What takes its place if not."""
    span: Span
    """As it was found; its value says nothing about other texts."""


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """What goes from the texts of a template, in order. Each is a thing of its own: two may say the same."""

    cuts: tuple[Cut, ...]

    def apply(self, text: bytes, redactor: Redactor) -> bytes:
        """A text of the template without what must go."""
        parts: list[bytes] = []
        position = 0
        for start, end, _, is_pseudonym, placeholder, span in self.cuts:
            parts.append(text[position:start])
            if is_pseudonym:
                value = text[start:end].decode("utf-8", "surrogateescape")
                placeholder = redactor.replacement(span._replace(plain=value)).encode("utf-8", "surrogateescape")
            parts.append(placeholder)
            position = end
        parts.append(text[position:])
        return b"".join(parts)


class Known(NamedTuple):
    """What became of one text of a template, and so becomes of all."""

    recipe: Recipe | None
    """None where nothing goes; see `alike`."""
    after: Open
    """What it leaves open for the next line."""
    alike: bool
    """False where each text of the template must be scrubbed by itself."""


def learn(redactor: Redactor, raw: Raw, before: Open, start: int = 0) -> Known:
    """What becomes of all texts whose template is that of a record's text. Places of cuts count from character `start` of it."""
    spans, after, rest = redactor.look_at_all(raw, before)
    if not spans:
        return Known(None, after, True)
    if rest is None or redactor.allows:
        return Known(None, NOTHING_OPEN, False)
    text = raw.text
    cuts = []
    for s in spans:
        is_pseudonym = redactor.policy.rows[s.guideline] == "pseudonym"
        if is_pseudonym and s.plain != text[s.start : s.end]:
            return Known(None, NOTHING_OPEN, False)  # encoded or escaped: bytes alone do not say what it is
        placeholder = b"" if is_pseudonym else redactor.replacement(s).encode()
        cuts.append(Cut(_size(text[start : s.start]), _size(text[start : s.end]), s.entity_type, is_pseudonym, placeholder, s))
    return Known(Recipe(tuple(cuts)), rest, True)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
