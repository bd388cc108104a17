"""Builds the documentation as a site, in build/site/: `make docs`.

The pages of docs/ are copied to build/docs/, with the changes and the guide for contributors beside them, and two pages that are
generated: all detectors and rules, and the Python API. Links to files that are no pages become plain names. Then zensical builds
the site; a link or an anchor that leads nowhere is an error. `--pages` stops before that.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import logscrub  # noqa: E402
import logscrub.logging  # noqa: E402
from logscrub import api, config, errors, verification  # noqa: E402
from logscrub.anomalies.rules import load_rules  # noqa: E402
from logscrub.detect import catalogue  # noqa: E402
from logscrub.scrubbing import Scrubber  # noqa: E402

DOCS = ROOT / "docs"
BUILD = ROOT / "build"
FROM_ROOT = {
    "CHANGELOG.md": "contributing/changes.md",
    "CONTRIBUTING.md": "contributing/index.md",
    "SECURITY.md": "contributing/security.md",
}
"""Pages that stand in the root of the checkout, and where the site has them."""

FUNCTIONS: tuple[Callable[..., Any], ...] = (
    api.scrub,
    logscrub.scrub_dict,
    api.scrub_file,
    api.verify,
    api.verify_file,
    config.load_config,
    api.build_redactor,
    api.engine_of,
)
CLASSES: tuple[type, ...] = (
    api.Scrubbed,
    verification.FileReport,
    verification.Finding,
    logscrub.logging.RedactingFormatter,
    logscrub.logging.StructlogRedactor,
    Scrubber,
    config.Config,
    config.NameSettings,
    errors.LogscrubError,
    errors.UsageError,
    errors.InputError,
    errors.OutputError,
)


def generated() -> dict[str, str]:
    """The generated pages: path in the site's sources -> Markdown."""
    return {"reference/detectors.md": detectors_page(), "reference/api.md": api_page()}


def detectors_page() -> str:
    """All built-in detectors, harmless stretches and rules of anomalies, as tables."""
    known = catalogue.load()
    lines = [
        "# Detectors and rules",
        "",
        f"Generated from the files in `detectors/`: {len(known.detectors)} detectors, {len(known.harmless)} harmless stretches, "
        f"{len(rules := load_rules())} rules of anomalies. `logscrub detectors show ID` prints one of them in full. "
        "[Detectors of your own](../guides/detectors.md) explains the keys of a file.",
    ]
    for folder in sorted({d.folder for d in known.detectors}):
        rows = [(f"`{d.id}`", f"`{d.entity_type}`", d.guideline, d.why) for d in known.detectors if d.folder == folder]
        lines += [
            "",
            f"## {folder.replace('_', ' ').capitalize()}",
            "",
            *_table(("detector", "placeholder", "row of the policy", "reason"), rows),
        ]
    lines += ["", "## Harmless stretches", "", *_table(("id", "reason"), [(f"`{h.id}`", h.why) for h in known.harmless])]
    lines += [
        "",
        "## Rules of anomalies",
        "",
        *_table(("rule", "kind", "severity", "reason"), [(f"`{r.id}`", r.kind, r.severity, r.why) for r in rules]),
    ]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """The functions and classes for Python programs, with their docstrings."""
    parts = [
        "# Python API",
        "Generated from the docstrings. [Python programs](../guides/python.md) shows how the parts work together. "
        "The functions are also attributes of the package: `logscrub.scrub`.",
        "## Functions",
    ]
    for function in FUNCTIONS:
        parts += [f"### `{function.__name__}`", _signature(function), as_markdown(inspect.getdoc(function) or "")]
    parts.append("## Classes")
    for kind in CLASSES:
        parts += [
            f"### `{kind.__name__}`",
            f"`{kind.__module__}.{kind.__name__}`",
            as_markdown(inspect.getdoc(kind) or ""),
            *_members(kind),
        ]
    return "\n\n".join(parts) + "\n"


