"""A report of a period: read the store, ask every rule, make findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Final

import polars as pl

from logscrub.anomalies.baseline import WEEKEND_DAYS
from logscrub.anomalies.checks import CHECKS, first, levels, vectors
from logscrub.anomalies.checks.base import Candidate
from logscrub.anomalies.drill import Drill, tenants_of_statements
from logscrub.anomalies.findings import findings_of, withhold
from logscrub.anomalies.model import LEARNING_DAYS, SHORT_HISTORY, Finding, Muted, Report, Statement, Totals, Trend
from logscrub.anomalies.recurrence import recurring
from logscrub.anomalies.rules import Rule
from logscrub.anomalies.signals import Rows, Signals, read_signals
from logscrub.anomalies.verdicts import EVER, Verdict, newest, of_mutes, read_verdicts, real_hours, tallies
from logscrub.config import Config
from logscrub.errors import UsageError
from logscrub.metrics import store as stores
from logscrub.metrics.sketches import value_of
from logscrub.metrics.store import Store

_STALE: Final = timedelta(days=2)
"""A store that has nothing newer is one of the past: what it has is reported, not that nothing came since."""
_HOUR: Final = timedelta(hours=1)
_MOST_STATEMENTS = 100
_TREND_DAYS = 29
"""The period's last day, and four weeks before it."""
_SLOW = 0.95
_MOST_PERSONS = 3
"""The greatest number of persons of one customer that are reported separately for doing the same."""


def period_of(
    store: Store, now: datetime, *, since: datetime | None = None, until: datetime | None = None
) -> tuple[datetime, datetime]:
    """The hours to report on: those asked for, as far as they are over, else the last 24 that the store can know of.

    The hour that is running is none of them, unless the store knows of no other in the last two days.
    Raises UsageError where there are none.
    """
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    newest = _newest(store, this_hour - _HOUR)
    if newest is None or this_hour - (newest + _HOUR) >= _STALE:
        newest = _newest(store, this_hour) or _newest(store, None)
    if newest is None:
        raise UsageError(f"{store.url}: has no records with a time yet; there is nothing to report")
    told = newest + _HOUR
    end = this_hour if told <= this_hour and this_hour - told < _STALE else told
    if until is not None:  # hours to come have no records, which is no silence
        end = min(until, max(end, this_hour))
    start = since or end - timedelta(days=1)
    if start >= end:
        raise UsageError(
            f"{store.url}: has nothing after {start:%Y-%m-%d %H:%M} yet; it has records of {stores.days_in_words(store)}"
        )
    return start, end


def _newest(store: Store, last: datetime | None) -> datetime | None:
    """Returns the newest hour with records, up to `last`: a sender whose clock is ahead must not hide all the others."""
    table = store.table()
    which = (pl.col("kind") == "count") & (pl.col("source") == "logs")
    if last is not None:
        which &= pl.col("hour") <= last
    days = stores.days_between(store, table, None, None if last is None else last.date())
    for day in reversed([day for day in days if day is not None]):
        with stores.told(store.url):
            hour = stores.of_days(store, table, [day], ["hour"], which).select(pl.col("hour").max()).collect().item()
        if hour is not None:
            return hour  # type: ignore[no-any-return]
    return None


def make_report(
    store: Store,
    rules: Sequence[Rule],
    config: Config,
    start: datetime,
    end: datetime,
    *,
    made: datetime,
    exact: bool = False,
    is_newest: bool = False,
) -> Report:
    """Returns the report of a period, from one full hour to another.

    `exact`: name the customers and persons, for somebody with the store's key. `is_newest`: the period is the last that the
    store knows, and reports are made every night, so that silence since then is a finding. Raises InputError.
    """
    rows = Rows(store, store.table())
    return report_of(read_signals(rows, start, end), Drill(rows), rules, config, made=made, exact=exact, is_newest=is_newest)


def report_of(
    signals: Signals,
    drill: Drill,
    rules: Sequence[Rule],
    config: Config,
    *,
    made: datetime,
    exact: bool = False,
    is_newest: bool = False,
) -> Report:
    """Returns the report of signals that were read already."""
    start, end = signals.at(signals.first), signals.at(signals.last)
    weeks = (end - start) / timedelta(days=7)
    is_stale = is_newest and made - end >= _STALE
    verdicts = verdicts_of(drill)
    told, muted = found_in(signals, drill, rules, config, made=made, share_of=rules, is_stale=is_stale, verdicts=verdicts)
    return Report(
        start=start,
        end=end,
        made=made,
        totals=_totals(signals),
        findings=tuple(told if exact else map(withhold, told)),
        muted=tuple(muted),
        statements=_statements(signals, drill),
        expected_false_alarms=config.false_alarms_a_week * weeks if signals.history_days >= SHORT_HISTORY else 0.0,
        budget=_in_words(config.false_alarms_a_week),
        coverage=(*_stale(signals, is_stale), *_coverage(signals)),
        history_days=signals.history_days,
        tallies=tallies(verdicts),
        trends=_trends(signals),
    )


