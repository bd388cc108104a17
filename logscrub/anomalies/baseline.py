"""Computes what is normal: the count to expect in each hour, learned from the days before it alone.

Expectations are **frozen for a day**: those of a day's hours depend only on the days before it, so an hour has the same score
by itself, in a batch, in a replay and live.

A cell (a function, a customer, a signature) is expected to have

    level × profile of all cells at that hour of the week
          × own deviations by hour of the day, by hour of weekdays and weekends, by hour of the week

Customers have clocks of their own: one in America is still at work when Saturday begins in UTC. The middle of a customer's
working days is taken for one o'clock in the afternoon, and its hours of the week are those of that clock.

In the week after clocks were put forward or back somewhere, an hour may be like the hour before or after it, so the square of
that difference is added to its variance.

Each factor is a ratio of observed counts to expected counts, shrunk towards 1 by a number of counts that are assumed beforehand
(a gamma prior, as in DuMouchel's gamma-Poisson shrinker, 1999). Cells with few records therefore follow the rhythm of all cells,
and cells with many records follow their own. Hours vary, so an hour counts as no more than mean² / variance records.

Older days weigh less. An hour that was far too high counts as the highest one that was still usual, so an incident becomes
normal only after some weeks.

Growth is expected to continue. Each cell has a growth per day, and each hour of its day may grow faster or slower. Growth is
estimated from the ratios of days to the days a week before them, and shrunk towards 0 by a prior. The error of the estimate,
times the mean age of what is known, is added to the variance.

Counts are modelled as negative binomial, with variance = batch × mean + dispersion × mean². Both are the cell's own as far as its
counts show them: records that come in batches of a hundred do so at night too, when one batch is a hundred times the mean. Hours
of the day vary unevenly: a function that hundreds of customers use by day may be used by one customer at night, and then varies
as that customer does. So the variance has a factor for each hour of the day, learned from squared deviations of it and the
hours around it, in units of the variance that the mean alone would give.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from logscrub.anomalies.tails import Bools, Floats, accumulated

DAY: Final = 24
_WEEKEND: Final = 5 * DAY
"""The hour of the week with which Saturday begins."""
WEEKEND_DAYS: Final = 2
"""Days of a weekend, both of which have to be seen before a weekend's hours are judged."""
_KEEP = 0.5 ** (1 / 10)
"""The weight of a day relative to the day after it: weights halve in ten days."""
_LEVEL_PRIOR = 12.0
"""The prior of a cell's level: so many hours of the mean cell, but no more than so many counts."""
_DAY_PRIOR, _WEEK_PRIOR = 15.0, 30.0
"""The priors of a cell's own deviations: so many counts without any deviation, by hour of the day and of the week."""
_NOON: Final = 13
"""The hour of a customer's own clock that is the middle of its working day."""
_CHANGES = ((3, 2), (3, -1), (4, 1), (9, -1), (10, 1), (10, -1), (11, 1))
"""The Sundays on which clocks are put forward or back in America, Europe, Australia and New Zealand: the month, and which of its
Sundays."""
_UNSETTLED = 7
"""The number of days after such a Sunday in which hours are not settled."""
_FLOOR = 0.02
"""The least value of a profile: that of an hour without any records."""
_DISPERSION_PRIOR, _BATCH_PRIOR = 60.0, 60.0
"""The priors of a cell's dispersion and batches: so many squared counts, and counts, of what all cells have."""
_HOURS_PRIOR = 8.0
"""The prior of the variance of an hour of the day: so many busy hours that vary as the whole day does."""
_ALIKE: Final = np.array([1, 2, 3, 2, 1]) / 3
"""Weights of the hours around an hour of the day, which vary much as it does because the same customers are at work."""
_AROUND: Final = (np.arange(DAY)[:, None] + np.arange(-2, 3)) % DAY
"""For each hour of the day, the hours that these weights are of."""
_MEMORY: Final = 56
"""The number of days that are remembered; older ones would weigh 2 % of a day."""
_WEEK_PAIRS, _FEWEST_PAIRS = 21, 7
"""The number of days that are compared with the days a week before them to estimate growth, and the fewest that suffice."""
_BESIDE: Final = 3
"""The growth of an hour of the day is estimated from the counts of so many hours on either side of it, too."""
_GROWTHS: Final = np.array([0.001, 0.004, 0.016, 0.064])
"""Standard deviations of the growth a day, in logarithms. The prior is a mixture of normal distributions with these."""
_HOW_OFTEN: Final = np.array([0.6, 0.2, 0.15, 0.05])
"""The share of cells that have each of them."""
_POISSON_SPREAD: Final = 0.6745**2
"""The square of the median distance from the median of normal values whose variance is 1."""
_SD_OF_MEDIAN = 1.2533 * 1.4826
"""The standard deviation of the median of n normal values is this, times their median distance from the median, over √n."""
_MOST_SDS = 4.0
"""The greatest deviation, in standard deviations, that is learned from; greater ones count as this."""
_POISSON = 1e9
"""The size from which a negative binomial is a Poisson distribution for all purposes."""
_NEW_SIZE = 0.5
"""The size of a negative binomial for a cell that was never seen."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected count of each cell (rows) in each hour (columns). All arrays have the shape of the counts."""

    mean: Floats
    size: Floats
    """The size of the negative binomial: variance = mean + mean² / size."""
    together: Floats
    """The part of 1 / size that the hours of a day share; the rest is each hour's own chance."""
    ready: Bools
    """Hours of which enough days were known before: three days of the week, or a whole weekend."""
    hindsight: Floats
    """The expected count of each hour once its day is known too. Series that are a part of these counts learn from it."""


