"""`logscrub nightly`: ingests what is new, reports on the last night, and notifies."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from logscrub.cli.console import put, put_bytes, say
from logscrub.cli.ingest import ingest_all
from logscrub.cli.nightly_check import STATE, Address, Checked, check, exit_code
from logscrub.cli.options import ConfigFile, each, number
from logscrub.cli.report import ExitCode, line_of
from logscrub.errors import InputError, UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from logscrub.anomalies.model import Report
    from logscrub.config import Config, NightlySettings
    from logscrub.metrics.store import Mark
    from logscrub.report import Listed
    from logscrub.sources.files import Input

EXAMPLES = """\b
Examples:
  logscrub nightly --config logscrub.toml
  logscrub nightly --config logscrub.toml --exit-code P2 || page-somebody
  logscrub nightly --config logscrub.toml --check --notify-test    before the first night

\b
The file says what to do:
  [nightly]
  inputs = ["exports", "*.ndjson"]   # files and folders with logs, or patterns; also s3://…
  store = "metrics"
  key_file = "logscrub.key"          # else LOGSCRUB_KEY
  report = "reports"                 # the folder of the reports
  keep = "400d"                      # older days of the store go
  notify = ["env:LOGSCRUB_NOTIFY"]   # recipients, as addresses of apprise
  notify_from = "P3"

\b
Files that did not change since the last night are not read again, unless the store is
another one, an older copy, or was repaired: then all are, and no record counts twice.

