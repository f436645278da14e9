"""Near-duplicates that chance explains: how many pairs are expected, and what is told instead of the pairs."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

import surveys as sv
from surveys.validity.similar_forms import expected_pairs
from tests.trouble.trial import RULES, table, told, trial

ALIKE = {**RULES, "near_duplicate": "review"}
SETTING = """
[[rules]]
rule = "near_duplicate"
severity = "review"
minimum_items = 1
share = 1.0
source = "tu-dat"
"""


@pytest.mark.parametrize("share", [0.5, 0.75, 1.0])
def test_expected_pairs_are_those_of_all_draws(share: float) -> None:
    """Every pair of rows that could be drawn, each weighted with the frequencies of its answers: summed one by one."""
    codes = np.array([[0, 1, 2, 0], [0, 1, 1, 0], [1, 1, 2, 1], [0, 0, 2, -1], [0, 1, 0, 1]])
    frequencies = [{k: np.mean(c[c >= 0] == k) for k in set(c[c >= 0].tolist())} for c in codes.T]
    chance = 0.0
    for one, other in product(product(*frequencies), repeat=2):
        weight = np.prod([f[a] * f[b] for f, a, b in zip(frequencies, one, other, strict=True)])
        chance += weight * (sum(a == b for a, b in zip(one, other, strict=True)) >= share * len(frequencies))
    pairs = len(list(combinations(range(len(codes)), 2)))
    assert expected_pairs(codes, share) == pytest.approx(pairs * chance)


def test_pairs_of_chance_are_counted_not_listed_and_the_forms_judged_as_before(tmp_path: Path) -> None:
    """60 forms with three equal answers each: every one of 1,770 pairs agrees."""
    good = "Hài lòng"
    rows = [(f"P{k}", "Xã An Bình", "2025-10-05 08:00:00", good, good, good) for k in range(60)]
    path = trial(tmp_path, {"r.csv": table(rows)}, rules=ALIKE, settings=SETTING)
    screened = sv.load(path).screen().screening
    found = screened.reasons[screened.reasons["rule"] == "near_duplicate"]
    assert len(found) == 60
    assert set(found["detail"]) == {""}
    assert set(screened.disposition) == {"review"}
    (problem,) = (p for p in screened.warnings if p.code == "validity.similar_by_chance")
    assert dict(problem.params)["forms"] == "60"
    assert told(path, "validity.similar_by_chance")
