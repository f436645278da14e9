"""The cells of a round, unit × group: what is planned of each, what was handed out for it and what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from surveys.definitions.study.records import Frame, Issued, PlannedCell, StudyDefinition
from surveys.fieldwork.monitoring.counted_evaluations import COUNTS
from surveys.validity.screening import issued_by_cell

#: Block, unit (empty: none that is known) and group.
Cell = tuple[str, str, str]
_CELL = ["block", "unit_code", "group"]
Declared = TypeVar("Declared", Frame, PlannedCell)


@dataclass(frozen=True)
class _CellFacts:
    """What is planned and known of the cells."""

    population: Mapping[Cell, float]
    planned: Mapping[Cell, float]
    issued: Mapping[Cell, float]


def planned_cells(study: StudyDefinition, funnel: pd.DataFrame, out: Sequence[Issued]) -> pd.DataFrame:
    """One row per cell: ``population``, ``planned`` valid forms, ``minimum``, ``issued`` and those that are ``outstanding``
    (NaN where not known), and what came back, ``COUNTS``. ``funnel``: ``FUNNEL_COLUMNS``, whose sums the rows keep; ``out``: the
    issued forms that did not come back.

    Cells are those of the funnel, those that are planned and those of which a population is known, but for those that are
    taken from another survey.
    """
    counted = funnel.groupby(_CELL, sort=False)[["issued", *COUNTS]].sum()
    wanted = _wanted(study)
    asked = {(block, group) for block, _, group in (*counted.index, *wanted.planned)}
    groups_elsewhere = {(e.block, e.group) for e in study.externals if e.group} - asked
    elsewhere = {(e.block, e.unit, e.group) for e in study.externals if e.group}
    known = [c for c in wanted.population if (c[0], c[2]) not in groups_elsewhere and c not in elsewhere]
    cells = _in_order(study, {*counted.index, *wanted.planned, *known})
    found = pd.DataFrame(cells, columns=_CELL, dtype=object)
    numbers = (
        counted.reindex(pd.MultiIndex.from_frame(found)).fillna(0).astype("int64").reset_index(drop=True)
    )
    found[list(COUNTS)] = numbers[list(COUNTS)]
    listed = _listed(study)
    found["issued"] = [
        float(issued) if (cell[0], cell[2]) in listed else wanted.issued.get(cell, np.nan)
        for cell, issued in zip(cells, numbers["issued"], strict=True)
    ]
    still_out: Counter[Cell] = Counter()
    for (block, unit, group, _), forms in issued_by_cell(replace(study, issued=tuple(out))).items():
        still_out[block, unit, group] += forms
    unlisted = np.maximum(found["issued"] - found["returned"], 0.0)
    found["outstanding"] = [
        float(still_out[cell]) if (cell[0], cell[2]) in listed else number
        for cell, number in zip(cells, unlisted, strict=True)
    ]
    for name in ("population", "planned"):
        of_cell = getattr(wanted, name)
        found[name] = [of_cell.get(cell, np.nan) for cell in cells]
    found["minimum"] = [float(study.minimum.of(group)) if unit else np.nan for _, unit, group in cells]
    return found


def _listed(study: StudyDefinition) -> set[tuple[str, str]]:
    """Block and group of the questionnaires whose issued forms are listed."""
    asked = study.instrument.questionnaire
    return {(asked[q].block, asked[q].group) for q in {form.questionnaire for form in study.issued}}


def _wanted(study: StudyDefinition) -> _CellFacts:
    population = {cell: float(frame.population) for cell, frame in _spread(study, study.frames)}
    planned = [(cell, plan) for cell, plan in _spread(study, study.planned)]
    return _CellFacts(
        population,
        {cell: float(plan.forms) for cell, plan in planned},
        {cell: float(plan.issued) for cell, plan in planned if plan.issued is not None},
    )


def _spread(study: StudyDefinition, declared: Iterable[Declared]) -> Iterable[tuple[Cell, Declared]]:
    """Each declared row with its cells: one without a unit stands for every assessed unit that has no row of its own."""
    rows = list(declared)
    own = {(row.block, row.unit, row.group) for row in rows if row.unit}
    for row in rows:
        units = [row.unit] if row.unit else [unit.code for unit in study.assessed_units(row.block)]
        for unit in units:
            cell = (row.block, unit, row.group)
            if row.unit or cell not in own:
                yield cell, row


def _in_order(study: StudyDefinition, cells: Iterable[Cell]) -> list[Cell]:
    """Cells by block, unit (an unknown one last) and group, as the definitions have them."""
    instrument = study.instrument
    records = (instrument.blocks, study.units, instrument.groups)
    ranks = [
        {code: k for k, code in enumerate(dict.fromkeys(r.code for r in of_kind))} for of_kind in records
    ]
    return sorted(
        cells, key=lambda cell: ([rank.get(c, len(rank)) for rank, c in zip(ranks, cell, strict=True)], cell)
    )
