"""Tables and OTLP in protobuf are read as records and written again: what their parsers accepted before, they accept after."""

from __future__ import annotations

import datetime
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from polars.testing import assert_frame_equal
from strategies import examples
from test_cli_scrub import lines, run

from logscrub import api
from logscrub.api import engines
from logscrub.errors import InputError
from logscrub.sources import codings
from logscrub.sources.files import Input
from logscrub.sources.streams import open_stream

FRAME = pl.DataFrame(
    {
        "time": [datetime.datetime(2026, 11, 17, 9, 15, 38), datetime.datetime(2026, 11, 17, 9, 15, 39)],
        "level": ["ERROR", "INFO"],
        "message": ["mail from jane.doe@acme.example failed in 12 ms", "ok"],
        "phone": [14155550132, 14155550133],
        "n": [1, None],
        "tags": [["a", "jane@acme.example"], []],
        "raw": [b"\x00\x01", None],
        "price": [1.5, float("inf")],
    }
)


def written(frame: pl.DataFrame, kind: str) -> bytes:
    out = io.BytesIO()
    writers: dict[str, Callable[[io.BytesIO], object]] = {
        "parquet": frame.write_parquet,
        "arrow": frame.write_ipc,
        "arrow stream": frame.write_ipc_stream,
    }
    writers[kind](out)
    return out.getvalue()


def table_of(data: bytes, kind: str) -> pl.DataFrame:
    return {"parquet": pl.read_parquet, "arrow": pl.read_ipc, "arrow stream": pl.read_ipc_stream}[kind](io.BytesIO(data))


KINDS = ("parquet", "arrow", "arrow stream")


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("kind", KINDS)
def test_a_table_keeps_its_columns_and_loses_customer_data(tmp_path: Path, kind: str, engine: Any) -> None:
    source, target = tmp_path / "logs", tmp_path / "clean"
    source.write_bytes(written(FRAME, kind))
    done = api.scrub_file(source, target, engine=engine)
    assert done.records_read == 2
    clean = table_of(target.read_bytes(), kind)
    untouched = ["time", "level", "n", "raw", "price"]
    assert_frame_equal(clean.select(untouched), FRAME.select(untouched))
    assert clean["message"].to_list() == ["mail from <EMAIL_ADDRESS> failed in 12 ms", "ok"]
    assert clean["phone"].to_list() == ["<PHONE_NUMBER>", "<PHONE_NUMBER>"]
    assert clean["tags"].to_list() == [["a", "<EMAIL_ADDRESS>"], []]
    (report,) = api.verify_file(target)
    assert report.clean and report.records == 2
    assert not api.verify_file(source)[0].clean


ARROW = pa.table(
    {
        "time": pa.array([1794906938315, 1794906939315], pa.timestamp("ms", "UTC")),
        "level": pa.array(["ERROR", "INFO"]).dictionary_encode(),
        "message": ["mail from jane.doe@acme.example failed in 12 ms", "ok"],
        "user": [{"email": "jane@acme.example", "n": 1}, None],
        "tags": [["a", "jane@acme.example"], []],
        "raw": pa.array([b"\x00\x01", None], pa.binary()),
        "n": pa.array([1, None], pa.int32()),
    }
)


def stream(sink: io.BytesIO, table: pa.Table) -> None:
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


ARROW_WRITES: dict[str, Any] = {
    "parquet": lambda sink: pyarrow.parquet.write_table(ARROW, sink),
    "parquet with zstd": lambda sink: pyarrow.parquet.write_table(ARROW, sink, compression="zstd", version="1.0"),
    "feather": lambda sink: pyarrow.feather.write_feather(ARROW, sink, compression="uncompressed"),
    "feather with lz4": lambda sink: pyarrow.feather.write_feather(ARROW, sink, compression="lz4"),
    "stream": lambda sink: stream(sink, ARROW),
}


def read_by_arrow(data: bytes, kind: str) -> pa.Table:
    if kind.startswith("parquet"):
        return pyarrow.parquet.read_table(io.BytesIO(data))
    if kind.startswith("feather"):
        return pyarrow.feather.read_table(io.BytesIO(data))
    return pyarrow.ipc.open_stream(data).read_all()


