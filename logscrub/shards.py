"""Scrubs shards of inputs. Any machine can do one, any number of times, with the same bytes as result.

A shard is a whole input, or a part of a large input that begins and ends between records (JSON with one value per line, not
compressed). Its name is a digest of its source, its target and the rules. The result is written under that name beside the
outputs, after the output itself. So a shard that is done twice, and a run that is started again, find what was done before.

A part is scrubbed as if nothing stood before it. That is correct if the part before it ends between two records, which the reader
of that part knows at its end. Otherwise the two parts are scrubbed again as one (`joined`).

No shard holds the key for pseudonyms: each worker reads it from its environment or from a file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

from logscrub import formats, objects
from logscrub._version import __version__
from logscrub.config import Config
from logscrub.engines.factory import EngineName, Runner, build_redactor, engine_of
from logscrub.errors import InputError, LogscrubError, OutputError, UsageError
from logscrub.formats.json_values import JsonReader
from logscrub.pipeline import Passed, scrub_input, verify_input
from logscrub.redact.file_names import clean_text
from logscrub.redact.keys import given_key
from logscrub.redact.pseudonyms import Pseudonymizer
from logscrub.rules import digest_of, rules_of
from logscrub.scrubbing import BLANK, Scrubber, Tally, recognised
from logscrub.sinks import open_sink
from logscrub.sources.decompression import PIECE, Reading
from logscrub.sources.files import Input, size_of
from logscrub.sources.streams import open_stream
from logscrub.sources.text import guess_encoding

if TYPE_CHECKING:
    from logscrub.metrics.ingest_result import IngestResult
    from logscrub.verification import FileReport

PART: Final = 64 << 20
"""Bytes of a part of a large input, roughly."""
FOLDER: Final = ".logscrub-parts"
"""The folder in the output folder that holds parts, and notes on the shards that are done, while a run lasts."""
_LOOK: Final = 1 << 20
"""Bytes that are read at a time to find a place to cut."""
_FARTHEST: Final = 16 << 20
"""Bytes behind the size of a part in which a place to cut is searched."""
_PLACE: Final = re.compile(rb'\n(?=\{")')


@dataclass(frozen=True, slots=True)
class KeySource:
    """The source of the key for workers, which is not in here: a file, else the environment."""

    file: str
    """"" for LOGSCRUB_KEY."""
    key_id: str
    """The id that the key must have."""

    def read(self) -> bytes:
        """The key. Raises UsageError where there is none, or another one."""
        key = given_key(Path(self.file) if self.file else None)
        if key is None:
            raise UsageError("a worker has no key: set LOGSCRUB_KEY where it is started, or give a key file that it can read")
        found = Pseudonymizer(key).key_id
        if found != self.key_id:
            raise UsageError(f"a worker has another key (id {found}, not {self.key_id}); give all of them the same")
        return key


@dataclass(frozen=True)
class Settings:
    """The settings for shards. They hold no key."""

    config: Config
    key: KeySource | None
    """None where no pseudonyms are made."""
    input_format: str = "auto"
    engine: EngineName | None = None
    reading: Reading = field(default_factory=Reading)
    hashed: bool = False
    """True if digests are wanted."""

    def runner(self) -> Runner:
        """The engine, made once in a process. Raises UsageError."""
        return _runner(pickle.dumps((self.config, self.key, self.engine)))


@lru_cache(maxsize=2)
def _runner(pickled: bytes) -> Runner:
    config, key, engine = pickle.loads(pickled)
    return engine_of(build_redactor(config, None if key is None else key.read()), engine)


@dataclass(frozen=True, slots=True)
class Shard:
    """An input, or a part of it, and its output."""

    item: Input
    target: Path | None
    inside: Path | None = None
    """The folder that was named as the output, if the target is below one."""
    start: int = 0
    end: int | None = None
    """The offset behind the last byte of a part; None for a whole input."""
    input_format: str = ""
    """The format of the first part, for a part that is not the first."""

    @property
    def is_part(self) -> bool:
        return self.end is not None

    @property
    def folder(self) -> Path:
        """The folder in which its result is noted."""
        if self.target is None:
            raise ValueError("it goes nowhere")
        return (self.inside or self.target.parent) / FOLDER


@dataclass(slots=True)
class Did:
    """The result of a shard. Holds no customer data."""

    status: str = "scrubbed"
    """The status, as in `scrub --summary`."""
    tally: Tally = field(default_factory=Tally)
    passed: Passed | None = None
    said: tuple[str, ...] = ()
    """Lines for people, without the input's name."""
    ends_between: bool = True
    """True if a part ends between two records, so that the next part can be read as if nothing stood before it."""
    wrong: str = ""
    """Why no other shard can be done either: the setting or output that is wrong."""
    exit_code: int = 0

    @property
    def error(self) -> UsageError | OutputError:
        """The error that stops the run, where something is wrong."""
        return (UsageError if self.exit_code == UsageError.exit_code else OutputError)(self.wrong)


