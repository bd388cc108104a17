"""What a log exposed is told by statement, kind, customers and time, in every layout, and never by value."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_guarantee import Do, do

from logscrub import api
from logscrub.config import Config
from logscrub.exposure import OTHERS, Exposure, Looker, Place, Told, as_dict, as_markdown, as_page, headline, severity_of
from logscrub.redact.scrub import Redactor
from logscrub.rules import rules_of

__all__ = ["do"]

ROOT = Path(__file__).parents[1]
SITE = "822d8a59-7a92-4b4c-8dc9-160edc3be1c"
COUNT, EXPOSED = 9, (1, 2, 5)


def says(n: int) -> str:
    return "Saved 7 items for jane.doe@acme.example" if n in EXPOSED else "Saved 7 items"


def record(n: int) -> dict[str, object]:
    attributes = {
        "installationContext": f"ari:cloud:jira::site/{SITE}{n % 2}",
        "functionKey": "save",
        "appVersion": "4.2.0" if n < 5 else "4.3.0",
    }
    return {
        "timeUnixNano": str(1_794_906_019_000_000_000 + n * 3_600_000_000_000),
        "severityText": "INFO",
        "body": {"stringValue": says(n)},
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }


def time(n: int) -> str:
    return (datetime(2026, 11, 17, 9, tzinfo=UTC) + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


PAGE = {"appLogs": [record(n) for n in range(COUNT)], "cursor": None}
LAYOUTS = {
    "records": "".join(json.dumps(record(n)) + "\n" for n in range(COUNT)),
    "a page a line": json.dumps(PAGE) + "\n" + json.dumps({"appLogs": []}) + "\n",
    "a printed page": json.dumps(PAGE, indent=2),
    "a table": "Level,Date/Time(UTC),Details,Function,Version,Site\n"
    + "".join(f"INFO,{time(n)},{says(n)},save,{'4.2.0' if n < 5 else '4.3.0'},s{n % 2}.atlassian.net\n" for n in range(COUNT)),
}


def looked(redactor: Redactor, text: str, size: int = 1 << 16, *, caution: bool = False) -> Exposure:
    found = Exposure(caution=caution)
    looker = Looker(api.engine_of(redactor), found, "auto")
    data = text.encode()
    for i in range(0, len(data), size):
        looker.feed(data[i : i + size])
    looker.finish()
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [1 << 16, 37])
def test_the_records_that_exposed_something_are_told(redactor: Redactor, layout: str, size: int) -> None:
    found = looked(redactor, LAYOUTS[layout], size)
    total = found.total
    assert (found.read, found.unread, total.records, len(total.customers), total.nobodys) == (COUNT, 0, 3, 2, 0)
    assert dict(total.kinds) == {"EMAIL_ADDRESS": 3}
    statement = "Saved # items for <EMAIL_ADDRESS>"
    assert {place: told.records for place, told in found.places.items()} == {
        Place(statement, "save", "4.2.0"): 2,
        Place(statement, "save", "4.3.0"): 1,
    }
    assert total.last is not None and total.first is not None and total.last - total.first == 4 * 3_600_000_000_000


def test_what_goes_on_with_a_record_belongs_to_it(redactor: Redactor) -> None:
    lines = ["2026-11-17 09:00:00 INFO Saved 7 items", "  for jane.doe@acme.example", "  and joe.roe@acme.example"]
    found = looked(redactor, "\n".join([*lines, lines[0], lines[0], *lines[:2]]) + "\n", 11)
    assert (found.read, found.total.records, found.total.nobodys) == (4, 2, 2)


def test_no_value_is_told_in_any_form(redactor: Redactor) -> None:
    found = looked(redactor, LAYOUTS["records"], caution=True)
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    rules = rules_of(api.PlainEngine(redactor), Config())
    told = as_dict(found, made=now, known_at=now - timedelta(hours=30), rules=rules)
    for text in (json.dumps(told), as_markdown(told), as_page(told), headline(told)):
        assert "jane" not in text and SITE not in text and "<CLOUD_ID:" not in text
    assert [(c["tell"], c["hours_left"], c["overdue"]) for c in told["clocks"]] == [
        ("Atlassian", -6.0, True),
        ("the customers concerned", 42.0, False),
    ]
    assert told["severity"] == "high" and told["kinds"]["CLOUD_ID"] == COUNT
    assert "6.0 hours ago" in as_markdown(told) and "42.0 hours left" in as_page(told)
    assert as_page(told).count("<tr>") == 2 + len(told["days"]) + len(told["statements"])


def test_the_page_may_load_and_run_nothing_but_its_own_style(redactor: Redactor) -> None:
    found = looked(redactor, LAYOUTS["records"])
    rules = rules_of(api.PlainEngine(redactor), Config())
    page = as_page(as_dict(found, made=datetime(2026, 11, 29, tzinfo=UTC), known_at=None, rules=rules))
    policy = html.unescape(re.findall('<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)[0])
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "<script" not in page and " style=" not in page


def test_severity_is_that_of_the_worst() -> None:
    assert severity_of(["name", "session id"]) == "critical"
    assert severity_of(["site id", "name"]) == "high" and severity_of(["site id"]) == "moderate"


def test_statements_without_end_are_counted_together(monkeypatch: pytest.MonkeyPatch, redactor: Redactor) -> None:
    monkeypatch.setattr("logscrub.exposure._MOST_STATEMENTS", 2)
    lines = [f"2026-11-17 09:00:00 INFO {word} jane.doe@acme.example" for word in ("saving", "loading", "sending", "reading")]
    found = looked(redactor, "\n".join(lines) + "\n")
    assert found.places[Place(OTHERS, "", "")].records == 2 and found.total.records == 4


@pytest.mark.parametrize(
    ("statement", "cell"),
    [("sent to <PERSON>", "`sent to <PERSON>`"), ("a|b `c``d", r"```a\|b `c``d```"), ("`c`", "`` `c` ``"), ("", "")],
)
def test_a_statement_is_code_in_the_table(statement: str, cell: str, redactor: Redactor) -> None:
    found = Exposure()
    found.places[Place(statement, "", "")] = found.total
    found.total.add(None, {"PERSON": "name"})
    told = as_dict(
        found, made=datetime(2026, 11, 29, tzinfo=UTC), known_at=None, rules=rules_of(api.PlainEngine(redactor), Config())
    )
    assert f"| high |  |  | PERSON (1) | 1 | 0 |  |  | {cell} |\n" in as_markdown(told)


def test_a_time_that_is_none_stays_unknown() -> None:
    told = Told()
    told.add(None, {"PERSON": "name"})
    assert (told.as_dict()["first"], told.as_dict()["last"]) == ("", "")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.ndjson").write_text(LAYOUTS["records"])
    (tmp_path / "none.log").write_text("2026-11-17 09:00:00 INFO nothing here\n")
    (tmp_path / "broken.gz").write_bytes(gzip.compress(LAYOUTS["records"].encode())[:-9])
    (tmp_path / "binary.log").write_bytes(bytes(range(11, 256)) * 4 + b"\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_tells_by_its_exit_code(folder: Path, do: Do) -> None:
    code, out, said = do("exposure", "a.ndjson", "--known-at", "2026-11-20T08:30")
    assert code == 1 and out.startswith("# Exposure\n") and "Tell Atlassian by 2026-11-21T08:30:00Z" in out
    assert said == [
        "high: 3 of 9 records exposed customer data of 2 customers, from 2026-11-17T10:00:19Z to 2026-11-17T14:00:19Z"
    ]
    assert do("exposure", "none.log")[0] == 0
    for name in ("broken.gz", "binary.log"):
        assert do("exposure", "a.ndjson", name)[0] == 3


@pytest.mark.parametrize(
    ("inputs", "says", "count"),
    [
        (["none.log", "broken.gz"], "3 of 10 records exposed", 1),
        (["none.log", "gone.log", "gone.gz"], "nothing was found in 1 record, but not everything could be read", 2),
        (["gone.log"], "no record was read, so nothing is known", 1),
    ],
)
def test_the_page_says_that_an_input_could_not_be_read(folder: Path, do: Do, inputs: list[str], says: str, count: int) -> None:
    """The page is handed on without what stood on standard error."""
    for name in ("e.html", "e.md", "e.json"):
        code, _, said = do("exposure", *inputs, "-o", name)
        assert code == 3 and says in said[-1]
        if name == "e.json":
            assert json.loads(Path(name).read_text())["inputs_unread"] == count
        else:
            assert f"{count} input{'' if count == 1 else 's'} could not be read to the end" in Path(name).read_text()


def test_the_head_of_a_table_without_rows_counts_as_a_record(folder: Path, do: Do) -> None:
    Path("head.csv").write_text("Level,jane.doe@acme.example\n")
    code, _, said = do("exposure", "head.csv", "--input-format", "csv")
    assert code == 1 and said[-1].startswith("high: 1 of 1 records exposed")


@pytest.mark.parametrize("suffix", ["html", "json", "md"])
def test_what_it_writes_is_clean(folder: Path, do: Do, suffix: str) -> None:
    """The sample has statements with placeholders before and behind words that are found by what stands beside them."""
    sample = str(ROOT / "sample_logs" / "forge_logs_flat.log")
    assert do("exposure", "a.ndjson", sample, "--caution", "-o", f"e.{suffix}")[0] == 1
    code, out, _ = do("verify", f"e.{suffix}")
    assert code == 0, out


@pytest.mark.parametrize("time", ["yesterday at noon", "2999-01-01"])
def test_a_time_that_cannot_be_is_refused(folder: Path, do: Do, time: str) -> None:
    code, _, said = do("exposure", "a.ndjson", "--known-at", time)
    assert code == 2 and "--known-at: is" in said[0]
