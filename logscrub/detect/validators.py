"""Validators: functions that decide whether a match of a pattern is a real value.

Each takes the matched value and returns whether it stays a finding. They are named in detector
files. Checksums come from python-stdnum and phonenumbers, which are imported when first needed.
"""

from __future__ import annotations

import binascii
import ipaddress
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from logscrub.detect.fields import FILLED_LATER
from logscrub.detect.ids import is_id
from logscrub.detect.messages import is_message
from logscrub.detect.names.lexicon import EITHER, lexicon
from logscrub.detect.national_numbers import national_number, national_number_alone, national_number_bare
from logscrub.patterns import regex

_NOT_DIGIT = regex(r"\D")
_PERCENT_CODE = regex(r"%[0-9A-Fa-f]{2}")
_FEWEST_BEFORE_EXTENSION = 6
_FEWEST_MARKS = 8


def luhn(value: str) -> bool:
    """Accepts a payment card number: 12 to 19 digits with a right Luhn digit (ISO/IEC 7812), not all of them equal."""
    from stdnum import luhn as stdnum_luhn

    digits = _NOT_DIGIT.sub("", value)
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and bool(stdnum_luhn.is_valid(digits))


def iban(value: str) -> bool:
    """An IBAN of a known country with the right length and checksum (ISO 13616)."""
    from stdnum import iban as stdnum_iban

    return bool(stdnum_iban.is_valid(value, check_country=False))


def bitcoin(value: str) -> bool:
    """A Bitcoin address, base58check or bech32."""
    from stdnum import bitcoin as stdnum_bitcoin

    return bool(stdnum_bitcoin.is_valid(value)) or value.lower().startswith("bc1p")


def _without_extension(value: str) -> str:
    """A phone number up to the first letter or `#` behind six digits or more: what stands there says whom to ask for."""
    digits = 0
    for i, c in enumerate(value):
        digits += c.isdecimal()
        if digits >= _FEWEST_BEFORE_EXTENSION and (c == "#" or c.isalpha()):
            return value[:i].rstrip(" ,;")
    return value


@lru_cache(maxsize=4096)
def phone(value: str) -> bool:
    """A phone number that some country can have: international ones by their prefix, others by their length."""
    import phonenumbers

    value = _without_extension(value)
    if len(_NOT_DIGIT.sub("", value)) < 7:
        return False
    cleaned = re.sub(r"^00", "+", value.strip())
    regions = (
        [None] if cleaned.startswith("+") else ["US", "GB", "DE", "FR", "BR", "IN", "CN", "JP", "TR", "PH", "ES", "IL", "AU"]
    )
    for region in regions:
        try:
            number = phonenumbers.parse(cleaned, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return True
    return False


@lru_cache(maxsize=4096)
def phone_of_a_country(value: str) -> bool:
    """A number with its country's prefix that the country's plan has."""
    import phonenumbers

    value = _without_extension(value)
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(re.sub(r"^00", "+", value.strip()))))
    except phonenumbers.NumberParseException:
        return False


def phone_digits(value: str) -> bool:
    """Accepts as many digits as a phone number has (ITU-T E.164: at most 15), not counting percent codes. A date is refused."""
    digits = _NOT_DIGIT.sub("", _without_extension(_PERCENT_CODE.sub("", value)))
    return 7 <= len(digits) <= 15 and not re.fullmatch(r"\(?(?:19|20)\d{2}[ ./-]\d{1,2}[ ./-]\d{1,2}", value)


def ip_address(value: str) -> bool:
    """An IPv4 or IPv6 address, with a zone or a prefix length allowed."""
    value = value.strip("[]").split("%")[0].split("/")[0]
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def us_ssn(value: str) -> bool:
    """A US social security number that can have been issued (SSA's rules for areas, groups and serials)."""
    digits = _NOT_DIGIT.sub("", value)
    return (
        len(digits) == 9
        and digits[:3] not in ("000", "666")
        and digits[0] != "9"
        and digits[3:5] != "00"
        and digits[5:] != "0000"
    )


def crc32_suffix(value: str) -> bool:
    """An Atlassian token whose last 8 hex digits are the CRC-32 of all before them (`=` included or not)."""
    body, digits = value[:-8], value[-8:]
    return any(binascii.crc32(b.encode()) == int(digits, 16) for b in (body, body.rstrip("=")))


