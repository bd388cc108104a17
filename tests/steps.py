"""Counts the steps that logscrub takes, so that a test can say how work grows without a clock.

A process that calls `install` (`count_steps.py`) imports logscrub through it, which rewrites each module as it is imported:
every loop and every function counts its rounds, and every operation that takes longer on longer texts (a slice, a join, a
search, a sort, ...) counts the characters or elements that it passes over. What a regular expression does is counted by
`Matcher`, a backtracking matcher like CPython's that counts each node it tries and each character it passes over, and whose
matches must be those of `re`.

Each count is kept by what took it: a function or a regular expression.

Not counted is what C code does on its own: orjson and numpy count as one pass over what they are given, and hashing,
comparing, allocating memory and collecting garbage not at all.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import spec_from_file_location
from pathlib import Path
from re import _compiler, _parser  # type: ignore[attr-defined]
from re import _constants as c  # type: ignore[attr-defined]
from typing import Any, ClassVar

ROOT = Path(__file__).resolve().parents[1]
_CHARACTERS = (c.LITERAL, c.NOT_LITERAL, c.IN, c.ANY)
"""The nodes of an expression that match one character."""
_Step = Callable[[int], int]
"""From a place in the text to where the match ends; -1 where there is none."""


class Counter:
    """The steps so far, by what took them: a function (`redact.scrub._moved_leaf`) or a regular expression."""

    by: ClassVar[defaultdict[str, int]] = defaultdict(int)


_taken = [0]
"""The steps of the regular expression that is at work. A list, because adding to an element costs less than a call."""


def settle(pattern: str) -> None:
    Counter.by[pattern] += _taken[0]
    _taken[0] = 0


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


class _Fitting(dict[str, bool]):
    """Character → whether an expression for one character matches it."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __missing__(self, char: str) -> bool:
        fits = self[char] = _compiled(self._source).match(char) is not None
        return fits


_fitting = cache(_Fitting)


# -- regular expressions --------------------------------------------------------------------------------------------------


