"""Key files: how they are made, what is taken for one, what is refused, and what is warned of."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples
from test_cli_scrub import ACCOUNT, ENVIRONMENT, ROOT, lines, run

import logscrub
from logscrub.errors import UsageError
from logscrub.redact.keys import check_key, new_key, read_key, weaknesses

TEXT = b"by " + ACCOUNT + b"\n"
CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:"


def pem(body: str) -> bytes:
    return f"-----BEGIN EXAMPLE KEY-----\n{body}\n-----END EXAMPLE KEY-----\n".encode()


def test_a_new_key_is_one_line_that_only_its_owner_can_read(tmp_path: Path) -> None:
    os.umask(0)  # the mode does not depend on it
    try:
        done = run("keys", "new", "logscrub.key", cwd=tmp_path)
    finally:
        os.umask(0o077)
    file = tmp_path / "logscrub.key"
    assert (done.returncode, done.stdout) == (0, b"") and stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_bytes()
    assert re.fullmatch(rb"logscrub-key-v1:[A-Za-z0-9_-]{48}\n", key) and key.strip() not in done.stderr
    shown = run("keys", "id", file)
    assert re.fullmatch(rb"[0-9a-f]{16}\n", shown.stdout) and shown.stderr == b""
    assert shown.stdout.decode().strip() in lines(done)[0]
    assert run("keys", "new", tmp_path / "other.key").returncode == 0 and (tmp_path / "other.key").read_bytes() != key


def test_a_new_key_never_takes_the_place_of_anything(tmp_path: Path) -> None:
    (tmp_path / "logscrub.key").write_bytes(b"as it was")
    (tmp_path / "link").symlink_to("nowhere")
    for name, code in (("logscrub.key", 2), ("link", 2), ("-", 2), ("missing/x.key", 3)):
        done = run("keys", "new", name, cwd=tmp_path)
        assert done.returncode == code and len(lines(done)) == 1, name
    assert (tmp_path / "logscrub.key").read_bytes() == b"as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "logscrub.key"]


def test_a_key_to_sign_with_does_not_stay_where_its_public_one_cannot_be_written(tmp_path: Path) -> None:
    done = run("keys", "new", "--signing", "k" * 252, cwd=tmp_path)  # a name of 255 bytes at most, which `.pub` is too much for
    assert done.returncode == 3 and "File name too long" in lines(done)[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_the_same_in_a_file_in_the_environment_and_in_the_library(tmp_path: Path) -> None:
    file = tmp_path / "logscrub.key"
    assert run("keys", "new", file).returncode == 0
    by_file = run("scrub", "--key-file", file, stdin=TEXT).stdout
    by_variable = run("scrub", stdin=TEXT, env={"LOGSCRUB_KEY": file.read_text()}).stdout
    by_library = logscrub.scrub(TEXT, key=file.read_bytes()).output  # with its line end
    assert b"<ACCOUNT_ID:" in by_file and by_file == by_variable == by_library
    summary = run("scrub", "--key-file", file, "--summary", "-", "-o", tmp_path / "out", stdin=TEXT).stdout
    assert json.loads(summary)["key_id"] == run("keys", "id", file).stdout.decode().strip()


@examples(100)
@given(st.data())
def test_a_changed_lost_or_added_character_is_noticed(data: st.DataObject) -> None:
    key = data.draw(st.binary(min_size=32, max_size=32).map(lambda _: new_key()))
    place, other = data.draw(st.integers(0, len(key) - 1)), data.draw(st.sampled_from(CHARACTERS))
    changed = key[:place] + bytes([other]) + key[place + 1 :]
    for damaged in (changed, key[:place] + key[place + 1 :], key[:place] + bytes([other]) + key[place:]):
        if damaged != key:
            with pytest.raises(UsageError, match="damaged") as raised:
                check_key(damaged, "the key")
            assert damaged.decode() not in str(raised.value)
    assert check_key(key, "the key") == key == check_key(b" " + key + b"\r\n", "the key")


def test_a_damaged_key_is_refused_wherever_it_comes_from(tmp_path: Path) -> None:
    key = new_key()
    damaged = key[:-1] + (b"A" if key[-1:] != b"A" else b"B")
    (tmp_path / "k").write_bytes(damaged)
    for done in (
        run("scrub", "--key-file", tmp_path / "k", stdin=TEXT),
        run("scrub", stdin=TEXT, env={"LOGSCRUB_KEY": damaged.decode()}),
        run("keys", "id", tmp_path / "k"),
    ):
        assert (done.returncode, done.stdout) == (2, b"") and "damaged" in lines(done)[0] and damaged not in done.stderr
    with pytest.raises(UsageError, match="damaged"):
        logscrub.scrub(TEXT, key=damaged)


_OLD_KEYS = {
    "hex": b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n",
    "base64": base64.b64encode(bytes(range(60, 92))) + b"\n",
    "base64 in lines": base64.encodebytes(bytes(range(120))),
    "bytes": bytes(range(200, 232)),
    "bytes with line ends": b"\x93\n\xe1{\n\xfe\x01 \n" + bytes(range(180, 200)),
    "a passphrase": b"correct horse battery staple\n",
    "a passphrase of another script": "правильная лошадь".encode(),
    "a private key": pem("MC4CAQAwBQYDK2VwBCIEIExampleExampleExample\nExampleExample"),
    "4,096 bytes": bytes(range(256)) * 16,
}


@pytest.mark.parametrize("name", _OLD_KEYS)
def test_keys_from_before_go_on_working_with_the_same_pseudonyms(tmp_path: Path, name: str) -> None:
    file = tmp_path / "k"
    file.write_bytes(_OLD_KEYS[name])
    assert read_key(file) == _OLD_KEYS[name].strip()
    assert weaknesses(read_key(file), file) == []


def test_an_old_key_has_the_id_it_always_had(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(_OLD_KEYS["hex"])
    done = run("keys", "id", tmp_path / "k")
    assert (done.stdout, done.stderr) == (b"0086d21fd061896c\n", b"")


def test_random_bytes_are_a_key_whatever_they_are(tmp_path: Path) -> None:
    for seed in range(2000):
        secret = random.Random(seed).randbytes(20 + seed % 300)
        (tmp_path / "k").write_bytes(secret)
        assert read_key(tmp_path / "k") == secret.strip()


@pytest.mark.parametrize(
    "path",
    ["README.md", "pyproject.toml", "logscrub/errors.py", "sample_logs/forge_logs_flat.log", "Makefile", ".gitignore", "LICENSE"],
)
def test_a_document_is_no_key(path: str) -> None:
    done = run("scrub", "--key-file", ROOT / path, stdin=TEXT)
    assert (done.returncode, done.stdout) == (2, b"") and len(lines(done)) == 1
    assert "not a key; make one with: logscrub keys new logscrub.key" in lines(done)[0]


_NO_KEYS = {
    "two lines of prose": b"A line of text, and\nanother one.\n",
    "JSON on a line": b'{"level":"INFO","message":"started"}\n',
    "NDJSON": b'{"level":"INFO"}\n{"level":"INFO"}\n',
    "a word list": b"alpha\nbeta\ngamma\ndelta\n",
    "a key and a note": new_key() + b"\n# of the store of 2026\n",
    "Latin-1": "Müller heißt der Kunde,\nund er wohnt hier.\n".encode("latin-1") * 8,
    "gzip": gzip.compress(b"a log"),
    "a zip": b"PK\x03\x04" + bytes(range(60)),
    "9,000 random bytes": bytes(range(256)) * 36,
}


@pytest.mark.parametrize("name", _NO_KEYS)
def test_what_is_clearly_something_else_is_no_key(tmp_path: Path, name: str) -> None:
    (tmp_path / "k").write_bytes(_NO_KEYS[name])
    with pytest.raises(UsageError, match=r"not a key; make one with: logscrub keys new"):
        read_key(tmp_path / "k")


def test_any_secret_goes_on_working_in_the_environment() -> None:
    """The way out for who has a key file that is refused now."""
    text = _NO_KEYS["two lines of prose"].decode()
    assert run("scrub", stdin=TEXT, env={"LOGSCRUB_KEY": text}).stdout == logscrub.scrub(TEXT, key=text.strip().encode()).output


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_file_that_others_may_open_makes_one_warning(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "k"
    file.write_bytes(new_key())
    file.chmod(mode)
    done = run("scrub", "--key-file", file, stdin=TEXT)
    assert done.returncode == 0 and len(lines(done)) == 2
    assert f"mode {mode:04o}" in lines(done)[0] and lines(done)[0].endswith(f"chmod 600 {file}")
    file.chmod(0o400)
    assert len(lines(run("scrub", "--key-file", file, stdin=TEXT))) == 1


@pytest.mark.parametrize(
    ("key", "says"), [(b"k" * 32, "one byte"), (b"\0" * 32, "one byte"), (b"abababababababab", "2 different")]
)
def test_a_key_of_hardly_any_different_bytes_makes_one_warning(tmp_path: Path, key: bytes, says: str) -> None:
    (tmp_path / "k").write_bytes(key)
    runs = [run("scrub", "--key-file", tmp_path / "k", stdin=TEXT)]
    if b"\0" not in key:
        runs.append(run("scrub", stdin=TEXT, env={"LOGSCRUB_KEY": key.decode()}))
    for done in runs:
        assert done.returncode == 0 and len(lines(done)) == 2 and says in lines(done)[0]
        assert key not in done.stderr
    assert b"LOGSCRUB_KEY: " in runs[-1].stderr or len(runs) == 1


def test_a_key_comes_from_a_pipe_without_a_warning(tmp_path: Path) -> None:
    command = f"{sys.executable} -m logscrub keys id <(cat k)"
    (tmp_path / "k").write_bytes(_OLD_KEYS["hex"])
    done = subprocess.run(["bash", "-c", command], capture_output=True, cwd=tmp_path, env=ENVIRONMENT, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
