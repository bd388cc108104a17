"""Where clean bytes go: whole or not at all, readable by who may, live where it must be."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import os
import resource
import stat
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from logscrub import sinks
from logscrub.errors import OutputError, UsageError
from logscrub.sinks import open_sink, open_zip_sink, remove_abandoned, same_file
from logscrub.sources.decompression import Compression
from logscrub.sources.files import Input
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import open_stream

COMPRESSIONS: tuple[Compression, ...] = ("none", "gzip", "zstd", "bzip2", "xz", "lzma")
LIVE: tuple[Compression, ...] = ("none", "gzip", "zstd")
"""Those that can be read while they are written."""
LIKE = MemberInfo("ignored", (2024, 5, 1, 10, 0, 2), 0o100640 << 16, 5)
needs_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


@pytest.fixture
def umask_027() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.fixture
def no_file_above_100_kb() -> Iterator[None]:
    """The system refuses to let files grow beyond that, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


pytestmark = pytest.mark.usefixtures("fail_instead_of_hanging")


@contextlib.contextmanager
def stdout_into_pipe() -> Iterator[int]:
    """The reading end of a pipe that standard output goes into. No fixture: pytest sets its own stdout after those."""
    out, into = os.pipe()
    with os.fdopen(into, "w") as stdout, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stdout)
        yield out
    os.close(out)


def put(path: Path | None, data: bytes, compression: Compression = "none") -> None:
    with open_sink(path, compression) as sink:
        sink.write(data)
        sink.commit()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def unpacked(path: Path) -> bytes:
    with open_stream(Input(path, path.name, Path(path.name))) as stream:
        return b"".join(stream.chunks())


# --- files


