"""Writes the sample logs of this folder: one invented hour of one invented Forge app, in every export format.

    python scripts/sample_logs.py           write the files of sample_logs/
    python scripts/sample_logs.py --check   say which files differ from what would be written (exit code 1)

Everything is drawn from one seed, so the same files come out again and again (compressed ones too, on the same versions of
their libraries). Every person, customer, address, key and token is invented: mail hosts under
`.example`, addresses from the documentation ranges, tokens random with EXAMPLE in them.

How it is built: `story()` tells the hour as `Event`s; each function under "Formats" prints events in one export's shape.
"""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import random
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import zstandard

HERE = Path(__file__).parents[1] / "sample_logs"
SEED = "Roster for Teams"

# ---------------------------------------------------------------------------------------------------------------------
# The world: one vendor's app, its customers and their people
# ---------------------------------------------------------------------------------------------------------------------

APP_ID = "5d0c6a1e-7b43-4f2a-9c58-e1b7a4d39f06"
ENVIRONMENT_ID = "b2f94c7d-06e1-4a8b-8d35-72c0e9f1a64b"
START = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
BEFORE, BROKEN, FIXED = "4.206.0", "4.207.0", "4.207.1"
DEPLOYED, FLOOD_FROM, FLOOD_TO, REPAIRED = 20.0, 30.0, 40.0, 46.0  # minutes into the hour

LEVELS = {"TRACE": 10, "DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50, "FATAL": 60}


@dataclass(frozen=True)
class Person:
    """Somebody at a customer's, with everything by which a log could name them."""

    name: str
    email: str
    account_id: str
    phone: str
    ip: str
    user_agent: str


@dataclass(frozen=True)
class Customer:
    """A site with the app installed."""

    organisation: str
    site: str
    cloud_id: str
    project: str
    team: str
    edition: str
    content: str  # something its people wrote
    people: tuple[Person, ...]


# organisation, host, project key, team, edition, a piece of their content, people as (name, mail's local part, phone)
CUSTOMERS = [
    ("Nordlicht Logistik GmbH", "nordlicht", "NORD", "Lager Süd", "Advanced",
     "Kündigung Frau Vogt – Gespräch am Freitag",
     [("Jürgen Großmann", "juergen.grossmann", "+49 30 23125 014"), ("Anneliese Vogt", "a.vogt", "+49 30 23125 077"),
      ("Ayşe Yıldız-Becker", "ayse.yildiz", "+49 30 23125 131")]),
    ("さくらクリニック", "sakura-clinic", "SAKURA", "外来受付", "Standard",
     "佐藤さんの産休と代替要員について",
     [("佐藤 美咲", "misaki.sato", "+81 3-5555-0142"), ("高橋 健一", "kenichi.takahashi", "+81 3-5555-0190")]),
    ("Ζέφυρος Ναυτιλιακή", "zephyros", "ZEPH", "Πλήρωμα Β", "Standard",
     "Ιατρική άδεια πλοιάρχου Παπαδόπουλου",
     [("Γιώργος Παπαδόπουλος", "g.papadopoulos", "+30 21 0555 0119"), ("Ελένη Νικολάου", "eleni.nikolaou", "+30 21 0555 0123")]),
    ("مستشفى الأمل", "alamal", "AMAL", "طوارئ الليل", "Advanced",
     "ملاحظات تقييم أداء فاطمة الزهراء",
     [("محمد الحسيني", "m.alhusseini", "+971 4 555 0187"), ("فاطمة الزهراء", "fatima.alzahra", "+971 4 555 0133")]),
    ("Байкал Энерго", "baikal-energo", "BAIK", "Смена 3", "Standard",
     "Отпуск Соколова по семейным обстоятельствам",
     [("Дмитрий Соколов", "d.sokolov", "+7 495 555-01-44"), ("Ольга Кузнецова", "olga.kuznetsova", "+7 495 555-01-67")]),
    ("Ganga Textiles Pvt Ltd", "ganga-textiles", "GANGA", "Weaving Shift C", "Standard",
     "Advance on salary for Priya, confidential",
     [("प्रिया शर्मा", "priya.sharma", "+91 22 5550 0161"), ("Rajesh Venkataraman", "rajesh.v", "+91 22 5550 0112")]),
    ("Kōwhai Community Trust", "kowhai-trust", "KOWH", "Night Carers", "Standard",
     "Aroha's back injury - light duties until March",
     [("Aroha Ngāta", "aroha.ngata", "+64 9 555 0143"), ("Siobhán O'Connor", "siobhan.oconnor", "+64 9 555 0178")]),
    ("한옥 호텔", "hanok-hotel", "HANOK", "프런트 데스크", "Standard",
     "김민준 사원 징계 위원회 일정",
     [("김민준", "minjun.kim", "+82 2-555-0119"), ("이서연", "seoyeon.lee", "+82 2-555-0154")]),
    ("Savanna Rail", "savanna-rail", "RAIL", "Signal Crew 7", "Advanced",
     "Nomvula Dlamini: drug test result pending",
     [("Chukwuemeka Okonkwo", "emeka.okonkwo", "+27 21 555 0102"), ("Nomvula Dlamini", "nomvula.dlamini", "+27 21 555 0136")]),
    ("Minera Cóndor S.A.", "minera-condor", "CONDOR", "Turno Altura", "Advanced",
     "Baja por embarazo de María-José",
     [("José Ángel Núñez de la Peña", "ja.nunez", "+56 2 2555 0147"),
      ("María-José Quispe Huamán", "mj.quispe", "+56 2 2555 0198")]),
]  # fmt: skip

USER_AGENTS = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",  # noqa: E501
]

FUNCTIONS = {  # function key: (module, trigger)
    "saveRoster": ("jira:projectPage", "FRONTEND"),
    "loadRoster": ("jira:projectPage", "FRONTEND"),
    "inviteMember": ("jira:projectPage", "FRONTEND"),
    "onIssueUpdated": ("trigger", "PRODUCT"),
    "importRoster": ("webtrigger", "WEBTRIGGER"),
    "hourlySync": ("scheduledTrigger", "SCHEDULED"),
    "rosterPanel": ("jira:issuePanel", "FRONTEND"),
}


