"""Workbooks made by hand: title rows, headings on two or three levels, one column per level with ticks, totals and signatures
below the forms, headings printed again, merged cells, one sheet per unit.

What is no form is left out only when it says so itself, and every row left out is noted.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveys.problems import Problem
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import (
    Column,
    Table,
    body_rows,
    column_letter,
    columns_of,
    heading_texts,
)
from surveys.returns.headings.questions import Target, Vocabulary
from surveys.returns.readers import native
from surveys.returns.text.repair import cell_text, repair_all
from surveys.vocabulary.folding import fold_name

NAME = "handmade"
SEARCHED, DEEPEST, TRIED = 40, 3, 6  # rows searched for headings, levels of headings, rows tried as headings
LONGEST_MARK = 5  # characters
#: Roles of fields whose cells may say that the row is a total; the cells of other fields are answers.
_NAMING = frozenset({"form_code", "unit", "rater", "personal", "identification", "interviewer", "operator"})
_TOTALS = (
    "tổng|tổng số|tổng cộng|tổng hợp|tổng số phiếu|cộng|trung bình|trung bình cộng|điểm trung bình|trung vị|cao nhất|thấp nhất"
    "|lớn nhất|nhỏ nhất|tỷ lệ|tỉ lệ|số phiếu|độ lệch chuẩn"
    "|total|grand total|sum|count|average|mean|median|highest|lowest|maximum|minimum|max|min|percent|std|standard deviation"
)
_TOTAL = re.compile(rf"(?:\d+ )?(?:{_TOTALS})(?: \d+)?")
_BEGIN_TOTALS = frozenset(words.split()[0] for words in _TOTALS.split("|"))
_FIRST_WORD = re.compile(r"[\W\d_]*([A-Za-z]+)", re.ASCII)
_NUMBER = re.compile(r"\d+(?:\.0+)?")
_NUMBERED = re.compile(r"[(\[]\s*(\d{1,3}|[A-Za-z])\s*[)\]]")
_LABELLED = re.compile(r"([^:]{1,80}):\s*(.*)")


@dataclass(frozen=True)
class Head:
    """The heading rows of a sheet: cells rows ``first`` to ``last``, the columns they name (without values), and what each is."""

    first: int
    last: int
    columns: tuple[Column, ...]
    targets: tuple[tuple[Target, ...], ...]

    @cached_property
    def items(self) -> tuple[int, ...]:
        """Positions of the columns that hold answers."""
        return tuple(j for j, found in enumerate(self.targets) if any(t.kind != "field" for t in found))

    def positions(self, vocabulary: Vocabulary, *roles: str) -> tuple[int, ...]:
        """Positions of the columns of fields with these roles."""
        codes = {field.code for field in vocabulary.instrument.fields if field.role in roles}
        return tuple(
            j
            for j, found in enumerate(self.targets)
            if any(t.kind == "field" and t.code in codes for t in found)
        )


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """45 when some sheet names items but not as the plain layout does, or holds rows that are no forms; otherwise 0."""
    heads = [(sheet, head_of(sheet, vocabulary)) for sheet in sheets if not sheet.variables]
    known = [(sheet, head) for sheet, head in heads if head]
    return 45 if any(_is_handmade(sheet, head, vocabulary, len(known) > 1) for sheet, head in known) else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[Table]:
    """One table for each sheet that names an item; the plain layout's reading when none does."""
    heads = [(sheet, head_of(sheet, vocabulary)) for sheet in sheets]
    known = [(sheet, head) for sheet, head in heads if head]
    tables = [_table(sheet, head, vocabulary, len(known) > 1) for sheet, head in known]
    ignored = tuple(
        Problem("returns.sheet_ignored", "warning", sheet.file, sheet.name)
        for sheet, head in heads
        if head is None and sheet.cells.size
    )
    if not tables:
        return native.read(sheets, vocabulary)
    return [dataclasses.replace(tables[0], notes=(*tables[0].notes, *ignored)), *tables[1:]]


