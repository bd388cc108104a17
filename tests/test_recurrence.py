"""Jobs of each month and holidays of each year are no news, and what is like them only once is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from logscrub.anomalies.backtest import replay
from logscrub.anomalies.drill import Drill
from logscrub.anomalies.model import Report
from logscrub.anomalies.night import make_report, report_of
from logscrub.anomalies.recurrence import MONTHS, easter, of_last_year, of_months
from logscrub.anomalies.rules import load_rules
from logscrub.anomalies.signals import Rows, read_signals
from logscrub.config import CalendarException, Config
from logscrub.metrics import store as stores
from logscrub.metrics.rollup import SCHEMA

RULES = load_rules()
HOURS = np.arange(24)
RHYTHM = np.where((HOURS >= 8) & (HOURS < 18), 400, 120)


def app(days: int, last: date, times: Callable[[date], float]) -> Rows:
    """Days of an app of two functions, up to a last one; `times` as many records as usual of one of them."""
    rows = Rows(None, None)
    for n in range(days):
        day = last - timedelta(days=n)
        chance = np.random.default_rng(day.toordinal())
        weekend = 0.3 if day.weekday() >= 5 else 1.0
        counts = {"save": chance.poisson(RHYTHM * weekend * times(day)), "load": chance.poisson(RHYTHM * weekend)}
        rows.beside[day] = rollup(day, counts)
    return rows


def rollup(day: date, counts: Mapping[str, np.ndarray[tuple[int], np.dtype[np.int64]]]) -> pl.DataFrame:
    """Rows of a day, of records that are nothing but counted."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    told = [(begin + timedelta(hours=hour), name, int(n)) for name, each in counts.items() for hour, n in enumerate(each) if n]
    frame = pl.DataFrame(told, schema={"hour": SCHEMA["hour"], "function": pl.String, "records": pl.Int64}, orient="row")
    others = [empty(name, kind) for name, kind in SCHEMA.items() if name not in frame.columns]
    return (
        frame.with_columns(others)
        .with_columns(pl.lit("count").alias("kind"), pl.lit("logs").alias("source"))
        .select(list(SCHEMA))
    )


def empty(name: str, kind: pl.DataType) -> pl.Expr:
    """A column of nothing."""
    if isinstance(kind, pl.List):
        return pl.lit([], kind).alias(name)
    return pl.lit("" if kind == pl.String else 0, kind).alias(name)


def report(rows: Rows, config: Config | None = None) -> Report:
    """Of the last day."""
    day = datetime.combine(max(rows.beside), datetime.min.time(), UTC)
    signals = read_signals(rows, day, day + timedelta(days=1))
    return report_of(signals, Drill(rows), RULES, config or Config(), made=day + timedelta(days=1, hours=6))


def is_first(day: date) -> bool:
    return day.day == 1


def is_last(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


JOBS = {
    "first": (is_first, date(2026, 7, 1)),
    "last day": (is_last, date(2026, 6, 30)),
    "second Tuesday": (lambda day: day.weekday() == 1 and 8 <= day.day <= 14, date(2026, 6, 9)),
}


@pytest.mark.parametrize("place", JOBS)
def test_a_job_that_came_three_months_is_no_alarm_and_the_report_says_so(place: str) -> None:
    is_day, last = JOBS[place]
    made = report(app(135, last, lambda day: 5.0 if is_day(day) else 1.0))
    assert not made.findings
    assert {m.rule for m in made.muted} >= {"volume_jump"}
    assert {m.reason for m in made.muted} == {f"as on the {place} of the last three months"}


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(lambda day: 5.0 if day == date(2026, 7, 1) else 1.0, id="never-before"),
        pytest.param(lambda day: 5.0 if is_first(day) and day != date(2026, 5, 1) else 1.0, id="two-of-three"),
        pytest.param(lambda day: 20.0 if day == date(2026, 7, 1) else 5.0 if is_first(day) else 1.0, id="far-more"),
        pytest.param(lambda day: 5.0 if day == date(2026, 7, 1) else 0.1 if is_first(day) else 1.0, id="the-other-way"),
    ],
)
def test_what_did_not_come_like_that_three_times_is_told(times: Callable[[date], float]) -> None:
    made = report(app(135, date(2026, 7, 1), times))
    assert "volume_jump" in {f.rule for f in made.findings}


