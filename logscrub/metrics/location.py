"""The location of a store, in a folder or in an object store, and its errors in one line that says what to do."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import polars as pl

from logscrub import objects, sinks
from logscrub.errors import InputError, OutputError, UsageError
from logscrub.metrics import durability

_DISK = re.compile(r"(?i)no space left|disk quota|os error 28")
_READ_ONLY = re.compile(r"(?i)read-only file system|os error 30\b")
_FORBIDDEN = re.compile(r"(?i)permission denied|os error 13\b|access ?denied|forbidden")
_MISSING_FILE: Final = "a file of the store is missing; restore it, or drop it with: logscrub store repair --store {url}"


def exists(url: str) -> bool:
    """True if there is a store, or what is left of one. Raises UsageError for an address of another kind, InputError."""
    from deltalake import DeltaTable

    folder = local_folder(url)
    with told(url):
        if folder is not None:
            log = durability.read_log(folder)
            return bool(log.entries or log.checkpoints)
        return bool(DeltaTable.is_deltatable(url, storage_options=storage_options()))


def local_folder(url: str) -> Path | None:
    """The folder that a store lies in, None where it is in an object store. Raises UsageError for an address of another kind."""
    scheme, colon, rest = url.partition(":")
    if not rest.startswith("//"):
        if colon and scheme in objects.SCHEMES and not Path(url).exists():
            raise UsageError(f"{url}: is no address; write {scheme}://{rest.lstrip('/') or 'bucket/name'}")
        _refuse_name(Path(url).absolute().as_posix(), url)
        return Path(url)
    if scheme == "file":
        return Path(unquote(urlsplit(url).path))
    if scheme not in objects.SCHEMES or not rest.strip("/"):
        raise UsageError(
            f"{url}: is no place for a store; give a folder, or s3://bucket/name, gs://bucket/name, az://container/name"
        )
    _refuse_name(rest, url)
    return None


def _refuse_name(path: str, url: str) -> None:
    # the libraries take the first for a character by its number, = for a column of the table, and the rest they cannot write
    found = re.search(r"%[0-9A-Fa-f]{2}|[=\[\]|^\\\x00-\x1f\x7f]", path)
    if found is not None:
        raise UsageError(f"{url}: a store cannot lie in a folder with {found[0]} in its path; rename that, or choose another")


def storage_options() -> dict[str, str]:
    """Settings of object stores: what the environment says (AWS_…, AZURE_…, GOOGLE_…), as the libraries of the stores have it."""
    return {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "AZURE_", "GOOGLE_"))}


def refuse_unwritable(url: str) -> None:
    """Raises OutputError, UsageError or InputError where a store in a folder could not be written, or made. Writes nothing."""
    folder = local_folder(url)
    if folder is None:
        return
    if not exists(url):
        refuse_other_folder(url)
    why = why_unwritable(folder) or (why_unwritable(folder / durability.LOG) if folder.exists() else None)
    if why is not None:
        raise OutputError(f"{url}: the store cannot be written, because {why}; choose another --store")


def why_unwritable(folder: Path) -> str | None:
    """Why a folder cannot be written, or be made where there is none; None where it can."""
    place = next((each for each in (folder, *folder.absolute().parents) if os.path.lexists(each)), folder)
    if not place.is_dir():
        return f"{place} is no folder"
    if os.access(place, os.W_OK | os.X_OK):
        return None
    if sys.platform != "win32" and os.statvfs(place).f_flag & os.ST_RDONLY:
        return f"{place} is on a file system that is read-only"
    return f"there is no permission to write in {place}"


def refuse_other_folder(url: str) -> None:
    """Raises UsageError where a store that there is not yet would be made among other things."""
    folder = local_folder(url)
    if folder is None:
        return
    with told(url):
        names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
        is_other = folder.exists() and not folder.is_dir()
        has_log = durability.has_log_files(folder)
    if is_other or (names and durability.LOG not in names):
        raise UsageError(f"{url}: is neither a store nor an empty folder; choose another --store")
    # A run that was killed before its first commit leaves a log without files of its own. Another run may have made the store
    # since it was looked for.
    if (len(names) > 1 or has_log) and not exists(url):
        raise InputError(f"{url}: the log of the store is gone; move the folder away, and ingest the logs into a new one")


def make_folder(url: str) -> None:
    """Makes the folder of a store, and those above it, durably. Raises OutputError."""
    folder = local_folder(url)
    if folder is None:
        return
    try:
        sinks.make_folder(folder)
    except OSError as error:
        why = why_unwritable(folder) or os.strerror(error.errno or errno.EIO)
        raise OutputError(f"{url}: the store cannot be made, because {why}; choose another --store") from None


@contextmanager
def told(url: str, *, writes: bool = False) -> Iterator[None]:
    """Turns what the libraries raise into one line that says what to do; what they say is about files, never about values."""
    from deltalake.exceptions import CommitFailedError, TableNotFoundError

    try:
        with silent():
            yield
    except CommitFailedError:  # whoever can try again has caught it
        raise OutputError(f"{url}: another run wrote to it at the same time; try again") from None
    except TableNotFoundError:
        raise InputError(f"{url}: there is no store; make one with: logscrub ingest … --store {url}") from None
    except BaseException as error:
        if not is_of_libraries(error):
            raise
        wrong: type[InputError] | type[OutputError] = OutputError if writes else InputError
        raise wrong(f"{url}: {_reason(url, error, 'write' if writes else 'read')}") from None


def is_of_libraries(error: BaseException) -> bool:
    """True if an error is about files of the store. A panic of a library in Rust is a BaseException, of a class of its own."""
    from deltalake.exceptions import DeltaError

    return isinstance(error, (DeltaError, OSError, pl.exceptions.PolarsError)) or type(error).__name__ == "PanicException"


def _reason(url: str, error: BaseException, verb: str) -> str:
    """Why a store cannot be read or written, and what to do."""
    said = str(error)
    folder = local_folder(url)
    if folder is None:
        known = objects.reason(said, verb, _MISSING_FILE.format(url=url))
        return known or f"cannot {verb} the store ({_kind(error)}); look at what the object store has under that name"
    if folder.is_file():
        return "is a file, and a store is a folder; choose another --store"
    if _DISK.search(said):
        return "the disk is full; make room and run it again, nothing was lost or counted twice"
    if _READ_ONLY.search(said):
        return "is on a file system that is read-only; choose another --store"
    if _FORBIDDEN.search(said):
        return f"no permission to {verb} there; give it, or choose another --store"
    return (
        f"cannot {verb} the store ({_kind(error)}); if a file in it is broken, restore the folder from a backup, "
        f"or drop what is broken with: logscrub store repair --store {url}"
    )


@contextmanager
def silent() -> Iterator[None]:
    """Nothing on standard error: threads of the libraries print where in their own code they gave up, and for which credentials
    they asked. Each use is as short as what it is about, because all that this process says meanwhile is lost."""
    try:
        kept = os.dup(2)
    except OSError:  # there is none
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _kind(error: BaseException) -> str:
    file = re.search(r"[\w=.-]+\.(?:parquet|json)", str(error))
    return f"{type(error).__name__}, {file[0]}" if file else type(error).__name__
