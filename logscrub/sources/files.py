"""Which inputs a command line names, and where each would go below an output folder."""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from logscrub import objects
from logscrub.errors import InputError, UsageError
from logscrub.objects import Address, ObjectError, Stored


@dataclass(frozen=True)
class Input:
    """One input to read."""

    path: Path | None
    """None is standard input."""
    name: str
    """The name in messages, printable and on one line; `-` is standard input."""
    relative: Path
    """Its path below an output folder."""
    skipped: str = ""
    """Why it is not read: it was found in a folder or by a pattern, but it is no file. Opening it raises InputError."""
    address: Address | None = field(default=None, repr=False)
    """The address of an object, which is not on this machine; `path` has the same address as a path."""
    stored: Stored | None = None
    """The store's metadata of the object."""
    part: tuple[int, int] | None = None
    """The bytes of it that are read: from one on, up to another, or its end."""


STDIN = Input(path=None, name="-", relative=Path("stdin"))


def printable(path: str | Path) -> str:
    """The path for a message: what could break the line or steer a terminal is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(path))


def unquoted(argument: str) -> list[str]:
    """The paths that a pattern (`'exports/*.ndjson'`) stands for if the shell did not expand it, sorted.

    Patterns are those of the shell, without `**`. An argument that names something, or that nothing matches, stays as it is.
    """
    if "**" in argument or not _is_pattern(argument) or os.path.lexists(argument) or objects.address_of(argument):
        return [argument]
    found = sorted(glob.glob(argument))  # noqa: PTH207 - Path.glob takes no absolute pattern
    return ["./-" if path == "-" else path for path in found] or [argument]


def expand(inputs: Sequence[str]) -> list[Input]:
    """The inputs that the arguments stand for, in their order; a folder's files are sorted.

    Nothing or `-` is standard input. A pattern stands for what it matches (`unquoted`), a folder for everything below it. Of
    both, regular files and links to such are read, all else is `skipped` with its reason: links to folders, which are not
    followed, pipes, sockets, devices, links to nothing, folders that cannot be listed. An empty folder stands for none, so the
    list can be empty. A file goes to its own name below an output folder, a folder's files to their path within it, or, where
    several folders would clash, to that path below the folder's own name.

    Raises InputError for what is missing or cannot be listed, UsageError where two inputs would go to the same place.
    """
    if not inputs:
        return [STDIN]
    groups = [group for argument in inputs for group in _groups(argument)]
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


def stands_for_several(arguments: Sequence[str]) -> bool:
    """True if arguments stand for several inputs, or for a folder. Raises UsageError where an address cannot be read."""
    named = [path for argument in arguments for path in unquoted(argument)]
    if len(named) > 1:
        return True
    address = objects.address_of(named[0]) if named else None
    if address is None:
        return named not in ([], [""]) and stat.S_ISDIR(mode_of(Path(named[0])))  # an empty name is no folder
    try:
        lies = _lies_at(address)
    except InputError:  # it is told where it is read
        return False
    return lies is not None and (lies.is_folder or len(lies.objects) > 1)


def mode_of(path: Path) -> int:
    """Type and permissions of what a path leads to, as in `stat`; 0 where there is nothing, or nothing that may be seen."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return 0


