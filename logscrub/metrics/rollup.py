"""Facts to cells: what is counted by hour and by every dimension, in frames that merge exactly in any order.

A **rollup** is one frame with six kinds of rows, the rows of the store:

| kind | a row for each | holds |
| --- | --- | --- |
| `count` | hour and all dimensions | the counters, and durations as `buckets` and how many lie in each |
| `invocation` | hour and all dimensions but level and signature | the invocations, and when their first and last record was |
| `distinct` | the same | a sketch of `what`: actors, objects |
| `actor` | the same | who did what, as `prints`, and in how many records (`counts`) |
| `redaction` | hour, dimensions, statement (in `signature`), entity type (in `what`) | how many (`records`) |
| `seen` | hour | the fingerprints of the records that were counted |

An `actor`'s print is 31 bits of a keyed hash of the first account or user that a record names, times 2³², plus 32 bits of one of
an issue or page that it names, or 0 for none. A record counts for the first issue or page and adds 0 to the others, which are
there all the same: an actor's records are the sum of its counts, its issues and pages the prints that do not end in 0.

`merge` of any parts is what the whole would have been: counters and buckets are added up, registers keep the greatest rank,
invocations their first and last record (in milliseconds since the hour began), fingerprints are a set; rows and lists are
sorted. So the bytes are the same too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from logscrub.metrics.facts import Facts
from logscrub.metrics.outcomes import OUTCOMES
from logscrub.metrics.sketches import RANKS

DIMENSIONS: Final = ("hour", "source", "function", "module", "version", "environment", "level", "signature", "tenant")
COUNTERS: Final = ("records", "errors", *(o.column for o in OUTCOMES), "invocations", "requests", "size")
_KEYS: Final = ("kind", *DIMENSIONS, "what")
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
"""Names that are not told are "", what a kind of rows does not hold is null; `hour` and `day` are null without a time."""
LISTS: Final = tuple(name for name, kind in SCHEMA.items() if isinstance(kind, pl.List))
_HOUR_US = 3_600_000_000
_LAST_HOUR = 24 * 365_000
"""Hours since 1970 from which a time is no time."""
_PLACE: Final = {name: i for i, name in enumerate(COUNTERS)}


class Rollup:
    """Counts records."""

    def __init__(self) -> None:
        self._counts: dict[tuple[Any, ...], list[int]] = {}
        self._durations: dict[tuple[Any, ...], dict[int, int]] = {}
        self._distinct: dict[tuple[Any, ...], set[int]] = {}
        self._invocations: dict[tuple[Any, ...], dict[int, list[int]]] = {}
        self._acts: dict[tuple[Any, ...], dict[int, int]] = {}
        self._redactions: dict[tuple[Any, ...], int] = {}
        self._prints: dict[int | None, list[int]] = {}

    def add(self, facts: Iterable[Facts]) -> None:
        """Counts records and data points that were not counted yet."""
        counts, durations, distinct, redactions = self._counts, self._durations, self._distinct, self._redactions
        for f in facts:
            where = f[:9]
            cell = counts.get(where)
            if cell is None:
                cell = counts[where] = [0] * len(COUNTERS)
            cell[0] += f.records
            cell[1] += f.errors
            cell[-3] += f.invocations
            cell[-2] += f.requests
            cell[-1] += f.size
            for column, n in f.outcomes:
                cell[_PLACE[column]] += n
            for bucket, n in f.durations:
                histogram = durations.setdefault(where, {})
                histogram[bucket] = histogram.get(bucket, 0) + n
            for what, register in f.sketches:
                distinct.setdefault((*where[:6], "", "", where[8], what), set()).add(register)
            if f.acts:
                acts = self._acts.setdefault((*where[:6], "", "", where[8]), {})
                for act, n in f.acts:
                    acts[act] = acts.get(act, 0) + n
            if f.invocation is not None:
                known = self._invocations.setdefault((*where[:6], "", "", where[8]), {})
                span = known.get(f.invocation)
                at = f.offset_ms
                if span is None:
                    known[f.invocation] = [at, at]
                elif at < span[0]:
                    span[0] = at
                elif at > span[1]:
                    span[1] = at
            for what in f.redactions:
                place = (*where[:7], f.statement, where[8], what)
                redactions[place] = redactions.get(place, 0) + 1
            self._prints.setdefault(f.hour, []).append(f.fingerprint)

    def frame(self) -> pl.DataFrame:
        """The rollup."""
        parts = [
            _frame("count", self._counts, {name: [c[i] for c in self._counts.values()] for i, name in enumerate(COUNTERS)}),
            _frame(
                "count",
                [where for where, h in self._durations.items() for _ in h],
                {
                    "buckets": [b for h in self._durations.values() for b in h],
                    "counts": [n for h in self._durations.values() for n in h.values()],
                },
            ),
            _frame(
                "distinct",
                [where for where, registers in self._distinct.items() for _ in registers],
                {"registers": [r for registers in self._distinct.values() for r in registers]},
            ),
            _frame(
                "invocation",
                [where for where, known in self._invocations.items() for _ in known],
                {
                    "invocation": [n for known in self._invocations.values() for n in known],
                    "first_ms": [first for known in self._invocations.values() for first, _ in known.values()],
                    "last_ms": [last for known in self._invocations.values() for _, last in known.values()],
                },
            ),
            _frame(
                "actor",
                [where for where, acts in self._acts.items() for _ in acts],
                {
                    "prints": [act for acts in self._acts.values() for act in acts],
                    "counts": [n for acts in self._acts.values() for n in acts.values()],
                },
            ),
            _frame("redaction", self._redactions, {"records": list(self._redactions.values())}),
            *(_seen(hour, prints) for hour, prints in self._prints.items()),
        ]
        return _gathered(pl.concat([_explicit(part) for part in parts]))


def _frame(kind: str, places: Iterable[tuple[Any, ...]], columns: dict[str, list[int]]) -> pl.DataFrame:
    """A row for each place: the dimensions, and `what` where there is one more."""
    rows = list(places)
    named = {name: pl.Series([row[i] for row in rows], dtype=pl.String) for i, name in enumerate(DIMENSIONS) if i}
    if rows and len(rows[0]) > len(DIMENSIONS):
        named["what"] = pl.Series([row[-1] for row in rows], dtype=pl.String)
    hour = hours(row[0] for row in rows)
    counted = {name: pl.Series(values, dtype=pl.Int64) for name, values in columns.items()}
    return pl.DataFrame({"hour": hour, **named, **counted}).with_columns(pl.lit(kind).alias("kind"))


def _seen(hour: int | None, prints: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"prints": pl.Series(prints, dtype=pl.Int64)}).with_columns(
        pl.lit("seen").alias("kind"), pl.lit(hours([hour])[0]).alias("hour")
    )


def merge(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One rollup of several: the same, to the byte, in whatever order they come."""
    frames = [_flat(part) for part in parts]
    return _gathered(pl.concat(frames, how="diagonal")) if frames else empty()


