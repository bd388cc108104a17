"""Writes logs of products that nobody tuned logscrub to: any size, the same bytes for the same seed, in constant memory.

    python benchmarks/products.py --size 2MB --format pino --seed 1 > file

A seed makes a product: its words, its log statements, their fields, how these nest, its routes, functions and stacks. Another
seed is another product and shares no statement with it. Words are invented of syllables; none stands in a list of logscrub's.
What a format itself brings (`level`, `HTTP/1.1`, `resourceLogs`) is the format's. Statements are written in the language of
`corpus.py` and filled as its own are. About 3 % of the records hold values of customers (an invented person, a mail address, a
phone, a token), besides the address of the client in each line of an access log.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import corpus
from corpus import Draw, Fill, Record, compact, iso

STATEMENTS = 220
OF_CUSTOMERS = 40
"""Further statements with values of customers."""
VOCABULARY = 420
FIELDS = 90
ROUTES = 60

# ---------------------------------------------------------------------------------------------------------------------
# A product
# ---------------------------------------------------------------------------------------------------------------------

_FIRST = "b bl br d dr f fl g gl gr h j k kl kr l m n p pl pr q r s sk sl sn st t tr v vl vr w z zv".split()
_INNER = "bd bv dv fk gb gd gv kf kv lb lv mk mr mv nv pk pt pv rb rv sv tv vd vk vn xt zb zd zg zv".split()
_VOWELS = "aeiouy"
_LAST = ("", "", "n", "r", "l", "s", "x", "k", "m", "t")
_SHORT_LAST = ("mpf", "zd", "lkt", "rgn", "vk", "ftz")
"""Ends of words of two syllables, which would else meet a name now and then."""

_NUMBERS = ("n", "n", "k", "ms", "s", "bytes", "pct", "issue", "status")
_IDS = ("uuid", "hex16", "hex32", "sha7", "ulid", "hex24")
_OTHER = ("bool", "version", "ts", "word", "word", "words", "path")
_CUSTOMER = ("person", "mail", "phone", "address", "token")
_IN_MESSAGE = (
    "{w}=${s}",
    "{w}: ${s}",
    "${s} {w}",
    "[${s}]",
    "(${s} {w})",
    "{w} '${s}'",
    "${s}",
    '{w}="${s}"',
    "#${s}",
    "{w}/${s}",
)
_PUNCTUATION = ("", "", "", "", ",", ":", " ->", ";", " -")


def word(d: Draw) -> str:
    """An invented word of two to four syllables."""
    count = d.pick((2, 2, 3, 3, 3, 4))
    inner = "".join(d.pick(_INNER) + d.pick(_VOWELS) for _ in range(count - 1))
    return d.pick(_FIRST) + d.pick(_VOWELS) + inner + d.pick(_SHORT_LAST if count == 2 else _LAST)


@dataclass(frozen=True, slots=True)
class Product:
    """What a seed makes."""

    name: str
    lines: tuple[str, ...]
    """The statements, in the language of `corpus.py`; those with values of customers last."""
    statements: tuple[corpus.Statement, ...]
    routes: tuple[Fill, ...]
    functions: tuple[tuple[str, str], ...]
    """Each with the name of its module."""
    hosts: tuple[str, ...]
    agents: tuple[str, ...]
    tenants: tuple[corpus.Tenant, ...]


def product(seed: int) -> Product:
    """The product of a seed."""
    d = Draw(seed)
    words = [word(d) for _ in range(VOCABULARY)]
    name = words[0]
    joined = d.pick((_camel, _snake, _kebab, _camel, _snake))
    fields = [joined([d.pick(words) for _ in range(d.pick((1, 1, 2, 2, 3)))]) for _ in range(FIELDS)]
    functions = tuple((_camel([d.pick(words), d.pick(words)]), _kebab([d.pick(words), d.pick(words)])) for _ in range(14))
    slots = _slots(words, functions)
    drawn = _Drawn(d, words, fields)
    lines = tuple(drawn.line(number >= STATEMENTS) for number in range(STATEMENTS + OF_CUSTOMERS))
    routes = [drawn.route() for _ in range(ROUTES)]
    return Product(
        name,
        lines,
        tuple(corpus.statement(line, slots) for line in lines),
        tuple(corpus.statement(f"INFO {route}", slots).message for route in routes),
        functions,
        tuple(f"{name}-{d.pick(words)}-{d.hexes(8)}-{d.letters(5, '0123456789bcdfghjklmnpqrstvwxz')}" for _ in range(12)),
        tuple(_agent(d, words) for _ in range(40)),
        tuple(_tenant(d) for _ in range(200)),
    )


def _camel(parts: list[str]) -> str:
    return parts[0] + "".join(part.capitalize() for part in parts[1:])


def _snake(parts: list[str]) -> str:
    return "_".join(parts)


def _kebab(parts: list[str]) -> str:
    return "-".join(parts)


def _agent(d: Draw, words: list[str]) -> str:
    major = d.below(90) + 60
    return d.pick(
        (
            f"Mozilla/5.0 (X11; Linux x86_64; rv:{major}.0) Gecko/20100101 Firefox/{major}.0",
            f"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36",
            f"{d.pick(words)}/{d.below(9)}.{d.below(40)}",
            f"{d.pick(words).capitalize()}Bot/1.{d.below(9)} (+https://{d.pick(words)}.example/{d.pick(words)})",
        )
    )


def _tenant(d: Draw) -> corpus.Tenant:
    cloud, site = d.uuid(), word(d)
    return corpus.Tenant(cloud, site, site, f"ari:cloud:jira::site/{cloud}", "Active", "Standard", ())


def _slots(words: list[str], functions: tuple[tuple[str, str], ...]) -> Mapping[str, Fill]:
    """What may stand in a product's statements."""

    def stack(d: Draw) -> str:
        frames = (d.pick(functions) for _ in range(3 + d.below(7)))
        return "".join(f"\n    at {f} (/srv/{module}/{f.lower()}.js:{d.spread(900)}:{d.below(80) + 1})" for f, module in frames)

    def path(d: Draw) -> str:
        return f"/{d.pick(words)}/{d.pick(words)}/{d.below(100_000)}"

    taken = ("n", "k", "ms", "s", "pct", "bytes", "status", "bool", "issue", "version", "ts")
    taken += ("uuid", "ulid", "sha7", "hex16", "hex24", "hex32")
    return {name: corpus.HARMLESS_SLOTS[name] for name in taken} | {
        "word": lambda d: d.pick(words),
        "words": lambda d: " ".join(d.pick(words) for _ in range(2 + d.below(5))),
        "path": path,
        "stack": stack,
        "person": lambda d: f"{word(d).capitalize()} {word(d).capitalize()}",
        "mail": lambda d: f"{word(d)}.{word(d)}@{d.pick(words)}.example",
        "phone": lambda d: f"+1 {200 + d.below(790)} 555 01{d.below(100):02d}",
        "address": client,
        "token": lambda d: d.letters(40),
    }