@pytest.mark.parametrize("compression", COMPRESSIONS)
@given(pieces=st.lists(st.binary(max_size=100) | st.just(bytes(200_000)), max_size=6), flush=st.booleans())
def test_what_is_written_is_what_the_file_holds(
    tmp_path_factory: pytest.TempPathFactory, compression: Compression, pieces: list[bytes], flush: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / f"written-{compression}"
    with open_sink(path, compression) as sink:
        for piece in pieces:
            sink.write(b"#" + piece)  # so that it is never a compressed file by chance
            if flush:
                sink.flush()
        sink.commit()
    assert unpacked(path) == b"".join(b"#" + piece for piece in pieces)
    assert sink.bytes_written == path.stat().st_size


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.log"
    path.write_bytes(b"earlier")
    with open_sink(path, "none") as sink:
        sink.write(b"x" * 200_000)
        sink.flush()
        assert path.read_bytes() == b"earlier"
        sink.commit()
    assert path.read_bytes() == b"x" * 200_000
    assert names(tmp_path) == ["out.log"]


def test_an_aborted_file_leaves_nothing_behind(tmp_path: Path) -> None:
    sink = open_sink(tmp_path / "out.log", "gzip")
    sink.write(b"x" * 200_000)
    sink.abort()
    sink.abort()
    assert names(tmp_path) == []
    with pytest.raises(ValueError, match="closed"):
        sink.write(b"more")


def test_an_exception_on_the_way_aborts(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_sink(tmp_path / "out.log", "none") as sink:
        sink.write(b"half")
        raise KeyboardInterrupt
    assert names(tmp_path) == []


def test_nobody_else_can_read_a_file_that_is_being_written(tmp_path: Path) -> None:
    with open_sink(tmp_path / "out.log", "none"):
        assert [mode(path) for path in tmp_path.iterdir()] == [0o600]


@pytest.mark.usefixtures("umask_027")
def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    put(tmp_path / "out.log", b"x")
    assert mode(tmp_path / "out.log") == 0o640


@pytest.mark.usefixtures("umask_027")
def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "out.log").touch()
    (tmp_path / "out.log").chmod(0o664)
    put(tmp_path / "out.log", b"x")
    assert mode(tmp_path / "out.log") == 0o664


def test_folders_are_made_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.log").symlink_to(tmp_path / "a/b/real.log")
    put(tmp_path / "link.log", b"x")
    assert (tmp_path / "link.log").is_symlink()
    assert (tmp_path / "a/b/real.log").read_bytes() == b"x"


def test_the_longest_possible_name_can_be_written(tmp_path: Path) -> None:
    put(tmp_path / ("n" * 255), b"x")
    assert names(tmp_path) == ["n" * 255]


def test_gzip_and_zstd_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    for compression in COMPRESSIONS:
        for name in ("one", "two"):
            put(tmp_path / name, b"line\n" * 1000, compression)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    put(tmp_path / "gzip", b"line\n", "gzip")
    assert (tmp_path / "gzip").read_bytes()[3:8] == bytes(5)  # no name, no time


# --- what cannot be written


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder") as caught:
        open_sink(tmp_path, "none")
    assert caught.value.exit_code == 3


def test_a_file_among_the_folders_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file/out.log", tmp_path / "file/more/out.log"):
        with pytest.raises(OutputError, match="a part of the path is a file"):
            open_sink(path, "none")


@pytest.mark.parametrize("inside", [False, True])
def test_without_permission_the_folder_that_is_the_cause_is_named(users_folder: Path, inside: bool) -> None:
    folder = users_folder if inside else None
    (users_folder / "read-only.log").touch(0o400)
    with pytest.raises(OutputError, match=r"read-only\.log: no permission to write it;"):
        open_sink(users_folder / "read-only.log", "none", inside=folder)
    for name, mode in (("locked", 0o500), ("closed", 0)):
        (users_folder / name).mkdir(mode)
        for path in (users_folder / name / "out.log", users_folder / name / "new/out.log"):
            with pytest.raises(OutputError) as caught:
                open_sink(path, "none", inside=folder)
            assert str(caught.value) == (
                f"{path}: no permission to write in the folder {users_folder / name}; choose another place"
            )


def test_a_folder_that_cannot_be_listed_can_still_be_written_to(users_folder: Path) -> None:
    (users_folder / "box").mkdir(0o300)
    put(users_folder / "box/out.log", b"x")
    (users_folder / "box").chmod(0o700)
    assert (users_folder / "box/out.log").read_bytes() == b"x"


def test_a_read_only_file_system_is_named_by_the_folder_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    for step in ("mkdir", "open"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, refuse)
            with pytest.raises(OutputError) as caught:
                open_sink(tmp_path / "new/out.log" if step == "mkdir" else tmp_path / "out.log", "none")
        assert f": the folder {tmp_path} is on a read-only file system; choose another place" in str(caught.value)


def test_a_folder_that_is_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "clean").symlink_to("nowhere")
    with pytest.raises(OutputError, match="clean is a link to nothing"):
        open_sink(tmp_path / "clean/out.log", "none", inside=tmp_path / "clean")


def test_a_url_is_no_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("ftp://host/out.log", "https://example.com/out.log"):
        with pytest.raises(UsageError, match=f"^{path}: outputs go to files"):
            open_sink(Path(path), "none")
    assert names(tmp_path) == []
    put(tmp_path / "s3:/out.log", b"x")
    put(Path("s3:/again.log"), b"x")
    assert names(tmp_path / "s3:") == ["again.log", "out.log"], "a folder that is there may have that name"


# --- inside a folder


def test_inside_a_folder_files_are_made_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "clean").symlink_to("real")  # the folder itself was named by the user
    for data in (b"one", b"two"):
        with open_sink(tmp_path / "clean/a/b/out.log", "none", inside=tmp_path / "clean") as sink:
            sink.write(data)
            sink.commit()
        assert (tmp_path / "real/a/b/out.log").read_bytes() == data
    assert names(tmp_path / "real/a/b") == ["out.log"]


