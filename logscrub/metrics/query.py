"""Reads the store: counts, rates, quantiles and numbers of distinct things, by any dimensions.

A table has a row for each combination of the dimensions asked for. All numbers are of merged rows, so neither the order of
commits nor compaction shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

from logscrub.errors import UsageError
from logscrub.metrics import store as stores
from logscrub.metrics.anonymity import DEFAULT_K, fold
from logscrub.metrics.outcomes import OUTCOMES
from logscrub.metrics.rollup import COUNTERS
from logscrub.metrics.sketches import RANKS, bucket_of, distinct, value_of
from logscrub.metrics.store import Store

Of = Literal["records", "redactions"]
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
    columns = ["kind", "source", "day", "hour", *NAMES, "what", *COUNTERS, "buckets", "counts", "registers"]
    columns += ["invocation", "first_ms", "last_ms"]
    rows = stores.read(store, kinds=("count", "distinct", "invocation"), since=since, until=until, columns=columns)
    rows = rows.filter(pl.col("source") == source)
    tenants = rows.filter(pl.col("kind") == "count").select(*{*by, "tenant"})
    folding = fold(tenants, by, k)
    return Table(_records(folding.apply(rows), by), folding.withheld, folding.folded)


def _records(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    rows, names = _keyed(rows, by)
    counts = rows.filter(pl.col("kind") == "count")
    out = counts.group_by(names).agg(
        *(pl.col(name).sum() for name in COUNTERS),
        pl.col("tenant").filter(pl.col("tenant") != "").n_unique().alias("tenants"),
    )
    out = out.with_columns((pl.col("errors") / pl.col("records").replace(0, None)).alias("error_rate"))
    out = out.join(_quantiles(counts, names), on=names, how="left", nulls_equal=True)
    if not set(by) & set(_FINE):
        out = out.join(_distinct(rows.filter(pl.col("kind") == "distinct"), names), on=names, how="left", nulls_equal=True)
        out = out.join(_invocations(rows.filter(pl.col("kind") == "invocation"), names), on=names, how="left", nulls_equal=True)
        seen = pl.col("seen").fill_null(0)
        out = out.with_columns(pl.col(SKETCHED).fill_null(0))
    else:
        seen = pl.lit(None, pl.Int64)
        out = out.with_columns(pl.lit(None, pl.Int64).alias(name) for name in SKETCHED)
        out = out.with_columns(pl.lit(None, pl.Float64).alias(name) for name in SPANS)
    counted = pl.col("invocations")  # by the App metrics API
    out = out.with_columns(pl.when(counted > 0).then(counted).otherwise(seen).alias("invocations"))
    shown = ["records", "invocations", "errors", "error_rate", *(o.column for o in OUTCOMES), "requests"]
    shown += [*QUANTILES, *SPANS, "tenants", "actors", "objects", "size"]
    return out.select(*by, *shown).sort(*by) if by else out.select(shown)


def _quantiles(counts: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The durations that a share of all do not exceed: the nearest rank, in merged buckets."""
    merged = (
        counts.filter(pl.col("buckets").list.len() > 0)
        .select(*names, "buckets", "counts")
        .explode("buckets", "counts")
        .group_by(*names, "buckets")
        .agg(pl.col("counts").sum())
        .sort("buckets")
    )
    return _at(merged, names, QUANTILES)


def _at(merged: pl.DataFrame, names: list[str], quantiles: Mapping[str, float]) -> pl.DataFrame:
    """Quantiles of sorted `buckets` with their `counts`."""
    merged = merged.with_columns(
        pl.col("counts").cum_sum().over(names).alias("up_to"), pl.col("counts").sum().over(names).alias("total")
    )
    of_bucket = {bucket: value_of(bucket) for bucket in merged["buckets"].unique().to_list()}
    value = pl.col("buckets").replace_strict(of_bucket, return_dtype=pl.Float64, default=None)

    def at(q: float) -> pl.Expr:
        rank = (pl.col("total") * q).ceil().clip(1)
        return value.filter(pl.col("up_to") >= rank).first()

    return merged.group_by(names).agg(at(q).alias(name) for name, q in quantiles.items())


def _invocations(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """How many invocations wrote records (`seen`), and how long those were at work, at least, that wrote more than one."""
    spans = ("invocation", "first_ms", "last_ms")
    each = (
        rows.select(*{*names, "hour"}, *spans)
        .explode(spans)
        .group_by(*{*names, "hour"}, "invocation")
        .agg((pl.col("last_ms").max() - pl.col("first_ms").min()).alias("ms"))
    )
    seen = each.group_by(names).agg(pl.col("invocation").n_unique().cast(pl.Int64).alias("seen"))
    of_length = {ms: bucket_of(ms) for ms in each["ms"].unique().to_list() if ms}
    merged = (
        each.filter(pl.col("ms") > 0)
        .with_columns(pl.col("ms").replace_strict(of_length, return_dtype=pl.Int32, default=None).alias("buckets"))
        .group_by(*names, "buckets")
        .agg(pl.len().cast(pl.Int64).alias("counts"))
        .sort("buckets")
    )
    return seen.join(_at(merged, names, SPANS), on=names, how="left", nulls_equal=True)


def _distinct(sketches: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """How many distinct things the merged sketches have seen."""
    merged = (
        sketches.select(*names, "what", "registers")
        .explode("registers")
        .group_by(*names, "what", pl.col("registers") // RANKS)
        .agg((pl.col("registers") % RANKS).max().alias("rank"))
        .group_by(*names, "what")
        .agg((pl.col("registers") * RANKS + pl.col("rank")).alias("registers"))
    )
    numbers = pl.Series("number", [distinct(r) for r in merged["registers"].to_list()], pl.Int64)
    wide = merged.select(*names, "what").with_columns(numbers)
    return wide.group_by(names).agg(pl.col("number").filter(pl.col("what") == what).first().alias(what) for what in SKETCHED)


def redactions_by(
    store: Store, by: Sequence[str] = ("entity",), *, since: date | None = None, until: date | None = None, k: int = DEFAULT_K
) -> Table:
    """Redactions by these dimensions. The rest is as in `records_by`."""
    _check(by, BY_REDACTIONS)
    columns = ["day", "hour", "function", "module", "version", "environment", "signature", "tenant", "what", "records"]
    rows = stores.read(store, kinds=("redaction",), since=since, until=until, columns=columns)
    rows = rows.rename({"signature": "statement", "what": "entity", "records": "redactions"})
    folding = fold(rows.select(*{*by, "tenant"}), by, k)
    rows = folding.apply(rows)
    rows, names = _keyed(rows, by)
    out = rows.group_by(names).agg(
        pl.col("redactions").sum(), pl.col("tenant").filter(pl.col("tenant") != "").n_unique().alias("tenants")
    )
    out = out.select(*by, "redactions", "tenants").sort("redactions", *by, descending=[True, *[False] * len(by)])
    return Table(out, folding.withheld, folding.folded)


def _keyed(rows: pl.DataFrame, by: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """The rows, and by what to group them: all together where there is no dimension."""
    return (rows, list(by)) if by else (rows.with_columns(pl.lit("").alias("all")), ["all"])


def _check(by: Sequence[str], known: Sequence[str]) -> None:
    for name in by:
        if name not in known:
            raise UsageError(f"no dimension {name!r}; there are {', '.join(known)}")
    if len(set(by)) < len(by):
        raise UsageError("a dimension is given twice")
