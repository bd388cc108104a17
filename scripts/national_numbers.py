"""Writes the detectors of the numbers by which states know people and companies, from the table scripts/national_numbers.toml.

    python scripts/national_numbers.py            # after a change of the table
    python scripts/national_numbers.py --check    # exit code 1 if a file is not up to date

It writes a detector for each country (`detectors/customer_data/national_id_de.toml`): its fields, and a cue directly before a
number of the country's shapes. The checksum does not count there, for people mistype. It writes one detector for the numbers that
stand near a cue and have a right checksum (`national_id_near_cue.toml`), and one for those of so rare a shape that they need no
cue (`national_id_bare.toml`). It also writes `logscrub/data/national_numbers.json` for the validator `national_number`: which
modules of python-stdnum know the numbers of which shape.
"""

from __future__ import annotations

import re
import sys
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "scripts" / "national_numbers.toml"
FOLDER = ROOT / "detectors" / "customer_data"
CHECKS = ROOT / "logscrub" / "data" / "national_numbers.json"

SEPARATOR = r"[ .\u00A0/‑-]?"
KIND = (
    r"(?:(?:[Nn]umbers?|NUMBER|[Nn]ummer|[Nn]umer|[Nn]umero|[Nn]úmero|[Nn]uméro|[Nn]um|[Nn]o|NO|[Nn]r|NR|[Nn]|[Nn]º|[Nn]°|№|ids?|ID|Id|[Cc]ode|[Kk]od|[Cc]ard|value|"
    r"holder|of|for|user|customer|client|is|ist|es|est|er|är|on|jest|var|was|été|foi|é|è|są|yra|ir|je|van|de|du|da|del|do|della|des|"
    r"der|la|le|el)[^\w\n]{1,4}){0,3}"
)
"""Words that may stand between a cue that is a word of something else too and its number."""
WHOSE = r"(?:[^\W\d_][^\W_]{0,15}(?:-[^\W_]{1,8})?[^\w\n]{1,4}){0,3}?"
"""What may stand between another cue and its number: what kind of number it is, or whose, in any language."""
FAR = (
    r"(?:(?:(?:check(?:sum)?|validation|verification|lookup|format) )?"
    r"(?:failed|mismatch(?:ed)?|rejected|error|differs|wrong|invalid)[,:;.]? ?"
    r"(?:(?:we )?(?:got|expected|found|received|was|read|given|entered)[^\w\n]{1,4})?"
    r"|(?:that|which) (?:she|he|they|we|I|you|it)(?: [a-z]{2,12}){1,7} (?:is|was)[^\w\n]{1,4}"
    r"|(?:(?:the|an?|her|his|our|their|my|second|first|other|new|old) ){1,3}[a-z]{2,14}(?: is| was)?[:,]? )?"
)
"""What else may: of what is wrong with it, who gave it, whose it is."""
GLUE = r"(?:[^\w\n]{1,5}|_|(?=\d))"
CLASSES = {"#": r"\d", "@": "[A-Za-z]", "*": "[0-9A-Za-z]"}
FEWEST_DIGITS = 6
"""Digits of a number from which on it may be grouped in any way."""
SHORT = 3
"""Letters up to which a cue is a word of another language too often to be looked for at a distance."""
KEEP = [r"\D{0,100}", r"-?\d{1,3}", r"-?\d{0,6}\.\d{1,20}(?:[eE][+-]?\d{1,3})?"]
"""Values that are no such number: none at all, a count, a fraction."""


def pattern_of(shape: str, letters: str = "") -> str:
    """A shape as a regular expression. What may be all letters must have a digit."""
    out = r"(?=[A-Za-z]{0,6}[ ./-]?\d)" if "*" in shape and not shape.startswith("#") else ""
    for m in re.finditer(r"\[|\]|[ ./-]|([#@*])\1*|.", shape):
        part = m[0]
        if part == "[":
            out += "(?:"
        elif part == "]":
            out += ")?"
        elif part in " ./-":
            out += SEPARATOR
        elif part[0] in CLASSES:
            one = CLASSES[part[0]]
            out += (one.replace("[A", f"[{letters}A") if part[0] == "@" else one) + (f"{{{len(part)}}}" if len(part) > 1 else "")
        else:
            out += re.escape(part)
    return out


