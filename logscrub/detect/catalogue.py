"""Reads detectors: TOML files that say what to look for, why, and prove it with examples.

A detector file holds (unknown keys are errors):

    id            the file's name without `.toml`
    entity_type   what is found, UPPER_CASE; it becomes the placeholder `<ENTITY_TYPE>`
    guideline     the row of the logging guidelines it serves (`logscrub.guidelines`)
    why           one sentence for a privacy officer
    references    where the format is described (optional)
    patterns      regular expressions (Python's); the group `value` is what must go, else the whole match
    context       words of which one must stand near a match, or in its field's name (optional); "whole message" is the name of a
                  short line, and of a short message of a record
    validator     a function of `logscrub.detect.validators` that must agree (optional; of authorisation data, if none is named,
                  `written_out`)
    certainty     "certain" (default), or "likely": gives way to harmless spans and to certain detectors
    fields        names of fields whose whole value goes: "email address" serves every name that ends in these words
                  (`userEmailAddress`, `email_address`); "=name" serves just `name`; "~password" serves what is
                  written together with it too (`dbpassword`)
    value         how far a bare value in a text reaches: "token" (default), "number", "phrase", "credential", "line"
    keep_values   regular expressions of field values that stay
    examples      texts in which «marks» show the exact spans that must go; counterexamples: texts that must stay

A file with `kind = "harmless"` names spans that "likely" findings may not touch: it has only
`id, kind, why, patterns, examples, counterexamples`, and its «marks» show what is protected.

Repetitions in patterns must be bounded (`{1,64}`, not `+`), so that a hostile line costs linear time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from re import _constants  # type: ignore[attr-defined]
from typing import Any, Final, Literal, get_args

from logscrub import toml_files
from logscrub.detect import known as known_detectors
from logscrub.detect.expressions import parsed, parts
from logscrub.errors import UsageError
from logscrub.guidelines import GUIDELINES
from logscrub.model import Certainty
from logscrub.patterns import regex
from logscrub.toml_files import ANY_TEXT, Key, ListOf, Table, matching, one_of, text_of

ValueMode = Literal["token", "number", "phrase", "credential", "line"]
SECRET_ROW = "authorisation data"
CONTENT_ROW = "user-generated content"
"""The row of the guidelines that secrets are in."""
_MACRO = regex(r"\{\{([A-Z]+)\}\}")


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector. The module's docstring says what each field means."""

    id: str
    entity_type: str
    guideline: str
    why: str
    references: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    validator: str | None = None
    certainty: Certainty = "certain"
    fields: tuple[str, ...] = ()
    value: ValueMode = "token"
    keep_values: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Harmless:
    """Spans that "likely" findings may not touch: stack frames, versions, timestamps, digests."""

    id: str
    why: str
    patterns: tuple[str, ...]
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    folder: str = ""


_TEXTS = ListOf(ANY_TEXT)
_ID = Key(matching("[a-z][a-z0-9_]*", "be in lower_case"), "The file's name without .toml.", required=True)
_WHY = Key(ANY_TEXT, "One sentence for a privacy officer.", required=True)
_PATTERNS = "Regular expressions (Python's) whose repetitions are bounded."
_COUNTEREXAMPLES = Key(_TEXTS, "Texts in which nothing is found.")
DETECTOR: Final = Table(
    {
        "kind": Key(one_of("detector", "harmless"), "What the file is.", default="detector"),
        "id": _ID,
        "entity_type": Key(
            matching("[A-Z][A-Z0-9_]*", "be UPPER_CASE"), "What is found; it becomes the placeholder.", required=True
        ),
        "guideline": Key(one_of(*GUIDELINES), "The row of the logging guidelines that it serves.", required=True),
        "why": _WHY,
        "references": Key(_TEXTS, "Where the format is described."),
        "patterns": Key(_TEXTS, f"{_PATTERNS} The group value is redacted, else the whole match."),
        "context": Key(_TEXTS, "Words of which one stands near a match, or in the name of its field."),
        "validator": Key(ANY_TEXT, "A function of logscrub.detect.validators that accepts the value."),
        "certainty": Key(
            one_of(*get_args(Certainty)), "likely gives way to harmless spans and to certain detectors.", default="certain"
        ),
        "fields": Key(_TEXTS, "Names of fields whose whole value is redacted."),
        "value": Key(one_of(*get_args(ValueMode)), "How far a bare value in a text reaches.", default="token"),
        "keep_values": Key(_TEXTS, "Regular expressions of values of fields that are kept."),
        "examples": Key(_TEXTS, "Texts in which «marks» show what is redacted."),
        "counterexamples": _COUNTEREXAMPLES,
    }
)
"""The keys of a detector file."""
HARMLESS: Final = Table(
    {
        "kind": Key(one_of("harmless"), "What the file is.", required=True),
        "id": _ID,
        "why": _WHY,
        "patterns": Key(_TEXTS, _PATTERNS, required=True),
        "examples": Key(_TEXTS, "Texts in which «marks» show what is protected."),
        "counterexamples": _COUNTEREXAMPLES,
    }
)
"""The keys of a file that names harmless spans."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All detectors in force, ordered by id. `files_digest` identifies the exact content of all their files."""

    detectors: tuple[Detector, ...]
    harmless: tuple[Harmless, ...]
    own_patterns: tuple[str, ...] = ()
    """The user's own patterns, including those of values that are kept."""
    files_digest: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of all that the detectors are."""
        digest = hashlib.sha256()
        items: tuple[Detector | Harmless, ...] = (*self.detectors, *self.harmless)
        for item in sorted(items, key=lambda item: item.id):
            digest.update(repr(item).encode())
        return digest.hexdigest()

    @property
    def entity_types(self) -> frozenset[str]:
        return frozenset(d.entity_type for d in self.detectors)


def builtin_folder() -> Path:
    """The detectors that come with logscrub: the packaged copy, else the checkout's."""
    packaged = Path(str(resources.files("logscrub"))) / "detectors"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "detectors"


