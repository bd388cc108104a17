"""No word leaves that fewer than k customers' records have said, whatever the sequence of inputs; and what a vocabulary holds."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import KEY, ROOT
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from logscrub import api
from logscrub import cli as command_line
from logscrub.api import EngineName, Runner
from logscrub.errors import InputError, UsageError
from logscrub.guarantee.engine import Aside, Guarantee, Keeping, Listening
from logscrub.guarantee.members import belongs, record_spans
from logscrub.guarantee.source import sources_in, texts_in
from logscrub.guarantee.support import MOST_CUSTOMERS, Support, read_vocabulary, support_of, vocabulary_bytes
from logscrub.guarantee.words import OF_FORMATS, Cutter, is_harmless, is_json, masked
from logscrub.model import MARKS
from logscrub.redact.keys import new_key
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Scrubs, Tally, Units
from logscrub.verification import Verifies

K = 3
UUID = "5d0c6a1e-7b43-4f2a-9c58-e1b7a4d39f06"
_WORD = re.compile(r"[^\W\d_]{2,}")
_PLACEHOLDER = re.compile(r"<[A-Z_]+(?::[0-9a-f]{20})?>")


def customer(n: int) -> str:
    return f"<CLOUD_ID:{n:020x}>"


def record(who: str, body: Any, **attributes: str) -> str:
    """A record of the App logs API, as the ordinary scrub leaves it."""
    named = {"invocationId": UUID, "installationContext": f"ari:cloud:jira::site/{who}"} if who else {}
    found = [{"key": key, "value": {"stringValue": value}} for key, value in {**named, **attributes}.items()]
    said = body if isinstance(body, dict) else {"stringValue": body}
    whole = {"timeUnixNano": "1794906019394000000", "severityText": "INFO", "body": said, "attributes": found}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


class _AsItIs:
    """Scrubs nothing: what it is fed is clean already."""

    def __init__(self) -> None:
        self.tally = Tally()

    def feed(self, data: bytes, more: bool = False) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


@dataclass(frozen=True)
class Plain:
    """An engine of clean inputs."""

    engine: Runner

    @property
    def redactor(self) -> Redactor:
        return self.engine.redactor

    @property
    def name(self) -> EngineName:
        return self.engine.name

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        return _AsItIs()

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        return self.engine.verifier(path, input_format)


@pytest.fixture(scope="module")
def plain(redactor: Redactor) -> Plain:
    return Plain(api.engine_of(redactor))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


def twice(
    engine: Runner, inputs: Sequence[bytes], k: int = K, size: int = 1 << 16, support: Support | None = None
) -> list[bytes]:
    """What of files may leave."""
    guarantee = Guarantee(engine.redactor, support_of(engine.redactor.pseudonymizer, K) if support is None else support)
    with Listening(engine, guarantee) as listening:
        for data in inputs:
            listening.inputs.append(Aside("a file"))
            fed(listening.scrubber(), data, size)
        both = zip(listening.inputs, inputs, strict=True)
        return [fed(Keeping(engine, guarantee, aside).scrubber(), data, size) for aside, data in both]


def once(engine: Runner, data: bytes, size: int = 1 << 16) -> bytes:
    """What of a stream may leave."""
    guarantee = Guarantee(engine.redactor, support_of(engine.redactor.pseudonymizer, K))
    return fed(Keeping(engine, guarantee).scrubber(), data, size)


def fed(scrubber: Scrubs, data: bytes, size: int) -> bytes:
    return b"".join([*map(scrubber.feed, pieces(data, size)), scrubber.finish()])


def found(engine: Runner, inputs: Sequence[bytes]) -> int:
    """How much verify finds."""
    guarantee = Guarantee(engine.redactor, support_of(engine.redactor.pseudonymizer, K))
    with Listening(engine, guarantee) as listening:
        for data in inputs:
            verifier = listening.verifier("-")
            verifier.feed(data)
            verifier.finish()
    reports = []
    for data in inputs:
        verifier = Keeping(engine, guarantee).verifier("-")
        verifier.feed(data)
        reports.append(verifier.finish())
    assert not any(report.unread or report.error for report in reports)
    return sum(report.found for report in reports)


# -- the guarantee ------------------------------------------------------------------------------------------------------

WORDS = ("Synced", "issues", "Zorblatt", "größe", "Мария", "東京都", "waiting", "Quux", "fetched")
SAYS = st.sampled_from(
    [
        *WORDS,
        *("7", "48213", "4.206.0", "WEB-12", "2026-11-17T09:14:26.921Z", UUID, "12 ms", "99816 bytes", "98765432"),
        *(
            "<PERSON>",
            "<ACCOUNT_ID:6f1c0123456789abcdef>",
            "<NOBODY>",
            "<RARE>",
            "\n",
            "\\",
            '"',
            "{",
            "}: [",
            "\t",
            "\0",
            "\x01" * 36,
        ),
        *(
            customer(1),
            "ari:cloud:jira::site/" + customer(2),
            base64.b64encode(b"Zorblatt Quux").decode(),
            b"Zorblatt".hex(),
        ),
        *("\\u0041", "\\n", "=====", "installationContext", '{"key":"Quux","value":7}', "👩‍🚀", "ｆｕｌｌ", "\u200bzero"),
    ]
)
TEXTS = st.lists(SAYS, min_size=1, max_size=6).map(" ".join) | st.lists(SAYS, max_size=4).map("".join)
BODIES = TEXTS | st.dictionaries(TEXTS, st.integers(0, 10**9) | TEXTS | st.lists(st.integers(60, 130), max_size=5), max_size=3)
RECORDS = st.lists(st.tuples(st.integers(0, 5), BODIES, st.booleans()), min_size=1, max_size=14)


def log_of(said: Iterable[tuple[int, Any, bool]]) -> list[tuple[str, str]]:
    """Records with the customer that the export names: customer 0 is none, though the record may look as if."""
    made = []
    for n, body, as_argument in said:
        who = customer(n) if n else ""
        if as_argument:
            made.append((who, record(who, "context", arguments=json.dumps([body], ensure_ascii=False))))
        else:
            made.append((who, record(who, body)))
    return made


def words_of(text: str) -> set[str]:
    known = {word for each in OF_FORMATS for word in _WORD.findall(each)} | {"ms", "bytes", "ari", "cloud", "jira", "site"}
    return set(_WORD.findall(_PLACEHOLDER.sub(" ", text).replace("\\n", " ").replace("\\t", " "))) - known


def too_rare(made: Sequence[tuple[str, str]], out: str) -> set[str]:
    """The words of an output that stand in fewer than K customers' records."""
    return {word for word in words_of(out) if len({who for who, text in made if who and word in text}) < K}


