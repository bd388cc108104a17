"""The kind of a file by its first bytes: compressions that are read, and formats that are recognised so that they can be refused.

An archive or a table that is read as text would pass with everything in it, or come out broken.
"""

from __future__ import annotations

import re
from typing import Final

from logscrub.sources.codings import may_be_protobuf

ZSTD: Final = b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPABLE: Final = tuple(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16))

TAR: Final = "a tar archive"

READ: Final = ("none", "gzip", "zstd", "bzip2", "xz", "lzma", "zip", TAR, "parquet", "arrow", "otlp-protobuf")
"""Kinds that are read: text, and what holds text."""

_COMPRESSIONS: Final = ("gzip", "zstd", "zip", "bzip2", "xz", "lzma", "7-Zip", "lz4", "lzip", "compress (.Z)", "Snappy")

_UNPACK: Final = "unpack it and give the folder"
_EXPORT: Final = "export it as JSON lines or CSV first"
_AS_TEXT: Final = "save its text as a plain file first"
_PICTURE: Final = "leave it out, because what it shows cannot be scanned"
_ADVICE: Final = {
    TAR: _UNPACK,
    "a RAR archive": _UNPACK,
    "a cabinet archive": _UNPACK,
    "a cpio archive": _UNPACK,
    "an ar or Debian package": _UNPACK,
    "parquet": _UNPACK,
    "arrow": _UNPACK,
    "otlp-protobuf": _UNPACK,
    "an encrypted Parquet table": _EXPORT,
    "an old Feather table": _EXPORT,
    "an ORC table": _EXPORT,
    "an Avro file": _EXPORT,
    "an HDF5 file": _EXPORT,
    "an SQLite database": _EXPORT,
    "an Excel workbook": _EXPORT,
    "a Windows event log": _EXPORT,
    "a systemd journal": "export it first: journalctl --file FILE -o json",
    "a Word document": _AS_TEXT,
    "a PowerPoint presentation": _AS_TEXT,
    "an Office document": _AS_TEXT,
    "an OpenDocument or EPUB file": _AS_TEXT,
    "an old Office document": _AS_TEXT,
    "a PDF document": _AS_TEXT,
    "a PNG picture": _PICTURE,
    "a JPEG picture": _PICTURE,
    "a GIF picture": _PICTURE,
    "a TIFF picture": _PICTURE,
    "a WebP picture": _PICTURE,
    "a HEIC picture or MP4 video": _PICTURE,
}
"""Kinds that are refused, and what to do instead."""

