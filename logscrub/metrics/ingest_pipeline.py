"""Scrubs logs and counts the output into a store."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from logscrub.engines.factory import Runner
from logscrub.metrics.ingest_workers import IngestWorkers
from logscrub.pipeline import Progress, scrub_members, scrub_stream
from logscrub.scrubbing import Tally
from logscrub.sinks import CodedSink, Sink, TarSink, ZipSink, open_archive_sink, open_sink
from logscrub.sources.decompression import Reading
from logscrub.sources.files import Input
from logscrub.sources.members import MemberInfo
from logscrub.sources.streams import open_stream


def ingest_input(
    engine: Runner,
    item: Input,
    workers: IngestWorkers,
    number: int,
    target: Path | None = None,
    *,
    inside: Path | None = None,
    input_format: str = "auto",
    reading: Reading = Reading(),
    progress: Progress | None = None,
) -> Tally:
    """Scrubs one input and counts its records, as those of input `number`.

    `target`: where the scrubbed log is written too; `inside`: see `open_sink`. Where `reading` salvages broken data,
    `Tally.faults` says where it broke off.

    Raises InputError when the input cannot be read to its end (what was read by then is counted, no file appears), OutputError,
    and UsageError where the output is the input.
    """
    tell = progress or (lambda done, tally: None)
    with open_stream(item, reading) as stream, ExitStack() as outputs:
        if stream.archive:
            archive: ZipSink | TarSink | None = None
            if target is not None:
                archive = open_archive_sink(target, stream.archive, stream.compression, inputs=[item.path], inside=inside)
                outputs.push(archive)
            members = _CountedArchive(workers, number, archive)
            tally = scrub_members(engine, stream, members, input_format, tell)
            members.commit()
            return tally
        sink = (
            None
            if target is None
            else outputs.enter_context(open_sink(target, stream.compression, inputs=[item.path], inside=inside))
        )
        coded = None if sink is None or stream.coded is None else CodedSink(sink, stream.coded)
        counted = _CountedSink(workers, number, coded or sink)
        tally = scrub_stream(engine, stream, counted, input_format, tell)
        counted.commit()
        return tally


class _CountedSink:
    """Counts the records in clean bytes, and passes the bytes on."""

    def __init__(self, workers: IngestWorkers, number: int, sink: Sink | CodedSink | None) -> None:
        self._stream = workers.stream(number)
        self._sink = sink

    def write(self, data: bytes) -> None:
        if self._sink is not None:
            self._sink.write(data)
        self._stream.feed(data)

    def flush(self) -> None:
        """Flushes the output of a live pipe, and commits its records if the last commit was long enough ago."""
        if self._sink is not None:
            self._sink.flush()
        self._stream.flush()

    def commit(self) -> None:
        self._stream.finish()
        if self._sink is not None:
            self._sink.commit()


class _CountedArchive:
    """Counts the records in the clean bytes of an archive's members, and passes the members on."""

    def __init__(self, workers: IngestWorkers, number: int, archive: ZipSink | TarSink | None) -> None:
        self._workers = workers
        self._number = number
        self._stream = workers.stream(number)
        self._archive = archive

    def begin(self, name: str, like: MemberInfo) -> None:
        self._stream = self._workers.stream(self._number)
        if self._archive is not None:
            self._archive.begin(name, like)

    def write(self, data: bytes) -> None:
        if self._archive is not None:
            self._archive.write(data)
        self._stream.feed(data)

    def end(self) -> None:
        self._stream.finish()
        if self._archive is not None:
            self._archive.end()

    def commit(self) -> None:
        if self._archive is not None:
            self._archive.commit()
