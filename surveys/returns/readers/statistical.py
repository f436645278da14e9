"""SPSS (.sav, .zsav, .por) and Stata (.dta) files: variables with labels, labelled values, values declared missing, and
multiple-response sets.

A variable is an item by its name (dots written as ``_``, letters in front of a number as the heading pattern says) or its label;
one whose label tells of another question is not that item. A cell is read by its value and its value label together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

from surveys.problems import Problem
from surveys.returns.answers.option_answers import EMPTY_BOX, TICKED
from surveys.returns.files.sheets import ResponseSet, Sheet, Variable
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable, plain_table
from surveys.returns.headings.product_columns import chosen_options, is_display_order
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
    chosen = [column for found in known for column in _set_columns(found, described)]
    said = said_by_tool(described.values())
    apart = {name for found in known for name in found.variables}
    if said.product == "qualtrics":
        apart |= set(filter(is_display_order, described))
    single = [column for name, column in described.items() if name not in apart]
    notes = tuple(note for column in single for note in _unknown_labels(column, sheet, vocabulary))
    return dataclasses.replace(plain, columns=(*single, *chosen), notes=notes, said=said)


def _set_columns(found: ResponseSet, described: dict[str, Column]) -> list[Column]:
    """A multiple-response set as the boxes of its options, or, where its variables hold options, as one column."""
    columns = [
        (described[name], variable) for name in found.variables if (variable := described[name].variable)
    ]
    if found.counted is None:
        options = [column.replaced(partial(_option, variable)).each(str) for column, variable in columns]
        return [chosen_options(found.label, options, ", ".join(found.variables))]
    return [
        dataclasses.replace(
            column.replaced(partial(_box, variable, found.counted)),
            variable=None,
            names=(),
            text="",
            question=found.label,
            part=variable.label,
        )
        for column, variable in columns
    ]


def _option(variable: Variable, value: object) -> str:
    """The option that a cell says was chosen, or nothing."""
    return "" if variable.is_missing(value) else variable.value_labels.get(value, cell_text(value))


def _box(variable: Variable, counted: object, value: object) -> str:
    return "" if variable.is_missing(value) else TICKED if value == counted else EMPTY_BOX


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
