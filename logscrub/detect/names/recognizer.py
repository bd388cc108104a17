"""Finds names by the words themselves: lists and shapes, against the words of English, code and logs.

A text is cut into phrases of words that stand side by side and are no ordinary words. What a phrase is follows from the
grades of its words (`lexicon.py`), from how it is written, and, where the words alone leave it open, from what stands
around it: a pure function of the text, in microseconds for a line. A name of three letters or fewer in small letters, or one all
in capitals (a project key), needs an announcement.

| phrase | is a name |
| --- | --- |
| a word that is a name and hardly anything else | always: `cache Nadia miss`, `KeyError: nadia` |
| two or more words, one of them such a name | always: `Jennifer Hall`, `jane doe` |
| an initial and a name, written as one word on no list | in small letters: `jsvensson` |
| such a name and a capitalised ordinary word within a sentence | both: `import of Per Carlsson` |
| capitalised words side by side that are no ordinary words, one of them on no list and shaped like a name | always |
| a given name that is a place or a rarer word too, and a family name: `Victoria Heath` | if capitalised |
| a name that is a word too: `Mark`, `Grace`, `Hall` | after a cue (`by Mark`), before what persons do, within a sentence |
| a word on no list that is shaped like a name | after a cue (`user Aabiörn`), in sentences, or if its shape is plain |
| such a word in a list with a name | always: `Nadia, Rose and Frank`, `Doe, Jane` |
| a family name that is nearly always a word, alone: `Page`, `Story` | after an initial: `J. Page` |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from logscrub.detect.messages import is_of_program
from logscrub.detect.names.lexicon import EITHER, JOINED_PARTICLES, Grade, Lexicon, fold
from logscrub.detect.names.prose import is_code_word, is_prose
from logscrub.detect.views import LATER_BYTE
from logscrub.model import Span
from logscrub.patterns import regex

_LETTER = "A-Za-zÀ-ÖØ-öø-ʯʼʾʿḀ-ỿ\u0300-\u036f"
_QUOTES = "‘’“”…–—›"
_LATER_BYTE = rf"(?![{_QUOTES}]){LATER_BYTE}"
"""A character that stands for a later byte of a character in UTF-8, and is no sign that closes or goes on behind a word."""
_TOKEN = regex(
    rf"(?!\xc3{_LATER_BYTE})[{_LETTER}](?<![\w.\\].)(?<!\w-.)(?<!::.)(?<!(?<![a-z0-9])/.)[{_LETTER}]*(?:['’ʼʻ`-][{_LETTER}]+){{0,6}}"
    r"(?![\w@\\]|-\w|/[^A-Z\s]|\.\w|::|\(\)"
    rf"|(?<=[\xc2\xc3\xe2]){LATER_BYTE}|(?<=[\xc4\xc5\xce-\xd1]){_LATER_BYTE})"
    rf"|(?<=[{_LETTER}][ ])(?![a-z])[{_LETTER}]{{2,40}}(?=/[a-z]|\.[a-z][a-z0-9]{{1,4}}(?![\w.]))"
)
"""A word that is no part of an identifier, an address or a path in small letters; or the last of several that are a part of a
path or the name of a file. The first byte of a character in UTF-8 that was read as Windows-1252 or Latin-1 is not its last
letter, nor are such a first byte and the second one its first letters."""
_CODE_BEFORE = frozenset("/$%+~-")
_CODE_AFTER = frozenset("/(-+=")
"""Characters that make code of a word in small letters when they are glued to it."""
_PARTICLES = frozenset(
    """
    van von der den de da di do dos das del della la le el al bin ibn bint abu ben ter ten zu zur y e af av ap
    nic ni ó ní st san santa vander mac te dalle dalla du des die los las
""".split()
)
_BEGINNINGS = frozenset("van von de di da del della bin ibn abu al el ter ten vander mac nic ni ó ní st".split())
"""Particles that can begin a name."""
_HYPHEN = regex(r"['’ʼʻ`-]")
_AUXILIARY = frozenset("will may art an do so in on my can so do ask no or and all any out per via min max data sun".split())
"""Words that a lower-case name does not end or begin with."""


def _any(words: str) -> str:
    return "|".join(word.replace("_", " ") for word in words.split())


_ROLES = _any("""
    users? assignee reporter author owner creator approver reviewer request[eo]r customer contact member participant person
    employee manager colleague sender recipient attendee watcher voter caller patient applicant candidate by
    hello hi dear hey welcome cc notify notifying regards thanks cheers named i_am i'm name_is on_behalf_of asked told emailed
    invited
