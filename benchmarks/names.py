"""How many of the world's names are found, and how many words are taken for names: `make names`.

    python benchmarks/names.py [--names lists ner both] [--logs FILE ...] [--count 200] [--json FILE]

Names come from two packages. Faker is one of the sources of logscrub's lists; mimesis is none, nor of what its shapes were
learned from. Each name is put into ten lines of a log, five with a word that announces a person and five without, and counts
as found if all of its letters would go. Words come from the code of Python's standard library (which the lists were not
made of) and from the logs given with --logs; they stand in the same lines.

NER alone follows the detectors of cue words too: what is measured is what `logscrub scrub --names …` does.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import re
import subprocess
import sys
import sysconfig
import tokenize
import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEED = 1
LINES = [
    "User {} updated the board",
    "assigned to {} by rule 4",
    "Hello {}, your export is ready",
    "approved by {} at step 3",
    "notification for user {} queued",
    "cache {} miss",
    "Import finished: {}, 3 rows skipped",
    "lookup of {} failed after 31 ms",
    "{} not in group jira-users",
    "sync error at row 12 ({}): duplicate key",
]
NO_CUE = LINES[5:]
WORD_LINES = [
    "cache {} miss",
    "Import finished: {}, 3 rows skipped",
    "{} not in group jira-users",
    "sync error at row 12 ({}): timeout",
]
CULTURES: dict[str, tuple[str, str | None]] = {
    "United States": ("en_US", "en"),
    "Britain": ("en_GB", "en-gb"),
    "Vietnam": ("vi_VN", None),
    "Sweden": ("sv_SE", "sv"),
    "Finland": ("fi_FI", "fi"),
    "Czechia": ("cs_CZ", "cs"),
    "Germany": ("de_DE", "de"),
    "France": ("fr_FR", "fr"),
    "Italy": ("it_IT", "it"),
    "Poland": ("pl_PL", "pl"),
    "Spain": ("es_ES", "es"),
    "Brazil": ("pt_BR", "pt-br"),
    "India": ("en_IN", None),
    "Hungary": ("hu_HU", "hu"),
    "Türkiye": ("tr_TR", "tr"),
    "Netherlands": ("nl_NL", "nl"),
    "Denmark": ("da_DK", "da"),
    "Norway": ("no_NO", "no"),
    "Croatia": ("hr_HR", "hr"),
    "Estonia": ("et_EE", "et"),
    "Iceland": ("", "is"),
    "Russia": ("ru_RU", "ru"),
    "Ukraine": ("uk_UA", "uk"),
    "Greece": ("el_GR", "el"),
    "Arabic": ("ar_AA", "ar-dz"),
    "Israel": ("he_IL", None),
    "Iran": ("fa_IR", "fa"),
    "India (Hindi)": ("hi_IN", None),
    "Japan": ("ja_JP", "ja"),
    "China": ("zh_CN", "zh"),
    "Korea": ("ko_KR", "ko"),
}
"""Culture → its locale of Faker, and of mimesis, where there is one."""
NamePair = tuple[str, str]


def faker_names(locale: str, count: int) -> list[NamePair]:
    """First and last names as Faker draws them."""
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(SEED)
    return [(fake.first_name(), fake.last_name()) for _ in range(count)]


def mimesis_names(locale: str, count: int) -> list[NamePair]:
    """First and last names drawn evenly from mimesis's lists."""
    from mimesis import Gender, Person

    person = Person(locale, seed=SEED)
    genders = [Gender.MALE, Gender.FEMALE]
    drawn = ((person.first_name(genders[i % 2]), person.last_name(genders[i % 2])) for i in range(2 * count))
    # a few of its lists hold the headings of the tables that they were taken from
    return [pair for pair in drawn if not any("name" in part.lower() for part in pair)][:count]


