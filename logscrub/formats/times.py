"""Times and levels as logs spell them.

`time_of` reads ISO 8601 (calendar, week and ordinal dates, basic and extended, RFC 3339), the common log format, RFC 2822,
asctime, JavaScript's `Date.toString()`, BSD syslog, day.month.year, month/day/year with AM or PM, and numbers of seconds,
milli-, micro- or nanoseconds since 1970. A time without a zone is UTC. A spelling that could mean two days
(`03/04/2026 09:15`) is not read.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final

from logscrub.patterns import regex

SECOND: Final = 10**9
_MONTHS: Final = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH: Final = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DAY_NAME: Final = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?[ ]+)?"
_CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?"
_ZONE: Final = r"(?:[ ]?(?P<zone>Z|UTC|GMT|UT|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?)(?:[ ]+UTC|[ ]*\([\w ]{1,40}\))?)?"
_HALF: Final = r"(?:[ \u202f](?P<half>AM|PM))?"
_SPELLINGS: Final = (
    rf"{_DAY_NAME}(?P<year>\d{{4}})[-/](?P<m>\d{{2}})[-/](?P<day>\d{{2}})(?:[T ]|[ ]T[ ]|,[ ]|_){_CLOCK}{_ZONE}",
    r"(?P<year>\d{4})(?P<m>\d{2})(?P<day>\d{2})T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?"
    + _ZONE,
    rf"(?P<year>\d{{4}})-?W(?P<week>\d{{2}})-?(?P<weekday>[1-7])T{_CLOCK}{_ZONE}",
    rf"(?P<year>\d{{4}})-?(?P<ordinal>\d{{3}})T{_CLOCK}{_ZONE}",
    rf"(?P<day>\d{{1,2}})/{_MONTH}/(?P<year>\d{{4}})[: ]{_CLOCK}{_ZONE}",
    rf"{_DAY_NAME}(?P<day>\d{{1,2}})[ -]{_MONTH}[ -](?P<year>\d{{4}}),?[ ]+{_CLOCK}{_ZONE}",
    rf"{_DAY_NAME}{_MONTH}[ ]+(?P<day>\d{{1,2}}),?[ ](?P<year>\d{{4}})(?:,|[ ]@)?[ ]+{_CLOCK}{_HALF}{_ZONE}",
    rf"{_DAY_NAME}{_MONTH}[ ]+(?P<day>\d{{1,2}})[ ]+{_CLOCK}{_ZONE}(?:[ ]+(?P<year>\d{{4}}))?",
    rf"(?P<day>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<year>\d{{4}}),?[ ]+{_CLOCK}{_ZONE}",
    rf"(?P<first>\d{{1,2}})/(?P<other>\d{{1,2}})/(?P<year>\d{{4}}),?[ ]+{_CLOCK}{_HALF}{_ZONE}",
)
_ISO: Final = regex(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2}):([0-5]\d)(?:[.,](\d{1,9}))?(?:Z|\+00:?00)?")
_DATED: Final = regex(
    r"(?P<day>[0-9]{4}/[0-9]{2}/[0-9]{2}[ ]|[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}[: ])"
    r"(?P<minute>[0-9]{2}:[0-9]{2}):(?P<second>[0-5][0-9])(?P<zone>[ ][+-][0-9]{4})?"
)
"""A time with its year as servers write it. Many lines are of one minute."""
_NUMBER: Final = regex(r"\d{1,30}(?:\.\d{1,18})?(?:[eE]\+?\d{1,2})?")
_SMALLEST: Final = 10**8
"""Smaller numbers are counters, not times: that many seconds had passed in March 1973."""
_LARGEST: Final = 1 << 63
_MOST_DIGITS: Final = 30


def time_of(value: Any, near: int | None = None) -> int | None:
    """Nanoseconds since 1970, UTC; None if `value` (a string, a number, `{"seconds": …}`) is not a time in a known spelling.

    `near`: a time from which the year is inferred where none is written (`Nov 17 09:15:38`); the present by default.
    """
    if isinstance(value, str):
        text = value.strip()
        number = whole_number(text)
        if number is not None:
            return _from_number(number)
        if text[:1].isdigit():
            quick = _from_iso(text)
            if quick is not None:
                return quick
            dated = _DATED.fullmatch(text)
            if dated is not None:
                began = _minute_began(dated["day"], dated["minute"], dated["zone"] or "")
                return None if began is None else began + int(dated["second"]) * SECOND
            if _NUMBER.fullmatch(text):
                return _from_number(float(text))
        return _from_text(text.strip("[]"), near)
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_number(value)
    if isinstance(value, dict):
        seconds, nanos = value.get("seconds"), value.get("nanos", 0)
        if "epochSecond" in value:  # Java's Instant
            seconds, nanos = value["epochSecond"], value.get("nanoOfSecond", 0)
        if isinstance(seconds, str):
            seconds = whole_number(seconds)
        if isinstance(seconds, int) and isinstance(nanos, int) and 0 < seconds < 10**11:
            return seconds * SECOND + nanos
        if "$date" in value and not isinstance(value["$date"], dict):
            return time_of(value["$date"], near)
    return None


def whole_number(text: str) -> int | None:
    """The number in a text of digits; None for any other text, and for more digits than any counted number has."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _from_number(number: int | float) -> int | None:
    """Nanoseconds since 1970. The size of the number tells its unit: seconds, milli-, micro- or nanoseconds."""
    if not _SMALLEST <= number < _LARGEST:
        return None
    for limit, scale in ((10**11, SECOND), (10**14, 10**6), (10**17, 10**3)):
        if number < limit:
            # a double has the microsecond of a time in seconds, not its nanosecond
            return number * scale if isinstance(number, int) else round(number * (scale // 1000)) * 1000
    return int(number)


def _from_iso(text: str) -> int | None:
    m = _ISO.fullmatch(text)
    day = None if m is None else day_began(m[1])
    if m is None or day is None or int(m[2]) > 23 or int(m[3]) > 59:
        return None
    seconds = day + int(m[2]) * 3600 + int(m[3]) * 60 + int(m[4])
    return seconds * SECOND + int((m[5] or "0").ljust(9, "0"))


@lru_cache(maxsize=4096)
def day_began(text: str) -> int | None:
    """The seconds since 1970 at which a day (`2026-11-17`) began; None where there is no such day."""
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def hour_began(text: str) -> int | None:
    """The nanoseconds since 1970 at which an hour (`2026-11-22T08`) began; None where there is no such hour."""
    return _from_iso(f"{text}:00:00Z")


@cache
def _spellings() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _SPELLINGS)


@lru_cache(maxsize=4096)
def _minute_began(day: str, minute: str, zone: str) -> int | None:
    return _from_text(f"{day}{minute}:00{zone}", None)


def _from_text(text: str, near: int | None) -> int | None:
    for pattern in _spellings():
        m = pattern.fullmatch(text)
        if m is not None:
            try:
                return _from_parts(m.groupdict(), near)
            except (ValueError, OverflowError):
                return None
    return None


def _from_parts(parts: dict[str, str | None], near: int | None) -> int | None:
    day = _day_of(parts)
    if day is None:
        return None
    hour, minute, second = int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0)
    half = (parts.get("half") or "").upper()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "PM" else 0)
    leap = second == 60
    if hour > 23 or minute > 59 or second > 60:
        return None
    zone = (parts.get("zone") or "").upper().replace(":", "")
    shift = timedelta()
    sign = re.search(r"([+-])(\d{2})(\d{2})?", zone)
    if sign is not None:
        shift = timedelta(hours=int(sign[2]), minutes=int(sign[3] or 0)) * (1 if sign[1] == "+" else -1)
    year, month, day_of_month = day
    if year is None:
        around = datetime.fromtimestamp((near or time.time_ns()) // SECOND, UTC)
        years = [y for y in (around.year - 1, around.year, around.year + 1) if _is_day(y, month, day_of_month)]
        if not years:
            return None
        year = min(years, key=lambda y: abs(datetime(y, month, day_of_month, hour, minute, tzinfo=UTC) - around))
    at = datetime(year, month, day_of_month, hour, minute, 59 if leap else second, tzinfo=UTC) - shift
    if leap and (at.hour, at.minute, at.month, at.day) not in ((23, 59, 6, 30), (23, 59, 12, 31)):
        return None  # leap seconds have only ever been added there
    seconds = int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) + leap
    return seconds * SECOND + int((parts.get("fraction") or "0").ljust(9, "0"))


