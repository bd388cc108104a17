"""Finds where the patterns of a catalogue can match in a text, all of them in one pass.

A pattern is tried only where one of its matches can begin. Nothing of that is written by hand, all follows from the parsed
patterns: the characters with which a match can begin and the one that can stand before it; characters of which one must stand
somewhere in the text; and words of which one must, as those of a context must. Where each match begins with one of some words,
the pattern is tried where these stand. A pattern may be tried in vain, but no match is missed.

What is known of all patterns about one character is one integer, with a bit for each pattern; where in a text the characters of
a set stand is one too, with a bit for each place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, reduce
from itertools import groupby, zip_longest
from operator import add, or_
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from logscrub.patterns import regex


def _bits(characters: Iterable[str]) -> int:
    return reduce(or_, (1 << ord(x) for x in characters), 0)


_DEPTH = 32
"""Characters with which a match begins that are looked at."""
_MOST_SETS = 4
"""Sets of characters that are asked for, of each pattern."""
_MOST_RUNS = 4
"""Runs of equal ones among these that are looked for, of each pattern."""
_MOST_WORDS, _SHORTEST_WORD, _LONGEST_WORD = 400, 2, 24
_MOST_LEADS, _SHORTEST_LEAD, _LONGEST_LEAD, _MOST_WAYS = 400, 2, 8, 4
"""Words with which a match begins, and how many characters may stand at one place of them."""
_ASCII = "".join(map(chr, range(128)))
_OTHER, _EDGE = 1 << 128, 1 << 129
"""The bits of all characters beyond ASCII, and of the beginning or the end of the text."""
_ANY = _EDGE - 1
_ALL = _ANY | _EDGE
_FOLDED = {"İ": "i", "ı": "i", "ſ": "s", "\u212a": "k"}
"""Characters that Python's `re` takes for letters of ASCII where case does not matter."""
_HAVE_OTHERS = _bits("iks")
_TO_ASCII = str.maketrans(_FOLDED)
_AMBIGUOUS = regex(f"[{''.join(_FOLDED)}]")
_STRANGE = "\x80"
"""The stand-in for a character beyond ASCII in words."""
_FIRST, _NOT_FIRST = -1, -2
"""The place of the character before a match: `_FIRST` if a match may also begin the text, `_NOT_FIRST` if it may not."""
_REPEATS = (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT)
_CATEGORIES = {
    category: _bits(re.findall(source, _ASCII)) | _OTHER
    for category, source in (
        (c.CATEGORY_DIGIT, r"\d"), (c.CATEGORY_SPACE, r"\s"), (c.CATEGORY_WORD, r"\w"),
        (c.CATEGORY_NOT_DIGIT, r"\D"), (c.CATEGORY_NOT_SPACE, r"\S"), (c.CATEGORY_NOT_WORD, r"\W"),
    )
}  # fmt: skip
_WEIGHTS = (
    (_bits("abcdefghijklmnopqrstuvwxyz0123456789"), 16), (_bits(" -.:/"), 8),
    (_bits('ABCDEFGHIJKLMNOPQRSTUVWXYZ_,="()[]'), 4), (_ANY, 1),
)  # fmt: skip
_BEYOND = regex(r"[^\x00-\x7f]")
_BY_USE = " etaoinsrhldcumfpgwybvkxjqz"
"""Letters, the most used first."""
Places = list[int] | None
"""The places where matches of a pattern can begin; None if that is not known."""


class Anchor(NamedTuple):
    """Facts about all matches of a pattern. Sets of characters are bits, by their code points."""

    heads: list[int]
    """Their first characters; none where nothing is known of these."""
    before: int
    """The characters that can stand before a match."""
    sets: tuple[int, ...]
    """Sets of characters. Every text with a match holds one character of each set."""
    words: frozenset[str]
    """Words, in any case. Every text with a match holds one of them. Empty if no such words are known."""
    leads: frozenset[str]
    """A match begins with one of these, in any case; none where none are known."""


