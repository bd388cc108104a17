"""Test `vectors`: a customer whose day is unusual in several ways at once, none of which may be unusual by itself.

A customer's day is a vector of tail scores (−log10 p): how unusual was its most unusual hour in records, errors, throttles,
timeouts, memory, refusals and denied calls, and how far out its busiest person in records and objects. A detector of PyOD
(k nearest neighbours; Ramaswamy et al., 2000) says how far a vector lies from those of the days before, and the sum of its
squares how far from nothing. The model is fitted to the older half of these days; what both are worth is told by the younger
half, and their tail scores are averaged: that found as much as the sum alone, with fewer false alarms; the model alone found
less. PyOD's own thresholds and probabilities are not used: they call a fixed share of anything unusual.

What several customers show on the same day is the app's: by as much as the fifth-highest score of a day is beyond the usual one
of the days before, each score is less. A day on which nothing happens to the app changes none.

An example: `{usual = 4, then = {errors = 6, auth_failures = 4}}`: 60 customers with so many records an hour in the mean, errors
and refusals now and then, and what one of them had in the last hour besides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from logscrub.anomalies.baseline import DAY, expect
from logscrub.anomalies.checks.base import HOUR, MOST_EXAMPLE_DAYS, UNITS, Candidate, Check, filled, world
from logscrub.anomalies.model import id_of
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import EMPTY, NUMBERS, Signals, panel
from logscrub.anomalies.tails import Bools, Floats, calibrate, nb_upper, rejected

PERSONAL: Final = ("hour_records", "hour_objects")
FEATURES: Final = (*NUMBERS, *PERSONAL)
_DAYS = 20
"""Days before the period whose vectors are compared with."""
SHORT_HISTORY: Final = 10
_FEWEST = 200
_MOST_FITTED = 4000
_NEIGHBOURS = 3
_MOST = 12.0
"""The greatest score in a vector. Everything beyond it counts as equally unusual."""
_INCIDENTS = 3
"""Customers' days of incidents in a week of those that are learned from."""
_PLAIN = 1.5
"""Scores below it say nothing: any hour of a day has one such."""
_SEVERAL = 5
"""The number of other customers with an anomaly from which it is put down to the app."""
_SIGNS: Final = {**UNITS, "hour_records": "one person's records", "hour_objects": "one person's objects"}
"""The names of features where a person reads them. A feature without an entry is shown under its own name."""


