"""Makes `Clean` from `Raw`: scans the leaves of a record, replaces what was found, and scans again.

This is the one place where a `Clean` is made. After a replacement the record is scanned once more, as a stranger to it
would: what the first look missed because of what stood beside it goes too, and a record that never comes to rest is
withheld. So a scrubbed log passes `verify`, and scrubbing it again changes nothing.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Any, NamedTuple

from logscrub.detect.binary import is_binary, is_binary_json
from logscrub.detect.engine import Engine, merge
from logscrub.detect.fields import BOUNDARY, NAMED, NOTHING_OPEN, Open
from logscrub.detect.json_leaves import ENVELOPE_NAMES, has_typed_values, with_leaves
from logscrub.detect.stack_traces import WORDS
from logscrub.detect.views import Coding, encode, joined, view_of_bytes
from logscrub.model import LATER, WITHHELD, Clean, Cut, Frame, Inner, Leaf, Raw, Size, Span, moved
from logscrub.patterns import regex
from logscrub.redact.policy import Policy
from logscrub.redact.pseudonyms import Pseudonymizer

_OPAQUE = "\x1a"
"""Replaces a placeholder in a scanned text. A value that holds one gets no pseudonym, which would not be distinct."""
_SAYS = regex(r"[^\x00-/:-@\[-`{-\x7f]")
"""Characters that can carry meaning: letters, digits, and all that is not ASCII."""
_SPACE = " \t\r\n"
_ANYTHING = regex(rf"[^{_SPACE}]")
_CONTINUING = regex(rf"(?:\x1b\[[0-9;]*m|[\ufeff{_SPACE}}}\])┌│├└])*+")
"""Signs at the start of a line by which readers see that it belongs to the record before it, like the words of stack traces. They
are never redacted."""
_MOST_LOOKS = 6
_LONGEST_UNSCANNED = 1 << 16
"""Characters of a line that could not be scanned, of which it is still found out what it leaves open."""
_BRACKETS = regex(r"[ \t\r{}\[\](),;]*")
"""Matches a line of brackets, signs and white space alone, which says nothing."""


class Unscannable(ValueError):
    """A record cannot be scanned: it is binary, its context is unknown, or each scan of it finds something more."""


Allowed = tuple[int, str]
"""The number of an entry of the allow-list, from 0, and the detector of the value that the entry keeps."""


class Look(NamedTuple):
    """The parts of a record that must be redacted."""

    spans: list[Span]
    """Positions in the record's text, in order and without overlap."""
    after: Open
    """The state that the next record begins in."""
    allowed: tuple[Allowed, ...] = ()
    """Values that are kept although the policy says that they must be redacted."""


Rebuild = tuple[Callable[..., "Redactor"], tuple[Any, ...]]
"""A function and its arguments."""


