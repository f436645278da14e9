"""One question spread over several columns (branches, languages, versions): the first that is filled is its answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np

from surveys.returns.headings.columns import Column, coded
from surveys.returns.text.cell_text import cell_text

#: Stands between what the columns of one question say where they differ; no answer, unit, date or number holds it.
DIFFERENT = " ≠ "


def first_filled(
    columns: Sequence[Column], meaning: Callable[[str], Hashable]
) -> tuple[Column, dict[str, np.ndarray]]:
    """Several columns as one, and the rows (from 0) of each text in which filled cells have another ``meaning``: there the
    cell holds all that was said, which is nothing that can be read.

    >>> a, b = Column("Câu 1", coded(["4", "", "", "3"])), Column("Câu 1b", coded(["", "5", "", "2"]))
    >>> column, different = first_filled([a, b], str)
    >>> column.heading, column.each(str).tolist(), {text: rows.tolist() for text, rows in different.items()}
    ('Câu 1; Câu 1b', ['4', '5', '', '3 ≠ 2'], {'3 ≠ 2': [3]})
    """
    alike = _described_alike(columns)
    filled = np.stack([column.distinct.codes >= 0 for column in alike])
    cells = np.stack(
        [np.append(np.array(c.distinct.values, dtype=object), "")[c.distinct.codes] for c in alike]
    )
    values = cells[filled.argmax(axis=0), np.arange(filled.shape[1])]
    texts = [column.each(str) for column in alike]
    different: dict[str, list[int]] = {}
    for row in np.flatnonzero(filled.sum(axis=0) > 1).tolist():
        said = dict.fromkeys(text[row] for text, there in zip(texts, filled, strict=True) if there[row])
        if len(set(map(meaning, said))) > 1:
            values[row] = DIFFERENT.join(said)
            different.setdefault(values[row], []).append(row)
    joined = replace(alike[0], heading=joined_headings(columns), cells=coded(values), names=())
    return joined, {text: np.array(rows) for text, rows in different.items()}


def joined_headings(columns: Sequence[Column]) -> str:
    """What several columns are called together: their headings, or their letters behind the heading that they share.

    >>> joined_headings([Column("Câu 1", letter="D"), Column("Câu 1", letter="I")])
    'Câu 1 (D, I)'
    """
    headings = list(dict.fromkeys(column.heading for column in columns))
    if len(headings) > 1:
        return "; ".join(headings)
    return f"{headings[0]} ({', '.join(column.letter for column in columns)})".strip()


def overlap(columns: Sequence[Column]) -> int:
    """In how many rows more than one of these columns is filled."""
    return int((np.sum([column.distinct.codes >= 0 for column in columns], axis=0) > 1).sum())


def _described_alike(columns: Sequence[Column]) -> Sequence[Column]:
    """The columns; those of a statistical file that are labelled differently with their labels as cells."""
    described = [c.variable and (dict(c.variable.value_labels), c.variable.missing) for c in columns]
    if all(one == described[0] for one in described):
        return columns
    return [_labelled(column) for column in columns]


def _labelled(column: Column) -> Column:
    variable = column.variable
    if variable is None:
        return column

    def said(value: object) -> str:
        label = variable.value_labels.get(value, "")
        return label or ("" if variable.is_missing(value) else cell_text(value))

    return replace(column.replaced(said), variable=None)
