"""The form of a text: its template, with what else says nothing by its letters made alike. The form is what is judged.

A template (`logscrub.detect.templates`) has the length of its text. A form is shorter or longer: in it all counts of one or two
digits are one count, all issue keys one key, and likewise plain e-mail addresses, ULIDs, phone numbers, IPv4 addresses, JSON web
tokens, Atlassian's tokens, plain frames of a stack, and words that are names of persons and nothing else. So `Assigned PAY-1 to
Priya Iyer` and `Assigned WEB-12 to Jane Moyo` are judged once, and what goes from the form goes from the text.

What a detector could ask of a word beyond that (a word that some pattern, field or cue spells out) keeps the word as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from logscrub.detect.expressions import literal_runs
from logscrub.detect.templates import template_and_counts
from logscrub.detect.validators import phone
from logscrub.model import Span

_ADDRESS = "jane.doe@acme.example"
_HOST = "192.0.2.1"
_TOKEN = "ATATT3xFfGF0EXAMPLEexampleEXAMPLEexample0123456789=1A2B3C4D"
_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.EXAMPLEexample0123456789EXAMPLEexample"
_PHONE = "+49 30 23125 111"
_FRAME = "at handler (webpack:///src/index.js:111:11)"
_ISSUE, _ULID = "PAY-11", "01J3DG1HWFFPJAPJNYHV60V5EH"
_NAME, _ACCENTED_NAME = "Ingrid", "Zoé"
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽƠƯȘȚẠ-Ỹ"
_LOWER = "a-zß-öø-ÿāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįıĵķĺļľŀłńņňōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷźżžơưșțạ-ỹ"
_BEFORE, _AFTER = r" \"'(\[<,;=", r" \"')\]>,;"
_END = rf"(?=[{_AFTER}]|\.?\Z)"
_ALIKE = {
    "name": rf"[{_UPPER}](?<![^ \"'(,].)[{_LOWER}]{{2,13}}(?=[ \"'),;]|\.?\Z|\. )",
    "host": rf"[1-9](?<![^{_BEFORE}].)[0-9]{{0,2}}(?:\.[0-9]{{1,3}}){{3}}{_END}",
    "issue": rf"[A-Z](?<![^{_BEFORE}].)[A-Z]{{1,9}}-1{{1,6}}(?=[ \"'),;\]]|\.?\Z|: )",
    "ulid": rf"[0-7](?<![^{_BEFORE}:/].)[0-9A-HJKMNP-TV-Z]{{25}}(?=[{_AFTER}:/]|\.?\Z)",
    "token": rf"A(?<![^{_BEFORE}:].)T[ACS]TT3[A-Za-z0-9_-]{{40,600}}=[0-9A-F]{{8}}{_END}",
    "jwt": rf"e(?<![^{_BEFORE}].)yJ[\w-]{{10,2000}}\.eyJ[\w-]{{4,4000}}\.[\w-]{{20,2000}}{_END}",
    "phone": rf"\+(?<![^{_BEFORE}].)[1-9][0-9]{{0,2}}(?: \(?[0-9]{{1,5}}\)?){{1,3}}(?:[ -][0-9]{{2,4}}){{0,2}}"
    rf"(?=[{_AFTER}](?![0-9(])|\.?\Z)",
    "frame": r"a(?:(?<=    a)|(?<=\ta))t (?:async )?[A-Za-z_$][\w.$]{0,60} "
    r"\((?:webpack:///|node:|file:///|/app/)[A-Za-z_./@-]{1,120}:1{1,6}:1{1,6}\)",
}
"""What can be alike, in templates. Expressions begin with a character, so that they are found fast; then they look back."""
_WORDS = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _ALIKE.items()), re.ASCII)
_ADDRESSES = re.compile(
    rf"[A-Za-z0-9](?<![^{_BEFORE}].)(?<!ailto:.)[A-Za-z0-9._+-]{{0,40}}"
    rf"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,40}}[A-Za-z0-9])?\.){{1,4}}[A-Za-z]{{2,12}}(?=[{_AFTER}]|\.?\Z|\. )"
)
_ONE = re.compile(r"(?<![1.])1(?![1.])")
_SAME = {"token": _TOKEN, "jwt": _JWT}


class Form(NamedTuple):
    """A form, and where in its text it came from."""

    text: str
    changed: tuple[tuple[int, int, int, int], ...]
    """Stretches of another length: start and end in the form, start and end in the text."""

    def of_text(self, spans: Iterable[Span], text: str) -> tuple[Span, ...] | None:
        """The spans of the form as those of a text. None where one begins or ends inside of what is alike, or where its value
        stands encoded: then the text itself must be judged."""
        out = []
        for span in spans:
            if span.inner is not None or span.plain != self.text[span.start : span.end]:
                return None
            start = self._place(span.start)
            end = self._place(span.end)
            if start is None or end is None:
                return None
            out.append(span._replace(start=start, end=end, plain=text[start:end]))
        return tuple(out)

    def _place(self, place: int) -> int | None:
        shift = 0
        for form_start, form_end, _, end in self.changed:
            if place <= form_start:
                break
            if place < form_end:
                return None
            shift = end - form_end
        return place + shift


class Forms:
    """Makes forms. A pure function of the text."""

    def __init__(
        self,
        spelled: frozenset[str],
        words: frozenset[str],
        fields: frozenset[str] = frozenset(),
        is_name: Callable[[str], bool] | None = None,
        alike: bool = True,
    ) -> None:
        """`spelled`: numbers that stay as they are; `words`: words of patterns, in small letters, that do;
        `fields`: words of fields and cues, likewise.

        `is_name`: whether a word is a name and nothing else; None where no names are alike. `alike`: False where nothing is.
        """
        self._alike_at_all = alike
        self._spelled = spelled
        self._words = words
        self._fields = fields
        self._is_name = is_name
        self._name = lru_cache(maxsize=50_000)(self._same_name)

    def of(self, text: str) -> Form:
        """The form of a text."""
        if not self._alike_at_all:
            return Form(text, ())
        template, counts = template_and_counts(text, self._spelled)
        found = [(m.start(), m.end(), "11") for start, end in counts for m in _ONE.finditer(template, start, end)]
        if "@" in template:
            found += [(*m.span(), _ADDRESS) for m in _ADDRESSES.finditer(template) if not m[0].startswith("git@")]
        for m in _WORDS.finditer(template):
            alike = self._alike(m[0], m.lastgroup or "")
            if alike is not None and alike != m[0]:
                found.append((*m.span(), alike))
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
        return Form("".join(parts), tuple(changed))

    def _alike(self, word: str, kind: str) -> str | None:
        if kind == "host":
            parts = [int(p) for p in word.split(".")]
            return _HOST if all(p < 256 for p in parts) and parts[0] not in (127, 255) else None
        if kind in _SAME:
            return _SAME[kind]
        if kind == "phone":
            return _PHONE if phone(word) else None
        if kind == "frame":
            return None if re.search(r"(?i)/(?:users|home)/", word) else _FRAME
        if kind == "issue":
            return None if word.partition("-")[0].lower() in self._words else _ISSUE
        if kind == "ulid":
            return _ULID if any(c.isdigit() for c in word[1:]) and not word.isdigit() else None
        return self._name(word)

    def _same_name(self, word: str) -> str | None:
        if self._is_name is None or word.lower() in self._words or word.lower() in self._fields or not self._is_name(word):
            return None
        return _NAME if word.isascii() else _ACCENTED_NAME


def spelled_words(patterns: Iterable[str]) -> frozenset[str]:
    """The words, in small letters, that patterns spell out."""
    return frozenset(w.lower() for p in patterns for run in literal_runs(p) for w in re.findall(r"[^\W\d_]{2,}", run))
