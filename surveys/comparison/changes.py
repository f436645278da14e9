"""Two rounds side by side: change per unit and node with its interval, corrected p-values, change of rank, and a refusal
with the reason where the editions do not measure the same thing.

Rounds are independent samples: Var(new − old) = Var(new) + Var(old), degrees of freedom after Satterthwaite. P-values of one
node and group are corrected over the units of the block (Holm by default), since all units are looked at together.

A change of rank lies between the best old rank less the worst new one and the worst old rank less the best new one, for all units
of a block at once, wherever the sets of ranks of both rounds hold: with the product of their levels, 90 % for two rounds at 95 %
(:func:`weighting.rank_changes`). A rank that moved while the score did not clearly change is said to have done so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.comparison.comparability import incomparable, same_items
from surveys.definitions.instrument.records import Instrument
from surveys.problems import Language, Problem, Problems
from surveys.scoring.inference import satterthwaite
from surveys.scoring.quantities import Floats
from surveys.vocabulary.columns import CHANGE_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.remarks import Remark
from surveys.vocabulary.statuses import INCOMPARABLE, MISSING, OK
from weighting.estimation.estimates import adjusted_p
from weighting.estimation.intervals import t_quantile
from weighting.ranking.changes import change_limits

KEYS = ["block", "unit_code", "node_code", "group"]
Key = tuple[str, str]  # block, unit
#: Faults by which two rounds have nothing that can be compared.
NOT_COMPARABLE = ("compare.no_common_node", "compare.no_common_unit")
#: What is compared of the two rounds.
_COMPARED = ("score", "se", "df", "ci_low", "ci_high")
_RANK_CHANGES = ("rank_change", "rank_change_low", "rank_change_high")
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
    heirs = {unit: (successors or {}).get(unit, unit) for unit in units_of(old)}
    earlier = _under_heirs(_with_items_of(old, new.instrument), heirs, problems)
    before, after = old.instrument.name, new.instrument.name
    if all(code in differing for code in new.table["node_code"].unique()):
        problems.add("compare.no_common_node", old_edition=before, new_edition=after)
    if not set(heirs.values()) & set(units_of(new)):
        problems.add("compare.no_common_unit", old_edition=before, new_edition=after)
    problems.raise_errors()
    merged = new.table.merge(earlier, on=KEYS, how="left", suffixes=("_new", "_old"))
    merged = _with_ranks(merged, (list(heirs.values()), old.units), (units_of(new), new.units))
    table = _with_remarks(_changes(merged, level), differing)
    refused = (table["status"] != OK).to_numpy()
    for column in ("change", "se", "ci_low", "ci_high", "df", "p_value", *_RANK_CHANGES):
        table[column] = table[column].mask(refused)
    families = table.groupby(["block", "node_code", "group"], sort=False)["p_value"]
    table["p_adjusted"] = families.transform(lambda p: adjusted_p(p.to_numpy(), method))
    return Comparison(_moves_without_difference(table, level)[list(CHANGE_COLUMNS)], tuple(problems))


def units_of(scored: ComparedRound) -> list[Key]:
    """(block, unit) of every unit of a round."""
    return list(zip(scored.units["block"], scored.units["unit_code"], strict=True))


# --- the old round under the codes of the new one ---------------------------------------------------------------------


def _with_items_of(old: ComparedRound, new: Instrument) -> pd.DataFrame:
    """The old table with its items under the codes of the new edition; items that it no longer has are left out."""
    codes = same_items(old.instrument, new)
    rows = zip(old.table["node_code"], old.table["node_level"], strict=True)
    named = [codes.get(code, "") if level == ITEM_LEVEL else code for code, level in rows]
    renamed = old.table.assign(node_code=named)
    return renamed[renamed["node_code"] != ""]


def _under_heirs(table: pd.DataFrame, heirs: Mapping[Key, Key], problems: Problems) -> pd.DataFrame:
    """The old table under the codes of the new units; units that were divided or merged are left out and named."""
    predecessors: dict[Key, list[str]] = {}
    for (block, unit), heir in heirs.items():
        if heir == DIVIDED:
            problems.add("compare.divided_unit", severity="warning", block=block, unit=unit)
        else:
            predecessors.setdefault(heir, []).append(unit)
    for (block, unit), merged in sorted(predecessors.items()):
        if len(merged) > 1:
            problems.add(
                "compare.merged_unit", severity="warning", block=block, unit=unit, predecessors=merged
            )
    single = [(*unit, *heir) for unit, heir in heirs.items() if len(predecessors.get(heir, ())) == 1]
    names = pd.DataFrame(single, columns=["block_old", "unit_code_old", "block", "unit_code"], dtype=str)
    earlier = table.rename(columns={"block": "block_old", "unit_code": "unit_code_old"})
    kept = earlier.merge(names, on=["block_old", "unit_code_old"])
    return kept[[*KEYS, "unit_code_old", *_COMPARED, "status"]]


# --- the arithmetic ---------------------------------------------------------------------------------------------------


def _changes(merged: pd.DataFrame, level: float) -> pd.DataFrame:
    """Difference, standard error, interval and p-value of every row; only the difference where a round's error is not known.
    A difference without error, of two complete censuses, is certain."""
    from scipy import special

    variances = np.array([_known_se(merged, when) for when in ("old", "new")]) ** 2
    change = (merged["score_new"] - merged["score_old"]).to_numpy()
    se = np.sqrt(variances.sum(axis=0))
    df = satterthwaite(variances, merged[["df_old", "df_new"]].to_numpy().T)
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
        p_value=np.where(np.isnan(change) | np.isnan(se), np.nan, p),
    )


def _known_se(merged: pd.DataFrame, when: str) -> Floats:
    """Standard errors of a round; NaN where answers that do not vary leave it unknown: zero beside an
    interval that has a width."""
    se, low, high = (merged[f"{name}_{when}"].to_numpy(dtype=float) for name in ("se", "ci_low", "ci_high"))
    return np.where((se == 0) & ~(high == low), np.nan, se)


def _with_ranks(
    merged: pd.DataFrame, old: tuple[Sequence[Key], pd.DataFrame], new: tuple[Sequence[Key], pd.DataFrame]
) -> pd.DataFrame:
    """Ranks of both rounds, their change and its limits beside the root's rows over all groups; each round with the unit of the
    new one that each row of its league table belongs to."""

    def at_roots(name: str, among: tuple[Sequence[Key], pd.DataFrame]) -> pd.Series:
        ranks = dict(zip(among[0], among[1][name], strict=True))
        found = [ranks.get(u, pd.NA) if at else pd.NA for u, at in zip(units, root, strict=True)]
        return pd.Series(found, index=merged.index, dtype="Int64")

    def limits_of(round_: tuple[Sequence[Key], pd.DataFrame]) -> tuple[Floats, Floats]:
        low, high = (np.array(at_roots(name, round_).astype(float)) for name in ("rank_low", "rank_high"))
        return low, high

    root = (merged["node_level"] == merged["node_level"].iloc[0]) & (merged["group"] == ALL_GROUPS)
    units = list(zip(merged["block"], merged["unit_code"], strict=True))
    was, now = at_roots("rank", old), at_roots("rank", new)
    low, high = change_limits(limits_of(old), limits_of(new))
    return merged.assign(
        rank_old=was,
        rank_new=now,
        rank_change=was - now,
        rank_change_low=pd.Series(low, index=merged.index).astype("Int64"),
        rank_change_high=pd.Series(high, index=merged.index).astype("Int64"),
    )


def _moves_without_difference(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Says so where a rank moved and the change of the score, corrected over the units, is not significant."""
    moved = table["rank_change"].fillna(0).ne(0).to_numpy(dtype=bool)
    alike = moved & (table["p_adjusted"] > 1.0 - level).to_numpy(dtype=bool)
    said = Remark("compare.rank_without_difference")
    notes = [(*note, said) if here else note for note, here in zip(table["note"], alike, strict=True)]
    return table.assign(note=pd.Series(notes, index=table.index, dtype=object))


def _with_remarks(table: pd.DataFrame, differing: Mapping[str, str]) -> pd.DataFrame:
    """Status ok, incomparable or missing, with the reason as a remark."""
    reasons = np.array([differing.get(node, "") for node in table["node_code"]])
    alone = table["unit_code_old"].isna()
    cases = [reasons != "", alone, table[["score_old", "score_new"]].isna().any(axis=1)]
    notes = [f"{reason}.note" for reason in reasons]
    cases.append(table["se"].isna())
    codes = np.select(cases, [notes, "compare.no_predecessor", "compare.no_value", "compare.no_error"], "")
    return table.assign(
        status=np.select(cases[:3], [INCOMPARABLE, MISSING, MISSING], OK),
        note=pd.Series([(Remark(code),) if code else () for code in codes.tolist()], dtype=object),
    )
