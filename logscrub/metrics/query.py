"""Reads the store: counts, rates, quantiles and numbers of distinct things, by any dimensions.

A table has a row for each combination of the dimensions asked for. All numbers are of merged rows, so neither the order of
commits nor compaction shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from logscrub.errors import UsageError
from logscrub.metrics import sketch_arrays
from logscrub.metrics import store as stores
from logscrub.metrics.k_anonymity import DEFAULT_K, Folding, fold
from logscrub.metrics.outcomes import OUTCOMES
from logscrub.metrics.rollup import COARSE, COUNTERS, LISTS, how_many, tenant_print
from logscrub.metrics.sketches import RANKS, bucket_of
from logscrub.metrics.store import Store

if TYPE_CHECKING:
    from deltalake import DeltaTable

TIMES: Final = ("hour", "day")
NAMES: Final = ("function", "module", "version", "environment", "level", "signature", "tenant")
BY: Final = (*TIMES, *NAMES)
"""The dimensions of records."""
BY_REDACTIONS: Final = (*TIMES, "function", "module", "version", "environment", "statement", "entity")
"""The dimensions of redactions."""
QUANTILES: Final = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99}
SPANS: Final = {"span_p50_ms": 0.5, "span_p95_ms": 0.95}
SKETCHED: Final = ("actors", "objects")
COLUMNS: Final = (
    "records", "invocations", "errors", "error_rate", *(o.column for o in OUTCOMES), "requests",
    *QUANTILES, *SPANS, "tenants", *SKETCHED, "size",
)  # fmt: skip
"""The numbers of a table of records, behind its dimensions."""
REDACTION_COLUMNS: Final = ("redactions", "tenants")
"""The numbers of a table of redactions, behind its dimensions."""
_FINE: Final = ("level", "signature")
"""Dimensions without counts of invocations, actors and objects."""
_HISTOGRAM: Final = ("buckets", "counts")
"""The columns of a histogram: the numbers of its buckets, and how many durations lie in each. The lists have the same length."""
_DAYS_AT_ONCE: Final = 4
"""Days whose totals are read together."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, without the rows that may not be shown."""

    rows: pl.DataFrame
    withheld: int
    """Combinations of fewer customers than `k` that are in no row, not even in the one for all others."""
    folded: int
    """Combinations that are in the row for all others."""


def records_by(
    store: Store,
    by: Sequence[str] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    source: str = "logs",
    k: int = DEFAULT_K,
) -> Table:
    """Records by these dimensions: counts, error rate, durations, distinct invocations, actors, objects and tenants.

    `since`, `until`: full hours (UTC); from the one on, and up to the other, which is not included.
    `k`: combinations of fewer tenants are folded into one row or left out (`logscrub.metrics.k_anonymity`); 0 shows all.
    `source`: `logs`, or `metrics` for what the App metrics API counted. Raises UsageError for a dimension that is none.
    """
    _check(by, BY)
    table = store.table()
    days = _days(store, table, since, until)
    asked = _Question(store, table, tuple(by), source, _hours(since, until))
    totals = stores.added_up(store, table, days if asked.is_coarse else [], [*by, "source", "hour"])
    added_up = totals["day"].unique().sort().to_list()
    totals = totals.filter(asked.hours)
    others = [day for day in days if day not in added_up]
    tenants = _tenants(asked, totals, others)
    folding = fold(tenants, by, k)
    shown = _keyed(folding.apply(tenants.lazy()), by).group_by(asked.names)
    numbers = shown.agg(pl.col("tenants").explode().n_unique().cast(pl.Int64)).collect()
    times = [name for name in by if name in TIMES]
    settled = pl.all_horizontal([pl.lit(bool(times)), *(pl.col(name).is_not_null() for name in times)])
    tables: list[pl.DataFrame] = []
    whole: _Part | None = None
    for part in _parts(asked, folding, settled, added_up, others):
        if times:  # to add up days would take the longer the more there are
            tables.append(_table(_Part(*(frame.filter(settled) for frame in part)), numbers, asked))
            part = _Part(*(frame.filter(~settled) for frame in part))
        whole = part if whole is None else _Part(*(_together(frames) for frames in zip(whole, part, strict=True)))
    tables.append(_table(whole, numbers, asked))
    rows = pl.concat(tables)
    return Table(rows.sort(*by) if by else rows, folding.withheld, folding.folded)


