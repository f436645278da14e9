"""Cronbach's alpha and item–rest correlations of a questionnaire's items, with their standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from weighting.design.sample_design import SampleDesign
from weighting.errors import DesignError, applying, columns_named, is_number, quoted, rows_named, unknown
from weighting.groups import Floats
from weighting.reliability import coefficients
from weighting.reliability.covariances import Covariances
from weighting.reliability.result import Reliability

MISSING, ERRORS, INTERVALS = ("listwise", "available"), ("design", "normal"), ("wald", "feldt")


def alpha(  # noqa: PLR0913
    design: SampleDesign,
    columns: str | Sequence[str],
    *,
    reverse: str | Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    missing: str = "listwise",
    errors: str = "design",
    interval: str = "wald",
    level: float = 0.95,
) -> Reliability:
    """Cronbach's alpha of items that are meant to measure one thing, for judging a questionnaire.

    Args:
        design: the sample; its weights weigh the covariances.
        columns: the items, two or more.
        reverse: items that are put the other way round first: lowest + highest − answer.
        scale: lowest and highest answer, needed for ``reverse``.
        missing: ``listwise`` takes the rows that answered all items; ``available`` takes each pair of items over the
            rows that answered both, as R psych does by default.
        errors: ``design`` carries influence values through the sampling design, whatever the distribution of answers;
            ``normal`` takes the rows as a simple random sample of normal answers (van Zyl, Neudecker & Nel 2000, for
            alpha; (1 − r²)/√n for correlations), n the rows of the sample that count.
        interval: ``wald`` is alpha ± t · se (Duhachek & Iacobucci 2004; with ``normal`` errors z); ``feldt`` is the
            exact one for normal answers with equal covariances (Feldt 1965), with the rows as n.
        level: confidence of the interval.

    Raises:
        DesignError: every fault found: unknown columns, values that are no numbers or outside the scale, fewer than two
            items or complete rows, a pair that nobody answered together, a sum that does not vary.

    >>> from weighting import Design
    >>> d = Design({"q1": [1, 2, 3, 4, 5], "q2": [2, 1, 4, 3, 5], "q3": [1, 3, 3, 5, 4]})
    >>> found = d.alpha(["q1", "q2", "q3"])
    >>> round(found.alpha, 4)  # 3/2 (1 − 7.2/17.2)
    0.8721
    >>> found.table()[["item", "item_rest_r"]].round(4).to_dict("list")
    {'item': ['q1', 'q2', 'q3'], 'item_rest_r': [0.9774, 0.6433, 0.6742]}
    """
    names = list(dict.fromkeys(columns_named(columns, design.frame.columns)))
    turned = columns_named(reverse, names, "reverse") if len(reverse) else []
    DesignError.raise_any(_faults(names, turned, scale, (missing, errors, interval), level))
    x = _answers(design, names, turned, scale)
    counted = ~np.isnan(x) & (design.weights > 0)[:, None]
    complete, touched = np.asarray(counted.all(axis=1)), np.asarray(counted.any(axis=1))
    kept = np.where(complete[:, None], x, np.nan) if missing == "listwise" else x
    C = Covariances(kept, design.weights)
    _refuse_empty(C, names, missing == "listwise")
    rows = int(complete.sum() if missing == "listwise" else touched.sum())
    n = rows if missing == "listwise" else int((design.weights > 0).sum())
    by_design = errors == "design"
    variance, of_rest, of_dropped = _by_design(design, C) if by_design else _if_normal(C.matrix, n)
    df = float(design.domain_degf(complete if missing == "listwise" else touched)) if by_design else np.inf
    a = coefficients.alpha_of(C.matrix)
    limits = (
        _limits(a, np.sqrt(variance), df, level) if interval == "wald" else _feldt(a, n, len(names), level)
    )
    return Reliability(
        **_described(design, x, names),
        **_coefficients(C),
        alpha=a,
        se=float(np.sqrt(variance)),
        ci=limits,
        item_rest_se=np.sqrt(of_rest),
        dropped_se=np.sqrt(of_dropped),
        rows=rows,
        n=n,
        df=df,
        errors=errors,
        missing=missing,
        interval=interval,
        level=level,
    )


def _faults(
    names: list[str], turned: list[str], scale: Any, words: tuple[object, object, object], level: object
) -> list[str]:
    known = zip(("missing", "errors", "interval"), words, (MISSING, ERRORS, INTERVALS), strict=True)
    ends = isinstance(scale, tuple | list) and len(scale) == 2 and all(map(is_number, scale))
    return [
        *applying(
            (len(names) < 2, f"columns: two items or more are needed, here is {quoted(names)}"),
            (
                (turned or scale is not None) and not (ends and scale[0] < scale[1]),
                f"scale {scale!r}: the lowest and the highest answer are needed",
            ),
            (not is_number(level) or not 0 < level < 1, f"level {level!r}: accepted between 0 and 1"),  # type: ignore[operator]
        ),
        *(unknown(role, word, accepted) for role, word, accepted in known if word not in accepted),
    ]


def _answers(
    design: SampleDesign, names: list[str], turned: list[str], scale: tuple[float, float] | None
) -> Floats:
    """Answers [n, k] as numbers, NaN where there is none, reversed items put the other way round."""
    x, problems = np.empty((design.n, len(names))), []
    for j, name in enumerate(names):
        values = design.column(name)
        try:
            x[:, j] = values.to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            problems.append(f"column {str(name)!r}: numbers are needed")
            continue
        low, high = scale or (-np.inf, np.inf)
        beyond = np.isinf(x[:, j]) | (x[:, j] < low) | (x[:, j] > high)
        if beyond.any():
            what = "infinite" if scale is None else f"outside the scale {low:g}…{high:g}"
            problems.append(f"column {str(name)!r}: {what} in {rows_named(beyond, values.index, x[:, j])}")
        if name in turned:
            x[:, j] = low + high - x[:, j]
    DesignError.raise_any(problems)
    return x


def _refuse_empty(C: Covariances, names: list[str], listwise: bool) -> None:
    """Stop where there is nothing to work out a covariance or an alpha from."""
    if listwise and C.rows[0, 0] < 2:
        raise DesignError(f"columns: {C.rows[0, 0]:g} rows answered all of {quoted(names)}; two are needed")
    DesignError.raise_any(
        f"columns: {C.rows[i, j]:g} rows answered both {quoted([names[i], names[j]])}; two are needed"
        for i, j in np.argwhere(np.triu(C.rows < 2))[:5]
    )
    if not C.matrix.sum() > 0:
        raise DesignError(f"columns: the sum of {quoted(names)} does not vary")


def _by_design(design: SampleDesign, C: Covariances) -> tuple[float, Floats, Floats]:
    """Variances of alpha, of item–rest correlations [k] and of alpha without each item [k], by influence values."""
    V, k = C.matrix, len(C.matrix)
    gradients = np.full((1 + 2 * k, k, k), np.nan)
    gradients[0] = coefficients.alpha_gradient(V)
    for item, r in enumerate(coefficients.item_rest(V)):
        others, left = np.delete(np.arange(k), item), coefficients.without(V, item)
        if not np.isnan(r):
            gradients[1 + item] = coefficients.item_rest_gradient(V, item)
        if not np.isnan(coefficients.alpha_of(left)):
            gradients[1 + k + item] = 0.0
            gradients[1 + k + item][np.ix_(others, others)] = coefficients.alpha_gradient(left)
    known = ~np.isnan(gradients[:, 0, 0])
    u, variance = C.influence(gradients[known]), np.full(1 + 2 * k, np.nan)
    weight = np.broadcast_to(np.where(C.present, C.w, 0.0)[:, None], u.shape)
    u = design.with_leverage(u, np.where(C.present, 0, -1), 1, weight)
    variance[known] = np.diag(design.covariance_of(u, C.present))
    return float(variance[0]), variance[1 : 1 + k], variance[1 + k :]


def _if_normal(V: Floats, n: int) -> tuple[float, Floats, Floats]:
    """The same for n rows of normal answers."""
    left = [coefficients.without(V, item) for item in range(len(V))]
    r = coefficients.item_rest(V)
    dropped = np.array([coefficients.normal_variance(C, n) for C in left])
    return coefficients.normal_variance(V, n), (1 - r**2) ** 2 / n, dropped


def _limits(a: float, se: float, df: float, level: float) -> tuple[float, float]:
    """alpha ± t · se; nothing without degrees of freedom."""
    upper = (1 + level) / 2
    if df <= 0:
        return np.nan, np.nan
    q = float(special.ndtri(upper) if np.isinf(df) else special.stdtrit(df, upper))
    return a - q * se, a + q * se


def _feldt(a: float, n: int, k: int, level: float) -> tuple[float, float]:
    """Limits by the F distribution of (1 − alpha)/(1 − its estimate)."""
    tails = (1 + level) / 2, (1 - level) / 2
    low, high = (1 - (1 - a) * float(special.fdtri(n - 1, (n - 1) * (k - 1), tail)) for tail in tails)
    return low, high


def _described(design: SampleDesign, x: Floats, names: list[str]) -> dict[str, Any]:
    """Answers of each item and of the score, the mean of a row's answers, by available case."""
    own = Covariances(x, design.weights)
    of_score = Covariances(_score(own)[:, None], design.weights)
    return {
        "items": tuple(map(str, names)),
        "item_n": np.diag(own.rows).astype(np.int64),
        "item_mean": np.where(np.diag(own.rows) > 0, own.shift, np.nan),
        "item_sd": np.sqrt(np.diag(own.matrix)),
        "mean": float(of_score.shift[0]),
        "sd": float(np.sqrt(of_score.matrix[0, 0])),
    }


