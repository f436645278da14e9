"""The rows of a table that belong to the round: what the study says a column must hold (waves of a survey in one file)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from surveys.definitions.study.records import ReturnFile
from surveys.problems import Problems, nearest, the_first
from surveys.returns.answers.answer_options import whole_number
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Vocabulary, written_names
from surveys.returns.table_fields import texts_of
from surveys.vocabulary.folding import fold

LISTED = 8  # values of the rows left out that the message lists


def selected(table: FormTable, file: ReturnFile, vocabulary: Vocabulary, problems: Problems) -> FormTable:
    """The rows that ``[returns.rows]`` selects; the others are no forms, counted and told. A column that only selects is taken
    out. A heading that the table does not have is noted."""
    for heading, values in file.wanted().items():
        column = _found(table, heading)
        if column is None:
            known = [column.heading for column in table.columns]
            problems.add(
                "returns.rows_no_column", file=table.file, sheet=table.sheet, heading=heading,
                nearest=nearest(heading, known),
            )  # fmt: skip
            continue
        kept = np.isin(_plain(texts_of(column).tolist()), _plain(values))
        if not kept.all():
            _note(table, column, values, kept, problems)
        if not vocabulary.targets(column):
            table = replace(table, columns=tuple(other for other in table.columns if other is not column))
        table = table.taken(np.flatnonzero(kept))
    return table


def _found(table: FormTable, heading: str) -> Column | None:
    columns = (*table.columns, *table.roles.values())
    return next((c for c in columns if fold(heading) in map(fold, written_names(c))), None)


def _plain(texts: Sequence[str]) -> list[str]:
    """Texts as they are compared: folded, whole numbers as numbers."""
    return [whole_number(text) or fold(text) for text in texts]


def _note(
    table: FormTable, column: Column, values: Sequence[str], kept: np.ndarray, problems: Problems
) -> None:
    left_out = dict.fromkeys(texts_of(column)[~kept].tolist())
    shown = the_first((f'"{text}"' for text in left_out), LISTED)
    problems.add(
        "returns.rows_not_selected", severity="warning", file=table.file, sheet=table.sheet,
        row=int(table.row_numbers[~kept][0]), column=column.heading, rows=int((~kept).sum()), values=shown,
        wanted=list(values), kept=int(kept.sum()),
    )  # fmt: skip
