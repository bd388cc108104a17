"""Values that are messages of programs stay; what persons say, and secrets, go."""

from __future__ import annotations

import pytest

import logscrub
from logscrub.detect import messages
from logscrub.detect.messages import is_message, parts

KEY = b"a key for tests, EXAMPLE........"
MESSAGES = [
    "address: already in use (os error 98)",
    "street: unsupported locale, skipped geocoding",
    "username: reserved word",
    "title: must not be blank",
    "nom: champ obligatoire",
    "Nachname: darf nicht leer sein",
    "contraseña: debe tener al menos 8 caracteres",
    "achternaam: is verplicht",
    "hasło: pole wymagane",
    "пароль: обязательное поле",
    "パスワード: 8文字以上で入力してください",
    '{"email":"must be a valid email address","password":"must be at least 12 characters"}',
    "access_token: parameter not recognised",
]
VALUES = [
    ("name: Max Muster", "Max"),
    ("name: May Long", "May"),
    ("username: gunhild not found", "gunhild"),
    ("street: Old Mill Lane not found", "Mill"),
    ("password: tulip is required", "tulip"),
    ("password: must-Tulip7-not", "Tulip7"),
    ("pin: 4471 is not valid", "4471"),
    ("title: medical leave rejected", "medical"),
    ("description: he is never available", "never"),
    ("title: the war is over", "war"),
    ("comment: ik kan niet meer", "kan niet"),
    ("comment: wir haben keine Zeit", "keine"),
    ('{"description":"the street is closed"}', "closed"),
    ("密码: 小明最爱的猫", "最爱"),
]


@pytest.mark.parametrize("line", MESSAGES)
def test_a_message_behind_the_name_of_a_field_is_kept(line: str) -> None:
    assert logscrub.scrub(line, key=KEY).output.rstrip("\n") == line


@pytest.mark.parametrize(("line", "value"), VALUES)
def test_a_value_beside_words_of_messages_is_redacted(line: str, value: str) -> None:
    assert value not in logscrub.scrub(line, key=KEY).output


def test_a_single_word_is_no_message_unless_it_is_known_alone() -> None:
    assert not is_message("missing")
    assert is_message("obligatoire")


def test_a_long_number_makes_a_text_no_message() -> None:
    assert is_message("at least 12 characters")
    assert not is_message("at least 4471 characters")


def test_a_run_of_a_script_without_spaces_has_its_pairs_as_parts() -> None:
    assert list(parts("8文字以 ok")) == ["8", "文字", "字以", "ok"]


def test_the_words_are_in_the_order_of_their_characters() -> None:
    telling, _, others = messages._LISTED.partition("\n\n")
    for words in (telling.split("\n")[1:], others.split("\n")[:-1]):
        assert words == sorted(words)
        assert all(words)


def test_both_engines_know_the_words_of_messages() -> None:
    pytest.importorskip("logscrub._core", reason="the compiled core is not built; core/build.sh builds it")
    lines = "\n".join(MESSAGES + [line for line, _ in VALUES])
    plain = logscrub.scrub(lines, key=KEY, engine="plain").output
    assert logscrub.scrub(lines, key=KEY, engine="native").output == plain
