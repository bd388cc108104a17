"""Measures what counting costs over scrubbing, how large the store gets, and how fast it is read: `make metrics`.

    python benchmarks/metrics.py [--size 200MB] [--days 30] [--json FILE]

One run: generated App logs records and `forge logs` text through `logscrub scrub` and through `logscrub ingest`, as programs from
cold; the store of the records copied to as many days; `logscrub metrics --by function,hour` over them. Then, in this process, how
far quantiles and distinct numbers are off, and whether sixteen parts merge to the same bytes in any order.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import tempfile
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import corpus
from run import ROOT, SEED, Ended, run, tell

KEY = b"a key for measuring, no secret.."
PARTS = 16


def files_in(store: Path) -> int:
    """The bytes of a store's data."""
    return sum(path.stat().st_size for path in store.rglob("*.parquet"))


def row(ended: Ended, size: int) -> dict[str, float]:
    return {"wall_s": ended.wall_s, "cpu_s": ended.cpu_s, "peak_mb": ended.peak_rss_mb, "mb_per_s": size / 1e6 / ended.wall_s}


def measure_format(folder: Path, log_format: str, size: int, key: Path) -> dict[str, Any]:
    """Scrub and ingest of one log."""
    log, store = folder / f"{log_format}.log", folder / f"{log_format}.store"
    tell(f"{log_format}: corpus")
    records = 0
    with log.open("wb") as file:
        left = size
        for line in corpus.corpus(log_format, SEED):
            left -= file.write(line)
            records += 1
            if left <= 0:
                break
    tell(f"{log_format}: scrub")
    scrubbed = run(["scrub", str(log), "-o", str(folder / "clean"), "--key-file", str(key)], folder)
    tell(f"{log_format}: ingest")
    ingested = run(["ingest", str(log), "--store", str(store), "--key-file", str(key)], folder)
    before = files_in(store)
    run(["store", "compact", "--store", str(store)], folder)
    from logscrub.metrics import store as stores

    kept = stores.open_store(str(store))
    stores.vacuum(kept, dropped=True)
    log.unlink()
    (folder / "clean").unlink()
    return {
        "records": records,
        "scrub": row(scrubbed, size),
        "ingest": row(ingested, size),
        "ingest_to_scrub_wall": ingested.wall_s / scrubbed.wall_s,
        "store_bytes_a_record": before / records,
        "compacted_bytes_a_record": files_in(store) / records,
    }


def measure_reading(folder: Path, days: int, key: Path) -> dict[str, Any]:
    """Reading a store of many days, each a copy of the records' first."""
    import polars as pl

    from logscrub.metrics import store as stores

    tell(f"a store of {days} days")
    one = stores.open_store(str(folder / "app-logs.store"))
    rows = stores.read(one)
    many = stores.open_or_make(str(folder / "many"), one.key_id)
    first = rows["day"].min()
    rows = rows.filter(pl.col("day") == first)
    for n in range(days):
        moved = rows.with_columns(pl.col("day") - timedelta(days=n), pl.col("hour") - timedelta(days=n))
        stores.add(many, lambda seen, moved=moved: moved, [])
    tell("metrics")
    read = run(["metrics", "--store", str(folder / "many"), "--by", "function,hour", "-o", str(folder / "table")], folder)
    return {
        "rows": len(rows) * days,
        "records": int(rows.filter(pl.col("kind") == "count")["records"].sum()) * days,
        "bytes": files_in(folder / "many"),
        **row(read, files_in(folder / "many")),
    }


def measure_exactness() -> dict[str, Any]:
    """How far sketches are off, and whether parts merge to the same bytes."""
    from logscrub.formats.base import Record
    from logscrub.metrics import rollup
    from logscrub.metrics.columns import Columns
    from logscrub.metrics.facts import FactFinder
    from logscrub.metrics.records import Records
    from logscrub.metrics.rollup import merge
    from logscrub.metrics.sketches import bucket_of, distinct, quantile, register_of

    tell("exactness")
    chance = random.Random(SEED)
    values = [chance.lognormvariate(5, 2) for _ in range(200_000)]
    counts: dict[int, int] = defaultdict(int)
    for value in values:
        counts[bucket_of(value)] += 1
    values.sort()
    off = max(abs((quantile(counts, q) or 0) / values[int(q * len(values)) - 1] - 1) for q in (0.5, 0.9, 0.95, 0.99))
    numbers = (1_000, 10_000, 100_000, 1_000_000)
    wrong = max(abs(distinct({register_of(chance.randbytes(8)) for _ in range(n)}) / n - 1) for n in numbers)
    reader, finder = Records(), FactFinder(KEY)
    lines = corpus.corpus("app-logs", SEED)
    facts = [finder.facts(r) for _ in range(30_000) for r in reader.feed(next(lines)) if isinstance(r, Record)]
    facts = list({(f.hour, f.fingerprint): f for f in facts}.values())

    def rolled(part: list[Any]) -> Any:
        columns = Columns()
        columns.extend(part)
        return rollup.rolled(columns, columns.frame())

    def as_bytes(frame: Any) -> bytes:
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        return buffer.getvalue()

    parts = [rolled(facts[i::PARTS]) for i in range(PARTS)]
    made = {as_bytes(rolled(facts))}
    for _ in range(5):
        chance.shuffle(parts)
        made.add(as_bytes(merge(parts)))
    return {"quantiles_off_by": off, "distinct_off_by": wrong, "sixteen_parts_same_bytes": len(made) == 1}


def table(result: dict[str, Any]) -> str:
    lines = [f"{'':<12}{'records':>11}{'scrub s':>9}{'ingest s':>10}{'ratio':>7}{'peak MB':>9}{'B/record':>10}{'compact':>9}"]
    for name, r in result["formats"].items():
        lines.append(
            f"{name:<12}{r['records']:>11,}{r['scrub']['wall_s']:>9.1f}{r['ingest']['wall_s']:>10.1f}{r['ingest_to_scrub_wall']:>7.2f}"
            f"{r['ingest']['peak_mb']:>9.0f}{r['store_bytes_a_record']:>10.1f}{r['compacted_bytes_a_record']:>9.1f}"
        )
    read, exact = result["reading"], result["exactness"]
    lines += [
        "",
        f"metrics --by function,hour over {result['days']} days ({read['records']:,} records, {read['rows']:,} rows, "
        f"{read['bytes'] / 1e6:.0f} MB): {read['wall_s']:.1f} s, {read['peak_mb']:.0f} MB",
        f"quantiles off by {exact['quantiles_off_by']:.2%} at most, distinct numbers by {exact['distinct_off_by']:.2%}; "
        f"16 parts merge to the same bytes in any order: {'yes' if exact['sixteen_parts_same_bytes'] else 'NO'}",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what counting costs, and how the store is read.")
    parser.add_argument("--size", type=corpus.parse_size, default="200MB", help="of the logs of each format (200MB)")
    parser.add_argument("--days", type=int, default=30, help="of the store that is read (30)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file too")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="logscrub-bench-") as name:
        folder = Path(name)
        key = folder / "key"
        key.write_bytes(KEY)
        result = {
            "load_before": os.getloadavg()[0],
            "days": options.days,
            "formats": {f: measure_format(folder, f, options.size, key) for f in corpus.FORMATS},
            "reading": measure_reading(folder, options.days, key),
            "exactness": measure_exactness(),
        }
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
