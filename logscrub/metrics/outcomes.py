"""Outcomes, by the words of a record: throttled, timed out, out of memory, not allowed, egress denied.

Each outcome has examples of texts that say so and of texts that do not; tests hold it to them. The words are those of Forge's
runtime, its packages (`@forge/api`, `@forge/events`), the product APIs, and Node.js. A new outcome is a new entry here and a
column of the store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS = (
    r"(?:(?i:status(?:[ _]?code)?|code|http(?:/\d(?:\.\d)?)?|responded(?: with)?|failed with(?: status)?)[\"']?[ :=]{1,3}[\"']?"
    r"|(?:GET|POST|PUT|PATCH|DELETE|HEAD) [^\s\"']{1,300} |[a-z]Error: )"
)
"""Words before the status of an answer."""

_NUMBERS = re.compile(r"\d(?<!\d.)\d\d(?!\d)")
_REQUEST = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD) [^\s\"']{1,300} $")
_MIGHT = re.compile(rf"(?:{_STATUS}|REST_API_| - )$")
STATUS_WORDS = (
    *("status", "code", "http", "responded", "failed with", "error: ", "rest_api_", " - "),
    *("get ", "post ", "put ", "patch ", "delete ", "head "),
)
"""A text that tells a status has one of these, in small letters or capitals."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something that can have gone wrong with an invocation."""

    column: str
    """The column in which the store counts it."""
    why: str
    words: tuple[str, ...]
    """Each text that the pattern matches has one of these, in small letters or capitals."""
    pattern: re.Pattern[str]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


OUTCOMES = (
    Outcome(
        "throttles",
        "The platform or a product API refused work because there was too much of it.",
        ("limit", "many requests", "429"),
        re.compile(
            rf"RATE_LIMITED|RateLimitError|(?i:too many requests|rate limit(?:ed|s)? (?:exceeded|reached)|rate.limited)"
            rf"|Limits for the current installation have been exceeded|{_STATUS}429(?!\d)"
        ),
        (
            "FUNCTION_PLATFORM_RATE_LIMITED retryAfter=12",
            "WARN RATE_LIMITED retryAfter=30 attempt=2",
            "Jira responded 429 Too Many Requests, Retry-After 15",
            "Limits for the current installation have been exceeded",
            "requestJira status=429 took=812ms",
            "GET /rest/api/3/issue/PAY-1 429 in 12 ms",
        ),
        ("Synced 429 issues in 812 ms", "X-RateLimit-Remaining 88, X-RateLimit-Reset 2026-11-22", "issue PAY-429 moved"),
    ),
    Outcome(
        "timeouts",
        "A function or a request took longer than it may.",
        ("timed", "timeout", "time-out", "time_out", "econnaborted", "408", "504"),
        re.compile(
            r"FUNCTION_TIME_OUT|ETIMEDOUT|ESOCKETTIMEDOUT|ECONNABORTED"
            r"|(?i:(?<!no )(?:timed[ -]?out|time-?out (?:of|after|exceeded|error)"
            r"|(?:network|gateway|request|connect(?:ion)?|read) time-?out))"
            rf"|{_STATUS}(?:408|504)(?!\d)"
        ),
        (
            "Task timed out after 25.00 seconds",
            "FUNCTION_TIME_OUT after 25 s in step 3",
            "FetchError: network timeout at step 4",
            "Retrying after 2 s: ETIMEDOUT",
            "Request failed with status 504",
        ),
        ("timeout set to 25 s", "default timeout 900 s for async events", "took 504 ms"),
    ),
    Outcome(
        "out_of_memory",
        "A function needed more memory than it may have.",
        ("memory", "heap limit"),
        re.compile(r"FUNCTION_OUT_OF_MEMORY|(?i:out of memory|heap limit|ERR_WORKER_OUT_OF_MEMORY)"),
        (
            "FUNCTION_OUT_OF_MEMORY: used 511 MB of 512 MB",
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        ),
        ("memory 300 MB of 512 MB", "heapUsed 88 MB"),
    ),
    Outcome(
        "auth_failures",
        "An API said that the app, or a person through it, may not do that: 401, 403, a missing scope.",
        ("authenti", "scope does not", "unauthori", "forbidden", "401", "403"),
        re.compile(
            rf"NEEDS_AUTHENTICATION_ERR|(?i:scope does not match|unauthori[sz]ed(?!\w)|(?<!\w)forbidden(?!\w))"
            rf"|{_STATUS}40[13](?!\d)|REST_API_40[13]|processing? runtime HTTP request - 40[13] "
        ),
        (
            "Unauthorized; scope does not match",
            "ProxyRequestError: NEEDS_AUTHENTICATION_ERR",
            "Error: Request failed with status 403 for user 7",
            "login failed username=x status=401",
            "GET https://x.atlassian.net/rest/api/3/myself 401",
            'request failed [{"status":401,"config":{}}]',
        ),
        ("Deleted 401 stale checkpoints", "Storage value of 403 bytes", "status=200 took=401ms"),
    ),
    Outcome(
        "egress_denials",
        "The app called an address that its manifest does not allow.",
        ("url not included", "egress_allowlist"),
        re.compile(r"REQUEST_EGRESS_ALLOWLIST_ERR|URL not included in the external fetch backend permissions"),
        (
            "URL not included in the external fetch backend permissions: https://hooks.example.com/x",
            "Forge platform failed to process runtime HTTP request - 403 - REQUEST_EGRESS_ALLOWLIST_ERR",
        ),
        ("egress permissions checked", "fetch backend ready"),
    ),
)

_ALIKE = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")
"""Letters beyond ASCII that a pattern which knows no capitals takes for one of ASCII."""
_BEFORE_STATUS = frozenset(" :=\"'_\n")
"""The last character of what `_MIGHT` matches, and a line's end that `$` passes over."""


def statuses_in(text: str) -> tuple[tuple[int, int], ...]:
    """The places of three digits on which an outcome may depend: the status of an answer, whatever it is."""
    return tuple(
        m.span()
        for m in _NUMBERS.finditer(text)
        if (before := text[m.start() - 1 : m.start()]) in _BEFORE_STATUS
        and (
            _MIGHT.search(text, max(0, m.start() - 24), m.start())
            or (before == " " and _REQUEST.search(text, max(0, m.start() - 320), m.start()))
        )
    )


def outcomes_of(text: str) -> list[str]:
    """Return the columns of the outcomes that a text names."""
    small = (text if text.isascii() else text.translate(_ALIKE)).lower()
    found = []
    for o in OUTCOMES:
        for word in o.words:
            if word in small:
                if o.pattern.search(text) is not None:
                    found.append(o.column)
                break
    return found