def code_words(count: int) -> list[str]:
    """Words of the identifiers in Python's standard library, as they are written there: `HTTPServer`, `timeout`, `Lock`."""
    seen: set[str] = set()
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if not {"site-packages", "test", "tests", "lib2to3", "idlelib"} & set(path.parts):
            with tokenize.open(path) as file:
                for token in tokenize.generate_tokens(file.readline):
                    if token.type == tokenize.NAME:
                        seen.update(w for w in token.string.split("_") if w.isascii() and w.isalpha() and len(w) > 2)
    return random.Random(SEED).sample(sorted(seen), count)


def log_words(files: Iterable[Path], count: int) -> list[str]:
    """Words that stand alone in logs, as they are written."""
    alone = re.compile(r"(?<![\w./@#$%&\\-])[A-Za-z]{3,30}(?![\w/=(@]|\.\w|-\w)")
    seen = {w for f in files for w in alone.findall(f.read_text("utf-8", "replace"))}
    return random.Random(SEED).sample(sorted(seen), min(count, len(seen)))


class Finder:
    """Says what of a line `logscrub scrub --names KIND` would take."""

    def __init__(self, kind: str) -> None:
        from logscrub.api import build_redactor, engine_of
        from logscrub.config import Config, NameSettings

        redactor = build_redactor(Config(names=NameSettings(recognizer=kind)))  # type: ignore[arg-type]
        self._engine = engine_of(redactor).redactor.engine

    def finds(self, line: str, value: str) -> bool:
        """Whether every letter of `value` goes."""
        text = line.format(value)
        at = line.index("{}")
        spans = self._engine.scan(text)
        return all(any(s.start <= i < s.end for s in spans) for i in range(at, at + len(value)) if text[i].isalpha())

    def touches(self, line: str, value: str) -> bool:
        """Whether a letter of `value` goes."""
        text = line.format(value)
        at = line.index("{}")
        return any(s.start < at + len(value) and at < s.end for s in self._engine.scan(text))


def share(finder: Finder, values: list[str], lines: list[str]) -> float:
    """The share of `values` found, over all lines."""
    return sum(finder.finds(line, v) for v in values for line in lines) / max(1, len(values) * len(lines))


def recall(finder: Finder, pairs: list[NamePair]) -> dict[str, float]:
    """What share of names is found: full, first name alone, full in small letters; and full where nothing announces it."""
    full = [f"{first} {last}" for first, last in pairs]
    return {
        "full": share(finder, full, LINES),
        "no cue": share(finder, full, NO_CUE),
        "first": share(finder, [first for first, _ in pairs], LINES),
        "lower": share(finder, [name.lower() for name in full], LINES),
    }


def words_per_second() -> float:
    """Distinct words graded a second, in a process of its own: half known, half names on no list."""
    return float(
        _alone("""
import random, sys, time
from logscrub.detect.names.lexicon import Lexicon
words = [line.split()[0] for name in ("names", "words", "either") for line in open(f"logscrub/data/{name}.txt") if line[0] != "#"]
draw = random.Random(1)
known = draw.sample(words, 50_000)
made = {w[: len(w) // 2] + v[len(v) // 2 :] for w, v in zip(draw.sample(words, 80_000), draw.sample(words, 80_000))} - set(words)
mixed = known + draw.sample(sorted(made), 50_000)
draw.shuffle(mixed)
grade = Lexicon().grade
start = time.perf_counter()
for word in mixed:
    grade(word)
print(len(mixed) / (time.perf_counter() - start))
""")
    )


def lines_per_second() -> float:
    """Words of distinct log lines recognised a second, in a process of its own."""
    return float(
        _alone("""
import random, time
from logscrub.detect.names.lexicon import Lexicon
from logscrub.detect.names.recognizer import ListedNames
words = [line.split()[0] for name in ("words", "names") for line in open(f"logscrub/data/{name}.txt") if line[0] != "#"]
draw = random.Random(1)
common, names = words[:200_000], words[200_000:]
lines = [" ".join([*draw.sample(common, 9), draw.choice(names).title()]) for _ in range(10_000)]
recognizer = ListedNames(Lexicon())
start = time.perf_counter()
for line in lines:
    recognizer.recognise(line)
print(10 * len(lines) / (time.perf_counter() - start))
""")
    )


