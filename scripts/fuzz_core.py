"""Holds that the compiled core gives the bytes and counts of the definition in Python, on arbitrary bytes.

    python scripts/fuzz_core.py --seconds 60 --seed 1

The bytes are lines of the sample logs and of files named on the command line, mutated and spliced, pieces of whole samples, and
bytes of no sense at all. The same seed makes the same bytes. What differs is written, shortened, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from logscrub.api import Runner, build_redactor, engine_of, engines
from logscrub.config import Config

ROOT = Path(__file__).resolve().parents[1]
KEY = b"of this script, 32 bytes long..."
MOST = 5
"""Differences after which it stops."""
PIECES = (
    b'"', b"'", b"\\", b"\\\\", b'\\"', b"{", b"}", b"[", b"]", b"(", b")", b"<", b">", b"=", b":", b": ", b",", b"\n", b"\r\n",
    b"\t", b"\0", b"\x1a", b"\x1b[31m", b"\x7f", b"\x80", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"%40", b"%2",
    b"&amp;", b"&#64;", b"\\u0040", b"\\ud83d", b"\\x40", b"=?utf-8?q?", b"@", b"jane.doe@acme.example", b"Jane Doe", b"MR.",
    b"192.0.2.7", b"2001:db8::1", b"557058:44b011c7-7c2e-4655-a1d7-7086d584d2ba", b"eyJhbGciOiJIUzI1NiJ9.e30.", b"Bearer ",
    b"password=", b"-----BEGIN PRIVATE KEY-----", b"amFuZS5kb2VAYWNtZS5leGFtcGxl", b"6a616e65", b"[106, 97, 110, 101]",
    b"4111 1111 1111 1111", b"+49 30 901820", b"GB82 WEST 1234 5698 7654 32",
    b"<EMAIL_ADDRESS>", b"\xc3\xa9", b"\xc4\xb0", b"\xc5\xbf",
    b"e\xcc\x81", b"\xe2\x80\x8b", b"\xef\xbc\xa0", b"\xd9\xa1\xd9\xa2", b"\xe4\xbd\x90\xe8\x97\xa4", b"\xd9\x81\xd8\xa7",
    b"A" * 40,
)  # fmt: skip


def comparison() -> Callable[[bytes], str]:
    """Tells in what both engines differ on an input; nothing where they agree."""
    redactor = build_redactor(Config(), KEY)
    plain, native = engine_of(redactor, "plain"), engine_of(redactor, "native", threads=2)

    def difference(data: bytes) -> str:
        for what, work in (("scrub", scrubbed), ("verify", verified)):
            if work(plain, data) != work(native, data):
                return what
        return ""

    return difference


def scrubbed(engine: Runner, data: bytes) -> Any:
    scrubber = engine.scrubber()
    half = len(data) // 2
    return scrubber.feed(data[:half]) + scrubber.feed(data[half:]) + scrubber.finish(), scrubber.tally


def verified(engine: Runner, data: bytes) -> Any:
    verifier = engine.verifier("log")
    verifier.feed(data)
    return verifier.finish()


def lines(files: list[Path]) -> list[bytes]:
    found = [line for file in files for line in file.read_bytes().splitlines()]
    return sorted({line for line in found if 0 < len(line) < 2000}) or [b""]


def bytes_of(rng: random.Random, known: list[bytes], samples: list[bytes]) -> bytes:
    """An input: mutated lines, a piece of a sample, or bytes of no sense."""
    kind = rng.random()
    if kind < 0.05:
        return rng.randbytes(rng.randrange(400))
    if kind < 0.1:
        return b"".join(rng.choices(PIECES, k=rng.randrange(1, 40)))
    if kind < 0.25:
        sample = rng.choice(samples)
        start = rng.choice((0, rng.randrange(len(sample) + 1)))
        return mutated(sample[start : start + rng.randrange(4000)], rng, known)
    first = rng.randrange(len(known))
    # lines that are neighbours are of one kind, as those of a log are
    chosen = [known[(first + rng.randrange(20)) % len(known)] for _ in range(rng.randrange(1, 12))]
    return rng.choice((b"\n", b"\n", b"\r\n")).join(mutated(line, rng, known) for line in chosen)


def mutated(line: bytes, rng: random.Random, known: list[bytes]) -> bytes:
    data = bytearray(line)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5, 8))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(8):
            case 0:
                data[at:at] = rng.choice(PIECES)
            case 1:
                del data[at : at + rng.randrange(1, 20)]
            case 2:
                data[at : at + 1] = rng.randbytes(1)
            case 3:
                data = data[at:] if rng.random() < 0.5 else data[:at]
            case 4:
                other = rng.choice(known)
                data[at:] = other[rng.randrange(len(other) + 1) :]
            case 5:
                data[at:at] = data[at : at + rng.randrange(1, 40)]
            case 6:
                end = at + rng.randrange(1, 12)
                data[at:end] = data[at:end].swapcase()
            case 7:
                data += rng.choice((b"\n", b" ", b"")) + rng.choice(known)
    return bytes(data)


def shortened(text: bytes, differs: Callable[[bytes], object]) -> bytes:
    """Bytes of which as much is left out as can be while both still differ."""
    size = max(1, len(text) // 2)
    while size:
        at = 0
        while at < len(text):
            less = text[:at] + text[at + size :]
            if differs(less):
                text = less
            else:
                at += size
        size //= 2
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--inputs", type=int, default=0, help="how many inputs at most (any number)")
    parser.add_argument("--seed", type=int, default=0, help="of the random bytes (0)")
    parser.add_argument("files", nargs="*", type=Path, help="logs to take lines from besides sample_logs/")
    given = parser.parse_args()
    if "native" not in engines():
        print("fuzz_core: there is no compiled core; make it with: make core", file=sys.stderr)
        return 2
    difference = comparison()
    rng = random.Random(given.seed)
    files = [*sorted(path for path in (ROOT / "sample_logs").iterdir() if path.is_file()), *given.files]
    known, samples = lines(files), [file.read_bytes() for file in files]
    end = time.monotonic() + given.seconds
    done = size = different = 0
    while time.monotonic() < end and (not given.inputs or done < given.inputs) and different < MOST:
        data = bytes_of(rng, known, samples)
        done += 1
        size += len(data)
        if what := difference(data):
            different += 1
            print(f"{what} differs on {shortened(data, difference)!r}", flush=True)
    print(f"{done} inputs, {size} bytes, seed {given.seed}: both engines differ on {different or 'none'}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
