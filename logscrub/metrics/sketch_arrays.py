"""Sketches of many cells side by side, as arrays: what is added up is put in its place, in any order, without sorting or hashing.

An array has a row for each cell. Whoever has many cells takes some at a time (`AT_ONCE`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from logscrub.metrics.sketches import PRECISION, RANKS, distinct_by_ranks, value_of

AT_ONCE: Final = 1024
"""Cells of an array of 16 MB."""
Ints = npt.NDArray[np.integer]


def ranks_of(cells: Ints, registers: Ints, number: int) -> npt.NDArray[np.uint8]:
    """The greatest rank of each register, 0 where there is none: [cells, registers]. Of entries of sketches, whose cell is a
    number below `number`."""
    ranks = np.zeros((number, 1 << PRECISION), np.uint8)
    places = (cells.astype(np.int64) << PRECISION) + registers // RANKS
    np.maximum.at(ranks.reshape(-1), places, (registers % RANKS).astype(np.uint8))
    return ranks


def distinct_in(ranks: npt.NDArray[np.uint8]) -> list[int]:
    """The estimated number of distinct things in the sketch of each cell."""
    return [distinct_by_ranks(dict(enumerate(np.bincount(row)[1:].tolist(), 1))) for row in ranks]


def quantiles_of(cells: Ints, buckets: Ints, counts: Ints, shares: Sequence[float], number: int) -> list[npt.NDArray[np.float64]]:
    """The durations, in milliseconds, that each of these shares of all do not exceed (the nearest rank), by cell.

    Of buckets and how many lie in each; their cell is a number below `number`, and each cell has some.
    """
    lowest = buckets.min(initial=0)
    occurs = np.bincount(buckets - lowest) > 0  # few do
    places = np.cumsum(occurs) - 1
    values = np.array([value_of(int(bucket + lowest)) for bucket in np.flatnonzero(occurs)])
    summed = np.zeros((number, len(values)), np.int64)
    np.add.at(summed.reshape(-1), cells.astype(np.int64) * len(values) + places[buckets - lowest], counts)
    up_to = summed.cumsum(axis=1)
    ranks = [np.maximum(np.ceil(up_to[:, -1:] * share), 1) for share in shares]
    return [values[(up_to < rank).sum(axis=1)] for rank in ranks]
