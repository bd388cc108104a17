"""Finds out whose record a unit of a clean log is, by fields that customers cannot write.

Only the fields count in which an export of Atlassian's names the installation: attributes of a record of the App logs API, and
the column of a download. Texts of messages do not count, whatever they look like. Fields of logs that an app writes line by line
itself do not count either, because the app may print what a customer sent.
"""

from __future__ import annotations

from typing import NamedTuple

from logscrub import formats
from logscrub.formats.json_records import TOKEN, Element, Grammar, records_in
from logscrub.formats.json_values import parse
from logscrub.formats.otlp import RECORDS, installation_of
from logscrub.model import Raw
from logscrub.redact.pseudonyms import PLACEHOLDER
from logscrub.scrubbing import Units

_EXPORTS = frozenset(("app-logs", "otlp"))
_COLUMNS = frozenset(("site", "installationcontext"))
CUSTOMERS = frozenset(("CLOUD_ID", "SITE_NAME", "INSTALLATION_ID", "ORG_ID", "BITBUCKET_WORKSPACE"))
"""Types of the pseudonyms that name customers."""
_MOST_TRIED = 16
"""Brackets at which a record is looked for in a part of a document."""


class Belongs(NamedTuple):
    """A record of a customer in `[start, end)` of a unit. The customer is named by its pseudonym, "" if the record names none."""

    start: int
    end: int
    customer: str


def belongs(raw: Raw, format_name: str) -> list[Belongs]:
    """The records of customers in a unit, with their places. A place that none of them covers is nobody's."""
    if format_name in _EXPORTS:
        return _in_export(raw)
    if format_name == "csv":
        return [Belongs(0, len(raw.text), _one(_in_row(raw)))] if raw.records else []
    return []


def name_of(units: Units) -> str:
    """The name of the format of an input; "" while it is not known."""
    return "" if units.format is None else units.format.name


def may_name(units: Units) -> bool:
    """False once it is known that no record of an input names a customer, as in most formats: all of them are nobody's."""
    return not units.labelled or name_of(units) in _EXPORTS or name_of(units) == "csv"


def customer_of(text: str) -> str:
    """The customer that a field names, as its pseudonym; "" where there is none, or more than one."""
    return _one([m[0] for m in PLACEHOLDER.finditer(text) if m[2] and m[1] in CUSTOMERS])


def _one(names: list[str]) -> str:
    return names[0] if names and all(name == names[0] for name in names) else ""


def _in_row(raw: Raw) -> list[str]:
    cells = [leaf for leaf in raw.leaves if leaf.coding == "csv" and leaf.pointer.strip().lower() in _COLUMNS]
    return [customer_of(raw.text[leaf.start : leaf.end]) for leaf in cells]


def _in_export(raw: Raw) -> list[Belongs]:
    if not raw.records or not raw.parsed:
        return []
    if raw.records > 1:
        spans = record_spans(raw.text)
        return [Belongs(start, end, _named_by(Element(parse(raw.text[start:end]), (), None))) for start, end in spans]
    if raw.value is None:
        found = [_named_by(part_of_document(raw.text))]
    elif isinstance(raw.value, dict) and not formats.SHAPES.rules.may_stand_in(raw.text):
        found = [_named_by(Element(raw.value, (), None))]
    else:
        found = [_named_by(element) for element in records_in(raw.value, formats.SHAPES.rules)]
    return [Belongs(0, len(raw.text), _one(found))]


def _named_by(element: Element | None) -> str:
    """The customer that a record names in the attribute that is Atlassian's."""
    if element is None or not isinstance(element.value, dict) or not RECORDS.knows(element.value):
        return ""
    return customer_of(installation_of(element.value, element.around))


def record_spans(text: str) -> list[tuple[int, int]]:
    """Returns the stretches of a JSON value that are its records, as far as these are objects or lists."""
    grammar, position, start = Grammar(formats.SHAPES.rules), 0, -1
    found: list[tuple[int, int]] = []
    while (m := TOKEN.match(text, position)) is not None and grammar.accept(m[m.lastindex or 0]):
        position = m.end()
        if grammar.record_begins:
            start = position - 1
        if grammar.record_ends and start >= 0:
            found.append((start, position))
            start = -1
    return found


def part_of_document(text: str) -> Element | None:
    """The record that ends a part of a JSON document; None where none does."""
    part = text.rstrip()
    at = -1
    for _ in range(_MOST_TRIED):
        at = part.find("{", at + 1)
        if at < 0:
            return None
        value = parse(part[at:])
        if value is not None:
            return Element(value, (), None)
    return None
