"""A log that is followed: every line once, however it is rotated; and what may have been missed is said.

No test depends on time: the follower's sleep is a step of the test, which changes the files and returns.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logscrub.errors import InputError
from logscrub.sources.files import Input
from logscrub.sources.follow import PAUSE, QUIET, follow

Step = Callable[[], object]

AFTER = 12
"""Polls after the last step: more than what the follower waits for anything, but for a quiet file."""


class Stopped(Exception):
    pass


class Followed:
    """What comes of a log while steps are taken, one each time that the follower sleeps."""

    def __init__(self, log: Path, *steps: Step | int) -> None:
        """A number is so many polls in which nothing happens."""
        self.texts: dict[int, bytes] = {}
        self.ended: set[int] = set()
        self.said: list[str] = []
        self.idle = 0
        self._steps = [step for each in steps for step in ([lambda: None] * each if isinstance(each, int) else [each])]
        self._steps += [lambda: None] * AFTER
        item = Input(log, "app.log", Path(log.name))
        with closing(follow(item, self.said.append, self._sleep)) as pieces:
            try:
                for piece in pieces:
                    assert piece.number not in self.ended, "nothing comes of a text that ended"
                    if piece.data:
                        self.texts[piece.number] = self.texts.get(piece.number, b"") + piece.data
                    elif piece.last:
                        self.ended.add(piece.number)
                    else:
                        self.idle += 1
            except Stopped:
                pass

    def _sleep(self, seconds: float) -> None:
        assert seconds == PAUSE
        if not self._steps:
            raise Stopped
        self._steps.pop(0)()

    @property
    def all(self) -> list[bytes]:
        """The texts, in the order in which they began."""
        return list(self.texts.values())

    @property
    def missed(self) -> bool:
        """Whether it was said that something may have been missed."""
        return any("missed" in line for line in self.said)


class Writer:
    """Who writes the log, and who rotates it."""

    def __init__(self, folder: Path, start: bytes = b"") -> None:
        self.log = folder / "app.log"
        self.log.write_bytes(start)
        self.file = self.log.open("ab", buffering=0)

    def write(self, data: bytes) -> Step:
        return lambda: self.file.write(data)

    def reopen(self) -> None:
        self.file.close()
        self.file = self.log.open("ab", buffering=0)

    def shift(self) -> None:
        """Makes place for `app.log.1`."""
        for n in range(8, 0, -1):
            path = self.log.with_name(f"app.log.{n}")
            if path.exists():
                path.rename(self.log.with_name(f"app.log.{n + 1}"))

    def rename(self, reopen: bool = True) -> None:
        """logrotate's `create`: the file is renamed and a new one made; the writer opens that, or goes on with the old one."""
        self.shift()
        self.log.rename(self.log.with_name("app.log.1"))
        self.log.touch()
        if reopen:
            self.reopen()

    def copy(self) -> None:
        self.shift()
        shutil.copyfile(self.log, self.log.with_name("app.log.1"))

    def truncate(self) -> None:
        os.truncate(self.log, 0)

    def copy_and_truncate(self) -> None:
        """logrotate's `copytruncate`."""
        self.copy()
        self.truncate()


def all_at_once(*steps: Step) -> Step:
    def take() -> None:
        for step in steps:
            step()

    return take


def line(n: int) -> bytes:
    return b"line %06d of the log\n" % n


def lines(first: int, beyond: int) -> bytes:
    return b"".join(map(line, range(first, beyond)))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    made = Writer(tmp_path, lines(0, 10))
    yield made
    made.file.close()


# -- a file that grows ----------------------------------------------------------------------------------------------------


def test_a_file_is_read_from_its_beginning_and_as_it_grows(writer: Writer) -> None:
    found = Followed(writer.log, writer.write(line(10)), 2, writer.write(b"half a "), 1, writer.write(b"line\n"))
    assert found.all == [lines(0, 11) + b"half a line\n"]
    assert found.said == []
    assert found.idle >= AFTER, "the reader is given a moment each time that nothing came"


def test_a_long_file_comes_in_pieces_that_do_not_show(tmp_path: Path) -> None:
    whole = lines(0, 40_000)
    (tmp_path / "app.log").write_bytes(whole)
    assert Followed(tmp_path / "app.log").all == [whole]


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "folder" / "app.log"
    found = Followed(log, 3, log.parent.mkdir, 1, lambda: log.write_bytes(lines(0, 3)))
    assert found.all == [lines(0, 3)]
    assert len(found.said) == 2 and "not there; waiting" in found.said[0] and "is there now" in found.said[1]