@dataclass(frozen=True, slots=True)
class _Question:
    """A question to one version of a store."""

    store: Store
    table: DeltaTable
    by: tuple[str, ...]
    source: str
    hours: pl.Expr
    """The condition that a row belongs to the hours of the query."""

    @property
    def names(self) -> list[str]:
        """The columns that tell a table's rows apart."""
        return list(self.by) or ["all"]

    @property
    def is_coarse(self) -> bool:
        """True if totals answer it."""
        return set(self.by) <= {*COARSE, "day"}

    def rows(self, days: Sequence[date | None], columns: Sequence[str], which: pl.Expr) -> pl.LazyFrame:
        """Rows of days, with their hour as `_hour` too: as `hour`, it is folded."""
        rows = stores.of_days(self.store, self.table, days, columns, which & pl.col("source").eq(self.source) & self.hours)
        return rows.with_columns(pl.col("hour").alias("_hour"))


def _tenants(asked: _Question, totals: pl.DataFrame, others: Sequence[date | None]) -> pl.DataFrame:
    """The tenants of each row that there would be, by their prints. `others`: days that are in no totals."""
    counts = pl.col("kind").eq("count") & pl.col("source").eq(asked.source) & asked.hours
    pairs = stores.pairs(asked.store, asked.table, others, [*asked.by, "tenant"], counts)
    prints = {tenant: tenant_print(tenant) for tenant in pairs["tenant"].unique().to_list() if tenant}
    printed = pl.col("tenant").replace_strict(prints, return_dtype=pl.Int64, default=None)
    found = _keyed(pairs.lazy(), asked.by).group_by(asked.names).agg(printed.drop_nulls().alias("tenants"))
    told = _keyed(totals.lazy().filter(pl.col("source") == asked.source), asked.by).rename({"prints": "tenants"})
    both = pl.concat([found, told.select(*asked.names, "tenants")])
    return both.group_by(asked.names).agg(pl.col("tenants").explode().unique()).collect()


class _Part(NamedTuple):
    """The share of one day in a table; days are added up."""

    counts: pl.DataFrame
    durations: pl.DataFrame
    """Lists of `buckets` and `counts`, one or several for a row of the table."""
    registers: pl.DataFrame
    """The registers of sketches, with the columns `what`, `register` and `rank`."""
    numbers: pl.DataFrame
    """The numbers of actors and objects of rows that occur on one day only."""
    seen: pl.DataFrame
    """The number of invocations."""
    spans: pl.DataFrame
    """The durations of invocations from their first record to their last, as buckets and counts."""


def _parts(
    asked: _Question, folding: Folding, settled: pl.Expr, added_up: Sequence[date | None], others: Sequence[date | None]
) -> Iterator[_Part]:
    """The shares of all days in a table, a few days at a time, because a year has more rows than memory."""
    columns = list(dict.fromkeys((*asked.by, "hour", "kind", "what", *COUNTERS, *(name for name in LISTS if name != "prints"))))
    for first in range(0, len(added_up), _DAYS_AT_ONCE):
        some = added_up[first : first + _DAYS_AT_ONCE]
        totals = asked.rows(some, columns, pl.col("kind").eq("total") & pl.col("what").ne("tenants"))
        with stores.told(asked.store.url):
            part = _of_totals(_keyed(folding.apply(totals), asked.by), asked.names, settled)
        yield part
    for day in others:
        rows = asked.rows([day], columns, pl.lit(True))
        with stores.told(asked.store.url):
            part = _part(_keyed(folding.apply(rows), asked.by), asked.names, settled, not set(asked.by) & set(_FINE))
        yield part


