"""What the digits and letters of an id spell by chance is no number, no name and no word; what stands beside an id still is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from strategies import scrub

from logscrub.api import build_redactor
from logscrub.config import Config
from logscrub.detect.fields import words
from logscrub.detect.ids import cut_id, cuts_id, ids_alike, is_id
from logscrub.detect.names.prose import is_prose

ENGINE = build_redactor(Config()).engine


def found(text: str) -> list[tuple[str, str]]:
    """What a text scanned by itself loses, whatever texts like it do."""
    return [(s.entity_type, s.plain) for s in ENGINE._scan(text, (), 0)]


@pytest.mark.parametrize(
    "text",
    [
        "[req-6b8f0c42-a8aa-4947-918c-385855184318 113d3a99c3da401fbd62cc2caa5b96d2 done",
        "GET /vigba/957160ebb4f4297257736857541deb85/next",
        "file 9b206732-2032-4384-8793-88059375a26f, closed",
        "call 37785123-1d29-4027-9501-565530c83a97 ended",
        "tel=279829b2-9b11-4571-8bb4-2f532926c803",
        "card=0f046bc3dc762b74e94bd0f988173a5d",
        "SSN missing in 46f358178910b96904e3048a",
        "pair 6a729028:a1135d5a-39f4-44e6-bf5b-5333d70c39b0 kept",
        "c2c1684: fetched again",
        "a6971df: number of rows",
        "Brazbyftz binvyftz - 6ab09a20a95e371d brazgifkan plabvovk",
        "card read at 1535935471080",
        "my credit card number is 4012-8888-8888-1882",
        "com.acme.roster.Cache@c5f1e07 closed",
    ],
)
def test_what_an_id_spells_by_chance_stays(text: str) -> None:
    assert [f for f in found(text) if f[0] != "ACCOUNT_ID" or len(f[1]) != 24] == []


@pytest.mark.parametrize(
    ("text", "entity_type", "value"),
    [
        ("card 4111 1111 1111 1111 9b206732-2032-4384-8793-88059375a26f", "CREDIT_CARD", "4111 1111 1111 1111"),
        ("card 9b206732-2032-4384-8793-880593750268 4111111111111111", "CREDIT_CARD", "4111111111111111"),
        ("tel=030 901820 99495056-be0e-40b0-8c26-069e3d1f2a4b", "PHONE_NUMBER", "030 901820"),
        ("phone 030 901820 99495056-be0e-40b0-8c26-069e3d1f2a4b", "PHONE_NUMBER", "030 901820"),
        ("for +49 30 901820 01J3DG1HWFFPJAPJNYHV60V5EH", "PHONE_NUMBER", "+49 30 901820"),
        ("from +44 20 7946 0958 (200)", "PHONE_NUMBER", "+44 20 7946 0958"),
        ("from +1 415 4357888 2001 12", "PHONE_NUMBER", "+1 415 4357888"),
        ("user 0778860f33 left", "USERNAME", "0778860f33"),
        ("user bdea2d9fcf left", "USERNAME", "bdea2d9fcf"),
        ("by 712020:9b206732-2032-4384-8793-88059375a26f", "ACCOUNT_ID", "712020:9b206732-2032-4384-8793-88059375a26f"),
    ],
)
def test_what_stands_beside_an_id_and_what_is_one_goes(text: str, entity_type: str, value: str) -> None:
    assert (entity_type, value) in [(kind, plain.strip()) for kind, plain in found(text)]


def test_part_of_an_id_goes_where_a_pattern_of_the_users_own_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "seat.toml").write_text(
        'id = "seat"\nentity_type = "SEAT"\nguideline = "user id"\nwhy = "A seat is a person\'s."\n'
        "patterns = ['(?<=seat )[0-9a-f]{8}']\n"
        'examples = ["seat «9b206732» taken"]\ncounterexamples = ["seat none"]\n',
        encoding="utf-8",
    )
    redactor = build_redactor(Config(detectors=(tmp_path,)), b"a key of a test, no secret")
    assert scrub(redactor, b"seat 9b206732-2032-4384-8793-88059375a26f")[0].startswith(b"seat <SEAT:")


def test_ids_alike_have_the_length_and_the_place_of_those_that_stood_there() -> None:
    draw = random.Random(1)
    for size in (7, 8, 9, 10, 11, 12, 16, 20, 24, 32, 40, 64):
        one = "a1" + "".join(draw.choices("0123456789abcdef", k=size - 2))
        text = f"id {one}, next"
        alike = ids_alike(text)
        assert len(alike) == len(text)
        assert is_id(one)
        assert is_id(alike[3 : 3 + size])
        assert [cut_id(text, place) for place in (3, 4, 2 + size, 3 + size)] == [-1, 3, 3, -1]
        assert words(one) == ()
    ulid = "01J3DG1HWFFPJAPJNYHV60V5EH"
    assert is_id(ulid)
    assert len(ids_alike(ulid)) == len(ulid)
    assert not is_id("4111111111111111")
    assert not cuts_id("4111111111111111 12", 0, 16)


def test_letters_between_the_digits_of_an_id_make_no_prose() -> None:
    assert is_prose("The page was moved to another space")
    assert not is_prose("Row page moved 6ab09a20a95e371d 7ab0be20a95e371d another space")
