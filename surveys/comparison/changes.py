"""Two rounds side by side: change per unit and node with its interval, corrected p-values, change of rank, and a refusal
with the reason where the editions do not measure the same thing.

Rounds are independent samples: Var(new − old) = Var(new) + Var(old), degrees of freedom after Satterthwaite. P-values of one
node and group are corrected over the units of the block (Holm by default), since all units are looked at together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument, Item, Node
from surveys.problems import Language, Problem, Problems
from surveys.scoring.quantities import Floats
from surveys.vocabulary.columns import CHANGE_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.remarks import Remarks, remark
from surveys.vocabulary.statuses import INCOMPARABLE, MISSING, OK
from weighting.estimation.estimates import adjusted_p
from weighting.estimation.intervals import t_quantile

KEYS = ["block", "unit_code", "node_code", "group"]
Key = tuple[str, str]  # block, unit
#: Successor of a unit that was divided among several: no unit has an empty code.
DIVIDED: Key = ("", "")


@dataclass(frozen=True)
class ComparedRound:
    """A scored round as a comparison needs it: its instrument, the score table (``SCORE_COLUMNS``), the league table
    (``UNIT_COLUMNS``), and the language of its official files."""

    instrument: Instrument
    table: pd.DataFrame
    units: pd.DataFrame
    language: Language = "vi"


@dataclass(frozen=True)
class Comparison:
    """``table``: one row per unit × node × group of the new round, ``CHANGE_COLUMNS``, scores in [0, 1];
    ``refused``: why nodes or units were not compared."""

    table: pd.DataFrame
    refused: tuple[Problem, ...]


def compare(
    old: ComparedRound,
    new: ComparedRound,
    successors: Mapping[Key, Key] | None = None,
    *,
    level: float = 0.95,
    method: str = "holm",
) -> Comparison:
    """Change from the old round to the new one. Raises :class:`surveys.problems.SurveyError` when no node or no unit of
    the two rounds can be compared.

    ``successors`` maps (block, old unit code) to (block, new unit code) where units changed (see
    :mod:`surveys.comparison.crosswalk`); units of the same code are taken as the same otherwise. A unit with several
    predecessors, or one that was ``DIVIDED``, is not compared. ``method`` is one of those of
    :func:`weighting.estimation.estimates.adjusted_p`.
    """
    problems = Problems()
    differing = incomparable(old.instrument, new.instrument, problems)
    earlier = _renamed(_with_items_of(old, new.instrument), successors or {}, problems)
    _refuse(old, new, successors or {}, differing, problems)
    merged = new.table.merge(earlier, on=KEYS, how="left", suffixes=("_new", "_old"))
    merged = _with_ranks(merged, old.units, new.units, successors or {})
    table = _changes(merged, level)
    table["status"], table["note"] = _remarks(merged, differing)
    refused = (table["status"] != OK).to_numpy()
    for column in ("change", "se", "ci_low", "ci_high", "df", "p_value", "rank_change"):
        table[column] = table[column].mask(refused)
    table["p_adjusted"] = _adjusted(table, method)
    return Comparison(table[list(CHANGE_COLUMNS)], tuple(problems))


# --- what may be compared ---------------------------------------------------------------------------------------------


def incomparable(old: Instrument, new: Instrument, problems: Problems) -> dict[str, str]:
    """Nodes and items of the new edition that do not measure what they measured, with the code of the reason.

    A node is comparable when it exists in both editions with the same items on the same scales, the same rule, weights
    and groups, and all its children are comparable. An item is known by its wording; its number may change. Editions that
    declare each other in ``comparable_with`` are comparable.
    """
    if old.name in new.comparable_with:
        return {}
    reasons: dict[str, str] = {}
    for node in reversed(new.nodes):  # parents stand first: children are judged before them
        reason = _reason(old, new, node, reasons)
        if reason:
            reasons[node.code] = reason
            problems.add(
                reason, severity="warning", node=node.code, old_edition=old.name, new_edition=new.name
            )
    before = {code: old.item[earlier] for earlier, code in same_items(old, new).items() if code}
    for item in new.items:
        if item.node and item.code not in before:
            reasons[item.code] = "compare.items_changed"
        elif item.node and _differs(old, before[item.code], new, item):
            reasons[item.code] = "compare.scale_changed"
    return reasons


def same_items(old: Instrument, new: Instrument) -> dict[str, str]:
    """Code of each scored item of the old edition → code of the item of the new one with the same wording in the same node,
    empty where there is none. Editions that are declared comparable keep their codes otherwise."""
    declared = old.name in new.comparable_with
    by_text = {(item.node, item.text_vi): item.code for item in new.items if item.node}
    kept = {
        item.code: item.code if declared and item.code in new.item else "" for item in old.items if item.node
    }
    return kept | {
        item.code: by_text[item.node, item.text_vi]
        for item in old.items
        if (item.node, item.text_vi) in by_text
    }


def _differs(old: Instrument, before: Item, new: Instrument, item: Item) -> bool:
    """The same question, valued differently."""
    return old.scoring != new.scoring or _identity(old, before) != _identity(new, item)


def _reason(old: Instrument, new: Instrument, node: Node, reasons: Mapping[str, str]) -> str:
    before = old.node.get(node.code)
    if before is None:
        return "compare.new_node"
    children = [child.code for child in new.children.get(node.code, ())]
    if set(children) != {child.code for child in old.children.get(node.code, ())}:
        return "compare.children_changed"
    if any(child in reasons for child in children):
        return "compare.below_changed"
    if (before.rule, before.groups, before.low, before.high) != (node.rule, node.groups, node.low, node.high):
        return "compare.rule_changed"
    was, now = (_asked(edition, node.code) for edition in (old, new))
    if [x[0] for x in was] != [x[0] for x in now]:
        same_codes = _codes(old, node.code) == _codes(new, node.code)
        return "compare.scale_changed" if same_codes else "compare.items_changed"
    if was != now or old.scoring != new.scoring:
        return "compare.scale_changed"
    return ""


def _asked(instrument: Instrument, node: str) -> list[tuple[object, ...]]:
    """What a node's items ask and how answers are valued; the wording decides which item is which."""
    return sorted(_identity(instrument, item) for item in instrument.items_of_node.get(node, ()))


