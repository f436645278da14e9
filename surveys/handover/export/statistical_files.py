"""The exported sample as SPSS, Stata, CSV and Parquet have it: labels, formats, missing values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from surveys.handover.export.variables import SampleVariable
from surveys.handover.official_columns import Kind, OfficialColumn, OfficialTable
from surveys.problems import Language, phrase
from surveys.returns.writing import LABEL_BYTES, VALUE_LABEL_BYTES, parquet_bytes, shortened
from surveys.vocabulary.system_files import dta_bytes, sav_bytes

#: Characters that Stata keeps of the label of a variable, and of that of a value.
STATA_LABEL, STATA_VALUE_LABEL = 80, 32_000
_MEASURES = {"number": "scale", "count": "scale", "date": "scale"}
_PRINTED: Mapping[str, Kind] = {"number": "plain", "count": "count", "category": "count", "answer": "count"}
_WHOLE = ("count", "category", "answer")


def sav_of(frame: pd.DataFrame, variables: Sequence[SampleVariable], title: str, language: Language) -> bytes:
    """The sample for SPSS. What is no answer is a negative number of its own, all of them declared user-missing."""
    labels = shortened({v.name: v.label(language) for v in variables}, LABEL_BYTES)
    measures = {v.name: "ordinal" if v.ordered else _MEASURES.get(v.kind, "nominal") for v in variables}
    return sav_bytes(
        frame,
        file_label=shortened({"": title}, 64)[""],
        column_labels=[labels[v.name] for v in variables],
        variable_value_labels={v.name: _spss_values(v, language) for v in variables if v.numbers},
        missing_ranges={v.name: [_missing_range(v)] for v in variables if v.has_missing},
        variable_measure=measures,
        variable_format={v.name: "F8.0" for v in variables if v.kind in _WHOLE},
    )


def _missing_range(variable: SampleVariable) -> dict[str, float]:
    numbers = [float(v.number) for v in variable.values if v.number is not None and v.is_missing]
    return {"lo": min(numbers), "hi": max(numbers)}


def _spss_values(variable: SampleVariable, language: Language) -> dict[float, str]:
    return {
        float(number): label
        for number, label in _shortened_values(variable, language, VALUE_LABEL_BYTES).items()
    }


def _shortened_values(variable: SampleVariable, language: Language, limit: int) -> dict[int, str]:
    """Number → label of the values of a variable."""
    labels = {
        str(v.number): variable.value_label(v, language) for v in variable.values if v.number is not None
    }
    return {int(number): label for number, label in shortened(labels, limit).items()}


def dta_of(frame: pd.DataFrame, variables: Sequence[SampleVariable], title: str, language: Language) -> bytes:
    """The sample for Stata. What is no answer is a missing value of its own, ``.a``, ``.b`` …"""
    table, values, missing = frame.copy(), {}, {}
    for variable in variables:
        if variable.numbers:
            letters = {
                float(v.number): v.in_stata for v in variable.values if v.number is not None and v.is_missing
            }
            labels = _shortened_values(variable, language, STATA_VALUE_LABEL)
            values[variable.name] = {letters.get(float(n), n): label for n, label in labels.items()}
            if letters:
                table[variable.name] = _with_letters(frame[variable.name], letters)
                missing[variable.name] = list(letters.values())
    return dta_bytes(
        table,
        file_label=_cut({"": title})[""],
        column_labels=list(_cut({v.name: v.label(language) for v in variables}).values()),
        variable_value_labels=values,
        missing_user_values=missing,
    )


def _with_letters(numbers: pd.Series, letters: Mapping[float, str]) -> pd.Categorical:
    """Whole numbers and, in the place of missing ones, their letters: as categories, numbers first, by which pyreadstat tells
    that the variable is one of numbers (of others it looks at the first hundred rows)."""
    kinds = sorted(set(numbers.tolist()) | {0.0})
    known = [int(number) for number in kinds if number not in letters]
    found = [letters.get(number, int(number)) for number in numbers.tolist()]
    return pd.Categorical(found, categories=[*known, *letters.values()])


def _cut(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels within what Stata keeps; one that is too long ends in ``…`` and its variable, so that no two become equal.

    >>> len(_cut({"x": "a" * 90})["x"]), _cut({"x": "a" * 90})["x"][-6:]
    (80, 'a… [x]')
    """
    long = {
        name: f"… [{name}]" if name else "…" for name, label in labels.items() if len(label) > STATA_LABEL
    }
    return {
        name: label[: STATA_LABEL - len(long[name])] + long[name] if name in long else label
        for name, label in labels.items()
    }


def csv_table(variables: Sequence[SampleVariable]) -> OfficialTable:
    """The table of the sample as CSV, whose columns a study has for itself."""
    about = (phrase("export.column", "vi"), phrase("export.column", "en"))
    columns = tuple(
        OfficialColumn(v.name, v.label_vi, v.label_en, *about, kind=_PRINTED.get(v.kind, "text"))
        for v in variables
    )
    return OfficialTable(
        "sample", "sample.csv", phrase("export.sample", "vi"), phrase("export.sample", "en"), columns
    )


def parquet_of(frame: pd.DataFrame, variables: Sequence[SampleVariable], name: str) -> bytes:
    """The sample as Parquet: whole numbers as such, days as dates. Raises SurveyError where pyarrow is not installed."""
    whole: dict[str, Any] = {v.name: "Int32" for v in variables if v.kind in _WHOLE}
    return parquet_bytes(frame.astype(whole), name)


def csv_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The sample with days as text."""
    days = frame["submitted"]
    return frame.assign(submitted=np.where(days.notna(), days.astype(str), ""))
