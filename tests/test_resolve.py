"""`logscrub resolve`: with the key and a list of candidates, whose pseudonyms these are; without either, nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from test_cli_scrub import ACCOUNT, lines, run, zipped

from logscrub.cli.resolve import _pseudonyms

CLOUD = "11111111-2222-4333-8444-555555555555"
RAW = (
    f'{{"cloudId":"{CLOUD}","by":"{ACCOUNT.decode()}","ip":"203.0.113.9"}}\n'
    "see https://acme.atlassian.net and https://other.atlassian.net\n"
).encode()
TABLE = f"name,site,cloud\nAcme Ltd,https://ACME.atlassian.net/,{CLOUD}\n,,\nNobody,https://nobody.atlassian.net,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scrubbed log, the key, and candidates of whom one is in the log."""
    assert run("keys", "new", "k", cwd=tmp_path).returncode == 0
    (tmp_path / "clean.log").write_bytes(run("scrub", "--key-file", "k", stdin=RAW, cwd=tmp_path).stdout)
    (tmp_path / "candidates.csv").write_text(TABLE, encoding="utf-8-sig")
    return tmp_path


def resolved(folder: Path, *inputs: str, stdin: bytes | None = None) -> tuple[int, dict[str, list[dict[str, object]]]]:
    options = ("--key-file", "k", "--candidates", "candidates.csv", "--format", "json")
    done = run("resolve", *inputs, *options, cwd=folder, stdin=stdin)
    found = json.loads(done.stdout)["pseudonyms"]
    return done.returncode, {entry["pseudonym"].split(":")[0][1:]: entry["candidates"] for entry in found if entry["candidates"]}


def test_a_pseudonym_of_a_candidate_is_told_with_its_place_in_the_table(folder: Path) -> None:
    code, found = resolved(folder, "clean.log")
    assert code == 1 and found == {
        "CLOUD_ID": [{"value": CLOUD, "column": "cloud", "row": 2}],
        "SITE_NAME": [{"value": "https://ACME.atlassian.net/", "column": "site", "row": 2}],
    }
    done = run("resolve", "clean.log", "--key-file", "k", "--candidates", "candidates.csv", cwd=folder)
    told = done.stdout.decode().splitlines()
    assert len(told) == 6 and sum("none of the candidates" in line for line in told) == 3
    assert lines(done)[0].startswith("logscrub: 5 pseudonyms, 3 of none of the candidates, under key ")
    assert not any(word in done.stderr.decode() for word in ("acme", "Acme", CLOUD))


def test_another_key_tells_nothing(folder: Path) -> None:
    assert run("keys", "new", "other", cwd=folder).returncode == 0
    done = run("resolve", "clean.log", "--key-file", "other", "--candidates", "candidates.csv", cwd=folder)
    assert done.returncode == 1 and b"ACME" not in done.stdout and CLOUD.encode() not in done.stdout
    done = run("resolve", "clean.log", "--candidates", "candidates.csv", cwd=folder)
    assert done.returncode == 2 and "only with the key" in lines(done)[0]


def test_a_pseudonym_that_is_typed_and_compressed_and_packed_logs_are_read(folder: Path) -> None:
    clean = (folder / "clean.log").read_bytes()
    token = clean[clean.index(b"<SITE_NAME") :].partition(b">")[0] + b">"
    assert resolved(folder, stdin=token + b"\n") == (0, {"SITE_NAME": resolved(folder, "clean.log")[1]["SITE_NAME"]})
    (folder / "a.gz").write_bytes(gzip.compress(clean))
    (folder / "a.zip").write_bytes(zipped({"x.log": clean}))
    assert resolved(folder, "a.gz") == resolved(folder, "a.zip") == resolved(folder, "clean.log")


@pytest.mark.parametrize("size", [1, 3, 50, 1000])
def test_a_pseudonym_is_found_however_the_bytes_are_cut(size: int) -> None:
    token = "<ACCOUNT_ID:1c39ccf6ae6404682145>"
    data = f"a < b {token}{token} <PERSON> é{token} < <".encode() * 20
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert list(_pseudonyms(pieces)) == [token] * 60


def test_what_is_no_table_and_an_input_without_pseudonyms_is_told(folder: Path) -> None:
    for name, data in (
        ("bad.csv", b'a,"b\n'),
        ("bad.csv", b"\xff\xfe\x00"),
        ("missing.csv", None),
        ("semicolons.csv", b"site;account\nacme;557058\n"),
        ("tabs.csv", b"site\taccount\nacme\t557058\n"),
        ("head.csv", b"site,account\n"),
        ("blank.csv", b"site,account\n , \n"),
    ):
        if data is not None:
            (folder / name).write_bytes(data)
        done = run("resolve", "clean.log", "--key-file", "k", "--candidates", name, cwd=folder)
        assert done.returncode == 2 and len(lines(done)) == 1 and lines(done)[0].startswith(f"logscrub: {name}: ")
    done = run("resolve", "--key-file", "k", "--candidates", "candidates.csv", stdin=b"nothing\n", cwd=folder)
    assert (done.returncode, done.stdout) == (3, b"")