class Results(Sequence[Did]):
    """The results of many inputs, in a tenth of the memory of as many `Did`s: each is made anew when it is asked for."""

    def __init__(self, count: int) -> None:
        self._packed: list[bytes | None] = [None] * count

    def put(self, number: int, did: Did) -> None:
        """Sets the result of an input."""
        if did.wrong:
            raise ValueError("it stops the run, so nobody asks for it later")
        tally, passed = did.tally, did.passed
        numbers = [getattr(tally, name) for name in Tally.__dataclass_fields__]
        digests = None
        if passed is not None:
            stored = (passed.read, passed.read_content, passed.written, passed.written_content)
            digests = tuple(map(bytes.fromhex, stored)), passed.members
        self._packed[number] = pickle.dumps((did.status, numbers, digests, did.said, did.ends_between), pickle.HIGHEST_PROTOCOL)

    @overload
    def __getitem__(self, number: int) -> Did: ...
    @overload
    def __getitem__(self, number: slice) -> list[Did]: ...
    def __getitem__(self, number: int | slice) -> Did | list[Did]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        packed = self._packed[number]
        if packed is None:
            raise KeyError(number)
        status, numbers, digests, said, ends_between = pickle.loads(packed)
        passed = None
        if digests is not None:
            read, read_content, written, written_content = (digest.hex() for digest in digests[0])
            passed = Passed(read, read_content, written, written_content, digests[1])
        return Did(status, Tally(*numbers), passed, said, ends_between)

    def __len__(self) -> int:
        return len(self._packed)


# -- which shards there are ------------------------------------------------------------------------------------------------


def parts_of(item: Input, input_format: str, size: int = PART) -> tuple[list[int], str]:
    """The offsets at which a large input is cut, and the name of its format; [] where it is not cut.

    Cut is JSON, a value a line, that is not compressed. Raises InputError.
    """
    whole = size_of(item)
    if item.skipped or item.path is None or whole is None or whole < 2 * size:
        return [], ""
    with open_stream(item) as stream:
        if stream.compression != "none" or stream.archive or stream.coded is not None:
            return [], ""
        head = next(stream.chunks(), b"")
    if guess_encoding(head, final=False) != "utf-8":
        return [], ""
    text = head.decode("utf-8", "surrogateescape")
    known = recognised(text, True) if input_format == "auto" else formats.named(input_format)
    if known is None or "\n" not in text.lstrip(BLANK) or not isinstance(formats.reader_of(known), JsonReader):
        return [], ""
    places = []
    at = size
    while at + size <= whole:
        found = _place(item, at)
        if found is None:
            break
        places.append(found)
        at = found + size
    return places, known.name


def _place(item: Input, at: int) -> int | None:
    """The first place behind a number of bytes where a record begins on a line of its own; None where none is near."""
    held = b""
    with open_stream(replace(item, part=(at, at + _FARTHEST))) as stream:
        for piece in stream.chunks():
            held += piece
            found = _PLACE.search(held)
            if found is not None:
                return at + found.end()
    return None


def shards_of(item: Input, target: Path, inside: Path | None, input_format: str, size: int = PART) -> list[Shard]:
    """The shards of an input. Raises InputError."""
    places, known = parts_of(item, input_format, size)
    if not places:
        return [Shard(item, target, inside)]
    whole = size_of(item)
    bounds = [0, *places, whole or 0]
    return [Shard(item, target, inside, start, end, known if start else "") for start, end in pairwise(bounds)]


def joined(first: Shard, second: Shard) -> Shard:
    """Two parts that follow each other as one."""
    return replace(first, end=second.end)


def key_of(shard: Shard, settings: Settings, rules: str) -> str:
    """The key of a shard, which no other has: made from its input, output and rules (`rules_digest`)."""
    item = shard.item
    version: list[Any] = []
    if item.stored is not None:
        version = [item.stored.size, item.stored.tag]
    elif item.path is not None and item.address is None:
        with suppress(OSError):
            status = item.path.stat()
            version = [status.st_size, status.st_mtime_ns]
    told = [
        *(__version__, item.name, version, str(shard.target), shard.start, shard.end, shard.input_format, settings.hashed),
        *(settings.reading.memory, settings.reading.salvage, "" if settings.key is None else settings.key.key_id, rules),
    ]
    return digest_of(told)[:40]


def rules_digest(settings: Settings) -> str:
    """A digest of the rules in force."""
    engine = _runner(pickle.dumps((settings.config, None, "plain")))  # which needs no key
    return digest_of(rules_of(engine, settings.config, settings.input_format))


