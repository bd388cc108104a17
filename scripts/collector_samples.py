"""Sample logs as container runtimes, collectors and clouds write and export them. `sample_logs.py` puts them in files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sample_logs import LEVELS, Event, compact, lines, one_line, pretty

_SYSLOG = {"TRACE": 7, "DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3, "FATAL": 2}
_PIECE = 240
"""Bytes after which these samples cut a line; Docker and containerd do after 16 KB."""


def _line(e: Event) -> str:
    """What the app writes: a line of JSON."""
    p = e.run.person
    user = {"accountId": p.account_id, "displayName": p.name, "email": p.email}
    row: dict[str, Any] = {"ts": e.ms, "level": e.level, "msg": e.message, "function": e.run.function, "user": user}
    return compact({**row, "invocationId": e.run.id})


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] if len(text) > 2 * _PIECE else [text]


def _stream(e: Event) -> str:
    return "stderr" if e.level in ("ERROR", "FATAL") else "stdout"


def docker(events: list[Event]) -> bytes:
    """Docker's json-file driver, long lines in pieces."""
    rows = []
    for e in events:
        *first, last = _pieces(_line(e))
        time = f"{e.iso[:-1]}000000Z"
        rows += [compact({"log": piece, "stream": _stream(e), "time": time}) for piece in [*first, f"{last}\n"]]
    return lines(rows)


def cri(events: list[Event]) -> bytes:
    """What Kubernetes keeps of a container's output (CRI), long lines in pieces."""
    rows = []
    for e in events:
        *first, last = _pieces(_line(e))
        rows += [f"{e.iso[:-1]}000001Z {_stream(e)} P {piece}" for piece in first]
        rows.append(f"{e.iso[:-1]}000002Z {_stream(e)} F {last}")
    return lines(rows)


def journald(events: list[Event]) -> bytes:
    """`journalctl -o json`."""
    return lines(
        compact(
            {
                "__REALTIME_TIMESTAMP": f"{e.ms}000",
                "_HOSTNAME": "roster-remote-1",
                "SYSLOG_IDENTIFIER": "roster",
                "PRIORITY": str(_SYSLOG[e.level]),
                "MESSAGE": one_line(e),
            }
        )
        for e in events
    )


def loki(events: list[Event]) -> bytes:
    """The answer of Loki's query API: a stream per function and level."""
    streams: dict[tuple[str, str], list[list[str]]] = {}
    for e in events:
        streams.setdefault((e.run.function, e.level.lower()), []).append([f"{e.ms}000000", one_line(e)])
    result = [{"stream": {"function": f, "level": level}, "values": values} for (f, level), values in streams.items()]
    return pretty({"status": "success", "data": {"resultType": "streams", "result": result}})


def firehose(events: list[Event]) -> bytes:
    """A CloudWatch subscription as Firehose puts it in S3: objects without anything between them."""
    return "".join(
        compact(
            {
                "messageType": "DATA_MESSAGE",
                "owner": "123456789012",
                "logGroup": f"/aws/lambda/{e.run.function}",
                "logStream": f"2026/11/17/[$LATEST]{e.run.trace}",
                "logEvents": [{"id": f"{n:056d}", "timestamp": e.ms, "message": f"{e.level} {one_line(e)}"}],
            }
        )
        for n, e in enumerate(events)
    ).encode()


def cloudwatch(events: list[Event]) -> bytes:
    """`aws logs filter-log-events`."""
    found = [
        {"logStreamName": e.run.trace, "timestamp": e.ms, "message": f"{e.level} {one_line(e)}", "ingestionTime": e.ms + 900}
        for e in events
    ]
    return pretty({"events": found, "searchedLogStreams": []})


def gcp(events: list[Event]) -> bytes:
    """Entries of Google Cloud Logging, one per line."""
    severities = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}
    return lines(
        compact(
            {
                "insertId": e.span,
                "timestamp": e.iso,
                "severity": severities.get(e.level, e.level),
                "resource": {"type": "cloud_function", "labels": {"function_name": e.run.function}},
                "jsonPayload": {"message": e.message, "user": {"displayName": e.run.person.name}},
                "trace": f"projects/roster/traces/{e.run.trace}",
            }
        )
        for e in events
    )


def elastic(events: list[Event]) -> bytes:
    """An Elasticsearch bulk request with documents in Elastic's common schema (ECS)."""
    rows: list[str] = []
    for e in events:
        document = {
            "@timestamp": e.iso,
            "log.level": e.level.lower(),
            "message": e.message,
            "service": {"name": "roster", "version": e.run.version},
            "faas": {"name": e.run.function},
            "user": {"full_name": e.run.person.name, "email": e.run.person.email},
            "source": {"ip": e.run.person.ip},
        }
        rows += [compact({"index": {"_index": "roster-logs"}}), compact(document)]
    return lines(rows)


def datadog(events: list[Event]) -> bytes:
    """The answer of Datadog's Logs API."""
    data = [
        {
            "id": e.span,
            "type": "log",
            "attributes": {
                "timestamp": e.iso,
                "status": e.level.lower(),
                "service": "roster",
                "message": e.message,
                "attributes": {"function": e.run.function, "usr": {"email": e.run.person.email}},
            },
        }
        for e in events
    ]
    return compact({"data": data, "meta": {"status": "done"}}).encode()


