"""Arrays of bytes are read as the text that they are: replaced as a whole, or left alone where they say nothing."""

from __future__ import annotations

import base64
import json
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import examples, recognisable, scrub, told_by_field, verify, words

from logscrub import api, formats
from logscrub.api import EngineName, engine_of, engines
from logscrub.detect.json_leaves import LISTS_OF_RECORDS
from logscrub.detect.views import array_end, byte_arrays, text_of_bytes, view_of_bytes
from logscrub.redact.scrub import Redactor

ENTRY = {"__REALTIME_TIMESTAMP": "1794906938315000", "PRIORITY": "3"}
KEY = b"0123456789abcdef0123456789abcdef"
ADDRESS = "jane.doe@acme.example"


def numbers(text: str | bytes) -> list[int]:
    return list(text.encode() if isinstance(text, str) else text)


def line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def typed(data: bytes) -> str:
    return f"Uint8Array({len(data)}) [ {', '.join(map(str, data))} ]"


def series(seed: int, size: int, within: tuple[int, int]) -> bytes:
    chance = random.Random(seed)
    return bytes(chance.randint(*within) for _ in range(size))


def dumped(data: bytes) -> list[str]:
    shown = "".join(chr(b) if 32 <= b < 127 else "." for b in data)
    return [f"{i:08x}  {data[i : i + 16].hex(' ')}  |{shown[i : i + 16]}|" for i in range(0, len(data), 16)]


NOTATIONS = {
    "journald": lambda data: line({**ENTRY, "MESSAGE": numbers(data)}),
    "journald, another field": lambda data: line({**ENTRY, "MESSAGE": "x", "SYSLOG_RAW": numbers(data)}),
    "journald, printed for people": lambda data: json.dumps({**ENTRY, "MESSAGE": numbers(data)}, indent="\t").encode(),
    "journald, a field twice": lambda data: line({**ENTRY, "MESSAGE": ["x", numbers(data)]}),
    "a list": lambda data: line(numbers(data)),
    "lists in a list": lambda data: line([{"a": 1}, numbers(data)]),
    "buffer in JSON": lambda data: line({"body": {"type": "Buffer", "data": numbers(data)}}),
    "buffer in JSON in JSON": lambda data: line({"arguments": json.dumps([{"type": "Buffer", "data": numbers(data)}])}),
    "buffer in JSON in text": lambda data: b'INFO got {"type":"Buffer","data":' + line(numbers(data))[:-1] + b"} in 3 ms\n",
    "buffer": lambda data: f"INFO got <Buffer {data.hex(' ')}> in 3 ms\n".encode(),
    "beginning of a buffer": lambda data: f"INFO got <Buffer {data.hex(' ')} ... 150 more bytes> in 3 ms\n".encode(),
    "buffer that breaks off": lambda data: f"INFO got <Buffer {data.hex(' ')}".encode(),
    "typed array": lambda data: f"INFO got {typed(data)} in 3 ms\n".encode(),
    "beginning of a typed array": lambda data: f"INFO got {typed(data)[:-2]}, ... 1 more item ] in 3 ms\n".encode(),
    "typed array in JSON": lambda data: line({"level": "info", "msg": f"got {typed(data)} in 3 ms"}),
    "array that breaks off": lambda data: f"INFO got {typed(data)[:-2]}".encode(),
    "JSON that breaks off": lambda data: line({**ENTRY, "MESSAGE": numbers(data)})[:-3],
    "Go": lambda data: f"INFO got [{' '.join(map(str, data))}] in 3 ms\n".encode(),
    "Java": lambda data: f"INFO got {[b - 256 if b > 127 else b for b in data]} in 3 ms\n".encode(),
}
"""How bytes are written in logs."""


def holds(out: bytes, data: bytes) -> bool:
    """Whether the bytes still stand in a log, as numbers or as text."""
    pairs = [", ".join(map(str, data)), ",".join(map(str, data)), " ".join(map(str, data)), data.hex(" ")]
    return any(pair.encode() in out for pair in pairs) or data in out


