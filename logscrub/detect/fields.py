"""Field evidence: the value of a content or credential field is redacted, whatever it looks like.

`FieldIndex` knows the field names of all detectors and answers for the name of a JSON key, a CSV column or a header.
`find_fields` finds fields in running text, in every notation that logs use: `key=value`, `key: value`, JSON (at any depth
of backslashes), `util.inspect` objects and lists, headers, URL queries, `summary "…"`. It reads one line at a time and
hands on what the next line must know (`Open`): an object printed over many lines is understood without waiting for its end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

from logscrub.detect import known as known_detectors
from logscrub.detect.catalogue import CONTENT_ROW, SECRET_ROW, Catalogue, Detector
from logscrub.detect.ids import cut_id, is_id
from logscrub.detect.json_leaves import REDACTED, VALUES, holds_secrets, is_of_secrets
from logscrub.detect.known import Named
from logscrub.detect.messages import is_message
from logscrub.detect.pairs import Holder, end_of, held_values, holders, named_values
from logscrub.errors import UsageError
from logscrub.model import FieldPath
from logscrub.patterns import regex

_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")

KEEP = regex(
    r"""(?ix) \s*+ (?: (?:null|undefined|none|nil|nan|true|false|yes|no|n/?a|unknown|anonymous|empty|missing|absent|present|
    required|optional|expired|invalid|valid|failed|error|ok|set|unset|hidden|masked|redacted|removed|withheld|default|disabled|enabled|
    not|is|was|must|has|filtered|omitted|censored|scrubbed|sanitized|string|number|boolean|object|array|function|any|void|system|str|try|await|new|self|this|async|lambda|
    unassigned|automatic|nobody|inconnue?|unbekannt|desconocid[oa]|sconosciut[oa]|desconhecid[oa]|onbekend|okänd|ukjent|ukendt
    |tuntematon|nieznan[yae]|neznám[ýá]|ismeretlen|necunoscut|неизвестно|неизвестен|невідомо|未知|不明|aucune?|ninguno|nessuno
    |nenhum|keine?r?|geen|ingen|brak|
    \$(?:\d{1,2}|(?-i:[a-z][A-Za-z_]{0,40})-)|(?-i:[A-Z][a-z]+(?:[A-Z][a-z]+)*\([A-Za-z_]\w*(?:\([A-Za-z0-9_]{0,20})?)|
    \[(?:object|array|function|circular|getter)[^\]]{0,40}\]|
    undef|(?-i:Nothing)|:(?:required|optional|redacted|filtered|string|undefined)|(?-i:loaded|loading|refreshed|rotated|fetched|mounted|synced)|
    current_?user(?:\(\))?|%[sdjo]|%[a-z_]{2,40}%
    |(?-i:[A-Za-z0-9]{0,12}[_.~-]{0,2}(?:x{8,80}|X{8,80})(?:[_.-]{1,2}(?:x{3,80}|X{3,80})){0,6})
    |(?-i:(?:var|local|data|module)\.[a-z_][\w.]{1,80}|\$\{[A-Z][A-Z0-9_]{1,60}:(?:[=?+-][^{}\s\d]{0,60}|[?+][^{}]{0,60}|[=-]\d{0,20})\})
    |<(?:(?:your|my|the|new|old|some|insert|enter|api|access|auth|client|user|first|last)[-_ .]?){0,3}
      (?:redacted|hidden|masked|removed|withheld|filtered|omitted|censored|scrubbed
      |secret|token|password|key|value|string|text|none|null|nil|undefined|empty|unset|missing
      |unknown|anonymous|binary|blob|object|function|lambda|any|here|username|user|name|email|mail|id|uuid|number|host|url|path|file|date)>
    |(?-i:\$\{(?:[A-Z][A-Z0-9_]{1,60}|[A-Za-z_]{1,40}|[a-z][A-Za-z_]{0,20}\.[\w.-]{1,60})\}
      |\{\{?\s?(?:[A-Z][A-Z0-9_]{1,60}|[A-Za-z_.]{1,60})\s?\}?\})) | [\W_]*+ ) \s*+"""
)
"""Values that say nothing about anybody, in any field."""
_FILLER = (
    "your|the|own|personal|real|actual|valid|some|any|insert|enter|input|put|add|replace|change|paste|set|use|fill|in|with|here|goes|"
    "go|to|me|my|this|that|value|values|string|text|example|sample|dummy|fake|placeholder|todo|fixme|secret|secrets|token|tokens|"
    "key|keys|api|access|auth|oauth|bearer|basic|client|app|application|password|passwd|pass|pwd|passphrase|credentials?|code|id|"
    "user|username|name|login|email|account|private|public|service|server|project|org|organi[sz]ation|company|tenant|workspace|"
    "base64|encoded|encrypted|bot|webhook|host|domain|db|database|admin|dev|test|prod|live|sandbox|refresh|session|signing|encryption|license|x{2,60}+"
)
"""Words of which texts are made that stand for a secret, between bars."""
FILLED_LATER = regex(
    r"(?:(?:[a-z]{1,12}[0-9]{0,3}|[0-9]{6,14})[_.:~-]{1,2}){0,4}[A-Za-z]{0,6}?([xX0#*])(?:\1{15,300}|\1{3,15}(?=[_.-]\1{3}))(?:[_.-]{1,2}\1{1,80}){0,7}={0,2}"
    r"|(?i:(?=[^\n]{0,120}?(?:your|insert|replace|placeholder|fixme|dummy|encoded|(?<![a-z])(?:here|paste|todo|fake|example|sample)))"
    r"[\[({<]{0,3}(?:[a-z]{2,10}[0-9]{0,3}[_.~-]{1,2}(?=[^\n]{0,60}?(?:your|here|replace|insert))){0,2}"
    rf"(?:{_FILLER})(?:[\s_./:-]{{0,3}}(?:{_FILLER})){{1,9}}[\])}}>.!…]{{0,3}}"
    rf"|(?:[\[({{<]{{1,3}}|__|@@?|%%?|##?)(?:{_FILLER})(?:[\s_./:-]{{0,3}}(?:{_FILLER})){{0,9}}(?:[\])}}>]{{0,3}}|__|@@?|%%?|##?)"
    r"|[\[({<]{0,3}(?:placeholder|todo|fixme)[\])}>]{0,3}|(?:refresh|access|id|bearer)[_-]token|client[_-](?:secret|credentials)|(?:api|secret|access|signing|private)[_-]key)"
    r"|<[A-Z][A-Z0-9 _-]{2,60}(?:KEY|TOKEN|SECRET|PASSWORD|ID|NAME|HERE)>"
    r"|(?:[a-wyz]{1,12}[0-9]{0,3}[_.:~-]{1,2}){0,4}(?:[xX]{4,300}+[._:-]{0,2}(?:[a-z]{1,8}[0-9]{0,2}[._:-])?){2,6}[xX]{0,3}"
    r"|(?:[A-Za-z]{1,12}[0-9]{0,3}[_.:~-]{1,2}){0,4}[A-Za-z]{0,6}?([A-Za-z0-9])\2{15,300}={0,2}"
    r"|[A-Z]{2,20}(?:_[A-Z]{2,20}){0,5}_(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|PAT|JWT)"
    r"|(?:[a-z]{1,12}(?:[.][a-z]{1,12})?-(?:[0-9]{1,2}-)?|[a-z]{2,12}_){0,3}"
    r"(?:(?:[A-Z][a-z]{1,15}){0,6}(?:Key|Token|Secret|String|Value|Code|Password)Here"
    r"|[A-Z]{0,40}(?:KEY|TOKEN|SECRET|STRING|VALUE|CODE|PASSWORD)HERE)"
)
"""Placeholders for a secret that is filled in later: a row of one sign, a row of zeros or x behind a prefix
(`sk-0000000000000000`), words that say so (`YOUR_API_KEY`, `xoxb-your-token-here`, `AccessTokenHere`), or the name of the
variable that holds it (`API_KEY`)."""

_SCHEME = regex(r"(?i)(?:Bearer|Basic|Token|Digest|JWT|Negotiate|ApiKey|AWS4-HMAC-SHA256|SharedAccessSignature)\s{1,4}(?=\S)")
_OF_MEMBERS = frozenset((":", "=>"))
"""The separator between a member's name and its value."""
_KEY = regex(
    r"""(?<![\w.])(?<!\w-)(?P<key>[^\W\d][\w.-]{0,63}+)(?P<close>\\{0,31}["'`]|\)?\]|\)|(?:&quot;))?
        (?P<sep> (?:[ \t]{3,40}|\s{0,2})(?:=>|!~|[=!]==|:{2,3}=|[?]{1,2}=|[.+]=|\|\|=|[:~=]=?(?!/)|!=)(?:[ \t]{5,40}|\s{0,4})
               | \s{1,2}(?=\\{0,31}["'“«`]) )
      | (?P<bracket>[{}\[\]])""",
    re.X,
)
_STRUCTURE = regex(r"""\{\s*[}\\"'\w][^{}]{0,80}[:}]|\[\s*[\[\]{\\"'\d]""")
"""The beginning of an object or a list in a string. The fields inside decide about it."""
_QUOTE = regex(r"""(?P<slashes>\\{0,31})(?P<quote>["'`“«])""")
_STRING_PREFIX = regex(r"""(?:[bB][rR]?|[rR][bB]?|[uUNEX])(?=["'])|[fL@$](?=")""")
"""The letter before a quote by which programs tell what kind of text it is: `b'…'`, `u"…"`."""
_CLOSING = {"“": "”", "«": "»"}
_END_IN_PLUS = regex(r"\s*+\+\s*+\Z")
_BEFORE = regex(r"([A-Za-z][\w-]{0,30}[ \t]){1,2}$")
_QUOTED_BEFORE = regex(r"""["'`](?:[^\W\d][\w.-]{0,30} ){1,3}\Z""")
"""The words before the last of a quoted name: `"mot de passe":`."""
_FAILED = regex(
    r"(?i)(?<![\w])(?:fail(?:ed|ure|s|ing)?|could(?: not|n['’]t)|can(?:not|['’]t| not)|unable|errors?|problem|trouble)"
    r"(?: [a-z'’-]{1,20}){0,7} \Z"
)
"""The words before a name behind which an error is told: `failed to get token: connection refused`."""
_TELLS_ERROR = regex(
    r"(?=[^\n]{0,160}?(?<![\w])(?i:error|errors|refused|closed|timeout|timed|exceeded|denied|failed|failure|invalid|not|no|cannot|lost"
    r"|reset|certificate|expired|unavailable|broken|exhausted|killed|exit|status|eof|limited|too|unexpected|missing|unknown|down"
    r"|changed|aborted|rejected|hang|hung|enotfound|econn[a-z]{3,12}|etimedout|unreachable|exception|verification|already)(?![\w]))"
    r"(?:[A-Z]?[a-z][a-z'’-]{1,24}|[a-z]{1,12}\d{1,3}(?=:)|[A-Za-z]{2,30}(?:[./][A-Za-z]{2,40}){1,6}):?[ ](?=\S)"
)
"""The beginning of an error: a plain word, or its source. One of the words of errors stands in it."""
_UNQUOTED = regex(r"[^\n\r\"'`{}<>=|;]{1,301}")
"""A stretch up to the end of a line, a quote, a bracket of an object or a further value, at most as long as a message."""
_QUERY_END = regex(r"""[&#\s"'<>`]""")
_NEXT_KEY = regex(
    r"""\s[\w.-]{1,60}\s?=(?!=) | [,;|]\s*\\{0,15}["']?[\w.-]{1,60}\\{0,15}["']?\s*[=:]
      | [\n\r{}\[\]()<>"] | \s[–—|]\s | \s-\s | \s(?=\w+:\s|[A-Z]\w*:[^\s:/\\])""",
    re.X,
)
"""The next key, bracket or sign before which a name ends. The last alternative is the next field of a struct of Go (`%+v`)."""
_NEXT_ASSIGNMENT = regex(r"""\s[\w.-]{1,60}=(?!=) | [\n\r]""", re.X)
_LINE_END = regex(r"[\n\r]")
_END_IN_OBJECT = regex(r"[,}\]]\s*(?:$|[\n\r}\],]|\\{0,15}[\"']?[\w.-]{1,60}\\{0,15}[\"']?\s*:)")
"""The comma or bracket that ends a value inside of an object."""
_TOKEN = regex(
    r"""[^\s"'`<>]{1,8192}?(?=[,;&|)\]}>.\\]{0,8}(?:\s|$|["'`<>]) | [,;&|]\s{0,2}["']?[\w.-]{1,60}["']?\s{0,2}[=:])
      | [^\s"'`<>]{1,8192}""",
    re.X,
)
_TAGGED = regex(r"\{[A-Z][A-Z0-9-]{2,20}\}(?=[^\s\"'])")
"""The mark before a stored password that says how it was hashed: `{SSHA}…`."""
_COLLECTION = regex(
    r"(?:[A-Z][A-Za-z]{2,20})?(?:Set|List|Map|Array|Vector|Seq|Dict)(?:\(\d{1,6}\)[ ])?[({\[]|#<[A-Z]"
    r"|List of \d|&\w{1,20} [\[{]|&[A-Z][\w.]{0,40}\{|map\[\w{1,20}[:\]]"
    r"|(?:[A-Za-z][\w\\]{0,60} )?(?:Object|Array)\s{0,3}(?:\([*\s]|\Z)|\d{1,4} (?:elements?|key/value pairs?)(?![\w-])"
)
"""The type of a collection or an object, and its bracket: what it holds is the value."""
_VISIBILITY = regex(r"(?:protected|private)\]")
"""Behind the name of a member that is not public, as PHP prints it."""
_TEMPLATE = regex(
    r"[$%#]\{[^{}\s]{1,80}\}|\{\{[^{}]{1,80}\}\}|<%?[A-Za-z0-9][^<>\s]{0,40}>|%[A-Z_]{2,40}%"
    r"|[#$%]?<{1,2}(?=[^<>\r\n]{0,80}\d)(?![^<>]{0,60} at 0x)[^<>\r\n\"'`=]{4,80}>{1,2}"
)
"""A token that is a placeholder for a value that is put in later, or brackets like its around something with a digit."""
_NUMBER = regex(r"[+(]?\d[\d().+/-]*(?:[ \u00A0][\d().+/-]+)*(?: ?(?:x|ext\.?) ?\d+)?")
_PARTICLE = frozenset(
    "van von der den de da di do dos das del della la le el al bin ibn abu ben ter ten zu zur y e o san st".split()
)
_THINGS = frozenset(
    """
    function class module event host service app application environment package scope plugin field property column
    table queue job metric theme component feature flag image region error type status node edition license licence
    trigger resolver handler action step task schema index bucket key cache hook method library product browser os
    device
""".split()
)
"""The objects to which a plain `name`, `title` or `text` belongs when it names no person and no content."""
_NO_OWNERS = _THINGS | {REDACTED.lower()}
"""The objects above, and what a redacted name may have been."""
_ABOUT = frozenset(
    """
    type kind scheme alg algorithm hasher encoder cipher strategy grant format encoding length size count number limit min max
    prefix suffix
    expires expiry expired expiration expire ttl age lifetime created updated rotated issued changed at on date time timestamp
    status state valid invalid enabled disabled required optional present missing set used active
    provider issuer audience version name id uuid index policy scope scopes source origin path url uri file field fields header
    message error reason code description label title hint level method mode
    """.split()
)
"""Names of members that say something about a secret, and not the secret."""
_REFERRING = frozenset("key keys ref reference user username account host port database db role env region bucket".split())
"""Names of members that lead to a secret, or stand beside it."""
_LONG_NUMBER = regex(r"[+(]?(?:[0-9][ ().+/-]{0,2}){6,20}")
"""A number of six digits or more, in groups or not: a phone, a day, the number of a person."""
_IN_SECRET = regex(r"(?=[^0-9]{0,60}[0-9])[^\s]{6,1000}")
"""A value that may be a secret in an object of several, whatever its own name says."""
_OF_NUMBERS = frozenset(("number", "line"))
"""Extents of the values of fields that hold numbers, dates and addresses."""
_MADE_UP = regex(r"(?=[^\s]{0,40}[A-Za-z])(?=[^\s]{0,40}[0-9])[^\s]{8,1000}\Z")
_HOLD_MORE = frozenset(("session", "sessions", "sess", "sid"))
"""Words that end the names of what holds more than a secret."""
_DIGITS = frozenset("0123456789")
_MOST_SPACES_IN_NAME = 3
_MOST_HOLDERS_AROUND = 4
"""Holders named like secrets around another one, in brackets, at most: they have its values too, and each is read whole."""
_CLASS = regex(r"\.[A-Z]\w*$")
"""The end of a class name: `org.apache.…RMContainerRequestor`."""
_SIGNS = regex(r"""[=:~"'“«{\[]""")
"""Characters of which every text with a field holds one."""
_ASSIGNED = regex(r"[\w.-]{1,60}=")
_BEFORE_KEYWORD = frozenset(" \t\n{([,")
_KEYWORD = regex(r"[A-Za-z][\w-]{0,30}[ ][\"'\d:{\[(]")
_LONGEST_LIST = 20_000
_MOST_SECOND_LOOKS = 8
"""Texts in telling fields that are kept and scanned for fields, in one line."""
_DEEPEST = 256
"""Brackets that are kept open."""
_BLOCK_HEAD = regex(
    r"[ \t]{0,80}(?:(?:-[ ])?(?P<name>[^\W\d][\w.-]{0,63}+):[ \t]{1,4}[|>][-+]?"
    r"|<(?P<whole>(?:[\w.-]{1,30}:)?(?P<tag>[^\W\d][\w.-]{0,60}+))(?:[ ][^<>]{0,300}+)?>)\s*\Z"
)
"""A line that is but a name whose value stands in the lines after it: `password: |`, `<password>`."""
_ELEMENT = regex(r"\s*+<[^/!]")
BOUNDARY = "--"
"""The beginning of the line that ends a part of a multipart body, if nothing of its value was read yet."""
_BOUNDARY_LATER = "\n--"
"""The beginning of the line that ends a part of a multipart body, once a line of its value was read."""
_PART_NAME = regex(r"""form-data;\s{0,3}name=(?P<q>\\{0,3}["'])(?P<name>[^"'\\]{1,64}+)(?P=q)\s*+\Z""")
"""The end of the line that names a part whose value stands in the lines after it. A file says its own name too, and has none."""
_PART_HEAD = regex(r"(?i)content-[a-z-]{1,40}:")
NAMED, _UNDER = "=", ":"
"""The signs in place of a quote in `Open`, for a line that names a secret: its value is on the next line, or on deeper lines."""
_NAMING_LINE = regex(
    r"""(?:(?<![^\W_])(?i:name|key|field|variable|parameter|property|setting|option|attribute|column|header|label|type
    |nom|nombre|nome|naam|navn|namn|nimi|nazwa|název|champ|campo|feld|veld|felt|fält|pole|clé|clave|chave|chiave|schlüssel|sleutel
    |nøkkel|nøgle|nyckel|avain|klucz|klíč|kulcs|cheie|anahtar|ключ|поле|имя|параметр|κλειδί|πεδίο|όνομα)["'\]]?
    [ \t]{0,40}(?:=>|[:=|>])[ \t]{0,20}["':<]{0,2}|string\(\d{1,4}\)[ ]"|\.\d{1,3}:[ ]")
    (?P<name>[\w./-]{3,64}+)(?:</\w{1,40}>|["'>]{0,2}),?[ \t]{0,20}\r?\n?\Z""",
    re.X,
)
_CHANGED_LINE = regex(r"""["'`](?P<name>[\w.-]{3,64}+)["'`](?: has| was)? (?:changed|differs|updated|modified):\s{0,20}\Z""")
"""The end of a line that names what changed: the old and the new value stand in the next lines."""
_SIGNS_OF_CHANGE = frozenset("+-")
"""The signs before the old and the new value of what a line names."""
_LONGEST_NAMING = 200
"""Characters at the end of a line in which it may name a secret."""
_VALUE_LINE = regex(
    r"""[ \t]{0,80}(?:[+~|-][ \t]{0,20})?(?:[<"':\[]?(?:\w{1,20}[_:-])?(?i:value|val|v|data|content|string
    |wert|valeur|valor|valore|waarde|verdi|værdi|värde|arvo|wartość|hodnota|érték|valoare|değer|значение|значення|τιμή)["'\]]?
    [ \t]{0,40}(?:=>|[:=|>])[ \t]{0,20}(?:<!\[CDATA\[)?|(?<=[+-][ ])(?=["'])
    |(?:string\(\d{1,6}\)|\.\d{1,3}:)[ ](?="[^"]{0,200}\d))
    (?:(?P<block>[|>][-+]?\d?)\s{0,20}\Z|["']?(?P<value>[^\s"'][^\r\n"'<]{0,1000}))""",
    re.X,
)
_MEMBER_LINE = regex(
    r"""[ \t]{0,80}[<"':]?(?:(?!(?i:name|key|field)\W)[A-Za-z][\w.-]{0,40}+["']?[ \t]{0,20}(?:=>|[:=|>])"""
    r"""|\[["']?\w{1,40}["']?\][ ]?=>)"""
)
"""A further member between the one that names a secret and the one that has its value."""
_HEAD_OF_DEEPER = regex(r"[ \t]{0,80}(?:-[ ]|\[)?(?P<name>[A-Za-z][\w.-]{2,60}+)(?::|\][ ]=>[ ]Array)\s{0,20}\Z")
_PLAIN_QUOTES = frozenset("\"'")
_NEXT_IN_FORM = regex(r"&[\w.-]{1,60}[=\[%]")
_ENDS_HEAD = frozenset("|>-+")
_UNBROKEN = regex(r"\S+")
_QUOTED_ELEMENT = regex(r"""(\\{0,31})(["'`])(.*?)\1\2""")
_NEXT_ELEMENT = regex(r"""(["'])((?:[^"'\\]|\\.)*?)\1""")
"""An element of a list that an earlier line began."""
_BARE_ELEMENT = regex(r"[^,;\[\]\s][^,;\[\]]*")
_LIST_BRACKET, _LIST_END, _OBJECT = regex(r"[\[\]]"), regex(r"\]"), regex(r"\{|\((?=\w{1,40}=)")


class _Ahead:
    """Searches a line from places that move on, and passes over no stretch twice: a line of `assignee:Jane was` many times over
    must not be read to its end for each of them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[re.Pattern[str], tuple[int, re.Match[str] | None]] = {}

    def search(self, pattern: re.Pattern[str], start: int) -> re.Match[str] | None:
        """`pattern.search(text, start)`, for patterns whose match at a place does not depend on where the search began."""
        known = self._found.get(pattern)
        if known is not None and known[0] <= start and (known[1] is None or known[1].start() >= start):
            return known[1]
        found = pattern.search(self._text, start)
        self._found[pattern] = start, found
        return found

    @cached_property
    def closing_brackets(self) -> dict[int, int]:
        """Maps the place of each `[` that is closed to the place of its `]`."""
        pairs: dict[int, int] = {}
        waiting: list[int] = []
        for m in _LIST_BRACKET.finditer(self._text):
            if m[0] == "[":
                waiting.append(m.start())
            elif waiting:
                pairs[waiting.pop()] = m.start()
        return pairs


_HUMP = regex(r"(?<=[^\W\d_A-Z])(?=[^\W\d_a-z])")
"""Between two letters where a word of a name may end."""
_QUALIFIER = regex(
    r"(?:(?<=\w)__c|(?<=\w)(?:[_.-](?i:previous|prev|old|new|current|next|backup|primary|secondary|original|temp|temporary|main|fallback|prod|production"
    r"|staging|stage|dev|test|sandbox|live|repeat|again|retype|confirm|plain|vorherig|alt|neu|antigu?[ao]|anterior|nuev[ao]|nov[ao]"
    r"|eu|uk|apac|emea|de|fr|es|it|nl|pl|pt|sv|fi|cs|en|ja|zh|ko|ru|actual|atual|ancien(?:ne)?|nouveau|nouvelle|actuel|vecchi[ao]|nuov[ao]|oud|nieuw|ny|nye|gammel|gammal|nytt|star[ey]|nowe|uusi|vanha)"
    r"|(?<=[a-z])(?:Previous|Prev|Old|New|Current|Next|Backup|Primary|Secondary|Original|Temp|Temporary|Main|Fallback|Prod|Production"
    r"|Staging|Stage|Dev|Test|Sandbox|Live|Repeat|Again|Retype|Confirm|Plain|Alt|Neu|Antigu?[ao]|Nuev[ao]|Nov[ao]|Ancien|Nouveau)))\Z"
)
"""The end of a name that says which of several values it is: `secret_key_base_previous`, `senha_antiga`."""
_LONGEST_QUALIFIER = 16
_CODING = regex(
    r"(?:(?<=\w)[_.-](?i:bytes|hex|base64|base32|b64|md5|sha1|sha256|sha512|bcrypt|argon2|crypt|enc|raw|utf8|buffer|buf|str|string|text|chars|array|encoded|decoded|plaintext|cleartext"
    r"|list|map|set|dict|table|(?:by|per|for)[_.-]\w{1,11})"
    r"|(?<=[a-z])(?:Bytes|Hex|Base64|Base32|B64|Raw|Utf8|Buffer|Buf|Str|String|Text|Chars|Array|Encoded|Decoded|Plaintext"
    r"|List|Map|Set|Dict|Table|(?:By|Per|For)[A-Z]\w{0,12})"
    r"|\A(?i:bytes|hex|base64|base32|b64|chars|plaintext|cleartext))\Z"
)
"""The end of a name that says how a value is written, or how several are held. Only the name of a secret counts before it:
`messageBytes` is a size."""
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ı": "i", "ß": "ss", "ẞ": "SS"}
    | {"æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th"}
)
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
"""Letters as they are written on keyboards that lack them."""


def plain_name(name: str) -> str:
    """Returns a name without accents and marks, in composed letters, with a low line at each hump: `новыйПароль` →
    новыи_Пароль."""
    if name.isascii():
        return name
    letters = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    plain = unicodedata.normalize("NFC", "".join(c for c in letters if not unicodedata.category(c).startswith("M")))
    return _HUMP.sub(lambda m: "_" if plain[m.start() - 1].islower() and plain[m.start()].isupper() else "", plain)


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in any convention, in small letters, digits and accents dropped: `X-User_emailAddress2` →
    x user email address.

    An id has none.
    """
    return () if is_id(name) else tuple(w.lower() for w in _WORD.findall(plain_name(name)))


def spellings(name: str) -> tuple[str, ...]:
    """Returns the joined words of a name, without accents and in the spelling of keyboards without accented letters: `schlüssel`
    → schlussel schluessel."""
    spelt = (name,) if name.isascii() else (name, name.translate(_SPELT_OUT))
    return tuple({"".join(words(n)) for n in spelt})


_SESSION_ROW = "session id"


class Rule(NamedTuple):
    """The meaning of a field name: its detector, and which values are kept."""

    detector: Detector
    keep: tuple[str, ...]
    """Patterns of whole values."""
    idle: bool = False
    """True if the policy keeps the detector's row: the name gives evidence, but its values are not redacted."""

    @property
    def opens(self) -> bool:
        """True for what opens something to somebody: a secret, the id of a session."""
        return self.detector.guideline in (SECRET_ROW, _SESSION_ROW)

    @property
    def may_hold_message(self) -> bool:
        """False for content: what persons write has these words too (`ik kan niet meer`)."""
        return self.detector.guideline != CONTENT_ROW

    def keeps(self, value: str) -> bool:
        if KEEP.fullmatch(value) or (self.may_hold_message and is_message(value)):
            return True
        plain = value.strip().replace("\x1a", "x")  # a placeholder says nothing: what stands beside it decides
        if any(_compiled(pattern).fullmatch(plain) for pattern in self.keep):
            return True
        return self.detector.guideline == SECRET_ROW and FILLED_LATER.fullmatch(plain) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_COUNTED = (
    *("id", "uuid", "number", "date", "title", "code", "prompt", "message", "question", "answer", "comment", "note"),
    *("password", "passphrase", "secret", "token", "name", "phone", "email", "birthday"),
    *("birth", "line", "description", "subject"),
    *("msisdn", "imei", "imsi", "iccid", "iban", "ssn", "mrn", "passport", "passcode", "credential"),
)
"""Words at the end of a name of which there can be a list: `memberIds`."""
_ENDS_IN_IES = ("summary", "query", "reply", "inquiry")
"""Words at the end of a name of which the plural ends in `ies`."""


def _plurals(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names that mean what a joined name does, each with it: its plural."""
    for name in names:
        if name.endswith(_COUNTED):
            yield f"{name}s", name
        if name.endswith(_ENDS_IN_IES):
            yield f"{name[:-1]}ies", name


def names_of(fields: Iterable[str]) -> Named:
    """Returns the names that the `fields` of a detector mean."""
    endings: list[str] = []
    exact: list[str] = []
    for spec in fields:
        glued = "~" if spec.startswith("~") else ""
        (exact if spec[:1] in "=~" else endings).extend(glued + joined for joined in sorted(spellings(spec)))
    return Named(endings, exact, list(_plurals(endings)))


class FieldIndex:
    """The field names of a catalogue. A pure function of names, remembered."""

    def __init__(
        self, catalogue: Catalogue, extra: dict[str, tuple[str, ...]] | None = None, idle: frozenset[str] = frozenset()
    ) -> None:
        """`extra`: detector id → further field names. `idle`: guideline rows of which nothing is redacted. Raises UsageError for
        a detector that has no such id."""
        self._endings: dict[str, Rule] = {}
        self._exact: dict[str, Rule] = {}
        ids = {d.id for d in catalogue.detectors}
        for name in extra or {}:
            if name not in ids:
                raise UsageError(f"extra field names for {name!r}: no such detector (see logscrub detectors list)")
        plurals: list[tuple[str, str]] = []
        for detector in catalogue.detectors:
            rule = Rule(detector, detector.keep_values, detector.guideline in idle)
            own = known_detectors.named(detector.fields) or names_of(detector.fields)
            for named in (own, names_of((extra or {}).get(detector.id, ()))):
                self._endings.update(dict.fromkeys(named.endings, rule))
                self._exact.update(dict.fromkeys(named.exact, rule))
                plurals += named.plurals
        for plural, name in plurals:
            self._endings.setdefault(plural, self._endings[name])
        self._longest_glued = max((len(name) - 1 for name in self._exact if name.startswith("~")), default=0)
        self._cache: dict[FieldPath, Rule | None] = {}

    def rule(self, path: FieldPath) -> Rule | None:
        """Returns the rule for the innermost name of `path`, given the name around it; None if it is no telling name."""
        try:
            return self._cache[path]
        except KeyError:
            pass
        rule = self._look_up(path)
        if rule is None and path:
            name = path[-1]
            m = _QUALIFIER.search(name, max(0, len(name) - _LONGEST_QUALIFIER))
            rule = self._coded(path) if m is None else self._look_up((*path[:-1], name[: m.start()]))
        if rule is not None and not rule.may_hold_message:
            rule = self._among_secrets(path) or rule
        if rule is not None and rule.idle:
            rule = None  # an "email address" that is kept is no "address"
        if len(self._cache) < 100_000:
            self._cache[path] = rule
        return rule

    def _among_secrets(self, path: FieldPath) -> Rule | None:
        """Returns the rule of an object in which all is secret, for a member that is named like content:
        `{"authorization": {"response": …}}`."""
        if len(path) < 2 or not holds_secrets(path[-2]) or words(path[-1])[-1:][0] in _ABOUT:
            return None
        rule = self._look_up(path[-2:-1])
        return rule if rule is not None and rule.detector.guideline == SECRET_ROW else None

    def _coded(self, path: FieldPath) -> Rule | None:
        """Returns the rule of a secret whose name ends in how it is written: `password_b64`, `password bytes`."""
        name = path[-1]
        m = _CODING.search(name, max(0, len(name) - _LONGEST_QUALIFIER))
        if m is None:
            return None
        rule = self._look_up((*path[:-1], name[: m.start()]) if m.start() else path[-2:-1])
        return rule if rule is not None and rule.opens else None

    def _look_up(self, path: FieldPath) -> Rule | None:
        if not path:
            return None
        own = words(path[-1])
        if not own:
            return None
        around = words(path[-2])[-2:] if len(path) > 1 else ()
        together = (*around, *own)
        exact = None if around and around[-1] in _NO_OWNERS else self._exact.get("".join(own))
        for i in range(max(0, len(together) - 5), len(together)):
            rule = self._endings.get("".join(together[i:]))
            if rule is not None:
                secret = exact if exact is not None and exact.detector.guideline == SECRET_ROW else None
                return secret if secret is not None and rule is self._endings.get("".join(own)) else rule  # `key` alone is none
        return exact if exact is not None else self._glued(own[-1])

    def _glued(self, word: str) -> Rule | None:
        """Returns the rule for the end of a word whose parts are written together: `dbpassword`."""
        first = max(1, len(word) - self._longest_glued)
        return next((rule for i in range(first, len(word)) if (rule := self._exact.get("~" + word[i:])) is not None), None)

    def covering(self, path: FieldPath) -> Rule | None:
        """Returns the rule that the name of the enclosing object gives a member whose own name says nothing.

        All that is under the name of a secret is a secret (`secrets: { stripe: … }`), except for facts about it.
        """
        if len(path) < 2 or self.rule(path) is not None:
            return None
        rule = self.rule(path[-2:-1])
        if rule is None or rule.detector.guideline != SECRET_ROW:
            return None
        own = words(path[-1])[-1:]
        return None if own and own[0] in _ABOUT else rule

    def around(self, path: FieldPath, value: str) -> Rule | None:
        """Returns the rule of the object of secrets around a member with a telling name of its own that keeps the value:
        `{"otpCodes": {"sms": "173175"}}`. The value must look like a secret; None for another."""
        if len(path) < 2 or not _IN_SECRET.fullmatch(value):
            return None
        rule = self.rule(path[-2:-1])
        own = words(path[-1])[-1:]
        if rule is None or rule.detector.guideline != SECRET_ROW or not own or own[0] in _ABOUT or own[0] in _REFERRING:
            return None
        return None if rule.keeps(value) else rule


class Open(NamedTuple):
    """The state that a line leaves for the next one: open brackets with the names before them, a name without its value, a
    quote."""

    brackets: tuple[tuple[str, str], ...] = ()
    """(bracket, name before it), outermost first."""
    pending: FieldPath = ()
    """A telling name whose value stands on the next line."""
    quote: tuple[str, FieldPath] | None = None
    """A quote (with its backslashes) that did not end, and the name of its value."""
    armour: bool = False
    """Inside a PEM block."""
    unknown: bool = False
    """A unit of the record could not be scanned, so nobody knows what it left open."""
    indent: int = -1
    """The indentation of the name `pending` if its value is a block of YAML in deeper lines; -1 if it is not."""


NOTHING_OPEN = Open()


class FieldValue(NamedTuple):
    """A value found in a telling field: `[start, end)` of the text."""

    start: int
    end: int
    rule: Rule
    path: FieldPath
    requote: str = ""
    """The quote that a bare number in JSON needs round its placeholder."""


def _innermost(outer: str, name: str) -> str:
    """The name that counts of two around a text."""
    return outer if not name or is_of_secrets(outer, name) else name


def find_fields(text: str, index: FieldIndex, before: Open = NOTHING_OPEN) -> tuple[list[FieldValue], Open]:
    """The values of telling fields in one line (or a whole text) of a log, and what it leaves open."""
    if before.quote is not None and before.quote[0] in (NAMED, _UNDER):
        below, still = _below(text, index, before, before.quote[1])
        found, after = find_fields(text, index, Open(before.brackets))
        return [*below, *found], still if after in (NOTHING_OPEN, Open(before.brackets)) else after
    if before.indent >= 0:
        if not text.strip():
            return [], before
        rule = index.rule(before.pending)
        if rule is not None and len(text) - len(text.lstrip()) > before.indent:
            block: list[FieldValue] = []
            _add(block, text, 0, len(text), rule, before.pending)
            return block, before
        before = NOTHING_OPEN
    if before.quote is not None and before.quote[0] in (BOUNDARY, _BOUNDARY_LATER):
        if not text.strip().startswith(BOUNDARY):
            return _in_part(text, index, before, before.quote[1])
        before = NOTHING_OPEN
    if before.quote is not None and before.quote[0].startswith("</") and _ELEMENT.match(text) is not None:
        before = NOTHING_OPEN  # the opened bracket holds elements, whose own names decide
    found, after = _find_fields(text, index, before)
    last = text.rstrip()[-1:]
    if last in _ENDS_HEAD and after == NOTHING_OPEN and (head := _BLOCK_HEAD.match(text)) is not None:
        after = _block(head, index)
    elif last in _PLAIN_QUOTES and "form-data" in text and (named := _PART_NAME.search(text)) is not None:
        path = (named["name"],)
        after = after if index.rule(path) is None else Open(quote=(BOUNDARY, path))
    elif after.quote is None:
        after = _named_for_later(text, index, after.brackets) or after
    for value in named_values(text):
        path = (value.name,)
        rule = index.rule(path)
        said = text[value.start : value.end]
        if rule is None or (value.loose and not rule.opens and not _is_number_of(value.name, said, rule)):
            continue
        is_sentence = said.count(" ") > _MOST_SPACES_IN_NAME
        if is_sentence or not _DIGITS.isdisjoint(said) or index.rule((said,)) is None:  # otherwise it is a list of names
            _add(found, text, value.start, value.end, rule, path)
    _add_all_held(found, text, index)
    return found, after


def _is_number_of(name: str, said: str, rule: Rule) -> bool:
    """True if a value is a number beside a name of two words or more that tells: `field=birth_date value=1979-08-23`."""
    return rule.may_hold_message and _LONG_NUMBER.fullmatch(said) is not None and len(words(name)) > 1


def _add_all_held(found: list[FieldValue], text: str, index: FieldIndex) -> None:
    """Adds the values of all holders of a text. One within four that are named like secrets has been read with them."""
    around: list[int] = []
    for holder in holders(text):
        around = [end for end in around if end > holder.start]
        if len(around) == _MOST_HOLDERS_AROUND:
            continue
        end = _add_held(found, text, holder, index)
        if end is not None and holder.end < 0:
            around.append(end)


def _add_held(found: list[FieldValue], text: str, holder: Holder, index: FieldIndex) -> int | None:
    """Adds the values of a holder that is named like a secret, and the elements with digits of one with another telling name. A
    member with a telling name of its own, or that says something about the secret, is none.

    Returns where a holder that is named like a secret ends; None for any other."""
    rule = index.rule((holder.name,))
    if rule is None or not (rule.opens or rule.may_hold_message) or words(holder.name)[-1] in _HOLD_MORE:
        return None
    end = end_of(text, holder, nested=rule.opens)
    for held in held_values(text, holder.start, end, nested=rule.opens):
        said = text[held.start : held.end]
        if rule.opens:
            own = index.rule((held.key,)) if held.key else None
            is_kept = own is not None and (own.detector.value == "number" or own.keeps(said))
            is_free = own is None or (is_kept and _IN_SECRET.fullmatch(said) is not None)
            counts = not held.key or (is_free and _may_be_secret(held.key, holder.name, said))
        else:
            counts = _is_number_in(held.key, said, rule, index)
        if counts:
            _add(found, text, held.start, held.end, rule, (holder.name,))
    return end if rule.opens else None


def _is_number_in(key: str, said: str, rule: Rule, index: FieldIndex) -> bool:
    """True if a value in a holder with another telling name than that of a secret is what the holder is named for: an element
    with digits, or the long number of a member whose own name tells nothing, as in `birthDates={self: …}`."""
    if not key:
        return not _DIGITS.isdisjoint(said) and " " not in said
    is_named = index.rule((key,)) is not None or not words(key) or words(key)[-1] in _ABOUT
    return not is_named and rule.detector.value in _OF_NUMBERS and _LONG_NUMBER.fullmatch(said) is not None


def _may_be_secret(key: str, holder: str, said: str) -> bool:
    """True if a member of that name may be a secret itself. In a holder of several, a name that may lead to a secret tells which
    of them it is: `passwords: { db: … }`."""
    last = words(key)[-1:]
    if not last or (last[0] not in _ABOUT and last[0] not in _REFERRING):
        return True
    return last[0] in _REFERRING and holder[-1] in "sS" and _MADE_UP.match(said) is not None


def _named_for_later(text: str, index: FieldIndex, brackets: tuple[tuple[str, str], ...]) -> Open | None:
    """Returns the state after a line that names a secret whose value stands in the next line or in deeper lines; None for another
    line. `brackets`: those that are open."""
    head = None if brackets else _HEAD_OF_DEEPER.match(text)
    from_here = max(0, len(text) - _LONGEST_NAMING)
    m = head or _NAMING_LINE.search(text, from_here) or _CHANGED_LINE.search(text, from_here)
    rule = index.rule((m["name"],)) if m is not None else None
    if m is None or rule is None or not rule.opens or (head and words(m["name"])[-1] in _HOLD_MORE):
        return None
    return Open(brackets, quote=(_UNDER if head else NAMED, (m["name"],)), indent=m.start("name") if head else -1)


def _below(text: str, index: FieldIndex, before: Open, path: FieldPath) -> tuple[list[FieldValue], Open]:
    """The values in a line that an earlier line named, and what is open behind it."""
    found: list[FieldValue] = []
    stripped = text.lstrip()
    depth = len(text) - len(stripped)
    if before.indent < 0:
        m, rule = _VALUE_LINE.match(text), index.rule(path)
        if m is None or rule is None:
            return found, before if _MEMBER_LINE.match(text) else NOTHING_OPEN
        if m["block"]:
            return found, Open(pending=path, indent=depth)
        _add(found, text, *m.span("value"), rule, path)
        return found, before if stripped[:1] in _SIGNS_OF_CHANGE else NOTHING_OPEN
    if stripped and (depth < before.indent or (depth == before.indent and not stripped.startswith("- "))):
        return found, NOTHING_OPEN
    _add_held(found, text, Holder(path[0], 0, len(text)), index)
    return found, before


def _in_part(text: str, index: FieldIndex, before: Open, path: FieldPath) -> tuple[list[FieldValue], Open]:
    """The value in a line of a part of a multipart body, and what is open behind it."""
    if not text.strip() or _PART_HEAD.match(text.strip()) is not None:
        return [], before
    found: list[FieldValue] = []
    if (rule := index.rule(path)) is not None:
        _add(found, text, 0, len(text), rule, path)
    return found, Open(quote=(_BOUNDARY_LATER, path))


def _block(head: re.Match[str], index: FieldIndex) -> Open:
    """Returns the state after a line that is only a name whose value stands in the lines after it."""
    name = head["name"] or head["tag"]
    if index.rule((name,)) is None:
        return NOTHING_OPEN
    return Open(pending=(name,), indent=head.start("name")) if head["name"] else Open(quote=(f"</{head['whole']}>", (name,)))


def _find_fields(text: str, index: FieldIndex, before: Open) -> tuple[list[FieldValue], Open]:
    """Returns the values of fields that are written as names with separators, and what the text leaves open."""
    found, position, pending = _carried_on(text, index, before)
    if position < 0:
        return found, before
    if not before.brackets and not _SIGNS.search(text):
        return found, Open((), pending)
    nesting = _Nesting(before.brackets)
    quote: tuple[str, FieldPath] | None = None
    ahead = _Ahead(text)
    end_of_text = len(text.rstrip())
    second_looks = 0
    form_end = -1
    """The end of the quotes in which a form begins: `-d 'title=x&body=y'`."""
    while (m := _KEY.search(text, position)) is not None:
        position = m.end()
        if m["bracket"] is not None:
            nesting.take(text, m)
            continue
        key, sep = m["key"], m["sep"].strip()
        nesting.note(text, m)
        rule, path = _rule_of(text, m, sep, nesting.names[-1] if nesting.names else "", index)
        if sep == "=" and not m["close"] and m.start() > form_end and _opens(text, m.start("key") - 1):
            form_end = _closing(text, m.end(), text[m.start("key") - 1])
        if rule is None:
            # `a:b=c`: the value may itself be a name
            position = m.end("key") + 1 if position > m.end("key") + 1 and not m["close"] and sep else position
            position = max(position, m.end("key"))
            continue
        if _has_no_value(text, m, sep, rule):
            continue
        if m.end() >= end_of_text and sep:
            pending = path
            break
        in_query = m.start() > form_end and m.start() > 0 and text[m.start() - 1] in "?&"
        values, position, opening = _value(ahead, text, m.end(), rule, sep, bool(m["close"] or nesting.brackets), in_query)
        if values and not opening and sep == "=" and m.end() < form_end and values[0][0] == m.end():
            values, position = _in_form(ahead, values, m.end(), form_end)
        close = m["close"] or ""
        known = len(found)
        for s, e in values:
            number = close.endswith('"') and s == m.end() and text[s:e].strip().isdigit()
            _add(found, text, s, e, rule, path, close if number else "")
        if opening:
            quote = (opening, path)
            break
        if values and _END_IN_PLUS.match(text, position):
            pending = path
        if rule.detector.value == "line" and values and len(found) == known and second_looks < _MOST_SECOND_LOOKS:
            second_looks += 1
            position = values[0][0]  # a text that is kept may have fields of its own
        elif not values and position < len(text) and text[position] == "[" and ahead.search(_LIST_END, position) is None:
            nesting.brackets.append(("[", key))
            nesting.names.append(key)
            position += 1
    return found, Open(tuple(nesting.brackets), pending, quote)


def _has_no_value(text: str, m: re.Match[str], sep: str, rule: Rule) -> bool:
    """True if what stands behind a name with its separator is not the value of a field."""
    if not sep and (rule.detector.value in ("token", "credential") or m["key"][0].isupper()) and not _is_keyword(text, m):
        return True
    if sep == "=" and _ASSIGNED.match(text, m.end()) and m["sep"][-1].isspace() and not m["sep"][0].isspace():
        return True  # `logname= uid=0`: an empty value
    if m["close"] and m["sep"][0].isspace() and m["sep"][-1] == ":" and _KEYWORD.match(text, m.end()):
        return True  # `{:k "password" :v "…"}`: the next name of a map of Clojure
    if sep == ":" and _VISIBILITY.match(text, m.end()) is not None:
        return True  # `[secret:protected] => …`
    if sep == ":" and rule.may_hold_message and _tells_message(text, m.end(), rule.detector.value):
        return True
    if rule.detector.guideline != SECRET_ROW or m["close"] or sep != ":" or not _TELLS_ERROR.match(text, m.end()):
        return False
    return _FAILED.search(text, max(0, m.start() - 80), m.start()) is not None


def _is_keyword(text: str, m: re.Match[str]) -> bool:
    """True if a name is a keyword of a map of Clojure or a list of Lisp: `{:password "…"}`."""
    at = m.start("key")
    return not m["close"] and text[at - 1 : at] == ":" and (at == 1 or text[at - 2] in _BEFORE_KEYWORD)


def _tells_message(text: str, start: int, mode: str) -> bool:
    """True if a message stands behind a name in place of a value without quotes: `street: unsupported locale`."""
    told = _UNQUOTED.match(text, start)
    if told is None:
        return False
    return is_message(told[0]) or (mode != "line" and is_message(told[0].partition(",")[0]))


def _carried_on(text: str, index: FieldIndex, before: Open) -> tuple[list[FieldValue], int, FieldPath]:
    """Returns the values that earlier lines began, where the search for further fields begins, and the name that still waits for
    its value. The place is -1 if a quote of an earlier line is still open."""
    found: list[FieldValue] = []
    if before.quote is not None:
        opening, path = before.quote
        rule = index.rule(path)
        end = _closing(text, 0, opening)
        if rule is not None:
            _add(found, text, 0, len(text.rstrip("\r\n")) if end < 0 else end, rule, path)
        return found, end + len(opening) if end >= 0 else -1, ()
    in_list = bool(before.brackets) and before.brackets[-1][0] == "[" and bool(before.brackets[-1][1])
    if not before.pending and not in_list:
        return found, 0, ()
    path = before.pending or (before.brackets[-1][1],)
    rule = index.rule(path)
    stripped = text.lstrip()
    if rule is None or not _QUOTE.match(stripped):
        return found, 0, ()
    values, position, _ = _value(_Ahead(text), text, len(text) - len(stripped), rule, ":", True)
    for s, e in values:
        _add(found, text, s, e, rule, path)
    if before.pending:
        return found, position, path if text.rstrip().endswith("+") else ()
    for element in _NEXT_ELEMENT.finditer(text[position:]):
        _add(found, text, position + element.start(2), position + element.end(2), rule, path)
    return found, max(position, len(text.rstrip().rstrip("],"))), ()


class _Nesting:
    """The brackets that are open at a place of a text, and the last name before it."""

    __slots__ = ("brackets", "last_end", "last_key", "names")

    def __init__(self, brackets: Iterable[tuple[str, str]]) -> None:
        self.brackets = list(brackets)
        self.names: list[str] = list(accumulate((name for _, name in self.brackets), _innermost))
        """For each bracket the name of the object around its content: its own name, else that of a bracket around it."""
        self.last_key, self.last_end = "", -1

    def take(self, text: str, m: re.Match[str]) -> None:
        """Opens or closes a bracket."""
        if m["bracket"] in "{[":
            name = self.last_key if self.last_end >= 0 and not text[self.last_end : m.start()].strip() else ""
            if name in VALUES and self.names:
                name = self.names[-1]
            self.brackets.append((m["bracket"], name))
            self.names.append(_innermost(self.names[-1] if self.names else "", name))
            if len(self.brackets) > _DEEPEST:
                del self.brackets[0], self.names[0]
        elif self.brackets:
            self.brackets.pop()
            self.names.pop()
        self.last_end = -1  # a bracket stands between the key and what follows

    def note(self, text: str, m: re.Match[str]) -> None:
        """Stores a name, and closes the bracket before one that is written in it: `[name] => …`."""
        is_bracketed = (m["close"] or "").endswith("]") and text[m.start("key") - 1 : m.start("key")] == "["
        if is_bracketed and self.brackets and self.brackets[-1][0] == "[":
            self.brackets.pop()
            self.names.pop()
        self.last_key, self.last_end = m["key"], m.end()


def _rule_of(text: str, m: re.Match[str], sep: str, parent: str, index: FieldIndex) -> tuple[Rule | None, FieldPath]:
    """Returns the rule for a name in a text, and its path. `parent`: the name of the object around it."""
    key, start = m["key"], m.start("key")
    path = _path(text, start, key, parent, sep, bool(m["close"]))
    rule = None if _CLASS.search(key) or text.endswith("://", 0, start) else index.rule(path)
    if rule is None and parent and path[0] == parent and sep in _OF_MEMBERS:
        rule = index.rule((parent,)) if key in VALUES else index.covering(path)
    return rule, path


def _opens(text: str, place: int) -> bool:
    """Returns True if a quote stands at a place, and behind no word: it begins a text."""
    if place < 0 or text[place] not in _PLAIN_QUOTES:
        return False
    return place == 0 or not (text[place - 1].isalnum() or text[place - 1] == "\\")


def _in_form(ahead: _Ahead, values: list[tuple[int, int]], start: int, form_end: int) -> tuple[list[tuple[int, int]], int]:
    """The value of a form that is written in quotes, cut where its next name or the quotes end, and where that is."""
    following = ahead.search(_NEXT_IN_FORM, start)
    stop = min(values[-1][1], form_end, following.start() if following else form_end)
    return [(start, stop)], stop


def _path(text: str, start: int, key: str, parent: str, sep: str, closed: bool) -> FieldPath:
    """The name with what stands before it: the words of a two-word name (`user agent: …`), or the object it is in."""
    if not closed:
        m = _BEFORE.search(text, max(0, start - 62), start)
        if m is not None:
            return (m[0].rstrip(), key) if sep == ":" else (m[0].split()[-1], key)
    elif text[start - 1 : start] == " " and (m := _QUOTED_BEFORE.search(text, max(0, start - 97), start)) is not None:
        return (m[0][1:-1], key)
    return (parent, key) if parent else (key,)


def _add(found: list[FieldValue], text: str, start: int, end: int, rule: Rule, path: FieldPath, requote: str = "") -> None:
    start, end = value_itself(text, start, end, rule.detector)
    if start < end and not rule.keeps(text[start:end]):
        found.append(FieldValue(start, end, rule, path, requote))


def value_itself(text: str, start: int, end: int, detector: Detector) -> tuple[int, int]:
    """A field's value without the white space around it and, of a credential, its scheme (`Bearer`)."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if detector.value == "credential" and (scheme := _SCHEME.match(text, start, end)) is not None:
        start = scheme.end()
    return start, end


def _closing(text: str, start: int, opening: str) -> int:
    """Returns where the quote `opening` (with its backslashes) is closed; -1 if it is not closed."""
    slashes, quote = opening[:-1], _CLOSING.get(opening[-1], opening[-1])
    if not slashes:
        i = start
        while True:
            i = text.find(quote, i)
            if i < 0:
                return -1
            n = i
            while n > start and text[n - 1] == "\\":
                n -= 1
            apostrophe = quote == "'" and i + 1 < len(text) and text[i + 1].isalnum() and text[i - 1].isalnum()
            if (i - n) % 2 == 0 and not apostrophe:
                return i
            i += 1
    want = slashes + quote
    i = start
    while True:
        i = text.find(want, i)
        if i < 0:
            return -1
        if i == start or text[i - 1] != "\\":
            return i
        i += 1


def _value(
    ahead: _Ahead, text: str, start: int, rule: Rule, sep: str, closed: bool, in_query: bool = False
) -> tuple[list[tuple[int, int]], int, str]:
    """The value that begins at `start`: its spans, where it ends, and the quote that it leaves open."""
    mode = rule.detector.value
    if (prefix := _STRING_PREFIX.match(text, start)) is not None:
        start = prefix.end()
    m = _QUOTE.match(text, start)
    if m is not None:
        opening = m[0]
        end = _closing_ahead(ahead, text, m.end(), opening)
        if end < 0:
            # the value does not end on this line, so the whole rest is redacted
            return [(m.end(), len(text.rstrip("\r\n")))], len(text), opening if m["quote"] in "\"'`" and sep else ""
        if mode != "credential" and _holds_structure(text, m.end(), end):
            return [], m.end(), ""  # an object in a string: its own fields tell
        return _joined(text, m.end(), end, opening)
    tagged = mode in ("token", "credential") and _TAGGED.match(text, start) is not None
    if start >= len(text) or (text[start] == "{" and not tagged) or _COLLECTION.match(text, start) is not None:
        return [], start, ""
    if text[start] == "[" and not text.startswith("[~", start):
        return _list(ahead, text, start)
    if in_query:
        stop = ahead.search(_QUERY_END, start)
        end = stop.start() if stop else len(text)
        end = start + len(text[start:end].rstrip(".,;:!?)]}"))
        return [(start, end)], end, ""
    if mode in ("number", "token", "credential"):
        span = _number(text, start) if mode == "number" else _token(text, start, mode == "credential")
        return ([], start, "") if span is None else ([span], span[1], "")
    if mode == "phrase" and text[start] == "<" and (t := _TEMPLATE.match(text, start)) is not None:
        return [(start, t.end())], t.end(), ""
    end = _end_of_text(ahead, text, start, mode, sep, closed)
    return [(start, end)], end, ""


def _number(text: str, start: int) -> tuple[int, int] | None:
    """The number that begins at `start`, without the id that it may end in."""
    n = _NUMBER.match(text, start)
    if n is not None and (id_start := cut_id(text, n.end())) >= 0:
        n = _NUMBER.match(text, start, max(start, id_start))
    return n.span() if n else None


def _token(text: str, start: int, behind_scheme: bool) -> tuple[int, int] | None:
    """The token that begins at `start`, or behind the scheme that stands there, such as `Bearer`."""
    if behind_scheme and (scheme := _SCHEME.match(text, start)) is not None:
        start = scheme.end()
    t = _TEMPLATE.match(text, start) or _TOKEN.match(text, start)
    return t.span() if t else None


def _end_of_text(ahead: _Ahead, text: str, start: int, mode: str, sep: str, closed: bool) -> int:
    """Returns where a value without quotes ends that begins at `start`.

    `mode`: how far values reach, by the detector; `closed`: True where the name is in quotes, or stands in an object.
    """
    if mode == "line":
        stop = ahead.search(_LINE_END if sep != "=" else _NEXT_ASSIGNMENT, start)
    else:
        stop = ahead.search(_NEXT_KEY, start)
    end = stop.start() if stop else len(text)
    if mode == "line" and closed:
        # inside an object: up to the comma or bracket that ends the value
        stop = ahead.search(_END_IN_OBJECT, start)
        end = min(end, stop.start()) if stop else end
    if mode == "phrase":
        end = _end_of_name(text, start, end)
    elif not closed:
        tail = _closers(text, start, end)
        if tail < end and not _OPENERS.search(text, start, tail):
            end = tail  # the brackets that end an object which a line before began
    return end


def _holds_structure(text: str, start: int, end: int) -> bool:
    """True if an object or a list begins in `[start, end)`, after white space."""
    first = _NO_SPACE.search(text, start, end)
    return first is not None and _STRUCTURE.match(text, first.start(), end) is not None


def _closing_ahead(ahead: _Ahead, text: str, start: int, opening: str) -> int:
    """`_closing`; a quote that is closed by another sign than it opens with may stand far from the end of many."""
    if opening[-1] not in _CLOSING:
        return _closing(text, start, opening)
    m = ahead.search(_closing_sign(opening), start)
    return -1 if m is None else m.end() - len(opening)


@lru_cache(maxsize=256)
def _closing_sign(opening: str) -> re.Pattern[str]:
    slashes, quote = opening[:-1], _CLOSING[opening[-1]]
    return re.compile(rf"(?<!\\){re.escape(slashes)}{quote}" if slashes else rf"(?<!\\)(?:\\\\)*+{quote}")


def _closers(text: str, start: int, end: int) -> int:
    """Returns where the closing brackets begin that `[start, end)` ends in, with commas and white space between them; `end` if
    there are none."""
    tail = _TAIL.match(text, start, end) or _LATER_TAIL.search(text, start, end)
    first = _CLOSER.search(text, tail.start(), end) if tail else None
    if tail is None or first is None:
        return end
    place = first.start()
    while place > tail.start() and text[place - 1].isspace():
        place -= 1
    return place


def _joined(text: str, start: int, end: int, opening: str) -> tuple[list[tuple[int, int]], int, str]:
    """A quoted text and those joined to it with `+`, as util.inspect prints long ones."""
    spans = [(start, end)]
    position = end + len(opening)
    while (m := _PLUS.match(text, position)) is not None:
        end = _closing(text, m.end(), m[1])
        if end < 0:
            break
        spans.append((m.end(), end))
        position = end + len(m[1])
    return spans, position, ""


_TAIL = regex(r"[}\]),;\s]++\Z")
_LATER_TAIL = regex(r"(?<![}\]),;\s])[}\]),;\s]++\Z")
_CLOSER = regex(r"[}\])]")
_NO_SPACE = regex(r"\S")
_OPENERS = regex(r"[{\[(]")
_PLUS = regex(r"""\s{0,4}\+\s{0,40}(["'`])""")


def _end_of_name(text: str, start: int, end: int) -> int:
    """Returns where a name or title in `[start, end)` ends: before the first word in small letters that follows capitalised
    ones."""
    capitalised = False
    reached = start
    for m in _UNBROKEN.finditer(text, start, end):
        word = m[0].strip(".,;:'’()")
        first = word[:1]
        if first == "\x1a":  # a placeholder: the name that stood here
            capitalised = True
        elif not word or (not first.isalpha() and not capitalised):
            pass
        elif first.islower() and first.isascii():
            if capitalised and word.lower() not in _PARTICLE:
                return reached
        elif first.isalpha():
            capitalised = True
        elif capitalised and first.isdigit():
            return reached
        reached = m.end()
    return reached


def _list(ahead: _Ahead, text: str, start: int) -> tuple[list[tuple[int, int]], int, str]:
    """The elements of a list of plain values that begins at `start`."""
    most = min(len(text), start + _LONGEST_LIST)
    end = ahead.closing_brackets.get(start, most)
    if end >= most:
        any_end = ahead.search(_LIST_END, start)
        if any_end is None or any_end.start() >= most:
            return [], start, ""
        end = most
    inner = ahead.search(_OBJECT, start + 1)
    if inner is not None and inner.start() < end:
        return [], start + 1, ""
    elements = [m.span(3) for m in _QUOTED_ELEMENT.finditer(text, start + 1, end)]
    return elements or [m.span() for m in _BARE_ELEMENT.finditer(text, start + 1, end)], end + 1, ""
