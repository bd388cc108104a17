"""Measures how fast logscrub is on logs that nobody tuned it to: `make bench`. See benchmarks/README.md.

    python benchmarks/untuned.py [--size 1MB] [--corpora pino,nginx] [--public-logs DIR] [--skip-presidio] [--json FILE]

Each log goes through the program from cold on one core (scrub, verify, ingest) and through the library in a process that has
started already. A log is of a product that is invented from a seed (`products.py`), of the two that logscrub was made fast on
(`corpus.py`), or public (`public_logs.py`). Then a hundred hostile texts, of tests/hostile.py. Processor time is the figure that
counts: others may use the machine meanwhile. What it is worth elsewhere, reference units say (`reference.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import corpus
import products
import public_logs
import reference
from run import PRESIDIO_SCORE, ROOT, SEED, apart, by_vector, clock, machine, presidio, run, tell

KEY = b"a key for measuring, no secret.."
TUNED = {f"tuned-{name}": name for name in corpus.FORMATS}
PUBLIC = {f"public-{kind.lower()}": kind for kind in public_logs.SHA256}
HOSTILE = "hostile"
NAMES = (*products.KINDS, *TUNED, *PUBLIC, HOSTILE)
SAMPLE = 40
"""Records of each log that are shown to plain Presidio."""
WARM_UP = 5
"""Records of each kind of other products that make a process ready before it is measured."""
PLAIN_SIZE = 100_000
"""Bytes that the plain engine reads."""
SHAPES = 100
SHAPE_SIZE = 10_000


@dataclass(frozen=True, slots=True)
class Log:
    """A log to measure with."""

    name: str
    records: list[bytes]
    """As they are printed; of a public log, its lines."""

    def sample(self) -> list[str]:
        """Records from everywhere in it."""
        step = max(1, len(self.records) // SAMPLE)
        return [record.decode(errors="replace") for record in self.records[::step][:SAMPLE]]


def logs(names: list[str], size: int, seed: int, folder: Path) -> Iterator[Log]:
    """The logs of these names; `folder`: where public ones are. Raises ValueError if one of these is another."""
    for name in names:
        if name in products.KINDS:
            yield Log(name, _up_to(size, products.log(name, seed)))
        elif name in TUNED:
            yield Log(name, _up_to(size, corpus.corpus(TUNED[name], seed)))
        elif name in PUBLIC and (data := public_logs.read(folder, PUBLIC[name])) is not None:
            yield Log(name, data.splitlines(keepends=True))


def _up_to(size: int, lines: Iterator[bytes]) -> list[bytes]:
    taken = []
    while size > 0:
        taken.append(line := next(lines))
        size -= len(line)
    return taken


def chosen(text: str) -> list[str]:
    """The corpora that a list of names means; a name also means all that begin with it and a dash. Raises ArgumentTypeError."""
    found = []
    for part in text.split(","):
        meant = [name for name in NAMES if name == part or name.startswith(f"{part}-")]
        if not meant:
            raise argparse.ArgumentTypeError(f"no corpus {part!r}; there are {', '.join(NAMES)}")
        found += meant
    return [name for name in NAMES if name in found]


# ---------------------------------------------------------------------------------------------------------------------
# Measuring
# ---------------------------------------------------------------------------------------------------------------------


def measure(log: Log, folder: Path) -> dict[str, Any]:
    """One log through everything but Presidio."""
    path, clean, summary = folder / f"{log.name}.log", folder / f"{log.name}.clean", folder / "summary.json"
    path.write_bytes(b"".join(log.records))
    size, key, store = path.stat().st_size, ["--key-file", str(folder / "key")], str(folder / f"{log.name}.store")
    unit_s = reference.unit_s()  # here and there in a run, so that its median is the machine's over all of it
    scrubbed = run(["scrub", str(path), "-o", str(clean), "--summary", str(summary), *key], folder, accept=(0, 3), one_core=True)
    verified = run(["verify", str(clean)], folder, accept=(0, 1, 3), one_core=True)
    ingested = run(["ingest", str(path), "--store", store, *key], folder, accept=(0, 3), one_core=True)
    started = apart(scrub_started, path)
    plain = apart(scrub_plain, path)
    said = json.loads(summary.read_text(encoding="utf-8"))
    row = {
        "corpus": log.name,
        "formats": said["formats"],
        "records": said["records"],
        "bytes": size,
        "reference_unit_s": unit_s,
        "scrub": asdict(scrubbed) | _speed(size, scrubbed.cpu_s),
        "scrub_started": started | _speed(size, started["cpu_s"]),
        "scrub_plain": plain,
        "verify": asdict(verified),
        "ingest": asdict(ingested),
        "verify_to_scrub_cpu": verified.cpu_s / scrubbed.cpu_s,
        "ingest_to_scrub_cpu": ingested.cpu_s / scrubbed.cpu_s,
    }
    with suppress(ImportError):
        vector = apart(by_vector, log.name, path)
        row["vector"] = {"cpu_s": vector.cpu_s} | _speed(size, vector.cpu_s)
        row["logscrub_to_vector_cpu"] = vector.cpu_s / started["cpu_s"]
    path.unlink()
    clean.unlink()
    return row


def _speed(size: int, cpu_s: float) -> dict[str, float]:
    return {"cpu_s_per_mb": cpu_s / (size / 1e6), "mb_per_cpu_s": size / 1e6 / cpu_s}


def scrub_started(log: Path) -> dict[str, float]:
    """A log through the library, in a process that has read records of other products already."""
    api = _api()
    data = log.read_bytes()
    engine = api.engine_of(api.build_redactor(api.Config(), KEY))
    with clock() as taken:
        scrubber = engine.scrubber()
        scrubber.feed(data)
        scrubber.finish()
    return {"wall_s": taken[0], "cpu_s": taken[1]}


def scrub_plain(log: Path) -> dict[str, float]:
    """The beginning of a log through the plain engine, in a process that has read records of other products already."""
    api = _api()
    data = log.read_bytes()[:PLAIN_SIZE]
    api.scrub("".join(_warm_up()), engine="plain")
    with clock() as taken:
        api.scrub(data, engine="plain")
    return {"bytes": len(data), "cpu_s": taken[1]} | _speed(len(data), taken[1])


def samples_by_logscrub(samples: dict[str, list[str]]) -> dict[str, float]:
    """Processor seconds for each sample, as one log."""
    api = _api()
    taken_s = {}
    for name, texts in samples.items():
        with clock() as taken:
            api.scrub("".join(texts))
        taken_s[name] = taken[1]
    return taken_s


def samples_by_presidio(samples: dict[str, list[str]]) -> dict[str, float]:
    """Processor seconds for each sample through plain Presidio, each record a text."""
    analyzer = presidio()
    for text in _warm_up():
        analyzer.analyze(text, language="en", score_threshold=PRESIDIO_SCORE)
    taken_s = {}
    for name, texts in samples.items():
        with clock() as taken:
            for text in texts:
                analyzer.analyze(text, language="en", score_threshold=PRESIDIO_SCORE)
        taken_s[name] = taken[1]
    return taken_s


def hostile(size: int) -> dict[str, Any]:
    """A hundred hostile texts, each by itself: MB/s of a processor."""
    api = _api()
    sys.path.insert(0, str(ROOT / "tests"))
    from hostile import shape

    speeds, done = {}, 0
    engine = api.engine_of(api.build_redactor(api.Config(), KEY))
    for seed in range(SHAPES):
        one = shape(seed)
        data = one.make(size)
        with clock() as taken:
            scrubber = engine.scrubber()
            scrubber.feed(data)
            scrubber.finish()
        speeds[one.name] = len(data) / 1e6 / taken[1]
        done += len(data)
    worst = min(speeds, key=lambda name: speeds[name])
    median = statistics.median(speeds.values())
    return {"shapes": SHAPES, "bytes": done, "worst_mb_per_cpu_s": speeds[worst], "worst": worst, "median_mb_per_cpu_s": median}


def _api() -> Any:
    """logscrub's library, ready."""
    sys.path.insert(0, str(ROOT))
    from logscrub import api

    api.scrub("".join(_warm_up()))
    return api


