"""When customer data was in a log: which statements said it, of which kinds, about how many customers, from when to when.

Nothing that is collected here holds a raw value: statements are those of the scrubbed records, customers are pseudonyms, and only
their number is told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from logscrub import formats
from logscrub._version import __version__
from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.detect.json_leaves import with_leaves
from logscrub.engines.factory import Runner
from logscrub.formats.base import Record
from logscrub.formats.json_records import Element
from logscrub.formats.json_values import parse
from logscrub.guarantee.members import part_of_document, record_spans
from logscrub.guidelines import GUIDELINES, NEVER
from logscrub.metrics.facts import statement_of, tenant_of
from logscrub.model import Raw, Span
from logscrub.report.words import visible
from logscrub.scrubbing import Tally, Units, clean_unit

SEVERITIES: Final = ("critical", "high", "moderate")
"""The worst first: what lets somebody in; what must never be in a log; what may be with caution."""
MEANING: Final = {
    "critical": "whoever read the log could act as somebody else: revoke what leaked first",
    "high": "what Atlassian grades as never to be logged",
    "moderate": "what Atlassian grades as to be logged with caution",
}
_CRITICAL: Final = frozenset(("authorisation data", "session id"))
CLOCKS: Final = (("Atlassian", 24), ("the customers concerned", 72))
"""Recipients of a notice, and the hours in which they must have it, from when the exposure was known."""
_MOST_STATEMENTS: Final = 5_000
OTHERS: Final = "(other statements)"
_UNKNOWN: Final = "(not a record that is understood)"


def severity_of(rows: Iterable[str]) -> str:
    """The severity of the worst row of the guidelines."""
    found = set(rows)
    if found & _CRITICAL:
        return "critical"
    return "high" if any(GUIDELINES[row] == NEVER for row in found) else "moderate"


class Place(NamedTuple):
    """The statement, function and version that wrote a record."""

    statement: str
    function: str
    version: str


@dataclass(slots=True)
class Told:
    """The exposure of one statement, or of one day."""

    records: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Entity types, and in how many records."""
    rows: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    nobodys: int = 0
    """Records that name no customer."""
    first: int | None = None
    """Nanoseconds since 1970; None where no record had a time."""
    last: int | None = None

    def add(self, record: Record | None, kinds: Mapping[str, str]) -> None:
        """One more record; `kinds`: entity types and their rows."""
        self.records += 1
        self.kinds.update(kinds.keys())
        self.rows.update(kinds.values())
        customer = "" if record is None else tenant_of(record.customer)
        if customer:
            self.customers.add(customer)
        else:
            self.nobodys += 1
        time = None if record is None else record.time_ns
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)

    def as_dict(self) -> dict[str, Any]:
        """The exposure as JSON has it."""
        return {
            "severity": severity_of(self.rows),
            "kinds": dict(sorted(self.kinds.items())),
            "rows": sorted(self.rows),
            "records": self.records,
            "customers": len(self.customers),
            "records_of_no_customer": self.nobodys,
            "first": moment(self.first),
            "last": moment(self.last),
        }


class Exposure:
    """The exposure of all inputs."""

    def __init__(self, *, caution: bool = False) -> None:
        """`caution`: whether what may be logged with caution counts too."""
        self._caution = caution
        self.total = Told()
        self.places: dict[Place, Told] = {}
        self.days: dict[str, Told] = {}
        self.read = 0
        """Records that were looked at."""
        self.unread = 0
        """Records, and parts of some, that could not be scanned."""
        self.inputs_unread = 0
        """Inputs that could not be read to their end, or were skipped."""

    def counts(self, span: Span) -> bool:
        """True if a finding is an exposure."""
        return bool(span.entity_type) and (self._caution or GUIDELINES[span.guideline] == NEVER)

    def add(self, record: Record | None, kinds: Mapping[str, str]) -> None:
        """A record that exposed something."""
        place = Place(_UNKNOWN, "", "") if record is None else Place(_says(record), record.function, record.version)
        if place not in self.places and len(self.places) >= _MOST_STATEMENTS:
            place = Place(OTHERS, "", "")
        day = "" if record is None or record.time_ns is None else moment(record.time_ns)[:10]
        for told in (self.total, self.places.setdefault(place, Told()), self.days.setdefault(day, Told())):
            told.add(record, kinds)


def _says(record: Record) -> str:
    return statement_of(record.message) or statement_of(record.arguments) or "(nothing)"


