"""The library: scrubs and verifies texts and files. The command line is made of the same functions.

Settings come from the arguments, then from `config`. `logscrub.config.load_config()` reads the configuration file in force;
without `config` no file is read. An engine takes most of a second to make, so the process keeps it for calls with the same
settings.

The parts below are public too: `settings`, `build_redactor` and `engine_of` of `logscrub.engines.factory` make an engine,
`scrub_input` and `verify_input` of `logscrub.pipeline` run it over one input.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, AnyStr, Generic, TypeVar

from logscrub import objects
from logscrub.config import Config
from logscrub.engines.factory import (
    EngineName,
    Folders,
    PlainEngine,
    Runner,
    build_redactor,
    engine_for_all_rows,
    engine_of,
    engines,
    path_argument,
    settings,
    wrong_argument,
)
from logscrub.errors import InputError, UsageError
from logscrub.pipeline import (
    ByteReader,
    Passed,
    Progress,
    content_digest,
    report_name,
    scrub_input,
    scrub_members,
    scrub_stream,
    verify_input,
)
from logscrub.redact.file_names import clean_name, clean_text, unused_name
from logscrub.scrubbing import Tally
from logscrub.sources.decompression import MEMORY, Reading
from logscrub.sources.files import Input, printable
from logscrub.sources.streams import Stream
from logscrub.verification import FileReport

if TYPE_CHECKING:
    from logscrub.guarantee.engine import Guarantee

__all__ = [
    "ByteReader",
    "EngineName",
    "Folders",
    "Guaranteed",
    "Passed",
    "PlainEngine",
    "Progress",
    "Runner",
    "Scrubbed",
    "build_redactor",
    "clean_name",
    "clean_text",
    "content_digest",
    "engine_for_all_rows",
    "engine_of",
    "engines",
    "report_name",
    "scrub",
    "scrub_file",
    "scrub_files_with_guarantee",
    "scrub_input",
    "scrub_members",
    "scrub_stream",
    "settings",
    "unused_name",
    "verify",
    "verify_file",
    "verify_files_with_guarantee",
    "verify_input",
]

Output = TypeVar("Output", str, bytes, None)


@dataclass(frozen=True, slots=True)
class Scrubbed(Generic[Output]):
    """The result of a scrub."""

    output: Output = field(repr=False)
    """The clean log, of the type that was given; None if it was written to a file."""
    records_read: int
    records_written: int
    records_withheld: int
    """Number of records that could not be scanned. `<WITHHELD>` stands in the place of their texts."""
    parts_withheld: int
    """Number of parts of records (continued lines, pieces of broken JSON) that could not be scanned."""
    redactions: Mapping[str, int]
    """Number of redactions by entity type."""
    formats: tuple[str, ...]
    """The names of the formats that were read."""
    faults: tuple[str, ...] = ()
    """One message for each place where salvaged data broke off; empty if everything was read."""

    @property
    def withheld(self) -> int:
        """Number of records and parts of records that could not be scanned. 0 means that everything was scanned."""
        return self.records_withheld + self.parts_withheld


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """The result of a scrub with a guarantee by counting."""

    files: tuple[Scrubbed[None], ...]
    """One result per file, in the order given."""
    customers: int
    """Number of customers whose records were read."""
    cost: Mapping[str, Any]
    """Counts of what the guarantee took out, as in the summary of `logscrub scrub --guarantee`."""


def scrub(
    data: AnyStr,
    *,
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> Scrubbed[AnyStr]:
    """Scrubs a whole log.

    Args:
        data: the log, not compressed.
        policy: the name of a built-in policy, or the path of a policy file; None for that of `config`, else "atlassian".
        key: at least 16 bytes, for pseudonyms that are equal in every call; None for a random key of this call.
        detectors: a folder of detectors besides the built-in ones, or a list of folders.
        input_format: the name of a format, or "auto" to recognise it.
        config: settings, or the path of a configuration file; None for the defaults.
        engine: "native" or "plain"; None for the fastest that is installed. The output is the same.

    Returns:
        The clean log, of the same type, with counts.

    Raises:
        UsageError: a setting is wrong.
        InputError: the data is compressed or an archive.

    Example:
        >>> clean = scrub("mail from jane@acme.example\\n")
        >>> clean.output
        'mail from <EMAIL_ADDRESS>\\n'
        >>> clean.redactions
        {'EMAIL_ADDRESS': 1}
    """
    raw = _bytes(data)
    using = engine_of(build_redactor(settings(config, policy, detectors), key), engine)
    scrubber = using.scrubber(input_format)
    out = scrubber.feed(raw) + scrubber.finish()
    return scrubbed_of(out.decode("utf-8", "surrogatepass") if isinstance(data, str) else out, scrubber.tally)


def scrub_file(
    source: str | Path,
    target: str | Path,
    *,
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
    salvage: bool = False,
    decompress_memory: int = MEMORY,
) -> Scrubbed[None]:
    """Scrubs a file into another file with the same compression. The target appears whole or not at all.

    Args:
        source: the file to read; compressed files and archives too.
        target: the file to write.
        policy, key, detectors, input_format, config, engine: as in `scrub`.
        salvage: True to take what comes before the fault in compressed data that is cut off or damaged. `Scrubbed.faults` then
            says where the fault is.
        decompress_memory: bytes that the window of zstd data or the dictionary of xz data may have.

    Returns:
        The counts, with `output` None.

    Raises:
        InputError: the source cannot be read to its end.
        OutputError: the target cannot be written.
        UsageError: a setting is wrong, or the target is the source.
    """
    reading = _reading(decompress_memory, salvage)
    using = engine_of(build_redactor(settings(config, policy, detectors), key), engine)
    item = _input(source, "source")
    return scrubbed_of(
        None, scrub_input(using, item, path_argument(target, "target"), input_format=input_format, reading=reading)
    )


def verify(
    data: str | bytes,
    *,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> FileReport:
    """Finds the customer data in a whole log that the policy does not keep.

    Args:
        data: the log, not compressed.
        policy, detectors, input_format, config, engine: as in `scrub`.

    Returns:
        A report with the place and kind of each finding, never its value.

    Raises:
        UsageError: a setting is wrong.
        InputError: the data is compressed or an archive.

    Example:
        >>> report = verify("mail from jane@acme.example\\n")
        >>> report.clean, [(finding.line, finding.entity_type) for finding in report.findings]
        (False, [(1, 'EMAIL_ADDRESS')])
    """
    raw = _bytes(data)
    using = engine_of(build_redactor(settings(config, policy, detectors)), engine)
    verifier = using.verifier("-", input_format)
    verifier.feed(raw)
    report = verifier.finish()
    report.sha256 = report.content_sha256 = hashlib.sha256(raw).hexdigest()
    return report


def verify_file(
    path: str | Path,
    *,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
    salvage: bool = False,
    decompress_memory: int = MEMORY,
) -> list[FileReport]:
    """Finds the customer data in a file that the policy does not keep.

    Args:
        path: the file to read; compressed files and archives too.
        policy, detectors, input_format, config, engine: as in `scrub`.
        salvage, decompress_memory: as in `scrub_file`.

    Returns:
        One report, or one per member of an archive. A file that cannot be read to its end has a report with an `error`, which is
        not clean.

    Raises:
        UsageError: a setting is wrong.
    """
    reading = _reading(decompress_memory, salvage)
    using = engine_of(build_redactor(settings(config, policy, detectors)), engine)
    return verify_input(using, _input(path, "path"), input_format=input_format, reading=reading)


def scrub_files_with_guarantee(
    files: Mapping[str, str | Path] | Mapping[Path, str | Path],
    *,
    customers: int = 5,
    vocabulary: str | Path | None = None,
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
    salvage: bool = False,
    decompress_memory: int = MEMORY,
) -> Guaranteed:
    """Scrubs files, and replaces by `<RARE>` what fewer customers say in all of them together.

    The statement that is guaranteed is in `docs/concepts/guarantee.md`. All files are read before the first is written, and then
    again.

    Args:
        files: the file to write for each file to read.
        customers: the number of customers whose records must say a word for it to stay, at least 2.
        vocabulary: a file that `logscrub vocabulary learn` made under the same key.
        policy, key, detectors, input_format, config, engine, salvage, decompress_memory: as in `scrub_file`.

    Returns:
        The counts of each file, and what the guarantee cost.

    Raises:
        InputError: a source cannot be read to its end, or was changed between the two readings. Files before it are written.
        OutputError: a target cannot be written.
        UsageError: a setting is wrong, a target is a source, or two targets are the same.
    """
    from logscrub.guarantee.engine import Keeping, Listening, listen

    reading = _reading(decompress_memory, salvage)
    using, guarantee = _counting(customers, vocabulary, key, settings(config, policy, detectors), engine)
    jobs = [(_input(source, "files"), path_argument(target, "files")) for source, target in files.items()]
    places = [path.resolve() for item, target in jobs for path in (item.path, target) if path is not None]
    if len(set(places)) < len(places):
        raise UsageError("files: a file is written to that is also read or written for another; choose other names")
    with Listening(using, guarantee) as listening:
        asides = [listen(listening, item, input_format, reading) for item, _ in jobs]
        done = tuple(
            scrubbed_of(
                None, scrub_input(Keeping(using, guarantee, aside), item, target, input_format=input_format, reading=reading)
            )
            for aside, (item, target) in zip(asides, jobs, strict=True)
        )
    return Guaranteed(done, guarantee.support.customers, guarantee.cost.as_dict())


def verify_files_with_guarantee(
    paths: Sequence[str | Path],
    *,
    customers: int = 5,
    vocabulary: str | Path | None = None,
    policy: str | Path | None = None,
    key: bytes | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
    salvage: bool = False,
    decompress_memory: int = MEMORY,
) -> list[FileReport]:
    """Finds the customer data in files, and what fewer customers say in all of them together.

    Args:
        paths: all files of a run: a word in one counts for the others.
        customers, vocabulary, key: as in `scrub_files_with_guarantee`; the key is needed for a vocabulary only.
        policy, detectors, input_format, config, engine, salvage, decompress_memory: as in `verify_file`.

    Returns:
        One report per file or member of an archive. What too few customers say is a finding of the type `RARE`.

    Raises:
        UsageError: a setting is wrong.
    """
    from logscrub.guarantee.engine import Keeping, Listening

    reading = _reading(decompress_memory, salvage)
    using, guarantee = _counting(customers, vocabulary, key, settings(config, policy, detectors), engine)
    items = [_input(path, "paths") for path in paths]
    with Listening(using, guarantee) as listening:
        for item in items:
            verify_input(listening, item, input_format=input_format, reading=reading)
    keeping = Keeping(using, guarantee)
    return [report for item in items for report in verify_input(keeping, item, input_format=input_format, reading=reading)]


def _counting(
    customers: int, vocabulary: str | Path | None, key: bytes | None, config: Config, engine: EngineName | None
) -> tuple[Runner, Guarantee]:
    """An engine, and a guarantee for its outputs. Raises UsageError."""
    from logscrub.guarantee.engine import guarantee_of
    from logscrub.guarantee.support import FEWEST

    if not isinstance(customers, int) or isinstance(customers, bool) or customers < FEWEST:
        raise UsageError(f"customers: must be a whole number of {FEWEST} or more")
    if vocabulary is not None and key is None:
        raise UsageError("vocabulary: is under a key; give it as key")
    using = engine_of(build_redactor(config, key), engine)
    return using, guarantee_of(using, customers, None if vocabulary is None else path_argument(vocabulary, "vocabulary"))[0]


def _input(given: str | Path, name: str) -> Input:
    path = path_argument(given, name)
    address = objects.address_of(given)
    if address is None:
        return Input(path, printable(path), Path(path.name))
    objects.refuse(address)
    return Input(address.path, printable(str(address)), Path(address.path.name), address=address)


def _bytes(data: str | bytes) -> bytes:
    if not isinstance(data, str | bytes | bytearray):
        raise wrong_argument("data", "str or bytes (for a file there are scrub_file and verify_file)", data)
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    with Stream("data", io.BytesIO(raw), len(raw), owned=True) as stream:
        if stream.compression != "none":
            raise InputError(f"data: is compressed ({stream.compression}); decompress it, or give a file's name to scrub_file")
        if stream.archive:
            raise InputError(f"data: is a {stream.archive} archive; unpack it, or give a file's name to scrub_file")
    return raw


def _reading(decompress_memory: int, salvage: bool) -> Reading:
    if not isinstance(decompress_memory, int) or isinstance(decompress_memory, bool):
        raise wrong_argument("decompress_memory", "a number of bytes", decompress_memory)
    if decompress_memory < 1:
        raise UsageError("decompress_memory: must be at least 1 byte")
    if not isinstance(salvage, bool):
        raise wrong_argument("salvage", "True or False", salvage)
    return Reading(decompress_memory, salvage)


def scrubbed_of(output: Output, tally: Tally) -> Scrubbed[Output]:
    """The result of a scrub, from its counts."""
    return Scrubbed(
        output,
        tally.records_read,
        tally.records_written,
        tally.records_withheld,
        tally.parts_withheld,
        dict(sorted(tally.redactions.items())),
        tuple(sorted(tally.formats)),
        tuple(tally.faults),
    )
