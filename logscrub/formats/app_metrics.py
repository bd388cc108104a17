"""Answers of the App metrics API: OTLP/JSON metrics, as points in time.

The shape is OpenTelemetry's (opentelemetry-proto, metrics.proto, in JSON): sums, gauges and histograms with data points, each
with its attributes. Points are deltas (`aggregationTemporality` 1); cumulative ones (2) cannot be added up and are not counted.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import Around, Format, JsonShape, ListRule, Point, only_in_lists
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.otlp import attributes_of
from logscrub.formats.times import whole_number

_DELTA = (1, "AGGREGATION_TEMPORALITY_DELTA", None)


def _point(point: Any, around: Around) -> Point | None:
    """A data point; None for one that cannot be added up or has no time. `around` ends with the metric and its data."""
    if not isinstance(point, dict) or len(around) < 2:
        return None
    metric, data = around[-2:]
    kind = next((name for name in ("sum", "gauge", "histogram") if metric.get(name) is data), None)
    if kind is None or data.get("aggregationTemporality") not in _DELTA:
        return None
    start, end = (_number(point.get(name)) for name in ("startTimeUnixNano", "timeUnixNano"))
    if not (end or start):
        return None
    durations: tuple[tuple[float, int], ...] = ()
    if kind == "histogram":
        durations = _durations(point, 1000.0 if metric.get("unit") == "s" else 1.0)
        value = _number(point.get("count")) or sum(n for _, n in durations)
    else:
        value = _number(point.get("asInt", point.get("asDouble")))
    told = attributes_of(point.get("attributes"))
    attributes = tuple(sorted((key, "" if v is None else str(v)) for key, v in told.items()))
    return Point(str(metric.get("name", "")).lower(), start or end, end or start, value, durations, attributes)


def _durations(point: dict[str, Any], scale: float) -> tuple[tuple[float, int], ...]:
    """The counts of a histogram at the middle of each bucket's bounds, the last one at its lower bound."""
    bounds = [b * scale for b in point.get("explicitBounds") or [] if isinstance(b, int | float)]
    counts = [_number(c) for c in point.get("bucketCounts") or []]
    if len(counts) != len(bounds) + 1:
        return ()
    found = []
    for i, count in enumerate(counts):
        if count:
            low = bounds[i - 1] if i else 0.0
            high = bounds[i] if i < len(bounds) else low
            found.append(((low + high) / 2, count))
    return tuple(found)


def _number(value: Any) -> int:
    """A number of OTLP/JSON, which writes 64-bit numbers as strings."""
    if isinstance(value, str):
        number = whole_number(value.removeprefix("-")) or 0
        return -number if value.startswith("-") else number
    return int(value) if isinstance(value, int | float) else 0


FORMAT = Format(
    "app-metrics",
    lambda head: begins(head) and has_member(head, "resourceMetrics"),
    json=JsonShape(only_in_lists, _point, (ListRule("dataPoints"),)),
    is_named=False,
)
