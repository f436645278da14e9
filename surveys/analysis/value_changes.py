"""Change of every node since an earlier round, in points, or in percent where the index has none.

The earlier value stands beside the present one wherever there is one; it is subtracted only where both editions measure the
same, of the same maximum. The interval is that of the survey part (:mod:`surveys.comparison.changes`), shifted by what the
council's points changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.analysis.node_values import KEY
from surveys.comparison.changes import changes_of
from surveys.comparison.compared_round import ComparedRound
from surveys.comparison.crosswalk import successors
from surveys.comparison.steps import RoundStep, step_between
from surveys.problems import Problem, Problems
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, SURVEY
from surveys.vocabulary.remarks import Remark, Remarks
from surveys.vocabulary.statuses import OK

#: Said of nodes of whose maximum something was changed.
MAXIMUM_CHANGED = "gaps.maximum_changed"


@dataclass(frozen=True)
class EarlierValues:
    """Values (``VALUE_COLUMNS``) of an earlier round under the codes of the present one. ``steps``: (block, unit, node) →
    change of the survey part as a share of its maximum with the limits of its interval; ``refused``: likewise, why it is not
    subtracted; ``problems``: what the comparison found."""

    values: pd.DataFrame
    steps: Mapping[tuple[str, str, str], tuple[float, float, float]]
    refused: Mapping[tuple[str, str, str], Remarks]
    problems: tuple[Problem, ...] = ()


def earlier_values(old: ComparedRound, new: ComparedRound, values: pd.DataFrame) -> EarlierValues:
    """What is known of an earlier round. ``values``: its own, ``VALUE_COLUMNS``. Raises SurveyError where the two rounds have
    no node or no unit in common."""
    step, problems = step_between(old, new, successors(old, new)), Problems()
    problems.extend(step.told)
    problems.raise_errors()
    table = changes_of(step).table
    over = table[(table["group"] == ALL_GROUPS) & (table["part"] == SURVEY)]
    steps, refused = {}, {}
    numbers = over[["change", "ci_low", "ci_high"]].to_numpy(dtype=float)
    for key, status, note, change in zip(_keys(over), over["status"], over["note"], numbers, strict=True):
        if status == OK:
            steps[key] = (float(change[0]), float(change[1]), float(change[2]))
        else:
            refused[key] = note
    under = _under_heirs(step, values)
    for key in _keys(under):
        if key not in steps and key not in refused and key[2] in step.differing:
            refused[key] = (Remark(f"{step.differing[key[2]]}.note"),)
    return EarlierValues(under, steps, refused, step.told)


def published_earlier(values: pd.DataFrame, present: pd.DataFrame) -> EarlierValues:
    """What an earlier published table says, or a round beside which a table is laid: values without intervals. Units are known by
    their codes; where both have one unit alone it is the same."""
    units = list(dict.fromkeys(zip(present["block"], present["unit_code"], strict=True)))
    by_code = {code: (block, code) for block, code in reversed(units)}
    if len(units) == 1 and values["unit_code"].nunique() == 1:
        by_code = dict.fromkeys(values["unit_code"], units[0])
    found = [by_code.get(code) for code in values["unit_code"]]
    kept = values[[unit is not None for unit in found]]
    of = [unit for unit in found if unit is not None]
    placed = kept.assign(block=[block for block, _ in of], unit_code=[code for _, code in of])
    return EarlierValues(placed, {}, {})


def with_changes(
    values: pd.DataFrame, earlier: EarlierValues, survey_max: Mapping[tuple[str, str, str], float]
) -> pd.DataFrame:
    """Values with the earlier ones and their change. ``survey_max``: (block, unit, node) → what the survey part is of, where
    that is not the whole maximum. The column ``remarks`` says why a value is not subtracted,
    beside what it said."""
    before = earlier.values.drop_duplicates(KEY).set_index(KEY)
    old = before.reindex(pd.MultiIndex.from_frame(values[KEY]))
    was, most = (old[name].to_numpy(dtype=float) for name in ("value", "maximum"))
    now = values["value"].to_numpy(dtype=float)
    keys = list(_keys(values))
    same = np.isclose(most, values["maximum"].to_numpy(dtype=float), rtol=0, atol=1e-9)
    may = np.array([key not in earlier.refused for key in keys], dtype=bool)
    change = np.where(same & may, (now - was).round(12), np.nan)
    nothing = (np.nan, np.nan, np.nan)
    steps = np.array([earlier.steps.get(key, nothing) for key in keys], dtype=float).reshape(-1, 3)
    scale = np.array(
        [survey_max.get(key, whole) for key, whole in zip(keys, values["maximum"], strict=True)], dtype=float
    )
    low, high = (change + (steps[:, end] - steps[:, 0]) * scale for end in (1, 2))
    told = [
        earlier.refused.get(key, ()) or ((Remark(MAXIMUM_CHANGED),) if known and not alike else ())
        for key, known, alike in zip(keys, ~np.isnan(was), same, strict=True)
    ]
    said = values["remarks"] if "remarks" in values else [()] * len(values)
    remarks = [(*own, *why) for own, why in zip(said, told, strict=True)]
    return values.assign(
        previous=was,
        change=change,
        change_low=low,
        change_high=high,
        remarks=pd.Series(remarks, index=values.index, dtype=object),
    )


def _under_heirs(step: RoundStep, values: pd.DataFrame) -> pd.DataFrame:
    """Values under the codes of the present round; those of units that were divided or merged are left out, and questions that
    are not asked any more."""
    rows = zip(values["node_code"], values["node_level"], strict=True)
    named = values.assign(node_code=[step.code_of(code, is_item=level == ITEM_LEVEL) for code, level in rows])
    earlier = named[named["node_code"] != ""].rename(
        columns={"block": "block_old", "unit_code": "unit_code_old"}
    )
    return earlier.merge(step.units, on=["block_old", "unit_code_old"])[list(values.columns)]


def _keys(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(zip(frame["block"], frame["unit_code"], frame["node_code"], strict=True))