def _part(rows: pl.LazyFrame, names: list[str], settled: pl.Expr, tells_invocations: bool) -> _Part:
    """`settled`: which rows of the table can get nothing from another day."""
    counts = rows.filter(pl.col("kind") == "count")
    rows = rows.filter(pl.lit(tells_invocations))
    lasted = _added(_lasted(counts, names), names)
    wanted = (_summed(counts, names), lasted, _worked(rows.filter(pl.col("kind") == "invocation"), names))
    summed, durations, worked = pl.collect_all(wanted, engine="streaming")
    return _Part(summed, durations, *_sketches(rows, names, settled), *_spans(worked, names))


def _of_totals(rows: pl.LazyFrame, names: list[str], settled: pl.Expr) -> _Part:
    """The shares of days from the totals that compaction made."""
    totals = rows.drop("registers").collect().lazy()
    counts = totals.filter(pl.col("what") == "records")
    rest = totals.filter(pl.col("what") == "invocations")
    own = rest.group_by(names).agg(pl.col("records").sum().alias("seen"))
    of_sketches = totals.filter(pl.col("what").is_in(SKETCHED)).select(*names, "what", pl.col("records").alias("number"))
    wanted = (_summed(counts, names), _lasted(counts, names), _worked(rest, names), own, _lasted(rest, names), of_sketches)
    summed, durations, worked, seen, spans, told = pl.collect_all(wanted)
    shared = _spans(worked, names)
    both = _together([shared[0], seen]), pl.concat([shared[1], spans])
    return _Part(summed, durations, *_added_sketches(told, rows, names, settled), *both)


