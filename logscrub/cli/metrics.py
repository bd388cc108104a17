"""`logscrub metrics`: shows tables of the counts in a store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logscrub.cli import times
from logscrub.cli.console import put, say, terminal_width
from logscrub.cli.options import KeyFile, StoreAt, file_or_none, number
from logscrub.cli.report import may_show_customers
from logscrub.errors import UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from logscrub.metrics.query import Table

EXAMPLES = """\b
Examples:
  logscrub metrics --store metrics --by function
  logscrub metrics --store metrics --by function,hour --since 2d --format csv
  logscrub metrics --store metrics --by signature --since 2026-11-20 --until 2026-11-22
  logscrub metrics --store metrics --since 2h --columns records,errors,p95_ms
  logscrub metrics --store metrics --redactions --by entity,statement
  logscrub metrics --store metrics --by tenant --exact --key-file logscrub.key
  logscrub metrics --store metrics --by function,day --since 7d --share

\b
Dimensions: hour, day, function, module, version, environment, level, signature (of an
error), tenant; with --redactions also statement and entity.
Rows of fewer than -k customers are folded into one for all others, or left out.
Without --share, a table is for the vendor alone: two of them can reveal what one customer did.
With it, noise hides each customer, however many tables are compared; the store gives
tables until its budget is spent. See docs/reference/store.md.
On a terminal, the columns that fit are shown, and the others named; csv, json and
parquet have them all. In csv, a text that a spreadsheet would take for a formula
begins with '.

