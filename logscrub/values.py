"""Scrubs many texts of which each stands by itself, as the values of a column do.

What comes out for a value is what `scrub` makes of a log of which it is the only line. Which values stand beside it, and how many
are given at a time, does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from logscrub.model import WITHHELD, Raw
from logscrub.scrubbing import Units

if TYPE_CHECKING:
    from logscrub.engines.factory import Runner
    from logscrub.engines.native import NativeEngine

_BATCH: Final = 1 << 16
"""Characters that the compiled core gets at a time."""
_ALONE: Final = ("\n", "\0", "PRIVATE KEY")
"""A value with one of these is scrubbed by itself: it is several lines, may be of another encoding, or leaves something open that
would count for the next."""


def scrubbed_values(engine: Runner, values: Iterable[str], input_format: str = "auto") -> list[str]:
    """The values without customer data, in their order. What cannot be scanned is `<WITHHELD>`."""
    every = list(values)
    different = list(dict.fromkeys(every))
    clean = _at_once(engine, different, input_format) if engine.name == "native" else {}
    for value in different:
        if value not in clean:
            clean[value] = _alone(engine, value, input_format)
    return [clean[value] for value in every]


def scrubbed_rows(engine: Runner, rows: Iterable[Mapping[str, Any]]) -> list[list[Any] | None]:
    """The values of rows without customer data, each row read as a line of JSON is: names of columns say what their values are.

    None for a row in which nothing was found. Values are what JSON has. Of a row that is not left whole, each value but null is
    `<WITHHELD>`.
    """
    given = list(rows)
    lines = [orjson.dumps(row).decode() for row in given]
    clean = scrubbed_values(engine, lines, "ndjson")
    return [None if new == old else _members(row, new) for row, old, new in zip(given, lines, clean, strict=True)]


def _members(row: Mapping[str, Any], line: str) -> list[Any]:
    try:
        clean = list(orjson.loads(line).values())
    except (ValueError, AttributeError):
        clean = []
    return clean if len(clean) == len(row) else [None if value is None else WITHHELD for value in row.values()]


def _alone(engine: Runner, value: str, input_format: str) -> str:
    """A value without customer data."""
    try:
        scrubber = engine.scrubber(input_format)
        out = scrubber.feed(value.encode("utf-8", "surrogatepass") + b"\n") + scrubber.finish()
        return out.decode("utf-8", "surrogatepass").removesuffix("\n")
    except Exception:  # its message may quote the value
        return WITHHELD


def _at_once(engine: Runner, values: Iterable[str], input_format: str) -> dict[str, str]:
    """Value → what is left of it, for those that the compiled core can do many at a time: each is one record on one line."""
    from logscrub.engines.native import NativeEngine, gathered

    if not isinstance(engine, NativeEngine):
        raise TypeError("this is no native engine")
    core = engine.redactor.core
    batches: list[tuple[list[str], Any]] = []
    units = gathered(_BATCH, _BATCH)
    held: list[str] = []

    def start() -> None:
        nonlocal held
        if held:
            batches.append((held, core.start(units, None, False, engine.threads)))
        held = []

    for value in values:
        unit = None if any(sign in value for sign in _ALONE) else _only_unit(engine, value, input_format)
        if unit is not None:
            units.add(unit)
            held.append(value)
            if units.is_full(1):
                start()
    start()
    done: dict[str, str] = {}
    for held, job in batches:
        outcome = core.result(job, True)
        lines = outcome[1].split(b"\n")
        count = outcome[0]  # the next one could not be scanned, where there are more
        if len(lines) == count + 1 and not lines[-1]:
            done.update(zip(held[:count], (line.decode("utf-8", "surrogatepass") for line in lines[:-1]), strict=True))
    return done


def _only_unit(engine: NativeEngine, value: str, input_format: str) -> Raw | None:
    """The unit that a value is; None where it is several, or none that the core does by itself."""
    from logscrub.engines.native import is_ordinary

    try:
        reader = Units(input_format, leaves="later")
        found = list(reader.feed(value.encode() + b"\n"))
        last, tail = reader.finish()
        found += last
    except Exception:  # it is told where the value is scrubbed by itself
        return None
    if len(found) != 1 or tail or not is_ordinary(found[0]) or found[0].records != 1:
        return None
    return found[0] if found[0].text == value + "\n" else None