def compact(shape: str) -> str:
    return re.sub(r"[^#@*0-9A-Za-z]", "", shape)


def lengths(shape: str) -> set[int]:
    """How many letters and digits numbers of a shape have."""
    optional = re.findall(r"\[([^\]]*)\]", shape)
    fixed = len(compact(re.sub(r"\[[^\]]*\]", "", shape)))
    return {
        fixed + sum(len(compact(o)) for o, there in zip(optional, chosen, strict=True) if there)
        for chosen in product((0, 1), repeat=len(optional))
    }


def cues_of(cues: list[str]) -> str:
    """The cues as an alternation, the longest first, with what may stand behind them; a space or a dash may be either, or
    missing. What counts only as it is written counts in any case as a key (`cpj=`)."""

    def spelled(cue: str) -> str:
        return re.sub(r"(?:\\[ -])", r"[ _-]?", re.escape(cue.lstrip("=")))

    plain = sorted((c for c in cues if not c.startswith("=")), key=lambda c: (-len(c), c))
    exact = sorted((c for c in cues if c.startswith("=")), key=lambda c: (-len(c), c))
    parts = [f"(?i:{'|'.join(map(spelled, plain))}){GLUE}{WHOSE}"] if plain else []
    if exact:
        written = "|".join(map(spelled, exact))
        parts.append(f"(?:{written}|(?i:{written})(?==)){GLUE}{KIND}")
    return f"(?:{'|'.join(parts)})"


def spaced(shape: str, letters: str = "") -> list[tuple[int, str]]:
    """A shape as regular expressions, each with its length, that let a separator stand anywhere, for people group numbers as
    they like. One for each choice of what may be missing; none for shapes of free characters or few digits, for which words
    could be taken."""
    optional = re.findall(r"\[([^\]]*)\]", shape)
    found = []
    for chosen in product((True, False), repeat=len(optional)):
        there = iter(chosen)
        plain = compact(re.sub(r"\[([^\]]*)\]", lambda m, there=there: m[1] if next(there) else "", shape))  # type: ignore[misc]
        if "*" in plain or plain.count("#") < FEWEST_DIGITS:
            continue
        out = ""
        for m in re.finditer(r"([#@])\1*|.", plain):
            one = {"#": r"\d", "@": f"[{letters}A-Za-z]"}.get(m[0][0], re.escape(m[0]))
            last, n = m.end() == len(plain), len(m[0])
            out += (f"(?:{one}{SEPARATOR}){{{n - last}}}" if n - last > 1 else f"{one}{SEPARATOR}" * (n - last)) + one * last
        found.append((len(plain), out))
    return found


def by_cue(country: dict[str, Any]) -> str:
    shapes = dict.fromkeys(shape.strip() for n in country["numbers"] for shape in n["shapes"])
    longest = sorted(shapes, key=lambda shape: (-max(lengths(shape)), shape))
    letters = country.get("letters", "")
    found = [(max(lengths(shape)), pattern_of(shape, letters)) for shape in longest]
    found += [one for shape in longest for one in spaced(shape, letters)]
    patterns = dict.fromkeys(pattern for _, pattern in sorted(found, key=lambda one: -one[0]))
    value = rf"(?P<value>(?i:{'|'.join(patterns)}))"
    return rf"(?<![^\W_{{{{UNSPACED}}}}]){cues_of(country['cues'])}{FAR}[^\w\n]{{0,3}}{value}(?![^\W_{{{{UNSPACED}}}}]|-\d)"


def bare_pattern(shape: str) -> str:
    """A shape as a regular expression, its separators and capitals as they are written."""
    out = ""
    for m in re.finditer(r"\[|\]|([#@*])\1*|.", shape):
        part = m[0]
        if part in "[]":
            out += {"[": "(?:", "]": ")?"}[part]
        elif part[0] in "#@*":
            out += {"#": r"\d", "@": "[A-Z]", "*": "[0-9A-Z]"}[part[0]] + (f"{{{len(part)}}}" if len(part) > 1 else "")
        else:
            out += re.escape(part).replace(r"\ ", " ").replace(r"\-", "-").replace(r"\/", "/")
    return out


