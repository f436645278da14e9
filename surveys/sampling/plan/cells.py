"""The cells of a round that are planned: a group's forms about one unit, or those of a matrix questionnaire about all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from surveys.definitions.instrument.records import Questionnaire
from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.study.sample_plan import SamplePlan, plan_of
from surveys.problems import Problems
from surveys.vocabulary.levels import SURVEY
from surveys.vocabulary.remarks import Remarks


@dataclass(frozen=True, slots=True)
class AskedCell:
    """Whom forms go to. ``unit`` empty: forms that rate every unit; ``population``: infinite where it is not known."""

    questionnaire: str
    block: str
    unit: str
    group: str
    population: float


@dataclass(frozen=True, slots=True)
class CellForms:
    """What is planned of a cell: valid ``forms`` wanted, forms ``issued`` for them, the ``margin`` of error that a share or mean
    of so many has (0: everybody is asked and answers; infinite: there is none), and why (``remarks``)."""

    cell: AskedCell
    plan: SamplePlan
    forms: int
    issued: int
    margin: float
    remarks: Remarks


def planned_together(
    study: StudyDefinition, problems: Problems
) -> Iterator[tuple[SamplePlan, tuple[AskedCell, ...]]]:
    """The cells of each group and block that are planned by one entry, in the order of the questionnaires and of the register.

    Groups without a plan are noted; cells whose results are all taken over from elsewhere have no forms.
    """
    population = {(f.block, f.unit, f.group): f.population for f in study.frames}
    for form in study.instrument.questionnaires:
        units = [""] if form.matrix else [unit.code for unit in study.assessed_units(form.block)]
        found = []
        for unit in units:
            plan = plan_of(study.plans, form.block, unit, form.group)
            if (
                plan is not None
                and plan.questionnaire in ("", form.code)
                and not _is_elsewhere(study, form, unit)
            ):
                people = population.get((form.block, unit, form.group), float("inf"))
                found.append((plan, AskedCell(form.code, form.block, unit, form.group, people)))
        if not found and not any(_is_planned(study, other) for other in _same_group(study, form)):
            said: dict[str, Any] = {"group": form.group, "block": form.block, "questionnaire": form.code}
            problems.add("plan.not_planned", severity="warning", file="study.toml", **said)
        order = {id(plan): k for k, (plan, _) in reversed(list(enumerate(found)))}
        found.sort(key=lambda each: order[id(each[0])])
        for _, same in groupby(found, key=lambda each: id(each[0])):
            pairs = list(same)
            yield pairs[0][0], tuple(cell for _, cell in pairs)


def _same_group(study: StudyDefinition, form: Questionnaire) -> list[Questionnaire]:
    """The questionnaires that ask the same group of the same block, itself included."""
    return [q for q in study.instrument.questionnaires if (q.block, q.group) == (form.block, form.group)]


def _is_planned(study: StudyDefinition, form: Questionnaire) -> bool:
    named = [p for p in study.plans if p.group == form.group and p.block in ("", form.block)]
    return any(plan.questionnaire in ("", form.code) for plan in named) or _is_elsewhere_everywhere(
        study, form
    )


def _is_elsewhere_everywhere(study: StudyDefinition, form: Questionnaire) -> bool:
    return all(_is_elsewhere(study, form, unit.code) for unit in study.assessed_units(form.block))


def _is_elsewhere(study: StudyDefinition, form: Questionnaire, unit: str) -> bool:
    """Whether every node that a questionnaire asks about has an estimate from elsewhere for its group in a unit."""
    nodes = {item.node for item in study.instrument.items_of(form.code) if item.node}
    asked = {code for code in nodes if study.instrument.node[code].measured_by == SURVEY}
    given = {
        e.node for e in study.externals if (e.block, e.unit) == (form.block, unit) and e.group == form.group
    }
    return bool(asked) and asked <= given
