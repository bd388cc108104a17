"""`logscrub attest`: check a proof that somebody else made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logscrub.cli.console import put, say
from logscrub.cli.options import (
    DecompressMemory,
    Detectors,
    Engine,
    KeyFile,
    Policy,
    Vocabulary,
    check_guarantee,
    given_key,
    help_without_command,
    number,
    reading_of,
)
from logscrub.cli.verify import asked_for, examine, promised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logscrub.attest.statement import Statement, Subject
    from logscrub.cli.verify import Asked
    from logscrub.sources.decompression import Reading

app = typer.Typer(help="Check a proof that logs hold no customer data.", rich_markup_mode=None, invoke_without_command=True)

EXAMPLES = """\b
Examples:
  logscrub attest check proof.json clean/ --public-key sign.key.pub
  logscrub attest check proof.json clean/ --public-key sign.key.pub --again

\b
Where it ends with 0: exactly these files were found clean, by these rules, at that time, by
somebody with the private key. If not, each file that differs is named, or whatever else does not
hold.
A file is its bytes: its name and its place do not matter. The public key is not part of the
proof: get it from the one who signed, by another way.

\b
--again verifies the files anew, with the configuration in force in this folder, and tells
which of the rules have changed since.

\b
Exit codes: 0 all of it holds; 1 something does not; 2 wrong usage or configuration;
3 a file could not be read."""


@app.callback()
def _group(context: typer.Context) -> None:
    help_without_command(context)


@app.command("check", epilog=EXAMPLES)
def check(
    proof: Annotated[Path, typer.Argument(metavar="PROOF", help="The proof, from logscrub verify --attest.", show_default=False)],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="The files that it is about, or folders of them.", show_default=False),
    ],
    public_key: Annotated[
        Path, typer.Option("--public-key", metavar="FILE", help="The public key of the one who signed.", show_default=False)
    ],
    again: Annotated[bool, typer.Option("--again", help="Verify the files anew too, and tell what rules have changed.")] = False,
    policy: Policy = None,
    detectors: Detectors = None,
    engine: Engine = None,
    vocabulary: Vocabulary = None,
    key_file: KeyFile = None,
    decompress_memory: DecompressMemory = None,
) -> int:
    """Check that exactly these files were proven clean, by whom, when, and by which rules."""
    from logscrub.attest.checking import differences
    from logscrub.attest.signing import NotGenuine, open_envelope, read_public_key
    from logscrub.attest.statement import NotUnderstood, parse
    from logscrub.errors import InputError, UsageError
    from logscrub.sources.files import printable, why_unreadable

    if not again and (policy or detectors or engine or vocabulary or key_file or decompress_memory):
        raise UsageError(
            "--policy, --detectors, --engine, --vocabulary, --key-file and --decompress-memory are for verifying anew; "
            "add --again"
        )
    reading = reading_of(decompress_memory, False)
    key = read_public_key(public_key)
    try:
        data = proof.read_bytes()
    except OSError as error:
        raise InputError(f"{proof}: {why_unreadable(error)}") from None
    asked = asked_for(files)
    if asked.stores:
        raise UsageError(f"{asked.stores[0]}: is a store of metrics, of which there are no proofs; give files")
    try:
        statement = parse(open_envelope(data, key))
    except (NotGenuine, NotUnderstood) as error:
        put(f"{printable(proof)}: {error}\nnot proven\n")
        return 1
    lines: list[str] = []
    wrong: list[str] = []
    if again:
        given, failed, lines, wrong = _again(statement, asked, policy, detectors or [], engine, vocabulary, key_file, reading)
    else:
        given, failed = _digests(asked)
    different = [f"{name}: {what}" for name, what in differences(statement.subjects, given)]
    wrong += [*different, *([] if statement.predicate["clean"] else ["the proof does not say that they are clean"])]
    told = [*_told(statement, public_key), *lines, *wrong, _verdict(statement, wrong, failed)]
    put("".join(f"{printable(line)}\n" for line in told))
    return 1 if wrong else 3 if failed else 0


def _digests(asked: Asked) -> tuple[list[Subject], int]:
    """The files with their digests, and how many could not be read, which is said."""
    from logscrub.attest.checking import digest_of_input
    from logscrub.attest.statement import Subject
    from logscrub.errors import InputError

    given = []
    errors = [error for _, error in asked.unreadable]
    for item in asked.items:
        try:
            given.append(Subject(item.name, digest_of_input(item)))
        except InputError as error:
            errors.append(error)
    for message in map(str, errors):
        say(message)
    return given, len(errors)


def _again(
    statement: Statement,
    asked: Asked,
    policy: str | None,
    detectors: list[Path],
    engine: Any,
    vocabulary: Path | None,
    key_file: Path | None,
    reading: Reading,
) -> tuple[list[Subject], int, list[str], list[str]]:
    """The files with their digests as they are verified anew, how many could not be read, what there is to say, what is wrong.

    The rules are those in force here. What the proof says in their place is taken of the options that were given to `verify`:
    a built-in policy, the recognizer of names, the format.
    """
    from logscrub.api import build_redactor, engine_of, settings
    from logscrub.attest.checking import changed
    from logscrub.config import load_config
    from logscrub.redact.policy import builtin_policies
    from logscrub.rules import about
    from logscrub.verification import text_report

    then = statement.predicate["rules"]
    if policy is None and then["policy"]["name"] in builtin_policies():
        policy = then["policy"]["name"]
    config = settings(load_config(), policy, detectors, then["configuration"]["names"]["recognizer"])
    key = None if vocabulary is None else given_key(key_file)
    check_guarantee(then.get("guarantee", {}).get("customers"), vocabulary, key)
    using = engine_of(build_redactor(config, key), engine, threads=None)
    now = about(using, config, then["input_format"])
    if "guarantee" in then:
        customers = then["guarantee"]["customers"]
        using, now["rules"]["guarantee"] = promised(using, customers, vocabulary, asked, then["input_format"], reading)
    done = examine(using, asked, then["input_format"], reading)
    rules = changed(then, now["rules"])
    by = f"logscrub {now['version']} ({now['engine']} engine, Python {now['python']})"
    lines = [f"verified again by {by}: {text_report.verdict(done.reports, allow_empty=True)}"]
    not_given = "rules: the vocabulary of then was not given; add --vocabulary FILE --key-file FILE"
    missing = vocabulary is None and bool(then.get("guarantee", {}).get("vocabulary"))
    wrong = [not_given if missing and name == "guarantee.vocabulary" else f"rules: {name} has changed since" for name in rules]
    wrong += [f"{r.path}: {number(r.found, 'finding')}" for r in done.reports if r.found]
    return done.subjects, sum(bool(r.error or r.unread) for r in done.reports), lines, wrong


def _told(statement: Statement, public_key: Path) -> list[str]:
    """The signer, result, time and rules of a proof, with a caution first where there is one."""
    from logscrub.verification.second_opinion import headline
    from logscrub.verification.text_report import caution

    says = statement.predicate
    rules = says["rules"]
    first = caution(rules)
    entries, allowed = rules["configuration"]["allow"], sum(entry["count"] for entry in says["allowed"])
    return [
        *([first] if first else []),
        f"signed with the key that belongs to {public_key}",
        f"at {says['time']}, by logscrub {says['version']} ({says['engine']} engine, Python {says['python']})",
        f"policy {rules['policy']['name']}, {number(len(says['detectors']), 'detector')}, "
        f"digest {rules['detectors']['digest'][:16]}…",
        *([f"{number(allowed, 'value')} stayed because of the allow-list, which has {entries:,}"] if entries else []),
        *([_guarantee(rules["guarantee"])] if "guarantee" in rules else []),
        *([headline(says["second_opinion"])] if "second_opinion" in says else []),
        *([f"written by a scrub at {says['scrub']['time']}, under key {says['scrub']['key_id']}"] if "scrub" in says else []),
    ]


def _guarantee(rule: Mapping[str, Any]) -> str:
    by = f", or the vocabulary {rule['vocabulary'][:16]}… has it" if rule["vocabulary"] else ""
    return f"no word stays that fewer than {rule['customers']:,} customers say{by}"


def _verdict(statement: Statement, wrong: list[str], failed: int) -> str:
    files, records = number(len(statement.subjects), "file"), number(statement.predicate["records"], "record")
    if wrong:
        return "not proven: what stands above does not hold"
    if failed:
        return f"not proven: {number(failed, 'file')} could not be read"
    return f"proven: exactly {'this' if len(statement.subjects) == 1 else 'these'} {files}, {records}, found clean"
