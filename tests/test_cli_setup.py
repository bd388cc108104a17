"""`logscrub init` makes what a folder needs and takes nothing's place; `logscrub doctor` says what is wrong with it."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_cli_scrub import lines, run

from logscrub.cli import doctor
from logscrub.cli.init import IGNORED, TEMPLATE, init
from logscrub.config import Config, load_config
from logscrub.errors import OutputError, UsageError

NIGHT = """
[nightly]
inputs = ["app.log"]
store = "metrics"
key_file = "logscrub.key"
report = "reports"
"""
RECORD = "INFO    {}T09:15:38.315Z 214deaff-f633-43a3-a2fb-fd5df6219cff synced 4 issues\n"


def uncommented(text: str) -> str:
    return re.sub(r"^#(?! |$)", "", text, flags=re.M)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that `init` has been called in, which is a repository: nothing above it counts."""
    (tmp_path / ".git").mkdir()
    done = run("init", cwd=tmp_path)
    assert done.returncode == 0 and len(lines(done)) == 3
    return tmp_path


@pytest.fixture
def night(folder: Path) -> Path:
    """A folder in which a night can begin."""
    (folder / "app.log").write_text(RECORD.format("2026-11-17"), encoding="utf-8")
    (folder / "logscrub.toml").write_text(TEMPLATE + NIGHT, encoding="utf-8")
    return folder


def test_init_makes_settings_a_key_and_lines_of_gitignore(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [".git", ".gitignore", "logscrub.key", "logscrub.toml"]
    assert stat.S_IMODE((folder / "logscrub.key").stat().st_mode) == 0o600
    assert (folder / ".gitignore").read_text(encoding="utf-8").splitlines() == list(IGNORED)
    config = load_config(folder / "logscrub.toml")
    assert config == Config(source=str(folder / "logscrub.toml"), file_digest=config.file_digest)
    assert run("keys", "id", folder / "logscrub.key").returncode == 0


def test_every_setting_that_is_commented_out_is_valid(tmp_path: Path) -> None:
    (tmp_path / "logscrub.toml").write_text(uncommented(TEMPLATE), encoding="utf-8")
    config = load_config(tmp_path / "logscrub.toml")
    assert config.detectors and config.allow and config.fields and config.names.known and config.nightly is not None
    assert config.nightly.key_file == tmp_path / "logscrub.key" and config.nightly.notify == ("env:LOGSCRUB_NOTIFY",)


def test_init_takes_nothings_place(folder: Path) -> None:
    (folder / "logscrub.toml").write_text('policy = "strict"\n', encoding="utf-8")
    (folder / ".gitignore").write_bytes(b"/metrics\r\nlogscrub.key")
    before = {name: (folder / name).read_bytes() for name in ("logscrub.toml", "logscrub.key")}
    done = run("init", cwd=folder)
    assert done.returncode == 0 and all("is left as it is" in line for line in lines(done)[1:])
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert (folder / ".gitignore").read_bytes() == b"/metrics\r\nlogscrub.key\nreports/\n"
    assert run("init", cwd=folder).returncode == 0
    assert (folder / ".gitignore").read_bytes() == b"/metrics\r\nlogscrub.key\nreports/\n"


def test_init_puts_no_settings_before_those_in_force(folder: Path) -> None:
    (folder / "logscrub.toml").write_text('policy = "strict"\n', encoding="utf-8")
    (folder / "below").mkdir()
    done = run("init", "below", cwd=folder)
    assert done.returncode == 0 and "is in force here" in lines(done)[-1]
    assert sorted(path.name for path in (folder / "below").iterdir()) == [".gitignore", "logscrub.key"]


def test_init_needs_a_folder_that_it_can_write(users_folder: Path) -> None:
    (users_folder / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="is no folder"):
        init(users_folder / "file")
    (users_folder / "shut").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot be written") as caught:
        init(users_folder / "shut")
    assert caught.value.exit_code == 3 and list((users_folder / "shut").iterdir()) == []


def seen(folder: Path, **env: str) -> tuple[int, dict[str, list[str]]]:
    """What `doctor` ends with, and its lines by their state."""
    done = run("doctor", cwd=folder, env=env)
    head, *rows = done.stdout.decode().splitlines()
    assert head.split() == ["STATE", "AREA", "WHAT"]
    found: dict[str, list[str]] = {"ok": [], "note": [], "wrong": []}
    for row in rows:
        state, rest = row.split(maxsplit=1)
        found[state].append(" ".join(rest.split()))
    count = len(found["wrong"])
    assert lines(done) == [
        f"logscrub: {'nothing is wrong' if not count else '1 thing wrong' if count == 1 else f'{count} things wrong'}"
    ]
    return done.returncode, found


def test_doctor_finds_nothing_wrong_with_what_init_makes(folder: Path) -> None:
    code, found = seen(folder)
    assert code == 0 and not found["wrong"]
    areas = {line.split()[0] for line in found["ok"]}
    assert areas == {"installation", "configuration", "key", "extras", "clock", "disk"}
    (folder / "logscrub.toml").unlink()
    (folder / "logscrub.key").unlink()
    code, found = seen(folder)
    assert code == 0
    assert [line.split()[0] for line in found["note"]] == ["configuration", "key", "store"]
    assert "logscrub init" in found["note"][0] and "logscrub keys new" in found["note"][1]


def test_doctor_looks_at_all_that_a_night_needs(night: Path) -> None:
    before = sorted(night.rglob("*"))
    code, found = seen(night)
    assert code == 0 and sorted(night.rglob("*")) == before
    assert any(line.startswith("store ") and "the first night makes it" in line for line in found["ok"])
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    (night / "app.log").write_text(RECORD.format(day), encoding="utf-8")
    ingested = run("ingest", "app.log", "--store", "metrics", "--key-file", "logscrub.key", cwd=night)
    assert ingested.returncode == 0
    code, found = seen(night)
    assert code == 3 and len(found["wrong"]) == 1 and f"has records of {day}" in found["wrong"][0]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('notify = ["env:NOBODY_HAS_THIS"]\n', "notification"),
        ('notify = ["no-address"]\n', "notification"),
        ("\n[colour]\n", "configuration"),
        ('\n[names]\nrecognizer = "ner"\nmodel = "no_such_model"\n', "configuration"),
    ],
)
def test_doctor_says_what_is_wrong_with_the_configuration(night: Path, setting: str, said: str) -> None:
    (night / "logscrub.toml").write_text(NIGHT + setting, encoding="utf-8")
    code, found = seen(night)
    assert code == 2 and [line.split()[0] for line in found["wrong"]] == [said]


