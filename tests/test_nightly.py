"""`logscrub nightly`: what it has read is bound to the store; it checks all it needs before it begins, and can try itself out."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from test_cli_report import Receiver, webhook
from test_cli_scrub import lines, run

from logscrub.cli import _run
from logscrub.cli.nightly import read_state
from logscrub.metrics import store as stores
from logscrub.metrics.rollup import merge

__all__ = ["webhook"]  # a fixture

pytestmark = pytest.mark.filterwarnings("ignore")  # as the program has it: what a library has to say about itself

KEY = "a key for tests, 32 characters .."
AGAIN = "all files are read again, and no record counts twice"


def record(n: int, day: str = "2026-11-17") -> str:
    told = {"ts": f"{day}T09:00:{n % 60:02}.{n // 60:03}Z", "level": "INFO", "message": f"Synced {n}"}
    return json.dumps(told) + "\n"


class Night(NamedTuple):
    code: int
    said: list[str]

    @property
    def is_again(self) -> bool:
        return any(AGAIN in line for line in self.said)


class Place:
    """A folder with a configuration, its key, exports, and what becomes of them."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capfd = folder, capfd
        self.store, self.exports, self.state = folder / "metrics", folder / "exports", folder / "reports" / ".nightly.json"
        self.exports.mkdir(parents=True, exist_ok=True)
        (folder / "logscrub.key").write_text(KEY)
        (folder / "logscrub.key").chmod(0o600)
        self.configure()

    def configure(self, *lines: str, **more: str | None) -> None:
        """Values in TOML; None leaves a key out."""
        known = {"inputs": '["exports"]', "store": '"metrics"', "key_file": '"logscrub.key"', "report": '"reports"'}
        table = "".join(f"{name} = {value}\n" for name, value in {**known, **more}.items() if value is not None)
        (self.folder / "logscrub.toml").write_text("\n".join(lines) + "\n[nightly]\n" + table)

    def export(self, name: str, first: int, count: int = 40, day: str = "2026-11-17") -> None:
        path = self.folder / name if "/" in name else self.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(record(n, day) for n in range(first, first + count)))

    def main(self, *arguments: str | Path) -> Night:
        """The program in this process."""
        self.capfd.readouterr()
        code = _run([str(argument) for argument in arguments])
        said = self.capfd.readouterr().err
        assert "Traceback" not in said
        return Night(code, said.splitlines())

    def night(self, *arguments: str) -> Night:
        return self.main("nightly", "--config", self.folder / "logscrub.toml", *arguments)

    def ingest(self, *inputs: Path, store: Path | None = None) -> None:
        done = self.main("ingest", *inputs, "--store", store or self.store, "--key-file", self.folder / "logscrub.key")
        assert done.code == 0, done.said

    def records(self) -> int:
        rows = merge([stores.read(stores.open_store(str(self.store)))])
        return int(rows.filter(pl.col("kind") == "count")["records"].sum())

    def files(self) -> set[Path]:
        return {path.relative_to(self.folder) for path in self.folder.rglob("*")}


@pytest.fixture
def place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Place]:
    yield Place(tmp_path / "srv", capfd)
    gc.enable()  # counting switches it off for a process that ends soon


@pytest.fixture(scope="module")
def after_two_nights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[pytest.CaptureFixture[str]], Place]:
    """Puts a folder back as it was after two nights. They are run once, and it has the same path each time, which states hold."""
    base = tmp_path_factory.mktemp("second-night")

    def put_back(capfd: pytest.CaptureFixture[str]) -> Place:
        kept = base / "kept"
        if not kept.exists():
            place = Place(base / "now" / "srv", capfd)
            place.export("a.ndjson", 0)
            assert place.night().code == 0
            shutil.copytree(place.store, place.folder / "old")
            place.export("b.ndjson", 40)
            assert place.night().code == 0 and place.records() == 80
            shutil.copytree(base / "now", kept)
        shutil.rmtree(base / "now")
        shutil.copytree(kept, base / "now")
        return Place(base / "now" / "srv", capfd)

    return put_back


