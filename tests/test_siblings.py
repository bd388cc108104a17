"""Siblings of the kinds that leaked: a kind in a syntax, a language and a neighbourhood drawn by a seed; all values invented."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from logscrub import api

KEY = b"0123456789abcdef0123456789abcdef"
SEEDS = range(3)
PLACEHOLDER = re.compile(r"<[A-Z_]+(?::[0-9a-f]{20})?>")

NAMES = {
    "password": "passwort kennwort mot_de_passe contraseña senha wachtwoord adgangskode passord lösenord salasana hasło heslo "
    "jelszó parolă lozinka geslo slaptažodis parole parool κωδικός şifre пароль лозинка 密码 パスワード 비밀번호 סיסמה mật_khẩu",
    "secret": "zugriffsschlüssel clé_secrète clave_privada chave_secreta chiave_segreta toegangssleutel "
    "hemlig_nyckel hemmelig_nøgle "
    "salainen_avain tajny_klucz přístupový_token titkos_kulcs cheie_secretă tajni_ključ slaptas_raktas "
    "salajane_võti gizli_anahtar "
    "секретный_ключ таємний_ключ 密钥 秘密鍵 비밀키",
    "phone": "handynummer téléphone móvil telemóvel cellulare mobiel telefonnummer puhelinnumero numer_telefonu telefonní_číslo "
    "telefonszám număr_telefon broj_telefona tālruņa_numurs telefoninumber cep_telefonu τηλέφωνο номер_телефона "
    "手机号 電話番号 전화번호 טלפון",
    "birth": "geburtsdatum date_de_naissance fecha_nacimiento data_di_nascita data_nascimento geboortedatum "
    "fødselsdato födelsedatum "
    "syntymäaika data_urodzenia datum_narození születési_dátum data_nașterii datum_rođenja gimimo_data dzimšanas_datums sünniaeg "
    "doğum_tarihi дата_рождения 出生日期 生年月日 생년월일 ngày_sinh",
    "town": "postleitzahl code_postal código_postal cidade woonplaats postnummer postinumero kod_pocztowy město irányítószám "
    "cod_poștal poštanski_broj pašto_kodas pasta_indekss posta_kodu почтовый_индекс 城市 郵便番号 우편번호",
    "content": "betreff commentaire descripción observação descrizione omschrijving beskrivelse beskrivning kuvaus komentarz "
    "poznámka megjegyzés observații napomena aprašymas apraksts kirjeldus açıklama комментарий 备注 備考 메모 ghi_chú",
}
VALUES = {
    "password": ["tulip7Orange", "Sommer2024!"],
    "secret": ["Vq7tulipB2n9orangeX4"],
    "phone": ["0151 23456789", "+49 171 5550199"],
    "birth": ["1984-03-09", "09.03.1984"],
    "town": ["90402", "560038"],
    "content": ["my landlord refuses the deposit"],
}
SYNTAXES: dict[str, Callable[[str, str], str]] = {
    "JSON": lambda k, v: json.dumps({"id": 4, k: v, "n": 1}, ensure_ascii=False),
    "JSON in ASCII": lambda k, v: json.dumps({k: v}),
    "JSON in JSON": lambda k, v: json.dumps({"msg": json.dumps({k: v}, ensure_ascii=False)}, ensure_ascii=False),
    "inspect": lambda k, v: f"user {{ {k}: '{v}', n: 1 }}",
    "assignment": lambda k, v: f'{k}="{v}" n=1',
    "element": lambda k, v: f"<{k}>{v}</{k}>",
    "name and value": lambda k, v: f"{{ name: '{k}', value: '{v}' }}",
    "changelog": lambda k, v: json.dumps({"field": k, "from": None, "to": v}, ensure_ascii=False),
    "pair": lambda k, v: f"[ '{k}', '{v}' ]",
    "row": lambda k, v: f"| {k} | {v} |",
}
WITHOUT_ACCENTS = str.maketrans(
    "áàâãäåçéèêëíîïñóôõöőúûüýčďěňřšťžłøşțșğıąęćńśźżă", "aaaaaaceeeeiiinooooouuuycdenrstzlostsgiaecnszza"
)

ADDRESSES = [
    ("Lindenallee 14b", "50667 Köln"), ("Mariahilfer Straße 88/2/14", "1070 Wien"),
    ("12 bis rue des Lilas", "69003 Lyon"), ("Zijlweg 114-II", "2011 RC Haarlem"),
    ("Calle Mayor 5", "28013 Madrid"), ("Corso Vittorio Emanuele II 12", "20121 Milano"),
    ("Rua Augusta 212", "1100-053 Lisboa"), ("Nørregade 12, 3. tv", "1165 København"),
    ("Storgatan 34 lgh 1102", "245 99 GÖTEBORG"), ("Kauppakatu 81 as. 4", "90306 JYVÄSKYLÄ"),
    ("ul. Długa 12/4", "00-590 Warszawa"), ("třída Kapitána Jaroše 5", "602 00 Brno"),
    ("Petőfi utca 12.", "1052 Budapest"), ("Str. Mihai Eminescu nr. 72, ap. 4", "362829 București"),
    ("Slovenska cesta 21", "4014 Ljubljana"), ("Gedimino pr. 45-12", "LT-30036 Kaunas"),
    ("Brīvības iela 128", "Rīga, LV-1764"), ("Narva mnt 29-15", "10117 Tallinn"),
    ("Atatürk Cad. No: 197", "32849 Çankaya / Ankara"), ("ул. Ленина, д. 189, кв. 12", "976861 Москва"),
    ("Οδός Πατησίων 176", "255 00 Αθήνα"), ("Jl. Gajah Mada No. 31", "Bandung 78930"),
    ("128 Jan Smuts Avenue", "Cape Town 1161"), ("73 Tawa Crescent", "Lower Hutt, Wellington 2243"),
    ("Laugavegur 64", "770 Reykjavík"), ("Bjerkealléen 10B", "3416 Oslo"),
    ("Av. Insurgentes Sur 1602, Col. Roma Norte", "03940 CDMX"),
]  # fmt: skip
BREAKS = [", ", " - ", "\\n", ",\\n"]
AROUND = [
    "deliver to {} tomorrow",
    "shipping to {}",
    "WARN undeliverable: {}",
    '{{"msg":"new address {} saved"}}',
    "she moved to {}, since May",
]
PHONES = ["+49 30 23125 111", "0033 6 12 34 56 78", "(415) 555-0132", "06 12 34 56 78", "+44 20 7946 0958"]
EXTENSIONS = [" ext. 4471", " x447", ", Durchwahl 312", " poste 312", " int. 447", " доб. 4471", "#4471", " 内線447"]
CALLS = ["call {} back", "tel {} busy", "caller {} hung up", "тел. {}", "zadzwoń {}", "appeler le {}", "phone: {}", "טלפון {}"]
BIRTHS = [
    ("born in Cork on {}", "10 October 1965"), ("date of birth is {}", "16-JAN-1974"),
    ("DOB of applicant: {}", "21.08.1964"), ("nata a Roma il {}", "18 novembre 1986"),
    ("nació el {}", "16-06-1950"), ("nasceu em {}", "15 de janeiro de 2004"),
    ("urodził się {}", "22 stycznia 1951"), ("nar. {}", "27. března 1940"),
    ("született: {}", "1943. július 27."), ("{} doğumlu", "4 Haziran 1979"),
    ("{}生まれ", "1989年1月22日"), ("ولد في {}", "08.06.1995"),
    ("родилась {}", "22.06.2006"),
]  # fmt: skip


def scrubbed(text: str, engine: api.EngineName) -> str:
    return PLACEHOLDER.sub("<>", api.scrub(text + "\n", key=KEY, engine=engine).output)


def left(text: str, value: str) -> list[str]:
    """The parts of a value that stay in a text, on any engine."""
    parts = [p for p in re.findall(r"\w+", value.replace("\\n", " ")) if len(p) > 3 or (p.isdigit() and len(p) > 2)]
    return [
        f"{p} in {out}"
        for out in (scrubbed(text, e) for e in api.engines())
        for p in parts
        if re.search(rf"(?<!\w){p}(?!\w)", out)
    ]


def changed(text: str) -> list[str]:
    """The outputs of a text on all engines that differ from it."""
    outputs = (api.scrub(text + "\n", key=KEY, engine=engine).output for engine in api.engines())
    return [out for out in outputs if out != text + "\n"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", sorted(NAMES))
def test_a_field_tells_in_any_language_and_syntax(kind: str, seed: int) -> None:
    chance = random.Random(f"{kind} {seed}")
    for name in NAMES[kind].split():
        syntax, value = chance.choice(sorted(SYNTAXES)), chance.choice(VALUES[kind])
        first, *rest = name.split("_")
        written = chance.choice([name, name.translate(WITHOUT_ACCENTS), first + "".join(map(str.capitalize, rest)), name.upper()])
        assert left(SYNTAXES[syntax](written, value), value) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_an_address_goes_as_one(seed: int) -> None:
    chance = random.Random(seed)
    for street, town in ADDRESSES:
        address = street + chance.choice(BREAKS) + town
        assert left(chance.choice(AROUND).format(address), address) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_phone_number_goes_with_its_extension(seed: int) -> None:
    chance = random.Random(seed)
    for number in PHONES:
        for call in CALLS:
            value = number + chance.choice(EXTENSIONS)
            assert left(call.format(value), re.sub(r"[^\d ]", " ", value)) == []


@pytest.mark.parametrize(("words", "day"), BIRTHS)
def test_a_birth_goes_behind_words_for_it(words: str, day: str) -> None:
    assert left(f"INFO: {words.format(day)}, checked", day) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"msg":"Please provide a valid token"}',
        "model response: connection refused by the server",
        "git said: the branch is not yet merged to main",
        "pages 1471315, wire 491253, act 449877, inact 3",
        "delivered to 12 Users and 3 Groups",
        "called on 1732003532 by cron",
        "Quality gate 3 passed",
        "via Kafka 12, 40000 Rows",
        '{"portable":true,"lat":0.004512}',
        "Place 3, Total 123456",
        '{"handy":"yes","kontonr":null,"psč":12}',
        "session 12 of 40 opened",
        "session-5e0c9a7741bd2f8836e1d4a90b7cf213.log rotated",
        "Created order { id: 40718, tags: [] }",
        "UserAgent(id=90215)",
        "oid=16384 relation opened",
        "Attribute urn:oid:2.5.4.42 missing",
        "kex: algorithm: sntrup761x25519-sha512@openssh.com",
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        "connected via Proxy 12",
        "GET /customers/active-users 200",
        "see org Apache Maven.xml",
        "connected to kafka-1/127.0.0.1:9092 (id: 1)",
        '{"appVersion":"15.0.5.3","build":{"release":"4.1.2.10"}}',
        "%IPS-4-SIGNATURE: Sig:3051 Subsig:1 Sev:4",
        '{"originalFileName":"WmiPrvSE.exe"}',
        "SUMO_ACCESS_KEY=${SUMO_ACCESS_KEY:=$2}",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert changed(text) == []


def test_an_own_detector_reads_a_version_that_looks_like_an_address(tmp_path: Path) -> None:
    detector = """id = "our_build"