def _warm_up() -> list[str]:
    return [record.decode() for kind in products.KINDS for record in islice(products.log(kind, SEED + 1000), WARM_UP)]


# ---------------------------------------------------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------------------------------------------------


def measure_all(names: list[str], size: int, seed: int, public: Path, with_presidio: bool) -> dict[str, Any]:
    """Everything, one thing after another."""
    load_before = os.getloadavg()[0]
    found = list(logs(names, size, seed, public))
    rows, samples = [], {log.name: log.sample() for log in found}
    with tempfile.TemporaryDirectory(prefix="logscrub-bench-") as name:
        folder = Path(name)
        (folder / "key").write_bytes(KEY)
        for log in found:
            tell(log.name)
            rows.append(measure(log, folder))
    if with_presidio and samples:
        tell("samples, beside plain Presidio")
        ours, theirs = apart(samples_by_logscrub, samples), apart(samples_by_presidio, samples)
        for row in rows:
            row["logscrub_to_presidio_cpu"] = theirs[row["corpus"]] / ours[row["corpus"]]
    unit_s = statistics.median([row["reference_unit_s"] for row in rows] or [reference.unit_s()])
    for row in rows:
        for what in ("scrub", "scrub_started"):
            row[what]["units_per_mb"] = row[what]["cpu_s_per_mb"] / unit_s
    result: dict[str, Any] = {"corpora": rows}
    if HOSTILE in names:
        tell(HOSTILE)
        result[HOSTILE] = apart(hostile, SHAPE_SIZE)
    return result | {
        "machine": machine(load_before),
        "seed": seed,
        "size": size,
        "reference_unit_s": unit_s,
        "left_out": [name for name in names if name in PUBLIC and name not in samples],
    }


