"""The native engine gives the plain engine's output, byte for byte, whatever comes and however it is cut."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import builtin_detectors, examples, inputs, scrub, tangled, verify, with_binary

import logscrub
import sample_logs
from logscrub.api import build_redactor, engines
from logscrub.config import Config, NameSettings
from logscrub.detect import catalogue
from logscrub.detect.engine import Engine
from logscrub.detect.names import Names
from logscrub.errors import UsageError
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

import products  # noqa: E402

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


def test_words_of_other_scripts_are_found_in_any_case(core: NativeRedactor, redactor: Redactor) -> None:
    known = builtin_detectors()
    items: list[catalogue.Detector | catalogue.Harmless] = [*known.detectors, *known.harmless]
    marked = (example for item in items for example in (*item.examples, *item.counterexamples))
    texts = sorted({text for text in (catalogue.marked(example)[0] for example in marked) if not text.isascii()})
    assert len(texts) > 150
    for text in random.Random(3).sample(texts, 150):
        as_ascii = text.replace("i", "ı").replace("s", "ſ").replace("K", "\u212a")  # what `re` takes for these letters
        for other in (text.upper(), text.title(), text.lower().replace("σ", "ς"), text.swapcase().replace("ß", "ẞ"), as_ascii):
            assert core.engine.scan(other) == redactor.engine.scan(other), ascii(text)


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
    whole = b"\n".join([data] * 2)
    ends = [0, *sorted(c % (len(whole) + 1) for c in cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(ends)]
    assert run(core, pieces, more, threads) == scrub(redactor, whole)


def test_of_each_pattern_it_is_known_how_its_matches_begin(redactor: Redactor) -> None:
    patterns, harmless = native._core_engine(redactor.engine)[1].tried_everywhere()
    assert [redactor.engine._patterns[n].detector.id for n in patterns] == []
    assert [redactor.engine._harmless[n] for n in harmless] == []


@examples(40)
@given(inputs | tangled | with_binary, st.booleans())
def test_the_native_engine_verifies_as_the_plain_engine_does(
    redactor: Redactor, core: NativeRedactor, data: bytes, more: bool
) -> None:
    whole = b"\n".join([data] * 2)
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
    both(redactor, sample_logs.files()[name][:8000], core)


@pytest.mark.parametrize("name", ["adversarial_dev", "hard_negatives_dev", "planted_dev"])
def test_labelled_texts_come_out_the_same_as_one_log(redactor: Redactor, core: NativeRedactor, name: str) -> None:
    lines = (ROOT / f"benchmarks/eval/{name}.ndjson").read_text(encoding="utf-8").splitlines()
    data = "".join(json.loads(line)["text"] + "\n" for line in lines).encode()
    assert run(core, [data]) == scrub(redactor, data)


@pytest.mark.parametrize("kind", products.KINDS)
def test_logs_of_invented_products_come_out_the_same(redactor: Redactor, core: NativeRedactor, kind: str) -> None:
    """No two of them share a statement."""
    for seed in (1, 7):
        data = b"".join(islice(products.log(kind, seed), 30))
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


SCRIPTS = [
    "Ольга Кузнецова сохранила",
    "佐藤 美咲さんの産休",
    "محمد الحسيني غادر",
    "Ελένη Παπαδοπούλου",
    "अनिल शर्मा",
    "İstanbul ǅ ß 𝔍𝔞𝔫𝔢 ２０２６",
]


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


@cache
def three_logs(redactor: Redactor) -> tuple[list[bytes], list[tuple[bytes, Tally]]]:
    """Logs of three formats, and what the plain engine makes of each."""
    names = ("forge_logs_flat.log", "generic.ndjson", "console_download.csv")
    logs = [sample_logs.files()[name][:9000] for name in names]
    return logs, [scrub(redactor, log) for log in logs]


def test_one_engine_does_many_inputs_also_side_by_side(redactor: Redactor, core: NativeRedactor) -> None:
    data, expected = three_logs(redactor)
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
            assert (outs[n] + scrubber.finish(), scrubber.tally) == expected[n]


def test_engines_in_threads_of_python_do_not_disturb_each_other(redactor: Redactor, core: NativeRedactor) -> None:
    from concurrent.futures import ThreadPoolExecutor

    data, expected = three_logs(redactor)
    with ThreadPoolExecutor(3) as pool:
        outs = list(pool.map(lambda each: run(core, [each]), data * 2))
    assert outs == expected * 2


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
    for row, bad in (
        (MAIL, b"blob " + JUNK + b"\n"),
        (b'{"to":"a@b.example"}\n', json.dumps({"x": JUNK.decode()}).encode() + b"\n"),
    ):
        data = b"".join(bad if n % every == 0 else row for n in range(210))
        out, tally = both(redactor, data, core)
        assert tally.records_read == 210 and tally.records_withheld == -(-210 // every) == out.count(b"WITHHELD")


class Poisoned(Exception):
    pass


class Poison:
    """Callbacks of the core that fail for a text, or for what is asked when they are asked so many times, and from then on."""

    def __init__(self, callbacks: Any) -> None:
        self._callbacks = callbacks
        self._refused: set[tuple[Any, ...]] = set()
        self.asked = self.failed = self.fails_at = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._guarded(name, getattr(self._callbacks, name))

    def _guarded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any) -> Any:
            self.asked += 1
            if self.asked == self.fails_at:
                self._refused.add((name, *args))
            if (name, *args) in self._refused or any(isinstance(arg, str) and "pøison" in arg.casefold() for arg in args):
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
    engine = Engine(redactor.engine.catalogue, names=Names())
    return NativeRedactor(Redactor(engine, redactor.policy, redactor.pseudonymizer)), made


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


@pytest.mark.parametrize("method", ["start", "result", "go_on", "scrub", "scan_line", "left_open"])
def test_an_error_of_the_core_s_own_comes_out_or_withholds(
    redactor: Redactor, core: NativeRedactor, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Nobody takes the output for whole."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            if name == method:
                raise RuntimeError("jane.doe@acme.example")
            return getattr(core.core, name)

    broken = object.__new__(NativeRedactor)
    broken.__dict__.update(core.__dict__, core=Broken(), engine=native.EngineOnCore(redactor.engine, Broken()))  # type: ignore[arg-type]
    data = MAIL * 20 + b"user { summary: '" + JUNK + b"\n  more of it\n" + MAIL * 20
    try:
        out, tally = run(broken, [data])
    except RuntimeError:
        assert method in ("start", "result", "go_on")
        return
    assert method in ("scrub", "scan_line", "left_open")
    assert b"jane.doe" not in out
    assert tally.records_read == 41 == tally.records_written + tally.records_withheld
    assert tally.withheld >= 1


def test_python_that_does_not_answer_costs_the_units_that_ask(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the core asks it, and whichever thread does."""
    name = "forge_logs_flat.log"
    data = sample_logs.files()[name][:3000] + "İstanbul ǅ of Jürgen Großmann, +49 30 23125 123\n".encode() * 3
    planted = [value.encode() for value in sample_logs.planted()]
    plain, sound = scrub(redactor, data)
    chance, withheld, asked = random.Random(4), 0, 0
    for n in range(9):
        core, (poison,) = poisoned(redactor, monkeypatch)
        poison.fails_at = poison.asked + chance.randint(1, asked) if n else 0
        before = poison.asked
        out, tally = run(core, [data], threads=1 + n % 2)
        asked = poison.asked - before if not n else asked
        assert not [value for value in planted if value in out and value not in plain]
        assert tally.records_read == sound.records_read == tally.records_written + tally.records_withheld
        assert tally.withheld or (out, tally) == (plain, sound)
        withheld += tally.withheld > 0
    assert withheld > 4