\b
Exit codes: 0 done; 2 wrong usage; 3 the store could not be read."""


def metrics(
    store: StoreAt = None,
    by: Annotated[
        str, typer.Option(metavar="DIMENSION,…", help="The dimensions of a row; none for one row of all.")
    ] = "function",
    since: times.Since = None,
    until: times.Until = None,
    columns: Annotated[
        str | None,
        typer.Option(metavar="COLUMN,…", help="The columns to show, in any format, in this order.", show_default=False),
    ] = None,
    redactions: Annotated[bool, typer.Option("--redactions", help="Count redactions instead of records.")] = False,
    source: Annotated[
        Literal["logs", "metrics"], typer.Option("--from", help="The source of the counts: logs, or the App metrics API.")
    ] = "logs",
    k: Annotated[
        int, typer.Option("-k", min=2, help="The fewest customers that a row may be about; below 5 it needs the store's key.")
    ] = 5,
    exact: Annotated[bool, typer.Option("--exact", help="Show every row, whoever it is about; needs the store's key.")] = False,
    key_file: KeyFile = None,
    share: Annotated[
        bool, typer.Option("--share", help="A table that may be handed on: with noise that hides each customer, and error bars.")
    ] = False,
    privacy: Annotated[
        Literal["strict", "usual", "loose"],
        typer.Option("--privacy", help="With --share: how much noise, and how little of the store's budget a table takes."),
    ] = "usual",
    table_format: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="For people, or for machines.")
    ] = "table",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write it; none, or -, is standard output.", show_default=False
        ),
    ] = None,
) -> int:
    """Show what the store has counted: counts, error rates, durations, customers."""
    need("metrics", "metrics")
    from logscrub.metrics.k_anonymity import DEFAULT_K
    from logscrub.metrics.query import COLUMNS, REDACTION_COLUMNS, records_by, redactions_by
    from logscrub.metrics.store import days_in_words, open_store

    if store is None:
        raise UsageError("metrics needs to know where they are kept; add: --store DIR")
    if table_format == "parquet" and (output is None or (file_or_none(output) is None and terminal_width() is not None)):
        raise UsageError("parquet is no text; add: -o FILE")
    output = file_or_none(output)
    dimensions = _listed(by)
    if share:
        if exact or redactions:
            raise UsageError("--share is for records of all customers; leave out --exact and --redactions")
        rows = _shared(store, dimensions, columns, since, until, source, privacy)
        _write(rows, table_format, output, dimensions, rows.columns)
        return 0
    if "tenant" in dimensions and not exact:
        raise UsageError("a row for each customer is about one customer; add: --exact --key-file with the store's key")
    chosen = None if columns is None else _chosen(columns, dimensions, REDACTION_COLUMNS if redactions else COLUMNS)
    kept = open_store(store)
    if exact or k < DEFAULT_K:
        may_show_customers(kept, key_file, "--exact" if exact else f"-k below {DEFAULT_K}")
    first, last = times.period(since, until, datetime.now(UTC))
    if redactions:
        table = redactions_by(kept, dimensions, since=first, until=last, k=0 if exact else k)
    else:
        table = records_by(kept, dimensions, since=first, until=last, source=source, k=0 if exact else k)
    _write(table.rows, table_format, output, dimensions, chosen)
    if len(table.rows):
        say("this table is for your own eyes: beside others it may reveal what one customer did; to hand one on, add --share")
    _tell(table, k, dimensions)
    if not len(table.rows) and not table.withheld:
        say(f"no data in the store for this period; it has records of {days_in_words(kept)}")
    return 0


def _shared(
    store: str, by: list[str], columns: str | None, since: str | None, until: str | None, source: str, privacy: str
) -> pl.DataFrame:
    """A table to hand on; says what it cost."""
    need("metrics --share", "share")
    from logscrub.metrics import sharing
    from logscrub.metrics.store import open_store

    now = datetime.now(UTC)
    first, last = times.period(since, until, now)
    chosen = sharing.DEFAULT if columns is None else [name for name in _listed(columns) if name not in by]
    sharing.check(by, chosen, first)
    made = sharing.share(open_store(store), by, chosen, since=first, until=last or now, source=source, privacy=privacy)
    bounds = ", ".join(f"{bound:,} {name}" for name, bound in made.bounds.items())
    say(f"each customer counts for {bounds} at most; the noise is within …_within in {100 * sharing.LIKELIHOOD:g} of 100 cells")
    say(f"epsilon {made.epsilon:g}; {made.spent:g} of this store's {sharing.BUDGET:g} are spent")
    return made.rows


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _chosen(columns: str, dimensions: list[str], numbers: Sequence[str]) -> list[str]:
    """The columns that were asked for; dimensions among them that were not named come first. Raises UsageError."""
    asked, known = _listed(columns), [*dimensions, *numbers]
    if not asked:
        raise UsageError(f"--columns: which? there are {', '.join(known)}")
    for name in asked:
        if name not in known:
            raise UsageError(f"--columns: no column {name!r}; there are {', '.join(known)}")
    if len(set(asked)) < len(asked):
        raise UsageError("--columns: a column is given twice")
    return [*(name for name in dimensions if name not in asked), *asked]


def _tell(table: Table, k: int, dimensions: list[str]) -> None:
    """Says what the table does not show, and why."""
    if table.folded:
        say(f"{number(table.folded, 'row')} of fewer than {k} customers (and what hides them) are one: (others)")
    if table.withheld:
        rest = "nothing can be shown" if not len(table.rows) else "they are left out"
        what = number(table.withheld, "row") if dimensions else "all of it"
        say(f"{what} of fewer than {k} customers together: {rest}; --exact shows them, with the store's key")


def _write(
    rows: pl.DataFrame, table_format: str, output: Path | None, dimensions: Sequence[str], chosen: Sequence[str] | None
) -> None:
    """`chosen`: the columns to write; without, those that the format has room for."""
    import io

    from logscrub.cli import tables
    from logscrub.sinks import open_sink

    if chosen is not None:
        rows = rows.select(chosen)
    if table_format == "parquet":
        buffer = io.BytesIO()
        rows.write_parquet(buffer)
        with open_sink(output, "none") as sink:
            sink.write(buffer.getvalue())
            sink.commit()
    elif table_format == "csv":
        put(tables.as_csv(rows), output)
    elif table_format == "json":
        import orjson

        put(orjson.dumps(rows.to_dicts(), option=orjson.OPT_INDENT_2).decode() + "\n", output)
    else:
        width = None if output is not None else terminal_width()
        shown = rows.columns if chosen is not None else tables.useful(rows, dimensions)
        fitting = shown if chosen is not None or width is None else tables.fitting(rows.select(shown), dimensions, width)
        put(tables.for_people(rows.select(fitting), width), output)
        if left_out := [name for name in shown if name not in fitting]:
            say(f"no room here for {', '.join(left_out)}; choose with: --columns, or write to a file or a pipe")
