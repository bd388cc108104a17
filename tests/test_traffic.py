"""Generated traffic: the same for the same seed, as the store has it, with the incidents that its truth tells of. No times."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from test_cli_scrub import run

from logscrub.metrics import store as stores
from logscrub.metrics.rollup import DIMENSIONS, SCHEMA, merge
from logscrub.metrics.sketches import quantile
from logscrub.redact.pseudonyms import Pseudonymizer

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import traffic  # noqa: E402
from traffic import Settings  # noqa: E402

SMALL = Settings(days=2, tenants=8, records_a_day=1200, quiet_days=0, incidents_a_week=30, gaps_a_month=30)
PLACE = ("kind", *DIMENSIONS, "what")


@pytest.fixture(scope="module")
def app() -> traffic.Model:
    """Without incidents, long enough for any."""
    return traffic.make(Settings(days=16, tenants=40, records_a_day=20_000, kinds=(), quiet_days=2))


def frames(model: traffic.Model, parts: tuple[str, ...] = traffic.PARTS) -> list[pl.DataFrame]:
    return [rows for _, rows in traffic.rollups(model, parts=parts)]


def test_a_seed_gives_the_same_rows_again_and_another_one_others() -> None:
    one, same, other = (frames(traffic.make(replace(SMALL, seed=seed))) for seed in (1, 1, 2))
    assert all(a.equals(b) for a, b in zip(one, same, strict=True))
    assert not one[0].equals(other[0])
    model = traffic.make(SMALL)
    assert traffic.rollup(model, traffic.day_of(model, 1), traffic.PARTS).equals(one[1]), "a day can be made alone"


def test_a_seed_gives_the_same_logs_again() -> None:
    one, same = (list(traffic.logs(traffic.make(replace(SMALL, days=1)))) for _ in range(2))
    assert one == same
    assert one[0].endswith(b"}\n")


def test_rows_are_those_of_the_store_in_its_order() -> None:
    rows = frames(traffic.make(SMALL))[0]
    assert rows.schema == SCHEMA
    assert set(rows["kind"]) == set(traffic.PARTS)
    assert_frame_equal(rows, rows.sort(*PLACE, nulls_last=False))
    known = rows.filter(pl.col("kind") != "actor")
    assert_frame_equal(merge([known]), known)


def test_hours_are_the_parts_of_days() -> None:
    model = traffic.make(replace(SMALL, days=1))
    hours = list(traffic.rollups(model, by="hour"))
    assert_frame_equal(
        pl.concat([rows for _, rows in hours]).sort(*PLACE), pl.concat(frames(model, traffic.PARTS[:-1])).sort(*PLACE)
    )
    assert all(set(rows["hour"]) == {hour} for hour, rows in hours)


def test_who_did_what_is_as_many_records_as_tell_of_someone() -> None:
    rows = pl.concat(frames(traffic.make(SMALL)))
    acts = rows.filter(pl.col("kind") == "actor")
    assert acts.filter(pl.col("prints") != pl.col("prints").list.sort()).is_empty()
    told = rows.filter((pl.col("kind") == "redaction") & (pl.col("what") == "ACCOUNT_ID"))
    assert acts["counts"].list.sum().sum() == told["records"].sum()
    # as many distinct accounts and issues as the sketches say, nearly
    sketched = rows.filter((pl.col("kind") == "distinct") & (pl.col("what") == "actors"))
    assert len(acts) == len(sketched)
    people = acts.select(pl.col("prints").list.eval(pl.element() // 2**32).list.n_unique())["prints"].sum()
    assert people == sketched["registers"].list.len().sum()


def test_ingested_logs_tell_what_the_rows_tell(tmp_path: Path) -> None:
    model, log, key = traffic.make(SMALL), tmp_path / "app.ndjson", tmp_path / "key"
    by_logs: dict[int, tuple[int, int]] = {}
    by_rows: dict[int, tuple[int, int]] = {}
    log.write_bytes(b"".join(traffic.logs(model, by_logs)))
    key.write_bytes(traffic.KEY)
    done = run("ingest", log, "--store", tmp_path / "store", "--key-file", key)
    assert done.returncode == 0, done.stderr
    kept = merge([stores.read(stores.open_store(str(tmp_path / "store")))])
    made = pl.concat([rows for _, rows in traffic.rollups(model, parts=traffic.PARTS, effects=by_rows)])
    assert by_logs == by_rows
    # to the number and the byte: counters, durations, sketches, redactions; who did what where this version of the store keeps it
    for kind in {"count", "distinct", "redaction", "actor"} & set(kept["kind"]):
        assert_frame_equal(*(rows.filter(pl.col("kind") == kind).sort(*PLACE) for rows in (kept, made)))
    # invocations but for the numbers that stand for them
    spans = [pl.col(name).list.sort() for name in ("first_ms", "last_ms")]
    invocations = [rows.filter(pl.col("kind") == "invocation").sort(*PLACE).select(*PLACE, *spans) for rows in (kept, made)]
    assert_frame_equal(*invocations)
    prints = [
        rows.filter(pl.col("kind") == "seen").sort("hour").select("hour", pl.col("prints").list.len()) for rows in (kept, made)
    ]
    assert_frame_equal(*prints)


@pytest.mark.parametrize("level", ["clear", "subtle"])
@pytest.mark.parametrize("kind", traffic.KINDS)
def test_an_incident_is_as_large_as_its_truth_says(app: traffic.Model, kind: str, level: traffic.Level) -> None:
    one = traffic.incident(app, kind, level)
    assert one is not None
    assert 2 * 24 <= one.start < one.end <= 16 * 24
    effects: dict[Any, Any] = {}
    model = replace(app, incidents=(one,))
    with_it, without = [], []
    for number in sorted({one.start // 24, min(one.start // 24 + 1, (one.end - 1) // 24)}):  # its first days
        day = traffic.day_of(model, number)
        traffic._add_effects(effects, day)
        with_it.append(traffic.rollup(model, day, ("count", "redaction")))
        without.append(traffic.rollup(app, traffic.day_of(app, number), ("count", "redaction")))
    bad, usual = pl.concat(with_it), pl.concat(without)
    (truth,) = (line for line in traffic.truth(model, effects) if line["kind"] == kind)
    counts = [rows.filter(pl.col("kind") == "count") for rows in (bad, usual)]
    assert int(counts[0]["records"].sum()) - int(counts[1]["records"].sum()) == truth["records"]
    assert truth["affected"] > 0 or one.end - one.start > 48
    where = {n: truth["dimensions"][n] for n in ("function", "tenant", "version") if n in truth["dimensions"]}
    begins = datetime.combine(app.settings.first, datetime.min.time(), UTC)
    first, last = (begins + timedelta(hours=hour) for hour in (one.start, one.end))
    here_only = (pl.col(name) == value for name, value in where.items())
    inside = pl.all_horizontal(pl.col("hour").is_between(first, last, closed="left"), *here_only)
    outside = [rows.filter(~inside).sort(*PLACE) for rows in counts]
    assert_frame_equal(*outside)  # nothing else is another
    here = [rows.filter(inside) for rows in counts]
    columns = {
        "timeouts": "timeouts",
        "out_of_memory": "out_of_memory",
        "throttling": "throttles",
        "auth_failures": "auth_failures",
        "egress_denials": "egress_denials",
    }
    if kind in columns:
        more = int(here[0][columns[kind]].sum()) - int(here[1][columns[kind]].sum())
        assert more >= truth["records"] if kind != "auth_failures" else more > 0
    elif kind in ("error_rate_up", "new_signature", "signature_burst", "bad_deployment"):
        assert int(here[0]["errors"].sum()) - int(here[1]["errors"].sum()) == truth["records"]
    elif kind == "latency_shift":
        assert median(here[0]) > 1.2 * median(here[1])
    elif kind == "privacy_leak":
        told = (pl.col("kind") == "redaction") & (pl.col("signature") == truth["dimensions"]["statement"])
        leaked = [rows.filter(told & (pl.col("what") == "PERSON"))["records"].sum() for rows in (bad, usual)]
        assert leaked == [truth["affected"], 0]
    elif kind in ("silence_feed", "silence_scheduled") and level == "clear":
        assert here[0].is_empty()
    if kind == "fan_out":
        assert truth["size"] >= (20 if level == "clear" else 8)


def median(rows: pl.DataFrame) -> float:
    buckets = rows.select("buckets", "counts").explode("buckets", "counts").drop_nulls().group_by("buckets").sum()
    return quantile(dict(buckets.iter_rows()), 0.5) or 0.0


def test_slow_scraping_goes_on_around_the_clock_over_many_issues(app: traffic.Model) -> None:
    one = traffic.incident(app, "slow_scraping", "subtle", start=3 * 24)
    assert one is not None
    day = traffic.day_of(replace(app, incidents=(one,)), 4)
    his = (day.actor == one.actor) & (day.incident == one.number) & (day.issue >= 0)
    assert set(day.hour[his]) == set(range(24)) - set(day.gaps)
    assert len(set(day.issue[his].tolist())) == int(one.size) * (24 - len(day.gaps))


def test_incidents_keep_to_their_time_and_out_of_each_others_way() -> None:
    model = traffic.make(Settings(days=35, tenants=60, incidents_a_week=6))
    assert len(model.incidents) >= 12
    assert all(14 * 24 <= one.start < one.end <= 35 * 24 for one in model.incidents)
    assert len({one.kind for one in model.incidents}) >= 12
    assert {one.level for one in model.incidents} == {"clear", "subtle"}
    feed = [one for one in model.incidents if one.kind == "silence_feed"]
    assert not any(f.start < one.end and one.start < f.end for f in feed for one in model.incidents if one is not f)
    assert traffic.make(Settings(tenants=20, kinds=())).incidents == ()
    only = traffic.make(Settings(tenants=20, kinds=("fan_out", "volume_drop"))).incidents
    assert {one.kind for one in only} == {"fan_out", "volume_drop"}


def test_weeks_have_weekends_and_days_have_nights(app: traffic.Model) -> None:
    days = frames(app, ("count",))[:14]
    people = pl.concat(days).filter(pl.col("module") == "core:function")
    daily = dict(people.group_by("day").agg(pl.col("records").sum()).iter_rows())
    assert len(daily) == 14
    week = [n for day, n in daily.items() if day.weekday() < 5]
    weekend = [n for day, n in daily.items() if day.weekday() > 4]
    assert min(week) > 2.5 * max(weekend)
    total = pl.concat(days)["records"].sum() / 14
    assert 0.7 * 20_000 < total < 1.4 * 20_000
    versions = set(people["version"].unique()) - {"unknown"}
    assert len(versions) >= 2


@pytest.mark.parametrize("nulls", traffic.NULLS)
def test_calls_vary_more_than_by_chance_alone(nulls: str) -> None:
    draw = traffic._chance(1, 99)
    rates = np.full((200, 200), 4.0)
    counts = traffic._counts(draw, rates, nulls)
    assert counts.mean() == pytest.approx(4, rel=0.05)
    assert counts.var() > 1.8 * counts.mean()
    factors = traffic._noise(draw, (40_000,), nulls, 4.0)
    assert factors.mean() == pytest.approx(1, rel=0.05)
    if nulls == "zero-inflated":
        assert (counts == 0).mean() > 0.3


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="no such noise: poisson"):
        traffic.make(Settings(nulls="poisson"))
    with pytest.raises(ValueError, match="no such incident: flood"):
        traffic.make(Settings(kinds=("flood",)))


def test_the_program_makes_a_store_and_tells_the_truth(tmp_path: Path) -> None:
    store, truth = tmp_path / "store", tmp_path / "truth.ndjson"
    command = [sys.executable, str(BENCHMARKS / "traffic.py"), "--days", "3", "--tenants", "10", "--records-a-day", "1500"]
    command += ["--quiet-days", "1", "--incidents", "volume_jump,tenant_flood", "--incidents-a-week", "7", "--seed", "3"]
    command += ["--parts", "actor,count,seen", "--store", str(store), "--truth", str(truth)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    assert {"volume_jump", "tenant_flood"} <= {line["kind"] for line in lines}
    assert all(set(line) == {*"kind level start end dimensions size unit records affected".split()} for line in lines)
    kept = stores.open_store(str(store))
    assert kept.key_id == Pseudonymizer(traffic.KEY).key_id
    assert sorted(stores.days_of(kept), key=str) == [date(2026, 6, 1) + timedelta(days=n) for n in range(3)]
    rows = stores.read(kept)
    assert set(rows["kind"]) == {"actor", "count", "seen"}
    records = rows["records"].sum()
    assert done.stderr == f"{records:,} records in 3 days, 2 incidents\n"
    assert rows.filter(pl.col("kind") == "seen")["prints"].list.len().sum() == records
