"""The compiled engine: what it is told at its start (`description`), how patterns are handed to it (`lowering`), and how units go
through it (`native`)."""

from __future__ import annotations

import os
from typing import Final

MOST_THREADS: Final = 8


def processors() -> int:
    """Returns the number of threads that can run at once here, at most `MOST_THREADS`."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_THREADS, count)
