"""Lines of text, fast: what becomes of a line follows from its mask and from what the lines before left open.

Each thing that can be left open is a state with a table of its own, from the mask of a line to what becomes of it and to the
next state. So a line costs one look into a table, and what an object or a stack trace does to the lines after it is known too.
"""

from __future__ import annotations

import contextlib
from collections import Counter

from logscrub import formats
from logscrub.detect.fields import NOTHING_OPEN, Open
from logscrub.fast.blocks import Entry, Treat, count, mask
from logscrub.fast.memory import LONGEST, Budget
from logscrub.formats.base import Began
from logscrub.formats.cut_lines import SHORTEST, CutLineReader
from logscrub.model import Raw
from logscrub.redact.recipes import Recipe, learn
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Tally

_MOST_STATES = 1_000


class _Apart:
    """Instead of a recipe: each line is treated by itself."""


_APART = _Apart()
_SEEN = _Apart()
"""Something goes, and what was seen once: most such lines never come again, so a recipe is made for the second one."""


class _State:
    """Something that can be left open, and what becomes of the lines that come then."""

    __slots__ = ("began", "get", "open", "table")

    def __init__(self, began: Began, left: Open) -> None:
        self.began = began
        self.open = left
        self.table: dict[bytes, _Step] = {}
        self.get = self.table.get


_Step = tuple[_State, int, Recipe | _Apart | None]
"""The next state, how many records begin in the line, and what goes from it."""


