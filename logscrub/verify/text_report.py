"""What verify found, for people and as JSON. Places and kinds, never values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from logscrub.verify import FileReport


def exit_code(reports: Sequence[FileReport]) -> int:
    """0 clean, 1 customer data was found, 3 something could not be read or scanned."""
    if any(r.error or r.unread for r in reports):
        return 3
    return 1 if any(r.found for r in reports) else 0


def text(reports: Sequence[FileReport], *, limit: int | None = None) -> str:
    """One line per finding, how many findings there are by kind and by file, and the verdict.

    `limit`: how many findings are listed at most; the counts are of all.
    """
    lines: list[str] = []
    listed = 0
    for r in reports:
        shown = r.findings if limit is None else r.findings[: max(0, limit - listed)]
        listed += len(shown)
        lines += [f"{r.path}:{f.line}:{f.column}: {f.entity_type} ({f.guideline}) {f.detector}" for f in shown]
        if r.found > len(r.findings) and limit is None:
            lines.append(f"{r.path}: and {r.found - len(r.findings):,} more")
        if r.unread:
            lines.append(f"{r.path}: {_number(r.unread, 'record')} could not be scanned")
        if r.error:
            lines.append(f"{r.path}: {r.error}")
    found = sum(r.found for r in reports)
    if limit is not None and listed < found:
        lines.append(f"and {_number(found - listed, 'more finding')}, not listed here; --limit lists more")
    lines += _counts(reports)
    return "\n".join([*lines, verdict(reports)]) + "\n"


_FILES_COUNTED = 20
"""Files that are counted one by one, those with the most findings; the others are counted together."""


def _counts(reports: Sequence[FileReport]) -> list[str]:
    """How many findings there are by kind, then by file, the most first; nothing where there are none."""
    kinds: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for r in reports:
        kinds.update(r.kinds)
        if r.found:
            files.update({r.path: r.found})
    if not kinds:
        return []
    ranked = sorted(files.items(), key=_most_first)
    width = max(len(f"{count:,}") for count in (*kinds.values(), *files.values()))
    lines = ["by kind:", *(f"  {count:{width},}  {kind}" for kind, count in sorted(kinds.items(), key=_most_first))]
    lines += ["by file:", *(f"  {count:{width},}  {path}" for path, count in ranked[:_FILES_COUNTED])]
    if rest := ranked[_FILES_COUNTED:]:
        lines.append(f"  {sum(count for _, count in rest):{width},}  in {_number(len(rest), 'more file')}")
    return lines


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


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
