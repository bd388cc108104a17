"""`logscrub keys`: make a key, for pseudonyms or to sign proofs, and tell keys apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from logscrub.cli.console import put, say
from logscrub.cli.new_files import create
from logscrub.cli.options import (
    DecompressMemory,
    Detectors,
    Engine,
    Format,
    Names,
    Policy,
    each,
    given_key,
    help_without_command,
    number,
    readable,
    reading_of,
)
from logscrub.errors import OutputError, UsageError

app = typer.Typer(
    help="Make and identify keys, for pseudonyms and to sign proofs.", rich_markup_mode=None, invoke_without_command=True
)

EXAMPLES = """\b
Examples:
  logscrub keys new logscrub.key
  logscrub keys new --signing sign.key
  logscrub keys id logscrub.key
  logscrub keys rotate exports/ --store metrics --key-file old.key --to metrics-2 --new-key-file new.key

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

    The file holds one line. Keep it, and a copy in a safe place: a store of metrics is under one key, until keys rotate brings it
    under another.

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
        try:
            _write(public_file, public, mode=0o644)
        except BaseException:  # a key without its public one is of no use, and would be in the way of the next attempt
            file.unlink(missing_ok=True)
            raise
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


ROTATE = """\b
Examples:
  logscrub keys new new.key
  logscrub keys rotate exports/ --store metrics --key-file old.key --to metrics-2 --new-key-file new.key
  logscrub keys rotate exports/ --store metrics --key-file old.key --to metrics-2 --new-key-file new.key \\
    --candidates customers.csv

\b
The inputs are the overlap: raw logs that the store has counted, as many as you still have. They
are read under both keys. Give all that may be ingested again, for instance by nightly: a
record that is not among them would count again under the new key. A customer that is in none
of them, nor among the candidates, becomes another one.

\b
Nothing may be ingested into the old store meanwhile. It is left as it is: check the new one,
then delete the old store and the old key.

\b
Exit codes: 0 done; 1 done, but customers of the store are not known under the new key; 2 wrong
usage or configuration; 3 an input could not be read, or the store not written."""


@app.command("rotate", epilog=ROTATE)
def rotate(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="Raw logs that the store has counted.", show_default=False),
    ] = None,
    store: Annotated[str, typer.Option("--store", metavar="DIR", help="The store under the old key.", show_default=False)] = ...,  # type: ignore[assignment]
    key_file: Annotated[Path, typer.Option("--key-file", metavar="FILE", help="The old key.", show_default=False)] = ...,  # type: ignore[assignment]
    to: Annotated[
        str, typer.Option("--to", metavar="DIR", help="Where the store under the new key is written.", show_default=False)
    ] = ...,  # type: ignore[assignment]
    new_key_file: Annotated[Path, typer.Option("--new-key-file", metavar="FILE", help="The new key.", show_default=False)] = ...,  # type: ignore[assignment]
    candidates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A table of your customers, as for resolve: those who are in no log.", show_default=False
        ),
    ] = None,
    input_format: Format = "auto",
    policy: Policy = None,
    detectors: Detectors = None,
    names: Names = None,
    engine: Engine = None,
    decompress_memory: DecompressMemory = None,
) -> int:
    """Bring a store of metrics under a new key, so that it and what is learned from it survive the old one."""
    from logscrub.api import build_redactor, clean_text, engine_for_all_rows, engine_of, settings
    from logscrub.config import load_config
    from logscrub.errors import InputError
    from logscrub.extras import need

    need("keys rotate", "metrics")
    from logscrub.metrics import rotation
    from logscrub.metrics.store import open_store, refuse_other_key
    from logscrub.redact.resolving import candidates_in

    reading = reading_of(decompress_memory, False)
    config = settings(load_config(), policy, detectors or [], names)
    old, new = (engine_of(build_redactor(config, given_key(file)), engine) for file in (key_file, new_key_file))
    before, after = old.redactor.pseudonymizer, new.redactor.pseudonymizer
    if before.key_id == after.key_id:
        raise UsageError(f"{new_key_file}: is the same key as {key_file}; make another one with: logscrub keys new")
    kept = open_store(store)
    refuse_other_key(kept, before.key_id)
    good, unreadable = readable(inputs or [])
    errors = [str(error) for _, error in unreadable]
    bridge = rotation.Bridge()
    for item in each(good):
        try:
            rotation.read_under_both(old, new, item, input_format, reading, bridge)
        except InputError as error:
            errors.append(item.name + clean_text(old.redactor, str(error).removeprefix(item.name)))
    for message in errors:
        say(message)
    if errors:
        say(f"{to}: not written, because what could not be read would count again")
        return 3
    if candidates is not None:
        wanted = rotation.tenants_of(kept)
        rotation.add_candidates(bridge, wanted, candidates_in(candidates), before, after, engine_for_all_rows(config))
    done = rotation.rotate(kept, rotation.as_new(to, after.key_id), bridge)
    say(
        f"{to}: {number(done.days, 'day')} under key {after.key_id}; {done.known:,} of {number(done.tenants, 'customer')} and "
        f"{done.translated:,} of {number(done.prints, 'record')} are known under it"
    )
    return 1 if done.known < done.tenants else 0


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
