"""Finds unusual values in a series of levels: counts, rates or durations, one number per hour (or any other fixed step).

The model is causal and needs no labels: the verdict on a value depends on that value and earlier ones, so a replay of a series
and a live watch agree. `Detector.step` scores one value; `scores` scores a whole series.

The score. The square root of a value (whose noise is the same at all heights of counts: Bartlett, JRSS Suppl. 3, 1936) is
compared in three ways:

- level: is the series this high (or low) at all, whatever the hour? Against the values of the last weeks.
- jump: does it leave the last hours suddenly? The difference to their median, against such differences in the last weeks.
- season: is it unusual for this hour? The difference to the median of the same hour on the last days or, where that is nearer,
  on the same weekday of the last weeks, against such differences.

Each is measured in units of its own spread: the distance from the median to the 90 % (10 %) quantile of the values in the window.
So skewed series have a wide side and a narrow one. Values are cut off at 1.5 units before they enter a window (winsorized: Tukey,
Ann. Math. Statist. 33, 1962). So an incident shows that such values occur, not that they are usual, and a lasting new level is
learned within days. The score is the mean of the three, in which the level counts twice: people call a value unusual if it is
high for the series and also sudden or out of season, and rarely if only one of these holds.

Units come from weeks, but noise differs from day to day: where the median score of the last day was larger than usual, units are
longer by the cube root of that ratio, as if the weeks counted twice and the day once.

The probability of a score. Hours beyond 1.5 with fewer than three quiet hours between them are one excursion, and its highest
score is its peak. Peaks beyond 1.5 are modelled as generalized Pareto (Pickands, Ann. Statist. 3, 1975) with unknown scale and
shape: the probability is the mean over a grid of both, weighted by a prior and by the likelihood of the peaks seen. So a series
that leaps every week is expected to leap again, however rare a light tail would call that, and a series that never leapt is not.
The rate of excursions has a prior too; after a day with many, as many are expected. The product is

    excursions a step that are as far out = rate * P(excursion as improbable)

The length of an excursion. Noise leaps for an hour; incidents last. The run of an excursion is its number of consecutive hours
beyond 1.5 on one side, and runs are modelled as generalized Pareto too. Peak and run are two tests of the same hours, which
share one budget: the probability of an excursion is the harmonic mean of those of its peak and of its run (Good, JASA 53, 1958).
This needs no independence (Wilson, PNAS 116, 2019), which peaks and runs do not have: where hours go together, what is high lasts
as well. Peak and run only grow while an excursion lasts, so testing it at each of its hours adds no false alarms. A peak of an
hour has to be half as probable as without runs, and one that lasts may be much less far out.

What an excursion says of peaks has a weight: the probability of its run among all runs of two hours or more. The longer it lasts,
the less it says about noise. So an hour that is far out each week becomes usual, and an evening that is far out each week is
reported again.

Scores are out of sample: each is computed before its value is learned. A value alarms if at most the budget of such
excursions is expected per week. Within a day after an alarm, only a worse value alarms again.

At steps finer than an hour, each step counts by its own distance, without peak and run so far. The mean of the last six hours
is scored in the same way, and the geometric mean of both probabilities counts.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

DAY: Final = 86_400
WEEK: Final = 7 * DAY

HOUR: Final = 3600
BEYOND: Final = 0.1
"""A unit reaches from the median to what this share of the values of an hourly series is beyond. With less, incidents stretch
it; with more, it says little of the tail. Of finer steps the share is smaller, by the root of how much finer: there are more."""
LONG: Final = 6 * HOUR
"""At steps finer than an hour, the mean of so long is scored as well as the value: one odd minute is less than six odd hours."""
CUT: Final = 1.5
"""Units at which what is learned is cut off."""
CAP: Final = 8.0
"""Units at which one view ends, so that none speaks for all three."""
SIDE: Final = 0.5
"""The narrow side is at least this share of the wide one."""
DAYS_SHARE: Final = 1 / 3
"""The weight of the last day's noise relative to that of the last weeks."""
LEVEL, JUMP, SEASON = range(3)
WEIGHTS: Final = (2.0, 1.0, 1.0)
LAST: Final = 3
"""Steps a jump is measured from: their median, so that one odd hour is not the measure."""
DAYS: Final = 7
WEEKS: Final = 4

