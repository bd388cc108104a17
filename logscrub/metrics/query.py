"""Reads the store: counts, rates, quantiles and numbers of distinct things, by any dimensions.

A table has a row for each combination of the dimensions asked for. All numbers are of merged rows, so neither the order of
commits nor compaction shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import polars as pl

from logscrub.errors import UsageError
from logscrub.metrics import store as stores
from logscrub.metrics.anonymity import DEFAULT_K, fold
from logscrub.metrics.outcomes import OUTCOMES
from logscrub.metrics.rollup import COARSE, COUNTERS, LISTS
from logscrub.metrics.sketches import RANKS, bucket_of, distinct_by_ranks, value_of
from logscrub.metrics.store import Store

TIMES: Final = ("hour", "day")
NAMES: Final = ("function", "module", "version", "environment", "level", "signature", "tenant")
BY: Final = (*TIMES, *NAMES)
"""What records can be told apart by."""
BY_REDACTIONS: Final = (*TIMES, "function", "module", "version", "environment", "statement", "entity")
"""The same for redactions."""
QUANTILES: Final = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99}
SPANS: Final = {"span_p50_ms": 0.5, "span_p95_ms": 0.95}
SKETCHED: Final = ("actors", "objects")
_FINE: Final = ("level", "signature")
"""What is not told of invocations, actors and objects."""


@dataclass(frozen=True, slots=True)
class Table:
    """What may be shown."""

    rows: pl.DataFrame
    withheld: int
    """Combinations of fewer customers than `k` that are in no row, not even in the one for all others."""
    folded: int
    """Combinations that are in the row for all others."""


def records_by(
    store: Store,
    by: Sequence[str] = (),
    *,
    since: date | None = None,
    until: date | None = None,
    source: str = "logs",
    k: int = DEFAULT_K,
) -> Table:
    """Records by these dimensions: counts, error rate, durations, distinct invocations, actors, objects and tenants.

    `k`: combinations of fewer tenants are folded into one row or left out (`logscrub.metrics.anonymity`); 0 shows all.
    `source`: `logs`, or `metrics` for what the App metrics API counted. Raises UsageError for a dimension that is none.
    """
    _check(by, BY)
    table = store.table()
    days = stores.days_between(store, table, since, until)
    needed = list(dict.fromkeys((*by, "hour")))
    added_up = stores.added_up(store, table, days) if set(by) <= {*COARSE, "day"} else []
    of_source = pl.col("source").eq(source)
    is_tenant = pl.col("kind").eq("total") & pl.col("what").eq("tenants") & of_source
    others = [day for day in days if day not in added_up]
    found = [
        stores.pairs(store, table, some, [*by, "tenant"], which)
        for some, which in ((added_up, is_tenant), (others, pl.col("kind").eq("count") & of_source))
    ]
    pairs = pl.concat(found).unique()
    folding = fold(pairs, by, k)
    names = list(by) or ["all"]
    times = [name for name in by if name in TIMES]
    parts: list[_Part] = []
    tenants = _keyed(folding.apply(pairs.lazy()), by).filter(pl.col("tenant") != "").collect()
    numbers = tenants.group_by(names).agg(pl.col("tenant").n_unique().cast(pl.Int64).alias("tenants"))
    tables: list[pl.DataFrame] = []
    for day in days:  # one at a time: a year has more rows than memory
        columns = ["kind", "source", "what", *needed, *COUNTERS, *LISTS]
        settled = pl.all_horizontal([pl.lit(bool(times)), *(pl.col(name).is_not_null() for name in times)])
        of_day = stores.of_day(store, table, day, columns, of_source)
        rows = folding.apply(of_day.with_columns(pl.col("hour").alias("_hour")))  # as `hour`, it is folded
        with stores.told(store.url):
            if day in added_up:
                part = _of_totals(_keyed(rows, by), names, settled)
            else:
                part = _part(_keyed(rows, by), names, settled, not set(by) & set(_FINE))
        if times:  # to add up days would take the longer the more there are
            tables.append(_table([_Part(*(frame.filter(settled) for frame in part))], numbers, by, names))
            part = _Part(*(frame.filter(~settled) for frame in part))
        parts = [_Part(*(_together(frames) for frames in zip(*parts, part, strict=True)))] if parts else [part]
    rows_of_all = pl.concat([*tables, _table(parts, numbers, by, names)]) if parts else _table(parts, numbers, by, names)
    return Table(rows_of_all.sort(*by) if by else rows_of_all, folding.withheld, folding.folded)


class _Part(NamedTuple):
    """What a day adds to a table; days are added up."""

    counts: pl.DataFrame
    durations: pl.DataFrame
    """`buckets` and `counts`."""
    registers: pl.DataFrame
    """`what`, `register`, `rank`."""
    numbers: pl.DataFrame
    """Of actors and objects, where other days have none of the same row."""
    seen: pl.DataFrame
    """Invocations."""
    spans: pl.DataFrame
    """`buckets` and `counts`."""


def _part(rows: pl.LazyFrame, names: list[str], settled: pl.Expr, tells_invocations: bool) -> _Part:
    """`settled`: which rows of the table can get nothing from another day."""
    counts = rows.filter(pl.col("kind") == "count")
    rows = rows.filter(pl.lit(tells_invocations))
    wanted = (*_summed(counts, names), _worked(rows.filter(pl.col("kind") == "invocation"), names))
    summed, lasted, worked = pl.collect_all(wanted, engine="streaming")
    return _Part(summed, lasted, *_sketches(rows, names, settled), *_spans(worked, names))


def _of_totals(rows: pl.LazyFrame, names: list[str], settled: pl.Expr) -> _Part:
    """The same from what compaction added up."""
    totals = rows.filter(pl.col("kind") == "total", pl.col("what") != "tenants").drop("prints", "registers").collect().lazy()
    counts = totals.filter(pl.col("what") == "records")
    rest = totals.filter(pl.col("what") == "invocations")
    own = (rest.group_by(names).agg(pl.col("records").sum().alias("seen")), _summed(rest, names)[1])
    summed, lasted, worked, seen, spans = pl.collect_all(
        (*_summed(counts, names), _worked(rest, names), *own), engine="streaming"
    )
    shared = _spans(worked, names)
    both = _together([shared[0], seen]), _together([shared[1], spans])
    return _Part(summed, lasted, *_sketches(rows, names, settled), *both)


def _summed(rows: pl.LazyFrame, names: list[str]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Counters and durations."""
    lists = ("buckets", "counts")
    durations = rows.filter(pl.col("buckets").list.len() > 0).select(*names, *lists).explode(lists)
    counters = rows.group_by(names).agg(pl.col(name).sum() for name in COUNTERS)
    return counters, durations.group_by(*names, "buckets").agg(pl.col("counts").sum())


