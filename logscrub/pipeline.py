"""Runs an engine over one input: from a file or pipe, through decompression and archives, to an output or a report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from logscrub.engines.factory import Runner
from logscrub.errors import InputError
from logscrub.redact.file_names import clean_name, clean_text, unused_name
from logscrub.redact.scrub import Redactor
from logscrub.scrubbing import Tally
from logscrub.sinks import CodedSink, open_archive_sink, open_sink
from logscrub.sources.decompression import Reading
from logscrub.sources.files import Input, printable
from logscrub.sources.hashed import open_hashed
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import Stream, open_stream
from logscrub.verification import FileReport, Verifies

Progress = Callable[[int, Tally], None]
"""Called after each piece with the number of bytes read from the input as stored, and the counts so far."""


class ByteSink(Protocol):
    """Takes the clean bytes of one output."""

    def write(self, data: bytes) -> None: ...
    def flush(self) -> None: ...


class ByteReader(Protocol):
    """Reads the bytes of an input beside the verifier."""

    def feed(self, data: bytes) -> None: ...
    def finish(self) -> None: ...


class MemberSink(Protocol):
    """Takes the clean bytes of the members of an archive."""

    def begin(self, name: str, like: MemberInfo) -> None: ...
    def write(self, data: bytes) -> None: ...
    def end(self) -> None: ...


@dataclass(slots=True)
class Passed:
    """The SHA-256 digests of one input and its output; "" for a digest that does not exist."""

    read: str = ""
    """SHA-256 of the input as stored."""
    read_content: str = ""
    """SHA-256 of the decompressed input; "" for an archive, whose members have their own."""
    written: str = ""
    """SHA-256 of the output as stored."""
    written_content: str = ""
    """SHA-256 of the output before it was compressed."""
    members: list[tuple[str, str, str]] = field(default_factory=list)
    """For each member of an archive: its clean name, and the digests of its content before and after."""


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
    """Scrubs one input into one output with the same compression.

    A file appears whole or not at all. Lines from a pipe are written as soon as they are clean.

    Args:
        engine: from `engine_of`.
        item: the input.
        target: the output; None for standard output.
        inside: a folder that the output must not leave, see `open_sink`.
        input_format: the name of a format, or "auto".
        reading: limits of decompression, and whether damaged data is salvaged; `Tally.faults` then says where it broke off.
        progress: called after each piece.
        passed: is filled with the digests of input and output, also if reading breaks off.

    Raises:
        InputError: the input cannot be read to its end. A pipe has what was clean by then, a file does not appear.
        OutputError: the output cannot be written.
        UsageError: the output is the input.
    """
    report_progress = progress or (lambda done, tally: None)
    with open_stream(item, reading) if passed is None else _hashing(item, reading, passed) as stream:
        if stream.archive:
            with open_archive_sink(target, stream.archive, stream.compression, inputs=[item.path], inside=inside) as archive:
                if passed is not None:
                    archive.hash()
                tally = scrub_members(engine, stream, archive, input_format, report_progress, passed)
                archive.commit()
                if passed is not None:
                    passed.written = archive.digest
            return tally
        with open_sink(target, stream.compression, inputs=[item.path], inside=inside) as sink:
            out = sink if stream.coded is None else CodedSink(sink, stream.coded)
            if passed is not None:
                sink.hash()
            try:
                tally = scrub_stream(engine, stream, out, input_format, report_progress)
                out.commit()
            finally:
                if passed is not None:
                    passed.written, passed.written_content = sink.digests
        return tally


def scrub_stream(engine: Runner, stream: Stream, sink: ByteSink, input_format: str, report_progress: Progress) -> Tally:
    """Scrubs an open input that is not an archive. Raises the errors of `scrub_input`."""
    scrubber = engine.scrubber(input_format)
    live = stream.size is None
    begun = False
    try:
        for piece in stream.chunks():
            begun = True
            sink.write(scrubber.feed(piece, stream.has_more))
            if live:
                sink.flush()
            report_progress(stream.bytes_read, scrubber.tally)
    except InputError:
        if begun:  # otherwise not even the head of a compressed file is written
            sink.write(scrubber.feed(b""))
            sink.flush()
        raise
    sink.write(scrubber.finish())
    scrubber.tally.faults += stream.faults
    report_progress(stream.bytes_read, scrubber.tally)
    return scrubber.tally


def scrub_members(
    engine: Runner,
    stream: Stream,
    archive: MemberSink,
    input_format: str,
    report_progress: Progress,
    passed: Passed | None = None,
) -> Tally:
    """Scrubs the members of an open archive, and adds their digests to `passed`. Raises the errors of `scrub_input`."""
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
            report_progress(stream.bytes_read, _sum(total, scrubber.tally))
        put(scrubber.finish())
        archive.end()
        if passed is not None:
            passed.members.append((names[name], read.hexdigest(), written.hexdigest()))
        total.add(scrubber.tally)
    total.faults += stream.faults
    report_progress(stream.bytes_read, total)
    return total


@contextmanager
def _hashing(item: Input, reading: Reading, passed: Passed) -> Iterator[Stream]:
    """An open input, as `open_stream` gives it, whose digests are in `passed` at the end.

    The digests of an input that breaks off are those of what was read.
    """
    with open_hashed(item, reading) as (stream, hashed):
        whole = False
        try:
            yield stream
            whole = True
        finally:
            passed.read = hashed.finish(wait=whole)
            passed.read_content = content_digest(stream, passed.read)


def content_digest(stream: Stream, stored: str) -> str:
    """The SHA-256 of the decompressed content of a stream that was read to its end; "" for an archive.

    Args:
        stream: the input.
        stored: the SHA-256 of its bytes as stored.
    """
    if stream.compression == "zip" or stream.content is None or stream.is_tar:
        return ""
    return stored if stream.compression == "none" else stream.content.hexdigest()


def _sum(one: Tally, other: Tally) -> Tally:
    """The counts of both together."""
    both = Tally()
    both.add(one)
    both.add(other)
    return both


def verify_input(
    engine: Runner,
    item: Input,
    *,
    input_format: str = "auto",
    reading: Reading = Reading(),
    progress: Callable[[int, int], None] | None = None,
    also: Callable[[str], ByteReader] | None = None,
) -> list[FileReport]:
    """Verifies one input. Returns a report, or one per member of an archive (`archive.zip!member`) and one for a zip's comments.

    Paths in the reports are printable and hold no customer data. An input of nothing but white space, NULs or a byte order mark
    holds no records. An input that cannot be read has a report with an `error`.

    Args:
        engine: from `engine_of`.
        item: the input.
        input_format: the name of a format, or "auto".
        reading: limits of decompression, and whether damaged data is salvaged; the report's `error` then says where it broke off.
        progress: called after each piece with the number of bytes read from the input, and the number of findings.
        also: makes, for the path of a report, a reader that is given the same bytes.
    """
    report_progress = progress or (lambda done, found: None)
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
                    verifier.report.archive = "" if name is None else path
                    reports.append(verifier.report)
                    _verify_part(
                        verifier,
                        pieces,
                        stream,
                        reader=None if also is None else also(member),
                        digest=None if name is None else hashlib.sha256(),
                        after_piece=lambda: report_progress(stream.bytes_read, sum(report.found for report in reports)),
                    )
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


def _verify_part(
    verifier: Verifies,
    pieces: Iterator[bytes],
    stream: Stream,
    *,
    reader: ByteReader | None,
    digest: hashlib._Hash | None,
    after_piece: Callable[[], None],
) -> None:
    """Verifies the data of an input, or of one member of an archive, to its end.

    Args:
        verifier: whose report is filled.
        pieces: the data.
        stream: the input that the pieces come from.
        reader: is given the same bytes.
        digest: becomes the content's digest in the report; None for an input that is not an archive.
        after_piece: called after each piece.

    Raises:
        InputError: the data cannot be read to its end. Everything before the fault was scanned.
    """
    blank = True
    try:
        for piece in pieces:
            if digest is not None:
                digest.update(piece)
            if reader is not None:
                reader.feed(piece)
            blank = blank and not piece.strip(_BLANK)
            verifier.feed(piece, stream.has_more)
            after_piece()
    except InputError:
        verifier.finish()
        raise
    verifier.finish()
    if reader is not None:
        reader.finish()
    if digest is not None:
        verifier.report.content_sha256 = digest.hexdigest()
    if blank:
        verifier.report.records = 0


_BLANK = b" \t\r\n\v\f\0\xef\xbb\xbf\xff\xfe"
"""White space, NULs, and the bytes of byte order marks."""


def _parts(stream: Stream) -> Iterator[tuple[str | None, Iterator[bytes]]]:
    """The data of a stream with the name None; of an archive, the name and data of each member, and its comments.

    Folders are left out.
    """
    if not stream.archive:
        yield None, stream.chunks()
        return
    for name, pieces, info in stream.members():
        if not name.endswith("/") or info.file_size:
            yield name, pieces
    if stream.comments:
        yield "(comments)", iter([stream.comments])


def report_name(redactor: Redactor, item: Input) -> str:
    """The path of an input as reports show it: printable, and without customer data."""
    name = str(item.address) if item.address is not None else "-" if item.path is None else item.path.as_posix()
    return printable(clean_name(redactor, name, pseudonyms=False))