def every_finding(
    store: Store, rules: Sequence[Rule], config: Config, start: datetime, end: datetime, *, made: datetime
) -> list[Finding]:
    """Returns the findings of a period, with those that are muted. Raises InputError."""
    rows = Rows(store, store.table())
    signals, drill = read_signals(rows, start, end), Drill(rows)
    verdicts = verdicts_of(drill)
    return _findings(signals, drill, rules, config, made=made, share_of=rules, is_stale=False, verdicts=verdicts)


def verdicts_of(drill: Drill) -> tuple[Verdict, ...]:
    """Returns the verdicts on findings of the store. Raises InputError."""
    return () if drill.source.url is None else read_verdicts(drill.source.url)


def found_in(
    signals: Signals,
    drill: Drill,
    rules: Sequence[Rule],
    config: Config,
    *,
    made: datetime,
    share_of: Sequence[Rule],
    is_stale: bool = False,
    verdicts: Sequence[Verdict] = (),
) -> tuple[list[Finding], list[Muted]]:
    """Returns the reported findings of a period, and those that verdicts or the configuration mute.

    `share_of`: all rules that share the budget. `is_stale`: nothing came since the period.
    """
    found = _findings(signals, drill, rules, config, made=made, share_of=share_of, is_stale=is_stale, verdicts=verdicts)
    return silenced(found, config, made, verdicts, recurring(found, rules, drill.source))


def _findings(
    signals: Signals,
    drill: Drill,
    rules: Sequence[Rule],
    config: Config,
    *,
    made: datetime,
    share_of: Sequence[Rule],
    is_stale: bool,
    verdicts: Sequence[Verdict],
) -> list[Finding]:
    """All findings of a period."""
    signals = replace(signals, real=real_hours(verdicts))
    weeks = (signals.last - signals.first) / (7 * 24)
    tested = sum(rule.check != "first" for rule in share_of)
    candidates = find_candidates(signals, rules, config.false_alarms_a_week * weeks / max(1, tested))
    if is_stale:
        candidates += _nothing_since(signals, rules, made)
    return findings_of(candidates, signals, drill, made=made, tenants=active_tenants(signals))


def _nothing_since(signals: Signals, rules: Sequence[Rule], made: datetime) -> list[Candidate]:
    """Returns the finding that no log came since the period, by the rule for silence of the whole app."""
    rule = next((rule for rule in rules if rule.check == "silence" and () in rule.by), None)
    hours = int((made - signals.at(signals.last)) / _HOUR)
    if rule is None or hours < 1:
        return []
    usual = float(signals.functions["records"].sum()) / max(1, int(signals.known.sum()))
    return [Candidate(rule, (), signals.last, signals.last + hours, rule.number, 0.0, usual * hours, None, None)]


def _stale(signals: Signals, is_stale: bool) -> list[str]:
    """Returns a sentence that names the day of a report, if that day is not the current one."""
    day = f"{signals.at(signals.last - 1):%Y-%m-%d}"
    return [f"This report is of {day}, not of now: the store has nothing newer."] if is_stale else []


def active_tenants(signals: Signals) -> int:
    """Counts the customers that were active in the period."""
    return signals.tenants.filter(pl.col("t") >= signals.first)["tenant"].n_unique()


def find_candidates(signals: Signals, rules: Sequence[Rule], allowed: float) -> list[Candidate]:
    """Runs the rules. `allowed`: false alarms in the period, for each rule."""
    if not signals.known.any():
        return []
    found = [candidate for rule in rules for candidate in CHECKS[rule.check].find(rule, signals, allowed)]
    found = _less_persons(found)
    # a silent function means nothing where no log came at all
    if any(c.rule.check == "silence" and not c.dimensions for c in found):
        found = [c for c in found if c.rule.check != "silence" or not c.dimensions]
    return found


def _less_persons(found: Sequence[Candidate]) -> list[Candidate]:
    """Merges findings about several persons of one customer that do the same: the rule on customers reports them, or else one
    finding does."""
    floods = {dict(c.dimensions)["tenant"] for c in found if c.rule.check != "actors" and "tenant" in dict(c.dimensions)}
    persons: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in found:
        tenant = dict(candidate.dimensions).get("tenant")
        if candidate.rule.check == "actors" and tenant is not None:
            persons.setdefault((candidate.rule.id, tenant), []).append(candidate)
    dropped: set[int] = set()
    for (_, tenant), many in persons.items():
        if len(many) > _MOST_PERSONS:
            kept = [] if tenant in floods else [min(many, key=lambda c: c.p_value or 0.0)]
            dropped |= {id(c) for c in many if c not in kept}
    return [c for c in found if id(c) not in dropped]


