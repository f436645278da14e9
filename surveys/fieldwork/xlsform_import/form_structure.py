"""The rows of the sheet ``survey`` as questions, each with the groups that it stands in."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys.fieldwork.xlsform_import.choice_lists import ChoiceList, says_yes
from surveys.fieldwork.xlsform_import.form_sheets import SheetRow, Xlsform, XlsformSheet
from surveys.fieldwork.xlsform_import.languages import TwoTexts, XlsformLanguages, texts_of
from surveys.fieldwork.xlsform_import.type_words import ACCEPTED, QuestionType, type_of
from surveys.problems import nearest, shortened
from surveys.vocabulary.folding import fold

_NAME = re.compile(r"[^\W\d][\w.-]*")
#: Letters of a name.
LONGEST_NAME = 200
#: The columns in which Kobo names the list of choices of its own groups.
_OWN_LISTS = {
    "score": "kobo--score-choices", "rank": "kobo--rank-items", "kobomatrix": "kobo--matrix_list",
}  # fmt: skip
#: Rows of Kobo's groups that are questions of a list, and the group that each belongs to.
_OWN_ROWS = {"score__row": "score", "rank__level": "rank"}
#: How a question takes its options from a file of data, in the column ``appearance``.
_SEARCH = re.compile(r"""\bsearch\(\s*['"]?([^'"(),]*)""")
#: Types without a name of their own.
_NAMED_BY_TYPE = frozenset({"note", "audit", "start", "end", "today", "deviceid", "background-audio"})


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """A group, repeat, loop or one of Kobo's groups; ``outer`` is the one around it, ``kind`` what it is."""

    kind: str
    name: str
    label: TwoTexts
    row: SheetRow
    list_name: str = ""
    outer: QuestionGroup | None = None

    @property
    def line(self) -> tuple[QuestionGroup, ...]:
        """The groups around it and itself, the outermost first."""
        return (*(self.outer.line if self.outer else ()), self)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question: its type, its name, its label, its row and its group. ``local``: names that its expressions use → the
    questions meant, in a matrix of Kobo."""

    type: QuestionType
    name: str
    label: TwoTexts
    row: SheetRow
    group: QuestionGroup | None = None
    local: Mapping[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[QuestionGroup, ...]:
        return self.group.line if self.group else ()

    @property
    def path(self) -> tuple[str, ...]:
        """The names by which exports know it: those of its groups, but for the frame of a matrix, and its own."""
        return (*(g.name for g in self.groups if g.kind != "kobomatrix"), self.name)

    @property
    def repeat(self) -> QuestionGroup | None:
        """The repeat or loop that it stands in, the innermost."""
        return next((g for g in reversed(self.groups) if g.kind in ("repeat", "loop")), None)

    def note(self, code: str, column: str = "", **params: Any) -> None:
        """Note what the import leaves out of the question."""
        self.row.place.note(code, self.row.written(column), severity="warning", **params)


@dataclass
class _RowReading:
    """The rows while they are read: the open groups, and the questions so far."""

    sheet: XlsformSheet
    languages: XlsformLanguages
    lists: Mapping[str, ChoiceList]
    open: list[QuestionGroup] = field(default_factory=list)
    questions: list[AskedQuestion] = field(default_factory=list)
    used: dict[tuple[str, ...], tuple[str, int | None]] = field(default_factory=dict)

    def column(self, name: str) -> str:
        return self.sheet.written(name)

    @property
    def group(self) -> QuestionGroup | None:
        return self.open[-1] if self.open else None


def read_questions(
    form: Xlsform, languages: XlsformLanguages, lists: Mapping[str, ChoiceList]
) -> tuple[AskedQuestion, ...]:
    """Every question in its order; what is no question, badly nested or badly named is noted."""
    reading = _RowReading(form["survey"], languages, lists)
    for row in reading.sheet.rows:
        written = row.get("type")
        if is_off(row):
            what = shortened(row.get("name") or written)
            row.place.note("xlsform_import.row_off", reading.column("type"), severity="warning", name=what)
        elif not written:
            _note_untyped(row, reading)
        elif (read := type_of(written)) is None:
            near = nearest(written.split(" ")[0], ACCEPTED)
            params: dict[str, Any] = {
                "value": shortened(written),
                "accepted": ", ".join(ACCEPTED),
                "nearest": near,
            }
            row.place.note("xlsform_import.type_unknown", reading.column("type"), **params)
        elif read.edge == "begin":
            _begin(row, read, reading)
        elif read.edge == "end":
            _end(row, read, reading)
        else:
            _keep(row, read, reading)
    for group in reading.open:
        group.row.place.note(
            "xlsform_import.group_open", reading.column("type"), kind=group.kind, name=group.name
        )
    return tuple(reading.questions)


def is_off(row: SheetRow) -> bool:
    """Whether a row is switched off, by the column ``disabled`` or as a remark."""
    return bool(says_yes(row.get("disabled"))) or row.get("type").startswith("#")


def _note_untyped(row: SheetRow, reading: _RowReading) -> None:
    """A row of remarks is passed over; one with a name or a label lacks its type."""
    said = row.get("name") or texts_of(row, "label", reading.languages).first
    if said:
        row.place.note("xlsform_import.type_missing", reading.column("type"), name=shortened(said))
    else:
        text = shortened(next(iter(row.cells.values())))
        row.place.note("xlsform_import.row_ignored", severity="warning", text=text)


def _begin(row: SheetRow, read: QuestionType, reading: _RowReading) -> None:
    name = _name(row, read, reading)
    own = _OWN_LISTS.get(read.kind, "")
    list_name = row.get(own) or row.get(own.removeprefix("kobo--")) if own else read.list_name
    label = texts_of(row, "label", reading.languages)
    reading.open.append(
        QuestionGroup(read.kind, name or f"row{row.place.row}", label, row, list_name, reading.group)
    )
    if own and list_name not in reading.lists:
        _note_list(row, own, list_name, reading)


def _end(row: SheetRow, read: QuestionType, reading: _RowReading) -> None:
    if not reading.open:
        row.place.note("xlsform_import.end_unmatched", reading.column("type"), kind=read.kind, open="")
        return
    group = reading.open.pop()
    if group.kind != read.kind:
        began = f"{group.kind} {group.name} ({group.row.place.row})"
        row.place.note("xlsform_import.end_unmatched", reading.column("type"), kind=read.kind, open=began)
    if group.kind == "kobomatrix":
        _unfold(group, reading)


def _unfold(matrix: QuestionGroup, reading: _RowReading) -> None:
    """The questions of a matrix once for each of its rows, under the names that Kobo gives them."""
    columns = [question for question in reading.questions if question.group is matrix]
    rest = [question for question in reading.questions if question.group is not matrix]
    reading.questions[:] = rest
    known = reading.lists.get(matrix.list_name)
    for choice in known.choices if known else ():
        base = f"{matrix.name}_{choice.name}"
        group = QuestionGroup("group", base, choice.label, matrix.row, outer=matrix)
        local = {column.name: f"{base}_{column.name}" for column in columns}
        for column in columns:
            vi, en = (
                f"{of_row}: {asked}" if of_row and asked else ""
                for of_row, asked in zip(choice.label, column.label, strict=True)
            )
            unfolded = dataclasses.replace(
                column, name=local[column.name], label=TwoTexts(vi, en), group=group, local=local
            )
            reading.questions.append(unfolded)


def _keep(row: SheetRow, read: QuestionType, reading: _RowReading) -> None:
    """A question, with the list of its group where it is a row of one of Kobo's groups."""
    if read.kind in _OWN_ROWS:
        group = reading.group
        if group is None or group.kind != _OWN_ROWS[read.kind]:
            params: dict[str, Any] = {"value": read.kind, "group": f"begin_{_OWN_ROWS[read.kind]}"}
            row.place.note("xlsform_import.row_outside", reading.column("type"), **params)
            return
        read = QuestionType("select_one", group.list_name)
    elif read.is_select:
        read = read._replace(
            list_name=read.list_name or row.get("select_from_list_name") or row.get("list_name")
        )
        if not read.kind.endswith("_from_file"):
            if read.list_name.startswith("${"):
                read = read._replace(kind=f"{read.kind}_from_file")
            elif searched := _SEARCH.search(row.get("appearance")):
                read = read._replace(kind=f"{read.kind}_from_file", list_name=f"{searched[1].strip()}.csv")
        if not read.kind.endswith("_from_file") and read.list_name not in reading.lists:
            _note_list(row, "type", read.list_name, reading)
            return
    if name := _name(row, read, reading):
        label = texts_of(row, "label", reading.languages)
        reading.questions.append(AskedQuestion(read, name, label, row, reading.group))


def _note_list(row: SheetRow, column: str, value: str, reading: _RowReading) -> None:
    code = "xlsform_import.list_unknown" if value else "xlsform_import.list_missing"
    known = tuple(reading.lists)
    params: dict[str, Any] = {
        "value": shortened(value),
        "accepted": ", ".join(known[:40]),
        "nearest": nearest(value, known),
    }
    row.place.note(code, reading.column(column), **params)


def _name(row: SheetRow, read: QuestionType, reading: _RowReading) -> str:
    """The name of a question or group; a fault where there is none, it can be none, or its group has it already."""
    name = row.get("name") or row.get("given_name") or row.get("autoname")
    if not name and read.kind in _NAMED_BY_TYPE:
        return read.kind if read.kind != "note" else f"note_{row.place.row}"
    column = reading.column("name")
    if not name:
        row.place.note("xlsform_import.name_missing", column, type=row.get("type"))
        return ""
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        row.place.note("xlsform_import.name_bad", column, value=shortened(name), most=LONGEST_NAME)
        return ""
    key = (*(str(id(group)) for group in reading.open), name if read.edge else fold(name))
    before = reading.used.setdefault(key, (name, row.place.row))
    if before[1] != row.place.row:
        row.place.note("xlsform_import.name_twice", column, value=name, first=before[1], other=before[0])
        return ""
    return name


def groups_of(questions: tuple[AskedQuestion, ...]) -> Iterator[QuestionGroup]:
    """Every group that a question stands in, in order, the outer ones first."""
    seen: dict[int, QuestionGroup] = {}
    for question in questions:
        for group in question.groups:
            seen.setdefault(id(group), group)
    return iter(seen.values())
