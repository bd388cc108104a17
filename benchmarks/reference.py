"""A fixed piece of work in plain Python: what it takes is one reference unit.

Two runs on different machines, or on different days of one, are compared by what a log takes in units. The work is of the kinds
that scrubbing is made of: bytes are translated, words are looked up, expressions search a text.

    python benchmarks/reference.py
"""

from __future__ import annotations

import random
import re
import statistics
import time

_ROUNDS = 3
_PATTERN = re.compile(r"\b[a-z]+=(?:\d+|[0-9a-f]{8})\b|\b[A-Z][a-z]+ [A-Z][a-z]+\b|[a-z.]+@[a-z]+\.example")
_TABLE = bytes(ord("0") if chr(byte).isdigit() else ord("a") if chr(byte).islower() else byte for byte in range(256))


def _text() -> str:
    chance = random.Random(1)

    def word() -> str:
        return "".join("abcdefghijklmnopqrstuvwxyz"[int(chance.random() * 26)] for _ in range(3 + int(chance.random() * 6)))

    words = [word() for _ in range(3000)]
    made = [
        *words,
        *(f"{w}={int(chance.random() * 10**6)}" for w in words[:1500]),
        *(f"{w.capitalize()} {v.capitalize()}" for w, v in zip(words[:200], words[200:400], strict=True)),
        *(f"{w}@{v}.example" for w, v in zip(words[:100], words[100:200], strict=True)),
    ]
    made.sort(key=lambda w: (len(w) * 7919 + ord(w[0]) * 104729) % 6007)
    return " ".join(made)


_TEXT = _text()


def work() -> int:
    """One unit. The number it returns is always the same."""
    data, found = _TEXT.encode(), 0
    for _ in range(100):
        found += data.translate(_TABLE).count(b"a0")
    for _ in range(40):
        counts: dict[str, int] = {}
        for each in _TEXT.split(" "):
            counts[each] = counts.get(each, 0) + 1
        found += len(counts)
    for _ in range(30):
        found += sum(1 for _ in _PATTERN.finditer(_TEXT))
    return found


def unit_s() -> float:
    """Processor seconds of a unit, the median of some."""
    taken = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return statistics.median(taken)


if __name__ == "__main__":
    print(f"{unit_s():.4f} s of a processor")
