"""The fast engine gives the plain engine's output, byte for byte, whatever comes and however it is cut."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logscrub.fast import engine as fast
from logscrub.fast import memory, workers
from logscrub.fast.engine import FastEngine
from logscrub.fast.masks import masked
from strategies import examples, scrub, tangled, verify, with_binary
from test_invariants import inputs

import sample_logs
from logscrub.config import Config, NameSettings
from logscrub.detect import templates, views
from logscrub.detect.catalogue import Catalogue, Detector
from logscrub.detect.engine import Engine
from logscrub.detect.forms import Form
from logscrub.detect.names import Names
from logscrub.detect.templates import spelled_numbers, tells_apart, template_of
from logscrub.model import Leaf, Raw, Span
from logscrub.redact.policy import load_policy
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.redact.scrub import Redactor

ROOT = Path(__file__).parents[1]
PIECES = [
    *'0 12 7 345 94105 123456 1234567 . : - / " \' \\ \\" \\n ( ) [ ] { } , ; = % & ? a Z _ @ + < > T # | ` ms s MB'.split(),
    *"\\u0041 \\u002d \\u0033 %3A %41 é 字 deadbeef01 5b10ac8d82e05b22cc7d4ef5 PAY- v3 1/4 js: \\\\ \\/ :41:13 &#64; 2.0".split(),
    *"0a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d 2026-11-22T08:14:02.113Z 08:14:02.5 1794787200000 1794787200000000000".split(),
    *(" ", "  ", "\n", "\t", "\x1b[31m", "at ", "<ACCOUNT_ID:0d4294e67c6d944a54af>"),
]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what is short is read the fast way, and in several blocks."""
    monkeypatch.setattr(fast, "_FEW", 0)
    monkeypatch.setattr(fast, "BLOCK", 2048)


@pytest.fixture(scope="module")
def one_process(redactor: Redactor) -> FastEngine:
    """What it learns from one example it knows in the next."""
    return FastEngine(redactor, processes=1)


@pytest.fixture(scope="module")
def verifying(redactor: Redactor) -> FastEngine:
    return FastEngine(redactor, verifies=True, processes=1)


@pytest.fixture
def two_processes(redactor: Redactor) -> Iterator[FastEngine]:
    with FastEngine(redactor, processes=2) as engine:
        yield engine


def run(engine: FastEngine, pieces: list[bytes], more: bool = True) -> tuple[bytes, object]:
    scrubber = engine.scrubber()
    out = b"".join([*(scrubber.feed(piece, more) for piece in pieces), scrubber.finish()])
    return out, scrubber.tally


def other_digits(chance: random.Random, raw: bytes, key: bytes) -> bytes:
    """`raw` with other digits in all that is masked."""
    out, i = bytearray(raw), 0
    while i < len(key):
        kind, j = key[i], i
        while j < len(key) and key[j] == kind:
            j += 1
        if kind == 0xFF:
            for start in range(i, j, 36):
                for at in range(start, start + 36):
                    if at - start not in (8, 13, 18, 23):
                        out[at] = ord(chance.choice("0123456789abcdef"))
        elif kind == 0xFE:
            digits = "".join(chance.choice("0123456789abcdef") for _ in range(j - i - 2)) + "".join(chance.sample("a1", 2))
            out[i:j] = digits.encode()
        elif kind == 0xFA:
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if j - i < 26 else "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
            first = chance.choice("01234567") if j - i == 26 else chance.choice(letters)
            out[i:j] = (first + "".join(chance.choice(letters) for _ in range(j - i - 1))).encode()
        elif kind >= 0xFB:
            for at in range(i + 2 if kind == 0xFB else i, j):
                if chr(out[at]).isdigit():
                    out[at] = ord(chance.choice("0123456789"))
        i = j
    return bytes(out)


def put(chance: random.Random, text: str, written: str) -> bytes:
    """A text as it is, as a JSON string, or in JSON that is one."""
    if written == "text":
        return text.encode()
    text = text if written == "string" else json.dumps([text, {"k": text}], ensure_ascii=False)
    return json.dumps(text, ensure_ascii=chance.random() < 0.5).encode()


def says(raw: bytes, written: str) -> str:
    """What is judged of it."""
    text = raw.decode()
    if written == "text":
        view = views.without_colours(text)
    else:
        text = text[1:-1]
        view = views.unescape_json(text)
    return view.text if view else text


