"""Columns of Polars are scrubbed as logs are: each value as a line of its own, each row as a line of JSON."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path

import orjson
import polars as pl
import pytest
from conftest import KEY, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli_scrub import ENVIRONMENT

import logscrub
import logscrub.polars
from logscrub.api import build_redactor, engine_of, engines
from logscrub.config import Config
from logscrub.errors import UsageError
from logscrub.polars import _Scrubs, scrub_frame
from logscrub.values import scrubbed_rows, scrubbed_values

REDACTOR = build_redactor(Config(), KEY)
SAMPLES = [
    line
    for path in sorted((ROOT / "sample_logs").iterdir())
    if path.is_file() and path.suffix in (".log", ".ndjson", ".csv")
    for line in path.read_bytes().decode("utf-8", "replace").splitlines()[:6]
]
VALUES = [
    "INFO user jane@acme.example saved",
    '{"assignee":"Kim","count":2}',
    "two\nlines of jane@acme.example",
    "ends with a line\n",
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEowIBAAKCAQEAx3b5uXf0Zc9vQJmV0o5wq8r1T2k7y6d4s3a2p1o0i9u8y7t6",
    "password:",
    "hunter2hunter2",
    "    at com.acme.App(App.java:3)",
    "a\0b\0c\0d\0e\0",
    "PK\x03\x04 is no zip",
    "BZh91AY&SY is no bzip2",
    "",
    " ",
    "\ufeffINFO x",
    "{broken",
]


def alone(value: str) -> str:
    """What the plain way makes of a log with this one line."""
    scrubber = engine_of(REDACTOR).scrubber()
    out = scrubber.feed(value.encode() + b"\n") + scrubber.finish()
    try:
        return out.decode().removesuffix("\n")
    except UnicodeDecodeError:  # NULs made it text of another encoding, which a placeholder then is too
        return "<WITHHELD>"


@pytest.mark.parametrize("engine", engines())
def test_values_are_what_scrub_makes_of_each_by_itself(engine: str) -> None:
    values = [*VALUES, *(SAMPLES[::3] if engine == "native" else [])]
    for order in (values, values[::-1]):
        assert scrubbed_values(engine_of(REDACTOR, engine), order) == [alone(value) for value in order]  # type: ignore[arg-type]


@given(st.lists(st.sampled_from([*VALUES, *SAMPLES]) | st.text(max_size=40), max_size=12))
@settings(max_examples=12)
def test_what_stands_beside_a_value_does_not_show(values: list[str]) -> None:
    assert scrubbed_values(engine_of(REDACTOR), values) == [alone(value) for value in values]


def test_what_the_library_says_of_a_line_is_what_the_expression_says() -> None:
    values = [value for value in VALUES if not value.startswith(("PK", "BZ"))]  # these are refused as a whole log
    frame = pl.LazyFrame({"message": values}).select(pl.col("message").logscrub.scrub(key=KEY))  # type: ignore[attr-defined]
    clean = frame.collect(engine="streaming")["message"].to_list()
    assert [f"{value}\n" for value in clean] == [logscrub.scrub(f"{value}\n", key=KEY).output for value in values]
    assert "jane" not in "".join(clean)


def test_a_stream_of_pieces_is_the_whole(tmp_path: Path) -> None:
    frame = pl.DataFrame({"message": [*SAMPLES[::4], None] * 20, "n": range(20 * (len(SAMPLES[::4]) + 1))})
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=37)
    clean = pl.col("message").logscrub.scrub(key=KEY)  # type: ignore[attr-defined]
    pl.scan_parquet(tmp_path / "in.parquet").with_columns(clean).sink_parquet(tmp_path / "out.parquet")
    out = pl.read_parquet(tmp_path / "out.parquet")
    assert out.sort("n").equals(frame.with_columns(clean))
    assert out["message"].null_count() == 20


def test_a_value_that_cannot_be_scanned_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(REDACTOR, "plain")
    monkeypatch.setattr(type(REDACTOR), "look", lambda *_: 1 / 0)
    assert scrubbed_values(engine, ["INFO jane@acme.example", "", "x"]) == ["<WITHHELD>", "", "<WITHHELD>"]
    assert scrubbed_rows(engine, [{"who": "jane@acme.example", "n": None}]) == [["<WITHHELD>", None]]


def test_names_of_columns_count_in_a_frame() -> None:
    frame = pl.DataFrame(
        {
            "assignee": ["Kim", None],
            "accountNumber": [4417123456, 2],
            "message": ["mail jane@acme.example", "ok"],
            "ratio": [0.5, float("nan")],
            "day": [date(2026, 11, 17), None],
            "_clean": ["page", "7"],
        }
    )
    clean = scrub_frame(frame, key=KEY)
    assert clean.schema == frame.schema
    assert clean["assignee"].to_list() == ["<PERSON>", None]
    assert clean["message"].to_list() == ["mail <EMAIL_ADDRESS>", "ok"]
    assert clean["_clean"].to_list() == ["page", "7"]
    assert clean["ratio"].to_list()[0] == 0.5 and clean["day"].to_list() == frame["day"].to_list()
    line = orjson.dumps({"assignee": "Kim", "accountNumber": 4417123456, "message": "mail jane@acme.example"})
    number = orjson.loads(logscrub.scrub(line + b"\n", key=KEY, input_format="ndjson").output)["accountNumber"]
    assert clean["accountNumber"].to_list() == [4417123456 if number == 4417123456 else None, 2]
    assert scrub_frame(frame.lazy(), key=KEY).collect().equals(clean)
    assert scrub_frame(frame, keep=["assignee"], key=KEY)["assignee"].to_list() == ["Kim", None]
    assert scrub_frame(frame.select("_clean"), keep=["_clean"]).equals(frame.select("_clean"))


def test_a_number_in_which_something_is_found_is_null() -> None:
    frame = pl.DataFrame({"phone": [15551234567, 1], "password": [12345678, None]})
    assert scrub_frame(frame, key=KEY)["password"].to_list() == [None, None]
    assert scrub_frame(frame, key=KEY).schema == frame.schema


def test_a_row_of_which_two_names_become_the_same_is_withheld() -> None:
    frame = pl.DataFrame({"jane@acme.example": ["a"], "kim@acme.example": ["b"], "n": [1]})
    clean = scrub_frame(frame, key=KEY)
    assert clean.row(0) in (("a", "b", 1), ("<WITHHELD>", "<WITHHELD>", None))


def test_wrong_settings_and_types_are_told_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="key"):
        pl.col("message").logscrub.scrub(key=b"short")  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="policy"):
        scrub_frame(pl.DataFrame({"a": ["x"]}), policy="nothing")
    with pytest.raises(UsageError, match="keep"):
        scrub_frame(pl.DataFrame({"a": ["x"]}), keep=["b"])
    with pytest.raises(UsageError, match="column names: is of type List"):
        scrub_frame(pl.DataFrame({"names": [["Kim"]]}))
    with pytest.raises((UsageError, pl.exceptions.PolarsError), match="must be of type String"):
        pl.DataFrame({"n": [1]}).select(pl.col("n").logscrub.scrub())  # type: ignore[attr-defined]


def test_it_can_be_sent_to_another_process() -> None:
    scrubs = pickle.loads(pickle.dumps(_Scrubs(REDACTOR, None, "auto")))
    assert scrubs.values(pl.Series("m", ["mail jane@acme.example"])).to_list() == ["mail <EMAIL_ADDRESS>"]


def test_without_polars_one_line_says_what_to_install(tmp_path: Path) -> None:
    program = "import sys; sys.modules['polars'] = None; import logscrub.polars"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
    assert done.stderr.decode().splitlines()[-1].endswith("logscrub.polars needs: pip install 'logscrub[metrics]'")
    assert sys.modules["logscrub.polars"] is logscrub.polars
