"""Recognises values that are messages of programs: `street: unsupported locale`, `Adresse: darf nicht leer sein`.

A value is such a message if it has two words or more, and all of them are words of which programs make messages about values:
`must`, `missing`, `characters`. No name, address or password is made of these words alone. What persons write often is, so
fields of content are not asked (`Rule.may_hold_message`). The words of English are listed here, those of other languages in
`logscrub/data/messages.txt`, which `scripts/validation_words.py` makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources

SEPARATORS = ".,;:!?\"'’‘“”„«»`()[]/-–—…·。、，：；！？「」『』（）"
"""Characters that stand between words of a message; white space is one too."""
_PAIRED = ((0x0E00, 0x0E7F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3))
"""The first and last characters of scripts that do not part words, or join their endings to them: Thai, Khmer, Japanese,
Chinese, Korean."""
_FEWEST_PAIRS = 3
"""Pairs of characters of these scripts in a message that has no other words."""
_LONGEST = 300
_SHORTEST = 4
"""Letters of a word that tells anything."""
_DIGITS = 2
"""Digits of a number that is too short to be anybody's: `at least 12 characters`."""
_NUMBERS = frozenset(
    "100 128 150 200 250 255 256 500 512 1000 1024 2048 4096"
    " 400 401 403 404 405 406 408 409 410 413 415 422 429 501 502 503 504".split()
)
"""Longer numbers of messages: limits, and the states of HTTP."""
_ENGLISH = frozenset(
    """
    a an the this that it its is are was were be been being has have had do does did not no nor none nothing and or but than
    then of in on at to from for with without by as into within between before after above below under over out up per via
    only also all any each every both either neither more most less least fewer too very longer shorter larger smaller
    greater lower higher must should shall may might can cannot could would will need needs needed isn aren wasn doesn don
    didn couldn t if when while because since until again still yet already never always required optional mandatory missing
    invalid valid illegal bad wrong incorrect correct malformed unsupported supported unrecognised unrecognized recognised
    recognized reserved unknown unexpected expected unterminated unclosed unreadable unset undefined null empty blank absent
    duplicate duplicated ambiguous forbidden denied refused rejected accepted allowed disallowed permitted prohibited
    restricted exceeded exceeds exceed expired revoked failed fails failure failing error errors fault aborted ignored
    skipped truncated dropped discarded unavailable available unreachable unable exist exists existing found mismatch
    mismatched match matches matching configured unconfigured provided supplied specified given set defined declared
    negotiated implemented deprecated obsolete contain contains containing include includes start starts starting begin
    begins end ends ending parse parsed parsing stopped decode decoded decoding encode encoded encoding resolve resolved read
    write use used unused using taken assigned unassigned compatible incompatible acceptable unacceptable processable
    unprocessable entity large small long short high low many few non whitespace value values field fields form parameter
    parameters param argument arguments attribute attributes option options property properties column columns row key keys
    input output format type types kind class character characters char chars letter letters digit digits bracket brackets
    brace parenthesis closing opening number numbers numeric alphanumeric integer decimal float boolean string strings text
    byte bytes size length limit range minimum maximum min max pattern regex regexp expression syntax schema json xml yaml
    html utf ascii unicode base64 hex element elements item items list array object token header headers request response
    payload body content store entry position offset index line lines eof newline quote comma comment cookie samesite secure
    session locale language charset scheme protocol family socket port host os errno code status state closed open opened
    geocoding query lookup lookups screen appropriate uppercase lowercase special symbol symbols word words phone email mail
    name first last street city country postal postcode zip password username user address url uri id unique positive
    negative zero one two three once twice iso rfc date time yyyy mm dd domain record records near parent house future past
    common similar confirmation checksum signature unparsable registered
    """.split()
)
_ALONE = frozenset(
    [
        *"obligatoire pflichtfeld obrigatório obligatorio obbligatorio verplicht wymagane zorunlu обязательно".split(),
        *"未割り当て|未割当|未設定|未设置|未指派|未分配|未指定|なし|無し|無|无|没有|沒有|없음|미지정|미할당|알 수 없음".split(
            "|"
        ),
        *"не назначен|не назначена|не назначено|не указан|не указано|нет|немає|не вказано|няма|غير معروف|لا أحد|ללא".split("|"),
        *"not found|404 not found|bad request|400 bad request|internal server error|500 internal server error".split("|"),
        *"bad gateway|502 bad gateway|service unavailable|503 service unavailable|gateway timeout|504 gateway timeout".split("|"),
        *"too many requests|429 too many requests|403 forbidden|401 unauthorized|method not allowed|405 method not allowed".split(
            "|"
        ),
    ]
)
"""Messages that are known as a whole. Single words of English stand in `logscrub.detect.fields.KEEP`."""


_BETWEEN, _DIGIT, _RUN, _WORD = range(4)


def _of(c: str) -> int:
    """Returns the class of a character."""
    if c.isspace() or c in SEPARATORS:
        return _BETWEEN
    if c.isascii():
        return _DIGIT if c.isdigit() else _WORD
    return _RUN if any(first <= ord(c) <= last for first, last in _PAIRED) else _WORD


def _spans(text: str) -> Iterator[tuple[int, int, int]]:
    """The words, the numbers, and the runs of scripts that part no words, each with its kind."""
    start, kind = 0, _BETWEEN
    for i, c in enumerate(text):
        its = _of(c)
        if its != kind:
            if kind != _BETWEEN:
                yield start, i, kind
            start, kind = i, its
    if kind != _BETWEEN:
        yield start, len(text), kind


def parts(text: str) -> Iterator[str]:
    """The words and numbers of a text in small letters, and the pairs of characters of its runs in scripts that part no words."""
    for start, end, kind in _spans(text):
        if kind == _RUN:
            yield from _pairs(text[start:end])
        else:
            yield text[start:end].lower()


def _pairs(run: str) -> list[str]:
    return [run[k : k + 2] for k in range(max(len(run) - 1, 1))]


_LISTED = resources.files("logscrub").joinpath("data", "messages.txt").read_text(encoding="utf-8")
"""A head, the words that tell of a message, an empty line, the other words; in the order of their characters."""


@cache
def _foreign() -> tuple[frozenset[str], frozenset[str]]:
    """The words of other languages, and those of them that tell of a message. The core has them from the text."""
    telling, _, others = _LISTED.partition("\n\n")
    words = telling.split("\n")[1:]
    return frozenset(words + others.split("\n")[:-1]), frozenset(words)


def is_message(text: str) -> bool:
    """True if all words of a text are words of messages about values, and one of them, in small letters, tells so.

    Beside a word that only the list of other languages has, a word of English tells nothing: many look like words of others.
    """
    if len(text) > _LONGEST:
        return False
    if text.strip().lower() in _ALONE:
        return True
    words = pairs = 0
    known, tell = _foreign()
    is_english, telling, telling_english = True, False, False
    for start, end, kind in _spans(text):
        if kind == _DIGIT:
            if end - start > _DIGITS and text[start:end] not in _NUMBERS:
                return False
        elif kind == _RUN:
            its = _pairs(text[start:end])
            if not known.issuperset(its):
                return False
            pairs += len(its)
        else:
            word = text[start:end].lower()
            if word not in _ENGLISH:
                if word not in known:
                    return False
                is_english = False
            words += 1
            if end - start >= _SHORTEST and text[start] == word[0]:
                telling = telling or word in tell
                telling_english = telling_english or word in _ENGLISH
    telling = telling or (is_english and telling_english)
    return pairs >= _FEWEST_PAIRS or (telling and words > 1 and any(c.isspace() for c in text.strip()))
