"""`logscrub ingest`, `metrics` and `store`, run as people run them; what can go wrong on the way."""

from __future__ import annotations

import csv
import gzip
import http.server
import io
import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from object_stores import s3_server
from strategies import examples
from test_cli_scrub import ENVIRONMENT, KEY, PROGRAM, ROOT, lines, on_terminal, run

from logscrub.errors import InputError
from logscrub.formats.base import Record
from logscrub.metrics import location
from logscrub.metrics import store as stores
from logscrub.metrics.ingest_result import total
from logscrub.metrics.ingestion import Ingestion
from logscrub.metrics.query import records_by
from logscrub.metrics.rollup import SCHEMA, merge
from logscrub.redact.pseudonyms import Pseudonymizer

SAMPLES = ROOT / "sample_logs"
HOUR = SAMPLES / "app_logs_records.ndjson"
"""175 records of ten customers."""


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "logscrub.key"
    path.write_text(KEY)
    return path


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sample hour, to be copied."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "logscrub.key").write_text(KEY)
    assert run("ingest", HOUR, "--store", folder / "metrics", "--key-file", folder / "logscrub.key").returncode == 0
    return folder / "metrics"


@pytest.fixture
def kept(tmp_path: Path, key: Path, sample_store: Path) -> Path:
    """A store of the sample hour, of this test alone."""
    return Path(shutil.copytree(sample_store, tmp_path / "metrics"))


def rows(store: Path) -> pl.DataFrame:
    """All that a store holds, merged."""
    return merge([stores.read(stores.open_store(str(store)))])


