"""Hypothesis strategies for logs: events with planted values, told in every format, whole, cut off and mixed with junk.

The formats themselves are those of `scripts/sample_logs.py`, so that there is one description of each.
"""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import collector_samples
from hypothesis import settings
from hypothesis import strategies as st

import sample_logs
from logscrub import formats
from logscrub.api import engine_of
from logscrub.detect import catalogue
from logscrub.detect.catalogue import Catalogue
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Scrubber, Tally
from logscrub.verification import FileReport, Verifier
from sample_logs import Event, Invocation, compact, lines, pretty

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


def examples(n: int) -> settings:
    """So many examples, twenty times as many in the thorough profile."""
    return settings(max_examples=n * 20 if THOROUGH else n)


@cache
def builtin_detectors() -> Catalogue:
    """The built-in detectors, read once for all tests of a process."""
    return catalogue.load()


# -- what the tests do with logs ----------------------------------------------------------------------------------------


def scrub(redactor: Redactor, data: bytes, input_format: str = "auto") -> tuple[bytes, Tally]:
    return scrub_pieces(redactor, [data], input_format)


def scrub_fastest(redactor: Redactor, data: bytes) -> tuple[bytes, Tally]:
    """As `scrub`, by the engine that is used where none is named. `test_native.py` holds both engines to the same output."""
    scrubber = engine_of(redactor).scrubber()
    out = scrubber.feed(data) + scrubber.finish()
    return out, scrubber.tally


def verify_fastest(redactor: Redactor, data: bytes) -> FileReport:
    """As `verify`, by the engine that is used where none is named."""
    verifier = engine_of(redactor).verifier("test")
    verifier.feed(data)
    return verifier.finish()


def scrub_pieces(redactor: Redactor, pieces: list[bytes], input_format: str = "auto") -> tuple[bytes, Tally]:
    scrubber = Scrubber(redactor, input_format)
    out = b"".join([*map(scrubber.feed, pieces), scrubber.finish()])
    return out, scrubber.tally


def reading(tally: Tally) -> Counter[str]:
    """How the inputs were read: their formats, where all formats of lines that share one reader are one."""
    read: Counter[str] = Counter()
    for name, inputs in tally.formats.items():
        of = formats.named(name)
        read["lines" if of.reader is None and of.json is None else name] += inputs
    return read


def verify(redactor: Redactor, data: bytes, input_format: str = "auto") -> FileReport:
    verifier = Verifier(redactor, "test", input_format)
    verifier.feed(data)
    return verifier.finish()


def shape(value: Any) -> Any:
    """A JSON value's objects and lists, without names, strings and numbers. The value is one of `parsed`."""
    if isinstance(value, Pairs):
        return ["object", *(shape(v) for _, v in value)]
    if isinstance(value, list):
        return ["list", *map(shape, value)]
    return None


class Pairs(list[Any]):
    """An object with its names in order, doubled ones too."""


def parsed(text: str | bytes) -> Any:
    return json.loads(text, object_pairs_hook=Pairs)


# -- values that must go ------------------------------------------------------------------------------------------------


def hexes(n: int) -> st.SearchStrategy[str]:
    return st.integers(0, 16**n - 1).map(lambda i: f"{i:0{n}x}")


