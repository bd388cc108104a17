"""Lets real libraries of Python log what goes through them. Prints a log; writes what was planted to the file named second.

python program.py SEED TRUTH.json
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import collections
import configparser
import csv
import dataclasses
import decimal
import hashlib
import http.client
import io
import json
import logging
import pprint
import re
import shlex
import sqlite3
import string
import subprocess
import sys
import threading
import traceback
import types
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp
import httpx
import loguru
import pydantic
import requests
import sqlalchemy as sa
import structlog

POOLS = json.loads(Path(__file__).with_name("world.json").read_text(encoding="utf-8"))


class World:
    """Invented people and their secrets, drawn from a seed. `planted` remembers all of them."""

    def __init__(self, seed: str) -> None:
        self.seed, self.count, self.planted = seed, 0, {}

    def draw(self, below: int) -> int:
        self.count += 1
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{self.count}".encode()).digest()[:6], "big") % below

    def pick(self, pool: str) -> str:
        return POOLS[pool][self.draw(len(POOLS[pool]))]

    def chars(self, n: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return "".join(alphabet[self.draw(len(alphabet))] for _ in range(n))

    def plant(self, kind: str, value: str) -> str:
        self.planted[value] = kind
        return value

    def key(self, n: int = 32) -> str:
        return self.plant("key", self.chars(n - 2) + self.chars(2, string.digits))

    def hex_key(self, n: int = 40) -> str:
        return self.plant("key", self.chars(n, "0123456789abcdef"))

    def password(self) -> str:
        value = f"{self.pick('words')}{self.draw(9) + 1}{self.pick('words').capitalize()}{self.draw(90) + 10}"
        return self.plant("password", value)

    def person(self) -> Person:
        given, family = self.plant("name", self.pick("given")), self.plant("name", self.pick("family"))
        local = unicodedata.normalize("NFD", f"{given}.{family}").encode("ascii", "ignore").decode().lower()
        account = f"712020:{uuid.UUID(int=int(self.chars(32, '0123456789abcdef'), 16))}"
        return Person(
            name=f"{given} {family}",
            email=self.plant("mail", f"{local}@customer-{self.draw(90) + 10}.example"),
            account_id=self.plant("account id", account),
            phone=self.plant("phone", re.sub("#", lambda _: str(self.draw(10)), self.pick("phones"))),
            address=self.plant("address", self.pick("streets")),
            date_of_birth=self.plant("birth date", f"19{self.draw(40) + 50}-0{self.draw(9) + 1}-1{self.draw(10)}"),
            ssn=self.plant("national id", f"{self.draw(500) + 100}-{self.draw(80) + 10}-{self.draw(8000) + 1001}"),
            ip=self.plant("address of a network", f"203.0.113.{self.draw(240) + 4}"),
            title=self.plant("title", self.pick("titles")),
        )


@dataclasses.dataclass
class Person:
    name: str
    email: str
    account_id: str
    phone: str
    address: str
    date_of_birth: str
    ssn: str
    ip: str
    title: str


Login = collections.namedtuple("Login", "username password")


class Handler(BaseHTTPRequestHandler):
    """The other end: answers with the status that stands in the path (`/s404/…`), and with what it was sent."""

    def answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
        status = re.search(r"/s(\d{3})", self.path)
        body = json.dumps({"error": "rejected", "received": sent[:300]}, ensure_ascii=False).encode()
        self.send_response(int(status[1]) if status else 200)
        self.send_header("Set-Cookie", f"SESSION={self.server.session}; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, text: str, *args: object) -> None:
        print(f"{self.address_string()} - - [19/Nov/2026 08:15:32] {text % args}", flush=True)


def attempt(say: Callable[[Exception], object], do: Callable[[], object]) -> None:
    try:
        do()
    except Exception as error:
        say(error)


def clients(w: World, next_person: Callable[[], Person], base: str) -> None:
    log = logging.getLogger("clients")
    p, q = next_person(), next_person()
    http.client.HTTPConnection.debuglevel = 1
    answer = requests.post(
        f"{base}/s422/members?email={urllib.parse.quote(p.email)}&api_key={w.key()}",
        data={"name": p.name, "password": w.password(), "phone": p.phone, "address": p.address},
        headers={"X-Api-Key": w.key(), "X-User": p.account_id, "X-Forwarded-For": p.ip},
        auth=(p.email, w.password()),
        timeout=3,
    )
    attempt(lambda e: log.error("%s", e), answer.raise_for_status)
    log.warning("headers %s", dict(answer.request.headers))
    log.warning("body %s answer %s", answer.request.body, answer.text)
    http.client.HTTPConnection.debuglevel = 0
    files = {"file": (f"{q.name}.txt", q.title), "fullName": (None, q.name), "password": (None, w.password())}
    prepared = requests.Request("POST", base, files=files).prepare()
    log.info("multipart %s", prepared.body.decode())
    attempt(log.exception, lambda: requests.get(f"http://127.0.0.1:9/u/{q.account_id}?token={w.key(40)}", timeout=1))
    attempt(
        lambda e: log.error("%r %s", e, e.request.headers.raw),
        lambda: httpx.get(
            f"{base}/s404/search",
            params={"q": q.name, "phone": q.phone, "secret": w.key()},
            headers={"Authorization": f"Bearer {w.key(44)}", "X-Customer-Email": q.email},
        ).raise_for_status(),
    )
    r = next_person()
    response = httpx.put(f"{base}/s200/page", json={"title": r.title, "owner": {"displayName": r.name, "mobile": r.phone}})
    log.info("%s %s %r", response, response.text, response.request.content)
    log.info("cookies %r", httpx.Cookies({"sessionid": w.key(), "user": r.email}))

    async def calls() -> None:
        async with aiohttp.ClientSession(headers={"X-Token": w.key(), "X-User-Name": r.email}, raise_for_status=True) as session:
            url = f"{base}/s403/cases/{urllib.parse.quote(r.name)}?sig={w.hex_key()}"
            with suppress(aiohttp.ClientConnectionError):
                try:
                    await session.post(url, json={"summary": r.title, "assignee": r.name})
                except aiohttp.ClientResponseError as error:
                    log.error("%r", error)
                    log.error("%s %s", error.request_info.url, dict(error.request_info.headers))

    asyncio.run(calls())
    request = urllib.request.Request(
        f"{base}/s500/p", data=json.dumps(dataclasses.asdict(p)).encode(), headers={"X-Secret": w.key()}
    )
    attempt(lambda e: log.error("%s %s %s", e, e.headers, e.read().decode()), lambda: urllib.request.urlopen(request))
    log.info("request %s %s", request.data, request.header_items())


def loggers(w: World, next_person: Callable[[], Person]) -> None:
    p, q = next_person(), next_person()
    log = logging.getLogger("roster.invite")
    log.info("invited %s <%s> by %r", p.name, p.email, q.name)
    log.warning("login %s", {"user": p.email, "password": w.password(), "ip": p.ip})
    log.error("update failed: %r", p)
    log.error("fields %s", vars(q))
    log.info('moved page "%s" to space OPS', q.title)
    log.info("phone of %s: %s, address: %s, born %s", q.name, q.phone, q.address, q.date_of_birth)
    for renderer in (
        structlog.processors.KeyValueRenderer(),
        structlog.processors.LogfmtRenderer(),
        structlog.processors.JSONRenderer(ensure_ascii=False),
        structlog.dev.ConsoleRenderer(colors=False),
    ):
        s = structlog.wrap_logger(
            structlog.PrintLogger(),
            processors=[structlog.processors.add_log_level, structlog.processors.format_exc_info, renderer],
            wrapper_class=structlog.BoundLogger,
        )
        s = s.bind(account_id=p.account_id, requested_by=q.name)
        s.info("member updated", full_name=p.name, phone=p.phone, address=p.address, api_key=w.key(), attempts=3)
        attempt(lambda e, s=s: s.error("lookup failed", exc_info=e, email=q.email), lambda: {"a": 1}[p.email])
    logger = loguru.logger
    logger.remove()
    logger.add(
        sys.stdout,
        colorize=False,
        backtrace=True,
        diagnose=True,
        format="{time} | {level: <8} | {name}:{function}:{line} - {message} {extra}",
    )
    logger.bind(user=q.name, token=w.key()).info(
        "reset link {} sent to {}", f"https://app.customer.example/reset/{w.key(40)}", q.email
    )

    def invite(member: Person, password: str) -> int:
        return int(member.phone + password)

    try:
        invite(p, w.password())
    except ValueError:
        logger.exception("could not invite {}", p.name)


def databases(w: World, next_person: Callable[[], Person]) -> None:
    log = logging.getLogger("db")
    p, q = next_person(), next_person()
    engine = sa.create_engine("sqlite://", echo=True)
    table = sa.Table(
        "members",
        sa.MetaData(),
        sa.Column("email", sa.String, primary_key=True),
        sa.Column("full_name", sa.String),
        sa.Column("phone", sa.String),
        sa.Column("password", sa.String),
    )
    table.metadata.create_all(engine)
    row = {"email": p.email, "full_name": p.name, "phone": p.phone, "password": w.password()}
    with engine.begin() as c:
        c.execute(table.insert(), [row, {"email": q.email, "full_name": q.name, "phone": q.phone, "password": w.password()}])
    attempt(log.exception, lambda: engine.connect().execute(table.insert(), row))
    with engine.begin() as c:
        log.info("rows %s", c.execute(sa.select(table)).all())
        log.info("mapping %s", c.execute(sa.select(table)).mappings().first())
    attempt(
        lambda e: log.error("%s", e),
        lambda: engine.connect().execute(sa.text(f"SELECT * FROM member WHERE full_name = '{q.name}' AND title = '{q.title}'")),
    )
    url = sa.engine.make_url(f"postgresql://{urllib.parse.quote(p.email)}:{w.password()}@db.customer.example/roster")
    log.info("connecting to %s", url.render_as_string(hide_password=False))
    plain = sqlite3.connect(":memory:")
    plain.set_trace_callback(lambda s: log.debug("sql %s", s))
    plain.execute("CREATE TABLE t (name, address, born)")
    plain.execute("INSERT INTO t VALUES (?, ?, ?)", (q.name, q.address, q.date_of_birth))
    log.info("fetched %s", plain.execute("SELECT * FROM t").fetchall())


class Address(pydantic.BaseModel):
    street: str = pydantic.Field(max_length=5)


class Member(pydantic.BaseModel):
    full_name: int
    email: str
    password: pydantic.SecretStr
    phone: decimal.Decimal
    date_of_birth: str
    address: Address


class Settings(pydantic.BaseModel):
    database_password: str
    crm_api_key: str
    owner_email: str
    owner_name: str


def values(w: World, next_person: Callable[[], Person]) -> None:
    log = logging.getLogger("values")
    p, q, r = next_person(), next_person(), next_person()
    member = {"full_name": p.name, "email": p.email, "phone": p.phone, "address": {"street": p.address}}
    attempt(lambda e: log.error("%s", e), lambda: Member(**member, password=w.password(), date_of_birth=p.date_of_birth))
    attempt(lambda e: log.error("%s", e.errors()), lambda: Member(**member, password=5, date_of_birth=7))
    attempt(
        lambda e: log.error("%s", e.json()),
        lambda: Member.model_validate_json(json.dumps({"email": q.email, "full_name": q.name, "phone": q.phone})),
    )
    settings = Settings(database_password=w.password(), crm_api_key=w.key(), owner_email=q.email, owner_name=q.name)
    log.info("settings %r", settings)
    log.info("settings %s", settings)
    log.info(
        "%s",
        pprint.pformat(
            {"member": dataclasses.asdict(q), "login": Login(q.email, w.password()), "tokens": [w.key(), w.key()]}, width=90
        ),
    )
    log.info("%s", pprint.pformat([p, r], width=100))
    log.info("%r %s", Login(r.email, w.password()), types.SimpleNamespace(name=r.name, phone=r.phone, secret=w.key()))
    log.info("%s", argparse.Namespace(user=r.email, password=w.password(), owner=r.name, verbose=True))
    log.info("%s", collections.OrderedDict(name=r.name, address=r.address, api_token=w.key()))
    log.info("%s", collections.defaultdict(list, {p.email: [p.name, p.phone]}))
    log.info("%s %s", {p.name, q.name}, (r.name, r.phone, r.address))
    log.info(
        "%r", [("password", w.password()), ("full_name", q.name), ("phone", q.phone), ("Authorization", f"Bearer {w.key(40)}")]
    )
    log.info("%r %r", f"password={w.password()}&user={q.email}".encode(), bytearray(p.email.encode()))
    log.info("%s %s", list(q.email.encode()), memoryview(r.email.encode()).tolist())
    log.info("basic %s", base64.b64encode(f"{r.email}:{w.password()}".encode()).decode())
    log.info("urlencoded %s", urllib.parse.urlencode({"name": r.name, "address": r.address, "token": w.key()}))
    log.info(
        "parsed %s", urllib.parse.parse_qs(urllib.parse.urlencode({"name": r.name, "phone": r.phone, "password": w.password()}))
    )
    log.info(
        "split %s",
        urllib.parse.urlsplit(f"https://{urllib.parse.quote(p.email)}:{w.password()}@crm.customer.example/x?key={w.key()}"),
    )
    attempt(log.exception, lambda: {"a": 1}[q.email])
    attempt(log.exception, lambda: int(q.phone))
    attempt(log.exception, lambda: float(f"{r.name}"))
    attempt(log.exception, lambda: getattr(p, p.name))
    attempt(
        lambda e: log.error("%s %s", e, e.__notes__),
        lambda: _noted(f"member {r.account_id} of {r.name}", f"while saving {r.title!r}"),
    )
    attempt(lambda e: log.error("%s", "".join(traceback.format_exception(e))), lambda: _chained(p, q))
    attempt(
        lambda e: log.error("%s", "".join(traceback.TracebackException.from_exception(e, capture_locals=True).format())),
        lambda: _locals(r, w.password(), w.key()),
    )
    attempt(
        lambda e: log.error("%s", e),
        lambda: subprocess.run(["false", "--user", p.email, "--password", w.password(), "--api-token", w.key()], check=True),
    )
    log.info("running %s", shlex.join(["deploy", f"--owner={q.name}", f"--secret={w.key()}", "-u", f"{q.email}:{w.password()}"]))
    element = ET.Element("member", {"name": p.name, "email": p.email, "password": w.password()})
    ET.SubElement(element, "phone").text = p.phone
    ET.SubElement(element, "address").text = p.address
    ET.SubElement(element, "secret").text = w.key()
    log.info("%s", ET.tostring(element, encoding="unicode"))
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerows([["name", "email", "phone", "address", "password"], [q.name, q.email, q.phone, q.address, w.password()]])
    log.info("csv\n%s", out.getvalue())
    config = configparser.ConfigParser()
    config["crm"] = {"user": q.email, "password": w.password(), "api_key": w.key(), "owner": q.name}
    config.write(out := io.StringIO())
    log.info("config\n%s", out.getvalue())
    log.info(
        "%s",
        json.dumps(
            {
                "changes": [
                    {"op": "replace", "path": "/user/password", "value": w.password()},
                    {"op": "add", "path": "/user/displayName", "value": p.name},
                ]
            }
        ),
    )
    log.info("%s", json.dumps({"member": dataclasses.asdict(r)}, indent=2))
    log.info("assert %r == %r", p.name, q.name)
    log.info("Mail: %s\tPhone: %s\tName: %s", r.email, r.phone, r.name)
    log.info("Dear %s, your password is %s. Regards, %s", p.name, w.password(), q.name)
    log.info(
        "cache warmed in 118 ms; 12 hits, 3 misses; version 4.207.1; status completed; retry 2 of 5 after ConnectionResetError"
    )


def _noted(message: str, note: str) -> None:
    error = LookupError(message)
    error.add_note(note)
    raise error


def _chained(p: Person, q: Person) -> None:
    try:
        raise KeyError(p.account_id)
    except KeyError as error:
        raise RuntimeError(f"cannot assign {p.name} to {q.email} ({q.phone})") from error


def _locals(member: Person, password: str, api_key: str) -> None:
    name, title, address = member.name, member.title, member.address
    raise ValueError(len(name) + len(title) + len(address))


def main() -> None:
    seed, truth_file = sys.argv[1:]
    w = World(seed)
    people = [w.person() for _ in range(14)]
    turn = iter(range(10_000))

    def next_person() -> Person:
        return people[next(turn) % len(people)]

    logging.basicConfig(stream=sys.stdout, level=logging.DEBUG, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.session = w.key()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    clients(w, next_person, f"http://127.0.0.1:{server.server_port}")
    loggers(w, next_person)
    databases(w, next_person)
    values(w, next_person)
    stays = [
        "118 ms",
        "12 hits, 3 misses",
        "4.207.1",
        "status completed",
        "2 of 5",
        "ConnectionResetError",
        "member updated",
        "lookup failed",
        "space OPS",
        "Traceback (most recent call last)",
        "INSERT INTO members",
    ]
    planted = [{"kind": kind, "value": value} for value, kind in w.planted.items()]
    Path(truth_file).write_text(
        json.dumps({"planted": planted, "stays": stays}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
