"""Sentry: an event as JSON, from its API or its page, and lists of events and of issues.

Sources: https://develop.sentry.dev/sdk/data-model/event-payloads/, https://docs.sentry.io/api/events/list-an-organizations-issues/.
"""

from __future__ import annotations

from typing import Any

from logscrub.formats.base import MOST_MESSAGE, Around, Format, JsonShape, Record, dimension, text_of
from logscrub.formats.json_values import begins, has_member
from logscrub.formats.times import level_of, time_of


def _knows(value: dict[str, Any]) -> bool:
    is_event = ("event_id" in value or "eventID" in value) and ("platform" in value or "exception" in value)
    return is_event or ("shortId" in value and "lastSeen" in value)


def _record(value: dict[str, Any], around: Around) -> Record:
    written = value.get("timestamp") or value.get("dateCreated") or value.get("datetime") or value.get("lastSeen")
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
    level = (
        level_of(value.get("level")) or _tagged(value.get("tags")) or ("ERROR" if thrown else "")
    )  # "error" is the level of an event that names none
    return Record(
        time_ns,
        level,
        "\n".join(filter(None, (text_of(message), *thrown)))[:MOST_MESSAGE],
        function=dimension(value.get("transaction")),
        version=dimension(value.get("release")),
        environment=dimension(value.get("environment")),
        unread_time="" if time_ns is not None else text_of(written)[:40],
    )


def _tagged(tags: Any) -> str:
    """The level in the tags of an event, which the API lists: [{"key": "level", "value": "error"}]."""
    pairs = (tag for tag in (tags if isinstance(tags, list) else ()) if isinstance(tag, dict))
    return next((level_of(tag.get("value")) for tag in pairs if tag.get("key") == "level"), "")


FORMAT = Format(
    "sentry",
    lambda head: begins(head) and has_member(head, "event_id") and has_member(head, "platform"),
    json=JsonShape(_knows, _record, names=frozenset(("event_id", "eventID", "shortId"))),
    is_named=False,
)
