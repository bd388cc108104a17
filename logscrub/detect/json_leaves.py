"""Finds the strings and numbers of a JSON text. Nothing is parsed into objects, so nothing else can change.

Field names follow the shapes of log exports: OTLP attributes (`{"key": "arguments", "value": {"stringValue": …}}`) are named by
their `key`, other pairs by their `name` or `field`; the elements of a list by the list; the cells of a table's `rows` by its
`columns`; a list of two whose first is a word (`["accountId", "…"]`) by that word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from logscrub.detect.views import array_end, unescape_json
from logscrub.model import FieldPath, Leaf, Place, Raw
from logscrub.patterns import regex

_TOKEN = regex(
    r'"((?:[^"\\]++|\\.)*+)"(\s*+:)?|([{}\[\],])|(?<![^\s:,\[])(-?\d[\d.eE+-]*+)(?![^\s,\]}])(?!\s*+:)|"((?:[^"\\]++|\\.)*+)\\?\Z',
    re.DOTALL,
)
"""A string, and whether it is a name; a bracket or comma; a number; a string that breaks off with the text."""
_LANGUAGES = tuple("ar bg cs da de el en es et fi fr he hr hu ja ko lt lv nb nl pl pt ro ru sk sl sr sv th tr uk vi zh".split())
"""Codes of languages that are no words of code (as `id`, `is` and `to` are)."""
_REGIONS = ("en-US", "en-GB", "en-AU", "en-CA", "fr-CA", "es-MX", "pt-BR", "zh-CN", "zh-TW", "de-AT", "de-CH", "fr-CH", "it-IT")
_LOCALES = (*_REGIONS, *(f"{each}-{each.upper()}" for each in _LANGUAGES))
_NAMED = tuple(
    "field property prop param parameter header attribute attr variable var option setting tag config cfg column col".split()
)
"""Words for what has a name and a value, in the names of the members that hold these."""
_OF_VALUES = (*_NAMED, *"answer current rejected invalid original attempted".split())
"""Words before `Value` in the name of a member that is what another member, or the object around it, names."""


def _in_cases(words: Iterable[str], end: str) -> Iterator[str]:
    """Names of two words in each convention: `attrName`, `AttrName`, `attr_name`, `ATTR_NAME`."""
    for word in words:
        yield from (f"{word}{end.title()}", f"{word.title()}{end.title()}", f"{word}_{end}", f"{word}_{end}".upper())


NAMING_IN_LANGUAGES = frozenset(
    """
    feld feldname schlüssel schluessel eigenschaft spalte champ clé cle propriété propriete colonne campo propiedad columna chiave
    proprietà colonna chave propriedade coluna veld veldnaam sleutel eigenschap kolom felt feltnavn nøkkel nøgle fält fältnamn
    nyckel kolumn kenttä kentta avain sarake pole klucz kolumna klíč klic sloupec kľúč stĺpec mező mezo kulcs oszlop câmp camp
    cheie alan anahtar polje ključ stupac stolpec laukas raktas lauks atslēga väli võti поле ключ столбец параметр стовпець
    πεδίο κλειδί στήλη 字段 键 参数 列 欄位 參數 フィールド 項目 キー 項目名 필드 항목 키 حقل مفتاح שדה מפתח trường khóa
    bidang medan kunci
    nombre nom nome naam navn namn nimi nazwa nazev název názov nazov jméno jmeno meno név nev nume naziv ime isim nimetus
    имя название наименование назва име όνομα 名称 名稱 名前 名 이름 اسم שם tên nama jina parametr paramètre
    parâmetro parámetro parametro ustawienie nastavení beállítás setare ayar asetus instelling einstellung indstilling inställning
    """.split()
)
"""Names of members, in other languages than English, that say what a value beside them is."""
VALUES_IN_LANGUAGES = frozenset(
    """
    wert neuwert altwert inhalt valeur contenu valor valore contenuto conteúdo contenido waarde inhoud verdi værdi værdier värde
    arvo sisältö wartość wartosc hodnota obsah érték ertek valoare conținut değer deger içerik vrijednost vrednost sadržaj
    reikšmė reiksme vērtība vertiba väärtus значение содержимое значення вміст стойност вредност τιμή περιεχόμενο 值 内容 値 값
    내용 قيمة المحتوى ערך תוכן nilai isi
    """.split()
)
"""Names of members, in other languages than English, that are such values."""
VALUES = frozenset(
    (
        *VALUES_IN_LANGUAGES,
        *("value", "stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue", "values"),
        *("valueString", "valueDate", "valueDateTime", "valueCode"),  # of FHIR
        *("Value", "StringValue", "val", "v", "old", "new", "from", "to", "set", "before", "after", "previous"),
        *("S", "N", "B", "SS", "NS", "BS", "L", "M"),  # types of DynamoDB
        *("string_value", "String", "string", "Some", "raw", "rendered", "_", "$t"),  # of databases, Rust, WordPress, XML
        *_in_cases(_OF_VALUES, "value"),
        *_in_cases(_NAMED, "val"),
        *("newString", "oldString", "new_string", "old_string"),
        *("primary", "secondary", "current", "original", "default", "internal", "lines", "line1", "line2", "l1", "l2", "texts"),
        *("applicant", "spouse", "partner", "insured", "child", "mother", "father", "guardian"),  # whose it is
        *("dependent", "dependents", "home", "work", "office", "private", "business", "personal"),
        *("billing", "shipping", "emergency", "alternate"),
        *(*_LANGUAGES, *_LOCALES, *(each.replace("-", "_") for each in _LOCALES)),
    )
)
"""Names that say nothing of what a value is, but of its type, its state, its language, or which of several it is: the name around
them counts."""
_REJECTED = frozenset(("received", "input", "data", "actual"))
"""Names of members that are a value which a member beside them names: `{"path": ["password"], "received": …}`."""
_PATHS = frozenset(("path", "loc", "instancePath", "propertyPath"))
"""Names of lists of which the last element names a value beside them."""
SHAPE_NAMES = frozenset(
    """
    key value stringValue attributes body timeUnixNano severityNumber severityText traceId spanId observedTimeUnixNano
    appLogs appLogLines appLogsWithMetaData resourceLogs scopeLogs logRecords dataPoints forge_invocation
    edges entries logs logEntries logEvents
    """.split()
)
"""Names of members by which formats and lists of records are recognised. No detector scans them, so they are never redacted."""
ENVELOPE_NAMES = frozenset(
    (
        *("appLogs", "appLogsWithMetaData", "appLogLines", "resourceLogs", "scopeLogs", "logRecords", "edges", "nodes", "node"),
        *("entries", "logs", "logEntries", "logEvents", "data", "ecosystem", "resource"),
        *("forgeMetrics", "appMetrics", "resourceMetrics", "scopeMetrics", "metrics", "dataPoints"),
    )
)
"""Names of the members in which exports hold their records."""
NAMING = frozenset(
    (
        *NAMING_IN_LANGUAGES,
        *("key", "name", "field", "k", "header", "label", "title", "param", "parameter", "attribute", "attr", "property", "prop"),
        *("variable", "option", "setting", "path", "column", "col", "instancePath", "dataPath", "propertyPath"),
        *("Key", "Name", "Field", "Header", "Attribute", "Property", "Parameter", "Label"),
        *("fieldId", "keyName", "fieldLabel", "field_label", "apiName", "ApiName"),
        *_in_cases(_NAMED, "name"),
        *_in_cases(_NAMED, "key"),
        *_in_cases(_NAMED, "nm"),
    )
)
"""Names of members that say what a `value` beside them is."""
_LISTS_OF_NAMES = frozenset(("columns", "fields", "headers", "cookies", "queryString", "params", "parameters"))
"""Lists whose elements have a `name` that is no person's: `{"columns": [{"name": "Message"}]}`."""
LISTS_OF_RECORDS = frozenset(
    "appLogs logRecords dataPoints edges nodes entries logs logEntries logEvents values rows results hits".split()
)
"""Names of lists of which each element may be a record, whatever it is."""
_OTHER_TYPES = frozenset(("intValue", "doubleValue", "boolValue", "bytesValue"))
"""Names of OTLP values that are no text."""
_MESSAGES = frozenset({"body"})
DEEPEST = 100_000
"""The greatest depth of nested objects and lists that is tracked: no reader accepts deeper JSON, and each level takes memory."""
_PLACEHOLDER = regex(r"<[A-Z][A-Z0-9_]{1,63}(?::[0-9a-f]{20})?>")
_NAMING = regex(r"(?=.{2,64}\Z)(?![0-9_])\w[\w.-]*(?: [\w.-]+){0,3}")
"""A text that may name a field: up to four words."""
_OF_SECRETS = regex(
    r"(?i)(?:secrets?|credentials?|creds|passwords|api[_-]?keys|(?:pin|recovery|backup)[_-]?codes|(?:signing|private|encryption)[_-]?keys|authorization)\Z"
)
"""The end of the name of an object in which all is secret, in the objects in it too."""
_NO_SECRETS = frozenset(
    """
    metadata meta options config policy scopes labels annotations spec status rotation type usage error errors request response
    """.split()
)
"""Names of objects in one of these that hold no secrets."""
REDACTED = "ZZ"
"""Takes the place of a placeholder in a field's name: a word that tells nothing. In capitals, so that it does not set the word
behind it apart where a redacted value did not."""


