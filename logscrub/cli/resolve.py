"""`logscrub resolve`: whose pseudonyms these are, for whoever has the key and a list of those it may be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logscrub.cli.console import let_interrupt, put, say
from logscrub.cli.detectors import table
from logscrub.cli.options import (
    DecompressMemory,
    KeyFile,
    TextOrJson,
    each,
    given_key,
    number,
    readable,
    reading_of,
    wait_for_input,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logscrub.errors import InputError
    from logscrub.redact.resolving import Candidate
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import Input

EXAMPLES = """\b
Examples:
  logscrub resolve clean/ --key-file logscrub.key --candidates customers.csv
  echo '<SITE_NAME:6f1c0123456789abcdef>' | logscrub resolve --key-file logscrub.key --candidates customers.csv

\b
The candidates are a table: CSV, the names of the columns in the first row, such as a list of
installations with sites, cloud ids and account ids. Each cell is tried as it stands, and in the
forms that scrubbing would make of it: https://acme.atlassian.net also as acme.

\b
What this prints is customer data: it goes to standard output, and nowhere else.

\b
Exit codes: 0 each pseudonym is a candidate's; 1 one is not; 2 wrong usage or configuration;
3 an input could not be read, or held no pseudonym."""


def resolve(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT...",
            help="Scrubbed logs, reports or other texts with pseudonyms. None, or -, is standard input.",
            show_default=False,
        ),
    ] = None,
    candidates: Annotated[
        Path, typer.Option("--candidates", metavar="FILE", help="A table of possible customers, as CSV.", show_default=False)
    ] = ...,  # type: ignore[assignment]
    key_file: KeyFile = None,
    report_format: TextOrJson = "text",
    decompress_memory: DecompressMemory = None,
) -> int:
    """Show which customers the pseudonyms in a log stand for.

    Computes the pseudonyms of all candidates under your key. Nobody can do so without it, or for a customer not on the list.
    """
    from logscrub.api import build_redactor, engine_for_all_rows, settings
    from logscrub.config import load_config
    from logscrub.errors import UsageError
    from logscrub.redact.resolving import candidates_in
    from logscrub.redact.resolving import resolve as resolved

    key = given_key(key_file)
    if key is None:
        raise UsageError("pseudonyms can be resolved only with the key that made them; add: --key-file FILE")
    reading = reading_of(decompress_memory, False)
    good, unreadable = readable(inputs or ["-"])
    items = each(good)
    config = settings(load_config(), None, [])
    pseudonymizer = build_redactor(config, key).pseudonymizer
    wait_for_input(items)
    let_interrupt()
    seen, errors = _counted(items, reading)
    errors = [*(error for _, error in unreadable), *errors]
    for message in map(str, errors):
        say(message)
    found = resolved(seen, candidates_in(candidates), pseudonymizer, engine_for_all_rows(config))
    if report_format == "json":
        put(_as_json(found, seen, pseudonymizer.key_id))
    elif found:
        put(_as_table(found, seen))
    unknown = sum(not of for of in found.values())
    say(f"{number(len(found), 'pseudonym')}, {unknown:,} of none of the candidates, under key {pseudonymizer.key_id}")
    return 3 if errors or not found else 1 if unknown else 0


def _counted(items: Iterable[Input], reading: Reading) -> tuple[Counter[str], list[InputError]]:
    """Counts each pseudonym in the inputs. Returns the errors of those that cannot be read to their end, too."""
    from logscrub.errors import InputError
    from logscrub.sources.streams import open_stream

    seen: Counter[str] = Counter()
    errors = []
    for item in items:
        try:
            with open_stream(item, reading) as stream:
                for pieces in stream.contents():
                    seen.update(_pseudonyms(pieces))
        except InputError as error:
            errors.append(error)
    return seen, errors


def _as_json(found: Mapping[str, Sequence[Candidate]], seen: Mapping[str, int], key_id: str) -> str:
    import json

    rows = [
        {"pseudonym": pseudonym, "count": seen[pseudonym], "candidates": [one._asdict() for one in found[pseudonym]]}
        for pseudonym in sorted(found)
    ]
    return json.dumps({"key_id": key_id, "pseudonyms": rows}, indent=2, ensure_ascii=False) + "\n"


def _as_table(found: Mapping[str, Sequence[Candidate]], seen: Mapping[str, int]) -> str:
    rows = []
    for pseudonym in sorted(found):
        names = [f"{one.value} ({one.column}, row {one.row})" for one in found[pseudonym]] or ["none of the candidates"]
        rows += [(pseudonym, f"{seen[pseudonym]:,}", name) for name in names]
    return table(("PSEUDONYM", "COUNT", "IS"), rows)


def _pseudonyms(pieces: Iterable[bytes]) -> Iterator[str]:
    """The pseudonyms in the bytes of an input, however they are cut."""
    from logscrub.redact.resolving import LONGEST, pseudonyms_in
    from logscrub.sources.text import TextDecoder

    decoder = TextDecoder()
    held = ""
    for piece in pieces:
        held += decoder.feed(piece)
        cut = held.rfind("<", max(0, len(held) - LONGEST))  # the last one may continue in the next piece
        cut = len(held) if cut < 0 or ">" in held[cut:] else cut
        yield from pseudonyms_in(held[:cut])
        held = held[cut:]
    yield from pseudonyms_in(held + decoder.finish()[0])
