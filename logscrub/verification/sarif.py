"""The findings of `verify` as SARIF 2.1.0 for code scanning: places and kinds, never values or snippets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from logscrub.detect.catalogue import Catalogue
from logscrub.guidelines import GUIDELINES, NEVER
from logscrub.verification import FileReport, Finding
from logscrub.verification.second_opinion import Opinion
from logscrub.verification.text_report import caution, counts, exit_code, found_by, nothing_read, used

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_NAMES = "A person's name in running text, recognised by a language model; Atlassian: never in a log."

_GUARANTEE = "Text that too few customers' records say, so that it may be a customer's own."


def sarif(
    reports: Sequence[FileReport],
    catalogue: Catalogue,
    about: Mapping[str, Any],
    looked_for: Iterable[str],
    *,
    allow_empty: bool = False,
    opinion: Opinion | None = None,
) -> dict[str, Any]:
    """The reports as one SARIF log; its `properties` say what the proof is worth, as in `text_report.as_json`.

    Nothing read is no success unless `allow_empty`.
    """
    version, first = about["version"], caution(about["rules"])
    why = {"guarantee": _GUARANTEE} | {d.id: d.why for d in catalogue.detectors}
    hit = {f.detector: f for r in reports for f in r.findings}
    rules = [_rule(hit[name], why.get(name, _NAMES)) for name in sorted(hit)]
    index = {rule["id"]: n for n, rule in enumerate(rules)}
    driver = {"name": "logscrub", "version": version, "semanticVersion": version, "rules": rules}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": exit_code(reports, allow_empty=allow_empty) != 3,
                        "endTimeUtc": about["time"],
                        "toolExecutionNotifications": [
                            *([{"level": "warning", "message": {"text": _plain(first)}}] if first else []),
                            *_notifications(reports, allow_empty),
                        ],
                    }
                ],
                "artifacts": [_artifact(r) for r in reports],
                "results": [_result(r, n, f, index) for n, r in enumerate(reports) for f in r.findings],
                "properties": {
                    **about,
                    **counts(reports),
                    "allowed": used(reports),
                    "detectors": found_by(reports, looked_for),
                    **({} if opinion is None else {"second_opinion": opinion.as_dict()}),
                },
            }
        ],
    }


def _level(guideline: str) -> str:
    return "error" if GUIDELINES[guideline] == NEVER else "warning"


def _rule(finding: Finding, why: str) -> dict[str, Any]:
    return {
        "id": finding.detector,
        "name": "".join(word.capitalize() for word in finding.detector.split("_")),
        "shortDescription": {"text": f"{finding.entity_type} ({finding.guideline})"},
        "fullDescription": {"text": why},
        "help": {"text": why},
        "defaultConfiguration": {"level": _level(finding.guideline)},
        "properties": {"tags": ["privacy", "security"], "precision": "high"},
    }


def _artifact(report: FileReport) -> dict[str, Any]:
    out: dict[str, Any] = {"location": {"uri": _uri(report.path)}}
    if report.sha256:
        out["hashes"] = {"sha-256": report.sha256}
    return out


def _result(report: FileReport, artifact: int, finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    where = f" at {_plain(finding.pointer)}" if finding.pointer else ""
    return {
        "ruleId": finding.detector,
        "ruleIndex": index[finding.detector],
        "level": _level(finding.guideline),
        "message": {"text": f"{finding.entity_type} ({finding.guideline}){where}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(report.path), "index": artifact},
                    "region": {"startLine": finding.line, "startColumn": finding.column},
                }
            }
        ],
        "partialFingerprints": {"logscrub/v1": finding.fingerprint},
    }


def _notifications(reports: Sequence[FileReport], allow_empty: bool) -> Iterable[dict[str, Any]]:
    if nothing_read(reports):
        text = "no record was read" if allow_empty else "no record was read, so nothing is proven"
        yield {"level": "note" if allow_empty else "error", "message": {"text": text}}
    for r in reports:
        if r.error:
            yield _notification(r, f"skipped: {r.error}" if r.skipped else r.error)
        if r.unread:
            yield _notification(r, f"{r.unread} records could not be scanned")
        if r.found > len(r.findings):
            yield {**_notification(r, f"{r.found - len(r.findings)} more findings are not listed"), "level": "warning"}


def _notification(report: FileReport, message: str) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": _plain(message)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(report.path)}}}],
    }


def _plain(text: str) -> str:
    """Text for a message as it stands: viewers turn `[…](…)` into links and replace `{0}` (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    return re.sub(r"([\\\[\]])", r"\\\1", text).replace("{", "{{").replace("}", "}}")


def _uri(path: str) -> str:
    pure = PurePath(path)
    if path == "-":
        return "stdin"
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix())
