"""Workbooks made by hand: title rows, headings on two or three levels, one column per level with ticks, totals and signatures
below the forms, headings printed again, merged cells, one sheet per unit.

What is no form is left out only when it says so itself, and every row left out is noted.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveys.problems import Problem, the_first
from surveys.returns.files.sheets import Sheet, is_filled
from surveys.returns.headings.columns import Column, column_letter
from surveys.returns.headings.form_table import (
    FormTable,
    body_rows,
    columns_of,
    first_filled,
    heading_texts,
    table_of,
)
from surveys.returns.headings.questions import ColumnTarget, Vocabulary
from surveys.returns.headings.tool_states import said_by_tool
from surveys.returns.readers import native
from surveys.returns.text.cell_text import cell_text, repair_all
from surveys.returns.text.totals import is_plainly_no_total, says_total

SEARCHED, DEEPEST, TRIED = 40, 3, 6  # rows searched for headings, levels of headings, rows tried as headings
LONGEST_MARK = 5  # characters
#: Roles of fields whose cells may say that the row is a total; the cells of other fields are answers.
_NAMING = frozenset({"form_code", "unit", "rater", "personal", "identification", "interviewer", "operator"})
_NUMBER = re.compile(r"\d+(?:\.0+)?")
_NUMBERED = re.compile(r"[(\[]\s*(\d{1,3}|[A-Za-z])\s*[)\]]")
_LABELLED = re.compile(r"([^:]{1,80}):\s*(.*)")


@dataclass(frozen=True)
class Head:
    """The heading rows of a sheet: cells rows ``first`` to ``last``, the columns they name (without cells), and what each is."""

    sheet: Sheet
    vocabulary: Vocabulary
    first: int
    last: int
    columns: tuple[Column, ...]
    targets: tuple[tuple[ColumnTarget, ...], ...]

    @cached_property
    def items(self) -> tuple[int, ...]:
        """Positions of the columns that hold answers."""
        return tuple(j for j, found in enumerate(self.targets) if any(t.kind != "field" for t in found))

    @cached_property
    def rows(self) -> np.ndarray:
        """Rows of cells below the headings that hold anything."""
        return body_rows(self.sheet, self.last + 1)

    @cached_property
    def naming(self) -> frozenset[int]:
        """Positions of the columns whose cells may say that the row is a total."""
        others = {
            ColumnTarget("field", field.code)
            for field in self.vocabulary.instrument.fields
            if field.role not in _NAMING
        }
        return frozenset(j for j, found in enumerate(self.targets) if others.isdisjoint(found))

    def positions(self, role: str) -> tuple[int, ...]:
        """Positions of the columns of fields with this role."""
        codes = {
            ColumnTarget("field", field.code)
            for field in self.vocabulary.instrument.fields
            if field.role == role
        }
        return tuple(j for j, found in enumerate(self.targets) if codes.intersection(found))


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """45 when some sheet names items but not as the plain layout does, or holds rows that are no forms; otherwise 0."""
    heads = [head for sheet in sheets if not sheet.variables and (head := head_of(sheet, vocabulary))]
    return 45 if any(_is_handmade(head, len(heads) > 1) for head in heads) else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """One table for each sheet that names an item; the plain layout's reading when none does."""
    found = [head_of(sheet, vocabulary) for sheet in sheets]
    heads = [head for head in found if head]
    if not heads:
        return native.read(sheets, vocabulary)
    first, *others = [_table(head, len(heads) > 1) for head in heads]
    ignored = tuple(
        sheet.warning("returns.sheet_ignored")
        for sheet, head in zip(sheets, found, strict=True)
        if head is None and sheet.cells.size
    )
    return [dataclasses.replace(first, notes=(*first.notes, *ignored)), *others]


