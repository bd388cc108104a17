"""Reads the rules of anomalies: TOML files that say what is counted, which check is made, and what to do about a finding.

A rule file has these keys (unknown keys are errors):

    kind          "error", "abuse" or "privacy": the part of the report
    title         the title that a person reads; `{function}` and other dimensions stand for their names
    why           the reason for the rule, in one sentence
    check         the check, one of those in `logscrub.anomalies.checks`
    number        what is counted: records, errors, throttles, timeouts, out_of_memory, auth_failures, egress_denials,
                  redactions; `slow` for calls that take longer than usual; for persons, what the check `actors` names
    by            families of cells, coarse ones first: `[[], ["function"]]` is the whole app, then each function
    module        part of a module's name; only functions of such modules are tested (optional)
    direction     "up" (default) or "down": whether too much or too little is unusual
    least         the least difference to what is expected that is reported, added up over the hours of a finding, however
                  improbable it is
    times         the least ratio to what is expected that is reported (for `down`: its inverse is the greatest ratio)
    quiet         the greatest share of the cell's mean hour that is expected in an hour that is tested (optional)
    around_the_clock  the least share of a day's hours in which a person who is reported acts (optional)
    per_record    whether more are expected, in proportion, where there are more records than usual (optional)
    large_apart   whether large customers are tested by themselves, and everything else without them (optional)
    alone         the least number that is reported where there are no days to compare with (optional)
    severity      P1 to P5, for a finding of the usual size; see `logscrub.anomalies.findings`
    incident      whether it may be a security incident, which has time limits (optional)
    exposes       whether customers' data may have got out, so that customers have to be informed too (optional)
    first_steps   what to do first, one sentence each
    examples      cases that are found; counterexamples are cases that are not: tables of the check's own, see
                  `logscrub.anomalies.checks`

`logscrub detectors test` checks the examples of rules too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

from logscrub.anomalies.model import SEVERITIES, Kind
from logscrub.config import Severity
from logscrub.detect import catalogue
from logscrub.errors import UsageError
from logscrub.toml_files import (
    ANY_TEXT,
    FLAG,
    TEXT,
    Key,
    ListOf,
    MapOf,
    Table,
    Value,
    check,
    files_below,
    number,
    one_of,
    parsed,
    text_of,
)

Direction = Literal["up", "down"]
FOLDER: Final = "anomalies"
"""The name of the folders, among those of detectors, that hold rules."""
_SLOT = re.compile(r"\{(\w+)\}")
_DIMENSIONS = ("function", "app_version", "tenant", "signature", "statement", "entity", "actor")
_NUMBERS = {"least", "times", "quiet", "around_the_clock", "alone"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. The module's docstring says what each field means."""

    id: str
    kind: Kind
    title: str
    why: str
    check: str
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
    large_apart: bool = False
    alone: float | None = None
    incident: bool = False
    exposes: bool = False
    examples: tuple[Mapping[str, Any], ...] = ()
    counterexamples: tuple[Mapping[str, Any], ...] = ()


_ANYTHING = Value("be a value", lambda value: True, {})
_NUMBER = number(0)


@cache
def definition() -> Table:
    """The keys of a rule file."""
    from logscrub.anomalies.checks import CHECKS

    examples = ListOf(MapOf(_ANYTHING), at_least_one=True)
    return Table(
        {
            "kind": Key(one_of(*get_args(Kind)), "The part of the report.", required=True),
            "title": Key(TEXT, "What a person reads; {function} and other dimensions stand for their names.", required=True),
            "why": Key(TEXT, "One sentence: why it is looked for.", required=True),
            "check": Key(one_of(*CHECKS), "The check that decides.", required=True),
            "severity": Key(one_of(*SEVERITIES), "The severity of something of the usual size.", required=True),
            "first_steps": Key(ListOf(TEXT, at_least_one=True), "What to do first, one sentence each.", required=True),
            "number": Key(ANY_TEXT, "What is counted.", default="records"),
            "by": Key(ListOf(ListOf(one_of(*_DIMENSIONS))), "Families of cells, coarse ones first."),
            "module": Key(ANY_TEXT, "Only functions of modules whose name has this."),
            "direction": Key(one_of(*get_args(Direction)), "Whether more or less is unusual.", default="up"),
            "least": Key(_NUMBER, "How many more, or fewer, than expected are needed in the hours of a finding.", default=1.0),
            "times": Key(_NUMBER, "How many times as many are needed.", default=1.0),
            "quiet": Key(_NUMBER, "Only hours in which no more than this share of the mean hour is expected."),
            "around_the_clock": Key(_NUMBER, "Only persons who act in at least this share of a day's hours."),
            "per_record": Key(FLAG, "More are expected where there are more records.", default=False),
            "large_apart": Key(
                FLAG, "Large customers are tested by themselves, and everything else without them.", default=False
            ),
            "alone": Key(_NUMBER, "So many are reported where there are no days to compare with."),
            "incident": Key(FLAG, "It may be a security incident.", default=False),
            "exposes": Key(FLAG, "Customers' data may have become known to others.", default=False),
            "examples": Key(examples, "What is found.", required=True),
            "counterexamples": Key(examples, "What is not found.", required=True),
        }
    )


def builtin_rules() -> Path:
    """The folder of the rules that come with logscrub."""
    return catalogue.builtin_folder() / FOLDER


def load_rules(extra: Iterable[Path] = ()) -> tuple[Rule, ...]:
    """The built-in rules, and those in folders `anomalies` below `extra`, by id; a later one replaces an earlier one of its id.

    Raises UsageError for a file that is wrong in any way.
    """
    paths = sorted(builtin_rules().glob("*.toml"))
    for folder in extra:
        paths += [p for p in files_below(folder) if p.parent.name == FOLDER]
    rules = {rule.id: rule for rule in map(read_rule, paths)}
    return tuple(rules[name] for name in sorted(rules))


def read_rule(path: Path) -> Rule:
    """One rule file. Raises UsageError that names the file and what is wrong with it."""
    return parse_rule(parsed(text_of(path), path), path)


def parse_rule(data: Mapping[str, Any], path: Path) -> Rule:
    """The rule that a file's data holds. Raises UsageError."""
    check(definition(), data, path)
    for slot in _SLOT.findall(data["title"]):
        if slot not in _DIMENSIONS:
            raise UsageError(f"{path}: title must have {{…}} of {', '.join(_DIMENSIONS)} only")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    if "by" in data:
        values["by"] = tuple(map(tuple, data["by"]))
    if data.get("large_apart") and (
        data.get("number", "records") != "records" or not {(), ("function",)} >= {*values.get("by", ())}
    ):
        raise UsageError(f"{path}: large_apart is for records of the app and of functions only")
    for key in _NUMBERS & data.keys():
        values[key] = float(data[key])
    return Rule(path.stem, **values)


def title_of(rule: Rule, dimensions: Mapping[str, str]) -> str:
    """Returns a rule's title for a place. A missing function is `the app`."""
    return _SLOT.sub(lambda m: dimensions.get(m[1]) or ("the app" if m[1] == "function" else f"no {m[1]}"), rule.title)
