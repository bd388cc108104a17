"""Writes docs/reference/cli.md from the commands' own help: `python -m logscrub.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from logscrub.cli.app import command

_WIDTH = 100
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def reference() -> str:
    """The page: every command's help, as it looks in a terminal of 100 columns."""
    sections = ["# The command line", "Written by `make docs` from the commands' own `--help`: change it there."]
    for path, text in _helps(command(), "logscrub", None):
        sections += [f"## `{path}`", f"```text\n{text.strip()}\n```"]
    return "\n\n".join(sections) + "\n"


def _helps(program: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    settings = {**program.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = program.context_class(program, info_name=name, parent=parent, **settings)
    yield context.command_path, "\n".join(line.rstrip() for line in program.get_help(context).splitlines())
    for child in getattr(program, "commands", {}):
        yield from _helps(program.get_command(context, child), child, context)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
