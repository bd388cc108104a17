"""Runs the detectors over a text and returns the spans that must be redacted.

`Engine.scan(text, path)` is a pure function of the text and of the names of the fields it stands in: never of what came
before it, so the order and the cutting of the input cannot show.

The order of things: the field's name; JSON inside the text; patterns, fields and names in the text as it stands and in its
decoded views; texts encoded in it. Then overlaps are merged, once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from typing import Literal

import orjson

from logscrub.detect import views
from logscrub.detect.anchors import Anchors, AnyOf, Places, matches
from logscrub.detect.catalogue import CONTENT_ROW, SECRET_ROW, Catalogue, Detector
from logscrub.detect.fields import NOTHING_OPEN, FieldIndex, Open, find_fields, value_itself, words
from logscrub.detect.ids import cuts_id, ids_alike
from logscrub.detect.json_leaves import json_leaves
from logscrub.detect.messages import is_of_program
from logscrub.detect.names import NameRecognizer
from logscrub.detect.names.lexicon import fold, lexicon
from logscrub.detect.validators import VALIDATORS
from logscrub.model import MARKS, FieldPath, Inner, Leaf, Span, opaque
from logscrub.patterns import regex

CONTEXT_BEFORE, CONTEXT_AFTER = 60, 30
"""Characters before and after a match in which a word of its context may stand."""
_DEEPEST = 12
_PLACEHOLDER_FILL = "\x1a"
_URL_PASSWORD = "url_password"
_NON_LATIN = "non_latin_text"
_BY_SCRIPT = frozenset((_NON_LATIN, "address_of_region"))
"""Detectors that may find a sentence of a program in another language."""
_LETTERS = regex(r"[^\W\d_]+")
_SMALL_WORD = regex("[a-zß-öø-ÿ\u03ac-\u03ce\u0430-\u045f]+")
"""A word in small letters: as a key of JSON it names a member, and hardly ever a person."""
_RANDOM = frozenset({"opaque_token", "random_token"})
"""Detectors whose only evidence is that a token looks random."""
_PLAIN_ID = regex(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=\d{0,31}[a-f])(?:[0-9a-f]{16}){1,2}|1[4-9]\d{8}(?:\d{3}|\d{6}|\d{9})?"
    r"|\d{1,4}\.\d{1,4}\.\d{1,4}"
)
"""A UUID, a trace or span id, an epoch time, a version."""
_NAME_PART = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W_]+")
_WHOLE = "whole message"
"""The name that a short text has of which nothing says what it is: a line, or the message of a record."""
_MESSAGES = frozenset(("message", "msg"))
_VERSIONS = frozenset(("version", "ver", "release", "build", "firmware", "revision"))
"""Last words of the names of fields that hold a version."""
_QUAD = regex(r"\d{1,3}(?:\.\d{1,3}){3}")
_WHOLE_TEXT = regex(r"(?=[^0-9]{0,39}[0-9])[\s\S]{7,40}")
_NO_FRACTION = regex(r"\.(?=\d{1,15}\Z)")
"""The point of a number with a fraction. In a telling field the digits of such a number identify somebody or something too."""
_SHEDDING = "phone"
"""The validator of international numbers, behind whose plus what follows may be a number of its own: `+44 20 7946 0958 (200)`."""
_LAST_NUMBER = regex(r"\)?[^\d()+]{0,2}\(?(?<!\d)\d{1,40}\)?\Z")
_WINDOW = 1 << 18
"""Characters of a text that are scanned at once."""
_OVERLAP = 4096
_OPENING = regex(r"[{\[\"'`]|PRIVATE KEY|[:=+>|]\s*$|[|>]-\s*$|[:=|>][ \t]{0,20}[\w./-]{3,64}[,\s]*$")
"""Signs that a line may leave something open for the next one."""
_UNQUOTE: dict[str, Callable[[str], views.View | None]] = {
    "json": views.unescape_json,
    "name": views.unescape_json,
    "csv": views.double_quotes,
    "plain": lambda raw: None,
    "text": lambda raw: None,
    "xml": views.unescape_xml,
    "bytes": lambda raw: None,
    "query": views.with_question_mark,
}
_QUOTES = {"json": '\\"', "name": '\\"', "csv": '""', "plain": "", "text": "", "xml": "", "query": "", "bytes": ""}
_READ_AS_WRITTEN = frozenset(("json", "name", "plain", "text"))
"""Codings in which a value reads as it is written, if it has no backslashes."""


class Pattern:
    """One pattern of a detector, compiled when it may first match."""

    def __init__(self, detector: Detector, pattern: str, *, cuts_ids: bool = False) -> None:
        """`cuts_ids`: whether it may find part of an id."""
        self.detector = detector
        self._cuts_ids = cuts_ids
        self._sheds = detector.validator == _SHEDDING
        self._source = pattern
        self.validator = VALIDATORS[detector.validator] if detector.validator else None
        self.context = context_pattern(detector.context) if detector.context else ""
        """A pattern of the words of which one must stand near by; empty where none need to."""

    @cached_property
    def _context_words(self) -> AnyOf:
        return AnyOf(self.detector.context)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return _compiled(self._source)

    @cached_property
    def _anchors(self) -> Anchors:
        return Anchors([self._source])

    @cached_property
    def group(self) -> str | int:
        """The group that must be redacted."""
        return "value" if "value" in self.pattern.groupindex else 0

    def find(self, text: str, places: Places, named: bool) -> list[tuple[int, int]]:
        """The spans in `text` that this pattern, its validator and its context agree on. `places`: where a match can begin;
        `named`: the field gives the context.

        Digits that stand in an id by chance are no number of anything, nor part of one that stands beside it.
        """
        spans = [m.span(self.group) for m in matches(self.pattern, text, places)]
        if not self._cuts_ids and any(cuts_id(text, *span) for span in spans):
            text, original = ids_alike(text), text
            places = next((its for _, its in self._anchors.places(text)), [])
            spans = [m.span(self.group) for m in matches(self.pattern, text, places)]
            spans = [span for span in spans if not cuts_id(original, *span)]
        if self._sheds:
            spans = [self._shed(text, *span) for span in spans]
        return [span for span in spans if self._agrees(text, *span, named)]

    def _shed(self, text: str, start: int, end: int) -> tuple[int, int]:
        """The stretch without numbers at its end that are too much for its validator, if that helps."""
        validator, stop = self.validator, end
        assert validator is not None
        while stop > start and not validator(text[start:stop]):
            last = _LAST_NUMBER.search(text, start, stop)
            stop = last.start() if last else start
        return (start, stop) if stop > start else (start, end)

    def _agrees(self, text: str, start: int, end: int, named: bool) -> bool:
        if start < 0 or start == end:
            return False
        if self.validator is not None and not self.validator(text[start:end]):
            return False
        return (
            not self.context
            or named
            or self._gives_context(text[max(0, start - CONTEXT_BEFORE) : start])
            or self._gives_context(text[end : end + CONTEXT_AFTER])
        )

    def _gives_context(self, text: str) -> bool:
        return any(_alone(word).search(text) for word in self._context_words.may_be_in(text))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled once for all engines of a process: Python's own cache holds fewer than a catalogue has."""
    return re.compile(pattern)


