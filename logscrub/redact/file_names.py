"""Names of files without customer data: those of outputs, of members of archives, and in reports."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from logscrub.model import WITHHELD, Leaf, Raw
from logscrub.patterns import regex
from logscrub.redact.pseudonyms import PLACEHOLDER
from logscrub.redact.scrub import Redactor

_EXTENSION = (
    "log|logs|json|jsonl|ndjson|csv|tsv|txt|text|out|err|xml|yaml|yml|html|md|pdf|xlsx?|docx?|bak|old|gz|gzip|zst|zstd|bz2|xz|lzma|zip|"
    "tar|tgz|tzst|tbz2?|txz"
)
_EXTENSIONS = regex(rf"(?:\.(?:{_EXTENSION})(?:\.\d{{1,3}})?)+/?$|/$", re.IGNORECASE)


def clean_name(redactor: Redactor, name: str, *, pseudonyms: bool = True) -> str:
    """A file's name or path without customer data. Each part is scanned by itself, and extensions are kept.

    Placeholders are written without brackets (`ACCOUNT_ID-6f1c….log`), because some systems and shells cannot handle them. A name
    that was cleaned before does not change.

    Args:
        redactor: decides what is redacted.
        name: a file's name, or a path with `/` between its parts.
        pseudonyms: False to write new placeholders without their pseudonym.
    """
    return "/".join(_clean_part(redactor, part, pseudonyms) for part in name.split("/"))


def _clean_part(redactor: Redactor, part: str, pseudonyms: bool) -> str:
    found = _EXTENSIONS.search(part)
    end = found.start() if found else len(part)
    given = _bare_placeholder(redactor.engine.catalogue.entity_types).sub(
        lambda m: f"<{m[1]}:{m[2]}>" if m[2] else f"<{m[1]}>", part[:end]
    )
    clean = clean_text(redactor, given)
    if clean == given:
        return part

    def bare(m: re.Match[str]) -> str:
        return f"{m[1]}-{m[2]}" if m[2] and (pseudonyms or m[0] in given) else m[1]

    return PLACEHOLDER.sub(bare, clean) + part[end:]


@lru_cache(maxsize=4)
def _bare_placeholder(types: frozenset[str]) -> re.Pattern[str]:
    """Matches a placeholder as it is written in a file's name."""
    return re.compile(rf"(?<![A-Z0-9_<])({'|'.join(sorted(types, key=len, reverse=True))})(?:-([0-9a-f]{{20}}))?(?![A-Z0-9_])")


def clean_text(redactor: Redactor, text: str) -> str:
    """One line of text without customer data."""
    raw = Raw(text, (Leaf(0, len(text), (), "text"),), 1, 1)
    try:
        return redactor.scrub(raw)[0].text
    except Exception:  # a text that cannot be scanned must not be shown
        return WITHHELD


def unused_name(name: str, clean: str, used: Any) -> str:
    """A clean name that no other file has: `clean` itself, or `clean` with a number before its extensions.

    Args:
        name: the name before it was cleaned. A name that did not change is not numbered.
        clean: the name without customer data.
        used: the clean names that other files have, compared without regard to case.
    """
    if clean == name and clean not in used:
        return clean
    taken = {other.casefold() for other in used}
    found = _EXTENSIONS.search(clean)
    end = found.start() if found else len(clean)
    candidate, number = clean, 2
    while candidate.casefold() in taken and not candidate.endswith("/"):
        candidate = f"{clean[:end]}-{number}{clean[end:]}"
        number += 1
    return candidate
