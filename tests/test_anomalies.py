"""What is unusual, and how sure that is: rules hold to their examples, the past decides alone, chance stays within its budget."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from logscrub.anomalies import baseline
from logscrub.anomalies.baseline import DAY, expect, expect_rate, unsettled_days, variance_of_sums
from logscrub.anomalies.checks import CHECKS
from logscrub.anomalies.checks.base import episodes, filled
from logscrub.anomalies.checks.base import world as world_of
from logscrub.anomalies.checks.vectors import beyond_others
from logscrub.anomalies.drill import Drill
from logscrub.anomalies.findings import grouped, withhold
from logscrub.anomalies.live import Live
from logscrub.anomalies.model import WITHHELD, Explanation, Finding, Kind, Report, id_of
from logscrub.anomalies.night import learned, report_of, silenced
from logscrub.anomalies.rules import builtin_rules, load_rules, parse_rule
from logscrub.anomalies.signals import EMPTY, LARGE, Rows, SignalReader, Signals, read_signals
from logscrub.anomalies.tails import accumulated, calibrate, nb_lower, nb_upper, rate_upper, rejected
from logscrub.api import engine_of
from logscrub.config import CalendarException, Config, Mute
from logscrub.errors import UsageError
from logscrub.metrics.facts import FactFinder
from logscrub.metrics.records import Records
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.redact.scrub import Redactor

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import traffic

RULES = load_rules()
MADE = datetime(2026, 6, 20, 6, tzinfo=UTC)
QUIET = traffic.Settings(days=19, tenants=25, records_a_day=5_000, kinds=(), quiet_days=15, gaps_a_month=0)


# -- the rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "example", "wanted"),
    [
        pytest.param(rule, example, wanted, id=f"{rule.id}-{'finds' if wanted else 'leaves'}-{n}")
        for rule in RULES
        for wanted, examples in ((True, rule.examples), (False, rule.counterexamples))
        for n, example in enumerate(examples)
    ],
)
def test_a_rule_holds_to_its_examples(rule: Any, example: Any, wanted: bool) -> None:
    assert CHECKS[rule.check].plays(rule, example) is wanted


def test_every_rule_says_what_to_do_first() -> None:
    for rule in RULES:
        assert rule.first_steps and all(step.endswith((".", "?", "!")) for step in rule.first_steps), rule.id
        assert rule.why.endswith("."), rule.id


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"check": "feeling"}, "check must be one of"),
        ({"severity": "P9"}, "severity must be one of"),
        ({"least": "many"}, "least must be a number"),
        ({"title": "{nowhere} is odd"}, "title must have "),
        ({"by": ["function"]}, "by, entry 1 must be a list"),
        ({"by": [["month"]]}, "by, entry 1, entry 1 must be one of"),
        ({"first_steps": []}, "first_steps is missing"),
    ],
)
def test_a_rule_that_is_wrong_says_where(change: dict[str, Any], says: str) -> None:
    import tomllib

    path = builtin_rules() / "timeouts_up.toml"
    data = {**tomllib.loads(path.read_text(encoding="utf-8")), **change}
    with pytest.raises(UsageError, match=rf"timeouts_up\.toml: {says}"):
        parse_rule(data, path)


def test_rules_of_ones_own_stand_beside_and_replace(tmp_path: Path) -> None:
    folder = tmp_path / "anomalies"
    folder.mkdir()
    text = (builtin_rules() / "timeouts_up.toml").read_text(encoding="utf-8")
    (folder / "timeouts_up.toml").write_text(text.replace('severity = "P3"', 'severity = "P1"'), encoding="utf-8")
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    mine = {rule.id: rule for rule in load_rules([tmp_path])}
    assert set(mine) == {rule.id for rule in RULES} | {"ours"}
    assert mine["timeouts_up"].severity == "P1"


# -- the statistics -------------------------------------------------------------------------------------------------------


@examples(40)
@given(st.integers(0, 1000), st.integers(3, 12), st.integers(1, 6))
def test_what_is_expected_of_a_day_depends_on_the_days_before_it_alone(seed: int, day: int, cells: int) -> None:
    chance = np.random.default_rng(seed)
    counts = chance.poisson(chance.gamma(1, 5, (cells, 1)), (cells, 14 * DAY)).astype(float)
    known = np.ones(14 * DAY, bool)
    other = counts.copy()
    other[:, day * DAY :] = chance.permutation(other[:, day * DAY :].ravel()).reshape(cells, -1) * 7
    a, b = expect(counts, known, 2), expect(other, known, 2)
    upto = (day + 1) * DAY
    assert np.array_equal(a.mean[:, :upto], b.mean[:, :upto])
    assert np.array_equal(a.size[:, :upto], b.size[:, :upto])
    assert np.array_equal(nb_upper(counts, a.mean, a.size)[:, : day * DAY], nb_upper(other, b.mean, b.size)[:, : day * DAY])
    trials = np.full(counts.shape, 200.0)
    c, d = (expect_rate(np.minimum(v, 200), trials, known) for v in (counts, other))
    assert np.array_equal(c.rate[:, :upto], d.rate[:, :upto])


@examples(40)
@given(st.integers(0, 1000))
def test_an_hour_has_the_same_score_alone_and_in_a_batch(seed: int) -> None:
    chance = np.random.default_rng(seed)
    counts = chance.poisson(3.0, (4, 60)).astype(float)
    mean, size = chance.gamma(2, 2, counts.shape), chance.gamma(2, 2, counts.shape)
    held_out = chance.exponential(0.4, 5000)
    worth = calibrate(held_out, 20)
    for score in (nb_upper, nb_lower):
        batch = score(counts, mean, size)
        cells = [(slice(i, i + 1), slice(j, j + 1)) for i in range(4) for j in range(60)]
        alone = np.array([score(counts[at], mean[at], size[at])[0, 0] for at in cells]).reshape(4, 60)
        assert np.array_equal(batch, alone)
        assert np.array_equal(worth.p_values(batch).ravel(), [worth.p_values(np.array([s]))[0] for s in batch.ravel()])


@pytest.mark.parametrize("trials,rate,correlation", [(20, 0.05, 0.05), (200, 0.02, 0.03), (1000, 0.02, 0.01), (400, 0.1, 0.02)])
def test_the_tail_of_a_rate_is_as_heavy_as_a_beta_binomial_has_it(trials: int, rate: float, correlation: float) -> None:
    from scipy.stats import betabinom

    true = betabinom(trials, rate * (1 / correlation - 1), (1 - rate) * (1 / correlation - 1))
    x = true.isf([0.1, 1e-2, 1e-4])
    score = -np.log10(true.sf(x) + true.pmf(x) / 2)
    got = rate_upper(x, np.full(3, float(trials)), np.full(3, rate), np.full(3, correlation))
    assert (got <= score + 0.05).all(), "none is called rarer than it is"
    assert (got >= 0.88 * score).all()


def test_hours_that_vary_more_than_others_have_a_variance_of_their_own() -> None:
    chance = np.random.default_rng(5)
    night = np.arange(35 * DAY) % DAY < 8
    usual = np.where(night, 100.0, 1000.0)
    counts = chance.poisson(usual * np.where(night, chance.gamma(1.0, 1.0, len(usual)), chance.gamma(20.0, 0.05, len(usual))))
    size = expect(counts[None].astype(float), np.ones(len(usual), bool), 0).size[0, -DAY:]
    assert size[8:].min() > 4 * size[:8].max()
    even = chance.poisson(usual * chance.gamma(5.0, 0.2, len(usual)))
    size = expect(even[None].astype(float), np.ones(len(usual), bool), 0).size[0, -DAY:]
    assert size[8:].mean() < 2 * size[:8].mean(), "where none varies more, all are alike"


def test_sums_of_hours_have_what_the_errors_of_a_day_share() -> None:
    chance = np.random.default_rng(6)
    trials, known = np.full((4, 35 * DAY), 300.0), np.ones(35 * DAY, bool)

    def share(factors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        hits = chance.binomial(300, 0.02 * np.broadcast_to(factors, trials.shape)).astype(float)
        told = expect_rate(hits, trials, known)
        return float((told.correlation_of_sums(24) / told.correlation)[:, -1].mean())

    assert share(np.repeat(chance.gamma(8.0, 1 / 8, 35), DAY)) > 0.6
    assert share(chance.gamma(8.0, 1 / 8, trials.shape)) < 0.25


def test_tails_are_those_of_the_distributions() -> None:
    from scipy.stats import nbinom

    x, mean, size = np.array([7.0, 30.0, 12.0]), np.array([2.0, 4.0, 11.5]), np.array([1.5, 20.0, 3.0])
    p = size / (size + mean)
    upper = nbinom.sf(x, size, p) + nbinom.pmf(x, size, p) / 2
    assert np.allclose(10 ** -nb_upper(x, mean, size), upper)
    few = np.array([0.0, 1.0, 5.0])
    lower = nbinom.cdf(few, size, p) - nbinom.pmf(few, size, p) / 2
    assert np.allclose(10 ** -nb_lower(few, mean, size), lower)


def test_incidents_in_the_past_do_not_make_the_next_one_usual() -> None:
    chance = np.random.default_rng(3)
    quiet = chance.exponential(1 / np.log(10), 20_000)
    disturbed = np.concatenate([quiet, np.full(60, 40.0)])
    score = np.array([9.0])
    # incidents of eight hours, each of one cell
    groups = np.concatenate([np.arange(len(quiet)), len(quiet) + np.arange(60) // 8])
    assert calibrate(quiet, 60).p_values(score)[0] < 1e-7
    assert calibrate(disturbed, 60, groups).p_values(score)[0] < 3e-6


def test_the_hours_of_days_that_are_off_as_a_whole_are_calibrated_as_hours() -> None:
    days, shares = np.repeat(np.arange(210), 24), []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        known, *new = (np.repeat(rng.gamma(1.5, 1 / 1.5, 210), 24) * rng.exponential(0.4, 5040) for _ in range(11))
        p = calibrate(known, 18, days).p_values(np.concatenate(new))
        shares.append((p < 0.01).mean() / 0.01)
    assert 0.5 < np.median(shares) < 2  # 2.7 where a day weighs as much as an hour


def test_calibrated_scores_of_heavier_tails_are_worth_less() -> None:
    chance = np.random.default_rng(3)
    held_out, new = (chance.exponential(2.0 / np.log(10), 50_000) for _ in range(2))
    p = calibrate(held_out, 50).p_values(new)
    for level in (0.1, 0.01, 0.001):
        assert 0.6 * level < np.mean(p <= level) < 1.5 * level


@pytest.mark.parametrize("kind", ["at all hours", "by day"])
def test_a_customer_has_a_clock_of_its_own_where_it_has_a_rhythm(kind: str) -> None:
    """A machine that calls in bursts at all hours has the clock of all."""
    chance = np.random.default_rng(3)
    days, hours = 21, np.arange(21 * DAY) % DAY
    office = np.where((hours >= 9) & (hours < 17), 3.0, 0.1)
    counts = chance.poisson(office, (40, days * DAY)).astype(float)
    bursts = chance.poisson(0.3, days * DAY)
    at_all_hours = np.where(bursts, chance.negative_binomial(bursts + 1, 0.1), 0)
    counts[0] = at_all_hours if kind == "at all hours" else chance.poisson(np.roll(office, 8))
    state = baseline._State(40, own_clocks=True, own_rhythms=False)
    ahead = []
    for day in range(days):
        of_week = day % 7 * DAY + np.arange(DAY)
        mean, size = state.learned().expected(of_week, np.ones((40, DAY)))
        state.learn(counts[:, day * DAY :][:, :DAY], np.ones(DAY, bool), of_week, mean, size, None)
        local = state.learned().local[:, of_week]
        ahead.append(int((local[0, 0] - local[1, 0] + 84) % 168 - 84))
    assert set(ahead[7:]) <= ({-1, 0, 1} if kind == "at all hours" else {-9, -8, -7})


def test_a_tail_that_is_heavier_farther_out_is_worth_what_it_is_there() -> None:
    chance = np.random.default_rng(3)
    held_out, new = (chance.pareto(4.0, 200_000) for _ in range(2))
    p = calibrate(held_out, 50).p_values(new)
    for level in (1e-3, 1e-4, 2e-5):
        assert 0.4 * level < np.mean(p <= level) < 2 * level


def test_where_all_is_chance_little_is_called_unusual() -> None:
    chance = np.random.default_rng(5)
    called = [rejected(chance.random((50, 24)), 0.05)[0].any() for _ in range(2000)]
    assert 0.03 < np.mean(called) < 0.07


@pytest.mark.parametrize("together", [0.0, 0.2])
def test_the_variance_of_a_days_sum_has_what_its_hours_have_together(together: float) -> None:
    chance = np.random.default_rng(11)
    days, cells = 35, 12
    of_day = np.repeat(np.exp(chance.normal(0, together, (cells, days))), DAY, axis=1)
    counts = chance.poisson(300 * of_day * chance.gamma(20, 1 / 20, (cells, days * DAY))).astype(float)
    known = np.ones(days * DAY, bool)
    made = expect(counts, known, 0)
    ends = np.arange(20 * DAY - 1, days * DAY, DAY)
    mean = accumulated(made.mean, DAY)[:, ends]
    off = np.mean((accumulated(counts, DAY)[:, ends] - mean) ** 2)
    said = np.mean(mean + variance_of_sums(made, known, DAY)[:, ends])
    assert 0.5 < said / off < 2


def test_what_grows_is_expected_to_go_on_and_an_odd_week_is_no_growth() -> None:
    chance = np.random.default_rng(12)
    t = np.arange(35 * DAY)
    usual = 200.0 * np.where(t // DAY % 7 >= 5, 0.3, 1.0)
    odd = np.where((t >= 21 * DAY) & (t < 25 * DAY), 3.0, 1.0)
    counts = chance.poisson(np.stack([usual * 1.03 ** (t / DAY), usual, usual * odd])).astype(float)
    last = slice(34 * DAY, 35 * DAY)
    mean = expect(counts, np.ones(len(t), bool), 0).mean[:, last].sum(1)
    there = np.stack([usual * 1.03 ** (t / DAY), usual, usual])[:, last].sum(1)
    assert np.all(np.abs(np.log(mean / there)) < [0.08, 0.04, 0.15])


@pytest.mark.parametrize("growth", [-0.06, 0.02, 0.08])
@pytest.mark.parametrize("hours_ahead", [0, 9])
def test_growth_of_some_per_cent_a_day_is_expected_to_go_on(growth: float, hours_ahead: int) -> None:
    chance = np.random.default_rng(16)
    t = np.arange(42 * DAY)
    office = np.where((t + hours_ahead) // DAY % 7 >= 5, 0.3, 1.0) * np.where((t + hours_ahead) % DAY >= 9, 1.4, 0.4)
    usual = 400 * office * np.exp(growth * (t / DAY - 21))
    counts = chance.poisson(usual * chance.gamma(20, 1 / 20, (8, len(t)))).astype(float)
    last = slice(35 * DAY, 42 * DAY)
    mean = expect(counts, np.ones(len(t), bool), 0).mean[:, last].sum(1)
    assert np.median(np.abs(np.log(mean / usual[last].sum()))) < 0.06


def test_hours_that_belong_to_a_growing_customer_grow_as_it_does() -> None:
    chance = np.random.default_rng(17)
    t = np.arange(42 * DAY)
    day, night = (np.where((t + ahead) % DAY < 8, 1.0, 0.05) for ahead in (0, 12))
    usual = 1000 * day + 20 * night * np.exp(0.05 * t / DAY)
    counts = chance.poisson(usual * chance.gamma(20, 1 / 20, (4, len(t)))).astype(float)
    mean = expect(counts, np.ones(len(t), bool), 0).mean
    its_hours = np.nonzero(night == 1.0)[0]
    its_hours = its_hours[its_hours >= 35 * DAY]
    assert np.median(np.abs(np.log(mean[:, its_hours].sum(1) / usual[its_hours].sum()))) < 0.12


def test_what_is_not_known_of_growth_widens_what_is_expected() -> None:
    chance = np.random.default_rng(18)
    days = 35
    noise = np.repeat(np.exp(chance.normal(0, [[0.05], [0.6]], (2, days))), DAY, axis=1)
    counts = chance.poisson(300 * noise).astype(float)
    state = baseline._State(2, own_clocks=False, own_rhythms=False)
    for day in range(days):
        of_week = day % 7 * DAY + np.arange(DAY)
        mean, size = state.learned().expected(of_week, None)
        state.learn(counts[:, day * DAY :][:, :DAY], np.ones(DAY, bool), of_week, mean, size, None)
    growth, error = state._growth()
    assert np.all(np.abs(growth) < 3 * np.sqrt(error) + 0.01)
    assert np.all(error[1] > 2 * error[0])
    _, _, age = state._faded(growth)
    assert np.all(state.learned().unsure >= np.tile(error * age**2, 7))


def test_weekends_of_people_are_known_beside_machines() -> None:
    chance = np.random.default_rng(13)
    t = np.arange(35 * DAY)
    people = np.where(t // DAY % 7 >= 5, 0.1, 1.0) * np.where((t % DAY >= 8) & (t % DAY < 18), 2.0, 0.3)
    usual = np.stack([300 * people, 100 * people, np.full(len(t), 400.0)])
    counts = chance.poisson(usual * chance.gamma(10, 1 / 10, usual.shape)).astype(float)
    last = slice(33 * DAY, 35 * DAY)
    mean = expect(counts, np.ones(len(t), bool), 0).mean[:, last].sum(1)
    assert np.all(np.abs(np.log(mean / usual[:, last].sum(1))) < 0.2)


@pytest.mark.parametrize("cells", [1, 20])
def test_what_few_days_tell_of_a_tail_holds_for_the_next(cells: int) -> None:
    """All cells have the same day, so that 21 days are all there is to learn from, and the model is light by a factor of two."""
    chance = np.random.default_rng(14)
    days, scale, level = 21, 2 / np.log(10), 1e-3
    shape = (cells, days * DAY)
    groups = np.repeat(np.arange(cells * days).reshape(cells, days), DAY, axis=1).ravel()
    of_day = np.broadcast_to(np.arange(days * DAY) // DAY, shape).ravel()
    reached = np.linspace(0, 60, 1200)
    beyond = []
    for _ in range(40):
        scores = np.broadcast_to(np.repeat(chance.exponential(scale, days), DAY), shape).ravel()
        p = calibrate(scores, 0, groups, of_day).p_values(reached)
        beyond.append(np.exp(-reached[p <= level].min(initial=60) / scale))
    assert 0.2 < np.mean(beyond) / level < 2


def test_cells_that_are_beyond_on_the_same_days_tell_less_than_others() -> None:
    chance = np.random.default_rng(15)
    days = np.arange(21)
    same = np.broadcast_to(chance.exponential(0.5, 21), (20, 21))
    others = chance.exponential(0.5, (20, 21))
    groups = np.arange(20 * 21)
    of_day = np.broadcast_to(days, same.shape).ravel()
    known = [calibrate(scores.ravel(), 0, groups, of_day).shape for scores in (same, others)]
    assert known[0] > 2 * known[1]


@given(st.integers(1, 30), st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_sums_over_hours_are_sums(hours: int, values: list[int]) -> None:
    got = accumulated(np.array([values], float), hours)[0]
    assert got.tolist() == [sum(values[max(0, n - hours + 1) : n + 1]) for n in range(len(values))]


def test_hours_close_together_are_one_episode() -> None:
    unusual = np.zeros(24, bool)
    unusual[[2, 3, 6, 15]] = True
    assert episodes(unusual) == [(2, 7), (15, 16)]


@pytest.mark.parametrize("nulls", ["nb", "lognormal"])
def test_quiet_traffic_makes_no_more_alarms_than_the_budget(nulls: str) -> None:
    """Three nights at 1 false alarm a week: 0.4 are expected; more than 3 would be one in two thousand."""
    assert len(nights(replace(QUIET, nulls=nulls))) <= 3


def nights(settings: traffic.Settings) -> list[Any]:
    from incidents import replay

    return list(replay(settings, RULES).false)


@pytest.mark.parametrize("begins", [0, 12, 21])
def test_a_first_day_that_begins_late_tells_the_level(begins: int) -> None:
    """What an app does is known by the hours that were told, whatever was not told of its first day."""
    known = np.arange(3 * DAY) >= begins
    expected = expect(np.where(known, 300.0, 0.0)[None, :], known, 0)
    assert expected.mean[0, DAY:] == pytest.approx(300, rel=0.05)
    assert (expected.mean**2 / expected.size)[0, 2 * DAY :].max() < 100**2


def test_a_clock_that_is_learned_late_changes_what_the_days_before_it_mean() -> None:
    """Customers with little to do, far from all others: their clocks are found and lost while counts come in."""
    t = np.arange(28 * DAY)
    far, near = np.where((t + 10) % DAY // 9 == 1, 1.5, 0.0) + 2, np.where(t % DAY // 9 == 1, 5.0, 0.0) + 0.5
    usual = np.stack([far] * 20 + [near] * 80) * np.where(t // DAY % 7 >= 5, 0.3, 1.0)
    counts = np.random.default_rng(11).poisson(usual).astype(float)
    expected = expect(counts, np.ones(len(t), bool), 0, own_clocks=True).mean[:20, 21 * DAY :]
    wanted = usual[:20, 21 * DAY :]
    assert np.abs(expected - wanted).sum() < 0.35 * wanted.sum()


# -- findings -------------------------------------------------------------------------------------------------------------

BEGIN = 17 * DAY + 9
"""The hour of the last day at which incidents begin."""
BESIDE = (
    "error_rate_up", "new_signature", "latency_shift", "volume_jump", "tenant_flood", "actor_flood", "enumeration",
    "egress_denials", "webtrigger_hammering",
)  # fmt: skip
"""Incidents that can be at once, at places of their own."""


class World:
    """Eighteen days of traffic, with incidents on the last."""

    def __init__(self, *kinds: str, tenants: int = 60) -> None:
        quiet = traffic.Settings(days=18, tenants=tenants, records_a_day=250 * tenants, kinds=(), quiet_days=15, gaps_a_month=0)
        model = traffic.make(quiet)
        made = (traffic.incident(model, kind, "clear", start=BEGIN, number=n) for n, kind in enumerate(kinds))
        model = replace(model, incidents=tuple(one for one in made if one is not None))
        effects: dict[int, tuple[int, int]] = {}
        self.rows = Rows(None, None)
        for at, frame in traffic.rollups(model, parts=("actor", "count", "redaction"), effects=effects):
            self.rows.beside[at.date()] = frame
        self.truth = {t["kind"]: t for t in traffic.truth(model, effects)}
        self.day = datetime.combine(max(self.rows.beside), datetime.min.time(), UTC)
        self.signals = read_signals(self.rows, self.day, self.day + timedelta(days=1))

    def report(self, *, exact: bool = True, config: Config | None = None) -> Report:
        return report_of(self.signals, Drill(self.rows), RULES, config or Config(), made=MADE, exact=exact)


@pytest.fixture(scope="module")
def world() -> World:
    return World(*BESIDE)


@pytest.fixture(scope="module")
def found(world: World) -> Report:
    return world.report()


@pytest.mark.parametrize("kind", BESIDE)
def test_a_clear_incident_is_found(kind: str, world: World, found: Report) -> None:
    from incidents import RIGHT

    place = world.truth[kind]["dimensions"]
    right = [f for f in found.findings if f.rule in RIGHT[kind]]
    here = [
        f
        for f in right
        if all(place.get(name) in (None, value) for name, value in f.dimensions if name in ("function", "tenant"))
    ]
    assert here, (kind, place, [(f.rule, f.dimensions) for f in found.findings])
    assert min(f.start for f in here) <= world.day + timedelta(hours=11), "within two hours"


def test_silence_and_what_is_missing_is_found() -> None:
    rules = {finding.rule for finding in World("silence_feed", tenants=20).report().findings}
    assert "feed_silent" in rules


def test_a_quiet_day_is_quiet() -> None:
    made = World(tenants=20).report()
    assert [f for f in made.findings if f.severity < "P4"] == []
    assert made.expected_false_alarms == pytest.approx(1 / 7)
    assert made.budget == "at most 1 false alarm a week, in the mean"


def test_findings_are_told_as_a_person_needs_them(found: Report) -> None:
    assert list(found.findings) == sorted(found.findings, key=lambda f: [g.id for g in found.findings].index(f.group))
    leaders = [f for f in found.findings if f.group == f.id]
    assert [f.severity for f in leaders] == sorted(f.severity for f in leaders)
    for finding in found.findings:
        assert finding.id == id_of(finding.rule, finding.dimensions) and len(finding.id) == 12
        assert finding.start < finding.end
        assert finding.p_value is None or 0 <= finding.p_value < 0.01
        assert finding.first_steps
        assert any(f.id == finding.group for f in found.findings)
        if finding.clocks:  # from when the first hour was over
            known = finding.start + timedelta(hours=1)
            wanted = [24, 72] if finding.rule in ("enumeration", "slow_scraping", "statement_leaks") else [24]
            assert [(clock.until - known) / timedelta(hours=1) for clock in finding.clocks] == wanted
    flood = next(f for f in found.findings if f.rule == "tenant_flood")
    assert flood.start >= MADE.replace(day=18, hour=0), "not before the day on which all began"
    assert flood.tenants == 1 and flood.expected is not None and flood.observed > 3 * flood.expected
    assert flood.chart is not None and flood.chart.points[-1].observed is not None


def test_who_it_is_about_is_told_to_who_holds_the_key_alone(world: World, found: Report) -> None:
    hidden = world.report(exact=False)
    assert [f.id for f in hidden.findings] == [f.id for f in found.findings]
    tenants = {value for f in found.findings for name, value in f.dimensions if name in ("tenant", "actor")}
    assert tenants and WITHHELD not in tenants
    for finding in hidden.findings:
        assert all(value == WITHHELD for name, value in finding.dimensions if name in ("tenant", "actor"))
        assert all(e.value == WITHHELD for e in finding.explained_by if e.dimension == "tenant")
    assert not any(tenant in repr(hidden) for tenant in tenants)


def test_the_night_ends_the_trends_of_the_weeks(world: World, found: Report) -> None:
    records, rate, slow, customers = found.trends
    assert records.values[-1] == found.totals.records
    assert rate.values[-1] == found.totals.errors / found.totals.records
    assert customers.values[-1] == found.totals.tenants
    assert [len(trend.values) for trend in found.trends] == [29] * 4
    assert [value is not None for value in records.values] == [day >= 29 - len(world.rows.beside) for day in range(29)]
    assert None not in slow.values[-3:]


def test_mutes_and_exceptions_are_told_as_muted(world: World, found: Report) -> None:
    leader = found.findings[0]
    mute = Mute(leader.id, "known", MADE.date())
    holiday = CalendarException(world.day.date(), world.day.date(), ("volume_jump",), "a fair")
    told, muted = silenced(found.findings, Config(mutes=(mute,), calendar=(holiday,)), MADE)
    assert leader.id in {m.id for m in muted} and leader.id not in {f.id for f in told}
    assert not any(f.rule == "volume_jump" for f in told)
    assert {m.reason for m in muted} <= {"known", "a fair"}
    assert all(f.group in {g.id for g in told} for f in told), "a group whose leader is muted is led by the next"
    told, muted = silenced(found.findings, Config(mutes=(replace(mute, until=date(2026, 6, 1)),)), MADE)
    assert len(told) == len(found.findings) and not muted, "a mute that is over mutes nothing"


def test_a_first_night_says_what_it_cannot_know(world: World) -> None:
    first = min(world.rows.beside)
    rows = Rows(None, None, {first: world.rows.beside[first]})
    start = datetime.combine(first, datetime.min.time(), UTC)
    made = report_of(read_signals(rows, start, start + timedelta(days=1)), Drill(rows), RULES, Config(), made=MADE)
    assert made.history_days == 0 and made.expected_false_alarms == 0
    assert made.coverage[0] == (
        "Still learning: day 1 of 14. Judged so far: what a new version broke, limits that were run into again and again."
    )
    assert made.coverage[1].startswith("Not judged yet: shares of errors and of slow calls, ")
    assert made.statements and not any(s.is_new for s in made.statements)
    assert all(f.expected is None or f.rule.endswith("_version") for f in made.findings)


def test_hours_are_judged_the_same_in_a_days_report_and_by_themselves(world: World) -> None:
    """Batch, replay and live: what was expected of an hour is frozen with its day."""
    from logscrub.anomalies.checks import counts

    rule = next(rule for rule in RULES if rule.id == "tenant_flood")
    reader = SignalReader(world.rows, world.day)
    whole = {c.dimensions: c for c in counts.find(rule, world.signals, 1.0)}
    alone = reader.read(world.day + timedelta(hours=9), world.day + timedelta(hours=10))
    for candidate in counts.find(rule, alone, 1.0):
        assert candidate.series is not None
        same = whole[candidate.dimensions].series
        assert same is not None
        hours = BEGIN + 1
        cut = slice(0, hours - candidate.series.start)
        other = slice(candidate.series.start - same.start, hours - same.start)
        assert np.array_equal(candidate.series.expected[cut], same.expected[other], equal_nan=True)
        assert np.array_equal(candidate.series.upper[cut], same.upper[other], equal_nan=True)


def test_what_a_person_did_before_the_period_is_not_told_again(world: World) -> None:
    """A night's period begins at five in the morning, and days of persons at midnight."""
    from logscrub.anomalies.checks import actors

    rule = next(rule for rule in RULES if rule.id == "actor_flood")
    over = world.day + timedelta(hours=18)
    whole = {(c.dimensions, c.observed) for c in actors.find(rule, world.signals, 0.01)}
    before = actors.find(rule, read_signals(world.rows, world.day + timedelta(hours=6), over), 0.01)
    assert whole == {(c.dimensions, c.observed) for c in before} != set()
    assert all(c.start < c.end <= world.signals.first + 18 for c in before)
    assert actors.find(rule, read_signals(world.rows, over, world.day + timedelta(days=1)), 0.01) == []


