"""`logscrub verify`, run as people run it: what it reports, in three formats, and how it ends."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import threading
import zipfile
from pathlib import Path

import pytest
from test_cli_scrub import ACCOUNT, CLEAN, LINE, lines, on_terminal, run, zipped

import logscrub
from logscrub.api import engines
from logscrub.config import load_config
from logscrub.detect import catalogue
from logscrub.guidelines import GUIDELINES
from logscrub.verification import FileReport, text_report
from logscrub.verification.sarif import _notifications, sarif

RECORD = b'{"level":"INFO","user":{"email":"jane.doe@acme.example"},"by":"' + ACCOUNT + b'"}\n'


ABOUT = {"version": "1", "time": "2026-01-01T00:00:00Z", "rules": {"policy": {"name": "atlassian", "rows": {"keep": []}}}}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_clean_input_is_clean_and_said_to_be() -> None:
    done = run("verify", stdin=CLEAN)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"clean: no customer data found in 1 file, 1 record\n", b"")


EMPTY = {
    "nothing": b"",
    "blank lines": b"\n \t\r\n\n",
    "NULs": bytes(500),
    "a byte order mark": b"\xff\xfe",
    "UTF-16 without a character": "\ufeff\r\n".encode("utf-16-le"),
    "gzip of nothing": gzip.compress(b""),
    "a zip without members": zipped({}),
    "a zip of an empty member": zipped({"empty.log": b"", "folder/": b""}),
    "a page without logs": b'{"appLogs":[]}\n',
}


@pytest.mark.parametrize("name", EMPTY)
def test_nothing_read_proves_nothing_unless_it_is_allowed(name: str) -> None:
    data = EMPTY[name]
    done = run("verify", stdin=data)
    assert (done.returncode, done.stderr) == (3, b"")
    assert done.stdout == b"not proven: no record was read in 1 file; if that is as it should be, add --allow-empty\n"
    done = run("verify", "--allow-empty", stdin=data)
    assert (done.returncode, done.stdout) == (0, b"clean: nothing in it, 1 file, 0 records\n")


@pytest.mark.parametrize("folder", [False, True])
def test_reports_for_machines_say_that_nothing_was_read(tmp_path: Path, folder: bool) -> None:
    inputs = [tmp_path] if folder else ["-"]
    nothing = sha256(b"")
    files = [] if folder else [{"path": "-", "sha256": nothing, "content_sha256": nothing, "records": 0, "findings": []}]
    for more, code in (([], 3), (["--allow-empty"], 0)):
        done = run("verify", *inputs, "--format", "json", *more)
        found = json.loads(done.stdout)
        assert (done.returncode, found["clean"], found["empty"], found["skipped"]) == (code, code == 0, True, 0)
        assert found["files"] == files and len(lines(done)) == 1
        done = run("verify", *inputs, "--format", "sarif", *more)
        invocation = json.loads(done.stdout)["runs"][0]["invocations"][0]
        (notification,) = invocation["toolExecutionNotifications"]
        assert (done.returncode, invocation["executionSuccessful"]) == (code, code == 0)
        assert notification["level"] == ("error" if code else "note")
        assert notification["message"]["text"].startswith("no record was read")


def test_an_empty_file_among_others_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(CLEAN)
    (tmp_path / "b.log").touch()
    done = run("verify", tmp_path)
    assert (done.returncode, done.stdout) == (0, b"clean: no customer data found in 2 files, 1 record (1 without any)\n")


def test_text_in_which_no_record_begins_is_scanned_all_the_same() -> None:
    assert run("verify", stdin=b"   of jane.doe@acme.example\n").returncode == 1
    assert run("verify", stdin=b"   of <EMAIL_ADDRESS>\n").returncode == 3


def test_what_a_folder_holds_that_is_no_file_is_named_and_nothing_is_proven(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.log").write_bytes(CLEAN)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b.log").write_bytes(LINE)
    (folder / "linked").symlink_to("../elsewhere")
    (folder / "dangling.log").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.json")
    (folder / "broken.gz").write_bytes(gzip.compress(CLEAN)[:-3])
    done = run("verify", "in", cwd=tmp_path)
    assert done.returncode == 3
    told = [line.removeprefix("logscrub: ") for line in lines(done)]
    assert [line.split(",")[0] for line in told if "truncated" not in line] == [
        "in/dangling.log: is a link to nothing",
        "in/linked: is a link to a folder",
        "in/pipe.json: is a named pipe",
    ]
    said = done.stdout.decode().splitlines()
    assert set(told) == set(said[:-1])
    assert said[-1] == ("not proven: 1 of 2 files could not be read or scanned to the end, 3 skipped; 0 findings in 2 records")
    found = json.loads(run("verify", "in", "--format", "json", cwd=tmp_path).stdout)
    assert (found["clean"], found["skipped"]) == (False, 3)
    assert [f["path"] for f in found["files"] if f.get("skipped")] == ["in/dangling.log", "in/linked", "in/pipe.json"]
    assert all("is a" in f["error"] for f in found["files"] if f.get("skipped"))
    invocation = json.loads(run("verify", "in", "--format", "sarif", cwd=tmp_path).stdout)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    texts = [n["message"]["text"] for n in invocation["toolExecutionNotifications"]]
    assert sum(text.startswith("skipped: is a ") for text in texts) == 3
    (folder / "broken.gz").unlink()
    (folder / "dangling.log").unlink()
    (folder / "linked").unlink()
    assert run("verify", "in", cwd=tmp_path).stdout == (
        b"in/pipe.json: is a named pipe, which is read only if it is given as an input of its own\n"
        b"not proven: 1 skipped; 0 findings in 1 record\n"
    )


def test_a_pipe_with_the_name_of_a_report_is_read_once_and_whole(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    feeder = threading.Thread(target=lambda: (tmp_path / "pipe.json").write_bytes(RECORD * 3))
    feeder.start()
    done = run("verify", "pipe.json", cwd=tmp_path)
    feeder.join()
    assert done.returncode == 1 and b"not clean: 6 findings in 1 of 1 file, 3 records" in done.stdout


def test_names_of_members_forge_no_lines_and_steer_no_terminal(tmp_path: Path) -> None:
    forged = "a.log:1:1: fine\nclean: no customer data found\n\x1b[2J\x9b1m\u202e.log"
    (tmp_path / "a.zip").write_bytes(zipped({forged: LINE}))
    done = run("verify", "a.zip", cwd=tmp_path)
    text = done.stdout.decode()
    shown = text.splitlines()  # the finding, the counts by kind and by file, the verdict
    assert done.returncode == 1 and [line[:3] for line in shown] == ["a.z", "by ", "  1", "by ", "  1", "not"]
    assert all(c.isprintable() for c in text.replace("\n", ""))
    assert r"fine\nclean: no customer data found\n\x1b[2J\x9b1m\u202e.log:1:14: EMAIL_ADDRESS" in text


def test_an_unsafe_member_is_named_and_nothing_is_proven(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.log": CLEAN, "..\\x\n.log": CLEAN}))
    done = run("verify", "a.zip", cwd=tmp_path)
    assert done.returncode == 3 and done.stdout.decode().splitlines()[0].startswith(
        r"a.zip: ..\x\n.log: its name leads out of the folder"
    )


def test_an_archive_is_one_file_and_its_parts_are_told_beside_it(tmp_path: Path) -> None:
    (tmp_path / "two.zip").write_bytes(zipped({"a.log": CLEAN, "b.log": CLEAN}))
    (tmp_path / "one.zip").write_bytes(zipped({"a.log": CLEAN}))
    (tmp_path / "a.log").write_bytes(CLEAN)
    done = run("verify", "one.zip", "a.log", cwd=tmp_path)
    assert done.stdout == b"clean: no customer data found in 2 files, 2 records\n"
    done = run("verify", "two.zip", "one.zip", "a.log", cwd=tmp_path)
    assert done.stdout == b"clean: no customer data found in 3 files (2 archives of 3 parts), 4 records\n"
    (tmp_path / "two.zip").write_bytes(zipped({"a.log": LINE, "b.log": LINE}))
    done = run("verify", "two.zip", "one.zip", "a.log", cwd=tmp_path)
    assert b"not clean: 2 findings in 1 of 3 files (2 archives of 3 parts), 4 records\n" in done.stdout


def test_comments_and_folders_with_data_in_a_zip_are_looked_at(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.log", CLEAN)
        archive.writestr("folder/", LINE)
        archive.comment = b"for jane.doe@acme.example"
    done = run("verify", "a.zip", cwd=tmp_path)
    assert done.returncode == 1
    assert [line.split(" ")[0] for line in done.stdout.decode().splitlines()[:2]] == [
        "a.zip!folder/:1:14:",
        "a.zip!(comments):1:5:",
    ]
    logscrub.scrub_file(tmp_path / "a.zip", tmp_path / "b.zip")
    assert run("verify", "b.zip", cwd=tmp_path).returncode == 0


def test_a_url_that_is_no_store_is_reported_with_advice() -> None:
    done = run("verify", "ftp://example.com/app.log")
    assert done.returncode == 3
    what = "is no address that is read, these are s3://, gs://, az:// and https://; download it and give the file"
    assert lines(done) == [f"logscrub: ftp://example.com/app.log: {what}"]


def test_findings_are_told_by_place_and_kind_with_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(CLEAN + b"\n" + LINE)
    (tmp_path / "b.log").write_bytes(CLEAN)
    done = run("verify", "a.log", "b.log", cwd=tmp_path)
    assert done.returncode == 1 and done.stderr == b""
    assert done.stdout.decode().splitlines() == [
        "a.log:3:14: EMAIL_ADDRESS (email address) email_address",
        "by kind:",
        "  1  EMAIL_ADDRESS",
        "by file:",
        "  1  a.log",
        "not clean: 1 finding in 1 of 2 files, 3 records",
    ]
    assert b"jane" not in done.stdout


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder with 24 files, of 1 to 24 e-mail addresses, and one account id in each."""
    (tmp_path / "in").mkdir()
    for n in range(1, 25):
        (tmp_path / "in" / f"{n:02}.log").write_bytes(LINE * n + b"by " + ACCOUNT + b"\n")
    return tmp_path


