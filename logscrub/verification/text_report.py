"""The findings of `verify` for people and as JSON: places and kinds, never values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from logscrub.guidelines import GUIDELINES, NEVER
from logscrub.sources.files import printable
from logscrub.verification import FileReport
from logscrub.verification.origins import Origins
from logscrub.verification.second_opinion import Opinion, told


def nothing_read(reports: Sequence[FileReport]) -> bool:
    """True if there was nothing to scan: no file, or no record in any."""
    return not any(r.records or r.found or r.unread for r in reports)


def exit_code(reports: Sequence[FileReport], *, allow_empty: bool = False) -> int:
    """0 clean, 1 customer data was found, 3 something could not be read or scanned, or nothing was read."""
    if any(r.error or r.unread for r in reports) or (nothing_read(reports) and not allow_empty):
        return 3
    return 1 if any(r.found for r in reports) else 0


def caution(rules: Mapping[str, Any]) -> str:
    """The caution that comes first in a proof, where the policy keeps data that may be in no log; "" elsewhere."""
    policy = rules["policy"]
    kept = [row for row in policy["rows"]["keep"] if GUIDELINES.get(row) == NEVER]
    return f"policy {policy['name']} keeps what must never be in a log: {', '.join(kept)}" if kept else ""


def text(
    reports: Sequence[FileReport],
    *,
    limit: int | None = None,
    allow_empty: bool = False,
    first: str = "",
    opinion: Opinion | None = None,
) -> str:
    """The `first` line, if there is one, one line per finding, how many findings there are by kind and by file, what another tool
    says, and the verdict.

    Without characters that could forge a line or steer a terminal.
    `limit`: how many findings are listed at most; the counts are of all.
    """
    lines: list[str] = [first] if first else []
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
    if opinion is not None:
        lines += told(opinion, limit)
    return "\n".join([*map(printable, lines), verdict(reports, allow_empty=allow_empty)]) + "\n"


_FILES_COUNTED = 20
"""Files that are counted one by one, those with the most findings; the others are counted together."""


def _counts(reports: Sequence[FileReport]) -> list[str]:
    """Lines with the number of findings by kind, then by file, the most first; none where there are no findings."""
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


def verdict(reports: Sequence[FileReport], *, allow_empty: bool = False) -> str:
    """The answer in one line."""
    records = _number(sum(r.records for r in reports), "record")
    skipped = sum(r.skipped for r in reports)
    files = _files([r for r in reports if not r.skipped])
    found = _number(sum(r.found for r in reports), "finding")
    unread = _number_of_files(r for r in reports if (r.error or r.unread) and not r.skipped)
    if unread or skipped:
        reasons = [f"{unread} of {files} could not be read or scanned to the end"] if unread else []
        reasons += [f"{skipped:,} skipped"] if skipped else []
        return f"not proven: {', '.join(reasons)}; {found} in {records}"
    if any(r.found for r in reports):
        return f"not clean: {found} in {_number_of_files(r for r in reports if r.found)} of {files}, {records}"
    if nothing_read(reports):
        if allow_empty:
            return f"clean: nothing in it, {files}, {records}"
        return f"not proven: no record was read in {files}; if that is as it should be, add --allow-empty"
    empty = sum(not r.records for r in reports)
    return f"clean: no customer data found in {files}, {records}" + (f" ({empty} without any)" if empty else "")


def _number_of_files(reports: Iterable[FileReport]) -> int:
    """The number of files that reports are about. An archive is one, however many parts (members, comments) were read."""
    apart = [report.archive for report in reports]
    return apart.count("") + len(set(apart) - {""})


def _files(reports: Sequence[FileReport]) -> str:
    """The number of files for people, with those of archives and their parts where an archive has several."""
    archives = {report.archive for report in reports} - {""}
    parts = sum(bool(report.archive) for report in reports)
    files = _number(_number_of_files(reports), "file")
    return files if parts == len(archives) else f"{files} ({_number(len(archives), 'archive')} of {parts:,} parts)"


def as_json(
    reports: Sequence[FileReport],
    about: Mapping[str, Any],
    looked_for: Iterable[str],
    *,
    allow_empty: bool = False,
    origins: Origins | None = None,
    opinion: Opinion | None = None,
) -> dict[str, Any]:
    """The report for machines. `about`: by what, when and under which rules (`logscrub.rules.about`); `looked_for`: the ids of
    the detectors, which are listed also where they found nothing; `origins`: what the files were made from; `opinion`: what
    another tool says.

    Nothing read (`empty`) is clean only with `allow_empty`.
    """
    first = caution(about["rules"])
    return {
        **({"caution": first} if first else {}),
        **about,
        "clean": exit_code(reports, allow_empty=allow_empty) == 0,
        "empty": nothing_read(reports),
        **counts(reports),
        "allowed": used(reports),
        "detectors": found_by(reports, looked_for),
        **({} if origins is None else {"scrub": dict(origins.run)}),
        **({} if opinion is None else {"second_opinion": opinion.as_dict()}),
        "files": [_file(r, origins) for r in reports],
    }


def counts(reports: Sequence[FileReport]) -> dict[str, int]:
    """Totals over all files: records, records that could not be scanned, findings, unreadable files, skipped entries."""
    return {
        "records": sum(r.records for r in reports),
        "unread": sum(r.unread for r in reports),
        "found": sum(r.found for r in reports),
        "failed": sum(bool(r.error) and not r.skipped for r in reports),
        "skipped": sum(r.skipped for r in reports),
    }


def used(reports: Sequence[FileReport]) -> list[dict[str, Any]]:
    """The entries of the allow-list that were used, by number: for findings of which detector, and how often."""
    total: Counter[tuple[int, str]] = Counter()
    for r in reports:
        total.update(r.allowed)
    return [{"entry": entry + 1, "detector": detector, "count": count} for (entry, detector), count in sorted(total.items())]


def found_by(reports: Sequence[FileReport], looked_for: Iterable[str]) -> dict[str, int]:
    """Detector -> number of findings."""
    total = Counter(dict.fromkeys(looked_for, 0))
    for r in reports:
        total.update(r.detectors)
    return dict(sorted(total.items()))


def _file(r: FileReport, origins: Origins | None) -> dict[str, Any]:
    out: dict[str, Any] = {
        "path": r.path,
        "sha256": r.sha256,
        "content_sha256": r.content_sha256,
        "records": r.records,
        "findings": [asdict(f) for f in r.findings],
    }
    if origins is not None and (origin := origins.of(r)) is not None:
        out["from"] = dict(origin)
    if r.found > len(r.findings):
        out["found"] = r.found
    if r.unread:
        out["unread"] = r.unread
    if r.error:
        out["error"] = r.error
    if r.skipped:
        out["skipped"] = True
    return out


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
