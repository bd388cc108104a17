"""Extracts the texts of a report, so that it can be proven to hold no customer data.

A page and a JSON document of ours are no log: their headings, tags and fields would be taken for a customer's content. So each
text in them is looked at by itself, whatever it is: words, attributes, comments, keys, styles that are not ours.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, Final

import orjson

from logscrub.report.html import stylesheet

_MARK: Final = re.compile(rb'<meta name="generator" content="logscrub [\w.+-]+"')
_KEYS: Final = frozenset(("version", "period", "made", "findings", "muted", "expected_false_alarms", "budget", "coverage"))
LARGEST: Final = 64 << 20
"""Bytes of a file from which it is none of ours."""
LOOK: Final = 2048
"""Bytes at the beginning that tell whether it may be one."""


def may_be_report(head: bytes) -> bool:
    """Returns True if a file that begins with these bytes may be a report of logscrub, as a page or as JSON."""
    return _MARK.search(head) is not None or (
        head.lstrip()[:1] == b"{" and all(key in head for key in (b'"version"', b'"period"'))
    )


def texts_of(data: bytes) -> list[str] | None:
    """Every text of a page or a JSON document of ours, each once; None where it is neither."""
    if _MARK.search(data[:LOOK]) is not None:
        page = _Page()
        page.feed(data.decode("utf-8", "surrogateescape"))
        page.close()
        return list(dict.fromkeys(page.texts))
    try:
        told = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(told, dict) or not _KEYS.issubset(told):
        return None
    found: list[str] = []
    _collect(told, found)
    return list(dict.fromkeys(found))


def _collect(value: Any, found: list[str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            found.append(key)
            _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)
    elif isinstance(value, str):
        found.append(value)


class _Page(HTMLParser):
    """Collects what stands in a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._style = stylesheet().strip()

    def _add(self, text: str | None) -> None:
        if text and text.strip() == self._style:  # our own, which holds nothing of a log
            return
        if text and (plain := " ".join(text.split())):
            self.texts.append(plain)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(tag)
        for name, value in attrs:
            self._add(name)
            self._add(value)

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_comment(self, data: str) -> None:
        self._add(data)

    def handle_decl(self, decl: str) -> None:
        self._add(decl)

    def unknown_decl(self, data: str) -> None:
        self._add(data)

    def handle_pi(self, data: str) -> None:
        self._add(data)
