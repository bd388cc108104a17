"""Pseudonyms: HMAC-SHA-256 of the normalised value under a key, cut to 80 bits, the type in the token.

Equal values of a type get equal tokens under one key, so that a log can still be followed; without the key nobody can
tell whose they are, nor test a guess. Without a given key, each run makes a random one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from logscrub.patterns import regex

TOKEN_HEX = 20
"""Hex digits of a token: 80 bits."""
_LONGEST_REMEMBERED = 100
"""Characters of a value whose token is remembered: accounts and sites come again and again."""
PLACEHOLDER = regex(rf"<([A-Z][A-Z0-9_]*)(?::([0-9a-f]{{{TOKEN_HEX}}}))?>")
"""Matches a placeholder of any type: the type, and the digits of a pseudonym."""

_SEPARATORS = regex(r"[\s().‐-―-]+")
_NUMBERS = frozenset(("PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE"))
"""Types whose values are written with separators or without."""


class Pseudonymizer:
    """Makes tokens under one key."""

    def __init__(self, key: bytes | None = None) -> None:
        """`key`: at least 16 bytes; a random one without."""
        self._key = os.urandom(32) if key is None else key
        self._remember = lru_cache(maxsize=10_000)(self._make)
        self.key_id = hmac.new(self._key, b"logscrub key id", hashlib.sha256).hexdigest()[:16]
        """A short id of the key, by which runs under one key can be recognised. It reveals nothing of the key."""

    def __reduce__(self) -> tuple[type[Pseudonymizer], tuple[bytes]]:
        return Pseudonymizer, (self._key,)

    def derived(self, purpose: str) -> bytes:
        """A key for another purpose, 32 bytes, that says nothing about this one."""
        return hmac.digest(self._key, f"logscrub {purpose}".encode(), "sha256")

    def token(self, entity_type: str, value: str) -> str:
        """Returns `<ENTITY_TYPE:…>` for a value. Every way to write a value gives one pseudonym."""
        return self._remember(entity_type, value) if len(value) <= _LONGEST_REMEMBERED else self._make(entity_type, value)

    def _make(self, entity_type: str, value: str) -> str:
        message = f"{entity_type}\0{normalise(entity_type, value)}".encode("utf-8", "surrogatepass")
        return f"<{entity_type}:{hmac.digest(self._key, message, 'sha256').hex()[:TOKEN_HEX]}>"


def normalise(entity_type: str, value: str) -> str:
    """One writing for all writings of a value: decoded, NFKC, case-folded, numbers without separators."""
    value = folded(unquote(unquote(value)))
    return _SEPARATORS.sub("", value) if entity_type in _NUMBERS else value


def folded(value: str) -> str:
    """NFKC, in one case, without white space around it."""
    return unicodedata.normalize("NFKC", value).casefold().strip()
