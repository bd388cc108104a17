"""Objects are read and written as files are: the same bytes, whole or not at all, whatever the store and the network do."""

from __future__ import annotations

import gzip
import http.server
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import KEY, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from object_stores import faulty, s3_server
from obstore.store import LocalStore, MemoryStore
from test_cli_scrub import CLEAN, LINE, lines, run

import logscrub
from logscrub import objects
from logscrub.cli import watch
from logscrub.cli.nightly import _ingest, nightly
from logscrub.cli.nightly_check import check
from logscrub.cli.scrub import scrub
from logscrub.cli.verify import verify
from logscrub.config import load_config
from logscrub.errors import InputError, OutputError, UsageError
from logscrub.objects import Address, ObjectError, ObjectFile, Stored, Upload, address_of
from logscrub.sinks import open_sink
from logscrub.sources.files import expand, stands_for_several, unquoted
from logscrub.sources.streams import open_stream

SAMPLES = ROOT / "sample_logs"
LOG = LINE + b"".join(b"INFO %06d kim%d@acme.example saved page %d\n" % (n, n, n * 7) for n in range(5_000))


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with s3_server("logs") as environment:
        yield environment


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What fails is tried again at once, and a store is looked at anew in each test."""
    monkeypatch.setattr(objects, "_FIRST_WAIT", 0.001)
    objects.forget()
    yield
    objects.forget()


@pytest.fixture
def here(server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The server for what runs in this process."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture(params=["memory", "local"])
def other(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Another make of store behind the address `s3://other`."""
    store = MemoryStore() if request.param == "memory" else LocalStore(tmp_path)
    monkeypatch.setattr(objects, "_store", lambda *_: store)
    return store


def put(name: str, data: bytes) -> None:
    upload = Upload(the(name))
    upload.write(data)
    upload.commit()


def the(name: str) -> Address:
    found = address_of(name)
    assert found is not None
    return found


def get(name: str) -> bytes | None:
    return objects.read_object(Path(name))


# -- addresses -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://logs/a/b.log", "s3://logs/a/b.log"),
        ("S3://logs/a?b#c.log", "s3://logs/a?b#c.log"),
        ("gs://logs", "gs://logs"),
        ("az://box/x", "az://box/x"),
        ("https://who:secret@host.example/a.log?X-Amz-Signature=EXAMPLE", "https://host.example/a.log"),
    ],
)
def test_an_address_is_told_from_a_path_and_shows_no_secret(text: str, shown: str) -> None:
    address = the(text)
    assert str(address) == shown and objects.shown(Path(text)) == shown
    assert "EXAMPLE" not in repr(address) and "EXAMPLE" not in str(address.path)
    if not address.is_web:
        assert address_of(address.path) == address == address_of(Path(text))


def test_a_path_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("a.log", "s3:/logs/a", "C:/logs", "file:///a", "ftp://host/a", "s3:", "-", "", "s3 ://x/y"):
        assert address_of(path) is None
    Path("s3:").mkdir()
    assert address_of("s3://logs/a") is None and address_of(Path("s3:/logs/a")) is None


@pytest.mark.parametrize(
    ("source", "output", "summary", "says"),
    [
        ("a.log", "https://host.example/b.log", None, "outputs go to files and to object stores, not to https"),
        ("a.log", "ftp://host.example/b.log", None, "outputs go to files, and to s3://, gs:// and az://"),
        ("a.log", "b.log", "s3://logs", "is a bucket; give the name of the object too"),
        ("http://host.example/a.log", None, None, "whoever is on the way could read it; give its address with https://"),
        ("s3:///a.log", None, None, "is no address; write s3://bucket/name"),
        ("s3://other/a.log", "s3://other/a.log", None, "is also an input, which writing would destroy"),
    ],
)
def test_what_cannot_be_read_or_written_is_told_before_anything_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, output: str | None, summary: str | None, says: str
) -> None:
    store = MemoryStore()
    store.put("a.log", LINE)
    monkeypatch.setattr(objects, "_store", lambda *_: store)
    monkeypatch.chdir(tmp_path)
    Path("a.log").write_bytes(LINE)
    with pytest.raises(UsageError, match=says):
        scrub([source], output, summary=Path(summary) if summary else None)
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"] and len(store.list().collect()) == 1


# -- reading ---------------------------------------------------------------------------------------------------------------


