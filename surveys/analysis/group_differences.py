"""Where groups of respondents judge the same unit differently, told from chance.

Two groups are compared at a node where both were asked the same. They are samples of their own, so the variance of a difference
is the sum of both (:func:`surveys.scoring` combines groups alike), its degrees of freedom are Welch's, and the p-values are
corrected over all comparisons of a block (Holm 1979), since whoever looks for differences looks at all of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from weighting.estimation.estimates import adjusted_p, two_sided_p
from weighting.estimation.intervals import t_quantile

_CELL = ["block", "unit_code", "node_code", "asked"]
DIFFERENCE_COLUMNS = (
    "block", "unit_code", "node_code", "group", "other", "difference", "ci_low", "ci_high", "df", "p_value", "p_adjusted",
)  # fmt: skip


def group_differences(scores: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Every comparison of two groups: ``DIFFERENCE_COLUMNS``, ``difference`` of ``group`` less ``other``, in the order of the
    rows.

    ``scores``: ``block``, ``unit_code``, ``node_code``, ``group``, ``asked`` (what the group was asked there; the same where two
    can be compared), ``score``, ``se`` and ``df``, one row a group. Without a standard error above 0 on either side nothing can
    be said of chance: p-values and limits are NaN, and the comparison does not count for the correction.

    >>> rows = [("so", "a", "1", "g", "x", 0.80, 0.02, 30.0), ("so", "a", "1", "h", "x", 0.70, 0.02, 30.0)]
    >>> names = ["block", "unit_code", "node_code", "group", "asked", "score", "se", "df"]
    >>> found = group_differences(pd.DataFrame(rows, columns=names))
    >>> found[["group", "other"]].values.tolist(), found[["difference", "df", "p_value"]].round(4).values.tolist()
    ([['g', 'h']], [[0.1, 60.0, 0.0008]])
    """
    placed = scores.assign(place=np.arange(len(scores)))
    pairs = placed.merge(placed, on=_CELL, suffixes=("", "_other"))
    pairs = pairs[pairs["place"] < pairs["place_other"]].sort_values(["place", "place_other"])
    first, second = (pairs[f"se{which}"].to_numpy(dtype=float) ** 2 for which in ("", "_other"))
    df_first, df_second = (pairs[f"df{which}"].to_numpy(dtype=float) for which in ("", "_other"))
    known = (first > 0) & (second > 0) & (df_first > 0) & (df_second > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = (first + second) ** 2 / (first**2 / df_first + second**2 / df_second)
    df, se = np.where(known, df, np.nan), np.where(known, np.sqrt(first + second), np.nan)
    difference = (pairs["score"] - pairs["score_other"]).to_numpy(dtype=float)
    half = t_quantile(df, level) * se
    p = two_sided_p(difference / se, df)
    found = pairs.rename(columns={"group_other": "other"}).assign(
        difference=difference,
        ci_low=difference - half,
        ci_high=difference + half,
        df=df,
        p_value=p,
        p_adjusted=p,
    )
    for _, rows in found.groupby("block", sort=False):
        found.loc[rows.index, "p_adjusted"] = adjusted_p(rows["p_value"].to_numpy(dtype=float))
    return found[list(DIFFERENCE_COLUMNS)].reset_index(drop=True)
