"""Words by which lines of stack traces are recognised that start at the first column and yet belong to the record before them.

    ERROR save failed
    Traceback (most recent call last):
      File "app.py", line 3, in save
    ValueError: no such roster

The readers join such lines to a record by these words, so the words stay, whatever becomes of the rest of the line.
"""

from __future__ import annotations

from logscrub.patterns import regex

_CHAINED = (
    r"During handling of the above exception, another exception occurred:"
    r"|The above exception was the direct cause of the following exception:"
)
_GO = r"goroutine[ ]\d{1,9}[ ][^\[\]]{0,80}\[[^\[\]]{1,80}\]:(?=\s*\Z)|\[signal[ ]SIG[A-Z]{2,8}[:\s]"
_RAISED = r"(?:\w{1,100}\.){0,12}\w{0,100}(?:Error|Exception|Warning|Exit|Interrupt|ExceptionGroup)(?::|(?=\s*\Z))"
WORDS = regex(
    r"(?P<python>Traceback \(most recent call last\):)|(?P<java>Caused by:[ ])"
    rf"|(?P<always>{_CHAINED}|{_GO})|(?P<raised>{_RAISED})"
)
"""Matches these words: Python's `Traceback`, the lines between two tracebacks, the name of an exception; Java's cause; Go's
goroutines."""
JAVA_FRAME = regex(r"[ \t]{1,40}(?:at[ ][\w$.]|\.\.\.[ ]\d{1,6}[ ](?:more|common[ ]frames))")
"""Matches a line of Java's traces, behind which a cause may stand."""
