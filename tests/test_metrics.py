"""What is counted, and that parts merge to the whole: records of every format, facts, sketches, rollups, who may be shown."""

from __future__ import annotations

import io
import json
import math
import random
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples, inputs, logs, scrub

from logscrub import formats
from logscrub.formats.base import Item, Point, Record
from logscrub.formats.forge_blocks import Block
from logscrub.metrics import hints, sketch_arrays
from logscrub.metrics import rollup as rollups
from logscrub.metrics.columns import Columns
from logscrub.metrics.facts import FactFinder, Facts, duration_of, signature_of, statement_of, tenant_of
from logscrub.metrics.ingestion import new_ones
from logscrub.metrics.k_anonymity import OTHERS, Folding, fold
from logscrub.metrics.outcomes import OUTCOMES, outcomes_of, statuses_in
from logscrub.metrics.records import Records
from logscrub.metrics.rollup import COARSE, COUNTERS, SCHEMA, TOTALLED, merge, tenant_print, totals
from logscrub.metrics.sketches import (
    ACCURACY,
    NOTHING,
    PRECISION,
    RANKS,
    bucket_of,
    distinct,
    quantile,
    register_of,
    value_of,
)
from logscrub.redact.scrub import Redactor

ROOT = Path(__file__).parents[1]
KEY = b"a key for counting in tests only"
NOTHING_SEEN = pl.DataFrame(schema={"hour": SCHEMA["hour"], "prints": pl.Int64})


def items(clean: bytes, cuts: tuple[int, ...] = ()) -> list[Item]:
    """The records of a clean log, fed in pieces."""
    found: list[Item | Block] = []
    reader, start = Records(), 0
    for cut in (*sorted(cuts), len(clean)):
        found += reader.feed(clean[start:cut])
        start = cut
    found += reader.finish()
    return [item for item in found if not isinstance(item, Block)]


def facts(found: list[Item]) -> list[Facts]:
    finder = FactFinder(KEY)
    return [finder.facts(item) for item in found]


def rolled(counted: list[Facts]) -> pl.DataFrame:
    columns = in_columns(counted)
    return rollups.rolled(columns, new_ones(columns.frame(), NOTHING_SEEN))


def in_columns(counted: list[Facts]) -> Columns:
    columns = Columns()
    columns.extend(counted)
    return columns