class Draw(random.Random):
    """The seeded source of everything that looks random here."""

    def hex(self, digits: int) -> str:
        return f"{self.getrandbits(digits * 4):0{digits}x}"

    def uuid(self) -> str:
        h = self.hex(32)
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{self.choice('89ab')}{h[17:20]}-{h[20:]}"

    def letters(self, n: int, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") -> str:
        return "".join(self.choice(alphabet) for _ in range(n))

    def account_id(self, shape: int) -> str:
        return [
            lambda: self.hex(24),
            lambda: f"712020:{self.uuid()}",
            lambda: f"557058:{self.uuid()}",
            lambda: f"712020:{self.hex(24)}",
            lambda: f"qm:{self.uuid()}:{self.uuid()}",
        ][shape % 5]()

    def api_token(self, prefix: str = "ATATT3x") -> str:
        """The shape of an Atlassian token, checksum included; real ones never start with EXAMPLE."""
        body = f"{prefix}EXAMPLE{self.letters(168)}"
        return f"{body}={zlib.crc32(f'{body}='.encode()):08X}"

    def jwt(self, claims: dict[str, Any]) -> str:
        parts = (json.dumps(p, separators=(",", ":")).encode() for p in ({"alg": "HS256", "typ": "JWT"}, claims))
        return ".".join([*(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts), self.letters(43)])


def customers(draw: Draw) -> list[Customer]:
    """The customers above with the ids and addresses that a seed gives them."""
    nets = ["192.0.2.{}", "198.51.100.{}", "203.0.113.{}", "2001:db8:85a3::8a2e:{:x}"]
    found = []
    shape = 0
    for organisation, host, project, team, edition, content, rows in CUSTOMERS:
        people = []
        for name, local, phone in rows:
            ip = nets[shape % 4].format(draw.randrange(2, 250))
            agent = USER_AGENTS[shape % len(USER_AGENTS)]
            people.append(Person(name, f"{local}@{host}.example", draw.account_id(shape), phone, ip, agent))
            shape += 1
        site = f"{host}-example.atlassian.net"
        found.append(Customer(organisation, site, draw.uuid(), project, team, edition, content, tuple(people)))
    return found


# ---------------------------------------------------------------------------------------------------------------------
# What is logged
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Err:
    """A JavaScript error as an argument of `console.error`."""

    name: str
    message: str
    frames: tuple[str, ...]
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def stack(self) -> str:
        return "\n".join([f"{self.name}: {self.message}", *(f"    at {frame}" for frame in self.frames)])

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "message": self.message, "stack": self.stack, **self.properties}


@dataclass(frozen=True)
class Invocation:
    """One run of a function for one customer."""

    id: str
    trace: str
    function: str
    version: str
    customer: Customer
    person: Person
    container: str


@dataclass(frozen=True)
class Event:
    """One call of `console.log`: a text, and further arguments."""

    ms: int  # since 1970
    level: str
    run: Invocation
    message: str
    other: tuple[Any, ...] = ()
    front_end: bool = False
    span: str = ""

    @property
    def iso(self) -> str:
        return f"{datetime.fromtimestamp(self.ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{self.ms % 1000:03}Z"

    @property
    def minute(self) -> float:
        return (self.ms / 1000 - START.timestamp()) / 60


FRAMES = (
    "saveMembers (webpack://roster-for-teams/src/roster/save.js:118:35)",
    "process.processTicksAndRejections (node:internal/process/task_queues:105:5)",
    "async saveRoster (webpack://roster-for-teams/src/resolvers/index.js:77:3)",
)
TYPE_ERROR = Err("TypeError", "Cannot read properties of undefined (reading 'displayName')", FRAMES)

Line = tuple[str, str, tuple[Any, ...]]  # level, message, further arguments


