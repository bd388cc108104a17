"""The command line. `main` alone decides how the process ends; each command is one thin file.

Exit codes: 0 done, or clean. 1 customer data was found, or a detector's example does not hold. 2 wrong usage or configuration.
3 an input could not be read, an output not written, or something was withheld. 70 a bug. 130 interrupted. 141 the reader of the
output went away.
"""

from __future__ import annotations

import _thread
import errno
import gc
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from types import FrameType

from logscrub.cli.console import say
from logscrub.errors import LogscrubError
from logscrub.extras import extra_of, install, is_missing

BUG = 70
INTERRUPTED = 130
BROKEN_PIPE = 141


def main() -> None:
    """The program `logscrub`."""
    gc.set_threshold(100_000, 50, 100)  # lists of names, forms and lines are much, and have no cycles
    try:
        _be_quiet()
        code = _run(sys.argv[1:])
        _flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code in (BROKEN_PIPE, INTERRUPTED):
        _drop_output()
    gc.freeze()  # what is left ends with the process, and a search for cycles in it would take longer than all the rest
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    from typer import Abort, Exit
    from typer.exceptions import TyperException

    from logscrub.cli.app import COMMANDS, command

    completes = "_LOGSCRUB_COMPLETE" in os.environ
    only = arguments[0] if arguments and arguments[0] in COMMANDS and not completes else None
    program = command(only)
    try:
        if completes:
            program.main(list(arguments), prog_name="logscrub")
        with program.make_context("logscrub", list(arguments)) as context:
            return int(program.invoke(context) or 0)
    except Exit as end:
        return end.exit_code
    except Abort:
        return INTERRUPTED
    except TyperException as error:
        context_of = getattr(error, "ctx", None)
        where = context_of.command_path if context_of is not None else "logscrub"
        message = " ".join(error.format_message().split()).rstrip(".").replace("Value error, ", "")
        say(f"{message}; see: {where} --help")
        return 2
    except LogscrubError as error:
        say(str(error))
        return error.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:
        say(f"{_file_of(error)}cannot read or write: {os.strerror(error.errno or errno.EIO)}; make room, or choose another place")
        _drop_output()  # otherwise the buffered rest would be written, and reported, once more at the end
        return 3
    except MemoryError:
        say("there is not enough memory to go on: give it more, or cut the input into smaller files")
        return 3
    except (KeyboardInterrupt, SystemExit):
        raise
    except ModuleNotFoundError as error:
        extra = extra_of(error.name or "")
        if extra is None or not is_missing(extra):
            return _bug(error)
        say(f"{arguments[0]} needs: {install(extra)}")
        return 2
    except BaseException as error:  # a panic of a library in Rust too
        return _bug(error)


def _bug(error: BaseException) -> int:
    """Names the kind of an error, and no more, because its message may quote a log. Returns the exit code."""
    say(f"this is a bug in logscrub ({type(error).__name__}); please report it with the command; LOGSCRUB_DEBUG=1 shows where")
    if os.environ.get("LOGSCRUB_DEBUG") == "1":
        for frame in traceback.extract_tb(error.__traceback__):
            say(f"  {frame.filename}:{frame.lineno} in {frame.name}")
    return BUG


def _file_of(error: OSError) -> str:
    """The file that an error names, as the beginning of a message; "" if it names none."""
    from logscrub.sources.files import printable

    name = error.filename
    return f"{printable(os.fsdecode(name))}: " if isinstance(name, str | bytes | os.PathLike) and name else ""


def _be_quiet() -> None:
    """Silences libraries. Only our own lines are on standard error, because messages of libraries could quote a log."""
    logging.disable(logging.CRITICAL)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    sys.unraisablehook = _unraisable
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # a second Ctrl-C must not break off the tidying up after the first
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    # a signal that met a destructor was lost there: it is sent again once that is over; all else could quote a log
    if lost.exc_type is KeyboardInterrupt:
        signal.signal(signal.SIGINT, _interrupt)
        threading.Timer(0.01, _thread.interrupt_main).start()
    elif isinstance(lost.exc_value, SystemExit) and isinstance(lost.exc_value.code, int) and lost.exc_value.code > 128:
        threading.Timer(0.01, _thread.interrupt_main, (lost.exc_value.code - 128,)).start()


def _end(number: int, frame: FrameType | None) -> None:
    # raised as an exception, so that half-written files are removed
    raise SystemExit(128 + number)


def _flush() -> None:
    """Empties Python's own buffers now, while an error can still be reported."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        say(f"cannot write: {os.strerror(error.errno or errno.EIO)}; make room, or choose another place")
        _drop_output()
        sys.exit(3)


def _drop_output() -> None:
    """Sends what is still buffered nowhere, so that Python's own flush at the exit has nothing to complain about."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            try:
                os.dup2(null, stream.fileno())
            except (OSError, ValueError, AttributeError):
                continue
    os.close(null)
