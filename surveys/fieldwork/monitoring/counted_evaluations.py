"""The evaluations that count as returned, one row each, with what they are counted by; and the counts themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from surveys.definitions.study.records import Issued
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import CELL_COLUMNS
from surveys.vocabulary.statuses import DISPOSITIONS

#: Columns of the evaluations beside those of their cell: the day (ISO, empty where none is told) on which their form came.
EVALUATION_COLUMNS = (*CELL_COLUMNS, "form", "form_code", "mode", "interviewer", "day", "disposition")
#: Evaluations returned and what became of them.
COUNTS = ("returned", *DISPOSITIONS)


def counted_evaluations(screened: ScreenedRound) -> pd.DataFrame:
    """Every evaluation but copies and second entries, columns ``EVALUATION_COLUMNS``, in the cell in which it is counted.

    Whose form names no interviewer or no mode has those that it was issued with.
    """
    dispositions, rows = screened.dispositions, screened.returns.rows
    place = np.flatnonzero(dispositions.counted)
    found = dispositions.cells.take(place).reset_index(drop=True)
    kept = rows[["form", "form_code", "mode", "interviewer"]].take(place).reset_index(drop=True)
    days = pd.Series(rows["submitted"].to_numpy()[place]).dt.floor("D")
    issued = {form.form_code: form for form in reversed(screened.study.issued)}
    for name in ("mode", "interviewer"):
        own = kept[name].astype(object)
        handed_out = [getattr(issued[code], name) if code in issued else "" for code in kept["form_code"]]
        kept[name] = own.where(own != "", pd.Series(handed_out, dtype=object, index=own.index))
    day = days.groupby(kept["form"]).transform("min").dt.strftime("%Y-%m-%d")
    return found.assign(
        **{str(name): kept[name] for name in kept},
        day=day.astype(object).where(day.notna(), ""),
        disposition=dispositions.disposition[place],
    )[list(EVALUATION_COLUMNS)]


def counts_by(evaluations: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Forms that came back, their evaluations and what became of them: columns ``forms`` and ``COUNTS`` by the columns ``by``."""
    keys = list(by)
    groups = evaluations.groupby(keys, sort=True, observed=True)
    became = {name: evaluations["disposition"].eq(name) for name in DISPOSITIONS}
    sums = (
        pd.DataFrame(became)
        .assign(**{name: evaluations[name] for name in keys})
        .groupby(keys, sort=True)
        .sum()
    )
    found = pd.DataFrame({"forms": groups["form"].nunique(), "returned": groups.size()}).join(sums)
    return found.astype("int64").reset_index()


def not_returned(issued: Sequence[Issued], evaluations: pd.DataFrame) -> tuple[Issued, ...]:
    """The issued forms of whose code nothing has come back."""
    back = set(evaluations["form_code"])
    return tuple(form for form in issued if form.form_code not in back)
