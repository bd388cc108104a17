"""Decodes bytes to text and encodes them back, without losing or changing a byte."""

from __future__ import annotations

import codecs
from typing import Literal

Encoding = Literal["utf-8", "utf-16-le", "utf-16-be"]

_LOOK = 64
"""Maximum bytes that are examined to tell UTF-16 without a byte order mark from UTF-8."""
_FIRST = 4
"""Characters at the beginning that show UTF-16 in Latin script."""


class TextDecoder:
    """Decodes a stream of bytes whose encoding is not known.

    UTF-8 or UTF-16, little or big endian, with or without byte order mark, as the first bytes tell; a byte order mark
    stays in the text as U+FEFF. What is not valid is kept as lone surrogates, so that for all bytes, however they
    are cut into pieces, the encoded texts and the tail put together are the bytes that went in:

        b"".join(decoder.encode(text) for text in texts) + tail == data

    and the texts put together do not depend on the cuts. Nothing is held back but an incomplete character and, until
    the encoding is known, the first bytes: up to the first line end, at most 64.
    """

    def __init__(self) -> None:
        self.encoding: Encoding | None = None
        """None until the first bytes have decided it."""
        self._held = b""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def feed(self, data: bytes) -> str:
        """The text that the bytes so far complete; may be empty."""
        if self.encoding is None:
            self._held += data
            self.encoding = guess_encoding(self._held, final=False)
            if self.encoding is None:
                return ""
            data, self._held = self._held, b""
        if self.encoding == "utf-8":
            return self._utf8.decode(data)
        return self._utf16(data, final=False)

    def finish(self) -> tuple[str, bytes]:
        """The rest of the text, and the bytes after it that are no text (half a UTF-16 unit): append them as they are."""
        data = b""
        if self.encoding is None:
            self.encoding = guess_encoding(self._held, final=True) or "utf-8"
            data, self._held = self._held, b""
        if self.encoding == "utf-8":
            return self._utf8.decode(data, final=True), b""
        text = self._utf16(data, final=True)
        tail, self._held = self._held, b""
        return text, tail

    def encode(self, text: str) -> bytes:
        """The bytes for a text of this stream, or for one put in its place."""
        return encoded(text, self.encoding)

    def _utf16(self, data: bytes, *, final: bool) -> str:
        # Not the incremental decoder: what it does with a surrogate at a cut depends on the error handler.
        data = self._held + data
        end = len(data) - len(data) % 2
        if not final and end and 0xD8 <= data[end - 1 if self.encoding == "utf-16-le" else end - 2] <= 0xDB:
            end -= 2  # the first half of a surrogate pair waits for the second
        self._held = data[end:]
        return data[:end].decode(self.encoding or "utf-8", "surrogatepass")


def encoded(text: str, encoding: Encoding | None) -> bytes:
    """The bytes of a text that was decoded from an encoding (None: it is not known yet), or of one put in its place."""
    if encoding is None or encoding == "utf-8":
        return text.encode("utf-8", "surrogateescape")
    return text.encode(encoding, "surrogatepass")  # naming the byte order adds no byte order mark


def guess_encoding(head: bytes, *, final: bool) -> Encoding | None:
    """The encoding of a stream that begins with `head`, or None if more of it must be seen; `final` if there is no more.

    Once it answers for a beginning, it answers the same for every longer one.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    if len(head) < 2 and not final:
        return None
    if head[:1] == b"\n" and head[1:2] != b"\0":  # an empty line; followed by a NUL it could be UTF-16
        return "utf-8"
    seen = head[:_LOOK]
    nul, newline = seen.find(0), seen.find(b"\n", 1)
    if nul < 0 or 0 <= newline < nul:
        return "utf-8" if newline >= 0 or len(seen) == _LOOK or final else None
    return _by_nuls(seen) if len(seen) == _LOOK or final else None


def _by_nuls(seen: bytes) -> Encoding:
    pairs = len(seen) // 2
    even, odd = seen[0 : pairs * 2 : 2], seen[1 : pairs * 2 : 2]
    if _begins_latin(odd, even) or _are_high_bytes(odd, even):
        return "utf-16-le"
    if _begins_latin(even, odd) or _are_high_bytes(even, odd):
        return "utf-16-be"
    return "utf-8"


def _begins_latin(high: bytes, low: bytes) -> bool:
    """True if the first four characters are Latin when these are the high and the low bytes of UTF-16 text.

    Placeholders are Latin and longer than four characters. So no redaction changes the answer.
    """
    controls = any(byte < 32 and byte not in b"\t\n\r\x1b" for byte in low[:_FIRST])
    return bool(high) and not any(high[:_FIRST]) and not controls


def _are_high_bytes(high: bytes, low: bytes) -> bool:
    """True if these could be the high bytes of UTF-16 text in another script: some are NUL (for spaces), and they hardly vary."""
    nuls = high.count(0)
    if nuls == 0 or low.count(0) * 4 > nuls:
        return False
    controls = sum(not a and b < 32 and b not in b"\t\n\r\x1b" for a, b in zip(high, low, strict=False))
    if controls * 3 > nuls:
        return False  # no text is full of control characters: bytes with NULs, which scrubbed could be read otherwise
    return len(high) >= 8 and len(set(high)) <= 4