def expect(
    counts: Floats,
    known: Bools,
    weekday: int,
    shape: Floats | None = None,
    hindsight: Floats | None = None,
    *,
    own_clocks: bool = False,
    without: Bools | None = None,
    unsettled: Bools | None = None,
    warm_days: int = 3,
) -> Expected:
    """Learns the expectations for counts [cells, hours], a whole number of days; `known` marks the hours with any records.

    `weekday`: that of the first day, 0 for Monday. `shape`: a rhythm for each cell instead of that of all cells together: the
    expectation of the counts that these are a part of (of the records that may be errors). `hindsight`: that expectation once
    the day is known. Own deviations are learned from it: otherwise an unusual number of records would be learned from their
    part as well, and count twice. `own_clocks`: cells are customers, with clocks of their own. Hours that are not known teach
    nothing, and hours `without` [cells, hours] no more than was expected of them. `unsettled`: whether clocks may have
    changed, for each day.
    """
    cells, hours = counts.shape
    days = hours // DAY
    state = _State(cells, own_clocks, shape is not None)
    usual = state.learned()
    mean, size, after = np.zeros_like(counts), np.full_like(counts, _NEW_SIZE), np.zeros_like(counts)
    together = np.zeros_like(counts)
    ready = np.zeros(hours, bool)
    for day in range(days):
        at = slice(day * DAY, (day + 1) * DAY)
        of_week = ((weekday + day) % 7) * DAY + np.arange(DAY)
        mean[:, at], size[:, at] = usual.expected(of_week, None if shape is None else shape[:, at])
        together[:, at] = np.minimum(usual.together[:, None], 1 / size[:, at])
        is_settled = unsettled is None or not unsettled[day]
        if not is_settled:
            size[:, at] = 1 / (1 / size[:, at] + _by_the_hour(mean[:, at]) ** 2)
        kind = int(of_week[0] >= _WEEKEND)
        ready[at] = state.days >= warm_days and state.kind_days[kind] >= (warm_days, WEEKEND_DAYS)[kind]
        seen = counts[:, at] if without is None else np.where(without[:, at], mean[:, at], counts[:, at])
        learned = None if shape is None else (shape if hindsight is None else hindsight)[:, at]
        if known[at].any():
            state.learn(seen, known[at], of_week, mean[:, at], size[:, at], learned, is_settled)
        else:
            state.past.append(None)
        if known[at].any() or shape is None:
            usual = state.learned()
        after[:, at] = usual.expected(of_week, learned)[0]
    return Expected(mean, size, together, ready, after)