@given(
    data=st.binary(max_size=200),
    moves=st.lists(st.tuples(st.integers(0, 2), st.integers(-50, 220), st.integers(0, 90)), max_size=12),
)
@settings(max_examples=60)
def test_an_object_is_read_as_a_file_is(data: bytes, moves: list[tuple[int, int, int]]) -> None:
    store, block = MemoryStore(), objects.BLOCK
    store.put("a", data)
    before = objects._store
    try:
        objects._store, objects.BLOCK = (lambda *_: store), 32  # type: ignore[misc]
        with ObjectFile(Address("s3", "b", "a"), Stored("a", len(data), "")) as file:
            like = io.BytesIO(data)
            for whence, offset, count in moves:
                to = (0, like.tell(), len(data))[whence] + offset
                assert file.seek(offset, whence) == like.seek(max(0, to))
                assert file.read(count) == like.read(count)
    finally:
        objects._store, objects.BLOCK = before, block  # type: ignore[misc]


def test_an_object_is_read_once_with_as_few_requests_as_its_size_allows(
    here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "BLOCK", 1 << 16)
    put("s3://logs/big.log", LOG)
    with faulty(here, lambda *_: "") as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.environment["AWS_ENDPOINT_URL"])
        objects.forget()
        with open_stream(expand(["s3://logs/big.log"])[0]) as stream:
            assert stream.size == len(LOG) and b"".join(stream.chunks()) == LOG and stream.bytes_read == len(LOG)
    methods = [method for method, _, _ in proxy.requests]
    assert methods.count("HEAD") == 1 and methods.count("GET") == -(-len(LOG) // objects.BLOCK)
    assert proxy.sent <= 1.02 * len(LOG)


def test_all_that_a_folder_and_a_store_of_objects_hold_comes_out_the_same(
    here: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGSCRUB_KEY", KEY.decode())
    Path("in", "sub").mkdir(parents=True)
    for name in ("aws_load_balancer.log", "klog.log", "forge_logs_flat.log"):
        Path("in", name).write_bytes((SAMPLES / name).read_bytes())
    Path("in", "sub", "a.log.gz").write_bytes(gzip.compress(LINE))
    Path("in", "empty.log").write_bytes(b"")
    with zipfile.ZipFile("in/sub/b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.log", LINE * 9)
        archive.writestr("jane.doe@acme.example.log", LINE)
    assert scrub(["in"], "out", summary=Path("s.json")) == 0
    said = capsys.readouterr().err
    files = [path for path in Path("in").rglob("*") if path.is_file()]
    for path in files:
        put(f"s3://logs/{path}", path.read_bytes())
    objects.forget()
    assert scrub(["s3://logs/in"], "s3://logs/out", summary=Path("s3://logs/s.json")) == 0
    assert capsys.readouterr().err.partition(" in ")[0] == said.partition(" in ")[0]
    found = {stored.key: get(f"s3://logs/{stored.key}") for stored in objects.listing(the("s3://logs/out")).objects}
    assert found == {str(path): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()} and len(found) == len(
        files
    )
    assert json.loads(get("s3://logs/s.json") or b"")["inputs"] == json.loads(Path("s.json").read_bytes())["inputs"]
    assert verify(["s3://logs/out"], report_format="json") == 0
    assert "s3://logs/out/klog.log" in capsys.readouterr().out
    assert scrub(["s3://logs/in/sub/a.log.g*"], "one.gz") == 0 and gzip.decompress(Path("one.gz").read_bytes()) == CLEAN
    with pytest.raises(UsageError, match="need a folder to go to"):
        scrub(["s3://logs/in/*.log"])


def test_patterns_fit_what_they_fit_in_a_folder(other: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a.log", "b.log", ".hidden.log", "in/a.log", "in/b1.log", "in/b2.txt", "in/[x].log", "in/deep/a.log", "in2/a.log"]
    for name in names:
        other.put(f"t/{name}", b"x")
        path = tmp_path / "files" / "t" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.chdir(tmp_path / "files")
    for pattern in (
        "t/*.log",
        "t/*/a.log",
        "t/in/b?.*",
        "t/in/[ab]*",
        "t/in/[!a]*.log",
        "t/in/[[]x].log",
        "t/*/*/*",
        "t/in/[x].log",
    ):
        there = [stored.key for stored in objects.listing(the(f"s3://other/{pattern}")).objects]
        assert sorted(there) == [name for name in unquoted(pattern) if Path(name).is_file()], pattern
    with pytest.raises(InputError, match="nothing matches it as a pattern"):
        expand(["s3://other/t/*.zip"])
    with pytest.raises(InputError, match=r"\*\* is not expanded"):
        expand(["s3://other/t/**/a.txt"])


def test_an_address_stands_for_an_object_or_for_what_lies_below_it(other: Any) -> None:
    for name in ("logs/a.log", "logs/sub/a.log", "logs2/a.log", "logs/x"):
        other.put(name, LINE)
    assert [item.name for item in expand(["s3://other/logs/a.log"])] == ["s3://other/logs/a.log"]
    below = expand(["s3://other/logs"])
    assert [item.relative.as_posix() for item in below] == ["a.log", "sub/a.log", "x"] and below == expand(["s3://other/logs/"])
    assert [stands_for_several([f"s3://other/{name}"]) for name in ("logs/a.log", "logs", "logs/[a]*")] == [False, True, False]
    assert len(expand(["s3://other"])) == 4
    with pytest.raises(UsageError, match="would both be written to"):
        expand(["s3://other/logs/a.log", "s3://other/logs2/a.log"])
    with pytest.raises(InputError, match="s3://other/none: no such object, and nothing lies below it"):
        expand(["s3://other/none"])


# -- writing ---------------------------------------------------------------------------------------------------------------


@given(sizes=st.lists(st.integers(0, 70), max_size=8))
@settings(max_examples=40)
def test_what_is_written_in_pieces_is_the_whole(sizes: list[int]) -> None:
    store, part, before = MemoryStore(), objects.PART, objects._store
    try:
        objects._store, objects.PART = (lambda *_: store), 50  # type: ignore[misc]
        upload = Upload(Address("s3", "b", "a"))
        pieces = [bytes([65 + n]) * size for n, size in enumerate(sizes)]
        for piece in pieces:
            upload.write(piece)
            assert not store.list().collect()
        upload.commit()
        assert store.get("a").bytes() == b"".join(pieces)
    finally:
        objects._store, objects.PART = before, part  # type: ignore[misc]


def test_an_object_appears_whole_or_not_at_all(here: dict[str, str]) -> None:
    import boto3

    client = boto3.client("s3")
    put("s3://logs/o.log", b"before")
    large = b"x" * (objects.PART + 5)
    for data in (b"half", large):
        with open_sink(Path("s3://logs/o.log"), "none") as sink:
            sink.write(data)
            sink.flush()
        assert get("s3://logs/o.log") == b"before"
    with pytest.raises(ZeroDivisionError), open_sink(Path("s3://logs/o.log"), "gzip") as sink:
        sink.write(large)
        raise ZeroDivisionError
    assert get("s3://logs/o.log") == b"before"
    assert client.list_multipart_uploads(Bucket="logs").get("Uploads", []) == []
    with open_sink(Path("s3://logs/o.log"), "none") as sink:
        sink.write(large)
        sink.commit()
    assert get("s3://logs/o.log") == large and get("s3://logs/none") is None


def test_an_input_that_breaks_off_leaves_no_output(here: dict[str, str], tmp_path: Path) -> None:
    put("s3://logs/broken.log.gz", gzip.compress(LOG)[:-2000])
    with pytest.raises(InputError, match=r"^s3://logs/broken.log.gz: .*truncated|cut off|ended"):
        logscrub.scrub_file("s3://logs/broken.log.gz", "s3://logs/broken.out", key=KEY)
    assert get("s3://logs/broken.out") is None


# -- what stores and networks do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["500", "503", "cut", "gone", "slow"])
def test_what_fails_for_a_moment_is_tried_again(here: dict[str, str], monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(objects, "BLOCK", 1 << 16)
    put("s3://logs/big.log", LOG)
    # each second request fails, of reads and writes alike; an answer to a write that is cut is one that never came
    with faulty(here, lambda n, method, _: fault if n % 2 else "") as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.environment["AWS_ENDPOINT_URL"])
        objects.forget()
        done = logscrub.scrub_file("s3://logs/big.log", f"s3://logs/{fault}.log", key=KEY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", here["AWS_ENDPOINT_URL"])
    objects.forget()
    clean = logscrub.scrub(LOG, key=KEY)
    assert get(f"s3://logs/{fault}.log") == clean.output and done.records_written == clean.records_written
    assert len(proxy.requests) > 8 or fault == "slow"


@pytest.mark.parametrize(("fault", "says"), [("500", "try again later"), ("503", "overloaded, or down")])
def test_what_goes_on_failing_is_one_line_and_no_output(
    here: dict[str, str], monkeypatch: pytest.MonkeyPatch, fault: str, says: str
) -> None:
    put("s3://logs/one.log", LINE)
    monkeypatch.setattr(objects, "RETRYING", 0.2)
    with faulty(here, lambda n, method, _: fault if method in ("GET", "PUT") else "") as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.environment["AWS_ENDPOINT_URL"])
        objects.forget()
        with pytest.raises(InputError, match=rf"^s3://logs/one.log: [^\n]*{says}[^\n]*$"):
            logscrub.scrub_file("s3://logs/one.log", "s3://logs/none.log", key=KEY)
        sink = open_sink(Path("s3://logs/none.log"), "none")
        sink.write(LINE)
        with pytest.raises(OutputError, match=rf"^s3://logs/none.log: [^\n]*{says}[^\n]*$"):
            sink.commit()
    monkeypatch.setenv("AWS_ENDPOINT_URL", here["AWS_ENDPOINT_URL"])
    objects.forget()
    assert get("s3://logs/none.log") is None


def test_an_object_that_changes_while_it_is_read_is_an_error(here: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "BLOCK", 1000)
    put("s3://logs/moving.log", LOG[:5000])
    item = expand(["s3://logs/moving.log"])[0]
    put("s3://logs/moving.log", LOG[1000:6000])
    with pytest.raises(InputError, match="was changed while it was read; run it again"), open_stream(item) as stream:
        list(stream.chunks())


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (
            "<Code>SlowDown</Code> at https://x?X-Amz-Signature=EXAMPLE",
            "the object store is overloaded, or down; try again later",
        ),
        ("403 Forbidden: AccessDenied for EXAMPLE", "these credentials may not read there; allow it, or use others"),
        ("nobody knows EXAMPLE", "the object store does not read it (OSError); try again later"),
    ],
)
def test_an_error_holds_nothing_that_a_store_said(said: str, says: str) -> None:
    assert str(objects._error(OSError(said), "read")) == says


def test_credentials_come_from_the_usual_places(server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in server:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(f"[profile night]\nregion = us-east-1\nendpoint_url = {server['AWS_ENDPOINT_URL']}\n")
    (tmp_path / "credentials").write_text("[night]\naws_access_key_id = x\naws_secret_access_key = EXAMPLE\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "night")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    put("s3://logs/profile.log", LINE)
    assert get("s3://logs/profile.log") == LINE
    (tmp_path / "credentials").write_text("aws_secret_access_key = EXAMPLE\n")
    objects.forget()
    with pytest.raises(UsageError, match="is no file of credentials") as raised:
        get("s3://logs/profile.log")
    assert "EXAMPLE" not in str(raised.value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "y")
    assert objects._from_profile() == {}


# -- https -----------------------------------------------------------------------------------------------------------------


class Web(http.server.BaseHTTPRequestHandler):
    """One log behind a URL with a signature."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append((self.path, self.headers.get("Range")))
        if "sig=EXAMPLE%2Fx" not in self.path:
            self.send_error(403)
            return
        data, start = server.data, 0
        found = re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("Range") or "")
        if found is not None and server.ranges:
            start = int(found[1])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        if server.tag:
            self.send_header("ETag", server.tag)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        part = data[start:]
        self.wfile.write(part[: server.cut] if len(server.asked) == 1 and server.cut else part)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def web(data: bytes, *, cut: int = 0, tag: str = '"v1"', ranges: bool = True) -> Iterator[Any]:
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.data, server.cut, server.tag, server.ranges, server.asked = data, cut, tag, ranges, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}/a/app.log?sig=EXAMPLE%2Fx"
    finally:
        server.shutdown()
        server.server_close()


def test_a_url_is_read_with_one_request_and_its_query_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSCRUB_KEY", KEY.decode())
    out, summary = tmp_path / "out", tmp_path / "s.json"
    with web(gzip.compress(LOG)) as (server, url):
        assert scrub([url], str(out), summary=summary) == 0 and len(server.asked) == 1
        assert gzip.decompress(out.read_bytes()) == logscrub.scrub(LOG, key=KEY).output
        assert scrub([url.replace("%2Fx", "%2Fy")], str(tmp_path / "none")) == 3
        said = capsys.readouterr().err
    assert "these credentials may not read there" in said and not (tmp_path / "none").exists()
    assert "EXAMPLE" not in said + summary.read_text(encoding="utf-8")


def test_of_an_answer_that_is_cut_off_the_rest_is_asked_for(tmp_path: Path) -> None:
    with web(LOG, cut=100_000) as (server, url):
        logscrub.scrub_file(url, tmp_path / "out", key=KEY)
        assert len(server.asked) == 2 and server.asked[1][1] is not None
    assert (tmp_path / "out").read_bytes() == logscrub.scrub(LOG, key=KEY).output


@pytest.mark.parametrize("change", [{"tag": ""}, {"ranges": False}])
def test_where_the_rest_cannot_be_had_the_input_failed(tmp_path: Path, change: dict[str, Any]) -> None:
    with web(LOG, cut=100_000, **change) as (_, url), pytest.raises(InputError, match=r"try again later|changed"):
        logscrub.scrub_file(url, tmp_path / "out", key=KEY)
    assert not (tmp_path / "out").exists()


# -- nights ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The configuration of a night whose logs and reports are objects."""
    (tmp_path / "k").write_bytes(KEY)
    config = tmp_path / "logscrub.toml"
    config.write_text(
        '[nightly]\ninputs = ["s3://other/night/*.ndjson"]\nstore = "metrics"\nkey_file = "k"\nreport = "s3://other/reports"\n'
    )
    return config


@pytest.mark.parametrize("other", ["memory"], indirect=True)
def test_a_night_reads_objects_that_changed_and_keeps_its_state_beside_the_reports(
    other: Any, night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hour = (SAMPLES / "app_logs_records.ndjson").read_bytes()
    other.put("night/hour.ndjson", hour)
    loaded = load_config(night)
    assert loaded.nightly is not None
    for said in ("1 file: 175 records new", "no new logs", "1 file: 0 records new, 175 known"):
        objects.forget()
        checked = check(loaded, loaded.nightly)
        assert checked.problems == () and checked.key is not None
        assert _ingest(loaded, loaded.nightly, checked, checked.key) == 0
        assert said in capsys.readouterr().err
        assert [stored.key for stored in objects.listing(the("s3://other/reports")).objects] == ["reports/.nightly.json"]
        if said == "no new logs":
            other.put("night/more.ndjson", hour)


@pytest.mark.slow
def test_a_night_writes_its_reports_as_objects(other: Any, night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other.put("night/hour.ndjson", (SAMPLES / "app_logs_records.ndjson").read_bytes())
    assert nightly(night, check_only=True) == 0 and "nothing is wrong; 1 input, 1 file" in capsys.readouterr().err
    assert nightly(night) == 0 and "1 file: 175 records new" in capsys.readouterr().err
    names = [stored.key for stored in objects.listing(the("s3://other/reports")).objects]
    assert len(names) == 4 and verify([f"s3://other/{name}" for name in names if name.endswith((".html", ".json"))]) == 0


def test_watch_refuses_an_object() -> None:
    with pytest.raises(UsageError, match="an object does not grow"):
        watch._input_of("s3://logs/a.log")


@pytest.mark.slow
def test_a_thousand_objects_are_scrubbed_one_after_the_other(server: dict[str, str], here: dict[str, str]) -> None:
    for number in range(1001):
        put(f"s3://logs/many/{number:04}.log", b"%04d " % number + LINE)
    done = run("scrub", "s3://logs/many", "-o", "s3://logs/manyout", env=server)
    assert done.returncode == 0 and lines(done)[-1].startswith("logscrub: 1,001 records, 1,001 redactions")
    found = objects.listing(the("s3://logs/manyout")).objects
    assert [stored.key for stored in found] == [f"manyout/{number:04}.log" for number in range(1001)]
    assert get("s3://logs/manyout/0777.log") == b"0777 " + CLEAN


def test_errors_of_the_library_do_not_pass(other: Any) -> None:
    with pytest.raises(ObjectError, match="no such object"):
        ObjectFile(Address("s3", "other", "gone"), Stored("gone", 5, "")).read()
    with pytest.raises((ObjectError, OutputError)):
        put("s3://other/a/../b", b"x")
