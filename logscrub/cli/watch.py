"""`logscrub watch`: runs the rules on a log as it is written."""

from __future__ import annotations

import select
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from logscrub.cli.console import say
from logscrub.cli.options import (
    Detectors,
    Format,
    KeyFile,
    Names,
    Policy,
    StoreAt,
    TextOrJson,
    given_key,
    number,
    unscanned,
    wait_for_input,
)
from logscrub.cli.report import Exact
from logscrub.errors import InputError, UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from types import FrameType

    from logscrub.anomalies.live import Alert, Live
    from logscrub.metrics.facts import FactFinder
    from logscrub.metrics.records import Records
    from logscrub.metrics.store import Store
    from logscrub.redact.scrub import Redactor
    from logscrub.scrubbing import Scrubs, Tally
    from logscrub.sources.files import Input
    from logscrub.sources.follow import Piece

EXAMPLES = """\b
Examples:
  forge logs --since 15m | logscrub watch
  logscrub watch app.log --store metrics --key-file logscrub.key
  poll-the-api | logscrub watch --store metrics --format json | send-somewhere

\b
A file is read from its beginning, and along as it grows, also where it is rotated
(as tail -F does); one that is not there yet is waited for. A pipe is read until it ends.
With a store it knows what is usual, and leaves out records that the store has;
without one it learns from the stream, and compares from the fourth day on.
Nothing is written to the store.
An anomaly is reported once, and again if it comes back after six hours.

\b
Exit codes: 0 the input ended; 2 wrong usage; 3 the input or the store could not be read,
or a record or a part of one not scanned; 129, 130, 143 ended by a signal (130: Ctrl-C);
141 whoever read the alerts went away."""

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def watch(
    inputs: Annotated[
        str, typer.Argument(metavar="INPUT", help="A file that grows. None, or -, is standard input.", show_default=False)
    ] = "-",
    store: StoreAt = None,
    key_file: KeyFile = None,
    input_format: Format = "auto",
    alert_format: TextOrJson = "text",
    exact: Exact = False,
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
) -> int:
    """Watch a log as it is written: one line for each thing that is not as usual.

    The rules are those of the report. Records are scrubbed first; no alert holds customer data.
    """
    import secrets

    need("watch", "anomalies")
    from logscrub.anomalies.live import Live
    from logscrub.anomalies.rules import load_rules
    from logscrub.anomalies.signals import Rows
    from logscrub.api import build_redactor, settings
    from logscrub.config import load_config
    from logscrub.metrics.facts import FactFinder
    from logscrub.metrics.store import open_store
    from logscrub.sources.follow import follow

    item = _input_of(inputs)
    kept = open_store(store) if store is not None else None
    key = given_key(key_file) if store is not None or key_file is not None or exact else None
    if kept is not None:
        _check_key(kept, key)
    elif exact:
        raise UsageError("--exact needs --store: pseudonyms mean nothing without a permanent key")
    config = settings(load_config(), policy, detectors or [], names)
    rules = load_rules(config.detectors)
    redactor = build_redactor(config, key or secrets.token_bytes(32))
    live = Live(Rows(kept, None if kept is None else kept.table()), rules, config, exact)
    finder = FactFinder(redactor.pseudonymizer.derived("metrics"))
    watching = Watching(redactor, live, finder, input_format, alert_format)
    name = "standard input" if item.path is None else item.name
    grows = item.path is not None and (item.path.is_file() or not item.path.exists())
    pieces = follow(item, say)
    say(f"watching {name}, " + ("from its beginning and as it grows; Ctrl-C ends" if grows else "to its end"))
    wait_for_input([item])
    early: BaseException | None = None
    try:
        try:
            with closing(pieces):
                for piece in pieces:
                    with signals_held_back():
                        watching.take(piece)
        except (KeyboardInterrupt, SystemExit, InputError) as ended:  # a file has no other end
            early = ended
        watching.finish()
        if early is not None:
            raise early
    finally:
        with suppress(OSError):  # a terminal that was closed
            say(f"watched {name}: {watching.counts()}")
    return 3 if watching.tally.withheld else 0


def _input_of(argument: str) -> Input:
    """The input that is watched. A file may be missing still. Raises UsageError, InputError."""
    from logscrub.objects import address_of
    from logscrub.sources.files import Input, expand, printable

    address = address_of(argument)
    if address is not None:
        raise UsageError(f"{printable(str(address))}: an object does not grow; watch reads along a file, or standard input")
    path = Path(argument)
    if argument not in ("", "-") and "\0" not in argument:
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return Input(path, printable(argument), Path(path.name))
        except OSError:
            pass  # expand says what is wrong
    items = expand([argument])
    if len(items) != 1:
        raise UsageError(f"{printable(argument)}: watch reads along one file, or standard input")
    return items[0]


@dataclass(slots=True)
class _Text:
    """One text that comes piece by piece: the file that is written to, or one that was rotated, or a pipe."""

    scrubber: Scrubs
    records: Records
    withheld: int = 0
    """The part of the withheld records that was reported already."""


