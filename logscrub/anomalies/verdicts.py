"""Keeps the verdicts of people on findings: real, usual, or known.

Each is a file in the store's folder, so stores merge by copying.

- **real**: the finding was right. The baseline leaves its hours out, so that the next such incident stands out as much.
- **usual**: the finding is normal. At the same place, only values farther out than this one are reported.
- **known**: the finding is not reported until a given day. A `[[mute]]` of the configuration does the same.

The newest verdict on an id counts; the share of findings in which a rule was right is computed from the newest verdict on each.
Verdicts hold no customer data: only names of rules, ids that are digests, times, numbers, and the words of the person who marked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from logscrub.anomalies.model import Finding, RuleTally
from logscrub.config import Mute
from logscrub.errors import InputError
from logscrub.metrics.location import local_folder

Kind = Literal["real", "usual", "known"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
FOLDER: Final = "_verdicts"
"""Below the store's; what begins with an underscore is no data of a Delta table."""
EVER: Final = date(9999, 12, 30)
"""The last day that has a next one."""
_NAME: Final = re.compile(r"[0-9a-f]{16}\.json")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of somebody on a finding."""

    id: str
    kind: Kind
    why: str
    made: datetime
    until: date
    """The last day on which the verdict holds."""
    rule: str = ""
    start: datetime | None = None
    end: datetime | None = None
    observed: float = 0.0
    expected: float | None = None

    def holds_back(self, finding: Finding, today: date) -> bool:
        """True if a finding of the same id is muted."""
        if self.kind == "real" or today > self.until:
            return False
        return self.kind == "known" or _out(finding.observed, finding.expected) <= _out(self.observed, self.expected)


def _out(observed: float, expected: float | None) -> float:
    """Returns the factor by which a value is above (or below) the expected one; the value itself where nothing was expected."""
    if expected is None:
        return observed
    more = (observed + 1) / (expected + 1)
    return max(more, 1 / more)


def verdict_on(finding: Finding, kind: Kind, why: str, made: datetime, until: date | None) -> Verdict:
    """A verdict on a finding; without `until`, for ever."""
    return Verdict(
        finding.id,
        kind,
        why,
        made.replace(microsecond=0),
        until or EVER,
        finding.rule,
        finding.start,
        finding.end,
        finding.observed,
        finding.expected,
    )


def of_mutes(mutes: Iterable[Mute]) -> list[Verdict]:
    """The mutes of the configuration, as verdicts."""
    return [Verdict(mute.id, "known", mute.reason, datetime.max.replace(tzinfo=UTC), min(mute.until, EVER)) for mute in mutes]


def folder_of(url: str) -> Path | None:
    """The folder of a store's verdicts; None where the store is in no folder."""
    folder = local_folder(url)
    return None if folder is None else folder / FOLDER


def file_of(url: str, verdict: Verdict) -> tuple[Path, str] | None:
    """Returns the path and the content of a verdict's file; None if the store is in no folder."""
    folder = folder_of(url)
    told = {
        "id": verdict.id,
        "verdict": verdict.kind,
        "why": verdict.why,
        "made": verdict.made.isoformat(),
        "until": verdict.until.isoformat(),
        "rule": verdict.rule,
        "start": None if verdict.start is None else verdict.start.isoformat(),
        "end": None if verdict.end is None else verdict.end.isoformat(),
        "observed": verdict.observed,
        "expected": verdict.expected,
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    return None if folder is None else (folder / f"{name}.json", text)


def texts(url: str) -> dict[str, str]:
    """The files of all verdicts of a store, by name. Raises InputError."""
    folder = folder_of(url)
    if folder is None or not folder.is_dir():
        return {}
    try:
        paths = sorted(p for p in folder.iterdir() if _NAME.fullmatch(p.name))
        return {path.name: path.read_text(encoding="utf-8") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{url}: verdicts cannot be read ({type(error).__name__}); look at {folder}") from None


def read_verdicts(url: str) -> tuple[Verdict, ...]:
    """All verdicts of a store, the oldest first. Raises InputError."""
    found = []
    for name, text in texts(url).items():
        try:
            found.append(_parsed(json.loads(text)))
        except (ValueError, TypeError, KeyError):
            raise InputError(f"{url}: {FOLDER}/{name} is no verdict; remove it, or restore it") from None
    return tuple(sorted(found, key=lambda v: (v.made, v.id, v.kind)))


def _parsed(told: dict[str, Any]) -> Verdict:
    if told["verdict"] not in KINDS:
        raise ValueError
    start, end = (None if told[name] is None else datetime.fromisoformat(told[name]) for name in ("start", "end"))
    expected = None if told["expected"] is None else float(told["expected"])
    return Verdict(
        str(told["id"]),
        told["verdict"],
        str(told["why"]),
        datetime.fromisoformat(told["made"]),
        date.fromisoformat(told["until"]),
        str(told["rule"]),
        start,
        end,
        float(told["observed"]),
        expected,
    )


def newest(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """The newest verdict on each id."""
    return {verdict.id: verdict for verdict in sorted(verdicts, key=lambda v: v.made)}


def tallies(verdicts: Sequence[Verdict]) -> tuple[RuleTally, ...]:
    """Counts the verdicts on each rule. The newest verdict on each finding counts."""
    last = {(v.rule, v.id, v.start): v.kind for v in sorted(verdicts, key=lambda v: v.made) if v.rule}
    counted = Counter((rule, kind) for (rule, _, _), kind in last.items())
    rules = sorted({rule for rule, _ in counted})
    return tuple(RuleTally(rule, *(counted[rule, kind] for kind in KINDS)) for rule in rules)


def real_hours(verdicts: Iterable[Verdict]) -> dict[str, list[tuple[datetime, datetime]]]:
    """The hours of real findings by their id, where the newest verdict on them says so."""
    last = {(v.id, v.start): v for v in sorted(verdicts, key=lambda v: v.made)}
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for verdict in last.values():
        if verdict.kind == "real" and verdict.start is not None and verdict.end is not None:
            found.setdefault(verdict.id, []).append((verdict.start, verdict.end))
    return found
