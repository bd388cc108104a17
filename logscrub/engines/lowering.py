"""Hands Python's regular expressions to the compiled core, as Python itself understands them.

A pattern is parsed by Python's own parser, and its tree is written down as numbers. A class of characters is a number in a table:
the core knows which characters of ASCII belong to it and, if the class lists a few letters, which others. Else it asks for them,
a page of 256 at a time, when a text holds one of them. So what a class, a letter's case or a boundary means is what it means to
the `re` that runs here.

The numbers of a pattern stand in bytes, seven bits in each, the low ones first; the highest bit of a byte says that more follow
(LEB128). They are how many groups it has, then the tree, each node behind the ones around it:

    0 c              the character c
    1 n              a character of class n
    2                any character but a line end
    3                any character
    4 place          a place (see `_PLACES`)
    5 n …            n nodes in a row
    6 n …            one of n nodes
    7 g node         group g
    8 m lo hi node   a node lo to hi times; m: 0 as many as possible, 1 as few, 2 as many, and none is given back
    9 b n w node     look ahead (b = 0) or w characters behind (b = 1); n = 1: it must not match
    10 node          a node of which nothing is tried again
    11 g             what group g matched
    12 n c           the letter c of ASCII in any case: class n
"""

from __future__ import annotations

import hashlib
import re
import sys
from base64 import b64decode
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import resources
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple
from unicodedata import unidata_version

import orjson

from logscrub.patterns import LazyPattern

UNBOUNDED: Final = 0xFFFFFFFF
PAGE: Final = 256
"""Characters of a page."""
_UNICODE: Final = int(re.UNICODE)
_ASCII: Final = "".join(map(chr, range(128)))
_REPEATS: Final = {c.MAX_REPEAT: 0, c.MIN_REPEAT: 1, c.POSSESSIVE_REPEAT: 2}
_START, _LINE_START, _BOUNDARY, _NO_BOUNDARY, _END, _LINE_END, _TEXT_END = range(7)
_PLACES: Final = {
    c.AT_BEGINNING: _START,
    c.AT_BEGINNING_STRING: _START,
    c.AT_BOUNDARY: _BOUNDARY,
    c.AT_NON_BOUNDARY: _NO_BOUNDARY,
    c.AT_END: _END,
    c.AT_END_STRING: _TEXT_END,
}
_IN_LINES: Final = {c.AT_BEGINNING: _LINE_START, c.AT_END: _LINE_END}
_UNKNOWN: Final = {c.GROUPREF_EXISTS: "a condition on a group", c.GROUPREF: "the text of a group in any case"}
_KINDS: Final[tuple[Callable[[str], bool], ...]] = (str.isupper, str.isdecimal, lambda char: True)
"""The kinds of characters beyond ASCII that the core tells apart: a character is of the first that fits."""
_ANY_KIND: Final = (1 << len(_KINDS)) - 1
_OF_CLASS: Final = re.IGNORECASE | re.ASCII | re.UNICODE
"""Flags that change what a class of characters is."""

Lowered = tuple[bytes, list[tuple[str, int]]]
"""The numbers of a pattern, and the names of its groups."""
ClassBits = tuple[int, int, list[int] | None, int]
"""The characters of a class: those of ASCII as two words of 64 bits, all others if these are few and known, and their kinds
(`_KINDS`) as bits."""
KnownClass = tuple[int, int, list[int] | None, int, str, int]
"""The characters of a class, as in `ClassBits`; a pattern of one such character, and its flags."""


class Unsupported(ValueError):
    """A pattern has something that the core does not know (a condition on a group, a group's text in any case)."""


class Known(NamedTuple):
    """Patterns that were lowered before: `data/lowered.json`, made by `scripts/lowered_patterns.py`."""

    classes: list[KnownClass]
    patterns: dict[str, tuple[str, list[tuple[str, int]]]]
    """Key of a pattern (`key_of`) → its numbers in Base64, and the names of its groups."""
    unicode: str = unidata_version
    """The version of Unicode to which its classes are true."""


NOTHING_KNOWN: Final = Known([], {})


@lru_cache(maxsize=1)
def known() -> Known:
    """Reads the lowered patterns that come with logscrub. To parse all patterns takes 0.2 s, to read these a hundredth of it."""
    found = orjson.loads(resources.files("logscrub").joinpath("data", "lowered.json").read_bytes())
    return Known(found["classes"], found["patterns"], found["unicode"])


