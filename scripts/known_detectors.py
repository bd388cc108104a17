"""Writes logscrub/data/detectors.json: what the detectors that come with logscrub hold, so that their TOML need not be parsed.

    python scripts/known_detectors.py            # after a change of a detector
    python scripts/known_detectors.py --check    # exit code 1 if the file is not up to date

A detector that is not in it (a user's own, or one that was changed) is parsed at the start.
"""

from __future__ import annotations

from pathlib import Path

import orjson
from lowered_patterns import write_or_check

from logscrub.detect.catalogue import builtin_folder, load
from logscrub.detect.fields import names_of
from logscrub.detect.known import digest_of, key_of
from logscrub.toml_files import parsed, text_of

PATH = Path(__file__).resolve().parents[1] / "logscrub" / "data" / "detectors.json"


def made() -> bytes:
    """The file as it should be."""
    files = [path for path in builtin_folder().rglob("*.toml") if path.name != "macros.toml" and path.parent.name != "anomalies"]
    texts = {digest_of(text): parsed(text, path) for path, text in ((path, text_of(path)) for path in files)}
    fields = {key_of(its): tuple(names_of(its)) for its in (detector.fields for detector in load().detectors)}
    return orjson.dumps({"texts": texts, "fields": fields}, option=orjson.OPT_SORT_KEYS) + b"\n"


if __name__ == "__main__":
    write_or_check(PATH, made())
