"""The report for people and programs: an invented night, rendered three ways, compared whole with what was looked at.

`UPDATE_GOLDEN=1 pytest tests/test_report.py` writes `golden/report/` anew: look at the diff, and at the page.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logscrub.anomalies.backtest import Backtest, Night, Told
from logscrub.anomalies.model import Chart, Clock, Explanation, Finding, Muted, PastNight, Point, Report, Statement, Totals, Trend
from logscrub.anomalies.rules import load_rules
from logscrub.errors import UsageError
from logscrub.report import (
    SUFFIXES,
    as_html,
    as_index,
    as_json,
    as_markdown,
    charts,
    headline,
    listed,
    markdown,
    render,
    subject,
    view,
    words,
)
from logscrub.report.index import Listed
from logscrub.report.replay import as_page

GOLDEN = Path(__file__).parent / "golden" / "report"
END = datetime(2026, 11, 26, 3, tzinfo=UTC)
START = END - timedelta(days=1)
HOUR = timedelta(hours=1)
HOSTILE = "<script>alert(1)</script>|`x`\n# a\"b' <PERSON_1> & [l](http://x.example) \x00\u202e\x1b[31m"


def series(unit: str, usual: int, peak: float, first: int, last: int, days: int = 8) -> Chart:
    """Hours up to END that go up and down by day; those from `first` to `last` before END are unusual."""
    points = []
    for ago in range(days * 24, 0, -1):
        hour = END - ago * HOUR
        daily = 4 + 4 * (12 - abs(12 - hour.hour)) // 12
        expected = usual * daily / 8
        noise = (ago * 7919 % 13 - 6) / 20
        observed = max(0.0, round(expected * (1 + noise), 3)) if usual < 1 else float(max(0, round(expected * (1 + noise))))
        if last < ago <= first:
            observed = (
                round(peak * (0.7 + 0.3 * (ago * 31 % 7) / 6), 3)
                if usual < 1
                else float(round(peak * (0.7 + 0.3 * (ago * 31 % 7) / 6)))
            )
        gap = days > 4 and days * 24 - 60 < ago <= days * 24 - 54
        points.append(Point(hour, None if gap else observed, expected, expected * 1.5 + (3 if usual >= 1 else 0.01)))
    return Chart(unit, tuple(points))


def finding(number: int, **changes: object) -> Finding:
    """A finding of errors, but for the changes."""
    name = hashlib.sha256(str(number).encode()).hexdigest()[:12]
    base = Finding(
        id=name,
        kind="error",
        rule="error-rate",
        severity="P2",
        title="saveMembers fails more often than usual",
        why="Errors of one function at a rate that chance does not explain are most often a new version or a change of an API.",
        start=END - 19 * HOUR,
        end=END,
        dimensions=(("function", "saveMembers"), ("app_version", "4.12.0")),
        unit="errors",
        observed=1204,
        expected=31.4,
        p_value=2.3e-9,
        false_alarms_a_week=0.0047,
        tenants=38,
        explained_by=(
            Explanation("app_version", "4.12.0", 0.97, None),
            Explanation("signature", "TypeError: cannot read properties of undefined (reading '<FIELD>')", 0.91, 0.02),
            Explanation("tenants", "38 of 212 customers", 1.0, 0.18),
        ),
        first_steps=(
            "Compare 4.12.0 with 4.11.3: forge deploy list -e production.",
            "If the errors began with the deployment, roll back: forge deploy --tag 4.11.3.",
            "Read one of the invocations in the scrubbed log of Wed 25 Nov, 08:00 UTC.",
        ),
        clocks=(),
        chart=series("errors", 3, 80, 19, 0),
        group=name,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def invented() -> Report:
    """A night with findings of all kinds."""
    lead = finding(1)
    slow = finding(
        2,
        rule="duration",
        severity="P3",
        title="saveMembers is slow",
        unit="ms",
        observed=4210.0,
        expected=380.0,
        p_value=0.00004,
        false_alarms_a_week=0.08,
        group=lead.id,
        chart=series("ms", 380, 4200, 18, 1, days=2),
        start=END - 18 * HOUR,
        end=END - HOUR,
        explained_by=(),
        first_steps=("Look whether it waits for Jira: the share of throttled calls says so.",),
        why="What fails late often first becomes slow.",
    )
    throttled = finding(
        3,
        rule="throttles",
        severity="P4",
        title="Jira throttles saveMembers",
        unit="share of calls",
        observed=0.124,
        expected=0.004,
        group=lead.id,
        chart=None,
        explained_by=(),
        first_steps=(),
        p_value=0.0002,
        false_alarms_a_week=0.4,
        tenants=None,
    )
    silent = finding(
        4,
        rule="silence",
        severity="P4",
        title="nightlySync runs less often than usual",
        dimensions=(("function", "nightlySync"),),
        unit="records",
        observed=0,
        expected=340,
        start=END - 5 * HOUR,
        end=END - 2 * HOUR,
        chart=None,
        explained_by=(),
        tenants=0,
        p_value=1e-30,
        false_alarms_a_week=0.0,
        first_steps=("See in the developer console whether its trigger still exists.",),
        why="What stops does not write errors.",
    )
    probing = finding(
        5,
        kind="abuse",
        rule="denied-calls",
        severity="P1",
        title="One user tries what it may not do, across 9 customers",
        dimensions=(("function", "adminResolver"), ("actor", "<ACCOUNT_ID_7c1f>"), ("tenant", "(withheld)")),
        unit="denied calls",
        observed=612,
        expected=0.2,
        p_value=1e-16,
        false_alarms_a_week=0.0009,
        tenants=9,
        start=END - 7 * HOUR,
        end=END - 3 * HOUR,
        explained_by=(
            Explanation("actor", "<ACCOUNT_ID_7c1f>", 0.994, None),
            Explanation("function", "adminResolver", 0.88, 0.05),
        ),
        first_steps=(
            "Check that every resolver of the admin page asks for the permission itself.",
            "Keep the scrubbed logs of these hours.",
            "Decide with whoever is responsible for security whether this is an incident.",
        ),
        clocks=(
            Clock("Atlassian", END + 20 * HOUR),
            Clock("the supervisory authority, if personal data is concerned", END + 68 * HOUR),
        ),
        chart=series("denied calls", 1, 170, 7, 3, days=4),
        why="Who tries many doors of many customers looks for one that is open.",
    )
    leak = finding(
        6,
        kind="privacy",
        rule="new-statement",
        severity="P3",
        title="A log statement writes names of persons since 4.12.0",
        dimensions=(
            ("function", "exportRoster"),
            ("app_version", "4.12.0"),
            ("statement", "exported roster for <PERSON> (<EMAIL_ADDRESS>)"),
        ),
        unit="redactions",
        observed=318,
        expected=None,
        p_value=None,
        false_alarms_a_week=None,
        tenants=21,
        chart=series("redactions", 1, 40, 20, 0, days=3),
        explained_by=(Explanation("entity", "PERSON", 0.62, 0.11),),
        first_steps=("Take the names out of the statement and deploy.",),
        why="A statement that did not write customer data before does so now.",
        start=END - 20 * HOUR,
    )
    statements = tuple(
        Statement(
            function,
            version,
            text,
            entities,
            sum(n for _, n in entities),
            usual,
            tenants,
            END - timedelta(hours=ago),
            usual is None,
        )
        for function, version, text, entities, usual, tenants, ago in (
            (
                "exportRoster",
                "4.12.0",
                "exported roster for <PERSON> (<EMAIL_ADDRESS>)",
                (("PERSON", 198), ("EMAIL_ADDRESS", 120)),
                None,
                21,
                20,
            ),
            (
                "saveMembers",
                "4.12.0",
                "member { displayName: <PERSON>, accountId: <ACCOUNT_ID> }",
                (("ACCOUNT_ID", 93), ("PERSON", 91)),
                176.5,
                64,
                700,
            ),
            ("webhook", "4.11.3", "payload |\n  <URL> | `<ISSUE_KEY>` <script>", (("URL", 12),), 11.0, 5, 1300),
            *(("sync", "4.1.0", f"step {i} of <SITE>", (("SITE", 12 - i),), 4.0, 6, 900 + i) for i in range(9)),
        )
    )
    return Report(
        start=START,
        end=END,
        made=END + timedelta(minutes=7),
        totals=Totals(1_204_331, 2_911, 212, 14, 1_188_400.0, 1_502.0),
        findings=(probing, lead, slow, throttled, leak, silent),
        muted=(
            Muted(
                "0a1b2c3d4e5f",
                "error-rate",
                "importCsv fails more often than usual",
                "known, mended in 4.13 | ask support",
                datetime(2026, 12, 31, tzinfo=UTC),
            ),
            Muted("5f4e3d2c1b0a", "volume", "Fewer records than usual", "Thanksgiving", None),
        ),
        statements=statements,
        expected_false_alarms=0.31,
        budget="About one false alarm in three nights.",
        coverage=(
            "Six hours of Wed 18 Nov hold no records: the export was late or nobody called.",
            "exportRoster is known for 3 days only, too short to tell its usual weekdays.",
        ),
        history_days=35,
        trends=(
            Trend("Records", "", (*(1_100_000 + 9_000 * (n % 7) for n in range(28)), 1_204_331)),
            Trend("Error rate", "share", (*(0.0012 + 0.0001 * (n % 3) for n in range(28)), 0.0024)),
            Trend("95 % of calls within", "ms", (*(None if n == 9 else 410 + n for n in range(28)), 655)),
            Trend("Customers", "", (*(200 + n % 5 for n in range(28)), 212)),
        ),
        nights=tuple(
            PastNight((END - timedelta(days=n)).date(), "P3" if n == 4 else "", int(n == 4), n < 12)
            for n in (*range(1, 9), 11, 13)
        ),
    )


def empty() -> Report:
    """A night of which nothing is to be told."""
    return Report(START, END, END, Totals(10, 0, 1, 1, None, None), (), (), (), 0.3, "", (), 35)


def with_text(text: str) -> Report:
    """The invented night with a text in place of all names."""
    night = invented()
    findings = tuple(
        replace(
            f,
            id=f"{text}{i}",
            rule=text,
            title=text,
            why=text,
            unit=text,
            dimensions=((text, text), ("function", text)),
            chart=None,
            explained_by=(Explanation(text, text, 0.5, 0.1),),
            first_steps=(text,),
            clocks=(Clock(text, END),),
            group=text,
        )
        for i, f in enumerate(night.findings[:2])
    )
    return replace(
        night,
        findings=findings,
        muted=(Muted(text, text, text, text, None),),
        statements=(Statement(text, text, text, ((text, 3),), 3, 1.0, 1, END, True),),
        trends=(Trend(text, text, (1.0, 2.0)),),
        budget=text,
        coverage=(text,),
    )


class Page(HTMLParser):
    """A page's elements; wrong nesting is an error."""

    VOID = frozenset({"meta", "br", "link", "img", "hr", "input"})

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, attrs)

    def _see(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        given = dict(attrs)
        assert len(given) == len(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def cells(line: str) -> int:
    """How many cells a row of a table has."""
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) - 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_report_is_the_one_that_was_looked_at(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("html", "machine", "markdown"):
        monkeypatch.setattr(f"logscrub.report.{module}.__version__", "0.0.0")
    out = render(invented(), suffix)
    expected = GOLDEN / f"report{suffix}"
    if os.environ.get("UPDATE_GOLDEN"):
        expected.parent.mkdir(parents=True, exist_ok=True)
        expected.write_bytes(out)
    assert out.decode().splitlines() == expected.read_text(encoding="utf-8").splitlines()
    assert out == expected.read_bytes()


def test_the_same_report_gives_the_same_bytes_in_another_process_and_place(tmp_path: Path) -> None:
    """Also where no home can be written to and somebody's settings of matplotlib lie about; nothing is said."""
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nnonsense\n")
    code = "import sys, test_report as t; sys.stdout.buffer.write(t.render(t.invented(), '.html'))"
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parent)])
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "HOME": "/nonexistent",
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Kolkata",
    }
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, timeout=120)
    assert done.stderr == b""
    assert done.stdout == render(invented(), "html")
    assert [p.name for p in tmp_path.iterdir()] == ["matplotlibrc"]


