"""Tables of metrics as text: columns side by side, as wide as the terminal is, and CSV that no spreadsheet runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

import polars as pl

from logscrub.sources.files import printable

_MACHINES: Final = frozenset(("p90_ms", "p99_ms", "span_p50_ms", "actors", "objects", "size"))
"""Columns that people get only where they ask for them."""
_FIRST: Final = ("records", "redactions", "errors", "error_rate", "p95_ms", "tenants", "invocations", "p50_ms")
"""Columns in the order in which they are kept where there is no room for all. The others follow in the order of the table."""
_GAP: Final = 3
"""Characters between two columns."""
_EDGES: Final = 2
"""Characters at both ends of a line."""
_NAME_WIDTH: Final = 24
"""Characters of a column of names that numbers do not take from it."""
_WITHOUT_TERMINAL: Final = 180
"""Characters that a table has room for where it is not written to a terminal."""
_FORMULA: Final = re.compile("^[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")
"""First characters with which a spreadsheet reads a cell as a formula: = + - @, also in full width, and those it drops first."""


def as_csv(rows: pl.DataFrame) -> str:
    """CSV whose texts no spreadsheet takes for formulas: they are quoted, and `'` stands before what could begin one (OWASP)."""
    harmless = rows.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA.pattern)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, kind in rows.schema.items()
        if kind == pl.String
    )
    return harmless.write_csv(datetime_format="%Y-%m-%dT%H:%MZ", float_precision=4, quote_style="non_numeric")


def useful(rows: pl.DataFrame, dimensions: Sequence[str]) -> list[str]:
    """The columns for people: not those with nothing but zeros, nor those of less use."""

    def says_something(name: str) -> bool:
        return not rows.schema[name].is_numeric() or bool((rows[name].fill_null(0) != 0).any())

    return [name for name in rows.columns if name in dimensions or (name not in _MACHINES and says_something(name))]


def fitting(rows: pl.DataFrame, dimensions: Sequence[str], width: int) -> list[str]:
    """The columns that a line of so many characters has room for, the most important first; dimensions and one number always.

    Names may be folded, numbers may not.
    """
    names = [name for name in rows.columns if name in dimensions]
    numbers = sorted((name for name in rows.columns if name not in dimensions), key=_rank)
    taken = _EDGES - _GAP + sum(_GAP + min(_width(rows, name), _NAME_WIDTH) for name in names)
    kept = set(names)
    for place, name in enumerate(numbers):
        needed = _GAP + _width(rows, name)
        if not place or taken + needed <= width:
            kept.add(name)
            taken += needed
    return [name for name in rows.columns if name in kept]


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _width(rows: pl.DataFrame, name: str) -> int:
    from rich.cells import cell_len

    return max(cell_len(text) for text in (name, *(_cell(name, value) for value in rows[name])))


def for_people(rows: pl.DataFrame, width: int | None) -> str:
    """Columns side by side. `width`: of the terminal; None where there is none.

    Names are folded where there is no room for them; numbers never are, so a line may become longer than that.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    least = _EDGES - _GAP
    for name, kind in rows.schema.items():
        justify: Literal["left", "right"] = "right" if kind.is_numeric() else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=kind.is_numeric())
        least += _GAP + (_width(rows, name) if kind.is_numeric() else min(_width(rows, name), _NAME_WIDTH))
    for row in rows.iter_rows():
        table.add_row(*(_cell(name, value) for name, value in zip(rows.columns, row, strict=True)))
    room = max(width or _WITHOUT_TERMINAL, least)
    console = Console(width=room, color_system=None, highlight=False, markup=False, emoji=False)
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