def test_the_text_report_ends_with_counts_by_kind_and_by_file(many: Path) -> None:
    done = run("verify", "in", cwd=many)
    told = done.stdout.decode().splitlines()
    assert done.returncode == 1 and sum("EMAIL_ADDRESS (" in line for line in told) == 300
    summary = told[told.index("by kind:") :]
    assert summary[:4] == ["by kind:", "  300  EMAIL_ADDRESS", "   24  ACCOUNT_ID", "by file:"]
    assert summary[4:6] == ["   25  in/24.log", "   24  in/23.log"] and len(summary) == 4 + 20 + 2
    assert summary[-2:] == ["   14  in 4 more files", "not clean: 324 findings in 24 of 24 files, 324 records"]


@pytest.mark.parametrize("engine", engines())
def test_a_limit_shortens_the_list_and_not_the_counts(many: Path, engine: str) -> None:
    whole = run("verify", "in", cwd=many).stdout.decode().splitlines()
    start = whole.index("by kind:")
    for limit in (0, 5, 324, 1000):
        done = run("verify", "in", "--limit", str(limit), "--engine", engine, cwd=many)
        told = done.stdout.decode().splitlines()
        more = [f"and {324 - limit} more findings, not listed here; --limit lists more"] if limit < 324 else []
        assert done.returncode == 1 and told == [*whole[: min(limit, start)], *more, *whole[start:]]
    assert run("verify", "in", "--limit", "-1", cwd=many).returncode == 2
    done = run("verify", "in", "--limit", "5", "--format", "json", cwd=many)
    assert (done.returncode, done.stdout) == (2, b"") and "--limit is for the text report" in lines(done)[0]