def test_another_suffix_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\.html, \.md or \.json"):
        render(empty(), ".pdf")


@pytest.mark.parametrize("report", [invented(), empty(), with_text(HOSTILE)], ids=["invented", "empty", "hostile"])
def test_the_page_stands_alone_and_is_well_formed(report: Report) -> None:
    text = as_html(report)
    page = Page(text)
    assert page.tags["html"] == page.tags["main"] == page.tags["h1"] == 1
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert page.headings[0] == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert not page.tags.keys() & {"script", "link", "img", "iframe", "object", "form", "use", "image", "base"}
    assert not page.attributes & {"src", "style", "srcset", "xlink:href"}
    assert not {a for a in page.attributes if a.startswith("on")}
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style and not re.search(r"url\(|@import|https?:", style[1])
    assert f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()}'" in text.replace(
        "&#39;", "'"
    )
    assert not re.search(r"[\x00\x1b\u202e]", text)
    if report.coverage != (HOSTILE,):
        assert not re.search(r"https?:|url\(|src=|<script|@import", text)


def test_hostile_names_are_text_everywhere() -> None:
    report = with_text(HOSTILE)
    page = Page(as_html(report))
    assert "script" not in page.tags
    assert any("<script>alert(1)</script>" in words for words in page.words)
    said = as_markdown(report)
    outside = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", said)
    assert "<" not in outside.replace("\\<", "")
    assert json.loads(as_json(report))["coverage"] == [HOSTILE]