@pytest.mark.parametrize("spelled", [frozenset[str](), frozenset({"12", "345", "7", "2.0"})], ids=["none", "some spelled"])
@pytest.mark.parametrize("written", ["text", "string", "nested"])
def test_texts_of_one_mask_have_one_template(written: str, spelled: frozenset[str]) -> None:
    """Also where what is masked is a JSON string, and what is judged is what it says."""
    chance, tried = random.Random(f"{written}{spelled}"), 0
    for _ in range(4000):
        raw = put(chance, "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9))), written)
        key = masked(raw, spelled)
        assert key is not None and len(key) == len(raw)
        other = other_digits(chance, raw, key)
        if masked(other, spelled) == key:
            tried += other != raw
            assert template_of(says(raw, written), spelled) == template_of(says(other, written), spelled)
    assert tried > 500


@pytest.mark.parametrize("written", ["text", "string", "nested"])
def test_texts_of_one_mask_have_one_form_and_what_is_alike_in_the_same_places(engine: Engine, written: str) -> None:
    """Where ULIDs and the projects of issues are masked too."""
    chance, tried = random.Random(written), 0
    pieces = [*PIECES, *(["01J3DG1HWFFPJAPJNYHV60V5EH", "PAY-12", "WEB-3", " ", ' "', " '", "[", "=", ", "] * 6), "DATA-12", "AB"]
    pieces += [
        "+49 30 ",
        "Basic ",
        "/x1/",
        "01234567890123456789012345",
        "01J3DG1HWFFPJAPJNYHV60V5E7",
        "LONGESTPROJECT-1",
        "Jane",
    ]
    for _ in range(12_000):
        raw = put(chance, "".join(chance.choice(pieces) for _ in range(chance.randint(1, 9))), written).replace(
            b"\n", b" "
        )  # a line
        key = masked(raw, engine.spelled, True, engine.capitals)
        assert key is not None and len(key) == len(raw)
        other = other_digits(chance, raw, key)
        if b"\xfa" in key and masked(other, engine.spelled, True, engine.capitals) == key:
            tried += 1
            one, another = engine.form(says(raw, written)), engine.form(says(other, written))
            assert one == another, (raw, other)
    assert tried > 300


def test_a_template_is_as_long_as_its_text_and_its_own_template() -> None:
    chance = random.Random(1)
    for _ in range(3000):
        text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 9)))
        template = template_of(text)
        assert len(template) == len(text)
        assert template_of(template) == template


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Synced 14 issues in 812 ms", "Synced 97 issues in 340 ms"),
        ("PAY-12 took=1.5s", "PAY-88 took=9.1s"),
        ("at f (webpack:///src/a.js:41:13)", "at f (webpack:///src/a.js:77:20)"),
        ("[4.206.0] ok", "[5.117.2] ok"),
        ("trace 5b10ac8d82e05b22cc7d4ef57d4ef5aa", "trace 77aaac8d82e05b22cc7d4ef57d4ef5bb"),
        ("id 0a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d.", "id ffff2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d."),
        ('{"ms":812}', '{"ms":113}'),
    ],
)
def test_what_differs_in_counts_times_and_ids_has_one_template(one: str, other: str) -> None:
    assert template_of(one) == template_of(other)
    assert masked(one.encode()) == masked(other.encode())


@pytest.mark.parametrize(
    "text",
    [
        "call 555 1234",
        "+49 30 23125 123",
        "192.0.2.170",
        "card 4111 1111 1111 1111",
        "12.03.1984",
        "BR97 0036 0305 0000 1000 9795 493P 1",
        "6a616e65406d61696c2e6578616d706c65206d",  # hex of an address
        "12\\u00345",
        "user42@acme.example",
    ],
)
def test_numbers_that_could_be_personal_stay_in_templates(text: str) -> None:
    assert template_of(text) == text
    assert masked(text.encode()) == text.encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("batch ['PAY-12', 'PAY-7'] of 01J3DG1HWFFPJAPJNYHV60V5EH", "batch ['WEB-34', 'OPS-9'] of 01K7M0NYHV60V5EH1HWFFPJAPJ"),
        ('{"key":"PAY-12","id":"01J3DG1HWFFPJAPJNYHV60V5EH"}', '{"key":"WEB-34","id":"01K7M0NYHV60V5EH1HWFFPJAPJ"}'),
    ],
)
def test_what_differs_in_issue_keys_and_ulids_has_one_mask(engine: Engine, one: str, other: str) -> None:
    assert masked(one.encode(), capitals=engine.capitals) == masked(other.encode(), capitals=engine.capitals)
    assert masked(one.encode()) != masked(other.encode()), "without being asked"