START: Final = 1.5
"""The score from which on the tail is exponential."""
LULL: Final = 3 * HOUR
"""The time without a score beyond `START` that ends an excursion."""
PRIOR_STEPS: Final = 336
"""Steps that the prior share is worth: two weeks of hours. Of finer steps it knows less, and is worth that much less."""
PRIOR_SHARE: Final = 9 / 168
"""The share of steps with which an excursion begins: nine a week, as in generated hourly noise of many kinds."""
PRIOR_SCALE: Final = 0.4
PRIOR_SPREAD: Final = 0.25
"""Scales of peaks are lognormal around that of noise of light tails, with this spread of their logarithm."""
PRIOR_SHAPE: Final = 0.1
"""Shapes are exponential with this mean: light tails are the likelier ones until peaks say otherwise."""
BAND: Final = 1e-3
"""The probability of a value outside of the band is below this."""

Direction = Literal["both", "up", "down"]
NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings. The defaults are for hourly series of a service."""

    budget: float = 2 / 7
    """Alarms by chance in a week, whatever the noise."""
    window_days: int = 28
    """The window that is learned from, at least a week."""
    floor: float = 0.02
    """The least unit, as a share of the series' height (of the root's height: 0.02 is about 4 % of the value). A change of less
    than three units is never reported, however steady the series was."""
    direction: Direction = "both"
    """The unusual direction: too much, too little, or both."""

    def __post_init__(self) -> None:
        if not self.budget > 0:
            raise ValueError("the budget must be above 0")
        if self.window_days < 7:
            raise ValueError("the window must be a week or more")
        if self.floor < 0:
            raise ValueError("the floor can't be below 0")


DEFAULT: Final = Settings()


@dataclass(frozen=True, slots=True)
class Reading:
    """The result for one value. NaN stands for what is not known: the score of a missing value, the band at the beginning."""

    expected: float
    lower: float
    upper: float
    """Outside of the band a value has a probability below 1 in 1000."""
    score: float
    """Units from what is usual; below 0 where it is too little."""
    p_value: float
    alarm: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """Readings of a series, as arrays of its length."""

    expected: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    p_value: NDArray[np.float64]
    alarms: NDArray[np.bool_]


def root(value: float) -> float:
    """The square root, and of what is below 0 the mirrored one."""
    return math.copysign(math.sqrt(abs(value)), value)


def square(value: float) -> float:
    return math.copysign(value * value, value)


def middle(values: Iterable[float]) -> float:
    """The median of what is no NaN; NaN of nothing."""
    known = sorted(v for v in values if v == v)
    n = len(known)
    if not n:
        return math.nan
    return known[n // 2] if n % 2 else (known[n // 2 - 1] + known[n // 2]) / 2


@dataclass(frozen=True, slots=True)
class Scale:
    """A window's forecast of the next value: its middle, and the length of a unit on either side of it."""

    centre: float
    above: float
    below: float
    cut_above: bool
    cut_below: bool
    """False where the unit is a makeshift; cutting by it would freeze it."""

    def units(self, value: float) -> float:
        off = value - self.centre
        if off == 0:
            return 0.0
        unit = self.above if off > 0 else self.below
        if unit <= 0:
            return math.copysign(CAP, off)
        return max(-CAP, min(CAP, off / unit))

    def cut(self, value: float) -> float:
        if self.cut_above:
            value = min(value, self.centre + CUT * self.above)
        if self.cut_below:
            value = max(value, self.centre - CUT * self.below)
        return value


