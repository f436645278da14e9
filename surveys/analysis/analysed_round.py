"""A scored round as the analyses need it, however it is at hand: just scored, or read back from its folder of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.comparison.compared_round import ComparedRound
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.agencies import AgenciesInCharge
from surveys.definitions.study.records import Agency, Inference, Output, Target
from surveys.definitions.study.targets import TargetsInForce

#: Forms behind the results of one unit and group.
CELL_COLUMNS = ("block", "unit_code", "group", "n", "population")


@dataclass(frozen=True)
class AnalysedRound:
    """``label`` and ``period_end`` (ISO, empty where it is not told) name the round. Its tables: ``scores`` (``SCORE_COLUMNS``),
    ``units`` (``UNIT_COLUMNS``), ``index`` and ``index_units`` (``INDEX_COLUMNS``, ``INDEX_UNIT_COLUMNS``; without rows where
    nothing is assessed), ``sums`` (``SUM_COLUMNS``), ``covariances`` (``COVARIANCE_COLUMNS``) and ``cells``
    (:data:`CELL_COLUMNS`), numbers as floats, NaN where there is none. ``agencies``: those in charge on one day; ``targets``: as
    declared; ``source``: what is said of the round in the record of an analysis."""

    label: str
    period_end: str
    instrument: Instrument
    output: Output
    inference: Inference
    scores: pd.DataFrame
    units: pd.DataFrame
    index: pd.DataFrame
    index_units: pd.DataFrame
    sums: pd.DataFrame
    covariances: pd.DataFrame
    agencies: tuple[Agency, ...]
    targets: tuple[Target, ...]
    cells: pd.DataFrame
    source: Mapping[str, object]

    @property
    def compared(self) -> ComparedRound:
        """The round as a comparison needs it."""
        return ComparedRound(self.instrument, self.scores, self.units, self.output.language)

    @cached_property
    def in_charge(self) -> AgenciesInCharge:
        """Who leads and co-ordinates: ``in_charge.of(block, unit, node, item="")``."""
        return AgenciesInCharge(self.instrument, self.agencies)

    @cached_property
    def _in_force(self) -> TargetsInForce:
        return TargetsInForce(self.targets)

    def targets_of(self, block: str, unit: str) -> Mapping[tuple[str, str], tuple[Target, ...]]:
        """The targets of one unit, by node and item (empty: the node itself)."""
        found: dict[tuple[str, str], tuple[Target, ...]] = {}
        for target in self._in_force.of(block, unit):
            place = (target.node, target.item)
            found[place] = (*found.get(place, ()), target)
        return found


def cells_of(
    weights: pd.DataFrame, diagnostics: pd.DataFrame, is_finite: Mapping[tuple[str, str], bool]
) -> pd.DataFrame:
    """Number of valid evaluations and the population they stand for, Σ weights, of every unit and group, columns
    :data:`CELL_COLUMNS`. The population is NaN where that of its group is not known (``WEIGHT_COLUMNS``,
    ``DIAGNOSTIC_COLUMNS``) or was not taken as finite: ``is_finite``, by block (empty: all of them) and group.

    >>> weights = pd.DataFrame({"block": "so", "unit_code": ["a", "a", "b"], "group": "g", "weight": [2.0, 3.0, 4.0]})
    >>> known = pd.DataFrame({"block": ["so"], "group": ["g"], "population": [9.0]})
    >>> cells_of(weights, known, {})["population"].tolist()
    [5.0, 4.0]
    >>> cells_of(weights, known, {("", "g"): False})["population"].tolist()
    [nan, nan]
    """
    cells = weights.groupby(["block", "unit_code", "group"], sort=False)["weight"].agg(["size", "sum"])
    named = cells.reset_index().rename(columns={"size": "n", "sum": "population"})
    known = diagnostics.loc[diagnostics["population"] > 0, ["block", "group"]]
    pairs = {
        (block, group)
        for block, group in known.itertuples(index=False, name=None)
        if is_finite.get((block, group), is_finite.get(("", group), True))
    }
    is_known = [pair in pairs for pair in zip(named["block"], named["group"], strict=True)]
    return named.assign(population=np.where(is_known, named["population"], np.nan))[list(CELL_COLUMNS)]