def _signature(function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    inner = "".join(f"    {p},\n" for p in _with_star(signature.parameters.values()))
    return f"```python\n{function.__module__}.{function.__name__}(\n{inner}) -> {signature.return_annotation}\n```"


class _Bare(str):
    """An annotation that is shown without quotes."""

    __repr__ = str.__str__


def as_markdown(doc: str) -> str:
    """A docstring with its sections (`Args:`, `Returns:`, `Raises:`, `Example:`) as lists and blocks of code."""
    parts = re.split(r"^(Args|Returns|Raises|Example):\n", doc, flags=re.M)
    out = [parts[0].strip()]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        text = inspect.cleandoc(body)
        if title == "Example":
            out.append(f"**Example**\n\n```pycon\n{text}\n```")
        elif title == "Returns":
            out.append(f"**Returns** {text}")
        else:
            entries = re.sub(r"\n\s+", " ", text).splitlines()
            named = "\n".join(re.sub(r"^([\w, ]+): ", lambda m: f"- `{m[1]}`: ", entry) for entry in entries)
            out.append(f"**{'Arguments' if title == 'Args' else title}**\n\n{named}")
    return "\n\n".join(out)


def _with_star(parameters: Iterable[inspect.Parameter]) -> Iterator[str]:
    """The parameters as written, with the `*` before those that are given by name only."""
    starred = False
    for parameter in parameters:
        if parameter.name == "self":
            continue
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        yield str(parameter.replace(annotation=_Bare(parameter.annotation)))


def _members(kind: type) -> Iterator[str]:
    """A class's public fields with the texts below them, and its public methods with their docstrings."""
    tree = ast.parse(inspect.getsource(kind).strip()).body[0]
    assert isinstance(tree, ast.ClassDef)
    rows = []
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.target.id.startswith("_"):
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            rows.append((f"`{node.target.id}`", f"`{ast.unparse(node.annotation)}`", " ".join(str(text).split())))
    if rows:
        yield "\n".join(_table(("field", "type", "meaning"), rows))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and (doc := ast.get_docstring(node)):
            yield f"**`{node.name}({ast.unparse(node.args).removeprefix('self').lstrip(', ')})`** {doc}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads), *body]


def sources() -> dict[str, tuple[Path, str]]:
    """All pages of the site that are files: path in the site -> where it stands, and its text."""
    files = {path.relative_to(DOCS).as_posix(): path for path in DOCS.rglob("*.md")}
    files |= {page: ROOT / name for name, page in FROM_ROOT.items() if (ROOT / name).exists()}
    return {page: (path, path.read_text(encoding="utf-8")) for page, path in files.items()}


def linked(text: str, path: Path, page: str, pages: dict[Path, str]) -> str:
    """A page's text with its links as the site needs them: `path` is where it stands, `page` its place in the site.

    A link to another page or to a file of docs/ leads there; the text of any other link to a file stands alone.
    """

    def link(m: re.Match[str]) -> str:
        name, _, anchor = m[2].partition("#")
        if re.match(r"[a-z]+:", m[2]) or not name:
            return m[0]
        target = (path.parent / name).resolve()
        there = pages.get(target) or (target.relative_to(DOCS).as_posix() if target.is_relative_to(DOCS) else None)
        if there is None:
            return m[1]
        away = os.path.relpath(there, Path(page).parent)
        return f"[{m[1]}]({away}{'#' + anchor if anchor else ''})"

    parts = re.split(r"(^ *```.*?^ *```$)", text, flags=re.M | re.S)
    return "".join(part if n % 2 else re.sub(r"\[([^\]\n]*)\]\(([^)\s]+)\)", link, part) for n, part in enumerate(parts))


def write_pages() -> Path:
    """Writes what zensical reads. Returns the folder."""
    folder = BUILD / "docs"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DOCS, folder)
    found = sources()
    pages = {path: page for page, (path, _) in found.items()}
    for page, (path, text) in found.items():
        (folder / page).write_text(linked(text, path, page, pages), encoding="utf-8")
    for page, text in generated().items():
        (folder / page).write_text(text, encoding="utf-8")
    return folder


def from_elsewhere(site: Path) -> list[str]:
    """What pages of the site load from another host: fonts, styles, scripts, pictures. A link that a reader follows is none."""
    loaded = re.compile(
        r"""<(?:script|img|iframe)\b[^>]*\ssrc=["']?(?:https?:)?//[^"' >]+|<link\b[^>]*\shref=["']?(?:https?:)?//[^"' >]+"""
    )
    imported = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//[^"')]+""")
    found = [m[0] for page in sorted(site.rglob("*.html")) for m in loaded.finditer(page.read_text(encoding="utf-8"))]
    return found + [m[0] for style in sorted(site.rglob("*.css")) for m in imported.finditer(style.read_text(encoding="utf-8"))]


def main() -> int:
    write_pages()
    if "--pages" in sys.argv:
        return 0
    shutil.rmtree(BUILD / "site", ignore_errors=True)
    ran = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", str(ROOT / "zensical.toml")],
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
        check=False,
    )
    if ran.returncode:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout + ran.stderr)
        print(plain.partition("Traceback")[0], file=sys.stderr)
        return ran.returncode
    for found in (elsewhere := from_elsewhere(BUILD / "site")):
        print(f"loaded from another host: {found}", file=sys.stderr)
    return 1 if elsewhere else 0


if __name__ == "__main__":
    sys.exit(main())
