"""Answers of the GraphQL API behind forge logs: appLogs of invocations, or appLogsWithMetaData."""

from __future__ import annotations

from logscrub.formats.base import Format
from logscrub.formats.json_values import JsonReader


def _recognises(head: str) -> bool:
    return head[:1] in ("{", "[") and ('"appLogsWithMetaData"' in head or '"appLogLines"' in head)


FORMAT = Format("graphql", _recognises, JsonReader)
