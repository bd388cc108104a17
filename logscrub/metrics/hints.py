"""Hints about the text of a record, so that counting searches only for facts that it can hold.

A hint may be wrong about what a text says, never about what it does not say. The compiled core finds hints; without it each text
has all of them, and the facts are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from logscrub.metrics.outcomes import OUTCOMES, STATUS_WORDS

PLACEHOLDER: Final = 1
OBJECT: Final = 2
DURATION: Final = 4
STATUS: Final = 8
OUTCOME: Final = 16
_STATUS_WORD: Final = 32
_MILLISECONDS: Final = 64
EVERYTHING: Final = (1 << 32) - 1
MS_WORDS: Final = ("ms", "Ms", "illis")
"""Each cue that makes a number without a unit a duration contains one of these."""


def finder_of_hints() -> Callable[[str], int]:
    """The function that finds the hints of a text, a bit each."""
    try:
        from logscrub._core import Hints
    except ImportError:
        return lambda text: EVERYTHING
    words = [(word, OUTCOME) for outcome in OUTCOMES for word in outcome.words]
    words += [(word, _STATUS_WORD) for word in STATUS_WORDS]
    words += [(word.lower(), _MILLISECONDS) for word in MS_WORDS]
    return Hints(words, _STATUS_WORD, _MILLISECONDS).of
