"""What a form says and an instrument has no place for: told with its place, so that nothing is lost unseen."""

from __future__ import annotations

from collections import Counter

from surveys.fieldwork.xlsform_import.choice_lists import says_yes
from surveys.fieldwork.xlsform_import.expressions import references
from surveys.fieldwork.xlsform_import.form_sheets import SheetRow, Xlsform, numbers_of
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion, groups_of, is_off
from surveys.fieldwork.xlsform_import.purposes import Purposes
from surveys.fieldwork.xlsform_import.range_scales import is_scale_alone
from surveys.fieldwork.xlsform_import.type_words import METADATA, WITHOUT_DATA, type_of
from surveys.problems import nearest, the_first
from surveys.vocabulary.roles import FIELD_ROLES, KEPT_ROLES

#: Columns of ``survey`` that are read; the last two are this project's own.
READ = frozenset({
    "type", "name", "label", "relevant", "required", "disabled", "given_name", "autoname", "select_from_list_name",
    "list_name", "kobo--score-choices", "kobo--rank-items", "kobo--matrix_list", "score-choices", "rank-items",
    "matrix_list", "role", "reverse",
})  # fmt: skip
#: Columns of which a word says what becomes of them; the others have one wording in common.
_WORDED = frozenset(
    {"constraint", "calculation", "choice_filter", "repeat_count", "parameters", "appearance"}
)
#: Columns that hold expressions, whose questions have to exist.
_EXPRESSIONS = (
    "relevant", "constraint", "calculation", "required", "choice_filter", "repeat_count", "readonly", "default",
    "label", "hint", "guidance_hint", "constraint_message", "required_message", "media::image", "media::audio",
    "media::video", "media::big-image", "parameters", "trigger",
)  # fmt: skip
#: Names that every form has, and names of a form among which the nearest is looked for.
_OF_FORMS, _MOST_COMPARED = ("instanceID", "instanceName"), 1_000
#: Roles that are told where the words of a question gave them; the unit is told apart.
_TOLD_ROLES = ("form_code", "interviewer", "operator", "rater", "own_unit", "started")
#: Settings that are read.
_SETTINGS_READ = frozenset(
    {"form_title", "form_id", "version", "default_language", "allow_choice_duplicates"}
)
#: Settings that change what comes back.
_SETTINGS_WORDED = frozenset({"public_key", "instance_name", "submission_url"})


def note_left_out(form: Xlsform, purposes: Purposes) -> None:
    """Tell every column, setting, sheet and kind of question that the instrument does not have."""
    _note_columns(form)
    _note_settings(form)
    for name in ("entities", "osm"):
        if form[name].rows:
            form[name].place.note(
                f"xlsform_import.left_{name}", severity="warning", rows=len(form[name].rows)
            )
    _note_questions(purposes)
    _note_rules_of_fields(purposes)
    _note_groups(purposes)
    _note_refused(form, purposes)


def _is_range(row: SheetRow) -> bool:
    """Whether the parameters of a row are those of a scale, which are read."""
    read = type_of(row.get("type"))
    return read is not None and read.kind == "range" and is_scale_alone(row.get("parameters"))


def note_references(form: Xlsform, questions: tuple[AskedQuestion, ...]) -> None:
    """A question that an expression or a text speaks of is a fault where the form does not have it, or has two of the name."""
    known = {*_OF_FORMS, *(group.name for group in groups_of(questions))}
    known |= {name for question in questions for name in (question.name, *question.local)}
    known |= {row.get("name") for row in form["survey"].rows}
    times = Counter(question.name for question in questions)
    for sheet in (form["survey"], form["choices"], form["settings"], form["entities"]):
        for row in (row for row in sheet.rows if not is_off(row)):
            for heading, text in row.cells.items():
                if (
                    sheet.name in (form["survey"].name, form["choices"].name)
                    and heading.name not in _EXPRESSIONS
                ):
                    continue
                column, names = sheet.headings[heading], references(text)
                unknown = next((name for name in names if name not in known), "")
                twice = next((name for name in names if times[name] > 1), "")
                if unknown:
                    near = nearest(unknown, sorted(known)) if len(known) < _MOST_COMPARED else ""
                    row.place.note("xlsform_import.reference_unknown", column, value=unknown, nearest=near)
                elif twice:
                    numbers = numbers_of([q.row for q in questions if q.name == twice])
                    row.place.note("xlsform_import.reference_twice", column, value=twice, rows=numbers)


def _note_columns(form: Xlsform) -> None:
    sheet = form["survey"]
    rows = [row for row in sheet.rows if not is_off(row)]
    for name in dict.fromkeys(heading.name for heading in sheet.headings):
        filled = [row for row in rows if row.get(name)]
        if name == "parameters":
            filled = [row for row in filled if not _is_range(row)]
        if name not in READ and filled:
            code = f"xlsform_import.left_{name}" if name in _WORDED else "xlsform_import.left_column"
            filled[0].place.note(code, sheet.written(name), severity="warning", rows=numbers_of(filled))
    dynamic = [
        row for row in sheet.rows if any(h.name == "label" and references(t) for h, t in row.cells.items())
    ]
    if dynamic:
        dynamic[0].place.note(
            "xlsform_import.label_dynamic",
            sheet.written("label"),
            severity="warning",
            rows=numbers_of(dynamic),
        )
    formulas = [row for row in sheet.rows if row.get("required") and says_yes(row.get("required")) is None]
    if formulas:
        formulas[0].place.note(
            "xlsform_import.required_formula",
            sheet.written("required"),
            severity="warning",
            rows=numbers_of(formulas),
        )


