"""Where raw bytes come from: which inputs, decompressed how, decoded how."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import itertools
import lzma
import os
import random
import re
import socket
import sqlite3
import stat
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from logscrub.errors import InputError, UsageError
from logscrub.sources import streams
from logscrub.sources.decompression import PIECE, Reading
from logscrub.sources.files import Input, expand, printable, unquoted
from logscrub.sources.streams import open_stream
from logscrub.sources.text import TextDecoder, guess_encoding

LINES = b"".join(b"2024-05-01T10:00:00Z INFO line %d of the log\n" % n for n in range(40_000))
NOISE = random.Random(1).randbytes(600_000)


pytestmark = pytest.mark.usefixtures("fail_instead_of_hanging")


def at(path: Path) -> Input:
    return Input(path, path.name, Path(path.name))


def read(path: Path) -> bytes:
    with open_stream(at(path)) as stream:
        return b"".join(stream.chunks())


def written(folder: Path, data: bytes) -> Path:
    path = folder / "input"
    path.write_bytes(data)
    return path


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 10, 0, 0)), data, method)
    return whole.getvalue()


def zip_content(path: Path) -> dict[str, bytes]:
    with open_stream(at(path)) as stream:
        return {name: b"".join(pieces) for name, pieces, _ in stream.members()}


# --- which inputs


def test_no_inputs_or_a_dash_mean_standard_input() -> None:
    stdin = [Input(None, "-", Path("stdin"))]
    assert expand([]) == stdin
    assert expand(["-"]) == stdin


def test_a_folder_means_all_files_below_it_sorted_hidden_ones_too(tmp_path: Path) -> None:
    for name in ("b.log", "a/z.log", "a/.hidden", "a/b/c.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [str(item.relative) for item in expand([str(tmp_path)])]
    assert found == ["a/.hidden", "a/b/c.log", "a/z.log", "b.log"]


def test_links_to_files_are_read_and_whatever_else_is_no_file_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.log").touch()
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "link.log").symlink_to(tmp_path / "real/a.log")
    (tmp_path / "broken.log").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe.log")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
    items = expand([str(tmp_path)])
    assert {str(item.relative): item.skipped.split(",")[0] for item in items} == {
        "broken.log": "is a link to nothing",
        "folder": "is a link to a folder",
        "link.log": "",
        "loop": "is a link that leads back to itself",
        "pipe.log": "is a named pipe",
        "real/a.log": "",
        "socket": "is a socket",
        "up": "is a link to a folder",
    }
    for item in items:
        if item.skipped:
            with pytest.raises(InputError, match=re.escape(f"{item.name}: {item.skipped}")):
                open_stream(item)


def test_a_folder_that_cannot_be_listed_or_entered_does_not_hide_the_rest(users_folder: Path) -> None:
    for name in ("fine/a.log", "locked/b.log", "closed/c.log"):
        (users_folder / name).parent.mkdir()
        (users_folder / name).touch()
    (users_folder / "locked").chmod(0)
    (users_folder / "closed").chmod(0o400)  # its names can be listed, no more
    items = expand([str(users_folder)])
    assert [str(item.relative) for item in items] == ["closed/c.log", "fine/a.log", "locked"]
    assert ["no permission" in item.skipped for item in items] == [True, False, True]
    with pytest.raises(InputError, match="locked: no permission to read it"):
        expand([str(users_folder / "locked")])


def test_what_is_skipped_does_not_clash(tmp_path: Path) -> None:
    for name in ("monday/app.log", "tuesday/b.log"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "tuesday/app.log")
    items = expand([str(tmp_path / "monday"), str(tmp_path / "tuesday")])
    assert [str(item.relative) for item in items if not item.skipped] == ["app.log", "b.log"]


def test_a_pattern_that_the_shell_left_stands_for_what_it_matches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("x/b.log", "x/a.log", "y/c.log", "x/[ab].log", "x/.hidden.log", "x/d.txt", "-"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert unquoted("x/*.log") == ["x/[ab].log", "x/a.log", "x/b.log"]
    assert unquoted(f"{tmp_path}/?/c.log") == [f"{tmp_path}/y/c.log"]
    assert unquoted("x/[ab].log") == ["x/[ab].log"], "what has that name comes first"
    assert unquoted("[-]") == ["./-"], "a file of that name is not standard input"
    assert unquoted("x/a.log") == ["x/a.log"] and unquoted("-") == ["-"] and unquoted("") == [""]
    assert [item.name for item in expand(["x/?.log", "y"])] == ["x/a.log", "x/b.log", "y/c.log"]


def test_what_a_pattern_matches_that_is_no_file_is_skipped_like_what_a_folder_holds(users_folder: Path) -> None:
    (users_folder / "a.log").touch()
    (users_folder / "b.log").symlink_to("nowhere")
    os.mkfifo(users_folder / "c.log")
    (users_folder / "d.log").mkdir()
    (users_folder / "d.log/e.log").touch()
    (users_folder / "f.log").mkdir(0)
    items = expand([f"{users_folder}/*.log"])
    assert [(str(item.relative), item.skipped.split(",")[0].split(";")[0]) for item in items] == [
        ("a.log", ""),
        ("b.log", "is a link to nothing"),
        ("c.log", "is a named pipe"),
        ("e.log", ""),
        ("f.log", "no permission to read it"),
    ]


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("*.ndjson", "no such file, and nothing matches it as a pattern"),
        ("a/**/*.log", r"\*\* is not expanded, give the folder"),
        ("nul\0*", "no such file"),
        ("ftp://example.com/app.log", r"is no address that is read, these are s3://, .*; download it and give the file"),
        ("file:///tmp/*.log", r"is no address that is read, .*; give the path alone"),
        ("file:///var/log/app.log", "give the path alone"),
    ],
)
def test_an_argument_that_is_no_path_is_reported_with_advice(argument: str, says: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(printable(argument))}: .*{says}"):
        expand([argument])


def test_a_socket_and_a_link_to_nothing_are_called_that(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("socket", "link"):
        with pytest.raises(InputError, match="is a socket" if name == "socket" else "is a link to nothing"):
            expand([str(tmp_path / name)])


def test_an_empty_folder_means_no_inputs_not_standard_input(tmp_path: Path) -> None:
    assert expand([str(tmp_path)]) == []


@pytest.mark.parametrize("name", ["missing.log", "", "nul\0.log"])
def test_a_missing_input_is_told_at_once(name: str) -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        expand([name])
    assert caught.value.exit_code == 3


def test_folders_that_would_clash_keep_their_own_names(tmp_path: Path) -> None:
    for name in ("monday/app.log", "tuesday/app.log"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    items = expand([str(tmp_path / "monday"), str(tmp_path / "tuesday")])
    assert [str(item.relative) for item in items] == ["monday/app.log", "tuesday/app.log"]


def test_folders_that_do_not_clash_are_mirrored_as_they_are(tmp_path: Path) -> None:
    for name in ("monday/a.log", "tuesday/b.log"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    items = expand([str(tmp_path / "monday"), str(tmp_path / "tuesday")])
    assert [str(item.relative) for item in items] == ["a.log", "b.log"]


def test_a_folder_given_as_a_dot_has_its_real_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("here/app.log", "there/app.log"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path / "here")
    assert [str(item.relative) for item in expand([".", "../there"])] == ["here/app.log", "there/app.log"]


def test_two_inputs_for_one_place_are_refused(tmp_path: Path) -> None:
    for name in ("x/app.log", "y/app.log"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match=r"would both be written to app\.log"):
        expand([str(tmp_path / "x/app.log"), str(tmp_path / "y/app.log")])
    with pytest.raises(UsageError):
        expand(["-", "-"])


def test_a_file_where_another_input_needs_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x/app").mkdir(parents=True)
    (tmp_path / "x/app/1.log").touch()
    (tmp_path / "app").touch()
    for order in (["x", "app"], ["app", "x"]):
        with pytest.raises(UsageError):
            expand([str(tmp_path / name) for name in order])


def test_a_fifo_is_an_input_like_any_other(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert expand([str(tmp_path / "pipe")])[0].relative == Path("pipe")


def test_names_in_messages_are_one_printable_line() -> None:
    assert printable("a\nb\x1b[31m\udcff.log") == r"a\nb\x1b[31m\udcff.log"


# --- opening and decompressing

Packing = Callable[[bytes], bytes]
FORMS: dict[str, Packing] = {
    "none": lambda data: data,
    "gzip": gzip.compress,
    "gzip of many members": lambda data: b"".join(gzip.compress(data[n : n + 9999]) for n in range(0, len(data) or 1, 9999)),
    "gzip of empty members": lambda data: gzip.compress(b"") * 3 + gzip.compress(data) + gzip.compress(b""),
    "gzip padded with NULs": lambda data: gzip.compress(data) + bytes(100_000),
    "gzip padded between members": lambda data: gzip.compress(data[:9]) + bytes(512) + gzip.compress(data[9:]),
    "zstd": zstandard.compress,
    "zstd with checksum": zstandard.ZstdCompressor(write_checksum=True).compress,
    "zstd without size": lambda data: zstandard.ZstdCompressor(write_content_size=False).compress(data),
    "zstd of many frames": lambda data: b"".join(zstandard.compress(data[n : n + 9999]) for n in range(0, len(data) or 1, 9999)),
    "zstd with a skippable frame": lambda data: b"\x5a\x2a\x4d\x18\x03\x00\x00\x00abc" + zstandard.compress(data),
    "bzip2": bz2.compress,
    "bzip2 of many streams": lambda data: b"".join(bz2.compress(data[n : n + 99999]) for n in range(0, len(data) or 1, 99999)),
    "bzip2 padded with NULs": lambda data: bz2.compress(data) + bytes(100_000),
    "xz": lambda data: lzma.compress(data, preset=0),
    "xz of many streams": lambda data: b"".join(
        lzma.compress(data[n : n + 99999], preset=0) for n in range(0, len(data) or 1, 99999)
    ),
    "xz padded between streams": lambda data: lzma.compress(data[:9], preset=0) + bytes(512) + lzma.compress(data[9:], preset=0),
    "xz without check": lambda data: lzma.compress(data, check=lzma.CHECK_NONE, preset=0),
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE, preset=0),
    "lzma of two streams": lambda data: b"".join(
        lzma.compress(part, lzma.FORMAT_ALONE, preset=0) for part in (data[:9], data[9:])
    ),
    "zstd in one segment": lambda data: zstandard.compress(data[:200]) + zstandard.compress(data[200:]),
}


@pytest.mark.parametrize("data", [b"", b"x", LINES, NOISE, bytes(3_000_000)], ids=["empty", "byte", "lines", "noise", "NULs"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_out_whole_in_bounded_pieces(tmp_path: Path, form: str, data: bytes) -> None:
    path = written(tmp_path, FORMS[form](data))
    with open_stream(at(path)) as stream:
        pieces = list(stream.chunks())
        assert stream.compression == form.split()[0]
        assert stream.bytes_read == stream.size == path.stat().st_size
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= PIECE for piece in pieces)


@pytest.mark.parametrize("form", ["gzip", "zstd", "bzip2", "xz", "lzma"])
def test_a_bomb_comes_out_in_bounded_pieces_too(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, FORMS[form](bytes(100_000_000)))
    with open_stream(at(path)) as stream:
        sizes = [len(piece) for piece in stream.chunks()]
    assert max(sizes) <= PIECE
    assert sum(sizes) == 100_000_000


MAGIC = {"gzip": b"\x1f\x8b\x08", "zstd": b"\x28\xb5\x2f\xfd", "bzip2": b"BZh", "xz": b"\xfd7zXZ", "lzma": b"]\0\0"}


@pytest.mark.parametrize(
    "form",
    [
        *("gzip", "zstd", "zstd with checksum", "zstd of many frames", "gzip of many members"),
        *("bzip2", "bzip2 of many streams", "xz", "xz of many streams", "lzma", "lzma of two streams"),
    ],
)
def test_a_truncated_input_is_an_error_that_names_it_wherever_it_was_cut(tmp_path: Path, form: str) -> None:
    # A cut between members or frames leaves a whole input, so the cuts are in the last one. The first must keep its signature.
    whole = FORMS[form](b"abc\n" * 60000)
    last = whole.rindex(MAGIC[form.split()[0]])
    cuts = random.Random(form)
    ends = {last + 14, last + 18, len(whole) - 1, *(cuts.randrange(last + 14, len(whole)) for _ in range(20))}
    ends |= {last + 1, last + 5} if last else set()
    for end in ends:
        path = written(tmp_path, whole[:end])
        with pytest.raises(InputError, match=r"^input: .*truncated.*export or copy it again"):
            read(path)


@pytest.mark.parametrize("form", MAGIC)
def test_data_after_the_end_is_an_error(tmp_path: Path, form: str) -> None:
    with pytest.raises(InputError, match="other data after the end"):
        read(written(tmp_path, FORMS[form](LINES) + b"garbage"))


@pytest.mark.parametrize("form", ["gzip", "zstd with checksum", "bzip2", "xz", "lzma"])
def test_corrupt_data_is_an_error_that_does_not_quote_it(tmp_path: Path, form: str) -> None:
    whole = bytearray(FORMS[form](LINES))
    place = slice(len(whole) // 2, len(whole) // 2 + 99) if form == "lzma" else slice(-6, None)
    whole[place] = bytes(byte ^ 0xFF for byte in whole[place])
    with pytest.raises(InputError, match=r"^input: the (gzip|zstd|bzip2|xz|lzma) data is corrupt") as caught:
        read(written(tmp_path, bytes(whole)))
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_zstd_window_beyond_the_memory_bound_is_an_error(tmp_path: Path) -> None:
    # A frame's header alone that asks for a window of 2 GiB.
    path = written(tmp_path, b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\x00\x00")
    with pytest.raises(InputError, match="window is above 128 MiB; allow more with --decompress-memory 2GiB"):
        read(path)
    with open_stream(at(path), Reading(memory=2 << 30)) as stream:
        assert list(stream.chunks()) == []
    path = written(tmp_path, b"\x28\xb5\x2f\xfd\x00" + bytes([22 << 3]) + b"\x01\x00\x00")
    with pytest.raises(InputError, match="window is above 2 GiB, which cannot be read"):
        read(path)


def test_a_long_window_is_read_where_it_is_allowed(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=28, write_content_size=False)
    whole = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path = written(tmp_path, whole.compress(LINES) + whole.flush())
    with pytest.raises(InputError, match="window is above 128 MiB; allow more with --decompress-memory 256MiB"):
        read(path)
    with open_stream(at(path), Reading(memory=256 << 20)) as stream:
        assert b"".join(stream.chunks()) == LINES


@pytest.mark.parametrize("form", [lzma.FORMAT_XZ, lzma.FORMAT_ALONE])
def test_a_large_xz_dictionary_is_read_where_it_is_allowed(tmp_path: Path, form: int) -> None:
    filters = [{"id": lzma.FILTER_LZMA2 if form == lzma.FORMAT_XZ else lzma.FILTER_LZMA1, "dict_size": 192 << 20, "preset": 0}]
    whole = bytearray(lzma.compress(b"a line\n" * 9, form, filters=filters))
    path = written(tmp_path, bytes(whole))
    with pytest.raises(InputError, match="dictionary needs more memory than is allowed; allow more with --decompress-memory"):
        read(path)
    with open_stream(at(path), Reading(memory=192 << 20)) as stream:
        assert b"".join(stream.chunks()) == b"a line\n" * 9


@pytest.mark.parametrize(
    "head",
    [b"7z\xbc\xaf\x27\x1c", b"\x04\x22\x4d\x18", b"LZIP\x01"],
    ids=["7-Zip", "lz4", "lzip"],
)
def test_other_compressions_are_refused_not_taken_for_text(tmp_path: Path, head: bytes) -> None:
    with pytest.raises(InputError, match="not supported; decompress it first"):
        read(written(tmp_path, head + NOISE))


@pytest.mark.parametrize(
    "whole",
    [
        gzip.compress(gzip.compress(b"x")),
        zstandard.compress(zipped(("a", b"x"))),
        gzip.compress(b"BZh91AY&SY"),
        bz2.compress(lzma.compress(b"x")),
        lzma.compress(lzma.compress(b"x" * 99, lzma.FORMAT_ALONE)),
    ],
    ids=["gzip in gzip", "zip in zstd", "bzip2 in gzip", "xz in bzip2", "lzma in xz"],
)
def test_what_is_compressed_twice_is_refused_not_passed_unread(tmp_path: Path, whole: bytes) -> None:
    with pytest.raises(InputError, match="compressed once more"):
        read(written(tmp_path, whole))


def table_of(form: str) -> bytes:
    whole = io.BytesIO()
    rows = pl.DataFrame({"mail": ["jane.doe@acme.example"] * 3})
    getattr(rows, f"write_{form}")(whole)
    return whole.getvalue()


def database() -> bytes:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table logs (line)")
        return connection.serialize()


FOREIGN: dict[str, tuple[Callable[[], bytes], str]] = {
    "RAR": (lambda: b"Rar!\x1a\x07\x01\0" + NOISE, "a RAR archive"),
    "cpio": (lambda: b"070701" + b"0000A1b2" * 13 + b"a.log\0" + NOISE, "a cpio archive, which is not read; unpack it"),
    "cpio, old": (lambda: b"070707" + b"017" * 23 + b"7a.log\0" + NOISE, "a cpio archive"),
    "Avro": (lambda: table_of("avro"), "an Avro file, which is not read; export it as JSON lines or CSV"),
    "ORC": (lambda: b"ORC\x0a\x06\x12\x04\x08\x01\x50\0" + NOISE, "an ORC table"),
    "SQLite": (database, "an SQLite database"),
    "PDF": (lambda: b"%PDF-1.7\n" + NOISE, "a PDF document, which is not read; save its text"),
    "Office, old": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + NOISE, "an old Office document"),
    "PNG": (lambda: b"\x89PNG\r\n\x1a\n" + NOISE, "a PNG picture, which is not read; leave it out"),
    "JPEG": (lambda: b"\xff\xd8\xff\xe0" + NOISE, "a JPEG picture"),
    "WebP": (lambda: b"RIFF\x01\x02\x03\x04WEBPVP8 " + NOISE, "a WebP picture"),
    "HEIC": (lambda: b"\0\0\0\x18ftypheic" + NOISE, "a HEIC picture"),
    "event log": (lambda: b"ElfFile\0" + NOISE, "a Windows event log"),
    "journal": (lambda: b"LPKSHHRH" + NOISE, "a systemd journal, which is not read; export it first: journalctl"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_archives_tables_and_documents_are_refused_by_name(tmp_path: Path, name: str) -> None:
    make, says = FOREIGN[name]
    whole = make()
    with pytest.raises(InputError, match=f"^input: is {says}"):
        read(written(tmp_path, whole))
    with pytest.raises(InputError, match=f"^input: holds {says}"):
        read(written(tmp_path, gzip.compress(whole)))
    with pytest.raises(InputError, match=f"^input: b: holds {says}"):
        zip_content(written(tmp_path, zipped(("a.log", LINES), ("b", whole))))
    out, into = os.pipe()
    feeder = threading.Thread(target=byte_by_byte, args=(into, whole[:2000]))
    feeder.start()
    with pytest.raises(InputError, match=f"is {says}"):
        open_stream(at(Path(f"/dev/fd/{out}")))
    os.close(out)
    feeder.join()


def byte_by_byte(into: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        for byte in data:
            os.write(into, bytes([byte]))
    os.close(into)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        (["[Content_Types].xml", "xl/workbook.xml"], "an Excel workbook"),
        (["[Content_Types].xml", "word/document.xml"], "a Word document"),
        (["_rels/.rels", "[Content_Types].xml", "ppt/presentation.xml"], "a PowerPoint presentation"),
        (["[Content_Types].xml", "visio/document.xml"], "an Office document"),
        (["mimetype", "content.xml"], "an OpenDocument or EPUB file"),
    ],
)
def test_office_documents_are_refused_though_they_are_zips(tmp_path: Path, members: list[str], says: str) -> None:
    with pytest.raises(InputError, match=f"^input: is {says}, which is not read"):
        zip_content(written(tmp_path, zipped(*((name, b"<x/>") for name in members))))


def test_text_that_merely_begins_like_a_compressed_file_is_text(tmp_path: Path) -> None:
    for head in (
        b"P", b"PK", b"PK\x03", b"(", b"(\xb5/", b"\x1f", b"BZh9 is a name", b"7z", b"\x50\x2a",
        b"PAR1 is up\n", b"PAR1\t\x1b[32mup\x1b[0m\n", b"ORC", b"ORCHESTRATOR started\n", b"FEA1", b"Rar!", b"RIFF", b"RIFF\x00",
        b"SQLite format 3", b"Obj", b"GIF8", b"%PDF", b"\0\0\0", bytes(600), b"app.log\0", b"app.log" + bytes(600), b"II*", b"MM",
        b"]", b"]\0\0", b"]\0\0\0" + bytes(30), "][ a list".encode("utf-32-le"), b"BZ", b"\xfd7zX",
    ):  # fmt: skip
        assert read(written(tmp_path, head)) == head
        assert read(written(tmp_path, gzip.compress(head))) == head


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "text.gz").write_bytes(LINES)
    assert read(tmp_path / "text.gz") == LINES


def test_what_cannot_be_opened_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        open_stream(at(tmp_path))
    with pytest.raises(InputError, match="no such file"):
        open_stream(at(tmp_path / "gone"))


def test_a_file_without_permission_is_an_input_error(users_folder: Path) -> None:
    path = written(users_folder, LINES)
    path.chmod(0)
    with pytest.raises(InputError, match="no permission to read it"):
        open_stream(at(path))


def test_a_failing_disk_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    with open_stream(at(written(tmp_path, LINES))) as stream:
        monkeypatch.setattr(streams, "read_some", fail)
        with pytest.raises(InputError, match="cannot be read: Input/output error"):
            list(stream.chunks())


# --- pipes


def deflating() -> tuple[Packing, Callable[[], bytes]]:
    packer = zlib.compressobj(wbits=31)
    return packer.compress, lambda: packer.flush(zlib.Z_SYNC_FLUSH)


def zstding() -> tuple[Packing, Callable[[], bytes]]:
    packer = zstandard.ZstdCompressor().compressobj()
    return packer.compress, lambda: packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


LIVE: dict[str, Callable[[], tuple[Packing, Callable[[], bytes]]]] = {
    "none": lambda: (lambda data: data, lambda: b""),
    "gzip": deflating,
    "zstd": zstding,
}


@pytest.mark.parametrize("form", LIVE)
def test_a_line_is_delivered_while_the_pipe_stays_open(form: str) -> None:
    compress, flush = LIVE[form]()
    out, into = os.pipe()
    with open_stream_after(out, into, compress(b"first\n") + flush()) as stream:
        chunks = stream.chunks()
        got = next(chunks)
        while not got.endswith(b"\n"):
            got += next(chunks)
        assert got == b"first\n"
        for line in (b"second\n", b"third\n"):
            os.write(into, compress(line) + flush())
            assert next(chunks) == line
    os.close(into)
    os.close(out)


def open_stream_after(out: int, into: int, data: bytes) -> streams.Stream:
    os.write(into, data)
    return open_stream(at(Path(f"/dev/fd/{out}")))


def last_write(into: int, data: bytes) -> None:
    os.write(into, data)
    os.close(into)


def test_a_first_read_of_one_byte_is_not_mistaken_for_the_whole() -> None:
    out, into = os.pipe()
    packed = gzip.compress(b"line\n")
    os.write(into, packed[:1])
    feeder = threading.Thread(target=last_write, args=(into, packed[1:]))
    feeder.start()
    with open_stream(at(Path(f"/dev/fd/{out}"))) as stream:
        assert (stream.compression, stream.size) == ("gzip", None)
        assert list(stream.chunks()) == [b"line\n"]
    feeder.join()
    os.close(out)


def test_a_byte_that_begins_no_compressed_file_is_delivered_alone() -> None:
    out, into = os.pipe()
    with open_stream_after(out, into, b"{") as stream:
        assert next(stream.chunks()) == b"{"
    os.close(into)
    os.close(out)


@pytest.mark.parametrize(
    "form",
    ["none", "gzip", "gzip of many members", "zstd", "zstd of many frames", "bzip2", "bzip2 of many streams", "xz", "lzma"],
)
def test_byte_by_byte_it_is_the_same(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(ByteByByte(FORMS[form](LINES[:30_000]))))
    with open_stream(Input(None, "-", Path("stdin"))) as stream:
        assert b"".join(stream.chunks()) == LINES[:30_000]


class ByteByByte(io.BytesIO):
    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(1)


def test_a_pipe_with_nothing_in_it_yet_is_not_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()
    os.set_blocking(out, False)
    with os.fdopen(out) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        feeder = threading.Timer(0.05, last_write, (into, b"late\n"))
        feeder.start()
        with open_stream(Input(None, "-", Path("stdin"))) as stream:
            assert list(stream.chunks()) == [b"late\n"]
        feeder.join()
        os.fstat(out)  # standard input stays open


def test_closed_standard_input_is_an_input_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        open_stream(Input(None, "-", Path("stdin")))


# --- zip


def test_a_zip_gives_its_members_with_their_dates(tmp_path: Path) -> None:
    path = written(tmp_path, zipped(("logs/", b""), ("logs/a.log", LINES), ("b.log", NOISE)))
    with open_stream(at(path)) as stream:
        assert stream.compression == "zip"
        seen = [(name, [*pieces], info) for name, pieces, info in stream.members()]
        assert stream.bytes_read == stream.size
    assert [(name, b"".join(pieces)) for name, pieces, _ in seen] == [("logs/", b""), ("logs/a.log", LINES), ("b.log", NOISE)]
    assert {info.date_time for _, _, info in seen} == {(2024, 5, 1, 10, 0, 0)}
    assert all(0 < len(piece) <= PIECE for _, pieces, _ in seen for piece in pieces)


def test_a_zip_from_a_pipe_is_read_from_memory() -> None:
    out, into = os.pipe()
    os.write(into, zipped(("a.log", LINES[:5000])))
    os.close(into)
    assert zip_content(Path(f"/dev/fd/{out}")) == {"a.log": LINES[:5000]}
    os.close(out)


def test_a_zip_from_a_pipe_beyond_the_bound_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ZIP_IN_MEMORY", 1000)
    out, into = os.pipe()
    os.write(into, zipped(("a.log", NOISE[:5000])))
    os.close(into)
    with pytest.raises(InputError, match="save it to a file"):
        zip_content(Path(f"/dev/fd/{out}"))
    os.close(out)


def unsafe(name: str = "a.log", mode: int = stat.S_IFREG | 0o644, system: int = 3) -> bytes:
    """A zip of two members, the second of them as it is asked for."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("fine.log", b"some text\n")
        info = zipfile.ZipInfo("x" * len(name), (2024, 5, 1, 10, 0, 0))
        info.external_attr, info.create_system = mode << 16, system
        archive.writestr(info, b"/etc/passwd")
    return whole.getvalue().replace(b"x" * len(name), name.encode())


