"""What it takes: where each unit is wanted, how probable it is that it is there, how far it has to go, and the shortest ways.

A way raises sub-criteria to a mark of the unit's own block: to its median, its upper quarter, its best result, or each to any of
them; everything else stays. Of all ways of a kind the one with the fewest sub-criteria is taken, of these the one that gains
least (:mod:`surveys.analysis.shortest_ways`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.analysis.aims import Aim, AimedAt, place_wanted, wanted_of
from surveys.analysis.analysed_round import AnalysedRound
from surveys.analysis.next_round import detectable_changes
from surveys.analysis.planned_forms import PlannedForms
from surveys.analysis.respondents import level_step, respondents
from surveys.analysis.shortest_ways import shortest_way
from surveys.analysis.standing import Standing, at_least, standings
from surveys.analysis.sub_criteria import BlockTree, SubCriterion
from surveys.definitions.study.index_kind import refuse_unscored
from surveys.vocabulary.columns import DETECTABLE_COLUMNS, REACH_COLUMNS, WAY_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.remarks import Remarks, remark
from surveys.vocabulary.statuses import EXTERNAL, OPEN, OUT_OF_REACH, REACHED, UNRANKED, UNTOLD
from surveys.vocabulary.ways import MARKS, NO, WAYS, YES


@dataclass(frozen=True)
class Reached:
    """``reach``: ``REACH_COLUMNS``, one row per unit and wanted place; ``ways``: ``WAY_COLUMNS``, one per sub-criterion of a way;
    ``detectable``: ``DETECTABLE_COLUMNS``, one per unit and node."""

    reach: pd.DataFrame
    ways: pd.DataFrame
    detectable: pd.DataFrame


def what_it_takes(
    of: AnalysedRound,
    wanted: Aim | None = None,
    units: Sequence[str] = (),
    planned: Sequence[PlannedForms] = (),
) -> Reached:
    """What it takes every unit (or some ``units``, by their codes) to be where it is ``wanted``, or where the targets of the
    whole index want it; ``planned``: forms of the next round. Raises SurveyError when nothing is scored."""
    refuse_unscored(of.instrument)
    detectable = detectable_changes(of, planned)
    reach, ways = [], []
    for standing in standings(of):
        block = _BlockWays(standing, detectable)
        for unit, code in enumerate(standing.units):
            if units and code not in units:
                continue
            targets = of.targets_of(standing.block, code).get((standing.root, ""), ())
            for one in (wanted,) if wanted else wanted_of(targets, standing.root):
                row, steps = block.way_to(unit, one)
                reach.append(row)
                ways += steps
    shown = detectable[detectable["unit_code"].isin(units)] if units else detectable
    return Reached(
        pd.DataFrame(reach, columns=list(REACH_COLUMNS)),
        pd.DataFrame(ways, columns=list(WAY_COLUMNS)),
        shown.reset_index(drop=True)[list(DETECTABLE_COLUMNS)],
    )


Row = dict[str, object]


class _BlockWays:
    """A block with what its units may do."""

    def __init__(self, standing: Standing, detectable: pd.DataFrame) -> None:
        self.standing, self.tree = standing, BlockTree(standing)
        self.digits = 10**standing.round.output.points_decimals
        own = detectable[detectable["block"] == standing.block]
        has_points = bool(standing.table["max_points"].gt(0).any())
        noise = own["detectable_points" if has_points else "detectable_percent"].astype(float)
        self.noise = dict(zip(zip(own["unit_code"], own["node_code"], strict=True), noise, strict=True))
        scores = standing.round.scores
        rows = scores[(scores["block"] == standing.block) & (scores["group"] == ALL_GROUPS)]
        counts = zip(rows["n_valid"].astype(float), rows["status"], strict=True)
        self.forms = {
            key: 0.0 if status == EXTERNAL else n
            for key, (n, status) in zip(
                zip(rows["unit_code"], rows["node_code"], strict=True), counts, strict=True
            )
        }
        self.steps = {
            code: level_step(standing.round.instrument, code, standing.block) for code in self.tree.leaves
        }
        self._leaves: dict[int, list[SubCriterion]] = {}

    def leaves(self, unit: int) -> list[SubCriterion]:
        if unit not in self._leaves:
            self._leaves[unit] = self.tree.of_unit(unit)
        return self._leaves[unit]

    # --- where it is wanted -------------------------------------------------------------------------------------------

    def way_to(self, unit: int, wanted: Aim) -> tuple[Row, list[Row]]:
        """The row of one unit and wanted place, and those of the ways there."""
        place = place_wanted(self.standing, unit, wanted)
        row = self._key(unit, wanted) | {
            "rank": self.standing.table["rank"].iloc[unit],
            "now": self.standing.percent[unit],
        }
        if place is None:
            why = remark("reach.no_place" if self.standing.ranked[unit] else "reach.unranked")
            return row | {"status": UNRANKED, "note": (why,)}, []
        short = self._needed(unit, place) - (self.tree.points[self.standing.root][unit] or 0)
        row |= {
            "needed": float(place.percent),
            "probability": self._probability(unit, place),
            "distance": float(place.percent) - self.standing.percent[unit],
            "distance_points": short / self.digits,
        }
        if place.is_there:
            return row | {"ways": 0, "status": REACHED, "note": ()}, []
        ways = [(way, self._way(unit, marks, max(short, 1))) for way, marks in WAYS.items()]
        steps = [
            self._key(unit, wanted) | {"way": way, "step": k} | self._step(unit, leaf, mark)
            for way, found in ways
            for k, (leaf, mark) in enumerate(found or (), 1)
        ]
        count = sum(found is not None for _, found in ways)
        status = OPEN if count else OUT_OF_REACH if self.leaves(unit) else UNTOLD
        return row | {"ways": count, "status": status, "note": self._notes(unit, short, count)}, steps

    def _key(self, unit: int, wanted: Aim) -> Row:
        own = self.standing.table.iloc[unit]
        return {
            "block": self.standing.block,
            "unit_code": own["unit_code"],
            "unit_name": own["unit_name"],
            "measure": wanted.measure,
            "wanted": wanted.shown,
        }

    def _needed(self, unit: int, place: AimedAt) -> int:
        """Points at which the unit is there, in units of the last printed digit."""
        maximum = self.tree.maximum[self.standing.root][unit] or 0
        return at_least(place.percent * maximum / 100)

    def _probability(self, unit: int, place: AimedAt) -> float:
        if place.rank is None:
            own = slice(unit, unit + 1)
            return float(self.standing.probability_at_least(float(place.percent), own)[0])
        return float(self.standing.probability_of_top(place.rank)[unit])

    def _notes(self, unit: int, short: int, count: int) -> Remarks:
        said = []
        if self.tree.is_near(unit):
            said.append(remark("reach.by_answers"))
        if not self.leaves(unit):
            said.append(remark("reach.not_additive"))
        elif not count:
            best = sum(max(leaf.gain(mark) for mark in MARKS) for leaf in self.leaves(unit))
            total = (self.tree.points[self.standing.root][unit] or 0) + best
            maximum = self.tree.maximum[self.standing.root][unit] or 1
            said.append(remark("reach.out_of_reach", percent=f"{100 * total / maximum:.2f}"))
        noise = self.noise.get((self.standing.units[unit], self.standing.root), np.nan)
        if short / self.digits < noise:
            said.append(remark("reach.within_noise"))
        return tuple(said)

    # --- the ways there -----------------------------------------------------------------------------------------------

    def _way(self, unit: int, marks: Sequence[str], short: int) -> list[tuple[SubCriterion, str]] | None:
        """The sub-criteria of the shortest way with the mark that each is raised to, those that gain most first; None where there
        is no way."""
        leaves = self.leaves(unit)
        found = shortest_way([[leaf.gain(mark) for mark in marks] for leaf in leaves], short)
        if found is None:
            return None
        taken = [(leaves[step.place], marks[step.option]) for step in found]
        return sorted(taken, key=lambda one: -one[0].gain(one[1]))

    def _step(self, unit: int, leaf: SubCriterion, mark: str) -> Row:
        """One sub-criterion of a way."""
        code, node = self.standing.units[unit], leaf.code
        gain = leaf.raised_to(mark) - leaf.points
        maximum = self.tree.maximum[self.standing.root][unit] or 1
        forms, noise = self.forms.get((code, node), 0.0), self.noise.get((code, node), np.nan)
        answered = respondents(gain / leaf.maximum, self.steps[node], forms)
        return {
            "node_code": node,
            "mark": mark,
            "points": leaf.points / self.digits,
            "raised_to": leaf.raised_to(mark) / self.digits,
            "gain": gain / self.digits,
            "gain_percent": 100.0 * leaf.gain(mark) / maximum,
            "respondents": np.nan if answered.number is None else answered.number,
            "of_forms": forms or np.nan,
            "detectable_points": noise,
            "larger_than_noise": "" if np.isnan(noise) else YES if gain / self.digits > noise else NO,
            "note": answered.note,
        }