def of_customers(counts: dict[str, Any]) -> Signals:
    """A function with customers, whose large ones are known."""
    many = len(counts)
    hours = len(next(iter(counts.values())))
    rows = pl.DataFrame(
        {
            "t": np.tile(np.arange(hours), many),
            "function": ["f"] * hours * many,
            "tenant": np.repeat(list(counts), hours),
            "records": np.concatenate([*counts.values()]).astype(np.int64),
        }
    )
    frames = {name: filled(getattr(EMPTY, name), rows) for name in ("functions", "tenants", "large")}
    frames["large"] = frames["large"].filter(pl.col("tenant") == "large")
    return world_of(**frames)


def with_a_large_customer(more_of_large: float = 1.0, more_of_others: float = 1.0) -> Signals:
    """One customer with a third of the records, and more of its or of the others' in the last six hours."""
    rng = np.random.default_rng(11)
    hours = world_of().hours
    large, others = (rng.poisson(mean, hours) for mean in (100, 200))
    large[-6:] = large[-6:] * more_of_large
    others[-6:] = others[-6:] * more_of_others
    parts = np.array([rng.multinomial(many, [1 / 20] * 20) for many in others])
    return of_customers({"large": large, **{f"small {n}": parts[:, n] for n in range(20)}})


OF_FUNCTION = (("function", "f"),)
OF_LARGE = (("function", "f"), ("tenant", "large"))


