"""The texts that an app's own sources contain, in JavaScript and TypeScript, with a value for each part that is filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from logscrub.errors import InputError
from logscrub.sources.files import printable, why_unreadable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LANGUAGES: Final = {
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs"), "javascript"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    ".tsx": "tsx",
}
_NOT_THE_APPS: Final = frozenset(("node_modules", ".git"))
_LARGEST: Final = 16 << 20
_ANY: Final = "0"
"""Stands for what is filled in: a value, as a number is."""
_MOST_ARGUMENTS: Final = 20


def sources_in(folder: Path) -> Iterator[Path]:
    """The source files of an app, in order; not those of packages that it uses."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else [folder]:
        if path.is_dir():
            if path.name not in _NOT_THE_APPS and not path.is_symlink():
                yield from sources_in(path)
        elif path.suffix.lower() in LANGUAGES:
            yield path


def texts_in(path: Path) -> Iterator[str]:
    """The texts that a source file can make, also those that a call's arguments make together. Raises InputError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{printable(path)}: {why_unreadable(error)}") from None
    if len(data) > _LARGEST:
        raise InputError(f"{printable(path)}: is larger than a source that people write ({_LARGEST >> 20} MiB)")
    pending = [_parser(LANGUAGES[path.suffix.lower()]).parse(data).root_node]
    while pending:
        node = pending.pop()
        if (text := _text(node)) is not None and text != _ANY:
            yield text
            yield json.dumps(text, ensure_ascii=False)[1:-1]
        if node.type == "arguments":
            yield from _together(node)
        pending += node.named_children


@lru_cache(maxsize=4)
def _parser(language: str) -> Parser:
    import tree_sitter_javascript
    import tree_sitter_typescript
    from tree_sitter import Language, Parser

    of = {
        "javascript": tree_sitter_javascript.language,
        "typescript": tree_sitter_typescript.language_typescript,
        "tsx": tree_sitter_typescript.language_tsx,
    }
    return Parser(Language(of[language]()))


def _text(node: Node) -> str | None:
    """Returns the text of an expression, with a value for each part that is not known; None if no part of it is known."""
    if node.type == "string":
        return _literal(node)
    if node.type == "template_string":
        return "".join(_ANY if c.type == "template_substitution" else _part(c) for c in node.named_children)
    if node.type == "binary_expression":
        left, operator, right = (node.child_by_field_name(name) for name in ("left", "operator", "right"))
        if left is None or right is None or operator is None or operator.type != "+":
            return None
        one, other = _text(left), _text(right)
        return None if one is None and other is None else (_ANY if one is None else one) + (_ANY if other is None else other)
    return None


def _literal(node: Node) -> str:
    return "".join(map(_part, node.named_children))


def _part(node: Node) -> str:
    """Returns the text of a piece of a string, with escapes decoded."""
    written = (node.text or b"").decode("utf-8", "replace")
    if node.type != "escape_sequence":
        return written
    try:
        return str(json.loads(f'"{written}"'))
    except ValueError:
        return {"\\'": "'", "\\`": "`", "\\0": "\0", "\\v": "\v", "\\$": "$"}.get(written, "" if written[1:] == "\n" else written)


def _together(node: Node) -> Iterator[str]:
    """Yields the texts that `console.log` writes for its arguments: texts, and values for the rest, with spaces between."""
    arguments = node.named_children
    if 1 < len(arguments) <= _MOST_ARGUMENTS:
        texts = [_text(argument) for argument in arguments]
        if texts[0] is not None:
            for end in range(2, len(texts) + 1):
                text = " ".join(_ANY if each is None else each for each in texts[:end])
                yield text
                yield json.dumps(text, ensure_ascii=False)[1:-1]