class Matcher:
    """A pattern as CPython's `re` matches it, a step for each node tried and each character passed over."""

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self.pattern = pattern
        tree = _parser.parse(pattern.pattern, pattern.flags)
        self._flags = tree.state.flags
        self._bytes = isinstance(pattern.pattern, bytes)
        self._referenced = {arg for op, arg in _all_items(tree) if op is c.GROUPREF}
        self._text = ""
        self._end = 0
        self._groups: dict[int, tuple[int, int]] = {}
        self._is_never_empty = tree.getwidth()[0] > 0
        self.name = f"/{pattern.pattern!s:.300}/"
        self._match = self._sequence(tree, self._flags, lambda i: i)
        self._match_whole = self._sequence(tree, self._flags, lambda i: i if i == self._end else -1)
        self._first = self._first_characters(tree)
        self._behind = self._character_behind(tree)

    def matches(self, text: Any, position: int, end: int, whole: bool = False) -> re.Match[Any] | None:
        """The match of `re` at a place, with the steps of the attempt counted. `whole`: as `fullmatch`."""
        self._text, self._end = text.decode("latin-1") if self._bytes else text, end
        found = (self.pattern.fullmatch if whole else self.pattern.match)(text, position, end)
        self._attempt(position, found, self._match_whole if whole else self._match)
        settle(self.name)
        return found

    def searches(self, text: Any, position: int, end: int) -> Iterator[re.Match[Any]]:
        """The matches of `finditer`; counts the way to each when it is asked for."""
        as_text = text.decode("latin-1") if self._bytes else text
        for m in self.pattern.finditer(text, position, end):
            self._search(as_text, position, end, m)
            yield m
            position = m.end()
        self._search(as_text, position, end, None)

    def _search(self, text: str, position: int, end: int, found: re.Match[Any] | None) -> None:
        self._text, self._end = text, end
        stop = end if found is None else found.start() - 1
        groups, match, is_never_empty = self._groups, self._match, self._is_never_empty
        while position <= stop:
            if self._first is not None:
                m = self._first.search(text, position, stop + 1)
                _taken[0] += (m.start() if m else stop + 1) - position
                if m is None:
                    break
                position = m.start()
            elif self._behind is not None:
                position = self._pass_by(position, stop if found is not None else end - 1)
                if position > stop:
                    break
            if found is not None or position < end:  # as `_attempt` does it, without the call: most attempts end at once
                groups.clear()
                if match(position) >= 0 and is_never_empty:
                    self._attempt(position, None, match)
            position += 1
        if found is not None and found.start() >= position - 1:
            self._attempt(found.start(), found, self._match)
        settle(self.name)

    def _pass_by(self, position: int, stop: int) -> int:
        """The next place whose neighbour and first character fit, or the one behind `stop`; counts the steps up to there.

        A place that does not fit takes two steps for its neighbour (one where there is none), and where that fits, one for the
        character. So `re` may look for the next place that fits, instead of a call for each.
        """
        assert self._behind is not None
        both, neighbour = self._behind
        m = both.search(self._text, position, self._end)
        place = min(m.start() if m else stop + 1, stop + 1)
        if place > position:
            _taken[0] += 2 * (place - position) - (position == 0)
            if neighbour is not None:
                _taken[0] += len(neighbour.findall(self._text, position, place - 1))  # an empty match at the end is one of them
        return place

    def _attempt(self, position: int, found: re.Match[Any] | None, match: _Step) -> None:
        self._groups.clear()
        end = match(position)
        if self._is_never_empty:
            expected = -1 if found is None else found.end()
            assert end == expected, f"{self.pattern.pattern!r} matched to {end}, not {expected}: steps are counted wrong"

    def _first_characters(self, tree: Any) -> re.Pattern[str] | None:
        """What a match begins with, where CPython looks for that first."""
        if self._flags & re.IGNORECASE and self._flags & re.LOCALE:
            return None
        prefix, _, _ = _compiler._get_literal_prefix(tree, self._flags)
        if prefix:
            return re.compile(re.escape(chr(prefix[0])))
        charset = _compiler._get_charset_prefix(tree, self._flags)
        if not charset:
            return None
        flags = self._flags & (re.IGNORECASE | re.ASCII)
        return re.compile(_set_source(charset), flags)

    def _character_behind(self, tree: Any) -> tuple[re.Pattern[str], re.Pattern[str] | None] | None:
        """Where a pattern begins with an assertion about the character before: a pattern for it with the character behind it, and
        one for it alone; None in place of the second where what comes behind is no single character. Else None.
        """
        if not tree or tree[0][0] not in (c.ASSERT, c.ASSERT_NOT):
            return None
        direction, inner = tree[0][1]
        if direction > 0 or len(inner) != 1 or inner[0][0] not in _CHARACTERS:
            return None
        kind, argument = inner[0]
        neighbour = f"(?<{'=' if tree[0][0] is c.ASSERT else '!'}{self._set(kind, argument, self._flags)})"
        first = self._begins_with(tree[1:], self._flags)
        return re.compile(neighbour + (first or "")), re.compile(neighbour) if first else None

    # each of these makes a function that tries an item and then what comes after it

    def _sequence(self, items: Any, flags: int, after: _Step) -> _Step:
        row: list[str] = []
        """The sources of the characters that are matched one after the other, before `after`."""
        for op, arg in reversed(list(items)):
            if op in _CHARACTERS:
                row.insert(0, self._set(op, arg, flags))
            else:
                after, row = self._item(op, arg, flags, self._characters(row, after)), []
        return self._characters(row, after)

    def _item(self, op: Any, arg: Any, flags: int, after: _Step) -> _Step:
        if op is c.SUBPATTERN:
            number, added, removed, inner = arg
            flags = (flags | added) & ~removed
            return self._group(number, inner, flags, after) if number in self._referenced else self._sequence(inner, flags, after)
        if op is c.BRANCH:
            return self._branch([(self._sequence(branch, flags, after), self._begins_with(branch, flags)) for branch in arg[1]])
        if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            low, high, inner = arg
            single = len(inner) == 1 and inner[0][0] in _CHARACTERS
            most = sys.maxsize if high is c.MAXREPEAT else int(high)
            if single:
                return self._run(op, int(low), most, self._set(inner[0][0], inner[0][1], flags), after)
            if op is c.POSSESSIVE_REPEAT:
                return self._possessive(int(low), most, self._sequence(inner, flags, lambda i: i), after)
            return self._loop(op is c.MIN_REPEAT, int(low), most, inner, flags, after)
        if op is c.ATOMIC_GROUP:
            return self._possessive(1, 1, self._sequence(arg, flags, lambda i: i), after)
        if op in (c.ASSERT, c.ASSERT_NOT):
            return self._assertion(op is c.ASSERT, arg[0], arg[1], flags, after)
        if op is c.AT:
            return self._at(arg, flags, after)
        if op is c.GROUPREF:
            return self._reference(arg, after)
        raise NotImplementedError(f"{op} in {self.pattern.pattern!r}")

    def _set(self, op: Any, arg: Any, flags: int) -> str:
        """The source of an expression for one character."""
        source = {c.ANY: ".", c.NOT_LITERAL: f"[^{_escaped(arg)}]", c.LITERAL: _escaped(arg)}.get(op) or _set_source(arg)
        letters = "".join(x for x, flag in (("i", re.IGNORECASE), ("s", re.DOTALL), ("a", re.ASCII)) if flags & flag)
        return f"(?{letters}:{source})" if letters else source

    def _characters(self, sources: Sequence[str], after: _Step) -> _Step:
        """Characters in a row, a step each."""
        if not sources:
            return after
        fits, others = _fitting(sources[0]), list(map(_fitting, sources[1:]))

        def one(i: int) -> int:
            _taken[0] += 1
            return after(i + 1) if i < self._end and fits[self._text[i]] else -1

        def several(i: int) -> int:
            _taken[0] += 1
            if i >= self._end or not fits[self._text[i]]:
                return -1
            for other in others:
                i += 1
                _taken[0] += 1
                if i >= self._end or not other[self._text[i]]:
                    return -1
            return after(i + 1)

        return several if others else one

    def _run(self, op: Any, low: int, high: int, source: str, after: _Step) -> _Step:
        fits = _fitting(source)

        def reach(i: int, most: int) -> int:
            if i >= self._end or not fits[self._text[i]]:
                return i
            m = _compiled(f"(?:{source})*+").match(self._text, i, min(self._end, i + most))
            assert m is not None
            return m.end()

        def greedy(i: int) -> int:
            end = reach(i, high)
            _taken[0] += end - i + 1
            if op is c.POSSESSIVE_REPEAT:
                return after(end) if end >= i + low else -1
            for j in range(end, i + low - 1, -1):
                _taken[0] += 1
                found = after(j)
                if found >= 0:
                    return found
            return -1

        def lazy(i: int) -> int:
            end = reach(i, high)
            for j in range(i + low, end + 1):
                _taken[0] += 1
                found = after(j)
                if found >= 0:
                    return found
            return -1

        return lazy if op is c.MIN_REPEAT else greedy

    def _loop(self, is_lazy: bool, low: int, high: int, inner: Any, flags: int, after: _Step) -> _Step:
        rounds, last = 0, -1

        def again(i: int) -> int:
            nonlocal rounds, last
            _taken[0] += 1
            kept = rounds, last
            if is_lazy and rounds >= low and (found := leave(i)) >= 0:
                return found
            if rounds < high and not (rounds >= low and i == last):
                rounds, last = rounds + 1, i
                found = body(i)
                rounds, last = kept
                if found >= 0:
                    return found
            return leave(i) if rounds >= low and not is_lazy else -1

        def leave(i: int) -> int:
            nonlocal rounds, last
            kept = rounds, last
            found = after(i)
            rounds, last = kept
            return found

        def enter(i: int) -> int:
            nonlocal rounds, last
            kept = rounds, last
            rounds, last = 0, -1
            found = again(i)
            rounds, last = kept
            return found

        body = self._sequence(inner, flags, again)
        return enter

    def _possessive(self, low: int, high: int, body: _Step, after: _Step) -> _Step:
        def step(i: int) -> int:
            rounds = 0
            while rounds < high:
                _taken[0] += 1
                end = body(i)
                if end < 0 or (end == i and rounds >= low):
                    break
                i, rounds = end, rounds + 1
            return after(i) if rounds >= low else -1

        return step

    def _branch(self, branches: Sequence[tuple[_Step, str | None]]) -> _Step:
        """Tries branches in turn. One whose first character does not fit takes two steps, and is not called for them."""

        @cache
        def plan(char: str) -> tuple[Sequence[tuple[int, _Step]], int]:
            """The branches that may match at a character ("" at the end), each with the steps before it; the steps after all."""
            tried, steps = [], 0
            for branch, first in branches:
                steps += 1
                if first is None or (char and _fitting(first)[char]):
                    tried.append((steps, branch))
                    steps = 0
                else:
                    steps += 1
            return tried, steps

        def step(i: int) -> int:
            tried, rest = plan(self._text[i] if i < self._end else "")
            for steps, branch in tried:
                _taken[0] += steps
                found = branch(i)
                if found >= 0:
                    return found
            _taken[0] += rest
            return -1

        return step

    def _begins_with(self, items: Any, flags: int) -> str | None:
        """The source of the character that a sequence tries first, which takes one step; None where it does something else."""
        if not items:
            return None
        op, arg = items[0]
        if op in _CHARACTERS:
            return self._set(op, arg, flags)
        if op is c.SUBPATTERN and arg[0] not in self._referenced:
            _, added, removed, inner = arg
            return self._begins_with(inner, (flags | added) & ~removed)
        if op in (c.MAX_REPEAT, c.POSSESSIVE_REPEAT) and arg[0] > 0 and len(arg[2]) == 1 and arg[2][0][0] in _CHARACTERS:
            return self._set(arg[2][0][0], arg[2][0][1], flags)
        return None

    def _group(self, number: int, inner: Any, flags: int, after: _Step) -> _Step:
        starts: list[int] = []

        def close(i: int) -> int:
            kept, start = self._groups.get(number), starts.pop()
            self._groups[number] = (start, i)
            found = after(i)
            if found < 0:
                starts.append(start)
                if kept is None:
                    del self._groups[number]
                else:
                    self._groups[number] = kept
            return found

        body = self._sequence(inner, flags, close)

        def open_(i: int) -> int:
            starts.append(i)
            found = body(i)
            if found < 0:
                starts.pop()
            return found

        return open_

    def _reference(self, number: int, after: _Step) -> _Step:
        def step(i: int) -> int:
            start, end = self._groups.get(number, (0, -1))
            if end < 0:
                return -1
            _taken[0] += end - start + 1
            same = self._text.startswith(self._text[start:end], i) and i + end - start <= self._end
            return after(i + end - start) if same else -1

        return step

    def _assertion(self, wanted: bool, direction: int, inner: Any, flags: int, after: _Step) -> _Step:
        if len(inner) == 1 and inner[0][0] in _CHARACTERS:
            return self._neighbour(wanted, direction, self._set(inner[0][0], inner[0][1], flags), after)
        body = self._sequence(inner, flags, lambda i: i)
        back = inner.getwidth()[0] if direction < 0 else 0

        def step(i: int) -> int:
            _taken[0] += 1
            found = i >= back and body(i - back) >= 0
            return after(i) if found == wanted else -1

        return step

    def _neighbour(self, wanted: bool, direction: int, source: str, after: _Step) -> _Step:
        """An assertion about the next character, or the one before: a step, and one for the character where there may be one."""
        fits = _fitting(source)

        def before(i: int) -> int:
            _taken[0] += 2 if i else 1
            return after(i) if (0 < i <= self._end and fits[self._text[i - 1]]) == wanted else -1

        def behind(i: int) -> int:
            _taken[0] += 2
            return after(i) if (i < self._end and fits[self._text[i]]) == wanted else -1

        return before if direction < 0 else behind

    def _at(self, where: Any, flags: int, after: _Step) -> _Step:
        sources = {
            c.AT_BEGINNING: "^", c.AT_BEGINNING_STRING: r"\A", c.AT_BOUNDARY: r"\b", c.AT_NON_BOUNDARY: r"\B", c.AT_END: "$",
            c.AT_END_STRING: r"\Z",
        }  # fmt: skip
        test = re.compile(sources[where], flags & (re.MULTILINE | re.ASCII)).match

        def step(i: int) -> int:
            _taken[0] += 1
            return after(i) if test(self._text, i, self._end) else -1

        return step