@pytest.mark.parametrize(
    ("of_large", "of_others", "told"),
    [(8.0, 1.0, {OF_LARGE}), (1.0, 4.0, {(), OF_FUNCTION}), (8.0, 4.0, {(), OF_FUNCTION, OF_LARGE}), (1.0, 1.0, set())],
)
def test_a_large_customer_and_the_others_are_told_apart(of_large: float, of_others: float, told: set[Any]) -> None:
    from logscrub.anomalies.checks import counts

    rule = next(rule for rule in RULES if rule.id == "volume_jump")
    assert {c.dimensions for c in counts.find(rule, with_a_large_customer(of_large, of_others), 0.01)} == told


def test_a_large_customer_that_does_more_in_several_functions_is_one_cause() -> None:
    jumps = [finding("volume_jump", 0, function=name, tenant="large") for name in "fgh"]
    told = grouped([*jumps, finding("tenant_flood", 0, tenant="large"), finding("volume_jump", 0, function="f")])
    of_the_customer = {f.group for f in told if ("tenant", "large") in f.dimensions}
    assert len(of_the_customer) == 1
    assert len({f.group for f in told}) == 2


def test_large_customers_are_told_by_the_week_before_the_period(world: World) -> None:
    counted = pl.concat([frame for day, frame in world.rows.beside.items() if day < world.day.date()][-7:])
    counted = counted.filter((pl.col("kind") == "count") & (pl.col("source") == "logs"))
    shares = counted.group_by("function", "tenant").agg(pl.col("records").sum())
    shares = shares.with_columns(pl.col("records") / pl.col("records").sum().over("function"))
    large = set(world.signals.large.select("function", "tenant").iter_rows())
    share_of = {(function, tenant): share for function, tenant, share in shares.iter_rows()}
    assert large
    assert all(tenant and share_of[function, tenant] >= LARGE for function, tenant in large)
    hours = world.signals.large.group_by("t", "function").agg(pl.col("records").sum())
    whole = world.signals.functions.group_by("t", "function").agg(pl.col("records").sum().alias("whole"))
    both = hours.join(whole, on=["t", "function"], how="left")
    assert (both["records"] <= both["whole"]).all()