@given(RECORDS, st.integers(1, 400))
@examples(120)
def test_no_word_leaves_that_fewer_customers_say(plain: Plain, said: list[tuple[int, Any, bool]], size: int) -> None:
    made = log_of(said)
    data = "".join(f"{text}\n" for _, text in made).encode("utf-8", "surrogatepass")
    (out,) = twice(plain, [data])
    assert too_rare(made, out.decode()) == set()
    assert out.count(b"\n") == len(made) and all(isinstance(json.loads(line), dict) for line in out.splitlines())
    assert twice(plain, [data], size=size) == [out]
    assert twice(plain, [out]) == [out] and found(plain, [out]) == 0
    streamed = once(plain, data, size=size)
    assert too_rare(made, streamed.decode()) == set() and once(plain, data) == streamed
    for n, line in enumerate(streamed.splitlines(), 1):  # at each moment
        assert too_rare(made[:n], line.decode()) == set()


@given(RECORDS, st.integers(0, 14))
@examples(30)
def test_files_count_together(plain: Plain, said: list[tuple[int, Any, bool]], cut: int) -> None:
    made = [text for _, text in log_of(said)]
    whole = "".join(f"{text}\n" for text in made).encode()
    parts = [b"".join(f"{text}\n".encode() for text in each) for each in (made[:cut], made[cut:])]
    assert b"".join(twice(plain, parts)) == twice(plain, [whole])[0]