\b
Exit codes: 0 done; 1 with --exit-code: there is a finding as severe as that, or worse;
2 wrong usage or configuration; 3 an input could not be read or is no file, a record or a
part of one not scanned, the store or the report not written, or a notification not sent."""

_MOST_TOLD = 5
INDEX: Final = "index.html"
"""The page over all reports, beside them."""
_OF_A_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def nightly(
    config: ConfigFile = None,
    exit_code_from: ExitCode = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Check configuration, key, store, folders and addresses, and do nothing else.")
    ] = False,
    notify_test: Annotated[
        bool, typer.Option("--notify-test", help="Send a test message to every address, and do nothing else.")
    ] = False,
) -> int:
    """Do a night's work: ingest what is new, report, notify whom it concerns.

    For cron or a timer. Run it again where it broke off: nothing is counted twice.
    """
    from logscrub.config import load_config

    loaded = load_config(config)
    settings = loaded.nightly
    if settings is None:
        where = loaded.source or "logscrub.toml"
        raise UsageError(f"{where}: has no table [nightly], which says what to do; logscrub nightly --help shows one")
    need("nightly", "report", *(["notify"] if settings.notify else []))
    checked = check(loaded, settings)
    for problem in (*checked.problems, *checked.missing):
        say(str(problem))
    if check_only or notify_test:
        return max(
            _check_only(checked, settings, loaded.source) if check_only else exit_code(checked.problems),
            _send_test(checked, settings, loaded.source) if notify_test else 0,
            key=(0, 3, 2).index,
        )
    if checked.problems or checked.key is None:
        return exit_code(checked.problems)
    failed = _ingest(loaded, settings, checked, checked.key)
    _tidy(settings)
    made = _report(loaded, settings)
    say(line_of(made))
    severe = [finding for finding in made.findings if finding.severity <= settings.notify_from]
    if severe and checked.addresses and not _notify(checked.addresses, *_message(made, settings)):
        failed += 1
    if failed:
        return 3
    return 1 if exit_code_from is not None and any(f.severity <= exit_code_from for f in made.findings) else 0


def _check_only(checked: Checked, settings: NightlySettings, source: str) -> int:
    """Says what else is wrong, or that nothing is. Returns the exit code."""
    items = each(checked.inputs)
    files = dict(_files(items))
    unreadable = [InputError(f"{item.name}: {item.skipped}") for item in items if item.skipped]
    here = [str(item.path) for item in items if item.address is None]
    unreadable += [
        InputError(f"{name}: no permission to read it") for name in files if name in here and not os.access(name, os.R_OK)
    ]
    for error in unreadable:
        say(str(error))
    code = exit_code([*checked.problems, *checked.missing, *unreadable])
    if not code:
        counts = (len(settings.inputs), "input"), (len(files), "file"), (len(checked.addresses), "recipient")
        say(f"{source}: nothing is wrong; " + ", ".join(number(*count) for count in counts))
    return code


def _send_test(checked: Checked, settings: NightlySettings, source: str) -> int:
    """Sends a test message to every address that can be used. Returns the exit code."""
    if not settings.notify:
        raise UsageError(f"{source}: nightly.notify names nobody to send a test message to")
    body = "A test of `logscrub nightly`: nothing has happened."
    return 0 if _notify(checked.addresses, "logscrub: a test", body, test=True) else 3


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """The files that were read, and the store they were read into."""

    files: Mapping[str, list[int]]
    """Name → size and time then."""
    mark: Mark | None
    """The mark that the store has as long as it holds the content of these files; None if that is not known."""


def _ingest(loaded: Config, settings: NightlySettings, checked: Checked, key: bytes) -> int:
    """Ingests what is new. Returns how many inputs failed."""
    from logscrub.metrics.location import exists
    from logscrub.metrics.store import open_store, set_mark
    from logscrub.sources.decompression import MEMORY, Reading

    failed = len(checked.missing)
    state_file = settings.report / STATE
    state = read_state(state_file)
    items = each(checked.inputs)
    skipped = [item for item in items if item.skipped]
    for item in skipped:
        say(f"{item.name}: {item.skipped}")
    failed += len(skipped)
    now = dict(_files(items))
    is_known = _is_known(state, settings.store)
    if state.files and not is_known:
        failed += _say_unknown(state, now, settings.store)
    before = state.files if is_known else {}
    new = [name for name, status in now.items() if before.get(name) != status]
    if not new:
        say("no new logs" if now else "nothing to read: no file in nightly.inputs")
    else:
        reading = Reading(settings.decompress_memory or MEMORY, settings.salvage)
        done = ingest_all(new, settings.store, key, loaded, reading=reading)
        failed += done.tally.withheld > 0
        say(f"{number(len(new), 'file')}: {done.line()}")
        if done.failed:
            return failed + done.failed  # all of them are tried again the next time; what is known counts once
    if (new or not is_known) and exists(settings.store):
        # the mark is durable in the store, behind all that was read, before the state names it
        mark = set_mark(
            open_store(settings.store), state.mark.reader if state.mark else f"logscrub.nightly.{secrets.token_hex(8)}"
        )
        put(state_text(ReadFiles(now, mark)), state_file, inside=settings.report)
    return failed


def _is_known(state: ReadFiles, url: str) -> bool:
    """True if the store has everything that the state says was read into it."""
    from logscrub.metrics.location import exists
    from logscrub.metrics.store import is_after, open_store

    return state.mark is not None and exists(url) and is_after(open_store(url), state.mark)


def _say_unknown(state: ReadFiles, now: Mapping[str, list[int]], url: str) -> int:
    """Says that all files are read again, and which are not there for that. Returns how many these are."""
    say(
        f"{url}: may lack records that were read before, because it is another store, an older copy, or repaired, or an older "
        "logscrub wrote it; all files are read again, and no record counts twice"
    )
    if state.mark is None:  # the state of an older logscrub, which does not say that anything is lost
        return 0
    gone = [name for name in state.files if name not in now]
    if gone:
        which = gone[0] if len(gone) == 1 else f"{gone[0]}, …"
        say(
            f"{number(len(gone), 'file')} read before cannot be read again ({which}), so the store may lack what was in there; "
            "put them back, or restore a newer copy of the store"
        )
    return len(gone)


def _files(items: Iterable[Input]) -> Iterable[tuple[str, list[int]]]:
    """Each file, with what changes when it does: size and time, or what the tag of an object's version comes to."""
    for item in items:
        if item.address is not None and item.stored is not None and not item.skipped:
            yield str(item.address), [item.stored.size, int.from_bytes(hashlib.sha256(item.stored.tag.encode()).digest()[:6])]
        elif item.path is not None and not item.skipped:
            with suppress(OSError):  # the file was moved away since, so there is nothing to read
                status = item.path.stat()
                yield str(item.path), [status.st_size, status.st_mtime_ns]