def as_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def only(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    return frame.filter(pl.col("kind") == kind)


# -- records ------------------------------------------------------------------------------------------------------------

T = 1_794_906_019_394_000_000
"""2026-11-17T09:00:19.394Z"""
INVOCATION = "3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001"
OTLP = {
    "timeUnixNano": str(T),
    "severityNumber": 50,
    "severityText": "ERROR",
    "body": {"stringValue": "failed"},
    "attributes": [
        {"key": "invocationId", "value": {"stringValue": INVOCATION}},
        {"key": "installationContext", "value": {"stringValue": "ari:cloud:jira::site/<CLOUD_ID:6f1c0000000000000000>"}},
        {"key": "appVersion", "value": {"stringValue": "4.206.0"}},
        {"key": "functionKey", "value": {"stringValue": "save"}},
        {"key": "moduleType", "value": {"stringValue": "core:function"}},
        {"key": "arguments", "value": {"stringValue": '[{"ms":12}]'}},
        {"key": "environmentId", "value": {"stringValue": "production"}},
    ],
}
FULL = Record(
    T, "ERROR", "failed", '[{"ms":12}]', INVOCATION, "save", "core:function", "4.206.0", "production",
    "ari:cloud:jira::site/<CLOUD_ID:6f1c0000000000000000>",
)  # fmt: skip
TEXT = Record(T, "ERROR", "failed", invocation=INVOCATION)

TOLD: dict[str, tuple[str, list[Record]]] = {
    "a record a line": (json.dumps(OTLP) + "\n", [FULL]),
    "a page": (json.dumps({"appLogs": [OTLP, OTLP], "cursor": "x"}), [FULL, FULL]),
    "a page for people": (json.dumps({"appLogs": [OTLP]}, indent=2), [FULL]),
    "a list": (json.dumps([OTLP]), [FULL]),
    "an envelope": (json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [OTLP]}]}]}), [FULL]),
    "graphql": (
        json.dumps({"data": {"appLogsWithMetaData": {"appLogs": [{
            "ts": "2026-11-17T09:00:19.394Z", "lvl": "ERROR", "message": "failed", "invocationId": INVOCATION,
            "functionKey": "save", "appVersion": "4.206.0", "environmentId": "production", "other": '[{"ms":12}]',
        }]}}}),
        [FULL._replace(module="", customer="")],
    ),
    "a container": ('{"ts": 1794906019394, "level": "ERROR", "msg": "failed"}\n', [TEXT._replace(invocation="")]),
    "pino": ('{"level":50,"time":1794906019394,"msg":"failed","err":{"stack":"Error: x\\n    at f (a.js:1:2)"}}\n',
             [TEXT._replace(invocation="", message="failed\nError: x\n    at f (a.js:1:2)")]),
    "forge logs": (f"ERROR   2026-11-17T09:00:19.394Z {INVOCATION} failed\n", [TEXT]),
    "forge logs, a stack": (
        f"ERROR   2026-11-17T09:00:19.394Z {INVOCATION} failed\n    at f (a.js:1:2)\n"
        f"INFO    2026-11-17T09:00:19.394Z {INVOCATION} on\n",
        [TEXT._replace(message="failed\n    at f (a.js:1:2)"), TEXT._replace(level="INFO", message="on")],
    ),
    "forge logs --verbose": (
        f"ERROR   2026-11-17T09:00:19.394Z {INVOCATION} failed\n    App version: 4.206.0\n    Function name: save\n",
        [TEXT._replace(version="4.206.0", function="save")],
    ),
    "forge logs --grouped": (f"invocation: {INVOCATION}\nERROR   09:00:19.394Z failed\n", [TEXT._replace(time_ns=None)]),
    "forge logs --containers": (f"2026-11-17T09:00:19.394Z {INVOCATION} failed\n", [TEXT._replace(level="")]),
    "colours": (f"\x1b[31mERROR  \x1b[39m 2026-11-17T09:00:19.394Z {INVOCATION} failed\n", [TEXT]),
    "text": ("2026-11-17 09:00:19,394 ERROR failed\n  more\n", [TEXT._replace(invocation="", message="failed\n  more")]),
    "another zone": ("2026-11-17T11:00:19.394+02:00 ERROR failed\n", [TEXT._replace(invocation="")]),
    "csv": (
        "Level,Date/Time(UTC),Details,Invocation ID,Function,Version\n"
        f'ERROR,2026-11-17T09:00:19.394Z,"failed",{INVOCATION},save,1\n',
        [TEXT._replace(function="save", version="1")],
    ),
    "a half-written last line": (json.dumps(OTLP) + "\n" + json.dumps(OTLP)[:80], [FULL]),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_every_format_tells_its_records(name: str) -> None:
    text, told = TOLD[name]
    assert items(text.encode()) == told


@examples(40)
@given(logs, st.lists(st.integers(0, 5000), max_size=3))
def test_how_a_log_is_cut_into_pieces_does_not_show(redactor: Redactor, log: Any, cuts: list[int]) -> None:
    clean, _ = scrub(redactor, log.data)
    assert items(clean, tuple(cuts)) == items(clean)


@examples(40)
@given(inputs)
def test_whatever_comes_in_is_read_to_the_end(redactor: Redactor, data: bytes) -> None:
    clean, _ = scrub(redactor, data)
    rolled(facts(items(clean)))


@examples(40)
@given(logs)
def test_scrubbed_again_a_log_says_the_same(redactor: Redactor, log: Any) -> None:
    once, _ = scrub(redactor, log.data)
    twice, _ = scrub(redactor, once)
    assert rolled(facts(items(once))).equals(rolled(facts(items(twice))))


def test_the_sample_logs_tell_the_same_hour_whatever_their_format(redactor: Redactor) -> None:
    def records(*names: str) -> Counter[Any]:
        clean = [scrub(redactor, (ROOT / "sample_logs" / name).read_bytes())[0] for name in names]
        return Counter(item for part in clean for item in items(part))

    lines = records("app_logs_records.ndjson")
    assert sum(lines.values()) == 175
    for name in ("app_logs_api_page_1.json", "app_logs_api_pages.jsonl", "otlp_logs.json"):
        part = records(name)
        assert part and not part - lines, name


def test_a_document_of_many_records_is_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    page = json.dumps({"appLogs": [OTLP] * 50}, indent=1)
    whole = items(page.encode())
    monkeypatch.setattr("logscrub.formats.json_values._MOST_DOCUMENT", 2000)
    assert items(page.encode()) == whole == [FULL] * 50


