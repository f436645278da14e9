"""The model of Fay and Herriot: direct estimates of areas beside what a model of all areas makes of them.

Sources: Fay & Herriot, Journal of the American Statistical Association 74 (1979), 269–277; Prasad & Rao, ibid. 85
(1990), 163–171; Datta & Lahiri, Statistica Sinica 10 (2000), 613–627; Datta, Rao & Smith, Biometrika 92 (2005), 183–196.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weighting.errors import DesignError, applying, is_number, quoted, unknown
from weighting.estimation.estimates import Estimates
from weighting.groups import Flags, Floats
from weighting.small_areas.areas import Benchmark, SmallAreas
from weighting.small_areas.covariates import design_matrix, matched, refuse_repeated
from weighting.small_areas.fit import AreaFit
from weighting.small_areas.model_variance import METHODS, Equation, solved

#: Said where direct variances rest on fewer degrees of freedom, or direct estimates are correlated more than this.
FEW_DF, CORRELATED = 20, 0.1

#: A variance below this share of the largest is the rounding of zero.
NO_VARIANCE = 1e-12


def fay_herriot(  # noqa: PLR0913
    estimates: Estimates | ArrayLike,
    variances: ArrayLike | None = None,
    covariates: Any = None,
    method: str = "reml",
    *,
    intercept: bool = True,
    weights: ArrayLike | None = None,
    total: float | None = None,
) -> SmallAreas:
    """Empirical best linear unbiased predictors (EBLUP) of areas from their direct estimates, beside these.

    The model is y = x′β + v + e: v with one variance A between areas, e with the variances of the direct estimates,
    which are **taken as known** and independent. Where they are estimated from a handful of clusters, γ and the mean
    squared errors are as uncertain as they are; smooth them first, or take the result as a hint. It is a second opinion
    beside direct estimates, never one to rank by or to publish in their place.

    Args:
        estimates: direct estimates y [K], NaN where an area has none; a Series is named by its index. Or
            :class:`Estimates` of one statistic by domain, whose squared standard errors are then the variances.
        variances: their variances D [K]. Where D = 0 the direct estimate stands and the area takes no part in the fit
            (it is a census, or a cell in which all answers are equal); where there is no estimate or no variance the
            area gets its synthetic value x′β.
        covariates: a frame, a mapping of columns or an array [K, q]; a frame with an index of areas is matched to them.
            Columns of text or categories become one term per level but the first. Without: one mean for all areas.
        method: how A is found: ``reml`` (restricted likelihood), ``ml`` (likelihood), ``moments`` (Fay and Herriot's
            own equation). The largest maximum is taken; where none is above 0, A = 0 and the EBLUP is the synthetic
            value.
        intercept: whether a constant is added to the covariates.
        weights: shares or sizes W [K], to benchmark by a ratio: EBLUPs × Σ W y/Σ W EBLUP over the areas with a direct
            estimate.
        total: what Σ W × benchmarked has to be over all areas, in place of Σ W y.

    Raises:
        DesignError: every fault found: numbers missing or negative, lengths that differ, an unknown method, covariates
            that repeat each other or have no value for an area, fewer areas than coefficients + 1.

    >>> areas = fay_herriot([48.0, 54.0, 60.0], [4.0, 4.0, 4.0])  # A = s² − 4 = 32, γ = 32/36
    >>> round(areas.model_variance, 6), areas.gamma.round(3).tolist()
    (32.0, [0.889, 0.889, 0.889])
    >>> areas.table()[["direct", "eblup", "pull"]].round(3).iloc[0].tolist()
    [48.0, 48.667, 0.667]
    """
    labels, y, D, remarks = _direct(estimates, variances)
    areas = _named(labels)
    DesignError.raise_any(_faults(y, D, areas, method, total, weights))
    y, D = np.where(np.isfinite(D), y, np.nan), np.where(np.isfinite(y) & np.isfinite(D), D, np.inf)
    least = NO_VARIANCE * D[np.isfinite(D)].max(initial=0.0)
    D = np.where(least < D, D, 0.0)
    used = (D > 0) & np.isfinite(D)
    matrix = design_matrix(covariates, areas, intercept)
    refuse_repeated(matrix, used)
    X = matrix.to_numpy()
    A = solved(Equation(y[used], D[used], np.linalg.qr(X[used])[0], method))
    fit = AreaFit(y, D, X, used, A, method)
    mse, notes = _errors(fit)
    benchmark = None if weights is None else _benchmark(fit, _shares(weights, areas), total)
    return SmallAreas(
        labels=labels,
        direct=y,
        variance=np.where(np.isfinite(D), D, np.nan),
        eblup=fit.eblup,
        mse=mse,
        gamma=fit.gamma,
        synthetic=fit.synthetic,
        note=notes,
        model_variance=A,
        method=method,
        terms=tuple(matrix.columns),
        beta=fit.beta,
        beta_covariance=fit.covariance,
        log_likelihood=fit.log_likelihood,
        n_fitted=int(used.sum()),
        benchmark=benchmark,
        remarks=remarks,
    )


def _direct(estimates: Any, variances: Any) -> tuple[pd.DataFrame, Floats, Floats, tuple[str, ...]]:
    """Labels, estimates and variances of the areas, and what has to be said of them."""
    if isinstance(estimates, Estimates):
        if variances is not None:
            raise DesignError("variances: these estimates bring their own")
        return _of_design(estimates)
    if variances is None:
        raise DesignError("variances: the variance of each direct estimate is needed")
    y = _numbers(estimates, "estimates")
    index = estimates.index if isinstance(estimates, pd.Series) else pd.RangeIndex(1, len(y) + 1)
    if index.has_duplicates:
        raise DesignError(f"estimates: several for area {quoted(index[index.duplicated()].unique()[:5])}")
    labels = index.to_frame(
        index=False, name=None if isinstance(index, pd.MultiIndex) else index.name or "area"
    )
    return labels, y, _numbers(matched(variances, index, "variances"), "variances"), ()


def _of_design(estimates: Estimates) -> tuple[pd.DataFrame, Floats, Floats, tuple[str, ...]]:
    labels = estimates.labels
    statistics = labels["statistic"].unique()
    if labels.shape[1] == 1 or len(statistics) > 1:
        raise DesignError(f"estimates: one statistic by domain is needed, here are {quoted(statistics[:5])}")
    known = estimates.se > 0
    least = estimates.df[known].min(initial=np.inf)
    C = estimates.covariance().to_numpy()[np.ix_(known, known)]
    r = np.abs(C / np.outer(estimates.se[known], estimates.se[known]))
    np.fill_diagonal(r, 0.0)
    said = applying(
        (
            least < FEW_DF,
            f"variances are taken as known; the least certain rests on {least:g} degrees of freedom",
        ),
        (
            r.max(initial=0.0) > CORRELATED,
            f"direct estimates are taken as independent; two of them are correlated by {r.max(initial=0.0):.2f}",
        ),
    )
    return labels.drop(columns="statistic"), np.array(estimates.estimate), estimates.se**2, tuple(said)


def _numbers(values: Any, role: str) -> Floats:
    try:
        found = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise DesignError(f"{role}: numbers are needed, one per area") from None
    if found.ndim != 1:
        raise DesignError(f"{role}: one number per area is needed, the shape is {found.shape}")
    return found


def _named(labels: pd.DataFrame) -> pd.Index:
    """The name of each area: its label, or all of them."""
    return pd.Index(labels.iloc[:, 0]) if labels.shape[1] == 1 else pd.MultiIndex.from_frame(labels)


def _faults(
    y: Floats, D: Floats, areas: pd.Index, method: object, total: object, weights: object
) -> list[str]:
    def at(wrong: Flags) -> str:
        return quoted(areas[wrong][:5])

    return applying(
        (method not in METHODS, unknown("method", method, METHODS)),
        (np.isinf(y).any(), f"estimates: infinite for area {at(np.isinf(y))}"),
        ((D < 0).any(), f"variances: negative for area {at(D < 0)}"),
        (total is not None and weights is None, "total: weights are needed to benchmark by"),
        (total is not None and not is_number(total), f"total {total!r}: a number is needed"),
    )


def _errors(fit: AreaFit) -> tuple[Floats, tuple[str, ...]]:
    """Mean squared errors [K], and what is said of areas that are not like the others."""
    mse, plain = fit.mse, fit.uncorrected_mse
    beyond = (mse <= 0) & (plain > 0)
    note = np.full(fit.y.size, "", dtype=object)
    note[beyond] = "the correction for bias exceeds the mean squared error: without it"
    note[fit.D == 0] = "variance zero: the direct estimate stands"
    note[np.isinf(fit.D)] = "no direct estimate with a variance: synthetic value"
    return np.where(beyond, plain, mse), tuple(note.tolist())


def _shares(weights: Any, areas: pd.Index) -> Floats:
    found = _numbers(matched(weights, areas, "weights"), "weights")
    wrong = ~np.isfinite(found) | (found < 0)
    if wrong.any():
        raise DesignError(f"weights: missing or negative for area {quoted(areas[wrong][:5])}")
    return found


def _benchmark(fit: AreaFit, weights: Floats, total: float | None) -> Benchmark:
    """The factor that makes the weighted sum of the EBLUPs the direct one."""
    known = np.isfinite(fit.D) if total is None else np.ones(fit.y.size, dtype=bool)
    aim = float(weights[known] @ fit.y[known]) if total is None else float(total)
    own = float(weights[known] @ fit.eblup[known])
    if own == 0 or not np.isfinite(aim / own):
        raise DesignError(f"weights: the weighted sum of the EBLUPs is {own:g}; no factor makes it {aim:g}")
    return Benchmark(weights, int(known.sum()), aim, own)
