"""Corrected p-values and Hadamard matrices as R gives them."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tests.weighting.r_reference import assert_same, cases, matrix
from weighting.replication.hadamard import hadamard

CASES = cases("misc")
P = [0.001, 0.012, 0.03, 0.04, 0.2, 0.5, 0.011, 0.9]
METHODS = {
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "bonferroni": "bonferroni",
    "BH": "fdr_bh",
    "BY": "fdr_by",
}


@pytest.mark.parametrize("method", list(METHODS))
def test_corrected_p_values(method: str) -> None:
    assert_same(multipletests(P, method=METHODS[method])[1], CASES["p.adjust"].result[method])
    assert set(CASES["p.adjust"].result) == set(METHODS)


@pytest.mark.parametrize("order", [4, 8, 20])
def test_hadamard(order: int) -> None:
    """R's matrix (0 for −1) need not be ours; both must be Hadamard: orthogonal rows, first row and column 1."""
    theirs = 2 * matrix(CASES[f"hadamard{order}"].result) - 1
    ours = hadamard(order)
    for H in (ours, theirs):
        assert H.shape == (order, order)
        assert (order * np.eye(order) == H @ H.T).all()
        assert (np.abs(H) == 1).all()
    assert (theirs[0] == 1).all()
    assert (theirs[:, 0] == 1).all()


def test_no_case_is_left_out() -> None:
    assert set(CASES) == {"p.adjust", "hadamard4", "hadamard8", "hadamard20"}
