"""Export formats: how to recognise one, split it into units, and where in a unit its texts stand.

A format is one file here with a `FORMAT`. Units are cut at positions that depend on the content alone, so however the input
arrives, the same units come out; and nothing is ever rebuilt: a scrubbed unit is its own text with spans replaced.
"""

from __future__ import annotations

from logscrub.errors import UsageError
from logscrub.formats import app_logs, containers, csv_table, forge_cli, graphql, ndjson, otlp, text
from logscrub.formats.base import Format, Reader

FORMATS: tuple[Format, ...] = (
    otlp.FORMAT,
    graphql.FORMAT,
    app_logs.FORMAT,
    containers.FORMAT,
    ndjson.FORMAT,
    forge_cli.FORMAT,
    csv_table.FORMAT,
    text.FORMAT,
)
"""In the order in which they are asked; the last takes everything."""

INPUT_FORMATS = ("auto", "app-logs", "otlp", "ndjson", "csv", "forge-cli", "text")
"""What `--input-format` takes."""


def recognise(head: str) -> Format:
    """The format of an input whose first non-empty line is `head` (of a very long line: its beginning)."""
    return next(f for f in FORMATS if f.recognises(head.lstrip("\ufeff")))


def named(name: str) -> Format:
    """The format of that name. Raises UsageError."""
    for f in FORMATS:
        if f.name == name:
            return f
    raise UsageError(f"no input format {name!r}; there are {', '.join(INPUT_FORMATS)}")


__all__ = ["FORMATS", "INPUT_FORMATS", "Format", "Reader", "named", "recognise"]
