"""The form of a text: its template, with what else says nothing by its letters made alike. The form is what is judged.

A template (`logscrub.detect.templates`) has the length of its text. A form is shorter or longer: in it all counts of one or two
digits are one count, and so are all that have a unit (`812 ms`), all issue keys are one key, and likewise plain e-mail
addresses, ULIDs, phone numbers, IP addresses, JSON web tokens, Atlassian's tokens, logins of basic authentication, addresses of
web triggers, hosts of sites, user names with a number, plain frames of a stack, words of other scripts, and words that are
names of persons and nothing else. So `Assigned PAY-1 to Priya Iyer` and `Assigned WEB-12 to Jane Moyo` are judged once, and
what goes from the form goes from the text.

What a detector could ask of a word beyond that (a word that some pattern, field or cue spells out) keeps the word as it is.
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b64decode
from binascii import Error as NoBase64
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from logscrub.detect.expressions import literal_runs
from logscrub.detect.templates import UNITS, template_and_counts
from logscrub.detect.validators import phone, random_token
from logscrub.detect.views import may_hold_bytes, unescaped_json
from logscrub.model import Span, moved

_ADDRESS = "jane.doe@acme.example"
_HOST = "192.0.2.1"
_SMALL_HOST = "11.2.3.4"
"""What could be a version."""
_TOKEN = "ATATT3xFfGF0EXAMPLEexampleEXAMPLEexample0123456789=1A2B3C4D"
_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.EXAMPLEexample0123456789EXAMPLEexample"
_PHONE = "+49 30 23125 111"
_FRAME = "at handler (webpack:///src/index.js:111:11)"
_ISSUE, _ULID = "PAY-11", "01J3DG1HWFFPJAPJNYHV60V5EH"
_HOST_6 = "2001:db8:fc::c1d"
_LOGIN = "amFuZS5kb2VAYWNtZS5leGFtcGxlOkVYQU1QTEVleGFtcGxlMDEyMw=="  # jane.doe@acme.example:EXAMPLEexample0123
_SITE = "northwind-mills"
_TRIGGER = "EXAMPLEexample0123456789EXAMPLEexample01"
_USERS = {"unknown": "jpritchard11", "like": "arkovin11", "name": "ingrid11"}
"""User names, by what their letters are."""
_NAME, _ACCENTED_NAME = "Ingrid", "Zoé"
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽƠƯȘȚẠ-Ỹ"
_LOWER = "a-zß-öø-ÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľŀłńņňōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷźżžơưșțạ-ỹ"
_BEFORE, _AFTER = r" \"'(\[<,;=", r" \"')\]>,;"
_END = rf"(?=[{_AFTER}]|\.?\Z)"
_LABELS = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,40}[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,12}"
_WORDS = re.compile(
    rf"[0-9+{_UPPER}](?:(?<=[0-9])(?<![0-9].)(?:"
    r"(?P<user>(?<=[a-z].)[0-9]{0,3}(?=[ \"'),;/]|\.?\Z))"
    rf"|(?P<host>(?<=[1-9])(?<![^{_BEFORE}].)[0-9]{{0,2}}(?:\.[0-9]{{1,3}}){{3}}{_END})"
    rf"|(?P<ulid>(?<=[0-7])(?<![^{_BEFORE}:/].)[0-9A-HJKMNP-TV-Z]{{25}}(?=[{_AFTER}:/]|\.?\Z)))"
    rf"|(?<![0-9+])(?:(?P<name>(?<![^ \"'(,].)[{_LOWER}]{{2,13}}(?=[ \"'),;]|\.?\Z|\. ))"
    rf"|(?P<issue>(?<=[A-Z])(?<![^{_BEFORE}].)[A-Z]{{1,9}}-1{{1,6}}(?=[ \"'),;\]]|\.?\Z|: )))"
    rf"|(?P<phone>(?<=\+)(?<![^{_BEFORE}].)[1-9][0-9]{{0,2}}(?: \(?[0-9]{{1,8}}\)?){{1,3}}(?:[ -][0-9]{{2,4}}){{0,2}}"
    rf"(?=[{_AFTER}](?![0-9(])|\.?\Z))"
    ")",
    re.ASCII,
)
"""What can be alike, in templates. It begins with a character, so that it is found fast; then it looks back."""
_RARER = [
    (sign, kind, re.compile(pattern, re.ASCII))
    for sign, kind, pattern in (
        ("@", "address", rf"[A-Za-z0-9](?<![^{_BEFORE}].)(?<!ailto:.)[A-Za-z0-9._+-]{{0,40}}@{_LABELS}(?=[{_AFTER}]|\.?\Z|\. )"),
        ("%40", "quoted", rf"[A-Za-z0-9](?<=[=/].)[A-Za-z0-9._-]{{0,40}}%40{_LABELS}(?=[{_AFTER}&]|\.?\Z)"),
        ("TT3", "token", rf"A(?<![^{_BEFORE}:].)T[ACS]TT3[A-Za-z0-9_-]{{40,600}}=[0-9A-F]{{8}}{_END}"),
        ("eyJ", "jwt", rf"e(?<![^{_BEFORE}].)yJ[\w-]{{10,2000}}\.eyJ[\w-]{{4,4000}}\.[\w-]{{20,2000}}{_END}"),
        ("asic ", "login", rf"[A-Za-z0-9](?<=[Bb]asic .)[A-Za-z0-9+/]{{19,599}}={{0,2}}{_END}"),
        ("/x1/", "trigger", rf"[A-Za-z0-9](?<=[a-z]/x1/.)[A-Za-z0-9]{{29,59}}(?=[{_AFTER}?]|\.?\Z)"),
        (".atlassian.net", "site", rf"[a-z](?<![^{_BEFORE}/].)[a-z0-9-]{{2,60}}(?=\.atlassian\.net(?:[{_AFTER}/:]|\.?\Z))"),
        ("::", "host_6", rf"[0-9a-f](?<![^{_BEFORE}].)[0-9a-f]{{0,3}}:[0-9a-f:]{{6,36}}{_END}"),
        (
            "t ",
            "frame",
            r"a(?:(?<=    a)|(?<=\ta))t (?:async )?[A-Za-z_$][\w.$]{0,60} "
            r"\((?:webpack:///|node:|file:///|/app/)[A-Za-z_./@-]{1,120}:1{1,6}:1{1,6}\)",
        ),
    )
]
"""What is looked for only where its sign stands."""
_FOREIGN = [
    (re.compile(pattern), alike)
    for pattern, alike in (
        ("[А-Я][а-я]{2,11}", "Ольга"),
        ("[а-я]{3,12}", "ольга"),
        ("[ΑΒ-Ω][ά-ώ]{2,11}", "Ελένη"),
        ("[ά-ώ]{3,12}", "ελένη"),
        ("[א-ת]{2,12}", "נועה"),
        ("[ء-غف-ي]{2,12}", "ليلى"),
        ("[अ-ह][अ-हा-्ंः]{1,11}", "शर्मा"),
        ("[अ-ह][अ-हा-्ंः]{1,11}", "जोशी"),
        ("[\u4e00-\u9fff]", "王"),
        ("[\u4e00-\u9fff]{2,12}", "佐藤"),
        ("[\u3041-\u3096]{2,12}", "さん"),
        ("[\u30a1-\u30fa]{2,12}", "サン"),
        ("[\uac00-\ud7a3]{2,12}", "민준"),
    )
]
"""Words of other scripts, whatever they say; of two lines for the same words, the one of the word's own grade."""
_FOREIGN_WORD = re.compile(r"[Ͱ-\uffff](?<![\w\u0300-\u036f].)[^\x00-\u036f\s]{0,12}(?![\w\u0300-\u036f])")
_PLAIN = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f%&\\\x7f-\U0010ffff]*")
"""Text that reads in one way only: nothing in it is decoded."""
_MEASURED = re.compile(r" (?:ms|s|bytes|[MKGk]B)(?![\w.-])")
"""What makes a number a measure: how long it is says nothing then, and neither does it where a unit is part of it."""
_UNIT_ENDS = frozenset(unit[-1] for unit in UNITS)
_ONE = re.compile(r"(?<![1.])1(?![1.])")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BASIC = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{3,64}:[A-Za-z0-9_=-]{8,400}")
_FILE = re.compile(r"\.(?:[cm]?jsx?|tsx|jsbundle|hbc|jsm|vue|svelte|wasm|png|jpe?g|gif|svg|webp|avif|css|scss|html?|json)\Z")
"""How what looks like an e-mail address ends where it is none."""
_SAME = {"address": _ADDRESS, "quoted": _ADDRESS.replace("@", "%40"), "token": _TOKEN, "jwt": _JWT}


