"""CSV downloads: a header row, then one record per row. Cells may hold line ends.

    Level,Date/Time(UTC),Details,Invocation ID,Trace ID,Module,Function,Version,Site,Environment
    INFO,2026-11-20T09:14:02.118Z,"getIssue start [""712020:…""]",0b6b7c58-…

Each cell is scanned under the name of its column. A row that does not have the shape of the header is scanned as text.

Redactions must not change how a table is read. So a header is recognised by the names that exports use and by nothing else in
it. These names are not scanned, and redactions in a row that is scanned as text leave its delimiters and quotes in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from logscrub.detect.json_leaves import field_name
from logscrub.formats.base import Format, Item, Lines, frame_of, text_unit
from logscrub.formats.lines import Shapes, TextRecords
from logscrub.formats.ndjson import generic
from logscrub.model import Frame, Leaf, Raw
from logscrub.patterns import regex

_KNOWN = frozenset(
    (
        *("level", "lvl", "severity", "severitytext", "datetimeutc", "datetime", "date", "time", "timestamp", "ts"),
        *("details", "message", "msg", "body", "error", "other", "arguments", "summary", "key", "value", "event", "action"),
        *("invocationid", "traceid", "spanid", "module", "moduletype", "function", "functionkey", "version", "appversion"),
        *("site", "environment", "environmentid", "atlassianapp", "appid", "installationcontext"),
        *("license", "licensestate", "edition", "user", "actor", "ipaddress"),
        *("timegenerated", "timegeneratedutc", "timestamputc", "timeutc", "timecreated", "dateandtime", "timestampinms"),
        *("firstseen", "lastseen", "severitylevel", "leveldisplayname", "loglevel", "levelname", "status", "logger", "raw"),
        *("content", "log", "line", "title", "host", "hostname", "service", "source", "sourcetype"),
    )
)
_OF_PERSONS = frozenset(
    """
    id name username login password passwd passphrase secret token apikey email mail phone telephone mobile firstname lastname
    surname givenname familyname fullname birthdate dateofbirth dob address street city zip postcode postalcode postal country
    iban ssn notes note comment comments customer patient employee scope type systemid systemtype expires order complaint channel
    vorname nachname familienname geburtsdatum telefon telefonnummer passwort kennwort benutzer benutzername strasse straße ort
    plz anmerkung kommentar notiz betreff kunde kundennummer datum menge preis einheit betrag anzahl
    nom prénom prenom motdepasse téléphone datedenaissance adresse ville codepostal courriel commentaire
    apellido apellidos nombre contraseña clave correo teléfono telefono domicilio direccion dirección fechadenacimiento usuario
    cognome nome indirizzo datadinascita codicefiscale sobrenome senha endereço endereco datadenascimento usuário observações
    imię imie nazwisko hasło haslo nrtelefonu uwagi dataurodzenia adres ilość cena towar sklep jméno jmeno příjmení heslo
    datumnarození telefonníčíslo név vezetéknév keresztnév jelszó születésidátum nume prenume parolă datanașterii
    voornaam achternaam wachtwoord geboortedatum telefoonnummer opmerking förnamn efternamn lösenord födelsedatum personnummer
    fornavn etternavn passord fødselsdato efternavn adgangskode etunimi sukunimi salasana syntymäaika lähiosoite lahiosoite
    postinumero postitoimipaikka ad soyad şifre parola doğumtarihi vardas pavardė slaptažodis gimimodata ime prezime lozinka
    имя фамилия отчество пароль телефон датарождения адрес логин дата товар количество цена прізвище όνομα επώνυμο τηλέφωνο
    zaporka κωδικός
    姓名 密码 电话 手机号 身份证号 地址 出生日期 用户名 氏名 名前 パスワード 電話番号 住所 生年月日 日付 商品コード 数量
    이름 성명 비밀번호 전화번호 주민등록번호 주소 생년월일 상태 sku price quantity qty amount total currency
    """.split()
)
"""Names of columns in tables of persons, orders and accounts, in letters alone."""
_NAMING = frozenset("key name field setting property parameter option variable".split())
_VALUES = frozenset("value val oldvalue newvalue settingvalue".split())
"""Names of columns of which each cell is what the cell of a naming column says."""
_LONGEST_NAMED = 64
_BETWEEN = str.maketrans("", "", " /()[]_.#-")
_NAMES_OF_COLUMNS = _KNOWN | _OF_PERSONS
_LONGEST_NAME = 80
_LOG_LINE = regex(
    r"[\[(]?(?:(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\W{1,4})?"
    r"(?:(?:\d{4}[-/]\d\d[-/]\d\d|\d\d[./]\d\d[./]\d{4}|\d\d/[A-Z][a-z]{2}/\d{4}|[A-Z][a-z]{2} [ \d]\d)[T :,]\s?)?\d\d:\d\d(?!\d)"
)
"""Matches a line that begins with a time: a line of a log, never a header. Times are never redacted."""
_LONGEST_ROW = 4 << 20
_STRETCH = regex(r'"[^"]*+"')
_QUOTED = regex(r'"((?:[^"]++|"")*+)"')
_BARE = {mark: regex(rf'[^{re.escape(mark)}"\r\n]*+') for mark in ",;\t|"}
_FRAME = {mark: frame_of(regex(rf'([{re.escape(mark)}"])')) for mark in _BARE}
"""Matches the characters that are kept in a row that is scanned as text."""
_NAMES = {
    mark: re.compile(rf'(?<![^{re.escape(mark)}"\ufeff])[^{re.escape(mark)}"\ufeff\r\n]++(?![^{re.escape(mark)}"\r\n])')
    for mark in _BARE
}
"""Matches a text that can be the name of a column."""


class CsvReader:
    """Reads rows of the delimiter that the header uses."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._pending: list[tuple[str, int, int]] = []
        """Lines of a row with a quote that is still open."""
        self._size = 0
        self._odd = False
        self._header: list[str] | None = None
        self._message = ""
        """The column that holds messages though its name says another thing."""
        self._delimiter = ","

    def feed(self, text: str) -> Iterator[Raw]:
        for line in self.lines.feed(text):
            yield from self._line(line)

    def finish(self) -> Iterator[Raw]:
        for line in self.lines.finish():
            yield from self._line(line)
        while self._pending:
            yield from self._first_as_text()

    def _line(self, line: tuple[str, int, int]) -> Iterator[Raw]:
        self._pending.append(line)
        self._size += len(line[0])
        self._odd ^= line[0].count('"') % 2 == 1
        if self._odd and self._size <= _LONGEST_ROW:
            return
        unit = None if self._odd else self._row("".join(part for part, _, _ in self._pending), *self._pending[0][1:])
        if unit is None:
            yield from self._first_as_text()
        else:
            self._pending, self._size, self._odd = [], 0, False
            yield unit

    def _first_as_text(self) -> Iterator[Raw]:
        """Returns the first line of a malformed row as text; the other lines are read again."""
        (line, number, column), *others = self._pending
        self._pending, self._size, self._odd = [], 0, False
        records = 1 if line.strip() and column == 1 else 0
        frame = _header_frame(delimiter(line)) if self._header is None else _FRAME[self._delimiter]
        yield text_unit(line, number, column, records=records, parsed=not line.strip(), frame=frame)
        for other in others:
            yield from self._line(other)

    def _row(self, row: str, number: int, column: int) -> Raw | None:
        if not row.strip("\ufeff \t\r\n"):
            return Raw(row, (), number, column, 0)
        if self._header is None:
            self._delimiter = delimiter(row)
        cells = split_cells(row, self._delimiter)
        if self._header is None:
            cells = cells or _pieces(row, self._delimiter)
            self._header = [row[a:b] for a, b in cells]
            self._message = _message_column(self._header)
            leaves = tuple(Leaf(a, b, (), "csv") for a, b in cells if a < b)
            return Raw(row, leaves, number, column, 0, frame=_header_frame(self._delimiter))
        names = self._header
        if cells is None or len(cells) != len(names):
            return None
        said = _said(row, cells, names)
        leaves = tuple(
            Leaf(a, b, (said,) if said and _letters(name) in _VALUES else _field(name, self._message), "csv", name)
            for (a, b), name in zip(cells, names, strict=True)
            if a < b
        )
        return Raw(row, leaves, number, column)


