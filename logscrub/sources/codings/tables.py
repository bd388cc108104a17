"""Parquet and Arrow (IPC, Feather) files, read and written by Polars: a row is a record, a column a field.

Columns in which nothing was redacted keep their type and values. A column of another type than text in which a value was redacted
becomes text, for a placeholder is one. Values without a form in JSON (bytes, durations) are read as Polars casts them to text.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from logscrub.errors import InputError
from logscrub.extras import install, is_missing

if TYPE_CHECKING:
    import polars as pl

    from logscrub.sources.codings import Kind


@dataclass(frozen=True, slots=True)
class _Table:
    kind: Kind
    name: str
    data: bytes
    frame: pl.DataFrame
    rows: tuple[bytes, ...]

    def lines(self) -> Iterator[bytes]:
        """A line of JSON for each row."""
        return (row + b"\n" for row in self.rows)

    def encode(self, clean: bytes) -> bytes:
        """The file with the values of these lines instead."""
        import polars as pl

        lines = clean.split(b"\n")[:-1]
        if lines == list(self.rows):
            return self.data
        if len(lines) != len(self.rows):
            raise InputError(f"{self.name}: a row was lost on the way back to the table; report this as a bug")
        before, after = [orjson.loads(row) for row in self.rows], [orjson.loads(line) for line in lines]
        columns = []
        names = list(self.frame.columns)
        for place, column in enumerate(self.frame.get_columns()):
            old = [list(row.values())[place] if place < len(row) else None for row in before]
            new = [list(row.values())[place] if place < len(row) else None for row in after]
            header = next((list(row)[place] for row in after if place < len(row)), names[place])
            columns.append(_column(column, old, new).alias(header))
        return _written(pl.DataFrame(_unlike(columns)), self.kind, is_stream=not self.data.startswith(b"ARROW1"))


def decode(kind: Kind, data: bytes, name: str) -> _Table:
    """The rows of a table. Raises InputError for one that is corrupt, and where the extra that reads tables is missing."""
    if is_missing("metrics"):
        raise InputError(f"{name}: a {kind} table needs: {install('metrics')}")
    import polars as pl

    try:
        frame = pl.read_parquet(io.BytesIO(data)) if kind == "parquet" else _arrow(data)
        rows = tuple(orjson.dumps(row) for row in plain(frame).iter_rows(named=True))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of Polars is no Exception; messages may quote values
        if isinstance(error, SystemExit | GeneratorExit | MemoryError):
            raise
        raise InputError(f"{name}: the {kind} table is corrupt, or of a type that is not read; export it as CSV") from None
    return _Table(kind, name, data, frame, rows)


def _arrow(data: bytes) -> pl.DataFrame:
    import polars as pl

    if data.startswith(b"ARROW1"):
        return pl.read_ipc(io.BytesIO(data))
    return pl.read_ipc_stream(io.BytesIO(data))


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with values that JSON has."""
    import polars as pl

    def of(name: str, kind: pl.DataType) -> pl.Expr:
        column = pl.col(name)
        if isinstance(kind, pl.Binary):
            return column.bin.encode("base64")
        if isinstance(kind, pl.Datetime):
            return column.dt.to_string("iso:strict")
        if isinstance(kind, pl.Date | pl.Time | pl.Duration | pl.Decimal | pl.Categorical | pl.Enum):
            return column.cast(pl.String) if not isinstance(kind, pl.Duration) else column.dt.total_microseconds()
        return column

    return frame.select(of(name, kind) for name, kind in frame.schema.items())


def _column(column: pl.Series, old: list[Any], new: list[Any]) -> pl.Series:
    """The column with its values redacted."""
    import polars as pl

    if old == new:
        return column
    if isinstance(column.dtype, pl.String):
        return pl.Series(new, dtype=pl.String)
    if isinstance(column.dtype, pl.List | pl.Array | pl.Struct):
        try:
            return pl.Series(new, dtype=column.dtype, strict=True)
        except (TypeError, ValueError, pl.exceptions.PolarsError):
            return pl.Series([None if value is None else orjson.dumps(value).decode() for value in new], dtype=pl.String)
    return pl.Series([value if value is None or isinstance(value, str) else orjson.dumps(value).decode() for value in new],
                     dtype=pl.String)  # fmt: skip


def _unlike(columns: list[pl.Series]) -> list[pl.Series]:
    """The columns with a number behind names that a redaction made alike."""
    seen: set[str] = set()
    found = []
    for column in columns:
        name, number = column.name, 2
        while name in seen:
            name, number = f"{column.name}-{number}", number + 1
        seen.add(name)
        found.append(column.alias(name))
    return found


def _written(frame: pl.DataFrame, kind: Kind, *, is_stream: bool) -> bytes:
    out = io.BytesIO()
    if kind == "parquet":
        frame.write_parquet(out)
    elif is_stream:
        frame.write_ipc_stream(out)
    else:
        frame.write_ipc(out)
    return out.getvalue()