def splunk(events: list[Event]) -> bytes:
    """`splunk search … -output json`: a result per line."""
    return lines(
        compact({"preview": False, "result": {"_time": e.iso, "_raw": f"{e.iso} {e.level} {one_line(e)}", "host": "roster-1"}})
        for e in events
    )


def new_relic(events: list[Event]) -> bytes:
    """A NerdGraph answer to `SELECT * FROM Log`."""
    results = [
        {"timestamp": e.ms, "level": e.level, "message": e.message, "function": e.run.function, "userName": e.run.person.name}
        for e in events
    ]
    return pretty({"data": {"actor": {"account": {"nrql": {"results": results}}}}})


def azure(events: list[Event]) -> bytes:
    """A table of Azure Log Analytics."""
    columns = [
        {"name": name, "type": "string"} for name in ("TimeGenerated", "SeverityLevel", "Message", "OperationName", "UserId")
    ]
    severity = {"TRACE": 0, "DEBUG": 0, "INFO": 1, "WARN": 2, "ERROR": 3, "FATAL": 4}
    rows = [[e.iso, severity[e.level], e.message, e.run.function, e.run.person.account_id] for e in events]
    return pretty({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]})


def sentry(events: list[Event]) -> bytes:
    """Sentry events, one per line."""
    levels = {"TRACE": "debug", "WARN": "warning"}
    return lines(
        compact(
            {
                "event_id": e.run.trace,
                "timestamp": e.iso,
                "platform": "node",
                "level": levels.get(e.level, e.level.lower()),
                "release": f"roster@{e.run.version}",
                "transaction": e.run.function,
                "message": e.message,
                "user": {"id": e.run.person.account_id, "email": e.run.person.email, "ip_address": e.run.person.ip},
            }
        )
        for e in events
    )


def har(events: list[Event]) -> bytes:
    """A browser's HTTP archive."""
    entries = []
    for e in events:
        p, status = e.run.person, {"ERROR": 500, "FATAL": 502, "WARN": 404}.get(e.level, 200)
        headers = [
            {"name": "User-Agent", "value": p.user_agent},
            {"name": "Cookie", "value": f"tenant.session.token=EXAMPLE{e.span}"},
        ]
        url = f"https://{e.run.customer.site}/gateway/api/roster?cloudId={e.run.customer.cloud_id}"
        request = {
            "method": "GET",
            "url": url,
            "httpVersion": "h2",
            "cookies": [],
            "headers": headers,
            "queryString": [{"name": "cloudId", "value": e.run.customer.cloud_id}],
            "headersSize": -1,
            "bodySize": 0,
        }
        content = {"size": 0, "mimeType": "application/json"}
        response = {
            **{"status": status, "statusText": "", "httpVersion": "h2", "cookies": [], "headers": [], "content": content},
            **{"redirectURL": "", "headersSize": -1, "bodySize": 0},
        }
        timings = {"send": 0.1, "wait": 10.5, "receive": 1.2}
        entries.append(
            {"startedDateTime": e.iso, "time": 11.8, "request": request, "response": response, "cache": {}, "timings": timings}
        )
    return pretty({"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "entries": entries}})


def pino(events: Iterable[Event]) -> bytes:
    """What pino and bunyan write: levels as numbers, errors as objects."""
    return lines(
        compact(
            {
                "level": LEVELS[e.level],
                "time": e.ms,
                "hostname": "roster-1",
                "name": "roster",
                "responseTime": 12,
                "msg": e.message,
            }
        )
        for e in events
    )


def winston(events: Iterable[Event]) -> bytes:
    """What winston writes with `format.colorize()`."""
    names = {"TRACE": "silly", "FATAL": "error"}
    return lines(
        compact({"level": f"\x1b[32m{names.get(e.level, e.level.lower())}\x1b[39m", "message": e.message, "timestamp": e.iso})
        for e in events
    )


KINDS = {
    "docker_json_file.log": (docker, "docker"),
    "kubernetes_cri.log": (cri, "cri"),
    "journald.ndjson": (journald, "journald"),
    "loki.json": (loki, "loki"),
    "cloudwatch_firehose.json": (firehose, "cloudwatch"),
    "cloudwatch_events.json": (cloudwatch, "cloudwatch"),
    "gcp_logging.ndjson": (gcp, "gcp"),
    "elastic_bulk.ndjson": (elastic, "elastic"),
    "datadog.json": (datadog, "datadog"),
    "splunk.ndjson": (splunk, "splunk"),
    "new_relic.json": (new_relic, "new-relic"),
    "azure_log_analytics.json": (azure, "azure"),
    "sentry.ndjson": (sentry, "sentry"),
    "browser.har": (har, "har"),
    "pino.ndjson": (pino, "ndjson"),
    "winston.ndjson": (winston, "ndjson"),
}
"""File → what writes it, and the format as which it is recognised."""
