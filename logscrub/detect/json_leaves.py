"""Where the strings and numbers of a JSON text stand: nothing is parsed into objects, so nothing else can change.

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

_TOKEN = re.compile(
    r'"((?:[^"\\]++|\\.)*+)"(\s*+:)?|([{}\[\],])|(?<![^\s:,\[])(-?\d[\d.eE+-]*+)(?![^\s,\]}])(?!\s*+:)|"((?:[^"\\]++|\\.)*+)\\?\Z',
    re.DOTALL,
)
"""A string, and whether it is a name; a bracket or comma; a number; a string that breaks off with the text."""
_LANGUAGES = tuple("ar bg cs da de el en es et fi fr he hr hu ja ko lt lv nb nl pl pt ro ru sk sl sr sv th tr uk vi zh".split())
"""Codes of languages that are no words of code (as `id`, `is` and `to` are)."""
_REGIONS = ("en-US", "en-GB", "en-AU", "en-CA", "fr-CA", "es-MX", "pt-BR", "zh-CN", "zh-TW", "de-AT", "de-CH", "fr-CH", "it-IT")
_LOCALES = (*_REGIONS, *(f"{each}-{each.upper()}" for each in _LANGUAGES))
VALUES = frozenset(
    (
        *("value", "stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue", "values"),
        *("Value", "StringValue", "val", "v", "old", "new", "from", "to", "set", "before", "after", "previous"),
        *("S", "N", "B", "SS", "NS", "BS", "L", "M"),  # types of DynamoDB
        *("string_value", "String", "string", "Some", "raw", "rendered", "_", "$t"),  # of databases, Rust, WordPress, XML
        *("rejectedValue", "rejected_value", "invalidValue", "originalValue", "attemptedValue"),
        *(*_LANGUAGES, *_LOCALES, *(each.replace("-", "_") for each in _LOCALES)),
    )
)
"""Names that say nothing of what a value is, but of its type, its state or its language: the name around them counts."""
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
"""Names of members by which formats and lists of records are known. They stay: no detector sees them."""
ENVELOPE_NAMES = frozenset(
    (
        *("appLogs", "appLogsWithMetaData", "appLogLines", "resourceLogs", "scopeLogs", "logRecords", "edges", "nodes", "node"),
        *("entries", "logs", "logEntries", "logEvents", "data", "ecosystem", "resource"),
        *("forgeMetrics", "appMetrics", "resourceMetrics", "scopeMetrics", "metrics", "dataPoints"),
    )
)
"""Names of the members in which exports hold their records."""
NAMING = frozenset(
    """
    key name field k header label param parameter attribute attr property prop variable option setting path
    Key Name Field Header fieldName fieldKey fieldId propertyName paramName headerName attributeName variableName
    instancePath dataPath propertyPath
    """.split()
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
"""Objects and lists in each other that are told apart: no reader takes deeper ones for JSON, and each takes memory."""
_PLACEHOLDER = re.compile(r"<[A-Z][A-Z0-9_]{1,63}(?::[0-9a-f]{20})?>")
_NAMING = re.compile(r"(?=.{2,64}\Z)(?![0-9_])\w[\w.-]*(?: [\w.-]+){0,3}")
"""What may name a field: up to four words."""
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
        """Where it stands, once that was asked for."""
        self.key = ""
        self.typed: tuple[int, int] | None = None
        """Where the current name stands, if it is one of OTLP's types other than text."""
        self.label = ""
        self.element = ""
        self.columns: dict[int, str] | None = None
        """Of a table: the names of its columns, by which the cells of its `rows` are judged."""
        self.index = 0
        self.second = -1
        """Of a list in a list: the leaf that is its second element."""
        self.unnamed: list[int] = []
        """Leaves that the name of another member may yet label."""
        self.labelled = 0
        """How many of them `label` is for: those that stood before it."""


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
    """Where the array of bytes ends that was read last."""
    deeper = 0
    """Brackets that are open beyond the deepest that are told apart."""
    for m in _TOKEN.finditer(text, start):
        if m.start() < skipped:
            continue
        leaf = None
        kind = m.lastindex
        if kind == 2:  # a name
            frame = stack[-1] if stack else None
            a, b = m.span(1)
            name = text[a:b]
            if name in SHAPE_NAMES:
                if frame is not None:
                    frame.key, frame.typed = name, None
                continue
            if frame is not None:
                frame.key = field_name(name) if "<" in name or "\\" in name else name
                frame.typed = (a, b) if name in _OTHER_TYPES else None
            if b - a > 2:
                leaves.append(new(Leaf, (a, b, (), "name", "", None, 0)))
        elif kind != 3:
            kind = kind or 0
            a, b = m.span(kind)
            if kind == 5:
                b = a + len(text[a:b].rstrip("\r\n"))  # the end of a line that breaks off
            path = _path(stack)
            if stack:
                frame = stack[-1]
                if kind != 4:
                    if frame.is_object:
                        key = frame.key
                        if key in NAMING and (key == "key" or not frame.label):
                            frame.label = _label(text[a:b])
                            frame.labelled = len(frame.unnamed)
                        if key == "name" and frame.outer in _LISTS_OF_NAMES and len(stack) > 1 and not stack[-2].is_object:
                            path = ()
                            if frame.outer == "columns" and len(stack) > 2:
                                if stack[-3].columns is None:
                                    stack[-3].columns = {}
                                stack[-3].columns[stack[-2].index] = frame.label
                    elif frame.index % 2 == 0 or frame.outer in _PATHS:
                        frame.element = _label(text[a:b])
                    if frame.label and frame.key in _REJECTED and frame.is_object:
                        path = (frame.label,)
                if not frame.is_object and frame.index % 2 and frame.element:
                    pair = not frame.outer and frame.index == 1
                    if pair or frame.outer[-7:].lower() == "headers":
                        path = (frame.element,)
            if b > a and (kind != 4 or b - a >= shortest):
                typed = stack[-1].typed if stack and stack[-1].is_object else None
                leaf = new(Leaf, (a, b, path, "number" if kind == 4 else "json", "", typed, 0))
        else:
            bracket = m[3]
            if bracket in "[{" and (end := array_end(text, m.start(3))) > 0:
                is_member = bool(stack) and stack[-1].is_object
                holder = "" if not stack else stack[-1].key if is_member else stack[-1].outer
                if not ((is_member or bracket == "{") and (holder in LISTS_OF_RECORDS or (bracket == "{" and not holder))):
                    skipped = end
                    # a list in a list stays one: it may be a record
                    a, b = (m.start(3), end) if is_member or bracket == "{" else (m.end(3), end - 1)
                    leaf = Leaf(a, b, _path(stack), "bytes")
            if leaf is not None:
                pass
            elif bracket == ",":
                if stack and not stack[-1].is_object:
                    stack[-1].index += 1
            elif bracket in "{[":
                if len(stack) >= DEEPEST:
                    deeper += 1
                    continue
                path = _path(stack)
                stack.append(Frame(bracket == "{", path[-1] if path else ""))
            elif deeper:
                deeper -= 1
            elif stack:
                frame = stack.pop()
                if frame.element and frame.outer in _PATHS and stack and stack[-1].key in _PATHS and not stack[-1].label:
                    stack[-1].label, stack[-1].labelled = frame.element, len(stack[-1].unnamed)
                if frame.labelled:
                    _label_leaves(frame, leaves)
                if frame.second >= 0 and frame.index == 1 and frame.element:
                    leaves[frame.second] = leaves[frame.second]._replace(field=(frame.element,))
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
    """What a name in a log says: unescaped; what was redacted in it says nothing (`<EMAIL_ADDRESS>` is no "email address")."""
    view = unescape_json(raw) if "\\" in raw else None
    name = view.text if view else raw
    return _PLACEHOLDER.sub(REDACTED, name) if "<" in name else name


def _label(text: str) -> str:
    """What a string says that may name the value beside it: "" for what is no name. One that was redacted tells nothing."""
    if "<" in text and _PLACEHOLDER.search(text):
        return REDACTED
    if text[:1] == "/":  # a JSON pointer
        text = text.rpartition("/")[2]
    if "\\u" in text:
        text = field_name(text)
    return text if _NAMING.fullmatch(text) else ""


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
    """Where a reader stands; None outside of a JSON value."""
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