def test_what_enough_customers_say_stays_to_the_byte(plain: Plain) -> None:
    data = "".join(record(customer(n), f"Synced {n} issues\nand {UUID}", functionKey="sync") + "\n" for n in range(K)).encode()
    assert twice(plain, [data]) == [data] and once(plain, data).splitlines()[-1] == data.splitlines()[-1]
    assert b"Synced" not in b"".join(twice(plain, [b"".join(data.splitlines(True)[:-1])]))


@pytest.mark.parametrize("name", api.engines())
def test_a_number_beside_a_word_goes_with_it_where_it_looks_like_a_value(redactor: Redactor, name: EngineName) -> None:
    """`<RARE>2.12` at the end of a line is no version any more, but the line need not be withheld."""
    line = '203.0.113.9 - - [16/Nov/2026:00:00:00 +0000] "GET /drox/99e107b64c73f648/wab HTTP/1.1" 304 29 "-" "pruf/2.12" 3.092\n'
    out = once(Plain(api.engine_of(redactor, name)), line.encode()).decode()
    assert "<WITHHELD>" not in out and "<RARE>" in out
    assert not {"drox", "wab", "GET", "pruf"} & words_of(out)


@pytest.mark.parametrize(
    "body",
    [
        f"Zorblatt by {customer(8)}",
        json.dumps({"installationContext": f"ari:cloud:jira::site/{customer(8)}", "body": "Zorblatt"}),
        {"kvlistValue": {"values": [{"key": "installationContext", "value": {"stringValue": customer(8)}}, {"key": "Zorblatt"}]}},
        {"stringValue": "Zorblatt", "attributes": [{"key": "installationContext", "value": {"stringValue": customer(8)}}]},
    ],
    ids=["in a text", "a log in a text", "an object", "beside the text"],
)
def test_texts_cannot_say_whose_they_are(plain: Plain, body: Any) -> None:
    """One customer that says it in the name of many is one."""
    said = [json.loads(json.dumps(body).replace(customer(8), customer(8 + n))) for n in range(2 * K)]
    data = "".join(record(customer(1), each) + "\n" for each in said).encode()
    assert b"Zorblatt" not in twice(plain, [data])[0]


def test_a_record_of_nobody_or_of_two_counts_for_none(plain: Plain) -> None:
    nobody = "".join(record("", "Zorblatt") + "\n" for _ in range(9))
    two = "".join(record(f"{customer(n)}/{customer(n + 1)}", "Zorblatt") + "\n" for n in range(9))
    text = "".join(f"2026-11-17T09:14:26Z INFO Zorblatt {customer(n)}\n" for n in range(9))
    own = "".join(json.dumps({"level": "info", "msg": "Zorblatt", "cloudId": customer(n)}) + "\n" for n in range(9))
    for data in (nobody, two, text, own):
        assert b"Zorblatt" not in twice(plain, [data.encode()])[0]


def test_a_customer_with_two_names_is_one(plain: Plain) -> None:
    names = [customer(1), customer(2), "<SITE_NAME:00000000000000000001>", "<INSTALLATION_ID:00000000000000000002>"]
    data = "".join(record(who, "Zorblatt") + "\n" for who in names).encode()
    assert b"Zorblatt" not in twice(plain, [data])[0]


def test_pages_and_downloads_are_counted_record_by_record(plain: Plain) -> None:
    texts = [record(customer(n), "Synced" if n < K else "Zorblatt") for n in range(K + 2)]
    page = '{"appLogs":[' + ",".join(texts) + '],"cursor":null}\n'
    printed = json.dumps(json.loads(page), indent=2) + "\n"
    rows = "Level,Details,Site\n" + "".join(
        f'INFO,"{"Synced" if n < K else "Zorblatt"}, 5 issues",<SITE_NAME:{n:020x}>.atlassian.net\n' for n in range(K + 2)
    )
    for data in (page, printed, rows):
        (out,) = twice(plain, [data.encode()])
        assert out.count(b"Synced") == K and b"Zorblatt" not in out, out
        assert found(plain, [out]) == 0