# -- settings -----------------------------------------------------------------------------------------------------------

LOG = b"".join(sample_logs.files()[name][:3000] for name in ("forge_logs_flat.log", "plain_text.log"))
LOGS = (LOG, sample_logs.files()["app_logs_records.ndjson"][:3000], sample_logs.files()["console_download.csv"][:3000])
CONFIGS = {
    "strict": Config(policy="strict"),
    "secrets-only": Config(policy="secrets-only"),
    "allow": Config(allow=(r".*@acme\.example", r"192\.0\.2\.\d+", "[A-ZÄÖÜ]\\w+ [A-ZÄÖÜ]\\w+", "PAY-11", r"(?i)priya(?: \w+)?")),
    "words": Config(names=NameSettings(known=("Zorblat", "van Frobnitz", "Straße"), words=("Priya", "Ingrid", "quick fox"))),
    "fields": Config(fields=(("field_email", ("=café", "kontakt")),)),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_settings_mean_the_same(name: str) -> None:
    redactor = fresh(CONFIGS[name])
    core = NativeRedactor(redactor)
    more = "Zorblat asked van Frobnitz, Priya and the quick fox; kontakt: x77, café=y88, PAY-11 of Jürgen Großmann\n".encode()
    defaults = NativeRedactor(fresh())
    differ = 0
    for log in (*LOGS, more * 3):
        out, tally = both(redactor, log, core)
        differ += (out, tally) != run(defaults, [log])
    assert differ, "the settings change nothing"


def test_a_policy_of_one_s_own_means_the_same(tmp_path: Path) -> None:
    """Of two, in which each row has two of the actions."""
    rows = list(load_policy("atlassian").rows)
    for n in range(2):
        path = tmp_path / f"own{n}.toml"
        actions = {row: ("keep", "remove", "pseudonym")[(n + at) % 3] for at, row in enumerate(rows)}
        path.write_text(
            'name = "own"\n[rows]\n' + "".join(f"{json.dumps(row)} = {json.dumps(to)}\n" for row, to in actions.items())
        )
        redactor = fresh(Config(policy=str(path)))
        assert dict(redactor.policy.rows) == actions
        core = NativeRedactor(redactor)
        for log in LOGS:
            both(redactor, log, core)


def test_the_recognizer_of_names_that_is_python_s_is_asked() -> None:
    redactor = fresh(Config(names=NameSettings(recognizer="both")))
    data = f"{RECORD}We asked Wxqrvt Brackett and the others to write to jane@acme.example about it\n".encode() * 2 + LOG[:1500]
    both(redactor, data)


def test_another_recognizer_s_findings_are_taken(redactor: Redactor) -> None:
    class Quux:
        def recognise(self, text: str) -> list[Any]:
            from logscrub.model import Span

            return [Span(m.start(), m.end(), "PERSON", "name", "name_ner", "likely", m[0]) for m in re.finditer("[Qq]uux", text)]

    asking = Redactor(Engine(redactor.engine.catalogue, names=Quux()), redactor.policy, redactor.pseudonymizer)
    out, tally = both(asking, "user Quux größe\n{\n  by quux: 1\n}\n".encode() * 20)
    assert out.count(b"<PERSON>") == 40 == tally.redactions["PERSON"]


def test_values_that_differ_have_pseudonyms_that_differ(redactor: Redactor, core: NativeRedactor) -> None:
    ids = [f"{n:08x}-4e5f-4a6b-8c7d-0e1f2a3b4c5d" for n in range(9)]
    out, _ = both(redactor, "".join(f"tenant cloudId={i} loaded\n" for i in ids).encode(), core)
    assert len(set(out.splitlines())) == 9
    other = run(
        NativeRedactor(Redactor(redactor.engine, redactor.policy, Pseudonymizer(b"another key, of 32 bytes or so ."))),
        ["".join(f"tenant cloudId={i} loaded\n" for i in ids).encode()],
    )[0]
    assert not set(out.splitlines()) & set(other.splitlines())


@pytest.mark.parametrize("engine_name", engines())
@pytest.mark.parametrize("words", [("Priya",), ("Ingrid", "Priya")])
def test_a_user_s_own_words_stay(words: tuple[str, ...], engine_name: Any) -> None:
    config = Config(names=NameSettings(words=words))
    out = logscrub.scrub("Assigned to Priya\nAssigned to Jane\n" * 3, config=config, engine=engine_name).output
    assert out == "Assigned to Priya\nAssigned to <PERSON>\n" * 3


@pytest.mark.parametrize("engine_name", engines())
@pytest.mark.parametrize(
    ("allow", "stays", "goes"),
    [
        ("Ingrid", "Assigned to Ingrid", "Assigned to Priya"),
        (r"192\.0\.2\.\d", "client 192.0.2.1 left", "client 198.51.100.44 left"),
        (r".*@acme\.example", "mail to ana@acme.example", "mail to ana@b.example"),
        ("5b10ac8d82e05b22cc7d4ef5", "accountId=5b10ac8d82e05b22cc7d4ef5", "accountId=5b10ac8d82e05b22cc7d4ef6"),
        ("PAY-11", "{'user': 'PAY-11'}", "{'user': 'PAY-12'}"),
        ("jane.doe@acme.example", "to=amFuZS5kb2VAYWNtZS5leGFtcGxl", "to=amFuZS5yb2VAYWNtZS5leGFtcGxl"),
    ],
)
def test_what_is_allowed_stays_and_nothing_that_is_scanned_with_it(engine_name: Any, allow: str, stays: str, goes: str) -> None:
    config = Config(allow=(allow,))
    for form in ("{}\n", '{{"message":"{}"}}\n', '{{"ms":{{"deep":["{}"]}}}}\n'):
        log = "".join(form.format(line) for line in (stays, goes, goes, stays)) * 3
        done = logscrub.scrub(log, config=config, engine=engine_name)
        assert done.output.splitlines().count(form.format(stays).strip()) == 6
        assert form.format(goes).strip() not in done.output
        assert sum(done.redactions.values()) == 6
        verified = logscrub.verify(log, config=config, engine=engine_name)
        assert verified.found == 6 and logscrub.verify(done.output, config=config).clean


def own(folder: Path, name: str, *lines: str) -> None:
    head = f'id = "{name}"\nentity_type = "OWN"\nguideline = "personal data"\nwhy = "x"\n'
    (folder / f"{name}.toml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


OWN = [
    (r"(?<![A-Z])[A-Z]{4}-\d{4}(?!\d)", "ABCD-1234", "ABC-1234"),
    (r"PAY-\d{1,9}", "PAY-7", "WEB-7"),
    (r"[a-z]{1,20}-mills", "cedar-mills", "cedar-works"),
    (r"seat \d{2}(?!\d)", "seat 12", "seat 7"),
    (r"guest [A-Z][a-z]{4}(?![a-z])", "guest Jones", "guest Brackett"),
    (r"(?<![a-z0-9])[a-z]{2}\d{5}(?![0-9a-z])", "ab12345", "abc12345"),
    (r"ac\d{6}", "ac123456", "ad123456"),
    (r"AB-4\d{3}", "AB-4711", "AB-5711"),
    (r"5b10ac8d82e05b22cc7d4ef5", "5b10ac8d82e05b22cc7d4ef5", "5b10ac8d82e05b22cc7d4ef6"),
    (r"customfield_10016", "customfield_10016", "customfield_10017"),
    (r"(?i:größe) \w{1,9}", "GRÖßE x1", "breite x1"),
]
"""Patterns of detectors of one's own, a text that each finds, and one like it that none does."""


@pytest.fixture(scope="module")
def own_detectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    for n, (pattern, found, _) in enumerate(OWN):
        own(folder, f"own{n}", f"patterns = ['{pattern}']", f'examples = ["in «{found}» now"]')
    return folder


@pytest.mark.parametrize("engine_name", engines())
@pytest.mark.parametrize(("found", "not_found"), [(found, not_found) for _, found, not_found in OWN])
def test_a_detector_of_one_s_own_sees_what_is_written(own_detectors: Path, engine_name: Any, found: str, not_found: str) -> None:
    for form in ("in {} now\n", '{{"message":"in {} now"}}\n', '{{"message":"in%20{} now"}}\n'):
        log = "".join(form.format(what) for what in (not_found, found, not_found, found)) * 3
        out = logscrub.scrub(log, detectors=[own_detectors], engine=engine_name).output
        assert out.count("<OWN>") == 6 and out.splitlines()[1] == form.format("<OWN>").strip()


@pytest.mark.parametrize("engine_name", engines())
def test_a_detector_of_one_s_own_sees_values_that_are_an_id_or_a_number(tmp_path: Path, engine_name: Any) -> None:
    uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    own(tmp_path, "order_id", f"patterns = ['{uuid}']", 'examples = ["in «0a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d»"]')
    own(tmp_path, "badge", r"patterns = ['(?<!\d)\d{5}(?!\d)']", 'context = ["badge"]', 'examples = ["badge «44719»"]')
    log = '{"x":"0a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d","badge":44719,"ms":44719}\n' * 4
    out = logscrub.scrub(log, detectors=[tmp_path], engine=engine_name).output
    assert out == '{"x":"<OWN>","badge":"<OWN>","ms":44719}\n' * 4


ATOMS = [
    *"- : / \\. ab PAY- order of x_ ß é".split(),
    " ",
    r"\d{1,3}",
    r"\d+",
    "[A-Z]{2}",
    "[a-z]{2,4}?",
    "[0-9a-f]{8}",
    r"\w{3}",
    r"\b",
    "(?:ab|a)b*",
    "(?P<value>x|of)?",
    r"(?i:straße|order)",
    r"(?=\S)",
    r"[^\W\d_]++",
    "(?>a|ab)",
]
PIECES = "order of Ingrid Jones 192.0.2.7 WEB-12 ana@b.example user12 PAY-7 x_y ab abb STRASSE straße 0a1b2c3d é ß 字 ٣".split()


def random_patterns(chance: random.Random) -> Iterator[str]:
    while True:
        pattern = "".join(chance.choice(ATOMS) for _ in range(chance.randint(1, 4)))
        pattern += chance.choice(["", r"(?!\d)", r"(?![a-z])"])
        if pattern.count("?P<") < 2 and not re.search(pattern, "") and re.search(pattern, " ".join(PIECES)):
            yield pattern


@pytest.mark.parametrize("seed", range(5))
def test_random_detectors_of_one_s_own_find_the_same(redactor: Redactor, seed: int) -> None:
    chance, base = random.Random(seed), redactor.engine.catalogue
    patterns = list(islice(random_patterns(chance), 6))
    own = [catalogue.Detector(f"own{n}", f"OWN{n}", "personal data", "", patterns=(p,)) for n, p in enumerate(patterns)]
    engine = Engine(replace(base, detectors=(*base.detectors, *own)), names=Names())
    rows = ("".join(chance.choice([*PIECES, " ", " ", "-", "/"]) for _ in range(chance.randint(1, 9))) for _ in range(200))
    data = "\n".join(rows).encode()
    asking = Redactor(engine, redactor.policy, redactor.pseudonymizer)
    out, tally = scrub(asking, data)
    assert run(NativeRedactor(asking), [data]) == (out, tally), patterns
    assert sum(count for name, count in tally.redactions.items() if name.startswith("OWN")) > 20


@pytest.mark.parametrize("pattern", [r"(?:(a)|b)x(?(1)y|z)", r"(?a:\b)axy", r"(?i:(a)x\1?)y"])
def test_a_pattern_that_the_core_does_not_know_is_python_s(tmp_path: Path, pattern: str) -> None:
    own(tmp_path, "own", f"patterns = ['{pattern}']", 'examples = ["in «axy» now"]')
    assert logscrub.scrub("in axy now\n", detectors=[tmp_path]).output == "in <OWN> now\n"
    with pytest.raises(
        UsageError, match=r"^engine 'native': a pattern has .*, which the compiled core does not know; use plain$"
    ):
        logscrub.scrub("in axy now\n", detectors=[tmp_path], engine="native")