class Looker:
    """Looks at one input. What its records say is read from what the scrub makes of them."""

    def __init__(self, engine: Runner, exposure: Exposure, input_format: str) -> None:
        self._redactor = engine.redactor
        self._exposure = exposure
        self._units = Units(input_format)
        self._clean = Units(input_format)
        self._open: Open = NOTHING_OPEN
        self._tally = Tally()
        self._begun = 0
        """Records that began so far."""
        self._read = 0
        """Records that were read again, clean."""
        self._reader: formats.RecordReader | None = None
        self._found: dict[int, dict[str, str]] = {}
        """Record number -> entity types that it exposes, with their rows of the guidelines."""
        self._records: dict[int, Record | None] = {}

    def feed(self, data: bytes) -> None:
        """Looks at the units that are complete with these bytes."""
        self._look(self._units.feed(data))

    def finish(self) -> None:
        """Looks at what was still open at the end."""
        self._look(self._units.finish()[0])
        self._read_again(self._clean.finish()[0])
        headless = bool(self._found) and not self._begun  # what stands before a first record that never came is one
        self._tell(self._begun, ended=True)
        self._exposure.read += self._tally.records_read or int(headless)
        self._exposure.unread += self._tally.withheld

    def _look(self, units: Iterable[Raw]) -> None:
        for raw in units:
            spans: Sequence[Span] = ()
            before = self._open
            try:
                spans = self._redactor.look(raw, before).spans
            except Exception:  # clean_unit withholds and counts it
                spans = ()
            clean, self._open = clean_unit(self._redactor, raw, before, self._tally)
            self._note(raw, [span for span in spans if self._exposure.counts(span)])
            self._begun += raw.records
            self._read_again(self._clean.feed(self._units.decoder.encode(clean.text)))
        self._tell(self._begun - 1)  # the last one may go on

    def _note(self, raw: Raw, spans: Sequence[Span]) -> None:
        """Adds the kind of each finding to the record in which it stands. A finding before the first record counts for it."""
        if not spans:
            return
        starts = [start for start, _ in record_spans(raw.text)] if raw.records > 1 else []
        for span in spans:
            within = sum(start <= span.start for start in starts) if starts else min(raw.records, 1)
            number = max(0, self._begun + within - 1)
            self._found.setdefault(number, {})[span.entity_type] = span.guideline

    def _read_again(self, units: Iterable[Raw]) -> None:
        for raw in units:
            if not raw.records:
                continue
            found = self._records_of(raw)
            for n in range(raw.records):
                self._records[self._read + n] = found[n] if n < len(found) else None
            self._read += raw.records

    def _records_of(self, raw: Raw) -> list[Record | None]:
        """The records that begin in a clean unit, in order."""
        if self._clean.format is None:
            return []
        elements: list[Element | None] = []
        if raw.records > 1:
            elements = [Element(parse(raw.text[a:b]), (), None) for a, b in record_spans(raw.text)]
        elif raw.value is None and raw.inside is not None:
            elements = [part_of_document(raw.text)]
        if elements:
            items = [None if each is None else formats.SHAPES.of_element(each) for each in elements]
            return [item if isinstance(item, Record) else None for item in items]
        if self._reader is None:
            self._reader = formats.records_of(self._clean.format)
        its = [*self._reader.unit(with_leaves(raw)), *self._reader.close()]
        return [item if isinstance(item, Record) else None for item in its]

    def _tell(self, before: int, *, ended: bool = False) -> None:
        """Tells of the records that are complete: all of those before one, once they were read again."""
        before = min(before, self._read)
        for number in [n for n in self._found if ended or n < before]:
            self._exposure.add(self._records.get(number), self._found.pop(number))
        for number in [n for n in self._records if n < before]:
            del self._records[number]


def moment(time_ns: int | None) -> str:
    """`2026-11-29T10:00:03Z`; "" where it is not known."""
    if time_ns is None:
        return ""
    try:
        return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""


# -- what is told -------------------------------------------------------------------------------------------------------


def as_dict(exposure: Exposure, *, made: datetime, known_at: datetime | None, rules: Mapping[str, Any]) -> dict[str, Any]:
    """The whole of it. `made`: now; `known_at`: when somebody knew of it; `rules`: under which it was looked for."""
    total = exposure.total
    statements = sorted(exposure.places.items(), key=_by_severity)
    return {
        "version": __version__,
        "made": f"{made:%Y-%m-%dT%H:%M:%SZ}",
        "known_at": None if known_at is None else f"{known_at:%Y-%m-%dT%H:%M:%SZ}",
        "clocks": [] if known_at is None else [_clock(who, hours, known_at, made) for who, hours in CLOCKS],
        "exposed": total.records > 0,
        "records_read": exposure.read,
        "records_unread": exposure.unread,
        "inputs_unread": exposure.inputs_unread,
        **(total.as_dict() if total.records else {}),
        "days": [{"day": day or "unknown", **told.as_dict()} for day, told in sorted(exposure.days.items())],
        "statements": [{**place._asdict(), **told.as_dict()} for place, told in statements],
        "rules": dict(rules),
    }


def _by_severity(item: tuple[Place, Told]) -> tuple[Any, ...]:
    place, told = item
    return SEVERITIES.index(severity_of(told.rows)), told.first is None, told.first or 0, -told.records, place


def _clock(who: str, hours: int, known_at: datetime, made: datetime) -> dict[str, Any]:
    due = known_at + timedelta(hours=hours)
    left = (due - made).total_seconds() / 3600
    return {"tell": who, "hours": hours, "due": f"{due:%Y-%m-%dT%H:%M:%SZ}", "hours_left": round(left, 1), "overdue": left < 0}


