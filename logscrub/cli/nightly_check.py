"""Checks before a night begins: configuration, key, store, folders, addresses."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from logscrub.cli.options import given_key, readable
from logscrub.errors import InputError, LogscrubError, OutputError, UsageError

if TYPE_CHECKING:
    from logscrub.config import Config, NightlySettings

_T = TypeVar("_T")

STATE = ".nightly.json"
"""The file in the folder of the reports that names the files that were read, and their store."""
_REPORT = re.compile(r"\d{4}-\d\d-\d\d\.(?:html|md|json)")
"""The name of a report. Of which day it will be is known only once all logs are read."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address that is notified."""

    place: str
    """The place of the address in the configuration, for messages. The address itself holds secrets."""
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """The parts of a night that passed the checks."""

    key: bytes | None
    addresses: tuple[Address, ...]
    inputs: tuple[str, ...]
    """Files and folders that are there."""
    missing: tuple[InputError, ...]
    """The faults of other inputs. The night leaves these inputs out, and says so."""
    problems: tuple[LogscrubError, ...]
    """All other faults. The night does not begin with any of these."""


def check(loaded: Config, settings: NightlySettings) -> Checked:
    """Checks all that a night needs. Writes nothing, and asks nobody but the store."""
    from logscrub.anomalies.rules import load_rules
    from logscrub.api import build_redactor

    problems: list[LogscrubError] = []

    def attempt(what: Callable[[], _T]) -> _T | None:
        try:
            return what()
        except LogscrubError as error:
            problems.append(error)
            return None

    key = attempt(lambda: _key(loaded, settings))
    attempt(lambda: build_redactor(loaded))
    attempt(lambda: load_rules(loaded.detectors))
    attempt(lambda: refuse_store(settings.store, key))
    attempt(lambda: refuse_folder(settings.report))
    addresses = [attempt(partial(usable, each, loaded.source)) for each in addresses_of(settings.notify, loaded.source)]
    inputs, missing = inputs_of(settings)
    attempt(lambda: refuse_own_files(loaded.source, settings, inputs))
    good = tuple(address for address in addresses if address is not None)
    return Checked(key, good, tuple(inputs), tuple(missing), tuple(problems))


def exit_code(problems: Sequence[LogscrubError]) -> int:
    """2 where anything is wrong with the configuration, 3 where something else is, 0 where nothing is."""
    return min((problem.exit_code for problem in problems), default=0)


def inputs_of(settings: NightlySettings) -> tuple[list[str], list[InputError]]:
    """The inputs that there are now, and what is wrong with the others; the names that fit a pattern are sorted."""
    names: list[str] = []
    missing: list[InputError] = []
    for entry in settings.inputs:
        path = settings.folder / entry
        if "://" in entry:
            names.append(entry)
        elif path.exists() or not glob.has_magic(entry):
            names.append(str(path))
        elif found := sorted(glob.glob(entry, root_dir=settings.folder, recursive=True)):  # noqa: PTH207 - an entry may be absolute
            names += [str(settings.folder / name) for name in found]
        else:
            missing.append(InputError(f"{path}: no file has a name that fits this pattern"))
    good, failed = readable(list(dict.fromkeys(names)))
    return good, missing + [error for _, error in failed]


def _key(loaded: Config, settings: NightlySettings) -> bytes:
    key = given_key(settings.key_file)
    if key is None:
        raise UsageError(f"{loaded.source}: nightly needs the store's key; add: key_file = …, or set LOGSCRUB_KEY")
    return key


def refuse_store(url: str, key: bytes | None) -> None:
    """Raises LogscrubError where a store cannot be used, or is under another key. Writes nothing."""
    from logscrub.metrics.location import exists, refuse_unwritable
    from logscrub.metrics.store import open_store, refuse_other_key
    from logscrub.redact.pseudonyms import Pseudonymizer

    if exists(url):
        store = open_store(url)
        if key is not None:
            refuse_other_key(store, Pseudonymizer(key).key_id)
    refuse_unwritable(url)


def refuse_own_files(source: str, settings: NightlySettings, inputs: Sequence[str]) -> None:
    """Raises UsageError where what a night writes, or the key, lies in an input, and would be read as logs each night."""
    own = (("store", settings.store), ("report", settings.report), ("key_file", settings.key_file))
    places = [(name, Path(os.path.realpath(place))) for name, place in own if place is not None and "://" not in str(place)]
    for entry in inputs:
        if "://" in entry:
            continue
        name = next((name for name, place in places if place.is_relative_to(os.path.realpath(entry))), None)
        if name is not None:
            raise UsageError(f"{source}: nightly.{name} lies in the input {entry}, and would be read as a log; put it elsewhere")


def refuse_folder(folder: Path) -> None:
    """Raises LogscrubError where the reports cannot be written into a folder. Writes nothing."""
    from logscrub.metrics.location import why_unwritable
    from logscrub.objects import address_of, refuse
    from logscrub.sinks import refuse_links

    address = address_of(folder)
    if address is not None:
        return refuse(address, writes=True)
    why = why_unwritable(folder)
    if why is not None:
        raise OutputError(f"{folder}: the reports cannot be written, because {why}; choose another nightly.report")
    names = sorted(os.listdir(folder)) if folder.is_dir() and os.access(folder, os.R_OK) else []  # noqa: PTH208 - names alone
    for name in names:
        if name == STATE or _REPORT.fullmatch(name):
            refuse_links(folder / name, folder)


def addresses_of(configured: Sequence[str], source: str) -> Iterator[Address | UsageError]:
    """The addresses; those in variables of the environment are resolved, and one that is not set is an error."""
    for number, entry in enumerate(configured, 1):
        place = f"nightly.notify, entry {number}"
        name = entry.removeprefix("env:")
        if name == entry:
            yield Address(place, entry)
            continue
        urls = os.environ.get(name, "").split()
        if not urls:
            yield UsageError(f"{source}: {place}: the environment has no {name}")
        for at, url in enumerate(urls, 1):
            yield Address(place if len(urls) == 1 else f"{place}, address {at}", url)


def usable(address: Address | UsageError, source: str) -> Address:
    """The address, where it is one that can be notified. Raises UsageError."""
    import apprise

    if isinstance(address, UsageError):
        raise address
    if not apprise.Apprise().add(address.url):
        raise UsageError(f"{source}: {address.place}: is no address that can be notified; see https://appriseit.com/services/")
    return address