def _codes(instrument: Instrument, node: str) -> set[str]:
    return {item.code for item in instrument.items_of_node.get(node, ())}


def _identity(instrument: Instrument, item: Item) -> tuple[object, ...]:
    scale = instrument.scale[item.scale]
    levels = tuple((level.code, level.values, level.satisfied) for level in scale.levels)
    return (
        item.text_vi,
        levels,
        item.reverse,
        item.weight,
        item.minimum or 0.0,
        item.maximum or 1.0,
    )


def units_of(scored: ComparedRound) -> list[Key]:
    """(block, unit) of every unit of a round."""
    return list(zip(scored.units["block"], scored.units["unit_code"], strict=True))


def _with_items_of(old: ComparedRound, new: Instrument) -> pd.DataFrame:
    """The old table with its items under the codes of the new edition; items that it no longer has are left out."""
    codes = same_items(old.instrument, new)
    is_item = (old.table["node_level"] == ITEM_LEVEL).to_numpy()
    named = [
        codes.get(code, "") if item else code
        for code, item in zip(old.table["node_code"], is_item, strict=True)
    ]
    renamed = old.table.assign(node_code=named)
    return renamed[renamed["node_code"] != ""]


def _renamed(table: pd.DataFrame, successors: Mapping[Key, Key], problems: Problems) -> pd.DataFrame:
    """The old table under the codes of the new units; units that were divided or merged are left out and named."""
    keys = list(zip(table["block"], table["unit_code"], strict=True))
    divided = [successors.get(key) == DIVIDED for key in keys]
    for block, unit in dict.fromkeys(key for key, gone in zip(keys, divided, strict=True) if gone):
        problems.add("compare.divided_unit", severity="warning", block=block, unit=unit)
    table = table[~np.array(divided, dtype=bool)]
    heirs = [successors.get(key, key) for key in zip(table["block"], table["unit_code"], strict=True)]
    renamed = table.assign(
        unit_code_old=table["unit_code"],
        block=[block for block, _ in heirs],
        unit_code=[unit for _, unit in heirs],
    )
    parents = renamed[["block", "unit_code", "unit_code_old"]].drop_duplicates()
    merged = parents[parents.duplicated(["block", "unit_code"], keep=False)]
    for (block, unit), group in merged.groupby(["block", "unit_code"], sort=True):
        problems.add(
            "compare.merged_unit",
            severity="warning",
            block=block,
            unit=unit,
            predecessors=list(group["unit_code_old"]),
        )
    single = ~pd.MultiIndex.from_frame(renamed[["block", "unit_code"]]).isin(
        pd.MultiIndex.from_frame(merged[["block", "unit_code"]])
    )
    return renamed.loc[single, [*KEYS, "unit_code_old", "score", "se", "df", "status"]]


