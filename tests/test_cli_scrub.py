"""`logscrub scrub`, run as people run it; and the library, where a process would add nothing."""

from __future__ import annotations

import array
import fcntl
import gzip
import io
import json
import os
import random
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import IO, Any

import forked
import pytest
import zstandard

import logscrub
from logscrub.api import engines
from logscrub.cli import reference
from logscrub.cli.options import size

ROOT = Path(__file__).parents[1]
PROGRAM = [sys.executable, "-m", "logscrub"]
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("LOGSCRUB")} | {"PYTHONPATH": str(ROOT)}

LINE = b"INFO mail to jane.doe@acme.example failed\n"
CLEAN = b"INFO mail to <EMAIL_ADDRESS> failed\n"
ACCOUNT = b"557058:8ce114f4-d82c-45e2-b4fb-c6a0751d7d57"
KEY = "a key for tests, 32 characters .."


def run(
    *arguments: str | Path,
    stdin: bytes | None = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    quotes_names: bool = False,
    first: str = "",
    **more: Any,
) -> subprocess.CompletedProcess[bytes]:
    """The program's end. Whatever it does, it shows no traceback, and no value on standard error; of names only if told so."""
    words, environment = list(map(str, arguments)), {**ENVIRONMENT, **(env or {})}
    done: subprocess.CompletedProcess[bytes]
    if not more and forked.can_call(env or {}):
        done = forked.call(words, stdin=stdin, cwd=cwd, env=environment, first=first)
    else:
        assert not first
        given: dict[str, Any] = {"capture_output": True} if stdin is None else {"capture_output": True, "input": stdin}
        done = subprocess.run(
            [*PROGRAM, *words], cwd=cwd, env=environment, timeout=300, check=False, text=False, **(given | more)
        )
    said = done.stderr or b""
    assert b"Traceback" not in said and (quotes_names or b"jane.doe" not in said) and ACCOUNT not in said, said
    assert all(line.startswith(b"logscrub: ") for line in said.splitlines()), said
    return done


