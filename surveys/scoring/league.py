"""The league table: the units of a block by their total, with the ranks that the survey cannot exclude."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.inference import Estimate, Outside, influence, presence
from surveys.scoring.quantities import Floats
from surveys.scoring.status_and_remarks import remarks, statuses
from surveys.scoring.unit_groups import groups_of
from surveys.scoring.values import Values
from surveys.vocabulary.columns import UNIT_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import STATUSES
from weighting import rank_sets

TOP = 0.25  # the top quarter, as the column says


def league(block: BlockInputs, found: Sequence[Estimate]) -> pd.DataFrame:
    """One row per unit, in the order of the register, columns ``UNIT_COLUMNS``; percentages of the maximum."""
    total = next((e for e in found if e.branch.group == ALL_GROUPS and _is_root(block, e.branch)), None)
    if total is None:
        return pd.DataFrame(columns=list(UNIT_COLUMNS))
    branch, units = total.branch, block.study.assessed_units(block.code)
    value = np.where(branch.available, branch.score.value, np.nan)
    few = float(np.min(total.df, initial=np.inf, where=branch.available & (total.df > 0)))
    sets = rank_sets(value, covariance(block, branch), level=block.study.inference.level, top=TOP, df=few)
    ranks = sets.table()
    said, place = remarks([total])
    return pd.DataFrame(
        {
            "block": block.code,
            "unit_code": [unit.code for unit in units],
            "unit_name": [unit.name_vi for unit in units],
            "points": value * branch.max_points,
            "max_points": branch.max_points,
            "percent": 100.0 * value,
            "ci_low": np.where(branch.available, 100.0 * total.low, np.nan),
            "ci_high": np.where(branch.available, 100.0 * total.high, np.nan),
            "rank": ranks["rank"].to_numpy(),
            "rank_low": ranks["rank_low"].to_numpy(),
            "rank_high": ranks["rank_high"].to_numpy(),
            "probability_top_quarter": ranks["probability_top"].to_numpy(),
            "unit_group": groups_of(value.tolist(), block.instrument.unit_groups),
            "status": [STATUSES[k] for k in statuses([branch])[0]],
            "note": [said[k] for k in place[0]],
        }
    )[list(UNIT_COLUMNS)]


def _is_root(block: BlockInputs, branch: Branch) -> bool:
    node = block.instrument.node.get(branch.code)
    return node is not None and node.parent == ""


def covariance(block: BlockInputs, branch: Branch) -> Floats:
    """Covariance of one branch's scores between all units [U, U].

    Raters who rate several units correlate them; groups are independent samples, units' external estimates too.
    """
    total = np.diag(Outside(block).variance(branch.score.external))
    for group in branch.score.alpha:
        values = block.values[group]
        total = total + values.sample.design.covariance_of(by_row(values, branch, group))
    return np.asarray(total)


def by_row(values: Values, branch: Branch, group: str) -> Floats:
    """Influence of each row on each unit's score [n, U]: its own unit's value, 0 elsewhere."""
    unit = values.sample.unit
    alpha, delta = branch.score.alpha[group], branch.score.delta.get(group)
    mine = (influence(values, values.value, values.theta) * alpha[unit]).sum(axis=1)
    if delta is not None:
        mine += (presence(values) * delta[unit]).sum(axis=1)
    spread = np.zeros((len(unit), len(alpha)))
    spread[np.arange(len(unit)), unit] = mine
    return spread