def client(d: Draw) -> str:
    """An address of the ranges for documentation."""
    return f"{d.pick(('192.0.2', '198.51.100', '203.0.113'))}.{d.below(254) + 1}"


class _Drawn:
    """Statements, drawn one after another."""

    def __init__(self, d: Draw, words: list[str], fields: list[str]) -> None:
        self._d = d
        self._words = words
        self._fields = fields
        self._ids = [d.pick(_IDS) for _ in range(3)]
        """A product has few kinds of ids. Those of 24 hex digits, which databases make, are taken for Atlassian's account ids."""
        self._titled = d.random() < 0.6
        """Whether this product's messages begin with a capital."""

    def line(self, of_customers: bool) -> str:
        """A statement; one with a value of a customer where that is asked for."""
        d = self._d
        level = d.pick(("INFO", "INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN", "ERROR"))
        customer = d.pick(_CUSTOMER) if of_customers else ""
        in_fields = d.random() < 0.5
        message = self._message("" if in_fields else customer)
        if level == "ERROR" and d.random() < 0.6:
            message = f"{d.pick(self._words).capitalize()}Error: {message}$stack"
        elif d.random() < 0.1:
            message += f" @ {compact(self._object(2))}"
        fields = self._object(0) if d.random() < 0.75 else {}
        if customer and in_fields:
            fields[d.pick(self._fields)] = f"${customer}"
        return f"{level} {message} || {compact([fields])}"

    def route(self) -> str:
        d = self._d
        parts = [
            d.pick((self._word, self._word, lambda: f"${d.pick(self._ids)}", lambda: "$issue"))() for _ in range(1 + d.below(4))
        ]
        query = f"?{self._field()}=${d.pick(_OTHER[:4])}&{self._field()}=${d.pick(self._ids)}" if d.random() < 0.3 else ""
        return f"/{self._word()}/{'/'.join(parts)}{query}"

    def _word(self) -> str:
        return str(self._d.pick(self._words))

    def _field(self) -> str:
        return str(self._d.pick(self._fields))

    def _message(self, customer: str) -> str:
        d = self._d
        first = self._word()
        parts = [first.capitalize() if self._titled else first, self._word()]
        for _ in range(1 + d.below(7)):
            chance = d.random()
            if chance < 0.5:
                parts.append(self._word())
            elif chance < 0.6:
                parts.append(d.pick((_camel, _snake, _kebab, ".".join))([self._word(), self._word()]))
            else:
                parts.append(self._slot(d.pick((*_NUMBERS, *self._ids, *_OTHER))))
        if customer:
            parts.insert(1 + d.below(len(parts)), self._slot(customer))
        return "".join(part + d.pick(_PUNCTUATION) + " " for part in parts[:-1]) + parts[-1]

    def _slot(self, name: str) -> str:
        return str(self._d.pick(_IN_MESSAGE)).format(w=self._word(), s="{" + name + "}")

    def _object(self, depth: int) -> dict[str, Any]:
        return {self._field(): self._value(depth) for _ in range(1 + self._d.below((6, 4, 3, 2)[depth]))}

    def _value(self, depth: int) -> Any:
        d = self._d
        chance = d.random()
        if depth < 3 and chance < 0.18:
            return self._object(depth + 1)
        if chance < 0.24:
            slot = f"${d.pick((*_NUMBERS, *self._ids))}"
            return [slot] * (1 + d.below(5))
        if depth < 2 and chance < 0.28:
            return {"$json": self._object(2)}
        return f"${d.pick((*_NUMBERS, *self._ids, *_OTHER))}"