@given(RECORDS)
@examples(60)
def test_parts_of_json_say_what_the_whole_says(plain: Plain, said: list[tuple[int, Any, bool]]) -> None:
    """Cut at its quotes, JSON has the statements and values that its whole mask has."""
    guarantee = Guarantee(plain.redactor, support_of(plain.redactor.pseudonymizer, K))
    units = Units("app-logs", leaves="later")
    data = "".join(f"{text}\n" for _, text in log_of(said)).encode("utf-8", "surrogatepass")
    for raw in [*units.feed(data), *units.finish()[0]]:
        expected = {}
        whole, cutter = masked(raw.text), guarantee._cutter
        for start, mask, is_number in cutter.in_json(whole) if is_json(raw) else cutter.in_leaves(raw.leaves, whole):
            words = guarantee._cutter.words(mask, is_number)
            marks = [(guarantee.support.mark("statement", each.text), each.stretches) for each in words.statements]
            places = [(a, b) for a, b in words.values if not is_harmless(raw.text[start + a : start + b])]
            if marks or places:
                expected[start] = (marks, [(guarantee.value(raw.text[start + a : start + b]), a, b) for a, b in places])
        for _ in range(2):  # the second time, each part is known
            heard = guarantee.said(raw)
            assert {at: (list(text.statements), list(text.values)) for at, text in heard} == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_what_may_leave_is_in_the_encoding_of_the_file(plain: Plain, encoding: str) -> None:
    text = "Level,Details,Site\n" + "".join(
        f'INFO,"{"größe" if n < K else "Zorblatt"}, 5",<SITE_NAME:{n:020x}>.atlassian.net\n' for n in range(K + 2)
    )
    (out,) = twice(plain, [text.encode(encoding)])
    assert out.decode(encoding) == text.replace("Zorblatt", "<RARE>") and out[:2] == text.encode(encoding)[:2]


def test_spans_of_records_are_what_the_reader_counts() -> None:
    page = '{"appLogs": [' + ", ".join(record(customer(n), "[{x") for n in range(4)) + "]}"
    spans = record_spans(page)
    assert [json.loads(page[a:b])["body"]["stringValue"] for a, b in spans] == ["[{x"] * 4
    units = Units("app-logs")
    (raw,) = [*units.feed(page.encode()), *units.finish()[0]]
    assert [each.customer for each in belongs(raw, "app-logs")] == [customer(n) for n in range(4)]


# -- what words are -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cutter(redactor: Redactor) -> Cutter:
    return Cutter({*redactor.engine.catalogue.entity_types, *MARKS})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Synced 7 issues in 12 ms", "Synced 48213 issues in 9.5 ms", True),
        ("Assigned WEB-1 to <PERSON>", "Assigned PAY-22 to <ACCOUNT_ID:6f1c0123456789abcdef>", True),
        (f"call {UUID} at 2026-11-17T09:14:26.921Z", "call 7 at 09:14:26", True),
        ("Synced 7 issues", "Synced 7 pages", False),
        ("Synced <NOBODY> issues", "Synced <PERSON> issues", False),
        ("caf\\u00e9", "caf\\u00e8", False),
        ("a \\1 b", "a \\2 b", True),
        ("a\0#b", "a7b", False),
    ],
)
def test_statements_differ_in_words_alone(cutter: Cutter, one: str, other: str, same: bool) -> None:
    says = [[each.text for each in cutter.words(masked(text), False).statements] for text in (one, other)]
    assert (says[0] == says[1]) is same and says[0]