class Form(NamedTuple):
    """A form, and where in its text it came from."""

    text: str
    changed: tuple[tuple[int, int, int, int], ...]
    """Stretches of another length: start and end in the form, start and end in the text."""

    def of_text(self, spans: Iterable[Span], text: str) -> tuple[Span, ...] | None:
        """The spans of the form as those of a text. None where one begins or ends inside of what is alike, or where its value
        stands encoded more than once: then the text itself must be judged."""
        out = []
        for span in spans:
            start = self._place(span.start)
            end = self._place(span.end)
            read = reading(span, self.text)
            if start is None or end is None or read is None:
                return None
            out.append(moved(span, start, end, read(text[start:end])))
        return tuple(out)

    def _place(self, place: int) -> int | None:
        """Where in the text a place of the form is. None inside of what is alike."""
        before = bisect_left(self.changed, (place,)) - 1  # the last stretch that begins before it
        if before < 0:
            return place
        _, form_end, _, end = self.changed[before]
        return None if place < form_end else place + end - form_end


class Forms:
    """Makes forms. A pure function of the text."""

    def __init__(
        self,
        spelled: frozenset[str],
        words: frozenset[str],
        capitals: frozenset[str] = frozenset(),
        fields: frozenset[str] = frozenset(),
        grade: Callable[[str], str] | None = None,
        alike: bool = True,
        told_apart: Callable[[str], bool] | None = None,
    ) -> None:
        """`spelled`: numbers that stay as they are; `words`: words of patterns, in small letters, that do;
        `capitals`: those that patterns find in capitals; `fields`: words of fields and cues, in small letters.

        `grade`: what a word is by the lists of names; None where no names are alike. `alike`: False where nothing is.
        `told_apart`: whether a pattern that knows nothing of what is alike here may match in a text: then its template is judged.
        """
        self._alike_at_all = alike
        self._spelled = spelled
        self._words = words
        self.capitals = capitals
        self._foreign = tuple(w for w in words | fields if not w.isascii())
        self._fields = fields
        self._grade = grade
        self._told_apart = told_apart
        self._name = lru_cache(maxsize=50_000)(self._same_name)
        self._user = lru_cache(maxsize=5_000)(self._same_user)

    def of(self, text: str) -> Form:
        """The form of a text."""
        if not self._alike_at_all or may_hold_bytes(text):
            return Form(text, ())
        template, counts = template_and_counts(text, self._spelled)
        if self._told_apart is not None and (not _PLAIN.fullmatch(text) or self._told_apart(text)):
            return Form(template, ())
        found: list[tuple[int, int, str]] = []
        for start, end in counts:
            if end - start == 1:
                found.append((start, end, "11"))
            elif (written := template[start:end]).isdigit():
                if end - start > 2 and _MEASURED.match(template, end):
                    found.append((start, end, "11"))
            elif written[-1] in _UNIT_ENDS:
                if written[:2] != "11" or not written[2:].isalpha():
                    found.append((start, end, "11" + written.lstrip("1.")))
            else:
                found += [(m.start(), m.end(), "11") for m in _ONE.finditer(template, start, end)]
        for sign, kind, pattern in _RARER:
            if sign in template:
                found += self._found(template, pattern, kind)
        found += self._found(template, _WORDS, "")
        if not template.isascii():
            found += self._found(template, _FOREIGN_WORD, "foreign")
        if not found:
            return Form(template, ())
        found.sort()
        parts: list[str] = []
        changed: list[tuple[int, int, int, int]] = []
        position = size = 0
        for start, end, alike in found:
            if start < position:
                continue  # inside of an address
            parts += [template[position:start], alike]
            size += start - position
            changed.append((size, size + len(alike), start, end))
            size += len(alike)
            position = end
        parts.append(template[position:])
        form = "".join(parts)
        if self._told_apart is not None and self._told_apart(form):
            return Form(template, ())
        return Form(form, tuple(changed))

    def _found(self, template: str, pattern: re.Pattern[str], kind: str) -> list[tuple[int, int, str]]:
        found = []
        for m in pattern.finditer(template):
            start, end = m.span()
            word = m[0]
            which = kind or m.lastgroup
            if which == "user":
                before = template[max(0, start - 18) : start]
                word = before[len(before.rstrip(_LETTERS)) :] + word
                start = end - len(word)
                if start and template[start - 1] not in " \"'(=/":
                    continue
            alike = self._alike(word, which or "")
            if alike is not None:
                found.append((start, end, alike))
        return found

    def _alike(self, word: str, kind: str) -> str | None:
        if kind == "name":
            return self._name(word)
        if kind == "host":
            parts = [int(p) for p in word.split(".")]
            return _same_host(parts)
        if kind in _SAME:
            return None if word.startswith("git@") or _FILE.search(word) else _SAME[kind]
        if kind == "phone":
            return _PHONE if phone(word) else None
        if kind == "frame":
            return None if re.search(r"(?i)/(?:users|home)/", word) else _FRAME
        if kind == "issue":
            return None if word.partition("-")[0] in self.capitals else _ISSUE
        if kind == "ulid":
            return _ULID if any(c.isdigit() for c in word[1:]) and not word.isdigit() else None
        if kind == "user":
            letters = word.rstrip("0123456789")
            return self._user(letters) if 4 <= len(letters) <= 16 else None
        if kind == "site":
            parts_of_name = re.findall("[a-z]+", word)
            return None if any(p in self._words or p in self._fields for p in parts_of_name) else _SITE
        if kind == "trigger":
            return _TRIGGER if random_token(word) else None
        if kind == "login":
            return _LOGIN if _is_login(word) else None
        if kind == "host_6":
            return _HOST_6 if _is_host_6(word) else None
        return self._other_script(word)

    def _same_name(self, word: str) -> str | None:
        if self._grade is None or word.lower() in self._words or word.lower() in self._fields or self._grade(word) != "name":
            return None
        alike = _NAME if word.isascii() else _ACCENTED_NAME
        return alike if self._grade(alike) == "name" and alike.lower() not in self._words | self._fields else None

    def _same_user(self, letters: str) -> str | None:
        if self._grade is None or letters in self._words or letters in self._fields:
            return None
        grade = self._grade(letters)
        alike = _USERS.get(grade)
        return alike if alike is not None and self._grade(alike.rstrip("0123456789")) == grade else None

    def _other_script(self, word: str) -> str | None:
        if self._grade is not None and not any(w in word.lower() for w in self._foreign):
            for pattern, alike in _FOREIGN:
                if pattern.fullmatch(word) and self._grade(word) == self._grade(alike):
                    return alike
        return None