# -- doing one -------------------------------------------------------------------------------------------------------------


def scrub_shard(settings: Settings, shard: Shard, key: str) -> Did:
    """Scrubs a shard to its output, unless that is done. Raises nothing: the result says what is wrong."""
    try:
        before = _read_done(shard, key)
        if before is not None:
            return before
        did = _scrub_part(settings, shard, key) if shard.is_part else _scrub_whole(settings, shard)
        _write_done(shard, key, did)
        return did
    except UsageError as error:
        return Did("failed", wrong=str(error), exit_code=error.exit_code)
    except OutputError as error:
        return Did("failed", wrong=str(error), exit_code=error.exit_code)
    except Exception as error:  # its message may quote a log
        return Did("failed", wrong=f"this is a bug in logscrub ({type(error).__name__}); please report it", exit_code=70)


def _scrub_whole(settings: Settings, shard: Shard) -> Did:
    engine, item = settings.runner(), shard.item
    passed = Passed() if settings.hashed else None
    try:
        tally = scrub_input(
            engine, item, shard.target, inside=shard.inside, input_format=settings.input_format, reading=settings.reading,
            passed=passed,
        )  # fmt: skip
    except InputError as error:
        if passed is not None:
            passed.written = passed.written_content = ""
        return Did("skipped" if item.skipped else "failed", passed=passed, said=(_clean(engine, item, str(error)),))
    said = tuple(_clean(engine, item, fault) for fault in tally.faults)
    return Did("salvaged" if tally.faults else "withheld" if tally.withheld else "scrubbed", tally, passed, said)


def _scrub_part(settings: Settings, shard: Shard, key: str) -> Did:
    engine, item = settings.runner(), shard.item
    scrubber = engine.scrubber(shard.input_format or settings.input_format)
    assert shard.end is not None
    try:
        with (
            open_stream(replace(item, part=(shard.start, shard.end))) as stream,
            open_sink(part_path(shard, key), "none", inside=shard.inside) as sink,
        ):
            for piece in stream.chunks():
                sink.write(scrubber.feed(piece, True))
            sink.write(scrubber.feed(b""))
            between = _is_between(scrubber)
            sink.write(scrubber.finish())
            sink.commit()
    except InputError as error:
        return Did("failed", said=(_clean(engine, item, str(error)),))
    if shard.start:
        scrubber.tally.formats.clear()
    return Did("withheld" if scrubber.tally.withheld else "scrubbed", scrubber.tally, ends_between=between)


def _is_between(scrubber: Any) -> bool:
    """True if the bytes so far end between two records, so that the next record would be read and scanned by itself."""
    if not isinstance(scrubber, Scrubber):
        return False
    reader = scrubber._units.reader
    batches = getattr(scrubber, "_batches", None)
    left = scrubber._open if batches is None else batches.open
    decoder = scrubber._units.decoder
    return isinstance(reader, JsonReader) and not reader.waits and decoder.encoding == "utf-8" and not left.armour


def _clean(engine: Runner, item: Input, message: str) -> str:
    """The fault of an input, without its name and without customer data."""
    return clean_text(engine.redactor, message.removeprefix(item.name).removeprefix(": "))


def assemble(settings: Settings, shards: Sequence[Shard], keys: Sequence[str]) -> Did:
    """Puts the parts of an input together, in order, at its place. Raises nothing."""
    first = shards[0]
    key = digest_of(["whole", *keys])[:40]
    try:
        before = _read_done(replace(first, start=0, end=None), key)
        if before is not None:
            return before
        read, passed = hashlib.sha256(), Passed()
        with open_sink(first.target, "none", inputs=[first.item.path], inside=first.inside) as sink:
            sink.hash()
            for shard, its in zip(shards, keys, strict=True):
                part = Input(path := part_path(shard, its), "a part", Path("part"), address=objects.address_of(path))
                with open_stream_raw(part) as pieces:
                    for piece in pieces:
                        sink.write(piece)
            sink.commit()
            passed.written, passed.written_content = sink.digests
        if settings.hashed:
            with open_stream(first.item) as stream:
                for piece in stream.chunks():
                    read.update(piece)
            passed.read = passed.read_content = read.hexdigest()
        did = Did(passed=passed if settings.hashed else None)
        _write_done(replace(first, start=0, end=None), key, did)
        return did
    except LogscrubError as error:
        return Did("failed", wrong=str(error), exit_code=error.exit_code)
    except Exception as error:
        return Did("failed", wrong=f"this is a bug in logscrub ({type(error).__name__}); please report it", exit_code=70)


class open_stream_raw:
    """The bytes of a file or an object as they are, in pieces. A context manager."""

    def __init__(self, item: Input) -> None:
        from logscrub.sources.streams import open_file

        self._file = open_file(item)

    def __enter__(self) -> Iterator[bytes]:
        return iter(lambda: self._file.read(PIECE) or b"", b"")

    def __exit__(self, *_: object) -> None:
        self._file.close()