@pytest.mark.parametrize(
    "text", ["%64%6C%7A%73", "%75%62%6B%70%77", "106;97;110;101", "&#106;&#97;", "a=12|34|56", "1 2 3 4 5", "+49 30 12"]
)
def test_numbers_in_a_row_are_one_value(cutter: Cutter, text: str) -> None:
    """They may be the characters of a text."""
    ((start, end),) = cutter.words(masked(text), False).values
    assert sum(letter.isdigit() for letter in text[start:end]) >= 5 and end == len(text.rstrip(";"))


@pytest.mark.parametrize(
    ("value", "harmless"),
    [
        (UUID, True),
        ("758461715b9971b869932db7ad479d23", True),
        ("1794906019394000000", True),
        ("2026-11-17T09:14:26.921Z", True),
        ("09:14:26", True),
        (b"Jane Doe Acme Ltd".hex()[:32], False),
        ("4a616e65-2044-4f65-8063-6d65204c7464", False),
        ("1984-03-12", False),
        ("1984-03-12T08:00:00Z", False),
        ("4111111111111111", False),
        ("1764415717000", False),
        ("99:99:99", False),
    ],
)
def test_harmless_values(value: str, harmless: bool) -> None:
    assert is_harmless(value) is harmless


# -- vocabularies -------------------------------------------------------------------------------------------------------


def test_a_vocabulary_adds_up_and_says_no_word(plain: Plain, tmp_path: Path) -> None:
    pseudonymizer, path = Pseudonymizer(KEY), tmp_path / "v"
    for n in range(K - 1):
        support = support_of(pseudonymizer, MOST_CUSTOMERS)
        if n:
            read_vocabulary(path, pseudonymizer, support)
        twice(plain, [record(customer(n), "Zorblatt").encode()], support=support)
        path.write_bytes(vocabulary_bytes(pseudonymizer, support))
    assert b"Zorblatt" not in path.read_bytes() and customer(0)[10:30].encode() not in path.read_bytes()
    for n, stays in ((0, False), (K, True)):
        support = support_of(pseudonymizer, K)
        read_vocabulary(path, pseudonymizer, support)
        guarantee = Guarantee(plain.redactor, support)
        out = fed(Keeping(plain, guarantee).scrubber(), record(customer(n), "Zorblatt").encode(), 99)
        assert (b"Zorblatt" in out) is stays


def test_what_many_customers_say_stays_many(tmp_path: Path) -> None:
    pseudonymizer, path = Pseudonymizer(KEY), tmp_path / "v"
    support = support_of(pseudonymizer, MOST_CUSTOMERS)
    mark = support.mark("statement", "x")
    for n in range(MOST_CUSTOMERS):
        support.hear(mark, customer(n))
    path.write_bytes(vocabulary_bytes(pseudonymizer, support))
    again = support_of(pseudonymizer, MOST_CUSTOMERS)
    read_vocabulary(path, pseudonymizer, again)
    assert again.suffices(mark)


@pytest.mark.parametrize("change", ["another key", "a line", "no head", "text"])
def test_a_vocabulary_that_is_none_is_refused(tmp_path: Path, change: str) -> None:
    pseudonymizer, path = Pseudonymizer(KEY), tmp_path / "v"
    support = support_of(pseudonymizer, 5)
    support.own.add(support.mark("statement", "x"))
    data = vocabulary_bytes(pseudonymizer, support)
    path.write_bytes({"a line": data + b"x own\n", "no head": data[5:], "text": b"hello"}.get(change, data))
    with pytest.raises(UsageError) as error:
        read_vocabulary(
            path, Pseudonymizer(b"another key of 32 bytes, or more") if change == "another key" else pseudonymizer, support
        )
    assert "hello" not in str(error.value)


