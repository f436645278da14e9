"""Reads and checks ``simulation.toml``, and completes it for every questionnaire of the instrument."""

from __future__ import annotations

import re
from pathlib import Path

from surveys.definitions.draft import Draft
from surveys.definitions.instrument.records import Field, Instrument, Item, Node, Questionnaire
from surveys.definitions.record_building import section
from surveys.definitions.shared_checks import Reference, check_period, check_references
from surveys.definitions.study.reading import publication_of
from surveys.definitions.study.records import Agency, Exclusion, Target
from surveys.definitions.study.sample_plan import SamplePlan
from surveys.definitions.text_files import read_toml
from surveys.problems import Place, Problems
from surveys.simulation.simulation_plan import (
    LIMITS,
    SECTIONS,
    AnswerModel,
    AssessmentPlan,
    AttributePlan,
    CellPlan,
    FileFormat,
    FilePlan,
    OutcomePlan,
    RoundHeading,
    SimulationPlan,
    StagePlan,
    TextPlan,
)

PLAN_FILE = "simulation.toml"
FORMATS: tuple[FileFormat, ...] = ("csv", "xlsx", "sav")
REFERENCES: tuple[Reference, ...] = (
    (CellPlan, "questionnaire", Questionnaire),
    (StagePlan, "questionnaire", Questionnaire),
    (FilePlan, "questionnaire", Questionnaire),
    (AttributePlan, "field", Field),
    (AttributePlan, "questionnaires", Questionnaire),
    (OutcomePlan, "item", Item),
    (OutcomePlan, "strengths", Node),
    (TextPlan, "field", Field),
)
#: Plans that may name every node and item of the index.
IN_THE_INDEX: tuple[Reference, ...] = tuple(
    (kind, column, of) for kind in (Agency, Target) for column, of in (("node", Node), ("item", Item))
)


def read_plan(instrument: Instrument) -> SimulationPlan:
    """The plan in the instrument's folder, or the defaults.

    Raises :class:`surveys.problems.SurveyError` with every fault of ``simulation.toml``.
    """
    path = Path(instrument.folder) / PLAN_FILE
    problems = Problems()
    document = read_toml(path, problems, PLAN_FILE) if instrument.folder and path.is_file() else {}
    draft = Draft(path.parent, Place(problems, PLAN_FILE), document or {}, SECTIONS)
    draft.read_sections(*(name for name in SECTIONS if name != "defects"))
    defects = _defects(instrument, draft)
    _check_names(instrument, draft)
    _check_sizes(instrument, draft)
    problems.raise_errors()
    return _completed(instrument, draft, defects)


def _defects(instrument: Instrument, draft: Draft) -> dict[str, int]:
    """Rule → number of defects; by default three of each declared rule."""
    place = draft.place.below("defects")
    counts = dict.fromkeys((rule.rule for rule in instrument.rules), 3)
    for rule, count in section(draft.document, "defects", draft.place).items():
        if rule not in counts:
            place.not_accepted("rule.unknown", rule, rule, counts)
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            counts[rule] = count
        else:
            place.note("record.not_whole", rule, value=count)
    return counts


def _check_names(instrument: Instrument, draft: Draft) -> None:
    """Questionnaires, fields and units named in the plan are the instrument's."""
    known: dict[type, list[str]] = {
        Field: [field.code for field in instrument.fields],
        Questionnaire: list(instrument.questionnaire),
        Item: [item.code for item in instrument.items if not item.node],
        Node: [node.code for node in instrument.nodes if instrument.items_below(node.code)],
    }
    check_references(draft, REFERENCES, known.__getitem__)
    check_references(
        draft, IN_THE_INDEX, {Node: list(instrument.node), Item: list(instrument.item)}.__getitem__
    )
    blocks = {form.code: form.block for form in instrument.questionnaires}
    named = [
        (place, "missing_units", blocks.get(cell.questionnaire, ""), unit)
        for cell, place in draft.of(CellPlan)
        for unit in cell.missing_units
    ]
    named += [(place, "unit", exclusion.block, exclusion.unit) for exclusion, place in draft.of(Exclusion)]
    plans: list[tuple[Agency | Target, Place]] = [*draft.of(Agency), *draft.of(Target)]
    named += [(place, "unit", plan.block, plan.unit) for plan, place in plans if plan.unit]
    for place, key, block, unit in named:
        units = [known.code for known in instrument.units_of(block)]
        if unit not in units and (units or key == "unit"):
            place.not_accepted("record.not_accepted", key, unit, units)


