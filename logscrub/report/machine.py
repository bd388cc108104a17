"""The report for programs: JSON. Keys are a contract; times are UTC with `Z`, what is not known is `null`."""

from __future__ import annotations

import math
import re
from typing import Any, Final

import orjson

from logscrub._version import __version__
from logscrub.anomalies.model import Chart, Finding, Report, Statement
from logscrub.report.words import iso

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def as_json(report: Report) -> bytes:
    """The whole report, indented, with a line feed at its end."""
    return orjson.dumps(_report(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _report(report: Report) -> dict[str, Any]:
    totals = report.totals
    return {
        "version": __version__,
        "period": {"start": iso(report.start), "end": iso(report.end)},
        "made": iso(report.made),
        "totals": {
            "records": totals.records,
            "errors": totals.errors,
            "tenants": totals.tenants,
            "functions": totals.functions,
            "usual_records": _number(totals.usual_records),
            "usual_errors": _number(totals.usual_errors),
        },
        "trends": [
            {"name": _text(trend.name), "unit": _text(trend.unit), "values": [_number(value) for value in trend.values]}
            for trend in report.trends
        ],
        "nights": [
            {
                "day": night.day.isoformat(),
                "worst": _text(night.worst) or None,
                "causes": night.causes,
                "is_judged": night.is_judged,
            }
            for night in report.nights
        ],
        "findings": [finding_of(finding) for finding in report.findings],
        "muted": [
            {
                "id": _text(muted.id),
                "rule": _text(muted.rule),
                "title": _text(muted.title),
                "reason": _text(muted.reason),
                "until": None if muted.until is None else iso(muted.until),
                "is_usual": muted.is_usual,
            }
            for muted in report.muted
        ],
        "statements": [_statement(statement) for statement in report.statements],
        "expected_false_alarms": _number(report.expected_false_alarms),
        "budget": _text(report.budget),
        "coverage": [_text(sentence) for sentence in report.coverage],
        "history_days": report.history_days,
        "verdicts": [
            {"rule": _text(tally.rule), "real": tally.real, "usual": tally.usual, "known": tally.known}
            for tally in report.tallies
        ],
    }


def finding_of(finding: Finding) -> dict[str, Any]:
    """A finding as JSON has it."""
    return {
        "id": _text(finding.id),
        "kind": finding.kind,
        "rule": _text(finding.rule),
        "severity": finding.severity,
        "title": _text(finding.title),
        "why": _text(finding.why),
        "start": iso(finding.start),
        "end": iso(finding.end),
        "dimensions": {_text(name): _text(value) for name, value in finding.dimensions},
        "unit": _text(finding.unit),
        "observed": _number(finding.observed),
        "expected": _number(finding.expected),
        "p_value": _number(finding.p_value),
        "false_alarms_a_week": _number(finding.false_alarms_a_week),
        "tenants": finding.tenants,
        "explained_by": [
            {
                "dimension": _text(explanation.dimension),
                "value": _text(explanation.value),
                "share": _number(explanation.share),
                "usual_share": _number(explanation.usual_share),
            }
            for explanation in finding.explained_by
        ],
        "first_steps": [_text(step) for step in finding.first_steps],
        "clocks": [{"who": _text(clock.who), "until": iso(clock.until)} for clock in finding.clocks],
        "group": _text(finding.group),
        "marked": _text(finding.marked),
        "chart": None if finding.chart is None else _chart(finding.chart),
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "unit": _text(chart.unit),
        "points": [
            {
                "hour": iso(point.hour),
                "observed": _number(point.observed),
                "expected": _number(point.expected),
                "lower": _number(point.lower),
                "upper": _number(point.upper),
            }
            for point in chart.points
        ],
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "function": _text(statement.function),
        "app_version": _text(statement.app_version),
        "statement": _text(statement.statement),
        "entities": {_text(name): count for name, count in statement.entities},
        "redactions": statement.redactions,
        "usual": _number(statement.usual),
        "tenants": statement.tenants,
        "first_seen": iso(statement.first_seen),
        "is_new": statement.is_new,
    }


def _number(value: float | None) -> float | None:
    """A number JSON knows; also where it comes from numpy."""
    return float(value) if value is not None and math.isfinite(value) else None


def _text(text: str) -> str:
    """Text that UTF-8 can hold."""
    return _SURROGATES.sub("\ufffd", text)
