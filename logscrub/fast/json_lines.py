"""Lines of JSON, fast: a line's shape says where its values stand and in which fields, and each value is known or not.

The shape is all of a line but its values: brackets, names of members, and the strings that name others (`"key": "arguments"`).
Lines of one shape differ in their strings alone, so what is known of a string in a field holds for all of them. What is not
that simple (numbers that are personal, values over many lines, lines that are no JSON) is treated as the plain engine does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from operator import itemgetter

from logscrub import formats
from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.detect.json_leaves import NAMING, json_leaves
from logscrub.detect.views import may_hold_bytes
from logscrub.fast.blocks import Entry, Treat, count, mask
from logscrub.fast.memory import LONGEST, Budget
from logscrub.formats.json_records import count_records
from logscrub.formats.json_values import JsonReader, is_json
from logscrub.model import Clean, FieldPath, Leaf, Raw
from logscrub.redact.recipes import Recipe, learn
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Tally

_MOST_CLEAN, _LONGEST_CLEAN = 20_000, 512
"""Values that were cut by a recipe, and how long they may be to be remembered."""
_SHORTEST_ARRAY = 12
_PART = 100
"""Bytes, roughly, that a part of a line takes in what is remembered of its shape."""
_ESCAPED_BACKSLASH, _ESCAPED_QUOTE = b"\xf8\xf8", b"\xf8\xf9"
"""Stand for `\\\\\\\\` and `\\\\"` in a key, so that every quote left in it begins or ends a string."""
_NAMED = re.compile(rb"[ \t\r\n]*:")
_NAMING = frozenset(name.encode() for name in NAMING)
_VALUES = re.compile(rb"(?i)value|values|.*value|.*headers")
"""Names of members whose lists may say in one element what the next one is."""

_Getter = Callable[[Sequence[bytes]], tuple[bytes, ...]]
_Ways = dict[tuple[bytes, ...], "_Way | None"]
_Shape = tuple[_Getter, dict[tuple[bytes, ...], tuple[_Getter, _Ways]]]
"""How to get at the names of a line's members; by them, how to get at the strings that name others; by those, the way."""


class _Apart:
    """Instead of a recipe."""


_APART = _Apart()
"""Each line with this value is treated by itself."""
_ALONE = _Apart()
"""Each value is treated by itself."""
_SEEN = _Apart()
"""The same, for once: most such values never come again, so a recipe is made for the second one."""
_NEW = _Apart()
_Action = Recipe | _Apart | None
_Table = dict[bytes, _Action]
_look_up: Callable[[_Table, bytes, _Action], _Action] = dict.get
"""What becomes of the values of one field, by their masks."""


class _Way:
    """The values of lines of one shape: where they are, and what is known of each."""

    __slots__ = ("fields", "places", "records", "tables", "typed", "values")

    def __init__(
        self,
        places: tuple[int, ...],
        fields: tuple[FieldPath, ...],
        tables: tuple[_Table, ...],
        records: int,
        typed: frozenset[int],
    ) -> None:
        """`typed`: the places of values that change their type when something in them is redacted."""
        self.typed = typed
        self.places = places
        self.values = _getter(places)
        self.fields = fields
        self.tables = tables
        self.records = records