""")
_CUE = regex(rf"(?:(?<![\w.-])(?:(?i:{_ROLES})|Mr|Mrs|Ms|Dr|Prof|Herr|Frau|Señora?|Mme)[.,:]?[ ][\"'“‘(\[]?|(?<![\w.])@)$")
"""Cue words that announce a person."""
_SAYS = _any("joined said says wrote asked replied commented voted approved rejected invited mentioned left_the is_typing")
_WORKS = _any("""
    updated created edited deleted moved closed opened assigned reopened resolved viewed uploaded shared renamed archived changed
    added removed transitioned exported imported clicked
""")
_DOES = regex(
    rf"[\"'”’]?[ ](?:(?:has |had )?(?:logged|signed) (?:in|out|up|off)|{_SAYS}"
    rf"|(?:{_WORKS}) (?:the|a|an|this|his|her|their|page|issue|board|comment|[A-Z][A-Z0-9]+-\d))(?!\w)"
)
"""Verbs whose subject is always a person."""
_NO_PERSON = regex(
    r"(?:^|[.!?:]\s*|[A-Z]\w*[ ]|\x1a[ ]"
    r"|\b(?i:in|on|at|of|the|since|until|during|near|to|a|an|from|every|next|last|this|use|using)\s)$"
)
"""Contexts before a capital in a sentence that need not mean a person: the beginning, other capitals, times and places."""
_NEVER = frozenset(
    """
    account action activity admin administrator agent alert api app application approver assignee attachment author backup board
    bucket bug card case channel client comment component config confluence connection contact creator customer dashboard
    data database default description directory document domain drive editor email employee entity entry epic error event export
    failure field file filter folder for from function group handler hello import index info input instance invalid issue item
    jira job key label lead library list lock log login macro manager member message missing model module name namespace new
    node note object operator organization owner page panel person plan portal profile project query queue record reference
    release report reporter request resolver resource response result reviewer role root row rule scope script server service
    session set setting settings site software space sprint staff state status step story string subject sync system table tag
    task team template tenant test text the thread ticket timeout title token topic transition trigger type unknown update
    user username value version view viewer visitor voter warning watcher web webhook widget with work worker workflow workspace
""".split()
)
"""Ordinary words that do not belong to the name they stand beside."""
_PLACES = regex(
    r"\b(?:San|Santa|Santo|São|Saint|St\.?|Los|Las|Port|Fort|Mount|Lake|Cape|New|North|South|East|West|Rio|Puerto|N|S|E|W)[. ]*$"
)
"""Words that stand before half of a place's name."""
_OPENS = regex(r"(?:^\s*|[\"'“‘(\[{|;=>\t]|[:,;|] )$")
_CLOSES = regex(r"\s*$|[\"'”’)\]}|,;<\t]| \|")
"""Signs that stand around a whole value."""
_BETWEEN = frozenset((", ", ",", "; ", ";", " and ", " & ", " / ", "/", ", and "))
"""Signs and words that stand between names in a list."""
_TIMES = frozenset(
    """
    january february march april may june july august september october november december jan feb mar apr jun jul aug sep oct nov
    dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun spring summer autumn winter
""".split()
)
_BY = regex(r"\bby $")
_NUMBER = regex(r",? ?\d")
_SUFFIXES = ("'s", "’s")
_GAP = regex(r"[ \u00a0]|(?<=\b[^\W\d_])\.[ \u00a0]?")
_MOST_KNOWN = 50_000
_PLAIN = 15
"""Tenths of log odds by which the shape of a word on no list is plainly a name's."""


class _Word(NamedTuple):
    start: int
    end: int
    text: str
    grade: Grade
    """The class of a word in small letters without regard to its shape."""
    case: str
    """`C` capitalised, `U` all capitals, `l` small letters, `i` an initial, `p` a particle, `?` written like code."""
    joined: bool
    """True if it stands beside the word before."""