def _all_items(items: Any) -> Iterator[tuple[Any, Any]]:
    from logscrub.detect.expressions import parts

    yield from parts(items)


def _escaped(code: Any) -> str:
    return re.escape(chr(code)) if isinstance(code, int) else ""


def _set_source(items: Any) -> str:
    names = {c.CATEGORY_DIGIT: r"\d", c.CATEGORY_NOT_DIGIT: r"\D", c.CATEGORY_SPACE: r"\s"}
    names |= {c.CATEGORY_NOT_SPACE: r"\S", c.CATEGORY_WORD: r"\w", c.CATEGORY_NOT_WORD: r"\W"}
    body = ""
    for op, arg in items:
        if op is c.NEGATE:
            body += "^"
        elif op is c.LITERAL:
            body += re.escape(chr(arg))
        elif op is c.RANGE:
            body += f"{re.escape(chr(arg[0]))}-{re.escape(chr(arg[1]))}"
        elif op is c.NOT_LITERAL:
            body += f"^{re.escape(chr(arg))}"
        else:
            body += names[arg]
    return f"[{body}]"


# -- the rest of a program ------------------------------------------------------------------------------------------------

_BY = Counter.by
_MATCHERS: dict[int, Matcher] = {}
"""By the pattern's identity, which a matcher keeps alive: to hash a pattern takes longer than most searches."""
_PATTERN_METHODS = frozenset(("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split"))
_TEXT_METHODS = frozenset(
    """find rfind index count strip lstrip rstrip replace split rsplit splitlines join lower upper casefold title translate encode
    decode isspace isprintable isdigit isalpha isalnum isupper islower partition rpartition hex""".split()
)
_LIST_METHODS = frozenset("index count copy sort insert remove extend reverse pop tobytes".split())
_OTHER_METHODS = frozenset(("Match", "loads", "update", "fromhex"))
_METHODS = _PATTERN_METHODS | _TEXT_METHODS | _LIST_METHODS | _OTHER_METHODS
_FUNCTIONS = frozenset("sorted list tuple set frozenset dict bytes bytearray min max sum any all".split())
_TEXT = (str, bytes, bytearray)
_SIZED = (*_TEXT, list, tuple)


