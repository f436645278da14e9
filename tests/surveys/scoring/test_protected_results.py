"""The rank test on the results of a block, where a rule would let hidden answers enter what is shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from surveys.definitions.study.records import Inference, Minimum
from surveys.sampling.samples import draw_samples
from surveys.scoring.block_inputs import BlockInputs, inputs_of
from surveys.scoring.branches import Branch
from surveys.scoring.protected_results import protected
from surveys.scoring.tree import walk
from surveys.scoring.values import values_of
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.remarks import remark


def inputs(small, minimum: int) -> BlockInputs:
    study = replace(small.study, minimum=Minimum(forms=minimum), inference=Inference())
    screened = ScreenedRound(study, small.returns, small.dispositions)
    samples = draw_samples(screened).of("b")
    values = {s.group: values_of(small.returns, s, minimum, moderate=False) for s in samples}
    return inputs_of(study, "b", values)


def leaking(branches: list[Branch], code: str, group: str, unit: int) -> list[Branch]:
    """The branches with one result hidden after it has entered its parents."""
    one = np.arange(len(branches[0].shown)) == unit
    return [replace(b, shown=b.shown & ~one) if (b.code, b.group) == (code, group) else b for b in branches]


def shown(branches: list[Branch]) -> set[tuple[str, str, int]]:
    return {(b.code, b.group, u) for b in branches for u in np.flatnonzero(b.available).tolist()}


@pytest.mark.parametrize("minimum", [1, 3, 5])
def test_what_enters_nothing_needs_no_complement(small, minimum: int) -> None:
    block = inputs(small, minimum)
    branches = walk(block)
    assert shown(protected(block, branches)) == shown(branches)


@pytest.mark.parametrize(
    ("code", "group"), [("b", "staff"), ("c", "staff"), ("1.1.1", "staff"), ("d", "raters")]
)
def test_a_hidden_result_that_entered_its_parents_is_covered_by_further_ones(
    small, code: str, group: str
) -> None:
    """The first office; the others are left alone. Attacked with the values: whatever moves the hidden result must be able to
    leave all that is shown as it is."""
    block = inputs(small, 1)
    branches = leaking(walk(block), code, group, unit=0)
    safe = protected(block, branches)
    extra = shown(branches) - shown(safe)
    assert extra
    assert {unit for _, _, unit in extra} == {0}
    said = remark("score.complementary")
    for branch in safe:
        marked = {u for u, note in branch.notes if note == said}
        assert marked == {u for c, g, u in extra if (c, g) == (branch.code, branch.group)}
    # every result by its coefficients in the 10 item means, found by moving one item mean at a time
    coefficients = moved(block, branches)
    open_ = np.array([coefficients[c, g] for c, g, u in shown(safe) if u == 0])
    for b in safe:
        if not b.available[0] and b.score.alpha:
            target = coefficients[b.code, b.group]
            answer = np.linalg.lstsq(open_.T, target, rcond=None)[0]
            assert np.abs(answer @ open_ - target).max() > 1e-6


def moved(block: BlockInputs, branches: list[Branch]) -> dict[tuple[str, str], np.ndarray]:
    """How far each result of the first office moves with each item mean of each group, by differences of whole walks."""
    before = np.array([branch.score.value[0] for branch in branches])
    found = []
    for group, values in block.values.items():
        for k in range(len(values.items)):
            value = values.value.copy()
            value[values.valid[:, k] & (values.sample.unit == 0), k] += 0.01
            others = {**block.values, group: replace(values, value=value)}
            again = walk(replace(block, values=others))
            found.append((np.array([branch.score.value[0] for branch in again]) - before) / 0.01)
    names = [(branch.code, branch.group) for branch in branches]
    return dict(zip(names, np.array(found).T, strict=True))
