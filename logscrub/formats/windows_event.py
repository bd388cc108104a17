"""Windows events as XML: `wevtutil qe … /f:xml`, PowerShell's `ToXml()`, Event Viewer's "Save all events as XML".

    <Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Roster'/><EventID>1000</EventID>
    <Level>2</Level><TimeCreated SystemTime='2026-11-17T09:15:38.3150000Z'/></System>
    <EventData><Data Name='TargetUserName'>jane</Data></EventData></Event>

An event is a record, on one line or over many; several may stand on one line. The texts between tags and the values of attributes
are scanned under the names of their elements and attributes, those of `<Data Name='…'>` under that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from logscrub.detect.json_leaves import field_name
from logscrub.formats.base import MOST_MESSAGE, Format, Item, Lines, LineShape, Memory, Record, continues
from logscrub.formats.lines import Shapes, TextRecords
from logscrub.formats.times import time_of
from logscrub.model import Leaf, Raw
from logscrub.patterns import regex

_ATTRIBUTE = regex(r"""\s+(?P<name>[A-Za-z_][\w:.-]{0,80})\s{0,4}=\s{0,4}(?:"(?P<double>[^"<]*+)"|'(?P<single>[^'<]*+)')""")
_TAG = regex(
    r"""<(?![A-Z][A-Z0-9_]{1,63}(?::[0-9a-f]{20})?>)(?P<close>/)?(?P<name>[A-Za-z_][\w.-]{0,80})(?P<attributes>(?:\s+[A-Za-z_][\w:.-]{0,80}\s{0,4}=\s{0,4}(?:"[^"<]*+"|'[^'<]*+'))*+)"""
    r"""\s*+(?P<empty>/)?>|<\?xml\s[^<>?]{0,200}\?>|<!\[CDATA\[|\]\]>"""
)
_ENDS = regex(r"</Event>\s*+")
_BEGINS = regex(r"<Event(?=[\s>])")
_WRAPPING = regex(r"\ufeff?\s*+(?:(?:<\?xml\s[^<>?]{0,200}\?>|</?Events(?:\s[^<>]{0,200})?>)\s*+)*+")
"""The declaration and the element that enclose the events of a file."""
_OWN = frozenset("Event Events System Level EventID Version Task Opcode EventRecordID TimeCreated Keywords Execution".split())
"""Elements whose texts and attributes are the format's own numbers and times."""
_SHORT_SID = regex(r"S-1-\d{1,2}(?:-\d{1,3}){1,2}")
"""The security id of an account that every Windows has."""
_MOST_TEXT = 4 * MOST_MESSAGE
"""Characters of an event that are kept for counting."""
_LEVELS = {"0": "INFO", "1": "FATAL", "2": "ERROR", "3": "WARN", "4": "INFO", "5": "DEBUG"}


class WindowsEventReader:
    """Cuts the input into lines, and lines behind the end of each event."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._is_inside = False
        """True inside of an event."""
        self._field = ""
        """The name of the text that a line begins in."""

    def feed(self, text: str) -> Iterator[Raw]:
        for line in self.lines.feed(text):
            yield from self._units(*line)

    def finish(self) -> Iterator[Raw]:
        for line in self.lines.finish():
            yield from self._units(*line)

    def _units(self, line: str, number: int, column: int) -> Iterator[Raw]:
        position = 0
        while position < len(line):
            m = _ENDS.search(line, position)
            end = len(line) if m is None else m.end()
            yield self._unit(line[position:end], number, column + position, m is not None)
            position = end

    def _unit(self, text: str, number: int, column: int, ends: bool) -> Raw:
        begins = _BEGINS.search(text) is not None
        # a text outside of events is a record of its own
        is_other = not self._is_inside and column == 1 and not continues(text) and _WRAPPING.fullmatch(text) is None
        records = begins or is_other
        if begins:
            self._field = ""
        leaves = tuple(self._leaves(text))
        self._is_inside = (self._is_inside or begins) and not ends
        if not self._is_inside:
            self._field = ""
        return Raw(text, leaves, number, column, int(records), begins or not records)

    def _leaves(self, text: str) -> Iterator[Leaf]:
        position = 0
        for m in _TAG.finditer(text):
            yield from _text(text, position, m.start(), self._field)
            position = m.end()
            name = m["name"]
            if name is None:
                continue
            if m["close"]:
                self._field = ""
                continue
            self._field = name
            for a in _ATTRIBUTE.finditer(text, *m.span("attributes")):
                start, end = a.span("double" if a["double"] is not None else "single")
                if name == "Data" and a["name"] == "Name":
                    self._field = text[start:end]
                if start < end and name not in _OWN:
                    yield _leaf(text, start, end, "" if a["name"] == "Name" else a["name"])
            if m["empty"]:
                self._field = ""
        yield from _text(text, position, len(text), self._field)


def _text(text: str, start: int, end: int, field: str) -> Iterator[Leaf]:
    """The leaf of a text between tags, if there is any."""
    stretch = text[start:end]
    start += len(stretch) - len(stretch.lstrip())
    end -= len(stretch) - len(stretch.rstrip())
    if start < end and not (field in _OWN and text[start:end].isdigit()):
        yield _leaf(text, start, end, "" if field in _OWN or field == "Data" else field)


def _leaf(text: str, start: int, end: int, name: str) -> Leaf:
    field = field_name(unescape(name))
    if name.lower().endswith("sid") or name == "UserID":
        field = "" if _SHORT_SID.fullmatch(text, start, end) else "user id"
    return Leaf(start, end, (field,) if field else (), "xml", name)


class WindowsEventRecords:
    """Joins the units of an event into one record."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._text = TextRecords(shapes)
        self._event: list[str] | None = None
        self._size = 0

    def unit(self, raw: Raw) -> Iterator[Item]:
        """The record that is complete with this unit."""
        if raw.records:
            yield from self.close()
            m = _BEGINS.search(raw.text)
            if m is None:
                yield from self._text.unit(raw)
                return
            self._event, self._size = [], 0
        if self._event is not None and self._size < _MOST_TEXT:
            self._event.append(raw.text[:_MOST_TEXT])
            self._size += len(raw.text)

    def close(self) -> Iterator[Item]:
        """Returns the open record, which no later unit continues."""
        yield from self._text.close()
        event, self._event = self._event, None
        if event is not None:
            yield self._shapes.unwrapped(_record("".join(event)))

    def finish(self) -> Iterator[Item]:
        """Returns the record that was still open at the end."""
        return self.close()


