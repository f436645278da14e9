"""Where the units of a block stand by their totals, and how probable it is that they are at a percentage or a rank."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.analysis.analysed_round import AnalysedRound
from surveys.definitions.instrument.records import ResultClass
from surveys.scoring.quantities import Bools, Floats
from surveys.scoring.result_classes import COMPARED_DIGITS, class_probabilities
from surveys.vocabulary.levels import ALL_GROUPS
from weighting.ranking.sets import top_probabilities

#: Maximum of an index without points: its results are percentages.
WHOLE = 100.0


@dataclass(frozen=True, eq=False)
class Standing:
    """The totals of all U units of a block, of both halves where there are two.

    ``table``: one row per unit, with its points, rank and status; ``survey``: the rows of the root's survey score for the same
    units, NaN where there is none; ``covariance`` [U, U] of these scores.
    """

    round: AnalysedRound
    block: str
    root: str
    table: pd.DataFrame
    survey: pd.DataFrame
    covariance: Floats

    @cached_property
    def units(self) -> list[str]:
        return list(self.table["unit_code"])

    @cached_property
    def maximum(self) -> Floats:
        """Points that can be reached [U]; 100 in an index without points."""
        points = self.table["max_points"].to_numpy(dtype=float)
        return np.where(points > 0, points, WHOLE)

    @cached_property
    def percent(self) -> Floats:
        """Percent of the maximum [U] that the printed points are (in an index without points the score to as many digits), so
        that a round just scored and its folder of results stand at the same numbers."""
        points = self.table["points"].to_numpy(dtype=float)
        has_points = self.table["max_points"].to_numpy(dtype=float) > 0
        score = WHOLE * self.survey["score"].to_numpy(dtype=float)
        printed = last_digits(np.where(has_points, points, score), self.round.output.points_decimals)
        units = np.array([np.nan if value is None else value for value in printed], dtype=float)
        return np.asarray(WHOLE * (units / 10**self.round.output.points_decimals) / self.maximum)

    @cached_property
    def share(self) -> Floats:
        """Survey points per point of the total's maximum [U]: 1 where everything is surveyed, 0 where nothing is."""
        points = self.survey["max_points"].to_numpy(dtype=float)
        surveyed = ~np.isnan(self.survey["score"].to_numpy(dtype=float))
        return np.where(surveyed, np.where(points > 0, points / self.maximum, 1.0), 0.0)

    @property
    def classes(self) -> tuple[ResultClass, ...]:
        """Classes that the totals have: those of the whole index."""
        has_council = self.round.instrument.assessed_leaves("", self.block)
        return () if has_council and "council_points" not in self.table else self.round.instrument.classes

    @cached_property
    def ranked(self) -> Bools:
        """Units that stand in the ranking [U]."""
        return np.asarray(self.table["rank"].notna() & ~np.isnan(self.percent), dtype=bool)

    @cached_property
    def errors(self) -> tuple[Floats, Floats]:
        """Standard errors of the totals in percent, 0 where nothing is surveyed, and their degrees of freedom [U]."""
        se, df = (self.survey[name].to_numpy(dtype=float) for name in ("se", "df"))
        return np.where(self.share > 0, 100.0 * se * self.share, 0.0), np.where(se > 0, df, np.inf)

    def probability_at_least(self, percent: float, units: slice = slice(None)) -> Floats:
        """Probability that the true totals of units are at least a percentage; NaN for those that are not ranked."""
        se, df = self.errors
        classes = (ResultClass("there", percent), ResultClass("below", 0.0))
        found = class_probabilities(self.percent[units], se[units], df[units], classes)[0]
        return np.where(self.ranked[units], found, np.nan)

    @cached_property
    def _in_order(self) -> tuple[list[Fraction], dict[int, int]]:
        """The totals of the units that are ranked, best first, and the place of each unit among them."""
        exact = {
            unit: exactly(round(self.percent[unit], COMPARED_DIGITS))
            for unit in np.flatnonzero(self.ranked).tolist()
        }
        ordered = sorted(exact, key=lambda unit: exact[unit], reverse=True)
        return [exact[unit] for unit in ordered], {unit: k for k, unit in enumerate(ordered)}

    def other_at_rank(self, unit: int, rank: int) -> Fraction | None:
        """The total that holds a rank among the units other than one that is ranked; None where there are not as many."""
        values, place = self._in_order
        k = rank - (place[unit] >= rank)
        return values[k] if k < len(values) else None

    def probability_of_top(self, number: int) -> Floats:
        """Probability [U] that each is among the best ``number`` of those ranked; NaN for the others."""
        return np.asarray(self._tops[number - 1])

    @cached_property
    def _tops(self) -> Floats:
        """The same [r, U] of each number."""
        se, df = self.errors
        known, scale = ~np.isnan(se), 100.0 * self.share
        value = np.where(self.ranked, self.percent, np.nan)
        found = top_probabilities(value, self.covariance * np.outer(scale, scale), np.where(known, df, 0.0))
        return np.where(known, found, np.nan)


def standings(of: AnalysedRound) -> list[Standing]:
    """The standing of every block that has totals, in the order of the instrument."""
    found = (_standing(of, block.code) for block in of.instrument.blocks)
    return [one for one in found if one is not None]


def _standing(of: AnalysedRound, block: str) -> Standing | None:
    whole, league = (t[t["block"] == block].reset_index(drop=True) for t in (of.index_units, of.units))
    table = whole if whole["points"].notna().any() else league
    if table.empty:
        return None
    roots = [node.code for node in of.instrument.scored_children("", block)]
    rows = of.scores[(of.scores["block"] == block) & (of.scores["group"] == ALL_GROUPS)]
    root = next((code for code in roots if (rows["node_code"] == code).any()), roots[0])
    survey = rows[rows["node_code"] == root].set_index("unit_code").reindex(table["unit_code"]).reset_index()
    return Standing(of, block, root, table, survey, _covariance(of, block, survey))


def _covariance(of: AnalysedRound, block: str, survey: pd.DataFrame) -> Floats:
    """Covariance [U, U] of the survey's totals."""
    place = {unit: k for k, unit in enumerate(survey["unit_code"])}
    found = np.diag(np.nan_to_num(survey["se"].to_numpy(dtype=float)) ** 2)
    pairs = of.covariances[of.covariances["block"] == block]
    for unit, other, covariance in zip(
        pairs["unit_code"], pairs["other_unit"], pairs["covariance"], strict=True
    ):
        if unit in place and other in place:
            found[place[unit], place[other]] = found[place[other], place[unit]] = covariance
    return found


# --- printed numbers --------------------------------------------------------------------------------------------------


def last_digits(values: Floats, decimals: int) -> list[int | None]:
    """Numbers in units of the last printed digit, half up; None for NaN.

    >>> last_digits(np.array([0.8125, 2.675, np.nan]), 2)
    [81, 268, None]
    """
    return [None if np.isnan(v) else in_last_digits(Decimal(repr(v)), decimals) for v in values.tolist()]


def in_last_digits(value: Decimal, decimals: int) -> int:
    return int(value.scaleb(decimals).to_integral_value(ROUND_HALF_UP))


def at_least(value: Fraction) -> int:
    """The smallest whole number that is not below."""
    return -(-value.numerator // value.denominator)


def exactly(value: float) -> Fraction:
    """The decimal that a float stands for.

    >>> exactly(0.1)
    Fraction(1, 10)
    """
    return Fraction(Decimal(repr(float(value))))
