"""Files that a command makes, and never in the place of another."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def create(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Writes a new file, durably; `mode` is lessened by the umask.

    Raises FileExistsError where there is something at that path, OSError or ValueError where it cannot be written; then there is
    no file either.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _sync(path.absolute().parent)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _sync(folder: Path) -> None:
    """Makes the file's name durable; some systems cannot do this for a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
