"""Reads the store as signals: counts by the hour, for functions, customers, signatures, statements and persons.

Days are read one at a time, and as much is kept of each as the rules look at, so memory grows with the number of functions,
customers and signatures, not with the number of records.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
import polars as pl

from logscrub.anomalies.baseline import unsettled_days
from logscrub.anomalies.tails import Bools, Floats
from logscrub.metrics import store as stores
from logscrub.metrics.outcomes import OUTCOMES
from logscrub.metrics.rollup import SCHEMA
from logscrub.metrics.store import Store

if TYPE_CHECKING:
    from deltalake import DeltaTable

NUMBERS: Final = ("records", "errors", *(o.column for o in OUTCOMES))
HISTORY_DAYS: Final = 35
"""Days before a period that are learned from."""
_MOST_CELLS = 5_000
"""Signatures or statements that are judged by the hour, those with most records."""
_SLOW: Final = 0.95
"""A call is slow if it takes longer than this share of a function's calls."""
_FEWEST_DURATIONS = 200
"""Durations of a customer in a function from which it has a bound of its own."""
LARGE: Final = 0.1
"""A customer is large in a function, or in the app, if it makes at least this share of the records of a week."""
LARGE_DAYS: Final = 7
"""The days before a period that tell which customers are large."""
_BUSY = 20
"""Records an hour from which an hour without any is one whose export is missing."""