class Frame:
    """An object or list being read: its own name, the current name in it, the `key` member that names its values."""

    __slots__ = (
        *("around", "columns", "element", "index", "is_object", "key", "label", "labelled"),
        *("outer", "second", "typed", "unnamed"),
    )

    def __init__(self, is_object: bool, outer: str) -> None:
        self.is_object = is_object
        self.outer = outer
        self.around: Place | None = None
        """The place of the field, once it was asked for."""
        self.key = ""
        self.typed: tuple[int, int] | None = None
        """The place of the current name, if it is one of OTLP's types other than text."""
        self.label = ""
        self.element = ""
        self.columns: dict[int, str] | None = None
        """The names of a table's columns, which are the field names of the cells of its `rows`."""
        self.index = 0
        self.second = -1
        """The leaf that is the second element of a list in a list."""
        self.unnamed: list[int] = []
        """Leaves that the name of another member may yet label."""
        self.labelled = 0
        """The number of leaves that `label` names: those that stood before it."""


def json_leaves(text: str, start: int = 0, stack: list[Frame] | None = None, shortest: int = 3) -> list[Leaf]:
    """The leaves of a JSON text, of one that breaks off too, or of a part of one.

    `stack` is what is open before a part, and is left as what is open after it.
    `shortest`: characters of the shortest number that is a leaf; shorter ones say nothing by themselves.
    A name that is an object's key is a leaf too, without a field. Pointers are made by `pointers`, when they are wanted.
    """
    leaves: list[Leaf] = []
    new = tuple.__new__  # half the time of Leaf(…)
    stack = [] if stack is None else stack
    touched: list[Frame] = []
    """Frames that leaves were added to. Those still open at the end must not know them: their numbers are of this part."""
    skipped = 0
    """The end of the array of bytes that was read last."""
    deeper = 0
    """The number of open brackets beyond the greatest tracked depth."""
    for m in _TOKEN.finditer(text, start):
        if m.start() < skipped:
            continue
        kind = m.lastindex
        if kind == 2:
            a, b = m.span(1)
            if _begin_member(stack, text, a, b) and b - a > 2:
                leaves.append(new(Leaf, (a, b, (), "name", "", None, 0)))
            continue
        if kind != 3:
            leaf = _value_leaf(stack, text, m, shortest)
        elif m[3] in "[{" and (found := _array_of_bytes(stack, text, m.start(3))) is not None:
            leaf, skipped = found
        else:
            leaf, deeper = None, _take_sign(m[3], stack, leaves, deeper)
        if leaf is not None:
            leaves.append(leaf)
            if kind != 3 and len(stack) > 1 and stack[-1].index == 1 and not (stack[-1].is_object or stack[-2].is_object):
                stack[-1].second = len(leaves) - 1
            for frame in stack[-3:]:
                named_later = frame.key in VALUES or (frame.key in _REJECTED and frame is stack[-1] and kind in (1, 5))
                if named_later and not frame.label and frame.is_object:
                    if not frame.unnamed:
                        touched.append(frame)
                    frame.unnamed.append(len(leaves) - 1)
    for frame in stack:
        frame.second = -1
    for frame in touched:
        if frame.unnamed:
            _label_leaves(frame, leaves)
    return leaves