def test_a_compressed_file_is_refused_also_where_it_comes_later(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with pytest.raises(InputError, match="compressed \\(gzip\\)"):
        Followed(log, lambda: log.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\0"))
    with pytest.raises(InputError, match="compressed \\(gzip\\)"):
        Followed(log)


# -- renamed --------------------------------------------------------------------------------------------------------------


def test_a_renamed_file_is_read_to_its_end_and_on_while_its_writer_goes_on(writer: Writer) -> None:
    late = writer.log.open("ab", buffering=0)
    found = Followed(
        writer.log,
        all_at_once(writer.write(line(10)), writer.rename, writer.write(line(20))),
        lambda: late.write(line(11)),
        5,
        all_at_once(lambda: late.write(line(12)), writer.write(line(21))),
    )
    late.close()
    assert found.all == [lines(0, 13), lines(20, 22)]
    assert len(found.said) == 1 and "was renamed to app.log.1" in found.said[0]


def test_half_a_line_at_a_rotation_stays_apart_from_the_new_file(writer: Writer) -> None:
    found = Followed(writer.log, writer.write(b"half"), all_at_once(writer.rename, writer.write(line(20))))
    assert found.all == [lines(0, 10) + b"half", line(20)]


def test_a_writer_that_never_opens_the_new_file_is_followed(writer: Writer) -> None:
    found = Followed(writer.log, lambda: writer.rename(reopen=False), int(QUIET / PAUSE) * 3, writer.write(line(10)))
    assert found.all == [lines(0, 11)]


def test_a_file_that_was_moved_away_is_closed_when_it_is_quiet_and_opened_again_when_it_is_not(writer: Writer) -> None:
    late = writer.log.open("ab", buffering=0)
    open_files: list[int] = []
    found = Followed(
        writer.log,
        all_at_once(writer.rename, writer.write(line(20))),
        int(QUIET / PAUSE) - 10,
        lambda: late.write(line(10)),
        lambda: open_files.append(files_open_at(writer.log.with_name("app.log.1"))),
        int(QUIET / PAUSE) + 10,
        lambda: open_files.append(files_open_at(writer.log.with_name("app.log.1"))),
        lambda: late.write(line(11)),
    )
    late.close()
    assert open_files == [2, 1], "the writer's own and the follower's"
    assert found.all == [lines(0, 11), line(20), line(11)]
    assert found.ended == {0}


def files_open_at(path: Path) -> int:
    status = path.stat()
    count = 0
    for file in Path("/dev/fd").iterdir():
        try:
            each = os.fstat(int(file.name))
        except OSError:
            continue
        count += (each.st_dev, each.st_ino) == (status.st_dev, status.st_ino)
    return count


def test_two_rotations_between_two_polls_lose_nothing(writer: Writer) -> None:
    twice = all_at_once(
        writer.write(line(10)), writer.rename, writer.write(line(20)), writer.rename, writer.write(line(30)), writer.reopen
    )
    found = Followed(writer.log, twice)
    assert sorted(found.all) == [lines(0, 11), line(20), line(30)]
    assert any("app.log.1: was rotated before it was seen" in line for line in found.said)


def test_a_file_that_was_rotated_and_deleted_between_two_polls_is_said_to_be_missing(writer: Writer) -> None:
    def twice() -> None:
        writer.rename()
        writer.file.write(line(20))
        writer.rename()
        writer.file.write(line(30))
        writer.log.with_name("app.log.1").unlink()

    found = Followed(writer.log, twice)
    assert found.all == [lines(0, 10), line(30)]
    assert len(found.said) == 1 and "there is no app.log.1 to read: what was in it may be missed" in found.said[0]


def test_a_file_that_is_deleted_is_read_to_its_end(writer: Writer) -> None:
    def replace() -> None:
        writer.log.unlink()
        writer.file.write(line(10))
        writer.reopen()
        writer.file.write(line(20))

    found = Followed(writer.log, replace)
    assert found.all == [lines(0, 11), line(20)]
    assert "would be missed" in found.said[0]


def test_a_file_that_vanishes_for_a_while_is_followed_and_waited_for(writer: Writer) -> None:
    found = Followed(
        writer.log,
        lambda: writer.log.rename(writer.log.with_name("app.log.1")),
        writer.write(line(10)),
        10,
        writer.write(line(11)),
        all_at_once(writer.reopen, writer.write(line(20))),
    )
    assert found.all == [lines(0, 12), line(20)]
    assert len(found.said) == 2 and "is not there; waiting" in found.said[0] and "was renamed to app.log.1" in found.said[1]


def test_the_moment_between_renaming_and_creating_is_not_worth_a_word(writer: Writer) -> None:
    found = Followed(writer.log, lambda: writer.log.rename(writer.log.with_name("app.log.1")), 1, writer.reopen)
    assert [("waiting" in said) for said in found.said] == [False]


def test_a_file_that_is_renamed_back_goes_on(writer: Writer) -> None:
    away = writer.log.with_name("app.log.1")

    def back() -> None:
        away.rename(writer.log)

    found = Followed(writer.log, writer.rename, 2, back, lambda: writer.reopen(), writer.write(line(10)))
    assert found.all == [lines(0, 11)]


def test_a_link_that_leads_to_another_file_is_followed(tmp_path: Path) -> None:
    first, second, log = tmp_path / "app-2026-11-16.log", tmp_path / "app-2026-11-17.log", tmp_path / "current.log"
    first.write_bytes(lines(0, 3))
    log.symlink_to(first.name)

    def point() -> None:
        second.write_bytes(line(20))
        (tmp_path / "new").symlink_to(second.name)
        (tmp_path / "new").rename(log)

    def append(path: Path, data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    found = Followed(log, point, lambda: append(first, line(3)), lambda: append(second, line(21)))
    assert found.all == [lines(0, 4), lines(20, 22)]


def test_a_folder_in_the_files_place_is_said_and_the_file_followed_on(writer: Writer) -> None:
    def folder() -> None:
        writer.log.rename(writer.log.with_name("app.log.1"))
        writer.log.mkdir()

    found = Followed(
        writer.log, folder, 6, writer.write(line(10)), writer.log.rmdir, 1, all_at_once(writer.reopen, writer.write(line(20)))
    )
    assert found.all == [lines(0, 11), line(20)]
    assert "is not a regular file; waiting" in found.said[0]


@pytest.mark.parametrize("kind", ["a FIFO", "a link to itself"])
def test_what_is_no_file_does_not_stop_the_follower(writer: Writer, kind: str) -> None:
    def replace() -> None:
        writer.log.unlink()
        if kind == "a FIFO":
            os.mkfifo(writer.log)
        else:
            writer.log.symlink_to(writer.log)

    found = Followed(writer.log, replace, 6, writer.write(line(10)), writer.log.unlink, writer.reopen, writer.write(line(20)))
    assert found.all == [lines(0, 11), line(20)]
    assert "waiting" in found.said[0]


def test_a_file_without_permission_is_said_and_tried_again(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = False
    really = os.open

    def opened(path: str | Path, *arguments: int, **more: int) -> int:
        if locked and Path(path) == writer.log:
            raise PermissionError(13, "Permission denied")
        return really(path, *arguments, **more)

    def lock(state: bool) -> None:
        nonlocal locked
        locked = state

    monkeypatch.setattr(os, "open", opened)
    found = Followed(writer.log, all_at_once(writer.rename, lambda: lock(True), writer.write(line(20))), 8, lambda: lock(False))
    assert found.all == [lines(0, 10), line(20)]
    assert "cannot be opened (no permission); waiting" in found.said[0]


def test_a_failing_disk_is_an_input_error(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with pytest.raises(InputError, match="cannot be read"):
        Followed(writer.log, lambda: monkeypatch.setattr(os, "pread", fail))


# -- copied and truncated -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 10, 11, 500], ids=lambda n: f"{n} lines after")
@pytest.mark.parametrize("unread", [0, 1, 300], ids=lambda n: f"{n} lines unread")
def test_what_was_written_before_a_copy_and_a_truncation_is_read_from_the_copy(writer: Writer, after: int, unread: int) -> None:
    rotate = all_at_once(writer.write(lines(10, 10 + unread)), writer.copy_and_truncate, writer.write(lines(1000, 1000 + after)))
    found = Followed(writer.log, 2, rotate)
    assert b"".join(found.all) == lines(0, 10 + unread) + lines(1000, 1000 + after)
    assert not found.missed and len(found.said) == 1 and "copied to app.log.1" in found.said[0]


def test_a_line_that_a_truncation_cuts_in_two_stays_one(writer: Writer) -> None:
    rotate = all_at_once(writer.write(b"half a "), writer.copy_and_truncate, writer.write(b"line\n"))
    assert Followed(writer.log, rotate).all == [lines(0, 10) + b"half a line\n"]


@pytest.mark.parametrize("polls", [0, 1, 6])
def test_halves_of_lines_that_do_not_belong_together_stay_apart(writer: Writer, polls: int) -> None:
    again = all_at_once(writer.write(b"other half\n"), writer.copy_and_truncate)
    once = all_at_once(writer.write(b"half "), writer.copy_and_truncate)
    steps = [once, 1, again, polls] if polls else [all_at_once(once, again)]
    found = Followed(writer.log, *steps, writer.write(line(20)))
    whole = [*lines(0, 10).splitlines(True), b"half ", b"other half\n", line(20)]
    assert sorted(each for text in found.all for each in text.splitlines(True)) in (
        sorted(whole),
        sorted([*whole[:10], b"half other half\n", line(20)]),
    )


def test_a_copy_that_was_not_finished_when_it_was_seen_is_read_whole(writer: Writer) -> None:
    copy = writer.log.with_name("app.log.1")
    found = Followed(
        writer.log,
        lambda: copy.write_bytes(lines(0, 3)),
        3,
        writer.write(lines(10, 12)),
        all_at_once(lambda: copy.write_bytes(lines(0, 13)), writer.truncate, writer.write(line(20))),
    )
    assert b"".join(found.all) == lines(0, 13) + line(20)
    assert not found.missed


def test_two_copies_and_truncations_between_two_polls_lose_nothing(writer: Writer) -> None:
    twice = all_at_once(
        writer.write(line(10)), writer.copy_and_truncate, writer.write(line(20)), writer.copy_and_truncate, writer.write(line(30))
    )
    found = Followed(writer.log, twice)
    assert sorted(b"".join(found.all).splitlines(True)) == [*lines(0, 11).splitlines(True), line(20), line(30)]


def test_a_copy_over_an_older_rotated_file_is_found_too(writer: Writer) -> None:
    copy = writer.log.with_name("app.log.1")
    copy.write_bytes(b"what was the log before\n" * 10)

    def rotate() -> None:
        writer.file.write(line(10))
        copy.write_bytes(writer.log.read_bytes())  # the same file, written anew
        writer.truncate()
        writer.file.write(line(20))

    found = Followed(writer.log, rotate)
    assert found.all == [lines(0, 11) + line(20)]


def test_an_empty_log_that_is_filled_copied_and_truncated_between_two_polls_is_read(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    found = Followed(writer.log, 2, all_at_once(writer.write(lines(0, 3)), writer.copy_and_truncate, writer.write(line(20))))
    writer.file.close()
    assert sorted(found.all) == [lines(0, 3), line(20)]


def test_a_truncation_without_a_copy_is_said(writer: Writer) -> None:
    found = Followed(writer.log, all_at_once(writer.write(line(10)), writer.truncate, writer.write(lines(20, 40))))
    assert found.all == [lines(0, 10), lines(20, 40)]
    assert found.ended == {0}
    assert len(found.said) == 1 and "what was written to it after its first 230 bytes may be missed" in found.said[0]


def test_a_compressed_copy_is_said_to_be_unreadable(writer: Writer) -> None:
    def rotate() -> None:
        writer.file.write(line(10))
        writer.log.with_name("app.log.1.gz").write_bytes(b"\x1f\x8b and so on")
        writer.truncate()
        writer.file.write(line(20))

    found = Followed(writer.log, rotate)
    assert found.all == [lines(0, 10), line(20)] and found.missed


def test_a_writer_that_does_not_append_leaves_a_hole_that_is_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with log.open("wb", buffering=0) as file:
        file.write(lines(0, 10))

        def rotate() -> None:
            shutil.copyfile(log, tmp_path / "app.log.1")
            os.truncate(log, 0)
            file.write(line(20))  # with zeros before it

        found = Followed(log, 1, rotate, 2, lambda: file.write(line(21)))
    assert found.all == [lines(0, 10) + lines(20, 22)]


def test_a_log_that_is_empty_for_a_moment_and_back_again_is_not_read_twice(writer: Writer) -> None:
    whole = writer.log.read_bytes()

    def back() -> None:
        writer.file.write(whole)

    found = Followed(writer.log, 2, writer.truncate, back, writer.write(line(10)))
    assert found.all == [lines(0, 11)] and found.said == []


def test_a_file_that_was_copied_truncated_and_renamed_between_two_polls_loses_nothing(writer: Writer) -> None:
    rotate = all_at_once(
        writer.write(line(10)), writer.copy_and_truncate, writer.write(line(20)), writer.rename, writer.write(line(30))
    )
    found = Followed(writer.log, rotate)
    assert sorted(found.all) == [lines(0, 11), line(20), line(30)]
    assert not found.missed


# -- what lies beside -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["app.log.1", "app.log.2", "app.log-20261116", "app-2026-11-16.log", "app.log.old"])
def test_rotated_files_that_were_there_before_are_not_read(writer: Writer, name: str) -> None:
    beside = writer.log.with_name(name)
    beside.write_bytes(lines(100, 200))
    found = Followed(writer.log, 2, lambda: beside.rename(beside.with_name("app.log.7")), writer.rename, writer.write(line(20)))
    assert found.all == [lines(0, 10), line(20)]


@pytest.mark.parametrize("name", ["app.log.gz", "app.logs", "other.log.1", "app-2.log", "myapp.log.1"])
def test_files_that_are_no_rotated_ones_are_not_read(writer: Writer, name: str) -> None:
    beside = writer.log.with_name(name)
    found = Followed(writer.log, 2, lambda: beside.write_bytes(lines(100, 200)), 3, writer.write(line(10)))
    assert found.all == [lines(0, 11)] and found.said == []


def test_a_copy_that_somebody_made_is_not_read(writer: Writer) -> None:
    beside = writer.log.with_name("app.log.bak")
    found = Followed(
        writer.log,
        2,
        lambda: shutil.copyfile(writer.log, beside),
        2,
        writer.rename,
        writer.write(line(20)),
        2,
        lambda: shutil.copyfile(writer.log.with_name("app.log.1"), writer.log.with_name("app.log.old")),
        lambda: shutil.copyfile(writer.log, writer.log.with_name("app.log.orig")),
    )
    assert found.all == [lines(0, 10), line(20)] and len(found.said) == 1


def test_a_copy_that_leads_to_nothing_is_closed(writer: Writer) -> None:
    beside = writer.log.with_name("app.log.bak")
    open_files: list[int] = []
    Followed(
        writer.log,
        2,
        lambda: shutil.copyfile(writer.log, beside),
        2,
        lambda: open_files.append(files_open_at(beside)),
        int(QUIET / PAUSE),
        lambda: open_files.append(files_open_at(beside)),
    )
    assert open_files == [1, 0]


def test_an_empty_log_that_is_rotated_again_and_again_costs_few_open_files(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    open_files: list[int] = []
    before = len(list(Path("/dev/fd").iterdir()))
    found = Followed(
        writer.log,
        *[writer.rename] * 60,
        lambda: open_files.append(len(list(Path("/dev/fd").iterdir())) - before),
        writer.write(line(0)),
    )
    writer.file.close()
    assert open_files[0] < 25
    assert found.all == [line(0)]
    assert not [said for said in found.said if "may be missed" in said]


def test_inodes_that_change_their_numbers_do_not_make_another_file(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    polls = 0
    stat, fstat = os.stat, os.fstat

    def numbered(status: os.stat_result) -> os.stat_result:
        parts: Any = status.__reduce__()[1]
        values, more = parts
        return os.stat_result((values[0], values[1] + polls // 3, *values[2:]), more)

    def step(n: int) -> None:
        nonlocal polls
        polls += 1
        writer.file.write(line(n))

    monkeypatch.setattr(os, "stat", lambda *given, **more: numbered(stat(*given, **more)))
    monkeypatch.setattr(os, "fstat", lambda *given, **more: numbered(fstat(*given, **more)))
    found = Followed(writer.log, *[partial(step, n) for n in range(10, 30)])
    assert found.all == [lines(0, 30)] and found.said == []


def test_an_old_file_that_is_unpacked_beside_the_log_is_not_read(writer: Writer) -> None:
    def unpack() -> None:
        beside = writer.log.with_name("app.log.9")
        beside.write_bytes(lines(100, 200))
        os.utime(beside, (1_700_000_000, 1_700_000_000))  # as gunzip does

    found = Followed(writer.log, 9, writer.write(line(10)), 9, unpack)
    assert found.all == [lines(0, 11)] and found.said == []


# -- anything, at any moment ----------------------------------------------------------------------------------------------

CALLS = ("pread", "open", "fstat", "stat", "lstat", "scandir")
"""Calls of the system, before each of which the files may change."""


class World:
    """A log, its writers and its rotation. Each thing that is written has a number, and is found by it again."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "app.log"
        self.writers = [FileIO(self.log, "ab")]
        self.written = 0
        self.half: FileIO | None = None
        """The writer that has written half a line, and writes next."""
        self.copied = False
        """Whether the log was copied, and is to be truncated."""
        self.opened = 0
        """The inode that the follower has open as the log."""
        self.polls_of_log = self.polls_of_first = 0
        """Polls since there is something in the log, and since there is another `app.log.1`."""

    def write(self, count: int, writer: int = -1) -> None:
        if self.copied:
            return  # what is written now is lost by the rotation itself
        for _ in range(count):
            ended, self.half = self.half, None
            (ended or self.writers[writer]).write(
                b"%s<%d> of what is written to the log\n" % (b"" if ended else b"line ", self.written)
            )
            self.written += 1

    def write_half(self) -> None:
        if not self.copied and self.half is None:
            self.half = self.writers[-1]
            self.half.write(b"line <%d>, " % self.written)
            self.written += 1

    def write_much(self) -> None:
        self.write(300)

    def write_little(self) -> None:
        self.write(1)

    def write_late(self) -> None:
        self.write(2, -min(2, len(self.writers)))

    def shift(self, keep: int) -> None:
        for n in range(40, 0, -1):
            path = self.log.with_name(f"app.log.{n}")
            if path.exists():
                if n >= keep:
                    path.unlink()
                else:
                    path.rename(self.log.with_name(f"app.log.{n + 1}"))

    def open_again(self) -> None:
        if self.log.exists() or not self.copied:
            self.writers.append(FileIO(self.log, "ab"))

    def rename(self, keep: int = 40) -> None:
        if self.log.exists() and not self.copied:
            self.shift(keep)
            self.log.rename(self.first)
            self.polls_of_first, self.polls_of_log = self.polls_of_log, 0

    def rename_and_create(self) -> None:
        self.rename()
        self.open_again()

    def rename_and_create_for_later(self) -> None:
        self.rename()
        self.log.touch()

    def copy(self, keep: int = 40) -> None:
        if self.log.exists() and not self.copied and self.log.stat().st_size:
            self.shift(keep)
            shutil.copyfile(self.log, self.first)
            self.polls_of_first = self.polls_of_log
            self.copied = True

    def truncate(self) -> None:
        if self.copied:
            os.truncate(self.log, 0)
            self.copied, self.polls_of_log = False, 0

    def copy_and_truncate(self) -> None:
        self.copy()
        self.truncate()

    # what may lose something, of which the follower can know

    def rename_and_keep_one(self) -> None:
        if self.log.exists() and self.log.stat().st_size and (self.first_is_known or self.opened_is_gone):
            self.rename(keep=1)
        self.open_again()

    def copy_over_and_truncate(self) -> None:
        if self.log.exists() and not self.copied and self.log.stat().st_size and self.first_is_known:
            shutil.copyfile(self.log, self.first)
            os.truncate(self.log, 0)
            self.polls_of_first, self.polls_of_log = self.polls_of_log, 0

    def truncate_without_a_copy(self) -> None:
        if self.log.exists() and not self.copied and self.polls_of_log > 1:
            os.truncate(self.log, 0)
            self.polls_of_log = 0

    @property
    def first(self) -> Path:
        return self.log.with_name("app.log.1")

    @property
    def first_is_known(self) -> bool:
        return not self.first.exists() or self.polls_of_first > 1

    @property
    def opened_is_gone(self) -> bool:
        """Whether neither the log nor the rotated file is the one that the follower reads as the log."""
        return self.opened != 0 and self.opened not in (self.log.stat().st_ino, self.first.stat().st_ino)

    def poll(self) -> None:
        """After each poll."""
        self.opened = self.log.stat().st_ino if self.log.exists() else self.opened
        self.polls_of_log = self.polls_of_log + 1 if self.log.exists() and self.log.stat().st_size else 0
        self.polls_of_first += 1

    def close(self) -> None:
        for writer in self.writers:
            writer.close()


KEEPS_ALL = (
    World.write_much, World.write_little, World.write_half, World.write_late, World.open_again, World.rename,
    World.rename_and_create, World.rename_and_create_for_later, World.copy, World.truncate, World.copy_and_truncate,
)  # fmt: skip
MAY_LOSE = (
    *(change for change in KEEPS_ALL if change is not World.write_late),  # nobody goes on with a file that was copied over
    World.rename_and_keep_one, World.copy_over_and_truncate, World.truncate_without_a_copy,
)  # fmt: skip


def followed_while(changes: list[tuple[Callable[[World], None], int]], folder: Path) -> tuple[Followed, World]:
    """What comes while the world changes: each change after so many calls of the system by the follower.

    What is renamed before the follower first lists the folder was no part of the log then.
    """
    world = World(folder)
    waiting = list(changes)
    calls_left = waiting[0][1] if waiting else 0
    is_changing = has_begun = False

    def called() -> None:
        nonlocal calls_left, is_changing
        if is_changing or not has_begun:
            return
        is_changing = True
        try:
            while waiting and calls_left <= 0:
                waiting.pop(0)[0](world)
                calls_left = waiting[0][1] if waiting else 0
            calls_left -= 1
        finally:
            is_changing = False

    def before(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **more: Any) -> Any:
            nonlocal has_begun
            called()
            result = call(*arguments, **more)
            has_begun = has_begun or name == "scandir"
            return result

        return wrapped

    def slept() -> None:
        nonlocal is_changing
        is_changing = True
        world.poll()
        is_changing = False

    def rest() -> None:
        while waiting:
            called()
        world.truncate()

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, before(name, getattr(os, name)))
        enough = sum(calls for _, calls in changes) // 4 + 2
        found = Followed(world.log, *[slept] * enough, rest)
    world.close()
    return found, world


def check(found: Followed, world: World, *, may_lose: bool) -> None:
    came: Counter[int] = Counter()
    for text in found.all:
        numbers = [int(each) for each in re.findall(rb"<(\d+)>", text)]
        assert numbers == sorted(numbers) or may_lose, "in order"
        came.update(numbers)
        for each in text.splitlines():
            assert each.count(b"line") <= 1, f"two lines became one: {each!r}"
    assert not [each for each, times in came.items() if times > 1], "nothing comes twice"
    lost = [each for each in range(world.written) if each not in came]
    if may_lose:
        assert not lost or found.missed, f"{lost} was lost without a word"
    else:
        assert not lost
        assert not [each for each in found.said if "may be missed" in each]


@given(changes=st.lists(st.tuples(st.sampled_from(KEEPS_ALL), st.integers(0, 60)), max_size=30))
@example(
    changes=[
        (World.write_half, 0),
        (World.copy_and_truncate, 42),
        (World.write_much, 0),
        (World.copy_and_truncate, 7),
        (World.write_much, 0),
    ]
)
def test_whatever_happens_at_whatever_moment_every_line_comes_once(
    changes: list[tuple[Callable[[World], None], int]],
) -> None:
    with TemporaryDirectory() as folder:
        check(*followed_while(changes, Path(folder)), may_lose=False)


@given(changes=st.lists(st.tuples(st.sampled_from(MAY_LOSE), st.integers(0, 60)), max_size=30))
@example(
    changes=[
        (World.write_much, 0),
        (World.rename_and_create, 16),
        (World.write_much, 0),
        (World.copy_over_and_truncate, 20),
        (World.rename_and_create, 22),
        (World.write_much, 3),
        (World.copy_over_and_truncate, 60),
    ]
)
@example(changes=[(World.rename_and_create, 5), (World.write_much, 0), (World.copy_over_and_truncate, 19)])
def test_what_rotation_itself_loses_is_said(changes: list[tuple[Callable[[World], None], int]]) -> None:
    with TemporaryDirectory() as folder:
        check(*followed_while(changes, Path(folder)), may_lose=True)
