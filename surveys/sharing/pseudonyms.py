"""Returns in which running numbers stand in place of everything that a respondent typed or that tells who answered.

What the rules look at is kept: which forms have one code, one person, one interviewer, one spelling of a unit that nobody knows;
the day of submission and the order within the day; the seconds taken; what the collecting tool decided. Categories, levels and
units stand under their codes. A text that is none of these is a running number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from surveys.definitions.study.form_codes import codes_given
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import phrase
from surveys.returns.answers.answer_options import DISAGREES
from surveys.returns.form_numbers import form_names, form_order, running_numbers, spelled
from surveys.returns.record_set import Returns, kept_fields, person_fields
from surveys.returns.submissions.copies import DIFFERS, SHEET
from surveys.returns.units.unit_register import registers
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.modes import MODE_WORDS
from surveys.vocabulary.statuses import COPY, TOOL_STATES
from surveys.vocabulary.validity_rules import VALIDITY_RULES

_TEXTS = ("interviewer", "operator", "rater", "batch")
#: Columns with the words that may stand in them.
_CLOSED = {"entry": ("first", "second"), "state": TOOL_STATES}
#: Marks of copies and faults of cells → the rule that keeps in mind what the copy no longer shows.
_OF_COPIES = {DIFFERS: "copies_differ", SHEET: "copied_sheet"}
_OF_CELLS = ("not_shown", "unknown_option")


@dataclass(frozen=True, eq=False)
class Pseudonymised:
    """``returns`` [m] of the copy, in the order of the forms; ``row`` int [m]: the evaluation of the original that each stands
    for; ``source`` [m]: a number for the file it was read from; ``persons``: who answered, numbers by field (texts, empty for
    none) [m]; ``pattern``: of the running numbers that stand for form codes, empty where there are none."""

    returns: Returns
    row: np.ndarray
    source: np.ndarray
    persons: pd.DataFrame
    pattern: str


def pseudonymised(screened: ScreenedRound) -> Pseudonymised:
    """The returns of a round without their copies, under running numbers."""
    study, returns = screened.study, screened.returns
    names, order = form_names(study, returns), form_order(returns.rows)
    rows = returns.rows.assign(
        **_numbered_columns(study, returns, order), **dict(_names(returns, names, order))
    )
    rows = rows.assign(noticed=_noticed(returns), state_text="", content="", source_file="", source_sheet="")
    for name, words in _CLOSED.items():
        rows[name] = rows[name].where(rows[name].isin(words), "")
    rows["submitted"], rows["edited"] = _days_and_order(rows["submitted"]), pd.NaT
    cells = returns.cells.assign(text=np.where(returns.cells["fault"] == "disagrees", DISAGREES, ""))
    kept = np.flatnonzero(rows["copy"] != COPY)
    kept = kept[np.argsort(rows["form"].to_numpy()[kept], kind="stable")]
    copy = replace(returns, rows=rows.assign(copy=""), cells=cells)
    given = codes_given(study, names)
    made = [name for name in names[kept].tolist() if name not in given]
    pattern = "".join("#" if sign.isdecimal() else sign for sign in made[0]) if made else ""
    source = pd.factorize(returns.rows["source_file"])[0][kept]
    return Pseudonymised(taken(copy, kept), kept, source, _persons(returns, order).iloc[kept], pattern)


def taken(returns: Returns, kept: np.ndarray) -> Returns:
    """Returns with the evaluations at ``kept``, int [m], in that order; faulty cells follow them."""
    place = np.full(len(returns), -1)
    place[kept] = np.arange(len(kept))
    cells = returns.cells.assign(row=place[returns.cells["row"].to_numpy(int)])
    rows = returns.rows.iloc[kept].reset_index(drop=True)
    return replace(
        returns,
        rows=rows,
        answers=returns.answers[kept],
        cells=cells[cells["row"] >= 0].reset_index(drop=True),
    )


def numbered(texts: pd.Series, order: np.ndarray, prefix: str = "", kept: Collection[str] = ()) -> np.ndarray:
    """Texts as running numbers, equal for equal texts, in the order of the least of ``order`` [n] of each; object [n].
    Empty ones and those to be ``kept`` stay."""
    found = texts.astype(object).to_numpy(copy=True)
    open_yet = np.flatnonzero((found != "") & ~pd.Index(found).isin(list(kept)))
    if len(open_yet):
        kind = pd.factorize(found[open_yet])[0]
        found[open_yet] = spelled(running_numbers(kind, order[open_yet]), prefix)
    return found


def _names(returns: Returns, names: np.ndarray, order: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Codes and submissions. A form without a code of its own goes by one name, as it did."""
    code, submission = returns.rows["form_code"], returns.rows["submission"]
    own = ((code == "") | (code == submission)).to_numpy()
    yield "form_code", np.where(code == "", "", names)
    yield "submission", np.where(own, names, numbered(submission, order, phrase("sharing.submission")))