@pytest.mark.parametrize(
    "text", ['{"PAY-1":1}', '{"01J3DG1HWFFPJAPJNYHV60V5EH" : 1}', "DATA-1", "x01J3DG1HWFFPJAPJNYHV60V5EH", "PAY-1.5"]
)
def test_names_of_members_and_words_of_patterns_are_not_masked(engine: Engine, text: str) -> None:
    assert b"\xfa" not in (masked(text.encode(), capitals=engine.capitals) or b"")


def test_numbers_that_a_pattern_spells_stay_in_templates() -> None:
    spelled = spelled_numbers(["api/2\\.0/[a-z]+", "order 4711", "room 12", "%2[0-9]"])
    assert spelled == {"2.0", "4711", "12"}
    assert template_of("room 12, bed 34, order 4711", spelled) == "room 12, bed 11, order 4711"
    assert masked(b"room 12, bed 34, order 4711", spelled) == b"room 12, bed \xfd\xfd, order 4711"


def test_a_detector_that_spells_a_number_finds_it(tmp_path: Path) -> None:
    import logscrub

    (tmp_path / "room.toml").write_text(
        'id = "room"\nentity_type = "ROOM"\nguideline = "personal data"\nwhy = "x"\n'
        'patterns = ["room 17"]\nexamples = ["«room 17»"]\n'
    )
    out = logscrub.scrub("in room 17\nin room 18\n" * 9, detectors=[tmp_path]).output
    assert out == "in <ROOM>\nin room 18\n" * 9


@pytest.mark.parametrize("engine_name", ["fast", "plain"])
def test_a_detector_of_one_s_own_that_asks_for_certain_digits_sees_them(tmp_path: Path, engine_name: str) -> None:
    import logscrub

    (tmp_path / "seat.toml").write_text(
        'id = "seat"\nentity_type = "SEAT"\nguideline = "personal data"\nwhy = "x"\n'
        "patterns = ['(?<!\\d)[2-9][0-4]{2}(?!\\d)']\nexamples = ['seat «934»']\n"
    )
    log = '{"msg":"in 934 of 111"}\n{"msg":"in 222 of 999"}\n' * 9
    out = logscrub.scrub(log, detectors=[tmp_path], engine=engine_name).output  # type: ignore[arg-type]
    assert out == '{"msg":"in <SEAT> of 111"}\n{"msg":"in <SEAT> of 999"}\n' * 9


def test_what_is_no_utf_8_has_no_mask() -> None:
    assert masked(b"caf\xff 12") is None


# -- forms --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Assigned PAY-1 to Priya Iyer", "Assigned WEB-12 to Jane Moyo"),
        ("mail to ana@a.example bounced", "mail to kim.lee+x@mail.big-corp.example bounced"),
        ("client 192.0.2.7 left", "client 198.51.100.44 left"),
        ("sms to +49 30 23125 123 queued", "sms to +44 7700 90012 queued"),
        ("synced in 812 ms", "synced in 13044 ms"),
        ("synced in 1.25s, 4 MB", "synced in 7s, 112 MB"),
        ("GET https://cedar-7.atlassian.net/rest 200", "GET https://spruce.atlassian.net/rest 200"),
    ],
)
def test_what_differs_in_names_and_addresses_has_one_form(engine: Engine, one: str, other: str) -> None:
    assert engine._forms.of(one).text == engine._forms.of(other).text


@pytest.mark.parametrize(
    "text", ["user 'abohm56'", "Mark opened it", "git@bitbucket.org: denied", "127.0.0.1", "SHA-256", "Grace period over"]
)
def test_what_is_more_than_a_name_or_an_address_stays_in_forms(engine: Engine, text: str) -> None:
    assert engine._forms.of(text).text == template_of(text, engine.spelled)


def test_the_spans_of_a_form_are_those_of_its_text() -> None:
    form = Form("to Ingrid now", ((3, 9, 3, 8),))
    span = Span(3, 9, "PERSON", "name", "x", "likely", "Ingrid")
    assert form.of_text([span], "to Priya now") == (span._replace(end=8, plain="Priya"),)
    assert form.of_text([span._replace(start=5, plain="grid")], "to Priya now") is None, "a part of what is alike"
    assert form.of_text([span._replace(plain="decoded")], "to Priya now") is None, "encoded"


