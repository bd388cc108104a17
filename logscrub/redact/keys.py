"""Keys for pseudonyms: how they are made, read and recognised.

A key file made by `logscrub keys new` holds one line, `logscrub-key-v1:` and 48 characters of base64url: 32 random bytes and a
checksum of 4 bytes, so that a changed character is noticed. The line as it stands is the key.

Keys that were made before this format stay valid: any secret of 16 bytes or more, as random bytes or a line of text. They give
the same pseudonyms as before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Final

from logscrub.errors import UsageError

SHORTEST_KEY: Final = 16
"""Bytes that a given key must have at least."""
HOW_TO_MAKE: Final = "make one with: logscrub keys new logscrub.key"
"""The advice in every message about a key that is missing or wrong."""

_PREFIX: Final = b"logscrub-key-v1:"
_RANDOM: Final = 32
_CHECKED: Final = 4
_BODY: Final = (_RANDOM + _CHECKED) * 4 // 3
"""Characters of base64url, which 36 bytes fill without padding."""
_LONGEST_FILE: Final = 8192
"""Largest key file, in bytes: twice the largest in use (4,096 random bytes, an RSA key of 4,096 bits)."""
_FEWEST_DISTINCT: Final = 5
"""A key of fewer distinct bytes can be guessed; 16 random hexadecimal digits have 10 on average."""

_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_SURELY_RANDOM: Final = 256
"""Length in bytes from which random data always holds a control character."""
_ARMOUR: Final = b"-----BEGIN "
_ENCODED_LINE: Final = re.compile(rb"[A-Za-z0-9+/_=-]+")
_CONTAINERS: Final = (
    (b"\x1f\x8b\x08", "a gzip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"PK\x03\x04", "a zip file"),
    (b"PAR1", "a Parquet file"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"%PDF-", "a PDF"),
    (b"\x7fELF", "a program"),
)


def new_key() -> bytes:
    """A new random key: the line that a key file holds."""
    secret = os.urandom(_RANDOM)
    return _PREFIX + base64.urlsafe_b64encode(secret + _check_of(secret))


def read_key(path: Path) -> bytes:
    """The key in a file: its bytes, without white space at the ends.

    Raises UsageError where the file cannot be read, or is no key: too short, damaged, or clearly something else.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no possible file name"
        raise UsageError(f"{path}: the key file cannot be read ({why})") from None
    what = _what_else(data)
    if what is not None:
        raise UsageError(f"{path}: is {what}, not a key; {HOW_TO_MAKE}")
    return check_key(data.strip(), str(path))


def given_key(path: Path | None) -> bytes | None:
    """The key in a file; without one that of the variable LOGSCRUB_KEY, else None. Raises UsageError as `read_key`."""
    if path is not None:
        return read_key(path)
    if "LOGSCRUB_KEY" in os.environ:
        return check_key(os.fsencode(os.environ["LOGSCRUB_KEY"]).strip(), "LOGSCRUB_KEY")
    return None


def check_key(key: bytes, where: str) -> bytes:
    """`key`, if it is long enough and not damaged. Raises UsageError, which does not show it."""
    if len(key) < SHORTEST_KEY:
        raise UsageError(f"{where}: a key has at least {SHORTEST_KEY} bytes; {HOW_TO_MAKE}")
    line = key.strip()
    if _is_whole(line):
        return line
    if _PREFIX in line or _has_check(line[-_BODY:]):
        raise UsageError(
            f"{where}: the key is damaged (a character was changed, lost or added); restore it from a copy: another key makes "
            "other pseudonyms"
        )
    return key


def weaknesses(key: bytes, path: Path | None = None) -> list[str]:
    """Warnings about a key that others may read or guess, one line each. `path`: the file that it was read from."""
    found = []
    if path is not None and os.name == "posix":
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            found.append(f"{path}: other users may open this key (mode {mode:04o}); take that away with: chmod 600 {path}")
    if (distinct := len(set(key))) < _FEWEST_DISTINCT:
        made_of = "one byte, repeated" if distinct == 1 else f"{distinct} different bytes only"
        where = "LOGSCRUB_KEY" if path is None else path
        found.append(f"{where}: this key is {made_of}, so pseudonyms can be guessed; {HOW_TO_MAKE}")
    return found


def _check_of(secret: bytes) -> bytes:
    return hashlib.sha256(b"logscrub key check" + secret).digest()[:_CHECKED]


def _has_check(body: bytes) -> bool:
    """Returns True if this is the part of a key behind its prefix."""
    if len(body) != _BODY or re.fullmatch(rb"[A-Za-z0-9_-]+", body) is None:
        return False
    try:
        decoded = base64.urlsafe_b64decode(body)
    except binascii.Error:
        return False
    return decoded[_RANDOM:] == _check_of(decoded[:_RANDOM])


def _is_whole(line: bytes) -> bool:
    return line.startswith(_PREFIX) and _has_check(line[len(_PREFIX) :])


def _what_else(data: bytes) -> str | None:
    """Name the content of a file that is clearly no key, for a message; None where it may be one."""
    for magic, what in _CONTAINERS:
        if data.startswith(magic):
            return what
    if len(data) > _LONGEST_FILE:
        return f"larger than a key file ({_LONGEST_FILE:,} bytes at most)"
    return "a text document" if _is_document(data.strip()) else None


def _is_document(data: bytes) -> bool:
    """Returns True if this is text of several lines, or JSON, and neither an encoded secret nor a private key in PEM."""
    if _CONTROLS.search(data) is not None or not (len(data) >= _SURELY_RANDOM or _is_utf8(data)):
        return False  # random bytes
    if data.startswith(_ARMOUR):
        return False
    if data.startswith((b"{", b"[")) and _is_json(data):
        return True
    lines = [line.strip() for line in data.splitlines() if line.strip()]
    return len(lines) > 1 and not _is_encoded(lines)


def _is_encoded(lines: list[bytes]) -> bool:
    """Returns True if these are lines of one length, but for the last, of base64 or hexadecimal digits, as from `openssl`."""
    return all(map(_ENCODED_LINE.fullmatch, lines)) and len({len(line) for line in lines[:-1]}) == 1


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