class Window:
    """The last so many values, in order of time and of size. A step costs two searches and two moves in a list."""

    def __init__(self, steps: int, least: int, beyond: float = BEYOND) -> None:
        self.steps = steps
        self.least = least
        self.beyond = beyond
        self.times: deque[float] = deque()
        self.ordered: list[float] = []

    def scale(self, floor: float) -> Scale | None:
        """`floor`: the least unit. None while too little is known."""
        known = self.ordered
        if len(known) < self.least:
            return None
        n = len(known)
        centre = (known[(n - 1) // 2] + known[n // 2]) / 2
        few = int(self.beyond * (n - 1))
        above, below = known[-1 - few] - centre, centre - known[few]
        # Where nine of ten values are the same (most hours have no error at all), that is nothing. Then half of the others are
        # within what is cut off: what was there before is no news.
        higher, lower = n - bisect_right(known, centre), bisect_left(known, centre)
        if above <= 0 and higher:
            above = (known[n - (higher + 1) // 2] - centre) / CUT
        if below <= 0 and lower:
            below = (centre - known[(lower + 1) // 2 - 1]) / CUT
        cut_above, cut_below = above > 0, below > 0
        above, below = max(above, SIDE * below), max(below, SIDE * above)
        return Scale(centre, max(above, floor), max(below, floor), cut_above, cut_below)

    def middle(self) -> float:
        """The median."""
        return self.ordered[len(self.ordered) // 2] if self.ordered else math.nan

    def add(self, value: float) -> None:
        """NaN takes its place in time and says nothing."""
        self.times.append(value)
        if value == value:
            insort(self.ordered, value)
        if len(self.times) > self.steps:
            old = self.times.popleft()
            if old == old:
                del self.ordered[bisect_left(self.ordered, old)]


_SHAPES, _SCALES = (
    grid.ravel()
    for grid in np.meshgrid(
        np.array([0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5]), PRIOR_SCALE * np.exp(np.arange(-3, 9) * 0.4), indexing="ij"
    )
)
_LIGHT: Final = _SHAPES == 0
_DIVISORS: Final = np.where(_LIGHT, 1.0, _SHAPES)


def _beyond(excess: float) -> NDArray[np.float64]:
    """The logarithm of the probability that something is as far beyond its start, for each scale and shape."""
    return np.asarray(np.where(_LIGHT, -excess / _SCALES, -np.log1p(_SHAPES * excess / _SCALES) / _DIVISORS))


def _density(excess: float) -> NDArray[np.float64]:
    """The logarithm of the probability of just that excess."""
    steeper = np.where(_LIGHT, 0.0, np.log1p(_SHAPES * excess / _SCALES))
    return np.asarray(_beyond(excess) - steeper - np.log(_SCALES))


def _just(whole: int) -> NDArray[np.float64]:
    """The tail function for an excess in whole numbers."""
    at_least, more = _beyond(whole), _beyond(whole + 1)
    return np.asarray(at_least + np.log1p(-np.exp(more - at_least)))


_PRIOR: Final = -((np.log(_SCALES / PRIOR_SCALE) / PRIOR_SPREAD) ** 2) / 2 - _SHAPES / PRIOR_SHAPE


@dataclass(slots=True)
class Excesses:
    """The tail of excesses beyond a start: generalized Pareto, averaged over the scales and shapes that the past makes likely."""

    likelihood: NDArray[np.float64] = field(default_factory=lambda: _PRIOR)
    """Logarithms, for each scale and shape."""
    weights: NDArray[np.float64] = field(init=False)
    """The likelihoods as shares."""
    edge: float = 0.0
    """The result of the last search for an excess."""

    def __post_init__(self) -> None:
        self._weigh()

    def _weigh(self) -> None:
        weights = np.exp(self.likelihood - self.likelihood.max())
        self.weights, self.edge = weights / weights.sum(), 0.0

    def learn(self, likelihood: NDArray[np.float64]) -> None:
        """Takes in one more, by the likelihood that it has."""
        self.likelihood = self.likelihood + likelihood
        self._weigh()

    def beyond(self, excess: float) -> float:
        """The probability of as much or more."""
        return float(self.weights @ np.exp(_beyond(excess)))

    def reach(self, probability: float) -> float:
        """The excess of a probability."""
        # the logarithm of a mean of Pareto's tails is convex, so that Newton's steps from below do not go beyond
        excess = self.edge if self.beyond(self.edge) >= probability else 0.0
        for _ in range(100):
            beyond = self.weights * np.exp(_beyond(excess))
            slope = float((beyond / (_SCALES + _SHAPES * excess)).sum())
            total = float(beyond.sum())
            step = math.log(total / probability) * total / slope
            excess += step
            if step <= 1e-12 * (1 + excess):
                break
        self.edge = max(0.0, excess - 1e-9)
        return excess


@dataclass(slots=True)
class Tail:
    """The rate of excursions that are as improbable by their peak and their run, learned from those that ended."""

    start: float = START
    worth: float = 1.0
    """The weight of the prior of the rate, as a share."""
    lull: int = LULL // HOUR
    """Steps without a score beyond the start that end an excursion."""
    day: int = DAY // HOUR
    """Steps of a day."""
    longest: int = DAY // HOUR
    """The greatest number of steps behind its first one by which a run makes an excursion more improbable. Where it is 0, each
    step counts by itself."""
    steps: int = 0
    excursions: int = 0
    recent: deque[int] = field(default_factory=deque)
    """At which steps excursions of the last day ended."""
    peak: float = 0.0
    """The peak of the excursion that has not ended; 0 if there is none."""
    run: int = 0
    """The most steps in a row that it was beyond the start on one side."""
    last: int = 0
    """Steps in a row beyond the start on one side, up to the last step; below 0 of too little."""
    quiet: int = 0
    """Steps since a score was beyond the start."""
    peaks: Excesses = field(default_factory=Excesses)
    runs: Excesses = field(default_factory=Excesses)
    """Steps of a run behind its first one."""

    def rate(self) -> float:
        """Excursions a step: as many as came in all, or in the last day, whichever is more."""
        prior = PRIOR_STEPS * self.worth
        return max((self.excursions + PRIOR_SHARE * prior) / (self.steps + prior), len(self.recent) / self.day)

    def _excess(self, score: float) -> float:
        return (score - self.start) * START / self.start

    def _longer(self, side: int) -> int:
        """The steps behind its first one of the longest run, if the next step is beyond the start on that side."""
        now = abs(self.last) + 1 if self.last * side > 0 else 1
        return min(max(self.run, now) - 1, self.longest)

    def _peak(self) -> float:
        """The least peak that the excursion has with the next step; `start` where each step counts by itself."""
        return max(self.start, self.peak) if self.longest else self.start

    def probability(self, score: float) -> float:
        """Excursions a step that are as far out; 1 of what is not beyond `start`: it is as usual."""
        if abs(score) <= self.start:
            return 1.0
        peak = self.peaks.beyond(self._excess(max(abs(score), self._peak())))
        if self.longest:
            run = self.runs.beyond(self._longer(1 if score > 0 else -1))
            peak = 2 / (1 / peak + 1 / run)
        return min(1.0, self.rate() * peak)

    def score(self, probability: float, side: int) -> float:
        """The distance at which the next score on that side has a probability; `start` where all beyond it are less probable."""
        times_rarer = self.rate() / probability
        if self.longest:
            times_rarer = 2 * times_rarer - 1 / self.runs.beyond(self._longer(side))
        if times_rarer * self.peaks.beyond(self._excess(self._peak())) <= 1:
            return self.start
        return self.start + self.peaks.reach(1 / times_rarer) * self.start / START

    def add(self, score: float) -> None:
        self.steps += 1
        while self.recent and self.recent[0] < self.steps - self.day:
            self.recent.popleft()
        if abs(score) > self.start:
            side = 1 if score > 0 else -1
            self.last = self.last + side if self.last * side > 0 else side
            self.peak, self.run, self.quiet = max(self.peak, abs(score)), max(self.run, abs(self.last)), 0
            return
        self.last = 0
        self.quiet += 1
        if self.peak and self.quiet >= self.lull:
            longer = min(self.run - 1, self.day)
            counts_as = min(1.0, self.runs.beyond(longer) / self.runs.beyond(1))
            self.peaks.learn(counts_as * _density(self._excess(self.peak)))
            # where runs are evidence, they have to be learned as they came
            self.runs.learn((1.0 if self.longest else counts_as) * _just(longer))
            self.excursions += 1
            self.recent.append(self.steps)
            self.peak, self.run = 0.0, 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that is said of the next value before it is there."""

    scales: tuple[Scale | None, Scale | None, Scale | None]
    last: float
    day: float
    week: float
    """The medians a jump and the season are measured from, as roots; NaN where there is none."""

    def season_off(self, value: float) -> float:
        """The distance from the nearer middle: a Monday like other Mondays is normal, and so is a holiday like the days around
        it."""
        if self.week != self.week or abs(value - self.day) <= abs(value - self.week):
            return value - self.day
        return value - self.week

    def offs(self, value: float) -> tuple[float, float, float]:
        """Returns what the three views score: the root itself, its jump, and its distance from the season."""
        return value, value - self.last, self.season_off(value)

    def score(self, value: float) -> float:
        """The score of a root. A view without enough history contributes 0 but keeps its weight, so early scores are
        conservative."""
        if self.scales[LEVEL] is None or value != value:
            return math.nan
        total = 0.0
        for scale, off, weight in zip(self.scales, self.offs(value), WEIGHTS, strict=True):
            if scale is not None and off == off:
                total += weight * scale.units(off)
        return total / sum(WEIGHTS)

    def reach(self, score: float) -> float:
        """The root from which on the score is at least as far out as `score` (below 0: on the other side). NaN where none is."""
        sign = math.copysign(1.0, score)
        total = abs(score) * sum(WEIGHTS)
        views: list[tuple[float, float, float]] = []  # where a view is at 0 going out, its unit on that side, its weight
        centres: list[float] = []
        for scale, bases, weight in zip(self.scales, ((0.0,), (self.last,), (self.day, self.week)), WEIGHTS, strict=True):
            known = [base for base in bases if base == base]
            if scale is not None and known:
                # out there, the nearer one of two bases is the outer one
                at = sign * max(sign * base for base in known) + scale.centre
                views.append((at, scale.above if sign > 0 else scale.below, weight))
                centres += [base + scale.centre for base in known]
        begin = sign * max(sign * centre for centre in centres)
        if sign * self.score(begin) >= abs(score):
            # One view alone is enough, before the others see anything out of the way: somewhere between the centres.
            inner, outer = sign * min(sign * centre for centre in centres), begin
            for _ in range(50):
                half = (inner + outer) / 2
                inner, outer = (inner, half) if sign * self.score(half) >= abs(score) else (half, outer)
            return outer
        # Beyond all centres each view grows in a straight line to its cap: solved without caps, then with those that were passed.
        while views:
            slope = sum(weight / unit for _, unit, weight in views if unit > 0)
            if not slope or any(unit <= 0 for _, unit, _ in views):
                return begin  # a view without a spread: whatever leaves the centre is far out
            reached = (total + sum(weight * sign * at / unit for at, unit, weight in views)) / slope
            passed = [view for view in views if sign * (sign * reached - view[0]) > CAP * view[1] * (1 + 1e-12)]
            if not passed:
                return sign * reached
            views = [view for view in views if view not in passed]
            total -= sum(CAP * weight for _, _, weight in passed)
        return math.nan


class SeriesModel:
    """The state of a series at one scale: its windows, its tail, its last weeks."""

    def __init__(self, step_seconds: int, settings: Settings) -> None:
        self.settings = settings
        self.day = round(DAY / step_seconds)
        self.week = round(WEEK / step_seconds)
        steps = max(settings.window_days * DAY // step_seconds, 28)
        least = min(max(24, self.day), steps)
        fine = min(1.0, step_seconds / HOUR)
        self.windows = tuple(Window(steps, least, BEYOND * math.sqrt(fine)) for _ in WEIGHTS)
        # A unit of fewer values beyond it is longer, by as much as the normal distribution's quantiles say.
        start = START * NORMAL.inv_cdf(1 - BEYOND) / NORMAL.inv_cdf(1 - BEYOND * math.sqrt(fine))
        # Minutes that follow one another go together, so there a run says little; the mean of `LONG` shows what lasts.
        longest = self.day if step_seconds >= HOUR else 0
        self.tail = Tail(start, fine, max(1, LULL // step_seconds), self.day, longest)
        self.past: list[float] = []
        """Roots, the oldest first."""
        self.far = Window(steps, least)
        """The greatest scores of the last weeks and of the last day."""
        self.far_today = Window(self.day, least)

    def outlook(self) -> Outlook:
        """Returns the forecast of the next value."""
        past, day, week = self.past, self.day, self.week
        n = len(past)
        last = middle(past[max(0, n - LAST) :])
        # a median over less than half a week of days says little
        days = [past[n - day * k] for k in range(1, DAYS + 1) if n >= day * k] if day > 1 else []
        by_day = middle(days) if sum(v == v for v in days) >= 3 else math.nan
        by_week = middle(past[n - week * k] for k in range(1, WEEKS + 1) if n >= week * k) if week > 1 else math.nan
        if by_day != by_day:
            by_day = by_week
        level = self.windows[LEVEL].scale(0.0)
        if level is None:
            return Outlook((None, None, None), last, by_day, by_week)
        floor = self.settings.floor * abs(level.centre)
        scales = (self.windows[LEVEL].scale(floor), self.windows[JUMP].scale(floor), self.windows[SEASON].scale(floor))
        return Outlook(scales, last, by_day, by_week)

    def noise(self) -> float:
        """The factor by which the noise of the last day lengthens the unit of the last weeks."""
        usual = self.far.middle()
        if len(self.far_today.ordered) < self.day // 2 or not usual > 0:
            return 1.0
        return math.pow(max(1.0, self.far_today.middle() / usual), DAYS_SHARE)

    def that_counts(self, score: float) -> float:
        """A score in the direction that counts, in units of the last day's noise."""
        wanted = {"both": True, "up": score > 0, "down": score < 0}[self.settings.direction]
        return score / self.noise() if wanted else 0.0

    def probability(self, score: float) -> float:
        """The probability of a score as far out by chance; 1 for a missing score, which never alarms."""
        return self.tail.probability(self.that_counts(score)) if score == score else 1.0

    def learn(self, ahead: Outlook, now: float, score: float) -> None:
        """Takes in a value, after what was said of it."""
        if score == score:
            self.tail.add(self.that_counts(score))
        self.far.add(abs(score))
        self.far_today.add(abs(score))
        for window, scale, off in zip(self.windows, ahead.scales, ahead.offs(now), strict=True):
            window.add(scale.cut(off) if scale is not None and off == off else off)
        self.past.append(now)
        keep = max(self.week * WEEKS, LAST)
        if len(self.past) > 2 * keep:
            del self.past[:-keep]

    def low_end(self) -> float:
        """The least value there can be: 0 where no value was below 0."""
        return 0.0 if self.windows[LEVEL].ordered[0] >= 0 else -math.inf


@dataclass(slots=True)
class Detector:
    """Scores a series one value at a time, in its order, at a fixed step; a step without a value is `None` or NaN.

    What it holds is bounded by the window. To go on after a restart, replay the last window: `for v in past: detector.step(v)`.
    """

    step_seconds: int = HOUR
    settings: Settings = DEFAULT
    _values: SeriesModel = field(init=False)
    _means: SeriesModel | None = field(init=False)
    _recent: deque[float] = field(init=False)
    _since: int = field(init=False)
    """Steps since the last alarm."""
    _farthest: float = 0.0
    """The greatest score that was reported within the last day."""

    def __post_init__(self) -> None:
        if self.step_seconds < 1:
            raise ValueError("a step must be a second or more")
        self._values = SeriesModel(self.step_seconds, self.settings)
        self._means = SeriesModel(self.step_seconds, self.settings) if self.step_seconds < HOUR else None
        self._recent = deque(maxlen=max(1, LONG // self.step_seconds))
        self._since = self._values.day + 1

    def step(self, value: float | None) -> Reading:
        """Scores the next value, then adds it to the past."""
        known = value if value is not None and math.isfinite(value) else math.nan
        now, model = root(known), self._values
        ahead = model.outlook()
        score, p_value, expected, lower, upper = math.nan, math.nan, math.nan, math.nan, math.nan
        level = ahead.scales[LEVEL]
        if level is not None:
            middle_root = ahead.day if ahead.day == ahead.day else level.centre
            above, below = (model.tail.score(BAND, side) * model.noise() for side in (1, -1))
            # without an improbable value, `reach` has no end, and neither has the band
            high, low = ahead.reach(above), ahead.reach(-below)
            expected = square(middle_root)
            upper = square(max(high, middle_root)) if high == high else math.nan
            lower = max(square(min(low, middle_root)), model.low_end()) if low == low else math.nan
            score = ahead.score(now)
        if score == score:
            p_value = model.probability(score)
        model.learn(ahead, now, score)
        if self._means is not None:
            p_value = math.sqrt(p_value * self._probability_of_mean(known))
        return Reading(expected, lower, upper, score, p_value, self._tells(p_value, score))

    def _tells(self, p_value: float, score: float) -> bool:
        """True if a value is to be reported: an excursion that continues is reported again only if it is farther out than what
        was reported within a day."""
        self._since += 1
        model = self._values
        if self._since > model.day:
            self._farthest = 0.0
        if not p_value * model.week <= self.settings.budget:
            return False
        far_out = abs(score)
        if self._since > model.tail.lull and far_out <= self._farthest:
            return False
        self._since, self._farthest = 0, max(self._farthest, far_out)
        return True

    def _probability_of_mean(self, value: float) -> float:
        """Scores the mean of the last hours. The geometric mean of both probabilities counts: both must be unusual."""
        assert self._means is not None
        self._recent.append(value)
        known = [v for v in self._recent if v == v]
        now = root(math.fsum(known) / len(known)) if value == value else math.nan
        ahead = self._means.outlook()
        score = ahead.score(now)
        self._means.learn(ahead, now, score)
        return self._means.probability(score)


def scores(values: Sequence[float] | NDArray[np.float64], step_seconds: int = HOUR, settings: Settings = DEFAULT) -> Scored:
    """Returns the readings of a whole series at a fixed step, equal to stepping through it. NaN stands for a missing value."""
    detector = Detector(step_seconds, settings)
    readings = [detector.step(float(value)) for value in values]
    return Scored(
        np.array([r.expected for r in readings], dtype=np.float64),
        np.array([r.lower for r in readings], dtype=np.float64),
        np.array([r.upper for r in readings], dtype=np.float64),
        np.array([r.score for r in readings], dtype=np.float64),
        np.array([r.p_value for r in readings], dtype=np.float64),
        np.array([r.alarm for r in readings], dtype=np.bool_),
    )
