"""Keeps the rows of rollups in a store: one Delta Lake table (https://github.com/delta-io/delta, PROTOCOL.md).

A commit adds all that one run found new, with the fingerprints of its records, or nothing. A run that is killed leaves files that
no version of the table names. Versions keep simultaneous runs apart: each run computes what is new against a version. Its commit
fails if another one came first, and the run computes again. So no record is counted twice, however often it is read.
In a folder, a commit is synced to the disk before it is reported as done (`logscrub.metrics.durability`).

Partitions are days (UTC); an old day is dropped as a whole. Rows of several commits for one cell stand side by side until
`compact` merges them. Readers merge them too.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import polars as pl

from logscrub.errors import InputError, OutputError, UsageError
from logscrub.metrics import durability
from logscrub.metrics.location import exists, local_folder, make_folder, refuse_other_folder, storage_options
from logscrub.metrics.location import told as told
from logscrub.metrics.rollup import CONTENT, KEYS, LISTS, SCHEMA, TOTALLED, merge, totals

if TYPE_CHECKING:
    from deltalake import DeltaTable, PostCommitHookProperties, WriterProperties
    from deltalake import Schema as DeltaSchema
    from deltalake.transaction import AddAction, RemoveAction

VERSION: Final = 3
"""The version of the schema. An older logscrub cannot read or merge a newer one. 2: rows of the kind `actor`. 3: one row of
totals has all tenants of a cell."""
_DESCRIPTION = re.compile(r"logscrub metrics, schema (?P<version>\d+), key (?P<key>[0-9a-f]{16})")
_MOST_RACES = 50
"""The number of times that a commit is tried again because others came first."""
_LONGEST_WAIT: Final = 2.0
"""Seconds between two such tries, at most."""
_KEPT_HOURS: Final = 24
"""The time for which files are kept that no version names: longer than any run takes that is about to commit them."""
NO_DAY: Final = "no day"
"""Stands for the day of records without a time."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store that exists."""

    url: str
    """A folder, or an address in an object store (`s3://bucket/name`)."""
    key_id: str
    """The id of the key of its pseudonyms."""

    def table(self) -> DeltaTable:
        """The newest version."""
        return open_table(self.url)


def open_store(url: str) -> Store:
    """A store. Raises InputError where there is none, one of another make or of a newer logscrub, or one with torn files."""
    _refuse_torn_log(url)
    table = open_table(url)
    store = store_of(url, table)
    _refuse_torn_files(url, table)
    return store


def store_of(url: str, table: DeltaTable) -> Store:
    """The store that a table is. Raises InputError where it is one of another make, or of a newer logscrub."""
    told = _DESCRIPTION.fullmatch(table.metadata().description or "")
    if told is None:
        raise InputError(f"{url}: is a Delta Lake table, but no store of logscrub; choose another --store")
    version = int(told["version"])
    if version > VERSION:
        raise InputError(f"{url}: was written by a newer logscrub (schema {version}, this one knows {VERSION}); update logscrub")
    return Store(url, told["key"])


def open_or_make(url: str, key_id: str) -> Store:
    """A store under that key, made if there is none. Raises UsageError where it is under another key, OutputError, InputError."""
    from deltalake import DeltaTable
    from deltalake.exceptions import CommitFailedError

    if not exists(url):
        refuse_other_folder(url)
        make_folder(url)
        with told(url, writes=True):
            with suppress(CommitFailedError):  # another run has just made it
                DeltaTable.create(
                    url,
                    schema=_schema(),
                    mode="ignore",
                    partition_by=["day"],
                    description=_description(VERSION, key_id),
                    # old versions of the table's own log are of no use here
                    configuration={"delta.logRetentionDuration": "interval 7 days"},
                    storage_options=storage_options(),
                )
            _make_durable(url, 0)
    store = open_store(url)
    refuse_other_key(store, key_id)
    _migrate(store)
    return store


def refuse_other_key(store: Store, key_id: str) -> None:
    """Raises UsageError where a store is under another key."""
    if store.key_id != key_id:
        raise UsageError(
            f"{store.url}: its pseudonyms are made with another key (id {store.key_id}, given {key_id}); "
            "use that key, or another --store"
        )


