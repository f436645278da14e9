"""The last row of a text file that lacks its last line end: whole, or cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surveys.problems import Problem, shortened
from surveys.returns.files.sheets import Sheet
from surveys.returns.text.cell_text import cell_text
from surveys.vocabulary.line_ends import end_of

#: So many other cells of one length tell that a shorter one was cut (dates, codes, digits).
_TELLING = 3


def notes_on_ends(sheets: Sequence[Sheet], ends_lines: bool) -> Iterator[Problem]:
    """A warning for each text without its last line end. ``ends_lines``: the product of the file ends every row; of one that does
    not, only a last row that is surely cut is told."""
    for sheet in sheets:
        if sheet.open_end and len(sheet.cells):
            row = len(sheet.cells) - 1 + sheet.first_row
            said = end_of(" · ".join(filter(None, map(cell_text, sheet.cells[-1]))))
            if cell := _cut_cell(sheet):
                params = {"text": said, "cell": shortened(cell), "found": "", "expected": ""}
                yield sheet.warning("returns.last_row_cut", row, **params)
            elif ends_lines:
                yield sheet.warning("returns.open_end", row, text=said)


def _cut_cell(sheet: Sheet) -> str:
    """The last cell of the last row where all others of its column, without the headings, have one length and it is shorter."""
    assert sheet.widths is not None
    column = int(sheet.widths[-1]) - 1
    texts = [cell_text(cell) for cell in sheet.cells[1:, column]] if column >= 0 else []
    lengths = set(map(len, texts[:-1]))
    is_cut = len(texts) > _TELLING and len(lengths) == 1 and len(texts[-1]) < max(lengths)
    return (texts[-1] or " ") if is_cut else ""