def variance_of_sums(expected: Expected, known: Bools, hours: int) -> Floats:
    """Returns the variance of sums over so many hours, along the last axis, beyond that of a Poisson distribution.

    What the hours of a day have together adds up as they do; what is of each hour adds up by squares.
    """
    mean = np.where(known, expected.mean, 0.0)
    alone = accumulated(mean**2 * (1 / expected.size - expected.together), hours)
    return np.asarray(np.maximum(alone, 0.0) + expected.together * accumulated(mean, hours) ** 2)


def unsettled_days(first: date, days: int) -> Bools:
    """For each day from the first on, whether clocks were put forward or back somewhere in the week that ends with it."""
    sundays = {_sunday(first.year + n, month, which) for n in (0, 1, 2) for month, which in _CHANGES}
    every = (first + timedelta(days=n) for n in range(days))
    return np.array([any(day - timedelta(days=n) in sundays for n in range(_UNSETTLED + 1)) for day in every], bool)


def _sunday(year: int, month: int, which: int) -> date:
    """The first, second, … Sunday of a month; -1 for the last."""
    if which > 0:
        first = date(year, month, 1)
        return first + timedelta(days=6 - first.weekday() + 7 * (which - 1))
    last = date(year, month, 28) + timedelta(days=4)
    last -= timedelta(days=last.day)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _by_the_hour(mean: Floats) -> Floats:
    """Returns the greatest difference to the hours beside each hour of a day, as a multiple of that hour's mean."""
    beside = (np.roll(mean, 1, axis=1), np.roll(mean, -1, axis=1))
    return np.asarray(np.maximum(*(np.abs(v - mean) for v in beside)) / mean)


