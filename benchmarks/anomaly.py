"""Runs the detector of levels as it is over labelled series, for others' scorers to judge. It reads no label.

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
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from logscrub.anomalies.levels import DAY, Detector

ROW_LIMIT = 10_000_000
"""More steps than this between the first and the last row is a wrong time, no gap."""


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


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--series", type=Path, metavar="DIR", help="folder of group/name.csv with TimeStamp,Value")
    what.add_argument("--nab", type=Path, metavar="DIR", help="checkout of numenta/NAB")
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args(arguments)
    if given.series:
        run_series(given.series, given.output)
    else:
        run_nab(given.nab, given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
