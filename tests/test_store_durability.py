"""What a power cut does to a store in a folder: commits are on the disk in order, torn files are named, and repaired."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from test_cli_scrub import lines, run

from logscrub.cli import _run
from logscrub.errors import OutputError
from logscrub.metrics import durability, location
from logscrub.metrics import store as stores
from logscrub.metrics.repair import repair
from logscrub.metrics.rollup import merge

KEY = "a key for tests, 32 characters .."


def record(n: int, day: int = 17) -> str:
    told = {"ts": f"2026-11-{day}T09:00:{n % 60:02}.{n // 60:03}Z", "level": "INFO", "message": f"Synced {n}"}
    return json.dumps(told) + "\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of three logs in two days (`metrics`), the same compacted (`compacted`), the logs and the key."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "logscrub.key").write_text(KEY)
    (folder / "logscrub.key").chmod(0o600)
    (folder / "exports").mkdir()
    store = folder / "metrics"
    for name, first, day in (("a", 0, 17), ("b", 40, 17), ("c", 80, 18)):
        log = folder / "exports" / f"{name}.ndjson"
        log.write_text("".join(record(n, day) for n in range(first, first + 40)))
        assert main("ingest", log, "--store", store, "--key-file", folder / "logscrub.key") == 0
    shutil.copytree(store, folder / "compacted")
    compacted = stores.open_store(str(folder / "compacted"))
    assert stores.compact(compacted) == 2
    stores.vacuum(compacted)
    return folder


@pytest.fixture
def place(tmp_path: Path, whole: Path) -> Path:
    """A copy of it, as things were."""
    shutil.copytree(whole, tmp_path / "place")
    folder = tmp_path / "place"
    (folder / "logscrub.toml").write_text(
        '[nightly]\ninputs = ["exports"]\nstore = "metrics"\nkey_file = "logscrub.key"\nreport = "reports"\n'
    )
    return folder


@pytest.fixture(autouse=True)
def garbage_collection() -> Iterator[None]:
    """Counting switches it off for a process that ends soon; this one does not."""
    yield
    gc.enable()


def main(*arguments: str | Path) -> int:
    """The exit code of the program, run in this process."""
    return _run([str(argument) for argument in arguments])


def rows(store: Path) -> pl.DataFrame:
    return merge([stores.read(stores.open_store(str(store)))])


def entry(store: Path, version: int) -> Path:
    return store / "_delta_log" / f"{version:020}.json"


def data_of(store: Path, version: int) -> Path:
    """The data file that a commit added."""
    return next(
        store / str(action["add"]["path"]) for action in durability.actions(entry(store, version)) or [] if "add" in action
    )


def zeros(file: Path, start: int = 0, end: int = 0) -> None:
    content = bytearray(file.read_bytes())
    content[start : len(content) - end] = bytes(len(content) - end - start)
    file.write_bytes(content)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    os.truncate(file, 0)


TEARS: dict[str, Callable[[Path], None]] = {
    "data empty": lambda store: empty(data_of(store, 2)),
    "data missing": lambda store: data_of(store, 2).unlink(),
    "data cut short": lambda store: cut(data_of(store, 2)),
    "data full of zeros": lambda store: zeros(data_of(store, 2)),
    "data with zeros at its end": lambda store: zeros(data_of(store, 2), start=4000),
    "data with zeros within": lambda store: zeros(data_of(store, 2), start=4, end=8),
    "last entry empty": lambda store: empty(entry(store, 3)),
    "last entry cut short": lambda store: cut(entry(store, 3)),
    "last entry full of zeros": lambda store: zeros(entry(store, 3)),
    "entry empty": lambda store: empty(entry(store, 2)),
    "entry missing": lambda store: entry(store, 2).unlink(),
}
CHECKPOINT = f"_delta_log/{5:020}.checkpoint.parquet"
TEARS_OF_COMPACTED: dict[str, Callable[[Path], None]] = {
    "compacted data empty": lambda store: empty(data_of(store, 4)),
    "compacted data missing": lambda store: data_of(store, 4).unlink(),
    "entry of a compaction empty": lambda store: empty(entry(store, 4)),
    "checkpoint empty": lambda store: empty(store / CHECKPOINT),
    "checkpoint cut short": lambda store: cut(store / CHECKPOINT),
    "checkpoint missing": lambda store: (store / CHECKPOINT).unlink(),
}
COMMANDS = {
    "metrics": ["metrics", "--store", "metrics"],
    "report": ["report", "--store", "metrics"],
    "watch": ["watch", "exports/a.ndjson", "--store", "metrics", "--key-file", "logscrub.key"],
    "verify": ["verify", "metrics"],
    "ingest": ["ingest", "exports/b.ndjson", "--store", "metrics", "--key-file", "logscrub.key"],
    "nightly": ["nightly", "--config", "logscrub.toml"],
    "nightly --check": ["nightly", "--config", "logscrub.toml", "--check"],
    "store show": ["store", "show", "--store", "metrics"],
    "store compact": ["store", "compact", "--store", "metrics"],
    "store prune": ["store", "prune", "--keep", "400d", "--yes", "--store", "metrics"],
    "store merge into": ["store", "merge", "compacted", "--store", "metrics"],
    "store merge from": ["store", "merge", "metrics", "--store", "compacted"],
}


def torn(place: Path, tear: str) -> None:
    if tear in TEARS_OF_COMPACTED:
        shutil.rmtree(place / "metrics")
        shutil.copytree(place / "compacted", place / "metrics")
    (TEARS | TEARS_OF_COMPACTED)[tear](place / "metrics")


# -- torn files are named -------------------------------------------------------------------------------------------------


CASES = [*((tear, command) for tear in TEARS for command in COMMANDS)]
CASES += [(tear, command) for tear in TEARS_OF_COMPACTED for command in ("metrics", "ingest", "nightly", "store compact")]
READS_NO_ROWS = ("store show", "store prune", "nightly --check")


@pytest.mark.parametrize(("tear", "command"), CASES)
def test_a_torn_store_is_one_line_and_exit_code_3(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tear: str, command: str
) -> None:
    torn(place, tear)
    monkeypatch.chdir(place)
    code = main(*COMMANDS[command])
    said = capfd.readouterr()
    assert "panicked" not in said.out + said.err and "Traceback" not in said.out + said.err
    if tear == "data with zeros within" and command in READS_NO_ROWS:
        assert code == 0  # all that it uses of the store is whole
        return
    assert code == 3, said.err
    lines = [line for line in said.err.splitlines(keepends=True) if not line.startswith("logscrub: watch")]
    assert len(lines) == 1 and lines[0].startswith("logscrub: metrics: cannot "), said.err
    assert lines[0].endswith("logscrub store repair --store metrics\n")
    assert not (place / "reports").exists()


def test_the_program_itself_says_one_line_too(place: Path) -> None:
    """Also the processes that count beside it; and native code writes to standard error by itself."""
    big = place / "big.ndjson"
    big.write_text("".join(record(n) for n in range(300)))
    assert big.stat().st_size > 1 << 14
    several = "import os, logscrub.cli.ingest as i\ni._MANY = 1 << 14\nos.environ['RUST_BACKTRACE'] = 'full'"
    for tear in ("data empty", "data with zeros within"):
        shutil.rmtree(place / "metrics")
        shutil.copytree(place / "compacted", place / "metrics")
        (data_of(place / "metrics", 4).write_bytes(b"") if tear == "data empty" else zeros(data_of(place / "metrics", 4), 4, 8))
        for arguments in (("metrics", "--store", "metrics"), ("ingest", big, "--store", "metrics", "--key-file", "logscrub.key")):
            done = run(*arguments, cwd=place, first=several)
            assert done.returncode == 3 and len(lines(done)) == 1 and "store repair --store metrics" in lines(done)[0], lines(
                done
            )


def test_any_byte_that_is_torn_is_a_line_or_does_no_harm(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Native code panics where it trusts what a file says of itself, and prints where to standard error."""
    import random

    chance = random.Random(15)
    monkeypatch.chdir(place)
    file = data_of(place / "metrics", 2)
    was = file.read_bytes()
    seen = set()
    for _ in range(60):
        content = bytearray(was)
        at, size = chance.randrange(4, len(was)), chance.choice([1, 8, 64, 512])
        content[at : at + size] = (bytes(size) if chance.random() < 0.5 else chance.randbytes(size))[: len(was) - at]
        file.write_bytes(content)
        code = main("metrics", "--store", "metrics", "--by", "level")
        said = capfd.readouterr()
        seen.add(code)
        assert code in (0, 3) and len(said.err.splitlines()) == 1, said.err
        assert "panicked" not in said.out + said.err and "Traceback" not in said.out + said.err
    assert seen == {0, 3}