def _check_sizes(instrument: Instrument, draft: Draft) -> None:
    """Numbers are within their limits; a matrix is neither a statistical file nor drawn in stages nor taken over unit by unit."""
    cells, stages = draft.of(CellPlan), draft.of(StagePlan)
    for part, place in (*cells, *stages, *draft.of(OutcomePlan), *draft.of(AssessmentPlan)):
        _check_limits(part, place)
    _check_assessment(draft)
    roles = sorted({field.role for field in instrument.fields})
    for _, place in stages:
        for role in ("stratum", "cluster", "weight"):
            if role not in roles:
                place.not_accepted("record.not_accepted", "questionnaire", role, roles)
    unfit = [
        (cell.questionnaire, place, "external_units", "") for cell, place in cells if cell.external_units
    ]
    unfit += [(stage.questionnaire, place, "stages", "") for stage, place in stages]
    unfit += [(f.questionnaire, p, "sav", "csv, xlsx") for f, p in draft.of(FilePlan) if f.format == "sav"]
    matrices = [form.code for form in instrument.questionnaires if form.matrix]
    for questionnaire, place, value, accepted in unfit:
        if questionnaire in matrices:
            place.note("fieldwork.matrix", questionnaire=questionnaire, value=value, accepted=accepted)
    for file, place in draft.of(FilePlan):
        if file.double_entry and not instrument.asks_code:
            place.note("fieldwork.entered_twice_without_codes", "double_entry")


def _check_assessment(draft: Draft) -> None:
    """Last days are dates, and texts have no other placeholder than the node."""
    for plan, place in draft.of(AssessmentPlan):
        check_period(place, plan.self_assessed_by, "", ("self_assessed_by",) * 2)
        check_period(place, plan.explained_by, "", ("explained_by",) * 2)
        braces = re.sub(r"{node}", "", plan.evidence)
        if "{" in braces or "}" in braces:
            place.note("record.malformed", "evidence", value=plan.evidence, form="… {node} …")


def _check_limits(part: object, place: Place) -> None:
    """Numbers of a cell or stage are within their limits, and ranges go upwards."""
    for key, limits in LIMITS.items():
        value = getattr(part, key, None)
        if value is None:
            continue
        ends = list(value) if isinstance(value, tuple) else [value]
        if not limits[0] <= ends[0] <= ends[-1] <= limits[1]:
            place.note("fieldwork.range", key, value=value if len(ends) == 1 else ends, accepted=list(limits))


def _completed(instrument: Instrument, draft: Draft, defects: dict[str, int]) -> SimulationPlan:
    """The plan with a cell and a file for every questionnaire that has none; identification fields are ticked."""
    forms = instrument.questionnaires
    cells, files, texts = draft.all(CellPlan), draft.all(FilePlan), draft.all(TextPlan)
    with_cell, with_file = ({part.questionnaire for part in parts} for parts in (cells, files))
    filled = {text.field for text in texts}
    asked = [field.code for field in instrument.fields if field.role == "identification"]
    return SimulationPlan(
        round=draft.one(RoundHeading),
        answers=draft.one(AnswerModel),
        cells=(*cells, *(CellPlan(form.code) for form in forms if form.code not in with_cell)),
        stages=draft.all(StagePlan),
        files=(
            *files,
            *(
                _default_file(form, k, instrument)
                for k, form in enumerate(forms)
                if form.code not in with_file
            ),
        ),
        attributes=draft.all(AttributePlan),
        outcomes=draft.all(OutcomePlan),
        texts=(*texts, *(TextPlan(code, (("x",),)) for code in asked if code not in filled)),
        exclusions=draft.all(Exclusion),
        assessment=draft.one(AssessmentPlan),
        agencies=draft.all(Agency),
        targets=draft.all(Target),
        plans=draft.all(SamplePlan),
        publication=publication_of(draft),
        defects=tuple(defects.items()),
    )


def _default_file(questionnaire: Questionnaire, k: int, instrument: Instrument) -> FilePlan:
    """Forms that carry a code are entered twice in part: two entries of a form are paired by it."""
    file_format = "xlsx" if questionnaire.matrix else FORMATS[k % len(FORMATS)]
    mode = next(iter(questionnaire.modes), "")
    twice = 0.2 if instrument.asks_code else 0.0
    return FilePlan(questionnaire.code, mode, format=file_format, double_entry=twice)
