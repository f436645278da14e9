"""How many forms the cells of a plan need: by precision, by a rule, or as a share of a total; and how many are issued for them.

The arithmetic is that of :mod:`weighting.sample_size`; here it is chosen, and told why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.study.sample_plan import BY_PRECISION, SamplePlan
from surveys.problems import Problems
from surveys.sampling.plan.cells import AskedCell, CellForms, planned_together
from surveys.vocabulary.remarks import Remark, remark
from weighting.sample_size.allocation import allocate
from weighting.sample_size.differences import size_beside, size_for_difference
from weighting.sample_size.forms_to_issue import forms_to_issue, whole_where_near
from weighting.sample_size.margins import margin_of, size_for_margin
from weighting.sample_size.planning_values import DifferenceTest, PlanningValues
from weighting.sample_size.slovin import slovin

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
#: Standard deviation of scores where none is given: that of the least favourable share.
_LEAST_FAVOURABLE = 0.5
#: More forms than this are no plan; the numbers asked for are mistyped.
MOST_FORMS = 5_000_000
#: How differences are tested: as rounds are compared.
_TEST = "t"
#: What is this little below a whole number is that number.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class _ValidForms:
    """Valid forms wanted of each cell [U], before limits, and why."""

    forms: Floats
    remarks: tuple[Remark, ...]


def forms_of_cells(study: StudyDefinition) -> tuple[tuple[CellForms, ...], Problems]:
    """What is planned of each cell, in the order of the questionnaires and of the register, and what is to be said of it.

    Raises :class:`surveys.problems.SurveyError` when the study has no plan, or a plan that cannot be carried out.
    """
    problems = Problems()
    if not study.plans:
        first = next(iter(study.instrument.groups), None)
        problems.add("plan.none", file="study.toml", example=first.code if first else "")
    else:
        known = [(plan, _known(plan, cells, problems)) for plan, cells in planned_together(study, problems)]
        made = [each for plan, cells in known for each in _planned(plan, cells, problems)]
        total = sum(each.issued for each in made)
        if total > MOST_FORMS:
            problems.add("plan.too_many_forms", file="study.toml", found=total, limit=MOST_FORMS)
    problems.raise_errors()
    place = {(u.block, u.code): k for k, u in enumerate(study.units)}
    form = {q.code: k for k, q in enumerate(study.instrument.questionnaires)}
    made.sort(key=lambda p: (form[p.cell.questionnaire], place.get((p.cell.block, p.cell.unit), -1)))
    return tuple(made), problems


def _known(plan: SamplePlan, cells: Sequence[AskedCell], problems: Problems) -> tuple[AskedCell, ...]:
    """The cells whose population is known where the plan needs it; the others are noted."""
    if plan.method not in ("slovin", "whole") and not (plan.is_shared_out and plan.allocation != "equal"):
        return tuple(cells)
    for cell in cells:
        if not np.isfinite(cell.population):
            said: dict[str, Any] = {
                "group": cell.group,
                "block": cell.block,
                "unit": cell.unit,
                "method": plan.method,
            }
            problems.add("plan.no_population", file="frames.csv", **said)
    return tuple(cell for cell in cells if np.isfinite(cell.population))


def _planned(plan: SamplePlan, cells: Sequence[AskedCell], problems: Problems) -> list[CellForms]:
    """What one entry plans for its cells."""
    if not cells:
        return []
    people = np.floor(np.array([cell.population for cell in cells]))
    wanted = _wanted(plan, cells, people, problems)
    low, high = np.minimum(plan.minimum, people), np.minimum(_most(plan), people)
    forms = np.clip(wanted.forms, low, high)
    if plan.method == "whole" or _counts_issued(plan):
        issued = whole_where_near(forms, people, plan.whole_from)
        forms = np.floor(issued * plan.returned_valid + ROUNDING)
    else:
        issued = whole_where_near(
            forms_to_issue(forms, plan.response, plan.valid, people, plan.assurance), people, plan.whole_from
        )
        expected = np.floor(issued * plan.returned_valid + ROUNDING)
        forms = np.where(issued >= people, np.minimum(forms, expected), forms)
    margins = _margins(plan, np.minimum(forms, people), people)
    found = []
    for k, cell in enumerate(cells):
        limits = (low[k], high[k]) if plan.method != "whole" else (0.0, np.inf)
        remarks = (
            *wanted.remarks,
            *_of_cell(plan, people[k], (wanted.forms[k], forms[k], issued[k]), limits),
        )
        found.append(CellForms(cell, plan, int(forms[k]), int(issued[k]), float(margins[k]), remarks))
    return found


def _most(plan: SamplePlan) -> float:
    return float("inf") if plan.maximum is None else plan.maximum


def _wanted(plan: SamplePlan, cells: Sequence[AskedCell], people: Floats, problems: Problems) -> _ValidForms:
    """Valid forms of each cell [U] by the method of a plan."""
    if plan.is_shared_out and cells[0].unit:
        return _shared_out(plan, cells, people, problems)
    number = plan.total if plan.method == "total" else plan.forms
    if plan.method in ("fixed", "total"):
        return _ValidForms(np.minimum(np.full(len(cells), float(number or 0)), people), (_by_number(plan),))
    if plan.method == "whole":
        return _ValidForms(people, (remark("plan.by_whole"),))
    if plan.method == "slovin":
        return _ValidForms(slovin(people, plan.margin or 0.05).astype(float), _by_precision(plan))
    return _ValidForms(_by_size(plan, people, problems), _by_precision(plan))


def _counts_issued(plan: SamplePlan) -> bool:
    """Whether the number that is declared counts forms issued."""
    return plan.method in ("fixed", "total") and plan.counted == "issued"


def _by_size(plan: SamplePlan, people: Floats, problems: Problems) -> Floats:
    """Valid forms [U] for a wanted margin or difference; everybody, which is noted, where no number is enough beside the forms of
    the last round."""
    values, delta = _values(plan, people), _signed(plan)
    how = DifferenceTest(level=plan.level, test=_TEST)
    if plan.method == "margin":
        found = size_for_margin(
            plan.margin or 0.05, values, plan.level, plan.interval_planned, plan.margin_assurance
        )
    elif plan.method == "difference" or plan.previous is None:
        found = size_for_difference(delta, values, None, plan.power, 1.0, how)[..., 0]
    else:
        before = np.minimum(plan.previous, people)
        found = size_beside(delta, before, values, None, plan.power, how)
    found = np.broadcast_to(found, people.shape)
    never = (found == 0) & (people > 0)
    if never.any():
        said: dict[str, Any] = {"group": plan.group, "previous": _number(plan.previous or 0)}
        said |= {"difference": _number(plan.difference or 0), "cells": int(never.sum())}
        at_all = np.isfinite(people[never]).all()
        problems.add(
            "plan.never_enough", file="study.toml", severity="warning" if at_all else "error", **said
        )
    return np.where(never, np.where(np.isfinite(people), people, 0.0), found).astype(float)


def _signed(plan: SamplePlan) -> float:
    """The wanted difference, downwards where there is no room for it upwards."""
    delta = plan.difference or 0.1
    return delta if plan.measure == "mean" or plan.share + delta <= 1 else -delta


def _values(plan: SamplePlan, people: Floats) -> PlanningValues:
    deviation = plan.deviation if plan.measure == "mean" else None
    return PlanningValues(plan.share, deviation, people, plan.design_effect)


def _shared_out(
    plan: SamplePlan, cells: Sequence[AskedCell], people: Floats, problems: Problems
) -> _ValidForms:
    """A number for all cells together, shared out over them."""
    if plan.method == "total":
        total = float(plan.total or 0)
    else:
        whole = np.array([people.sum()])
        found = (
            slovin(whole, plan.margin or 0.05) if plan.method == "slovin" else _by_size(plan, whole, problems)
        )
        total = float(found[0])
    remarks: tuple[Remark, ...] = _by_precision(plan) if plan.method != "total" else ()
    said = remark("plan.shared_out", total=_number(total), cells=len(cells))
    remarks = (*remarks, said, remark(f"plan.allocated_{plan.allocation}"))
    known = np.where(np.isfinite(people), people, max(total, 1.0))
    low, high = np.minimum(plan.minimum, known), np.minimum(_most(plan), known)
    place: dict[str, Any] = {"group": cells[0].group, "block": cells[0].block}
    if not np.isfinite(total):
        problems.add("plan.no_population", file="frames.csv", **place, unit=cells[0].unit, method=plan.method)
    elif total > high.sum():
        problems.add(
            "plan.total_too_large", file="study.toml", **place, total=_number(total), most=_number(high.sum())
        )
    elif total < low.sum():
        problems.add(
            "plan.total_too_small", file="study.toml", **place, total=_number(total), least=_number(low.sum())
        )
    else:
        return _ValidForms(_allocated(plan, cells, total, known), remarks)
    return _ValidForms(low, remarks)


def _allocated(plan: SamplePlan, cells: Sequence[AskedCell], total: float, people: Floats) -> Floats:
    """The total over the cells [U]."""
    usual = plan.deviation or float(np.sqrt(plan.share * (1 - plan.share))) or _LEAST_FAVOURABLE
    own = dict(plan.deviations)
    deviation = np.array([own.get(cell.unit, usual) for cell in cells])
    return allocate(
        int(total), people, plan.allocation,
        deviation=deviation if plan.allocation in ("neyman", "power") else None,
        exponent=plan.exponent, minimum=plan.minimum, maximum=plan.maximum,
    ).astype(float)  # fmt: skip


def _margins(plan: SamplePlan, forms: Floats, people: Floats) -> Floats:
    """The margin of error [U] of so many valid forms; infinite where there are none."""
    found = margin_of(forms, _values(plan, people), plan.level, plan.interval_planned, plan.margin_assurance)
    return np.where(forms > 0, found, np.inf)


# --- why -------------------------------------------------------------------------------------------------------------


def _by_number(plan: SamplePlan) -> Remark:
    number = plan.total if plan.method == "total" else plan.forms
    return remark(f"plan.by_fixed_{plan.counted}", forms=_number(number or 0))


def _by_precision(plan: SamplePlan) -> tuple[Remark, ...]:
    """The method with its numbers, and whether it is that of the block."""
    numbers: dict[str, object] = {"level": _percent(plan.level)}
    if plan.method in ("margin", "slovin"):
        numbers["margin"] = _percent(plan.margin or 0.05)
    else:
        numbers |= {"difference": _percent(plan.difference or 0.1), "power": _percent(plan.power)}
    found = [remark(f"plan.by_{plan.method}", **numbers)]
    if plan.method in BY_PRECISION:
        of_mean = plan.measure == "mean"
        value = _number(plan.deviation or 0) if of_mean else _percent(plan.share)
        found.append(remark("plan.of_mean" if of_mean else "plan.of_share", value=value))
        if plan.interval_planned == "exact":
            found.append(remark("plan.counted"))
        elif plan.interval_planned != "normal":
            found.append(remark("plan.as_printed", interval=plan.interval_planned))
        if plan.margin_assurance is not None:
            found.append(remark("plan.assured", probability=_percent(plan.margin_assurance)))
        if plan.design_effect != 1:
            found.append(remark("plan.design_effect", value=_number(plan.design_effect)))
        if plan.method == "change" and plan.previous is not None:
            found.append(remark("plan.previous", forms=_number(plan.previous)))
    if plan.is_shared_out:
        found.append(remark("plan.of_block"))
    return tuple(found)


def _of_cell(
    plan: SamplePlan, people: float, numbers: tuple[float, float, float], limits: tuple[float, float]
) -> list[Remark]:
    """What else made the number of one cell. ``numbers``: wanted by the method, wanted in the end, issued; ``limits``: lowest and
    highest."""
    wanted, forms, issued = numbers
    found = []
    if not np.isfinite(people):
        found.append(remark("plan.population_unknown"))
    elif plan.method in BY_PRECISION or plan.method == "slovin":
        found.append(remark("plan.population", people=_number(people)))
    if plan.method != "whole" and wanted < limits[0]:
        found.append(remark("plan.raised", forms=_number(limits[0])))
    if plan.method != "whole" and wanted > limits[1] and limits[1] < people:
        found.append(remark("plan.lowered", forms=_number(limits[1])))
    shares = {"response": _percent(plan.response), "valid": _percent(plan.valid)}
    if plan.method == "whole" or _counts_issued(plan):
        return [*found, *([remark("plan.expected", **shares)] if plan.returned_valid < 1 else [])]
    limited = min(max(wanted, limits[0]), limits[1])
    if issued >= people:
        found.append(remark("plan.everybody", people=_number(people)))
        if forms < limited:
            found.append(remark("plan.fewer_than_wanted", forms=_number(limited), **shares))
    elif plan.returned_valid < 1:
        found.append(remark("plan.issued_for", **shares))
    return found


def _percent(share: float) -> str:
    return _number(round(100 * share, 6))


def _number(value: float) -> str:
    """A number with a decimal point, without zeros behind it."""
    return f"{value:.10g}"