@lru_cache(maxsize=4)
def _shared_anchors(patterns: tuple[str, ...]) -> Anchors:
    """The anchors of patterns that many engines have in common."""
    return Anchors(patterns)


def _split(name: str) -> list[str]:
    return _NAME_PART.findall(name)


def context_pattern(words: Iterable[str]) -> str:
    """A pattern of any of the words, in any case, not inside a longer alphabetic word."""
    return rf"(?i)(?<![^\W\d_])(?:{'|'.join(re.escape(w) for w in words)})(?![^\W\d_])"


@lru_cache(maxsize=4096)
def _alone(word: str) -> re.Pattern[str]:
    return re.compile(context_pattern((word,)))


class Engine:
    """A catalogue, compiled. Cheap to use, costly to make: make one a process."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        names: NameRecognizer | None = None,
        no_names: Iterable[str] = (),
        extra_fields: dict[str, tuple[str, ...]] | None = None,
        stay: frozenset[str] = frozenset(),
    ) -> None:
        """`extra_fields`: detector id → further field names. `no_names`: words that are never part of a name, whatever announces
        one.

        `stay`: guideline rows whose values are all kept. Their detectors are not run at all: otherwise one of them would take
        what another must redact (a token in a title) into a span of its own, and keep it.
        """
        self.catalogue = catalogue
        detectors = tuple(d for d in catalogue.detectors if d.guideline not in stay)
        self.fields = FieldIndex(catalogue, extra_fields, stay)
        self._names = names if "name" not in stay else None
        self._no_names = frozenset(fold(w) for entry in no_names for w in _LETTERS.findall(entry))
        own = frozenset(catalogue.own_patterns)
        self._patterns = [Pattern(d, p, cuts_ids=p in own) for d in detectors for p in d.patterns]
        self._harmless = [p for h in catalogue.harmless for p in h.patterns]
        self._has_own = bool(own)
        self._key_detector = next((d for d in detectors if d.entity_type == "PRIVATE_KEY"), None)
        self.placeholder_types = sorted({*catalogue.entity_types, *MARKS})
        self.placeholder = re.compile(rf"(?:<|&lt;)({'|'.join(self.placeholder_types)})(?::[0-9a-f]{{20}})?(?:>|&gt;)")
        """A placeholder, as it is or as it stands in XML; its group is the entity type."""
        self.of_type: dict[str, list[Detector]] = {}
        """The detectors of each entity type."""
        for d in catalogue.detectors:
            self.of_type.setdefault(d.entity_type, []).append(d)
        self._contexts_of = lru_cache(maxsize=4096)(self._contexts)
        self._find_fields = lru_cache(maxsize=8)(partial(find_fields, index=self.fields))  # a line and the text that it is

    @cached_property
    def _anchors(self) -> Anchors:
        return Anchors([p._source for p in self._patterns], [p.detector.context for p in self._patterns])

    @cached_property
    def _harmless_anchors(self) -> Anchors:
        return _shared_anchors(tuple(self._harmless))

    def scan(self, text: str, path: FieldPath = ()) -> tuple[Span, ...]:
        """Returns the spans of `text` that must be redacted, in order, without overlaps. `path`: the names of the fields it
        stands in."""
        if not text or text.isspace():
            return ()
        return self._scan(self.masked(text), path, 0)

    def scan_line(self, text: str, leaf: Leaf, before: Open = NOTHING_OPEN) -> tuple[tuple[Span, ...], Open]:
        """The spans of a leaf that is a line of a text, and what it leaves open; `before`: what earlier lines left open."""
        line = text[leaf.start : leaf.end]
        view = views.without_colours(line) if "\x1b" in line else None
        spans, after = self._scan_line(self.masked(view.text if view else line), before)
        return tuple(_moved(s, view, leaf.start, "") for s in spans) if spans else spans, after

    def _scan_line(self, masked: str, before: Open) -> tuple[tuple[Span, ...], Open]:
        spans = self._windowed(masked, ())
        extra, after = self._carried_on(masked, before)
        return merge([*spans, *extra]) if extra else spans, after

    def left_open(self, line: str, before: Open) -> Open:
        """Returns what a line of a text leaves open. Patterns and names are not searched for."""
        view = views.without_colours(line) if "\x1b" in line else None
        return self._carried_on(self.masked(view.text if view else line), before)[1]

    def _carried_on(self, masked: str, before: Open) -> tuple[list[Span], Open]:
        """Returns the spans of a line that must be redacted because of what earlier lines left open, and what is open after the
        line."""
        if before == NOTHING_OPEN and not _OPENING.search(masked):
            return [], NOTHING_OPEN
        found, after = self._find_fields(masked, before=before)
        extra = [self._field_span(f.start, f.end, f.rule.detector, masked[f.start : f.end]) for f in found]
        inside, armour = _armour(masked, before.armour)
        if inside is not None and self._key_detector is not None:
            extra.append(self._field_span(*inside, self._key_detector, masked[inside[0] : inside[1]]))
        if armour:
            after = after._replace(armour=True)
        return extra, after

    def scan_leaf(self, text: str, leaf: Leaf) -> tuple[Span, ...]:
        """Returns the spans of a record's leaf that must be redacted, as positions in the record's text."""
        raw = text[leaf.start : leaf.end]
        if leaf.coding == "number":
            return self._scan_number(raw, leaf)
        if leaf.coding == "bytes":
            return self._scan_bytes(raw, leaf, "string", 0)
        if _is_version(raw, leaf.field):
            others = (s for s in self.scan(raw, leaf.field) if s.entity_type != "IP_ADDRESS")
            return tuple(_moved(s, None, leaf.start, _QUOTES[leaf.coding]) for s in others)
        if len(raw) > _WINDOW:
            return self._long_leaf(raw, leaf)
        if "\\" not in raw and leaf.coding in _READ_AS_WRITTEN:
            spans = self.scan(raw, leaf.field)
            if leaf.coding == "name":
                spans = _of_a_key(raw, spans)
            return tuple(_moved(s, None, leaf.start, _QUOTES[leaf.coding]) for s in spans) if spans else spans
        view = _UNQUOTE[leaf.coding](raw)
        spans = self.scan(view.text if view else raw, leaf.field)
        return tuple(_moved(s, view, leaf.start, _QUOTES[leaf.coding]) for s in spans) if spans else spans

    def scan_whole(self, text: str, view: views.View | None, coding: str) -> list[Span]:
        """Returns the spans that must be redacted in a text that was joined from pieces, as positions in the text that `view` is
        a view of; without a view, as positions in `text`."""
        spans = self._windowed(text, ())
        return [_moved(s, view, 0, _QUOTES[coding]) for s in spans]

    def _long_leaf(self, raw: str, leaf: Leaf) -> tuple[Span, ...]:
        """A leaf of megabytes: its field decides for all of it, else it is scanned in overlapping windows."""
        rule = self.fields.rule(leaf.field) or self.fields.covering(leaf.field)
        if rule is not None and not (raw.lstrip()[:1] in ("{", "[") and rule.detector.value != "credential"):
            return (self._field_span(leaf.start, leaf.end, rule.detector, raw),)
        spans: list[Span] = []
        for start, part in _windows(raw):
            view = _UNQUOTE[leaf.coding](part)
            found = self.scan(view.text if view else part, leaf.field)
            spans += [_moved(s, view, leaf.start + start, _QUOTES[leaf.coding]) for s in found]
        return merge(spans)

    def _windowed(self, text: str, path: FieldPath) -> tuple[Span, ...]:
        if len(text) <= _WINDOW:
            return self.scan(text, path)
        return merge([_moved(s, None, start, "") for start, part in _windows(text) for s in self.scan(part, path)])

    def _scan_number(self, raw: str, leaf: Leaf) -> tuple[Span, ...]:
        rule = self.fields.rule(leaf.field)
        digits = plain_number(raw if rule is None else _NO_FRACTION.sub("", raw))
        if len(digits) < 3 and not self._has_own:
            return ()
        spans: tuple[Span, ...] = ()
        if rule is not None and rule.detector.guideline != "user-generated content":
            d = rule.detector
            if not rule.keeps(digits):
                spans = (self._field_span(0, len(digits), d, digits),)
        elif len(digits) >= 7 or self._has_own:
            spans = self.scan(digits, leaf.field)
        if not spans:
            return ()
        return (spans[0]._replace(start=leaf.start, end=leaf.end, plain=digits, requote='"'),)

    def _scan_bytes(self, raw: str, leaf: Leaf, alphabet: Literal["array", "string"], depth: int) -> tuple[Span, ...]:
        """The spans of a list of numbers in JSON: all of it, where they are the bytes of a text in which something is found, or
        bytes made at random under the name of a secret."""
        text = views.text_of_bytes(raw)
        rule = self.fields.rule(leaf.field)
        if text is not None:
            field = leaf.field
            if rule is not None and rule.detector.guideline == "user-generated content" and not _SAYS_WORDS.fullmatch(text):
                field = ()  # counts of comments, for one
            is_long = len(text) > _WINDOW
            inner = self._windowed(text, field) if is_long else self._scan(self.masked(text), field, depth)
            inner = _without_chance(text, inner) or self._chosen(text)
            if inner:
                return (_encoded_span(leaf.start, leaf.end, text, inner, alphabet)._replace(requote='"'),)
        is_secret = rule is not None and rule.detector.guideline == SECRET_ROW
        holder = rule if is_secret else self.fields.covering(leaf.field)
        if holder is not None and _is_key(raw):
            return (self._field_span(0, len(raw), holder.detector, raw)._replace(start=leaf.start, end=leaf.end, requote='"'),)
        if rule is None and not self._has_own:
            return ()
        numbers = (leaf._replace(start=leaf.start + m.start(), end=leaf.start + m.end()) for m in _THREE.finditer(raw))
        return tuple(span for n in numbers for span in self._scan_number(raw[n.start - leaf.start : n.end - leaf.start], n))

    def masked(self, text: str) -> str:
        """The text with placeholders made opaque, so that nothing is found in them."""
        if ("<" not in text and "&lt;" not in text) or not self.placeholder.search(text):
            return text
        return self.placeholder.sub(lambda m: _PLACEHOLDER_FILL * len(m[0]), text)

    def _scan(self, masked: str, path: FieldPath, depth: int) -> tuple[Span, ...]:
        if _PLACEHOLDER_FILL in masked and not re.search(r"\w", masked):
            return ()
        rule = self.fields.rule(path) or self.fields.covering(path)
        if rule is None and not self._has_own and _PLAIN_ID.fullmatch(masked) and not (path and self._contexts_of(path)):
            return ()  # an id, a time or a version of no telling field: no detector of ours takes one for anything
        if "\x1b[" in masked and (colourless := views.without_colours(masked)) is not None:
            scan = self._scan_uncoloured if views.has_colours(colourless.text) else self._scan
            return tuple(_moved(s, colourless, 0, "") for s in scan(colourless.text, path, depth))
        return self._scan_uncoloured(masked, path, depth)

    def _scan_uncoloured(self, masked: str, path: FieldPath, depth: int) -> tuple[Span, ...]:
        """`_scan` of a text without colours, or with those that were left when no more were taken out."""
        rule = self.fields.rule(path) or self.fields.covering(path)
        stripped = masked.strip()
        found: list[Span] = []
        structured = stripped[:1] in ("{", "[") and stripped[-1:] in ("}", "]")
        leaves = self._nested(masked) if structured and depth < _DEEPEST else None
        if rule is not None and not (leaves is not None and rule.detector.value != "credential"):
            start, end = value_itself(masked, 0, len(masked), rule.detector)
            if start < end and not rule.keeps(masked) and not rule.keeps(masked[start:end]):
                found.append(self._field_span(start, end, rule.detector, masked[start:end]))
                if rule.detector.guideline in (CONTENT_ROW, SECRET_ROW):
                    return tuple(found)
            elif start < end and (around := self.fields.around(path, masked[start:end])) is not None:
                return (self._field_span(start, end, around.detector, masked[start:end]),)
        if leaves is not None:
            for leaf in leaves:
                found += self._nested_leaf(masked, leaf, path, depth)
            return merge(found)
        found += self._match_patterns(masked, path)
        if depth < _DEEPEST:
            found += self._decoded(masked, path, depth)
            found = self._with_encoded(found, masked, path, depth)
        if self._names is not None:
            found += self._names.recognise(opaque(masked, [s for s in found if s.certainty == "certain"]))
        spans = merge(self._unharmed(masked, [s for s in found if _says_more(masked[s.start : s.end])]))
        spans = _with_repeats(masked, _with_successors(masked, spans))
        return tuple(_quoted(masked, s) for s in spans) if '"' in masked else spans

    def _decoded(self, masked: str, path: FieldPath, depth: int) -> list[Span]:
        """Returns the spans that are found once the escapes and percent signs of a text are decoded."""
        found: list[Span] = []
        is_read = False
        for view in views.decodings(masked):
            spans = (*self._match_patterns(view.text, path), *(self._names.recognise(view.text) if self._names else ()))
            found += [_moved(span, view, 0, "") for span in spans]
            # Within another text only the first view that is JSON is read as JSON: its leaves are decoded by themselves,
            # and the time for texts within texts would double with each.
            if not (is_read and depth) and view.text[:1] in "{[" and self._nested(view.text) is not None:
                is_read = True
                found += [_moved(span, view, 0, "") for span in self._scan(view.text, path, depth + 1)]
        return found

    def _with_encoded(self, found: list[Span], masked: str, path: FieldPath, depth: int) -> list[Span]:
        """Adds encoded texts and arrays of bytes that hold something to the spans of a text. A span that looks random and
        is such a text is left out."""
        encoded = list(views.encoded_texts(masked))
        if encoded:
            found = _without_random(found, [(start, end) for start, end, *_ in encoded])
        for start, end, decoded, alphabet, padded in encoded:
            inner = self._scan(self.masked(decoded), path, depth + 1)
            if inner:
                found.append(_encoded_span(start, end, decoded, inner, alphabet, padded))
        for start, end, decoded in views.byte_arrays(masked):
            inner = _without_chance(decoded, self._scan(self.masked(decoded), path, depth + 1))
            inner = inner or self._told_by_words(masked, start, end, self.masked(decoded)) or self._chosen(decoded)
            if not inner and (touching := [s for s in found if s.certainty == "certain" and s.start < end and start < s.end]):
                inner = (touching[0]._replace(start=0, end=len(decoded), plain=decoded, requote="", inner=None),)
            if inner:
                found.append(_encoded_span(start, end, decoded, inner, "array"))
        return found

    def _told_by_words(self, masked: str, start: int, end: int, decoded: str) -> tuple[Span, ...]:
        """The spans of a text of bytes that must be redacted because of the words around `[start, end)`."""
        before = _TYPE_OF_BYTES.sub("", masked[max(0, start - CONTEXT_BEFORE) : start])
        read = self._match_patterns(f"{before}{decoded}{masked[end : end + CONTEXT_AFTER]}", ())
        first, last = len(before), len(before) + len(decoded)
        cut = [(max(s.start, first) - first, min(s.end, last) - first, s) for s in read if s.start < last and first < s.end]
        return merge([s._replace(start=a, end=b, plain=decoded[a:b], requote="") for a, b, s in cut])

    def _chosen(self, decoded: str) -> tuple[Span, ...]:
        """The spans of a text of bytes that looks like what somebody chose for a secret: it is taken for one."""
        if _CHOSEN.fullmatch(decoded) is None:
            return ()
        return self._told_by_words(_NAME_OF_SECRET, len(_NAME_OF_SECRET), len(_NAME_OF_SECRET), decoded)

    def _nested(self, text: str) -> list[Leaf] | None:
        """The leaves of a text that is JSON, None where it is not."""
        try:
            orjson.loads(text.replace(_PLACEHOLDER_FILL, "_"))
        except (ValueError, TypeError, RecursionError):
            return None
        return json_leaves(text)

    def _nested_leaf(self, text: str, leaf: Leaf, path: FieldPath, depth: int) -> list[Span]:
        raw = text[leaf.start : leaf.end]
        where = leaf.field if len(leaf.field) > 1 or not path or leaf.coding == "name" else (*path[-1:], *leaf.field)
        if leaf.coding == "number":
            return list(self._scan_number(raw, leaf._replace(field=where)))
        if leaf.coding == "bytes":
            return list(self._scan_bytes(raw, leaf._replace(field=where), "array", depth + 1))
        view = views.unescape_json(raw)
        spans = self._scan(view.text if view else raw, where, depth + 1)
        if leaf.coding == "name":
            spans = _of_a_key(raw, spans)
        return [_moved(s, view, leaf.start, '\\"') for s in spans]

    def _match_patterns(self, text: str, path: FieldPath) -> list[Span]:
        found = []
        is_whole = (not path or path[-1] in _MESSAGES) and _WHOLE_TEXT.fullmatch(text) is not None
        where = (*path, _WHOLE) if is_whole else path
        named = self._contexts_of(where) if where else 0
        for i, places in self._anchors.places(text, named):
            pattern = self._patterns[i]
            d = pattern.detector
            for start, end in pattern.find(text, places, bool(named >> i & 1)):
                if _PLACEHOLDER_FILL not in text[start:end]:
                    found.append(Span(start, end, d.entity_type, d.guideline, d.id, d.certainty, text[start:end]))
                else:
                    found += [
                        Span(s, e, d.entity_type, d.guideline, d.id, d.certainty, text[s:e]) for s, e in _around(text, start, end)
                    ]
        for value in self._find_fields(text, before=NOTHING_OPEN)[0]:
            span = self._field_span(value.start, value.end, value.rule.detector, text[value.start : value.end])
            found.append(span._replace(requote=value.requote) if value.requote else span)
        return found

    def _contexts(self, path: FieldPath) -> int:
        """The patterns whose context the names of a field give, as bits."""
        names = " ".join(word for name in path for word in _split(name))
        return sum(1 << i for i, p in enumerate(self._patterns) if p.context and _compiled(p.context).search(names))

    def _field_span(self, start: int, end: int, d: Detector, plain: str) -> Span:
        return Span(start, end, d.entity_type, d.guideline, d.id, "certain", plain)

    def _unharmed(self, text: str, found: list[Span]) -> list[Span]:
        """Without the "likely" spans that lie in a harmless one."""
        if not any(s.certainty == "likely" for s in found):
            return found
        if self._no_names:
            found = [s for s in found if s.certainty == "certain" or s.guideline != "name" or not self._denied(s.plain)]
        harmless = sorted(
            m.span(m.re.groupindex.get("value", 0))
            for i, places in self._harmless_anchors.places(text)
            for m in matches(_compiled(self._harmless[i]), text, places)
        )
        starts = [a for a, _ in harmless]
        reach = list(accumulate((b for _, b in harmless), max))  # running maximum of the ends of the stretches
        found = [s for s in found if s.certainty == "certain" or not (n := bisect_right(starts, s.start)) or reach[n - 1] < s.end]
        return [s for s in found if s.detector not in _BY_SCRIPT or not is_of_program(text, s.start, s.end, lexicon())]

    def _denied(self, name: str) -> bool:
        words = _LETTERS.findall(name)
        return bool(words) and all(fold(w) in self._no_names for w in words)


def _is_version(value: str, path: FieldPath) -> bool:
    """True if a value is four numbers under the name of a version, which look like an address: `"version": "15.0.5.3"`."""
    return bool(path) and _QUAD.fullmatch(value) is not None and not _VERSIONS.isdisjoint(words(path[-1])[-1:])


def _of_a_key(key: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Returns the spans of a JSON key that must be redacted. A single word in small letters is not taken for a person's name
    because it looks like one, nor for content because of its script."""
    if not spans or not _SMALL_WORD.fullmatch(key):
        return spans
    return tuple(s for s in spans if s.certainty == "certain" or (s.guideline != "name" and s.detector != _NON_LATIN))


