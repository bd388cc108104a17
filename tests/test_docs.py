"""What the pages say is so: links lead somewhere, options exist, tables are those of the code, examples run."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import docs_site
import pytest

import logscrub
from logscrub import cli
from logscrub.anomalies.rules import Rule, load_rules, parse_rule
from logscrub.anomalies.selftest import failures as rule_failures
from logscrub.api import PlainEngine
from logscrub.config import Config, parse_config
from logscrub.detect import catalogue
from logscrub.detect.catalogue import Catalogue
from logscrub.detect.selftest import failures
from logscrub.detect.validators import VALIDATORS
from logscrub.errors import UsageError
from logscrub.formats import FORMATS, INPUT_FORMATS
from logscrub.guidelines import GUIDELINES
from logscrub.redact.keys import SHORTEST_KEY
from logscrub.redact.policy import builtin_policies, load_policy, parse_policy
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.redact.scrub import Redactor
from logscrub.rules import about, looked_for
from logscrub.scrubbing import Scrubber
from logscrub.verification import FileReport
from logscrub.verification.text_report import as_json

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")), *sorted(DOCS.rglob("*.md"))]
WRITTEN = [page for page in PAGES if page.name != "cli.md"]
"""Pages written by hand; cli.md is made from the help."""


SPOKEN = [
    *PAGES,
    *(path for folder in ("logscrub", "scripts", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))),
    *sorted((ROOT / "detectors").rglob("*.toml")),
]
"""Everything that may name a part of the package: pages, messages, docstrings."""
NO_PARTS = {"logscrub.key", "logscrub.toml", "logscrub.schema.json", "logscrub.sarif", "logscrub.repair", "logscrub.nightly"}
"""Names of files, and of what the store remembers, that look like parts of the package."""


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> Iterator[str]:
    """The fenced blocks of these languages."""
    for m in re.finditer(r"^( *)```(\w*)\n(.*?)^\1```", text, re.M | re.S):
        if m[2] in languages:
            yield m[3]


def anchors(text: str) -> set[str]:
    """The names that GitHub gives to a page's headings; the site gives the same."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", plain, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def table(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose first column is headed so, without code marks."""
    start = re.search(rf"^\| {first} \|.*\n\|[ |-]*\n", text, re.M)
    assert start is not None, f"no table of {first}"
    rows = []
    for line in text[start.end() :].splitlines():
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")])
    return rows


def commands(text: str) -> Iterator[list[str]]:
    """The words of each call of logscrub in blocks of shell."""
    for block in blocks(text, "sh", "console"):
        is_session = re.search(r"^\$ ", block, re.M) is not None
        for line in block.splitlines():
            if is_session and not line.startswith("$ "):
                continue
            words = shlex.split(line.removeprefix("$ "), comments=True)
            for start, word in enumerate(words):
                at_start = start == 0 or words[start - 1] in ("|", "&&", ";") or "xargs" in words[:start]
                if word == "logscrub" and at_start:
                    call = words[start + 1 :]
                    ends = [n for n, w in enumerate(call) if w in ("|", "&&", ";", ">", "<")]
                    yield call[: ends[0]] if ends else call


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{target} does not exist"
        assert there.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{target}: no such heading"


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_commands_and_their_options_exist(path: Path) -> None:
    from logscrub.cli.app import command

    for words in commands(path.read_text(encoding="utf-8")):
        program, rest = command(), list(words)
        context = program.make_context("logscrub", list(rest), resilient_parsing=True)
        while getattr(program, "commands", None) and rest and not rest[0].startswith("-"):
            assert rest[0] in program.commands, f"logscrub {' '.join(words)}: no command {rest[0]}"
            program = program.get_command(context, rest.pop(0))
        known = {name for p in program.params for name in (*p.opts, *p.secondary_opts)} | {"-h", "--help"}
        for word in rest:
            assert not word.startswith("-") or word == "-" or word in known, f"logscrub {' '.join(words)}: no option {word}"


