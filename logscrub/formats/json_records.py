"""Finds the records in a JSON value.

Records are the elements of the outermost lists that a format's `ListRule`s name. In a value without such a list they are the
elements of the list that is the whole value, if it begins with an object or a list; otherwise the value itself is the record.
`Grammar` finds them token by token, so that a value of any size can be cut. `records_in` finds them in a parsed value. Both find
the same number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from logscrub.detect.json_leaves import DEEPEST
from logscrub.formats.base import Around, JsonShape, ListRule
from logscrub.patterns import regex

TOKEN = regex(r'[ \t\r\n]*+(?:("(?:[^"\\\n]++|\\[^\n])*+")|([{}\[\],:])|(-?\d[\d.eE+-]*+|true|false|null)(?=[\s,\]}]))')
"""Matches one token of JSON. A string may hold any character, escaped or not, so that a redaction in it never makes or unmakes a
string."""
_LIST = regex(r"\[(?<=[:\s].)")
"""A bracket that may begin a list with a name."""
_NAME_REACH = 60
"""Characters before a bracket in which a name must end, if white space alone is not that long."""


Rules = list[tuple[ListRule, JsonShape]]


class ListRules:
    """The lists of records of all JSON formats."""

    def __init__(self, shapes: Iterable[JsonShape]) -> None:
        self._by_name: dict[str, list[tuple[ListRule, JsonShape]]] = {}
        shapes = tuple(shapes)
        heads = "|".join(shape.no_record for shape in shapes if shape.no_record)
        self.no_record_pattern = re.compile(heads or "(?!)")
        self.no_record = self.no_record_pattern.match
        """Matches a value that is no record."""
        for shape in shapes:
            for rule in shape.lists:
                self._by_name.setdefault(rule.name, []).append((rule, shape))
        names = "|".join(sorted(map(re.escape, self._by_name), key=len, reverse=True))
        self._name = re.compile(rf'"(?:{names})"\s*+:\s*+\Z')

    def may_stand_in(self, text: str) -> bool:
        """True if a JSON text may hold a list of records. Without such a list, a value that is an object is one record."""
        if self._by_name:
            for m in _LIST.finditer(text):
                before = text[max(0, m.start() - _NAME_REACH) : m.start()]
                if before.count('"') < 2 or self._name.search(before):
                    return True
        return False

    def of(self, name: str, parent: str, depth: int) -> Rules:
        """The rules for a list with that name, in a value named `parent`, behind `depth` open brackets; each with its format.

        The result is the first rule that needs no mark; if there is none, all rules that need one.
        """
        named = self._by_name.get(name)
        if named is None:  # most lists have no rule
            return []
        found = [each for each in named if each[0].parent in (None, parent) and each[0].depth in (None, depth)]
        return next(([each] for each in found if not each[0].marks), found)

    def described(self) -> list[tuple[str, str | None, int | None, list[str]]]:
        """All rules, each list's in order: names, the names around, the open brackets, the marks."""
        rules = [rule for each in self._by_name.values() for rule, _ in each]
        return [(rule.name, rule.parent, rule.depth, sorted(rule.marks)) for rule in rules]


def _marked(rules: Rules, names: set[str]) -> JsonShape | None:
    """The format of the first rule whose mark is in the first element of a list; None if it is not a list of records."""
    return next((shape for rule, shape in rules if not rule.marks or rule.marks & names), None)


class _Maybe(NamedTuple):
    """A list of which only the first element shows whether it holds records."""

    opened: int
    """The brackets that are open in it."""
    rules: Rules
    before: int
    """Number of records that were counted before it began."""
    names: set[str]
    """The names in its first element."""


