"""Computes tails of counts and rates, calibrates them on held-out hours, and controls false alarms.

A **score** is −log10 of a tail probability: 3 is once in a thousand. The tail that a model assumes is only as good as the model,
so a score is **calibrated**: it is compared with the scores of hours that the model did not learn from. Up to a high threshold
the share of these hours counts. Beyond it, their excesses are modelled as generalized Pareto (peaks over threshold; Pickands,
1975), so that bursts are expected where bursts came. Real incidents are among those hours, and must not make the next incident
look usual. Therefore the threshold is low enough that five times as many days of cells exceed it as may belong to incidents. Two
quantiles of the excesses give scale and shape, so that values beyond the higher quantile do not count. The excesses of one day of
a cell weigh no more than so many hours that incidents can be a fifth of the whole, which is what lies beyond the higher quantile:
all hours where incidents are few beside the days of cells, for the probability is that of an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST: Final = 300.0
"""The greatest score: a double knows no smaller probability."""
_FEWEST = 200
"""Held-out scores without which nothing is calibrated: then a score is believed by half."""
_EXCESSES, _MOST_TAIL = 200, 0.2
"""Fewest days of cells beyond the threshold, and the greatest share of held-out scores that may lie there."""
_SHAPE_PRIOR = 20
"""Days of cells by which a tail is believed to be exponential."""
_TIMES = 5
"""The number of days of cells beyond the threshold, as a multiple of those that may belong to incidents."""
_LOW, _HIGH = 1 - _TIMES**-0.5, 1 - 1 / _TIMES
"""The quantiles of excesses that tell their scale and their shape: the higher one is twice as far out in powers of a share."""
_LIGHTEST = 1e-3
"""The least shape, as good as 0."""
_PRIOR, _PRIOR_SCALE = 3, 1.3
"""The number of excesses of that scale that is assumed before any was seen. A perfect model has scale 1."""


_SHAPES: Final = np.linspace(_LIGHTEST, 3, 300)


def nb_upper(counts: Floats, mean: Floats, size: Floats) -> Floats:
    """−log10 of P(X > x) + ½ P(X = x), X negative binomial with variance mean + mean²/size; 0 for what is not above the mean."""
    from scipy.special import betainc

    above = counts > mean
    x, m, n = _where(above, counts, mean, size)
    share = m / (m + n)
    out = np.zeros(above.shape)
    out[above] = _score((betainc(x + 1, n, share) + betainc(x, n, share)) / 2)
    return out


def nb_lower(counts: Floats, mean: Floats, size: Floats) -> Floats:
    """−log10 of P(X < x) + ½ P(X = x); 0 for what is not below the mean."""
    from scipy.special import betainc

    below = counts < mean
    x, m, n = _where(below, counts, mean, size)
    share = n / (m + n)
    fewer = np.where(x > 0, betainc(n, np.maximum(x, 1e-9), share), 0.0)
    out = np.zeros(below.shape)
    out[below] = _score((betainc(n, x + 1, share) + fewer) / 2)
    return out


def _where(which: Bools, counts: Floats, mean: Floats, size: Floats) -> tuple[Floats, Floats, Floats]:
    x, m, n = np.broadcast_arrays(counts, mean, size)
    return x[which], np.maximum(m[which], 1e-9), np.minimum(n[which], 1e9)


def rate_upper(hits: Floats, trials: Floats, rate: Floats, correlation: Floats) -> Floats:
    """−log10 of P(X > x) + ½ P(X = x), of `trials` with that rate that go wrong together with that correlation.

    Taken as a negative binomial with the mean and the variance of a beta-binomial: rates vary from hour to hour, so their tail is
    as heavy as a gamma distribution's, which a binomial of fewer trials does not have. Rates so high that they vary less than a
    Poisson's are taken for Poisson; 0 for what is not above the mean.
    """
    mean = trials * rate
    variance = mean * (1 - rate) * (1 + np.maximum(trials - 1, 0) * correlation)
    return nb_upper(hits, mean, mean**2 / np.maximum(variance - mean, 1e-9 * mean**2 + 1e-12))


def _score(probability: Floats) -> Floats:
    out: Floats = -np.log10(np.clip(probability, 10.0**-MOST, 1.0))
    return out


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration of scores."""

    held_out: Floats
    """Scores of hours that were not learned from, sorted."""
    threshold: float
    share: float
    """The share of held-out scores beyond the threshold."""
    scale: float
    """The scale of excesses, in units of a perfect model's."""
    shape: float
    """The shape of their generalized Pareto distribution; 0 is an exponential one."""

    def p_values(self, scores: Floats) -> Floats:
        """The probability of a score as high by chance."""
        if len(self.held_out) < _FEWEST:
            return np.asarray(10.0 ** (-scores / 2))
        at_least = len(self.held_out) - np.searchsorted(self.held_out, scores, side="left")
        body = (at_least + 1) / (len(self.held_out) + 1)
        over = np.maximum(scores - self.threshold, 0) * np.log(10) / self.scale
        tail = self.share * np.exp(-np.log1p(self.shape * over) / self.shape)
        return np.asarray(np.where(scores <= self.threshold, body, np.minimum(tail, body.max(initial=1.0))))