def _take_sign(sign: str, stack: list[Frame], leaves: list[Leaf], deeper: int) -> int:
    """Takes a comma or a bracket. Returns the number of open brackets beyond the greatest tracked depth, which was `deeper`."""
    if sign == ",":
        if stack and not stack[-1].is_object:
            stack[-1].index += 1
    elif sign in "{[":
        if len(stack) >= DEEPEST:
            return deeper + 1
        path = _path(stack)
        is_inside = len(path) > 1 and is_of_secrets(*path)
        stack.append(Frame(sign == "{", path[0 if is_inside else -1] if path else ""))
    elif deeper:
        return deeper - 1
    elif stack:
        _end(stack.pop(), stack, leaves)
    return deeper


def _begin_member(stack: list[Frame], text: str, start: int, end: int) -> bool:
    """Enters the name of a member into the object that is being read. Returns False for a name of a format, which is no leaf."""
    name = text[start:end]
    if name in SHAPE_NAMES:
        if stack:
            stack[-1].key, stack[-1].typed = name, None
        return False
    if stack:
        frame = stack[-1]
        frame.key = field_name(name) if "<" in name or "\\" in name else name
        frame.typed = (start, end) if name in _OTHER_TYPES else None
    return True


def _value_leaf(stack: list[Frame], text: str, m: re.Match[str], shortest: int) -> Leaf | None:
    """Returns the leaf of a string or a number; None for an empty string and a number that is too short.

    A string that may name what stands beside it is entered into the objects and lists that are being read.
    """
    kind = m.lastindex or 0
    start, end = m.span(kind)
    if kind == 5:
        end = start + len(text[start:end].rstrip("\r\n"))  # the end of a line that breaks off
    path = _path(stack)
    typed = None
    if stack:
        frame = stack[-1]
        if frame.is_object:
            typed = frame.typed
            if kind != 4 and frame.key in NAMING:
                path = _name_by_member(stack, text[start:end], path)
            if kind != 4 and frame.key in _REJECTED and frame.label:
                path = (frame.label,)
        else:
            if kind != 4 and (frame.index % 2 == 0 or frame.outer in _PATHS):
                frame.element = _label(text[start:end])
            if frame.index % 2 and frame.element:
                is_pair = not frame.outer and frame.index == 1
                if is_pair or frame.outer[-7:].lower() == "headers":
                    path = (frame.element,)
    if end == start or (kind == 4 and end - start < shortest):
        return None
    leaf: Leaf = tuple.__new__(Leaf, (start, end, path, "number" if kind == 4 else "json", "", typed, 0))
    return leaf


