"""Makes logscrub/data/program_words.txt: the words of which programs make messages in other languages than English.

    python scripts/program_words.py [--cache DIR] [--check]

The words come from the translations of programs (servers, compilers, administration pages), which are fetched as
`build_lexicon.py` fetches its packages; `logscrub/data/SOURCES.md` lists them with their licences. A word is taken if two makers
have it, or one whose programs report on servers, networks or code has it twice, or another one five times: hardly a name of a
person or a word of private life is. Words are in small letters, with their accents. Of Chinese, Japanese and Korean, the file
has the pairs of characters that stand side by side in the texts of two makers. What messages.txt has is left out.

Behind an empty line stand the words that say nothing of the language of a text: those of words.txt, names.txt and either.txt.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from build_lexicon import CATALOGUES, DATA, PROGRAMS, TRANSLATIONS, Source, fetch, listed, members

from logscrub.detect.messages import FIRST_PAIRED, is_paired, parts
from logscrub.detect.names.lexicon import fold

_OPENSTACK = ("keystone", "neutron", "nova", "cinder", "horizon")
_MAKERS = {
    **dict.fromkeys(_OPENSTACK, "openstack"),
    "@node-red/runtime": "node-red",
    "@node-red/editor-client": "node-red",
    "flask-appbuilder": "superset",
    "apache-superset": "superset",
    "home-assistant-frontend": "home-assistant",
    "homeassistant": "home-assistant",
    "iobroker.admin": "iobroker",
    "iobroker.javascript": "iobroker",
}
"""The maker of a package, where it has another name or several packages."""
_OF_SERVERS = frozenset(("openstack", "pgadmin4", "node-red", "apache-airflow-core", "typescript", "sphinx", "jupyterlab"))
"""Makers whose programs report on servers, networks or code: what they say twice is said by programs."""
_OFTEN = 5
"""Texts of one other maker that are enough."""
_ENGLISH = re.compile(r"/(?:en|en[-_][A-Za-z]{2})(?:[-./_]|$)")
_FOLDER = re.compile(r"(?:locales?|i18n|translations)/")
_TRANSLATED = re.compile(r'(?m)^msgstr(?:\[\d\])? ((?:".*"\n?)+)')
_LINE = re.compile('"(.*)"')
_LITERAL = re.compile(r"'((?:[^'\\\n]|\\.)*)'")
_PUT_IN = re.compile(
    r"\$\{[^}]*\}|\{\{[^}]*\}\}|\{[^}]*\}|%\(\w+\)\w|%\w|\\[nrt]|</?\w[^>]*>|__\w+__|\$t\([^)]*\)|&\w+;|https?://\S+|`[^`]*`"
)
"""A place where a text takes in something, marks of HTML, and code."""
_CODE = re.compile(r"\b\w*[a-z][A-Z]\w*|\w+_\w+|\b[a-z]+(?:\.[a-z]+)+")


def texts(source: Source, cache: Path) -> Iterator[str]:
    """The texts of a package in all languages but English."""
    for path, data in members(fetch(source, cache)):
        if _ENGLISH.search(path):
            continue
        if path.endswith(".po"):
            entries = ("".join(_LINE.findall(m[1])) for m in _TRANSLATED.finditer(data.decode("utf-8", "replace")))
            yield from (text for text in entries if "Project-Id-Version:" not in text)
        elif path.endswith("diagnosticMessages.generated.json"):
            yield from json.loads(data).values()
        elif path.endswith(".json") and _FOLDER.search(path) and not path.endswith(("messages.json", "package.json")):
            yield from _strings(json.loads(data))
        elif source.name == "@uppy/locales" and re.search(r"package/lib/\w+\.js$", path):
            yield from _LITERAL.findall(data.decode("utf-8"))


def _maker(name: str) -> str:
    return "jupyterlab" if name.startswith("jupyterlab-") else _MAKERS.get(name, name)


def _strings(value: object) -> Iterator[str]:
    """The texts of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _strings(member)


def found(cache: Path) -> dict[str, Counter[str]]:
    """In how many texts of each maker a word, or a pair of characters, stands."""
    said: dict[str, set[str]] = defaultdict(set)
    for source in (*PROGRAMS, *TRANSLATIONS, *CATALOGUES):
        cleaned = (_CODE.sub(" ", _PUT_IN.sub(" ", text)) for text in texts(source, cache))
        said[_maker(source.name)].update(cleaned)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for maker, its in said.items():
        for text in its:
            for part in set(parts(text)):
                counts[part][maker] += 1
    return counts


def _is_written(word: str) -> bool:
    """True if a word has only letters, what is set above and below them, and the joiners of some scripts."""
    return unicodedata.category(word[0])[0] == "L" and all(
        unicodedata.category(c)[0] in "LM" or c in "\u200c\u200d" for c in word
    )


def _is_said(word: str, counts: Counter[str]) -> bool:
    if is_paired(word[0]) and word[0] < FIRST_PAIRED:
        return False
    if len(counts) > 1:
        return True
    often = _OFTEN if _OF_SERVERS.isdisjoint(counts) else 2
    return not is_paired(word[0]) and counts.total() >= often


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(".cache/lexicon"), help="where fetched packages are kept")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file would change")
    options = parser.parse_args()
    known = listed("messages")
    said = {word for word, counts in found(options.cache).items() if _is_written(word) and _is_said(word, counts)} - known
    plain = listed("words", "names", "either")
    telling = sorted(word for word in said if fold(word) not in plain)
    others = sorted(said.difference(telling))
    head = f"# Made by scripts/program_words.py, which says how; SOURCES.md lists where from. {len(said)} words."
    made = "\n".join([head, *telling, "", *others, ""])
    if options.check:
        sys.exit((DATA / "program_words.txt").read_text("utf-8") != made)
    (DATA / "program_words.txt").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
