"""What a reader makes of a sheet: named columns over one row per form (or per evaluation), nothing matched yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from surveys.problems import Problem
from surveys.returns.files.sheets import Sheet, is_filled
from surveys.returns.headings.columns import CodedCells, Column, coded, column_letter
from surveys.returns.headings.tool_states import UNKNOWN, Said
from surveys.returns.text.cell_text import Conversions, cell_text, repaired
from surveys.vocabulary.line_ends import end_of

_SEARCHED = 100  # rows in which the first that holds anything is looked for


@dataclass(frozen=True)
class FormTable:
    """Columns of equal length. ``row_numbers`` [n] are the rows of the file as its users see them; ``form`` [n] groups rows that
    belong to one form (None: one form a row); ``unit`` names the unit when the whole sheet is about one; ``notes`` are warnings
    about what the reader left out. ``roles`` are columns that the product itself adds, under the role of a field (``submitted``,
    ``started``, ``ended``, ``edited``, ``seconds``, ``interviewer``, ``response``: what it calls the submission, ``number``: what
    it calls it within one survey, ``edits``: how often it was edited); a field of the instrument with that role goes before them.
    ``said`` is the product with the columns in which it says what a submission is. ``beside`` is the sheet of the forms whose
    columns stand before those of a repeated group. ``stated`` are columns of the tidy rows that the file itself gives.
    ``no_forms``: how many rows the reader left out because they are no forms. ``questionnaire``: the one that every form itself
    says it answers."""

    file: str
    sheet: str
    columns: tuple[Column, ...]
    row_numbers: np.ndarray
    form: np.ndarray | None = None
    unit: str = ""
    conversions: Conversions = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()
    roles: Mapping[str, Column] = field(default_factory=dict)
    beside: str = ""
    stated: Mapping[str, Column] = field(default_factory=dict)
    said: Said = UNKNOWN
    no_forms: int = 0
    questionnaire: str = ""

    def __len__(self) -> int:
        return len(self.row_numbers)

    def taken(self, rows: np.ndarray) -> FormTable:
        """The table with some of its rows; the others are no forms."""
        columns = tuple(column.taken(rows) for column in self.columns)
        roles = {role: column.taken(rows) for role, column in self.roles.items()}
        stated = {name: column.taken(rows) for name, column in self.stated.items()}
        said = Said(
            self.said.product, tuple((tool, column.taken(rows)) for tool, column in self.said.columns)
        )
        form = None if self.form is None else self.form[rows]
        no_forms = self.no_forms + len(self) - len(rows)
        return replace(
            self, columns=columns, roles=roles, stated=stated, said=said, form=form, no_forms=no_forms,
            row_numbers=self.row_numbers[rows],
        )  # fmt: skip

    def named(self, *headings: str) -> Column | None:
        """The first column with one of these headings (compared as written)."""
        return next((column for column in self.columns if column.heading in headings), None)


def plain_table(sheet: Sheet, heading_row: int | None = None) -> FormTable:
    """A sheet with one heading row (by default the first row that holds anything) as a table."""
    row = first_filled(sheet) if heading_row is None else heading_row
    rows = body_rows(sheet, row + 1)
    return table_of(sheet, columns_of(sheet, heading_texts(sheet, row), rows), rows)


def table_of(sheet: Sheet, columns: Sequence[Column], rows: np.ndarray) -> FormTable:
    """Columns over the given rows of cells of a sheet as a table."""
    conversions = {sheet.conversion: len(rows)} if sheet.conversion else {}
    return FormTable(sheet.file, sheet.name, tuple(columns), rows + sheet.first_row, conversions=conversions)


def columns_of(sheet: Sheet, headings: Sequence[str], rows: np.ndarray) -> tuple[Column, ...]:
    """The columns of a sheet over the given rows of cells, under repaired headings."""
    whole = len(rows) > 0 and rows[-1] - rows[0] + 1 == len(rows)  # then nothing has to be copied
    body = sheet.cells[rows[0] : rows[-1] + 1] if whole else sheet.cells[rows]
    cells = coded(body.ravel())
    by_column = np.ascontiguousarray(cells.codes.reshape(len(rows), len(headings)).T)
    return tuple(
        Column(heading, CodedCells(by_column[j], cells.pool), letter=column_letter(j))
        for j, heading in enumerate(repaired(headings))
    )


def body_rows(sheet: Sheet, start: int) -> np.ndarray:
    """Rows of cells from ``start`` on that hold anything. A line of a text file with fewer fields than its headings, or with
    more, is a fault: something cut it."""
    rows = np.flatnonzero([any(map(is_filled, row)) for row in sheet.cells[start:]]) + start
    if sheet.widths is not None and len(rows):
        _check_widths(sheet, rows, int(sheet.widths[start - 1]))
    return rows


def heading_texts(sheet: Sheet, row: int) -> tuple[str, ...]:
    """The cells of one row as texts; every reader asks for the same few rows (``tests/benchmarks/test_score_speed.py``)."""
    if row not in sheet.row_texts:
        sheet.row_texts[row] = tuple(map(cell_text, sheet.cells[row]))
    return sheet.row_texts[row]


def first_filled(sheet: Sheet) -> int:
    """The first row of cells that holds anything."""
    return next((i for i, row in enumerate(sheet.cells[:_SEARCHED]) if any(map(is_filled, row))), 0)


def first_headings(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """The first row that holds anything of the first sheet that does; nothing for a statistical file, which describes its
    variables."""
    sheet = next((sheet for sheet in sheets if sheet.cells.size), None)
    return () if sheet is None or sheet.variables else heading_texts(sheet, first_filled(sheet))


def _check_widths(sheet: Sheet, rows: np.ndarray, width: int) -> None:
    assert sheet.widths is not None
    wrong = [
        i
        for i in rows[sheet.widths[rows] != width].tolist()
        if sheet.widths[i] < width or any(map(is_filled, sheet.cells[i, width:]))
    ]
    if wrong:
        row, found = wrong[0] + sheet.first_row, int(sheet.widths[wrong[0]])
        if sheet.open_end and wrong == [len(sheet.cells) - 1]:
            said = end_of(" · ".join(filter(None, map(cell_text, sheet.cells[-1]))))
            raise sheet.problem(
                "returns.last_row_cut", row=row, found=found, expected=width, text=said, cell=""
            )
        raise sheet.problem("returns.row_width", row=row, found=found, expected=width, rows=len(wrong))