def _message_column(header: list[str]) -> str:
    """The name of the column of messages, "" if it has no name of its own.

    Datadog calls the message `Content`, beside `Host` and `Service`. In other tables, a column `Content` is what people wrote.
    """
    by_name = {name.strip().lower(): name for name in header}
    return by_name.get("content", "") if {"host", "service"} <= set(by_name) else ""


def _letters(name: str) -> str:
    """A column's name in small letters, without the signs that exports put between its words."""
    return name.removeprefix("@").translate(_BETWEEN).lower()


def _said(row: str, cells: list[tuple[int, int]], names: list[str]) -> str:
    """The field that a row names for its values: `db.password` under `key`, beside a column `value`; "" for none."""
    for (a, b), name in zip(cells, names, strict=True):
        if _letters(name) in _NAMING and 0 < b - a <= _LONGEST_NAMED and " " not in row[a:b].strip():
            return field_name(row[a:b].strip())
    return ""


def _field(name: str, message: str) -> tuple[str, ...]:
    if name == message:
        return ("message",)
    # "Site" is the customer's host in downloads; a generic "Details" or "Message" says nothing about its value
    return ("site name",) if name.strip().lower() == "site" else (field_name(name),)


def split_cells(row: str, mark: str) -> list[tuple[int, int]] | None:
    """The places of the insides of a row's cells between `mark`s; None for a row that is not well formed (RFC 4180)."""
    cells = []
    position, end = 1 if row.startswith("\ufeff") else 0, len(row.rstrip("\r\n"))
    while True:
        m = _QUOTED.match(row, position, end)
        if m is None:
            m = _BARE[mark].match(row, position, end)
            assert m is not None
            cells.append(m.span())
        else:
            cells.append(m.span(1))
        position = m.end()
        if position == end:
            return cells
        if row[position] != mark:
            return None
        position += 1


