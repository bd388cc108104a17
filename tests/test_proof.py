"""A proof is bound to everything that decided, and nothing in it can be changed without being told."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from test_archives import entry as tar_entry
from test_archives import tarred
from test_cli_scrub import CLEAN, LINE, lines, run, zipped

from logscrub import api
from logscrub.api import EngineName, engines
from logscrub.config import Config, load_config
from logscrub.engines import factory
from logscrub.guidelines import GUIDELINES, NEVER
from logscrub.redact.scrub import Redactor
from logscrub.rules import about, digest_of, looked_for, rules_of

OWN = """id = "our_ticket"
entity_type = "TICKET"
guideline = "user id"
why = "our own tickets"
patterns = ['\\bTICKET-\\d{6}\\b']
examples = ["see «TICKET-123456»"]
"""


def policy(title: str, /, **changed: str) -> str:
    rows = {row: changed.get(row.replace(" ", "_"), "remove") for row in GUIDELINES}
    return f'name = "{title}"\n[rows]\n' + "".join(f'"{row}" = "{action}"\n' for row, action in rows.items())


def set_up(folder: Path) -> None:
    """A configuration with a policy, a detector, and all else that decides."""
    (folder / "own").mkdir()
    (folder / "own/our_ticket.toml").write_text(OWN)
    (folder / "mine.toml").write_text(policy("mine"))
    (folder / "logscrub.toml").write_text(
        'policy = "mine.toml"\ndetectors = ["own"]\n'
        '[[allow]]\nvalue = "nobody@acme.example"\nreason = "r"\n'
        '[[allow]]\nvalue = "jane.doe@acme.example"\nreason = "r"\n'
        '[fields]\nfield_person = ["submitter"]\n[names]\nknown = ["Zorblax"]\nwords = ["Hawthorn"]\n'
        '[[mute]]\nid = "3f9a1c0b7d52"\nreason = "known"\nuntil = 2026-12-31\n'
    )


def rules_in(folder: Path) -> dict[str, object]:
    factory._detectors.cache_clear()
    factory._engine.cache_clear()  # as a new process reads them
    config = load_config(folder / "logscrub.toml")
    return rules_of(api.PlainEngine(api.build_redactor(config)), config)


BOTH = ("digest", "files")
CHANGES = {
    "a row": ("mine.toml", '"url" = "remove"', '"url" = "keep"', {f"policy.{of}" for of in ("rows.keep", "rows.remove", *BOTH)}),
    "a comment of the policy": ("mine.toml", "[rows]", "[rows] # x", {"policy.files"}),
    "a pattern": ("own/our_ticket.toml", r"\d{6}", r"\d{6,7}", {"detectors.digest", "detectors.files"}),
    "the end of a line": ("own/our_ticket.toml", '"our_ticket"\n', '"our_ticket"\r\n', {"detectors.files"}),
    "an allowed value": ("logscrub.toml", "nobody", "nobodx", {"configuration.digest", "configuration.files"}),
    "a field": ("logscrub.toml", "submitter", "submittex", {"configuration.digest", "configuration.files"}),
    "a name": ("logscrub.toml", "Zorblax", "Zorblay", {"configuration.digest", "configuration.files"}),
    "a word": ("logscrub.toml", "Hawthorn", "Hawthory", {"configuration.digest", "configuration.files"}),
    "a mute": ("logscrub.toml", "-12-31", "-12-30", {"configuration.digest", "configuration.files"}),
    "a reason": ("logscrub.toml", 'reason = "r"', 'reason = "s"', {"configuration.files"}),
}


def differing(one: object, other: object, where: str = "") -> set[str]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {d for key in one for d in differing(one[key], other[key], f"{where}.{key}" if where else key)}
    return set() if one == other else {where}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_what_decides_changes_its_digest_and_no_other(tmp_path: Path, name: str) -> None:
    set_up(tmp_path)
    before = rules_in(tmp_path)
    file, old, new, told = CHANGES[name]
    text = (tmp_path / file).read_bytes().decode()
    assert old in text and rules_in(tmp_path) == before
    (tmp_path / file).write_bytes(text.replace(old, new, 1).encode())
    assert differing(before, rules_in(tmp_path)) == told


def test_the_rules_hold_no_value_of_the_configuration(tmp_path: Path) -> None:
    set_up(tmp_path)
    shown = json.dumps(rules_in(tmp_path))
    assert not any(value in shown for value in ("acme", "submitter", "Zorblax", "Hawthorn", "3f9a1c0b7d52"))


def test_a_digest_of_rows_can_be_computed_by_anybody(redactor: Redactor) -> None:
    shown = rules_of(api.PlainEngine(redactor), Config())["policy"]
    assert shown["digest"] == digest_of(shown["rows"])
    assert sorted(row for rows in shown["rows"].values() for row in rows) == sorted(GUIDELINES)


@pytest.mark.parametrize("report_format", ["text", "json", "sarif"])
def test_a_policy_that_keeps_what_is_never_to_be_in_a_log_says_so_first(tmp_path: Path, report_format: str) -> None:
    (tmp_path / "mine.toml").write_text(policy("mine", email_address="keep", name="keep", url="keep"))
    done = run("verify", "--policy", "mine.toml", "--format", report_format, stdin=LINE, cwd=tmp_path)
    told = "policy mine keeps what must never be in a log: name, email address"
    assert done.returncode == 0
    if report_format == "text":
        assert done.stdout.decode().splitlines() == [told, "clean: no customer data found in 1 file, 1 record"]
        return
    assert lines(done)[0] == f"logscrub: {told}"
    found = json.loads(done.stdout)
    if report_format == "json":
        assert next(iter(found.items())) == ("caution", told)
    else:
        first = found["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]
        assert (first["level"], first["message"]["text"]) == ("warning", told)


def test_a_policy_that_keeps_what_is_to_be_logged_with_caution_needs_no_word(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(policy("mine", url="keep"))
    assert run("verify", "--policy", "mine.toml", stdin=CLEAN, cwd=tmp_path).stdout.startswith(b"clean: ")


@pytest.mark.parametrize("engine", engines())
def test_allowed_entries_that_were_used_are_told_by_number_and_detector(tmp_path: Path, engine: EngineName) -> None:
    set_up(tmp_path)
    encoded = b'{"a":"eCBqYW5lLmRvZUBhY21lLmV4YW1wbGUgeQ=="}\n'  # x jane.doe@acme.example y
    long = b"x" * 300_000 + b" jane.doe@acme.example " + b"y" * 300_000 + b"\n"  # longer than what is scanned at once
    data = LINE * 3 + encoded + long + b"see TICKET-123456\n"
    (tmp_path / "a.log").write_bytes(data)
    done = run("verify", "a.log", "--engine", engine, "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and found["allowed"] == [{"entry": 2, "detector": "email_address", "count": 5}]
    assert b"jane" not in done.stdout and found["engine"] == engine
    assert {name: count for name, count in found["detectors"].items() if count} == {"our_ticket": 1}
    report = api.verify(data, config=tmp_path / "logscrub.toml", engine=engine).as_dict()
    assert report["allowed"] == found["allowed"] and report["detectors"] == {"our_ticket": 1}


def test_every_detector_says_that_it_looked_and_found_nothing(tmp_path: Path, redactor: Redactor) -> None:
    detectors = {d.id for d in redactor.engine.catalogue.detectors}
    found = json.loads(run("verify", "--format", "json", stdin=CLEAN).stdout)
    assert set(found["detectors"]) == {*detectors, "name_listed"} and set(found["detectors"].values()) == {0}
    sarif = json.loads(run("verify", "--format", "sarif", stdin=CLEAN).stdout)["runs"][0]["properties"]
    assert sarif == {key: value for key, value in found.items() if key in sarif} | {"time": sarif["time"]}
    assert set(found) - set(sarif) == {"clean", "empty", "files"}
    kept = json.loads(run("verify", "--policy", "secrets-only", "--format", "json", stdin=CLEAN).stdout)
    assert "email_address" not in kept["detectors"] and "name_listed" not in kept["detectors"]


def test_what_scrub_and_verify_say_of_their_rules_is_the_same(tmp_path: Path) -> None:
    set_up(tmp_path)
    run("scrub", "-o", "clean.log", "--summary", "s.json", stdin=LINE, cwd=tmp_path)
    run("verify", "clean.log", "--format", "json", "-o", "proof.json", cwd=tmp_path)
    summary, proof = (json.loads((tmp_path / name).read_text()) for name in ("s.json", "proof.json"))
    assert {key: summary[key] for key in ("version", "python", "engine", "rules")} == {
        key: proof[key] for key in ("version", "python", "engine", "rules")
    }
    assert summary["rules"] == rules_in(tmp_path)


def test_all_rows_of_never_are_looked_for_by_default(redactor: Redactor) -> None:
    names = set(looked_for(api.PlainEngine(redactor), Config()))
    never = {d.id for d in redactor.engine.catalogue.detectors if GUIDELINES[d.guideline] == NEVER}
    assert never <= names and about(api.PlainEngine(redactor), Config())["engine"] == "plain"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def both(stored: bytes, content: bytes | None = None) -> dict[str, str]:
    return {"sha256": sha256(stored), "content_sha256": sha256(stored if content is None else content)}


PACKED: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "gzip": (gzip.compress, gzip.decompress),
    "zstd": (zstandard.compress, lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)),
    "bzip2": (bz2.compress, bz2.decompress),
    "xz": (lzma.compress, lzma.decompress),
}


def scrubbed(folder: Path, name: str) -> tuple[dict[str, Any], bytes]:
    """What the summary says of an input, and the output."""
    assert run("scrub", name, "-o", "clean", "--summary", "s.json", cwd=folder).returncode == 0
    (entry,) = json.loads((folder / "s.json").read_text())["inputs"]
    return entry, (folder / "clean").read_bytes()


def test_the_summary_leads_from_each_input_to_its_output(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LINE * 3)
    entry, out = scrubbed(tmp_path, "a.log")
    assert (entry["read"], entry["written"]) == (both(LINE * 3), both(out)) and "members" not in entry


@pytest.mark.parametrize("kind", PACKED)
def test_of_compressed_data_both_digests_are_told(tmp_path: Path, kind: str) -> None:
    pack, unpack = PACKED[kind]
    data = LINE * 2000
    packed = pack(data)
    (tmp_path / "a.log").write_bytes(packed)
    entry, out = scrubbed(tmp_path, "a.log")
    assert entry["read"] == both(packed, data) and entry["written"] == both(out, unpack(out))
    (report,) = api.verify_file(tmp_path / "clean")
    assert {"sha256": report.sha256, "content_sha256": report.content_sha256} == entry["written"]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_of_an_archive_each_member_has_its_digests(tmp_path: Path, name: str) -> None:
    members = {"x.log": LINE * 500, "y/jane.doe@acme.example.log": CLEAN}
    data = zipped(members) if name == "a.zip" else tarred(*(tar_entry(n, d) for n, d in members.items()))
    data = gzip.compress(data) if name.endswith("gz") else data
    (tmp_path / name).write_bytes(data)
    entry, out = scrubbed(tmp_path, name)
    assert entry["read"] == {"sha256": sha256(data), "content_sha256": ""}
    assert entry["written"] == {"sha256": sha256(out), "content_sha256": ""}
    clean = {"x.log": LINE.replace(b"jane.doe@acme.example", b"<EMAIL_ADDRESS>") * 500, "y/EMAIL_ADDRESS.log": CLEAN}
    told = {m["name"]: (m["read"], m["written"]) for m in entry["members"]}
    assert told == {
        "x.log": (sha256(members["x.log"]), sha256(clean["x.log"])),
        "y/EMAIL_ADDRESS.log": (sha256(CLEAN), sha256(CLEAN)),
    }
    reports = api.verify_file(tmp_path / "clean")
    assert [r.content_sha256 for r in reports] == [written for _, written in told.values()]
    assert {r.sha256 for r in reports} == {sha256(out)}


@pytest.mark.parametrize("packed", [False, True])
def test_of_a_stream_the_digests_of_what_passed_are_told(tmp_path: Path, packed: bool) -> None:
    data = LINE * 20_000
    given = gzip.compress(data) if packed else data
    done = run("scrub", "--summary", tmp_path / "s.json", stdin=given)
    (entry,) = json.loads((tmp_path / "s.json").read_text())["inputs"]
    out = gzip.decompress(done.stdout) if packed else done.stdout
    assert (entry["name"], entry["read"], entry["written"]) == ("-", both(given, data), both(done.stdout, out))


def test_of_a_stream_that_breaks_off_what_passed_by_then_is_told(tmp_path: Path) -> None:
    data = LINE * 20_000
    cut = gzip.compress(data)[:-100]
    done = run("scrub", "--summary", tmp_path / "s.json", stdin=cut)
    (entry,) = json.loads((tmp_path / "s.json").read_text())["inputs"]
    assert done.returncode == 3 and entry["status"] == "failed"
    assert entry["read"]["sha256"] == sha256(cut) and entry["written"]["sha256"] == sha256(done.stdout)
    (tmp_path / "a.gz").write_bytes(cut)
    run("scrub", "a.gz", "-o", "clean", "--summary", "s.json", cwd=tmp_path)
    (entry,) = json.loads((tmp_path / "s.json").read_text())["inputs"]
    assert entry["read"]["sha256"] == sha256(cut) and "written" not in entry


def test_a_table_has_the_digests_of_its_file(tmp_path: Path) -> None:
    pl.DataFrame({"message": ["mail from jane.doe@acme.example"] * 9}).write_parquet(tmp_path / "a.parquet")
    entry, out = scrubbed(tmp_path, "a.parquet")
    assert entry["read"] == both((tmp_path / "a.parquet").read_bytes()) and entry["written"] == both(out)