def start_up() -> float:
    """Seconds from nothing to the first scan by lists, beyond the start of Python and the import of re."""
    return float(
        _alone("""
import re, time
start = time.perf_counter()
from logscrub.detect.names.lexicon import Lexicon
from logscrub.detect.names.recognizer import ListedNames
ListedNames(Lexicon()).recognise("cache Nadia miss")
print(time.perf_counter() - start)
""")
    )


def wheel_growth() -> int:
    """Bytes that the recognizer adds to a wheel, compressed as there."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for folder in ("data", "detect/names"):
            for path in sorted((ROOT / "logscrub" / folder).iterdir()):
                if path.is_file():
                    z.write(path, path.name)
    return len(out.getvalue())


def _alone(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout


def _best(measure: Callable[[], float], best: Callable[[Iterable[float]], float]) -> float:
    return best([measure() for _ in range(3)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", nargs="+", choices=["lists", "ner", "both"], default=["lists"], help="what to measure")
    parser.add_argument("--logs", nargs="+", type=Path, default=[], metavar="FILE", help="logs to take words from")
    parser.add_argument("--count", type=int, default=200, help="names a culture")
    parser.add_argument("--words", type=int, default=1500, help="words of code, and of logs")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N of the words taken for names")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    for kind in options.names:
        finder = Finder(kind)
        columns = ("full", "no cue", "first", "lower")
        print(f"--names {kind}\n{'share found':<16}" + "".join(f"{source:>32}" for source in ("Faker", "mimesis (in no list)")))
        print(f"{'':<16}" + ("    " + "".join(f"{c:>7}" for c in columns)) * 2)
        least: dict[str, dict[str, float]] = {}
        for culture, (faker, mimesis) in CULTURES.items():
            row = f"{culture:<16}"
            for source, names, locale in (("Faker", faker_names, faker), ("mimesis", mimesis_names, mimesis)):
                got = recall(finder, names(locale, options.count)) if locale else {}
                figures.setdefault(kind, {}).setdefault(source, {})[culture] = got
                row += "    " + "".join(f"{got[c]:7.3f}" if got else f"{'':>7}" for c in columns)
                for c, value in got.items():
                    least.setdefault(source, {})[c] = min(value, least.get(source, {}).get(c, 1.0))
            print(row, flush=True)
        print(f"{'least':<16}" + "".join("    " + "".join(f"{least[s][c]:7.3f}" for c in columns) for s in ("Faker", "mimesis")))
        for what, words in (("code", code_words(options.words)), ("logs", log_words(options.logs, options.words))):
            if words:
                taken = [w for w in words if any(finder.touches(line, w) for line in WORD_LINES)]
                cued = [w for w in words if finder.touches(LINES[0], w)]
                capital = [w for w in words if w[0].isupper()]
                wrong = sum(w[0].isupper() for w in taken)
                print(
                    f"of {len(words)} words of {what}: {len(taken) / len(words):.2%} taken for names"
                    f" ({wrong / max(1, len(capital)):.2%} of the capitalised); after the word User {len(cued) / len(words):.2%}"
                )
                if options.show:
                    print("   ", *taken[: options.show], "| after User:", *cued[: options.show])
                figures[kind][f"words of {what}"] = {"taken": len(taken) / len(words), "after User": len(cued) / len(words)}
        print()
    gc.collect()
    speed = {
        "words graded a second, cold": _best(words_per_second, max),
        "words of lines recognised a second, cold": _best(lines_per_second, max),
        "start-up, seconds": _best(start_up, min),
        "wheel, MB": wheel_growth() / 1e6,
    }
    figures["speed"] = speed
    for what, value in speed.items():
        print(f"{what:<45}{value:>12,.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
