"""A report for those who read it: a page, a text for chat and mail, JSON for programs.

    model.Report → view.py (what is said) → html.py with charts.py and templates/, markdown.py
                 → machine.py (JSON) → index.py (the page over many nights)
    backtest.Backtest → replay.py (the page of a backtest)

A further form is one file here with a `FORM` (see `form.py`). Pure functions: the same report gives the same bytes. Nothing here
reads a store or a clock.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from logscrub.anomalies.model import Report
from logscrub.errors import UsageError
from logscrub.report.form import Form
from logscrub.report.html import as_html
from logscrub.report.index import Listed, as_index, listed, past_night
from logscrub.report.machine import as_json
from logscrub.report.markdown import as_markdown
from logscrub.report.view import headline, subject

__all__ = [
    "SUFFIXES",
    "Listed",
    "as_html",
    "as_index",
    "as_json",
    "as_markdown",
    "headline",
    "listed",
    "past_night",
    "render",
    "subject",
]


def _forms_of_other_files() -> list[Form]:
    """The forms of files in this folder that bring their own `FORM`."""
    found = (getattr(import_module(f"{__name__}.{file.name}"), "FORM", None) for file in iter_modules(__path__))
    return [form for form in found if isinstance(form, Form)]


_FORMS = (
    Form(".html", lambda report: as_html(report).encode()),
    Form(".md", lambda report: as_markdown(report).encode()),
    Form(".json", as_json),
    *_forms_of_other_files(),
)
_RENDERERS: Final = {form.suffix: form.render for form in _FORMS}
SUFFIXES: Final = tuple(_RENDERERS)
"""The suffixes of the files that a report can be written to."""


def render(report: Report, suffix: str) -> bytes:
    """The report as a file with this suffix holds it (`.html`, `.md` or `.json`)."""
    renderer = _RENDERERS.get("." + suffix.lower().removeprefix("."))
    if renderer is None:
        raise UsageError(
            f"A report is written as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}; give the file one of these endings."
        )
    return renderer(report)
