"""Rows of a table that are no forms, whichever reader made it: totals, and rows that name the unit of the forms below them. Where
the study says so, a unit that is written once is filled down."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from surveys.definitions.study.records import ReturnFile
from surveys.problems import Problem, the_first
from surveys.returns.headings.columns import Column, coded
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.text.totals import is_plainly_no_total, plainly_no_totals, says_total

#: Roles of fields whose cells are never a word for a total, whatever they say.
_ANSWERS = frozenset({"attribute", "stratum", "cluster", "weight", "own_unit", "seconds"})
_NUMBER = re.compile(r"\d+(?:[.,]0+)?")
_ENUMERATION = re.compile(r"(?:\d{1,4}|[IVXivx]{1,5}|[A-Za-z])?\s*[.)/-]?")
_LABELLED = re.compile(r"[^:]{1,80}:\s*(.*)")
_NUMBERED = re.compile(r"^(?:\d{1,3}|[IVXivx]{1,5}|[A-Za-z])\s*[.)/-]\s*")
_REMARK = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_MOST_FILLED = 3  # cells of a row that only names a unit
_SHOWN = 20  # rows listed in a message


def only_forms(table: FormTable, file: ReturnFile, vocabulary: Vocabulary) -> FormTable:
    """The table without totals and rows that only name a unit, each noted with its rows; units written once stand in every row
    where the study says how they are written, and are noted where it does not."""
    rows = _Rows(table, vocabulary)
    totals = rows.totals
    if totals.any() and not totals.all():
        rows = _Rows(_without(table, totals, "returns.rows_total", rows.shown), vocabulary)
    if rows.table.unit or not vocabulary.register or rows.is_wide:
        return rows.table
    return _with_units(rows, file.unit_written)


@dataclass(frozen=True)
class _Rows:
    """A table and what its columns are."""

    table: FormTable
    vocabulary: Vocabulary

    @cached_property
    def columns(self) -> list[tuple[Column, str]]:
        """Every column in the order of the file with its role: ``answer``, that of a field, or nothing."""
        own = [(column, role) for role, column in self.table.roles.items()]
        return [*own, *((column, self._role(column)) for column in self.table.columns)]

    def _role(self, column: Column) -> str:
        for target in self.vocabulary.targets(column):
            if target.kind != "field":
                return "answer"
            roles = {field.code: field.role for field in self.vocabulary.instrument.fields}
            return roles.get(target.code, target.code)
        return ""

    @property
    def is_wide(self) -> bool:
        """Whether the headings name units."""
        return any(t.unit for column in self.table.columns for t in self.vocabulary.targets(column))

    def of_role(self, role: str) -> list[Column]:
        return [column for column, found in self.columns if found == role]

    @cached_property
    def totals(self) -> np.ndarray:
        """Rows with a word for a total where a unit or a code stands, or in their first cell (after a number), boolean [n]."""
        marked = np.zeros(len(self.table), dtype=bool)
        for role in ("unit", "form_code"):
            for column in self.of_role(role):
                marked |= self._says_total(column, role)
        waiting, numbered = ~marked, np.zeros_like(marked)
        for column, role in self.columns:
            if not waiting.any():
                break
            filled = column.distinct.codes >= 0
            if role != "answer" and role not in _ANSWERS:
                said = waiting & self._says_total(column, role)
                marked |= said & (self._is_numbering(column, said) | ~self._is_named) if not role else said
            number = (
                waiting & filled & ~numbered & _spread(column, lambda text: bool(_NUMBER.fullmatch(text)))
            )
            waiting &= ~filled | number
            numbered |= number
        return marked

    def _says_total(self, column: Column, role: str) -> np.ndarray:
        """Cells of a column that say a total. A unit of that name is a unit."""
        register = self.vocabulary.register
        if plainly_no_totals(column.distinct.texts):
            return np.zeros(len(self.table), dtype=bool)

        def judge(text: str) -> bool:
            if is_plainly_no_total(text) or not says_total(text, register.ends_name if register else None):
                return False
            return not (role == "unit" and register and register.resolve(text))

        return _spread(column, judge)

    def _is_numbering(self, column: Column, besides: np.ndarray) -> bool:
        """Whether a column only numbers the rows, besides those given."""
        others = np.unique(column.distinct.codes[~besides])
        return all(_ENUMERATION.fullmatch(column.distinct.texts[k]) for k in others.tolist() if k >= 0)

    @cached_property
    def _is_named(self) -> np.ndarray:
        """Rows in which every column of codes and units is filled; none where there is no such column."""
        columns = [*self.of_role("unit"), *self.of_role("form_code")]
        filled = [column.distinct.codes >= 0 for column in columns]
        return np.logical_and.reduce(filled) if filled else np.zeros(len(self.table), dtype=bool)

    def sections(self, declared: bool) -> dict[int, str]:
        """Rows that name a unit and hold no code and no answer → the unit as written. ``declared``: the study says that there are
        such rows; then whatever else such a row says is a unit that nobody knows, so that its forms go to no other."""
        filled = np.zeros(len(self.table), dtype=int)
        for column, _ in self.columns:
            filled += column.cells.codes >= 0
        few = (filled > 0) & (filled <= _MOST_FILLED)
        for column in self.of_role("form_code"):
            few &= column.cells.codes < 0
        found = ((row, self._named_alone(row, declared)) for row in np.flatnonzero(few).tolist())
        return {row: unit for row, unit in found if unit}

    def _named_alone(self, row: int, declared: bool) -> str:
        """The unit that a row names beside nothing but a number of its own; empty where there is none."""
        units = []
        for column, role in self.columns:
            k = int(column.distinct.codes[row])
            text = column.distinct.texts[k] if k >= 0 else ""
            if unit := self._unit_in(text):
                units.append(unit)
            elif text and declared and role in ("", "unit", "answer") and not _ENUMERATION.fullmatch(text):
                units.append("" if self._is_answer(column, text) else text)
            elif text and (role or not _ENUMERATION.fullmatch(text)):
                return ""
        return units[0] if len(units) == 1 else ""

    def _unit_in(self, text: str) -> str:
        """The unit that a text names, by itself, after a number or a label, or before a remark in brackets."""
        said = [text, _NUMBERED.sub("", text)]
        said += [labelled[1] for one in said if (labelled := _LABELLED.fullmatch(one))]
        said += [_REMARK.sub("", one) for one in said]
        return next((name for name in said if name and self.vocabulary.is_unit(name)), "")

    def _is_answer(self, column: Column, text: str) -> bool:
        items = [target.code for target in self.vocabulary.targets(column) if target.kind == "item"]
        return any(not self.vocabulary.options_of(item).read(text).fault for item in items)

    def shown(self, row: int) -> str:
        """The first filled cell of a row, for a message."""
        texts = (c.distinct.texts[k] for c, _ in self.columns if (k := int(c.distinct.codes[row])) >= 0)
        return next((text for text in texts if not _NUMBER.fullmatch(text)), "")[:100]


def _with_units(rows: _Rows, written: str) -> FormTable:
    """The units of a table as the study says that they are written; where it says nothing, what looks like it is noted."""
    if written == "every_row":
        return rows.table
    column = next(iter(rows.of_role("unit")), None)
    blank = np.ones(len(rows.table), dtype=bool) if column is None else column.distinct.codes < 0
    below = np.append(blank[1:], False)
    sections = {
        row: unit
        for row, unit in rows.sections(written == "section_row").items()
        if written == "section_row" or blank[row] or below[row]
    }
    heading = _heading(rows, column)
    if not written:
        return _noted(rows, sections, blank, heading)
    if not heading:
        note = Problem("returns.unit_field_missing", "error", rows.table.file, rows.table.sheet)
        return replace(rows.table, notes=(*rows.table.notes, note))
    texts = column.each(str) if column else np.array([""] * len(blank), dtype=object)
    if written == "section_row":
        texts[list(sections)] = list(sections.values())
    filled = _filled_down(texts)
    own = replace(column or Column(heading), cells=coded(filled))
    others = [other for other in rows.table.columns if other is not column]
    left_out = np.zeros(len(blank), dtype=bool)
    left_out[list(sections) if written == "section_row" else []] = True
    log = rows.table.conversions | {"unit filled down": int((blank & ~left_out & (filled != "")).sum())}
    filled_table = replace(rows.table, columns=(*others, own), conversions=log)
    return filled_table.taken(np.flatnonzero(~left_out))


def _noted(rows: _Rows, sections: dict[int, str], blank: np.ndarray, heading: str) -> FormTable:
    """The table without rows that only name a unit, and a note of them or of the rows that name none below one that does."""
    table = rows.table
    if sections:
        left_out = np.zeros(len(blank), dtype=bool)
        left_out[list(sections)] = True
        return _without(table, left_out, "returns.rows_section", sections.__getitem__, heading)
    named = np.maximum.accumulate(~blank)
    if (lacking := blank & named).any():
        note = _note(table, lacking, "returns.unit_blank_below", "", heading)
        return replace(table, notes=(*table.notes, note))
    return table


def _heading(rows: _Rows, column: Column | None) -> str:
    """The heading of the column of units, or what one would be called; empty where the instrument has no such field."""
    if column is not None:
        return column.heading
    fields = (field for field in rows.vocabulary.instrument.fields if field.role == "unit")
    return next(((*field.headers, field.code)[0] for field in fields), "")


def _filled_down(texts: np.ndarray) -> np.ndarray:
    """Texts with every empty one replaced by the last before it.

    >>> _filled_down(np.array(["", "a", "", "b", ""], object)).tolist()
    ['', 'a', 'a', 'b', 'b']
    """
    last = np.maximum.accumulate(np.where(texts != "", np.arange(len(texts)), -1))
    return np.asarray(np.append(texts, "")[last])


def _spread(column: Column, judge: Callable[[str], bool]) -> np.ndarray:
    """What is true of the text of each cell of a column, boolean [n]; nothing is of an empty one."""
    return column.distinct.spread(np.array(list(map(judge, column.distinct.texts)), dtype=bool), False)


def _without(
    table: FormTable, left_out: np.ndarray, code: str, shown: Callable[[int], str], heading: str = ""
) -> FormTable:
    """The table without some rows, and a note of them."""
    note = _note(table, left_out, code, shown(int(np.argmax(left_out))), heading)
    return replace(table.taken(np.flatnonzero(~left_out)), notes=(*table.notes, note))


def _note(table: FormTable, about: np.ndarray, code: str, text: str, heading: str) -> Problem:
    """A warning about rows, at the first of them."""
    rows = table.row_numbers[about].tolist()
    params = (("rows", the_first(rows, _SHOWN)), *((("text", text),) if text else ()))
    return Problem(code, "warning", table.file, table.sheet, rows[0], heading, params)
