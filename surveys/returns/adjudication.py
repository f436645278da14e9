"""Decisions on double entry carried out: both entries of a form hold the answer that a person gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, NOT_ASKED, Field, Instrument
from surveys.definitions.study.records import Adjudication
from surveys.problems import Problems
from surveys.returns.double_entry import as_written, split_field
from surveys.returns.item_answers import is_filtered_out, mark_not_asked
from surveys.returns.options import Options
from surveys.returns.pairs import SECOND, UNIT, unit_names
from surveys.returns.record_set import Returns
from surveys.returns.text.names import Names
from surveys.returns.text.times import read_numbers
from surveys.review.layouts import ENTRIES, LEFT_BLANK
from surveys.vocabulary.folding import fold


def adjudicate(returns: Returns, adjudications: Iterable[Adjudication], problems: Problems) -> Returns:
    """Returns in which every decided disagreement is settled: both entries hold the final answer.

    A decision counts only while the entries still say what it was made about, and when it names its author; the others are
    noted as warnings. A final answer that is none of the options is an error.
    """
    decided = [entry for entry in adjudications if entry.final.strip()]
    if not decided:
        return returns
    desk = _Desk(_completed(returns, decided), problems)
    for entry in decided:
        desk.settle(entry)
    return desk.settled()


class _Desk:
    """The returns while decisions are carried out."""

    def __init__(self, returns: Returns, problems: Problems) -> None:
        self.returns, self.problems, self.instrument = returns, problems, returns.instrument
        self.rows, self.answers = returns.rows.copy(), returns.answers.copy()
        self.pairs = _by_form(returns)
        self.cells: set[tuple[int, str]] = set()  # settled: row and item

    def settle(self, entry: Adjudication) -> None:
        code, unit = split_field(entry.field)
        pair = self.pairs.get((entry.form, unit))
        is_item = code in self.instrument.item
        if pair is None or not (is_item or code in self.returns.pairs.fields):
            self._warn("double_entry.unmatched", entry)
        elif not entry.who.strip():
            self._warn("double_entry.no_author", entry)
        elif [self._said(row, code) for row in pair] != [fold(entry.first), fold(entry.second)]:
            self._warn("double_entry.outdated", entry)
        elif is_item:
            self._settle_item(entry, pair, code)
        else:
            self._settle_field(entry, pair, code)

    def _said(self, row: int, code: str) -> str:
        return fold(as_written(self.returns, row, code))

    def _settle_item(self, entry: Adjudication, pair: list[int], item: str) -> None:
        options = Options(self.instrument.scale_of(item))
        found = BLANK if _is_left_blank(entry) else options.find(entry.final)
        if found is None:
            self._reject(entry, options.nearest(entry.final))
            return
        self.answers[pair, self.instrument.item_position[item]] = found
        self.cells.update((row, item) for row in pair)

    def _settle_field(self, entry: Adjudication, pair: list[int], code: str) -> None:
        """Both entries take the field over from the one that the decision repeats, or get what the decision says."""
        for row in pair:
            if self._said(row, code) == fold(entry.final):
                for column in ("unit_code", "unit_text") if code == UNIT else (code,):
                    self._set(pair, column, self.rows[column].iat[row])
                return
        known = self._known(entry, code)
        if known is not None:
            self._set(pair, "unit_code" if code == UNIT else code, known)

    def _set(self, pair: list[int], column: str, value: object) -> None:
        values = self.rows[column].to_numpy(object).copy()
        values[pair] = value
        self.rows[column] = pd.Series(values, self.rows.index).astype(self.rows[column].dtype)

    def _known(self, entry: Adjudication, code: str) -> object:
        """The unit, category, number or text that a final answer says; None when it is none (noted)."""
        field = next((f for f in self.instrument.fields if f.code == code and code != UNIT), None)
        found: tuple[object, ...]
        if field is not None and field.role == "weight":
            number = float(read_numbers([], [entry.final.strip()])[0])
            found, nearest = (number,) if np.isfinite(number) else (), ""
        elif _is_left_blank(entry):
            return ""
        elif field is not None and not field.categories:
            return entry.final.strip()
        else:
            names = _names(self.instrument, field)
            found, nearest = names.find(entry.final), names.nearest(entry.final)
        if len(found) == 1:
            return found[0]
        self._reject(entry, nearest)
        return None

    def _reject(self, entry: Adjudication, nearest: str) -> None:
        self.problems.add(
            "double_entry.final",
            form=entry.form,
            field=entry.field,
            value=entry.final,
            nearest=nearest or "–",
        )

    def _warn(self, code: str, entry: Adjudication) -> None:
        self.problems.add(code, severity="warning", form=entry.form, field=entry.field)

    def settled(self) -> Returns:
        """The returns with what follows from the decisions: skipped items, and evaluations that were blank after all."""
        touched = np.array(sorted({row for row, _ in self.cells}), dtype=int)
        self.answers[touched] = _skips(self.instrument, self.answers[touched], self.rows.iloc[touched])
        cells = self.returns.cells
        kept = [pair not in self.cells for pair in zip(cells["row"], cells["item"], strict=True)]
        cells = cells[np.array(kept, dtype=bool)]
        settled = replace(self.returns, rows=self.rows, answers=self.answers, cells=cells)
        blank = np.isin(self.answers[touched], (BLANK, NOT_ASKED)).all(axis=1)
        return _without(settled, touched[blank & self.returns.matrix[touched]])


def _is_left_blank(entry: Adjudication) -> bool:
    return ENTRIES.meaning(entry.final) == LEFT_BLANK


def _names(instrument: Instrument, field: Field | None) -> Names[str]:
    """Every way of writing a category of a field, or a unit."""
    if field is not None:
        return Names((name, code) for code, labels in field.categories for name in (code, *labels))
    units = instrument.units
    return Names((name, u.code) for u in units for name in (u.code, u.name_vi, u.name_en, *u.aliases))


def _by_form(returns: Returns) -> dict[tuple[str, str], list[int]]:
    """(form code, unit or nothing) → rows of the first and the second entry."""
    first, second = returns.pairs.first, returns.pairs.second
    unit = np.where(returns.matrix, unit_names(returns.rows), "")[first]
    form = returns.rows["form_code"].to_numpy(object)[first]
    rows = np.column_stack([first, second]).tolist()
    return dict(zip(zip(form, unit, strict=True), rows, strict=True))


def _skips(instrument: Instrument, answers: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Answers after their filters were settled: nothing is asked behind a filter answered otherwise, and blank behind others."""
    answers = answers.copy()
    for k, item in enumerate(instrument.items):
        if item.asked_when:
            given = answers[:, instrument.item_position[item.asked_when[0]]]
            opened = (given >= 0) & ~is_filtered_out(instrument, item.asked_when, answers)
            on_form = rows["questionnaire"].isin(item.questionnaires).to_numpy(bool)
            answers[on_form & opened & (answers[:, k] == NOT_ASKED), k] = BLANK
    mark_not_asked(instrument, instrument.items, answers)
    return answers


