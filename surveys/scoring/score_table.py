"""The results of branches as a long table: one row per unit and branch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, Parts
from surveys.scoring.inference import inferred
from surveys.scoring.status_and_remarks import remarks, statuses
from surveys.vocabulary.columns import SCORE_COLUMNS


def table_of(block: BlockInputs, branches: Sequence[Branch]) -> pd.DataFrame:
    """Long table of one block, columns ``SCORE_COLUMNS``: unit by unit, each in the order of the tree."""
    if not branches:
        return pd.DataFrame(columns=list(SCORE_COLUMNS))
    found = inferred(block, branches)
    unit, row = (place.ravel() for place in np.indices((len(block.units), len(branches))))
    said = remarks(block, found)
    max_points = np.array([branch.max_points for branch in branches])
    score, share = found.value
    numbers = {
        "n_eff": found.effective,
        "score": score,
        "se": found.se[0],
        "ci_low": found.low[0],
        "ci_high": found.high[0],
        "df": found.df[0],
        "prior_df": found.prior_df,
        "variance_borrowed": found.borrowed,
        "satisfaction_percent": 100.0 * share,
        "satisfaction_ci_low": 100.0 * found.low[1],
        "satisfaction_ci_high": 100.0 * found.high[1],
        "points": score * max_points,
    }
    available = Parts(branches).available
    columns = {name: np.where(available, array, np.nan)[row, unit] for name, array in numbers.items()}
    return pd.DataFrame(
        {
            **columns,
            "edition": block.instrument.name,
            "block": block.code,
            "unit_code": _spread([unit.code for unit in block.units], unit),
            "unit_name": _spread([unit.name_vi for unit in block.units], unit),
            "node_code": _spread([branch.code for branch in branches], row),
            "node_level": _spread([branch.level for branch in branches], row),
            "group": _spread([branch.group for branch in branches], row),
            "n_valid": found.forms[row, unit],
            "max_points": max_points[row, unit],
            "status": statuses(found)[row, unit],
            "note": [said.get(place, ()) for place in zip(row.tolist(), unit.tolist(), strict=True)],
        }
    )[list(SCORE_COLUMNS)]


def _spread(words: Sequence[str], place: np.ndarray) -> object:
    """The words at the positions ``place`` as a column; each word is made a value of the column once."""
    return pd.Series(list(words)).array.take(place)