def test_a_terminal_gets_a_hundred_findings_and_a_file_all(many: Path) -> None:
    seen = on_terminal("verify", "in", typed=b"", code=1, cwd=many)
    assert seen.count("EMAIL_ADDRESS (") + seen.count("ACCOUNT_ID (") == 100 and "and 224 more findings" in seen
    on_terminal("verify", "in", "-o", "report.txt", typed=b"", code=1, cwd=many)
    assert (many / "report.txt").read_text().count("EMAIL_ADDRESS (") == 300


def test_findings_beyond_those_that_are_listed_are_counted_by_kind(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LINE * 10_050)
    done = run("verify", "a.log", cwd=tmp_path)
    told = done.stdout.decode().splitlines()
    assert told[10_000:] == [
        "a.log: and 50 more", "by kind:", "  10,050  EMAIL_ADDRESS", "by file:", "  10,050  a.log",
        "not clean: 10,050 findings in 1 of 1 file, 10,050 records",
    ]  # fmt: skip
    done = run("verify", "a.log", "--limit", "20000", cwd=tmp_path)
    assert done.stdout.decode().splitlines()[10_000] == "and 50 more findings, not listed here; --limit lists more"


def test_files_of_one_name_in_different_folders_are_verified_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.log").write_bytes(CLEAN)
    done = run("verify", "a/app.log", "b/app.log", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"clean: no customer data found in 2 files, 2 records\n")