def bare(table: dict[str, Any]) -> str:
    """One detector for all numbers that are found without a cue."""
    numbers = [n for country in table.values() for n in country["numbers"] if n.get("bare")]
    shapes = dict.fromkeys(shape for n in numbers for shape in n["bare"])
    patterns = []
    for beginning in (r"\d", r"[A-Z]"):
        of_it = [bare_pattern(shape) for shape in shapes if re.match(beginning, shape.replace("#", "0").replace("@", "A"))]
        longest = "|".join(sorted(of_it, key=lambda p: (-len(p), p)))
        patterns.append(rf"(?<![^\W_])(?<![.:/+-])(?<!\d )(?={beginning})(?:{longest})(?![^\W_]|[./:-]\d| \d)")
    lines = [
        "# Written by scripts/national_numbers.py",
        'id = "national_id_bare"',
        'entity_type = "NATIONAL_ID"',
        'guideline = "personal data"',
        'why = "A number of a shape that only such numbers have, with a right checksum."',
        *array("patterns", patterns),
        'validator = "national_number_bare"',
        *array("examples", BARE_EXAMPLES),
        *array("counterexamples", BARE_COUNTER),
    ]
    return "\n".join(lines) + "\n"


NOTHING_BEFORE = r"(?<![\s\S])(?=[ \"'A-Za-z0-9./-]{5,32}(?![\s\S]))(?=(?:[^0-9]{0,32}[0-9]){3})[ ]{0,8}"
"""The beginning of a text of few characters, of which three are digits: a word is no number."""


def alone_pattern(shape: str) -> str:
    """A shape as a regular expression, in any case if letters and digits change at least twice in it and no space is in it."""
    pattern = bare_pattern(shape)
    kinds = re.sub(r"[^#@]", "", re.sub(r"\d", "#", re.sub(r"[A-Z]", "@", shape)))
    changes = len(re.findall(r"#(?=@)|@(?=#)", kinds))
    return f"(?i:{pattern})" if changes > 1 and " " not in shape else pattern


def alone(table: dict[str, Any]) -> str:
    """One detector for the numbers that are a whole line or message."""
    shapes = dict.fromkeys(shape for country in table.values() for n in country["numbers"] for shape in n.get("alone", ()))
    longest = "|".join(sorted(map(alone_pattern, shapes), key=lambda p: (-len(p), p)))
    lines = [
        "# Written by scripts/national_numbers.py",
        'id = "national_id_alone"',
        'entity_type = "NATIONAL_ID"',
        'guideline = "personal data"',
        'why = "A number that is all that a line or a message says, of a shape that such numbers have, with a right checksum."',
        *array("patterns", [rf"{NOTHING_BEFORE}[\"']?(?P<value>{longest})[\"']?[ ]{{0,4}}(?![\s\S])"]),
        *array("context", ["whole message"]),
        'validator = "national_number_alone"',
        'certainty = "likely"',
        *array("examples", ALONE_EXAMPLES),
        *array("counterexamples", ALONE_COUNTER),
    ]
    return "\n".join(lines) + "\n"


