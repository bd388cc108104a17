"""Tables that may be handed on: with differential privacy at the level of a customer (Dwork, McSherry, Nissim, Smith, 2006).

Whether one customer is in the store or not changes the chance of any table, and of all tables together, by a factor of e^ε at
most. For that, what a customer adds to a table is bounded, and noise of that size is added to each cell (discrete Laplace noise
by OpenDP, which draws it exactly). The bound itself is chosen with noise. All cells that there could be are in a table, so that
none tells by being there. What was spent of ε is kept in the store, which gives no more tables once it is spent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Final

import polars as pl

from logscrub.errors import OutputError, UsageError
from logscrub.metrics import store as stores
from logscrub.metrics.rollup import COUNTERS
from logscrub.metrics.store import Store

PRIVACY: Final = {"strict": 0.5, "usual": 1.0, "loose": 2.0}
"""In words, the ε of a table: what one customer's presence changes of any chance is a factor of 1.6, 2.7 or 7.4 at most."""
BUDGET: Final = 10.0
"""The ε of all tables of a store together."""
NAMES: Final = ("function", "module", "version", "environment", "level")
"""The dimensions whose values are the app's own, whoever its customers are. Texts of errors and statements may be theirs."""
TIMES: Final = ("hour", "day")
COLUMNS: Final = ("tenants", *(name for name in COUNTERS if name != "size"))
DEFAULT: Final = ("records",)
LIKELIHOOD: Final = 0.95
"""The probability that the noise is within an error bar."""
_MOST_CELLS: Final = 10_000
_SPENT: Final = "logscrub sharing"
"""The name under which the store has what was spent, in millionths of ε, as an application's transaction."""
_MILLIONTHS: Final = 1_000_000
_MOST_RACES: Final = 50
_FOR_BOUND: Final = 0.15
"""The share of a column's ε that is spent on the choice of its bound."""
_BOUNDS: Final = tuple(dict.fromkeys(round(2 ** (n / 8)) for n in range(8 * 30 + 1)))
_MOST_OVER: Final = 20
"""Customers who may have more than the bound, about, however many cells a table has."""
_SLACK: Final = 1 + 1e-9
"""The factor by which the noise is larger than necessary, to make up for rounding."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A table, and what it cost."""

    rows: pl.DataFrame
    """Each number with its error bar, `…_within`: the noise is at most that in 95 of 100 cells."""
    bounds: dict[str, int]
    """The most that one customer adds to each column."""
    epsilon: float
    spent: float
    """The part of the store's budget that is spent, this table included."""


def share(
    store: Store,
    by: Sequence[str],
    columns: Sequence[str],
    *,
    since: datetime | None,
    until: datetime,
    source: str = "logs",
    privacy: str = "usual",
) -> Shared:
    """A table that may be handed on. Its cost is in the store before it is made. Raises UsageError where the budget is spent, or
    for what cannot be shared; InputError, OutputError."""
    check(by, columns, since)
    epsilon = PRIVACY[privacy]
    table = store.table()
    last = (until - timedelta(microseconds=1)).date()
    days = stores.days_between(store, table, None if since is None else since.date(), last)
    which = pl.col("kind").eq("count") & pl.col("source").eq(source) & pl.col("hour").lt(until)
    which = which if since is None else which & pl.col("hour").ge(since)
    keys = list(dict.fromkeys([*by, "tenant"]))
    with stores.told(store.url):
        wanted = list(dict.fromkeys([*keys, "day", "hour", *COUNTERS]))
        rows = stores.of_days(store, table, days, wanted, which)
        counts = rows.group_by(keys).agg(pl.col(name).sum() for name in COUNTERS).collect(engine="streaming")
    cells = cells_of(counts, by, since, until)
    spent = spend(store, epsilon)
    named = counts.filter(pl.col("tenant") != "")
    told, bounds = private_table(named, cells, by, columns, epsilon)
    return Shared(told, bounds, epsilon, spent)


def check(by: Sequence[str], columns: Sequence[str], since: datetime | None) -> None:
    """Raises UsageError for what cannot be shared."""
    for name in by:
        if name not in (*TIMES, *NAMES):
            raise UsageError(f"--share: no table by {name}, whose values may tell a customer; by {', '.join((*TIMES, *NAMES))}")
    for name in columns:
        if name not in COLUMNS:
            raise UsageError(f"--share: no column {name!r}; there are {', '.join(COLUMNS)}")
    if len(set(by)) < len(by) or len(set(columns)) < len(columns) or not columns:
        raise UsageError("--share: a dimension or a column is given twice, or none")
    if set(by) & set(TIMES) and since is None:
        raise UsageError("--share: a table by time has each hour or day of a period; add: --since")


