"""Scrubs the values of a dictionary, as programs hand them to a logger.

A dictionary is read as a line of JSON is, so that the name of a field says what its value is. What has no form in JSON (dates,
exceptions, objects) is scanned by its text, and stays the object that it is where nothing in it is found: also not in its `repr`,
which renderers show instead of a text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from logscrub.model import WITHHELD

if TYPE_CHECKING:
    from logscrub.engines.factory import Runner

_DEEPEST: Final = 100
"""Maximum depth of a value in a dictionary. Deeper values are withheld."""
_AS_ITS_TEXT: Final = frozenset(("datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid"))
"""Modules of values whose `repr` says what their text says."""
_Reveals = Callable[[str, Any], bool]
"""True if a renderer may show of an object, under a name, what its text does not say and must go."""


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order. Two members can have the same name."""


def scrubbed_dict(engine: Runner, data: Mapping[Any, Any]) -> dict[Any, Any]:
    """A new dictionary without the customer data of `data`, which does not change. Unchanged values are shared.

    Keys are scrubbed too; of those that become the same, the later ones get a number. What cannot be scanned is `<WITHHELD>`.
    """
    try:
        clean = _scrubbed(engine, _plain(data, ()))
        return _members(data, clean, partial(_reveals, engine)) if isinstance(clean, _Pairs) else {WITHHELD: WITHHELD}
    except (ValueError, TypeError):  # a number of thousands of digits, or a record of which not all parts are left
        return {WITHHELD: WITHHELD}


def _scrubbed(engine: Runner, plain: Any) -> Any:
    scrubber = engine.scrubber("ndjson")
    line = json.dumps(plain).encode() + b"\n"
    return json.loads(scrubber.feed(line) + scrubber.finish(), object_pairs_hook=_Pairs)


def _reveals(engine: Runner, name: str, value: Any) -> bool:
    pairs = _Pairs((name, text) for text in _other_texts(value))
    return bool(pairs) and _scrubbed(engine, _Object(pairs)) != pairs


def _other_texts(value: Any) -> list[str]:
    """The texts that a renderer may show of an object beside `str`: its `repr`, and what a text with another `str` holds."""
    if type(value) in (bytes, bytearray, int, str) or type(value).__module__ in _AS_ITS_TEXT:
        return []
    held = [str.__str__(value)] if isinstance(value, str) else []
    try:
        texts = [repr(value), *held]
    except Exception:  # as in `_text`
        return held
    return [text for text in dict.fromkeys(texts) if text != _text(value)]


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    """The value in the types of JSON. `above`: the ids of the values around it, so that a circle ends."""
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if type(value) in (int, str):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        if id(value) in above or len(above) >= _DEEPEST:
            return WITHHELD
        inside = (*above, id(value))
        try:
            members = list(value.items() if isinstance(value, Mapping) else value)
        except Exception:  # of a mapping's own methods: as in `_text`
            return WITHHELD
        if isinstance(value, Mapping):
            return _Object((_text(name), _plain(inner, inside)) for name, inner in members)
        return [_plain(inner, inside) for inner in members]
    return _text(value)


class _Object(dict[str, Any]):
    """A JSON object whose members may have the same name, for `json.dumps`."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self._pairs = list(pairs)
        super().__init__(self._pairs)

    def items(self) -> Any:
        return self._pairs


def _text(value: Any) -> str:
    """The text that would be logged for a value. Bytes are decoded if they are text."""
    try:
        return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes | bytearray) else str(value)
    except Exception:  # of an object's own `__str__`: its message may quote a value
        return WITHHELD


def _restored(name: str, old: Any, clean: Any, reveals: _Reveals) -> Any:
    """The clean value, or the old object itself if nothing in it changed. Raises TypeError if the shapes differ.

    `name`: that of the member which it is, or is in.
    """
    if isinstance(clean, _Pairs):
        if not isinstance(old, Mapping):
            raise TypeError
        new = _members(old, clean, reveals)
        return old if _is_same(old.items(), new.items()) else new
    if isinstance(clean, list):
        values = list(old)
        if len(values) != len(clean):
            raise TypeError
        found = [_restored(name, before, after, reveals) for before, after in zip(values, clean, strict=True)]
        return old if all(a is b for a, b in zip(values, found, strict=True)) else found
    if clean == WITHHELD or old is None or isinstance(old, bool):
        return old if clean is old else clean
    if type(old) in (int, float, str) and _is_json(old):
        return old if clean == old else clean
    return old if clean == _text(old) and not reveals(name, old) else clean


def _is_json(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _is_same(old: Iterable[tuple[Any, Any]], new: Iterable[tuple[Any, Any]]) -> bool:
    return all(a is c and b is d for (a, b), (c, d) in zip(old, new, strict=True))


def _members(old: Mapping[Any, Any], clean: _Pairs, reveals: _Reveals) -> dict[Any, Any]:
    """The clean members, by their old names if these did not change."""
    found: dict[Any, Any] = {}
    for (name, before), (text, after) in zip(old.items(), clean, strict=True):
        key = name if text == _text(name) != WITHHELD and not reveals("", name) else text
        number = 2
        while key in found:
            key, number = f"{text}-{number}", number + 1
        found[key] = _restored(text, before, after, reveals)
    return found