def reading(span: Span, text: str) -> Callable[[str], str] | None:
    """What makes the value of a span of what is written there: nothing, or one decoding. None where it takes more.

    What is alike holds no escape sequence but a percent-encoded `@`: so it reads the other texts of the form as well.
    """
    if span.inner is not None:
        return None
    written = text[span.start : span.end]
    if span.plain == written:
        return str
    for sign, read in (("%", unquote), ("\\", unescaped_json)):
        if sign in written and span.plain == read(written):
            return read
    return None


def _is_login(word: str) -> bool:
    """Whether a word encodes an e-mail address, a colon and what could be a token."""
    try:
        data = b64decode(word, validate=True)
    except NoBase64:
        return False
    return data.isascii() and _BASIC.fullmatch(data.decode("ascii")) is not None


def _same_host(parts: list[int]) -> str | None:
    """What an IPv4 address is alike with; None for what patterns tell apart: nobody's addresses, and `120.0.0.0`."""
    first = parts[0]
    if max(parts) > 255 or first in (0, 127) or first > 223 or parts[:2] == [169, 254] or not any(parts[1:]):
        return None
    return _SMALL_HOST if first < 60 and first != 10 else _HOST


def _is_host_6(word: str) -> bool:
    """Whether a word is somebody's IPv6 address of at least three groups, with the double colon within."""
    groups = word.split(":")
    if len([g for g in groups if g]) < 3 or not groups[0] or not groups[-1]:
        return False
    try:
        address = ipaddress.IPv6Address(word)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.ipv4_mapped)


def spelled_capitals(patterns: Iterable[str]) -> frozenset[str]:
    """The words, in capitals, that patterns find written so."""
    found = ((w, "(?i" in p) for p in patterns for run in literal_runs(p) for w in re.findall(r"[^\W\d_]{2,}", run))
    return frozenset(w.upper() for w, fold in found if fold or w.isupper())


def spelled_words(patterns: Iterable[str]) -> frozenset[str]:
    """The words, in small letters, that patterns spell out."""
    return frozenset(w.lower() for p in patterns for run in literal_runs(p) for w in re.findall(r"[^\W\d_]{2,}", run))
