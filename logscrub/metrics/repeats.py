"""Records that look the same and are not: `ERROR cannot save roster`, three times in a log without times.

A record is known by its invocation, time, level and text. Where a log has no invocations, and no times or only whole seconds,
equal records are told apart by how often they came before in the same input. So reading an input again still counts nothing
twice. Records with finer times are not told apart: that is how exports that overlap are recognised.
"""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import Final

from logscrub.metrics.facts import Facts

_PLACES: Final = 1 << 18
"""The number of counters. A fingerprint chooses its counter, so memory is bounded, and an input gives the same numbers again."""
_SECOND: Final = 10**9
_PRINT_BYTES: Final = 6


class Repeats:
    """Counts how often records came before in one input."""

    def __init__(self) -> None:
        self._seen: array[int] | None = None

    def told_apart(self, facts: Facts, time_ns: int | None) -> Facts:
        """The facts of a record that names no invocation, with a fingerprint of its own if it was met before."""
        if time_ns is not None and time_ns % _SECOND:
            return facts
        if self._seen is None:
            self._seen = array("I", bytes(4 * _PLACES))
        place = facts.fingerprint % _PLACES
        before = self._seen[place]
        self._seen[place] = before + 1
        if not before:
            return facts
        digest = blake2b(b"%d\0%d" % (facts.fingerprint, before), digest_size=_PRINT_BYTES).digest()
        return facts._replace(fingerprint=int.from_bytes(digest, "big"))
