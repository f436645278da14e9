"""The league table: the units of a block by their total, with the ranks that the survey cannot exclude."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.contributions import variances_of_externals
from surveys.scoring.quantities import Floats
from surveys.scoring.ranked_units import ranked_units
from surveys.scoring.small_cells import score_cells
from surveys.scoring.unit_groups import groups_of
from surveys.scoring.values import Values, influence, presence
from surveys.vocabulary.columns import UNIT_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from weighting import rank_sets

TOP = 0.25  # the top quarter, as the column says


def league(block: BlockInputs, branches: Sequence[Branch], table: pd.DataFrame) -> pd.DataFrame:
    """One row per unit, in the order of the register, columns ``UNIT_COLUMNS``; percentages of the maximum. Units outside the
    ranking have neither ranks nor a group of units.

    ``table``: the scores of the block, ``SCORE_COLUMNS``.
    """
    roots = {node.code for node in block.instrument.children.get("", ())}
    total = next((b for b in branches if b.code in roots and b.group == ALL_GROUPS), None)
    if total is None:
        return pd.DataFrame(columns=list(UNIT_COLUMNS))
    rows = table[(table["node_code"] == total.code) & (table["group"] == ALL_GROUPS)].reset_index(drop=True)
    score, df = rows["score"].to_numpy(), rows["df"].to_numpy()
    value = np.where(ranked_units(block.study.inference, total), score, np.nan)
    few = float(np.min(df, initial=np.inf, where=df > 0))
    sets = rank_sets(value, covariance(block, total), level=block.study.inference.level, top=TOP, df=few)
    ranks = sets.table()
    return rows.assign(
        percent=100.0 * score,
        ci_low=100.0 * rows["ci_low"],
        ci_high=100.0 * rows["ci_high"],
        rank=ranks["rank"],
        rank_low=ranks["rank_low"],
        rank_high=ranks["rank_high"],
        probability_top_quarter=ranks["probability_top"],
        unit_group=groups_of(value.tolist(), block.instrument.unit_groups),
    )[list(UNIT_COLUMNS)]


def covariance(block: BlockInputs, branch: Branch) -> Floats:
    """Covariance of one branch's scores between all units [U, U].

    Raters who rate several units correlate them; groups are independent samples, units' external estimates too.
    """
    total = np.diag(variances_of_externals(block, branch.score.external))
    for group in branch.score.alpha:
        rows, added = by_row(block.values[group], branch, group)
        total = total + block.values[group].sample.design.covariance_of(rows) + np.diag(added)
    return np.asarray(total)


def by_row(values: Values, branch: Branch, group: str) -> tuple[Floats, Floats]:
    """Influence of each row on each unit's score [n, U], 0 but in its own unit; and the variance [U] that flat cells add."""
    unit, alpha, cells = values.sample.unit, branch.score.alpha[group], score_cells(values)
    scaled, added = alpha, np.zeros(len(alpha))
    if cells is not None:
        scaled, added = alpha * cells.scale, (alpha**2 * cells.extra).sum(axis=1)
    mine = (influence(values, values.value, values.theta) * scaled[unit]).sum(axis=1)
    delta = branch.score.delta.get(group)
    if delta is not None:
        mine += (presence(values) * delta[unit]).sum(axis=1)
    spread = np.zeros((len(unit), len(alpha)))
    spread[np.arange(len(unit)), unit] = mine
    return spread, added