def head_of(sheet: Sheet, vocabulary: Vocabulary) -> Head | None:
    """The heading rows that name the most items, then the most fields, with the fewest levels, the highest in the sheet;
    None when no row names an item."""
    if not sheet.cells.size:
        return None
    if _is_plain_heading(sheet, vocabulary):
        return _head(sheet, native.first_filled(sheet), native.first_filled(sheet), vocabulary)
    rows = min(SEARCHED, len(sheet.cells))
    naming = [row for row in range(rows) if native.names_items(heading_texts(sheet, row), vocabulary)][:TRIED]
    blocks = {
        (first, last)
        for row in naming
        for first in range(max(row - DEEPEST + 1, 0), row + 1)
        for last in range(row, min(first + DEEPEST, rows))
    }
    heads = [head for first, last in sorted(blocks) if (head := _head(sheet, first, last, vocabulary))]
    return max(heads, key=_worth, default=None)


def _is_plain_heading(sheet: Sheet, vocabulary: Vocabulary) -> bool:
    """Whether the first row is a whole heading by itself: every column has one, no two are equal, nothing is merged, it names
    items, and the row below names none."""
    first = native.first_filled(sheet)
    texts = heading_texts(sheet, first)
    if not all(text.strip() for text in texts) or len(set(texts)) < len(texts) or sheet.merged:
        return False
    below = heading_texts(sheet, first + 1) if first + 1 < len(sheet.cells) else ()
    return native.names_items(texts, vocabulary) and not native.names_items(below, vocabulary)


def _worth(head: Head) -> tuple[int, int, int]:
    answered = len({head.columns[j].heading for j in head.items})
    fields = sum(bool(found) for found in head.targets) - len(head.items)
    return answered, fields, head.first - head.last


def _head(sheet: Sheet, first: int, last: int, vocabulary: Vocabulary) -> Head | None:
    levels = spread_headings(sheet, first, last)
    columns = tuple(_heading([level[j] for level in levels], j, vocabulary) for j in range(len(levels[0])))
    targets = tuple(vocabulary.targets(column) if column.heading else () for column in columns)
    ticks: dict[tuple[str, str], int] = {}
    for target in (t for found in targets for t in found if t.kind == "tick"):
        ticks[target.code, target.unit] = ticks.get((target.code, target.unit), 0) + 1
    head = Head(first, last, columns, targets)
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
        return Column("".join(said), native.NO_VALUES, letter=letter)
    question, part = _question(said[:-1], vocabulary), said[-1]
    is_field = vocabulary.field_names.find(part) and not vocabulary.item_names.find(part)
    return Column(
        f"{question} [{part}]",
        native.NO_VALUES,
        (part,) if is_field else (),
        question=question,
        part=part,
        letter=letter,
    )


def _question(upper: list[str], vocabulary: Vocabulary) -> str:
    """What stands above the last level: an item of a unit when two levels say both, otherwise the nearest of them."""
    for item, unit in (upper[-2:], upper[-2:][::-1]) if len(upper) > 1 else ():
        if vocabulary.item_names.find(item) and vocabulary.register and vocabulary.register.resolve(unit):
            return vocabulary.header.format(item=item, unit=unit)
    return upper[-1]


def _table(sheet: Sheet, head: Head, vocabulary: Vocabulary, several: bool) -> Table:
    rows = body_rows(sheet, head.last + 1)
    left_out = _no_forms(sheet, head, rows, vocabulary)
    kept = np.array([row for row in rows.tolist() if row not in left_out], dtype=np.int64)
    filled = dataclasses.replace(sheet, cells=_without_merges(sheet, head))
    values = columns_of(filled, [column.heading for column in head.columns], kept)
    columns = tuple(
        dataclasses.replace(column, values=found.values)
        for column, found in zip(head.columns, values, strict=True)
    )
    conversions = {sheet.conversion: len(kept)} if sheet.conversion else {}
    unit = _unit_of(sheet, head, vocabulary, several)
    notes = tuple(_notes(sheet, head, left_out))
    return Table(sheet.file, sheet.name, columns, kept + sheet.first_row, None, unit, conversions, notes)


def _is_handmade(sheet: Sheet, head: Head, vocabulary: Vocabulary, several: bool) -> bool:
    if head.first != native.first_filled(sheet) or head.last > head.first:
        return True
    if _unit_of(sheet, head, vocabulary, several) or _merged_below(sheet, head):
        return True
    return bool(_no_forms(sheet, head, body_rows(sheet, head.last + 1), vocabulary))


