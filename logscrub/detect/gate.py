"""A gate before the patterns: what a text must have for a pattern to match it at all.

Nothing of the gate is written by hand, all of it follows from the parsed patterns:

- literals of which every match must hold one (`@`, `ATATT3x`, `assigned`), up to three sets of them, one literal of each: all
  of them together are one RE2 set, one linear pass;
- for patterns without good literals a wider pattern (`logscrub.detect.wider`) for RE2, looked for where all else is there;
- how many digits a match has at least, how long a stretch without white space, which characters, and a stretch of which shape
  (`aa00`, `0.0`);
- the context words of a detector, in the same RE2 set.

Look-arounds are left out, bounds are only ever lowered: the gate may let a pattern through in vain, it never misses a match.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import re2

from logscrub.detect.expressions import few, known, parsed
from logscrub.detect.wider import encoded, wider

_FOLDED_BY_PYTHON = r"\x{130}\x{131}"
"""Python takes the Turkish letters İ and ı for an i of any case, RE2 does not."""
_IGNORECASE = 2
_DIGIT = re.compile(r"\d")
_SOLID = re.compile(r"[\w+/=%.-]+")
_SHAPES = {i: "0" if chr(i).isdigit() else "a" for i in range(128) if chr(i).isalnum()}
_SPACES = [i for i in range(0x3001) if chr(i).isspace()]
_LEAST_SOLID = 14
"""From how many characters on it is worth to look whether they stand in a solid stretch, and not only in an unbroken one."""
_MOST_LITERALS = 400
_MOST_SETS = 3
"""Sets of literals of one pattern that are looked for."""
_LITERALS_MEMORY, _LEAST_MEMORY = 64 << 20, 2 << 20
"""Bytes that the automaton of a set may take: of all literals, of the wider patterns of a group. All of them are not one set: the
automaton would have a state for each combination of how far each has matched, and build it when a text calls for it."""
_TELLING = frozenset("@~%<»“‘")
"""Characters that are rare enough in logs to be a gate alone."""


class Needs(NamedTuple):
    """What every match of a pattern has."""

    digits: int = 0
    """Digits, at least."""
    unbroken: int = 0
    """Characters in one stretch without white space, at least."""
    solid: int = 0
    """Characters in one stretch of letters, digits and `_+/=%.-`, at least."""
    characters: frozenset[str] = frozenset()
    """All of these."""
    one_of: frozenset[str] = frozenset()
    """One of these, if there are any."""
    foreign: bool = False
    """A character beyond ASCII."""
    shape: str = ""
    """A stretch of this shape: `a` for a letter, `0` for a digit, other characters for themselves."""


class Gate:
    """Answers which of `patterns` (by index) may match a text.

    `contexts`: for each pattern the words of which one must stand in the text too, if there are any. `groups`: for each the name
    of its group: patterns of one group look alike.
    """

    def __init__(self, patterns: Sequence[str], contexts: Sequence[Sequence[str]] = (), groups: Sequence[str] = ()) -> None:
        self._always: list[int] = []
        """The patterns with neither literals nor a wider one."""
        self._needs_of: list[Needs] = []
        self._full: list[int] = []
        """For each pattern the sum of the bits of its sets of literals: one of each set must be there."""
        atoms: dict[str, list[tuple[int, int]]] = {}
        words_near: dict[str, list[int]] = {}
        self._contextual: frozenset[int] = frozenset(i for i, words in enumerate(contexts) if words)
        wide: list[tuple[int, str]] = []
        for i, pattern in enumerate(patterns):
            sets = literals(pattern)
            self._needs_of.append(needs(pattern))
            if not sets:
                wide_one = wider(pattern)
                if wide_one is None:
                    self._always.append(i)
                else:
                    wide.append((i, wide_one))
            self._full.append((1 << len(sets)) - 1)
            for n, words in enumerate(sets):
                for word in words:
                    atoms.setdefault(word, []).append((i, 1 << n))
            for word in contexts[i] if contexts else ():
                words_near.setdefault("".join(_literal(ord(x), _IGNORECASE) for x in word), []).append(i)
        both = list(dict.fromkeys((*atoms, *words_near)))
        self._literals = _Set(both, _LITERALS_MEMORY)
        self._lets = [(atoms.get(atom, []), words_near.get(atom, [])) for atom in both] + [([], [])]
        """For each member of the set: the patterns whose literal it is (with the set's bit), those whose context it is."""
        self._wide = wide
        """The patterns with a wider one, and that."""
        self._groups = groups
        self._all = list(range(len(patterns)))

    @cached_property
    def _wider(self) -> list[tuple[_Set, list[int]]]:
        """The wider patterns in sets, a set for each group, each with the patterns that it is for."""
        members: dict[str | int, list[tuple[int, str]]] = {}
        for i, pattern in self._wide:
            members.setdefault(self._groups[i] if self._groups else i, []).append((i, pattern))
        return [(_Set([pattern for _, pattern in each], _LEAST_MEMORY), [i for i, _ in each]) for each in members.values()]

    def candidates(self, text: str, named: frozenset[int] = frozenset()) -> list[int]:
        """Indices of the patterns that may match, in order; `named`: those whose context the text's field gives.

        Lone surrogates (undecodable bytes of the input) count as characters.
        """
        have: dict[int, int] = {}
        near: set[int] = set(named)
        data = encoded(text)
        hits = self._literals.matching(data)
        if hits is None:
            return self._all
        lets = self._lets
        for hit in hits:
            of, context = lets[hit]
            for i, bit in of:
                have[i] = have.get(i, 0) | bit
            if context:
                near.update(context)
        full, needs_of, contextual = self._full, self._needs_of, self._contextual
        has = _Has(text)

        def possible(patterns: Iterable[int]) -> list[int]:
            return [i for i in patterns if (i not in contextual or i in near) and has.all_of(needs_of[i])]

        found = possible([i for i, bits in have.items() if bits == full[i]] + self._always)
        for these, members in self._wider:
            maybe = possible(members)
            if maybe:
                hits = these.matching(data)
                if hits is None:
                    return self._all
                found += [i for i in map(members.__getitem__, hits) if i in maybe]
        found.sort()
        return found


class _Has:
    """What a text has, worked out when it is first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._characters = set(text)
        self._is_ascii = text.isascii()
        self._digits = self._unbroken = self._solid = -1
        self._shape: str | None = None

    def all_of(self, needed: Needs) -> bool:
        """Whether it has all that is needed."""
        digits, unbroken, solid, characters, one_of, foreign, shape = needed
        if not characters <= self._characters or (one_of and one_of.isdisjoint(self._characters)) or (foreign and self._is_ascii):
            return False
        if digits:
            if self._digits < 0:
                self._digits = len(_DIGIT.findall(self._text))
            if digits > self._digits:
                return False
        if unbroken > 1:
            if self._unbroken < 0:
                self._unbroken = max(map(len, self._text.split()), default=0)
            if unbroken > self._unbroken:
                return False
        if solid >= _LEAST_SOLID:
            if self._solid < 0:
                self._solid = max(map(len, _SOLID.findall(self._text)), default=0)
            if solid > self._solid:
                return False
        if shape and self._is_ascii:
            if self._shape is None:
                self._shape = self._text.translate(_SHAPES)
            return shape in self._shape
        return True


class _Set:
    """Patterns for RE2 that are looked for together."""

    def __init__(self, patterns: Sequence[str], memory: int) -> None:
        """`memory`: bytes that its automaton may take; more where the patterns themselves need more."""
        self._set = self._compiled(patterns, memory)
        self._canary = len(patterns)
        """The number of a pattern that matches everything: where not even that is reported, RE2 gave up (for want of memory; it
        says no more)."""

    def matching(self, data: bytes) -> list[int] | None:
        """The indices of the patterns that match somewhere in `data`; None where RE2 gave up."""
        hits: list[int] = self._set.Match(data)
        if self._canary not in hits:
            return None
        hits.remove(self._canary)
        return hits

    @staticmethod
    def _compiled(patterns: Sequence[str], memory: int) -> Any:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = memory
        made = re2.Set.SearchSet(options)
        for pattern in (*patterns, ""):
            made.Add(pattern)
        try:
            made.Compile()
        except re2.error:
            if memory >= _LITERALS_MEMORY:
                raise
            return _Set._compiled(patterns, memory * 4)
        return made


def literals(pattern: str) -> list[list[str]]:
    """Sets of literals, as RE2 patterns: every match of `pattern` holds one of each set. Empty where there are no good ones."""
    before = known(pattern)
    return literals_of(pattern) if before is None else before.literals


def literals_of(pattern: str) -> list[list[str]]:
    """`literals`, worked out now."""
    tree = parsed(pattern)
    found: list[_Literals] = []
    best = _required(tree, tree.state.flags, found)
    if best is None:
        return []
    others = sorted({s for s in found if _value(s) > (1, 0) and s != best}, key=lambda s: (_value(s), sorted(s)), reverse=True)
    return [
        sorted("".join(_literal(ord(x), _IGNORECASE if fold else 0) for x in word) for word, fold in words)
        for words in [best, *others[: _MOST_SETS - 1]]
    ]


def needs(pattern: str) -> Needs:
    """What every match of `pattern` has."""
    before = known(pattern)
    if before is None:
        return needs_of(pattern)
    digits, unbroken, solid, characters, one_of, foreign, shape = before.needs
    return Needs(digits, unbroken, solid, frozenset(characters), frozenset(one_of), foreign, shape)


def needs_of(pattern: str) -> Needs:
    """`needs`, worked out now."""
    tree = parsed(pattern)
    found = _needs(tree, bool(tree.state.flags & _IGNORECASE)).needs
    return found._replace(shape=_shape(tree))


def _shape(items: Any) -> str:
    """The longest stretch whose shape every match has."""
    best = run = ""
    for token in _shape_tokens(items):
        if token is None:
            run = ""
            continue
        char, low, high = token
        run += char * low
        best = max(best, run, key=len)
        if high != low:  # how many there are is open: what follows stands behind one of them
            run = char if low else ""
    return best


def _shape_tokens(items: Any) -> Iterator[tuple[str, int, int] | None]:
    """The items of a sequence as (shape, least, most), None for one without a shape."""
    for op, arg in items:
        if op in (c.AT, c.ASSERT, c.ASSERT_NOT):
            continue
        if op is c.SUBPATTERN:
            yield from _shape_tokens(arg[3])
        elif op is c.ATOMIC_GROUP:
            yield from _shape_tokens(arg)
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            low, high, body = arg
            inner = list(_shape_tokens(body))
            one = inner[0] if len(inner) == 1 else None
            if one is not None and one[1:] == (1, 1):
                yield one[0], int(low), -1 if high != low else int(low)
            elif low == high == 1:
                yield from inner
            else:
                if low:
                    yield from inner
                yield None
        else:
            char = _shape_class(op, arg)
            yield (char, 1, 1) if char else None


def _shape_class(op: Any, arg: Any) -> str:
    if op is c.LITERAL and arg < 128:
        return chr(arg).translate(_SHAPES)
    if op is c.IN and not any(o is c.NEGATE for o, _ in arg):
        if _only_digits(arg):
            return "0"
        if all(
            (o is c.LITERAL and a < 128 and chr(a).isalpha())
            or (o is c.RANGE and (65 <= a[0] <= a[1] <= 90 or 97 <= a[0] <= a[1] <= 122))
            for o, a in arg
        ):
            return "a"
    return ""


class _Part(NamedTuple):
    needs: Needs
    size: int
    """Characters, at least."""
    unbroken: bool
    """Without white space throughout."""
    solid: bool
    """Of letters, digits and `_+/=%.-` throughout."""


def _needs(items: Any, fold: bool) -> _Part:
    """What a match of a sequence has."""
    parts = [_item_needs(op, arg, fold) for op, arg in items if op not in (c.AT, c.ASSERT, c.ASSERT_NOT)]
    unbroken = unbroken_run = solid = solid_run = 0
    for part in parts:
        unbroken_run = unbroken_run + part.size if part.unbroken else 0
        solid_run = solid_run + part.size if part.solid else 0
        unbroken = max(unbroken, part.needs.unbroken, unbroken_run)
        solid = max(solid, part.needs.solid, solid_run)
    sets = [p.needs.one_of for p in parts if p.needs.one_of]
    together = Needs(
        sum(p.needs.digits for p in parts),
        unbroken,
        solid,
        frozenset[str]().union(*(p.needs.characters for p in parts)),
        min(sets, key=len, default=frozenset()),
        any(p.needs.foreign for p in parts),
    )
    return _Part(together, sum(p.size for p in parts), all(p.unbroken for p in parts), all(p.solid for p in parts))


def _item_needs(op: Any, arg: Any, fold: bool) -> _Part:
    if op is c.LITERAL:
        return _character_needs(arg, fold)
    if op is c.IN:
        return _class_needs(tuple(arg), fold)
    if op is c.SUBPATTERN:
        return _needs(arg[3], fold or bool(arg[1] & _IGNORECASE))
    if op is c.ATOMIC_GROUP:
        return _needs(arg, fold)
    if op is c.BRANCH:
        parts = [_needs(branch, fold) for branch in arg[1]]
        all_sets = all(p.needs.one_of for p in parts)
        least = Needs(
            min(p.needs.digits for p in parts),
            min(p.needs.unbroken for p in parts),
            min(p.needs.solid for p in parts),
            frozenset.intersection(*(p.needs.characters for p in parts)),
            frozenset[str]().union(*(p.needs.one_of for p in parts)) if all_sets else frozenset(),
            all(p.needs.foreign for p in parts),
        )
        return _Part(least, min(p.size for p in parts), all(p.unbroken for p in parts), all(p.solid for p in parts))
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        part, low = _needs(arg[2], fold), int(arg[0])
        if not low:
            return _Part(Needs(), 0, part.unbroken, part.solid)
        size = part.size * low
        least = part.needs._replace(
            digits=part.needs.digits * low,
            unbroken=max(part.needs.unbroken, size if part.unbroken else 0),
            solid=max(part.needs.solid, size if part.solid else 0),
        )
        return _Part(least, size, part.unbroken, part.solid)
    return _Part(Needs(), 0, False, False)


@lru_cache(maxsize=4096)  # the same few stand in most patterns
def _character_needs(code: int, fold: bool) -> _Part:
    char = chr(code)
    is_itself = not (fold and char.isalpha()) and not 0xD800 <= code <= 0xDFFF
    own = frozenset(char) if is_itself else frozenset[str]()
    return _Part(Needs(int(char.isdecimal()), 0, 0, own, own), 1, not char.isspace(), _SOLID.fullmatch(char) is not None)


@lru_cache(maxsize=4096)
def _class_needs(items: tuple[tuple[Any, Any], ...], fold: bool) -> _Part:
    choices = few(c.IN, items)
    one_of = frozenset(choices) if choices and not (fold and any(x.isalpha() for x in choices)) else frozenset[str]()
    least = Needs(int(_only_digits(items)), one_of=one_of, foreign=_only_foreign(items))
    return _Part(least, 1, _without_space(items), _only_solid(items))


def _only_digits(items: Any) -> bool:
    return all(
        (op is c.LITERAL and chr(arg).isdecimal())
        or (op is c.RANGE and arg[0] >= 48 and arg[1] <= 57)
        or (op is c.CATEGORY and arg is c.CATEGORY_DIGIT)
        for op, arg in items
    )


def _only_solid(items: Any) -> bool:
    return all(
        (op is c.LITERAL and _SOLID.fullmatch(chr(arg)))
        or (op is c.RANGE and arg[1] < 128 and all(_SOLID.fullmatch(chr(x)) for x in range(arg[0], arg[1] + 1)))
        or (op is c.CATEGORY and arg in (c.CATEGORY_DIGIT, c.CATEGORY_WORD))
        for op, arg in items
    )


def _only_foreign(items: Any) -> bool:
    return all((op is c.LITERAL and arg > 127) or (op is c.RANGE and arg[0] > 127) for op, arg in items)


def _without_space(items: Any) -> bool:
    if items[0][0] is c.NEGATE:
        return any(op is c.CATEGORY and arg is c.CATEGORY_SPACE for op, arg in items)
    return all(
        (op is c.LITERAL and not chr(arg).isspace())
        or (op is c.RANGE and not any(arg[0] <= space <= arg[1] for space in _SPACES))
        or (op is c.CATEGORY and arg in (c.CATEGORY_DIGIT, c.CATEGORY_WORD, c.CATEGORY_NOT_SPACE))
        for op, arg in items
    )


_Literals = frozenset[tuple[str, bool]]
"""Words, each with whether its case does not matter."""


def _required(items: Any, flags: int, found: list[_Literals] | None = None) -> _Literals | None:
    """Literals of which every match of a sequence holds at least one; None where there are no good ones.

    `found` takes all such sets that there are, besides the best one.
    """
    best: _Literals | None = None
    run: set[str] = {""}
    fold = bool(flags & _IGNORECASE)

    def consider(candidate: _Literals | None) -> None:
        nonlocal best
        if candidate is not None and found is not None:
            found.append(candidate)
        if candidate is not None and _value(candidate) > _value(best):
            best = candidate

    def close() -> None:
        nonlocal run
        if run != {""}:
            consider(frozenset((word, fold) for word in run))
        run = {""}

    for op, arg in items:
        choices = few(op, arg)
        if choices is not None and len(run) * len(choices) <= 64 and max(map(len, run)) < 24:
            run = {word + choice for word, choice in itertools.product(run, choices)}
            continue
        if op in (c.AT, c.ASSERT, c.ASSERT_NOT):
            continue
        close()
        if op is c.SUBPATTERN:
            consider(_required(arg[3], (flags | arg[1]) & ~arg[2], found))
        elif op is c.ATOMIC_GROUP:
            consider(_required(arg, flags, found))
        elif op is c.BRANCH:
            branches = [_required(branch, flags) for branch in arg[1]]
            if all(branch is not None for branch in branches):
                consider(frozenset().union(*(b for b in branches if b is not None)))
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT) and arg[0] > 0:
            consider(_required(arg[2], flags, found))
        elif choices is not None:
            run = set(choices)
    close()
    return best


def _word_value(word: str) -> int:
    """How rare a word is in logs, roughly."""
    if len(word) > 2:
        return 3
    return 2 if word in _TELLING or (len(word) == 2 and word.strip() and not word.isdigit()) else 0


def _value(literals: _Literals | None) -> tuple[int, int]:
    """How good a gate is: the length of its shortest word, then how few they are."""
    if literals is None or len(literals) > _MOST_LITERALS:
        return (0, 0)
    shortest = min(_word_value(word) for word, _ in literals)
    return (shortest, -len(literals)) if shortest else (0, 0)


def _literal(code: int, flags: int) -> str:
    """A character for RE2, in any case where the pattern's flags say so."""
    char = chr(code) if chr(code).isalnum() and code < 128 else rf"\x{{{code:x}}}"
    if not flags & _IGNORECASE:
        return char
    return f"[iI{_FOLDED_BY_PYTHON}]" if chr(code) in "iIİı" else f"(?i:{char})"