def test_doctor_says_what_is_wrong_with_key_inputs_and_folders(night: Path) -> None:
    (night / "logscrub.key").chmod(0o644)
    code, found = seen(night)
    assert code == 2 and "chmod 600" in found["wrong"][0]
    (night / "logscrub.key").write_text("short", encoding="utf-8")
    code, found = seen(night)
    assert code == 2 and "logscrub keys new" in found["wrong"][0]
    (night / "logscrub.key").unlink()
    assert seen(night)[0] == 2
    (night / "logscrub.toml").write_text(NIGHT.replace("key_file", "# key_file"), encoding="utf-8")
    code, found = seen(night)
    assert code == 2 and "key nightly needs one" in found["wrong"][0]
    (night / "app.log").unlink()
    (night / "reports").write_text("", encoding="utf-8")
    code, found = seen(night, LOGSCRUB_KEY="a key for tests only, 32 bytes..")
    assert code == 3 and [line.split()[0] for line in found["wrong"]] == ["inputs", "reports"]


def test_a_clock_before_this_logscrub_and_a_full_disk_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor._clock(datetime(1970, 1, 1, tzinfo=UTC)).exit_code == 3
    assert doctor._clock(datetime(2026, 11, 17, tzinfo=UTC)).state == "ok"
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(1 << 40, 1 << 40, 1000))
    (check,) = doctor._disks(None)
    assert check.state == "wrong" and check.exit_code == 3 and "1.0 kB free; make room" in check.text


def test_doctor_names_the_extras_that_the_configuration_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "apprise", None)
    wrong, note = doctor._extras(["report"])
    assert (wrong.state, wrong.exit_code) == ("wrong", UsageError.exit_code)
    assert wrong.text == "the configuration needs: pip install 'logscrub[report]'"
    assert note.state == "note" and "anomalies, notify" in note.text
    assert os.environ.get("LOGSCRUB_KEY") is None