def called(where: str, target: Any, name: str, *arguments: Any, **named: Any) -> Any:
    """`target.name(...)`, counted by what it passes over. A lazy pattern is told by its name: its class is counted itself."""
    if not isinstance(target, _TEXT) and (isinstance(target, re.Pattern) or type(target).__name__ == "LazyPattern"):
        return _searched(target, name, *arguments)
    result = getattr(target, name)(*arguments, **named)
    if isinstance(target, _TEXT):
        _BY[where] += _passed_over(target, name, arguments, result)
    elif isinstance(target, list):
        if name == "pop":
            _BY[where] += len(target) - arguments[0] if arguments and arguments[0] >= 0 else 1
        else:
            _BY[where] += _size(arguments[0]) if name == "extend" else len(target)
    elif isinstance(target, type) or name in _OTHER_METHODS:
        _BY[where] += sum(map(_size, arguments))
    return result


def _passed_over(text: Any, name: str, arguments: tuple[Any, ...], result: Any) -> int:
    if name in ("find", "index", "count", "rfind"):
        start, end, _ = slice(*(arguments[1:] or (None,)), *((None,) if len(arguments) == 2 else ())).indices(len(text))
        if name == "rfind":
            return max(1, end - max(int(result), start))
        return max(1, (int(result) if name != "count" and result >= 0 else end) - start)
    if name in ("strip", "lstrip", "rstrip"):
        return 1 + len(text) - len(result) + (0 if result is text else len(result))
    if name == "join":
        return len(result) + 1
    return len(text) + 1 if result is not False else 1