def head_of(sheet: Sheet, vocabulary: Vocabulary) -> Head | None:
    """The heading rows that name the most items, then the most fields, with the fewest levels, the highest in the sheet;
    None when no row names an item."""
    if not sheet.cells.size:
        return None
    if _is_plain_heading(sheet, vocabulary):
        return _head(sheet, vocabulary, first_filled(sheet), first_filled(sheet))
    rows = min(SEARCHED, len(sheet.cells))
    naming = [row for row in range(rows) if vocabulary.names_items(heading_texts(sheet, row))][:TRIED]
    blocks = {
        (first, last)
        for row in naming
        for first in range(max(row - DEEPEST + 1, 0), row + 1)
        for last in range(row, min(first + DEEPEST, rows))
    }
    heads = [
        head
        for first, last in sorted(blocks)
        if not _ends_in_form(sheet, vocabulary, first, last)
        and (head := _head(sheet, vocabulary, first, last))
    ]
    return max(heads, key=_worth, default=None)


def _is_plain_heading(sheet: Sheet, vocabulary: Vocabulary) -> bool:
    """Whether the first row is a whole heading by itself: every column has one, no two are equal, nothing is merged, it names
    items, and the row below names none."""
    first = first_filled(sheet)
    texts = heading_texts(sheet, first)
    if not all(text.strip() for text in texts) or len(set(texts)) < len(texts) or sheet.merged:
        return False
    below = heading_texts(sheet, first + 1) if first + 1 < len(sheet.cells) else ()
    return vocabulary.names_items(texts) and not vocabulary.names_items(below)


def _ends_in_form(sheet: Sheet, vocabulary: Vocabulary, first: int, last: int) -> bool:
    """Whether the last of these rows is a form, not a level of headings: something else stands below every field that the rows
    above name. The answers of a form look like levels where a question has several columns."""
    below = [cell_text(cell).strip() for cell in sheet.cells[last]]
    under = [
        bool(text) and not vocabulary.field_names.find(text)
        for row in range(first, last)
        for field, text in zip(heading_texts(sheet, row), below, strict=True)
        if field.strip() and vocabulary.field_names.find(field)
    ]
    return bool(under) and all(under)


def _worth(head: Head) -> tuple[int, int, int]:
    answered = len({head.columns[j].heading for j in head.items})
    fields = sum(bool(found) for found in head.targets) - len(head.items)
    return answered, fields, head.first - head.last


def _head(sheet: Sheet, vocabulary: Vocabulary, first: int, last: int) -> Head | None:
    levels = spread_headings(sheet, first, last)
    columns = tuple(_heading([level[j] for level in levels], j, vocabulary) for j in range(len(levels[0])))
    targets = tuple(vocabulary.targets(column) if column.heading else () for column in columns)
    ticks = Counter((t.code, t.unit) for found in targets for t in found if t.kind == "tick")
    head = Head(sheet, vocabulary, first, last, columns, targets)
    return head if head.items and all(count > 1 for count in ticks.values()) else None


def spread_headings(sheet: Sheet, first: int, last: int) -> list[list[str]]:
    """Heading texts by level, the upper ones repeated over the columns they stand above: their merged area, or the empty
    cells to their right where the level below goes on."""
    written = [heading_texts(sheet, row) for row in range(first, last + 1)]
    repaired = repair_all({text for level in written for text in level})
    levels = [[repaired[text][0] for text in level] for level in written]
    for top, left, _, right in sheet.merged:
        if first <= top < last and left < len(levels[0]):
            upper = levels[top - first]
            upper[left : right + 1] = [upper[left]] * len(upper[left : right + 1])
    for k, upper in enumerate(levels[:-1]):
        for j in range(1, len(upper)):
            continues = levels[-1][j] and levels[-1][j - 1]
            if not upper[j] and continues and all(above[j] == above[j - 1] for above in levels[:k]):
                upper[j] = upper[j - 1]
    return levels


def _heading(levels: list[str], position: int, vocabulary: Vocabulary) -> Column:
    """The heading of one column from its levels, top first."""
    said = [text for text in levels if text]
    letter = column_letter(position)
    if len(said) < 2:
        return Column("".join(said), letter=letter)
    question, part = _question(said[:-1], vocabulary), said[-1]
    is_field = vocabulary.field_names.find(part) and not vocabulary.item_names.find(part)
    names = (part,) if is_field else ()
    return Column(f"{question} [{part}]", names=names, question=question, part=part, letter=letter)


