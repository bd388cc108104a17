"""What a contributor uses: hooks before a commit, forms for issues, the words of CONTRIBUTING."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_what_the_lock_installs_and_make_checks(hook: dict[str, str]) -> None:
    program, *arguments = hook["entry"].removeprefix(".venv/bin/").split()
    tool = arguments[1] if program == "python" else program
    assert hook["language"] == "system"
    assert re.search(rf"^{tool}==", (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8"), re.M)
    assert f"$(BIN)/{program}" in MAKEFILE


def test_the_hooks_leave_out_what_ruff_leaves_out() -> None:
    for hook in HOOKS:
        if "ruff" in hook["entry"]:
            left_out = PROJECT["tool"]["ruff"]["extend-exclude"]
            assert [re.match(hook["exclude"], f"{folder}/a.py") is not None for folder in left_out] == [True] * len(left_out)


def test_the_hook_of_the_pages_runs_for_all_pages() -> None:
    files = next(hook["files"] for hook in HOOKS if hook["id"] == "docs")
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    assert pages and [page for page in pages if not re.match(files, page.relative_to(ROOT).as_posix())] == []
    assert not re.match(files, "logscrub/api.py")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_what_it_needs_and_for_invented_values(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(form) <= {"name", "description", "labels", "body"} and form["name"] and form["description"]
    fields = [part for part in form["body"] if part["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["type"] in ("textarea", "input", "checkboxes") and field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)
    assert "invented" in path.read_text(encoding="utf-8")


def test_what_contributing_says_to_run_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    words = set(re.findall(r"`(?:LOGSCRUB_CORE=no )?make ([a-z-]+)`|^make ([a-z-]+)", text, re.M))
    assert words and [word for pair in words for word in pair if word and not re.search(rf"^{word}:.*## ", MAKEFILE, re.M)] == []
    markers = {marker.partition(":")[0] for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    assert set(re.findall(r"pytest -m (\w+)", text)) == markers
