"""`logscrub doctor`: checks an installation and says how to mend it."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from logscrub._version import __version__
from logscrub.cli.console import put, say
from logscrub.cli.detectors import table
from logscrub.cli.init import KEY
from logscrub.cli.options import ConfigFile, number, size
from logscrub.errors import InputError, LogscrubError, OutputError, UsageError
from logscrub.extras import APART, EXTRAS, install, is_missing

if TYPE_CHECKING:
    from logscrub.config import Config, NightlySettings

EXAMPLES = """\b
Examples:
  logscrub doctor
  logscrub doctor --config /srv/logscrub/logscrub.toml

\b
One line per check: ok; note, where something is worth knowing; or
wrong, with what mends it. Nothing is written, and nobody is sent anything.

\b
Exit codes: 0 nothing is wrong; 2 the configuration, the key, an extra that the
configuration needs or an address is wrong; 3 the store, an input, a folder, the disk or
the clock is."""

State = Literal["ok", "note", "wrong"]
_LEAST_FREE: Final = 500_000_000
"""Bytes of a disk below which a night may not find room."""
_EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock that shows an earlier time is wrong: this logscrub is younger."""


@dataclass(frozen=True, slots=True)
class Check:
    """One area that was checked, and the result."""

    area: str
    state: State
    text: str
    exit_code: int = 0
    """Exit code if this area is wrong."""


def doctor(
    config: ConfigFile = None,
) -> int:
    """Say what is wrong with an installation, and how to mend it.

    It checks the configuration, the key, the store, the clock, the disk, the notifications, and the extras.
    """
    checks = list(_checks(config))
    put(table(("STATE", "AREA", "WHAT"), [(each.state, each.area, each.text) for each in checks]))
    wrong = [each for each in checks if each.state == "wrong"]
    say(f"{number(len(wrong), 'thing')} wrong" if wrong else "nothing is wrong")
    return min((each.exit_code for each in wrong), default=0)


def _checks(file: Path | None) -> Iterator[Check]:
    from logscrub.config import Config, load_config

    core = "compiled core" if find_spec("logscrub._core") else "plain Python, which is slower: see README for the compiled core"
    yield Check("installation", "ok", f"logscrub {__version__}, Python {platform.python_version()}, {core}")
    loaded = Config()
    is_read = False
    try:
        loaded = load_config(file)
        is_read = True
        yield _configuration(loaded)
    except LogscrubError as error:
        yield _wrong("configuration", error)
    settings = loaded.nightly
    yield _key(loaded)
    needed = _needed(loaded)
    yield from _extras(needed)
    if settings is not None and not any(map(is_missing, needed)):
        yield from _night(loaded, settings)
    else:
        why = "an extra is missing" if settings else "the configuration names none" if is_read else "the configuration is wrong"
        yield Check("store", "note", f"not checked, because {why}")
    yield _clock(datetime.now(UTC))
    yield from _disks(settings)


def _wrong(area: str, error: LogscrubError) -> Check:
    return Check(area, "wrong", str(error), error.exit_code)


def _configuration(loaded: Config) -> Check:
    """Builds what the configuration asks for. Raises UsageError."""
    from logscrub.anomalies.rules import load_rules
    from logscrub.api import build_redactor

    redactor = build_redactor(loaded)
    if not is_missing("anomalies"):
        load_rules(loaded.detectors)
    if not loaded.source:
        return Check("configuration", "note", "there is none, so the defaults hold; make one with: logscrub init")
    return Check("configuration", "ok", f"{loaded.source}: policy {redactor.policy.name}")


def _key(loaded: Config) -> Check:
    from logscrub.redact.keys import HOW_TO_MAKE, weaknesses
    from logscrub.redact.pseudonyms import Pseudonymizer

    try:
        key, path = _key_of(loaded)
    except LogscrubError as error:
        return _wrong("key", error)
    if key is None and loaded.nightly is not None:
        return _wrong("key", UsageError(f'nightly needs one; {HOW_TO_MAKE}; then add: key_file = "{KEY}"'))
    if key is None:
        return Check("key", "note", f"there is none, so pseudonyms of two runs cannot be joined; {HOW_TO_MAKE}")
    if weak := weaknesses(key, path):
        return _wrong("key", UsageError("; ".join(weak)))
    return Check("key", "ok", f"{path or 'LOGSCRUB_KEY'}: id {Pseudonymizer(key).key_id}")


def _key_of(loaded: Config) -> tuple[bytes | None, Path | None]:
    """The key that `nightly` uses; where there is no `[nightly]`, that of LOGSCRUB_KEY, else the one that `init` makes.

    With the file that it is in. Raises UsageError for what is no key.
    """
    from logscrub.redact.keys import given_key

    settings = loaded.nightly
    path = None if settings is None else settings.key_file
    if path is None and settings is None and "LOGSCRUB_KEY" not in os.environ:
        beside = (Path(loaded.source).parent if loaded.source else Path()) / KEY
        path = beside if beside.exists() else None
    return given_key(path), path


