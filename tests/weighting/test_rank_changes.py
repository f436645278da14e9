"""Changes of rank between two rounds."""

from __future__ import annotations

import numpy as np
import pytest

from weighting import DesignError, rank_changes, rank_sets


def test_changes_by_hand() -> None:
    """Old: a, then b and c not told apart. New: all apart, c before b. c moved by 1, or not (it may have been second)."""
    old = rank_sets([0.9, 0.51, 0.5], np.full(3, 0.01**2))
    new = rank_sets([0.9, 0.5, 0.7], np.full(3, 0.01**2))
    found = rank_changes(old, new)
    assert found.change.tolist() == [0.0, -1.0, 1.0]
    assert found.low.tolist() == [0.0, -1.0, 0.0]
    assert found.high.tolist() == [0.0, 0.0, 1.0]
    assert found.certain.tolist() == [False, False, False]
    assert found.level == pytest.approx(0.95**2)
    assert found.table(["a", "b", "c"]).to_numpy()[2].tolist() == [1.0, 0.0, 1.0]


def test_units_without_a_rank_in_one_round_have_no_change() -> None:
    old = rank_sets([0.9, np.nan, 0.5], np.full(3, 0.01**2))
    found = rank_changes(old, rank_sets([0.9, 0.7, 0.5], np.full(3, 0.01**2)))
    assert np.isnan([found.change[1], found.low[1], found.high[1]]).all()
    assert (found.low[0], found.high[0]) == (0.0, 1.0)  # the one without an estimate may have been first


def test_rounds_of_other_units_are_refused() -> None:
    with pytest.raises(DesignError, match="2 units in the old round, 3 in the new one"):
        rank_changes(rank_sets([1.0, 2.0], [1.0, 1.0]), rank_sets([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]))


@pytest.mark.long
def test_intervals_of_changes_hold_for_all_units_at_once() -> None:
    """Two rounds at 97.5 % each: all true changes are inside in 95 % of them or more."""
    rng = np.random.default_rng(8)
    before, after = np.linspace(0.6, 0.8, 8), np.linspace(0.6, 0.8, 8)[[1, 0, 2, 3, 7, 4, 5, 6]]
    true = (before[None, :] > before[:, None]).sum(axis=1) - (after[None, :] > after[:, None]).sum(axis=1)
    variance = np.full(8, 0.02**2)
    hits = 0
    for _ in range(300):
        rounds = [rank_sets(rng.normal(y, 0.02), variance, level=0.975, draws=1000) for y in (before, after)]
        found = rank_changes(*rounds)
        hits += bool(((found.low <= true) & (true <= found.high)).all())
    assert hits >= 0.93 * 300
