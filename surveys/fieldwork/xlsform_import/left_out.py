"""What a form says and an instrument has no place for: told with its place, so that nothing is lost unseen."""

from __future__ import annotations

from surveys.fieldwork.xlsform_import.choice_lists import says_yes
from surveys.fieldwork.xlsform_import.expressions import references
from surveys.fieldwork.xlsform_import.form_sheets import SheetRow, Xlsform
from surveys.fieldwork.xlsform_import.form_structure import AskedQuestion, groups_of, is_off
from surveys.fieldwork.xlsform_import.purposes import Purposes
from surveys.fieldwork.xlsform_import.type_words import METADATA, WITHOUT_DATA
from surveys.problems import nearest, runs, the_first
from surveys.vocabulary.roles import KEPT_ROLES

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
    "label", "hint", "trigger",
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
    _note_groups(purposes)


def note_references(form: Xlsform, questions: tuple[AskedQuestion, ...]) -> None:
    """A question that an expression or a label speaks of and that the form does not have is a fault."""
    known = {*_OF_FORMS, *(group.name for group in groups_of(questions))}
    known |= {name for question in questions for name in (question.name, *question.local)}
    known |= {row.get("name") for row in form["survey"].rows}
    for sheet in (form["survey"], form["choices"]):
        columns = _EXPRESSIONS if sheet is form["survey"] else ("label",)
        for row in (row for row in sheet.rows if not is_off(row)):
            for heading, text in row.cells.items():
                unknown = [name for name in references(text) if name not in known]
                if heading.name in columns and unknown:
                    near = nearest(unknown[0], sorted(known)) if len(known) < _MOST_COMPARED else ""
                    column = sheet.headings[heading]
                    row.place.note("xlsform_import.reference_unknown", column, value=unknown[0], nearest=near)


def _rows(rows: list[SheetRow]) -> str:
    numbers = [row.place.row for row in rows if row.place.row is not None]
    return the_first(("–".join(map(str, dict.fromkeys((run[0], run[-1])))) for run in runs(numbers)), 12)


def _note_columns(form: Xlsform) -> None:
    sheet = form["survey"]
    rows = [row for row in sheet.rows if not is_off(row)]
    for name in dict.fromkeys(heading.name for heading in sheet.headings):
        filled = [row for row in rows if row.get(name)]
        if name == "parameters":
            filled = [row for row in filled if not row.get("type").startswith("range")]
        if name not in READ and filled:
            code = f"xlsform_import.left_{name}" if name in _WORDED else "xlsform_import.left_column"
            filled[0].place.note(code, sheet.written(name), severity="warning", rows=_rows(filled))
    dynamic = [
        row for row in sheet.rows if any(h.name == "label" and references(t) for h, t in row.cells.items())
    ]
    if dynamic:
        dynamic[0].place.note(
            "xlsform_import.label_dynamic", sheet.written("label"), severity="warning", rows=_rows(dynamic)
        )
    formulas = [row for row in sheet.rows if row.get("required") and says_yes(row.get("required")) is None]
    if formulas:
        formulas[0].place.note(
            "xlsform_import.required_formula",
            sheet.written("required"),
            severity="warning",
            rows=_rows(formulas),
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
        found[0].note(code, "type", rows=_rows([q.row for q in found]), **params)


def _note_groups(purposes: Purposes) -> None:
    """A ranking by Kobo's own group: nothing checks that its places differ."""
    for group in groups_of(tuple(purposes.questions)):
        if group.kind == "rank":
            group.row.place.note(
                "xlsform_import.rank_group", group.row.written("type"), severity="warning", name=group.name
            )
