"""The structure of phone numbers and bank account numbers by country, from the data of the validators' libraries."""

from __future__ import annotations

from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

_DIGITS: Final = "0123456789"
UNKNOWN: Final = "?"
"""Says that there is something that cannot be told in a few words."""


def phone_plan(code: str) -> str:
    """Returns the structure of the numbers with a calling code; "" if no country has the code.

    It is the digits with which a prefix can begin that is dialled inside the country, and behind a semicolon the lengths that
    the numbers can have.
    """
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(int(code))
    if region == phonenumbers.UNKNOWN_REGION:
        return ""
    plan = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    prefix = plan.national_prefix_for_parsing if plan is not None else ".?"
    number = phonenumbers.PhoneNumber
    lengths = (n for n in range(2, 18) if phonenumbers.is_possible_number(number(int(code), int("1" * n))))
    return f"{first_digits(prefix) if prefix else ''};{','.join(map(str, lengths))}"


def first_digits(pattern: str) -> str:
    """The digits with which a match of a pattern can begin; all of them where it can be empty."""
    digits, can_be_empty = _first(_parser.parse(pattern))
    return _DIGITS if can_be_empty else "".join(sorted(digits))


def _first(nodes: Any) -> tuple[set[str], bool]:
    """The digits a sequence can begin with, and whether it can be empty; of what is not known here, all digits."""
    found: set[str] = set()
    for op, value in nodes:
        if op is c.LITERAL:
            digits, can_be_empty = {chr(value)} & set(_DIGITS), False
        elif op is c.IN and all(kind in (c.LITERAL, c.RANGE) for kind, _ in value):
            sets = [{chr(of)} if kind is c.LITERAL else set(map(chr, range(of[0], of[1] + 1))) for kind, of in value]
            digits, can_be_empty = set().union(*sets) & set(_DIGITS), False
        elif op is c.BRANCH:
            firsts = [_first(branch) for branch in value[1]]
            digits, can_be_empty = set().union(*(of for of, _ in firsts)), any(empty for _, empty in firsts)
        elif op is c.SUBPATTERN:
            digits, can_be_empty = _first(value[3])
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT):
            digits, can_be_empty = _first(value[2])
            can_be_empty = can_be_empty or not value[0]
        else:
            digits, can_be_empty = set(_DIGITS), True
        found |= digits
        if not can_be_empty:
            return found, False
    return found, True


def iban_plan(country: str) -> str:
    """Returns the structure of a country's account numbers (`4!a6!n8!n`); "" if it has none."""
    from stdnum import numdb

    known = numdb.get("iban")
    if len(country) != 2 or any(length != 2 or children for length, _, _, _, children in known.prefixes):
        return UNKNOWN
    found = known.info(country)[0][1]
    return found.get("bban", UNKNOWN) if found else ""
