"""Finds names by the words themselves: lists and shapes, against the words of English, code and logs.

A text is cut into phrases of words that stand side by side and are no ordinary words. What a phrase is follows from the
grades of its words (`lexicon.py`), from how it is written, and, where the words alone leave it open, from what stands
around it: a pure function of the text, in microseconds.

| phrase | is a name |
| --- | --- |
| a word that is a name and hardly anything else | always: `cache Nadia miss`, `KeyError: nadia` |
| two or more words, one of them such a name | always: `Jennifer Hall`, `jane doe` |
| words on no list, shaped like names, two side by side or one beside a word that can be a name | if capitalised |
| a given name that is a word too: `Mark`, `Grace`, `Jordan` | after a cue (`by Mark`), before what only persons do (`Grace said`), within a sentence |
| a word on no list that is shaped like a name | after a cue (`user Aabiörn`) and in sentences |
| a family name that is a word too, alone: `Page`, `Hall` | never |
"""

from __future__ import annotations

import re
from typing import NamedTuple

from logscrub.detect.names.lexicon import Grade, Lexicon
from logscrub.detect.names.prose import is_code_word, is_prose
from logscrub.model import Span

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ\u0300-\u036f"
_TOKEN = re.compile(rf"(?<![\w./#$%&\\+~-])(?<!::)[{_LETTER}]+(?:['’ʼʻ`-][{_LETTER}]+)*(?![\w/@\\=(+~-]|\.\w|::)")
_PARTICLES = frozenset(
    """
    van von der den de da di do dos das del della la le el al bin ibn bint abu ben ter ten zu zur y e af av ap
    nic ni ó ní st san santa vander mac
""".split()
)
_AUXILIARY = frozenset("will may art an do so in on my can so do ask no or and all any out per via min max data sun".split())
"""Words that a lower-case name does not end or begin with."""
_CUE = re.compile(
    r"(?:(?<![\w.-])(?i:users?|assignee|reporter|author|owner|creator|approver|reviewer|request[eo]r|customer|contact|member"
    r"|participant|person|employee|manager|colleague|sender|recipient|attendee|watcher|voter|lead|actor|caller|patient"
    r"|applicant|candidate|client|by|hello|hi|dear|hey|welcome|cc|notify|notifying|regards|thanks|cheers|named|i am|i'm|my name is"
    r"|name is|on behalf of|asked|told|emailed|invited|mr|mrs|ms|dr|prof|herr|frau|señora?)[.,:]?[ ][\"'“‘(\[]?|(?<![\w.])@|\x1a[ ])$"
)
"""What announces a person, or is one that was found before: its mask."""
_DOES = re.compile(
    r"[\"'”’]?[ ](?:(?:has |had )?(?:logged|signed) (?:in|out|up|off)|joined|said|says|wrote|asked|replied|commented|approved|rejected"
    r"|invited|mentioned|left the|is typing|(?:updated|created|edited|deleted|moved|closed|opened|assigned|reopened|resolved|viewed"
    r"|uploaded|shared|renamed|archived|changed|added|removed|transitioned|exported|imported|clicked) (?:the|a|an|this|his|her|their"
    r"|page|issue|board|comment|[A-Z][A-Z0-9]+-\d))(?!\w)"
)
"""What only persons do."""
_NO_PERSON = re.compile(r"(?i)(?:^|[.!?:]\s*|\b(?:in|on|at|of|the|since|until|during|near|to|a|an|from|every|next|last|this|use|using)\s)$")
"""What stands before a word in a sentence that is hardly a person: the sentence's beginning, months and places."""
_SUFFIX = re.compile(r"['’]s$")
_GAP = re.compile(r"[ \u00a0]|(?<=\b[^\W\d_])\.[ \u00a0]?")


class _Word(NamedTuple):
    start: int
    end: int
    text: str
    grade: Grade
    case: str
    """`C` capitalised, `U` all capitals, `l` small letters, `i` an initial, `p` a particle."""


