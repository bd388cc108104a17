"""The facts of one scrubbed record: numbers, and names that identify nobody.

A record's **statement** is its text with all that varies replaced: `Assigned PAY-1 to <PERSON>` and `Assigned WEB-22 to <PERSON>`
are `Assigned # to <PERSON>`. An error's **signature** is its statement and the two topmost frames of its stack, without
places in files, which move with each version: `TypeError: Cannot read properties of undefined (reading 'id') @ save save.js`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from logscrub.formats.base import Point, Record
from logscrub.formats.forge_blocks import HEAD, ID, LEVELS, Block
from logscrub.metrics import hints
from logscrub.metrics.outcomes import outcomes_of, statuses_in
from logscrub.metrics.records import record_of
from logscrub.metrics.sketches import bucket_of, register_of
from logscrub.redact.pseudonyms import PLACEHOLDER

if TYPE_CHECKING:
    from logscrub.metrics.columns import Columns

HOUR_NS = 3_600_000_000_000
ERRORS = ("ERROR", "FATAL")
_LONGEST_STATEMENT = 160
_FRAMES = 2
_LONGEST_MS = 1e11
"""Milliseconds, three years, from which a duration is none."""
_PRINT_BYTES = 6
_UTF8 = ("utf-8", "replace")
_ID_BEFORE = HEAD - ID.start
_TOLD = b"%b\0%d\0%b\0%b"
"""The identity of a record, from which its print is made: invocation, time, level and text."""

_ACTORS = frozenset(("ACCOUNT_ID", "USER_ID", "USER_KEY", "NICKNAME", "USERNAME"))
_CUSTOMERS = frozenset(("CLOUD_ID", "SITE_NAME", "INSTALLATION_ID", "ORG_ID", "BITBUCKET_WORKSPACE"))
_OBJECT = re.compile(
    r"[A-Zcip](?:(?<=[A-Z])(?<![\w-].)(?!(?:TF|HA|SO|FC|D|ES|SA|VE)-\d)[A-Z0-9_]{1,19}-\d{1,7}(?![\w-])"
    r"|(?<=/.)(?:(?<=i)ssue|(?<=c)ontent|(?<=p)ages?)/\d+)"
)
_VARYING = re.compile(
    r"<([A-Z][A-Z0-9_]*)(?::[0-9a-f]{20})?>"
    r"|(?<![A-Za-z0-9])[A-Z][A-Z0-9_]+-\d+(?![A-Za-z0-9])"
    r"|(?:[A-Za-z]{0,20}\d[A-Za-z0-9]*)(?:[-:.+/][A-Za-z0-9]*\d[A-Za-z0-9]*)*"
)
_DUMP = re.compile(r"\s*[{\[]")
"""Matches the beginning of an object that is printed behind a message."""
_FRAME = re.compile(r"^\s*at (?:async )?(?:(?P<name>[\w$.<>\[\] ]{1,80}) \()?(?P<place>[^()\s]{1,300}):\d+:\d+\)?", re.MULTILINE)
_OUTSIDE = re.compile(r"^node:|node_modules|^internal/|<anonymous>")
_NUMBER = re.compile(
    r"(?P<value>[0-9](?<![\w.].)[0-9]{0,7}(?:\.[0-9]{1,6})?)"
    r"(?:[\"']? ?(?P<unit>ms|msecs?|milliseconds?|s|secs?|seconds?|min|minutes?)(?!\w)|(?![\w.]))"
)
"""A number, with a unit of time or without."""
_TOOK = re.compile(r"(?<![\w-])(?:in|took|taken|duration|elapsed|latency|query:)[\"']?[ :=]{1,3}[\"']?$")
"""Words before a number with a unit that make it a duration."""
_TOOK_MS = re.compile(
    r"(?<![\w-])(?:\w{0,20}(?:[Tt]ook|[Dd]uration|[Ee]lapsed|[Ll]atency)_?(?:Ms|ms|Millis|millis)|ms|millis|durationInMillis)"
    r"[\"']?[ :=]{1,3}[\"']?$"
)
"""Words before a number without a unit that make it a duration."""
_ANSWER = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) \S{1,300} \d{3} $")
"""A method, an address and a status before a number that make it a duration."""
_WAITS = re.compile(r"(?i)\b(?:retr(?:y|ying|ies)|wait(?:ing|s)?|back-?off|next|again|delay|sleep(?:ing)?|expires?)\b")
_STACK = b"    at "
"""A text that occurs in stacks and hardly anywhere else."""
_IDS = re.compile(
    rb"[0-9a-f](?<![A-Za-z0-9_].)(?:[0-9a-f]{7}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![A-Za-z0-9_])"
    rb"|(?<=[A-Z]:.)[0-9a-f]{19}(?=>)|(?=[a-f]*0)[0-9a-f]{6,63}(?![A-Za-z0-9_]))"
)
"""Ids whose letters say nothing."""
_NO_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_NO_DIGITS_IN_TEXT = str.maketrans("123456789", "0" * 9)
_BEFORE_NUMBERS = ("", " ", ":", "=", '"', "'")
_CUE = 36
"""Characters before a number in which such words are searched."""
_LONGEST_KNOWN, _MOST_KNOWN = 512, 20_000
_LONGEST_STACK = 1200
"""Characters of a stack in which its topmost frames are looked for."""
_MOST_INVOCATIONS = 10_000
_MOST_THINGS = 20_000
_SCALE = {"m": 1.0, "s": 1000.0, "min": 60_000.0}


class Facts(NamedTuple):
    """The facts of one record or data point."""

    hour: int | None
    """Hours since 1970, UTC; None where the log has no time."""
    source: str
    """`logs` or `metrics`."""
    function: str
    module: str
    version: str
    environment: str
    level: str
    signature: str
    """Error signature; "" for records that are not errors."""
    tenant: str
    """The customer's pseudonym as it stands in the log, `<CLOUD_ID:…>`; "" where the record names none."""
    records: int
    errors: int
    outcomes: tuple[tuple[str, int], ...]
    """Columns, as in `logscrub.metrics.outcomes`, and how often."""
    invocations: int
    """The count of the App metrics API; 0 for records of logs."""
    requests: int
    """Calls of APIs as counted by the App metrics API."""
    statement: str
    """The log statement of a record from which something was redacted; else ""."""
    redactions: tuple[str, ...]
    """Entity types, one a redaction."""
    size: int
    """Bytes of its text."""
    durations: tuple[tuple[int, int], ...]
    """Buckets and counts."""
    sketches: tuple[tuple[str, int], ...]
    """Pairs of a distinct count (`actors`, `objects`) and the number that this record adds to its sketch."""
    acts: tuple[tuple[int, int], ...]
    """Acts (actor and object, as `act_of` returns them) and the records that each adds: 1 for the first, else 0."""
    invocation: int | None
    """31 bits of a keyed hash of the invocation; None where there is none."""
    offset_ms: int
    """Milliseconds since the hour began."""
    fingerprint: int
    """48 bits of a keyed hash of invocation, time and content."""


