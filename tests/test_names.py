"""Names in running text: what a word is, what a phrase is, and what stands around it decides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import scrub, verify

import logscrub
from logscrub.config import Config, NameSettings
from logscrub.detect.names import Kind, Names
from logscrub.detect.names.lexicon import Lexicon, fold, grams, lexicon
from logscrub.detect.names.recognizer import ListedNames
from logscrub.redact.scrub import Redactor

DATA = Path(logscrub.__file__).parent / "data"
RECOGNIZER = ListedNames(lexicon())


def found(text: str) -> list[str]:
    return [span.plain for span in RECOGNIZER.recognise(text)]


# -- words --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grade", "words"),
    [
        ("name", "Nadia nadia NADIA Nguyễn Łukasz Chukwuemeka Svensson Kowalczyk Fatima O'Brien Anne-Marie Al-Sayed"),
        ("word", "server webhook Kafka Zookeeper Jira error updated Read-Only don't"),
        ("given", "Victoria Sydney London"),
        ("either", "Mark Will Grace May Rose Jordan Hall Smith"),
        ("family", "Page Story"),
        ("like", "Oskadellan Aabiörnsdotter"),
        ("unknown", "crond klogind qzxvkj"),
    ],
)
def test_what_a_word_is(grade: str, words: str) -> None:
    assert {word: lexicon().grade(word) for word in words.split()} == dict.fromkeys(words.split(), grade)


def test_a_name_that_is_a_function_word_elsewhere_is_one_if_it_is_capitalised() -> None:
    assert (lexicon().grade("Ernst"), lexicon().grade("ernst")) == ("name", "capital")


def test_words_are_folded_as_the_lists_are() -> None:
    assert [fold(w) for w in ("Łukasz", "Søren", "İbrahim", "Größe", "Nguyễn", "NADIA")] == [
        "lukasz",
        "soren",
        "ibrahim",
        "grosse",
        "nguyen",
        "nadia",
    ]


def test_no_word_is_in_two_lists_and_all_are_folded() -> None:
    lists = {
        name: [line.split()[0] for line in (DATA / f"{name}.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
        for name in ("names", "words", "foreign", "either")
    }
    every = [word for words in lists.values() for word in words]
    assert len(every) == len(set(every))
    assert all(re.fullmatch("[a-z]{2,30}", word) for word in every)
    assert all(words == sorted(words) for words in lists.values())


def test_the_sources_of_the_lists_are_those_of_the_script_and_free() -> None:
    import build_lexicon

    rows = [line.split(" | ") for line in (DATA / "SOURCES.md").read_text("utf-8").splitlines() if line.startswith("| ")][2:]
    assert [row[1] for row in rows] == [f"{s.name} {s.version}" for s in build_lexicon.SOURCES]
    free = re.compile(r"MIT|BSD|Apache|ISC|CC0|Public Domain|Unlicense|0BSD|PostgreSQL")
    assert [row for row in rows if not free.search(row[3])] == []


def test_a_shape_is_the_sum_of_its_runs() -> None:
    assert grams("abc") == ["^a", "ab", "bc", "c$", "^ab", "abc", "bc$", "^abc", "abc$"]
    assert lexicon().shape("svenssonsdotter") > 0 > lexicon().shape("httpserverconfig")


# -- phrases: both sides of what could be either ------------------------------------------------------------------------

NAMES = """
    cache «Nadia» miss
    KeyError: «nadia»
    Saved roster for «Nguyen»
    User «Jennifer Hall» updated the board
    user «jane doe» updated the board
    import finished: «Per Carlsson», 3 rows skipped
    row 12 («Mária Kiss») is new
    «Ludwig van Beethoven» joined
    «J. R. van der Meer» joined
    «JANE DOE» LOGGED IN
    lookup of «lotte de vries» failed
    «Min-jun Kim» left
    «Nadia»'s board
    «Jane Doe»/«Ravi Kumar» differ
    «Oddleiv Nergaard» at row 3
    sync of «Tyler Hall» failed
    @«Grace» please review
    approved by «Mark» at step 3
    by «Will»: 3 changes
    Hello «Grace», your export is ready
    «Jordan» approved the request
    «Jackson» logged in
    user «May» signed out
    We asked «Rose» about it, and she agreed.
    assigned to «Virginia Woods» at noon
    user «Aabiörn» is back
    «April» commented
    rota: «Tom», «Mike» and «Rose»
    «Doe», «Jane»;8.5
    | «Rose Hall» | Design |
    next=«Jordan Price»
    processing «al-Farsi» (4/17)
    «van den Berg» has no account
    cache miss for «Məmmədov»
    «J. Page» left
    «Jean ROUX» and «Marie DUPONT» differ
    poker: «Florian»=8
    Skipping «Maria»: no account
    created 3 users: «bsmith», «agarcia», «mmueller»
    lookup of «jsvensson» failed
