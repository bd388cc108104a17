"""Decoded views of a text, whose spans map back to the original.

A detector that looks for `jane@acme.example` must find `jane%40acme.example`, `jane\\u0040acme.example`,
`jane&#64;acme.example` and the same with zero-width characters in it. Each decoding makes a `View`: the decoded text
and, for each of its characters, where in the original it stands.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import orjson

from logscrub.patterns import regex

Alphabet = Literal["base64", "base64url", "hex"]
Coding = Literal["plain", "json", "bytes"]


class View(NamedTuple):
    """A decoded text; character i of it comes from `[starts[i], ends[i])` of the original."""

    text: str
    starts: list[int]
    ends: list[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Returns where the non-empty span `[start, end)` of the decoded text stands in the original."""
        return self.starts[start], self.ends[end - 1]


_PERCENT = regex(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE = regex(r"\\+(?:u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|x[0-9A-Fa-f]{2}|[\"'`/bfnrt])|\\{2,}")
_ESCAPED_BYTE = regex(r"\\{1,31}(?:x[0-9A-Fa-f]{2}|[0-3][0-7]{2})")
_ESCAPED_BYTES = regex(r"(?:\\{1,31}(?:x[0-9A-Fa-f]{2}|[0-3][0-7]{2}))+")
_QUOTED_PRINTABLE = regex(
    r"(?<=[\w.-])(?:=(?:2[DE]|40(?![0-9]{1,8}(?![\w.-]))|5F|C[2-9A-F]=[89AB][0-9A-F]|D[0-9A-F]=[89AB][0-9A-F]"
    r"|E[0-9A-F](?:=[89AB][0-9A-F]){2}))+(?=[\w.-])"
)
"""Codes of quoted-printable for characters of an address or a name, between letters. Its other codes look like the value of a
field."""
_JOINED = regex(
    r"""(?<!["'`]to)(?<!["'`]cc)(?<!["'`]bcc)(?<!["'`]for)(?<!["'`]from)"""
    r"""["'`](?:[ \t\r\n]{0,3}(?:\+{1,2}|\.{1,2}|&|\|\|)[ \t\r\n]{0,3}"""
    r"""(?:(?:[A-Za-z.]{0,12}[Cc]har(?:Code)?|CHA?R|[Cc]hr)\(64\)[ \t\r\n]{0,3}(?:\+|\.{1,2}|&|\|\|)[ \t\r\n]{0,3})?"""
    r"""|\.concat\(["'`]@["'`],[ ]?|\.concat\()["'`]"""
)
"""Between two texts that a program joins: `"jane" + "@acme.example"`, also with the sign of a mail address by its number
(`'jane' || chr(64) || 'acme.example'`). A word before an address is no part of it."""
_ENTITY = regex(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_JSON_ESCAPE = regex(r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])')
_SGR = regex(r"\x1b\[[0-9;:]{0,40}[A-Za-z]")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_BASE64 = regex(r"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/]{16,}|[A-Za-z0-9_-]{16,})={0,2}(?![A-Za-z0-9+/_=-])")
_HEX = regex(
    r"[0-9A-Fa-f](?:(?<![0-9A-Za-z].)|(?<=0[xX].)(?<![0-9A-Za-z]0[xX].)|(?<=\\x.))"
    r"(?:(?<=[0-9a-f])[0-9a-f](?:[0-9a-f]{2}){7,}|(?<=[0-9A-F])[0-9A-F](?:[0-9A-F]{2}){7,})(?![0-9A-Za-z])"
)
_HEX_ALONE = regex(r"(?<![A-Za-z0-9+/_-])(?:0[xX]|(?<=\\)x)?(?P<hex>(?:[0-9a-f]{16,}+|[0-9A-F]{16,}+))(?![A-Za-z0-9+/_-])")
"""A word in hex with no sign of base64 beside it."""
_BYTE_OF = {c: n for n in range(0x80, 0xA0) if (c := bytes([n]).decode("cp1252", "ignore"))}
"""The bytes of the characters that Windows-1252 has where Latin-1 has control characters."""
_LOWER_HALF = rf"{''.join(_BYTE_OF)}\x80-\x9f"
_UPPER_HALF = r"\xa0-\xbf"
LATER_BYTE = rf"[{_LOWER_HALF}{_UPPER_HALF}]"
"""A character for which a byte stands, in Windows-1252 or Latin-1, that is not the first one of a character in UTF-8."""
_READ_AS_LATIN = regex(
    rf"(?:[\xc2-\xdf]{LATER_BYTE}|\xe0[{_UPPER_HALF}]{LATER_BYTE}|[\xe1-\xec\xee\xef]{LATER_BYTE}{{2}}){{2,}}"
    rf"|[\xc2-\xc9]{LATER_BYTE}|\xe2{LATER_BYTE}{{2}}"
)
"""Characters of two and three bytes in UTF-8, each byte read as a character of Windows-1252 or Latin-1: two or more, or one that
is a Latin letter or a sign. One of another script may be a letter before a quote, or a sign before a space: `Spaß”`."""
_NOT_PLAIN = regex(r"[^\x01-\x7e]")
"""Characters that may have a plainer form."""
_BYTE = "-?[0-9]{1,3}"
_BYTES = rf"{_BYTE}(?:,[ \t\r\n]*+{_BYTE}){{5,}}+"
"""Six numbers of up to three digits, or more, between commas; signed ones are Java's."""
_MEMBERS = rf"""["']?0["']?:[ ]?{_BYTE}(?:,[ \t\r\n]*+["']?[0-9]{{1,6}}["']?:[ ]?{_BYTE}){{5,}}+"""
"""Bytes as members of an object, the printed form of an array that was spread: `{"0":106,"1":97,…}`."""
_ENTRY = rf"\[[0-9]{{1,3}}\][ ]?=>[ \t\r\n]{{0,12}}(?:int\({_BYTE}\)|{_BYTE})"
"""A byte as an entry of an array of PHP: `[1] => 112`, `[0]=> int(109)`."""
_ARRAY = regex(
    rf"\{{(?:\"length\":[0-9]{{1,7}},[ ]?)?[ \t\r\n]*+{_MEMBERS},?[ \t\r\n]*+(?:\}}|\Z)"
    rf"|{_ENTRY}(?:,?[ \t\r\n]{{1,12}}{_ENTRY}){{5,}}+"
    rf"|\[[ \t\r\n]*+(?:{_BYTES}(?:,[ \t\r\n]*+\.\.\.[ ][0-9]{{1,9}}[ ]more[ ]items?)?|[0-9]{{1,3}}(?:[ ][0-9]{{1,3}}){{5,}}+)"
    r"[ \t\r\n]*+(?:\]|\Z)"
    rf"|<<{_BYTES}>>|\({_BYTES},?\)"
    r"|(?:<Buffer[ ]|\[Uint8Contents\]:[ ]<|[\[{][ ]?(?=0x)|<(?=[0-9a-f]{8}[ ]))"
    r"(?P<hex>(?:0x)?[0-9a-fA-F]{2}(?:(?:,?[ ](?:0x)?)?[0-9a-fA-F]{2}){5,}+)"
    r"(?:[ ]\.\.\.[ ][0-9]{1,9}[ ]more[ ]bytes?)?,?[ ]?(?:[>\]}]|\Z)"
)
"""Arrays of bytes as JSON, JavaScript, Java, Rust, C, Go, Objective-C, Erlang, and calls write them. Of a long array only the
beginning is printed."""
_DUMP = regex(
    r"(?<![\w.-])(?:[0-9a-fA-F]{2}(?:(?:[ ][0-9a-fA-F]{2}){3}(?:[ ]{1,2}[0-9a-fA-F]{2}){4,}+|(?:-[0-9a-fA-F]{2}){7,}+"
    r"|(?::[0-9a-fA-F]{2}){7,}+|(?:,[ ]?[0-9a-fA-F]{2}){7,}+)"
    r"|0x[0-9a-fA-F]{2}(?:(?:[ ]0x[0-9a-fA-F]{2}){5,}+|(?:,[ ]?0x[0-9a-fA-F]{2}){5,}+)"
    r"|[0-9a-fA-F]{4}(?:[ ][0-9a-fA-F]{4}){3,}+)(?![\w-])"
)
"""Bytes as a dump shows them: apart, in pairs, with `0x` before each, or with a dash between them as .NET does."""
_DIGITS = regex(
    r"(?<![\w.,-])(?:(?P<bits>(?:0b)?[01]{8}(?:(?:[ ](?:0b)?[01]{8}){5,}+|(?:,[ ]?(?:0b)?[01]{8}){5,}+))"
    r"|[0-9]{2,3}(?:(?:[ ][0-9]{2,3}){7,}+|(?:,[ ]?[0-9]{2,3}){7,}+|(?:-[0-9]{2,3}){7,}+))(?![\w.-])"
)
"""Bytes in the digits of two, eight or ten, without brackets round them."""
_OCTAL = regex(r"[0-3][0-7]{2}(?:[ ,-]{1,2}[0-3][0-7]{2})+")
_NO_DIGIT = regex("0x|[^0-9a-fA-F]")
_BITS = regex("[01]{8}")
_HEX_LINE = regex(
    r"(?P<line>[ \t]{0,8}(?:0x)?[0-9a-fA-F]{4,8}:?[ \t]{1,4}(?P<bytes>[0-9a-fA-F]{2}(?:[ ]{0,2}[0-9a-fA-F]{2}){0,15}+)"
    r"(?![\w.-])[^\r\n]{0,80}+)(?:\r?\n|\Z)"
)
"""A line of a dump with the place of its bytes before them, and often what they say behind."""
_SIGNS = regex(
    r"\[[^\s,\[\]\"'](?:, ?[^\s,\[\]\"']){5,}+\]"
    r"|[\[{(][ ]?(?P<prefix>[bcuL]?)(?P<quote>[\"'])[^\s,\"'](?P=quote)"
    r"(?:,[ ]?(?P=prefix)(?P=quote)[^\s\"'](?P=quote)){5,}+,?[ ]?[\]})]"
    r"|\{[ ]?(?P<around>[\"']?)0(?P=around)[ ]?(?::|=>)[ ]?(?P<sign>[\"'])[^\"'](?P=sign)"
    r"(?:,[ ](?P=around)[0-9]{1,4}(?P=around)[ ]?(?::|=>)[ ]?(?P=sign)[^\"'](?P=sign)){4,}+,?[ ]?(?:\}|\Z)"
)
"""An array of single characters, as Java, C and Python print one; a text that was spread into an object."""
_SIGN = regex(r"[\[, ](?P<bare>[^\s,\[\]\"'{(])(?=[,\]])|[\"'](?P<quoted>[^\s\"']|[ ](?=[\"'][,\s]))[\"'](?![ ]?(?::|=>))")
_SPELT = regex(
    r"(?<![\[{(,])(?<![\[{(,][ ])(?P<quote>[\"'])[^\s\"'](?P=quote)(?:,[ ]?(?P=quote)[^\s\"'](?P=quote)){5,}+"
    r"|(?<![\w-])[^\W\d_](?:-[^\W\d_]){4,30}+(?![\w-])"
)
"""Single characters in a row without brackets, and a word that is spelt: `M-A-R-T-A`."""
_LETTER = regex("[A-Za-z]")
_OF_MAINFRAME = regex(r"(?=(?:[^A-Za-z]{0,8}[A-Za-z]){4})[A-Za-z0-9 .,_@/:=#'()+&*%-]{6,}")
"""A text in EBCDIC that may say something: few bytes stand for such signs, so random ones hardly ever do."""
_BASE32 = regex(r"(?<![A-Za-z0-9+/_=-])(?:[a-z2-7]{16,1000}+|[A-Z2-7]{16,1000}+)={0,6}(?![A-Za-z0-9+/_=-])")
_JSON_ARRAY = regex(rf"\[[ \t\r\n]*+{_BYTES}[ \t\r\n]*+\]|\{{[ \t\r\n]*+{_MEMBERS}[ \t\r\n]*+\}}")
_NUMBER = regex("-?[0-9]+")
_NUMBER_OF_MEMBER = regex("(?:(?<=[0-9]:)|(?<=[0-9][\"']:))[ ]?(-?[0-9]+)")
_IS_ENTRY = regex(r"\[[0-9]{1,3}\]")
_NUMBER_OF_ENTRY = regex(r"(?<![\[0-9-])-?[0-9]+")
_ESCAPED_RUN = regex(
    r"(?:\\{1,31}(?:x|u00)[0-9A-Fa-f]{2}){6,5000}+|(?:\\{1,31}[0-3][0-7]{2}){6,5000}+(?!\\{1,31}[0-2][0-9]{2})|(?:\\{1,31}[0-2][0-9]{2}){6,5000}+"
)
"""A text of which each character is written by its number, in digits of sixteen, eight or ten."""
_ESCAPED_NUMBER = regex(r"(?:x|u00)([0-9A-Fa-f]{2})|([0-9]{3})")
_OCTAL_DIGITS = frozenset("01234567")
_SHORTEST_LINES = 6
"""Bytes in the shortest dump with their places."""
_SHORT_TEXT = 16
"""Characters from which a text of bytes may have strange ones."""
_INVISIBLE = frozenset(("Zs", "Zl", "Zp", "Cf"))
_LONGEST_ENCODED = 1 << 20
_MOST_LAYERS = 4
"""The greatest number of decodings applied to one text."""


def unescape_json(text: str) -> View | None:
    """The inside of a JSON string, unescaped; None where it holds no escapes."""
    return _substitute(text, _JSON_ESCAPE, _json_unit) if "\\" in text else None


def joined(pieces: Iterable[tuple[str, int, Coding]]) -> View:
    """One text of pieces `(text, where it stands in the original, how it is written)`."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for text, at, coding in pieces:
        view = unescape_json(text) if coding == "json" else view_of_bytes(text) if coding == "bytes" else None
        if view is None:
            parts.append(text)
            starts.extend(range(at, at + len(text)))
            ends.extend(range(at + 1, at + len(text) + 1))
        else:
            parts.append(view.text)
            starts.extend(at + i for i in view.starts)
            ends.extend(at + i for i in view.ends)
    return View("".join(parts), starts, ends)


def unescaped_json(text: str) -> str:
    """The text alone of what `unescape_json` makes of the inside of a JSON string."""
    try:
        says: str = orjson.loads(f'"{text}"')
    except ValueError:  # half of a surrogate pair, or no JSON: a backslash that begins no escape sequence is kept
        says = _JSON_ESCAPE.sub(lambda m: _json_unit(m[0]), text)
    return says


def without_colours(text: str) -> View | None:
    """A text of a terminal without its colours (ANSI SGR sequences); None where it has none.

    Without them what stood around one may be another; such are taken out too, at most four deep.
    """
    view: View | None = None
    for _ in range(_MOST_LAYERS):
        current = view.text if view else text
        step = _substitute(current, _SGR, lambda unit: "") if "\x1b" in current else None
        if step is None:
            break
        view = _compose(view, step) if view else step
    return view


def has_colours(text: str) -> bool:
    """True if there are any."""
    return _SGR.search(text) is not None


def double_quotes(text: str) -> View | None:
    """The inside of a quoted CSV cell, `""` made `"`; None where it holds none."""
    return _substitute(text, re.compile('""'), lambda unit: '"') if '""' in text else None


def unescape_xml(text: str) -> View | None:
    """A text or the value of an attribute in XML, its entities made characters; None where it holds none."""
    return _substitute(text, _ENTITY, html.unescape) if "&" in text else None


def with_question_mark(text: str) -> View:
    """The query of a URL as it reads behind a question mark."""
    return View(f"?{text}", [0, *range(len(text))], [0, *range(1, len(text) + 1)])


def decodings(text: str) -> Iterator[View]:
    """The views of `text` that differ from it, each decoded once more than the one before, at most four deep."""
    view: View | None = None
    for _ in range(_MOST_LAYERS):
        current = view.text if view else text
        step = _decode_once(current)
        if step is None:
            return
        view = _compose(view, step) if view else step
        yield view


def _decode_once(text: str) -> View | None:
    view: View | None = None
    for trigger, pattern, unit in (
        ("%", _PERCENT, _percent_unit),
        ("=", _QUOTED_PRINTABLE, _quoted_printable_unit),
        ("\\", _ESCAPED_BYTES, _escaped_bytes),
        ("\\", _ESCAPE, _escape_unit),
        ("&", _ENTITY, html.unescape),
        ("", _JOINED, _joint),
    ):
        current = view.text if view else text
        if trigger in current:
            step = _substitute(current, pattern, unit)
            if step is not None:
                view = _compose(view, step) if view else step
    for decode in (_read_again, _normalise):
        current = view.text if view else text
        if not current.isascii() or "\0" in current:
            step = decode(current)
            if step is not None:
                view = _compose(view, step) if view else step
    return view


def encoded_texts(text: str) -> Iterator[tuple[int, int, str, Alphabet, bool]]:
    """Base64 and hex stretches of `text` that decode to readable text: start, end, decoded, alphabet, padded."""
    for m in _BASE64.finditer(text):
        token = m[0]
        if len(token) <= _LONGEST_ENCODED:
            urlsafe = "-" in token or "_" in token
            body = token.rstrip("=")
            decoded = readable(_narrow(_base64(body, urlsafe)))
            if decoded is not None:
                yield m.start(), m.end(), decoded, "base64url" if urlsafe else "base64", token != body or len(body) % 4 == 0
    for m in _HEX.finditer(text):
        if len(m[0]) <= _LONGEST_ENCODED:
            decoded = readable(bytes.fromhex(m[0]))
            if decoded is not None:
                yield m.start(), m.end(), decoded, "hex", True


def array_end(text: str, start: int) -> int:
    """Returns where the JSON list that begins at `start` ends, or the object that stands for one, if its numbers could be bytes;
    -1 if they could not."""
    m = _JSON_ARRAY.match(text, start)
    return -1 if m is None else m.end()


def byte_arrays(text: str) -> Iterator[tuple[int, int, str]]:
    """Arrays of bytes in a text that are text: start, end, decoded."""
    arrays = list(_arrays(text)) if any(sign in text for sign in "[<{(") else []
    yield from arrays
    starts = [start for start, _, _ in arrays]
    for start, end, decoded in _dumps(text):
        n = bisect_left(starts, end)
        if not n or arrays[n - 1][1] <= start:  # what stands in brackets was read
            yield start, end, decoded
    if "[" in text or "{" in text or "(" in text:
        for m in _SIGNS.finditer(text):
            signs = _signs(m[0])
            if _LETTER.search(signs):
                yield m.start(), m.end(), signs
    for m in _SPELT.finditer(text):
        signs = m[0][::2] if m["quote"] is None else _signs(m[0])
        if _LETTER.search(signs):
            yield m.start(), m.end(), signs
    for m in _BASE32.finditer(text):
        said = readable(_base32(m[0].rstrip("=").upper()))
        if said is not None:
            yield m.start(), m.end(), said
    for m in _HEX_ALONE.finditer(text):
        if len(m["hex"]) % 2 == 0 and len(m["hex"]) <= _LONGEST_ENCODED:
            said = _other_text(bytes.fromhex(m["hex"]))
            if said is not None:
                yield *m.span("hex"), said
    yield from _hex_lines(text)
    if "\\" in text:
        yield from _escaped_runs(text)


def _escaped_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Texts that are written in numbers behind backslashes, as a whole: start, end, decoded."""
    for m in _ESCAPED_RUN.finditer(text):
        codes = _ESCAPED_NUMBER.findall(m[0])
        base = 8 if all(_OCTAL_DIGITS.issuperset(digits) for _, digits in codes) else 10
        values = [int(hexadecimal, 16) if hexadecimal else int(digits, base) for hexadecimal, digits in codes]
        decoded = _text(bytes(values)) if max(values) < 256 else None
        if decoded is not None:
            yield *m.span(), decoded


def _signs(array: str) -> str:
    """The characters in an array of single ones."""
    return "".join(bare or quoted for bare, quoted in _SIGN.findall(array))


def _arrays(text: str) -> Iterator[tuple[int, int, str]]:
    """Arrays of bytes in brackets that are text: start, end, decoded."""
    for m in _ARRAY.finditer(text):
        decoded = _text(bytes.fromhex(_NO_DIGIT.sub("", m["hex"]))) if m["hex"] else text_of_bytes(m[0].partition("...")[0])
        if decoded is not None:
            yield m.start(), m.end(), decoded


def _dumps(text: str) -> Iterator[tuple[int, int, str]]:
    """Dumps of bytes that are text, and bytes in other digits without brackets: start, end, decoded."""
    for m in _DUMP.finditer(text):
        decoded = _text(_narrow(bytes.fromhex(_NO_DIGIT.sub("", m[0]))))
        if decoded is not None:
            yield m.start(), m.end(), decoded
    for m in _DIGITS.finditer(text):
        decoded = _text(bytes(int(bits, 2) for bits in _BITS.findall(m[0]))) if m["bits"] else _text_of_digits(m[0])
        if decoded is not None:
            yield m.start(), m.end(), decoded


def _text_of_digits(numbers: str) -> str | None:
    """The text whose bytes the numbers are in digits of ten, else in those of eight; None where they are no text."""
    decoded = text_of_bytes(numbers.replace("-", " "))
    if decoded is not None or _OCTAL.fullmatch(numbers) is None:
        return decoded
    return _text(bytes(int(number, 8) for number in _NUMBER.findall(numbers.replace("-", " "))))


def _hex_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Dumps with the places of their bytes that are text: start, end, decoded. Their lines are joined."""
    start = end = place = 0
    digits = ""
    while place >= 0:
        m = _HEX_LINE.match(text, place)
        if m is not None:
            start, end = start if digits else place, m.end("line")
            digits += _NO_DIGIT.sub("", m["bytes"])
        if digits and (m is None or m.end() == len(text)):
            decoded = _text(bytes.fromhex(digits)) if len(digits) >= 2 * _SHORTEST_LINES else None
            if decoded is not None:
                yield start, end, decoded
            digits = ""
        line_end = text.find("\n", place)
        place = m.end() if m is not None and m.end() < len(text) else line_end + 1 if line_end >= 0 and m is None else -1


def _narrow(data: bytes) -> bytes:
    """Without the zeros that UTF-16 has behind each letter."""
    return data[::2] if len(data) > 1 and not any(data[1::2]) else data


def _other_text(data: bytes) -> str | None:
    """The text of bytes that are no UTF-8 but UTF-16 of Latin letters, in either order, or EBCDIC; None for
    others."""
    for high, low in ((data[1::2], data[::2]), (data[::2], data[1::2])):
        if len(data) % 2 == 0 and not any(high):
            return readable(low)
    text = data.decode("cp037")
    return text if _OF_MAINFRAME.fullmatch(text) else None


def _base32(digits: str) -> bytes:
    """The bytes that digits of base32 stand for; none where no encoder writes so many."""
    if len(digits) % 8 in (1, 3, 6):
        return b""
    return base64.b32decode(digits + "=" * (-len(digits) % 8))


def text_of_bytes(numbers: str) -> str | None:
    """The text whose bytes the numbers are; None where they are no text."""
    found = [int(numbers[start:end]) for start, end in _numbers(numbers)]
    if not found or max(found) > 255 or min(found) < -128:
        return None
    return _text(bytes(n & 255 for n in found))


def view_of_bytes(numbers: str) -> View:
    """The text whose bytes the numbers are, whatever it says."""
    places = _numbers(numbers)
    characters = _characters(bytes(int(numbers[a:b]) & 255 for a, b in places))
    starts, ends, n = [], [], 0
    for _, size in characters:
        starts.append(places[n][0])
        n += size
        ends.append(places[n - 1][1])
    return View("".join(char for char, _ in characters), starts, ends)


def _numbers(text: str) -> list[tuple[int, int]]:
    """Returns the places of the numbers in an array of bytes. In an object these are the values, not the names; in entries
    not the indexes."""
    if text[:1] == "{":
        return [m.span(1) for m in _NUMBER_OF_MEMBER.finditer(text)]
    if _IS_ENTRY.match(text):
        return [m.span() for m in _NUMBER_OF_ENTRY.finditer(text)]
    return [m.span() for m in _NUMBER.finditer(text)]


def _text(data: bytes) -> str | None:
    """Bytes as text; None where a fifth or more of the characters are undecoded and what nobody writes; of a short one any."""
    text = "".join(char for char, _ in _characters(data))
    strange = sum(not _is_written(c) or c == "\ufffd" for c in text)
    return text if not strange or (len(text) >= _SHORT_TEXT and strange * 5 < len(text)) else None


def encode(text: str, alphabet: Alphabet, padded: bool) -> str:
    """The inverse of what `encoded_texts` decodes."""
    data = text.encode()
    if alphabet == "hex":
        return data.hex()
    encoded = (base64.urlsafe_b64encode if alphabet == "base64url" else base64.b64encode)(data).decode()
    return encoded if padded else encoded.rstrip("=")


def _base64(body: str, urlsafe: bool) -> bytes:
    if len(body) % 4 == 1:
        return b""
    try:
        padded = body + "=" * (-len(body) % 4)
        return base64.urlsafe_b64decode(padded) if urlsafe else base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return b""


def readable(data: bytes) -> str | None:
    """`data` as text, where it is text: UTF-8 without control characters, but for line ends and tabs."""
    if len(data) < 6:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(_is_written(c) and c != "\x1b" for c in text) else None


def _is_written(c: str) -> bool:
    """True if texts have a character: a sign, a line end, a tab, an escape, something invisible."""
    return c.isprintable() or c in "\t\r\n\x1b" or unicodedata.category(c) in _INVISIBLE


def _joint(unit: str) -> str:
    """Returns the text between two joined texts: nothing, or the sign of a mail address."""
    return "@" if "64" in unit or "@" in unit else ""


def _quoted_printable_unit(unit: str) -> str | list[tuple[str, int]]:
    return [(char, 3 * size) for char, size in _characters(bytes.fromhex(unit.replace("=", "")))]


def _escaped_bytes(unit: str) -> str | list[tuple[str, int]]:
    """Decodes bytes written as digits behind backslashes, as UTF-8. A byte that belongs to no character is read as Latin-1."""
    sizes, values = [], []
    for m in _ESCAPED_BYTE.finditer(unit):
        code = m[0].lstrip("\\")
        sizes.append(len(m[0]))
        values.append(int(code[1:], 16) if code[0] == "x" else int(code, 8))
    out, n = [], 0
    for char, size in _characters(bytes(values)):
        out.append((chr(values[n]) if char == "\ufffd" and size == 1 else char, sum(sizes[n : n + size])))
        n += size
    return out


def _percent_unit(unit: str) -> str | list[tuple[str, int]]:
    return [(char, 3 * size) for char, size in _characters(bytes.fromhex(unit.replace("%", "")))]


def _characters(data: bytes) -> list[tuple[str, int]]:
    """The characters of a text in UTF-8, and of how many bytes each is."""
    if data.isascii():
        return [(char, 1) for char in data.decode()]
    out, i = [], 0
    while i < len(data):
        first = data[i]
        size = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        try:
            char = data[i : i + size].decode()
        except UnicodeDecodeError:
            char, size = "�", 1
        out.append((char, min(size, len(data) - i)))
        i += size
    return out


def _escape_unit(unit: str) -> str:
    code = unit.lstrip("\\")
    if not code:
        return "\\" if len(unit) > 1 else unit
    if code[0] in "ux" and len(code) > 1:
        number = int(code[1:].strip("{}"), 16)
        return chr(number) if number < 0xD800 or 0xE000 <= number <= 0x10FFFF else "�"
    return _SHORT.get(code, code)


def _json_unit(unit: str) -> str:
    if unit[1] != "u":
        return _SHORT.get(unit[1], unit[1])
    high = int(unit[2:6], 16)
    if len(unit) == 12:
        return chr(0x10000 + ((high - 0xD800) << 10) + (int(unit[8:], 16) - 0xDC00))
    return chr(high)


def _substitute(text: str, pattern: re.Pattern[str], unit: object) -> View | None:
    """Replaces each match by what `unit` makes of it: a text, or a list of (text, how much of the match it is)."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for m in pattern.finditer(text):
        start, end = m.span()
        made = unit(m[0])  # type: ignore[operator]
        if made == m[0]:
            continue
        parts.append(text[position:start])
        starts.extend(range(position, start))
        ends.extend(range(position + 1, start + 1))
        for piece, size in [(made, end - start)] if isinstance(made, str) else made:
            parts.append(piece)
            starts.extend([start] * len(piece))
            ends.extend([start + size] * len(piece))
            start += size
        position = end
    if not position:
        return None
    parts.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return View("".join(parts), starts, ends)


def _read_again(text: str) -> View | None:
    """UTF-8 that a program read as Windows-1252 or Latin-1, and wrote as UTF-8 again: `MÃ¼ller`."""
    return _substitute(text, _READ_AS_LATIN, _read_again_unit)


def _read_again_unit(unit: str) -> list[tuple[str, int]]:
    return _characters(bytes(_BYTE_OF.get(c) or ord(c) for c in unit))


def _normalise(text: str) -> View | None:
    """Without invisible characters and NULs, compatibility forms (full-width, ligatures) made plain (NFKC)."""
    return _substitute(text, _NOT_PLAIN, _plain)


@lru_cache(maxsize=4096)
def _plain(c: str) -> str:
    if "\udc80" <= c <= "\udcff":
        return chr(ord(c) - 0xDC00)  # a byte that is no UTF-8: most likely Latin-1
    if c == "\0" or unicodedata.category(c) == "Cf":
        return ""
    return "-" if "\u2010" <= c <= "\u2015" else unicodedata.normalize("NFKC", c)


def _compose(outer: View, inner: View) -> View:
    """Composes `inner`, a view of `outer.text`, with `outer` into one view of the original."""
    return View(inner.text, [outer.starts[i] for i in inner.starts], [outer.ends[i - 1] for i in inner.ends])
