"""The logs that benchmarks measure with: the same for the same seed, of the right shape, and with what they promise. No times."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from logscrub import formats

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import corpus  # noqa: E402

HEAD = re.compile(
    r"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) {3,4}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-"
)


def first(log_format: str, count: int, seed: int = 1) -> list[str]:
    return [line.decode() for line in islice(corpus.corpus(log_format, seed), count)]


@pytest.mark.parametrize("log_format", corpus.FORMATS)
def test_a_seed_gives_the_same_log_again_and_another_one_another(log_format: str) -> None:
    assert first(log_format, 300) == first(log_format, 300)
    assert first(log_format, 300) != first(log_format, 300, seed=2)


@pytest.mark.parametrize("log_format", corpus.FORMATS)
def test_the_program_writes_whole_records_up_to_the_size(log_format: str) -> None:
    command = [sys.executable, str(BENCHMARKS / "corpus.py"), "--size", "50KB", "--format", log_format, "--seed", "7"]
    written = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    expected = b""
    for record in first(log_format, 1000, seed=7):
        expected += record.encode()
        if len(expected) >= 50_000:
            break
    assert written == expected


@pytest.mark.parametrize("log_format", corpus.FORMATS)
def test_logscrub_takes_it_for_its_format(log_format: str) -> None:
    assert formats.recognise(first(log_format, 1)[0].split("\n", 1)[0]).name == log_format


def test_app_logs_are_records_of_the_api() -> None:
    contexts = set()
    for line in first("app-logs", 5000):
        assert line.endswith("}\n")
        record = json.loads(line)
        assert set(record) == {"timeUnixNano", "severityNumber", "severityText", "body", "traceId", "spanId", "attributes"}
        assert record["severityNumber"] == corpus.LEVELS[record["severityText"]]
        assert record["timeUnixNano"].isdigit()
        assert "$" not in record["body"]["stringValue"], "a slot was not filled"
        attributes = {a["key"]: a["value"]["stringValue"] for a in record["attributes"]}
        assert len(attributes) == len(record["attributes"])
        contexts.add(attributes["installationContext"])
        if "arguments" in attributes:
            assert isinstance(json.loads(attributes["arguments"]), list)
    assert 300 < len(contexts) <= corpus.TENANTS


def test_forge_cli_is_a_head_and_lines_that_go_on() -> None:
    records = first("forge-cli", 3000)
    assert all(HEAD.match(r) and r.endswith("\n") for r in records)
    going_on = [line for r in records for line in r.splitlines()[1:]]
    assert not any(HEAD.match(line) for line in going_on)
    assert sum("\n    at " in r for r in records) > 50, "errors with their stacks"
    assert sum("{\n  " in r for r in records) > 50, "objects over several lines"


def test_there_are_200_statements_and_all_are_reached() -> None:
    lines = [line for line in (corpus.HARMLESS + corpus.PLANTED).splitlines() if line]
    assert len(set(lines)) == len(lines) == len(corpus.STATEMENTS)
    assert corpus.HARMLESS_COUNT >= 200
    assert {r.statement for r in islice(corpus.records(1), 30_000)} == set(range(len(lines)))


def test_what_may_name_a_customer_stands_in_planted_statements_alone() -> None:
    used = {a or b for a, b in corpus._SLOT.findall(corpus.HARMLESS)}
    assert used <= {*corpus.HARMLESS_SLOTS, "json"}
    planted = {a or b for a, b in corpus._SLOT.findall(corpus.PLANTED)}
    assert set(corpus.PLANTED_SLOTS) <= planted, "a kind of customer data that nothing shows"


@pytest.mark.parametrize("seed", [1, 2])
def test_three_percent_of_the_records_hold_customer_data(seed: int) -> None:
    found = list(islice(corpus.records(seed), 20_000))
    assert sum(r.planted for r in found) / len(found) == pytest.approx(corpus.PLANTED_SHARE, abs=0.004)
    assert all(r.planted == (r.statement >= corpus.HARMLESS_COUNT) for r in found)


@pytest.mark.parametrize(
    ("text", "size"), [("20MB", 20_000_000), ("1.5 GB", 1_500_000_000), ("4096", 4096), ("10kb", 10_000), ("7 b", 7)]
)
def test_sizes(text: str, size: int) -> None:
    assert corpus.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "12 TBs", "1e9"])
def test_wrong_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="no size"):
        corpus.parse_size(text)
