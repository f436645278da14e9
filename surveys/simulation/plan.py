"""What a simulated round looks like: ``simulation.toml`` in the folder of an instrument, every part of it optional.

Sizes, response, scores, files and defects are data of the edition; nothing of a city or a group is in the code. Without the file
every questionnaire gets the defaults written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from surveys.definitions.border import Place, build
from surveys.definitions.instrument.reading import entries, section
from surveys.definitions.instrument.records import Instrument, Questionnaire
from surveys.definitions.study.records import Exclusion
from surveys.definitions.texts import read_toml
from surveys.problems import Problems

PLAN_FILE = "simulation.toml"
SECTIONS = ("round", "answers", "cells", "stages", "files", "attributes", "texts", "exclusions", "defects")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Round:
    """Heading of the simulated study; ``document`` is where external estimates say they come from."""

    label_vi: str = "Đợt điều tra mô phỏng"
    label_en: str = "Simulated round"
    start: str = "2023-10-02"
    end: str = "2023-12-08"
    document: str = "Báo cáo kết quả khảo sát mức độ hài lòng"
    minimum_forms: int = 5


@dataclass(frozen=True, slots=True)
class AnswerModel:
    """Shares of the variance of a latent answer: the person, the person's view of the unit, the rest is the question's.
    ``group``, ``node`` and ``item``: standard deviations of true scores around the score of the unit."""

    person: float = 0.2
    view: float = 0.1
    group: float = 0.03
    node: float = 0.03
    item: float = 0.015


@dataclass(frozen=True, slots=True)
class CellPlan:
    """One questionnaire. ``population`` and ``issued``: lowest and highest number per unit (of raters of the whole block for
    a matrix). ``score``: range of the true scores of units. ``dont_know``, ``blank``: shares of answers; ``unrated``: of units a
    matrix rater leaves out; ``own_unit``: of matrix raters who work in a unit of the block. ``external_units``: units whose forms
    are replaced by an estimate from elsewhere (``["*"]``: all); ``missing_units``: units in which the survey is not held.
    ``margins``: attributes with known population totals."""

    questionnaire: str
    population: tuple[int, int] = (40, 60)
    issued: tuple[int, int] = (26, 40)
    response: float = 0.85
    score: tuple[float, float] = (0.65, 0.95)
    dont_know: float = 0.03
    blank: float = 0.02
    unrated: float = 0.0
    own_unit: float = 0.0
    external_units: tuple[str, ...] = ()
    missing_units: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StagePlan:
    """Two-stage sampling for one questionnaire inside each unit (see :mod:`surveys.simulation.stages`). ``clusters``: lowest and
    highest number in a unit; ``certainty``: how many of them, the largest, are always drawn; ``drawn``: how many of the others;
    ``persons``: forms issued in a drawn cluster; ``effect``: standard deviation of what a cluster adds to the latent answer."""

    questionnaire: str
    clusters: tuple[int, int] = (30, 45)
    certainty: int = 1
    drawn: int = 6
    persons: int = 8
    effect: float = 0.3


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One file of returns: a share of the forms of a questionnaire. ``headings`` and ``cells``: what stands in them;
    ``timed``: seconds were recorded; ``double_entry``: share of the forms entered twice."""

    questionnaire: str
    mode: str = ""
    share: float = 1.0
    format: Literal["csv", "xlsx", "sav"] = "csv"
    headings: Literal["text", "code"] = "text"
    cells: Literal["label", "code", "both"] = "label"
    timed: bool = True
    double_entry: float = 0.0


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """An attribute of the respondents: category → share, and its effect on the latent answer."""

    field: str
    questionnaires: tuple[str, ...]
    shares: tuple[tuple[str, float], ...]
    effects: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TextPlan:
    """Made-up content of an identification or personal field: one word drawn from each part."""

    field: str
    parts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """The whole of a simulated round, complete for every questionnaire of the instrument."""

    round: Round
    answers: AnswerModel
    cells: tuple[CellPlan, ...]
    stages: tuple[StagePlan, ...]
    files: tuple[FilePlan, ...]
    attributes: tuple[AttributePlan, ...]
    texts: tuple[TextPlan, ...]
    exclusions: tuple[Exclusion, ...]
    defects: tuple[tuple[str, int], ...]

    def cell(self, questionnaire: str) -> CellPlan:
        return next(cell for cell in self.cells if cell.questionnaire == questionnaire)

    def stage(self, questionnaire: str) -> StagePlan | None:
        """The two-stage sample of a questionnaire; None where persons are drawn directly."""
        return next((stage for stage in self.stages if stage.questionnaire == questionnaire), None)

    def files_of(self, questionnaire: str) -> tuple[FilePlan, ...]:
        return tuple(file for file in self.files if file.questionnaire == questionnaire)


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
    plan = _plan(instrument, document or {}, top)
    problems.raise_errors()
    return plan


