"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from logscrub.cli.console import let_interrupt, put, say
from logscrub.detect.names import Kind
from logscrub.errors import InputError, UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from logscrub.scrubbing import Tally
    from logscrub.sources.decompression import Reading
    from logscrub.sources.files import Input

InputFormat = Literal[
    "auto",
    "otlp",
    "app-logs",
    "ndjson",
    "windows-event",
    "wevtutil",
    "journald-export",
    "w3c",
    "lambda",
    "forge-cli",
    "syslog-frames",
    "syslog",
    "klog",
    "access-log",
    "aws-load-balancer",
    "logfmt",
    "csv",
    "text",
]

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT...",
        help="Files, folders or patterns ('logs/*.log'), here or at s3://, gs://, az://, or a log at https://; plain, compressed "
        "or archived. None, or -, is standard input.",
        show_default=False,
    ),
]
Format = Annotated[
    InputFormat, typer.Option("--input-format", help="The format of the inputs. Recognised from their first lines by default.")
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration; logscrub.toml here, or in a folder above, by default.",
        show_default=False,
    ),
]
TextOrJson = Annotated[Literal["text", "json"], typer.Option("--format", help="For people, or for machines.")]
Detectors = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR", help="A folder of your own detectors, besides the built-in ones. May be repeated.", show_default=False
    ),
]
Policy = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="The treatment of what is found: atlassian (the default), strict, secrets-only, or a file of your own.",
        show_default=False,
    ),
]

Names = Annotated[
    Kind | None,
    typer.Option(
        "--names",
        help="The recognizer of names in running text: lists (the default), Presidio's ner, or both, which is slower.",
        show_default=False,
    ),
]

KeyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The file with the key for pseudonyms, made by logscrub keys new. The default is LOGSCRUB_KEY.",
        show_default=False,
    ),
]
StoreAt = Annotated[
    str | None,
    typer.Option("--store", metavar="DIR", help="The store of metrics: a folder, or s3://bucket/name.", show_default=False),
]

Engine = Annotated[
    Literal["native", "plain"] | None,
    typer.Option(
        "--engine",
        help="native: the compiled core, on all processors; plain: Python, on one. The output is the same. Native without this "
        "option, where the core is installed (logscrub --version says).",
        show_default=False,
    ),
]

GuaranteeOf = Annotated[
    int | None,
    typer.Option(
        "--guarantee",
        min=2,
        metavar="K",
        help="Replace words that occur in the records of fewer than K customers by <RARE>. See docs/concepts/guarantee.md.",
        show_default=False,
    ),
]
Vocabulary = Annotated[
    Path | None,
    typer.Option(
        "--vocabulary",
        metavar="FILE",
        help="For --guarantee: the file of known statements, made by logscrub vocabulary learn. It needs the key.",
        show_default=False,
    ),
]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="CLUSTER",
        help="Run on a Dask cluster: local, for processes of this machine, or the address of a scheduler (tcp://host:8786), "
        "whose workers must find inputs, outputs and key by the same names. The output is the same.",
        show_default=False,
    ),
]

Salvage = Annotated[
    bool,
    typer.Option(
        "--salvage",
        help="Take what can be read of compressed data that is cut off or damaged. The exit code is 3 all the same.",
    ),
]
DecompressMemory = Annotated[
    str | None,
    typer.Option(
        "--decompress-memory",
        metavar="SIZE",
        help="The largest window of zstd data, or dictionary of xz data, such as 2GiB; 128MiB by default.",
        show_default=False,
    ),
]


def reading_of(decompress_memory: str | None, salvage: bool) -> Reading:
    """The settings for compressed inputs. Raises UsageError."""
    from logscrub.sources.decompression import MEMORY, Reading, bytes_of
    from logscrub.sources.files import printable

    if decompress_memory is None:
        return Reading(MEMORY, salvage)
    memory = bytes_of(decompress_memory)
    if memory is None:
        raise UsageError(f"--decompress-memory {printable(decompress_memory)}: is no size; write it like 512MiB or 2GiB")
    return Reading(memory, salvage)


def given_key(file: Path | None) -> bytes | None:
    """The key for pseudonyms: that of `--key-file`, else that of LOGSCRUB_KEY, else none.

    Warns of a key that others may read or guess. Raises UsageError for one that is none.
    """
    from logscrub.redact import keys

    key = keys.given_key(file)
    for line in [] if key is None else keys.weaknesses(key, file):
        say(line)
    return key


def check_guarantee(customers: int | None, vocabulary: Path | None, key: bytes | None) -> None:
    """Raises UsageError where a vocabulary has no guarantee that it is for, or no key."""
    if vocabulary is not None and customers is None:
        raise UsageError("--vocabulary is for a guarantee; add how many customers' records must say a word: --guarantee 5")
    if vocabulary is not None and key is None:
        raise UsageError("--vocabulary: is read with the key under which it was learned; add: --key-file FILE")


def key_on(on: str, key: bytes | None, key_file: Path | None) -> bytes:
    """The key for a run on a cluster: the given one, else, for workers of this machine, a random one. Raises UsageError."""
    need("--on", "dask")
    from logscrub.dask import key_for

    source, own = key_for(on, key_file, key)
    return key or own or source.read()


def file_or_none(output: Path | None) -> Path | None:
    """The path that an option names; None, also for `-`, is standard output."""
    return None if output is None or str(output) == "-" else output


def readable(arguments: list[str]) -> tuple[list[str], list[tuple[str, InputError]]]:
    """The arguments that stand for inputs, and the others with what is wrong with them."""
    from logscrub.sources.files import expand

    good: list[str] = []
    failed: list[tuple[str, InputError]] = []
    for argument in arguments:
        try:
            expand([argument])
            good.append(argument)
        except InputError as error:
            failed.append((argument, error))
    return good, failed


def wait_for_input(items: Iterable[Input]) -> None:
    """Says so where a person has to type the input. To be called just before it is read."""
    if any(item.path is None for item in items) and sys.stdin is not None and sys.stdin.isatty():
        let_interrupt()
        say("reading standard input; Ctrl-D ends")


def size(count: int) -> str:
    """Bytes for people."""
    if count < 1000:
        return f"{count} B"
    for unit, one in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < 999.95 * one or unit == "GB":
            return f"{count / one:.1f} {unit}"
    raise AssertionError


def help_without_command(context: typer.Context) -> None:
    """A group without a command shows its help, as wrong usage."""
    if context.invoked_subcommand is None:
        put(context.get_help() + "\n")
        raise typer.Exit(2)


def number(count: int, noun: str) -> str:
    """`1 record`, `1,204 records`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def unscanned(tally: Tally) -> str:
    """The withheld records and parts, in words: `2 records and 1 part of a record`; "" if nothing was withheld."""
    parts = tally.parts_withheld
    counts = [number(tally.records_withheld, "record")] if tally.records_withheld else []
    counts += [f"{parts:,} {'part of a record' if parts == 1 else 'parts of records'}"] if parts else []
    return " and ".join(counts)


def each(arguments: Iterable[str]) -> list[Input]:
    """Returns the inputs that the arguments stand for, where two may have the same name."""
    from logscrub.sources.files import expand

    return [item for argument in arguments for item in expand([argument])]