@examples(120)
@given(st.sampled_from(sorted(NOTATIONS)), recognisable, words, words, st.booleans())
def test_a_value_in_an_array_of_bytes_goes(
    redactor: Redactor, notation: str, value: str, before: str, after: str, coloured: bool
) -> None:
    text = f"\x1b[33m{before}\x1b[39m {value} {after}" if coloured else f"{before} {value} {after}"
    raw = NOTATIONS[notation](text.encode())
    out, tally = scrub(redactor, raw)
    assert not holds(out, value.encode())
    assert sum(tally.redactions.values())
    assert not verify(redactor, raw).clean
    assert verify(redactor, out).clean
    twice, again = scrub(redactor, out)
    assert twice == out
    assert (again.records_read, dict(again.formats)) == (tally.records_read, dict(tally.formats))
    if notation.startswith(("journald", "a list", "lists", "buffer in JSON in JSON", "typed array in")):
        json.loads(out)


@examples(60)
@given(told_by_field)
def test_the_name_of_a_field_tells_of_bytes_too(redactor: Redactor, pair: tuple[str, str]) -> None:
    name, value = pair
    assume(len(value.encode()) > 5)
    out, _ = scrub(redactor, line({name: numbers(value)}))
    assert not holds(out, value.encode())
    assert name in json.loads(out)


@examples(150)
@given(
    st.sampled_from(sorted(NOTATIONS)),
    st.one_of(
        # by chance, for what is made to look like a value is one
        st.builds(series, st.integers(0, 10**6), st.integers(6, 200), st.sampled_from([(0, 255), (0, 100), (48, 57)])),
        st.just(b"\r \xc2\x80\xd6\x90"),
        st.sampled_from([b"retrying in 250 ms", b"request failed \x1b[31mtwice\x1b[0m", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]),
    ),
)
def test_bytes_in_which_nothing_is_found_stay_as_they_are(redactor: Redactor, notation: str, data: bytes) -> None:
    raw = NOTATIONS[notation](data)
    out, tally = scrub(redactor, raw)
    assert out == raw
    assert not tally.redactions and not tally.records_withheld
    assert verify(redactor, raw).clean


@pytest.mark.parametrize(
    "value",
    [
        {"status": [200, 404, 200, 301, 200, 404, 500]},
        {"cpu": [12, 33, 64, 71, 70, 65, 66]},
        {"comments": [45, 50, 33, 60, 72, 41]},
        {"comments": [1, 2, 3, 5, 8, 13, 21]},
        {"p": [0.5, 1, 2, 4, 8, 16, 32]},
        {"bytes": [[0, 1, 2, 3, 4, 5], [255, 254, 253, 252, 251, 250]]},
        {"lengths": numbers(ADDRESS[:5])},
    ],
)
def test_numbers_that_are_no_text_stay(redactor: Redactor, value: object) -> None:
    assert scrub(redactor, line(value))[0] == line(value)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (
            line({**ENTRY, "MESSAGE": numbers(f"\x1b[31mmail to {ADDRESS}\x1b[0m \xff")}),
            line({**ENTRY, "MESSAGE": "\x1b[31mmail to <EMAIL_ADDRESS>\x1b[0m \xff"})
            .decode()
            .replace("\\u00ff", "\xff")
            .encode(),
        ),
        (line({"a": numbers(ADDRESS.encode() + b"\xff")}), '{"a": "<EMAIL_ADDRESS>\ufffd"}\n'.encode()),
        (line({"a": {"b": [numbers(ADDRESS), [1, 2]]}}), b'{"a": {"b": [["<EMAIL_ADDRESS>"], [1, 2]]}}\n'),
        (line({"a": json.dumps(numbers(ADDRESS))}), line({"a": '["<EMAIL_ADDRESS>"]'})),
        (NOTATIONS["buffer in JSON in text"](ADDRESS.encode()), b'INFO got {"type":"Buffer","data":"<EMAIL_ADDRESS>"} in 3 ms\n'),
        (NOTATIONS["buffer"](ADDRESS.encode()), b"INFO got <EMAIL_ADDRESS> in 3 ms\n"),
        (NOTATIONS["typed array"](ADDRESS.encode()), b"INFO got Uint8Array(21) <EMAIL_ADDRESS> in 3 ms\n"),
    ],
)
def test_what_takes_the_place_of_an_array(redactor: Redactor, raw: bytes, clean: bytes) -> None:
    assert scrub(redactor, raw)[0] == clean


def test_a_pseudonym_is_that_of_the_value(redactor: Redactor) -> None:
    account = "712020:0a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d"
    out, _ = scrub(
        redactor, b"".join([f"INFO by {account}\n".encode(), f"INFO by <Buffer {account.encode().hex(' ')}>\n".encode()])
    )
    first, second = out.splitlines()
    assert first == second and b"<ACCOUNT_ID:" in first


