"""Decoded views say what others would read, and where in the original each character of it stands."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import anything, encodings, examples, junk, recognisable

import logscrub
from logscrub.api import EngineName, engines
from logscrub.detect import views
from logscrub.detect.binary import is_binary, is_binary_json
from logscrub.detect.views import View, decodings, double_quotes, encode, encoded_texts, unescape_json, without_colours

texts = st.one_of(anything, junk, st.lists(junk, max_size=4).map("".join))


def is_sound(view: View, original: str) -> None:
    """Its characters come from stretches in order, each within the original."""
    assert len(view.text) == len(view.starts) == len(view.ends)
    assert all(0 <= a < b <= len(original) for a, b in zip(view.starts, view.ends, strict=True))
    assert view.starts == sorted(view.starts)
    assert view.ends == sorted(view.ends)


@examples(200)
@given(texts, texts)
def test_every_view_maps_into_the_original_in_order(one: str, two: str) -> None:
    for text in (one, one + two, quote(one) + two, json.dumps(one) + json.dumps(two)):
        for view in (*decodings(text), unescape_json(text), without_colours(text), double_quotes(text)):
            if view is not None:
                is_sound(view, text)


PLAIN_READINGS = ["percent", "percent twice", "escapes", "all escaped", "entities", "hex entities", "json"]


@examples(150)
@given(
    st.sampled_from(PLAIN_READINGS),
    recognisable,
    st.sampled_from(["", "x ", "ü&", "a=", "100 % "]),
    st.sampled_from(["", " y", "; ü", "&b"]),
)
def test_a_decoded_value_maps_to_the_stretch_that_encodes_it(encoding: str, value: str, before: str, after: str) -> None:
    stretch = encodings[encoding](value)
    text = before + stretch + after
    views_of_it = [v for v in (View(text, [*range(len(text))], [*range(1, len(text) + 1)]), *decodings(text)) if value in v.text]
    assert views_of_it
    at = views_of_it[0].text.index(value)
    start, end = views_of_it[0].origin(at, at + len(value))
    whole = (len(before), len(before) + len(stretch))
    if encoding == "json":
        assert whole[0] < start < end < whole[1]
    else:
        assert (start, end) == whole


@examples(150)
@given(anything)
def test_reads_as_the_libraries_read(text: str) -> None:
    """One decoding at a time, so that a text which decodes twice is left out."""
    escaped = json.dumps(text)[1:-1]
    view = unescape_json(escaped)
    assert (view.text if view else escaped) == text
    doubled = text.replace('"', '""')
    cell = double_quotes(doubled)
    assert (cell.text if cell else doubled) == text
    percent = views._substitute(quote(text), views._PERCENT, views._percent_unit)
    assert (percent.text if percent else quote(text)) == unquote(quote(text))
    entities = views._substitute(html.escape(text), views._ENTITY, html.unescape)
    assert (entities.text if entities else html.escape(text)) == html.unescape(html.escape(text))


def test_colours_zero_width_and_wide_characters_do_not_hide_a_value() -> None:
    plain = without_colours("\x1b[31mjane@\x1b[39macme.example\x1b[0m")
    assert plain is not None
    assert plain.text == "jane@acme.example"
    assert plain.origin(0, 17) == (5, 27)
    (view,) = decodings("ja\u200bne＠acme.exam\0ple")
    assert view.text == "jane@acme.example"
    assert view.origin(0, 17) == (0, 19)


@examples(200)
@given(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=12, max_size=60),
    st.sampled_from(["base64", "base64url", "hex"]),
    st.booleans(),
)
def test_what_was_encoded_is_found_and_encodes_to_the_same(text: str, alphabet: str, padded: bool) -> None:
    data = text.encode()
    made = {"base64": base64.b64encode, "base64url": base64.urlsafe_b64encode, "hex": base64.b16encode}[alphabet](data).decode()
    made = made.lower() if alphabet == "hex" else made if padded else made.rstrip("=")
    found = [f for f in encoded_texts(f"payload={made} done") if f[2] == text]
    assert len(found) == 1
    start, end, decoded, its_alphabet, its_padding = found[0]
    assert (start, end) == (8, 8 + len(made))
    assert encode(decoded, its_alphabet, its_padding) == made


@examples(150)
@given(texts)
def test_encoding_again_what_was_decoded_gives_the_same(text: str) -> None:
    for start, end, decoded, alphabet, padded in encoded_texts(text):
        again = encode(decoded, alphabet, padded)
        assert next(encoded_texts(again))[2] == decoded
        assert len(again) == end - start


@pytest.mark.parametrize(
    "text", ["3f0b7c1e8a514be19d7e0f5be7a1c001", "webpack/src/resolvers/index", "ABCDEFGHIJKLMNOPQRSTUVWX", "plain words only"]
)
def test_what_only_looks_encoded_is_left_alone(text: str) -> None:
    assert list(encoded_texts(text)) == []


def test_at_most_four_layers_are_taken_off() -> None:
    text = "a@b"
    for _ in range(6):
        text = quote(text, safe="")
    assert len(list(decodings(text))) == 4


@pytest.mark.parametrize("unit", ["\\", "\\u4e2d", "a", "a ", "\\\\n ", "x\\ty"])
def test_the_windows_of_a_long_text_always_move_on_and_cover_all_of_it(unit: str) -> None:
    from logscrub.detect.engine import _WINDOW, _windows

    text = unit * (3 * _WINDOW // len(unit))
    windows = list(_windows(text))
    assert all(b - a >= _WINDOW // 2 for (a, _), (b, _) in pairwise(windows))
    assert windows[0][0] == 0 and windows[-1][0] + len(windows[-1][1]) == len(text)
    assert all(a + len(part) > b for (a, part), (b, _) in pairwise(windows)), "they overlap"


# -- what is no text ----------------------------------------------------------------------------------------------------

PICTURE = b"\x89PNG\r\x1a\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\6\0\0\0\\r\xa8f"


@pytest.mark.parametrize(
    ("data", "binary"),
    [
        (PICTURE, True),
        (bytes(40) + PICTURE, True),
        (bytes(40), False),  # a hole where a log was cut off
        (bytes(40) + b"INFO done", False),
        (b"\0\1\2", False),  # too little to tell
        (b"id=7\0name=jane.doe@acme.example\0role=admin\0", False),  # NULs between texts
        (b"\x1b[32mok\x1b[0m\t12 ms \x08\x08\x08\x08done\x07", False),  # what terminals get
        ("d\u00e9plac\u00e9 \u00e0 l'\u00e9t\u00e9 par le g\u00e9rant".encode("latin-1"), False),
        ("\u041a\u043b\u0438\u0435\u043d\u0442 \u043d\u0435 \u043d\u0430\u0439\u0434\u0435\u043d".encode("cp1251"), False),
    ],
)
def test_bytes_that_are_no_text_are_told_from_text(data: bytes, binary: bool) -> None:
    assert is_binary(data.decode("utf-8", "surrogateescape")) is binary
    as_node_prints_it = json.dumps(data.decode("utf-8", "replace"))[1:-1]
    assert is_binary_json(as_node_prints_it) is binary
    assert is_binary_json(json.dumps(data.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]) is binary


@given(st.one_of(anything, junk), st.integers(16, 64))
def test_text_is_not_made_binary_by_words_in_any_script(text: str, size: int) -> None:
    clean = "".join(c for c in text if c.isprintable() and c != "\ufffd")
    assert not is_binary(clean.ljust(size, "x"))


BYTES: dict[str, Callable[[bytes], str]] = {
    "Erlang": lambda data: f"<<{','.join(map(str, data))}>>",
    "arguments of a call": lambda data: f"String.fromCharCode({','.join(map(str, data))})",
    "tuple of Python": lambda data: f"tuple(({', '.join(map(str, data))}))",
    "binary of a database": lambda data: f"input 0x{data.hex()} as raw",
    "bytea": lambda data: f"$1 = '\\x{data.hex()}'",
    "dump, apart": lambda data: f"00000000  {data.hex(' ')}  |....|",
    "dump, in pairs": lambda data: f"00000010: {data.hex(' ', 2)}",
    "with dashes": lambda data: f"bytes {data.hex('-').upper()} read",
    "UTF-16": lambda data: f"wchar {bytes(byte for each in data for byte in (each, 0)).hex(' ')} end",
}


@pytest.mark.parametrize("engine", engines())
@pytest.mark.parametrize("form", BYTES)
def test_bytes_are_read_in_whatever_form_a_program_prints_them(engine: EngineName, form: str) -> None:
    private, plain = b"mail renske@duinpan.example now!", b"GET /index.html and 200 the rest"
    clean = logscrub.scrub(f"seen {BYTES[form](private)} here", engine=engine).output
    assert clean != f"seen {BYTES[form](private)} here"
    assert private.hex() not in clean
    assert logscrub.scrub(f"seen {BYTES[form](plain)} here", engine=engine).output == f"seen {BYTES[form](plain)} here"
