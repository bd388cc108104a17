"""A signed proof: other implementations accept it, and whatever is changed of files, proof, signature or rules is told."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey
from strategies import THOROUGH
from test_cli_scrub import CLEAN, LINE, ROOT, lines, run, zipped
from test_proof import policy, set_up

from logscrub import __version__
from logscrub.attest import signing
from logscrub.attest.checking import changed, differences
from logscrub.attest.statement import NotUnderstood, Statement, Subject, parse
from logscrub.cli.attest import check
from logscrub.engines import factory
from logscrub.errors import LogscrubError, UsageError

SCHEMA = json.loads((ROOT / "docs/reference/proof.schema.json").read_text())
FILES = {"clean/a.log": CLEAN * 3, "clean/b.log.gz": gzip.compress(CLEAN, mtime=0), "clean/c.zip": zipped({"d.log": CLEAN})}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clean files, rules of every kind, keys, and a signed proof."""
    folder = tmp_path_factory.mktemp("made")
    set_up(folder)
    (folder / "clean").mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    assert run("keys", "new", "--signing", "sign.key", cwd=folder).returncode == 0
    done = run("verify", "clean", "--attest", "proof.json", "--sign-key", "sign.key", cwd=folder)
    assert done.returncode == 0 and lines(done)[0].startswith("logscrub: proof.json: a proof signed by key ")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def checked(folder: Path, *more: str, proof: str = "proof.json", files: tuple[str, ...] = ("clean",)) -> tuple[int, list[str]]:
    done = run("attest", "check", proof, *files, "--public-key", "sign.key.pub", *more, cwd=folder)
    return done.returncode, done.stdout.decode().splitlines()


Json = dict[str, Any]


def payload_of(proof: Path) -> Json:
    return Json(json.loads(base64.b64decode(json.loads(proof.read_bytes())["payload"])))


def test_a_proof_says_who_found_which_files_clean_when_and_by_which_rules(folder: Path) -> None:
    code, told = checked(folder)
    statement = payload_of(folder / "proof.json")
    assert code == 0 and told == [
        "signed with the key that belongs to sign.key.pub",
        f"at {statement['predicate']['time']}, by logscrub {__version__} "
        f"({statement['predicate']['engine']} engine, Python {statement['predicate']['python']})",
        f"policy mine, {len(statement['predicate']['detectors'])} detectors, "
        f"digest {statement['predicate']['rules']['detectors']['digest'][:16]}…",
        "0 values stayed because of the allow-list, which has 2",
        "proven: exactly these 3 files, 5 records, found clean",
    ]


def test_another_implementation_of_envelopes_accepts_the_proof_and_no_other(folder: Path) -> None:
    data = json.loads((folder / "proof.json").read_bytes())
    keyid = data["signatures"][0]["keyid"]
    theirs = SSlibKey.from_crypto(load_pem_public_key((folder / "sign.key.pub").read_bytes()), keyid=keyid)
    envelope = Envelope.from_dict(json.loads((folder / "proof.json").read_bytes()))
    assert envelope.payload_type == "application/vnd.in-toto+json"
    assert set(envelope.verify([theirs], 1)) == {keyid}
    envelope.payload = envelope.payload.replace(b"clean/a.log", b"clean/x.log")
    with pytest.raises(VerificationError):
        envelope.verify([theirs], 1)


def test_what_another_implementation_signed_is_accepted(folder: Path) -> None:
    """Written as we write it: the signature is theirs."""
    key = signing.read_signing_key(folder / "sign.key")
    public = key.public_key()
    payload = b'{"any": "payload"}'
    signer = CryptoSigner(key, SSlibKey.from_crypto(public, keyid=signing.key_id(public)))
    envelope = Envelope(payload, signing.PAYLOAD_TYPE, {})
    envelope.sign(signer)
    written = json.dumps(envelope.to_dict(), indent=2).encode() + b"\n"
    assert written == signing.sign(payload, key) and signing.open_envelope(written, public) == payload


