"""Second looks at the numbers by which states know people: checksums of python-stdnum, and a few that it does not have.

`scripts/national_numbers.py` writes `logscrub/data/national_numbers.json`: which module knows the numbers of which shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from importlib import import_module, resources
from typing import Any

from logscrub.patterns import regex

_SIGNS = regex(r"[\W_]")
_EPOCH = regex(r"1[4-9]\d{8}(?:\d{3}|\d{6})")
_DATE = regex(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:\D.{0,8}|\d{2,6})?")
_LAST_YEAR_OF_BIRTH = 2030
_STATES_OF_INDIA = 38
_FIRST_OFFICE_OF_KOREA = 101
_FEWEST_ALONE = 3
_FEWEST_DIGITS = 4
"""Different characters of a number, at least: `000000000` and `111222111` have right checksums."""


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(resources.files("logscrub").joinpath("data/national_numbers.json").read_text("utf-8"))
    return table


@lru_cache(maxsize=256)
def _check(name: str) -> Callable[[str], bool]:
    if name.startswith("own."):
        return _OWN[name.removeprefix("own.")]
    check: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid
    return check


@lru_cache(maxsize=1)
def _bare() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), name) for pattern, name in _table()["bare"].items())


@lru_cache(maxsize=1)
def _alone() -> tuple[tuple[re.Pattern[str], list[str]], ...]:
    return tuple((re.compile(pattern), names) for pattern, names in _table()["alone"].items())


@lru_cache(maxsize=4096)
def national_number(value: str) -> bool:
    """A number with a right checksum by which some state knows a person or a company; no time, no run of one digit, no
    digits of other scripts, at which checksums stumble."""
    plain = _SIGNS.sub("", value)
    if not plain.isascii() or len(set(plain)) < _FEWEST_DIGITS or _EPOCH.fullmatch(value) or _DATE.fullmatch(value):
        return False
    return any(_check(name)(value) for name in _table()["by length"].get(str(len(plain)), ()))


@lru_cache(maxsize=4096)
def national_number_bare(value: str) -> bool:
    """Accepts a number of a rare shape that has the checksum of the numbers of that shape."""
    plain = _SIGNS.sub("", value)
    if not plain.isascii():
        return False
    if (plain.isdigit() and len(set(plain)) < _FEWEST_DIGITS) or (_DATE.fullmatch(value) and value.startswith("20")):
        return False
    return any(pattern.fullmatch(value) and _check(name)(value) for pattern, name in _bare())


@lru_cache(maxsize=4096)
def national_number_alone(value: str) -> bool:
    """A number of a shape of those that count where they stand alone, with the checksum of its shape; no time."""
    plain = _SIGNS.sub("", value)
    is_time = _EPOCH.fullmatch(value) or (value.startswith("202") and _DATE.fullmatch(value))
    if not plain.isascii() or len(set(plain)) < _FEWEST_ALONE or is_time:
        return False
    return any(pattern.fullmatch(value) and any(_check(name)(value.upper()) for name in names) for pattern, names in _alone())


def _is_birth(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year < _LAST_YEAR_OF_BIRTH
    except ValueError:
        return False


def _birth_and_seven(value: str) -> bool:
    """South Korea: a date of birth, a digit for the century and the sex. Since 2020 the rest is random, without a checksum."""
    year, month, day = (int(value[i : i + 2]) for i in (0, 2, 4))
    return value[7] in "12345678" and _is_birth((1900 if value[7] in "1256" else 2000) + year, month, day)


def _fi_hetu(value: str) -> bool:
    """Finland: temporary codes too."""
    from stdnum.fi import hetu

    return bool(hetu.is_valid(value, allow_temporary=True))


def _us_itin(value: str) -> bool:
    """United States: the groups in the middle that tax numbers of people without a social security number have."""
    group = int(value[4:6])
    return 50 <= group <= 99 and group not in (66, 67, 68, 69, 89, 93)


def _sg_nric(value: str) -> bool:
    """Singapore: seven weighted digits, a letter."""
    total = sum(int(d) * w for d, w in zip(value[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    if value[0] == "M":
        return "KLJNPQRTUWX"[10 - (total + 3) % 11] == value[8]
    total += 4 if value[0] in "TG" else 0
    return ("JZIHGFEDCBA" if value[0] in "ST" else "XWUTRQPNMLK")[total % 11] == value[8]


def _mx_rfc(value: str) -> bool:
    """Mexico: date and check digit."""
    from stdnum.mx import rfc

    return bool(rfc.is_valid(value, validate_check_digits=True))


_MBI = regex(r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d(-?)[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d\1[AC-HJKMNP-RT-Y]{2}\d{2}")
_FISCAL = regex(r"[A-Z]{6}\d{2}[ABCDEHLMPRST](?:0[1-9]|[12456]\d|[37][01]|4[1-9])[A-Z]\d{3}[A-Z]")


def _us_mbi(value: str) -> bool:
    """United States: a Medicare number, without the letters that look like digits."""
    return _MBI.fullmatch(value) is not None


def _it_fiscal(value: str) -> bool:
    """Italy: letters, a date with a letter for the month, a place. Many that people type have a wrong last letter."""
    return _FISCAL.fullmatch(value) is not None


def _in_gstin(value: str) -> bool:
    """India: a state; the shape says the rest, for people mistype."""
    return 1 <= int(value[:2]) <= _STATES_OF_INDIA


def _se_number(value: str) -> bool:
    """Sweden: a person's with its date, or a company's of ten digits, whose third is no month's."""
    from stdnum.se import orgnr, personnummer

    if bool(personnummer.is_valid(value)):
        return True
    return len(value) == len("######-####") and value[2] >= "2" and bool(orgnr.is_valid(value))


