"""What the validity rules look at: the returns of a study as aligned arrays, one element per evaluation.

Built once per screening; rules read it and change nothing. A second data entry of a form is not a form: it is paired with its
first entry here and left out, and only the items on which the two disagree are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import NOT_APPLICABLE, NOT_ASKED, Instrument
from surveys.definitions.study.records import Fieldwork, StudyDefinition
from surveys.returns.item_answers import is_filtered_out
from surveys.returns.record_set import Returns, among

Array = np.ndarray
FAULTS = ("out_of_scale", "several", "disagrees")  # faults of a cell, as the readers name them


@dataclass(frozen=True, eq=False)
class Evidence:
    """Arrays over m counted evaluations and K items of the instrument.

    ``row`` int [m]: position in ``Returns.rows``. ``answers`` int8 [m, K]. Text fields are object arrays [m] (empty: not known).
    ``code_key`` is what identifies a form: its code, and for a matrix the unit rated.
    ``issued_*`` are those of the issued form with this code; ``listed`` whether forms of this questionnaire were listed as
    issued at all. ``day`` datetime64[D] [m] with NaT. ``faults``: fault → boolean [m, K]. ``entered_differently`` boolean [m, K]:
    two entries of the form disagree; ``entered_once`` boolean [m]: only one of the two entries has this evaluation, or they
    disagree about its unit or another field.
    """

    row: Array
    answers: Array
    form: Array
    form_code: Array
    code_key: Array
    questionnaire: Array
    unit: Array
    unit_text: Array
    own_unit: Array
    interviewer: Array
    mode: Array
    identified: Array
    seconds: Array
    day: Array
    matrix: Array
    listed: Array
    known_code: Array
    issued_questionnaire: Array
    issued_unit: Array
    excluded: Array
    window: tuple[np.datetime64, np.datetime64]
    faults: dict[str, Array]
    entered_differently: Array
    entered_once: Array
    instrument: Instrument
    asks_code: bool = True

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def item_codes(self) -> Array:
        return np.array([item.code for item in self.instrument.items], object)

    @cached_property
    def answered(self) -> Array:
        """Where a level was chosen, boolean [m, K]."""
        return self.answers >= 0

    @cached_property
    def skips(self) -> tuple[Array, Array]:
        """(not to be asked, contradicted), boolean [m, K] each: items behind a filter that was answered otherwise, and
        those of them that were answered all the same."""
        skipped = np.zeros(self.answers.shape, bool)
        for asked_when, columns in self._behind_filters.items():
            skipped[:, columns] = is_filtered_out(self.instrument, asked_when, self.answers)[:, None]
        return skipped, skipped & self.answered

    @cached_property
    def _behind_filters(self) -> dict[tuple[str, tuple[str, ...]], list[int]]:
        """Filter item and the levels that open it → columns of the items behind it."""
        columns: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for k, item in enumerate(self.instrument.items):
            if item.asked_when:
                columns.setdefault(item.asked_when, []).append(k)
        return columns

    @cached_property
    def expected(self) -> Array:
        """Where an answer was expected, boolean [m, K]: on the form, not skipped, not marked as not applicable, and not
        behind a filter that was left open."""
        expected = (self.answers != NOT_ASKED) & (self.answers != NOT_APPLICABLE) & ~self.skips[0]
        for (code, _), columns in self._behind_filters.items():
            open_filter = self.answers[:, self.instrument.item_position[code]] < 0
            expected[:, columns] &= self.answered[:, columns] | ~open_filter[:, None]
        return expected

    @cached_property
    def is_empty_form(self) -> Array:
        """Matrix forms on which no unit was rated: kept as one evaluation without a unit."""
        empty = self.matrix & (self.unit == "") & (self.unit_text == "")
        empty[empty] = ~self.answered[empty].any(axis=1)
        return empty


def pairs_among(first: Array, second: Array, pairs: Collection[tuple[str, str]]) -> Array:
    """Which pairs of texts are one of ``pairs``, boolean [n].

    >>> pairs_among(np.array(["a", "b"], object), np.array(["x", "x"], object), {("b", "x")}).tolist()
    [False, True]
    """
    found = among(second, {text for _, text in pairs})
    found[found] = [pair in pairs for pair in zip(first[found], second[found], strict=True)]
    return found


def numbers(texts: Array) -> Array:
    """One number per distinct text in order of appearance, int [n].

    >>> numbers(np.array(["b", "a", "b"], object)).tolist()
    [0, 1, 0]
    """
    return pd.factorize(texts)[0]


def row_counts(cells: Array) -> Array:
    """Marked cells of each row: boolean [n, K] → int [n].

    >>> row_counts(np.array([[True, True], [False, True]])).tolist()
    [2, 1]
    """
    return np.einsum("nk->n", cells.view(np.uint8), dtype=np.int32)


def gather(study: StudyDefinition, returns: Returns) -> Evidence:
    """The evidence on every evaluation that is not a second data entry."""
    rows, instrument = returns.rows, study.instrument
    text = {name: rows[name].to_numpy(object) for name in _TEXTS}
    row = np.delete(np.arange(len(rows)), returns.pairs.second)
    differs, once = entry_differences(returns)
    known, issued_questionnaire, issued_unit = issued_forms(study, text["form_code"][row])
    questionnaire = text["questionnaire"][row]
    return Evidence(
        row=row,
        answers=returns.answers.take(row, axis=0),
        form=rows["form"].to_numpy()[row],
        form_code=text["form_code"][row],
        code_key=returns.pairs.key[row],
        questionnaire=questionnaire,
        unit=text["unit_code"][row],
        unit_text=text["unit_text"][row],
        own_unit=text["own_unit"][row],
        interviewer=text["interviewer"][row],
        mode=text["mode"][row],
        identified=rows["identified"].to_numpy(bool)[row],
        seconds=rows["seconds"].to_numpy(float)[row],
        day=rows["submitted"].to_numpy("datetime64[D]")[row],
        matrix=returns.matrix[row],
        listed=among(questionnaire, {form.questionnaire for form in study.issued}),
        known_code=known,
        issued_questionnaire=issued_questionnaire,
        issued_unit=issued_unit,
        excluded=pairs_among(text["block"][row], text["unit_code"][row], study.excluded),
        window=_window(study.fieldwork),
        faults={name: cells.take(row, axis=0) for name, cells in cell_faults(returns).items()},
        entered_differently=differs.take(row, axis=0),
        entered_once=once[row],
        instrument=instrument,
        asks_code=any(field.role == "form_code" for field in instrument.fields),
    )


_TEXTS = (
    "form_code", "questionnaire", "block", "unit_code", "unit_text", "own_unit", "interviewer", "mode",
)  # fmt: skip


def _window(fieldwork: Fieldwork) -> tuple[np.datetime64, np.datetime64]:
    """First and last day; NaT where the study declares none."""
    first, last = (np.datetime64(day or "NaT", "D") for day in (fieldwork.start, fieldwork.end))
    return first, last


def issued_forms(study: StudyDefinition, form_code: Array) -> tuple[Array, Array, Array]:
    """(known, questionnaire, unit) of the issued form behind every form code, each [n]."""
    issued = study.issued[::-1]
    position = {form.form_code: k for k, form in enumerate(issued)}  # the first form of a code counts
    at = np.fromiter(map(position.get, form_code.tolist(), repeat(-1)), int, len(form_code))
    questionnaire = np.array([form.questionnaire for form in issued] + [""], object)[at]
    unit = np.array([form.unit for form in issued] + [""], object)[at]
    return at >= 0, questionnaire, unit


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
    cells = (returns.cells[name].tolist() for name in ("row", "item", "fault"))
    for row, item, fault in zip(*cells, strict=True):
        if item in position:
            found[fault][row, position[item]] = True
    return found