@pytest.mark.parametrize("open_it", [lambda target, **k: open_sink(target, "none", **k), open_zip_sink], ids=["file", "zip"])
def test_nothing_is_written_through_a_link_inside_a_folder(tmp_path: Path, open_it: Callable[..., object]) -> None:
    clean = tmp_path / "clean"
    clean.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "victim").write_bytes(b"mine")
    (clean / "a.log").symlink_to("../victim")
    (clean / "sub").symlink_to("../outside")
    (clean / "inner").symlink_to(".")
    (clean / "new.log").symlink_to("../new")
    for name, link in (("a.log", "a.log"), ("sub/x.log", "sub"), ("inner/x.log", "inner"), ("new.log", "new.log")):
        with pytest.raises(OutputError) as caught:
            open_it(clean / name, inside=clean)
        assert str(caught.value).startswith(f"{clean / link}: is a link, and what goes to {clean} must not leave it; remove")
        assert caught.value.exit_code == 3
    os.mkfifo(clean / "pipe")
    with pytest.raises(OutputError, match="pipe: is neither a file nor a folder"):
        open_it(clean / "pipe", inside=clean)
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert names(tmp_path) == ["clean", "outside", "victim"] and names(tmp_path / "outside") == []


def test_a_link_that_comes_after_the_look_is_not_followed_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "refuse_links", lambda path, inside: None)
    clean = tmp_path / "clean"
    clean.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "victim").write_bytes(b"mine")
    (clean / "sub").symlink_to("../outside")
    with pytest.raises(OutputError):
        open_sink(clean / "sub/x.log", "none", inside=clean)
    with open_sink(clean / "deep/a.log", "none", inside=clean) as sink:
        sink.write(b"x")
        (clean / "deep/a.log").symlink_to("../../victim")
        (clean / "deep").rename(tmp_path / "moved")
        (clean / "deep").symlink_to("../outside")
        sink.commit()
    assert (tmp_path / "moved/a.log").read_bytes() == b"x", "it stays in the folder that was opened"
    assert (tmp_path / "victim").read_bytes() == b"mine" and names(tmp_path / "outside") == []


# --- what killed runs leave behind

HOLDS_ONE_OPEN = """
import sys, time
from pathlib import Path
from logscrub.sinks import open_sink
sink = open_sink(Path(sys.argv[1]), "none")
sink.write(b"x" * 100_000)
print("open", flush=True)
if sys.stdin.readline():
    sink.commit()
"""


@contextlib.contextmanager
def another_process_writes(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLDS_ONE_OPEN, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None and process.stdout.readline() == b"open\n"
        yield process


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    with another_process_writes(tmp_path / "living.log") as living:
        with another_process_writes(tmp_path / "killed.log") as killed:
            killed.kill()
        assert len(names(tmp_path)) == 2
        assert remove_abandoned(tmp_path) == 1
        assert remove_abandoned(tmp_path) == 0
        assert len(names(tmp_path)) == 1
        living.communicate(b"go on\n")
    assert names(tmp_path) == ["living.log"]


def test_nothing_else_is_removed(tmp_path: Path) -> None:
    (tmp_path / "victim").touch()
    for name in ("logscrub-1.tmp", ".logscrub-1.txt", ".other-1.tmp", ".logscrub-1.tmp.log"):
        (tmp_path / name).touch()
    (tmp_path / ".logscrub-link.tmp").symlink_to("victim")
    (tmp_path / ".logscrub-folder.tmp").mkdir()
    os.mkfifo(tmp_path / ".logscrub-fifo.tmp")
    (tmp_path / "below").mkdir()
    (tmp_path / "below/.logscrub-1.tmp").touch()
    before = names(tmp_path)
    assert remove_abandoned(tmp_path) == 0 == remove_abandoned(tmp_path / "missing")
    assert names(tmp_path) == before and names(tmp_path / "below") == [".logscrub-1.tmp"]


def test_a_temporary_file_that_another_run_took_for_abandoned_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    real = sinks._lock

    def late(handle: int) -> bool:
        if not asked:
            for path in tmp_path.iterdir():
                path.unlink()
        asked.append(handle)
        return len(asked) != 2 and real(handle)

    monkeypatch.setattr(sinks, "_lock", late)
    put(tmp_path / "out.log", b"x")
    assert len(asked) == 3 and (tmp_path / "out.log").read_bytes() == b"x"


@pytest.mark.usefixtures("no_file_above_100_kb")
@pytest.mark.parametrize("size", [90_000 + 65_536, 1_000_000])
def test_a_file_that_may_not_grow_is_an_output_error_and_goes_away(tmp_path: Path, size: int) -> None:
    (tmp_path / "out.log").write_bytes(b"earlier")
    with pytest.raises(OutputError, match=r"out\.log: the file is larger"):
        put(tmp_path / "out.log", os.urandom(size))
    assert names(tmp_path) == ["out.log"]
    assert (tmp_path / "out.log").read_bytes() == b"earlier"


@pytest.mark.parametrize("step", ["_write_all", "_sync"])
def test_a_full_disk_is_one_clear_line_whenever_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((sinks, step) if step == "_write_all" else (os, "fsync")), full)
    with pytest.raises(OutputError) as caught:
        put(tmp_path / "out.log", b"secret")
    assert str(caught.value) == f"{tmp_path}/out.log: the disk is full; make room or choose another place"
    assert names(tmp_path) == []