_SIGNATURES: Final = (
    (b"\x1f\x8b", "gzip"),
    (ZSTD, "zstd"),
    *((magic, "zstd") for magic in ZSTD_SKIPPABLE),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    *((b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    *((b"BZh%d\x17rE8P\x90" % level, "bzip2") for level in range(1, 10)),  # of nothing
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"LZIP\x01", "lzip"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"\xff\x06\x00\x00sNaPpY", "Snappy"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"MSCF\0\0\0\0", "a cabinet archive"),
    (b"!<arch>\n", "an ar or Debian package"),
    (b"ARROW1\0\0", "arrow"),
    (b"Obj\x01", "an Avro file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ElfFile\0", "a Windows event log"),
    (b"LPKSHHRH", "a systemd journal"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
)

_CONTROLS: Final = frozenset((*range(9), *range(14, 32))) - {0x1B}  # ESC begins a colour
_TABLES: Final = (
    (b"PAR1", "parquet"),
    (b"PARE", "an encrypted Parquet table"),
    (b"FEA1", "an old Feather table"),
    (b"ORC", "an ORC table"),
    (b"\xff\xff\xff\xff", "arrow"),
)
"""Signatures that a line of a log could begin with too: they are those of tables only if control characters follow."""
_TABLE_HEAD: Final = 12
_TAR_BLOCK: Final = 512
_CPIO: Final = re.compile(rb"0707(?:0[12][0-9A-Fa-f]{104}|07[0-7]{70})")
"""Matches the beginning of a cpio archive. Its headers are digits, and a log could begin with a few of them too."""
_CPIO_MAGIC: Final = (b"070701", b"070702", b"070707")
_CPIO_HEADER: Final = 110
_LZMA: Final = b"]\0\0"
"""Beginnings of .lzma files, which have no magic number: the usual properties, and the low bytes of the dictionary's size."""
_LZMA_HEADER: Final = 13


def kind_of(head: bytes, *, final: bool) -> str | None:
    """The kind of the data that begins with `head`, "none" for text; None while more bytes could still decide it.

    `final`: no more bytes will come.
    """
    for magic, kind in _SIGNATURES:
        if head.startswith(magic):
            return kind
    for magic, kind in _TABLES:
        if head.startswith(magic) and _CONTROLS.intersection(head[len(magic) : _TABLE_HEAD]):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP picture"
    if head[:3] == b"\0\0\0" and head[4:8] == b"ftyp":
        return "a HEIC picture or MP4 video"
    if _CPIO.match(head):
        return "a cpio archive"
    if _is_lzma(head):
        return "lzma"
    if _is_tar(head):
        return TAR
    if not final and _undecided(head):
        return None
    return "otlp-protobuf" if may_be_protobuf(head) else "none"


def refusal(kind: str) -> str:
    """The error message for an input of a kind that is not read, without the input's name."""
    if kind in _COMPRESSIONS:
        return f"{kind} compression is not supported; decompress it first"
    return f"is {kind}, which is not read; {_ADVICE[kind]}"


def nested_refusal(kind: str) -> str:
    """The error message for an input whose decompressed data, or member, is of a kind other than text; without its name."""
    if kind in _COMPRESSIONS:
        return f"holds data that is compressed once more ({kind}); unpack it first"
    return f"holds {kind}, which is not read; {_ADVICE[kind]}"


def office_kind(members: list[str]) -> str | None:
    """The kind of office document that a zip with these members is; None for any other zip."""
    if "[Content_Types].xml" in members:
        parts = {name.partition("/")[0] for name in members}
        kinds = {"xl": "an Excel workbook", "word": "a Word document", "ppt": "a PowerPoint presentation"}
        return next((kind for part, kind in kinds.items() if part in parts), "an Office document")
    return "an OpenDocument or EPUB file" if members[:1] == ["mimetype"] else None


def _undecided(head: bytes) -> bool:
    """True if the data could still turn out to be of one of the kinds."""
    if any(magic.startswith(head) for magic, _ in (*_SIGNATURES, *_TABLES)):
        return True
    if head.startswith(_LZMA[: len(head)]):
        return len(head) < _LZMA_HEADER
    if any(head.startswith(magic) for magic, _ in _TABLES) or head[:4] == b"RIFF":
        return len(head) < _TABLE_HEAD
    if head[:6] in _CPIO_MAGIC or any(magic.startswith(head) for magic in _CPIO_MAGIC):
        return len(head) < _CPIO_HEADER and b"\n" not in head
    if head[:3] == b"\0\0\0"[: len(head)]:
        return len(head) < 8 and b"ftyp".startswith(head[4:8])
    # A tar archive begins with a name of up to 100 bytes, filled up with NULs.
    name, filling, rest = head[:100].partition(b"\0")
    return len(head) < _TAR_BLOCK and bool(name and filling) and not rest.strip(b"\0")


def _is_tar(head: bytes) -> bool:
    """True for a tar archive, by the checksum of the first header, which every kind of tar has."""
    if len(head) < _TAR_BLOCK:
        return False
    try:
        checksum = int(head[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    header = head[:148] + b" " * 8 + head[156:_TAR_BLOCK]
    return checksum in (sum(header), sum(byte - 256 if byte > 127 else byte for byte in header))


def _is_lzma(head: bytes) -> bool:
    """True for a .lzma file, by the check that `xz` makes: the sizes of dictionary and content are plausible."""
    if not head.startswith(_LZMA) or len(head) < _LZMA_HEADER:
        return False
    dictionary, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:_LZMA_HEADER], "little")
    low = dictionary & -dictionary
    plausible = dictionary > 0 and dictionary in (low, 3 * low, 0xFFFFFFFF)
    return plausible and (size < 1 << 38 or size == (1 << 64) - 1)