def lines(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return done.stderr.decode().splitlines()


# -- starting -----------------------------------------------------------------------------------------------------------


def test_version_and_help_import_nothing_heavy() -> None:
    heavy = ["presidio_analyzer", "spacy", "numpy", "phonenumbers", "stdnum", "orjson", "rich"]
    code = (
        "import sys\nfrom logscrub.cli import main\n"
        f"try: main()\nfinally: print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    for option in ("--version", "--help"):
        done = subprocess.run([sys.executable, "-c", code, option], capture_output=True, env=ENVIRONMENT, check=True)
        assert done.stderr.decode().strip() == "[]"
        assert logscrub.__version__.encode() in done.stdout or b"Usage:" in done.stdout


WITHOUT_CORE = "import sys; sys.modules['logscrub._core'] = None; from logscrub.cli import main; main()"


def run_without_core(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The program's end where the compiled core is not installed."""
    command = [sys.executable, "-c", WITHOUT_CORE, *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, env=ENVIRONMENT, check=False)


@pytest.mark.parametrize("words", ["--version", "scrub", "verify --format json", "scrub no.log", "scrub --policy none"])
def test_a_call_that_was_forked_ends_as_a_program_that_was_started(words: str, tmp_path: Path) -> None:
    """So that the tests may fork. What a call leaves to its environment, folder and standard input is there too."""
    (tmp_path / "logscrub.toml").write_text('[[allow]]\ntext = "joe@acme.example"\nwhy = "our own"\n')
    where: dict[str, Any] = {"cwd": tmp_path, "env": ENVIRONMENT | {"LOGSCRUB_KEY": KEY}}
    stdin = LINE + b"joe@acme.example accountId=" + ACCOUNT + b"\n"
    started = subprocess.run([*PROGRAM, *words.split()], input=stdin, capture_output=True, check=False, **where)
    forked_one = forked.call(words.split(), stdin=stdin, **where)

    def without_time(text: bytes) -> bytes:
        return re.sub(rb"in [\d.]+ s|20\d\d-\d\d-\d\dT[\d:]+Z", b"", text)

    assert forked_one.returncode == started.returncode
    assert without_time(forked_one.stdout) == without_time(started.stdout)
    assert without_time(forked_one.stderr) == without_time(started.stderr)


def test_a_call_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(subprocess.TimeoutExpired):
        forked.call(["scrub", "pipe"], stdin=b"", cwd=tmp_path, env=ENVIRONMENT, timeout=0.1)


def test_the_version_says_which_engine_there_is() -> None:
    version = f"logscrub {logscrub.__version__} ".encode()
    core = b"(compiled core)" if "native" in engines() else b"(plain Python: the compiled core is not installed)"
    assert run("--version").stdout == version + core + b"\n"
    assert run_without_core("--version").stdout == version + b"(plain Python: the compiled core is not installed)\n"


@pytest.mark.parametrize("command", ["scrub", "verify", "ingest"])
def test_the_native_engine_is_refused_with_one_line_where_there_is_no_core(tmp_path: Path, command: str) -> None:
    key = tmp_path / "logscrub.key"
    key.write_text(KEY)
    more: list[str | Path] = ["--store", tmp_path / "store", "--key-file", key] if command == "ingest" else []
    done = run_without_core(command, "--engine", "native", *more, stdin=LINE)
    assert (done.returncode, done.stdout) == (2, b"")
    assert lines(done) == [
        "logscrub: engine 'native': the compiled core is not installed here; install it (see README), or use plain"
    ]


def test_all_engines_give_the_same_and_without_the_core_the_default_is_plain(tmp_path: Path) -> None:
    key = tmp_path / "logscrub.key"
    key.write_text(KEY)
    log = LINE * 3 + b"accountId=" + ACCOUNT + b"\n"
    plain = run("scrub", "--key-file", key, "--engine", "plain", stdin=log)
    assert plain.returncode == 0 and plain.stdout.startswith(CLEAN * 3 + b"accountId=<ACCOUNT_ID:")
    default = [run("scrub", "--key-file", key, stdin=log), run_without_core("scrub", "--key-file", key, stdin=log)]
    named = [run("scrub", "--key-file", key, "--engine", engine, stdin=log) for engine in engines()]
    assert [(done.returncode, done.stdout) for done in default + named] == [(0, plain.stdout)] * (2 + len(engines()))


@pytest.mark.parametrize("engine", ["fast", "", "Plain"])
def test_there_is_no_other_engine(engine: str) -> None:
    done = run("scrub", "--engine", engine, stdin=LINE)
    assert (done.returncode, done.stdout) == (2, b"") and len(lines(done)) == 1
    assert "--engine" in lines(done)[0]


def test_importing_the_library_imports_nothing_heavy_and_keeps_verify_a_function() -> None:
    code = (
        "import sys, logscrub\nassert not {'orjson', 'logscrub.api'} & set(sys.modules)\n"
        "import logscrub.verification.sarif\nassert logscrub.verify('x').clean"
    )
    subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True)


def test_the_reference_is_current() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.reference(), "run: make docs"


def test_the_input_formats_are_those_of_the_library() -> None:
    from typing import get_args

    from logscrub.cli.options import InputFormat
    from logscrub.formats import INPUT_FORMATS

    assert get_args(InputFormat) == INPUT_FORMATS


def test_bytes_are_told_in_the_unit_that_fits() -> None:
    assert [size(n) for n in (0, 999, 1000, 999_949, 999_950, 1_200_000, 5_000_000_000_000)] == [
        "0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "1.2 MB", "5000.0 GB",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scrub", "--foo"], "--foo"),
        (["scrub", "--input-format", "xml"], "forge-cli"),
        (["scub"], "scrub"),
        (["scrub", "a", "b"], "-o"),
        (["scrub", "."], "-o"),
        (["scrub", "a", "b", "-o", "file"], "file"),
        (["scrub", "--policy", "nope"], "nope"),
        (["scrub", "--key-file", "short"], "16 bytes"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "file").write_bytes(LINE)
    (tmp_path / "short").write_bytes(b"sesame")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == b""
    assert len(lines(done)) == 1 and says in lines(done)[0] and "sesame" not in lines(done)[0]


# -- one input ----------------------------------------------------------------------------------------------------------


def test_standard_input_goes_to_standard_output_with_one_line_of_summary() -> None:
    done = run("scrub", stdin=LINE * 3)
    assert (done.returncode, done.stdout) == (0, CLEAN * 3)
    assert len(lines(done)) == 1
    assert re.fullmatch(r"logscrub: 3 records, 3 redactions, 0 withheld, 126 B in \d+\.\d s", lines(done)[0])


def test_a_dash_is_standard_input_and_an_empty_input_gives_an_empty_output() -> None:
    done = run("scrub", "-", "-o", "-")
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_file_goes_to_standard_output_or_a_file_or_into_a_folder(tmp_path: Path) -> None:
    source = tmp_path / "app.log"
    source.write_bytes(LINE)
    (tmp_path / "folder").mkdir()
    assert run("scrub", source).stdout == CLEAN
    done = run("scrub", source, "-o", tmp_path / "new/clean.log")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "new/clean.log").read_bytes() == CLEAN
    assert run("scrub", source, "-o", tmp_path / "folder").returncode == 0
    assert (tmp_path / "folder/app.log").read_bytes() == CLEAN
    assert source.read_bytes() == LINE