@dataclass(frozen=True, slots=True)
class _Usual:
    """The usual values of cells, for any hour of the week in UTC."""

    profile: Floats
    """The rhythm of all cells together by hour of the week of their own clocks; its mean is 1."""
    local: NDArray[np.int64]
    """For each hour of the week in UTC, the hour of the week by the clock of each cell [cells, hours of the week]."""
    level: Floats
    own: Floats
    """Own deviations [cells, hours of the week]."""
    unsure: Floats
    """The squared relative error of means [cells, hours of the week]."""
    is_new: Bools
    """Cells without any records so far."""
    variance: Floats
    """The batches and the dispersion of each cell [2, cells]: the variance beyond a Poisson's, per mean and per squared mean."""
    together: Floats
    """The variance that all hours of a day share, per squared mean."""
    uneven: Floats
    """The variance of each hour of the day, as a multiple of what the mean alone would give [cells, hours of the day]."""

    def expected(self, of_week: NDArray[np.int64], rhythm: Floats | None) -> tuple[Floats, Floats]:
        """Returns means and sizes for the hours of a day. `rhythm` replaces the rhythm of all cells where it is given."""
        if rhythm is None:
            rhythm = self.profile[self.local[:, of_week]]
        mean = np.maximum(self.level[:, None] * rhythm * self.own[:, of_week], 1e-6)
        variance = mean * (1 + _beyond_poisson(self.variance, mean)) + self.unsure[:, of_week] * mean**2
        beyond = self.uneven[:, of_week % DAY] * variance - mean
        size = mean**2 / np.maximum(beyond, mean**2 / _POISSON)
        return mean, np.where(self.is_new[:, None], np.minimum(size, _NEW_SIZE), size)


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that is learned from."""

    weekday: int
    counts: Floats
    """Counts [cells, hours], none above the highest that is still usual; 0 in hours that are not known."""
    exposure: Floats
    """1 for known hours [hours], or the rhythm of each cell in known hours [cells, hours]; 0 for other hours."""
    sums: Floats
    """The count of the day, and the sums around each of its hours [cells, 1 + hours]; NaN where too few hours are known.
    Empty where each cell is given a rhythm, since growth is not estimated then."""


class _State:
    """Sums over the days so far, by hour of the week, which fade by `_KEEP` a day.

    The expectation is computed from the sums anew each day, so a clock that is better known changes the meaning of all days
    before it.
    """

    def __init__(self, cells: int, own_clocks: bool, own_rhythms: bool) -> None:
        self.own_clocks = own_clocks
        self.days = 0
        self.kind_days = [0, 0]
        """The number of working days and of weekend days so far."""
        self.cells = cells
        self.own_rhythms = own_rhythms
        """True if each cell is given a rhythm. The rhythm then holds the growth as well."""
        self.past: deque[_Day | None] = deque(maxlen=_MEMORY)
        """The last days, the newest last; None for a day without any known hour."""
        self.hours = np.zeros(7 * DAY)
        """The number of known hours for each hour of the week."""
        self.clock = np.zeros((cells, DAY))
        """Counts by the hour on working days, divided by how many come at once: those of one burst count as one."""
        self.excess = np.zeros((2, cells))
        """Squared deviations beyond a Poisson's, by themselves and over one more than the mean."""
        self.means = np.zeros((2, cells))
        self.squares = np.zeros((2, cells))
        """The means and the squared means that belong to `excess`, weighted in the same two ways."""
        self.squared = np.zeros((2, cells, DAY))
        """Squared deviations by the hour of the day, in units of what the mean alone would give, and their weights."""
        self.drift = np.zeros((cells, DAY))
        """The squared relative error of means that comes from that of growth. What is learned of variances is beyond it."""
        self.pairs = np.zeros((2, cells))
        """Products of the deviations of two hours of a day, and of their means."""

    def learned(self) -> _Usual:
        """Returns the state learned from all counts so far."""
        local = self._local()
        growth, error = self._growth()
        seen, hours, age = self._faded(growth)
        counts = seen.sum(1)
        profile = np.ones(7 * DAY) if self.own_rhythms else _profile(local, seen, hours)
        exposed = hours * profile[local]
        exposure = exposed.sum(1)
        typical = counts.sum() / max(exposure.sum(), 1e-9)
        believed = _LEVEL_PRIOR * min(typical, 1.0)
        level = (counts + believed) / np.maximum(exposure + believed / max(typical, 1e-9), 1e-9)
        level = np.where(exposure > 0, level, typical)
        variance = self._variance()
        own, unsure = self._own(seen, level[:, None] * exposed, local >= _WEEKEND, variance)
        self.drift = error * age**2
        unsure += 1 / (counts[:, None] + 1) + np.tile(self.drift, 7)
        together = self._together() + self.drift.min(1)
        return _Usual(profile, local, level, own, unsure, counts <= 0, variance, together, self._uneven())

    def _uneven(self) -> Floats:
        """Returns the variance of each hour of the day as a multiple of what the mean alone would give, about 1 on average."""
        told, weight = ((values[:, _AROUND] * _ALIKE).sum(2) for values in self.squared)
        whole = (told.sum(1, keepdims=True) + _HOURS_PRIOR) / (weight.sum(1, keepdims=True) + _HOURS_PRIOR)
        return np.asarray((told / whole + _HOURS_PRIOR) / (weight + _HOURS_PRIOR))

    def _own(self, seen: Floats, usual: Floats, is_weekend: Bools, variance: Floats) -> tuple[Floats, Floats]:
        """Returns each cell's own deviations from what is usual for such hours of all cells, and the squared errors of these
        deviations."""
        cells = len(usual)
        weeks = (cells, 7, DAY)
        usual, seen, weekend = usual.reshape(weeks).copy(), seen.reshape(weeks), is_weekend.reshape(weeks)
        batch, dispersion = (
            1 + variance[0][:, None, None],
            variance[1][:, None, None] / np.maximum(self.hours, 1e-9).reshape(7, DAY),
        )
        # an hour tells no more than its variance lets it
        tells = 1 / (batch + dispersion * usual)
        told, weight = seen * tells, usual * tells
        of_weekends = [np.einsum("cdh,cdh->c", each, weekend) for each in (told, weight)]
        of_weeks = [each.sum((1, 2)) - part for each, part in zip((told, weight), of_weekends, strict=True)]
        on_weekends, in_weeks = ((parts[0] + _DAY_PRIOR) / (parts[1] + _DAY_PRIOR) for parts in (of_weekends, of_weeks))
        days = np.where(weekend, on_weekends[:, None, None], in_weeks[:, None, None])
        usual *= days
        tells = 1 / (batch + dispersion * usual)
        weight = (usual * tells).sum(1)
        own = (((seen * tells).sum(1) + _DAY_PRIOR) / (weight + _DAY_PRIOR))[:, None, :]
        usual *= own
        tells = 1 / (batch + dispersion * usual)
        told, weight = seen * tells, usual * tells
        parts = []
        for each in (told, weight):
            whole, part = each.sum(1), np.einsum("cdh,cdh->ch", each, weekend)
            parts.append(np.where(weekend, part[:, None, :], np.maximum(whole - part, 0.0)[:, None, :]))
        kind = (parts[0] + _DAY_PRIOR) / (parts[1] + _DAY_PRIOR)
        usual *= kind
        tells = 1 / (batch + dispersion * usual)
        told, weight = seen * tells, usual * tells
        week = (told + _WEEK_PRIOR) / (weight + _WEEK_PRIOR)
        unsure = 1 / (parts[1] + _DAY_PRIOR) + 1 / (weight + _WEEK_PRIOR)
        return (days * own * kind * week).reshape(cells, 7 * DAY), unsure.reshape(cells, 7 * DAY)

    def _local(self) -> NDArray[np.int64]:
        """The hours of the week by the clock of each cell; one with few counts has the clock of all."""
        of_week = np.arange(7 * DAY)
        pooled = self.clock.sum(0)
        if not self.own_clocks or not pooled.any():
            return np.broadcast_to(of_week, (self.cells, 7 * DAY))
        wave = np.exp(2j * np.pi * np.arange(DAY) / DAY)
        own, counts = self.clock @ wave, self.clock.sum(1)
        # gain in log-likelihood of a rhythm of its own, less the cost of amplitude and phase (Schwarz, 1978)
        has_own = np.abs(own) ** 2 > counts * np.log(np.maximum(counts, 1.0))
        middle = np.angle(np.where(has_own, own, pooled @ wave)) * DAY / (2 * np.pi)
        ahead = ((np.round(_NOON - middle) + DAY // 2) % DAY - DAY // 2).astype(np.int64)
        return np.asarray((of_week[None, :] + ahead[:, None]) % (7 * DAY))

    def _growth(self) -> tuple[Floats, Floats]:
        """Returns the growth per day by hour of the day, in logarithms, and the variance of its error [cells, hours of the day].

        A cell has a growth, and each hour of the day may grow faster or slower than the cell: where most of the records at night
        are one customer's, they grow as that customer does.
        """
        nothing = np.zeros((self.cells, DAY))
        if self.own_rhythms or not self.past:
            return nothing, nothing
        unknown = np.full((self.cells, 1 + DAY), np.nan)
        days = list(self.past)[-7 - _WEEK_PAIRS :]
        growth, error = _weekly(np.stack([unknown if day is None else day.sums for day in days]))
        of_all, its_error = (v[:, None] for v in _believed(growth[:, 0], error[:, 0]))
        more, error = _believed(growth[:, 1:] - of_all, error[:, 1:])
        return of_all + more, its_error + error

    def _faded(self, growth: Floats) -> tuple[Floats, Floats, Floats]:
        """Returns counts and hours by hour of the week, weighed by age, and the mean age of hours by hour of the day.

        Where a cell grows, an earlier hour counts as less than an hour. Where it shrinks, an earlier count counts as less than
        one. Either way older days weigh less.
        """
        seen, hours, age = np.zeros((self.cells, 7, DAY)), np.zeros((self.cells, 7, DAY)), np.zeros((self.cells, DAY))
        less, more = np.exp(np.minimum(growth, 0)), np.exp(-np.maximum(growth, 0))
        of_counts, of_hours = less.copy(), more.copy()
        for days, day in enumerate(reversed(self.past), 1):
            if day is not None:
                seen[:, day.weekday] += of_counts * day.counts
                exposure = of_hours * day.exposure
                hours[:, day.weekday] += exposure
                age += days * exposure
                of_counts *= _KEEP
                of_hours *= _KEEP
            of_counts *= less
            of_hours *= more
        age /= np.maximum(hours.sum(1), 1e-9)
        return seen.reshape(self.cells, 7 * DAY), hours.reshape(self.cells, 7 * DAY), age

    def _variance(self) -> Floats:
        """Returns the variance beyond a Poisson's, per mean and per squared mean [2, cells]."""
        pooled = _two_parts(self.excess.sum(1), self.means.sum(1), self.squares.sum(1))
        # as if there had been counts more of what all cells have: of small means, and of great ones
        prior = np.array([_BATCH_PRIOR, _DISPERSION_PRIOR])
        excess = self.excess + (pooled * prior)[::-1, None]
        means, squares = self.means + np.array([[0.0], [prior[0]]]), self.squares + np.array([[prior[1]], [0.0]])
        return _two_parts(excess, means, squares)

    def _together(self) -> Floats:
        """Returns the variance that all hours of a day share, per squared mean."""
        pooled = max(self.pairs[0].sum(), 0.0) / max(self.pairs[1].sum(), 1e-9)
        return np.asarray(np.maximum(self.pairs[0] + pooled * _DISPERSION_PRIOR, 0.0) / (self.pairs[1] + _DISPERSION_PRIOR))

    def learn(
        self,
        counts: Floats,
        known: Bools,
        of_week: NDArray[np.int64],
        mean: Floats,
        size: Floats,
        rhythm: Floats | None,
        is_settled: bool = True,
    ) -> None:
        """Adds a day. `rhythm`, if given, replaces the rhythm of all cells. A day that is not settled teaches no variance."""
        first = self.days == 0
        most = np.inf if first else mean + _MOST_SDS * np.sqrt(mean + mean**2 / size) + 3
        seen = np.where(known, np.minimum(counts, most), 0.0)
        for total in (self.hours, self.clock, self.excess, self.means, self.squares, self.squared, self.pairs):
            total *= _KEEP
        kind = int(of_week[0] >= _WEEKEND)
        if not kind:
            self.clock += seen / (1 + _beyond_poisson(self._variance(), mean))
        self.hours[of_week] += known
        exposure = known.astype(float) if rhythm is None or not self.own_rhythms else np.where(known, rhythm, 0.0)
        sums = seen[:, :0] if self.own_rhythms else _sums(seen, known)
        self.past.append(_Day(int(of_week[0]) // DAY, seen, exposure, sums))
        if not first and is_settled:
            used = np.where(known, mean, 0.0)
            for n, weight in enumerate((1.0, 1 / (used + 1))):
                self.excess[n] += (((seen - used) ** 2 - used - self.drift * used**2) * weight).sum(1)
                self.means[n] += (used * weight).sum(1)
                self.squares[n] += (used**2 * weight).sum(1)
            variance = (used + used**2 / size) / self._uneven()
            # a square tells as much as its own variance lets it, which is 2 + 1 / variance where counts are Poisson's
            self.squared[0] += 2 * (seen - used) ** 2 / (2 * variance + 1)
            self.squared[1] += 2 * variance / (2 * variance + 1)
            of_hours, of_day = (used**2).sum(1), used.sum(1)
            pairs = of_day**2 - of_hours
            spread = (used + used**2 / size).sum(1) + self._together() * pairs
            off = np.minimum((seen - used).sum(1) ** 2, _MOST_SDS**2 * spread)
            self.pairs[0] += off - ((seen - used) ** 2).sum(1) - self.drift.min(1) * pairs
            self.pairs[1] += pairs
        self.days += 1
        self.kind_days[kind] += 1


def _profile(local: NDArray[np.int64], seen: Floats, hours: Floats) -> Floats:
    """The rhythm of all cells together by hour of the week; its mean is 1."""
    if not hours.any() or not len(seen):
        return np.ones(7 * DAY)
    level = seen.sum(1, keepdims=True) / np.maximum(hours.sum(1, keepdims=True), 1e-9) + 1e-9
    weighted = level / level.sum() * hours
    counts, hours = (np.bincount(local.ravel(), v.ravel(), 7 * DAY).astype(float).reshape(7, DAY) for v in (seen, weighted))
    mean = max(counts.sum() / hours.sum(), 1e-9)
    by_hour = (counts.sum(0) + mean) / (hours.sum(0) + 1)
    is_weekend = np.array([False] * 5 + [True] * 2)
    days = np.empty(7)
    for part in (is_weekend, ~is_weekend):
        usual = (hours[part] * by_hour).sum()
        days[part] = (counts[part].sum() + mean) / (usual + mean)
    smooth = days[:, None] * by_hour[None, :]
    own = (counts + 2 * smooth) / (hours + 2)
    out = own / max(own.mean(), 1e-12)
    return np.asarray(np.maximum(out, _FLOOR)).reshape(-1)


def _sums(counts: Floats, known: Bools) -> Floats:
    """Returns the count of a day, and for each hour the sum of it and `_BESIDE` hours on either side; NaN where too few hours are
    known."""
    share = known.mean()
    whole = counts.sum(1, keepdims=True) / share if share > 0.5 else np.full((len(counts), 1), np.nan)
    around = (np.arange(DAY)[:, None] + np.arange(-_BESIDE, _BESIDE + 1)) % DAY
    beside = np.where(known[around].all(1), counts[:, around].sum(2), np.nan)
    return np.hstack([whole, beside])


def _weekly(counts: Floats) -> tuple[Floats, Floats]:
    """Returns the growth per day that counts of days [days, …] show, in logarithms, and the variance of its error.

    The growth is the median of the ratios of days to the days a week before, so an odd day, or a week of holidays, is no growth.
    """
    if len(counts) <= 7:
        return np.zeros(counts.shape[1:]), np.ones(counts.shape[1:])
    week = np.log((counts[7:] + 0.5) / (counts[:-7] + 0.5))
    known = np.isfinite(week).sum(0)
    middle = _median(week, known)
    spread = _median(np.abs(week - middle), known)
    chance = np.nansum(1 / (counts[7:] + 0.5) + 1 / (counts[:-7] + 0.5), axis=0) / np.maximum(known, 1)
    error = _SD_OF_MEDIAN**2 * np.maximum(spread**2, _POISSON_SPREAD * chance) / np.maximum(known, 1) / 49
    return np.where(known < _FEWEST_PAIRS, 0.0, middle / 7), np.where(known < _FEWEST_PAIRS, 1.0, error)


def _median(values: Floats, known: NDArray[np.int64]) -> Floats:
    """Returns the medians along the first axis, where `known` values are not NaN; 0 where none is."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.inf), axis=0)
    ordered[:, known == 0] = 0.0
    sides = (np.take_along_axis(ordered, np.maximum(at, 0)[None], 0)[0] for at in ((known - 1) // 2, known // 2))
    return np.asarray(sum(sides) / 2)


def _believed(growth: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Returns the posterior mean and variance of growth, from a measured growth and the variance of its error."""
    prior = _GROWTHS**2
    total = prior + error[..., None]
    likely = np.log(_HOW_OFTEN) - np.log(total) / 2 - growth[..., None] ** 2 / (2 * total)
    weights = np.exp(likely - likely.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    means = growth[..., None] * prior / total
    mean = (weights * means).sum(-1)
    variance = (weights * (prior * (1 - prior / total) + means**2)).sum(-1) - mean**2
    return mean, np.maximum(variance, 0.0)


def _beyond_poisson(variance: Floats, mean: Floats) -> Floats:
    """The variance beyond a Poisson's for means [cells, hours], as a multiple of the mean."""
    return np.asarray(variance[0][:, None] + variance[1][:, None] * mean)


def _two_parts(excess: Floats, means: Floats, squares: Floats) -> Floats:
    """Splits an excess into a part that grows with the means and one that grows with their squares, from sums in two weights.
    Neither part is below 0."""
    determinant = np.maximum(means[1] * squares[0] - means[0] * squares[1], 1e-9)
    batch = (excess[1] * squares[0] - excess[0] * squares[1]) / determinant
    dispersion = (excess[0] * means[1] - excess[1] * means[0]) / determinant
    alone = np.maximum(excess[0], 0.0) / np.maximum([means[0], squares[0]], 1e-9)
    batch, dispersion = (
        np.where(dispersion < 0, alone[0], np.maximum(batch, 0.0)),
        np.where(batch < 0, alone[1], np.maximum(dispersion, 0.0)),
    )
    return np.stack([batch, dispersion])


@dataclass(frozen=True, slots=True)
class ExpectedRate:
    """The expected share of each cell in each hour."""

    rate: Floats
    correlation: Floats
    """The correlation of two trials of an hour."""
    together: Floats
    """The correlation of two trials in different hours of a day; it is what the hours of a day share."""
    ready: Bools

    def correlation_of_sums(self, hours: int) -> Floats:
        """The correlation of two trials of so many hours."""
        return self.together + (self.correlation - self.together) / hours


_TRIALS_PRIOR = 100.0
"""Trials by which all cells' rate is believed."""
_MOST_CORRELATION = 0.3
_CORRELATION_PRIOR = 20.0
"""Pairs of trials, in units of their variance, by which all cells' correlation is believed."""


def expect_rate(hits: Floats, trials: Floats, known: Bools, *, without: Bools | None = None, warm_days: int = 3) -> ExpectedRate:
    """Expectations for shares: `hits` of `trials`, both [cells, hours]."""
    cells, hours = hits.shape
    rate, correlation, together = (np.zeros_like(hits) for _ in range(3))
    ready = np.zeros(hours, bool)
    x, n, excess, squares, shared, pairs = (np.zeros(cells) for _ in range(6))
    learned = 0
    for day in range(hours // DAY):
        at = slice(day * DAY, (day + 1) * DAY)
        pooled = (x.sum() + 0.5) / (n.sum() + 100)
        own = (x + _TRIALS_PRIOR * pooled) / (n + _TRIALS_PRIOR)
        unsure = 1 / (n + _TRIALS_PRIOR)  # by which the rate may be wrong, in all hours alike
        of_hours = np.clip(_correlation(excess, squares) + unsure, 1e-6, _MOST_CORRELATION)
        rate[:, at] = own[:, None]
        correlation[:, at] = of_hours[:, None]
        together[:, at] = np.minimum(_correlation(shared, pairs) + unsure, of_hours)[:, None]
        ready[at] = learned >= warm_days
        if not known[at].any():
            continue
        p = own[:, None]
        spread = np.sqrt(trials[:, at] * p * (1 - p) * (1 + np.maximum(trials[:, at] - 1, 0) * correlation[:, at]))
        most = np.inf if not learned else trials[:, at] * p + _MOST_SDS * spread + 2
        seen = np.minimum(hits[:, at], most)
        seen = np.where(known[at], seen if without is None else np.where(without[:, at], trials[:, at] * p, seen), 0.0)
        tried = np.where(known[at], trials[:, at], 0.0)
        for total in (x, n, excess, squares, shared, pairs):
            total *= _KEEP
        x += seen.sum(1)
        n += tried.sum(1)
        if learned:
            variance, off = tried * p * (1 - p), seen - tried * p
            excess += (off**2 - variance).sum(1)
            squares += (np.maximum(tried - 1, 0) * variance).sum(1)
            shared += off.sum(1) ** 2 - (off**2).sum(1)
            pairs += (tried.sum(1) ** 2 - (tried**2).sum(1)) * own * (1 - own)
        learned += 1
    return ExpectedRate(rate, correlation, together, ready)


def _correlation(excess: Floats, pairs: Floats) -> Floats:
    """Correlations of pairs of trials of cells, from their excess products, believed as far as they are many."""
    pooled = max(excess.sum(), 0.0) / max(pairs.sum(), 1e-9)
    return np.asarray(np.maximum(excess + _CORRELATION_PRIOR * pooled, 0) / (pairs + _CORRELATION_PRIOR))
