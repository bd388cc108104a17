"""`logscrub nightly`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logscrub.cli.console import put, put_bytes, say
from logscrub.cli.ingest import ingest_all
from logscrub.cli.options import each, given_key, number, readable, size
from logscrub.cli.report import ExitCode, line_of
from logscrub.errors import UsageError

if TYPE_CHECKING:
    from logscrub.anomalies.model import Report
    from logscrub.config import Config, NightlySettings
    from logscrub.sources.files import Input

EXAMPLES = """\b
Examples:
  logscrub nightly --config logscrub.toml
  logscrub nightly --config logscrub.toml --exit-code P2 || page-somebody

\b
The file says what to do:
  [nightly]
  inputs = ["exports"]               # files and folders with logs
  store = "metrics"
  key_file = "logscrub.key"          # else LOGSCRUB_KEY
  report = "reports"                 # the folder of the reports
  keep = "400d"                      # older days of the store go
  notify = ["env:LOGSCRUB_NOTIFY"]   # where to tell it: addresses as apprise has them
  notify_from = "P3"

\b
Files that did not change since the last night are not read again.

\b
Exit codes: 0 done; 1 with --exit-code: there is a finding as severe as that, or worse;
2 wrong usage or configuration; 3 an input could not be read or is no file, the store or
the report not written, or nobody told."""

STATE = ".nightly.json"
"""In the folder of the reports: which files were read."""
_MOST_TOLD = 5


def nightly(
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The configuration; else logscrub.toml here, or above.", show_default=False),
    ] = None,
    exit_code: ExitCode = None,
) -> int:
    """Do a night's work: ingest what is new, report, tell whom it concerns.

    For cron or a timer. Run it again where it broke off: nothing is counted twice.
    """
    from logscrub.config import load_config

    loaded = load_config(config)
    if loaded.nightly is None:
        where = loaded.source or "logscrub.toml"
        raise UsageError(f"{where}: has no table [nightly], which says what to do; logscrub nightly --help shows one")
    told = loaded.nightly
    key = given_key(told.key_file)
    if key is None:
        raise UsageError(f"{loaded.source}: nightly needs the store's key; add: key_file = …, or set LOGSCRUB_KEY")
    addresses = list(_addresses(told.notify, loaded.source))
    failed = _ingest(loaded, told, key)
    _tidy(told)
    made = _report(loaded, told)
    say(line_of(made))
    severe = [finding for finding in made.findings if finding.severity <= told.notify_from]
    if severe and addresses and not _notify(addresses, made, told):
        failed += 1
    if failed:
        return 3
    return 1 if exit_code is not None and any(finding.severity <= exit_code for finding in made.findings) else 0


def _ingest(loaded: Config, told: NightlySettings, key: bytes) -> int:
    """Ingests what is new. Returns how many inputs failed."""
    good, missing = readable(list(told.inputs))
    for _, error in missing:
        say(str(error))
    state_file = told.report / STATE
    items = each(good)
    skipped = [item for item in items if item.skipped]
    for item in skipped:
        say(f"{item.name}: {item.skipped}")
    failed = len(missing) + len(skipped)
    before = _state(state_file)
    now = dict(_files(items))
    new = [name for name, status in now.items() if before.get(name) != status]
    if not new:
        say("no new logs" if now else "nothing to read: no file in nightly.inputs")
        return failed
    done = ingest_all(new, told.store, key, loaded)
    counted = done.counted
    say(f"{number(len(new), 'file')}: {number(counted.new, 'record')} new, {counted.known:,} known, {size(done.bytes_read)}")
    if not done.failed:  # else all of them are tried again; what is known counts once
        kept = {**{n: s for n, s in before.items() if n in now}, **now}
        put(json.dumps(kept, indent=0) + "\n", _folder(told.report) / STATE, inside=told.report)
    return failed + done.failed


def _files(items: Iterable[Input]) -> Iterable[tuple[str, list[int]]]:
    """Each file, with what changes when it does: size and time."""
    for item in items:
        if item.path is not None and not item.skipped:
            with suppress(OSError):  # it was moved away since: there is nothing to read
                status = item.path.stat()
                yield str(item.path), [status.st_size, status.st_mtime_ns]


def _state(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # then all files are read again, and nothing is counted twice
    return found if isinstance(found, dict) else {}


def _folder(path: Path) -> Path:
    from logscrub.errors import OutputError

    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made ({os.strerror(error.errno or 5)})") from None
    return path


def _tidy(told: NightlySettings) -> None:
    """Merges what came in pieces, and drops days that are too old."""
    from logscrub.metrics import store as stores
    from logscrub.metrics.counting import today

    kept = stores.open_store(told.store)
    pruned = 0
    if told.keep_days is not None:
        pruned = stores.prune(kept, stores.last_day_kept(told.keep_days, today()))
    if stores.compact(kept) or pruned:
        stores.vacuum(kept)


def _report(loaded: Config, told: NightlySettings) -> Report:
    """Makes the report and writes it in all forms."""
    from logscrub.anomalies.night import make_report, period_of
    from logscrub.anomalies.rules import load_rules
    from logscrub.metrics.store import open_store
    from logscrub.report import SUFFIXES, render

    kept = open_store(told.store)
    now = datetime.now(UTC)
    start, end = period_of(kept, now)
    if now - end > timedelta(days=1):
        say(f"the store has nothing newer than {end:%Y-%m-%d %H:%M} UTC, so this report is not of last night")
    made = make_report(kept, load_rules(loaded.detectors), loaded, start, end, made=now)
    folder = _folder(told.report)
    for suffix in SUFFIXES:
        put_bytes(render(made, suffix), folder / f"{end:%Y-%m-%d}{suffix}", inside=folder)
    return made


def _addresses(configured: Sequence[str], source: str) -> Iterable[str]:
    """Addresses to tell, those in variables of the environment looked up. Raises UsageError."""
    for place, address in enumerate(configured, 1):
        name = address.removeprefix("env:")
        if name == address:
            yield address
            continue
        value = os.environ.get(name, "").strip()
        if not value:
            raise UsageError(f"{source}: nightly.notify, entry {place}: the environment has no {name}")
        yield from value.split()


def _notify(addresses: Sequence[str], made: Report, told: NightlySettings) -> bool:
    """Tells everyone; says who of them could not be told, by number, for addresses hold secrets."""
    import apprise

    from logscrub.report import subject
    from logscrub.report.markdown import in_short

    page = told.report / f"{made.end:%Y-%m-%d}.html"
    body = in_short(made, most=_MOST_TOLD) + f"\nThe report: {page}\n"
    title, form = f"logscrub: {subject(made)}", apprise.NotifyFormat.MARKDOWN
    failed = []
    for place, address in enumerate(addresses, 1):
        to = apprise.Apprise()
        if not to.add(address) or not to.notify(body=body, title=title, body_format=form):
            failed.append(str(place))
    if failed:
        say(f"nightly.notify: could not tell entry {', '.join(failed)}; is the address right, and can it be reached?")
    return not failed
