"""`logscrub keys`: make a key, for pseudonyms or to sign proofs, and tell keys apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from logscrub.cli.console import put, say
from logscrub.cli.detectors import help_without_command
from logscrub.cli.new_files import create
from logscrub.cli.options import given_key
from logscrub.errors import OutputError, UsageError

app = typer.Typer(
    help="Make and identify keys, for pseudonyms and to sign proofs.", rich_markup_mode=None, invoke_without_command=True
)

EXAMPLES = """\b
Examples:
  logscrub keys new logscrub.key
  logscrub keys new --signing sign.key
  logscrub keys id logscrub.key

\b
Exit codes: 0 done; 2 the file exists already, or is no key; 3 it could not be written."""

KeyPath = Annotated[Path, typer.Argument(metavar="FILE", help="The key file.", show_default=False)]


@app.callback()
def _group(context: typer.Context) -> None:
    help_without_command(context)


@app.command("new", epilog=EXAMPLES)
def new(
    file: KeyPath,
    signing: Annotated[
        bool, typer.Option("--signing", help="Make a key that signs proofs, and the public one, FILE.pub.")
    ] = False,
) -> int:
    """Make a random key, in a new file that only you can read.

    The file holds one line. Keep it, and a copy in a safe place: a store of metrics is under one key for its whole life.

    With --signing, two files: the private key signs proofs (verify --attest), and whoever has the public one, FILE.pub, can check
    them (attest check). Both are PEM, Ed25519.
    """
    from logscrub.attest import signing as signatures
    from logscrub.redact.keys import new_key
    from logscrub.redact.pseudonyms import Pseudonymizer

    if str(file) == "-":
        raise UsageError("a key belongs into a file that only you can read, not on standard output; give the file's name")
    if signing:
        private, public = signatures.new_keys()
        public_file = file.with_name(file.name + ".pub")
        if os.path.lexists(public_file):
            raise UsageError(f"{public_file}: exists already, and belongs to another key; choose another name")
        _write(file, private)
        _write(public_file, public, mode=0o644)
        key_id = signatures.key_id(signatures.read_public_key(public_file))[:16]
        say(f"{file}: a new key to sign with, id {key_id}…; give {public_file} to whoever checks, and {file} to nobody")
        return 0
    key = new_key()
    _write(file, key + b"\n")
    say(f"{file}: a new key, id {Pseudonymizer(key).key_id}; keep a copy in a safe place")
    return 0


@app.command("id", epilog=EXAMPLES)
def identify(file: KeyPath) -> int:
    """Print a key's id, which stores, summaries and signed proofs show. It says nothing about the key."""
    from logscrub.attest import signing
    from logscrub.redact.pseudonyms import Pseudonymizer

    if signer := signing.id_of_file(file):
        put(f"{signer}\n")
        return 0
    put(f"{Pseudonymizer(given_key(file)).key_id}\n")
    return 0


def _write(path: Path, key: bytes, *, mode: int = 0o600) -> None:
    """Writes a key to a new file of that mode. Raises UsageError where there is something at that path already, OutputError."""
    try:
        create(path, key, mode)
    except FileExistsError:
        raise UsageError(
            f"{path}: exists already; a key that is overwritten takes its store and its pseudonyms with it; choose another name"
        ) from None
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError | ValueError) -> OutputError:
    why = os.strerror(error.errno or 5) if isinstance(error, OSError) else "no possible file name"
    return OutputError(f"{path}: the key file cannot be written ({why}); choose another place")