@pytest.mark.parametrize("kind", ARROW_WRITES)
def test_what_arrow_wrote_arrow_reads_once_it_is_scrubbed(tmp_path: Path, kind: str) -> None:
    source, target, sink = tmp_path / "logs", tmp_path / "clean", io.BytesIO()
    ARROW_WRITES[kind](sink)
    source.write_bytes(sink.getvalue())
    assert api.scrub_file(source, target).records_read == 2
    before, after = read_by_arrow(sink.getvalue(), kind), read_by_arrow(target.read_bytes(), kind)
    assert after.validate(full=True) is None and after.column_names == before.column_names
    untouched = ["time", "level", "raw", "n"]
    assert after.select(untouched).to_pylist() == before.select(untouched).to_pylist()
    assert after["message"].to_pylist() == ["mail from <EMAIL_ADDRESS> failed in 12 ms", "ok"]
    assert after["user"].to_pylist() == [{"email": "<EMAIL_ADDRESS>", "n": 1}, None]
    assert after["tags"].to_pylist() == [["a", "<EMAIL_ADDRESS>"], []]
    assert api.verify_file(target)[0].clean


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("columns", [FRAME.columns, ["time", "level", "n"]])
def test_what_polars_wrote_arrow_reads_once_it_is_scrubbed(tmp_path: Path, kind: str, columns: list[str]) -> None:
    source, target = tmp_path / "logs", tmp_path / "clean"
    source.write_bytes(written(FRAME.select(columns), kind))
    api.scrub_file(source, target)
    arrow = {"parquet": "parquet", "arrow": "feather", "arrow stream": "stream"}[kind]
    after = read_by_arrow(target.read_bytes(), arrow)
    assert after.validate(full=True) is None
    assert_frame_equal(pl.DataFrame(pl.from_arrow(after)), table_of(target.read_bytes(), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_compressed_table_stays_one(tmp_path: Path, kind: str) -> None:
    source, target = tmp_path / "logs.gz", tmp_path / "clean.gz"
    source.write_bytes(gzip.compress(written(FRAME, kind)))
    assert api.scrub_file(source, target).records_read == 2
    assert "jane" not in str(table_of(gzip.decompress(target.read_bytes()), kind).select("message", "tags").rows())


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_without_customer_data_is_the_same_file(tmp_path: Path, kind: str) -> None:
    source, target = tmp_path / "logs", tmp_path / "clean"
    source.write_bytes(written(FRAME.select("time", "level", "n", "raw", "price"), kind))
    api.scrub_file(source, target)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_table_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    data = written(FRAME, kind)
    for cut in (13, len(data) // 2, len(data) - 1):
        (tmp_path / "logs").write_bytes(data[:cut])
        done = run("scrub", tmp_path / "logs", "-o", tmp_path / "clean")
        if kind == "arrow stream" and done.returncode == 0:
            continue  # a stream may end after any of its batches
        assert done.returncode == 3 and len(lines(done)) == 1 and "corrupt" in lines(done)[0]
        assert not (tmp_path / "clean").exists()


@examples(25)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "message": st.none() | st.text(max_size=20) | st.just("mail jane@acme.example"),
                "when": st.none() | st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2100, 1, 1)),
                "n": st.none() | st.integers(-5, 5),
                "x": st.none() | st.floats(),
                "inner": st.none()
                | st.fixed_dictionaries({"a": st.none() | st.text(max_size=5), "b": st.none() | st.booleans()}),
            }
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_table_goes_through_and_back(rows: list[dict[str, Any]]) -> None:
    kinds: dict[str, Any] = {"message": pl.String, "when": pl.Datetime("us"), "n": pl.Int64, "x": pl.Float64}
    frame = pl.DataFrame(rows, schema={**kinds, "inner": pl.Struct({"a": pl.String, "b": pl.Boolean})})
    coded = codings.decode("parquet", written(frame, "parquet"), "x")
    assert coded is not None
    clean = b"".join(coded.lines()).replace(b"jane@acme.example", b"<EMAIL_ADDRESS>")
    back = pl.read_parquet(io.BytesIO(coded.encode(clean)))
    assert_frame_equal(
        back, frame.with_columns(pl.col("message").str.replace_all("jane@acme.example", "<EMAIL_ADDRESS>", literal=True))
    )


