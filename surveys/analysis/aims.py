"""Where a unit is wanted: at a percentage, in a class, at a rank. Each becomes the percentage at which it would be there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np

from surveys.analysis.standing import Standing, exactly
from surveys.definitions.study.records import Target
from surveys.scoring.result_classes import COMPARED_DIGITS
from surveys.scoring.unit_groups import groups_of
from surveys.vocabulary.measures import CLASS, OF_ROOT, PERCENT, POINTS, RANK_UP, UNIT_GROUP, Measure

#: Signs of targets that nothing below them reaches, of numbers and of ranks.
_NO_LOWER_LIMIT, _STRICT = ("<=", "<"), (">", "<")


@dataclass(frozen=True)
class Aim:
    """``target``: a number or the code of a class or group of units; ``strict``: it has to be passed; ``sign``: as printed."""

    measure: Measure
    target: str
    sign: str = ""

    @property
    def number(self) -> Decimal:
        return Decimal(self.target.replace(",", "."))

    @property
    def strict(self) -> bool:
        return self.sign in _STRICT

    @property
    def shown(self) -> str:
        """
        >>> Aim("percent", "92.00", ">").shown
        '>92.00'
        """
        return f"{self.sign}{self.target}"


@dataclass(frozen=True)
class AimedAt:
    """Where a wanted place lies for one unit. ``percent`` of the maximum from which it is there; ``rank``: the rank that this
    means, None where it does not depend on others; ``is_there``: now."""

    percent: Fraction
    rank: int | None
    is_there: bool


def wanted_of(targets: Iterable[Target], root: str) -> tuple[Aim, ...]:
    """What the targets of the root want; without those that are upper limits."""
    return tuple(
        Aim(t.measure, t.target, t.sign)
        for t in targets
        if t.node == root and not t.item and (t.measure in OF_ROOT or t.sign not in _NO_LOWER_LIMIT)
    )


def place_wanted(standing: Standing, unit: int, wanted: Aim) -> AimedAt | None:
    """Where the place that is wanted lies for a unit (its position); None where there is no such place."""
    if not standing.ranked[unit]:
        return None
    if wanted.measure in (PERCENT, POINTS, CLASS):
        return _at_percent(standing, unit, wanted)
    rank = _rank_wanted(standing, unit, wanted)
    return _at_rank(standing, unit, rank) if 0 < rank <= int(standing.ranked.sum()) else None


def _at_percent(standing: Standing, unit: int, wanted: Aim) -> AimedAt | None:
    output = standing.round.output
    if wanted.measure == CLASS:
        thresholds = {made.code: made.percent_from for made in standing.classes}
        if wanted.target not in thresholds:
            return None
        needed = Fraction(Decimal(repr(float(thresholds[wanted.target]))))
    elif wanted.measure == POINTS:
        step = Fraction(wanted.strict, 10**output.points_decimals)
        needed = 100 * (Fraction(wanted.number) + step) / exactly(standing.maximum[unit])
    else:
        needed = Fraction(wanted.number) + Fraction(wanted.strict, 10**output.percent_decimals)
    now = exactly(round(float(standing.percent[unit]), COMPARED_DIGITS))
    return AimedAt(needed, None, now >= needed)


def _rank_wanted(standing: Standing, unit: int, wanted: Aim) -> int:
    """The rank that a target means: of "so many places up" from where the unit is; of a group of units the last one that is in it
    or a better one now."""
    if wanted.measure == UNIT_GROUP:
        groups = standing.round.instrument.unit_groups
        codes = [group.code for group in groups]
        if wanted.target not in codes:
            return 0
        better = codes[: codes.index(wanted.target) + 1]
        value = np.where(standing.ranked, standing.percent, np.nan).tolist()
        return sum(code in better for code in groups_of(value, groups))
    if wanted.measure == RANK_UP:
        return max(1, int(standing.table["rank"].iloc[unit]) - int(wanted.number))
    return int(wanted.number) - wanted.strict


def _at_rank(standing: Standing, unit: int, rank: int) -> AimedAt:
    """What the others have stays: the rank is held from the last printed digit above the unit that has it now, or by who is level
    with it already."""
    digits = standing.round.output.percent_decimals
    is_there = int(standing.table["rank"].iloc[unit]) <= rank
    holder = standing.other_at_rank(unit, rank)
    if holder is None:
        return AimedAt(Fraction(0), rank, is_there)
    needed = holder if is_there else Fraction(floor(holder * 10**digits) + 1, 10**digits)
    return AimedAt(needed, rank, is_there)
