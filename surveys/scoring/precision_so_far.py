"""How precise the totals of the units are at this moment, over the groups and in each: for a round that is still in the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from surveys.sampling.returned_groups import blocks_of
from surveys.sampling.samples import Samples
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch
from surveys.scoring.contributions import of_group, variances_of_externals
from surveys.scoring.inference import inferred
from surveys.scoring.quantities import Floats
from surveys.scoring.scores import group_inputs
from surveys.scoring.status_and_remarks import statuses
from surveys.scoring.tree import walk
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import PRECISION_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS


def precision_so_far(screened: ScreenedRound, samples: Samples) -> pd.DataFrame:
    """One row per unit and group, and over the groups (``all``), columns ``PRECISION_COLUMNS``.

    ``margin``: half of the interval of the total's score in [0, 1], NaN where too few forms count; ``fraction``: share of the
    group's population that answered (0 where finite populations are not taken into account); ``variance_share``: what the group
    adds to the variance of the unit's total over the groups, as a share of it.
    """
    study = screened.study
    parts = [
        part
        for code in blocks_of(study, screened.returns.rows["block"].unique())
        for part in _of_block(group_inputs(screened, code, samples.of(code)))
    ]
    if not parts:
        numbers = ("n_valid", "margin", "fraction", "variance_share")
        return pd.DataFrame(columns=list(PRECISION_COLUMNS)).astype(dict.fromkeys(numbers, float))
    return pd.concat(parts, ignore_index=True)


def _of_block(block: BlockInputs) -> Iterator[pd.DataFrame]:
    """The rows of a block, branch by branch of the first root that has a result over the groups."""
    branches = walk(block)
    roots = {node.code for node in block.instrument.children.get("", ())}
    total = next((b for b in branches if b.code in roots and b.group == ALL_GROUPS), None)
    if total is None:
        return
    mine = [branch for branch in branches if branch.code == total.code]
    found = inferred(block, mine)
    status = statuses(found)
    known = np.array([branch.available for branch in mine])
    margin = np.where(known, (found.high[0] - found.low[0]) / 2.0, np.nan)
    shares = _shares(block, total)
    nothing = np.zeros(len(block.units))
    for r, branch in enumerate(mine):
        values = block.values.get(branch.group)
        yield pd.DataFrame(
            {
                "block": block.code,
                "unit_code": [unit.code for unit in block.units],
                "group": branch.group,
                "n_valid": found.forms[r].astype(np.int64),
                "margin": margin[r],
                "fraction": nothing if values is None else values.sample.fraction,
                "variance_share": shares.get(branch.group, nothing),
                "status": status[r],
            }
        )[list(PRECISION_COLUMNS)]


def _shares(block: BlockInputs, total: Branch) -> Mapping[str, Floats]:
    """What each group adds to the variance of the total [U], as a share of it; 0 where there is no variance."""
    parts = {
        group: of_group(block.values[group], [total], group).variance[0, 0] for group in total.score.alpha
    }
    whole = sum(parts.values()) + variances_of_externals(block, total.score.external)
    return {
        group: np.divide(variance, whole, out=np.zeros_like(variance), where=whole > 0)
        for group, variance in parts.items()
    }
