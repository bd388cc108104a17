"""Objects: what lies in an object store (`s3://`, `gs://`, `az://`), and, to be read, what lies behind `https://`.

An address stands where a path may stand. As a path it has one slash behind its scheme, as `pathlib` writes it: `address_of` tells
such a path from others. The library for object stores is an extra, and imported with the first address that is used.

Objects are read in ranges, the next one while one is scrubbed; each must be of the same version as the first. They are written in
parts, and appear whole or not at all. What fails for a moment is tried again, later each time, at random moments.
"""

from __future__ import annotations

import io
import os
import queue
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from logscrub.errors import UsageError
from logscrub.extras import need

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_T = TypeVar("_T")

_S3: Final = ("s3", "s3a")
_GS: Final = ("gs", "gcs")
_AZ: Final = ("az", "azure", "abfs", "abfss", "adl")
SCHEMES: Final = (*_S3, *_GS, *_AZ)
"""Schemes of the addresses of object stores."""
_WEB: Final = ("https", "http")
_HERE: Final = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?")
"""Hosts that are read without encryption: this machine."""
_ADDRESS: Final = re.compile(rf"(?i)({'|'.join((*SCHEMES, *_WEB))}):/{{1,2}}([^/?#]*)(?:/([^?#]*))?(\?[^#]*)?(?:#.*)?", re.S)

BLOCK: Final = 8 << 20
"""Bytes that are asked for at a time; one more such block is on its way meanwhile."""
PART: Final = 8 << 20
"""Bytes of a part of an object that is written; smaller objects are written with one request."""
_PARTS_AT_ONCE: Final = 4
TRIES: Final = 5
"""The number of times that a broken answer is requested again, besides the library's own attempts."""
_FIRST_WAIT: Final = 0.2
"""Seconds before the first repetition; each later one waits longer."""
_LONGEST_WAIT: Final = 10.0
RETRYING: Final = 30.0
"""Seconds for which the library tries again where the store does not answer, or says that it cannot now."""

MISSING: Final = "{missing}"
REASONS: Final = (
    (r"NoSuchBucket|ContainerNotFound|bucket does not exist", "there is no such bucket; make it, or correct its name"),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AuthenticationFailed|401 Unauthorized",
        "the credentials in the environment are refused; are they right, and still valid?",
    ),
    (
        # without any, the libraries ask the machine that they may run on, at this address
        r"169\.254\.169\.254|no credentials|loading credentials|credential provider|token request|Account must be specified"
        r"|Missing(?:AccessKeyId|SecretAccessKey|Account)|metadata\.google\.internal",
        "there are no credentials in the environment; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what your store uses",
    ),
    (r"access ?denied|forbidden|permission denied", "these credentials may not {verb} there; allow it, or use others"),
    (r"incorrectly configured region|AuthorizationHeaderMalformed", "the bucket is in another region; set AWS_REGION"),
    (
        r"URL scheme is not allowed|BadScheme",
        "the endpoint is http, not https; set AWS_ALLOW_HTTP=true if that is meant",
    ),
    (r"dns error", "the name of the object store's host is unknown; is the endpoint right?"),
    (
        r"error sending request|\(Connect\)|connection refused|timed out|unreachable",
        "the object store cannot be reached; is the endpoint right, and the network up?",
    ),
    (r"NoSuchKey|BlobNotFound|404 Not Found|object at location .+ not found", MISSING),
    (
        r"SlowDown|TooManyRequests|\b429\b|\b50[0234] (?:internal|bad gateway|service|gateway)",
        "the object store is overloaded, or down; try again later",
    ),
)
"""Texts in errors of object stores and their libraries, in any case -> their meaning. The first that fits counts."""


class ObjectError(OSError):
    """The fault of an object, worded to follow its name in a message. Holds nothing that a store sent."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an object, or, with an empty key or one that ends in `/`, of all objects below it."""

    scheme: str
    bucket: str
    """The bucket, the container (`az://`), or the host (`https://`)."""
    key: str
    query: str = field(default="", repr=False)
    """The query of an `https://` address. It may hold a signature, so no message shows it."""

    def __str__(self) -> str:
        """The address as messages may show it."""
        host = self.bucket.rpartition("@")[2] if self.is_web else self.bucket
        return f"{self.scheme}://{host}" + (f"/{self.key}" if self.key else "")

    @property
    def is_web(self) -> bool:
        """True if it is read by its URL alone: nothing beside it can be listed, and nothing is written."""
        return self.scheme in _WEB

    @property
    def path(self) -> Path:
        """As a path: `address_of` gives the address back, but for what stands behind a question mark."""
        return Path(f"{self.scheme}:/", self.bucket, self.key)

    def below(self, key: str) -> Address:
        """Another object of the same bucket."""
        return Address(self.scheme, self.bucket, key)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that a store has."""

    key: str
    size: int
    tag: str
    """The tag of its version, which changes when it is written anew."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The objects at an address."""

    objects: tuple[Stored, ...]
    is_folder: bool
    """True if the address stands for all objects below it."""