def _kr_brn(value: str) -> bool:
    """South Korea: a company's tax office, kind and number, a check digit, of which python-stdnum does not ask."""
    plain = _SIGNS.sub("", value)
    if not plain.isdigit() or int(plain[:3]) < _FIRST_OFFICE_OF_KOREA:
        return False
    products = [int(d) * w for d, w in zip(plain, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=False)]
    return -(sum(products) + products[-1] // 10) % 10 == int(plain[-1])


def _cn_ric(value: str) -> bool:
    """China: place, date and check digit. python-stdnum stumbles at a place of which it knows only the province."""
    from stdnum.cn import ric

    try:
        return bool(ric.is_valid(value))
    except KeyError:
        return False


def _shape(value: str) -> bool:
    """Accepts every number that has the shape."""
    return bool(value)


def _luhn(value: str) -> bool:
    """A right Luhn digit, whatever stands between the digits."""
    from stdnum import luhn

    return bool(luhn.is_valid(_SIGNS.sub("", value)))


def _kr_licence(value: str) -> bool:
    """South Korea: the office that gave the licence."""
    return 11 <= int(value[:2]) <= 28


def _us_npi(value: str) -> bool:
    """United States: a health provider's, its Luhn digit over the prefix of health numbers."""
    from stdnum import luhn

    plain = _SIGNS.sub("", value)
    return plain[0] in "12" and bool(luhn.is_valid(f"80840{plain}"))


def _za_id(value: str) -> bool:
    """South Africa: a date, citizenship, a Luhn digit; no time in milliseconds."""
    from stdnum.za import idnr

    return _EPOCH.fullmatch(value) is None and bool(idnr.is_valid(value)) and value.replace(" ", "")[11] in "89"


def _gb_licence(value: str) -> bool:
    """United Kingdom: month (a woman's with 50 more) and day of birth inside a driving licence number."""
    month = int(value[6:8])
    return (month if month < 50 else month - 50) in range(1, 13) and 1 <= int(value[8:10]) <= 31


def _gb_nino(value: str) -> bool:
    """United Kingdom: prefixes that are given out, and one of four suffixes."""
    return (
        not set(value[:2]) & set("DFIQUV")
        and value[1] != "O"
        and value[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
        and value[-1] in "ABCD"
    )


def _de_rvnr(value: str) -> bool:
    """Germany: a pension insurance number, with its date and its check digit (VKVV § 4)."""
    plain = value.replace(" ", "")
    day, month = int(plain[2:4]), int(plain[4:6])
    digits = f"{plain[:8]}{ord(plain[8]) - 64:02d}{plain[9:11]}"
    products = [int(d) * w for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)]
    return 1 <= month <= 12 and 1 <= day <= 81 and sum(p // 10 + p % 10 for p in products) % 10 == int(plain[-1])


def _hkid(value: str) -> bool:
    """Hong Kong: one or two letters, six digits, a check digit in brackets."""
    plain = _SIGNS.sub("", value)
    letters = plain[:-7].rjust(2)
    values = [36 if c == " " else ord(c) - 55 for c in letters] + [int(d) for d in plain[-7:-1]]
    total = sum(v * w for v, w in zip(values, (9, 8, 7, 6, 5, 4, 3, 2), strict=True))
    return plain[-1] in "0123456789A" and (total + int(plain[-1], 16)) % 11 == 0


def _ru_snils(value: str) -> bool:
    """Russia: an insurance number's two check digits."""
    plain = _SIGNS.sub("", value)
    return sum(int(d) * (9 - i) for i, d in enumerate(plain[:9])) % 101 % 100 == int(plain[9:])


def _au_medicare(value: str) -> bool:
    """Australia: a Medicare number, its ninth digit a check digit."""
    digits = [int(d) for d in _SIGNS.sub("", value)]
    return 2 <= digits[0] <= 6 and sum(d * w for d, w in zip(digits, (1, 3, 7, 9) * 2, strict=False)) % 10 == digits[8]


def _de_card(value: str) -> bool:
    """Germany: an identity card or a passport, without the letters that look like others, with its check digit (ICAO 9303) or two
    letters and more; or a T and digits as on older cards."""
    if re.fullmatch(r"T\d{8}", value):
        return True
    if not re.fullmatch(r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{7,8}\d", value):
        return False
    if sum(map(str.isalpha, value)) > 1:
        return True
    return sum(int(c, 36) * w for c, w in zip(value[:-1], (7, 3, 1) * 3, strict=False)) % 10 == int(value[-1])


def _de_licence(value: str) -> bool:
    """Germany: a driving licence, most of it digits, and some letters."""
    letters = sum(map(str.isalpha, value))
    return 1 < letters <= len(value) // 2


def _de_lanr(value: str) -> bool:
    """Germany: a doctor's number for life, its seventh digit a check digit."""
    return -sum(int(d) * w for d, w in zip(value, (4, 9) * 3, strict=False)) % 10 == int(value[6])


def _de_kvnr(value: str) -> bool:
    """Germany: the number of somebody's health insurance, its letter as two digits."""
    products = [int(d) * w for d, w in zip(f"{ord(value[0]) - 64:02d}{value[1:9]}", (1, 2) * 5, strict=True)]
    return sum(p // 10 + p % 10 for p in products) % 10 == int(value[-1])


def _kr_passport(value: str) -> bool:
    """South Korea: the letters that passports begin with."""
    return value[0] in "MSRODG"


def _birth_and_seven_plain(value: str) -> bool:
    """South Korea: a resident's number without its dash."""
    return _birth_and_seven(f"{value[:6]}-{value[6:]}")


def _in_passport(value: str) -> bool:
    """India: letters and digits that passports have where they have them."""
    return re.fullmatch(r"[A-PR-WY][1-9]\d{5}[1-9]", value) is not None


def _se_alone(value: str) -> bool:
    """Sweden: a person's with its date, with the century too where that is no time of a log; a company's of ten digits."""
    from stdnum.se import orgnr, personnummer

    if bool(personnummer.is_valid(value)):
        return not value.startswith("202")
    return len(value) == 10 and value[2] >= "2" and bool(orgnr.is_valid(value))


def _us_itin_plain(value: str) -> bool:
    """United States: a tax number of a person without a social security number, without its dashes."""
    return _us_itin(f"{value[:3]}-{value[3:5]}-{value[5:]}")


def _us_dea(value: str) -> bool:
    """United States: the number under which a doctor prescribes, its last digit a check digit."""
    digits = [int(d) for d in value[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def _be_ogm(value: str) -> bool:
    """Belgium: a structured communication, its plus signs aside."""
    from stdnum.be import ogm_vcs

    return bool(ogm_vcs.is_valid(value.strip("+")))


_OWN: dict[str, Callable[[str], bool]] = {
    "birth_and_seven": _birth_and_seven,
    "fi_hetu": _fi_hetu,
    "us_itin": _us_itin,
    "sg_nric": _sg_nric,
    "mx_rfc": _mx_rfc,
    "us_mbi": _us_mbi,
    "it_fiscal": _it_fiscal,
    "in_gstin": _in_gstin,
    "se_number": _se_number,
    "shape": _shape,
    "luhn": _luhn,
    "kr_licence": _kr_licence,
    "kr_brn": _kr_brn,
    "cn_ric": _cn_ric,
    "us_npi": _us_npi,
    "za_id": _za_id,
    "gb_licence": _gb_licence,
    "gb_nino": _gb_nino,
    "de_rvnr": _de_rvnr,
    "hkid": _hkid,
    "ru_snils": _ru_snils,
    "be_ogm": _be_ogm,
    "au_medicare": _au_medicare,
    "de_card": _de_card,
    "de_lanr": _de_lanr,
    "de_licence": _de_licence,
    "de_kvnr": _de_kvnr,
    "kr_passport": _kr_passport,
    "birth_and_seven_plain": _birth_and_seven_plain,
    "in_passport": _in_passport,
    "se_alone": _se_alone,
    "us_itin_plain": _us_itin_plain,
    "us_dea": _us_dea,
}
