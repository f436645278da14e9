"""Moderated variances against limma's squeezeVar and fitFDist, and the prior by a slow second derivation."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from tests.weighting.r_reference import second_set, vector
from weighting import DesignError
from weighting.moderation.prior import inverse_trigamma
from weighting.moderation.robust import LOWER, UPPER, robust_prior
from weighting.moderation.squeezed import squeezed

EXACT = 1e-9
CASES = second_set("squeezevar")


@pytest.mark.parametrize("name", CASES)
def test_as_limma(name: str) -> None:
    given, want = CASES[name]["inputs"], CASES[name]["expect"]
    covariate = vector(given["covariate"]) if "covariate" in given else None
    df, robust = np.ravel(vector(given["df"])), "robust" in CASES[name]["call"]
    found = squeezed(vector(given["var"]), df if df.size > 1 else df[0], covariate, robust=robust)
    if "scale" in want:
        assert found.prior.variance[0] == pytest.approx(want["scale"], rel=EXACT)
        assert found.prior.df == pytest.approx(vector(want["df2"])[0], rel=EXACT)
        return
    assert found.variance == pytest.approx(vector(want["var.post"]), rel=EXACT)
    assert found.prior_df == pytest.approx(
        np.broadcast_to(vector(want["df.prior"]), found.df.shape), rel=EXACT
    )
    assert found.prior.variance == pytest.approx(
        np.broadcast_to(vector(want["var.prior"]), found.variance.shape), rel=EXACT
    )
    assert found.df == pytest.approx(np.broadcast_to(vector(want["df.total"]), found.df.shape), rel=EXACT)


def test_the_prior_fits_the_logarithms_of_an_f_distribution() -> None:
    """E and Var of log F(ν, d₀) by numerical integration are those of the variances' logarithms."""
    s2, nu = np.array([1.0, 2.0, 9.0, 4.0, 0.5, 3.0, 0.8]), 4.0
    prior = squeezed(s2, nu).prior
    density = stats.f(nu, prior.df).pdf
    mean, second = (
        integrate.quad(
            lambda t, k=k: t**k * density(math.exp(t)) * math.exp(t), -40, 40, epsabs=1e-13, limit=500
        )[0]
        for k in (1, 2)
    )
    logs = np.log(s2)
    assert mean + math.log(prior.variance[0]) == pytest.approx(logs.mean(), rel=1e-8)
    assert second - mean**2 == pytest.approx(logs.var(ddof=1), rel=1e-8)


@pytest.mark.parametrize("value", [1e-6, 0.01, 1.0, 30.0, 1e6])
def test_the_inverse_of_trigamma(value: float) -> None:
    from scipy.special import polygamma

    slow = optimize.brentq(lambda x: polygamma(1, x) - value, 1e-5, 1e8, xtol=1e-14, rtol=1e-14)
    assert inverse_trigamma(value) == pytest.approx(slow, rel=1e-10)


def test_the_robust_prior_fits_winsorized_logarithms() -> None:
    """The variance of winsorized log F(ν, d₀), by integration over its quantiles, is that of the winsorized logarithms; the
    outlier keeps few prior degrees of freedom, and the others as many as without it or more."""
    rng = np.random.default_rng(11)
    s2 = 0.3 / rng.chisquare(12, 80) * 12 * rng.chisquare(5, 80) / 5
    s2[7] = 60.0
    prior, each = robust_prior(s2, np.full(80, 5.0))
    law = stats.f(5, prior.df)
    share = (np.arange(400_000) + 0.5) / 400_000
    logs = np.log(law.ppf(np.clip(share, LOWER, 1 - UPPER)))
    z = np.log(s2)
    assert logs.var() == pytest.approx(np.clip(z, *np.quantile(z, [LOWER, 1 - UPPER])).var(ddof=1), rel=1e-5)
    assert each[7] < 1 < 5 < np.median(each)
    assert squeezed(s2, 5, robust=True).variance[7] > 0.8 * 60 > squeezed(s2, 5).variance[7] * 0.8


def test_borrowed_part_and_cells_without_variance() -> None:
    found = squeezed([1.0, 2.0, 9.0, np.nan, 0.5], [4, 4, 4, 0, 4])
    d0 = found.prior.df
    assert found.borrowed.tolist() == pytest.approx([d0 / (d0 + 4)] * 3 + [1.0] + [d0 / (d0 + 4)])
    assert found.variance[3] == found.prior.variance[3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1.0, -2.0], 3), "negative"),
        (([1.0, 2.0], [3, -1]), "df"),
        (([1.0, 2.0], [3, 1, 2]), "shapes"),
        (([[1.0], [2.0]], 3), "shape"),
        ((["a", "b"], 3), "numbers"),
        (([1.0, 2.0], 0), "no cell"),
        (([1.0, 2.0], 3, [1.0]), "covariate"),
        (([1.0, 2.0], 3, [1.0, np.nan]), "covariate"),
        (([1.0, 2.0, 3.0], 3, [1.0, 2.0, 3.0], True), "robust"),
    ],
)
def test_faults_are_named(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(DesignError, match=said):
        squeezed(*arguments)  # type: ignore[arg-type]