def shaped(form: str) -> st.SearchStrategy[str]:
    """`form` with each letter after a % replaced: %x a hex digit, %d a digit, %A a capital, %a any letter or digit."""
    alphabets = {
        "x": "0123456789abcdef",
        "d": "0123456789",
        "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "a": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    }
    kinds = re.findall("%(.)", form)
    parts = re.split("%.", form)

    def put(seed: int) -> str:
        draw = sample_logs.Draw(str(seed))
        return parts[0] + "".join(draw.choice(alphabets[k]) + p for k, p in zip(kinds, parts[1:], strict=True))

    return st.integers(0, 10**6).map(put)


uuids = shaped("%x" * 8 + "-%x%x%x%x-4%x%x%x-a%x%x%x-" + "%x" * 12)
emails = st.builds(
    "{}@{}.example".format,
    st.sampled_from(["jane.doe", "o'neill", "j.v+test", "björn", "a_b-c", "HR"]),
    st.sampled_from(["acme", "big-corp", "mail.acme", "例子"]),
)
account_ids = st.one_of(
    shaped("712020:" + "%x" * 8 + "-%x%x%x%x-4%x%x%x-a%x%x%x-" + "%x" * 12),
    shaped("557058:" + "%x" * 8 + "-%x%x%x%x-4%x%x%x-a%x%x%x-" + "%x" * 12),
    shaped("712020:" + "%x" * 24),
    st.builds("qm:{}:{}".format, uuids, uuids),
)


def _with_checksum(body: str) -> str:
    return f"{body}={zlib.crc32(f'{body}='.encode()):08X}"


tokens = st.one_of(
    shaped("ATATT3xEXAMPLE" + "%a" * 170).map(_with_checksum),
    shaped("ghp_" + "%a" * 36),
    shaped("AKIA" + "%A" * 16),
    shaped("xoxb-%d%d%d%d%d%d%d%d%d%d-%d%d%d%d%d%d%d%d%d%d-" + "%a" * 24),
    st.builds(lambda n: sample_logs.Draw(str(n)).jwt({"sub": str(n), "name": "example"}), st.integers(0, 99)),
)
phones = st.sampled_from(["+1 (415) 555-0132", "+442079460018", "+49 151 23456789", "+61 412 345 678"])
addresses = st.sampled_from(["203.0.113.7", "198.51.100.243", "2001:db8:85a3::8a2e:370:7334"])

recognisable = st.one_of(emails, account_ids, tokens, phones, addresses)
"""Values that show what they are, wherever they stand."""

NAMES = ["Jürgen Großmann", "佐藤 美咲", "Siobhán O'Connor", "Nomvula Dlamini", "محمد الحسيني", "Ольга Кузнецова"]
CONTENT = ["Kündigung Frau Vogt", "Salary review, confidential", "佐藤さんの産休", "back injury - light duties until March"]

told_by_field = st.one_of(
    st.tuples(st.sampled_from(["displayName", "userName", "fullName", "assignee"]), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["summary", "description", "pageTitle", "comment"]), st.sampled_from(CONTENT)),
    st.tuples(st.sampled_from(["password", "clientSecret", "api_key", "sessionToken"]), shaped("%a" * 20)),
    st.tuples(st.sampled_from(["cloudId", "tenantId"]), uuids),
    st.tuples(st.sampled_from(["emailAddress", "email"]), emails),
)
"""(name of a field, value that its name tells)."""

encodings: dict[str, Callable[[str], str]] = {
    "plain": lambda v: v,
    "percent": lambda v: quote(v, safe=""),
    "percent twice": lambda v: quote(quote(v, safe=""), safe=""),
    "escapes": lambda v: "".join(c if c.isalnum() and c.isascii() else "".join(f"\\u{u:04x}" for u in _utf16(c)) for c in v),
    "all escaped": lambda v: "".join(f"\\u{u:04x}" for c in v for u in _utf16(c)),
    "entities": lambda v: "".join(c if c.isalnum() else f"&#{ord(c)};" for c in v),
    "hex entities": lambda v: "".join(f"&#x{ord(c):x};" for c in v),
    "base64": lambda v: base64.b64encode(f"value: {v}!".encode()).decode(),
    "base64url": lambda v: base64.urlsafe_b64encode(compact({"v": v}).encode()).decode().rstrip("="),
    "hex": lambda v: f"value: {v}!".encode().hex(),
    "json": lambda v: json.dumps({"v": v}, ensure_ascii=True),
    "json in json": lambda v: json.dumps({"v": json.dumps([v])}),
    "buffer": lambda v: f"<Buffer {v.encode().hex(' ')}>",
    "buffer in json": lambda v: compact({"type": "Buffer", "data": list(v.encode())}),
    "typed array": lambda v: f"Uint8Array({len(v.encode())}) [ {', '.join(map(str, v.encode()))} ]",
    "bytes of go": lambda v: f"[{' '.join(map(str, v.encode()))}]",
    "bytes of java": lambda v: str([b - 256 if b > 127 else b for b in v.encode()]),
}


