"""The library: scrub and verify texts and files. The command line is made of the same functions.

    from logscrub import api

    api.scrub("mail from jane@acme.example\\n").output      # "mail from <EMAIL_ADDRESS>\\n"

Settings come from the arguments, then from `config` (`logscrub.config.load_config()` reads the file in force; without it no
file is looked for). An engine takes most of a second to make, so it is kept in the process for settings that come again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, AnyStr, Generic, Literal, Protocol, TypeVar, get_args

from logscrub import objects
from logscrub.config import Config, NameSettings, load_config
from logscrub.detect import catalogue
from logscrub.detect.engine import Engine
from logscrub.detect.names import Kind, Names
from logscrub.detect.names.lexicon import Lexicon
from logscrub.errors import InputError, UsageError
from logscrub.extras import need
from logscrub.model import WITHHELD, Leaf, Raw
from logscrub.redact.keys import check_key
from logscrub.redact.policy import load_policy
from logscrub.redact.pseudonyms import PLACEHOLDER, Pseudonymizer
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Scrubber, Scrubs, Tally
from logscrub.sinks import CodedSink, open_archive_sink, open_sink
from logscrub.sources.decompression import MEMORY, Reading
from logscrub.sources.files import Input, printable
from logscrub.sources.hashed import open_hashed
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import Stream, open_stream
from logscrub.verification import FileReport, Verifier, Verifies

Output = TypeVar("Output", str, bytes, None)

Progress = Callable[[int, Tally], None]
"""Told after each piece: how many bytes of the input (as it is on disk) were read, and what went through so far."""


@dataclass(frozen=True, slots=True)
class Scrubbed(Generic[Output]):
    """What came out of a scrub."""

    output: Output = field(repr=False)
    """The clean log, of the type that went in; None where it went to a file."""
    records_read: int
    records_written: int
    records_withheld: int
    """Records that could not be scanned: `<WITHHELD>` stands instead of their texts."""
    parts_withheld: int
    """Parts of records (lines that go on, pieces of broken JSON) that could not be scanned: the same stands there."""
    redactions: Mapping[str, int]
    """Entity type → how often."""
    formats: tuple[str, ...]
    """The formats that were read."""
    faults: tuple[str, ...] = ()
    """Where compressed data broke off that was salvaged, a message each. (): all was read."""

    @property
    def withheld(self) -> int:
        """Records and parts of records that could not be scanned. 0: all was scanned."""
        return self.records_withheld + self.parts_withheld


EngineName = Literal["native", "plain"]


class Runner(Protocol):
    """How inputs are scrubbed and verified: by the definition in Python, or by the compiled core. The result is the same."""

    @property
    def redactor(self) -> Redactor: ...

    @property
    def name(self) -> EngineName: ...

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        """What scrubs one input."""

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        """What verifies one input, which reports call `path`."""


@dataclass(frozen=True, slots=True)
class PlainEngine:
    """One unit after the other."""

    redactor: Redactor
    name: EngineName = "plain"

    def scrubber(self, input_format: str = "auto") -> Scrubs:
        return Scrubber(self.redactor, input_format)

    def verifier(self, path: str, input_format: str = "auto") -> Verifies:
        return Verifier(self.redactor, path, input_format)


Folders = str | Path | Sequence[str | Path]
"""A folder, or several."""


def engines() -> tuple[EngineName, ...]:
    """The engines that there are here, the faster one first."""
    return ("native", "plain") if importlib.util.find_spec("logscrub._core") else ("plain",)


def engine_of(redactor: Redactor, name: EngineName | None = None, *, threads: int | None = 1) -> Runner:
    """The engine of that name, without one the fastest there is that knows all patterns of the redactor. `threads`: of the native
    one; None for as many as there are processors.

    Raises UsageError where there is no such engine, or where it does not know a pattern.
    """
    if name is not None and name not in get_args(EngineName):
        raise UsageError(f"no engine {name!r}; there are {', '.join(get_args(EngineName))}")
    if name is not None and name not in engines():
        raise UsageError(f"engine {name!r}: the compiled core is not installed here; install it (see README), or use plain")
    if (name or engines()[0]) == "plain":
        return PlainEngine(redactor)
    from logscrub.engines import processors
    from logscrub.engines.lowering import Unsupported
    from logscrub.engines.native import NativeEngine, NativeRedactor

    try:
        return NativeEngine(NativeRedactor(redactor), processors() if threads is None else threads)
    except Unsupported as what:
        if name is None:
            return PlainEngine(redactor)
        raise UsageError(f"engine {name!r}: a pattern has {what}, which the compiled core does not know; use plain") from None


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
    """`data`, a whole log (not compressed), without customer data.

    `policy`: a built-in policy or a policy file ("atlassian" by default). `key`: at least 16 bytes, gives equal pseudonyms
    in every call; without it each call makes its own. `detectors`: folders besides the built-in one. Raises UsageError for
    wrong settings, InputError for data that is compressed.
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
    """Writes the file `source` to `target` without customer data, compressed as it was. The rest is as in `scrub`.

    `salvage`: of compressed data that is cut off or damaged, what comes before the fault is taken, and `Scrubbed.faults` says
    where that is. `decompress_memory`: bytes that the window of zstd data or the dictionary of xz data may have.

    The target appears whole or not at all. Raises InputError, OutputError or UsageError.
    """
    reading = _reading(decompress_memory, salvage)
    using = engine_of(build_redactor(settings(config, policy, detectors), key), engine)
    item = _input(source, "source")
    return scrubbed_of(None, scrub_input(using, item, _path(target, "target"), input_format=input_format, reading=reading))


