"""Wald's test that the means of several domains are equal: F = d′V⁻¹d/(J − 1), d the differences of J means from the last, V
their covariance. With a column of 0 and 1 for each domain but one it is the test of these terms in a linear regression."""

from __future__ import annotations

import numpy as np
import pandas as pd

from weighting.errors import DesignError, absent
from weighting.estimation.estimates import Estimates
from weighting.hypotheses.hypothesis_test import HypothesisTest, f_p, is_census, quadratic_form


def equal_means(means: Estimates, statistic: str, degf: float) -> HypothesisTest:
    """Whether the domains with rows differ in one of the ``means``. ``degf``: clusters less strata of the rows that count
    (:meth:`weighting.Design.weighted_degf`), of which a domain less one is spent, as a regression on the domains has it.

    Raises:
        DesignError: no such statistic.

    >>> from weighting import Design
    >>> d = Design({"y": [1.0, 2, 4, 5, 7, 6], "g": list("aabbcc")})
    >>> equal_means(d.mean("y", by="g"), "y", d.degf).sentences()
    ['Wald test of equal means, y: F(2, 3) = 42.22, p = 0.0064']
    """
    names = means.labels["statistic"].to_numpy()
    DesignError.raise_any(absent("statistic", [statistic], list(dict.fromkeys(names))))
    rows = np.flatnonzero((names == statistic) & (means.n > 0))
    ndf, ddf = float(rows.size - 1), degf - (rows.size - 1)
    contrasts = np.eye(rows.size)[:-1] - np.eye(rows.size)[-1]
    covariance = contrasts @ means.covariance().to_numpy()[np.ix_(rows, rows)] @ contrasts.T
    f = quadratic_form(contrasts @ means.estimate[rows], covariance) / ndf if ndf else float("nan")
    note = _note(means, rows.size, ddf, f)
    p = float("nan") if note else float(f_p(*(np.array([value]) for value in (f, ndf, ddf)))[0])
    return HypothesisTest(
        labels=pd.DataFrame({"statistic": [statistic]}),
        method="Wald test of equal means",
        letter="F",
        statistic=np.array([f]),
        ndf=np.array([ndf]),
        ddf=np.array([ddf]),
        p=np.array([p]),
        n=np.array([means.n[rows].sum()]),
        note=(note,),
    )


def _note(means: Estimates, domains: int, ddf: float, f: float) -> str:
    """Why there is no test, if none applies."""
    if domains < 2:
        return "one domain only: nothing to test"
    if is_census(means):
        return "complete census: no sampling error, nothing to test"
    if not ddf > 0:
        return "no degrees of freedom: no test"
    return (
        "the covariance of the means is singular: too few clusters, or nothing varies" if np.isnan(f) else ""
    )