def find(rule: Rule, signals: Signals, allowed: float) -> list[Candidate]:
    """Customers whose day is unlike all others."""
    if signals.history_days < SHORT_HISTORY or not len(signals.tenants):
        return []
    vectors, keys, days = signals.again("vectors", lambda: tenant_days(signals))
    offset = signals.first % DAY
    first_day, last_day = signals.first // DAY, (signals.last - 1 - offset) // DAY
    learned = _are_learned(rule, keys, days * DAY + offset, signals)
    old = (days >= first_day - _DAYS) & (days < first_day - _DAYS // 2) & learned
    young = (days >= first_day - _DAYS // 2) & (days < first_day) & learned
    now = (days >= first_day) & (days <= last_day)
    if old.sum() < _FEWEST or young.sum() < _FEWEST or not now.any():
        return []
    p_values = unlikely(vectors[old], vectors[young], vectors[now])
    unusual, _ = rejected(p_values, allowed)
    found = []
    rows = np.nonzero(now)[0]
    for n in np.nonzero(unusual)[0].tolist():
        row = int(rows[n])
        scores = dict(zip(FEATURES, vectors[row].tolist(), strict=True))
        signs = [_SIGNS.get(name, name) for name, score in sorted(scores.items(), key=lambda s: -s[1]) if score > 0]
        if len(signs) < rule.least:
            continue
        day = int(days[row])
        found.append(
            Candidate(
                rule,
                (("tenant", keys[row]),),
                day * DAY + offset,
                min((day + 1) * DAY + offset, signals.last),
                f"unusual signs ({', '.join(signs)})",
                float(len(signs)),
                0.0,
                float(p_values[n]),
                float(p_values[n]) * int(now.sum()),
                tenants=1,
            )
        )
    return found


def _are_learned(rule: Rule, keys: Sequence[str], begins: NDArray[np.int64], signals: Signals) -> Bools:
    """Marks the days of customers that were not marked as real findings."""
    real = {key: signals.real[name] for key in set(keys) if (name := id_of(rule.id, [("tenant", key)])) in signals.real}
    starts = [signals.at(int(t)) for t in begins] if real else []
    out = np.ones(len(keys), bool)
    for n, start in enumerate(starts):
        out[n] = not any(a < start + DAY * HOUR and start < b for a, b in real.get(keys[n], ()))
    return out


def tenant_days(signals: Signals) -> tuple[Floats, list[str], np.ndarray[Any, np.dtype[np.int64]]]:
    """Vectors of scores [customers' days, features], whose they are, and the number of the day.

    Days begin at the hour at which the period does; what is known of persons, of the days of the calendar that they touch.
    """
    cells = panel(signals.tenants, ("tenant",), "records", signals.hours)
    offset = signals.first % DAY
    days = (signals.hours - offset) // DAY
    whole = slice(offset, offset + days * DAY)
    scores = np.zeros((len(FEATURES), len(cells.keys), days))
    rhythm: Floats | None = None
    hindsight: Floats | None = None
    for n, number in enumerate(NUMBERS):
        told = panel(signals.tenants, ("tenant",), number, signals.hours, cells.keys)
        if not told.counts.any():
            continue
        expected = expect(
            told.counts, signals.known, signals.weekday, rhythm, hindsight, own_clocks=True, unsettled=signals.unsettled
        )
        if rhythm is None:
            level = np.maximum(expected.mean.mean(1, keepdims=True), 1e-9)
            rhythm, hindsight = expected.mean / level, expected.hindsight / level
        hourly = np.where(signals.known & expected.ready, nb_upper(told.counts, expected.mean, expected.size), 0.0)
        scores[n] = hourly[:, whole].reshape(len(cells.keys), days, DAY).max(2)
    place = {key[0]: n for n, key in enumerate(cells.keys)}
    for n, number in enumerate(PERSONAL, len(NUMBERS)):
        most = signals.actors.group_by("day", "tenant").agg(pl.col(number).max())
        if not len(most):
            continue
        logs = np.log10(most[number].to_numpy() + 1.0)
        threshold, top = np.quantile(logs, 0.9), np.quantile(logs, 0.98)
        scale = max(float(top - threshold) / np.log(5), 0.1)  # from a power law's 90 % and 98 % quantiles
        tail = np.where(logs > threshold, 1 + np.maximum(logs - threshold, 0) / scale / np.log(10), 0.0)
        for day, tenant, score in zip(most["day"].to_list(), most["tenant"].to_list(), tail.tolist(), strict=True):
            number_of_day = (day - signals.start.date()).days
            for touched in {number_of_day, number_of_day - 1} if offset else {number_of_day}:
                if tenant in place and 0 <= touched < days:
                    scores[n, place[tenant], touched] = max(score, scores[n, place[tenant], touched])
    active = cells.counts[:, whole].reshape(len(cells.keys), days, DAY).sum(2) > 0
    tenant, day_of = np.nonzero(active)
    before = np.arange(days) < signals.first // DAY
    own = beyond_others(np.minimum(scores, _MOST), before & active.any(0))
    return own[:, tenant, day_of].T, [cells.keys[n][0] for n in tenant.tolist()], day_of


def beyond_others(scores: Floats, before: Bools) -> Floats:
    """Removes from scores [features, customers, days] what several other customers have on the same day.

    `before`: the days from which the usual height of the fifth-highest score is learned.
    """
    more: Floats | float = 0.0
    if scores.shape[1] > _SEVERAL and before.any():
        places = (-_SEVERAL - 1, -_SEVERAL)
        following, several = np.moveaxis(np.partition(scores, places, axis=1)[:, list(places)], 1, 0)
        several, following = several[:, None], following[:, None]
        others = np.where(scores >= several, following, several)  # a customer among the highest has one other fewer
        more = np.maximum(others - np.median(others[:, :, before], axis=2, keepdims=True), 0.0)
    return np.asarray(np.maximum(scores - _PLAIN - more, 0.0))


def unlikely(old: Floats, young: Floats, now: Floats) -> Floats:
    """p-values of vectors: by how far they are out, and how far from those of old days, as young ones tell what that is worth."""
    incidents = _INCIDENTS * _DAYS / 2 / 7
    both = []
    for told, asked in (distances(old, [young, now]), [(vectors**2).sum(1) for vectors in (young, now)]):
        worth = calibrate(told, incidents)
        both.append([-np.log10(np.maximum(worth.p_values(scores), 1e-300)) for scores in (told, asked)])
    mean = [(one + other) / 2 for one, other in zip(*both, strict=True)]
    return calibrate(mean[0], incidents).p_values(mean[1])


def distances(fitted: Floats, asked: list[Floats]) -> list[Floats]:
    """Returns how far vectors lie from those that the model was fitted to."""
    from pyod.models.knn import KNN

    if len(fitted) > _MOST_FITTED:  # the most telling days, and a share of the others
        weight = (fitted**2).sum(1)
        order = np.argsort(-weight, kind="stable")
        rest = order[_MOST_FITTED // 2 :]
        fitted = fitted[np.concatenate([order[: _MOST_FITTED // 2], rest[:: max(1, len(rest) * 2 // _MOST_FITTED)]])]
    model = KNN(n_neighbors=min(_NEIGHBOURS, len(fitted) - 1), method="mean", contamination=0.1)
    model.fit(fitted)
    return [np.asarray(model.decision_function(vectors), float) for vectors in asked]


def plays(rule: Rule, example: Mapping[str, Any]) -> bool:
    """True if the one customer of an example is found."""
    rng = np.random.default_rng(7)
    hours, customers = (MOST_EXAMPLE_DAYS + 1) * DAY, 60
    counts = {"records": rng.poisson(float(example["usual"]), (customers, hours))}
    counts |= {number: rng.poisson(0.02, (customers, hours)) for number in NUMBERS[1:]}
    for number, more in example["then"].items():
        counts[number][0, -1] += int(more)
    customer, t = np.nonzero(np.ones((customers, hours), bool))
    rows = pl.DataFrame({"t": t, "tenant": [f"c{n}" for n in customer], **{n: v.ravel() for n, v in counts.items()}})
    found = find(rule, world(tenants=filled(EMPTY.tenants, rows)), 0.01)
    return any(("tenant", "c0") in c.dimensions for c in found)


CHECK: Final = Check(find, plays)
