"""Facts about the built-in detectors that were computed before, so that logscrub starts sooner.

`data/detectors.json` has it, made by `scripts/known_detectors.py`. Whatever is not in it is worked out anew, so a file that was
changed is read as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any

import orjson


def digest_of(text: str) -> str:
    """The key of a detector's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def parsed(text: str) -> dict[str, Any] | None:
    """Returns the content of a detector's TOML text, not to be changed; None if the text is not known."""
    found: dict[str, Any] | None = _data()["texts"].get(digest_of(text))
    return found


def spellings(name: str) -> list[str] | None:
    """The spellings of a field name (`logscrub.detect.fields.spellings`); None if they are not known."""
    found: list[str] | None = _data()["names"].get(name)
    return found


def names() -> Iterable[list[str]]:
    """The spellings of each field name that is known."""
    return _data()["names"].values()


@lru_cache(maxsize=1)
def _data() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = orjson.loads(resources.files("logscrub").joinpath("data", "detectors.json").read_bytes())
    return found