@settings(max_examples=40)
@example("\\|")
@example("`|``")
@example("\n\n| a | b |\n")
@example("\ud800")
@example(HOSTILE)
@given(st.text(alphabet=st.characters(codec=None)) | st.text(alphabet="|\\`<>&\"'\n #-_*[]"))
def test_no_text_breaks_a_page_a_table_or_json(text: str) -> None:
    report = with_text(text)
    page = Page(as_html(report))
    assert len(page.ids) == len(set(page.ids))
    plain = with_text("x" if text else "")
    assert page.tags == Page(as_html(plain)).tags
    said = as_markdown(report)
    said.encode()
    assert len(said.split("\n")) == len(as_markdown(plain).split("\n"))
    for table in re.findall(r"(?:^\|.*\n)+", said, re.M):
        assert len({cells(line) for line in table.splitlines()}) == 1
    json.loads(as_json(report))


def test_the_index_lists_nights_the_newest_first_and_leaves_out_what_is_none() -> None:
    told = json.loads(as_json(invented()))
    quiet = {**told, "findings": []}
    given = {"2026-11-26": told, "2026-11-27": quiet, "2026-11-25": {"findings": 3}, "2026-11-24": []}
    nights = [night for name, one in given.items() if (night := listed(name, one)) is not None]
    page = Page(as_index(nights))
    assert page.links == ["2026-11-27.html", "2026-11-26.html"]
    said = " ".join(page.words)
    assert "nothing unusual" in said and told["findings"][0]["title"] in said
    many = as_index(replace(nights[0], name=f"2026-{n // 28 + 1:02}-{n % 28 + 1:02}") for n in range(70))
    assert len(Page(many).links) == 60 and "10 older reports" in many


