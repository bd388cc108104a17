"""The detectors of national numbers are what their table says, and their checks know real numbers from mistyped ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from logscrub.detect import national_numbers
from logscrub.detect.national_numbers import national_number, national_number_alone, national_number_bare

ROOT = Path(__file__).parents[1]


def test_the_files_are_what_the_script_makes_of_the_table() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "national_numbers.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "")


def test_every_check_of_the_table_is_there() -> None:
    table = national_numbers._table()
    names = {
        *table["bare"].values(),
        *(name for of in table["alone"].values() for name in of),
        *(name for of_length in table["by length"].values() for name in of_length),
    }
    assert len(names) > 100
    for name in names:
        assert callable(national_numbers._check(name))


@pytest.mark.parametrize("number", ["44051401359", "880320-0016", "RCCMNL83S18D969H", "36 574 261 809", "83 914 571 673"])
def test_a_right_checksum_is_known(number: str) -> None:
    assert national_number(number)


# Digits alone are no example of a wrong checksum: of any number of eleven digits some state says that it is right.
@pytest.mark.parametrize("number", ["RCCMNL83S18D969A", "00000000000", "1732000000123", "20241119-0815"])
def test_a_wrong_checksum_a_time_and_a_date_are_none(number: str) -> None:
    assert not national_number(number)


BARE = {
    "a Finnish code": ("131052-308T", "131052-308A"),
    "a temporary one, of a new century's sign": ("010594Y9032", "010594Y9033"),
    "a South Korean one": ("971013-1234567", "971313-1234567"),
    "one of Singapore": ("S2740116C", "S2740116D"),
    "one of Hong Kong": ("A123456(3)", "A123456(4)"),
    "a pension number": ("65070803A019", "65070803A018"),
    "a Russian insurance number": ("112-233-445 95", "112-233-445 96"),
    "a British licence": ("MORGA657054SM9IJ", "MORGA697054SM9IJ"),
    "a British insurance number": ("AB 12 34 56 C", "GB 12 34 56 C"),
    "a Medicare number": ("1EG4-TE5-MK73", "1SG4-TE5-MK73"),
    "a tax number of the United States": ("912-90-3456", "912-89-3456"),
    "a Medicare number without dashes": ("1EG4TE5MK73", "1SG4TE5MK73"),
    "an Italian one with a wrong last letter": ("RCCMNL83S18D969A", "RCCMNL83K18D969A"),
    "a tax number of India": ("27AAPFU0939F1Z2", "97AAPFU0939F1Z2"),
    "one of Sweden": ("871220-2384", "871220-2385"),
    "a company of Sweden": ("556703-7485", "556703-7486"),
    "a South Korean licence": ("13-22-123456-12", "93-22-123456-12"),
    "a health provider's": ("1234-567-893", "1234-567-894"),
    "one of South Africa": ("8001015009087", "8013015009087"),
    "an Emirates ID": ("784-1990-1234567-6", "784-1990-1234567-7"),
    "a company of South Korea": ("134-86-72683", "134-86-72684"),
    "one of Mexico": ("BOXW310820HNERXN09", "BOXW310820HNERXN08"),
}


@pytest.mark.parametrize("what", BARE)
def test_a_number_without_a_cue_must_be_right(what: str) -> None:
    right, wrong = BARE[what]
    assert national_number_bare(right)
    assert not national_number_bare(wrong)


ALONE = {
    "a Turkish one": ("10000000146", "10000000147"),
    "a doctor's of Germany": ("123456601", "123456701"),
    "an identity card of Germany": ("C01234565", "C01234567"),
    "a passport of Germany": ("C01X00T47", "C01X00A47"),
    "a passport of South Korea": ("m456B7890", "X456B7890"),
    "a tax number of Germany": ("36574261809", "36574261808"),
    "one of Sweden with its century": ("19880320-0016", "19880320-0017"),
    "a driving licence of Germany": ("B072RRE2I55", "BABCRRE2I55"),
    "an insured person's of Germany": ("A123456780", "A123456781"),
    "a passport of India": ("A3456781", "A0456781"),
    "a resident's of South Korea": ("9710131234567", "9713131234567"),
    "a company's of Sweden": ("5567037485", "5567037486"),
    "a tax number of the United States": ("911701234", "911891234"),
    "a Medicare number of Australia": ("2123456701", "2123456711"),
    "a grouped Medicare number of Australia": ("2123 45670 1", "2123 45671 1"),
}


@pytest.mark.parametrize("what", ALONE)
def test_a_number_that_is_a_whole_message_must_be_right(what: str) -> None:
    right, wrong = ALONE[what]
    assert national_number_alone(right)
    assert not national_number_alone(wrong)


@pytest.mark.parametrize("text", ["job123456", "r0012345", "of 10000ms"])
def test_what_programs_write_alone_is_no_number_of_a_person(text: str) -> None:
    assert not national_number_alone(text)


@pytest.mark.parametrize("time", ["1732000000", "1732000000123", "202411190815", "111111111"])
def test_a_time_and_a_run_of_one_digit_are_no_number_that_stands_alone(time: str) -> None:
    assert not national_number_alone(time)
