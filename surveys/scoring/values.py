"""Answers become values: level positions → values in [0, 1], and the weighted totals per unit and item.

Symbols as in the notation: w weight, a valid (0/1), y value, θ = Σ w a y / Σ w a.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from surveys.definitions.instrument.records import NON_ANSWERS, Instrument, Item
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Sample
from surveys.scoring.combination_rules import COMBINATIONS
from surveys.scoring.quantities import Floats


def items_asked(instrument: Instrument, sample: Sample, *, scored: bool) -> tuple[Item, ...]:
    """Items that a group is asked and that enter the index, or (not ``scored``) whose answers are published as shares."""
    forms = {q.code for q in instrument.questionnaires if (q.block, q.group) == (sample.block, sample.group)}
    return tuple(
        item
        for item in instrument.items
        if item.node
        and forms & set(item.questionnaires)
        and COMBINATIONS[instrument.node[item.node].rule].scored == scored
    )


def level_values(instrument: Instrument, item: Item) -> tuple[Floats, Floats]:
    """Value and satisfied indicator of each level of the item's scale, after range and direction.

    Returns two arrays [levels]; the second is NaN throughout where the scale declares no satisfied level.
    Value = (ladder value − minimum)/(maximum − minimum), then 1 − value for a reversed item, whose satisfied levels are
    the mirrored ones.
    """
    satisfied = np.array([level.satisfied for level in instrument.scale[item.scale].levels], dtype=float)
    if not satisfied.any():
        satisfied = np.full(len(satisfied), np.nan)
    if item.reverse:
        satisfied = satisfied[::-1]
    if instrument.scoring.numerator == "satisfied":
        return satisfied, satisfied
    return ladder_values(instrument, item), satisfied


def ladder_values(instrument: Instrument, item: Item) -> Floats:
    """Value of each level of the item's scale on its ladder [levels], after range and direction, whatever is scored."""
    scale = instrument.scale[item.scale]
    value = np.array(scale.values(instrument.scoring.ladder if len(scale.ladders) > 1 else ""), dtype=float)
    low = 0.0 if item.minimum is None else item.minimum
    high = 1.0 if item.maximum is None else item.maximum
    value = np.clip((value - low) / (high - low), 0.0, 1.0)
    return 1.0 - value if item.reverse else value


@dataclass(frozen=True)
class Values:
    """Valid answers of one sample (n evaluations, I items, U units).

    ``valid`` bool [n, I]; ``value``, ``satisfied`` float [n, I], 0 where not valid; ``rated`` bool [I]: the item's
    scale has satisfied levels; ``minimum``: fewest forms of an item whose result is shown; ``moderate``: cells inform each
    other's variance.
    """

    sample: Sample
    items: tuple[Item, ...]
    valid: NDArray[np.bool_]
    value: Floats
    satisfied: Floats
    rated: NDArray[np.bool_]
    minimum: int
    moderate: bool

    @cached_property
    def position(self) -> dict[str, int]:
        """Column of each item."""
        return {item.code: k for k, item in enumerate(self.items)}

    def by_unit(self, columns: Floats) -> Floats:
        """Sums of row values [n, k] within units, [U, k]; the rows of a sample stand in the order of its units."""
        present, start = np.unique(self.sample.unit, return_index=True)
        sums = np.zeros((len(self.sample.population), columns.shape[1]))
        sums[present] = np.add.reduceat(columns, start, axis=0)
        return sums

    @cached_property
    def forms(self) -> NDArray[np.int64]:
        """Evaluations with a valid answer per unit and item [U, I]."""
        return self.by_unit(self.valid.astype(float)).astype(np.int64)

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """Items with enough forms in a unit [U, I]: what is not shown enters nothing that is."""
        return self.forms >= self.minimum

    @cached_property
    def entering(self) -> NDArray[np.bool_]:
        """Valid answers [n, I] to the items that are shown in the row's unit."""
        return self.valid if self.shown.all() else self.valid & self.shown[self.sample.unit]

    @cached_property
    def weight(self) -> Floats:
        """w as a column [n, 1]."""
        return self.sample.design.weights[:, None]

    @cached_property
    def answers(self) -> Floats:
        """D = Σ w a per unit and item [U, I]."""
        return self.by_unit(self.weight * self.valid)

    @cached_property
    def gram(self) -> Floats:
        """Σ (w aₖ)(w aₗ) over the rows of a unit, [U, I, I]."""
        columns = self.weight * self.valid
        first = np.searchsorted(self.sample.unit, np.arange(1, len(self.sample.population)))
        return np.array([rows.T @ rows for rows in np.split(columns, first)])

    @cached_property
    def theta(self) -> Floats:
        """θ per unit and item [U, I]; NaN without answers."""
        return _ratio(self.by_unit(self.weight * self.value), self.answers)

    @cached_property
    def satisfied_share(self) -> Floats:
        """Weighted share of satisfied answers [U, I]; NaN without answers or without satisfied levels."""
        share = _ratio(self.by_unit(self.weight * self.satisfied), self.answers)
        share[:, ~self.rated] = np.nan
        return share


def values_of(returns: Returns, sample: Sample, minimum: int, *, moderate: bool) -> Values:
    """The valid answers of a sample as values; an item of fewer than ``minimum`` forms is not shown."""
    instrument = returns.instrument
    items = items_asked(instrument, sample, scored=True)
    columns = [instrument.item_position[item.code] for item in items]
    answers = returns.answers.take(sample.rows, axis=0)[:, columns]
    levels = [level_values(instrument, item) for item in items]
    longest = max((len(of_level) for of_level, _ in levels), default=0)
    # The codes of answers not given are negative: they count from the end of the table, where zeros stand.
    table = np.zeros((2, len(items), longest - min(NON_ANSWERS.values())))
    for k, (of_level, is_satisfied) in enumerate(levels):
        table[:, k, : len(of_level)] = of_level, np.nan_to_num(is_satisfied)
    rated = np.array([not np.isnan(is_satisfied).any() for _, is_satisfied in levels], dtype=bool)
    value, satisfied = table[:, np.arange(len(items)), answers]
    return Values(sample, items, answers >= 0, value, satisfied, rated, minimum, moderate)


def influence(values: Values, y: Floats, theta: Floats) -> Floats:
    """w a (y − θ) per row and item [n, I], θ [U, I] being that of the row's unit, with what leverage hides of it."""
    centred = y - np.where(np.isnan(theta), 0.0, theta)[values.sample.unit]
    return _with_leverage(values, np.where(values.valid, values.weight * centred, 0.0))


def presence(values: Values) -> Floats:
    """w a per row and item [n, I], as the item's :func:`influence` is."""
    return _with_leverage(values, values.weight * values.valid)


def _with_leverage(values: Values, u: Floats) -> Floats:
    sample = values.sample
    return sample.design.with_leverage(u, sample.unit, len(sample.population), values.weight * values.valid)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)
