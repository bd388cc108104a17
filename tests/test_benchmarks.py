"""The logs that benchmarks measure with: the same for the same seed, of the right shape, and with what they promise. No times."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from logscrub import formats
from logscrub.api import build_redactor
from logscrub.config import Config
from logscrub.scrubbing import Scrubber

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import corpus  # noqa: E402
import metrics  # noqa: E402
import products  # noqa: E402
import public_logs  # noqa: E402
import reference  # noqa: E402
import untuned  # noqa: E402

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


# -- logs of invented products --------------------------------------------------------------------------------------------


def of_product(kind: str, count: int, seed: int = 1) -> bytes:
    return b"".join(islice(products.log(kind, seed), count))


@pytest.mark.parametrize("kind", products.KINDS)
def test_a_product_logs_the_same_again(kind: str) -> None:
    assert of_product(kind, 100) == of_product(kind, 100)
    assert of_product(kind, 100) != of_product(kind, 100, seed=2)


def test_the_program_writes_a_product_s_log() -> None:
    command = [sys.executable, str(BENCHMARKS / "products.py"), "--size", "20KB", "--format", "elb", "--seed", "7"]
    written = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    assert 20_000 <= len(written) < 21_000
    assert of_product("elb", 100, seed=7).startswith(written)


def test_no_two_products_share_a_statement() -> None:
    seeds = [products.seed_of(kind, seed) for kind in products.KINDS for seed in (1, 2)]
    lines = [line for seed in seeds for line in set(products.product(seed).lines)]
    assert len(lines) > len(seeds) * products.STATEMENTS
    assert len(set(lines)) == len(lines)


def test_no_word_of_a_statement_is_in_a_list_of_names_or_words() -> None:
    folder = Path(__file__).parents[1] / "logscrub" / "data"
    known = {
        line.split()[0]
        for name in ("names", "words", "either", "foreign")
        for line in (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    assert {"jane", "request"} <= known
    for kind in products.KINDS:
        lines = "\n".join(products.product(products.seed_of(kind, 1)).lines)
        bare = re.sub(r"\$(?:\{\w+\}|\w+)|^[A-Z]+ |Error:|\\.", " ", lines, flags=re.MULTILINE)
        words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+", bare)}
        assert len(words) > 300
        assert words.isdisjoint(known)


@pytest.mark.parametrize(("kind", "name"), [(kind, made.format) for kind, made in products.KINDS.items()])
def test_logscrub_reads_a_product_s_log_in_its_format(kind: str, name: str) -> None:
    records = list(islice(products.log(kind, 1), 20))
    scrubber = Scrubber(build_redactor(Config(), b"a key for the tests"))
    scrubber.feed(b"".join(records))
    scrubber.finish()
    assert (scrubber.tally.formats, scrubber.tally.records_read) == ({name: 1}, 20)
    assert scrubber.tally.records_unparsed == scrubber.tally.withheld == 0


def test_records_of_products_hold_values_of_customers_seldom() -> None:
    made = products.product(3)
    found = list(islice(products.records(made, corpus.Draw(4)), 10_000))
    assert sum(r.planted for r in found) / len(found) == pytest.approx(corpus.PLANTED_SHARE, abs=0.006)
    assert {r.statement for r in found} == set(range(len(made.lines)))
    assert not any("$" in r.message for r in found), "a slot was not filled"


# -- what is measured besides ---------------------------------------------------------------------------------------------


def test_the_reference_is_the_same_work_each_time() -> None:
    assert reference.work() == reference.work() == 253360


def test_names_of_corpora_are_told_apart() -> None:
    assert untuned.chosen("nginx,pino") == ["pino", "nginx-access", "nginx-error"]
    assert len(untuned.chosen("public")) == 16
    with pytest.raises(argparse.ArgumentTypeError, match="no corpus 'pin'"):
        untuned.chosen("pin")


def test_public_logs_are_those_of_the_pinned_commit_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_logs, "SHA256", {"HDFS": hashlib.sha256(b"a\nb\n").hexdigest(), "Mac": "0" * 64})
    answers = {"LICENSE": b"free for research", "HDFS/HDFS_2k.log": b"a\nb\n", "Mac/Mac_2k.log": b"c\n"}
    monkeypatch.setattr(public_logs, "_get", answers.__getitem__)
    with pytest.raises(ValueError, match=r"Mac_2k\.log is not the file"):
        public_logs.fetch(tmp_path)
    assert (tmp_path / "LICENSE").read_bytes() == b"free for research"
    (log,) = untuned.logs(["public-hdfs", "public-mac"], 1, 1, tmp_path)
    assert (log.name, log.records) == ("public-hdfs", [b"a\n", b"b\n"])


def test_public_logs_are_read_from_a_clone_too(tmp_path: Path) -> None:
    assert list(untuned.logs(["public-bgl"], 1, 1, tmp_path)) == []
    (tmp_path / "BGL").mkdir()
    (tmp_path / "BGL" / "BGL_2k.log").write_bytes(b"another log\n")
    with pytest.raises(ValueError, match=r"BGL_2k\.log is not the file"):
        list(untuned.logs(["public-bgl"], 1, 1, tmp_path))


def test_what_counting_costs_is_measured(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(metrics.KEY)
    found = metrics.measure_format(tmp_path, "app-logs", 30_000, key)
    assert found["records"] > 20
    assert found["compacted_bytes_a_record"] > 0
    assert found["ingest"]["wall_s"] > 0