@lru_cache(maxsize=4096)
def anchor(pattern: str) -> Anchor:
    """Derives the anchor of a pattern, once for all engines of a process. Raises re.error."""
    tree = _parser.parse(pattern)
    fold = bool(tree.state.flags & re.IGNORECASE)
    sets, words = _needs(tree, fold)
    return Anchor(_heads(tree, fold, []), _before(tree, fold)[0], sets, words, _leads(tree, fold))


def _folds(fold: bool, arg: Any) -> bool:
    """True if a group matches letters of either case."""
    return (fold or bool(arg[1] & re.IGNORECASE)) and not arg[2] & re.IGNORECASE


def _characters(op: Any, arg: Any, fold: bool) -> int | None:
    """The characters that an item of a pattern stands for; None if it is not one character. Those beyond ASCII are alike."""
    if op is c.ANY:
        return _ANY
    if op is c.LITERAL:
        return _set_of(((op, arg),), fold)
    if op is c.NOT_LITERAL:
        return _set_of(((c.NEGATE, None), (c.LITERAL, arg)), fold)
    return _set_of(tuple(arg), fold) if op is c.IN else None


@lru_cache(maxsize=4096)
def _set_of(items: tuple[tuple[Any, Any], ...], fold: bool) -> int:
    """The characters of a set. The sets of all patterns are some hundred different ones, each of which is asked for often."""
    bits = 0
    for kind, what in items:
        if kind is c.CATEGORY:
            bits |= _CATEGORIES[what]
        elif kind is not c.NEGATE:
            low, high = what if kind is c.RANGE else (what, what)
            bits |= (2 << min(high, 127)) - (1 << low) if low < 128 else 0
            bits |= _OTHER if high > 127 else 0
            if fold and high > 127:
                bits |= _bits(x for other, x in _FOLDED.items() if low <= ord(other) <= high)
    if fold:
        letters = (bits >> ord("A") | bits >> ord("a")) & (1 << 26) - 1
        bits |= letters << ord("A") | letters << ord("a")
        bits |= _OTHER if bits & _HAVE_OTHERS else 0
    return (_ANY & ~bits) | _OTHER if items[0][0] is c.NEGATE else bits


def _heads(items: Any, fold: bool, after: list[int]) -> list[int]:
    """The first characters of a sequence, with those of what comes after it; as far as there always are so many."""
    for op, arg in reversed(items):
        bits = _characters(op, arg, fold)
        if bits is not None:
            after = [bits, *after][:_DEPTH]
        elif op is c.SUBPATTERN:
            after = _heads(arg[3], _folds(fold, arg), after)
        elif op is c.ATOMIC_GROUP:
            after = _heads(arg, fold, after)
        elif op is c.BRANCH:
            after = _either(_heads(branch, fold, after) for branch in arg[1])
        elif op in _REPEATS:
            least, most, body = arg
            found = after
            for _ in range(min(most - least, _DEPTH)):
                more = _either([after, _heads(body, fold, found)])
                if more == found:
                    break
                found = more
            for _ in range(min(least, _DEPTH)):
                found = _heads(body, fold, found)
            after = found
        elif op is c.ASSERT and arg[0] > 0:
            after = [a & b for a, b in zip_longest(_heads(arg[1], fold, []), after, fillvalue=_ALL)]
        elif op not in (c.AT, c.ASSERT, c.ASSERT_NOT):
            after = []
    return after


def _either(heads: Iterable[list[int]]) -> list[int]:
    return [reduce(or_, sets) for sets in zip(*heads, strict=False)]


def _before(items: Any, fold: bool) -> tuple[int, bool]:
    """Returns the characters that can stand before a match of a sequence, and whether the sequence matches no character
    itself."""
    found = _ALL
    for op, arg in items:
        its, is_empty = _before_item(op, arg, fold)
        found &= its
        if not is_empty:
            return found, False
    return found, True