class Watching:
    """Takes what comes, and puts out alerts."""

    def __init__(
        self, redactor: Redactor, live: Live, finder: FactFinder, input_format: str, alert_format: Literal["text", "json"]
    ) -> None:
        from logscrub.api import engine_of
        from logscrub.scrubbing import Tally

        self._engine = engine_of(redactor)
        self._redactor, self._live, self._finder = redactor, live, finder
        self._input_format, self._alert_format = input_format, alert_format
        self._texts: dict[int, _Text] = {}
        self.alerts = 0
        self._ended = Tally()
        """The counts of texts that ended."""

    @property
    def tally(self) -> Tally:
        """The counts so far."""
        from logscrub.scrubbing import Tally

        whole = Tally()
        for tally in (self._ended, *(text.scrubber.tally for text in self._texts.values())):
            whole.add(tally)
        return whole

    def take(self, piece: Piece) -> None:
        """Counts what came, and says what is unusual. Raises InputError, BrokenPipeError."""
        if piece.data:
            text = self._texts.get(piece.number) or self._begin(piece.number)
            self._tell(self._live.take(text.records.feed(text.scrubber.feed(piece.data, False)), self._finder))
            self._warn_of_withheld(text)
        if piece.last:
            self._end(piece.number)
        self._tell(self._live.tick(datetime.now(UTC)))
        if not piece.data:
            raise_if_nobody_reads()

    def finish(self) -> None:
        """Counts what was still open, and says what is unusual in the hour that is running."""
        for each in list(self._texts):
            self._end(each)
        self._tell(self._live.finish())

    def counts(self) -> str:
        """The counts, in words."""
        live = self._live
        more = (
            (live.undated, "without a date"),
            (live.known, "known already"),
            (live.ahead, "from far in the future"),
        )
        left_out = [f"{number(count, 'record')} {what}" for count, what in more if count]
        return (
            f"{number(live.records, 'record')}{'' if live.records else ' with a date'}, {number(self.alerts, 'alert')}"
            + (f"; left out: {', '.join(left_out)}" if left_out else "")
            + (f"; {unscanned(self.tally)} could not be scanned" if self.tally.withheld else "")
        )

    def _begin(self, number: int) -> _Text:
        from logscrub.metrics.records import Records

        self._texts[number] = _Text(self._engine.scrubber(self._input_format), Records())
        return self._texts[number]

    def _end(self, number: int) -> None:
        text = self._texts.pop(number, None)
        if text is None:
            return
        rest = [*text.records.feed(text.scrubber.finish()), *text.records.finish()]
        self._warn_of_withheld(text)
        self._ended.add(text.scrubber.tally)
        self._tell(self._live.take(rest, self._finder))

    def _warn_of_withheld(self, text: _Text) -> None:
        """Says how much of a text could not be scanned, where more could not than was said before."""
        tally = text.scrubber.tally
        if tally.withheld > text.withheld:
            say(f"{unscanned(tally)} could not be scanned so far; no rule sees what they said")
            text.withheld = tally.withheld

    def _tell(self, alerts: Iterable[Alert]) -> None:
        """Prints one line for each alert, at once."""
        for alert in alerts:
            print(_as_json(alert) if self._alert_format == "json" else _as_text(alert), flush=True)
            self.alerts += 1


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Signals that end the program do so after the block, so that counts are whole; a second one does at once."""
    came: list[int] = []
    before: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            before[number](number, frame)

    for name in _ENDING:
        number = getattr(signal, name, None)
        if number is not None and callable(signal.getsignal(number)):
            before[number] = signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        before[came[0]](came[0], None)


def raise_if_nobody_reads() -> None:
    """Raises BrokenPipeError where standard output is a pipe that nobody reads any more: the next alert may be far away."""
    if sys.stdout is None or not hasattr(select, "poll"):
        return
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):
        return
    if any(event & select.POLLERR for _, event in poll.poll(0)):
        raise BrokenPipeError


def _check_key(store: Store, key: bytes | None) -> None:
    from logscrub.redact.pseudonyms import Pseudonymizer

    if key is None or Pseudonymizer(key).key_id != store.key_id:
        raise UsageError(
            f"the customers in the store are known by the store's key alone (id {store.key_id}); add: --key-file with that key"
        )


def _as_text(alert: Alert) -> str:
    from logscrub.report.view import compared
    from logscrub.report.words import visible

    finding = alert.finding
    said = visible(f"{finding.title}: {compared(finding)}")
    return f"{alert.at:%Y-%m-%dT%H:%M:%SZ} {finding.severity} {finding.kind} {said} [{finding.id}]"


def _as_json(alert: Alert) -> str:
    import orjson

    from logscrub.report.machine import finding_of

    return orjson.dumps({"at": f"{alert.at:%Y-%m-%dT%H:%M:%SZ}", **finding_of(replace(alert.finding, chart=None))}).decode()
