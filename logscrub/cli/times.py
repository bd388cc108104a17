"""Times as people give them: `--since 2h`, `--until yesterday`, `--date 2026-11-20`. All are UTC, and rounded to full hours."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

import typer

from logscrub.errors import UsageError

FORMS: Final = "2h or 3d (that long ago), yesterday, 2026-11-20, 2026-11-20T08:00"
"""The accepted forms, for help and messages."""

Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help=f"From this time on, UTC: {FORMS}.", show_default=False)
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Up to this time; a day is included to its end.", show_default=False),
]

_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9000
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_AGO: Final = re.compile(r"(\d{1,6})([hd])")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")


def period(
    since: str | None, until: str | None, now: datetime, options: tuple[str, str] = ("--since", "--until")
) -> tuple[datetime | None, datetime | None]:
    """The first full hour of a period, and the one after its last; None where the option is not given.

    A day given as `until` is included, and so is the hour in which a time lies. Raises UsageError for text that is no time, and
    where nothing lies between the two.
    """
    start = None if since is None else _bounds(since, options[0], now)[0]
    end = None if until is None else _bounds(until, options[1], now)[1]
    if start is not None and end is not None and start >= end:
        raise UsageError(f"{options[0]} is not before {options[1]}: nothing lies between {since} and {until}")
    return start, end


def day(text: str, option: str, now: datetime) -> date:
    """A whole day. Raises UsageError."""
    start, end = _bounds(text, option, now)
    if end - start != _DAY:
        raise UsageError(f"{option} is a day, without an hour: 2026-11-20, or yesterday")
    return start.date()


def _bounds(text: str, option: str, now: datetime) -> tuple[datetime, datetime]:
    """The full hours between which a day lies, or a time. Raises UsageError."""
    try:
        start, end = _day_of(text, now) or _hour_of(text, now)
    except (ValueError, OverflowError):
        raise UsageError(f"{option}: {text!r} is no time; write {FORMS}") from None
    if start.year < _FIRST_YEAR or end.year > _LAST_YEAR:
        raise UsageError(f"{option}: {text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return start, end


def _day_of(text: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The first hour of a day, and that of the next; None where the text names no day."""
    ago = _AGO.fullmatch(text)
    if text in ("today", "yesterday"):
        that = now.date() - timedelta(days=text == "yesterday")
    elif ago is not None and ago[2] == "d":
        that = now.date() - timedelta(days=int(ago[1]))
    elif _DATE.fullmatch(text):
        that = date.fromisoformat(text)
    else:
        return None
    start = datetime.combine(that, time(), UTC)
    return start, start + _DAY


def _hour_of(text: str, now: datetime) -> tuple[datetime, datetime]:
    """A time rounded down to a full hour, and up to one. Raises ValueError where the text is no time."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        at = now - timedelta(hours=int(ago[1]))
    elif _DATE_TIME.fullmatch(text):
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    else:
        raise ValueError
    start = at.replace(minute=0, second=0, microsecond=0)
    return start, start if at == start else start + _HOUR
