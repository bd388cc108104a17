"""`logscrub vocabulary`: learn what an app says, for guarantees by counting."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from logscrub.cli.console import put_bytes, say
from logscrub.cli.options import (
    DecompressMemory,
    Detectors,
    Engine,
    Format,
    KeyFile,
    Names,
    Policy,
    each,
    given_key,
    help_without_command,
    number,
    readable,
    reading_of,
)

if TYPE_CHECKING:
    from logscrub.guarantee.engine import Guarantee

app = typer.Typer(help="Learn what an app says, for scrub --guarantee.", rich_markup_mode=None, invoke_without_command=True)

EXAMPLES = """\b
Examples:
  logscrub vocabulary learn exports/ --vocabulary app.vocabulary --key-file logscrub.key
  logscrub vocabulary learn --source my-app/src --vocabulary app.vocabulary --key-file logscrub.key
  tail -F app.log | logscrub scrub --guarantee 5 --vocabulary app.vocabulary --key-file logscrub.key

\b
From logs, the statements of each customer are added to the file, both as keyed hashes: no word
and no name. From sources (JavaScript, TypeScript), all texts are added as the app's own,
without the values that are filled in.

\b
Exit codes: 0 done; 2 wrong usage or configuration; 3 an input could not be read (to its end),
or the vocabulary not written. Then it is as it was."""


@app.callback()
def _group(context: typer.Context) -> None:
    help_without_command(context)


@app.command("learn", epilog=EXAMPLES)
def learn(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT...",
            help="Logs, as they come or scrubbed under the same key: files, folders or patterns.",
            show_default=False,
        ),
    ] = None,
    vocabulary: Annotated[
        Path, typer.Option("--vocabulary", metavar="FILE", help="The file to which statements are added.", show_default=False)
    ] = ...,  # type: ignore[assignment]
    source: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", help="A folder with the app's JavaScript or TypeScript. May be repeated.", show_default=False
        ),
    ] = None,
    key_file: KeyFile = None,
    input_format: Format = "auto",
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = None,
    decompress_memory: DecompressMemory = None,
) -> int:
    """Learn statements from logs, and an app's own texts from its sources."""
    from logscrub.api import build_redactor, engine_of, settings
    from logscrub.config import load_config
    from logscrub.errors import LogscrubError, UsageError
    from logscrub.extras import need
    from logscrub.guarantee.engine import Guarantee, Listening, listen
    from logscrub.guarantee.support import MOST_CUSTOMERS, read_vocabulary, support_of, vocabulary_bytes

    key = given_key(key_file)
    if key is None:
        raise UsageError("a vocabulary is under a key, that of later scrubs; add: --key-file FILE")
    if not inputs and not source:
        raise UsageError("nothing to learn from; give logs, or the app's sources: --source DIR")
    if source:
        need("--source", "source")
    reading = reading_of(decompress_memory, False)
    good, unreadable = readable(inputs or [])
    using = engine_of(build_redactor(settings(load_config(), policy, detectors or [], names), key), engine, threads=None)
    pseudonymizer = using.redactor.pseudonymizer
    support = support_of(pseudonymizer, MOST_CUSTOMERS)
    if vocabulary.exists():
        read_vocabulary(vocabulary, pseudonymizer, support)
    before, guarantee = len(support), Guarantee(using.redactor, support)
    errors: list[LogscrubError] = [error for _, error in unreadable]
    with Listening(using, guarantee) as listening:
        for item in each(good):
            aside = listen(listening, item, input_format, reading)
            if aside.error is not None:
                errors.append(aside.error)
    files = _learn_from_sources(guarantee, source or ())
    for error in errors:
        say(str(error))
    if errors:
        return 3
    put_bytes(vocabulary_bytes(pseudonymizer, support), vocabulary)
    learned = (
        [f"{len(support) - before:,} new statements and values, of {number(support.customers, 'customer')}"] if inputs else []
    )
    learned += [f"{len(support.own):,} of the app's own, from {number(files, 'source')}"] if source else []
    say(f"{vocabulary}: {'; '.join(learned)}; under key {pseudonymizer.key_id}")
    return 0


def _learn_from_sources(guarantee: Guarantee, folders: Iterable[Path]) -> int:
    """Adds the texts in an app's sources to what a guarantee knows. Returns the number of files. Raises UsageError."""
    from logscrub.errors import UsageError
    from logscrub.guarantee.source import sources_in, texts_in

    files = 0
    for folder in folders:
        if not folder.exists():
            raise UsageError(f"{folder}: there is no such folder")
        for path in sources_in(folder):
            files += 1
            for text in texts_in(path):
                guarantee.own(text)
    return files
