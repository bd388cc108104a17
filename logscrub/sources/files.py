"""Which inputs a command line names, and where each would go below an output folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from logscrub.errors import InputError, UsageError


@dataclass(frozen=True)
class Input:
    """One input to read."""

    path: Path | None
    """None is standard input."""
    name: str
    """For messages: printable and on one line; `-` is standard input."""
    relative: Path
    """Where it goes below an output folder."""


STDIN = Input(path=None, name="-", relative=Path("stdin"))


def printable(path: str | Path) -> str:
    """The path for a message: what could break the line or steer a terminal is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(path))


def expand(inputs: Sequence[str]) -> list[Input]:
    """The inputs that the arguments stand for, in their order; a folder's files are sorted.

    Nothing or `-` is standard input. A folder stands for all regular files below it (links to files too, but folders
    behind links are not entered); an empty folder stands for none, so the list can be empty. A file goes to its
    own name below an output folder, a folder's files to their path within it, or, where several folders would
    clash, to that path below the folder's own name.

    Raises InputError for what is missing or cannot be listed, UsageError where two inputs would go to the same place.
    """
    if not inputs:
        return [STDIN]
    groups = [_expand_one(argument) for argument in inputs]
    if _clash(item for folder, items in groups if folder for item in items) is not None:
        groups = [(folder, [_below(folder, item) for item in items] if folder else items) for folder, items in groups]
    items = [item for _, items in groups for item in items]
    clash = _clash(items)
    if clash is not None:
        first, second = clash
        raise UsageError(
            f"{first.name} and {second.name} would both be written to {printable(second.relative)}; "
            "give them in separate runs or rename one"
        )
    return items


def _expand_one(argument: str) -> tuple[Path | None, list[Input]]:
    """The folder, if it is one, and the inputs."""
    if argument == "-":
        return None, [STDIN]
    name = printable(argument)
    if not argument:  # an unset shell variable must not come to mean the current folder
        raise InputError("'': no such file; an input's name is empty")
    path = Path(argument)
    try:
        path.stat()
        if not path.is_dir():
            return None, [Input(path, name, Path(path.name))]
        found = sorted(_files_below(path), key=lambda relative: relative.parts)
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except OSError as error:
        where = printable(error.filename) if isinstance(error.filename, str) else name
        raise InputError(f"{where}: cannot be opened: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise InputError(f"{name}: no such file") from None
    return path, [Input(path / relative, printable(path / relative), relative) for relative in found]


def _files_below(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:  # os.walk would silently skip a folder it cannot list
        raise error

    for root, _, names in os.walk(folder, onerror=fail, followlinks=False):
        for name in names:
            path = Path(root, name)
            if path.is_file():
                yield path.relative_to(folder)


def _below(folder: Path, item: Input) -> Input:
    own_name = folder.name if folder.name not in ("", "..") else folder.resolve().name
    return Input(item.path, item.name, Path(own_name) / item.relative)


def _clash(items: Iterable[Input]) -> tuple[Input, Input] | None:
    """Two inputs that cannot both go below one folder: the same place, or one's file is the other's folder."""
    files: dict[Path, Input] = {}
    folders: dict[Path, Input] = {}
    for item in items:
        parents = [parent for parent in item.relative.parents if parent.parts]
        earlier = files.get(item.relative) or folders.get(item.relative)
        earlier = earlier or next((files[parent] for parent in parents if parent in files), None)
        if earlier is not None:
            return earlier, item
        files[item.relative] = item
        for parent in parents:
            folders.setdefault(parent, item)
    return None
