"""Many stores become one: each record once, to the byte what one store would hold, in any order and as often as it is begun."""

from __future__ import annotations

import random
import threading
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from logscrub.cli.store import merge as command
from logscrub.errors import InputError, LogscrubError, UsageError
from logscrub.formats.base import Record
from logscrub.metrics import store as stores
from logscrub.metrics.ingestion import Ingestion
from logscrub.metrics.rollup import merge
from logscrub.metrics.store import Store, merge_from, open_or_make, open_store, read

KEY_ID = "0123456789abcdef"
KEY = b"a key for tests only, 32 bytes.."
HOUR_NS = 3600 * 10**9
BEGIN = 1_794_960_000 * 10**9
"""2026-11-18, 00:00 UTC."""


def record(number: int) -> Record:
    """A record of its own, in one of two days, by one of a few customers and functions."""
    return Record(
        BEGIN + (number % 36) * HOUR_NS + number * 1000,
        "ERROR" if number % 7 == 0 else "INFO",
        f"saved page {number % 5}",
        "",
        f"invocation-{number % 400}",
        f"function-{number % 3}",
        "",
        "",
        "",
        f"<SITE_NAME:{number % 9:020x}>",
    )


def counted(place: Path, *runs: range) -> Store:
    """A store into which records were read, each run committed by itself."""
    store = open_or_make(str(place), KEY_ID)
    for numbers in runs:
        with Ingestion(store, KEY) as ingestion:
            ingestion.begin(1)
            ingestion.take(record(number) for number in numbers)
    return store


def rows(store: Store) -> pl.DataFrame:
    return merge([read(store)])


@pytest.fixture
def whole(tmp_path: Path) -> Store:
    return counted(tmp_path / "whole", range(600))


def test_partial_stores_merge_to_the_bytes_of_one(tmp_path: Path, whole: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_AT_ONCE", 2)
    parts = [counted(tmp_path / f"part{n}", range(a, b)) for n, (a, b) in enumerate(pairwise(range(0, 601, 200)))]
    for name, order in (("in order", parts), ("in another", random.Random(1).sample(parts, len(parts)))):
        into = open_or_make(str(tmp_path / name), KEY_ID)
        assert merge_from(into, *order) == 2
        assert rows(into).equals(rows(whole))
        assert merge_from(into, *order) == merge_from(into, whole) == 0


def test_what_two_stores_have_read_counts_once(tmp_path: Path, whole: Store) -> None:
    one = counted(tmp_path / "one", range(200), range(200, 400))
    two = counted(tmp_path / "two", range(200, 400), range(400, 600))
    into = counted(tmp_path / "into", range(400, 600))
    assert merge_from(into, one, two, one) == 2
    assert rows(into).equals(rows(whole))


def test_a_store_that_is_larger_than_another_takes_its_place(tmp_path: Path, whole: Store) -> None:
    small, large = counted(tmp_path / "small", range(200)), counted(tmp_path / "large", range(600))
    into = open_or_make(str(tmp_path / "into"), KEY_ID)
    assert merge_from(into, small, large) == 2 and rows(into).equals(rows(whole))


def test_records_that_cannot_be_told_apart_are_an_error_and_change_nothing(tmp_path: Path) -> None:
    into, other = counted(tmp_path / "into", range(200)), counted(tmp_path / "other", range(100, 300))
    before = rows(into)
    with pytest.raises(UsageError, match=r"other: 6\d of 1\d\d records of 2026-11-18 that came in at once are in .*into too"):
        merge_from(into, other)
    assert rows(into).equals(before)
    with pytest.raises(UsageError, match="made with another key"):
        merge_from(into, other, open_or_make(str(tmp_path / "foreign"), "f" * 16))


def test_a_merge_that_broke_off_goes_on(tmp_path: Path, whole: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [counted(tmp_path / f"part{n}", range(n * 200, n * 200 + 200)) for n in range(3)]
    into = open_or_make(str(tmp_path / "into"), KEY_ID)
    day, calls = stores._merge_day, []

    def broken(*arguments: object) -> bool:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return day(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(stores, "_merge_day", broken)
    with pytest.raises(KeyboardInterrupt):
        merge_from(into, *parts)
    assert 0 < len(rows(into)) < len(rows(whole))
    assert merge_from(into, *parts) == 1 and rows(into).equals(rows(whole))


def test_a_day_in_several_files_is_one_whole(tmp_path: Path, whole: Store) -> None:
    """As a large day has them once it was compacted: fingerprints in one file, counts in another."""
    from deltalake.transaction import AddAction

    before, actions = rows(whole), []
    for part in before.partition_by("day"):
        day = str(part["day"][0])
        kinds = part.with_columns(pl.col("kind").rank("dense").alias("n")).partition_by("n", include_key=False)
        for number, some in enumerate(kinds):
            path = f"day={day}/part-{number:05}-0f5e-c000.parquet"
            some.drop("day").write_parquet(Path(whole.url, path))
            size = Path(whole.url, path).stat().st_size
            actions.append(AddAction(path, size, {"day": day}, 0, True, "{}"))
    whole.table().create_write_transaction([*actions], "overwrite", whole.table().schema(), partition_by=["day"])
    files = [paths for _, paths in stores._wholes(whole)]
    assert len(files) == 2 and all(len(paths) > 1 for paths in files)
    assert rows(whole).equals(before)
    into = open_or_make(str(tmp_path / "into"), KEY_ID)
    assert merge_from(into, whole) == 2 and merge_from(into, whole) == 0 and rows(into).equals(before)


def test_writers_at_the_same_time_count_exactly(tmp_path: Path) -> None:
    """Each has records of its own and some that others have too."""
    writers, failed = 8, []
    counted(tmp_path / "m")

    def write(number: int) -> None:
        try:
            counted(tmp_path / "m", range(number * 5, number * 5 + 10))
        except LogscrubError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    one = counted(tmp_path / "one", range(writers * 5 + 5))
    assert rows(open_store(str(tmp_path / "m"))).equals(rows(one))


def test_the_command_merges_several(tmp_path: Path, whole: Store, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [counted(tmp_path / f"part{n}", range(n * 300, n * 300 + 300)).url for n in range(2)]
    into = str(tmp_path / "into")
    assert command(parts, into) == 0 and capsys.readouterr().err == "logscrub: 2 days added\n"
    assert rows(open_store(into)).equals(rows(whole))
    with pytest.raises(InputError, match="none: there is no store"):
        command([parts[0], str(tmp_path / "none")], into)