def test_a_mute_may_be_for_ever() -> None:
    one = finding("error_rate_up", 0)
    config = Config(mutes=(Mute(one.id, "known", date.max),), calendar=(CalendarException(date.min, date.min, (), "never"),))
    told, muted = silenced([one, finding("volume_drop", 0)], config, MADE)
    assert [f.rule for f in told] == ["volume_drop"] and [m.id for m in muted] == [one.id]


def finding(rule: str, start: int, severity: str = "P3", **dimensions: str) -> Finding:
    at = MADE + timedelta(hours=start)
    return Finding(
        id_of(rule, dimensions.items()), "error", rule, severity, rule, "", at, at + timedelta(hours=2),  # type: ignore[arg-type]
        tuple(dimensions.items()), "errors", 9, 1, 1e-6, 0.01, 4, (), ("Look.",), (), None, "",
    )  # fmt: skip


def test_findings_of_one_place_and_time_are_one_group() -> None:
    one = finding("error_rate_up", 0, function="save")
    same = finding("signature_burst", 1, "P4", function="save", signature="TypeError")
    elsewhere = finding("error_rate_up", 1, function="load")
    later = finding("timeouts_up", 30, function="save")
    group = {f.id: f.group for f in grouped([later, elsewhere, same, one])}
    assert group[same.id] == group[one.id] == one.id
    assert group[elsewhere.id] == elsewhere.id and group[later.id] == later.id


