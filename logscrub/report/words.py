"""Numbers, times and chances as a tired person reads them. Pure functions; the same whatever the locale of the machine."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BREAKS: Final = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE: Final = re.compile(
    # controls, what turns the direction of text, what has no width, halves of surrogate pairs, non-characters
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_TIMES_OF: Final = {"ms": "as long", "s": "as long", "seconds": "as long", "minutes": "as long"}
_ONE_WORD: Final = re.compile(r"^[^ ]*(?: [^ ]+)*?(?=$| (?:an?|per|of|in|for|by|from|to|with|that|without) )")
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def visible(text: str) -> str:
    """Text on one line, without what a reader cannot see: whatever a log statement or a name holds."""
    return _INVISIBLE.sub("\ufffd", _BREAKS.sub(" ⏎ ", text).replace("\t", " "))


def number(value: float, most: int = 1) -> str:
    """`1,204`, `45.6`, `0.03`; `most` digits behind the point where the number is not small."""
    if not math.isfinite(value):
        return "unknown"
    size = abs(value)
    if 0 < size < 0.001:
        return "less than 0.001" if value > 0 else "about 0"
    digits = 0 if size >= 99.95 else most if size >= 0.1 else 2 if size >= 0.01 else 3
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if digits else text
    return "0" if text == "-0" else text


def percent(share: float) -> str:
    """`45.6 %` of 0.456; never 0 % or 100 % of what is a little more or less."""
    if not math.isfinite(share):
        return "unknown"
    if 0 < share < 0.00005:
        return "under 0.01 %"
    if 0.9995 <= share < 1:
        return "over 99.9 %"
    return f"{number(round(share * 100, 2 if abs(share) < 0.01 else 1), 2)} %"


def plural(count: float, one: str, many: str | None = None) -> str:
    """`1 hour`, `2 hours`."""
    text = number(count)
    return f"{text} {one if text == '1' else many or one + 's'}"


def is_share(unit: str) -> bool:
    """Returns True if a unit is a share of a whole, which is written in per cent."""
    return unit.startswith("share")


def on_axis(value: float, unit: str) -> str:
    """A value in as little room as there is: `45 %`, `900`, `12 k`, `1.5 M`."""
    if is_share(unit):
        return percent(value)
    for size, name in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * (10 if name == "k" else 1):
            return f"{number(value / size)} {name}"
    return number(value)


def quantity(value: float, unit: str) -> str:
    """A value alone: `47`, `45 %`."""
    return percent(value) if is_share(unit) else number(value)


def amount(value: float, unit: str) -> str:
    """A value with its unit: `47 errors`, `1 error`, `1,850 ms`, `45.6 % of records`."""
    unit = visible(unit)
    if is_share(unit):
        return f"{percent(value)} {unit.removeprefix('share').strip()}".strip()
    text = number(value)
    if text == "0" and not _is_measure(unit):
        text = "no"
    return f"{text} {_singular(unit) if text == '1' else unit}".strip()


def hourly(unit: str) -> str:
    """Returns the label of an hourly series: `errors an hour`, `ms, hour by hour`."""
    return f"{visible(unit)}{', hour by hour' if _is_measure(unit) else ' an hour'}"


def _is_measure(unit: str) -> bool:
    """Returns True if a unit measures something, False if it counts."""
    return unit in ("", "ms", "s", "B", "kB", "MB", "GB") or is_share(unit) or unit in _TIMES_OF


def _singular(unit: str) -> str:
    head = _ONE_WORD.match(unit)
    if unit in ("ms", "s") or head is None or not head[0].endswith("s") or head[0].endswith("ss"):
        return unit
    word = head[0]
    for end, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if word.endswith(end):
            word = word[: -len(end)] + instead
            break
    return word + unit[head.end() :]


def compared(observed: float, expected: float | None, unit: str) -> str:
    """`47 errors where 3 are usual, 16 times as many`."""
    if not is_share(unit):
        observed, expected = _to_read(observed), None if expected is None else _to_read(expected)
    seen = amount(observed, unit)
    if expected is None or not math.isfinite(expected):
        return f"{seen}; what is usual here is not known yet"
    if _is_measure(unit):
        usual = f"{quantity(expected, unit)}{'' if is_share(unit) or not unit else ' ' + visible(unit)} is usual"
    elif expected == 0:
        usual = "none are usual"
    else:
        usual = f"{number(expected)} {'is' if number(expected) == '1' else 'are'} usual"
    return f"{seen} where {usual}{_ratio(observed, expected, unit)}"


def _to_read(value: float) -> float:
    """A number as exact as somebody reads it in a sentence."""
    return float(round(value)) if math.isfinite(value) and abs(value) >= 10 else value


def _ratio(observed: float, expected: float, unit: str) -> str:
    if expected <= 0 or observed <= 0 or not math.isfinite(observed):
        return ""
    ratio = observed / expected
    if ratio < 0.95:
        return f", only {percent(ratio)} of that"
    if ratio < 1.05:
        return ""
    much = "as much" if is_share(unit) or unit.endswith("B") else _TIMES_OF.get(unit, "as many")
    times = "more than 1,000" if ratio > 1000 else number(round(ratio) if ratio >= 9.95 else ratio)
    return f", {times} times {much}"


def beside(value: float, usual: float | None) -> str:
    """Returns the comparison of a total with the usual one: `usually 340; 1.5 times as many`, `as usual (340)`."""
    if usual is None or not math.isfinite(usual):
        return "what is usual is not known yet"
    if usual <= 0:
        return "as usual" if value == 0 else "usually none"
    ratio = value / usual
    if 0.9 <= ratio <= 1.1:
        return f"as usual ({number(round(usual))})"
    text = f"usually {number(round(usual) if usual >= 1 else usual)}"
    return text + (
        f"; {percent(ratio)} of that" if ratio < 1 else f"; {'more than 1,000' if ratio > 1000 else number(ratio)} times as many"
    )


def utc(when: datetime) -> datetime:
    """Converts a time to UTC. A time without a zone is in UTC already."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def iso(when: datetime) -> str:
    """`2026-11-25T02:00:00Z`."""
    return utc(when).isoformat(timespec="seconds").replace("+00:00", "Z")


