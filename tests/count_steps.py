"""How many steps logscrub takes with hostile inputs: reads jobs as JSON from standard input, writes their counts.

    echo '[["scrub", "random hex", 4000], ["verify", 17, 4000]]' | python tests/count_steps.py

A job is a way to read, a shape (a name of `hostile.NAMED`, or a seed) and a size in bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import hostile  # noqa: E402
import steps  # noqa: E402

steps.install()

from logscrub.detect import catalogue  # noqa: E402
from logscrub.detect.engine import Engine  # noqa: E402
from logscrub.detect.names import Names  # noqa: E402
from logscrub.fast.engine import FastEngine  # noqa: E402
from logscrub.redact.policy import load_policy  # noqa: E402
from logscrub.redact.pseudonyms import Pseudonymizer  # noqa: E402
from logscrub.redact.scrub import Redactor  # noqa: E402
from logscrub.scrubbing import Scrubber  # noqa: E402
from logscrub.verification import Verifier  # noqa: E402


def steps_of(engine: Engine, way: str, data: bytes) -> int:
    """The steps for an input of which nothing is known yet."""
    forget(engine)
    redactor = Redactor(engine, load_policy("atlassian"), Pseudonymizer(b"a key for tests only, 32 bytes.."))
    before = steps.Counter.steps
    if way == "verify":
        verifier = Verifier(redactor, "input")
        verifier.feed(data)
        verifier.finish()
    elif way == "fast":
        with FastEngine(redactor, processes=1) as fast:
            scrubber = fast.scrubber()
            scrubber.feed(data)
            scrubber.finish()
    else:
        plain = Scrubber(redactor)
        plain.feed(data)
        plain.finish()
    return steps.Counter.steps - before


def forget(thing: Any) -> None:
    """Empties what an engine remembers of texts."""
    for value in vars(thing).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
        elif type(value).__module__ == "logscrub.detect.forms":
            forget(value)


def main() -> None:
    named = {shape.name: shape for shape in hostile.NAMED}
    engine = Engine(catalogue.load(), names=Names())
    counts = []
    for way, which, size in json.load(sys.stdin):
        shape = named[which] if isinstance(which, str) else hostile.shape(which)
        counts.append(steps_of(engine, way, shape.make(size)))
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