def address_of(given: str | Path) -> Address | None:
    """The address that an argument or a path is; None where it is a path of this machine."""
    text = str(given)
    match = _ADDRESS.fullmatch(text)
    if match is None or (isinstance(given, str) and "://" not in text):
        return None
    scheme, bucket, key, query = match[1], match[2], match[3] or "", match[4] or ""
    if Path(f"{scheme}:").exists():  # a folder of that name
        return None
    if scheme.lower() in SCHEMES:  # a question mark is a sign like any other, in keys and in patterns
        return Address(scheme.lower(), bucket, key + _after(text))
    return Address(scheme.lower(), bucket, key, query)


def _after(text: str) -> str:
    found = re.search(r"[?#]", text)
    return text[found.start() :] if found else ""


def shown(path: Path) -> str:
    """A path for a message: an address with both of its slashes."""
    address = address_of(path)
    return str(path) if address is None else str(address)


def joined(folder: Path, entry: str) -> Path:
    """A path relative to a folder, or the path that an address is."""
    address = address_of(entry)
    return folder / entry if address is None else address.path


def refuse(address: Address, *, writes: bool = False) -> None:
    """Raises UsageError where an address cannot be one that is read, or written, and where the extra for it is missing."""
    if writes and address.is_web:
        raise UsageError(f"{address}: outputs go to files and to object stores, not to {address.scheme}; write a file")
    if address.scheme == "http" and not _HERE.fullmatch(address.bucket):
        raise UsageError(f"{address}: whoever is on the way could read it; give its address with https://")
    if not address.bucket:
        raise UsageError(f"{address}: is no address; write {address.scheme}://bucket/name")
    need(str(address), "objects")


def reason(said: str, verb: str, missing: str) -> str | None:
    """The meaning of a store's or library's message; None if it is not known. `missing`: the meaning of a missing object."""
    for pattern, meaning in REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return missing if meaning == MISSING else meaning.format(verb=verb)
    return None


def _error(error: BaseException, verb: str) -> ObjectError:
    """The error without what the store said, which may hold keys and signatures."""
    from obstore import exceptions

    if isinstance(error, ObjectError):
        return error
    if isinstance(error, exceptions.PreconditionError):
        return ObjectError("was changed while it was read; run it again")
    if isinstance(error, exceptions.InvalidPathError):
        return ObjectError("is no name of an object; choose another")
    known = reason(str(error), verb, "no such object")
    if known is None and isinstance(error, FileNotFoundError):
        known = "no such object"
    if known is None and isinstance(error, PermissionError | exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        known = f"these credentials may not {verb} there; allow it, or use others"
    return ObjectError(known or f"the object store does not {verb} it ({type(error).__name__}); try again later")


def _attempt(call: Callable[[], _T], verb: str) -> _T:
    """The call's result. What breaks off is tried again. Raises ObjectError."""
    from obstore import exceptions

    for number in range(1, TRIES + 1):
        try:
            return call()
        except (exceptions.BaseError, OSError, ValueError) as error:
            lasting = isinstance(error, FileNotFoundError | PermissionError) or reason(str(error), verb, "") is not None
            if lasting or not isinstance(error, exceptions.GenericError | _Short) or number == TRIES:
                raise _error(error, verb) from None
        # so that many who failed at one moment do not come again at one moment
        time.sleep(random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**number)))
    raise AssertionError


class _Short(OSError):
    """An answer has fewer bytes than it said."""


# -- stores ---------------------------------------------------------------------------------------------------------------


_stores: Final[dict[tuple[str, str], ObjectStore]] = {}