class Writer:
    """What the app's functions write. Each method is one place in the code that logs; the careless ones leak."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    # -- an ordinary day ----------------------------------------------------------------------------------------------

    def loaded(self, run: Invocation) -> list[Line]:
        ms = self.draw.randrange(80, 420)
        return [("INFO", f"Roster loaded: {self.draw.randrange(3, 40)} members in {ms} ms", ())]

    def context(self, run: Invocation) -> list[Line]:
        c = run.customer
        context = {
            "cloudId": c.cloud_id,
            "siteUrl": f"https://{c.site}",
            "accountId": run.person.account_id,
            "timezone": "Europe/Vienna",
            "extension": {
                "issue": {"key": self.issue(c), "id": str(self.draw.randrange(10000, 30000)), "type": "Task"},
                "project": {"id": str(self.draw.randrange(10000, 10100)), "key": c.project, "type": "business"},
                "type": "jira:issuePanel",
            },
        }
        return [("DEBUG", "context", (context,)), *self.loaded(run)]

    def saved(self, run: Invocation) -> list[Line]:
        n = self.draw.randrange(3, 30)
        return [
            ("DEBUG", "saveRoster called", ({"team": run.customer.team, "lead": run.person.email, "members": n},)),
            ("INFO", f"Roster saved for {n} members in {self.draw.randrange(150, 900)} ms", ()),
        ]

    def invited(self, run: Invocation) -> list[Line]:
        other = self.other_person(run)
        return [("INFO", f"Invitation from {run.person.name} <{run.person.email}> sent to {other.email}, took={self.took()}", ())]

    def issue_updated(self, run: Invocation) -> list[Line]:
        c, p = run.customer, run.person
        return [
            ("INFO", f"event avi:jira:updated:issue {self.issue(c)} by {p.account_id}", ()),
            ("DEBUG", "comment", ({"body": f"[~accountid:{p.account_id}] {c.content}", "author": {"displayName": p.name}},)),
        ]

    def synced(self, run: Invocation) -> list[Line]:
        return [
            ("INFO", f"Synced {self.draw.randrange(5, 60)} issues in {self.draw.randrange(400, 1900)} ms", ()),
            ("TRACE", f"cache hit ratio 0.{self.draw.randrange(60, 99)}, build {self.draw.hex(40)}", ()),
        ]

    def imported(self, run: Invocation) -> list[Line]:
        p = run.person
        secret = f"https://{self.draw.uuid()}.hello.atlassian-dev.net/x1/EXAMPLE{self.draw.letters(28)}"
        headers = {
            "x-forwarded-for": [f"{p.ip}, 198.51.100.7"],
            "user-agent": [p.user_agent],
            "authorization": [f"Basic {self.base64(f'{p.email}:{self.draw.api_token()}')}"],
        }
        return [
            ("INFO", f"Import called at {secret}?source=hr&owner={quote(p.email, safe='')}", ()),
            ("DEBUG", "headers", (headers,)),
            ("INFO", f"Imported {self.draw.randrange(3, 80)} shifts, took={self.took()}", ()),
        ]

    # -- 4.207.0 --------------------------------------------------------------------------------------------------------

    def failed_with_request(self, run: Invocation) -> list[Line]:
        """The bug: on an error, the whole request goes into the log."""
        return [("ERROR", "saveRoster failed", (TYPE_ERROR,)), ("ERROR", "request was", (self.request(run),))]

    def failed_inline(self, run: Invocation) -> list[Line]:
        text = compact(self.request(run)["body"])
        return [("ERROR", f"saveRoster failed: {TYPE_ERROR.name}: {TYPE_ERROR.message}; body={text}", ())]

    def failed_with_stack(self, run: Invocation) -> list[Line]:
        p = run.person
        text = f"No displayName for {p.name} ({p.account_id}) in {run.customer.team}"
        return [("ERROR", "", (Err("RosterError", text, FRAMES, {"code": "MEMBER_INCOMPLETE", "member": self.member(run, p)}),))]

    def jql(self, run: Invocation) -> list[Line]:
        p, c = run.person, run.customer
        jql = f'project = {c.project} AND assignee = "{p.account_id}" AND text ~ "{c.content}"'
        return [
            ("WARN", f"retrying /rest/api/3/search/jql?jql={quote(jql, safe='')}&maxResults=50", ()),
            ("DEBUG", "search", ({"jql": f'assignee in ("{p.name}") ORDER BY created', "site": c.site},)),
        ]

    def keys(self, run: Invocation) -> list[Line]:
        """Data as keys of an object and as numbers."""
        by_mail = {
            p.email: {"employeeId": self.draw.randrange(10**7, 10**8), "phone": int(re.sub(r"\D", "", p.phone))}
            for p in run.customer.people
        }
        return [("DEBUG", "membersByMail", (by_mail,))]

    def encoded(self, run: Invocation) -> list[Line]:
        text = compact({"lead": run.person.name, "email": run.person.email, "note": run.customer.content})
        return [("DEBUG", f"resend payload={self.base64(text)}", ())]

    def sql(self, run: Invocation) -> list[Line]:
        p = run.person
        name = p.name.replace("'", "''")
        statement = f"INSERT INTO members (email, name, phone) VALUES ('{p.email}', '{name}', '{p.phone}')"
        message = f"Duplicate entry '{p.email}' for key 'members.email'"
        properties = {"code": "ER_DUP_ENTRY", "errno": 1062, "sql": statement}
        frames = (
            "checkResponseError (webpack://roster-for-teams/node_modules/@forge/sql/out/utils/error-handling.js:29:1)",
            FRAMES[2],
        )
        return [("ERROR", "", (Err("ForgeSQLAPIError", message, frames, properties),))]

    def page(self, run: Invocation) -> list[Line]:
        c, p = run.customer, run.person
        mention = {"type": "mention", "attrs": {"id": p.account_id, "text": f"@{p.name}"}}
        adf = {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [mention, {"type": "text", "text": c.content}]}],
        }
        page = {
            "title": f"{c.team}: {c.content}",
            "body": {"value": compact(adf)},
            "filename": f"{c.content}.pdf",
        }
        return [("ERROR", "Could not update page", (page,))]

    def egress(self, run: Invocation) -> list[Line]:
        url = f"https://hooks.example.com/roster?email={quote(run.person.email, safe='')}&token=EXAMPLE{self.draw.letters(24)}"
        refused = f"URL not included in the external fetch backend permissions: {url}."
        return [
            ("ERROR", f"{refused} Visit go.atlassian.com/forge-egress for more information.", ()),
            ("FATAL", "Forge platform failed to process runtime HTTP request - 403 - REQUEST_EGRESS_ALLOWLIST_ERR", ()),
        ]

    def browser(self, run: Invocation) -> list[Line]:
        avatar = f"https://secure.gravatar.com/avatar/{hashlib.md5(run.person.email.encode()).hexdigest()}?d=mm"
        return [("ERROR", f"Uncaught TypeError: Cannot read properties of null (reading 'avatar') {avatar}", ())]

    # -- the flood ------------------------------------------------------------------------------------------------------

    def too_many(self, run: Invocation) -> list[Line]:
        p, c = run.person, run.customer
        path = f"/rest/api/3/user?accountId={quote(p.account_id, safe='')}"
        return [
            ("WARN", f"Jira responded 429 Too Many Requests, Retry-After {self.draw.randrange(5, 60)} for {path}", ()),
            ("INFO", f"automation retry #{self.draw.randrange(2, 900)} team={c.team} user={p.email} ip={p.ip}", ()),
        ]

    def limited(self, run: Invocation) -> list[Line]:
        err = {"name": "FUNCTION_PLATFORM_RATE_LIMITED", "message": "Limits for the current installation have been exceeded"}
        return [("ERROR", "", (err,))]

    def timed_out(self, run: Invocation) -> list[Line]:
        return [("ERROR", "Task timed out after 25.00 seconds", ())]

    # -- pieces ---------------------------------------------------------------------------------------------------------

    def request(self, run: Invocation) -> dict[str, Any]:
        c, p = run.customer, run.person
        claims = {"sub": p.account_id, "iss": c.cloud_id, "email": p.email, "exp": 1795429200}
        return {
            "method": "PUT",
            "url": f"https://{c.site}/rest/api/3/issue/{self.issue(c)}?notifyUsers=false",
            "headers": {
                "authorization": f"Bearer {self.draw.jwt(claims)}",
                "cookie": f"tenant.session.token=EXAMPLE{self.draw.letters(40)}; atl.xsrf.token={self.draw.hex(40)}_lin",
                "x-forwarded-for": p.ip,
                "user-agent": p.user_agent,
            },
            "body": {
                "tenantName": c.organisation,
                "team": c.team,
                "summary": c.content,
                "lead": self.member(run, p),
                "members": [self.member(run, m) for m in c.people if m is not p],
                "apiToken": self.draw.api_token(),
            },
        }

    def member(self, run: Invocation, p: Person) -> dict[str, Any]:
        return {"displayName": p.name, "emailAddress": p.email, "accountId": p.account_id, "phone": p.phone}

    def issue(self, c: Customer) -> str:
        return f"{c.project}-{self.draw.randrange(11, 2400)}"

    def other_person(self, run: Invocation) -> Person:
        return next(p for p in run.customer.people if p is not run.person)

    def took(self) -> str:
        return f"{self.draw.randrange(3, 38) / 10}s"

    @staticmethod
    def base64(text: str) -> str:
        return base64.b64encode(text.encode()).decode()


def story() -> list[Event]:
    """The hour, oldest first: quiet, 4.207.0 at 09:20, its errors, Nordlicht's flood from 09:30, the fix at 09:46."""
    draw = Draw(SEED)
    everyone = customers(draw)
    flooder = everyone[0]
    write = Writer(draw)
    quiet: list[tuple[str, Callable[[Invocation], list[Line]]]] = [
        ("loadRoster", write.loaded),
        ("loadRoster", write.context),
        ("saveRoster", write.saved),
        ("saveRoster", write.saved),
        ("inviteMember", write.invited),
        ("onIssueUpdated", write.issue_updated),
        ("hourlySync", write.synced),
        ("importRoster", write.imported),
    ]
    broken = [
        write.failed_with_request,
        write.failed_inline,
        write.failed_with_stack,
        write.jql,
        write.keys,
        write.encoded,
        write.failed_with_request,
        write.sql,
        write.page,
        write.failed_inline,
        write.egress,
        write.browser,
    ]
    flood = [write.too_many, write.too_many, write.limited, write.timed_out]

    # (minute, customer, function, version, what it writes)
    plan: list[tuple[float, Customer, str, str, Callable[[Invocation], list[Line]]]] = []

    def at(minute: float, customer: Customer, function: str, what: Callable[[Invocation], list[Line]], version: str = "") -> None:
        deployed = BEFORE if minute < DEPLOYED else BROKEN if minute < REPAIRED else FIXED
        plan.append((minute, customer, function, version or deployed, what))

    for i in range(52):  # background, evenly over the hour; nothing is saved while the bug is live
        minute = i * 60 / 52 + draw.random()
        function, what = quiet[i % len(quiet)]
        if not (what == write.saved and DEPLOYED <= minute < REPAIRED):
            at(minute, everyone[i % len(everyone)], function, what)
    for i in range(36):  # the bug, dense from the deployment on
        minute = DEPLOYED + 0.2 + (i / 36) ** 1.4 * (REPAIRED - DEPLOYED - 0.5)
        what = broken[i % len(broken)]
        at(minute, everyone[i * 7 % len(everyone)], "rosterPanel" if what == write.browser else "saveRoster", what)
    for i in range(28):  # the flood
        what = flood[i % len(flood)]
        minute = FLOOD_FROM + i * (FLOOD_TO - FLOOD_FROM) / 28
        at(minute, flooder, "saveRoster", what, "unknown" if what == write.limited else "")

    events = []
    seen: dict[str, int] = {}
    for minute, customer, function, version, what in sorted(plan, key=lambda row: row[0]):
        turn = seen[customer.site] = seen.get(customer.site, 0) + 1  # its people take turns
        person = customer.people[turn % len(customer.people)]
        run = Invocation(draw.uuid(), draw.hex(32), function, version, customer, person, f"roster-remote-{draw.randrange(1, 4)}")
        ms = int((START.timestamp() + minute * 60) * 1000) + draw.randrange(1000)
        for level, message, other in what(run):
            events.append(Event(ms, level, run, message, other, what == write.browser, draw.hex(16)))
            ms += draw.randrange(3, 700)
    return sorted(events, key=lambda e: e.ms)