def _score(C: Covariances) -> Floats:
    """Mean of a row's answers [n]; NaN without any."""
    answers = C.answered.sum(axis=1)
    return np.where(C.present, C.filled.sum(axis=1) / np.maximum(answers, 1), np.nan)


def _with_score(C: Covariances) -> Floats:
    """Correlation of each item with the score over the rows that answered it [k]."""
    score = _score(C)
    pairs = (np.column_stack([answers, np.where(np.isnan(answers), np.nan, score)]) for answers in C.x.T)
    return np.array([coefficients.correlations(Covariances(pair, C.w).matrix)[0, 1] for pair in pairs])


def _coefficients(C: Covariances) -> dict[str, Any]:
    """What follows from the covariances."""
    V, k = C.matrix, len(C.matrix)
    R = coefficients.correlations(V)
    explained = coefficients.explained(R)
    pairs = R[np.triu_indices(k, 1)]
    return {
        "standardised": coefficients.alpha_of(R),
        "g6": float(1 - (k - explained.sum()) / R.sum()),
        "mean_r": float(pairs.mean()),
        "median_r": float(np.median(pairs)),
        "item_rest_r": coefficients.item_rest(V),
        "item_total_r": _with_score(C),
        "item_total_r_smc": coefficients.item_total(R, explained),
        "alpha_if_dropped": np.array([coefficients.alpha_of(coefficients.without(V, i)) for i in range(k)]),
    }
