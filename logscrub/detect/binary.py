"""Tells text from what is none: a picture, an archive or a program among the logs, or bytes that a log statement printed.

Patterns and names are made for text. In other bytes they find things that nobody wrote, slowly, and miss what stands there in
a coding of its own: so nobody can say that such a stretch holds no customer data.
"""

from __future__ import annotations

from logscrub.detect.views import unescaped_json
from logscrub.patterns import regex

_LEAST = 16
_CONTROL = regex(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
"""Control characters but those of white space and of terminals (bell, backspace, escape)."""
_UNDECODED = regex("[\ufffd\udc80-\udcff]")
"""Characters that decoding makes of bytes that are not UTF-8, here or where the log was written."""
_HOLE = regex(r"\x00{16,}")
"""The bytes that a file system leaves where a log was truncated under its writer, or where a machine lost power."""


def is_binary(text: str) -> bool:
    """True if a text of at least 16 characters is binary: a fifth of it or more are control characters and undecoded bytes, and a
    32nd or more are control characters. Undecoded bytes alone may be a text in an encoding of its own. Holes of NULs do not
    count."""
    if len(text) < _LEAST or (text.isprintable() and "\ufffd" not in text):
        return False
    text = _HOLE.sub("", text)
    size = len(text)
    if size < _LEAST:
        return False
    control = len(_CONTROL.findall(text))
    return control * 32 >= size and (control + len(_UNDECODED.findall(text))) * 5 >= size


def is_binary_json(text: str) -> bool:
    """True if the inside of a JSON string is binary, once it is decoded."""
    return ("\\u00" in text or "\x7f" in text) and is_binary(unescaped_json(text))
