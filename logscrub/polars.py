"""Columns without customer data, in Polars: an expression, and a function for whole frames, eager or lazy.

    import polars as pl
    import logscrub.polars

    pl.scan_parquet("logs.parquet").with_columns(pl.col("message").logscrub.scrub(key=key)).sink_parquet("clean.parquet")
    logscrub.polars.scrub_frame(pl.scan_parquet("logs.parquet"), key=key).sink_parquet("clean.parquet")

The expression scans each value as a line of a log of its own. `scrub_frame` scans each row as a line of JSON, so that names of
columns count: in the column `assignee`, `Kim` goes. Both work piece by piece, and which piece a value is in does not show.

Both build their engine when they are called, which takes about a second, and refuse wrong settings then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import orjson

from logscrub.errors import UsageError
from logscrub.extras import need
from logscrub.sources.files import printable

need("logscrub.polars", "metrics")

import polars as pl  # noqa: E402 - only where it is installed

if TYPE_CHECKING:
    from logscrub.config import Config
    from logscrub.engines.factory import EngineName, Folders, Runner
    from logscrub.redact.scrub import Redactor

__all__ = ["Logscrub", "scrub_frame"]

_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)


@pl.api.register_expr_namespace("logscrub")
class Logscrub:
    """The namespace `logscrub` of expressions."""

    def __init__(self, expression: pl.Expr) -> None:
        self._expression = expression

    def scrub(
        self,
        *,
        policy: str | Path | None = None,
        key: bytes | None = None,
        detectors: Folders = (),
        input_format: str = "auto",
        config: Config | str | Path | None = None,
        engine: EngineName | None = None,
    ) -> pl.Expr:
        """The texts without customer data: each as `logscrub.scrub` has it of a log with this one line.

        Null stays null, and what cannot be scanned is `<WITHHELD>`. The settings are those of `logscrub.scrub`; without a key,
        pseudonyms are equal within this expression only. Raises UsageError for settings that are wrong; of a column that is no
        text, collecting does.
        """
        scrubs = _Scrubs(_redactor(policy, key, detectors, config, engine), engine, input_format)
        return self._expression.map_batches(scrubs.values, return_dtype=pl.String, is_elementwise=True)


def scrub_frame(
    frame: _Frame,
    *,
    keep: Iterable[str] = (),
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> _Frame:
    """A frame without customer data: each row is read as `logscrub.scrub` reads a line of JSON.

    Columns keep their types. Where something is found in a number, a date or a time, it becomes null, for these cannot hold a
    placeholder. Of a row that is not left whole, texts are `<WITHHELD>` and all else is null. Columns of `keep` stay, and are not
    scanned. The names of columns stay too, also where they hold customer data (a pivoted table may have one column per customer):
    rename such columns first. The settings are those of `logscrub.scrub`.

    Raises UsageError for settings that are wrong, for a column in `keep` that there is none of, and for one of a type that is not
    read: lists, structures, categories, bytes.
    """
    scrubs = _Scrubs(_redactor(policy, key, detectors, config, engine), engine, "ndjson")
    schema = frame.collect_schema()
    kept = list(keep)
    for name in kept:
        if name not in schema:
            raise UsageError("keep: a column is named that the frame does not have")
    read = {name: kind for name, kind in schema.items() if name not in kept}
    for name, kind in read.items():
        if not isinstance(kind, _READ):
            what = kind.base_type().__name__
            raise UsageError(
                f"column {printable(name)}: is of type {what}, which is not read; cast it to text, or name it in keep"
            )
    if not read:
        return frame
    place = _unused("_clean", schema)
    rows = pl.struct(list(read)).map_batches(scrubs.rows, return_dtype=pl.Struct(read), is_elementwise=True)
    return frame.with_columns(rows.alias(place)).with_columns(pl.col(place).struct.field(name) for name in read).drop(place)


_READ: Final = (
    *(pl.String, pl.Boolean, pl.Null, pl.Float32, pl.Float64, pl.Decimal, pl.Date, pl.Datetime, pl.Time, pl.Duration),
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
)
"""The types of columns that are read."""


@dataclass(frozen=True)
class _Scrubs:
    """A function that scrubs a piece of a column. It can be pickled as a redactor can, key included."""

    redactor: Redactor
    name: EngineName | None
    input_format: str

    @cached_property
    def engine(self) -> Runner:
        from logscrub.engines.factory import engine_of

        return engine_of(self.redactor, self.name, threads=None)

    def __reduce__(self) -> tuple[type[_Scrubs], tuple[Redactor, EngineName | None, str]]:
        return _Scrubs, (self.redactor, self.name, self.input_format)

    def values(self, column: pl.Series) -> pl.Series:
        """The texts of a column without customer data."""
        from logscrub.values import scrubbed_values

        if column.dtype != pl.String:
            raise UsageError("logscrub.scrub: the column must be of type String; cast it, as by .cast(pl.String)")
        texts = column.to_list()
        clean = iter(scrubbed_values(self.engine, (text for text in texts if text is not None), self.input_format))
        return pl.Series(column.name, [None if text is None else next(clean) for text in texts], dtype=pl.String)

    def rows(self, column: pl.Series) -> pl.Series:
        """The rows of a structure without customer data."""
        from logscrub.sources.codings.tables import plain
        from logscrub.values import scrubbed_rows

        frame = column.struct.unnest()
        before = list(plain(frame).iter_rows(named=True))
        after = scrubbed_rows(self.engine, before)
        if not any(after):
            return column
        # as JSON has them: what is no number there is null
        old = [orjson.loads(orjson.dumps(row)) if new else {} for row, new in zip(before, after, strict=True)]
        columns = []
        for place, (name, kind) in enumerate(frame.schema.items()):
            values = frame.get_column(name).to_list()
            for number, new in enumerate(after):
                if new is not None and new[place] != old[number][name]:
                    values[number] = str(new[place]) if kind == pl.String else None
            columns.append(pl.Series(name, values, dtype=kind))
        return pl.DataFrame(columns).to_struct(column.name)


def _unused(name: str, names: Iterable[str]) -> str:
    taken = set(names)
    while name in taken:
        name += "_"
    return name


def _redactor(
    policy: str | Path | None,
    key: bytes | None,
    detectors: Folders,
    config: Config | str | Path | None,
    engine: EngineName | None,
) -> Redactor:
    """A redactor of these settings, whose engine there is. Raises UsageError."""
    from logscrub.engines.factory import build_redactor, engine_of, settings

    redactor = build_redactor(settings(config, policy, detectors), key)
    engine_of(redactor, engine)
    return redactor