def verify(
    data: str | bytes,
    *,
    policy: str | Path | None = None,
    detectors: Folders = (),
    input_format: str = "auto",
    config: Config | str | Path | None = None,
    engine: EngineName | None = None,
) -> FileReport:
    """Where `data`, a whole log (not compressed), holds customer data that the policy does not keep.

    Raises UsageError for wrong settings, InputError for data that is compressed.
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
    """Where a file, compressed or not, holds customer data: one report, or one per member of an archive.

    A file that cannot be read (to its end) has a report with an `error`, and is not clean. `salvage`, `decompress_memory`: as in
    `scrub_file`.
    """
    reading = _reading(decompress_memory, salvage)
    using = engine_of(build_redactor(settings(config, policy, detectors)), engine)
    return verify_input(using, _input(path, "path"), input_format=input_format, reading=reading)


def settings(
    config: Config | str | Path | None, policy: str | Path | None, detectors: Folders, names: Kind | None = None
) -> Config:
    """`config` (or the defaults) with the policy and the recognizer of names replaced, the folders of detectors added.

    `config`: settings, or the path of a configuration file. Raises UsageError for a file that is wrong, and for arguments that
    are none of these.
    """
    if config is None:
        config = Config()
    elif isinstance(config, str | Path):
        config = load_config(Path(config))
    elif not isinstance(config, Config):
        raise _wrong("config", "a logscrub.config.Config, or the path of a configuration file", config)
    if policy is not None and not isinstance(policy, str | Path):
        raise _wrong("policy", "the name of a policy, or the path of a policy file", policy)
    folders = [detectors] if isinstance(detectors, str | Path) else detectors
    if not isinstance(folders, Iterable) or isinstance(folders, bytes):
        raise _wrong("detectors", "the path of a folder, or a list of such paths", folders)
    return replace(
        config,
        policy=config.policy if policy is None else str(policy),
        detectors=(*config.detectors, *(_path(folder, "detectors") for folder in folders)),
        names=replace(config.names, recognizer=names or config.names.recognizer),
    )


def build_redactor(config: Config, key: bytes | None = None) -> Redactor:
    """A redactor that scrubs and verifies under these settings; without a key it makes pseudonyms that are its own.

    It can be pickled: the pickle holds the settings and the key, a random one too, so the copy makes the same pseudonyms.
    Raises UsageError for a policy, detector, field, package or key that is wrong.
    """
    if key is not None and not isinstance(key, bytes | bytearray):
        raise _wrong("key", "bytes (of a key file: logscrub.redact.keys.read_key)", key)
    return _redactor(config, Pseudonymizer(None if key is None else check_key(bytes(key), "key")))


def _redactor(config: Config, pseudonyms: Pseudonymizer) -> Redactor:
    policy = load_policy(config.policy)
    stay = frozenset(row for row, action in policy.rows.items() if action == "keep")
    engine = _engine(config.detectors, config.fields, config.names, config.source, stay)
    allow = [re.compile(pattern) for pattern in config.allow]
    return Redactor(engine, policy, pseudonyms, allow, rebuild=(_redactor, (config, pseudonyms)))


def engine_for_all_rows(config: Config) -> Engine:
    """An engine that looks for what the policy keeps too."""
    return _engine(config.detectors, config.fields, config.names, config.source, frozenset())


@lru_cache(maxsize=4)
def _engine(
    folders: tuple[Path, ...],
    fields: tuple[tuple[str, tuple[str, ...]], ...],
    names: NameSettings,
    source: str,
    stay: frozenset[str],
) -> Engine:
    if names.recognizer != "lists":
        need(f"the recognizer of names {names.recognizer!r}", "ner")
        if importlib.util.find_spec(names.model) is None:
            raise UsageError(
                f"{source or 'names.model'}: names.model: no package {names.model!r} is installed; install it with pip"
            )
    detectors = catalogue.load(folders)
    known = {d.id for d in detectors.detectors}
    for detector, _ in fields:
        if detector not in known:
            raise UsageError(f"{source}: fields.{detector}: no such detector; see: logscrub detectors list")
    return Engine(
        detectors,
        names=Names(names.recognizer, names.model, Lexicon(names.known, names.words)),
        no_names=names.words,
        extra_fields=dict(fields),
        stay=stay,
    )


def scrub_input(
    engine: Runner,
    item: Input,
    target: Path | None,
    *,
    inside: Path | None = None,
    input_format: str = "auto",
    reading: Reading = Reading(),
    progress: Progress | None = None,
    passed: Passed | None = None,
) -> Tally:
    """Scrubs one input into one output, compressed the same way; None is standard output. `inside`: see `open_sink`.

    `passed` is told the digests of what went in and out, also where that broke off. A pipe's lines go out as they come in. Where
    `reading` salvages broken data, `Tally.faults` says where it broke off. Raises InputError when the input cannot be read to its
    end (what was clean by then has gone to a pipe, a file does not appear), OutputError, and UsageError where the output is the
    input.
    """
    tell = progress or (lambda done, tally: None)
    with open_stream(item, reading) if passed is None else _hashing(item, reading, passed) as stream:
        if stream.archive:
            with open_archive_sink(target, stream.archive, stream.compression, inputs=[item.path], inside=inside) as archive:
                if passed is not None:
                    archive.hash()
                tally = scrub_members(engine, stream, archive, input_format, tell, passed)
                archive.commit()
                if passed is not None:
                    passed.written = archive.digest
            return tally
        with open_sink(target, stream.compression, inputs=[item.path], inside=inside) as sink:
            out = sink if stream.coded is None else CodedSink(sink, stream.coded)
            if passed is not None:
                sink.hash()
            try:
                tally = scrub_stream(engine, stream, out, input_format, tell)
                out.commit()
            finally:
                if passed is not None:
                    passed.written, passed.written_content = sink.digests
        return tally


@contextmanager
def _hashing(item: Input, reading: Reading, passed: Passed) -> Iterator[Stream]:
    """An open input whose digests are told at the end, of a pipe that broke off those of what was read. As `open_stream`."""
    with open_hashed(item, reading) as (stream, hashed):
        whole = False
        try:
            yield stream
            whole = True
        finally:
            passed.read = hashed.finish(wait=whole)
            passed.read_content = content_digest(stream, passed.read)


def content_digest(stream: Stream, stored: str) -> str:
    """SHA-256 of what a stream that was read to its end holds; "" of an archive, whose members have their own. `stored`: of its
    bytes as they are stored."""
    if stream.compression == "zip" or stream.content is None or stream.is_tar:
        return ""
    return stored if stream.compression == "none" else stream.content.hexdigest()


class Takes(Protocol):
    """Where clean bytes go."""

    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...


class Reads(Protocol):
    """What reads along."""

    def feed(self, data: bytes) -> None: ...
    def finish(self) -> None: ...


@dataclass(slots=True)
class Passed:
    """SHA-256 digests of what went in and out, "" where there is none."""

    read: str = ""
    """Of the input as it is stored."""
    read_content: str = ""
    """Of what it holds when decompressed; of an archive the members say it."""
    written: str = ""
    written_content: str = ""
    members: list[tuple[str, str, str]] = field(default_factory=list)
    """Of an archive: a member's clean name, and the digests of what it held and of what it holds now."""


