"""What the compiled core is told at its start: the definition's own patterns, lists of words, detectors and settings.

Nothing is written twice: the core asks for the patterns and lists of a module of `logscrub.detect` by the names that they have
there (`fields._KEY`, `recognizer._PARTICLES`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from types import ModuleType
from typing import Any

from logscrub.detect import binary, engine, fields, json_leaves, stack_traces, validators, views
from logscrub.detect.names import lexicon, prose, recognizer
from logscrub.engines import plans
from logscrub.engines.lowering import Classes, Lowered, lowered
from logscrub.redact import pseudonyms, scrub

MODULES: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        binary, engine, fields, json_leaves, stack_traces, validators, views, lexicon, prose, recognizer, pseudonyms, scrub,
    )
}  # fmt: skip
"""The modules whose patterns and lists the core uses."""

_WORD = re.compile(r"\w")
CHARACTERS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("word", lambda char: _WORD.match(char) is not None),
    ("isalpha", str.isalpha),
    ("isalnum", str.isalnum),
    ("isdecimal", str.isdecimal),
    ("isdigit", str.isdigit),
    ("isspace", str.isspace),
    ("isupper", str.isupper),
    ("islower", str.islower),
    ("istitle", str.istitle),
    ("isprintable", str.isprintable),
    ("Cf", lambda char: unicodedata.category(char) == "Cf"),
    ("written", lambda char: views._is_written(char)),
)
"""Classes of characters that have a name. The first is that of `\\w`."""

CONVERSIONS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "fold": lexicon.fold,
    "casefold": str.casefold,
    "plain": views._plain,
    "phone_plan": plans.phone_plan,
    "iban_plan": plans.iban_plan,
}
"""What the core asks Python to make of texts that are not all ASCII."""


def expressions(classes: Classes) -> dict[str, Lowered]:
    """The patterns of all modules, by `module.NAME`."""
    return {
        f"{module}.{name}": lowered(value, classes)
        for module, its in MODULES.items()
        for name, value in vars(its).items()
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str)
    }


def words() -> dict[str, list[str]]:
    """The sets of words of all modules, by `module.NAME`."""
    return {
        f"{module}.{name}": sorted(value)
        for module, its in MODULES.items()
        for name, value in vars(its).items()
        if isinstance(value, frozenset) and all(isinstance(word, str) for word in value)
    }


class Callbacks:
    """What the core asks for while it runs."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes

    def page(self, number: int, page: int) -> tuple[int, int, int, int]:
        return self._classes.page(number, page)

    def convert(self, what: str, text: str) -> str:
        return CONVERSIONS[what](text)

    def validate(self, validator: str, value: str) -> bool:
        return validators.VALIDATORS[validator](value)


def library() -> tuple[dict[str, Any], Callbacks]:
    """The patterns, lists and classes of the definition, and what is asked for while it runs."""
    classes = Classes(CHARACTERS)
    found = {"expressions": expressions(classes), "words": words(), "characters": dict(classes.names)}
    return {**found, "classes": classes.ascii}, Callbacks(classes)
