"""Export formats: how to recognise one, cut it into units, where in a unit its texts stand, and which records it is.

A format is one file here with a `FORMAT`. Units are cut at positions that depend on the content alone, so however the input
arrives, the same units come out; and nothing is ever rebuilt: a scrubbed unit is its own text with spans replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pkgutil import get_data, iter_modules

from logscrub.errors import UsageError
from logscrub.formats import (
    access_log,
    app_logs,
    app_metrics,
    aws_load_balancer,
    azure,
    cloudwatch,
    containers,
    cri,
    csv_table,
    datadog,
    docker,
    elastic,
    forge_cli,
    gcp,
    graphql,
    har,
    journald,
    journald_export,
    klog,
    lambda_text,
    logfmt,
    loki,
    ndjson,
    new_relic,
    otlp,
    sentry,
    splunk,
    syslog,
    syslog_frames,
    text,
    w3c,
    wevtutil,
    windows_event,
)
from logscrub.formats.base import MOST_MESSAGE, Format, Item, Point, Reader, Record, RecordReader, UnitReader
from logscrub.formats.cut_lines import CutLineReader
from logscrub.formats.json_values import JsonReader, Leaves
from logscrub.formats.lines import LineReader, Shapes, TextRecords
from logscrub.formats.wrapped import WrappedReader

_LISTED: tuple[Format, ...] = (
    otlp.FORMAT,
    app_metrics.FORMAT,
    graphql.FORMAT,
    app_logs.FORMAT,
    containers.FORMAT,
    docker.FORMAT,
    journald.FORMAT,
    sentry.FORMAT,
    har.FORMAT,
    gcp.FORMAT,
    elastic.FORMAT,
    datadog.FORMAT,
    splunk.FORMAT,
    loki.FORMAT,
    cloudwatch.FORMAT,
    new_relic.FORMAT,
    azure.FORMAT,
    ndjson.FORMAT,
    cri.FORMAT,
    windows_event.FORMAT,
    wevtutil.FORMAT,
    journald_export.FORMAT,
    w3c.FORMAT,
    lambda_text.FORMAT,
    forge_cli.FORMAT,
    syslog_frames.FORMAT,
    syslog.FORMAT,
    klog.FORMAT,
    access_log.FORMAT,
    aws_load_balancer.FORMAT,
    logfmt.FORMAT,
    csv_table.FORMAT,
    text.FORMAT,
)
"""The formats of logscrub, in the order in which they are asked. The last one takes everything."""


def _with_unlisted(listed: Iterable[Format]) -> tuple[Format, ...]:
    """The listed formats, and those of files in this folder that the list does not name, each at the place that it asks for.

    Files without a `FORMAT` are not imported: they may need an extra that is not installed.
    """
    formats = list(listed)
    for file in iter_modules(__path__):
        name = f"{__name__}.{file.name}"
        if name not in sys.modules and b"\nFORMAT = " in (get_data(__name__, f"{file.name}.py") or b""):
            found: Format = import_module(name).FORMAT
            formats.insert(next(n for n, f in enumerate(formats) if f.name == found.asked_before), found)
    return tuple(formats)


FORMATS = _with_unlisted(_LISTED)
"""All formats, in the order in which they are asked."""

SHAPES = Shapes([f.line for f in FORMATS if f.line is not None], [f.json for f in FORMATS if f.json is not None])
"""The line shapes and JSON rules of all formats."""

INPUT_FORMATS = ("auto", *(f.name for f in FORMATS if f.is_named))
"""The names that `--input-format` takes."""


def recognise(head: str) -> Format:
    """The format of an input whose first non-empty line is `head` (of a very long line: its beginning)."""
    return next(f for f in FORMATS if f.recognises(head.lstrip("\ufeff")))


def named(name: str) -> Format:
    """The format of that name. Raises UsageError."""
    for f in FORMATS:
        if f.name == name:
            return f
    raise UsageError(f"no input format {name!r}; there are {', '.join(INPUT_FORMATS)}")


def reader_of(f: Format, *, leaves: Leaves = True) -> Reader:
    """A reader for one input of a format. `leaves`: False where its records are only counted, see `Leaves`."""
    if f.reader is not None:
        reader = f.reader()
        if isinstance(reader, WrappedReader):
            reader.leaves = leaves
        return reader
    if f.json is not None:
        return JsonReader(SHAPES.rules, leaves=leaves)
    # pieces of cut lines matter only where texts are scanned
    return CutLineReader(SHAPES, syslog.part, leaves=leaves) if leaves else LineReader(SHAPES, leaves=False)


def records_of(f: Format) -> RecordReader:
    """Turns the units of one input of a format into records."""
    return TextRecords(SHAPES) if f.records is None else f.records(SHAPES)


__all__ = [
    "FORMATS",
    "INPUT_FORMATS",
    "MOST_MESSAGE",
    "SHAPES",
    "Format",
    "Item",
    "Point",
    "Reader",
    "Record",
    "RecordReader",
    "UnitReader",
    "named",
    "reader_of",
    "recognise",
    "records_of",
]