def _store(scheme: str, bucket: str, key: str = "", query: str = "") -> ObjectStore:
    """The store of a bucket; `key` and `query` of an address that is read by its URL."""
    if scheme in _WEB:
        return _opened(scheme, bucket, key, query)
    if (scheme, bucket) not in _stores:
        _stores[scheme, bucket] = _opened(scheme, bucket, key, query)
    return _stores[scheme, bucket]


def _opened(scheme: str, bucket: str, key: str, query: str) -> ObjectStore:
    from obstore import store

    wait = timedelta(seconds=RETRYING)
    retry: Any = {
        "max_retries": 10,
        "retry_timeout": wait,
        "backoff": {"init_backoff": timedelta(seconds=_FIRST_WAIT), "max_backoff": timedelta(seconds=_LONGEST_WAIT), "base": 2},
    }
    client: Any = {"connect_timeout": timedelta(seconds=10), "timeout": timedelta(seconds=120)}
    family = "AWS" if scheme in _S3 else "GOOGLE" if scheme in _GS else "AZURE"
    if os.environ.get(f"{family}_ALLOW_HTTP", "").lower() in ("true", "1", "yes"):
        client["allow_http"] = True
    if scheme in _S3:
        return store.S3Store(bucket, client_options=client, retry_config=retry, **_from_profile())
    if scheme in _GS:
        return store.GCSStore(bucket, client_options=client, retry_config=retry)
    if scheme in _AZ:
        return store.AzureStore(bucket, client_options=client, retry_config=retry)
    client["allow_http"] = scheme == "http"  # of this machine
    return store.HTTPStore.from_url(f"{scheme}://{bucket}/{key}{query}", client_options=client, retry_config=retry)


def forget() -> None:
    """Forgets what was listed, and by which credentials: what comes next is looked at anew."""
    _stores.clear()
    listing.cache_clear()


def _from_profile() -> dict[str, Any]:
    """Settings of S3 from the files of the AWS command line, where the environment has no credentials of its own."""
    import configparser

    told = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SKIP_SIGNATURE")
    if any(name in os.environ for name in told) or any(name.startswith("AWS_CONTAINER_") for name in os.environ):
        return {}
    profile = os.environ.get("AWS_PROFILE", "default")
    found: dict[str, str] = {}
    for variable, place, section in (
        ("AWS_CONFIG_FILE", "~/.aws/config", profile if profile == "default" else f"profile {profile}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", profile),
    ):
        read = configparser.RawConfigParser()
        try:
            read.read(Path(os.environ.get(variable, place)).expanduser(), encoding="utf-8")
            found |= dict(read.items(section)) if read.has_section(section) else {}
        except (configparser.Error, OSError, ValueError):  # its message would quote the file
            raise UsageError(f"{os.environ.get(variable, place)}: is no file of credentials; correct it") from None
    names = {
        "aws_access_key_id": "access_key_id",
        "aws_secret_access_key": "secret_access_key",
        "aws_session_token": "session_token",
        "region": "region",
        "endpoint_url": "endpoint",
    }
    environment = {"region": ("AWS_REGION", "AWS_DEFAULT_REGION"), "endpoint": ("AWS_ENDPOINT_URL", "AWS_ENDPOINT")}
    return {
        name: found[key]
        for key, name in names.items()
        if key in found and not any(variable in os.environ for variable in environment.get(name, ()))
    }


# -- what there is ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def listing(address: Address) -> Listing:
    """Return the objects at an address, sorted: one object, those that match a pattern, or all below it.

    It is asked for once (`forget`). Raises ObjectError, also where there is nothing.
    """
    if is_pattern(address):
        return _matching(address)
    store = _store(address.scheme, address.bucket)
    if address.key and not address.key.endswith("/"):
        try:
            return Listing((_head(store, address.key),), False)
        except ObjectError as error:
            if str(error) != "no such object":
                raise
    prefix = address.key.rstrip("/")
    found = tuple(_below(store, prefix))
    if not found and prefix:
        raise ObjectError("no such object, and nothing lies below it")
    return Listing(found, True)


def is_pattern(address: Address) -> bool:
    """True if an address is a shell pattern: `s3://bucket/exports/*.ndjson`."""
    return not address.is_web and any(sign in address.key for sign in "*?[")


def has_below(address: Address, name: str) -> bool:
    """True if there is an object below a folder of that name at an address. Raises ObjectError."""
    prefix = "/".join(part for part in (address.key.strip("/"), name) if part)
    return next(iter(_below(_store(address.scheme, address.bucket), prefix)), None) is not None


