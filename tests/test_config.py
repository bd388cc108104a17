"""The configuration file: found where it should be, refused when anything in it is wrong, and obeyed."""

from __future__ import annotations

import errno
import json
import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import toml_schemas

import logscrub
from logscrub.api import build_redactor, settings
from logscrub.cli.init import TEMPLATE
from logscrub.config import FILE, Config, NameSettings, find_config, load_config, parse_config
from logscrub.detect.names import DEFAULT_MODEL
from logscrub.errors import UsageError

ROOT = Path(__file__).parents[1]


def written(folder: Path, text: str, name: str = "logscrub.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# -- where it is found --------------------------------------------------------------------------------------------------


def test_the_nearest_file_above_the_folder_counts(tmp_path: Path) -> None:
    written(tmp_path, 'policy = "strict"')
    near = written(tmp_path / "a", 'policy = "secrets-only"')
    (tmp_path / "a/b/c").mkdir(parents=True)
    assert find_config(tmp_path / "a/b/c") == near


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.symlink_to("nothing")], ids=["folder", "link to nothing"]
)
def test_a_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A container makes a folder of a file that it is to see and that is missing; without the settings, less would be found."""
    written(tmp_path, 'policy = "strict"')
    (tmp_path / "inner").mkdir()
    make(tmp_path / "inner" / FILE)
    assert find_config(tmp_path / "inner") == tmp_path / "inner" / FILE
    with pytest.raises(UsageError, match=re.escape(f"{FILE}: cannot be read (")):
        load_config(tmp_path / "inner" / FILE)


def test_a_folder_that_may_not_be_searched_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sudo -u logscrub` begins in the folder of whoever calls it, which that user may not open."""

    def refuse(self: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "lstat", refuse)
    with pytest.raises(UsageError, match="run as a user who may open the folder, or in another one"):
        find_config(tmp_path)


def test_a_current_folder_that_was_deleted_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="the current folder was deleted"):
        load_config()


def test_the_search_ends_at_a_folder_with_git_but_looks_into_it(tmp_path: Path) -> None:
    written(tmp_path, 'policy = "strict"')
    inner = tmp_path / "project/sub"
    inner.mkdir(parents=True)
    (tmp_path / "project/.git").mkdir()
    assert find_config(inner) is None
    own = written(tmp_path / "project", "")
    assert find_config(inner) == own


def test_pyproject_counts_only_with_its_table_and_after_logscrub_toml(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    written(tmp_path, '[tool.other]\nx = "y"', "pyproject.toml")
    assert find_config(tmp_path) is None
    project = written(tmp_path, '[tool.logscrub]\npolicy = "strict"', "pyproject.toml")
    assert find_config(tmp_path) == project
    assert load_config(project).policy == "strict"
    own = written(tmp_path, "")
    assert find_config(tmp_path) == own


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_config() == Config() == Config("atlassian", (), (), (), NameSettings("lists", DEFAULT_MODEL, (), ()), "")


# -- what it holds ------------------------------------------------------------------------------------------------------


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'policy = "ours.toml"\ndetectors = ["a", "../b"]')
    config = load_config(path)
    assert (config.policy, config.detectors) == (str(tmp_path / "ours.toml"), (tmp_path / "a", tmp_path / "../b"))


WRONG = [
    ("polcy = 'strict'", "polcy"),
    ("policy = 3", "policy"),
    ("policy = ''", "policy"),
    ("detectors = 'x'", "detectors"),
    ("detectors = [1]", "detectors"),
    ("allow = 'x'", "allow"),
    ("allow = ['x']", "allow, entry 1"),
    ("[[allow]]\nvalue = 'x'", "reason"),
    ("[[allow]]\nvalue = 'x'\nreason = ' '", "reason"),
    ("[[allow]]\nreason = 'x'", "value or a pattern"),
    ("[[allow]]\nvalue = 'x'\npattern = 'x'\nreason = 'x'", "value or a pattern"),
    ("[[allow]]\nvalue = 'x'\nreason = 'x'\nnote = 'x'", "note"),
    ("[[allow]]\nvalue = 1\nreason = 'x'", "allow, entry 1: value"),
    ("[[allow]]\nvalue = 'y'\nreason = 'x'\n[[allow]]\npattern = '('\nreason = 'x'", "allow, entry 2: pattern"),
    ("[[allow]]\npattern = '(?i)abc'\nreason = 'x'", "ignore case"),
    ("[[allow]]\npattern = '(?s-i:abc)(?mi:d)'\nreason = 'x'", "ignore case"),
    ("fields = []", "fields"),
    ("[fields]\nfield_name = 'x'", "fields.field_name"),
    ("[fields]\nfield_name = ['=']", "fields.field_name"),
    ("names = 'x'", "names"),
    ("[names]\nmodle = 'x'", "modle"),
    ("[names]\nmodel = 'os.path'", "names.model"),
    ("[names]\nrecognizer = 'list'", "names.recognizer"),
    ("[names]\nknown = 'Zorblax'", "names.known"),
    ("[names]\nwords = ['Hawthorn', 3]", "names.words"),
    ("[names]\nknown = ['Quill', 'Percy']\nwords = ['percy']", "entry 2"),
    ("policy =", "TOML"),
]
NOT_IN_THE_SCHEMA = ("allow, entry 2: pattern", "ignore case", "entry 2", "TOML")
"""Mistakes that a JSON Schema cannot express."""


