"""Whether a run on a cluster survives that workers and the client itself are killed, at random moments, many times.

    python benchmarks/kills.py --kills 200 --seed 1 exports/

Three kinds of work are done on a local cluster, by the command: scrub, verify and ingest of the files in a folder. While it runs,
now a worker and now the command with all its workers is killed (SIGKILL); a command that ended so is given again. Once it has
ended by itself, its output must be that of one process: the same bytes, the same report, the same table. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROGRAM = [sys.executable, "-m", "logscrub"]
_LONGEST = 900.0
"""Seconds in which a command must end by itself once nothing kills it any more."""


@dataclass(frozen=True)
class Work:
    """A kind of work."""

    name: str
    arguments: list[str]
    made: Callable[[], object]
    """What it has made, for comparison."""
    removed: Path
    """What is removed before it is done anew."""
    codes: tuple[int, ...] = (0,)


def workers_of(leader: int) -> list[int]:
    """The processes below another that are workers of a cluster."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, pending = [], [leader]
    while pending:
        below = children.get(pending.pop(), [])
        pending += below
        found += below
    return [pid for pid in found if b"spawn_main" in command_of(pid)]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def killed(work: Work, chance: random.Random, kills: int, took: float) -> tuple[int, int]:
    """Does a work under as many kills as there are time for, and gives how many of workers and of the client there were."""
    workers = clients = 0
    shutil.rmtree(work.removed, ignore_errors=True)
    while True:
        process = subprocess.Popen(
            [*PROGRAM, *work.arguments, "--on", "local"], stderr=subprocess.DEVNULL, start_new_session=True
        )
        while process.poll() is None and workers + clients < kills:
            try:
                process.wait(chance.uniform(0, took))
            except subprocess.TimeoutExpired:
                pids = workers_of(process.pid)
                if pids and chance.random() < 0.7:
                    try:
                        os.kill(chance.choice(pids), signal.SIGKILL)
                        workers += 1
                    except ProcessLookupError:
                        pass
                elif process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    clients += 1
        code = process.wait(_LONGEST)
        if code >= 0:
            if code not in work.codes:
                raise SystemExit(f"{work.name}: ended with {code}")
            return workers, clients


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as place:
        here, inputs = Path(place), str(given.folder.absolute())
        subprocess.run([*PROGRAM, "keys", "new", str(here / "k.key")], check=True, stderr=subprocess.DEVNULL)
        key = ["--key-file", str(here / "k.key")]

        def table() -> object:
            asked = [*PROGRAM, "metrics", "--store", str(here / "m"), "--by", "function,level,hour", "--exact", *key]
            return json.loads(subprocess.run([*asked, "--format", "json"], check=True, capture_output=True).stdout)

        def findings() -> object:
            report = json.loads((here / "r.json").read_text())
            return sorted((f["path"], f["sha256"], len(f["findings"])) for f in report["files"])

        works = [
            Work("scrub", ["scrub", inputs, "-o", str(here / "c"), *key], lambda: content(here / "c"), here / "c"),
            Work("verify", ["verify", inputs, "--format", "json", "-o", str(here / "r.json")], findings, here / "none", (0, 1)),
            Work("ingest", ["ingest", inputs, "--store", str(here / "m"), *key], table, here / "m"),
        ]
        expected, took = {}, {}
        for work in works:
            began = time.monotonic()
            code = subprocess.run([*PROGRAM, *work.arguments, "--on", "local"], stderr=subprocess.DEVNULL).returncode
            took[work.name] = time.monotonic() - began
            alone = subprocess.run([*PROGRAM, *work.arguments], stderr=subprocess.DEVNULL).returncode
            if code != alone or code not in work.codes:
                raise SystemExit(f"{work.name}: {code} on a cluster, {alone} without")
            expected[work.name] = work.made()
        workers = clients = rounds = 0
        while workers + clients < given.kills:
            work = works[rounds % len(works)]
            its = killed(work, chance, min(given.kills - workers - clients, 1 + given.kills // 10), took[work.name])
            workers, clients, rounds = workers + its[0], clients + its[1], rounds + 1
            if work.made() != expected[work.name]:
                raise SystemExit(f"{work.name}: what was made differs, seed {given.seed}, round {rounds}")
            print(
                f"{rounds} runs to the end, {workers} workers and {clients} clients killed, nothing lost or doubled", flush=True
            )


if __name__ == "__main__":
    main()