def _name_by_member(stack: list[Frame], value: str, path: FieldPath) -> FieldPath:
    """Enters the value of a member like `key` or `name`, which names the values beside it. Returns the member's own path,
    which is empty in a list of names."""
    frame = stack[-1]
    if frame.key == "key" or not frame.label:
        frame.label = _label(value)
        frame.labelled = len(frame.unnamed)
    if frame.key != "name" or frame.outer not in _LISTS_OF_NAMES or len(stack) < 2 or stack[-2].is_object:
        return path
    if frame.outer == "columns" and len(stack) > 2:
        if stack[-3].columns is None:
            stack[-3].columns = {}
        stack[-3].columns[stack[-2].index] = frame.label
    return ()


def _array_of_bytes(stack: list[Frame], text: str, start: int) -> tuple[Leaf, int] | None:
    """Returns the leaf of a list that may be the bytes of a text, or of an object that stands for one, and where that ends; None
    for another."""
    end = array_end(text, start)
    if end <= 0:
        return None
    is_object = text[start] == "{"
    is_member = bool(stack) and stack[-1].is_object
    holder = "" if not stack else stack[-1].key if is_member else stack[-1].outer
    if (is_member or is_object) and (holder in LISTS_OF_RECORDS or (is_object and not holder)):
        return None
    # a list in a list remains one: it may be a record
    a, b = (start, end) if is_member or is_object else (start + 1, end - 1)
    return Leaf(a, b, _path(stack), "bytes"), end


def _end(frame: Frame, around: list[Frame], leaves: list[Leaf]) -> None:
    """Names the leaves of an object or a list that ends, or those beside it, if something in it names them."""
    if frame.element and frame.outer in _PATHS and around and around[-1].key in _PATHS and not around[-1].label:
        around[-1].label, around[-1].labelled = frame.element, len(around[-1].unnamed)
    if frame.labelled:
        _label_leaves(frame, leaves)
    if frame.second >= 0 and frame.index == 1 and frame.element:
        leaves[frame.second] = leaves[frame.second]._replace(field=(frame.element,))