def entropy(value: str) -> float:
    """Shannon entropy of the characters of `value`, in bits a character."""
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())


def random_token(value: str) -> bool:
    """Looks random: small and capital letters and digits mixed, at least 3.5 bits a character."""
    return bool(re.search("[a-z]", value) and re.search("[A-Z]", value) and re.search("[0-9]", value)) and entropy(value) >= 3.5


def written_out(value: str) -> bool:
    """No text that stands for what is to be filled in: no row of x that is half of it and at least eight characters, as in
    `ghp_xxxxxxxxxxxx`, nor what `FILLED_LATER` names."""
    marks = value.count("x") + value.count("X")
    return (marks < _FEWEST_MARKS or marks * 2 < len(value)) and FILLED_LATER.fullmatch(value) is None


def card(value: str) -> bool:
    """A payment card number of a length that its network uses, with a right Luhn digit, not a run of zeros."""
    digits = _NOT_DIGIT.sub("", value)
    lengths = {"3": (14, 15, 16), "4": (13, 16, 19), "5": (13, 16, 19), "6": (16, 19), "2": (16,), "1": (15,)}
    return len(digits) in lengths.get(digits[:1], ()) and len(set(digits)) > 1 and luhn(digits)


def ip_or_dashed(value: str) -> bool:
    """An IP address, its parts joined with dots or with dashes as in the names of cloud hosts."""
    return ip_address(value) or ip_address(value.replace("-", "."))


def three_digits(value: str) -> bool:
    """At least three digits, and not only a year or a date."""
    digits = _NOT_DIGIT.sub("", value)
    return len(digits) >= 3 and not re.fullmatch(r"(?:19|20)\d{2}(?:[ -]\d{2}){0,2}", value)