class Redactor:
    """An engine, a policy and a key: what turns raw records into clean ones."""

    def __init__(
        self,
        engine: Engine,
        policy: Policy,
        pseudonymizer: Pseudonymizer,
        allow: Iterable[re.Pattern[str]] = (),
        *,
        rebuild: Rebuild | None = None,
    ) -> None:
        """`allow`: patterns of whole values that are kept. `rebuild`: a call that makes an equal redactor, for pickling."""
        self.engine = engine
        self.policy = policy
        self.pseudonymizer = pseudonymizer
        self._allow = tuple(allow)
        self._rebuild = rebuild
        self._removed = {
            name: of_it[0] for name, of_it in engine.of_type.items() if all(policy.rows[d.guideline] == "remove" for d in of_it)
        }
        """The entity types that have no pseudonyms under the policy, with the first detector of each."""

    def __reduce__(self) -> Rebuild:
        if self._rebuild is None:
            raise TypeError("this Redactor cannot be pickled; make it with logscrub.api.build_redactor")
        return self._rebuild

    def scrub(self, raw: Raw, before: Open = NOTHING_OPEN) -> tuple[Clean, Open]:
        """The record as it may leave, and what it leaves open for the next. `before`: what the one before left open.

        Raises Unscannable.
        """
        clean, after = self._scrub(raw, before)
        return clean if raw.size is None else _resized(clean, raw.size), after

    def _scrub(self, raw: Raw, before: Open) -> tuple[Clean, Open]:
        spans, after, _ = self.look(raw, before)
        if not spans:
            return Clean(raw.text, (), raw.records, raw.parsed), after
        before_any = self._placeholders(raw.text)
        rewritten: list[str] = []
        for _ in range(_MOST_LOOKS):
            rewritten += [
                s.entity_type
                for s in spans
                if (s.inner is not None and self._is_rewritten(s.inner)) or self.engine.placeholder.fullmatch(s.plain)
            ]
            raw = self._spliced(raw, spans)
            spans, after, _ = self.look(raw, before)
            if not spans:
                new = self._placeholders(raw.text) - before_any
                return Clean(raw.text, (*new.elements(), *rewritten), raw.records, raw.parsed), after
        raise Unscannable("never comes to rest")

    def clean(self, raw: Raw, text: str, redactions: Iterable[str]) -> Clean:
        """The unit with a text in which everything was redacted that must be. `redactions`: their entity types."""
        return Clean(text, tuple(redactions), raw.records, raw.parsed)

    def _placeholders(self, text: str) -> Counter[str]:
        """The entity types of the placeholders that stand in a text."""
        if "<" not in text and "&lt;" not in text:
            return Counter()
        return Counter(m[1] for m in self.engine.placeholder.finditer(text))

    def withhold(self, raw: Raw, before: Open = NOTHING_OPEN) -> tuple[Clean, Open]:
        """Returns a record that could not be scanned with marks instead of its texts, and what it leaves open for the next
        record.

        What says nothing stays: brackets, quotes, white space, the head of a line. So JSON stays JSON, a CSV row keeps its cells,
        and a record of `forge logs` its level and time. A record in which there is nothing else is not withheld.
        """
        texts = _texts(raw)
        if raw.frame is not None:
            spans = [Span(start, end, "WITHHELD", "", "", "certain", "", quote) for start, end, quote in texts]
            texts = [(s.start, s.end, s.requote) for s in self._between(raw, raw.frame, spans, _ANYTHING)]
        is_xml = any(leaf.coding == "xml" for leaf in raw.leaves)
        text = _marked(raw.text, texts, escape(WITHHELD) if is_xml else WITHHELD)
        clean = _resized(Clean(text, (), raw.records, raw.parsed, withheld=bool(texts)), raw.size)
        return clean, self._after_unscanned(raw, before, clean.text)

    def without(self, raw: Raw, stretches: Sequence[Stretch], mark: str) -> tuple[Clean, bool]:
        """Returns a clean unit with a mark in place of each stretch, and whether the result is still clean. The stretches are in
        order and do not touch.

        `mark`: a placeholder without its brackets. The unit's frame stays. Raises Unscannable.
        """
        if raw.leaves == LATER and raw.frame is None and raw.size is None and not has_typed_values(raw.text):
            text = _marked(raw.text, stretches, f"<{mark}>")
            found = self.look(raw._replace(text=text)).spans
            return Clean(text, (mark,) * len(stretches), raw.records, raw.parsed), not found
        raw = with_leaves(raw)
        if _is_line(raw, stretches):
            text = _marked(raw.text, stretches, f"<{mark}>")
            line = raw.leaves[0]
            moved = Leaf(line.start, line.end + len(text) - len(raw.text), line.field, "text", line.pointer)
            marked = Raw(text, (moved,), raw.line, raw.column, raw.records, raw.parsed, raw.inside, raw.value)
            found = self.look(marked).spans
            return Clean(text, (mark,) * len(stretches), raw.records, raw.parsed), not found
        spans = [Span(start, end, mark, "", "", "certain", "", quote) for start, end, quote in stretches]
        if raw.frame is not None:
            spans = self._between(raw, raw.frame, spans)
        elif renamed := self._renamed(raw, spans):
            spans = sorted([*spans, *renamed], key=lambda s: s.start)
        spliced = self._spliced(raw, spans)
        found = self.look(spliced).spans
        return _resized(Clean(spliced.text, (mark,) * len(spans), raw.records, raw.parsed), raw.size), not found

    def _after_unscanned(self, raw: Raw, before: Open, clean: str) -> Open:
        """Returns the state after a record that could not be scanned.

        What it says counts, and what whoever reads the output finds in its place: where these differ, or cannot be found out,
        it is not known, and no line of the record that comes after it can be scanned either.
        """
        if raw.records:
            before = at_record(before)
        lines = [leaf for leaf in raw.leaves if leaf.coding == "text"]
        if not lines:
            return NOTHING_OPEN if raw.records else before
        if len(lines) > 1:
            return Open(armour=before.armour or "PRIVATE KEY" in raw.text, unknown=True)
        line = lines[0]
        says = raw.text[line.start : line.end]
        armour = before.armour or ("PRIVATE KEY" in says and "-----END" not in says)
        unknown = Open(armour=armour, unknown=True)
        if before.unknown or len(says) > _LONGEST_UNSCANNED:
            return unknown
        try:
            after = self.engine.left_open(says, before)
            shown = clean[line.start : len(clean) - (len(raw.text) - line.end)]
            same = after == self.engine.left_open(shown, before)
        except Exception:
            return unknown
        return after._replace(armour=armour) if same else unknown

    def look(self, raw: Raw, before: Open = NOTHING_OPEN) -> Look:
        """Returns what the policy redacts in a record. `before`: the state after the previous one. Raises Unscannable."""
        raw = with_leaves(raw)
        look = self.look_at_all(raw, before)
        if self._allow and look.spans:
            allowed = (*look.allowed, *(a for s in look.spans for a in self._allowed(s, raw.text)))
            look = Look([s for s in look.spans if not self._stays(s, raw.text)], look.after, allowed)
        if raw.frame is not None and look.spans:
            look = look._replace(spans=self._between(raw, raw.frame, look.spans))
        elif look.spans and (renamed := self._renamed(raw, look.spans)):
            look = look._replace(spans=sorted([*look.spans, *renamed], key=lambda s: s.start))
        return look

    def _renamed(self, raw: Raw, spans: Sequence[Span]) -> list[Span]:
        """The names of the types of OTLP values that become text."""
        starts = [span.start for span in spans]
        renamed = []
        for leaf in raw.leaves:
            if leaf.typed is None or (n := bisect_right(starts, leaf.end) - 1) < 0 or spans[n].end <= leaf.start:
                continue
            span = spans[n]
            if span.inner is None or not self._is_rewritten(span.inner):  # a value that was encoded again keeps its type
                renamed.append(
                    span._replace(start=leaf.typed[0], end=leaf.typed[1], entity_type="", plain="stringValue", inner=None)
                )
        return renamed

    def _between(self, raw: Raw, frame: Frame, spans: list[Span], says: re.Pattern[str] = _SAYS) -> list[Span]:
        """Returns the spans without the record's frame, cut where the frame stands. Of a span that is cut, the pieces are left
        that hold what `says` matches.

        A number that is a leaf by itself is redacted whole, as is an array of bytes, and its placeholder gets quotes: it
        remains one value of JSON.
        """
        text, masked = raw.text, self.engine.masked(raw.text)
        arrays = [(leaf.start, leaf.end) for leaf in raw.leaves if leaf.coding == "bytes"]
        fixed = _outside(frame(raw.text), arrays) if arrays else frame(raw.text)
        ends = [end for _, end in fixed]
        values = sorted({(leaf.start, leaf.end) for leaf in raw.leaves if leaf.coding == "number"}.union(arrays))
        starts = [start for start, _ in values]
        out: list[Span] = []
        for span in spans:
            pieces, position = [], span.start
            for n in range(bisect_right(ends, span.start), len(fixed)):
                a, b = fixed[n]
                if a >= span.end:
                    break
                pieces.append((position, max(position, a)))
                position = b
            pieces.append((position, max(position, span.end)))
            for start, end in pieces if len(pieces) > 1 else ():
                start, end = _stripped(text, start, end)
                if says.search(masked, start, end):
                    out.append(span._replace(start=start, end=end, plain=text[start:end], requote="", inner=None))
            if len(pieces) == 1:
                out.append(span)
        for n, span in enumerate(out):
            at = bisect_right(starts, span.start) - 1
            if at >= 0 and span.end <= values[at][1] and (span.start, span.end, span.requote) != (*values[at], '"'):
                out[n] = span._replace(start=values[at][0], end=values[at][1], requote='"', inner=None)
        return list(merge(out))

    def look_at_all(self, raw: Raw, before: Open = NOTHING_OPEN) -> Look:
        """Returns what in a record must be redacted, allowed values included, without regard to its frame."""
        if raw.records:
            before = at_record(before)
        elif before.unknown and any(leaf.coding == "text" for leaf in raw.leaves):
            raise Unscannable("what came before it in the record could not be scanned")
        spans: list[Span] = []
        after = NOTHING_OPEN if raw.records else before
        foreign: list[Span] = []
        allowed: list[Allowed] = []
        in_pieces = False
        for leaf in raw.leaves:
            if leaf.group:
                in_pieces = True
                continue
            is_json = leaf.coding in ("json", "name")
            value = raw.text[leaf.start : leaf.end]
            if leaf.coding == "scanned":
                after = self.engine.left_open(value, before)
                continue
            if (is_binary_json if is_json else is_binary)(value):
                raise Unscannable("binary")
            if leaf.coding == "text":
                found, after = self.engine.scan_line(raw.text, leaf, before)
            else:
                found = self.engine.scan_leaf(raw.text, leaf)
            if found:
                spans += [s for s in found if self._goes(s)]
            if "<" in value or "&lt;" in value:
                foreign += self._foreign_pseudonyms(raw.text, leaf)
        if foreign:
            spans = sorted([*spans, *foreign], key=lambda s: s.start)
        if in_pieces:
            spans += [s for s in self._in_pieces(raw) if self._goes(s)]
            spans.sort(key=lambda s: s.start)
        if raw.cut is not None:
            spans += self._over_ends(raw.text, raw.cut, allowed)
            spans.sort(key=lambda s: s.start)
        if len(spans) > 1 and any(a.end > b.start for a, b in pairwise(spans)):
            spans = list(merge(spans))
        if spans and spans[0].start == 0 and (start := _behind_signs(raw.text, 0, spans[0].end)):
            first = spans[0]._replace(start=start, plain=raw.text[start : spans[0].end], inner=None)
            says = _SAYS.search(self.engine.masked(first.plain))  # a lone placeholder comes from an earlier scan
            spans = [first, *spans[1:]] if says else spans[1:]
        return Look(spans, after, tuple(allowed))

    def _foreign_pseudonyms(self, text: str, leaf: Leaf) -> Iterator[Span]:
        """The pseudonyms in a leaf of types that the policy removes: another policy made them, and they tell equal values."""
        for m in self.engine.placeholder.finditer(text, leaf.start, leaf.end):
            detector = self._removed.get(m[1])
            if detector is not None and ":" in m[0]:
                yield Span(m.start(), m.end(), m[1], detector.guideline, detector.id, "certain", m[0])

    def _over_ends(self, text: str, cut: Cut, allowed: list[Allowed]) -> Iterator[Span]:
        """Returns the parts of values that reach over the ends of a piece. Where one begins its placeholder stands, and
        nothing where it continues. Allowed values that begin in the piece are added to `allowed`."""
        whole = cut.before + text[cut.piece.start : cut.piece.end] + cut.behind
        start, end = len(cut.before), len(whole) - len(cut.behind)
        for span in self.engine.scan_whole(whole, None, "text"):
            if not (span.start < start < span.end or span.start < end < span.end) or not self._goes(span):
                continue
            if self._allow and self._stays(span, whole):
                allowed += self._allowed(span, whole) if span.start >= start else ()
                continue
            a, b = (min(max(at, start), end) - start + cut.piece.start for at in (span.start, span.end))
            if span.start < start:
                span = span._replace(entity_type="", plain="", inner=None)
            yield moved(span, a, b, span.plain)

    def _in_pieces(self, raw: Raw) -> list[Span]:
        """Returns what is redacted in texts that were cut. The first piece of a value has its placeholder, the others nothing."""
        groups: dict[int, list[Leaf]] = {}
        for leaf in raw.leaves:
            if leaf.group:
                groups.setdefault(leaf.group, []).append(leaf)
        found: list[Span] = []
        for pieces in groups.values():
            view = joined([(raw.text[p.start : p.end], p.start, _coding(p)) for p in pieces])
            if is_binary(view.text):
                raise Unscannable("binary")
            in_arrays: dict[Leaf, list[Span]] = {}
            for span in self.engine.scan_whole(view.text, view, "json" if pieces[0].coding == "bytes" else pieces[0].coding):
                parts = [(max(span.start, p.start), min(span.end, p.end), p) for p in pieces]
                for n, (start, end, p) in enumerate(part for part in parts if part[0] < part[1]):
                    part = span._replace(start=start, end=end)
                    if n:
                        part = part._replace(entity_type="", plain="", inner=None)
                    (in_arrays.setdefault(p, []) if p.coding == "bytes" else found).append(part)
            found += [_whole_array(raw.text, p, spans) for p, spans in in_arrays.items()]
        return found

    def _goes(self, span: Span) -> bool:
        if span.inner is not None:
            return any(self._goes(s) for s in span.inner.spans)
        return self.policy.rows[span.guideline] != "keep"

    def _stays(self, span: Span, text: str) -> bool:
        """Returns True if a value is on the allow-list."""
        if span.inner is not None:
            return all(self._stays(s, span.inner.text) for s in span.inner.spans if self._goes(s))
        return self._entry(span, text) is not None

    def _entry(self, span: Span, text: str) -> int | None:
        """The number of the first entry that allows a value, as it is written in the text or as it reads."""
        written = text[span.start : span.end]
        return next((n for n, a in enumerate(self._allow) if a.fullmatch(span.plain) or a.fullmatch(written)), None)

    def _allowed(self, span: Span, text: str) -> Iterator[Allowed]:
        """Yields the entries of the allow-list that keep parts of a span."""
        if span.inner is not None:
            for s in span.inner.spans:
                if self._goes(s):
                    yield from self._allowed(s, span.inner.text)
        elif (number := self._entry(span, text)) is not None:
            yield number, span.detector

    def _go(self, inner: Inner) -> list[Span]:
        """Returns the spans of an encoded text that are redacted."""
        return [s for s in inner.spans if self._goes(s) and not self._stays(s, inner.text)]

    def _is_rewritten(self, inner: Inner) -> bool:
        """Returns True if an encoded text is encoded again with pseudonyms in it, False if it is redacted whole."""
        goes = self._go(inner)
        return inner.alphabet not in ("array", "string") and all(
            s.inner is None and self.policy.rows[s.guideline] == "pseudonym" for s in goes
        )

    def replacement(self, span: Span) -> str:
        """Returns the text that replaces a span."""
        inner = span.inner
        if inner is not None:
            if inner.alphabet == "array" or inner.alphabet == "string":
                return self._instead_of_array(span, inner)
            goes = self._go(inner)
            if self._is_rewritten(inner):
                return encode(self.splice(inner.text, goes), inner.alphabet, inner.padded)
            worst = next(s for s in goes if s.inner is not None or self.policy.rows[s.guideline] == "remove")
            return f"<{worst.entity_type}>"
        if not span.entity_type:
            return span.plain  # the rest of a value that was cut; the type of an OTLP value
        if not span.guideline:
            return f"{span.requote}<{span.entity_type}>{span.requote}"
        if self.policy.rows[span.guideline] == "pseudonym" and _OPAQUE not in span.plain:
            token = self.pseudonymizer.token(span.entity_type, span.plain)
        else:
            token = f"<{span.entity_type}>"
        return span.requote + token + span.requote

    def _instead_of_array(self, span: Span, inner: Inner) -> str:
        """Returns the replacement of an array of bytes: its clean text as a JSON string, or the placeholder of its content."""
        goes = self._go(inner)
        if inner.alphabet == "string":
            return json.dumps(self.splice(inner.text, goes), ensure_ascii=False)
        first = goes[0]
        token = f"<{first.entity_type}>" if first.inner is not None else self.replacement(first._replace(requote=""))
        return span.requote + token + span.requote

    def splice(self, text: str, spans: Sequence[Span]) -> str:
        """`text` with each of the spans (in order, not overlapping) replaced."""
        parts, position = [], 0
        for span in spans:
            parts.append(text[position : span.start])
            parts.append(self.replacement(span))
            position = span.end
        parts.append(text[position:])
        return "".join(parts)

    def _spliced(self, raw: Raw, spans: Sequence[Span]) -> Raw:
        """Returns the record with its spans replaced, and the leaves that this changed: the others have been scanned. Of those,
        lines of text remain for what they leave open."""
        text: list[str] = []
        leaves: list[Leaf] = []
        position = shift = 0
        places: list[tuple[int, int, int, int]] = []
        is_xml = any(leaf.coding == "xml" for leaf in raw.leaves)
        for span in spans:
            new = escape(self.replacement(span)) if is_xml else self.replacement(span)
            text += [raw.text[position : span.start], new]
            places.append((span.start, span.end, span.start + shift, span.start + shift + len(new)))
            shift += len(new) - (span.end - span.start)
            position = span.end
        text.append(raw.text[position:])
        ends = [old_end for _, old_end, _, _ in places]
        for leaf in raw.leaves:
            first = bisect_right(ends, leaf.start)
            is_changed = first < len(places) and places[first][0] < leaf.end
            if leaf.coding in ("text", "scanned") and not leaf.group:
                leaf = leaf._replace(coding="text" if is_changed else "scanned")
            if leaf.coding in ("text", "scanned") or leaf.group or is_changed:
                leaves.append(_moved_leaf(leaf, places, first))
        # values over the ends of a piece are redacted by the first scan; their other parts would be found again each time
        return raw._replace(text="".join(text), leaves=tuple(leaves), cut=None)


