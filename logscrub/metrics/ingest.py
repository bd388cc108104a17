"""From logs to the store: scrub, and count what comes out."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from logscrub import api
from logscrub.metrics.counters import Counters
from logscrub.scrubbing import Tally
from logscrub.sinks import MemberLike, Sink, ZipSink, open_sink, open_zip_sink
from logscrub.sources.files import Input
from logscrub.sources.streams import open_stream


def ingest_input(
    engine: api.Runner,
    item: Input,
    counters: Counters,
    target: Path | None = None,
    *,
    inside: Path | None = None,
    input_format: str = "auto",
    progress: api.Progress | None = None,
) -> Tally:
    """Scrubs one input and counts its records. `target`: where the scrubbed log goes too; `inside`: see `open_sink`.

    Raises InputError when the input cannot be read to its end (what was read by then is counted, no file appears), OutputError,
    and UsageError where the output is the input.
    """
    tell = progress or (lambda done, tally: None)
    with open_stream(item) as stream, ExitStack() as outputs:
        if stream.compression == "zip":
            archive = None if target is None else outputs.enter_context(open_zip_sink(target, inputs=[item.path], inside=inside))
            members = _CountedZip(counters, archive)
            tally = api.scrub_members(engine, stream, members, input_format, tell)
            members.commit()
            return tally
        sink = (
            None
            if target is None
            else outputs.enter_context(open_sink(target, stream.compression, inputs=[item.path], inside=inside))
        )
        counted = _CountedSink(counters, sink)
        tally = api.scrub_stream(engine, stream, counted, input_format, tell)
        counted.commit()
        return tally


class _CountedSink:
    """Counts the records in clean bytes, and passes the bytes on."""

    def __init__(self, counters: Counters, sink: Sink | None) -> None:
        self._counting = counters.stream()
        self._sink = sink

    def write(self, data: bytes) -> None:
        if self._sink is not None:
            self._sink.write(data)
        self._counting.feed(data)

    def flush(self) -> None:
        """Of a live pipe."""
        if self._sink is not None:
            self._sink.flush()
        self._counting.flush()

    def commit(self) -> None:
        self._counting.finish()
        if self._sink is not None:
            self._sink.commit()


class _CountedZip:
    """The same for the members of a zip."""

    def __init__(self, counters: Counters, archive: ZipSink | None) -> None:
        self._counters = counters
        self._counting = counters.stream()
        self._archive = archive

    def begin(self, name: str, info: MemberLike) -> None:
        self._counting = self._counters.stream()
        if self._archive is not None:
            self._archive.begin(name, info)

    def write(self, data: bytes) -> None:
        if self._archive is not None:
            self._archive.write(data)
        self._counting.feed(data)

    def end(self) -> None:
        self._counting.finish()
        if self._archive is not None:
            self._archive.end()

    def commit(self) -> None:
        if self._archive is not None:
            self._archive.commit()
