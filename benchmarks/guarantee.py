"""What a guarantee by counting costs in time and text, and whether values that fewer customers say survive.

    python benchmarks/guarantee.py --size 40MB --planted 100000

The log is that of `corpus.py`, of 500 customers. Values are planted for one to four customers each: in messages, arguments and
names of members, in eight scripts, in base64, hexadecimal digits, percent signs and escapes, and as numbers.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import re
import time
from collections.abc import Iterator
from itertools import islice

import corpus

from logscrub import api
from logscrub.config import Config
from logscrub.guarantee.engine import Aside, Guarantee, Keeping, Listening
from logscrub.guarantee.support import support_of

CUSTOMERS = 5
SCRIPTS = (
    "abcdefghijklmnoprstuvwz",
    "бвгдежзиклмнопрст",
    "αβγδεζηθικλμν",
    "אבגדהוזחטיכלמ",
    "ابتثجحخدذرزس",
    "अआइईकखगघचछजझ",
    "東京都市区町村山川田",
    "가나다라마바사아",
)
_WORD = re.compile(r"[\w+/=%\\]+")


def values(draw: random.Random, count: int) -> Iterator[str]:
    """Values that no other text has, as they are written in JSON."""
    for n in range(count):
        word = "".join(draw.choices(SCRIPTS[n % len(SCRIPTS)], k=9))
        match n % 6:
            case 0:
                yield base64.b64encode(word.encode()).decode()
            case 1:
                yield word.encode().hex()
            case 2:
                yield "".join(f"%{byte:02X}" for byte in word.encode())
            case 3:
                yield json.dumps(word)[1:-1]
            case 4:
                yield str(draw.randrange(10**9, 10**10))
            case _:
                yield word


def planted(lines: list[bytes], wanted: int, draw: random.Random) -> tuple[list[bytes], list[str]]:
    """The log with values in it; each stands in one to four records."""
    told = list(values(draw, wanted))
    out = list(lines)
    for value in told:
        for _ in range(draw.randint(1, CUSTOMERS - 1)):
            at = draw.randrange(len(out))
            where = draw.choice(('"stringValue":"', '"attributes":['))
            text = f"{value} " if where.endswith('"') else f'{{"key":"{value}","value":{{"stringValue":"x"}}}},'
            line = out[at].decode()
            place = line.index(where) + len(where)
            out[at] = (line[:place] + text + line[place:]).encode()
    return out, told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="10MB")
    parser.add_argument("--planted", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    lines, size = [], 0
    for line in islice(corpus.corpus("app-logs", given.seed), 10**7):
        lines.append(line)
        size += len(line)
        if size >= corpus.parse_size(given.size):
            break
    engine = api.engine_of(api.build_redactor(Config(), b"a key for benchmarks alone"), threads=None)
    whole(engine, b"".join(lines[:200]))  # so that no time goes into making the engine
    data = b"".join(lines)
    started = time.process_time()
    whole(engine, data)
    alone = time.process_time() - started
    started = time.process_time()
    guarantee, out = kept(engine, data)
    took = time.process_time() - started
    print(f"{len(lines):,} records, {len(data) / 1e6:.1f} MB: {alone:.1f} s of a processor without, {took:.1f} s with it")
    print(json.dumps(guarantee.cost.as_dict()))
    more, told = planted(lines, given.planted, random.Random(given.seed))
    guarantee, out = kept(engine, b"".join(more))
    said = set(_WORD.findall(out.decode()))
    stayed = [value for value in told if value in said]
    print(f"{len(told):,} values planted for fewer than {CUSTOMERS} customers, {len(stayed):,} survived: {stayed[:5]}")


def whole(engine: api.Runner, data: bytes) -> bytes:
    scrubber = engine.scrubber()
    pieces = [scrubber.feed(data[i : i + (1 << 18)], True) for i in range(0, len(data), 1 << 18)]
    return b"".join([*pieces, scrubber.finish()])


def kept(engine: api.Runner, data: bytes) -> tuple[Guarantee, bytes]:
    guarantee = Guarantee(engine.redactor, support_of(engine.redactor.pseudonymizer, CUSTOMERS))
    with Listening(engine, guarantee) as listening:
        listening.inputs.append(Aside("the log"))
        whole(listening, data)
        return guarantee, whole(Keeping(engine, guarantee, listening.inputs[0]), data)


if __name__ == "__main__":
    main()
