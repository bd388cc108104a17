"""Charts as SVG to stand in a page: drawn by matplotlib, coloured by the page's style sheet.

Of what matplotlib writes only the paths and the texts are kept, each under the class of what it shows (`band`, `expected`,
`observed`, `excess`, `during`, `grid`): no ids that could clash, no references, no styles of its own. So a chart follows the
page's light and dark colours and fonts, and the page needs no `unsafe-inline` for it.
"""

from __future__ import annotations

import logging
import math
import os
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, Final

from logscrub.anomalies.model import Chart, Finding, Point
from logscrub.report import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH: Final = 640
HEIGHT: Final = 176
LEFT, RIGHT, TOP, BOTTOM = 58, 8, 14, 30
"""Room around the drawing: enough for texts twice as large, as a phone shows them."""
MOST_HOURS: Final = 14 * 24
"""Hours of a chart; of a longer series the newest are drawn."""
_CLASSES: Final = ("during", "grid", "band", "expected", "excess", "observed", "tick-x", "tick-x odd", "tick-y")
"""Classes of what is drawn, the lowest layer first."""
_HOUR: Final = timedelta(hours=1)
_NAN: Final = float("nan")
_TOO_LARGE: Final = 1e15
"""More than anything there is to count."""

Run = list[tuple[float, float, float]]
"""Neighbouring hours: place, bottom and top."""


def svg(finding: Finding) -> str:
    """The chart of a finding, or nothing where no hour of it is known."""
    if finding.chart is None:
        return ""
    points = _hourly(finding.chart.points)
    if not any(_known(point.observed) for point in points):
        return ""
    drawing = _draw(points, finding)
    return _for_a_page(drawing, described(finding.chart, points, finding))


def days(values: Sequence[float | None]) -> str:
    """A bar for each day, from 0 on, the newest one marked; what is not known leaves its place empty."""
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    bars = []
    for place, value in enumerate(values):
        if value is not None:
            height = max(1.0, 48 * value / most)
            name = "day newest" if place == len(values) - 1 else "day"
            bars.append(f'<path class="{name}" d="M{10 * place} 48V{48 - height:.1f}h8V48z"/>')
    return f'<svg viewBox="0 0 {10 * len(values) - 2} 48" preserveAspectRatio="none" aria-hidden="true">{"".join(bars)}</svg>'


def described(chart: Chart, points: Sequence[Point], finding: Finding) -> str:
    """The chart in words, for those who do not see it."""
    unit, hourly = words.visible(chart.unit), words.hourly(chart.unit)
    peak = max((p for p in points if _known(p.observed)), key=lambda p: p.observed or 0.0)
    out = sum(_excess(point) != 0 for point in points)
    said = [
        f"{hourly[:1].upper()}{hourly[1:]}, {words.day(points[0].hour)} to {words.day(points[-1].hour)}.",
        f"Highest: {words.quantity(peak.observed or 0.0, unit)}, {words.moment(peak.hour)}"
        + (
            f", where {words.quantity(peak.expected, unit)} is usual."
            if peak.expected is not None and _known(peak.expected)
            else "."
        ),
        f"Outside of the usual range: {words.plural(out, 'hour')}.",
        f"The finding: {words.span(finding.start, finding.end)}.",
    ]
    return " ".join(said)


def _known(value: float | None) -> bool:
    return value is not None and abs(value) < _TOO_LARGE  # which NaN is not


def _value(value: float | None) -> float:
    """A value as it is drawn: not a number where it is not known."""
    return round(float(value), 9) if value is not None and _known(value) else _NAN


def _excess(point: Point) -> float:
    """Returns how far an hour is outside of its usual range."""
    if point.observed is None or not _known(point.observed):
        return 0.0
    if point.upper is not None and _known(point.upper) and point.observed > point.upper:
        return point.observed - point.upper
    if point.lower is not None and _known(point.lower) and point.observed < point.lower:
        return point.observed - point.lower
    return 0.0


def _hourly(points: Sequence[Point]) -> list[Point]:
    """The newest hours in their order, with those that are missing between them as unknown."""
    ordered = {words.utc(point.hour): point for point in points}
    if not ordered:
        return []
    last = max(ordered)
    first = max(min(ordered), last - (MOST_HOURS - 1) * _HOUR)
    hours = [first + i * _HOUR for i in range(round((last - first) / _HOUR) + 1)]
    return [ordered.get(hour, Point(hour, None, None, None)) for hour in hours]


