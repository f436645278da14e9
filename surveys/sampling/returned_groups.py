"""The valid evaluations of each block and group, with what the study declares about their weights."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from surveys.definitions.instrument.records import Unit
from surveys.definitions.study.records import MarginTotal, StudyDefinition, WeightPlan
from surveys.problems import Problems
from surveys.returns.record_set import Returns, kept_fields
from surveys.sampling.content_order import Codes, numbered_raters, ranked
from surveys.sampling.drawn_weights import with_drawn
from surveys.validity.screened_round import ScreenedRound

Floats = NDArray[np.float64]
NO_VALID_FORM = "sampling.no_valid_form"


@dataclass(frozen=True)
class ReturnedGroup:
    """The n valid evaluations of one block and group on its U assessed units, in the order of their content.

    ``rows`` int [n]: positions among those ``returned``; ``unit`` int [n]: position among ``units``; ``rater`` int [n];
    ``population`` float [U], NaN without frame; ``whole_block``: one population rates every unit;
    ``small_sample``: how the study makes up for few clusters.
    """

    block: str
    group: str
    plan: WeightPlan
    margins: tuple[MarginTotal, ...]
    units: tuple[Unit, ...]
    returned: pd.DataFrame
    rows: Codes
    unit: Codes
    rater: Codes
    population: Floats
    whole_block: bool
    small_sample: Literal["leverage", "clusters"]

    def column(self, name: str) -> pd.Series:
        """A field of its rows [n]."""
        return self.returned[name].take(self.rows).reset_index(drop=True)

    @property
    def place(self) -> dict[str, Any]:
        """Block and group, as messages name them."""
        return {"block": self.block, "group": self.group}

    @cached_property
    def forms(self) -> NDArray[np.intp]:
        """Evaluations of each unit [U]."""
        return np.bincount(self.unit, minlength=len(self.units))

    @cached_property
    def raters(self) -> Floats:
        """Different raters of each unit [U]; of the whole block, repeated, when one population rates it."""
        if self.whole_block:
            return np.full(len(self.units), float(len(np.unique(self.rater))))
        return self.raters_of_units

    @cached_property
    def raters_of_units(self) -> Floats:
        """Different raters of each unit [U]."""
        units = len(self.units)
        pairs = np.unique(self.rater * units + self.unit)
        return np.bincount(pairs % units, minlength=units).astype(float)

    @cached_property
    def response(self) -> Floats:
        """Share of those asked about each unit who gave a valid form about it [U], where everybody in the frame was asked
        (a census); NaN elsewhere."""
        return (
            self.raters_of_units / self.population if self.plan.census else np.full(len(self.units), np.nan)
        )

    @cached_property
    def fraction(self) -> Floats:
        """Share of each unit's population that answered [U]; 0 where finite populations are not taken into account."""
        if not self.plan.finite or self.plan.clusters:
            return np.zeros(len(self.units))
        return np.nan_to_num(self.raters / self.population)


def blocks_of(study: StudyDefinition, returned: Iterable[str]) -> tuple[str, ...]:
    """Blocks that take part in the round: those with forms issued or returned, a frame, an external estimate or points of the
    council.

    ``returned``: blocks of the forms that were read, whose questionnaire a study need not name.
    """
    asked = _blocks_asked(study, {file.questionnaire for file in study.returns})
    elsewhere = {e.block for e in study.externals} | {a.block for a in study.assessments}
    named = asked | elsewhere | set(returned)
    return tuple(b.code for b in study.instrument.blocks if b.code in named)


def _blocks_asked(study: StudyDefinition, returned: Collection[str]) -> set[str]:
    """Blocks with forms of this round: issued, planned for in a frame, or with questionnaires ``returned``."""
    forms = {*returned, *(form.questionnaire for form in study.issued)}
    asked = {q.block for q in study.instrument.questionnaires if q.code in forms}
    return asked | {frame.block for frame in study.frames}


def returned_groups(screened: ScreenedRound, problems: Problems) -> Iterator[ReturnedGroup]:
    """Every block × group with a questionnaire in the round that is not wholly taken from elsewhere; those without any valid
    form are noted."""
    study, rows = screened.study, screened.returns.rows
    taken_over = {(e.block, e.group) for e in study.externals if e.group}
    surveyed = _blocks_asked(study, ()) | set(rows["block"].unique())
    valid = np.flatnonzero(screened.dispositions.valid)
    found = rows[["block", "group"]].take(valid).groupby(["block", "group"]).indices
    content = _content(screened.returns)
    for block, group in dict.fromkeys((q.block, q.group) for q in study.instrument.questionnaires):
        mine = valid[found.get((block, group), [])]
        codes = pd.Index([unit.code for unit in study.assessed_units(block)], dtype=object)
        unit = codes.get_indexer(pd.Index(rows["unit_code"].take(mine), dtype=object))
        if (unit >= 0).any():
            mine, unit = mine[unit >= 0], unit[unit >= 0]
            yield _in_order(screened, (block, group), mine, unit, ranked([unit, content[mine]]))
        elif block in surveyed and (block, group) not in taken_over:
            problems.add(NO_VALID_FORM, block=block, group=group)


def _content(returns: Returns) -> Codes:
    """Rank of every evaluation by its kept fields and answers."""
    texts = [
        pd.factorize(returns.rows[kept.code].astype(str), sort=True)[0]
        for kept in kept_fields(returns.instrument)
        if kept.code in returns.rows
    ]
    return ranked([*texts, *returns.answers.T])


def _in_order(
    screened: ScreenedRound, place: tuple[str, str], rows: Codes, unit: Codes, rank: Codes
) -> ReturnedGroup:
    """The evaluations ``rows`` of ``unit`` in the order of their ``rank``."""
    study, returns = screened.study, screened.returns
    rater = numbered_raters(pd.factorize(returns.rows["rater"].take(rows))[0], rank)
    order = np.lexsort((rater, rank))
    population, whole_block = _populations(study, *place)
    returned, plan = with_drawn(study, returns.rows, _plan(study, *place))
    return ReturnedGroup(
        *place,
        plan,
        tuple(m for m in study.margins if (m.block, m.group) == place),
        study.assessed_units(place[0]),
        returned,
        rows[order],
        unit[order],
        rater[order],
        population,
        whole_block,
        study.inference.small_sample,
    )


def _plan(study: StudyDefinition, block: str, group: str) -> WeightPlan:
    """The weighting plan of a block and group: the most specific one declared, or the default."""
    declared = {(plan.block, plan.group): plan for plan in study.weights}
    default = WeightPlan(group=group, block=block)
    return declared.get((block, group), declared.get(("", group), default))


def _populations(study: StudyDefinition, block: str, group: str) -> tuple[Floats, bool]:
    """Population per unit [U] (NaN without frame), and whether one population rates the whole block."""
    frames = {f.unit: f.population for f in study.frames if (f.block, f.group) == (block, group)}
    whole_block = "" in frames
    sizes = [frames.get("" if whole_block else u.code, np.nan) for u in study.assessed_units(block)]
    return np.array(sizes, dtype=float), whole_block