def _plan(instrument: Instrument, document: Mapping[str, object], top: Place) -> SimulationPlan:
    declared = SimulationPlan(
        round=_one(document, "round", Round(), top),
        answers=_one(document, "answers", AnswerModel(), top),
        cells=_many(document, "cells", CellPlan, top),
        stages=_many(document, "stages", StagePlan, top),
        files=_many(document, "files", FilePlan, top),
        attributes=_many(document, "attributes", AttributePlan, top),
        texts=_many(document, "texts", TextPlan, top),
        exclusions=_many(document, "exclusions", Exclusion, top),
        defects=_defects(instrument, document, top),
    )
    _check_names(instrument, declared, top)
    _check_sizes(instrument, declared, top)
    return _completed(instrument, declared)


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
    named = [rule.rule for rule in instrument.rules]
    declared = section(document, "defects", top)
    for rule, count in declared.items():
        if rule not in named:
            top.below("defects").not_accepted("rule.unknown", rule, rule, named)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            top.below("defects").note("record.not_whole", rule, value=count)
    counts = {rule: declared.get(rule, 3) for rule in named}
    return tuple((rule, count) for rule, count in counts.items() if isinstance(count, int))


def _check_names(instrument: Instrument, plan: SimulationPlan, top: Place) -> None:
    """Questionnaires, fields and units named in the plan are the instrument's."""
    questionnaires, fields = list(instrument.questionnaire), [f.code for f in instrument.fields]
    named = [cell.questionnaire for cell in plan.cells] + [stage.questionnaire for stage in plan.stages]
    named += [file.questionnaire for file in plan.files]
    for code in [code for code in named if code not in questionnaires]:
        top.not_accepted("reference.questionnaire", "questionnaire", code, questionnaires)
    filled = [attribute.field for attribute in plan.attributes] + [text.field for text in plan.texts]
    for code in [code for code in filled if code not in fields]:
        top.not_accepted("record.not_accepted", "field", code, fields)
    blocks = {form.code: form.block for form in instrument.questionnaires}
    for k, cell in enumerate(plan.cells, 1):
        units = [unit.code for unit in instrument.units_of(blocks.get(cell.questionnaire, ""))]
        for unit in (u for u in cell.missing_units if units and u not in units):
            top.below("cells").below(f"[{k}]").not_accepted(
                "record.not_accepted", "missing_units", unit, units
            )
    for exclusion in plan.exclusions:
        units = [unit.code for unit in instrument.units_of(exclusion.block)]
        if exclusion.unit not in units:
            top.below("exclusions").not_accepted("record.not_accepted", "unit", exclusion.unit, units)