def _day_of(parts: dict[str, str | None]) -> tuple[int | None, int, int] | None:
    """Year (None where it is not written), month and day."""
    written = parts.get("year")
    year = int(written) if written else None
    if parts.get("week"):
        found = date.fromisocalendar(year or 0, int(parts["week"] or 0), int(parts.get("weekday") or 0))
        return found.year, found.month, found.day
    if parts.get("ordinal"):
        found = date(year or 0, 1, 1) + timedelta(days=int(parts["ordinal"] or 0) - 1)
        return (found.year, found.month, found.day) if found.year == year else None
    if parts.get("first"):
        first, other = int(parts["first"] or 0), int(parts["other"] or 0)
        if parts.get("half") or (other > 12 and first <= 12):
            return year, first, other
        return (year, other, first) if first > 12 else None
    name = parts.get("month")
    month = _MONTHS[name[:3].lower()] if name else int(parts.get("m") or 0)
    return year, month, int(parts.get("day") or 0)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


# -- durations ----------------------------------------------------------------------------------------------------------

_UNITS_MS: Final = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6}
_DURATION: Final = regex(r"(?:\d{1,9}(?:\.\d{1,9})?[ ]?(?:ns|[uµμ]s|ms|s|min|m(?!\w)|m(?=\d)|h)){1,6}")
_DURATION_PART: Final = regex(r"([\d.]+)[ ]?([a-zµμ]+)")


