"""A store goes on under a new key: the same customers, the same counts, nothing counted twice, and no use for the old key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ROOT
from test_guarantee import Do, do

from logscrub import api
from logscrub.config import Config
from logscrub.metrics import store as stores
from logscrub.metrics.ingestion import Ingestion
from logscrub.metrics.records import Records
from logscrub.metrics.rollup import COUNTERS, merge
from logscrub.metrics.rotation import tenants_of
from logscrub.redact.keys import new_key

__all__ = ["do"]

HOUR = (ROOT / "sample_logs/app_logs_records.ndjson").read_bytes().splitlines(True)
TEXT = b"".join(b"2026-11-17 09:%02d:00 INFO saved\n" % (n % 5) for n in range(12))
CUSTOMERS = 10


def ingest(store: Path, key: bytes, *inputs: bytes) -> dict[str, int]:
    """Counts logs under a key, as the command does."""
    pseudonymizer = api.build_redactor(Config(), key).pseudonymizer
    engine = api.engine_of(api.build_redactor(Config(), key))
    new = known = 0
    with Ingestion(stores.open_or_make(str(store), pseudonymizer.key_id), pseudonymizer.derived("metrics")) as counting:
        for n, data in enumerate(inputs):
            counting.begin(n)
            scrubber, records = engine.scrubber(), Records()
            counting.take(records.feed(scrubber.feed(data)))
            counting.take(records.feed(scrubber.finish()))
            counting.take(records.finish())
        counting.commit()
        for counted in counting.results.values():
            new, known = new + counted.new + counted.undated, known + counted.known
    return {"new": new, "known": known}


def rows(store: Path) -> pl.DataFrame:
    return merge([stores.read(stores.open_store(str(store)))])


def counts(store: Path) -> list[Any]:
    """What customers did, whoever they are."""
    counted = rows(store).filter(pl.col("kind") == "count")
    by_tenant = counted.group_by("tenant").agg(pl.col(name).sum() for name in COUNTERS).drop("tenant")
    whole = counted.group_by("hour", "function", "version", "level", "signature").agg(pl.col(name).sum() for name in COUNTERS)
    return [sorted(by_tenant.rows()), sorted(whole.rows(), key=str)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("old.key", "new.key"):
        (tmp_path / name).write_bytes(new_key())
    (tmp_path / "hour.ndjson").write_bytes(b"".join(HOUR))
    (tmp_path / "text.log").write_bytes(TEXT)
    return tmp_path


def key(folder: Path, name: str) -> bytes:
    return (folder / f"{name}.key").read_bytes()


ROTATE = ("--store", "m", "--key-file", "old.key", "--to", "m2", "--new-key-file", "new.key")


def test_a_store_and_its_counts_survive_the_old_key(folder: Path, do: Do) -> None:
    assert ingest(folder / "m", key(folder, "old"), b"".join(HOUR), TEXT) == {"new": 187, "known": 0}
    before = rows(folder / "m")
    code, _, said = do("keys", "rotate", "hour.ndjson", "text.log", *ROTATE)
    assert code == 0 and "10 of 10 customers and 187 of 187 records are known under it" in said[-1]
    assert rows(folder / "m").equals(before)
    assert counts(folder / "m2") == counts(folder / "m")
    old, new = (tenants_of(stores.open_store(str(folder / name))) for name in ("m", "m2"))
    assert len(old) == len(new) == CUSTOMERS and not old & new
    (folder / "old.key").unlink()
    assert ingest(folder / "m2", key(folder, "new"), b"".join(HOUR), TEXT) == {"new": 0, "known": 187}
    later = b"".join(line.replace(b'"17949', b'"17950') for line in HOUR)
    assert ingest(folder / "m2", key(folder, "new"), later)["new"] == 175
    assert tenants_of(stores.open_store(str(folder / "m2"))) == new


def test_who_is_in_no_log_is_known_by_a_list_or_told(folder: Path, do: Do) -> None:
    assert ingest(folder / "m", key(folder, "old"), b"".join(HOUR))["new"] == 175
    some = HOUR[:8]
    (folder / "some.ndjson").write_bytes(b"".join(some))
    code, _, said = do("keys", "rotate", "some.ndjson", *ROTATE)
    assert code == 1 and "of 10 customers and 8 of 175 records are known" in said[-1]
    sites = {line.split(b"::site/")[1][:36].decode() for line in HOUR}
    (folder / "customers.csv").write_text("cloud id\n" + "\n".join(sorted(sites)) + "\n")
    code, _, said = do("keys", "rotate", "some.ndjson", *ROTATE[:5], "m3", *ROTATE[6:], "--candidates", "customers.csv")
    assert code == 0 and "10 of 10 customers and 8 of 175 records are known" in said[-1]
    assert counts(folder / "m3") == counts(folder / "m") == counts(folder / "m2")
    assert ingest(folder / "m3", key(folder, "new"), b"".join(some)) == {"new": 0, "known": 8}


def test_what_cannot_be_read_would_count_again_so_nothing_is_written(folder: Path, do: Do) -> None:
    ingest(folder / "m", key(folder, "old"), TEXT)
    (folder / "cut.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff12")
    code, _, said = do("keys", "rotate", "text.log", "cut.gz", *ROTATE)
    assert code == 3 and "not written" in said[-1] and not (folder / "m2").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda folder: (folder / "new.key").write_bytes(key(folder, "old")), "is the same key"),
        (lambda folder: (folder / "old.key").write_bytes(new_key()), "another key"),
        (lambda folder: ingest(folder / "m2", key(folder, "new"), TEXT), "exists already"),
    ],
    ids=["one key", "not its key", "a store there"],
)
def test_what_is_no_rotation_is_refused(folder: Path, do: Do, change: Callable[[Path], Any], told: str) -> None:
    ingest(folder / "m", key(folder, "old"), TEXT)
    change(folder)
    code, _, said = do("keys", "rotate", "text.log", *ROTATE)
    assert code in (2, 3) and told in said[-1]
