"""Finds values whose names stand apart from them, in every syntax that logs use.

    { name: 'password', value: '…' }        an object, or the attributes of a tag: one member names, another has the value
    {"path": "/user/password", "value": …}  the same with a JSON pointer
    [ 'password', '…' ]                     a pair
    setenv("DB_PASSWORD", "…")              a call
    s:8:"password";s:12:"…";                PHP's serialisation
    | password | … |                        a row of a table
    <password>…</password>                  an element of XML, CDATA too; <entry key="password">…</entry>
    name="password"⏎⏎…                     a part of a multipart body
    password: |⏎  …                         a block of YAML
    password⇥…                              two columns of a text
    ["password"]=> string(8) "…"            a value with its type before it: PHP, Rust, Swift, Erlang
    passwords={a=…, b=…}                    all that an object, a map or a list holds, under a type or not: Map(2) { a => … }
    "password" -> "…"                       an entry of a map of Scala or Kotlin
    Key=password Type=String Value=…        a value that says that it is one, and before it what names one, in any syntax
    <dt>password</dt><dd>…</dd>             two cells of HTML; <key>password</key><string>…</string> of a property list

This module finds the two; `fields` knows which names tell. All patterns are bounded, and none passes over a stretch twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from logscrub.detect.json_leaves import NAMING_IN_LANGUAGES, VALUES_IN_LANGUAGES
from logscrub.patterns import regex

NAMING = NAMING_IN_LANGUAGES | frozenset(
    """
    name key field k id label title header param parameter attribute attr property prop variable var option setting path pointer
    fieldname fieldkey fieldid propertyname paramname parametername headername attributename variablename keyname optionname
    instancepath datapath jsonpointer propertypath column col columnname
    """.split()
)
"""Names, in small letters without marks, of members that say what a value beside them is."""
VALUES = VALUES_IN_LANGUAGES | frozenset(
    """
    value val v content contents old new from to set before after data text values fieldvalue stringvalue newvalue oldvalue
    propertyvalue paramvalue parametervalue headervalue attributevalue displayvalue defaultvalue currentvalue previousvalue
    newstring oldstring received actual input rejectedvalue invalidvalue originalvalue attemptedvalue
    """.split()
)
"""Names of members that are such values."""
_NAMING_ENDS = frozenset("name key field label column param property nm fld".split())
"""Ends of such names: `attrName`, `cfg_key`."""
_MOST_NAMES = 3
"""Members of an object that name its value, at most: an `id` beside a `name`."""
_MARKS = regex(r"[\W_]+")
_GROUP = regex(r"[{<](?=[^{}<>]{1,2000}[}>])[^{}<>]{1,2000}+|\((?=[^(){}<>]{1,500}\))[^(){}<>]{1,500}+")
_MEMBER = regex(
    r"""(?<![\w.$-])(?P<q>\\{0,15}["'`]|)(?P<key>[^\W\d][\w.$-]{0,39}+|[@$][\w.$-]{0,39}+)(?P=q)\s{0,3}(?:=>|[:=])\s{0,3}
    (?:(?P<vq>\\{0,15}["'`])(?P<quoted>(?:(?!(?P=vq))[^"'`]){1,1000}+)(?P=vq)|(?P<bare>[^\s,;"'`{}<>()\[\]]{1,200}+))""",
    re.X,
)
_PATH_LIST = regex(
    r"""(?<![\w.$-])["'`]?(?:path|loc|propertyPath)["'`]?\s{0,3}[:=]\s{0,3}[\[(][^\[\](){}<>]{0,300}?
    ["'`](?P<name>[^\W\d][\w.-]{0,63}+)["'`],?\s{0,40}[\])]""",
    re.X,
)
"""A member that is a path, written as a list: its last element names a value beside it."""
_PAIR = regex(
    r"""(?P<open>[\[({])\s{0,4}[bBuU]?(?P<q>\\{0,15}["'`])(?P<name>[^"'`\\\s][^"'`\\]{0,63}+)(?P=q)\s{0,4},\s{0,4}
    [bBuU]?(?P<vq>\\{0,15}["'`])(?P<value>(?:(?!(?P=vq))[^"'`]){1,1000}+)(?P=vq)\s{0,4}(?P<close>[\]),}])""",
    re.X,
)
_ATOM_PAIR = regex(
    r"""[{\[]:?(?P<name>[A-Za-z_][\w:.-]{2,40}+),\s{0,2}(?:<<)?(?P<q>["'])(?P<value>(?:(?!(?P=q))[^"'\r\n]){1,1000}+)(?P=q)(?:>>)?[}\]]"""
)
"""A pair whose name has no quotes, as Erlang writes it: `{password,<<"…">>}`."""
_BARE_PAIR = regex(
    r"""[(\[](?P<name>[A-Za-z_][\w:.-]{2,40}+),\s{0,2}
    (?P<value>(?=[^\s,]{0,80}\d)(?=[^\s,]{0,80}[A-Za-z])[^\s,"'`(){}\[\]<>]{8,200}+)[)\]]""",
    re.X,
)
"""A pair without quotes, as Kotlin and .NET print it: `(password, …)`."""
_CALL = regex(r"(?<![\w$])[A-Za-z_$][\w$]{0,40}+\Z")
"""The name of a function, before the bracket behind it."""
_CLOSING = {"[": "]", "{": "}"}
_LONGEST_CALL = 41
_SETS = regex(r"(?i)(?:set|put|add|append|with|header|cookie|env|define|field|param|attr|prop|insert|write|store|register)")
"""Words in the name of a function that takes a name and a value."""
_SERIALISED = regex(
    r'(?<!\w)s:\d{1,5}:\\{0,3}"(?P<name>[^"\\]{1,64}+)\\{0,3}";s:\d{1,7}:\\{0,3}"(?P<value>[^"\\]{1,1000}+)\\{0,3}"'
)
_ROW = regex(
    r"(?<![^\s|])\|[ \t]{0,40}(?P<name>[^\W\d][\w .-]{0,40}?)[ \t]{0,40}\|[ \t]{0,40}"
    r"(?P<value>[^|\s](?:[^|\r\n]{0,200}[^|\s])?)[ \t]{0,40}\|"
)
_LONE_ROW = regex(
    r"(?:(?<=\n)|\A)[ \t]{0,40}\|[ \t]{0,40}(?P<name>[^\W\d][\w .-]{0,40}?)[ \t]{0,40}\|[ \t]{0,40}"
    r"(?P<value>(?=[^|\r\n]{0,200}?(?:\d|\S[ ]\S{1,40}[ ][^\s|]))[^|\s](?:[^|\r\n]{0,200}[^|\s])?)[ \t]{0,40}\|"
    r"(?=[ \t]{0,40}(?:[\r\n]|\Z))"
)
"""A row of two columns with three words or a number in the second: no head of a table, and no part of a longer row."""
_ELEMENT = regex(
    r"<(?:[\w.-]{1,30}:)?(?P<tag>[^\W\d][\w.-]{0,60}+)(?P<attributes>(?:\s[^<>]{0,300}+)?)>\s{0,40}(?:<!\[CDATA\[)?"
    r"(?P<value>(?<=<!\[CDATA\[)[^\]\s][^\]]{0,1000}+|[^<>\s][^<>]{0,1000}+)(?=\]\]></|</(?:[\w.-]{1,30}:)?(?P=tag)>|><)"
)
_PART = regex(
    r"""form-data;\s{0,3}name=(?P<q>\\{0,3}["'])(?P<name>[^"'\\]{1,64}+)(?P=q)[^\r\n]{0,300}(?:\r?\n[^\r\n:]{1,60}:[^\r\n]{0,200}){0,4}
    (?:\r?\n){2}(?P<value>[^\r\n]{1,1000}+)""",
    re.X,
)
_BLOCK = regex(
    r"(?:(?<=\n)|\A)(?P<indent>[ \t]{0,40})(?:-[ ])?(?P<name>[^\W\d][\w.-]{0,63}):[ \t]{1,4}[|>][-+]?\d?[ \t]{0,4}\r?\n"
    r"(?P<value>(?:(?P=indent)[ \t]{1,40}[^\r\n]{1,1000}(?:\r?\n|\Z)){1,100}+)"
)
_REJECTED = regex(
    r"""(?<![^\W_])(?:[Ff]ield|[Pp]ath|[Pp]roperty|[Pp]aram(?:eter)?|[Vv]ariable|[Aa]rgument|[Aa]ttribute|[Cc]olumn|[Oo]ption)
    [ ]["'`]\$?(?P<name>[^\W\d][\w.-]{0,63}+)["'`](?:[:.]?[ ][^"'`\[\](){}\r\n]{0,40}?(?:value|received|got):?[ ]|[ ]\()
    (?P<q>[\["'`])(?P<value>[^\r\n"'`\[\]]{1,1000}+)["'`\]]""",
    re.X,
)
"""The message of a validation that quotes the value it was given: `on field 'password': rejected value […]`, ``Path `password`
(`…`) is shorter``."""
_AT_POINTER = regex(
    r"""(?:instancePath|dataPath)["'`]?\s{0,3}[:=]\s{0,3}["'`][^"'`\s]{0,200}?(?P<name>[^\W\d][\w-]{0,63}+)["'`][^\r\n]{0,600}?
    [\s,{]["'`]?data["'`]?\s{0,3}[:=]\s{0,3}(?P<q>["'`])(?P<value>(?:(?!(?P=q))[^"'`]){1,1000}+)(?P=q)""",
    re.X,
)
_TYPED = regex(
    r"""(?<![\w.$-])(?P<name>[A-Za-z_$][\w.$-]{0,60}+)
    (?:["']\]\s{0,2}=>\s{0,6}string\(\d{1,7}\)\s{1,2}|["']?\s{0,2}(?:[:=]|=>)\s{0,2}(?:Some|Optional)\(|">>\s{0,2}=>\s{0,2}<<)
    (?P<q>\\{0,3}")(?P<value>(?:(?!(?P=q))[^"]){1,1000}+)(?P=q)""",
    re.X,
)
_COLUMNS = regex(r"(?:(?<=\n)|\A)(?P<name>[A-Za-z_$][\w.$-]{0,60}+)\t(?P<value>[^\s][^\t\r\n]{0,200}+)(?=[\r\n]|\Z)")
_CELLS = regex(
    r"<(?:d|t[dh]|key|name)t?(?:\s[^<>]{0,200}+)?>\s{0,20}(?P<name>[^\W\d][\w .-]{0,60}+):?\s{0,4}"
    r"</(?:dt|t[dh]|key|name)>\s{0,40}"
    r"<(?:dd|td|string|value|data)(?:\s[^<>]{0,200}+)?>\s{0,40}(?:<!\[CDATA\[)?(?P<value>[^<>\s][^<>]{0,1000}?)(?:\]\]>)?</"
)
_ARROW = regex(
    r"""(?P<q>\\{0,15}["'`])(?P<name>[^\W\d][\w.-]{1,63}+)(?P=q)\s{0,2}(?:->|→|⇒|~>|[ ]to[ ])\s{0,2}
    (?P<vq>\\{0,15}["'`])(?P<value>(?:(?!(?P=vq))[^"'`]){1,1000}+)(?P=vq)""",
    re.X,
)
_INDEXED = regex(
    r"""(?<![\w-])(?P<name>[A-Za-z][\w.-]{2,60}+)(?:\[[:"']{0,2}[\w-]{0,20}["']?\]|%5B[\w-]{0,20}%5D)\s?=>?\s?["']?
    (?P<value>(?=[^\s&"',;]{0,100}\d)[^\s&"',;(){}\[\]]{4,1000}+)""",
    re.X,
)
"""An element of a list or a map in a form: `password[eu]=…`."""
_VALUE = regex(
    r"""(?:(?<![^\W_])|(?<=[a-z](?=V)))[vV](?:al(?:ue)?|AL(?:UE)?)?(?:Data|String|Text|_data|_string|_text)?["'`\]]{0,2}
    (?:\s{0,20}(?:=>|->|[:=|>,])|\s{0,3}(?=["'`])|[ ])\s{0,20}
    (?:\w{1,12}\(\d{1,7}\)[ ]|<!\[CDATA\[|<<|[|>][-+]?\s{1,40}|nil,?\s{1,3}:to\s)?
    (?:(?P<q>\\{0,15}["'`])(?P<quoted>(?:(?!(?P=q))[^"'`\r\n]){1,1000}+)(?P=q)
    |(?P<bare>[^\s"'`{}<>()\[\],;][^\s"'`{}<>()\[\],;|]{2,1000}+))""",
    re.X,
)
"""A member that says that it is a value: `value=…`, `:v "…"`, `["value"]=> string(8) "…"`, `kSecValueData=…`."""
_NAME_BEFORE = regex(
    r"""(?:(?<![^\W_])|(?<=[a-z](?=[NK])))
    (?i:(?P<type>type)|name|key|field|k|n|id|label|title|target|header|param|parameter|attribute|attr|property|prop|variable
    |var|setting|option|path|column|col)["'`\]]{0,2}
    (?:\s{0,20}(?:=>|->|[:=|>,])|[ ])\s{0,20}(?:\w{1,12}\(\d{1,7}\)[ ]|<<)?
    (?:["'`:]{1,2}(?P<quoted>[^\W\d][\w. /-]{1,63}+)|(?P<name>[\w/][\w./-]{2,63}+)(?!\s{0,2}[=:]))""",
    re.X,
)
"""A member that names a value, or tells its type."""
_FARTHEST_NAME = 160
"""Characters between the beginning of a member that names a value and the value's own member, at most."""
_FARTHEST_NAME_BEHIND = 100
"""Characters behind a value in which the member that names it stands, if none does before."""
_INDEX_END = regex(r"(?:\]|%5D)\s?=")
_LINKED = regex(r"""["'`]\s{0,2}(?:->|→|⇒|~>|[ ]to[ ])""")
"""Each entry with an arrow has one of these."""
_HOLDER = regex(
    r"""(?<![\w$-])(?P<q>\\{0,15}["'`]|)(?P<name>[A-Za-z][\w.-]{2,60}+)(?P=q)
    (?::protected\]|:private\]|\](?::protected|:private)|\]|\)|\[[:"'\w.-]{0,40}\])?
    (?:\s{0,2}(?:[=-]>|→|:?=|:|(?<=["']),)\s{0,2}(?:%|&(?:\w{1,20}[ ])?|\#(?!<)|new[ ]|[A-Za-z][\w\\]{0,40}[ ]Object[ ]?
    |(?:\[\d{0,4}\]|map\[\w{1,20}\])\*?[\w.]{1,40}|map
    |(?:(?:Some|Optional|Ok|to[a-z]{3,6})\()?(?:[A-Z][\w.]{0,40}+|array|dict|hash|object)(?:\(\d{1,6}\))?\s{0,2}|to[a-z]{3,6}\()?
    (?:[(\[]|\{(?!\{)|\#<[\w:]{0,80}+)|[ ]?\#?(?:\(\d{1,6}\)[ ])?\{(?!\{)|\(map\[|\()""",
    re.X,
)
"""A name, and the bracket behind it that opens what the name is of; a type may stand between them."""
_OPENING = regex(r"[(\[{]|#<[\w:]{0,80}+")
_MEMBERS_OF = regex(r"\([A-Za-z_]\w{0,30}=[^=]")
"""The bracket of a constructor, and the name of its first member."""
_CAPITAL = regex(r"[A-Z]")
"""The first letter of a constructor's name."""
_BRACKETS = regex(r"[(\[{)\]}]")
_IN_TYPE = regex(r"[A-Za-z0-9_.%#() \[\]*&\\]")
_LONGEST_TYPE = 56
"""Characters between a name's separator and the bracket: a type, and white space."""
_VISIBILITIES = (":protected", ":private")
"""The ends of the names of members, as PHP prints those that are not public: `[secret:protected] => Array (`."""
_LONGEST_INDEX = 42
_TYPE_END = regex(r"(?<![=-])>")
_LONGEST_NAME = 62
"""Characters of a holder's name."""
_IN_NAME = regex(r"[\w.-]")
_LONGEST_HELD = 2000
_LISTED = regex(
    r"""(?<![\w$-])(?P<name>[A-Za-z][\w.-]{2,60}+)\)?\s{0,2}(?::|->|=)\s{0,2}
    (?:List[ ]of[ ]\d{1,4}|\d{1,4}[ ](?:elements?|key/value[ ]pairs?)(?![\w-]))(?P<inside>[^▿\r\n]{1,2000})""",
    re.X,
)
"""A name, and how many elements are listed behind it, as R and Swift print a list."""
_ELEMENTS = regex(r"<(?P<name>[A-Za-z][\w.-]{2,60}+)>\s{0,40}(?=<\w)")
_SECTION = regex(
    r"(?:(?<=\n)|\A)\[(?P<name>[A-Za-z][\w.-]{2,60}+)\]\r?\n(?P<inside>(?:[^\[\r\n][^\r\n]{1,1000}(?:\r?\n|\Z)){1,50}+)"
)
"""A section of a file of settings."""
_DEEPER = regex(
    r"(?:(?<=\n)|\A)(?P<indent>[ \t]{0,40}+)(?:-[ ])?(?P<name>[A-Za-z][\w.-]{2,60}+):[ \t]{0,4}\r?\n"
    r"(?P<inside>(?:(?P=indent)(?:[ \t]{1,40}|-[ ])[^\r\n]{1,1000}(?:\r?\n|\Z)){1,100}+)"
)
"""A name of YAML, and the deeper lines under it."""
_HELD = regex(
    r"""(?:(?<![\w$-])(?:\[?:?(?P<kq>\\{0,15}["'`]|)(?P<key>[\w.@$-]{1,60}+)(?P=kq)\]?\s{0,2}(?:=>|->|[:=])
    |:(?P<word>[\w.-]{1,40}+)(?=[ ]))\s{0,2}(?:(?:chr|num|int)[ ])?)?
    (?:(?P<vq>\\{0,15}["'`])(?P<quoted>(?:(?!(?P=vq))[^"'`]){1,1000}+)(?P=vq)
    |(?![\w.@$-]{1,60}+(?:=>|->|[:=][^=\s,;)\]}]))(?P<bare>[^\s,;"'`{}<>()\[\]]{4,1000}+))""",
    re.X,
)
_CHOSEN = regex(
    r"(?![0-9.]{1,12}[A-Za-z%]{1,3}\Z)(?=[^A-Za-z]*[A-Za-z])[^0-9!#$%^&*+=~?@]*[0-9!#$%^&*+=~?@][\s\S]*|[0-9]{4,}|[0-9]{2,4}[.-][0-9]{2}[.-][0-9]{2,4}"
)
"""The form of secrets that people and programs choose: a letter, and a digit or a sign; a code of digits."""
_FEWEST_OF_MEMBER = 6
_SAY_WHAT_WAS_GIVEN = frozenset(("value", "received", "got ", "(`"))
"""Every text that `_REJECTED` matches holds one of these words."""


class NamedValue(NamedTuple):
    """A stretch `[start, end)` of a text, and the name that the text gives to it."""

    name: str
    start: int
    end: int
    loose: bool
    """True if only the name of a secret counts here: the second text is often no value but a pair of words or the row of a
    table."""


class Holder(NamedTuple):
    """A stretch `[start, end)` of a text, and the name of all that it holds. `end` is -1 where a bracket ends it."""

    name: str
    start: int
    end: int


class Held(NamedTuple):
    """A value `[start, end)` in a holder, and its own name there; "" where it has none."""

    key: str
    start: int
    end: int


def holders(text: str) -> Iterator[Holder]:
    """The stretches of a text that a name stands before as the name of all that is in them."""
    if any(bracket in text for bracket in "{[(<") and any(sign in text for sign in ":={>→,"):
        for opening in _OPENING.finditer(text):
            for at in _named_before(text, opening.start()):
                m = _HOLDER.match(text, _name_begins(text, at), opening.end())
                if m is not None and m.end() == opening.end():
                    yield Holder(m["name"], m.end(), _type_end(text, m.end()) if opening[0][0] == "#" else -1)
                    break
    if "List of " in text or " element" in text or "key/value pair" in text:
        for m in _LISTED.finditer(text):
            yield Holder(m["name"], *m.span("inside"))
    if "><" in text or ">\n" in text:
        for m in _ELEMENTS.finditer(text):
            end = text.find(f"</{m['name']}>", m.end(), m.end() + _LONGEST_HELD)
            if end >= 0:
                yield Holder(m["name"], m.end(), end)
    if "\n" in text:
        for pattern in (_SECTION, _DEEPER):
            for m in pattern.finditer(text):
                yield Holder(m["name"], *m.span("inside"))


def _named_before(text: str, bracket: int) -> Iterator[int]:
    """Returns the places where names may end of which a bracket opens what they hold."""
    at = bracket
    while at and bracket - at < _LONGEST_TYPE and _IN_TYPE.match(text, at - 1):
        at -= 1
    if at and (text[at - 1] in "=:>→" or (text[at - 1] == "," and text[max(at - 2, 0)] in "\"'")):
        separator = at - (2 if text[max(at - 2, 0) : at] in ("=>", "->", ":=") else 1)
        yield separator
        yield from _before_index(text, separator)
    if _MEMBERS_OF.match(text, bracket) and _CAPITAL.match(text, _name_begins(text, bracket)):
        yield bracket  # `Credentials(scheme=…)`
    if text[bracket] == "[" and text[max(bracket - 4, 0) : bracket] == "(map":
        yield bracket - 4  # `hmacSecrets(map[current:…])`
    if text[bracket] == "{":
        at = bracket
        if text[max(at - 2, 0) : at] == ") ":  # `password (2) {`
            opened = text.rfind("(", max(at - 9, 0), at)
            at = opened if opened >= 0 else at
        yield at


def _before_index(text: str, at: int) -> Iterator[int]:
    """Returns the place before an index that ends at a place: `keys[:tempo] => …`."""
    end = at
    for _ in range(2):
        end -= 1 if end and text[end - 1] == " " else 0
    if end and text[end - 1] == "]":
        opened = text.rfind("[", max(end - _LONGEST_INDEX, 0), end)
        if opened >= 0:
            yield opened


def _type_end(text: str, start: int) -> int:
    """Returns where a printed object of Ruby ends of which a part stands before `start`: `#<License raw="…">`."""
    for m in _TYPE_END.finditer(text, start, start + _LONGEST_HELD):
        return m.start()
    return min(len(text), start + _LONGEST_HELD)


def _name_begins(text: str, at: int) -> int:
    """Returns where a name may begin that ends before a place, with its quote."""
    for _ in range(2):
        at -= 1 if at and text[at - 1].isspace() else 0
    for _ in range(2):
        at -= next((len(end) for end in _VISIBILITIES if text.endswith(end, 0, at)), 0)
        at -= 1 if at and text[at - 1] in "])" else 0
    quoted = _before_quote(text, at)
    start = quoted
    while start and quoted - start < _LONGEST_NAME and _IN_NAME.match(text, start - 1):
        start -= 1
    return start if quoted == at else _before_quote(text, start)


def _before_quote(text: str, at: int) -> int:
    """Returns the place before a quote with its backslashes that ends at a place; that place itself if there is none."""
    if at and text[at - 1] in "\"'`":
        at -= 1
        while at and text[at - 1] == "\\":
            at -= 1
    return at


def end_of(text: str, holder: Holder, nested: bool) -> int:
    """Returns where the values in a holder end. `nested`: False if only those before the first bracket in it count."""
    if holder.end >= 0:
        return holder.end
    return _closed(text, holder.start) if nested else _first_bracket(text, holder.start)


def held_values(text: str, start: int, end: int, nested: bool) -> Iterator[Held]:
    """Returns the values in a holder. One without quotes counts where it looks like what somebody chose for a secret."""
    for m in _HELD.finditer(text, start, end):
        key = m["key"] or m["word"] or ""
        bare = m["bare"]
        if bare is None:
            yield Held(key, *m.span("quoted"))
        elif _CHOSEN.fullmatch(bare) and (not key or len(bare) >= _FEWEST_OF_MEMBER):
            is_number = bare.replace("-", "").replace(".", "").isdecimal()
            if not (key and nested and is_number):
                yield Held(key, *m.span("bare"))


def _closed(text: str, start: int) -> int:
    """Returns where the bracket closes that opens before `start`."""
    depth = 1
    last = min(len(text), start + _LONGEST_HELD)
    for m in _BRACKETS.finditer(text, start, last):
        depth += 1 if m[0] in "([{" else -1
        if not depth:
            return m.start()
    return last


def _first_bracket(text: str, start: int) -> int:
    """Returns where the first bracket behind `start` stands, or how far values are held without one."""
    last = min(len(text), start + _LONGEST_HELD)
    m = _BRACKETS.search(text, start, last)
    return m.start() if m else last


def named_values(text: str) -> Iterator[NamedValue]:
    """The values in a text whose names stand apart from them."""
    is_quoted = '"' in text or "'" in text or "`" in text
    if is_quoted and ("{" in text or "<" in text or "(" in text) and (":" in text or "=" in text):
        for group in _GROUP.finditer(text):
            yield from _members(text, *group.span())
    in_brackets = "," in text and ("[" in text or "(" in text or "{" in text)
    if in_brackets and is_quoted:
        yield from _pairs(text)
        yield from _matches(_ATOM_PAIR, text, loose=True)
    if in_brackets:
        yield from _matches(_BARE_PAIR, text, loose=True)
    if '";s:' in text or '\\";s:' in text:
        yield from _matches(_SERIALISED, text)
    if "|" in text:
        yield from _matches(_ROW, text, loose=True)
        yield from _matches(_LONE_ROW, text)
    if "</" in text:
        yield from _elements(text)
        if any(end in text for end in ("</t", "</dt", "</key", "</name")):
            yield from _matches(_CELLS, text, loose=True)
    if '"' in text and ("string(" in text or "Some(" in text or "Optional(" in text or ">> =>" in text):
        yield from _matches(_TYPED, text)
    yield from _entries(text, is_quoted)
    yield from _apart(text)
    if "\t" in text:
        yield from _matches(_COLUMNS, text, loose=True)
    if is_quoted and any(word in text for word in _SAY_WHAT_WAS_GIVEN):
        yield from _matches(_REJECTED, text)
    if "Path" in text and "data" in text:
        yield from _matches(_AT_POINTER, text)
    if "form-data" in text:
        yield from _matches(_PART, text)
    if "\n" in text and ": " in text:
        yield from _blocks(text)


def _entries(text: str, is_quoted: bool) -> Iterator[NamedValue]:
    """Entries of maps: of a form, and those of Scala and Kotlin."""
    if "=" in text and _INDEX_END.search(text):
        yield from _matches(_INDEXED, text, loose=True)
    if is_quoted and _LINKED.search(text):
        yield from _matches(_ARROW, text, loose=True)


def _matches(pattern: re.Pattern[str], text: str, loose: bool = False) -> Iterator[NamedValue]:
    """The values that a pattern finds together with their names."""
    for m in pattern.finditer(text):
        yield NamedValue(m["name"], *m.span("value"), loose)


def _pairs(text: str) -> Iterator[NamedValue]:
    """The second texts of pairs, and of calls of functions that take a name and a value."""
    for m in _PAIR.finditer(text):
        in_list = m["open"] != "("
        if m["close"] == _CLOSING[m["open"]] if in_list else m["close"] in "),":
            call = None if in_list else _CALL.search(text, max(0, m.start() - _LONGEST_CALL), m.start())
            sets = call is not None and _SETS.search(call[0]) is not None
            yield NamedValue(m["name"], *m.span("value"), m["open"] != "[" and not sets)


def _apart(text: str) -> Iterator[NamedValue]:
    """The values that say that they are values, named by the last member before them that names one, else by the first behind
    them; a type counts only where nothing else does. A value without quotes counts where it looks like what somebody chose for a
    secret."""
    for m in _VALUE.finditer(text):
        if m["bare"] is None or _CHOSEN.fullmatch(m["bare"]):
            near = list(_NAME_BEFORE.finditer(text, max(0, m.start() - _FARTHEST_NAME), m.start()))[::-1]
            near = near or list(_NAME_BEFORE.finditer(text, m.end(), m.end() + _FARTHEST_NAME_BEHIND))
            for named in ([n for n in near if not n["type"]] or near)[:1]:
                span = m.span("quoted" if m["bare"] is None else "bare")
                yield NamedValue((named["quoted"] or named["name"]).strip(), *span, True)


def _elements(text: str) -> Iterator[NamedValue]:
    """The contents of elements of XML, named by an attribute that names a value, or by the element."""
    for m in _ELEMENT.finditer(text):
        start, end = m.span("value")
        end = start + len(text[start:end].removesuffix("]]").rstrip())
        name = next((name for _, name in _naming(m["attributes"], 0, len(m["attributes"]))), m["tag"])
        yield NamedValue(name, start, end, False)


def _blocks(text: str) -> Iterator[NamedValue]:
    """Blocks of YAML, without the white space around them."""
    for m in _BLOCK.finditer(text):
        start, end = m.span("value")
        block = text[start:end]
        yield NamedValue(m["name"], start + len(block) - len(block.lstrip()), start + len(block.rstrip()), False)


def _members(text: str, start: int, end: int) -> Iterator[NamedValue]:
    """The values of an object, or of a tag's attributes, that a member names."""
    if not any(quote in text[start:end] for quote in "\"'`"):
        return
    names = [name for _, name in _naming(text, start, end)]
    if not names:
        names = [m["name"] for m in _PATH_LIST.finditer(text, start, end)] or list(_named_barely(text, start, end))
    if not 0 < len(names) <= _MOST_NAMES:
        return
    for m in _MEMBER.finditer(text, start, end):
        key = _MARKS.sub("", m["key"]).lower()
        if key in VALUES or key.startswith("value") or key.endswith(("value", "val")):
            for name in names:
                yield NamedValue(name, *m.span("quoted" if m["quoted"] is not None else "bare"), False)


def _named_barely(text: str, start: int, end: int) -> Iterator[str]:
    """The names that members of a stretch give to values without quotes: `propertyPath=password`."""
    for m in _MEMBER.finditer(text, start, end):
        if m["bare"] is not None and _MARKS.sub("", m["key"]).lower() in NAMING:
            yield m["bare"]


def _naming(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The members of a stretch that name a value, and the names."""
    for m in _MEMBER.finditer(text, start, end):
        key = _MARKS.sub("", m["key"]).lower()
        if m["quoted"] is not None and (key in NAMING or any(key.endswith(end) for end in _NAMING_ENDS)):
            said: str = m["quoted"].strip()
            yield m.start(), said.rstrip("/").rsplit("/", 1)[-1] if said.startswith("/") else said
