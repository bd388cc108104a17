"""From which inputs clean files came: what the summary of the scrub says that wrote them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logscrub.errors import UsageError
from logscrub.verification import FileReport

_OF_THE_RUN = ("version", "time", "python", "engine", "key_id", "rules", "records")
"""The members of a summary that say by which version, when and under which rules the files were made."""


@dataclass(frozen=True, slots=True)
class Origins:
    """A summary that was read."""

    run: Mapping[str, Any]
    """The summary's statements on the run as a whole."""
    by_file: Mapping[str, Mapping[str, str]]
    """Digest of an output, as it is stored → those of the input, and how it went."""
    by_member: Mapping[tuple[str, str], Mapping[str, str]]
    """(SHA-256 of the archive, SHA-256 of the member) -> origin of a member of an archive."""

    def of(self, report: FileReport) -> Mapping[str, str] | None:
        """The digests of the input that a file, or a member of an archive, came from; None where the summary does not say."""
        return self.by_member.get((report.sha256, report.content_sha256)) or self.by_file.get(report.sha256)


def read_summary(path: Path) -> Origins:
    """The summary in a file. Raises UsageError where it is none."""
    try:
        data = path.read_bytes()
        summary = json.loads(data)
        run = {key: summary[key] for key in _OF_THE_RUN} | {"summary_sha256": hashlib.sha256(data).hexdigest()}
        by_file: dict[str, Mapping[str, str]] = {}
        by_member: dict[tuple[str, str], Mapping[str, str]] = {}
        for entry in summary["inputs"]:
            if "written" not in entry:
                continue
            read, written = {"status": str(entry["status"]), **_digests(entry["read"])}, _digests(entry["written"])
            by_file[written["sha256"]] = read
            for member in entry.get("members", ()):
                by_member[written["sha256"], str(member["written"])] = {**read, "content_sha256": str(member["read"])}
    except OSError as error:
        raise UsageError(f"{path}: the summary cannot be read ({error.strerror})") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UsageError(f"{path}: is no summary of logscrub scrub; write one with: logscrub scrub … --summary FILE") from None
    return Origins(run, by_file, by_member)


def _digests(value: Mapping[str, Any]) -> dict[str, str]:
    return {"sha256": str(value["sha256"]), "content_sha256": str(value["content_sha256"])}
