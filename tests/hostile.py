"""Generated inputs that are hostile to a scanner: one unit repeated over and over, in every way that logs are written.

A `Shape` is drawn from a seed: a few atoms (an address, a cue word, an open quote, `key=`, a run of backslashes, ...) put together
to a unit, or an alphabet of random characters; then how the unit is repeated, and where it stands (a line of text, a JSON string,
the name of a member, a CSV cell, ...). `Shape.make(size)` is an input of about that many bytes; an input of twice the size
has the same unit twice as often.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

TELLING = ("email", "assignee", "description", "token", "phone", "name", "title", "content", "password", "ip", "jql", "address")
"""Names of fields of all kinds of values: a token, a phrase, a line, a credential, a number."""
ATOMS: dict[str, tuple[str, ...]] = {
    "address": ("ab@cd.ef", "jane.doe@acme.example", "jane%40acme.example", "jane\\u0040acme.example", "@", "a@", "mailto:", "@a."),
    "name": ("Jane Doe", "Ingrid", "王小明", "«王小明»", '"Jane"', "Ольга", "J. Page", "van der ", "O'Brien-", "فاطمة", "jane.doe"),
    "cue": ("author ", "by ", "user ", "assigned to ", "Dear ", "password is ", "phone ", "card ", "INFO ", "Bearer ", "at "),
    "open": ("{", "[", "(", "<", '{"a":', "[{", '"', "'", "`", "“", "«", "\\\"", "{{", "${", "<a ", "/*", "-----BEGIN PRIVATE KEY-----"),
    "close": ("}", "]", ")", ">", '"}', "”", "»", "\\\"", "</a>", "-->", "-----END PRIVATE KEY-----"),
    "escape": ("\\", "\\\\", "\\n", "\\u0041", "\\ud83d", "%", "%41", "%25", "%2525", "&amp;", "&#65;", "&", "\\'", "%e4%b8%ad"),
    "digits": ("1", "12 ", "4111 ", "4111111111111111 ", "+49 ", "030-", "1.", "192.0.2.1", "192.0.2.", "::1", "2001:db8:", "00:1b:",
               "2026-11-22T08:14:02.113Z", "12/", "1e5", "712020:", "(1) "),
    "token": ("a3f9", "3F0b7c1e8a514be19d7e0f5be7a1c001", "3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001", "ATATT3xFfGF0", "eyJhbGciOi",
              "AKIA", "amFuZS5kb2VAYWNtZS5leGFtcGxl", "Zx9_", "Q", "sk_live_", "ghp_", "SG.", "=", "=="),
    "field": tuple(f"{name}{mark}" for name in TELLING for mark in ("=", ":", ": ", '":"', " ")),
    "pair": tuple(f"{name}{mark}Jane x" for name in TELLING for mark in ("=", ":", ": ", ': "', ":[", ":“", "='")),
    "markup": ("<p>", "<b>x</b>", "<EMAIL_ADDRESS>", "<PERSON:0123456789abcdef0123>", "<", "<ri:user ri:userkey=\"", "[~", "{code}"),
    "json": ('{"a":"b"}', '"a":1,', '"value":"x",', '"key":"k",', '["a","b"],', "[1,2],", '{"a":[', '\\"a\\":\\"b\\",', "null,", "{},"),
    "url": ("https://", "/path/", "?a=b&", "/users/jane/", "http://a.b/", "://", "a:b@", ".atlassian.net", "/wiki/spaces/", "file:///"),
    "space": (" ", "  ", "\t", "\n    ", "\u00a0", "\u200b", " \t"),
    "punctuation": (".", "-", ",", ";", "|", "+", ":", "_", "/", "~", "...", "--", " - ", ", ", "; ", "=", "'", '" '),
    "control": ("\x1b[32m", "\x1b[0m", "\x1b[", "\x1b", "\x00", "\udce9", "\udcff", "\x07", "\ufeff", "\x1a"),
    "word": ("a", "Z", "error ", "the ", "Page ", "aaaaaaaaaaaaaaaaaaaa", "AB", "Ab", "aB", "é", "ß", "ſ", "İ", "字", "ｆｕｌｌ", "ﬁ"),
    "query": ("SELECT * FROM t WHERE a = 'x' ", "assignee = ", "AND ", "IN (", "'x', ", "VALUES (", "text ~ ", "ORDER BY "),
    "frame": ("    at f (webpack:///src/a.js:1:2)", "at ", "webpack:///", "node_modules/", ".js:", "Error: "),
}  # fmt: skip
ALPHABETS = (
    "0123456789abcdef", "0123456789ABCDEF", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "0123456789", "0123456789 ", "0123456789.-/: ", "ab ", "Aa. ",
    "\\\"'", "{}[]:,\"a", "()[]{}", "%0123456789", ".@a-", "&#;x1a", "<>/a\"=", "\\u0041n", " \t", "王小明 ", "a=:, ", "\x1b[0;1mA",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "abcdefghijklmnopqrstuvwxyz", "абвгд ", "0123456789abcdef:", "0123456789abcdef-",
)  # fmt: skip
SEPARATORS = ("", "", "", " ", ", ", "\t", ";", "|", "=", ":", "/", ".", "-", "\\n", '"', "&", "\n")
WAYS = (
    "text", "text", "text", "forge", "forge-detail", "json", "json", "key", "element", "nested", "escaped", "csv", "lines", "document",
    "field",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """An input that can be made in any size."""

    name: str
    head: str
    unit: tuple[str, ...]
    """What is repeated, one after the other."""
    tail: str
    way: str
    alphabet: str = ""
    """Characters of which random ones stand instead of units."""
    seed: int = 0

    def body(self, size: int) -> str:
        """About `size` characters of the hostile text itself."""
        if self.alphabet:
            middle = "".join(random.Random(self.seed).choices(self.alphabet, k=size))
        else:
            units = [
                self.unit[i % len(self.unit)] for i in range(max(1, size * len(self.unit) // max(1, len("".join(self.unit)))))
            ]
            middle = "".join(units)
        return self.head + middle + self.tail

    def make(self, size: int) -> bytes:
        """An input of about `size` bytes."""
        body = self.body(size)
        line = body.replace("\n", " ")
        way = self.way
        if way == "text":
            text = line + "\n"
        elif way == "forge":
            text = f"INFO    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 {line}\n"
        elif way == "forge-detail":
            text = f"INFO    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 saved {{\n  body: '{line}\n}}\n"
        elif way == "json":
            text = _dumps({"level": "info", "message": body}) + "\n"
        elif way == "key":
            text = _dumps({"level": "info", body: {"id": 7, "list": ["a", "b", 1]}}) + "\n"
        elif way == "field":
            text = _dumps({"level": "info", "user": {"displayName": body}, "email": body, "token": body}) + "\n"
        elif way == "element":
            text = _dumps({"appLogs": [{"message": part} for part in _parts(body, 40)]}) + "\n"
        elif way == "nested":
            text = _dumps({"message": _dumps({"payload": _dumps({"text": body})})}) + "\n"
        elif way == "escaped":
            text = '{"message": "' + line.replace('"', "'").replace("\\\\", "/").rstrip("\\") + '"}\n'
        elif way == "csv":
            text = "Level,Date,Details,Site\n" + f'INFO,2026-11-22,"{line.replace(chr(34), chr(34) * 2)}",x\n'
        elif way == "lines":
            text = "INFO first\n" + "".join(part.replace("\n", " ") + "\n" for part in _parts(body, 24))
        else:
            assert way == "document"
            text = json.dumps({"a": {"b": _parts(body, 24)}}, indent=1, ensure_ascii=False) + "\n"
        return text.encode("utf-8", "surrogateescape")


def _dumps(value: object) -> str:
    """JSON whose undecodable bytes stay bytes, as a log has them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parts(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


def shape(seed: int) -> Shape:
    """The shape of a seed."""
    chance = random.Random(f"hostile {seed}")
    way = chance.choice(WAYS)

    def atom() -> str:
        return chance.choice(ATOMS[chance.choice(tuple(ATOMS))])

    head, tail = (atom() if chance.random() < 0.3 else "" for _ in range(2))
    if chance.random() < 0.15:
        alphabet = chance.choice(ALPHABETS)
        return Shape(f"{seed} {way}: {head!r} random {alphabet[:12]!r} {tail!r}", head, (), tail, way, alphabet, seed)
    glue = chance.choice(SEPARATORS)
    atoms = [atom() for _ in range(chance.choice((1, 1, 2, 2, 2, 3)))]
    if chance.random() < 0.1:  # nested: all that opens, then all that closes
        return Shape(f"{seed} {way}: {head!r} nested {atoms!r}", head, tuple(atoms), tail, way)
    unit = tuple(a + glue for a in atoms)
    return Shape(f"{seed} {way}: {head!r} {unit!r} {tail!r}", head, unit, tail, way)


def shapes() -> Iterator[Shape]:
    """All shapes, one after the other."""
    return map(shape, count())