def _runs(rows: Sequence[tuple[float, float]]) -> Iterator[Run]:
    """Neighbouring hours of which both values are known."""
    run: Run = []
    for place, (low, high) in enumerate(rows):
        if math.isfinite(low) and math.isfinite(high):
            run.append((place, low, high))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _outline(run: Run) -> list[tuple[float, float]]:
    """The area of a run, in steps."""
    over = [(x + side, high) for x, _, high in run for side in (0, 1)]
    return over + [(x + side, low) for x, low, _ in reversed(run) for side in (1, 0)]


@cache
def _import() -> None:
    """matplotlib for the first time in this process: with no folder at home, and without a search for fonts.

    It reads the environment once, where it is imported. Listing the fonts of a system takes seconds where there are many; the
    texts of a chart are in the page's font, so that none is needed but matplotlib's own.
    """
    with tempfile.TemporaryDirectory(prefix="logscrub-") as folder:
        instead = {"MPLCONFIGDIR": folder, "MPL_IGNORE_SYSTEM_FONTS": "1"}
        before = {name: os.environ.get(name) for name in instead}
        os.environ.update(instead)
        try:
            import matplotlib.backends.backend_svg
            import matplotlib.figure  # noqa: F401
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def _matplotlib() -> Iterator[None]:
    """matplotlib as nobody has set it up, and silent. What it changes while it lasts is of the whole process: not for threads."""
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        _import()
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "logscrub", "path.simplify": False})
            yield
    finally:
        log.setLevel(level)


@dataclass(frozen=True, slots=True)
class _Scale:
    """The range of a chart's values, and the values that are written beside it."""

    bottom: float
    top: float
    """The upper edge of the drawing, a little above the highest value."""
    ticks: tuple[float, ...]
    unit: str


def _scale_of(points: Sequence[Point], unit: str) -> _Scale:
    from matplotlib.ticker import MaxNLocator

    values = (_value(v) for p in points for v in (p.observed, p.expected, p.upper, _lower(p)))
    known = [v for v in values if math.isfinite(v)]
    top, bottom = max(*known, 0.0) or 1.0, min(*known, 0.0)
    counts = not words.is_share(unit) and max(known) >= 1
    locator = MaxNLocator(nbins=4, integer=counts, steps=[1, 2, 2.5, 5, 10])
    ticks = tuple(float(t) for t in locator.tick_values(bottom, top) if bottom <= t <= top * 1.0001)
    return _Scale(bottom, top * 1.02, ticks, unit)


def _lower(point: Point) -> float | None:
    """Returns the lower bound of what is expected: 0 where only the upper one is known."""
    return point.lower if point.lower is not None or not _known(point.upper) else 0.0


def _draw(points: Sequence[Point], finding: Finding) -> str:
    """Returns a figure as matplotlib writes it in SVG."""
    with _matplotlib():
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72)
        axes = figure.add_axes((LEFT / WIDTH, BOTTOM / HEIGHT, (WIDTH - LEFT - RIGHT) / WIDTH, (HEIGHT - TOP - BOTTOM) / HEIGHT))
        axes.set_axis_off()
        figure.patch.set_visible(False)
        scale = _scale_of(points, finding.chart.unit if finding.chart else "")
        axes.set_xlim(0, len(points))
        axes.set_ylim(scale.bottom, scale.top)
        first = words.utc(points[0].hour)
        begin = max(0.0, (words.utc(finding.start) - first) / _HOUR)
        end = min(float(len(points)), (words.utc(finding.end) - first) / _HOUR)
        if begin < end:
            _area(axes, [(begin, scale.bottom), (begin, scale.top), (end, scale.top), (end, scale.bottom)], "during")
        _draw_grid(axes, scale, len(points))
        _draw_values(axes, points)
        _draw_hours(axes, scale, first, len(points))
        out = StringIO()
        nothing = {"Date": None, "Creator": None, "Type": None, "Format": None}
        FigureCanvasSVG(figure).print_svg(out, metadata=nothing)  # type: ignore[no-untyped-call]
        return out.getvalue()


def _area(axes: Axes, corners: list[tuple[float, float]], name: str) -> None:
    from matplotlib.patches import Polygon

    axes.add_artist(Polygon(corners, closed=True, gid=name, zorder=_CLASSES.index(name)))