@needs_full_device
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_full_device_is_an_output_error(compression: Compression) -> None:
    with pytest.raises(OutputError, match="/dev/full: the disk is full"):
        put(Path("/dev/full"), b"x", compression)


@needs_full_device
def test_a_full_device_as_standard_output_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        with pytest.raises(OutputError, match="-: the disk is full"):
            put(None, b"x")


# --- its own input


def test_writing_onto_an_input_is_refused_by_whatever_name(tmp_path: Path) -> None:
    source = tmp_path / "in.log"
    source.write_bytes(b"raw")
    (tmp_path / "soft").symlink_to(source)
    (tmp_path / "hard").hardlink_to(source)
    for path in (source, tmp_path / "soft", tmp_path / "hard", tmp_path / "." / "in.log"):
        assert same_file(source, path)
        with pytest.raises(UsageError, match="is also an input"):
            open_sink(path, "none", inputs=[source])
        with pytest.raises(UsageError, match="is also an input"):
            open_zip_sink(path, inputs=[source])
    assert source.read_bytes() == b"raw"


def test_standard_output_can_be_an_input_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in.log"
    source.write_bytes(b"raw")
    with source.open("a") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        with pytest.raises(UsageError, match="is also an input"):
            open_sink(None, "none", inputs=[source])


def test_other_files_and_devices_are_not_the_same(tmp_path: Path) -> None:
    (tmp_path / "in.log").write_bytes(b"raw")
    (tmp_path / "copy.log").write_bytes(b"raw")
    assert not same_file(tmp_path / "in.log", tmp_path / "copy.log")
    assert not same_file(tmp_path / "in.log", tmp_path / "new.log")
    assert not same_file(Path("/dev/null"), Path("/dev/null"))


# --- devices, pipes, standard output