def silenced(
    findings: Sequence[Finding],
    config: Config,
    made: datetime,
    verdicts: Sequence[Verdict] = (),
    recurs: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[Finding], list[Muted]]:
    """Splits findings into those to report and those that verdicts, the configuration or the months before mute.

    `recurs`: why findings are no news, by their ids.
    """
    told: list[Finding] = []
    muted: list[Muted] = []
    marked = newest(verdicts)
    holding = {**marked, **newest(of_mutes(m for m in config.mutes if made.date() <= m.until))}
    for finding in findings:
        verdict = holding.get(finding.id)
        if verdict is not None and verdict.holds_back(finding, made.date()):
            until = None if verdict.until == EVER else datetime.combine(verdict.until, time(), UTC) + timedelta(days=1)
            muted.append(Muted(finding.id, finding.rule, finding.title, verdict.why, until, verdict.kind == "usual"))
            continue
        if finding.id in marked:
            said = marked[finding.id]
            finding = replace(finding, marked=f"{said.kind}, {said.made:%Y-%m-%d}: {said.why}")
        elif finding.id in recurs:
            muted.append(Muted(finding.id, finding.rule, finding.title, recurs[finding.id], None, is_usual=True))
            continue
        # it may have begun in the last hours of the day before
        first, last = finding.start.date(), (finding.end - timedelta(microseconds=1)).date()
        days = [e for e in config.calendar if e.first <= first + timedelta(days=1) and e.first <= last <= e.last]
        exception = next((e for e in days if not e.rules or finding.rule in e.rules), None)
        if exception is not None:
            muted.append(Muted(finding.id, finding.rule, finding.title, exception.reason, None))
            continue
        told.append(finding)
    leaders = {finding.id for finding in told}
    heads: dict[str, str] = {}
    out = []
    for finding in told:  # a group whose leader is muted is led by the next
        head = finding.group if finding.group in leaders else heads.setdefault(finding.group, finding.id)
        out.append(replace(finding, group=head))
    return out, muted


def _in_words(a_week: float) -> str:
    if a_week >= 1:
        return f"at most {a_week:g} false alarm{'' if a_week == 1 else 's'} a week, in the mean"
    return f"at most one false alarm in {1 / a_week:.0f} weeks, in the mean"


def _totals(signals: Signals) -> Totals:
    now = signals.functions.filter(pl.col("t") >= signals.first)
    hours = signals.last - signals.first
    before = signals.functions.filter((pl.col("t") < signals.first) & (pl.col("t") >= signals.first - 28 * 24))
    told = int(signals.known[max(0, signals.first - 28 * 24) : signals.first].sum())
    usual = hours / told if told >= SHORT_HISTORY * 24 else None
    return Totals(
        records=int(now["records"].sum()),
        errors=int(now["errors"].sum()),
        tenants=active_tenants(signals),
        functions=now.filter(pl.col("function") != "")["function"].n_unique(),
        usual_records=None if usual is None else float(before["records"].sum()) * usual,
        usual_errors=None if usual is None else float(before["errors"].sum()) * usual,
    )


