"""The optional parts of an installation, and the error that names a missing one.

`pip install logscrub` brings what `scrub` and `verify` need. Everything else is an extra: `pip install 'logscrub[report]'`.
An extra includes the extras that it builds on, so each command needs one.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from logscrub.errors import UsageError

_METRICS: Final = ("numpy", "polars", "deltalake")
_ANOMALIES: Final = (*_METRICS, "scipy", "pyod")
EXTRAS: Final = {
    "metrics": _METRICS,
    "anomalies": _ANOMALIES,
    "report": (*_ANOMALIES, "jinja2", "markupsafe", "matplotlib"),
    "notify": ("apprise",),
    "objects": ("obstore",),
    "dask": ("dask", "distributed"),
    "spark": (*_METRICS, "pyspark", "pyarrow", "pandas"),
    "ner": ("presidio_analyzer",),
    "source": ("tree_sitter", "tree_sitter_javascript", "tree_sitter_typescript"),
    "share": (*_METRICS, "opendp"),
}
"""The modules that each extra brings. An extra is listed after those that it includes."""
APART: Final = frozenset({"spark"})
"""Extras that are not in "all": a Spark is 400 MB, and a machine that has one has it already."""


def is_missing(extra: str) -> bool:
    """True if a module of an extra is not installed. Nothing is imported."""
    return any(find_spec(module) is None for module in EXTRAS[extra])


def install(*extras: str) -> str:
    """The command that installs extras."""
    return f"pip install 'logscrub[{','.join(extras)}]'"


def need(what: str, *extras: str) -> None:
    """Raises UsageError if an extra that `what` needs is missing. The message names the missing ones."""
    if missing := [extra for extra in extras if is_missing(extra)]:
        raise UsageError(f"{what} needs: {install(*missing)}")


def extra_of(module: str) -> str | None:
    """The smallest extra that brings a module; None if none does."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)
