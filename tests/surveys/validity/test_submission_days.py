"""Forms by day, counted by hand: forms about several units, rejected ones, copies, and those without a time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from surveys.definitions.instrument.reading import load_instrument
from surveys.returns.record_set import Returns
from surveys.validity.dispositions import Dispositions
from surveys.validity.submission_days import days_of

#: Questionnaire, mode, form, submitted, disposition of each evaluation.
EVALUATIONS = (
    ("so-5", "online", 1, "2023-10-02 08:00:00", "valid"),
    ("so-5", "online", 2, "2023-10-02 23:59:59", "rejected"),
    ("so-5", "online", 3, "2023-10-03 00:00:00", "valid"),
    ("so-5", "paper", 4, "", "valid"),
    ("so-5", "paper", 5, "", "review"),
    ("so-5", "paper", 6, "2023-10-03 10:00:00", "copy"),
    ("so-5", "paper", 7, "2023-10-03 10:00:00", "second_entry"),
    # one form about three units, one of them rejected, one line of it keyed a day later
    ("so-3", "online", 8, "2023-10-05 10:00:00", "rejected"),
    ("so-3", "online", 8, "2023-10-04 10:00:00", "valid"),
    ("so-3", "online", 8, "", "valid"),
    # one that is rejected for both of its units
    ("so-3", "online", 9, "2023-10-04 11:00:00", "rejected"),
    ("so-3", "online", 9, "2023-10-04 11:00:00", "rejected"),
)


def screened() -> tuple[Returns, Dispositions]:
    rows = pd.DataFrame(EVALUATIONS, columns=["questionnaire", "mode", "form", "submitted", "disposition"])
    rows["submitted"] = pd.to_datetime(rows["submitted"]).astype("datetime64[s]")
    instrument = load_instrument("ha-noi/2023")
    returns = Returns(instrument, rows, np.zeros((len(rows), len(instrument.items)), dtype=np.int8))
    return returns, Dispositions(
        rows["disposition"].to_numpy(object), pd.DataFrame(), rows[["questionnaire"]], pd.DataFrame()
    )


def test_a_form_counts_once_on_its_first_day() -> None:
    assert list(days_of(*screened()).itertuples(index=False, name=None)) == [
        ("so-3", "online", "2023-10-04", 2, 1),
        ("so-5", "online", "2023-10-02", 2, 1),
        ("so-5", "online", "2023-10-03", 1, 1),
        ("so-5", "paper", "", 2, 1),
    ]


def test_a_round_without_forms_has_no_days() -> None:
    returns, dispositions = screened()
    nothing = Returns(returns.instrument, returns.rows[:0], returns.answers[:0])
    none = Dispositions(dispositions.disposition[:0], pd.DataFrame(), dispositions.cells[:0], pd.DataFrame())
    assert days_of(nothing, none).empty