@pytest.fixture
def second_night(
    after_two_nights: Callable[[pytest.CaptureFixture[str]], Place], capfd: pytest.CaptureFixture[str]
) -> Iterator[Place]:
    """Two nights are over, one export each; `old` is a copy of the store after the first one."""
    yield after_two_nights(capfd)
    gc.enable()  # counting switches it off for a process that ends soon


# -- the store is another one than it was ---------------------------------------------------------------------------------


def restored(place: Place) -> None:
    shutil.rmtree(place.store)
    shutil.copytree(place.folder / "old", place.store)


def restored_and_written_to(place: Place) -> None:
    """More versions than the state knows of, by others."""
    restored(place)
    for n in range(5):
        place.export("more/more.ndjson", 900 + n, 1)
        place.ingest(place.folder / "more" / "more.ndjson")
    stores.compact(stores.open_store(str(place.store)))


def made_anew(place: Place) -> None:
    shutil.rmtree(place.store)
    for n in range(5):
        place.export("more/more.ndjson", 900 + n, 1)
        place.ingest(place.folder / "more" / "more.ndjson")


def put_back_by_another_tool(place: Place) -> None:
    """The table's own way back to an older version; it is a new version, whose history has all marks."""
    version = stores.open_table(str(place.folder / "old")).version()
    stores.open_table(str(place.store)).restore(version)


def repaired(place: Place) -> None:
    table = stores.open_table(str(place.store))
    newest = max(place.store.glob("day=*/*.parquet"), key=lambda file: file.stat().st_mtime)
    assert str(newest.relative_to(place.store)) in pl.DataFrame(table.get_add_actions(flatten=True))["path"].to_list()
    newest.unlink()
    for file in place.store.glob("day=*/*.parquet"):
        file.unlink()  # what compaction replaced too
    assert place.main("store", "repair", "--store", place.store).code == 0


def last_entry_lost(place: Place) -> None:
    log = place.store / "_delta_log"
    for file in [*sorted(log.glob("*.json"))[-2:], *log.glob("*checkpoint*")]:
        file.unlink()


CHANGES: dict[str, Callable[[Place], None]] = {
    "deleted": lambda place: shutil.rmtree(place.store),
    **{do.__name__: do for do in (restored, restored_and_written_to, made_anew, put_back_by_another_tool, repaired)},
    last_entry_lost.__name__: last_entry_lost,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_store_that_lacks_what_was_read_gets_it_again(second_night: Place, change: str) -> None:
    place = second_night
    CHANGES[change](place)
    others = 5 if change in ("restored_and_written_to", "made_anew") else 0
    after = place.night()
    assert after.code == 0 and after.is_again, after.said
    assert after.said[0].startswith(f"logscrub: {place.store}: may lack records that were read before")
    assert place.records() == 80 + others
    again = place.night()
    assert again.code == 0 and not again.is_again and "logscrub: no new logs" in again.said
    assert place.records() == 80 + others


def test_an_index_lists_the_reports(second_night: Place) -> None:
    reports = second_night.folder / "reports"
    (reports / "2026-11-01.json").write_text("{}")
    (reports / "2026-11-01.html").write_text("")
    assert second_night.night().code == 0
    page = (reports / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="([^"]+)"', page) == ["2026-11-17.html"]


def test_files_that_cannot_be_read_again_are_said_once(second_night: Place) -> None:
    place = second_night
    shutil.rmtree(place.store)
    (place.exports / "a.ndjson").unlink()
    after = place.night()
    assert after.code == 3 and after.is_again
    assert any("1 file read before cannot be read again" in line and "a.ndjson" in line for line in after.said)
    assert place.records() == 40
    again = place.night()
    assert again.code == 0 and not again.is_again


