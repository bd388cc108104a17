"""In Spark, columns become what `scrub` makes of each text, whatever the partitions; records count once."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pyarrow as pa
import pytest
from conftest import KEY, ROOT

from logscrub.extras import is_missing

if is_missing("spark"):
    pytest.skip("the extra spark, which is not in all, is not installed", allow_module_level=True)

import logscrub.spark
from logscrub.errors import UsageError
from logscrub.metrics.rollup import merge
from logscrub.metrics.store import open_store, read
from logscrub.shards import ingest_shard
from logscrub.spark import _counts, _scrubs, _settings, ingest_column, scrub_columns
from logscrub.values import scrubbed_values

HOUR = ROOT / "sample_logs" / "app_logs_records.ndjson"
TEXTS = ["INFO jane@acme.example", None, "", '{"assignee":"Kim","n":1}', "two\nlines of kim@acme.example", "ok"]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCRUB_KEY", KEY.decode())


def settings() -> Any:
    return _settings(None, None, (), "auto", None, None)


def wanted(texts: list[str | None]) -> list[str | None]:
    clean = iter(scrubbed_values(settings().runner(), [text for text in texts if text is not None]))
    return [None if text is None else next(clean) for text in texts]


# -- what executors run, without a cluster ---------------------------------------------------------------------------------


def test_batches_are_scrubbed_in_place() -> None:
    batch = pa.RecordBatch.from_pydict({"n": pa.array(range(6)), "message": TEXTS, "raw": TEXTS})
    (clean,) = _scrubs(settings(), ["message"])(iter([batch]))
    assert clean.schema == batch.schema and clean.column("n").equals(batch.column("n"))
    assert clean.column("message").to_pylist() == wanted(TEXTS) and clean.column("raw").to_pylist() == TEXTS


def test_what_is_sent_to_executors_holds_no_key() -> None:
    for function in (_scrubs(settings(), ["message"]), _counts(settings(), "m")):
        assert KEY not in cloudpickle.dumps(function)


def test_a_partition_counts_what_ingest_counts(tmp_path: Path) -> None:
    from logscrub.shards import Shard
    from logscrub.sources.files import expand

    lines = HOUR.read_text(encoding="utf-8").splitlines()
    half = [pa.RecordBatch.from_pydict({"text": part}) for part in (lines[:90], [*lines[90:], None])]
    (told,) = _counts(settings(), str(tmp_path / "m"))(iter(half))
    assert told.to_pylist()[0] == {
        "read": 175, "new": 175, "known": 0, "undated": 0, "not_understood": 0, "without_customer": 0, "odd_time": 0,
    }  # fmt: skip
    ingest_shard(settings(), Shard(expand([str(HOUR)])[0], None), str(tmp_path / "one"))
    both = [merge([read(open_store(str(tmp_path / name)))]) for name in ("m", "one")]
    assert both[0].equals(both[1])


def test_without_a_key_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGSCRUB_KEY")
    with pytest.raises(UsageError, match="executors need one and the same key"):
        settings()


# -- a real Spark ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "600m")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "40")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_local_spark_scrubs_and_counts(spark: Any, tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(KEY)
    key_file = tmp_path / "k"
    key_file.chmod(0o600)
    texts = [*TEXTS, *HOUR.read_text(encoding="utf-8").splitlines()]
    frame = spark.createDataFrame([(number, text) for number, text in enumerate(texts)], "n long, message string")
    for partitions in (1, 3):
        clean = scrub_columns(frame.repartition(partitions), ["message"], key_file=key_file)
        assert clean.schema == frame.schema
        assert [row.message for row in clean.orderBy("n").collect()] == wanted(texts)
        assert KEY.decode() not in clean._jdf.queryExecution().toString()
    records = frame.filter("n >= 6")
    first = ingest_column(records.repartition(3), "message", str(tmp_path / "m"), key_file=key_file)
    again = ingest_column(records.repartition(2), "message", str(tmp_path / "m"), key_file=key_file)
    assert (first.new, first.known, again.new, again.known) == (175, 0, 0, 175)
    with pytest.raises(UsageError, match="holds no texts"):
        scrub_columns(frame, ["n"], key_file=key_file)
    with pytest.raises(UsageError, match="does not have"):
        logscrub.spark.scrub_columns(frame, ["nothing"], key_file=key_file)