def test_dev_null_is_written_to_not_replaced() -> None:
    put(Path("/dev/null"), b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_fifo_is_written_to_not_replaced(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    put(fifo, b"line\n")
    reader.join()
    assert got == [b"line\n"]
    assert names(tmp_path) == ["fifo"]


def test_an_open_file_by_its_number_is_appended_to(tmp_path: Path) -> None:
    with (tmp_path / "out.log").open("wb", buffering=0) as file:
        file.write(b"before\n")
        put(Path(f"/dev/fd/{file.fileno()}"), b"line\n")
    assert (tmp_path / "out.log").read_bytes() == b"before\nline\n"


@pytest.mark.parametrize("path", [None, Path("/dev/stdout"), Path("/dev/fd/1")])
def test_standard_output_has_several_names(path: Path | None) -> None:
    with stdout_into_pipe() as pipe:
        put(path, b"line\n")
        assert os.read(pipe, 100) == b"line\n"


def test_standard_output_in_memory_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(memory))
    put(None, b"line\n")
    assert memory.getvalue() == b"line\n"


READERS: dict[Compression, Callable[[], Callable[[bytes], bytes]]] = {
    "none": lambda: bytes,
    "gzip": lambda: zlib.decompressobj(31).decompress,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
}


@pytest.mark.parametrize("compression", LIVE)
def test_after_flush_a_live_reader_has_every_line(compression: Compression) -> None:
    unpack = READERS[compression]()
    with stdout_into_pipe() as pipe, open_sink(None, compression) as sink:
        for line in (b"first\n", b"second\n"):
            sink.write(line)
            sink.flush()
            assert unpack(os.read(pipe, 1000)) == line


def test_a_slow_reader_of_a_non_blocking_pipe_gets_everything() -> None:
    got = bytearray()

    def read_all(pipe: int) -> None:
        while len(got) < 1_000_000:
            got.extend(os.read(pipe, 5000))

    with stdout_into_pipe() as pipe:
        os.set_blocking(sys.stdout.fileno(), False)
        reader = threading.Thread(target=read_all, args=(pipe,), daemon=True)
        reader.start()
        put(None, b"x" * 1_000_000)
        reader.join()
    assert len(got) == 1_000_000


def test_a_reader_that_went_away_is_a_broken_pipe_not_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()
    os.close(out)
    with os.fdopen(into, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        with pytest.raises(BrokenPipeError):
            put(None, b"x")


def test_closed_standard_output_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output is closed"):
        open_sink(None, "none")


# --- zip


def put_members(path: Path | None) -> None:
    with open_zip_sink(path) as sink:
        for name, data in (("logs/", b""), ("logs/größe.log", b"line\n" * 1000), ("b.log", b"")):
            sink.begin(name, LIKE)
            for start in range(0, len(data), 700):
                sink.write(data[start : start + 700])
            sink.end()
        sink.commit()


def test_a_zip_has_the_members_with_their_dates_and_modes(tmp_path: Path) -> None:
    put_members(tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["logs/", "logs/größe.log", "b.log"]
        assert archive.read("logs/größe.log") == b"line\n" * 1000
        for info in archive.infolist():
            assert (info.date_time, info.external_attr >> 16) == (LIKE.date_time, 0o100640)
        assert archive.getinfo("b.log").compress_type == zipfile.ZIP_DEFLATED


def test_a_zip_is_the_same_bytes_every_time_and_everywhere(tmp_path: Path) -> None:
    put_members(tmp_path / "out.zip")
    with stdout_into_pipe() as pipe:
        put_members(None)
        assert os.read(pipe, 100_000) == (tmp_path / "out.zip").read_bytes()


def test_comments_and_extra_fields_of_the_input_do_not_pass(tmp_path: Path) -> None:
    like = zipfile.ZipInfo("a.log")
    like.comment, like.extra = b"secret", b"\x99\x99\x06\x00secret"
    with open_zip_sink(tmp_path / "out.zip") as sink:
        sink.begin("a.log", like)
        sink.end()
        sink.commit()
    assert b"secret" not in (tmp_path / "out.zip").read_bytes()


def test_a_member_without_a_mode_can_still_be_read_by_its_owner(tmp_path: Path) -> None:
    with open_zip_sink(tmp_path / "out.zip") as sink:
        sink.begin("a.log", SimpleNamespace(date_time=(1980, 1, 1, 0, 0, 0), external_attr=0x20, file_size=0))
        sink.end()
        sink.commit()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.getinfo("a.log").external_attr >> 16 == 0o100644


def test_names_may_repeat_as_they_did_in_the_input(tmp_path: Path) -> None:
    with open_zip_sink(tmp_path / "out.zip") as sink:
        for _ in range(2):
            sink.begin("a.log", LIKE)
            sink.end()
        sink.commit()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == ["a.log", "a.log"]


def test_an_aborted_zip_leaves_nothing_behind_even_within_a_member(tmp_path: Path) -> None:
    with open_zip_sink(tmp_path / "out.zip") as sink:
        sink.begin("a.log", LIKE)
        sink.write(b"half")
    assert names(tmp_path) == []


@pytest.mark.usefixtures("no_file_above_100_kb")
def test_a_zip_that_may_not_grow_is_an_output_error_and_goes_away(tmp_path: Path) -> None:
    with open_zip_sink(tmp_path / "out.zip") as sink:
        sink.begin("a.log", LIKE)
        with pytest.raises(OutputError, match="the file is larger"):
            for _ in range(10):
                sink.write(os.urandom(100_000))
    assert names(tmp_path) == []


def test_a_gzip_written_here_is_read_by_the_standard_library(tmp_path: Path) -> None:
    put(tmp_path / "out.gz", b"line\n", "gzip")
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()) == b"line\n"
