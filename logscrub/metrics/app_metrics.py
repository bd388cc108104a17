"""Answers of the App metrics API: OTLP/JSON metrics, as points in time.

The shape is OpenTelemetry's (opentelemetry-proto, metrics.proto, in JSON): sums, gauges and histograms with data points, each
with its attributes. Points are deltas (`aggregationTemporality` 1); cumulative ones (2) cannot be added up and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from logscrub.metrics.sketches import bucket_of

_DELTA = (1, "AGGREGATION_TEMPORALITY_DELTA", None)


class Point(NamedTuple):
    """One data point of a metric, scrubbed."""

    metric: str
    """In small letters, e.g. `forge_backend_invocation_errors`."""
    time_ns: int
    """When its interval began."""
    end_ns: int
    value: int
    """What was counted; of a histogram, how many values it holds."""
    buckets: tuple[tuple[int, int], ...]
    """Of a histogram: buckets of durations (`logscrub.metrics.sketches`) and how many values lie in each."""
    attributes: tuple[tuple[str, str], ...]
    """Names and values, in the order of names."""

    def attribute(self, name: str) -> str:
        """An attribute's value, "" where it is not there."""
        return next((value for key, value in self.attributes if key == name), "")


def points(resources: Any) -> Iterator[Point]:
    """The data points of a list of `resourceMetrics`. What has not their shape is passed over."""
    for resource in dicts(resources):
        for scope in dicts(resource.get("scopeMetrics")):
            for metric in dicts(scope.get("metrics")):
                yield from _points(metric)


def _points(metric: dict[str, Any]) -> Iterator[Point]:
    name = str(metric.get("name", "")).lower()
    unit = str(metric.get("unit", "ms"))
    for kind in ("sum", "gauge", "histogram"):
        data = metric.get(kind)
        if not isinstance(data, dict) or data.get("aggregationTemporality") not in _DELTA:
            continue
        for point in dicts(data.get("dataPoints")):
            start, end = (_number(point.get(n)) for n in ("startTimeUnixNano", "timeUnixNano"))
            buckets: tuple[tuple[int, int], ...] = ()
            if kind == "histogram":
                buckets = _buckets(point, 1000.0 if unit == "s" else 1.0)
                value = _number(point.get("count")) or sum(n for _, n in buckets)
            else:
                value = _number(point.get("asInt", point.get("asDouble")))
            if end or start:
                told = attributes_of(point.get("attributes"))
                attributes = tuple(sorted((key, "" if v is None else str(v)) for key, v in told.items()))
                yield Point(name, start or end, end or start, value, buckets, attributes)


def _buckets(point: dict[str, Any], scale: float) -> tuple[tuple[int, int], ...]:
    """The counts of a histogram in our own buckets: each at the middle of its bounds, the last one at its lower bound."""
    bounds = [b * scale for b in point.get("explicitBounds") or [] if isinstance(b, int | float)]
    counts = [_number(c) for c in point.get("bucketCounts") or []]
    if len(counts) != len(bounds) + 1:
        return ()
    found: dict[int, int] = {}
    for i, count in enumerate(counts):
        if count:
            low = bounds[i - 1] if i else 0.0
            high = bounds[i] if i < len(bounds) else low
            bucket = bucket_of((low + high) / 2)
            found[bucket] = found.get(bucket, 0) + count
    return tuple(sorted(found.items()))


def _number(value: Any) -> int:
    """OTLP/JSON writes 64-bit numbers as strings."""
    if isinstance(value, str):
        return int(value) if value.lstrip("-").isdecimal() else 0
    return int(value) if isinstance(value, int | float) else 0


def attributes_of(attributes: Any) -> dict[str, Any]:
    """OTLP's list of attributes, of records and of data points, as names and values."""
    try:  # as nearly all of them are
        return {a["key"]: a["value"]["stringValue"] for a in attributes}
    except (KeyError, TypeError):
        found: dict[str, Any] = {}
    for attribute in dicts(attributes):
        value = attribute.get("value")
        if isinstance(value, dict):
            value = next(iter(value.values()), None)
        found[str(attribute.get("key"))] = value
    return found


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects in a JSON list, none where it is no list."""
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []
