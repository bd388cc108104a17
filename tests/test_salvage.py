"""`--salvage`: of compressed data that is cut off or damaged, what comes before the fault; `--decompress-memory`."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from test_cli_scrub import run, zipped

import logscrub
from logscrub.api import engines
from logscrub.errors import InputError, UsageError
from logscrub.sources.decompression import PIECE, Reading
from logscrub.sources.files import Input
from logscrub.sources.streams import open_stream

LINES = b"".join(b"2026-05-01T10:00:00Z INFO line %d wrote to jane.doe@acme.example\n" % n for n in range(9000))
SHORT = LINES[: len(LINES) // 2]
NOISE = random.Random(3).randbytes(300_000)
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bzip2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE, preset=0),
}
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "bzip2": bz2.decompress,
    "xz": lzma.decompress,
    "lzma": lzma.decompress,
}
KEPT_BACK = {"gzip": 1000, "zstd": 128 << 10, "bzip2": 100_000, "xz": 1000, "lzma": 1000}
"""Bytes before the end of the content that may be missing although all but the last bytes of the file are there."""

pytestmark = pytest.mark.usefixtures("fail_instead_of_hanging")


def salvaged(path: Path) -> tuple[bytes, list[str]]:
    with open_stream(Input(path, path.name, Path(path.name)), Reading(salvage=True)) as stream:
        pieces = list(stream.chunks())
        assert all(0 < len(piece) <= PIECE for piece in pieces)
        return b"".join(pieces), stream.faults


@pytest.mark.parametrize("data", [LINES, NOISE], ids=["lines", "noise"])
@pytest.mark.parametrize("form", PACKED)
def test_what_comes_before_a_cut_is_read_wherever_it_is(tmp_path: Path, form: str, data: bytes) -> None:
    whole = PACKED[form](data)
    path = tmp_path / "input"
    path.write_bytes(whole)
    assert salvaged(path) == (data, [])
    cuts = random.Random(form)
    most = 0
    for end in sorted({len(whole) - 1, *(cuts.randrange(20, len(whole)) for _ in range(8))}):
        path.write_bytes(whole[:end])
        try:
            got, faults = salvaged(path)
        except InputError:  # not one byte: there is nothing to salvage
            assert most == 0
            continue
        assert data.startswith(got) and most <= len(got)
        assert faults == [
            f"input: the {form} data ends too early (truncated) after {len(got):,} decompressed bytes; what came before was read"
        ]
        most = len(got)
    assert most >= len(data) - KEPT_BACK[form]


@pytest.mark.parametrize("form", ["gzip", "bzip2", "xz"])
def test_a_wrong_checksum_at_the_end_costs_no_content(tmp_path: Path, form: str) -> None:
    data = b"a short log of one line\n"
    whole = bytearray(PACKED[form](data))
    index_of_xz = 4 * (int.from_bytes(whole[-8:-4], "little") + 1)
    place = {"gzip": -8, "bzip2": -4, "xz": -12 - index_of_xz - 1}[form]
    whole[place] ^= 0xFF
    path = tmp_path / "input"
    path.write_bytes(whole)
    with pytest.raises(InputError), open_stream(Input(path, "input", path)) as stream:
        list(stream.chunks())
    got, faults = salvaged(path)
    assert got == data and len(faults) == 1 and "corrupt after 24 decompressed bytes" in faults[0]


def test_other_data_after_the_end_is_told_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "input"
    for form, pack in PACKED.items():
        path.write_bytes(pack(LINES) + b"more")
        got, faults = salvaged(path)
        assert got == LINES and f"other data after the end of the {form} data after" in faults[0]


def test_what_is_compressed_twice_stays_refused(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(gzip.compress(gzip.compress(LINES))[:900])
    with pytest.raises(InputError, match="compressed once more"):
        salvaged(path)


def broken_zip(text: bytes = SHORT, noise: int = 200_000) -> bytes:
    """Three members, the second of them damaged: so many random bytes in hexadecimal between two of the text."""
    whole = bytearray(zipped({"a.log": text, "jane.doe@acme.example.log": NOISE[:noise].hex().encode(), "c.log": text}))
    at = whole.index(b"jane.doe@acme.example.log") + noise // 2
    whole[at : at + 50] = bytes(50)
    return bytes(whole)


@pytest.mark.parametrize("engine", engines())
def test_the_output_is_whole_and_what_is_missing_is_told(tmp_path: Path, engine: str) -> None:
    """Plain Python does the forms in which a short text is more than one block."""
    forms, text, noise = (set(PACKED), SHORT, 200_000) if engine == "native" else ({"gzip"}, SHORT[:30_000], 10_000)
    (tmp_path / "logs").mkdir()
    for form in forms:
        whole = PACKED[form](text)
        (tmp_path / f"logs/{form}.log").write_bytes(whole[: len(whole) * 3 // 4] if form != "bzip2" else whole[:-3])
    (tmp_path / "logs/z.zip").write_bytes(broken_zip(text, noise))
    (tmp_path / "logs/fine.log").write_bytes(text)
    options = ["--engine", engine, "-o", "clean", "--summary", "s.json"]
    assert run("scrub", "logs", *options, cwd=tmp_path).returncode == 3
    assert [path.name for path in (tmp_path / "clean").iterdir()] == ["fine.log"]
    done = run("scrub", "logs", "--salvage", *options, cwd=tmp_path)
    assert done.returncode == 3
    said = done.stderr.decode()
    statuses = {one["name"]: one["status"] for one in json.loads((tmp_path / "s.json").read_text())["inputs"]}
    assert statuses == {"fine.log": "scrubbed", "z.zip": "salvaged", **{f"{form}.log": "salvaged" for form in forms}}
    clean = (tmp_path / "clean/fine.log").read_bytes()
    for form in forms:
        got = UNPACK[form]((tmp_path / f"clean/{form}.log").read_bytes())
        # the line at the cut is a part of one
        lines = got.split(b"\n")[:-1]
        assert len(lines) > text.count(b"\n") // 5 and clean.startswith(b"\n".join(lines)), form
        assert f"logscrub: logs/{form}.log: the {form} data ends too early (truncated) after " in said
    with zipfile.ZipFile(tmp_path / "clean/z.zip") as archive:
        assert archive.namelist() == ["a.log", "EMAIL_ADDRESS.log", "c.log"] and archive.testzip() is None
        assert archive.read("a.log") == archive.read("c.log") == clean
    assert "jane.doe" not in said and "z.zip: <EMAIL_ADDRESS>: the zip data is corrupt after " in said


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [False, True], ids=["sizes before", "sizes after"])
def test_a_zip_that_was_cut_off_gives_its_members_up_to_there(tmp_path: Path, streamed: bool, method: int) -> None:
    if streamed and method == zipfile.ZIP_STORED:
        pytest.skip("where such a member ends cannot be known")
    parts = {"a.log": LINES, "dir/b.log": NOISE, "empty.log": b"", "c.log": LINES}
    whole = Unseekable() if streamed else io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    packed = whole.getvalue()
    path = tmp_path / "input"
    cuts = random.Random(5)
    end = packed.index(b"PK\x01\x02")
    for cut in (end, end + 30, len(packed) - 1, *(cuts.randrange(40, end) for _ in range(12))):
        path.write_bytes(packed[:cut])
        with open_stream(Input(path, "input", path)) as stream, pytest.raises(InputError):
            list(stream.members())
        with open_stream(Input(path, "input", path), Reading(salvage=True)) as stream:
            got = {name: b"".join(pieces) for name, pieces, _ in stream.members()}
            assert len(stream.faults) == 1 and stream.faults[0].endswith("decompressed bytes; what came before was read")
        assert list(got) == list(parts)[: len(got)]
        assert all(parts[name].startswith(data) for name, data in got.items())
        assert all(got[name] == parts[name] for name in list(got)[:-1])
        if cut >= end:
            assert got == parts


def test_a_zip_of_which_nothing_is_left_stays_an_error(tmp_path: Path) -> None:
    path = tmp_path / "input"
    for whole in (zipped({"a.log": LINES})[:20], b"PK\x05\x06" + bytes(9)):
        path.write_bytes(whole)
        with open_stream(Input(path, "input", path), Reading(salvage=True)) as stream, pytest.raises(InputError):
            list(stream.members())


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("../x", LINES, "leads out of the folder"),
        ("a.gz", gzip.compress(LINES), "compressed once more"),
        ("[Content_Types].xml", b"<x/>", "an Office document"),
    ],
)
def test_what_is_refused_in_a_whole_zip_is_refused_in_one_that_was_cut_off(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    path = tmp_path / "input"
    path.write_bytes(zipped({name: data, "b.log": LINES})[:-30])
    with open_stream(Input(path, "input", path), Reading(salvage=True)) as stream, pytest.raises(InputError, match=says):
        for _, pieces, _ in stream.members():
            list(pieces)


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def test_verify_tells_the_fault_and_what_it_found_before(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(LINES)[:-5])
    (tmp_path / "z.zip").write_bytes(broken_zip())
    done = run("verify", "a.log.gz", "z.zip", "--salvage", "--format", "json", cwd=tmp_path)
    assert done.returncode in (1, 3)
    files = {one["path"]: one for one in json.loads(done.stdout)["files"]}
    assert "truncated) after" in files["a.log.gz"]["error"] and files["a.log.gz"]["findings"]
    assert list(files)[1:] == ["z.zip!a.log", "z.zip!EMAIL_ADDRESS.log", "z.zip!c.log"], "the members after it are read too"
    assert "corrupt after" in files["z.zip!EMAIL_ADDRESS.log"]["error"] and files["z.zip!c.log"]["findings"]


def test_ingest_counts_up_to_the_fault_and_writes_the_log(tmp_path: Path) -> None:
    run("keys", "new", "k", cwd=tmp_path)
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(LINES)[:-5])
    command = ["ingest", "a.log.gz", "--store", "m", "--key-file", "k", "--logs-to", "clean", "--summary", "s.json"]
    assert run(*command, cwd=tmp_path).returncode == 3
    assert not (tmp_path / "clean/a.log.gz").exists()
    done = run(*command, "--salvage", cwd=tmp_path)
    assert done.returncode == 3 and b"a.log.gz: the gzip data ends too early (truncated) after" in done.stderr
    assert len(gzip.decompress((tmp_path / "clean/a.log.gz").read_bytes()).splitlines()) == 9000
    (one,) = json.loads((tmp_path / "s.json").read_text())["inputs"]
    assert one["read"] == 9000 and "truncated" in one["error"]


@pytest.mark.parametrize("engine", engines())
def test_the_library_salvages_where_it_is_told_to(tmp_path: Path, engine: Any) -> None:
    source, target = tmp_path / "a.log.gz", tmp_path / "clean.log.gz"
    text = LINES if engine == "native" else LINES[: LINES.index(b"line 200 ")] + b"\n"
    source.write_bytes(gzip.compress(text)[:-5])
    with pytest.raises(InputError):
        logscrub.scrub_file(source, target, engine=engine)
    assert not target.exists()
    done = logscrub.scrub_file(source, target, engine=engine, salvage=True)
    assert len(gzip.decompress(target.read_bytes()).splitlines()) == done.records_read == text.count(b"\n")
    assert len(done.faults) == 1 and "the gzip data ends too early (truncated) after" in done.faults[0]
    (report,) = logscrub.verify_file(source, engine=engine, salvage=True)
    assert report.findings and "truncated) after" in report.error and not report.clean
    assert logscrub.scrub_file(target, tmp_path / "again.gz", engine=engine, salvage=True).faults == ()


def test_the_library_reads_long_windows_where_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "a.zst").write_bytes(with_long_window())
    with pytest.raises(InputError):
        logscrub.scrub_file(tmp_path / "a.zst", tmp_path / "clean.zst")
    assert logscrub.scrub_file(tmp_path / "a.zst", tmp_path / "clean.zst", decompress_memory=1 << 28).faults == ()
    assert logscrub.verify_file(tmp_path / "a.zst")[0].error
    assert not logscrub.verify_file(tmp_path / "a.zst", decompress_memory=1 << 28)[0].error
    for wrong in ({"decompress_memory": 0}, {"decompress_memory": "2GiB"}, {"decompress_memory": True}, {"salvage": 1}):
        with pytest.raises(UsageError, match=f"^{next(iter(wrong))}: must be"):
            logscrub.verify_file(tmp_path / "a.zst", **wrong)


def test_a_night_salvages_where_the_configuration_says_so(tmp_path: Path) -> None:
    run("keys", "new", "k", cwd=tmp_path)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports/a.log.gz").write_bytes(gzip.compress(LINES)[:-5])
    (tmp_path / "exports/b.zst").write_bytes(with_long_window())
    night = '[nightly]\ninputs = ["exports"]\nstore = "m"\nkey_file = "k"\nreport = "r"\n'
    config = tmp_path / "logscrub.toml"
    for more, says in (
        ('salvage = "yes"', b"nightly.salvage must be true or false"),
        ('decompress_memory = "1TB"', b'nightly.decompress_memory must be a size: "512MiB", "2GiB"'),
        ("decompress_memory = 5", b"nightly.decompress_memory must be a size"),
    ):
        config.write_text(f"{night}{more}\n")
        done = run("nightly", "--check", cwd=tmp_path)
        assert done.returncode == 2 and says in done.stderr
    config.write_text(f'{night}salvage = true\ndecompress_memory = "256MiB"\n')
    for new in (9000, 0):
        done = run("nightly", cwd=tmp_path)
        assert done.returncode == 3 and b"a.log.gz: the gzip data ends too early (truncated) after" in done.stderr
        # both files hold the same records
        assert f"2 files: {new:,} records new, {18_000 - new:,} known".encode() in done.stderr


def with_long_window() -> bytes:
    """Zstd data that needs 256 MiB."""
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=28, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(LINES) + packer.flush()


def test_a_long_window_is_read_where_the_option_allows_it(tmp_path: Path) -> None:
    (tmp_path / "a.zst").write_bytes(with_long_window())
    done = run("verify", "a.zst", cwd=tmp_path)
    assert done.returncode == 3 and b"allow more with --decompress-memory 256MiB" in done.stderr
    for size in ("256MiB", "1 GB", "300000000"):
        assert run("verify", "a.zst", "--decompress-memory", size, cwd=tmp_path).returncode == 1
    for size in ("", "0", "1TB"):
        done = run("scrub", "a.zst", "--decompress-memory", size, cwd=tmp_path)
        assert done.returncode == 2 and b"is no size; write it like 512MiB or 2GiB" in done.stderr
