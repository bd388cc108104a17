"""Sketches that merge exactly, in any order: quantiles of durations, and numbers of distinct things.

**Durations** are counted in buckets whose bounds grow by a fixed factor (DDSketch: Masson, Rim, Lee, VLDB 2019). Bucket `i` holds
what lies in (γ^(i-1), γ^i], γ = 1.01/0.99, so any value in it is within 1 % of the one that stands for it. Counts are integers:
adding them up gives the same bytes in any order.

**Distinct things** are counted with HyperLogLog (Flajolet et al., 2007): of a keyed hash, 14 bits choose one of 16,384 registers,
the place of the first one-bit of the others is its rank; a register keeps the greatest. A sketch is the sorted list of its
registers that are not empty, each as `register * 64 + rank`. The estimate is Ertl's (arXiv:1702.01284, improved raw
estimator); its standard error is 0.8 %, and small numbers are nearly exact.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

ACCURACY = 0.01
"""The greatest relative error of a quantile."""
_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_LOG_GAMMA = math.log(_GAMMA)
NOTHING = -32768
"""The bucket of zero and of what is less than a thousandth of a millisecond."""

PRECISION = 14
"""Bits of a hash that choose a register."""
RANKS = 64
"""The factor of a register's number where it is written in one number with its rank."""
HASH_BITS = 64


def bucket_of(milliseconds: float) -> int:
    """The bucket of a duration."""
    return NOTHING if milliseconds < 0.001 else math.ceil(math.log(milliseconds) / _LOG_GAMMA)


def value_of(bucket: int) -> float:
    """The duration, in milliseconds, that stands for all in a bucket."""
    return 0.0 if bucket == NOTHING else float(2 * _GAMMA**bucket / (_GAMMA + 1))


def quantile(counts: Mapping[int, int], q: float) -> float | None:
    """The duration that a share `q` of all do not exceed (the nearest rank); None without any."""
    total = sum(counts.values())
    if not total:
        return None
    rank = max(1, math.ceil(q * total))
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return value_of(bucket)
    raise AssertionError("unreachable: the counts add up to the total")


def register_of(digest: bytes) -> int:
    """The register and rank that the first 8 bytes of a hash add to a sketch."""
    number = int.from_bytes(digest[:8], "big")
    rest = number & ((1 << (HASH_BITS - PRECISION)) - 1)
    rank = HASH_BITS - PRECISION - rest.bit_length() + 1
    return (number >> (HASH_BITS - PRECISION)) * RANKS + rank


def distinct(registers: Iterable[int]) -> int:
    """The estimated number of distinct things in a sketch. Registers that occur twice count with their greatest rank."""
    best: dict[int, int] = {}
    for entry in registers:
        register, rank = divmod(entry, RANKS)
        if rank > best.get(register, 0):
            best[register] = rank
    return distinct_by_ranks(Counter(best.values()))


def distinct_by_ranks(ranks: Mapping[int, int]) -> int:
    """Estimates the number of distinct things from the counts of registers per rank, of registers that are not empty."""
    if not ranks:
        return 0
    m = 1 << PRECISION
    top = HASH_BITS - PRECISION
    histogram = [0] * (top + 2)
    histogram[0] = m - sum(ranks.values())
    for rank, count in ranks.items():
        histogram[min(rank, top + 1)] += count
    z = m * _tau(1 - histogram[top + 1] / m)
    for k in range(top, 0, -1):
        z = 0.5 * (z + histogram[k])
    z += m * _sigma(histogram[0] / m)
    return round(m * m / (2 * math.log(2)) / z)


def _sigma(x: float) -> float:
    if x == 1:
        return math.inf
    y, z = 1.0, x
    while True:
        x *= x
        before, z = z, z + x * y
        y += y
        if z == before:
            return z


def _tau(x: float) -> float:
    if x in (0, 1):
        return 0.0
    y, z = 1.0, 1 - x
    while True:
        x = math.sqrt(x)
        before = z
        y *= 0.5
        z -= (1 - x) ** 2 * y
        if z == before:
            return z / 3
