"""The whole index: the council's half and the survey's side by side, for every unit and node, and the units by their totals.

The points of a node are those of the council plus those of the survey; a node that lacks one of its halves has none. The
interval is that of the survey part, shifted by the council's points: it carries the survey's uncertainty only. A survey result
that is hidden leaves no total either, from which the council's points could be subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Node
from surveys.definitions.study.assessments import STEPS, without_self_assessment
from surveys.definitions.study.records import Assessment, StudyDefinition
from surveys.problems import Problem, Problems, the_first
from surveys.scoring.block_inputs import BlockInputs
from surveys.scoring.council_points import SAID, CouncilPart
from surveys.scoring.league import TOP, Total, remarks_of_ranks, sets_of_ranks
from surveys.scoring.quantities import Floats
from surveys.scoring.ranked_units import ranked_units
from surveys.scoring.result_classes import classes_of, probability_of_own_class
from surveys.vocabulary.columns import INDEX_COLUMNS, INDEX_UNIT_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.remarks import Remark, Remarks, remark
from surveys.vocabulary.statuses import FINAL, FIRST_APPRAISAL, INCOMPLETE, OK, PROVISIONAL, SUPPRESSED
from weighting import RankSets, rank_sets

#: More nodes than this are not named in one remark.
MOST_NAMED = 12


@dataclass(frozen=True)
class Halves:
    """A node or a sum of leaves in all U units: its part that the council assesses, if any, and its rows of the scores over the
    groups, if any."""

    council: CouncilPart | None
    survey: pd.DataFrame | None

    def _of_survey(self, column: str) -> Floats:
        assert self.survey is not None
        return self.survey[column].to_numpy(dtype=float)

    @property
    def errors(self) -> tuple[Floats, Floats]:
        """Standard errors in points, and their degrees of freedom [U]; 0 where nothing is surveyed."""
        if self.survey is None:
            nothing = np.zeros_like(self.points)
            return nothing, nothing
        return self._of_survey("se") * self.survey_max, self._of_survey("df")

    @property
    def survey_max(self) -> Floats | float:
        return np.nan if self.survey is None else self._of_survey("max_points")

    @property
    def survey_points(self) -> Floats | float:
        return np.nan if self.survey is None else self._of_survey("points")

    @property
    def max_points(self) -> Floats:
        """Maxima of the halves that the node has, added up [U], or one for all units."""
        halves = [self.council.maximum] if self.council is not None else []
        return np.asarray(sum([*halves, *([self.survey_max] if self.survey is not None else [])]))

    @property
    def points(self) -> Floats:
        """Points of the halves that the node has, added up [U]."""
        return self._shifted(self.survey_points)

    def limit(self, column: str) -> Floats:
        """A limit of the interval in points [U]; NaN where nothing is surveyed, of which nothing is uncertain here."""
        if self.survey is None:
            return np.full_like(self.points, np.nan)
        return self._shifted(self._of_survey(column) * self.survey_max)

    def _shifted(self, survey: Floats | float) -> Floats:
        if self.council is None:
            return np.asarray(survey)
        return self.council.points + (survey if self.survey is not None else 0.0)

    @property
    def basis(self) -> np.ndarray:
        """``final``, ``first_appraisal`` where that is all that some part below has, or nothing, object [U]."""
        if self.council is None:
            return np.asarray("", dtype=object)
        known = ~np.isnan(self.council.points)
        return np.select([known & self.council.provisional, known], [FIRST_APPRAISAL, FINAL], "").astype(
            object
        )

    @property
    def status(self) -> np.ndarray:
        """Status of the node in each unit, object [U]: that of the survey part where it is hidden or incomplete or there is no
        other, then what the council's points are."""
        survey = OK if self.survey is None else self.survey["status"].to_numpy(dtype=object)
        if self.council is None:
            return np.asarray(survey)
        halves = np.broadcast_to(survey, self.council.points.shape)
        missing = np.isnan(self.council.points) | (halves == INCOMPLETE)
        cases = [halves == SUPPRESSED, missing, self.council.provisional]
        return np.select(cases, [SUPPRESSED, INCOMPLETE, PROVISIONAL], OK).astype(object)

    def remarks(self, units: int) -> list[Remarks]:
        """What is said of the node in each of so many units: of its survey part, then of the council's."""
        of_survey: list[Remarks] = [()] * units if self.survey is None else self.survey["note"].tolist()
        if self.council is None:
            return of_survey
        without = np.broadcast_to(np.isnan(self.survey_points) & (self.survey is not None), units).tolist()
        limited = (~np.isnan(self.limit("ci_low"))).tolist()
        said = []
        for unit, found in enumerate(of_survey):
            of_council = _of_council(self.council, unit)
            if not self.council.above[unit] and without[unit]:
                of_council.append(remark("index.no_survey"))
            elif not self.council.above[unit] and limited[unit]:
                of_council.append(remark("index.survey_error_only"))
            said.append((*found, *of_council))
        return said