def _line(axes: Axes, values: Sequence[float], name: str) -> None:
    # a step lasts its hour, also the last one and one before a gap
    xs = [x for place in range(len(values)) for x in (place, place + 1)]
    axes.plot(xs, [v for v in values for _ in (0, 1)], gid=name, zorder=_CLASSES.index(name))


def _draw_grid(axes: Axes, scale: _Scale, hours: int) -> None:
    left = -5 / (WIDTH - LEFT - RIGHT) * hours
    for tick in scale.ticks:
        axes.plot((0, hours), (tick, tick), gid="grid", zorder=_CLASSES.index("grid"))
        axes.text(left, tick, words.on_axis(tick, scale.unit), ha="right", va="baseline", gid="tick-y")


def _draw_values(axes: Axes, points: Sequence[Point]) -> None:
    observed = [_value(p.observed) for p in points]
    lower, upper = [_value(_lower(p)) for p in points], [_value(p.upper) for p in points]
    for run in _runs(list(zip(lower, upper, strict=True))):
        _area(axes, _outline(run), "band")
    base = [0.0 if _excess(p) > 0 else _value(p.lower) if _excess(p) < 0 else _NAN for p in points]
    for run in _runs(list(zip(base, observed, strict=True))):
        _area(axes, _outline(run), "excess")
    _line(axes, [_value(p.expected) for p in points], "expected")
    _line(axes, observed, "observed")


def _draw_hours(axes: Axes, scale: _Scale, first: datetime, hours: int) -> None:
    below = scale.bottom - 7 * (scale.top - scale.bottom) / (HEIGHT - TOP - BOTTOM)
    for count, (place, label) in enumerate(_days(first, hours)):
        axes.text(place, below, label, ha="center", va="baseline", gid="tick-x odd" if count % 2 else "tick-x")


def _days(first: datetime, hours: int) -> list[tuple[float, str]]:
    """Returns the positions and labels of days or hours below a chart: at most eight, and none at the very edge."""
    every = next(step for step in (3, 6, 12, 24, 48, 72, 24 * 7) if hours / step <= 8 or step == 24 * 7)
    found = []
    for place in range(hours + 1):
        hour = first + place * _HOUR
        at_midnight = hour.hour == 0
        fits = at_midnight and hour.toordinal() % (every // 24) == 0 if every >= 24 else hour.hour % every == 0
        edge = hours * (0.02 if not at_midnight else 0.045)
        if fits and edge <= place <= hours - edge:
            found.append((float(place), words.day(hour, month=False) if at_midnight else words.clock(hour)))
    return found


_NUMBER: Final = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")


def _short(value: float) -> str:
    """A coordinate to a tenth: the same on all machines, and no longer than the eye sees."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _path(data: str) -> str:
    """A path of straight lines with short coordinates, level and upright ones said as such."""
    out: list[str] = []
    last = ("", "")
    for command, numbers in re.findall(r"([MLzZ])([^MLzZ]*)", data):
        if command in "zZ":
            out.append("z")
            continue
        x, y = (_short(float(n)) for n in _NUMBER.findall(numbers)[:2])
        if command == "M":
            out.append(f"M{x} {y}")
        elif x == last[0] and y == last[1]:
            continue
        elif y == last[1]:
            # level on from a level line: only where it ends counts
            if out[-1].startswith("H"):
                out.pop()
            out.append(f"H{x}")
        else:
            out.append(f"V{y}" if x == last[0] else f"L{x} {y}")
        last = (x, y)
    return "".join(out)


def _for_a_page(drawing: str, label: str) -> str:
    """Only shapes and texts, by class."""
    root = ET.Element(
        "svg", {"class": "chart", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img", "aria-label": label, "focusable": "false"}
    )
    space = "{http://www.w3.org/2000/svg}"
    for group in ET.fromstring(drawing).iter(f"{space}g"):
        name = group.get("id", "")
        if name not in _CLASSES:
            continue
        for shape in group:
            if shape.tag == f"{space}path" and shape.get("d"):
                ET.SubElement(root, "path", {"class": name, "d": _path(shape.get("d", ""))})
            elif shape.tag == f"{space}text":
                # on a line of its own below the drawing, or in the middle of its line of the grid: the style sheet says how large
                place = {"x": _short(float(shape.get("x", "0"))), "y": _short(float(shape.get("y", "0")))}
                ET.SubElement(root, "text", {"class": name, **place}).text = shape.text
    return ET.tostring(root, encoding="unicode")
