"""Facts to cells: what is counted by hour and by every dimension, in frames that merge exactly in any order.

A **rollup** is one frame with six kinds of rows, the rows of the store; compaction adds a seventh:

| kind | a row for each | holds |
| --- | --- | --- |
| `count` | hour and all dimensions | the counters, and durations as `buckets` and how many lie in each |
| `invocation` | hour and all dimensions but level and signature | the invocations, and when their first and last record was |
| `distinct` | the same | a sketch of `what`: actors, objects |
| `actor` | the same | who did what, as `prints`, and in how many records (`counts`) |
| `redaction` | hour, dimensions, statement (in `signature`), entity type (in `what`) | how many (`records`) |
| `seen` | hour | the fingerprints of the records that were counted |
| `total` | hour, source, function, module, version, environment, `what` | what a coarse question needs: see `totals` |

An `actor`'s print is 31 bits of a keyed hash of the first account or user that a record names, times 2³², plus 32 bits of one of
an issue or page that it names, or 0 for none. A record counts for the first issue or page and adds 0 to the others, which are
there all the same: an actor's records are the sum of its counts, its issues and pages the prints that do not end in 0.

`merge` of any parts is what the whole would have been: counters and buckets are added up, registers keep the greatest rank,
invocations their first and last record (in milliseconds since the hour began), fingerprints are a set; rows and lists are
sorted. So the bytes are the same too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import polars as pl

from logscrub.metrics.columns import Columns, Some
from logscrub.metrics.outcomes import OUTCOMES
from logscrub.metrics.sketches import RANKS, bucket_of, distinct_by_ranks

DIMENSIONS: Final = ("hour", "source", "function", "module", "version", "environment", "level", "signature", "tenant")
COUNTERS: Final = ("records", "errors", *(o.column for o in OUTCOMES), "invocations", "requests", "size")
KEYS: Final = ("kind", *DIMENSIONS, "what")
COARSE: Final = ("hour", "source", "function", "module", "version", "environment")
"""The dimensions of totals."""
SCHEMA: Final = pl.Schema(
    {
        "kind": pl.String(),
        "day": pl.Date(),
        "hour": pl.Datetime("us", "UTC"),
        **{name: pl.String() for name in DIMENSIONS[1:]},
        "what": pl.String(),
        **{name: pl.Int64() for name in COUNTERS},
        "buckets": pl.List(pl.Int32()),
        "counts": pl.List(pl.Int64()),
        "registers": pl.List(pl.Int32()),
        "invocation": pl.List(pl.Int32()),
        "first_ms": pl.List(pl.Int32()),
        "last_ms": pl.List(pl.Int32()),
        "prints": pl.List(pl.Int64()),
    }
)
"""Unknown names are "", columns that a kind of rows does not have are null; `hour` and `day` are null without a time."""
LISTS: Final = tuple(name for name, kind in SCHEMA.items() if isinstance(kind, pl.List))


CONTENT: Final = {
    "seen": ("prints",),
    "actor": ("prints", "counts"),
    "count": (*COUNTERS, "buckets", "counts"),
    "distinct": ("registers",),
    "invocation": ("invocation", "first_ms", "last_ms"),
    "redaction": COUNTERS,
}
"""The columns of the rows of each kind, in the order of a compacted file. Totals come last, far from the longest lists."""
_PLACE: Final = ("kind", "hour", "cell", "what")
"""The columns by which rows are grouped. A number stands for the names, which are many and recur."""


def rolled(columns: Columns, rows: pl.DataFrame) -> pl.DataFrame:
    """The rollup of some rows of the columns' frame: those of records that were not counted yet."""
    cells = _Cells()
    commons = cells.of(columns)
    its_cells = commons.select("place", "fine", "coarse")
    rows = rows.join(its_cells, on="place", how="left", maintain_order="left").with_columns(what=pl.lit(None, pl.String))

    def of(some: Some, key: str, value: str, cell: str) -> pl.DataFrame:
        return some.frame(key, value).join(rows.select("row", "hour", "what", pl.col(cell).alias("cell")), on="row")

    counted = (
        rows.group_by("hour", "place")
        .agg(pl.len().cast(pl.Int64).alias("n"), pl.col("size").sum())
        .join(commons, on="place")
        .with_columns(pl.col(name) * pl.col("n") for name in COUNTERS[:-1])
    )
    nothing = pl.lit(None, pl.String).alias("what")
    redacted = counted.select("hour", pl.col("redacted").alias("cell"), "n", pl.col("entities").alias("what")).explode("what")
    parts = _Parts(
        pl.concat(
            [
                counted.select(pl.lit("count").alias("kind"), "hour", pl.col("fine").alias("cell"), nothing, *COUNTERS),
                redacted.drop_nulls("what").select(
                    pl.lit("redaction").alias("kind"), "hour", "cell", "what", pl.col("n").alias("records"),
                    *(pl.lit(None, pl.Int64).alias(name) for name in COUNTERS[1:]),
                ),
            ]
        ),
        of(columns.durations, "buckets", "counts", "fine").with_columns(kind=pl.lit("count")),
        pl.concat(
            of(some, "registers", "none", "coarse").with_columns(pl.lit(what).alias("what"), kind=pl.lit("distinct"))
            for what, some in columns.sketches.items()
        ),
        rows.filter(pl.col("invocation").is_not_null()).select(
            pl.lit("invocation").alias("kind"), "hour", pl.col("coarse").alias("cell"), "what", "invocation",
            pl.col("ms").alias("first_ms"), pl.col("ms").alias("last_ms"),
        ),
        of(columns.acts, "prints", "counts", "coarse").with_columns(kind=pl.lit("actor")),
        rows.select(pl.lit("seen").alias("kind"), "hour", pl.lit(None, pl.Int64).alias("cell"), "what", "prints"),
    )  # fmt: skip
    gathered = _gathered(parts, _PLACE).join(cells.names(), on="cell", how="left")
    return _ordered(gathered)