@given(st.text(alphabet=st.characters(codec=None)) | st.text(alphabet="|\\`<>&\"'\n #-_*[]"))
def test_no_text_breaks_the_index(text: str) -> None:
    page, plain = (Page(as_index([Listed(t, t, t, 1, "P2", (t,) * 5, 1, False)])) for t in (text, "x"))
    assert page.tags == plain.tags and page.attributes == plain.attributes


def test_json_keeps_its_contract() -> None:
    report = invented()
    made = json.loads(as_json(report))
    assert {*made} == {
        "version",
        "period",
        "made",
        "totals",
        "findings",
        "muted",
        "statements",
        "expected_false_alarms",
        "budget",
        "coverage",
        "history_days",
        "verdicts",
        "trends",
        "nights",
    }
    assert {*made["trends"][0]} == {"name", "unit", "values"}
    assert made["trends"][2]["values"][9] is None
    assert {*made["nights"][0]} == {"day", "worst", "causes", "is_judged"}
    assert made["period"] == {"start": "2026-11-25T03:00:00Z", "end": "2026-11-26T03:00:00Z"}
    assert {*made["findings"][0]} == {
        "id",
        "kind",
        "rule",
        "severity",
        "title",
        "why",
        "start",
        "end",
        "dimensions",
        "unit",
        "observed",
        "expected",
        "p_value",
        "false_alarms_a_week",
        "tenants",
        "explained_by",
        "first_steps",
        "clocks",
        "marked",
        "group",
        "chart",
    }
    assert made["findings"][0]["dimensions"]["function"] == "adminResolver"
    assert {*made["findings"][0]["chart"]["points"][0]} == {"hour", "observed", "expected", "lower", "upper"}
    assert len(made["statements"]) == len(report.statements)