def plain_number(raw: str) -> str:
    """The digits of a JSON number: `3.78282246310005e14` → `378282246310005`; "" for what is no whole number."""
    digits = raw.lstrip("-")
    if digits.isdigit():
        return digits
    if len(raw) > 64:
        return ""
    try:
        from decimal import Decimal

        number = Decimal(raw)
        whole = number == number.to_integral_value() and abs(number) < Decimal(10) ** 30
        return str(abs(int(number))) if whole else ""
    except ArithmeticError:
        return ""


def merge(spans: list[Span]) -> tuple[Span, ...]:
    """Overlapping spans made one, of the type of the widest (of equals: certain before likely, patterns before fields)."""
    if len(spans) < 2:
        return tuple(spans)
    ordered = sorted(_without_hosts(spans), key=lambda s: (s.start, s.start - s.end))
    out: list[list[Span]] = []
    reach = -1
    for span in ordered:
        if out and span.start < reach:
            out[-1].append(span)
        else:
            out.append([span])
        reach = max(reach, span.end)
    return tuple(_union(group) for group in out)


def _without_hosts(spans: list[Span]) -> list[Span]:
    """Without the e-mail addresses that are the password of a URL with the host behind it."""
    passwords = sorted((s.start, s.end) for s in spans if s.detector == _URL_PASSWORD)
    if not passwords:
        return spans

    def is_host(s: Span) -> bool:
        n = bisect_right(passwords, (s.end, -1))
        return s.entity_type == "EMAIL_ADDRESS" and n > 0 and passwords[n - 1][1] > s.start

    return [s for s in spans if not is_host(s)]