@pytest.mark.parametrize(
    "name", ["../../x", "a/../../x", "/abs", "..\\..\\w", "\\\\server\\share\\w", "\\w", "C:\\w", "c:w", ".. /x", "a.log\0../x"]
)
def test_a_member_whose_name_leads_elsewhere_is_refused_before_any_is_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"^input: {re.escape(printable(name))}: its name (leads out|holds a NUL)"):
        zip_content(written(tmp_path, unsafe(name)))


@pytest.mark.parametrize("name", ["a..b/c.log", "logs\\app.log", "...", "12:30.log", "./a.log", "größe.log"])
def test_odd_names_of_members_that_lead_nowhere_else_are_fine(tmp_path: Path, name: str) -> None:
    assert name in zip_content(written(tmp_path, zipped((name, b"x"))))


@pytest.mark.parametrize("system", [0, 3])
@pytest.mark.parametrize(
    ("kind", "says"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "no regular file"), (stat.S_IFCHR, "no regular file")]
)
def test_a_member_that_is_no_file_is_refused_whatever_system_made_it(tmp_path: Path, kind: int, says: str, system: int) -> None:
    with pytest.raises(InputError, match=f"^input: link: is {says}"):
        zip_content(written(tmp_path, unsafe("link", kind | 0o777, system)))


