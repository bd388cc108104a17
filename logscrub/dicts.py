"""Scrubs the values of a dictionary, as programs hand them to a logger.

A dictionary is read as a line of JSON is, so that the name of a field says what its value is. What has no form in JSON (dates,
exceptions, objects) is judged by its text, and stays the object that it is where nothing in it is found.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from logscrub.model import WITHHELD

if TYPE_CHECKING:
    from logscrub.engines.factory import Runner

_DEEPEST: Final = 100
"""Maximum depth of a value in a dictionary. Deeper values are withheld."""


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in order. Two members can have the same name."""


def scrubbed_dict(engine: Runner, data: Mapping[Any, Any]) -> dict[Any, Any]:
    """A new dictionary without the customer data of `data`, which does not change. Unchanged values are shared.

    Keys are scrubbed too; of those that become the same, the later ones get a number. What cannot be scanned is `<WITHHELD>`.
    """
    scrubber = engine.scrubber("ndjson")
    try:
        line = json.dumps(_plain(data, ())).encode() + b"\n"
        clean = json.loads(scrubber.feed(line) + scrubber.finish(), object_pairs_hook=_Pairs)
        return _members(data, clean)
    except (ValueError, TypeError):  # a number of thousands of digits, or a record of which not all parts are left
        return {WITHHELD: WITHHELD}


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
        if isinstance(value, Mapping):
            return _Object((_text(name), _plain(inner, inside)) for name, inner in value.items())
        return [_plain(inner, inside) for inner in value]
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


def _restored(old: Any, clean: Any) -> Any:
    """The clean value, or the old object itself if nothing in it changed. Raises TypeError if the shapes differ."""
    if isinstance(clean, _Pairs):
        if not isinstance(old, Mapping):
            raise TypeError
        new = _members(old, clean)
        return old if _is_same(old.items(), new.items()) else new
    if isinstance(clean, list):
        values = list(old)
        if len(values) != len(clean):
            raise TypeError
        found = [_restored(before, after) for before, after in zip(values, clean, strict=True)]
        return old if all(a is b for a, b in zip(values, found, strict=True)) else found
    if clean == WITHHELD or old is None or isinstance(old, bool):
        return old if clean is old else clean
    return old if clean == (old if type(old) in (int, float, str) and _is_json(old) else _text(old)) else clean


def _is_json(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _is_same(old: Iterable[tuple[Any, Any]], new: Iterable[tuple[Any, Any]]) -> bool:
    return all(a is c and b is d for (a, b), (c, d) in zip(old, new, strict=True))


def _members(old: Mapping[Any, Any], clean: _Pairs) -> dict[Any, Any]:
    """The clean members, by their old names if these did not change."""
    found: dict[Any, Any] = {}
    for (name, before), (text, after) in zip(old.items(), clean, strict=True):
        key = name if text == _text(name) else text
        number = 2
        while key in found:
            key, number = f"{text}-{number}", number + 1
        found[key] = _restored(before, after)
    return found