def _needed(loaded: Config) -> tuple[str, ...]:
    """The extras that the configuration needs."""
    settings = loaded.nightly
    night = () if settings is None else ("report", "notify") if settings.notify else ("report",)
    return (*night, *(("ner",) if loaded.names.recognizer != "lists" else ()))


def _extras(needed: Sequence[str]) -> Iterator[Check]:
    missing = [extra for extra in EXTRAS if extra not in APART and is_missing(extra)]
    lacking = [extra for extra in needed if extra in missing]
    if lacking:
        yield _wrong("extras", UsageError(f"the configuration needs: {install(*lacking)}"))
    others = [extra for extra in missing if extra not in lacking]
    if others:
        yield Check("extras", "note", f"not installed: {', '.join(others)}; what needs one says so, and how to install it")
    if not missing:
        yield Check("extras", "ok", "all are installed")


def _night(loaded: Config, settings: NightlySettings) -> Iterator[Check]:
    """Checks everything that `nightly` needs: inputs, store, folder of the reports, addresses."""
    from logscrub.cli import nightly_check

    inputs, missing = nightly_check.inputs_of(settings)
    yield from (_wrong("inputs", error) for error in missing)
    if not missing:
        yield Check("inputs", "ok", number(len(inputs), "input"))
    yield _attempt("store", lambda: _store(loaded, settings))
    yield _attempt("reports", lambda: _reports(settings))
    addresses = list(nightly_check.addresses_of(settings.notify, loaded.source))
    if not addresses:
        yield Check("notification", "note", "nightly.notify names nobody, so a report is only written")
    for address in addresses:
        try:
            usable = nightly_check.usable(address, loaded.source)
            yield Check("notification", "ok", f"{usable.place}; to try it: logscrub nightly --notify-test")
        except LogscrubError as error:
            yield _wrong("notification", error)


def _attempt(area: str, what: Callable[[], str]) -> Check:
    try:
        return Check(area, "ok", what())
    except LogscrubError as error:
        return _wrong(area, error)


def _store(loaded: Config, settings: NightlySettings) -> str:
    """Describes the store. Raises LogscrubError if it cannot be used, or if it has records of the future."""
    from logscrub.cli import nightly_check
    from logscrub.metrics.location import exists
    from logscrub.metrics.store import days_in_words, days_of, open_store

    try:
        key, _ = _key_of(loaded)
    except UsageError:  # said already
        key = None
    nightly_check.refuse_store(settings.store, key)
    if not exists(settings.store):
        return f"{settings.store}: is not there yet; the first night makes it"
    store = open_store(settings.store)
    newest = max((day for day in days_of(store) if day is not None), default=None)
    if newest is not None and newest > (datetime.now(UTC) + timedelta(days=1)).date():
        raise InputError(
            f"{settings.store}: has records of {newest}, which is to come; set the clock here, or that of what wrote the logs"
        )
    return f"{settings.store}: key {store.key_id}, {days_in_words(store)}"


def _reports(settings: NightlySettings) -> str:
    from logscrub.cli import nightly_check
    from logscrub.objects import address_of, shown

    nightly_check.refuse_folder(settings.report)
    if address_of(settings.report) is not None:
        return f"{shown(settings.report)}: is in an object store, which is not asked whether it can be written"
    return f"{settings.report}: can be written"


def _clock(now: datetime) -> Check:
    """Checks whether the clock can be right. Times are compared in UTC, so the time zone does not matter."""
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < _EARLIEST:
        return Check("clock", "wrong", f"it shows {shown}, which is past; set it, or let it be set: timedatectl set-ntp true", 3)
    return Check("clock", "ok", shown)


def _disks(settings: NightlySettings | None) -> Iterator[Check]:
    """The room where a run writes: one line a disk."""
    from logscrub.objects import address_of

    places = [Path(tempfile.gettempdir())]
    if settings is not None:
        places += [] if address_of(settings.report) is not None else [settings.report]
        places += [] if "://" in settings.store else [Path(settings.store)]
    seen = set()
    for place in places:
        there = next((each for each in (place, *place.absolute().parents) if each.exists()), Path("/"))
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        free = shutil.disk_usage(there).free
        if free < _LEAST_FREE:
            error = OutputError(f"{place}: {size(free)} free; make room for {size(_LEAST_FREE)} at least")
            yield _wrong("disk", error)
        else:
            yield Check("disk", "ok", f"{place}: {size(free)} free")
