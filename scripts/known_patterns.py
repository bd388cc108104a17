"""Writes logscrub/data/patterns.json: what follows from the patterns of the built-in detectors, so that no start parses them.

    python scripts/known_patterns.py [--check]

To run after a pattern was added or changed; until then the start takes longer, and nothing else is different.
"""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

from logscrub.detect import catalogue
from logscrub.detect.expressions import Known, key_of, parsed, runs_of
from logscrub.detect.gate import literals_of, needs_of
from logscrub.detect.heads import heads_of
from logscrub.detect.wider import wider_of

FILE = Path(__file__).resolve().parents[1] / "logscrub" / "data" / "patterns.json"


def worked_out() -> bytes:
    """What the file should hold."""
    found = catalogue.load()
    patterns = {p for d in (*found.detectors, *found.harmless) for p in d.patterns}
    patterns |= {keep for d in found.detectors for keep in d.keep_values if not catalogue.unbounded(parsed(keep))}
    known: dict[str, Known] = {}
    for pattern in patterns:
        digits, unbroken, solid, characters, one_of, foreign, shape = needs_of(pattern)
        needs = [digits, unbroken, solid, "".join(sorted(characters)), "".join(sorted(one_of)), foreign, shape]
        literals = literals_of(pattern)
        wide = None if literals else wider_of(pattern)
        known[key_of(pattern)] = Known(list(runs_of(pattern)), literals, needs, wide, list(heads_of(pattern)))
    lines = [orjson.dumps(key) + b":" + orjson.dumps(list(known[key])) for key in sorted(known)]
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def main() -> int:
    made = worked_out()
    if "--check" in sys.argv[1:]:
        fresh = FILE.is_file() and FILE.read_bytes() == made
        print("patterns.json is what this script writes" if fresh else "patterns.json is stale: python scripts/known_patterns.py")
        return 0 if fresh else 1
    FILE.write_bytes(made)
    print(f"{len(made):>8}  {FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
