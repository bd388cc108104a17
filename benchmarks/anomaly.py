"""Measures what the rules of anomalies find, and how often they are wrong: `make bench-anomaly`.

    python benchmarks/anomaly.py [--seeds 4] [--floods 20] [--json FILE]

Floods among customers with low counts; incidents in generated traffic (`incidents.py`, `traffic.py`), with seeds that nothing
was tuned on; quiet traffic of several kinds; abuse at 20 alerts a day; a report from a store of 30 days of 5 million records.

And it runs the detector of levels as it is over labelled series, for others' scorers to judge. It reads no label:

    python benchmarks/anomaly.py --series DIR -o ALARMS.ndjson
    python benchmarks/anomaly.py --nab NAB -o RESULTS

--series: a folder of group/name.csv with TimeStamp,Value (microsoft/cloud-monitoring-dataset is one). Writes a line
`{"series": "group/name", "time": "2018-06-17T01:00:00Z"}` for each hour that alarms.

--nab: a checkout of numenta/NAB. Writes RESULTS/logscrub/GROUP/logscrub_FILE.csv. To score them, with RESULTS the `results` of
the checkout:

    python run.py -d logscrub --optimize --score --normalize

(With pandas 3, `labels["label"].values[...] = 1` in NAB's labeler.py has to become `labels.loc[..., "label"] = 1`.)

NAB takes a row above its threshold for a detection, and each one outside of its windows for a false one. A row's anomaly score
here is therefore the logarithm of its probability where that is the least one of a day, else 0: who was told is not told again
of what is no worse.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import math
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from logscrub.anomalies.levels import DAY, Detector

ROW_LIMIT = 10_000_000
"""More steps than this between the first and the last row is a wrong time, no gap."""


NULLS = ("poisson", "nb", "zero-inflated", "lognormal")
FALSE_SHARE = 0.05
"""Of what is found among low counts, that may be false."""
FIRST_SEED = 1001

LEAST = 20
"""NAB's scores end at 1: probabilities below ten to the power of minus this are one."""


@dataclass(frozen=True)
class Series:
    """Values at a fixed step; NaN where there is none."""

    name: str
    start: int
    """Seconds since 1970."""
    step: int
    values: list[float]


