"""Double data entry: which evaluations are the two entries of one form, and where the two say different things.

The pairing knows nothing of the order of rows and files: of several evaluations with one key and one entry, the one whose
content sorts first is paired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import BLANK, NOT_ASKED
from surveys.vocabulary.statuses import COPY

Array = np.ndarray
SECOND = "second"
#: The name under which the unit of a form about one unit is compared.
UNIT = "unit"
_SEPARATOR = "\x1f"
#: Where a row stands; everything else in it is content.
_PLACE = ["form", "source_file", "source_sheet", "source_row", "submission", "content", "copy"]


@dataclass(frozen=True, eq=False, repr=False)
class EntryPairs:
    """The evaluations of forms that were entered twice; n evaluations, p pairs, K items.

    ``key`` object [n]: what identifies a form: its code, joined with the unit where one form rates many. ``first`` and
    ``second`` int [p]: the two entries of each pair, in the order of the first. ``items`` boolean [p, K], ``fields`` by code
    boolean [p]: where the two say different things. ``alone`` int [a]: evaluations that only one of the two entries has, with a
    unit or an answer.
    """

    key: Array
    first: Array
    second: Array
    items: Array
    fields: Mapping[str, Array]
    alone: Array


def pair_entries(rows: pd.DataFrame, answers: Array, matrix: Array, kept: Iterable[str]) -> EntryPairs:
    """Pair the entries of tidy ``rows`` [n] with ``answers`` int8 [n, K]; ``matrix`` boolean [n] marks forms that rate many
    units, ``kept`` names the fields to compare."""
    unit = units_rated(rows)
    key = rows["form_code"].to_numpy(object).copy()
    key[matrix] += _SEPARATOR + unit[matrix]
    first, second, alone = _paired(rows, answers, key)
    fields = {UNIT: (unit[first] != unit[second]) & ~matrix[first]}
    fields |= {code: _differ(rows[code].to_numpy(object), first, second) for code in kept}
    items = _asked(answers[first]) != _asked(answers[second])
    is_said = (unit[alone] != "") | (_asked(answers[alone]) != BLANK).any(axis=1)
    alone = alone[matrix[alone] & is_said]
    return EntryPairs(key, first, second, items, fields, alone)


def units_rated(rows: pd.DataFrame) -> Array:
    """The unit of each evaluation, as read where it was not recognised; object [n]."""
    code, text = rows["unit_code"].to_numpy(object), rows["unit_text"].to_numpy(object)
    return np.where(code != "", code, text)


def _paired(rows: pd.DataFrame, answers: Array, key: Array) -> tuple[Array, Array, Array]:
    """(first entries, their second entries, what is left of forms with both entries) as positions of rows."""
    code, is_second = rows["form_code"].where(rows["copy"] != COPY, ""), rows["entry"] == SECOND
    twice = (code != "") & code.isin(code[is_second]) & code.isin(code[~is_second])
    row = np.flatnonzero(twice)
    found = pd.DataFrame({"key": key[row], "row": row, "second": is_second.to_numpy()[row]}, index=row)
    if found.duplicated(["key", "second"]).any():
        found = found.loc[_by_content(rows, answers, found["row"].to_numpy())]
    entries = found.drop_duplicates(["key", "second"])
    both = entries[~entries["second"]].merge(entries[entries["second"]], on="key").sort_values("row_x")
    first, second = both["row_x"].to_numpy(int), both["row_y"].to_numpy(int)
    return first, second, np.setdiff1d(found["row"], [*first, *second])


def _by_content(rows: pd.DataFrame, answers: Array, candidates: Array) -> Array:
    """Some of the rows in the order of what they say."""
    content = rows.iloc[candidates].drop(columns=_PLACE)
    content["answers"] = [said.tobytes() for said in answers[candidates]]
    return candidates[content.set_index(np.arange(len(content))).sort_values(list(content.columns)).index]


def _asked(answers: Array) -> Array:
    """Answers in which nothing is nothing, whether the item was asked or not: that follows from another answer."""
    return np.where(answers == NOT_ASKED, BLANK, answers)


def _differ(values: Array, first: Array, second: Array) -> Array:
    said, repeated = values[first], values[second]
    return np.asarray((said != repeated) & ~(pd.isna(said) & pd.isna(repeated)), dtype=bool)