def _make_durable(url: str, first: int, table: DeltaTable | None = None) -> None:
    """Waits until the commits from a version on are on the disk; an object store has them by then. Raises OSError.

    Entries that a new checkpoint replaces are removed only then.
    """
    folder = local_folder(url)
    if folder is not None and durability.sync_commits(folder, first) and table is not None:
        table.cleanup_metadata()


def _hooks(url: str) -> PostCommitHookProperties:
    """Settings of the library's work after a commit. In a folder, entries stay until their checkpoint is durable."""
    from deltalake import PostCommitHookProperties

    return PostCommitHookProperties(cleanup_expired_logs=None if local_folder(url) is None else False)


def _migrate(store: Store) -> None:
    """Brings a store of an older version up to this one: columns that are new since then are added, in one commit each."""
    from deltalake import CommitProperties
    from deltalake.exceptions import CommitFailedError

    for _ in range(_MOST_RACES):
        table = store.table()
        description = _description(VERSION, store.key_id)
        has = {field.name for field in table.schema().fields}
        new = [field for field in _schema().fields if field.name not in has]
        if not new and table.metadata().description == description:
            return
        first = int(table.version()) + 1
        with told(store.url, writes=True):
            once, hooks = CommitProperties(max_commit_retries=0), _hooks(store.url)
            try:
                if new:
                    table.alter.add_columns(new, commit_properties=once, post_commithook_properties=hooks)
                else:
                    table.alter.set_table_description(description, commit_properties=once, post_commithook_properties=hooks)
            except CommitFailedError:
                continue
            _make_durable(store.url, first, table)
    raise OutputError(f"{store.url}: other runs wrote to it all the time; try again later")


def _description(version: int, key_id: str) -> str:
    return f"logscrub metrics, schema {version}, key {key_id}"


@dataclass(slots=True)
class Seen:
    """The fingerprints of some hours as of a version of the table: a further commit need not read what the last one wrote."""

    version: int = -1
    hours: frozenset[datetime | None] = frozenset()
    prints: pl.DataFrame = field(default_factory=pl.DataFrame)
    """`hour` and `prints`, a row each."""


def add(
    store: Store, counted: Callable[[pl.DataFrame], pl.DataFrame], hours: Sequence[datetime | None], seen: Seen | None = None
) -> int:
    """Commits what is new. Returns the version of the table.

    `counted` gets the fingerprints of the store for these hours (`hour`, `prints`), and returns the rollup of what is not among
    them; it is called again where another run committed meanwhile. `seen`: kept from commit to commit. Once it returns, what was
    committed survives a power cut. Raises OutputError; then the store is as it was.
    """
    from deltalake import CommitProperties, write_deltalake
    from deltalake.exceptions import CommitFailedError

    seen = seen or Seen()
    for race in range(_MOST_RACES):
        table = store.table()
        if seen.version != table.version() or not seen.hours.issuperset(hours):
            prints = read(store, table, kinds=("seen",), hours=hours, columns=("hour", "prints")).explode("prints")
            seen.version, seen.hours, seen.prints = int(table.version()), frozenset(hours), prints
        rows = counted(seen.prints)
        if not len(rows):
            return seen.version
        first = int(table.version()) + 1
        with told(store.url, writes=True):
            try:
                write_deltalake(
                    table,
                    rows,
                    mode="append",
                    writer_properties=_writing(),
                    commit_properties=CommitProperties(max_commit_retries=0),
                    post_commithook_properties=_hooks(store.url),
                )
            except CommitFailedError:
                # so that many who failed at one moment do not come again at one moment
                time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.01 * 2**race)))
                continue
            _make_durable(store.url, first, table)
        new = rows.filter(pl.col("kind") == "seen").select("hour", "prints").explode("prints")
        prints = pl.concat([seen.prints, new]).filter(_one_of("hour", hours))
        seen.version, seen.hours, seen.prints = int(table.version()), frozenset(hours), prints
        return seen.version
    raise OutputError(f"{store.url}: other runs wrote to it all the time; try again later")


