"""Processes that count what was scrubbed, side by side: clean bytes in, commits to the store out.

A stream of records that can be told apart without what stands before them (JSON a line, `forge logs`) is cut, and each part goes
to the next process; any other goes to one of them as a whole. Each process commits for itself, as two runs at once would.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import pickle
import queue
import re
import signal
import struct
import sys
import threading
from contextlib import AbstractContextManager, nullcontext, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from logscrub import formats
from logscrub.errors import LogscrubError, OutputError, UsageError
from logscrub.metrics.ingest_result import IngestResult
from logscrub.metrics.records import Records, block_in
from logscrub.redact.pseudonyms import Pseudonymizer

if TYPE_CHECKING:
    from logscrub.metrics.ingestion import Ingestion

_PART = 1 << 20
"""Bytes of a part, roughly."""
_ROOM = 1 << 20
"""Bytes that wait in the pipe of a process while it counts, so that scrubbing need not wait: the most that a system gives."""
_LONGEST = 8 << 20
"""Bytes in which there is a place to cut, if the stream has any."""
_LOOK = 16 << 10
"""Bytes before the end of a part in which a place to cut is looked for first."""
_SMALL = {"POLARS_MAX_THREADS": "1", "_RJEM_MALLOC_CONF": "dirty_decay_ms:100,muzzy_decay_ms:0", "MALLOC_ARENA_MAX": "1"}
"""The environment of a process that counts: one thread, for there may be several such, and memory that is given back soon."""
_MOST_WAITING = 3
"""Messages that wait for a process that counts."""
if sys.platform == "linux":
    import fcntl
_BLOCK, _PIECE, _END, _COMMIT = b"b", b"p", b"e", b"c"
_NUMBER = struct.Struct("<I")


class _Process(NamedTuple):
    """A process that counts."""

    process: BaseProcess
    parts: Connection
    """Takes what it is to count."""
    answers: Connection
    """Receives its results, or its error."""


class IngestWorkers:
    """Counts into a store. A context manager: what was taken is committed at its end, unless something went wrong."""

    def __init__(self, processes: int) -> None:
        """`processes`: how many count beside this one; with 0 this one does."""
        self._url = ""
        self._here: Ingestion | None = None
        self._count = processes
        self._started: list[_Process] = []
        self._opening: list[Connection] = []
        """Pipes of the processes that have not yet reported that they could open the store."""
        # a copy of this process would have the locks of Polars' threads, but not the threads
        self._context = multiprocessing.get_context("spawn")
        self._turn = self._context.Lock() if processes > 1 else None
        """Lock held while committing, so that two processes do not conflict."""
        self._next = 0
        self._failed: tuple[str, str] | None = None
        """The error of the first process that failed."""
        self._inputs = 0
        self.results: dict[int, IngestResult] = {}
        """Number of an input → the result of its records, once all is committed."""

    def into(self, url: str, pseudonymizer: Pseudonymizer) -> None:
        """Says where to count to, before anything is counted; the store is made if there is none.

        Raises UsageError where it is under another key, InputError, OutputError. What a process finds so is raised later, before
        anything is written.
        """
        self._url = url
        key_id, key = pseudonymizer.key_id, pseudonymizer.derived("metrics")
        if not self._count:
            self._here = _ingestion(url, key_id, key)
        for n in range(len(self._started)):
            self._send(n, pickle.dumps((url, key_id, key)))

    def wait_until_ready(self) -> None:
        """Waits until the store is known to be a good one. Raises what `into` does."""
        for answers in list(self._opening):
            self._heard(answers)

    def new_input(self) -> int:
        """The number of the next input."""
        self._inputs += 1
        return self._inputs

    def stream(self, number: int) -> IngestStream:
        """Counts one stream of the input of that number."""
        return IngestStream(self, number)

    def take(self, process: int, number: int, clean: bytes) -> None:
        """Gives a process a whole stream, or a part that is one by itself."""
        block = None if self._here is not None else block_in(clean)
        if block is not None:  # read here: the process that scrubs has less to do than the one that counts
            self._send(process, _BLOCK + _NUMBER.pack(number) + pickle.dumps(block))
            return
        records = Records(blocks=True)
        self.feed(process, number, records, clean)
        self.end(process, number, records)

    def feed(self, process: int, number: int, records: Records, clean: bytes) -> None:
        """Gives bytes of one stream to a process."""
        if self._here is not None:
            self._here.begin(number)
            self._here.take(records.feed(clean))
        else:
            self._send(process, _PIECE + _NUMBER.pack(number) + clean)

    def end(self, process: int, number: int, records: Records) -> None:
        """Ends the stream that a process reads."""
        if self._here is not None:
            self._here.begin(number)
            self._here.take(records.finish())
            self._here.end(records.read, records.given)
        else:
            self._send(process, _END + _NUMBER.pack(number))

    @property
    def is_here(self) -> bool:
        """True if this process counts by itself."""
        return self._here is not None

    def next(self) -> int:
        """The process whose turn it is."""
        self._next = (self._next + 1) % max(1, self._count)
        return self._next

    def commit_if_due(self) -> None:
        """Commits what is older than a minute, where this process counts by itself."""
        if self._here is not None:
            self._here.commit_if_due()

    def commit(self) -> None:
        """Commits all records. Raises the error of a process; commits of the others stay."""
        if self._here is not None:
            self._here.commit()
            self.results = self._here.results
        if not self._url:
            return
        self.wait_until_ready()
        for n in range(len(self._started)):
            self._send(n, _COMMIT)
        for each in self._started:
            for number, counted in self._heard(each.answers).items():
                self.results.setdefault(number, IngestResult()).add(counted)

    def _heard(self, pipe: Connection) -> dict[int, IngestResult]:
        """Return the results of a process. Raises its error; one of the store as OutputError, as it is not about one input."""
        told = self._failed
        if told is None:
            with suppress(EOFError, OSError):
                told = pipe.recv()
            if pipe in self._opening:
                self._opening.remove(pipe)
        if told is None:
            raise OutputError(
                f"{self._url}: a process that counts was ended from outside; run it again, nothing is counted twice"
            )
        if not isinstance(told, dict):
            self._failed = told
            raise _raised(told)
        return told

    def _send(self, n: int, message: bytes) -> None:
        parts, answers = self._started[n][1:]
        try:
            if answers.poll():  # that it is ready, or that it gave up
                self._heard(answers)
            parts.send_bytes(message)
        except (BrokenPipeError, ConnectionResetError):
            self._heard(answers)

    def _start(self) -> None:
        taken, given = self._context.Pipe(duplex=False)
        heard, said = self._context.Pipe(duplex=False)
        if sys.platform == "linux":
            with suppress(OSError):  # a user may have no more such pipes
                fcntl.fcntl(given.fileno(), fcntl.F_SETPIPE_SZ, _ROOM)
        process = self._context.Process(target=_work, args=(taken, said, self._turn), daemon=True)
        before = dict(os.environ)
        os.environ.update({name: value for name, value in _SMALL.items() if name not in before})
        process.start()
        for name in _SMALL.keys() - before.keys():
            del os.environ[name]
        taken.close()
        said.close()
        self._started.append(_Process(process, given, heard))
        self._opening.append(heard)

    def __enter__(self) -> Self:
        while len(self._started) < self._count:
            self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            for process, parts, answers in self._started:
                parts.close()
                answers.close()
                process.kill()  # what it committed is committed, and to end by itself it would first tidy up what is gone with it
                process.join()


class IngestStream:
    """Counts the records of one input, fed as clean bytes."""

    def __init__(self, workers: IngestWorkers, number: int) -> None:
        self._workers = workers
        self._number = number
        self._held = b""
        self._cut: re.Pattern[bytes] | None = None
        self._begun = False
        self._process = workers.next()
        self._records = Records(blocks=True)

    def feed(self, clean: bytes) -> None:
        """Counts the records that are complete. Raises OutputError, InputError."""
        self._held += clean
        if len(self._held) < _PART:
            return
        if not self._begun:
            self._begun = True
            first = self._held[: self._held.find(b"\n") + 1 or formats.MOST_MESSAGE][: formats.MOST_MESSAGE]
            self._cut = formats.recognise(first.decode("utf-8", "replace")).starts_alone if first.strip() else None
        if self._cut is None:
            self._give(self._held)
            self._held = b""
            return
        at = self._place()
        if not at and len(self._held) > _LONGEST:  # one record, or one page on a line: it is not cut any more
            self._cut = None
        if at:
            self._workers.take(self._process, self._number, self._held[:at])
            self._process = self._workers.next()
            self._held = self._held[at:]

    def _place(self) -> int:
        """The offset of the last record; 0 where there is only one."""
        assert self._cut is not None
        for start in (max(0, len(self._held) - _LOOK), 0):
            found = [m.end() for m in self._cut.finditer(self._held, start)]
            if found:
                return found[-1]
        return 0

    def _give(self, clean: bytes) -> None:
        self._workers.feed(self._process, self._number, self._records, clean)

    def flush(self) -> None:
        """Counts what has come from a live pipe, and commits it once a minute."""
        if self._workers.is_here:
            self._give(self._held)
            self._held = b""
            self._begun, self._cut = True, None
            self._workers.commit_if_due()

    def finish(self) -> None:
        """Counts what was still open. Raises OutputError, InputError."""
        self._workers.wait_until_ready()
        if self._cut is not None:
            self._workers.take(self._process, self._number, self._held)
            return
        self._give(self._held)
        self._workers.end(self._process, self._number, self._records)


def _work(parts: Connection, answers: Connection, turn: AbstractContextManager[Any] | None) -> None:
    """The work of a process: it receives the store's address and counts until its pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it decides
    gc.disable()
    import logscrub.metrics.ingestion  # noqa: F401  # takes a while, during which the first process learns what to ask for

    url = ""
    with suppress(EOFError, BrokenPipeError):  # the one that started it is gone
        try:
            url, key_id, key = parts.recv()
            with turn or nullcontext():
                ingestion, records = _ingestion(url, key_id, key, turn), Records(blocks=True)
            answers.send({})
            messages: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
            threading.Thread(target=_receive, args=(parts, messages), daemon=True).start()
            while (message := messages.get()) is not None:
                kind, body = message[:1], message[1 + _NUMBER.size :]
                if kind == _COMMIT:
                    ingestion.commit()
                    answers.send(ingestion.results)
                    continue
                ingestion.begin(*_NUMBER.unpack_from(message, 1))
                if kind == _PIECE:
                    ingestion.take(records.feed(body))
                    continue
                if kind == _BLOCK:
                    ingestion.take(records.of_block(*pickle.loads(body)))
                ingestion.take(records.finish())
                ingestion.end(records.read, records.given)
                records = Records(blocks=True)
        except (EOFError, BrokenPipeError):
            raise
        except LogscrubError as error:
            answers.send((type(error).__name__, str(error)))
        except OSError as error:
            answers.send((OutputError.__name__, f"{url}: cannot be read or written: {os.strerror(error.errno or errno.EIO)}"))
        except BaseException as error:  # a library's panic too; its message may quote a log
            answers.send(("", type(error).__name__))


def _ingestion(url: str, key_id: str, key: bytes, turn: AbstractContextManager[Any] | None = None) -> Ingestion:
    from logscrub.metrics.ingestion import Ingestion
    from logscrub.metrics.store import open_or_make

    return Ingestion(open_or_make(url, key_id), key, turn)


def _receive(parts: Connection, messages: queue.Queue[bytes | None]) -> None:
    """Puts messages into a queue while the process counts, so that scrubbing need not wait; None at the end."""
    try:
        while True:
            messages.put(parts.recv_bytes())
    except (EOFError, OSError):
        messages.put(None)


def _raised(told: tuple[str, str]) -> Exception:
    """Return the error of a process as one of this process."""
    name, message = told
    if name == UsageError.__name__:
        return UsageError(message)
    return OutputError(message) if name else RuntimeError(message)
