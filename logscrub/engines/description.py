"""The description that the compiled core reads at its start: the definition's patterns, lists of words, detectors and settings.

Nothing is written twice: the core asks for the patterns and lists of a module of `logscrub.detect` by the names that they have
there (`fields._KEY`, `recognizer._PARTICLES`).
"""

from __future__ import annotations

import html.entities
import re
import unicodedata
from collections.abc import Callable, Iterator
from importlib import resources
from types import ModuleType
from typing import Any

from logscrub.detect import binary, engine, fields, ids, json_leaves, messages, pairs, stack_traces, validators, views
from logscrub.detect.catalogue import SECRET_ROW
from logscrub.detect.engine import Engine
from logscrub.detect.names import NameRecognizer, Names, lexicon, prose, recognizer
from logscrub.engines import plans
from logscrub.engines.lowering import Classes, Lowered, known, lowered
from logscrub.patterns import LazyPattern
from logscrub.redact import pseudonyms, scrub

MODULES: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        binary, engine, fields, ids, json_leaves, messages, pairs, stack_traces, validators, views,
        lexicon, prose, recognizer, pseudonyms, scrub,
    )
}  # fmt: skip
"""The modules whose patterns and lists the core uses."""

_WORD = re.compile(r"\w")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(f"[{recognizer._LETTER}]")
CHARACTERS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("word", lambda char: _WORD.match(char) is not None),
    ("letter", lambda char: _LETTER.match(char) is not None),
    ("latin", lambda char: _LATIN.match(char) is not None),
    ("joiner", lambda char: recognizer._HYPHEN.match(char) is not None),
    ("isalpha", str.isalpha),
    ("isalnum", str.isalnum),
    ("isdecimal", str.isdecimal),
    ("isdigit", str.isdigit),
    ("isdecimal", str.isdecimal),
    ("isspace", str.isspace),
    ("isupper", str.isupper),
    ("islower", str.islower),
    ("istitle", str.istitle),
    ("isprintable", str.isprintable),
    ("Cf", lambda char: unicodedata.category(char) == "Cf"),
    ("written", lambda char: views._is_written(char)),
    ("unplain", lambda char: views._plain(char) != char),
)
"""Classes of characters that have a name. The first is that of `\\w`."""

CONVERSIONS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "fold": lexicon.fold,
    "casefold": str.casefold,
    "plain": views._plain,
    "plain_name": fields.plain_name,
    "folded": pseudonyms.folded,
    "plain_number": engine.plain_number,
    "phone_plan": plans.phone_plan,
    "iban_plan": plans.iban_plan,
}
"""The functions of Python that the core calls for texts that are not all ASCII."""


def expressions(classes: Classes) -> dict[str, Lowered]:
    """The patterns of all modules, by `module.NAME`."""
    return {name: lowered(pattern, classes) for name, pattern in _expressions()}


def _expressions() -> Iterator[tuple[str, re.Pattern[str] | LazyPattern]]:
    for module, its in MODULES.items():
        for name, value in vars(its).items():
            if isinstance(value, re.Pattern | LazyPattern) and isinstance(value.pattern, str):
                yield f"{module}.{name}", value


def patterns_of(its: Engine) -> Iterator[str | re.Pattern[str] | LazyPattern]:
    """All patterns that the core is told of an engine."""
    for pattern in its._patterns:
        yield pattern._source
        if pattern.context:
            yield pattern.context
    yield from its._harmless
    for rule in {id(rule): rule for rule in (*its.fields._endings.values(), *its.fields._exact.values())}.values():
        yield from rule.keep
    yield from (pattern for _, pattern in _expressions())


def words() -> dict[str, list[str]]:
    """The sets of words of all modules, by `module.NAME`."""
    return {
        f"{module}.{name}": sorted(value)
        for module, its in MODULES.items()
        for name, value in vars(its).items()
        if isinstance(value, frozenset) and all(isinstance(word, str) for word in value)
    }


def texts() -> dict[str, str]:
    """The texts of all modules, by `module.NAME`."""
    return {
        f"{module}.{name}": value
        for module, its in MODULES.items()
        for name, value in vars(its).items()
        if isinstance(value, str) and name.strip("_").isupper()
    }