def _coding(piece: Leaf) -> Coding:
    """Returns the coding in which a piece of a text that was cut is written."""
    return "json" if piece.coding == "json" else "bytes" if piece.coding == "bytes" else "plain"


def _whole_array(text: str, piece: Leaf, spans: Sequence[Span]) -> Span:
    """Returns an array of bytes as one span around the spans of its text. Their positions are those of its numbers."""
    view = view_of_bytes(text[piece.start : piece.end])
    starts, ends = [piece.start + i for i in view.starts], [piece.start + i for i in view.ends]
    inner = [
        s._replace(start=bisect_right(ends, s.start), end=bisect_left(starts, s.end), requote="")
        for s in sorted(spans, key=lambda s: s.start)
    ]
    return inner[0]._replace(
        start=piece.start, end=piece.end, plain=view.text, requote='"', inner=Inner(view.text, tuple(inner), "string", True)
    )


def _behind_signs(text: str, start: int, end: int) -> int:
    """Returns the end of the characters in a stretch that mark a line as the continuation of a record."""
    m = _CONTINUING.match(text, start, end)
    start = m.end() if m else start
    words = WORDS.match(text, start, end)
    return words.end() if words else start


def _outside(fixed: Iterable[tuple[int, int]], others: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Returns the parts of stretches that are not in others. Both are in order."""
    ends = [end for _, end in others]
    out: list[tuple[int, int]] = []
    for start, end in fixed:
        for a, b in others[bisect_right(ends, start) :]:
            if a >= end:
                break
            if start < a:
                out.append((start, a))
            start = b
        if start < end:
            out.append((start, end))
    return out


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch without the white space at its ends."""
    part = text[start:end]
    return end - len(part.lstrip(_SPACE)), start + len(part.rstrip(_SPACE))


def at_record(before: Open) -> Open:
    """Returns the state that can reach over the beginning of a record, as where each line of a text is one: a private key,
    the name of a part of a multipart body whose value is still to come, and that of a secret whose value the next line has."""
    quote = before.quote if before.quote is not None and before.quote[0] in (BOUNDARY, NAMED) else None
    return NOTHING_OPEN._replace(armour=before.armour, quote=quote)


Stretch = tuple[int, int, str]
"""The place in a text where a mark replaces something, and the quote around it."""


def _texts(raw: Raw) -> list[Stretch]:
    """Returns the parts of a record that hold text: its leaves, or the lines of a leaf that is text and holds others.

    Names in which further records lie say nothing: without them, nobody would find those records.
    """
    if raw.size is not None:
        return [(raw.size.before, len(raw.text) - raw.size.behind, "")]
    whole = (leaf for leaf in raw.leaves if leaf.coding == "text" and _holds_all(leaf, raw.leaves))
    text = next(whole, None)
    if text is not None:
        return _lines(raw.text[text.start : text.end], text.start)
    stretches: list[Stretch] = []
    for leaf in sorted(raw.leaves):
        value = raw.text[leaf.start : leaf.end]
        if leaf.coding == "text":
            stretches += _lines(value, leaf.start)
        elif not value.isspace() and not (leaf.coding == "name" and value in ENVELOPE_NAMES):
            stretches.append((leaf.start, leaf.end, '"' if leaf.coding in ("number", "bytes") else ""))
    return stretches


def _holds_all(leaf: Leaf, leaves: Iterable[Leaf]) -> bool:
    return all(leaf.start <= other.start and other.end <= leaf.end for other in leaves)


def _lines(text: str, start: int) -> list[Stretch]:
    """The lines of a text that begins at `start`, without their indentation and their ends; not those of brackets alone."""
    stretches = []
    for line in text.split("\n"):
        if not _BRACKETS.fullmatch(line):
            end = start + len(line.rstrip("\r"))
            begin = start + _behind_signs(line, 0, end - start)
            if begin < end:
                stretches.append((begin, end, ""))
        start += len(line) + 1
    return stretches


def _marked(text: str, stretches: Iterable[Stretch], mark: str = WITHHELD) -> str:
    parts, position = [], 0
    for start, end, quote in stretches:
        parts += [text[position:start], quote, mark, quote]
        position = end
    return "".join([*parts, text[position:]])


def _is_line(raw: Raw, stretches: Sequence[Stretch]) -> bool:
    """True if a unit is a line of text with nothing else to scan, and all stretches stand in it."""
    if raw.frame is not None or raw.size is not None or len(raw.leaves) != 1 or not stretches:
        return False
    line = raw.leaves[0]
    is_text = line.coding == "text" and not line.group and line.typed is None
    return is_text and line.start <= stretches[0][0] and stretches[-1][1] <= line.end


def _resized(clean: Clean, size: Size | None) -> Clean:
    """The clean unit with the number of bytes that its text has now."""
    if size is None or not (clean.redactions or clean.withheld):
        return clean
    text = clean.text
    count = len(text[size.before : len(text) - size.behind].encode("utf-8", "surrogateescape"))
    number = count.to_bytes(8, "little").decode("utf-8", "surrogateescape") if size.is_binary else str(count)
    text = text[: size.start] + number + text[size.end :]
    return Clean(text, clean.redactions, clean.records, clean.parsed, clean.withheld)


def _moved_leaf(leaf: Leaf, moved: Sequence[tuple[int, int, int, int]], first: int) -> Leaf:
    """A leaf after replacements `(old start, old end, new start, new end)`, of which `first` is the first that ends behind its
    start."""
    start, end, coding = leaf.start, leaf.end, leaf.coding
    new_start = new_end = None
    shift = moved[first - 1][3] - moved[first - 1][1] if first else 0
    for n in range(first, len(moved)):
        old_start, old_end, at, to = moved[n]
        if old_start >= leaf.end:
            break
        if new_start is None:
            new_start = at if old_start < start else start + shift
        shift = to - old_end
        new_end = to if old_end > end else None
        if coding == "number":
            coding = "text"
        elif coding == "bytes":  # its text as a string, or a list in which numbers have placeholders
            coding = "json"
            if old_start <= start and old_end >= end:
                return leaf._replace(start=at + 1, end=to - 1, coding=coding)
    return leaf._replace(
        start=start + shift if new_start is None else new_start, end=end + shift if new_end is None else new_end, coding=coding
    )