def records(made: Product, d: Draw) -> Iterator[Record]:
    """What a product logs, without end, oldest first."""
    while True:
        d.tenant = made.tenants[int(len(made.tenants) * d.random() ** 2)]
        function, module = d.pick(made.functions)
        call = corpus.Invocation(d.uuid(), d.hexes(32), d.tenant, function, module, "3.14.0", d.spread(12))
        for _ in range(call.left):
            d.time_ms += d.spread(60) - 1
            planted = d.random() < corpus.PLANTED_SHARE
            # few statements are common, most are seldom
            number = STATEMENTS + d.below(OF_CUSTOMERS) if planted else int(STATEMENTS * d.random() ** 2)
            said = made.statements[number]
            arguments = [fields for fields in said.arguments(d) if fields]
            yield Record(number, planted, said.level, said.message(d), arguments, d.time_ms, call)


# ---------------------------------------------------------------------------------------------------------------------
# Formats
# ---------------------------------------------------------------------------------------------------------------------

Printer = Callable[[Product, Record, Draw], str]


def _fields(record: Record) -> dict[str, Any]:
    return record.arguments[0] if record.arguments else {}


def _error(record: Record) -> dict[str, Any]:
    """What Node's loggers write of an error: its message and its stack."""
    head, stack, _ = record.message.partition("\n    at ")
    return {"err": {"type": head.partition(":")[0], "message": head, "stack": record.message}} if stack else {}