@pytest.mark.parametrize("name", ["forge logs, a stack", "a record a line"])
def test_a_stream_that_can_be_cut_says_the_same_in_parts(name: str) -> None:
    data = TOLD[name][0].encode() * 20
    cut = formats.recognise(data[: data.index(b"\n")].decode()).starts_alone
    assert cut is not None
    places = [0, *(m.end() for m in cut.finditer(data)), len(data)]
    assert len(places) > 10
    assert [i for a, b in pairwise(places) for i in items(data[a:b])] == items(data)


# -- what a record says -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: o.column)
def test_outcomes_hold_to_their_examples(outcome: Any) -> None:
    for text in outcome.examples:
        assert outcome.column in outcomes_of(text), text
    for text in outcome.counterexamples:
        assert outcome.column not in outcomes_of(text), text


@pytest.mark.parametrize("text", [t for o in OUTCOMES for t in (*o.examples, *o.counterexamples)])
def test_digits_decide_an_outcome_only_where_a_status_can_stand(text: str) -> None:
    kept = {i for a, b in statuses_in(text) for i in range(a, b)}
    other = "".join("7" if c.isdigit() and i not in kept else c for i, c in enumerate(text))
    assert outcomes_of(other) == outcomes_of(text)


TOOK = {
    "Synced 14 issues in 812 ms": 812,
    "took=1.2s": 1200,
    "GET /rest/api/3/issue/PAY-1 200 in 12ms": 12,
    "POST /rest/api/3/issue/bulkfetch 200 88 ms": 88,
    "report finished in 2 minutes": 120_000,
    '{"tookMs":33}': 33,
    "{ ms: 41, hit: true }": 41,
    "Retry 2 of 5 in 300 ms": None,
    "waiting 12 s": None,
    "memory 300 MB of 512 MB": None,
    "PAY-12 moved in sprint 42": None,
}


@pytest.mark.parametrize("text", TOOK)
def test_durations_are_what_something_took(text: str) -> None:
    assert duration_of(text) == TOOK[text]


def test_a_statement_is_a_text_without_what_varies() -> None:
    assert statement_of("Assigned PAY-1 to <PERSON> in 812 ms") == statement_of("Assigned WEB-22 to <PERSON> in 7 ms")
    assert statement_of("user <ACCOUNT_ID:0123456789abcdef0123> 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001") == "user <ACCOUNT_ID> #"
    for size in range(150, 175):  # no half placeholder at the cut
        assert "<ACC" not in statement_of("x" * size + " <ACCOUNT_ID:0123456789abcdef0123>").removesuffix("<ACCOUNT_ID>")


def test_a_signature_is_where_an_error_was_thrown_in_any_version() -> None:
    stack = (
        "TypeError: no 'id'\n    at save (webpack:///src/save.js:{}:3)\n"
        "    at node (node:internal/x:1:1)\n    at async run (/app/run.js:7:1)"
    )
    assert signature_of(stack.format(11)) == signature_of(stack.format(207)) == "TypeError: no 'id' @ save save.js @ run run.js"
    told = json.dumps([{"stack": stack.format(11)}])
    assert signature_of(told).endswith("@ save save.js @ run run.js")


def test_a_customer_is_a_pseudonym_or_nobody() -> None:
    assert tenant_of("ari:cloud:jira::site/<CLOUD_ID:6f1c0000000000000000>") == "<CLOUD_ID:6f1c0000000000000000>"
    assert tenant_of("https://<SITE_NAME:6f1c0000000000000000>.atlassian.net") == "<SITE_NAME:6f1c0000000000000000>"
    assert tenant_of("ari:cloud:jira::site/<CLOUD_ID>") == tenant_of("acme") == tenant_of("") == ""


@examples(60)
@given(logs)
def test_what_is_remembered_of_a_text_is_what_it_says(redactor: Redactor, log: Any) -> None:
    found = items(scrub(redactor, log.data)[0])
    finder = FactFinder(KEY)
    for item in [*found, *found]:
        assert finder.facts(item) == FactFinder(KEY).facts(item)


def test_the_words_of_a_log_are_not_in_its_fingerprints() -> None:
    one = facts([TEXT])[0]
    assert one.fingerprint < 1 << 48
    assert one.fingerprint != FactFinder(b"another key, which says nothing.").facts(TEXT).fingerprint
    assert one.fingerprint != facts([TEXT._replace(message="failed ")])[0].fingerprint
    assert one.fingerprint != facts([TEXT._replace(time_ns=T + 1)])[0].fingerprint
    assert one.fingerprint != facts([TEXT._replace(invocation="other")])[0].fingerprint