def planted() -> list[str]:
    """The customers' values that a scrubbed file should not show, for tests: names, addresses, ids, phones, content."""
    values = set()
    for c in customers(Draw(SEED)):
        values |= {c.organisation, c.site, c.cloud_id, c.content}
        for p in c.people:
            values |= {p.name, p.email, p.account_id, p.phone, p.ip}
    return sorted(values)


# ---------------------------------------------------------------------------------------------------------------------
# How Node prints values (util.inspect and util.format, as far as needed here)
# ---------------------------------------------------------------------------------------------------------------------


def inspect(value: Any, indent: int = 0, depth: int = 0) -> str:
    """`value` as `console.log` shows it: single quotes, bare keys, one line if short and flat, cut below depth 2."""
    if isinstance(value, str):
        for mark in "'\"`":
            if mark not in value:
                return mark + value.replace("\\", "\\\\").replace("\n", "\\n") + mark
        return "'" + value.replace("\\", "\\\\").replace("\n", "\\n").replace("'", "\\'") + "'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Err):
        stack = value.stack.replace("\n", "\n" + " " * indent)
        return stack + (
            " " + _block("{", [(k, v) for k, v in value.properties.items()], "}", indent, depth) if value.properties else ""
        )
    if isinstance(value, dict):
        if depth > 2:
            return "[Object]"
        return _block("{", list(value.items()), "}", indent, depth) if value else "{}"
    if isinstance(value, list | tuple):
        if depth > 2:
            return "[Array]"
        return _block("[", [(None, v) for v in value], "]", indent, depth) if value else "[]"
    return str(value)


def _block(start: str, items: list[tuple[Any, Any]], end: str, indent: int, depth: int) -> str:
    parts = []
    for key, value in items:
        label = "" if key is None else f"{key}: " if re.fullmatch(r"[A-Za-z_$][\w$]*", key, re.ASCII) else f"{inspect(key)}: "
        parts.append(label + inspect(value, indent + 2, depth + 1))
    line = f"{start} {', '.join(parts)} {end}"
    if "\n" not in line and len(line) + indent <= 71:  # where Node breaks
        return line
    margin = "\n" + " " * (indent + 2)
    return f"{start}{margin}{f',{margin}'.join(parts)}\n{' ' * indent}{end}"


def text_of(event: Event) -> str:
    """The message of an event as `forge logs` prints it; an object of several lines on its own starts on a new line."""
    parts = [event.message, *(v if isinstance(v, str) else inspect(v) for v in event.other)]
    text = " ".join(p for p in parts if p)
    return f"\n{text}" if not event.message and text.startswith("{\n") else text


def plain(value: Any) -> Any:
    """`value` as JSON has it."""
    if isinstance(value, Err):
        return plain(value.as_json())
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


def compact(value: Any) -> str:
    """JSON as JavaScript writes it."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def pretty(value: Any) -> bytes:
    return json.dumps(plain(value), ensure_ascii=False, indent=2).encode()


def lines(rows: Iterable[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


# ---------------------------------------------------------------------------------------------------------------------
# Formats
# ---------------------------------------------------------------------------------------------------------------------


def record(e: Event) -> dict[str, Any]:
    """One record of the App logs API: an OTLP log record with the app's attributes."""
    c = e.run.customer
    attributes = {
        "appId": APP_ID,
        "environmentId": ENVIRONMENT_ID,
        "invocationId": e.run.id,
        "installationContext": f"ari:cloud:jira::site/{c.cloud_id}",
        "appVersion": e.run.version,
        "functionKey": e.run.function,
        "moduleType": "core:function",
        **({"arguments": compact(e.other)} if e.other else {}),
        "licenseState": "Active",
        "edition": c.edition,
    }
    return {
        "timeUnixNano": f"{e.ms}000000",
        "severityNumber": LEVELS[e.level],
        "severityText": e.level,
        "body": {"stringValue": e.message},
        "traceId": e.run.trace,
        "spanId": e.span,
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()],
    }