def exists(name: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one."""
    module, _, attribute = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return bool(module) and exists(module) and hasattr(pkgutil.resolve_name(module), attribute)
    except UsageError:  # a module of an extra that is not installed
        pass
    return True


@pytest.mark.parametrize("path", SPOKEN, ids=name_of)
def test_dotted_names_of_the_package_exist(path: Path) -> None:
    found = set(re.findall(r"(?<![\w./-])logscrub(?:\.\w+)+", path.read_text(encoding="utf-8"))) - NO_PARTS
    assert [name for name in sorted(found) if not exists(name)] == []


def test_a_dotted_name_that_is_gone_is_noticed() -> None:
    assert exists("logscrub.redact.keys.read_key") and exists("logscrub.config.Config.policy")
    assert not exists("logscrub.redact.pseudonyms.read_key") and not exists("logscrub.gone")


def test_the_readme_has_the_usual_calls() -> None:
    calls = list(commands(page("README.md")))
    assert {call[0] for call in calls if call} >= {"scrub", "verify"}
    assert len(calls) >= 6


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_speak_of_the_project_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:work|tmp|home|root|opt|Users)/", text)
    assert not re.search(r"localhost|pypi-|\bTODO\b|\bFIXME\b", text)


def test_the_site_leads_to_each_page() -> None:
    def pages_in(part: object) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict | list):
            for inner in part.values() if isinstance(part, dict) else part:
                yield from pages_in(inner)

    listed = list(pages_in(tomllib.loads(page("zensical.toml"))["project"]["nav"]))
    assert sorted(listed) == sorted({*docs_site.sources(), *docs_site.generated()})


@pytest.mark.parametrize("path", [path for path in WRITTEN if path.name != "CHANGELOG.md"], ids=name_of)
def test_titles_are_nouns(path: Path) -> None:
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S), re.M)
    assert titles and [title for title in titles if re.search(r"\?$|^(How|What|Which|Why|Who|Where|Does|Is) ", title)] == []


def test_the_readme_fits_on_a_hundred_lines_and_leads_into_the_pages() -> None:
    text = page("README.md")
    assert len(text.splitlines()) <= 100
    led_to = set(re.findall(r"\(docs/([\w/-]+\.md)\)", text))
    assert led_to >= {name for name in docs_site.sources() if not name.startswith("contributing/")} - {"index.md"}
    assert text.count("](docs/report.png)") == 1


def test_a_link_of_the_site_leads_to_a_page_or_is_plain() -> None:
    block = "\n```sh\n[f](../../Makefile)\n```\n"
    text = "[a](../index.md) [b](../../CONTRIBUTING.md#setup) [`c`](../../Makefile) [d](https://d.example) [e](#e)"
    pages = {path: name for name, (path, _) in docs_site.sources().items()}
    linked = docs_site.linked(text + block, DOCS / "guides" / "g.md", "guides/g.md", pages)
    assert linked == "[a](../index.md) [b](../contributing/index.md#setup) `c` [d](https://d.example) [e](#e)" + block


def test_the_generated_pages_have_all_detectors_and_public_functions(detectors: Catalogue) -> None:
    pages = docs_site.generated()
    rows = set(re.findall(r"^\| `(\w+)` \|", pages["reference/detectors.md"], re.M))
    assert rows >= {d.id for d in detectors.detectors} | {h.id for h in detectors.harmless} | {r.id for r in load_rules()}
    for name in set(logscrub.__all__) - {"__version__"}:
        assert f"### `{name}`" in pages["reference/api.md"]
    assert "    input_format: str = 'auto',\n" in pages["reference/api.md"]


def test_what_a_page_loads_from_another_host_is_named(tmp_path: Path) -> None:
    fine = '<link rel="stylesheet" href="../a.css"><script src="b.js"></script><a href="https://d.example">d</a><img src="c.png">'
    (tmp_path / "fine.html").write_text(fine)
    (tmp_path / "fine.css").write_text("a { background: url(data:image/png;base64,AA) }")
    assert docs_site.from_elsewhere(tmp_path) == []
    (tmp_path / "page.html").write_text(
        '<script async src="https://d.example/x.js"></script><link rel="icon" href="//d.example/i.png">'
    )
    (tmp_path / "a.css").write_text("@import 'https://d.example/f.css'; b { src: url(https://d.example/f.woff2) }")
    assert len(docs_site.from_elsewhere(tmp_path)) == 4


def test_sections_of_a_docstring_become_lists_and_blocks() -> None:
    sections = (
        "Args:\n    a, b: two\n        numbers.\n    c: a third.",
        "Returns:\n    Their sum.",
        "Example:\n    >>> 1 + 1\n    2",
    )
    doc = "\n\n".join(("Does it.", *sections))
    assert docs_site.as_markdown(doc) == (
        "Does it.\n\n**Arguments**\n\n- `a, b`: two numbers.\n- `c`: a third.\n\n**Returns** Their sum.\n\n"
        "**Example**\n\n```pycon\n>>> 1 + 1\n2\n```"
    )


@pytest.mark.parametrize(("name", "folder"), [("first-scrub", "."), ("first-report", "empty")])
def test_the_first_steps_run_and_print_what_the_page_shows(
    name: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """All commands of the page run one after the other; where the page shows an output, each line of it is printed."""
    (tmp_path / "sample_logs").mkdir()
    for sample in ("forge_logs_flat.log", "app_logs_records.ndjson"):
        shutil.copy(ROOT / "sample_logs" / sample, tmp_path / "sample_logs")
    here = (tmp_path / folder).resolve()
    here.mkdir(exist_ok=True)
    monkeypatch.chdir(here)
    for variable in ("LOGSCRUB_KEY", "LOGSCRUB_SIGN_KEY"):
        monkeypatch.delenv(variable, raising=False)
    blocks_of_page = re.findall(r"(?:<!-- append: ([\w.]+) -->\n)?```(\w+)\n(.*?)```", page(f"docs/start/{name}.md"), re.S)
    said, ran = "", 0
    for marker, language, block in blocks_of_page:
        if marker:
            with Path(marker).open("a", encoding="utf-8") as settings:
                settings.write(f"\n{block}")
        elif language == "sh":
            for line in block.splitlines():
                program, *words = shlex.split(line)
                assert (cli._run(words) if program == "logscrub" else subprocess.call([program, *words])) == 0, line
                ran += 1
            said = "".join(capfd.readouterr()).replace(f"{here}/", "")
        elif not block.startswith("INFO "):
            without_time = [re.sub(r"in [\d.]+ s", "", line) for line in block.splitlines()]
            assert [line for line in without_time if line not in re.sub(r"in [\d.]+ s", "", said)] == []
    assert ran >= 5


def test_the_policies_are_those_of_the_table() -> None:
    text = page("docs/reference/policy.md")
    head = re.search(r"^\| row \| Atlassian \|(.*)\| placeholders", text, re.M)
    assert head is not None
    names = [name.strip(" `") for name in head[1].split("|")]
    assert sorted(names) == sorted(builtin_policies())
    rows = table(text, "row")
    assert [row[0] for row in rows] == list(GUIDELINES)
    for row in rows:
        said = dict(zip(names, row[2 : 2 + len(names)], strict=True))
        assert said == {name: load_policy(name).rows[row[0]] for name in names}
        assert row[1] == GUIDELINES[row[0]] or row[1] == "–"
    for name in builtin_policies():
        assert f"**`{name}`**" in text


def test_the_placeholders_of_the_table_are_those_of_the_detectors(detectors: Catalogue) -> None:
    for row in table(page("docs/reference/policy.md"), "row"):
        for placeholder in re.findall(r"[A-Z][A-Z_]+", row[5]):
            assert any(d.entity_type == placeholder and d.guideline == row[0] for d in detectors.detectors), placeholder


def test_the_formats_are_those_of_the_table() -> None:
    rows = table(page("docs/reference/formats.md"), "format")
    assert sorted(row[0] for row in rows) == sorted(f.name for f in FORMATS)
    assert {row[3] for row in rows} | {"auto"} == set(INPUT_FORMATS)
    order = re.search(r"`auto`, the default, asks them in this order: ([\w, -]+)\.", page("docs/reference/formats.md"))
    assert order is not None
    assert order[1].split(", ") == [f.name for f in FORMATS]


def test_the_example_detectors_load_and_their_examples_hold(tmp_path: Path, detectors: Catalogue) -> None:
    found = re.findall(r"<!-- example: (\w+\.toml) -->\n```toml\n(.*?)```", page("docs/guides/detectors.md"), re.S)
    assert len(found) == 3
    for name, text in found:
        (tmp_path / name).write_text(text, encoding="utf-8")
    theirs = catalogue.load([tmp_path], builtin=False)
    together = Catalogue(theirs.detectors, (*detectors.harmless, *theirs.harmless))
    assert failures(together) == []
    assert len(theirs.detectors) + len(theirs.harmless) == 3


def test_the_example_rule_loads_and_its_examples_hold() -> None:
    found = re.search(r"<!-- example: (\w+\.toml) -->\n *```toml\n(.*?)```", page("docs/guides/rules.md"), re.S)
    assert found is not None
    rule = parse_rule(tomllib.loads(found[2]), Path(found[1]))
    assert rule.id in {known.id for known in load_rules()}, "it replaces a built-in rule"
    assert rule_failures([rule]) == []


def test_the_keys_of_a_rule_are_those_of_the_table() -> None:
    keys = [row[0] for row in table(page("docs/guides/rules.md"), "key")]
    assert sorted(keys) == sorted({field.name for field in fields(Rule)} - {"id"})


def test_the_keys_of_a_detector_are_those_of_the_table() -> None:
    assert {row[0] for row in table(page("docs/guides/detectors.md"), "key")} == set(catalogue.Detector.__annotations__) - {
        "folder"
    }


def test_all_ways_a_value_reaches_are_told() -> None:
    text = page("docs/guides/detectors.md")
    assert {mode for mode in get_args(catalogue.ValueMode) if f'`"{mode}"`' not in text} == set()


def test_the_validators_that_are_told_exist() -> None:
    told = next(row for row in table(page("docs/guides/detectors.md"), "key") if row[0] == "validator")[1]
    assert set(re.findall(r"[a-z]+_?[a-z]*(?=,)", told.partition("agree: ")[2])) <= set(VALIDATORS)


def test_the_example_policy_and_configuration_load() -> None:
    def example(name: str, what: str) -> str:
        found = re.search(rf"<!-- example: {what} -->\n```toml\n(.*?)```", page(name), re.S)
        assert found is not None
        return found[1]

    assert parse_policy(example("docs/reference/policy.md", "policy"), "docs/reference/policy.md").name == "our-support"
    config = parse_config(tomllib.loads(example("docs/reference/configuration.md", "configuration")), Path("logscrub.toml"))
    assert config.allow and config.fields and config.detectors


def test_the_readmes_lines_are_what_comes_out(redactor: Redactor) -> None:
    text = page("README.md")
    before = re.search(r"<!-- before: (\S+) -->\n```text\n(.*?)```", text, re.S)
    after = re.search(r"<!-- after -->\n```text\n(.*?)```", text, re.S)
    key = re.search(r"under a key that is known to all \(`(.+?)`\)", text)
    assert before is not None and after is not None and key is not None
    sample = (ROOT / before[1]).read_bytes()
    scrubber = Scrubber(Redactor(redactor.engine, redactor.policy, Pseudonymizer(key[1].encode())))
    clean = (scrubber.feed(sample) + scrubber.finish()).decode().splitlines()
    lines = sample.decode().splitlines()
    assert len(clean) == len(lines)
    assert [clean[lines.index(line)] for line in before[2].splitlines()] == after[1].splitlines()


def test_the_exit_codes_are_those_of_the_code() -> None:
    from logscrub.cli import BROKEN_PIPE, BUG, INTERRUPTED
    from logscrub.errors import InputError, OutputError, UsageError

    said = " ".join(row[0] for row in table(page("docs/reference/exit-codes.md"), "code")).replace(",", "").split()
    codes = (0, 1, UsageError.exit_code, InputError.exit_code, OutputError.exit_code, BUG, INTERRUPTED, BROKEN_PIPE)
    assert {str(code) for code in codes} <= set(said)


def test_the_direct_dependencies_are_those_of_the_table() -> None:
    project = tomllib.loads(page("pyproject.toml"))
    groups = {"–": project["project"]["dependencies"], **project["project"]["optional-dependencies"]}
    needed = {(re.split(r"[<>=~! ]", spec)[0], extra) for extra, specs in groups.items() for spec in specs if "[" not in spec}
    text = page("docs/contributing/development.md")
    assert {(row[0], row[1]) for row in table(text, "package")} == needed
    for spec in project["dependency-groups"]["dev"]:
        assert re.split(r"[<>=~! \[]", spec)[0] in text


def test_the_words_of_make_are_those_of_the_table() -> None:
    words = set(re.findall(r"^([a-z-]+):.*## ", page("Makefile"), re.M)) - {"help"}
    assert {row[0] for row in table(page("docs/contributing/development.md"), "target")} == words


def test_the_report_of_verify_has_the_keys_that_are_told(redactor: Redactor) -> None:
    text = page("docs/reference/verify-report.md")
    shown = re.search(r"^\$ cat proof.json\n(\{.*?\n\})", text, re.M | re.S)
    assert shown is not None
    engine = PlainEngine(redactor)
    report = as_json([FileReport("clean.csv")], about(engine, Config()), looked_for(engine, Config()))
    told = json.loads(shown[1].replace('"…": 0', '"": 0'))
    assert list(told) == list(report)
    assert list(told["rules"]) == list(report["rules"])
    for part in ("policy", "detectors", "configuration", "words"):
        assert list(told["rules"][part]) == list(report["rules"][part])
    assert list(told["files"][0]) == list(report["files"][0])
    keys = " ".join(row[0] for row in table(text, "key"))
    assert {key for key in report if key not in keys} <= {"version", "clean", "files"}


def test_every_test_file_is_named() -> None:
    text = page("docs/contributing/development.md")
    named = set(re.findall(r"test_\w+\.py", text))
    assert named <= {path.name for path in (ROOT / "tests").glob("test_*.py")}


def test_the_shortest_key_is_the_one_that_is_told() -> None:
    assert f"at least {SHORTEST_KEY} |" in page("docs/concepts/pseudonyms.md")