def calibrate(
    scores: Floats, incidents: float, groups: NDArray[np.int64] | None = None, occasions: NDArray[np.int64] | None = None
) -> Calibration:
    """Calibrates scores on held-out ones, of which so many may belong to incidents.

    `groups`: which of them belong together, as the hours of a cell's day do. A group counts as one observation of how well the
    tail is known, and as few hours of its form as keep incidents from telling it.
    `occasions`: the day of each. Groups beyond the threshold on the same days count for less, by as much as their number varies
    more from day to day than by chance.
    """
    finite = np.isfinite(scores)
    kept = np.sort(scores[finite])
    if len(kept) < _FEWEST:
        return Calibration(kept, 0.0, 1.0, 2.0, _LIGHTEST)
    highest = kept if groups is None else np.sort(_highest(scores[finite], groups[finite]))
    beyond_it = min(max(_TIMES * incidents, _EXCESSES), len(highest) - 1)
    threshold = max(float(highest[-1 - int(beyond_it)]), float(np.quantile(kept, 1 - _MOST_TAIL)))
    beyond = finite & (scores > threshold)
    excesses = scores[beyond] - threshold
    if threshold <= 0 and len(excesses):
        # so rare that any is beyond: what one of them is worth is told by how often they come
        threshold = float(np.quantile(excesses, _LOW))
        share = float(np.mean(kept >= threshold))
        own = threshold / max(-np.log10(share), 0.1)
        return Calibration(kept, threshold, share, _believed(own, _PRIOR_SCALE, len(excesses)), _LIGHTEST)
    share = max(len(excesses), 1) / len(kept)
    alike = np.ones(len(excesses)) if groups is None else _alike(groups[beyond])
    excesses, weights = _sorted(excesses, _weights(alike, incidents))
    low, high = np.interp((_LOW, _HIGH), np.cumsum(weights) / weights.sum(), excesses) if len(excesses) else (0.0, 0.0)
    many = (1 / alike).sum()
    if occasions is not None and len(excesses):
        many /= _beyond_chance(occasions[finite], occasions[beyond], 1 / alike)
    scale = _believed(float(low) / np.log10(_TIMES**0.5), _PRIOR_SCALE, many)
    # as far as to the lower quantile is it again to the higher one where the tail is exponential; farther where it is heavier
    shape = np.interp(float(high) / scale * np.log(10), (_TIMES**_SHAPES - 1) / _SHAPES, _SHAPES)
    believed = many * float(shape) / (many + _SHAPE_PRIOR)
    # where so many tell the scale of an exponential tail, what is to be expected of the next is Pareto's tail of that shape
    return Calibration(kept, threshold, share, scale, max(believed + 1 / (many + _PRIOR), _LIGHTEST))


def _believed(own: float, prior: float, excesses: float) -> float:
    """A scale that so many excesses tell; a model is not believed to be better than it says."""
    return max(1.0, (excesses * own + _PRIOR * prior) / (excesses + _PRIOR))


def _highest(values: Floats, groups: NDArray[np.int64]) -> Floats:
    """The greatest value of each group."""
    order = np.argsort(groups, kind="stable")
    begins = np.nonzero(np.diff(groups[order], prepend=-1))[0]
    return np.asarray(np.maximum.reduceat(values[order], begins))


def _beyond_chance(occasions: NDArray[np.int64], beyond: NDArray[np.int64], weights: Floats) -> float:
    """The variance of the number of groups beyond a threshold per occasion, in units of chance (Poisson); 1 at least."""
    every = np.unique(occasions)
    numbers = np.bincount(np.searchsorted(every, beyond), weights, len(every))
    return max(1.0, float(numbers.var() / numbers.mean()))


def _alike(groups: NDArray[np.int64]) -> Floats:
    """The size of the group of each element."""
    _, place, many = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(many[place], float)


def _weights(alike: Floats, incidents: float) -> Floats:
    """The weights of excesses, from the sizes of their groups: a group counts as no more hours than leave so many groups of
    incidents a fifth of the whole."""
    for hours in range(int(alike.max(initial=1.0)), 1, -1):
        weights = np.minimum(hours / alike, 1.0)
        if _TIMES * incidents * hours <= weights.sum():
            return np.asarray(weights)
    return 1 / alike


def _sorted(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Values from the least on, and their weights."""
    order = np.argsort(values, kind="stable")
    return values[order], weights[order]


def accumulated(values: Floats, hours: int) -> Floats:
    """Sums over an hour and those before it, along the last axis; the first ones are of fewer hours."""
    total = np.cumsum(values, axis=-1)
    out = total.copy()
    out[..., hours:] -= total[..., :-hours]
    return out


def rejected(p_values: Floats, rate: float) -> tuple[Bools, float]:
    """Returns which p-values are unusual, and up to which one, so that a share `rate` of them may be so by chance.

    This is the procedure of Benjamini and Hochberg (1995). If everything is chance, anything is called unusual with
    probability `rate` at most.
    """
    flat = np.sort(p_values, axis=None)
    bounds = rate * np.arange(1, len(flat) + 1) / max(1, len(flat))
    under = np.nonzero(flat <= bounds)[0]
    if not len(under):
        return np.zeros(p_values.shape, bool), 0.0
    limit = float(flat[under[-1]])
    return np.asarray(p_values <= limit), limit


def rejected_hours(p_values: Floats, rate: float) -> Bools:
    """Returns which hours of which cells are unusual, so that a share `rate` of these *cells* may be so by chance.

    A cell's hours are combined into one p-value (Simes, 1986). Benjamini and Hochberg's procedure decides over cells, and, at
    the rate that it came to there, over the hours of the cells that it rejects.
    """
    hours = max(1, p_values.shape[1])
    ranks = hours / np.arange(1, hours + 1)
    cells = np.minimum((np.sort(p_values, axis=1) * ranks).min(1, initial=1.0), 1.0)
    unusual, _ = rejected(cells, rate)
    bound = rate * unusual.sum() / max(1, len(cells)) * (1 + 1e-9)
    out = np.zeros(p_values.shape, bool)
    for n in np.nonzero(unusual)[0].tolist():
        out[n] = rejected(p_values[n], bound)[0]
    return out