Common = tuple[str, str, str, str, str, str, str, str, int, int, tuple[tuple[str, int], ...], int, int, str, tuple[str, ...]]
"""The fields that many records share: from the source to the redactions."""


def common_of(facts: Facts) -> Common:
    """The fields that a record shares with others."""
    return facts[1:16]


class FactFinder:
    """Says what records say. What follows from a text without its digits is remembered, for statements come again."""

    def __init__(self, key: bytes) -> None:
        """`key`: 16 to 64 bytes, for fingerprints and sketches."""
        self._prints = blake2b(digest_size=_PRINT_BYTES, key=key)
        self._hashes = blake2b(digest_size=8, key=key)
        self._hints_of = hints.finder_of_hints()
        self._known: dict[bytes, _Shape] = {}
        self._invocations: dict[str, int] = {}
        self._numbers: dict[bytes, int] = {}
        """Invocation id (bytes) -> 31-bit hash; the bytes twin of `_invocations`."""
        self._things: dict[bytes, tuple[bytes, int]] = {}
        self._buckets: dict[tuple[bytes | str, float], int] = {}

    def facts(self, item: Record | Point) -> Facts:
        """Return the facts of a record or a data point."""
        return self._of_record(item) if isinstance(item, Record) else _of_point(item, self._print(_told(item).encode(*_UTF8)))

    def _thing(self, what: bytes) -> tuple[bytes, int]:
        """An actor's or an object's hash, and what it adds to a sketch. The same ones are met again and again."""
        known = self._things.get(what)
        if known is None:
            if len(self._things) >= _MOST_THINGS:
                self._things.clear()
            keyed = self._hashes.copy()  # cheaper than to begin with the key each time
            keyed.update(what)
            hashed = keyed.digest()
            known = self._things[what] = hashed, register_of(hashed)
        return known

    def _bucket(self, number: bytes | str, scale: float) -> int:
        """The bucket of a duration as it is written."""
        bucket = self._buckets.get((number, scale))
        if bucket is None:
            if len(self._buckets) >= _MOST_THINGS:
                self._buckets.clear()
            bucket = self._buckets[number, scale] = bucket_of(float(number) * scale)
        return bucket

    def _print(self, what: bytes) -> int:
        keyed = self._prints.copy()
        keyed.update(what)
        return int.from_bytes(keyed.digest(), "big")

    def _number(self, invocation: bytes) -> int:
        return self._print(b"invocation\0" + invocation) & 0x7FFFFFFF

    def _of_record(self, record: Record) -> Facts:
        time_ns, level, message, arguments, invocation = record[:5]
        text = f"{message}\n{arguments}" if arguments else message
        is_error = level in ERRORS
        head, stack = _parted(text)
        says = self._hints_of(head)
        shape = self._shape(head, says) if is_error or says & _SAID or "<" in text else _SAYS_NOTHING
        number: int | None = None
        if invocation:
            number = self._invocations.get(invocation)
            if number is None:
                if len(self._invocations) >= _MOST_INVOCATIONS:
                    self._invocations.clear()
                number = self._invocations[invocation] = self._number(invocation.encode(*_UTF8))
        objects = [self._thing(head[start:end].encode(*_UTF8)) for start, end in shape.objects]
        sketches = [("objects", register) for _, register in objects]
        actor = b""
        tokens = PLACEHOLDER.findall(text) if "<" in text else ()
        for kind, digits in tokens:
            if digits and kind in _ACTORS:
                hashed, register = self._thing(digits.encode())
                actor = actor or hashed
                sketches.append(("actors", register))
        said = "".join([head[start:end] for start, end in shape.statuses]) if shape.statuses else ""
        outcomes = shape.outcomes.get(said)
        if outcomes is None:
            outcomes = shape.outcomes[said] = tuple((column, 1) for column in outcomes_of(head)) if says & hints.OUTCOME else ()
        durations: tuple[tuple[int, int], ...] = ()
        if record.duration_ms is not None and 0 <= record.duration_ms < _LONGEST_MS:
            durations = ((bucket_of(record.duration_ms), 1),)
        elif shape.duration is not None:
            start, end, scale = shape.duration
            durations = ((self._bucket(head[start:end], scale), 1),)
        return Facts(
            None if time_ns is None else time_ns // HOUR_NS,
            "logs",
            record.function,
            record.module,
            record.version,
            record.environment,
            level,
            _signed(_statement(shape, head), stack) if is_error else "",
            tenant_of(record.customer) if record.customer else "",
            1,
            1 if is_error else 0,
            outcomes,
            0,
            0,
            _statement(shape, head) if tokens else "",
            tuple([kind for kind, _ in tokens]) if tokens else (),
            len(text) if text.isascii() else len(text.encode(*_UTF8)),
            durations,
            tuple(sketches),
            _acts(actor, objects) if actor else (),
            number,
            0 if time_ns is None else time_ns % HOUR_NS // 1_000_000,
            self._print(f"{invocation}\0{time_ns}\0{level}\0{text}".encode(*_UTF8)),
        )

    def add_block(self, block: Block, to: Columns) -> None:
        """Adds the facts of the records of a block to columns, as if each was read by itself."""
        alone = _alone(block)
        at = np.delete(np.arange(len(block)), sorted(alone)) if alone else np.arange(len(block))
        data, plain = block.data, block.data.translate(_NO_DIGITS)
        starts, ends, times = (column[at].tolist() for column in (block.starts, block.ends, block.times))
        levels = [LEVELS[n] for n in block.levels[at].tolist()]
        texts = [data[start:end] for start, end in zip(starts, ends, strict=True)]
        found = list(map(self._known.get, [plain[start:end] for start, end in zip(starts, ends, strict=True)]))
        shapes = [shape or self._shape(text.decode()) for shape, text in zip(found, texts, strict=True)]
        ids = [data[start - _ID_BEFORE : start - 1] for start in starts]
        digests = []
        for told in zip(ids, times, levels, texts, strict=True):
            keyed = self._prints.copy()
            keyed.update(_TOLD % told)
            digests.append(keyed.digest())
        prints = np.zeros((len(at), 8), np.uint8)
        prints[:, 8 - _PRINT_BYTES :] = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, _PRINT_BYTES)
        to.extend_by(
            hours=block.times[at] // HOUR_NS,
            offsets=block.times[at] % HOUR_NS // 1_000_000,
            sizes=(block.ends - block.starts)[at],
            prints=prints.view(">i8")[:, 0],
            invocations=np.array(self._numbers_of(ids), np.int64),
            places=np.array(self._places_of(shapes, levels, texts, to), np.int64),
        )
        to.extend([self._of_record(record_of(block, n)) for n in sorted(alone)])

    def _numbers_of(self, ids: Sequence[bytes]) -> list[int]:
        """Returns the numbers of invocations."""
        known = self._numbers
        for each in set(ids).difference(known):
            known[each] = self._number(each)
        numbers = [known[each] for each in ids]
        if len(known) > _MOST_INVOCATIONS:
            known.clear()
        return numbers

    def _places_of(self, shapes: Sequence[_Shape], levels: Sequence[bytes], texts: Sequence[bytes], to: Columns) -> list[int]:
        """Returns the places of what records of a block have in common, and adds to the columns what each has alone."""
        commons: list[Any] = [shape.commons.get(level) for shape, level in zip(shapes, levels, strict=True)]
        row = len(to)
        add_row, add_key, add_value = to.durations.rows.append, to.durations.keys.append, to.durations.values.append
        for n in [n for n, shape in enumerate(shapes) if shape.varies]:
            shape, text = shapes[n], texts[n]
            if shape.lasts_only:  # most are such
                start, end, scale = shape.lasts_only
                add_row(row + n)
                add_key(self._bucket(text[start:end], scale))
                add_value(1)
            else:
                commons[n] = self._varying(shape, text, levels[n], row + n, to)
        for n in [n for n, common in enumerate(commons) if common is None]:
            commons[n] = shapes[n].commons.get(levels[n]) or self._common(shapes[n], texts[n], levels[n], levels[n])
        by_id = list(map(id, commons))
        places = {number: to.place(common) for number, common in dict(zip(by_id, commons, strict=True)).items()}
        return [places[number] for number in by_id]

    def _varying(self, shape: _Shape, text: bytes, level: bytes, row: int, to: Columns) -> Common:
        if shape.is_alone:
            f = self._of_record(Record(None, level.decode(), text.decode()))
            to.add_own(row, f)
            return common_of(f)
        if shape.duration is not None:
            start, end, scale = shape.duration
            to.durations.add(row, self._bucket(text[start:end], scale), 1)
        objects = [self._thing(text[start:end]) for start, end in shape.objects] if shape.objects else ()
        for _, register in objects:
            to.sketches["objects"].add(row, register, 0)
        actor = b""
        for start, end in shape.actors:
            hashed, register = self._thing(text[start:end])
            actor = actor or hashed
            to.sketches["actors"].add(row, register, 0)
        if actor:
            for act, n in _acts(actor, objects):
                to.acts.add(row, act, n)
        key = b"".join([level, *[text[start:end] for start, end in shape.statuses]]) if shape.statuses else level
        common = shape.commons.get(key)
        return self._common(shape, text, level, key) if common is None else common

    def _common(self, shape: _Shape, text: bytes, level: bytes, key: bytes) -> Common:
        common = shape.commons[key] = common_of(self._of_record(Record(None, level.decode(), text.decode())))
        return common

    def _shape(self, text: str, says: int = hints.EVERYTHING) -> _Shape:
        if len(text) > _LONGEST_KNOWN:
            return _shape_of(text, says)
        plain = text.encode(*_UTF8).translate(_NO_DIGITS)
        shape = self._known.get(plain)
        if shape is None:
            plainer = _IDS.sub(_zeros, plain)  # of the same length: what is found stands at the same place
            shape = self._known.get(plainer)
            if shape is None:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                shape = self._known[plainer] = _shape_of(text, says)
        return shape