def _check_sizes(instrument: Instrument, plan: SimulationPlan, top: Place) -> None:
    """Ranges go upwards within their limits; a matrix is neither a statistical file nor taken over unit by unit."""
    for k, cell in enumerate(plan.cells, 1):
        place = top.below("cells").below(f"[{k}]")
        for name, limit in (
            ("population", (2, 1_000_000)),
            ("issued", (1, 1_000_000)),
            ("score", (0.05, 0.98)),
        ):
            low, high = getattr(cell, name)
            if not limit[0] <= low <= high <= limit[1]:
                place.note("fieldwork.range", name, value=[low, high], accepted=list(limit))
        for name in ("response", "dont_know", "blank", "unrated", "own_unit"):
            if not 0 <= getattr(cell, name) <= 1:
                place.note("fieldwork.range", name, value=getattr(cell, name), accepted=[0, 1])
    matrices = [form.code for form in instrument.questionnaires if form.matrix]
    for cell in plan.cells:
        if cell.questionnaire in matrices and cell.external_units:
            place = top.below("cells")
            place.note(
                "fieldwork.matrix", questionnaire=cell.questionnaire, value="external_units", accepted="–"
            )
    for k, stage in enumerate(plan.stages, 1):
        _check_stage(instrument, stage, top.below("stages").below(f"[{k}]"))
    for file in plan.files:
        if file.questionnaire in matrices and file.format == "sav":
            place = top.below("files")
            place.note(
                "fieldwork.matrix", questionnaire=file.questionnaire, value="sav", accepted="csv, xlsx"
            )


def _check_stage(instrument: Instrument, stage: StagePlan, place: Place) -> None:
    """Counts of a two-stage sample, of a questionnaire with fields for stratum, cluster and weight."""
    counts = {"clusters": stage.clusters, "certainty": (stage.certainty,) * 2}
    counts |= {"drawn": (stage.drawn,) * 2, "persons": (stage.persons,) * 2}
    lowest = {"clusters": 2, "certainty": 0, "drawn": 2, "persons": 2}
    for name, (low, high) in counts.items():
        if not lowest[name] <= low <= high <= 10_000:
            place.note("fieldwork.range", name, value=[low, high], accepted=[lowest[name], 10_000])
    if not 0 <= stage.effect <= 2:
        place.note("fieldwork.range", "effect", value=stage.effect, accepted=[0, 2])
    roles = {field.role for field in instrument.fields}
    for role in ("stratum", "cluster", "weight"):
        if role not in roles:
            place.not_accepted("record.not_accepted", "questionnaire", role, sorted(roles))
    if any(form.matrix for form in instrument.questionnaires if form.code == stage.questionnaire):
        place.note("fieldwork.matrix", questionnaire=stage.questionnaire, value="stages", accepted="–")


def _completed(instrument: Instrument, plan: SimulationPlan) -> SimulationPlan:
    """The plan with a cell and a file for every questionnaire that has none."""
    with_cell = {cell.questionnaire for cell in plan.cells}
    with_file = {file.questionnaire for file in plan.files}
    cells = [CellPlan(q.code) for q in instrument.questionnaires if q.code not in with_cell]
    files = [_default_file(q, k) for k, q in enumerate(instrument.questionnaires) if q.code not in with_file]
    texts = tuple(_default_texts(instrument, [text.field for text in plan.texts]))
    return replace(
        plan, cells=(*plan.cells, *cells), files=(*plan.files, *files), texts=(*plan.texts, *texts)
    )


def _default_file(questionnaire: Questionnaire, k: int) -> FilePlan:
    formats: tuple[Literal["csv", "xlsx", "sav"], ...] = ("csv", "xlsx", "sav")
    mode = questionnaire.modes[0] if questionnaire.modes else ""
    format_ = "xlsx" if questionnaire.matrix else formats[k % 3]
    return FilePlan(questionnaire.code, mode, format=format_, double_entry=0.2)


def _default_texts(instrument: Instrument, declared: Sequence[str]) -> list[TextPlan]:
    """Identification fields are ticked."""
    asked = [field.code for field in instrument.fields if field.role == "identification"]
    return [TextPlan(code, (("x",),)) for code in asked if code not in declared]
