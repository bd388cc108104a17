"""Facts of many records side by side: a number of each in a column, and what many have in common once.

Records are counted by the hundred thousand before they are committed. As objects they would take a kilobyte each, and adding them
up one by one would take longer than finding out what they say; columns are handed to Polars as they are.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from logscrub.metrics.facts import Common, Facts, common_of

TENANT: Final = 7
"""The place of the customer in `Common`, which is what records have in common."""
_NO_HOUR: Final = -(1 << 60)
"""Stands for the hour of a record without a time."""
_FAR: Final = 1 << 40
"""Beyond it all hours are alike: none."""
_HOUR_US: Final = 3_600_000_000
_LAST_HOUR: Final = 24 * 365_000
"""The first hour since 1970 that is not accepted as a time."""
_COMMON_ENTRIES: Final = 8
"""The memory for one common part of records, in rows."""
_NOBODY: Final = -1
"""Stands for the invocation of a record that names none."""


class Some(NamedTuple):
    """Values of which a record may have none or many: the record's row, and two numbers each."""

    rows: array[int]
    keys: array[int]
    values: array[int]

    def frame(self, key: str, value: str) -> pl.DataFrame:
        """`row` and the two, by these names."""
        columns = {"row": np.array(self.rows, np.uint32), key: np.array(self.keys), value: np.array(self.values)}
        return pl.DataFrame(columns)

    def add(self, row: int, key: int, value: int) -> None:
        self.rows.append(row)
        self.keys.append(key)
        self.values.append(value)


def _some() -> Some:
    return Some(array("q"), array("q"), array("q"))


class Columns:
    """Facts of records, a row each."""

    def __init__(self) -> None:
        self.hours, self.offsets, self.sizes = array("q"), array("q"), array("q")
        self.prints, self.invocations, self.places = array("q"), array("q"), array("q")
        self.inputs = array("q")
        self.input = 0
        """The number of the input that the next rows are from."""
        self.common: dict[Common, int] = {}
        """Common part of records → its place. `places` holds the place for each record."""
        self.durations, self.acts = _some(), _some()
        self.sketches = {"actors": _some(), "objects": _some()}

    def __len__(self) -> int:
        return len(self.hours)

    @property
    def entries(self) -> int:
        """The memory that counting the rows takes, in rows without values of their own."""
        own = (self.durations, self.acts, *self.sketches.values())
        return len(self) + _COMMON_ENTRIES * len(self.common) + sum(len(some.rows) for some in own)

    def place(self, common: Common) -> int:
        """The place of what records have in common."""
        return self.common.setdefault(common, len(self.common))

    def extend(self, facts: Sequence[Facts]) -> None:
        """Appends one row for each of the facts."""
        row = len(self.hours)
        self.hours.extend([_NO_HOUR if f.hour is None else max(-_FAR, min(f.hour, _FAR)) for f in facts])
        self.offsets.extend([f.offset_ms for f in facts])
        self.sizes.extend([f.size for f in facts])
        self.prints.extend([f.fingerprint for f in facts])
        self.inputs.extend([self.input] * len(facts))
        self.invocations.extend([_NOBODY if f.invocation is None else f.invocation for f in facts])
        self.places.extend([self.place(common_of(f)) for f in facts])
        for n, f in enumerate(facts):
            if f.durations or f.sketches or f.acts:
                self.add_own(row + n, f)

    def add_own(self, row: int, f: Facts) -> None:
        """Appends the values of which a record may have many."""
        for bucket, n in f.durations:
            self.durations.add(row, bucket, n)
        for what, register in f.sketches:
            self.sketches[what].add(row, register, 0)
        for act, n in f.acts:
            self.acts.add(row, act, n)

    def extend_by(self, **columns: npt.NDArray[np.int64]) -> None:
        """Rows by columns: `hours`, `offsets`, `sizes`, `prints`, `invocations`, `places`. All of them have a time."""
        before = len(self)
        for name, values in columns.items():
            getattr(self, name).frombytes(values.astype(np.int64).tobytes())
        self.inputs.extend([self.input] * (len(self) - before))

    def frame(self) -> pl.DataFrame:
        """A row for each record: `row`, `hours` since 1970 (null without a time), the same as a time, `hour` (null for what is
        none too), `ms`, `size`, `prints`, `invocation` (null without one), `place`, `input`."""
        columns = {
            "hours": np.array(self.hours),
            "ms": np.array(self.offsets),
            "size": np.array(self.sizes),
            "prints": np.array(self.prints),
            "invocation": np.array(self.invocations),
            "place": np.array(self.places),
            "input": np.array(self.inputs),
        }
        hours = pl.col("hours")
        return (
            pl.DataFrame(columns)
            .with_row_index("row")
            .with_columns(
                pl.when(hours != _NO_HOUR).then(hours),
                pl.when(hours.is_between(0, _LAST_HOUR, "left"))
                .then((hours * _HOUR_US).cast(pl.Datetime("us", "UTC")))
                .alias("hour"),
                pl.when(pl.col("invocation") != _NOBODY).then("invocation"),
            )
        )
