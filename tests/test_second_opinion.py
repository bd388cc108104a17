"""Presidio reads what was verified: what it says beyond logscrub is told by kind, place and reason, and opens no socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from test_attest import SCHEMA, payload_of
from test_cli_scrub import CLEAN, lines, run
from test_proof import policy

from logscrub import api
from logscrub.config import Config
from logscrub.detect.names import DEFAULT_MODEL
from logscrub.verification import second_opinion
from logscrub.verification.second_opinion import NOTHING, Opinion, Pieces

TEXT = b"""INFO mail to <EMAIL_ADDRESS> of <PERSON> failed
2026-03-01T10:00:00Z INFO started
deployed to Vienna on Tuesday
"""


def taken(data: bytes, cut: int, most: int | None = None, seed: int = 1) -> Pieces:
    pieces = Pieces(most, seed)
    reader = pieces.reader("a.log")
    for start in range(0, len(data), cut):
        reader.feed(data[start : start + cut])
    reader.finish()
    return pieces


@pytest.mark.parametrize("cut", [1, 7, 100_000])
def test_lines_are_taken_with_their_places_however_they_are_cut(cut: int) -> None:
    long = "x" * 6000 + "é"
    data = f"one\n\n  \nfour {long}\nlast".encode()
    pieces = taken(data, cut)
    assert pieces.lines == len(pieces.taken) and pieces.seed is None
    assert "".join(p.text for p in pieces.taken if p.line == 4) == f"four {long}"
    assert [(p.line, p.column) for p in pieces.taken if p.line != 4] == [(1, 1), (5, 1)]
    columns = [p.column for p in pieces.taken if p.line == 4]
    assert columns == [1, *(1 + sum(len(p.text) for p in pieces.taken[1 : n + 1]) for n in range(1, len(columns)))]
    assert max(len(p.text) for p in pieces.taken) <= 2000


def test_a_sample_is_the_same_for_the_same_seed_and_from_everywhere() -> None:
    data = b"".join(b"line %d\n" % n for n in range(10_000))
    one, same, other = taken(data, 999, 100), taken(data, 4096, 100), taken(data, 999, 100, 2)
    assert one.taken == same.taken != other.taken and one.lines == 10_000 and one.seed == 1
    numbers = [piece.line for piece in one.taken]
    assert len(set(numbers)) == 100 and min(numbers) < 1500 and max(numbers) > 8500
    assert len(taken(data, 999, 20_000).taken) == 10_000


@pytest.fixture(scope="module")
def said() -> Any:
    """What Presidio says of TEXT, without a network."""
    config = Config()
    redactor = api.build_redactor(config)

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket.socket, "bind", refuse)
        return second_opinion.ask(taken(TEXT, 99), [], redactor, api.engine_for_all_rows(config), DEFAULT_MODEL)


def test_what_presidio_says_is_told_with_its_reason_and_placeholders_are_not(said: Any) -> None:
    assert (said.lines, said.asked, said.differs) == (3, 3, len(said.differences)) and said.differs >= 2
    told = {(d.line, d.column, d.entity_type): d.why for d in said.differences}
    assert told[2, 1, "DATE_TIME"] == "harmless: timestamp"
    assert told[3, TEXT.splitlines()[2].index(b"Vienna") + 1, "LOCATION"] == NOTHING
    first = TEXT.splitlines()[0]
    columns = {column for line, column, _ in told if line == 1}
    assert not columns & {n + 1 for n in range(first.index(b"<EMAIL"), len(first) - len(b" failed"))}
    assert sum(said.kinds.values()) == said.differs
    listed = list(second_opinion.told(said, 1))
    assert len(listed) == 1 + 1 + len(said.kinds) + 1 and "Vienna" not in "".join(listed)


def test_without_a_difference_there_is_no_heading_of_a_list() -> None:
    listed = list(second_opinion.told(Opinion("presidio-analyzer", "2", "model", 3, 3, None)))
    assert len(listed) == 1 and "calls 0 things personal" in listed[0]


@pytest.mark.parametrize("why", ["the policy keeps: ip address", "the allow-list"])
def test_what_the_policy_keeps_or_the_allow_list_lets_stay_is_the_reason(tmp_path: Path, why: str) -> None:
    if why == "the allow-list":
        (tmp_path / "logscrub.toml").write_text('[[allow]]\nvalue = "203.0.113.9"\nreason = "r"\n')
    else:
        (tmp_path / "mine.toml").write_text(policy("mine", ip_address="keep"))
        (tmp_path / "logscrub.toml").write_text('policy = "mine.toml"\n')
    data = b"INFO from 203.0.113.9\n"
    done = run("verify", "--second-opinion", "presidio", "--format", "json", stdin=data, cwd=tmp_path)
    opinion = json.loads(done.stdout)["second_opinion"]
    assert done.returncode == 0 and b"203.0" not in done.stdout
    assert {d["column"]: d["why"] for d in opinion["differences"] if d["entity_type"] == "IP_ADDRESS"} == {11: why}
    assert "second opinion: presidio-analyzer" in lines(done)[0] and opinion["seed"] is None


def test_what_both_find_is_no_difference_and_the_exit_code_is_verifys_own() -> None:
    data = b"INFO from jane.doe@acme.example in Vienna\n"
    done = run("verify", "--second-opinion", "presidio", stdin=data)
    told = done.stdout.decode().splitlines()
    assert done.returncode == 1 and told[0].startswith("-:1:11: EMAIL_ADDRESS (email address)")
    assert any("LOCATION, says Presidio" in line for line in told) and not any("EMAIL_ADDRESS, says" in line for line in told)


def test_the_proof_says_that_it_was_asked_and_how_often_it_differed(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(CLEAN + b"deployed to Vienna\n" * 20)
    assert run("keys", "new", "--signing", "k", cwd=tmp_path).returncode == 0
    options = ("--second-opinion", "presidio", "--sample", "10", "--seed", "7", "--attest", "p.json", "--sign-key", "k")
    assert run("verify", "a.log", *options, cwd=tmp_path).returncode == 0
    statement = payload_of(tmp_path / "p.json")
    jsonschema.validate(statement, SCHEMA)
    says = statement["predicate"]["second_opinion"]
    assert (says["lines"], says["asked"], says["seed"]) == (21, 10, 7) and says["differs"] >= 9 and "differences" not in says
    done = run("attest", "check", "p.json", "a.log", "--public-key", "k.pub", cwd=tmp_path)
    assert done.returncode == 0
    assert f"read 10 (a sample, seed 7) of 21 lines, and calls {says['differs']} things".encode() in done.stdout


def test_options_of_a_sample_need_what_they_are_for() -> None:
    for options in (["--sample", "5"], ["--second-opinion", "presidio", "--seed", "3"]):
        done = run("verify", *options, stdin=CLEAN)
        assert done.returncode == 2 and "add what is missing" in lines(done)[0]


def test_all_detectors_are_a_recognizer_of_presidios() -> None:
    from logscrub.detect.presidio import LogscrubRecognizer  # its libraries take seconds to import

    recognizer = LogscrubRecognizer()
    text = "from jane.doe@acme.example, account 557058:8ce114f4-d82c-45e2-b4fb-c6a0751d7d57"
    found = {(r.entity_type, text[r.start : r.end], r.score) for r in recognizer.analyze(text, [])}
    assert {t for t, _, _ in found} == {"EMAIL_ADDRESS", "ACCOUNT_ID"} and (
        "EMAIL_ADDRESS",
        "jane.doe@acme.example",
        1.0,
    ) in found
    assert {r.entity_type for r in recognizer.analyze(text, ["ACCOUNT_ID"])} == {"ACCOUNT_ID"}
    assert {"EMAIL_ADDRESS", "PERSON"} <= set(recognizer.supported_entities)