def test_a_panic_of_a_library_is_no_finding(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """It is no Exception, and Python would end with 1."""

    def panic(url: str) -> None:
        raise pl.exceptions.PanicException("jane.doe@acme.example")

    monkeypatch.setattr(stores, "open_store", panic)
    assert main("metrics", "--store", "metrics") == 70
    said = capfd.readouterr().err
    assert "PanicException" in said and "jane.doe" not in said and len(said.splitlines()) == 1


def test_a_last_entry_that_is_missing_is_the_version_before(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing tells it from an older copy; who has read more than that knows by its own mark."""
    entry(place / "metrics", 3).unlink()
    assert main("metrics", "--store", place / "metrics") == 0
    assert rows(place / "metrics")["day"].unique().to_list() == [date(2026, 11, 17)]


def test_what_a_killed_first_run_left_is_no_obstacle(tmp_path: Path, place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "new"
    ingest = ("ingest", place / "exports" / "a.ndjson", "--store", store, "--key-file", place / "logscrub.key")
    (store / "_delta_log").mkdir(parents=True)
    assert main(*ingest) == 0
    shutil.rmtree(store / "_delta_log")
    capfd.readouterr()
    assert main(*ingest) == 2 and "neither a store nor an empty folder" in capfd.readouterr().err
    (store / "_delta_log").mkdir()
    assert main(*ingest) == 3 and "the log of the store is gone; move the folder away" in capfd.readouterr().err


@pytest.mark.parametrize("unfinished", ["00000000000000000000.json#1", "_commit_4f6d0a1c-0000-4000-8000-000000000000.json.tmp"])
def test_a_first_commit_that_was_killed_before_it_had_its_name_is_no_obstacle(tmp_path: Path, unfinished: str) -> None:
    log = tmp_path / "new" / "_delta_log"
    log.mkdir(parents=True)
    (log / unfinished).write_bytes(b"{")
    assert stores.open_or_make(str(tmp_path / "new"), "0" * 16).table().version() == 0


def test_the_library_names_an_unfinished_first_commit_as_we_expect(tmp_path: Path) -> None:
    """All names that its log has meanwhile, as another process sees them."""
    seen: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            for log in tmp_path.glob("*/_delta_log"):
                with suppress(FileNotFoundError):
                    seen.update(each.name for each in log.iterdir())

    watching = threading.Thread(target=watch)
    watching.start()
    for n in range(10):
        stores.open_or_make(str(tmp_path / f"{n}"), "0" * 16)
    ended.set()
    watching.join()
    assert {name for name in seen if not durability._UNFINISHED.fullmatch(name)} <= {"00000000000000000000.json"}


def test_a_store_that_another_run_makes_meanwhile_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other run makes it after this one has looked for it, and before it looks at what is in the folder."""
    url = str(tmp_path / "new")
    looked: list[bool] = []
    exists = location.exists

    def another_comes_first(there: str) -> bool:
        found = exists(there)
        looked.append(found)
        if len(looked) == 1:
            stores.open_or_make(there, "0" * 16)
        return found

    monkeypatch.setattr(location, "exists", another_comes_first)
    monkeypatch.setattr(stores, "exists", another_comes_first)
    assert stores.open_or_make(url, "0" * 16).table().version() == 0
    assert looked[0] is False and looked[-1] is True


# -- repair ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tear", TEARS)
def test_a_repaired_store_lacks_hours_that_it_names_and_gets_them_again(
    place: Path, whole: Path, capfd: pytest.CaptureFixture[str], tear: str
) -> None:
    store = place / "metrics"
    torn(place, tear)
    assert main("store", "repair", "--store", store) == 0
    said = capfd.readouterr()
    day = 18 if tear.startswith("last") else 17
    assert said.out == f"2026-11-{day} 09:00 to 09:59 UTC\n"
    assert "ingest the logs of these hours again, or let nightly do it" in said.err
    left = rows(store).filter(pl.col("kind") == "count")["records"].sum()
    assert left == 80
    assert main("store", "repair", "--store", store) == 0
    assert capfd.readouterr() == ("", "logscrub: nothing is torn\n")
    assert main("store", "compact", "--store", store) == 0
    assert main("ingest", place / "exports", "--store", store, "--key-file", place / "logscrub.key") == 0
    assert "40 records new, 80 known" in capfd.readouterr().err
    assert rows(store).equals(rows(whole / "metrics"))


@pytest.mark.parametrize("tear", TEARS_OF_COMPACTED)
def test_a_torn_compaction_loses_nothing(place: Path, whole: Path, capfd: pytest.CaptureFixture[str], tear: str) -> None:
    store = place / "metrics"
    torn(place, tear)
    assert main("store", "repair", "--store", store) == 0
    assert "2 earlier files put back" in capfd.readouterr().err or "data" not in tear
    assert rows(store).equals(rows(whole / "metrics"))
    assert main("store", "repair", "--store", store) == 0
    assert capfd.readouterr().err == "logscrub: nothing is torn\n"
    for _ in range(2):
        kept = stores.open_store(str(store))
        stores.vacuum(kept, dropped=True)  # what came back is needed again
        assert rows(store).equals(rows(whole / "metrics"))
        stores.compact(kept)


def test_a_torn_day_without_its_earlier_files_is_lost(place: Path) -> None:
    store = place / "compacted"
    stores.vacuum(stores.open_store(str(store)), dropped=True)
    empty(data_of(store, 4))
    done = repair(str(store))
    assert (done.files, done.put_back, [each.day for each in done.lost]) == (1, 0, [date(2026, 11, 17)])
    assert rows(store)["day"].unique().to_list() == [date(2026, 11, 18)]


def test_a_store_whose_beginning_is_torn_is_left_as_it_is(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = place / "metrics"
    for damage in (empty, lambda file: file.unlink(), zeros):
        empty(entry(store, 2))
        damage(entry(store, 0))
        before = {file: file.read_bytes() for file in store.rglob("*") if file.is_file()}
        assert main("store", "repair", "--store", store) == 3
        said = capfd.readouterr().err
        assert "the beginning of its log is lost" in said and "move it away" in said and len(said.splitlines()) == 1
        assert before == {file: file.read_bytes() for file in store.rglob("*") if file.is_file()}
        shutil.rmtree(store)
        shutil.copytree(place / "compacted", store)
        (store / CHECKPOINT).unlink()
        (store / "_delta_log" / "_last_checkpoint").unlink()


def test_only_a_store_is_repaired(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main("store", "repair", "--store", tmp_path / "none") == 3
    pl.DataFrame({"a": [1]}).write_delta(str(tmp_path / "t"))
    empty(next((tmp_path / "t").glob("*.parquet")))
    assert main("store", "repair", "--store", tmp_path / "t") == 3
    said = capfd.readouterr().err.splitlines()
    assert "there is no store" in said[0] and "no store of logscrub" in said[1] and len(said) == 2
    assert not entry(tmp_path / "t", 1).exists()


def test_repairs_and_marks_are_computed_again_where_another_run_commits_first(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = place / "metrics"
    empty(data_of(store, 2))
    late: list[int] = []
    commit = stores.commit

    def second(url: str, table: stores.DeltaTable, name: str, actions: tuple[object, ...] = ()) -> int | None:  # type: ignore[name-defined]
        if not late:
            late.append(1)
            assert commit(url, stores.open_table(url), "another") is not None
        return commit(url, table, name, actions)  # type: ignore[arg-type]

    monkeypatch.setattr(stores, "commit", second)
    assert repair(str(store)).files == 1
    late.clear()
    kept = stores.open_store(str(store))
    mark = stores.set_mark(kept, "me")
    assert stores.is_after(kept, mark) and kept.table().version() == mark.version


# -- what is said to be done is on the disk ---------------------------------------------------------------------------------


class Disk:
    """Remembers what was synced, in order, and how large it was then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: list[Path] = []
        self.sizes: dict[Path, int] = {}
        self.names: dict[Path, set[str]] = {}
        self.at_replace: dict[str, int] = {}
        self.missing_then: list[Path] = []
        fsync, replace = os.fsync, os.replace

        def record_sync(handle: int) -> None:
            path = Path(f"/proc/self/fd/{handle}").readlink()
            self.synced.append(path)
            if path.is_dir():
                self.names[path] = set(os.listdir(path))  # noqa: PTH208
            else:
                self.sizes[path] = path.stat().st_size
            fsync(handle)

        def record_replace(source: Path, target: Path, **folders: int) -> None:
            self.at_replace[Path(target).name] = len(self.synced)
            self.missing_then = self.missing(self.store) if self.store is not None else []
            replace(source, target, **folders)

        self.store: Path | None = None
        monkeypatch.setattr(os, "fsync", record_sync)
        monkeypatch.setattr(os, "replace", record_replace)

    def missing(self, store: Path) -> list[Path]:
        """What of a store a power cut now could take: contents, or names in folders."""
        log = durability.read_log(store)
        table = stores.open_table(str(store))
        data = [store / path for path in pl.DataFrame(table.get_add_actions(flatten=True))["path"]]
        files = [*data, *log.entries.values(), *(file for files in log.checkpoints.values() for file in files)]
        torn = [file for file in files if self.sizes.get(file) != file.stat().st_size]
        above = {folder for file in files for folder in file.parents if folder.is_relative_to(store.parent)}
        unnamed = [each for each in (*files, *above) if each != store.parent and each.name not in self.names.get(each.parent, ())]
        return torn + unnamed


@pytest.mark.skipif(sys.platform != "linux", reason="tells open files by /proc")
def test_what_nightly_says_it_read_is_on_the_disk_before(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    store = place / "metrics"
    shutil.rmtree(store)
    disk = Disk(monkeypatch)
    disk.store = store
    replaced: list[list[Path]] = []
    put = disk.missing

    def note(of: Path) -> list[Path]:
        replaced.append(put(of))
        return replaced[-1]

    monkeypatch.setattr(disk, "missing", note)
    for night in range(2):  # the second one adds to what the first one compacted
        assert main("nightly", "--config", place / "logscrub.toml") == 0, capfd.readouterr().err
        assert ".nightly.json" in disk.at_replace and replaced and not any(replaced), replaced
        replaced.clear()
        disk.at_replace.clear()
        (place / "exports" / "late.ndjson").write_text(record(200 + night))
    assert put(store) == []


@pytest.mark.skipif(sys.platform != "linux", reason="tells open files by /proc")
def test_every_commit_is_synced_data_first_then_its_entry_then_the_folders(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    disk = Disk(monkeypatch)
    store = tmp_path / "deep" / "metrics"
    key = place / "logscrub.key"
    assert main("ingest", place / "exports" / "a.ndjson", "--store", store, "--key-file", key) == 0
    data, log = data_of(store, 1), entry(store, 1)
    order = [disk.synced.index(path) for path in (data, log)]
    folders = [max(n for n, path in enumerate(disk.synced) if path == folder) for folder in (data.parent, log.parent, store)]
    assert order == sorted(order) and order[-1] < min(folders)
    assert disk.synced.index(tmp_path) < disk.synced.index(entry(store, 0))  # the name of the first folder that was made
    for arguments in (
        ("ingest", place / "exports", "--store", store, "--key-file", key),
        ("store", "compact", "--store", store),
        ("store", "prune", "--keep", "1d", "--yes", "--store", store),
        ("store", "merge", place / "compacted", "--store", store),
    ):
        disk.sizes.clear()
        disk.names.clear()
        first = len(durability.read_log(store).entries)
        assert main(*arguments) == 0
        for version in range(first, len(durability.read_log(store).entries)):
            assert entry(store, version) in disk.sizes and entry(store, version).name in disk.names[store / "_delta_log"]
            for action in durability.actions(entry(store, version)) or []:
                file = store / action["add"]["path"] if "add" in action else None
                assert file is None or not file.exists() or file in disk.sizes
    newest = max(durability.read_log(store).checkpoints)
    assert set(durability.read_log(store).checkpoints[newest]) <= set(disk.synced)


def test_old_entries_go_only_when_their_checkpoint_is_on_the_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would remove them right after it wrote the checkpoint."""
    store = place / "metrics"
    table = stores.open_table(str(store))
    table.alter.set_table_properties({"delta.checkpointInterval": "2", "delta.logRetentionDuration": "interval 0 days"})
    seen: list[tuple[bool, bool]] = []
    sync = durability.sync_commits

    def look(folder: Path, first: int) -> bool:
        was_there = entry(store, 0).exists()
        made = sync(folder, first)
        seen.append((was_there, made))
        return made

    monkeypatch.setattr(durability, "sync_commits", look)
    for n in range(3):
        log = place / f"{n}.ndjson"
        log.write_text(record(300 + n))
        assert main("ingest", log, "--store", store, "--key-file", place / "logscrub.key") == 0
    assert any(made for _, made in seen)
    first = next(n for n, (_, made) in enumerate(seen) if made)
    assert all(was_there for was_there, _ in seen[: first + 1])


@pytest.mark.skipif(sys.platform != "linux", reason="tells open files by /proc")
def test_an_output_and_the_folders_made_for_it_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.log").write_text("INFO nothing\n")
    disk = Disk(monkeypatch)
    target = tmp_path / "new" / "folder" / "out.log"
    assert main("scrub", tmp_path / "in.log", "-o", target) == 0
    assert "new" in disk.names[tmp_path] and "folder" in disk.names[tmp_path / "new"]
    assert "out.log" in disk.names[tmp_path / "new" / "folder"] and target.stat().st_size in disk.sizes.values()


def test_a_disk_that_fails_to_sync_is_no_success(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import errno

    def fail(path: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durability, "sync", fail)
    (place / "new.ndjson").write_text(record(99))
    assert main("ingest", place / "new.ndjson", "--store", place / "metrics", "--key-file", place / "logscrub.key") == 3
    assert "cannot write the store (OSError)" in capfd.readouterr().err


# -- where a store may lie --------------------------------------------------------------------------------------------------


def test_a_folder_that_is_read_only_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    import errno

    def refuse(self: Path, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    url = str(tmp_path / "there" / "metrics")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", refuse)
        with pytest.raises(OutputError, match="the store cannot be made, because Read-only file system"):
            location.make_folder(url)
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda path, mode: False)
        with pytest.raises(OutputError, match=f"there is no permission to write in {tmp_path};"):
            location.refuse_unwritable(url)
    (tmp_path / "there").touch()
    for check in (location.refuse_unwritable, location.make_folder):
        with pytest.raises(OutputError, match=f"because {tmp_path}/there is no folder"):
            check(url)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_parent_without_permission_is_named(tmp_path: Path, place: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o500)
    store = tmp_path / "there" / "metrics"
    done = run("ingest", place / "exports", "--store", store, "--key-file", place / "logscrub.key")
    assert done.returncode == 3 and f"there is no permission to write in {tmp_path / 'there'}" in lines(done)[-1]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://host/metrics", "is no place for a store; give a folder, or s3://bucket/name"),
        ("https://host/metrics", "is no place for a store"),
        ("s3://", "is no place for a store"),
        ("s3:/logs/metrics", "is no address; write s3://logs/metrics"),
        ("gs:logs", "is no address; write gs://logs"),
        ("env=prod/metrics", "a store cannot lie in a folder with = in its path"),
        ("s3://logs/env=prod/metrics", "a store cannot lie in a folder with = in its path"),
        ("a[1]/metrics", "a store cannot lie in a folder with [ in its path"),
        ("my%20metrics", "a store cannot lie in a folder with %20 in its path"),
    ],
)
def test_an_address_that_is_none_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], url: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main("metrics", "--store", url) == 2
    said = capfd.readouterr().err
    assert len(said.splitlines()) == 1 and says in said


def test_a_file_url_is_a_folder(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main("metrics", "--store", f"file://{place}/metrics") == 0
    empty(data_of(place / "metrics", 2))
    assert main("metrics", "--store", f"file://{place}/metrics") == 3
    assert "is torn" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["two words", "é", "(a-z)*", "what?#", "100 %", "a+b&c", "'\"`{}<>~;:!$,"])
def test_a_store_may_lie_below_any_name(tmp_path: Path, place: Path, whole: Path, name: str) -> None:
    store = tmp_path / name / "metrics"
    for _ in range(2):
        assert main("ingest", place / "exports", "--store", store, "--key-file", place / "logscrub.key") == 0
    assert rows(store).equals(rows(whole / "metrics"))
    assert main("store", "compact", "--store", store) == 0
    empty(max(store.glob("day=*/*.parquet"), key=lambda file: file.stat().st_mtime_ns))
    assert main("metrics", "--store", store) == 3 and main("store", "repair", "--store", store) == 0
    assert rows(store).equals(rows(whole / "metrics"))


# -- several runs at once ---------------------------------------------------------------------------------------------------

PRUNE = ("store", "prune", "--keep", "1d", "--yes", "--store")


@pytest.fixture
def eighteenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today is the second of the store's days, so the first is dropped."""
    monkeypatch.setattr("logscrub.metrics.ingestion.today", lambda: date(2026, 11, 18))


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """Something happens once between the reading of a table and the next commit to it."""
    hooks, waiting = stores._hooks, [what]

    def late(url: str) -> object:
        while waiting:
            waiting.pop()()
        return hooks(url)

    monkeypatch.setattr(stores, "_hooks", late)


@pytest.mark.parametrize("first", [PRUNE, ("store", "compact", "--store")])
@pytest.mark.parametrize("other", [PRUNE, ("store", "compact", "--store")])
def test_pruning_and_compacting_beside_each_other_go_on(
    place: Path, eighteenth: None, monkeypatch: pytest.MonkeyPatch, first: tuple[str, ...], other: tuple[str, ...]
) -> None:
    store = place / "metrics"
    codes = []
    meanwhile(monkeypatch, lambda: codes.append(main(*other, store)))
    before = rows(store)
    codes.append(main(*first, store))
    assert codes == [0, 0]
    is_pruned = PRUNE in (first, other)
    assert rows(store).equals(before.filter(pl.col("day") == date(2026, 11, 18)) if is_pruned else before)
    assert main("store", "repair", "--store", store) == 0


def test_a_commit_that_others_are_before_all_the_time_is_one_line(
    place: Path, eighteenth: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    store = place / "metrics"
    monkeypatch.setattr(stores, "_MOST_RACES", 1)
    meanwhile(monkeypatch, lambda: stores.set_mark(stores.open_store(str(store)), "another"))
    before = rows(store)
    assert main(*PRUNE, store) == 3
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 2 and said[1] == f"logscrub: {store}: other runs wrote to it all the time; try again later"
    assert rows(store).equals(before)


def test_pruning_leaves_what_another_run_is_about_to_commit(place: Path, eighteenth: None) -> None:
    store = place / "metrics"
    written = data_of(store, 1).parent.parent / "day=2026-11-18" / "part-00000-of-another-run.parquet"
    shutil.copy(data_of(store, 3), written)
    assert main(*PRUNE, store) == 0
    assert written.exists() and not list(store.glob("day=2026-11-17/*"))


def test_a_store_that_another_run_makes_at_the_same_time_is_used(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import deltalake
    from deltalake.exceptions import CommitFailedError

    create = deltalake.DeltaTable.create

    def beaten(*arguments: object, **named: object) -> None:
        create(*arguments, **named)  # type: ignore[arg-type]
        raise CommitFailedError

    monkeypatch.setattr(deltalake.DeltaTable, "create", beaten)
    store = tmp_path / "new"
    assert main("ingest", place / "exports", "--store", store, "--key-file", place / "logscrub.key") == 0
    monkeypatch.undo()
    assert rows(store).equals(rows(place / "metrics"))


def test_an_unexpected_conflict_is_no_bug(
    place: Path, eighteenth: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from deltalake.exceptions import CommitFailedError

    def conflict(*_: object, **__: object) -> None:
        raise CommitFailedError("jane.doe")

    store = place / "metrics"
    monkeypatch.setattr("deltalake.DeltaTable.vacuum", conflict)
    assert main("store", "compact", "--store", store) == 3
    said = capfd.readouterr().err.splitlines()
    assert said == [f"logscrub: {store}: another run wrote to it at the same time; try again"]
