"""Explains an example that does not hold: names the part of a detector that refused a stretch, or that found one which should be
kept.

Patterns are tried on the text as it is written. A stretch that is only found in a decoded reading of the text (percent-encoding,
escapes, base64) is not explained further. All texts are examples of detectors, so they are invented and may be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from logscrub.detect.catalogue import Catalogue, Detector
from logscrub.detect.engine import CONTEXT_AFTER, CONTEXT_BEFORE, context_pattern
from logscrub.detect.ids import cuts_id
from logscrub.detect.validators import VALIDATORS
from logscrub.model import Span

_LONGEST_SHOWN = 60

Stretch = tuple[int, int]
"""The beginning and the end of a part of a text."""


def reasons(detector: Detector, catalogue: Catalogue, text: str, wanted: Sequence[Stretch], found: Sequence[Span]) -> list[str]:
    """One sentence for each stretch that is wanted and not found, and for each that is found and not wanted.

    Args:
        detector: the detector that was tried alone.
        catalogue: where its harmless stretches come from.
        text: the example without its «marks».
        wanted: the marked stretches, as positions in the text.
        found: the spans that the detector found in it.
    """
    got = [(span.start, span.end) for span in found]
    missing = [_refusal(detector, catalogue, text, stretch) for stretch in wanted if stretch not in got]
    return missing + [_finding(detector, text, stretch) for stretch in got if stretch not in wanted]


def _refusal(detector: Detector, catalogue: Catalogue, text: str, stretch: Stretch) -> str:
    """Why a detector did not find a stretch."""
    matches = list(_matches(detector, text))
    exact = [n for n, match in matches if match == stretch]
    if not exact:
        return f"{_shown(text, stretch)} is not found: {_nearest(detector, matches, text, stretch)}"
    return f"{_shown(text, stretch)} is matched by pattern {exact[0]}, but {_refused_by(detector, catalogue, text, stretch)}"


def _refused_by(detector: Detector, catalogue: Catalogue, text: str, stretch: Stretch) -> str:
    """Names the part of a detector that refuses a stretch although one of its patterns matches it."""
    start, end = stretch
    if detector.validator and not VALIDATORS[detector.validator](text[start:end]):
        return f"the validator {detector.validator} refuses it"
    if detector.context and not _has_context(detector.context, text, stretch):
        words = ", ".join(detector.context)
        place = f"in the {CONTEXT_BEFORE} characters before or the {CONTEXT_AFTER} after"
        return f"the context is missing: none of {words} stands {place}"
    if cuts_id(text, start, end):
        return "it begins or ends inside a hexadecimal id or UUID"
    if detector.certainty == "likely":
        for harmless in catalogue.harmless:
            if any(a <= start and end <= b for a, b in _stretches(harmless.patterns, text)):
                return f"the harmless stretch {harmless.id} covers it, and the detector is only likely"
    return "what was found beside it takes it in"


def _nearest(detector: Detector, matches: Sequence[tuple[int, Stretch]], text: str, stretch: Stretch) -> str:
    """Describes what a detector matches instead of a stretch that no pattern matches exactly."""
    for n, (start, end) in matches:
        if start < stretch[1] and stretch[0] < end:
            return f"pattern {n} matches {_shown(text, (start, end))} instead"
    value = text[stretch[0] : stretch[1]]
    kept = next((keep for keep in detector.keep_values if re.fullmatch(keep, value)), None)
    if kept is not None:
        return f"keep_values {kept!r} keeps it"
    parts = []
    if detector.patterns:
        parts.append("no pattern matches it")
    if detector.fields:
        parts.append("it is not the value of one of the fields")
    return " and ".join(parts) or "the detector has neither patterns nor fields"


def _finding(detector: Detector, text: str, stretch: Stretch) -> str:
    """Names the part of a detector that found an unwanted stretch."""
    by = next((n for n, match in _matches(detector, text) if match == stretch), None)
    part = f"pattern {by}" if by is not None else "a field, or a decoded reading of the text"
    return f"{_shown(text, stretch)} should stay, and is found by {part}"


def _matches(detector: Detector, text: str) -> Iterator[tuple[int, Stretch]]:
    """Yields the matches of each pattern, with the pattern's number from 1 on."""
    for n, pattern in enumerate(detector.patterns, 1):
        for stretch in _stretches((pattern,), text):
            yield n, stretch


def _stretches(patterns: Iterable[str], text: str) -> Iterator[Stretch]:
    for pattern in patterns:
        compiled = re.compile(pattern)
        group: str | int = "value" if "value" in compiled.groupindex else 0
        for match in compiled.finditer(text):
            if match.start(group) >= 0:
                yield match.span(group)


def _has_context(words: Sequence[str], text: str, stretch: Stretch) -> bool:
    around = re.compile(context_pattern(words))
    before = text[max(0, stretch[0] - CONTEXT_BEFORE) : stretch[0]]
    after = text[stretch[1] : stretch[1] + CONTEXT_AFTER]
    return around.search(before) is not None or around.search(after) is not None


def _shown(text: str, stretch: Stretch) -> str:
    """A stretch in «marks», cut if it is long."""
    value = text[stretch[0] : stretch[1]]
    return f"«{value if len(value) <= _LONGEST_SHOWN else value[:_LONGEST_SHOWN] + '…'}»"