def _no_forms(sheet: Sheet, head: Head, rows: np.ndarray, vocabulary: Vocabulary) -> dict[int, str]:
    """Rows below the headings that are no forms → the code of the note that says so."""
    found: dict[int, str] = {}
    again = heading_texts(sheet, head.last)
    last_answered = next(
        (row for row in rows[::-1].tolist() if _is_answered(sheet.cells[row], head, vocabulary)), -1
    )
    codes = head.positions(vocabulary, "form_code")
    roles = {field.code: field.role for field in vocabulary.instrument.fields}
    names = [j for j, found_there in enumerate(head.targets) if _may_name_rows(found_there, roles)]
    suspect = _suspect(sheet, rows, again)
    for row in rows.tolist():
        if row not in suspect and row <= last_answered and row != rows[0]:
            continue
        cells = sheet.cells[row]
        if _is_total(cells, names, head, vocabulary):
            found[row] = "returns.rows_total"
        elif heading_texts(sheet, row) == again:
            found[row] = "returns.rows_heading_again"
        elif row == rows[0] and _is_numbering(cells):
            found[row] = "returns.rows_numbering"
        elif row > last_answered and (
            "returns.rows_total" in found.values()
            or not _any(cells, codes or _known(head))
            or any(_is_remark(cell_text(cells[j])) for j in codes)
        ):
            found[row] = "returns.rows_footer"
    return found


def _suspect(sheet: Sheet, rows: np.ndarray, headings: Sequence[str]) -> frozenset[int]:
    """Rows worth a look: the first cell is empty, a number or a word for a total, or it repeats its heading. All others are
    forms; a sheet has thousands of them."""
    first = sheet.cells[rows, 0].tolist()
    return frozenset(
        row
        for row, cell in zip(rows.tolist(), first, strict=True)
        if not isinstance(cell, str) or cell == headings[0] or not _is_plain(cell)
    )


def _is_plain(text: str) -> bool:
    """Whether a first cell is neither empty, a number nor a word for a total."""
    word = _FIRST_WORD.match(text) if text.isascii() else None  # form codes: their first word tells
    if word and word[1].lower() not in _BEGIN_TOTALS:
        return True
    shown = text.strip()
    folded = shown.casefold() if shown.isascii() and shown.isalnum() else fold_name(shown)
    return bool(folded) and not _NUMBER.fullmatch(shown) and not _TOTAL.fullmatch(folded)


def _is_remark(text: str) -> bool:
    """Whether a text where a form code should stand is words: no digit in it, or three words and more.

    >>> _is_remark("Người lập biểu"), _is_remark("Ngày 5 tháng 10"), _is_remark("SNV 012"), _is_remark("")
    (True, True, False, False)
    """
    words = text.split()
    return bool(words) and (len(words) > 2 or not any(letter.isdigit() for letter in text))


def _known(head: Head) -> tuple[int, ...]:
    return tuple(j for j, target in enumerate(head.targets) if target)


def _may_name_rows(targets: tuple[Target, ...], roles: Mapping[str, str]) -> bool:
    return all(target.kind != "field" or roles[target.code] in _NAMING for target in targets)


def _is_total(cells: np.ndarray, names: Sequence[int], head: Head, vocabulary: Vocabulary) -> bool:
    """Whether the first cell that holds anything, or the one after a number, is a word for a total and no answer."""
    filled = _filled(cells)
    first = next(filled, -1)
    if _NUMBER.fullmatch(cell_text(cells[first]).strip()):
        first = next(filled, -1)
    if first not in names or not isinstance(cells[first], str):
        return False
    text = cells[first]
    folded = text.strip().casefold() if text.isascii() and text.isalnum() else fold_name(text)
    return bool(_TOTAL.fullmatch(folded)) and not _is_answer(text, head.targets[first], vocabulary)


def _is_answered(cells: np.ndarray, head: Head, vocabulary: Vocabulary) -> bool:
    """Whether a row holds at least one answer, or one mark. A signature that happens to stand below an item is neither."""
    said = (
        (cell_text(cells[j]).strip(), t) for j in head.items for t in head.targets[j] if t.kind != "field"
    )
    return any(
        text
        and (
            len(text) <= LONGEST_MARK
            if target.kind == "tick"
            else target.kind == "options"
            or vocabulary.options[vocabulary.scale_of(target.code).code].read(text).fault != "out_of_scale"
        )
        for text, target in said
    )


