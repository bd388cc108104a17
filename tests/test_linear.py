"""The work for a line grows with its length, not with the square of it.

Work is counted in steps (`steps.py` says what is counted and what is not), so neither the machine nor what else runs on it
matters: every round of a loop, every call, every character that a slice, a search or a join passes over, and every step of a
regular expression, backtracking included. What C code does by itself (RE2, orjson, numpy) counts as one pass over what it is
given, and allocating, hashing and collecting garbage not at all. Sizes are small, for all of it is done in Python: a cost that
grows with the square but is less than a sixth of the whole at 6,000 bytes would not show.
"""

from __future__ import annotations

import base64
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import hostile
import pytest
from hostile import NAMED, Shape, shape
from steps import Counter, Matcher
from strategies import THOROUGH, scrub, verify

from logscrub.detect.engine import Engine
from logscrub.fast.engine import FastEngine
from logscrub.redact.scrub import Redactor

MOST = 2.3
"""Times the work for twice the input."""
SIZE = 3000
SEEDS = range(1000 if THOROUGH else 100)


def growth(way: str, shapes: list[Shape], which: list[str | int]) -> dict[str, float]:
    """How many times the work twice the size of each shape takes."""
    jobs = [[way, name, size] for name in which for size in (SIZE, 2 * SIZE)]
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("count_steps.py"))],
        input=json.dumps(jobs), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    counts = json.loads(ran.stdout)
    sizes = [len(s.make(size)) for s in shapes for size in (SIZE, 2 * SIZE)]
    return {s.name: counts[2 * n + 1] / counts[2 * n] * 2 / (sizes[2 * n + 1] / sizes[2 * n]) for n, s in enumerate(shapes)}


def too_much(found: dict[str, float]) -> dict[str, float]:
    return {name: round(times, 2) for name, times in found.items() if times > MOST}


def test_twice_a_generated_hostile_input_takes_twice_the_work() -> None:
    assert too_much(growth("scrub", [shape(seed) for seed in SEEDS], list(SEEDS))) == {}


@pytest.mark.parametrize("way", ["scrub", "fast", "verify"])
def test_twice_an_input_that_once_took_its_square_takes_twice_the_work(way: str) -> None:
    assert too_much(growth(way, list(NAMED), [s.name for s in NAMED])) == {}


@pytest.mark.parametrize("way", ["fast", "verify"])
def test_both_engines_and_verify_take_twice_the_work_too(way: str) -> None:
    seeds = SEEDS[::5]
    assert too_much(growth(way, [shape(seed) for seed in seeds], list(seeds))) == {}


def test_steps_grow_with_what_a_pattern_does() -> None:
    """The measure itself: a pattern that tries every end from every beginning is told from one that does not."""

    def steps(pattern: str, size: int) -> int:
        before = Counter.steps
        text = "a" * size
        assert list(Matcher(re.compile(pattern)).searches(text, 0, size)) == []
        return Counter.steps - before

    assert steps("a*b", 200) / steps("a*b", 100) > 3.5
    assert steps("(?:a|aa){0,9}b", 200) / steps("(?<!a)a*+b", 200) > 100
    assert steps("(?<!a)a*+b", 200) / steps("(?<!a)a*+b", 100) < 2.1


def test_both_engines_agree_on_hostile_inputs(redactor: Redactor) -> None:
    with FastEngine(redactor, processes=1) as engine:
        for s in (*NAMED, *map(shape, SEEDS)):
            data = s.make(700)
            scrubber = engine.scrubber()
            assert scrubber.feed(data) + scrubber.finish() == scrub(redactor, data)[0], s.name


# -- what stands in a long stretch of random characters -------------------------------------------------------------------


def noise(kind: str, size: int, seed: int) -> str:
    data = random.Random(f"{kind} {seed}").randbytes(size)
    made = {"hex": data.hex(), "base64": base64.b64encode(data).decode(), "base64url": base64.urlsafe_b64encode(data).decode()}
    return made.get(kind) or data.hex().upper()


@pytest.mark.parametrize("kind", ["hex", "HEX"])
def test_nothing_is_found_in_a_dump_in_hex(engine: Engine, kind: str) -> None:
    for seed in range(3):
        assert engine.judge(f"dump {noise(kind, 100_000, seed)} done") == ()


@pytest.mark.parametrize("kind", ["base64", "base64url"])
def test_a_long_stretch_of_base64_goes_as_one(engine: Engine, kind: str) -> None:
    text = noise(kind, 150_000, 1)
    (span,) = engine.judge(f"dump {text} done")
    assert (span.start, span.end) == (5, 5 + len(text))


PLANTED = {
    "EMAIL_ADDRESS": " jane.doe@acme.example ",
    "CREDIT_CARD": " 4111 1111 1111 1111 ",
    "AWS_KEY": "AKIAEXAMPLEEXAMPLE00",
    "ATLASSIAN_TOKEN": ":ATATT3xFfGF0EXAMPLEexampleEXAMPLEexample0123456789_-abcDEF=0A1B2C3D ",
    "PHONE_NUMBER": " +49 30 23125 111 ",
    "PERSON": " assigned to Jane Doe ",
    "JWT": " eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.EXAMPLEexample0123456789EXAMPLEexample ",
}


@pytest.mark.parametrize("kind", ["hex", "HEX", "base64", "base64url"])
@pytest.mark.parametrize("planted", PLANTED)
def test_what_stands_between_two_dumps_goes(redactor: Redactor, planted: str, kind: str) -> None:
    value = PLANTED[planted]
    data = f"dump {noise(kind, 20_000, 1)}{value}{noise(kind, 20_000, 2)} done\n"
    out = scrub(redactor, data.encode())[0].decode()
    assert value.strip(" :") not in out
    assert verify(redactor, out.encode()).clean


def test_the_shapes_are_hostile_in_many_ways() -> None:
    drawn = list(map(shape, range(100)))
    assert {s.way for s in drawn} == set(hostile.WAYS)
    assert len({s.name.split(" ", 1)[1] for s in drawn}) > 95
