"""Protection of a store in a folder against power cuts: commits are made durable, and torn files are found.

The library that commits does not fsync. So after each commit its data files are synced, then its entry in the table's log, then
the folders; until then nothing may say that records were counted. A power cut before that leaves files that are missing, empty,
cut short or full of zeros. The layout of the log: https://github.com/delta-io/delta/blob/master/PROTOCOL.md.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import orjson

LOG: Final = "_delta_log"
"""The folder of the table's log, inside the store."""
LAST_CHECKPOINT: Final = "_last_checkpoint"
_ENTRY: Final = re.compile(r"(\d{20})\.json")
_CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint(?:\.[\w.-]+)?\.parquet")
_UNFINISHED: Final = re.compile(r"\d{20}\.json#\d+|_commit_[\w-]+\.json\.tmp")
"""The name that the library writes an entry under before it gives it its own."""
_PARQUET: Final = b"PAR1"
"""The first and the last bytes of a Parquet file; before the last ones stands how long the description of its contents is."""
_NO_SYNC: Final = (errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, errno.ENOTSUP)
"""Errors of systems that cannot sync a folder, or not for this user."""


@dataclass(frozen=True, slots=True)
class Log:
    """The files of a table's log."""

    folder: Path
    entries: Mapping[int, Path]
    """Version of the table → the entry that made it."""
    checkpoints: Mapping[int, tuple[Path, ...]]
    """Version of the table → the files that sum up all entries up to it."""

    def after_checkpoint(self) -> list[int]:
        """The versions that readers take from entries: all after the newest checkpoint, those without an entry included."""
        first = max(self.checkpoints, default=-1) + 1
        return list(range(first, max(self.entries, default=-1) + 1))


def read_log(store: Path) -> Log:
    """Lists the log of a store; both mappings are empty where there is none. Raises OSError."""
    folder = store / LOG
    entries: dict[int, Path] = {}
    checkpoints: dict[int, tuple[Path, ...]] = {}
    try:
        names = sorted(each.name for each in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        names = []
    for name in names:
        if entry := _ENTRY.fullmatch(name):
            entries[int(entry[1])] = folder / name
        elif checkpoint := _CHECKPOINT.fullmatch(name):
            version = int(checkpoint[1])
            checkpoints[version] = (*checkpoints.get(version, ()), folder / name)
    return Log(folder, entries, checkpoints)


def has_log_files(store: Path) -> bool:
    """True if the folder of the log holds more than entries that were never finished. Raises OSError."""
    try:
        return any(not _UNFINISHED.fullmatch(each.name) for each in (store / LOG).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False


def actions(entry: Path) -> list[dict[str, Any]] | None:
    """The actions of an entry, such as `{"add": {…}}`; None where it is missing or torn. Raises OSError."""
    try:
        lines = entry.read_bytes().splitlines()
        found = [orjson.loads(line) for line in lines if line]
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return found if found and all(isinstance(action, dict) for action in found) else None


def torn_entries(log: Log) -> list[int]:
    """The versions whose entry is torn: missing or no JSON where readers need it, or empty anywhere. Raises OSError."""
    needed = log.after_checkpoint()
    torn = {v for v in needed if v not in log.entries or actions(log.entries[v]) is None}
    # readers skip an empty entry without a word, and so may have whoever made the checkpoint after it
    return sorted(torn | {v for v, entry in log.entries.items() if entry.exists() and not entry.stat().st_size})


def torn_checkpoints(log: Log) -> list[int]:
    """The versions of the checkpoints that are torn. Raises OSError."""
    return [v for v, files in log.checkpoints.items() if any(is_torn(file) for file in files)]


def hint_fails(store: Path) -> bool:
    """True if the file that names the newest checkpoint names a missing one. Readers can do without that file, but not then."""
    found = actions(store / LOG / LAST_CHECKPOINT) or [{}]
    version = found[0].get("version")
    return isinstance(version, int) and version not in read_log(store).checkpoints


def torn_in_log(store: Path) -> list[str]:
    """The names of files in the log that are torn or missing, where readers need them. Raises OSError."""
    log = read_log(store)
    newest = max(log.checkpoints, default=-1)
    names = [f"{v:020}.json" for v in torn_entries(log)]
    names += [file.name for v in torn_checkpoints(log) if v == newest for file in log.checkpoints[v]]
    return [*names, *([LAST_CHECKPOINT] if hint_fails(store) else [])]


def torn_files(store: Path, files: Iterable[tuple[str, int]]) -> list[str]:
    """Returns the data files that are missing or torn. `files`: path as the log has it, and size in bytes. Raises OSError."""
    return [path for path, size in files if is_torn(place_of(store, path), size)]


def place_of(store: Path, path: str) -> Path:
    """The file that a path in the log stands for."""
    return store / unquote(path)


def is_torn(file: Path, size: int | None = None) -> bool:
    """True if a Parquet file is missing, has another size, or does not end as one. Raises OSError."""
    try:
        with file.open("rb") as opened:
            has = opened.seek(0, os.SEEK_END)
            if has < 12 or size not in (None, has):
                return True
            opened.seek(-8, os.SEEK_END)
            end = opened.read(8)
    except (FileNotFoundError, NotADirectoryError):
        return True
    return end[4:] != _PARQUET or not 0 < int.from_bytes(end[:4], "little") <= has - 12


def sync_commits(store: Path, first: int) -> bool:
    """Makes all commits from the version `first` on durable. Returns whether a checkpoint is among them. Raises OSError."""
    log = read_log(store)
    entries = [log.entries[version] for version in sorted(log.entries) if version >= first]
    checkpoints = [file for version, files in log.checkpoints.items() if version >= first for file in files]
    data = [place_of(store, path) for entry in entries for path in _added(entry)]
    for file in data:
        sync(file)
    for file in [*entries, *checkpoints, *([log.folder / LAST_CHECKPOINT] if checkpoints else [])]:
        sync(file)
    for folder in dict.fromkeys(file.parent for file in data):
        sync(folder)
    sync(log.folder)
    sync(store)
    return bool(checkpoints)


def _added(entry: Path) -> Iterator[str]:
    for action in actions(entry) or []:
        if isinstance(added := action.get("add"), dict):
            yield added["path"]


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk. Raises OSError where the disk fails."""
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except FileNotFoundError:
        return  # another process has removed it since, as vacuum does
    except OSError as error:
        if not (path.is_dir() and error.errno in _NO_SYNC):
            raise