class _Shape(NamedTuple):
    """Facts shared by all texts that differ in their digits alone."""

    objects: tuple[tuple[int, int], ...]
    """Places of the names of a customer's things: issue keys, ids of pages."""
    duration: tuple[int, int, float] | None
    """The place of a number that is a duration, and its unit in milliseconds."""
    statuses: tuple[tuple[int, int], ...]
    """The places of the statuses of responses, whose digits say what went wrong."""
    outcomes: dict[str, tuple[tuple[str, int], ...]]
    """Digits of statuses → what went wrong, each once."""
    statement: list[str]
    """Empty until it is asked for."""
    commons: dict[bytes, Common]
    """Level and digits of statuses → what records of a block with this text have in common."""
    actors: tuple[tuple[int, int], ...]
    """Places of the pseudonyms of accounts and users."""
    is_alone: bool
    """True if the redactions depend on the digits."""
    lasts_only: tuple[int, int, float] | None
    """The duration, where nothing else varies."""
    varies: bool
    """True if such a record adds more to the counts than it shares with others."""


def _shape_of(text: str, says: int) -> _Shape:
    """`says`: the hints of the text; those of all texts that differ from it in their digits alone are the same."""
    tokens = list(PLACEHOLDER.finditer(text)) if says & hints.PLACEHOLDER else []
    objects = tuple([m.span() for m in _OBJECT.finditer(text)]) if says & hints.OBJECT else ()
    duration = _duration_in(text) if says & hints.DURATION else None
    statuses = statuses_in(text) if says & hints.STATUS else ()
    actors = tuple([m.span(2) for m in tokens if m[2] and m[1] in _ACTORS])
    is_alone = any(letter.isdigit() for m in tokens for letter in m[1])
    others = bool(objects or statuses or actors or is_alone)
    lasts_only = None if others else duration
    return _Shape(objects, duration, statuses, {}, [], {}, actors, is_alone, lasts_only, others or duration is not None)


