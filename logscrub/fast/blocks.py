"""What the readers of the fast engine share: how a unit is treated that is not known, and what comes of a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Protocol

from logscrub.detect.engine import Engine
from logscrub.detect.fields import Open
from logscrub.formats.base import Began
from logscrub.model import Raw
from logscrub.redact.recipes import Recipe
from logscrub.scrubbing import Tally

Treat = Callable[[Raw, Open], tuple[bytes, Open]]
"""Treats one unit as the plain engine does, counts it, and says what it leaves open."""


def count(tally: Tally, records: int, cuts: Counter[Recipe]) -> None:
    """Counts records that were known, and how often each recipe was applied to them."""
    tally.records_read += records
    tally.records_written += records
    for recipe, times in cuts.items():
        for cut in recipe.cuts:
            tally.redactions[cut.entity_type] += times


def mask(block: bytes, engine: Engine) -> bytes | None:
    """The block with what templates make alike filled, and of forms what keeps its length; None where it is no text in UTF-8."""
    from logscrub.fast.masks import masked  # numpy takes a while to import, and a line alone does not need it

    return masked(block, engine.spelled, not engine.digits_matter, engine.capitals)


class Entry(NamedTuple):
    """Where a reader stands between two lines: all that what comes next can depend on."""

    began: Began
    open: Open
    between: bool = True
    """False inside of a JSON value over many lines: what came before must be known, and cannot be handed on."""


class BlockReader(Protocol):
    """Reads blocks of whole lines."""

    tally: Tally
    """Counts what is known; what is treated by itself is counted by who treats it. May be replaced between blocks."""
    entry: Entry
    """Where it stands. May be set while it is between two values."""

    def begin(self) -> None:
        """An input begins: nothing is open, whatever became of the one before."""

    def block(self, block: bytes, line: int) -> bytes:
        """What becomes of a block that begins with that line of the input."""

    def piece(self, text: str, line: int) -> bytes:
        """What becomes of a part of a line, or of lines as the plain engine reads them."""

    def end(self) -> bytes:
        """What becomes of what was still open at the end of the input."""
