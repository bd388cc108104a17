"""Describes everything that decides what is found and what is kept: the part of a proof that says what the proof is worth.

The same rules, in `scrub` and in `verify`, today and next year, have the same description, digest by digest. Digests are
SHA-256, in hexadecimal; those named `digest` are of what was read, those named `files` of the bytes it was read from, so that no
change goes unseen.
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any, get_args

from logscrub._version import __version__
from logscrub.config import Config
from logscrub.engines.factory import Runner
from logscrub.guidelines import GUIDELINES
from logscrub.redact.policy import Action


def about(engine: Runner, config: Config, input_format: str = "auto", *, time: datetime | None = None) -> dict[str, Any]:
    """The head of a proof or summary: version, time and rules of a run. `time` is now by default."""
    return {
        "version": __version__,
        "time": (time or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "python": platform.python_version(),
        "engine": engine.name,
        "rules": rules_of(engine, config, input_format),
    }


def rules_of(engine: Runner, config: Config, input_format: str = "auto") -> dict[str, Any]:
    """The rules in force: no value of the allow-list, no name and no word is in it, but digests of all of them."""
    policy, catalogue = engine.redactor.policy, engine.redactor.engine.catalogue
    names = config.names
    rows = {action: [row for row in GUIDELINES if policy.rows[row] == action] for action in get_args(Action)}
    return {
        "policy": {
            "name": policy.name,
            "rows": rows,
            "digest": digest_of(rows),
            "files": policy.file_digest,
        },
        "detectors": {"digest": catalogue.digest, "files": catalogue.files_digest},
        "configuration": {
            "allow": len(config.allow),
            "fields": sum(len(fields) for _, fields in config.fields),
            "names": {"recognizer": names.recognizer, "model": names.model, "known": len(names.known), "words": len(names.words)},
            "mutes": len(config.mutes),
            "digest": digest_of(
                {
                    "allow": config.allow,
                    "fields": config.fields,
                    "names": asdict(names),
                    "mutes": [[mute.id, mute.reason, mute.until.isoformat()] for mute in config.mutes],
                }
            ),
            "files": config.file_digest,
        },
        "words": {"digest": _words_digest()},
        "input_format": input_format,
    }


def looked_for(engine: Runner, config: Config) -> list[str]:
    """The detectors that look for what the policy does not keep, recognizers of names among them."""
    rows = engine.redactor.policy.rows
    found = [d.id for d in engine.redactor.engine.catalogue.detectors if rows[d.guideline] != "keep"]
    if rows["name"] != "keep":
        kind = config.names.recognizer
        found += [name for name, without in (("name_listed", "ner"), ("name_ner", "lists")) if kind != without]
    return sorted(found)


def digest_of(value: Any) -> str:
    """The SHA-256 of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@lru_cache(maxsize=1)
def _words_digest() -> str:
    """The SHA-256 of all lists of names and words, and of the other data of the detectors."""
    digest = hashlib.sha256()
    folder = resources.files("logscrub").joinpath("data")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith((".txt", ".json")):
            data = entry.read_bytes()
            digest.update(f"{entry.name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