def day(when: datetime, *, year: bool = False, month: bool = True) -> str:
    """`Wed 25 Nov`, `Wed 25 Nov 2026`, `Wed 25`."""
    when = utc(when)
    return (
        f"{_DAYS[when.weekday()]} {when.day}"
        + (f" {_MONTHS[when.month - 1]}" if month else "")
        + (f" {when.year}" if year else "")
    )


def clock(when: datetime) -> str:
    """`02:00`."""
    return f"{utc(when):%H:%M}"


def moment(when: datetime, *, year: bool = False) -> str:
    """`Wed 25 Nov, 02:00 UTC`."""
    return f"{day(when, year=year)}, {clock(when)} UTC"


def span(start: datetime, end: datetime, *, year: bool = False) -> str:
    """`Wed 25 Nov, 02:00 to 05:00 UTC`, `Wed 25 Nov, 22:00 to Thu 26 Nov, 01:00 UTC`."""
    until = clock(end) if utc(start).date() == utc(end).date() else f"{day(end, year=year)}, {clock(end)}"
    return f"{day(start, year=year)}, {clock(start)} to {until} UTC"


def duration(length: timedelta) -> str:
    """`3 hours`, `2 days`, `40 minutes`; two units where the second matters."""
    minutes = max(0, round(length.total_seconds() / 60))
    if minutes < 60:
        return plural(minutes, "minute")
    hours = round(minutes / 60)
    if hours < 48:
        return plural(hours, "hour")
    days, hours = divmod(hours, 24)
    return plural(days, "day") + (f" and {plural(hours, 'hour')}" if hours and days < 4 else "")


def how_often(a_week: float) -> str:
    """Returns a rate per week in words: `once in 4 years`."""
    if not math.isfinite(a_week):
        return "unknown"
    if a_week <= 1 / (1000 * 52.18):
        return "less than once in 1,000 years"
    if a_week >= 1.5:
        return f"{number(round(a_week))} times a week"
    weeks = 1 / a_week
    for length, name in ((52.18, "year"), (52.18 / 12, "month"), (1.0, "week")):
        if weeks >= 1.95 * length or name == "week":
            count = weeks / length
            count = round(count, -1 if count >= 100 else 0)
            return f"once a {name}" if count <= 1 else f"once in {number(count)} {name}s"
    raise AssertionError("a week is the shortest")


def probability(p: float) -> str:
    """`1 in 2 million (p = 5 × 10⁻⁷)`."""
    if not math.isfinite(p):
        return "unknown"
    if p < 1e-12:
        return "less than 1 in a trillion (p\u00a0<\u00a010⁻¹²)"
    if p > 0.5:
        return f"p = {p:.2f}"
    odds = 1 / p
    if odds < 1e6:
        text = f"1 in {number(float(f'{odds:.2g}'))}"
    else:
        size, name = next((s, n) for s, n in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")) if odds >= s * 0.9995)
        text = f"1 in {number(float(f'{odds / size:.2g}'))} {name}"
    if p >= 0.001:
        return f"{text} (p\u00a0=\u00a0{p:.2g})"
    mantissa, exponent = f"{p:.0e}".split("e")
    factor = "" if mantissa == "1" else f"{mantissa}\u00a0×\u00a0"
    return f"{text} (p\u00a0=\u00a0{factor}10{str(int(exponent)).translate(_SUPERSCRIPT)})"


def joined(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""
