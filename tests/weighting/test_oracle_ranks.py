"""Every set of ranks of R csranks: joint and of each unit, two-sided and one-sided, with and without step-down, the units that
may be best or worst, and ranks of tied numbers.

R's sets come from 10,000 random draws; five seeds give the smallest and largest limits, between which ours lie. Only where the
five differ may a limit be one beside them (as the reference says).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import EXACT, matrix, second_set, vector
from weighting import rank_sets
from weighting.ranking.ranks import tied_ranks
from weighting.ranking.sets import RankSets

CASES = second_set("ranks")
NUMBERS = sorted(name for name in CASES if name.split("/")[1] in ("irank", "frank"))
BEST_OR_WORST = sorted(name for name in CASES if "/cstau" in name)
SETS = sorted(CASES.keys() - set(NUMBERS) - set(BEST_OR_WORST))


def ours(name: str, **options: Any) -> RankSets:
    given = CASES[name]["inputs"]
    return rank_sets(vector(given["estimate"]), matrix(given["cov"]), **options)


def test_every_case_is_compared() -> None:
    assert (len(SETS), len(BEST_OR_WORST), len(NUMBERS)) == (88, 34, 24)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if "marginal" in name else name for name in SETS]
)
def test_sets_lie_where_those_of_r_do(name: str) -> None:
    _, kind, level, bounds, steps = name.split("/")
    sets = ours(
        name, level=float(level), bounds=bounds, joint=kind == "simultaneous", stepdown=steps == "stepdown"
    )
    expect = CASES[name]["expect"]
    np.testing.assert_array_equal(sets.rank, vector(expect["rank"]))
    for limit, given in (("L", sets.low), ("U", sets.high)):
        least, most = vector(expect[f"{limit}_min"]), vector(expect[f"{limit}_max"])
        beside = (least < most).astype(int)
        assert (given >= least - beside).all()
        assert (given <= most + beside).all()


@pytest.mark.parametrize("name", BEST_OR_WORST)
def test_units_that_may_be_among_the_best_or_worst(name: str) -> None:
    _, kind, tau = name.split("/")
    best = kind == "cstaubest"
    sets = ours(name, bounds="lower" if best else "upper")
    found = sets.among_best(int(tau)) if best else sets.among_worst(int(tau))
    share = vector(CASES[name]["expect"]["share_of_seeds"])
    agreed = (share == 0) | (share == 1)
    np.testing.assert_array_equal(found[agreed], share[agreed] == 1)


@pytest.mark.parametrize("name", NUMBERS)
def test_ranks_of_tied_numbers(name: str) -> None:
    _, kind, share, order = name.split("/")
    x = vector(CASES[name]["inputs"]["x"])
    ranks = tied_ranks(x, float(share), ascending=order == "increasing")
    expect = vector(CASES[name]["expect"])
    np.testing.assert_allclose(ranks / len(x) if kind == "frank" else ranks, expect, rtol=EXACT)