def test_what_others_do_to_the_store_does_not_make_it_another_one(second_night: Place) -> None:
    place = second_night
    place.export("more/more.ndjson", 900, 7)
    store = stores.open_store(str(place.store))
    changes: list[Callable[[], object]] = [
        lambda: place.ingest(place.folder / "more" / "more.ndjson"),
        lambda: stores.compact(store),
        lambda: stores.vacuum(store, dropped=True),
        lambda: stores.set_mark(store, "logscrub.nightly.of-another-machine"),
        lambda: stores.prune(store, date(2020, 1, 1)),
    ]
    for change in changes:
        change()
        after = place.night()
        assert after.code == 0 and not after.is_again and "logscrub: no new logs" in after.said, after.said
    assert place.records() == 87
    shutil.move(place.store, place.folder / "moved")
    place.configure(store='"moved"')
    assert not place.night().is_again


def test_days_that_nightly_itself_drops_are_not_read_again(place: Place) -> None:
    today = datetime.now(UTC).date().isoformat()
    place.configure(keep='"9d"')
    place.export("a.ndjson", 0, day="2026-01-01")
    place.export("b.ndjson", 0, day=today)
    assert place.night().code == 0 and place.records() == 40
    again = place.night()
    assert again.code == 0 and not again.is_again and "logscrub: no new logs" in again.said


def test_two_that_are_set_up_for_one_store_do_not_disturb_each_other(place: Place) -> None:
    place.export("a.ndjson", 0)
    assert place.night().code == 0
    other = Place(place.folder / "other", place.capfd)
    other.configure(store='"../metrics"')
    other.export("b.ndjson", 40)
    assert other.night().code == 0
    for each in (place, other, place):
        after = each.night()
        assert after.code == 0 and not after.is_again


def test_two_copies_that_went_on_apart_are_told_apart(second_night: Place) -> None:
    """Both have the state and the store of then, and one store comes in the place of the other."""
    place = second_night
    shutil.copytree(place.folder, place.folder.parent / "copy")
    place.export("c.ndjson", 80)
    assert place.night().code == 0
    copy = place.folder.parent / "copy"
    (copy / "exports" / "d.ndjson").write_text(record(200))
    assert place.main("nightly", "--config", copy / "logscrub.toml").code == 0
    shutil.rmtree(place.store)
    shutil.copytree(copy / "metrics", place.store)
    after = place.night()
    assert after.is_again and place.records() == 121


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"store": null, "files": {}}', '{"store": {"table": 1}, "files": {}}', '{"store": 5}', '"store"'],
)
def test_a_state_that_is_no_state_means_that_nothing_is_known(second_night: Place, text: str) -> None:
    place = second_night
    place.state.write_text(text)
    assert read_state(place.state).mark is None
    after = place.night()
    assert after.code == 0 and any("2 files: 0 records new, 80 known" in line for line in after.said)
    assert "logscrub: no new logs" in place.night().said


def test_a_state_of_an_older_logscrub_is_not_believed(second_night: Place) -> None:
    place = second_night
    files = json.loads(place.state.read_text())["files"]
    place.state.write_text(json.dumps({**files, str(place.exports / "rotated.ndjson"): [1, 1]}))
    after = place.night()
    assert after.code == 0 and after.is_again and any("0 records new, 80 known" in line for line in after.said)
    assert "logscrub: no new logs" in place.night().said


def test_a_night_that_failed_says_nothing_was_read(second_night: Place) -> None:
    place = second_night
    before = place.state.read_bytes()
    (place.exports / "c.ndjson.gz").write_bytes(b"\x1f\x8bbroken")
    place.export("d.ndjson", 80)
    assert place.night().code == 3 and place.state.read_bytes() == before and place.records() == 120


# -- inputs -----------------------------------------------------------------------------------------------------------------


def test_logs_of_one_name_in_several_folders_are_all_read(place: Place) -> None:
    for n, day in enumerate(("2026-11-17", "2026-11-18")):
        place.export(f"exports/{day}/app.ndjson", 40 * n, day=day)
    after = place.night()
    assert after.code == 0 and place.records() == 80, after.said


