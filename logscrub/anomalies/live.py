"""Runs the rules on a stream. An anomaly is reported once, as soon as it can be seen.

The hour that is running is held against what is expected of the whole of it: too much is seen before the hour is over. Too
little, and silence, are told when it is. Scores are those of the nightly report: they are made of the same days.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl

from logscrub.anomalies.drill import Drill
from logscrub.anomalies.findings import withhold
from logscrub.anomalies.model import Finding
from logscrub.anomalies.night import found_in, verdicts_of
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import HISTORY_DAYS, Rows, SignalReader
from logscrub.config import Config
from logscrub.formats.base import Item
from logscrub.formats.forge_blocks import Block
from logscrub.metrics.columns import Columns
from logscrub.metrics.facts import FactFinder
from logscrub.metrics.rollup import merge, rolled

_EVERY: Final = 5.0
"""Seconds after which the hour that is running is looked at again, at least."""
_SHARE: Final = 4.0
"""The pause before the next scan of the rules, as a multiple of the time that the last scan took."""
_QUIET_HOURS: Final = 6
"""Hours after which an anomaly is reported again."""
_MANY: Final = 20_000
"""Records that are rolled up at once, at most."""
_STILL: Final = 60.0
"""Seconds without a record, before which the clock ends no hour: what comes may be a backlog that is read."""
_AHEAD: Final = timedelta(days=1)
"""Beyond the clock: a record of then has a wrong time."""
_LATE_HOURS: Final = 48
"""Hours for which records are known, so that one that comes twice counts once."""


def is_for_whole_hours(rule: Rule) -> bool:
    """True if a rule can only be tested on hours that are over."""
    return rule.check == "silence" or rule.direction == "down"


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding, and when it was seen."""

    at: datetime
    """The time of the newest record then."""
    finding: Finding