def size_of(item: Input) -> int | None:
    """The size of an input as stored, in bytes; None where that is not known before it is read."""
    if item.address is not None or item.path is None:
        return None if item.stored is None else item.stored.size
    try:
        status = item.path.stat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def why_unreadable(error: OSError) -> str:
    """The reason why something cannot be opened, listed or read, with advice; for a message, after its name."""
    if isinstance(error, ObjectError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it; run as a user who may"
    if isinstance(error, IsADirectoryError):
        return "is a folder where a file was expected"
    if error.errno == errno.ELOOP:
        return "is a link that leads back to itself"
    what = os.strerror(error.errno) if error.errno else type(error).__name__
    advice = "; the disk or the connection may be failing, copy the file and try again" if error.errno == errno.EIO else ""
    return f"cannot be read: {what}{advice}"


def _groups(argument: str) -> list[tuple[Path | None, list[Input]]]:
    """The inputs that an argument stands for, grouped by the folder that holds them; None for a file."""
    address = objects.address_of(argument)
    if address is not None:
        return _expand_address(address)
    matches = unquoted(argument)
    return [_expand_one(argument)] if matches == [argument] else [_expand_match(match) for match in matches]


def _lies_at(address: Address) -> objects.Listing | None:
    """The objects at an address; None for a URL, which is requested only when it is read. Raises UsageError, InputError."""
    objects.refuse(address)
    if address.is_web:
        return None
    try:
        return objects.listing(address)
    except ObjectError as error:
        raise InputError(f"{printable(str(address))}: {error}") from None


def _expand_address(address: Address) -> list[tuple[Path | None, list[Input]]]:
    """The inputs that an address stands for, grouped as those of folders are."""
    lies = _lies_at(address)
    if lies is None:
        path = address.path
        return [(None, [Input(path, printable(str(address)), Path(path.name), address=address)])]
    if not lies.is_folder:
        return [(None, [_object(address.below(stored.key), stored)]) for stored in lies.objects]
    folder = address.path
    items = [_object(address.below(stored.key), stored) for stored in lies.objects]
    return [(folder, [replace(item, relative=(item.path or folder).relative_to(folder)) for item in items])]


def _object(address: Address, stored: Stored) -> Input:
    """An object as an input."""
    path = address.path
    again = objects.address_of(path)
    is_path = again is not None and again.key == address.key and ".." not in path.parts
    skipped = "" if is_path else "has an empty part in its name, or one that leads elsewhere; copy it to another name"
    return Input(path, printable(str(address)), Path(path.name), skipped, address, stored)


def _expand_match(match: str) -> tuple[Path | None, list[Input]]:
    """Expands something that a pattern matches. If it cannot be read it is skipped, so that the other matches are read."""
    path = Path(match)
    is_folder, skipped = _folder_or_skipped(path)
    if is_folder:
        try:
            return _expand_one(match)
        except InputError as error:
            skipped = str(error).removeprefix(f"{printable(match)}: ")
    return None, [Input(path, printable(match), Path(path.name), skipped)]


def _expand_one(argument: str) -> tuple[Path | None, list[Input]]:
    """The folder, if it is one, and the inputs."""
    if argument == "-":
        return None, [STDIN]
    name = printable(argument)
    if not argument:  # an unset shell variable must not come to mean the current folder
        raise InputError("'': no such file; an input's name is empty")
    path = Path(argument)
    try:
        mode = path.stat().st_mode
        if stat.S_ISSOCK(mode):
            raise InputError(f"{name}: is a socket, not a file")
        if not stat.S_ISDIR(mode):
            return None, [Input(path, name, Path(path.name))]
        found = sorted(_everything_below(path), key=lambda entry: entry[0].parts)
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the name
        raise InputError(f"{name}: {_why_missing(argument)}") from None
    except OSError as error:
        raise InputError(f"{name}: {why_unreadable(error)}") from None
    return path, [Input(path / relative, printable(path / relative), relative, skipped) for relative, skipped in found]


def _is_pattern(argument: str) -> bool:
    return any(sign in argument for sign in "*?[") and "\0" not in argument


def how_to_fetch(url: str) -> str:
    """Advice on reading a log that is behind a URL."""
    return "give the path alone" if url.lower().startswith("file:") else "download it and give the file"


def _why_missing(argument: str) -> str:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", argument):
        return f"is no address that is read, these are s3://, gs://, az:// and https://; {how_to_fetch(argument)}"
    if Path(argument).is_symlink():
        return "is a link to nothing"
    if "**" in argument:
        return "no such file; ** is not expanded, give the folder, which stands for all files below it"
    if _is_pattern(argument):
        return "no such file, and nothing matches it as a pattern"
    return "no such file"


def _everything_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yields the path of each entry below the folder that is no folder, and why it is not read ("" for files). Raises OSError."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            paths = list(here.iterdir())
        except OSError as error:
            if here == folder:
                raise
            yield here.relative_to(folder), why_unreadable(error)
            continue
        for path in paths:
            is_folder, skipped = _folder_or_skipped(path)
            if is_folder:
                waiting.append(path)
            else:
                yield path.relative_to(folder), skipped


def _folder_or_skipped(path: Path) -> tuple[bool, str]:
    """Return whether it is a folder, and else why it is not read: "" for a regular file or a link to one."""
    is_link = False
    try:
        mode = path.lstat().st_mode
        is_link = stat.S_ISLNK(mode)
        mode = path.stat().st_mode if is_link else mode
    except OSError as error:
        return False, "is a link to nothing" if is_link and isinstance(error, FileNotFoundError) else why_unreadable(error)
    if stat.S_ISREG(mode):
        return False, ""
    if stat.S_ISDIR(mode):
        return not is_link, "is a link to a folder, which is not followed; give that folder as an input of its own"
    if stat.S_ISFIFO(mode):
        return False, "is a named pipe, which is read only if it is given as an input of its own"
    return False, "is a socket, not a file" if stat.S_ISSOCK(mode) else "is a device, not a file"


def _below(folder: Path, item: Input) -> Input:
    own_name = folder.name if folder.name not in ("", "..") else folder.resolve().name
    return replace(item, relative=Path(own_name) / item.relative)


def _clash(items: Iterable[Input]) -> tuple[Input, Input] | None:
    """Two inputs that cannot both go below one folder: the same place, or one's file is the other's folder."""
    files: dict[Path, Input] = {}
    folders: dict[Path, Input] = {}
    for item in items:
        if item.skipped:
            continue
        parents = [parent for parent in item.relative.parents if parent.parts]
        earlier = files.get(item.relative) or folders.get(item.relative)
        earlier = earlier or next((files[parent] for parent in parents if parent in files), None)
        if earlier is not None:
            return earlier, item
        files[item.relative] = item
        for parent in parents:
            folders.setdefault(parent, item)
    return None
