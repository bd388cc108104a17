"""The statement of a proof: an in-toto statement (version 1) whose subjects are the files, by the SHA-256 of their bytes as they
are stored, and whose predicate is what `verify --format json` says of them.

Its JSON Schema is `docs/reference/proof.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "urn:logscrub:proof:v1"
_MUST: Final = {
    "version": str,
    "time": str,
    "python": str,
    "engine": str,
    "rules": {
        "policy": {"name": str, "rows": {"keep": [str]}},
        "detectors": {"digest": str},
        "configuration": {"allow": int, "names": {"recognizer": str}},
        "input_format": str,
    },
    "clean": bool,
    "records": int,
    "allowed": [{"count": int}],
    "detectors": dict,
    "files": [{"path": str, "sha256": str}],
}
_MAY: Final = {
    "scrub": {"time": str, "key_id": str},
    "second_opinion": {"tool": str, "version": str, "lines": int, "asked": int, "seed": int | None, "differs": int},
}
"""The members that a predicate must have, those that it may have, and their types. The schema has further ones."""

_GUARANTEE: Final = {"customers": int, "vocabulary": str}
_NO_GUARANTEE: Final = {"customers": 0, "vocabulary": ""}


class NotUnderstood(ValueError):
    """A statement of another kind, or one that lacks something."""


class Subject(NamedTuple):
    """A file that a proof is about."""

    name: str
    """The name of the file without customer data."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement about files."""

    subjects: tuple[Subject, ...]
    predicate: Mapping[str, Any]

    def as_bytes(self) -> bytes:
        """Return the statement as JSON, the form that is signed."""
        statement = {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in self.subjects],
            "predicateType": PREDICATE_TYPE,
            "predicate": self.predicate,
        }
        return json.dumps(statement, indent=2).encode()


def state(subjects: Iterable[Subject], report: Mapping[str, Any]) -> Statement:
    """The statement that files are clean. `report`: what verify says of them, as JSON; each file is one subject."""
    return Statement(tuple(dict.fromkeys(subjects)), report)


def parse(payload: bytes) -> Statement:
    """The statement in a payload. Raises NotUnderstood."""
    try:
        data = json.loads(payload)
        if (data["_type"], data["predicateType"]) != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise NotUnderstood("states something of another kind, or is of another version of logscrub")
        subjects = tuple(Subject(str(one["name"]), str(one["digest"]["sha256"])) for one in data["subject"])
        predicate = data["predicate"]
        may = {key: shape for key, shape in _MAY.items() if key in predicate}
        whole = _has(predicate, _MUST | may) and _has(predicate["rules"].get("guarantee", _NO_GUARANTEE), _GUARANTEE)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, NotUnderstood):
            raise
        whole = False
    if not whole:
        raise NotUnderstood("lacks what a proof must say")
    return Statement(subjects, predicate)


def _has(value: Any, shape: Any) -> bool:
    """True if a value has a shape: a type, the members of an object, or the shape of all entries of a list."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(key in value and _has(value[key], one) for key, one in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and all(_has(one, shape[0]) for one in value)
    return isinstance(value, shape)