def _refuse(
    old: ComparedRound,
    new: ComparedRound,
    successors: Mapping[Key, Key],
    differing: Mapping[str, str],
    problems: Problems,
) -> None:
    """Two rounds of which nothing can be compared: no node, or no unit."""
    before, after = old.instrument.name, new.instrument.name
    if all(code in differing for code in new.table["node_code"].unique()):
        problems.add("compare.no_common_node", old_edition=before, new_edition=after)
    if not {successors.get(key, key) for key in units_of(old)} & set(units_of(new)):
        problems.add("compare.no_common_unit", old_edition=before, new_edition=after)
    problems.raise_errors()


# --- the arithmetic ---------------------------------------------------------------------------------------------------


def _changes(merged: pd.DataFrame, level: float) -> pd.DataFrame:
    """Difference, standard error, interval and p-value of every row."""
    from scipy import special

    v_old, v_new = merged["se_old"].to_numpy() ** 2, merged["se_new"].to_numpy() ** 2
    change = (merged["score_new"] - merged["score_old"]).to_numpy()
    se = np.sqrt(v_old + v_new)
    df = satterthwaite([v_old, v_new], [merged["df_old"].to_numpy(), merged["df_new"].to_numpy()])
    half = t_quantile(df, level) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2.0 * special.stdtr(df, -np.abs(change) / se)
    p = np.where(se > 0, p, np.where(change == 0, 1.0, 0.0))
    return merged.assign(
        change=change,
        se=se,
        ci_low=np.maximum(change - half, -1.0),
        ci_high=np.minimum(change + half, 1.0),
        df=df,
        p_value=np.where(np.isnan(change), np.nan, p),
        rank_change=merged["rank_old"] - merged["rank_new"],
        node_level=merged["node_level"],
    )


def satterthwaite(variances: Sequence[Floats], df: Sequence[Floats]) -> Floats:
    """(Σ V)²/Σ V²/df; infinite where no part has a variance.

    >>> satterthwaite([np.array([1.0]), np.array([1.0])], [np.array([10.0]), np.array([10.0])]).tolist()
    [20.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sum(np.where(v > 0, v**2 / d, 0.0) for v, d in zip(variances, df, strict=True))
        return np.asarray(np.where(spread > 0, sum(variances) ** 2 / spread, np.inf))


def _adjusted(table: pd.DataFrame, method: str) -> pd.Series:
    """P-values corrected over the units, within block × node × group."""
    families = table.groupby(["block", "node_code", "group"], sort=False)["p_value"]
    return families.transform(lambda p: adjusted_p(p.to_numpy(), method))


def _with_ranks(
    merged: pd.DataFrame,
    old: pd.DataFrame,
    new: pd.DataFrame,
    successors: Mapping[Key, Key],
) -> pd.DataFrame:
    """Ranks of both rounds beside the root's rows over all groups."""
    was = {
        successors.get(key, key): rank
        for key, rank in zip(zip(old["block"], old["unit_code"], strict=True), old["rank"], strict=True)
    }
    now = dict(zip(zip(new["block"], new["unit_code"], strict=True), new["rank"], strict=True))
    keys = list(zip(merged["block"], merged["unit_code"], strict=True))
    root = (
        (merged["node_level"] == merged["node_level"].iloc[0]) & (merged["group"] == ALL_GROUPS)
    ).to_numpy()
    return merged.assign(
        rank_old=pd.array(
            [was.get(k, pd.NA) if r else pd.NA for k, r in zip(keys, root, strict=True)], dtype="Int64"
        ),
        rank_new=pd.array(
            [now.get(k, pd.NA) if r else pd.NA for k, r in zip(keys, root, strict=True)], dtype="Int64"
        ),
    )


def _remarks(merged: pd.DataFrame, differing: Mapping[str, str]) -> tuple[list[str], list[Remarks]]:
    """Status ok, incomparable or missing, with the reason."""
    statuses: list[str] = []
    notes: list[Remarks] = []
    columns = zip(
        merged["node_code"], merged["score_old"], merged["score_new"], merged["unit_code_old"], strict=True
    )
    for node, before, after, predecessor in columns:
        if node in differing:
            statuses.append(INCOMPARABLE)
            notes.append((remark(f"{differing[node]}.note"),))
        elif pd.isna(predecessor):
            statuses.append(MISSING)
            notes.append((remark("compare.no_predecessor"),))
        elif np.isnan(before) or np.isnan(after):
            statuses.append(MISSING)
            notes.append((remark("compare.no_value"),))
        else:
            statuses.append(OK)
            notes.append(())
    return statuses, notes