_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Signals:
    """Everything the store knows of a period and of the days before it. `t` in a frame is the number of the hour, from 0."""

    start: datetime
    """The first hour: midnight, UTC."""
    days: int
    first: int
    """The first hour of the period."""
    last: int
    """The hour behind the period's last one."""
    known: Bools
    """Hours with records."""
    history_days: int
    """Days before the period with records."""
    functions: pl.DataFrame
    """`t, function, module, version` and `NUMBERS`."""
    tenants: pl.DataFrame
    """`t, tenant` and `NUMBERS`; not of records that name no customer."""
    large: pl.DataFrame
    """`t, function, tenant, records` of the customers that are large in a function."""
    signatures: pl.DataFrame
    """`t, function, signature, errors, tenants`."""
    statements: pl.DataFrame
    """`t, function, version, statement, entity, redactions, tenants`."""
    durations: pl.DataFrame
    """`t, function, bucket, n`."""
    slow: pl.DataFrame
    """`t, function, version, slow, timed`: durations, and those beyond what is usual for the customer in that function."""
    actors: pl.DataFrame
    """`day, tenant, actor, records, objects, hours, hour_records, hour_objects, first_t, last_t`: a row for each person and day,
    with distinct objects of the day, hours in which anything was done, and the most of an hour: of the period, on a day that is
    partly in it."""
    without_customer: int
    """Records of the period that name no customer."""
    real: Mapping[str, Sequence[tuple[datetime, datetime]]] = field(default_factory=dict)
    """Hours of findings that were real, by the id of these: no part of what is usual."""
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """Results computed from the signals that are needed again."""

    keeps: bool = False
    """True if the same signals are tested again at another budget, so that shared results are kept."""

    def again(self, key: Any, made: Callable[[], _Made]) -> _Made:
        """Returns what `made` computes from these signals, cached where it is needed again."""
        if not self.keeps:
            return made()
        if key not in self.memo:
            self.memo[key] = made()
        return self.memo[key]  # type: ignore[no-any-return]

    @property
    def hours(self) -> int:
        """The number of hours, which make whole days."""
        return self.days * 24

    @property
    def unsettled(self) -> Bools:
        """For each day, whether clocks may have changed in the week before."""
        return unsettled_days(self.start.date(), self.days)

    @property
    def weekday(self) -> int:
        """The weekday of the first day; 0 is Monday."""
        return self.start.weekday()

    @property
    def kind_days(self) -> tuple[int, int]:
        """The number of working days and of weekend days with records before the period."""
        days = [(self.weekday + day) % 7 for day in range(self.first // 24) if self.known[day * 24 : day * 24 + 24].any()]
        weekend = sum(day >= 5 for day in days)
        return len(days) - weekend, weekend

    def at(self, t: int) -> datetime:
        """Returns when an hour begins."""
        return self.start + timedelta(hours=t)


@dataclass(frozen=True, slots=True)
class Panel:
    """One number of many cells, by the hour."""

    names: tuple[str, ...]
    """The dimensions that tell cells apart."""
    keys: tuple[tuple[str, ...], ...]
    counts: Floats
    """[cells, hours]."""


def panel(
    frame: pl.DataFrame, by: Sequence[str], number: str, hours: int, keys: Sequence[tuple[str, ...]] | None = None
) -> Panel:
    """A number by the hour, summed over all dimensions but `by`. `keys`: the cells, where others decide which, in which order."""
    by = tuple(by)
    if not by:
        counts = np.zeros((1, hours))
        np.add.at(counts[0], frame["t"].to_numpy(), frame[number].to_numpy())
        return Panel((), ((),), counts)
    summed = frame.group_by("t", *by).agg(pl.col(number).sum())
    if keys is None:
        totals = summed.group_by(by).agg(pl.col(number).sum()).filter(pl.col(number) > 0)
        keys = sorted(totals.sort(number, *by, descending=[True, *[False] * len(by)]).head(_MOST_CELLS).select(by).iter_rows())
    counts = np.zeros((len(keys), hours))
    if keys:
        places = pl.DataFrame(dict(zip(by, zip(*keys, strict=True), strict=True)), schema=dict.fromkeys(by, pl.String))
        placed = summed.join(places.with_row_index("cell"), on=list(by), how="inner")
        np.add.at(counts, (placed["cell"].to_numpy(), placed["t"].to_numpy()), placed[number].to_numpy())
    return Panel(by, tuple(keys), counts)


class Rows:
    """Rows of days: those of a store, and those that were counted beside it and are not committed."""

    def __init__(self, store: Store | None, table: DeltaTable | None, beside: Mapping[date, pl.DataFrame] | None = None) -> None:
        """`beside`: a rollup for a day each."""
        self._store, self._table = store, table
        self._stored = set() if store is None or table is None else set(stores.days_between(store, table, None, None))
        self.beside = dict(beside or {})

    @property
    def url(self) -> str | None:
        """The place of the store; None without one."""
        return None if self._store is None else self._store.url

    def days(self, since: date, until: date) -> list[date]:
        """The days of which there are rows, from one up to another, it included."""
        return sorted(day for day in {*self._stored, *self.beside} if day is not None and since <= day <= until)

    def of_day(self, day: date, columns: Sequence[str], which: pl.Expr) -> pl.LazyFrame:
        """Rows of a day, lazily; collect them by `collect`."""
        parts = []
        if day in self._stored and self._store is not None and self._table is not None:
            parts.append(stores.of_days(self._store, self._table, [day], columns, which))
        if day in self.beside:
            parts.append(self.beside[day].lazy().filter(which).select(list(columns)))
        return pl.concat(parts) if parts else pl.LazyFrame(schema={name: SCHEMA[name] for name in columns})

    def prints(self, hour: datetime | None) -> set[int]:
        """The fingerprints of the records of an hour that the store has."""
        if self._store is None or hour is None or hour.date() not in self._stored:
            return set()
        found = stores.read(self._store, self._table, kinds=("seen",), hours=[hour], columns=("prints",))
        return set(found.explode("prints")["prints"].drop_nulls().to_list())

    def collect(self, queries: Sequence[pl.LazyFrame]) -> list[pl.DataFrame]:
        """Returns the result of queries. Raises InputError."""
        with stores.told(self._store.url) if self._store is not None else nullcontext():
            return pl.collect_all(queries, engine="streaming")


def read_signals(rows: Rows, start: datetime, end: datetime, *, history_days: int = HISTORY_DAYS) -> Signals:
    """Reads the signals of a period, from one full hour to another, and of the days before it. Raises InputError."""
    return SignalReader(rows, start, history_days).read(start, end)


class SignalReader:
    """Reads signals for periods that begin on one day or after it; what is read of a day is kept."""

    def __init__(self, rows: Rows, start: datetime, history_days: int = HISTORY_DAYS) -> None:
        self._rows = rows
        self.day = start.date()
        """The first day that a period can begin on; with others, what is usual would be learned from other days."""
        self._grid = datetime.combine(start.date() - timedelta(days=history_days), time(), UTC)
        before = rows.days(self._grid.date(), start.date() - timedelta(days=1))
        self._bounds = _bounds(rows, before)
        self._large = _large(rows, [day for day in before if day >= start.date() - timedelta(days=LARGE_DAYS)])
        self._known: dict[date, _Frames[pl.DataFrame]] = {}

    def read(self, start: datetime, end: datetime, *, again: Container[date] = ()) -> Signals:
        """Signals of a period. `again`: days whose rows are others than the last time. Raises InputError."""
        last_day = (end - timedelta(microseconds=1)).date()
        days = (last_day - self._grid.date()).days + 1
        first = int((start - self._grid).total_seconds()) // 3600
        last = int((end - self._grid).total_seconds()) // 3600
        for day in self._rows.days(self._grid.date(), last_day):
            if day not in self._known or day in again:
                self._known[day] = _day(self._rows, day, self._grid, self._bounds, self._large)
        parts = [frames for day, frames in sorted(self._known.items()) if day <= last_day]
        frames = _Frames[pl.DataFrame](*(pl.concat(part) for part in zip(*parts, strict=True))) if parts else EMPTY
        frames = frames._replace(**{n: getattr(frames, n).filter(pl.col("t") < last) for n in frames._fields if n != "actors"})
        for day in {at.date() for at in (start, end) if at.time() != time()} & self._known.keys():
            # actions before the period (or after it) belong to the report of that time
            within = _actors_within(self._rows, day, self._grid, start, end)
            actors = frames.actors.join(within, on=["day", "tenant", "actor"], how="left")
            other = pl.col("day") != day
            most = [pl.when(other).then(name).otherwise(pl.col(f"{name}_within").fill_null(0)).alias(name) for name in _MOST]
            frames = frames._replace(actors=actors.with_columns(most).select(frames.actors.columns))
        told = np.zeros(days * 24, bool)
        told[frames.functions["t"].unique().to_numpy()] = True
        known = _known(told, panel(frames.functions, (), "records", days * 24).counts[0], first)
        without = frames.unnamed.filter(pl.col("t") >= first)["records"].sum()
        return Signals(
            self._grid,
            days,
            first,
            last,
            known,
            len({t // 24 for t in np.nonzero(known[:first])[0].tolist()}),
            frames.functions,
            frames.tenants,
            frames.large,
            frames.signatures,
            frames.statements,
            frames.durations,
            frames.slow,
            frames.actors,
            int(without or 0),
        )


def _known(told: Bools, records: Floats, first: int) -> Bools:
    """Marks the hours to learn from: in an app with little to do, an hour without records counts too."""
    before = np.nonzero(told[:first])[0]
    if not len(before):
        return told
    usual = float(np.median(records[before[0] : first]))
    out = told.copy()
    if usual < _BUSY:
        # gaps of a day and more are no quiet hours
        at = np.nonzero(told)[0]
        for one, other in pairwise(at.tolist()):
            if other - one < 24:
                out[one:other] = True
    return out


_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)


class _Frames(NamedTuple, Generic[_Frame]):
    """The rows of a day, as frames or as queries for them."""

    functions: _Frame
    tenants: _Frame
    large: _Frame
    signatures: _Frame
    statements: _Frame
    durations: _Frame
    slow: _Frame
    actors: _Frame
    unnamed: _Frame
    """`t, records` of those that name no customer."""


def _of(rows: Rows, day: date, kind: str, columns: Sequence[str], which: pl.Expr | None = None) -> pl.LazyFrame:
    wanted = (pl.col("kind") == kind) & (pl.col("source") == "logs")
    return rows.of_day(day, ["kind", "source", *columns], wanted if which is None else wanted & which).select(list(columns))


def _durations(rows: Rows, day: date) -> pl.LazyFrame:
    columns = ("hour", "function", "version", "tenant", "buckets", "counts")
    timed = _of(rows, day, "count", columns, pl.col("buckets").list.len() > 0)
    return timed.explode("buckets", "counts").rename({"buckets": "bucket", "counts": "n"})


def _bounds(rows: Rows, days: Sequence[date]) -> pl.DataFrame:
    """`function, tenant, bound`: the bucket up to which a duration is usual; tenant null for all others."""
    counted: pl.DataFrame | None = None
    keys = ["function", "tenant", "bucket"]
    for day in days:
        (more,) = rows.collect([_durations(rows, day).group_by(keys).agg(pl.col("n").sum())])
        counted = more if counted is None else pl.concat([counted, more]).group_by(keys).agg(pl.col("n").sum())
    schema = {"function": pl.String, "tenant": pl.String, "bound": pl.Int32}
    if counted is None:
        return pl.DataFrame(schema=schema)

    def bound(by: list[str]) -> pl.DataFrame:
        assert counted is not None
        summed = counted.group_by(*by, "bucket").agg(pl.col("n").sum()).sort("bucket")
        return summed.group_by(by).agg(
            pl.col("bucket").filter(pl.col("n").cum_sum() >= _SLOW * pl.col("n").sum()).first().cast(pl.Int32).alias("bound"),
            pl.col("n").sum(),
        )

    own = bound(["function", "tenant"]).filter(pl.col("n") >= _FEWEST_DURATIONS)
    every = bound(["function"]).with_columns(pl.lit(None, pl.String).alias("tenant"))
    return pl.concat([frame.select(list(schema)) for frame in (own, every)])


def _large(rows: Rows, days: Sequence[date]) -> pl.DataFrame:
    """`function, tenant`: which customers are large in which function, by the records of days."""
    by = ["function", "tenant"]
    counted = [
        rows.collect([_of(rows, day, "count", [*by, "records"]).group_by(by).agg(pl.col("records").sum())])[0] for day in days
    ]
    if not counted:
        return pl.DataFrame(schema=dict.fromkeys(by, pl.String))
    summed = pl.concat(counted).group_by(by).agg(pl.col("records").sum())
    share = pl.col("records") / pl.col("records").sum().over("function")
    return summed.filter((share >= LARGE) & (pl.col("tenant") != "")).select(by).sort(by)


def _day(rows: Rows, day: date, grid: datetime, bounds: pl.DataFrame, large: pl.DataFrame) -> _Frames[pl.DataFrame]:
    """Returns the rows of a day that are kept."""
    t = (pl.col("hour") - pl.lit(grid)).dt.total_hours().cast(pl.Int32).alias("t")
    numbers = [pl.col(name).sum() for name in NUMBERS]
    counts = _of(rows, day, "count", ["hour", "function", "module", "version", "tenant", "signature", *NUMBERS])
    tenants = pl.col("tenant").filter(pl.col("tenant") != "").n_unique().cast(pl.Int64).alias("tenants")
    named = pl.col("tenant") != ""
    redactions = _of(rows, day, "redaction", ["hour", "function", "version", "signature", "what", "tenant", "records"])
    redactions = redactions.rename({"signature": "statement", "what": "entity", "records": "redactions"})
    durations = _durations(rows, day)
    own = bounds.filter(pl.col("tenant").is_not_null()).lazy()
    every = bounds.filter(pl.col("tenant").is_null()).drop("tenant").lazy().rename({"bound": "usual"})
    bounded = (
        durations.join(own, on=["function", "tenant"], how="left")
        .join(every, on="function", how="left")
        .with_columns(pl.coalesce("bound", "usual").alias("bound"))
        .filter(pl.col("bound").is_not_null())
    )
    slow = pl.col("n").filter(pl.col("bucket") > pl.col("bound")).sum().alias("slow")
    queries = _Frames(
        functions=counts.group_by(t, "function", "module", "version").agg(numbers),
        tenants=counts.filter(named).group_by(t, "tenant").agg(numbers),
        large=counts.join(large.lazy(), on=["function", "tenant"], how="semi")
        .group_by(t, "function", "tenant")
        .agg(pl.col("records").sum()),
        signatures=counts.filter(pl.col("signature") != "")
        .group_by(t, "function", "signature")
        .agg(pl.col("errors").sum(), tenants),
        statements=redactions.group_by(t, "function", "version", "statement", "entity").agg(pl.col("redactions").sum(), tenants),
        durations=durations.group_by(t, "function", "bucket").agg(pl.col("n").sum()),
        slow=bounded.group_by(t, "function", "version").agg(slow, pl.col("n").sum().alias("timed")),
        actors=_actors(rows, day, t),
        unnamed=counts.filter(~named).group_by(t).agg(pl.col("records").sum()),
    )
    return _Frames(*rows.collect(queries))


_MOST: Final = ("hour_records", "hour_objects")
_TOUCHED: Final = (pl.col("object") != 0).sum().cast(pl.Int64).alias("objects")
"""Expects rows that have each object once: counting these is faster than a unique count per group."""


def _acts(rows: Rows, day: date, t: pl.Expr, which: pl.Expr | None = None) -> pl.LazyFrame:
    """Returns the actions of persons on a day, by the hour: one row for each object."""
    pairs = _of(rows, day, "actor", ["hour", "tenant", "prints", "counts"], which).explode("prints", "counts")
    split = pairs.select(
        t,
        "tenant",
        (pl.col("prints") // (1 << 32)).alias("actor"),
        (pl.col("prints") % (1 << 32)).alias("object"),
        pl.col("counts").alias("records"),
    )
    return split.group_by("t", "tenant", "actor", "object").agg(pl.col("records").sum())


def _actors_within(rows: Rows, day: date, grid: datetime, start: datetime, end: datetime) -> pl.DataFrame:
    """The most of an hour of a period, for each person of a day."""
    t = (pl.col("hour") - pl.lit(grid)).dt.total_hours().cast(pl.Int32).alias("t")
    acts = _acts(rows, day, t, pl.col("hour").is_between(start, end, closed="left"))
    hourly = acts.group_by("t", "tenant", "actor").agg(pl.col("records").sum(), _TOUCHED)
    most = hourly.group_by("tenant", "actor").agg(
        pl.col("records").max().alias("hour_records_within"), pl.col("objects").max().alias("hour_objects_within")
    )
    (found,) = rows.collect([most.with_columns(pl.lit(day).alias("day"))])
    return found


def _actors(rows: Rows, day: date, t: pl.Expr) -> pl.LazyFrame:
    who = ["tenant", "actor"]
    acts = _acts(rows, day, t)
    hourly = acts.group_by("t", *who).agg(pl.col("records").sum(), _TOUCHED)
    daily = acts.select(*who, "object").unique().group_by(who).agg(_TOUCHED)
    most = hourly.group_by(who).agg(
        pl.col("records").sum(),
        pl.len().cast(pl.Int64).alias("hours"),
        pl.col("records").max().alias("hour_records"),
        pl.col("objects").max().alias("hour_objects"),
        pl.col("t").min().alias("first_t"),
        pl.col("t").max().alias("last_t"),
    )
    joined = daily.join(most, on=who).with_columns(pl.lit(day).alias("day"))
    return joined.select("day", *who, "records", "objects", "hours", "hour_records", "hour_objects", "first_t", "last_t")


_COUNTED = {name: pl.Int64() for name in NUMBERS}
EMPTY: Final = _Frames(
    functions=pl.DataFrame(schema={"t": pl.Int32, "function": pl.String, "module": pl.String, "version": pl.String, **_COUNTED}),
    tenants=pl.DataFrame(schema={"t": pl.Int32, "tenant": pl.String, **_COUNTED}),
    large=pl.DataFrame(schema={"t": pl.Int32, "function": pl.String, "tenant": pl.String, "records": pl.Int64}),
    signatures=pl.DataFrame(
        schema={"t": pl.Int32, "function": pl.String, "signature": pl.String, "errors": pl.Int64, "tenants": pl.Int64}
    ),
    statements=pl.DataFrame(
        schema={
            "t": pl.Int32,
            "function": pl.String,
            "version": pl.String,
            "statement": pl.String,
            "entity": pl.String,
            "redactions": pl.Int64,
            "tenants": pl.Int64,
        }
    ),
    durations=pl.DataFrame(schema={"t": pl.Int32, "function": pl.String, "bucket": pl.Int32, "n": pl.Int64}),
    slow=pl.DataFrame(schema={"t": pl.Int32, "function": pl.String, "version": pl.String, "slow": pl.Int64, "timed": pl.Int64}),
    actors=pl.DataFrame(
        schema={
            "day": pl.Date,
            "tenant": pl.String,
            "actor": pl.Int64,
            **dict.fromkeys(("records", "objects", "hours", "hour_records", "hour_objects"), pl.Int64),
            "first_t": pl.Int32,
            "last_t": pl.Int32,
        }
    ),
    unnamed=pl.DataFrame(schema={"t": pl.Int32, "records": pl.Int64}),
)
