"""The league table: the units of a block by their total, with the ranks that the survey cannot exclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import ResultClass
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.joint_errors import JointErrors, joint_errors
from surveys.scoring.quantities import Floats
from surveys.scoring.ranked_units import ranked_units
from surveys.scoring.result_classes import classes_of, probability_of_own_class
from surveys.scoring.status_and_remarks import censuses
from surveys.scoring.unit_groups import groups_of
from surveys.vocabulary.columns import COVARIANCE_COLUMNS, UNIT_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.remarks import Remarks, remark
from weighting import RankSets, rank_sets

TOP = 0.25  # the top quarter, as the column says


@dataclass(frozen=True)
class Total:
    """The root of an index over the groups, and the errors of its scores in all units."""

    branch: Branch
    errors: JointErrors


def total_of(block: BlockInputs, branches: Sequence[Branch]) -> Total | None:
    """What the survey says of the whole index of a block; None where it says nothing."""
    roots = {node.code for node in block.instrument.children.get("", ())}
    root = next((b for b in branches if b.code in roots and b.group == ALL_GROUPS), None)
    return None if root is None else Total(root, joint_errors(block, root))


def covariances_of(block: BlockInputs, total: Total | None) -> pd.DataFrame:
    """Covariances of the scores of every two units whose totals are shown and go together, columns ``COVARIANCE_COLUMNS``, in the
    order of the register."""
    if total is None or total.errors.covariance.ndim == 1:
        return pd.DataFrame(columns=list(COVARIANCE_COLUMNS))
    shown = total.branch.available
    found = np.triu(np.where(shown[:, None] & shown, total.errors.covariance, 0.0), 1)
    one, other = np.nonzero(found)
    codes = np.array([unit.code for unit in block.units], dtype=object)
    columns = (block.code, codes[one], codes[other], found[one, other])
    return pd.DataFrame(dict(zip(COVARIANCE_COLUMNS, columns, strict=True)))


def league(block: BlockInputs, total: Total | None, table: pd.DataFrame) -> pd.DataFrame:
    """One row per unit, in the order of the register, columns ``UNIT_COLUMNS``; percentages of the maximum. Units outside the
    ranking have neither ranks nor a group of units; they could stand anywhere, and every worst rank counts them.

    ``table``: the scores of the block, ``SCORE_COLUMNS``.
    """
    if total is None:
        return pd.DataFrame(columns=list(UNIT_COLUMNS))
    rows = table[(table["node_code"] == total.branch.code) & (table["group"] == ALL_GROUPS)].reset_index(
        drop=True
    )
    value = np.where(ranked_units(block.study.inference, total.branch), rows["score"].to_numpy(), np.nan)
    sets = sets_of_ranks(block, total, value, rows)
    classes = _classes(block)
    errors = (100.0 * rows["se"].to_numpy(), rows["df"].to_numpy())
    ranks = sets.table()
    return rows.assign(
        percent=100.0 * rows["score"],
        ci_low=100.0 * rows["ci_low"],
        ci_high=100.0 * rows["ci_high"],
        rank=ranks["rank"],
        rank_low=ranks["rank_low"],
        rank_high=ranks["rank_high"],
        probability_top_quarter=ranks["probability_top"],
        unit_group=groups_of(value.tolist(), block.instrument.unit_groups),
        **{"class": classes_of(100.0 * value, classes)},
        probability_class=probability_of_own_class(100.0 * value, *errors, classes),
        note=pd.Series(remarks_of_ranks(sets, rows["note"].tolist()), dtype=object),
    )[list(UNIT_COLUMNS)]


def _classes(block: BlockInputs) -> Sequence[ResultClass]:
    """Classes of results by the survey: those of an index that has no council's half."""
    return () if block.instrument.assessed_leaves("", block.code) else block.instrument.classes


def sets_of_ranks(block: BlockInputs, total: Total, value: Floats, rows: pd.DataFrame) -> RankSets:
    """Ranks of the units with a ``value`` [U], whose errors are those of the total's scores. The variance of a census is
    known; where a unit has no standard error nothing is known of it. What other units lend to a variance gives no degrees of
    freedom here: among many pairs of small cells it is just the smallest variances that stand out
    (tests/weighting/rank_coverage.py)."""
    errors = total.errors.among(~np.isnan(value))
    df = np.minimum(rows["df"].fillna(0.0).to_numpy(), errors.df)
    df = np.where(rows["se"].isna(), 0.0, df)
    df = np.where(censuses(block, [total.branch])[0] & ~rows["se"].gt(0), np.inf, df)
    level = block.study.inference.level
    return rank_sets(value, errors.covariance, level=level, top=TOP, df=df, raters=errors.raters)


def remarks_of_ranks(sets: RankSets, notes: Sequence[Remarks]) -> list[Remarks]:
    """What is said of each unit's total, and of its ranks."""
    said = []
    for note, rank, untold in zip(notes, sets.rank.tolist(), sets.untold.tolist(), strict=True):
        anywhere = (remark("rank.unranked", units=sets.unranked),) if rank and sets.unranked else ()
        alike = (remark("rank.untold", units=untold),) if untold else ()
        said.append((*note, *anywhere, *alike))
    return said
