"""The detector of levels: causal, the same online as in a replay, quiet on noise, awake to incidents."""

from __future__ import annotations

import copy
import itertools
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from logscrub.anomalies.levels import (
    BAND,
    DEFAULT,
    HOUR,
    LULL,
    Detector,
    Scored,
    SeriesModel,
    Settings,
    Tail,
    Window,
    middle,
    scores,
)

Array = NDArray[np.float64]
FIELDS = ("expected", "lower", "upper", "score", "p_value", "alarms")
WEEK = 168


def seasonal(hours: int, seed: int, mean: float = 100.0) -> Array:
    """Poisson counts of a day's course."""
    rng = np.random.default_rng(seed)
    return rng.poisson(mean * np.exp(0.6 * np.sin(2 * np.pi * np.arange(hours) / 24))).astype(float)


def autocorrelated(rng: np.random.Generator, hours: int, phi: float) -> Array:
    steps = itertools.accumulate(rng.normal(0, math.sqrt(1 - phi * phi), hours), lambda a, e: phi * a + e)
    return np.array(list(steps))


NOISES: dict[str, Callable[[Any, int], Any]] = {
    "poisson of 3": lambda rng, n: rng.poisson(3, n).astype(float),
    "poisson of 100": lambda rng, n: rng.poisson(100, n).astype(float),
    "poisson of 0.1": lambda rng, n: rng.poisson(0.1, n).astype(float),
    "negative binomial": lambda rng, n: rng.negative_binomial(3, 3 / 23, n).astype(float),
    "lognormal": lambda rng, n: 50 * np.exp(rng.normal(0, 0.5, n)),
    "autocorrelated": lambda rng, n: 50 * np.exp(0.3 * autocorrelated(rng, n, 0.8)),
    "seasonal": lambda rng, n: rng.poisson(100 * np.exp(0.8 * np.sin(2 * np.pi * np.arange(n) / 24))).astype(float),
    "weekly": lambda rng, n: rng.poisson(np.where(np.arange(n) // 24 % 7 >= 5, 30, 120)).astype(float),
    "growing": lambda rng, n: rng.poisson(50 * np.exp(np.arange(n) / n)).astype(float),
}


def same(a: Scored, b: Scored, until: int) -> bool:
    return all(np.array_equal(getattr(a, f)[:until], getattr(b, f)[:until], equal_nan=True) for f in FIELDS)


values = st.lists(
    st.one_of(st.floats(-1e9, 1e9), st.just(math.nan), st.integers(0, 5).map(float), st.floats(0, 1)), min_size=0, max_size=150
)


@settings(max_examples=30, deadline=None)
@given(values, values, values)
def test_the_future_changes_nothing(past: list[float], one: list[float], other: list[float]) -> None:
    assert same(scores(past + one), scores(past + other), len(past))


def test_the_future_changes_nothing_in_a_long_series() -> None:
    series = seasonal(900, 1)
    scrambled = series.copy()
    np.random.default_rng(2).shuffle(scrambled[600:])
    scrambled[650:700] = math.nan
    assert same(scores(series), scores(scrambled), 600)


@settings(max_examples=30, deadline=None)
@given(values)
def test_stepping_is_replaying(series: list[float]) -> None:
    detector, said = Detector(), scores(series)
    replayed = zip(*(getattr(said, f) for f in FIELDS), strict=True)
    for place, (value, all_at_once) in enumerate(zip(series, replayed, strict=True)):
        reading = detector.step(None if math.isnan(value) else value)
        one_by_one = (reading.expected, reading.lower, reading.upper, reading.score, reading.p_value, float(reading.alarm))
        assert np.array_equal(one_by_one, [float(v) for v in all_at_once], equal_nan=True), place


@settings(max_examples=30, deadline=None)
@given(values)
def test_what_is_said_makes_sense(series: list[float]) -> None:
    said = scores(series)
    for place, value in enumerate(series):
        if math.isnan(value):
            assert math.isnan(said.score[place]) and not said.alarms[place]
        if not math.isnan(said.score[place]):
            assert 0 <= said.p_value[place] <= 1
            assert not said.alarms[place] or said.p_value[place] * WEEK <= DEFAULT.budget
            assert not said.lower[place] > said.expected[place]
            assert not said.upper[place] < said.expected[place]
        else:
            assert math.isnan(said.p_value[place])


@pytest.mark.parametrize("level", [0.0, 1.0, 7.5, -3.0, 1e12])
def test_a_constant_series_is_quiet(level: float) -> None:
    assert not scores(np.full(1000, level)).alarms.any()


@pytest.mark.parametrize("factor", [0.25, 4.0, 1024.0 * 1024.0])
def test_the_unit_of_the_series_is_no_matter(factor: float) -> None:
    series = seasonal(800, 3)
    series[500] *= 4
    one, other = scores(series), scores(series * factor)
    # factors whose roots are exact, so that nothing is rounded differently
    assert np.array_equal(one.score, other.score, equal_nan=True)
    assert np.array_equal(one.alarms, other.alarms)
    assert np.allclose(one.upper * factor, other.upper, equal_nan=True)


@pytest.mark.parametrize("noise", NOISES)
def test_noise_alarms_about_as_often_as_it_may(noise: str) -> None:
    """Two series of twelve weeks after the first one. Alarms of hours at most three hours apart are of one excursion."""
    hours = 13 * WEEK
    found = 0
    for i in range(2):
        at = np.flatnonzero(scores(NOISES[noise](np.random.default_rng([7, i]), hours)).alarms[WEEK:])
        found += int((np.diff(at, prepend=-hours) > LULL // HOUR).sum())
    due = DEFAULT.budget * 24
    assert found <= due + 2 * math.sqrt(due)


def test_an_excursion_that_lasts_is_less_probable_with_each_hour() -> None:
    tail = Tail()
    said = []
    for _ in range(6):
        said.append(tail.probability(-2.2))
        tail.add(-2.2)
    assert said == sorted(said, reverse=True)
    assert said[-1] < said[0] / 100
    assert tail.probability(2.2) == pytest.approx(said[-1], rel=0.01)  # the run so far counts, whatever comes next


def test_a_change_too_small_for_an_hour_is_found_when_it_lasts() -> None:
    for_an_hour, lasting = seasonal(900, 6), seasonal(900, 6)
    for_an_hour[703] *= 1.5
    lasting[700:708] *= 1.5
    assert not scores(for_an_hour).alarms.any()
    assert scores(lasting).alarms[700:708].any()


def test_at_steps_finer_than_an_hour_each_step_counts_by_itself() -> None:
    tail = SeriesModel(300, DEFAULT).tail
    before = tail.probability(4.0)
    for _ in range(12):
        tail.add(4.0)
    assert tail.probability(4.0) > before / 2
    assert tail.probability(3.0) > 2 * tail.probability(4.0)  # the peak so far does not count


def test_over_all_noises_the_budget_is_neither_overspent_nor_idle() -> None:
    series = [make(np.random.default_rng([17, i]), 7 * WEEK) for i, make in enumerate(NOISES.values())]
    found = sum(int(scores(values).alarms[WEEK:].sum()) for values in series)
    assert 0.1 <= found / (DEFAULT.budget * 6 * len(NOISES)) <= 1.3


HEAVY: dict[str, Callable[[Any, int], Any]] = {
    "lognormal of 1": lambda rng, n: np.exp(rng.normal(3, 1, n)),
    "t of 3": lambda rng, n: 100 + 10 * rng.standard_t(3, n),
    "spikes": lambda rng, n: np.where(rng.random(n) < 0.05, rng.normal(10, 0.5, n) * (1 + 2 * rng.pareto(2.5, n)), 10),
    "weibull": lambda rng, n: 10 * rng.weibull(0.5, n),
    "clipped cauchy": lambda rng, n: np.clip(100 + 5 * rng.standard_cauchy(n), 0, 1e4),
    "rare and far": lambda rng, n: np.where(rng.random(n) < 0.01, 10 * rng.pareto(1, n), 0),
    "changing variance": lambda rng, n: np.exp(3 + 0.15 * np.exp(autocorrelated(rng, n, 0.97)) * rng.normal(0, 1, n)),
}


@pytest.mark.parametrize("budget", [2 / 7, 0.05])
def test_noise_of_heavy_tails_keeps_to_the_budget_too(budget: float) -> None:
    """In seven weeks behind the first one, alarms with three hours between them count once."""
    found = 0
    for i, make in enumerate(HEAVY.values()):
        alarms = np.flatnonzero(
            scores(make(np.random.default_rng([23, i]), 8 * WEEK), settings=Settings(budget=budget)).alarms[WEEK:]
        )
        found += int((np.diff(alarms, prepend=-10) > 3).sum())
    due = budget * 7 * len(HEAVY)
    assert found <= due + 2 * math.sqrt(due)


def jobs(rng: np.random.Generator, hours: int) -> Array:
    """Counts with a job of two to four hours every other day."""
    counts = rng.poisson(40, hours).astype(float)
    for begin in itertools.accumulate(rng.exponential(50, hours // 50).astype(int) + 6):
        counts[begin : begin + rng.integers(2, 5)] += rng.poisson(80)
    return counts


TOGETHER: dict[str, Callable[[Any, int], Any]] = {
    "autocorrelated": lambda rng, n: np.exp(3 + 0.25 * autocorrelated(rng, n, 0.95)),
    "random walk": lambda rng, n: 100 * np.exp(np.cumsum(rng.normal(0, 0.04, n))),
    "jobs": jobs,
    "noisy nights": lambda rng, n: 100 * np.exp(np.where(np.arange(n) % 24 < 15, 0.1, 0.5) * rng.normal(0, 1, n)),
    "days of their own": lambda rng, n: rng.poisson(80 * np.exp(np.repeat(rng.normal(0, 0.25, n // 24), 24))).astype(float),
}
"""Noises whose hours go together, so that what is high lasts as well."""


def test_the_height_and_the_length_of_an_excursion_share_one_budget() -> None:
    """Two series of twelve weeks after the first one for each noise."""
    found, hours = 0, 13 * WEEK
    for n, make in enumerate(TOGETHER.values()):
        for i in range(2):
            at = np.flatnonzero(scores(make(np.random.default_rng([29, n, i]), hours)).alarms[WEEK:])
            found += int((np.diff(at, prepend=-hours) > LULL // HOUR).sum())
    due = DEFAULT.budget * 24 * len(TOGETHER)
    assert found <= due + 2 * math.sqrt(due)


def test_what_came_again_and_again_is_no_news_until_it_is_worse() -> None:
    series = seasonal(8 * WEEK, 21)
    series[WEEK + 60 :: 2 * 24 + 5] += 200  # every other day, at changing hours
    alarms = scores(series).alarms
    assert alarms[WEEK : 3 * WEEK].any() and not alarms[4 * WEEK :].any()
    series[-5] += 2000
    assert scores(series).alarms[-5]


@pytest.mark.parametrize(("hours", "told"), [(1, False), (6, True)])
def test_noise_leaps_and_incidents_last(hours: int, told: bool) -> None:
    """What comes every tenth day for an hour is as usual in the end; what lasts is an incident each time."""
    series = seasonal(12 * WEEK, 24)
    for begin in range(WEEK + 60, len(series), 10 * 24 + 7):
        series[begin : begin + hours] += 120
        last = slice(begin, begin + hours)
    assert scores(series).alarms[last].any() == told


def test_a_day_of_much_noise_has_longer_units() -> None:
    rng = np.random.default_rng(25)
    series = rng.normal(100, 5, 6 * WEEK)
    series[700], calm = 145, slice(700, 701)
    noisy = series.copy()
    noisy[680:700] = rng.normal(100, 12, 20)
    assert scores(series).p_value[calm] < scores(noisy).p_value[calm] / 10


def test_what_was_told_is_told_again_within_a_day_only_where_it_is_worse() -> None:
    series = seasonal(900, 22)
    for hour, times in ((700, 2.4), (712, 2.4), (720, 4)):
        series[hour] *= times
    assert np.flatnonzero(scores(series).alarms[690:]).tolist() == [10, 30]


def test_the_probability_holds_over_noises() -> None:
    """Scores of noise it has no prior for reach a probability of 1 % in about 1 % of the hours."""
    shares = [
        float(np.nanmean(scores(make(np.random.default_rng([11, i]), 1500)).p_value[WEEK:] <= 0.01))
        for i, make in enumerate(NOISES.values())
    ]
    assert 0.002 <= float(np.mean(shares)) <= 0.02, shares


@pytest.mark.parametrize(
    ("what", "where", "change"),
    [
        ("a spike", slice(700, 701), lambda v: v * 4),
        ("a burst", slice(700, 712), lambda v: v * 3),
        ("an outage", slice(706, 710), lambda v: v * 0),
        ("a new level", slice(700, None), lambda v: v * 3),
        ("a ramp", slice(700, 712), lambda v: v * np.linspace(1, 5, 12)),
    ],
)
def test_incidents_are_seen(what: str, where: slice, change: object) -> None:
    series = seasonal(900, 4)
    series[where] = change(series[where])  # type: ignore[operator]
    said = scores(series)
    assert said.alarms[where][:12].any(), what
    assert said.alarms[WEEK:700].sum() <= 2


def test_too_little_and_too_much_have_their_sign_and_can_be_asked_for_alone() -> None:
    series = seasonal(800, 5)
    series[700], series[750] = series[700] * 5, 0
    both = scores(series)
    up, down = (scores(series, settings=Settings(direction=d)) for d in ("up", "down"))
    assert both.score[700] > 0 > both.score[750]
    assert both.alarms[[700, 750]].tolist() == [True, True]
    assert up.alarms[[700, 750]].tolist() == [True, False]
    assert down.alarms[[700, 750]].tolist() == [False, True]


def test_a_new_level_that_stays_is_learned() -> None:
    series = seasonal(2000, 6)
    series[800:] *= 3
    alarms = scores(series).alarms
    assert alarms[800:824].any()
    assert not alarms[800 + 21 * 24 :].any()


def test_an_incident_does_not_hide_the_next_one() -> None:
    series = seasonal(1000, 7)
    for begin in (400, 500, 600, 700):
        series[begin : begin + 6] *= 5
    alarms = scores(series).alarms
    assert all(alarms[begin : begin + 6].any() for begin in (400, 500, 600, 700))


def test_a_small_change_of_a_steady_series_is_no_news() -> None:
    series = np.full(1000, 200.0) + np.random.default_rng(8).normal(0, 0.01, 1000)
    series[700] = 205
    series[800] = 400
    assert np.flatnonzero(scores(series).alarms).tolist() == [800]


def test_the_band_is_where_the_probability_is_a_thousandth() -> None:
    series = seasonal(1500, 9)
    series[::97] *= 2.5
    said = scores(series)
    above = series > said.upper * (1 + 1e-9)
    assert np.array_equal(above, (said.p_value < BAND) & (said.score > 0))
    assert np.array_equal(series < said.lower * (1 - 1e-9), (said.p_value < BAND) & (said.score < 0))
    assert above.any()
    assert not (said.lower[24:] < 0).any()


def test_missing_hours_take_their_time() -> None:
    """A gap of days does not move the season."""
    series = seasonal(1000, 10)
    series[400:500] = math.nan
    series[::13] = math.nan
    said = scores(series)
    assert said.alarms.sum() <= 2
    assert np.isnan(said.score[400:500]).all()
    assert not np.isnan(said.expected[400:500]).any()
    assert scores(np.full(100, math.nan)).alarms.sum() == 0
    assert Detector().step(math.inf).score != 0


@pytest.mark.parametrize("step", [300, 900, 3600, 86_400])
def test_other_steps(step: int) -> None:
    rng = np.random.default_rng(12)
    day = max(86_400 / step, 1)
    n = 1500 if step < 86_400 else 120
    series = rng.poisson(100 * np.exp(0.3 * np.sin(2 * np.pi * np.arange(n) / day))).astype(float)
    series[-5] = 1500
    alarms = scores(series, step).alarms
    assert alarms[-5]
    assert alarms.sum() <= 5


def test_a_detector_goes_on_from_a_copy_and_holds_no_more_than_its_window() -> None:
    series = seasonal(1700, 13)
    detector = Detector()
    for value in series[:1500]:
        detector.step(float(value))
    twin = copy.deepcopy(detector)
    assert [detector.step(float(v)) for v in series[1500:]] == [twin.step(float(v)) for v in series[1500:]]
    assert all(len(w.times) == len(w.ordered) == 28 * 24 for w in twin._values.windows)
    assert len(twin._values.past) <= 2 * 4 * WEEK


def test_a_year_takes_seconds() -> None:
    series = seasonal(8760, 14)
    begin = time.process_time()
    scores(series)
    assert time.process_time() - begin < 6  # 1.3 on a plain machine, which tests share


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.floats(-10, 10), st.just(math.nan)), min_size=1, max_size=60), st.integers(1, 20))
def test_a_window_is_its_last_values_in_order(values: list[float], steps: int) -> None:
    window = Window(steps, 1)
    for value in values:
        window.add(value)
    assert window.ordered == sorted(v for v in values[-steps:] if v == v)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 8), max_size=30), st.floats(1e-6, 0.04))
def test_a_tail_and_its_inverse(seen: list[float], probability: float) -> None:
    tail = Tail()
    for score in [*seen, 0, 0, 0]:  # what goes on is worse than what begins
        tail.add(score)
    assert tail.probability(0) == tail.probability(tail.start) == 1
    assert tail.probability(tail.score(probability, 1)) == pytest.approx(probability, rel=1e-6)
    assert all(tail.probability(s) >= tail.probability(s + 0.1) for s in (0.0, 1.0, 1.45, 1.5, 1.6, 3.0, 7.0))


@given(st.lists(st.floats(-1e6, 1e6)))
def test_middle(numbers: list[float]) -> None:
    mine = middle([*numbers, math.nan])
    assert mine == pytest.approx(float(np.median(numbers))) if numbers else math.isnan(mine)


@pytest.mark.parametrize("wrong", [{"budget": 0}, {"budget": math.nan}, {"window_days": 6}, {"floor": -1}])
def test_settings_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Settings(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        Detector(0)


def test_the_benchmark_writes_alarms_of_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    import anomaly

    series = seasonal(600, 15)
    series[500] *= 6
    stamps = [np.datetime64("2018-06-17T00:00:00") + np.timedelta64(i, "h") for i in range(600)]
    for group, form in (("one", "{}Z"), ("two", "{}")):
        (tmp_path / group).mkdir()
        rows = ["TimeStamp,Value,Label"]
        for i, (stamp, value) in enumerate(zip(stamps, series, strict=True)):
            text = form.format(stamp)
            if group == "two":
                text = text.replace("T", " ")
            if i % 50 == 49:
                continue  # a missing hour
            rows.append(f"{text},{value if i % 70 != 69 else ''},what no detector reads")
            if i % 100 == 99:
                rows.append(rows[-1])
        (tmp_path / group / "a.csv").write_text("\n".join(rows) + "\n")
    out = tmp_path / "alarms.ndjson"
    assert anomaly.main(["--series", str(tmp_path), "-o", str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {line["series"] for line in lines} == {"one/a", "two/a"}
    assert {"series": "one/a", "time": "2018-07-07T20:00:00Z"} in lines
    assert len(lines) <= 6


def test_the_benchmark_writes_what_nab_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    import anomaly

    (tmp_path / "labels").mkdir()
    (tmp_path / "data" / "real").mkdir(parents=True)
    (tmp_path / "labels" / "combined_windows.json").write_text('{"real/x.csv": []}')
    series = seasonal(700, 16)
    series[600] *= 6
    stamps = [str(np.datetime64("2018-06-17T00:00:00") + np.timedelta64(5 * i, "m")).replace("T", " ") for i in range(700)]
    lines = ["timestamp,value", *(f"{s},{v}" for s, v in zip(stamps, series, strict=True))]
    (tmp_path / "data" / "real" / "x.csv").write_text("\n".join(lines) + "\n")
    assert anomaly.main(["--nab", str(tmp_path), "-o", str(tmp_path / "results")]) == 0
    rows = (tmp_path / "results" / "logscrub" / "real" / "logscrub_x.csv").read_text().splitlines()
    assert rows[0] == "timestamp,value,anomaly_score,label"
    assert len(rows) == 701
    assert max(range(700), key=lambda i: float(rows[i + 1].split(",")[2])) == 600