def test_the_comments_of_a_zip_are_kept_apart_from_its_members(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        info = zipfile.ZipInfo("a.log")
        info.comment = b"of the member"
        archive.writestr(info, b"x")
        archive.comment = b"of the whole"
    with open_stream(at(written(tmp_path, whole.getvalue()))) as stream:
        assert [b"".join(pieces) for _, pieces, _ in stream.members()] == [b"x"]
        assert stream.comments == b"of the whole\nof the member"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_of_another_method_is_refused(tmp_path: Path, method: int) -> None:
    path = written(tmp_path, zipped(("a.log", LINES), method=method))
    with pytest.raises(InputError, match=r"input: a\.log: its compression method is not supported"):
        zip_content(path)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    whole = bytearray(zipped(("a.log", b"x")))
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="is encrypted"):
        zip_content(written(tmp_path, bytes(whole)))


def test_a_compressed_member_is_refused_not_passed_unread(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="compressed once more"):
        zip_content(written(tmp_path, zipped(("a.log.gz", gzip.compress(LINES)))))


@given(data=st.data())
def test_a_damaged_zip_is_an_input_error_or_still_whole(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(zipped(("a.log", b"some text\n" * 20), ("b.log", b"more\n")))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(4, len(whole)))
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(whole[:end])
    try:
        zip_content(path)
    except InputError as error:
        assert "\n" not in str(error)