def _before_item(op: Any, arg: Any, fold: bool) -> tuple[int, bool]:
    if op is c.SUBPATTERN:
        return _before(arg[3], _folds(fold, arg))
    if op is c.BRANCH:
        branches = [_before(branch, fold) for branch in arg[1]]
        return reduce(or_, (its for its, _ in branches)), all(is_empty for _, is_empty in branches)
    if op is c.ASSERT and arg[0] < 0:
        return _last(arg[1], fold), True
    if op is c.ASSERT_NOT and arg[0] < 0 and len(arg[1]) == 1:
        only, its = arg[1][0]
        bits = _characters(only, its, fold)
        return _ALL if bits is None else _ALL & ~bits | _OTHER, True
    return _ALL, op in (c.AT, c.ASSERT, c.ASSERT_NOT)


def _last(items: Any, fold: bool) -> int:
    """The last character of a match of a sequence that is looked for behind a place."""
    if not len(items):
        return _ALL
    op, arg = items[-1]
    bits = _characters(op, arg, fold)
    if bits is not None:
        return bits
    if op is c.SUBPATTERN:
        return _last(arg[3], _folds(fold, arg))
    if op is c.BRANCH:
        return reduce(or_, (_last(branch, fold) for branch in arg[1]))
    return _last(arg[2], fold) if op in _REPEATS and arg[0] else _ALL


_Needs = tuple[tuple[int, ...], frozenset[str]]
"""Sets of characters of each of which one is needed, and words of which one is."""
_NONE: _Needs = ((), frozenset())


def _needs(items: Any, fold: bool) -> _Needs:
    """Returns the sets and words that a text with a match of a sequence must hold."""
    found: list[_Needs] = []
    run = ""
    for op, arg in items:
        bits = _characters(op, arg, fold)
        letter = _LETTERS.get(bits or 0, "")
        if run and not letter:
            found.append(_word(run))
            run = ""
        run += letter
        found.append(_needs_of_item(op, arg, fold) if bits is None else ((bits,), frozenset()))
    found.append(_word(run))
    sets = sorted({bits for sets, _ in found for bits in sets if bits != _ANY}, key=_weight)
    return tuple(sets[:_MOST_SETS]), max((words for _, words in found), key=_worth)


def _needs_of_item(op: Any, arg: Any, fold: bool) -> _Needs:
    if op is c.SUBPATTERN:
        return _needs(arg[3], _folds(fold, arg))
    if op is c.ATOMIC_GROUP:
        return _needs(arg, fold)
    if op is c.ASSERT:
        return _needs(arg[1], fold)
    if op in _REPEATS and arg[0]:
        return _needs(arg[2], fold)
    if op is not c.BRANCH:
        return _NONE
    branches = [_needs(branch, fold) for branch in arg[1]]
    words = frozenset[str]().union(*(words for _, words in branches)) if all(words for _, words in branches) else frozenset[str]()
    one_of = (reduce(or_, (sets[0] for sets, _ in branches)),) if all(sets for sets, _ in branches) else ()
    return one_of, words if len(words) <= _MOST_WORDS else frozenset()


def _leads(items: Any, fold: bool) -> frozenset[str]:
    """Words with which the matches of a sequence begin; none where there are no such words."""
    closed: set[str] = set()
    closed |= _follow(items, fold, {""}, closed)  # the end of the sequence closes what is still begun
    words: list[str] = []
    for word in sorted(closed):
        # a word that begins with another one says no more than that
        if not words or not word.startswith(words[-1]):
            words.append(word)
    can_be_found = all(len(word) >= _SHORTEST_LEAD and _part(word) for word in words)
    return frozenset(words) if can_be_found and len(words) <= _MOST_LEADS else frozenset()


def _follow(items: Any, fold: bool, begun: set[str], closed: set[str]) -> set[str]:
    """Extends each beginning in `begun` by what a sequence can match. Returns the extended beginnings; those that cannot be
    extended any further are added to `closed`."""
    for op, arg in items:
        if not begun:
            break
        bits = _characters(op, arg, fold)
        if bits is not None:
            begun = _longer(begun, bits, closed)
        elif op is c.SUBPATTERN:
            begun = _follow(arg[3], _folds(fold, arg), begun, closed)
        elif op is c.ATOMIC_GROUP:
            begun = _follow(arg, fold, begun, closed)
        elif op is c.BRANCH:
            begun = set().union(*(_follow(branch, fold, begun, closed) for branch in arg[1]))
        elif op in _REPEATS:
            least, most, body = arg
            for _ in range(min(least, _LONGEST_LEAD)):
                begun = _follow(body, fold, begun, closed)
            if most > least:
                more = _follow(body, fold, begun, closed)
                if most > least + 1:
                    closed |= more
                    more = set()
                begun = begun | more
        elif op not in (c.AT, c.ASSERT, c.ASSERT_NOT):
            closed |= begun
            begun = set()
    return begun