def test_sources_say_what_an_app_can_say(tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").write_text('"not mine"')
    (tmp_path / "a.ts").write_text(
        'console.log(`Roster ${a.b}: ${n} it\'s`, x as number, "done");\nthrow new Error("No " + what + "!\\n");'
    )
    (tmp_path / "b.jsx").write_text('const a = <p title="Hello you">{f("é\\u00e9")}</p>')
    texts = [text for path in sources_in(tmp_path) for text in texts_in(path)]
    assert {"Roster 0: 0 it's", "Roster 0: 0 it's 0 done", "done", "No 0!\n", "No 0!\\n", "Hello you", "éé"} <= set(texts)
    assert "not mine" not in texts
    with pytest.raises(InputError):
        list(texts_in(tmp_path / "gone.js"))


# -- the commands -------------------------------------------------------------------------------------------------------


def raw(n: int, body: str) -> str:
    return record("", body, installationContext=f"ari:cloud:jira::site/{UUID[:-4]}{n:04x}", invocationId=UUID)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.ndjson").write_text("".join(raw(n, f"Synced {n} issues") + "\n" for n in range(4)))
    more = (raw(4, "Synced 5 issues"), raw(4, "Zorblatt 48213 for jane.doe@acme.example"))
    (tmp_path / "b.ndjson").write_text("".join(f"{each}\n" for each in more))
    (tmp_path / "k.key").write_bytes(new_key())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def do(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, list[str]]]:
    """Runs a command in this process: its exit code, what it printed, and what it said."""

    def done(*arguments: str) -> tuple[int, str, list[str]]:
        code = command_line._run(arguments)
        out, said = capsys.readouterr()
        return code, out, [line.removeprefix("logscrub: ") for line in said.splitlines()]

    return done


Do = Callable[..., tuple[int, str, list[str]]]


def test_scrub_gives_the_guarantee_and_verify_checks_it(folder: Path, do: Do) -> None:
    code, _, said = do("scrub", "a.ndjson", "b.ndjson", "-o", "clean", "--guarantee", "5", "--summary", "s.json")
    assert code == 0 and "what fewer than 5 customers say is <RARE>" in said[-1]
    out = (folder / "clean/b.ndjson").read_text()
    assert "Synced 5 issues" in out and '<RARE> <EMAIL_ADDRESS>"' in out
    summary = json.loads((folder / "s.json").read_text())
    assert summary["rules"]["guarantee"] == {"customers": 5, "vocabulary": ""}
    cost = summary["guarantee"]
    assert cost["customers_heard"] == 5 and cost["values"] == {"count": 1, "rare": 1, "share": 1.0}
    assert summary["redactions"]["RARE"] == 1
    assert do("verify", "clean", "--guarantee", "5", "--format", "json")[0] == 0
    code, out, _ = do("verify", "clean", "--guarantee", "6")
    assert code == 1 and "RARE (user-generated content) guarantee" in out


def test_the_library_gives_the_guarantee_and_checks_it(folder: Path, do: Do) -> None:
    key = (folder / "k.key").read_bytes()
    names = ("a.ndjson", "b.ndjson")
    done = api.scrub_files_with_guarantee({name: f"{name}.clean" for name in names}, customers=5, key=key)
    assert done.customers == 5 and done.cost["values"] == {"count": 1, "rare": 1, "share": 1.0}
    assert [each.redactions.get("RARE", 0) for each in done.files] == [0, 1]
    assert do("scrub", *names, "-o", "clean", "--guarantee", "5", "--key-file", "k.key")[0] == 0
    assert [Path(f"{name}.clean").read_bytes() for name in names] == [Path("clean", name).read_bytes() for name in names]
    clean = [f"{name}.clean" for name in names]
    assert all(report.clean for report in api.verify_files_with_guarantee(clean, customers=5))
    reports = api.verify_files_with_guarantee(clean, customers=6)
    assert {finding.entity_type for report in reports for finding in report.findings} == {"RARE"}


