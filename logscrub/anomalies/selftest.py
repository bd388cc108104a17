"""Holds rules to their examples: what `logscrub detectors test` and the test suite run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from logscrub.anomalies.checks import CHECKS
from logscrub.anomalies.rules import Rule


class Failure(NamedTuple):
    """An example that does not hold."""

    rule: str
    example: str
    found: bool
    """True if a rule finds something in the example."""


def failures(rules: Iterable[Rule]) -> list[Failure]:
    """The examples in which nothing is found, and the counterexamples in which something is."""
    out: list[Failure] = []
    for rule in rules:
        plays = CHECKS[rule.check].plays
        for examples, wanted in ((rule.examples, True), (rule.counterexamples, False)):
            for example in examples:
                found = plays(rule, example)
                if found != wanted:
                    told = ", ".join(f"{name} = {value}" for name, value in example.items())
                    out.append(Failure(rule.id, f"{{{told}}}", found))
    return out
