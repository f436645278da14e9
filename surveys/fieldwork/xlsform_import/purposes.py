"""What becomes of each question of a form: an item of the index or beside it, a field, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from surveys.definitions.instrument.records import MOST_LEVELS, Scale
from surveys.definitions.instrument.yes_or_no import yes_or_no
from surveys.fieldwork.xlsform_import.choice_lists import ChoiceList
from surveys.fieldwork.xlsform_import.expressions import references
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion, QuestionGroup
from surveys.fieldwork.xlsform_import.known_roles import Purpose, declared_role, describes_person, told_role
from surveys.fieldwork.xlsform_import.range_scales import range_scale
from surveys.fieldwork.xlsform_import.scales import CHOSEN, code_of, scale_of
from surveys.fieldwork.xlsform_import.unit_cells import FoldedForm
from surveys.problems import Problems, nearest, the_first
from surveys.vocabulary.folding import fold

#: Types of questions that may name the unit which a form is about.
_MAY_BE_UNIT = frozenset({
    "select_one", "select_one_external", "select_one_from_file", "text", "barcode", "calculate", "hidden", "integer",
})  # fmt: skip
_LISTED = frozenset({"select_one", "select_one_external"})


@dataclass
class Purposes:
    """The purpose of every question by its place among ``questions``; the scales of those that have one; the repeat over units.

    A purpose is a role of a field, ``scored``, ``beside``, ``several`` (one item for each option), ``ignore``, or ``left`` (told
    already)."""

    questions: Sequence[AskedQuestion]
    lists: Mapping[str, ChoiceList]
    of: dict[int, str] = field(default_factory=dict)
    scale: dict[int, Scale] = field(default_factory=dict)
    scales: dict[str, Scale] = field(default_factory=dict)
    unit: int | None = None
    matrix: QuestionGroup | None = None

    def list_of(self, k: int) -> ChoiceList:
        """The list of choices of a question."""
        return self.lists[self.questions[k].type.list_name]


def find_purposes(
    form: FoldedForm, lists: Mapping[str, ChoiceList], unit_question: str, problems: Problems
) -> Purposes:
    """The purpose of every question; ``unit_question``: the name of the one that names the unit (empty: as the form tells)."""
    questions = form.questions
    found = Purposes(questions, lists, matrix=form.over)
    declared = [declared_role(question) for question in questions]
    if form.units is None:
        found.unit = _unit_question(found, declared, unit_question, problems)
        _find_matrix(found)
    filters = frozenset(
        name
        for question in questions
        for row in (*(group.row for group in question.groups), question.row)
        for name in references(row.get("relevant"))
    )
    for k, question in enumerate(questions):
        found.of[k] = _left(found, k) or _purpose(found, k, declared[k], question.name in filters)
    if not {"scored", "beside", "several"} & {*found.of.values()}:
        for k, question in enumerate(questions):
            told = found.of[k] == "attribute" and question.type.kind in _LISTED and not declared[k]
            if told and len(_scale(found, k).levels) <= MOST_LEVELS:  # a form that asks nothing else
                found.of[k], found.scale[k] = "beside", _scale(found, k)
    return found


def _called(questions: Sequence[AskedQuestion], named: str) -> int | None:
    """The question of a name, else the only one of a label."""
    of_name = [k for k, question in enumerate(questions) if question.name == named]
    labels = [{fold(question.label.vi), fold(question.label.en)} for question in questions]
    found = of_name or [k for k, known in enumerate(labels) if fold(named) in known]
    return found[0] if of_name or len(found) == 1 else None


def _unit_question(
    found: Purposes, declared: Sequence[Purpose], named: str, problems: Problems
) -> int | None:
    """The question that names the unit: the one that is named, the one whose role is declared, or the only one that tells it."""
    questions = found.questions
    if named:
        k = _called(questions, named)
        if k is None:
            names = [question.name for question in questions]
            accepted = the_first(names, 40)
            near = nearest(named, names)
            problems.add("xlsform_import.unit_question_unknown", value=named, accepted=accepted, nearest=near)
        elif questions[k].type.kind not in _MAY_BE_UNIT:
            place, written = questions[k].row.place, questions[k].row.get("type")
            accepted = ", ".join(sorted(_MAY_BE_UNIT))
            place.note(
                "xlsform_import.unit_question_type", "type", name=named, type=written, accepted=accepted
            )
        return k
    said = [
        k
        for k, purpose in enumerate(declared)
        if purpose == "unit" and questions[k].type.kind in _MAY_BE_UNIT
    ]
    told = said or [
        k
        for k, question in enumerate(questions)
        if not declared[k]
        and question.type.kind in _MAY_BE_UNIT
        and told_role(question) == "unit"
        and not (question.type.kind in _LISTED and _scale(found, k).kind == "ordinal")
    ]
    if len(told) == 1:
        if not said:
            questions[told[0]].note("xlsform_import.unit_told", "name", name=questions[told[0]].name)
        return told[0]
    if told:
        names = [questions[k].name for k in told]
        questions[told[1]].note("xlsform_import.units_several", "name", names=", ".join(names))
    return None


def _find_matrix(found: Purposes) -> None:
    """The repeat over units: the one that the unit question stands in, unless it is inside another."""
    inside = found.questions[found.unit].repeat if found.unit is not None else None
    if inside and inside.kind == "repeat" and not _outer_repeat(inside):
        found.matrix = inside


def _outer_repeat(group: QuestionGroup) -> bool:
    return any(outer.kind in ("repeat", "loop") for outer in group.line[:-1])


def _left(found: Purposes, k: int) -> str:
    """``left`` for questions of repeats that are not the one over units."""
    repeat = found.questions[k].repeat
    return "left" if repeat and repeat is not found.matrix else ""


def _purpose(found: Purposes, k: int, declared: Purpose, is_filter: bool) -> str:
    question = found.questions[k]
    kind = question.type.kind
    if k == found.unit:
        return "unit"
    if declared == "unit":
        return "personal"
    if declared not in ("", "scored", "beside"):
        return declared
    if kind in (*_LISTED, "select_multiple") and "label" in question.row.get("appearance").split():
        question.note("xlsform_import.header_row", "appearance", name=question.name)
        return "left"
    if kind == "select_multiple":
        return "several"
    if kind == "range":
        scale = range_scale(question, declared == "scored", found.lists)
        if scale is None:
            return "personal"
        key = f"range {scale.code}"  # no list is called so
        found.scales.setdefault(key, replace(scale, code=code_of(scale.code, _codes(found))))
        found.scale[k] = found.scales[key]
        return "scored" if scale.kind == "ordinal" and declared != "beside" else "beside"
    if kind in _LISTED:
        return _purpose_of_choice(found, k, declared, is_filter)
    role = told_role(question)
    return role if role and role != "unit" else "personal"


def _purpose_of_choice(found: Purposes, k: int, declared: Purpose, is_filter: bool) -> str:
    """A select is scored where its list is a ladder, describes the respondent where its words say so and nothing is asked only
    after it, and stands beside the index otherwise."""
    question, scale = found.questions[k], _scale(found, k)
    role = told_role(question)
    outside = found.matrix is not None and question.repeat is None
    if scale.kind == "ordinal" and not declared and outside:
        question.note("xlsform_import.outside_repeat", "name", name=question.name)
    elif scale.kind == "ordinal" and declared != "beside":
        found.scale[k] = scale
        return "scored"
    elif declared == "scored":
        question.note("xlsform_import.scored_without_points", "role", list=question.type.list_name)
    if role == "own_unit" and not declared:
        return role
    describes = not (is_filter or declared or scale.kind == "ordinal" or yes_or_no(scale))
    if describes and (role or describes_person(question)):
        return role if role and role != "unit" else "attribute"
    if len(scale.levels) > MOST_LEVELS:
        params = {"list": question.type.list_name, "count": len(scale.levels), "most": MOST_LEVELS}
        question.note("xlsform_import.list_long", "type", name=question.name, **params)
        return "personal"
    found.scale[k] = scale
    return "beside"


def _scale(found: Purposes, k: int) -> Scale:
    """The scale of a list, made once for all questions that ask with it."""
    key = found.questions[k].type.list_name
    if key not in found.scales:
        found.scales[key] = scale_of(found.lists[key], code_of(key, _codes(found)))
    return found.scales[key]


def _codes(found: Purposes) -> set[str]:
    """Codes that no further scale may have."""
    return {CHOSEN.code, *(scale.code for scale in found.scales.values())}