class ListedNames:
    """The recognizer of this module."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[str, tuple[str, Grade]] = {}
        """Case and grade of words, most of which come again."""

    def _look_up(self, word: str) -> tuple[str, Grade]:
        case = _case(word)
        known = case, self._lexicon.grade(word, case != "l") if case in "CUl" else "unknown"
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[word] = known
        return known

    def recognise(self, text: str) -> list[Span]:
        """The spans of names in `text`, in order, apart."""
        words = self._words(text)
        found: list[tuple[int, int, bool]] = []
        for first, last in _phrases(words):
            first, last = _trimmed(words, first, last, text)
            if first == last:
                continue
            if self._is_name(words[first:last], text):
                first, last = _completed(words, first, last, text)
                found.append((words[first].start, words[last - 1].end, True))
            elif _could_be(words[first:last]):
                found.append((words[first].start, words[last - 1].end, False))
        if self._lexicon.phrases is not None:
            found += [(*m.span(), True) for m in self._lexicon.phrases.finditer(text)]
        return [
            Span(start, end, "PERSON", "name", "name_listed", "likely", text[start:end])
            for start, end in _merged(_with_neighbours(found, text))
            if not self._is_of_program(text, start, end)
        ]

    def _is_of_program(self, text: str, start: int, end: int) -> bool:
        """True if a program wrote what looks like a name in another language. A user's own names are always names."""
        return is_of_program(text, start, end, self._lexicon) and not self._lexicon.has_own_name(text[start:end])

    def _words(self, text: str) -> list[_Word]:
        words: list[_Word] = []
        known = self._known
        before = -9
        for m in _TOKEN.finditer(text):
            start, end = m.span()
            word = m[0]
            if word[-2:] in _SUFFIXES and len(word) > 3:
                word, end = word[:-2], end - 2
            joined = start - before <= 2 and (text[before:start] == " " or _GAP.fullmatch(text, before, start) is not None)
            before = end
            case, grade = known.get(word) or self._look_up(word)
            if case == "l" and (text[start - 1 : start] in _CODE_BEFORE or text[end : end + 1] in _CODE_AFTER):
                case, grade = "?", "unknown"
            elif case == "C" and joined and word.lower() in _PARTICLES and _begins(text, end):
                case, grade = "p", "unknown"
            words.append(_Word(start, end, word, grade, case, joined))
        return words

    def _is_name(self, phrase: list[_Word], text: str) -> bool:
        """True if a phrase, trimmed, is a name by the table above."""
        full = [w for w in phrase if w.case in "CUl"]
        grades = [w.grade for w in full]
        start, end = phrase[0].start, phrase[-1].end
        case = "C" if any(w.case == "C" for w in full) else full[0].case
        names, likes = grades.count("name"), grades.count("like")

        def announced() -> bool:
            if case != "l" and grades[0] != "either" and text[max(0, start - 2) : start] == "\x1a ":
                return True  # an earlier finding, which is opaque now: `<EMAIL_ADDRESS> Ottová`
            return _CUE.search(text, max(0, start - 24), start) is not None or _DOES.match(text, end) is not None

        if case == "l":
            if len(full) == 1:
                word = full[0].text
                if names == 1:
                    return len(word) > 3 or announced()
                return grades[0] in ("like", "unknown") and self._lexicon.made_of_names(fold(word))
            return names > 0 or (announced() and all(w.grade != "unknown" or self._lexicon.grade(w.text) == "like" for w in full))
        if case == "U":
            return names > 0 and ((len(full) > 1 and "unknown" not in grades) or announced())
        if len(full) > 1:
            if names or likes or (grades[0] == "given" and "unknown" not in grades):
                return True
            return announced() or (grades[0] == "either" and (_alone(text, start, end) or _in_prose(text, start)))
        grade, word = grades[0], full[0].text
        if word.lower() in _TIMES and (_BY.search(text, max(0, start - 4), start) or _NUMBER.match(text, end)):
            return False
        if _PLACES.search(text, max(0, full[0].start - 8), full[0].start) and not announced():
            return False
        helped = len(phrase) > 1  # an initial or a particle
        if grade == "name":
            return len(word) > 2 or helped or announced()
        if grade in ("given", "either"):
            return helped or announced() or _in_prose(text, start)
        if grade == "like":
            return helped or announced() or is_prose(text) or self._lexicon.shape(fold(word)) > _PLAIN
        return grade == "family" and phrase[0].case == "i"


def _case(word: str) -> str:
    if len(word) == 1:
        return "i" if word.isupper() else "p" if word in _PARTICLES else "?"
    if word.islower():
        return "p" if word in _PARTICLES else "l"
    if word.isupper():
        return "U"
    pieces = _HYPHEN.split(word)
    if len(pieces) > 1 and pieces[0] in JOINED_PARTICLES:
        pieces.pop(0)  # al-Farsi, d'Souza
    return "C" if pieces[0][:1].isupper() and not any(is_code_word(p) for p in pieces if len(p) > 1) else "?"


def _phrases(words: list[_Word]) -> Iterator[tuple[int, int]]:
    """Runs of words side by side, written alike, that are no ordinary words; with the particles and initials between them."""
    first = 0
    held: _Word | None = None
    for i, word in enumerate(words):
        may_be_ordinary = word.grade in ("word", "capital")
        if (
            not word.joined
            or word.case == "?"
            or (may_be_ordinary and _is_ordinary(words, first, i))
            or (held is not None and not _alike(held, word))
        ):
            if held is not None:
                yield first, i
            first, held = i, None
        if word.case == "?" or (may_be_ordinary and _is_ordinary(words, first, i)):
            first = i + 1
        elif word.case in "CUl":
            held = word
    if held is not None:
        yield first, len(words)