def pages(events: list[Event], size: int) -> list[dict[str, Any]]:
    """App logs API pages; all but the last have a cursor."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(events), size):
        found.append({"appLogs": [record(e) for e in events[start : start + size]]})
        if start + size < len(events):
            found[-1]["cursor"] = base64.b64encode(compact({"offset": start + size}).encode()).decode()
    return found


def records(events: list[Event]) -> bytes:
    return lines(compact(record(e)) for e in events)


def otlp(events: list[Event]) -> bytes:
    scope = {"name": "forge-app-logs", "version": "1.0.0"}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "roster-for-teams"}}]}
    logs = [record(e) for e in events]
    return pretty({"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": logs}]}]})


def by_run(events: list[Event]) -> dict[Invocation, list[Event]]:
    groups: dict[Invocation, list[Event]] = {}
    for e in events:
        groups.setdefault(e.run, []).append(e)
    return groups


def graphql_v1(events: list[Event]) -> bytes:
    """The answer behind `forge logs --grouped` of older CLIs: lines under their invocation."""
    nodes = []
    for run, group in by_run(events).items():
        edges = []
        for i, e in enumerate(group):
            node = {"timestamp": e.iso, "level": e.level, "message": e.message or None, "other": list(e.other) or None}
            edges.append({"node": node, "cursor": base64.b64encode(f"{run.id}:{i}".encode()).decode()})
        nodes.append(
            {
                "id": run.id,
                "function": {"key": run.function},
                "appVersion": run.version,
                "trigger": {"type": FUNCTIONS[run.function][1]},
                "appLogLines": {"edges": edges, "pageInfo": {"hasNextPage": False}},
            }
        )
    return pretty({"data": {"appLogs": {"nodes": nodes}}})


def graphql_v2(events: list[Event]) -> bytes:
    """The answer behind `forge logs` of today's CLI: one flat list; lines of front ends say which browser."""
    rows = []
    counts: dict[str, int] = {}
    for e in events:
        counts[e.run.function] = counts.get(e.run.function, 0) + 1
        front = e.front_end
        rows.append(
            {
                "appId": APP_ID,
                "appVersion": e.run.version,
                "message": e.message or None,
                "environmentId": ENVIRONMENT_ID,
                "invocationId": e.run.id,
                "functionKey": None if front else e.run.function,
                "lvl": e.level,
                "error": None,
                "other": compact(e.other) if e.other else None,
                "ts": e.iso,
                "browserName": "Chrome" if front else None,
                "browserVersion": "142.0.0.0" if front else None,
                "errorType": "TypeError" if front else None,
                "extensionType": FUNCTIONS[e.run.function][0] if front else None,
                "installationId": f"ari:cloud:ecosystem::installation/{_uuid_of(e.run.customer.cloud_id)}" if front else None,
                "logSource": "UNCAUGHT_EXCEPTION" if front else "CONSOLE",
                "osName": "Mac OS" if front else None,
                "renderType": "native" if front else None,
                "userAgent": e.run.person.user_agent if front else None,
            }
        )
    buckets = [{"key": k, "count": n, "__typename": "BucketField"} for k, n in counts.items()]
    answer = {
        "appLogs": rows,
        "appLogsFilterBuckets": {"containers": [], "services": [], "functionKeys": buckets, "__typename": "AppLogsFilterBuckets"},
        "hasNextPage": False,
        "totalLogs": len(rows),
        "__typename": "AppLogsWithMetaDataResponse",
    }
    return pretty({"data": {"appLogsWithMetaData": answer}})


def _uuid_of(text: str) -> str:
    return Draw(text).uuid()


def flat(events: list[Event], *, verbose: bool = False, colour: bool = False, containers: bool = False) -> bytes:
    """`forge logs`: level, time, invocation, message; with --verbose three more lines."""
    rows = []
    for e in events:
        level = "" if containers else f"{_level(e.level, colour)} "
        rows.append(f"{level}{e.iso} {e.run.id} {text_of(e)}")
        if verbose:
            details = [
                f"App version: {e.run.version}",
                f"Function name: {e.run.function}",
                f"Function trigger: {FUNCTIONS[e.run.function][1]}",
            ]
            rows += [f"\x1b[90m    {d}\x1b[39m" if colour else f"    {d}" for d in details]
    return lines(rows)


def _level(level: str, colour: bool = False) -> str:
    if not colour:
        return f"{level:7}"
    if level == "FATAL":
        return f"\x1b[101m\x1b[1m\x1b[97m{level:7}\x1b[39m\x1b[22m\x1b[49m"
    return f"\x1b[{ {'TRACE': 34, 'DEBUG': 35, 'INFO': 36, 'WARN': 33, 'ERROR': 31}[level] }m{level:7}\x1b[39m"


def grouped(events: list[Event], *, verbose: bool = False) -> bytes:
    """`forge logs --grouped`: an invocation, its lines without the date, an empty line; --verbose puts a table first."""
    rows = []
    for run, group in by_run(events).items():
        if verbose:
            cells = {
                "App version": run.version,
                "Invocation ID": run.id,
                "Function name": run.function,
                "Function trigger": FUNCTIONS[run.function][1],
            }
            rows += ["┌" + "─" * 18 + "─" * 38 + "┐"]
            rows += [f"│ {k:16}  {v:36} │" for k, v in cells.items()]
            rows += ["└" + "─" * 18 + "─" * 38 + "┘", ""]
            rows += [flat(group, verbose=True).decode()]  # ends with a line end: an empty line follows
        else:
            rows += [f"invocation: {run.id}", *(f"{_level(e.level)} {e.iso[11:]} {text_of(e)}" for e in group), ""]
    return lines(rows)


def tunnel(events: list[Event]) -> bytes:
    """`forge tunnel`: the developer's own machine, local time."""
    rows = []
    for run, group in by_run(events).items():
        rows.append(f"invocation: {run.trace} index.{run.function}")
        rows += [f"{_level(e.level)} {e.iso[11:-1]}  {run.id}  {text_of(e)}" for e in group]
    return lines(rows)


def container_stdout(events: list[Event]) -> bytes:
    """What a Forge container writes: JSON lines whose `forge_invocation` is base64, between lines that are just text."""
    rows = ["roster-remote listening on port 8080"]
    for e in events:
        c = e.run.customer
        about = {"id": e.run.id, "ctx": f"ari:cloud:jira:{c.cloud_id}:workspace/{_uuid_of(c.site)}", "traceId": e.run.trace}
        row = {"ts": e.ms, "level": e.level, "msg": e.message, "forge_invocation": Writer.base64(compact(about))}
        if e.other:
            row["details"] = list(e.other)
        if "429" in e.message:
            row |= {"http_status": 429, "accountId": e.run.person.account_id}
        rows.append(compact(row))
    rows.append("SIGTERM received, draining connections")
    return lines(rows)


def generic_ndjson(events: list[Event]) -> bytes:
    """A remote back end's own logger (the shape that pino writes)."""
    rows = []
    for e in events:
        p = e.run.person
        row: dict[str, Any] = {
            "level": LEVELS[e.level],
            "time": e.ms,
            "pid": 17,
            "hostname": e.run.container,
            "reqId": e.run.trace,
        }
        headers = {"host": "roster.example.com", "x-forwarded-for": p.ip, "user-agent": p.user_agent}
        row["req"] = {
            "method": "PUT",
            "url": f"/rosters/{e.run.customer.cloud_id}?by={quote(p.account_id, safe='')}",
            "headers": headers,
        }
        for value in e.other:
            row["err" if isinstance(value, Err) else "data"] = value
        rows.append(compact({**row, "msg": e.message, "version": e.run.version}))
    return lines(rows)


