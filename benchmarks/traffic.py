"""Makes traffic of a Forge app with incidents in it, and says what they are: to measure rules by them.

    python benchmarks/traffic.py --days 30 --tenants 500 --records-a-day 200000 --seed 1 --store DIR --truth truth.ndjson
    python benchmarks/traffic.py --days 3 --tenants 20 --records-a-day 2000 --quiet-days 1 --logs app.ndjson

The app has functions of every type of module; customers (tenants) of very different size, in time zones, with working hours,
weekends and people; versions that are deployed about once a week; statements that log, fail, and tell of customers. Each **call**
(invocation) of a function writes some of its statements, each with its own probability. Out of one table of records a day come

- `logs`: records of the App logs API, one a line, raw, that `logscrub ingest` reads;
- `rollups`: the rows of the store that this ingestion would give, made at once with numpy and polars.

Both agree under one key: counts, errors, outcomes, sizes, durations, redactions, sketches, and who did what are the same to the
number; invocations too but for the numbers that stand for them, and fingerprints of records are invented.

Same settings, same bytes: each day has its own chance, so any day can be made alone, in the memory that one day takes. What is
usual does not depend on the incidents: with and without them the other records are the same.

An **incident** has a size in its unit, drawn from one of two ranges: `clear`, that is seen on a chart, and `subtle`, that a
careful person would want to know all the same (`INCIDENTS`). Truth is told as JSON, one line an incident:
`{"kind","level","start","end","dimensions":{…},"size","unit","records","affected"}`: `records` is how many records it added (or,
less than 0, took away), `affected` how many bear it. Hours that the export has lost by chance are told too, as `export_gap`; they
are no incidents. Every value is invented: mail hosts end in `.example`, IP addresses are those of the documentation.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from corpus import APP_ID, ENVIRONMENT_ID, LEVELS, compact

from logscrub.metrics.facts import ERRORS, signature_of, statement_of
from logscrub.metrics.outcomes import OUTCOMES, outcomes_of
from logscrub.metrics.rollup import COUNTERS, SCHEMA
from logscrub.metrics.sketches import ACCURACY, RANKS, register_of
from logscrub.redact.pseudonyms import PLACEHOLDER, Pseudonymizer

Array = npt.NDArray[Any]
Level = Literal["clear", "subtle"]
KEY: Final = b"a key for measuring, no secret.."
FIRST: Final = date(2026, 6, 1)
"""A Monday."""
NULLS: Final = ("nb", "zero-inflated", "lognormal", "bursty")
PARTS: Final = ("actor", "count", "distinct", "invocation", "redaction", "seen")
"""Kinds of rows, in their order."""
_HOUR_MS: Final = 3_600_000
_LONGEST_SPAN_MS: Final = 60_000
"""In which a call writes: less than an hour, so that it ends in the hour in which it began."""
_LOG_GAMMA: Final = math.log((1 + ACCURACY) / (1 - ACCURACY))

# ---------------------------------------------------------------------------------------------------------------------
# The app
# ---------------------------------------------------------------------------------------------------------------------

_STACK = "\n    at {name} (webpack:///src/{file}.js:41:13)\n    at async handler (webpack:///src/index.js:7:20)"
_SCRUBBED = {
    "$account": f"<ACCOUNT_ID:{'0' * 20}>",
    "$ip": f"<IP_ADDRESS:{'0' * 20}>",
    "$email": "<EMAIL_ADDRESS>",
    "$name": "<PERSON>",
    "$key": "",
    "$ms": "",
    "$n": "123",
}
"""What slots are in a scrubbed text; without what is of varying length."""
_PROJECTS = (
    "PAY OPS WEB MOB DATA CORE PLAT INFRA LEGAL SHOP DOCS TEAM BILL EDGE MAIL NEWS PLAN RISK TEST UX HELP LAB API GROW".split()
)
_ISSUES = 4000
"""Issues that a project has."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that logs. Slots: `$account`, `$key`, `$ms`, `$n` (three digits), `$ip`, `$email`, `$name`."""

    level: str
    text: str
    chance: float
    """That a call writes it."""
    role: str = ""
    """What incidents know it by: `timeout`, `memory`, `throttle`, `refused`, `auth`, `egress`, `new`, `leak`, `read`, or ""."""
    arguments: str = ""
    """JSON, the further arguments of `console.log`."""

    @property
    def whole(self) -> str:
        """Message and arguments."""
        return f"{self.text}\n{self.arguments}" if self.arguments else self.text


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the app."""

    key: str
    module: str
    share: float
    """Of the calls that are not scheduled."""
    median_ms: float
    sigma: float
    """Of the logarithm of its durations."""
    rhythm: Literal["people", "machine", "hourly", "daily"]
    statements: tuple[Statement, ...]
    limit_ms: int = 25_000
    some_tenants: float = 1.0
    """The share of the customers who use it."""


_LEAKS: Final = 1
"""The statement of each function, by its place, that comes to tell of customers in a `privacy_leak`."""


def _function(
    key: str,
    module: str,
    share: float,
    median_ms: float,
    rhythm: Literal["people", "machine", "hourly", "daily"],
    usual: Sequence[Statement],
    errors: Sequence[tuple[str, float]],
    *,
    limit_ms: int = 25_000,
    some_tenants: float = 1.0,
    file: str = "roster",
) -> Function:
    """With what goes wrong in every function, each seldom, and with what only incidents write."""
    stack = _STACK.format(name=key, file=file)
    leaking = usual[_LEAKS]
    return Function(
        key,
        module,
        share,
        median_ms,
        0.55,
        rhythm,
        (
            *usual,
            *(Statement("ERROR", text + stack, chance) for text, chance in errors),
            Statement("ERROR", "Task timed out after 25.00 seconds", 0.0004, "timeout"),
            Statement("ERROR", "FUNCTION_OUT_OF_MEMORY: used 511 MB of 512 MB", 0.0001, "memory"),
            Statement("WARN", "Jira responded 429 Too Many Requests, Retry-After 15", 0.003, "throttle"),
            Statement("ERROR", "FUNCTION_PLATFORM_RATE_LIMITED retryAfter=12", 0.0, "refused"),
            Statement("ERROR", "Error: Request failed with status 403" + stack, 0.0010, "auth"),
            Statement(
                "ERROR",
                "URL not included in the external fetch backend permissions: https://hooks.partner.example/v1/push",
                0.00005,
                "egress",
            ),
            Statement("ERROR", f"ReferenceError: {key}Options is not defined" + stack, 0.0, "new"),
            Statement(
                leaking.level,
                leaking.text,
                0.0,
                "leak",
                '[{"author":{"displayName":"$name","emailAddress":"$email"},"attempt":1}]',
            ),
        ),
        limit_ms,
        some_tenants,
    )


_TYPE_ERROR = "TypeError: Cannot read properties of undefined (reading '{}')"
FUNCTIONS: Final = tuple(
    sorted(
        (
            _function(
                "getBoard",
                "core:function",
                0.24,
                160,
                "people",
                [
                    Statement("INFO", "Board opened by $account", 1),
                    Statement("DEBUG", "requestJira status=200 took=$msms", 1),
                    Statement("DEBUG", "Cache hit for the board, $n entries", 0.8),
                    Statement("WARN", "Board has no members, showing the default", 0.05),
                ],
                [(_TYPE_ERROR.format("members"), 0.002)],
                file="board",
            ),
            _function(
                "readIssue",
                "core:function",
                0.16,
                640,
                "people",
                [
                    Statement("INFO", "Issue $key read by $account", 1, "read"),
                    Statement("DEBUG", "GET /rest/api/3/search/jql 200 in $ms ms", 1),
                    Statement("DEBUG", "Fields mapped, $n of them", 0.5),
                ],
                [(_TYPE_ERROR.format("fields"), 0.004), ("SyntaxError: Unexpected end of JSON input", 0.0006)],
                file="issues",
            ),
            _function(
                "saveRoster",
                "core:function",
                0.08,
                420,
                "people",
                [
                    Statement("INFO", "Roster of $key saved by $account", 1),
                    Statement("DEBUG", "storage.set roster in $ms ms", 1),
                    Statement("INFO", "Invitation sent to $email", 0.15),
                ],
                [("Error: Validation failed: estimate must be a number", 0.006)],
            ),
            _function(
                "exportCsv",
                "core:function",
                0.02,
                2200,
                "people",
                [
                    Statement("INFO", "Export asked for by $account", 1),
                    Statement("INFO", "CSV export finished in $ms ms", 0.97),
                ],
                [("RangeError: Invalid array length", 0.01)],
                file="export",
            ),
            _function(
                "adminSettings",
                "core:function",
                0.02,
                230,
                "people",
                [
                    Statement("INFO", "resolver saveSettings invoked", 1, arguments='[{"accountId":"$account","theme":"dark"}]'),
                    Statement("DEBUG", "Settings answered in $ms ms", 1),
                ],
                [(_TYPE_ERROR.format("theme"), 0.003)],
                file="settings",
            ),
            _function(
                "rosterMacro",
                "macro",
                0.12,
                310,
                "people",
                [
                    Statement("INFO", "Macro rendered for $account", 0.6),
                    Statement("DEBUG", "Macro rendered in $ms ms", 1),
                    Statement("DEBUG", "ADF document parsed, $n nodes", 0.7),
                ],
                [("Error: Could not load the roster", 0.003)],
                file="macro",
            ),
            _function(
                "onIssueUpdated",
                "trigger",
                0.18,
                270,
                "people",
                [
                    Statement("INFO", "event avi:jira:updated:issue for $key by $account", 1),
                    Statement("DEBUG", "Event handled in $ms ms", 0.95),
                    Statement("DEBUG", "Ignoring event caused by the app itself", 0.2),
                ],
                [(_TYPE_ERROR.format("changelog"), 0.001)],
                file="events",
            ),
            _function(
                "syncConsumer",
                "consumer",
                0.14,
                1800,
                "machine",
                [
                    Statement("INFO", "Job started, $n issues to sync", 1),
                    Statement("INFO", "Synced $n issues in $ms ms", 0.99),
                    Statement("DEBUG", "Checkpoint written for $key", 0.9),
                    Statement("WARN", "Job retried, attempt 2 of 5", 0.02),
                ],
                [("Error: Job gave up after 5 attempts", 0.002), ("Error: socket hang up", 0.003)],
                limit_ms=900_000,
                file="sync",
            ),
            _function(
                "importHook",
                "webtrigger",
                0.04,
                350,
                "machine",
                [
                    Statement("INFO", "client $ip called the hook", 1),
                    Statement("INFO", "webtrigger answered 202 in $ms ms", 0.98),
                ],
                [("SyntaxError: Unexpected token in JSON", 0.01)],
                limit_ms=55_000,
                some_tenants=0.3,
                file="hook",
            ),
            _function(
                "hourlySync",
                "scheduledTrigger",
                0,
                5200,
                "hourly",
                [
                    Statement("INFO", "Scheduled trigger hourly-sync started", 1),
                    Statement("INFO", "hourly-sync finished in $ms ms", 0.995),
                ],
                [("Error: connect ECONNREFUSED", 0.002)],
                limit_ms=900_000,
                file="schedule",
            ),
            _function(
                "nightlyReport",
                "scheduledTrigger",
                0,
                21_000,
                "daily",
                [
                    Statement("INFO", "Scheduled trigger nightly-report started", 1),
                    Statement("INFO", "Report generated in $ms ms", 0.99),
                    Statement("INFO", "Report sent to $email", 0.9),
                ],
                [("Error: Report template missing", 0.004)],
                limit_ms=900_000,
                file="report",
            ),
        ),
        key=lambda f: f.key,
    )
)
"""By their keys."""


@dataclass(frozen=True, slots=True)
class _Told:
    """All statements of the app in one list, and what the store keeps of each."""

    statements: tuple[Statement, ...]
    function: Array
    position: Array
    """In its function."""
    cells: tuple[tuple[str, str], ...]
    """Levels and signatures, sorted."""
    cell: Array
    texts: tuple[tuple[str, str], ...]
    """Levels and statements, sorted."""
    text: Array
    outcomes: Array
    """A row a statement, a column an outcome."""
    entities: dict[str, Array]
    """Entity types, sorted: how many redactions of it each statement has."""
    size: Array
    """Bytes without what varies."""
    tells_ms: Array
    tells_actor: Array
    tells_object: Array
    roles: Array

    def of(self, function: int, role: str) -> int:
        """The statement of a function that has this role."""
        return next(n for n, s in enumerate(self.statements) if self.function[n] == function and s.role == role)


def _filled(text: str) -> str:
    """A text as it is scrubbed, with values."""
    for slot, value in (_SCRUBBED | {"$key": "PAY-1", "$ms": "12"}).items():
        text = text.replace(slot, value)
    return text


@cache
def told() -> _Told:
    """What the app's statements are to the store."""
    statements = tuple(s for f in FUNCTIONS for s in f.statements)
    filled = [_filled(s.whole) for s in statements]
    cells = [(s.level, signature_of(t) if s.level in ERRORS else "") for s, t in zip(statements, filled, strict=True)]
    texts = [(s.level, statement_of(t.split("\n    at ")[0])) for s, t in zip(statements, filled, strict=True)]
    heads = [t.split("\n    at ")[0] for t in filled]
    found = [[m[1] for m in PLACEHOLDER.finditer(t)] for t in filled]
    bare = [s.whole for s in statements]
    for slot, value in _SCRUBBED.items():
        bare = [t.replace(slot, value) for t in bare]
    every = sorted({e for entities in found for e in entities})
    return _Told(
        statements,
        np.array([n for n, f in enumerate(FUNCTIONS) for _ in f.statements]),
        np.array([n for f in FUNCTIONS for n, _ in enumerate(f.statements)]),
        tuple(sorted(set(cells))),
        np.array([sorted(set(cells)).index(c) for c in cells]),
        tuple(sorted(set(texts))),
        np.array([sorted(set(texts)).index(t) for t in texts]),
        np.array([[o.column in outcomes_of(h) for o in OUTCOMES] for h in heads]),
        {e: np.array([entities.count(e) for entities in found]) for e in every},
        np.array([len(t.encode()) for t in bare]),
        np.array(["$ms" in s.whole for s in statements]),
        np.array(["$account" in s.whole for s in statements]),
        np.array(["$key" in s.whole for s in statements]),
        np.array([s.role for s in statements]),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Incidents
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of incident."""

    what: str
    unit: str
    """Of its size."""
    clear: tuple[float, float]
    """The range of its size."""
    subtle: tuple[float, float]
    hours: tuple[int, int]
    """The range of its length."""
    role: str = ""
    """The statement that it writes more often, of its function."""
    rhythms: tuple[str, ...] = ("people", "machine")
    """Functions that it happens to."""


INCIDENTS: Final[dict[str, Sort]] = {
    "error_rate_up": Sort("all errors of a function grow", "times as many errors", (6, 12), (2.5, 3.5), (4, 24)),
    "new_signature": Sort("an error that never was", "share of calls", (0.04, 0.10), (0.006, 0.012), (6, 48), "new"),
    "signature_burst": Sort("a known error, many times, for a short while", "times as many", (30, 80), (10, 16), (1, 3)),
    "timeouts": Sort("calls run into the time limit", "share of calls", (0.05, 0.15), (0.008, 0.015), (2, 12), "timeout"),
    "out_of_memory": Sort("calls run out of memory", "share of calls", (0.03, 0.10), (0.004, 0.008), (2, 24), "memory"),
    "throttling": Sort(
        "product APIs and the platform refuse work", "share of calls", (0.15, 0.40), (0.03, 0.05), (1, 8), "throttle"
    ),
    "latency_shift": Sort("a function takes longer", "times as long", (3, 5), (1.4, 1.7), (6, 48)),
    "bad_deployment": Sort("a function fails more since a version", "times as many errors", (8, 15), (3, 4.5), (0, 0)),
    "silence_scheduled": Sort(
        "a scheduled function stops", "share of calls lost", (1, 1), (0.6, 0.8), (6, 30), "", ("hourly", "daily")
    ),
    "silence_feed": Sort("no log comes any more", "share of records lost", (1, 1), (1, 1), (3, 10)),
    "volume_drop": Sort("a function is called less", "share of calls lost", (0.75, 0.95), (0.4, 0.55), (6, 24)),
    "volume_jump": Sort("a function is called more, by all", "times as many calls", (3, 5), (1.7, 2.2), (4, 24)),
    "tenant_flood": Sort("a customer calls far more", "times as many calls", (25, 60), (8, 12), (2, 12)),
    "actor_flood": Sort("one account calls all the time", "calls an hour", (600, 2000), (120, 250), (2, 8)),
    "auth_failures": Sort("one account is refused, again and again", "records an hour", (300, 800), (40, 80), (1, 6), "auth"),
    "enumeration": Sort("one account reads very many issues", "distinct issues", (1200, 3000), (250, 450), (1, 4)),
    "slow_scraping": Sort(
        "one account reads a few issues, around the clock", "distinct issues an hour", (6, 12), (3, 5), (72, 168)
    ),
    "fan_out": Sort("one account, or one error, at many customers", "customers", (40, 150), (8, 15), (2, 6)),
    "egress_denials": Sort(
        "calls to addresses that are not allowed", "share of calls", (0.03, 0.10), (0.005, 0.010), (2, 24), "egress"
    ),
    "unusual_hours": Sort("one account works in the night of its customer", "calls an hour", (50, 120), (15, 30), (4, 5)),
    "webtrigger_hammering": Sort("a web trigger is called without end", "calls an hour", (1500, 5000), (250, 500), (1, 8)),
    "privacy_leak": Sort(
        "since a version a statement tells of customers", "share of its records", (1, 1), (0.08, 0.15), (0, 0), "leak"
    ),
}
"""What can happen. Sizes of abuse in numbers an hour are those of an app with 200,000 records a day or more; smaller apps have
smaller ones, by the square root. Shares and factors grow where they would give fewer records than `_FEWEST`."""
KINDS: Final = tuple(INCIDENTS)
_BY_TENANT: Final = "tenant_flood actor_flood auth_failures enumeration slow_scraping unusual_hours webtrigger_hammering".split()
_BY_ACTOR: Final = "actor_flood auth_failures enumeration slow_scraping unusual_hours".split()
_BY_VERSION: Final = ("bad_deployment", "privacy_leak")
_ABSOLUTE: Final = "actor_flood auth_failures enumeration unusual_hours webtrigger_hammering".split()
_ADDS_TO_CALLS: Final = (
    "error_rate_up new_signature signature_burst timeouts out_of_memory throttling bad_deployment egress_denials".split()
)
_TAKES_AWAY: Final = ("silence_scheduled", "silence_feed", "volume_drop")
_FEWEST: Final = {"clear": 60, "subtle": 20}
"""Records that an incident of errors has at least, expected: a small share of few calls nobody would want to know."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that goes wrong. Places are -1 where it is not about one of them."""

    number: int
    kind: str
    level: Level
    start: int
    """Hours since the first day began; `end` is the first hour after it."""
    end: int
    size: float
    function: int = -1
    tenant: int = -1
    version: int = -1
    statement: int = -1
    actor: int = -1
    tenants: tuple[int, ...] = ()
    """Of `fan_out`."""


# ---------------------------------------------------------------------------------------------------------------------
# The model
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settings:
    """What is made."""

    days: int = 30
    tenants: int = 500
    records_a_day: int = 200_000
    """In the mean over a week, before growth. What is scheduled runs for each customer: 51 records."""
    seed: int = 1
    first: date = FIRST
    kinds: tuple[str, ...] = KINDS
    incidents_a_week: float = 4.0
    """At most: one that finds no free place and time is left out."""
    quiet_days: int = 14
    """Days at the beginning in which no incident starts."""
    level: Level | None = None
    """Of all incidents; None for both, by turns."""
    nulls: str = "nb"
    """How calls vary: `nb` (gamma-Poisson), `zero-inflated`, `lognormal` (-Poisson), `bursty` (clusters of calls)."""
    gaps_a_month: float = 2.0
    """Hours of which the export has nothing, expected in 30 days."""
    key: bytes = KEY
    """Of the store, 16 bytes or more: pseudonyms and hashes are those that ingestion under this key makes."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version goes out."""

    version: str
    at: int
    """Hours since the first day began; the first version is there from the beginning."""
    gradual: int
    """Hours in which it reaches all customers; 0 for at once."""


@dataclass(frozen=True, slots=True)
class Model:
    """An app with its customers: everything but what a day's chance adds."""

    settings: Settings
    clouds: tuple[str, ...]
    """Cloud ids; customers are in the order of their pseudonyms."""
    pseudonyms: tuple[str, ...]
    activity: Array
    """Each customer's share of the calls; in all 1."""
    zone: Array
    """Hours from UTC."""
    growth: Array
    """Of calls, a day, in logarithms."""
    uses: Array
    """Functions by customers: whether it is used."""
    report_hour: Array
    actors: Array
    """How many accounts each customer has."""
    first_actor: Array
    """The number of its first; the last ones, after all customers', are strangers of incidents."""
    actor_hash: Array
    """8 bytes a number, as the store hashes it."""
    key_hash: Array
    first_key: Array
    keys: Array
    """How many issues each customer has."""
    key_size: Array
    """Characters of each issue key."""
    errors: Array
    """Statements by customers: how many times as often it is written there."""
    chances: Array
    deployments: tuple[Deployment, ...]
    delay: Array
    """Deployments by customers: hours after which it arrives."""
    calls_a_day: float
    """That are not scheduled."""
    incidents: tuple[Incident, ...] = ()

    @property
    def versions(self) -> tuple[str, ...]:
        """Names; the last one is that of calls that were refused."""
        return (*(d.version for d in self.deployments), "unknown")


_ZONES = ((-8, 0.14), (-5, 0.22), (-3, 0.05), (0, 0.12), (1, 0.22), (2, 0.05), (5, 0.06), (8, 0.04), (9, 0.05), (10, 0.05))
_PEOPLE = np.array(
    [3, 2, 2, 2, 2, 4, 8, 20, 60, 95, 100, 95, 65, 85, 100, 95, 80, 45, 20, 12, 10, 8, 6, 4], dtype=float
)  # by local hour
_WEEK = np.array([1.0, 1.05, 1.05, 1.0, 0.85, 0.12, 0.10])  # from Monday
_STRANGERS = 64


def _chance(seed: int, *place: int) -> np.random.Generator:
    """A stream of its own for each place."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=place)))


def _uuid(*what: object) -> str:
    h = blake2b("\0".join(map(str, what)).encode(), digest_size=16).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"


def account_of(model: Model, actor: int) -> str:
    """The account id of an actor."""
    return f"712020:{_uuid(model.settings.seed, 'account', actor)}"


def issue_key(number: int) -> str:
    """An issue's key."""
    return f"{_PROJECTS[number // _ISSUES]}-{number % _ISSUES + 1}"


def make(settings: Settings) -> Model:
    """A model, with its incidents. Raises ValueError for settings that cannot be."""
    if settings.nulls not in NULLS:
        raise ValueError(f"no such noise: {settings.nulls}; one of {', '.join(NULLS)}")
    if unknown := sorted(set(settings.kinds) - set(KINDS)):
        raise ValueError(f"no such incident: {', '.join(unknown)}; some of {', '.join(KINDS)}")
    n, draw, known = settings.tenants, _chance(settings.seed, 0), told()
    tokens = Pseudonymizer(settings.key)
    named = sorted((tokens.token("CLOUD_ID", c), c) for c in (_uuid(settings.seed, "cloud", i) for i in range(n)))
    activity = draw.lognormal(0, 1.5, n)
    activity = np.minimum(activity, 0.12 * activity.sum())
    activity /= activity.sum()
    zones, weights = zip(*_ZONES, strict=True)
    zone = draw.choice(zones, n, p=weights)
    growth = np.where(draw.random(n) < 0.04, draw.uniform(0.02, 0.05, n), 0.0)
    uses = np.array([draw.random(n) < f.some_tenants for f in FUNCTIONS])
    for f in range(len(FUNCTIONS)):
        uses[f, int(activity.argmax())] = True
    scheduled = n * sum({"hourly": 24, "daily": 1}.get(f.rhythm, 0) * sum(s.chance for s in f.statements) for f in FUNCTIONS)
    wanted = max(settings.records_a_day - scheduled, 0.25 * settings.records_a_day)
    calls = wanted / sum(f.share * sum(s.chance for s in f.statements) for f in FUNCTIONS)
    actors = np.clip((calls * activity / 6) ** 0.75 * draw.lognormal(0, 0.3, n), 3, 400).astype(int)
    first_actor = np.concatenate([[0], np.cumsum(actors)])
    issues = np.clip((calls * activity * 1.5) * draw.lognormal(0, 0.3, n), 30, _ISSUES).astype(int)
    first_key = draw.integers(0, len(_PROJECTS), n) * _ISSUES
    hashes = blake2b(digest_size=8, key=tokens.derived("metrics"))
    made = Model(
        settings,
        tuple(c for _, c in named),
        tuple(p for p, _ in named),
        activity,
        zone,
        growth,
        uses,
        (draw.integers(0, 4, n) + 1 - zone) % 24,
        actors,
        first_actor,
        np.empty(0),
        np.array([_hash(hashes, issue_key(i)) for i in range(len(_PROJECTS) * _ISSUES)], dtype=np.uint64),
        first_key,
        issues,
        np.array([len(issue_key(i)) for i in range(len(_PROJECTS) * _ISSUES)]),
        np.where(
            np.array([s.level in ERRORS or s.role == "throttle" for s in known.statements])[:, None],
            draw.lognormal(-0.32, 0.8, (len(known.statements), n)),
            1.0,
        ),
        np.array([s.chance for s in known.statements]),
        *_deployed(settings, draw),
        calls,
    )
    places = 24 * len(FUNCTIONS) * len(made.versions) * n * (int(first_actor[-1]) + _STRANGERS) * (len(made.key_hash) + 1)
    if places >= 1 << 63:
        raise ValueError("too many customers, accounts and versions at once")
    accounts = (account_of(made, i) for i in range(int(first_actor[-1]) + _STRANGERS))
    digits = (tokens.token("ACCOUNT_ID", a)[len("<ACCOUNT_ID:") : -1] for a in accounts)
    made = replace(made, actor_hash=np.array([_hash(hashes, d) for d in digits], dtype=np.uint64))
    return replace(made, incidents=_planned(made))


def _hash(keyed: Any, what: str) -> int:
    copy = keyed.copy()
    copy.update(what.encode())
    return int.from_bytes(copy.digest(), "big")


def _deployed(settings: Settings, draw: np.random.Generator) -> tuple[tuple[Deployment, ...], Array]:
    """About one version a week, on a working day; some at once, some by and by."""
    found = [Deployment("4.200.0", -(10**6), 0)]
    day = int(draw.integers(2, 7))
    while day < settings.days:
        if (settings.first + timedelta(days=day)).weekday() < 5:
            gradual = int(draw.choice([0, 24, 48]))
            found.append(Deployment(f"4.{200 + len(found)}.0", day * 24 + int(draw.integers(8, 16)), gradual))
            day += int(draw.integers(5, 10))
        else:
            day += 1
    delay = np.array([draw.random(settings.tenants) * d.gradual for d in found])
    return tuple(found), delay


def _rates(model: Model, day: int, function: int) -> Array:
    """Customers by hours: calls that are to be expected, without chance."""
    f, n = FUNCTIONS[function], len(model.activity)
    if f.rhythm == "hourly":
        return np.ones((n, 24))
    hours = np.arange(24)
    if f.rhythm == "daily":
        return (hours[None, :] == model.report_hour[:, None]).astype(float)
    local = hours[None, :] + model.zone[:, None]
    weekday = (model.settings.first.weekday() + day + local // 24) % 7
    profile = _PEOPLE / _PEOPLE.sum()
    rhythm = profile[local % 24] * _WEEK[weekday] * (7 / _WEEK.sum())
    if f.rhythm == "machine":
        rhythm = 0.5 * rhythm + 0.5 / 24
    weight = model.activity * model.uses[function]
    scale = model.calls_a_day * f.share / weight.sum()
    return np.asarray(scale * (weight * np.exp(model.growth * day))[:, None] * rhythm)


def _versions(model: Model, day: int) -> Array:
    """Customers by hours: which version they have."""
    at = np.array([d.at for d in model.deployments])[:, None] + model.delay
    hours = day * 24 + np.arange(24)
    return np.asarray((at[:, :, None] <= hours).sum(axis=0) - 1)


def _expected(model: Model, start: int, end: int, function: int = -1, tenant: int = -1) -> float:
    """Calls that are to be expected from one hour up to another, of a function, of a customer."""
    total = 0.0
    for day in range(start // 24, min((end - 1) // 24 + 1, model.settings.days)):
        inside = slice(max(0, start - day * 24), min(24, end - day * 24))
        for f in range(len(FUNCTIONS)) if function < 0 else (function,):
            rates = _rates(model, day, f)[:, inside]
            total += float(rates.sum() if tenant < 0 else rates[tenant].sum())
    return total


# ---------------------------------------------------------------------------------------------------------------------
# Which incidents happen
# ---------------------------------------------------------------------------------------------------------------------


def _planned(model: Model) -> tuple[Incident, ...]:
    """Incidents of all kinds by turns, that do not stand in each other's way."""
    settings = model.settings
    weeks = max(0, settings.days - settings.quiet_days) / 7
    count = round(settings.incidents_a_week * weeks) if settings.kinds else 0
    found: list[Incident] = []
    draw = _chance(settings.seed, 1)
    turns: list[str] = []
    for n in range(count):
        if not turns:
            turns = [settings.kinds[i] for i in draw.permutation(len(settings.kinds))]
        kind = turns.pop()
        level: Level = settings.level or ("subtle", "clear")[n % 2]
        for attempt in range(40):
            one = _incident(model, kind, level, len(found), None, _chance(settings.seed, 2, n, attempt))
            if one is not None and not any(_in_the_way(one, other) for other in found):
                found.append(one)
                break
    return tuple(found)


def _in_the_way(a: Incident, b: Incident) -> bool:
    if a.start >= b.end + 6 or b.start >= a.end + 6:
        return False
    if "silence_feed" in (a.kind, b.kind):
        return True
    if a.kind == b.kind or (a.tenant >= 0 and a.tenant == b.tenant):
        return True
    return a.function == b.function and all(i.tenant < 0 and i.kind != "fan_out" for i in (a, b))


def incident(model: Model, kind: str, level: Level = "clear", *, number: int = 0, start: int | None = None) -> Incident | None:
    """One incident of a kind, for `dataclasses.replace(model, incidents=…)`: there, numbers tell them apart.

    `start`: in hours since the first day began, for kinds that do not begin with a version; without, any after the quiet days.
    `unusual_hours` begins at the next midnight of its customer. None where it finds no place: no version is deployed in the time,
    or there are too few calls.
    """
    for attempt in range(40):
        found = _incident(model, kind, level, number, start, _chance(model.settings.seed, 3, KINDS.index(kind), attempt))
        if found is not None:
            return found
    return None


def _incident(
    model: Model, kind: str, level: Level, number: int, start: int | None, draw: np.random.Generator
) -> Incident | None:
    """One incident of a kind at a place and time by chance, or None where that is no good one."""
    settings, sort, known = model.settings, INCIDENTS[kind], told()
    low, high = sort.clear if level == "clear" else sort.subtle
    size = float(draw.uniform(low, high))
    last, length = settings.days * 24, int(draw.integers(sort.hours[0], sort.hours[1] + 1))
    if kind == "silence_feed" and level == "subtle":
        length = 2
    function = tenant = version = statement = actor = -1
    if kind in _BY_VERSION:
        begin = settings.quiet_days * 24 if start is None else start
        choices = [i for i, d in enumerate(model.deployments) if begin <= d.at < last - 24]
        if not choices:
            return None
        version = int(draw.choice(choices))
        at = model.deployments[version].at
        after = model.deployments[version + 1] if version + 1 < len(model.deployments) else None
        end = last if after is None else min(last, after.at + after.gradual)
    else:
        at = (
            int(draw.integers(settings.quiet_days * 24, max(settings.quiet_days * 24 + 1, last - length)))
            if start is None
            else start
        )
        end = min(last, at + length)
    functions = [i for i, f in enumerate(FUNCTIONS) if f.rhythm in sort.rhythms]
    if kind == "silence_scheduled":
        function = int(draw.choice(functions))
        if FUNCTIONS[function].rhythm == "daily":
            end = min(last, at + 30)
    elif kind == "webtrigger_hammering":
        function = next(i for i, f in enumerate(FUNCTIONS) if f.module == "webtrigger")
    elif kind in ("enumeration", "slow_scraping"):
        function = next(i for i, f in enumerate(FUNCTIONS) if any(s.role == "read" for s in f.statements))
    elif kind in ("actor_flood", "auth_failures", "unusual_hours", "fan_out"):
        function = int(draw.choice([i for i, f in enumerate(FUNCTIONS) if f.rhythm == "people" and f.module == "core:function"]))
    elif kind not in ("silence_feed", "tenant_flood"):
        weights = np.array([math.sqrt(FUNCTIONS[i].share) for i in functions])
        function = int(draw.choice(functions, p=weights / weights.sum()))
    if kind in _BY_TENANT:
        weight = np.sqrt(model.activity) * (model.uses[function] if function >= 0 else 1)
        tenant = int(draw.choice(len(weight), p=weight / weight.sum()))
    if kind in _BY_ACTOR:
        actor = int(model.first_actor[tenant] + draw.integers(model.actors[tenant]))
    if kind == "unusual_hours":  # from midnight there
        at += int(-(at + model.zone[tenant])) % 24
        end = min(last, at + length)
    if end <= at:
        return None
    tenants: tuple[int, ...] = ()
    if kind == "fan_out":
        many = int(min(size, 0.5 * settings.tenants))
        size = float(max(2, many))
        tenants = tuple(int(t) for t in np.sort(draw.choice(settings.tenants, min(int(size), settings.tenants), replace=False)))
        size = float(len(tenants))
        if draw.random() < 0.5:
            statement = known.of(function, "new")
        else:
            actor = int(model.first_actor[-1]) + number % _STRANGERS
    if sort.role:
        statement = known.of(function, sort.role)
    if kind == "signature_burst":
        errors = [i for i in _errors_of(function) if known.statements[i].role == ""]
        statement = int(draw.choice(errors))
    if kind in _ABSOLUTE:
        size *= min(1.0, math.sqrt(settings.records_a_day / 200_000))
        size = float(max(round(size), 8))
    if kind == "enumeration":
        size = min(size, float(_ISSUES))
    if kind == "slow_scraping":
        size = float(round(size))
    if kind in _ADDS_TO_CALLS:
        large = _large_enough(model, kind, level, size, at, end, function, statement, version)
        if large is None:
            return None
        size = large
    elif kind == "tenant_flood":
        usual = max(_expected(model, at, end, tenant=tenant) - (end - at), 1e-9)
        size = max(size, 1 + 2.5 * _FEWEST[level] / usual)
    return Incident(number, kind, level, at, end, round(size, 4), function, tenant, version, statement, actor, tenants)


def _errors_of(function: int) -> list[int]:
    """The statements of a function that tell of errors and are written now and then."""
    known = told()
    return [i for i, s in enumerate(known.statements) if known.function[i] == function and s.level in ERRORS and s.chance]


def _large_enough(
    model: Model, kind: str, level: Level, size: float, start: int, end: int, function: int, statement: int, version: int
) -> float | None:
    """The size, or what gives as many records as it takes to be of interest; None where so few calls cannot give them."""
    calls = _expected(model, start, end, function) * (0.8 if version >= 0 else 1)
    needed = _FEWEST[level] / max(calls, 1e-9)
    if needed > 0.7:
        return None
    if kind in ("error_rate_up", "bad_deployment"):
        return max(size, 1 + needed / float(model.chances[_errors_of(function)].sum()))
    if kind == "signature_burst":
        return max(size, 1 + needed / float(model.chances[statement]))
    return max(size, needed)


# ---------------------------------------------------------------------------------------------------------------------
# A day's records
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Day:
    """The records of a day, an entry each in every array; `incident` is -1 for what is usual."""

    number: int
    """Days since the first."""
    hour: Array
    function: Array
    tenant: Array
    version: Array
    statement: Array
    actor: Array
    """-1: none, or not told."""
    issue: Array
    """-1: none, or not told."""
    ms: Array
    """The duration that it tells; 0: none."""
    offset: Array
    """Milliseconds since its hour began."""
    call: Array
    """The invocation's number in this day."""
    incident: Array
    effects: dict[int, tuple[int, int]]
    """By incident: how many records were added (or, less than 0, taken away), and how many bear it."""
    gaps: tuple[int, ...]
    """Hours of the day that the export has lost."""


@dataclass(slots=True)
class _Calls:
    hour: Array
    function: Array
    tenant: Array
    actor: Array
    issue: Array
    ms: Array
    start: Array
    """0 to 1, of its hour."""

    def __len__(self) -> int:
        return len(self.hour)


@dataclass(slots=True)
class _Lines:
    """What calls write."""

    call: Array
    statement: Array
    by: Array
    """The incident; -1: none."""
    late: Array
    """Whether it is written beside what the call writes anyway."""

    @classmethod
    def of(cls, call: Array, statement: Array, by: int = -1, *, late: bool = False) -> _Lines:
        n = len(call)
        return cls(call, statement.astype(np.int32), np.full(n, by, dtype=np.int32), np.full(n, late))

    def __getitem__(self, which: Array) -> _Lines:
        return _Lines(*(getattr(self, n)[which] for n in self.__slots__))


def _joined(parts: Sequence[_Calls]) -> _Calls:
    return _Calls(*(np.concatenate([getattr(p, n) for p in parts]) for n in _Calls.__slots__))


def _counts(draw: np.random.Generator, rates: Array, nulls: str) -> Array:
    """Numbers of calls whose means are these rates, more spread than a Poisson's."""
    if nulls == "bursty":  # clusters of a geometric size, 6 in the mean
        clusters = draw.poisson(rates / 6)
        more = draw.negative_binomial(np.maximum(clusters, 1), 1 / 6)
        return np.asarray(np.where(clusters > 0, clusters + more, 0))
    return np.asarray(draw.poisson(rates * _noise(draw, rates.shape, nulls, 3.0)))


def _noise(draw: np.random.Generator, shape: tuple[int, ...], nulls: str, evenness: float) -> Array:
    """Factors of mean 1; `evenness` is the shape of a gamma distribution, 1 / variance."""
    if nulls == "lognormal":
        sigma = math.sqrt(math.log(1 + 1.5 / evenness))
        return np.asarray(draw.lognormal(-sigma * sigma / 2, sigma, shape))
    factors = draw.standard_gamma(evenness, shape) / evenness
    if nulls == "zero-inflated":
        factors *= (draw.random(shape) >= 0.3) / 0.7
    if nulls == "bursty":
        factors = np.where(draw.random(shape) < 0.05, 4.0, 16 / 19) * factors
    return np.asarray(factors)


def _usual_calls(model: Model, day: int, draw: np.random.Generator) -> _Calls:
    parts = []
    app = draw.lognormal(0, 0.04)
    tenants = draw.standard_gamma(20, len(model.activity)) / 20
    for n, f in enumerate(FUNCTIONS):
        rates = _rates(model, day, n)
        if f.rhythm in ("hourly", "daily"):
            counts = ((draw.random(rates.shape) < 0.998) & (rates > 0)).astype(np.int64)
        else:
            counts = _counts(draw, rates * (app * tenants)[:, None], model.settings.nulls)
        place = np.repeat(np.arange(counts.size), counts.ravel())
        parts.append(_called(model, draw, place % 24, place // 24, np.full(len(place), n)))
    return _joined(parts)


def _called(model: Model, draw: np.random.Generator, hour: Array, tenant: Array, function: Array) -> _Calls:
    """Calls at these places, by some account, about some issue."""
    n = len(hour)
    people = np.array([f.rhythm == "people" for f in FUNCTIONS])[function]
    actor = model.first_actor[tenant] + (model.actors[tenant] * draw.random(n) ** 2).astype(np.int64)
    issue = model.first_key[tenant] + (model.keys[tenant] * draw.random(n) ** 2).astype(np.int64)
    median = np.array([f.median_ms for f in FUNCTIONS])[function]
    sigma = np.array([f.sigma for f in FUNCTIONS])[function]
    ms = median * np.exp(sigma * draw.standard_normal(n))
    start = draw.random(n)
    small = [a.astype(np.int32) for a in (hour, function, tenant, np.where(people, actor, -1), issue)]
    return _Calls(*small, ms, start)


def _written(model: Model, draw: np.random.Generator, calls: _Calls, hourly: Array) -> tuple[Array, Array]:
    """What calls write: numbers of calls, and statements."""
    known = told()
    found: list[tuple[Array, Array]] = []
    for n in range(len(FUNCTIONS)):
        which = np.flatnonzero(calls.function == n)
        for s in np.flatnonzero(known.function == n):
            chance = model.chances[s]
            if chance >= 1:
                chosen = which
            elif chance == 0:
                continue
            elif known.statements[s].level in ERRORS:
                limit = chance * model.errors[s][calls.tenant[which]] * hourly[s][calls.hour[which]]
                chosen = which[draw.random(len(which), dtype=np.float32) < np.minimum(limit, 0.9)]
            else:
                chosen = which[draw.random(len(which), dtype=np.float32) < chance]
            found.append((chosen, np.full(len(chosen), s, dtype=np.int32)))
    return np.concatenate([c for c, _ in found]), np.concatenate([s for _, s in found])


def day_of(model: Model, number: int) -> Day:
    """The records of a day, the first one being 0, without order."""
    known = told()
    draw = _chance(model.settings.seed, 4, number)
    hourly = _noise(draw, (len(known.statements), 24), model.settings.nulls, 4.0)
    calls = _usual_calls(model, number, draw)
    lines = _Lines.of(*_written(model, draw, calls, hourly))
    version = _versions(model, number)
    today = [i for i in model.incidents if i.start < number * 24 + 24 and i.end > number * 24]
    calls, lines = _with_more(model, number, today, calls, lines, hourly, version)
    gaps = _gaps(model, number)
    taken, kept = _with_less(model, number, today, calls, lines, ~np.isin(np.arange(24), gaps)[calls.hour])
    if not kept.all():
        lines = lines[kept[lines.call]]
    call, statement, by = lines.call, lines.statement, lines.by
    hour, function, tenant = calls.hour[call], calls.function[call], calls.tenant[call]
    limits = np.array([f.limit_ms for f in FUNCTIONS])[calls.function]
    ms = np.clip(np.rint(calls.ms), 1, limits - 1000).astype(np.int64)
    span = np.minimum(ms, _LONGEST_SPAN_MS)
    start = (calls.start * (_HOUR_MS - _LONGEST_SPAN_MS - 1000)).astype(np.int64)
    offset = start[call] + span[call] * known.position[statement] // np.array([len(f.statements) for f in FUNCTIONS])[function]
    offset += np.where(lines.late, 1 + by % 900, 0)  # the same text at the same time would be the same record
    refused = (known.roles == "refused")[statement]
    effects: dict[int, tuple[int, int]] = {}
    for one in today:
        if one.kind in _TAKES_AWAY:
            effects[one.number] = (-taken[one.number], taken[one.number])
        elif one.kind == "latency_shift":
            slow = _within(one, number, hour) & (function == one.function) & known.tells_ms[statement] & (by < 0)
            effects[one.number] = (0, int(slow.sum()))
        else:
            borne = int((by == one.number).sum())
            effects[one.number] = (0 if one.kind == "privacy_leak" else borne, borne)
    return Day(
        number,
        hour,
        function,
        tenant,
        np.where(refused, len(model.deployments), version[tenant, hour]),
        statement,
        np.where(known.tells_actor[statement], calls.actor[call], -1),
        np.where(known.tells_object[statement], calls.issue[call], -1),
        np.where(known.tells_ms[statement], ms[call], 0),
        offset,
        call,
        by,
        effects,
        gaps,
    )


def _within(one: Incident, day: int, hour: Array) -> Array:
    """Which hours of a day lie in an incident."""
    return np.asarray((hour >= one.start - day * 24) & (hour < one.end - day * 24))


def _with_more(
    model: Model, day: int, today: Sequence[Incident], usual: _Calls, lines: _Lines, hourly: Array, version: Array
) -> tuple[_Calls, _Lines]:
    """With what incidents add and change. What is usual stays where it is: each incident has its own chance."""
    known = told()
    calls, more, count = [usual], [lines], len(usual)
    for one in today:
        chance = _chance(model.settings.seed, 5, one.number, day)
        inside = _within(one, day, usual.hour)
        if one.function >= 0:
            inside &= usual.function == one.function
        if one.version >= 0:
            inside &= version[usual.tenant, usual.hour] == one.version
        if one.kind == "latency_shift":
            usual.ms[inside] *= one.size
        elif one.kind == "privacy_leak":
            source = one.statement - int(known.position[one.statement]) + _LEAKS
            which = np.flatnonzero((lines.statement == source) & inside[lines.call])
            which = which[chance.random(len(which)) < one.size]
            lines.statement[which] = one.statement
            lines.by[which] = one.number
        elif one.kind in _ADDS_TO_CALLS:
            which = np.flatnonzero(inside)
            for s, odds in _odds(model, one):
                usually = model.errors[s][usual.tenant[which]] * hourly[s][usual.hour[which]] if _is_factor(one) else 1.0
                chosen = which[chance.random(len(which)) < np.minimum(odds * usually, 0.9)]
                more.append(_Lines.of(chosen, np.full(len(chosen), s), one.number, late=True))
        elif one.kind not in _TAKES_AWAY:
            extra, forced = _extra(model, one, day, usual, inside, chance)
            call, statement = _written(model, chance, extra, hourly)
            more.append(_Lines.of(call + count, statement, one.number))
            if forced >= 0:
                more.append(_Lines.of(np.arange(len(extra)) + count, np.full(len(extra), forced), one.number, late=True))
            calls.append(extra)
            count += len(extra)
    return _joined(calls), _Lines(*(np.concatenate([getattr(m, n) for m in more]) for n in _Lines.__slots__))


def _with_less(
    model: Model, day: int, today: Sequence[Incident], calls: _Calls, lines: _Lines, kept: Array
) -> tuple[dict[int, int], Array]:
    """How many records incidents take away, and which calls are left of those that were `kept` so far."""
    taken: dict[int, int] = {}
    for one in today:
        if one.kind in _TAKES_AWAY:
            gone = kept & _within(one, day, calls.hour)
            if one.function >= 0:
                gone &= calls.function == one.function
            gone &= _chance(model.settings.seed, 5, one.number, day).random(len(calls)) < one.size
            kept = kept & ~gone
            taken[one.number] = int(gone[lines.call].sum())
    return taken, kept


def _is_factor(one: Incident) -> bool:
    """Whether its size is a factor of what is usual, rather than a share of the calls."""
    return one.kind in ("error_rate_up", "bad_deployment", "signature_burst")


def _odds(model: Model, one: Incident) -> list[tuple[int, float]]:
    """Which statements it writes, and with what probability a call."""
    if one.kind in ("error_rate_up", "bad_deployment"):
        return [(s, float(model.chances[s]) * (one.size - 1)) for s in _errors_of(one.function)]
    if one.kind == "signature_burst":
        return [(one.statement, float(model.chances[one.statement]) * (one.size - 1))]
    if one.kind == "throttling":
        return [(one.statement, one.size / 2), (told().of(one.function, "refused"), one.size / 2)]
    return [(one.statement, one.size)]


def _scheduled() -> Array:
    """Which functions are called by the clock."""
    return np.array([f.rhythm in ("hourly", "daily") for f in FUNCTIONS])


def _extra(
    model: Model, one: Incident, day: int, usual: _Calls, inside: Array, chance: np.random.Generator
) -> tuple[_Calls, int]:
    """Calls that an incident adds in a day, and what each of them writes besides; -1 for nothing."""
    hours = np.arange(max(one.start, day * 24), min(one.end, day * 24 + 24))
    if one.kind == "tenant_flood":
        rates = np.array([_rates(model, day, n)[one.tenant, hours % 24] for n in range(len(FUNCTIONS))])
        rates[_scheduled()] = 0
        counts = chance.poisson(rates * (one.size - 1))
        place = np.repeat(np.arange(counts.size), counts.ravel())
        hour = hours[place % len(hours)] % 24
        return _called(model, chance, hour, np.full(len(place), one.tenant), place // len(hours)), -1
    if one.kind == "volume_jump":
        which = inside & ~_scheduled()[usual.function]
        times = chance.poisson(one.size - 1, int(which.sum()))
        copies = np.repeat(np.flatnonzero(which), times)
        return _called(model, chance, usual.hour[copies], usual.tenant[copies], usual.function[copies]), -1
    if one.kind == "fan_out":
        length = one.end - one.start
        every = _chance(model.settings.seed, 6, one.number)  # the same in each of its days
        calls = every.integers(3, 9, len(one.tenants))
        tenant = np.repeat(np.array(one.tenants), calls)
        at = one.start + every.integers(0, length, len(tenant))
        here = np.flatnonzero(at // 24 == day)
        made = _called(model, chance, at[here] % 24, tenant[here], np.full(len(here), one.function))
        if one.actor >= 0:
            made.actor[:] = one.actor
        return made, one.statement
    if one.kind == "enumeration":
        share = one.size / (one.end - one.start)
        bounds = np.rint((hours - one.start) * share).astype(int), np.rint((hours + 1 - one.start) * share).astype(int)
        hour = np.repeat(hours, bounds[1] - bounds[0])
        order = np.concatenate([np.arange(a, b) for a, b in zip(*bounds, strict=True)])
    elif one.kind == "slow_scraping":
        hour = np.repeat(hours, int(one.size))
        order = (hour - one.start) * int(one.size) + np.tile(np.arange(int(one.size)), len(hours))
    else:
        hour = np.repeat(hours, chance.poisson(one.size, len(hours)))
        order = np.zeros(0, dtype=int)
    n = len(hour)
    made = _called(model, chance, hour % 24, np.full(n, one.tenant), np.full(n, one.function))
    if one.actor >= 0:
        made.actor[:] = one.actor
    if len(order):
        made.issue = model.first_key[one.tenant] + order % _ISSUES
    return made, one.statement


def _gaps(model: Model, day: int) -> tuple[int, ...]:
    """Hours of a day that the export has lost, by chance."""
    odds = model.settings.gaps_a_month / 720
    lost = _chance(model.settings.seed, 8, day).random(24) < odds
    return tuple(np.flatnonzero(lost).tolist())


# ---------------------------------------------------------------------------------------------------------------------
# Rows of the store
# ---------------------------------------------------------------------------------------------------------------------


def rollups(
    model: Model,
    *,
    parts: Sequence[str] = PARTS[:-1],
    by: Literal["day", "hour"] = "day",
    effects: dict[int, tuple[int, int]] | None = None,
) -> Iterator[tuple[datetime, pl.DataFrame]]:
    """A rollup for each day or hour, and when that begins; hours without records are left out.

    `parts`: the kinds of rows (`PARTS`); by default without `seen`, fingerprints of records, which take the most room. `effects`:
    filled with what incidents did, for `truth`.
    """
    for number in range(model.settings.days):
        day = day_of(model, number)
        _add_effects(effects, day)
        begins = datetime.combine(model.settings.first, datetime.min.time(), UTC) + timedelta(days=number)
        if by == "day":
            yield begins, rollup(model, day, parts)
            continue
        for hour in np.unique(day.hour):
            yield begins + timedelta(hours=int(hour)), rollup(model, _only(day, day.hour == hour), parts)


def _only(day: Day, which: Array) -> Day:
    names = [n for n in Day.__slots__ if n not in ("number", "effects", "gaps")]
    return replace(day, **{n: getattr(day, n)[which] for n in names})


def _add_effects(effects: dict[int, tuple[int, int]] | None, day: Day) -> None:
    if effects is not None:
        for number, (records, affected) in day.effects.items():
            before = effects.get(number, (0, 0))
            effects[number] = (before[0] + records, before[1] + affected)


def rollup(model: Model, day: Day, parts: Sequence[str] = PARTS[:-1]) -> pl.DataFrame:
    """The rows of the store for these records, in the store's order."""
    known = told()
    # everything is numbered in the order of its name, so the order of numbers is that of the rows
    frame = _Frame(model, day.number)
    where = (day.hour.astype(np.int64) * len(FUNCTIONS) + day.function) * len(model.versions) + day.version
    plain = where * len(model.activity) + day.tenant
    makers = {
        "actor": lambda: _actor_rows(model, day, frame, plain),
        "count": lambda: _count_rows(
            model, day, frame, (where * len(known.cells) + known.cell[day.statement]) * len(model.activity) + day.tenant
        ),
        "distinct": lambda: _distinct_rows(model, day, frame, plain),
        "invocation": lambda: _invocation_rows(model, day, frame, plain),
        "redaction": lambda: _redaction_rows(
            day, frame, (where * len(known.texts) + known.text[day.statement]) * len(model.activity) + day.tenant
        ),
        "seen": lambda: _seen_rows(day, frame),
    }
    rows = [makers[part]() for part in PARTS if part in parts]
    return pl.concat(rows) if rows else pl.DataFrame(schema=SCHEMA)


@dataclass(slots=True)
class _Frame:
    """Makes rows out of numbers."""

    model: Model
    day: int
    _columns: dict[str, pl.Series] = field(default_factory=dict)

    def rows(
        self, kind: str, key: Array, named: Sequence[tuple[str, str]], what: Array | None, **columns: pl.Series
    ) -> pl.DataFrame:
        """`key`: hour, function, version, one of `named` (level and signature), tenant, in one number. `what`: a name a row."""
        model = self.model
        rest, tenant = np.divmod(key, len(model.activity))
        rest, name = np.divmod(rest, len(named))
        rest, version = np.divmod(rest, len(model.versions))
        hour, function = np.divmod(rest, len(FUNCTIONS))
        return self._whole(
            kind,
            hour,
            {
                "source": pl.repeat("logs", len(key), eager=True),
                "function": _named([f.key for f in FUNCTIONS], function),
                "module": _named([f.module for f in FUNCTIONS], function),
                "version": _named(model.versions, version),
                "environment": pl.repeat(ENVIRONMENT_ID, len(key), eager=True),
                "level": _named([level for level, _ in named], name),
                "signature": _named([signature for _, signature in named], name),
                "tenant": _named(model.pseudonyms, tenant),
                **({} if what is None else {"what": pl.Series(what, dtype=pl.String)}),
                **columns,
            },
        )

    def _whole(self, kind: str, hour: Array, columns: dict[str, pl.Series]) -> pl.DataFrame:
        n = len(hour)
        begins = datetime.combine(self.model.settings.first, datetime.min.time(), UTC) + timedelta(days=self.day)
        micros = int(begins.timestamp()) * 10**6 + hour.astype(np.int64) * 3_600_000_000
        columns = columns | {
            "kind": pl.repeat(kind, n, eager=True),
            "day": pl.repeat(begins.date(), n, eager=True),
            "hour": pl.Series(micros).cast(pl.Datetime("us", "UTC")),
        }
        absent = {name: pl.repeat(None, n, dtype=t, eager=True) for name, t in SCHEMA.items() if name not in columns}
        columns = columns | absent
        return pl.DataFrame({name: columns[name].alias(name) for name in SCHEMA}).cast(SCHEMA)

    def bare(self, kind: str, hour: Array, **columns: pl.Series) -> pl.DataFrame:
        """Rows of an hour alone."""
        return self._whole(kind, hour, dict(columns))


def _named(names: Iterable[str], numbers: Array) -> pl.Series:
    return pl.Series(list(names), dtype=pl.String).gather(pl.Series(numbers.astype(np.uint32)))


_NOT_NAMED = (("", ""),)


def _lists(frame: pl.DataFrame) -> pl.DataFrame:
    """A row for each `key`, the others as lists. `frame` is sorted by it."""
    keys = frame["key"].to_numpy()
    return frame.with_columns(pl.Series("key", keys).set_sorted()).group_by("key", maintain_order=True).agg(pl.exclude("key"))


def _firsts(ordered: Array) -> Array:
    """Where another value begins."""
    return np.flatnonzero(np.diff(ordered, prepend=-1)) if len(ordered) else np.zeros(0, dtype=np.int64)


def _counted(numbers: Array) -> tuple[Array, Array]:
    """The numbers in order, each once, and how often it is there. None is less than 0."""
    ordered = np.sort(numbers)
    first = _firsts(ordered)
    return ordered[first], np.diff(first, append=len(ordered))


def _count_rows(model: Model, day: Day, frame: _Frame, key: Array) -> pl.DataFrame:
    known = told()
    digits = np.floor(np.log10(np.maximum(day.ms, 1))).astype(np.int64) + 1
    size = known.size[day.statement] + np.where(day.ms > 0, digits, 0)
    size += np.where(day.issue >= 0, model.key_size[np.maximum(day.issue, 0)], 0)
    key_size = np.sort(key << 12 | size)
    first = _firsts(key_size >> 12)
    sizes = np.add.reduceat(key_size & 0xFFF, first) if len(first) else first
    records = np.diff(first, append=len(key_size))
    counted = pl.DataFrame({"key": key_size[first] >> 12, "records": records, "size": sizes})
    which = np.flatnonzero(known.outcomes.any(axis=1)[day.statement])
    wrong = known.outcomes[day.statement[which]].astype(np.int64)
    outcomes = pl.DataFrame({"key": key[which], **{o.column: wrong[:, i] for i, o in enumerate(OUTCOMES)}})
    outcomes = outcomes.group_by("key").sum()
    took = day.ms > 0
    bucket = np.ceil(np.log(day.ms[took]) / _LOG_GAMMA).astype(np.int64)
    key_bucket, times = _counted(key[took] << 10 | bucket)
    durations = pl.DataFrame({"key": key_bucket >> 10, "buckets": key_bucket & 0x3FF, "counts": times})
    counted = counted.join(outcomes, on="key", how="left", maintain_order="left")
    counted = counted.join(_lists(durations), on="key", how="left", maintain_order="left")
    numbers = counted["key"].to_numpy()
    is_error = np.array([level in ERRORS for level, _ in known.cells])[numbers // len(model.activity) % len(known.cells)]
    counted = counted.with_columns(pl.Series(np.where(is_error, counted["records"].to_numpy(), 0)).alias("errors"))
    columns = {
        name: counted[name].fill_null(0) if name in counted.columns else pl.repeat(0, len(counted), eager=True)
        for name in COUNTERS
    }
    return frame.rows("count", numbers, known.cells, None, **columns, buckets=counted["buckets"], counts=counted["counts"])


def _actor_rows(model: Model, day: Day, frame: _Frame, key: Array) -> pl.DataFrame:
    which = np.flatnonzero(day.actor >= 0)
    actors, issues = len(model.actor_hash), len(model.key_hash) + 1
    numbers, times = _counted((key[which] * actors + day.actor[which]) * issues + day.issue[which] + 1)
    numbers, issue = np.divmod(numbers, issues)
    where, actor = np.divmod(numbers, actors)
    thing = np.concatenate([[0], np.maximum(model.key_hash >> np.uint64(32), 1)]).astype(np.int64)
    who = (model.actor_hash >> np.uint64(33)).astype(np.int64)
    pairs = pl.DataFrame({"key": where, "prints": who[actor] << 32 | thing[issue], "counts": times})
    lists = _lists(pairs.sort("key", "prints"))
    return frame.rows("actor", lists["key"].to_numpy(), _NOT_NAMED, None, prints=lists["prints"], counts=lists["counts"])


@cache
def _entries(hashes: bytes) -> Array:
    """What hashes add to a sketch."""
    return np.array([register_of(hashes[i : i + 8]) for i in range(0, len(hashes), 8)], dtype=np.int64)


def _distinct_rows(model: Model, day: Day, frame: _Frame, key: Array) -> pl.DataFrame:
    parts = []
    for n, (numbers, hashes) in enumerate(((day.actor, model.actor_hash), (day.issue, model.key_hash))):
        which = np.flatnonzero(numbers >= 0)
        entries = _entries(hashes.astype(">u8").tobytes())
        parts.append((key[which] * 2 + n) << 20 | entries[numbers[which]])
    found, _ = _counted(np.concatenate(parts))
    greatest = np.flatnonzero(np.diff(found // RANKS, append=-1))  # of one register, the last rank
    found = found[greatest]
    lists = _lists(pl.DataFrame({"key": found >> 20, "registers": found & 0xFFFFF}))
    numbers = lists["key"].to_numpy()
    what = np.array(["actors", "objects"])[numbers % 2]
    return frame.rows("distinct", numbers // 2, _NOT_NAMED, what, registers=lists["registers"])


def _invocation_rows(model: Model, day: Day, frame: _Frame, key: Array) -> pl.DataFrame:
    # a call's records have one place, but where it was refused: those tell no version
    place = day.call * 2 + (day.version == len(model.versions) - 1)
    n = int(place.max()) + 1 if len(place) else 0
    first, last, where = np.full(n, _HOUR_MS), np.full(n, -1), np.zeros(n, dtype=np.int64)
    np.minimum.at(first, place, day.offset)
    np.maximum.at(last, place, day.offset)
    where[place] = key
    there = np.flatnonzero(last >= 0)
    number = (there // 2 * 1_540_483_477 + day.number * 97_531) & 0x7FFFFFFF  # one to one in a day
    there = there[np.argsort(where[there] << 31 | number)]
    number = (there // 2 * 1_540_483_477 + day.number * 97_531) & 0x7FFFFFFF
    spans = {"key": where[there], "invocation": number, "first_ms": first[there], "last_ms": last[there]}
    lists = _lists(pl.DataFrame(spans))
    columns = {name: lists[name] for name in ("invocation", "first_ms", "last_ms")}
    return frame.rows("invocation", lists["key"].to_numpy(), _NOT_NAMED, None, **columns)


def _redaction_rows(day: Day, frame: _Frame, key: Array) -> pl.DataFrame:
    known = told()
    parts = []
    for n, times in enumerate(known.entities.values()):
        each = times[day.statement]
        parts.append(pl.DataFrame({"key": key[each > 0] * len(known.entities) + n, "records": each[each > 0]}))
    counted = pl.concat(parts).group_by("key").agg(pl.col("records").sum()).sort("key")
    numbers = counted["key"].to_numpy()
    what = np.array(list(known.entities))[numbers % len(known.entities)]
    columns = {name: counted[name] if name == "records" else pl.repeat(0, len(counted), eager=True) for name in COUNTERS}
    return frame.rows("redaction", numbers // len(known.entities), known.texts, what, **columns)


def _seen_rows(day: Day, frame: _Frame) -> pl.DataFrame:
    number = np.arange(len(day.hour), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(day.number * 0x1F123BB5)
    prints = (number & np.uint64((1 << 48) - 1)).astype(np.int64)
    ordered = np.sort(day.hour.astype(np.int64) << 48 | prints)
    lists = _lists(pl.DataFrame({"key": ordered >> 48, "prints": ordered & ((1 << 48) - 1)}))
    return frame.bare("seen", lists["key"].to_numpy(), prints=lists["prints"])


# ---------------------------------------------------------------------------------------------------------------------
# Logs
# ---------------------------------------------------------------------------------------------------------------------


def logs(model: Model, effects: dict[int, tuple[int, int]] | None = None) -> Iterator[bytes]:
    """Records of the App logs API, raw, a line each, oldest first. `effects`: filled with what incidents did, for `truth`."""
    for number in range(model.settings.days):
        day = day_of(model, number)
        _add_effects(effects, day)
        yield from log_lines(model, day)


def log_lines(model: Model, day: Day) -> Iterator[bytes]:
    """The records of a day as lines."""
    known, seed = told(), model.settings.seed
    begins = int(datetime.combine(model.settings.first, datetime.min.time(), UTC).timestamp() * 1000) + day.number * 86_400_000
    at = begins + day.hour.astype(np.int64) * _HOUR_MS + day.offset
    for i in np.lexsort((day.statement, day.call, at)).tolist():
        s, tenant, actor = known.statements[day.statement[i]], int(day.tenant[i]), int(day.actor[i])
        person = f"{tenant}-{max(actor, 0)}"
        values = {
            "$account": account_of(model, actor) if actor >= 0 else "",
            "$key": issue_key(int(day.issue[i])) if day.issue[i] >= 0 else "",
            "$ms": str(day.ms[i]),
            "$ip": f"192.0.2.{tenant % 254 + 1}",
            "$email": f"member.{person}@customer{tenant}.example",
            "$name": "Bronwyn Pritchard",
            "$n": str(100 + int(day.offset[i]) % 900),
        }
        text, arguments = s.text, s.arguments
        for slot, value in values.items():
            if slot in s.whole:
                text, arguments = text.replace(slot, value), arguments.replace(slot, value)
        invocation = _uuid(seed, "call", day.number, day.call[i])
        f = FUNCTIONS[day.function[i]]
        attributes = [
            ("appId", APP_ID),
            ("environmentId", ENVIRONMENT_ID),
            ("invocationId", invocation),
            ("installationContext", f"ari:cloud:jira::site/{model.clouds[tenant]}"),
            ("appVersion", model.versions[day.version[i]]),
            ("functionKey", f.key),
            ("moduleType", f.module),
            *([("arguments", arguments)] if arguments else []),
            ("licenseState", "Active"),
            ("edition", "Standard"),
        ]
        record = {
            "timeUnixNano": f"{at[i]}000000",
            "severityNumber": LEVELS[s.level],
            "severityText": s.level,
            "body": {"stringValue": text},
            "traceId": _uuid(seed, "trace", invocation).replace("-", ""),
            "spanId": invocation.replace("-", "")[:16],
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes],
        }
        yield f"{compact(record)}\n".encode()


# ---------------------------------------------------------------------------------------------------------------------
# The truth
# ---------------------------------------------------------------------------------------------------------------------


def truth(model: Model, effects: dict[int, tuple[int, int]] | None = None) -> list[dict[str, Any]]:
    """What happened, in order of time. `effects`: as `rollups` or `logs` filled it; without it two numbers are None."""
    found = [_truth(model, one, None if effects is None else effects.get(one.number, (0, 0))) for one in model.incidents]
    for number in range(model.settings.days):
        for hour in _gaps(model, number):
            at = number * 24 + hour
            gap = {"kind": "export_gap", "level": "", "start": _time(model, at), "end": _time(model, at + 1), "dimensions": {}}
            found.append(gap | {"size": 1.0, "unit": "hours", "records": None, "affected": None})
    return sorted(found, key=lambda line: (line["start"], line["kind"]))


def _truth(model: Model, one: Incident, effect: tuple[int, int] | None) -> dict[str, Any]:
    known, where = told(), {}
    if one.function >= 0:
        where["function"] = FUNCTIONS[one.function].key
        where["module"] = FUNCTIONS[one.function].module
    if one.tenant >= 0:
        where["tenant"] = model.pseudonyms[one.tenant]
    if one.version >= 0:
        where["version"] = model.versions[one.version]
    if one.statement >= 0 and one.kind != "privacy_leak":
        level, signature = known.cells[known.cell[one.statement]]
        where["signature" if signature else "statement"] = signature or known.texts[known.text[one.statement]][1]
        where["level"] = level
    if one.kind == "privacy_leak":
        where["statement"] = known.texts[known.text[one.statement]][1]
        where["entity"] = ",".join(e for e, times in known.entities.items() if times[one.statement])
    if one.actor >= 0:
        where["actor"] = str(int(model.actor_hash[one.actor]) >> 33)
        where["account"] = account_of(model, one.actor)
    return {
        "kind": one.kind,
        "level": one.level,
        "start": _time(model, one.start),
        "end": _time(model, one.end),
        "dimensions": where,
        "size": one.size,
        "unit": INCIDENTS[one.kind].unit,
        "records": None if effect is None else effect[0],
        "affected": None if effect is None else effect[1],
    }


def _time(model: Model, hour: int) -> str:
    at = datetime.combine(model.settings.first, datetime.min.time(), UTC) + timedelta(hours=hour)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


# ---------------------------------------------------------------------------------------------------------------------
# The program
# ---------------------------------------------------------------------------------------------------------------------


def write_store(
    model: Model, url: str, *, parts: Sequence[str] = PARTS[:-1], effects: dict[int, tuple[int, int]] | None = None
) -> int:
    """Adds all days to a store under the model's key, made if there is none, in a commit a day. Returns how many records."""
    from logscrub.metrics import store as stores

    kept = stores.open_or_make(url, Pseudonymizer(model.settings.key).key_id)
    records = 0
    for _, rows in rollups(model, parts=parts, effects=effects):
        stores.add(kept, lambda seen, rows=rows: rows, [])  # type: ignore[misc]
        records += int(rows.filter(pl.col("kind") == "count")["records"].sum())
    return records


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes traffic of a Forge app, with incidents, and says what they are.")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--tenants", type=int, default=500)
    parser.add_argument("--records-a-day", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=date.fromisoformat, default=FIRST, help=f"the first day ({FIRST})")
    parser.add_argument("--incidents", default="all", help="all, none, or kinds with commas between: " + ", ".join(KINDS))
    parser.add_argument("--incidents-a-week", type=float, default=4.0)
    parser.add_argument("--level", choices=("clear", "subtle", "both"), default="both")
    parser.add_argument("--quiet-days", type=int, default=14, help="days at the beginning in which no incident starts (14)")
    parser.add_argument("--nulls", choices=NULLS, default="nb", help="how calls vary (nb)")
    parser.add_argument("--gaps-a-month", type=float, default=2.0, help="hours that the export loses in 30 days (2)")
    parser.add_argument("--parts", default=",".join(PARTS[:-1]), help="kinds of rows, of " + ", ".join(PARTS))
    parser.add_argument("--key-file", type=Path, help="the key of the store")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--store", metavar="DIR", help="write rows of the store")
    target.add_argument("--logs", type=Path, metavar="FILE", help="write records of the App logs API")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="write what happened")
    options = parser.parse_args()
    kinds = {"all": KINDS, "none": ()}.get(options.incidents) or tuple(k for k in options.incidents.split(",") if k != "none")
    parts = tuple(options.parts.split(","))
    if unknown := sorted(set(parts) - set(PARTS)):
        parser.error(f"no such rows: {', '.join(unknown)}; some of {', '.join(PARTS)}")
    try:
        model = make(
            Settings(
                days=options.days,
                tenants=options.tenants,
                records_a_day=options.records_a_day,
                seed=options.seed,
                first=options.first,
                kinds=kinds,
                incidents_a_week=options.incidents_a_week,
                quiet_days=options.quiet_days,
                level=None if options.level == "both" else options.level,
                nulls=options.nulls,
                gaps_a_month=options.gaps_a_month,
                key=options.key_file.read_bytes().strip() if options.key_file else KEY,
            )
        )
    except ValueError as error:
        parser.error(str(error))
    effects: dict[int, tuple[int, int]] = {}
    if options.store:
        records = write_store(model, options.store, parts=parts, effects=effects)
    else:
        with options.logs.open("wb") as file:
            records = sum(1 for line in logs(model, effects) if file.write(line))
    if options.truth:
        lines = [json.dumps(line, ensure_ascii=False) for line in truth(model, effects)]
        options.truth.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{records:,} records in {options.days} days, {len(model.incidents)} incidents", file=sys.stderr)


if __name__ == "__main__":
    main()