def empty() -> pl.DataFrame:
    """A rollup of nothing."""
    return pl.DataFrame(schema=SCHEMA)


def hours(numbers: Iterable[int | None]) -> pl.Series:
    """Hours since 1970 as times; None, and what is no time, as null."""
    times = [None if hour is None or not 0 <= hour < _LAST_HOUR else hour * _HOUR_US for hour in numbers]
    return pl.Series("hour", times, pl.Int64).cast(pl.Datetime("us", "UTC"))


_LONG_SCHEMA: Final = pl.Schema(
    {name: kind.inner if isinstance(kind, pl.List) else kind for name, kind in SCHEMA.items() if name != "day"}
)
"""Of single entries."""


def _explicit(part: pl.DataFrame) -> pl.DataFrame:
    """A frame of single entries with all columns."""
    missing = [pl.lit(None, t).alias(n) for n, t in _LONG_SCHEMA.items() if n not in part.columns]
    return part.with_columns(missing).select(list(_LONG_SCHEMA)).cast(_LONG_SCHEMA)


def _flat(part: pl.DataFrame) -> pl.DataFrame:
    """A rollup with a row for each entry of its lists, and one for the counters."""
    keys = list(_KEYS)
    spans, acts = ("invocation", "first_ms", "last_ms"), ("prints", "counts")
    durations = part.filter(pl.col("buckets").list.len() > 0).select(*keys, "buckets", "counts").explode("buckets", "counts")
    return pl.concat(
        [
            _explicit(part.filter(pl.col("kind").is_in(["count", "redaction"])).drop("day", *LISTS)),
            _explicit(durations),
            _explicit(part.filter(pl.col("kind") == "distinct").select(*keys, "registers").explode("registers")),
            _explicit(part.filter(pl.col("kind") == "invocation").select(*keys, *spans).explode(spans)),
            _explicit(part.filter(pl.col("kind") == "actor").select(*keys, *acts).explode(acts)),
            _explicit(part.filter(pl.col("kind") == "seen").select("kind", "hour", "prints").explode("prints")),
        ]
    )


def _gathered(flat: pl.DataFrame) -> pl.DataFrame:
    """The rollup of single entries, in its one order."""
    keys = list(_KEYS)
    counters = flat.filter(pl.col("kind").is_in(["count", "redaction"]) & pl.col("records").is_not_null())
    counters = counters.group_by(keys).agg(pl.col(name).sum() for name in COUNTERS)
    durations = (
        flat.filter(pl.col("buckets").is_not_null())
        .group_by(*keys, "buckets")
        .agg(pl.col("counts").sum())
        .sort("buckets")
        .group_by(keys, maintain_order=True)
        .agg("buckets", "counts")
    )
    distinct = (
        flat.filter(pl.col("registers").is_not_null())
        .group_by(*keys, pl.col("registers") // RANKS)
        .agg((pl.col("registers") % RANKS).max().alias("rank"))
        .select(*keys, (pl.col("registers") * RANKS + pl.col("rank")).cast(pl.Int32).alias("registers"))
        .sort("registers")
        .group_by(keys, maintain_order=True)
        .agg("registers")
    )
    invocations = (
        flat.filter(pl.col("invocation").is_not_null())
        .group_by(*keys, "invocation")
        .agg(pl.col("first_ms").min(), pl.col("last_ms").max())
        .sort("invocation")
        .group_by(keys, maintain_order=True)
        .agg("invocation", "first_ms", "last_ms")
    )
    acts = (
        flat.filter(pl.col("kind") == "actor")
        .group_by(*keys, "prints")
        .agg(pl.col("counts").sum())
        .sort("prints")
        .group_by(keys, maintain_order=True)
        .agg("prints", "counts")
    )
    seen = flat.filter(pl.col("kind") == "seen").group_by(keys).agg(pl.col("prints").unique().sort())
    counts = counters.join(durations, on=keys, how="full", coalesce=True, nulls_equal=True)
    out = pl.concat([counts, distinct, invocations, acts, seen], how="diagonal")
    missing = [pl.lit(None, t).alias(n) for n, t in SCHEMA.items() if n not in out.columns and n != "day"]
    out = out.with_columns(missing).with_columns(pl.col("hour").dt.date().alias("day"))
    return out.select(list(SCHEMA)).cast(SCHEMA).sort(*keys, nulls_last=False)
