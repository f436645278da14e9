"""No hidden result can be computed back from those that are shown: the rank test on every unit of a block.

Each result is a linear combination of the item means θ of its groups, of external estimates and of constants that the
definitions tell: its coefficients are α · D, those of its derivative. A hidden result enters nothing, so the means that it
rests on stand in no result that is shown, which is looked at first, for all units at once. Only where some rule let it in does
a unit come to the rank test and, where that finds a way back, to further results that are hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.branches import Branch, everywhere
from surveys.scoring.complementary_hiding import complement, relations_of
from surveys.scoring.quantities import Bools, Floats, Quantity
from surveys.vocabulary.levels import ITEM_LEVEL
from surveys.vocabulary.remarks import remark


def protected(block: BlockInputs, branches: Sequence[Branch]) -> list[Branch]:
    """The branches of a block, with further results hidden where hidden ones could be computed back."""
    if not branches:  # an index of shares alone
        return []
    shown = np.array([branch.available for branch in branches])
    hidden = np.array([_rests_on_answers(branch) & ~branch.available for branch in branches])
    extra = np.zeros_like(hidden)
    for quantities in _different(branches):
        for unit in np.flatnonzero(_reached(block, quantities, shown, hidden)).tolist():
            relations = relations_of(_coefficients(block, quantities, unit))
            given = hidden[:, unit] | extra[:, unit]
            extra[:, unit] |= complement(relations, given, _costs(block, branches, unit))
    said = remark("score.complementary")
    return [
        replace(b, shown=b.shown & ~more, notes=b.notes + everywhere(more, said)) if more.any() else b
        for b, more in zip(branches, extra, strict=True)
    ]


def _rests_on_answers(branch: Branch) -> Bools:
    """Units [U] in which answers give a result a value, shown or not."""
    some = [(alpha != 0).any(axis=1) for alpha in branch.score.alpha.values()]
    return np.asarray(~np.isnan(branch.score.value) & np.any([np.zeros_like(branch.shown), *some], axis=0))


def _different(branches: Sequence[Branch]) -> list[list[Quantity]]:
    """The scores; and the satisfied shares where they are other combinations of the answers than the scores."""
    scores, shares = [b.score for b in branches], [b.satisfied for b in branches]
    alike = all(a.derived_as(b) for a, b in zip(scores, shares, strict=True))
    return [scores] if alike else [scores, shares]


def _reached(block: BlockInputs, quantities: Sequence[Quantity], shown: Bools, hidden: Bools) -> Bools:
    """Units [U] in which a hidden result rests on nothing but what stands in shown ones too."""
    apart = ~hidden
    for group in block.values:
        alphas = {r: q.alpha[group] != 0 for r, q in enumerate(quantities) if group in q.alpha}
        known = np.any([a & shown[r][:, None] for r, a in alphas.items()], axis=0)
        for row in (r for r in alphas if hidden[r].any()):
            apart[row] |= (alphas[row] & ~known).any(axis=1)
    return np.asarray(~apart.all(axis=0))


def _coefficients(block: BlockInputs, quantities: Sequence[Quantity], unit: int) -> Floats:
    """Coefficients of every result [R, K] of a unit in the item means of all groups and the external estimates."""
    rows = []
    for quantity in quantities:
        of_groups = [
            quantity.alpha[group][unit] * values.answers[unit]
            if group in quantity.alpha
            else np.zeros(len(values.items))
            for group, values in block.values.items()
        ]
        rows.append(np.concatenate([*of_groups, quantity.external[unit]]))
    return np.array(rows)


def _costs(block: BlockInputs, branches: Sequence[Branch], unit: int) -> Floats:
    """What it costs to hide each result [R]: the lower its level, the fewer its groups and its forms, the less."""
    levels = [*dict.fromkeys(node.level for node in block.instrument.nodes), ITEM_LEVEL]
    depth = [-levels.index(branch.level) for branch in branches]
    forms = [
        sum(int(block.values[g].forms[unit][column].max(initial=0)) for g, column in branch.columns.items())
        for branch in branches
    ]
    groups = [len(branch.columns) for branch in branches]
    costs = np.empty(len(branches))
    costs[np.lexsort((forms, groups, depth))] = np.arange(1.0, len(branches) + 1)
    return costs