# -- the App metrics API ------------------------------------------------------------------------------------------------


def _metric(name: str, kind: str, **point: Any) -> dict[str, Any]:
    attributes = [{"key": k, "value": {"stringValue": v}} for k, v in point.pop("attributes", {}).items()]
    told = {"startTimeUnixNano": str(T), "timeUnixNano": str(T + 60_000_000_000), "attributes": attributes, **point}
    return {"name": name, kind: {"aggregationTemporality": 1, "dataPoints": [told]}}


ANSWER = {
    "data": {"ecosystem": {"forgeMetrics": {"appMetrics": {"resourceMetrics": [{"scopeMetrics": [{"metrics": [
        _metric("forge_backend_invocation_count", "sum", asInt="40", attributes={"functionKey": "save"}),
        _metric("forge_backend_invocation_errors", "sum", asInt="3",
                attributes={"functionKey": "save", "errorType": "TIMEOUT",
                            "contextAri": "ari:cloud:jira::site/<CLOUD_ID:6f1c0000000000000000>"}),
        _metric("forge_api_request_count", "sum", asInt=9, attributes={"status": "429", "provider": "jira"}),
        _metric("forge_backend_invocation_latency", "histogram", count="4", explicitBounds=[100, 200],
                bucketCounts=["1", "3", "0"], attributes={"functionKey": "save"}),
    ]}]}]}}}}
}  # fmt: skip


def test_answers_of_the_metrics_api_are_counted_apart_from_logs() -> None:
    found = items(json.dumps(ANSWER).encode())
    assert [type(i) for i in found] == [Point] * 4
    counted = only(rolled(facts(found)), "count")
    assert counted["source"].unique().to_list() == ["metrics"]
    sums = counted.select("invocations", "errors", "timeouts", "throttles", "requests").sum().row(0)
    assert sums == (40, 12, 3, 9, 9)
    durations = counted.filter(pl.col("buckets").is_not_null()).select("buckets", "counts").row(0)
    merged = dict(zip(*durations, strict=True))
    assert sum(merged.values()) == 4
    assert quantile(merged, 0.99) == pytest.approx(150, rel=ACCURACY)
    assert counted.filter(pl.col("errors") == 3)["tenant"].to_list() == ["<CLOUD_ID:6f1c0000000000000000>"]


def test_cumulative_metrics_cannot_be_added_up_and_are_left_out() -> None:
    metric = _metric("forge_backend_invocation_count", "sum", asInt="40")
    metric["sum"]["aggregationTemporality"] = 2
    reader = Records()
    answer = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})
    assert [*reader.feed(answer.encode()), *reader.finish()] == []
    assert (reader.read, reader.given) == (1, 0)


def test_an_error_with_bytes_that_are_no_text_is_counted() -> None:
    (found,) = items(b"ERROR   2026-11-17T09:00:19.394Z " + INVOCATION.encode() + b" fail\xffed\n")
    assert only(rolled(facts([found])), "count")["signature"].to_list() == ["fail?ed"]


def test_odd_shapes_are_passed_over() -> None:
    shapes: tuple[Any, ...] = (
        None,
        {},
        [1],
        [{"scopeMetrics": 3}],
        [{"scopeMetrics": [{"metrics": [{"sum": {"dataPoints": [{}]}}]}]}],
    )
    for odd in shapes:
        assert items(json.dumps({"resourceMetrics": odd}).encode()) in ([], [Record(None, "", "")])


# -- sketches -----------------------------------------------------------------------------------------------------------


