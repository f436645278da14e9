"""Every number of R sae on Fay–Herriot models: three methods × nine models, iterated to the end and stopped early."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import assert_same, second_set, vector
from weighting import fay_herriot
from weighting.small_areas.areas import SmallAreas
from weighting.small_areas.fit import AreaFit

CASES = second_set("fayherriot")
METHODS = {"REML": "reml", "ML": "ml", "FH": "moments"}
REFUSED = {name for name, case in CASES.items() if "error" in case["expect"]}
TIGHT = {name for name in CASES if name.endswith("/tight")} - REFUSED


def parts(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Direct estimates, variances, covariates and our name of the method."""
    given = CASES[name]["inputs"]
    X = np.array(given["X"]["rows"], dtype=float)
    return vector(given["direct"]), vector(given["vardir"]), X, METHODS[name.split("/")[1]]


def ours(name: str) -> SmallAreas:
    y, D, X, method = parts(name)
    return fay_herriot(y, D, X, method, intercept=False)


def compared(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every entry of a case: those that are no numbers of the model are named here."""
    rest = {"convergence", "iterations"}
    assert expected.keys() - rest == {"eblup", "mse", "gamma", "refvar", "estcoef", "goodness"}
    for key in ("eblup", "mse", "gamma", "refvar"):
        assert_same(np.ravel(found[key]), vector(expected[key]))
    for key in ("beta", "std.error", "tvalue", "pvalue"):
        assert_same(found[key], vector(expected["estcoef"][key]), absolute=0.0)
    for key in ("loglike", "AIC", "BIC", "KIC"):
        assert_same(found[key], expected["goodness"][key])


@pytest.mark.parametrize("name", sorted(TIGHT))
def test_iterated_to_the_end(name: str) -> None:
    areas = ours(name)
    coefficients = areas.coefficients()
    found = {"eblup": areas.eblup, "mse": areas.mse, "gamma": areas.gamma, "refvar": areas.model_variance}
    found |= {"beta": coefficients["estimate"], "std.error": coefficients["se"], "tvalue": coefficients["z"]}
    found |= {"pvalue": coefficients["p"], "loglike": areas.log_likelihood, **areas.criteria()}
    compared(found, CASES[name]["expect"])


@pytest.mark.parametrize("name", sorted(CASES.keys() - TIGHT - REFUSED))
def test_stopped_early(name: str) -> None:
    """R's A is that of an iteration stopped at 1e-4; given that A, all other numbers are ours."""
    y, D, X, method = parts(name)
    expected = CASES[name]["expect"]
    on_boundary = expected["refvar"] == 0  # where R's iteration ran away, and was cut
    assert_same(ours(name).model_variance if on_boundary else iterated(y, D, X, method), expected["refvar"])
    fit = AreaFit(y, D, X, D > 0, expected["refvar"], method)
    se = np.sqrt(np.diag(fit.covariance))
    log_likelihood, size = fit.log_likelihood, X.shape[1] + 1
    found = {"eblup": fit.eblup, "mse": fit.mse, "gamma": fit.gamma, "refvar": fit.A, "beta": fit.beta}
    z = fit.beta / se
    found |= {"std.error": se, "tvalue": z, "pvalue": two_sided(z), "loglike": log_likelihood}
    found |= {"AIC": 2 * size - 2 * log_likelihood, "BIC": np.log(y.size) * size - 2 * log_likelihood}
    compared(found | {"KIC": 3 * size - 2 * log_likelihood}, expected)


def two_sided(z: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    return np.asarray(2 * norm.sf(np.abs(z)))


def iterated(y: np.ndarray, D: np.ndarray, X: np.ndarray, method: str) -> float:
    """Fisher scoring (Rao & Molina 2015, §6.1) from the median variance, with full matrices, until the relative change
    is below 1e-4: a slow second derivation."""
    A, change = float(np.median(D)), np.inf
    while change > 1e-4:
        inverse = np.diag(1 / (A + D))
        P = inverse - inverse @ X @ np.linalg.inv(X.T @ inverse @ X) @ X.T @ inverse
        if method == "moments":
            rest = y - X @ np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
            step = (rest @ inverse @ rest - y.size + X.shape[1]) / np.trace(inverse)
        else:
            M = P if method == "reml" else inverse
            step = (y @ P @ P @ y - np.trace(M)) / np.trace(M @ M)
        change, A = abs(step / A), A + step
    return A


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_where_r_fails_the_answer_is_the_boundary(name: str) -> None:
    y, D, X, method = parts(name)
    areas = ours(name)
    assert areas.model_variance == 0.0
    assert (areas.gamma == 0).all()
    beta = np.linalg.solve(X.T @ (X / D[:, None]), X.T @ (y / D))
    assert_same(areas.eblup, X @ beta)
    assert_same(areas.synthetic, areas.eblup)
    assert "nothing is left between areas" in repr(areas)
    for A in np.geomspace(1e-6, 1e3, 400):  # the equation has no root above 0
        V = A + D
        rest = y - X @ np.linalg.solve(X.T @ (X / V[:, None]), X.T @ (y / V))
        moments = (rest**2 / V).sum() - (y.size - X.shape[1])
        assert (moments if method == "moments" else (rest**2 / V**2 - 1 / V).sum()) < 0


def test_refusals_are_those_that_are_known() -> None:
    assert {
        "zero_refvar/FH/default_precision",
        "zero_refvar/FH/tight",
        "ten_x/FH/tight",
        "ten_x/ML/tight",
    } == REFUSED
