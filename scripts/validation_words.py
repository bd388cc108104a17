"""Makes logscrub/data/messages.txt: the words of which programs make messages about values, in some 60 languages.

    python scripts/validation_words.py [--cache DIR] [--check]

The words come from the translated messages of libraries that validate values, which are fetched as `build_lexicon.py` fetches
its packages; `logscrub/data/SOURCES.md` lists them with their licences. Words are in small letters, with their accents. Of
scripts that do not part words (Chinese, Japanese, Korean, Thai, Khmer), the file has each pair of characters that stand side by
side in a message, and each character that stands alone. Short function words of all languages are added.

Behind an empty line stand the words that tell nothing of a message: function words, words of English, and those that are
names in `names.txt` or `either.txt` too.
"""

from __future__ import annotations

import argparse
import gettext
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from build_lexicon import DATA, TRANSLATIONS, VALIDATION, WORDS, dictionary, fetch, listed, members

from logscrub.detect.messages import parts
from logscrub.detect.names.lexicon import fold

_VALIDATES = re.compile(
    r"(?i)(?<!\w)(?:(?:in)?valid|required|must|may not|cannot|can['’]t|ensure|at (?:least|most)|already exists"
    r"|does not|did(?:n['’]t| not)|not allowed|too (?:short|long|common|similar)|null|blank|duplicate|enter a"
    r"|password (?:is|fields?)|unknown|missing)(?!\w)"
)
"""English texts that say what is wrong with a value, or what it must be."""
_LITERAL = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|`((?:[^`\\]|\\.)*)`")
_OF_SCRIPTS = re.compile(
    r"/(?:v4/locales|src/lang|localize)/[\w-]+(?:/index)?\.js$|package/[a-z]{2}(?:-[A-Z]{2})?/\w+\.cjs$|/yup-locales\.esm\.js$"
)
"""Scripts that hold messages of a language."""
_PUT_IN = re.compile(r"\$\{[^}]*\}|\{[^}]*\}|:[a-z_]+|%\(\w+\)\w|%\w|\\[nrt]")
"""A place where a message takes in a value, or the name of a field."""
_SHORT = 5
"""Letters of a function word: longer ones are often other words too."""
_CODE = re.compile(r"\b\w*[a-z][A-Z]\w*|\w+_\w+|\b[a-z]+(?:\.[a-z]+)+")


def texts(cache: Path) -> Iterator[str]:
    """The messages of all languages but English, as they are written in the packages."""
    for source in (*VALIDATION, *(s for s in TRANSLATIONS if s.name == "django")):
        for path, data in members(fetch(source, cache)):
            if re.search(r"/(?:en|en[-_][A-Z]{2})(?:[./]|$)", path):
                continue
            if path.endswith(".mo"):
                if source.name != "django" or re.search("django/(?:conf|contrib/(?:auth|postgres))/locale/", path):
                    catalogue = gettext.GNUTranslations(io.BytesIO(data))._catalog  # type: ignore[attr-defined]
                    yield from (said for text, said in catalogue.items() if text and _tells(source.name, text))
                continue
            text = data.decode("utf-8", "replace")
            if re.search(r"/dist/locale/\w+\.json$", path):
                yield from (said for said in json.loads(text)["messages"].values() if isinstance(said, str))
            elif _OF_SCRIPTS.search(path):
                literals = ("".join(m).replace("\\", "") for m in _LITERAL.findall(re.sub(r"(?m)//.*$", "", text)))
                yield from (literal for literal in literals if " " in literal or not literal.isascii())


def _tells(package: str, text: str | tuple[str, int]) -> bool:
    """Whether a text of a catalogue is a message about a value; `text`: with its number, where it has several."""
    return package != "django" or _VALIDATES.search(text if isinstance(text, str) else text[0]) is not None


def cleaned_texts(cache: Path) -> Iterator[str]:
    """The messages without the places where they take in something, and without code."""
    return (_CODE.sub(" ", _PUT_IN.sub(" ", text)) for text in texts(cache))


def found(cache: Path) -> set[str]:
    """The words and pairs of characters of messages."""
    return {part for text in cleaned_texts(cache) for part in parts(text) if not part.isdigit()}


def function_words(cache: Path) -> set[str]:
    """The short function words of languages other than English that part their words."""
    archive = fetch(next(s for s in WORDS if s.name == "stopwords-iso"), cache)
    lists = next(json.loads(data) for name, data in members(archive) if name == "package/stopwords-iso.json")
    words = {w.lower() for language, its in lists.items() if language not in ("en", "ja", "zh", "ko", "th") for w in its}
    return {w for w in words if len(w) <= _SHORT and w.isalpha() and list(parts(w)) == [w]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(".cache/lexicon"), help="where fetched packages are kept")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file would change")
    options = parser.parse_args()
    names, said = listed("names", "either"), found(options.cache)
    small = function_words(options.cache)
    english = dictionary(options.cache)[0]
    telling = sorted(w for w in said if fold(w) not in names and w not in english)
    others = sorted((said | small).difference(telling))
    head = (
        f"# Made by scripts/validation_words.py, which says how; SOURCES.md lists where from. {len(telling) + len(others)} words."
    )
    made = "\n".join([head, *telling, "", *others, ""])
    if options.check:
        sys.exit((DATA / "messages.txt").read_text("utf-8") != made)
    (DATA / "messages.txt").write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