def test_a_quiet_night_stands_beside_the_weeks_before() -> None:
    """What is known of one day only, or not of the last one, is no trend."""
    trends = (
        Trend("Records", "", (900, None, 1_500, 1_200)),
        Trend("95 % of calls within", "ms", (None, None, None, 480)),
        Trend("Customers", "", (20, 21, 22, None)),
    )
    page = as_html(replace(empty(), trends=trends))
    assert page.count('<path class="day"') == 2 and page.count('<path class="day newest"') == 1
    assert "1,500 before that; 900 to 1,500 in 3 days" in page
    assert "of calls within" not in page and "22 before" not in page
    assert "The last weeks" not in as_html(empty())


def test_the_calendar_has_four_weeks_and_no_link() -> None:
    """A night without a report, and one that could not be judged, are not called quiet."""
    page = as_html(invented())
    cells = re.findall(r'<li class="([a-z0-9 ]+)"><span>\w{3} \d+</span> ([\w ]+)</li>', page)
    assert len(cells) == 28
    said = [says for _, says in cells]
    assert said[-1] == "P1" and cells[-1][0] == "p1 newest" and said[-5] == "P3"
    assert [n for n, says in enumerate(reversed(said)) if says == "quiet"] == [1, 2, 3, 5, 6, 7, 8, 11]
    assert said[-14] == "not judged" and said[-13] == said[0] == "no report"
    assert not re.search("<a ", page[page.index('class="nights"') :].split("</ol>")[0])
    assert 'class="nights"' not in as_html(empty()), "nothing is known of other nights"


def test_the_index_has_the_calendar_too() -> None:
    told = json.loads(as_json(invented()))
    nights = [listed(name, told) for name in ("2026-11-25", "2026-11-26")]
    assert as_index(night for night in nights if night).count("</span> P1</li>") == 2


def replayed(text: str = "x") -> Backtest:
    """Thirty nights, the first three without days to compare with; every tenth has a finding that is told at any budget."""
    nights = []
    for n in range(30):
        start = START.replace(hour=0) + timedelta(days=n)
        one = replace(finding(n, title=text), rule="latency_up", severity="P3", group=f"{n}", start=start, end=start + HOUR)
        told = (Told(one, (0.5, 1.0) if n % 10 == 9 else (1.0,), "real"),) if n % 5 == 4 else ()
        nights.append(Night(start, start + timedelta(days=1), n, told, (int(n % 10 == 9), len(told))))
    return Backtest((0.5, 1.0), tuple(nights))


def test_a_backtest_is_a_page_with_a_bar_a_night_and_no_link() -> None:
    rules = load_rules()
    page = as_page(replayed(), rules, 0.5)
    drawn = Page(page)
    assert not drawn.links and "script" not in drawn.tags
    said = " ".join(drawn.words)
    assert "30 nights replayed" in said and "3 causes" in said and "6 findings" in said
    bars = [chart.count("<path") for chart in re.findall(r"<svg.*?</svg>", page)[:2]]
    assert bars == [27, 27], "three nights could not be judged"
    assert page.count("</span> quiet</li>") == 14 and page.count("</span> P3</li>") == 3
    (row,) = re.findall(r"<tr><td><code>latency_up.*?</tr>", page, re.S)
    assert re.findall(r'class="n">(\d+)', row) == ["3", "6"] and "6 real" in row
    assert f"{len(rules) - 1} rules would have said nothing" in said
    assert page == as_page(replayed(), rules, 0.5)


def test_the_page_of_a_backtest_says_what_was_held_back_and_counts_no_cause_for_it() -> None:
    done = replayed()
    last = done.nights[-1]
    held = tuple(replace(t, recurs="as on the first of the last three months") for t in last.told)
    page = as_page(replace(done, nights=(*done.nights[:-1], replace(last, told=(), causes=(0, 0), recurring=held))), (), 0.5)
    assert page.count("held back: as on the first of the last three months") == 1
    assert "2 causes" in page and page.count("</span> P3</li>") == 2