class TextLines:
    """Reads blocks of formats whose readers take a line at a time."""

    def __init__(self, redactor: Redactor, of: formats.Format, treat: Treat, recipes: bool) -> None:
        """`recipes`: False where every unit in which something must go is to be treated by itself."""
        self.tally = Tally()
        self._recipes = recipes
        self._redactor = redactor
        self._of = of
        self._reader = self._new_reader()
        self._treat = treat
        self._states: dict[tuple[Began, Open], _State] = {}
        self._steps: dict[_Step, _Step] = {}
        self._budget = Budget()
        self._state = self._state_of(False, NOTHING_OPEN)

    @property
    def entry(self) -> Entry:
        return Entry(self._state.began, self._state.open, between=not self._waits())

    @entry.setter
    def entry(self, entry: Entry) -> None:
        if self._waits():  # what another input, or a block that was given up, left
            self._reader = self._new_reader()
        self._state = self._state_of(entry.began, entry.open)

    def begin(self) -> None:
        self._reader = self._new_reader()
        self._state = self._state_of(False, NOTHING_OPEN)

    def block(self, block: bytes, line: int) -> bytes:
        key = mask(block, self._redactor.engine)
        if key is None:
            return self.piece(block.decode("utf-8", "surrogateescape"), line)
        out: list[bytes] = []
        cuts: Counter[Recipe] = Counter()
        state, records, copied, start = self._state, 0, 0, 0
        lines = key.split(b"\n")
        lines.pop()
        if self._waits() or (max(map(len, lines), default=0) >= SHORTEST and self._has_cut_lines(block, lines)):
            return self.piece(block.decode("utf-8", "surrogateescape"), line)
        for n, piece in enumerate(lines):
            step = state.get(piece)
            end = start + len(piece) + 1
            if step is None:
                step, clean = self._first(block[start:end], piece, state)
                if clean is not None:
                    out += (block[copied:start], clean)
                    copied = end
                    state, start = step[0], end
                    continue
            elif step[2] is _SEEN:
                step = self._learn(block[start:end], piece, state)
            after, begun, recipe = step
            if recipe is None:
                records += begun
            else:
                if copied < start:
                    out.append(block[copied:start])
                copied = end
                if isinstance(recipe, _Apart):
                    clean, after = self._apart(block[start:end], state, line + n)
                    out.append(clean)
                else:
                    records += begun
                    cuts[recipe] += 1
                    out.append(recipe.apply(block[start:end], self._redactor))
            state, start = after, end
        out.append(block[copied:])
        self._state = state
        count(self.tally, records, cuts)
        return b"".join(out)

    def _waits(self) -> bool:
        """Whether lines are held, the first of which may be cut."""
        return isinstance(self._reader, CutLineReader) and self._reader.waits

    def _has_cut_lines(self, block: bytes, lines: list[bytes]) -> bool:
        if not isinstance(self._reader, CutLineReader):
            return False
        start = 0
        for piece in lines:
            end = start + len(piece) + 1
            if len(piece) >= SHORTEST and self._reader.may_be_cut(block[start:end].decode("utf-8", "surrogateescape")):
                return True
            start = end
        return False

    def piece(self, text: str, line: int) -> bytes:
        self._enter(self._state)
        self._reader.lines.line = line
        return self._treat_all(list(self._reader.feed(text)))

    def end(self) -> bytes:
        self._enter(self._state)
        return self._treat_all(list(self._reader.finish()))

    def _treat_all(self, units: list[Raw]) -> bytes:
        out, left = [], self._state.open
        for raw in units:
            clean, left = self._treat(raw, left)
            out.append(clean)
        self._state = self._state_of(self._began(), left)
        return b"".join(out)

    def _apart(self, line: bytes, state: _State, number: int) -> tuple[bytes, _State]:
        self._state = state
        return self.piece(line.decode("utf-8", "surrogateescape"), number), self._state

    def _first(self, line: bytes, piece: bytes, state: _State) -> tuple[_Step, bytes | None]:
        """What becomes of a line that was not met yet, and, where something goes from it, the clean line."""
        is_json = (piece[:1] in (b"{", b"[") or line[:1] == b"\0") and self._reader.reads_json
        if len(line) > LONGEST or is_json or state.open.unknown:
            return (state, 0, _APART), None  # too long to be remembered; a line that may be JSON, or must be withheld
        raw = self._unit(line, state)
        if not self._recipes:
            try:
                spans, after, _ = self._redactor.look_at_all(raw, state.open)
            except Exception:
                return self._remember(piece, state, (state, 0, _APART)), None
            step = (state, 0, _APART) if spans else (self._state_of(self._began(), after), raw.records, None)
            return self._remember(piece, state, step), None
        clean, after = self._treat(raw, state.open)
        following = self._state_of(self._began(), after)
        if after.unknown:
            return (following, 0, None), clean  # it could not be scanned, which says nothing about the next such line
        if clean != line:
            self._remember(piece, state, (state, 0, _SEEN))
            return (following, 0, _SEEN), clean
        is_clean = not self._redactor.allows or not self._redactor.look_at_all(raw, state.open).spans
        self._remember(piece, state, (following, raw.records, None) if is_clean else (state, 0, _APART))
        return (following, 0, None), clean

    def _learn(self, line: bytes, piece: bytes, state: _State) -> _Step:
        """What becomes of a line that was met once, and of which something goes."""
        raw = self._unit(line, state)
        step: _Step = (state, 0, _APART)
        with contextlib.suppress(Exception):  # it will be withheld, by itself
            known = learn(self._redactor, raw, state.open)
            if known.alike:
                step = (self._state_of(self._began(), known.after), raw.records, known.recipe)
        return self._remember(piece, state, step)

    def _unit(self, line: bytes, state: _State) -> Raw:
        self._enter(state)
        return self._reader.unit(line.decode("utf-8", "surrogateescape"), 1, 1)

    def _remember(self, piece: bytes, state: _State, step: _Step) -> _Step:
        if not self._budget.take(len(piece)):
            for each in self._states.values():
                each.table.clear()
            self._steps.clear()
        step = self._steps.setdefault(step, step) if step[2] is None else step
        state.table[piece] = step
        return step

    def _state_of(self, began: Began, left: Open) -> _State:
        state = self._states.get((began, left))
        if state is None:
            if len(self._states) >= _MOST_STATES:
                for each in self._states.values():
                    each.table.clear()
                self._states.clear()
                self._steps.clear()
            state = self._states[began, left] = _State(began, left)
        return state

    def _enter(self, state: _State) -> None:
        self._reader.began = state.began

    def _began(self) -> Began:
        return self._reader.began

    def _new_reader(self) -> formats.UnitReader:
        reader = formats.reader_of(self._of)
        assert isinstance(reader, formats.UnitReader)
        return reader