def _completed(returns: Returns, decided: Iterable[Adjudication]) -> Returns:
    """Returns in which an evaluation that only one entry of a matrix form has, and about which something was decided, has
    a blank partner in the other entry."""
    alone, rows = returns.pairs.alone, returns.rows
    about = {(entry.form, split_field(entry.field)[1]) for entry in decided}
    said = zip(rows["form_code"].iloc[alone], unit_names(rows.iloc[alone]), strict=True)
    alone = alone[np.array([one in about for one in said], dtype=bool)]
    if not len(alone):
        return returns
    copies = rows.iloc[alone].copy()
    own = ["form", "source_file", "source_sheet", "source_row", "operator", "batch", "entry"]
    by_entry = rows.assign(is_second=rows["entry"] == SECOND).drop_duplicates(["form_code", "is_second"])
    other = pd.MultiIndex.from_arrays([copies["form_code"], copies["entry"] != SECOND])
    copies[own] = by_entry.set_index(["form_code", "is_second"])[own].loc[other].set_index(copies.index)
    answers = np.where(returns.answers[alone] == NOT_ASKED, NOT_ASKED, BLANK).astype(np.int8)
    return replace(
        returns,
        rows=pd.concat([rows, copies], ignore_index=True).astype(rows.dtypes.to_dict()),
        answers=np.concatenate([returns.answers, answers]),
    )


def _without(returns: Returns, rows: np.ndarray) -> Returns:
    """Returns without the given rows; faulty cells follow their rows."""
    kept = np.ones(len(returns), dtype=bool)
    kept[rows] = False
    cells = returns.cells[kept[returns.cells["row"].to_numpy(int)]]
    return replace(
        returns,
        rows=returns.rows[kept].reset_index(drop=True),
        answers=returns.answers[kept],
        cells=cells.assign(row=(np.cumsum(kept) - 1)[cells["row"].to_numpy(int)]).reset_index(drop=True),
    )