entity_type = "BUILD"
guideline = "personal data"
why = "A build of ours."
patterns = ['15\\.0\\.\\d\\.\\d']
examples = ['«15.0.5.3»']
counterexamples = ['14.0.5.3']
"""
    (tmp_path / "our_build.toml").write_text(detector, encoding="utf-8")
    for engine in api.engines():
        out = api.scrub('{"version":"15.0.5.3","release":"14.0.5.3"}\n', key=KEY, engine=engine, detectors=[tmp_path]).output
        assert out == '{"version":"<BUILD>","release":"14.0.5.3"}\n'


def test_a_text_that_stays_has_fields_of_its_own() -> None:
    text = """msg="comment { body: 'Baja por embarazo', author: { displayName: 'Gunhild Strand' } }" f=1"""
    for engine in api.engines():
        out = api.scrub(text + "\n", key=KEY, engine=engine).output
        assert out == """msg="comment { body: '<CONTENT>', author: { displayName: '<PERSON>' } }" f=1\n"""


PEOPLE = ["Jörg Müller", "Łukasz Żółkiewski", "Zoë Krämer", "Øyvind Ås", "José Núñez", "Ольга Петрова"]
IN_PATHS = [
    "/patients/{}/insurer must be string",
    '"kunden/{}.vcf" created',
    "s3://claims/2025/{}.jpg missing",
    "cannot open {}.pages",
]
SESSIONS = [
    "expiring session {} of a user",
    "session id {} expired",
    "Sitzung {} beendet",
    "сессия {} закрыта",
    "web session: {}",
]
OBJECTS = [
    "Created customer {{ id: {}, tags: [] }}",
    "User(id={}, active=True)",
    "PatientDto{{id={}}}",
    "#<Guest id: {}, vip: true>",
]


def read_as(text: str, coding: str) -> str:
    """The text in UTF-8, read by a program in another coding; bytes that the coding does not have are read as Latin-1."""
    return "".join(bytes([b]).decode(coding, "ignore") or chr(b) for b in text.encode())


@pytest.mark.parametrize("coding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("person", PEOPLE)
def test_a_name_goes_that_was_read_in_another_coding(person: str, coding: str) -> None:
    for around in ("user {} logged in", 'customer: "{}"', "assigned to {}, done"):
        value = read_as(person, coding)
        assert left(around.format(value), value) == []


@pytest.mark.parametrize("text", ["we don’t know", "it’s – ok –", "the user’s file", "“cache” is 45°C ± 3", "Größe geändert"])
@pytest.mark.parametrize("coding", ["cp1252", "latin-1"])
def test_a_text_without_a_name_stays_that_was_read_in_another_coding(text: str, coding: str) -> None:
    assert changed(read_as(text, coding)) == []


@pytest.mark.parametrize("text", ["“Spaß”", "p\u00a0= 7\u00a0×\u00a010⁻⁷", "Spaß…", "‘ß’ or ‘ss’"])
def test_a_letter_before_a_quote_is_no_character_that_was_read_in_another_coding(text: str) -> None:
    assert changed(text) == []


@pytest.mark.parametrize("person", ["Ewan Svensson", "Thandiwe Meier", "Björn Åkesson"])
@pytest.mark.parametrize("around", IN_PATHS)
def test_a_name_goes_in_a_path_and_in_the_name_of_a_file(person: str, around: str) -> None:
    assert left(around.format(person), person) == []


@pytest.mark.parametrize("sep", [";", ",", "|", "\t"])
@pytest.mark.parametrize("day", ["17.5.1983", "07/19/1984", "1984-07-19"])
def test_a_birth_goes_in_a_row_behind_a_name(sep: str, day: str) -> None:
    for name in ("Jörg Müller", f"Müller{sep}Jörg"):
        assert left(f"row 3 rejected: {name}{sep}{day}{sep}GOLD", day) == []


@pytest.mark.parametrize("around", SESSIONS)
def test_a_session_goes_behind_its_word(around: str) -> None:
    chance = random.Random(around)
    for letters in ("0123456789abcdef", "0123456789ABCDEF"):
        value = "".join(chance.choices(letters, k=32))
        assert left(around.format(value), value) == []


@pytest.mark.parametrize("around", OBJECTS)
@pytest.mark.parametrize("value", ["40718", "9902155071", "f1a2b3c4-5d6e-4f70-8a9b-0c1d2e3f4a5b"])
def test_the_id_of_an_object_goes_that_is_a_person(around: str, value: str) -> None:
    assert left(around.format(value), value) == []


@pytest.mark.parametrize("start", ["", "用户", "ตรวจสอบ", "確認"])
@pytest.mark.parametrize(
    ("cue", "value"), [("身份证号", "110105194912310021"), ("บัตรประชาชน", "1101700234517"), ("マイナンバー", "123456789012")]
)
def test_a_national_number_goes_behind_its_cue_in_text_without_spaces(start: str, cue: str, value: str) -> None:
    assert left(f"{start}{cue} {value}", value) == []