@dataclass(slots=True)
class Live:
    """Counts a stream, hour by hour."""

    rows: Rows
    rules: Sequence[Rule]
    config: Config
    exact: bool = False
    _hour: datetime | None = None
    """The newest hour that any record is of."""
    _newest: datetime | None = None
    _reader: SignalReader | None = None
    _columns: Columns = field(default_factory=Columns)
    """Records that came and are not rolled up yet."""
    _parts: dict[date, list[pl.DataFrame]] = field(default_factory=dict)
    """The rollups of days that changed since the last scan."""
    _seen: dict[datetime, set[int]] = field(default_factory=dict)
    _told: dict[str, datetime] = field(default_factory=dict)
    _next_look: float = 0.0
    _came: float = 0.0
    """The time of the last record, by the monotonic clock."""
    records: int = 0
    """Records with a time that were counted."""
    undated: int = 0
    """Records without a time: they are in no hour, and left out."""
    known: int = 0
    """Records that came before, or are in the store: left out."""
    ahead: int = 0
    """Records from far ahead of the clock and of all others: left out."""

    def take(self, items: Iterable[Item | Block], finder: FactFinder) -> list[Alert]:
        """Counts records. Returns what is seen at the end of hours that they end. Raises InputError.

        Those far ahead of the clock and of all others are left out: they would end all hours, and have what is usual forgotten.
        """
        before = len(self._columns)
        for item in items:
            if isinstance(item, Block):
                finder.add_block(item, self._columns)
            else:
                self._columns.extend([finder.facts(item)])
        if len(self._columns) == before:
            return []
        self._came = time.monotonic()
        if self._hour is not None and len(self._columns) < _MANY:
            behind = self._hour.timestamp() // 3600 - max(self._columns.hours[before:])
            if 0 <= behind < _LATE_HOURS:  # it can wait for the next scan
                return []
        return self._count()

    def _count(self) -> list[Alert]:
        """Rolls up what was taken. Returns what is seen at the end of hours that it ends."""
        columns, self._columns = self._columns, Columns()
        frame = columns.frame()
        dated = frame.drop_nulls("hour")
        rows = dated.unique(["hour", "prints"], keep="first", maintain_order=True)
        self.undated += len(frame) - len(dated)
        self.known += len(dated) - len(rows)
        alerts: list[Alert] = []
        hours = rows["hour"].unique().sort().to_list()
        latest = datetime.now(UTC) + _AHEAD
        for hour in hours:
            of_hour = rows.filter(pl.col("hour") == hour)
            if hour > latest and hour > (self._hour or hours[0]) + _AHEAD:
                self.ahead += len(of_hour)
                continue
            if self._hour is not None and hour <= latest < self._hour:  # the first record had a wrong time
                self._hour = self._newest = None
            new = self._new(of_hour, hour)
            self.known += len(of_hour) - len(new)
            if not len(new):
                continue
            if self._hour is not None and hour > self._hour:
                alerts += self.end_hour(hour)
            self._hour = max(hour, self._hour or hour)
            newest = hour + timedelta(milliseconds=int(new["ms"].max()))  # type: ignore[arg-type]
            self._newest = max(newest, self._newest or newest)
            self._parts.setdefault(hour.date(), []).append(rolled(columns, new))
            self.records += len(new)
        return alerts

    def _new(self, rows: pl.DataFrame, hour: datetime) -> pl.DataFrame:
        """Records of an hour that neither came before nor are in the store."""
        if hour not in self._seen:
            self._seen[hour] = self.rows.prints(hour)
            if len(self._seen) > _LATE_HOURS:
                del self._seen[min(self._seen)]
        seen = self._seen.get(hour, set())
        new = rows.filter(~pl.col("prints").is_in(list(seen))) if seen else rows
        seen.update(new["prints"].to_list())
        return new

    def finish(self) -> list[Alert]:
        """Returns the alerts of the current hour so far."""
        alerts = self._count()
        if self._hour is None or not self._parts:
            return alerts
        running = [rule for rule in self.rules if not is_for_whole_hours(rule)]
        return alerts + self._look(self._hour, self._hour + timedelta(hours=1), running)

    def end_hour(self, now: datetime) -> list[Alert]:
        """Returns the alerts of the hour that was current, which was over before the hour `now`."""
        if self._hour is None or now <= self._hour:
            return []
        alerts = self._look(self._hour, self._hour + timedelta(hours=1), self.rules)
        if now - self._hour > timedelta(hours=1):  # hours without any record
            whole = [rule for rule in self.rules if is_for_whole_hours(rule)]
            alerts += self._look(max(self._hour + timedelta(hours=1), now - timedelta(hours=24)), now, whole)
        self._hour = now
        for day in [day for day in self.rows.beside if day < now.date() - timedelta(days=HISTORY_DAYS + 1)]:
            del self.rows.beside[day]
        self._told = {name: at for name, at in self._told.items() if now - at <= timedelta(hours=_LATE_HOURS)}
        return alerts

    def tick(self, clock: datetime) -> list[Alert]:
        """Returns the alerts of this moment. It is to be called often. `clock`: the current time, by which hours end even if no
        record comes."""
        if self._hour is None or time.monotonic() < self._next_look:
            return []
        began = time.monotonic()
        alerts = self._count()
        this_hour = clock.replace(minute=0, second=0, microsecond=0)
        if self._hour < this_hour and clock - self._hour < timedelta(hours=_LATE_HOURS) and self._is_live(clock):
            alerts += self.end_hour(this_hour)
        elif self._parts:
            running = [rule for rule in self.rules if not is_for_whole_hours(rule)]
            alerts += self._look(self._hour, self._hour + timedelta(hours=1), running)
        self._next_look = time.monotonic() + max(_EVERY, _SHARE * (time.monotonic() - began))
        return alerts

    def _is_live(self, clock: datetime) -> bool:
        """True if the stream is current and nothing comes, so that silence means something. A delay of minutes is usual."""
        if time.monotonic() - self._came < _STILL:
            return False
        return self._newest is not None and clock - self._newest > timedelta(minutes=75)

    def _look(self, start: datetime, end: datetime, rules: Sequence[Rule]) -> list[Alert]:
        again = set(self._parts)
        for day, parts in self._parts.items():
            kept = self.rows.beside.get(day)
            self.rows.beside[day] = merge(parts if kept is None else [kept, *parts]).filter(pl.col("kind") != "seen")
        self._parts.clear()
        if self._reader is None or self._reader.day != start.date():
            self._reader = SignalReader(self.rows, start, HISTORY_DAYS)
        signals = self._reader.read(start, end, again=again)
        made = self._newest or end
        drill = Drill(self.rows)
        findings, _ = found_in(signals, drill, rules, self.config, made=made, share_of=self.rules, verdicts=verdicts_of(drill))
        new = [finding for finding in findings if self._is_news(finding, end)]
        leading: dict[str, Finding] = {}
        for finding in new:
            leading.setdefault(finding.group, finding)
        return [Alert(made, f if self.exact else withhold(f)) for f in leading.values()]

    def _is_news(self, finding: Finding, end: datetime) -> bool:
        """True if an anomaly was not reported yet, or not for long."""
        before = self._told.get(finding.id)
        self._told[finding.id] = end
        return before is None or end - before > timedelta(hours=_QUIET_HOURS)
