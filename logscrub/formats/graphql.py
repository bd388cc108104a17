"""Answers of the GraphQL API behind forge logs: appLogs of invocations, or appLogsWithMetaData."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader, begins, has_member


def _recognises(head: str) -> bool:
    return begins(head) and (has_member(head, "appLogsWithMetaData") or has_member(head, "appLogLines"))


FORMAT = Format("graphql", _recognises, JsonReader)
