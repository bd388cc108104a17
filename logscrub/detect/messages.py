"""Recognises values that are messages of programs: `street: unsupported locale`, `Adresse: darf nicht leer sein`.

A value is such a message if it has two words or more, and all of them are words of which programs make messages about values:
`must`, `missing`, `characters`. No name, address or password is made of these words alone. What persons write often is, so
fields of content are not asked (`Rule.may_hold_message`). The words of English are listed here, those of other languages in
`logscrub/data/messages.txt`, which `scripts/validation_words.py` makes.

It also recognises sentences that programs write in other languages than English: `Der Dienst wurde gestartet`. All their words
are words of programs, of `logscrub/data/program_words.txt`, which `scripts/program_words.py` makes, or ordinary ones of English.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from operator import or_

from logscrub.detect.names.lexicon import Lexicon

SEPARATORS = ".,;:!?\"'’‘“”„«»`()[]/-–—…·。、，：；！？「」『』（）"
"""Characters that stand between words of a message; white space is one too."""
_PAIRED = ((0x0E00, 0x0E7F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3))
"""The first and last characters of scripts that do not part words, or join their endings to them: Thai, Khmer, Japanese,
Chinese, Korean."""
_FIGURES = ((0x0660, 0x0669), (0x06F0, 0x06F9), (0x0966, 0x096F))
"""The first and last digits of the Arabs, the Persians and the Indians."""
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
    if any(first <= ord(c) <= last for first, last in _FIGURES):
        return _DIGIT
    return _RUN if is_paired(c) else _WORD


def is_paired(c: str) -> bool:
    """True if a character is of a script that does not part words, or joins their endings to them."""
    return any(first <= ord(c) <= last for first, last in _PAIRED)


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


_ENDS = "\n\r\t\x1a={}[]<>|\\@_#*+%$^~&`"
"""Characters that no sentence goes on behind."""
_MARKS = (": ", ". ", " - ")
"""Signs that part of a sentence may be a sentence behind, or before."""
_WIDEST = 200
"""Characters of a sentence on each side of what is asked about."""
_IN_NUMBERS = ".,:"
_CLOCK = 2
"""Colons in the length of a time: `00:00:07`."""
_CLAUSE = 2
"""The characters between a word and the sign that ends the clause before it, with that sign."""
_SIGNS_OF_UNITS = "%°/"
_UNITS = frozenset(
    """
    ns µs ms s sec sek sek. min h std std. d b kb mb gb tb kib mib gib byte bytes bit kbit mbit % °c °f °C °F c/s km/h m/s mm cm m
    km kg g mg t l ml bar hpa mbar pa psi v mv kv a ma w kw kwh wh mwh hz khz mhz ghz rpm px dpi pt eur usd gbp chf € $ £ ¥ zł kč
    kr lei ft B KB MB GB TB KiB MiB GiB Bytes Sek Min Std Stk Stück W kW kWh Wh MWh Hz kHz MHz GHz V mV kV A mA hPa Pa EUR USD GBP
    CHF PLN CZK SEK NOK DKK HUF RON
    """.split()
)
"""Units that stand behind a number."""
_UNITS_OF_MACHINES = frozenset(
    """
    ns µs ms s sec b kb mb gb tb kib mib gib byte bytes bit kbit mbit % °c °C hz khz mhz ghz rpm px dpi B KB MB GB TB KiB MiB GiB
    Hz kHz MHz
    """.split()
)
"""Units of what machines measure, in which nobody tells what a person weighs, works or owes."""
_ON_NO_LIST = frozenset(("unknown", "like"))
"""Grades of words that no list of names has, as the compounds of German, Dutch and the languages of the north."""
_FEWEST_TELLING = 2
_FEWEST_LISTED = 3
_FEWEST_CHARACTERS = 4
"""Characters of a sentence in a script that parts no words."""
_OTHER_SCRIPTS = 0x0370
_WITHOUT_CAPITALS = 0x0590
"""The first characters of the scripts that are not Latin, and of those that have no capitals. In these, all words of a sentence
must be known: any other one may be a name."""
_MOST_UNKNOWN = 3
"""One of so many words in small letters may be unknown, if it is not what is asked about; one of twice as many in another script
that has capitals."""
_PERSONS = frozenset(
    """
    user users benutzer benutzers benutzerin nutzer kunde kunden kundin utilisateur utilisatrice client cliente clienta usuario
    usuaria utente usuário usuária utilizador gebruiker klant användare användaren kund bruger brugeren bruker brukeren käyttäjä
    käyttäjän użytkownik użytkownika uživatel uživatele používateľ felhasználó utilizator utilizatorul kullanıcı korisnik
    uporabnik vartotojas lietotājs kasutaja pengguna von by par por da door av af przez di herr herrn frau
    fräulein monsieur madame mme señor señora sra signor signora senhor senhora mevrouw meneer fru hr pan pani paní dr prof
    """.split()
)
"""Words that names of persons stand behind."""
_SPEAKING = frozenset(
    """
    я мой моя моё мое мои мне меня мной моего моей моему мою нам нас наш наша наше мы мені мене моє мої мною ми μου εγώ με μας
    אני שלי אותי לי أنا لي من مرا मैं मेरा मेरी मेरे मुझे मुझ
    развод развода разводе муж мужа жена жены жену сына дочь дочери мать матери отца сестра брат врач врача больнице беременна
    беременность болезни смерти зарплата зарплату алименты долги чоловік чоловіка дружина дружини донька розлучення лікар лікарня
    зарплати διαζύγιο σύζυγος γιατρός μισθός גירושין בעלי אשתי רופא זוגי طلاق زوجي زوجتي طبيب तलाक पति पत्नी डॉक्टर หย่า ภรรยา สามี
    """.split()
)
"""Words of persons who speak of themselves, and of private life."""
_SPEAKING_SIGNS = frozenset("我俺僕私妻婚孕癌孫嫁薪")
"""Characters by which a person speaks of themselves and of private life, in scripts that part no words."""
FIRST_PAIRED, _FIRST_SYLLABLE = "\u3040", "\uac00"
"""The first characters of the scripts of China, Japan and Korea, and of Korea alone."""
_ARTICLES = frozenset("der die das den dem des ein eine einen einem einer eines kein keine zum zur im am beim vom ins".split())
"""Words of German that stand before a noun, which is written with a capital there as a name is."""

_LISTED = resources.files("logscrub").joinpath("data", "messages.txt").read_text(encoding="utf-8")
"""A head, the words that tell of a message, an empty line, the other words; in the order of their characters."""


_OF_PROGRAMS = resources.files("logscrub").joinpath("data", "program_words.txt").read_text(encoding="utf-8")
"""Words of programs in other languages that messages.txt has not, in the same form."""


@cache
def _programs() -> tuple[frozenset[str], frozenset[str]]:
    """The words of programs in other languages, and those of them that no list has as names or as ordinary words."""
    telling, _, others = _OF_PROGRAMS.partition("\n\n")
    words = telling.split("\n")[1:]
    known, tell = _foreign()
    return frozenset(words + others.split("\n")[:-1]) | known, frozenset(words) | tell


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


def is_of_program(text: str, start: int, end: int, lexicon: Lexicon) -> bool:
    """True if the sentence around `[start, end)` is one that programs write in another language than English.

    A capitalised name in the stretch itself speaks against it, unless a German article stands before.
    """
    if not _may_be_of_program(text[start:end]):
        return False
    if _is_quantity(text, start, end):
        return True
    first, last = start, end
    while first > 0 and text[first - 1] not in _ENDS:
        first -= 1
        if start - first > _WIDEST:
            return False
    while last < len(text) and text[last] not in _ENDS:
        last += 1
        if last - end > _WIDEST:
            return False
    if _is_of_program(text, first, last, start, end, lexicon):
        return True
    nearer = max(_behind(text, mark, first, start) for mark in _MARKS), min(_before(text, mark, end, last) for mark in _MARKS)
    return nearer != (first, last) and _is_of_program(text, *nearer, start, end, lexicon)


def _is_quantity(text: str, start: int, end: int) -> bool:
    """True if a stretch is a word of programs of which a number tells how much it is: a number and a unit behind it (`Dauer 41
    ms`), or a number before it, if no list has it as a name (`212 Sätze`). A word that may be a name must begin its clause."""
    word = text[start:end].lower()
    known, tell = _programs()
    if word not in known or is_paired(word[0]):
        return False
    is_behind_blank = text[max(start - 1, 0) : start] == " "
    if is_behind_blank and _is_digit(text, start - 2):
        return word in tell or not word.isascii()
    stop = end + 1
    while stop < len(text) and (_is_digit(text, stop) or text[stop] in _IN_NUMBERS):
        stop += 1
    number = text[end:stop]
    if number[:1] != " " or not _is_digit(text, end + 1):
        return False
    first = stop + (text[stop : stop + 1] == " ")
    last = first
    while last < len(text) and (text[last] in _SIGNS_OF_UNITS or _of(text[last]) == _WORD):
        last += 1
    # names are among the words that tell of no program: `Anna 200 EUR`
    if word not in tell and is_behind_blank and (start < _CLAUSE or _of(text[start - _CLAUSE]) != _BETWEEN):
        return False
    return number.count(":") == _CLOCK or text[first:last] in (_UNITS if word in tell else _UNITS_OF_MACHINES)


def _may_be_of_program(stretch: str) -> bool:
    """False if the first word of a stretch is none of programs: most names are not. A quick answer, and no further one."""
    known, _ = _programs()
    a, b, kind = next(_spans(stretch), (0, 0, _BETWEEN))
    return kind != _WORD or stretch[a:b].lower() in known


def _behind(text: str, mark: str, first: int, last: int) -> int:
    place = text.rfind(mark, first, last)
    return first if place < 0 else place + len(mark)


def _before(text: str, mark: str, first: int, last: int) -> int:
    place = text.find(mark, first, last)
    return last if place < 0 else place


def _is_of_program(text: str, first: int, last: int, start: int, end: int, lexicon: Lexicon) -> bool:
    """True if `[first, last)` is a sentence that programs write in another language than English."""
    known, tell = _programs()
    words = listed = telling = characters = unknown = 0
    before = ""
    for a, b, kind in _spans(text[first:last]):
        a, b = a + first, b + first
        if kind == _DIGIT:
            continue
        if kind == _RUN:
            if not _is_run_of_program(text, a, b, known):
                return False
            characters += b - a
            continue
        if _is_digit(text, a - 1) or _is_digit(text, b):
            continue
        word = text[a:b].lower()
        is_listed, is_asked = word in known, start <= a < end
        if word in _SPEAKING:
            return False
        if not is_listed and not (word.isascii() and lexicon.grade(word) == "word"):
            is_latin = ord(word[0]) < _OTHER_SCRIPTS
            if is_asked if is_latin else ord(word[0]) >= _WITHOUT_CAPITALS:
                return False
            if text[a] != word[0] and not (is_latin and lexicon.grade(word) in _ON_NO_LIST):
                return False
            unknown += 1 if is_latin else 2
        elif is_asked and _may_be_name(text, a, b, before, lexicon):
            return False
        words += 1
        listed += is_listed
        telling += is_listed and (not word.isascii() or (b - a >= _SHORTEST and word in tell))
        before = word
    is_told = characters >= _FEWEST_CHARACTERS or telling >= _FEWEST_TELLING or (telling > 0 and listed >= _FEWEST_LISTED)
    return is_told and unknown * _MOST_UNKNOWN <= words


def _may_be_name(text: str, start: int, end: int, before: str, lexicon: Lexicon) -> bool:
    """True if a word of programs may be a name where it stands: behind a word for persons, or with a capital where no German noun
    would have one. A word with accents that begins a sentence is none: names are listed without accents."""
    if before in _PERSONS:
        return lexicon.grade(text[start:end]) != "word"
    is_counted = text[start - 1 : start] == " " and _is_digit(text, start - 2)
    begins = not before and not text[start:end].isascii()
    if text[start] == text[start].lower() or before in _ARTICLES or is_counted or begins:
        return False
    return lexicon.grade(text[start:end]) in ("name", "given")


def _is_digit(text: str, place: int) -> bool:
    return 0 <= place < len(text) and _of(text[place]) == _DIGIT


def _is_run_of_program(text: str, start: int, end: int, known: frozenset[str]) -> bool:
    """True if each character of a run belongs to a pair that programs write, or is one that counts what a number says, or a
    syllable of Korean that they write. Pairs of the other scripts tell nothing: Thai has few letters."""
    if text[start] < FIRST_PAIRED:
        return False
    if end - start == 1:
        is_listed = text[start] >= _FIRST_SYLLABLE and text[start] in known
        return is_listed or any(_is_digit(text, place) for place in (start - 2, start - 1, end, end + 1))
    if not _SPEAKING_SIGNS.isdisjoint(text[start:end]):
        return False
    paired = [text[k : k + 2] in known for k in range(start, end - 1)]
    return all(map(or_, [*paired, False], [False, *paired]))