_WORD_OF_PROSE = regex(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NAME_WORD = regex(r"[^\W\d_]+")
_FUNCTION_WORDS = frozenset("and or the a an of in on at to for is are was by with from as it its this that not no if".split())
_NO_NAMES = _FUNCTION_WORDS | frozenset(
    "root admin user by via into onto about after before over under has had was were will can".split()
)


_LIKE_NAMES = frozenset(("name", "capital", "given", "like"))


_AFTER_MODALS = frozenset(
    "be not have has get see need want use also only edit change fail retry expire receive lose then now".split()
)


def not_common_words(value: str) -> bool:
    """Not ordinary words alone; words that are names too will do (`Mark`, `Will Power`, not `Page`), for a cue stands before."""
    words = _NAME_WORD.findall(value)
    if not words or words[0].lower() in _FUNCTION_WORDS:
        return False
    grades = [lexicon().grade(w) for w in words]
    if any(g not in ("word", "either", "family") for g in grades):
        return True
    return grades[0] == "either" and len(words) < 3 and words[-1].lower() not in _AFTER_MODALS


def user_name(value: str) -> bool:
    """An id, like a name, made of one (`jdoe`, `janed`), or with digits or signs between letters that are not all common."""
    if not value.isalpha():
        return is_id(value) or any(lexicon().grade(w) != "word" for w in _NAME_WORD.findall(value) if len(w) > 1)
    grade = lexicon().grade(value)
    made_of = [lexicon().grade(part) for part in (value[1:], value[:-1]) if len(part) > 2]
    return grade in _LIKE_NAMES or (grade == "unknown" and any(g in ("name", *EITHER) for g in made_of))


def two_words_not_common(value: str) -> bool:
    """Two to five words, at least half of them neither ordinary words nor first of all ordinary words."""
    words = _NAME_WORD.findall(value)
    return 2 <= len(words) <= 5 and sum(lexicon().grade(w) not in ("word", "either", "family") for w in words) * 2 >= len(words)


def no_common_word(value: str) -> bool:
    """Words that could be a name in small letters: none of them an ordinary word, one of them like a name."""
    words = [w.lower() for w in _NAME_WORD.findall(value)]
    if not words or len(words[0]) < 2 or _NO_NAMES & set(words) or lexicon().grade(words[0]) == "family":
        return False
    grades = {lexicon().grade(w) for w in words}
    return "word" not in grades and bool(grades & {"either", *_LIKE_NAMES})


def not_only_function_words(value: str) -> bool:
    """More than `and`, `the`, `of`."""
    words = _NAME_WORD.findall(value)
    return any(w.lower() not in _FUNCTION_WORDS for w in words)


def dotted_name(value: str) -> bool:
    """An initial or a given name, a dot or a low line, and a family name: neither an ordinary word, one of them surely a name."""
    first, _, last = re.sub(r"\d+$", "", value).replace("_", ".").partition(".")
    grades = [lexicon().grade(w) for w in (first, last) if len(w) > 1]
    return "name" in grades and not {"word", "unknown"} & set(grades) and len(last) > 1


def one_is_a_name(value: str) -> bool:
    """Words of which one is a name, or none an ordinary word; single letters do not count."""
    grades = {lexicon().grade(w) for w in _NAME_WORD.findall(value) if len(w) > 1}
    return "name" in grades or ("word" not in grades and bool(grades - {"family", *EITHER}))


_PROGRAM_WORDS = frozenset(
    """
    error errors fail failed fails failing failure invalid missing required expected unexpected undefined null none nil nan
    empty timeout timed retry retries retrying request requests response responses server client connection connect connected
    connecting socket token tokens session key keys value values field fields column columns row rows table index cache cached
    queue job jobs task tasks worker workers thread threads process processes event events handler handlers hook module modules
    package packages version versions build deploy deployed config configuration parameter parameters argument arguments type
    types string number boolean object array list map function functions method class classes file files directory path url uri
    host hosts port header headers body query status code codes http https api json xml html css node loading loaded started
    starting stopped listening initialized initializing completed finished skipped skipping ignored ignoring deprecated warning
    debug info trace permission permissions denied allowed forbidden unauthorized authenticated found exists created updated
    deleted fetched fetching received receiving sent sending processed processing scheduled enabled disabled cluster database
    schema migration transaction commit rollback lock buffer memory disk cpu bytes ms seconds limit exceeded rate quota webhook
    trigger resolver scope scopes endpoint interface instance service services container pod image registry proxy gateway router
    closed refused reset ended lost aborted rejected terminated killed crashed dropped reached restarted disconnected cancelled
    node nodes state states stage boot kernel partition interrupt interrupts temperature synchronized synchronization sync
    broadcast variable variables pressure scripting icon startup shutdown signal driver drivers device devices command commands
    runtime system mode update upgrade check checking allocation allocated heap thread pool policy operation operations
    configured setting settings option options property properties attempt attempts exit script library
    true false default ok ready done success successful successfully data input output format syntax parse parsing
    parser exception stack line record records batch chunk stream page pages component components plugin app application user
    users account id ids name names email token unknown unable cannot unsupported
    """.split()
)
"""Words that programs use when they speak of what they do."""
_PERSON_SPEAKS = frozenset(
    """
    i i'm i've i'd i'll my me mine myself he she his her hers him we our us you your please thanks thank sorry dear hello
    ich mein meine meinen meiner mir mich wir unser unsere uns bitte danke je j'ai mon ma mes moi nous notre nos vous votre merci
    yo mi mis nosotros nuestro gracias usted eu meu minha nós nosso obrigado io mio mia noi nostro grazie ik mijn wij ons jeg mitt
    min vi vår jag mig minä minun ja mój moja mnie proszę můj já prosím ben benim biz saya kami tôi я мой моя мне меня мы нас
    """.split()
)
_LINKS = frozenset(
    """
    the a an of and to in on at for with about from after before because until since that this how what why when who when where
    der die das den dem des und ein eine einen zu im am auf mit von nach wegen seit le la les des du et un une de à au avec pour
    el los las y en con por para que o os as e em com não il lo gli di che per del della het een van voor met niet
    och att på med för ikke og det på til się na do jest nie z w за на по не и с в
    """.split()
)
"""Small words that hold sentences together."""
_PROSE_TOKEN = regex(r"[\"'“”(‘’«»*_]*(?:[^\W\d_]+(?:['’-][^\W\d_]+)*|[#€$£]?\d[\d.,:%]*|\x1a+)[.,;:!?\"'”’)«»*_…]*|[-–—&+]")
_NOT_PROSE = regex(r"[={}|<>\[\]]|\w\(|::|\w_\w|[a-z][A-Z]|\w/\w")


def says_something(value: str) -> bool:
    """Words of which at least half are none that programs use when they speak of themselves."""
    words = [w.lower() for w in _NAME_WORD.findall(value)]
    return any(len(w) > 2 for w in words) and sum(w in _PROGRAM_WORDS for w in words) * 2 < len(words)


def sentence_of_a_person(value: str) -> bool:
    """Reads as a sentence of a person: three words or more, nearly all plain; either somebody speaks of
    themselves or of others, or
    no word is one that programs use when they speak of what they do."""
    words = [w.lower() for w in _WORD_OF_PROSE.findall(value)]
    tokens = value.split()
    of_programs = sum(w in _PROGRAM_WORDS for w in words)
    speaks = not _PERSON_SPEAKS.isdisjoint(words)
    plain = sum(_PROSE_TOKEN.fullmatch(t) is not None for t in tokens)
    return (
        len(words) >= 3
        and sum(w.islower() for w in _NAME_WORD.findall(value)) * 2 >= len(words)
        and (of_programs * 4 <= len(words) if speaks else of_programs == 0 and not _LINKS.isdisjoint(words))
        and sum(c.isdigit() for c in value) * 10 <= len(value)
        and plain * 5 >= len(tokens) * 4
        and _NOT_PROSE.search(value) is None
    )


_FEWEST_WORDS = 4
_OF_MACHINES = frozenset(
    """
    leader follower followers leaders replica replicas quorum election term peer peers config handle handler message
    messages block blocks registry partitioned domain history heartbeat handshake certificate tls ssl tcp udp dns packet
    packets interface route routes routing subnet firewall kernel daemon goroutine mutex garbage collector container
    containers pods deployment deployments namespace namespaces shard shards partition partitions segment segments offset
    consumer producer snapshot snapshots checkpoint checkpoints backup backups compaction flush flushed flushing evicted
    eviction ttl lease watchdog probe probes upstream downstream backend frontend balancer sandbox sdk compiler compiled
    bytecode binary linker debugger telemetry metric metrics trace traces span spans sampling log logs logging logger stdout
    stderr stdin pipe pipeline artifact artifacts dependency dependencies lint repository repo commit commits rebase
    checksum hash digest encrypted cipher nonce payload encode decode regex sql cursor deadlock constraint constraints idle
    keepalive listener epoll polling interval cron scheduler rollout canary feature toggle flag flags algorithm callback
    async await promise null-pointer pointer segfault stacktrace virtual machine cpu gpu firmware bios usb bluetooth wifi
    sensor node-pool autoscaler ingress egress bandwidth latency maintenance rack sample samples range window select linting
    linter tests suite assertion
    """.split()
) | _PROGRAM_WORDS.difference(
    """
    job jobs cannot unable lost closed missing found required expected received sent started finished created ended killed dropped
    reached limit names account email body true false ok ready done pages page class record records policy system seconds request
    requests response event events state user users check checking exit success successful status list file files service services
    denied allowed reset completed cancelled refused terminated rejected broadcast pressure icon line attempt attempts failed
    fails states operation condition stage library driver drivers port field fields row command commands options settings hook
    """.split()
)
"""Words that only programs have much use for."""


def speech_of_a_person(value: str) -> bool:
    """Reads as what a person says, who is known to speak of themselves or of others: four words or more, a third in small
    letters, at most one in seven a word of machines."""
    words = [w.lower() for w in _WORD_OF_PROSE.findall(value)]
    return (
        len(words) >= _FEWEST_WORDS
        and sum(w in _OF_MACHINES for w in words) * 7 <= len(words)
        and sum(w.islower() for w in _NAME_WORD.findall(value)) * 3 >= len(words)
        and sum(c.isdigit() for c in value) * 10 <= len(value)
    )


_SMALL_WORDS = (
    _LINKS
    | _PERSON_SPEAKS
    | frozenset(
        """
        nicht ist hat bei für aus aber dass pas est sur ne sa ses su del al tra nel ha è da na um uma geen wil op haar zijn maar
        naar etter hos jo ikkje inte från ej af fra jak że się dla przez bez już bardzo je ne za že pri u az és nem hogy ve bir
        için çok bu ama ja ei ole nu în și cu pe yang di tidak untuk akan он она но что для это
        """.split()
    )
)
_FEWEST_SMALL = 2
_FEWEST_BESIDE_SMALL = 4
_OF_PROGRAMS = _OF_MACHINES | _PROGRAM_WORDS
_FEWEST_OF_A_MATTER = 5
_AT_WORK = _OF_PROGRAMS | frozenset(
    """
    queued queueing export exported exporting import imported importing sync synced syncing calculating calculated calculation
    generating generated rendering rendered uploading uploaded downloading downloaded publishing published computing computed
    merging merged validating validated indexing indexed scheduling connector adapter station shift module dashboard widget
    employees patients reminder reminders notification notifications mail mails batch feed report reports total entries volume
    channel channels folder folders screen button template templates view views model models dataset datasets tensor layer layers
    epoch epochs health healthy unhealthy zone region bucket buckets topic topics subscription subscriptions license licence pixel
    pixels frame frames video audio codec bitrate decoder encoder font fonts locale rule rules
    """.split()
)


def private_matter(value: str) -> bool:
    """Reads as a sentence of a person, who is known to speak of private life: five words or more with small ones among them, none
    of which programs use when they speak of what they do, but one in six where somebody speaks to somebody."""
    words = [w.lower() for w in _WORD_OF_PROSE.findall(value)]
    at_work = sum(w in _AT_WORK for w in words)
    return (
        len(words) >= _FEWEST_OF_A_MATTER
        and (at_work == 0 or (at_work * 6 <= len(words) and not _PERSON_SPEAKS.isdisjoint(words)))
        and not _SMALL_WORDS.isdisjoint(words)
        and sum(w.islower() for w in _NAME_WORD.findall(value)) * 3 >= len(words)
        and sum(c.isdigit() for c in value) * 10 <= len(value)
    )


_TITLES = frozenset(
    "mr mrs ms miss dr prof herr herrn frau mme monsieur madame señor señora signor signora senhor senhora".split()
)
"""Words that the name of a person stands behind."""
_FEWEST_BESIDE_NAME, _SHORTEST_BESIDE_NAME = 2, 3


def words_about_a_person(value: str) -> bool:
    """Reads as what a person wrote of somebody: a name, or a title with a capital behind it, and two words of three letters or
    more beside it that are no names, one of them in small letters. None of them is one that programs use when they speak of what
    they do."""
    words = _NAME_WORD.findall(value)
    grades = [lexicon().grade(w) if w[:1].isupper() else "word" for w in words]
    named = [
        len(w) > 1 and (grade == "name" or (w[:1].isupper() and before.lower() in _TITLES))
        for before, w, grade in zip(["", *words], words, grades, strict=False)
    ]
    others = [w for w, is_name, grade in zip(words, named, grades, strict=True) if not is_name and grade == "word"]
    return (
        any(named)
        and sum(len(w) >= _SHORTEST_BESIDE_NAME for w in others) >= _FEWEST_BESIDE_NAME
        and any(w.islower() for w in others)
        and not any(w.lower() in _AT_WORK for w in others)
        and _NOT_PROSE.search(value) is None
        and not is_message(value)
    )


def free_text(value: str) -> bool:
    """Reads as a sentence, which is known to stand where people write: five words or more, two small ones among them, at most one
    in eight a word of programs, and no message of a program."""
    words = [w.lower() for w in _WORD_OF_PROSE.findall(value)]
    return (
        len(words) >= _FEWEST_OF_A_MATTER
        and sum(w in _OF_PROGRAMS for w in words) * 8 <= len(words)
        and sum(w in _SMALL_WORDS for w in words) >= _FEWEST_SMALL
        and _is_plain(value, len(words))
    )


def short_free_text(value: str) -> bool:
    """Free text, or four words or more of which programs use none, one of them small or with accents, which are known to stand
    where nobody but people writes."""
    words = [w.lower() for w in _WORD_OF_PROSE.findall(value)]
    return free_text(value) or (
        len(words) >= _FEWEST_BESIDE_SMALL
        and not (_SMALL_WORDS.isdisjoint(words) and all(map(str.isascii, words)))
        and not any(w in _AT_WORK for w in words)
        and _is_plain(value, len(words))
    )


def _is_plain(value: str, words: int) -> bool:
    """True if a third of the words is in small letters, digits are few, nothing is code, and it is no message of a program."""
    return (
        sum(w.islower() for w in _NAME_WORD.findall(value)) * 3 >= words
        and sum(c.isdigit() for c in value) * 10 <= len(value)
        and _NOT_PROSE.search(value) is None
        and not is_message(value)
    )


_MONTHS = frozenset("january february march april may june july august september october november december".split())
_COUNTED = frozenset(
    "sprint topic topics subscribers groups group members items orders build release phase step customers".split()
)
"""Words in capitals that numbers stand beside, and that no address has."""
_CAPITAL = regex(r"(?<![^\W_])[^\W\d_a-z][^\W\d_]+")
_HOUSE = regex(r"(?<![\w.:])\d{1,7}[A-Za-z]?(?![\w:]|\.\d)")


_ABOUT_PERSONS = frozenset(
    """
    fire firing fired dismiss dismissal layoff layoffs bonus salary salaries payslip harassment grievance complaint lawsuit
    divorce pregnancy pregnant maternity sick illness burnout wife husband mother father son daughter boss ceo cfo cto coo manager
    lead colleague intern widow lawyer warn quit resign resignation fraud bribe drunk angry apologize apology
    """.split()
)
"""Words by which people speak of persons at work, in the name of a branch."""
_SMALL_IN_SLUGS = frozenset("the his her my our their he she we who why because before after against about not never of".split())
_FEWEST_ABOUT = 2


def slug_about_a_person(value: str) -> bool:
    """A phrase joined with dashes, of which a word is a name, or two speak of persons and their work and a small one stands
    beside them."""
    words = [w.lower() for w in _NAME_WORD.findall(value)]
    about = sum(w in _ABOUT_PERSONS for w in words)
    small = not _SMALL_IN_SLUGS.isdisjoint(words)
    return one_is_a_name(value) or (small and about >= _FEWEST_ABOUT)


def looks_postal(value: str) -> bool:
    """Names and numbers of houses and towns: none of the words of programs or months, and two names or an uncommon one."""
    names = _CAPITAL.findall(value)
    words = {w.lower() for w in _NAME_WORD.findall(value)}
    if not names or _HOUSE.search(value) is None or words & (_PROGRAM_WORDS | _MONTHS | _COUNTED):
        return False
    return len(names) > 1 or lexicon().grade(names[0]) != "word"


_FEWEST_NAMES = 3


def postal(value: str) -> bool:
    """Names and numbers of houses and towns: a name that is no ordinary word, or three and none of the words of programs."""
    return not_common_words(value) or (looks_postal(value) and len(_CAPITAL.findall(value)) >= _FEWEST_NAMES)


_POSTAL_CODE = regex(r"(?<!\d)\d{4,6}(?!\d)")


def beside_address(value: str) -> bool:
    """May be a part of an address, beside a street: none of the words of programs or months; numbers, several words, a word that
    is no ordinary one or is for a part of a house, or a postal code."""
    words = [w.lower() for w in _NAME_WORD.findall(value)]
    if not _OF_PROGRAMS.union(_MONTHS, _COUNTED).isdisjoint(words):
        return False
    named = [w for w in _NAME_WORD.findall(value) if len(w) > 1]
    return (
        len(named) != 1
        or "\x1a" in value
        or _POSTAL_CODE.search(value) is not None
        or not _OF_HOUSES.isdisjoint(words)
        or any(lexicon().grade(w) != "word" for w in named)
    )


_OF_HOUSES = frozenset(
    """
    apt apartment flat unit suite ste villa plot lot block blk building bldg tower shop door room floor house casa piso depto dpto
    apto appt wohnung stiege lgh leil app scala scara sector bloc bl etaj et ap as int piano porta esc puerta izq izquierda dcha
    derecha dereita dto étage etage lok whg rappu krs byt patro emelet ajtó bloco sala andar torre oppgang
    """.split()
)


def no_message(value: str) -> bool:
    """Returns True if a text is no message of a program about a value."""
    return not is_message(value)


VALIDATORS: dict[str, Callable[[str], bool]] = {
    f.__name__: f
    for f in (
        luhn,
        iban,
        bitcoin,
        phone,
        phone_digits,
        phone_of_a_country,
        ip_address,
        us_ssn,
        crc32_suffix,
        random_token,
        written_out,
        card,
        ip_or_dashed,
        three_digits,
        not_common_words,
        two_words_not_common,
        no_common_word,
        user_name,
        not_only_function_words,
        dotted_name,
        one_is_a_name,
        slug_about_a_person,
        looks_postal,
        beside_address,
        postal,
        says_something,
        no_message,
        sentence_of_a_person,
        speech_of_a_person,
        private_matter,
        words_about_a_person,
        free_text,
        short_free_text,
        national_number,
        national_number_bare,
        national_number_alone,
    )
}