class _Cells:
    """Numbers for the names of cells."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], int] = {}

    def _number(self, names: tuple[str, ...]) -> int:
        return self._known.setdefault(names, len(self._known))

    def of(self, columns: Columns) -> pl.DataFrame:
        """Returns the common parts of records by their place: the cells in which they count, and their weights."""
        known: dict[str, list[Any]] = {name: [] for name in ("fine", "coarse", "redacted", "entities", *COUNTERS[:-1])}
        for common in columns.common:
            names, (records, errors, outcomes, invocations, requests, statement, entities) = common[:8], common[8:]
            said = dict(outcomes)
            known["fine"].append(self._number(names))
            known["coarse"].append(self._number((*names[:5], "", "", names[7])))
            known["redacted"].append(self._number((*names[:6], statement, names[7])) if entities else 0)
            known["entities"].append(entities)
            known["records"].append(records)
            known["errors"].append(errors)
            known["invocations"].append(invocations)
            known["requests"].append(requests)
            for outcome in OUTCOMES:
                known[outcome.column].append(said.get(outcome.column, 0))
        schema = {name: pl.Int64() if name != "entities" else pl.List(pl.String) for name in known}
        return pl.DataFrame(known, schema=schema).with_row_index("place").cast({"place": pl.Int64})

    def names(self) -> pl.DataFrame:
        """The names of all cells."""
        names = pl.DataFrame(list(self._known), schema=dict.fromkeys(DIMENSIONS[1:], pl.String), orient="row")
        return names.with_row_index("cell").cast({"cell": pl.Int64})


def merge(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One rollup of several: the same, to the byte, in whatever order they come."""
    every = list(parts)
    if not every:
        return empty()
    rows = pl.concat(every).filter(pl.col("kind") != "total")
    names = rows.select(KEYS).unique().with_row_index("cell")  # a number stands for the names while rows are merged
    rows = rows.join(names, on=list(KEYS), how="left", nulls_equal=True)
    return _ordered(_gathered(_flat(rows), ("cell",)).join(names, on="cell"))