def _alike(one: _Word, other: _Word) -> bool:
    """True if two words have the same case. A name may have its family name in capitals: `Jean ROUX`."""
    if other.case not in "CUl" or one.case == other.case:
        return True
    return (
        {one.case, other.case} == {"C", "U"} and "name" in (one.grade, other.grade) and "unknown" not in (one.grade, other.grade)
    )


def _is_ordinary(words: list[_Word], first: int, i: int) -> bool:
    """True if word `i` is an ordinary one. A word that follows a particle within a name belongs to the name: `Ludwig van
    Beethoven`."""
    word = words[i]
    if word.grade != "word":
        before = words[i - 1].grade if i > first and word.joined else ""
        after = words[i + 1].grade if i + 1 < len(words) and words[i + 1].joined else ""
        return word.grade == "capital" and "name" not in (before, after)
    return not (word.case == "C" and i - 2 >= first and words[i - 1].case == "p" and words[first].grade == "name")


def _begins(text: str, end: int) -> bool:
    """True if a capitalised word follows."""
    return text[end : end + 1] == " " and text[end + 1 : end + 2].isupper()


def _trimmed(words: list[_Word], first: int, last: int, text: str) -> tuple[int, int]:
    """Without particles and initials that hold nothing together, and words that are function words where they stand."""
    while last > first:
        word = words[last - 1]
        after = words[last] if last < len(words) and words[last].joined else None
        if not (
            word.case == "p"
            or (word.case == "i" and text[word.end : word.end + 1] != ".")
            or (word.case == "l" and word.text in _AUXILIARY)
            or (word.text in ("Will", "May") and after is not None and after.case == "l" and last - first > 1)
        ):
            break
        last -= 1
    while first < last:
        word = words[first]
        if not (
            (word.case == "l" and word.text in _AUXILIARY)
            or (word.case == "p" and word.text.lower() not in _BEGINNINGS)
            or (word.case == "i" and text[word.end : word.end + 1] != ".")
        ):
            break
        first += 1
    return (first, last) if any(w.case in "CUl" for w in words[first:last]) else (last, last)


def _completed(words: list[_Word], first: int, last: int, text: str) -> tuple[int, int]:
    """One name and the capitalised ordinary word beside it, where capitals must mean something: `Per Carlsson`, `Maria Kiss`."""
    full = [w for w in words[first:last] if w.case in "CUl"]
    if len(full) != 1 or full[0].case != "C" or full[0].grade != "name":
        return first, last
    if first and words[first].joined and _can_belong(words[first - 1]):
        before = text[max(0, words[first - 1].start - 2) : words[first - 1].start]
        if before and (before[0].islower() or before[-1] in "(\"'“[" or before in (": ", ", ")):
            first -= 1
    if last < len(words) and words[last].joined and _can_belong(words[last]):
        after = words[last + 1] if last + 1 < len(words) and words[last + 1].joined else None
        if after is None or after.case != "C":
            last += 1
    return first, last


def _can_belong(word: _Word) -> bool:
    lower = word.text.lower()
    return (
        word.case == "C"
        and word.grade == "word"
        and lower not in _NEVER
        and not lower.endswith(("ed", "ing"))
        and len(lower) < 11
    )


def _could_be(phrase: list[_Word]) -> bool:
    """True if a phrase that is no name by itself is one beside a name: `Rose` in `Nadia, Rose and Frank`."""
    full = [w for w in phrase if w.case in "CUl"]
    return all(w.case == "C" and w.grade in EITHER and w.text.lower() not in _TIMES for w in full)


def _with_neighbours(found: list[tuple[int, int, bool]], text: str) -> list[tuple[int, int]]:
    """The names among `(start, end, is a name)`, and what stands in a list or a pair with one."""
    found = sorted(found)
    for order in (range(1, len(found)), range(len(found) - 2, -1, -1)):
        for i in order:
            start, end, sure = found[i]
            beside = found[i - 1] if order.step > 0 else found[i + 1]
            between = text[beside[1] : start] if order.step > 0 else text[end : beside[0]]
            if not sure and beside[2] and between in _BETWEEN:
                found[i] = (start, end, True)
    return [(start, end) for start, end, sure in found if sure]


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start < merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    return merged


def _alone(text: str, start: int, end: int) -> bool:
    """True if a phrase is the whole of a text, a quoted text, an element or a cell."""
    return _OPENS.search(text, max(0, start - 3), start) is not None and _CLOSES.match(text, end) is not None


def _in_prose(text: str, start: int) -> bool:
    """True if a capital within a sentence must mean a proper noun, and not a time or a place."""
    return is_prose(text) and not _NO_PERSON.search(text, max(0, start - 40), start)
