"""Test `actors`: a person, or an integration that acts for one, does what no other does.

`number` says what is looked at, of each person and day: `hour_records` and `hour_objects` (the most of an hour), `objects` (of
the whole day), `tenants` (customers in which the same person acts).

How much is much is told by all persons of the weeks before: their greatest values follow a power law, so the tail is fitted on a
logarithmic scale (Hill, 1975). Who did as much before, on days of the weeks before, is not unusual: integrations do.

An example: `{usual = 3, then = 400}`: 300 persons with so many in the mean, each on every day, and one on the last day.
`before = 400` says that this one has done as much all the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from logscrub.anomalies.checks.base import Candidate, Check, filled, world
from logscrub.anomalies.model import SHORT_HISTORY, id_of
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, Signals
from logscrub.anomalies.tails import Floats, rejected

NUMBERS: Final = {
    "hour_records": "records in an hour",
    "hour_objects": "objects in an hour",
    "objects": "objects in a day",
    "tenants": "customers in a day",
}
_FEWEST = 300
"""Days of persons without which nothing is known of the tail."""
_TAIL = 0.02
_OWN = 0.6
"""A person with this share of the maximum in the past is not unusual."""
_STEEPEST = 0.5
"""The least scale of the tail, in powers of ten a power of ten: where nothing has one, everything would be unusual."""


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Returns the persons that do what no other does."""
    if signals.kind_days[0] < SHORT_HISTORY or not len(signals.actors):  # on weekends there is little to be seen of persons
        return []
    before, now = _days(rule, signals)
    if len(before) < _FEWEST or not len(now):
        return []
    own = before.group_by("tenant", "actor").agg(
        pl.col(rule.number).max().alias("own"), pl.len().alias("own_days"), pl.col(rule.number).mean().alias("own_mean")
    )
    now = now.join(own, on=["tenant", "actor"], how="left").sort("day", "tenant", "actor")
    p_values = _p_values(before[rule.number].to_numpy(), now[rule.number].to_numpy().astype(float), now["own"])
    unusual, _ = rejected(p_values, allowed)
    typical = float(before[rule.number].mean())  # type: ignore[arg-type]
    best: dict[tuple[str, int], dict[str, Any]] = {}
    for n in np.nonzero(unusual)[0].tolist():
        row = {**now.row(n, named=True), "n": n}
        who = (row["tenant"], row["actor"])
        if who not in best or row[rule.number] > best[who][rule.number]:
            best[who] = row
    found = []
    for row in sorted(best.values(), key=lambda row: row["n"]):
        expected = row["own_mean"] if row["own_days"] else typical
        if row[rule.number] - expected < rule.least or row[rule.number] < rule.times * expected:
            continue
        p_value = float(p_values[row["n"]])
        found.append(_candidate(rule, row, float(expected), p_value, p_value * len(now), signals))
    return found


def _days(rule: Rule, signals: Signals) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns the days of persons before the period, without real findings, and the days in it that the rule is about."""
    rows = signals.actors
    if rule.number == "tenants":
        rows = rows.group_by("day", "actor").agg(
            pl.col("tenant").n_unique().cast(pl.Int64).alias("tenants"),
            pl.lit("").alias("tenant"),
            pl.col("hours").max(),
            pl.col("first_t").min(),
            pl.col("last_t").max(),
        )
    first_day = signals.at(signals.first).date()
    in_period = (pl.col("last_t") >= signals.first) & (pl.col("first_t") < signals.last)
    before, now = rows.filter(pl.col("day") < first_day), rows.filter((pl.col("day") >= first_day) & in_period)
    if rule.around_the_clock is not None:
        now = now.filter(pl.col("hours") >= 24 * rule.around_the_clock)
    return _without_real(rule, before, signals), now


def _p_values(before: Floats, now: Floats, own: pl.Series) -> Floats:
    """Returns how probable as much is for each day of a person, by a Pareto tail of the days before; 1 if the person did about as
    much before. `own`: the most that each person did before, null for a new one."""
    logs = np.sort(np.log10(before + 1.0))
    threshold = float(np.quantile(logs, 1 - _TAIL))
    excesses = logs[logs > threshold] - threshold
    share = max(len(excesses), 1) / len(logs)
    scale = max(float(excesses.mean()) if len(excesses) else 0.0, _STEEPEST / np.log(10) / 2)
    over = np.log10(now + 1) - threshold
    p_values = np.where(over > 0, share * np.exp(-np.maximum(over, 0) / scale), 1.0)
    most = own.fill_null(0).to_numpy().astype(float)
    return np.asarray(np.where(most >= _OWN * now, 1.0, p_values))


def _candidate(
    rule: Rule, row: Mapping[str, Any], expected: float, p_value: float, false_alarms: float, signals: Signals
) -> Candidate:
    """A person's day that is reported."""
    named = () if rule.number == "tenants" else (("tenant", row["tenant"]),)
    return Candidate(
        rule,
        (*named, ("actor", f"{row['actor']:08x}")),
        max(row["first_t"], signals.first),
        min(row["last_t"] + 1, signals.last),
        NUMBERS[rule.number],
        float(row[rule.number]),
        expected,
        p_value,
        false_alarms,
        tenants=row["tenants"] if rule.number == "tenants" else 1,
    )


def _without_real(rule: Rule, rows: pl.DataFrame, signals: Signals) -> pl.DataFrame:
    """Persons' days that were not marked as real findings."""
    if not signals.real:
        return rows
    named = rule.number != "tenants"
    out = []
    for tenant, actor, begin, end in rows.select("tenant", "actor", "first_t", "last_t").iter_rows():
        place = (*((("tenant", tenant),) if named else ()), ("actor", f"{actor:08x}"))
        spans = signals.real.get(id_of(rule.id, place), ())
        out.append(not any(a <= signals.at(end) and signals.at(begin) < b for a, b in spans))
    return rows.filter(pl.Series(out, dtype=pl.Boolean))


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if a rule finds the person of an example, and nobody else."""
    rng = np.random.default_rng(7)
    signals = world()
    first = signals.start.date()
    persons = int(example.get("others", 300))
    rows = []
    for day in range(signals.days):
        usual = rng.poisson(float(example["usual"]), persons) + 1
        if day == signals.days - 1:
            usual[0] = int(example["then"])
        elif "before" in example:
            usual[0] = int(example["before"])
        tenant = "t" if rule.number != "tenants" else ""
        rows += [(first + timedelta(days=day), tenant, person, int(usual[person]), day * 24) for person in range(persons)]
    if rule.number == "tenants":
        rows = [(d, f"t{k}", person, 1, t) for d, _, person, many, t in rows for k in range(many)]
    frame = pl.DataFrame(rows, schema=["day", "tenant", "actor", "value", "t"], orient="row")
    made = frame.select(
        "day",
        "tenant",
        "actor",
        *(pl.col("value").alias(name) for name in ("records", "objects", "hour_records", "hour_objects")),
        pl.lit(24).alias("hours"),
        pl.col("t").alias("first_t"),
        (pl.col("t") + 23).alias("last_t"),
    )
    found = find(rule, world(actors=filled(EMPTY.actors, made)), 0.01)
    return any(("actor", f"{0:08x}") in c.dimensions for c in found)


CHECK: Final = Check(find, plays)