@pytest.mark.parametrize(
    ("form", "text", "plain", "reads"),
    [
        ("to=a%40acme.example", "to=jo%40acme.example", "a@acme.example", "jo@acme.example"),
        ("to=a\\u0020bc.example", "to=jo\\u0020bc.example", "a bc.example", "jo bc.example"),
        ("to=a%2540acme.example", "to=jo%2540acme.example", "a@acme.example", None),
    ],
)
def test_a_value_is_read_from_a_text_as_it_was_from_its_form(form: str, text: str, plain: str, reads: str | None) -> None:
    spans = Form(form, ((3, 4, 3, 5),)).of_text([Span(3, len(form), "X", "name", "x", "likely", plain)], text)
    assert (spans and spans[0].plain) == reads


@pytest.mark.parametrize(
    "value",
    [
        r"[{\"to\":\"jane@acme.example\",\"n\":\"PAY-12\"}]",
        r"Error: no such user jane@acme.example\n    at load (webpack:///src/api.js:12:7)",
        r"jql: reporter = \"Priya Iyer\" AND project = PAY",
        r"caf\u00e9 \ud83d\ude00 of Ana Moreno \ud83d",
        r"C:\\Users\\jane.moyo\\app.js",
    ],
)
def test_what_json_escapes_is_judged_by_its_form_as_it_would_be_by_itself(redactor: Redactor, value: str) -> None:
    leaf = Leaf(1, 1 + len(value), ("message",), "json")
    raw = Raw(f'"{value}"', (leaf,), 1, 1)
    assert redactor.look(raw).spans == list(redactor.engine.judge_leaf(raw.text, leaf))
    assert views.unescaped_json(value) == (views.unescape_json(value) or raw).text


