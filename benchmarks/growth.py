"""Measures the rules of volume on cells that grow or shrink: `python benchmarks/growth.py`.

    python benchmarks/growth.py [--seeds 31] [--days 70] [--every 5]

Each panel has twelve functions and the app. All functions grow, or one customer of another time zone does in each of them.
Growth is exponential, linear, a decline, or begins on day 20 and ends three weeks later. From the sixth week on, one day in so
many is judged by the 35 days before it. For each rule and path it prints

- the share of p-values below a level over that level, where nothing happened (1 is right, more than 2 is too many),
- the share that is found of three busy hours with 2.5 times as many records, and of six with a third, in busy functions that
  grow; found is a p-value below 0.0001 on that day,
- by how much the expected number of records is off, as the median of absolute logarithms.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from logscrub.anomalies.checks import counts
from logscrub.anomalies.checks.base import world
from logscrub.anomalies.rules import Rule, load_rules
from logscrub.anomalies.signals import Panel, Signals
from logscrub.anomalies.tails import Floats

HISTORY = 35
FUNCTIONS = 12
LEVELS = (1e-2, 1e-3, 1e-4)
FOUND = 1e-4
BUSY = 20
PATHS = {
    "none": lambda growth, days: np.ones_like(days),
    "exponential": lambda growth, days: np.exp(growth * days),
    "linear": lambda growth, days: 1 + (np.exp(growth * 21) - 1) / 21 * days,
    "decline": lambda growth, days: 3 * np.exp(-growth * days),
    "three weeks": lambda growth, days: np.exp(growth * np.clip(days - 20, 0, 21)),
}
"""Times the first day's records, by the growth of a day in logarithms and the days since the first."""
GROWTHS = (0.02, 0.06)
NOISES = ("nb", "lognormal", "wandering")
CHANGES = {"volume_jump": (3, 2.5), "volume_drop": (6, 0.33)}
"""Of incidents: how many hours they last, and how many times as many records there are then."""
_PEOPLE = np.array([4, 3, 2, 2, 3, 6, 12, 24, 40, 48, 50, 46, 42, 46, 48, 44, 36, 24, 16, 12, 10, 8, 6, 5]) / 22.2
_WEEK = np.array([1.1, 1.15, 1.15, 1.1, 0.95, 0.25, 0.3]) * 7 / 6


@dataclass
class Worth:
    """What came of one rule on one path."""

    tested: int = 0
    below: Floats = field(default_factory=lambda: np.zeros(len(LEVELS)))
    found: list[bool] = field(default_factory=list)
    off: list[float] = field(default_factory=list)