def _searched(pattern: re.Pattern[Any], name: str, *arguments: Any) -> Any:
    matcher = _MATCHERS.get(id(pattern))
    if matcher is None:
        matcher = _MATCHERS[id(pattern)] = Matcher(pattern)
    at = 1 if name in ("sub", "subn") else 0
    text, rest = arguments[at], arguments[at + 1 :] if not at else ()
    start, end, _ = slice(rest[0] if rest else 0, rest[1] if len(rest) > 1 else None).indices(len(text))
    if name == "finditer":
        return matcher.searches(text, start, end)
    if name == "search":
        return next(matcher.searches(text, start, end), None)
    if name in ("match", "fullmatch"):
        return matcher.matches(text, start, end, name == "fullmatch")
    for _ in matcher.searches(text, start, end):
        pass
    _BY[matcher.name] += len(text)
    return getattr(pattern, name)(*arguments)


def sized(where: str, value: Any) -> Any:
    """A value that was made by copying, counted by its size."""
    if isinstance(value, _SIZED):
        _BY[where] += len(value) + 1
    return value


def made(where: str, function: Any, *arguments: Any, **named: Any) -> Any:
    """`function(...)` of a builtin that goes through what it is given."""
    _BY[where] += sum(map(_size, arguments)) + 1
    return function(*arguments, **named)


