"""What is said to people: lines on standard error, results on standard output, progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logscrub.scrubbing import Tally
    from logscrub.sources.files import Input


def say(message: str) -> None:
    """One line on standard error."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message)
    if sys.stderr is not None:
        print(f"logscrub: {line}", file=sys.stderr, flush=True)


def put(text: str, path: Path | None = None) -> None:
    """Writes a result to a file, or to standard output. Raises OutputError, or BrokenPipeError."""
    from logscrub.sinks import open_sink

    with open_sink(path, "none") as sink:
        sink.write(text.encode("utf-8", "backslashreplace"))
        sink.commit()


@dataclass(frozen=True, slots=True)
class Bar:
    """Progress over several inputs. `update` is told bytes read and redactions, over all of them."""

    update: Callable[[int, int], None]
    done: list[tuple[int, int]] = field(default_factory=list)
    """For each input so far: its bytes and its redactions."""

    def input(self) -> Callable[[int, Tally], None]:
        """What to tell the progress of the next input."""
        place = len(self.done)
        self.done.append((0, 0))

        def tell(read: int, tally: Tally) -> None:
            self.done[place] = (read, tally.redactions.total())
            self.update(sum(b for b, _ in self.done), sum(r for _, r in self.done))

        return tell


@contextmanager
def progress(items: Sequence[Input], *, shown: bool = True) -> Iterator[Bar]:
    """A bar on standard error, where that is a terminal."""
    typing = any(item.path is None for item in items) and sys.stdin is not None and sys.stdin.isatty()
    if not shown or typing or sys.stderr is None or not sys.stderr.isatty():
        yield Bar(lambda read, redactions: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TextColumn("{task.fields[redactions]:,} redactions"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown_bar:
        task = shown_bar.add_task("", total=_bytes(items), redactions=0)
        yield Bar(lambda read, redactions: shown_bar.update(task, completed=read, redactions=redactions))


def _bytes(items: Sequence[Input]) -> int | None:
    """How many bytes the inputs have on disk; None where that cannot be known."""
    if any(item.path is None or not item.path.is_file() for item in items):
        return None
    return sum(item.path.stat().st_size for item in items if item.path is not None)
