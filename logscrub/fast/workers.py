"""Processes that do blocks side by side. Each is a copy of this one, so settings, detectors and key are there already.

Only where processes can be copied (Linux); elsewhere, and on one processor, there are none, and all is done in this process.
Blocks and results go through memory that the processes share, never through files; pipes say when. What one has learned of a
form goes to the others with their next blocks: a judgement is a pure function, so nobody can tell who made it.
"""

from __future__ import annotations

import contextlib
import gc
import mmap
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NamedTuple

from logscrub.fast.blocks import Entry
from logscrub.fast.work import Done, Work
from logscrub.redact.scrub import MOST_SHARED, Judged

MOST = 8
"""Processes at most: each takes its own memory."""

ROOM = 2 << 20
"""Bytes for a block, or for what became of one; more goes through the pipe."""
Task = tuple[str, bytes, int, Entry]
"""The format's name, the block, its first line, and where its reader is to stand."""


class _Rooms(NamedTuple):
    """Memory that a process shares with the first one."""

    blocks: mmap.mmap
    """Where it finds its block."""
    outputs: mmap.mmap
    """Where it leaves what it made of it."""


def processors() -> int:
    """How many processes can run at once here, at most `MOST`; 1 where processes cannot be copied."""
    if sys.platform != "linux":
        return 1
    return min(MOST, len(os.sched_getaffinity(0)))


class Workers:
    """Processes that were started with the first task. A context manager that ends them."""

    def __init__(self, count: int, make: Callable[[str], Work]) -> None:
        """`make`: the work for a format, made in each process when it is first needed."""
        self._count = count
        self._make = make
        self._processes: list[BaseProcess] = []
        self._idle: list[Connection] = []
        self._busy: dict[Connection, int] = {}
        """A process's pipe, and the number of the task that it does."""
        self._rooms: dict[Connection, _Rooms] = {}
        self._judged: Judged = []
        self._told: dict[Connection, int] = {}
        """How much of what was judged each process knows."""

    @property
    def count(self) -> int:
        return self._count

    @property
    def has_any(self) -> bool:
        """Whether there is still a process, or one could be started."""
        return not self._processes or bool(self._idle or self._busy)

    @property
    def has_free(self) -> bool:
        """Whether a process waits for a task."""
        return not self._processes or bool(self._idle)

    def start(self, number: int, task: Task) -> bool:
        """Gives a task to a free process. False where there is none that takes it."""
        if not self._processes:
            self._fork()
        while self._idle:
            pipe = self._idle.pop()
            name, block, line, entry = task
            try:
                left = _leave(block, self._rooms[pipe].blocks)
                pipe.send(((name, left, line, entry), self._judged[self._told.get(pipe, 0) :]))
            except OSError:  # it was ended from outside
                pipe.close()
                continue
            self._told[pipe] = len(self._judged)
            self._busy[pipe] = number
            return True
        return False

    def results(self, block: bool) -> list[tuple[int, Done | None]]:
        """Tasks that are done, by their numbers; None for one that a process could not do. `block`: waits for at least one."""
        done: list[tuple[int, Done | None]] = []
        for pipe in wait(list(self._busy), None if block else 0):
            assert isinstance(pipe, Connection)
            number = self._busy.pop(pipe)
            try:
                result, output, judged = pipe.recv()
                if result is not None:
                    result = result._replace(output=_taken(output, self._rooms[pipe].outputs))
                done.append((number, result))
                self._idle.append(pipe)
                self._judged += judged[: MOST_SHARED - len(self._judged)]
            except (EOFError, OSError):  # it was ended from outside: what it had is done in this process
                done.append((number, None))
                pipe.close()
        return done

    def close(self) -> None:
        """Ends the processes, whatever they do."""
        for pipe in [*self._idle, *self._busy]:
            with contextlib.suppress(OSError):
                pipe.close()
        for process in self._processes:
            process.kill()
            process.join()
        self._processes, self._idle, self._busy, self._rooms, self._judged, self._told = [], [], {}, {}, [], {}

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fork(self) -> None:
        context = multiprocessing.get_context("fork")
        gc.freeze()  # what is there now is shared with the copies as long as nobody writes to it
        for _ in range(self._count):
            here, there = context.Pipe()
            rooms = self._rooms[here] = _Rooms(mmap.mmap(-1, ROOM), mmap.mmap(-1, ROOM))
            process = context.Process(target=_serve, args=(there, rooms, [here, *self._idle], self._make), daemon=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # no thread of ours holds a lock that a copy needs
                process.start()
            there.close()
            self._processes.append(process)
            self._idle.append(here)
        gc.unfreeze()


def _leave(data: bytes, room: mmap.mmap) -> bytes | int:
    """Leaves data in a room; what the pipe is to say: how much it is, or the data itself where there is not room enough."""
    if len(data) > ROOM:
        return data
    room[: len(data)] = data
    return len(data)


def _taken(left: bytes | int, room: mmap.mmap) -> bytes:
    """What `_leave` left."""
    return room[:left] if isinstance(left, int) else left


def _serve(pipe: Connection, rooms: _Rooms, others: list[Connection], make: Callable[[str], Work]) -> None:
    """What a process does until its pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all: the first process ends the others
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:
        other.close()
    gc.set_threshold(100_000, 50, 100)  # what is remembered here is much, has no cycles, and is looked through each time
    works: dict[str, Work] = {}
    try:
        while True:
            (name, left, line, entry), judged = pipe.recv()
            done: Done | None = None
            output: bytes | int = 0
            learned: Judged = []
            try:
                if name not in works:
                    works[name] = make(name)
                works[name].learn(judged)
                done = works[name].block(_taken(left, rooms.blocks), line, entry)
                output = _leave(done.output, rooms.outputs)
                learned = works[name].learned()
            except Exception:  # the first process does it again, and meets what is wrong
                works.pop(name, None)
            pipe.send((None if done is None else done._replace(output=b""), output, learned))
    except (EOFError, OSError):
        pass
    finally:
        os._exit(0)
