"""Times as people give them to `--since`, `--until` and `--date`."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from logscrub.cli import times
from logscrub.errors import UsageError

NOW = datetime(2026, 11, 20, 10, 20, 30, tzinfo=UTC)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2h", at(20, 8), at(20, 9)),
        ("0h", at(20, 10), at(20, 11)),
        ("30h", at(19, 4), at(19, 5)),
        ("3d", at(17), at(18)),
        ("0d", at(20), at(21)),
        ("today", at(20), at(21)),
        ("yesterday", at(19), at(20)),
        ("2026-11-14", at(14), at(15)),
        ("2026-11-14T08", at(14, 8), at(14, 8)),
        ("2026-11-14T08:00", at(14, 8), at(14, 8)),
        ("2026-11-14T08:00:00Z", at(14, 8), at(14, 8)),
        ("2026-11-14 08:30", at(14, 8), at(14, 9)),
        ("2026-11-14T08:30:15.250+01:00", at(14, 7), at(14, 8)),
        ("2026-11-14T00:30+05:30", at(13, 19), at(13, 19)),
    ],
)  # fmt: skip
def test_a_time_is_rounded_to_full_hours_and_a_day_included(text: str, since: datetime, until: datetime) -> None:
    assert times.period(text, None, NOW) == (since, None)
    assert times.period(None, text, NOW) == (None, until)


@pytest.mark.parametrize(
    "text", ["", "x", "2", "2m", "-2h", "2 h", "tomorrow", "2026-02-30", "2026-11-14T25", "20261114", "1763625600"]
)
def test_what_is_no_time_is_said_with_what_is_one(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--since: '.*' is no time; write 2h or 3d \(that long ago\), yesterday, 2026-11-20"):
        times.period(text, None, NOW)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "99999d", "999999d", "999999h"])
def test_a_time_that_is_out_of_reach_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--until: "):
        times.period(None, text, NOW)


@pytest.mark.parametrize(
    ("since", "until"), [("2026-11-18", "2026-11-16"), ("yesterday", "3d"), ("2h", "2026-11-20T08:00"), ("1h", "5h")]
)
def test_since_that_is_not_before_until_is_a_usage_error(since: str, until: str) -> None:
    with pytest.raises(UsageError, match="--since is not before --until"):
        times.period(since, until, NOW)


def test_one_day_and_one_hour_are_periods() -> None:
    assert times.period("2026-11-18", "2026-11-18", NOW) == (at(18), at(19))
    assert times.period("2h", "2h", NOW) == (at(20, 8), at(20, 9))


def test_a_date_is_a_whole_day() -> None:
    assert times.day("yesterday", "--date", NOW) == date(2026, 11, 19) == times.day("1d", "--date", NOW)
    for text in ("2h", "2026-11-19T08:00"):
        with pytest.raises(UsageError, match="--date is a day, without an hour"):
            times.day(text, "--date", NOW)