@dataclass(frozen=True)
class IndexNode(Halves):
    """One node of the index in all U units."""

    node: Node


def _of_council(council: CouncilPart, unit: int) -> list[Remark]:
    """What is said of the part of a node that the council assesses, in one unit."""
    if council.above[unit]:
        return [remark("index.given_above", node=council.above[unit])]
    named = ((kind, council.named(kind, unit)) for kind in SAID)
    return [remark(f"index.{kind}", nodes=the_first(nodes, MOST_NAMED)) for kind, nodes in named if nodes]


def whole_index(
    block: BlockInputs, total: Total | None, table: pd.DataFrame, council: Mapping[str, CouncilPart]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The index of one block, ``INDEX_COLUMNS``, and its units, ``INDEX_UNIT_COLUMNS``. ``total``: what the survey says of the
    whole, where anything is; ``table``: its scores; ``council``: the council's parts of its nodes."""
    nodes = index_nodes(block, table, council)
    index = index_table(block, nodes)
    return index, index_units(block, total, nodes, index)


def gaps_of_index(study: StudyDefinition, units: pd.DataFrame) -> tuple[Problem, ...]:
    """One warning per block that the council assesses: that the study has no assessments, or that some of its units' totals
    are not whole or not final. ``units``: ``INDEX_UNIT_COLUMNS`` of all blocks."""
    problems = Problems()
    for block in study.instrument.blocks:
        leaves = study.instrument.assessed_leaves("", block.code)
        if not (leaves and study.assessed_units(block.code)):
            continue
        if not study.has_assessments:
            problems.add("score.no_assessments", severity="warning", block=block.code, nodes=len(leaves))
        status = units.loc[units["block"] == block.code, "status"]
        for code, wanted in (
            ("score.index_gaps", (INCOMPLETE, SUPPRESSED)),
            ("score.index_provisional", (PROVISIONAL,)),
        ):
            count = int(status.isin(wanted).sum())
            if count:
                problems.add(code, severity="warning", block=block.code, units=count)
    return tuple(problems)


def index_nodes(
    block: BlockInputs, table: pd.DataFrame, council: Mapping[str, CouncilPart]
) -> list[IndexNode]:
    """The nodes of the index of a block in printing order. ``table``: its scores, ``SCORE_COLUMNS``."""
    rows = table[(table["group"] == ALL_GROUPS) & (table["node_level"] != ITEM_LEVEL)]
    surveyed = {code: part.reset_index(drop=True) for code, part in rows.groupby("node_code", sort=False)}
    found = (
        IndexNode(council.get(node.code), surveyed.get(node.code), node) for node in _in_order(block, "")
    )
    return [one for one in found if one.council is not None or one.survey is not None]


def _in_order(block: BlockInputs, above: str) -> list[Node]:
    """The nodes below one, each followed by those below it."""
    children = block.instrument.scored_children(above, block.code)
    return [node for child in children for node in (child, *_in_order(block, child.code))]


def index_table(block: BlockInputs, nodes: Sequence[IndexNode]) -> pd.DataFrame:
    """The index of one block, columns ``INDEX_COLUMNS``: unit by unit, each in the order of the tree."""
    units = len(block.units)
    rows = [_node_table(block, one).assign(_unit=np.arange(units)) for one in nodes]
    if not rows:
        return pd.DataFrame(columns=list(INDEX_COLUMNS))
    found = pd.concat(rows, ignore_index=True).sort_values("_unit", kind="stable", ignore_index=True)
    return found[list(INDEX_COLUMNS)]


def _node_table(block: BlockInputs, one: IndexNode) -> pd.DataFrame:
    """The rows of one node in all units of a block."""
    council, units = one.council, len(block.units)
    low, high = one.limit("ci_low"), one.limit("ci_high")
    columns = {
        "max_points": one.max_points,
        **{step: np.nan if council is None else council.steps[step] for step in STEPS},
        "council_points": np.nan if council is None else council.points,
        "council_basis": one.basis,
        "council_max": np.nan if council is None else council.maximum,
        "survey_points": one.survey_points,
        "survey_max": one.survey_max,
        "points": one.points,
        "points_low": low,
        "points_high": high,
        "percent": _percent(one.points, one.max_points),
        "ci_low": _percent(low, one.max_points),
        "ci_high": _percent(high, one.max_points),
        "status": one.status,
    }
    return pd.DataFrame(
        {
            "block": block.code,
            "unit_code": [unit.code for unit in block.units],
            "unit_name": [unit.name_vi for unit in block.units],
            "node_code": one.node.code,
            "node_level": one.node.level,
            "measured_by": one.node.measured_by,
            **{name: np.broadcast_to(values, units) for name, values in columns.items()},
            "note": pd.Series(one.remarks(units), dtype=object),
        }
    )


def _percent(points: Floats, maximum: Floats) -> Floats:
    """100 · points / maximum; NaN of a maximum that is 0."""
    return 100.0 * points / np.where(maximum > 0, maximum, np.nan)


# --- totals -----------------------------------------------------------------------------------------------------------


def index_units(
    block: BlockInputs, total: Total | None, nodes: Sequence[IndexNode], table: pd.DataFrame
) -> pd.DataFrame:
    """One row per unit by its total, in the order of the register, columns ``INDEX_UNIT_COLUMNS``. ``table``: what
    :func:`index_table` made. Units that lack one half, or a part of the survey unless the study renormalises, have neither ranks
    nor a class."""
    if not nodes:
        return pd.DataFrame(columns=list(INDEX_UNIT_COLUMNS))
    root = nodes[0]
    total = total if total is not None and total.branch.code == root.node.code else None
    rows = table[table["node_code"] == root.node.code].reset_index(drop=True)
    points = rows["points"].to_numpy(dtype=float)
    whole = np.isfinite(points)
    if total is not None:
        whole &= ranked_units(block.study.inference, total.branch)
    sets = _sets(block, total, root, np.where(whole, points, np.nan))
    percent = np.where(whole, rows["percent"].to_numpy(dtype=float), np.nan)
    se, df = root.errors
    ranks, classes = sets.table(), block.instrument.classes
    said = remarks_of_ranks(sets, _with_missing(block, rows["note"].tolist()))
    return rows.assign(
        rank=ranks["rank"],
        rank_low=ranks["rank_low"],
        rank_high=ranks["rank_high"],
        probability_top_quarter=ranks["probability_top"],
        **{"class": classes_of(percent, classes)},
        probability_class=probability_of_own_class(percent, _percent(se, root.max_points), df, classes),
        note=pd.Series(said, dtype=object),
    )[list(INDEX_UNIT_COLUMNS)]


def _sets(block: BlockInputs, total: Total | None, root: IndexNode, points: Floats) -> RankSets:
    """Ranks of units by their points [U]. On the scale of the survey's score the council's points move values and no errors."""
    if total is None or root.survey is None:
        return rank_sets(points, np.zeros(len(points)), level=block.study.inference.level, top=TOP)
    return sets_of_ranks(block, total, points / np.asarray(root.survey_max), root.survey)


def _with_missing(block: BlockInputs, notes: Sequence[Remarks]) -> list[Remarks]:
    """The remarks of the totals of all units, and how many self-assessments each unit did not send."""
    sent: dict[str, list[Assessment]] = {unit.code: [] for unit in block.units}
    for made in block.study.assessments:
        if made.block == block.code and made.unit in sent:
            sent[made.unit].append(made)
    missing = [without_self_assessment(block.instrument, block.code, of_unit) for of_unit in sent.values()]
    return [
        (*note, remark("index.no_self", count=len(nodes))) if nodes else note
        for note, nodes in zip(notes, missing, strict=True)
    ]