_SAID = hints.PLACEHOLDER | hints.OBJECT | hints.DURATION | hints.STATUS | hints.OUTCOME
"""The hints of a text whose shape has anything in it."""
_SAYS_NOTHING = _Shape((), None, (), {"": ()}, [], {}, (), False, None, False)


def _alone(block: Block) -> set[int]:
    """The records of a block that have to be read one by one: long ones, and such with a stack or with more than ASCII."""
    odd = np.asarray(block.ends - block.starts > _LONGEST_KNOWN) | (block.ends == block.starts)
    there = np.frombuffer(block.data, np.uint8)
    odd |= there[block.ends - 1] == ord("\n")
    if not block.data.isascii():
        wide = np.flatnonzero(there >= 0x80)
        odd |= np.searchsorted(wide, block.starts) != np.searchsorted(wide, block.ends)
    alone = set(np.flatnonzero(odd).tolist())
    first, last = (int(block.starts[0]), int(block.ends[-1])) if len(block) else (0, 0)
    at = block.data.find(_STACK, first, last)
    while at >= 0:
        n = int(np.searchsorted(block.starts, at, "right")) - 1
        alone.add(n)
        at = block.data.find(_STACK, int(block.ends[n]), last)
    return alone


def act_of(actor: bytes, thing: bytes | None) -> int:
    """Returns an act from the first bytes of two hashes: 31 bits of the actor and 32 of the object, 0 for none."""
    low = int.from_bytes(thing[:4], "big") or 1 if thing else 0
    return int.from_bytes(actor[:4], "big") >> 1 << 32 | low


