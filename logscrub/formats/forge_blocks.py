"""Reads many records of `forge logs` at a time, in its most common layout: their heads are columns of bytes.

INFO    2026-11-17T09:00:19.394Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 Synced 14 issues in 812 ms
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

LEVELS: Final = (b"TRACE", b"DEBUG", b"INFO", b"WARN", b"ERROR", b"FATAL")
_LAYOUT: Final = "LLLLLLLLdddd-dd-ddTdd:dd:dd.dddZ hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh "
HEAD: Final = len(_LAYOUT)
"""Bytes before a message."""
ID: Final = slice(_LAYOUT.index("h"), HEAD - 1)
"""Position of the invocation in a head."""
_CLASSES: Final = {
    "L": b"ABCDEFGHIJKLMNOPQRSTUVWXYZ ",
    "d": b"0123456789",
    "h": b"0123456789abcdef",
    "-": b"-", ":": b":", "T": b"T", ".": b".", "Z": b"Z", " ": b" ",
}  # fmt: skip
_BITS: Final = {name: 1 << n for n, name in enumerate(_CLASSES)}
_IS: Final = np.array([sum(_BITS[name] for name, its in _CLASSES.items() if byte in its) for byte in range(256)], np.uint16)
_NEEDED: Final = np.array([_BITS[name] for name in _LAYOUT], np.uint16)
_PADDED: Final = np.array([np.frombuffer(level.ljust(8), np.uint64)[0] for level in LEVELS])
_WEIGHTS: Final = np.array([10**9, 10**8, 10**7, 10**6, 0, 10**5, 10**4, 0, 10**3, 10**2, 0, 10, 1], np.int64)
"""Weights of the digits of a day and an hour."""
_IN_HOUR: Final = np.array([600_000, 60_000, 0, 10_000, 1000, 0, 100, 10, 1], np.int64)
"""Milliseconds of the digits of minutes, seconds and milliseconds."""
_DAY = slice(_LAYOUT.index("d"), _LAYOUT.index("d") + 13)
_REST = slice(_DAY.stop + 1, _DAY.stop + 10)
_MAY_BEGIN: Final = np.isin(np.arange(256), [*b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789[i", *range(128, 256)])
_BEGINS: Final = re.compile(rb"[A-Z]{4,8}[ \t]|\[?[0-9]{4}-|invocation:|\[?[0-9]{0,4}[\x80-\xff]|[\x80-\xff]")
"""Other characters in the first column that may begin a record; all characters outside ASCII count as such."""
_DETAILS: Final = (b"App version:", b"Function name:", b"Function trigger:")
_LAST_NS: Final = 1 << 62


class Block(NamedTuple):
    """Records, and the bytes that hold them."""

    data: bytes
    starts: npt.NDArray[np.int64]
    """Positions at which the messages begin. The records begin `HEAD` bytes before."""
    ends: npt.NDArray[np.int64]
    times: npt.NDArray[np.int64]
    """Nanoseconds since 1970."""
    levels: npt.NDArray[np.int64]
    """Places in `LEVELS`."""

    def __len__(self) -> int:
        return len(self.starts)

    def invocation(self, start: int) -> bytes:
        """The invocation of the record whose message begins at `start`."""
        return self.data[start - HEAD + ID.start : start - 1]


def block_of(data: bytes, began: Callable[[str], int | None]) -> Block | None:
    """The records in whole lines of UTF-8; None if one of them has another layout.

    `began`: returns the time at which an hour (`2026-11-17T09`) began.
    """
    if b"\x1b" in data or b"\r" in data:
        return None
    if any(detail in data for detail in _DETAILS):
        return None
    there = np.frombuffer(data + bytes(HEAD), np.uint8)
    lines = np.flatnonzero(there == 10) + 1
    lines = np.concatenate((np.zeros(1, np.int64), lines[:-1]))
    windows = np.lib.stride_tricks.sliding_window_view(there, HEAD)
    # most lines that are no heads begin otherwise
    maybe = lines[(_IS[there[lines]] & _BITS["L"]).astype(bool) & (there[lines + 8] == ord("2"))]
    heads = windows[maybe]
    levels = np.ascontiguousarray(heads[:, :8]).view(np.uint64)[:, 0][:, None] == _PADDED
    good = ((_IS[heads] & _NEEDED) != 0).all(axis=1) & levels.any(axis=1)
    good &= (heads[:, _DAY.stop + 1] < ord("6")) & (heads[:, _DAY.stop + 4] < ord("6"))  # minutes and seconds
    heads, levels, begin = heads[good], levels[good], maybe[good]
    if not len(begin):
        return None
    others = np.setdiff1d(lines[_MAY_BEGIN[there[lines]]], begin, assume_unique=True)
    if any(_BEGINS.match(data, at) for at in others.tolist()):
        return None
    hours, which = np.unique((heads[:, _DAY].astype(np.int64) - 48) @ _WEIGHTS, return_inverse=True)
    bases = [began(f"{hour:010d}"[:4] + "-{}{}-{}{}T{}{}".format(*f"{hour:010d}"[4:])) for hour in hours.tolist()]
    if any(base is None or base >= _LAST_NS for base in bases):
        return None
    digits = heads[:, _REST].astype(np.int64) - 48
    times = np.array(bases, np.int64)[which] + digits @ _IN_HOUR * 1_000_000
    ends = np.concatenate((begin[1:] - 1, np.array([len(data) - 1])))
    return Block(data, begin + HEAD, ends, times, levels.argmax(axis=1))
