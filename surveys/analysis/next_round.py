"""The noise of the next round: what standard error every result would have with the forms that are planned.

Groups are independent samples, so that the variance of a result is V = Σ_g V_g. With n forms of a population N in a group now and
n′ planned, V_g′ = V_g · (1/n′ − 1/N)/(1/n − 1/N): the finite population correction of both rounds. V_g is the square of the
group's own standard error at the node times its weight there. A sub-criterion has exactly these parts; further up, where groups
answer different sub-criteria, they are near, and are scaled to the variance of the node itself. Estimates of other surveys keep
theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.analysis.analysed_round import AnalysedRound
from surveys.analysis.detectable_change import detectable_multiple
from surveys.analysis.planned_forms import PlannedForms
from surveys.definitions.instrument.records import Node
from surveys.scoring.combination_rules import rule_of
from surveys.scoring.inference import satterthwaite
from surveys.scoring.quantities import Floats, normalised
from surveys.vocabulary.columns import DETECTABLE_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.remarks import Remarks, remark
from surveys.vocabulary.statuses import EXTERNAL

#: Digits of populations, which are sums of weights: of a census they are its forms.
_DIGITS = 6
_TOLD = ("score", "se", "df", "n_valid", "max_points")


def detectable_changes(of: AnalysedRound, planned: Sequence[PlannedForms] = ()) -> pd.DataFrame:
    """The minimum detectable change of every unit and node, columns ``DETECTABLE_COLUMNS``. ``planned``: forms of the next round;
    what it does not name has the forms of the present one."""
    blocks = of.scores["block"].unique()
    found = [_of_block(_BlockNoise(of, block, planned)) for block in blocks]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(DETECTABLE_COLUMNS))


class _BlockNoise:
    """The results of one block by node and group, arrays [U] by unit."""

    def __init__(self, of: AnalysedRound, code: str, planned: Sequence[PlannedForms]) -> None:
        self.round, self.code = of, code
        rows = of.scores[(of.scores["block"] == code) & (of.scores["node_level"] != ITEM_LEVEL)]
        self.units = rows[["unit_code", "unit_name"]].drop_duplicates("unit_code").reset_index(drop=True)
        self.place = {unit: k for k, unit in enumerate(self.units["unit_code"])}
        parts = rows.groupby(["node_code", "group"], sort=False)
        self.rows = {
            (str(key[0]), str(key[1])): part.set_index("unit_code").reindex(list(self.place))
            for key, part in parts
        }
        self.groups = [g.code for g in of.instrument.groups if any(g.code == group for _, group in self.rows)]
        self.cells = {group: _cells(self, group, planned) for group in self.groups}

    def number(self, node: str, group: str, column: str) -> Floats:
        """A column of the results of one node and group [U]; NaN without such a result."""
        if (node, group) not in self.rows:
            return np.full(len(self.units), np.nan)
        return self.rows[node, group][column].to_numpy(dtype=float)

    def status(self, node: str, group: str = ALL_GROUPS) -> np.ndarray:
        return self.rows[node, group]["status"].to_numpy(dtype=object)

    @property
    def nodes(self) -> list[Node]:
        return [self.round.instrument.node[code] for code, group in self.rows if group == ALL_GROUPS]


@dataclass(frozen=True)
class _Cells:
    """Forms of a group now and planned, and its population, by unit [U]; infinite where that is not known."""

    now: Floats
    planned: Floats
    population: Floats

    @property
    def is_census(self) -> np.ndarray:
        return np.asarray(self.now >= self.population)

    @property
    def change(self) -> Floats:
        """V′/V [U]: 0 for a census that is planned; NaN where a census now says nothing of fewer forms; 1 without forms."""
        now, later = (1.0 / n - 1.0 / self.population for n in (self.now, self.planned))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.is_census, np.nan, np.maximum(later, 0.0) / now)
        return np.where(np.isnan(self.now), 1.0, np.where(self.planned >= self.population, 0.0, ratio))


def _cells(block: _BlockNoise, group: str, planned: Sequence[PlannedForms]) -> _Cells:
    cells = block.round.cells
    own = cells[(cells["block"] == block.code) & (cells["group"] == group)].set_index("unit_code")
    own = own.reindex(list(block.place))
    now, later = own["n"].to_numpy(dtype=float), own["n"].to_numpy(dtype=float, copy=True)
    for plan in sorted(
        planned, key=lambda one: bool(one.unit)
    ):  # those of a single unit stand above those of all
        if (plan.block, plan.group) == (block.code, group):
            later[block.place[plan.unit] if plan.unit else slice(None)] = plan.forms
    return _Cells(now, later, own["population"].fillna(np.inf).to_numpy(dtype=float).round(_DIGITS))


# --- parts of the variance --------------------------------------------------------------------------------------------


def _weights(block: _BlockNoise) -> dict[str, Mapping[str, Floats]]:
    """Node → group → its weight in the node [U], and under ``EXTERNAL`` the standard error that estimates of other surveys bring
    (as if they erred together)."""
    found: dict[str, Mapping[str, Floats]] = {}
    for node in reversed(block.nodes):
        children = [
            c for c in block.round.instrument.scored_children(node.code, block.code) if c.code in found
        ]
        if not children or rule_of(block.round.instrument, node).pooled:
            found[node.code] = _of_groups(block, node)
        else:
            found[node.code] = _of_children(block, node, children, found)
    return found


def _of_groups(block: _BlockNoise, node: Node) -> dict[str, Floats]:
    declared = dict(node.groups)
    groups = [g for g in block.groups if (node.code, g) in block.rows]
    shown = np.array([~np.isnan(block.number(node.code, g, "score")) for g in groups])
    elsewhere = block.status(node.code) == EXTERNAL
    weights = {}
    if groups:
        each = normalised([declared.get(g, 1.0) for g in groups], shown & ~elsewhere)
        weights = dict(zip(groups, each, strict=True))
    outside = np.where(elsewhere, block.number(node.code, ALL_GROUPS, "se"), 0.0)
    return {**weights, EXTERNAL: np.nan_to_num(outside)}


def _of_children(
    block: _BlockNoise, node: Node, children: Sequence[Node], found: Mapping[str, Mapping[str, Floats]]
) -> dict[str, Floats]:
    rule = rule_of(block.round.instrument, node)
    given = [
        np.nan_to_num(block.number(child.code, ALL_GROUPS, "max_points"))
        if rule.points
        else rule.weight(block.round.instrument, child)
        for child in children
    ]
    shown = np.array([~np.isnan(block.number(child.code, ALL_GROUPS, "score")) for child in children])
    each = normalised([np.broadcast_to(weight, len(block.units)) for weight in given], shown)
    total: dict[str, Floats] = {}
    for child, weight in zip(children, each, strict=True):
        for group, part in found[child.code].items():
            total[group] = total.get(group, 0.0) + weight * part
    return total


@dataclass(frozen=True)
class _Noise:
    """Squared standard errors of a node now and in the next round, their degrees of freedom [U] each, and the evaluations that it
    would rest on."""

    now: Floats
    later: Floats
    df_now: Floats
    df_later: Floats
    planned: Floats


def _noise(block: _BlockNoise, node: str, weights: Mapping[str, Floats]) -> _Noise:
    se, df, n = (block.number(node, ALL_GROUPS, name) for name in ("se", "df", "n_valid"))
    parts, later, degrees, degrees_later = [], [], [], []
    planned = np.nan_to_num(n)
    for group, weight in weights.items():
        if group == EXTERNAL:
            own, change, more = np.nan_to_num(weight) ** 2, np.ones_like(se), np.zeros_like(se)
            own_df = np.full_like(se, np.inf)
        else:
            cells = block.cells[group]
            own = np.nan_to_num(weight * block.number(node, group, "se")) ** 2
            forms, own_df = (block.number(node, group, name) for name in ("n_valid", "df"))
            change = np.where(weight > 0, cells.change, 1.0)
            more = np.nan_to_num(forms * (cells.planned / cells.now - 1.0)) * (weight > 0)
            planned = planned + more
            with np.errstate(divide="ignore", invalid="ignore"):
                more = more * np.clip(own_df / np.maximum(forms - 1.0, 1.0), 0.0, 1.0)
        parts.append(own)
        later.append(own * change)
        degrees.append(np.where(own_df > 0, own_df, 1.0))
        degrees_later.append(np.maximum(degrees[-1] + np.nan_to_num(more), 1.0))
    total, total_later = np.sum(parts, axis=0), np.sum(later, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(total > 0, total_later / total, np.where(np.isnan(total_later), np.nan, 1.0))
        one, other = (
            satterthwaite(np.array(parts), np.array(degrees)),
            satterthwaite(np.array(later), np.array(degrees_later)),
        )
        df_later = np.where(np.isfinite(one) & np.isfinite(other), df * other / one, df)
    return _Noise(se**2, se**2 * ratio, df, np.maximum(df_later, 1.0), planned)


# --- the table --------------------------------------------------------------------------------------------------------


def _of_block(block: _BlockNoise) -> pd.DataFrame:
    weights = _weights(block)
    found = [_of_node(block, node, weights[node.code]) for node in block.nodes]
    if not found:
        return pd.DataFrame(columns=list(DETECTABLE_COLUMNS))
    rows = pd.concat(found, ignore_index=True).sort_values("_unit", kind="stable", ignore_index=True)
    return rows[list(DETECTABLE_COLUMNS)]


def _of_node(block: _BlockNoise, node: Node, weights: Mapping[str, Floats]) -> pd.DataFrame:
    noise = _noise(block, node.code, weights)
    told = {name: block.number(node.code, ALL_GROUPS, name) for name in _TOLD}
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(noise.now > 0, noise.later / noise.now, np.nan)
    multiple = detectable_multiple(noise.df_now, ratio, noise.df_later, block.round.inference.level)
    change = multiple * np.sqrt(noise.now + noise.later)
    said = list(_remarks(block, weights, told, change))
    return pd.DataFrame(
        {
            "_unit": np.arange(len(block.units)),
            "block": block.code,
            "unit_code": block.units["unit_code"],
            "unit_name": block.units["unit_name"],
            "node_code": node.code,
            "node_level": node.level,
            "n_valid": told["n_valid"],
            "n_planned": np.where(np.isnan(told["score"]), np.nan, np.round(noise.planned)),
            "score": told["score"],
            "se": told["se"],
            "se_planned": np.sqrt(noise.later),
            "multiple": multiple,
            "detectable_percent": 100.0 * change,
            "detectable_points": change * told["max_points"],
            "status": block.status(node.code),
            "note": pd.Series(said, dtype=object),
        }
    )


def _remarks(
    block: _BlockNoise, weights: Mapping[str, Floats], told: Mapping[str, Floats], change: Floats
) -> Iterable[Remarks]:
    """Why no detectable change is told [U]."""
    entering = [(weights[g] > 0, block.cells[g].is_census) for g in weights if g != EXTERNAL]
    census = np.all([~inside | whole for inside, whole in entering], axis=0) if entering else np.array(False)
    census = np.broadcast_to(census, change.shape) & (told["se"] == 0)
    for unit in range(len(change)):
        if np.isnan(told["score"][unit]) or not np.isnan(change[unit]):
            yield ()
        elif census[unit]:
            yield (remark("reach.census_now"),)
        elif np.isnan(told["se"][unit]) or told["se"][unit] == 0:
            yield (remark("reach.no_error"),)
        else:
            yield (remark("reach.fewer_than_census"),)