def _acts(actor: bytes, objects: Sequence[tuple[bytes, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((act_of(actor, each), 0 if n else 1) for n, (each, _) in enumerate(objects)) or ((act_of(actor, None), 1),)


def _statement(shape: _Shape, text: str) -> str:
    if not shape.statement:
        shape.statement.append(statement_of(text))
    return shape.statement[0]


def _parted(text: str) -> tuple[str, str]:
    """A text up to its stack, and the beginning of that. What stands behind a stack is not looked into."""
    at = text.find("\n    at ")
    if at < 0:
        at = text.find("\\n    at ")  # in JSON
    return (text, "") if at < 0 else (text[:at], text[at : at + _LONGEST_STACK])


def _zeros(m: re.Match[bytes]) -> bytes:
    return b"0" * len(m[0])


_ERROR_TYPES = {
    "timeout": "timeouts",
    "time_out": "timeouts",
    "memory": "out_of_memory",
    "rate_limit": "throttles",
    "rate limit": "throttles",
    "throttl": "throttles",
}


def _told(point: Point) -> str:
    """The identity of a data point: all but its value."""
    return "\0".join([point.metric, str(point.time_ns), str(point.end_ns), *(f"{n}={v}" for n, v in point.attributes)])


def _of_point(point: Point, fingerprint: int) -> Facts:
    """Returns the facts of a data point of the App metrics API. The name of a metric says what it means."""
    error = point.attribute("errorType").lower()
    is_error = "error" in point.metric or "failure" in point.metric
    status = point.attribute("status")
    is_request = "api_request_count" in point.metric
    outcomes: list[str] = []
    if is_error:
        outcomes = sorted({column for word, column in _ERROR_TYPES.items() if word in error.replace("-", "_")})
    elif is_request and status in ("429", "401", "403"):
        outcomes = ["throttles" if status == "429" else "auth_failures"]
    counted = max(0, point.value)
    failed = is_error or (is_request and status[:1] in ("4", "5"))
    return Facts(
        point.time_ns // HOUR_NS,
        "metrics",
        point.attribute("functionKey"),
        point.attribute("moduleKey"),
        point.attribute("appVersion"),
        point.attribute("environmentId"),
        "",
        point.attribute("errorType") if is_error else "",
        tenant_of(point.attribute("contextAri")),
        0,
        counted if failed else 0,
        tuple((column, counted) for column in outcomes),
        counted if point.metric.endswith("invocation_count") else 0,
        counted if is_request else 0,
        "",
        (),
        0,
        _buckets(point.durations),
        (),
        (),
        None,
        0,
        fingerprint,
    )


def _buckets(durations: Sequence[tuple[float, int]]) -> tuple[tuple[int, int], ...]:
    """Durations and counts as buckets and counts."""
    found: dict[int, int] = {}
    for milliseconds, count in durations:
        bucket = bucket_of(milliseconds)
        found[bucket] = found.get(bucket, 0) + count
    return tuple(sorted(found.items()))


def tenant_of(customer: str) -> str:
    """The pseudonym of a customer in what names one: `ari:cloud:jira::site/<CLOUD_ID:…>` → `<CLOUD_ID:…>`."""
    for m in PLACEHOLDER.finditer(customer):
        if m[2] and m[1] in _CUSTOMERS:
            return sys.intern(m[0])
    return ""


def statement_of(text: str) -> str:
    """The first line of a text without what varies."""
    line = text.lstrip().split("\n", 1)[0][: 4 * _LONGEST_STATEMENT]
    cut = _DUMP.search(line)
    line = line[: cut.start()] if cut and cut.start() else line
    plain = _VARYING.sub(_unvaried, line).strip()
    if len(plain) > _LONGEST_STATEMENT:
        plain = plain[:_LONGEST_STATEMENT]
        opened = plain.rfind("<")
        if opened > plain.rfind(">"):  # half a placeholder says nothing
            plain = plain[:opened]
    return plain.rstrip()


def _unvaried(m: re.Match[str]) -> str:
    return f"<{m[1]}>" if m[1] else "#"


def signature_of(text: str) -> str:
    """An error's statement and where it was thrown."""
    head, stack = _parted(text)
    return _signed(statement_of(head), stack)


def _signed(statement: str, stack: str) -> str:
    return _signed_by(statement, stack.translate(_NO_DIGITS_IN_TEXT)) if stack else statement


@lru_cache(maxsize=4096)  # but for their digits, stacks come again
def _signed_by(statement: str, stack: str) -> str:
    frames = []
    for m in _FRAME.finditer(stack.replace("\\n", "\n") if stack[:1] == "\\" else stack):
        place = m["place"]
        if _OUTSIDE.search(place):
            continue
        file = _VARYING.sub("#", place.rsplit("/", 1)[-1])
        frames.append(f"{_VARYING.sub('#', m['name'] or '').strip()} {file}".strip())
        if len(frames) == _FRAMES:
            break
    return " @ ".join([statement, *frames]) if frames else statement


def duration_of(text: str) -> float | None:
    """The first duration in a text, in milliseconds. Waits and limits are no durations."""
    found = _duration_in(text)
    return None if found is None else float(text[found[0] : found[1]]) * found[2]


def _duration_in(text: str) -> tuple[int, int, float] | None:
    has_ms = any(word in text for word in hints.MS_WORDS)
    for m in _NUMBER.finditer(text):
        start, unit = m.start(), m["unit"]
        if text[start - 1 : start] not in _BEFORE_NUMBERS or not (unit or has_ms):
            continue
        cue = (_TOOK if unit else _TOOK_MS).search(text, max(0, start - _CUE), start)
        if cue is None and unit and text[start - 2 : start - 1].isdigit():
            cue = _ANSWER.search(text, max(0, start - 320), start)
        if cue is None or _WAITS.search(text, max(0, cue.start() - 60), cue.start()):
            continue
        scale = 1.0 if unit is None else _SCALE["min" if unit.startswith("min") else unit[0]]
        return *m.span("value"), scale
    return None
