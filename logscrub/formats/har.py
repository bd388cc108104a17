"""HTTP archives (HAR) of a browser: {"log": {"entries": [{"startedDateTime": …, "time": <ms>, "request": …, "response": …}]}}.

Source: http://www.softwareishard.com/blog/har-12-spec/.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, ListRule, Record, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.times import status_level, time_of


def _record(value: Any, around: Around) -> Record | None:
    if not isinstance(value, dict):
        return None
    request, response = (inner if isinstance(inner, dict) else {} for inner in (value.get("request"), value.get("response")))
    status, took = response.get("status"), value.get("time")
    time_ns = time_of(value.get("startedDateTime"))
    return Record(
        time_ns,
        status_level(status) if isinstance(status, int) else "",
        f"{text_of(request.get('method'))} {text_of(request.get('url'))} {text_of(status)}"[:MOST_MESSAGE],
        duration_ms=float(took) if isinstance(took, int | float) else None,
        unread_time="" if time_ns is not None else text_of(value.get("startedDateTime"))[:40],
    )


FORMAT = Format(
    "har",
    lambda head: begins(head) and has_member(head, "log") and has_member(head, "creator"),
    json=JsonShape(
        lambda value: "startedDateTime" in value and "request" in value,
        _record,
        (ListRule("entries", "log"),),
        names=frozenset(("startedDateTime",)),
    ),
    is_named=False,
)
