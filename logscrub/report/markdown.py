"""The report as text for chat and mail: GitHub's Markdown, which is also read as it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Final

from logscrub._version import __version__
from logscrub.anomalies.model import Finding, Report, Statement
from logscrub.report import view, words

_SPECIAL: Final = re.compile(r"([\\`*\[\]<>|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w]))")
_AT_START: Final = re.compile(r"^(\d*)([#+\-=]|(?<=\d)[.)](?=\s|$))")
_LONGEST: Final = 160


def as_markdown(report: Report) -> str:
    """The report, findings first."""
    found = view.groups(report)
    blocks = [f"# {prose(view.subject(report))}", f"{view.period(report)}.", _totals(report)]
    for kind, title in view.PARTS:
        part = [group for group in found if group.leader.kind == kind]
        if part:
            blocks.append(f"## {title}")
        for group in part:
            blocks += _finding(group.leader, report)
            if group.members:
                blocks.append("Of the same cause:\n\n" + _bullets(_in_short(member, report) for member in group.members))
    if report.statements:
        blocks += [f"## {view.FIX_TITLE}", _statements(report.statements)]
    if report.muted:
        blocks += ["## Muted", _muted(report)]
    if report.coverage:
        blocks += ["## What this report could not know", _bullets(prose(sentence) for sentence in report.coverage)]
    blocks += ["## How often it is wrong", f"{view.false_alarms(report)} {prose(report.budget)}".strip()]
    if report.tallies:
        right = _bullets(f"{code(tally.rule)}: {view.right(tally)}" for tally in report.tallies)
        blocks.append(f"What findings were marked as:\n\n{right}")
    blocks.append(f"Made {words.moment(report.made, year=True)} by logscrub {__version__}. P1 is the worst, P5 the mildest.")
    return "\n\n".join(blocks) + "\n"


def in_short(report: Report, most: int) -> str:
    """The findings that lead, a line each, for a message that points to the report."""
    leading = [group.leader for group in view.groups(report)]
    lines = [_in_short(finding, report) for finding in leading[:most]]
    if len(leading) > most:
        lines.append(f"and {words.number(len(leading) - most)} more")
    return f"{view.period(report)}.\n\n{_bullets(lines)}\n"


def prose(text: str) -> str:
    """Text as words, whatever is in it, on one line."""
    return _AT_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", words.visible(text)).strip()) or "–"


def code(text: str) -> str:
    """Text as code, whatever is in it, on one line."""
    text = words.visible(text)
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if not text.strip():
        return "–"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    room = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{room}{text}{room}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table of cells that are Markdown already; `right`: columns of numbers."""
    lines = [_row(head), _row(["---:" if i in right else "---" for i in range(len(head))])]
    return "\n".join(lines + [_row([_in_cell(cell) for cell in row]) for row in rows])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _in_cell(cell: str) -> str:
    r"""A pipe ends a cell even within code, unless a backslash stands before it; that of `prose` stands there already."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", cell)


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _totals(report: Report) -> str:
    rows = [(name, value, beside) for name, value, beside in view.totals(report)]
    return table(["", "In this period", "Usual"], rows, right=(1,))


def _where(finding: Finding) -> str:
    return ", ".join(
        f"{prose(view.dimension(name)).lower()} {code(value) if view.is_code(name) else prose(value)}"
        for name, value in finding.dimensions
    )


def _finding(finding: Finding, report: Report) -> list[str]:
    facts = [f"**{prose(view.compared(finding))}**", view.when(finding, report)]
    if finding.dimensions:
        facts.append(_where(finding))
    if finding.tenants is not None:
        facts.append(f"customers concerned: {words.number(finding.tenants)}")
    facts.append(f"by chance: {prose(view.chance(finding))}")
    facts += [f"{prose(view.dimension(e.dimension)).lower()} {code(e.value)}: {view.share(e)}" for e in finding.explained_by[:3]]
    blocks = [f"### {finding.severity} {prose(finding.title)}"]
    values = [point.observed for point in finding.chart.points] if finding.chart else []
    known = [value for value in values if value is not None and math.isfinite(value)]
    if finding.chart and known:
        top = max(known)
        first, last = finding.chart.points[0].hour, finding.chart.points[-1].hour
        blocks.append(
            f"`{view.sparkline(values)}`  \n"
            f"{prose(words.hourly(finding.chart.unit))}, {words.day(first)} to {words.day(last)}, "
            f"at most {words.quantity(top, finding.chart.unit)}"
        )
    blocks.append(_bullets(facts))
    if finding.clocks:
        blocks.append(
            "If this is a security incident:\n\n"
            + _bullets(
                f"tell {prose(c.who)} by **{words.moment(c.until, year=True)}** ({view.left(c, report)})" for c in finding.clocks
            )
        )
    if finding.first_steps:
        blocks.append("\n".join(f"{i}. {prose(step)}" for i, step in enumerate(finding.first_steps, 1)))
    blocks.append(_bullets(code(command) for command in view.commands(finding)))
    marked = f", marked before: {prose(finding.marked)}" if finding.marked else ""
    blocks.append(f"id {code(finding.id)}, rule {code(finding.rule)}{marked}")
    return blocks


def _in_short(finding: Finding, report: Report) -> str:
    where = f"; {_where(finding)}" if finding.dimensions else ""
    said = f"{finding.severity} {prose(finding.title)}: {prose(view.compared(finding))}; {view.when(finding, report)}"
    return f"{said}{where}; id {code(finding.id)}"


def _statements(statements: Sequence[Statement]) -> str:
    rows = [
        (
            str(rank),
            code(s.statement),
            f"{code(s.function)} {prose(s.app_version)}",
            prose(view.entities(s)),
            prose(view.redactions(s)),
            words.number(s.tenants),
        )
        for rank, s in enumerate(statements[: view.STATEMENTS_SHOWN], 1)
    ]
    more = len(statements) - len(rows)
    text = table(["", "Statement", "Function, version", "Customer data", "Redactions", "Customers"], rows, right=(0, 5))
    return text + (f"\n\nAnd {words.number(more)} more." if more else "")


def _muted(report: Report) -> str:
    rows = [(prose(m.title), prose(m.reason), view.muted_until(m), code(m.id)) for m in report.muted]
    return table(["What", "Why", "Until", "Id"], rows)
