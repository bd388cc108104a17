"""The page over the reports of many nights: what each found, and where its report is. Self-contained, without a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from logscrub.anomalies.model import PastNight
from logscrub.report import view, words
from logscrub.report.html import page

MOST_NIGHTS: Final = 60
"""Nights that are listed, the newest first."""
_MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Listed:
    """A night as the page lists it."""

    name: str
    """The name of its report's file without the suffix: `2026-11-26`."""
    start: str
    end: str
    causes: int
    worst: str
    """The severity of its worst cause; "" where nothing was found."""
    titles: tuple[str, ...]
    """The titles of the leading findings, the severest first."""
    records: int
    is_learning: bool


def listed(name: str, told: object) -> Listed | None:
    """A night of its report as JSON; None where that is no report."""
    try:
        return _listed(name, told)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _listed(name: str, told: Any) -> Listed:
    leading: list[Mapping[str, Any]] = [f for f in told["findings"] if f["id"] == f["group"]]
    return Listed(
        name,
        str(told["period"]["start"]),
        str(told["period"]["end"]),
        len(leading),
        min((str(f["severity"]) for f in leading), default=""),
        tuple(str(f["title"]) for f in leading),
        int(told["totals"]["records"]),
        any(str(sentence).startswith("Still learning") for sentence in told["coverage"]),
    )


def past_night(night: Listed) -> PastNight | None:
    """A night as the calendar has it; None where its name is no day."""
    try:
        day = date.fromisoformat(night.name)
    except ValueError:
        return None
    return PastNight(day, night.worst, night.causes, bool(night.records) and not night.is_learning)


def as_index(nights: Iterable[Listed]) -> str:
    """The page. The same nights give the same page."""
    newest = sorted(nights, key=lambda night: night.name, reverse=True)
    past = [night for night in map(past_night, newest) if night is not None]
    return page(
        "index.html",
        nights=newest[:MOST_NIGHTS],
        cells=view.calendar(past, past[0].day) if past else [],
        older=len(newest) - len(newest[:MOST_NIGHTS]),
        titles=_titles,
        words=words,
    )


def _titles(titles: Sequence[str]) -> str:
    more = len(titles) - _MOST_TITLES
    return "; ".join(titles[:_MOST_TITLES]) + (f"; and {words.number(more)} more" if more > 0 else "")
