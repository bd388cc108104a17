"""The native engine gives the plain engine's output, byte for byte, whatever comes and however it is cut."""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples, scrub, tangled, verify, with_binary
from test_invariants import inputs

import logscrub
import sample_logs
from logscrub.api import build_redactor, engine_of, engines
from logscrub.config import Config, NameSettings
from logscrub.detect import catalogue
from logscrub.detect.engine import Engine
from logscrub.detect.names import Names
from logscrub.redact.policy import load_policy
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Tally
from logscrub.verification import FileReport

pytest.importorskip("logscrub._core", reason="the compiled core is not built; core/build.sh builds it")

from logscrub.engines import description, native
from logscrub.engines.native import NativeEngine, NativeRedactor

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import products

KEY = b"a key for tests only, 32 bytes.."
JUNK = bytes([*range(1, 7), *range(14, 24)])
RECORD = "INFO    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 "
MAIL = b"mail to jane.doe@acme.example now\n"


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what is short goes through in several batches."""
    monkeypatch.setattr(native, "_BATCH", 1024)


@pytest.fixture(scope="module")
def core(redactor: Redactor) -> NativeRedactor:
    return NativeRedactor(redactor)


def run(redactor: NativeRedactor, pieces: list[bytes], more: bool = True, threads: int = 2) -> tuple[bytes, Tally]:
    scrubber = NativeEngine(redactor, threads).scrubber()
    out = b"".join([*(scrubber.feed(piece, more) for piece in pieces), scrubber.finish()])
    return out, scrubber.tally


def look(redactor: NativeRedactor, data: bytes, more: bool = True, threads: int = 2) -> FileReport:
    verifier = NativeEngine(redactor, threads).verifier("test")
    verifier.feed(data, more)
    return verifier.finish()


def both(redactor: Redactor, data: bytes, native_too: NativeRedactor | None = None) -> tuple[bytes, Tally]:
    """What both engines make of an input, of which both verify the same."""
    core = native_too or NativeRedactor(redactor)
    out, tally = scrub(redactor, data)
    assert run(core, [data]) == (out, tally)
    assert look(core, data) == verify(redactor, data)
    return out, tally


def fresh(config: Config = Config()) -> Redactor:
    return build_redactor(config, KEY)


# -- generated inputs ---------------------------------------------------------------------------------------------------


@examples(120)
@given(inputs | tangled | with_binary, st.lists(st.integers(0, 12_000), max_size=4), st.booleans(), st.sampled_from([1, 2, 3]))
def test_the_native_engine_gives_the_plain_engine_s_bytes_and_counts(
    redactor: Redactor, core: NativeRedactor, data: bytes, cuts: list[int], more: bool, threads: int
) -> None:
    whole = b"\n".join([data] * 3)
    ends = [0, *sorted(c % (len(whole) + 1) for c in cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(ends)]
    assert run(core, pieces, more, threads) == scrub(redactor, whole)


@examples(40)
@given(inputs | tangled | with_binary, st.booleans())
def test_the_native_engine_verifies_as_the_plain_engine_does(
    redactor: Redactor, core: NativeRedactor, data: bytes, more: bool
) -> None:
    whole = b"\n".join([data] * 3)
    for log in (whole, scrub(redactor, whole)[0]):
        assert look(core, log, more) == verify(redactor, log)


@examples(60)
@given(st.text(st.characters(), max_size=60), st.sampled_from([("{}", False), ('{{"msg":{}}}', True), ("user: {}", False)]))
def test_texts_of_any_characters_come_out_the_same(
    redactor: Redactor, core: NativeRedactor, text: str, form: tuple[str, bool]
) -> None:
    """Halves of surrogate pairs too."""
    line = form[0].format(json.dumps(text) if form[1] else text)
    both(redactor, f"{line}\nmail ana@acme.example\n{line}\n".encode("utf-8", "surrogatepass"), core)


@examples(60)
@given(st.binary(max_size=120), st.integers(0, 100))
def test_bytes_that_are_no_text_come_out_the_same(redactor: Redactor, core: NativeRedactor, junk: bytes, at: int) -> None:
    line = b'INFO user {"mail":"jane.doe@acme.example"} saved\n'
    at = at * len(line) // 100
    both(redactor, line + line[:at] + junk + line[at:] + line, core)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_units_come_in_any_batches(
    redactor: Redactor, core: NativeRedactor, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Whatever is open where one batch ends and the next begins."""
    chance = random.Random(seed)
    pieces = [
        f"{RECORD}user {{\n  name: 'Jane Doe',\n  summary: 'Salary' +\n    'talk'\n}}\n",
        "-----BEGIN PRIVATE KEY-----\nMzEfYyjiWA4R4qM2bSxGBtDNXpCSCxDvMuDict\nlast\n-----END PRIVATE KEY-----\n",
        f"{RECORD}-----BEGIN PRIVATE KEY-----\n  MzEfYyjiWA4R4qM2bSxGBtDNXpCSCx\n{RECORD}after\n",
        "password:\n  hunter2hunter\n",
        f"  blob: '{JUNK.decode()}'\n",
        f"{RECORD}page {{ title: '{JUNK.decode()}\n  more of it\n",
        "Traceback (most recent call last):\n  at x\nValueError: for jane@acme.example\n",
        f"{RECORD}Synced 14 issues\n",
    ]
    data = (RECORD + "start\n" + "".join(chance.choice(pieces) for _ in range(60))).encode()
    plain = scrub(redactor, data)
    for batch in (1, 60, 300):
        monkeypatch.setattr(native, "_BATCH", batch)
        for longest in (1, 200, 1 << 20):
            monkeypatch.setattr(native, "_LONGEST", longest)
            assert run(core, [data], threads=chance.choice([1, 2, 4])) == plain
            assert look(core, data) == verify(redactor, data)