def load(extra: Iterable[Path] = (), *, builtin: bool = True) -> Catalogue:
    """Loads the built-in detectors and those of the folders `extra`. A later file replaces an earlier one of the same id.

    Raises UsageError for a folder that is missing, holds nothing or may not be listed, and for a file that is wrong in any way.
    """
    folders = [builtin_folder()] if builtin else []
    extra_folders = list(extra)
    folders += extra_folders
    macros_file = builtin_folder() / "macros.toml"
    macros_text = text_of(macros_file)
    macros = _macros(macros_text, macros_file)
    files = hashlib.sha256(macros_text.encode())
    found: dict[str, Detector | Harmless] = {}
    own: list[Detector | Harmless] = []
    for folder in folders:
        paths = toml_files.files_below(folder)
        if not paths:
            raise UsageError(f"{folder}: holds no detector; their files end in .toml")
        for path in paths:
            if path.name == "macros.toml" or path.parent.name == "anomalies":
                continue
            text = text_of(path)
            files.update(f"{path.name}\0{len(text)}\0{text}".encode())
            item = parse_detector(text, path, macros)
            found[item.id] = item
            if folder in extra_folders:
                check_patterns(item, path)
                own.append(item)
    items = [found[name] for name in sorted(found)]
    patterns = tuple(p for item in own for p in (*item.patterns, *(item.keep_values if isinstance(item, Detector) else ())))
    return Catalogue(
        tuple(i for i in items if isinstance(i, Detector)),
        tuple(i for i in items if isinstance(i, Harmless)),
        patterns,
        files.hexdigest(),
    )


def parse_detector(text: str, path: Path, macros: Mapping[str, str]) -> Detector | Harmless:
    """The detector that a file's text holds. Raises UsageError that names the file and what is wrong with it."""
    known = known_detectors.parsed(text)
    data = toml_files.parsed(text, path) if known is None else known
    is_harmless = data.get("kind") == "harmless"
    if known is None:
        toml_files.check(HARMLESS if is_harmless else DETECTOR, data, path)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    values.pop("kind", None)
    values["folder"] = path.parent.name
    for key in ("patterns", "keep_values"):
        if key in values:
            values[key] = tuple(_expand(p, macros, path) for p in values[key])
    if values.get("guideline") == SECRET_ROW:
        values.setdefault("validator", "written_out")
    item = Harmless(**values) if is_harmless else Detector(**values)
    _check(item, path)
    return item


def _macros(text: str, path: Path) -> dict[str, str]:
    """The macros of a file's text; one may use those above it."""
    macros: dict[str, str] = {}
    for name, value in toml_files.parsed(text, path).items():
        macros[name] = _expand(str(value), macros, path)
    return macros


def _expand(pattern: str, macros: Mapping[str, str], path: Path) -> str:
    def value(m: re.Match[str]) -> str:
        if m[1] not in macros:
            raise UsageError(f"{path}: no macro {{{{{m[1]}}}}}; there are {', '.join(macros)}")
        return macros[m[1]]

    return _MACRO.sub(value, pattern)


def _check(item: Detector | Harmless, path: Path) -> None:
    from logscrub.detect.validators import VALIDATORS  # the validators' libraries are needed by nobody else here

    def wrong(what: str) -> UsageError:
        return UsageError(f"{path}: {what}")

    if item.id != path.stem:
        raise wrong(f"id must be the file's name, {path.stem!r}")
    if not item.examples:
        raise wrong("examples are missing: a detector proves itself")
    if isinstance(item, Harmless):
        return
    if not item.patterns and not item.fields:
        raise wrong("neither patterns nor fields")
    if item.validator is not None and item.validator not in VALIDATORS:
        raise wrong(f"no validator {item.validator!r}; there are {', '.join(sorted(VALIDATORS))}")


def check_patterns(item: Detector | Harmless, path: Path) -> None:
    """Raises UsageError if a pattern of a file does not compile, or repeats without bound. Not done for the built-in ones at each
    start: it takes longer than all else."""
    for pattern in item.patterns:
        try:
            tree = parsed(pattern)
        except re.error as error:
            raise UsageError(f"{path}: pattern does not compile: {error}") from None
        if unbounded(tree):
            raise UsageError(f"{path}: a pattern repeats without bound: write {{1,64}} instead of + and {{0,64}} instead of *")
    for keep in item.keep_values if isinstance(item, Detector) else ():
        try:
            re.compile(keep)
        except re.error as error:
            raise UsageError(f"{path}: keep_values does not compile: {error}") from None


def unbounded(tree: Any) -> bool:
    """True if a parsed pattern holds `*`, `+` or `{n,}`, also as a possessive one."""
    repeats = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
    return any(op in repeats and arg[1] == _constants.MAXREPEAT for op, arg in parts(tree))


def marked(example: str) -> tuple[str, list[tuple[int, int]]]:
    """An example without its «marks», and the spans they marked."""
    text, spans, start = "", [], 0
    for part in re.split("([«»])", example):
        if part == "«":
            start = len(text)
        elif part == "»":
            spans.append((start, len(text)))
        else:
            text += part
    return text, spans