def test_what_is_kept_keeps_nothing_else(redactor: Redactor) -> None:
    import logscrub

    text = "jane.doe@acme.example ghp_SphM1SXUS2HdCPjj4IBIIBWo2aTgALwg1fRq"
    for raw in (f"<Buffer {text.encode().hex(' ')}>\n", json.dumps({"a": numbers(text)}) + "\n"):
        out = logscrub.scrub(raw, policy="secrets-only", key=b"a key for this test").output
        assert out != raw and not holds(out.encode(), b"ghp_SphM1SXUS2HdCPjj4IBIIBWo2aTgALwg1fRq")


def test_a_value_on_a_cut_of_journald_goes_from_pieces_in_bytes(redactor: Redactor) -> None:
    """The pieces are one record, also once one of them is text."""
    first = {**ENTRY, "_STREAM_ID": "a1", "_LINE_BREAK": "line-max", "MESSAGE": numbers("\x1b[31mmail to jane.doe@ac")}
    for second in ("me.example in 3 ms", numbers("me.example in 3 ms\x1b[0m"), numbers("me.ex")):
        raw = line(first) + line({**ENTRY, "_STREAM_ID": "a1", "MESSAGE": second}) + line({**ENTRY, "MESSAGE": "next"})
        out, tally = scrub(redactor, raw)
        told = [json.loads(each)["MESSAGE"] for each in out.splitlines()]
        assert told[0] == "\x1b[31mmail to <EMAIL_ADDRESS>"
        assert "me.ex" not in told[1] and isinstance(told[1], str)
        assert tally.records_read == 2
        again, twice = scrub(redactor, out)
        assert again == out and twice.records_read == 2
        assert verify(redactor, out).clean and not verify(redactor, raw).clean


@pytest.mark.parametrize("name", engines())
@pytest.mark.parametrize(
    ("raw", "goes"),
    [
        ({"secretKey": list(series(1, 64, (0, 255)))}, True),
        ({"privateKey": {"type": "Buffer", "data": list(series(2, 32, (0, 255)))}}, True),
        ({"secret": {"data": list(series(3, 24, (0, 255)))}}, True),
        ({"signingKey": [byte - 128 for byte in series(4, 32, (0, 255))]}, True),
        ({"tokens": list(series(5, 24, (0, 40)))}, False),
        ({"samples": list(series(6, 64, (0, 255)))}, False),
    ],
)
def test_a_key_in_bytes_goes_under_the_name_of_a_secret(raw: dict[str, object], goes: bool, name: EngineName) -> None:
    clean = api.scrub(line(raw).decode(), key=KEY, engine=name).output
    assert ("<SECRET" in clean) is goes
    assert goes or json.loads(clean) == raw


@pytest.mark.parametrize("name", engines())
def test_all_engines_make_the_same_of_lines_that_differ_in_numbers_alone(redactor: Redactor, name: EngineName) -> None:
    chance, rows = random.Random(5), []
    for n in range(300):
        data = ADDRESS.encode() if n % 7 == 3 else bytes(chance.randrange(10, 100) for _ in ADDRESS)
        rows.append(NOTATIONS[chance.choice(["buffer", "typed array", "typed array in JSON", "buffer in JSON", "Go"])](data))
    raw = b"".join(rows)
    scrubber = engine_of(redactor, name).scrubber()
    out = scrubber.feed(raw, True) + scrubber.finish()
    assert out == scrub(redactor, raw)[0]
    assert not holds(out, ADDRESS.encode())


@examples(100)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=6), st.sampled_from([", ", ",", ",\n  "]))
def test_numbers_are_read_as_the_text_whose_bytes_they_are(text: str, between: str) -> None:
    assume("\ufffd" not in text and text.isprintable())
    written = between.join(map(str, text.encode()))
    assert text_of_bytes(written) == text
    assert [each[2] for each in byte_arrays(f"x [{written}]")] == [text]
    assert array_end(f'{{"a":[{written}]}}', 5) == len(written) + 7
    view = view_of_bytes(written)
    assert view.text == text
    for n, char in enumerate(text):
        a, b = view.origin(n, n + 1)
        assert text_of_bytes(written[a:b]) == char