def test_patterns_are_looked_up_each_night_beside_the_configuration(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = Place(tmp_path / "srv [a-z]* ?#é%", capfd)  # what is above is no pattern
    place.store = tmp_path / "metrics"
    place.configure(inputs='["exports/*.ndjson", "more/**/app-?.log"]', store=f'"{place.store}"')
    place.export("b.ndjson", 40)
    place.export("a.ndjson", 0)
    place.export("a.txt", 500)
    place.export("more/x/y/app-1.log", 80)
    assert place.night().code == 0 and place.records() == 120
    assert [Path(name).name for name in json.loads(place.state.read_text())["files"]] == ["a.ndjson", "b.ndjson", "app-1.log"]
    place.export("c.ndjson", 120)
    after = place.night()
    assert after.code == 0 and any(line.startswith("logscrub: 1 file: 40 records new") for line in after.said)


def test_a_pattern_that_nothing_fits_is_said_and_the_night_goes_on(place: Place) -> None:
    place.configure(inputs='["exports/*.ndjsn", "exports/*.ndjson"]')
    place.export("a.ndjson", 0)
    after = place.night()
    assert after.code == 3 and place.records() == 40
    assert sum("exports/*.ndjsn: no file has a name that fits this pattern" in line for line in after.said) == 1


def test_a_file_whose_name_looks_like_a_pattern_is_itself(place: Place) -> None:
    place.configure(inputs=f'["exports/[1].ndjson", "{place.exports}/*.log"]')
    place.export("[1].ndjson", 0)
    place.export("1.ndjson", 40)
    place.export("x.log", 80)
    assert place.night().code == 0 and place.records() == 80


def test_an_input_that_is_named_twice_is_read_once(place: Place) -> None:
    place.configure(inputs='["exports", "exports/*.ndjson", "exports/a.ndjson"]')
    place.export("a.ndjson", 0)
    assert any("1 file: 40 records new, 0 known" in line for line in place.night().said)


# -- before it begins -------------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, str], int, str]] = {
    "key missing": ({"key_file": '"none.key"'}, 2, r"none\.key: the key file cannot be read"),
    "key of another store": ({"key_file": '"other.key"'}, 2, r"metrics: its pseudonyms are made with another key"),
    "address of no kind": ({"notify": '["slak://token-of-ours"]'}, 2, r"nightly\.notify, entry 1: is no address that can"),
    "second address": ({"notify": '["json://localhost/x", "slak://token-of-ours"]'}, 2, r"nightly\.notify, entry 2: is no addr"),
    "address of a list": ({"notify": '["env:TWO"]'}, 2, r"nightly\.notify, entry 1, address 2: is no address that can"),
    "variable not set": ({"notify": '["env:NOT_SET"]'}, 2, r"entry 1: the environment has no NOT_SET"),
    "store is a file": ({"store": '"logscrub.key"'}, 2, r"logscrub\.key: is neither a store nor an empty folder"),
    "store below a file": ({"store": '"logscrub.key/metrics"'}, 3, r"cannot be written, because .*logscrub\.key is no folder"),
    "store of no kind": ({"store": '"ftp://host/metrics"'}, 2, r"is no place for a store"),
    "store that cannot be reached": ({"store": '"s3://logs/metrics"'}, 3, r"the object store cannot be reached"),
    "store in an input": ({"store": '"exports/metrics"', "inputs": '["exports/*", "exports"]'}, 2, r"nightly\.store lies in"),
    "reports in an input": ({"report": '"exports/reports"'}, 2, r"nightly\.report lies in the input .*exports, and"),
    "secret in an input": ({"inputs": '["exports", "*.key"]'}, 2, r"nightly\.key_file lies in the input .*logscrub\.key, and"),
    "reports below a file": ({"report": '"logscrub.key/reports"'}, 3, r"the reports cannot be written, because .* is no folder"),
    "reports are a file": ({"report": '"logscrub.key"'}, 3, r"the reports cannot be written, because .*\.key is no folder"),
}  # fmt: skip
MISSING: dict[str, tuple[dict[str, str], int, str]] = {
    "input missing": ({"inputs": '["exports", "none"]'}, 3, r"none: no such file"),
    "pattern that nothing fits": ({"inputs": '["*.none"]'}, 3, r"\*\.none: no file has a name that fits this pattern"),
}
NOT_THERE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "EXAMPLE",
}  # fmt: skip


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NOT_THERE, "TWO": "json://localhost/a slak://token-of-ours"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LOGSCRUB_KEY", raising=False)


