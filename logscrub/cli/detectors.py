"""`logscrub detectors`: what is looked for, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logscrub.cli.console import put, say
from logscrub.cli.options import Detectors, TextOrJson, help_without_command, number
from logscrub.errors import UsageError
from logscrub.extras import install, is_missing, need
from logscrub.sources.files import printable

if TYPE_CHECKING:
    from logscrub.anomalies.rules import Rule
    from logscrub.detect.catalogue import Catalogue, Detector, Harmless

app = typer.Typer(
    help="Show and test the detectors: what is looked for, and why.", rich_markup_mode=None, invoke_without_command=True
)

LIST_EXAMPLES = """\b
Examples:
  logscrub detectors list
  logscrub detectors list | grep "account id"
  logscrub detectors list --format json"""

SHOW_EXAMPLES = """\b
Examples:
  logscrub detectors show email_address"""

TEST_EXAMPLES = """\b
Examples:
  logscrub detectors test
  logscrub detectors test our-detectors/
  logscrub detectors test email_address
  logscrub detectors test shift_badge --detectors our-detectors/

\b
Exit codes: 0 all examples hold; 1 one does not; 2 a detector's file is wrong."""


@app.callback()
def _group(context: typer.Context) -> None:
    help_without_command(context)


@app.command("list", epilog=LIST_EXAMPLES)
def list_detectors(detectors: Detectors = None, report_format: TextOrJson = "text") -> int:
    """List the detectors in force.

    Each with the entity type it finds, the row of the logging guidelines it serves, and why.
    """
    catalogue = _catalogue(detectors or [])
    if report_format == "json":
        rows = [{"id": d.id, "entity_type": d.entity_type, "guideline": d.guideline, "why": d.why} for d in catalogue.detectors]
        put(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        put(
            table(
                ("ID", "ENTITY TYPE", "GUIDELINE", "WHY"),
                [(d.id, d.entity_type, d.guideline, d.why) for d in catalogue.detectors],
            )
        )
    return 0


@app.command("show", epilog=SHOW_EXAMPLES)
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A detector's id.", show_default=False)],
    detectors: Detectors = None,
    report_format: TextOrJson = "text",
) -> int:
    """Show all about one detector."""
    catalogue = _catalogue(detectors or [])
    known: dict[str, Detector | Harmless] = {d.id: d for d in _items(catalogue)}
    _check_known(name, known)
    put(
        json.dumps(asdict(known[name]), indent=2, ensure_ascii=False) + "\n"
        if report_format == "json"
        else described(known[name])
    )
    return 0


@app.command("test", epilog=TEST_EXAMPLES)
def test(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR|NAME",
            help="A folder of your own detectors, tested together with the built-in ones; or the id of one detector or rule.",
            show_default=False,
        ),
    ] = None,
    detectors: Detectors = None,
) -> int:
    """Hold the detectors, and the rules of anomalies, to their examples.

    Each example names what must be found, to the letter, and what must be kept. For an example that fails, the output names the
    part of the detector that refused it: a pattern, the context, the validator, or a harmless stretch.
    """
    from logscrub.config import load_config
    from logscrub.detect.selftest import failures

    folder = Path(what) if what is not None and (Path(what).is_dir() or _is_path(what)) else None
    folders = [*(detectors or []), *([folder] if folder else [])]
    catalogue = _catalogue(folders)
    rules = _rules((*load_config().detectors, *folders))
    items = _items(catalogue)
    only = what if folder is None else None
    if only is not None:
        _check_known(only, (item.id for item in (*items, *rules)))
        items = [item for item in items if item.id == only]
        rules = tuple(rule for rule in rules if rule.id == only)
    failed = [(f.detector, f.example, f.found, f.reasons) for f in failures(catalogue, only)]
    if rules:
        from logscrub.anomalies.selftest import failures as rule_failures

        failed += [(f.rule, f.example, "something" if f.found else "nothing", ()) for f in rule_failures(rules)]
    examples = sum(len(item.examples) + len(item.counterexamples) for item in (*items, *rules))
    if not failed:
        put(f"{number(len(items), 'detector')}, {number(len(rules), 'rule')}, {number(examples, 'example')}: all hold\n")
        return 0
    for name, example, found, why in failed:
        put(f"{name}\n  example  {printable(example)}\n  found    {printable(found)}\n")
        put("".join(f"  because  {printable(reason)}\n" for reason in why))
    say(f"{len(failed)} of {number(examples, 'example')} do not hold")
    return 1


def _is_path(name: str) -> bool:
    """True if an argument is the path of a folder, which may be missing, and not the id of a detector."""
    return re.fullmatch("[a-z][a-z0-9_]*", name) is None


def _check_known(name: str, ids: Iterable[str]) -> None:
    """Raises UsageError that names similar ids where a detector or rule is not known."""
    known = list(ids)
    if name not in known:
        close = get_close_matches(name, known, 3, 0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "see: logscrub detectors list"
        raise UsageError(f"no detector {name!r}; {hint}")


def _catalogue(folders: Sequence[Path]) -> Catalogue:
    """The detectors in force: the built-in ones, the configuration's, and those of `folders`."""
    from logscrub.config import load_config
    from logscrub.detect import catalogue

    return catalogue.load((*load_config().detectors, *folders))


def _rules(folders: Sequence[Path]) -> tuple[Rule, ...]:
    """The rules of anomalies in force; none, and a line that says so, where the extra that tests them is missing.

    Raises UsageError where it is missing and a folder has rules of its own.
    """
    from logscrub.anomalies.rules import FOLDER, load_rules
    from logscrub.toml_files import files_below

    if not is_missing("anomalies"):
        return load_rules(folders)
    if any(path.parent.name == FOLDER for folder in folders for path in files_below(folder)):
        need("the test of your own rules of anomalies", "anomalies")
    say(f"rules of anomalies are not tested; that needs: {install('anomalies')}")
    return ()


def _items(catalogue: Catalogue) -> list[Detector | Harmless]:
    return [*catalogue.detectors, *catalogue.harmless]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns of plain text, without characters that could steer a terminal."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head) - 1)]
    lines = ("  ".join([*(f"{cell:{w}}" for cell, w in zip(row, widths, strict=False)), row[-1]]) for row in (head, *rows))
    return "\n".join(lines) + "\n"


def described(item: Detector | Harmless) -> str:
    """All keys of a detector that say something, lists with one line an entry."""
    lines = []
    values: dict[str, Any] = asdict(item)
    for key, value in values.items():
        if isinstance(value, tuple | list):
            lines += [f"{key}:", *(f"  {entry}" for entry in value)] if value else []
        elif value:
            lines.append(f"{key}: {value}")
    return "".join(printable(line) + "\n" for entry in lines for line in entry.split("\n"))
