"""Counting accounts for each record that scrubbing counts, whatever the log: `read = new + known + undated + not understood`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import collector_samples
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import events, examples, inputs, json_documents, junk, logs, scrub, scrub_fastest

import sample_logs
from logscrub import formats
from logscrub.formats.base import Record
from logscrub.formats.json_records import count_records, counts_records, records_in
from logscrub.formats.times import time_of
from logscrub.metrics.records import Records
from logscrub.redact.scrub import Redactor

SAMPLES = Path(__file__).parents[1] / "sample_logs"
HOUR = 1_794_906_000
"""2026-11-17T09:00:00Z"""


def read(clean: bytes, *, blocks: bool = False, cut: int = 0) -> tuple[Records, list[Any]]:
    reader = Records(blocks=blocks)
    pieces = [clean[i : i + cut] for i in range(0, len(clean), cut)] if cut else [clean]
    found = [item for piece in pieces for item in reader.feed(piece)]
    return reader, found + list(reader.finish())


def check(redactor: Redactor, data: bytes, cut: int = 0) -> None:
    """What scrubbing counts is the same of both engines, as `test_native.py` holds for such inputs."""
    clean, tally = scrub_fastest(redactor, data)
    reader, found = read(clean, cut=cut)
    assert reader.read == tally.records_read
    assert len(found) == reader.given <= reader.read


@examples(150)
@given(inputs, st.sampled_from([0, 7, 1000]))
def test_each_record_that_is_scrubbed_is_accounted_for(redactor: Redactor, data: bytes, cut: int) -> None:
    check(redactor, data, cut)


BANNERS = (b"> app@1.0.0 start\n> node index.js\n\n", b"FATAL ERROR: Reached heap limit Allocation failed\n", b"\0" * 600, b"\n")


@examples(80)
@given(logs, st.lists(st.tuples(st.sampled_from(BANNERS), st.integers(0, 40)), max_size=3), logs)
def test_banners_holes_and_other_logs_between_lines_lose_nothing(redactor: Redactor, log: Any, breaks: Any, other: Any) -> None:
    lines = log.data.splitlines(keepends=True)
    for banner, at in breaks:
        lines.insert(at % (len(lines) + 1), banner)
    check(redactor, b"".join(lines))
    check(redactor, b"".join(lines) + b"\n" + other.data)


@pytest.mark.parametrize("name", sorted(p.name for p in SAMPLES.iterdir() if p.suffix not in (*sample_logs.PACKED, ".md")))
def test_samples_are_accounted_for_whole(redactor: Redactor, name: str) -> None:
    clean, tally = scrub_fastest(redactor, (SAMPLES / name).read_bytes())
    reader, found = read(clean)
    assert reader.read == reader.given == tally.records_read
    assert [r.level for r in found] == [r.level for r in read(clean, blocks=True)[1] if isinstance(r, Record)] or name.startswith(
        "forge"
    )


@examples(60)
@given(st.sampled_from(sorted(collector_samples.KINDS)), events)
def test_collectors_keep_time_level_and_message(redactor: Redactor, name: str, told: list[sample_logs.Event]) -> None:
    write, format_name = collector_samples.KINDS[name]
    clean, tally = scrub(redactor, write(told))
    reader, found = read(clean)
    assert tally.formats == {format_name: 1}
    assert reader.read == reader.given == len(told)
    assert [r.time_ns // 10**6 for r in found] == [e.ms for e in told] or name == "loki.json"
    assert all(r.level for r in found)


JSON_VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "logs",
                    "entries",
                    "events",
                    "results",
                    "result",
                    "values",
                    "data",
                    "hits",
                    "edges",
                    "appLogLines",
                    "records",
                    "tables",
                    "rows",
                    "timestamp",
                    "message",
                    "field",
                    "attributes",
                    "nrql",
                    "log",
                    "streams",
                    "x",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@examples(400)
@given(JSON_VALUES | json_documents)
def test_records_are_found_token_by_token_as_in_the_parsed_value(value: Any) -> None:
    if not isinstance(value, dict | list):
        return
    rules = formats.SHAPES.rules
    text = json.dumps(value)
    assert count_records(text, rules) == (0 if rules.no_record(text) else len(list(records_in(value, rules))))


COUNTED = counts_records(formats.SHAPES.rules)


@examples(400)
@given(
    JSON_VALUES | json_documents, st.booleans(), st.integers(0, 200), st.sampled_from(["", "", ",", "]", '"', "\n", "1é", " {}"])
)
def test_the_core_counts_the_records_of_a_json_text_as_the_definition_does(value: Any, wide: bool, at: int, put: str) -> None:
    text = json.dumps(value, ensure_ascii=not wide, indent=1 if at % 3 == 0 else None)
    if put:
        at %= len(text) + 1
        text = text[:at] + put + text[at:]
    if text[:1] in ("{", "["):
        assert COUNTED(text) == count_records(text, formats.SHAPES.rules)


NAMED = [
    ({"@t": "2026-11-17T09:15:38Z", "@mt": "x {Y}", "@l": "Error"}, "ERROR", "x {Y}"),
    ({"t": {"$date": "2026-11-17T09:15:38.000+00:00"}, "s": "E", "c": "NETWORK", "msg": "x"}, "ERROR", "x"),
    ({"version": "1.1", "host": "h", "short_message": "x", "timestamp": 1794906938, "level": 3}, "ERROR", "x"),
    ({"version": "1.1", "host": "h", "short_message": "x", "timestamp": 1794906938, "level": 7}, "DEBUG", "x"),
    ({"instant": {"epochSecond": 1794906938, "nanoOfSecond": 0}, "level": "WARN", "message": "x"}, "WARN", "x"),
    ({"timestampInMs": 1794906938000, "level": "warning", "message": "x"}, "WARN", "x"),
    ({"TimeGenerated": "2026-11-17T09:15:38Z", "SeverityLevel": "3", "Message": "x"}, "ERROR", "x"),
    ({"TimeGenerated": "2026-11-17T09:15:38Z", "severityLevel": 0, "Message": "x"}, "TRACE", "x"),
    ({"time_iso8601": "2026-11-17T09:15:38+00:00", "request_method": "GET", "status": "500", "message": "x"}, "ERROR", "x"),
    ({"time": 1794906938, "req": {"method": "GET"}, "res": {"statusCode": 404}, "msg": "x"}, "WARN", "x"),
    (
        {
            "timeUnixNano": "0",
            "observedTimeUnixNano": "1794906938000000000",
            "severityNumber": "SEVERITY_NUMBER_WARN2",
            "body": {"stringValue": "x"},
        },
        "WARN",
        "x",
    ),
    (
        {
            "timeUnixNano": "1794906938000000000",
            "body": {
                "kvlistValue": {
                    "values": [{"key": "level", "value": {"stringValue": "error"}}, {"key": "msg", "value": {"stringValue": "x"}}]
                }
            },
        },
        "ERROR",
        "x",
    ),
    ({"shortId": "X-1", "title": "x", "level": "error", "platform": "node", "lastSeen": "2026-11-17T09:15:38Z"}, "ERROR", "x"),
    (
        {
            "eventID": "a",
            "title": "x",
            "platform": "node",
            "dateCreated": "2026-11-17T09:15:38Z",
            "tags": [{"key": "level", "value": "warning"}],
        },
        "WARN",
        "x",
    ),
    ({"time": 1794906938, "status": 500, "msg": "x"}, "", "x"),
    ({"time": 1794906938, "s": 30, "msg": "x"}, "", "x"),
    ({"time": 1794906938, "level": 3, "msg": "x"}, "", "x"),
]
"""What products call time, level and message, each to its own documentation; and what says nothing by itself."""


@pytest.mark.parametrize(("record", "level", "message"), NAMED, ids=lambda x: str(x)[:50])
def test_names_and_numbers_of_products_are_known(record: dict[str, Any], level: str, message: str) -> None:
    _, (found,) = read(json.dumps(record).encode())
    assert (found.time_ns, found.level, found.message) == ((HOUR + 938) * 10**9, level, message)


TABLES = {
    "Splunk": '"_raw","_time",host,index,linecount,source,sourcetype\n"ERROR x","2026-11-17T09:15:38.000+0000",web,m,1,a,b\n',
    "Datadog": '"Date","Host","Service","Content"\n"2026-11-17T09:15:38Z","web-1","roster","ERROR x"\n',
    "Datadog, status": '"Status","Date","Host","Service","Content"\n"error","2026-11-17T09:15:38Z","web-1","roster","x"\n',
    "Application Insights": 'timestamp [UTC],message,severityLevel\n"11/17/2026, 9:15:38.000 AM",x,3\n',
    "Log Analytics": "TimeGenerated [UTC],Level,Message\n2026-11-17T09:15:38Z,Error,x\n",
    "Event Viewer": "Level,Date and Time,Source,Event ID,Message\r\nError,11/17/2026 9:15:38 AM,Roster,1000,x\r\n",
    "Get-WinEvent": '"Message","Id","LevelDisplayName","TimeCreated"\r\n"x","7","Error","11/17/2026 9:15:38 AM"\r\n',
    "Grafana": 'Time,Line,tsNs,id,labels\n1794906938000,"ERROR x",1794906938000000000,a,{}\n',
    "Kibana": '"@timestamp","log.level",message\n"Nov 17, 2026 @ 09:15:38.000",error,x\n',
    "Sentry": "id,title,level,status,first_seen,last_seen\n1,x,error,unresolved,2026-11-17T08:00:00Z,2026-11-17T09:15:38Z\n",
    "Vercel": "TimeUTC,timestampInMs,requestPath,level,message\n2026-11-17 09:15:38,1794906938000,/x,error,x\n",
}
"""Downloads as CSV, with the columns that each product gives them."""


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_of_a_download_are_known(redactor: Redactor, name: str) -> None:
    clean, tally = scrub(redactor, TABLES[name].encode())
    _, (found,) = read(clean)
    assert clean.replace(b"<CONTENT>", b"x") == TABLES[name].encode() and tally.formats == {"csv": 1}
    assert (found.time_ns, found.level) == ((HOUR + 938) * 10**9, "ERROR")
    assert found.message == ("<CONTENT>" if name == "Sentry" else "x"), "what an issue is called is what people wrote"


def test_a_row_without_a_header_is_no_header(redactor: Redactor) -> None:
    row = b"7711\t2026-11-17T09:15:38Z\tweb-1\tUser\tError\tapp\tx\n"
    _, tally = scrub(redactor, row * 3)
    assert (tally.records_read, tally.formats) == (3, {"text": 1})


@pytest.mark.parametrize("line", ['{"time":"2026-11-17T09:15:38Z","level":"error","msg":"x"}', "2026-11-17T09:15:38Z ERROR x"])
def test_a_line_behind_a_hole_in_a_text_says_what_it_would_without(redactor: Redactor, line: str) -> None:
    data = f"> node index.js\n{chr(0) * 600}{line}\n".encode()
    clean, _ = scrub(redactor, data)
    assert clean == data
    _, (_, found) = read(clean)
    assert (found.time_ns, found.level, found.message) == ((HOUR + 938) * 10**9, "ERROR", "x")


LISTS = {
    "Insights": {"results": [[{"field": "@timestamp", "value": "2026-11-17 09:15:38"}, {"field": "@message", "value": "x"}]] * 3},
    "any names": {"total": 3, "logs": [{"time": "2026-11-17T09:15:38Z", "msg": "x"}] * 3},
    "Datadog v1": {"logs": [{"id": "a", "content": {"timestamp": "2026-11-17T09:15:38Z", "message": "x"}}] * 3},
    "New Relic": {"results": [{"events": [{"timestamp": 1794906938000, "message": "x"}] * 3}]},
    "Splunk's rows": {"preview": False, "fields": ["_time", "_raw"], "rows": [["2026-11-17T09:15:38Z", "x"]] * 3},
    "Splunk": {"results": [{"_time": "2026-11-17T09:15:38Z", "_raw": "x"}] * 3},
}
"""Lists whose name several products use: by what stands in the first element it is told whose it is."""


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_as_that_of_the_product_whose_marks_it_has(redactor: Redactor, name: str, indent: int | None) -> None:
    data = json.dumps(LISTS[name], indent=indent).encode() + b"\n"
    clean, tally = scrub(redactor, data)
    reader, found = read(clean)
    assert tally.records_read == reader.read == reader.given == 3
    assert [(r.time_ns // 10**9, r.message) for r in found] == [(HOUR + 938, "x")] * 3


SPELLINGS = [
    *("2026-11-17T09:15:38.315Z", "2026-11-17T10:15:38.315+01:00", "2026-11-17T14:45:38.315+0530", "2026-11-17 09:15:38,315"),
    *("2026-11-17T09:15:38.315123456Z", "20261117T091538Z", "2026-11-17T09:15:38.315z", "2026-11-17 04:15:38.315 -05:00"),
    *("2026-11-17 09:15:38 UTC", "17/Nov/2026:09:15:38 +0000", "Tue, 17 Nov 2026 09:15:38 GMT", "2026-W47-2T09:15:38Z"),
    *("2026-321T09:15:38Z", "2026-11-17T09:15:38+00", "2026-11-17T09:15Z", "17.11.2026 09:15:38", "11/17/2026 9:15:38 AM"),
    *("Tue Nov 17 2026 10:15:38 GMT+0100 (Central European Standard Time)", "Tue Nov 17 09:15:38 2026", "17/11/2026 09:15:38"),
    *("2026-11-17 09:15:38.315 +0000 UTC", "1794906938", "1794906938315", "1794906938315123456", "1.794906938315e12"),
    *(1794906938, 1794906938.315, 1794906938315, 1794906938315123, 1794906938315123456),
    *({"seconds": "1794906938", "nanos": 315000000}, {"$date": "2026-11-17T09:15:38.315Z"}),
    *("17/Nov/2026 09:15:38", "Tue 2026-11-17 09:15:38 UTC", "Nov 17, 2026 @ 09:15:38.315"),
    {"epochSecond": 1794906938, "nanoOfSecond": 315000000},
]


@pytest.mark.parametrize("written", SPELLINGS, ids=str)
def test_one_instant_in_any_spelling(written: Any) -> None:
    found = time_of(written)
    assert found is not None and found // 10**9 // 3600 * 3600 == HOUR


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-17T24:00:00Z",
        "2026-11-17T09:15:60Z",
        "2026-02-30T10:00:00Z",
        "03/04/2026 09:15:00",
        "13:15 PM",
        17,
        1e30,
        -5,
        True,
        None,
        "",
    ],
    ids=str,
)
def test_what_is_no_time_or_could_mean_two_is_not_read(written: Any) -> None:
    assert time_of(written) is None


@examples(60)
@given(st.text(max_size=60) | junk)
def test_no_spelling_of_a_time_breaks_the_reading(text: str) -> None:
    time_of(text)


CUT = {
    "cri": (
        "2026-11-17T09:15:38.1Z stdout P user jane.\n2026-11-17T09:15:38.2Z stderr F other\n"
        "2026-11-17T09:15:38.3Z stdout P doe@acme.example password=hun\n"
        '2026-11-17T09:15:38.4Z stdout F ter-22 displayName="Imelda Okonjo" took 31 ms\n',
        ("jane.", "doe@", "hun", "ter-22", "Imelda"),
        2,
    ),
    "docker": (
        '{"log":"{\\"level\\":\\"error\\",\\"displayName\\":\\"Imelda Oko","stream":"stdout","time":"2026-11-17T09:15:38.3Z"}\n'
        '{"log":"other\\n","stream":"stderr","time":"2026-11-17T09:15:38.3Z"}\n'
        '{"log":"njo\\",\\"email\\":\\"jane.do","stream":"stdout","time":"2026-11-17T09:15:38.4Z"}\n'
        '{"log":"e@acme.example\\",\\"took\\":31}\\n","stream":"stdout","time":"2026-11-17T09:15:38.6Z"}\n',
        ("Imelda", "njo\\", "jane", "e@acme"),
        2,
    ),
    "journald": (
        '{"MESSAGE":"mail of jane.do","PRIORITY":"3","__REALTIME_TIMESTAMP":"1794906938315000","_LINE_BREAK":"line-max"}\n'
        '{"MESSAGE":"e@acme.example failed","PRIORITY":"3","__REALTIME_TIMESTAMP":"1794906938315000"}\n',
        ("jane", "e@acme"),
        1,
    ),
}


@pytest.mark.parametrize("kind", CUT)
def test_a_line_that_was_cut_is_scanned_and_counted_as_one(redactor: Redactor, kind: str) -> None:
    text, gone, records = CUT[kind]
    clean, tally = scrub(redactor, text.encode())
    assert not [part for part in gone if part in clean.decode()]
    assert clean.count(b"\n") == text.count("\n"), "the wrapping stays"
    for line in clean.decode().splitlines():
        assert kind == "cri" or json.loads(line)
    reader, found = read(clean)
    assert tally.records_read == reader.read == len(found) == records
    assert scrub(redactor, clean)[0] == clean


TYPED = [
    ('{"key":"phone","value":{"intValue":"14155550132"}}', '{"key":"phone","value":{"stringValue":"<PHONE_NUMBER>"}}'),
    ('{"key":"card","value":{"doubleValue":4111111111111111}}', '{"key":"card","value":{"stringValue":"<CREDIT_CARD>"}}'),
    ('{"key":"count","value":{"intValue":"12"}}', '{"key":"count","value":{"intValue":"12"}}'),
    (
        '{"key":"cards","value":{"arrayValue":{"values":[{"intValue":"4111111111111111"},{"intValue":"3"}]}}}',
        '{"key":"cards","value":{"arrayValue":{"values":[{"stringValue":"<CREDIT_CARD>"},{"intValue":"3"}]}}}',
    ),
]


@pytest.mark.parametrize(("before", "after"), TYPED)
def test_a_typed_value_of_otlp_stays_valid(redactor: Redactor, before: str, after: str) -> None:
    record = '{{"timeUnixNano":"1795392000123000000","severityNumber":9,"body":{{"stringValue":"ok"}},"attributes":[{}]}}\n'
    assert scrub(redactor, record.format(before).encode())[0].decode() == record.format(after)


IN_TEXT = [
    ('data: {"card":4111111111111111}', 'data: {"card":"<CREDIT_CARD>"}'),
    ('sent {\\"card\\":4111111111111111,\\"n\\":1}', 'sent {\\"card\\":\\"<CREDIT_CARD>\\",\\"n\\":1}'),
    ('cards {"list":[4111111111111111,5500000000000004]}', 'cards {"list":["<CREDIT_CARD>","<CREDIT_CARD>"]}'),
    ("card 4111111111111111, again", "card <CREDIT_CARD>, again"),
]


@pytest.mark.parametrize(("before", "after"), IN_TEXT)
def test_json_within_text_keeps_being_json(redactor: Redactor, before: str, after: str) -> None:
    assert scrub(redactor, before.encode())[0].decode() == after


# -- numbers that are none ------------------------------------------------------------------------------------------------

NO_NUMBERS = ("²²", "²²²", "9" * 5000, "--5", "٣٣", "")
ODD = (
    '{"message": "a", "level": "%s", "severityNumber": "%s", "time": {"seconds": "%s"}}',
    "level=info msg=x method=GET status=%s",
    '{"resourceId": "a", "SeverityLevel": "%s"}',
    '{"textPayload": "a", "insertId": "1", "httpRequest": {"latency": "%ss"}, "timestamp": {"seconds": "%s"}}',
    '{"MESSAGE": "a", "__REALTIME_TIMESTAMP": "%s", "PRIORITY": "%s"}',
    "__REALTIME_TIMESTAMP=1\nPRIORITY=%s\nMESSAGE=a\n",
    "#Fields: date time sc-status time-taken cs-uri\n2026-11-17 09:15:38 %s %s a",
    "<Event><System><Level>%s</Level></System><Message>&#%s; &#x%s;</Message></Event>",
)


@pytest.mark.parametrize("log", ODD)
@pytest.mark.parametrize("number", NO_NUMBERS)
def test_what_stands_where_a_number_should_does_not_stop_the_count(log: str, number: str) -> None:
    reader, found = read(log.replace("%s", number).encode() + b"\n")
    assert len(found) == reader.read == 1


def test_data_points_whose_value_is_no_number_count_nothing() -> None:
    point = {"timeUnixNano": "1794906000000000000", "asInt": "--5"}
    metrics = [{"name": "a", "sum": {"dataPoints": [point, {**point, "asInt": "-5"}, {**point, "asInt": "9" * 5000}]}}]
    _, found = read(json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]}).encode() + b"\n")
    assert [item.value for item in found] == [0, -5, 0]


@pytest.mark.parametrize("name", ["a", "message", "time", "$date"])
def test_a_record_that_is_nested_deeper_than_can_be_followed_is_read_and_the_next_counts(name: str) -> None:
    deep = f'{{"message":"x","time":{f"{{{json.dumps(name)}:" * 1000}1{"}" * 1000}}}\n'
    reader, found = read(deep.encode() + b'{"message": "next"}\n')
    assert reader.read == 2
    assert found[-1].message == "next"
