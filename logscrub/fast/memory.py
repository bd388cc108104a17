"""What the fast engine remembers, bounded: a log in which nothing comes again costs speed, not memory."""

from __future__ import annotations

MOST = 16 << 20
"""Bytes that what one process remembers may take, roughly. At that it is forgotten, all of it, and learned again."""
OVERHEAD = 160
"""Bytes for something remembered besides its key."""
LONGEST = 1 << 16
"""Bytes of the longest line that is remembered."""


class Budget:
    """Counts what is remembered."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._used = 0

    def take(self, key_size: int) -> bool:
        """Room for one thing more. False where there is none left: then all must be forgotten, and the count begins anew."""
        self._used += key_size + OVERHEAD
        if self._used <= self._most:
            return True
        self._used = 0
        return False
