"""Nonresponse: respondents carry the weight of those who did not answer, by classes or by modelled propensity.

Source: Little, "Survey nonresponse adjustments for estimates of means", International Statistical Review 54 (1986),
139-157; Kalton & Flores-Cervantes, "Weighting methods", Journal of Official Statistics 19 (2003), 81-97.
Whoever did not answer stays in the design with weight 0; standard errors take the adjusted weights as given.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weighting.calibration.margins import levels_text
from weighting.errors import DesignError, absent, is_whole, listed, rows_named, unknown
from weighting.facade import Design
from weighting.groups import Codes, Flags, Floats, coded, groups_of

# A fitted propensity this near 0 or 1 means that the columns tell the answer exactly.
SEPARATED = 1e-8


def class_factors(weights: Floats, responded: Flags, classes: Codes) -> Floats:
    """Factor of each row [n]: Σ w of its class over Σ w of the class's respondents; 0 for nonrespondents.

    >>> class_factors(np.ones(3), np.array([True, False, True]), np.array([0, 0, 1])).tolist()
    [2.0, 0.0, 1.0]
    """
    everyone, answering = np.bincount(classes, weights), np.bincount(classes, weights * responded)
    factor = np.divide(everyone, answering, out=np.zeros_like(everyone), where=answering > 0)
    return np.where(responded, factor[classes], 0.0)


def _responded(design: Design, responded: str | ArrayLike) -> tuple[Flags, list[str]]:
    """Who answered [n], and what is wrong with the column that says so."""
    nobody = np.zeros(design.n, dtype=bool)
    if isinstance(responded, str) and responded not in design.frame:
        return nobody, [unknown("column", responded, design.frame.columns)]
    column = pd.Series(np.asarray(design.frame[responded] if isinstance(responded, str) else responded))
    if len(column) != design.n:
        return nobody, [f"responded: {len(column)} values for {design.n} rows"]
    bad = ~column.isin([0, 1]).to_numpy()
    if bad.any():
        where = rows_named(bad, design.frame.index, column.to_numpy())
        return nobody, [f"responded: neither true nor false in {where}"]
    answered = column.to_numpy().astype(bool)
    return answered, [] if answered.any() else ["responded: nobody did"]


def _carried(design: Design, answered: Flags, codes: Codes, labels: pd.DataFrame) -> Design:
    """The design in which respondents carry the weight of their class: codes [n], and ``labels`` [n rows] in words.

    Raises:
        DesignError: classes in which somebody was asked and nobody answered.
    """
    asked = np.bincount(codes, design.weights)
    lost = np.flatnonzero((asked > 0) & (np.bincount(codes, design.weights * answered) == 0))
    DesignError.raise_any(
        f"class {levels_text(tuple(labels.iloc[int(np.argmax(codes == c))]))}: nobody answered "
        f"(weight {asked[c]:.6g}); join it with a similar class"
        for c in lost
    )
    return design.with_weights(design.weights * class_factors(design.weights, answered, codes))


def weighting_classes(design: Design, responded: str | ArrayLike, classes: str | Sequence[str]) -> Design:
    """A design in which the respondents of each class carry the weight of the whole class.

    Args:
        design: the design; it is not changed.
        responded: who answered, a column or [n] of true/false.
        classes: columns whose combinations are the classes.

    Raises:
        DesignError: columns that do not exist, values that are not true or false, classes without respondents.

    >>> from weighting import Design
    >>> d = Design({"area": ["n", "n", "s"], "answered": [True, False, True]}, weights=[2.0, 2.0, 5.0])
    >>> weighting_classes(d, "answered", "area").weights.tolist()
    [4.0, 0.0, 5.0]
    """
    names = listed(classes)
    answered, problems = _responded(design, responded)
    DesignError.raise_any([*problems, *absent("column", names, design.frame.columns)])
    return _carried(design, answered, groups_of(design.frame, names), design.frame[names])


def _regressors(frame: pd.DataFrame) -> Floats:
    """Intercept, numbers as they are, everything else as indicators without the first level [n, p]."""
    numeric = frame.select_dtypes("number")
    levels = frame.drop(columns=numeric.columns).astype("category")
    indicators = pd.get_dummies(levels, drop_first=True, dtype=float) if len(levels.columns) else levels
    parts = [np.ones((len(frame), 1)), numeric.to_numpy(dtype=float), indicators.to_numpy(dtype=float)]
    return np.hstack(parts)


def _fitted(x: Floats, answered: Flags, weights: Floats | None) -> Floats:
    """Propensities [n] of a logistic regression (statsmodels)."""
    import warnings

    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sm.GLM(answered.astype(float), x, family=sm.families.Binomial(), freq_weights=weights)
        return np.asarray(model.fit(tol=1e-12, maxiter=200).fittedvalues)


def propensity(
    design: Design,
    responded: str | ArrayLike,
    columns: str | Sequence[str],
    classes: int | None = None,
    weighted: bool = False,
) -> Design:
    """A design whose respondents are weighted up by their modelled propensity to answer.

    Args:
        design: the design; it is not changed.
        responded: who answered, a column or [n] of true/false.
        columns: what the logistic regression is on: numbers as they are, everything else as indicators.
        classes: None divides each weight by its propensity and scales the sum back; a number k makes weighting
            classes at the k-quantiles of the propensities, which is less sensitive to the model.
        weighted: whether the regression uses the design weights.

    Raises:
        DesignError: columns that do not exist or have gaps, columns that tell the answer exactly, fewer than two
            classes, a class without respondents.

    >>> from weighting import Design
    >>> d = Design({"age": [1, 1, 2, 2, 2, 2], "answered": [1, 0, 1, 1, 1, 0]}, weights=np.ones(6))
    >>> propensity(d, "answered", "age").weights.round(9).tolist()
    [2.0, 0.0, 1.333333333, 1.333333333, 1.333333333, 0.0]
    """
    names = listed(columns)
    answered, problems = _responded(design, responded)
    problems += _column_problems(design.frame, names)
    if classes is not None and (not is_whole(classes) or classes < 2):
        problems.append(f"classes {classes!r}: at least 2 are needed, or None for none")
    DesignError.raise_any(problems)
    rho = _fitted(_regressors(design.frame[names]), answered, design.weights if weighted else None)
    if not answered.all():
        _refuse_separation(rho, answered, ", ".join(names))
    if classes is None:
        raised = np.where(answered, design.weights / rho, 0.0)
        return design.with_weights(raised * (design.weights.sum() / raised.sum()))
    cuts = np.unique(np.quantile(rho, np.arange(1, classes) / classes))
    codes = np.searchsorted(cuts, rho, side="left").astype(np.intp)
    return _carried(design, answered, codes, pd.DataFrame({"propensity class": codes + 1}))


def _refuse_separation(rho: Floats, answered: Flags, names: str) -> None:
    """Stop where propensities [n] cannot be used, since the columns tell who answered."""
    if (rho[answered] < SEPARATED).any() or (rho[~answered] > 1 - SEPARATED).any():
        raise DesignError(f"columns {names} tell exactly who answered in part of the sample: use fewer")
    if np.all(np.where(answered, rho > 1 - SEPARATED, rho < SEPARATED)):
        raise DesignError(f"columns {names} tell exactly who answered: no propensity can be fitted")


def _column_problems(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    problems = absent("column", names, frame.columns)
    if problems or not names:
        return problems or ["columns: none are named"]
    for name in names:
        missing = frame[name].isin([np.inf, -np.inf]) | frame[name].isna()
        if missing.any():
            where = rows_named(missing.to_numpy(dtype=bool), frame.index)
            problems.append(f"column {name!r}: no value in {where}; fill it or leave it out")
        elif not pd.api.types.is_numeric_dtype(frame[name]):
            coded(frame[name])
    return problems