# -- logs of all kinds --------------------------------------------------------------------------------------------------

SAMPLES = [n for n in sorted(sample_logs.files()) if not n.endswith(sample_logs.PACKED)]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_come_out_the_same(redactor: Redactor, core: NativeRedactor, name: str) -> None:
    both(redactor, sample_logs.files()[name][:40_000], core)


@pytest.mark.parametrize("name", ["adversarial_dev", "hard_negatives_dev", "planted_dev"])
def test_labelled_texts_come_out_the_same_as_one_log(redactor: Redactor, core: NativeRedactor, name: str) -> None:
    lines = (ROOT / f"benchmarks/eval/{name}.ndjson").read_text(encoding="utf-8").splitlines()
    data = "".join(json.loads(line)["text"] + "\n" for line in lines).encode()
    assert run(core, [data]) == scrub(redactor, data)


@pytest.mark.parametrize("kind", products.KINDS)
def test_logs_of_invented_products_come_out_the_same(redactor: Redactor, core: NativeRedactor, kind: str) -> None:
    """No two of them share a statement."""
    for seed in (1, 7):
        data = b"".join(islice(products.log(kind, seed), 60))
        out, tally = scrub(redactor, data)
        assert dict(tally.formats) == {products.KINDS[kind].format: 1}
        assert run(core, [data]) == (out, tally)


def test_hostile_lines_come_out_the_same(redactor: Redactor, core: NativeRedactor) -> None:
    for shape in (*hostile.NAMED, *hostile.LINES, *map(hostile.shape, range(60))):
        data = shape.make(500)
        assert run(core, [data]) == scrub(redactor, data), shape.name


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "cp1252"])
def test_other_encodings_come_out_the_same(redactor: Redactor, core: NativeRedactor, coding: str) -> None:
    text = "INFO café of Jürgen Großmann\r\nmail to jane.doe@acme.example\r\n" * 40
    out, _ = both(redactor, text.encode(coding), core)
    assert b"j\0a\0n\0e" not in out and b"jane" not in out


SCRIPTS = ["Ольга Кузнецова сохранила", "佐藤 美咲さんの産休", "محمد الحسيني غادر", "Ελένη Παπαδοπούλου", "अनिल शर्मा", "İstanbul ǅ ß 𝔍𝔞𝔫𝔢 ２０２６"]


@pytest.mark.parametrize("text", SCRIPTS)
def test_texts_of_all_scripts_come_out_the_same(redactor: Redactor, core: NativeRedactor, text: str) -> None:
    forms = ("{}", "displayName: {}", "Assigned to {} by ana@acme.example", "{}@acme.example", "x={} ip 192.0.2.7")
    lines = [form.format(text) for form in forms]
    lines += [json.dumps({"msg": line, text: 1}, ensure_ascii=half) for line in lines for half in (True, False)]
    both(redactor, "\n".join(lines).encode(), core)