def contains(where: str, inner: Any, outer: Any) -> bool:
    """`inner in outer`."""
    if isinstance(outer, str | bytes):
        place = outer.find(inner)
        _BY[where] += place + 1 if place >= 0 else len(outer) + 1
        return place >= 0
    if isinstance(outer, list | tuple):
        _BY[where] += len(outer) + 1
    return inner in outer


def grown(where: str, value: Any) -> None:
    """A text that was added to is another text, copied; a list grows in its place."""
    if isinstance(value, str | bytes):
        _BY[where] += len(value)


def tick(where: str) -> bool:
    _BY[where] += 1
    return True


def _size(value: Any) -> int:
    return len(value) if hasattr(value, "__len__") else 1


class _Counting(ast.NodeTransformer):
    """Puts the functions above into the source of a module."""

    def __init__(self, module: str) -> None:
        self._where = [module]

    def _call(self, name: str, *arguments: ast.expr, keywords: Sequence[ast.keyword] = ()) -> ast.Call:
        function = ast.Attribute(ast.Name("__steps__", ast.Load()), name, ast.Load())
        return ast.Call(function, [ast.Constant(".".join(self._where)), *arguments], list(keywords))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _METHODS and not _is_module(function.value):
            return self._call("called", function.value, ast.Constant(function.attr), *node.args, keywords=node.keywords)
        if isinstance(function, ast.Name) and function.id in _FUNCTIONS:
            return self._call("made", function, *node.args, keywords=node.keywords)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        return self._call("sized", node) if isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return self._call("sized", node) if isinstance(node.op, ast.Add | ast.Mult) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        return self._call("sized", node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)  # its format stays as it is written
        return node

    def _starred(self, node: ast.List | ast.Tuple | ast.Set) -> ast.AST:
        self.generic_visit(node)
        is_copy = any(isinstance(e, ast.Starred) for e in node.elts)
        return self._call("sized", node) if is_copy and isinstance(getattr(node, "ctx", ast.Load()), ast.Load) else node

    visit_List = visit_Tuple = visit_Set = _starred

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Add) or not isinstance(node.target, ast.Name | ast.Attribute):
            return node
        read = ast.parse(ast.unparse(node.target), mode="eval").body
        node.value = self._call("sized", node.value)
        return [node, ast.Expr(self._call("grown", read))]

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
            return node
        found = self._call("contains", node.left, node.comparators[0])
        return found if isinstance(node.ops[0], ast.In) else ast.UnaryOp(ast.Not(), found)

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs.insert(0, self._call("tick"))
        return node

    def _loop(self, node: ast.For | ast.While) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(self._call("tick")))
        return node

    visit_For = visit_While = _loop

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._where.append(node.name)
        self.generic_visit(node)
        self._where.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._where.append(node.name)
        self.generic_visit(node)
        at = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body.insert(at, ast.Expr(self._call("tick")))
        self._where.pop()
        return node


def _is_module(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "re"


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> Any:
        path = self.get_filename(fullname)
        tree = _Counting(fullname.removeprefix("logscrub.")).visit(ast.parse(self.get_data(path)))
        at = next((n for n, node in enumerate(tree.body) if not _is_preamble(node)), len(tree.body))
        tree.body[at:at] = ast.parse("import steps as __steps__").body
        return compile(ast.fix_missing_locations(tree), path, "exec")


def _is_preamble(node: ast.stmt) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname.partition(".")[0] != "logscrub":
            return None
        file = ROOT.joinpath(*fullname.split("."))
        file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
        if not file.is_file():
            return None
        folder = [str(file.parent)] if file.name == "__init__.py" else None
        return spec_from_file_location(fullname, file, loader=_Loader(fullname, str(file)), submodule_search_locations=folder)


def install() -> None:
    """Makes all of logscrub that is imported from here on count its steps."""
    sys.meta_path.insert(0, _Finder())
    sys.setrecursionlimit(1_000_000)
