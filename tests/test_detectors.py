"""Every detector proves itself by its examples, and a detector file that is wrong is refused with one clear line."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from strategies import builtin_detectors

from logscrub.anomalies.rules import load_rules
from logscrub.detect import catalogue
from logscrub.detect.catalogue import Catalogue, Detector, Harmless, load, marked
from logscrub.detect.selftest import failures
from logscrub.errors import UsageError
from logscrub.guidelines import GUIDELINES

BUILTIN = builtin_detectors()
_ITEMS: tuple[Detector | Harmless, ...] = (*BUILTIN.detectors, *BUILTIN.harmless)
ITEMS = {item.id: item for item in _ITEMS}


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_finds_exactly_what_its_examples_mark_and_nothing_in_its_counterexamples(name: str) -> None:
    item = ITEMS[name]
    alone = Catalogue((item,), BUILTIN.harmless) if isinstance(item, Detector) else Catalogue((), (item,))
    assert [f for f in failures(alone) if f.detector == name] == []


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_has_examples_of_both_kinds_and_a_reason(name: str) -> None:
    item = ITEMS[name]
    assert all(marked(example)[1] for example in item.examples), "an example without «marks»"
    assert item.counterexamples
    assert not any(marked(example)[1] for example in item.counterexamples)
    assert item.why.endswith((".", "!", ")"))


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_repeats_nothing_without_bound(name: str) -> None:
    catalogue.check_patterns(ITEMS[name], Path(f"{name}.toml"))


def test_every_guideline_has_a_detector() -> None:
    assert {d.guideline for d in BUILTIN.detectors} == set(GUIDELINES)


GOOD = """
id = "staff_number"
entity_type = "STAFF_NUMBER"
guideline = "user id"
why = "A number of the staff names a person."
patterns = ['(?<!\\w)EMP-\\d{5}(?!\\d)']
examples = ["by «EMP-12345» today"]
counterexamples = ["EMP-1 is no number of the staff"]
"""

WRONG = {
    "an unknown key": (GOOD + 'colour = "red"', "unknown key 'colour'; known are kind, id, entity_type"),
    "a harmless file with a detector's key": (GOOD + 'kind = "harmless"', "unknown key 'entity_type'"),
    "another kind": (GOOD + 'kind = "useless"', "kind must be one of detector, harmless"),
    "a plus": (GOOD.replace("{5}", "+"), "repeats without bound"),
    "a star": (GOOD.replace("{5}", "*"), "repeats without bound"),
    "an open count": (GOOD.replace("{5}", "{5,}"), "repeats without bound"),
    "a possessive plus": (GOOD.replace("{5}", "++"), "repeats without bound"),
    "a lazy star in a group": (GOOD.replace(r"\d{5}", r"(?:x|(\d*?))"), "repeats without bound"),
    "a star in an assertion": (GOOD.replace(r"(?!\d)", r"(?!\d*x)"), "repeats without bound"),
    "a star in an atomic group": (GOOD.replace(r"\d{5}", r"(?>\d*)"), "repeats without bound"),
    "no examples": (
        GOOD.replace('examples = ["by «EMP-12345» today"]\n', "").replace("counterexamples", "examples", 0),
        "examples are missing",
    ),
    "a broken pattern": (GOOD.replace("{5}", "{5}("), "pattern does not compile"),
    "a missing reason": (GOOD.replace("why", "references = []\n#"), "why is missing"),
    "another file's name": (GOOD.replace("staff_number", "staff"), "id must be the file's name, 'staff_number'"),
    "an entity in small letters": (GOOD.replace("STAFF_NUMBER", "staff"), "entity_type must be UPPER_CASE"),
    "a guideline that is none": (GOOD.replace("user id", "shoe size"), "guideline must be one of name, "),
    "a validator that is none": (GOOD + 'validator = "astrology"', "no validator 'astrology'"),
    "a macro that is none": (GOOD.replace(r"\d{5}", "{{FIVE}}"), "no macro {{FIVE}}"),
    "a doubtful certainty": (GOOD + 'certainty = "maybe"', "certainty must be one of certain, likely"),
    "a value of another reach": (GOOD + 'value = "page"', "value must be one of token, "),
    "a list that is none": (GOOD + 'context = "staff"', "context must be a list"),
    "a text that is none": (GOOD.replace('"user id"', "5"), "guideline must be one of"),
    "neither pattern nor field": (GOOD.replace("patterns", "references"), "neither patterns nor fields"),
    "a broken keep_values": (GOOD + 'keep_values = ["("]', "keep_values does not compile"),
    "no TOML": ("id = ", "not valid TOML"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused_in_one_line_that_names_it(tmp_path: Path, what: str) -> None:
    text, message = WRONG[what]
    (tmp_path / "staff_number.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load([tmp_path])
    assert message in str(error.value)
    assert str(error.value).startswith(f"{tmp_path / 'staff_number.toml'}: ")
    assert "\n" not in str(error.value)


def test_a_folder_of_ones_own_adds_and_replaces_detectors(tmp_path: Path) -> None:
    (tmp_path / "staff_number.toml").write_text(GOOD, encoding="utf-8")
    mine = load([tmp_path])
    assert {d.id for d in mine.detectors} - {d.id for d in BUILTIN.detectors} == {"staff_number"}
    assert failures(Catalogue(tuple(d for d in mine.detectors if d.id == "staff_number"), ())) == []
    assert mine.digest != BUILTIN.digest == load().digest
    (tmp_path / "staff_number.toml").rename(tmp_path / "email_address.toml")
    (tmp_path / "email_address.toml").write_text(GOOD.replace("staff_number", "email_address"), encoding="utf-8")
    assert [d.entity_type for d in load([tmp_path]).detectors if d.id == "email_address"] == ["STAFF_NUMBER"]


def test_a_missing_folder_is_refused() -> None:
    with pytest.raises(UsageError, match="no such folder of detectors"):
        load([Path("/nowhere/at/all")])


def test_a_folder_without_a_detector_is_refused(tmp_path: Path) -> None:
    """Without an error, what its detectors find would be left in the logs: the folder is another one, or not mounted."""
    (tmp_path / "badge.tml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(UsageError, match="holds no detector; their files end in"):
        load([tmp_path])


def test_a_folder_that_may_not_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "staff_number.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refuse(path: str | Path) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    for read in (load, load_rules):
        with pytest.raises(UsageError, match=r"locked: cannot be listed \(Permission denied\); run as a user who may"):
            read([tmp_path])


def test_marks_show_where_values_stand() -> None:
    assert marked("a «b» c «d»") == ("a b c d", [(2, 3), (6, 7)])
    assert catalogue.builtin_folder().is_dir()