@cache
def page_of_x() -> Page:
    """The page of a backtest whose texts are harmless."""
    return Page(as_page(replayed(), (), 1.0))


@settings(max_examples=60)
@given(st.text(alphabet=st.characters(codec=None)) | st.text(alphabet="|\\`<>&\"'\n #-_*[]"))
def test_no_text_breaks_the_page_of_a_backtest(text: str) -> None:
    page, plain = Page(as_page(replayed(text), (), 1.0)), page_of_x()
    assert page.tags == plain.tags and page.attributes == plain.attributes


def test_what_is_no_number_is_not_known() -> None:
    nan, inf = float("nan"), float("inf")
    chart = Chart("errors", tuple(Point(END - i * HOUR, v, inf, nan, nan) for i, v in enumerate((nan, inf, 4.0, None))))
    odd = finding(1, observed=nan, expected=inf, p_value=nan, false_alarms_a_week=inf, chart=chart)
    report = replace(invented(), findings=(odd,), expected_false_alarms=nan)
    made = json.loads(as_json(report), parse_constant=lambda name: pytest.fail(name))
    assert made["findings"][0]["observed"] is made["expected_false_alarms"] is None
    for text in (as_html(report), as_markdown(report)):
        assert not re.search(r"\b(nan|inf)\b", text, re.I)


def test_a_chart_of_nothing_known_is_none() -> None:
    assert charts.svg(finding(1, chart=Chart("errors", (Point(END, None, 3.0, 9.0),)))) == ""
    assert charts.svg(finding(1, chart=Chart("errors", ()))) == ""
    assert "aria-label" in charts.svg(finding(1, chart=Chart("errors", (Point(END, 0.0, None, None),))))


VALUES = st.none() | st.floats() | st.integers(0, 99).map(float)


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 50), VALUES, VALUES, VALUES, VALUES), max_size=30),
    st.integers(-60, 60),
    st.integers(-2, 60),
    st.sampled_from(["errors", "ms", "share of records"]),
)
def test_any_chart_can_be_drawn(rows: list[tuple[int, *tuple[float | None, ...]]], start: int, length: int, unit: str) -> None:
    chart = Chart(unit, tuple(Point(END - ago * HOUR, *values) for ago, *values in rows))
    drawn = charts.svg(finding(1, chart=chart, start=END + start * HOUR, end=END + (start + length) * HOUR))
    assert not re.search(r"\b(nan|inf)\b", drawn, re.I)
    if drawn:
        Page(drawn)
    as_markdown(replace(invented(), findings=(finding(1, chart=chart),)))


def test_a_chart_is_small_and_without_styles_of_its_own() -> None:
    drawn = charts.svg(finding(1, chart=series("errors", 900, 8000, 19, 0, days=40)))
    assert len(drawn) < 20_000
    assert len(charts.svg(finding(1))) < 15_000
    assert not re.search(r"style=|#|url|xmlns|<g|id=|\d\.\d\d", drawn)
    assert {"during", "grid", "band", "expected", "excess", "observed", "tick-x", "tick-y"} == set(
        re.findall(r'class="([a-z-]+)', drawn)
    ) - {"chart"}


def test_groups_are_led_and_the_worst_comes_first() -> None:
    report = invented()
    found = view.groups(report)
    assert [group.severity for group in found] == ["P1", "P2", "P3", "P4"]
    assert [len(group.members) for group in found] == [0, 2, 0, 0]
    orphan = replace(report, findings=(replace(report.findings[2], group="gone"),))
    assert view.groups(orphan)[0].leader is orphan.findings[0]


def test_the_verdict_comes_first() -> None:
    report = invented()
    assert headline(report) == "2 things need you tonight"
    assert subject(report).startswith("2 things need you tonight: One user tries")
    assert as_markdown(report).startswith("# 2 things need you tonight: ")
    assert headline(replace(report, findings=report.findings[-1:])) == "Nothing needs you tonight; 1 thing can wait for the day"
    assert headline(empty()) == "Nothing unusual"
    learning = replace(empty(), history_days=2)
    assert headline(learning) == "Still learning, day 3 of 14: nothing found in what is judged so far"
    assert view.is_calm(replace(learning, history_days=14)) and not view.is_calm(learning), "and nothing is green"
    silent = replace(empty(), totals=Totals(0, 0, 0, 0, None, None))
    assert headline(silent) == "Nothing to judge: no records of this period"


