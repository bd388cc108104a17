"""Makes `Clean` from `Raw`: judges a record's leaves, replaces what was found, looks again.

This is the one place where a `Clean` is made. After a replacement the record is judged once more, as a stranger to it
would: what the first look missed because of what stood beside it goes too, and a record that never comes to rest is
withheld. So a scrubbed log passes `verify`, and scrubbing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logscrub.detect.engine import Engine
from logscrub.detect.views import encode
from logscrub.model import Clean, Leaf, Raw, Span
from logscrub.redact.policy import Policy
from logscrub.redact.pseudonyms import Pseudonymizer

WITHHELD = "<WITHHELD>"
_MOST_LOOKS = 6

Judge = Callable[[str, Sequence[Leaf]], list[Span]]
"""Finds what must go in a record's text, given its leaves."""


class Redactor:
    """An engine, a policy and a key: what turns raw records into clean ones."""

    def __init__(self, engine: Engine, policy: Policy, pseudonymizer: Pseudonymizer) -> None:
        self.engine = engine
        self.policy = policy
        self.pseudonymizer = pseudonymizer

    def judge(self, raw: Raw) -> list[Span]:
        """What in a record must go under the policy, as positions in its text."""
        spans: list[Span] = []
        for leaf in raw.leaves:
            spans += self.engine.judge_leaf(raw.text, leaf)
        return [s for s in spans if self._goes(s)]

    def _goes(self, span: Span) -> bool:
        if span.inner is not None:
            return any(self._goes(s) for s in span.inner.spans)
        return self.policy.rows[span.guideline] != "keep"

    def replacement(self, span: Span) -> str:
        """What stands in the text instead of a span."""
        if span.inner is not None:
            goes = [s for s in span.inner.spans if self._goes(s)]
            if all(s.inner is None and self.policy.rows[s.guideline] == "pseudonym" for s in goes):
                return encode(self.splice(span.inner.text, goes), span.inner.alphabet, span.inner.padded)
            worst = next(s for s in goes if s.inner is not None or self.policy.rows[s.guideline] == "remove")
            return f"<{worst.entity_type}>"
        if self.policy.rows[span.guideline] == "pseudonym":
            token = self.pseudonymizer.token(span.entity_type, span.plain)
        else:
            token = f"<{span.entity_type}>"
        return span.requote + token + span.requote

    def splice(self, text: str, spans: Sequence[Span]) -> str:
        """`text` with each of the spans (in order, not overlapping) replaced."""
        parts, position = [], 0
        for span in spans:
            parts.append(text[position : span.start])
            parts.append(self.replacement(span))
            position = span.end
        parts.append(text[position:])
        return "".join(parts)
