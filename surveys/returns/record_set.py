"""The one tidy record set that every source of returns becomes.

One row is one *evaluation*: one form for one unit. A matrix form (one rater × many units) gives one row per unit that was
rated; a form for one unit gives one row. ``answers`` holds level positions (0, 1, … in the order of the scale) or the
negative codes of :mod:`surveys.definitions.instrument.records` that say why there is no answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Field, Instrument
from surveys.problems import Problem
from surveys.returns.submissions.entry_pairs import EntryPairs, pair_entries
from surveys.review.columns_and_words import SECONDS, UNITS
from surveys.vocabulary.columns import LINE_COLUMNS, ROW_COLUMNS
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.roles import KEPT_ROLES, PERSON_ROLES
from surveys.vocabulary.statuses import COPY

#: Columns of the tidy rows that say where an evaluation came from; written beside the fields of the instrument.
PROVENANCE = (
    "unit_text", "mode", "batch", "entry", "source_file", "source_sheet", "source_row", "submission", "content",
    "state", "state_text", "noticed", "identified",
)  # fmt: skip
#: Columns of the tidy rows that have a field of the instrument as their source, under its role, or none.
ROLE_COLUMNS = ("form_code", "submitted", "edited", "seconds", "interviewer", "operator", "rater", "own_unit")
#: Columns of the other tables of :class:`Returns`.
CELL_FAULT_COLUMNS = ("row", "item", "text", "fault")
CONVERSION_COLUMNS = ("file", "sheet", "column", "conversion", "cells")
READ_COLUMNS = (
    "file", "sheet", "rows", "forms", "copies", "second_entries", "no_forms", "evaluations",
)  # fmt: skip


def kept_fields(instrument: Instrument) -> tuple[Field, ...]:
    """The fields that the tidy rows keep."""
    return tuple(declared for declared in instrument.fields if declared.role in KEPT_ROLES)


def person_fields(instrument: Instrument) -> tuple[Field, ...]:
    """The fields that tell who answered: compared in memory, and kept nowhere."""
    return tuple(declared for declared in instrument.fields if declared.role in PERSON_ROLES)


def line_kinds(instrument: Instrument) -> dict[str, str]:
    """Columns of ``Returns.lines`` and their types."""
    return LINE_COLUMNS | {declared.code: "uint64" for declared in person_fields(instrument)}


def row_kinds(instrument: Instrument) -> dict[str, str]:
    """Columns of ``Returns.rows`` and their types: those of every round, then the kept fields, text except weights."""
    kept = {f.code: "float64" if f.role == "weight" else "object" for f in kept_fields(instrument)}
    return ROW_COLUMNS | kept


def table_of(columns: Sequence[str], rows: Sequence[tuple[object, ...]] = ()) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)) if rows else _empty(tuple(columns)).copy(deep=False)


@cache
def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True, eq=False, repr=False)
class Returns(Shown):
    """All evaluations of a study.

    ``rows``: DataFrame [n] with ``ROW_COLUMNS``; ``answers``: int8 [n, items of the instrument] (``NOT_ASKED`` where the
    questionnaire does not have the item); ``cells``: what was read but is no answer, as columns row, item, text, fault
    (out_of_scale, several, disagrees); ``conversions``: what text repair changed, per file and column;
    ``proposals``: unit names not resolved, with the nearest register entries; ``seconds``: second data
    entries without a first one; ``warnings``: faults that did not stop the reading;
    ``read``: rows read per file and sheet, each a form (or a part of one), a copy, a second entry or no form (a total, a heading
    printed again), and the evaluations, so that nothing is lost unseen; ``lines``: what is compared in memory and is written
    nowhere, one line for each row read: ``form``, ``table`` (position in ``read``), ``edits`` (how often the submission was
    edited), and for each field that tells who answered a number that stands for its text, 0 for none.
    """

    instrument: Instrument
    rows: pd.DataFrame
    answers: np.ndarray
    cells: pd.DataFrame = field(default_factory=lambda: table_of(CELL_FAULT_COLUMNS))
    conversions: pd.DataFrame = field(default_factory=lambda: table_of(CONVERSION_COLUMNS))
    proposals: pd.DataFrame = field(default_factory=lambda: table_of(UNITS.columns))
    seconds: pd.DataFrame = field(default_factory=lambda: table_of(SECONDS.columns))
    read: pd.DataFrame = field(default_factory=lambda: table_of(READ_COLUMNS))
    warnings: tuple[Problem, ...] = ()
    lines: pd.DataFrame = field(default_factory=lambda: table_of(tuple(LINE_COLUMNS)))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def matrix(self) -> np.ndarray:
        """Which evaluations belong to a form that rates many units, boolean [n]."""
        matrix = [q.code for q in self.instrument.questionnaires if q.matrix]
        return among(self.rows["questionnaire"], matrix)

    @cached_property
    def faulty_texts(self) -> dict[tuple[int, str], str]:
        """(row, item) → the cell as written, where it is no answer."""
        cells = self.cells[["row", "item", "text"]].itertuples(index=False)
        return {(row, item): text for row, item, text in cells}

    @cached_property
    def pairs(self) -> EntryPairs:
        """The two entries of every form that was entered twice."""
        kept = [declared.code for declared in kept_fields(self.instrument) if declared.code in self.rows]
        return pair_entries(self.rows, self.answers, self.matrix, kept)

    def facts(self) -> Mapping[str, object]:
        return {
            "files": len(self.read),
            "forms": f"{self.rows['form'].nunique():,}",
            "copies": f"{self.rows['form'][self.rows['copy'] == COPY].nunique():,}",
            "evaluations": f"{len(self):,}",
            "items": self.answers.shape[1],
            "cells": f"{len(self.cells):,}",
            "proposals": len(self.proposals),
            "warnings": len(self.warnings),
        }


@dataclass(frozen=True, eq=False)
class Part:
    """Evaluations of a table, or of some, before they are one record set: a data frame for each of thousands of small files would
    cost more than reading them (``tests/benchmarks/test_reading_speed.py``). ``rows`` and ``lines``: column → values; ``cells``,
    ``conversions`` and ``read``: rows of these tables; all as in :class:`Returns`, forms and rows counted from 0."""

    rows: Mapping[str, np.ndarray]
    answers: np.ndarray
    cells: Sequence[tuple[Any, ...]]
    conversions: Sequence[tuple[object, ...]]
    read: Sequence[tuple[object, ...]]
    lines: Mapping[str, np.ndarray]


def joined(parts: Sequence[Part]) -> Part:
    """Parts, at least one, one after another, with forms, rows and tables numbered through."""
    if len(parts) == 1:
        return parts[0]
    rows, lines = (_one_below_the_other([getattr(p, name) for p in parts]) for name in ("rows", "lines"))
    sizes = [len(part.answers) for part in parts]
    starts = _starts(sizes)
    forms = _starts([int(part.rows["form"].max()) + 1 if len(part.answers) else 0 for part in parts])
    tables = _starts([len(part.read) for part in parts])
    read = [len(part.lines["form"]) for part in parts]
    rows["form"] = rows["form"] + np.repeat(forms, sizes)
    lines["form"] = lines["form"] + np.repeat(forms, read)
    lines["table"] = lines["table"] + np.repeat(tables, read)
    return Part(
        rows,
        np.concatenate([part.answers for part in parts]),
        [
            (row + start, *cell)
            for part, start in zip(parts, starts.tolist(), strict=True)
            for row, *cell in part.cells
        ],
        [row for part in parts for row in part.conversions],
        [row for part in parts for row in part.read],
        lines,
    )


def _one_below_the_other(tables: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _starts(sizes: Sequence[int]) -> np.ndarray:
    """Where each of several runs begins that follow one another."""
    return np.cumsum([0, *sizes[:-1]])


def together(instrument: Instrument, parts: Sequence[Part]) -> Returns:
    """The record set of parts one after another."""
    kinds, line_types = row_kinds(instrument), line_kinds(instrument)
    if not parts:
        nothing = np.zeros((0, len(instrument.items)), dtype=np.int8)
        lines = table_of(tuple(line_types)).astype(line_types)
        return Returns(instrument, table_of(tuple(kinds)).astype(kinds), nothing, lines=lines)
    whole = joined(parts)
    return Returns(
        instrument,
        _frame(whole.rows, kinds),
        whole.answers,
        table_of(CELL_FAULT_COLUMNS, whole.cells),
        table_of(CONVERSION_COLUMNS, whole.conversions),
        read=table_of(READ_COLUMNS, whole.read),
        lines=_frame(whole.lines, line_types),
    )


def _frame(columns: Mapping[str, np.ndarray], kinds: Mapping[str, str]) -> pd.DataFrame:
    """Columns of declared types as a data frame that takes them as they are."""
    typed = {name: pd.Index(columns[name], dtype=kind, copy=False) for name, kind in kinds.items()}
    return pd.DataFrame(typed, copy=False)


def among(texts: np.ndarray | pd.Series, words: Collection[str]) -> np.ndarray:
    """Which texts are one of the words, boolean [n], by hashing (``np.isin`` compares objects pair by pair).

    >>> among(np.array(["a", "b"], object), {"b"}).tolist()
    [False, True]
    """
    return np.asarray(pd.Index(texts, dtype=object).isin(list(words)))
