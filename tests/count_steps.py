"""How many steps logscrub takes with hostile inputs: reads a job a line as JSON from standard input, answers each with a line.

    echo '["scrub and verify", "random hex", 4000]' | python tests/count_steps.py

A job is a way to read, a shape (a name of `hostile.NAMED` or `hostile.LINES`, or a seed) and a size in bytes. The answer says how
many steps each function and each regular expression took.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import hostile  # noqa: E402
import steps  # noqa: E402

steps.install()

from logscrub import verification  # noqa: E402
from logscrub.detect import catalogue  # noqa: E402
from logscrub.detect.engine import Engine  # noqa: E402
from logscrub.detect.fields import NOTHING_OPEN, Open  # noqa: E402
from logscrub.detect.names import Names  # noqa: E402
from logscrub.metrics.records import Records  # noqa: E402
from logscrub.model import Raw  # noqa: E402
from logscrub.redact.policy import load_policy  # noqa: E402
from logscrub.redact.pseudonyms import Pseudonymizer  # noqa: E402
from logscrub.redact.scrub import Look, Redactor  # noqa: E402
from logscrub.scrubbing import Scrubber, Units  # noqa: E402
from logscrub.verification import Verifier  # noqa: E402

verification._LONGEST_SKELETON = 256
"""Up to so many characters each finding is identified by all the text around it. Inputs here are far longer than that."""


def steps_of(engine: Engine, way: str, data: bytes) -> dict[str, int]:
    """The steps for an input of which nothing is known yet, by what took them."""
    forget(engine)
    redactor = ScanningOnce(engine, load_policy("atlassian"), Pseudonymizer(b"a key for tests only, 32 bytes.."))
    steps.Counter.by.clear()
    if way.startswith("read "):
        name = way.removeprefix("read ")
        units, records = Units(name), Records(name, blocks=True)
        for each in (units.feed(data), units.finish()[0], records.feed(data), records.finish()):
            for _ in each:
                pass
    else:
        for reader in (Scrubber(redactor), Verifier(redactor, "input")):
            reader.feed(data)
            reader.finish()
    return dict(steps.Counter.by)


class ScanningOnce(Redactor):
    """A redactor that scans equal units once. To scan a unit is a pure function: a second scan takes the same steps.

    So an input can be verified too, without its scan again.
    """

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._looks: dict[tuple[Any, ...], Look] = {}

    def look(self, raw: Raw, before: Open = NOTHING_OPEN) -> Look:
        key = raw.text, raw.leaves, raw.records, raw.cut, raw.frame is None, before
        if key not in self._looks:
            self._looks[key] = super().look(raw, before)
        return self._looks[key]


def forget(thing: Any) -> None:
    """Empties what an engine remembers of texts."""
    for value in vars(thing).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
        elif type(value).__module__ == "logscrub.detect.forms":
            forget(value)


def main() -> None:
    engine = Engine(catalogue.load(), names=Names())
    steps_of(
        engine, "scrub and verify", b"INFO Jane Doe wrote to jane.doe@acme.example\n"
    )  # what is loaded once is no step of an input
    gc.freeze()
    gc.disable()  # matchers are many small functions that stay: looking through them again and again takes a third of the time
    for line in sys.stdin:
        way, which, size = json.loads(line)
        print(json.dumps(steps_of(engine, way, hostile.shape_of(which).make(size))), flush=True)
    os._exit(0)  # without freeing all matchers one by one, which takes as long as some tests


if __name__ == "__main__":
    main()