@pytest.mark.parametrize(
    ("observed", "expected", "unit", "said"),
    [
        (47, 3, "errors", "47 errors where 3 are usual, 16 times as many"),
        (1, 0.28, "errors", "1 error where 0.3 are usual, 3.6 times as many"),
        (4, 1, "queries of users", "4 queries of users where 1 is usual, 4 times as many"),
        (1, 0, "queries of users", "1 query of users where none are usual"),
        (0, 340, "records", "no records where 340 are usual"),
        (12, 340, "records", "12 records where 340 are usual, only 3.5 % of that"),
        (1850, 240.4, "ms", "1,850 ms where 240 ms is usual, 7.7 times as long"),
        (0.456, 0.012, "share of records", "45.6 % of records where 1.2 % is usual, 38 times as much"),
        (5, None, "errors", "5 errors; what is usual here is not known yet"),
        (9e6, 1, "errors", "9,000,000 errors where 1 is usual, more than 1,000 times as many"),
    ],
)
def test_observed_against_expected(observed: float, expected: float | None, unit: str, said: str) -> None:
    assert words.compared(observed, expected, unit) == said


@pytest.mark.parametrize(
    ("a_week", "said"),
    [
        (10, "10 times a week"),
        (1, "once a week"),
        (0.2, "once in 5 weeks"),
        (0.05, "once in 5 months"),
        (0.0048, "once in 4 years"),
        (0.0001, "once in 190 years"),
        (0, "less than once in 1,000 years"),
    ],
)
def test_how_often_chance_makes_one(a_week: float, said: str) -> None:
    assert words.how_often(a_week) == said


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.02, "1 in 50 (p = 0.02)"),
        (0.00025, "1 in 4,000 (p = 3 × 10⁻⁴)"),
        (1e-6, "1 in 1 million (p = 10⁻⁶)"),
        (2.3e-9, "1 in 430 million (p = 2 × 10⁻⁹)"),
        (0, "less than 1 in a trillion (p < 10⁻¹²)"),
        (0.9, "p = 0.90"),
    ],
)
def test_probabilities_in_words(p: float, said: str) -> None:
    assert words.probability(p).replace("\u00a0", " ") == said


def test_times_are_utc_with_the_day_of_the_week() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    when = datetime(2026, 11, 26, 1, 30, tzinfo=east)
    assert words.moment(when) == "Wed 25 Nov, 20:00 UTC"
    assert words.iso(when) == words.iso(datetime(2026, 11, 25, 20)) == "2026-11-25T20:00:00Z"
    assert words.span(when, when + 3 * HOUR) == "Wed 25 Nov, 20:00 to 23:00 UTC"
    assert words.span(when, when + 5 * HOUR) == "Wed 25 Nov, 20:00 to Thu 26 Nov, 01:00 UTC"
    assert words.duration(timedelta(hours=51)) == "2 days and 3 hours"


def test_the_rarest_and_the_most_are_not_rounded_away() -> None:
    assert words.percent(0.00001) == "under 0.01 %"
    assert words.percent(0.99999) == "over 99.9 %"
    assert words.percent(1) == "100 %"
    assert words.number(0.0001) == "less than 0.001"
    assert words.number(1204) == "1,204"


def test_a_sparkline_keeps_its_peak() -> None:
    line = view.sparkline([1.0] * 100 + [50.0] + [None] * 10)
    assert len(line) <= 48
    assert line.count("█") == 1
    assert line.endswith("·")
    assert view.sparkline([0.0, 0.0]) == "▁▁"


def test_commands_look_for_what_every_record_of_an_error_says() -> None:
    one = finding(5, dimensions=(("function", "f"), ("signature", "It's <NUMBER> times: can't read <FIELD>")))
    counts, records = view.commands(one)
    assert counts.endswith("--since 2026-11-25T08:00 --until 2026-11-26T03:00 --by hour,function,signature")
    assert records == """logscrub scrub exports | grep -F -- 'times: can'"'"'t read'"""
    who = view.commands(replace(one, kind="abuse", dimensions=(("tenant", "t"),), explained_by=()))
    assert [command.split()[1] for command in who] == ["metrics", "report"] and "--exact" in who[1]
    assert len(view.commands(replace(one, dimensions=(("signature", "<NUMBER>"),)))) == 1, "nothing to look for"