def _added_sketches(
    told: pl.DataFrame, rows: pl.LazyFrame, names: list[str], settled: pl.Expr
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns the registers and numbers of sketches of totals. `told`: `what` and `number` of each; a lone one is not read."""
    keys = [*names, "what"]
    is_known = settled & pl.len().over(keys).eq(1)
    cells = told.filter(~is_known).select(keys).unique()
    numbers = [told.filter(is_known)]
    registers = [cells.clear().select(*keys, pl.lit(0, pl.Int32).alias("register"), pl.lit(0, pl.UInt8).alias("rank"))]
    if len(cells):
        sketches = rows.filter(pl.col("what").is_in(SKETCHED)).select(*keys, "registers").collect()
        for some, ranks in _merged(sketches, cells.filter(settled), keys):
            numbers.append(some.select(*keys, pl.Series("number", sketch_arrays.distinct_in(ranks), pl.Int64)))
        for some, ranks in _merged(sketches, cells.filter(~settled), keys):
            cell, register = ranks.nonzero()
            entries = {"cell": cell, "register": register, "rank": ranks[cell, register]}
            found = pl.DataFrame(entries, schema={"cell": pl.UInt32, "register": pl.Int32, "rank": pl.UInt8})
            registers.append(found.join(some, on="cell").select(*keys, "register", "rank"))
    return pl.concat(registers), _wide(pl.concat(numbers), names)


def _merged(sketches: pl.DataFrame, cells: pl.DataFrame, keys: list[str]) -> Iterator[tuple[pl.DataFrame, npt.NDArray[np.uint8]]]:
    """Some cells at a time, with a `cell` number, and the ranks of their registers."""
    for some in cells.iter_slices(sketch_arrays.AT_ONCE):
        numbered = some.with_row_index("cell")
        entries = sketches.join(numbered, on=keys, nulls_equal=True).select("cell", "registers").explode("registers")
        yield numbered, sketch_arrays.ranks_of(entries["cell"].to_numpy(), entries["registers"].to_numpy(), len(numbered))


def _summed(rows: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """The sum of each counter, by the dimensions of a row."""
    return rows.group_by(names).agg(pl.col(name).sum() for name in COUNTERS)


def _lasted(rows: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """The histograms of durations of the rows that have any."""
    return rows.filter(pl.col("buckets").list.len() > 0).select(*names, *_HISTOGRAM)


def _added(histograms: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """One histogram for each row of the table."""
    summed = histograms.explode(_HISTOGRAM).group_by(*names, "buckets").agg(pl.col("counts").sum())
    return summed.group_by(names).agg(_HISTOGRAM)


def _sketches(rows: pl.LazyFrame, names: list[str], settled: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The registers of actors and objects; of rows that are settled, only how many these are."""
    told = rows.filter(pl.col("kind") == "distinct").select(*names, "what", "registers").collect(engine="streaming")
    cells = told.select(*names, "what").unique().with_row_index("cell")  # a number is compared faster than names
    registers = (
        told.join(cells, on=[*names, "what"], nulls_equal=True)
        .select("cell", "registers")
        .explode("registers")
        .group_by("cell", (pl.col("registers") // RANKS).alias("register"))
        .agg((pl.col("registers") % RANKS).max().cast(pl.UInt8).alias("rank"))
    )
    done = cells.filter(settled)
    open_ones = registers.join(cells.filter(~settled), on="cell").select(*names, "what", "register", "rank")
    return open_ones, _distinct(registers.join(done, on="cell", how="semi"), done, names)


def _worked(rows: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """Returns the numbers of invocations by their duration in milliseconds."""
    lists = ("invocation", "first_ms", "last_ms")
    return (
        rows.filter(pl.col("invocation").list.len() > 0)
        .select(*names, "_hour", *lists)
        .explode(lists)
        .group_by(*names, "_hour", "invocation")
        .agg((pl.col("last_ms").max() - pl.col("first_ms").min()).alias("ms"))
        .group_by(*names, "ms")
        .agg(pl.len().cast(pl.Int64).alias("counts"))
    )


def _spans(worked: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns the number of invocations, and the durations of those that have more than one record."""
    of_length = {ms: bucket_of(ms) for ms in worked["ms"].unique().to_list() if ms}
    spans = worked.filter(pl.col("ms") > 0).with_columns(
        pl.col("ms").replace_strict(of_length, return_dtype=pl.Int32, default=None).alias("buckets")
    )
    seen = worked.group_by(names).agg(pl.col("counts").sum().alias("seen"))
    return seen, spans.group_by(names).agg(_HISTOGRAM)


def _together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Parts of one kind as one: numbers are added up, ranks are the greatest."""
    both = pl.concat(frames)
    added = {*COUNTERS, "seen", *SKETCHED, *_HISTOGRAM}
    keys = [name for name in both.columns if name not in added and name != "rank"]
    if "buckets" in both.columns:
        return _added(both.lazy(), keys).collect()
    return both.group_by(keys).agg(
        pl.col(name).max() if name == "rank" else pl.col(name).sum() for name in both.columns if name not in keys
    )


def _table(part: _Part | None, tenants: pl.DataFrame, asked: _Question) -> pl.DataFrame:
    """The table of what was added up."""
    by, names = asked.by, asked.names
    if part is None:
        return pl.DataFrame(schema=[*by, *COLUMNS])

    def beside(out: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
        return out.join(other, on=names, how="left", nulls_equal=True)

    out = beside(part.counts, tenants).with_columns(pl.col("tenants").fill_null(0))
    out = out.with_columns((pl.col("errors") / pl.col("records").replace(0, None)).alias("error_rate"))
    out = beside(out, _quantiles(part.durations, names, QUANTILES))
    out = beside(beside(out, part.seen), _quantiles(part.spans, names, SPANS))
    cells = part.registers.select(*names, "what").unique().with_row_index("cell")
    registers = part.registers.join(cells, on=[*names, "what"], nulls_equal=True)
    out = beside(out, pl.concat([part.numbers, _distinct(registers, cells, names)]))
    if not set(by) & set(_FINE):
        out = out.with_columns(pl.col("seen", *SKETCHED).fill_null(0))
    counted = pl.col("invocations")  # by the App metrics API
    out = out.with_columns(pl.when(counted > 0).then(counted).otherwise(pl.col("seen")).alias("invocations"))
    return out.select(*by, *COLUMNS).sort(*by) if by else out.select(COLUMNS)


def _quantiles(histograms: pl.DataFrame, names: list[str], quantiles: Mapping[str, float]) -> pl.DataFrame:
    """The durations that a share of all do not exceed (the nearest rank)."""
    found = [histograms.clear().select(*names, *(pl.lit(0.0).alias(name) for name in quantiles))]
    for some in histograms.select(names).unique().iter_slices(sketch_arrays.AT_ONCE):
        some = some.with_row_index("cell")
        entries = histograms.join(some, on=names, nulls_equal=True).select("cell", *_HISTOGRAM).explode(_HISTOGRAM)
        cells, buckets, counts = (entries[name].to_numpy() for name in ("cell", *_HISTOGRAM))
        columns = sketch_arrays.quantiles_of(cells, buckets, counts, list(quantiles.values()), len(some))
        told = zip(quantiles, columns, strict=True)
        found.append(some.select(*names, *(pl.Series(name, column) for name, column in told)))
    return pl.concat(found)


def _distinct(registers: pl.DataFrame, cells: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The number of distinct things in the sketches of cells."""
    return _wide(how_many(registers).join(cells, on="cell"), names)


def _wide(numbers: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The `number` of each `what` in a column of its own."""
    return numbers.group_by(names).agg(pl.col("number").filter(pl.col("what") == what).first().alias(what) for what in SKETCHED)


def redactions_by(
    store: Store,
    by: Sequence[str] = ("entity",),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    k: int = DEFAULT_K,
) -> Table:
    """Redactions by these dimensions. The rest is as in `records_by`."""
    _check(by, BY_REDACTIONS)
    own = {"statement": "signature", "entity": "what"}
    columns = [own.get(name, name) for name in by]
    table = store.table()
    days = _days(store, table, since, until)
    is_redaction = pl.col("kind").eq("redaction") & _hours(since, until)
    rows = stores.sums(store, table, days, [*columns, "tenant"], "records", is_redaction).rename({"records": "redactions"})
    rows = rows.rename({there: here for here, there in own.items() if here in by})
    names = list(by) or ["all"]
    named = pl.col("tenant").filter(pl.col("tenant") != "").unique().alias("tenants")
    folding = fold(_keyed(rows.lazy(), by).group_by(names).agg(named).collect(), by, k)
    rows = _keyed(folding.apply(rows.lazy()), by).collect()
    out = rows.group_by(names).agg(
        pl.col("redactions").sum(), pl.col("tenant").filter(pl.col("tenant") != "").n_unique().alias("tenants")
    )
    out = out.select(*by, "redactions", "tenants").sort("redactions", *by, descending=[True, *[False] * len(by)])
    return Table(out, folding.withheld, folding.folded)


def _keyed(rows: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """The rows, with a key where there is no dimension: then all are together."""
    return rows if by else rows.with_columns(pl.lit("").alias("all"))


def _days(store: Store, table: DeltaTable, since: datetime | None, until: datetime | None) -> list[date | None]:
    """The days that the store has of these hours; without a limit, also that of records without a time."""
    last = None if until is None else (until - timedelta(microseconds=1)).date()
    return stores.days_between(store, table, None if since is None else since.date(), last)


def _hours(since: datetime | None, until: datetime | None) -> pl.Expr:
    """Returns the condition that a row belongs to these hours. Without a limit, rows of records without a time belong too."""
    which = pl.lit(True)
    if since is not None:
        which &= pl.col("hour") >= since
    if until is not None:
        which &= pl.col("hour") < until
    return which


def _check(by: Sequence[str], known: Sequence[str]) -> None:
    for name in by:
        if name not in known:
            raise UsageError(f"no dimension {name!r}; there are {', '.join(known)}")
    if len(set(by)) < len(by):
        raise UsageError("a dimension is given twice")