class JsonLines:
    """Reads blocks of lines that are mostly JSON."""

    def __init__(self, redactor: Redactor, treat: Treat, recipes: bool) -> None:
        """`recipes`: False where every unit in which something must go is to be treated by itself."""
        self.tally = Tally()
        self._recipes = recipes
        self._redactor = redactor
        self._reader = JsonReader(formats.SHAPES.rules)
        self._treat = treat
        self._open: Open = NOTHING_OPEN
        self._shapes: dict[tuple[bytes, ...], _Shape] = {}
        self._tables: dict[FieldPath, _Table] = {}
        self._clean: dict[tuple[Recipe, bytes], bytes] = {}
        self._budget = Budget()

    @property
    def entry(self) -> Entry:
        return Entry(False, self._open, self._reader.between)

    @entry.setter
    def entry(self, entry: Entry) -> None:
        self._open = entry.open
        self._reader.began = False

    def begin(self) -> None:
        self._reader = JsonReader(formats.SHAPES.rules)
        self._open = NOTHING_OPEN

    def block(self, block: bytes, line: int) -> bytes:
        key = mask(block, self._redactor.engine)
        if key is None:
            return self.piece(block.decode("utf-8", "surrogateescape"), line)
        key = key.replace(b"\\\\", _ESCAPED_BACKSLASH).replace(b'\\"', _ESCAPED_QUOTE)
        out: list[bytes] = []
        cuts: Counter[Recipe] = Counter()
        records = copied = start = 0
        reader = self._reader
        for n, text in enumerate(key.split(b"\n")[:-1]):
            end = start + len(text) + 1
            actions = None
            if reader.between and text[:1] == b"{" and end - start <= LONGEST:
                try:
                    actions = self._actions(text, block, start)
                except Exception:  # the line is treated by itself, and withheld where it must be
                    actions = None
            if actions is None:
                out.append(block[copied:start])
                out.append(self.piece(block[start:end].decode("utf-8", "surrogateescape"), line + n))
                copied = end
            else:
                reader.began = False
                begun, changes = actions
                records += begun
                for place, size, change in changes:
                    at = start + place
                    out.append(block[copied:at])
                    copied = at + size
                    if isinstance(change, Recipe):
                        out.append(self._cleaned(block[at:copied], change))
                        cuts[change] += 1
                    else:
                        out.append(change.text[1:-1].encode("utf-8", "surrogateescape"))
                        self.tally.redactions.update(change.redactions)
            start = end
        out.append(block[copied:])
        count(self.tally, records, cuts)
        return b"".join(out)

    def piece(self, text: str, line: int) -> bytes:
        self._reader.lines.line = line
        return self._treat_all(self._reader.feed(text))

    def end(self) -> bytes:
        return self._treat_all(self._reader.finish())

    def _treat_all(self, units: Iterator[Raw]) -> bytes:
        out = []
        for raw in units:
            clean, self._open = self._treat(raw, self._open)
            out.append(clean)
        return b"".join(out)

    def _actions(self, text: bytes, block: bytes, start: int) -> tuple[int, list[tuple[int, int, Recipe | Clean]]] | None:
        """How many records a line holds, and what becomes of which of its values; None where it must be treated by itself."""
        parts = text.split(b'"')
        if len(parts) % 2 == 0:
            return None  # a string has no end: no JSON
        around = tuple(parts[0::2])
        shape = self._shapes.get(around)
        if shape is None:
            if any(may_hold_bytes(each.decode("latin-1")) for each in around if len(each) > _SHORTEST_ARRAY):
                return None
            shape = self._shape(around)
        names, labelled = shape
        named = names(parts)
        known = labelled.get(named)
        if known is None:
            self._room(len(text) + _PART * len(parts))
            known = labelled[named] = (_getter(_labels(parts)), {})
        labels, ways = known
        called = labels(parts)
        way = ways.get(called)
        if way is None:
            if called in ways:
                return None
            line = block[start : start + len(text)]
            if not is_json(line.decode("utf-8", "surrogateescape").strip()):
                return None
            self._room(len(text) + _PART * len(parts))
            way = ways[called] = self._way(parts, _labels(parts), line)
            if way is None:
                return None
        changes: list[tuple[int, int, Recipe | Clean]] = []
        proven = False
        at = before = 0  # the part `before` begins at `at`
        values = way.values(parts)
        actions = list(map(_look_up, way.tables, values, repeat(_NEW)))
        for n, action in enumerate(actions):
            if action is None:
                continue
            i, value, table, field = way.places[n], values[n], way.tables[n], way.fields[n]
            at += sum(map(len, parts[before:i])) + i - before
            before = i
            if i in way.typed and isinstance(action, Recipe):
                return None
            if not isinstance(action, Recipe):
                if action is _NEW and not proven:
                    # only in a line that is JSON a new value is what it seems to be
                    if not is_json(block[start : start + len(text)].decode("utf-8", "surrogateescape").strip()):
                        return None
                    proven = True
                done = self._by_itself(block[start + at : start + at + len(value)], value, table, field, action)
                if done is None:
                    continue
                if isinstance(done, _Apart) or i in way.typed:
                    return None
                changes.append((at, len(value), done))
            else:
                changes.append((at, len(value), action))
        if way.records:
            self._open = NOTHING_OPEN
        return way.records, changes

    def _cleaned(self, value: bytes, recipe: Recipe) -> bytes:
        clean = self._clean.get((recipe, value))
        if clean is None:
            if len(self._clean) >= _MOST_CLEAN:
                self._clean.clear()
            clean = recipe.apply(value, self._redactor)
            if len(value) <= _LONGEST_CLEAN:
                self._clean[recipe, value] = clean
        return clean

    def _by_itself(
        self, value: bytes, key: bytes, table: _Table, field: FieldPath, known: _Apart
    ) -> Recipe | Clean | _Apart | None:
        """What becomes of a value for which there is no recipe; remembers what can be remembered of it."""
        if known is _APART:
            return _APART
        text = value.decode("utf-8", "surrogateescape")
        raw = Raw(f'"{text}"', (Leaf(1, 1 + len(text), field, "json"),), 1, 1)
        action: _Action = known
        done: Recipe | Clean | _Apart | None = _APART
        try:
            if not self._recipes:
                action = _APART if self._redactor.look_at_all(raw).spans else None
                done = action
            elif known is _SEEN:
                learned = learn(self._redactor, raw, NOTHING_OPEN, 1)
                action = learned.recipe if learned.alike else _ALONE
            if not self._recipes:
                pass
            elif isinstance(action, Recipe):
                done = action
            else:
                done, _ = self._redactor.scrub(raw)
                if known is _NEW:
                    action = None if done.text == raw.text else _SEEN
                    if action is None and self._redactor.allows and self._redactor.look_at_all(raw).spans:
                        action = _ALONE
                if self._redactor.engine.placeholder.search(text):
                    action = done = _APART  # what is counted follows from the whole line
                elif done.text == raw.text:
                    done = None
        except Exception:  # its line will be withheld, by itself
            action = done = _APART
        if action is not known:
            self._room(len(key))
            table[key] = action
        return done

    def _room(self, size: int) -> None:
        """Makes room for something to be remembered: where there is none, all is forgotten."""
        if not self._budget.take(size):
            for each in self._tables.values():
                each.clear()
            self._tables.clear()
            self._shapes.clear()
            self._clean.clear()

    def _shape(self, around: tuple[bytes, ...]) -> _Shape:
        self._room(sum(map(len, around)) + _PART * len(around))
        names = [2 * n - 1 for n in range(1, len(around)) if _NAMED.match(around[n])]
        shape = self._shapes[around] = (_getter(names), {})
        return shape

    def _way(self, parts: list[bytes], labels: tuple[int, ...], line: bytes) -> _Way | None:
        """The values of a line that is JSON, where they can be treated one by one."""
        names = {i for i in range(1, len(parts), 2) if _NAMED.match(parts[i + 1])}
        labelling = frozenset(labels)
        # a string that is empty here need not be so in the other lines
        texts, at = [], 0
        places: dict[int, int] = {}
        size = 0
        for i, part in enumerate(parts):
            text = line[at : at + len(part)].decode("utf-8", "surrogateescape")
            if i % 2 and not text and i not in names and i not in labelling:
                text = "x"
            places[size] = i
            texts.append(text)
            size += len(text) + 1
            at += len(part) + 1
        whole = '"'.join(texts)
        found: dict[int, FieldPath] = {}
        harmless: set[int] = set()
        typed: set[int] = set()
        try:
            for leaf in json_leaves(whole):
                if leaf.coding == "json":
                    found[places[leaf.start]] = leaf.field
                    if leaf.typed is not None:
                        typed.add(places[leaf.start])
                    if places[leaf.start] in labelling and not self._redactor.look_at_all(Raw(whole, (leaf,), 1, 1)).spans:
                        harmless.add(places[leaf.start])
                elif leaf.coding == "bytes" or self._redactor.look_at_all(Raw(whole, (leaf,), 1, 1)).spans:
                    return None
        except Exception:  # lines of this shape are withheld, each by itself
            return None
        if set(found) != {i for i in range(1, len(parts), 2) if i not in names}:
            return None
        # what names others is the same in all lines of the way
        strings = tuple(i for i in sorted(found) if i not in harmless)
        fields = tuple(found[i] for i in strings)
        tables = tuple(self._tables.setdefault(field, {}) for field in fields)
        return _Way(
            strings,
            fields,
            tables,
            count_records(line.decode("utf-8", "surrogateescape").strip(), formats.SHAPES.rules),
            frozenset(typed),
        )


def _labels(parts: Sequence[bytes]) -> tuple[int, ...]:
    """Where the strings stand that can name others, besides the names of members."""
    labels: list[int] = []
    stack: list[tuple[bytes, bytes]] = []
    name = b""
    for i, part in enumerate(parts):
        if i % 2 == 0:
            for sign in part:
                if sign in b"{[":
                    stack.append((bytes([sign]), name if not stack or stack[-1][0] == b"{" else b""))
                elif sign in b"}]" and stack:
                    stack.pop()
        elif _NAMED.match(parts[i + 1]):
            name = part
        elif stack and (
            (stack[-1][0] == b"{" and name in _NAMING)
            or (stack[-1][0] == b"[" and (not stack[-1][1] or _VALUES.fullmatch(stack[-1][1])))
        ):
            labels.append(i)
    return tuple(labels)


def _getter(places: Sequence[int]) -> _Getter:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda parts: tuple(parts[i] for i in places)