def _matching(address: Address) -> Listing:
    """The objects that a pattern fits; one that is named like it, if there is one."""
    parts = address.key.split("/")
    fixed = next(number for number, part in enumerate(parts) if any(sign in part for sign in "*?["))
    every = list(_below(_store(address.scheme, address.bucket), "/".join(parts[:fixed])))
    exact = tuple(one for one in every if one.key == address.key)
    found = exact or tuple(one for one in every if _fits(one.key.split("/"), parts))
    if not found:
        raise ObjectError("nothing matches it as a pattern" + ("; ** is not expanded" if "**" in address.key else ""))
    return Listing(found, False)


def _fits(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """True if each part of a key matches its shell pattern. A dot at the beginning must be written out in the pattern."""
    return len(names) == len(patterns) and all(
        fnmatchcase(name, pattern) and name.startswith(".") <= pattern.startswith(".")
        for name, pattern in zip(names, patterns, strict=True)
    )


def _head(store: ObjectStore, key: str) -> Stored:
    import obstore

    return _stored(_attempt(lambda: obstore.head(store, key), "read"))


def _below(store: ObjectStore, prefix: str) -> Iterator[Stored]:
    """All objects below a folder, sorted. What some programs put there to stand for a folder is an empty one."""
    import obstore

    found = _attempt(lambda: [one for chunk in obstore.list(store, prefix or None, chunk_size=1000) for one in chunk], "list")
    yield from sorted((_stored(meta) for meta in found), key=lambda one: one.key.split("/"))


def _stored(meta: Any) -> Stored:
    return Stored(meta["path"], meta["size"], meta["e_tag"] or "")


# -- reading ---------------------------------------------------------------------------------------------------------------


class ObjectFile(io.RawIOBase):
    """An object as a file that is read. Its next block is on the way while one is used."""

    def __init__(self, address: Address, stored: Stored) -> None:
        self._key = stored.key
        self._store = _store(address.scheme, address.bucket)
        self._tag = stored.tag
        self.size = stored.size
        self._position = 0
        self._start = 0
        self._block = b""
        """The bytes from `_start` on."""
        self._next: tuple[int, Future[bytes]] | None = None
        self._ahead: ThreadPoolExecutor | None = None

    def readinto(self, buffer: Any) -> int:
        if self._position >= self.size or not len(buffer):
            return 0
        if not self._start <= self._position < self._start + len(self._block):
            self._load(self._position)
        at = self._position - self._start
        data = self._block[at : at + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _load(self, start: int) -> None:
        ahead, self._next = self._next, None
        if ahead is not None and ahead[0] == start:
            self._block = ahead[1].result()
        else:
            if ahead is not None:
                ahead[1].cancel()
            # who jumps, as to the end of a zip, does not go on from there to the end of all
            is_first = start == 0 or start == self._start + len(self._block)
            self._block = self._get(start, BLOCK if is_first else BLOCK // 8)
        self._start = start
        end = start + len(self._block)
        if end < self.size:
            self._ahead = self._ahead or ThreadPoolExecutor(1, "logscrub-read")
            self._next = end, self._ahead.submit(self._get, end, BLOCK)

    def _get(self, start: int, length: int) -> bytes:
        import obstore

        end = min(start + length, self.size)

        def ask() -> bytes:
            options: Any = {"range": (start, end)}
            if self._tag and not self._tag.startswith("W/"):
                options["if_match"] = self._tag
            data = obstore.get(self._store, self._key, options=options).bytes().to_bytes()
            if len(data) != end - start:
                raise _Short
            return data

        return _attempt(ask, "read")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = max(0, offset + (0, self._position, self.size)[whence])
        return self._position

    def close(self) -> None:
        if self._ahead is not None:
            self._ahead.shutdown(wait=False, cancel_futures=True)
        self._block = b""
        super().close()


class WebFile(io.RawIOBase):
    """A file that reads a URL from beginning to end. Where the answer breaks off, the rest is requested."""

    def __init__(self, address: Address) -> None:
        self._store = _store(address.scheme, address.bucket, address.key, address.query)
        self._held = b""
        self._count = 0
        self._tag = ""
        self.size = 0
        self._pieces = self._ask()

    def _ask(self) -> Iterator[bytes]:
        import obstore

        options: Any = {"range": {"offset": self._count}} if self._count else {}
        if self._count and self._tag and not self._tag.startswith("W/"):
            options["if_match"] = self._tag
        answer = _attempt(lambda: obstore.get(self._store, "", options=options), "read")
        self._tag = self._tag or answer.meta["e_tag"] or ""
        self.size = answer.meta["size"]
        return (bytes(piece) for piece in answer.stream(min_chunk_size=1 << 16))

    def readinto(self, buffer: Any) -> int:
        if not self._held:
            self._held = _attempt(self._piece, "read")
        data, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def _piece(self) -> bytes:
        from obstore import exceptions

        try:
            piece = next(self._pieces, b"")
            if not piece and self._count < self.size:
                raise _Short
        except (exceptions.BaseError, OSError):
            self._pieces = self._ask() if self._tag else iter(())
            raise
        self._count += len(piece)
        return piece

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def open_object(address: Address, stored: Stored | None, part: tuple[int, int] | None = None) -> ObjectFile | WebFile:
    """An object, or a part of one, as a file that is read. Raises ObjectError."""
    if address.is_web:
        return WebFile(address)
    stored = stored or stored_at(address)
    if part is None:
        return ObjectFile(address, stored)
    file = ObjectFile(address, replace(stored, size=min(stored.size, part[1])))
    file.seek(part[0])
    return file


def stored_at(address: Address) -> Stored:
    """Return the current metadata of an object. Raises ObjectError."""
    return _head(_store(address.scheme, address.bucket), address.key)


def remove_below(address: Address) -> None:
    """Removes all objects below an address. Raises ObjectError."""
    import obstore

    store = _store(address.scheme, address.bucket)
    keys = [stored.key for stored in _below(store, address.key)]
    if keys:
        _attempt(lambda: obstore.delete(store, keys), "write")


def read_object(path: Path) -> bytes | None:
    """All bytes of a small object; None where there is none. Raises ObjectError."""
    address = address_of(path)
    if address is None:
        raise ValueError("this is no address")
    try:
        with open_object(address, None) as file:
            return file.read()
    except ObjectError as error:
        if str(error) == "no such object":
            return None
        raise


# -- writing ---------------------------------------------------------------------------------------------------------------


class _GivenUp(Exception):
    """The object is not to appear."""


class Upload:
    """An object that is written. It appears with `commit`, whole, or not at all."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._store = _store(address.scheme, address.bucket)
        self._held = bytearray()
        self._parts: queue.Queue[bytes | None] = queue.Queue(2)
        self._thread: threading.Thread | None = None
        self._given_up = threading.Event()
        self._error: BaseException | None = None

    def write(self, data: bytes | memoryview) -> int:
        """Takes bytes, which may be on their way when it returns. Raises ObjectError."""
        self._held += data
        while len(self._held) >= PART:
            part = bytes(self._held[:PART])
            del self._held[:PART]
            self._hand_on(part)
        return len(data)

    def flush(self) -> None:
        """Does nothing: what is not complete cannot be seen."""

    def commit(self) -> None:
        """Completes the object. Raises ObjectError; then it is not there, or what was there before is."""
        import obstore

        if self._thread is None:
            data = bytes(self._held)
            _attempt(lambda: obstore.put(self._store, self._address.key, data, use_multipart=False), "write")
            return
        if self._held:
            self._hand_on(bytes(self._held))
        self._hand_on(None)
        self._thread.join()
        if self._error is not None:
            raise _error(self._error, "write")

    def abort(self) -> None:
        """Gives up; parts that were sent are removed."""
        self._held.clear()
        if self._thread is not None:
            self._given_up.set()
            self._thread.join()

    def _hand_on(self, part: bytes | None) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._send, name="logscrub-write", daemon=True)
            self._thread.start()
        while True:
            if self._error is not None:
                raise _error(self._error, "write")
            try:
                return self._parts.put(part, timeout=0.2)
            except queue.Full:
                continue

    def _send(self) -> None:
        import obstore

        try:
            obstore.put(
                self._store,
                self._address.key,
                self._pieces(),
                use_multipart=True,
                chunk_size=PART,
                max_concurrency=_PARTS_AT_ONCE,
            )
        except BaseException as error:  # it is raised where the object is completed
            self._error = error

    def _pieces(self) -> Iterator[bytes]:
        while True:
            try:
                part = self._parts.get(timeout=0.2)
            except queue.Empty:
                if self._given_up.is_set():
                    raise _GivenUp from None
                continue
            if self._given_up.is_set():
                raise _GivenUp
            if part is None:
                return
            yield part