def as_json(told: Mapping[str, Any]) -> str:
    """The exposure as a text of JSON."""
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def headline(told: Mapping[str, Any]) -> str:
    """The worst severity and the numbers of an exposure in one line."""
    if not told["exposed"]:
        return _nothing(told)
    when = f", from {told['first']} to {told['last']}" if told["first"] else ""
    return (
        f"{told['severity']}: {told['records']:,} of {told['records_read']:,} records exposed customer data "
        f"of {_customers(told)}{when}"
    )


def _nothing(told: Mapping[str, Any]) -> str:
    count = told["records_read"]
    if not count:
        return "no record was read, so nothing is known"
    records = f"{count:,} record{'' if count == 1 else 's'}"
    if told["inputs_unread"] or told["records_unread"]:
        return f"nothing was found in {records}, but not everything could be read"
    return f"nothing was exposed in {records}"


def _customers(told: Mapping[str, Any]) -> str:
    count, nobodys = told["customers"], told["records_of_no_customer"]
    named = f"{count:,} customer{'' if count == 1 else 's'}"
    if not nobodys:
        return named
    others = f"{nobodys:,} record{'' if nobodys == 1 else 's'} that name{'s' if nobodys == 1 else ''} none"
    return f"{named} and in {others}" if count else f"customers that are not named, in {others}"


_HEADS: Final = ("severity", "statement", "function", "version", "kinds", "records", "customers", "first", "last")
_DAY_HEADS: Final = ("day", "severity", "kinds", "records", "customers")


def _row(told: Mapping[str, Any], heads: Sequence[str]) -> list[str]:
    cells = []
    for head in heads:
        value = told[head]
        if head == "kinds":
            value = ", ".join(f"{kind} ({count:,})" for kind, count in value.items())
        cells.append(f"{value:,}" if isinstance(value, int) else visible(str(value)))
    return cells


def _clock_lines(told: Mapping[str, Any]) -> list[str]:
    if not told["exposed"]:
        return []
    if not told["clocks"]:
        return ["No clock runs: say when it was known, with --known-at."]
    return [
        f"Tell {clock['tell']} by {clock['due']}: {clock['hours']} hours after it was known, "
        + (f"{-clock['hours_left']:,} hours ago" if clock["overdue"] else f"{clock['hours_left']:,} hours left")
        for clock in told["clocks"]
    ]


def _notes(told: Mapping[str, Any]) -> list[str]:
    notes = [MEANING[told["severity"]][0].upper() + MEANING[told["severity"]][1:] + "."] if told["exposed"] else []
    if count := told["inputs_unread"]:
        inputs = "1 input" if count == 1 else f"{count:,} inputs"
        notes.append(f"{inputs} could not be read to the end, so more may have been exposed than stands here.")
    if told["records_unread"]:
        notes.append(f"{told['records_unread']:,} records, or parts of some, could not be scanned: check them yourself.")
    return [*notes, f"Looked at on {told['made']} by logscrub {told['version']}, policy {told['rules']['policy']['name']}."]


def as_markdown(told: Mapping[str, Any]) -> str:
    """The exposure as Markdown, for people."""
    lines = ["# Exposure", "", _plain(headline(told)[0].upper() + headline(told)[1:] + "."), ""]
    lines += [f"- {line}" for line in _clock_lines(told)]
    lines += ["", *_notes(told), ""]
    for title, columns, rows in _tables(told):
        # Last, because `verify` takes what stands behind `body=` on a line for its value.
        heads = sorted(columns, key="statement".__eq__)
        lines += [f"## {title}", "", _line(heads), _line(["---"] * len(heads))]
        lines += [*(_line(_cells(row, heads)) for row in rows), ""]
    return "\n".join(lines)


def _tables(told: Mapping[str, Any]) -> list[tuple[str, Sequence[str], Sequence[Mapping[str, Any]]]]:
    if not told["exposed"]:
        return []
    return [("Timeline", _DAY_HEADS, told["days"]), ("Statements", _HEADS, told["statements"])]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(told: Mapping[str, Any], heads: Sequence[str]) -> Iterator[str]:
    """The cells of a row in Markdown. A statement is code, so that its placeholders stand there as in the scrubbed log."""
    for head, cell in zip(heads, _row(told, heads), strict=True):
        yield _code(cell) if head == "statement" and cell.strip() else _plain(cell)


def _code(text: str) -> str:
    """A text as code in a cell of a Markdown table, where a pipe needs a backslash even within code."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    room = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{room}{text}{room}{fence}".replace("|", "\\|")


def _plain(text: str) -> str:
    """A text without meaning in Markdown."""
    for sign in "\\`*_{}[]<>#|":
        text = text.replace(sign, "\\" + sign)
    return text


def as_page(told: Mapping[str, Any]) -> str:
    """The exposure as a page of HTML that loads nothing else."""
    from logscrub.report.html import page

    return page(
        "exposure.html",
        headline=headline(told),
        clocks=_clock_lines(told),
        notes=_notes(told),
        tables=[(title, heads, [_row(row, heads) for row in rows]) for title, heads, rows in _tables(told)],
    )
