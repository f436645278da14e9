"""Decisions on double entry carried out: both entries of a form hold the answer that a person gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, NOT_ASKED
from surveys.definitions.study.records import Adjudication
from surveys.problems import Problems
from surveys.returns.answers.answer_options import AnswerOptions
from surveys.returns.answers.filters import is_filtered_out, mark_not_asked
from surveys.returns.record_set import Returns
from surveys.returns.submissions.entry_agreement import as_written, split_field
from surveys.returns.submissions.entry_pairs import SECOND, UNIT, units_rated
from surveys.returns.table_fields import category_names
from surveys.returns.text.numbers import read_numbers
from surveys.returns.units.unit_register import unit_names
from surveys.review.columns_and_words import ENTRIES, LEFT_BLANK
from surveys.vocabulary.folding import fold
from surveys.vocabulary.statuses import COPY


def adjudicate(returns: Returns, adjudications: Iterable[Adjudication], problems: Problems) -> Returns:
    """Returns in which every decided disagreement is settled: both entries hold the final answer.

    A decision counts only while the entries still say what it was made about, and when it names its author; the others are
    noted as warnings. A final answer that is none of the options is an error.
    """
    decided = [entry for entry in adjudications if entry.final.strip()]
    if not decided:
        return returns
    returns = _completed(returns, decided)
    rows, answers, pairs = returns.rows.copy(), returns.answers.copy(), _by_form(returns)
    items: set[tuple[int, str]] = set()
    for entry in decided:
        code, unit = split_field(entry.field)
        pair = pairs.get((entry.form, unit), [])
        if doubt := _doubt(returns, entry, code, pair):
            problems.add(doubt, severity="warning", form=entry.form, field=entry.field)
            continue
        is_item = code in returns.instrument.item
        found, nearest = _answer(returns, entry, code) if is_item else _values(returns, entry, code, pair)
        if found is None:
            problems.add(
                "double_entry.final",
                form=entry.form,
                field=entry.field,
                value=entry.final,
                nearest=nearest,
            )
        elif isinstance(found, int):
            answers[pair, returns.instrument.item_position[code]] = found
            items.update((row, code) for row in pair)
        else:
            for column, value in found.items():
                rows.loc[rows.index[pair], str(column)] = value
    return _followed(replace(returns, rows=rows, answers=answers), items)


def _doubt(returns: Returns, entry: Adjudication, code: str, pair: Sequence[int]) -> str:
    """Why a decision does not count; empty when it does."""
    if not pair or not (code in returns.instrument.item or code in returns.pairs.fields):
        return "double_entry.unmatched"
    if not entry.who.strip():
        return "double_entry.no_author"
    said = [fold(as_written(returns, row, code)) for row in pair]
    return "" if said == [fold(entry.first), fold(entry.second)] else "double_entry.outdated"


def _answer(returns: Returns, entry: Adjudication, item: str) -> tuple[int | None, str]:
    """The answer that a decision says, or None and the option it is most like."""
    options = AnswerOptions(returns.instrument.scale_of(item))
    found = options.find(entry.final)  # first: an option may be called as a blank is
    return (BLANK if found is None and _is_left_blank(entry) else found), options.nearest(entry.final)


def _values(
    returns: Returns, entry: Adjudication, code: str, pair: Sequence[int]
) -> tuple[pd.Series | None, str]:
    """What both entries hold by column: taken over from the entry that the decision repeats, or what the decision says. None and
    the name it is most like when that is none of the units or categories, or no number."""
    columns = ["unit_code", "unit_text"] if code == UNIT else [code]
    for row in pair:
        if fold(as_written(returns, row, code)) == fold(entry.final):
            return returns.rows.iloc[row][columns], ""
    field = None if code == UNIT else next(f for f in returns.instrument.fields if f.code == code)
    if field is not None and field.role == "weight":
        number = float(read_numbers([], [entry.final.strip()])[0])
        return (pd.Series({code: number}) if np.isfinite(number) else None), ""
    if _is_left_blank(entry):
        return pd.Series({columns[0]: ""}), ""
    if field is not None and not field.categories:
        return pd.Series({code: entry.final.strip()}), ""
    names = unit_names(returns.instrument.units) if field is None else category_names(field)
    found = names.find(entry.final)
    return (pd.Series({columns[0]: found[0]}) if len(found) == 1 else None), names.nearest(entry.final)


def _is_left_blank(entry: Adjudication) -> bool:
    return ENTRIES.meaning(entry.final) == LEFT_BLANK


def _followed(settled: Returns, items: Collection[tuple[int, str]]) -> Returns:
    """Returns with what follows from settled items (row and item): faulty cells that are none any more, items not asked, and
    without evaluations that were blank after all, or that stood for no unit rated in an entry that has one now."""
    is_settled = np.zeros(len(settled), dtype=bool)
    is_settled[[row for row, _ in items]] = True
    settled.answers[is_settled] = _skips(settled, is_settled)
    cells = zip(settled.cells["row"], settled.cells["item"], strict=True)
    left = np.array([cell not in items for cell in cells], dtype=bool)
    empty = np.isin(settled.answers, (BLANK, NOT_ASKED)).all(axis=1) & settled.matrix
    rated = settled.rows["form"].isin(settled.rows["form"][is_settled & ~empty]).to_numpy(bool)
    gone = empty & (is_settled | (rated & (units_rated(settled.rows) == "")))
    stays = gone & (pd.Series(~gone).groupby(settled.rows["form"]).transform("sum") == 0).to_numpy()
    stays &= ~settled.rows["form"].where(stays).duplicated().to_numpy()  # a form on which no unit was rated
    unit = {name: settled.rows[name].mask(stays, "") for name in ("unit_code", "unit_text")}
    rows = settled.rows.assign(**unit)
    return _without(replace(settled, rows=rows, cells=settled.cells[left]), gone & ~stays)


def _skips(settled: Returns, is_settled: np.ndarray) -> np.ndarray:
    """Answers after their filters were settled: nothing is asked behind a filter answered otherwise, and blank behind others."""
    instrument, answers = settled.instrument, np.asarray(settled.answers[is_settled])
    questionnaire = settled.rows["questionnaire"][is_settled]
    for k, item in enumerate(instrument.items):
        if item.asked_when:
            given = answers[:, instrument.item_position[item.asked_when[0]]]
            opened = (given >= 0) & ~is_filtered_out(instrument, item.asked_when, answers)
            on_form = questionnaire.isin(item.questionnaires).to_numpy(bool)
            answers[on_form & opened & (answers[:, k] == NOT_ASKED), k] = BLANK
    mark_not_asked(instrument, instrument.items, answers)
    return answers


def _by_form(returns: Returns) -> dict[tuple[str, str], list[int]]:
    """(form code, unit or nothing) → rows of the first and the second entry."""
    first, second = returns.pairs.first, returns.pairs.second
    unit = np.where(returns.matrix, units_rated(returns.rows), "")[first]
    form = returns.rows["form_code"].to_numpy(object)[first]
    rows = np.column_stack([first, second]).tolist()
    return dict(zip(zip(form, unit, strict=True), rows, strict=True))


def _completed(returns: Returns, decided: Iterable[Adjudication]) -> Returns:
    """Returns in which an evaluation that only one entry of a matrix form has, and about which something was decided, has
    a blank partner in the other entry."""
    alone, rows = returns.pairs.alone, returns.rows
    about = {(entry.form, split_field(entry.field)[1]) for entry in decided}
    said = zip(rows["form_code"].iloc[alone], units_rated(rows.iloc[alone]), strict=True)
    alone = alone[np.array([one in about for one in said], dtype=bool)]
    if not len(alone):
        return returns
    copies = rows.iloc[alone].copy()
    own = [
        "form",
        "source_file",
        "source_sheet",
        "source_row",
        "submission",
        "content",
        "operator",
        "batch",
        "entry",
    ]
    counted = rows[rows["copy"] != COPY]
    by_entry = counted.assign(is_second=counted["entry"] == SECOND).drop_duplicates(
        ["form_code", "is_second"]
    )
    other = pd.MultiIndex.from_arrays([copies["form_code"], copies["entry"] != SECOND])
    copies[own] = by_entry.set_index(["form_code", "is_second"])[own].loc[other].set_index(copies.index)
    answers = np.where(returns.answers[alone] == NOT_ASKED, NOT_ASKED, BLANK).astype(np.int8)
    return replace(
        returns,
        rows=pd.concat([rows, copies], ignore_index=True).astype(rows.dtypes.to_dict()),
        answers=np.concatenate([returns.answers, answers]),
    )


def _without(returns: Returns, gone: np.ndarray) -> Returns:
    """Returns without the rows marked as ``gone``, boolean [n]; faulty cells follow their rows."""
    kept = ~gone
    cells = returns.cells[kept[returns.cells["row"].to_numpy(int)]]
    return replace(
        returns,
        rows=returns.rows[kept].reset_index(drop=True),
        answers=returns.answers[kept],
        cells=cells.assign(row=(np.cumsum(kept) - 1)[cells["row"].to_numpy(int)]).reset_index(drop=True),
    )
