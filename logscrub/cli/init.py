"""`logscrub init`: makes a configuration, a key, and lines of .gitignore."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from logscrub.cli.console import say
from logscrub.cli.new_files import create
from logscrub.errors import OutputError, UsageError

EXAMPLES = """\b
Examples:
  logscrub init
  logscrub init /srv/logscrub

\b
Exit codes: 0 done, also where all files are there already; 2 it is no folder; 3 a file
could not be written."""

KEY: Final = "logscrub.key"
IGNORED: Final = (KEY, "metrics/", "reports/")
"""Names that a repository should not hold, above all the key."""

TEMPLATE: Final = r"""# The settings of logscrub. All keys are optional; those behind a # have no effect until it is taken away.
# docs/reference/configuration.md explains them; `logscrub doctor` says what is wrong.

# What happens to what is found: "atlassian", "strict", "secrets-only", or the path of a policy file.
policy = "atlassian"

# Folders of detectors of your own, besides the built-in ones.
#detectors = ["our-detectors"]

# A found value that equals this one is kept. `pattern` instead of `value` is a regular expression of the whole value.
#[[allow]]
#value = "support@our-company.example"
#reason = "our own address, on every page"

# Further names of fields whose whole value is redacted, by detector: logscrub detectors list
#[fields]
#field_person = ["submitter"]

# What recognises names in running text ("ner" and "both" need: pip install 'logscrub[ner]'); further names; words that are none.
#[names]
#recognizer = "lists"
#known = ["Zorblax"]
#words = ["Hawthorn"]

# How many findings of a report chance may make in a week, in the mean.
#[report]
#false_alarms_a_week = 1

# What `logscrub nightly` does (it needs: pip install 'logscrub[report,notify]'). Paths are relative to this file.
#[nightly]
#inputs = ["exports", "old/*.ndjson"]
#store = "metrics"
#key_file = "logscrub.key"
#report = "reports"
#keep = "400d"
#notify = ["env:LOGSCRUB_NOTIFY"]
#notify_from = "P3"
"""


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder; this one where none is named.", show_default=False)
    ] = Path(),
) -> int:
    """Make a commented logscrub.toml, a key, and lines of .gitignore.

    The command asks nothing and overwrites nothing: a file that exists is left as it is, and named.
    """
    from logscrub.config import FILE, find_config
    from logscrub.redact.keys import new_key
    from logscrub.redact.pseudonyms import Pseudonymizer

    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; make it first, or name another")
    _ignore(folder / ".gitignore")  # before there is a key that could be committed
    key = new_key()
    if _made(folder / KEY, key + b"\n", 0o600):
        say(f"{folder / KEY}: a new key, id {Pseudonymizer(key).key_id}; keep a copy in a safe place")
    before = find_config(folder)
    if before is not None and before != folder.resolve() / FILE:  # a file here would take its place, and could say less
        say(f"{before}: is in force here, so there is no new {FILE}")
    elif _made(folder / FILE, TEMPLATE.encode(), 0o666):
        say(f"{folder / FILE}: the settings, each with what it means")
    return 0


def _made(path: Path, data: bytes, mode: int) -> bool:
    """Makes a file; False, and a line that says so, where there is one. Raises OutputError."""
    try:
        create(path, data, mode)
    except FileExistsError:
        say(f"{path}: exists already, and is left as it is")
        return False
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None
    return True


def _ignore(path: Path) -> None:
    """Adds the lines that a .gitignore lacks, and leaves the others as they are. Raises OutputError."""
    try:
        text = path.read_bytes() if path.exists() else b""
        there = {line.strip().strip(b"/") for line in text.splitlines()}
        missing = [name for name in IGNORED if name.strip("/").encode() not in there]
        if not missing:
            return
        with path.open("ab") as file:
            file.write(_lines(missing, b"" if text.endswith(b"\n") or not text else b"\n"))
    except OSError as error:
        raise _unwritable(path, error) from None
    say(f"{path}: now has {', '.join(missing)}")


def _lines(names: Sequence[str], before: bytes) -> bytes:
    return before + b"".join(name.encode() + b"\n" for name in names)


def _unwritable(path: Path, error: OSError | ValueError) -> OutputError:
    why = os.strerror(error.errno or 5) if isinstance(error, OSError) else "no possible file name"
    return OutputError(f"{path}: cannot be written ({why}); choose another place")
