"""tar archives: what `tarfile` reads before, it reads after; members are scrubbed, owners gone; what is unsafe is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from test_cli_scrub import run, zipped

from logscrub import api, sinks
from logscrub.api import engines
from logscrub.errors import InputError, OutputError
from logscrub.redact.scrub import Redactor
from logscrub.sinks import open_tar_sink
from logscrub.sources.decompression import PIECE, Reading
from logscrub.sources.files import Input
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import open_stream

LINE = b"2026-05-01T10:00:00Z INFO saved by jane.doe@acme.example\n"
CLEAN = b"2026-05-01T10:00:00Z INFO saved by <EMAIL_ADDRESS>\n"
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.zst": zstandard.compress,
    "tar.xz": lambda data: lzma.compress(data, preset=0),
    "tar.bz2": bz2.compress,
}
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.decompress,
    "tar.zst": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "tar.xz": lzma.decompress,
    "tar.bz2": bz2.decompress,
}

pytestmark = pytest.mark.usefixtures("fail_instead_of_hanging")


def entry(name: str, data: bytes = b"", **values: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.uid, info.gid, info.uname, info.gname, info.mtime = 501, 20, "jane", "staff", 1_777_000_000
    for key, value in values.items():
        setattr(info, key, value)
    return info, data


def tarred(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT, **options: Any) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=form, **options) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return whole.getvalue()


def content(whole: bytes) -> list[tuple[str, bytes, bytes | None, int, float]]:
    """Name, type, bytes, mode and time of each member, as tarfile reads them."""
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        return [
            (m.name, m.type, f.read() if (f := archive.extractfile(m)) is not None else None, m.mode & 0o777, m.mtime)
            for m in archive
        ]


def at(path: Path) -> Input:
    return Input(path, path.name, Path(path.name))


def read(path: Path, reading: Reading = Reading()) -> tuple[dict[str, bytes], list[str]]:
    with open_stream(at(path), reading) as stream:
        assert stream.archive == "tar"
        return {name: b"".join(pieces) for name, pieces, _ in stream.members()}, stream.faults


def written(folder: Path, data: bytes) -> Path:
    path = folder / "input"
    path.write_bytes(data)
    return path


def without_magic(tar: bytes) -> bytes:
    """The same as the oldest tar wrote it: known by nothing but its checksum."""
    header = tar[:257] + bytes(8) + tar[265:512]
    checksum = sum(header[:148]) + 8 * 32 + sum(header[156:])
    return header[:148] + b"%06o\0 " % checksum + header[156:] + tar[512:]


SAMPLE = tarred(
    entry("logs", type=tarfile.DIRTYPE, mode=0o755),
    entry("logs/app.log", LINE * 3, mode=0o640, mtime=1_777_000_000.25),
    entry("logs/jane.doe@acme.example.log", b"nothing to see\n"),
    entry("./" + "long/" * 40 + "año.log", b"harmless\r\n\xff\xfe\n"),
    entry("empty.log"),
)


# --- reading and writing

names = st.lists(
    st.text(st.sampled_from("ab.ö-_ 日\n"), min_size=1, max_size=120).filter(lambda part: part.strip() not in ("", "..")),
    min_size=1,
    max_size=4,
).map("/".join)
members = st.lists(
    st.tuples(
        names, st.binary(max_size=1500) | st.just(LINE * 40), st.integers(0, 0o777), st.integers(0, 1 << 33) | st.floats(0, 2e9)
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("form", FORMATS)
@given(given_members=members)
def test_members_come_out_as_tarfile_reads_them(
    tmp_path_factory: pytest.TempPathFactory, form: str, given_members: list[tuple[str, bytes, int, float]]
) -> None:
    entries = [entry(name, b"#" + data, mode=mode, mtime=mtime) for name, data, mode, mtime in given_members]
    try:
        whole = tarred(*entries, form=FORMATS[form])
    except ValueError:  # ustar cannot hold such a name
        return
    path = written(tmp_path_factory.getbasetemp(), whole)
    out = path.with_name("out.tar")
    with open_stream(at(path)) as stream, open_tar_sink(out, "none") as sink:
        for name, pieces, info in stream.members():
            sink.begin(name, info)
            for piece in pieces:
                sink.write(piece)
            sink.end()
        sink.commit()
    after = out.read_bytes()
    before = content(whole)
    assert [one[:4] for one in content(after)] == [one[:4] for one in before]
    for (*_, time), (*_, expected) in zip(content(after), before, strict=True):
        assert time == pytest.approx(expected, abs=1e-6)
    with tarfile.open(fileobj=io.BytesIO(after)) as archive:
        assert all((m.uid, m.gid, m.uname, m.gname) == (0, 0, "", "") for m in archive)
    assert len(after) % tarfile.RECORDSIZE == 0


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("form", PACK)
def test_an_archive_is_scrubbed_member_by_member_and_stays_what_it_is(tmp_path: Path, form: str, engine: str) -> None:
    path = tmp_path / f"a.{form}"
    path.write_bytes(PACK[form](SAMPLE))
    engine_name: Any = engine
    done = api.scrub_file(path, tmp_path / f"out.{form}", engine=engine_name)
    after = UNPACK[form]((tmp_path / f"out.{form}").read_bytes())
    assert done.records_read == 6 and done.redactions["EMAIL_ADDRESS"] == 3
    assert [(name, data, mode, time) for name, _, data, mode, time in content(after)] == [
        ("logs", None, 0o755, 1_777_000_000),
        ("logs/app.log", CLEAN * 3, 0o640, 1_777_000_000.25),
        ("logs/EMAIL_ADDRESS.log", b"nothing to see\n", 0o644, 1_777_000_000),
        ("./" + "long/" * 40 + "año.log", b"harmless\r\n\xff\xfe\n", 0o644, 1_777_000_000),
        ("empty.log", b"", 0o644, 1_777_000_000),
    ]
    assert b"jane" not in after and b"staff" not in after
    again = api.scrub_file(tmp_path / f"out.{form}", tmp_path / "again")
    assert UNPACK[form]((tmp_path / "again").read_bytes()) == after and not again.redactions
    reports = api.verify_file(tmp_path / f"out.{form}", engine=engine_name)
    assert [report.path.partition("!")[2] for report in reports][:2] == ["logs/app.log", "logs/EMAIL_ADDRESS.log"]
    assert all(not report.found and not report.error for report in reports)
    assert sum(report.found for report in api.verify_file(path)) == 3


def test_the_oldest_form_is_read_too(tmp_path: Path) -> None:
    whole = without_magic(tarred(entry("a.log", LINE), form=tarfile.USTAR_FORMAT))
    assert read(written(tmp_path, whole))[0] == {"a.log": LINE}


@pytest.mark.parametrize(
    ("time", "kept"),
    [
        ("5", 5),
        ("5.123456789123", 5.123456789),
        ("1e-06", 0),
        ("-5", 0),
        ("99999999999", 99_999_999_999),
        ("123456789012", 0),
        ("x", 0),
    ],
)
def test_times_are_kept_to_nanoseconds_and_impossible_ones_are_not(tmp_path: Path, time: str, kept: float) -> None:
    path = written(tmp_path, tarred(entry("a.log", LINE, pax_headers={"mtime": time})))
    api.scrub_file(path, tmp_path / "out")
    assert content((tmp_path / "out").read_bytes())[0][4] == pytest.approx(kept, abs=1e-9)


def test_comments_and_attributes_are_left_out(tmp_path: Path) -> None:
    info, data = entry("a.log", b"x\n", pax_headers={"SCHILY.xattr.user.note": "jane.doe@acme.example", "comment": "by jane"})
    whole = tarred((info, data), pax_headers={"comment": "of jane.doe@acme.example"})
    assert whole.count(b"jane") == 4
    api.scrub_file(written(tmp_path, whole), tmp_path / "out")
    after = (tmp_path / "out").read_bytes()
    assert b"jane" not in after and content(after)[0][2] == b"x\n"


class LittleByLittle(io.BytesIO):
    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(150)


@pytest.mark.parametrize("form", PACK)
def test_from_a_pipe_it_is_the_same_however_it_is_cut(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, _ = read(written(tmp_path, SAMPLE))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(LittleByLittle(PACK[form](SAMPLE))))
    with open_stream(Input(None, "-", Path("stdin"))) as stream:
        assert {name: b"".join(pieces) for name, pieces, _ in stream.members()} == expected


def test_what_is_not_asked_for_is_passed_over(tmp_path: Path) -> None:
    with open_stream(at(written(tmp_path, SAMPLE))) as stream:
        assert [name for name, _, _ in stream.members()] == list(read(written(tmp_path, SAMPLE))[0])


def test_an_archive_without_members_stays_one(tmp_path: Path) -> None:
    api.scrub_file(written(tmp_path, tarred()), tmp_path / "out")
    assert content((tmp_path / "out").read_bytes()) == []


# --- what is refused


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (entry("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "link: is a link; unpack the tar"),
        (entry("link", type=tarfile.LNKTYPE, linkname="fine.log"), "link: is a link; unpack the tar"),
        (entry("pipe", type=tarfile.FIFOTYPE), "pipe: is no regular file; unpack the tar"),
        (entry("disk", type=tarfile.BLKTYPE), "disk: is no regular file"),
        (entry("tty", type=tarfile.CHRTYPE), "tty: is no regular file"),
        (entry("holes", b"x", type=tarfile.GNUTYPE_SPARSE), "holes: is no regular file"),
        (entry("holes", b"x", pax_headers={"GNU.sparse.major": "1"}), "holes: is a sparse file"),
        (entry("/abs", b"x"), "/abs: its name leads out of the folder"),
        (entry("a/../../b", b"x"), r"a/\.\./\.\./b: its name leads out of the folder"),
        (entry("C:\\b", b"x"), r"C:\\b: its name leads out of the folder"),
        (entry("short", b"x", pax_headers={"path": "../" * 99 + "b"}), r"(\.\./)+b: its name leads out of the folder"),
        (entry("a\0b", b"x", pax_headers={"path": "a\0b"}), r"a\\x00b: its name holds a NUL"),
        (entry("a.log.gz", gzip.compress(b"x")), r"a\.log\.gz: holds data that is compressed once more \(gzip\)"),
        (entry("a.tar", SAMPLE), r"a\.tar: holds a tar archive, which is not read; unpack it"),
        (entry("a.zip", zipped({"a": b"x"})), r"a\.zip: holds data that is compressed once more \(zip\)"),
        (entry("a.pdf", b"%PDF-1.7\n"), r"a\.pdf: holds a PDF document"),
    ],
    ids=lambda value: value[0].name if isinstance(value, tuple) else "",
)
def test_what_is_unsafe_or_cannot_be_scanned_is_refused(tmp_path: Path, bad: tuple[tarfile.TarInfo, bytes], says: str) -> None:
    whole = tarred(entry("fine.log", LINE), bad, entry("also.log", LINE))
    for pack in (bytes, gzip.compress):
        with pytest.raises(InputError, match=f"input: {says}"):
            api.scrub_file(written(tmp_path, pack(whole)), tmp_path / "out")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["input"]


def test_an_extended_header_without_bound_is_refused(tmp_path: Path) -> None:
    for kind in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
        bomb = tarfile.TarInfo("././@x")
        bomb.type, bomb.size = kind, 1 << 40
        whole = entry("fine.log")[0].tobuf() + bomb.tobuf(tarfile.GNU_FORMAT) + bytes(5 << 20)
        with pytest.raises(InputError, match="has an extended header of more than 1 MiB"):
            read(written(tmp_path, gzip.compress(whole)))


@pytest.mark.parametrize(
    "records", [b"x", b"8 path=a\n", b"0 path=a\n", b"99999999999999999999999 a=b\n", b"10 path\nabc\n", b"-5 a=b\n"]
)
def test_a_broken_extended_header_is_an_error(tmp_path: Path, records: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, len(records)
    whole = entry("fine.log")[0].tobuf() + header.tobuf() + records.ljust(512, b"\0") + tarred(entry("a.log", LINE))
    with pytest.raises(InputError, match="input: the tar data is corrupt"):
        read(written(tmp_path, whole))


# --- faults


@pytest.mark.parametrize("form", PACK)
def test_a_cut_is_an_error_wherever_it_is_and_what_comes_before_it_can_be_salvaged(tmp_path: Path, form: str) -> None:
    whole = PACK[form](SAMPLE)
    path = tmp_path / f"a.{form}"
    path.write_bytes(whole)
    expected, _ = read(path)
    last = len(SAMPLE.rstrip(b"\0")) if form == "tar" else len(whole) - 1  # of the end mark one block is enough
    cuts = random.Random(form)
    ends = {last, *(cuts.randrange(520, last) if form == "tar" else cuts.randrange(len(whole) // 2, last) for _ in range(20))}
    ends |= {n * 512 for n in range(2, last // 512)} if form == "tar" else set()
    most = 0
    for end in sorted(ends):
        path.write_bytes(whole[:end])
        with pytest.raises(InputError, match="data ends too early"):
            api.scrub_file(path, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        try:
            got, faults = read(path, Reading(salvage=True))
        except InputError:  # not one byte
            assert form in ("tar.bz2", "tar.zst", "tar.xz") and not most
            continue
        assert len(faults) == 1 and "ends too early (truncated) after" in faults[0]
        assert list(got) == list(expected)[: len(got)]
        assert all(expected[name].startswith(data) for name, data in got.items())
        assert sum(map(len, got.values())) >= most
        most = sum(map(len, got.values()))


def test_a_salvaged_archive_is_whole(tmp_path: Path) -> None:
    whole = tarred(entry("a.log", LINE * 500), entry("b.log", b"".join(b"%d %s" % (n, LINE) for n in range(900))))
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(whole)[:-900])
    done = run("scrub", "a.tar.gz", "--salvage", "-o", "out.tar.gz", "--summary", "s.json", cwd=tmp_path)
    assert done.returncode == 3 and b"a.tar.gz: the gzip data ends too early (truncated) after" in done.stderr
    assert done.stderr.count(b"too early") == 1
    assert json.loads((tmp_path / "s.json").read_text())["inputs"][0]["status"] == "salvaged"
    (_, _, a, *_), (_, _, b, *_) = content(gzip.decompress((tmp_path / "out.tar.gz").read_bytes()))
    assert a == CLEAN * 500 and b is not None and b.startswith(b"0 " + CLEAN + b"1 " + CLEAN)


@pytest.mark.parametrize("place", [0, 100, 124, 148, 156])
def test_a_damaged_header_is_an_error_not_the_end(tmp_path: Path, place: int) -> None:
    whole = bytearray(tarred(entry("a.log", LINE), entry("b.log", LINE), form=tarfile.USTAR_FORMAT))
    whole[1024 + place] ^= 0x01
    with pytest.raises(InputError, match="the tar data is corrupt; export or copy it again"):
        read(written(tmp_path, bytes(whole)))
    got, faults = read(written(tmp_path, bytes(whole)), Reading(salvage=True))
    assert list(got) == ["a.log"] and len(faults) == 1 and "corrupt after 1,536 decompressed bytes" in faults[0]


def test_what_follows_the_end_is_an_error_but_not_padding(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, SAMPLE + bytes(99_999)))[0]) == 5
    for more in (b"garbage", SAMPLE):
        with pytest.raises(InputError, match="there is other data after the end of the tar data"):
            read(written(tmp_path, SAMPLE + more))
        got, faults = read(written(tmp_path, SAMPLE + more), Reading(salvage=True))
        assert len(got) == 5 and len(faults) == 1


@given(data=st.data())
def test_a_damaged_archive_is_an_input_error_or_read_to_its_end(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(
        tarred(entry("a.log", LINE), entry("dir/" + "b" * 98, LINE), form=data.draw(st.sampled_from([*FORMATS.values()])))
    )
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(512, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = written(tmp_path_factory.getbasetemp(), bytes(whole))
    try:
        read(path)
    except InputError as error:
        assert "\n" not in str(error)


# --- memory, temporary files


def test_a_large_member_is_held_in_memory_only_in_part(tmp_path: Path, redactor: Redactor) -> None:
    size = 60 << 20
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.addfile(entry("zeros.log", b"")[0])
        info, _ = entry("big.log")
        info.size = size
        archive.addfile(info, Lines(size))
    tracemalloc.start()
    with open_stream(at(tmp_path / "a.tar.gz")) as stream, open_tar_sink(tmp_path / "out.tar.gz", "gzip") as sink:
        for name, pieces, member in stream.members():
            sink.begin(name, member)
            for piece in pieces:
                assert len(piece) <= PIECE
                sink.write(piece)
                assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == ["a.tar.gz"]
                assert sum(path.name.startswith(".") for path in tmp_path.iterdir()) == 1, "what waits has no name"
            sink.end()
        sink.commit()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 << 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "out.tar.gz"]
    with tarfile.open(tmp_path / "a.tar.gz") as one, tarfile.open(tmp_path / "out.tar.gz") as other:
        for name in ("zeros.log", "big.log"):
            left, right = one.extractfile(name), other.extractfile(name)
            assert left is not None and right is not None
            while piece := left.read(1 << 20):
                assert right.read(1 << 20) == piece
            assert not right.read(1)


class Lines(io.RawIOBase):
    """A file of so many bytes of lines."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._left)
        buffer[:count] = (b"a harmless line of text\n" * (count // 24 + 1))[:count]
        self._left -= count
        return count


def test_several_large_members_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "_HELD", 1000)
    parts = [(f"{n}.log", random.Random(n).randbytes(n * 700)) for n in (5, 1, 9, 0, 3)]
    with open_tar_sink(tmp_path / "out.tar", "none") as sink:
        for name, data in parts:
            sink.begin(name, MemberInfo(name, external_attr=0o100600 << 16, mtime="5"))
            for start in range(0, len(data), 300):
                sink.write(data[start : start + 300])
            sink.end()
        sink.commit()
    assert [(name, data) for name, _, data, _, _ in content((tmp_path / "out.tar").read_bytes())] == parts


def test_to_standard_output_a_member_has_a_bound_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "TAR_IN_MEMORY", 1000)
    (tmp_path / "stdout").touch()
    with (tmp_path / "stdout").open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        with open_tar_sink(None, "none") as sink:
            sink.begin("a.log", MemberInfo("a.log"))
            with pytest.raises(
                OutputError, match=r"^-: a member of a tar that does not go to a file may have at most .*; write to a"
            ):
                sink.write(bytes(2000))


