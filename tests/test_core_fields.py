"""The compiled core finds the fields that `logscrub.detect.fields` finds, and leaves open what it leaves open."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import bodies, builtin_detectors, continuations, damaged_json, messages, mixed_up, openings, sensitive_names

from logscrub.detect import engine, fields
from logscrub.detect.fields import NOTHING_OPEN, FieldIndex, Open
from logscrub.engines import description
from logscrub.engines.lowering import Classes, lowered

core = pytest.importorskip("logscrub._core")


class Both:
    """The definition's index of fields, and the core's."""

    def __init__(self) -> None:
        loaded = builtin_detectors()
        self.detectors = {d.id: i for i, d in enumerate(loaded.detectors)}
        self.index = FieldIndex(loaded, {"field_email": ("=café", "größe", "İx mail", "odos ΟΔΟΣ")})
        classes = Classes(description.CHARACTERS)
        found, callbacks = description.library(classes)
        rules: dict[str, tuple[int, str, list[str], list[str], list[str], bool, bool, bool]] = {}
        for target, place in ((self.index._endings, 3), (self.index._exact, 4)):
            for name, rule in target.items():
                d = rule.detector
                if d.id not in rules:
                    keep = {f"keep {d.id} {i}": p for i, p in enumerate(rule.keep)}
                    found["expressions"].update({k: lowered(p, classes) for k, p in keep.items()})
                    rules[d.id] = (
                        self.detectors[d.id],
                        d.value,
                        list(keep),
                        [],
                        [],
                        d.guideline == "authorisation data",
                        d.guideline in ("authorisation data", "session id"),
                        d.guideline != "user-generated content",
                    )
                rules[d.id][place].append(name)  # type: ignore[union-attr]
        parts = core.Parts(found, callbacks)
        self.probe = core.FieldsProbe(parts, list(rules.values()))

    def ours(self, text: str, before: Open) -> tuple[list[Any], Open]:
        found, after = fields.find_fields(text, self.index, before)
        return [(f.start, f.end, self.detectors[f.rule.detector.id], f.path, f.requote) for f in found], after

    def core(self, text: str, before: Open) -> tuple[list[Any], Open]:
        found, after = self.probe.find_fields(text, before)
        return [tuple(f) for f in found], Open(*after)

    def same(self, text: str, before: Open = NOTHING_OPEN) -> Open:
        """What a text leaves open, in which both find the same."""
        ours = self.ours(text, before)
        assert self.core(text, before) == ours, (text, before)
        for inside in (False, True):
            assert self.probe.armour(text, inside) == engine._armour(text, inside), (text, inside)
        return ours[1]

    def same_name(self, *path: str) -> None:
        rule = self.index.rule(path)
        assert self.probe.rule(path) == (None if rule is None else self.detectors[rule.detector.id]), path
        for name in path:
            assert self.probe.words(name) == fields.words(name), name
            assert self.probe.split(name) == engine._split(name), name

    def same_value(self, path: tuple[str, ...], text: str) -> None:
        rule = self.index.rule(path)
        if rule is not None:
            assert self.probe.keeps(path, text) == rule.keeps(text), (path, text)
        for d in self.index._endings["email"].detector, self.index._endings["authorization"].detector:
            ours = fields.value_itself(text, 0, len(text), d)
            assert self.probe.value_itself(text, 0, len(text), d.value) == ours, text


@pytest.fixture(scope="module")
def both() -> Both:
    return Both()


LINES = [
    line
    for path in sorted(Path("sample_logs").iterdir())
    if path.suffix in (".log", ".ndjson", ".jsonl", ".json", ".csv", ".txt", ".export")
    for line in path.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)[:60]
]
PIECES = [
    *"\"'`“”«»{}[]()<>=:~!/,;|&?.-_+ \t\n\r\\\\\x1a\x00\x0b\x1c",
    *("  ", '\\"', '\\\\\\"', "\\'", "&quot;", "=>", "!~", "!=", ":=", "==", "==/", "://", "~=", " - ", " – ", ' "', '="', '":"'),
    *"éßİſ\u212a٣²\u00a0\u2003\u0301Σ名\udc80\udcff\U0001f600’—",
    *("email", "displayName", "password", "summary", "authorization", "phone", "name", "title", "id", "user agent", "X-Api-Key"),
    *("userName", "ip", "address", "query", "cookie", "site", "text", "class name", "function", "<PERSON>", "null", "Bearer abc"),
    *("Jane Doe", "van der Berg", "4155550132", "a.b.Foo", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "café"),
    *("' +", "['a', \"b\"]", "[a, b; c]", "{ a: ", "foo.-bar=", "x" * 63, "y-" * 33, "[~abc]", "http://a/b?email=x&q=1", "größe"),
]


def mutated(line: str, rng: random.Random) -> str:
    """A line with pieces put in, taken out and doubled."""
    for _ in range(rng.randint(0, 4)):
        at, end = sorted((rng.randint(0, len(line)), rng.randint(0, len(line))))
        piece = rng.choice(PIECES)
        match rng.randint(0, 6):
            case 0:
                line = line[at:]
            case 1:
                line = line[:at]
            case 2:
                line = line[:at] + line[end:] if end - at < 20 else line[:at] + line[at + 1 :]
            case 3:
                line = line[:at] + piece + line[min(len(line), at + 1) :]
            case 4:
                line = line.replace(rng.choice("\"'=: ,"), piece)
            case _:
                line = line[:at] + piece + line[at:]
    return line


def test_same_fields_in_sample_logs(both: Both) -> None:
    before = NOTHING_OPEN
    for line in LINES:
        before = both.same(line, before)
        both.same(line.rstrip("\r\n"))


def test_same_fields_in_mutated_lines(both: Both) -> None:
    rng = random.Random(6)
    before = NOTHING_OPEN
    for line in rng.sample(LINES, 400):
        before = both.same(mutated(line, rng), before)
        before = both.same("".join(rng.choices(PIECES, k=rng.randint(1, 12))), before)


@given(st.one_of(bodies, damaged_json, mixed_up, messages))
def test_same_fields(both: Both, text: str) -> None:
    both.same(text)
    before = NOTHING_OPEN
    for line in text.splitlines(keepends=True):
        before = both.same(line, before)


@given(st.lists(openings | continuations, max_size=4), st.lists(st.sampled_from(PIECES), max_size=10))
def test_same_is_left_open(both: Both, lines: list[str], pieces: list[str]) -> None:
    before = NOTHING_OPEN
    for line in (*lines, "".join(pieces)):
        before = both.same(line, before)


@given(st.lists(st.sampled_from(PIECES) | sensitive_names, max_size=4).map("".join), sensitive_names | st.sampled_from(PIECES))
def test_same_names(both: Both, name: str, around: str) -> None:
    both.same_name(name)
    both.same_name(around, name)
    both.same_name(name, around)


def test_same_names_of_the_catalogue(both: Both) -> None:
    names = [*both.index._endings, *both.index._exact, *fields._NO_OWNERS, "user", "x1", "_", "İx", "ΟΔΟΣ", "odos"]
    for name, other in pairwise(names):
        both.same_name(name)
        both.same_name(name.upper())
        both.same_name(other, name)
        both.same_name(f"{other}_{name.title()}")
        both.same_name(f"{other} {other}", f"my{name.title()}")


TELLING = ["displayName", "password", "phone", "summary", "email", "ip", "cookie"]


@given(st.sampled_from(TELLING), st.lists(st.sampled_from(PIECES), max_size=3))
def test_same_values_stay(both: Both, name: str, pieces: list[str]) -> None:
    both.same_value((name,), "".join(pieces))


def test_same_values_stay_that_patterns_keep(both: Both) -> None:
    kept = re.findall(r"[\w/]+", fields.KEEP.pattern)
    kept += [
        "[object Object]",
        "current_user()",
        "currentUser",
        "<x>",
        "%s",
        "${a}",
        "{{ a }}",
        "--",
        "",
        "é",
        "ſet",
        "12",
        "n/a",
    ]
    for word in kept:
        for text in (word, word.upper(), f" {word}\t", f"{word}x", f"x{word}", f"{word} {word}"):
            for name in TELLING:
                both.same_value((name,), text)


numbers = st.from_regex(r"[-+ ]{0,2}[0-9_]{0,34}\.?[0-9]{0,8}([eE][-+]?[0-9]{1,20})?[ \n]?", fullmatch=True)


nearly_numbers = st.lists(st.sampled_from([*PIECES, *"0123456789eE.+-_", "00000", "99999999", "nan", "inf"]), max_size=8).map(
    "".join
)


@given(numbers | nearly_numbers)
@example("9" * 30 + ".0")
@example("9" * 28 + "50.")
@example("9" * 28 + "49.")
@example("+" + "9" * 28 + "49")
@example("0e999999999999999999")
@example("0e1000000000000000000")
@example("0.0e-1999999999999999996")
@example("0.0e-1999999999999999997")
@example("1e29")
@example("1e30")
@example("-0")
@example("12e" + "9" * 60)
@example("12e-" + "9" * 59)
@example("0e" + "9" * 60)
@example("1_0.0_0")
@example("٣.0")
@example("²")
def test_same_numbers(both: Both, raw: str) -> None:
    assert both.probe.plain_number(raw) == engine.plain_number(raw)


LONG = [
    "assignee:Jane was ",
    "[",
    "{a:[",
    'summary "x',
    "'a\\\\' ",
    "authors: [a ",
    ", a ",
    "\\" * 40 + "'",
    "a-",
    " «",
    "summary: “a ",
]


@pytest.mark.parametrize("piece", LONG)
def test_long_texts_that_are_hostile_have_the_same_fields(both: Both, piece: str) -> None:
    both.same(piece * (20_000 // len(piece)))
