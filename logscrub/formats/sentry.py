"""Sentry: an event as JSON, as its API and its page hand it out.

Source: https://develop.sentry.dev/sdk/data-model/event-payloads/.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, Record, dimension, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.times import level_of, time_of


def _knows(value: dict[str, Any]) -> bool:
    return ("event_id" in value or "eventID" in value) and ("platform" in value or "exception" in value)


def _record(value: dict[str, Any], around: Around) -> Record:
    written = value.get("timestamp") or value.get("dateCreated") or value.get("datetime")
    time_ns = time_of(written)
    exception = value.get("exception")
    values = exception.get("values") if isinstance(exception, dict) else exception
    thrown = [
        f"{text_of(each.get('type'))}: {text_of(each.get('value'))}"
        for each in (values if isinstance(values, list) else [])
        if isinstance(each, dict)
    ]
    message = value.get("message") or value.get("logentry") or value.get("title")
    if isinstance(message, dict):
        message = message.get("formatted") or message.get("message")
    level = level_of(value.get("level")) or ("ERROR" if thrown else "")  # "error" is the level of an event that names none
    return Record(
        time_ns,
        level,
        "\n".join(filter(None, (text_of(message), *thrown)))[:MOST_MESSAGE],
        function=dimension(value.get("transaction")),
        version=dimension(value.get("release")),
        environment=dimension(value.get("environment")),
        unread_time="" if time_ns is not None else text_of(written)[:40],
    )


FORMAT = Format(
    "sentry",
    lambda head: begins(head) and has_member(head, "event_id") and has_member(head, "platform"),
    json=JsonShape(_knows, _record),
    is_named=False,
)
