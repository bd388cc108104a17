"""The library as other programs call it: wrong arguments, and functions and redactors that are sent to other processes."""

from __future__ import annotations

import doctest
import inspect
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import logscrub
from logscrub import api
from logscrub.api import build_redactor
from logscrub.config import Config, NameSettings
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Scrubber

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("LOGSCRUB")} | {"PYTHONPATH": str(ROOT)}
LINE = "user 557058:8ce114f4-d82c-45e2-b4fb-c6a0751d7d57 wrote to jane.doe@acme.example\n"
KEY = b"a key for tests, 32 characters .."
DETECTOR = """
id = "ticket"
entity_type = "TICKET"
guideline = "user id"
why = "for a test"
patterns = ['TCK-\\d{6}']
examples = ["see «TCK-123456»"]
counterexamples = ["see TCK-1"]
"""

# -- arguments ----------------------------------------------------------------------------------------------------------


def calls(tmp_path: Path) -> list[Callable[..., Any]]:
    """The four functions, each with a log that exists."""
    log = tmp_path / "app.log"
    log.write_text(LINE)
    return [
        lambda **more: logscrub.scrub(LINE, **more),
        lambda **more: logscrub.scrub_file(log, tmp_path / "clean.log", **more),
        lambda **more: logscrub.verify(LINE, **more),
        lambda **more: logscrub.verify_file(log, **more),
    ]


@pytest.mark.parametrize("name", ["scrub", "scrub_file", "verify", "verify_file"])
def test_the_package_takes_what_its_api_takes(name: str) -> None:
    """`logscrub` repeats these, so that importing it loads nothing: names, order and defaults."""
    ours, its = (inspect.signature(getattr(module, name)).parameters.values() for module in (logscrub, api))
    assert [(p.name, p.kind, p.default) for p in ours] == [(p.name, p.kind, p.default) for p in its]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"engine": "x"}, "no engine 'x'; there are native, plain"),
        ({"engine": 3}, "no engine 3; there are native, plain"),
        ({"config": {"policy": "strict"}}, "config: must be .*Config, or the path of a configuration file, not dict"),
        ({"config": "missing.toml"}, "missing.toml: cannot be read"),
        ({"policy": 3}, "policy: must be the name of a policy, .* not int"),
        ({"policy": ""}, "no policy ''"),
        ({"policy": Path("missing.toml")}, "no policy 'missing.toml'"),
        ({"detectors": 3}, "detectors: must be the path of a folder, or a list of such paths, not int"),
        ({"detectors": b"own"}, "detectors: must be the path of a folder, or a list of such paths, not bytes"),
        ({"detectors": [3]}, "detectors: must be a path, not int"),
        ({"detectors": "missing"}, "missing"),
        ({"input_format": "xml"}, "xml"),
    ],
)
def test_a_wrong_argument_is_a_usage_error_that_says_what_is_wanted(tmp_path: Path, wrong: Any, message: str) -> None:
    for call in calls(tmp_path):
        with pytest.raises(logscrub.UsageError, match=message):
            call(**wrong)


@pytest.mark.parametrize("key", ["a key for tests, 32 characters ..", Path("logscrub.key"), 3])
def test_a_key_that_is_no_bytes_is_a_usage_error_that_does_not_show_it(key: Any) -> None:
    with pytest.raises(logscrub.UsageError, match=r"^key: must be bytes \(of a key file: .*read_key\), not \w+$") as raised:
        logscrub.scrub(LINE, key=key)
    assert str(key) not in str(raised.value).replace("not int", "")