def test_each_line_comes_out_within_a_second_of_its_arrival() -> None:
    with subprocess.Popen([*PROGRAM, "scrub"], stdin=-1, stdout=-1, stderr=-1, env=ENVIRONMENT) as program:
        assert program.stdin and program.stdout and program.stderr
        for n in range(3):
            program.stdin.write(LINE)
            program.stdin.flush()
            assert select.select([program.stdout], [], [], 30 if n == 0 else 1.0)[0], "nothing came"
            assert os.read(program.stdout.fileno(), 1000) == CLEAN
        program.stdin.close()
        assert program.wait(30) == 0


def test_an_output_that_is_an_input_is_refused(tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LINE)
    (tmp_path / "link").symlink_to("b.log")
    for arguments in (
        ["a.log", "-o", "a.log"],
        [".", "-o", "."],
        ["a.log", "-o", "b.log", "--summary", "a.log"],
        ["a.log", "-o", "c.log", "--summary", "c.log"],
        ["a.log", "b.log", "-o", "new", "--summary", "link"],
    ):
        done = run("scrub", *arguments, cwd=tmp_path)
        assert done.returncode == 2 and len(lines(done)) == 1, arguments
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.log", "b.log", "link"]
    assert (tmp_path / "a.log").read_bytes() == LINE == (tmp_path / "b.log").read_bytes()


def test_the_summary_can_go_to_standard_output_where_the_log_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LINE)
    done = run("scrub", "a.log", "-o", "clean.log", "--summary", "-", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["redactions"] == {"EMAIL_ADDRESS": 1}
    for output in ([], ["-o", "-"]):
        done = run("scrub", "a.log", *output, "--summary", "-", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"") and "goes to standard output" in lines(done)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "clean.log"]