@pytest.mark.parametrize(("text", "named"), WRONG)
def test_what_is_wrong_is_refused_with_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as error:
        load_config(path)
    assert str(path) in str(error.value)
    assert named in str(error.value)
    assert "\n" not in str(error.value)


def errors_by_schema(text: str) -> list[str]:
    """What the JSON Schema for editors says is wrong with a configuration. Days are texts there, as editors see them."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return (
            [plain(inner) for inner in value]
            if isinstance(value, list)
            else value.isoformat()
            if isinstance(value, date)
            else value
        )

    schema = json.loads((ROOT / "docs/reference/logscrub.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(plain(tomllib.loads(text)))]


@pytest.mark.parametrize("text", [text for text, named in WRONG if named not in NOT_IN_THE_SCHEMA])
def test_the_schema_for_editors_refuses_what_the_program_refuses(text: str) -> None:
    assert errors_by_schema(text)


def test_the_schema_for_editors_takes_what_the_program_takes() -> None:
    page = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"<!-- example: configuration -->\n```toml\n(.*?)```", page, re.S)
    commented_out = re.sub(r"^#(?! |$)", "", TEMPLATE, flags=re.M)
    for text in ("", example, commented_out, "[nightly]\ninputs = []\nstore = 'm'\nreport = 'r'\ndecompress_memory = '2 gib'"):
        parse_config(tomllib.loads(text), Path("logscrub.toml"))
        assert errors_by_schema(text) == []


@pytest.mark.parametrize("name", toml_schemas.schemas())
def test_the_schemas_for_editors_are_what_files_are_checked_by(name: str) -> None:
    """If not, run scripts/toml_schemas.py."""
    schema = toml_schemas.schemas()[name]
    jsonschema.Draft7Validator.check_schema(schema)
    assert (toml_schemas.FOLDER / name).read_text(encoding="utf-8") == toml_schemas.text_of(schema)


@pytest.mark.parametrize(
    ("name", "folder", "files"),
    [
        ("policy.schema.json", "logscrub/redact/policies", "*.toml"),
        ("anomaly-rule.schema.json", "detectors/anomalies", "*.toml"),
        ("detector.schema.json", "detectors/customer_data", "*.toml"),
        ("detector.schema.json", "detectors/harmless", "*.toml"),
    ],
)
def test_the_schemas_for_editors_take_the_built_in_files(name: str, folder: str, files: str) -> None:
    validator = jsonschema.Draft7Validator(toml_schemas.schemas()[name])
    paths = sorted((ROOT / folder).glob(files))
    assert paths
    for path in paths:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        assert validator.is_valid(data), path
        assert not validator.is_valid(data | {"no_such_key": ""}), path


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[fields]\nno_such_detector = ['x']", "no_such_detector"),
        ("[names]\nrecognizer = 'ner'\nmodel = 'no_such_package'", "no_such_package"),
        ("detectors = ['nowhere']", "nowhere"),
        ("policy = 'no-such-policy'", "no-such-policy"),
    ],
)
def test_what_does_not_exist_is_refused(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        build_redactor(load_config(written(tmp_path, text)))


def test_the_command_line_beats_the_file_and_adds_its_detectors() -> None:
    config = Config(policy="strict", detectors=(Path("a"),))
    assert settings(config, "secrets-only", [Path("b")]) == Config("secrets-only", (Path("a"), Path("b")))
    assert settings(config, None, []).policy == "strict"


# -- what it does -------------------------------------------------------------------------------------------------------

OURS = """
[[allow]]
value = "help@acme.example"
reason = "our own"
[[allow]]
pattern = 'load-\\d{1,4}@acme\\.example'
reason = "invented users"
[fields]
field_phone = ["submitter"]
"""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return load_config(written(tmp_path_factory.mktemp("config"), OURS))


@pytest.mark.parametrize("stays", ["help@acme.example", "load-7@acme.example"])
def test_an_allowed_value_stays(ours: Config, stays: str) -> None:
    text = f"mail to {stays}\n"
    assert logscrub.scrub(text, config=ours).output == text
    assert logscrub.verify(text, config=ours).clean
    assert not logscrub.verify(text).clean


@pytest.mark.parametrize("goes", ["Help@acme.example", "xhelp@acme.example", "help@acme.example.org", "load-x@acme.example"])
def test_what_only_resembles_or_holds_an_allowed_value_goes(ours: Config, goes: str) -> None:
    assert logscrub.scrub(f"mail to {goes}\n", config=ours).output == "mail to <EMAIL_ADDRESS>\n"


def test_extra_field_names_serve_their_detector(ours: Config) -> None:
    text = '{"submitter":"ext 4-4-1"}\n'
    assert "4-4-1" not in logscrub.scrub(text, config=ours).output
    assert logscrub.scrub(text).output == text
