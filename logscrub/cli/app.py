"""The commands put together. Nothing here imports what reads or scans logs, so `--version` and `--help` answer at once."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from logscrub._version import __version__
from logscrub.cli import (
    attest,
    backtest,
    detectors,
    doctor,
    exposure,
    ingest,
    init,
    keys,
    mark,
    metrics,
    nightly,
    report,
    resolve,
    scrub,
    store,
    verify,
    vocabulary,
    watch,
)

app = typer.Typer(
    name="logscrub",
    help="Takes customer data out of Atlassian Forge log exports, and proves that it is gone.\n\n"
    "Nothing is sent anywhere: logscrub uses the network only for logs and stores that you keep on one, and for the "
    "notifications of nightly.",
    epilog="""\b
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
            3 something could not be read, written or scanned.""",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)


def _version(wanted: bool) -> None:
    if wanted:
        core = "compiled core" if find_spec("logscrub._core") else "plain Python: the compiled core is not installed"
        typer.echo(f"logscrub {__version__} ({core})")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    detectors.help_without_command(context)


app.command("scrub", epilog=scrub.EXAMPLES)(scrub.scrub)
app.command("verify", epilog=verify.EXAMPLES)(verify.verify)
app.command("ingest", epilog=ingest.EXAMPLES)(ingest.ingest)
app.command("metrics", epilog=metrics.EXAMPLES)(metrics.metrics)
app.command("report", epilog=report.EXAMPLES)(report.report)
app.command("mark", epilog=mark.EXAMPLES)(mark.mark)
app.command("backtest", epilog=backtest.EXAMPLES)(backtest.backtest)
app.command("watch", epilog=watch.EXAMPLES)(watch.watch)
app.command("nightly", epilog=nightly.EXAMPLES)(nightly.nightly)
app.command("init", epilog=init.EXAMPLES)(init.init)
app.command("doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command("exposure", epilog=exposure.EXAMPLES)(exposure.exposure)
app.command("resolve", epilog=resolve.EXAMPLES)(resolve.resolve)
app.add_typer(store.app, name="store")
app.add_typer(attest.app, name="attest")
app.add_typer(keys.app, name="keys")
app.add_typer(vocabulary.app, name="vocabulary")
app.add_typer(detectors.app, name="detectors")


@cache
def command() -> Any:
    """The whole program as one command."""
    return typer.main.get_command(app)