@pytest.mark.parametrize(
    "array", [numbers("password=u\np\t\r\n"), [*numbers("password=u\np\t\r\n"), None], numbers("mail " + ADDRESS)]
)
@pytest.mark.parametrize(
    "breaks_off", ['{"n":[%s]},"",{', "[%s", '{"a":[[%s]],', '{"n":{"data":[%s]},"m":12', '{"n":{"data":[%s']
)
def test_an_array_in_a_document_that_breaks_off_stays_one_value(
    redactor: Redactor, array: list[int | None], breaks_off: str
) -> None:
    """Else the output would break off at another place than the input, and hold other records."""
    written = json.dumps(array, separators=(",", ":"))[1:-1]
    data = b'{"a":1}\n{\n"":["","",' + (breaks_off % written).encode()
    engine = engine_of(redactor)
    for text in (data, data + b"\n", data + b"\n]x\n"):
        out, tally = scrub(redactor, text)
        again, twice = scrub(redactor, out)
        assert again == out and twice.records_read == tally.records_read and verify(redactor, out).clean
        other = engine.scrubber()
        assert (other.feed(text) + other.finish(), other.tally) == (out, tally)


def test_a_list_of_records_is_no_array_of_bytes() -> None:
    """What one rule of a format names as such, without asking what stands in it, keeps its elements."""
    of_records = {rule.name for f in formats.FORMATS if f.json for rule in f.json.lists if not rule.marks}
    assert of_records <= LISTS_OF_RECORDS


@pytest.mark.parametrize(
    "text",
    [
        'to = "jane" + ".doe@" + "acme.example"',
        "$to = 'jane.' . 'doe@acme.example';",
        "SELECT 'jane.doe' || '@acme.example'",
        "reply to jane=2Edoe=40acme=2Eexample",
        "[j, a, n, e, ., d, o, e, @, a, c, m, e, ., e, x, a, m, p, l, e]",
        "['j', 'a', 'n', 'e', '@', 'a', 'c', 'm', 'e', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e']",
        "".join(f"\\{b:03o}" for b in ADDRESS.encode()),
        " ".join(map(hex, ADDRESS.encode())),
        ",".join(map(hex, ADDRESS.encode())),
        ADDRESS.encode().hex(":"),
        ADDRESS.encode().hex(","),
        " ".join(f"{b:08b}" for b in ADDRESS.encode()),
        " ".join(map(str, ADDRESS.encode())),
        line({"msg": "\n".join(dumped(ADDRESS.encode()))}).decode(),
        "label " + base64.b32encode(ADDRESS.encode()).decode(),
        "label " + base64.b32encode(ADDRESS.encode()).decode().lower().rstrip("="),
        "-EncodedCommand " + base64.b64encode(ADDRESS.encode("utf-16-le")).decode(),
    ],
)
@pytest.mark.parametrize("engine", engines())
def test_an_address_in_pieces_goes(text: str, engine: EngineName) -> None:
    assert "<EMAIL_ADDRESS" in api.scrub(text, key=KEY, engine=engine).output


@pytest.mark.parametrize(
    "text",
    [
        "keystore password bytes: {0}",
        "passwordBytes={0}",
        "keystore password bytes=[{1}]",
        "passwordChars: [T, u, l, i, p, 7, V, e, l]",
        "clientSecretHex: {2}",
    ],
)
@pytest.mark.parametrize("engine", engines())
def test_the_words_before_bytes_tell_what_they_are(text: str, engine: EngineName) -> None:
    secret = b"Tulip.77Velvet"
    out = api.scrub(text.format(secret.hex(" "), ", ".join(map(str, secret)), secret.hex()), key=KEY, engine=engine).output
    assert not any(digits in out for digits in ("56 65 6c", "86, 101", "56656c", "V, e"))


@pytest.mark.parametrize(
    "text",
    [
        "sizes 12 34 56 78 90 12 34 56 7",
        "fingerprint 6a:61:6e:65:2e:64:6f:65:00:01:02:03:04:05:06:07",
        "[a, b, c, d, e, f, g]",
        "messageBytes=512",
        "mask 11111111 11111111 11111111 00000000 00000000 00000000",
        "limit=40 rows=2E1",
        "ordinal NBSWY3DPEB3W64TMMQQGC3DM",
    ],
)
@pytest.mark.parametrize("engine", engines())
def test_what_only_looks_like_bytes_stays(text: str, engine: EngineName) -> None:
    assert api.scrub(text, key=KEY, engine=engine).output == text
