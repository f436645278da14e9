"""What the validity rules look at: the returns of a study as aligned arrays, one element per evaluation.

Built once per screening; rules read it and change nothing. A second data entry of a form is not a form: it is paired with its
first entry here and left out, and only the items on which the two disagree are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.definitions.instrument import NOT_APPLICABLE, NOT_ASKED, Instrument, Item
from surveys.definitions.study import Fieldwork, Study
from surveys.returns.double_entry import code_key, fields_differ, items_differ, second_entries
from surveys.returns.tidy import Returns

Array = np.ndarray
FAULTS = ("out_of_scale", "several", "disagrees")  # faults of a cell, as the readers name them
_SEPARATOR = "\x1f"


@dataclass(frozen=True, eq=False)
class Evidence:
    """Arrays over m counted evaluations and K items of the instrument.

    ``row`` int [m]: position in ``Returns.rows``. ``answers`` int8 [m, K]. Text fields are object arrays [m] (empty: not known).
    ``issued_*`` are those of the issued form with this code; ``listed`` whether forms of this questionnaire were listed as
    issued at all. ``day`` datetime64[D] [m] with NaT. ``faults``: fault → boolean [m, K]. ``entered_differently`` boolean [m, K]:
    two entries of the form disagree; ``entered_once`` boolean [m]: only one of the two entries has this evaluation, or they
    disagree about its unit or another field.
    """

    row: Array
    answers: Array
    form: Array
    form_code: Array
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
        for k, item in enumerate(self.instrument.items):
            if item.asked_when:
                skipped[:, k] = self._filtered_out(item)
        return skipped, skipped & self.answered

    def _filtered_out(self, item: Item) -> Array:
        assert item.asked_when is not None
        code, levels = item.asked_when
        scale = self.instrument.scale[self.instrument.item[code].scale]
        opens = [k for k, level in enumerate(scale.levels) if level.code in levels]
        given = self.answers[:, self.instrument.item_position[code]]
        return (given >= 0) & ~np.isin(given, opens)

    @cached_property
    def expected(self) -> Array:
        """Where an answer was expected, boolean [m, K]: on the form, not skipped, not marked as not applicable, and not
        behind a filter that was left open."""
        on_form = (self.answers != NOT_ASKED) & (self.answers != NOT_APPLICABLE)
        open_filter = np.zeros(self.answers.shape, bool)
        for k, item in enumerate(self.instrument.items):
            if item.asked_when:
                position = self.instrument.item_position[item.asked_when[0]]
                open_filter[:, k] = (self.answers[:, position] < 0) & ~self.answered[:, k]
        return on_form & ~self.skips[0] & ~open_filter

    @cached_property
    def is_empty_form(self) -> Array:
        """Matrix forms on which no unit was rated: kept as one evaluation without a unit."""
        return self.matrix & (self.unit == "") & (self.unit_text == "") & ~self.answered.any(axis=1)

    @cached_property
    def code_key(self) -> Array:
        """What identifies a form: its code, and for a matrix the unit rated."""
        return code_key(self.form_code, self.unit, self.unit_text, self.matrix)


def among(texts: Array, words: Collection[str]) -> Array:
    """Which texts are one of the words, boolean [n], by hashing (``np.isin`` compares objects pair by pair).

    >>> among(np.array(["a", "b"], object), {"b"}).tolist()
    [False, True]
    """
    return pd.Index(texts, dtype=object).isin(list(words))


def gather(study: Study, returns: Returns) -> Evidence:
    """The evidence on every evaluation that is not a second data entry."""
    rows, instrument = returns.rows, study.instrument
    text = {name: rows[name].to_numpy(object) for name in _TEXTS}
    matrix_of = {q.code: q.matrix for q in instrument.questionnaires}
    matrix = np.array([matrix_of.get(q, False) for q in text["questionnaire"]], bool)
    key = code_key(text["form_code"], text["unit_code"], text["unit_text"], matrix)
    partner = second_entries(key, text["form_code"], text["entry"])
    counted = np.ones(len(rows), bool)
    counted[partner[partner >= 0]] = False
    faults = cell_faults(returns)
    differs, once = entry_differences(returns, partner, text["form_code"], matrix)
    issued = issued_forms(study, text["form_code"])
    listed = among(text["questionnaire"], {form.questionnaire for form in study.issued})
    excluded = pd.Index([f"{b}{_SEPARATOR}{u}" for b, u in study.excluded])
    return Evidence(
        row=np.flatnonzero(counted),
        answers=returns.answers[counted],
        form=rows["form"].to_numpy()[counted],
        form_code=text["form_code"][counted],
        questionnaire=text["questionnaire"][counted],
        unit=text["unit_code"][counted],
        unit_text=text["unit_text"][counted],
        own_unit=text["own_unit"][counted],
        interviewer=text["interviewer"][counted],
        mode=text["mode"][counted],
        identified=rows["identified"].to_numpy(bool)[counted],
        seconds=rows["seconds"].to_numpy(float)[counted],
        day=rows["submitted"].to_numpy("datetime64[D]")[counted],
        matrix=matrix[counted],
        listed=listed[counted],
        known_code=issued[0][counted],
        issued_questionnaire=issued[1][counted],
        issued_unit=issued[2][counted],
        excluded=pd.Index(text["block"] + _SEPARATOR + text["unit_code"]).isin(excluded)[counted],
        window=_window(study.fieldwork),
        faults={name: cells[counted] for name, cells in faults.items()},
        entered_differently=differs[counted],
        entered_once=once[counted],
        instrument=instrument,
        asks_code=any(field.role == "form_code" for field in instrument.fields),
    )


_TEXTS = (
    "form_code", "questionnaire", "block", "unit_code", "unit_text", "own_unit", "interviewer", "mode", "entry",
)  # fmt: skip


def _window(fieldwork: Fieldwork) -> tuple[np.datetime64, np.datetime64]:
    """First and last day; NaT where the study declares none."""
    first, last = (np.datetime64(day or "NaT", "D") for day in (fieldwork.start, fieldwork.end))
    return first, last


def issued_forms(study: Study, form_code: Array) -> tuple[Array, Array, Array]:
    """(known, questionnaire, unit) of the issued form behind every form code, each [n]."""
    index = pd.Index([form.form_code for form in study.issued], dtype=object)
    first = ~index.duplicated()
    position = index[first].get_indexer(pd.Index(form_code, dtype=object))
    known = position >= 0
    listed = [form for form, keep in zip(study.issued, first, strict=True) if keep]
    questionnaire = np.array([*(form.questionnaire for form in listed), ""], object)[position]
    unit = np.array([*(form.unit for form in listed), ""], object)[position]
    return known, questionnaire, unit


def entry_differences(
    returns: Returns, partner: Array, form_code: Array, matrix: Array
) -> tuple[Array, Array]:
    """(items entered differently [n, K], evaluations that only one of the two entries has or about whose unit or other
    fields the entries disagree [n])."""
    differs = np.zeros(returns.answers.shape, bool)
    paired = np.flatnonzero(partner >= 0)
    second = partner[paired]
    differs[paired] = items_differ(returns.answers, paired, second)
    entered_twice = among(form_code, set(form_code[second]))
    alone = np.ones(len(partner), bool)
    alone[paired] = alone[second] = False
    apart = matrix & entered_twice & alone & (form_code != "")
    for fields in fields_differ(returns, paired, second).values():
        apart[paired] |= fields
    return differs, apart


def cell_faults(returns: Returns) -> dict[str, Array]:
    """Where a cell could not be read as an answer, boolean [n, K] per fault."""
    found = {fault: np.zeros(returns.answers.shape, bool) for fault in FAULTS}
    position = returns.instrument.item_position
    cells = returns.cells[returns.cells["item"].isin(list(position))]
    for fault, part in cells.groupby("fault"):
        columns = part["item"].map(position).to_numpy(int)
        found[str(fault)][part["row"].to_numpy(int), columns] = True
    return found
