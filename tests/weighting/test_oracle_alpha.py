"""Every number of R psych on Cronbach's alpha, and of the formula of van Zyl, Neudecker & Nel written out in R."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import assert_same, data, second_set, vector
from weighting import Design
from weighting.reliability.result import Reliability

CASES = second_set("alpha")
PSYCH = sorted(name for name in CASES if not name.endswith("own_listwise"))
OWN = sorted(CASES.keys() - set(PSYCH))

#: What psych calls it, what we do.
TOTALS = {
    "raw_alpha": "alpha",
    "std_alpha": "standardised",
    "G6_smc": "g6",
    "average_r": "mean_r",
    "median_r": "median_r",
    "mean": "mean",
    "sd": "sd",
}
ITEMS = {
    "item_n": "item_n",
    "item_mean": "item_mean",
    "item_sd": "item_sd",
    "item_rest_r": "item_rest_r",
    "item_total_r": "item_total_r",
    "item_total_r_corrected_smc": "item_total_r_smc",
}


def ours(name: str, **options: Any) -> Reliability:
    case = CASES[name]
    kept = case["design"]
    missing = "available" if 'use = "pairwise"' in case["call"] else "listwise"
    scale = (kept["scale_min"], kept["scale_max"])
    found = Design(data(case["data"][0])).alpha(
        kept["items"], reverse=kept["reversed"], scale=scale, missing=missing, errors="normal", **options
    )
    assert list(found.items) == kept["items"]
    return found


@pytest.mark.parametrize("name", PSYCH)
def test_psych(name: str) -> None:
    expected, found = CASES[name]["expect"], ours(name)
    dropped = expected["alpha_if_dropped"]
    assert expected.keys() == {*TOTALS, *ITEMS, "ase", "feldt_ci95", "alpha_if_dropped", "keys"}
    for theirs, own in TOTALS.items():
        assert_same(getattr(found, own), expected[theirs])
    for theirs, own in ITEMS.items():
        assert_same(getattr(found, own), vector(list(expected[theirs].values())))
    if len(dropped) > 2:
        assert_same(found.alpha_if_dropped, vector(list(dropped.values())))
    turned = {key[1:] for key in expected["keys"] if key.startswith("-")}
    assert turned == set(CASES[name]["design"]["reversed"])


@pytest.mark.parametrize("name", PSYCH)
def test_psych_takes_all_rows_for_the_errors(name: str) -> None:
    """Rows with gaps too, of which listwise alphas have nothing: we take the rows that count, and both are compared."""
    expected = CASES[name]["expect"]
    found, exact = ours(name), ours(name, interval="feldt")
    rows = len(data(CASES[name]["data"][0]))
    assert found.n == (rows if found.missing == "available" else found.rows)
    assert_same(found.se * np.sqrt(found.n / rows), expected["ase"])
    theirs = [feldt(found.alpha, rows, len(found.items), tail) for tail in (0.975, 0.025)]
    assert_same(theirs, [expected["feldt_ci95"]["lower"], expected["feldt_ci95"]["upper"]])
    assert_same(exact.ci, [feldt(found.alpha, found.n, len(found.items), tail) for tail in (0.975, 0.025)])


def feldt(alpha: float, n: int, k: int, tail: float) -> float:
    from scipy.stats import f

    return float(1 - (1 - alpha) * f.ppf(tail, n - 1, (n - 1) * (k - 1)))


@pytest.mark.parametrize("name", OWN)
def test_own_formula_over_complete_rows(name: str) -> None:
    expected, found = CASES[name]["expect"], ours(name)
    assert expected.keys() == {"n", "alpha", "ase_n", "item_rest_r"}
    assert found.n == found.rows == expected["n"]
    assert_same(found.alpha, expected["alpha"])
    assert_same(found.se, expected["ase_n"])
    assert_same(found.item_rest_r, list(expected["item_rest_r"].values()))
    assert_same(found.ci, found.alpha + np.array([-1, 1]) * 1.959963984540054 * expected["ase_n"])


@pytest.mark.parametrize("name", ["govsat/two_items/pairwise", "govsat/two_items/complete"])
def test_of_two_items_none_can_be_dropped(name: str) -> None:
    """psych prints the slope of the one item on the other; an alpha of one item does not exist."""
    found = ours(name)
    assert np.isnan(found.alpha_if_dropped).all()
    answers = data("govsat")[["q1", "q2"]]
    C = (answers if "pairwise" in name else answers.dropna()).cov().to_numpy()
    assert_same(list(CASES[name]["expect"]["alpha_if_dropped"].values()), C[0, 1] / np.diag(C)[::-1])
    assert "no alpha is left" in repr(found)
