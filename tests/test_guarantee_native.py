"""The compiled core counts and keeps what the definition counts and keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples
from test_guarantee import RECORDS, K, Plain, fed, log_of, record

from logscrub import api
from logscrub.guarantee.engine import Aside, Found, Guarantee, Keeping, Listening
from logscrub.guarantee.support import support_of
from logscrub.redact.scrub import Redactor

pytest.importorskip("logscrub._core")
from logscrub.guarantee.native import NativeFound

SIGNS = st.sampled_from(
    [
        *"0 00 7 48213 12345678 a b1 beef c0ffee deadbeef DEADBEEF 0123456789abcdef 20 T Z n r u t x É 東 µ ٣ ² _ __ %".split(),
        *"2026-11-17 09:14:26.921 +0100 -05:30 09:14 1794906019394000000 1794906019394000 4.206.0 WEB-12 ABC-DEF-7".split(),
        *"5d0c6a1e-7b43-4f2a-9c58-e1b7a4d39f06 5a6f7262-6c61-4474-9175-757820717575 ms µs kB MiB bytes s seconds".split(),
        *"INFO installationContext severityText <PERSON> &lt;PERSON&gt; <ACCOUNT_ID:6f1c0123456789abcdef> <NOBODY>".split(),
        *r"\ \\ \n \t \r \u0041 \u00e4 \" \u \x \1 \b1234567".split(),
        *(
            "\x01",
            "\0",
            "\x01" * 20,
            "ſ",
            "K",
            "x" * 41 + "1",
            "AB_" * 7 + "-1",
            "a" * 64,
            "1" * 70,
            "\u2028",
            "\udc80",
            "\ufeff",
        ),
        *(
            " ",
            "  ",
            "\t",
            ",",
            ", ",
            ":",
            "-",
            ".",
            "/",
            "+",
            "(",
            ")",
            "=",
            "<",
            ">",
            "&",
            "#",
            "|",
            "[",
            "]",
            "{",
            "}",
            "Zorblatt",
        ),
    ]
)
TEXTS = st.lists(SIGNS, min_size=1, max_size=14).map("".join)
VALUES = st.recursive(
    TEXTS | st.integers(-(10**17), 10**17) | st.booleans() | st.none() | st.floats(-1e9, 1e9) | st.lists(st.integers(0, 300)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
"""JSON values of all kinds."""


def found_by(maker: Any, guarantee: Guarantee, data: bytes, input_format: str) -> list[Any]:
    finder = maker(guarantee if maker is Found else guarantee._core, input_format)
    return [(raw.line, raw.text, places) for raw, places in [*finder.feed(data), *finder.finish()]]


@pytest.fixture(scope="module")
def natively(redactor: Redactor) -> Guarantee:
    its = api.engine_of(redactor, "native").redactor
    return Guarantee(its, support_of(its.pseudonymizer, K))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@given(st.lists(TEXTS, min_size=1, max_size=4))
@examples(400)
def test_both_find_the_same_words_in_text(natively: Guarantee, lines: list[str]) -> None:
    data = encoded("".join(f"{line}\n" for line in lines))
    assert found_by(NativeFound, natively, data, "text") == found_by(Found, natively, data, "text")


@given(st.lists(VALUES, min_size=1, max_size=4), st.booleans(), st.sampled_from([None, 1]))
@examples(300)
def test_both_find_the_same_words_in_json(natively: Guarantee, values: list[Any], is_ascii: bool, indent: int | None) -> None:
    lines = [json.dumps({"msg": value}, ensure_ascii=is_ascii, indent=indent) for value in values]
    data = encoded("".join(f"{line}\n" for line in lines))
    assert found_by(NativeFound, natively, data, "auto") == found_by(Found, natively, data, "auto")


def kept_by(engine: api.Runner, inputs: Sequence[bytes], size: int) -> tuple[list[bytes], list[Any], dict[str, Any], int]:
    """What may leave of files, what was counted of each, the cost, and how many customers were heard."""
    guarantee = Guarantee(engine.redactor, support_of(engine.redactor.pseudonymizer, K))
    with Listening(engine, guarantee) as listening:
        for data in inputs:
            listening.inputs.append(Aside("a file"))
            fed(listening.scrubber(), data, size)
        keeping = [Keeping(engine, guarantee, aside).scrubber() for aside in listening.inputs]
        out = [fed(scrubber, data, size) for scrubber, data in zip(keeping, inputs, strict=True)]
    return out, [scrubber.tally for scrubber in keeping], guarantee.cost.as_dict(), guarantee.support.customers


def in_forms(said: list[tuple[int, Any, bool]], values: list[Any], texts: list[str]) -> list[bytes]:
    """The same records and values as files of several formats."""
    made = [text for _, text in log_of(said)]
    page = json.dumps({"appLogs": [json.loads(text) for text in made]}, indent=1)
    lines = [json.dumps({"level": 30, "time": 1794906019394, "msg": value}) for value in values]
    cri = [f"2026-11-17T09:14:26.921123456Z stdout F {line}" for line in [*lines, *texts]]
    docker = [json.dumps({"log": text + "\n", "stream": "stdout", "time": "2026-11-17T09:14:26.921Z"}) for text in texts]
    rows = [
        "Level,Details,Site",
        *(f'INFO,"{text.replace(chr(34), "")}",<SITE_NAME:{n % 4:020x}>' for n, text in enumerate(texts)),
    ]
    access = [
        f'192.0.2.{n} - - [17/Nov/2026:09:14:26 +0000] "GET /{text} HTTP/1.1" 200 7 "-" "-"' for n, text in enumerate(texts)
    ]
    forms = ["\n".join(made), page, *("\n".join(each) for each in (lines, cri, docker, rows, access, texts))]
    return [form.encode("utf-8", "surrogatepass") + b"\n" for form in forms]


LINES = st.lists(TEXTS.filter(lambda text: text.isprintable()), min_size=1, max_size=6)


@given(RECORDS, st.lists(VALUES, max_size=4), LINES, st.integers(3, 4000))
@examples(40)
def test_both_keep_the_same_bytes(
    redactor: Redactor, said: list[tuple[int, Any, bool]], values: list[Any], texts: list[str], size: int
) -> None:
    inputs = in_forms(said, values, texts)
    plain, native = (Plain(api.engine_of(redactor, name)) for name in ("plain", "native"))
    expected = kept_by(plain, inputs, 1 << 16)
    assert kept_by(native, inputs, 1 << 16) == expected
    assert kept_by(native, inputs, size)[0] == expected[0]


@given(RECORDS, LINES, st.integers(1, 4000))
@examples(30)
def test_both_keep_the_same_of_a_stream(
    redactor: Redactor, said: list[tuple[int, Any, bool]], texts: list[str], size: int
) -> None:
    for data in in_forms(said, [], texts):
        plain, native = (Plain(api.engine_of(redactor, name)) for name in ("plain", "native"))
        guarantees = [Guarantee(each.redactor, support_of(each.redactor.pseudonymizer, K)) for each in (plain, native)]
        outputs = [fed(Keeping(each, its).scrubber(), data, size) for each, its in zip((plain, native), guarantees, strict=True)]
        assert outputs[0] == outputs[1]
        assert guarantees[0].cost == guarantees[1].cost


def test_a_batch_counts_what_was_said_before_it(redactor: Redactor) -> None:
    """Many batches: a statement leaves by what all of them said, and the app's own by the vocabulary."""
    customers = [f"<CLOUD_ID:{n:020x}>" for n in range(K)]
    data = "".join(f"{record(who, 'Synced with ' + 'word ' * 2000)}\n" * 20 for who in customers)
    alone = f"{record(customers[0], 'Zorblatt alone')}\n{record(customers[0], 'Quux of the app')}\n"
    guarantee = Guarantee(api.engine_of(redactor, "native").redactor, support_of(redactor.pseudonymizer, K))
    guarantee.own("Quux of the app")
    engine = Plain(api.engine_of(redactor, "native"))
    with Listening(engine, guarantee) as listening:
        listening.inputs.append(Aside("a file"))
        fed(listening.scrubber(), (data + alone).encode(), 1 << 18)
        out = fed(Keeping(engine, guarantee, listening.inputs[0]).scrubber(), (data + alone).encode(), 1 << 18).decode()
    assert out.count("Synced with word") == 20 * K
    assert "Zorblatt" not in out and "Quux of the app" in out