def key_of(pattern: str | re.Pattern[str] | LazyPattern) -> str:
    """Stands for a pattern with its flags."""
    source, flags = (pattern, 0) if isinstance(pattern, str) else (pattern.pattern, pattern.flags)
    return hashlib.md5(f"{int(flags) & ~_UNICODE} {source}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


class Classes:
    """The table of classes of characters: those that have a name, and those of patterns."""

    def __init__(self, named: Iterable[tuple[str, Callable[[str], bool]]], before: Known = NOTHING_KNOWN) -> None:
        """`named`: names, and what tells whether a character belongs. `before`: what was lowered with the same names."""
        self._tests: list[Callable[[str], Iterable[int]]] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self.table: list[ClassBits] = []
        self.names: dict[str, int] = {}
        self.known: list[KnownClass] = []
        """The classes of patterns."""
        self.patterns = before.patterns
        for name, test in named:
            self.names[name] = self._add(lambda text, test=test: (i for i, char in enumerate(text) if test(char)))  # type: ignore[misc]
        is_same = before.unicode == unidata_version
        for low, high, others, kinds, source, flags in before.classes:
            # which letters are one another's capitals, and which characters are digits, may differ between versions of Unicode
            is_known = is_same or (others is not None and not flags & re.IGNORECASE)
            bits = low, high, others if is_known else None, kinds if is_same or (others == [] and is_known) else _ANY_KIND
            self._of_pattern(source, flags, bits)

    def number(self, op: Any, arg: Any, flags: int) -> int:
        """The number of the class that an item of a pattern stands for."""
        key = _source_of(op, arg), flags & _OF_CLASS
        return self._numbers[key] if key in self._numbers else self._of_pattern(*key)

    def _of_pattern(self, source: str, flags: int, bits: ClassBits | None = None) -> int:
        def test(text: str) -> Iterable[int]:
            return (m.start() for m in re.compile(source, flags).finditer(text))

        number = self._numbers[source, flags] = self._add(test, bits)
        self.known.append((*self.table[number], source, flags))
        return number

    def page(self, number: int, page: int) -> tuple[int, int, int, int]:
        """Which characters of a page belong to a class: four words of 64 bits."""
        bits = _bits(self._tests[number]("".join(map(chr, range(page * PAGE, (page + 1) * PAGE)))))
        return tuple(bits >> shift & 0xFFFF_FFFF_FFFF_FFFF for shift in (0, 64, 128, 192))  # type: ignore[return-value]

    def _add(self, test: Callable[[str], Iterable[int]], bits: ClassBits | None = None) -> int:
        if bits is None:
            word = _bits(test(_ASCII))
            bits = word & 0xFFFF_FFFF_FFFF_FFFF, word >> 64, None, _ANY_KIND
        self._tests.append(test)
        self.table.append(bits)
        return len(self._tests) - 1


def with_others(known: Iterable[KnownClass]) -> list[KnownClass]:
    """Classes with the kinds of their characters beyond ASCII, and with these themselves where they are few and listed."""
    wide = [chr(code) for code in range(128, sys.maxunicode + 1)]
    cased = {char for char in wide if char.lower() != char or char.upper() != char}
    of_kind: list[list[str]] = [[] for _ in _KINDS]
    for char in wide:
        of_kind[_kind_of(char)].append(char)
    texts = ["".join(chars) for chars in of_kind]
    found: list[KnownClass] = []
    for low, high, _, _, source, flags in known:
        listed = _listed(source)
        others = None
        if listed is not None:
            text = "".join(sorted(cased.union(map(chr, listed))))
            others = [ord(char) for char in re.findall(source, text, flags)]
            kinds = _bits({_kind_of(chr(code)) for code in others})
        else:
            pattern = re.compile(source, flags)
            kinds = _bits(kind for kind, text in enumerate(texts) if pattern.search(text))
        found.append((low, high, others, kinds, source, flags))
    return found


def _kind_of(char: str) -> int:
    return next(kind for kind, fits in enumerate(_KINDS) if fits(char))


def _listed(source: str) -> set[int] | None:
    """The characters beyond ASCII that the pattern of a class lists; None where these are many, or where it says more."""
    if not _LIST.fullmatch(source):
        return None
    listed: set[int] = set()
    for first, last in _STRETCH.findall(source):
        start, stop = int(first, 16), int(last or first, 16) + 1
        if stop - max(start, 128) > _MOST_LISTED:
            return None
        listed.update(range(max(start, 128), stop))
    return listed if len(listed) <= _MOST_LISTED else None


def lowered(pattern: str | re.Pattern[str] | LazyPattern, classes: Classes) -> Lowered:
    """A pattern as numbers. Raises Unsupported, and re.error."""
    before = classes.patterns.get(key_of(pattern))
    if before is not None:
        return b64decode(before[0]), [(name, group) for name, group in before[1]]
    source, flags = (pattern, 0) if isinstance(pattern, str) else (pattern.pattern, pattern.flags)
    tree = _parser.parse(source, flags)
    out: list[int] = [tree.state.groups - 1]
    _sequence(tree, tree.state.flags, classes, out)
    return b"".join(map(_leb128, out)), list(tree.state.groupdict.items())


def _leb128(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


_CATEGORIES: Final = {
    c.CATEGORY_DIGIT: r"\d",
    c.CATEGORY_NOT_DIGIT: r"\D",
    c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w",
    c.CATEGORY_NOT_WORD: r"\W",
}


_LIST: Final = re.compile(r"\[(?:\\U[0-9a-f]{8}-?)+\]")
_STRETCH: Final = re.compile(r"\\U([0-9a-f]{8})(?:-\\U([0-9a-f]{8}))?")
_MOST_LISTED: Final = 8


def _source_of(op: Any, arg: Any) -> str:
    """A pattern of the character that an item stands for."""
    if op is c.LITERAL:
        return f"[{_escaped(arg)}]"
    if op is c.NOT_LITERAL:
        return f"[^{_escaped(arg)}]"
    parts = []
    for kind, what in arg:
        if kind is c.NEGATE:
            parts.append("^")
        elif kind is c.LITERAL:
            parts.append(_escaped(what))
        elif kind is c.RANGE:
            parts.append(f"{_escaped(what[0])}-{_escaped(what[1])}")
        else:
            parts.append(_CATEGORIES[what])
    return f"[{''.join(parts)}]"


def _escaped(code: int) -> str:
    return f"\\U{code:08x}"


def _bits(places: Iterable[int]) -> int:
    found = 0
    for place in places:
        found |= 1 << place
    return found


def _sequence(items: Any, flags: int, classes: Classes, out: list[int]) -> None:
    parts = list(items)
    if len(parts) != 1:
        out += [5, len(parts)]
    for op, arg in parts:
        _item(op, arg, flags, classes, out)


def _item(op: Any, arg: Any, flags: int, classes: Classes, out: list[int]) -> None:
    if op is c.LITERAL and (not flags & re.IGNORECASE or (arg < 128 and not chr(arg).isalpha())):
        out += [0, arg]
    elif op is c.LITERAL and arg < 128:
        out += [12, classes.number(op, arg, flags), ord(chr(arg).lower())]
    elif op in (c.LITERAL, c.NOT_LITERAL, c.IN):
        out += [1, classes.number(op, arg, flags)]
    elif op is c.ANY:
        out.append(3 if flags & re.DOTALL else 2)
    elif op is c.AT:
        if flags & re.ASCII and arg in (c.AT_BOUNDARY, c.AT_NON_BOUNDARY):
            raise Unsupported("a boundary of words of ASCII")
        place = _IN_LINES.get(arg) if flags & re.MULTILINE else None
        out += [4, _PLACES[arg] if place is None else place]
    elif op is c.BRANCH:
        out += [6, len(arg[1])]
        for branch in arg[1]:
            _sequence(branch, flags, classes, out)
    elif op is c.SUBPATTERN:
        group, add, remove, inner = arg
        if group is not None:
            out += [7, group]
        _sequence(inner, (flags | add) & ~remove, classes, out)
    elif op in _REPEATS:
        least, most, inner = arg
        out += [8, _REPEATS[op], int(least), UNBOUNDED if most is c.MAXREPEAT else int(most)]
        _sequence(inner, flags, classes, out)
    elif op in (c.ASSERT, c.ASSERT_NOT):
        direction, inner = arg
        out += [9, int(direction < 0), int(op is c.ASSERT_NOT), int(inner.getwidth()[0]) if direction < 0 else 0]
        _sequence(inner, flags, classes, out)
    elif op is c.ATOMIC_GROUP:
        out.append(10)
        _sequence(arg, flags, classes, out)
    elif op is c.GROUPREF and not flags & re.IGNORECASE:
        out += [11, arg]
    else:
        raise Unsupported(_UNKNOWN.get(op, str(op).lower()))
