"""What people said of findings: what it changes, where it is kept."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from logscrub.anomalies.baseline import DAY
from logscrub.anomalies.checks.base import world
from logscrub.anomalies.checks.counts import candidates_of
from logscrub.anomalies.model import Finding, RuleTally, id_of
from logscrub.anomalies.night import silenced
from logscrub.anomalies.rules import load_rules
from logscrub.anomalies.signals import Panel
from logscrub.anomalies.verdicts import file_of, read_verdicts, tallies, verdict_on
from logscrub.config import Config
from logscrub.errors import InputError, UsageError

MADE = datetime(2026, 11, 20, 5, tzinfo=UTC)
FLOOD = Finding(
    id_of("tenant_flood", [("tenant", "c0")]), "abuse", "tenant_flood", "P3", "A flood", "", MADE - timedelta(hours=2), MADE,
    (("tenant", "c0"),), "records", 100.0, 10.0, 1e-6, 0.01, 1, (), (), (), None, "",
)  # fmt: skip


def test_hours_that_were_marked_as_real_are_no_part_of_what_is_usual() -> None:
    rule = next(rule for rule in load_rules() if rule.id == "tenant_flood")
    chance = np.random.default_rng(3)
    signals = world()
    counts = chance.poisson(2.0, (30, signals.hours)).astype(float)
    before = [(day * DAY + 4, day * DAY + 16) for day in (24, 26)]
    for first, last in (*before, (signals.first + 4, signals.first + 16)):
        counts[0, first:last] = chance.poisson(24.0, last - first)
    cells = Panel(("tenant",), tuple((f"c{n}",) for n in range(30)), counts)
    hours = [(signals.at(first), signals.at(last)) for first, last in before]
    real = replace(signals, real={id_of(rule.id, [("tenant", "c0")]): hours})
    (with_them,), (without,) = (candidates_of(rule, cells, told, 0.05) for told in (signals, real))
    assert with_them.expected is not None and without.expected is not None
    assert without.expected / (without.end - without.start) < 2.3 < 2.6 < with_them.expected / (with_them.end - with_them.start)


def test_what_is_usual_is_told_again_where_it_is_farther_out() -> None:
    usual = verdict_on(FLOOD, "usual", "their import", MADE, None)
    real = verdict_on(FLOOD, "real", "it was none", MADE + timedelta(days=1), None)
    for observed, verdicts, is_told in ((100.0, [usual], False), (160.0, [usual], True), (100.0, [usual, real], True)):
        told, muted = silenced([replace(FLOOD, observed=observed)], Config(), MADE, verdicts)
        assert [len(told), len(muted)] == [is_told, not is_told] and all(m.is_usual for m in muted)
    assert told[0].marked == "real, 2026-11-21: it was none"


def test_what_is_known_is_told_again_when_its_time_is_over() -> None:
    known = verdict_on(FLOOD, "known", "mended in 4.208", MADE, MADE.date() + timedelta(days=3))
    for days, is_told in ((0, False), (3, False), (4, True)):
        told, muted = silenced([replace(FLOOD, observed=900.0)], Config(), MADE + timedelta(days=days), [known])
        assert [len(told), len(muted)] == [is_told, not is_told]


def test_the_newest_verdict_on_each_finding_says_whether_its_rule_was_right() -> None:
    usual = verdict_on(FLOOD, "usual", "their import", MADE, None)
    real = verdict_on(FLOOD, "real", "it was none", MADE + timedelta(days=1), None)
    another = replace(usual, start=MADE)
    assert tallies([real, usual, another]) == (RuleTally("tenant_flood", 1, 1, 0),)


def test_verdicts_are_files_that_can_be_copied(tmp_path: Path) -> None:
    marked = verdict_on(FLOOD, "usual", "their import", MADE, None)
    place = file_of(str(tmp_path), marked)
    assert place is not None and read_verdicts(str(tmp_path)) == ()
    place[0].parent.mkdir()
    place[0].write_text(place[1])
    assert read_verdicts(str(tmp_path)) == (marked,)
    place[0].write_text("[]")
    with pytest.raises(InputError, match="is no verdict"):
        read_verdicts(str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("91f1b8501b1", "real", "x", None), "12 hex digits"),
        (("91f1b8501b19", "real", None, None), "why?"),
        (("91f1b8501b19", "known", "x", None), "until when?"),
        (("91f1b8501b19", "real", "x", "2999-01-01"), "leave out --until"),
        (("91f1b8501b19", "usual", "x", "2020-01-01"), "is over"),
    ],
)
def test_a_verdict_that_is_not_whole_is_refused(arguments: tuple[str, str, str | None, str | None], said: str) -> None:
    from logscrub.cli.mark import mark

    with pytest.raises(UsageError, match=re.escape(said)):
        mark(*arguments, store="none")  # type: ignore[arg-type]