def test_code_in_markdown_holds_backticks() -> None:
    assert markdown.code("a`b``c") == "```a`b``c```"
    assert markdown.code("`a") == "`` `a ``"
    assert markdown.code("") == "–"
    assert markdown.prose("1. snake_case *b* <i> _c_") == r"1\. snake_case \*b\* \<i\> \_c\_"


def variables(style: str, dark: bool) -> dict[str, str]:
    """The colours of a scheme."""
    blocks = re.findall(r":root \{(.*?)\}", style, re.S)
    found = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", blocks[0]))
    return found | (dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", blocks[1])) if dark else {})


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out(dark: bool) -> None:
    style = (Path(view.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    colour = variables(style, dark)

    def contrast(a: str, b: str) -> float:
        low, high = sorted((luminance(colour[a]), luminance(colour[b])))
        return (high + 0.05) / (low + 0.05)

    texts = [(text, ground) for text in ("ink", "soft", "link") for ground in ("page", "card", "alarm")]
    texts += [("ink", "code"), ("calm", "page")] + [("on", f"p{i}") for i in range(1, 6)]
    assert {pair: contrast(*pair) for pair in texts if contrast(*pair) < 4.5} == {}
    # what is drawn needs 3:1
    drawn = [("observed", "card"), ("observed", "band"), ("expected", "card"), ("expected", "band"), ("observed", "excess")]
    assert {pair: contrast(*pair) for pair in drawn if contrast(*pair) < 2.9} == {}


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
BROWSER_IS_NEEDED = pytest.mark.skipif(
    BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH to load the page"
)
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync --disable-background-networking "
    "--disable-component-update --hide-scrollbars --window-size=900,900 --enable-logging=stderr "
    "--virtual-time-budget=2000 --dump-dom"
)


def browse(page: Path, folder: Path, *options: str) -> tuple[str, str]:
    """The page as a browser has read it, and what it said of it."""
    command = [BROWSER or "", *QUIET.split(), f"--user-data-dir={folder / 'profile'}", *options, page.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=90)
    return done.stdout.decode(), "\n".join(line for line in done.stderr.decode().splitlines() if "CONSOLE" in line)


@BROWSER_IS_NEEDED
@pytest.mark.parametrize("report", [invented(), with_text(HOSTILE)], ids=["invented", "hostile"])
def test_a_browser_loads_the_page_and_has_nothing_to_say(tmp_path: Path, report: Report) -> None:
    page, asked = tmp_path / "report.html", tmp_path / "net.json"
    page.write_text(as_html(report), encoding="utf-8")
    dom, said = browse(page, tmp_path, f"--log-net-log={asked}")
    assert said == ""
    assert f">{headline(report)}</h1>" in dom
    assert "<script" not in dom
    # neither the address in the names nor any other was asked for
    assert "x.example" not in asked.read_text(encoding="utf-8")


@BROWSER_IS_NEEDED
@pytest.mark.parametrize("report", [invented(), with_text(HOSTILE), with_text("long" * 99)], ids=["invented", "hostile", "long"])
def test_nothing_is_wider_than_a_phone(tmp_path: Path, report: Report) -> None:
    """Within a frame of 360 pixels, all folds open, measured by a script of the test's own around it."""
    inner = re.sub("<meta http-equiv[^>]*>", "", as_html(report)).replace("<details", "<details open")
    outer = tmp_path / "phone.html"
    outer.write_text(
        f"""<!doctype html><meta charset="utf-8">
        <iframe style="width:360px;height:900px;border:0" srcdoc="{escape(inner)}"></iframe>
        <script>onload = () => {{
            const page = document.querySelector("iframe").contentDocument
            const wide = [...page.querySelectorAll("body *")].filter(
                e => !e.closest(".scroll, pre, .unseen") && e.getBoundingClientRect().right > 361)
            document.title = [page.documentElement.scrollWidth, ...wide.map(e => e.tagName)].join(" ")
        }}</script>""",
        encoding="utf-8",
    )
    dom, _ = browse(outer, tmp_path)
    assert "<title>360</title>" in dom
