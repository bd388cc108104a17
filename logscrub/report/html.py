"""The report as one page that needs nothing else: no script, no font, no picture, no style from anywhere."""

from __future__ import annotations

import hashlib
import math
import re
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from logscrub._version import __version__
from logscrub.anomalies.model import Finding, Report
from logscrub.report import charts, view, words

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = files("logscrub.report") / "templates"


def as_html(report: Report) -> str:
    """The page. The same report gives the same page."""
    from markupsafe import Markup

    found = view.groups(report)
    anchors = _anchors(report.findings)
    return page(
        "report.html",
        report=report,
        groups=found,
        tonight=[group for group in found if group.tonight],
        later=[group for group in found if not group.tonight],
        parts=[(kind, title, [g for g in found if g.leader.kind == kind]) for kind, title in view.PARTS],
        anchor=lambda finding: anchors[id(finding)],
        days=lambda trend: Markup(charts.days(trend.values)),
        chart=lambda finding: Markup(charts.svg(finding)),
        marks=lambda finding: Markup.escape(view.marks(finding, report)),  # its lines are meant
        commands=lambda finding: Markup("\n").join(words.visible(command) for command in view.commands(finding)),
        bar=lambda share: f"{100 * min(1.0, max(0.0, share)):.1f}" if math.isfinite(share) else "0",
        view=view,
        words=words,
    )


def _anchors(findings: tuple[Finding, ...]) -> dict[int, str]:
    """An id in the page for each finding, whatever its own is."""
    taken: set[str] = set()
    anchors = {}
    for place, finding in enumerate(findings):
        name = "f-" + re.sub(r"[^0-9A-Za-z]", "-", finding.id)
        name = f"{name}-{place}" if name in taken else name
        taken.add(name)
        anchors[id(finding)] = name
    return anchors


def stylesheet() -> str:
    """The style of every page."""
    return _read("report.css")


def page(template: str, **said: object) -> str:
    """Renders a template as a page that may load and run nothing but its own style. `said`: what the template asks for."""
    from markupsafe import Markup

    style = stylesheet()
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            version=__version__,
            # text of this package, which goes into the page as it is
            style=Markup(style),
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            **said,
        )
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _finalize(value: Any) -> Any:
    """Returns a value as text for the page, without invisible characters. Raises an error if the value is missing."""
    if hasattr(value, "__html__"):  # markup of ours
        return value
    if value is None:
        raise TypeError("the page has nothing to say here")
    return words.visible(value) if isinstance(value, str) else value


@cache
def _environment() -> Environment:
    """Returns the environment of the templates. It escapes all text; a missing value is an error."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