def duration_of(text: str) -> float | None:
    """The milliseconds of a number with its unit (`1.2s`, `31 ms`, `850µs`), or of several (`1m2.5s`, as Go writes them).

    None for a number without a unit, which could have any.
    """
    if not text[:1].isdigit() or _DURATION.fullmatch(text) is None:
        return None
    return sum(float(number) * _UNITS_MS[unit] for number, unit in _DURATION_PART.findall(text))


# -- levels -------------------------------------------------------------------------------------------------------------

_NAMES: Final = {
    name: level
    for level, names in {
        "TRACE": "trace trce trac silly finest finer verbose vrb",
        "DEBUG": "debug dbug debu fine dbg d",
        "INFO": "info inf information informational notice log http config default i",
        "WARN": "warn warning wrn w",
        "ERROR": "error err eror erro severe fail e",
        "FATAL": "fatal fata ftl critical crit alert emerg emergency panic pani dpanic off f",
    }.items()
    for name in names.split()
}
_BY_NUMBER: Final = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_COLOUR: Final = regex(r"\x1b\[[0-9;]*m")
_SYSLOG: Final = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")
_OTLP_NAME: Final = "SEVERITY_NUMBER_"
_BY_RANGE: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_COLOURS: Final = r"(?:\x1b\[[0-9;]*+m)*+"
_LEADING: Final = regex(
    rf"{_COLOURS}[\[(<]?{_COLOURS}"
    r"(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|SEVERE|FATAL|CRIT(?:ICAL)?|ALERT|EMERG(?:ENCY)?|PANIC"
    r"|INF|WRN|DBG|VRB|FTL|LOG(?=:[ ]{2})|(?:ERRO|DEBU|TRAC|FATA|PANI)(?=\[\d)"
    r"|(?:trace|trce|debug|dbug|info|notice|warn(?:ing)?|error|fail|fatal|critical|crit|panic)"
    rf"(?={_COLOURS}[ ]{{0,8}}[\])>:]|\s{{0,8}}\t))"
    rf"(?:(?:\x1b\[[0-9;]*+m)++|(?![A-Za-z0-9_.-]))(?:[ ]{{0,8}}[\])>])?{_COLOURS}[ \t]*+[:|-]?[ \t]*+"
)
"""A level at the head of a text: `ERROR x`, `[error] x`, `warn: x`; in small letters only with a mark behind it."""


def level_of(value: Any) -> str:
    """TRACE, DEBUG, INFO, WARN, ERROR or FATAL for a name or a number of pino, bunyan or Forge (10 to 60); else ""."""
    if isinstance(value, str):
        name = _NAMES.get(value.strip().lower())
        if name is None and value:
            plain = _COLOUR.sub("", value).strip(" []()<>:").lower()
            name = _NAMES.get(plain) or (_BY_NUMBER.get(whole_number(plain) or 0) if len(plain) == 2 else None)
        return name or ""
    return _BY_NUMBER.get(value, "") if isinstance(value, int) else ""


def otlp_level(number: Any) -> str:
    """The level of OTLP's severityNumber: 1 to 24, four to a level, or its name (opentelemetry-proto, logs.proto)."""
    if isinstance(number, str) and number.startswith(_OTLP_NAME):
        return level_of(number.removeprefix(_OTLP_NAME).rstrip("234"))
    if isinstance(number, str):
        number = whole_number(number)
    if isinstance(number, int) and 1 <= number <= 24:
        return _BY_RANGE[(number - 1) // 4]
    return ""


def syslog_level(severity: Any) -> str:
    """The level of a syslog severity, 0 to 7 (RFC 5424, 6.2.1); of a priority, pass it modulo 8."""
    if isinstance(severity, str):
        severity = whole_number(severity)
    return _SYSLOG[severity] if isinstance(severity, int) and 0 <= severity <= 7 else ""


def leading_level(text: str) -> tuple[str, int]:
    """The level that a text begins with and where the text behind it begins; ("", 0) where it begins with none."""
    m = _LEADING.match(text)
    return (level_of(m["level"]), m.end()) if m is not None else ("", 0)


def status_level(status: int) -> str:
    """The level of an HTTP answer: ERROR for 5xx, WARN for 4xx, else INFO."""
    return "ERROR" if status >= 500 else "WARN" if status >= 400 else "INFO"
