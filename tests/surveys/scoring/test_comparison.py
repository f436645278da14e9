"""Two rounds side by side, with the arithmetic done again by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.scoring.comparison import Round, compare


@pytest.fixture
def rounds(small) -> tuple[Round, Round]:
    """The small round against itself with a known change in unit p1."""
    scores = small.scored()
    old = Round(small.study.instrument, scores.table, scores.units)
    later = scores.table.copy()
    later.loc[later["unit_code"] == "p1", "score"] -= 0.05
    return old, Round(small.study.instrument, later, scores.units)


def line(table: pd.DataFrame, unit: str, node: str, group: str = "all") -> pd.Series:
    found = table[(table["unit_code"] == unit) & (table["node_code"] == node) & (table["group"] == group)]
    assert len(found) == 1
    return found.iloc[0]


def test_change_se_interval_and_p_value(rounds) -> None:
    old, new = rounds
    row = line(compare(old, new).table, "p1", "1.1.1")
    before = line(old.table, "p1", "1.1.1")
    se, df = math.sqrt(2) * before["se"], 2 * before["df"]
    assert row["change"] == pytest.approx(-0.05)
    assert row["se"] == pytest.approx(se)
    assert row["df"] == pytest.approx(df)
    assert row["p_value"] == pytest.approx(2 * stats.t.cdf(-0.05 / se, df))
    half = stats.t.ppf(0.975, df) * se
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((-0.05 - half, -0.05 + half))


def test_p_values_are_corrected_over_the_units(rounds) -> None:
    """Holm by hand: sorted p times the number of those left, never falling."""
    table = compare(*rounds).table
    for _, family in table[table["status"] == "ok"].groupby(["node_code", "group"]):
        p = np.sort(family["p_value"])
        want = np.minimum(1, np.maximum.accumulate(p * np.arange(len(p), 0, -1)))
        np.testing.assert_allclose(np.sort(family["p_adjusted"]), want, rtol=1e-12)


def test_rank_change_stands_at_the_total(rounds) -> None:
    old, new = rounds
    swapped = new.units.assign(rank=pd.array([1, 2, pd.NA], dtype="Int64"))
    row = line(compare(old, replace(new, units=swapped)).table, "p1", "0")
    assert (row["rank_old"], row["rank_new"], row["rank_change"]) == (2, 1, 1)


def test_a_missing_score_is_said(rounds) -> None:
    row = line(compare(*rounds).table, "p3", "0")
    assert row["status"] == "missing"
    assert row["note"]
    assert np.isnan(row["change"])


def edition(old: Round, **changes: object) -> Round:
    return replace(old, instrument=replace(old.instrument, edition="later", **changes))


def test_changed_items_refuse_the_node_and_all_above_it(rounds) -> None:
    old, new = rounds
    items = tuple(i for i in old.instrument.items if i.code != "d")
    result = compare(old, edition(new, items=items))
    status = result.table.drop_duplicates(["node_code", "group"]).set_index(["node_code", "group"])["status"]
    assert status[("1.1.2", "all")] == "incomparable"
    assert status[("1.1", "all")] == "incomparable"
    assert status[("0", "all")] == "incomparable"
    assert status[("1.1.1", "all")] == "ok"
    assert {(p.code, dict(p.params)["node"]) for p in result.refused} >= {
        ("compare.items_changed", "1.1.2"),
        ("compare.below_changed", "0"),
    }


def test_changed_scale_refuses_unless_declared_comparable(rounds) -> None:
    old, new = rounds
    scale = old.instrument.scales[0]
    levels = tuple(replace(level, values=(level.values[0] ** 2,)) for level in scale.levels)
    other = edition(new, scales=(replace(scale, levels=levels),))
    assert "compare.scale_changed" in {p.code for p in compare(old, other).refused}
    declared = replace(other, instrument=replace(other.instrument, comparable_with=(old.instrument.name,)))
    assert not compare(old, declared).refused


def test_units_follow_the_crosswalk_and_merged_units_are_refused(rounds) -> None:
    old, new = rounds
    table = new.table[new.table["unit_code"] == "p1"].assign(unit_code="x1")
    later = replace(new, table=table, units=new.units[new.units["unit_code"] == "p1"].assign(unit_code="x1"))
    one = compare(old, later, {("b", "p1"): ("b", "x1")}).table
    assert line(one, "x1", "1.1.1")["change"] == pytest.approx(-0.05)
    assert line(one, "x1", "1.1.1")["unit_code_old"] == "p1"
    both = compare(old, later, {("b", "p1"): ("b", "x1"), ("b", "p2"): ("b", "x1")})
    assert line(both.table, "x1", "1.1.1")["status"] == "missing"
    assert [p.code for p in both.refused] == ["compare.merged_unit"]
