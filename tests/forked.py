"""`logscrub` as a process of its own for each call, without the second that each start takes.

A program is started once. It imports what the commands need, makes the default detectors ready, and forks for each call. Such a
fork has its own descriptors, folder, environment, signals and end, as a program that was started anew has. There are two: one for
commands that need no extra, which imports none, and one for those that count and report, which the first forks when it is first
needed. The second imports polars, of whose threads none works before the fork.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
ALLOWED = ("LOGSCRUB", "AWS_")
"""The names of variables that a call may set begin so. Python reads others when it starts."""
COUNTING = ("backtest", "exposure", "ingest", "mark", "metrics", "nightly", "report", "store", "watch")
"""Commands that import the libraries of tables and figures."""
_LONGEST_CALL = 1 << 17

_program: list[subprocess.Popen[bytes]] = []
"""The program that forks, once it is started."""
_channels: dict[bool, socket.socket] = {}
"""The socket that takes calls, of commands that count and of others."""
_OURSELVES = os.geteuid() if hasattr(os, "geteuid") else None


def can_call(env: Mapping[str, str]) -> bool:
    """False where only a program that is started anew will do."""
    return hasattr(os, "fork") and all(name.startswith(ALLOWED) for name in env) and os.geteuid() == _OURSELVES


def call(
    arguments: Sequence[str],
    *,
    stdin: bytes | None,
    cwd: Path | None,
    env: Mapping[str, str],
    missing: Sequence[str] = (),
    first: str = "",
    stdout: int | None = None,
    timeout: float = 300,
) -> subprocess.CompletedProcess[bytes]:
    """The end of the program, as `subprocess.run` returns it.

    Args:
        arguments: those behind `logscrub`.
        stdin: what it reads from a pipe; None for this process's own standard input.
        cwd: its working directory; None for this process's own.
        env: its whole environment.
        missing: modules that it does not find.
        first: what it executes in Python before the command, to change a part of logscrub.
        stdout: an open file that it writes its standard output to, instead of what is returned.
        timeout: the seconds after which it is killed.
    """
    channel = _start(bool(arguments) and arguments[0] in COUNTING and not missing)
    given, out, err, end = os.pipe(), os.pipe(), os.pipe(), os.pipe()
    mask = os.umask(0)
    os.umask(mask)
    asked = {
        "argv": list(arguments),
        "cwd": os.fspath(cwd or Path.cwd()),
        "env": dict(env),
        "mask": mask,
        "missing": list(missing),
        "first": first,
    }
    theirs = [0 if stdin is None else given[0], out[1] if stdout is None else stdout, err[1], end[1]]
    socket.send_fds(channel, [json.dumps(asked).encode()], theirs)
    for fd in (given[0], out[1], err[1], end[1]):
        os.close(fd)
    said = _communicate(given[1], stdin or b"", (out[0], err[0], end[0]), time.monotonic() + timeout)
    pid, _, status = said[end[0]].partition(b" ")
    assert pid, "the program that forks has ended"
    if not status:
        os.kill(int(pid), signal.SIGKILL)
        raise subprocess.TimeoutExpired(list(arguments), timeout)
    return subprocess.CompletedProcess(list(arguments), os.waitstatus_to_exitcode(int(status)), said[out[0]], said[err[0]])


def _communicate(to: int, data: bytes, from_: Sequence[int], until: float) -> dict[int, bytes]:
    """Writes to one pipe while it reads what comes from the others, until all are closed or the time is over."""
    said = dict.fromkeys(from_, b"")
    unread, unwritten = set(from_), memoryview(data)
    os.set_blocking(to, False)
    writing = True
    while unread and time.monotonic() < until:
        if writing and not unwritten:
            os.close(to)
            writing = False
        readable, writable, _ = select.select(list(unread), [to] if writing else [], [], max(0, until - time.monotonic()))
        for fd in readable:
            piece = os.read(fd, 1 << 16)
            said[fd] += piece
            if not piece:
                unread.remove(fd)
        if writable:
            try:
                unwritten = unwritten[os.write(to, unwritten) :]
            except BrokenPipeError:
                unwritten = memoryview(b"")
    for fd in [*from_, *([to] if writing else [])]:
        os.close(fd)
    return said


def stop() -> None:
    """Ends the programs that fork, and waits for them."""
    for channel in _channels.values():
        channel.close()
    for program in _program:
        program.wait()
    _channels.clear()
    _program.clear()


def _start(counts: bool) -> socket.socket:
    if counts not in _channels:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if counts:
            socket.send_fds(_start(False), [b"count"], [theirs.fileno()])
        else:
            env = {name: value for name, value in os.environ.items() if not name.startswith("LOGSCRUB")}
            command = [sys.executable, __file__, str(theirs.fileno())]
            _program.append(
                subprocess.Popen(
                    command,
                    pass_fds=[theirs.fileno()],
                    env=env | {"PYTHONPATH": str(ROOT)},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )
            )
        theirs.close()
        _channels[counts] = ours
    return _channels[counts]


# -- in the program that forks ------------------------------------------------------------------------------------------


def _make_ready() -> None:
    """Makes the default detectors ready in all engines, and imports what the commands import that need no extra."""
    import html.parser

    from logscrub import api, attest, config, report, rules, shards, sinks, sources  # noqa: F401
    from logscrub.attest import statement
    from logscrub.cli.app import COMMANDS, command
    from logscrub.sources import follow
    from logscrub.sources.codings import otlp_protobuf
    from logscrub.verification import sarif, text_report  # noqa: F401

    assert html.parser and follow and otlp_protobuf and statement

    command(None)
    for words in (["scrub", "app.log", "-o", "clean.log"], ["verify"], ["keys", "id", "logscrub.key"]):
        command(words[0]).make_context("logscrub", words)
    for name in COMMANDS:
        command(name)
    logs = [(ROOT / "sample_logs" / name).read_bytes() for name in ("plain_text.log", "app_logs_records.ndjson")]
    redactor = api.build_redactor(api.settings(None, None, []), None)
    for name in api.engines():
        engine = api.engine_of(redactor, name, threads=1)
        for log in logs:
            for reader in (engine.scrubber(), engine.verifier("app.log")):
                reader.feed(log[: 40_000 if name == "native" else 2000])
                reader.finish()
    tasks = Path("/proc/self/task")
    assert not tasks.is_dir() or len(list(tasks.iterdir())) == 1, "a fork has none of the other threads"


def _import_what_counts() -> None:
    import polars._utils.threading
    import pyarrow.ipc
    import pyod  # noqa: F401
    import scipy.stats  # noqa: F401
    from matplotlib import figure

    from logscrub import anomalies, exposure, metrics
    from logscrub.cli import tables
    from logscrub.report import charts, html

    for package in (anomalies, metrics):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    with charts._matplotlib():
        figure.Figure().savefig(io.StringIO(), format="svg")
    for template in ("report.html", "index.html"):
        html._environment().get_template(template)
    assert exposure and tables and polars._utils.threading and pyarrow.ipc


def _serve(channel: socket.socket) -> None:
    """Returns in the process that a call asked for, which has what the call gave."""
    ended, ends = os.pipe()
    os.set_blocking(ends, False)
    signal.set_wakeup_fd(ends, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # the number of the signal is written to the pipe
    while True:
        readable, _, _ = select.select([channel.fileno(), ended], [], [])
        if ended in readable:
            os.read(ended, 1 << 16)
            _tell_the_ends()
        if channel.fileno() not in readable:
            continue
        asked, fds, _, _ = socket.recv_fds(channel, _LONGEST_CALL, 4)
        if not asked:
            while _has_children():
                _tell_the_ends()
                time.sleep(0.001)
            sys.exit(0)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for fd in (channel.detach(), ended, ends, *_ends.values()):
                os.close(fd)
            _ends.clear()
            if asked != b"count":
                _become(fds, **json.loads(asked))
                return
            _import_what_counts()
            _freeze()
            return _serve(socket.socket(fileno=fds[0]))
        if asked == b"count":
            fds.append(os.open(os.devnull, os.O_WRONLY))  # nobody asks for its end
        else:
            os.write(fds[3], b"%d " % pid)
        _ends[pid] = fds.pop()
        for fd in fds:
            os.close(fd)


_ends: dict[int, int] = {}
"""Of each process that has not ended, the descriptor to which the status that it ends with is written."""


def _tell_the_ends() -> None:
    for pid in list(_ends):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            to = _ends.pop(pid)
            with contextlib.suppress(BrokenPipeError):  # who called waits no longer
                os.write(to, b"%d" % status)
            os.close(to)


def _freeze() -> None:
    gc.collect()
    gc.freeze()


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _become(
    fds: Sequence[int], argv: list[str], cwd: str, env: dict[str, str], mask: int, missing: list[str], first: str
) -> None:
    os.close(fds[3])
    for number, fd in enumerate(fds[:3]):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(cwd)
    os.umask(mask)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["logscrub", *argv]
    for name in missing:
        assert name not in sys.modules, f"{name} is imported already"
        sys.modules[name] = None  # type: ignore[assignment]
    exec(first, {})


def _run() -> NoReturn:
    """Runs the program, and ends as Python does, but without freeing one by one what was there before the fork."""
    from logscrub.cli import main

    try:
        main()
    except SystemExit as end:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)
    raise AssertionError("main ends the process")


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    _make_ready()
    _freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    _run()
