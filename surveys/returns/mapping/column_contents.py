"""What the cells of a column say it holds, whatever it is called: options, units, times, codes of forms, categories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from surveys.definitions.instrument.records import Field
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.answers.answer_options import whole_number
from surveys.returns.answers.item_answers import mark_of
from surveys.returns.answers.several_answers import split_options
from surveys.returns.headings.columns import Column
from surveys.returns.headings.questions import ColumnTarget, Vocabulary
from surveys.returns.table_fields import category_names, texts_of
from surveys.returns.text.times import read_times
from surveys.returns.units.unit_register import UnitRegister
from surveys.vocabulary.folding import fold, fold_name

ALL_BUT_FEW = 0.9  # share of the cells that must be of a kind: a few may be wrongly typed


class Fit(NamedTuple):
    """How many of the filled cells are what a target holds, and how many there are."""

    read: int
    cells: int

    @property
    def is_good(self) -> bool:
        return self.read >= ALL_BUT_FEW * self.cells


@dataclass(frozen=True)
class Contents:
    """The cells of columns against what a questionnaire and a study know."""

    vocabulary: Vocabulary
    registers: Mapping[str, UnitRegister]
    study: StudyDefinition

    def fit(self, column: Column, target: ColumnTarget) -> Fit | None:
        """How many cells are what a target holds; None where anything may stand in them."""
        known = self._knows(target)
        return None if known is None else _counted(column, known)

    def likely(self, column: Column) -> Iterator[tuple[ColumnTarget, Fit]]:
        """Fields whose values nearly all cells are, the most telling first; items are told by their headings alone."""
        for field in sorted(
            self.vocabulary.instrument.fields, key=lambda field: _TELLING.get(field.role, len(_TELLING))
        ):
            target = ColumnTarget("field", field.code)
            fit = self.fit(column, target)
            if fit and fit.cells and fit.is_good:
                yield target, fit

    def _knows(
        self, target: ColumnTarget
    ) -> Callable[[Sequence[object], Sequence[str]], Sequence[bool]] | None:
        """Whether each of some values (with their texts) is one of a target; None where that cannot be told."""
        if target.kind == "item":
            read = self.vocabulary.options_of(target.code).read
            return lambda _, texts: [not read(text).fault for text in texts]
        if target.kind == "tick":
            return lambda _, texts: [mark_of(text) >= 0 for text in texts]
        if target.kind == "options":
            options = self.vocabulary.multiple[fold_name(target.code)]
            return lambda _, texts: [not split_options(text, options)[1] for text in texts]
        return self._knows_field(next(f for f in self.vocabulary.instrument.fields if f.code == target.code))

    def _knows_field(
        self, field: Field
    ) -> Callable[[Sequence[object], Sequence[str]], Sequence[bool]] | None:
        if field.role in ("unit", "own_unit"):
            registers = self.registers.values()
            return lambda _, texts: [any(register.resolve(text) for register in registers) for text in texts]
        if field.role in ("submitted", "started"):
            return self._are_times
        if field.role == "form_code" and self.study.issued:
            return lambda _, texts: [fold(text) in self._issued for text in texts]
        if field.categories and field.role == "attribute":
            names = category_names(field)
            return lambda _, texts: [bool(names.find(text)) for text in texts]
        return None

    @cached_property
    def _issued(self) -> frozenset[str]:
        return frozenset(fold(issued.form_code) for issued in self.study.issued)

    def _are_times(self, values: Sequence[object], texts: Sequence[str]) -> Sequence[bool]:
        said = read_times(values, texts, self.study.fieldwork.timezone).by_order.values()
        is_time = np.logical_or.reduce([~np.isnat(times) for times in said])
        return [bool(time) and not whole_number(text) for time, text in zip(is_time, texts, strict=True)]


#: Roles whose values tell a column most surely come first; categories may be numbers that anything holds.
_TELLING = {"unit": 0, "own_unit": 1, "form_code": 2, "submitted": 3, "started": 4, "attribute": 5}


def _counted(column: Column, known: Callable[[Sequence[object], Sequence[str]], Sequence[bool]]) -> Fit:
    """Filled cells that are known by what they say, or by the label of their value."""
    cells = column.distinct
    read = np.array(known(cells.values, cells.texts), dtype=bool)
    if column.variable and len(read):
        labels = texts_of(column)[cells.first].tolist()
        read |= np.array(known(labels, labels), dtype=bool)
    return Fit(int(cells.counts[read].sum()), int(cells.counts.sum()))