# --- text

awkward = st.lists(
    st.sampled_from([b"\0", b"\n", b"a", b"\xff", b"\xfe", b"\xd8", b"\xdc", b"\xef", b"\xbb", b"\xbf", b"\xed", b"\xa0"])
)
texts = st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass"))
wide = st.builds(
    lambda bom, text, order, tail: ((bom + text).encode(order, "surrogatepass")) + tail,
    st.sampled_from(["", "\ufeff"]),
    st.text(st.characters() | st.sampled_from("ab \n\ud83d\ude00\ud800\udc00"), max_size=80),
    st.sampled_from(["utf-16-le", "utf-16-be"]),
    st.sampled_from([b"", b"\0", b"\xd8"]),
)
inputs = st.binary(max_size=100) | awkward.map(b"".join) | texts | wide


def decoded(pieces: list[bytes]) -> tuple[str, bytes, bytes]:
    """The text, the tail, and all bytes again, encoded piece by piece."""
    decoder = TextDecoder()
    parts = [decoder.feed(piece) for piece in pieces]
    rest, tail = decoder.finish()
    parts.append(rest)
    return "".join(parts), tail, b"".join(decoder.encode(part) for part in parts) + tail


@given(inputs, st.lists(st.integers(0, 200)))
@example(b"\nab\0\0", [2])
@example("😀😀".encode("utf-16"), [4])
def test_text_goes_back_to_the_same_bytes_and_does_not_depend_on_the_cuts(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in itertools.pairwise(places)]
    text, tail, again = decoded(pieces)
    assert again == data
    assert (text, tail) == decoded([data])[:2]
    assert (text, tail) == decoded([bytes([byte]) for byte in data])[:2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize(
    "text",
    ["INFO a line\n" * 9, "\nINFO after an empty line, ünïcödé\n", "Ошибка: не найдено user@example.com, строка 17\n", "x"],
)
def test_text_in_a_known_encoding_reads_as_text(encoding: str, text: str) -> None:
    got, tail, _ = decoded([text.encode(encoding)])
    assert (got.removeprefix("\ufeff"), tail) == (text, b"")


def test_a_byte_order_mark_stays_and_is_not_doubled() -> None:
    text, _, again = decoded([b"\xff\xfea\0", b"b\0"])
    assert (text, again) == ("\ufeffab", b"\xff\xfea\0b\0")


@pytest.mark.parametrize(
    "data", [b"\0" * 100, b"\0" * 30 + b"INFO after a hole in the file\n" * 3, b"one\0two\0 and so on, plain text\n" * 3]
)
def test_stray_nuls_do_not_make_it_utf_16(data: bytes) -> None:
    assert decoded([data])[0] == data.decode()


@pytest.mark.parametrize("line", [b"x\n", b"INFO started\n", "ünïcödé\n".encode(), b"\xef\xbb\xbfbom\n", b"\n\n", b"\xff\n"])
def test_a_live_line_is_not_held_back(line: bytes) -> None:
    assert TextDecoder().feed(line) == line.decode("utf-8", "surrogateescape")


def test_half_a_utf_16_unit_at_the_end_is_given_back() -> None:
    decoder = TextDecoder()
    assert decoder.feed("\ufeffab".encode("utf-16-le") + b"c") == "\ufeffab"
    assert decoder.finish() == ("", b"c")


def test_bytes_with_nuls_and_control_characters_are_no_utf16() -> None:
    assert guess_encoding(b"\x00\x00\x00\x01\x00\x01\x00N\x00ame=\x00\x01\x00A", final=True) == "utf-8"
    assert guess_encoding("\x1b[32mINFO\x1b[0m started\r\n".encode("utf-16-le"), final=True) == "utf-16-le"


def test_a_pipe_that_gave_much_is_given_a_moment_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what another program fills as fast as it can would be taken for a live log, and done line after line."""
    asked: list[float] = []

    def nothing_there(self: streams.Stream, seconds: float, otherwise: bool) -> bool:
        asked.append(seconds)
        return False

    monkeypatch.setattr(streams.Stream, "_there", nothing_there)
    for size in (20_000, 200):
        reads, writes = os.pipe()
        os.write(writes, b"x" * size)
        os.close(writes)
        with os.fdopen(reads, "rb", buffering=0) as pipe, streams.Stream("pipe", pipe, None, owned=False) as stream:
            assert len(next(stream.chunks())) == size
            assert not stream.has_more
    assert asked == [streams._MOMENT, 0]
