"""Finds the rows of a table that may be shown: those of at least `k` customers (k-anonymity; Samarati, Sweeney, 1998).

A combination of fewer customers is folded into one row for all others. So that what is folded cannot be told from a total, that
row too is of `k` customers or more: where it is not, the combination with the fewest customers joins it, until it is
(complementary suppression). Where even all together are fewer, nothing is shown. Records that name no customer count as of none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

DEFAULT_K: Final = 5
OTHERS: Final = "(others)"
"""Stands for names in the row of all others; its times are empty."""


@dataclass(frozen=True, slots=True)
class Folding:
    """The combinations that are shown, folded and withheld."""

    by: tuple[str, ...]
    others: pl.DataFrame
    """Combinations that are folded."""
    lost: bool
    """True if these are too few to be shown at all."""

    @property
    def folded(self) -> int:
        """Combinations in the row for all others."""
        return 0 if self.lost else len(self.others)

    @property
    def withheld(self) -> int:
        """Combinations that are in no row."""
        return len(self.others) if self.lost else 0

    def apply(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with the folded combinations made one, or without those that are withheld."""
        if not len(self.others):
            return rows
        if not self.by:
            return rows.filter(pl.lit(False))
        others = self.others.lazy()
        if self.lost:
            return rows.join(others, on=list(self.by), how="anti", nulls_equal=True)
        marked = rows.join(others.with_columns(pl.lit(True).alias("_other")), on=list(self.by), how="left", nulls_equal=True)
        other = pl.col("_other").is_not_null()
        return marked.with_columns(
            pl.when(other).then(pl.lit(OTHERS) if kind == pl.String else pl.lit(None, kind)).otherwise(pl.col(name)).alias(name)
            for name, kind in self.others.schema.items()
        ).drop("_other")


def fold(tenants: pl.DataFrame, by: Sequence[str], k: int) -> Folding:
    """Returns what has to be folded. `tenants`: `by`, and the `tenants` of each combination that occurs, each once, in a list;
    without dimensions, one list of all. `k`: 0 for nothing."""
    if k <= 0:
        return Folding(tuple(by), pl.DataFrame(), False)
    sizes = tenants.with_columns(pl.col("tenants").list.len().alias("_tenants")).sort("_tenants", *by, nulls_last=False)
    count = int((sizes["_tenants"] < k).sum())
    if not count:
        return Folding(tuple(by), pl.DataFrame(), False)
    if not by:
        return Folding((), pl.DataFrame({"all": [""]}), True)
    while True:
        others = sizes.head(count)
        together = others["tenants"].explode().n_unique()
        if together >= k or count == len(sizes):
            return Folding(tuple(by), others.select(by), together < k)
        count += 1
