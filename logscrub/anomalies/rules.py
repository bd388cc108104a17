"""Reads the rules of anomalies: TOML files that say what is judged, by which test, and what to do about it.

A rule file holds (unknown keys are errors):

    kind          "error", "abuse" or "privacy": which part of the report it is in
    title         what a person reads; `{function}` and other dimensions stand for their names
    why           one sentence: why it is looked for
    test          how it is judged, one of the tests in `logscrub.anomalies.judge`
    number        what is counted: records, errors, throttles, timeouts, out_of_memory, auth_failures, egress_denials,
                  redactions; `slow` for calls that take longer than usual; of persons what the test `actors` names
    by            families of cells, coarse ones first: `[[], ["function"]]` is the whole app, then each function
    module        only functions of modules whose name has this (optional)
    direction     "up" (default) or "down"
    least         how many more (or fewer) there have to be than expected, whatever the odds
    times         how many times as many, at least (fewer: at most the inverse)
    quiet         only hours of which no more than this share of the cell's mean hour is expected (optional)
    around_the_clock  only persons who act in at least this share of a day's hours (optional)
    per_record    where there are more records than usual, as many more are expected (optional)
    alone         without days to compare with, so many are told all the same (optional)
    severity      P1 to P5, for something of the usual size; see `logscrub.anomalies.findings`
    incident      whether it may be a security incident, with its clocks (optional)
    exposes       whether customers' data may have got out, so that customers have to be told as well (optional)
    first_steps   what to do first, a sentence each
    examples      what must be found, counterexamples what must not: tables of the test's own, see `logscrub.anomalies.judge`

`logscrub detectors test` holds rules to their examples too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, get_args

from logscrub.anomalies.model import SEVERITIES, Kind
from logscrub.config import Severity
from logscrub.detect import catalogue
from logscrub.errors import UsageError

Direction = Literal["up", "down"]
FOLDER: Final = "anomalies"
"""The name of the folders, among those of detectors, that hold rules."""
_SLOT = re.compile(r"\{(\w+)\}")
_DIMENSIONS = ("function", "app_version", "tenant", "signature", "statement", "entity", "actor")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for. See the module's docstring for the meaning of each field."""

    id: str
    kind: Kind
    title: str
    why: str
    test: str
    severity: Severity
    first_steps: tuple[str, ...]
    number: str = "records"
    by: tuple[tuple[str, ...], ...] = ((),)
    module: str = ""
    direction: Direction = "up"
    least: float = 1.0
    times: float = 1.0
    quiet: float | None = None
    around_the_clock: float | None = None
    per_record: bool = False
    alone: float | None = None
    incident: bool = False
    exposes: bool = False
    examples: tuple[Mapping[str, Any], ...] = ()
    counterexamples: tuple[Mapping[str, Any], ...] = ()


def builtin_rules() -> Path:
    """The folder of the rules that come with logscrub."""
    return catalogue.builtin_folder() / FOLDER


def load_rules(extra: Iterable[Path] = ()) -> tuple[Rule, ...]:
    """The built-in rules, and those in folders `anomalies` below `extra`, by id; a later one replaces an earlier one of its id.

    Raises UsageError for a file that is wrong in any way.
    """
    paths = sorted(builtin_rules().glob("*.toml"))
    for folder in extra:
        paths += sorted(p for p in folder.rglob("*.toml") if p.parent.name == FOLDER)
    rules = {rule.id: rule for rule in map(read_rule, paths)}
    return tuple(rules[name] for name in sorted(rules))


def read_rule(path: Path) -> Rule:
    """One rule file. Raises UsageError that names the file and what is wrong with it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    return parse_rule(data, path)


def parse_rule(data: Mapping[str, Any], path: Path) -> Rule:
    """The rule that a file's data holds. Raises UsageError."""
    from logscrub.anomalies.judge import TESTS

    known = {f.name: f for f in fields(Rule) if f.name != "id"}
    if unknown := sorted(set(data) - set(known)):
        raise UsageError(f"{path}: unknown key {unknown[0]!r}; known are {', '.join(known)}")
    needed = ("kind", "title", "why", "test", "severity", "first_steps", "examples", "counterexamples")
    if missing := [name for name in needed if not data.get(name)]:
        raise UsageError(f"{path}: {missing[0]} is missing")
    values: dict[str, Any] = dict(data)
    for key in ("title", "why", "test", "number", "module", "direction"):
        if key in values and not isinstance(values[key], str):
            raise UsageError(f"{path}: {key} must be text")
    for key in ("least", "times", "quiet", "around_the_clock", "alone"):
        if key in values:
            if isinstance(values[key], bool) or not isinstance(values[key], int | float) or values[key] < 0:
                raise UsageError(f"{path}: {key} must be a number")
            values[key] = float(values[key])
    for key in ("incident", "exposes", "per_record"):
        if not isinstance(values.get(key, False), bool):
            raise UsageError(f"{path}: {key} must be true or false")
    _one_of(values["kind"], get_args(Kind), "kind", path)
    _one_of(values["severity"], SEVERITIES, "severity", path)
    _one_of(values.get("direction", "up"), get_args(Direction), "direction", path)
    _one_of(values["test"], tuple(TESTS), "test", path)
    values["first_steps"] = tuple(_texts(values["first_steps"], "first_steps", path))
    if "by" in values:
        if not isinstance(values["by"], list):
            raise UsageError(f"{path}: by must be a list of lists")
        values["by"] = tuple(tuple(_texts(one, "by", path)) for one in values["by"])
    for family in values.get("by", ()):
        for name in family:
            _one_of(name, _DIMENSIONS, "by", path)
    for slot in _SLOT.findall(values["title"]):
        _one_of(slot, _DIMENSIONS, "title", path)
    for key in ("examples", "counterexamples"):
        if not isinstance(values[key], list) or not all(isinstance(one, dict) for one in values[key]):
            raise UsageError(f"{path}: {key} must be a list of tables")
        values[key] = tuple(values[key])
    return Rule(path.stem, **values)


def _one_of(value: Any, known: tuple[str, ...], key: str, path: Path) -> None:
    if value not in known:
        raise UsageError(f"{path}: {key} must be one of {', '.join(known)}")


def _texts(value: Any, key: str, path: Path) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise UsageError(f"{path}: {key} must be a list of texts")
    return value


def title_of(rule: Rule, dimensions: Mapping[str, str]) -> str:
    """A rule's title for a place; what is not told there is `the app`."""
    return _SLOT.sub(lambda m: dimensions.get(m[1]) or ("the app" if m[1] == "function" else f"no {m[1]}"), rule.title)