def season(days: int, ahead: int) -> Floats:
    """Returns the rhythm of people whose clock is so many hours ahead; its mean is about 1."""
    hours = np.arange(days * 24) + ahead
    return np.asarray(_PEOPLE[hours % 24] * _WEEK[hours // 24 % 7])


def made(path: str, growth: float, noise: str, by_customer: bool, seed: int, days: int) -> Floats:
    """Returns counts [functions, hours]."""
    chance = np.random.default_rng([seed, list(PATHS).index(path), NOISES.index(noise), by_customer])
    level = np.exp(chance.uniform(np.log(3), np.log(400), FUNCTIONS))
    app = np.repeat(chance.lognormal(0, 0.04, days), 24)
    grows = PATHS[path](growth, np.arange(days * 24) / 24)
    mean = np.empty((FUNCTIONS, days * 24))
    for n, ahead in enumerate(chance.integers(0, 24, FUNCTIONS)):
        share = (0.2, 0.05, 0.0)[n % 3] if by_customer else 1.0
        customer = season(days, int(ahead) + (9 if by_customer else 0))
        mean[n] = level[n] * ((1 - share) * season(days, int(ahead)) + share * customer * grows)
    return np.asarray(chance.poisson(mean * app * _noise(chance, mean.shape, noise)), float)


def _noise(chance: np.random.Generator, shape: tuple[int, int], noise: str) -> Floats:
    if noise == "nb":
        return np.asarray(chance.standard_gamma(12, shape) / 12)
    if noise == "lognormal":
        return np.asarray(chance.lognormal(-0.08, 0.4, shape))
    steps, out = chance.normal(0, 0.06, shape), np.zeros(shape)
    for hour in range(1, shape[1]):
        out[:, hour] = 0.97 * out[:, hour - 1] + steps[:, hour]
    return np.asarray(np.exp(out - out.var() / 2))


def signals(day: int) -> Signals:
    """Returns signals of a day and the 35 before it; only their times are used."""
    hours = (HISTORY + 1) * 24
    whole = world()
    known = np.ones(hours, bool)
    start = whole.start + timedelta(days=(day - HISTORY) % 7)
    return replace(
        whole, days=HISTORY + 1, first=HISTORY * 24, last=hours, known=known, history_days=HISTORY, start=start, memo={}
    )


def measured(rule: Rule, told: Floats, day: int, worth: Worth, chance: np.random.Generator) -> None:
    """Adds what comes of a day without an incident, and of the same day with one in a quarter of the busy functions."""
    at = slice((day - HISTORY) * 24, (day + 1) * 24)
    here = told[:, at]
    for number, cells in enumerate((here, here.sum(0, keepdims=True))):
        scored = _scored(rule, cells, day)
        worth.tested += scored.p_values.size
        worth.below += [(scored.p_values < level).sum() for level in LEVELS]
        if not number:
            worth.off += np.abs(np.log((here[:, -24:].sum(1) + 1) / (scored.mean[:, -24:].sum(1) + 1))).tolist()
    hours, times = CHANGES[rule.id]
    hit = (chance.random(len(here)) < 0.25) & (here[:, -192:-24].mean(1) > BUSY)
    if hit.any():
        begins = np.array([np.convolve(row[-192:-168], np.ones(hours), "valid").argmax() for row in here]) - 24
        changed = here.copy()
        for n in np.nonzero(hit)[0].tolist():
            within = slice(begins[n] + here.shape[1], begins[n] + here.shape[1] + hours)
            changed[n, within] = np.round(here[n, within] * times)
        worth.found += (_scored(rule, changed, day).p_values.min(1)[hit] < FOUND).tolist()


@dataclass(frozen=True)
class _Scored:
    p_values: Floats
    mean: Floats


def _scored(rule: Rule, cells: Floats, day: int) -> _Scored:
    panel = Panel(("function",), tuple((str(n),) for n in range(len(cells))), cells)
    scored = counts._score(rule, panel, signals(day))
    assert scored is not None
    return _Scored(scored.scored.p_values, scored.expected.mean)


def lines(worth: dict[tuple[str, str, float], Worth]) -> Iterator[str]:
    yield f"{'rule':14}{'path':14}{'a day':>6}{'p-values':>10}" + "".join(f"{level:>8g}" for level in LEVELS) + "   found     off"
    for (rule, path, growth), one in sorted(worth.items()):
        shares = "".join(f"{below / one.tested / level:>8.2f}" for below, level in zip(one.below, LEVELS, strict=True))
        found = f"{sum(one.found):>4}/{len(one.found):<4}"
        yield f"{rule:14}{path:14}{growth:>6g}{one.tested:>10}{shares}{found}{np.median(one.off):>7.3f}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[31])
    parser.add_argument("--days", type=int, default=70)
    parser.add_argument("--every", type=int, default=5, help="one day in so many is judged")
    given = parser.parse_args(arguments)
    rules = [rule for rule in load_rules() if rule.id in CHANGES]
    worth: dict[tuple[str, str, float], Worth] = defaultdict(Worth)
    for seed in given.seeds:
        chance = np.random.default_rng(seed)
        for path in PATHS:
            for growth in GROWTHS if path != "none" else (0.0,):
                for noise in NOISES:
                    for by_customer in (False, True):
                        told = made(path, growth, noise, by_customer, seed, given.days)
                        for day in range(HISTORY, given.days, given.every):
                            for rule in rules:
                                measured(rule, told, day, worth[rule.id, path, growth], chance)
    print(*lines(worth), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