def table(store: Path, *arguments: str | Path) -> list[dict[str, Any]]:
    done = run("metrics", "--store", store, "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def ingest(store: Path, key: Path, *inputs: str | Path, first: str = "") -> str:
    """The last line that it says."""
    done = run("ingest", *inputs, "--store", store, "--key-file", key, first=first)
    assert done.returncode == 0, done.stderr
    return lines(done)[-1]


def record(n: int, message: str = "Synced", customer: str = "", hour: str = "09") -> str:
    told: dict[str, Any] = {"ts": f"2026-11-17T{hour}:00:{n % 60:02}.{n // 60:03}Z", "level": "INFO", "message": f"{message} {n}"}
    if customer:
        told["installationContext"] = f"ari:cloud:jira::site/{customer}"
    return json.dumps(told) + "\n"


# -- what people do -----------------------------------------------------------------------------------------------------


def test_a_log_is_counted_once_however_often_it_comes(kept: Path, key: Path) -> None:
    before = rows(kept)
    assert " 0 records new, 175 known" in ingest(kept, key, HOUR)
    halves = [SAMPLES / "app_logs_second_half_hour.ndjson.zst", SAMPLES / "app_logs_first_half_hour.ndjson.gz"]
    assert " 0 records new, 175 known" in ingest(kept, key, *halves)
    assert rows(kept).equals(before)


def test_late_records_land_in_their_hour_and_order_does_not_show(tmp_path: Path, key: Path, kept: Path) -> None:
    late = tmp_path / "late"
    ingest(late, key, SAMPLES / "app_logs_second_half_hour.ndjson.zst")
    ingest(late, key, SAMPLES / "app_logs_first_half_hour.ndjson.gz")
    assert rows(late).equals(rows(kept))


def test_raw_and_scrubbed_logs_are_the_same_metrics_under_one_key(tmp_path: Path, key: Path) -> None:
    raw, scrubbed, clean = tmp_path / "raw", tmp_path / "scrubbed", tmp_path / "clean"
    ingest(raw, key, SAMPLES, "--logs-to", clean)
    assert run("verify", clean).returncode == 0
    ingest(scrubbed, key, clean)
    assert rows(scrubbed).equals(rows(raw))
    assert run("verify", raw).returncode == 0


def test_what_scrub_writes_ingest_writes_too(tmp_path: Path, key: Path) -> None:
    names = ["app_logs_records.ndjson", "console_download.log.zip", "app_logs_first_half_hour.ndjson.gz"]
    ingest(tmp_path / "metrics", key, *(SAMPLES / n for n in names), "--logs-to", tmp_path / "one")
    assert run("scrub", *(SAMPLES / n for n in names), "-o", tmp_path / "other", "--key-file", key).returncode == 0
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_both_engines_count_the_same(tmp_path: Path, key: Path, kept: Path) -> None:
    ingest(tmp_path / "plain", key, HOUR, "--engine", "plain")
    assert rows(tmp_path / "plain").equals(rows(kept))


SEVERAL = "import logscrub.cli.ingest as i\ni._MANY = 1 << 20"
"""Makes inputs of more than a megabyte be counted in processes of their own, where it takes eight."""


def test_many_records_are_counted_by_several_processes(tmp_path: Path, key: Path) -> None:
    log = tmp_path / "big.ndjson"
    with log.open("w") as file:
        file.writelines(record(n, "Synced page of the board with a text that is long enough " * 3) for n in range(15_000))
    assert log.stat().st_size > 3_000_000, "several parts for a process"
    assert "15,000 records new, 0 known" in ingest(tmp_path / "metrics", key, log, first=SEVERAL)
    assert table(tmp_path / "metrics", "--by", "", "--exact", "--key-file", key)[0]["records"] == 15_000
    assert "0 records new, 15,000 known" in ingest(tmp_path / "metrics", key, log, first=SEVERAL)


def test_a_store_that_cannot_be_opened_ends_a_run_of_several_processes_before_anything_is_written(
    tmp_path: Path, key: Path, kept: Path
) -> None:
    log, other, clean, foreign = tmp_path / "big.ndjson", tmp_path / "other.key", tmp_path / "clean", tmp_path / "foreign"
    log.write_bytes(HOUR.read_bytes() * 25)
    assert log.stat().st_size > 1 << 20
    other.write_text("another key for tests, 32 chars..")
    foreign.mkdir()
    (foreign / "notes.txt").touch()
    for store, with_key, code, said in (
        (kept, other, 2, "are made with another key"),
        (foreign, key, 2, "is neither a store nor an empty folder"),
        (log / "metrics", key, 3, "metrics"),
    ):
        done = run("ingest", log, "--store", store, "--key-file", with_key, "--logs-to", clean, first=SEVERAL)
        assert done.returncode == code and said in lines(done)[-1], lines(done)
        assert len(lines(done)) == 1 and not (clean / "big.ndjson").exists()


def test_standard_input_is_counted(tmp_path: Path, key: Path) -> None:
    done = run("ingest", "--store", tmp_path / "metrics", "--key-file", key, stdin=gzip.compress(HOUR.read_bytes()))
    assert "175 records new" in lines(done)[-1]


def test_tables_tell_counts_rates_and_durations(kept: Path, key: Path) -> None:
    by_function = {row["function"]: row for row in table(kept)}
    assert by_function["saveRoster"]["records"] > by_function["saveRoster"]["errors"] > 20
    assert by_function["saveRoster"]["tenants"] >= 5
    assert 0.3 < by_function["saveRoster"]["error_rate"] < 1
    assert 100 < by_function["loadRoster"]["p50_ms"] < 1000
    whole = table(kept, "--by", "")
    assert whole[0]["records"] == 175 and whole[0]["tenants"] == 10
    assert whole[0]["records"] == sum(row["records"] for row in by_function.values())
    hours = table(kept, "--by", "hour,level")
    assert {row["hour"] for row in hours} <= {"2026-11-17T09:00:00Z", "2026-11-17T09:00:00+00:00", None}
    assert table(kept, "--since", "2026-11-18") == []
    nothing = run("metrics", "--store", kept, "--since", "2026-11-18")
    assert nothing.stderr.endswith(b"no data in the store for this period; it has records of 2026-11-17\n")


@pytest.mark.parametrize("form", ["table", "csv"])
def test_tables_are_for_people_and_machines(kept: Path, form: str) -> None:
    done = run("metrics", "--store", kept, "--by", "function", "--format", form)
    assert b"saveRoster" in done.stdout and b"records" in done.stdout.splitlines()[0]


HOSTILE = (
    "=cmd|'/C calc'!A0", "@SUM(1+1)", "+15550132", "-2+3", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "x;=1", 'a,"=1', "plain",
)  # fmt: skip
"""Names that a log can hold; the last three begin no formula."""


@pytest.fixture
def hostile(tmp_path: Path, key: Path) -> Path:
    """A store with such names of functions."""
    log = tmp_path / "hostile.ndjson"
    log.write_text(
        "".join(
            json.dumps({"ts": f"2026-11-17T09:00:{n:02}Z", "level": "ERROR", "message": f"{name} failed", "functionKey": name})
            + "\n"
            for n, name in enumerate(HOSTILE)
        )
    )
    ingest(tmp_path / "hostile", key, log)
    return tmp_path / "hostile"


def test_csv_holds_no_formula_and_keeps_every_name_and_number(hostile: Path, key: Path) -> None:
    exact = ("--exact", "--key-file", key)
    for dimension, columns in (("function", ("function", "version", "environment")), ("signature", ("signature",))):
        done = run("metrics", "--store", hostile, "--by", ",".join(columns), "--format", "csv", *exact)
        text = done.stdout.decode()
        head, *body = csv.reader(io.StringIO(text, newline=""))
        names = [row[head.index(dimension)] for row in body]
        told = [row[dimension] for row in table(hostile, "--by", ",".join(columns), *exact)]
        assert len(names) == len(told) > 5 and any(name.startswith("=") for name in told)
        assert not any(name[:1] in {*"=+-@\t\r\n", "\uff1d"} for name in names)
        assert [name[1:] if name[:1] == "'" else name for name in names] == told
        assert sum(int(row[head.index("records")]) for row in body) == len(HOSTILE)
        assert not re.search(r"(?m)(^|[,;\t])[=+@-]", re.sub(r'"(?:[^"]|"")*"', "", text))  # whatever separates cells there


def test_numbers_below_zero_stay_numbers_in_csv() -> None:
    from logscrub.cli.tables import as_csv

    rows = pl.DataFrame({"function": ["-1", ""], "change": [-5, 3], "rate": [-0.25, None]})
    assert as_csv(rows) == '"function","change","rate"\n"\'-1",-5,-0.2500\n"",3,\n'


@pytest.mark.parametrize("columns", [60, 80, 180])
def test_a_table_fits_the_terminal_and_says_what_is_left_out(kept: Path, columns: int) -> None:
    seen = on_terminal("metrics", "--store", kept, typed=b"", columns=columns)
    shown, said = seen.split("logscrub: ", 1) if "logscrub: " in seen else (seen, "")
    head = shown.splitlines()[0].split()
    assert all(len(line) <= columns for line in shown.splitlines()) and "saveRoster" in shown
    assert head[:2] == ["function", "records"] and "errors" in head
    piped = run("metrics", "--store", kept).stdout.decode().splitlines()[0].split()
    left_out = re.search(r"no room here for (.*?);", said)
    assert set(head) | set(left_out[1].split(", ") if left_out else ()) == set(piped)
    assert (len(head) < len(piped)) == (columns < 180)


def test_chosen_columns_are_shown_everywhere_and_whole(kept: Path, tmp_path: Path) -> None:
    chosen = ("--columns", "p99_ms,records,size,actors,objects,invocations,errors,error_rate")
    wanted = ["function", *chosen[1].split(",")]
    assert list(table(kept, *chosen)[0]) == wanted
    assert run("metrics", "--store", kept, "--format", "csv", *chosen).stdout.splitlines()[0].decode().replace(
        '"', ""
    ) == ",".join(wanted)
    run("metrics", "--store", kept, "--format", "parquet", *chosen, "-o", tmp_path / "m.parquet")
    assert pl.read_parquet(tmp_path / "m.parquet").columns == wanted
    piped = run("metrics", "--store", kept, *chosen).stdout.decode()
    narrow = on_terminal("metrics", "--store", kept, *chosen, typed=b"", columns=60)
    assert piped.splitlines()[0].split() == narrow.splitlines()[0].split() == wanted
    assert "logscrub: no room" not in narrow and {line.split()[1] for line in piped.splitlines()[2:]} <= set(narrow.split())
    assert list(table(kept, "--by", "function,level", "--columns", "records,level")[0]) == ["function", "records", "level"]


def test_a_dash_is_standard_output(kept: Path, tmp_path: Path) -> None:
    for form in ("table", "csv", "json"):
        done = run("metrics", "--store", kept, "--format", form, "-o", "-", cwd=tmp_path)
        assert done.stdout == run("metrics", "--store", kept, "--format", form).stdout != b""
    done = run("metrics", "--store", kept, "--format", "parquet", "-o", "-", cwd=tmp_path)
    assert "saveRoster" in pl.read_parquet(done.stdout)["function"].to_list()
    assert not (tmp_path / "-").exists()
    done = run("ingest", HOUR, "--store", tmp_path / "m", "--key-file", tmp_path / "logscrub.key", "--logs-to", "-", cwd=tmp_path)
    assert done.returncode == 2 and "need a folder" in lines(done)[0] and not (tmp_path / "-").exists()


def test_hours_add_up_to_what_is_told_by_the_hour(tmp_path: Path, key: Path) -> None:
    store, log = tmp_path / "m", tmp_path / "log"
    hours = {"08": 3, "09": 5, "10": 7}
    log.write_text("".join(record(n + 20 * int(hour), hour=hour) for hour, count in hours.items() for n in range(count)))
    ingest(store, key, log)
    for _ in range(2):  # as it was committed, and as compaction adds it up
        for since, until, count in (
            ("2026-11-17T09", "2026-11-17T10", 5),
            ("2026-11-17T09:30", "2026-11-17T09:40", 5),
            ("2026-11-17T10:00+01:00", None, 12),
            (None, "2026-11-17T10:00", 8),
            ("2026-11-17", "2026-11-17", 15),
            ("2026-11-17T11", None, 0),
        ):
            asked = [*(("--since", since) if since else ()), *(("--until", until) if until else ())]
            for by in ("", "level") if since == "2026-11-17T09" else ("",):
                found = table(store, "--by", by, *asked, "--exact", "--key-file", key)
                assert sum(row["records"] for row in found) == count, (since, until, by)
        run("store", "compact", "--store", store)


def test_parquet_goes_to_a_file(kept: Path, tmp_path: Path) -> None:
    assert run("metrics", "--store", kept, "--format", "parquet").returncode == 2
    assert run("metrics", "--store", kept, "--format", "parquet", "-o", tmp_path / "m.parquet").returncode == 0
    assert "saveRoster" in pl.read_parquet(tmp_path / "m.parquet")["function"].to_list()


def test_redactions_are_counted_by_statement(kept: Path, key: Path) -> None:
    found = table(kept, "--redactions", "--by", "entity,statement", "--exact", "--key-file", key)
    assert sum(row["redactions"] for row in found) > 100
    assert {"entity", "statement", "redactions", "tenants"} == set(found[0])


def test_no_row_is_about_few_customers_but_for_who_holds_the_key(kept: Path, key: Path, tmp_path: Path) -> None:
    assert all(row["tenants"] >= 5 for row in table(kept, "--by", "signature,level"))
    assert any(row["tenants"] < 5 for row in table(kept, "--by", "signature,level", "--exact", "--key-file", key))
    assert run("metrics", "--store", kept, "--by", "tenant").returncode == 2
    assert run("metrics", "--store", kept, "--exact").returncode == 2
    other = tmp_path / "other.key"
    other.write_text("another key for tests, 32 chars..")
    assert run("metrics", "--store", kept, "--exact", "--key-file", other).returncode == 2
    assert len(table(kept, "--by", "tenant", "--exact", "--key-file", key)) == 10
    assert run("metrics", "--store", kept, "-k", "1").returncode == 2
    for with_key in ((), ("--key-file", other)):
        done = run("metrics", "--store", kept, "-k", "4", *with_key)
        assert (done.returncode, done.stdout) == (2, b"")
        assert "-k below 5 needs the key of the store" in lines(done)[0]
    assert min(row["tenants"] for row in table(kept, "--by", "signature", "-k", "3", "--key-file", key)) in (3, 4)
    assert all(row["tenants"] >= 6 for row in table(kept, "--by", "signature", "-k", "6"))


def test_one_customer_alone_is_not_shown(tmp_path: Path, key: Path) -> None:
    log = tmp_path / "one.ndjson"
    log.write_text("".join(record(n, customer="822d8a59-7a92-4b4c-8dc9-160edc3be1cd") for n in range(9)))
    ingest(tmp_path / "metrics", key, log)
    done = run("metrics", "--store", tmp_path / "metrics", "--format", "json")
    assert json.loads(done.stdout) == []
    assert "--exact shows them" in lines(done)[-1]


# -- the store ----------------------------------------------------------------------------------------------------------


def test_compaction_changes_nothing_but_the_files(tmp_path: Path, key: Path) -> None:
    store = tmp_path / "metrics"
    for part in range(4):
        log = tmp_path / f"{part}.ndjson"
        log.write_text("".join(record(n) for n in range(part, 40, 4)))
        ingest(store, key, log)
    before = rows(store)
    assert b"2026-11-17  4" in run("store", "show", "--store", store).stdout
    assert "1 day compacted" in lines(run("store", "compact", "--store", store))[-1]
    assert b"2026-11-17  1" in run("store", "show", "--store", store).stdout
    assert rows(store).equals(before) and merge([stores.read(stores.open_store(str(store)))]).equals(before)
    assert "0 records new, 10 known" in ingest(store, key, log)
    assert "0 days compacted" in lines(run("store", "compact", "--store", store))[-1]


BEGAN = 1_794_906_000_000_000_000
"""2026-11-17T09:00Z"""
hours = st.sampled_from((0, 1, 14, 15, 39))
"""Few hours of three days, so that many records share one: each hour of a store takes its time."""
told = st.lists(
    st.builds(
        Record,
        time_ns=st.builds(lambda hour, second: BEGAN + (hour * 3600 + second) * 10**9, hours, st.integers(0, 3599)) | st.none(),
        level=st.sampled_from(["INFO", "ERROR"]),
        message=st.sampled_from(["took 14 ms", "took 3 s", "<ACCOUNT_ID:0123456789abcdef0123> saw PAY-1", "of <PERSON>"]),
        invocation=st.sampled_from(["", "i1", "i2", "i3"]),
        function=st.sampled_from(["save", "load"]),
        version=st.sampled_from(["1", "2"]),
        customer=st.sampled_from(["", "<CLOUD_ID:0000000000000000000a>", "<CLOUD_ID:0000000000000000000b>"]),
    ),
    min_size=1,
    max_size=40,
)  # fmt: skip
QUESTIONS = (
    ((), 0), (("function",), 0), (("hour", "version"), 0), (("hour", "function", "version"), 2), (("day", "function"), 2),
    (("tenant",), 0), (("level", "signature"), 0),
)  # fmt: skip
"""Dimensions, and the fewest customers of a row."""


@examples(3)
@given(told, told, st.integers(1, 3))
def test_tables_are_the_same_before_and_after_compaction(records: list[Record], more: list[Record], parts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = stores.open_or_make(folder, "0" * 16)

        def count(some: list[Record]) -> None:
            with Ingestion(store, b"a key for counting in tests only") as ingestion:
                ingestion.take(some)

        def tables() -> list[Any]:
            found = [records_by(store, by, k=k) for by, k in QUESTIONS]
            return [(table.rows.schema, table.rows.write_json(), table.folded, table.withheld) for table in found]

        for n in range(parts):
            count(records[n::parts])
        before = tables()
        stores.compact(store)
        assert tables() == before
        count(more)  # what was added up does not hold any more
        after = tables()
        stores.compact(store)
        assert tables() == after


@examples(2)
@given(told)
def test_totals_of_before_version_3_are_passed_over_and_made_anew(records: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as older:
        store, old = (stores.open_or_make(path, "0" * 16) for path in (folder, older))
        with Ingestion(store, b"a key for counting in tests only") as ingestion:
            ingestion.take(records)
        stores.compact(store)
        for (_,), day in stores.read(store).group_by("day"):
            stores.add(old, lambda seen, day=day: as_of_version_2(day), [])  # type: ignore[misc]

        def tables(of: stores.Store) -> list[str]:
            return [records_by(of, by, k=k).rows.write_json() for by, k in QUESTIONS]

        wanted = tables(store)
        assert tables(old) == wanted
        assert stores.compact(old) == len(stores.days_of(old))
        assert tables(old) == wanted and stores.compact(old) == 0


def as_of_version_2(day: pl.DataFrame) -> pl.DataFrame:
    """A compacted day as it was then: no sketches in totals, and a row for each tenant of one."""
    totals = pl.col("kind") == "total"
    tenants = totals & (pl.col("what") == "tenants")
    is_known = ~totals | pl.col("what").is_in(["records", "invocations"])
    each = (
        day.filter(tenants)
        .explode("prints", empty_as_null=True)
        .with_columns(
            pl.format("<CLOUD_ID:{}>", pl.col("prints")).fill_null("").alias("tenant"),
            pl.lit(None, SCHEMA["prints"]).alias("prints"),
        )
    )
    return pl.concat([day.filter(is_known), each])


def test_an_invocation_counts_once_an_hour_also_in_the_row_of_all_others(tmp_path: Path) -> None:
    store = stores.open_or_make(str(tmp_path / "s"), "0" * 16)
    customers = ["<CLOUD_ID:0000000000000000000a>", "<CLOUD_ID:0000000000000000000b>"]
    with Ingestion(store, b"k" * 32) as ingestion:
        ingestion.take(
            Record(BEGAN + hour * 3_600_000_000_000 + ms * 1_000_000, "INFO", f"at {ms}", invocation="i1", customer=customer)
            for hour, customer in enumerate(customers)
            for ms in (0, 1500)
        )
    others = records_by(store, ["hour"], k=2)
    assert (others.folded, others.rows["invocations"].to_list()) == (2, [2])
    assert 1480 < others.rows["span_p95_ms"][0] < 1520


def test_days_that_are_too_old_are_dropped_for_good(tmp_path: Path, key: Path) -> None:
    store, log = tmp_path / "metrics", tmp_path / "log"
    today = datetime.now(UTC).date()
    log.write_text(f"2020-01-01T00:00:00Z INFO old\n{today}T00:00:00Z INFO new\n")
    ingest(store, key, log)
    there = ("--store", store)
    for keep, says in (
        ([], "add: --keep 400d"),
        (["--keep", "400"], "400 what? write the unit: --keep 400d"),
        (["--keep", "400w"], "--keep 400d"),
        (["--keep", "999999d"], "--keep 400d"),
        (["--keep", "400d"], "add: --yes, or --dry-run"),
    ):
        done = run("store", "prune", *keep, *there)
        assert done.returncode == 2 and lines(done)[0].endswith(says)
    before = rows(store)
    done = run("store", "prune", "--keep", "400d", *there, "--dry-run")
    assert done.returncode == 0 and re.search(r"would drop 1 day \(2020-01-01, [\d.]+ kB\)$", lines(done)[0])
    for typed, code in ((b"n\n", 0), (b"\n", 0), (b"\x04", 130)):
        seen = on_terminal("store", "prune", "--keep", "400d", *there, typed=typed, prompt=b"[y/N]: ", code=code)
        assert "drops 1 day (2020-01-01" in seen and ("nothing was dropped" in seen) == (code == 0)
    assert rows(store).equals(before)
    done = run("store", "prune", "--keep", "400d", *there, "--yes")
    assert "drops 1 day" in lines(done)[0] and "1 day dropped" in lines(done)[1]
    assert "nothing is older than" in lines(run("store", "prune", "--keep", "400d", *there, "--yes"))[0]
    assert rows(store)["day"].unique().to_list() == [today]
    assert not [p for p in store.rglob("*.parquet") if "2020" in str(p)]
    assert stores.last_day_kept(1, date(2026, 1, 1)) == date(2026, 1, 1)


def test_who_is_asked_on_a_terminal_can_agree(tmp_path: Path, key: Path) -> None:
    store, log = tmp_path / "metrics", tmp_path / "log"
    log.write_text("2020-01-01T00:00:00Z INFO old\n2020-01-03T00:00:00Z INFO old\n")
    ingest(store, key, log)
    seen = on_terminal("store", "prune", "--keep", "1d", "--store", store, typed=b"y\n", prompt=b"[y/N]: ")
    assert "drops 2 days (2020-01-01 to 2020-01-03" in seen and "2 days dropped" in seen
    assert not len(rows(store))


def test_ctrl_c_breaks_off_a_read_although_polars_is_imported(tmp_path: Path, key: Path, kept: Path) -> None:
    command = [*PROGRAM, "ingest", "--store", str(kept), "--key-file", str(key)]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stderr=theirs, env=ENVIRONMENT) as program:
        try:
            seen = b""
            while b"Ctrl-D ends" not in seen:
                seen += os.read(ours, 1000)
            time.sleep(0.5)
            program.send_signal(signal.SIGINT)
            assert program.wait(20) == 130
        finally:
            program.kill()
            os.close(ours)
            os.close(theirs)


def test_stores_of_several_machines_merge(tmp_path: Path, key: Path) -> None:
    whole, one, two = tmp_path / "whole", tmp_path / "one", tmp_path / "two"
    first, second = tmp_path / "1.ndjson", tmp_path / "2.ndjson"
    first.write_text("".join(record(n) for n in range(30)))
    second.write_text("".join(record(n) for n in range(30, 50)))
    ingest(whole, key, first, second)
    ingest(one, key, first)
    ingest(two, key, second)
    assert "1 day added" in lines(run("store", "merge", two, "--store", one))[-1]
    assert rows(one).equals(rows(whole))
    assert "0 days added" in lines(run("store", "merge", two, "--store", one))[-1]
    third = tmp_path / "3.ndjson"
    third.write_text(record(99))
    ingest(two, key, third)
    assert "1 day added" in lines(run("store", "merge", two, "--store", one))[-1]
    ingest(whole, key, third)
    assert rows(one).equals(rows(whole))


def test_two_runs_at_once_count_each_record_once(tmp_path: Path, key: Path, kept: Path) -> None:
    store = tmp_path / "shared"
    with ThreadPoolExecutor(3) as pool:
        for said in pool.map(lambda _: ingest(store, key, HOUR), range(3)):
            assert "records new" in said
    assert rows(store).equals(rows(kept))


def test_a_commit_that_comes_second_is_computed_again(tmp_path: Path) -> None:
    store = stores.open_or_make(str(tmp_path / "s"), "0" * 16)
    records = [Record(1_794_906_019_394_000_000 + n, "INFO", f"tick {n}") for n in range(10)]
    with Ingestion(store, b"k" * 32) as one, Ingestion(store, b"k" * 32) as two:
        one.take(records[:7])
        two.take(records[3:])
        seen: list[int] = []

        def late(known: pl.DataFrame) -> pl.DataFrame:
            seen.append(len(known))
            if len(seen) == 1:
                one.commit()  # somebody else is faster
            return stores.read(store).clear() if len(known) else merge([stores.read(store)])

        stores.add(store, late, [datetime(2026, 11, 17, 9, tzinfo=UTC)])
    first, second = total(one.results), total(two.results)
    assert (first.new, second.new, second.known) == (7, 3, 4)
    assert records_by(store, k=0).rows["records"].to_list() == [10]


@pytest.mark.usefixtures("fail_instead_of_hanging")
def test_a_killed_run_loses_and_doubles_nothing(tmp_path: Path, key: Path) -> None:
    store, log = tmp_path / "metrics", tmp_path / "log.ndjson"
    with log.open("w") as file:
        file.writelines(record(n) for n in range(12_999))
    whole = tmp_path / "whole"
    ingest(whole, key, log)
    batches = "import logscrub.metrics.ingestion as i; i.BATCH = 5000; from logscrub.cli import main; main()"
    command = [sys.executable, "-c", batches, "ingest", "--store", str(store), "--key-file", str(key), "--input-format", "ndjson"]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(log.read_bytes())
    process.stdin.flush()
    while process.poll() is None and not any(store.glob("_delta_log/*[1-9].json")):  # until the first batch is committed
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    part = rows(store)["records"].sum() if (store / "_delta_log").exists() else 0
    assert 0 < part < 12_999
    said = ingest(store, key, log)
    assert f"{12_999 - part:,} records new, {part:,} known" in said
    assert rows(store).equals(rows(whole))


# -- what goes wrong ----------------------------------------------------------------------------------------------------


def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path, key: Path) -> None:
    for arguments, said in (
        (("ingest", HOUR, "--key-file", key), "add: --store DIR"),
        (("ingest", HOUR, "--store", tmp_path / "m"), "logscrub keys new logscrub.key"),
        (("metrics",), "add: --store DIR"),
        (("metrics", "--store", tmp_path / "m", "--since", "x"), "there is no store"),
        (("store", "show"), "add: --store DIR"),
        (("store", "compact", "--store", tmp_path), "there is no store"),
        (("metrics", "--store", key), "is a file, and a store is a folder; choose another --store"),
    ):
        done = run(*arguments)
        assert done.returncode in (2, 3) and said in lines(done)[-1], lines(done)
    assert not (tmp_path / "m").exists()


def test_wrong_dimensions_and_days_are_named(kept: Path) -> None:
    for arguments, said in (
        (("--by", "functions"), "no dimension 'functions'; there are hour, day, function"),
        (("--by", "function,function"), "given twice"),
        (("--since", "tomorrow"), "'tomorrow' is no time"),
        (("--since", "2026-11-18", "--until", "2026-11-16"), "--since is not before --until"),
        (("--columns", "records,error"), "no column 'error'; there are function, records, invocations, errors, error_rate"),
        (("--columns", "records,records"), "given twice"),
        (("--columns", ","), "which? there are function, records"),
        (("--redactions", "--by", "entity", "--columns", "records"), "there are entity, redactions, tenants"),
        (("--redactions", "--by", "signature"), "statement, entity"),
    ):
        done = run("metrics", "--store", kept, *arguments)
        assert done.returncode == 2 and said in lines(done)[-1]


def test_another_key_is_refused_and_the_store_stays(kept: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text("another key for tests, 32 chars..")
    before = rows(kept)
    done = run("ingest", HOUR, "--store", kept, "--key-file", other)
    assert done.returncode == 2 and "another key" in lines(done)[-1]
    assert rows(kept).equals(before)


def test_a_folder_of_something_else_is_no_store(tmp_path: Path, key: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    done = run("ingest", HOUR, "--store", tmp_path / "photos", "--key-file", key)
    assert done.returncode == 2 and "neither a store nor an empty folder" in lines(done)[-1]


def test_a_store_of_a_newer_version_is_left_alone(kept: Path, key: Path) -> None:
    first = kept / "_delta_log" / f"{0:020}.json"
    first.write_text(first.read_text().replace("metrics, schema 3,", "metrics, schema 7,"))
    for arguments in (("metrics", "--store", kept), ("ingest", HOUR, "--store", kept, "--key-file", key)):
        done = run(*arguments)
        assert done.returncode == 3 and "newer logscrub (schema 7" in lines(done)[-1]


@pytest.mark.parametrize(("version", "without"), [(0, ("egress_denials", "last_ms")), (1, ()), (2, ())])
def test_a_store_of_an_older_version_is_read_and_brought_up(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, version: int, without: tuple[str, ...]
) -> None:
    store, log = tmp_path / "metrics", tmp_path / "log.ndjson"
    log.write_text("".join(record(n) for n in range(9)))
    older = pl.Schema({name: kind for name, kind in SCHEMA.items() if name not in without})
    with monkeypatch.context() as before:  # what another version would have made
        before.setattr(stores, "SCHEMA", older)
        before.setattr(stores, "_description", lambda _, key_id: f"logscrub metrics, schema {version}, key {key_id}")
        before.setattr(stores, "_migrate", lambda store: None)
        stores.open_or_make(str(store), Pseudonymizer(key.read_bytes()).key_id)
    assert run("metrics", "--store", store).returncode == 0
    other = tmp_path / "other.key"
    other.write_text("another key for tests, 32 chars..")
    assert run("ingest", log, "--store", store, "--key-file", other).returncode == 2
    assert stores.open_store(str(store)).table().version() == 0  # who has not its key does not touch it
    assert "9 records new" in ingest(store, key, log)
    assert "0 records new" in ingest(store, key, log)
    told = stores.open_store(str(store)).table()
    assert "schema 3" in str(told.metadata().description)
    assert {field.name for field in told.schema().fields} == set(SCHEMA)


def test_another_delta_table_is_no_store(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_delta(str(tmp_path / "t"))
    done = run("metrics", "--store", tmp_path / "t")
    assert done.returncode == 3 and "no store of logscrub" in lines(done)[-1]


def test_a_broken_file_is_named(kept: Path, key: Path) -> None:
    file = next(kept.glob("day=*/*.parquet"))
    file.write_bytes(b"PAR1" + b"\0" * (file.stat().st_size - 8) + b"PAR1")
    for arguments in (("metrics", "--store", kept), ("verify", kept), ("ingest", HOUR, "--store", kept, "--key-file", key)):
        done = run(*arguments)
        assert done.returncode == 3, lines(done)
        assert "cannot read the store" in lines(done)[0] and "backup" in lines(done)[0]


def test_where_nothing_can_be_written_the_store_is_as_it_was(kept: Path, tmp_path: Path, key: Path) -> None:
    log = tmp_path / "new.ndjson"
    log.write_text("".join(record(n, "x" * 50) for n in range(3000)))
    before = rows(kept)
    command = [*PROGRAM, "ingest", str(log), "--store", str(kept), "--key-file", str(key)]

    def little() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, preexec_fn=little, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    assert b"Traceback" not in done.stderr
    assert rows(kept).equals(before)
    assert "3,000 records new" in ingest(kept, key, log)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_is_said(kept: Path, key: Path) -> None:
    kept.chmod(0o500)
    try:
        done = run("ingest", HOUR, "--store", kept, "--key-file", key)
    finally:
        kept.chmod(0o700)
    assert done.returncode == 3 and "no permission" in lines(done)[-1]


def test_an_input_that_breaks_off_counts_up_to_there_and_again_from_there(tmp_path: Path, key: Path) -> None:
    whole = gzip.compress("".join(record(n, str(n * 7919)) for n in range(3000)).encode())
    broken, good = tmp_path / "a.gz", tmp_path / "b.gz"
    broken.write_bytes(whole[: len(whole) // 2])
    good.write_bytes(whole)
    done = run(
        "ingest", broken, tmp_path / "missing", "--store", tmp_path / "m", "--key-file", key, "--logs-to", tmp_path / "out"
    )
    assert done.returncode == 3 and "2 of 2 inputs failed" in lines(done)[-1]
    assert not list((tmp_path / "out").glob("*"))
    ingest(tmp_path / "m", key, good)
    assert table(tmp_path / "m", "--by", "", "--exact", "--key-file", key)[0]["records"] == 3000


def test_clocks_that_are_wrong_and_logs_without_dates_are_told(tmp_path: Path, key: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "1970-01-01T00:00:01Z INFO a\n2099-01-01T00:00:00Z INFO b\n"
        "invocation: 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001\nINFO    08:14:02.113Z c\n"
    )
    done = run("ingest", log, "--store", tmp_path / "m", "--key-file", key)
    said = "\n".join(lines(done))
    assert "1 record without a date" in said and "2 records from before 2019" in said and "3 records new" in said
    assert rows(tmp_path / "m").filter(pl.col("kind") == "count")["records"].sum() == 3
    days = {row["day"] for row in table(tmp_path / "m", "--by", "day", "--exact", "--key-file", key)}
    assert days == {"1970-01-01", "2099-01-01", None}


def test_junk_is_withheld_and_counted_as_nothing(tmp_path: Path, key: Path) -> None:
    (tmp_path / "junk").write_bytes(os.urandom(100_000))
    done = run("ingest", tmp_path / "junk", "--store", tmp_path / "m", "--key-file", key)
    assert done.returncode == 3 and "could not be scanned, so <WITHHELD> stands instead" in lines(done)[0]
    assert any(" read = 0 new + 0 known + " in line for line in lines(done)), "short lines of it are text without a time"
    assert " withheld, 100.0 kB in " in lines(done)[-1]
    assert run("metrics", "--store", tmp_path / "m").returncode == 0


def test_what_a_folder_holds_that_is_no_file_is_named_and_the_rest_is_counted(tmp_path: Path, key: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/hour.ndjson").write_bytes(HOUR.read_bytes())
    os.mkfifo(tmp_path / "in/pipe")
    (tmp_path / "in/linked").symlink_to(SAMPLES)
    done = run("ingest", tmp_path / "in", "--store", tmp_path / "m", "--key-file", key)
    assert done.returncode == 3
    assert [": is a link to a folder" in lines(done)[0], ": is a named pipe" in lines(done)[1]] == [True, True]
    assert "175 records new" in lines(done)[-1] and lines(done)[-1].endswith("2 of 3 inputs failed")


def test_logs_stay_in_the_folder_they_were_to_go_to(tmp_path: Path, key: Path) -> None:
    (tmp_path / "clean").mkdir()
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "clean" / HOUR.name).symlink_to("../victim")
    done = run("ingest", HOUR, "--store", tmp_path / "m", "--key-file", key, "--logs-to", tmp_path / "clean")
    assert done.returncode == 3 and "is a link, and what goes to" in lines(done)[0] and len(lines(done)) == 1
    assert (tmp_path / "victim").read_text() == "mine" and not (tmp_path / "m").exists()


def test_what_a_killed_run_left_with_the_logs_is_removed(tmp_path: Path, key: Path) -> None:
    (tmp_path / "clean").mkdir()
    (tmp_path / "clean/.logscrub-0123456789abcdef.tmp").write_bytes(b"half")
    done = run("ingest", HOUR, "--store", tmp_path / "m", "--key-file", key, "--logs-to", tmp_path / "clean")
    assert done.returncode == 0 and "removed 1 incomplete file" in lines(done)[0]
    assert [path.name for path in (tmp_path / "clean").iterdir()] == [HOUR.name]


def test_nothing_to_read_is_said(tmp_path: Path, key: Path) -> None:
    (tmp_path / "empty").mkdir()
    there = ("--store", tmp_path / "m", "--key-file", key)
    for arguments, says in (((), "no record in 1 input"), ((tmp_path / "empty",), "no file there")):
        done = run("ingest", *arguments, *there)
        assert done.returncode == 0 and lines(done)[0] == f"logscrub: nothing to read: {says}"
    done = run("verify", tmp_path / "m")
    assert done.returncode == 3 and done.stdout.startswith(b"not proven: no record was read")
    assert run("verify", tmp_path / "m", "--allow-empty").returncode == 0


def test_tables_hold_no_control_characters(tmp_path: Path, key: Path) -> None:
    hostile = "save\x1b[2J\x07\r\n| forged |\x9b1m\u202e"
    names = ("functionKey", "moduleType", "appVersion", "environmentId")
    broken = {"severityText": "ERROR", "body": {"stringValue": f"it broke {hostile}"}}
    named = {"attributes": [{"key": name, "value": {"stringValue": hostile}} for name in names]}
    log = tmp_path / "log"
    log.write_text("".join(json.dumps({"timeUnixNano": f"1794906{n:012d}", **broken, **named}) + "\n" for n in range(20)))
    assert run("ingest", log, "--store", tmp_path / "m", "--key-file", key).returncode == 0
    exact = ("--exact", "--key-file", key)
    for arguments in (
        ("metrics", "--by", "function,module,version,environment,signature", *exact),
        ("report", *exact),
        ("store", "show"),
    ):
        done = run(*arguments, "--store", tmp_path / "m")
        text = done.stdout.decode()
        assert done.returncode == 0 and "20" in text
        assert all(c.isprintable() for c in text.replace("\n", "")), arguments
    assert (
        r"save\x1b[2J\x07\r\n| forged |\x9b1m\u202e"
        in run("metrics", "--by", "function", *exact, "--store", tmp_path / "m").stdout.decode()
    )


# -- nothing in the store is customer data --------------------------------------------------------------------------------


def test_verify_looks_at_every_text_of_a_store(kept: Path, tmp_path: Path) -> None:
    assert run("verify", kept).returncode == 0
    assert run("verify", f"{kept}*").stdout.startswith(b"clean: no customer data found in 1 file")
    store = stores.open_store(str(kept))
    leak = stores.read(store).head(1).with_columns(pl.lit("save for jane.doe@acme.example").alias("function"))
    stores.add(store, lambda seen: leak.select(list(SCHEMA)), [])
    done = run("verify", kept)
    assert done.returncode == 1 and b"EMAIL_ADDRESS" in done.stdout
    report = json.loads(run("verify", kept, "--format", "json").stdout)
    assert len(report["files"][0]["findings"]) == 1


def test_values_of_the_samples_are_nowhere_in_the_store(kept: Path) -> None:
    texts = "\n".join(stores.texts(stores.open_store(str(kept))))
    for value in ("Papadopoulos", "alamal", "zephyros", "822d8a59-7a92-4b4c-8dc9-160edc3be1cd", "nordlicht", "557058:"):
        assert value not in texts


# -- an object store ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """An S3-compatible server on this machine, with a bucket; gives what the environment must say."""
    with s3_server("logs") as environment:
        yield environment


def test_an_object_store_is_a_store_like_a_folder(bucket: dict[str, str], key: Path, kept: Path) -> None:
    there = ("--store", "s3://logs/metrics")
    command = [*PROGRAM, "ingest", str(HOUR), *there, "--key-file", str(key)]
    both = [subprocess.Popen(command, env=ENVIRONMENT | bucket, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=60)[1].splitlines()[-1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(b"175 records new" in line for line in said) == sum(b" 0 records new, 175 known" in line for line in said) == 1
    shown = run("metrics", *there, "--by", "function,level", "--format", "json", env=bucket)
    assert json.loads(shown.stdout) == table(kept, "--by", "function,level")
    assert run("verify", "s3://logs/metrics", env=bucket).returncode == 0
    assert run("store", "compact", *there, env=bucket).returncode == 0
    assert b"2026-11-17" in run("store", "show", *there, env=bucket).stdout
    missing = run("metrics", "--store", "s3://logs/nothing", env=bucket)
    assert missing.returncode == 3 and "there is no store" in lines(missing)[-1]


class Refusal(http.server.BaseHTTPRequestHandler):
    """An object store that answers everything with one error."""

    def refuse(self) -> None:
        status, code = self.server.answer  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = f"<Error><Code>{code}</Code><Message>not for you</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = refuse

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((403, "AccessDenied"), "these credentials may not read there; allow it, or use others"),
        ((403, "InvalidAccessKeyId"), "the credentials in the environment are refused"),
        ((403, "SignatureDoesNotMatch"), "the credentials in the environment are refused"),
        ((400, "ExpiredToken"), "the credentials in the environment are refused"),
        ((301, "PermanentRedirect"), "the bucket is in another region; set AWS_REGION"),
        ((404, "NoSuchBucket"), "there is no such bucket; make it, or correct its name"),
        (None, "the object store cannot be reached"),
    ],
)
def test_why_an_object_store_does_not_answer_is_said(
    bucket: dict[str, str], key: Path, answer: tuple[int, str] | None, says: str
) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    server.answer = answer  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        there = "http://127.0.0.1:9" if answer is None else f"http://127.0.0.1:{server.server_port}"
        environment = bucket | {"AWS_ENDPOINT_URL": there}
        for arguments in (("metrics",), ("ingest", HOUR, "--key-file", key)):
            done = run(*arguments, "--store", "s3://logs/metrics", env=environment)
            assert done.returncode == 3 and len(lines(done)) == 1, lines(done)
            assert lines(done)[0].startswith(f"logscrub: s3://logs/metrics: {says}") and b"EXAMPLE" not in done.stderr
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("Error performing PUT http://169.254.169.254/latest/api/token in 9 ms - 403 Forbidden", "there are no credentials"),
        ("an error occurred while loading credentials: failed to load IMDS session token", "there are no credentials"),
        ("Generic GCS error: Error performing token request: Error performing GET http://169.254", "there are no credentials"),
        ("Generic MicrosoftAzure error: Account must be specified", "there are no credentials"),
        ("error sending request: client error (Connect): dns error: failed to lookup address", "host is unknown"),
        ("Generic S3 error: 503 Service Unavailable <Error><Code>SlowDown</Code>", "is overloaded, or down; try again later"),
        ("Object at location metrics/day=2026-11-17/x.parquet not found", "a file of the store is missing"),
        ("something else", "cannot read the store (OSError)"),
    ],
)
def test_what_libraries_say_of_an_object_store_is_said_plainly(said: str, says: str) -> None:
    with pytest.raises(InputError, match=re.escape(says)), location.told("s3://logs/metrics"):
        raise OSError(said)


def test_a_bucket_that_is_not_there_and_settings_that_are_wrong_are_named(bucket: dict[str, str], key: Path) -> None:
    for store, environment, says in (
        ("s3://none/metrics", bucket, "there is no such bucket"),
        ("s3://logs/metrics", {**bucket, "AWS_ALLOW_HTTP": "false"}, "the endpoint is http, not https"),
    ):
        for arguments in (("metrics",), ("ingest", HOUR, "--key-file", key)):
            done = run(*arguments, "--store", store, env=environment)
            assert done.returncode == 3 and len(lines(done)) == 1 and says in lines(done)[0], lines(done)


def test_a_store_in_an_object_store_is_repaired_and_marked_too(
    bucket: dict[str, str], key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, there = "s3://logs/torn", ("--store", "s3://logs/torn")
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    said = run("ingest", HOUR, *there, "--key-file", key, env=bucket)
    assert said.returncode == 0, said.stderr
    store = stores.open_store(url)
    mark = stores.set_mark(store, "logscrub.nightly.test")
    stores.compact(store)
    assert stores.is_after(store, mark)
    path = pl.DataFrame(store.table().get_add_actions(flatten=True))["path"][0]
    import boto3

    boto3.client("s3").delete_object(Bucket="logs", Key=f"torn/{path}")
    for arguments in (("metrics", *there), ("verify", url), ("ingest", HOUR, *there, "--key-file", key)):
        done = run(*arguments, env=bucket)
        assert done.returncode == 3 and len(lines(done)) == 1, lines(done)
        assert "a file of the store is missing" in lines(done)[0] and f"store repair --store {url}" in lines(done)[0], lines(done)
    done = run("store", "repair", *there, env=bucket)
    assert done.returncode == 0 and done.stdout == b"2026-11-17 09:00 to 09:59 UTC\n", done.stderr
    assert not stores.is_after(stores.open_store(url), mark)
    assert "175 records new" in lines(run("ingest", HOUR, *there, "--key-file", key, env=bucket))[-1]