def delimiter(row: str) -> str:
    """The delimiter of a header row: of comma, semicolon, tab and bar the one with the most known names between, else the
    most frequent outside of quotes."""
    outside = _STRETCH.sub("", row)
    return max(_BARE, key=lambda mark: (_known_names(row, mark), outside.count(mark)))


def _header_frame(mark: str) -> Frame:
    """The places that are kept in a header: delimiters, quotes, and the names by which it is recognised."""

    def frame(text: str) -> list[tuple[int, int]]:
        names = [m.span() for m in _NAMES[mark].finditer(text) if _is_known(m[0])]
        return sorted(_FRAME[mark](text) + names)

    return frame


def _pieces(row: str, mark: str) -> list[tuple[int, int]]:
    """The places of the stretches between delimiters, for a header whose quotes are not well formed."""
    end = len(row.rstrip("\r\n"))
    cuts = [-1 if not row.startswith("\ufeff") else 0, *(m.start() for m in re.finditer(re.escape(mark), row[:end])), end]
    return [(a + 1, b) for a, b in pairwise(cuts)]


def _known_names(row: str, mark: str) -> int:
    """The number of stretches between delimiters that are column names of exports, in quotes or not."""
    return sum(_is_known(cell.removeprefix('"').removesuffix('"')) for cell in row.strip("\ufeff\r\n").split(mark))


def _is_known(name: str) -> bool:
    """True if exports have a column of this name, in any spelling: `Date/Time(UTC)`, `invocation_id`, `@timestamp`."""
    return len(name) <= _LONGEST_NAME and _letters(name) in _NAMES_OF_COLUMNS


def _recognises(head: str) -> bool:
    # a row may hold words that are names of columns; a time is in none of them
    return head[:1] not in "{[" and any(
        _known_names(head, mark) >= 2 and not any(_LOG_LINE.match(cell.lstrip('" ')) for cell in head.split(mark))
        for mark in _BARE
    )


class CsvRecords:
    """Reader of tables: a row is a record, its cells are named by the header. Lines that are no rows are read as text."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._text = TextRecords(shapes)

    def unit(self, raw: Raw) -> Iterator[Item]:
        """The records that are complete with this unit."""
        if not raw.leaves or raw.leaves[0].coding != "csv":
            yield from self._text.unit(raw)
        elif raw.records:
            yield from self._text.close()
            cells = {leaf.pointer: raw.text[leaf.start : leaf.end].replace('""', '"') for leaf in raw.leaves}
            yield self._shapes.unwrapped(generic(cells, {}))

    def close(self) -> Iterator[Item]:
        """Returns the open record, which no later unit continues."""
        return self._text.close()

    def finish(self) -> Iterator[Item]:
        """Returns the record that was still open at the end."""
        return self._text.close()


FORMAT = Format("csv", _recognises, reader=CsvReader, records=CsvRecords)
