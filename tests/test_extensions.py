"""What development.md promises: a detector, a format, a policy, a rule and a form of the report are each one new file.

The files are added to a copy of the package in a temporary folder, which is made of links to the checkout.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "guides" / "formats.md"

DETECTOR = """
id = "shift_badge"
entity_type = "BADGE_NUMBER"
guideline = "user id"
why = "A badge number leads to one person in a customer's staff list."
patterns = ['(?<![A-Za-z0-9])(?:KX|QM|ZT)-\\d{7}(?!\\d)']
examples = ["clock-in «KX-4471903» at gate 2"]
counterexamples = ["issue KX-44719 moved to Done"]
"""
FORMAT = re.findall(r"<!-- example: turnstile.py -->\n```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)[0]
"""The format of the guide, which is tried as it stands there."""
FORM = '''
"""The report in one line."""

from logscrub.report.form import Form
from logscrub.report.view import headline

FORM = Form(".line", lambda report: headline(report).encode() + b"\\n")
'''
LOG = """@1794906938 I badge KX-4471903 at gate 2
@1794906939 E mail to jane@acme.example failed
  at gate 3
"""
ASK = """
import json, sys
from logscrub.anomalies.rules import load_rules
from logscrub.detect import catalogue
from logscrub.formats import INPUT_FORMATS, recognise
from logscrub.redact.policy import builtin_policies
from logscrub import api
from logscrub.report import SUFFIXES

log = sys.stdin.read()
clean = api.scrub(log, policy="gates", engine="plain", key=bytes(range(32)))
print(json.dumps({
    "detectors": [d.id for d in catalogue.load().detectors],
    "rules": [r.id for r in load_rules()],
    "formats": list(INPUT_FORMATS),
    "recognised": recognise(log.splitlines()[0]).name,
    "read": clean.formats,
    "records": clean.records_read,
    "output": clean.output,
    "policies": builtin_policies(),
    "suffixes": list(SUFFIXES),
}))
"""


def linked(source: Path, target: Path, *opened: str) -> None:
    """A folder of links to what `source` holds; the folders `opened` below it are real ones, of links in turn."""
    target.mkdir()
    for path in source.iterdir():
        inner = [name.partition("/")[2] for name in opened if name.partition("/")[0] == path.name]
        if inner:
            linked(path, target / path.name, *filter(None, inner))
        elif path.name != "__pycache__":
            (target / path.name).symlink_to(path)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package and one new file of each kind in it."""
    folder = tmp_path_factory.mktemp("extended")
    package = folder / "logscrub"
    linked(ROOT / "logscrub", package, "formats", "redact/policies", "report")
    linked(ROOT / "detectors", package / "detectors", "customer_data", "anomalies")
    (package / "detectors" / "customer_data" / "shift_badge.toml").write_text(DETECTOR, encoding="utf-8")
    (package / "formats" / "turnstile.py").write_text(FORMAT, encoding="utf-8")
    (package / "report" / "line.py").write_text(FORM, encoding="utf-8")
    rule = (ROOT / "detectors" / "anomalies" / "volume_drop.toml").read_text(encoding="utf-8")
    (package / "detectors" / "anomalies" / "gates_silent.toml").write_text(rule, encoding="utf-8")
    policy = (ROOT / "logscrub" / "redact" / "policies" / "atlassian.toml").read_text(encoding="utf-8")
    policy = policy.replace('name = "atlassian"', 'name = "gates"').replace('"user id" = "pseudonym"', '"user id" = "keep"')
    (package / "redact" / "policies" / "gates.toml").write_text(policy, encoding="utf-8")
    return folder


def python(folder: Path, *arguments: str, given: str = "") -> str:
    """What Python says with the package of a folder."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LOGSCRUB_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_extension_is_one_file(extended: Path) -> None:
    said = json.loads(python(extended, "-c", ASK, given=LOG))
    assert "shift_badge" in said["detectors"]
    assert "gates_silent" in said["rules"]
    assert "gates" in said["policies"]
    assert said["suffixes"] == [".html", ".md", ".json", ".line"]
    assert "turnstile" in said["formats"] and said["recognised"] == "turnstile" and said["read"] == ["turnstile"]
    assert said["records"] == 2, "the line that is indented belongs to the record before it"
    # the policy keeps what the new detector finds; the address goes
    assert said["output"] == LOG.replace("jane@acme.example", "<EMAIL_ADDRESS>")


def test_the_examples_of_a_new_detector_and_a_new_rule_are_tested(extended: Path) -> None:
    assert ": all hold" in python(extended, "-m", "logscrub", "detectors", "test", "shift_badge")
    assert python(extended, "-m", "logscrub", "detectors", "test", "gates_silent").startswith("0 detectors, 1 rule, ")


def test_without_new_files_the_formats_are_those_of_the_list() -> None:
    from logscrub import formats

    assert formats.FORMATS == formats._LISTED
