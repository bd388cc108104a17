"""Writes logscrub/data/lowered.json: the patterns that come with logscrub, as the compiled core takes them.

    python scripts/lowered_patterns.py            # after a change of a detector, or of a pattern in the code
    python scripts/lowered_patterns.py --check    # exit code 1 if the file is not up to date

A pattern that is not in it (a user's own) is lowered at the start.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path
from unicodedata import unidata_version

import orjson

from logscrub.api import build_redactor
from logscrub.config import Config
from logscrub.engines.description import CHARACTERS, patterns_of
from logscrub.engines.lowering import Classes, key_of, lowered, with_others

PATH = Path(__file__).resolve().parents[1] / "logscrub" / "data" / "lowered.json"


def made() -> bytes:
    """The file as it should be."""
    classes = Classes(CHARACTERS)
    patterns = {}
    for pattern in patterns_of(build_redactor(Config()).engine):
        key = key_of(pattern)
        if key not in patterns:
            numbers, groups = lowered(pattern, classes)
            patterns[key] = b64encode(numbers).decode(), groups
    found = {"unicode": unidata_version, "classes": with_others(classes.known), "patterns": dict(sorted(patterns.items()))}
    return orjson.dumps(found) + b"\n"


def write_or_check(path: Path, data: bytes) -> None:
    """Writes a file, or with `--check` ends the program with exit code 1 if it holds something else."""
    if "--check" in sys.argv[1:]:
        sys.exit(0 if path.read_bytes() == data else f"{path.name} is not up to date; run {Path(sys.argv[0]).name}")
    path.write_bytes(data)
    print(f"{len(data):,} bytes in {path.name}")


if __name__ == "__main__":
    write_or_check(PATH, made())
