"""One table of returns while it is read: what is known about it, and what is found on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from surveys.definitions.instrument.records import Instrument, Questionnaire
from surveys.definitions.study.records import ReturnFile
from surveys.returns.answers.value_coding import Coding
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.matched_columns import Layout
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.tool_states import words_for
from surveys.returns.study_reading import StudyReading
from surveys.returns.text.cell_text import SHOWN
from surveys.returns.units.unit_register import UnitRegister
from surveys.vocabulary.folding import strange_letters
from surveys.vocabulary.whole_numbers import without_decimals

TOLD = 200  # different texts of one column that are told each by itself, of each kind


class CellFault(NamedTuple):
    """Cells that were read but are no answer: ``rows`` of the table, the item, the unit text of the heading (empty where it names
    none), the cell as its users see it, and the fault."""

    rows: np.ndarray
    item: str
    unit: str
    text: str
    fault: str


@dataclass
class TableReading:
    """A table with its layout, the vocabulary of its questionnaire, the cells that are no answer, those by which its product says
    that a question was not shown (``hidden``: column and value), and its ``times``: role → datetime64[s], one per row.
    ``noticed``: standing rule → rows in which reading itself saw what breaks it, boolean [n]."""

    study: StudyReading
    file: ReturnFile
    table: FormTable
    layout: Layout
    vocabulary: Vocabulary
    faults: list[CellFault] = field(default_factory=list)
    hidden: list[tuple[Column, int]] = field(default_factory=list)
    times: dict[str, np.ndarray] = field(default_factory=dict)
    codings: dict[str, Coding] = field(default_factory=dict)
    noticed: dict[str, np.ndarray] = field(default_factory=dict)
    _told: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def instrument(self) -> Instrument:
        return self.vocabulary.instrument

    @property
    def questionnaire(self) -> Questionnaire:
        return self.instrument.questionnaire[self.vocabulary.questionnaire]

    @property
    def register(self) -> UnitRegister:
        return self.study.registers[self.questionnaire.block]

    @cached_property
    def marks_seen(self) -> bool:
        """Whether the file marks questions that were shown and left unanswered: then an empty cell was not shown."""
        seen = words_for(self.table.said.product, "seen")
        columns = self.layout.items.values() if seen else ()
        return any(not seen.isdisjoint(column.distinct.texts) for column in columns)

    def coding(self, item: str) -> Coding:
        """How the file writes the answers of an item."""
        return self.codings.get(item) or Coding(self.vocabulary.options_of(item))

    @property
    def unit_column(self) -> Column | None:
        """The column that names the unit of each row; None where none does."""
        codes = (declared.code for declared in self.instrument.fields if declared.role == "unit")
        return next((self.layout.fields[code] for code in codes if code in self.layout.fields), None)

    @property
    def has_codes(self) -> bool:
        """Whether the forms of the table have codes of their own."""
        return "form_code" in self.table.roles or any(
            declared.role == "form_code" and declared.code in self.layout.fields
            for declared in self.instrument.fields
        )

    def same(self, value: str) -> np.ndarray:
        """One text for every row, object [n]."""
        return np.array([value] * len(self), dtype=object)

    def notice(self, rule: str, rows: np.ndarray) -> None:
        """Note that ``rows`` break a standing rule."""
        found = self.noticed.setdefault(rule, np.zeros(len(self), dtype=bool))
        found[rows] = True

    def resolve(self, text: str, rows: np.ndarray, among_codes: bool = False) -> str:
        """The code of a unit as written in ``rows``; empty (noted) when it is none. A name without its tones is noted, too."""
        code = self.register.resolve(text, among_codes)
        if not code:
            self.study.unresolved[self.questionnaire.block, text] += len(rows)
            if code := self.register.without_tones(text):
                self.notice("unit_without_tones", rows)
        return code

    def resolved(self, column: Column) -> np.ndarray:
        """The unit code of every row of a column, object [n]."""
        found, texts = column.distinct, list(column.distinct.texts)
        whole = without_decimals(texts)
        if whole and all(map(self.register.is_code, whole)):
            texts = whole
            self.table.conversions["decimal codes"] = int(found.counts.sum())
        among = all(map(self.register.is_code, texts))
        codes = [self.resolve(text, found.rows_of(k), among) for k, text in enumerate(texts)]
        return found.spread(np.array(codes, dtype=object), "")

    def note(self, code: str, row: int | None = None, column: str = "", **params: object) -> None:
        """A warning about this table."""
        self.study.problems.add(
            code, severity="warning", file=self.table.file, sheet=self.table.sheet, row=row, column=column, **params
        )  # fmt: skip

    def warn(self, column: Column, k: int, code: str, **params: object) -> None:
        """One warning for all the cells of a column that hold its ``k``-th value, at the first of them; ``text`` shows it. After
        so many of one kind in one column one more says that there are others."""
        told = self._told[column.letter, column.heading, code]
        self._told[column.letter, column.heading, code] += 1
        if told > TOLD:
            return
        cells = column.distinct
        shown = {"cells": int(cells.counts[k]), "text": cells.texts[k][:SHOWN], **params}
        if strange := strange_letters(str(shown["text"])):
            shown["strange"] = strange
        said = code if told < TOLD else "returns.further"
        self.note(said, int(self.table.row_numbers[cells.first[k]]), column.heading, **shown)
