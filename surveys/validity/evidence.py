"""What the validity rules look at: the returns of a study as aligned arrays, one element per evaluation.

Built once per screening; rules read it and change nothing. A second data entry of a form is not a form: it is paired with its
first entry and left out, and only what the two disagree about is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import NOT_APPLICABLE, NOT_ASKED, Instrument
from surveys.definitions.study.records import StudyDefinition
from surveys.returns.answers.filters import is_filtered_out
from surveys.returns.headings.questions import questions_of
from surveys.returns.record_set import Returns, among, person_fields
from surveys.returns.submissions.entry_pairs import SECOND
from surveys.vocabulary.statuses import COPY

Array = np.ndarray
FAULTS = (
    "out_of_scale",
    "several",
    "disagrees",
    "not_shown",
    "unknown_option",
)  # faults of a cell, as the readers name them
_COLUMNS = (
    "form", "form_code", "submission", "copy", "questionnaire", "block", "unit_code", "unit_text", "own_unit",
    "interviewer", "mode", "identified", "seconds", "state", "state_text", "noticed", "content",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evidence:
    """Arrays over m counted evaluations and K items of the instrument.

    ``row`` int [m]: position in ``Returns.rows``; ``columns``: columns of these rows, array [m] by name (texts are empty where
    not known). ``answers`` int8 [m, K]. ``code_key`` is what identifies a form: its code, and for a matrix the unit rated.
    ``submitted`` datetime64[s] [m] with NaT; ``persons``: for each field that tells who answered a number that stands for its
    text, 0 for none, DataFrame [m]; ``matrix`` boolean [m]. ``issued``: questionnaire and unit of the issued form with this
    code, None where no such form was issued. ``faults``: fault → boolean [m, K]. ``entered_differently`` boolean [m, K]: two
    entries of the form disagree; ``entered_once`` boolean [m]: only one of the two entries has this evaluation, or they disagree
    about its unit or another field.
    """

    study: StudyDefinition
    row: Array
    columns: Mapping[str, Array]
    answers: Array
    code_key: Array
    submitted: Array
    persons: pd.DataFrame
    matrix: Array
    issued: pd.DataFrame
    faults: Mapping[str, Array]
    entered_differently: Array
    entered_once: Array

    def only(self, kept: Array) -> Evidence:
        """The evidence on the evaluations at ``kept``, int [k]."""
        arrays = ("row", "answers", "code_key", "submitted", "matrix", "entered_differently", "entered_once")
        return replace(
            self,
            columns={name: column[kept] for name, column in self.columns.items()},
            issued=self.issued.take(kept),
            persons=self.persons.take(kept),
            faults={name: cells[kept] for name, cells in self.faults.items()},
            **{name: getattr(self, name)[kept] for name in arrays},
        )

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    @property
    def instrument(self) -> Instrument:
        return self.study.instrument

    @cached_property
    def listed(self) -> Array:
        """Forms of questionnaires of which the issued forms are listed, boolean [m]."""
        return among(self["questionnaire"], {form.questionnaire for form in self.study.issued})

    @cached_property
    def day(self) -> Array:
        """The day of submission, datetime64[D] [m] with NaT."""
        return self.submitted.astype("datetime64[D]")

    @cached_property
    def answered(self) -> Array:
        """Where a level was chosen, boolean [m, K]."""
        return np.asarray(self.answers >= 0)

    @cached_property
    def filters(self) -> tuple[Array, Array]:
        """(closed, left open), boolean [m, K] each: items behind a filter that was answered otherwise, and items behind a
        filter that was not answered."""
        closed, left_open = np.zeros((2, *self.answers.shape), bool)
        conditions = [item.asked_when for item in self.instrument.items]
        for condition in filter(None, set(conditions)):
            behind = [condition == other for other in conditions]
            closed[:, behind] = is_filtered_out(self.instrument, condition, self.answers)[:, None]
            left_open[:, behind] = self.answers[:, [self.instrument.item_position[condition[0]]]] < 0
        return closed, left_open

    @cached_property
    def expected(self) -> Array:
        """Where an answer was expected, boolean [m, K]: on the form, not skipped, not marked as not applicable, and not
        behind a filter that was left open."""
        closed, left_open = self.filters
        asked = (self.answers != NOT_ASKED) & (self.answers != NOT_APPLICABLE)
        return np.asarray(asked & ~closed & (self.answered | ~left_open))

    @cached_property
    def part_of_question(self) -> Array:
        """What part of its question each item is, float [K]: the options of a question with several answers are one question."""
        questions = questions_of(self.instrument)
        sizes = Counter(questions)
        return np.array([1 / sizes[question] for question in questions])

    @cached_property
    def is_empty_form(self) -> Array:
        """Matrix forms on which no unit was rated: kept as one evaluation without a unit."""
        unnamed = (self["unit_code"] == "") & (self["unit_text"] == "")
        return np.asarray(self.matrix & unnamed & ~self.answered.any(axis=1))


def gather(study: StudyDefinition, returns: Returns) -> Evidence:
    """The evidence on every evaluation of a form: all but second data entries and copies."""
    row = np.flatnonzero(~is_no_form(returns))
    rows = returns.rows[[*_COLUMNS, "submitted"]].take(row)
    differs, once = entry_differences(returns)
    return Evidence(
        study=study,
        row=row,
        columns={name: rows[name].to_numpy() for name in _COLUMNS},
        answers=returns.answers.take(row, axis=0),
        code_key=returns.pairs.key[row],
        submitted=rows["submitted"].to_numpy("datetime64[s]"),
        persons=_persons(returns).reindex(rows["form"], fill_value=0).set_index(row),
        matrix=returns.matrix[row],
        issued=issued_forms(study, rows["form_code"]),
        faults={name: cells.take(row, axis=0) for name, cells in cell_faults(returns).items()},
        entered_differently=differs.take(row, axis=0),
        entered_once=once[row],
    )


def is_no_form(returns: Returns) -> Array:
    """Evaluations that are no forms of their own, boolean [n]: second data entries, but for what only they say of a form that
    was entered first, and copies."""
    second = (returns.rows["entry"] == SECOND).to_numpy(copy=True)
    second[returns.pairs.alone] = False
    return np.asarray(second | (returns.rows["copy"] == COPY).to_numpy())


def issued_forms(study: StudyDefinition, form_codes: pd.Series) -> pd.DataFrame:
    """Questionnaire and unit of the issued form behind each code, the first one of that code; None where there is none."""
    forms = {form.form_code: (form.questionnaire, form.unit) for form in reversed(study.issued)}
    found = [forms.get(code, (None, None)) for code in form_codes]
    return pd.DataFrame(found, columns=["questionnaire", "unit"], dtype=object)


def _persons(returns: Returns) -> pd.DataFrame:
    """Who answered each form, by form."""
    fields = [declared.code for declared in person_fields(returns.instrument)]
    lines = returns.lines.reindex(columns=["form", *fields], fill_value=0)
    return lines.groupby("form")[fields].max().astype("uint64")


def entry_differences(returns: Returns) -> tuple[Array, Array]:
    """(items entered differently [n, K], evaluations that only one of the two entries has or about whose unit or other
    fields the entries disagree [n])."""
    pairs = returns.pairs
    differs = np.zeros(returns.answers.shape, bool)
    differs[pairs.first] = pairs.items
    apart = np.zeros(len(returns), bool)
    apart[pairs.alone] = True
    apart[pairs.first] = np.logical_or.reduce(list(pairs.fields.values()))
    return differs, apart


def cell_faults(returns: Returns) -> dict[str, Array]:
    """Where a cell could not be read as an answer, boolean [n, K] per fault."""
    found = {fault: np.zeros(returns.answers.shape, bool) for fault in FAULTS}
    position = returns.instrument.item_position
    for row, item, fault in returns.cells[["row", "item", "fault"]].itertuples(index=False):
        if item in position:
            found[fault][row, position[item]] = True
    return found


def row_counts(cells: Array) -> Array:
    """Marked cells of each row: boolean [n, K] → int [n].

    >>> row_counts(np.array([[True, True], [False, True]])).tolist()
    [2, 1]
    """
    return np.asarray(cells.sum(axis=1, dtype=np.int32))
