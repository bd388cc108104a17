"""`logscrub metrics`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logscrub.cli.console import put, say
from logscrub.cli.options import KeyFile, StoreAt, number
from logscrub.cli.report import may_show_customers
from logscrub.errors import UsageError
from logscrub.sources.files import printable

if TYPE_CHECKING:
    import polars as pl

    from logscrub.metrics.query import Table

EXAMPLES = """\b
Examples:
  logscrub metrics --store metrics --by function
  logscrub metrics --store metrics --by function,hour --since 2d --format csv
  logscrub metrics --store metrics --by signature --since 2026-11-20 --until 2026-11-22
  logscrub metrics --store metrics --redactions --by entity,statement
  logscrub metrics --store metrics --by tenant --exact --key-file logscrub.key

\b
Dimensions: hour, day, function, module, version, environment, level, signature (of an
error), tenant; with --redactions also statement and entity.
Rows of fewer than -k customers are folded into one for all others, or left out.
csv, json and parquet have more columns.

\b
Exit codes: 0 done; 2 wrong usage; 3 the store could not be read."""


def metrics(
    store: StoreAt = None,
    by: Annotated[str, typer.Option(metavar="DIMENSION,…", help="A row for each of these; none for one of all.")] = "function",
    since: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="From this day on: 2026-11-20, or 7d for a week ago.", show_default=False),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Up to this day, it included.", show_default=False)] = None,
    redactions: Annotated[bool, typer.Option("--redactions", help="Count redactions instead of records.")] = False,
    source: Annotated[
        Literal["logs", "metrics"], typer.Option("--from", help="What counted: logs, or the App metrics API.")
    ] = "logs",
    k: Annotated[int, typer.Option("-k", min=2, help="The fewest customers that a row may be about.")] = 5,
    exact: Annotated[bool, typer.Option("--exact", help="Show every row, whoever it is about; needs the store's key.")] = False,
    key_file: KeyFile = None,
    table_format: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="For people, or for machines.")
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.", show_default=False)
    ] = None,
) -> int:
    """Show what the store has counted: counts, error rates, durations, customers."""
    from logscrub.metrics.query import records_by, redactions_by
    from logscrub.metrics.store import open_store

    if store is None:
        raise UsageError("metrics needs to know where they are kept; add: --store DIR")
    dimensions = [name.strip() for name in by.split(",") if name.strip()]
    if "tenant" in dimensions and not exact:
        raise UsageError("a row for each customer is about one customer; add: --exact --key-file with the store's key")
    if table_format == "parquet" and output is None:
        raise UsageError("parquet is no text; add: -o FILE")
    kept = open_store(store)
    if exact:
        may_show_customers(kept, key_file)
    first, last = _day(since, "--since"), _day(until, "--until")
    if redactions:
        table = redactions_by(kept, dimensions, since=first, until=last, k=0 if exact else k)
    else:
        table = records_by(kept, dimensions, since=first, until=last, source=source, k=0 if exact else k)
    _write(table.rows, table_format, output)
    _tell(table, k, dimensions)
    return 0


def _tell(table: Table, k: int, dimensions: list[str]) -> None:
    """What is not to be seen in the table, and why."""
    if table.folded:
        say(f"{number(table.folded, 'row')} of fewer than {k} customers (and what hides them) are one: (others)")
    if table.withheld:
        rest = "nothing can be shown" if not len(table.rows) else "they are left out"
        what = number(table.withheld, "row") if dimensions else "all of it"
        say(f"{what} of fewer than {k} customers together: {rest}; --exact shows them to who holds the key")
    if not len(table.rows) and not table.withheld:
        say("the store has nothing of that time")


def _write(rows: pl.DataFrame, table_format: str, output: Path | None) -> None:
    import io

    from logscrub.sinks import open_sink

    if table_format == "parquet":
        buffer = io.BytesIO()
        rows.write_parquet(buffer)
        with open_sink(output, "none") as sink:
            sink.write(buffer.getvalue())
            sink.commit()
    elif table_format == "csv":
        put(rows.write_csv(datetime_format="%Y-%m-%dT%H:%MZ", float_precision=4), output)
    elif table_format == "json":
        import orjson

        put(orjson.dumps(rows.to_dicts(), option=orjson.OPT_INDENT_2).decode() + "\n", output)
    else:
        put(_for_people(rows), output)


_MACHINES = frozenset(("p90_ms", "p99_ms", "span_p50_ms", "actors", "objects", "size"))
"""Columns that only machines get."""


def _for_people(rows: pl.DataFrame) -> str:
    """Columns side by side; those with nothing but zeros are left out, and those of less use."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    shown = [
        c
        for c in rows.columns
        if c not in _MACHINES and not (rows.schema[c].is_numeric() and not (rows[c].fill_null(0) != 0).any())
    ]
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in shown:
        table.add_column(
            name,
            justify="right" if rows.schema[name].is_numeric() else "left",
            overflow="fold",
            no_wrap=rows.schema[name].is_numeric(),
        )
    for row in rows.select(shown).iter_rows():
        table.add_row(*(_cell(name, value) for name, value in zip(shown, row, strict=True)))
    console = Console(width=180, color_system=None, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n") + "\n"


def _cell(name: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2%}" if name.endswith("_rate") else f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:%Y-%m-%d %H:%M}" if name == "hour" else printable(str(value)) or "(none)"


def _day(text: str | None, option: str) -> date | None:
    from logscrub.metrics.counting import today

    if text is None:
        return None
    ago = re.fullmatch(r"(\d{1,5})d", text)
    if ago is not None:
        return today() - timedelta(days=int(ago[1]))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no day; write 2026-11-20, or 7d for a week ago") from None
