"""How the clean text is made of any text of one template: which stretches go, and what takes their place.

`Redactor.scrub` is what a clean text is; a recipe remembers what it did with one text of a template, and does the same with
the others. Where that would not be the same for all of them, there is no recipe, and each is scrubbed by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.model import Raw, Span
from logscrub.redact.scrub import Redactor

Mask = Callable[[bytes], bytes | None]
"""Fills what a template makes alike in lines of bytes: `logscrub.fast.masks.masked`."""


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


def learn(redactor: Redactor, raw: Raw, before: Open, mask: Mask, start: int = 0) -> Known:
    """What becomes of all texts whose mask is that of a record's text. Places of cuts count from character `start` of it."""
    spans, after = redactor.look(raw, before)
    if not spans:
        return Known(None, after, True)
    apart = Known(None, NOTHING_OPEN, False)
    if redactor.engine.has_allowed:
        return apart
    text = raw.text
    if any(s.inner is not None or s.requote or s.plain != text[s.start : s.end] or "\x1a" in s.plain for s in spans):
        return apart
    clean, after = redactor.scrub(raw, before)
    if clean.withheld or clean.text != redactor.splice(text, spans) or not _stays_alike(redactor, raw, spans, mask):
        return apart
    cuts = []
    for s in spans:
        is_pseudonym = redactor.policy.rows[s.guideline] == "pseudonym"
        placeholder = b"" if is_pseudonym else redactor.replacement(s).encode()
        cuts.append(Cut(_size(text[start : s.start]), _size(text[start : s.end]), s.entity_type, is_pseudonym, placeholder, s))
    return Known(Recipe(tuple(cuts)), after, True)


def _stays_alike(redactor: Redactor, raw: Raw, spans: Sequence[Span], mask: Mask) -> bool:
    """Whether what was alike before the cuts is so after them: else the look at what came out may differ from text to text."""
    text = raw.text
    before = mask(text.encode("utf-8", "surrogateescape"))
    after = mask(redactor.splice(text, spans).encode("utf-8", "surrogateescape"))
    if before is None or after is None:
        return False
    position = shift = 0
    for span in [*spans, None]:
        start = _size(text) if span is None else _size(text[: span.start])
        one, other = before[position:start], after[position + shift : start + shift]
        if any(x != y and x > 0xF7 for x, y in zip(one, other, strict=True)):
            return False
        if span is not None:
            position = _size(text[: span.end])
            shift += _size(redactor.replacement(span)) - (position - start)
    return True


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