class ListedNames:
    """The recognizer of this module."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def recognise(self, text: str) -> list[Span]:
        """The spans of names in `text`."""
        found = []
        for phrase in self._phrases(text):
            phrase = _trimmed(phrase)
            if phrase and _is_name(phrase, text):
                start, end = phrase[0].start, phrase[-1].end
                found.append(Span(start, end, "PERSON", "name", "name_listed", "likely", text[start:end]))
        return found

    def _phrases(self, text: str) -> list[list[_Word]]:
        """Runs of words side by side, written alike, none of them an ordinary word."""
        phrases: list[list[_Word]] = []
        run: list[_Word] = []
        grade = self._lexicon.grade
        for m in _TOKEN.finditer(text):
            start, end = m.span()
            word = m[0]
            if len(word) > 3 and _SUFFIX.search(word):
                word, end = word[:-2], end - 2
            if run and not (start - run[-1].end <= 2 and _GAP.fullmatch(text, run[-1].end, start)):
                phrases.append(run)
                run = []
            found = _written(start, end, word, text)
            if found.case in "ip":
                if run or found.case == "i" or _begins(text, end):
                    run.append(found)
                continue
            known = grade(word)
            if known == "word" and found.case == "C" and len(run) > 1 and run[-1].case == "p" and run[0].grade == "name":
                known = "family"  # `Ludwig van Beethoven`: what follows a particle belongs to the name
            if known == "word" or found.case == "?":
                if run:
                    phrases.append(run)
                    run = []
                continue
            if run and run[-1].case in "CUl" and run[-1].case != found.case:
                phrases.append(run)
                run = []
            run.append(found._replace(grade=known))
        if run:
            phrases.append(run)
        return phrases


def _written(start: int, end: int, word: str, text: str) -> _Word:
    if len(word) == 1:
        return _Word(start, end, word, "unknown", "i" if word.isupper() else "p" if word in _PARTICLES else "?")
    if word in _PARTICLES:
        return _Word(start, end, word, "unknown", "p")
    if word.isupper():
        return _Word(start, end, word, "unknown", "U")
    if word.islower():
        return _Word(start, end, word, "unknown", "l")
    if not word[0].isupper() or is_code_word(word.replace("-", "").replace("'", "").replace("’", "")[:1] + word[1:]):
        pieces = re.split(r"['’ʼʻ`-]", word)
        if not all(p[:1].isupper() and not is_code_word(p) or p.islower() for p in pieces):
            return _Word(start, end, word, "unknown", "?")
    return _Word(start, end, word, "unknown", "C")


def _begins(text: str, end: int) -> bool:
    """Whether a capitalised word follows: a particle before it may begin a name."""
    return text[end : end + 1] == " " and text[end + 1 : end + 2].isupper()


def _trimmed(phrase: list[_Word]) -> list[_Word]:
    """Without particles and initials that hold nothing together, and words that small letters make function words."""
    start, end = 0, len(phrase)
    while end > start and (phrase[end - 1].case == "p" or phrase[end - 1].text in "IA" or (phrase[end - 1].case == "l" and phrase[end - 1].text in _AUXILIARY)):
        end -= 1
    while start < end and phrase[start].case == "l" and phrase[start].text in _AUXILIARY:
        start += 1
    full = [w for w in phrase[start:end] if w.case in "CUl"]
    return phrase[start:end] if full else []


def _is_name(phrase: list[_Word], text: str) -> bool:
    full = [w for w in phrase if w.case in "CUl"]
    grades = [w.grade for w in full]
    start, end = phrase[0].start, phrase[-1].end
    case = full[0].case
    initials = len(phrase) > len(full) and any(w.case == "i" for w in phrase)
    names, likes = grades.count("name"), grades.count("like")

    def cued() -> bool:
        return _CUE.search(text, max(0, start - 24), start) is not None

    def acts() -> bool:
        return _DOES.match(text, end) is not None

    if case == "U":
        return (len(full) > 1 and names > 0 and "unknown" not in grades) or (names > 0 and len(full[0].text) > 4 and cued())
    if case == "l":
        if len(full) == 1:
            return names == 1 and (len(full[0].text) > 3 or cued() or acts())
        return names > 0 or ("unknown" not in grades and cued()) or ("unknown" not in grades and acts())
    if len(full) > 1:
        if names or likes > 1 or (likes and "unknown" not in grades):
            return True
        return cued() or acts() or (grades[0] == "given" and (_alone(text, start, end) or _in_prose(text, start)))
    if names:
        return len(full[0].text) > 2 or initials or cued() or acts()
    if initials and grades[0] != "unknown":
        return True
    if grades[0] == "given":
        return cued() or acts() or _in_prose(text, start)
    return grades[0] == "like" and (cued() or acts() or is_prose(text))


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a phrase is all that a text says: an argument, an element of a list."""
    return not text[:start].strip() and not text[end:].strip()


def _in_prose(text: str, start: int) -> bool:
    """Whether a capital within a sentence must mean a proper noun, and not a time or a place."""
    return is_prose(text) and not _NO_PERSON.search(text, max(0, start - 12), start)
