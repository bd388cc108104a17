"""The validators of the compiled core say of every value what those of the definition say."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import bitcoin as stdnum_bitcoin
from stdnum import iban as stdnum_iban
from stdnum import numdb
from strategies import examples

from logscrub.detect.names.lexicon import lexicon
from logscrub.detect.validators import VALIDATORS
from logscrub.engines import description, plans

core: Any = pytest.importorskip("logscrub._core")
probe = core.ValidatorsProbe(core.Parts(*description.library()), lexicon().grade)

LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
countries = st.sampled_from(sorted((entry[1], entry[3]["bban"]) for entry in numdb.get("iban").prefixes))
signs = st.sampled_from(
    ["", "", "", "", " ", "-", ".", "/", "(", ")", "_", "\n", "\xa0", "\u2011", "+", "=", "0", "x", "é", "٣", "\udc80"]
)


@st.composite
def damaged(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    value = draw(values)
    at = draw(st.integers(0, len(value)))
    return value[:at] + draw(signs) + value[at + draw(st.sampled_from([0, 0, 1])) :]


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


@st.composite
def accounts(draw: st.DrawFn) -> str:
    country, plan = draw(countries)
    kinds = {"n": "0123456789", "a": "ABCXYZ", "c": "0AZ9"}
    account = "".join(
        draw(st.text(kinds[kind], min_size=int(n), max_size=int(n))) for n, kind in re.findall(r"(\d+)!([nac])", plan)
    )
    value = country + stdnum_iban.calc_check_digits(f"{country}00{account}") + account
    return draw(st.sampled_from([value, value.lower(), " ".join(value[i : i + 4] for i in range(0, len(value), 4))]))


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """Of Bitcoin, in Bech32."""
    data = [draw(st.sampled_from([0, 0, 1, 16, 17])), *draw(st.lists(st.integers(0, 31), min_size=2, max_size=64)), 0, 0]
    check = stdnum_bitcoin.bech32_checksum([*stdnum_bitcoin._expand_hrp("bc"), *data, *[0] * 6]) ^ 1
    data += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return "bc1" + "".join(stdnum_bitcoin._bech32_alphabet[i] for i in data)


codes = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)).map(str) | digits(1, 3)
phones = st.builds(
    "{}{}{}{}".format, st.sampled_from(["+", "+", "00", "", "++"]), codes, st.sampled_from(["", " ", "-", " ("]), digits(3, 18)
)
parts = st.sampled_from(["", "0", "1", "255", "256", "01", "db8", "ffff", "10000", "10.0.0.1", "1.2.3"])
hosts = st.builds(
    "{}{}".format, st.lists(parts, max_size=9).map(":".join), st.sampled_from(["", "%eth0", "/24", "]"])
) | st.lists(st.integers(0, 300).map(str), min_size=3, max_size=5).flatmap(
    lambda octets: st.sampled_from([".".join(octets), "-".join(octets), "[" + ".".join(octets)])
)
tokens = st.text(LETTERS[:9] + "ABCD0123", min_size=10, max_size=40) | st.permutations(LETTERS[20:30] + "12").map("".join).map(
    lambda token: (token + token[:4]) * 2
)
bodies = st.text(LETTERS + "=_-", max_size=20)
checked = st.builds(
    lambda body, left: body + f"{zlib.crc32(body.rstrip(left).encode()):08X}", bodies, st.sampled_from(["=", " "])
)
words = st.sampled_from(
    ["jane", "Will", "Mark", "Page", "the", "of", "doe", "Mária", "jdoe", "Łukasz", "root", "佐藤", "x", "be", "smith"]
)
names = st.builds(
    "{}{}{}".format,
    st.lists(words, max_size=6).flatmap(lambda of: st.sampled_from([" ", ".", "_", "-", ", "]).map(lambda mark: mark.join(of))),
    st.sampled_from(["", "", "1", "12\n", "\n"]),
    st.sampled_from(["", "", "s", "."]),
)
values: dict[str, st.SearchStrategy[str]] = {
    "iban": accounts(),
    "bitcoin": addresses()
    | st.sampled_from(["1NEDqZPvTWRaoho48qXuLLsrYomMXPABfD", "BC1QARDV855YJNGSPVXUTTQ897AQCA3LXJU2Y69JCE", "1" * 24]),
    "phone": phones,
    "phone_digits": phones | st.from_regex(r"\A\(?(19|20|21)[0-9]{2}[ ./-][0-9]{1,3}[ ./-][0-9]{1,2}\Z"),
    "ip_address": hosts,
    "ip_or_dashed": hosts,
    "luhn": digits(11, 20),
    "card": digits(13, 19),
    "us_ssn": digits(8, 10) | st.builds("{}-{}-{}".format, st.sampled_from(["000", "666", "123"]), digits(2, 2), digits(4, 4)),
    "crc32_suffix": checked,
    "random_token": tokens,
    "three_digits": st.from_regex(r"\A(19|20|21)[0-9]{2}([ -][0-9]{2}){0,3}\Z"),
}


def answer(ask: Callable[..., bool], *asked: str) -> bool | None:
    """What is said of a value; None where it cannot be judged."""
    try:
        return ask(*asked)
    except Exception:
        return None
    except BaseException as error:
        assert type(error).__name__ == "PanicException"
        return None


@pytest.mark.parametrize("name", sorted(VALIDATORS))
def test_validators(name: str) -> None:
    @given(damaged(values.get(name, names)) | damaged(names) | st.text(max_size=20))
    @examples(150)
    def check(value: str) -> None:
        expected = answer(VALIDATORS[name], value)
        assert answer(probe.passes, name, value) == expected, name

    check()


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_phones_of_all_countries(code: int) -> None:
    for rest in ("1234567890123456789", "0234567890123456789", "9134567890123456789", "8888888888888888888"):
        for length in range(1, 19):
            for value in (f"+{code}{rest[:length]}", f"00{code} {rest[:length]}"):
                assert probe.passes("phone", value) == VALIDATORS["phone"](value), value


def test_accounts_of_no_country() -> None:
    for country in ("ZZ", "A1", "00", "QQ"):
        number = country + stdnum_iban.calc_check_digits(f"{country}00123456789012") + "123456789012"
        assert not probe.passes("iban", number)
        assert not VALIDATORS["iban"](number)


@pytest.mark.parametrize(
    ("pattern", "digits"),
    [
        ("0", "0"),
        ("[2-49]1|0", "02349"),
        ("(?:0|90)?(1)", "019"),
        ("0?", "0123456789"),
        (r"\d1", "0123456789"),
        ("(a|7)+$|0", "07"),
    ],
)
def test_first_digits(pattern: str, digits: str) -> None:
    assert plans.first_digits(pattern) == digits