_SYSTEM_TIME = regex(r"""<TimeCreated\s+SystemTime\s*=\s*["']([^"'<>]{10,40})["']""")
_LEVEL = regex(r"<Level>\s*(\d)\s*</Level>")
_PROVIDER = regex(r"""<Provider\s+Name\s*=\s*["']([^"'<>]{1,200})["']""")
_EVENT_ID = regex(r"<EventID(?:\s[^<>]{0,100})?>\s*(\d{1,6})\s*</EventID>")
_MESSAGE = regex(r"<Message>((?:[^<]++|<(?!/?Message>))*+)</Message>")
_DATA = regex(r"""<Data(?:\s+Name\s*=\s*["']([^"'<>]{0,200})["'])?\s*>((?:[^<]++|<(?!/?Data[\s>]))*+)</Data>""")
_PLACEHOLDER = r"<[A-Z][A-Z0-9_]{1,63}(?::[0-9a-f]{20})?>"
_USER_DATA = regex(rf"<([A-Za-z_][\w.-]{{0,80}})>((?:[^<>]++|{_PLACEHOLDER}){{1,40}}+)</\1>")
_NO_CHARACTER = regex(r"&#[0-9]{20,};?")
"""A reference to a character by a number that none has."""
_ACTIVITY = regex(r"""<Correlation\s+ActivityID\s*=\s*["']\{?([0-9A-Fa-f-]{36})\}?["']""")


def _record(text: str) -> Record:
    """The record of an event's XML. It is not parsed as XML, because placeholders in it are written as in text."""
    system, _, rest = text.partition("</System>")
    time, level, activity = _SYSTEM_TIME.search(system), _LEVEL.search(system), _ACTIVITY.search(system)
    provider, event_id = _PROVIDER.search(system), _EVENT_ID.search(system)
    time_ns = time_of(time[1]) if time is not None else None
    head = " ".join(m[1] for m in (provider, event_id) if m is not None)
    message = _MESSAGE.search(rest)
    if message is not None:
        said = message[1]
    else:
        pairs = [(m[1] or "", m[2]) for m in _DATA.finditer(rest)] or [(m[1], m[2]) for m in _USER_DATA.finditer(rest)]
        said = " ".join(f"{name}={value}" if name else value for name, value in pairs)
    said = unescape(_NO_CHARACTER.sub("\ufffd", said)).strip() if said.strip() else ""
    return Record(
        time_ns,
        _LEVELS.get(level[1], "") if level is not None else "",
        f"{head}: {said}"[:MOST_MESSAGE] if said else head or text[:MOST_MESSAGE],
        invocation=activity[1].lower() if activity is not None else "",
        unread_time=time[1] if time is not None and time_ns is None else "",
    )


def _begins(line: str, memory: Memory) -> Record | None:
    """An event on one line among lines of another log."""
    return _record(line) if line.startswith("<Event") and _BEGINS.match(line) and "</Event>" in line else None


def _recognises(head: str) -> bool:
    return re.match(r"<\?xml\s[^<>?]{0,200}\?>|(?:<Events(?:\s[^<>]{0,200})?>\s*)?<Event(?=[\s>])|<Events>\s*$", head) is not None


FORMAT = Format("windows-event", _recognises, line=LineShape(_begins), reader=WindowsEventReader, records=WindowsEventRecords)