HEADS = ((0, "", ""), (1, "processor time", "read as"))
COLUMNS: tuple[tuple[str, str, Callable[[dict[str, Any]], str]], ...] = (
    ("", "MB", lambda row: f"{row['bytes'] / 1e6:.2f}"),
    ("cold", "s/MB", lambda row: f"{row['scrub']['cpu_s_per_mb']:.2f}"),
    ("", "MB/s", lambda row: f"{row['scrub']['mb_per_cpu_s']:.2f}"),
    ("started", "s/MB", lambda row: f"{row['scrub_started']['cpu_s_per_mb']:.2f}"),
    ("", "MB/s", lambda row: f"{row['scrub_started']['mb_per_cpu_s']:.2f}"),
    ("", "units/MB", lambda row: f"{row['scrub_started']['units_per_mb']:.0f}"),
    ("plain", "MB/s", lambda row: f"{row['scrub_plain']['mb_per_cpu_s']:.2f}"),
    ("verify", "/scrub", lambda row: f"{row['verify_to_scrub_cpu']:.2f}"),
    ("ingest", "/scrub", lambda row: f"{row['ingest_to_scrub_cpu']:.2f}"),
    ("peak", "MB", lambda row: f"{row['scrub']['peak_rss_mb']:.0f}"),
    (":", "Vector", lambda row: f"{row['logscrub_to_vector_cpu']:.3f}" if "vector" in row else "-"),
    (":", "Presidio", lambda row: f"{row['logscrub_to_presidio_cpu']:.1f}" if "logscrub_to_presidio_cpu" in row else "-"),
)
"""The two lines of a column's head, and what stands in it."""


def table(result: dict[str, Any]) -> str:
    """The result for people. Seconds and speeds are of a processor."""
    made_on, unit_s = result["machine"], result["reference_unit_s"]
    lines = [
        f"Python {made_on['python']}, {made_on['system']}, {made_on['processors']} processors, "
        f"load {made_on['load_before']:.1f} before and {made_on['load_after']:.1f} after; "
        f"seed {result['seed']}, a reference unit is {unit_s:.3f} s",
        "",
        *(f"{first:<20}{second:<18}" + "".join(f"{column[n]:>9}" for column in COLUMNS) for n, first, second in HEADS),
    ]
    for row in result["corpora"]:
        cells = "".join(f"{show(row):>9}" for _, _, show in COLUMNS)
        lines.append(f"{row['corpus']:<20}{'+'.join(row['formats']):<18}{cells}")
        odd = {what: row[what]["exit_code"] for what in ("scrub", "verify", "ingest") if row[what]["exit_code"]}
        if odd:
            lines.append(f"{'':<20}(exit codes: {', '.join(f'{what} {code}' for what, code in odd.items())})")
    if HOSTILE in result:
        shapes = result[HOSTILE]
        lines += [
            "",
            f"{shapes['shapes']} hostile texts, {shapes['bytes'] / 1e6:.2f} MB: worst {shapes['worst_mb_per_cpu_s']:.3f} MB/s, "
            f"median {shapes['median_mb_per_cpu_s']:.3f} MB/s; worst is {shapes['worst']!a}",
        ]
    if result["left_out"]:
        lines += ["", f"{len(result['left_out'])} public logs are left out: python benchmarks/public_logs.py fetches them"]
    if result["corpora"] and not any("vector" in row for row in result["corpora"]):
        lines += ["", "Vector is left out: pyVRL is not installed"]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures logscrub's speed on logs that nobody tuned it to.")
    parser.add_argument("--size", type=corpus.parse_size, default="1MB", help="of each generated log (1MB)")
    parser.add_argument("--seed", type=int, default=SEED, help="of the products (1)")
    parser.add_argument(
        "--corpora", type=chosen, default=list(NAMES), metavar="NAME,…", help=f"measure with these alone, of: {', '.join(NAMES)}"
    )
    parser.add_argument(
        "--public-logs", type=Path, metavar="DIR", default=public_logs.HERE, help="where public_logs.py put them, or a clone"
    )
    parser.add_argument("--skip-presidio", action="store_true", help="measure logscrub alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file too")
    options = parser.parse_args()
    try:
        result = measure_all(options.corpora, options.size, options.seed, options.public_logs, not options.skip_presidio)
    except ValueError as error:
        raise SystemExit(f"untuned.py: {error}") from None
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