@pytest.mark.parametrize("module", [api], ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_run(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0 and failed == 0


def test_data_that_is_no_text_is_a_usage_error_that_names_the_function_for_files(tmp_path: Path) -> None:
    for data in (tmp_path / "app.log", None, [LINE]):
        for function, name in ((logscrub.scrub, "scrub_file"), (logscrub.verify, "verify_file")):
            with pytest.raises(logscrub.UsageError, match=f"^data: must be str or bytes .*{name}.*, not {type(data).__name__}$"):
                function(data)  # type: ignore[type-var,arg-type]
    with pytest.raises(logscrub.UsageError, match=r"^source: must be a path, not bytes$"):
        logscrub.scrub_file(b"app.log", "clean.log")  # type: ignore[arg-type]
    with pytest.raises(logscrub.UsageError, match=r"^target: must be a path, not NoneType$"):
        logscrub.scrub_file("app.log", None)  # type: ignore[arg-type]
    with pytest.raises(logscrub.UsageError, match=r"^path: must be a path, not list$"):
        logscrub.verify_file(["app.log"])  # type: ignore[arg-type]


def test_a_configuration_file_a_policy_file_and_a_folder_of_detectors_are_paths_or_texts(tmp_path: Path) -> None:
    file = tmp_path / "logscrub.toml"
    file.write_text('[[allow]]\nvalue = "jane.doe@acme.example"\nreason = "invented"\n')
    for config in (str(file), file):
        assert "jane.doe@acme.example" in logscrub.scrub(LINE, config=config).output
        assert logscrub.verify("jane.doe@acme.example\n", config=config).clean
    rows = (ROOT / "logscrub" / "redact" / "policies" / "strict.toml").read_text().replace('name = "strict"', 'name = "ours"')
    policy = tmp_path / "ours.toml"
    policy.write_text(rows)
    strict = logscrub.scrub(LINE, policy="strict", key=KEY).output
    assert (
        logscrub.scrub(LINE, policy=policy, key=KEY).output == logscrub.scrub(LINE, policy=str(policy), key=KEY).output == strict
    )
    own = tmp_path / "own"
    own.mkdir()
    (own / "ticket.toml").write_text(DETECTOR)
    for detectors in (str(own), own, [str(own)], (own,)):
        assert logscrub.scrub("see TCK-123456\n", detectors=detectors).redactions == {"TICKET": 1}


# -- other processes ----------------------------------------------------------------------------------------------------


def test_a_function_of_a_script_that_uses_logscrub_can_be_sent_by_cloudpickle(tmp_path: Path) -> None:
    """What Dask, Ray, Spark and joblib do with functions of `__main__` and of notebooks: send them by value."""
    pytest.importorskip("cloudpickle")
    script = (
        "import cloudpickle, logscrub, sys\n"
        "def clean(line): return logscrub.scrub(line).output, logscrub.verify(line).found\n"
        "sys.stdout.buffer.write(cloudpickle.dumps(clean))\n"
    )
    worker = f"import pickle, sys\nprint(pickle.load(sys.stdin.buffer)({LINE.split(' wrote ')[1]!r}))\n"
    sent = subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, capture_output=True, check=True)
    done = subprocess.run([sys.executable, "-c", worker], env=ENVIRONMENT, input=sent.stdout, capture_output=True, check=True)
    assert done.stdout.decode() == "('to <EMAIL_ADDRESS>\\n', 1)\n"


def test_the_functions_and_what_they_return_can_be_pickled() -> None:
    for function in (logscrub.scrub, logscrub.scrub_file, logscrub.verify, logscrub.verify_file):
        assert pickle.loads(pickle.dumps(function)) is function
    for value in (logscrub.scrub(LINE, key=KEY), logscrub.verify(LINE)):
        assert pickle.loads(pickle.dumps(value)) == value
    error = pickle.loads(pickle.dumps(logscrub.InputError("app.log: is missing")))
    assert isinstance(error, logscrub.InputError) and str(error) == "app.log: is missing" and error.exit_code == 3


def scrubbed(redactor: Redactor, text: str) -> str:
    scrubber = Scrubber(redactor)
    return (scrubber.feed(text.encode()) + scrubber.finish()).decode()


@pytest.mark.parametrize("key", [KEY, None])
def test_a_redactor_is_pickled_by_its_settings_and_its_key(key: bytes | None) -> None:
    config = Config("strict", allow=(r"jane\.doe@acme\.example",), names=NameSettings(words=("Hawthorn",)))
    redactor = build_redactor(config, key)
    clean = scrubbed(redactor, LINE)  # what it remembers of texts does not travel with it
    sent = pickle.dumps(redactor)
    assert len(sent) < 2_000 and b"wrote to" not in sent
    copy = pickle.loads(sent)
    assert scrubbed(copy, LINE) == clean and "jane.doe@acme.example" in clean
    assert copy.policy == redactor.policy and copy.engine.catalogue.digest == redactor.engine.catalogue.digest
    assert copy.pseudonymizer.key_id == redactor.pseudonymizer.key_id
    again = pickle.loads(pickle.dumps(copy))
    assert again.pseudonymizer.key_id == redactor.pseudonymizer.key_id


def test_a_pickled_redactor_makes_the_same_pseudonyms_in_another_process() -> None:
    redactor = build_redactor(Config())
    worker = "import pickle, sys; print(pickle.load(sys.stdin.buffer).pseudonymizer.token('ACCOUNT_ID', 'x'))"
    done = subprocess.run(
        [sys.executable, "-c", worker], env=ENVIRONMENT, input=pickle.dumps(redactor), capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == redactor.pseudonymizer.token("ACCOUNT_ID", "x")


def test_a_redactor_that_was_not_made_from_settings_says_that_it_cannot_be_pickled(redactor: Redactor) -> None:
    with pytest.raises(TypeError, match="build_redactor"):
        pickle.dumps(Redactor(redactor.engine, redactor.policy, Pseudonymizer(KEY)))
