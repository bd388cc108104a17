"""Where in a JSON value its records are.

Records are the elements of the lists that a format's `ListRule`s name, the outermost ones; where there is none, the elements
of a list that is the whole value and begins with an object or a list; else the value itself. `Grammar` finds them token by token,
so that a value of any size can be cut; `records_in` finds them in a value that is parsed. Both find the same number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from logscrub.formats.base import Around, JsonShape, ListRule

DEEPEST = 100_000
"""Brackets that may be open at once."""
TOKEN = re.compile(
    r'[ \t\r\n]*+(?:("(?:[^"\\\x00-\x1f]++|\\.)*+")|([{}\[\],:])|(-?\d[\d.eE+-]*+|true|false|null)(?=[\s,\]}]))', re.DOTALL
)


class ListRules:
    """The lists of records of all JSON formats."""

    def __init__(self, shapes: Iterable[JsonShape]) -> None:
        self._by_name: dict[str, list[tuple[ListRule, JsonShape]]] = {}
        for shape in shapes:
            for rule in shape.lists:
                self._by_name.setdefault(rule.name, []).append((rule, shape))
        names = "|".join(sorted(map(re.escape, self._by_name), key=len, reverse=True))
        self.named_in = re.compile(f'"(?:{names})"').search if names else (lambda text: None)
        """Finds the name of such a list in a text; where there is none, a value that is an object is one record."""

    def shape_of(self, name: str, parent: str, depth: int) -> JsonShape | None:
        """The format whose records a list holds, by its name, the name of what is around it and the open brackets."""
        for rule, shape in self._by_name.get(name, ()):
            if rule.parent in (None, parent) and rule.depth in (None, depth):
                return shape
        return None


class Grammar:
    """JSON's grammar, token by token; and where in it the records are."""

    def __init__(self, rules: ListRules) -> None:
        self._rules = rules
        self._expect = "value"
        self._shape: list[tuple[str, str, str]] = []
        """Open brackets, outermost first, each with its name and with "list" for a list of records, "top" for the outermost."""
        self._key = ""
        self._record = 0
        """How many brackets are open around the brackets of the record that is being read; 0 outside of records."""
        self._element = -1
        """`_count` when the element of the outermost list began that is being read; -1 outside."""
        self._count = 0
        self._told = 0
        self.found = False
        """True once a list of records was seen."""
        self.record_begins = False
        """True if the last token began a record."""
        self.record_ends = False
        """True if the last token ended a record."""
        self.shape_of_list: JsonShape | None = None
        """The format whose list of records was opened last."""

    @property
    def ended(self) -> bool:
        """True if the value is complete."""
        return self._expect == "end"

    def taken(self) -> int:
        """How many records were counted since the last call."""
        new, self._told = self._count - self._told, self._count
        return new

    def breaks_off(self) -> None:
        """Counts the record that is still open where the input ends."""
        if self._element == self._count or not self.found:
            self._count += 1

    def accept(self, token: str) -> bool:
        """Moves on by one token; False where it may not stand here."""
        self.record_begins = self.record_ends = False
        expect, shape = self._expect, self._shape
        if token in "{[":
            return self._opens(token)
        if token in "}]":
            closes = ("comma", "name or end") if token == "}" else ("comma", "first")
            if not shape or shape[-1][0] != ("{" if token == "}" else "[") or expect not in closes:
                return False
            shape.pop()
            self._expect = "comma" if shape else "end"
            self._closed()
            return True
        if token == ",":
            if expect != "comma":
                return False
            self._expect = "name" if shape[-1][0] == "{" else "value"
            return True
        if token == ":":
            if expect != "colon":
                return False
            self._expect = "value"
            return True
        if token[0] == '"' and expect in ("name", "name or end"):
            self._key = token[1:-1]
            self._expect = "colon"
            return True
        if expect in ("value", "first"):
            if shape and shape[-1][2] == "top" and expect == "first":
                shape[-1] = (*shape[-1][:2], "")  # a list of plain values: one record
            elif shape and shape[-1][2] == "list" and not self._record:
                self._count += 1
            self._expect = "comma" if shape else "end"
            self._key = ""
            return True
        return False

    def _opens(self, token: str) -> bool:
        if self._expect not in ("value", "first"):
            return False
        shape = self._shape
        around = shape[-1] if shape else ("", "", "")
        if around[2] == "list" and not self._record:
            self._record = len(shape)
            self._count += 1
            self.record_begins = True
        elif around[2] == "top":
            self._element = self._count
            self.found = self.record_begins = True
        name = self._key if around[0] == "{" else around[1]
        kind = ""
        if token == "[" and not self._record:
            of_list = self._rules.shape_of(self._key, around[1], len(shape))
            if of_list is not None:
                self.shape_of_list = of_list
            kind = "list" if of_list is not None else "top" if not shape else ""
            self.found = self.found or kind == "list"
        shape.append((token, name, kind))
        self._expect = "name or end" if token == "{" else "first"
        self._key = ""
        return len(shape) <= DEEPEST

    def _closed(self) -> None:
        depth = len(self._shape)
        if self._record and depth == self._record:
            self._record, self.record_ends = 0, True
        elif self._element >= 0 and depth == 1:
            if self._element == self._count:
                self._count += 1
            self._element, self.record_ends = -1, True
        elif not depth and not self.found:
            self._count += 1


def count_records(text: str, rules: ListRules) -> int:
    """How many log records a JSON value holds."""
    if text[0] == "{" and rules.named_in(text) is None:
        return 1
    grammar = Grammar(rules)
    for m in TOKEN.finditer(text + "\n"):
        grammar.accept(m[m.lastindex or 0])
    return grammar.taken()


class Element(NamedTuple):
    """A record in a JSON value."""

    value: Any
    around: Around
    shape: JsonShape | None
    """The format whose list it stands in; None outside of such lists."""


def records_in(value: Any, rules: ListRules) -> Iterator[Element]:
    """The records in a JSON value, in order: as many as `count_records` counts."""
    if isinstance(value, list):
        if not value or not isinstance(value[0], dict | list):
            yield Element(value, (), None)
            return
        for element in value:
            if isinstance(element, dict | list):
                inside = list(_elements(element, "", 1, (), rules))
                yield from inside or (Element(element, (), None),)
        return
    found = _Found()
    yield from _elements(value, "", 0, (), rules, found)
    if not found.any:
        yield Element(value, (), None)


class _Found:
    __slots__ = ("any",)

    def __init__(self) -> None:
        self.any = False


def _elements(
    value: Any, name: str, depth: int, around: Around, rules: ListRules, found: _Found | None = None
) -> Iterator[Element]:
    """The elements of the outermost lists of records in a value of that name that stands in `depth` brackets."""
    children: Iterable[tuple[str, Any]]
    if isinstance(value, dict):
        children, around = value.items(), (*around, value)
    else:
        children = (("", each) for each in value)
    for key, child in children:
        if isinstance(child, list):
            shape = rules.shape_of(key, name, depth + 1)
            if shape is not None:
                if found is not None:
                    found.any = True
                yield from (Element(each, around, shape) for each in child)
                continue
        elif not isinstance(child, dict):
            continue
        yield from _elements(child, key if isinstance(value, dict) else name, depth + 1, around, rules, found)
