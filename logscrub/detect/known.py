"""Facts about the built-in detectors that were computed before, so that logscrub starts sooner.

`data/detectors.json` has it, made by `scripts/known_detectors.py`. Whatever is not in it is worked out anew, so a file that was
changed is read as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import orjson


class Named(NamedTuple):
    """The names that the `fields` of a detector mean, as joined words."""

    endings: Sequence[str]
    """Ends of names."""
    exact: Sequence[str]
    """Whole names; after a `~`, ends of words whose parts are written together."""
    plurals: Sequence[tuple[str, str]]
    """Plurals, each with the one of `endings` that it belongs to."""


def digest_of(text: str) -> str:
    """The key of a detector's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def parsed(text: str) -> dict[str, Any] | None:
    """Returns the content of a detector's TOML text, not to be changed; None if the text is not known."""
    found: dict[str, Any] | None = _data()["texts"].get(digest_of(text))
    return found


def named(fields: Sequence[str]) -> Named | None:
    """Returns the names that the `fields` of a detector mean (`logscrub.detect.fields.names_of`); None if they are not known."""
    found = _data()["fields"].get(key_of(fields))
    return None if found is None else Named(*found)


def key_of(fields: Sequence[str]) -> str:
    """The key of a detector's fields."""
    return digest_of("\n".join(fields))


def names() -> Iterator[str]:
    """All names that the `fields` of detectors mean, joined, with neither `=` nor `~`."""
    for endings, exact, _ in _data()["fields"].values():
        yield from endings
        yield from (name.removeprefix("~") for name in exact)


@lru_cache(maxsize=1)
def _data() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = orjson.loads(resources.files("logscrub").joinpath("data", "detectors.json").read_bytes())
    return found