def test_json_holds_places_and_digests_of_the_bytes_on_disk_and_never_a_value(tmp_path: Path) -> None:
    archive = zipped({"x/app.log": LINE, "jane.doe@acme.example.log": CLEAN, "empty/": b""})
    files = {"a.ndjson.gz": gzip.compress(RECORD), "b.zip": archive, "c.log": CLEAN}
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    done = run("verify", "in", "--format", "json", "-o", "report.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert lines(done) == ["logscrub: not clean: 3 findings in 2 of 3 files (1 archive of 2 parts), 4 records"]
    text = (tmp_path / "report.json").read_text()
    assert "jane" not in text and ACCOUNT.decode() not in text
    found = json.loads(text)
    head = ["version", "time", "python", "engine", "rules", "clean", "empty"]
    assert list(found) == [*head, "records", "unread", "found", "failed", "skipped", "allowed", "detectors", "files"]
    assert (found["version"], found["clean"]) == (logscrub.__version__, False)
    assert found["rules"]["detectors"]["digest"] == catalogue.load().digest
    assert [(f["path"], f["sha256"], f["records"], len(f["findings"])) for f in found["files"]] == [
        ("in/a.ndjson.gz", sha256(files["a.ndjson.gz"]), 1, 2),
        ("in/b.zip!x/app.log", sha256(archive), 1, 1),
        ("in/b.zip!EMAIL_ADDRESS.log", sha256(archive), 1, 0),
        ("in/c.log", sha256(CLEAN), 1, 0),
    ]
    mail, account = found["files"][0]["findings"]
    assert list(mail) == ["line", "column", "pointer", "entity_type", "guideline", "detector", "fingerprint"]
    assert (mail["line"], mail["column"], mail["pointer"]) == (1, RECORD.index(b"jane") + 1, "/user/email")
    assert (account["entity_type"], account["guideline"]) == ("ACCOUNT_ID", "account id")
    assert mail["fingerprint"] != account["fingerprint"]


def test_what_cannot_be_read_is_never_clean_and_the_rest_is_verified(tmp_path: Path) -> None:
    broken = gzip.compress(LINE * 50_000)[:-20]
    (tmp_path / "broken.gz").write_bytes(broken)
    (tmp_path / "c.log").write_bytes(CLEAN)
    done = run("verify", "missing.log", "broken.gz", "c.log", "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert (done.returncode, found["clean"]) == (3, False)
    missing, cut, clean = found["files"]
    assert (missing["path"], missing["error"], missing["sha256"]) == ("missing.log", "no such file", "")
    assert "truncated" in cut["error"] and cut["sha256"] == sha256(broken)
    assert "error" not in clean and clean["records"] == 1
    said = lines(done)
    assert len(said) == 3 and said[0] == "logscrub: missing.log: no such file" and "broken.gz" in said[1]
    assert said[2].startswith("logscrub: not proven: 2 of 3 files")


def test_a_broken_zip_or_a_compressed_member_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(zipped({"a.log": CLEAN})[:-5])
    (tmp_path / "nested.zip").write_bytes(zipped({"a.log": CLEAN, "jane.doe@acme.example.gz": gzip.compress(LINE)}))
    for name in ("cut.zip", "nested.zip"):
        reports = logscrub.verify_file(tmp_path / name)
        assert not reports[-1].clean and "jane" not in repr(reports), name
        assert text_report.exit_code(reports) == 3
        assert reports[0].sha256 == sha256((tmp_path / name).read_bytes())


def test_a_record_that_cannot_be_scanned_is_not_clean() -> None:
    reports = [FileReport("a.log", records=2, unread=1, found=1), FileReport("b.log", records=1)]
    assert text_report.exit_code(reports) == 3
    assert (
        text_report.verdict(reports) == "not proven: 1 of 2 files could not be read or scanned to the end; 1 finding in 3 records"
    )
    assert "a.log: 1 record could not be scanned" in text_report.text(reports)
    found = text_report.as_json(reports, ABOUT, [])
    assert found["clean"] is False and found["files"][0]["unread"] == 1


def test_the_report_does_not_go_over_an_input(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(CLEAN)
    done = run("verify", "a.log", "-o", "a.log", cwd=tmp_path)
    assert done.returncode == 2 and (tmp_path / "a.log").read_bytes() == CLEAN


def test_what_the_configured_policy_keeps_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "logscrub.toml").write_text('policy = "secrets-only"')
    assert run("verify", stdin=LINE, cwd=tmp_path).returncode == 0
    assert logscrub.verify(LINE, config=load_config(tmp_path / "logscrub.toml")).clean
    assert not logscrub.verify(LINE).clean


@pytest.mark.parametrize("data", [LINE * 3, RECORD * 3, b""])
def test_what_scrub_wrote_is_clean(data: bytes) -> None:
    assert logscrub.verify(logscrub.scrub(data).output).clean


def test_sarif_is_whole_for_code_scanning(tmp_path: Path) -> None:
    (tmp_path / "a b.ndjson").write_bytes(RECORD)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(CLEAN)[:-3])
    done = run("verify", "a b.ndjson", "cut.gz", "--format", "sarif", cwd=tmp_path)
    assert done.returncode == 3 and b"jane" not in done.stdout and ACCOUNT not in done.stdout
    log = json.loads(done.stdout)
    assert log["version"] == "2.1.0" and "sarif" in log["$schema"]
    (result_of_run,) = log["runs"]
    driver = result_of_run["tool"]["driver"]
    rules = {rule["id"]: rule for rule in driver["rules"]}
    why = {d.id: d.why for d in catalogue.load().detectors}
    assert driver["name"] == "logscrub" and driver["version"] == logscrub.__version__
    assert all(rule["help"]["text"] == why[name] for name, rule in rules.items())
    assert len(result_of_run["results"]) == 2
    for result in result_of_run["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert place["artifactLocation"] == {"uri": "a%20b.ndjson", "index": 0}
        assert set(place["region"]) == {"startLine", "startColumn"} and place["region"]["startLine"] == 1
        assert result["partialFingerprints"] and result["message"]["text"]
    assert {r["message"]["text"].split()[0]: r["level"] for r in result_of_run["results"]} == {
        "EMAIL_ADDRESS": "error", "ACCOUNT_ID": "warning",
    }  # fmt: skip
    invocation = result_of_run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "truncated" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert result_of_run["artifacts"][0]["hashes"]["sha-256"] == sha256(RECORD)


def test_sarif_shows_names_of_a_log_as_they_are(tmp_path: Path) -> None:
    r"""No viewer makes a link of them, or puts an argument in their place."""
    key = "[click](https://evil.example) {0} [x"
    (tmp_path / "a.ndjson").write_text(json.dumps({key: "jane.doe@acme.example"}) + "\n")
    done = run("verify", "a.ndjson", "--format", "sarif", cwd=tmp_path)
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    shown = result["message"]["text"]
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]]", shown) and "{{0}}" in shown
    plain = re.sub(r"\\(.)", r"\1", shown).replace("{{", "{").replace("}}", "}")
    assert plain.endswith(" at /" + key.replace("~", "~0").replace("/", "~1"))
    notifications = _notifications([FileReport("a", error=r"member [x](y) {1} \ is broken")], True)
    assert [*notifications][-1]["message"]["text"] == r"member \[x\](y) {{1}} \\ is broken"