@examples(200)
@given(st.lists(st.floats(0.001, 1e9), min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_quantiles_are_within_a_hundredth(values: list[float], q: float) -> None:
    exact = sorted(values)[max(1, math.ceil(q * len(values))) - 1]
    found = quantile(Counter(map(bucket_of, values)), q)
    assert found is not None and abs(found - exact) <= exact * ACCURACY * 1.000001


def test_zero_has_a_bucket_of_its_own() -> None:
    assert bucket_of(0) == bucket_of(0.0001) == NOTHING
    assert value_of(NOTHING) == 0
    assert quantile({}, 0.5) is None


@pytest.mark.parametrize("number", [1, 10, 100, 1000, 30_000, 300_000])
def test_distinct_things_are_counted_within_two_hundredths(number: int) -> None:
    chance = random.Random(number)
    found = distinct({register_of(chance.randbytes(8)) for _ in range(number)})
    assert abs(found - number) <= max(0.5, 0.02 * number)


def cells_of(entries: list[list[Any]]) -> npt.NDArray[np.int64]:
    return np.repeat(np.arange(len(entries)), [len(of_cell) for of_cell in entries])


@examples(100)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 7, 7.1, 812, 90_000]), st.integers(1, 99)), min_size=1), min_size=1)
)
def test_quantiles_of_many_cells_are_those_of_each(told: list[list[tuple[float, int]]]) -> None:
    flat = [(bucket_of(ms), n) for of_cell in told for ms, n in of_cell]
    buckets, counts = (np.array(column) for column in zip(*flat, strict=True))
    shares = (0.5, 0.9, 0.99)
    found = sketch_arrays.quantiles_of(cells_of(told), buckets, counts, shares, len(told))
    for cell, of_cell in enumerate(told):
        summed = Counter[int]()
        for ms, n in of_cell:
            summed[bucket_of(ms)] += n
        assert [column[cell] for column in found] == [quantile(summed, share) for share in shares]


