"""Whose pseudonyms these are: whoever has the key, and a list of those it may be, computes the candidates' pseudonyms."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from logscrub.detect.engine import Engine
from logscrub.errors import UsageError
from logscrub.redact.pseudonyms import PLACEHOLDER, Pseudonymizer

LONGEST: Final = 200
"""Characters that the longest pseudonym has, and more."""


class Candidate(NamedTuple):
    """Somebody that it may be, as a row of a table names them in one of its cells."""

    value: str
    column: str
    """The head of the column."""
    row: int
    """The number of the row in its file; the head is the first."""


def pseudonyms_in(text: str) -> Iterator[str]:
    """The pseudonyms in a text, in order, each as often as it stands there."""
    return (m[0] for m in PLACEHOLDER.finditer(text) if m[2])


def candidates_in(path: Path) -> Iterator[Candidate]:
    """The cells of a table (CSV, the first row names the columns) that are not empty. Raises UsageError, also for none."""
    is_empty = True
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            head = next(rows, [])
            if len(head) == 1 and (";" in head[0] or "\t" in head[0]):
                raise csv.Error  # as spreadsheets write it in some countries: each row would be one candidate
            for number, row in enumerate(rows, 2):
                for n, cell in enumerate(row):
                    if cell.strip():
                        is_empty = False
                        yield Candidate(cell.strip(), head[n] if n < len(head) else "", number)
    except OSError as error:
        raise UsageError(f"{path}: the candidates cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error):
        raise UsageError(f"{path}: is no table: UTF-8, commas between cells, the names of columns in the first row") from None
    if is_empty:
        raise UsageError(f"{path}: holds no candidate; the first row names the columns, and the candidates stand below it")


def resolve(
    wanted: Collection[str], candidates: Iterable[Candidate], pseudonymizer: Pseudonymizer, engine: Engine
) -> Mapping[str, list[Candidate]]:
    """Returns pseudonym → the candidates that it stands for: more than one where they are spellings of one value.

    A candidate is tried as it stands, as every type that is wanted, and as what a log that holds it would make of it: of
    `https://acme.atlassian.net` also `acme`.
    """
    types = sorted({m[1] for m in map(PLACEHOLDER.fullmatch, wanted) if m is not None})
    found: dict[str, list[Candidate]] = {pseudonym: [] for pseudonym in wanted}
    for candidate in candidates:
        tokens = {pseudonymizer.token(entity_type, candidate.value) for entity_type in types}
        tokens |= {pseudonymizer.token(span.entity_type, span.plain) for span in engine.scan(candidate.value)}
        for token in tokens & found.keys():
            found[token].append(candidate)
    return found