def test_sarif_of_clean_files_has_no_results() -> None:
    log = sarif([FileReport("/x/a.log", "00"), FileReport("-")], catalogue.load(), ABOUT, [])
    run_of_it = log["runs"][0]
    assert run_of_it["results"] == [] and run_of_it["tool"]["driver"]["rules"] == []
    assert [a["location"]["uri"] for a in run_of_it["artifacts"]] == ["file:///x/a.log", "stdin"]


def test_every_guideline_has_a_level() -> None:
    from logscrub.verification.sarif import _level

    assert {_level(row) for row in GUIDELINES} == {"error", "warning"}


def test_hashing_does_not_depend_on_how_the_file_is_read() -> None:
    from logscrub.sources.hashed import Hashed

    data = bytes(range(256)) * 40
    hashed = Hashed(io.BytesIO(data))
    for start, count in ((9000, 500), (0, 10), (5, 100), (8000, 100), (50, 4000)):
        hashed.seek(start)
        assert hashed.read(count) == data[start : start + count]
    assert hashed.finish() == sha256(data)


@pytest.mark.parametrize("engine", engines())
def test_pseudonyms_of_another_policy_are_findings_of_a_strict_proof(engine: str) -> None:
    line = b"user <ACCOUNT_ID:50729abfb67e207cdd0e> did it\n"
    assert run("verify", "--engine", engine, stdin=line).returncode == 0
    done = run("verify", "--engine", engine, "--policy", "strict", stdin=line)
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, b"-:1:6: ACCOUNT_ID (account id) account_id")
    strict = run("scrub", "--engine", engine, "--policy", "strict", stdin=line).stdout
    assert strict == b"user <ACCOUNT_ID> did it\n"
    assert run("verify", "--engine", engine, "--policy", "strict", stdin=strict).returncode == 0


def test_no_file_takes_the_name_of_a_built_in_policy(tmp_path: Path) -> None:
    rows = "".join(f'"{row}" = "keep"\n' for row in GUIDELINES)
    (tmp_path / "mine.toml").write_text(f'name = "atlassian"\n[rows]\n{rows}')
    done = run("verify", "--policy", "mine.toml", stdin=LINE, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"logscrub: mine.toml: 'atlassian' is a built-in policy; give yours another name\n"
