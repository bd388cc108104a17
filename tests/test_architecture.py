"""The house's rules: data flows one way, one module makes `Clean`, and nothing that holds customer data prints it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import ModuleType

import pytest

import logscrub
from logscrub.model import Clean, Inner, Leaf, Place, Raw, Span

PACKAGE = Path(__file__).parents[1] / "logscrub"
MODULES = sorted(PACKAGE.rglob("*.py"))
BASE = {"model", "errors", "extras", "guidelines", "toml_files", "patterns", "_version", "data", ""}
MAY_IMPORT = {
    **{name: set() for name in BASE},
    "objects": set(),
    "sources": {"objects"},
    "sinks": {"sources", "objects"},
    "detect": set(),
    "formats": {"_core", "detect.fields", "detect.json_leaves", "detect.known", "detect.stack_traces"},
    "redact": {"detect"},
    "scrubbing": {"sources", "formats", "detect", "redact"},
    "report": {"anomalies.model", "anomalies.backtest", "anomalies.rules"},
    "verification": {"sources", "formats", "detect", "redact", "scrubbing"},
    "attest": {"sources"},
    "engines": {"_core", "config", "sources", "formats", "detect", "redact", "scrubbing", "verification"},
    "pipeline": {"engines", "sources", "sinks", "redact", "scrubbing", "verification"},
}
"""Part → what it may import beside itself and what all share. A part that is not named here may import all but the cli."""


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """What of logscrub a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would go unseen here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name.removeprefix("logscrub.") for name in found if name.startswith("logscrub.")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    part = name_of(path).split(".")[0]
    if part in ("cli", "__main__"):
        return
    assert not {i for i in imports(path) if i.split(".")[0] == "cli"}
    if part in MAY_IMPORT:
        allowed = MAY_IMPORT[part] | BASE | {part}
        assert {i for i in imports(path) if i.split(".")[0] not in allowed and ".".join(i.split(".")[:2]) not in allowed} == set()


def test_the_library_is_on_top() -> None:
    """What the library is made of does not import it."""
    importing = [name_of(path) for path in MODULES if any(i.split(".")[0] == "api" for i in imports(path))]
    assert [name for name in importing if name.split(".")[0] not in ("__init__", "logging", "dask", "spark", "cli")] == []


def test_one_module_alone_makes_clean() -> None:
    def makes_clean(path: Path) -> bool:
        calls = (n.func for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))
        return any(isinstance(f, ast.Name | ast.Attribute) and getattr(f, "id", getattr(f, "attr", "")) == "Clean" for f in calls)

    assert [name_of(path) for path in MODULES if makes_clean(path)] == ["redact.scrub"]


def test_five_modules_alone_import_the_compiled_core() -> None:
    """So that everything else works without it: Python then counts records, and asks each for all facts."""
    using = [name_of(path) for path in MODULES if any(i.split(".")[0] == "_core" for i in imports(path))]
    assert sorted(using) == ["engines.native", "engines.reading", "formats.json_records", "guarantee.native", "metrics.hints"]


def test_nothing_imports_the_native_engine_before_it_is_asked_for() -> None:
    """Modules that all commands import must not need the core."""
    top = {
        name_of(path): {
            f"{node.module}.{alias.name}"
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for path in MODULES
    }
    native = ("logscrub.engines.native", "logscrub.guarantee.native")
    assert [name for name, found in top.items() if any(i.startswith(native) for i in found)] == ["guarantee.native"]


def test_what_holds_text_of_a_log_never_shows_it() -> None:
    secret = "jane@acme.example"
    span = Span(0, 17, "EMAIL_ADDRESS", "email address", "email_address", "certain", secret)
    inner = Inner(secret, (span,), "base64", True)
    raw = Raw(secret, (Leaf(0, 17, (), "text"),), 1, 1, inside=Place(None, secret))
    for value in (raw, Clean(secret, (), 1, True), span, inner, span._replace(inner=inner), [raw], {"raw": raw}):
        assert secret not in repr(value)
        assert secret not in str(value)
        assert secret not in f"{value!r:}"


def test_no_function_of_the_library_has_the_name_of_a_module() -> None:
    """Importing such a module would put it in the function's place."""
    modules = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    assert modules.isdisjoint(logscrub.__all__) and type(logscrub) is ModuleType


LONGEST = 60


def test_no_function_is_longer_than_the_style_allows() -> None:
    """Arguments, which are the options of a command, and the docstring do not count."""
    long = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                first = node.body[1] if ast.get_docstring(node, clean=False) is not None and node.body[1:] else node.body[0]
                if (node.end_lineno or 0) - first.lineno >= LONGEST:
                    long.add(f"{name_of(path)}.{node.name}")
    assert long == set()


FRAGMENT = re.compile(r"(?:The same|One of (?:them|these|those)|Those|What|Whether|How|Where|Who|Of)\b")
"""The first words of a docstring that cannot be read without what stands before it."""


def test_a_docstring_can_be_read_alone() -> None:
    fragments = [
        f"{name_of(path)}:{statement.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        for statement in node.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        for text in [statement.value.value]
        if isinstance(text, str) and FRAGMENT.match(text)
    ]
    assert fragments == []