def _longer(begun: set[str], bits: int, closed: set[str]) -> set[str]:
    """Extends each beginning in `begun` by one character of a set."""
    ways = _ways(bits)
    if not 0 < len(ways) <= _MOST_WAYS + 1 or len(begun) * len(ways) + len(closed) > _MOST_LEADS:
        closed |= begun
        return set()
    words = {word + way for word in begun for way in ways}
    if any(len(word) == _LONGEST_LEAD for word in words):
        closed |= {word for word in words if len(word) == _LONGEST_LEAD}
        words = {word for word in words if len(word) < _LONGEST_LEAD}
    return words


@lru_cache(maxsize=4096)
def _ways(bits: int) -> tuple[str, ...]:
    """The characters of a set as they stand in words; none for a set that is too large to be followed."""
    if letter := _LETTERS.get(bits):
        return (letter,)
    ways = sorted({x.lower() for x in _ASCII if bits >> ord(x) & 1}) if bits.bit_count() < 16 else []
    return (*ways, _STRANGE) if bits == _OTHER or (ways and bits & _OTHER) else tuple(ways)


_LETTERS = {_bits({x}): x.lower() for x in _ASCII}
_LETTERS |= {_bits({x, x.upper()}) | (_OTHER if x in "iks" else 0): x for x in _ASCII if x.islower()}
"""Sets of one character, alone or in any case."""


def _word(run: str) -> _Needs:
    return ((), frozenset([run[:_LONGEST_WORD]])) if len(run) >= _SHORTEST_WORD else _NONE


def _worth(words: frozenset[str]) -> tuple[int, int]:
    """Ranks sets of words by how rare a text with one of them is: by the length of the shortest word, then by how few the words
    are."""
    return (min(4, min(map(len, words))), -len(words)) if words else (0, 0)


@lru_cache(maxsize=4096)
def _weight(bits: int) -> int:
    """Estimates how often a text has one of some characters."""
    weight = 0
    for members, each in _WEIGHTS:
        weight += (bits & members).bit_count() * each
        bits &= ~members
    return weight


class _Rows(dict[str, int]):
    """The patterns that each character, or pair of characters, agrees with, as bits."""

    other = 0
    """The patterns that every missing key agrees with."""

    def __missing__(self, key: str) -> int:
        return self.other