def test_withheld_findings_keep_their_id() -> None:
    one = finding("tenant_flood", 0, tenant="<CLOUD_ID:" + "a" * 20 + ">")
    assert withhold(one).id == one.id and withhold(one).dimensions == (("tenant", WITHHELD),)


# -- live -----------------------------------------------------------------------------------------------------------------


def test_a_stream_tells_once_what_the_report_tells(redactor: Redactor) -> None:
    settings = traffic.Settings(days=8, tenants=8, records_a_day=900, kinds=(), quiet_days=4, gaps_a_month=0)
    model = traffic.make(settings)
    flood = traffic.incident(model, "tenant_flood", "clear", start=4 * DAY + 10)
    assert flood is not None
    model = replace(model, incidents=(flood,))
    rows = Rows(None, None)
    frames = dict(traffic.rollups(model, parts=("actor", "count", "redaction")))
    for at, frame in frames.items():
        if at.date() < (min(frames) + timedelta(days=4)).date():
            rows.beside[at.date()] = frame
    live = Live(rows, RULES, Config(), exact=True)
    finder, records = FactFinder(Pseudonymizer(traffic.KEY).derived("metrics")), Records()
    scrubber = engine_of(Redactor(redactor.engine, redactor.policy, Pseudonymizer(traffic.KEY))).scrubber()
    alerts = []
    day = traffic.day_of(model, 4)
    around = (day.hour >= 9) & (day.hour < 14)  # some hours before the flood and after it, as each takes as long as a report
    arrays: dict[str, Any] = {
        each.name: value[around] for each in fields(day) if isinstance(value := getattr(day, each.name), np.ndarray)
    }
    lines = list(traffic.log_lines(model, replace(day, **arrays)))
    for start in range(0, len(lines), 8):  # a few at a time, as they come
        alerts += live.take(records.feed(scrubber.feed(b"".join(lines[start : start + 8]), False)), finder)
    alerts += live.take([*records.feed(scrubber.finish()), *records.finish()], finder)
    alerts += live.finish()
    told = [alert.finding for alert in alerts if alert.finding.rule == "tenant_flood"]
    assert len(told) == 1, [(a.at, a.finding.rule, a.finding.dimensions) for a in alerts]
    assert told[0].start.hour in (10, 11)