@pytest.mark.parametrize("wrong", [*WRONG, *MISSING])
@pytest.mark.parametrize("option", ["--check", None])
def test_what_is_wrong_is_one_line_before_anything_is_done(
    place: Place, environment: None, wrong: str, option: str | None
) -> None:
    if option is None and wrong in MISSING:
        return  # the night does without, as is held above
    settings, code, says = (WRONG | MISSING)[wrong]
    (place.folder / "other.key").write_text("another key for tests, 32 chars..")
    (place.folder / "other.key").chmod(0o600)
    place.export("a.ndjson", 0)
    if "key" in wrong:
        place.ingest(place.exports)
    place.configure(**settings)
    before = place.files()
    after = place.night(*([option] if option else []))
    assert after.code == code and len(after.said) == 1 and re.search(says, after.said[0]), after.said
    assert "token-of-ours" not in after.said[0]
    assert place.files() == before


@pytest.mark.parametrize("option", ["--check", None])
@pytest.mark.parametrize("name", [".nightly.json", "2026-11-17.json", "2025-01-02.md", "2026-11-17.html"])
def test_a_link_in_the_place_of_a_report_is_noticed_before_anything_is_done(place: Place, name: str, option: str | None) -> None:
    place.export("a.ndjson", 0)
    reports = place.folder / "reports"
    reports.mkdir()
    (reports / "latest.html").symlink_to("2026-11-17.html")  # of others: nothing is written there
    (reports / "2026-11-16.html").write_text("of another night")
    assert place.night("--check").code == 0
    (reports / name).symlink_to(place.folder / "elsewhere")
    before = place.files()
    after = place.night(*([option] if option else []))
    assert after.code == 3 and len(after.said) == 1, after.said
    assert f"{name}: is a link, and what goes to {reports} must not leave it" in after.said[0]
    assert place.files() == before


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('policy = "none.toml"', "none.toml"),
        ('detectors = ["none"]', "none"),
        ('[fields]\nfield_none = ["x"]', "fields.field_none: no such detector"),
        ('[names]\nrecognizer = "ner"\nmodel = "no_such_model"', "no package 'no_such_model' is installed"),
    ],
)
def test_the_rest_of_the_configuration_is_checked_too(place: Place, settings: str, says: str) -> None:
    place.export("a.ndjson", 0)
    place.configure(settings)
    before = place.files()
    for options in (["--check"], []):
        after = place.night(*options)
        assert after.code == 2 and says in after.said[0] and len({*after.said}) == 1, after.said
        assert place.files() == before


def test_everything_that_is_wrong_is_said_at_once(place: Place, environment: None) -> None:
    place.configure(key_file='"none.key"', report='"logscrub.key"', inputs='["none"]', notify='["slak://x", "env:NOT_SET"]')
    after = place.night("--check")
    assert after.code == 2 and len(after.said) == 5
    place.configure(report='"logscrub.key"', inputs='["none"]')
    after = place.night("--check")
    assert after.code == 3 and len(after.said) == 2


def test_no_key_at_all_is_said(place: Place, environment: None) -> None:
    place.configure(key_file=None)
    after = place.night("--check")
    assert after.code == 2 and "nightly needs the store's key; add: key_file = …, or set LOGSCRUB_KEY" in after.said[0]