def _is_answer(text: str, targets: tuple[Target, ...], vocabulary: Vocabulary) -> bool:
    scales = [vocabulary.scale_of(target.code).code for target in targets if target.kind == "item"]
    return any(vocabulary.options[scale].find(text) is not None for scale in scales)


def _is_numbering(cells: np.ndarray) -> bool:
    """A row that numbers the columns: (1), (2), (3), … perhaps after (A), (B)."""
    marks = [_NUMBERED.fullmatch(cell_text(cells[j]).strip()) for j in _filled(cells)]
    if len(marks) < 2 or not all(marks):
        return False
    numbers = [int(mark[1]) for mark in marks if mark and mark[1].isdigit()]
    return bool(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _filled(cells: np.ndarray) -> Iterator[int]:
    """Positions of the cells that hold anything."""
    return (
        j for j, c in enumerate(cells) if not (c is None or c != c or (isinstance(c, str) and not c.strip()))
    )


def _any(cells: np.ndarray, positions: Sequence[int]) -> bool:
    return next(_filled(cells[list(positions)]), -1) >= 0


def _merged_below(sheet: Sheet, head: Head) -> list[tuple[int, int, int]]:
    """Merged cells of one column below the headings, as (column, top, bottom)."""
    return [
        (left, top, min(bottom, len(sheet.cells) - 1))
        for top, left, bottom, right in sheet.merged
        if head.last < top < min(bottom, len(sheet.cells) - 1) and left == right < sheet.cells.shape[1]
    ]


def _without_merges(sheet: Sheet, head: Head) -> np.ndarray:
    """The cells with every merged cell of one column repeated over its rows."""
    merged = _merged_below(sheet, head)
    if not merged:
        return sheet.cells
    if sum(bottom - top for _, top, bottom in merged) > sheet.cells.size:
        raise sheet.problem("returns.file_damaged", reason="merged cells overlap")
    cells = sheet.cells.copy()
    for column, top, bottom in merged:
        cells[top : bottom + 1, column] = cells[top, column] if top < len(cells) else ""
    return cells


def _unit_of(sheet: Sheet, head: Head, vocabulary: Vocabulary, several: bool) -> str:
    """The unit a whole sheet is about, where no column and no heading names units: as a row above the headings says, or the
    sheet's name."""
    named = any(target.unit for found in head.targets for target in found)
    if named or head.positions(vocabulary, "unit"):
        return ""
    above = next(_units_above(sheet, head, vocabulary), "")
    if above or sheet.name in vocabulary.instrument.questionnaire:
        return above
    register = vocabulary.register
    return sheet.name if several or (register and register.resolve(sheet.name)) else ""


def _units_above(sheet: Sheet, head: Head, vocabulary: Vocabulary) -> Iterator[str]:
    """Units named above the headings: by themselves, after a label in the same cell, or in the cell after a label."""
    register = vocabulary.register
    labels = {field.code for field in vocabulary.instrument.fields if field.role == "unit"}
    for row in sheet.cells[: head.first]:
        said = [cell_text(row[j]).strip() for j in _filled(row)]
        for k, text in enumerate(said):
            label, after = m.groups() if (m := _LABELLED.fullmatch(text)) else (text, "")
            after = after or (said[k + 1] if k + 1 < len(said) else "")
            if after and labels.intersection(vocabulary.field_names.find(label)):
                yield after
            elif register and register.resolve(text):
                yield text


def _notes(sheet: Sheet, head: Head, left_out: Mapping[int, str]) -> Iterator[Problem]:
    """One note for each kind of row left out, at the first of them."""
    by_code: dict[str, list[int]] = {}
    title = [row for row in range(head.first) if next(_filled(sheet.cells[row]), -1) >= 0]
    for row, code in (*((row, "returns.rows_title") for row in title), *left_out.items()):
        by_code.setdefault(code, []).append(row)
    for code, rows in by_code.items():
        cells = sheet.cells[rows[0]]
        text = cell_text(cells[next(_filled(cells), 0)])[:100]
        shown = ", ".join(str(row + sheet.first_row) for row in rows[:20]) + (", …" if len(rows) > 20 else "")
        params = (("rows", shown), ("text", text))
        yield Problem(code, "warning", sheet.file, sheet.name, rows[0] + sheet.first_row, "", params)