@examples(100)
@given(st.lists(st.lists(st.integers(0, (1 << PRECISION) - 1).map(lambda n: n // 4 * RANKS + n % 4 + 1)), min_size=1))
def test_sketches_of_many_cells_see_what_each_sees(told: list[list[int]]) -> None:
    registers = np.array([entry for of_cell in told for entry in of_cell], np.int64)
    assert sketch_arrays.distinct_in(sketch_arrays.ranks_of(cells_of(told), registers, len(told))) == [
        distinct(of_cell) for of_cell in told
    ]


def test_nothing_is_nothing() -> None:
    assert distinct([]) == 0


# -- rollups ------------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["", "save", "load"])
told_facts = st.lists(
    st.builds(
        Record,
        time_ns=st.one_of(st.none(), st.integers(T, T + 3 * 3_600_000_000_000)),
        level=st.sampled_from(["INFO", "ERROR", ""]),
        message=st.sampled_from([
            "Synced 14 issues in 812 ms", "status=429 after 3 tries", "Error: x\n    at f (a.js:1:2)",
            "PAY-1 to <PERSON> in 7 ms", "by <ACCOUNT_ID:0123456789abcdef0123>", "tick",
            "<ACCOUNT_ID:0123456789abcdef0123> moved PAY-1 before PAY-2", "<ACCOUNT_ID:0123456789abcdef0124> saw PAY-2",
        ]),
        invocation=st.sampled_from(["", "i1", "i2", "i3"]),
        function=NAMES,
        customer=st.sampled_from(["", "<CLOUD_ID:0000000000000000000a>", "<CLOUD_ID:0000000000000000000b>"]),
    ),
    max_size=40,
)  # fmt: skip


def unique(records: list[Record]) -> list[Facts]:
    """Facts of records that are all different: the same record in two parts would be counted in both."""
    return list({(f.hour, f.fingerprint): f for f in facts(list(records))}.values())


@examples(100)
@given(told_facts, st.integers(1, 5), st.randoms(use_true_random=False))
def test_parts_merge_to_the_whole_in_any_order(records: list[Record], parts: int, chance: random.Random) -> None:
    counted = unique(records)
    cut = [rolled(counted[i::parts]) for i in range(parts)]
    chance.shuffle(cut)
    whole = rolled(counted)
    assert merge(cut).equals(whole)
    assert merge([merge(cut[:2]), *cut[2:]]).equals(whole)


def test_sixteen_parts_merge_to_the_same_bytes_in_any_order() -> None:
    chance = random.Random(7)
    records = [
        Record(T + chance.randrange(10**14), chance.choice(["INFO", "ERROR"]), f"took {chance.randrange(9000)} ms",
                  invocation=f"i{i // 5}", function=f"f{i % 7}", customer=f"<CLOUD_ID:{i % 40:020x}>")
        for i in range(4000)
    ]  # fmt: skip
    parts = [rolled(facts(list(records[i::16]))) for i in range(16)]
    bytes_of = []
    for _ in range(3):
        chance.shuffle(parts)
        bytes_of.append(as_bytes(merge(parts)))
    assert len(set(bytes_of)) == 1
    assert bytes_of[0] == as_bytes(rolled(facts(list(records))))


def test_a_record_counts_once_however_often_it_comes() -> None:
    def new(records: list[Facts], seen: pl.DataFrame) -> list[int]:
        return new_ones(in_columns(records).frame(), seen)["row"].to_list()

    twice = facts([FULL, FULL, FULL._replace(time_ns=None), FULL._replace(time_ns=None)])
    assert new(twice, NOTHING_SEEN) == [0, 2]
    seen = only(rolled(twice), "seen").select("hour", "prints").explode("prints")
    assert new(twice, seen) == []
    assert new(facts([FULL._replace(message="new")]), seen) == [0]


def test_a_rollup_counts_what_the_records_say() -> None:
    frame = rolled(facts([FULL, FULL._replace(message="<PERSON> failed with status 429", level="WARN"), TEXT]))
    counts = only(frame, "count").select("records", "errors", "throttles").sum().row(0)
    assert counts == (3, 2, 1)
    assert [len(numbers) for numbers in only(frame, "invocation")["invocation"]] == [1, 1]  # with and without a function
    assert only(frame, "redaction").select("signature", "what", "records").row(0) == (
        "<PERSON> failed with status #",
        "PERSON",
        1,
    )
    assert frame["day"].drop_nulls().unique().cast(pl.String).to_list() == ["2026-11-17"]


def test_a_rollup_tells_how_many_records_an_actor_wrote_and_about_how_many_things() -> None:
    one, other = "<ACCOUNT_ID:0123456789abcdef0123>", "<USER_KEY:0123456789abcdef0124>"
    texts = [f"{one} moved PAY-1 before PAY-2", f"{one} moved PAY-2 for {other}", f"{one} looks", f"{other} saw PAY-1", "PAY-3"]
    frame = rolled(facts([FULL._replace(message=text, arguments="") for text in texts]))
    acts = (
        only(frame, "actor")
        .explode("prints", "counts")
        .select((pl.col("prints") // 2**32).alias("who"), (pl.col("prints") % 2**32).alias("thing"), "counts")
    )
    by_actor = acts.group_by("who").agg(pl.col("counts").sum(), (pl.col("thing") != 0).sum())
    assert sorted(by_actor.select("counts", "thing").rows()) == [(1, 1), (3, 2)]
    seen = dict(acts.filter(pl.col("thing") != 0).group_by("thing").agg(pl.col("who").n_unique()).rows())
    assert sorted(seen.values()) == [1, 2]  # the same issue is the same, whoever does something to it
    assert sorted(acts["counts"].to_list()) == [1, 1, 1, 1]
    far = rolled(facts([FULL._replace(message=f"{one} moved PAY-1 before PAY-2 and PAY-1")]))
    assert only(far, "actor")["counts"].explode().sum() == 1 and len(only(far, "actor")["prints"][0]) == 2


def test_times_that_are_none_have_no_hour() -> None:
    frame = rolled(facts([TEXT._replace(time_ns=10**22), TEXT._replace(time_ns=None, message="x")]))
    assert frame["hour"].null_count() == len(frame)
    assert only(frame, "count")["records"].sum() == 2


@examples(100)
@given(told_facts)
def test_totals_tell_what_the_rows_of_all_customers_tell(records: list[Record]) -> None:
    whole = rolled(unique(records))
    added = totals(whole.filter(pl.col("kind").is_in(TOTALLED)))
    of = {what: rows for (what,), rows in added.group_by("what")}
    counts = only(whole, "count").group_by(COARSE).agg(pl.col(name).sum() for name in COUNTERS)
    assert rows_of(of.get("records"), *COUNTERS) == rows_of(counts, *COUNTERS)
    tenants = only(whole, "count").group_by(COARSE).agg("tenant").iter_rows()
    prints = {tuple(cell): sorted({tenant_print(tenant) for tenant in names if tenant}) for *cell, names in tenants}
    assert rows_of(of.get("tenants"), "prints") == {cell: (found,) for cell, found in prints.items()}
    for what in ("actors", "objects"):
        told = only(whole, "distinct").filter(pl.col("what") == what).explode("registers").group_by(COARSE).agg("registers")
        numbers = {tuple(cell): (distinct(registers),) for *cell, registers in told.iter_rows()}
        assert rows_of(of.get(what), "records") == numbers
        sketches = rows_of(of.get(what), "registers")
        assert {cell: (distinct(registers),) for cell, (registers,) in sketches.items()} == numbers


def rows_of(frame: pl.DataFrame | None, *columns: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What a frame tells of each cell of totals."""
    rows = [] if frame is None else frame.select(*COARSE, *columns).rows()
    return {row[: len(COARSE)]: row[len(COARSE) :] for row in rows}


def test_a_rollup_of_nothing_has_all_columns() -> None:
    assert rollups.empty().schema == merge([]).schema == merge([rolled([])]).schema == SCHEMA


# -- who may be shown ---------------------------------------------------------------------------------------------------

pairs = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.sampled_from("123456789")), min_size=1, max_size=40)


def folding_of(frame: pl.DataFrame, by: list[str], k: int) -> Folding:
    """`frame`: `by` and `tenants`, a row for each pair."""
    keyed = frame if by else frame.with_columns(pl.lit("").alias("all"))
    return fold(keyed.group_by(by or ["all"]).agg(pl.col("tenants").drop_nulls().unique()), by, k)


@examples(200)
@given(pairs, st.integers(2, 5))
def test_every_row_that_is_shown_is_of_k_customers(told: list[tuple[str, str]], k: int) -> None:
    frame = pl.DataFrame(told, schema={"function": pl.String, "tenants": pl.String}, orient="row")
    shown = folding_of(frame, ["function"], k).apply(frame.lazy()).collect()
    sizes = shown.drop_nulls("tenants").group_by("function").agg(pl.col("tenants").n_unique())
    assert all(n >= k for n in sizes["tenants"])
    assert set(shown["function"]) == set(sizes["function"])
    # what is not shown by itself cannot be told from a total of all: it is of k customers too, or of none that is shown
    hidden = frame.filter(~pl.col("function").is_in(shown["function"].unique().to_list()))
    if OTHERS in set(shown["function"]):
        assert hidden["tenants"].drop_nulls().n_unique() >= k


def test_with_too_few_customers_nothing_is_shown_and_for_the_key_all() -> None:
    frame = pl.DataFrame({"function": ["a", "b"], "tenants": ["1", "2"]})
    assert [len(folding_of(frame, by, 5).apply(frame.lazy()).collect()) for by in (["function"], [])] == [0, 0]
    assert folding_of(frame, ["function"], 5).withheld == 2
    assert folding_of(frame, ["function"], 0).apply(frame.lazy()).collect().equals(frame)


def test_an_invocations_span_is_from_its_first_record_to_its_last_wherever_they_came_from() -> None:
    early, late, other = (TEXT._replace(time_ns=T + ms * 1_000_000, message=str(ms)) for ms in (0, 5_000, 90))
    frame = merge([rolled(facts([late])), rolled(facts([early, other._replace(invocation="another")]))])
    spans = only(frame, "invocation").explode("invocation", "first_ms", "last_ms")
    assert sorted((spans["last_ms"] - spans["first_ms"]).to_list()) == [0, 5_000]


HEADS = st.builds(
    "{} 2026-{}T{}:59.394Z {} ".format,
    st.sampled_from(["INFO   ", "ERROR  ", "DEBUG  ", "WARN   ", "INFO"]),
    st.just("11-17") | st.sampled_from(["11-17", "11-18", "13-45"]),
    st.sampled_from(["09:10", "09:75", "10:00"]),
    st.just(INVOCATION) | st.sampled_from([INVOCATION.replace("c001", "c002"), INVOCATION.upper()]),
)
MESSAGES = st.sampled_from([
    "Synced 14 issues in 812 ms", "Synced 15 issues in 9 ms", "GET /rest/api/3/issue/PAY-1 429 in 12 ms", "status=401",
    "status=200", "<ACCOUNT_ID:0123456789abcdef0123> moved PAY-1 before PAY-2", "<X1> and <X2>", "{\n  a: 1\n}", "Zoë",
    "<ACCOUNT_ID:0123456789abcdef0124> saw PAY-2", "failed\n    at f (a.js:1:2)\n    at g (b.js:1:2)", "", "x" * 600,
    "failed\\n    at f (a.js:1:2)", "tick\n", "tick\n\n", "on\n    App version: 4.206.0", "more\nWARNING  ", "a\nOK done",
    "more\n2026-11-17 09:00:19 ERROR failed", "a\n│ b", "\x1b[0m", "it\r", "\udc80", "invocation: \ninvocation: x",
    "job 6f1c2a3b-8a51-4be1-9d7e-0f5be7a1c001 of <PERSON> took 3 s",
])  # fmt: skip


@examples(200)
@given(st.lists(st.tuples(HEADS, MESSAGES), max_size=30), st.sampled_from(["", "  before\n", "OK\n"]))
def test_records_of_a_block_say_what_they_say_one_by_one(told: list[tuple[str, str]], before: str) -> None:
    text = (before + "".join(f"{head}{message}\n" for head, message in told)).encode("utf-8", "surrogateescape")
    line_by_line = items(text)
    alone, together, finder = in_columns(facts(line_by_line)), Columns(), FactFinder(KEY)
    reader = Records(blocks=True)
    for item in [*reader.feed(text), *reader.finish()]:
        if isinstance(item, Block):
            finder.add_block(item, together)
        else:
            together.extend([finder.facts(item)])
    assert len(alone) == len(together)
    assert rollups.rolled(together, together.frame()).equals(rollups.rolled(alone, alone.frame()))


def test_a_page_of_any_length_on_one_line_is_read_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    page = json.dumps({"appLogs": [OTLP] * 300}).encode()
    cuts = tuple(range(1000, len(page), 1000))
    whole = items(page)
    monkeypatch.setattr("logscrub.formats.base.LONGEST_LINE", 5000)
    assert items(page, cuts) == whole == [FULL] * 300
    assert items(b'{"appLogs": [\n' + page[13:], cuts) == whole


def test_a_line_without_an_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logscrub.formats.base.LONGEST_LINE", 5000)
    line = f"INFO    2026-11-17T09:00:19.394Z {INVOCATION} ".encode() + b"x" * 50_000
    found = items(line, tuple(range(1000, len(line), 1000)))
    assert len(found) == 1 and isinstance(found[0], Record) and found[0].message.count("x") == 50_000


HINTED = st.lists(
    st.sampled_from(
        [
            *(
                "PAY-1",
                "/issue/12",
                "/pages/3",
                "TF-8",
                "<PERSON>",
                "<ACCOUNT_ID:",
                "status=",
                "GET /x ",
                'HTTP/1.1" ',
                "Error: ",
            ),
            *(
                "REST_API_",
                " - ",
                "took ",
                "in ",
                "12",
                "429",
                "504",
                "1.5",
                "ms",
                "Ms",
                " s",
                '"',
                "'",
                ":",
                "=",
                "_",
                "\n",
                "-",
            ),
            *("too many requests", "Forbidden", "TIMED OUT", "\u017ftatus ", "\u0131n", "durationMs=", "rate limit", "x", "K"),
        ]
    ),
    max_size=12,
).map("".join)


@examples(400)
@given(HINTED, st.sampled_from(["INFO", "ERROR"]))
def test_hints_leave_nothing_out_that_a_text_says(text: str, level: str) -> None:
    hinted, asking_all = FactFinder(KEY), FactFinder(KEY)
    asking_all._hints_of = lambda text: hints.EVERYTHING
    record = Record(None, level, text)
    assert hinted.facts(record) == asking_all.facts(record)


KNOWN_NAMES = (
    *("timeUnixNano", "observedTimeUnixNano", "body", "resourceId", "operationName", "forge_invocation", "type", "attributes"),
    *(
        "content",
        "log",
        "time",
        "stream",
        "attrs",
        "_source",
        "textPayload",
        "jsonPayload",
        "protoPayload",
        "insertId",
        "logName",
    ),
    *("httpRequest", "severity", "startedDateTime", "request", "MESSAGE", "PRIORITY", "event_id", "eventID", "platform"),
    *("exception", "shortId", "lastSeen", "result", "preview", "_raw", "event", "sourcetype", "source"),
)
KNOWN_VALUES = st.sampled_from(["log", "x", {"_raw": 1}])


@examples(300)
@given(st.dictionaries(st.sampled_from(KNOWN_NAMES), KNOWN_VALUES, min_size=1, max_size=6))
def test_a_format_knows_no_object_without_the_names_by_which_it_is_asked(value: dict[str, Any]) -> None:
    asked = [f.json for f in formats.FORMATS if f.json is not None and f.json.names]
    assert len(asked) >= 10
    assert all(shape.names & value.keys() for shape in asked if shape.knows(value))


def test_each_format_that_is_asked_by_names_knows_some_object_of_these() -> None:
    pairs: list[dict[str, Any]] = [
        dict.fromkeys(names, value) for names in combinations(KNOWN_NAMES, 3) for value in ("log", {"_raw": 1})
    ]
    mixed: list[dict[str, Any]] = [{"log": "x", "time": "x", "stream": "x"}, {"type": "log", "attributes": {}}]
    for f in formats.FORMATS:
        if f.json is not None and f.json.names:
            assert any(f.json.knows(value) for value in [*mixed, *pairs]), f.name