def test_a_form_that_one_has_judged_another_need_not_judge(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (Redactor(redactor.engine, redactor.policy, Pseudonymizer(f"0123456789abcdef{n}".encode())) for n in range(2))
    raw = Raw("Assigned PAY-1 to Priya Iyer", (Leaf(0, 28, (), "text"),), 1, 1)
    found = one.look(raw)
    other.learn(one.learned())
    assert one.learned() == [], "said once"
    monkeypatch.setattr(Redactor, "_judge_form", None)
    assert other.look(raw) == found


# -- what a user adds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("Priya",), ("Ingrid", "Priya")])
def test_a_user_s_own_words_stay_in_forms(words: tuple[str, ...]) -> None:
    """`Ingrid` is what forms have in place of names."""
    import logscrub

    config = Config(names=NameSettings(words=words))
    out = logscrub.scrub("Assigned to Priya\nAssigned to Jane\n" * 3, config=config).output
    assert out == "Assigned to Priya\nAssigned to <PERSON>\n" * 3


@pytest.mark.parametrize("engine_name", ["fast", "plain"])
@pytest.mark.parametrize(
    ("allow", "stays", "goes"),
    [
        ("Ingrid", "Assigned to Ingrid", "Assigned to Priya"),
        (r"192\.0\.2\.\d", "client 192.0.2.1 left", "client 198.51.100.44 left"),
        (r".*@acme\.example", "mail to ana@acme.example", "mail to ana@b.example"),
        ("5b10ac8d82e05b22cc7d4ef5", "accountId=5b10ac8d82e05b22cc7d4ef5", "accountId=5b10ac8d82e05b22cc7d4ef6"),
        ("PAY-11", "{'user': 'PAY-11'}", "{'user': 'PAY-12'}"),
        ("jane.doe@acme.example", "to=amFuZS5kb2VAYWNtZS5leGFtcGxl", "to=amFuZS5yb2VAYWNtZS5leGFtcGxl"),
    ],
)
def test_what_is_allowed_stays_and_nothing_that_is_judged_with_it(engine_name: str, allow: str, stays: str, goes: str) -> None:
    import logscrub

    config = Config(allow=(allow,))
    for form in ("{}\n", '{{"message":"{}"}}\n', '{{"ms":{{"deep":["{}"]}}}}\n'):
        log = "".join(form.format(line) for line in (stays, goes, goes, stays)) * 3
        done = logscrub.scrub(log, config=config, engine=engine_name)  # type: ignore[arg-type]
        assert done.output.splitlines().count(form.format(stays).strip()) == 6
        assert form.format(goes).strip() not in done.output
        assert sum(done.redactions.values()) == 6
        verified = logscrub.verify(log, config=config, engine=engine_name)  # type: ignore[arg-type]
        assert verified.found == 6 and logscrub.verify(done.output, config=config).clean


@pytest.mark.parametrize("engine_name", ["fast", "plain"])
@pytest.mark.parametrize(
    ("pattern", "found", "not_found"),
    [
        (r"(?<![A-Z])[A-Z]{4}-\d{4}(?!\d)", "ABCD-1234", "ABC-1234"),
        (r"PAY-\d{1,9}", "PAY-7", "WEB-7"),
        (r"[a-z]{1,20}-mills", "cedar-mills", "cedar-works"),
        (r"seat \d{2}(?!\d)", "seat 12", "seat 7"),
        (r"guest [A-Z][a-z]{4}(?![a-z])", "guest Jones", "guest Brackett"),
        (r"(?<![a-z0-9])[a-z]{2}\d{5}(?![0-9a-z])", "ab12345", "abc12345"),
        (r"ac\d{6}", "ac123456", "ad123456"),
        (r"AB-4\d{3}", "AB-4711", "AB-5711"),
        (r"5b10ac8d82e05b22cc7d4ef5", "5b10ac8d82e05b22cc7d4ef5", "5b10ac8d82e05b22cc7d4ef6"),
        (r"customfield_10016", "customfield_10016", "customfield_10017"),
    ],
)
def test_a_detector_of_one_s_own_sees_what_is_written(
    tmp_path: Path, engine_name: str, pattern: str, found: str, not_found: str
) -> None:
    import logscrub

    (tmp_path / "own.toml").write_text(
        f'id = "own"\nentity_type = "OWN"\nguideline = "personal data"\nwhy = "x"\npatterns = [\'{pattern}\']\n'
        f'examples = ["in «{found}» now"]\n'
    )
    for form in ("in {} now\n", '{{"message":"in {} now"}}\n', '{{"message":"in%20{} now"}}\n'):
        log = "".join(form.format(what) for what in (not_found, found, not_found, found)) * 3
        out = logscrub.scrub(log, detectors=[tmp_path], engine=engine_name).output  # type: ignore[arg-type]
        assert out.count("<OWN>") == 6 and out.splitlines()[1] == form.format("<OWN>").strip()


@pytest.mark.parametrize("engine_name", ["fast", "plain"])
def test_a_detector_of_one_s_own_sees_values_that_are_an_id_or_a_number(tmp_path: Path, engine_name: str) -> None:
    import logscrub

    uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    for name, pattern, context, example in (
        ("order_id", uuid, "", "in «0a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d»"),
        ("badge", r"(?<!\d)\d{5}(?!\d)", 'context = ["badge"]\n', "badge «44719»"),
    ):
        (tmp_path / f"{name}.toml").write_text(
            f'id = "{name}"\nentity_type = "OWN"\nguideline = "personal data"\nwhy = "x"\npatterns = [\'{pattern}\']\n'
            f'{context}examples = ["{example}"]\n'
        )
    log = '{"x":"0a1b2c3d-4e5f-4a6b-8c7d-0e1f2a3b4c5d","badge":44719,"ms":44719}\n' * 4
    out = logscrub.scrub(log, detectors=[tmp_path], engine=engine_name).output  # type: ignore[arg-type]
    assert out == '{"x":"<OWN>","badge":"<OWN>","ms":44719}\n' * 4


def test_no_pattern_of_one_s_own_is_misled_by_what_is_made_alike() -> None:
    """Random patterns on random texts: what Python finds, but for what lies within an id."""
    chance, tried = random.Random(5), 0
    atoms = [
        *"- : / \\. ab PAY- order of x_".split(),
        " ",
        r"\d{1,3}",
        r"\d{4}",
        "[A-Z]{2}",
        "[a-z]{2,4}",
        "[0-9a-f]{8}",
        r"\w{3}",
    ]
    plain = [piece for piece in PIECES if piece.isascii() and not set(piece) & set("\\\x1b%&<") and piece.strip()]
    plain += ["order", "of", "Ingrid", "Jones", "192.0.2.7", "WEB-12", "ana@b.example", "user12", " ", " "]
    for _ in range(300):
        pattern = "".join(chance.choice(atoms) for _ in range(chance.randint(1, 4))) + chance.choice(
            ["", r"(?!\d)", r"(?![a-z])"]
        )
        detector = Detector("own", "OWN", "personal data", "", patterns=(pattern,))
        engine = Engine(Catalogue((detector,), (), "", tells_apart(pattern), (pattern,)))
        for _ in range(20):
            text = "".join(chance.choice(plain) for _ in range(chance.randint(1, 9)))
            ids = [m.span() for m in templates._IDS.finditer(text)]
            wanted = {
                place
                for m in engine._patterns[0].pattern.finditer(text)
                if not any(a < m.end() and m.start() < b and not (m.start() <= a and b <= m.end()) for a, b in ids)
                for place in range(*m.span())
            }
            found = {place for span in engine.judge(text) for place in range(span.start, span.end)}
            tried += bool(wanted)
            assert wanted <= found, (pattern, text)
    assert tried > 300


# -- fast equals plain --------------------------------------------------------------------------------------------------


@examples(120)
@given(inputs | tangled | with_binary, st.lists(st.integers(0, 4000), max_size=4), st.booleans(), st.integers(0, 2**32))
def test_the_fast_engine_gives_the_plain_engine_s_bytes_and_counts(
    redactor: Redactor, one_process: FastEngine, data: bytes, cuts: list[int], more: bool, seed: int
) -> None:
    """Three times the same but for its numbers: what was met once is looked up, learned and applied."""
    key = masked(data)
    again = [data if key is None else other_digits(random.Random(seed + n), data, key) for n in range(3)]
    whole = b"\n".join(again)
    ends = [0, *sorted(c % (len(whole) + 1) for c in cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(ends)]
    assert run(one_process, pieces, more) == scrub(redactor, whole)


@examples(40)
@given(inputs | tangled | with_binary)
def test_the_fast_engine_verifies_as_the_plain_engine_does(redactor: Redactor, verifying: FastEngine, data: bytes) -> None:
    whole = b"\n".join([data] * 3)
    for log in (whole, scrub(redactor, whole)[0]):
        verifier = verifying.verifier("test")
        verifier.feed(log, True)
        assert verifier.finish() == verify(redactor, log)


SAMPLES = [n for n in sorted(sample_logs.files()) if not n.endswith(sample_logs.PACKED)]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_come_out_the_same_from_two_processes(redactor: Redactor, two_processes: FastEngine, name: str) -> None:
    data = sample_logs.files()[name] * 2
    assert run(two_processes, [data]) == scrub(redactor, data)
    assert run(two_processes, [data]) == scrub(redactor, data), "all of it met before"


@pytest.mark.parametrize("name", ["adversarial_dev", "hard_negatives_dev", "planted_dev"])
def test_labelled_texts_come_out_the_same_as_one_log(redactor: Redactor, one_process: FastEngine, name: str) -> None:
    lines = (ROOT / f"benchmarks/eval/{name}.ndjson").read_text(encoding="utf-8").splitlines()
    data = "".join(json.loads(line)["text"] + "\n" for line in lines).encode()
    assert run(one_process, [data * 2]) == scrub(redactor, data * 2)


def test_a_private_key_over_many_blocks_goes_in_every_process(redactor: Redactor, two_processes: FastEngine) -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n" * 200
    text = "INFO    2026-11-22T08:14:02.113Z 3f0b7c1e-8a51-4be1-9d7e-0f5be7a1c001 {} ms\n"
    data = (text.format(12) * 60 + text.format(1) + key + "-----END PRIVATE KEY-----\n" + text.format(7) * 60).encode()
    out, tally = run(two_processes, [data])
    assert (out, tally) == scrub(redactor, data)
    assert b"MIIEvQ" not in out


def test_a_line_without_an_end_goes_on_as_it_comes(
    redactor: Redactor, one_process: FastEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "_LONGEST_LINE", 10_000)
    data = b"start 12\n" + b"word jane@acme.example " * 3000 + b"\nmail from kim@acme.example\n"
    pieces = [data[i : i + 3000] for i in range(0, len(data), 3000)]
    assert run(one_process, pieces) == scrub(redactor, data)


def test_what_is_learned_is_bounded_and_forgetting_does_not_show(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile log in which nothing comes again, between lines that do."""
    budget = memory.Budget.__init__.__defaults__
    monkeypatch.setattr(memory.Budget.__init__, "__defaults__", (20_000,))
    chance = random.Random(3)
    rows = []
    for n in range(600):
        junk = "".join(chance.choice("abcdefghijklmnop ") for _ in range(60))
        rows += [f"{junk}\n", f"Synced {n} issues for ana{n % 7}@acme.example\n", json.dumps({"msg": junk, "n": n}) + "\n"]
    engine = FastEngine(redactor, processes=1)
    assert budget == (memory.MOST,)
    for data in ("".join(rows).encode(), "".join(r for r in rows if r[0] == "{").encode()):
        assert run(engine, [data]) == scrub(redactor, data)
    remembered = sum(len(s.table) for s in engine._works["text"].reader._states.values())  # type: ignore[attr-defined]
    assert remembered < 200


def test_names_of_members_that_never_come_again_take_no_more_memory(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """One structure, other names in each line; some of the lines are no JSON."""
    monkeypatch.setattr(memory.Budget.__init__, "__defaults__", (20_000,))
    data = "".join(f'{{"k{n}x{n}":"ana{n}@acme.example"}}\n{{"j{n}":"broken \\q"}}\n' for n in range(400)).encode()
    engine = FastEngine(redactor, processes=1)
    assert run(engine, [data]) == scrub(redactor, data)
    reader = engine._works["ndjson"].reader
    assert sum(len(labelled) for _, labelled in reader._shapes.values()) < 60  # type: ignore[attr-defined]
    assert len(reader._tables) < 60  # type: ignore[attr-defined]


def test_a_process_that_is_killed_costs_nothing_but_time(redactor: Redactor, two_processes: FastEngine) -> None:
    data = sample_logs.files()["forge_logs_flat.log"] * 3
    assert run(two_processes, [data]) == scrub(redactor, data)
    assert two_processes.workers is not None
    for process in two_processes.workers._processes:  # first one, then all of them
        process.kill()
        process.join()
        assert run(two_processes, [data]) == scrub(redactor, data)


def test_what_is_larger_than_the_shared_memory_goes_through_the_pipe(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "ROOM", 1500)
    data = sample_logs.files()["forge_logs_flat.log"] * 3
    with FastEngine(redactor, processes=2) as engine:
        assert run(engine, [data]) == scrub(redactor, data)


def test_an_input_that_was_given_up_leaves_nothing_to_the_next(redactor: Redactor, two_processes: FastEngine) -> None:
    given_up = two_processes.scrubber()
    given_up.feed(sample_logs.files()["forge_logs_flat.log"][:3000], True)  # one block, which a process is still doing
    data = sample_logs.files()["forge_logs_containers.log"] * 3
    assert run(two_processes, [data]) == scrub(redactor, data)


def test_processes_end_with_the_engine(redactor: Redactor) -> None:
    with FastEngine(redactor, processes=2) as engine:
        run(engine, [sample_logs.files()["app_logs_records.ndjson"]])
        assert engine.workers is not None
        processes = list(engine.workers._processes)
        assert [p.is_alive() for p in processes] == [True, True]
    assert all(p.exitcode in (0, -signal.SIGKILL) for p in processes)


def test_a_record_that_fails_is_withheld_by_both_engines(redactor: Redactor, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Engine._judge

    def fails(self: Engine, masked: str, path: tuple[str, ...], depth: int) -> object:
        if "poison" in masked:
            raise ValueError("poison")
        return judge(self, masked, path, depth)

    monkeypatch.setattr(Engine, "_judge", fails)
    apart = Redactor(
        Engine(redactor.engine.catalogue, names=Names()), load_policy("atlassian"), Pseudonymizer(b"0123456789abcdef")
    )
    for row in ("a fine line {}\nsome poison {}\n", '{{"msg":"fine {}"}}\n{{"msg":"poison {}","to":"ana@acme.example"}}\n'):
        data = "".join(row.format(n, n) for n in range(5)).encode()
        out, tally = run(FastEngine(apart, processes=1), [data])
        assert (out, tally) == scrub(apart, data)
        assert b"poison" not in out


def test_values_that_differ_have_pseudonyms_that_differ(redactor: Redactor, one_process: FastEngine) -> None:
    ids = [f"{n:08x}-4e5f-4a6b-8c7d-0e1f2a3b4c5d" for n in range(9)]
    data = "".join(f"tenant cloudId={i} loaded\n" for i in ids).encode()
    out, _ = run(one_process, [data])
    assert out == scrub(redactor, data)[0]
    assert len(set(out.splitlines())) == 9