def _sketches(rows: pl.LazyFrame, names: list[str], settled: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The registers of actors and objects; of rows that are settled, only how many these are."""
    told = rows.filter(pl.col("kind") == "distinct").select(*names, "what", "registers").collect(engine="streaming")
    cells = told.select(*names, "what").unique().with_row_index("cell")  # a number is compared faster than names
    registers = (
        told.join(cells, on=[*names, "what"], nulls_equal=True)
        .select("cell", "registers")
        .explode("registers")
        .group_by("cell", (pl.col("registers") // RANKS).alias("register"))
        .agg((pl.col("registers") % RANKS).max().alias("rank"))
    )
    done = cells.filter(settled)
    open_ones = registers.join(cells.filter(~settled), on="cell").select(*names, "what", "register", "rank")
    return open_ones, _distinct(registers.join(done, on="cell", how="semi"), done, names)


def _worked(rows: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """How many invocations were how many milliseconds at work."""
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
    """How many invocations there were, and how long those were at work that have more than one record."""
    of_length = {ms: bucket_of(ms) for ms in worked["ms"].unique().to_list() if ms}
    spans = worked.filter(pl.col("ms") > 0).with_columns(
        pl.col("ms").replace_strict(of_length, return_dtype=pl.Int32, default=None).alias("buckets")
    )
    seen = worked.group_by(names).agg(pl.col("counts").sum().alias("seen"))
    return seen, spans.group_by(*names, "buckets").agg(pl.col("counts").sum())


def _together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Parts of one kind as one: numbers are added up, ranks are the greatest."""
    added = {*COUNTERS, "counts", "seen", *SKETCHED}
    keys = [name for name in frames[0].columns if name not in added and name != "rank"]
    both = pl.concat(frames)
    return both.group_by(keys).agg(
        pl.col(name).max() if name == "rank" else pl.col(name).sum() for name in both.columns if name not in keys
    )


def _table(parts: Sequence[_Part], tenants: pl.DataFrame, by: Sequence[str], names: list[str]) -> pl.DataFrame:
    """The table of what was added up."""
    shown = ["records", "invocations", "errors", "error_rate", *(o.column for o in OUTCOMES), "requests"]
    shown += [*QUANTILES, *SPANS, "tenants", *SKETCHED, "size"]
    if not parts:
        return pl.DataFrame(schema=[*by, *shown])
    part = parts[0]

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
    return out.select(*by, *shown).sort(*by) if by else out.select(shown)


def _quantiles(merged: pl.DataFrame, names: list[str], quantiles: Mapping[str, float]) -> pl.DataFrame:
    """The durations that a share of all do not exceed (the nearest rank), of `buckets` and their `counts`."""
    merged = merged.sort("buckets").with_columns(
        pl.col("counts").cum_sum().over(names).alias("up_to"), pl.col("counts").sum().over(names).alias("total")
    )
    of_bucket = {bucket: value_of(bucket) for bucket in merged["buckets"].unique().to_list()}
    value = pl.col("buckets").replace_strict(of_bucket, return_dtype=pl.Float64, default=None)

    def at(q: float) -> pl.Expr:
        rank = (pl.col("total") * q).ceil().clip(1)
        return value.filter(pl.col("up_to") >= rank).first()

    return merged.group_by(names).agg(at(q).alias(name) for name, q in quantiles.items())


def _distinct(registers: pl.DataFrame, cells: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """How many distinct things the sketches of cells have seen."""
    merged = registers.group_by("cell", "rank").agg(pl.len()).group_by("cell").agg("rank", "len")
    told = zip(merged["rank"].to_list(), merged["len"].to_list(), strict=True)
    numbers = pl.Series("number", [distinct_by_ranks(dict(zip(*each, strict=True))) for each in told], pl.Int64)
    wide = merged.select("cell", numbers).join(cells, on="cell")
    return wide.group_by(names).agg(pl.col("number").filter(pl.col("what") == what).first().alias(what) for what in SKETCHED)


def redactions_by(
    store: Store, by: Sequence[str] = ("entity",), *, since: date | None = None, until: date | None = None, k: int = DEFAULT_K
) -> Table:
    """Redactions by these dimensions. The rest is as in `records_by`."""
    _check(by, BY_REDACTIONS)
    own = {"statement": "signature", "entity": "what"}
    columns = [own.get(name, name) for name in by]
    table = store.table()
    days = stores.days_between(store, table, since, until)
    is_redaction = pl.col("kind") == "redaction"
    rows = stores.sums(store, table, days, [*columns, "tenant"], "records", is_redaction).rename({"records": "redactions"})
    rows = rows.rename({there: here for here, there in own.items() if here in by})
    folding = fold(rows.select(*by, "tenant"), by, k)
    names = list(by) or ["all"]
    rows = _keyed(folding.apply(rows.lazy()), by).collect()
    out = rows.group_by(names).agg(
        pl.col("redactions").sum(), pl.col("tenant").filter(pl.col("tenant") != "").n_unique().alias("tenants")
    )
    out = out.select(*by, "redactions", "tenants").sort("redactions", *by, descending=[True, *[False] * len(by)])
    return Table(out, folding.withheld, folding.folded)


def _keyed(rows: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """The rows, with a key where there is no dimension: then all are together."""
    return rows if by else rows.with_columns(pl.lit("").alias("all"))


def _check(by: Sequence[str], known: Sequence[str]) -> None:
    for name in by:
        if name not in known:
            raise UsageError(f"no dimension {name!r}; there are {', '.join(known)}")
    if len(set(by)) < len(by):
        raise UsageError("a dimension is given twice")
