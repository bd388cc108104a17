"""Views, what is binary, and pseudonyms: the compiled core gives what the definition gives."""

from __future__ import annotations

import html.entities
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from logscrub.detect import binary, views
from logscrub.engines import description
from logscrub.redact import pseudonyms

core: Any = pytest.importorskip("logscrub._core")

SAMPLES = Path(__file__).parent.parent / "sample_logs"
KEY = bytes(range(32))
TYPES = ("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE")
DECODER = core.Decoder(core.Parts(*description.library()), list(html.entities.html5.items()), KEY)
PSEUDONYMS = pseudonyms.Pseudonymizer(KEY)
OF_TEXTS = ("unescape_json", "without_colours", "double_quotes", "unescape_xml", "with_question_mark", "view_of_bytes")
OF_BOTH = ("has_colours", "is_binary", "is_binary_json")

_CHARACTERS = st.one_of(
    st.characters(),
    st.characters(max_codepoint=127),
    st.sampled_from(
        "\x00\x06\x07\x08\x0e\x1a\x1b\x1c\x7f\x80\xa0\ud83d\ude00\udc80\udcff\u200b\u2010\u2015\ufb01\ufffd\uff20İßΣ"
    ),
)
_BEFORE_HEX = (r"\u", r"\\u", r"\x", "%", "&#", "&#x", "&#X", "\\u{", "\x1b[", r"\ud83d\u", r"\uDBFF\u")
_HEX = st.text("0123456789abcdefABCDEF", min_size=1, max_size=8)
_TEXTS = st.text(_CHARACTERS, max_size=24)
_BYTES = st.one_of(_TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=24))
_NUMBERS = st.lists(st.one_of(st.integers(-140, 300), st.integers(32, 126)), max_size=30)
_PIECES = st.one_of(
    _TEXTS,
    st.sampled_from((*html.entities.html5, "ampx", "notinz", "notit", "x")).flatmap(
        lambda name: st.sampled_from((f"&{name}", f"&{name};", f"&{name}q;", f"&{name[:-1]};"))
    ),
    st.tuples(st.sampled_from(_BEFORE_HEX), _HEX).map("".join),
    st.sampled_from(("}", ";", '"', '""', "\\", "\\\\\\", r"\n", r"\"", r"\/", "m", "=", "==", "===", "+/", "-_", "&", "[", "]")),
    _BYTES.map(lambda data: "".join(f"%{n:02x}" for n in data)),
    _BYTES.map(bytes.hex),
    st.tuples(_TEXTS, st.sampled_from(("base64", "base64url", "hex")), st.booleans()).map(
        lambda given: views.encode(given[0].encode("utf-8", "replace").decode(), given[1], given[2])  # type: ignore[arg-type]
    ),
    st.tuples(_NUMBERS, st.sampled_from((",", ", ", " ", ",\n"))).map(lambda given: f"[{given[1].join(map(str, given[0]))}]"),
    _NUMBERS.map(lambda found: f"[ {', '.join(map(str, found))}, ... 12 more items ]"),
    _BYTES.map(lambda data: f"<Buffer {data.hex(' ')} ... 3 more bytes>"),
    st.integers(1, 40).map("\0".__mul__),
)
_MIXED = st.lists(_PIECES, max_size=8).map("".join)


def of(view: views.View | None) -> tuple[str, list[int], list[int]] | None:
    return None if view is None else tuple(view)  # type: ignore[return-value]


def check(text: str) -> None:
    """The core makes the same of a text."""
    for name in OF_TEXTS:
        assert DECODER.view(name, text) == of(getattr(views, name)(text)), name
    for name in OF_BOTH:
        assert DECODER.says(name, text) == getattr(binary if "binary" in name else views, name)(text), name
    assert DECODER.unescaped_json(text) == views.unescaped_json(text)
    assert DECODER.decodings(text) == list(map(of, views.decodings(text)))
    assert DECODER.encoded_texts(text) == list(views.encoded_texts(text))
    assert DECODER.byte_arrays(text) == list(views.byte_arrays(text))
    assert DECODER.text_of_bytes(text) == views.text_of_bytes(text)
    for start in {0, text.find("["), text.rfind("[")} - {-1}:
        assert (DECODER.array_end(text, start) or -1) == views.array_end(text, start)


@given(_MIXED)
@examples(400)
def test_texts(text: str) -> None:
    check(text)


@given(st.lists(st.tuples(_MIXED, st.sampled_from(("plain", "json", "bytes"))), max_size=4))
@examples(50)
def test_joined(pieces: list[tuple[str, Any]]) -> None:
    at, placed = 3, []
    for text, coding in pieces:
        placed.append((text, at, coding))
        at += len(text) + 5
    assert DECODER.joined(placed) == of(views.joined(placed))


@given(_TEXTS, st.sampled_from(("base64", "base64url", "hex")), st.booleans())
@examples(100)
def test_encode(text: str, alphabet: Any, padded: bool) -> None:
    try:
        encoded = views.encode(text, alphabet, padded)
    except UnicodeEncodeError:
        encoded = None
    assert DECODER.encode(text, alphabet, padded) == encoded


@given(_BYTES)
@examples(100)
def test_bytes(data: bytes) -> None:
    assert DECODER.readable(data) == views.readable(data)


@given(_MIXED, st.sampled_from(TYPES))
@examples(200)
def test_pseudonyms(value: str, entity_type: str) -> None:
    assert DECODER.normalise(entity_type, value) == pseudonyms.normalise(entity_type, value)
    assert DECODER.token(entity_type, value) == PSEUDONYMS.token(entity_type, value)


def test_lines_of_the_samples() -> None:
    for path in sorted(SAMPLES.iterdir()):
        for line in path.read_bytes().decode("utf-8", "surrogateescape").splitlines()[:40]:
            check(line)


@pytest.mark.parametrize("before", ("", " ", "=", "x", "/", "-", "é"))
@pytest.mark.parametrize("behind", ("", "=", "==", "===", "=x", "==+", "=_", "= ", "==é", ".", "~"))
@pytest.mark.parametrize("text", ("a text of old", "jane?acme>ex~~~", "jane@acme.example"))
def test_what_stands_around_encoded_texts(before: str, behind: str, text: str) -> None:
    alphabets: tuple[views.Alphabet, ...] = ("base64", "base64url", "hex")
    for alphabet in alphabets:
        encoded = views.encode(text, alphabet, False)
        for form in (encoded, encoded.upper(), encoded + encoded):
            check(before + form + behind)


def test_all_characters() -> None:
    """A page of characters in each view; all numeric and named entities."""
    for page in range(0, 0x11_0000, 0x1000):
        text = "".join(map(chr, range(page, page + 0x1000)))
        assert DECODER.decodings(text) == list(map(of, views.decodings(text)))
    numbers = [number for number in (*range(0x12_0000), 0xFF_FFFF, 9_999_999) if number < 0x3000 or number % 16 > 12]
    for form in ("&#{};", "&#x{:x};"):
        text = " ".join(map(form.format, numbers))
        assert DECODER.view("unescape_xml", text) == of(views.unescape_xml(text))
    for end in (";", "x;", "xyz;"):
        text = " ".join(f"&{name.rstrip(';')}{end}" for name in html.entities.html5)
        assert DECODER.view("unescape_xml", text) == of(views.unescape_xml(text))
    for number in range(0x300):
        text = chr(number) * 3 + "x" * 14
        assert DECODER.says("is_binary", text) == binary.is_binary(text)