def generic_json(events: list[Event]) -> bytes:
    """A support ticket's attachment: one JSON document that somebody's own script made."""
    entries = [
        {
            "time": e.iso,
            "level": e.level,
            "function": e.run.function,
            "version": e.run.version,
            "site": e.run.customer.site,
            "user": {"accountId": e.run.person.account_id, "displayName": e.run.person.name},
            "message": e.message,
            "context": list(e.other),
        }
        for e in events
    ]
    return pretty({"app": "Roster for Teams", "appId": APP_ID, "exportedAt": "2026-11-17T10:12:40Z", "entries": entries}) + b"\n"


CSV_HEADER = (
    "Level,Date/Time(UTC),Details,Invocation ID,Trace ID,Module,Function,Version,Site,Environment,Atlassian app,License,Edition"
)


def csv_download(events: list[Event]) -> bytes:
    """The developer console's download; its columns aren't documented."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_HEADER.split(","))
    for e in events:
        run, c = e.run, e.run.customer
        details = " ".join(filter(None, [e.message, compact(e.other) if e.other else ""]))
        where = [FUNCTIONS[run.function][0], run.function, run.version, c.site, "production", "Jira", "Active", c.edition]
        writer.writerow([e.level, e.iso, details, run.id, run.trace, *where])
    return out.getvalue().encode()


def plain_text(events: list[Event]) -> bytes:
    """A gateway's own log: no format but what its author liked."""
    rows = []
    for e in events:
        p, c = e.run.person, e.run.customer
        head = f"{e.iso[:10]} {e.iso[11:19]},{e.ms % 1000:03} {e.level:<5} [roster-gateway]"
        what = f"{p.ip} PUT /x1/roster?team={quote(c.team, safe='')} 500 {e.ms % 900}ms"
        rows.append(f'{head} {what} user="{p.name}" email={p.email} account={p.account_id} ua="{p.user_agent}"')
        text = re.sub(r"\s+", " ", text_of(e))
        rows.append(f"{head} trace={e.run.trace} {text}")
    return lines(rows)


SEVERITIES = {"TRACE": 7, "DEBUG": 7, "INFO": 6, "WARN": 4, "ERROR": 3, "FATAL": 2}
HOST, PROGRAM = "roster-web-1", "roster"


def one_line(event: Event) -> str:
    """The message of an event without line ends."""
    return re.sub(r"\s+", " ", text_of(event)).strip()


def syslog_5424(events: list[Event]) -> bytes:
    """RFC 5424, as a remote back end's logging daemon writes it; facility local0."""
    rows = []
    for e in events:
        run = e.run
        user = re.sub(r'(["\\\]])', r"\\\1", run.person.name)
        data = f'[roster@32473 function="{run.function}" version="{run.version}" user="{user}" client_ip="{run.person.ip}"]'
        rows.append(f"<{16 * 8 + SEVERITIES[e.level]}>1 {e.iso} {HOST} {PROGRAM} 17 {run.function} {data} \ufeff{one_line(e)}")
    return lines(rows)


