"""Common English words and words of software logs: what is in here alone is no evidence for a name.

`logscrub/data/words.txt` is made by `scripts/build_words.py`; its head says from which sources and under which licences.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words in small letters that are ordinary words; first and last names among them are left out."""
    text = resources.files("logscrub").joinpath("data/words.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split("\n") if line and not line.startswith("#"))