def _trends(signals: Signals) -> tuple[Trend, ...]:
    """Records, error rate, durations and customers of each of the last days."""
    days = min(_TREND_DAYS, signals.last // 24)
    begin = signals.last - 24 * days
    told = [bool(signals.known[begin + 24 * day : begin + 24 * (day + 1)].any()) for day in range(days)]

    def by_day(frame: pl.DataFrame, number: pl.Expr) -> list[float | None]:
        since = frame.filter((pl.col("t") >= begin) & (pl.col("t") < signals.last))
        rows = since.group_by((pl.col("t") - begin) // 24).agg(number.alias("number")).iter_rows()
        of_day = dict(rows)
        return [of_day.get(day, 0) if is_told else None for day, is_told in enumerate(told)]

    records, errors = (by_day(signals.functions, pl.col(name).sum()) for name in ("records", "errors"))
    slow = pl.col("bucket").filter(pl.col("n").cum_sum() >= _SLOW * pl.col("n").sum()).first()
    buckets = by_day(signals.durations.sort("bucket"), slow)
    return (
        Trend("Records", "", tuple(records)),
        Trend("Error rate", "share", tuple(e / r if e is not None and r else None for e, r in zip(errors, records, strict=True))),
        Trend("95 % of calls within", "ms", tuple(value_of(int(bucket)) if bucket else None for bucket in buckets)),
        Trend("Customers", "", tuple(by_day(signals.tenants, pl.col("tenant").n_unique()))),
    )


def _statements(signals: Signals, drill: Drill) -> tuple[Statement, ...]:
    """Log statements that say customer data, the one to mend first first."""
    start, end = signals.at(signals.first), signals.at(signals.last)
    now = signals.statements.filter(pl.col("t") >= signals.first)
    if not len(now):
        return ()
    tenants = tenants_of_statements(drill.source, start, end)
    before = signals.statements.filter(pl.col("t") < signals.first)
    told = int(signals.known[: signals.first].sum())
    usual_of = {
        (function, statement): n
        for function, statement, n in before.group_by("function", "statement").agg(pl.col("redactions").sum()).iter_rows()
    }
    knows = signals.history_days >= SHORT_HISTORY
    found = []
    for (function, statement), rows in now.group_by("function", "statement"):
        key = (str(function), str(statement))
        entities = (
            rows.group_by("entity").agg(pl.col("redactions").sum()).sort(["redactions", "entity"], descending=[True, False])
        )
        is_new = knows and key not in usual_of
        born = signals.statements.filter((pl.col("function") == key[0]) & (pl.col("statement") == key[1]))["t"].min()
        found.append(
            Statement(
                function=key[0],
                app_version=rows.sort("t", "version")["version"].to_list()[-1],
                statement=key[1],
                entities=tuple(entities.iter_rows()),
                redactions=int(rows["redactions"].sum()),
                usual=usual_of.get(key, 0) * (signals.last - signals.first) / told if knows and told else None,
                tenants=tenants.get(key, 0),
                first_seen=signals.at(int(born)),  # type: ignore[arg-type]
                is_new=is_new,
            )
        )
    found.sort(key=lambda s: (not s.is_new, -s.redactions, s.function, s.statement))
    return tuple(found[:_MOST_STATEMENTS])


def learned(signals: Signals) -> tuple[list[str], list[str]]:
    """Lists what is tested with as many days before the period, and what is not tested yet."""
    days, (weekdays, weekend_days) = signals.history_days, signals.kind_days
    parts = (
        ("what a new version broke", True),
        ("limits that were run into again and again", True),
        ("shares of errors and of slow calls", days >= SHORT_HISTORY),
        ("how much there is of what on days of the week", days >= SHORT_HISTORY <= weekdays),
        ("what single persons do", weekdays >= SHORT_HISTORY),
        ("how much there is of what on weekends", days >= SHORT_HISTORY and weekend_days >= WEEKEND_DAYS),
        ("errors never seen before", days >= first.LEARNING_DAYS),
        ("levels of the last weeks", days >= levels.SHORT_HISTORY),
        ("a customer's whole day", days >= vectors.SHORT_HISTORY),
        ("the rhythm of single hours of the week", False),
    )
    return [part for part, is_judged in parts if is_judged], [part for part, is_judged in parts if not is_judged]


def _coverage(signals: Signals) -> list[str]:
    """Lists the limits of a report."""
    told = []
    days = signals.history_days
    if days < LEARNING_DAYS:
        so_far, not_yet = learned(signals)
        told.append(f"Still learning: day {days + 1} of {LEARNING_DAYS}. Judged so far: {', '.join(so_far)}.")
        told.append(f"Not judged yet: {', '.join(not_yet)}.")
    hours = signals.last - signals.first
    silent = hours - signals.functions.filter(pl.col("t") >= signals.first)["t"].n_unique()
    if silent:
        told.append(f"{silent} of {hours} hours of this period {'has' if silent == 1 else 'have'} no logs at all.")
    if signals.without_customer:
        told.append(
            f"{signals.without_customer:,} records name no customer (forge logs names none): no finding about customers has them."
        )
    now = signals.functions.filter(pl.col("t") >= signals.first)
    unknown = int(now.filter(pl.col("version").is_in(["", "unknown"]))["records"].sum())
    if unknown:
        told.append(
            f"{unknown:,} records are of no known version (those of refused invocations are): no comparison of versions has them."
        )
    if not len(signals.durations.filter(pl.col("t") >= signals.first)):
        told.append("No durations are known: neither messages nor metrics told any.")
    if not len(signals.actors):
        told.append("No persons are known: no record names an account, so nothing is told of what one person does.")
    told.append("Logs stop at Forge's limits (100 lines a runtime minute, 200 KB an invocation): missing lines prove no silence.")
    return told