@pytest.mark.parametrize("batch", [1, 20])
def test_what_comes_in_batches_does_so_at_night_too(batch: int) -> None:
    """The variance that is expected of a quiet hour is that of its batches, though the busy ones tell most of it."""
    rng = np.random.default_rng(31)
    mean = np.tile(np.where(np.arange(DAY) < 12, 100.0, 4.0), 28)
    counts = batch * rng.poisson(mean / batch, (30, len(mean))).astype(float)
    made = expect(counts, np.ones(len(mean), bool), 0)
    variance = made.mean + made.mean**2 / made.size
    night = np.arange(len(mean)) % DAY >= 12
    told = (variance / made.mean)[:, -7 * DAY :][:, night[-7 * DAY :]]
    assert 0.7 * batch < np.median(told) < 2 * batch


def working_days(first: date, flood: bool) -> Signals:
    """Fifty customers that work from nine to five; on the last Sunday but one of five weeks their clocks are put back."""
    rng = np.random.default_rng(33)
    hours = np.arange(29 * DAY)
    zone = rng.choice([-5, -8, 0, 1, 2], 50)[:, None]
    clock = hours[None, :] + zone - (hours >= 27 * DAY)
    works = (clock % DAY >= 9) & (clock % DAY < 17) & (clock // DAY % 7 < 5)
    level = np.exp(rng.normal(1.5, 1.3, 50))[:, None] * 1.01 ** (hours / DAY)
    counts = rng.poisson(level * np.where(works, 1.0, 0.02) * rng.gamma(8, 1 / 8, clock.shape))
    if flood:
        counts[7, 28 * DAY + 15] += 50 + 20 * int(counts[7].mean())
    cell, t = np.nonzero(counts)
    rows = pl.DataFrame({"t": t.astype(np.int32), "tenant": [f"c{n}" for n in cell], "records": counts[cell, t]})
    made = world_of(tenants=filled(EMPTY.tenants, rows))
    return replace(made, start=datetime(first.year, first.month, first.day, tzinfo=UTC))


@pytest.mark.parametrize(
    ("first", "flood", "found"),
    [(date(2026, 9, 28), False, False), (date(2026, 9, 28), True, True), (date(2026, 6, 1), False, True)],
)
def test_clocks_that_are_put_back_are_no_finding(first: date, flood: bool, found: bool) -> None:
    """On the Monday behind such a Sunday; where no clocks are put back (in June) the same counts are findings."""
    signals = working_days(first, flood)
    rules = [rule for rule in RULES if rule.id in ("tenant_flood", "unusual_hours")]
    told = [c for rule in rules for c in CHECKS[rule.check].find(rule, signals, 0.01)]
    assert bool(told) == found
    assert not flood or {c.dimensions for c in told} == {(("tenant", "c7"),)}


def test_sundays_on_which_clocks_change() -> None:
    """Of 2026 in America, Europe, Australia and New Zealand, and the week behind each."""
    days = unsettled_days(date(2026, 1, 1), 365)
    begin = [date(2026, 1, 1) + timedelta(days=n) for n in range(1, 365) if days[n] and not days[n - 1]]
    end = [date(2026, 1, 1) + timedelta(days=n) for n in range(364) if days[n] and not days[n + 1]]
    spans = [(3, 8, 3, 15), (3, 29, 4, 12), (9, 27, 10, 11), (10, 25, 11, 8)]
    assert [(a.month, a.day, b.month, b.day) for a, b in zip(begin, end, strict=True)] == spans


class Stream:
    """Records of some times, and who watches them beside a day of three each hour."""

    def __init__(self, now: datetime, redactor: Redactor) -> None:
        self.live = Live(Rows(None, None), [rule for rule in RULES if rule.check == "silence"], Config())
        self.finder, self.redactor = FactFinder(Pseudonymizer(traffic.KEY).derived("metrics")), redactor
        self.send(*(now - timedelta(hours=n) for n in range(44, 20, -1) for _ in range(3)))

    def send(self, *times: datetime) -> list[str]:
        """The rules of what is told."""
        scrubber, records = engine_of(self.redactor).scrubber(), Records()
        lines = [
            b'{"timeUnixNano":"%d","severityText":"INFO","body":{"stringValue":"%d"}}\n' % (at.timestamp() * 1_000_000_000, n)
            for n, at in enumerate(times)
        ]
        found = [*records.feed(scrubber.feed(b"".join(lines), False)), *records.feed(scrubber.finish()), *records.finish()]
        return [alert.finding.rule for alert in self.live.take(found, self.finder)]


@pytest.mark.parametrize("hour", [5, 18])
def test_the_clock_ends_no_hour_while_a_backlog_is_read(redactor: Redactor, hour: int) -> None:
    now = (datetime.now(UTC) - timedelta(days=1)).replace(hour=hour, minute=30)
    stream = Stream(now, redactor)
    assert [a.finding.rule for a in stream.live.tick(now)] == [], "the last 20 hours are still to be read"
    assert "feed_silent" not in stream.send(*(now - timedelta(hours=n) for n in range(20, 4, -1)))
    stream.live._came -= 3600
    stream.live._next_look = 0.0
    assert "feed_silent" in [a.finding.rule for a in stream.live.tick(now)], "nothing came any more"


def test_one_record_of_the_far_future_does_not_end_the_watch(redactor: Redactor) -> None:
    now = datetime.now(UTC).replace(minute=30)
    stream = Stream(now, redactor)
    days = len(stream.live.rows.beside)
    assert stream.send(now - timedelta(hours=20), datetime(2099, 1, 1, tzinfo=UTC), now - timedelta(hours=19)) == []
    assert len(stream.live.rows.beside) >= days, "what was learned is kept"
    assert stream.live._hour is not None and stream.live._hour < now
    first = Stream(datetime(2099, 1, 1, tzinfo=UTC), redactor)
    first.send(now)
    assert first.live._hour is not None and first.live._hour < now, "nor where it comes first"


def customers_with_errors(concerned: int) -> Signals:
    """Sixty customers, of which so many have errors and refusals in the last hour."""
    rng = np.random.default_rng(11)
    hours = 29 * DAY
    shape = (60, hours)
    counts = {"records": rng.poisson(4, shape), "errors": rng.poisson(0.02, shape), "auth_failures": rng.poisson(0.02, shape)}
    for number in ("errors", "auth_failures"):
        counts[number][:concerned, -1] += 6
    customer, t = np.nonzero(np.ones(shape, bool))
    rows = pl.DataFrame({"t": t, "tenant": [f"c{n}" for n in customer], **{n: v.ravel() for n, v in counts.items()}})
    return world_of(tenants=filled(EMPTY.tenants, rows))


@pytest.mark.parametrize(("concerned", "told"), [(1, 1), (20, 0), (60, 0)])
def test_what_many_customers_have_at_once_is_no_single_ones(concerned: int, told: int) -> None:
    rule = next(rule for rule in RULES if rule.id == "tenant_unlike")
    found = CHECKS[rule.check].find(rule, customers_with_errors(concerned), 0.001)
    assert [c.dimensions for c in found] == [(("tenant", "c0"),)] * told
    for candidate in found:
        assert "errors" in candidate.unit and "refusals" in candidate.unit


@given(st.integers(1, 12), st.integers(0, 1000))
def test_what_is_ones_own_is_held_against_the_others_alone(customers: int, seed: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 6, (2, customers, 5)).astype(float)
    own = beyond_others(scores, np.array([False, True, True, True, False]))
    for feature, one, day in np.ndindex(scores.shape):
        others = np.sort(np.delete(scores[feature], one, axis=0), axis=0)[::-1]
        more = others[4, day] - np.median(others[4, 1:4]) if len(others) >= 5 else 0.0
        assert own[feature, one, day] == max(scores[feature, one, day] - 1.5 - max(more, 0.0), 0.0)


def test_on_a_usual_day_the_others_take_nothing_away() -> None:
    scores = np.random.default_rng(4).exponential(0.5, (3, 300, 21))
    before = np.arange(21) < 20
    scores[:, :, 20] = scores[:, :, 0]
    scores[:, 0, 20] += 5
    plain = np.maximum(scores[:, :, 20] - 1.5, 0.0)
    assert np.abs(beyond_others(scores, before)[:, :, 20] - plain).max() < 0.5


# -- one cause, told once -------------------------------------------------------------------------------------------------


def of(
    rule: str,
    start: int,
    hours: int = 2,
    *,
    observed: float = 9,
    expected: float = 1,
    explained: dict[str, str] | None = None,
    kind: Kind = "error",
    **dimensions: str,
) -> Finding:
    """A finding from an hour on, and what makes most of it."""
    by = tuple(Explanation(name, value, 0.9, 0.1) for name, value in (explained or {}).items())
    made = finding(rule, start, **dimensions)
    return replace(
        made, end=made.start + timedelta(hours=hours), observed=observed, expected=expected, explained_by=by, kind=kind
    )


def groups_of(*findings: Finding) -> list[set[str]]:
    """Rules and places of each group."""
    groups: dict[str, set[str]] = {}
    for one in grouped(findings):
        groups.setdefault(one.group, set()).add("/".join([one.rule, *(value for _, value in one.dimensions)]))
    return list(groups.values())


def test_a_drop_of_the_whole_app_is_told_once() -> None:
    drops = [of("volume_drop", 0, 6, observed=330, expected=1000, function=name) for name in ("load", "save", "sync")]
    assert len(groups_of(of("volume_drop", 0, 6, observed=3000, expected=10_000), *drops)) == 1
    stopped = of("function_silent", 1, 5, observed=0, expected=900, function="hourly")
    assert {"function_silent/hourly"} in groups_of(of("volume_drop", 0, 6, observed=3000, expected=10_000), stopped), (
        "more than that"
    )
    assert len(groups_of(of("feed_silent", 0, 6, observed=0, expected=9000), stopped)) == 1


def test_an_error_that_all_functions_have_is_one_cause() -> None:
    upstream = {"signature": "FetchError"}
    app = of("error_rate_up", 0, explained=upstream)
    functions = [of("error_rate_up", 0, explained=upstream, function=name) for name in ("load", "save")]
    bursts = [of("signature_burst", 1, function=name, signature="FetchError") for name in ("load", "save")]
    customers = [of("tenant_errors", 0, explained=upstream, kind="abuse", tenant=f"c{n}") for n in range(9)]
    unexplained = [of("tenant_errors", 0, kind="abuse", tenant=f"d{n}") for n in range(3)]
    other = of("signature_burst", 1, function="load", signature="TypeError")
    assert groups_of(app, *functions, *bursts, *customers, *unexplained, other)[1:] == [{"signature_burst/load/TypeError"}]
    alone = of("tenant_errors", 0, explained=upstream, kind="abuse", tenant="c0")
    own = of("error_rate_up", 0, explained={"tenant": "c0", **upstream}, function="load")
    assert len(groups_of(alone, own)) == 1 and len(groups_of(alone, *functions[:1])) == 1
    assert len(groups_of(replace(alone, explained_by=()), *functions)) == 2, "nothing says that it is the same"


def test_what_several_functions_show_at_once_is_the_apps() -> None:
    slow = [of("latency_up", 0, function=name) for name in ("load", "save", "sync")]
    assert len(groups_of(*slow)) == 1
    assert len(groups_of(*slow[:2])) == 2
    late = of("latency_up", 9, 3, function="sync")
    assert len(groups_of(of("latency_up", 0, 12, function="load"), of("latency_up", 0, 12, function="save"), late)) == 3
    throttled = of("throttling_up", 0, observed=90, expected=10)
    assert len(groups_of(throttled, of("throttling_up", 0, observed=60, expected=5, function="load"))) == 1
    assert len(groups_of(throttled, of("throttling_up", 0, observed=90, expected=1, function="load"))) == 2


def counted(*runs: tuple[int, int, int], number: str = "records") -> Signals:
    """A customer with four records an hour, and runs with so many more: from the hour, for how many hours."""
    rng = np.random.default_rng(3)
    hours = 29 * DAY
    counts = rng.poisson(4, (20, hours))
    for begin, length, more in runs:
        counts[0, begin : begin + length] += more
    tenant, t = np.nonzero(counts)
    rows = pl.DataFrame({"t": t, "tenant": [f"c{n}" for n in tenant], number: counts[tenant, t]})
    return world_of(tenants=filled(EMPTY.tenants, rows))


def test_what_ended_before_the_period_is_not_told_again() -> None:
    rule = next(rule for rule in RULES if rule.id == "tenant_flood")
    flood = CHECKS[rule.check].find
    begin = 28 * DAY
    assert flood(rule, counted((begin - 8, 4, 100)), 0.05) == []
    (both,) = flood(rule, counted((begin - 8, 4, 100), (begin + 9, 2, 60)), 0.05)
    assert (both.start, both.end) == (begin + 9, begin + 11), "only what is of the period"
    (going_on,) = flood(rule, counted((begin - 3, 6, 60)), 0.05)
    assert (going_on.start, going_on.end) == (begin - 3, begin + 3), "what goes on is told with its beginning"


def test_a_customer_never_seen_before_did_not_do_more_than_ever() -> None:
    rule = next(rule for rule in RULES if rule.id == "tenant_flood")
    signals = counted((28 * DAY + 3, 3, 200))
    new = signals.tenants.filter((pl.col("tenant") != "c0") | (pl.col("t") >= 27 * DAY))
    assert CHECKS[rule.check].find(rule, signals, 0.05)
    assert CHECKS[rule.check].find(rule, replace(signals, tenants=new), 0.05) == []


def test_an_error_is_not_both_known_and_never_seen() -> None:
    rows = [(t, "f", "A", 1) for t in range(0, 28 * DAY, 2)] + [(28 * DAY + 5, "f", "B", 400), (28 * DAY + 5, "f", "A", 400)]
    frame = pl.DataFrame(rows, schema=["t", "function", "signature", "errors"], orient="row")
    signals = world_of(signatures=filled(EMPTY.signatures, frame))
    told = {
        (rule.id, dict(c.dimensions)["signature"])
        for rule in RULES
        if rule.id in ("new_signature", "signature_burst")
        for c in CHECKS[rule.check].find(rule, signals, 0.05)
    }
    assert told == {("new_signature", "B"), ("signature_burst", "A")}


def test_learning_says_what_is_judged_day_by_day() -> None:
    signals = counted()
    steps = []
    for days in (2, 4, 5, 7, 10, 14):
        known = np.zeros(signals.hours, bool)
        known[signals.first - days * DAY : signals.first] = True
        now = replace(signals, known=known, history_days=days)
        so_far, not_yet = learned(now)
        steps.append(len(so_far))
        assert len(so_far) + len(not_yet) == 10 and "the rhythm of single hours of the week" in not_yet
    assert steps == sorted(steps) and steps[0] == 2 and steps[-1] == 9
    assert signals.kind_days == (20, 8)


@pytest.mark.parametrize(("hours", "told"), [(20, False), (60, True)])
def test_a_stale_feed_is_a_finding_and_the_report_says_of_which_day_it_is(hours: int, told: bool) -> None:
    signals = counted()
    functions = filled(EMPTY.functions, pl.DataFrame({"t": range(signals.hours), "records": 5}))
    signals = replace(signals, functions=functions)
    made = signals.at(signals.last) + timedelta(hours=hours)
    for is_newest in (True, False):
        report = report_of(signals, Drill(Rows(None, None)), RULES, Config(), made=made, is_newest=is_newest)
        silent = [f for f in report.findings if f.rule == "feed_silent"]
        assert len(silent) == (told and is_newest)
        for one in silent:
            assert (one.start, one.end, one.expected) == (report.end, made, 5 * hours)
            assert report.coverage[0] == "This report is of 2026-06-29, not of now: the store has nothing newer."


def test_hours_without_logs_are_counted_where_the_app_has_little_to_do() -> None:
    signals = counted()
    hours = [t for t in range(signals.hours) if t < signals.first or t % 4 == 0]
    functions = filled(EMPTY.functions, pl.DataFrame({"t": hours, "records": 1}))
    report = report_of(replace(signals, functions=functions), Drill(Rows(None, None)), RULES, Config(), made=MADE)
    assert "18 of 24 hours of this period have no logs at all." in report.coverage


def test_no_weekend_is_held_against_days_of_the_week() -> None:
    """A quiet first weekend of a busy customer, and what is learned of the first one holds for the second."""
    t = np.arange(16 * DAY)
    counts = np.where(t // DAY % 7 >= 5, 2.0, 40.0)[None, :]
    said = expect(counts, np.ones(len(t), bool), 0)
    ready = said.ready.reshape(-1, DAY)[:, 0]
    assert ready.tolist() == [day >= 3 and day not in (5, 6) for day in range(16)]
    part = np.where(t // DAY % 7 >= 5, 1.0, 20.0)[None, :]
    rhythm, after = (v / said.mean.mean() for v in (said.mean, said.hindsight))
    after_it = np.repeat(ready, DAY) & (t >= 7 * DAY)

    def off(hindsight: Any) -> float:
        """By how much what is expected of a part is wrong, behind the first weekend, in logarithms."""
        found = expect(part, np.ones(len(t), bool), 0, rhythm, hindsight).mean[0]
        return float(np.abs(np.log(found / part[0]))[after_it].mean())

    assert off(after) < off(None) and off(after) < 0.05


@pytest.mark.parametrize("zone", [-10, -7, 0, 9])
def test_a_customers_week_is_that_of_its_own_clock(zone: int) -> None:
    """One of many customers, which works to the end of Friday where it is, be that Saturday in UTC."""
    t = np.arange(28 * DAY)
    rng = np.random.default_rng(5)

    def at_work(ahead: int) -> Any:
        local = t + ahead
        return (local // DAY % 7 < 5) & (local % DAY >= 8) & (local % DAY < 19)

    counts = rng.poisson(np.where(np.stack([at_work(zone), *[at_work(2)] * 20]), 12.0, 0.2)).astype(float)
    expected = expect(counts, np.ones(len(t), bool), 0, own_clocks=True).mean[0, 21 * DAY :]
    working, weekend = at_work(zone)[21 * DAY :], t[21 * DAY :] // DAY % 7 >= 5
    assert expected[working].mean() == pytest.approx(12, rel=0.2)
    assert not weekend[working].any() or expected[working & weekend].min() > 9
    assert expected[~working].mean() < 1
