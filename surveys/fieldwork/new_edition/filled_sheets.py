"""A filled office workbook as rows by sheet, with every fault told by sheet, row and heading as they stand in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveys.definitions.csv_tables import MOST_COLUMNS, Row, TableColumns, table_of
from surveys.fieldwork.new_edition.office_sheets import (
    GENERAL,
    NOTE,
    SHEET,
    OfficeSheet,
    column_name,
    column_names,
    key_of,
    sheet_name,
    sheet_names,
    short_names,
)
from surveys.problems import LANGUAGES, Language, Place, Problems, shortened
from surveys.returns.files.filled_tables import texts_of
from surveys.returns.files.sheets import Sheet
from surveys.vocabulary.folding import repair, without_marks

#: The sheet that says what is to be done.
_GUIDE = {"guide": [sheet_name("guide", language) for language in LANGUAGES]}
#: Columns that number the rows, as lists of offices have them.
_COUNTERS = frozenset({"stt", "tt", "so tt", "so thu tu", "no"})
#: Rows above the headings of a sheet.
_ROWS_ABOVE = 20
#: A code or a text that a spreadsheet program took for a date.
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)?")


@dataclass(slots=True, eq=False)
class OfficePlace(Place):
    """A row of a sheet, whose columns are told by the headings that stand there. ``rows``: of the general sheet the line of each
    fact, whose answers stand in the second column."""

    headings: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    rows: Mapping[str, int] = field(default_factory=dict, kw_only=True)

    def note(self, code: str, column: str = "", **params: Any) -> None:
        """Note a fault under the heading of its column."""
        row = self.rows.get(column, self.row)
        place = Place(self.problems, self.file, row, sheet=self.sheet)
        place.note(code, self.headings.get(column, column), **params)

    def below(self, key: str) -> Place:
        """The place of a column."""
        row = self.rows.get(key, self.row)
        return Place(self.problems, self.file, row, self.headings.get(key, key), self.sheet)


#: What was filled in: sheet → its rows, whose cells are named by the keys of the columns; one row of general facts.
OfficeRows = Mapping[str, Sequence[Row]]


def is_office_workbook(sheets: Sequence[Sheet]) -> bool:
    """Whether one of the sheets is that of questions or of units, by its name."""
    return {"questions", "units"} & {key_of(sheet.name, sheet_names()) for sheet in sheets} != set()


def filled_rows(sheets: Sequence[Sheet], problems: Problems, language: Language = "vi") -> OfficeRows:
    """The rows of a filled workbook by sheet; ``language``: of the names in messages about what is not there."""
    found: dict[str, Sequence[Row]] = {}
    for sheet in sheets:
        key = key_of(sheet.name, sheet_names())
        top = Place(problems, sheet.file, sheet=sheet.name)
        if key in found:
            top.note("new.sheet_twice", sheet_name=sheet_name(key, language))
        elif key == GENERAL:
            found[key] = [_general(sheet, top, language)]
        elif key:
            found[key] = list(_rows(sheet, SHEET[key], top, language))
        elif sheet.cells.size and not key_of(sheet.name, _GUIDE):
            shown = [sheet_name(one, language) for one in SHEET]
            top.note("new.unknown_sheet", severity="warning", accepted=shown)
    return found


def rows_of_sheet(sheet: Sheet, key: str, problems: Problems, language: Language = "vi") -> Sequence[Row]:
    """The rows of one sheet that is called otherwise."""
    return list(_rows(sheet, SHEET[key], Place(problems, sheet.file, sheet=sheet.name), language))


def given_rows(answers: Mapping[str, Sequence[Mapping[str, str]]], problems: Problems) -> OfficeRows:
    """The same rows from answers: sheet → entries, each column → text. Faults are told by the names of the columns."""
    found = {}
    for key, entries in answers.items():
        columns = [column.key for column in SHEET[key].columns]
        headings = {column: f"--{_OPTION.get((key, column), column).replace('_', '-')}" for column in columns}
        place = OfficePlace(problems, "", headings=headings)
        found[key] = [
            Row(place, {column: repair(entry.get(column, ""))[0] for column in columns}) for entry in entries
        ]
    return found


#: The option of the command that gives a column.
_OPTION = {
    ("units", "name"): "unit",
    ("units", "block"): "units",
    ("groups", "name"): "group",
    ("questions", "text"): "question",
}


def _general(sheet: Sheet, top: Place, language: Language) -> Row:
    """The general facts: in each row what is asked and, in the next column, the answer."""
    names = column_names(SHEET[GENERAL])
    shown = {key: column_name(GENERAL, key, language) for key in names}
    cells, rows = dict.fromkeys(names, ""), dict[str, int]()
    place = OfficePlace(top.problems, top.file, sheet=top.sheet, headings=shown, rows=rows)
    for number, texts in _lines(sheet):
        key = key_of(texts[0], names)
        answer = texts[1] if len(texts) > 1 else ""
        if key and key not in rows:
            rows[key], cells[key] = number, answer
        elif key:
            place.note("new.fact_twice", key)
        elif texts[0] and answer and rows:
            line = Place(top.problems, top.file, number, sheet=top.sheet)
            line.not_accepted("new.unknown_fact", "A", texts[0], shown.values())
    row = Row(place, cells)
    _note_dates(row, SHEET[GENERAL])
    return row


def _rows(sheet: Sheet, layout: OfficeSheet, top: Place, language: Language) -> Iterator[Row]:
    """The filled rows of a sheet below its headings."""
    names = column_names(layout)
    lines = iter(_lines(sheet))
    header = next((texts for _, texts in _to_headings(lines, layout)), None)
    if header is None:
        if sheet.cells.size:
            needed = [column_name(layout.key, c.key, language) for c in layout.columns if c.needed]
            top.note("new.no_headings", accepted=needed)
        return
    keys = _keys(header, layout)
    headings = {key: text for key, text in zip(keys, header, strict=True) if key in names}
    called = {key: column_name(layout.key, key, language) for key in names} | headings
    shown = [column_name(layout.key, key, language) for key in names]
    for key, text in zip(keys, header, strict=True):
        if text and key not in names and without_marks(text) not in _COUNTERS:
            top.not_accepted("new.unknown_column", text, text, shown)
    accepted = {c.key: c.needed for c in layout.columns}
    lacking = [key for key, needed in accepted.items() if needed and key not in headings]
    for key in lacking:
        top.note("new.column_missing", column_name(layout.key, key, language), accepted=shown)
    if lacking:
        return
    columns = TableColumns(accepted, may_be_empty=True)
    known = [k for k, key in enumerate(keys) if key in names]
    body = [(top, [keys[k] for k in known])]
    for number, texts in lines:
        cells = [texts[k] if k < len(texts) else "" for k in known]
        place = OfficePlace(top.problems, top.file, number, sheet=top.sheet, headings=called)
        if any(text for k, text in zip(known, cells, strict=True) if keys[k] != NOTE.key):
            body.append((place, [repair(text)[0] for text in cells]))
    table = table_of(body, columns, top)
    for row in table or ():
        _note_dates(row, layout)
        if _is_filled(row, layout):
            yield row


def _keys(header: Sequence[str], layout: OfficeSheet) -> list[str]:
    """The columns that headings are, a heading itself where it is none; “Mã” and “Tên” where no other heading is that column."""
    known = [key_of(text, column_names(layout)) for text in header]
    short = [key_of(text, short_names(layout)) for text in header]
    return [
        key or (brief if brief not in known and short.count(brief) == 1 else "") or text
        for key, brief, text in zip(known, short, header, strict=True)
    ]


def has_headings(sheet: Sheet, key: str, needed: str) -> bool:
    """Whether the columns of a sheet ``key`` stand above the rows of a sheet that is called otherwise, ``needed`` among them."""
    header = next((texts for _, texts in _to_headings(iter(_lines(sheet)), SHEET[key])), ())
    return needed in _keys(header, SHEET[key])


def _to_headings(
    lines: Iterator[tuple[int, list[str]]], layout: OfficeSheet
) -> Iterator[tuple[int, list[str]]]:
    """The first row of which a cell is a heading, among the first ones."""
    for number, texts in lines:
        if number > _ROWS_ABOVE:
            return
        if set(_keys(texts, layout)) & set(column_names(layout)):
            while texts and not texts[-1]:
                texts.pop()
            yield number, texts
            return


def _lines(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet as texts, each with its number; what is merged over rows of a column stands in each of them."""
    cells = sheet.cells[:, :MOST_COLUMNS].copy()
    for top, left, bottom, right in sheet.merged:
        if left == right < cells.shape[1] and top < len(cells):
            cells[top : bottom + 1, left] = cells[top, left]
    for number, row in enumerate(cells, sheet.first_row):
        yield number, texts_of(row)


def _note_dates(row: Row, layout: OfficeSheet) -> None:
    """Note texts that a spreadsheet program made dates of."""
    for column in layout.columns:
        if column.kind != "day" and _DATE.fullmatch(row[column.key]):
            row.place.note("new.became_date", column.key, value=shortened(row[column.key]))


def _is_filled(row: Row, layout: OfficeSheet) -> bool:
    """Whether everything needed is filled in; what is not is noted."""
    lacking = [column.key for column in layout.columns if column.needed and not row[column.key].strip("; \n")]
    for key in lacking:
        row.place.note("new.cell_missing", key)
    return not lacking