def _utf16(char: str) -> Iterator[int]:
    data = char.encode("utf-16-be")
    return (int.from_bytes(data[i : i + 2]) for i in range(0, len(data), 2))


# -- what stands around them --------------------------------------------------------------------------------------------

anything = st.text(st.characters(codec="utf-8"), max_size=40)
words = st.sampled_from(
    [
        "Roster saved",
        "retrying in 250 ms",
        "user",
        "request failed with status 403",
        "→",
        "at fetch (src/api.js:41:13)",
        "cache",
        "{}",
        "[1]",
    ]
)
junk = st.one_of(words, anything, st.text("\\\"'{}[]:=,;<>&%\x1b\x00\u200b\t @+-/", max_size=12))

in_a_field = st.builds(
    lambda form, pair: form.format(*pair),
    st.sampled_from(["{}={}", '{}: "{}"', '"{}":"{}"', "{{ {}: '{}' }}", '\\"{}\\":\\"{}\\"', "{} '{}'"]),
    told_by_field,
)
encoded = st.builds(lambda name, value: encodings[name](value), st.sampled_from(sorted(encodings)), recognisable)
messages = st.lists(st.one_of(words, encoded, in_a_field, junk), min_size=1, max_size=4).map(" ".join)

keys = st.one_of(
    st.sampled_from(
        [
            "id",
            "value",
            "key",
            "name",
            "headers",
            "status",
            "edges",
            "logs",
            "displayName",
            "summary",
            "password",
            "body",
            "phone",
        ]
    ),
    recognisable,
    anything,
)
numbers = st.one_of(st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False), st.just(4111111111111111))
leaves = st.one_of(st.none(), st.booleans(), numbers, messages, anything, recognisable)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(leaves, told_by_field.map(lambda pair: dict([pair])), leaves.map(compact)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
        inner.map(compact),
        st.builds(lambda k, v: {"key": k, "value": {"stringValue": v}}, keys, inner),
    ),
    max_leaves=6,
)
json_documents = st.one_of(st.dictionaries(keys, json_values, max_size=4), st.lists(json_values, max_size=4))

# -- logs ---------------------------------------------------------------------------------------------------------------

_PEOPLE = sample_logs.customers(sample_logs.Draw(sample_logs.SEED))


def _event(run: int, level: str, message: str, other: list[Any], ms: int, front_end: bool) -> Event:
    draw = sample_logs.Draw(f"{run}")
    customer = _PEOPLE[run % len(_PEOPLE)]
    function = sorted(sample_logs.FUNCTIONS)[run % len(sample_logs.FUNCTIONS)]
    invocation = Invocation(draw.uuid(), draw.hex(32), function, "4.207.0", customer, customer.people[0], "roster-remote-1")
    return Event(1_794_907_000_000 + ms, level, invocation, message, tuple(other), front_end, draw.hex(16))