class Callbacks:
    """The functions that the core calls while it runs."""

    def __init__(self, classes: Classes, names: NameRecognizer | None = None) -> None:
        """`names`: the recognizer, where the lists are not all that is asked."""
        self.classes = classes
        self._names = names

    def page(self, number: int, page: int) -> tuple[int, int, int, int]:
        return self.classes.page(number, page)

    def convert(self, what: str, text: str) -> str:
        return CONVERSIONS[what](text)

    def validate(self, validator: str, value: str) -> bool:
        return validators.VALIDATORS[validator](value)

    def recognise(self, text: str) -> list[tuple[int, int, str]]:
        return [(span.start, span.end, span.detector) for span in self._names.recognise(text)] if self._names else []


def library(classes: Classes | None = None) -> tuple[dict[str, Any], Callbacks]:
    """The patterns, lists and classes of the definition, and what is asked for while it runs."""
    classes = classes or Classes(CHARACTERS, known())
    found = {"expressions": expressions(classes), "words": words(), "texts": texts(), "characters": dict(classes.names)}
    return {**found, "classes": classes.table}, Callbacks(classes)


NAMES = (("name_listed", "PERSON", "name", False, False), ("name_ner", "PERSON", "name", False, False))
"""The kinds of spans that the recognizers of names find: id, entity type, row of the guidelines, certain, random."""


def describe(its: Engine) -> tuple[dict[str, Any], Callbacks]:
    """All that the core is told of an engine: its detectors, fields and lists."""
    classes = Classes(CHARACTERS, known())
    number = {d.id: i for i, d in enumerate(its.catalogue.detectors)}
    rules: dict[str, tuple[fields.Rule, list[str], list[str]]] = {}
    for target, place in ((its.fields._endings, 1), (its.fields._exact, 2)):
        for words_joined, rule in target.items():
            entry = rules.setdefault(rule.detector.id, (rule, [], []))
            entry[place].append(words_joined)  # type: ignore[union-attr]
    kinds = [
        (d.id, d.entity_type, d.guideline, d.certainty == "certain", d.id in engine._RANDOM) for d in its.catalogue.detectors
    ]
    kinds += NAMES
    keeps = {pattern: i for i, pattern in enumerate(dict.fromkeys(k for rule, _, _ in rules.values() for k in rule.keep))}
    lists = its._names.lists if isinstance(its._names, Names) else None
    described: dict[str, Any] = {
        "kinds": kinds,
        "patterns": [
            (
                number[p.detector.id],
                lowered(p._source, classes),
                p.detector.validator,
                lowered(p.context, classes) if p.context else None,
                list(p.detector.context),
                p._cuts_ids,
                p._sheds,
            )
            for p in its._patterns
        ],
        "harmless": [lowered(p, classes) for p in its._harmless],
        "keeps": [lowered(pattern, classes) for pattern in keeps],
        "rules": [
            (
                number[name],
                "idle" if rule.idle else rule.detector.value,
                [keeps[pattern] for pattern in rule.keep],
                endings,
                exact,
                rule.detector.guideline == SECRET_ROW,
                rule.opens,
                rule.may_hold_message,
            )
            for name, (rule, endings, exact) in rules.items()
        ],
        "entities": list(html.entities.html5.items()),
        "names": None if its._names is None else "lists" if lists is not None else "python",
        "own": [(word, grade == "name") for word, grade in lists._own.items()] if lists else [],
        "phrases": lowered(lists.phrases, classes) if lists and lists.phrases else None,
        "data": {
            name: resources.files("logscrub").joinpath("data", f"{name}.txt").read_bytes()
            for name in ("names", "either", "words", "foreign", "shapes")
        },
        "no_names": sorted(its._no_names),
        "has_own": its._has_own,
        "placeholder_types": its.placeholder_types,
        "key_kind": number[its._key_detector.id] if its._key_detector else None,
    }
    base, _ = library(classes)
    return {**base, **described}, Callbacks(classes, its._names if lists is None else None)