def _numbered_columns(study: StudyDefinition, returns: Returns, order: np.ndarray) -> dict[str, np.ndarray]:
    rows, instrument = returns.rows, returns.instrument
    found = {name: numbered(rows[name], order) for name in _TEXTS}
    modes = {mode for form in instrument.questionnaires for mode in form.modes} | {*MODE_WORDS}
    found["mode"] = numbered(
        rows["mode"], order, _mark(modes), {*modes, *(file.mode for file in study.returns)}
    )
    for field in kept_fields(instrument):
        if field.role == "weight":
            continue
        known = {code for code, _ in field.categories}
        known |= {margin.category for margin in study.margins if margin.variable == field.code}
        spellings = {label for _, labels in field.categories for label in labels}
        # Strata and clusters are the institute's own: in their own order, sums of floats keep their last digit.
        by = rows[field.code].to_numpy(object) if field.role in ("stratum", "cluster") else order
        found[field.code] = numbered(rows[field.code], by, _mark(known | spellings), known)
    unknown = rows["unit_text"].where(rows["unit_code"] == "", "")
    found["unit_text"] = np.where(
        unknown == "", rows["unit_code"], numbered(unknown, order, _mark_of_units(study))
    )
    return found


def _mark(known: Collection[str]) -> str:
    """What stands in front of a number that is none of the texts known."""
    mark = "~"
    while any(text.startswith(mark) for text in known):
        mark += "~"
    return mark


def _mark_of_units(study: StudyDefinition) -> str:
    """What stands in front of the number of a unit that nobody knows: no number behind it is a unit."""
    mark = "~"
    while any(
        r.resolve(f"{mark}{k}") or r.without_tones(f"{mark}{k}")
        for r in registers(study).values()
        for k in range(10)
    ):
        mark += "~"
    return mark


def _days_and_order(submitted: pd.Series) -> pd.Series:
    """The day of each time, and behind it the place of the time among those of the day in place of the clock."""
    times = submitted.to_numpy("datetime64[s]")
    days = times.astype("datetime64[D]")
    place = pd.Series(times).groupby(days.astype("int64")).rank("dense").fillna(1).to_numpy(int) - 1
    found = days.astype("datetime64[s]") + place.astype("timedelta64[s]")
    return pd.Series(
        np.where(np.isnat(times), np.datetime64("NaT"), found).astype("datetime64[s]"), submitted.index
    )


def _noticed(returns: Returns) -> np.ndarray:
    """The rules that reading saw broken, and those that the copy can no longer show."""
    noticed = returns.rows["noticed"].to_numpy(object, copy=True)
    marked = [(rule, np.flatnonzero(returns.rows["copy"] == mark)) for mark, rule in _OF_COPIES.items()]
    cells = returns.cells
    marked += [(fault, np.unique(cells["row"].to_numpy(int)[cells["fault"] == fault])) for fault in _OF_CELLS]
    for rule, rows in marked:
        noticed[rows] = [f"{said} {rule}".strip() for said in noticed[rows]]
    known = {said: " ".join(rule for rule in said.split() if rule in VALIDITY_RULES) for said in set(noticed)}
    return np.array([known[said] for said in noticed], object)


def _persons(returns: Returns, order: np.ndarray) -> pd.DataFrame:
    """Who answered, by field: a running number of each person, empty for none; aligned with the evaluations."""
    fields = [field.code for field in person_fields(returns.instrument)]
    lines = returns.lines.reindex(columns=["form", *fields], fill_value=0)
    of_form = lines.groupby("form")[fields].max().reindex(returns.rows["form"], fill_value=0)
    texts = of_form.astype("uint64").astype(str).mask(of_form == 0, "").reset_index(drop=True)
    return texts.apply(lambda column: pd.Series(numbered(column, order)))
