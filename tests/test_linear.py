"""The work for a line grows with its length, not with the square of it.

Work is counted in steps (`steps.py` says what is counted and what is not), so neither the machine nor what else runs on it
matters: every round of a loop, every call, every character that a slice, a search or a join passes over, and every step of a
regular expression, backtracking included. What C code does by itself (RE2, orjson, numpy) counts as one pass over what it is
given, and allocating, hashing and collecting garbage not at all. Sizes are small, for all of it is done in Python; but steps are
counted for each function and each regular expression, so that a cost that grows with the square shows while it is small.
"""

from __future__ import annotations

import base64
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import hostile
import pytest
from hostile import LINES, NAMED, shape, shape_of
from steps import Counter, Matcher
from strategies import THOROUGH, scrub, scrub_fastest, verify, verify_fastest

from logscrub.detect.engine import Engine
from logscrub.formats import INPUT_FORMATS
from logscrub.redact.scrub import Redactor

MOST = 2.3
"""Times the work for twice the input."""
SIZE = 1500
SEEDS = range(1000 if THOROUGH else 100)
Ask = Callable[[str, str | int, int], dict[str, int]]
"""The steps for a way to read, a shape and a size, by what took them."""


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    command = [sys.executable, str(Path(__file__).with_name("count_steps.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as counting:
        assert counting.stdin is not None
        assert counting.stdout is not None
        to, by = counting.stdin, counting.stdout

        def ask(way: str, which: str | int, size: int) -> dict[str, int]:
            print(json.dumps([way, which, size]), file=to, flush=True)
            answer = by.readline()
            assert answer, "the process that counts has failed; its standard error says why"
            counts: dict[str, int] = json.loads(answer)
            return counts

        yield ask
        to.close()


def too_much(ask: Ask, way: str, which: Iterable[str | int], size: int = SIZE) -> dict[str, float]:
    """Where twice the size of a shape takes more than `MOST` times the work: all of it, or one function or pattern of it.

    A function may have nothing to do below some size, so what one takes is too much if it grows so twice. What takes fewer steps
    than half the size is left out: of a square, one step for 12,000 pairs of characters is enough to be seen.
    """
    found = {}
    for each in which:
        small, large = ask(way, each, size), ask(way, each, 2 * size)
        once, twice, four = (len(shape_of(each).make(n * size)) for n in (1, 2, 4))
        times = sum(large.values()) / sum(small.values()) / (twice / once / 2)
        if times > MOST:
            found[f"{each}"] = round(times, 2)
        most = MOST * max(1, twice / once / 2)
        grown = [part for part, steps in large.items() if steps > max(size // 2, most * small.get(part, 0))]
        largest = ask(way, each, 4 * size) if grown else {}
        for part in grown:
            times = largest.get(part, 0) / large[part] / max(1, four / twice / 2)
            if times > MOST:
                found[f"{each}: {part}"] = round(times, 2)
    return found


@pytest.mark.parametrize("tenth", range(10))
def test_twice_a_generated_hostile_input_takes_twice_the_work(ask: Ask, tenth: int) -> None:
    assert too_much(ask, "scrub and verify", SEEDS[tenth::10]) == {}


@pytest.mark.parametrize("half", range(2))
def test_twice_an_input_that_once_took_its_square_takes_twice_the_work(ask: Ask, half: int) -> None:
    assert too_much(ask, "scrub and verify", [s.name for s in NAMED[half::2]]) == {}


@pytest.mark.parametrize("name", INPUT_FORMATS if THOROUGH else ["auto"])
def test_lines_that_are_hostile_to_a_format_are_read_and_counted_in_linear_work(ask: Ask, name: str) -> None:
    assert too_much(ask, f"read {name}", [s.name for s in LINES]) == {}


def test_steps_grow_with_what_a_pattern_does() -> None:
    """The measure itself: a pattern that tries every end from every beginning is told from one that does not."""

    def steps(pattern: str, size: int) -> int:
        Counter.by.clear()
        text = "a" * size
        assert list(Matcher(re.compile(pattern)).searches(text, 0, size)) == []
        return sum(Counter.by.values())

    assert steps("a*b", 200) / steps("a*b", 100) > 3.5
    assert steps("(?:a|aa){0,9}b", 200) / steps("(?<!a)a*+b", 200) > 100
    assert steps("(?<!a)a*+b", 200) / steps("(?<!a)a*+b", 100) < 2.1


# -- what stands in a long stretch of random characters -------------------------------------------------------------------


def noise(kind: str, size: int, seed: int) -> str:
    data = random.Random(f"{kind} {seed}").randbytes(size)
    made = {"hex": data.hex(), "base64": base64.b64encode(data).decode(), "base64url": base64.urlsafe_b64encode(data).decode()}
    return made.get(kind) or data.hex().upper()


@pytest.mark.parametrize("kind", ["hex", "HEX"])
def test_nothing_is_found_in_a_dump_in_hex(engine: Engine, redactor: Redactor, kind: str) -> None:
    """By the fastest engine, and in a shorter one by the plain engine too."""
    for seed in range(3):
        data = f"dump {noise(kind, 100_000, seed)} done\n".encode()
        assert scrub_fastest(redactor, data)[0] == data
    assert engine.scan(f"dump {noise(kind, 30_000, 3)} done") == ()


@pytest.mark.parametrize("kind", ["base64", "base64url"])
def test_a_long_stretch_of_base64_goes_as_one(engine: Engine, kind: str) -> None:
    text = noise(kind, 50_000, 1)
    (span,) = engine.scan(f"dump {text} done")
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
    """By the fastest engine, and between shorter ones by the plain engine too."""
    value = PLANTED[planted]
    for its_scrub, its_verify, size in ((scrub_fastest, verify_fastest, 20_000), (scrub, verify, 3000)):
        out, _ = its_scrub(redactor, f"dump {noise(kind, size, 1)}{value}{noise(kind, size, 2)} done\n".encode())
        assert value.strip(" :").encode() not in out
        assert its_verify(redactor, out).clean


def test_the_shapes_are_hostile_in_many_ways() -> None:
    drawn = list(map(shape, range(100)))
    assert {s.way for s in drawn} == set(hostile.WAYS)
    assert len({s.name.split(" ", 1)[1] for s in drawn}) > 95