class TakesMembers(Protocol):
    """Where the clean bytes of an archive's members go."""

    def begin(self, name: str, like: MemberInfo) -> None: ...
    def write(self, data: bytes) -> None: ...
    def end(self) -> None: ...


def scrub_stream(engine: Runner, stream: Stream, sink: Takes, input_format: str, tell: Progress) -> Tally:
    """Scrubs an open input that is no archive. Raises as `scrub_input`."""
    scrubber = engine.scrubber(input_format)
    live = stream.size is None
    begun = False
    try:
        for piece in stream.chunks():
            begun = True
            sink.write(scrubber.feed(piece, stream.has_more))
            if live:
                sink.flush()
            tell(stream.bytes_read, scrubber.tally)
    except InputError:
        if begun:  # else not even the head of a compressed file is written
            sink.write(scrubber.feed(b""))
            sink.flush()
        raise
    sink.write(scrubber.finish())
    scrubber.tally.faults += stream.faults
    tell(stream.bytes_read, scrubber.tally)
    return scrubber.tally


def scrub_members(
    engine: Runner, stream: Stream, archive: TakesMembers, input_format: str, tell: Progress, passed: Passed | None = None
) -> Tally:
    """Scrubs the members of an open archive. `passed` is told their digests. Raises as `scrub_input`."""
    total = Tally()
    names: dict[str, str] = {}
    for name, pieces, info in stream.members():
        if name not in names:
            names[name] = unused_name(name, clean_name(engine.redactor, name), names.values())
        archive.begin(names[name], info)
        scrubber = engine.scrubber(input_format)
        read, written = hashlib.sha256(), hashlib.sha256()

        def put(clean: bytes, written: hashlib._Hash = written) -> None:
            if passed is not None:
                written.update(clean)
            archive.write(clean)

        for piece in pieces:
            if passed is not None:
                read.update(piece)
            put(scrubber.feed(piece, True))
            tell(stream.bytes_read, _sum(total, scrubber.tally))
        put(scrubber.finish())
        archive.end()
        if passed is not None:
            passed.members.append((names[name], read.hexdigest(), written.hexdigest()))
        total.add(scrubber.tally)
    total.faults += stream.faults
    tell(stream.bytes_read, total)
    return total