def test_a_check_of_what_is_right_writes_nothing(second_night: Place) -> None:
    place = second_night
    place.configure(inputs='["exports", "exports/a.*"]', notify='["json://localhost/hook"]')
    before = {path: path.stat().st_mtime_ns for path in place.folder.rglob("*")}
    after = place.night("--check")
    assert after.code == 0 and after.said == [
        f"logscrub: {place.folder}/logscrub.toml: nothing is wrong; 2 inputs, 2 files, 1 recipient"
    ]
    assert {path: path.stat().st_mtime_ns for path in place.folder.rglob("*")} == before
    fresh = Place(place.folder / "fresh", place.capfd)
    assert fresh.night("--check").code == 0 and not fresh.store.exists() and not fresh.state.parent.exists()


def test_a_check_names_what_the_night_will_not_read(second_night: Place) -> None:
    place = second_night
    (place.exports / "gone.ndjson").symlink_to("nowhere")
    os.mkfifo(place.exports / "pipe")
    for options in (["--check"], []):
        after = place.night(*options)
        assert after.code == 3
        assert [
            line for line in after.said if "gone.ndjson: is a link to nothing" in line or "pipe: is a named pipe" in line
        ] == (after.said[:2])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write anywhere")
def test_permissions_are_checked(second_night: Place) -> None:
    place = second_night
    for path, says in (
        (place.store, "there is no permission to write in"),
        (place.state.parent, "the reports cannot be written, because there is no permission"),
        (place.exports / "a.ndjson", "no permission to read it"),
    ):
        mode = path.stat().st_mode
        path.chmod(0o500 if path.is_dir() else 0)
        after = place.night("--check")
        path.chmod(mode)
        assert after.code == 3 and len(after.said) == 1 and says in after.said[0]


# -- a test message ---------------------------------------------------------------------------------------------------------


def test_a_test_message_goes_to_everybody_and_says_who_got_none(place: Place, webhook: str) -> None:
    place.configure(notify=f'["{webhook}", "env:HOOKS", "json://127.0.0.1:9/token-of-ours"]')
    place.export("a.ndjson", 0)
    before = place.files()
    hooks = {"HOOKS": f"json://127.0.0.1:9/token-of-ours {webhook}"}
    done = run("nightly", "--config", place.folder / "logscrub.toml", "--notify-test", env=hooks)
    assert done.returncode == 3 and b"token-of-ours" not in done.stderr and b"hook" not in done.stderr
    assert [re.sub(r"^logscrub: nightly\.notify, ", "", line) for line in lines(done)] == [
        "entry 1: the test message was sent",
        "entry 2, address 1: the message could not be sent; is the address right, and can it be reached?",
        "entry 2, address 2: the test message was sent",
        "entry 3: the message could not be sent; is the address right, and can it be reached?",
    ]
    assert [told["title"] for told in Receiver.told] == ["logscrub: a test"] * 2
    assert place.files() == before


def test_a_test_message_to_everybody_is_success(place: Place, webhook: str) -> None:
    place.configure(notify=f'["{webhook}"]')
    after = place.night("--check", "--notify-test")
    assert after.code == 0 and len(after.said) == 2 and len(Receiver.told) == 1


def test_a_test_message_to_nobody_is_said(place: Place) -> None:
    after = place.night("--notify-test")
    assert after.code == 2 and "nightly.notify names nobody" in after.said[-1]


def test_whoever_sends_messages_must_not_quote_an_address(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    import apprise

    def fail(self: object, **_: object) -> bool:
        raise RuntimeError("json://token-of-ours")

    monkeypatch.setattr(apprise.Apprise, "notify", fail)
    place.configure(notify='["json://token-of-ours"]')
    after = place.night("--notify-test")
    assert after.code == 3 and "token-of-ours" not in "".join(after.said) and "entry 1: the message could not" in after.said[-1]
