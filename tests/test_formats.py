"""Every export format is recognised, cut into its records, and put back as it was, whatever state it arrives in."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import collector_samples
import pytest
from jsonschema import Draft6Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT6
from strategies import scrub, scrub_pieces, verify

import logscrub
import sample_logs
from logscrub import formats
from logscrub.api import engines
from logscrub.detect.json_leaves import Frame, json_leaves
from logscrub.errors import UsageError
from logscrub.model import Raw
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Units
from logscrub.sources.files import Input
from logscrub.sources.streams import open_stream

SAMPLES = Path(__file__).parents[1] / "sample_logs"
INVOCATION = "3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001"
RECORD = (
    '{"timeUnixNano":"1795392000123000000","severityText":"INFO","body":{"stringValue":"hello"},'
    '"attributes":[{"key":"appId","value":{"stringValue":"x"}},{"key":"edition","value":{"stringValue":"y"}}]}'
)


def read(text: str | bytes, input_format: str = "auto") -> tuple[list[Raw], str]:
    """The units of an input and the name of its format."""
    units = Units(input_format)
    data = text.encode() if isinstance(text, str) else text
    found = [*units.feed(data), *units.finish()[0]]
    assert units.format is not None
    return found, units.format.name


def records(text: str | bytes, input_format: str = "auto") -> int:
    return sum(unit.records for unit in read(text, input_format)[0])


# -- recognition --------------------------------------------------------------------------------------------------------

FIRST_LINES = {
    "app-logs": ['{"appLogs":[' + RECORD + '],"cursor":"x"}', RECORD, '{"appLogs": []}', "[" + RECORD + "]"],
    "otlp": ['{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[' + RECORD + "]}]}]}"],
    "graphql": [
        '{"data":{"appLogsWithMetaData":{"appLogs":[{"lvl":"INFO"}]}}}',
        '{"data":{"appLogs":{"nodes":[{"appLogLines":{"edges":[{"node":{"level":"INFO"}}]}}]}}}',
    ],
    "containers": ['{"ts":1,"level":"INFO","msg":"x","forge_invocation":"eyJ9"}'],
    "ndjson": ['{"msg":"x"}', '["a","b"]', "[1, 2]", "{}", '{ "a" : 1 }', "[[1],[2]]"],
    "csv": [
        sample_logs.CSV_HEADER,
        "@timestamp,@message,@logStream,@log",
        "x,+15550132,,,,,,,Site,,,License,Edition",
        '"a, Level; b",jane doe 12345,"Site",user',
        "timestamp;level;message",
        "Level\tMessage\tInvocation ID",
        '"Level","Date/Time(UTC)","Details"',
        "id,actor,action,timestamp",
    ],
    "forge-cli": [
        f"INFO    2026-11-22T08:14:02.113Z {INVOCATION} Synced 14 issues in 812 ms",
        f"ERROR 2026-11-22T08:14:02.113Z {INVOCATION} Error: x",
        f"WARN      2026-11-22T08:14:02Z   {INVOCATION}",
        f"\x1b[36mINFO   \x1b[39m 2026-11-22T08:14:02.113Z {INVOCATION} x",
        f"2026-11-22T08:14:02.113Z {INVOCATION} Synced",
        f"invocation: {INVOCATION}",
        "invocation: 6a40122b0ffff58d469e9589998b987d index.handleJiraEvent",
        f"INFO    14:11:09.033  {INVOCATION}  Received",
        "┌──────────────────┐",
    ],
    "windows-event": [
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>",
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
        '<?xml version="1.0"?><Events><Event xmlns="x">',
        "<Events>",
    ],
    "journald-export": ["__CURSOR=s=739ad463348b4ceca5a9e69c95a3c93f;i=4ece7", "__REALTIME_TIMESTAMP=1794906938315000"],
    "w3c": [
        "#Version: 1.0",
        "#Software: Microsoft Internet Information Services 10.0",
        "#Fields: date time c-ip cs-method sc-status",
        "#Date: 2026-11-17 09:15:38",
    ],
    "lambda": [
        f"2026-11-22T08:14:02.113Z\t{INVOCATION}\tERROR\tsave failed",
        f"START RequestId: {INVOCATION} Version: $LATEST",
        f"2026-11-22T08:14:02.113000+00:00 2026/11/22/[$LATEST]{'0f5b' * 8} END RequestId: {INVOCATION}",
    ],
    "syslog-frames": ["58 <131>1 2026-11-17T09:15:38.315Z web-1 roster 1 - - ERROR", "40 <34>Nov 17 09:15:38 web-1 su: failed"],
    "syslog": ["<131>1 2026-11-17T09:15:38.315Z web-1 roster 1 - - ERROR", "Nov 17 09:15:38 web-1 sshd[230]: x"],
    "klog": ["E1117 09:15:38.315000       1 controller.go:116] save failed"],
    "access-log": ['203.0.113.7 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 2326'],
    "aws-load-balancer": [
        '2026-11-17T09:15:38.315958Z lb 192.0.2.1:2817 10.0.0.1:80 0.1 0.1 0.1 200 200 0 29 "GET http://x:80/ HTTP/1.1" "x" - -'
    ],
    "logfmt": ['time=2026-11-17T09:15:38.315Z level=ERROR msg="save failed"', "level=info msg=ready"],
    "text": [
        "Server started on port 8080",
        "[INFO] ready",
        "[2026-11-17 09:20:12] ready",
        "{ key: 'value' }",
        "2026-11-17 09:20:12,524 INFO x",
        "2026-11-17 09:20:12 wrong fields: title, site, date",
        "[ERROR] 09:20:12 wrong fields: title, site, date",
        "[1] 5 items",
        '[INFO] got {"appLogs": []}',
        "a, b and c",
    ],
}


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, found in FIRST_LINES.items() for line in found])
def test_a_format_is_recognised_by_its_first_line(name: str, line: str) -> None:
    for before in ("", "\ufeff", "\r\n\n  \n"):
        for after in ("", "\n", "\nand more\n"):
            assert read(before + line + after)[1] == name


@pytest.mark.parametrize(
    ("name", "line"), [(n, x) for n in ("app-logs", "otlp", "graphql", "containers") for x in FIRST_LINES[n]]
)
def test_json_printed_for_people_is_recognised_too(name: str, line: str) -> None:
    assert read(json.dumps(json.loads(line), indent=2))[1] == name


def test_a_format_can_be_given_and_a_wrong_name_says_which_there_are() -> None:
    assert read('{"msg":"x"}', "text")[1] == "text"
    with pytest.raises(UsageError, match="no input format 'xml'; there are auto, otlp, app-logs"):
        formats.named("xml")
    assert {formats.named(n).name for n in formats.INPUT_FORMATS if n != "auto"} == set(formats.INPUT_FORMATS) - {"auto"}


# -- records ------------------------------------------------------------------------------------------------------------

TRUE_RECORDS = {
    "app_logs_api_page_1.json": 21,
    "app_logs_api_page_2.json": 21,
    "app_logs_api_pages.jsonl": 72,
    "app_logs_first_half_hour.ndjson.gz": 70,
    "app_logs_records.ndjson": 175,
    "app_logs_second_half_hour.ndjson.zst": 105,
    "console_download.csv": 136,
    "console_download.log.zip": 51,
    "container_stdout.jsonl": 79,
    "forge_logs_colours.log": 35,
    "forge_logs_containers.log": 51,
    "forge_logs_flat.log": 59,
    "forge_logs_flat_verbose.log": 37,
    "forge_logs_grouped.log": 65,
    "forge_logs_grouped_verbose.log": 69,
    "forge_tunnel.log": 28,
    "generic.json": 68,
    "generic.ndjson": 71,
    "graphql_v1.json": 24,
    "graphql_v2.json": 56,
    "otlp_logs.json": 24,
    "plain_text.log": 96,
    "access_log_combined.log": 32,
    "aws_load_balancer.log": 14,
    "cloudfront.log": 17,
    "journald.export": 14,
    "lambda_text.log": 61,
    "logfmt.log": 28,
    "syslog_rfc3164.log": 45,
    "syslog_rfc5424.log": 23,
    "windows_events.xml": 11,
    "windows_events.txt": 11,
    "aws_classic_load_balancer.log": 6,
    "nginx_error.log": 7,
    "klog.log": 12,
    "syslog_frames.log": 9,
    "otlp_logs.pb": 12,
    "plain_text_utf16.log": 26,
    "pods.tar.gz": 24,
    "app_logs_records.ndjson.xz": 12,
    "app_logs_records.ndjson.bz2": 12,
    **dict.fromkeys(collector_samples.KINDS, 12),
}


@pytest.mark.parametrize("name", sorted(p.name for p in SAMPLES.iterdir() if p.suffix != ".md"))
def test_the_records_of_a_sample_are_counted_right(name: str) -> None:
    counted = 0
    for stream in sample_streams(name):
        units = Units()
        found = [*(u for piece in stream for u in units.feed(piece)), *units.finish()[0]]
        counted += sum(u.records for u in found)
        assert all(u.parsed for u in found)
    assert name in TRUE_RECORDS, "the number of its records is missing in TRUE_RECORDS"
    assert counted == TRUE_RECORDS[name]


def sample_streams(name: str) -> Iterator[Iterator[bytes]]:
    with open_stream(Input(SAMPLES / name, name, Path(name))) as opened:
        if opened.archive:
            yield from (pieces for _, pieces, _ in opened.members())
        else:
            yield opened.chunks()


def test_an_object_over_many_lines_and_a_stack_are_one_record() -> None:
    text = f"""INFO    2026-11-22T08:14:02.113Z {INVOCATION} context {{
  issue: {{ key: 'PAY-1' }},

  list: [ 1, 2 ]
}}
ERROR   2026-11-22T08:14:03.404Z {INVOCATION} Error: x
    at fetchIssues (webpack:///src/api.js:41:13)
"""
    units, _ = read(text)
    assert [u.records for u in units] == [1, 0, 0, 0, 0, 1, 0]
    assert "".join(u.text for u in units) == text


def test_a_page_printed_for_people_is_handed_out_record_by_record() -> None:
    record = json.loads(RECORD)
    text = json.dumps({"appLogs": [record] * 500, "cursor": "x"}, indent=2)
    units, _ = read(text)
    longest = len(json.dumps(record, indent=2).replace("\n", "\n" + " " * 4)) + 40
    assert sum(u.records for u in units) == 500
    assert max(len(u.text) for u in units) <= longest
    assert "".join(u.text for u in units) == text


def test_a_page_on_one_line_is_handed_out_in_parts_once_it_is_long() -> None:
    record = RECORD.replace("hello", "lorem ipsum " * 200)
    text = '{"appLogs":[' + ",".join([record] * 2_000) + "]}"
    units, _ = read(text)
    assert len(text) > 4 << 20
    assert sum(u.records for u in units) == 2_000 == len([u for u in units if u.records])
    assert "".join(u.text for u in units) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"appLogs":[]}', 0),
        ('[{"appLogs":[{"a":1},{"a":2}]},{"appLogs":[{"a":3}]}]', 3),
        ('[{"a":1},{"a":2}]', 2),
        ('["2026-11-22","INFO",{"a":1}]', 1),
        ('{"msg":"x","data":{"edges":[{"a":1},{"a":2}],"logs":[{"a":1},{"a":2}]}}', 1),
        ('{"appLogs":[{"other":{"appLogs":[{"a":1},{"a":2}]}}]}', 1),
        ('{"entries":[{"a":1},{"a":2}],"app":"x"}', 2),
        ("[]", 1),
        ("{}", 1),
    ],
)
def test_records_are_the_elements_of_the_outermost_list_of_records(text: str, expected: int) -> None:
    assert records(text) == records(text + "\n") == expected
    assert records(json.dumps(json.loads(text), indent=1)) == expected


def test_two_documents_printed_for_people_may_follow_one_another() -> None:
    text = json.dumps({"a": 1, "b": {"c": 2}}, indent=2) + "\n" + json.dumps({"a": 2}, indent=2) + "\n"
    assert records(text) == 2
    assert all(u.parsed for u in read(text)[0])


def test_a_broken_line_amid_json_lines_is_one_record_scanned_as_text() -> None:
    text = '{"msg":"a"}\n{"msg":"b", "user\n{"msg":"c"}\nplain\n{"msg":"d"}\n'
    units, _ = read(text)
    assert sum(u.records for u in units) == 5
    assert [u.text for u in units if u.parsed and u.records] == ['{"msg":"a"}\n', '{"msg":"c"}\n', '{"msg":"d"}\n']
    assert "".join(u.text for u in units) == text


@pytest.mark.parametrize("cut", range(1, 320, 7))
def test_a_document_that_breaks_off_loses_nothing_and_its_half_record_counts(redactor: Redactor, cut: int) -> None:
    whole = json.dumps(
        {"appLogs": [{"msg": "user jane@acme.example"}, {"msg": "b"}, {"displayName": "Jürgen Großmann"}]}, indent=4
    )
    text = whole[:cut]
    units, _ = read(text)
    records_begun = len(re.findall(r"^        \{", text, re.M))
    assert "".join(u.text for u in units) == text
    assert sum(u.records for u in units) == (records_begun if '"appLogs": [' in text else 1)
    out, _ = scrub(redactor, text.encode())
    assert "jane@acme.example" not in out.decode()
    assert "Großmann" not in out.decode()
    assert verify(redactor, out).clean


# -- the very large and the very deep -----------------------------------------------------------------------------------


def test_a_line_of_50_mb_goes_through_in_bounded_parts(redactor: Redactor) -> None:
    line = b"INFO lorem ipsum dolor sit amet " * (50 * 2**20 // 32) + b"\n"
    units, _ = read(line)
    assert max(len(u.text) for u in units) <= 16 << 20
    assert sum(u.records for u in units) == 1
    assert sum(len(u.text) for u in units) == len(line)


def test_a_json_line_of_50_mb_goes_through_in_bounded_parts() -> None:
    record = RECORD.replace("hello", "lorem ipsum " * 2000).encode()
    line = b'{"appLogs":[' + b",".join([record] * (50 * 2**20 // len(record))) + b"]}\n"
    units, _ = read(line)
    assert max(len(u.text) for u in units) <= len(record) + 12
    assert b"".join(u.text.encode() for u in units) == line


@pytest.mark.parametrize("depth", [1_000, 100_001])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_however_deep_neither_crashes_nor_changes(redactor: Redactor, depth: int, opening: str, closing: str) -> None:
    whole = opening * depth + '"x"' + closing * depth
    for text in (whole, opening * depth, '{"msg":"x"}\n' + whole) if depth < 10_000 else (whole,):
        out, tally = scrub(redactor, text.encode())
        assert out.decode() == text
        assert tally.records_withheld == 0


@pytest.mark.parametrize("bait", ["[[1]", '[{"a":1} ', '{"a":1}{"b":2}', '[{"a":1},{', '"', '{"a":[', "[[],"])
def test_a_line_that_begins_as_json_again_and_again_costs_linear_time(bait: str) -> None:
    text = bait * 20_000
    assert "".join(u.text for u in read(text)[0]) == text


# -- bytes --------------------------------------------------------------------------------------------------------------

BENIGN = {
    "NULs": b"INFO a\0b\0\nnext\0\n",
    "only NULs": b"\0" * 100,
    "invalid UTF-8": b'{"msg":"\xff\xfe caf\xe9"}\n{"msg":"\xc3"}\n\xe2\x82',
    "carriage returns": b'{"msg":"a"}\r\n{"msg":"b"}\r\n',
    "old Mac line ends": b"one\rtwo\rthree",
    "no line end": b"done",
    "nothing": b"",
    "blank lines": b"\n\r\n  \n",
    "byte order mark": b'\xef\xbb\xbf{"msg":"a"}\n',
    "byte order mark before a page": b'\xef\xbb\xbf{\n "appLogs": [\n  {"a": 1},\n  {"a": 2}\n ]\n}\n',
    "UTF-16": '{"msg":"héllo"}\r\n{"msg":"b"}\r\n'.encode("utf-16"),
    "UTF-16, big": '\ufeff{"msg":"héllo"}\n'.encode("utf-16-be"),
    "half a character of UTF-16": "hello\n".encode("utf-16") + b"\0",
    "white space in JSON": b'{ "a" :\t1.0e+3 , "b":[ ],"c" :-0 }  \n',
    "names twice": b'{"a":1,"a":2}\n',
    "numbers as they are": b'{"a":1.10,"b":1E5,"c":100000000000000000000000000000000000,"d":0.1e-7}\n',
}


@pytest.mark.parametrize("what", BENIGN)
def test_what_holds_nothing_to_redact_comes_through_as_it_is(redactor: Redactor, what: str) -> None:
    out, tally = scrub(redactor, BENIGN[what])
    assert out == BENIGN[what]
    assert (tally.bytes_read, tally.bytes_written) == (len(out), len(out))


def test_a_byte_order_mark_hides_neither_page_nor_records() -> None:
    assert records(BENIGN["byte order mark before a page"]) == 2


def test_what_is_found_in_utf_16_goes_and_the_rest_stays(redactor: Redactor) -> None:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        text = "INFO mail to jane@acme.example bounced\r\nnext\r\n"
        out, _ = scrub(redactor, text.encode(encoding))
        assert out.decode(encoding) == text.replace("jane@acme.example", "<EMAIL_ADDRESS>")


# -- CSV ----------------------------------------------------------------------------------------------------------------


def table(*rows: list[str], end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([["Level", "Details", "Site"], *rows])
    return out.getvalue()


def test_a_header_alone_holds_no_records(redactor: Redactor) -> None:
    out, tally = scrub(redactor, table().encode())
    assert out.decode() == table()
    assert tally.records_read == 0


def test_cells_may_hold_line_ends_quotes_and_delimiters(redactor: Redactor) -> None:
    text = table(
        ["INFO", 'user "jane@acme.example",\r\n{"displayName":"Jürgen Großmann"}', "acme.atlassian.net"], ["INFO", "x", ""]
    )
    out, tally = scrub(redactor, text.encode())
    rows = list(csv.reader(io.StringIO(out.decode(), newline="")))
    assert tally.records_read == 2
    assert rows[1][1] == 'user "<EMAIL_ADDRESS>",\r\n{"displayName":"<PERSON>"}'
    assert rows[1][2].startswith("<")
    assert [len(row) for row in rows] == [3, 3, 3]


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\r\n"])
def test_a_byte_order_mark_does_not_make_the_second_row_the_header(mark: str) -> None:
    text = mark + '"Level","Details","Site"\n"INFO","x","y"\n"INFO","x","y"\n'
    units, name = read(text)
    assert (name, sum(u.records for u in units)) == ("csv", 2)
    assert all(u.parsed for u in units)


def test_a_quote_that_never_ends_spoils_its_own_row_only(redactor: Redactor) -> None:
    rows = [["INFO", f"row {i}", "acme.atlassian.net"] for i in range(5)]
    text = table(*rows).replace("row 1", 'row "1')
    units, _ = read(text)
    assert sum(u.records for u in units) == 5
    assert [u.parsed for u in units] == [True, True, False, True, True, True]
    out, _ = scrub(redactor, text.encode())
    assert b"acme.atlassian" not in out


def test_a_row_of_another_width_is_scanned_as_text(redactor: Redactor) -> None:
    text = table(["INFO", "x", "acme.atlassian.net"]) + "INFO,mail jane@acme.example,a,b,c\r\n"
    out, tally = scrub(redactor, text.encode())
    assert (tally.records_read, tally.records_unparsed) == (2, 1)
    assert b"jane" not in out


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("id;vorname;passwort\n4;Jörn;birne77kuchen\n", "birne77"),
        ("user,password\namara,seljefloyte36\n", "seljefloyte36"),
        ("id\tstars\treview\n12\t1\tthe waiter spat into my soup\n", "waiter"),
        ("| imię | telefon |\n|------|---------|\n| Ola  | 602 399 118 |\n", "602"),
        ("+----+----------+\n| id | password |\n+----+----------+\n| 1  | pear77x  |\n+----+----------+\n", "pear77x"),
        ("key;value;scope\nmail.password;pear77x;prod\n", "pear77x"),
        ("| Variable_name | Value |\n| repl_password | pear77x |\n", "pear77x"),
        ("+----------+-------+\n| a        | b     |\n| password | pear77x |\n", "pear77x"),
    ],
)
def test_the_names_of_a_header_say_what_a_table_holds(redactor: Redactor, text: str, gone: str) -> None:
    out, _ = scrub(redactor, text.encode())
    assert read(text)[1] == "csv"
    assert gone not in out.decode()
    assert out.decode().splitlines()[0] == text.splitlines()[0]
    assert scrub(redactor, out)[0] == out


@pytest.mark.parametrize(
    "head",
    [
        "Loading plugins, themes, and names",
        "Hello, name",
        "a,b,c",
        "nadia;rose;frank",
        "name: x; y",
        "password;birnen",
        "password;secret7",
    ],
)
def test_a_line_of_words_is_no_header(head: str) -> None:
    assert read(f"{head}\n1,2,3\n")[1] == "text"


# -- what a redaction leaves of the reading --------------------------------------------------------------------------------

HEAD = f"INFO    2026-11-22T08:14:02.113Z {INVOCATION}"
BINARY = "\x01\x02\x03\x04\x05\x06\x0e\x0f" * 4
READ_ALIKE = {
    "a withheld line in a list": (f"{HEAD} x {{\n  assignees: [\n    '{BINARY}',\n    'shift 3' ]\n}}\n", ["shift"]),
    "more cells than columns": ("Level,Details,Site\nINFO,title: 'ab, c',shift 3\nINFO,x,Acme\n", ["ab, c", "Acme"]),
    "the side of a table in a text that goes on": ('┌──┐\n│ summary: "abc\n│ def"\n', ["abc", "def"]),
    "a cue for the column behind an address": ("Level,Site,jane@acme.example auth\nINFO,x,shift 3\n", ["jane"]),
    "an address among the columns": ("Level;jane123@acme.example;Site\nINFO;x;Acme Corp\n", ["Acme", "jane"]),
    "a number among the columns": (
        "x,+15550132,,,,,,,Site,,,License,Edition\na,b,,,,,,,Acme Corp,,,c,d\n",
        ["Acme", "5550132"],
    ),
    "a name as long as a sentence": (f"Level,{'Jane Doe ' * 6},Site\nINFO,x,Acme Corp\n", ["Acme", "Jane"]),
    "columns in quotes": ('"a, Level, Jane Doe",c,Site,x\n1,2,Acme Corp,4\n', ["Acme", "Jane"]),
    "a header with a wrong quote": ('Level,Site,j"n"e@acme.example\nINFO,Acme Corp,x\n', ["Acme"]),
    "other delimiters in a column": ("Level,Site,Doe; Jane; x; y\nINFO,Acme Corp,x\n", ["Acme"]),
    "lines that end in names of columns": (
        "phone: +1 415 555 0132, site, version\nphone: x, Qwert Zxcvb, 3\n",
        ["555"],
    ),
    "a number beside a telling name": ("phone 4155550132,name\nx,shift 3\n", ["555"]),
    "a name among the columns": ("id;passwort;Nadia\n4;birne77kuchen;x\n", ["Nadia", "birne77"]),
    "a label": ('{"phone":{"key":"Jane","value":"5550132"}}\n', ["Jane"]),
    "the name of an object": ('{"jane@acme.app":{"name":"shift 3"}}\n', ["jane"]),
    "a value that names a format": ('{"summary":"resourceLogs","n":1}\n', ["resourceLogs"]),
    "a control character": (
        '{"a":1}\n{"x":[{"displayName":"Jane\x01Doe"},{"a":1}]}\n{"displayName":"Jane\x01Doe","entries":[{"a":1},{"a":2}]}\n',
        ["Jane"],
    ),
    "a number instead of a name": ('{"a":1}\n[{ 4111111111111111 : "x"},{"a":1}]\n', ["41111"]),
    "JSON that breaks off": (
        '{"appLogs":[\n{"phone":4155550132,\n"x":[415,555,4155550132],\n"displayName":"Jane',
        ["Jane", "0132"],
    ),
    "a bracket in a text that goes on": ('summary: "abc\n} Jane x"\nnext\n', ["abc", "Jane"]),
    "the function of a group": (f"invocation: {INVOCATION} jane.doe\n{HEAD} x\n", ["jane"]),
    "an address that begins with an id": (
        f"2026-11-22T08:14:02.113Z {INVOCATION}@acme.example x\n  more\n2026-11-22T08:14:02.113Z {INVOCATION} x\n",
        ["@acme"],
    ),
    "a withheld header": (f"Level,{BINARY},Site\nINFO,x,Acme Corp\n", ["Acme", "\x01"]),
    "a withheld row": (f"Level,Details,Site\nINFO,{BINARY},Acme Corp\n", ["Acme", "\x01"]),
    "a withheld page": ('{"appLogs":[{"a":1},{"a":"' + "\\u0001" * 32 + '"}]}\n', ["u0001"]),
    "a withheld record": (f"{HEAD} x\n{HEAD} {BINARY}\n{HEAD} x\n", ["\x01"]),
}


@pytest.mark.parametrize("what", READ_ALIKE)
def test_what_was_scrubbed_is_read_as_it_was(redactor: Redactor, what: str) -> None:
    text, gone = READ_ALIKE[what]
    out, tally = scrub(redactor, text.encode())
    twice, again = scrub(redactor, out)
    assert not [value for value in gone if value in out.decode()]
    assert dict(again.formats) == dict(tally.formats)
    assert (again.records_read, again.records_unparsed) == (tally.records_read, tally.records_unparsed)
    assert verify(redactor, out).clean
    assert twice == out


TABLE = {
    "tables": [
        {
            "name": "T",
            "columns": [
                {"name": "TimeGenerated", "type": "datetime"},
                {"name": "Message"},
                {"type": "string", "name": "UserName"},
            ],
            "rows": [["2026-11-17T09:15:38Z", "shift saved", "jdoe7"], ["2026-11-17T09:15:39Z", {"n": 1}, "amiller3"]],
        },
        {"name": "U", "columns": [{"name": "Shift"}], "rows": [["jdoe7"]]},
    ]
}
PAIRS = {"results": [[{"field": "@message", "value": "shift saved"}, {"field": "userName", "value": "jdoe7"}]]}
HEADERS = {"headers": [{"name": "Accept-Language", "value": "de"}, {"name": "User", "value": "jdoe7"}, {"name": "Jane Doe"}]}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("value", "kept", "gone"),
    [
        (TABLE, {"TimeGenerated", "Message", "UserName", "shift saved"}, {"amiller3"}),
        (PAIRS, {"@message", "userName", "shift saved"}, {"jdoe7"}),
        (HEADERS, {"Accept-Language", "User", "de"}, {"jdoe7", "Jane Doe"}),
    ],
)
def test_cells_and_pairs_are_scanned_by_their_names_and_the_names_stay(
    redactor: Redactor, value: Any, kept: set[str], gone: set[str], indent: int | None
) -> None:
    data = json.dumps(value, indent=indent).encode()
    out = scrub(redactor, data)[0]
    assert {text for text in kept | gone if f'"{text}"' in out.decode()} == kept
    assert out.count(b"jdoe7") == (value is TABLE), "in a column of another name"
    assert scrub_pieces(redactor, [data[i : i + 7] for i in range(0, len(data), 7)])[0] == out
    done = [logscrub.scrub(data * 3, key=b"k" * 8 + b"0123456789", engine=engine) for engine in engines()]
    assert done == done[:1] * len(done)
    assert scrub(redactor, out)[0] == out and verify(redactor, out).clean


def har_validator() -> Draft6Validator:
    """Of HAR 1.2, by the schemas of the package har-schema 2.0.0 (ISC), which are in `har_schema/`."""
    schemas = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted((Path(__file__).parent / "har_schema").glob("*.json"))
    ]
    known = Registry().with_resources((each["$id"], Resource.from_contents(each, DRAFT6)) for each in schemas)
    return Draft6Validator({"$ref": "har.json#"}, registry=known)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_http_archive_is_one_once_it_is_scrubbed(redactor: Redactor, indent: int | None) -> None:
    log = json.loads((SAMPLES / "browser.har").read_bytes())
    first = log["log"]["entries"][0]
    first["request"]["cookies"] = [{"name": "session", "value": "EXAMPLE7c8n7mbkBuMJECTV6", "httpOnly": True, "expires": None}]
    params = [{"name": "owner", "value": "jane.doe@acme.example"}, {"name": "phone", "value": "+1 415 555 0132"}]
    first["request"]["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": params, "text": "a=b"}
    first["response"]["content"] = {"size": 41, "mimeType": "application/json", "text": '{"email":"jane.doe@acme.example","n":1}'}
    log["log"]["pages"] = [{"startedDateTime": first["startedDateTime"], "id": "page_1", "title": "Jane Doe", "pageTimings": {}}]
    log["log"]["browser"] = {"name": "Chrome", "version": "142"}
    data, check = json.dumps(log, indent=indent).encode(), har_validator()
    check.validate(json.loads(data))
    clean = scrub(redactor, data)[0]
    check.validate(json.loads(clean))
    assert b"jane.doe" not in clean and b"Jane" not in clean and b"0132" not in clean
    with pytest.raises(ValidationError):
        check.validate(json.loads(clean.replace(b'"request"', b'"requested"', 1)))


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf_16_stays_utf_16_without_what_made_most_of_its_first_line(redactor: Redactor, order: str) -> None:
    text = f"ghp_SphM1SXUS2HdCPjj4IBIIBWo2aTgALwg1fRq {'→✓■①∑☃※' * 4} jane@acme.example\n"
    once, _ = scrub(redactor, text.encode(order))
    assert "jane" not in once.decode(order)
    assert verify(redactor, once).clean
    assert scrub(redactor, once)[0] == once


def test_a_detector_that_takes_the_start_of_a_line_leaves_the_line_where_it_belongs(tmp_path: Path) -> None:
    import logscrub

    (tmp_path / "frame.toml").write_text(
        'id = "frame"\nentity_type = "FRAME"\nguideline = "personal data"\nwhy = "x"\n'
        "patterns = ['\\s{1,9}secret place\\d']\nexamples = ['a« secret place1»']\n"
    )
    done = logscrub.scrub("Error: x\n  secret place1\nnext\n", detectors=[tmp_path])
    assert done.output == "Error: x\n  <FRAME>\nnext\n"


@pytest.mark.parametrize("engine", engines())
def test_a_member_whose_name_is_binary_is_withheld(engine: str) -> None:
    import logscrub

    log = '{"' + "\\u0001" * 32 + '":"x"}\n{"a":1}\n'
    done = logscrub.scrub(log * 2000, engine=engine)  # type: ignore[arg-type]
    assert done.output == '{"<WITHHELD>":"<WITHHELD>"}\n{"a":1}\n' * 2000


# -- JSON ---------------------------------------------------------------------------------------------------------------


def test_a_placeholder_for_a_number_keeps_the_json_valid(redactor: Redactor) -> None:
    text = '{"phone": 442079460018, "members": {"jane@acme.example": {"employeeId": 53898464}}, "count": 12}'
    out = json.loads(scrub(redactor, text.encode())[0])
    assert out["phone"].startswith("<")
    assert out["count"] == 12
    assert "jane" not in str(out)


def test_a_name_told_after_its_value_counts_across_the_parts_of_a_document(redactor: Redactor) -> None:
    """`value` before `key`, and a list of records between: leaves of an earlier part are not renamed."""
    text = '{"value":{"appLogs":[\n{"value":{"stringValue":"Jürgen Großmann"},"key":"displayName"}\n]},"key":"summary"}\n'
    out, tally = scrub(redactor, text.encode())
    assert "Großmann" not in out.decode()
    assert json.loads(out)["key"] == "summary"
    assert tally.records_read == 1


def test_a_pseudonym_in_a_string_that_breaks_off_stays_as_it_is(redactor: Redactor) -> None:
    """Its digits are no numbers."""
    for text in (
        '{"a": 1,\n "cloudId": "b28b6230-7c68-41db-a78a-6633fa8a0554',
        '{"cloudId": b28b6230-7c68-41db-a78a-6633fa8a0554 }\n',
    ):
        once, _ = scrub(redactor, text.encode())
        assert b"6633fa8a0554" not in once
        assert scrub(redactor, once)[0] == once


def test_a_field_whose_name_was_redacted_is_no_telling_field(redactor: Redactor) -> None:
    out, _ = scrub(redactor, b'{"jane@acme.example":"shift 3"}\n')
    assert out == b'{"<EMAIL_ADDRESS>":"shift 3"}\n'


def test_a_field_name_in_escapes_tells_too(redactor: Redactor) -> None:
    out, _ = scrub(redactor, b'{"displ\\u0061yName":"Nomvula Dlamini"}\n')
    assert out == b'{"displ\\u0061yName":"<PERSON>"}\n'


@pytest.mark.parametrize("space", ["", " ", "\n\t ", " " * 40, " " * 59, " " * 500])
@pytest.mark.parametrize("colon", [":{}", "{}:", "{}:{}"])
def test_a_list_of_records_is_found_whatever_white_space_stands_before_it(space: str, colon: str) -> None:
    between = colon.replace("{}", space)
    for name in ("appLogs", "logRecords", "logEvents", "entries"):
        text = f'{{"a":"b","{name}"{between}[{{"message":"x"}},{{"message":"y"}}]}}'
        assert records(text) == 2, (name, between)
    assert records(f'{{"message":"x","logEvents"{between}1,"tags"{between}["[","logEvents"]}}') == 1


@pytest.mark.parametrize("start", ['{"a":"', '{"a":\'', '{"a":1', '["', '{"', '{"a":true', '{"a":"b"}{"a":"'])
@pytest.mark.parametrize("leaves", [True, False])
def test_a_string_or_number_that_never_ends_is_not_held(monkeypatch: pytest.MonkeyPatch, start: str, leaves: bool) -> None:
    """Memory stays bounded, whatever is piped in."""
    for module in ("base", "json_values"):
        monkeypatch.setattr(f"logscrub.formats.{module}.LONGEST_LINE", 1000)
    units = Units("ndjson", leaves=leaves)
    data, out = start.encode() + b"1" * 40_000, 0
    for at in range(0, len(data), 500):
        assert at - out < 6000
        out += sum(len(unit.text) for unit in units.feed(data[at : at + 500]))
    assert out + sum(len(unit.text) for unit in units.finish()[0]) == len(data)


def test_brackets_without_number_take_no_memory_each_and_what_is_behind_them_is_named() -> None:
    stack: list[Frame] = []
    deep = '{"ids":' + "[" * 150_000
    json_leaves(deep, 0, stack)
    assert len(stack) == 100_000
    leaves = json_leaves(deep + "]" * 150_000 + ',"owner":"Bob"}')
    assert leaves[-1].field == ("owner",)


@pytest.mark.parametrize(
    ("head", "row", "secret"),
    [
        ("user,password", "jane,Amsel7712", "Amsel7712"),
        ("apellido;nombre;clave", "Quiroga;Lautaro;yerba5225mate", "yerba5225mate"),
        ("| username | password |", "| jane | Amsel7712 |", "Amsel7712"),
        ("key;value;scope", "mail.smtp.password;Amsel7712;prod", "Amsel7712"),
    ],
)
def test_a_table_of_accounts_is_read_by_its_columns(redactor: Redactor, head: str, row: str, secret: str) -> None:
    out = scrub(redactor, f"{head}\n{row}\n".encode())[0].decode()
    assert out.startswith(f"{head}\n") and secret not in out