def syslog_3164(events: list[Event]) -> bytes:
    """RFC 3164: no year, no zone; the machine's own daemons write into it too."""
    rows = []
    for e in events:
        at = datetime.fromtimestamp(e.ms // 1000, UTC)
        time = f"{at:%b} {at.day:2} {at:%H:%M:%S}"
        user = e.run.person.email.partition("@")[0]
        if e.level == "ERROR":
            rows.append(f"<38>{time} {HOST} sshd[4711]: Accepted publickey for {user} from {e.run.person.ip} port 52114 ssh2")
        rows.append(f"<{16 * 8 + SEVERITIES[e.level]}>{time} {HOST} {PROGRAM}[17]: {e.level} {one_line(e)}")
    return lines(rows)


def _logfmt(value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"' if re.search(r'[\s"=]', value) or not value else value


def syslog_frames(events: list[Event]) -> bytes:
    """Syslog over TCP (RFC 6587): each message behind its length, without anything between them."""
    return b"".join(b"%d %b" % (len(message), message) for message in syslog_5424(events).splitlines())


def klog(events: list[Event]) -> bytes:
    """What components of Kubernetes write."""
    rows = []
    for e in events:
        letter = {"TRACE": "I", "DEBUG": "I"}.get(e.level, e.level[0])
        place = f"{e.iso[5:7]}{e.iso[8:10]} {e.iso[11:23]}000       1 {e.run.function}.go:{e.ms % 900 + 1}"
        rows.append(
            f'{letter}{place}] {json.dumps(one_line(e), ensure_ascii=False)} user="{e.run.person.name}" attempt={e.ms % 5}'
        )
    return lines(rows)


def nginx_errors(events: list[Event]) -> bytes:
    """nginx' error log: times without a zone, what the client had asked for at the end."""
    levels = {"TRACE": "debug", "FATAL": "crit"}
    rows = []
    for n, e in enumerate(events):
        method, path, _ = _request(e)
        head = f"{e.iso[:10].replace('-', '/')} {e.iso[11:19]} [{levels.get(e.level, e.level.lower())}] 17#17: *{4711 + n}"
        request = f'"{method} {path} HTTP/1.1", upstream: "http://10.0.0.17:8080{path}", host: "roster.example.com"'
        rows.append(f"{head} {one_line(e)}, client: {e.run.person.ip}, server: roster.example.com, request: {request}")
    return lines(rows)


def logfmt(events: list[Event]) -> bytes:
    """What a logger of Go writes."""
    rows = []
    for e in events:
        run = e.run
        pairs = {
            "time": e.iso,
            "level": e.level.lower(),
            "msg": one_line(e),
            "function": run.function,
            "request_id": run.trace,
            "user": run.person.name,
            "remote_addr": run.person.ip,
            "duration": f"{e.ms % 900 / 10}ms",
        }
        rows.append(" ".join(f"{k}={_logfmt(v)}" for k, v in pairs.items()))
    return lines(rows)


def _request(e: Event) -> tuple[str, str, int]:
    """The request behind an event, as a web server sees it: method, path, status."""
    status = 429 if "429" in e.message else {"ERROR": 500, "FATAL": 502, "WARN": 404}.get(e.level, 200)
    path = f"/rosters/{e.run.customer.project}?team={quote(e.run.customer.team, safe='')}&by={quote(e.run.person.email, safe='')}"
    return "PUT" if e.run.function == "saveRoster" else "GET", path, status


def access_log(events: list[Event]) -> bytes:
    """The combined log format of Apache and nginx, with nginx's time of the request at the end."""
    rows = []
    for e in events:
        at = datetime.fromtimestamp(e.ms // 1000, UTC)
        method, path, status = _request(e)
        user = e.run.person.email.partition("@")[0] if e.ms % 3 else "-"
        referer = f"https://{e.run.customer.site}/jira/projects/{e.run.customer.project}"
        request = f'"{method} {path} HTTP/1.1" {status} {e.ms % 9000}'
        rows.append(
            f'{e.run.person.ip} - {user} [{at:%d/%b/%Y:%H:%M:%S} +0000] {request} "{referer}" "{e.run.person.user_agent}" '
            f"{e.ms % 2000 / 1000:.3f}"
        )
    return lines(rows)


def load_balancer(events: list[Event]) -> bytes:
    """The access log of an application load balancer of AWS."""
    rows = []
    for e in events:
        method, path, status = _request(e)
        client = f"[{e.run.person.ip}]" if ":" in e.run.person.ip else e.run.person.ip
        failed, time = status == 502, f"{e.iso[:-1]}000Z"
        group = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/roster/73e2d6bc24d8a067"
        certificate = f"arn:aws:acm:eu-central-1:123456789012:certificate/{_uuid_of('certificate')}"
        fields = (
            *("https", time, "app/roster-lb/50dc6c495c0c9188", f"{client}:{40000 + e.ms % 20000}", "10.0.0.17:8080"),
            *("-1 -1 -1" if failed else f"0.001 {e.ms % 2000 / 1000:.3f} 0.000", status, "-" if failed else status),
            *(
                e.ms % 900,
                e.ms % 9000,
                f'"{method} https://roster.example.com:443{path} HTTP/2.0"',
                f'"{e.run.person.user_agent}"',
            ),
            *("TLS_AES_128_GCM_SHA256", "TLSv1.3", group, f'"Root=1-{e.ms // 1000:08x}-{e.run.trace[:24]}"'),
            *('"roster.example.com"', f'"{certificate}"', 1, time, '"forward" "-" "-" "10.0.0.17:8080"', f'"{status}"'),
            *('"-" "-"', f"TID_{e.run.trace}"),
        )
        rows.append(" ".join(map(str, fields)))
    return lines(rows)


def classic_load_balancer(events: list[Event]) -> bytes:
    """The access log of a classic load balancer of AWS."""
    rows = []
    for e in events:
        method, path, status = _request(e)
        times = "-1 -1 -1" if status == 502 else f"0.000073 {e.ms % 2000 / 1000:.6f} 0.000057"
        backend = "-" if status == 502 else "10.0.0.17:8080"
        client = f"[{e.run.person.ip}]" if ":" in e.run.person.ip else e.run.person.ip
        counts = f"{status} {0 if status == 502 else status} {e.ms % 900} {e.ms % 9000}"
        request = f'"{method} https://roster.example.com:443{path} HTTP/1.1" "{e.run.person.user_agent}"'
        head = f"{e.iso[:-1]}000Z roster-classic {client}:{40000 + e.ms % 20000} {backend}"
        rows.append(f"{head} {times} {counts} {request} ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2")
    return lines(rows)


CLOUDFRONT = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query "
    "cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol "
    "ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte "
    "x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end"
)


def cloudfront(events: list[Event]) -> bytes:
    """CloudFront's standard log: W3C extended, between tabs."""
    rows = ["#Version: 1.0", f"#Fields: {CLOUDFRONT}"]
    for e in events:
        method, path, status = _request(e)
        stem, _, query = path.partition("?")
        p, took = e.run.person, f"{e.ms % 2000 / 1000:.3f}"
        result = "Error" if status >= 400 else "Miss"
        agent, cookie = p.user_agent.replace(" ", "%20"), f"session=EXAMPLE{e.run.trace};%20lead={quote(p.email, safe='')}"
        request_id = base64.urlsafe_b64encode(hashlib.sha256(e.span.encode()).digest() + b"roster12").decode()
        rows.append(
            "\t".join(
                (
                    *(
                        e.iso[:10],
                        e.iso[11:19],
                        "FRA56-P1",
                        str(e.ms % 9000),
                        p.ip,
                        method,
                        "d111111abcdef8.cloudfront.net",
                        stem,
                    ),
                    *(str(status), f"https://{e.run.customer.site}/", agent, query, cookie, result, request_id),
                    *("roster.example.com", "https", "412", took, "-", "TLSv1.3", "TLS_AES_128_GCM_SHA256", result, "HTTP/2.0"),
                    *("-", "-", str(40000 + e.ms % 20000), took, result, "application/json", "78", "-", "-"),
                )
            )
        )
    return lines(rows)


def lambda_text(events: list[Event]) -> bytes:
    """What a function on AWS Lambda with the text format leaves in CloudWatch."""
    rows = ["INIT_START Runtime Version: nodejs:22.v31\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:" + "0" * 64]
    for run, group in by_run(events).items():
        rows.append(f"START RequestId: {run.id} Version: $LATEST")
        for e in group:
            if e.message.startswith("Task timed out"):
                rows.append(f"{e.iso} {run.id} {e.message}")
            else:
                rows.append(f"{e.iso}\t{run.id}\t{e.level}\t{one_line(e)}")
        took = group[-1].ms - group[0].ms + 31.25
        rows.append(f"END RequestId: {run.id}")
        memory = "Memory Size: 256 MB\tMax Memory Used: 94 MB\t"
        rows.append(f"REPORT RequestId: {run.id}\tDuration: {took:.2f} ms\tBilled Duration: {int(took) + 1} ms\t{memory}")
    return lines(rows)


def windows_events(events: list[Event]) -> bytes:
    """`wevtutil qe Application /f:xml`: an event per line, its texts as they are."""
    levels = {"TRACE": 5, "DEBUG": 5, "INFO": 4, "WARN": 3, "ERROR": 2, "FATAL": 1}
    rows = []
    for n, e in enumerate(events):
        p = e.run.person
        system = (
            f"<Provider Name='Roster'/><EventID Qualifiers='0'>{1000 + LEVELS[e.level]}</EventID><Level>{levels[e.level]}</Level>"
            f"<Task>0</Task><Keywords>0x80000000000000</Keywords><TimeCreated SystemTime='{e.iso[:-1]}0000Z'/>"
            f"<EventRecordID>{4711 + n}</EventRecordID><Channel>Application</Channel><Computer>ROSTER-WEB-1</Computer><Security/>"
        )
        values = {"TargetUserName": p.email.partition("@")[0], "DisplayName": p.name, "IpAddress": p.ip}
        data = "".join(f"<Data Name='{name}'>{escape(value, quote=False)}</Data>" for name, value in values.items())
        data += f"<Data>{escape(text_of(e), quote=False)}</Data>"
        space = "http://schemas.microsoft.com/win/2004/08/events/event"
        rows.append(f"<Event xmlns='{space}'><System>{system}</System><EventData>{data}</EventData></Event>")
    return lines(rows)


def wevtutil(events: list[Event]) -> bytes:
    """`wevtutil qe Application /f:text`: a head, indented fields, and the message behind them."""
    levels = dict(zip(LEVELS, ("Verbose", "Verbose", "Information", "Warning", "Error", "Critical"), strict=True))
    rows = []
    for n, e in enumerate(events):
        rows += [
            f"Event[{n}]",
            "  Log Name: Application",
            "  Source: Roster",
            f"  Date: {e.iso[:-1]}0000Z",
            f"  Event ID: {1000 + LEVELS[e.level]}",
            "  Task: N/A",
            f"  Level: {levels[e.level]}",
            "  Opcode: N/A",
            "  Keyword: Classic",
            "  User: N/A",
            "  User Name: N/A",
            "  Computer: ROSTER-WEB-1",
            "  Description: ",
            text_of(e),
            "",
        ]
    return lines(rows)


def journald_export(events: list[Event]) -> bytes:
    """`journalctl -o export`: a message over several lines has its length before it."""
    out = []
    for n, e in enumerate(events):
        message = text_of(e).encode()
        boot = "6c7c6013a26343b29e964691ff25d04c"
        cursor = f"s=739ad463348b4ceca5a9e69c95a3c93f;i={4711 + n:x};b={boot};m={e.ms:x};t={e.ms:x};x={e.span}"
        fields = [
            f"__CURSOR={cursor}",
            f"__REALTIME_TIMESTAMP={e.ms}000",
            f"PRIORITY={SEVERITIES[e.level]}",
            f"SYSLOG_IDENTIFIER={PROGRAM}",
            f"_HOSTNAME={HOST}",
            f"_SYSTEMD_UNIT={PROGRAM}.service",
            f"ROSTER_USER_NAME={e.run.person.name}",
            f"ROSTER_CLIENT_IP={e.run.person.ip}",
        ]
        out.append("".join(f"{field}\n" for field in fields).encode())
        if b"\n" in message:
            out.append(b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n\n")
        else:
            out.append(b"MESSAGE=" + message + b"\n\n")
    return b"".join(out)


def otlp_protobuf(events: list[Event]) -> bytes:
    """The records as an OpenTelemetry collector keeps them: one message, in protobuf."""
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    message = json.loads(otlp(events))
    for each in message["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        for name in ("traceId", "spanId"):  # bytes, which JSON of protobuf has in base64 and OTLP in hexadecimal digits
            each[name] = base64.b64encode(bytes.fromhex(each[name])).decode()
    return bytes(ParseDict(message, ExportLogsServiceRequest()).SerializeToString(deterministic=True))


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), int(datetime(2026, 11, 17, 10, 5, tzinfo=UTC).timestamp()), 0o644
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    info = zipfile.ZipInfo(name, (2026, 11, 17, 10, 5, 0))
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, data)
    return out.getvalue()


PACKED = (".gz", ".zst", ".zip", ".xz", ".bz2", ".pb")
"""Endings of the samples that are no text as they are."""


@cache
def files() -> Mapping[str, bytes]:
    """Every sample by its name: each format tells its own part of the hour."""
    import collector_samples  # which imports this module

    events = story()

    def part(start: float, end: float, keep: Callable[[Event], bool] = lambda e: True) -> list[Event]:
        return [e for e in events if start <= e.minute < end and keep(e)]

    def of(*functions: str) -> Callable[[Event], bool]:
        return lambda e: e.run.function in functions

    two_pages = pages(part(16, 29.5), 21)
    return {
        "app_logs_api_page_1.json": pretty(two_pages[0]),
        "app_logs_api_page_2.json": pretty(two_pages[1]),
        "app_logs_api_pages.jsonl": lines(compact(p) for p in pages(part(26, 38), 15)),
        "app_logs_records.ndjson": records(events),
        "app_logs_first_half_hour.ndjson.gz": gzip.compress(records(part(0, 30)), 9, mtime=0),
        "app_logs_second_half_hour.ndjson.zst": zstandard.ZstdCompressor(level=10).compress(records(part(30, 62))),
        "otlp_logs.json": otlp(part(27, 32)),
        "graphql_v1.json": graphql_v1(part(18, 26)),
        "graphql_v2.json": graphql_v2(part(24, 35)),
        "container_stdout.jsonl": container_stdout(part(28, 41)),
        "generic.ndjson": generic_ndjson(part(20, 38, of("saveRoster"))),
        "generic.json": generic_json(part(33, 48)),
        "console_download.csv": csv_download(part(14, 50)),
        "console_download.log.zip": zipped("forge-app-logs.log", flat(part(0, 25))),
        "forge_logs_flat.log": flat(part(15, 32)),
        "forge_logs_flat_verbose.log": flat(part(20, 30), verbose=True),
        "forge_logs_grouped.log": grouped(part(21, 35)),
        "forge_logs_grouped_verbose.log": grouped(part(30, 40), verbose=True),
        "forge_logs_containers.log": flat(part(36, 52), containers=True),
        "forge_logs_colours.log": flat(part(22, 31), verbose=True, colour=True),
        "forge_tunnel.log": tunnel(part(44, 62)),
        "plain_text.log": plain_text(part(20, 34, of("saveRoster"))),
        "syslog_rfc5424.log": syslog_5424(part(24, 30)),
        "syslog_rfc3164.log": syslog_3164(part(29, 34)),
        "logfmt.log": logfmt(part(32, 36)),
        "access_log_combined.log": access_log(part(21, 30)),
        "aws_load_balancer.log": load_balancer(part(30, 32.5)),
        "cloudfront.log": cloudfront(part(29, 32)),
        "lambda_text.log": lambda_text(part(34, 37)),
        "windows_events.xml": windows_events(part(24, 27)),
        "windows_events.txt": wevtutil(part(24, 27)),
        "journald.export": journald_export(part(25, 29)),
        "aws_classic_load_balancer.log": classic_load_balancer(part(30, 31)),
        "nginx_error.log": nginx_errors(part(27, 29)),
        "klog.log": klog(part(25, 28)),
        "syslog_frames.log": syslog_frames(part(26, 28)),
        "otlp_logs.pb": otlp_protobuf(part(27, 30)),
        "plain_text_utf16.log": b"\xff\xfe" + plain_text(part(20, 24, of("saveRoster"))).decode().encode("utf-16-le"),
        "pods.tar.gz": gzip.compress(
            tarred({"pods/app.log": flat(part(27, 30)), "pods/web.log": access_log(part(27, 30))}), 9, mtime=0
        ),
        "app_logs_records.ndjson.xz": lzma.compress(records(part(27, 30))),
        "app_logs_records.ndjson.bz2": bz2.compress(records(part(30, 32))),
        **{name: write(part(27, 30)) for name, (write, _) in collector_samples.KINDS.items()},
    }


def main() -> int:
    made = files()
    if "--check" in sys.argv[1:]:
        stale = [n for n, data in made.items() if not (HERE / n).is_file() or (HERE / n).read_bytes() != data]
        print("\n".join(f"differs: {n}" for n in stale) or "all samples are what this script writes")
        return 1 if stale else 0
    for name, data in made.items():
        (HERE / name).write_bytes(data)
        print(f"{len(data):>8}  {name}")
    print(f"{sum(map(len, made.values())):>8}  in {len(made)} files")
    return 0


if __name__ == "__main__":
    import sample_logs  # by the name by which collector_samples knows it: an event of another module would be none of its own

    sys.exit(sample_logs.main())