def test_a_month_that_the_store_does_not_have_is_no_witness() -> None:
    made = report(app(75, date(2026, 7, 1), lambda day: 5.0 if is_first(day) else 1.0))
    assert "volume_jump" in {f.rule for f in made.findings}


HOLIDAYS = {
    "date": (date(2025, 12, 25), date(2024, 12, 25)),
    "fourth Thursday": (date(2026, 11, 26), date(2025, 11, 27)),
    "Easter": (date(2026, 4, 6), date(2025, 4, 21)),
}


@pytest.mark.parametrize("kind", HOLIDAYS)
def test_a_holiday_that_was_one_a_year_ago_is_no_drop(kind: str) -> None:
    this, before = HOLIDAYS[kind]
    made = report(app(400, this, lambda day: 0.15 if day in (this, before) else 1.0))
    assert not made.findings
    assert {m.reason for m in made.muted} == {f"as on {before}, the same day of the year before"}


def test_a_first_holiday_is_a_drop_unless_it_is_in_the_calendar() -> None:
    this = date(2026, 5, 1)
    rows = app(60, this, lambda day: 0.15 if day == this else 1.0)
    assert "volume_drop" in {f.rule for f in report(rows).findings}
    calendar = (CalendarException(this, this, (), "Labour Day"),)
    made = report(rows, Config(calendar=calendar))
    assert not made.findings and {m.reason for m in made.muted} == {"Labour Day"}


def test_more_on_the_same_day_of_the_last_year_is_told() -> None:
    this, before = HOLIDAYS["date"]
    made = report(app(400, this, lambda day: 5.0 if day in (this, before) else 1.0))
    assert "volume_jump" in {f.rule for f in made.findings}


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2024, 2, 29), date(2026, 3, 1), date(2026, 12, 29)])
def test_the_days_of_a_place_are_one_of_each_month_before(day: date) -> None:
    for place, days in of_months(day):
        assert [(day.year * 12 + day.month) - (then.year * 12 + then.month) for then in days] == [*range(1, MONTHS + 1)], place
        assert place in {other for then in days for other, _ in of_months(then)}, "it is one of theirs"
    assert all(then.year == day.year - 1 for then in of_last_year(day))


def test_easter_is_when_it_was() -> None:
    known = {2000: (4, 23), 2008: (3, 23), 2011: (4, 24), 2024: (3, 31), 2025: (4, 20), 2038: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in known} == known


# -- replays --------------------------------------------------------------------------------------------------------------


def test_a_replay_holds_back_what_the_night_held_back(tmp_path: Path) -> None:
    last = date(2026, 7, 1)
    rows = app(130, last, lambda day: 5.0 if is_first(day) or day == date(2026, 6, 24) else 1.0)
    store = stores.open_or_make(str(tmp_path / "store"), "0" * 16)
    counted = pl.concat([frame.with_columns(pl.lit(day).alias("day")) for day, frame in rows.beside.items()])
    stores.add(store, lambda seen: counted, [])
    done = replay(store, RULES, (1.0, 5.0), datetime(2026, 7, 2, tzinfo=UTC), 8, made=datetime(2026, 7, 2, 6, tzinfo=UTC))
    told = {night.start.date(): night for night in done.nights}
    assert {t.recurs for t in told[last].recurring} == {"as on the first of the last three months"}
    assert not told[last].told and told[last].causes == (0, 0)
    once = told[date(2026, 6, 24)]
    assert once.told and once.causes[0] > 0 and not once.recurring
    config = Config()
    night = make_report(store, RULES, config, told[last].start, told[last].end, made=told[last].end)
    assert {m.id for m in night.muted} == {t.finding.id for t in told[last].recurring if 1.0 in t.budgets}