@pytest.fixture
def archives(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "in").mkdir()
    for form, pack in PACK.items():
        (tmp_path / f"in/a.{form}").write_bytes(pack(SAMPLE))
    (tmp_path / "in/a.tgz").write_bytes(gzip.compress(SAMPLE))
    yield tmp_path


def test_the_command_line_scrubs_verifies_and_counts_archives(archives: Path) -> None:
    assert run("keys", "new", "k", cwd=archives).returncode == 0
    done = run("scrub", "in", "-o", "out", cwd=archives)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (archives / "out").iterdir()} == {path.name for path in (archives / "in").iterdir()}
    done = run("verify", "out", "--format", "json", cwd=archives)
    paths = [one["path"] for one in json.loads(done.stdout)["files"]]
    assert done.returncode == 0 and "out/a.tar.xz!logs/app.log" in paths
    assert run("verify", "in/a.tgz", cwd=archives).returncode == 1
    piped = run("scrub", stdin=(archives / "in/a.tar.gz").read_bytes(), cwd=archives)
    assert piped.returncode == 0 and gzip.decompress(piped.stdout) == (archives / "out/a.tar").read_bytes()
    done = run(
        "ingest", "in/a.tar.gz", "--store", "m", "--key-file", "k", "--summary", "s.json", "--logs-to", "logs", cwd=archives
    )
    assert done.returncode == 0, done.stderr
    (one,) = json.loads((archives / "s.json").read_text())["inputs"]
    assert one["read"] == 6 and one["new"] == 3
    assert gzip.decompress((archives / "logs/a.tar.gz").read_bytes()) == (archives / "out/a.tar").read_bytes()