ALONE_EXAMPLES = [
    "«10000000146»",
    "  «44051401359»",
    '{"level":"info","message":"«L01X00T44»"}',
    "'«x9613851n»'",
    "«1eg4-te5-mk73»",
    "«2123 45670 1»",
]
ALONE_COUNTER = [
    "10000000147",
    "1732000000",
    "1732000000123",
    "202411190815",
    "order 10000000146 shipped",
    '{"message":"4711","size":10000000146}',
    '{"messageId":"10000000146"}',
    "C01234567",
    "job123456",
    "r0012345",
    "of 10000ms",
]
BARE_EXAMPLES = [
    "row «131052-308T» rejected",
    "duplicate «RCCMNL83S18D969H» in batch 7",
    '{"value":"«756.9217.0769.85»"}',
    "key=«85.07.30-033.28»",
    "«54362315K» not found",
    "no match for «BOXW310820HNERXN09»",
    "«360426199101010071» exists",
    "merge «971013-1234567» into «880320-2345678»",
]
BARE_COUNTER = [
    "row 131052-308A rejected",
    "at 20241119Z",
    "RCCMNL83K18D969H",
    "part 756.9217.0769.86",
    "build 85.07.30-033.29",
    "snowflake 360426199101010072",
    "at 241119-0815321",
    "54362315A",
    "10.2.30-033.28",
    "sku 34-2041185-5 sold out",
    "part 134-86-72684",
    "trace 4BF92F3577B34DA6A3CE929D0E0E4736",
]


def array(name: str, values: list[str]) -> list[str]:
    return [f"{name} = [", *(f"  {literal(v)}," for v in values), "]"]


def literal(value: str) -> str:
    if "'" not in value:
        return f"'{value}'"
    return f"'''{value}'''" if "\\" in value else orjson.dumps(value).decode()


HELD_BY = (
    "customer",
    "user",
    "client",
    "company",
    "supplier",
    "vendor",
    "owner",
    "employee",
    "patient",
    "person",
    "applicant",
    "tax",
)
NUMBERED = ("number", "no", "nr", "num")


def fields_of(fields: list[str]) -> list[str]:
    """Fields with what people put around a number's name: `nifNumber`, and `customerRuc` where `ruc` alone ends other names."""
    found = list(fields)
    for field in fields:
        plain = field.lstrip("=")
        if plain.isascii() and not re.search(r"(?: |^)(?:no|nr|number|num|nummer|numero|id|code)$", plain):
            found += [field[: len(field) - len(plain)] + f"{plain} {word}" for word in NUMBERED]
        if field != plain and plain.isascii() and " " not in plain:
            found += [f"={who} {plain}" for who in HELD_BY]
    return list(dict.fromkeys(found))


def detector_of(code: str, country: dict[str, Any]) -> str:
    cues = [c.lstrip("=") for c in country["cues"]]
    examples = [f"{cues[i % len(cues)]} «{n['example']}» rejected" for i, n in enumerate(country["numbers"])]
    field = country["fields"][0].lstrip("=").replace(" ", "_")
    examples.append(f'{{"{field}":"«{country["numbers"][0]["example"]}»"}}')
    examples.append(f"{cues[0]}: «{country['numbers'][0]['example']}»")
    examples.append(f"{cues[0]} check failed, got «{country['numbers'][0]['example']}»")
    counter = [f"order {n['example']} shipped" for n in country["numbers"]]
    counter += [f"{cues[0]} is not valid", f"{cues[-1]} check took 12 ms", f'{{"{field}":null}}']
    names = dict.fromkeys(n["name"] for n in country["numbers"])
    lines = [
        "# Written by scripts/national_numbers.py",
        f'id = "national_id_{code}"',
        'entity_type = "NATIONAL_ID"',
        'guideline = "personal data"',
        f'why = "By such a number of {country["country"]} a state knows a person or a company: {", ".join(names)}."',
        *array("patterns", [by_cue(country)]),
        *array("fields", fields_of(country["fields"])),
        *array("keep_values", KEEP),
        *array("examples", examples),
        *array("counterexamples", counter),
    ]
    return "\n".join(lines) + "\n"


