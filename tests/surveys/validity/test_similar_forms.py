"""Near-duplicates: a plain brute force in R, a slow loop here, and hand-made edges."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.validity import similar_forms

REFERENCE = Path(__file__).parents[2] / "reference" / "r-survey"
THEIRS = json.loads((REFERENCE / "careless.json").read_text())["cases"]["percentmatch_bruteforce"]["result"]
MATCH60 = pd.read_csv(REFERENCE / "data" / "match60.csv").fillna(-1).to_numpy(np.int8)


@pytest.mark.parametrize(
    ("over_all", "share", "partner"),
    [(True, "max_share_of_all_items", "partner"), (False, "max_share_of_jointly_answered", "partner2")],
)
def test_agrees_with_brute_force_in_r(over_all: bool, share: str, partner: str) -> None:
    ours, found = similar_forms.nearest(MATCH60, np.arange(len(MATCH60)), over_all=over_all)
    assert (ours + 1).tolist() == THEIRS[partner]
    np.testing.assert_allclose(found, THEIRS[share], rtol=1e-12)


def slow(codes: list[list[int]], cell: list[int], owner: list[int], minimum: int) -> list[float]:
    """Highest share per row, by comparing all pairs one item at a time."""
    best = [0.0] * len(codes)
    for i, a in enumerate(codes):
        for j, b in enumerate(codes):
            both = [(x, y) for x, y in zip(a, b, strict=True) if x >= 0 and y >= 0]
            if cell[i] == cell[j] and owner[i] != owner[j] and len(both) >= minimum:
                best[i] = max(best[i], sum(x == y for x, y in both) / len(both))
    return best


@settings(max_examples=60)
@given(st.data())
def test_agrees_with_a_slow_loop(data: st.DataObject) -> None:
    n, items = data.draw(st.integers(1, 25)), data.draw(st.integers(1, 6))
    numbers = st.integers(-2, 3)
    codes = data.draw(st.lists(st.lists(numbers, min_size=items, max_size=items), min_size=n, max_size=n))
    cell = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    owner = data.draw(st.lists(st.integers(0, 8), min_size=n, max_size=n))
    minimum = data.draw(st.integers(1, 4))
    partner, share = similar_forms.nearest_in_cells(
        np.array(codes, np.int8), np.array(cell), np.array(owner), minimum
    )
    assert share.tolist() == slow(codes, cell, owner, minimum)
    assert ((partner >= 0) == (share > 0)).all()
    at_least = data.draw(st.sampled_from([0.3, 0.5, 2 / 3, 0.8, 1.0]))
    near, found = similar_forms.nearest_in_cells(
        np.array(codes, np.int8), np.array(cell), np.array(owner), minimum, at_least=at_least
    )
    assert near.tolist() == np.where(share >= at_least, partner, -1).tolist()
    assert found.tolist() == np.where(share >= at_least, share, 0.0).tolist()


def test_chunks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = similar_forms.nearest(MATCH60, np.arange(60))
    monkeypatch.setattr(similar_forms, "CHUNK", 7)
    in_parts = similar_forms.nearest(MATCH60, np.arange(60))
    assert [part.tolist() for part in whole] == [part.tolist() for part in in_parts]


def test_a_form_is_never_its_own_duplicate() -> None:
    codes = np.zeros((2, 5), np.int8)
    assert similar_forms.nearest(codes, np.array([0, 0]))[0].tolist() == [-1, -1]