@pytest.mark.parametrize(
    ("files", "settings", "told"),
    [
        ({"a.ndjson": "c"}, {"customers": 1}, "customers: must be"),
        ({"a.ndjson": "c"}, {"customers": True}, "customers: must be"),
        ({"a.ndjson": "c"}, {"vocabulary": "v"}, "give it as key"),
        ({"a.ndjson": "b.ndjson", "b.ndjson": "c"}, {}, "also read or written"),
        ({"a.ndjson": "c", "b.ndjson": "c"}, {}, "also read or written"),
    ],
)
def test_the_library_refuses_wrong_settings(folder: Path, files: dict[str, str], settings: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        api.scrub_files_with_guarantee(dict(files), **settings)
    assert not (folder / "c").exists()


def test_a_proof_says_the_guarantee_and_is_checked_again(folder: Path, do: Do) -> None:
    by = ("--vocabulary", "v", "--key-file", "k.key")
    for command in (
        ("vocabulary", "learn", "a.ndjson", *by),
        ("scrub", "b.ndjson", "-o", "b.clean", "--guarantee", "5", *by),
        ("keys", "new", "--signing", "sign.key"),
        ("verify", "b.clean", "--guarantee", "5", *by, "--attest", "proof.json", "--sign-key", "sign.key"),
    ):
        code, _, said = do(*command)
        assert code == 0, said
    assert b"Synced 5 issues" in (folder / "b.clean").read_bytes()
    check = ("attest", "check", "proof.json", "b.clean", "--public-key", "sign.key.pub")
    code, out, _ = do(*check)
    assert code == 0 and "no word stays that fewer than 5 customers say, or the vocabulary" in out
    payload = json.loads(base64.b64decode(json.loads((folder / "proof.json").read_text())["payload"]))
    jsonschema.validate(payload, json.loads((ROOT / "docs/reference/proof.schema.json").read_text()))
    assert do(*check, "--again", *by)[0] == 0
    code, out, _ = do(*check, "--again")
    assert code == 1 and "rules: the vocabulary of then was not given; add --vocabulary FILE --key-file FILE" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("scrub", "a.ndjson", "--vocabulary", "v"), "--guarantee 5"),
        (("scrub", "a.ndjson", "--guarantee", "5", "--vocabulary", "v"), "--key-file"),
        (("scrub", "a.ndjson", "--guarantee", "1"), "--guarantee"),
        (("verify", "--guarantee", "5"), "is for files"),
        (("verify", "a.ndjson", "--key-file", "k.key"), "--vocabulary"),
        (("vocabulary", "learn", "a.ndjson", "--vocabulary", "v"), "--key-file"),
        (("vocabulary", "learn", "--vocabulary", "v", "--key-file", "k.key"), "nothing to learn from"),
        (("scrub", "a.ndjson", "--guarantee", "51", "--vocabulary", "k.key", "--key-file", "k.key"), "50 customers"),
    ],
)
def test_wrong_usage_is_said(folder: Path, do: Do, arguments: tuple[str, ...], told: str) -> None:
    code, _, said = do(*arguments)
    assert code == 2 and told in said[0]


def test_a_file_that_changes_between_the_readings_is_not_written(plain: Plain) -> None:
    guarantee = Guarantee(plain.redactor, support_of(plain.redactor.pseudonymizer, K))
    with Listening(plain, guarantee) as listening:
        listening.inputs.append(Aside("a.log"))
        fed(listening.scrubber(), b"one\n", 9)
        with pytest.raises(InputError, match=r"^a\.log: was changed between"):
            fed(Keeping(plain, guarantee, listening.inputs[0]).scrubber(), b"two\n", 9)


def test_a_broken_file_is_told_as_without(folder: Path, do: Do) -> None:
    (folder / "cut.gz").write_bytes(gzip.compress((folder / "a.ndjson").read_bytes())[:-9])
    code, _, said = do("scrub", "cut.gz", "a.ndjson", "-o", "clean", "--guarantee", "4")
    assert code == 3 and "cut.gz: the gzip data ends too early" in said[0]
    assert b"Synced" in (folder / "clean/a.ndjson").read_bytes() and not (folder / "clean/cut.gz").exists()