def _question(upper: list[str], vocabulary: Vocabulary) -> str:
    """What stands above the last level: an item of a unit when two levels say both, otherwise the nearest of them."""
    for item, unit in (upper[-2:], upper[-2:][::-1]) if len(upper) > 1 else ():
        if vocabulary.item_names.find(item) and vocabulary.is_unit(unit):
            return vocabulary.header.format(item=item, unit=unit)
    return upper[-1]


def _table(head: Head, several: bool) -> FormTable:
    left_out = _no_forms(head)
    kept = np.array([row for row in head.rows.tolist() if row not in left_out], dtype=np.int64)
    sheet = dataclasses.replace(head.sheet, cells=_without_merges(head))
    filled = columns_of(sheet, [column.heading for column in head.columns], kept)
    columns = [
        dataclasses.replace(column, cells=found.cells)
        for column, found in zip(head.columns, filled, strict=True)
    ]
    table = table_of(sheet, columns, kept)
    return dataclasses.replace(
        table,
        unit=_unit_of(head, several),
        notes=tuple(_notes(head, left_out)),
        said=said_by_tool(columns),
        no_forms=len(left_out),
    )


def _is_handmade(head: Head, several: bool) -> bool:
    return bool(
        head.first != first_filled(head.sheet)
        or head.last > head.first
        or _unit_of(head, several)
        or _merged_below(head)
        or _no_forms(head)
    )


def _no_forms(head: Head) -> dict[int, str]:
    """Rows below the headings that are no forms → the code of the note that says so."""
    rows, again = head.rows.tolist(), heading_texts(head.sheet, head.last)
    last_answered = next((row for row in reversed(rows) if _is_answered(head, row)), -1)
    codes = list(head.positions("form_code"))
    known = [j for j, targets in enumerate(head.targets) if targets]
    found: dict[int, str] = {}
    first = head.sheet.cells[:, 0].tolist()
    for row in rows:
        if rows[0] < row <= last_answered and is_plainly_no_total(first[row]) and first[row] != again[0]:
            continue
        cells = head.sheet.cells[row]
        if _is_total(head, cells):
            found[row] = "returns.rows_total"
        elif cell_text(cells[0]) == again[0] and heading_texts(head.sheet, row) == again:
            found[row] = "returns.rows_heading_again"
        elif row == rows[0] and _is_numbering(cells):
            found[row] = "returns.rows_numbering"
        elif row > last_answered and (
            "returns.rows_total" in found.values()
            or not any(map(is_filled, cells[codes or known]))
            or any(_is_remark(cell_text(cells[j])) for j in codes)
        ):
            found[row] = "returns.rows_footer"
    return found


def _is_remark(text: str) -> bool:
    """Whether a text where a form code should stand is words: no digit in it, or three words and more.

    >>> _is_remark("Người lập biểu"), _is_remark("Ngày 5 tháng 10"), _is_remark("SNV 012"), _is_remark("")
    (True, True, False, False)
    """
    words = text.split()
    return bool(words) and (len(words) > 2 or not any(letter.isdigit() for letter in text))


def _is_total(head: Head, cells: np.ndarray) -> bool:
    """Whether the first cell that holds anything, or the one after a number, is a word for a total and no answer."""
    filled = _filled(cells)
    first = next(filled, -1)
    if _NUMBER.fullmatch(cell_text(cells[first]).strip()):
        first = next(filled, -1)
    text = cells[first]
    if first not in head.naming or not isinstance(text, str) or is_plainly_no_total(text):
        return False
    register = head.vocabulary.register
    if not says_total(text, register.ends_name if register else None):
        return False
    if register and first in head.positions("unit") and register.resolve(text):
        return False
    scales = [head.vocabulary.options_of(t.code) for t in head.targets[first] if t.kind == "item"]
    return all(options.find(text) is None for options in scales)


