"""`logscrub store`: what the store holds, and keeping it small."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from logscrub.cli.console import let_interrupt, put, say
from logscrub.cli.detectors import table
from logscrub.cli.options import StoreAt, help_without_command, number, size
from logscrub.errors import UsageError

if TYPE_CHECKING:
    from logscrub.metrics.repair import Lost

app = typer.Typer(help="Look after the store of metrics.", rich_markup_mode=None, invoke_without_command=True)

EXAMPLES = """\b
Examples:
  logscrub store show --store metrics
  logscrub store compact --store metrics
  logscrub store prune --keep 400d --store metrics --dry-run
  logscrub store prune --keep 400d --store metrics
  logscrub store merge other-machine/metrics --store metrics
  logscrub store merge parts/* --store metrics
  logscrub store repair --store metrics"""


@app.callback()
def _group(context: typer.Context) -> None:
    help_without_command(context)


def _needed(store: str | None) -> str:
    if store is None:
        raise UsageError("which store? add: --store DIR")
    return store


@app.command("show", epilog=EXAMPLES)
def show(store: StoreAt = None) -> int:
    """List the days that the store holds, with their files and sizes."""
    from logscrub.metrics.sharing import BUDGET, spent_of
    from logscrub.metrics.store import open_store, sizes

    kept = open_store(_needed(store))
    rows = list(sizes(kept))
    put(table(("DAY", "FILES", "SIZE"), [(day, f"{files:,}", size(taken)) for day, files, taken in rows]))
    spent = spent_of(kept)
    of_budget = f"; {spent:g} of {BUDGET:g} spent on tables to share" if spent else ""
    say(f"key {kept.key_id}, {number(len(rows), 'day')}, {size(sum(taken for _, _, taken in rows))}{of_budget}")
    return 0


@app.command("compact", epilog=EXAMPLES)
def compact(store: StoreAt = None) -> int:
    """Merge what several runs wrote for a day into one file, and remove files that are not needed any more.

    Files that were replaced less than a day ago are kept for processes that are reading them.
    """
    from logscrub.metrics.store import compact as merge_days
    from logscrub.metrics.store import open_store, vacuum

    kept = open_store(_needed(store))
    days = merge_days(kept)
    say(f"{number(days, 'day')} compacted, {number(vacuum(kept), 'file')} removed")
    return 0


@app.command("prune", epilog=EXAMPLES)
def prune(
    store: StoreAt = None,
    keep: Annotated[str | None, typer.Option(metavar="DAYS", help="How many days to keep, today included: 400d.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be dropped, and drop nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. Needed where there is no terminal to ask on.")] = False,
) -> int:
    """Drop the days that are older than that, for good.

    Says first which days these are and how much they hold, and asks on a terminal.
    """
    from logscrub.metrics.ingestion import today
    from logscrub.metrics.store import days_of, last_day_kept, open_store, vacuum
    from logscrub.metrics.store import prune as drop

    first = last_day_kept(_days(keep), today())
    if not (dry_run or yes or _can_ask()):
        raise UsageError("days that are dropped are gone for good, and there is no terminal to ask on; add: --yes, or --dry-run")
    kept = open_store(_needed(store))
    old = {day: taken for day, (_, taken) in days_of(kept).items() if day is not None and day < first}
    if not old:
        say(f"nothing is older than {first}")
        return 0
    span = f"{min(old)}" if len(old) == 1 else f"{min(old)} to {max(old)}"
    what = f"{number(len(old), 'day')} ({span}, {size(sum(old.values()))})"
    if dry_run:
        say(f"would drop {what}")
        return 0
    say(f"drops {what}, for good")
    if not yes:
        let_interrupt()
        if not typer.confirm("Drop them?", err=True):
            say("nothing was dropped")
            return 0
    dropped = drop(kept, first)
    say(f"{number(dropped, 'day')} dropped, {number(vacuum(kept, dropped=True), 'file')} removed")
    return 0


def _days(keep: str | None) -> int:
    """`400d` as a number of days. Raises UsageError."""
    if keep is None:
        raise UsageError("how many days are kept? add: --keep 400d")
    days = re.fullmatch(r"([1-9]\d{0,4})(d?)", keep)
    if days is None:
        raise UsageError(f"--keep {keep}: is no number of days; write it so: --keep 400d")
    if not days[2]:
        raise UsageError(f"--keep {keep}: {keep} what? write the unit: --keep {keep}d")
    return int(days[1])


def _can_ask() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


@app.command("merge", epilog=EXAMPLES)
def merge(
    others: Annotated[
        list[str], typer.Argument(metavar="STORE...", help="The stores to add, all under the same key.", show_default=False)
    ],
    store: StoreAt = None,
) -> int:
    """Add the counts of other stores, such as those of other machines. Those stores are left as they are.

    Records that several of them have read count once, unless they were compacted. A merge that broke off continues when it is
    begun again.
    """
    from logscrub.metrics.store import merge_from, open_or_make, open_store

    added = [open_store(other) for other in others]
    kept = open_or_make(_needed(store), added[0].key_id)
    days = merge_from(kept, *added)
    said = sum(_merge_verdicts(kept.url, other.url) for other in added)
    say(f"{number(days, 'day')} added" + (f", {number(said, 'verdict')}" if said else ""))
    return 0


def _merge_verdicts(url: str, other: str) -> int:
    """Copies the verdicts on findings that only another store has. Returns how many."""
    from logscrub.anomalies.verdicts import folder_of, texts

    folder, known = folder_of(url), texts(url)
    new = {name: text for name, text in texts(other).items() if name not in known}
    if new and folder is None:
        raise UsageError(f"{url}: is in an object store; verdicts are kept in a store in a folder")
    for name, text in new.items():
        if folder is not None:
            folder.mkdir(exist_ok=True)
            put(text, folder / name)
    return len(new)


@app.command("repair", epilog=EXAMPLES)
def repair(store: StoreAt = None) -> int:
    """Drop files that are torn, as a power cut leaves them, and list the hours that must be ingested again.

    A day that was being compacted gets its earlier files back, so that nothing is lost. nightly reads all its files again by
    itself after a repair. Restoring the folder from a backup may save more.
    """
    from logscrub.metrics.repair import repair as mend

    done = mend(_needed(store))
    if not done.files and not done.entries:
        say("nothing is torn")
        return 0
    put("".join(f"{_hours(lost)}\n" for lost in done.lost))
    say(
        f"{number(done.files, 'torn data file')} dropped, {number(done.put_back, 'earlier file')} put back, "
        f"{number(done.entries, 'torn file')} of the log replaced"
    )
    if done.since is not None:
        say(f"what was ingested after {done.since:%Y-%m-%d %H:%M} UTC may be lost too, whatever hours it was of")
    if done.lost or done.since is not None:
        say("ingest the logs of these hours again, or let nightly do it; no record counts twice")
    return 0


def _hours(lost: Lost) -> str:
    if lost.day is None:
        return "records without a time"
    if lost.first is None or lost.last is None:
        return f"{lost.day}"
    return f"{lost.first:%Y-%m-%d %H:00} to {lost.last:%H:59} UTC"
