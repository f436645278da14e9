"""What a unit lost in parts of its index: in each field, by where the points come from, and by the agency that leads.

A sum with a part of which no value is shown has none, and one whose parts have not all a target has no target.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from surveys.analysis.points_lost import LossTree, places_of_units, whole_loss, with_distance
from surveys.vocabulary.measures import AGENCY, SOURCE, SUMMED_BY

#: By what losses are summed.
FIELD = "field"
SUMS_BY = (FIELD, *SUMMED_BY)
#: A sum of a unit; words of its code are made where it is shown.
SUM_OF_LOSS_COLUMNS = (
    "block", "unit_code", "unit_name", "sum_by", "sum_code", "leaves", "maximum", "value", "lost", "lost_low", "lost_high",
    "share_of_loss", "sign", "target", "distance", "distance_low", "distance_high", "status", "note",
)  # fmt: skip
_UNIT = ["block", "unit_code"]
_COLUMNS = {FIELD: "field", SOURCE: "source", AGENCY: "lead_agency"}


def sums_of_losses(nodes: pd.DataFrame, tree: LossTree, sums: pd.DataFrame | None = None) -> pd.DataFrame:
    """Sums of every unit, the largest loss first within each kind; none where losses do not add up.

    ``nodes``: as :func:`surveys.analysis.points_lost.nodes_lost` gives them; ``sums``: those by source and agency that were made
    with the scores and have intervals (``SUM_COLUMNS``); without them, of a table, what is listed is added up.
    """
    fields = {code for code, parent in tree.parents.items() if parent in tree.roots}
    if not fields:
        return pd.DataFrame(columns=list(SUM_OF_LOSS_COLUMNS))
    lowest = nodes[nodes["lowest"]].assign(
        field=[_field_of(code, fields, tree) for code in nodes.loc[nodes["lowest"], "node_code"]]
    )
    added = {by: _added(lowest, column, by) for by, column in _COLUMNS.items()}
    printed = nodes[nodes["node_code"].isin(fields) & nodes["value"].notna()]
    if sums is None:
        beside = added[FIELD].merge(
            printed[[*_UNIT, "node_code"]].rename(columns={"node_code": "sum_code"}),
            how="left",
            indicator=True,
        )
        others = [added[FIELD][(beside["_merge"] == "left_only").to_numpy()], added[SOURCE], added[AGENCY]]
    else:
        others = [_inferred(sums, added)]
    parts = [_of_fields(printed, added[FIELD]), *others]
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    found["share_of_loss"] = 100.0 * found["lost"] / whole_loss(found, nodes, tree)
    return _in_order(with_distance(found), nodes)[list(SUM_OF_LOSS_COLUMNS)]


def _field_of(code: str, fields: Collection[str], tree: LossTree) -> str:
    while code and code not in fields:
        code = tree.parents.get(code, "")
    return code


def _added(lowest: pd.DataFrame, column: str, by: str) -> pd.DataFrame:
    """The nodes at which units lost, added up by a column."""
    together = lowest.groupby([*_UNIT, "unit_name", column], sort=False)
    total = together[["maximum", "value", "lost"]].sum().round(10)
    signs = together["sign"].agg(lambda words: words.iloc[0] if words.nunique() == 1 else "")
    target = (
        together["target"].sum(min_count=1).round(10).where(together["target"].count() == together.size())
    )
    found = total.assign(leaves=together.size(), sign=signs, target=target).reset_index()
    return found.rename(columns={column: "sum_code"}).assign(
        sum_by=by, lost_low=np.nan, lost_high=np.nan, status="", note=""
    )


def _of_fields(printed: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """The fields by their own rows, each with how many nodes below it lost."""
    named = printed.rename(columns={"node_code": "sum_code"})
    counts = named[[*_UNIT, "sum_code"]].merge(
        added[[*_UNIT, "sum_code", "leaves"]], on=[*_UNIT, "sum_code"], how="left"
    )
    columns = [name for name in SUM_OF_LOSS_COLUMNS if name in named and name != "share_of_loss"]
    return named[columns].assign(sum_by=FIELD, leaves=counts["leaves"].to_numpy())


def _inferred(sums: pd.DataFrame, added: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Sums that were made with the scores, with their intervals; the targets are those of their nodes."""
    key = [*_UNIT, "sum_by", "sum_code"]
    targets = pd.concat([added[SOURCE], added[AGENCY]])[[*key, "sign", "target"]]
    found = sums.merge(targets, on=key, how="left")
    most = found["max_points"].astype(float)
    low, high, value = (found[name].astype(float) for name in ("points_low", "points_high", "points"))
    return found.assign(
        leaves=found["nodes"].str.count(";") + 1,
        maximum=most,
        value=value,
        lost=(most - value).round(12),
        lost_low=(most - high).round(12),
        lost_high=(most - low).round(12),
        sign=found["sign"].fillna(""),
    )


def _in_order(found: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Unit by unit as the nodes stand, kind by kind, the largest loss first."""
    units = places_of_units(nodes)
    ordered = found.assign(
        _unit=[units[key] for key in zip(found["block"], found["unit_code"], strict=True)],
        _by=[SUMS_BY.index(by) for by in found["sum_by"]],
        _lost=-found["lost"].astype(float).round(10),
    )
    place = ["_unit", "_by", "_lost"]
    return ordered.sort_values(place, kind="stable", na_position="last", ignore_index=True).drop(
        columns=place
    )