def verify_input(
    engine: Runner,
    item: Input,
    *,
    input_format: str = "auto",
    reading: Reading = Reading(),
    progress: Callable[[int, int], None] | None = None,
    also: Callable[[str], Reads] | None = None,
) -> list[FileReport]:
    """Verifies one input: one report, or one per member of an archive (`archive.zip!member`) and one of a zip's
    comments if it has any.

    Paths in the reports are printable and hold no customer data. An input in which there is nothing but white space, NULs or a
    byte order mark holds no records. Where `reading` salvages broken data, the report's `error` says where it broke off.

    `progress` is told after each piece how many bytes of the input were read, and how many findings there are. `also` makes what
    is given the bytes too, for each report's path.
    """
    tell = progress or (lambda done, found: None)
    redactor = engine.redactor
    path = report_name(redactor, item)
    reports: list[FileReport] = []
    sha256 = content = ""
    broken = 0
    try:
        with open_hashed(item, reading) as (stream, hashed):
            try:
                for name, pieces in _parts(stream):
                    member = path if name is None else f"{path}!{printable(clean_name(redactor, name, pseudonyms=False))}"
                    verifier = engine.verifier(member, input_format)
                    reports.append(verifier.report)
                    reader = None if also is None else also(member)
                    blank = True
                    of_member = None if name is None else hashlib.sha256()
                    try:
                        for piece in pieces:
                            if of_member is not None:
                                of_member.update(piece)
                            if reader is not None:
                                reader.feed(piece)
                            blank = blank and not piece.strip(_BLANK)
                            verifier.feed(piece, stream.has_more)
                            tell(stream.bytes_read, sum(report.found for report in reports))
                    except InputError:  # what came before it is looked at to the end
                        verifier.finish()
                        raise
                    verifier.finish()
                    if reader is not None:
                        reader.finish()
                    if of_member is not None:
                        verifier.report.content_sha256 = of_member.hexdigest()
                    if blank:
                        verifier.report.records = 0
                    if len(stream.faults) > broken:
                        verifier.report.error = clean_text(redactor, stream.faults[-1].removeprefix(f"{item.name}: "))
                        broken = len(stream.faults)
            finally:
                sha256 = hashed.finish()
                content = content_digest(stream, sha256)
    except InputError as error:
        if not reports:
            reports.append(FileReport(path))
        reports[-1].error = clean_text(redactor, str(error).removeprefix(f"{item.name}: "))
        reports[-1].skipped = bool(item.skipped)
    if not reports:
        reports.append(FileReport(path))
    for report in reports:
        report.sha256 = sha256
        report.content_sha256 = report.content_sha256 or content
    return reports


