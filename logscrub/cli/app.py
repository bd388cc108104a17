"""The commands put together. Nothing here imports what reads or scans logs, so `--version` and `--help` answer at once."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from logscrub._version import __version__
from logscrub.cli.options import help_without_command

COMMANDS = (
    "scrub", "verify", "ingest", "metrics", "report", "mark", "backtest", "watch", "nightly", "init", "doctor", "exposure",
    "resolve", "store", "attest", "keys", "vocabulary", "detectors",
)  # fmt: skip
"""The commands, in the order of the help. Each is the module of its name: a function of that name, or a group of commands."""

_HELP = (
    "Takes customer data out of Atlassian Forge log exports, and proves that it is gone.\n\n"
    "Nothing is sent anywhere: logscrub uses the network only for logs and stores that you keep on one, and for the "
    "notifications of nightly."
)
_EPILOG = """\b
Examples:
  logscrub scrub app.log -o clean.log        scrub a file (.gz, .zst, .bz2, .xz, .zip, .tar too)
  logscrub scrub exports/ -o clean/          scrub a folder
  tail -f app.log | logscrub scrub           scrub lines as they come
  logscrub verify clean/                     prove that nothing is left
  logscrub ingest exports/ --store metrics   keep counts and timings
  logscrub metrics --store metrics           show them
  logscrub report --store metrics            what was not as usual
  tail -F app.log | logscrub watch           the same, as it happens

\b
scrub, verify, keys, detectors, init and doctor need nothing but logscrub itself; ingest,
metrics, store and exposure need logscrub[metrics], watch, mark, backtest and a report as text
logscrub[anomalies], a page and nightly logscrub[report], --names ner logscrub[ner],
vocabulary learn --source logscrub[source], metrics --share logscrub[share], logs at s3://…,
gs://…, az://… and https://… logscrub[objects], --on logscrub[dask].

\b
Exit codes: 0 done or clean; 1 customer data found; 2 wrong usage;
            3 something could not be read, written or scanned."""


def _version(wanted: bool) -> None:
    if wanted:
        core = "compiled core" if find_spec("logscrub._core") else "plain Python: the compiled core is not installed"
        typer.echo(f"logscrub {__version__} ({core})")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    help_without_command(context)


def _add(program: typer.Typer, name: str) -> None:
    module = import_module(f"logscrub.cli.{name}")
    if hasattr(module, "app"):
        program.add_typer(module.app, name=name)
    else:
        program.command(name, epilog=module.EXAMPLES)(getattr(module, name))


@cache
def command(only: str | None = None) -> Any:
    """The whole program as one command. `only`: with this one of its commands alone, because to import all takes a tenth of a
    second."""
    program = typer.Typer(
        name="logscrub",
        help=_HELP,
        epilog=_EPILOG,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        invoke_without_command=True,
    )
    program.callback()(_root)
    for name in COMMANDS if only is None else (only,):
        _add(program, name)
    return typer.main.get_command(program)