class Grammar:
    """JSON's grammar, token by token, and the places of the records in it."""

    def __init__(self, rules: ListRules) -> None:
        self._rules = rules
        self._expect = "value"
        self._shape: list[tuple[str, str, str]] = []
        """Open brackets, outermost first, each with its name and its kind: "list" for a list of records, "maybe" for one of which
        only the first element shows that, "top" for the outermost list."""
        self._maybe: list[_Maybe] = []
        """The open lists that may be ones of records, outermost first."""
        self._key = ""
        self._record = 0
        """Number of brackets that are open around the record that is being read; 0 outside of records."""
        self._element = -1
        """`_count` when the element of the outermost list began that is being read; -1 outside."""
        self._count = 0
        self._counted = 0
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

    @property
    def is_before_element(self) -> bool:
        """True behind a comma in a list of records, or in the list that is the whole value."""
        is_list = bool(self._shape) and self._shape[-1][2] in ("list", "top")
        return is_list and self._expect == "value" and not self._record and self._element < 0 and not self._maybe

    def pass_over_record(self) -> None:
        """Moves on behind an object that is one record, and the comma behind it."""
        self._count += 1
        self._counted += 1

    def taken(self) -> int:
        """The number of records that were counted since the last call."""
        new, self._counted = self._count - self._counted, self._count
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
            for maybe in reversed(self._maybe):
                if len(shape) > maybe.opened + 2:
                    break
                maybe.names.add(self._key)
            self._expect = "colon"
            return True
        if expect in ("value", "first"):
            if shape and shape[-1][2] == "top" and expect == "first":
                shape[-1] = (*shape[-1][:2], "")  # a list of plain values: one record
            elif shape and shape[-1][2] == "maybe":
                self._decide()
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
        elif around[2] == "maybe":
            self.record_begins = True
        name = self._key if around[0] == "{" else around[1]
        kind = ""
        if token == "[" and not self._record:
            rules = self._rules.of(self._key, around[1], len(shape))
            kind = "" if shape else "top"
            if rules and not rules[0][0].marks:
                kind, self.found, self.shape_of_list = "list", True, rules[0][1]
            elif rules:
                kind = "maybe"
                self._maybe.append(_Maybe(len(shape) + 1, rules, self._count, set()))
        shape.append((token, name, kind))
        self._expect = "name or end" if token == "{" else "first"
        self._key = ""
        return len(shape) <= DEEPEST

    def _decide(self) -> None:
        """Decides whether the innermost list that is in doubt holds records, by its first element, which has ended."""
        _, rules, before, names = self._maybe.pop()
        shape = _marked(rules, names)
        self._shape[-1] = (*self._shape[-1][:2], "" if shape is None else "list")
        if shape is not None:
            self.found, self.shape_of_list, self.record_ends = True, shape, True
            if self._count == before:
                self._count += 1

    def _closed(self) -> None:
        depth = len(self._shape)
        if self._maybe and depth < self._maybe[-1].opened:
            self._maybe.pop()  # an empty list
        if self._maybe and depth == self._maybe[-1].opened:
            self._decide()
            return
        if self._record and depth == self._record:
            self._record, self.record_ends = 0, True
        elif self._element >= 0 and depth == 1:
            if self._element == self._count:
                self._count += 1
            self._element, self.record_ends = -1, True
        elif not depth and not self.found:
            self._count += 1


def count_records(text: str, rules: ListRules) -> int:
    """The number of log records in a JSON value."""
    if rules.no_record(text) is not None:
        return 0
    if text[0] == "{" and not rules.may_stand_in(text):
        return 1
    grammar = Grammar(rules)
    for m in TOKEN.finditer(text + "\n"):
        grammar.accept(m[m.lastindex or 0])
    return grammar.taken()


def counts_records(rules: ListRules) -> Callable[[str], int]:
    """`count_records` by the compiled core, where the core is installed and the text is plain JSON."""
    try:
        from logscrub._core import Records
    except ImportError:
        return lambda text: count_records(text, rules)
    no_record, count = rules.no_record, Records(rules.described()).count

    def counted(text: str) -> int:
        if no_record(text) is not None:
            return 0
        found = count(text)
        return count_records(text, rules) if found is None else found

    return counted


class Element(NamedTuple):
    """A record in a JSON value."""

    value: Any
    around: Around
    shape: JsonShape | None
    """The format whose list it stands in; None outside of such lists."""


def records_in(value: Any, rules: ListRules) -> list[Element]:
    """The records in a JSON value, in order: as many as `count_records` counts, unless it is nested too deeply to be followed."""
    found: list[Element] = []
    with suppress(RecursionError):
        if not isinstance(value, list):
            if not _add_elements(value, "", 0, (), rules, found):
                found.append(Element(value, (), None))
        elif not value or not isinstance(value[0], dict | list):
            found.append(Element(value, (), None))
        else:
            for element in value:
                if isinstance(element, dict | list):
                    before = len(found)
                    _add_elements(element, "", 1, (), rules, found)
                    if len(found) == before:
                        found.append(Element(element, (), None))
    return found


def _add_elements(value: Any, name: str, depth: int, around: Around, rules: ListRules, found: list[Element]) -> bool:
    """Adds the elements of the outermost lists of records in a value of that name that stands in `depth` brackets.

    Returns whether there is such a list; it may be empty.
    """
    is_object = isinstance(value, dict)
    if is_object:
        around = (*around, value)
    any_list = False
    for key, child in value.items() if is_object else (("", each) for each in value):
        kind = type(child)
        if kind is list:
            known = rules.of(key, name, depth + 1)
            shape = _marked(known, _names_in(child[:1])) if known else None
            if shape is not None:
                any_list = True
                before = len(found)
                if known[0][0].marks:
                    _add_elements(child[0], key, depth + 2, around, rules, found)
                found += [Element(each, around, shape) for each in child[len(found) > before :]]
                continue
        elif kind is not dict:
            continue
        any_list |= _add_elements(child, key if is_object else name, depth + 1, around, rules, found)
    return any_list


def _names_in(first: list[Any]) -> set[str]:
    """The names in the first element of a list: those of an object, or those of the objects in a list."""
    element = first[0] if first else None
    if isinstance(element, dict):
        return set(element) | {name for inner in element.values() if isinstance(inner, dict) for name in inner}
    if isinstance(element, list):
        return {name for inner in element if isinstance(inner, dict) for name in inner}
    return set()