class Anchors:
    """Patterns, to be looked for together."""

    def __init__(self, patterns: Sequence[str], contexts: Sequence[Sequence[str]] = ()) -> None:
        """`contexts`: for each pattern the words of which one must stand in the text too, unless its field gives them."""
        found = [anchor(p) for p in patterns]
        self._count = len(found)
        self._fit = [sum(1 << i for i, a in enumerate(found) if len(a.heads) <= size) for size in range(_DEPTH + 1)]
        """The patterns that can match in a text of so many characters."""
        self._given = _Rows()
        """Patterns by the rarest part of each of their words, above these those whose context the word is of."""
        self._before = [a.before for a in found]
        self._led: dict[str, list[tuple[int, str]]] = {}
        """Patterns by the rarest part of each word with which their matches begin, with that word."""
        self._leads = sum(1 << i for i, a in enumerate(found) if a.leads)
        """The patterns that have such words."""
        for i, a in enumerate(found):
            for word in a.leads:
                self._led.setdefault(_part(word), []).append((i, word))
        self._free = 0
        """The patterns without words to search for, and above these the patterns without such a context."""
        for i, a in enumerate(found):
            near = frozenset(map(_lower, contexts[i])) if contexts else frozenset()
            for words, its in ((a.words, 1 << i), (near, 1 << (i + self._count))):
                parts = {_part(word) for word in words}
                if "" in parts or not parts:
                    self._free |= its
                else:
                    for part in parts:
                        self._given[part] |= its
        by_set: dict[int, int] = {}
        for n, a in enumerate(found):
            for plane, members in enumerate((*a.sets, *[_ANY] * (_MOST_SETS - len(a.sets)))):
                by_set[members] = by_set.get(members, 0) | 1 << (n + plane * self._count)
        bits = [reduce(or_, (its for members, its in by_set.items() if members >> x & 1), 0) for x in range(129)]
        self._characters = _Rows(zip(_ASCII, bits, strict=False))
        self._characters.other = bits[128]
        self._sets: list[bytes] = []
        """Sets of characters as tables, with `1` for those that are in it."""
        self._runs: list[tuple[int, int]] = []
        """Runs of so many characters of a set."""
        sets: dict[int, int] = {}
        numbers: dict[tuple[int, int], int] = {}

        def number(bits: int, size: int) -> int:
            if (bits, size) not in numbers:
                numbers[bits, size] = len(self._runs)
                if bits not in sets:
                    sets[bits] = len(self._sets)
                    self._sets.append(f"{bits & _OTHER - 1:0128b}"[::-1].encode() + (b"1" if bits & _OTHER else b"0") * 128)
                self._runs.append((sets[bits], size))
            return numbers[bits, size]

        self._heads = [
            [(number(bits, size), at) for at, bits, size in _runs_of(a.heads)]
            + [(number(a.before & _ANY, 1), _NOT_FIRST if a.before < _EDGE else _FIRST)] * (a.heads != [] and a.before != _ALL)
            for a in found
        ]
        """For each pattern the runs with which its matches begin, how far behind their beginning these stand, and what stands
        before them."""

    def places(self, text: str, named: int = 0) -> Iterator[tuple[int, Places]]:
        """The patterns that can match in a text, by number, in order, each with the places where a match can begin; None where
        that is not known. `named`: the patterns whose context the text's field gives, as bits."""
        live = self._agreeing(text)
        if not live:
            return
        lower = _lower(text)
        live, led = self._with_words(live, lower, named)
        if not live:
            return
        is_ascii = text.isascii()
        begin: dict[int, set[int]] = {}
        if is_ascii or not _AMBIGUOUS.search(text):
            begin = _beginnings(lower if is_ascii else _BEYOND.sub(_STRANGE, lower), live, led)
            live &= ~self._leads | reduce(or_, (1 << i for i in begin), 0)
        runs = _RunsIn((text if is_ascii else _BEYOND.sub("\x80", text)).encode("latin-1"), self._sets, self._runs)
        for i in _numbers(live):
            if i in begin:
                before = self._before[i]
                at_places = [at for at in sorted(begin[i]) if before >> (min(ord(text[at - 1]), 128) if at else 129) & 1]
                if at_places:
                    yield i, at_places
            elif found := runs.begin(self._heads[i]):
                # what would begin before the text does not count
                yield i, None if found < 0 else _set_bits(found & (1 << len(text)) - 1, len(text))

    def _agreeing(self, text: str) -> int:
        """Returns the patterns, as bits, whose sets of characters a text has, and that are short enough to match in it."""
        has = reduce(or_, map(self._characters.__getitem__, set(text)), 0)
        live = self._fit[min(len(text), _DEPTH)]
        for plane in range(_MOST_SETS):
            live &= has >> plane * self._count
        return live

    def _with_words(self, live: int, lower: str, named: int) -> tuple[int, list[tuple[int, str]]]:
        """Returns which of some patterns have their words and contexts in a text, and the words with which matches may begin."""
        pairs = _pairs(lower)
        has = self._free | named << self._count
        led: list[tuple[int, str]] = []
        for some in (pairs, map(add, pairs, pairs[2:])):
            parts = set(some)
            has = reduce(or_, map(self._given.__getitem__, self._given.keys() & parts), has)
            for part in self._led.keys() & parts:
                led += self._led[part]
        return live & has & has >> self._count, led


