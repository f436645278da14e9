"""SPSS (.sav, .zsav, .por) and Stata (.dta) files: variables with labels, labelled values, values declared missing, and
multiple-response sets.

A variable is an item by its name (dots written as ``_``, letters in front of a number as the heading pattern says) or its label;
one whose label tells of another question is not that item. A cell is read by its value and its value label together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from surveys.problems import Problem
from surveys.returns.files.sheets import ResponseSet, Sheet
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable, plain_table
from surveys.returns.headings.product_columns import chosen_options
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.tool_states import said_by_tool
from surveys.returns.text.cell_text import cell_text
from surveys.vocabulary.folding import fold_name


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """90 for a file that describes its variables; 0 for any other."""
    return 90 if any(sheet.variables for sheet in sheets) else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """One table, its columns described by their variables, each known multiple-response set as one column."""
    return [_table(sheet, vocabulary) for sheet in sheets if sheet.cells.size]


def _table(sheet: Sheet, vocabulary: Vocabulary) -> FormTable:
    plain = plain_table(sheet, 0)
    described = {
        variable.name: dataclasses.replace(
            column, names=(variable.label,) if variable.label else (), text=variable.label, variable=variable
        )
        for column, variable in zip(plain.columns, sheet.variables, strict=True)
    }
    known = [
        found
        for found in sheet.sets
        if fold_name(found.label) in vocabulary.multiple and set(found.variables) <= described.keys()
    ]
    chosen = [_chosen(found, described) for found in known]
    members = {name for found in known for name in found.variables}
    single = [column for name, column in described.items() if name not in members]
    notes = tuple(note for column in single for note in _unknown_labels(column, sheet, vocabulary))
    said = said_by_tool(described.values())
    return dataclasses.replace(plain, columns=(*single, *chosen), notes=notes, said=said)


def _chosen(found: ResponseSet, described: dict[str, Column]) -> Column:
    """The options chosen in a multiple-response set, in one column; empty where nothing at all was chosen."""
    options = [_options(described[name], found.counted) for name in found.variables]
    return chosen_options(found.label, options, ", ".join(found.variables))


def _options(column: Column, counted: object) -> np.ndarray:
    """The option that each cell of one variable says was chosen, or nothing."""
    variable = column.variable
    assert variable is not None

    def said(value: object) -> str:
        if counted is not None:
            return variable.label if value == counted else ""
        return "" if variable.is_missing(value) else variable.value_labels.get(value, cell_text(value))

    return column.replaced(said).each(str)


def _unknown_labels(column: Column, sheet: Sheet, vocabulary: Vocabulary) -> list[Problem]:
    """A note on value labels that the scale does not know although it knows their codes: only the codes tell what is meant."""
    items = [target.code for target in vocabulary.targets(column) if target.kind == "item"]
    if len(items) != 1 or column.variable is None:
        return []
    options = vocabulary.options_of(items[0])
    unknown = [
        f"{cell_text(value)} = {label}"
        for value, label in column.variable.value_labels.items()
        if options.find(label) is None and options.find(cell_text(value)) is not None
    ]
    if not unknown:
        return []
    labels = "; ".join(unknown)
    return [sheet.warning("returns.labels_unknown", None, column.heading, labels=labels, item=items[0])]