def test_the_statement_is_that_of_the_schema(folder: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    statement = payload_of(folder / "proof.json")
    jsonschema.validate(statement, SCHEMA)
    assert [s["name"] for s in statement["subject"]] == list(FILES)
    (folder / "raw.log").write_bytes(b"to nobody@acme.example\nfrom bob@acme.example\n")
    (folder / "mine.toml").write_text(policy("mine", email_address="keep"))
    assert run("scrub", "raw.log", "-o", "out.log", "--summary", "s.json", cwd=folder).returncode == 0
    done = run("verify", "out.log", "--summary", "s.json", "--attest", "p.json", "--sign-key", "sign.key", cwd=folder)
    assert done.returncode == 0
    statement = payload_of(folder / "p.json")
    jsonschema.validate(statement, SCHEMA)
    assert {"caution", "scrub"} <= set(statement["predicate"]) and "from" in statement["predicate"]["files"][0]
    statement["predicate"]["found"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(statement, SCHEMA)


def test_a_file_is_its_bytes_whatever_its_name_and_place(folder: Path) -> None:
    (folder / "clean").rename(folder / "elsewhere")
    (folder / "elsewhere/a.log").rename(folder / "other.name")
    assert checked(folder, files=("other.name", "elsewhere"))[0] == 0


def test_each_file_that_differs_is_named(folder: Path) -> None:
    (folder / "clean/a.log").write_bytes(CLEAN * 2)
    (folder / "clean/new.log").write_bytes(CLEAN)
    (folder / "clean/c.zip").unlink()
    code, told = checked(folder)
    assert code == 1 and told[-4:] == [
        "clean/a.log: differs from what was proven",
        "clean/new.log: is not in the proof",
        "clean/c.zip: is in the proof, but was not given",
        "not proven: what stands above does not hold",
    ]


def test_a_file_that_cannot_be_read_proves_nothing(folder: Path) -> None:
    done = run("attest", "check", "proof.json", "clean", "missing.log", "--public-key", "sign.key.pub", cwd=folder)
    assert done.returncode == 3 and done.stdout.splitlines()[-1] == b"not proven: 1 file could not be read"
    assert lines(done) == ["logscrub: missing.log: no such file"]


def test_the_same_name_in_the_same_folder_is_told_first() -> None:
    stated = [Subject("x/a.log", "1"), Subject("y/a.log", "2")]
    assert list(differences(stated, [Subject("y/a.log", "3"), Subject("x/a.log", "1")])) == [
        ("y/a.log", "differs from what was proven")
    ]
    assert list(differences(stated, [Subject("b", "2"), Subject("b", "1"), Subject("c", "1")])) == []


def test_another_key_and_no_key_are_told(folder: Path) -> None:
    assert run("keys", "new", "--signing", "other.key", cwd=folder).returncode == 0
    done = run("verify", "clean", "--attest", "p.json", "--sign-key", "other.key", cwd=folder)
    assert done.returncode == 0
    code, told = checked(folder, proof="p.json")
    assert code == 1 and told[0].startswith("p.json: was signed by key ") and told[1:] == ["not proven"]
    done = run("verify", "clean", "--attest", "p.json", cwd=folder)
    assert done.returncode == 0 and "is not signed" in lines(done)[0]
    jsonschema.validate(json.loads((folder / "p.json").read_bytes()), SCHEMA)
    assert checked(folder, proof="p.json") == (1, ["p.json: is not signed, so anybody can have written it", "not proven"])
    done = run("verify", "clean", "--attest", "p.json", cwd=folder, env={"LOGSCRUB_SIGN_KEY": "sign.key"})
    assert done.returncode == 0 and checked(folder, proof="p.json")[0] == 0


def test_a_signature_that_is_another_keys_under_the_right_id_is_told(folder: Path) -> None:
    key = signing.read_signing_key(folder / "sign.key")
    other = serialization.load_pem_private_key(signing.new_keys()[0], None)
    assert isinstance(other, Ed25519PrivateKey)
    public = key.public_key()
    payload = signing.open_envelope((folder / "proof.json").read_bytes(), public)
    forged = signing._written(payload, signing.key_id(public), other.sign(signing._pae(payload)))
    with pytest.raises(signing.NotGenuine, match="does not fit"):
        signing.open_envelope(forged, public)
    elsewhere = signing._written(payload, signing.key_id(public), key.sign(payload))  # without its type
    with pytest.raises(signing.NotGenuine, match="does not fit"):
        signing.open_envelope(elsewhere, public)


WRITTEN_ANEW: dict[str, Callable[[Json], bytes]] = {
    "without spaces": lambda e: json.dumps(e).encode(),
    "without its last line end": lambda e: json.dumps(e, indent=2).encode(),
    "with more": lambda e: json.dumps({**e, "more": 1}, indent=2).encode() + b"\n",
    "with two signatures": lambda e: json.dumps({**e, "signatures": e["signatures"] * 2}, indent=2).encode() + b"\n",
    "with none": lambda e: json.dumps({**e, "signatures": []}, indent=2).encode() + b"\n",
    "of another type": lambda e: json.dumps({**e, "payloadType": "text/plain"}, indent=2).encode() + b"\n",
    "with base64 for URLs": lambda e: json.dumps({**e, "payload": e["payload"] + "-_"}, indent=2).encode() + b"\n",
    "a list": lambda e: b"[]",
    "a number": lambda e: b"1",
    "nothing": lambda e: b"",
    "nested without end": lambda e: b"[" * 100_000,
    "numbers in place of texts": lambda e: json.dumps({"payload": 1, "payloadType": 2, "signatures": [3]}).encode(),
}


@pytest.mark.parametrize("name", WRITTEN_ANEW)
def test_a_proof_that_was_written_anew_is_told(folder: Path, name: str) -> None:
    proof = folder / "proof.json"
    public = signing.read_public_key(folder / "sign.key.pub")
    with pytest.raises(signing.NotGenuine):
        signing.open_envelope(WRITTEN_ANEW[name](json.loads(proof.read_bytes())), public)


def _without(statement: Json, path: tuple[str, ...]) -> Json:
    copy: Json = json.loads(json.dumps(statement))
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return copy


def test_a_statement_that_lacks_something_is_not_understood(folder: Path) -> None:
    statement = payload_of(folder / "proof.json")
    parse(json.dumps(statement).encode())
    for path in (
        ("_type",), ("predicateType",), ("subject",), ("predicate",), ("predicate", "rules"), ("predicate", "records"),
        ("predicate", "rules", "policy", "name"), ("predicate", "rules", "input_format"), ("predicate", "allowed"),
    ):  # fmt: skip
        with pytest.raises(NotUnderstood):
            parse(json.dumps(_without(statement, path)).encode())
    for other in (b"", b"[]", b"1", b'{"_type": 1}', json.dumps({**statement, "subject": [1]}).encode()):
        with pytest.raises(NotUnderstood):
            parse(other)


def test_verifying_again_tells_which_rules_have_changed(folder: Path) -> None:
    code, told = checked(folder, "--again")
    assert code == 0 and told[4].startswith("verified again by logscrub ") and told[4].endswith(" 3 files, 5 records")
    (folder / "mine.toml").write_text((folder / "mine.toml").read_text().replace('"url" = "remove"', '"url" = "keep"'))
    code, told = checked(folder, "--again")
    assert code == 1 and told[5:-1] == [
        "rules: policy.digest has changed since",
        "rules: policy.files has changed since",
        "rules: policy.rows.keep has changed since",
        "rules: policy.rows.remove has changed since",
    ]
    assert checked(folder)[0] == 0  # the proof still holds: it is of then
    (folder / "own/our_mail.toml").write_text(
        'id = "our_mail"\nentity_type = "MAIL"\nguideline = "email address"\nwhy = "w"\npatterns = ["INFO mail"]\n'
        'examples = ["«INFO mail» to x"]\n'
    )
    code, told = checked(folder, "--again")
    assert code == 1 and "rules: detectors.digest has changed since" in told and "clean/a.log: 3 findings" in told


def test_verifying_again_takes_the_policy_and_the_recognizer_that_were_asked_for(folder: Path) -> None:
    (folder / "a.log").write_bytes(b"nothing here\n")
    options = ("--policy", "strict", "--input-format", "text")
    done = run("verify", "a.log", *options, "--attest", "p.json", "--sign-key", "sign.key", cwd=folder)
    assert done.returncode == 0
    assert checked(folder, "--again", proof="p.json", files=("a.log",))[0] == 0
    code, told = checked(folder, "--again", "--policy", "atlassian", proof="p.json", files=("a.log",))
    assert code == 1 and "rules: policy.name has changed since" in told


def test_changed_rules_are_told_by_their_path() -> None:
    assert changed({"a": {"b": 1, "c": 2}, "d": None}, {"a": {"b": 1, "c": 3}, "e": 1}) == ["a.c", "d", "e"]


def test_options_for_verifying_anew_need_it(folder: Path) -> None:
    for more in (["--policy", "strict"], ["--engine", "plain"], ["--detectors", "own"]):
        done = run("attest", "check", "proof.json", "clean", "--public-key", "sign.key.pub", *more, cwd=folder)
        assert done.returncode == 2 and "add --again" in lines(done)[0]


def test_nothing_is_proven_that_is_not_clean(folder: Path) -> None:
    (folder / "clean/bad.log").write_bytes(b"to bob@acme.example\n")
    before = (folder / "proof.json").read_bytes()
    done = run("verify", "clean", "--attest", "new.json", "--sign-key", "sign.key", cwd=folder)
    assert done.returncode == 1 and not (folder / "new.json").exists()
    assert lines(done) == ["logscrub: new.json: not written: there is nothing to prove"]
    run("verify", "clean", "--attest", "proof.json", "--sign-key", "sign.key", cwd=folder)
    assert (folder / "proof.json").read_bytes() == before
    done = run("verify", "--attest", "new.json", stdin=b"", cwd=folder)
    assert done.returncode == 3 and not (folder / "new.json").exists()


WRONG = {
    "a key without a proof": (["clean", "--sign-key", "sign.key"], "--attest FILE"),
    "standard output": (["clean", "--attest", "-"], "is written to a file"),
    "an input": (["clean", "--attest", "clean/a.log"], "is also an input"),
    "the summary": (["clean", "--attest", "s.json", "--summary", "s.json"], "is also an input"),
    "the report": (["clean", "--attest", "x.json", "-o", "x.json"], "is also where the report goes"),
    "no such key": (["clean", "--attest", "x.json", "--sign-key", "missing"], "cannot be read"),
    "a public key": (["clean", "--attest", "x.json", "--sign-key", "sign.key.pub"], "is no private key"),
    "a key for pseudonyms": (["clean", "--attest", "x.json", "--sign-key", "p.key"], "is no private key"),
    "no summary": (["clean", "--summary", "logscrub.toml"], "is no summary of logscrub scrub"),
    "a summary that is not there": (["clean", "--summary", "missing"], "the summary cannot be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(folder: Path, name: str) -> None:
    arguments, why = WRONG[name]
    (folder / "s.json").write_text("{}")
    run("keys", "new", "p.key", cwd=folder)
    before = sorted(path.name for path in folder.rglob("*"))
    done = run("verify", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"") and len(lines(done)) == 1 and why in lines(done)[0]
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_store_has_no_proof(tmp_path: Path) -> None:
    (tmp_path / "store/_delta_log").mkdir(parents=True)
    done = run("verify", "store", "--attest", "p.json", cwd=tmp_path)
    assert done.returncode == 2 and "a proof is of files" in lines(done)[0]


def test_a_report_of_logscrubs_own_is_proven_by_its_bytes(folder: Path) -> None:
    (folder / "report.json").write_bytes(run("verify", "clean", "--format", "json", cwd=folder).stdout)
    done = run("verify", "report.json", "--attest", "p.json", "--sign-key", "sign.key", cwd=folder)
    assert done.returncode == 0 and checked(folder, proof="p.json", files=("report.json",))[0] == 0


def test_signing_keys_are_two_new_files_and_only_the_public_one_can_be_read_by_others(tmp_path: Path) -> None:
    os.umask(0o022)
    try:
        done = run("keys", "new", "--signing", "sign.key", cwd=tmp_path)
    finally:
        os.umask(0o077)
    private, public = tmp_path / "sign.key", tmp_path / "sign.key.pub"
    assert done.returncode == 0 and done.stdout == b""
    assert stat.S_IMODE(private.stat().st_mode) == 0o600 and stat.S_IMODE(public.stat().st_mode) == 0o644
    ids = {run("keys", "id", path).stdout.decode().strip() for path in (private, public)}
    assert len(ids) == 1 and next(iter(ids))[:16] in lines(done)[0]
    before = {path: path.read_bytes() for path in (private, public)}
    assert run("keys", "new", "--signing", "sign.key", cwd=tmp_path).returncode == 2
    private.unlink()
    assert run("keys", "new", "--signing", "sign.key", cwd=tmp_path).returncode == 2 and not private.exists()
    assert public.read_bytes() == before[public]


def test_only_ed25519_keys_sign_and_check(tmp_path: Path) -> None:
    key = generate_private_key(SECP256R1())
    secret = serialization.load_pem_private_key(signing.new_keys()[0], None)
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "ec").write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "ec.pub").write_bytes(key.public_key().public_bytes(pem, spki))
    (tmp_path / "locked").write_bytes(secret.private_bytes(pem, pkcs8, serialization.BestAvailableEncryption(b"x")))
    (tmp_path / "plain").write_bytes(secret.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    for read, name, why in (
        (signing.read_signing_key, "ec", "no Ed25519"), (signing.read_public_key, "ec.pub", "no Ed25519"),
        (signing.read_signing_key, "locked", "has a password"), (signing.read_public_key, "plain", "only the signer"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=why):
            read(tmp_path / name)


def test_a_file_that_the_scrub_did_not_write_is_not_proven(folder: Path) -> None:
    raw = {"a.log": LINE * 3, "b.zip": zipped({"x.log": LINE}), "c.log.gz": gzip.compress(LINE)}
    (folder / "raw").mkdir()
    for name, data in raw.items():
        (folder / "raw" / name).write_bytes(data)
    (folder / "logscrub.toml").unlink()
    assert run("scrub", "raw", "-o", "out", "--summary", "s.json", cwd=folder).returncode == 0
    done = run("verify", "out", "--summary", "s.json", "--format", "json", cwd=folder)
    found = json.loads(done.stdout)
    summary = json.loads((folder / "s.json").read_text())
    assert done.returncode == 0 and found["scrub"]["key_id"] == summary["key_id"]
    origins = {f["path"]: f["from"]["sha256"] for f in found["files"]}
    names = {"a.log": "out/a.log", "b.zip": "out/b.zip!x.log", "c.log.gz": "out/c.log.gz"}
    assert origins == {names[entry["name"]]: entry["read"]["sha256"] for entry in summary["inputs"]}
    assert found["files"][1]["from"]["content_sha256"] == summary["inputs"][1]["members"][0]["read"]
    (folder / "out/a.log").write_bytes(CLEAN)
    done = run("verify", "out", "--summary", "s.json", "--attest", "p.json", cwd=folder)
    assert done.returncode == 3 and not (folder / "p.json").exists()
    assert b"out/a.log: the summary does not know it: it was changed since, or another run wrote it" in done.stdout


# tampering

PARTS = {
    "file": tuple(FILES),
    "proof": ("proof.json",),
    "detectors": ("own/our_ticket.toml",),
    "policy": ("mine.toml",),
    "configuration": ("logscrub.toml",),
}
TRIED = {"file": 150, "proof": 250, "detectors": 20, "policy": 50, "configuration": 50}
"""How many changes are tried in each run; a thorough one tries ten times as many."""


def changes(folder: Path, part: str, count: int) -> Iterator[tuple[Path, bytes]]:
    """Files, each with one random byte changed to another."""
    chance = random.Random(part)
    for _ in range(count):
        path = folder / chance.choice(PARTS[part])
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        yield path, bytes(data)


@pytest.mark.parametrize("part", PARTS)
def test_each_changed_byte_is_told(folder: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    again = part not in ("file", "proof")

    def code() -> int:
        factory._detectors.cache_clear()
        factory._engine.cache_clear()
        try:
            return check(Path("proof.json"), ["clean"], Path("sign.key.pub"), again)
        except LogscrubError as error:
            return error.exit_code

    assert code() == 0
    for path, data in changes(folder, part, TRIED[part] * (10 if THOROUGH else 1)):
        before = path.read_bytes()
        path.write_bytes(data)
        assert code() != 0, f"{path}: byte {next(n for n, (a, b) in enumerate(zip(before, data, strict=True)) if a != b)}"
        path.write_bytes(before)
    assert code() == 0


def test_a_statement_has_each_file_once() -> None:
    from logscrub.attest.statement import state

    twice = state([Subject("a", "1"), Subject("a", "1"), Subject("b", "1")], {})
    assert twice == Statement((Subject("a", "1"), Subject("b", "1")), {})