def _beginnings(text: str, live: int, led: Iterable[tuple[int, str]]) -> dict[int, set[int]]:
    """Returns, for each live pattern whose matches begin with words, where these words stand in a text."""
    begin: dict[int, set[int]] = {}
    for i, word in led:
        if live >> i & 1:
            at = text.find(word)
            while at >= 0:
                begin.setdefault(i, set()).add(at)
                at = text.find(word, at + 1)
    return begin


class _RunsIn:
    """The places of runs of characters in a text, each searched for once."""

    def __init__(self, data: bytes, sets: Sequence[bytes], runs: Sequence[tuple[int, int]]) -> None:
        self._data, self._sets, self._runs = data, sets, runs
        self._where: list[int | None] = [None] * len(runs)
        self._alone: list[int | None] = [None] * len(sets)

    def begin(self, heads: Iterable[tuple[int, int]]) -> int:
        """Returns the places where all runs of a pattern fit, as bits; 0 if there are none, -1 if the pattern has no runs."""
        found = -1
        for number, at in heads:
            run = self._where[number]
            if run is None:
                run = self._find(number)
            if at < 0:
                run = run >> 1 | (at == _FIRST) << len(self._data) - 1
            else:
                run <<= at
            found &= run
            if not found:
                break
        return found

    def _find(self, number: int) -> int:
        its, size = self._runs[number]
        run = self._alone[its]
        if run is None:
            self._alone[its] = run = int(self._data.translate(self._sets[its]), 2)
        while size > 1:
            run &= run << (size >> 1)
            size -= size >> 1
        self._where[number] = run
        return run


def matches(pattern: re.Pattern[str], text: str, places: Places) -> Iterator[re.Match[str]]:
    """`pattern.finditer(text)`. `places`: where its matches can begin."""
    if places is None:
        yield from pattern.finditer(text)
        return
    end = 0
    for at in places:
        if at >= end and (m := pattern.match(text, at)) is not None:
            yield m
            end = m.end()


class AnyOf:
    """Words in any case, and which of them a text may hold."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[str, list[str]] = {}
        """The words by the part that is searched for."""
        self._others: list[str] = []
        """The words without such a part, which only a text beyond ASCII can hold."""
        for word in words:
            lower = _lower(word)
            part = _part(lower) or (lower if lower.isascii() else "")
            if part:
                self._words.setdefault(part, []).append(word)
            else:
                self._others.append(word)

    def may_be_in(self, text: str) -> list[str]:
        """The words that may be in the text: no other is."""
        lower = _lower(text)
        pairs = _pairs(lower)
        parts = self._words.keys() & {*lower, *pairs, *map(add, pairs, pairs[2:])}
        found = [word for part in parts for word in self._words[part]]
        return found if text.isascii() else found + self._others


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_TO_ASCII).lower()


def _pairs(text: str) -> list[str]:
    return list(map(add, text, text[1:]))


def _part(word: str) -> str:
    """The part of a word that is looked for: the rarest four characters, of shorter words two, and of those with no four of ASCII
    in a row. "" where there are none: what the cases of a letter are beyond ASCII is not known here."""
    for size in (4, 2):
        parts = [part for i in range(len(word) - size + 1) if (part := word[i : i + size]).isascii()]
        if parts:
            return min(parts, key=lambda part: -sum(map(_BY_USE.find, part)))
    return ""


def _runs_of(heads: list[int]) -> list[tuple[int, int, int]]:
    """The rarest runs of characters with which a match begins: how far behind its beginning, of which set, how many."""
    runs, at = [], 0
    for bits, group in groupby(heads):
        size = len(list(group))
        if bits & _ANY != _ANY:
            runs.append((at, bits, size))
        at += size
    if heads and not runs:
        runs = [(0, _ANY, 1)]
    return sorted(runs, key=lambda run: _weight(run[1]))[:_MOST_RUNS]


def _set_bits(text_bits: int, size: int) -> list[int]:
    """The places of the bits of a text, the highest of which is the first."""
    digits = f"{text_bits:0{size}b}"
    at, places = digits.find("1"), []
    while at >= 0:
        places.append(at)
        at = digits.find("1", at + 1)
    return places


def _numbers(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    while bits:
        least = bits & -bits
        yield least.bit_length() - 1
        bits ^= least
