"""Reads and checks ``simulation.toml``, and completes it for every questionnaire of the instrument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from surveys.definitions.instrument.records import Instrument, Questionnaire
from surveys.definitions.record_building import build, entries, section
from surveys.definitions.study.records import Exclusion
from surveys.definitions.text_files import read_toml
from surveys.problems import Place, Problems
from surveys.simulation.simulation_plan import (
    LIMITS,
    SECTIONS,
    AnswerModel,
    AttributePlan,
    CellPlan,
    FileFormat,
    FilePlan,
    RoundHeading,
    SimulationPlan,
    StagePlan,
    TextPlan,
)

PLAN_FILE = "simulation.toml"
FORMATS: tuple[FileFormat, ...] = ("csv", "xlsx", "sav")
R = TypeVar("R")


def read_plan(instrument: Instrument) -> SimulationPlan:
    """The plan in the instrument's folder, or the defaults.

    Raises :class:`surveys.problems.SurveyError` with every fault of ``simulation.toml``.
    """
    path = Path(instrument.folder) / PLAN_FILE
    problems = Problems()
    document = read_toml(path, problems, PLAN_FILE) if instrument.folder and path.is_file() else {}
    problems.raise_errors()
    top = Place(problems, PLAN_FILE)
    for key in document or {}:
        if key not in SECTIONS:
            top.not_accepted("record.unknown_key", key, key, SECTIONS)
    plan = _declared(instrument, document or {}, top)
    _check_names(instrument, plan, top)
    _check_sizes(instrument, plan, top)
    problems.raise_errors()
    return _completed(instrument, plan)


def _declared(instrument: Instrument, document: Mapping[str, object], top: Place) -> SimulationPlan:
    return SimulationPlan(
        round=_one(document, "round", RoundHeading(), top),
        answers=_one(document, "answers", AnswerModel(), top),
        cells=_many(document, "cells", CellPlan, top),
        stages=_many(document, "stages", StagePlan, top),
        files=_many(document, "files", FilePlan, top),
        attributes=_many(document, "attributes", AttributePlan, top),
        texts=_many(document, "texts", TextPlan, top),
        exclusions=_many(document, "exclusions", Exclusion, top),
        defects=_defects(instrument, document, top),
    )


def _one(document: Mapping[str, object], name: str, default: R, top: Place) -> R:
    return build(type(default), section(document, name, top), top.below(name)) or default


def _many(document: Mapping[str, object], name: str, record: type[R], top: Place) -> tuple[R, ...]:
    found = (build(record, _paired(raw), place) for raw, place in entries(document, name, top))
    return tuple(made for made in found if made is not None)


def _paired(raw: Mapping[str, object]) -> dict[str, object]:
    """Sub-tables as pairs, the form in which records keep them."""
    return {key: list(value.items()) if isinstance(value, Mapping) else value for key, value in raw.items()}


def _defects(
    instrument: Instrument, document: Mapping[str, object], top: Place
) -> tuple[tuple[str, int], ...]:
    """Rule → number of defects; by default three of each declared rule."""
    counts = dict.fromkeys((rule.rule for rule in instrument.rules), 3)
    for rule, count in section(document, "defects", top).items():
        if rule not in counts:
            top.below("defects").not_accepted("rule.unknown", rule, rule, counts)
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            counts[rule] = count
        else:
            top.below("defects").note("record.not_whole", rule, value=count)
    return tuple(counts.items())


def _check_names(instrument: Instrument, plan: SimulationPlan, top: Place) -> None:
    """Questionnaires, fields and units named in the plan are the instrument's."""
    parts: list[CellPlan | StagePlan | FilePlan] = [*plan.cells, *plan.stages, *plan.files]
    for part in parts:
        if part.questionnaire not in instrument.questionnaire:
            top.not_accepted(
                "reference.questionnaire", "questionnaire", part.questionnaire, instrument.questionnaire
            )
    fields = [field.code for field in instrument.fields]
    filled = [part.field for part in plan.attributes] + [part.field for part in plan.texts]
    for code in filled:
        if code not in fields:
            top.not_accepted("record.not_accepted", "field", code, fields)
    blocks = {form.code: form.block for form in instrument.questionnaires}
    named = [
        (f"cells[{k}]", "missing_units", blocks.get(cell.questionnaire, ""), unit)
        for k, cell in enumerate(plan.cells, 1)
        for unit in cell.missing_units
    ]
    named += [("exclusions", "unit", exclusion.block, exclusion.unit) for exclusion in plan.exclusions]
    for place, key, block, unit in named:
        units = [known.code for known in instrument.units_of(block)]
        if unit not in units and (units or key == "unit"):
            top.below(place).not_accepted("record.not_accepted", key, unit, units)


def _check_sizes(instrument: Instrument, plan: SimulationPlan, top: Place) -> None:
    """Numbers are within their limits; a matrix is neither a statistical file nor drawn in stages nor taken over unit by unit."""
    for k, cell in enumerate(plan.cells, 1):
        _check_limits(cell, top.below(f"cells[{k}]"))
    roles = sorted({field.role for field in instrument.fields})
    for k, stage in enumerate(plan.stages, 1):
        place = top.below(f"stages[{k}]")
        _check_limits(stage, place)
        for role in ("stratum", "cluster", "weight"):
            if role not in roles:
                place.not_accepted("record.not_accepted", "questionnaire", role, roles)
    unfit = [
        ("cells", cell.questionnaire, "external_units", "–") for cell in plan.cells if cell.external_units
    ]
    unfit += [(f"stages[{k}]", s.questionnaire, "stages", "–") for k, s in enumerate(plan.stages, 1)]
    unfit += [("files", f.questionnaire, "sav", "csv, xlsx") for f in plan.files if f.format == "sav"]
    matrices = [form.code for form in instrument.questionnaires if form.matrix]
    for where, questionnaire, value, accepted in unfit:
        if questionnaire in matrices:
            top.below(where).note(
                "fieldwork.matrix", questionnaire=questionnaire, value=value, accepted=accepted
            )


def _check_limits(part: CellPlan | StagePlan, place: Place) -> None:
    """Numbers are within their limits, and ranges go upwards."""
    for key, limits in LIMITS.items():
        value = getattr(part, key, None)
        if value is None:
            continue
        ends = list(value) if isinstance(value, tuple) else [value]
        if not limits[0] <= ends[0] <= ends[-1] <= limits[1]:
            place.note("fieldwork.range", key, value=value if len(ends) == 1 else ends, accepted=list(limits))


def _completed(instrument: Instrument, plan: SimulationPlan) -> SimulationPlan:
    """The plan with a cell and a file for every questionnaire that has none; identification fields are ticked."""
    forms = instrument.questionnaires
    with_cell, with_file = ({part.questionnaire for part in parts} for parts in (plan.cells, plan.files))
    filled = {text.field for text in plan.texts}
    asked = [field.code for field in instrument.fields if field.role == "identification"]
    cells = [CellPlan(form.code) for form in forms if form.code not in with_cell]
    files = [_default_file(form, k) for k, form in enumerate(forms) if form.code not in with_file]
    texts = [TextPlan(code, (("x",),)) for code in asked if code not in filled]
    return replace(
        plan, cells=(*plan.cells, *cells), files=(*plan.files, *files), texts=(*plan.texts, *texts)
    )


def _default_file(questionnaire: Questionnaire, k: int) -> FilePlan:
    file_format = "xlsx" if questionnaire.matrix else FORMATS[k % len(FORMATS)]
    mode = next(iter(questionnaire.modes), "")
    return FilePlan(questionnaire.code, mode, format=file_format, double_entry=0.2)
