"""A published table as lines of cells, whatever kind of file it is in: CSV, or a sheet of a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from surveys.definitions.csv_tables import TableColumns, csv_lines
from surveys.definitions.text_files import is_file
from surveys.problems import Place, Problems
from surveys.published.table_layout import HEADINGS, Line
from surveys.returns.files.kinds import kind_of
from surveys.returns.files.opening import read_sheets
from surveys.returns.files.sheets import Sheet
from surveys.vocabulary.composition import composed

#: Headings by which the mark between the cells of a CSV is told.
_KNOWN = TableColumns(
    {name: False for names in HEADINGS.values() for name in (*names, *(n.replace(" ", "_") for n in names))}
)


def lines_of(path: Path, problems: Problems) -> Mapping[str, list[Line]]:
    """Sheet (empty for a CSV) → its lines that hold anything, each cell as text.

    Faults are noted; SurveyError when a workbook is damaged, locked or no table at all.
    """
    if is_file(path) and path.stat().st_size and kind_of(path.read_bytes()) != "text":
        return {
            sheet.name: list(_of_sheet(sheet, problems)) for sheet in read_sheets(path) if not sheet.hidden
        }
    lines, _ = csv_lines(path, _KNOWN, Place(problems, path.name))
    return {"": list(lines or ())}


def _of_sheet(sheet: Sheet, problems: Problems) -> Iterator[Line]:
    for k, row in enumerate(sheet.cells.tolist()):
        cells = [_text(cell) for cell in row]
        if any(cells):
            yield Place(problems, sheet.file, k + sheet.first_row, sheet=sheet.name), cells


def _text(cell: object) -> str:
    """A cell as it is typed: 2.0 is 2, and nothing is empty.

    >>> [_text(cell) for cell in (2.0, 3.2047, None, " 2.4 ")]
    ['2', '3.2047', '', '2.4']
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return composed(str(cell)).strip()