def cells_of(counts: pl.DataFrame, by: Sequence[str], since: datetime | None, until: datetime) -> pl.DataFrame:
    """Every combination that there could be, in order. Raises UsageError where these are too many."""
    parts = []
    for name in by:
        if name in TIMES and since is not None:
            step = "1d" if name == "day" else "1h"
            times = pl.datetime_range(since, until, step, closed="left", time_zone="UTC", eager=True)
            parts.append(
                pl.DataFrame({name: times.dt.date() if name == "day" else times.cast(pl.Datetime("us", "UTC"))}).unique()
            )
        else:
            parts.append(counts.select(name).unique())
    if math.prod(map(len, parts)) > _MOST_CELLS:
        raise UsageError(f"--share: more than {_MOST_CELLS:,} cells, most of them noise; ask for fewer dimensions or less time")
    return reduce(lambda one, other: one.join(other, how="cross"), parts, pl.DataFrame({"all": [""]})).sort(by or ["all"])


def private_table(
    counts: pl.DataFrame, cells: pl.DataFrame, by: Sequence[str], columns: Sequence[str], epsilon: float
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The cells with noisy numbers, and how much of each column a customer adds at most.

    `counts`: what each `tenant` adds to each cell. The table is ε-differentially private: any two `counts` that differ in the
    rows of one tenant give it alike.
    """
    out = cells
    bounds = {}
    for column in columns:
        values = counts if column != "tenants" else counts.with_columns(pl.lit(1).alias("tenants"))
        values = values.filter(pl.col(column) > 0).select(*by, "tenant", column)
        its = epsilon / len(columns)
        bound = _bound(values, column, len(cells), its * _FOR_BOUND, its * (1 - _FOR_BOUND))
        bounds[column] = bound
        added = _bounded(values, column, bound).with_columns(pl.lit("").alias("all"))
        keys = list(by) or ["all"]
        summed = added.group_by(keys).agg(pl.col(column).sum())
        exact = cells.join(summed, on=keys, how="left", nulls_equal=True, maintain_order="left")[column].fill_null(0)
        noisy, within = _noisy(exact.to_list(), bound, its * (1 - _FOR_BOUND))
        told = [pl.Series(column, [max(0, n) for n in noisy], pl.Int64), pl.lit(within).alias(f"{column}_within")]
        out = out.with_columns(told)
    return out.drop("all"), bounds


def _bound(values: pl.DataFrame, column: str, cells: int, epsilon: float, rest: float) -> int:
    """Returns the most that a customer may add to a column: the first bound that only few customers exceed.

    Beyond a bound that `cells / rest` customers exceed, noise of `rest` would grow by more than the bound would still cut off.
    The search is the sparse vector technique for counts that only grow with each customer (Lyu, Su, Li 2017): the threshold has
    noise of half of ε, each count has noise of the other half, and nothing is said but which count was the first below.
    """
    totals = values.group_by("tenant").agg(pl.col(column).sum())[column]
    dp = _opendp()
    scale = 2 / epsilon * _SLACK
    add = dp.m.make_laplace(dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=scale)
    assert 2 * add.map(1) <= epsilon
    few = add(min(_MOST_OVER, round(cells / rest)))
    return next((bound for bound in _BOUNDS if add(int((totals > bound).sum())) <= few), _BOUNDS[-1])


def _bounded(values: pl.DataFrame, column: str, bound: int) -> pl.DataFrame:
    """Scales down the values of customers who add more than the bound to a column; of `tenants`, drops some of their cells."""
    total = pl.col(column).sum().over("tenant")
    if column == "tenants":
        return values.filter(pl.struct(pl.all()).hash().rank("ordinal").over("tenant") <= bound)
    share = (pl.col(column).cast(pl.Int128) * bound // total).cast(pl.Int64)
    return values.with_columns(pl.when(total > bound).then(share).otherwise(pl.col(column)).alias(column))


def _noisy(exact: list[int], bound: int, epsilon: float) -> tuple[list[int], int]:
    """Numbers with noise, and how much that is at most with `LIKELIHOOD`. A customer changes them by `bound` in all at most."""
    dp = _opendp()
    scale = bound / epsilon * _SLACK
    add = dp.m.make_laplace(dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64"), scale=scale)
    assert add.map(bound) <= epsilon
    return (add(exact) if exact else []), math.ceil(scale * math.log(1 / (1 - LIKELIHOOD)))


def _opendp() -> Any:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    return dp


def spent_of(store: Store) -> float:
    """The part of its budget that a store has spent."""
    return (store.table().transaction_version(_SPENT) or 0) / _MILLIONTHS


def spend(store: Store, epsilon: float) -> float:
    """Takes ε from a store's budget, durably. Returns what is spent then. Raises UsageError where so much is not left."""
    for _ in range(_MOST_RACES):
        table = store.table()
        spent = (table.transaction_version(_SPENT) or 0) + math.ceil(epsilon * _MILLIONTHS)
        if spent > BUDGET * _MILLIONTHS:
            left = BUDGET - (spent / _MILLIONTHS - epsilon)
            raise UsageError(
                f"{store.url}: of its budget of {BUDGET:g} are {left:g} left, and this table takes {epsilon:g}: it would tell "
                "too much about a customer; hand on a table that you have, or try --privacy strict"
            )
        if stores.commit(store.url, table, _SPENT, number=spent) is not None:
            return spent / _MILLIONTHS
    raise OutputError(f"{store.url}: other runs wrote to it all the time; try again later")
