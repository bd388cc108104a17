"""Repairs a store with files that are torn or missing: drops them, and says which hours must be ingested again.

A torn entry of the log is replaced by one that changes nothing; a torn checkpoint is removed, because the entries say the same.
A torn data file is taken out of the table in a commit. Where it came from merging the rows of a day, and the files that it
replaced are still there, they are put back: then nothing is lost. The commit says that the store was repaired, so marks that were
set before (`logscrub.metrics.store.Mark`) do not hold any more, and `nightly` reads all its files again.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import polars as pl

from logscrub.errors import InputError, OutputError
from logscrub.metrics import durability
from logscrub.metrics import store as stores
from logscrub.metrics.durability import Log
from logscrub.metrics.location import exists, is_of_libraries, local_folder, told

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

Actions = list[dict[str, Any]]
"""The actions of one entry of the log."""

_MOST_RACES: Final = 50
_SLACK: Final = timedelta(minutes=1)
"""The difference that the times of files and those in the log may have."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Hours of which some records were dropped."""

    day: date | None
    """The day of its records; None for records without a time."""
    first: datetime | None = None
    """The first hour; None where only the day is known."""
    last: datetime | None = None
    """The last hour, included."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """The result of a repair."""

    files: int = 0
    """Data files that were torn or missing, and are dropped."""
    put_back: int = 0
    """Files that were put back in the place of some of these."""
    entries: int = 0
    """Entries and checkpoints of the log that were torn."""
    lost: tuple[Lost, ...] = ()
    since: datetime | None = None
    """When the last entry before torn ones was written. Records ingested later may be lost without a trace."""


def repair(url: str) -> Repaired:
    """Repairs a store. In an object store, data files that are missing are dropped, and nothing else is looked for.

    Doing it again changes nothing. Raises InputError where too little is left of the store, OutputError.
    """
    if not exists(url):
        raise InputError(f"{url}: there is no store")
    folder = local_folder(url)
    torn_log = _TornLog() if folder is None else _mend_log(url, folder)
    for _ in range(_MOST_RACES):
        table = stores.open_table(url)
        stores.store_of(url, table)
        with told(url):
            files = _data_files(table)
            plan = _Plan(files, folder, _torn_data(table, folder, files))
            if folder is not None and torn_log.entries:
                plan.lost += _unnamed(folder, files, torn_log.since)
        found = len(torn_log.entries) + len(torn_log.checkpoints) + torn_log.hint
        if not plan.torn and not found:
            return Repaired()
        if stores.commit(url, table, stores.REPAIRS, plan.actions()) is not None:
            lost = sorted(set(plan.lost), key=lambda each: (str(each.day), str(each.first), str(each.last)))
            return Repaired(len(plan.torn), len(plan.put_back), found, tuple(lost), torn_log.since)
    raise OutputError(f"{url}: other runs wrote to it all the time; try again later")


# -- the log ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _TornLog:
    """The torn entries of the log."""

    checkpoints: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    hint: bool = False
    """True if the newest checkpoint is said to be one that is missing."""
    since: datetime | None = None
    """When the last entry before the first torn one was written."""


def _mend_log(url: str, folder: Path) -> _TornLog:
    """Replaces torn entries by such that change nothing, and removes torn checkpoints.

    Raises InputError where the rest does not say what the table is, OutputError.
    """
    with told(url):
        log = durability.read_log(folder)
        torn = _torn_log(log)
        whole = Log(log.folder, log.entries, {v: files for v, files in log.checkpoints.items() if v not in torn.checkpoints})
        begins_whole = bool(whole.checkpoints) or (0 in log.entries and 0 not in torn.entries)
    if not begins_whole:
        raise InputError(
            f"{url}: the beginning of its log is lost, and with it what the table is; restore the folder from a backup, "
            "or move it away, and ingest the logs into a new one"
        )
    with told(url, writes=True):
        if torn.checkpoints or torn.hint:
            (log.folder / durability.LAST_CHECKPOINT).unlink(missing_ok=True)
        for version in torn.checkpoints:
            for file in log.checkpoints[version]:
                file.unlink(missing_ok=True)
        for version in torn.entries:
            _replace_entry(log.folder / f"{version:020}.json")
        durability.sync(log.folder)
    return torn


def _torn_log(log: Log) -> _TornLog:
    checkpoints = tuple(v for v, files in log.checkpoints.items() if not all(_can_be_read(file) for file in files))
    whole = Log(log.folder, log.entries, {v: files for v, files in log.checkpoints.items() if v not in checkpoints})
    entries = tuple(durability.torn_entries(whole))
    before = [entry for version, entry in log.entries.items() if entries and version < entries[0]]
    times = [made for entry in before if (made := _made(entry)) is not None]
    return _TornLog(checkpoints, entries, durability.hint_fails(log.folder.parent), max(times, default=None))


def _made(entry: Path) -> datetime | None:
    """When an entry was written, as it says itself."""
    for action in durability.actions(entry) or []:
        if "commitInfo" in action and isinstance(moment := action["commitInfo"].get("timestamp"), int):
            return datetime.fromtimestamp(moment / 1000, UTC)
    return None


def _replace_entry(entry: Path) -> None:
    nothing = {"commitInfo": {"timestamp": time.time_ns() // 1_000_000, "operation": "REPAIR", "operationParameters": {}}}
    beside = entry.with_suffix(".json.tmp")
    beside.write_bytes(orjson.dumps(nothing) + b"\n")
    durability.sync(beside)
    beside.replace(entry)


# -- the data -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _DataFile:
    """A data file of the table, as the log has it."""

    path: str
    size: int
    day: date | None
    first: datetime | None
    last: datetime | None

    @property
    def lost(self) -> Lost:
        return Lost(self.day, self.first, self.last)

    def removal(self) -> RemoveAction:
        from deltalake.transaction import RemoveAction

        day = None if self.day is None else self.day.isoformat()
        return RemoveAction(self.path, True, time.time_ns() // 1_000_000, self.size, {"day": day})


def _data_files(table: DeltaTable) -> dict[str, _DataFile]:
    frame = pl.DataFrame(table.get_add_actions(flatten=True))
    columns = {"path": "path", "size": "size_bytes", "day": "partition.day", "first": "min.hour", "last": "max.hour"}
    known = [pl.col(there).alias(here) if there in frame.columns else pl.lit(None).alias(here) for here, there in columns.items()]
    return {row[0]: _DataFile(*row) for row in frame.select(known).cast({"day": pl.Date}).iter_rows()}


def _torn_data(table: DeltaTable, folder: Path | None, files: Mapping[str, _DataFile]) -> list[str]:
    """The data files that are missing; in a folder also those that cannot be read to their end."""
    if folder is None:
        return sorted(table.repair(dry_run=True)["files_removed"])
    sizes = {path: file.size for path, file in files.items()}
    return [path for path, size in sizes.items() if not _can_be_read(durability.place_of(folder, path), size)]


def _can_be_read(file: Path, size: int | None = None) -> bool:
    """True if a Parquet file is whole: it is read to its end. Raises OSError."""
    if durability.is_torn(file, size):
        return False
    try:
        pl.scan_parquet(file, hive_partitioning=False).select(pl.all().drop_nulls().len()).collect(engine="streaming")
    except BaseException as error:
        if isinstance(error, OSError) or not is_of_libraries(error):
            raise
        return False
    return True


class _Plan:
    """A plan for torn data files."""

    def __init__(self, files: Mapping[str, _DataFile], folder: Path | None, torn: Collection[str]) -> None:
        self.torn = torn
        self.put_back: dict[str, AddAction] = {}
        self.lost: list[Lost] = []
        self._files = files
        self._dropped: dict[str, None] = {}
        history = [] if folder is None else list(_history(folder))
        for path in torn:
            if path in self._dropped:
                continue
            made, replaced = _merged_from(folder, history, path) if folder is not None else ([], {})
            if replaced:
                # files of that commit that are whole hold the same records as those that come back
                self._dropped |= dict.fromkeys(each for each in made if each in files)
                self.put_back |= {each: action for each, action in replaced.items() if each not in files}
            else:
                self._dropped[path] = None
                self.lost.append(files[path].lost)

    def actions(self) -> list[AddAction | RemoveAction]:
        """The changes of a commit that repairs them."""
        return [*(self._files[path].removal() for path in self._dropped), *self.put_back.values()]


def _history(folder: Path) -> Iterator[Actions]:
    """The entries of the log that there are, the newest first."""
    log = durability.read_log(folder)
    for version in sorted(log.entries, reverse=True):
        yield durability.actions(log.entries[version]) or []


def _merged_from(folder: Path, history: list[Actions], path: str) -> tuple[list[str], dict[str, AddAction]]:
    """The files that were made with one, and those that they replaced, where these are all whole; else nothing."""
    for entry in history:
        made = {a["add"]["path"]: a["add"] for a in entry if "add" in a}
        if path in made:
            break
    else:
        return [], {}
    day = made[path]["partitionValues"]
    replaced = [a["remove"] for a in entry if "remove" in a and a["remove"].get("partitionValues") == day]
    if not all(_can_be_read(durability.place_of(folder, each["path"]), each.get("size")) for each in replaced):
        return [], {}
    siblings = [each for each, add in made.items() if add["partitionValues"] == day]
    return siblings, {each["path"]: _addition(folder, each["path"], day) for each in replaced}


def _addition(folder: Path, path: str, partition: dict[str, str | None]) -> AddAction:
    """Adds a file to the table again."""
    from deltalake.transaction import AddAction

    file = durability.place_of(folder, path)
    status = file.stat()
    rows = pl.scan_parquet(file, hive_partitioning=False).select(pl.len()).collect().item()
    stats = orjson.dumps({"numRecords": rows}).decode()
    return AddAction(path, status.st_size, partition, status.st_mtime_ns // 1_000_000, True, stats)


def _unnamed(folder: Path, files: Collection[str], since: datetime | None) -> Iterator[Lost]:
    """The hours of data files that no entry of the log names, and that were written when those were that are lost."""
    named = set(files)
    for entry in _history(folder):
        named |= {action[kind]["path"] for action in entry for kind in ("add", "remove") if kind in action}
    from_then = 0.0 if since is None else (since - _SLACK).timestamp()
    for file in folder.glob("day=*/*.parquet"):
        if f"{file.parent.name}/{file.name}" not in named and file.stat().st_mtime >= from_then:
            yield _hours_in(file)


def _hours_in(file: Path) -> Lost:
    try:
        day = date.fromisoformat(file.parent.name.removeprefix("day="))
    except ValueError:  # of records without a time
        return Lost(None)
    if not _can_be_read(file):
        return Lost(day)
    hour = pl.col("hour")
    hours = pl.scan_parquet(file, hive_partitioning=False).select(hour.min().alias("first"), hour.max().alias("last"))
    return Lost(day, *hours.collect().row(0))
