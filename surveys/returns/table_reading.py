"""One table of returns while it is read: what is known about it, and what is found on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from surveys.definitions.instrument.records import Instrument, Questionnaire
from surveys.definitions.study.records import ReturnFile
from surveys.problems import Problems
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.matched_columns import Layout
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.unit_register import UnitRegister

SHOWN = 100  # characters of a faulty cell that are kept


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
    """A table with its layout, the vocabulary of its questionnaire, and the faults found so far. ``unresolved``: (block, unit as
    written) → forms."""

    file: ReturnFile
    table: FormTable
    layout: Layout
    vocabulary: Vocabulary
    timezone: str
    problems: Problems
    faults: list[CellFault] = field(default_factory=list)
    unresolved: Counter[tuple[str, str]] = field(default_factory=Counter)

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
        assert (
            self.vocabulary.register is not None
        )  # a vocabulary of one questionnaire has the register of its block
        return self.vocabulary.register

    def same(self, value: str) -> np.ndarray:
        """One text for every row, object [n]."""
        return np.array([value] * len(self), dtype=object)

    def resolve(self, text: str, forms: int) -> str:
        """The code of a unit as written in some forms; empty (noted) when it is none."""
        code = self.register.resolve(text)
        if not code:
            self.unresolved[self.questionnaire.block, text] += forms
        return code

    def resolved(self, column: Column) -> np.ndarray:
        """The unit code of every row of a column, object [n]."""
        found = column.distinct
        codes = [self.resolve(*said) for said in zip(found.texts, found.counts.tolist(), strict=True)]
        return found.spread(np.array(codes, dtype=object), "")

    def warn(self, column: Column, k: int, code: str, **params: object) -> None:
        """One warning for all the cells of a column that hold its ``k``-th value, at the first of them; ``text`` shows it."""
        cells = column.distinct
        self.problems.add(
            code, severity="warning", file=self.table.file, sheet=self.table.sheet,
            row=int(self.table.row_numbers[cells.first[k]]), column=column.heading, cells=int(cells.counts[k]),
            **{"text": cells.texts[k][:SHOWN], **params},
        )  # fmt: skip