def totals(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the totals of merged rows of the kinds `count`, `invocation` and `distinct` that cover their hours in full.

    Of records (`what`: `records`), the counters and durations. Of `invocations`, how many are in no other total of their hour, as
    `records`, and how long these were at work, as `buckets`; and of those that are, what the rows say: so invocations can be told
    apart whatever is asked for, and most of them need not be. Of `actors` and `objects`, one sketch, and how many it tells, as
    `records`: it is needed only where totals are added up further. Of `tenants`, as `prints`, those that have records
    (`tenant_print`).
    """
    cells = rows.select(COARSE).unique().with_row_index("cell")
    rows = rows.join(cells, on=list(COARSE), how="left", nulls_equal=True)
    counts = rows.filter(pl.col("kind") == "count")
    parts = [_counted(counts), _invoked(rows), _told_apart(rows), _tenants(counts)]
    named = pl.concat(parts, how="diagonal").join(cells, on="cell")
    none = [pl.lit("").alias(name) for name in ("level", "signature", "tenant")]
    return _ordered(named.with_columns(pl.lit("total").alias("kind"), *none))


TOTALLED: Final = ("count", "invocation", "distinct")
"""The kinds that are added up."""


def tenant_print(tenant: str) -> int:
    """Returns the number of a customer in totals: 63 bits of a hash of the pseudonym, which is made with the key."""
    return int.from_bytes(blake2b(tenant.encode(), digest_size=8).digest(), "big") >> 1


def _counted(counts: pl.DataFrame) -> pl.DataFrame:
    """Totals of records."""
    durations = counts.filter(pl.col("buckets").list.len() > 0).select("cell", "buckets", "counts").explode("buckets", "counts")
    records = counts.group_by("cell").agg(pl.col(name).sum() for name in COUNTERS)
    return records.join(_histograms(durations), on="cell", how="left").with_columns(pl.lit("records").alias("what"))


def _invoked(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the lists of invocations in totals, one row per cell."""
    lists = ("invocation", "first_ms", "last_ms")
    worked = (
        rows.filter(pl.col("kind") == "invocation")
        .select("cell", pl.struct("hour").rank("dense").alias("_hour"), *lists)
        .explode(lists)
        .group_by("cell", "_hour", "invocation")
        .agg(pl.col("first_ms").min(), pl.col("last_ms").max())
    )
    is_shared = pl.len().over("_hour", "invocation") > 1
    shared = worked.filter(is_shared).sort("invocation").group_by("cell", maintain_order=True).agg(lists)
    own = worked.filter(~is_shared).select("cell", (pl.col("last_ms") - pl.col("first_ms")).alias("ms"))
    of_length = {ms: bucket_of(ms) for ms in own["ms"].unique().to_list() if ms}
    buckets = pl.col("ms").replace_strict(of_length, return_dtype=pl.Int32, default=None).alias("buckets")
    spans = own.filter(pl.col("ms") > 0).select("cell", buckets, pl.lit(1, pl.Int64).alias("counts"))
    numbers = own.group_by("cell").agg(pl.len().cast(pl.Int64).alias("records"))
    invocations = worked.select("cell").unique().join(numbers, on="cell", how="left").with_columns(pl.col("records").fill_null(0))
    told = invocations.join(_histograms(spans), on="cell", how="left").join(shared, on="cell", how="left")
    return told.with_columns(pl.lit("invocations").alias("what"))


def _told_apart(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns the sketches of actors and objects in totals, one row per cell and kind."""
    entries = rows.filter(pl.col("kind") == "distinct").select("cell", "what", "registers").explode("registers")
    ranks = entries.group_by("cell", "what", pl.col("registers") // RANKS).agg((pl.col("registers") % RANKS).max().alias("rank"))
    numbers = how_many(ranks.select(pl.struct("cell", "what").alias("cell"), "rank")).unnest("cell")
    lists = (
        ranks.select("cell", "what", pl.col("registers") * RANKS + pl.col("rank"))
        .sort("registers")
        .group_by("cell", "what", maintain_order=True)
        .agg("registers")
    )
    return lists.join(numbers.rename({"number": "records"}), on=["cell", "what"])


def how_many(ranks: pl.DataFrame) -> pl.DataFrame:
    """Returns `cell` and `number`, the estimate of distinct things. `ranks`: the `rank` of each register of a cell."""
    merged = ranks.group_by("cell", "rank").agg(pl.len()).group_by("cell").agg("rank", "len")
    told = zip(merged["rank"].to_list(), merged["len"].to_list(), strict=True)
    numbers = [distinct_by_ranks(dict(zip(*each, strict=True))) for each in told]
    return merged.select("cell", pl.Series("number", numbers, pl.Int64))


def _tenants(counts: pl.DataFrame) -> pl.DataFrame:
    """Returns the hashes of the tenants of each cell."""
    prints = {tenant: tenant_print(tenant) for tenant in counts["tenant"].unique().to_list() if tenant}
    printed = pl.col("tenant").replace_strict(prints, return_dtype=pl.Int64, default=None)
    found = counts.select("cell", printed.alias("prints")).unique().sort("prints")
    lists = found.group_by("cell", maintain_order=True).agg(pl.col("prints").drop_nulls())
    return lists.with_columns(pl.lit("tenants").alias("what"))


def _histograms(durations: pl.DataFrame) -> pl.DataFrame:
    summed = durations.group_by("cell", "buckets").agg(pl.col("counts").sum())
    return summed.sort("buckets").group_by("cell", maintain_order=True).agg("buckets", "counts")


def empty() -> pl.DataFrame:
    """A rollup of nothing."""
    return pl.DataFrame(schema=SCHEMA)


class _Parts(NamedTuple):
    """The lists in rollups with one row per entry. The first columns name the row that an entry belongs to."""

    counters: pl.DataFrame
    durations: pl.DataFrame
    registers: pl.DataFrame
    invocations: pl.DataFrame
    acts: pl.DataFrame
    seen: pl.DataFrame


def _flat(part: pl.DataFrame) -> _Parts:
    """The entries of a rollup whose cells have numbers."""

    def entries(kind: str, *lists: str) -> pl.DataFrame:
        return part.filter(pl.col("kind") == kind).select("cell", *lists).explode(lists)

    return _Parts(
        part.filter(pl.col("kind").is_in(["count", "redaction"])).select("cell", *COUNTERS),
        part.filter(pl.col("buckets").list.len() > 0).select("cell", "buckets", "counts").explode("buckets", "counts"),
        entries("distinct", "registers"),
        entries("invocation", "invocation", "first_ms", "last_ms"),
        entries("actor", "prints", "counts"),
        entries("seen", "prints"),
    )


def _gathered(parts: _Parts, keys: Sequence[str]) -> pl.DataFrame:
    """The rows of a rollup. `keys`: the columns that tell rows apart."""

    def lists(entries: pl.DataFrame, entry: str, *values: pl.Expr) -> pl.DataFrame:
        if values:
            entries = entries.group_by(*keys, entry).agg(values)
        return entries.sort(entry).group_by(keys, maintain_order=True).agg(pl.exclude(keys))

    counters = parts.counters.group_by(keys).agg(pl.col(name).sum() for name in COUNTERS)
    durations = lists(parts.durations, "buckets", pl.col("counts").sum())
    registers = (
        parts.registers.group_by(*keys, pl.col("registers") // RANKS)
        .agg((pl.col("registers") % RANKS).max().alias("rank"))
        .select(*keys, pl.col("registers") * RANKS + pl.col("rank"))
    )
    return pl.concat(
        [
            counters.join(durations, on=list(keys), how="full", coalesce=True, nulls_equal=True),
            lists(registers, "registers"),
            lists(parts.invocations, "invocation", pl.col("first_ms").min(), pl.col("last_ms").max()),
            lists(parts.acts, "prints", pl.col("counts").sum()),
            lists(parts.seen.unique(), "prints"),
        ],
        how="diagonal_relaxed",
    )


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with all columns, in their one order."""
    missing = [pl.lit(None, t).alias(n) for n, t in SCHEMA.items() if n not in rows.columns and n != "day"]
    out = rows.with_columns(missing).with_columns(pl.col("hour").dt.date().alias("day"))
    return out.select(list(SCHEMA)).cast(SCHEMA).sort(*KEYS, nulls_last=False)