_BLANK = b" \t\r\n\v\f\0\xef\xbb\xbf\xff\xfe"
"""White space, NULs and the bytes of byte order marks."""


def _parts(stream: Stream) -> Iterator[tuple[str | None, Iterator[bytes]]]:
    """A stream's data, or that of each member of an archive with its name, and of its comments; empty folders are left out."""
    if not stream.archive:
        yield None, stream.chunks()
        return
    for name, pieces, info in stream.members():
        if not name.endswith("/") or info.file_size:
            yield name, pieces
    if stream.comments:
        yield "(comments)", iter([stream.comments])


_EXTENSION = (
    "log|logs|json|jsonl|ndjson|csv|tsv|txt|text|out|err|xml|yaml|yml|html|md|pdf|xlsx?|docx?|bak|old|gz|gzip|zst|zstd|bz2|xz|lzma|zip|"
    "tar|tgz|tzst|tbz2?|txz"
)
_EXTENSIONS = re.compile(rf"(?:\.(?:{_EXTENSION})(?:\.\d{{1,3}})?)+/?$|/$", re.IGNORECASE)


def clean_name(redactor: Redactor, name: str, *, pseudonyms: bool = True) -> str:
    """A file's name or path without customer data: each part judged, its extensions kept.

    Placeholders stand in it without brackets (`ACCOUNT_ID-6f1c….log`), for not all systems and shells bear those; a name
    that was cleaned stays as it is.
    """
    return "/".join(_clean_part(redactor, part, pseudonyms) for part in name.split("/"))


