"""Writes `tests/real_programs/`: what real libraries of Node.js and Python print of invented people and secrets.

    python scripts/real_programs/write.py                          the samples, from the seed that they are kept for
    python scripts/real_programs/write.py --seed 7 --into FOLDER   other people and secrets, to measure with

Both programs run in a temporary folder, where `npm ci` and `pip` install their libraries; both talk only to servers of their own.
Beside each log stands its truth: what was planted, and words that must stay. Times, ports and addresses in memory differ from run
to run, so the samples are kept as they were, and nothing compares them with a new run.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "tests" / "real_programs"
SHORTEST = 4
"""Characters of a planted value that is looked for."""


@dataclass(frozen=True)
class Planted:
    """A value that a program was given, and what it is."""

    kind: str
    value: str


@dataclass(frozen=True)
class Truth:
    """What a log holds: `planted` must go, `stays` must stay."""

    planted: tuple[Planted, ...]
    stays: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Truth:
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(tuple(Planted(**p) for p in data["planted"]), tuple(data["stays"]))


def spellings(value: str) -> tuple[str, ...]:
    """How a program may have written a value down."""
    data = value.encode()
    return (
        value,
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        base64.b64encode(data).decode().rstrip("=")[:-1],
        data.hex(),
        data.hex(" "),
        ", ".join(map(str, data)),
        ",".join(map(str, data)),
    )


def survivors(truth: Truth, output: str) -> list[tuple[Planted, str]]:
    """The planted values that stand in `output` in any spelling, each with a line that holds it."""
    found = []
    for planted in truth.planted:
        if len(planted.value) < SHORTEST:
            continue
        any_of = "|".join(sorted(map(re.escape, set(spellings(planted.value))), key=len, reverse=True))
        pattern = re.compile(rf"(?<![^\W_]){any_of}(?![^\W_])" if planted.kind == "name" else any_of)
        found += [(planted, line) for line in output.splitlines() if pattern.search(line)]
    return found


def run(command: list[str], folder: Path) -> bytes:
    """What a command prints. Exits with its last line of errors where it fails."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, env={**os.environ, "PYTHONUNBUFFERED": "1", "TZ": "UTC"}, check=False
    )
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr.decode(errors='replace').strip().splitlines()[-1]}")
    return done.stdout


def write(seed: str, folder: Path, into: Path) -> None:
    """Installs both programs in `folder`, runs them, and writes logs and truths into `into`."""
    for path in HERE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    run([python, "-m", "pip", "install", "-q", "-r", "requirements.txt"], folder)
    into.mkdir(parents=True, exist_ok=True)
    for name, command in (("node", ["node", "program.mjs"]), ("python", [python, "program.py"])):
        log = run([*command, seed, f"{into.resolve()}/{name}.truth.json"], folder).replace(str(folder).encode(), b"/app")
        (into / f"{name}.log").write_bytes(re.sub(rb"/[^\s\"']{1,80}/lib/python3", b"/usr/lib/python3", log))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", default="Roster for Teams")
    parser.add_argument("--into", type=Path, default=SAMPLES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(options.seed, Path(folder).resolve(), options.into)


if __name__ == "__main__":
    main()