def _note_settings(form: Xlsform) -> None:
    sheet = form["settings"]
    for heading, written in sheet.headings.items():
        filled = [row for row in sheet.rows if heading in row.cells]
        if heading.name in _SETTINGS_READ or not filled:
            continue
        code = (
            f"xlsform_import.left_{heading.name}"
            if heading.name in _SETTINGS_WORDED
            else "xlsform_import.left_setting"
        )
        filled[0].place.note(code, written, severity="warning", value=filled[0].cells[heading][:60])
    if len(sheet.rows) > 1:
        sheet.rows[1].place.note("xlsform_import.settings_rows", severity="warning")


def _note_questions(purposes: Purposes) -> None:
    """Questions whose answers are kept out of the tables, by their types; notes; questions of repeats and matrices."""
    by_type: dict[tuple[str, str], list[AskedQuestion]] = {}
    for k, question in enumerate(purposes.questions):
        purpose, kind = purposes.of[k], question.type.kind
        if kind == "calculate" and not (question.row.get("calculation") or question.row.get("default")):
            question.note("xlsform_import.calculation_missing", "type", name=question.name)
        if kind == "note":
            by_type.setdefault(("xlsform_import.notes_left", kind), []).append(question)
        elif kind in WITHOUT_DATA:
            by_type.setdefault(("xlsform_import.external_left", kind), []).append(question)
        elif kind.endswith("_from_file") and purpose == "personal":
            by_type.setdefault(("xlsform_import.choices_elsewhere", question.type.list_name), []).append(
                question
            )
        elif kind in METADATA and purpose == "personal":
            by_type.setdefault(("xlsform_import.metadata", ""), []).append(question)
        elif purpose in KEPT_ROLES and not question.row.get("role"):
            by_type.setdefault(("xlsform_import.attributes_told", purpose), []).append(question)
        elif purpose in _TOLD_ROLES and not question.row.get("role"):
            by_type.setdefault(("xlsform_import.role_told", purpose), []).append(question)
        elif purpose == "personal":
            code = "xlsform_import.rank_left" if kind == "rank" else "xlsform_import.kept_out"
            by_type.setdefault((code, kind), []).append(question)
        elif purpose == "ignore":
            by_type.setdefault(("xlsform_import.ignored", kind), []).append(question)
        elif purpose == "left" and question.repeat:
            code = (
                "xlsform_import.loop_left" if question.repeat.kind == "loop" else "xlsform_import.repeat_left"
            )
            by_type.setdefault((code, question.repeat.name), []).append(question)
    for (code, what), found in by_type.items():
        params = {"names": the_first(dict.fromkeys(q.name for q in found), 12), "what": what}
        found[0].note(code, "type", rows=numbers_of([q.row for q in found]), **params)


def _note_rules_of_fields(purposes: Purposes) -> None:
    """When a column that is no item is asked, and whether it has to be filled: forms that are made of the instrument always ask
    it. The unit is required there, too, and what is personal is not asked at all."""
    kept = [
        question
        for k, question in enumerate(purposes.questions)
        if purposes.of[k] in FIELD_ROLES and purposes.of[k] not in ("personal", "unit")
    ]
    conditional = [q for q in kept if any(row.get("relevant") for row in (q.row, *(g.row for g in q.groups)))]
    required = [q for q in kept if says_yes(q.row.get("required"))]
    for column, found in (("relevant", conditional), ("required", required)):
        if found:
            names = the_first((q.name for q in found), 12)
            numbers = numbers_of([q.row for q in found])
            found[0].note(f"xlsform_import.field_{column}", column, names=names, rows=numbers)


def _note_refused(form: Xlsform, purposes: Purposes) -> None:
    """What is read here although survey tools refuse it today."""
    for question in purposes.questions:
        if question.type.or_other and question.row.get("choice_filter"):
            question.note("xlsform_import.other_filtered", "choice_filter", name=question.name)
    reserved = next(
        (row for row in form["survey"].rows if row.get("name") == "meta" and not is_off(row)), None
    )
    if reserved is not None:
        reserved.place.note("xlsform_import.name_reserved", reserved.written("name"), severity="warning")


def _note_groups(purposes: Purposes) -> None:
    """A ranking by Kobo's own group: nothing checks that its places differ."""
    for group in groups_of(tuple(purposes.questions)):
        if group.kind == "rank":
            group.row.place.note(
                "xlsform_import.rank_group", group.row.written("type"), severity="warning", name=group.name
            )