# -- what is long -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}\n", '{{"msg":"{}"}}\n', '{{"password":"{}"}}\n', "level,message,time\nINFO,{},x\n"])
def test_texts_above_the_window_come_out_the_same(redactor: Redactor, core: NativeRedactor, form: str) -> None:
    chance = random.Random(form)
    words = ("Synced", "to jane.doe@acme.example", "192.0.2.7", "of Jane Doe", "summary: x", "aGVsbG8gamFuZUBhY21lLmV4YW1wbGU=")
    long = " ".join(chance.choice((*words, *["retrying in 250 ms"] * 200)) for _ in range(19_000))
    assert len(long) > 1 << 18
    both(redactor, (form.format(long) + form.format("short ana@acme.example")).encode(), core)


def test_a_line_above_the_longest_comes_out_the_same(
    redactor: Redactor, core: NativeRedactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logscrub.formats.base.LONGEST_LINE", 20_000)
    data = b"start\n" + b"word jane@acme.example " * 3000 + b"\n" + MAIL
    pieces = [data[at : at + 3000] for at in range(0, len(data), 3000)]
    assert run(core, pieces) == scrub(redactor, data)


def test_a_record_of_thousands_of_lines_comes_out_the_same(
    redactor: Redactor, core: NativeRedactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done before it ends, with what is open in the middle of it."""
    monkeypatch.setattr(native, "_LONGEST", 4000)
    body = "".join(f"  step{n}: 'took {n} ms',\n" + ("  mail: 'a@b.example',\n" if n % 50 == 0 else "") for n in range(1500))
    data = f"{RECORD}user {{\n  summary: [\n{body}  ],\n{body}}}\n{RECORD}done\n".encode()
    scrubber = NativeEngine(core, 2).scrubber()
    given = [len(scrubber.feed(data[at : at + 4000], True)) for at in range(0, len(data), 4000)]
    assert sum(given) > len(data) // 3, "all of it was kept back"
    assert run(core, [data]) == scrub(redactor, data)


def test_a_private_key_over_many_batches_goes(redactor: Redactor, core: NativeRedactor) -> None:
    """Each of its lines is a record."""
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n" * 200
    for head in (RECORD, ""):
        data = (f"{head}12 ms\n" * 60 + f"{head}x" + key + "-----END PRIVATE KEY-----\n" + f"{head}7 ms\n" * 60).encode()
        for threads in (1, 2, 8):
            assert run(core, [data], threads=threads) == scrub(redactor, data)
        out, _ = both(redactor, data, core)
        assert b"MIIEvQ" not in out


# -- what comes out when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_any_number_of_threads_gives_what_came_in_in_order(core: NativeRedactor, threads: int) -> None:
    chance = random.Random(threads)
    rows = [f"{RECORD}{n} " + "word " * chance.choice([1, 1, 1, 3000]) + "ana@acme.example" for n in range(300)]
    out, tally = run(core, ["\n".join(rows).encode()], threads=threads)
    assert out.decode().split("\n") == [row.replace("ana@acme.example", "<EMAIL_ADDRESS>") for row in rows]
    assert tally.records_read == 300 and tally.redactions == {"EMAIL_ADDRESS": 300}


def test_what_is_complete_of_a_live_input_comes_out_at_once(core: NativeRedactor) -> None:
    scrubber = NativeEngine(core, 2).scrubber()
    for n in range(20):
        line = f"{RECORD}{n} for ana@acme.example\n".encode()
        assert scrubber.feed(line) == line.replace(b"ana@acme.example", b"<EMAIL_ADDRESS>")
        assert scrubber.tally.records_written == n + 1
    assert scrubber.feed(f"{RECORD}half".encode()) == b""
    assert scrubber.finish() == f"{RECORD}half".encode()


def test_what_is_kept_back_while_more_comes_is_bounded(core: NativeRedactor) -> None:
    scrubber, kept = NativeEngine(core, 2).scrubber(), 0
    line = f"{RECORD}word\n".encode()
    for _ in range(2000):
        kept += len(line) - len(scrubber.feed(line, True))
        assert kept < 1024 * (3 * 2 + 3)
    assert scrubber.feed(b"") and not scrubber.finish(), "with nothing that follows at once, all of it comes"


def test_one_engine_does_many_inputs_also_side_by_side(redactor: Redactor, core: NativeRedactor) -> None:
    data = [sample_logs.files()[name] for name in ("forge_logs_flat.log", "generic.ndjson", "console_download.csv")]
    engine = NativeEngine(core, 2)
    given_up = engine.scrubber()
    given_up.feed(data[0], True)
    for _ in range(2):
        scrubbers = [engine.scrubber() for _ in data]
        outs = [b""] * len(data)
        for at in range(0, max(map(len, data)), 3000):
            for n, scrubber in enumerate(scrubbers):
                outs[n] += scrubber.feed(data[n][at : at + 3000], True)
        for n, scrubber in enumerate(scrubbers):
            assert (outs[n] + scrubber.finish(), scrubber.tally) == scrub(redactor, data[n])


def test_engines_in_threads_of_python_do_not_disturb_each_other(redactor: Redactor, core: NativeRedactor) -> None:
    from concurrent.futures import ThreadPoolExecutor

    data = [sample_logs.files()[name] for name in ("forge_logs_flat.log", "generic.ndjson", "console_download.csv")] * 2
    with ThreadPoolExecutor(3) as pool:
        outs = list(pool.map(lambda each: run(core, [each]), data))
    assert outs == [scrub(redactor, each) for each in data]


PROGRAM = """
import os, sys
from logscrub.api import build_redactor, engine_of
from logscrub.config import Config
engine = engine_of(build_redactor(Config()), "native", threads=2)
rows = ("mail to jørgen@acme.example, card 4111 1111 1111 1111, +49 30 23125 1%02d\\n" % n for n in range(100))
data = "".join(rows).encode() * 40
"""


def program(code: str, *, timeout: float = 120) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM + code]
    return subprocess.run(command, capture_output=True, cwd=ROOT, timeout=timeout, check=False)


def test_a_program_may_end_while_threads_are_at_work() -> None:
    done = program("engine.scrubber().feed(data, True)\nprint('end')")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"end\n", b"")


def test_a_process_that_was_forked_off_scrubs_too() -> None:
    code = """
def scrubbed():
    scrubber = engine.scrubber()
    return scrubber.feed(data[:9000]) + scrubber.finish()
before = scrubbed()
child = os.fork()
if not child:
    os._exit(0 if scrubbed() == before else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = program(code)
    assert (done.returncode, done.stdout) == (0, b"0\n"), done.stderr


# -- what cannot be scanned ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 2, 7])
def test_units_that_are_withheld_leave_the_rest_as_it_is(redactor: Redactor, core: NativeRedactor, every: int) -> None:
    for row, bad in ((MAIL, b"blob " + JUNK + b"\n"), (b'{"to":"a@b.example"}\n', json.dumps({"x": JUNK.decode()}).encode() + b"\n")):
        data = b"".join(bad if n % every == 0 else row for n in range(210))
        out, tally = both(redactor, data, core)
        assert tally.records_read == 210 and tally.records_withheld == -(-210 // every) == out.count(b"WITHHELD")


class Poisoned(Exception):
    pass


class Poison:
    """Callbacks of the core that fail for a text."""

    def __init__(self, callbacks: Any) -> None:
        self._callbacks = callbacks
        self.failed = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._guarded(getattr(self._callbacks, name))

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any) -> Any:
            if any(isinstance(arg, str) and "pøison" in arg.casefold() for arg in args):
                self.failed += 1
                raise Poisoned(args)
            return function(*args)

        return guarded


def poisoned(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> tuple[NativeRedactor, list[Poison]]:
    made: list[Poison] = []

    def describe(engine: Engine) -> tuple[Any, Any]:
        told, callbacks = description.describe(engine)
        made.append(Poison(callbacks))
        made[-1].__dict__["classes"] = callbacks.classes
        return told, made[-1]

    monkeypatch.setattr(native, "describe", describe)
    return NativeRedactor(Redactor(Engine(redactor.engine.catalogue, names=Names()), redactor.policy, redactor.pseudonymizer)), made


def test_a_panic_of_the_core_withholds_one_unit_and_the_core_goes_on(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panic comes of Python that does not answer; nothing that threads share is left locked."""
    core, (poison,) = poisoned(redactor, monkeypatch)
    good = "user größe of Jürgen to ana@acme.example\n"
    data = "".join("Assigned to Pøison Øre\n" if n % 9 == 4 else good for n in range(90)).encode()
    out, tally = run(core, [data])
    assert poison.failed and tally.records_withheld == 10
    assert out == data.replace("Assigned to Pøison Øre".encode(), b"<WITHHELD>").replace(
        good.encode(), scrub(redactor, good.encode())[0]
    )
    assert look(core, data).unread == 10
    assert run(core, [good.encode() * 50]) == scrub(redactor, good.encode() * 50)
