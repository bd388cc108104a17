"""`logscrub detectors`: what is looked for can be read, and proves itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli_scrub import lines, run

from logscrub import cli
from logscrub.cli import detectors
from logscrub.detect import catalogue
from logscrub.errors import UsageError

OWN = """
id = "{id}"
entity_type = "TICKET"
guideline = "personal data"
why = "Tickets of our help desk."
patterns = ['\\bTCK-\\d{{6}}\\b']
examples = ['{example}']
"""


def own(folder: Path, example: str, name: str = "ticket") -> Path:
    folder.mkdir()
    (folder / f"{name}.toml").write_text(OWN.format(id=name, example=example), encoding="utf-8")
    return folder


def test_list_shows_each_detector_on_a_line_of_aligned_text() -> None:
    done = run("detectors", "list")
    rows = done.stdout.decode().splitlines()
    known = catalogue.load().detectors
    assert done.returncode == 0 and b"\x1b" not in done.stdout and done.stderr == b""
    assert rows[0].split() == ["ID", "ENTITY", "TYPE", "GUIDELINE", "WHY"]
    assert [row.split()[0] for row in rows[1:]] == [d.id for d in known]
    column = rows[0].index("WHY")
    assert all(row[column:] == d.why for row, d in zip(rows[1:], known, strict=True))


def test_list_as_json_holds_the_same_with_detectors_of_ones_own(tmp_path: Path) -> None:
    done = run("detectors", "list", "--format", "json", "--detectors", own(tmp_path / "own", "«TCK-123456»"))
    rows = {row["id"]: row for row in json.loads(done.stdout)}
    assert set(rows) == {d.id for d in catalogue.load().detectors} | {"ticket"}
    assert rows["ticket"] == {
        "id": "ticket", "entity_type": "TICKET", "guideline": "personal data", "why": "Tickets of our help desk.",
    }  # fmt: skip


def test_show_tells_everything_with_examples() -> None:
    done = run("detectors", "show", "email_address")
    detector = next(d for d in catalogue.load().detectors if d.id == "email_address")
    text = done.stdout.decode()
    assert done.returncode == 0
    for part in (detector.why, detector.guideline, *detector.patterns, *detector.examples, *detector.counterexamples):
        assert part in text


def test_an_unknown_name_is_exit_code_2_with_close_matches() -> None:
    done = run("detectors", "show", "email_adress")
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(lines(done)) == 1 and "email_address" in lines(done)[0]


def test_an_example_that_does_not_hold_is_shown_with_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    builtin = own(tmp_path / "builtin", "«TCK-123456»", "other")
    (builtin / "macros.toml").write_text("")
    monkeypatch.setattr(catalogue, "builtin_folder", lambda: builtin)
    monkeypatch.chdir(tmp_path)
    assert cli._run(["detectors", "test", str(own(tmp_path / "own", "see «TCK-12345»"))]) == 1
    text, said = capfd.readouterr()
    assert "ticket" in text and "see «TCK-12345»" in text and "see TCK-12345\n" in text
    assert said == "logscrub: 1 of 2 examples do not hold\n"


def test_detectors_of_others_steer_no_terminal(tmp_path: Path) -> None:
    folder = own(tmp_path / "own", "see «TCK-12345»")
    file = folder / "ticket.toml"
    text = file.read_text().replace('"Tickets of our help desk."', r'"Tickets\u001b[2J\u009b1m\u202e of ours."')
    file.write_text(text.replace("'see «TCK-12345»'", r'"see \u001b[2J«TCK-12345»"'))
    for arguments in (["list"], ["show", "ticket"], ["test", "ticket"]):
        done = run("detectors", *arguments, "--detectors", folder)
        shown = done.stdout.decode()
        assert r"\x1b[2J" in shown and all(c.isprintable() for c in shown.replace("\n", "")), arguments


def test_examples_that_hold_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    builtin = own(tmp_path / "builtin", "«TCK-123456»", "other")
    (builtin / "macros.toml").write_text("")
    monkeypatch.setattr(catalogue, "builtin_folder", lambda: builtin)
    monkeypatch.chdir(tmp_path)
    assert detectors.test(str(own(tmp_path / "own", "«TCK-123456» and «TCK-654321»"))) == 0
    assert capfd.readouterr() == ("2 detectors, 0 rules, 2 examples: all hold\n", "")


def test_a_wrong_detector_or_folder_is_exit_code_2(tmp_path: Path) -> None:
    folder = own(tmp_path / "own", "«TCK-123456»")
    (folder / "ticket.toml").write_text('id = "ticket"\nfoo = "bar"')
    for argument, says in ((folder, "ticket.toml"), (tmp_path / "nowhere", "nowhere")):
        done = run("detectors", "test", argument)
        assert (done.returncode, done.stdout) == (2, b"") and says in lines(done)[0] and len(lines(done)) == 1


PARTS = """
id = "part"
entity_type = "BADGE_NUMBER"
guideline = "user id"
why = "A detector with every part that can refuse."
patterns = ['(?<!\\d)\\d{16}(?!\\d)', '(?<!\\d)\\d{3}(?!\\d)']
context = ["badge"]
validator = "luhn"
certainty = "likely"
fields = ["=gate"]
keep_values = ["0{1,7}"]
examples = [EXAMPLE]
"""
HARMLESS = """
id = "program"
kind = "harmless"
why = "The number of a machine's program is nobody's."
patterns = ['program badge \\d{16}(?!\\d)']
examples = ["«program badge 4111111111111111»"]
"""


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        ("badge «4111111111111112» lost", "«4111111111111112» is matched by pattern 1, but the validator luhn refuses it"),
        (
            "ticket «4111111111111111» lost",
            "«4111111111111111» is matched by pattern 1, but the context is missing: none of badge stands in the 60 characters "
            "before or the 30 after",
        ),
        (
            "program badge «4111111111111111»",
            "«4111111111111111» is matched by pattern 1, but the harmless stretch program covers it, and the detector is only "
            "likely",
        ),
        ("badge «41111» lost", "«41111» is not found: no pattern matches it and it is not the value of one of the fields"),
        ("gate=«0000»", "«0000» is not found: keep_values '0{1,7}' keeps it"),
        ("badge «x 4111111111111111»", "«x 4111111111111111» is not found: pattern 1 matches «4111111111111111» instead"),
    ],
)
def test_a_failing_example_says_which_part_refused_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], example: str, reason: str
) -> None:
    (tmp_path / "part.toml").write_text(PARTS.replace("EXAMPLE", json.dumps(example, ensure_ascii=False)), encoding="utf-8")
    (tmp_path / "program.toml").write_text(HARMLESS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert detectors.test("part", [tmp_path]) == 1
    out, err = capfd.readouterr()
    assert f"\n  because  {reason}\n" in out
    assert err == "logscrub: 1 of 1 example do not hold\n"


def test_a_counterexample_that_is_found_says_by_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = own(tmp_path / "own", "«TCK-123456»")
    with (folder / "ticket.toml").open("a", encoding="utf-8") as file:
        file.write("counterexamples = ['see TCK-654321']\n")
    monkeypatch.chdir(tmp_path)
    assert detectors.test("ticket", [folder]) == 1
    assert "  because  «TCK-654321» should stay, and is found by pattern 1\n" in capfd.readouterr().out


def test_one_detector_or_rule_is_tried_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    known = next(d for d in catalogue.load().detectors if d.id == "email_address")
    count = len(known.examples) + len(known.counterexamples)
    assert detectors.test("email_address") == 0
    assert capfd.readouterr().out == f"1 detector, 0 rules, {count} examples: all hold\n"
    assert detectors.test("feed_silent") == 0
    assert capfd.readouterr().out.startswith("0 detectors, 1 rule, ")
    with pytest.raises(UsageError, match="no detector 'email_adress'; did you mean email_address"):
        detectors.test("email_adress")


def test_without_a_command_the_help_is_shown_as_wrong_usage() -> None:
    for arguments in ([], ["detectors"]):
        done = run(*arguments)
        assert done.returncode == 2 and done.stdout.startswith(b"Usage:")