def pino(made: Product, record: Record, d: Draw) -> str:
    head = {"level": corpus.LEVELS[record.level], "time": record.time_ms, "pid": 17, "hostname": d.pick(made.hosts)}
    message = record.message.partition("\n")[0]
    return compact(head | {"reqId": record.invocation.id} | _fields(record) | _error(record) | {"msg": message}) + "\n"


def bunyan(made: Product, record: Record, d: Draw) -> str:
    head = {"name": made.name, "hostname": d.pick(made.hosts), "pid": 31, "level": corpus.LEVELS[record.level]}
    tail = {"msg": record.message.partition("\n")[0], "time": iso(record.time_ms), "v": 0}
    return compact(head | {"component": record.invocation.module} | _fields(record) | _error(record) | tail) + "\n"


def winston(made: Product, record: Record, d: Draw) -> str:
    head, stack, _ = record.message.partition("\n    at ")
    line = {"level": record.level.lower(), "message": head, "service": made.name, "timestamp": iso(record.time_ms)}
    return (
        compact(line | ({"metadata": _fields(record)} if record.arguments else {}) | ({"stack": record.message} if stack else {}))
        + "\n"
    )


def zap(made: Product, record: Record, d: Draw) -> str:
    call = record.invocation
    caller = f"{call.module}/{call.function.lower()}.go:{d.spread(400)}"
    head = {"level": record.level.lower(), "ts": record.time_ms / 1000, "caller": caller, "msg": record.message}
    return compact(head | {"traceID": call.trace} | _fields(record))


def cri(made: Product, record: Record, d: Draw) -> str:
    """The line of an app in Go, as Kubernetes keeps it."""
    stream = "stderr" if record.level == "ERROR" else "stdout"
    return f"{iso(record.time_ms)[:-1]}{d.below(10**6):06d}Z {stream} F {zap(made, record, d)}\n"


def docker(made: Product, record: Record, d: Draw) -> str:
    """The line of an app in Node, as Docker keeps it for Kubernetes."""
    time = f"{iso(record.time_ms)[:-1]}{d.below(10**6):06d}Z"
    return compact({"log": winston(made, record, d), "stream": "stdout", "time": time}) + "\n"


def otlp(made: Product, record: Record, d: Draw) -> str:
    """An export of one log record of one resource, as a collector's file exporter writes it."""
    call = record.invocation
    said = {
        "timeUnixNano": f"{record.time_ms}{d.below(10**6):06d}",
        "severityNumber": {"DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17}[record.level],
        "severityText": record.level,
        "body": {"stringValue": record.message},
        "attributes": _attributes({"code.function": call.function, **_fields(record)}),
        "traceId": call.trace,
        "spanId": call.id.replace("-", "")[:16],
    }
    resource = {"service.name": made.name, "service.version": call.version, "k8s.pod.name": d.pick(made.hosts)}
    scope = {"scope": {"name": call.module}, "logRecords": [said]}
    return compact({"resourceLogs": [{"resource": {"attributes": _attributes(resource)}, "scopeLogs": [scope]}]}) + "\n"


def _attributes(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any_value(value)} for key, value in fields.items()]


def _any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _attributes(value)}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(each) for each in value]}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _request(made: Product, d: Draw) -> str:
    route = made.routes[int(len(made.routes) * d.random() ** 2)](d)
    return f"{d.pick(('GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'))} {route.replace(' ', '+')}"


def _status(d: Draw) -> int:
    return int(d.pick((200, 200, 200, 200, 201, 204, 304, 400, 404, 429, 500, 502)))


def nginx_access(made: Product, record: Record, d: Draw) -> str:
    time = f"{datetime.fromtimestamp(record.time_ms // 1000, UTC):%d/%b/%Y:%H:%M:%S} +0000"
    referrer = f"https://{made.name}.example/{d.pick(made.functions)[1]}" if d.random() < 0.4 else "-"
    return (
        f'{client(d)} - - [{time}] "{_request(made, d)} HTTP/1.1" {_status(d)} {d.spread(90_000)} "{referrer}" '
        f'"{d.pick(made.agents)}" {d.spread(4000) / 1000:.3f}\n'
    )


