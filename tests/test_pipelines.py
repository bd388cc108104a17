"""What pipelines are given: the pre-commit hook, the GitHub Action, systemd units and the Dockerfile do what they say."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_cli_scrub import ENVIRONMENT, ROOT

from logscrub.cli.app import command

DIRTY = "INFO by jane@acme.example\n"
CLEAN = "INFO synced 4 issues in 12 ms\n"
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())


def options_of(words: list[str]) -> set[str]:
    """The options that a command of logscrub has; fails where there is no such command."""
    program = command()
    context = program.make_context("logscrub", list(words), resilient_parsing=True)
    found = program.get_command(context, words[0])
    assert found is not None, words
    return {name for p in found.params for name in p.opts}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder with a program `logscrub` that is this one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    file = folder / "logscrub"
    file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m logscrub "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with a log that is clean, and one that is not."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a clean.log").write_text(CLEAN, encoding="utf-8")
    (folder / "dirty.log").write_text(DIRTY, encoding="utf-8")
    return folder


def run(words: list[str], folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    given = {**ENVIRONMENT, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(words, cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=300)


# -- pre-commit ---------------------------------------------------------------------------------------------------------


def hook() -> dict[str, Any]:
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_hook_refuses_logs_with_customer_data(program: Path, logs: Path) -> None:
    words = hook()["entry"].split()
    assert words[0] == "logscrub" and {word for word in words if word.startswith("-")} <= options_of(words[1:])
    path = {"PATH": f"{program.parent}:{os.defpath}"}
    assert run([*words, "a clean.log", "dirty.log"], logs, path).returncode == 1
    (logs / "empty.log").touch()
    assert run([*words, "a clean.log", "empty.log"], logs, path).returncode == 0


def test_the_hook_is_for_logs_and_installs_this_package() -> None:
    assert (hook()["id"], hook()["language"]) == ("logscrub-verify", "python")
    is_log = re.compile(hook()["files"]).search
    assert all(map(is_log, ("app.log", "logs/day.ndjson.gz", "x.jsonl", "page.har")))
    assert not any(map(is_log, ("app.log.py", "catalog", "README.md", "log/x.txt")))


# -- GitHub Action ------------------------------------------------------------------------------------------------------


def action() -> dict[str, Any]:
    found = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def step(name: str) -> dict[str, Any]:
    """The step of that id, or that uses that action."""
    (found,) = (s for s in action()["runs"]["steps"] if s.get("id") == name or s.get("uses", "").startswith(f"{name}@"))
    assert isinstance(found, dict)
    return found


def verified(program: Path, logs: Path, paths: str, policy: str = "") -> tuple[int, dict[str, str]]:
    """What the step `verify` ends with, and its outputs."""
    output = logs.parent / "output"
    output.write_text("", encoding="utf-8")
    given = {"PROGRAM": str(program), "PATHS": paths, "POLICY": policy, "SARIF": "report.sarif", "GITHUB_OUTPUT": str(output)}
    assert set(given) == set(step("verify")["env"]) | {"GITHUB_OUTPUT"}
    done = run(["bash", "-e", "-o", "pipefail", "-c", step("verify")["run"]], logs, given)
    return done.returncode, dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())


def test_the_action_reports_as_sarif_and_its_last_step_ends_as_verify_did(program: Path, logs: Path) -> None:
    assert verified(program, logs, "a clean.log\n\ndirty.log\n") == (0, {"exit-code": "1", "sarif": "report.sarif"})
    report = json.loads((logs / "report.sarif").read_text(encoding="utf-8"))
    assert report["version"] == "2.1.0" and len(report["runs"][0]["results"]) == 1
    assert verified(program, logs, "a clean.log") == (0, {"exit-code": "0", "sarif": "report.sarif"})
    last = action()["runs"]["steps"][-1]
    for code in (0, 1, 3):
        assert run(["bash", "-e", "-c", last["run"]], logs, {"CODE": str(code)}).returncode == code


def test_the_actions_policy_is_used_and_its_inputs_are_never_run(program: Path, logs: Path) -> None:
    assert verified(program, logs, "dirty.log", "secrets-only")[1]["exit-code"] == "0"
    code, outputs = verified(program, logs, "$(touch ran)\n; touch ran\n`touch ran`", "no'such\"policy")
    assert code == 0 and outputs == {"exit-code": "2"} and not (logs / "ran").exists()
    for each in action()["runs"]["steps"]:
        assert "${{" not in each.get("run", ""), "an expression in a script is run as it is"
    upload = step("github/codeql-action/upload-sarif")
    assert "steps.verify.outputs.sarif != ''" in upload["if"]


def test_the_action_is_pinned_and_names_what_there_is() -> None:
    for each in action()["runs"]["steps"]:
        assert "run" in each or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each["uses"])
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    inputs, outputs = set(re.findall(r"inputs\.([\w-]+)", text)), set(re.findall(r"steps\.verify\.outputs\.([\w-]+)", text))
    assert inputs == set(action()["inputs"])
    assert outputs == set(re.findall(r'echo "([\w-]+)=', step("verify")["run"]))
    for name in re.findall(r"\$SOURCE/([\w./-]+)", step("install")["run"]):
        assert (ROOT / name).exists()


# -- systemd ------------------------------------------------------------------------------------------------------------


def unit(path: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_the_commands_of_units_exist_and_run_with_few_rights(path: Path) -> None:
    service = unit(path)["Service"]
    for key in ("ExecStart", "ExecStartPre"):
        if key in service:
            program, *words = service[key].replace("%i", "app").split()
            assert Path(program).name == "logscrub"
            assert {word for word in words if word.startswith("-")} <= options_of(words)
    assert service["User"] == "logscrub" and service["NoNewPrivileges"] == "yes" and service["ProtectSystem"] == "strict"


def test_the_timer_starts_a_service_that_there_is() -> None:
    (timer,) = (path for path in UNITS if path.suffix == ".timer")
    assert timer.with_suffix(".service") in UNITS
    assert unit(timer)["Timer"]["OnCalendar"].endswith("UTC") and unit(timer)["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/usr/local/bin/logscrub", "/bin/true")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    names = [str(tmp_path / path.name) for path in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and str(tmp_path) not in done.stderr, done.stderr


# -- Docker -------------------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each on one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line]


def test_the_image_is_made_of_files_that_there_are_and_that_docker_is_given() -> None:
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    copied = {
        source for name, words in instructions() if name == "COPY" and "--from" not in words for source in words.split()[:-1]
    }
    assert copied == given and all((ROOT / name).exists() for name in copied)
    for lock in ("scrub", "runtime"):
        assert (ROOT / "requirements" / f"{lock}.lock").exists()
    assert "!" not in given and (ROOT / ".dockerignore").read_text(encoding="utf-8").startswith("*\n")


def test_what_the_image_copies_is_enough_to_build_the_package(tmp_path: Path) -> None:
    for name, words in instructions():
        if name == "COPY" and "--from" not in words:
            *sources, target = words.split()
            for source in sources:
                there = tmp_path / "src" / target / (source if target == "./" else "")
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, there, ignore=shutil.ignore_patterns("target", "_core*", "__pycache__"))
                else:
                    there.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / source, there)
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path / "out"),
        str(tmp_path / "src"),
    ]
    done = run(command, tmp_path, {"LOGSCRUB_CORE": "no", "PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".whl"]


def test_the_image_runs_logscrub_as_a_user_of_no_rights() -> None:
    last = dict(instructions())
    assert last["USER"] == "10001" and json.loads(last["ENTRYPOINT"]) == ["logscrub"]
    runs = " && ".join(words for name, words in instructions() if name == "RUN")
    assert "--require-hashes" in runs and "LOGSCRUB_CORE=require" in runs
    for words in (words for name, words in instructions() if name == "RUN"):
        done = subprocess.run(["sh", "-n", "-c", words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
