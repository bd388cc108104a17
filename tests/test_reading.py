"""The core reads lines as the readers of Python do: the same units, with the same leaves, records and line numbers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscrub.engines.native import NativeRedactor, gathered
from logscrub.engines.reading import Read, raw_of, read
from logscrub.formats import SHAPES
from logscrub.formats.json_values import Document, JsonReader
from logscrub.model import Raw
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Units

HEAD = "INFO    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 "
LINES = st.sampled_from(
    [
        "Server started on port 8080",
        "",
        "   ",
        "\t\r",
        "}",
        "  indented: 'more'",
        "[2026-11-22 08:14:02] app.ERROR: broken",
        "[1, 2]",
        '{"level":"info","msg":"ready"}',
        '  {"level":"info","msg":"behind white space"} ',
        '{"msg":"open',
        "{",
        '  "msg": "over lines"',
        '[{"msg":"a"},{"msg":"b"}]',
        '{"a":1} {"a":2}',
        '{"a":"\\ud800"}',
        '{"a":"\x1a"}',
        '{"entries":[{"message":"a"},{"message":"b"}]}',
        '{"resourceLogs":[]}',
        '{"a":01}',
        "{}",
        "[]",
        "{ accountId: '712020:x' }",
        "Traceback (most recent call last):",
        '  File "app.py", line 3, in save',
        "ValueError: no such roster",
        "roster.errors.NoSuchRoster: 7",
        "java.lang.IllegalStateException: closed",
        "\tat com.example.Roster.save(Roster.java:7)",
        "Caused by: java.io.IOException: closed",
        "During handling of the above exception, another exception occurred:",
        "goroutine 7 [running]:",
        HEAD + "Synced 14 issues",
        HEAD.strip(),
        "ERROR 08:14:02.113Z broken",
        "2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 Synced",
        "invocation: 6a40122b0ffff58d469e9589998b987d index.handleJiraEvent",
        "invocation: 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001",
        "│ App version: 4.12.0 │",
        "└────┘",
        "\x1b[32mINFO\x1b[39m    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 in colours",
        '203.0.113.7 - jane [17/Nov/2026:09:15:38 +0000] "GET /rosters?page=2 HTTP/1.1" 500 2326 "-" "curl/8.11.0"',
        '203.0.113.7 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12',
        "2026-11-17T09:15:38.315958Z roster-lb 203.0.113.7:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
        '"GET https://roster.example.com:443/rosters HTTP/1.1" "curl/8.11.0" - -',
        "tls 2.0 2026-11-17T09:15:38 net/roster-nlb/c6e7 g3d4b5e8bb8464cd 203.0.113.7:51341 10.0.0.1:443 5 2 98 246 - x",
        "<34>1 2026-11-17T09:15:38Z host app 7 - - " + "x" * 981,
        "<34>1 2026-11-17T09:15:38Z host app 7 - - and its end",
        "https 2026-11-17 " + "y" * 600,
        "Größe " + "ö" * 130,
        "2026-11-17T09:15:38.315000001Z stdout F Synced 14 issues in 812 ms",
        '2026-11-17T09:15:38.315000001Z stderr F {"level":"info","msg":"ready"} ',
        "2026-11-17T09:15:38.315000001Z stderr F Traceback (most recent call last):",
        "2026-11-17T09:15:38.315000001Z stderr F ValueError: no such roster",
        "2026-11-17T09:15:38.315000001Z stdout P a piece, ",
        "2026-11-17T09:15:38.315000001Z stdout F",
        '{"log":"Synced 14 issues\\n","stream":"stdout","time":"2026-11-17T09:15:38.315Z"}',
        '{"log":"  indented \\u00e9\\n","stream":"stderr","time":"2026-11-17T09:15:38.315Z"}',
        '{"log":"{\\"msg\\":1}\\n","stream":"stdout","attrs":{"log":"x"},"time":"2026-11-17T09:15:38.315Z"}',
        '{"log":"a piece, ","stream":"stdout","time":"2026-11-17T09:15:38.315Z"}',
        '{"log":"and \x1a\\n","stream":"stdout","time":"2026-11-17T09:15:38.315Z"}',
        "\0\0behind a hole",
        "\ufeffbehind a mark",
        "half a pair \udce4",
        '{\n  "level": "info",\n  "ctx": {\n    "tags": [\n      1\n    ],\n    "key": "user",\n    "value": "ö"\n  }\n}',
        '{\n  "a": 1\n} ',
        '{\n  "a": 1\n} {',
        '{\n  "a": 1\n} behind',
        '{\n  "a": "\x1a"\n}',
        '{\n  "a": 01\n}',
        '{\n  "entries": [\n    {"message": "a"},\n    {"message": "b"}\n  ]\n}',
        '{\n  "entries": []\n}',
        '{"a": {\n\n}}',
        '[\n  {"a": 1},\n  {"a": 2}\n]',
        '[\n{"a": "Größe"},\n{"b": [1, {"c": 123}]}, \n\t{"b": {"key": "user", "value": "x"}},\n{}\n, {"a": 3},\n{"a": 4}]',
        '{"x": {"entries": [\n {"message": "a"},\n {"message": "b"},\n {"n": [\n1,\n2]},\n {"message": "c"}\n]}}',
        '{"logEvents": [\n {"id": "1",\n "message": "a"},\n {"id": "2", "message": "b"},\n {"id": "3"},\n 7,\n {}]}',
        '[\n{"a": 1},\n"user",\n{"a": 2},\n7,\n{"a": [1, 2]},\n{"b": 3},\n[4, 5],\n{"c": 6},\n\n{"c": 7},\n{}\n]',
        '[\n {"a": 1},\n {"logRecords": [{"body": 1}, {"body": 2}]},\n {"b": 2},\n {"c": 01},\n {"d": 2}\n]',
        '{"tables": [{"columns": [{"name": "user"}, {"name": "n"}], "rows": [\n ["jane", 1],\n ["bob", 2]\n]}]}',
        '[\n {"a": 1},\n {"a": 2},\n {"a":',
        '{"columns": [{"name": "user"}], "a": {"rows": [\n {"v": "x"},\n {"v": "y"},\n {"v": [1, "z"]},\n {}\n]}}',
    ]
)
LOGS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n"])), max_size=14).map(
    lambda lines: "".join(a + b for a, b in lines)
)


@pytest.fixture(scope="module")
def core(redactor: Redactor) -> NativeRedactor:
    return NativeRedactor(redactor)


def test_the_core_reads_the_records_of_a_document(core: NativeRedactor, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = Document.take

    def counted(self: Document, text: str, at: int, number: int, elements: Any) -> Any:
        taken.append(len(elements))
        return take(self, text, at, number, elements)

    monkeypatch.setattr(Document, "take", counted)
    for around in ("[\n%s\n]\n", '{"scopeLogs": [{"logRecords": [\n%s\n]}]}\n'):
        taken.clear()
        record = '{"message": "Größe",\n "user": {"key": "email",\n "value": 123}}'
        data = (around % ",\n".join([record] * 9)).encode()
        expected = [*Units("ndjson").feed(data)]
        units = Units("ndjson", leaves="later")
        assert by_core(core, units, [data[:300], data[300:]]) == expected
        assert sum(taken) >= 5


def test_what_the_core_is_told_of_a_document_does_not_grow_with_its_depth(core: NativeRedactor) -> None:
    text = '{"a":' * 200 + '{"logRecords":[\n' + '{"user": {"name": "x"}},\n1,\n{},\n' * 3
    reader = JsonReader(SHAPES.rules)
    expected = [unit for line in text.splitlines(True) for unit in reader.feed(line)]
    assert reader.document is not None and len(reader.document.open_list or ()) == 3
    assert by_core(core, Units("ndjson", leaves="later"), [text.encode()]) == [*expected, *reader.finish()]


def by_core(core: NativeRedactor, units: Units, pieces: list[bytes]) -> list[Raw]:
    """What the core and the readers of Python read together."""
    gather = gathered(200, 1000)
    out: list[Raw] = []

    def start() -> None:
        job = core.core.start(gather, None, True, 1)
        out.extend(raw_of(job.raw(number)) for number in range(len(job)))

    def add(item: Read) -> None:
        if isinstance(item, Raw):
            gather.add(item)
        else:
            while gather.read(item):
                start()

    for piece in pieces:
        for item in read(units, core.readers, piece):
            add(item)
    for unit in units.finish()[0]:
        add(unit)
    start()
    return out


@given(
    LOGS,
    st.sampled_from(["", "the rest"]),
    st.integers(0, 900),
    st.sampled_from(["auto", "text", "forge-cli", "access-log", "ndjson", "docker", "cri"]),
)
def test_the_same_units_come_of_the_core(core: NativeRedactor, log: str, rest: str, cut: int, name: str) -> None:
    data = (log + rest).encode("utf-8", "surrogateescape")
    definition = Units(name)
    expected = [*definition.feed(data), *definition.finish()[0]]
    units = Units(name, leaves="later")
    found = by_core(core, units, [data[:cut], data[cut:]])
    assert "".join(unit.text for unit in found) == log + rest
    assert [(u.text, u.line, u.column, u.records, u.parsed, u.inside) for u in found] == [
        (u.text, u.line, u.column, u.records, u.parsed, u.inside) for u in expected
    ]
    for unit, its in zip(found, expected, strict=True):
        if unit.leaves and unit.leaves[0].start >= 0:  # the leaves of JSON are found later
            assert unit.leaves == its.leaves
    assert units.format == definition.format
