"""A stack trace that begins at the first column is one record with the line that it belongs to, for all who count records."""

from __future__ import annotations

import sys
import traceback
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples, scrub, scrub_pieces, verify

from logscrub import formats
from logscrub.api import Runner, engine_of
from logscrub.formats import wrapped
from logscrub.formats.base import Record
from logscrub.metrics.records import Records
from logscrub.redact.scrub import Redactor

AT = "2026-11-17T09:15:38"
HEADS = {
    "text": f"{AT.replace('T', ' ')},315 - app.roster - ERROR - save failed",
    "syslog": f"<131>1 {AT}.315Z web-1 roster 4711 ID47 - ERROR save failed",
    "klog": "E1117 09:15:38.315000       1 main.go:12] save failed",
    "logfmt": f'time={AT}Z level=error msg="save failed"',
    "lambda": f"{AT}.315Z\t8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00\tERROR\tsave failed",
    "access-log": '192.0.2.7 - - [17/Nov/2026:09:15:38 +0000] "GET /rosters HTTP/1.1" 500 12 "-" "-"',
    "forge-cli": f"ERROR   {AT}.315Z 8f5a1c2e-1b2c-4d3e-9f4a-5b6c7d8e9f00 save failed",
}
"""Format → a line in which a record begins."""


class RosterError(Exception):
    """An exception of an app."""


def raised(kind: int, text: str) -> str:
    """What Python prints for an exception, for one raised from another, or for one raised while another was handled."""
    try:
        try:
            raise ValueError(text)
        except ValueError as e:
            if kind == 0:
                raise
            if kind == 1:
                raise RosterError(text) from e
            raise KeyError(text)  # noqa: B904
    except Exception:
        return "".join(traceback.format_exception(*sys.exc_info()))


JAVA = "\tat a.B.c(B.java:12)\n\t... 12 more\nCaused by: a.b.SaveException: no such roster\n\tat a.B.d(B.java:14)\n"
GO = "[signal SIGSEGV: segmentation violation code=0x1]\n\ngoroutine 1 [running]:\n\t/app/main.go:7 +0x1d\n"
TRACES = st.one_of(
    st.builds(raised, st.integers(0, 2), st.sampled_from(["no such roster", "for jane.doe@acme.example", ""])),
    st.just(JAVA),
    st.just(GO),
)


def counted(data: bytes) -> list[Record]:
    records = Records()
    return [x for x in (*records.feed(data), *records.finish()) if isinstance(x, Record)]


@pytest.fixture(scope="module")
def quick(redactor: Redactor) -> Runner:
    """The fastest engine there is."""
    return engine_of(redactor, threads=2)


@examples(100)
@given(st.sampled_from(sorted(HEADS)), st.lists(TRACES, min_size=1, max_size=4), st.integers(1, 400))
def test_a_trace_is_one_record_with_the_line_before_it(
    redactor: Redactor, quick: Runner, name: str, traces: list[str], cut: int
) -> None:
    data = "".join(f"{HEADS[name]}\n{trace}" for trace in traces).encode()
    out, tally = scrub(redactor, data)
    assert dict(tally.formats) == {name: 1}
    assert tally.records_read == len(traces)
    assert tally.records_withheld == 0
    again, twice = scrub(redactor, out)
    assert again == out and twice.records_read == len(traces)
    assert verify(redactor, out).records == len(traces)
    found = counted(data)
    assert len(found) == len(traces)
    assert [len(counted(out)), *(r.time_ns for r in counted(out))] == [len(traces), *(r.time_ns for r in found)]
    pieces = [data[a:b] for a, b in pairwise([*range(0, len(data), cut), len(data)])]
    assert scrub_pieces(redactor, pieces) == (out, tally)
    scrubber = quick.scrubber()
    assert scrubber.feed(data, True) + scrubber.finish() == out
    assert scrubber.tally.records_read == len(traces)