def test_a_missing_input_is_one_line_and_exit_code_3(tmp_path: Path) -> None:
    done = run("scrub", "missing.log", "-o", "out", cwd=tmp_path)
    assert (done.returncode, lines(done)) == (3, ["logscrub: missing.log: no such file"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_one_line_and_exit_code_3(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LINE)
    (tmp_path / "a.log").chmod(0)
    done = run("scrub", "a.log", "-o", "out", cwd=tmp_path)
    assert done.returncode == 3 and len(lines(done)) == 1 and "permission" in lines(done)[0]


# -- compression --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["scrub", "verify"])
def test_an_empty_name_of_an_input_is_named_and_is_not_the_current_folder(tmp_path: Path, command: str) -> None:
    (tmp_path / "app.log").write_bytes(LINE)
    done = run(command, "", cwd=tmp_path)
    assert done.returncode == 3 and lines(done) == ["logscrub: '': no such file; an input's name is empty"]
    assert command == "scrub" or done.stdout.startswith(b"'': no such file")


def zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_output_is_compressed_as_its_input_was(tmp_path: Path) -> None:
    assert gzip.decompress(run("scrub", stdin=gzip.compress(LINE)).stdout) == CLEAN
    (tmp_path / "a.zst").write_bytes(zstandard.compress(LINE))
    logscrub.scrub_file(tmp_path / "a.zst", tmp_path / "b")
    assert zstandard.ZstdDecompressor().decompressobj().decompress((tmp_path / "b").read_bytes()) == CLEAN


def test_a_zip_keeps_its_members_and_their_names_lose_customer_data() -> None:
    members = {"logs/app.log": LINE, "jane.doe@acme.example.log": LINE, "bob@acme.example.log": b"ok\n", "empty/": b""}
    done = run("scrub", stdin=zipped(members))
    assert done.returncode == 0
    with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
        assert {n: archive.read(n) for n in archive.namelist()} == {
            "logs/app.log": CLEAN, "EMAIL_ADDRESS.log": CLEAN, "EMAIL_ADDRESS-2.log": b"ok\n", "empty/": b"",
        }  # fmt: skip


def test_a_stream_that_breaks_off_has_given_what_was_clean(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(1 << 18).hex().encode() + b"\n" + LINE * 1000, 1)
    done = run("scrub", "-", "--summary", tmp_path / "s.json", stdin=gzip.compress(LINE * 5) + whole[: len(whole) // 2])
    assert done.returncode == 3
    assert "truncated" in lines(done)[0] and "1 of 1 input failed" in lines(done)[1]
    got = subprocess.run(["gzip", "-dc"], input=done.stdout, capture_output=True, check=False).stdout
    assert got.startswith(CLEAN * 5)
    summary = json.loads((tmp_path / "s.json").read_text())
    assert summary["inputs"][0]["status"] == "failed"
    assert summary["records"]["read"] == summary["records"]["written"] >= 5


# -- several inputs -----------------------------------------------------------------------------------------------------


def test_an_output_that_ends_with_a_slash_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("INFO mail jane@acme.example\n")
    assert run("scrub", "a.log", "-o", "clean/", cwd=tmp_path).returncode == 0
    assert (tmp_path / "clean" / "a.log").read_text() == "INFO mail <EMAIL_ADDRESS>\n"
    done = run("scrub", "a.log", "-o", "a.log/", cwd=tmp_path)
    assert done.returncode == 2 and b"a.log: is a file, but" in done.stderr


def test_an_output_without_a_name_is_refused(tmp_path: Path) -> None:
    """`-o "$OUT"`, where OUT is not set, would be the current folder."""
    (tmp_path / "a.log").write_text("INFO\n")
    (tmp_path / "here").mkdir()
    done = run("scrub", "../a.log", "-o", "", cwd=tmp_path / "here")
    assert done.returncode == 2 and b"--output: is empty" in done.stderr


def test_a_folder_is_mirrored_and_one_broken_input_does_not_stop_the_others(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    (logs / "deep").mkdir(parents=True)
    (logs / "a.log").write_bytes(LINE)
    (logs / "broken.gz").write_bytes(gzip.compress(LINE * 99)[:-9])
    (logs / "deep/b.ndjson.gz").write_bytes(gzip.compress(b'{"email":"jane.doe@acme.example"}\n'))
    (logs / "deep/jane.doe@acme.example.log").write_bytes(LINE)
    (logs / "deep/bob@acme.example.log").write_bytes(LINE)
    broken_zip = zipped({"jane.doe@acme.example.txt": LINE})
    (logs / "z.zip").write_bytes(broken_zip.replace(broken_zip[60:64], b"\0\0\0\0"))
    done = run("scrub", "logs", "missing.log", "-o", "clean", "--summary", "s.json", cwd=tmp_path)
    assert done.returncode == 3
    written = {p.relative_to(tmp_path / "clean").as_posix() for p in (tmp_path / "clean").rglob("*") if p.is_file()}
    assert written == {"a.log", "deep/b.ndjson.gz", "deep/EMAIL_ADDRESS.log", "deep/EMAIL_ADDRESS-2.log"}
    assert gzip.decompress((tmp_path / "clean/deep/b.ndjson.gz").read_bytes()) == b'{"email":"<EMAIL_ADDRESS>"}\n'
    said = lines(done)
    assert len(said) == 4
    assert said[0] == "logscrub: missing.log: no such file"
    assert said[1].startswith("logscrub: logs/broken.gz: ") and said[2].startswith("logscrub: logs/z.zip: ")
    assert said[3].endswith("; 3 of 7 inputs failed")
    text = (tmp_path / "s.json").read_text()
    assert "jane" not in text and "bob" not in text
    summary = json.loads(text)
    assert [(i["name"], i["status"]) for i in summary["inputs"]] == [
        ("missing.log", "failed"),
        ("a.log", "scrubbed"),
        ("broken.gz", "failed"),
        ("deep/b.ndjson.gz", "scrubbed"),
        ("deep/EMAIL_ADDRESS.log", "scrubbed"),
        ("deep/EMAIL_ADDRESS-2.log", "scrubbed"),
        ("z.zip", "failed"),
    ]
    assert summary["records"] == {"read": 4, "written": 4, "withheld": 0, "parts_withheld": 0, "unparsed": 0}
    assert summary["redactions"] == {"EMAIL_ADDRESS": 4}
    assert summary["formats"] == {"ndjson": 1, "text": 3}
    assert set(summary) == {
        "version", "time", "python", "engine", "rules", "key_id", "records", "bytes", "redactions", "formats", "inputs",
    }  # fmt: skip
    assert summary["rules"]["policy"]["name"] == "atlassian" and summary["bytes"]["read"] == 3 * len(LINE) + 34


def test_what_a_folder_holds_that_is_no_file_is_named_and_gives_exit_code_3(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_bytes(LINE)
    (tmp_path / "more").mkdir()
    (tmp_path / "more/b.log").write_bytes(LINE)
    (logs / "more").symlink_to("../more")
    (logs / "jane.doe@acme.example.log").symlink_to("nowhere")
    os.mkfifo(logs / "pipe.log")
    done = run("scrub", "logs", "-o", "clean", "--summary", "s.json", cwd=tmp_path, quotes_names=True)
    assert done.returncode == 3
    assert [p.name for p in (tmp_path / "clean").iterdir()] == ["a.log"]
    assert lines(done)[:3] == [
        "logscrub: logs/jane.doe@acme.example.log: is a link to nothing",
        "logscrub: logs/more: is a link to a folder, which is not followed; give that folder as an input of its own",
        "logscrub: logs/pipe.log: is a named pipe, which is read only if it is given as an input of its own",
    ]
    assert lines(done)[3].endswith("; 3 skipped") and len(lines(done)) == 4
    summary = json.loads((tmp_path / "s.json").read_text())
    assert {(i["name"], i["status"]) for i in summary["inputs"]} == {
        ("a.log", "scrubbed"), ("EMAIL_ADDRESS.log", "skipped"), ("more", "skipped"), ("pipe.log", "skipped"),
    }  # fmt: skip


def test_a_pattern_that_the_shell_left_is_expanded(tmp_path: Path) -> None:
    for name in ("a.log", "b.log", "c.txt"):
        (tmp_path / name).write_bytes(LINE)
    assert run("scrub", "*.log", cwd=tmp_path).returncode == 2, "several inputs need a folder"
    assert run("scrub", "*.log", "-o", "clean", cwd=tmp_path).returncode == 0
    assert sorted(p.name for p in (tmp_path / "clean").iterdir()) == ["a.log", "b.log"]
    assert run("scrub", "*.txt", cwd=tmp_path).stdout == CLEAN, "one input is one input"


@pytest.mark.parametrize("link", ["a.log", "sub"])
def test_a_link_in_the_output_folder_is_refused_before_anything_is_written(tmp_path: Path, link: str) -> None:
    for name in ("logs/a.log", "logs/sub/b.log", "victim", "outside/kept"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE)
    (tmp_path / "clean").mkdir()
    (tmp_path / "clean" / link).symlink_to("../victim" if link == "a.log" else "../outside")
    done = run("scrub", "logs", "-o", "clean", "--summary", "s.json", cwd=tmp_path)
    assert (done.returncode, len(lines(done))) == (3, 1)
    assert lines(done)[0].startswith(f"logscrub: clean/{link}: is a link, and what goes to clean must not leave it; remove")
    assert (tmp_path / "victim").read_bytes() == LINE
    assert [p.name for p in (tmp_path / "clean").iterdir()] == [link] and not (tmp_path / "s.json").exists()
    assert [p.name for p in (tmp_path / "outside").iterdir()] == ["kept"]


def test_an_output_that_is_named_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LINE)
    (tmp_path / "real").mkdir()
    for link, target in (("out.log", "real/out.log"), ("s.json", "real/s.json"), ("clean", "real")):
        (tmp_path / link).symlink_to(target)
    assert run("scrub", "a.log", "-o", "out.log", "--summary", "s.json", cwd=tmp_path).returncode == 0
    assert run("scrub", "a.log", "-o", "clean", cwd=tmp_path).returncode == 0
    assert sorted(p.name for p in (tmp_path / "real").iterdir()) == ["a.log", "out.log", "s.json"]
    assert all((tmp_path / link).is_symlink() for link in ("out.log", "s.json", "clean"))


def test_a_run_removes_what_a_killed_one_left_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    with subprocess.Popen(
        [*PROGRAM, "scrub", "-o", "clean/out.log"], stdin=-1, stdout=-1, stderr=-1, env=ENVIRONMENT, cwd=tmp_path
    ) as program:
        assert program.stdin
        program.stdin.write(LINE * 1000)
        program.stdin.flush()
        end = time.monotonic() + 30
        while not list((tmp_path / "clean").iterdir()) and time.monotonic() < end:
            time.sleep(0.02)
        program.kill()
        program.communicate()
    (left,) = (tmp_path / "clean").iterdir()
    assert re.fullmatch(r"\.logscrub-.+\.tmp", left.name)
    (tmp_path / "a.log").write_bytes(LINE)
    done = run("scrub", "a.log", "-o", "clean", cwd=tmp_path)
    assert done.returncode == 0 and [p.name for p in (tmp_path / "clean").iterdir()] == ["a.log"]
    assert lines(done)[0] == "logscrub: clean: removed 1 incomplete file (.logscrub-….tmp) of a run that was killed"
    assert len(lines(run("scrub", "a.log", "-o", "clean", cwd=tmp_path))) == 1


@pytest.mark.parametrize("data", [b"", b"\n \n\r\n", gzip.compress(b"")], ids=["nothing", "blank lines", "gzip of nothing"])
def test_where_there_is_nothing_to_read_it_is_said(tmp_path: Path, data: bytes) -> None:
    done = run("scrub", stdin=data)
    assert (done.returncode, lines(done)) == (0, ["logscrub: nothing to read: no record in 1 input"])
    (tmp_path / "empty").mkdir()
    done = run("scrub", "empty", "-o", "clean", cwd=tmp_path)
    assert (done.returncode, lines(done)) == (0, ["logscrub: nothing to read: no file there"])


def test_an_archive_is_refused_before_a_byte_is_written(tmp_path: Path) -> None:
    data = b"Rar!\x1a\x07\x01\0" + bytes(range(256))
    (tmp_path / "logs.rar.gz").write_bytes(gzip.compress(data))
    for stdin in (gzip.compress(data), data):
        done = run("scrub", stdin=stdin)
        assert (done.returncode, done.stdout, len(lines(done))) == (3, b"", 1)
        assert "a RAR archive, which is not read; unpack it and give the folder" in lines(done)[0]
    assert run("scrub", "logs.rar.gz", "-o", "out", cwd=tmp_path).returncode == 3
    assert [p.name for p in tmp_path.iterdir()] == ["logs.rar.gz"]


def test_a_zip_with_an_unsafe_member_is_refused_whole(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.log": LINE, "../../jane.doe@acme.example": LINE}))
    done = run("scrub", "a.zip", "-o", "out.zip", "--summary", "s.json", cwd=tmp_path)
    assert done.returncode == 3 and not (tmp_path / "out.zip").exists()
    assert lines(done) == [
        "logscrub: a.zip: ../../<EMAIL_ADDRESS>: its name leads out of the folder where it is unpacked; pack the zip again"
    ]
    assert json.loads((tmp_path / "s.json").read_text())["inputs"][0]["status"] == "failed"


@pytest.mark.parametrize("arguments", [["-o", "ftp://host/a.log"], ["-o", "out.log", "--summary", "https://example.com/s.json"]])
def test_a_url_as_an_output_is_wrong_usage_before_anything_is_written(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "a.log").write_bytes(LINE)
    done = run("scrub", "a.log", *arguments, cwd=tmp_path)
    assert done.returncode == 2 and "outputs go to files" in lines(done)[0] and len(lines(done)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.log"]


def test_two_inputs_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.log").write_bytes(LINE)
    done = run("scrub", "a/app.log", "b/app.log", "-o", "clean", cwd=tmp_path)
    assert done.returncode == 2 and not (tmp_path / "clean").exists()


# -- what goes wrong ----------------------------------------------------------------------------------------------------


def test_withheld_records_are_told_and_give_exit_code_3(tmp_path: Path) -> None:
    breaks = "\n".join(
        [
            "import logscrub.detect.engine as e, sys",
            "scan = e.Engine.scan_line",
            "def broken(self, text, leaf, before):",
            "    if 'poison' in text: raise ValueError(text)",
            "    return scan(self, text, leaf, before)",
            "e.Engine.scan_line = broken",
        ]
    )
    done = run("scrub", "--engine", "plain", stdin=LINE + b"poison jane.doe\n", first=breaks)
    assert (done.returncode, done.stdout) == (3, CLEAN + b"<WITHHELD>\n")
    assert b"1 record could not be scanned" in done.stderr and b"1 withheld" in done.stderr and b"poison" not in done.stderr


@pytest.mark.parametrize("engine", engines())
def test_binary_data_is_withheld_and_the_lines_around_it_are_scrubbed(tmp_path: Path, engine: str) -> None:
    """A picture that came into the folder, bytes in a string, and two megabytes without an end of line."""
    junk = random.Random(7).randbytes(2_000_000).replace(b"\n", b"")
    printed = json.dumps({"level": "info", "message": junk[:300].decode("utf-8", "replace")}).encode()
    for name, data, clean in (
        ("text.log", LINE + junk + b"\n" + LINE, CLEAN + b"<WITHHELD>\n" + CLEAN),
        ("app.ndjson", b'{"a":1}\n' + printed + b"\n", b'{"a":1}\n{"<WITHHELD>": "<WITHHELD>", "<WITHHELD>": "<WITHHELD>"}\n'),
        ("alone.png", junk, b"<WITHHELD>"),
    ):
        (tmp_path / name).write_bytes(data)
        done = run("scrub", tmp_path / name, "--engine", engine)
        assert (done.returncode, done.stdout) == (3, clean), name
        assert "1 record could not be scanned" in lines(done)[0] and ", 1 withheld, " in lines(done)[1]
        told = run("verify", tmp_path / name, "--engine", engine)
        assert told.returncode == 3 and b"1 record could not be scanned" in told.stdout


def test_a_bug_is_one_line_without_its_message() -> None:
    breaks = (
        "import logscrub.scrubbing as s\ndef broken(self, data, more): raise ValueError('jane.doe')\ns.Scrubber.feed = broken"
    )
    for more in ({}, {"LOGSCRUB_DEBUG": "1"}):
        done = forked.call(["scrub", "--engine", "plain"], stdin=LINE, cwd=None, env=ENVIRONMENT | more, first=breaks)
        assert done.returncode == 70 and b"jane" not in done.stderr
        if more:
            assert b"in broken" in done.stderr
        else:
            assert len(done.stderr.splitlines()) == 1 and b"bug" in done.stderr and b"ValueError" in done.stderr


def test_a_reader_that_goes_away_ends_it_quietly_with_141(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(LINE * 20_000)
    for arguments, lines_read in (("scrub app.log", 1), ("detectors list", 0), ("--help", 0), ("verify app.log", 0)):
        read, write = os.pipe()
        if not lines_read:
            os.close(read)
        with ThreadPoolExecutor(1) as pool:
            ends = pool.submit(forked.call, arguments.split(), stdin=b"", cwd=tmp_path, env=ENVIRONMENT, stdout=write)
            if lines_read:
                assert os.read(read, len(CLEAN)) == CLEAN
                os.close(read)
            done = ends.result()
        os.close(write)
        assert (done.returncode, done.stderr) == (141, b""), arguments


def test_a_closed_standard_error_ends_it_with_141_after_the_output(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = run("scrub", stdin=LINE, capture_output=False, stdout=subprocess.PIPE, stderr=write)
    os.close(write)
    assert (done.returncode, done.stdout) == (141, CLEAN)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line_and_exit_code_3(tmp_path: Path) -> None:
    # as PYTHONUNBUFFERED has it
    unbuffered = "import io, sys\nsys.stdout = io.TextIOWrapper(io.FileIO(1, 'wb'), write_through=True)"
    for arguments, first in product((["scrub"], ["--help"], ["detectors", "list"]), ("", unbuffered)):
        with Path("/dev/full").open("wb") as full:
            done = forked.call(arguments, stdin=LINE, cwd=None, env=ENVIRONMENT, stdout=full.fileno(), first=first)
        assert done.returncode == 3 and len(lines(done)) == 1, arguments
    done = run("scrub", "--summary", "/dev/full", stdin=LINE)
    assert done.returncode == 3 and done.stdout == CLEAN


def is_read(pipe: IO[bytes]) -> bool:
    """True once nothing of what was written to a pipe is left in it."""
    left = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, left)
    return left[0] == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_quietly_and_leaves_no_half_file(tmp_path: Path, number: int, code: int) -> None:
    command = [*PROGRAM, "scrub", "-o", "out.log"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, env=ENVIRONMENT, cwd=tmp_path) as program:
        assert program.stdin
        program.stdin.write(LINE * 1000)
        program.stdin.flush()
        end = time.monotonic() + 30
        while not (list(tmp_path.iterdir()) and is_read(program.stdin)) and time.monotonic() < end:
            time.sleep(0.02)
        assert list(tmp_path.iterdir()), "it never began"
        program.send_signal(number)
        assert program.communicate(timeout=30) == (b"", b"")
        assert program.returncode == code
    assert list(tmp_path.iterdir()) == []


# -- settings -----------------------------------------------------------------------------------------------------------


def test_equal_keys_give_equal_pseudonyms_and_the_file_beats_the_variable(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    text = b"by " + ACCOUNT + b"\n"
    by_file = run("scrub", "--key-file", "key", stdin=text, cwd=tmp_path, env={"LOGSCRUB_KEY": "another key of 16 bytes or more"})
    by_variable = run("scrub", stdin=text, cwd=tmp_path, env={"LOGSCRUB_KEY": KEY})
    by_library = logscrub.scrub(text, key=KEY.encode())
    assert re.fullmatch(rb"by <ACCOUNT_ID:[0-9a-f]{20}>\n", by_file.stdout)
    assert by_file.stdout == by_variable.stdout == by_library.output
    assert run("scrub", stdin=text).stdout != by_file.stdout != logscrub.scrub(text).output


def test_a_key_that_is_too_short_is_refused_and_not_shown() -> None:
    done = run("scrub", stdin=LINE, env={"LOGSCRUB_KEY": "sesame"})
    assert (done.returncode, done.stdout) == (2, b"")
    assert "LOGSCRUB_KEY" in lines(done)[0] and "sesame" not in lines(done)[0]


def test_the_configuration_counts_and_the_command_line_beats_it(tmp_path: Path) -> None:
    (tmp_path / "logscrub.toml").write_text('policy = "strict"\n[[allow]]\nvalue = "help@acme.example"\nreason = "ours"\n')
    text = b"by " + ACCOUNT + b" to help@acme.example\n"
    assert run("scrub", stdin=text, cwd=tmp_path).stdout == b"by <ACCOUNT_ID> to help@acme.example\n"
    assert run("scrub", "--policy", "secrets-only", stdin=text, cwd=tmp_path).stdout == text
    (tmp_path / "logscrub.toml").write_text('polcy = "strict"')
    done = run("scrub", stdin=text, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "logscrub.toml" in lines(done)[0] and "polcy" in lines(done)[0]


def test_a_policy_file_and_detectors_of_ones_own_count(tmp_path: Path) -> None:
    rows = "\n".join(f'"{row}" = "keep"' for row in logscrub_rows() if row != "personal data")
    (tmp_path / "ours.toml").write_text(f'name = "ours"\n[rows]\n{rows}\n"personal data" = "remove"\n')
    (tmp_path / "own").mkdir()
    (tmp_path / "own/ticket.toml").write_text(
        'id = "ticket"\nentity_type = "TICKET"\nguideline = "personal data"\nwhy = "x"\n'
        "patterns = ['\\bTCK-\\d{6}\\b']\nexamples = ['see «TCK-123456»']\n"
    )
    text = "see TCK-123456 of jane.doe@acme.example\n"
    done = run("scrub", "--policy", "ours.toml", "--detectors", "own", stdin=text.encode(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"see <TICKET> of jane.doe@acme.example\n")


def logscrub_rows() -> list[str]:
    from logscrub.guidelines import GUIDELINES

    return list(GUIDELINES)


def test_a_given_format_is_not_guessed() -> None:
    assert logscrub.scrub('{"a":1}\n').formats == ("ndjson",)
    assert logscrub.scrub('{"a":1}\n', input_format="text").formats == ("text",)


# -- the library --------------------------------------------------------------------------------------------------------


def test_the_library_gives_back_the_type_it_was_given() -> None:
    assert logscrub.scrub(LINE).output == CLEAN
    assert logscrub.scrub(LINE.decode()).output == CLEAN.decode()
    odd = "\ufeffa\udce9\ud83d b \x00\r\nc"
    assert logscrub.scrub(odd).output == odd


def test_the_library_counts_and_shows_no_text() -> None:
    done = logscrub.scrub(LINE * 2)
    assert (done.records_read, done.records_written, done.records_withheld) == (2, 2, 0)
    assert done.redactions == {"EMAIL_ADDRESS": 2} and done.formats == ("text",)
    assert "mail" not in repr(done)


def test_the_library_refuses_compressed_data_and_short_keys() -> None:
    with pytest.raises(logscrub.InputError, match="gzip"):
        logscrub.scrub(gzip.compress(LINE))
    with pytest.raises(logscrub.InputError, match="zip"):
        logscrub.verify(zipped({"a": LINE}))
    with pytest.raises(logscrub.UsageError, match="16"):
        logscrub.scrub(LINE, key=b"short")
    with pytest.raises(logscrub.UsageError, match="xml"):
        logscrub.scrub(LINE, input_format="xml")


def test_an_engine_is_made_once_for_equal_settings() -> None:
    from logscrub.api import build_redactor
    from logscrub.config import Config

    assert build_redactor(Config()).engine is build_redactor(Config(policy="strict")).engine


# -- on a terminal ------------------------------------------------------------------------------------------------------


def on_terminal(
    *arguments: str | Path, typed: bytes, prompt: bytes = b"Ctrl-D ends\r\n", code: int = 0, columns: int = 80, **more: Any
) -> str:
    """What a person sees who runs it with everything on a terminal, and types this at the prompt."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    with subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdin=theirs,
        stderr=theirs,
        env={k: v for k, v in ENVIRONMENT.items() if k != "COLUMNS"} | {"TERM": "xterm"},
        **({"stdout": theirs} | more),
    ) as program:
        os.close(theirs)
        seen = b""
        try:
            while select.select([ours], [], [], 30)[0]:
                try:
                    data = os.read(ours, 1 << 16)
                except OSError:  # the end of a terminal
                    break
                seen += data
                if prompt in seen:
                    os.write(ours, typed)
                    typed = b""
            assert program.wait(30) == code
        finally:
            program.kill()
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def test_who_has_to_type_the_input_is_told_so() -> None:
    seen = on_terminal("scrub", typed=LINE + b"\x04")
    assert seen.startswith("logscrub: reading standard input; Ctrl-D ends\n")
    assert CLEAN.decode().strip() in seen and "1 redaction" in seen


@pytest.mark.parametrize(("command", "code"), [("scrub", 0), ("verify", 3), ("watch", 0)])
def test_one_ctrl_d_ends_an_input_that_is_typed(command: str, code: int) -> None:
    assert "logscrub: reading standard input; Ctrl-D ends\n" in on_terminal(command, typed=b"\x04", code=code)


def test_a_terminal_shows_progress_and_then_the_summary(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LINE * 100)
    seen = on_terminal("scrub", "a.log", "-o", "b.log", typed=b"", cwd=tmp_path)
    assert "redactions" in seen.split("logscrub: ")[0] and "100 records, 100 redactions" in seen


@pytest.mark.parametrize(("name", "end"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_is_not_lost_in_a_destructor(name: str, end: int) -> None:
    code = (
        "import os, signal, time, logscrub.scrubbing as s\n"
        f"class Interrupted:\n    def __del__(self): os.kill(os.getpid(), signal.{name}); time.sleep(0.01)\n"
        "def feed(self, data, more):\n    Interrupted()\n    for _ in range(500): time.sleep(0.01)\n"
        "s.Scrubber.feed = feed"
    )
    done = run("scrub", "--engine", "plain", stdin=LINE, first=code)
    assert (done.returncode, done.stdout, done.stderr) == (end, b"", b"")
