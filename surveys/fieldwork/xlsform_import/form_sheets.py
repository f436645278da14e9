"""The sheets of an XLSForm as rows by heading: workbooks, and text files that hold the sheets one after another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from surveys.fieldwork.xlsform_import.headings import SheetHeading, clean, heading_of
from surveys.fieldwork.xlsform_import.type_words import type_of
from surveys.problems import Place, Problems, nearest, runs, the_first
from surveys.returns.files.sheets import Sheet, is_filled
from surveys.returns.headings.columns import column_letter
from surveys.returns.text.cell_text import cell_text, repaired

#: The sheets of the standard, and other names of them.
SHEETS: Mapping[str, str] = {
    "survey": "survey", "choices": "choices", "columns": "choices", "choices and columns": "choices",
    "settings": "settings", "external_choices": "external_choices", "entities": "entities", "osm": "osm",
}  # fmt: skip
#: Rows that are looked through for the headings, and empty rows behind which tools read no more.
_HEADING_ROWS, _MOST_EMPTY = 20, 60
_MOST_NUMBERS = 12  # runs of rows that a message lists


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One filled row: the texts of its filled cells by heading, where it stands, and how its sheet writes the headings."""

    cells: Mapping[SheetHeading, str]
    place: Place
    headings: Mapping[SheetHeading, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The text under a heading, whatever its language; ``""`` where there is none."""
        own = self.cells.get(SheetHeading(name), "")
        return own or next((text for heading, text in self.cells.items() if heading.name == name), "")

    def written(self, name: str) -> str:
        """How the sheet writes a heading: for messages."""
        return _written(self.headings, name)

    def said(self, name: str, language: str) -> str:
        """The text under a heading in one language, as the form writes its name."""
        return self.cells.get(SheetHeading(name, language), "")


@dataclass(frozen=True, slots=True)
class XlsformSheet:
    """A sheet of the standard: its name as written, its headings as written by what they mean, and its filled rows."""

    name: str
    headings: Mapping[SheetHeading, str] = field(default_factory=dict)
    rows: tuple[SheetRow, ...] = ()
    place: Place = field(default_factory=lambda: Place(Problems(), ""))

    def written(self, name: str) -> str:
        """How the sheet writes a heading: for messages."""
        return _written(self.headings, name)


@dataclass(frozen=True, slots=True)
class Xlsform:
    """The sheets of a form by the name that the standard gives them; those that are absent are empty."""

    file: str
    sheets: Mapping[str, XlsformSheet]
    problems: Problems

    def __getitem__(self, name: str) -> XlsformSheet:
        absent = XlsformSheet(name, place=Place(self.problems, self.file, sheet=name))
        return self.sheets.get(name, absent)


def numbers_of(rows: Sequence[SheetRow]) -> str:
    """The numbers of rows for messages, those that follow one another as one entry.

    >>> numbers_of([SheetRow({}, Place(Problems(), "f.xlsx", row)) for row in (2, 3, 4, 9)])
    '2–4, 9'
    """
    numbers = [row.place.row for row in rows if row.place.row is not None]
    found = ("–".join(map(str, dict.fromkeys((run[0], run[-1])))) for run in runs(numbers))
    return the_first(found, _MOST_NUMBERS)


def is_xlsform(sheets: Sequence[Sheet]) -> bool:
    """Whether sheets are those of an XLSForm: a sheet ``survey`` with one of the columns ``type``, ``name`` and ``label``, or one
    table with the columns ``type`` and ``name`` whose first types are known.

    >>> import numpy as np
    >>> cells = np.array([["type", "name", "label"], ["text", "q1", "Họ tên"]], dtype=object)
    >>> is_xlsform([Sheet("f.xlsx", "survey", "xlsx", cells)]), is_xlsform([Sheet("f.xlsx", "x", "xlsx", cells[1:])])
    (True, False)
    """
    for sheet in _parted(sheets):
        found = _heading_row(sheet)
        names = [heading.name for heading in found[1]] if found else []
        if _kind_of(sheet.name) == "survey" and {"type", "name", "label"} & {*names}:
            return True
        if {"type", "name", "label"} <= {*names}:
            first = found[0] if found else 0
            types = sheet.cells[first + 1 :, names.index("type")].tolist()
            said = next((text for text in map(cell_text, types) if text.strip()), "")
            if type_of(clean(said)):
                return True
    return False


def read_form(sheets: Sequence[Sheet], problems: Problems) -> Xlsform:
    """The sheets of the standard among ``sheets``; a sheet that is none is told, and so is a heading that stands twice."""
    found: dict[str, XlsformSheet] = {}
    parted = _parted(sheets)
    for sheet in parted:
        kind = _kind_of(sheet.name)
        if not kind and len(parted) == 1 and is_xlsform(parted):
            kind = "survey"
        place = Place(problems, sheet.file, sheet=sheet.name)
        exact = clean(sheet.name).casefold() == kind
        if not kind or (not exact and _names(parted, kind)):
            if not sheet.name.startswith("_") and any(map(is_filled, sheet.cells.ravel().tolist())):
                near = nearest(clean(sheet.name).casefold(), SHEETS)
                place.note(
                    "xlsform_import.sheet_ignored",
                    severity="warning",
                    accepted=", ".join(SHEETS),
                    nearest=near,
                )
        elif kind in found:
            place.note("xlsform_import.sheet_twice", kind=kind, first=found[kind].name)
        else:
            found[kind] = _rows(sheet, place)
    return Xlsform(sheets[0].file if sheets else "", found, problems)


def _names(sheets: Sequence[Sheet], kind: str) -> bool:
    return any(clean(sheet.name).casefold() == kind for sheet in sheets)


def _kind_of(name: str) -> str:
    return SHEETS.get(clean(name).casefold(), "")


def _parted(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The sheets; a text file whose first column names sheets is cut into these."""
    if len(sheets) != 1 or sheets[0].kind != "text" or sheets[0].cells.shape[1] < 2:
        return list(sheets)
    whole = sheets[0]
    firsts = [_kind_of(cell_text(cell)) for cell in whole.cells[:, 0].tolist()]
    starts = [k for k, kind in enumerate(firsts) if kind]
    if "survey" not in firsts:
        return [whole]
    parts = []
    for start, end in zip(starts, [*starts[1:], len(firsts)], strict=True):
        cells = whole.cells[start:end].copy()
        cells[:, 0] = ""
        part = dataclasses.replace(whole, cells=cells, name=firsts[start], first_row=whole.first_row + start)
        parts.append(part)
    return parts


def _heading_row(sheet: Sheet) -> tuple[int, list[SheetHeading]] | None:
    """The first filled row, and what its cells mean."""
    for k, row in enumerate(sheet.cells[:_HEADING_ROWS].tolist()):
        texts = [cell_text(cell) for cell in row]
        if any(text.strip() for text in texts):
            double = any("::" in text for text in texts)
            return k, [heading_of(text, double) if text.strip() else SheetHeading("") for text in texts]
    return None


def _rows(sheet: Sheet, place: Place) -> XlsformSheet:
    found = _heading_row(sheet)
    if found is None:
        return XlsformSheet(sheet.name, place=place)
    first, headings = found
    texts = [cell_text(cell) for cell in sheet.cells[first].tolist()]
    written: dict[SheetHeading, str] = {}
    for heading, text in zip(headings, map(clean, texts), strict=True):
        if heading.name and heading in written and _kind_of(sheet.name) != "settings":
            here = Place(place.problems, place.file, sheet.first_row + first, sheet=sheet.name)
            here.note("xlsform_import.column_twice", text, first=written[heading])
        written.setdefault(heading, text)
    numbers = _filled(sheet, first, place)
    columns = [_texts(sheet.cells[numbers, k].tolist()) for k in range(len(headings))]
    _note_unheaded(headings, columns, place)
    known = {heading: text for heading, text in written.items() if heading.name}
    rows = tuple(_filled_rows(sheet, numbers, headings, columns, SheetRow({}, place, known)))
    return XlsformSheet(sheet.name, known, rows, place)


def _filled(sheet: Sheet, first: int, place: Place) -> np.ndarray:
    """The rows of cells below the headings that hold anything; what stands far below the others is left out and told, because
    no tool reads it."""
    below = sheet.cells[first + 1 :]
    filled = np.flatnonzero(((below != "") & (below != None)).any(axis=1))  # noqa: E711
    filled = filled[[any(map(is_filled, row)) for row in below[filled].tolist()]] + first + 1
    gaps = np.flatnonzero(np.diff(filled, prepend=first) > _MOST_EMPTY)
    if not len(gaps):
        return filled
    far = Place(place.problems, place.file, sheet.first_row + int(filled[gaps[0]]), sheet=sheet.name)
    far.note("xlsform_import.rows_far", severity="warning", rows=len(filled) - int(gaps[0]), most=_MOST_EMPTY)
    return filled[: gaps[0]]


def _texts(cells: list[object]) -> list[str]:
    return [clean(text) for text in repaired([cell_text(cell) for cell in cells])]


def _filled_rows(
    sheet: Sheet,
    numbers: np.ndarray,
    headings: Sequence[SheetHeading],
    columns: Sequence[Sequence[str]],
    blank: SheetRow,
) -> Iterator[SheetRow]:
    """The rows of the sheet; ``blank``: one of it without cells."""
    for k, number in enumerate(numbers.tolist()):
        cells: dict[SheetHeading, str] = {}
        for heading, column in zip(headings, columns, strict=True):
            if heading.name and column[k]:
                cells.setdefault(heading, column[k])
        if cells:
            here = dataclasses.replace(blank.place, row=sheet.first_row + number)
            yield dataclasses.replace(blank, cells=cells, place=here)


def _written(headings: Mapping[SheetHeading, str], name: str) -> str:
    return next((text for heading, text in headings.items() if heading.name == name), name)


def _note_unheaded(headings: Sequence[SheetHeading], columns: Sequence[Sequence[str]], place: Place) -> None:
    """Columns with texts and without a heading are read by no tool."""
    for k, (heading, column) in enumerate(zip(headings, columns, strict=True)):
        filled = [n for n, text in enumerate(column) if text]
        if not heading.name and filled:
            place.note(
                "xlsform_import.column_unheaded", f"#{column_letter(k)}", severity="warning", rows=len(filled),
                text=column[filled[0]][:60],
            )  # fmt: skip