events = st.lists(
    st.builds(
        _event,
        st.integers(0, 3),
        st.sampled_from(sorted(sample_logs.LEVELS)),
        messages,
        st.lists(json_values, max_size=2),
        st.integers(0, 10**6),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@dataclass(frozen=True)
class Log:
    """A generated input: its bytes, the format that must be recognised, how many records are in it."""

    kind: str
    format: str
    data: bytes
    records: int

    def __repr__(self) -> str:
        return f"Log({self.kind}, {self.records} records, {self.data!r})"


def _one_line(event: Event) -> Event:
    """Text formats without quotes for line ends: a line that looks like a head would be a record of its own."""
    return Event(event.ms, event.level, event.run, event.message.replace("\n", " "), event.other, event.front_end, event.span)


def _plain(event: Event) -> Event:
    return Event(event.ms, event.level, event.run, sample_logs.one_line(event), (), event.front_end, event.span)


def _in_bytes(events: list[Event]) -> bytes:
    """`journalctl -o json` with every other message as an array of its bytes."""
    entries = [json.loads(line) for line in collector_samples.journald(events).splitlines()]
    for entry in entries[::2]:
        entry["MESSAGE"] = list(entry["MESSAGE"].encode())
    return lines(map(compact, entries))


FORMATS: dict[str, tuple[str, Callable[[list[Event]], bytes], Callable[[int], int]]] = {
    "page": ("app-logs", lambda e: compact(sample_logs.pages(e, 100)[0]).encode(), lambda n: n),
    "pretty page": ("app-logs", lambda e: pretty(sample_logs.pages(e, 100)[0]), lambda n: n),
    "pages a line": ("app-logs", lambda e: lines(compact(p) for p in sample_logs.pages(e, 2)), lambda n: n),
    "records": ("app-logs", sample_logs.records, lambda n: n),
    "otlp": ("otlp", sample_logs.otlp, lambda n: n),
    "graphql 1": ("graphql", sample_logs.graphql_v1, lambda n: n),
    "graphql 2": ("graphql", sample_logs.graphql_v2, lambda n: n),
    "container": ("containers", lambda e: b"".join(sample_logs.container_stdout(e).splitlines(True)[1:-1]), lambda n: n),
    "ndjson": ("ndjson", sample_logs.generic_ndjson, lambda n: n),
    "json": ("ndjson", sample_logs.generic_json, lambda n: n),
    "csv": ("csv", sample_logs.csv_download, lambda n: n),
    "flat": ("forge-cli", sample_logs.flat, lambda n: n),
    "flat verbose": ("forge-cli", lambda e: sample_logs.flat(e, verbose=True), lambda n: n),
    "colours": ("forge-cli", lambda e: sample_logs.flat(e, verbose=True, colour=True), lambda n: n),
    "containers": ("forge-cli", lambda e: sample_logs.flat(e, containers=True), lambda n: n),
    "grouped": ("forge-cli", sample_logs.grouped, lambda n: n),
    "grouped verbose": ("forge-cli", lambda e: sample_logs.grouped(e, verbose=True), lambda n: n),
    "tunnel": ("forge-cli", sample_logs.tunnel, lambda n: n),
    "text": ("text", sample_logs.plain_text, lambda n: 2 * n),
    "syslog": ("syslog", sample_logs.syslog_5424, lambda n: n),
    "logfmt": ("logfmt", sample_logs.logfmt, lambda n: n),
    "access log": ("access-log", sample_logs.access_log, lambda n: n),
    "load balancer": ("aws-load-balancer", sample_logs.load_balancer, lambda n: n),
    "cloudfront": ("w3c", sample_logs.cloudfront, lambda n: n),
    "lambda": ("lambda", lambda e: lines(f"{x.iso}\t{x.run.id}\t{x.level}\t{sample_logs.one_line(x)}" for x in e), lambda n: n),
    "windows events": ("windows-event", sample_logs.windows_events, lambda n: n),
    "wevtutil": ("wevtutil", sample_logs.wevtutil, lambda n: n),
    # a message over several lines would have its size before it, which changes with it
    **{
        name.partition(".")[0]: (format_name, write, lambda n: n)
        for name, (write, format_name) in collector_samples.KINDS.items()
    },
    "journald in bytes": ("journald", lambda e: _in_bytes([_plain(x) for x in e]), lambda n: n),
    "journal": ("journald-export", lambda e: sample_logs.journald_export([_plain(x) for x in e]), lambda n: n),
}
"""Kind → the format it must be recognised as, what writes it, and how many records so many events make."""
JSON_KINDS = ("page", "pretty page", "otlp", "graphql 1", "graphql 2", "json")


def _log(kind: str, told: list[Event]) -> Log:
    name, write, count = FORMATS[kind]
    return Log(kind, name, write([_one_line(e) for e in told]), count(len(told)))


logs = st.builds(_log, st.sampled_from(sorted(FORMATS)), events)
"""Whole logs of all formats."""
json_logs = st.one_of(
    st.builds(_log, st.sampled_from(JSON_KINDS), events).map(lambda log: log.data),
    json_documents.map(lambda d: compact(d).encode()),
    json_documents.map(pretty),
    json_documents.map(lambda d: json.dumps(d, indent="\t", ensure_ascii=True).encode()),
)
"""Inputs that are one JSON value."""
cut_off = st.builds(lambda log, cut: log.data[: len(log.data) * cut // 100], logs, st.integers(1, 99))
"""Logs that end in the middle of a line, or of a character."""
binary = st.one_of(
    st.binary(max_size=200), anything.map(lambda t: t.encode("utf-16")), messages.map(lambda t: t.encode("utf-16-le"))
)
inputs = st.one_of(
    logs.map(lambda log: log.data),
    json_logs,
    cut_off,
    binary,
    messages.map(str.encode),
    st.lists(st.one_of(logs.map(lambda log: log.data), cut_off, binary, junk.map(str.encode)), min_size=2, max_size=3).map(
        b"".join
    ),
    logs.map(lambda log: log.data.replace(b"\n", b"\r\n")),
    logs.map(lambda log: log.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").decode().encode("utf-16")),
)
"""All that may come in: whole logs, halves of logs, junk, and one after the other."""

# -- inputs whose reading hangs on what must go ----------------------------------------------------------------------------

placeholders = st.one_of(
    st.sampled_from(["<EMAIL_ADDRESS>", "<PERSON>", "<CONTENT>", "<PHONE_NUMBER>", "<WITHHELD>"]),
    hexes(20).map("<SITE_NAME:{}>".format),
    hexes(20).map("<ACCOUNT_ID:{}>".format),
)
names_of_people = st.sampled_from([*NAMES, "Jane Doe", "Doe, Jane", "Priya", "Mehta, Priya", 'Jane "JD" Doe', "jane.doe"])
gone = st.one_of(
    recognisable,
    names_of_people,
    placeholders,
    st.sampled_from(["4155550132", "+15550132", "5550132", "{ displayName: 'Jane Doe' }", "password: hunter2hunter"]),
)
"""What a redaction changes, wherever it stands, and what a redaction leaves."""
told_only_by_its_place = st.sampled_from(["Acme Corp", "Qwert Zxcvb", "hunter2hunter", "5550132", "10.0.0.1", "shift 3", "x", ""])
telling_names = st.sampled_from(
    ["Site", "displayName", "phone", "password", "summary", "User Agent", "customer name", "email", "x-forwarded-for", "title"]
)
known_columns = st.sampled_from(
    [
        "Level",
        "Site",
        "License",
        "Edition",
        "Details",
        "Invocation ID",
        "Date/Time(UTC)",
        "message",
        "user",
        "actor",
        "ip_address",
    ]
)
sensitive_names = st.one_of(
    gone,
    st.builds("{}{}{}".format, gone, st.sampled_from(["", " ", "-", "_", "."]), telling_names),
    st.builds("{}{}{}".format, telling_names, st.sampled_from(["", " ", "-", "_", "."]), gone),
    st.builds("{}{}".format, st.sampled_from(["Jane", "JANE", "jane", "Priya"]), st.sampled_from(["Phone", "PASSWORD", "Title"])),
)
"""Names of columns, members and labels that hold something that must go, some of them beside a word that tells."""
other_names = st.sampled_from(
    ["", "x", "shift", "row 12", "a" * 45, "2026", "Hour;Day", "a\tb|c", "count (12 of 345)", 'size "L"']
)
column_names = st.one_of(known_columns, known_columns, telling_names, sensitive_names, other_names)
cells = st.one_of(told_only_by_its_place, told_only_by_its_place, gone, messages, names_of_people.map(lambda n: f'see "{n}"'))
blanks = st.sampled_from(["", "\n", "\ufeff", "\r\n\n", " \n"])


def _cell(value: str, style: str) -> str:
    """A cell as RFC 4180 wants it, always in quotes, or as it is, whatever that makes of the row."""
    if style == "quoted" or (style == "right" and re.search(r'[",;\t|\r\n]', value)):
        return '"' + value.replace('"', '""') + '"'
    return value


@st.composite
def _tables(draw: st.DrawFn, names: st.SearchStrategy[str] = column_names, values: st.SearchStrategy[str] = cells) -> str:
    mark, end = draw(st.sampled_from(",,;\t|")), draw(st.sampled_from(["\n", "\r\n"]))
    style = st.sampled_from(["right", "right", "quoted", "as it is"])
    header = draw(st.lists(names, min_size=1, max_size=6))
    header += draw(st.lists(known_columns, max_size=3))
    rows = [header]
    for _ in range(draw(st.integers(1, 4))):
        width = max(1, len(header) + draw(st.sampled_from([0, 0, 0, 0, 1, -1])))
        rows.append(draw(st.lists(values, min_size=width, max_size=width)))
    how = draw(style)
    return draw(blanks) + "".join(mark.join(_cell(c, draw(st.just(how) | style)) for c in row) + end for row in rows)


tables = _tables()
"""Tables of any header, with values that only their column tells, and with rows that do not fit."""


@st.composite
def _labelled(draw: st.DrawFn) -> Any:
    """A value that something beside it names, in an object or list of a telling name, or of none."""
    label, value = draw(st.one_of(sensitive_names, telling_names)), draw(st.one_of(told_only_by_its_place, gone, numbers))
    around = draw(st.one_of(telling_names, sensitive_names, st.sampled_from(["", "headers", "x", "body"])))
    pair: Any = draw(
        st.sampled_from(
            [
                {"key": label, "value": value},
                {"value": value, "key": label},
                {"name": label, "value": {"stringValue": value}},
                {label: value},
                {label: {"value": value}},
                [label, value],
                [label, value, "displayName", value],
                {label: [value, value]},
            ]
        )
    )
    return {around: pair} if around else pair


labelled = st.lists(_labelled(), min_size=1, max_size=3).flatmap(
    lambda pairs: st.sampled_from([pairs[0], pairs, {"appLogs": pairs}, {"entries": pairs, "n": 1}, {"a": {"edges": pairs}}])
)
damages: dict[str, Callable[[str, int], str]] = {
    "none": lambda text, at: text,
    "cut off": lambda text, at: text[:at],
    "begun inside": lambda text, at: text[at:],
    "a character gone": lambda text, at: text[:at] + text[at + 1 :],
    "control character": lambda text, at: text[:at] + "\x01" + text[at:],
    "tab": lambda text, at: text[:at] + "\t" + text[at:],
    "quote": lambda text, at: text[:at] + '"' + text[at:],
    "half an emoji": lambda text, at: text[:at] + "\\ud83d" + text[at:],
    "wrong escape": lambda text, at: text[:at] + "\\x41" + text[at:],
    "comma": lambda text, at: text[:at] + "," + text[at:],
    "brackets": lambda text, at: text[:at] + "]}" + text[at:],
    "line end": lambda text, at: text[:at] + "\n" + text[at:],
    "noughts before numbers": lambda text, at: re.sub(r"(: ?)([1-9])", r"\g<1>0\2", text),
    "names without quotes": lambda text, at: re.sub(r'"(\w+)":', r"\1:", text),
    "single quotes": lambda text, at: text.replace('"', "'"),
    "more behind": lambda text, at: text + " Jane Doe",
    "more before": lambda text, at: "[Jane Doe] " + text,
}
layouts: tuple[Callable[[Any], str], ...] = (
    compact,
    lambda v: json.dumps(v, indent=2, ensure_ascii=False),
    lambda v: json.dumps(v, indent=0),
    lambda v: "\n".join(compact(x) for x in v) if isinstance(v, list) else json.dumps(v),
)


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(layouts))(draw(st.one_of(labelled, json_values)))
    how = draw(st.sampled_from(sorted(damages)))
    at = draw(st.integers(0, len(text)))
    return draw(blanks) + damages[how](text, at) + draw(st.sampled_from(["", "\n"]))


damaged_json = _damaged()
"""JSON in which names and labels must go, whole or not quite."""

openings = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "INFO ", "  ", "{ ", "[", "user "]),
    telling_names,
    st.sampled_from([": ", "=", ": [", ": {", " "]),
    st.sampled_from(['"', "'", "`", "“", "", "'abc", '"Jane', "{ a: ", "-----BEGIN PRIVATE KEY-----"]),
) | st.builds(
    "{}{}".format,
    st.sampled_from(["", "  ", "- ", "INFO "]),
    telling_names.flatmap(
        lambda name: st.sampled_from(
            [f"{name}: |", f"{name}: >-", f"{name}:  |2 ", f"<{name}>", f"<a:{name} id='4'> ", f"{name}: >x"]
        )
    ),
)
"""Lines that leave something open."""
continuations = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", " ", "\t", "}", "] ", ")", "},", "│ ", "\x1b[31m", "\x1b[31m│", "['", "[", "{", '{"', "at "])
    | st.sampled_from(
        [
            "Traceback (most recent call last):",
            "ValueError: ",
            "Error",
            "a.b.SaveException",
            "  at a.B",
            "Caused by: ",
            "goroutine 1 [x]:",
        ]
    ),
    st.one_of(gone, told_only_by_its_place, in_a_field, words, junk),
    st.sampled_from(["", '"', "'", "' +", "}", "]", '"]', ",", "`"]),
)
"""Lines that something goes on in, if something is open."""
_INVOCATION = "3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001"
_ANY = "\0"
first_lines = st.builds(
    lambda form, value, name: form.replace(_ANY, value).replace("@", name),
    st.sampled_from(
        [
            f"INFO    2026-11-22T08:14:02.113Z {_INVOCATION} {_ANY}",
            f"2026-11-22T08:14:02.113Z {_INVOCATION}{_ANY}",
            f"2026-11-22T08:14:02.113Z {_INVOCATION} {_ANY}",
            f"INFO 08:14:02.113Z{_ANY} Received",
            f"invocation: {_INVOCATION} {_ANY}",
            f"invocation: {_INVOCATION}{_ANY}",
            f"invocation: 6a40122b0ffff58d469e9589998b987d index.{_ANY}",
            f"│ {_ANY} │",
            f"┌──{_ANY}──┐",
            f"{_ANY}, @, user, date",
            f"2026-11-22 08:14:02 wrong fields: {_ANY}, site, date",
            f"@: {_ANY}, site, version",
            f'{{"@":"{_ANY}"',
            f'{{"@":"{_ANY}"}}',
            f'{{"@":"{_ANY}","appLogs":[]}}',
            f'{{"@":"severityText","key":"{_ANY}"}}',
            f'{{"@":"resourceLogs","key":"{_ANY}"}}',
            f'{{ "@": {_ANY} "appLogs": [',
            f"[{_ANY}] ready",
            f"[{_ANY}, 1] ready",
            f'["{_ANY}", "x"',
            f"[{_ANY}",
            f"{{{_ANY}",
            f"[~accountid:{_ANY}] said",
            "{",
            "[",
            f"{_ANY}",
            f"@={_ANY}",
            f"#Fields: date time {_ANY} c-ip @ cs-username\n2026-11-22 08:14:02 x 203.0.113.7 5550132 shift-3",
            f"#Fields: c-ip @\n{_ANY} x\n{_ANY} y z",
            f"#Version: {_ANY}\n#Fields: @ x",
            f'{_ANY} - shift-3 [17/Nov/2026:09:15:38 +0000] "GET /@?x={_ANY} HTTP/1.1" 200 12 "-" "{_ANY}"',
            f'203.0.113.7 - {_ANY} [17/Nov/2026:09:15:38 +0000] "{_ANY}" 200 12 "-" "curl"',
            f'http 2026-11-17T09:15:38.315958Z {_ANY} 203.0.113.7:2817 - 0.1 1.0 0.0 502 - 34 366 "{_ANY}" "curl"',
            f"<131>1 2026-11-17T09:15:38.315Z {_ANY} roster 4711 - - @={_ANY}",
            f"<34>Nov 17 09:15:38 {_ANY} su[230]: {_ANY}",
            f"Nov 17 09:15:38 {_ANY} sshd[230]: {_ANY}",
            f"78 <131>1 2026-11-17T09:15:38.315Z web-1 roster 4711 - - {_ANY}",
            f"E1117 09:15:38.315000 1 {_ANY}.go:12] {_ANY}",
            f"@={_ANY} level=ERROR msg={_ANY} function=x",
            f'time=2026-11-17T09:15:38.315Z @={_ANY} msg="{_ANY}"',
            f"2026-11-17T09:15:38.315Z\t8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00\tERROR\t{_ANY}",
            f"2026-11-17T09:15:38.315000001Z stdout F {_ANY}",
            f"2026-11-17T09:15:38.315000001Z stdout P @: {_ANY}",
            f"<Event><EventData><Data Name='{_ANY}'>5550132</Data><@>{_ANY}</@></EventData></Event>",
            f"<Events>{_ANY}\n<Event><Data Name='@ {_ANY}'>shift 3</Data>",
            f"__CURSOR={_ANY}\nMESSAGE={_ANY}\n@={_ANY}",
            f'{{"log":"{_ANY}\\n","stream":"stdout","time":"2026-11-17T09:15:38Z"}}',
            f'{{"@":"{_ANY}","_source":{{"@":"{_ANY}"}}}}',
            f'{{"MESSAGE":"{_ANY}","PRIORITY":"3","@":"{_ANY}"}}',
        ]
    ),
    st.one_of(gone, told_only_by_its_place),
    telling_names,
)
"""First lines of all formats, and lines that are nearly ones."""
bodies = st.one_of(
    st.lists(st.one_of(openings, continuations, continuations, first_lines), min_size=1, max_size=5).map("\n".join),
    tables,
    damaged_json,
    logs.map(lambda log: log.data.decode()),
)
mixed_up = st.builds("{}{}\n{}{}".format, blanks, first_lines, bodies, st.sampled_from(["", "\n"]))
"""The first line of one format above the body of another."""
wide_text = st.builds(
    lambda parts, order: "".join(parts).encode(order, "surrogatepass"),
    st.lists(
        st.one_of(gone, st.sampled_from(["INFO ", "日志记录错误信息" * 4, "Ошибка: ", "あいう", "\n", "x"])),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["utf-16-le", "utf-16-be", "utf-8", "utf-16"]),
)
control_characters = st.builds(
    lambda parts: "".join(parts),
    st.lists(
        st.one_of(gone, st.text("\x00\x01\x02\x1b\t ", max_size=12), st.just("see "), st.just("\n")), min_size=1, max_size=8
    ),
)
tangled = st.one_of(
    tables.map(str.encode),
    damaged_json.map(lambda t: t.encode("utf-8", "surrogatepass")),
    mixed_up.map(lambda t: t.encode("utf-8", "surrogatepass")),
    wide_text,
    st.lists(wide_text, min_size=2, max_size=3).map(b"".join),
    control_characters.map(str.encode),
)
"""Inputs in which what must go lies where formats, columns, names and units are told by."""


def _with_binary(text: str, at: int, what: str) -> bytes:
    at = at * len(text) // 100
    return (text[:at] + what + text[at:]).encode("utf-8", "surrogatepass")


with_binary = st.builds(
    _with_binary,
    st.one_of(tables, damaged_json, mixed_up),
    st.integers(0, 100),
    st.sampled_from(["\x01\x02\x03\x04\x05\x06\x0e\x0f" * 8, "\\u0001\\u0002\\u0003\\u0004" * 16]),
)
"""Inputs of which a part is no text, and is withheld."""