def test_a_member_that_is_unsafe_is_said_without_customer_data(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tarred(entry("a.log", LINE), entry("../jane.doe@acme.example", LINE)))
    done = run("scrub", "a.tar", "-o", "out.tar", cwd=tmp_path)
    assert done.returncode == 3 and not (tmp_path / "out.tar").exists()
    assert (
        b"logscrub: a.tar: ../<EMAIL_ADDRESS>: its name leads out of the folder where it is unpacked; pack the tar" in done.stderr
    )
    done = run("watch", "a.tar", cwd=tmp_path)
    assert done.returncode == 3 and b"a.tar: is a tar archive, so it cannot be followed" in done.stderr


def test_zips_and_tars_of_the_same_members_are_scrubbed_alike(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(SAMPLE)
    data = {name + "/" * (kind == tarfile.DIRTYPE): text or b"" for name, kind, text, _, _ in content(SAMPLE)}
    (tmp_path / "a.zip").write_bytes(zipped(data))
    for name in ("a.tar", "a.zip"):
        api.scrub_file(tmp_path / name, tmp_path / f"out-{name}")
    with zipfile.ZipFile(tmp_path / "out-a.zip") as archive:
        scrubbed = {name.rstrip("/"): archive.read(name) for name in archive.namelist()}
    assert scrubbed == {name: text or b"" for name, _, text, _, _ in content((tmp_path / "out-a.tar").read_bytes())}
