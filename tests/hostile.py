"""Generated inputs that are hostile to a scanner: one unit repeated over and over, in every way that logs are written.

A `Shape` is drawn from a seed: a few atoms (an address, a cue word, an open quote, `key=`, a run of backslashes, ...) put
together to a unit, or an alphabet of random characters; then how the unit is repeated, and where it stands (a line of text, a
JSON string, the name of a member, a CSV cell, ...). `Shape.make(size)` is an input of about that many bytes; one of twice the
size has the unit twice as often. `NAMED` are shapes of which each once took a time that grew with the square of its size, or
faster; `LINES` are hostile to what reads the lines of one format.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

TELLING = ("email", "assignee", "description", "token", "phone", "name", "title", "content", "password", "ip", "jql", "address")
"""Names of fields of all kinds of values: a token, a phrase, a line, a credential, a number."""
ATOMS: dict[str, tuple[str, ...]] = {
    "address": (
        *("ab@cd.ef", "jane.doe@acme.example", "jane%40acme.example", "jane\\u0040acme.example", "@", "a@", "mailto:", "@a."),
        "amFuZS5kb2VAYWNtZS5leGFtcGxl",
    ),
    "name": (
        *("Jane Doe", "Ingrid", "王小明", "«王小明»", '"Jane"', "Ольга", "J. Page", "van der ", "O'Brien-", "فاطمة", "jane.doe"),
        "-Ẻz",
    ),
    "cue": ("author ", "by ", "user ", "assigned to ", "Dear ", "password is ", "phone ", "card ", "INFO ", "Bearer ", "at "),
    "open": (
        *("{", "[", "(", "<", '{"a":', "[{", '"', "'", "`", "“", "«", '\\"', "{{", "${", "<a ", "/*"),
        "-----BEGIN PRIVATE KEY-----",
    ),
    "close": ("}", "]", ")", ">", '"}', "”", "»", '\\"', "</a>", "-->", "-----END PRIVATE KEY-----"),
    "escape": ("\\", "\\\\", "\\n", "\\u0041", "\\ud83d", "%", "%41", "%25", "%2525", "&amp;", "&#65;", "&", "\\'", "%e4%b8%ad"),
    "digits": (
        *("1", "12 ", "4111 ", "4111111111111111 ", "+49 ", "030-", "1.", "192.0.2.1", "192.0.2.", "::1", "2001:db8:", "00:1b:"),
        *("2026-11-22T08:14:02.113Z", "12/", "1e5", "712020:", "(1) "),
    ),
    "token": (
        *("a3f9", "3F0b7c1e8a514be19d7e0f5be7a1c001", "3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001", "ATATT3xFfGF0", "eyJhbGciOi"),
        *("AKIA", "Zx9_", "Q", "sk_live_", "ghp_", "SG.", "=", "==", "0m", "0meyJ"),
    ),
    "field": tuple(f"{name}{mark}" for name in TELLING for mark in ("=", ":", ": ", '":"', " ")),
    "pair": tuple(f"{name}{mark}Jane x" for name in TELLING for mark in ("=", ":", ": ", ': "', ":[", ":“", "='")),
    "markup": (
        *("<p>", "<b>x</b>", "<EMAIL_ADDRESS>", "<PERSON:0123456789abcdef0123>", "<", '<ri:user ri:userkey="', "[~", "{code}"),
    ),
    "json": (
        *('{"a":"b"}', '"a":1,', '"value":"x",', '"key":"k",', '["a","b"],', "[1,2],", '{"a":[', '\\"a\\":\\"b\\",', "null,"),
        "{},",
    ),
    "url": ("https://", "/path/", "?a=b&", "/users/jane/", "http://a.b/", "://", "a:b@", ".atlassian.net", "/wiki/", "file:///"),
    "space": (" ", "  ", "\t", "\n    ", "\u00a0", "\u200b", " \t"),
    "punctuation": (".", "-", ",", ";", "|", "+", ":", "_", "/", "~", "...", "--", " - ", ", ", "; ", "=", "'", '" '),
    "control": ("\x1b[32m", "\x1b[0m", "\x1b[", "\x1b", "\x00", "\udce9", "\udcff", "\x07", "\ufeff", "\x1a"),
    "word": (
        "a",
        "Z",
        "error ",
        "the ",
        "Page ",
        "aaaaaaaaaaaaaaaaaaaa",
        "AB",
        "Ab",
        "aB",
        "é",
        "ß",
        "ſ",
        "İ",
        "字",
        "ｆｕｌｌ",
        "ﬁ",
    ),
    "query": ("SELECT * FROM t WHERE a = 'x' ", "assignee = ", "AND ", "IN (", "'x', ", "VALUES (", "text ~ ", "ORDER BY "),
    "frame": ("    at f (webpack:///src/a.js:1:2)", "at ", "webpack:///", "node_modules/", ".js:", "Error: ", "main.(*S).f("),
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ALPHABETS = (
    *("0123456789abcdef", "0123456789ABCDEF", _LETTERS + "+/", _LETTERS + "-_", _LETTERS[:26] + _LETTERS[52:], _LETTERS[26:52]),
    *("0123456789", "0123456789 ", "0123456789.-/: ", "0123456789abcdef:", "0123456789abcdef-", "%0123456789", "ab ", "Aa. "),
    *("\\\"'", '{}[]:,"a', "()[]{}", ".@a-", "&#;x1a", '<>/a"=', "\\u0041n", " \t", "王小明 ", "абвгд ", "a=:, ", "\x1b[0;1mA"),
)
SEPARATORS = ("", "", "", " ", ", ", "\t", ";", "|", "=", ":", "/", ".", "-", "\\n", '"', "&", "\n")
WAYS = (
    *("text", "text", "text", "forge", "object", "json", "json", "key", "elements", "nested", "escaped", "csv", "lines"),
    *("document", "field"),
)
_BLOCK = 1021
"""Random characters after which the same ones come again: what they hold by chance, twice as many hold too."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An input that can be made in any size."""

    name: str
    unit: tuple[str, ...] = ()
    """What is repeated: all of it each time."""
    head: str = ""
    tail: str = ""
    way: str = "text"
    apart: bool = False
    """Whether all of the first, then all of the second part of the unit comes: what opens, then what closes."""
    alphabet: str = ""
    """Characters of which random ones stand instead of units."""

    def body(self, size: int) -> str:
        """About `size` characters of the hostile text itself."""
        times = max(1, size // max(1, len("".join(self.unit))))
        if self.alphabet:
            block = "".join(random.Random(self.name).choices(self.alphabet, k=_BLOCK))
            middle = (block * (size // _BLOCK + 1))[:size]
        elif self.apart:
            middle = "".join(part * times for part in self.unit)
        else:
            middle = "".join(self.unit) * times
        return self.head + middle + self.tail

    def make(self, size: int) -> bytes:
        """An input of about `size` bytes."""
        return _WRITTEN[self.way](self.body(size)).encode("utf-8", "surrogateescape")


def _line(body: str) -> str:
    return body.replace("\n", " ") + "\n"


_FORGE = "INFO    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 "
_WRITTEN: dict[str, Callable[[str], str]] = {
    "raw": lambda body: body + "\n",
    "table": lambda body: body.replace(',["a"]', '],"rows":[["a"]', 1) + "\n",
    "text": _line,
    "forge": lambda body: _FORGE + _line(body),
    "object": lambda body: f"{_FORGE}saved {{\n  body: '{_line(body)}}}\n",
    "json": lambda body: _dumps({"level": "info", "message": body}),
    "key": lambda body: _dumps({"level": "info", body: {"id": 7, "list": ["a", "b", 1]}}),
    "field": lambda body: _dumps({"level": "info", "user": {"displayName": body}, "email": body, "token": body}),
    "elements": lambda body: _dumps({"appLogs": [{"message": part} for part in _parts(body, 40)]}),
    "nested": lambda body: _dumps({"message": _dumps({"payload": _dumps({"text": body})})}),
    "escaped": lambda body: '{"message": "' + _line(body.replace('"', "'").replace("\\\\", "/").rstrip("\\"))[:-1] + '"}\n',
    "csv": lambda body: "Level,Date,Details,Site\nINFO,2026-11-22," + '"' + body.replace('"', '""') + '",x\n',
    "lines": lambda body: "INFO first\n" + "".join(map(_line, _parts(body, 24))),
    "document": lambda body: json.dumps({"a": {"b": _parts(body, 24)}}, indent=1, ensure_ascii=False) + "\n",
}


def _dumps(value: object) -> str:
    """A line of JSON whose undecodable bytes stay bytes, as a log has them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


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
        return Shape(f"{seed} {way}: {head!r} random {alphabet[:16]!r} {tail!r}", (), head, tail, way, alphabet=alphabet)
    glue = chance.choice(SEPARATORS)
    unit = tuple(atom() + glue for _ in range(chance.choice((1, 1, 2, 2, 2, 3))))
    apart = chance.random() < 0.15
    return Shape(f"{seed} {way}: {head!r} {unit!r} {tail!r}{' apart' if apart else ''}", unit, head, tail, way, apart)


def _encoded(text: str, times: int) -> str:
    return text if not times else _encoded(quote(text, safe=" {}:"), times - 1)


def _within(levels: int) -> str:
    """What opens texts of JSON within texts of JSON, percent-encoded three times each, up to the innermost."""
    return "" if not levels else '{"a":"' + _encoded(_within(levels - 1), 3)


NAMED = (
    Shape("an author in quotes", ("author «王小明» e",)),
    Shape("mail addresses", ("jane.doe@acme.example, ",)),
    Shape("mail addresses, a string each", ("jane.doe@acme.example, sent on behalf ",), way="elements"),
    Shape("random hex", alphabet="0123456789abcdef"),
    Shape("random hex in JSON", alphabet="0123456789ABCDEF", way="json"),
    Shape("random base64", alphabet=_LETTERS + "+/"),
    Shape("random base64 in JSON", alphabet=_LETTERS + "-_", way="json"),
    Shape("a long random word of colours' ends", ("a0m",), tail=".js"),
    Shape("readable base64 among findings", ("a@b.co amFuZS5kb2VAYWNtZS5leGFtcGxl ",)),
    Shape("names that end at once", ("assignee:Jane was ",)),
    Shape("values of an object", ("description: a, ",), "{", "}"),
    Shape("objects in a quote that ends far away", ("content=“{a:1 ",), tail="”"),
    Shape("closing brackets", (") ",), "description: ", "x"),
    Shape("open lists", ("name:[",)),
    Shape("open holders of a secret", ("password:[Jane x ",)),
    Shape("closed holders of a secret", ("tokens:{a: [x1y2, ", "]}, "), apart=True),
    Shape("open lists and one end", ("name:[",), tail="]"),
    Shape("open lists and a quote", ("name:[ 'a ",), tail="]"),
    Shape("open objects behind a key", ("{",), "a:"),
    Shape("white space and a word in a field", (" ",), tail="x", way="field"),
    Shape("signs and a word in a field", ("!",), tail="x", way="field"),
    Shape("dots in a person's field", (".h__.",), "uaH/", "~", "field"),
    Shape("white space behind a level", (" ",), "INFO", "x"),
    Shape("colours within colours", ("\x1b[", "m"), apart=True),
    Shape("values before the names that label them", ('"value":"x",', '"key":"k",'), "{", '"z":1}', "raw", True),
    Shape("a long name of a list of pairs", ("h",), '{"', 'x":[' + ",".join(['"a","b"'] * 150) + "]}", "raw"),
    Shape("blank lines in a document", ("\n", "{},"), '{"a":[\n', '{}]}', "raw", True),
    Shape("lines of a document that is one value", ('"some text",\n',), '{"a":[\n', '""]}', "raw"),
    Shape("records of a deep document", ('{"a":', "{},"), tail="", way="raw", apart=True),
    Shape("a path of an Atlassian address", ("2x-",), "https://jira.atlassian.com/", "~"),
    Shape("arguments of a frame of Go", ("{ ",), "main.(*S).f(", "~"),
    Shape("digits beside a word for a phone", alphabet="%0123456789", head="phone "),
    Shape("texts within texts", (" ab",), _within(4), way="json"),
)  # fmt: skip


_AT = "2026-11-17T09:15:38"
_ID = "3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001"
_ACCESS = '1.1.1.1 - - [17/Nov/2026:09:15:38 +0000] "GET / HTTP/1.1" 200 12'
_BALANCED = f'http {_AT}.1Z a b c 0.1 0.1 0.1 200 200 1 1 "GET / H"'
_EVENT = "<Event></System>"
# fmt: off
_LINES = (
    # head, unit, tail: of text, and of the tools of Forge
    ("", "\x1b[\x1b[mm", "x"), ("INFO ", "\x1b[\x1b[mm", "x"), (f"2026-11-17 09:15:38 {_ID} ", "\x1b[\x1b[mm", "x"),
    ("", "[", ""), ("", "\n", "x"), ("", "\r\n", "x"), ("", "\ufeff\n", "x"), (f"{_AT} ", "[a] ", ""), (f"{_AT} ", "a.b ", ""),
    (f"{_AT} ", "- ", ""), (f"{_AT} ", " ", "x"), ("", "2026-11-17 ", ""),
    ("2026-11-17 09:15:38.315 ", " INFO", " 1 --- [main] a : x"), ("", "\0", "{}"), ("│ App version: ", "│", " x"),
    ("│ App version: ", "│ ", "x y"), (f"INFO {_AT}.113Z {_ID} x\n App version: ", "│", " x"),
    (f"invocation: {_ID}", " ", "x y"), (f"invocation: {_ID} ", "a.", " x"), ("INFO", " \x1b[m ", "x"), ("┌", "│\n", ""),
    # syslog, Kubernetes, Lambda
    ("<1>1 - - - - - [", 'a="b" ', ""), ("<1>1 - - - - - ", "[a]", "x"), ("<1>1 ", "- ", ""),
    ("<1>1 - - - - - [a ", 'b=" ', "] x"), ("<1>1 - - - - - [a", " ", "] x"), ("<34>Nov 17 09:15:38 web", " ", "x"),
    ("Nov 17 09:15:38 web", " ", "x"), ("<34>Nov 17 09:15:38 web su: @cee:", "{", ""), ("", "<1>Nov 17 09:15:38 web su: ", ""),
    ("", "E1117 09:15:38.315000 ", ""), ("", "12 <1>1 ", ""), ("", f"65536 <1>1 {_AT}", ""), ("", "9", " <1>"),
    ("", f"3 <1>{_AT}é", ""), ("5 <1>ab", "\r", "x"), ("REPORT", " RequestId:", ""), ("", f"{_AT}Z\t", ""),
    ("", f"{_AT}Z ", ""), ("", "[ERROR]\t", ""), (f"{_AT}+00:00 ", "a/", "a"),
    # web servers, load balancers, W3C
    ("1.1.1.1 - ", "- ", ' [17/Nov/2026:09:15:38 +0000] "'), ('1 - a [17/Nov/2026:09:15:38 +0000] "', '\\"', ""),
    (_ACCESS, ' "-"', " x"), (_ACCESS + ' "-" "x"', " 1", ""), (_ACCESS + ' "-" "x"', " rt=", ""),
    (_ACCESS + ' "-" "x"', ' "', ""), (_ACCESS + ' "-" "', "a (", '"'),
    ('[GIN] 2026/11/17 - 09:15:38 | 500 | 31.2ms | 203.0.113.7 | GET "', "a /", '"'), (f"{_AT}.9Z a b c ", "0.1 ", ""),
    ("tls 2.0 ", "- ", ""), (_BALANCED[:-8], "\\x", ""), (_BALANCED + ' "x"', " a", ""), ("#Fields:", " a", ""),
    ("#Fields: date", "  time", "!"), ("#Fields: date", " ", "!"), ("", "#Fields: date time\n", ""),
    ("#Fields: date time cs-uri\n2026-11-17 09:15:38 ", '"a""', ""),
    ("#Fields: date time cs-uri\n2026-11-17 09:15:38 ", '""', ""), ("#Fields: date time cs-uri\n2026-11-17\t", "\t", ""),
    # logfmt
    ("", "a=", ""), ('time="', '\\"', ""), ("", "t=1 ", ""), ("", 'level=x msg="', ""), ("", "a", "=1"),
    ('level=x msg="a"', " ", "x"), ("level=x msg=x duration_ms=", "9", ""), ("level=x msg=x ", 'a="b"', ""),
    ("level=x msg=x ", "duration=1ms ", ""),
    # XML
    ("", "<Event>", ""), ("<Event>", "<Data>", ""), (_EVENT, "<Message>", ""), ("<Event ", "a='b' ", ""),
    ("<Event>", "<a ", ""), (_EVENT, "<A1>", "</Event>"), (_EVENT, "<a>x", "</Event>"), (_EVENT, "<Data Name='", "</Event>"),
    ("<Event><a", " ", "</Event>"), (_EVENT + "<Data", " ", "</Event>"), (_EVENT + "<Message>", "&#9;", "</Message></Event>"),
    ("", "</Event>", ""), ("", "<Events >", ""), ("<Event>", "<TimeCreated  ", "</Event>"), ("<Event><Level>", " ", "</Event>"),
    ("<Event>\n", "<a>\n", ""),
    # CSV
    ("level,message,time\n", '"a', ""), ("level,message,time\n", 'a,"b,c\n', ""), ("level,message,time\n", '"a""b",', ""),
    ('level,message,time\n"a\n', "b,c,d\n", ""), ('level,message,time\n"a\n"b\n', 'b,"c",d\n', ""), ("", "level,message,", ""),
    ("", 'level,"message,', ""),
    # the journal, containers
    ("__CURSOR=a\n", "A\n", ""), ("__CURSOR=a\nMESSAGE\n\0\0\1\0\0\0\0\0", "a\n", ""), ("__CURSOR=a\n", "A=b\n", ""),
    ("__CURSOR=a\nA\n", "\0", ""), ("", '{"MESSAGE":"a","PRIORITY":"3","_LINE_BREAK":"line-max","_STREAM_ID":"a"}\n', ""),
    ('{"PRIORITY":"3","MESSAGE":[', "65,", "65]}"), ('{"log":"a","stream":"stdout","time":"x","x":"', "} ", '"'),
    ("", '{"log":"ab","stream":"stdout","time":"x"}\n', ""), ('{"log"', " ", ":"), ("", '{"log":"', ""),
    ("", f"{_AT}.315958Z stdout P a\n", ""), ("", f"{_AT}.315958Z stdout F ", ""),
    # JSON
    ('{"log":{"creator":{},"entries":[', '{"startedDateTime":"2026","request":{"url":"a"}},', "{}]}}"), ("", '{"a":', ""),
    ("", "{} ", ""), ('{"a":[\n', '{"b":1},x\n', ""), ('{"entries":[\n', '{"b":1},\n', "{}]}"), ("", "{\n", ""),
    ("", '{"a":\n', ""), ("", '{"a":"', ""), ('{"a"', " ", "x:1}"), ('{"stream":{},"values":[', '["1","b"],', '["1","c"]]}'),
    ("[\n", '{"a":1},\n', "{}]"), ('{"tables":[{"columns":[{"name":"a"}],"rows":[', '["a"],', '["b"]]}]}'),
    ('{"a":\n', '1}{"b":\n', "1}"),
)
# fmt: on
LINES = (
    *(Shape(f"{head[-50:]!r} {unit!r} {tail!r}", (unit,), head, tail, "raw") for head, unit, tail in _LINES),
    Shape("columns of a table and its rows", ('{"name":"a"},', '["a"],'), '{"tables":[{"columns":[', '["b"]]}]}', "table", True),
)
_BY_NAME = {each.name: each for each in (*NAMED, *LINES)}


def shape_of(which: str | int) -> Shape:
    """The shape of a name or a seed."""
    return _BY_NAME[which] if isinstance(which, str) else shape(which)