def _clean_part(redactor: Redactor, part: str, pseudonyms: bool) -> str:
    found = _EXTENSIONS.search(part)
    end = found.start() if found else len(part)
    given = _bare_placeholder(redactor.engine.catalogue.entity_types).sub(
        lambda m: f"<{m[1]}:{m[2]}>" if m[2] else f"<{m[1]}>", part[:end]
    )
    clean = clean_text(redactor, given)
    if clean == given:
        return part

    def bare(m: re.Match[str]) -> str:
        return f"{m[1]}-{m[2]}" if m[2] and (pseudonyms or m[0] in given) else m[1]

    return PLACEHOLDER.sub(bare, clean) + part[end:]


@lru_cache(maxsize=4)
def _bare_placeholder(types: frozenset[str]) -> re.Pattern[str]:
    """A placeholder as it stands in a file's name."""
    return re.compile(rf"(?<![A-Z0-9_<])({'|'.join(sorted(types, key=len, reverse=True))})(?:-([0-9a-f]{{20}}))?(?![A-Z0-9_])")


def clean_text(redactor: Redactor, text: str) -> str:
    """One line of text without customer data."""
    raw = Raw(text, (Leaf(0, len(text), (), "text"),), 1, 1)
    try:
        return redactor.scrub(raw)[0].text
    except Exception:  # what cannot be scanned may not be shown
        return WITHHELD


def unused_name(name: str, clean: str, used: Any) -> str:
    """`clean` as it is, or with a number before its extensions where that name is `used` already."""
    if clean == name and clean not in used:
        return clean
    taken = {other.casefold() for other in used}
    found = _EXTENSIONS.search(clean)
    end = found.start() if found else len(clean)
    candidate, number = clean, 2
    while candidate.casefold() in taken and not candidate.endswith("/"):
        candidate = f"{clean[:end]}-{number}{clean[end:]}"
        number += 1
    return candidate


def report_name(redactor: Redactor, item: Input) -> str:
    """An input's path as reports show it: printable and clean."""
    name = str(item.address) if item.address is not None else "-" if item.path is None else item.path.as_posix()
    return printable(clean_name(redactor, name, pseudonyms=False))


def _sum(one: Tally, other: Tally) -> Tally:
    both = Tally()
    both.add(one)
    both.add(other)
    return both


def _wrong(name: str, wanted: str, given: object) -> UsageError:
    """An argument of a wrong type. Its value is not shown: it could be a key, or a log."""
    return UsageError(f"{name}: must be {wanted}, not {type(given).__name__}")


def _path(path: str | Path, name: str) -> Path:
    if not isinstance(path, str | Path):
        raise _wrong(name, "a path", path)
    return Path(path)


def _input(given: str | Path, name: str) -> Input:
    path = _path(given, name)
    address = objects.address_of(given)
    if address is None:
        return Input(path, printable(path), Path(path.name))
    objects.refuse(address)
    return Input(address.path, printable(str(address)), Path(address.path.name), address=address)


def _bytes(data: str | bytes) -> bytes:
    if not isinstance(data, str | bytes | bytearray):
        raise _wrong("data", "str or bytes (for a file there are scrub_file and verify_file)", data)
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)
    with Stream("data", io.BytesIO(raw), len(raw), owned=True) as stream:
        if stream.compression != "none":
            raise InputError(f"data: is compressed ({stream.compression}); decompress it, or give a file's name to scrub_file")
        if stream.archive:
            raise InputError(f"data: is a {stream.archive} archive; unpack it, or give a file's name to scrub_file")
    return raw


def _reading(decompress_memory: int, salvage: bool) -> Reading:
    if not isinstance(decompress_memory, int) or isinstance(decompress_memory, bool):
        raise _wrong("decompress_memory", "a number of bytes", decompress_memory)
    if decompress_memory < 1:
        raise UsageError("decompress_memory: must be at least 1 byte")
    if not isinstance(salvage, bool):
        raise _wrong("salvage", "True or False", salvage)
    return Reading(decompress_memory, salvage)


def scrubbed_of(output: Output, tally: Tally) -> Scrubbed[Output]:
    """What came out of a scrub, by its counts."""
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