REPAIRS: Final = "logscrub.repair"
"""The name under which `logscrub.metrics.repair` writes when the store was last repaired, as an application's transaction."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the history of a store. All that was committed before is in the store as long as `is_after` says so.

    It is in the store itself, as an application's transaction, so an older copy of the store does not have it.
    """

    table: str
    """The table's id: another one where the store was made anew."""
    reader: str
    """The name under which the mark is in the store; whoever sets marks has one of its own."""
    moment: int
    """When the mark was set, in microseconds since 1970: what the store has under that name."""
    version: int
    """The version of the table that has it."""
    repaired: int | None
    """When the store was last repaired, in the same unit; None for never."""


def set_mark(store: Store, reader: str) -> Mark:
    """Commits a mark, durably, in the place of the reader's last one. Raises OutputError, InputError."""
    for _ in range(_MOST_RACES):
        table = store.table()
        version, repaired = int(table.version()) + 1, table.transaction_version(REPAIRS)
        moment = commit(store.url, table, reader)
        if moment is not None:
            return Mark(str(table.metadata().id), reader, moment, version, repaired)
    raise OutputError(f"{store.url}: other runs wrote to it all the time; try again later")


def commit(
    url: str,
    table: DeltaTable,
    name: str,
    actions: Sequence[AddAction | RemoveAction] = (),
    *,
    number: int | None = None,
) -> int | None:
    """Commits changes of data files as the next version, durably, with a transaction of that name. `table` is not changed.

    Returns its number, without one that is given the time in microseconds since 1970; None where another run committed first.
    Raises OutputError.
    """
    from deltalake import CommitProperties, Transaction
    from deltalake.exceptions import CommitFailedError

    first = int(table.version()) + 1
    moment = max(time.time_ns() // 1000, (table.transaction_version(name) or 0) + 1) if number is None else number
    with told(url, writes=True):
        try:
            table.create_write_transaction(
                list(actions),
                "append",
                table.schema(),
                partition_by=["day"],
                commit_properties=CommitProperties(max_commit_retries=0, app_transactions=[Transaction(name, moment)]),
                post_commithook_properties=_hooks(url),
            )
        except CommitFailedError:
            return None
        _make_durable(url, first, table)
    return moment


def is_after(store: Store, mark: Mark) -> bool:
    """True if a store has all that it had at a mark, but for days that were pruned: later commits only add to it.

    False where the store was made anew, restored from an older copy, set back to an older version, or repaired since.
    Raises InputError.
    """
    table = store.table()
    with told(store.url):
        if str(table.metadata().id) != mark.table or table.version() < mark.version:
            return False
        if (table.transaction_version(mark.reader), table.transaction_version(REPAIRS)) != (mark.moment, mark.repaired):
            return False
        return not any(c["operation"] == "RESTORE" for c in table.history() if c["version"] > mark.version)


def read(
    store: Store,
    table: DeltaTable | None = None,
    *,
    kinds: Sequence[str] = (),
    days: Sequence[date | None] | None = None,
    hours: Sequence[datetime | None] | None = None,
    columns: Sequence[str] = (),
) -> pl.DataFrame:
    """Rows of the store, as they were committed: several may be of one cell.

    `days`, `hours`: only these. Raises InputError.
    """
    with told(store.url):
        frame = scan(store, table)
        if kinds:
            frame = frame.filter(pl.col("kind").is_in(list(kinds)))
        if hours is not None:
            frame = frame.filter(_one_of("hour", hours))
            days = list({None if hour is None else hour.date() for hour in hours})
        if days is not None:
            frame = frame.filter(_one_of("day", days))
        return frame.select(list(columns or SCHEMA)).collect()


def _one_of(column: str, values: Sequence[date | None]) -> pl.Expr:
    wanted = pl.col(column).is_in(pl.Series([v for v in values if v is not None], dtype=SCHEMA[column]).implode())
    return wanted | pl.col(column).is_null() if None in values else wanted


def scan(store: Store, table: DeltaTable | None = None) -> pl.LazyFrame:
    """All rows, lazily. What an older version did not know is null."""
    frame = pl.scan_delta(table or store.table())
    has = frame.collect_schema().names()
    return frame.with_columns(pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in has).cast(SCHEMA)


def days_of(store: Store, table: DeltaTable | None = None) -> dict[date | None, tuple[int, int]]:
    """Each day that the store has: how many files it has, and their bytes."""
    with told(store.url):
        actions = pl.DataFrame((table or store.table()).get_add_actions(flatten=True))
    found: dict[date | None, tuple[int, int]] = {}
    if "partition.day" not in actions.columns:
        return found
    for day, size in actions.select(pl.col("partition.day").cast(pl.Date), "size_bytes").iter_rows():
        files, total = found.get(day, (0, 0))
        found[day] = (files + 1, total + size)
    return found


def days_between(store: Store, table: DeltaTable, since: date | None, until: date | None) -> list[date | None]:
    """The days that the store has, from one and up to one, it included; without either, also that of records without a time."""
    every = days_of(store, table)
    named = sorted(day for day in every if day is not None and (since or day) <= day <= (until or day))
    return [*named, None] if None in every and since is None and until is None else [*named]


def of_days(store: Store, table: DeltaTable, days: Sequence[date | None], columns: Sequence[str], which: pl.Expr) -> pl.LazyFrame:
    """Rows of some days, lazily. Collect them within `told`."""
    return scan(store, table).filter(_one_of("day", days), which).select(list(columns))


def pairs(store: Store, table: DeltaTable, days: Sequence[date | None], columns: Sequence[str], which: pl.Expr) -> pl.DataFrame:
    """The combinations of these columns that occur, each once."""
    with told(store.url):
        frame = scan(store, table).filter(_one_of("day", days), which).select(list(dict.fromkeys(columns)))
        return frame.unique().collect(engine="streaming")


def added_up(store: Store, table: DeltaTable, days: Sequence[date | None], columns: Sequence[str] = ()) -> pl.DataFrame:
    """The totals of tenants of the days of which all that coarse questions need was added up when they were compacted, and
    nothing came to since: `day`, `prints` and these columns. Every such day has some. Raises InputError.
    """
    alone = [day for day, (files, _) in days_of(store, table).items() if files == 1 and day in days]
    of_tenants = pl.col("kind").eq("total") & pl.col("what").eq("tenants")
    is_told = pl.col("prints").is_not_null()  # totals of before version 3 are of no use
    with told(store.url):
        found = of_days(store, table, alone, list(dict.fromkeys(("day", "prints", *columns))), of_tenants)
        return found.filter(is_told).collect()


def sums(
    store: Store, table: DeltaTable, days: Sequence[date | None], columns: Sequence[str], number: str, which: pl.Expr
) -> pl.DataFrame:
    """Returns the distinct values of columns on these days, each with the sum of a number."""
    keys = list(dict.fromkeys(columns))
    with told(store.url):
        frame = scan(store, table).filter(_one_of("day", days), which)
        return frame.group_by(keys).agg(pl.col(number).sum()).collect(engine="streaming")


def compact(store: Store) -> int:
    """Merges the rows of each day that has several files, or was not added up yet. Returns how many days were rewritten.

    Each day is one commit: readers see the old rows or the new ones. What the rows add up to (`totals`) comes with them, and is
    of use as long as that file is the day's only one. Raises OutputError, InputError.
    """
    _migrate(store)
    rewritten = 0
    table = store.table()
    days = list(days_of(store, table))
    done = set(added_up(store, table, days)["day"].to_list())
    for day in sorted((day for day in days if day not in done), key=str):
        for _ in range(_MOST_RACES):
            table = store.table()
            if day not in days_of(store, table):  # another run dropped it
                break
            try:
                is_done = _overwrite(store, table, day, _merged(store, table, day))
            except (InputError, OutputError):
                if store.table().version() == table.version():
                    raise
                continue  # another run has replaced or dropped what was being read
            if is_done:
                rewritten += 1
                break
        else:
            raise OutputError(f"{store.url}: other runs wrote to it all the time; try again later")
    return rewritten


def _merged(store: Store, table: DeltaTable, day: date | None) -> Iterator[pl.DataFrame]:
    """The rows of a day, merged, one kind after the other, so that readers can pass over those that they do not need."""
    hours = read(store, table, days=[day], columns=("hour",))["hour"].unique().sort().to_list()
    added = []
    for kind, content in CONTENT.items():
        for hour in hours:
            rows = read(store, table, kinds=(kind,), days=[day], hours=[hour], columns=(*KEYS, *content))
            part = merge([rows.with_columns(pl.lit(None, t).alias(n) for n, t in SCHEMA.items() if n not in rows.columns)])
            if kind in TOTALLED:
                added.append(totals(part))
            yield part
    yield pl.concat(added).sort(KEYS, nulls_last=False)


def _overwrite(store: Store, table: DeltaTable, day: date | None, parts: Iterator[pl.DataFrame]) -> bool:
    """Puts rows in the place of a day's; False where another run committed first."""
    from arro3.core import RecordBatchReader, Table
    from deltalake import CommitProperties, write_deltalake
    from deltalake.exceptions import CommitFailedError

    predicate = "day IS NULL" if day is None else f"day = '{day.isoformat()}'"
    first = int(table.version()) + 1
    with told(store.url, writes=True):
        try:
            schema = Table.from_arrow(pl.DataFrame(schema=SCHEMA)).schema
            batches = (batch for part in parts for batch in Table.from_arrow(part.rechunk()).to_batches())
            write_deltalake(
                table,
                RecordBatchReader.from_batches(schema, batches),
                mode="overwrite",
                predicate=predicate,
                writer_properties=_writing(),
                commit_properties=CommitProperties(max_commit_retries=0),
                post_commithook_properties=_hooks(store.url),
            )
        except CommitFailedError:
            return False
        _make_durable(store.url, first, table)
    return True


def merge_from(store: Store, *others: Store) -> int:
    """Adds what other stores have counted, day by day: one commit for a day of all of them. Returns how many days were added.

    What a run committed for a day is a whole by itself: it is passed over where the store, or another of these, has all of its
    records. So stores may overlap by what was read into both, and a merge that broke off goes on when it is begun again. A day
    that was compacted is one whole.

    Raises UsageError where the stores are under different keys, or where some records of such a whole are elsewhere too: then
    they cannot be told apart any more.
    """
    for other in others:
        if other.key_id != store.key_id:
            raise UsageError(
                f"{other.url}: its pseudonyms are made with another key than those of {store.url}; they cannot be merged"
            )
    wholes: dict[date | None, list[tuple[Store, list[str]]]] = {}
    for other in others:
        for day, paths in _wholes(other):
            wholes.setdefault(day, []).append((other, paths))
    return sum(_merge_day(store, wholes[day]) for day in sorted(wholes, key=str))


_AT_ONCE: Final = 16
"""Rollups that are merged to one at a time, and such ones again."""
_FILE: Final = re.compile(r"part-\d+-(.+)")
"""The name of a data file: files that were written at once for a day differ by the number alone."""


def _merge_day(store: Store, files: Sequence[tuple[Store, list[str]]]) -> bool:
    """Adds what was committed to other stores for one day. Returns whether there was anything new."""
    wholes = []
    for other, paths in files:
        rows = pl.concat([_rows_of(other, path) for path in paths])
        prints = rows.filter(pl.col("kind") == "seen").select("hour", "prints").explode("prints")
        wholes.append((other, rows, prints))
    wholes.sort(key=lambda each: -len(each[2]))  # so that what another has too comes behind it
    hours = list({hour for _, _, prints in wholes for hour in prints["hour"].unique()})
    added = False

    def what_is_new(seen: pl.DataFrame) -> pl.DataFrame:
        nonlocal added
        chosen, known = [], pl.concat([wholes[0][2].clear(), seen.select("hour", "prints")], how="vertical_relaxed")
        for other, rows, prints in wholes:
            before = len(prints.join(known, on=["hour", "prints"], how="semi", nulls_equal=True))
            if not before:
                chosen.append(rows)
                known = pl.concat([known, prints])
            elif before < len(prints):
                day = rows["day"][0] or NO_DAY
                raise UsageError(
                    f"{other.url}: {before:,} of {len(prints):,} records of {day} that came in at once are in {store.url} too, "
                    "or in another of these stores; ingest their logs into it instead"
                )
        added = bool(chosen)
        return _as_one(chosen)

    add(store, what_is_new, hours)
    return added


def _as_one(rollups: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The merged rollup of any number, a few at a time."""
    every = list(rollups)
    while len(every) > _AT_ONCE:
        every = [merge(every[start : start + _AT_ONCE]) for start in range(0, len(every), _AT_ONCE)]
    return merge(every)


def _wholes(store: Store) -> list[tuple[date | None, list[str]]]:
    """The files of the newest version: those that were written at once for a day, with that day."""
    with told(store.url):
        actions = pl.DataFrame(store.table().get_add_actions(flatten=True))
    found: dict[tuple[date | None, str], list[str]] = {}
    if "partition.day" not in actions.columns:
        return []
    for day, path in actions.select(pl.col("partition.day").cast(pl.Date), "path").sort("path").iter_rows():
        name = _FILE.fullmatch(path.rpartition("/")[2])
        found.setdefault((day, "" if name is None else name[1]), []).append(path)
    return [(day, paths) for (day, _), paths in found.items()]


def _rows_of(store: Store, path: str) -> pl.DataFrame:
    """The rows of one file, without those that only add others up. What an older version did not know is null."""
    folder = local_folder(store.url)
    where = f"{store.url.rstrip('/')}/{path}" if folder is None else str(folder / unquote(path))
    with told(store.url):
        options = storage_options() if folder is None else None
        rows = pl.read_parquet(where, storage_options=options, hive_partitioning=False, glob=False)
    missing = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in rows.columns and name != "day"]
    rows = rows.with_columns(missing).with_columns(pl.col("hour").dt.date().alias("day"))
    return rows.select(list(SCHEMA)).cast(SCHEMA).filter(pl.col("kind") != "total")


def texts(store: Store) -> list[str]:
    """Every text that the store holds, once, with those that people wrote about findings."""
    from logscrub.anomalies.verdicts import read_verdicts

    columns = [name for name, kind in SCHEMA.items() if kind == pl.String]
    rows = read(store, columns=columns)
    found = {text for name in columns for text in rows[name].unique().to_list() if text}
    return sorted(found | {verdict.why for verdict in read_verdicts(store.url)})


def prune(store: Store, before: date) -> int:
    """Drops the days before that one. Returns how many there were. Their files remain on the disk until `vacuum`.

    Raises OutputError, InputError.
    """
    from deltalake import CommitProperties
    from deltalake.exceptions import CommitFailedError

    for _ in range(_MOST_RACES):
        table = store.table()
        old = [day for day in days_of(store, table) if day is not None and day < before]
        if not old:
            return 0
        first = int(table.version()) + 1
        with told(store.url, writes=True):
            try:
                table.delete(
                    f"day < '{before.isoformat()}'",
                    commit_properties=CommitProperties(max_commit_retries=0),
                    post_commithook_properties=_hooks(store.url),
                )
            except CommitFailedError:
                continue
            _make_durable(store.url, first, table)
        return len(old)
    raise OutputError(f"{store.url}: other runs wrote to it all the time; try again later")


def vacuum(store: Store, *, dropped: bool = False) -> int:
    """Removes files that no version of the last day needs. Returns how many.

    `dropped`: also those that a version of the last day needs, but not the newest. Files that no version names yet stay: another
    run may be about to commit them.
    """
    folder = local_folder(store.url)
    with told(store.url, writes=True):
        table = store.table()
        first = int(table.version())
        removed: list[str] = []
        for hours, every in ((0, False), (_KEPT_HOURS, True)) if dropped else ((_KEPT_HOURS, True),):
            removed += table.vacuum(
                retention_hours=hours,
                enforce_retention_duration=False,
                dry_run=False,
                full=every,
                post_commithook_properties=_hooks(store.url),
            )
        if folder is None or table.version() not in durability.read_log(folder).checkpoints:
            table.create_checkpoint()
        _make_durable(store.url, first)
        table.cleanup_metadata()
    return len(removed)


def last_day_kept(days: int, today: date) -> date:
    """The first day that is kept where so many are, today included."""
    return today - timedelta(days=days - 1)


def open_table(url: str) -> DeltaTable:
    """The newest version of a table. Raises InputError."""
    from logscrub.metrics.table import Table

    if not exists(url):
        raise InputError(f"{url}: there is no store; make one with: logscrub ingest … --store {url}")
    with told(url):
        return Table(url)


def _refuse_torn_log(url: str) -> None:
    """Raises InputError where the table's log is torn: readers would fail, or pass over an entry without a word."""
    folder = local_folder(url)
    if folder is None:
        return
    with told(url):
        # looked at again where anything is torn: another run may have been writing
        names = durability.torn_in_log(folder) and durability.torn_in_log(folder)
    if names:
        raise _torn(url, names)


def _refuse_torn_files(url: str, table: DeltaTable) -> None:
    """Raises InputError where data files of the table are missing or torn."""
    torn = torn_files(url, table)
    if torn:  # another run may have removed a day since
        torn = torn_files(url, open_table(url))
    if torn:
        raise _torn(url, [Path(path).name for path in torn])


def torn_files(url: str, table: DeltaTable) -> list[str]:
    """The data files of a table in a folder that are missing, or do not end as they should."""
    folder = local_folder(url)
    if folder is None:
        return []
    with told(url):
        files = pl.DataFrame(table.get_add_actions(flatten=True)).select("path", "size_bytes")
        return durability.torn_files(folder, files.iter_rows())


def _torn(url: str, names: Sequence[str]) -> InputError:
    what = f"{names[0]} is torn" if len(names) == 1 else f"{len(names)} files are torn ({names[0]}, …)"
    return InputError(
        f"{url}: cannot read the store: {what}, as a power cut leaves it; restore the folder from a backup, "
        f"or drop what is torn with: logscrub store repair --store {url}"
    )


def _schema() -> DeltaSchema:
    """The table's schema, in the terms of Delta Lake."""
    from deltalake import Field, Schema
    from deltalake.schema import ArrayType, PrimitiveType

    names = {pl.String: "string", pl.Date: "date", pl.Datetime: "timestamp", pl.Int64: "long", pl.Int32: "integer"}

    def of(kind: pl.DataType) -> ArrayType | PrimitiveType:
        if isinstance(kind, pl.List):
            return ArrayType(of(kind.inner), contains_null=True)  # type: ignore[arg-type]
        return PrimitiveType(names[type(kind)])

    return Schema([Field(name, of(kind)) for name, kind in SCHEMA.items()])


_GROUP: Final = 1 << 17
"""Rows of a group in a compacted file: readers pass over groups of kinds that they do not need."""


def _writing() -> WriterProperties:
    """The encoding of files: names by dictionary, lists of numbers by their differences.

    Fingerprints are sorted and random, so their differences take 34 bits instead of 64. What is inside of a list cannot be named
    in these settings; so it is what holds for all, and every other column is named.
    """
    from deltalake import ColumnProperties, WriterProperties

    by_name = ColumnProperties(dictionary_enabled=True, statistics_enabled="CHUNK")
    by_name.encoding = (
        "PLAIN"  # of names, where a dictionary grows too large: without it, what holds for all, which is for numbers
    )
    return WriterProperties(
        compression="ZSTD",
        compression_level=9,
        max_row_group_size=_GROUP,
        default_column_properties=ColumnProperties(
            dictionary_enabled=False, encoding="DELTA_BINARY_PACKED", statistics_enabled="NONE"
        ),
        column_properties={
            name: by_name if kind == pl.String else ColumnProperties(dictionary_enabled=True, statistics_enabled="CHUNK")
            for name, kind in SCHEMA.items()
            if name not in (*LISTS, "day")
        },
    )


def sizes(store: Store) -> Iterable[tuple[str, int, int]]:
    """Each day's name, its files and their bytes, in order."""
    for day, (files, size) in sorted(days_of(store).items(), key=lambda item: str(item[0])):
        yield (NO_DAY if day is None else day.isoformat()), files, size


_MOST_RANGES: Final = 4
"""Ranges of days that a message lists."""


def days_in_words(store: Store) -> str:
    """The days that the store has, for a message: `2026-11-01 to 2026-11-17`; `no day` where it has none. Raises InputError."""
    days = sorted(day for day in days_of(store) if day is not None)
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = ranges[-1][0], day
        else:
            ranges.append((day, day))
    if not ranges:
        return NO_DAY
    if len(ranges) > _MOST_RANGES:
        return f"{len(days):,} days between {days[0]} and {days[-1]}"
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in ranges)
