"""What is unusual, and how sure that is: rules hold to their examples, the past decides alone, chance stays within its budget."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscrub.anomalies.baseline import DAY, expect, expect_rate
from logscrub.anomalies.drill import Drill
from logscrub.anomalies.findings import grouped, id_of, withhold
from logscrub.anomalies.judge import TESTS
from logscrub.anomalies.judge.base import episodes
from logscrub.anomalies.live import Live
from logscrub.anomalies.model import WITHHELD, Finding, Report
from logscrub.anomalies.night import report_of, silenced
from logscrub.anomalies.rules import builtin_rules, load_rules, parse_rule
from logscrub.anomalies.signals import Rows, SignalReader, read_signals
from logscrub.anomalies.tails import accumulated, calibrate, nb_lower, nb_upper, rate_upper, rejected
from logscrub.config import CalendarException, Config, Mute
from logscrub.errors import UsageError
from logscrub.metrics.facts import FactFinder
from logscrub.metrics.records import Records
from logscrub.metrics.rollup import Rollup

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import traffic  # noqa: E402

RULES = load_rules()
MADE = datetime(2026, 6, 20, 6, tzinfo=UTC)
QUIET = traffic.Settings(days=19, tenants=40, records_a_day=8_000, kinds=(), quiet_days=15, gaps_a_month=0)


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
    assert TESTS[rule.test].plays(rule, example) is wanted


def test_every_rule_says_what_to_do_first() -> None:
    for rule in RULES:
        assert rule.first_steps and all(step.endswith((".", "?", "!")) for step in rule.first_steps), rule.id
        assert rule.why.endswith("."), rule.id


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"test": "feeling"}, "test must be one of"),
        ({"severity": "P9"}, "severity must be one of"),
        ({"least": "many"}, "least must be a number"),
        ({"title": "{nowhere} is odd"}, "title must be one of"),
        ({"by": ["function"]}, "by must be a list of texts"),
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


def test_tails_are_those_of_the_distributions() -> None:
    from scipy.stats import binom, nbinom

    x, mean, size = np.array([7.0, 30.0, 12.0]), np.array([2.0, 4.0, 11.5]), np.array([1.5, 20.0, 3.0])
    p = size / (size + mean)
    upper = nbinom.sf(x, size, p) + nbinom.pmf(x, size, p) / 2
    assert np.allclose(10 ** -nb_upper(x, mean, size), upper)
    few = np.array([0.0, 1.0, 5.0])
    lower = nbinom.cdf(few, size, p) - nbinom.pmf(few, size, p) / 2
    assert np.allclose(10 ** -nb_lower(few, mean, size), lower)
    assert np.allclose(10 ** -rate_upper(np.array([9.0]), np.array([50.0]), np.array([0.05]), np.zeros(1)), binom.sf(8, 50, 0.05))


def test_incidents_in_the_past_do_not_make_the_next_one_usual() -> None:
    chance = np.random.default_rng(3)
    quiet = chance.exponential(1 / np.log(10), 20_000)
    disturbed = np.concatenate([quiet, np.full(60, 40.0)])
    score = np.array([9.0])
    assert calibrate(quiet, 60).p_values(score)[0] < 1e-7
    assert calibrate(disturbed, 60).p_values(score)[0] < 3e-6


def test_calibrated_scores_of_heavier_tails_are_worth_less() -> None:
    chance = np.random.default_rng(3)
    held_out, new = (chance.exponential(2.0 / np.log(10), 50_000) for _ in range(2))
    p = calibrate(held_out, 50).p_values(new)
    for level in (0.1, 0.01, 0.001):
        assert 0.6 * level < np.mean(p <= level) < 1.5 * level


def test_where_all_is_chance_little_is_called_unusual() -> None:
    chance = np.random.default_rng(5)
    called = [rejected(chance.random((50, 24)), 0.05)[0].any() for _ in range(2000)]
    assert 0.03 < np.mean(called) < 0.07


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
    from incidents import judge

    return list(judge(settings, RULES).false)


# -- findings -------------------------------------------------------------------------------------------------------------


def report(
    settings: traffic.Settings, *, incident: str | None = None, exact: bool = False, config: Config | None = None
) -> tuple[Report, Any]:
    """The report of the last day of generated traffic, with one incident on it."""
    model = traffic.make(settings)
    start = (settings.days - 1) * 24 + 9
    one = traffic.incident(model, incident, "clear", start=start) if incident else None
    model = replace(model, incidents=() if one is None else (one,))
    rows = Rows(None, None)
    effects: dict[int, tuple[int, int]] = {}
    for at, frame in traffic.rollups(model, parts=("actor", "count", "redaction"), effects=effects):
        rows.beside[at.date()] = frame
    day = datetime.combine(max(rows.beside), datetime.min.time(), UTC)
    signals = read_signals(rows, day, day + timedelta(days=1))
    made = report_of(signals, Drill(rows), RULES, config or Config(), made=MADE, exact=exact)
    return made, traffic.truth(model, effects)


WEEKDAY = replace(QUIET, days=18, tenants=60, records_a_day=20_000)


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        ("error_rate_up", {"error_rate_up", "signature_burst"}),
        ("new_signature", {"new_signature"}),
        ("timeouts", {"timeouts_up", "error_rate_up"}),
        ("throttling", {"throttling_up"}),
        ("latency_shift", {"latency_up"}),
        ("volume_jump", {"volume_jump"}),
        ("silence_feed", {"feed_silent", "volume_drop"}),
        ("tenant_flood", {"tenant_flood"}),
        ("actor_flood", {"actor_flood", "tenant_flood"}),
        ("enumeration", {"enumeration", "tenant_flood"}),
        ("egress_denials", {"egress_denials"}),
        ("webtrigger_hammering", {"webtrigger_hammering"}),
    ],
)
def test_a_clear_incident_is_found(kind: str, rules: set[str]) -> None:
    made, truth = report(WEEKDAY, incident=kind)
    found = {finding.rule for finding in made.findings}
    assert found & rules, (found, truth)
