"""Tables that are handed on tell no customer, however many are put side by side; and the store gives no more than its budget."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import THOROUGH, examples
from test_guarantee import Do, do
from test_rotation import HOUR, ingest

from logscrub.errors import UsageError
from logscrub.metrics import store as stores
from logscrub.metrics.rollup import COUNTERS
from logscrub.metrics.sharing import BUDGET, PRIVACY, _bound, _bounded, cells_of, check, private_table, share, spend, spent_of
from logscrub.redact.keys import new_key

__all__ = ["do"]

PAIRS = 150
FUNCTIONS, LEVELS = ("save", "load", "sync"), ("INFO", "WARN", "ERROR")
VICTIM = "<CLOUD_ID:000000000000000000ff>"


def told(draw: random.Random, errors: int) -> pl.DataFrame:
    """What some customers did; one of them has errors that nobody else has, if it is there at all."""
    rows = [(f, "INFO" if draw.random() < 0.7 else "WARN", f"t{t}", draw.randint(1, 40)) for t in range(60) for f in FUNCTIONS]
    rows += [("save", "ERROR", VICTIM, errors)] if errors else []
    frame = pl.DataFrame(rows, schema=["function", "level", "tenant", "records"], orient="row")
    return frame.group_by("function", "level", "tenant").agg(pl.col("records").sum())


def difference(counts: pl.DataFrame, epsilon: float) -> float:
    """What two tables say of errors: all of a function, less what was none."""
    everything = pl.DataFrame({"function": [f for f in FUNCTIONS for _ in LEVELS], "level": list(LEVELS) * len(FUNCTIONS)})
    tables = []
    for by in (["function"], ["function", "level"]):
        cells = everything.select(by).unique().sort(by).with_columns(pl.lit("").alias("all"))
        if epsilon:
            table, _ = private_table(counts, cells, by, ["records"], epsilon)
        else:
            table = cells.join(counts.group_by(by).agg(pl.col("records").sum()), on=by, how="left").fill_null(0)
        tables.append(table.filter(pl.col("function") == "save"))
    fine = sum(tables[1].filter(pl.col("level") != "ERROR")["records"].to_list())
    return float(sum(tables[0]["records"].to_list()) - fine)


def advantage(epsilon: float) -> float:
    """How much better than by guessing somebody knows from two tables whether a customer is there."""
    draw = random.Random(5)
    right = 0
    for _ in range(PAIRS):
        there = draw.random() < 0.5
        right += (difference(told(draw, 37 if there else 0), epsilon) > 18) is there
    return 2 * right / PAIRS - 1


def test_two_tables_tell_no_customer() -> None:
    """Each costs 0.5, both together 1. The bound holds for whatever somebody does with them; the slack is five deviations."""
    assert advantage(0) == 1
    most = (math.e - 1) / (math.e + 1)
    assert advantage(0.5) <= most + 5 / math.sqrt(PAIRS)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(1, 10**10)), min_size=1, max_size=20), st.integers(0, 12)
)
@examples(100)
def test_a_customer_adds_no_more_than_the_bound(rows: list[tuple[int, int, int]], power: int) -> None:
    frame = (
        pl.DataFrame(rows, schema=["cell", "tenant", "records"], orient="row")
        .group_by("cell", "tenant")
        .agg(pl.col("records").sum())
    )
    frame = frame.with_columns(pl.lit(1).alias("tenants"))
    bound = 2**power
    for column in ("records", "tenants"):
        values = frame.select("cell", "tenant", column)
        kept = _bounded(values, column, bound)
        totals = kept.group_by("tenant").agg(pl.col(column).sum())
        assert max(totals[column].to_list()) <= bound and min(kept[column].to_list()) >= 0
        few = values.group_by("tenant").agg(pl.col(column).sum()).filter(pl.col(column) <= bound)["tenant"].implode()
        both = (f.filter(pl.col("tenant").is_in(few)).sort("tenant", "cell") for f in (values, kept))
        assert next(both).equals(next(both))
        for tenant in frame["tenant"].unique():  # and what others do changes nothing of it
            alone = _bounded(values.filter(pl.col("tenant") == tenant), column, bound).sort("cell")
            assert kept.filter(pl.col("tenant") == tenant).sort("cell").equals(alone)


def test_every_cell_is_there_and_near_what_is_true() -> None:
    counts = pl.DataFrame([("save", f"t{t}", 50) for t in range(2000)], schema=["function", "tenant", "records"], orient="row")
    counts = counts.with_columns(pl.lit(0).alias(name) for name in COUNTERS if name != "records")
    since, until = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 18, tzinfo=UTC)
    counts = counts.with_columns(day=pl.lit(date(2026, 11, 16)))
    cells = cells_of(counts, ["function", "day"], since, until)
    assert cells.rows() == [("", "save", date(2026, 11, 16)), ("", "save", date(2026, 11, 17))]
    epsilon = 10_000.0  # at which noise is rarer than anything
    table, bounds = private_table(counts, cells, ["function", "day"], ["records", "tenants", "errors"], epsilon)
    assert bounds == {"records": 54, "tenants": 1, "errors": 1}
    assert table["records"].to_list() == [100_000, 0] and table["tenants"].to_list() == [2000, 0]
    assert table["errors"].to_list() == [0, 0]
    assert table["records_within"].to_list() == [math.ceil(54 / (epsilon / 3 * 0.85) * math.log(20))] * 2


def test_the_bound_is_chosen_alike_with_a_customer_and_without() -> None:
    """The choice of a bound has an ε of its own: a customer with far more than all others changes its chances by no more."""
    others = [("save", f"t{t}", 10) for t in range(40)]
    tries, epsilon = 2_000 if THOROUGH else 500, 0.4
    chances: list[Counter[bool]] = []
    for extra in ([], [("save", "whale", 10**6)]):
        counts = pl.DataFrame(others + extra, schema=["function", "tenant", "records"], orient="row")
        chances.append(Counter(_bound(counts, "records", 1, epsilon, 1.0) > 10 for _ in range(tries)))
    slack = 5 * math.sqrt(0.25 / tries)
    for over in (True, False):
        one, other = (each[over] / tries for each in chances)
        assert one <= math.exp(epsilon) * other + slack and other <= math.exp(epsilon) * one + slack


@pytest.mark.parametrize(
    ("by", "columns", "said"),
    [
        (["tenant"], ["records"], "no table by tenant"),
        (["signature"], ["records"], "no table by signature"),
        (["function"], ["p95_ms"], "no column 'p95_ms'"),
        (["function"], ["size"], "no column 'size'"),
        (["function", "function"], ["records"], "given twice"),
        (["day"], ["records"], "add: --since"),
    ],
)
def test_what_could_tell_a_customer_is_no_table(by: list[str], columns: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check(by, columns, None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "k.key").write_bytes(new_key())
    ingest(tmp_path / "m", (tmp_path / "k.key").read_bytes(), b"".join(HOUR))
    return tmp_path


def test_a_budget_is_kept_in_the_store_and_refused_when_spent(folder: Path) -> None:
    store = stores.open_store("m")
    for n in range(int(BUDGET / PRIVACY["loose"])):
        assert spend(store, PRIVACY["loose"]) == pytest.approx(2 * (n + 1))
    stores.compact(store)
    stores.vacuum(store, dropped=True)
    assert spent_of(stores.open_store("m")) == BUDGET
    with pytest.raises(UsageError, match="of its budget of 10 are 0 left"):
        share(store, ["function"], ["records"], since=None, until=datetime(2026, 11, 18, tzinfo=UTC), privacy="strict")
    assert spent_of(store) == BUDGET


def test_the_command_says_what_a_table_is_good_for(folder: Path, do: Do) -> None:
    ask = ("metrics", "--store", "m", "--share", "--by")
    code, out, said = do(*ask, "function", "--columns", "records,tenants", "--format", "csv")
    assert code == 0 and out.splitlines()[0] == '"function","records","records_within","tenants","tenants_within"'
    assert "each customer counts for " in said[0] and "epsilon 1; 1 of this store's 10 are spent" in said[1]
    code, _, said = do("metrics", "--store", "m", "--by", "function")
    assert code == 0 and "for your own eyes" in said[0]
    code, out, said = do(*ask, "day", "--since", "2026-11-16", "--until", "2026-11-17", "--privacy", "strict")
    assert code == 0 and out.count("2026-11-1") == 2
    assert "1.5 of 10 spent" in do("store", "show", "--store", "m")[2][0]
    assert do(*ask, "function", "--redactions")[0] == 2
    assert do(*ask, "signature")[0] == 2
    assert spent_of(stores.open_store("m")) == 1.5