def request(count: int = 3) -> ExportLogsServiceRequest:
    message = ExportLogsServiceRequest()
    scope = message.resource_logs.add().scope_logs.add()
    for n in range(count):
        record = scope.log_records.add(time_unix_nano=1794906938315000000 + n, severity_number=17)
        record.trace_id, record.span_id = bytes(range(16)), bytes(range(8))
        record.body.string_value = f"mail from jane.doe@acme.example failed in {n} ms"
        record.attributes.add(key="phone").value.int_value = 14155550132
        record.attributes.add(key="count").value.int_value = n
        record.attributes.add(key="payload").value.bytes_value = b'{"email":"jane@acme.example"}'
    return message


def framed(data: bytes, prefix: str) -> bytes:
    size = bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) if prefix == "varint" else len(data).to_bytes(4, "big")
    return (size + data) * 2 if prefix else data


@pytest.mark.parametrize("prefix", ["", "fixed", "varint"])
def test_otlp_in_protobuf_stays_otlp_in_protobuf(tmp_path: Path, prefix: str) -> None:
    source, target = tmp_path / "logs.pb", tmp_path / "clean.pb"
    source.write_bytes(framed(request().SerializeToString(), prefix))
    done = api.scrub_file(source, target)
    assert done.records_read == (6 if prefix else 3)
    data = target.read_bytes()
    assert b"jane" not in data and b"14155550132" not in data
    if prefix == "":
        clean = ExportLogsServiceRequest()
        clean.ParseFromString(data)
        record = clean.resource_logs[0].scope_logs[0].log_records[2]
        assert record.body.string_value == "mail from <EMAIL_ADDRESS> failed in 2 ms"
        assert [a.value.WhichOneof("value") for a in record.attributes] == ["string_value", "int_value", "string_value"]
        assert record.trace_id == bytes(range(16)) and record.severity_number == 17
    assert api.verify_file(target)[0].clean
    twice = tmp_path / "twice.pb"
    api.scrub_file(target, twice)
    assert twice.read_bytes() == data


def test_protobuf_without_customer_data_is_the_same_file_and_is_counted(tmp_path: Path) -> None:
    message = ExportLogsServiceRequest()
    scope = message.resource_logs.add().scope_logs.add()
    scope.log_records.add(time_unix_nano=1794906938315000000, severity_number=17).body.string_value = "save failed in 12 ms"
    (tmp_path / "logs.pb").write_bytes(message.SerializeToString())
    key = tmp_path / "key"
    assert run("keys", "new", key).returncode == 0
    done = run("ingest", tmp_path / "logs.pb", "--store", tmp_path / "store", "--key-file", key, "--logs-to", tmp_path / "clean",
               "--summary", tmp_path / "summary.json")  # fmt: skip
    assert done.returncode == 0
    assert json.loads((tmp_path / "summary.json").read_text())["total"]["new"] == 1
    assert (tmp_path / "clean/logs.pb").read_bytes() == message.SerializeToString()


def test_metrics_in_protobuf_are_read_and_unknown_fields_are_refused() -> None:
    metrics = ExportMetricsServiceRequest()
    metric = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="forge_backend_invocation_count")
    metric.sum.aggregation_temporality = 1
    metric.sum.data_points.add(time_unix_nano=1794906938315000000, as_int=7)
    coded = codings.decode("otlp-protobuf", metrics.SerializeToString(), "x")
    assert coded is not None and b"forge_backend_invocation_count" in b"".join(coded.lines())
    with pytest.raises(InputError, match="fields that this version does not know"):
        codings.decode("otlp-protobuf", request().SerializeToString() + b"\xfa\x3e\x04jane", "x")


TEXTS = [b"\nINFO started\n", b"\n\x01\x02 no message\n", b"\0\0\0\x05\nabcde", b"\n"]


@pytest.mark.parametrize("text", TEXTS)
def test_compressed_text_that_might_be_protobuf_is_text(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(text))
    with open_stream(Input(tmp_path / "a.gz", "a.gz", Path("a.gz"))) as stream:
        assert (b"".join(stream.chunks()), stream.coded) == (text, None)


@pytest.mark.parametrize("text", TEXTS)
def test_text_that_might_be_protobuf_is_text(text: bytes) -> None:
    coded = codings.decode("otlp-protobuf", text, "x") if codings.may_be_protobuf(text) else None
    assert coded is None
