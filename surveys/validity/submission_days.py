"""When forms came in: the forms returned and those that count, by the day of their submission."""

from __future__ import annotations

import numpy as np
import pandas as pd

from surveys.returns.record_set import Returns
from surveys.validity.dispositions import Dispositions
from surveys.vocabulary.columns import DAY_COLUMNS

_FORM = ["questionnaire", "mode", "form"]


def days_of(returns: Returns, dispositions: Dispositions) -> pd.DataFrame:
    """Forms by questionnaire, mode and day, columns ``DAY_COLUMNS``: ``day`` is ISO text, empty (and last) where no time of
    submission is known.

    A form about several units counts once: on the first day that its rows tell, as valid where it is valid for one unit at least.
    Second entries and copies are no forms.
    """
    counted = dispositions.counted
    rows = pd.DataFrame(
        {
            "questionnaire": dispositions.cells["questionnaire"].to_numpy(object)[counted],
            "mode": returns.rows["mode"].to_numpy(object)[counted],
            "form": returns.rows["form"].to_numpy()[counted],
            "day": returns.rows["submitted"].to_numpy()[counted].astype("datetime64[D]"),
            "valid": dispositions.valid[counted],
        }
    )
    forms = rows.groupby(_FORM, sort=False).agg(day=("day", "min"), valid=("valid", "max")).reset_index()
    forms["day"] = forms["day"].dt.strftime("%Y-%m-%d")
    found = forms.groupby(["questionnaire", "mode", "day"], dropna=False, sort=False)["valid"]
    days = found.agg(returned="size", valid="sum").reset_index()
    order = {q.code: k for k, q in enumerate(returns.instrument.questionnaires)}
    place = days["questionnaire"].map(order).fillna(len(order))
    days = days.assign(place=place).sort_values(["place", "questionnaire", "mode", "day"], na_position="last")
    days["valid"] = days["valid"].astype(np.int64)
    return days.fillna({"day": ""})[list(DAY_COLUMNS)].reset_index(drop=True)
