"""Scores with the standard errors that any program for survey samples gives: to be held against the official ones.

A plain standard error is the linearised one of the design with its weights as they are: cells inform each other's variance
nowhere, n/(n − 1) alone makes up for few clusters, and nothing is gained from calibration.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from surveys.sampling.returned_groups import blocks_of
from surveys.sampling.samples import draw_samples
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.protected_results import protected
from surveys.scoring.quantities import Bools
from surveys.scoring.score_table import table_of
from surveys.scoring.scores import group_inputs
from surveys.scoring.tree import walk
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import PLAIN_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import EXTERNAL, PARTS_MISSING

#: Remarks of a result over the groups that was worked out without one of its groups or questions.
_WITHOUT_A_PART = frozenset(
    ("score.renormalised", "score.renormalised_below", "score.items_not_shown", "score.items_not_shown_below")
)


def plain_errors(screened: ScreenedRound, official: pd.DataFrame) -> pd.DataFrame:
    """Every node over the groups and every question in each group, where they have a value, columns ``PLAIN_COLUMNS``; scores and
    errors in [0, 1].

    ``official``: the table of the scores of the round, whose standard errors stand beside. ``not_from_answers`` says why a result
    cannot be worked out from the answers and the rules of the tree alone; empty where it can.
    Raises SurveyError as drawing the samples did.
    """
    study = screened.study
    plan = replace(study.inference, variances="own", small_sample="clusters")
    plain = replace(screened, study=replace(study, inference=plan))
    samples = draw_samples(plain)
    tables = []
    for code in blocks_of(study, screened.returns.rows["block"].unique()):
        as_given = [replace(s, design=s.equal.with_weights(s.design.weights)) for s in samples.of(code)]
        block = group_inputs(plain, code, as_given)
        tables += list(_of_block(block, protected(block, walk(block))))
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(PLAIN_COLUMNS))
    key = ["block", "unit_code", "node_code", "group"]
    errors = official.set_index(key)["se"]
    return rows.assign(se=errors.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy())[list(PLAIN_COLUMNS)]


def _of_block(block: BlockInputs, branches: Sequence[Branch]) -> Iterator[pd.DataFrame]:
    """The results of a block, unit by unit in the order of the tree."""
    ends = [b for b in branches if (b.level == ITEM_LEVEL) != (b.group == ALL_GROUPS)]
    table = table_of(block, ends)
    if len(table):
        why = np.array([_left_out(block, branch) for branch in ends], dtype=object).T.ravel()
        table = table.assign(not_from_answers=why).rename(columns={"se": "se_plain"})
        yield table[table["score"].notna()]


def _left_out(block: BlockInputs, branch: Branch) -> list[str]:
    """Why the result of each unit [U] is more than its answers and the rules of the tree."""
    elsewhere = (branch.score.external != 0).any(axis=1)
    missing = ~branch.complete | ~_all_shown(block, branch)
    missing[[u for u, said in branch.notes if said.code in _WITHOUT_A_PART]] = True
    found: list[str] = np.where(elsewhere, EXTERNAL, np.where(missing, PARTS_MISSING, "")).tolist()
    return found


def _all_shown(block: BlockInputs, branch: Branch) -> Bools:
    """Units [U] in which every question below has enough forms in every group."""
    shown = ~block.nowhere
    for group, columns in branch.columns.items():
        shown &= block.values[group].shown[:, columns].all(axis=1)
    return shown
