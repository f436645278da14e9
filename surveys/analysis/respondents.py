"""How many respondents would have to answer one level higher for a sub-criterion to gain so much."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np

from surveys.definitions.instrument.records import Instrument
from surveys.scoring.combination_rules import rule_of
from surveys.scoring.values import level_values
from surveys.vocabulary.remarks import Remarks, remark

_NEAR = 1e-9  # of numbers that floats make not quite whole


class LevelStep(NamedTuple):
    """By how much a sub-criterion's score rises at most where everybody answers one level higher, in [0, 1]; ``even``: at every
    level and question alike. 0 where no question of the block stands below it."""

    size: float
    even: bool


def level_step(instrument: Instrument, node: str, block: str) -> LevelStep:
    """The largest step between neighbouring levels of the questions of a node.

    Where levels count as satisfied or not, the step into the satisfied ones is the one that counts: 1.

    >>> from surveys.definitions.instrument.reading import load_instrument
    >>> level_step(load_instrument("ha-noi/2023"), "2.4.1", "so")
    LevelStep(size=0.25, even=True)
    """
    forms = {q.code for q in instrument.questionnaires if q.block == block}
    steps: list[float] = []
    for item in instrument.items_of_node.get(node, ()):
        if forms & set(item.questionnaires):
            value, _ = level_values(instrument, item)
            steps += np.abs(np.diff(value)).tolist()
    largest = max((step for step in steps if step == step), default=0.0)
    _, slope = rule_of(instrument, instrument.node[node]).affine(instrument.node[node])
    uneven = instrument.scoring.numerator == "value" and any(abs(s - largest) > _NEAR for s in steps)
    return LevelStep(slope * largest, not uneven)


class Respondents(NamedTuple):
    """``number`` of respondents, None where none can be told; ``note``: what is to be said of it."""

    number: int | None
    note: Remarks = ()


def respondents(gain: float, step: LevelStep, forms: float) -> Respondents:
    """How many of so many ``forms`` have to be one level higher, in all questions, for a node's score to gain so much in [0, 1].

    A share of gain/step of every group, rounded up to whole respondents; more than all of them cannot be.

    >>> respondents(0.05, LevelStep(0.25, True), 42)
    Respondents(number=9, note=())
    >>> respondents(0.5, LevelStep(0.25, True), 42).number
    42
    """
    if not (forms > 0 and step.size > 0):
        return Respondents(None)
    levels = gain / step.size
    fewest = () if step.even else (remark("reach.unequal_steps"),)
    if levels > 1.0 + _NEAR:
        said = remark("reach.more_than_forms", levels=ceil(levels - _NEAR), forms=int(forms))
        return Respondents(int(forms), (said, *fewest))
    return Respondents(ceil(levels * forms - _NEAR), fewest)