def read_state(path: Path) -> ReadFiles:
    """The state of the last night; an empty one if the file is missing or holds something else: then all files are read again."""
    from logscrub.metrics.store import Mark
    from logscrub.objects import address_of, read_object

    try:
        data = path.read_bytes() if address_of(path) is None else read_object(path)
        found = json.loads(data or b"{}")
        if "store" not in found:  # the state of an older logscrub, which did not record the store
            return ReadFiles(dict(found), None)
        mark = found["store"]
        repaired = None if mark["repaired"] is None else int(mark["repaired"])
        return ReadFiles(
            dict(found["files"]),
            Mark(str(mark["table"]), str(mark["reader"]), int(mark["moment"]), int(mark["version"]), repaired),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return ReadFiles({}, None)


def state_text(state: ReadFiles) -> str:
    """Writes what `read_state` reads, with one line per file."""
    mark = None if state.mark is None else asdict(state.mark)
    return json.dumps({"store": mark, "files": state.files}, indent=0) + "\n"


def _tidy(settings: NightlySettings) -> None:
    """Merges what came in pieces, and drops days that are too old."""
    from logscrub.metrics import store as stores
    from logscrub.metrics.ingestion import today

    kept = stores.open_store(settings.store)
    pruned = 0
    if settings.keep_days is not None:
        pruned = stores.prune(kept, stores.last_day_kept(settings.keep_days, today()))
    if stores.compact(kept) or pruned:
        stores.vacuum(kept)


def _report(loaded: Config, settings: NightlySettings) -> Report:
    """Makes the report and writes it in all forms."""
    from logscrub.anomalies.night import make_report, period_of
    from logscrub.anomalies.rules import load_rules
    from logscrub.metrics.store import open_store
    from logscrub.report import SUFFIXES, past_night, render

    kept = open_store(settings.store)
    now = datetime.now(UTC)
    start, end = period_of(kept, now)
    if now - end > timedelta(days=1):
        say(f"the store has nothing newer than {end:%Y-%m-%d %H:%M} UTC, so this report is not of last night")
    made = make_report(kept, load_rules(loaded.detectors), loaded, start, end, made=now, is_newest=True)
    past = (past_night(night) for night in nights_of(settings.report))
    made = replace(made, nights=tuple(night for night in past if night is not None and night.day < end.date()))
    for suffix in SUFFIXES:
        put_bytes(render(made, suffix), settings.report / f"{end:%Y-%m-%d}{suffix}", inside=settings.report)
    put(index_of(settings.report), settings.report / INDEX, inside=settings.report)
    return made


def index_of(folder: Path) -> str:
    """The page over all reports of a folder."""
    from logscrub.report import as_index

    return as_index(nights_of(folder))


def nights_of(folder: Path) -> list[Listed]:
    """Reads the summaries of the reports in a folder, by day. Files that are no reports are left out."""
    from logscrub.report import listed

    nights = []
    for path in sorted(folder.glob("*.json")):
        if _OF_A_DAY.fullmatch(path.stem) and path.with_suffix(".html").exists():
            with suppress(OSError, ValueError):
                nights.append(listed(path.stem, json.loads(path.read_text(encoding="utf-8"))))
    return [night for night in nights if night is not None]


def _message(made: Report, settings: NightlySettings) -> tuple[str, str]:
    """Title and text of a notification, in Markdown."""
    from logscrub.objects import shown
    from logscrub.report import subject
    from logscrub.report.markdown import in_short

    page = shown(settings.report / f"{made.end:%Y-%m-%d}.html")
    return f"logscrub: {subject(made)}", in_short(made, most=_MOST_TOLD) + f"\nThe report: {page}\n"


def _notify(addresses: Iterable[Address], title: str, body: str, *, test: bool = False) -> bool:
    """Sends a message to every address. Says which failed by their place, because addresses hold secrets."""
    import apprise

    all_sent = True
    for address in addresses:
        to = apprise.Apprise()
        sent = False
        with suppress(Exception):  # its message may quote the address
            sent = to.add(address.url) and bool(to.notify(body=body, title=title, body_format=apprise.NotifyFormat.MARKDOWN))
        all_sent = all_sent and sent
        if not sent:
            say(f"{address.place}: the message could not be sent; is the address right, and can it be reached?")
        elif test:
            say(f"{address.place}: the test message was sent")
    return all_sent
