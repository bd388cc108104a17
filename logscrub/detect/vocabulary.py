"""Common English words and words of software logs, which alone are no evidence for a name; and names of many cultures.

`logscrub/data/words.txt` and `names.txt` are made by `scripts/build_words.py`;
their heads say from which sources and under which licences.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words in small letters that are ordinary words; first and last names among them are left out."""
    return _listed("words.txt")


@lru_cache(maxsize=1)
def listed_names() -> frozenset[str]:
    """First and last names of many cultures in Latin script, in small letters; those that are common words are left out."""
    return _listed("names.txt")


def _listed(name: str) -> frozenset[str]:
    text = resources.files("logscrub").joinpath("data", name).read_text(encoding="utf-8")
    return frozenset(line for line in text.split("\n") if line and not line.startswith("#"))
