"""Remembers how many customers said each statement and each value, by keyed hashes alone.

A vocabulary is a file with one line per statement. The line holds the keyed hash of the statement, and the keyed hashes of the
customers that said it, up to a number, or that the statement is the app's own. Without the key, a vocabulary tells how many
statements there are, and nothing about words or customers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from logscrub.errors import UsageError
from logscrub.redact.pseudonyms import Pseudonymizer

MOST_CUSTOMERS: Final = 50
"""Customers of a statement that a vocabulary keeps; a guarantee of more cannot be given from one."""
FEWEST: Final = 2
_HEAD: Final = "logscrub-vocabulary-v1"
_BYTES: Final = 16
_LINE: Final = re.compile(r"([0-9a-f]{32}) (own|many|(?:[0-9a-z]{1,4}:[0-9a-f]{16}(?:,(?!$)|$))+)")

_NOBODY: Final[frozenset[str]] = frozenset()

Mark = bytes
"""The keyed hash of a statement or a value."""


class Support:
    """The customers that said each statement, as keyed hashes."""

    def __init__(self, key: bytes, most: int) -> None:
        """`key`: 16 to 64 bytes. `most`: customers of a statement that are told apart; from there on there are enough."""
        self.key = key
        self._marks = hashlib.blake2b(digest_size=_BYTES, key=key)
        self._most = most
        self._heard: dict[Mark, frozenset[str] | None] = {}
        """Mark → the customers that said it, each with the kind of its name (`site:…`); None once there are enough."""
        self._customers: dict[str, str] = {}
        self.enough: list[Mark] = []
        """The marks that enough customers said, in the order in which these became enough."""
        self.own: set[Mark] = set()
        """Marks of texts that are the app's own."""

    def __len__(self) -> int:
        return len(self._heard)

    @property
    def customers(self) -> int:
        """The number of customers whose records were read in this run."""
        return len(self._customers)

    def mark(self, kind: str, text: str) -> Mark:
        """Returns the keyed mark of a text. `kind`: `statement` or `value`."""
        keyed = self._marks.copy()
        keyed.update(f"{kind}\0{text}".encode("utf-8", "surrogatepass"))
        return keyed.digest()

    def hear(self, mark: Mark, customer: str) -> bool:
        """Notes that a customer, by its pseudonym, said it. True once that are enough."""
        said = self._heard.get(mark, _NOBODY)
        if said is None:
            return True
        return self._note(mark, said | {self._hashed(customer)})

    def suffices(self, mark: Mark) -> bool:
        """True if enough customers have said it, or if it is the app's own."""
        return self._heard.get(mark, _NOBODY) is None or mark in self.own

    def _hashed(self, customer: str) -> str:
        """A customer as a vocabulary names it: the kind of its name, and a keyed hash of that."""
        known = self._customers.get(customer)
        if known is None:
            kind = _KINDS.get(customer[1:].partition(":")[0], "x")
            known = self._customers[customer] = f"{kind}:{self.mark('customer', customer).hex()[:16]}"
        return known

    def _note(self, mark: Mark, said: frozenset[str]) -> bool:
        enough = len(said) >= self._most and _most_of_one_kind(said) >= self._most
        if enough:
            self._suffice(mark)
        else:
            self._heard[mark] = said
        return enough

    def _suffice(self, mark: Mark) -> None:
        self._heard[mark] = None
        self.enough.append(mark)

    def read(self, lines: Iterable[str]) -> None:
        """Takes in what a vocabulary holds. Raises ValueError for lines that are of none."""
        for line in lines:
            m = _LINE.fullmatch(line.rstrip("\n"))
            if m is None:
                raise ValueError
            mark = bytes.fromhex(m[1])
            if m[2] == "own":
                self.own.add(mark)
                continue
            said = self._heard.get(mark, _NOBODY)
            if m[2] == "many":
                self._suffice(mark)
            elif said is not None:
                self._note(mark, said | frozenset(m[2].split(",")))

    def lines(self) -> Iterator[str]:
        """The entries of a vocabulary, in the order of the marks, which reveals nothing."""
        for mark in sorted({*self._heard, *self.own}):
            said = self._heard.get(mark)
            if mark in self.own:
                yield f"{mark.hex()} own\n"
            else:
                yield f"{mark.hex()} {'many' if said is None else ','.join(sorted(said))}\n"


_KINDS: Final = {"CLOUD_ID": "c", "SITE_NAME": "s", "INSTALLATION_ID": "i", "ORG_ID": "o", "BITBUCKET_WORKSPACE": "b"}


def _most_of_one_kind(said: Iterable[str]) -> int:
    """Returns the least number of customers with these names: one customer can have names of two kinds, not two of one kind."""
    kinds = [name.partition(":")[0] for name in said]
    return max(map(kinds.count, set(kinds)))


class NoVocabulary(UsageError):
    """A file that is none, or one under another key."""


def read_vocabulary(path: Path, pseudonymizer: Pseudonymizer, support: Support) -> str:
    """Takes in the vocabulary of a file, and gives the SHA-256 of its bytes. Raises NoVocabulary."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            head = file.readline(200)
            digest.update(head)
            name, _, key_id = head.decode("ascii", "replace").strip().partition(" ")
            if name != _HEAD:
                raise NoVocabulary(f"{path}: is no vocabulary; make one with: logscrub vocabulary learn")
            if key_id != pseudonymizer.key_id:
                raise NoVocabulary(f"{path}: is a vocabulary under another key ({key_id[:16]}); give that one's --key-file")

            def lines() -> Iterator[str]:
                for line in file:
                    digest.update(line)
                    yield line.decode("ascii")

            support.read(lines())
    except OSError as error:
        raise NoVocabulary(f"{path}: the vocabulary cannot be read ({error.strerror})") from None
    except ValueError:  # UnicodeDecodeError is one
        raise NoVocabulary(f"{path}: the vocabulary is damaged; restore it from a copy, or learn it anew") from None
    return digest.hexdigest()


def vocabulary_bytes(pseudonymizer: Pseudonymizer, support: Support) -> bytes:
    """The content of a vocabulary's file."""
    return "".join([f"{_HEAD} {pseudonymizer.key_id}\n", *support.lines()]).encode("ascii")


def support_of(pseudonymizer: Pseudonymizer, customers: int) -> Support:
    """Support under a key, for a guarantee of so many customers."""
    return Support(pseudonymizer.derived("guarantee"), customers)
