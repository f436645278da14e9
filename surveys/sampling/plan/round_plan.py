"""The plan of a round as a whole: forms of each cell, and who is drawn from lists for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import floor

from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem, Problems
from surveys.sampling.plan.cells import CellForms
from surveys.sampling.plan.drawn_elements import DrawnElements, draw_elements
from surveys.sampling.plan.forms_of_cells import ROUNDING, forms_of_cells
from surveys.vocabulary.remarks import remark


@dataclass(frozen=True, eq=False)
class RoundPlan:
    """``cells`` in the order of the questionnaires and of the register; ``drawn``: the elements of lists, as many in each cell as
    it has forms; ``warnings``: what stops nothing."""

    cells: tuple[CellForms, ...]
    drawn: DrawnElements
    warnings: tuple[Problem, ...]


def plan_round(study: StudyDefinition) -> RoundPlan:
    """What a study's ``[[plan]]`` and ``[[lists]]`` come to.

    Raises :class:`surveys.problems.SurveyError` when there is no plan, or a plan or a list that cannot be carried out.
    """
    cells, problems = forms_of_cells(study)
    drawn = draw_elements(study, cells, problems)
    problems.raise_errors()
    _note_codes_unread(study, cells, problems)
    return RoundPlan(tuple(_as_drawn(study, cells, drawn)), drawn, problems.warnings)


def _note_codes_unread(study: StudyDefinition, cells: tuple[CellForms, ...], problems: Problems) -> None:
    """Forms get codes that no column of the returns would hold: once they are issued by these, every form waits for review."""
    issued = list(dict.fromkeys(each.cell.questionnaire for each in cells if each.issued))
    if issued and not study.instrument.asks_code:
        problems.add("plan.no_code_field", severity="warning", file="study.toml", forms=issued)


def _as_drawn(
    study: StudyDefinition, cells: tuple[CellForms, ...], drawn: DrawnElements
) -> Iterator[CellForms]:
    """The cells with as many forms as elements were drawn for them."""
    listed = {(of.block, of.group) for of in study.lists}
    keys = drawn.drawn[["block", "unit", "group"]].itertuples(index=False, name=None)
    counts = Counter((str(block), str(unit), str(group)) for block, unit, group in keys)
    for cell in cells:
        of = cell.cell
        number = counts[of.block, of.unit, of.group] if (of.block, of.group) in listed else cell.issued
        if number == cell.issued:
            yield cell
        else:
            valid = min(cell.forms, floor(number * cell.plan.returned_valid + ROUNDING))
            said = (*cell.remarks, remark("plan.list_short", forms=number))
            yield replace(cell, issued=number, forms=valid, remarks=said)