@pytest.mark.parametrize(
    ("wrap", "name"),
    [
        (lambda line: f"{AT}.315Z stderr F {line}", "cri"),
        (lambda line: f'{{"log":"{line}\\n","stream":"stderr","time":"{AT}.315Z"}}', "docker"),
        (lambda line: f'{{"__REALTIME_TIMESTAMP":"1794906938315000","PRIORITY":"3","MESSAGE":"{line}"}}', "journald"),
    ],
)
def test_a_trace_in_a_wrapping_is_one_record_too(redactor: Redactor, wrap: object, name: str) -> None:
    trace = [
        "save failed",
        *JAVA.replace("\t", "    ").splitlines(),
        "done",
        "Traceback (most recent call last):",
        "  x",
        "ValueError",
    ]
    data = "".join(f"{wrap(line)}\n" for line in trace).encode()  # type: ignore[operator]
    out, tally = scrub(redactor, data)
    assert dict(tally.formats) == {name: 1}
    assert out == data and tally.records_read == 2
    assert len(counted(data)) == 2


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (raised(0, "x"), 1),
        (raised(2, "x"), 1),
        (raised(0, "x") + "saved\n", 2),
        (raised(0, "x") + raised(0, "x"), 1),
        ("saved\nValueError: x\n", 2),
        ("saved\nCaused by: x\n", 2),
        ("saved\n" + raised(0, "x") + "ValueError: y\n", 2),
        ("saved\n" + raised(0, "x") + "INFO: started\n", 2),
        ("saved\nTraceback (most recent call last):\n  x\nINFO: started\n", 2),
        ("panic: x\n\ngoroutine 1 [running]:\n", 1),
        ("goroutine 1 [running]:\n", 1),
        ("goroutine pool of 12\nsaved\ngoroutine 7 is done\n", 3),
        ('{"msg":"a"}\n' + raised(0, "x") + '{"msg":"b"}\n', 3),
    ],
)
def test_no_line_is_taken_for_a_part_of_a_trace_that_may_be_a_record(
    redactor: Redactor, quick: Runner, text: str, records: int
) -> None:
    out, tally = scrub(redactor, text.encode())
    assert tally.records_read == records == len(counted(text.encode()))
    scrubber = quick.scrubber()
    assert (scrubber.feed(text.encode(), True) + scrubber.finish(), scrubber.tally.records_read) == (out, records)


def test_a_trace_below_a_line_that_was_withheld_stays_its_own(redactor: Redactor) -> None:
    """What is not known to be harmless goes, the words by which the trace is known stay."""
    binary = "\x01\x02\x03" * 20
    data = f"{HEADS['text']} {{ summary: '{binary}\n{raised(0, 'x')}{HEADS['text']}\n".encode()
    out, tally = scrub(redactor, data)
    assert tally.records_withheld == 1 and b"\nTraceback (most recent call last):\n" in out
    again, twice = scrub(redactor, out)
    assert again == out
    assert twice.records_read == tally.records_read == 2


@pytest.mark.parametrize(
    "words",
    ["ValueError:", "Caused by: ", "ValueError: abc\nDuring handling of the above exception, another exception occurred:"],
)
def test_words_of_a_trace_inside_of_a_private_key_stay_and_nothing_is_withheld(
    redactor: Redactor, quick: Runner, words: str
) -> None:
    """Once what stands behind the words is gone, the words alone are no more of the key."""
    data = f"{HEADS['text']}\n  -----BEGIN PRIVATE KEY-----\n{words}abc\n".encode()
    out, tally = scrub(redactor, data)
    assert out.endswith(f"{words.rpartition(chr(10))[2]}<PRIVATE_KEY>\n".encode()) and not tally.withheld
    assert scrub(redactor, out)[0] == out and verify(redactor, out).clean
    scrubber = quick.scrubber()
    assert (scrubber.feed(data, True) + scrubber.finish(), scrubber.tally) == (out, tally)


def test_no_more_streams_are_remembered_than_there_is_room_for() -> None:
    """Streams are named by the log; pieces of lines name them too."""
    entry = '{{"log":"{}","stream":"s{}","time":"2026-11-17T09:15:38Z"}}\n'
    text = "".join(entry.format("cut", n) + entry.format("whole\\n", n) for n in range(2 * wrapped.MOST_STREAMS))
    found = formats.recognise(text.split("\n", 1)[0])
    reader, records = formats.reader_of(found), formats.records_of(found)
    units = list(reader.feed(text))
    assert sum(1 for unit in units for _ in records.unit(unit)) > wrapped.MOST_STREAMS
    both: tuple[Any, Any] = (reader, records)
    for began in (both[0].began, both[1]._began):
        assert len(began) <= wrapped.MOST_STREAMS
