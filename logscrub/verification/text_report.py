"""What verify found, for people and as JSON. Places and kinds, never values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from logscrub.verification import FileReport


def exit_code(reports: Sequence[FileReport]) -> int:
    """0 clean, 1 customer data was found, 3 something could not be read or scanned."""
    if any(r.error or r.unread for r in reports):
        return 3
    return 1 if any(r.found for r in reports) else 0


def text(reports: Sequence[FileReport]) -> str:
    """One line a finding, and the verdict."""
    lines = []
    for r in reports:
        lines += [f"{r.path}:{f.line}:{f.column}: {f.entity_type} ({f.guideline}) {f.detector}" for f in r.findings]
        if r.found > len(r.findings):
            lines.append(f"{r.path}: and {r.found - len(r.findings):,} more")
        if r.unread:
            lines.append(f"{r.path}: {_number(r.unread, 'record')} could not be scanned")
        if r.error:
            lines.append(f"{r.path}: {r.error}")
    return "\n".join([*lines, verdict(reports)]) + "\n"


def verdict(reports: Sequence[FileReport]) -> str:
    """The answer in one line."""
    records = _number(sum(r.records for r in reports), "record")
    files = _number(len(reports), "file")
    if unproven := sum(bool(r.error or r.unread) for r in reports):
        found = _number(sum(r.found for r in reports), "finding")
        return f"not proven: {unproven} of {files} could not be read or scanned to the end; {found} in {records}"
    if any(r.found for r in reports):
        found = _number(sum(r.found for r in reports), "finding")
        return f"not clean: {found} in {sum(bool(r.found) for r in reports)} of {files}, {records}"
    if not any(r.records for r in reports):
        return f"clean: nothing in it, {files}, {records}"
    return f"clean: no customer data found in {files}, {records}"


def as_json(
    reports: Sequence[FileReport],
    detectors_digest: str,
    version: str,
    *,
    policy: str,
    allowed: int,
    names: Mapping[str, str | int],
) -> dict[str, Any]:
    """The report for machines. It says what the proof is worth: by `policy`, by how many entries the allow-list has
    (`allowed`), and by what recognised `names` with how many known ones and how many words that were to be none.
    """
    return {
        "version": version,
        "clean": all(r.clean for r in reports),
        "policy": policy,
        "allowed": allowed,
        "names": dict(names),
        "detectors_digest": detectors_digest,
        "files": [_file(r) for r in reports],
    }


def _file(r: FileReport) -> dict[str, Any]:
    out: dict[str, Any] = {
        "path": r.path,
        "sha256": r.sha256,
        "records": r.records,
        "findings": [asdict(f) for f in r.findings],
    }
    if r.found > len(r.findings):
        out["found"] = r.found
    if r.unread:
        out["unread"] = r.unread
    if r.error:
        out["error"] = r.error
    return out


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