def _is_answered(head: Head, row: int) -> bool:
    """Whether a row holds at least one answer, or one mark. A signature that happens to stand below an item is neither."""
    cells = head.sheet.cells[row]
    said = ((cell_text(cells[j]).strip(), target) for j in head.items for target in head.targets[j])
    return any(text and _says(text, target, head.vocabulary) for text, target in said)


def _says(text: str, target: ColumnTarget, vocabulary: Vocabulary) -> bool:
    """Whether a text may be an answer of its column."""
    if target.kind == "item":
        return vocabulary.options_of(target.code).read(text).fault != "out_of_scale"
    return target.kind == "options" or (target.kind == "tick" and len(text) <= LONGEST_MARK)


def _is_numbering(cells: np.ndarray) -> bool:
    """A row that numbers the columns: (1), (2), (3), … perhaps after (A), (B)."""
    marks = [_NUMBERED.fullmatch(cell_text(cells[j]).strip()) for j in _filled(cells)]
    if len(marks) < 2 or not all(marks):
        return False
    numbers = [int(mark[1]) for mark in marks if mark and mark[1].isdigit()]
    return bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _filled(cells: np.ndarray) -> Iterator[int]:
    """Positions of the cells that hold anything."""
    return (j for j, cell in enumerate(cells) if is_filled(cell))


def _merged_below(head: Head) -> list[tuple[int, int, int]]:
    """Merged cells of one column below the headings, as (column, top, bottom)."""
    rows, columns = head.sheet.cells.shape
    return [
        (left, top, min(bottom, rows - 1))
        for top, left, bottom, right in head.sheet.merged
        if head.last < top < min(bottom, rows - 1) and left == right < columns
    ]


def _without_merges(head: Head) -> np.ndarray:
    """The cells with every merged cell of one column repeated over its rows."""
    merged, cells = _merged_below(head), head.sheet.cells
    if sum(bottom - top for _, top, bottom in merged) > cells.size:
        raise head.sheet.problem("returns.file_damaged", reason="merged cells overlap")
    cells = cells.copy() if merged else cells
    for column, top, bottom in merged:
        cells[top : bottom + 1, column] = cells[top, column]
    return cells


def _unit_of(head: Head, several: bool) -> str:
    """The unit a whole sheet is about, where no column and no heading names units: as a row above the headings says, or the
    sheet's name."""
    sheet, vocabulary = head.sheet, head.vocabulary
    named = any(target.unit for found in head.targets for target in found)
    if named or head.positions("unit"):
        return ""
    above = next(_units_above(head), "")
    if above or sheet.name in vocabulary.instrument.questionnaire:
        return above
    return sheet.name if several or vocabulary.is_unit(sheet.name) else ""


def _units_above(head: Head) -> Iterator[str]:
    """Units named above the headings: by themselves, after a label in the same cell, or in the cell after a label."""
    vocabulary = head.vocabulary
    labels = {field.code for field in vocabulary.instrument.fields if field.role == "unit"}
    for row in head.sheet.cells[: head.first]:
        said = [cell_text(row[j]).strip() for j in _filled(row)]
        for text, following in zip(said, [*said, ""][1:], strict=True):
            label, after = m.groups() if (m := _LABELLED.fullmatch(text)) else (text, "")
            if (after or following) and labels.intersection(vocabulary.field_names.find(label)):
                yield after or following
            elif vocabulary.is_unit(text):
                yield text


def _notes(head: Head, left_out: Mapping[int, str]) -> Iterator[Problem]:
    """One note for each kind of row left out, at the first of them."""
    sheet = head.sheet
    by_code: dict[str, list[int]] = {}
    title = [row for row in range(head.first) if any(map(is_filled, sheet.cells[row]))]
    for row, code in (*((row, "returns.rows_title") for row in title), *left_out.items()):
        by_code.setdefault(code, []).append(row)
    for code, rows in by_code.items():
        cells = sheet.cells[rows[0]]
        text = cell_text(cells[next(_filled(cells), 0)])[:100]
        shown = the_first((row + sheet.first_row for row in rows), 20)
        yield sheet.warning(code, rows[0] + sheet.first_row, rows=shown, text=text)
