"""Values that are messages of programs stay; what persons say, and secrets, go."""

from __future__ import annotations

import pytest

import logscrub
from logscrub.detect import messages
from logscrub.detect.messages import is_message, parts
from logscrub.detect.names.lexicon import Lexicon
from logscrub.detect.names.recognizer import ListedNames

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


SENTENCES_OF_PROGRAMS = [
    "Der Dienst wurde neu gestartet (Port 8080)",
    "Serveur démarré en 12 secondes",
    "Il servizio è in ascolto sulla porta 3000",
    "Taak voltooid, 0 fouten",
    "Hasło musi zawierać co najmniej jedną cyfrę",
    "Файл конфигурации загружен за 12 мс",
    "服务启动成功，端口 8080",
    "データベースに接続できません",
    "데이터베이스 연결에 실패했습니다",
    "تم إيقاف الخدمة",
    "Ошибка: доступ запрещён, повтор через 5 с",
    "Dauer 41 ms",
    "Import beendet, Dauer 00:00:07",
    "Breite 800 px, Größe 12 MB",
]
NAMES_IN_SENTENCES_OF_PROGRAMS = [
    ("Der Benutzer Weidmann wurde gelöscht", "Weidmann"),
    ("utente porta non trovato nel sistema", "porta"),
    ("Пользователь Мария Иванова удалена", "Иванова"),
    ("用户 王小明 登录成功", "王小明"),
    ("ユーザー 田中太郎 を削除しました", "田中太郎"),
    ("Моя начальница удалила файл", "начальница"),
    ("我的文件已删除", "我的文件"),
    ("ไฟล์ของ สมชาย ใจดี ถูกลบ", "สมชาย"),
    ("Anna 200 EUR", "Anna"),
    ("login by Anna 41 s ago", "Anna"),
    ("Clara 12 kg", "Clara"),
]


@pytest.mark.parametrize("line", SENTENCES_OF_PROGRAMS)
def test_a_sentence_of_a_program_in_another_language_is_kept(line: str) -> None:
    assert logscrub.scrub(line, key=KEY).output.rstrip("\n") == line


@pytest.mark.parametrize(("line", "value"), NAMES_IN_SENTENCES_OF_PROGRAMS)
def test_a_name_in_a_sentence_of_a_program_is_redacted(line: str, value: str) -> None:
    assert value not in logscrub.scrub(line, key=KEY).output


def test_a_name_that_a_user_gave_is_redacted_in_a_sentence_of_a_program() -> None:
    line = "Verbindung zum Dienst wurde unterbrochen"
    names = ListedNames(Lexicon(names=["Verbindung"]))
    assert ListedNames(Lexicon()).recognise(line) == []
    assert [line[span.start : span.end] for span in names.recognise(line)] == ["Verbindung"]


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