def _union(group: list[Span]) -> Span:
    if len(group) == 1:
        return group[0]
    start, end = group[0].start, max(s.end for s in group)
    best = min(
        group,
        key=lambda s: (s.start - s.end, s.certainty, s.entity_type == "CONTENT", s.detector.startswith("field_"), s.entity_type),
    )
    if best.guideline != SECRET_ROW and any(s.guideline == SECRET_ROW and s.certainty == "certain" for s in group):
        best = best._replace(plain=_PLACEHOLDER_FILL)  # no pseudonym is made of a secret
    whole = best.start == start and best.end == end
    return best if whole else best._replace(start=start, end=end, inner=None)


def _with_successors(text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans, and the values that the text puts in the place of the secrets among them, or says were there before."""
    found = list(spans)
    for span in spans:
        if span.guideline == SECRET_ROW and span.inner is None and (m := _SUCCESSOR.match(text, span.end)) is not None:
            start, end = m.span("value")
            found.append(span._replace(start=start, end=end, plain=text[start:end], certainty="likely", requote=""))
    return merge(found) if len(found) > len(spans) else spans


def _with_repeats(text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans, and the further places of the secrets among them: what is a password once is one where the text says it again.

    Only of a secret that is no word: eight characters or more, a letter and a digit among them.
    """
    secrets = [s for s in spans if s.guideline == SECRET_ROW and s.inner is None and _NO_WORD.fullmatch(text, s.start, s.end)]
    if not secrets:
        return spans
    taken = [(s.start, s.end) for s in spans]
    found = []
    for span in sorted(secrets, key=lambda s: s.start - s.end)[:_MOST_REPEATED]:
        value = text[span.start : span.end]
        place = text.find(value)
        while place >= 0:
            end = place + len(value)
            n = bisect_left(taken, (end, -1))  # the stretches before it begin before its end
            if (not n or taken[n - 1][1] <= place) and not (_is_joined(text, place - 1) or _is_joined(text, end)):
                insort(taken, (place, end))
                found.append(span._replace(start=place, end=end))
            place = text.find(value, end)
    return tuple(sorted((*spans, *found), key=lambda s: s.start)) if found else spans


_SUCCESSOR = regex(
    r"""["'`”»)\]}]{0,3},?\s{0,3}(?:(?:->|=>|→|⇒|(?i:to|into|replace[ds]?(?:[ ](?:with|by))?|instead[ ]of))\s{1,3}
    |(?:\#|//|[;(–—-])\s{0,3}
    (?i:old|new|was|now|prev|previous(?:ly)?|before|after|current|formerly|replaces|replaced|changed[ ](?:from|to))
    \s{0,2}[:=]?\s{0,2})(?:[A-Za-z]{1,12}\s?[:=]\s?)?(?:[\["'`“«(]{1,2}|\\{1,3}")?
    (?P<value>(?=[^\s]{0,80}[A-Za-z])(?=[^\s]{0,80}[0-9])
    (?:(?=[^\s]{0,80}[A-Z])(?=[^\s]{0,80}[a-z])|(?<=["'`“«])|(?=[^\s]{0,80}[!#$%^&*?~]))
    [^\s"'`”»<>(){}\[\],;:/\\]{6,400}+)(?![/:(\\])""",
    re.X,
)
"""The text between a secret and another one that takes its place: `… -> …`, `… to "…"`, `… # old: …`."""
_MOST_REPEATED = 16
"""Secrets of one text whose further places are searched for."""
_NO_WORD = regex(r"(?=[^0-9\x1a]*[0-9])(?=[^A-Za-z\x1a]*[A-Za-z])[^\x1a]{8,}")


def _is_joined(text: str, place: int) -> bool:
    """True if an ASCII letter or digit stands at a place."""
    return 0 <= place < len(text) and text[place].isascii() and (text[place].isalnum() or text[place] == "_")


def _moved(span: Span, view: views.View | None, offset: int, quote: str) -> Span:
    """A span of a leaf's decoded text as a span of the text that the leaf stands in."""
    start, end = view.origin(span.start, span.end) if view else (span.start, span.end)
    requote = span.requote
    if requote and quote:
        requote = requote.replace("\\", "\\\\").replace('"', '\\"') if quote == '\\"' else requote.replace('"', quote)
    return span._replace(start=start + offset, end=end + offset, requote=requote)


def _without_random(found: list[Span], read: list[tuple[int, int]]) -> list[Span]:
    """Drops the spans whose only evidence is that they look random, if they begin in a stretch that was decoded (`read`): the
    decoded text was scanned, so looking random is no evidence any more."""
    read = sorted(read)
    starts = [start for start, _ in read]
    reach = list(accumulate((end for _, end in read), max))

    def is_read(place: int) -> bool:
        n = bisect_right(starts, place)
        return n > 0 and place < reach[n - 1]

    return [s for s in found if s.certainty == "certain" or s.detector not in _RANDOM or not is_read(s.start)]


_NUMBER = regex(r"-?\d[\d.eE+-]*")
_SHORT, _FEWEST_BYTES = 16, 6
_TYPE_OF_BYTES = regex(
    r"(?:(?:new )?(?:\[\])?(?:u?int8|[Uu]?[Ii]nt8Array|[Bb]ytes?|byteArrayOf|bytearray|[Bb]uffer"
    r"|vec!|chars?|Data|[A-Za-z]{1,16}(?:Array|List|Seq|Vector|Slice|Bytes))"
    r"(?:\(\d{0,6}\)|\[\])? ?)?[\[({<]?\Z"
)
"""The type of an array of bytes, before it."""
_CHOSEN = regex(
    r"(?=(?:[^d-z]*[d-z]){3})(?=[^0-9!#$%&*+?@^_~]*[0-9!#$%&*+?@^_~])[A-Za-z0-9!#$%&*+?@^_~.-]{8,64}"
    r"|(?:[A-Za-z]{2,16}[ ]?[:= ][ ]?){1,2}(?=(?:[^A-Za-z]{0,30}[A-Za-z]){3})(?=[^0-9]{0,60}[0-9])[A-Za-z0-9!#$%&*+?@^~]{8,64}"
)
"""A text of bytes that somebody chose for a secret: small letters, and a digit or a sign. Numbers to 99 have no such letters. A
word or two may stand before it."""
_NAME_OF_SECRET = "secret: "
_THREE = regex("[0-9]{3}")
_BYTE = regex("-?[0-9]+")
_FEWEST_OF_KEY = 8
"""Bytes of the shortest key."""
_SAYS_WORDS = regex(r"(?:(?:[^\W_]|\s)(?:[^\w\s]|_){0,2})+")
"""A text that is mostly letters and digits."""
_JSON_BEFORE = regex(r"""(\\*+")\s*+:\s*+(?:\[[^\[\]{}"']*+)?\Z""")
_JSON_AFTER = regex(r"\s*+[,}\]]")


def _quoted(text: str, span: Span) -> Span:
    """The span of a number that is a value of JSON within a text, with the quote that makes its placeholder one too."""
    is_array = span.inner is not None and span.inner.alphabet == "array"
    if span.requote or not (is_array or _NUMBER.fullmatch(text, span.start, span.end)) or not _JSON_AFTER.match(text, span.end):
        return span
    m = _JSON_BEFORE.search(text, max(0, span.start - CONTEXT_BEFORE), span.start)
    return span if m is None else span._replace(requote=m[1])


def _without_chance(text: str, found: tuple[Span, ...]) -> tuple[Span, ...]:
    """Without single letters of other scripts in a short text of bytes: two or three random bytes can be such a letter."""
    if len(text) >= _SHORT or text.isascii():
        return found
    return tuple(s for s in found if s.detector != _NON_LATIN or len(s.plain.encode("utf-8", "replace")) >= _FEWEST_BYTES)


def _is_key(numbers: str) -> bool:
    """True for a list of bytes of which a quarter is beyond ASCII, as in a key that was made at random: a list of small counts is
    none. Half of random bytes are."""
    values = [int(m[0]) for m in _BYTE.finditer(numbers)]
    return len(values) >= _FEWEST_OF_KEY and 4 * sum(not 0 <= value < 128 for value in values) >= len(values)


def _encoded_span(
    start: int,
    end: int,
    text: str,
    inner: tuple[Span, ...],
    alphabet: views.Alphabet | Literal["array", "string"],
    padded: bool = True,
) -> Span:
    """Returns the span of an encoded text, or of an array of bytes, with the spans of the decoded text that must be redacted."""
    first = min(inner, key=lambda s: s.certainty)
    return Span(
        start, end, first.entity_type, first.guideline, first.detector, "certain", text,
        inner=Inner(text, inner, alphabet, padded),
    )  # fmt: skip


def _says_more(masked: str) -> bool:
    """True if a stretch holds more than placeholders and punctuation."""
    return _PLACEHOLDER_FILL not in masked or re.search(r"\w", masked) is not None


def _around(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Returns the parts of `[start, end)` outside of placeholders that are more than punctuation."""
    return [
        (start + m.start(), start + m.end())
        for m in re.finditer(rf"[^{_PLACEHOLDER_FILL}]+", text[start:end])
        if re.search(r"\w{2}", m[0])
    ]


_ARMOUR_BEGIN = regex(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_ARMOUR_END = regex(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_ARMOURED = regex(r"[\sA-Za-z0-9+/=:,\x1a-]*")


def _armour(text: str, inside: bool) -> tuple[tuple[int, int] | None, bool]:
    """The part of a line that lies in a PEM private key, and whether the line ends inside one."""
    stop = _ARMOUR_END.search(text)
    if inside and not _ARMOURED.fullmatch(text[: stop.start()] if stop else text):
        inside, stop = False, None
    begin = _ARMOUR_BEGIN.search(text)
    start = 0 if inside else begin.end() if begin else -1
    if start < 0:
        return None, False
    if stop is not None and stop.start() < start:
        stop = None
    end = stop.start() if stop else len(text.rstrip())
    part = text[start:end].replace(_PLACEHOLDER_FILL, "")
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return ((start, end) if re.search(r"\w{4}", part) else None), stop is None and (inside or not text[start:end].strip(" \\nr"))


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """A long text in parts that overlap, cut at white space where there is some, and not inside an escape sequence."""
    start = 0
    while True:
        end = min(start + _WINDOW, len(text))
        if end < len(text):
            spaces = [m.start() for m in re.finditer(r"\s", text[end - _OVERLAP : end])]
            end = end - _OVERLAP + spaces[-1] if spaces else _unescaped(text, end)
        yield start, text[start:end]
        if end == len(text):
            return
        start = _unescaped(text, end - _OVERLAP // 2)


def _unescaped(text: str, position: int) -> int:
    """The last place at or before `position` that has no backslash close before it; `position` where there is none near."""
    for i in range(position, position - _OVERLAP, -1):
        if "\\" not in text[i - 12 : i]:
            return i
    return position