"""
WORDS = """
    Mark as done
    Mark completed tasks as archived
    Will retry in 5 s
    Grace period expired
    May 5 12:00:01 restart
    May I ask for it?
    in April and in June we had the same error as in May
    Jordan is a region of the map
    region Virginia selected
    host Sydney answered
    Jackson failed to deserialize
    com.fasterxml.jackson.Jackson loaded
    Jira is down
    Apollo client cache
    Rose chart rendered
    Page 3 of 5
    Hall effect sensor
    Story Points Field
    Black Friday Sale
    Read-Only Mode
    $nadia = 1
    nadia(1)
    lib/nadia/index.js
    nadia.js:3
    Don't panic, it's May.
    status Amber, was Green
    Chase the error
    Billed Duration: 500 ms Max Memory Used: 88 MB
    will be removed by May 2026
    peer \x1a\x1a Will retry
    client Max connections reached
    San Francisco edge
    OttawaUser saved
    key SAKURA exists
    Benutzer wurde gesperrt, ein Fehler ist aufgetreten
"""


@pytest.mark.parametrize("line", [line.strip() for line in NAMES.strip().splitlines()])
def test_what_is_a_name(line: str) -> None:
    assert found(re.sub("[«»]", "", line)) == re.findall("«(.*?)»", line)


@pytest.mark.parametrize("line", [line.strip() for line in WORDS.strip().splitlines()])
def test_what_is_none(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize("name", ["Nadia", "Chukwuemeka Okonkwo", "Thị Minh Khai Nguyễn", "İbrahim Çelik", "Siobhán Ní Bhriain"])
@pytest.mark.parametrize("line", ["cache {} miss", "{}", "[{}]", "'{}'", "id=3 {}: done", "x|{}|y", "a,{},b", "was {}."])
def test_a_name_is_found_wherever_it_stands(name: str, line: str) -> None:
    assert found(line.format(name)) == [name]


# -- what holds for every text ------------------------------------------------------------------------------------------

WORDS_OF_TEXTS = st.sampled_from(
    "Nadia nadia Mark Hall van der Jane Doe server Updated J. Oskadellan O'Brien by user \x1a\x1a , ( ) 's".split()
)
TEXTS = st.lists(WORDS_OF_TEXTS, max_size=12).map(" ".join) | st.text(max_size=60)


@given(TEXTS)
def test_spans_are_in_order_apart_and_say_what_they_hold(text: str) -> None:
    position = 0
    for span in RECOGNIZER.recognise(text):
        assert position <= span.start < span.end <= len(text)
        assert span.plain == text[span.start : span.end]
        assert "\x1a" not in span.plain
        position = span.end


@given(st.lists(TEXTS, max_size=5))
def test_what_came_before_does_not_show(texts: list[str]) -> None:
    fresh = ListedNames(Lexicon())
    assert [fresh.recognise(t) for t in reversed(texts)] == [RECOGNIZER.recognise(t) for t in reversed(texts)]


@given(TEXTS)
def test_what_was_found_is_not_found_again(text: str) -> None:
    masked = text
    for span in RECOGNIZER.recognise(text):
        masked = masked[: span.start] + "\x1a" * (span.end - span.start) + masked[span.end :]
    assert all("\x1a" not in span.plain for span in RECOGNIZER.recognise(masked))


# -- a user's own words -------------------------------------------------------------------------------------------------


def test_own_names_are_found_and_own_words_are_not() -> None:
    config = Config(names=NameSettings(known=("Qzxvkj",), words=("Nadia", "Percy Hawthorn")))
    text = "cache Qzxvkj miss, cache Nadia miss\napproved by Percy at step 3\nlead: 'Nadia'\n"
    assert logscrub.scrub(text, config=config).output == (
        "cache <PERSON> miss, cache Nadia miss\napproved by Percy at step 3\nlead: '<PERSON>'\n"
    )
    assert logscrub.verify("cache Nadia miss\n", config=config).clean


def test_own_words_beat_own_names_only_where_they_are_different() -> None:
    words = Lexicon(names=["Page"], words=["Nguyen"])
    assert (words.grade("page"), words.grade("Nguyen"), words.grade("Story")) == ("name", "word", "family")


# -- lists, ner, both ---------------------------------------------------------------------------------------------------

PROSE = "We asked Wxqrvt and the others, and Nadia wrote to them about it."


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("lists", ["Oskadellan", "Maria Hall"]), ("ner", ["Maria Hall"]), ("both", ["Oskadellan", "Maria Hall"])],
)
def test_each_kind_finds_its_own(kind: Kind, expected: list[str]) -> None:
    found = [
        s
        for line in ("cache Oskadellan miss", "Then Maria Hall wrote to us and to the others.")
        for s in Names(kind).recognise(line)
    ]
    assert [span.plain for span in found] == expected


def test_lists_do_not_load_a_model() -> None:
    import subprocess
    import sys

    program = (
        f"import sys, logscrub; logscrub.scrub({PROSE!r}); print(sorted({{'spacy', 'presidio_analyzer'}} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


def test_the_recognizers_serve_presidio_too() -> None:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

    from logscrub.detect.names.presidio import registry

    class NoEngine(NlpEngine):
        """Presidio wants one; the recognizers of names need nothing of it."""

        def load(self) -> None: ...
        def is_loaded(self) -> bool:
            return True

        def process_text(self, text: str, language: str) -> NlpArtifacts:
            return NlpArtifacts([], [], [], [], self, language)  # type: ignore[arg-type]

        def process_batch(self, texts, language, **_):  # type: ignore[no-untyped-def,override]
            return ((t, self.process_text(t, language)) for t in texts)

        def is_stopword(self, word: str, language: str) -> bool:
            return False

        def is_punct(self, word: str, language: str) -> bool:
            return False

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> list[str]:
            return ["en"]

    analyzer = AnalyzerEngine(registry=registry("lists"), nlp_engine=NoEngine(), supported_languages=["en"])
    for line in (*NAMES.strip().splitlines(), *WORDS.strip().splitlines()):
        text = re.sub("[«»]", "", line.strip())
        results = sorted(analyzer.analyze(text, language="en"), key=lambda r: r.start)
        assert [(r.entity_type, text[r.start : r.end]) for r in results] == [("PERSON", name) for name in found(text)]
    assert [getattr(r, "name", "") for r in registry("both").recognizers] == ["ListedNames", "NerNames"]


# -- in a log -----------------------------------------------------------------------------------------------------------


def test_names_go_in_all_places_of_a_record(redactor: Redactor) -> None:
    line = '{"message":"cache Nadia miss","args":["lotte de vries",{"row":"Oddleiv Nergaard"}],"Nadia Rahman":1}\n'
    out, tally = scrub(redactor, line.encode())
    assert out.decode() == '{"message":"cache <PERSON> miss","args":["<PERSON>",{"row":"<PERSON>"}],"<PERSON>":1}\n'
    assert tally.redactions["PERSON"] == 4
    assert verify(redactor, out).clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("path /Users/janed/app", "path /Users/<USERNAME>/app"),
        ("jane.rahman joined", "<USERNAME> joined"),
        ("jane_rahman joined", "<USERNAME> joined"),
        ("lookup of j.svensson failed", "lookup of <USERNAME> failed"),
        ("login jdoe failed", "login <USERNAME> failed"),
        ("for user pkowalski7 on /rest", "for user <USERNAME> on /rest"),
        ("e.message of page.field is user_name", "e.message of page.field is user_name"),
    ],
)
def test_user_names_made_of_names_go(redactor: Redactor, text: str, clean: str) -> None:
    assert re.sub(":[0-9a-f]{20}", "", scrub(redactor, f"{text}\n".encode())[0].decode()) == f"{clean}\n"