def with_leaves(raw: Raw) -> Raw:
    """The unit with its leaves, which are looked for now if nobody has yet."""
    if not raw.leaves or raw.leaves[0].start >= 0:
        return raw
    return raw._replace(leaves=tuple(json_leaves(raw.text, -1 - raw.leaves[0].start)))


def has_typed_values(text: str) -> bool:
    """True if a JSON text may hold OTLP values that are no text: a placeholder in their place needs another name."""
    return any(name in text for name in _OTHER_TYPES)


def _label_leaves(frame: Frame, leaves: list[Leaf]) -> None:
    """Gives the leaves of an object the name that its last `key` gives to them: once, when the object ends, or the text."""
    for i in frame.unnamed[: frame.labelled]:
        leaves[i] = leaves[i]._replace(field=(frame.label,))
    frame.unnamed, frame.labelled = [], 0


def field_name(raw: str) -> str:
    """Returns a name in a log, unescaped and without the parts that were redacted: `<EMAIL_ADDRESS>` is no "email address"."""
    view = unescape_json(raw) if "\\" in raw else None
    name = view.text if view else raw
    return _PLACEHOLDER.sub(REDACTED, name) if "<" in name else name


def _label(text: str) -> str:
    """Returns a string that may name the value beside it; "" if it is no name or was redacted."""
    if "<" in text and _PLACEHOLDER.search(text):
        return REDACTED
    if text[:1] == "/":  # a JSON pointer
        text = text.rpartition("/")[2]
    if "\\u" in text:
        text = field_name(text)
    return text if _NAMING.fullmatch(text) else ""


def is_of_secrets(outer: str, name: str) -> bool:
    """Returns True if the members of an object of that name belong to the object around it, in which all is secret."""
    return bool(outer and name) and name.lower() not in _NO_SECRETS and holds_secrets(outer)


def holds_secrets(name: str) -> bool:
    """Returns True if all is secret in an object of that name."""
    return _OF_SECRETS.search(name) is not None


def _path(stack: list[Frame]) -> FieldPath:
    """The names of what comes next, outermost first: at most two that say something."""
    if not stack:
        return ()
    frame = stack[-1]
    key = frame.key if frame.is_object else frame.outer
    if key in VALUES:
        key = frame.label or frame.outer
        if not key or (frame.outer in _MESSAGES and not frame.label):
            return ()
        return (key,)
    if not frame.is_object:
        if key == "rows" and len(stack) > 2 and stack[-3].columns is not None:
            key = stack[-3].columns.get(frame.index, "")
        return (key,) if key and key not in _MESSAGES else ()
    return (frame.outer, key) if frame.outer else (key,)


def place(stack: list[Frame]) -> Place | None:
    """Returns the place that a reader is at; None outside of a JSON value."""
    if not stack:
        return None
    known = len(stack) - 1
    while known and stack[known].around is None:
        known -= 1
    for frame, inner in pairwise(stack[known:]):
        inner.around = _within(frame)
    return _within(stack[-1])


def _within(frame: Frame) -> Place:
    return Place(frame.around, frame.key if frame.is_object else frame.index)


def pointers(text: str, positions: Iterable[int], inside: Place | None = None) -> Iterator[list[str]]:
    """The parts of the JSON pointers (RFC 6901) of what stands at `positions`, in order, of a JSON text that begins `inside` a
    document."""
    parts: list[str | int] = [] if inside is None else inside.names()
    tokens = _TOKEN.finditer(text)
    m = next(tokens, None)
    for position in positions:
        while m is not None and m.start() <= position:
            if m.lastindex == 2:
                if parts:
                    parts[-1] = m[1]
            elif m.lastindex == 3:
                if m[3] in "{[":
                    parts.append("" if m[3] == "{" else 0)
                elif m[3] == ",":
                    if parts and isinstance(parts[-1], int):  # a name, in what is no JSON
                        parts[-1] += 1
                elif parts:
                    parts.pop()
            m = next(tokens, None)
        yield [str(p) for p in parts]