def near_cue(table: dict[str, Any]) -> str:
    """One detector for all: a number of such a shape with a right checksum, a distinctive cue near it."""
    cues = {c for country in table.values() for c in country["cues"] if not c.startswith("=") and len(c) > SHORT and c.isascii()}
    cues |= {c for country in table.values() for c in country["cues"] if not c.isascii() and len(c) > 1}
    cues -= set(AMBIGUOUS)
    cues |= set(GENERAL)
    lines = [
        "# Written by scripts/national_numbers.py",
        'id = "national_id_near_cue"',
        'entity_type = "NATIONAL_ID"',
        'guideline = "personal data"',
        'why = "A number with a right checksum beside a word that says a state knows a person by it."',
        *array(
            "patterns",
            [
                r"(?<![\w.])(?:(?<!\d[/-])\d(?:[ .\u00A0/‑-]?\d){7,14}(?:-?[0-9A-Za-z])?"
                r"|(?<![/-])(?:[A-Z]{1,2} |[A-Za-z]{1,6}-?)\d{2}[0-9A-Za-z]{4,12}(?:-[0-9A-Za-z])?)(?![^\W_]|[.-]\d)",
            ],
        ),
        *array("context", sorted(cues)),
        'validator = "national_number"',
        'certainty = "likely"',
        *array("examples", NEAR_EXAMPLES),
        *array("counterexamples", NEAR_COUNTER),
    ]
    return "\n".join(lines) + "\n"


AMBIGUOUS = (
    "atin cuit cups fein idno itin peid ptin rsin umid nuit insz oasi insee medicare perso rcs sofi patente matricule seria "
    "cedula epic ifsc nhs uidai kimlik utente contribuinte passport coe "
    "паспорт паспорта омс 护照 護照 여권 여권 旅券 統編 buletin dvla"
).split()
"""Cues that are ordinary words of some language."""
GENERAL = [
    *(
        "identity code",
        "id code",
        "identity number",
        "identity card",
        "id card",
        "id number",
        "identification number",
        "national id",
    ),
    *(
        "national identity",
        "personal number",
        "personal id",
        "tax number",
        "tax identification",
        "tax payer",
        "taxpayer",
        "id no",
    ),
    *(f"{of} id" for of in "turkish swedish finnish danish norwegian polish thai korean chinese indian spanish italian".split()),
]
"""Cues of no country in particular."""
NEAR_EXAMPLES = [
    "the personnummer that she gave, «880320-0016», is taken",
    "PESEL of the second applicant was «44051401359»",
    "«390.533.447-05» is no CNPJ",
    "codice fiscale does not match: got «RCCMNL83S18D969H»",
]
NEAR_COUNTER = [
    "the personnummer service answered 200 after 1732000000123",
    "PESEL lookup took 12345678 ns",
    "codice fiscale trace 4bf92f3577b34da6a3ce929d0e0e4736",
    "order 44051401359 shipped",
]


def checks_of(table: dict[str, Any]) -> bytes:
    """Length of a number → modules of python-stdnum that may know it; patterns of bare numbers → their check; patterns of those
    that stand alone → their checks."""
    known: dict[int, set[str]] = {}
    for country in table.values():
        for number in country["numbers"]:
            for shape in number["shapes"] if number["check"] else ():
                for length in lengths(shape):
                    known.setdefault(length, set()).add(number["check"])
    numbers = [n for country in table.values() for n in country["numbers"]]
    bare = {bare_pattern(shape): n.get("bare_check", n["check"]) for n in numbers for shape in n.get("bare", ())}
    alone: dict[str, list[str]] = {}
    for n in numbers:
        for shape in n.get("alone", ()):
            alone.setdefault(alone_pattern(shape), []).append(n.get("alone_check", n["check"]))
    data = {"by length": {str(n): sorted(known[n]) for n in sorted(known)}, "bare": bare, "alone": alone}
    return orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n"


def made() -> dict[Path, bytes]:
    """The files as they should be."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    files = {FOLDER / f"national_id_{code}.toml": detector_of(code, country).encode() for code, country in table.items()}
    files[FOLDER / "national_id_near_cue.toml"] = near_cue(table).encode()
    files[FOLDER / "national_id_bare.toml"] = bare(table).encode()
    files[FOLDER / "national_id_alone.toml"] = alone(table).encode()
    files[CHECKS] = checks_of(table)
    return files


def main() -> int:
    files = made()
    stale = [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not up to date: python scripts/national_numbers.py")
        return 1 if stale else 0
    for path in stale:
        path.write_bytes(files[path])
    print(f"{len(stale)} of {len(files)} files written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
