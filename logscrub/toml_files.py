"""Reads TOML files, checks them against definitions of their keys, and writes such a definition as a JSON Schema for editors.

A definition is data: a `Table` of keys, whose values are a `Value`, a `ListOf`, another `Table`, or a `MapOf` the user's names.
`problem` of each returns what is wrong first. What a definition cannot say (that a pattern compiles, that two keys agree) is
checked by the module that makes something of the values. The parts of a definition are named tuples, because every start of the
program imports them, and dataclasses take twice as long to make.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from logscrub.errors import UsageError
from logscrub.patterns import regex

Kind: TypeAlias = "Value | ListOf | Table | MapOf"
"""The types of a key's value."""
_DRAFT = "http://json-schema.org/draft-07/schema#"


class Value(NamedTuple):
    """The definition of a value that is a text, a number, a day, or true or false."""

    must: str
    """The requirement, as it stands behind the word "must"."""
    fits: Callable[[Any], object]
    """True, or anything that counts as true, for a value that is right."""
    as_schema: Mapping[str, Any]

    def problem(self, value: Any, key: str) -> str | None:
        """Returns the problem with the value of `key`, in words that begin with the key; None if there is none."""
        return None if self.fits(value) else f"{key} must {self.must}"

    def schema(self) -> dict[str, Any]:
        """A JSON Schema (draft 7) that accepts the same values, as far as it can express them."""
        return dict(self.as_schema)


class ListOf(NamedTuple):
    """A list of values of one kind."""

    kind: Kind
    at_least_one: bool = False
    """True if an empty list counts as none."""

    def problem(self, value: Any, key: str) -> str | None:
        if not isinstance(value, list):
            return f"{key} must be a list"
        if self.at_least_one and not value:
            return f"{key} is missing"
        for number, entry in enumerate(value, 1):
            if self.kind.problem(entry, "") is not None:
                return self.kind.problem(entry, f"{key}, entry {number}")
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.kind.schema()} | ({"minItems": 1} if self.at_least_one else {})


class Key(NamedTuple):
    """The definition of one key of a table."""

    kind: Kind
    about: str
    """A sentence for whoever edits the file."""
    required: bool = False
    default: Any = None
    """The default, for editors; None where nothing can be named."""


class Table(NamedTuple):
    """A table of known keys."""

    keys: Mapping[str, Key]
    either: tuple[str, ...] = ()
    """Keys of which there must be exactly one."""

    def problem(self, value: Any, key: str) -> str | None:
        if not isinstance(value, dict):
            return f"{key} must be a table"
        for name in value:
            if name not in self.keys:
                return f"{key and f'{key}: '}unknown key {name!r}; known are {', '.join(self.keys)}"
        if self.either and sum(name in value for name in self.either) != 1:
            return f"{key}: give either a {' or a '.join(self.either)}"
        for name, known in self.keys.items():
            if name in value:
                if known.kind.problem(value[name], "") is not None:
                    return known.kind.problem(value[name], _below(key, name))
            elif known.required:
                return f"{_below(key, name)} is missing"
        return None

    def schema(self) -> dict[str, Any]:
        properties = {
            name: known.kind.schema()
            | ({} if known.default is None else {"default": known.default})
            | {"description": known.about}
            for name, known in self.keys.items()
        }
        schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if required := [name for name, known in self.keys.items() if known.required]:
            schema["required"] = required
        if self.either:
            schema["oneOf"] = [{"required": [name]} for name in self.either]
        return schema


class MapOf(NamedTuple):
    """A table whose keys are names of the user's, with values of one kind."""

    kind: Kind

    def problem(self, value: Any, key: str) -> str | None:
        if not isinstance(value, dict):
            return f"{key} must be a table"
        for name, inner in value.items():
            if self.kind.problem(inner, "") is not None:
                return self.kind.problem(inner, _below(key, name))
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.kind.schema()}


def _below(key: str, name: str) -> str:
    """The name of a key within another one: `names.model`, `allow, entry 2: pattern`."""
    return f"{key}{': ' if ', entry ' in key else '.'}{name}" if key else name


# -- the values that files have -------------------------------------------------------------------------------------------

TEXT = Value(
    "be text that is not empty",
    lambda value: isinstance(value, str) and value.strip() and "\0" not in value,
    {"type": "string", "pattern": r"\S"},
)
ANY_TEXT = Value("be text", lambda value: isinstance(value, str), {"type": "string"})
FLAG = Value("be true or false", lambda value: isinstance(value, bool), {"type": "boolean"})
DAY = Value(
    "be a day: 2026-12-31, without quotes",
    lambda value: isinstance(value, date) and not isinstance(value, datetime),
    {"type": "string", "format": "date"},
)


def matching(pattern: str, must: str, *, for_editors: str | None = None) -> Value:
    """A text that a regular expression matches from end to end. `for_editors`: the pattern in the dialect of JSON Schemas."""
    fitting = regex(pattern)
    schema = {"type": "string", "pattern": for_editors or f"^{pattern}$"}
    return Value(must, lambda value: isinstance(value, str) and fitting.fullmatch(value), schema)


def one_of(*values: str) -> Value:
    """Returns the kind of a value that is one of a few texts."""
    return Value(f"be one of {', '.join(values)}", lambda value: isinstance(value, str) and value in values, {"enum": [*values]})


def number(least: float, most: float | None = None, *, above: bool = False) -> Value:
    """A number from `least` to `most`, or if `above` greater than `least`."""

    def fits(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (value > least if above else value >= least) and (most is None or value <= most)

    must = f"be a number {'above' if above else 'of at least'} {least}" + ("" if most is None else f", and at most {most}")
    schema = {"type": "number", "exclusiveMinimum" if above else "minimum": least} | ({} if most is None else {"maximum": most})
    return Value(must, fits, schema)


# -- files ----------------------------------------------------------------------------------------------------------------


def text_of(path: Path) -> str:
    """A file's text as it stands, ends of lines too. Raises UsageError that names the file if it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        remedy = "; run as a user who may" if isinstance(error, PermissionError) else ""
        raise UsageError(f"{path}: cannot be read ({error.strerror}){remedy}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text") from None


def files_below(folder: Path) -> list[Path]:
    """The TOML files in a folder and those below it, in order. Raises UsageError where it is none, or one may not be listed."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder of detectors")

    def refuse(error: OSError) -> None:
        raise UsageError(f"{error.filename}: cannot be listed ({error.strerror}); run as a user who may, or give another folder")

    listed = os.walk(folder, onerror=refuse)
    return sorted(Path(place, name) for place, _, names in listed for name in names if name.endswith(".toml"))


def parsed(text: str, where: Path | str) -> dict[str, Any]:
    """Parses a TOML text. Raises UsageError that begins with `where` if it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: not valid TOML: {error}") from None


def check(definition: Table, data: Mapping[str, Any], where: Path | str) -> None:
    """Raises UsageError that begins with `where` and says what in the data is wrong first."""
    problem = definition.problem(data, "")
    if problem is not None:
        raise UsageError(f"{where}: {problem}")


def as_schema(definition: Table, title: str, about: str) -> dict[str, Any]:
    """The JSON Schema of a whole file."""
    return {"$schema": _DRAFT, "title": title, "description": about} | definition.schema()
