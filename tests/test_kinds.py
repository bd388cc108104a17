"""Kinds of customer data in the syntaxes, languages and neighbours that logs have; and what a policy makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from logscrub import api
from logscrub.redact.policy import load_policy

KEY = b"0123456789abcdef0123456789abcdef"
MAIL = "renske.bakker@acme.example"

BYTES = {
    "Node": lambda d: f"<Buffer {d.hex(' ')}>",
    "ArrayBuffer": lambda d: f"ArrayBuffer {{ [Uint8Contents]: <{d.hex(' ')}>, byteLength: {len(d)} }}",
    "Uint8Array": lambda d: f"Uint8Array({len(d)}) [ {', '.join(map(str, d))} ]",
    "JSON": lambda d: json.dumps({"type": "Buffer", "data": list(d)}),
    "C": lambda d: "{ " + ", ".join(f"0x{n:02x}" for n in d) + " }",
    "C in capitals": lambda d: "{" + ", ".join(f"0x{n:02X}" for n in d) + "}",
    "Rust": lambda d: "[" + ", ".join(f"0x{n:02x}" for n in d) + "]",
    "Go": lambda d: "[" + " ".join(map(str, d)) + "]",
    "Java": lambda d: "[" + ", ".join(str(n - 256 if n > 127 else n) for n in d) + "]",
    "Objective-C": lambda d: "<" + " ".join(d.hex()[i : i + 8] for i in range(0, 2 * len(d), 8)) + ">",
}
JOINED = [
    "'{0}' + '@' + '{1}'",
    '"{0}" + "@" + "{1}"',
    "'{0}@' + '{1}'",
    "'{0}' . '@{1}'",
    "CONCAT('{0}@', '{1}')",
    "'{0}' || '@' || '{1}'",
    "x {0} [at] {1} y",
    "x {0}(at){1} y",
    "x {0} {{at}} acme {{dot}} example y",
    "x {0} (arroba) acme (punto) example y",
]
SENTENCES = [
    "my landlord refuses the deposit",
    "she is sick again and cannot come in May",
    "ich bin seit Montag krank",
    "mon voisin refuse de payer",
    "il mio capo mi odia",
    "мой начальник меня не любит",
    "budget for the merger in May",
]
CUES = [
    "agent replied: {0}",
    'user said "{0}"',
    "customer asked: {0}",
    "LLM response: {0}",
    "rovo agent input {0}",
    "comment by jdoe42: {0}",
    "worklog added 2h by jdoe42: {0}",
    "searched for {0}",
    'translated "{0}" to English',
    "summary changed from {0} to x1",
    "description of PAY-12 updated to {0}",
    '{{"generatedText":"{0}"}}',
    '{{"completion":"{0}"}}',
]
OF_PROGRAMS = [
    "connection refused by the server",
    "request timed out after 30 seconds",
    "404 not found",
    "cache is empty, loading the index from disk",
    "null",
    "worker 4 exited with code 1",
    "synchronized to 10.0.0.1, stratum 3",
]
CUES_OF_PROGRAMS = ["server replied: {0}", "peer said: {0}", "upstream responded: {0}", "bot said: {0}", "search for {0}"]


def scrubbed(text: str, **options: object) -> str:
    return api.scrub(text, key=KEY, **options).output  # type: ignore[arg-type]


@pytest.mark.parametrize("syntax", sorted(BYTES))
@pytest.mark.parametrize("before", ["payload ", "got data ", "WARN x: "])
def test_bytes_that_say_who_it_is_go_whole(syntax: str, before: str) -> None:
    text = before + BYTES[syntax](MAIL.encode()) + " in 3 ms\n"
    for engine in api.engines():
        out = scrubbed(text, engine=engine)
        assert "EMAIL_ADDRESS" in out
        assert not re.search(r"(?i)(?:72|0x72|114),? (?:65|0x65|101)", out)
        assert out.endswith(" in 3 ms\n")


@pytest.mark.parametrize("syntax", sorted(BYTES))
def test_bytes_that_say_nothing_stay(syntax: str) -> None:
    text = "payload " + BYTES[syntax](bytes(range(1, 250, 7))) + "\n"
    assert scrubbed(text) == text


@pytest.mark.parametrize("joined", JOINED)
def test_an_address_in_pieces_goes(joined: str) -> None:
    out = scrubbed(joined.format("gstrand", "acme.example") + " is not valid\n")
    assert "gstrand" not in out
    assert "EMAIL_ADDRESS" in out
    assert out.endswith(" is not valid\n")


@pytest.mark.parametrize("cue", CUES)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_somebody_says_goes(cue: str, sentence: str) -> None:
    out = scrubbed(cue.format(sentence) + "\n")
    assert not [w for w in re.findall(r"\w{4,}", sentence) if re.search(rf"\b{w}\b", out)]
    assert scrubbed(out) == out


@pytest.mark.parametrize("cue", CUES_OF_PROGRAMS)
@pytest.mark.parametrize("message", OF_PROGRAMS)
def test_what_programs_say_stays(cue: str, message: str) -> None:
    out = scrubbed(cue.format(message) + "\n")
    assert "CONTENT" not in out


@pytest.mark.parametrize(
    "text",
    ['{"tyler":1,"julia":2}', '{"preis":12,"menge":3}', '{"curp":1,"rose":2,"will":3}', '{"count":{"mark":1,"jan":2}}'],
)
def test_a_lone_small_word_is_a_key_and_no_person(text: str) -> None:
    for whole in (text, json.dumps({"message": text})):
        for engine in api.engines():
            assert scrubbed(whole + "\n", engine=engine) == whole + "\n"


def test_a_key_that_is_a_name_in_full_goes() -> None:
    assert "Strand" not in scrubbed('{"Gunhild Strand":3}\n')


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("ROW 14 STRAND, GUNHILD M OK", "ROW 14 <PERSON> OK"),
        ("CUSTOMER: D'ALMEIDA, TERESA M VERIFIED", "CUSTOMER: <PERSON> VERIFIED"),
        ("patient=BAKKER, RENSKE", "patient=<PERSON>"),
        ("N:Brandvold;Quirkle;;;", "N:<PERSON>;;;"),
        ("ADR;TYPE=HOME:;;Elm 2;Oslo;;0150;Norway", "ADR;TYPE=HOME:;;<STREET_ADDRESS>"),
        ("pushed to refs/heads/feature/quirin.aschenbrenner/fix-login", "pushed to refs/heads/feature/<USERNAME>/fix-login"),
        ("password=<SECRET> hunter2", "password=<SECRET> <SECRET>"),
    ],
)
def test_a_line_becomes(text: str, want: str) -> None:
    assert scrubbed(f"{text}\n") == f"{want}\n"


def _policy(folder: Path, **rows: str) -> Path:
    text = 'name = "own"\nwhy = "A test."\n[rows]\n'
    kept = {**load_policy("atlassian").rows, **{row.replace("_", " "): action for row, action in rows.items()}}
    path = folder / "own.toml"
    path.write_text(text + "".join(f'"{row}" = "{action}"\n' for row, action in kept.items()), encoding="utf-8")
    return path


OVER_LINES = {
    "a block of YAML": "password: >-\n  <PASSWORD>\nid: 4\n",
    "a block in a block": "app:\n  summary: |\n    <CONTENT>\n  id: 4\n",
    "an element of XML": "<user>\n  <password>\n    <PASSWORD>\n  </password>\n  <id>4</id>\n</user>\n",
    "an element with attributes": "<user>\n  <a:password kind='2'>\n    <PASSWORD>\n  </a:password>\n</user>\n",
}
BESIDE = {
    "PHP": 'array(1) {{ ["{0}"]=> string(12) "{1}" }}',
    "Rust": 'User {{ id: 4, {0}: Some("{1}") }}',
    "Swift": 'User(id: 4, {0}: Optional("{1}"))',
    "Erlang": '#{{<<"{0}">> => <<"{1}">>}}',
    "cells": "<tr><td>{0}</td><td>{1}</td></tr>",
    "a list of HTML": "<dl><dt>{0}:</dt> <dd class='v'>{1}</dd></dl>",
    "columns": "{0}\t{1}",
}


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize("what", OVER_LINES)
def test_a_value_in_the_lines_after_its_name_goes(engine: api.EngineName, what: str) -> None:
    want = OVER_LINES[what]
    text = want.replace("<PASSWORD>", "tulip7Orange").replace("<CONTENT>", "my landlord refuses the deposit")
    assert scrubbed(text, engine=engine) == want


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize("text", ["missing element <password>\n  at load (a.js:4:2)\n", "id: |\n  4711\n", "a <b>\n  c7\n"])
def test_a_line_that_is_more_than_a_name_or_names_nothing_leaves_the_next_alone(engine: api.EngineName, text: str) -> None:
    assert scrubbed(text, engine=engine) == text


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize("syntax", BESIDE)
@pytest.mark.parametrize("name", ["clientSecret", "api_key", "db.password"])
def test_a_secret_goes_beside_its_name(engine: api.EngineName, syntax: str, name: str) -> None:
    out = scrubbed(BESIDE[syntax].format(name, "tulip7-Orange") + "\n", engine=engine)
    assert "tulip7" not in out
    assert name in out


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize(
    "text", ['{"email address":"x42@acme.example"}', "userEmailAddress=x42@acme.example", "emailAddress: 'x42@acme.example'"]
)
def test_a_row_that_stays_keeps_its_fields_whole(tmp_path: Path, engine: api.EngineName, text: str) -> None:
    assert scrubbed(f"{text}\n", policy=_policy(tmp_path, email_address="keep"), engine=engine) == f"{text}\n"


@pytest.mark.parametrize("engine", api.engines())
def test_no_pseudonym_is_made_of_a_secret(tmp_path: Path, engine: api.EngineName) -> None:
    policy = _policy(tmp_path, email_address="pseudonym")
    out = scrubbed(
        "GET https://svc:tulip7Orange@acme.example/x\nGET https://svc:violet9Green@acme.example/x\n", policy=policy, engine=engine
    )
    first, second = out.splitlines()
    assert first == second
    assert first.endswith("@acme.example/x")
    assert scrubbed("password=x42@acme.example\n", policy=policy, engine=engine) in (
        "password=<EMAIL_ADDRESS>\n",
        "password=<PASSWORD>\n",
    )


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize("around", ["by {0} now", '{{"by":"{0}"}}', '{{"message":"{{\\"by\\":\\"{0}\\"}}"}}'])
def test_under_strict_the_pseudonyms_of_another_policy_go(engine: api.EngineName, around: str) -> None:
    pseudonym = "<ACCOUNT_ID:0123456789abcdef0123>"
    text = around.format(pseudonym) + "\n"
    assert scrubbed(text, engine=engine) == text
    made = api.scrub(text, key=KEY, policy="strict", engine=engine)
    assert made.output == around.format("<ACCOUNT_ID>") + "\n"
    assert made.redactions == {"ACCOUNT_ID": 1}
    assert scrubbed(made.output, policy="strict", engine=engine) == made.output


FAILED = ["failed to get token", "could not load the private key", "Unable to parse authorization", "error while reading secret"]
ERRORS = [
    "context deadline exceeded",
    "connection refused",
    "dial tcp: lookup db.example: i/o timeout",
    "x509: certificate has expired",
    "net/http: request canceled, timeout",
    "java.io.IOException: stream closed",
    "socket hang up",
]


@pytest.mark.parametrize("engine", api.engines())
@pytest.mark.parametrize("what", FAILED)
def test_an_error_behind_what_failed_stays_and_a_secret_goes(what: str, engine: api.EngineName) -> None:
    for error in ERRORS:
        assert scrubbed(f"{what}: {error}\n", engine=engine) == f"{what}: {error}\n"
    for secret in ("tulip7Orange", "Harbour9!Kite", "Vq7tulipB2n9orangeX4"):
        assert secret not in scrubbed(f"{what}: {secret} has expired\n", engine=engine)