# -- what is written down ------------------------------------------------------------------------------------------------


def part_path(shard: Shard, key: str) -> Path:
    """The path at which the clean bytes of a part wait for the others."""
    return shard.folder / f"{key}.part"


def _write_done(shard: Shard, key: str, did: Did) -> None:
    """Writes down what became of a shard whose output is complete."""
    if did.status not in ("scrubbed", "withheld", "salvaged") or did.wrong:
        return
    place = part_path(shard, key) if shard.is_part else shard.target
    told = {"size": _size(place) if place is not None else None, "did": _as_dict(did)}
    with open_sink(shard.folder / f"{key}.json", "none", inside=shard.inside) as sink:
        sink.write(json.dumps(told).encode())
        sink.commit()


def _read_done(shard: Shard, key: str) -> Did | None:
    """The result of a shard that was done before and whose output is still there."""
    path = shard.folder / f"{key}.json"
    place = part_path(shard, key) if shard.is_part else shard.target
    try:
        data = objects.read_object(path) if objects.address_of(path) is not None else path.read_bytes()
        told = json.loads(data or b"{}")
        if not told or place is None or _size(place) != told["size"] or told["size"] is None:
            return None
        return _of_dict(told["did"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _size(path: Path) -> int | None:
    address = objects.address_of(path)
    try:
        return path.stat().st_size if address is None else objects.stored_at(address).size
    except OSError:
        return None


def _as_dict(did: Did) -> dict[str, Any]:
    names = Tally.__dataclass_fields__
    passed = did.passed
    return {
        "status": did.status,
        "tally": {name: getattr(did.tally, name) for name in names},
        "passed": None if passed is None else {name: getattr(passed, name) for name in Passed.__dataclass_fields__},
        "said": did.said,
        "ends_between": did.ends_between,
    }


def _of_dict(told: Mapping[str, Any]) -> Did:
    tally = Tally(**told["tally"])
    tally.redactions, tally.formats = Counter(told["tally"]["redactions"]), Counter(told["tally"]["formats"])
    passed = None if told["passed"] is None else Passed(**told["passed"])
    if passed is not None:
        passed.members = [(name, read, wrote) for name, read, wrote in passed.members]
    return Did(told["status"], tally, passed, tuple(told["said"]), told["ends_between"])


def remove_folder(folder: Path) -> None:
    """Removes the notes of a run. A folder that cannot be removed does no harm."""
    address = objects.address_of(folder)
    if address is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    with suppress(OSError):
        objects.remove_below(address)


# -- verifying and counting ------------------------------------------------------------------------------------------------


def verify_shard(settings: Settings, item: Input) -> list[FileReport] | Did:
    """Verifies an input. Returns its reports, or the error that stops the run. Raises nothing."""
    try:
        return verify_input(settings.runner(), item, input_format=settings.input_format, reading=settings.reading)
    except LogscrubError as error:
        return Did("failed", wrong=str(error), exit_code=error.exit_code)
    except Exception as error:
        return Did("failed", wrong=f"this is a bug in logscrub ({type(error).__name__}); please report it", exit_code=70)


def ingest_shard(settings: Settings, shard: Shard, store: str) -> tuple[Did, IngestResult | None]:
    """Scrubs an input and counts it into a store, where records that are known count nothing. Raises nothing."""
    from logscrub.metrics.ingest_pipeline import ingest_input
    from logscrub.metrics.ingest_workers import IngestWorkers

    did = Did()

    def note(done: int, tally: Tally) -> None:
        did.tally = tally

    try:
        engine = settings.runner()
        with IngestWorkers(0) as workers:
            number = workers.new_input()
            workers.into(store, engine.redactor.pseudonymizer)
            try:
                did.tally = ingest_input(
                    *(engine, shard.item, workers, number, shard.target),
                    inside=shard.inside,
                    input_format=settings.input_format,
                    reading=settings.reading,
                    progress=note,
                )
                did.said = tuple(_clean(engine, shard.item, fault) for fault in did.tally.faults)
            except InputError as error:
                did.status, did.said = "failed", (_clean(engine, shard.item, str(error)),)
        return did, workers.results.get(number)
    except LogscrubError as error:
        return Did("failed", wrong=str(error), exit_code=error.exit_code), None
    except OSError as error:
        what = os.strerror(error.errno or errno.EIO)
        return Did("failed", wrong=f"{store}: cannot be read or written: {what}", exit_code=3), None
    except Exception as error:
        return Did("failed", wrong=f"this is a bug in logscrub ({type(error).__name__}); please report it", exit_code=70), None