def nginx_error(made: Product, record: Record, d: Draw) -> str:
    call, host = record.invocation, f"{made.name}.example"
    time = f"{datetime.fromtimestamp(record.time_ms // 1000, UTC):%Y/%m/%d %H:%M:%S}"
    level = "warn" if record.level == "WARN" else "error"
    message = record.message.partition("\n")[0]
    return (
        f"{time} [{level}] {d.below(40) + 7}#0: *{d.below(10**6)} [lua] {call.module}.lua:{d.spread(300)}: "
        f"{call.function}(): {message}, "
        f'client: {client(d)}, server: {host}, request: "{_request(made, d)} HTTP/1.1", '
        f'upstream: "http://10.0.0.{d.below(9)}:8080/", host: "{host}"\n'
    )


def elb(made: Product, record: Record, d: Draw) -> str:
    return _load_balancer(made, record, d, made.name) + "\n"


def alb(made: Product, record: Record, d: Draw) -> str:
    head = _load_balancer(made, record, d, f"app/{made.name}/50dc6c495c0c9188")
    group = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{made.name}/73e2d6bc24d8a067"
    trace = f"Root=1-{d.hexes(8)}-{d.hexes(24)}"
    return f'https {head} {group} "{trace}" "{made.name}.example" "-" {d.below(9)} {iso(record.time_ms)} "forward" "-" "-"\n'


def _load_balancer(made: Product, record: Record, d: Draw, name: str) -> str:
    method, _, route = _request(made, d).partition(" ")
    time, took, status = iso(record.time_ms)[:-1], f"0.00{d.below(10)} {d.spread(4000) / 1000:.3f} 0.000", _status(d)
    return (
        f"{time}{d.below(1000):03d}Z {name} {client(d)}:{1024 + d.below(60_000)} 10.0.0.{d.below(9)}:80 {took} "
        f'{status} {status} {d.spread(9000)} {d.spread(90_000)} "{method} https://{made.name}.example:443{route} HTTP/1.1" '
        f'"{d.pick(made.agents)}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2'
    )


def forge_inspect(made: Product, record: Record, d: Draw) -> str:
    return corpus.forge_cli(record)


def app_logs(made: Product, record: Record, d: Draw) -> str:
    return corpus.app_log(record)


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to print what a product logs."""

    format: str
    """What logscrub must recognise it as."""
    show: Printer


KINDS = {
    "pino": Kind("ndjson", pino),
    "bunyan": Kind("ndjson", bunyan),
    "winston": Kind("ndjson", winston),
    "otlp-json": Kind("otlp", otlp),
    "k8s-cri": Kind("cri", cri),
    "k8s-docker": Kind("docker", docker),
    "nginx-access": Kind("access-log", nginx_access),
    "nginx-error": Kind("text", nginx_error),
    "elb": Kind("aws-load-balancer", elb),
    "alb": Kind("aws-load-balancer", alb),
    "forge-inspect": Kind("forge-cli", forge_inspect),
    "app-records": Kind("app-logs", app_logs),
}


def seed_of(kind: str, seed: int) -> int:
    """The seed of a format's own product."""
    return zlib.crc32(f"{kind} {seed}".encode())


def log(kind: str, seed: int) -> Iterator[bytes]:
    """Printed records without end, of a product that no other format and no other seed has."""
    number = seed_of(kind, seed)
    made, d, show = product(number), Draw(number + 1), KINDS[kind].show
    return (show(made, record, d).encode() for record in records(made, d))


# ---------------------------------------------------------------------------------------------------------------------
# The program
# ---------------------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes logs of invented products to standard output.")
    parser.add_argument("--size", type=corpus.parse_size, default="2MB", help="write whole records until this is reached")
    parser.add_argument("--format", choices=KINDS, default="pino")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    corpus.put(log(options.format, options.seed), options.size)


if __name__ == "__main__":
    main()
