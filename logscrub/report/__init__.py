"""A report for those who read it: a page, a text for chat and mail, JSON for programs.

    model.Report → view.py (what is said) → html.py with charts.py and templates/, markdown.py
                 → machine.py (JSON) → index.py (the page over many nights)

Pure functions: the same report gives the same bytes. Nothing here reads a store or a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from logscrub.anomalies.model import Report
from logscrub.errors import UsageError
from logscrub.report.html import as_html
from logscrub.report.index import as_index, listed
from logscrub.report.machine import as_json
from logscrub.report.markdown import as_markdown
from logscrub.report.view import headline, subject

__all__ = ["SUFFIXES", "as_html", "as_index", "as_json", "as_markdown", "headline", "listed", "render", "subject"]

_RENDERERS: Final[dict[str, Callable[[Report], bytes]]] = {
    ".html": lambda report: as_html(report).encode(),
    ".md": lambda report: as_markdown(report).encode(),
    ".json": as_json,
}
SUFFIXES: Final = tuple(_RENDERERS)
"""Of the files a report can be written to."""


def render(report: Report, suffix: str) -> bytes:
    """The report as a file with this suffix holds it (`.html`, `.md` or `.json`)."""
    renderer = _RENDERERS.get("." + suffix.lower().removeprefix("."))
    if renderer is None:
        raise UsageError(
            f"A report is written as {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}; give the file one of these endings."
        )
    return renderer(report)