def seconds(text: str) -> int:
    """Of a time with or without a zone; without one it is taken for UTC."""
    moment = datetime.fromisoformat(text.strip())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def number(text: str) -> float:
    """NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def common_step(times: Iterable[int]) -> int:
    """The median distance of what follows one another."""
    ordered = sorted(set(times))
    return int(statistics.median(b - a for a, b in itertools.pairwise(ordered))) if len(ordered) > 1 else 3600


def on_grid(name: str, rows: list[tuple[int, float]], step: int) -> Series:
    """Rows in any order, twice, or missing, at a fixed step. Of two rows of a step the later one with a value counts."""
    start, end = min(t for t, _ in rows), max(t for t, _ in rows)
    if (end - start) // step > ROW_LIMIT:
        raise ValueError(f"{name}: from {start} to {end} is more than {ROW_LIMIT} steps")
    values = [math.nan] * ((end - start) // step + 1)
    for moment, value in rows:
        if not math.isnan(value):
            values[(moment - start) // step] = value
    return Series(name, start, step, values)


def read(path: Path, name: str, time_column: str, value_column: str, step: int | None = None) -> Series:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [(seconds(row[time_column]), number(row[value_column])) for row in csv.DictReader(file)]
    return on_grid(name, rows, step or common_step(t for t, _ in rows))


def alarms(series: Series) -> Iterator[int]:
    """The times that alarm."""
    detector = Detector(series.step)
    for place, value in enumerate(series.values):
        if detector.step(value).alarm:
            yield series.start + place * series.step


def run_series(folder: Path, out: Path) -> None:
    """Alarms of each series of a folder, as lines of JSON."""
    with out.open("w", encoding="utf-8") as file:
        for path in sorted(folder.glob("*/*.csv")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            for moment in alarms(read(path, name, "TimeStamp", "Value", 3600)):
                time = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                file.write(json.dumps({"series": name, "time": time}) + "\n")


def records(values: Iterable[float], steps: int) -> Iterator[float]:
    """A value that is above all of so many before it; 0 for others."""
    falling: deque[tuple[int, float]] = deque()
    for place, value in enumerate(values):
        while falling and falling[0][0] < place - steps:
            falling.popleft()
        yield value if not falling or value > falling[0][1] else 0.0
        while falling and falling[-1][1] <= value:
            falling.pop()
        falling.append((place, value))


def run_nab(checkout: Path, out: Path) -> None:
    """Results of each file of NAB, as its scorer reads them."""
    windows = json.loads((checkout / "labels" / "combined_windows.json").read_text(encoding="utf-8"))
    for relative in sorted(windows):  # only for which files there are; the label column is left at 0, the scorer has its own
        path = checkout / "data" / relative
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row["timestamp"], row["value"]) for row in csv.DictReader(file)]
        step = common_step(seconds(t) for t, _ in rows)
        detector = Detector(step)
        # Row by row: NAB's rows are the steps, also where its clock jumps.
        found = [detector.step(number(value)).p_value for _, value in rows]
        told = records((0.0 if math.isnan(p) else -math.log10(p) for p in found), DAY // step)
        target = out / "logscrub" / Path(relative).parent / f"logscrub_{Path(relative).name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["timestamp", "value", "anomaly_score", "label"])
            writer.writerows([t, v, round(min(s / LEAST, 1.0), 4), 0] for (t, v), s in zip(rows, told, strict=True))


def low_counts(seed: int, null: str, *, tenants: int = 4000, flooded: int = 40, days: int = 29) -> tuple[int, int, int]:
    """Floods among customers with few records, by the rule `tenant_flood`: found, false, planted.

    Most of the customers have far less than a record an hour (lognormal, 0.15 in the middle), by office hours. In the last day,
    `flooded` of them have, in three hours, 12 to 40 records more, and eight to twenty-five times as many as usual. `null`: how
    counts vary: poisson, nb (dispersion 0.5), zero-inflated (a third of all hours, each customer's own), lognormal (sigma 0.8).
    """
    import numpy as np

    from logscrub.anomalies.checks import counts
    from logscrub.anomalies.checks.base import world
    from logscrub.anomalies.rules import load_rules
    from logscrub.anomalies.signals import Panel

    chance = np.random.default_rng([seed, NULLS.index(null)])
    hours = np.arange(days * 24)
    rhythm = np.where((hours % 24 >= 7) & (hours % 24 < 19), 1.8, 0.2) * np.where(hours // 24 % 7 >= 5, 0.4, 1.24)
    usual = np.exp(chance.normal(math.log(0.15), 1.3, tenants))[:, None] * rhythm
    if null == "nb":
        usual = usual * chance.gamma(2.0, 0.5, usual.shape)
    elif null == "zero-inflated":
        usual = usual * (chance.random(usual.shape) < 0.67) / 0.67
    elif null == "lognormal":
        usual = usual * np.exp(chance.normal(-0.32, 0.8, usual.shape))
    told = chance.poisson(usual).astype(float)
    who = chance.choice(tenants, flooded, replace=False)
    begin = chance.integers((days - 1) * 24, days * 24 - 3, flooded)
    for tenant, hour in zip(who, begin, strict=True):
        at = slice(hour, hour + 3)
        more = max(chance.integers(12, 41), usual[tenant, at].sum() * chance.uniform(8, 25))
        told[tenant, at] += chance.multinomial(int(more), [1 / 3] * 3)
    rule = next(rule for rule in load_rules() if rule.id == "tenant_flood")
    rule = replace(rule, least=5.0, times=3.0)
    cells = Panel(("tenant",), tuple((str(n),) for n in range(tenants)), told)
    found = {int(c.dimensions[0][1]) for c in counts.candidates_of(rule, cells, world(), FALSE_SHARE)}
    planted = set(who.tolist())
    return len(found & planted), len(found - planted), flooded


def run_low_counts(seeds: int) -> dict[str, dict[str, float]]:
    """The same over seeds, for each null: recall, and the share of what was found that is false."""
    out = {}
    for null in NULLS:
        told = [low_counts(seed, null) for seed in range(seeds)]
        found, false, planted = (sum(column) for column in zip(*told, strict=True))
        out[null] = {"recall": found / planted, "false_share": false / max(found + false, 1)}
        print(f"low counts, {null}: recall {out[null]['recall']:.3f}, false share {out[null]['false_share']:.3f}", flush=True)
    return out


def run_traffic(seeds: Sequence[int]) -> dict[str, Any]:
    """Incidents in generated traffic, quiet traffic of several kinds, and abuse at 20 alerts a day."""
    import incidents
    import traffic

    out: dict[str, Any] = {}
    usual = traffic.Settings(days=35, tenants=300, records_a_day=80_000)
    runs = [incidents.replay(replace(usual, seed=seed)) for seed in seeds]
    out["incidents"] = incidents.summary(runs)
    abuse = replace(usual, kinds=incidents.ABUSE)
    runs = [incidents.replay(replace(abuse, seed=seed + 100), a_week=100) for seed in seeds]
    out["abuse_at_20_alerts_a_day"] = incidents.summary(runs)
    for null in traffic.NULLS:
        quiet = replace(usual, kinds=(), nulls=null, days=28)
        out[f"quiet_{null}"] = incidents.summary([incidents.replay(replace(quiet, seed=seed + 200)) for seed in seeds[:2]])
    for name, told in out.items():
        print(
            f"{name}: recall {told['recall']:.3f} of {told['incidents']} (clear {told['recall_clear']:.3f}, subtle "
            f"{told['recall_subtle']:.3f}; abuse {told['abuse_recall']:.3f}, its worst kind {told['abuse_recall_worst_kind']}), "
            f"false alarms a week {told['false_alarms_a_week']:.2f}, findings a day {told['findings_a_day']:.1f}, "
            f"median delay {told['median_delay_h']} h, {told['seconds_a_night']:.1f} s a night",
            flush=True,
        )
    return out


def run_store(days: int, records: int, tenants: int) -> dict[str, float]:
    """A report from a store of so many days: seconds, and the most memory."""
    import os
    import tempfile

    import traffic
    from run import ROOT

    with tempfile.TemporaryDirectory() as folder:
        model = traffic.make(traffic.Settings(days=days, records_a_day=records, tenants=tenants))
        written = traffic.write_store(model, f"{folder}/store", parts=("actor", "count", "distinct", "invocation", "redaction"))
        began = time.monotonic()
        command = [sys.executable, "-m", "logscrub", "report", "--store", f"{folder}/store", "-o", f"{folder}/report.html"]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        told = {"records": written, "seconds": time.monotonic() - began, "peak_mb": used.ru_maxrss / 1000, "status": status}
    print(
        f"a report of the last of {days} days, {written:,} records: {told['seconds']:.1f} s, {told['peak_mb']:.0f} MB", flush=True
    )
    return told


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--series", type=Path, metavar="DIR", help="folder of group/name.csv with TimeStamp,Value")
    what.add_argument("--nab", type=Path, metavar="DIR", help="checkout of numenta/NAB")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--seeds", type=int, default=4, help="seeds of generated traffic")
    parser.add_argument("--floods", type=int, default=20, help="seeds of floods among low counts")
    parser.add_argument("--days", type=int, default=30, help="days of the store that a report is made from")
    parser.add_argument("--records-a-day", type=int, default=5_000_000)
    parser.add_argument("--tenants", type=int, default=500)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    given = parser.parse_args(arguments)
    if (given.series or given.nab) and given.output is None:
        parser.error("where to? add: -o")
    if given.series:
        run_series(given.series, given.output)
    elif given.nab:
        run_nab(given.nab, given.output)
    else:
        told = {
            "low_counts": run_low_counts(given.floods),
            "traffic": run_traffic(range(FIRST_SEED, FIRST_SEED + given.seeds)),
            "store": run_store(given.days, given.records_a_day, given.tenants),
        }
        if given.json:
            given.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
