"""Two rounds side by side: change per unit and node with its interval, corrected p-values, change of rank, and a refusal
with the reason where the editions do not measure the same thing.

Rounds are independent samples: Var(new − old) = Var(new) + Var(old), degrees of freedom after Satterthwaite. P-values of one
node and group are corrected over the units of the block (Holm by default), since all units are looked at together. Where both
rounds have the council's half, the totals of both halves are compared too: their change has the error of the survey parts,
shifted by the change of the council's points.

A change of rank lies between the best old rank less the worst new one and the worst old rank less the best new one, for all units
of a block at once, wherever the sets of ranks of both rounds hold: with the product of their levels, 90 % for two rounds at 95 %
(:func:`weighting.rank_changes`). A rank that moved while the score did not clearly change is said to have done so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.comparison.compared_round import ComparedRound, Key, RoundPart
from surveys.comparison.steps import RoundStep, step_between
from surveys.problems import Problem, Problems
from surveys.scoring.inference import satterthwaite
from surveys.scoring.quantities import Floats
from surveys.vocabulary.columns import CHANGE_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, TOTAL
from surveys.vocabulary.remarks import Remark
from surveys.vocabulary.statuses import INCOMPARABLE, MISSING, OK, PROVISIONAL
from weighting.estimation.estimates import adjusted_p
from weighting.estimation.intervals import t_quantile
from weighting.ranking.changes import change_limits

KEYS = ["block", "unit_code", "node_code", "group"]
#: What is compared of the two rounds.
_COMPARED = ("score", "se", "df", "ci_low", "ci_high", "status")
_RANK_CHANGES = ("rank_change", "rank_change_low", "rank_change_high")


@dataclass(frozen=True)
class Comparison:
    """``table``: one row per unit × node × group of the new round, for each part of the index, ``CHANGE_COLUMNS``, scores in
    [0, 1]; ``breaks``: for each row ``ok`` or the code of what stands against the comparison; ``refused``: why nodes or units
    were not compared."""

    table: pd.DataFrame
    breaks: pd.Series
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
    step, problems = step_between(old, new, successors), Problems()
    problems.extend(step.told)
    problems.raise_errors()
    return changes_of(step, level=level, method=method)


def changes_of(step: RoundStep, *, level: float = 0.95, method: str = "holm") -> Comparison:
    """The changes of two neighbouring rounds, of every part that both have."""
    before, after = step.old.parts, step.new.parts
    found = [
        _of_part(step, part, (before[part], after[part]), (level, method)) for part in after if part in before
    ]
    table = pd.concat(found, ignore_index=True)
    table = table.assign(round_old=step.old.label, round_new=step.new.label)
    return Comparison(table[list(CHANGE_COLUMNS)], table["_break"], step.told)


def _of_part(
    step: RoundStep, part: str, tables: tuple[RoundPart, RoundPart], correction: tuple[float, str]
) -> pd.DataFrame:
    """The changes of one part of the index, with the column ``_break``."""
    (old, new), (level, method) = tables, correction
    earlier = _under_heirs(step, old.table)
    merged = new.table.merge(earlier, on=KEYS, how="left", suffixes=("_new", "_old"))
    heirs = [step.heirs[unit] for unit in keys_of(old.units)]
    merged = _with_ranks(merged, (heirs, old.units), (keys_of(new.units), new.units))
    table = _with_remarks(_changes(merged, level).assign(part=part), step)
    refused = (table["status"] != OK).to_numpy()
    for column in ("change", "se", "ci_low", "ci_high", "df", "p_value", *_RANK_CHANGES):
        table[column] = table[column].mask(refused)
    families = table.groupby(["block", "node_code", "group"], sort=False)["p_value"]
    table["p_adjusted"] = families.transform(lambda p: adjusted_p(p.to_numpy(), method))
    return _moves_without_difference(table, level)


def keys_of(units: pd.DataFrame) -> list[Key]:
    """(block, unit) of every row of a league table."""
    return list(zip(units["block"], units["unit_code"], strict=True))


def _under_heirs(step: RoundStep, table: pd.DataFrame) -> pd.DataFrame:
    """The old table under the codes of the new round; units that were divided or merged are left out, and items that are not
    asked any more."""
    rows = zip(table["node_code"], table["node_level"], strict=True)
    named = table.assign(node_code=[step.code_of(code, is_item=level == ITEM_LEVEL) for code, level in rows])
    named = named[named["node_code"] != ""]
    earlier = named.rename(columns={"block": "block_old", "unit_code": "unit_code_old"})
    return earlier.merge(step.units, on=["block_old", "unit_code_old"])[[*KEYS, "unit_code_old", *_COMPARED]]


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


def at_roots(rows: pd.DataFrame, keys: Sequence[Key], units: pd.DataFrame, name: str) -> pd.Series:
    """A column of whole numbers of a league table beside the rows of the total over all groups, nothing beside the others.
    ``keys``: the (block, unit) under which each row of the league table stands in ``rows``."""
    root = (rows["node_level"] == rows["node_level"].iloc[0]) & (rows["group"] == ALL_GROUPS)
    numbers = dict(zip(keys, units[name], strict=True))
    found = [numbers.get(u, pd.NA) if at else pd.NA for u, at in zip(keys_of(rows), root, strict=True)]
    return pd.Series(found, index=rows.index, dtype="Int64")


def _with_ranks(
    merged: pd.DataFrame, old: tuple[Sequence[Key], pd.DataFrame], new: tuple[Sequence[Key], pd.DataFrame]
) -> pd.DataFrame:
    """Ranks of both rounds, their change and its limits beside the root's rows over all groups; each round with the unit of the
    new one that each row of its league table belongs to."""

    def limits_of(round_: tuple[Sequence[Key], pd.DataFrame]) -> tuple[Floats, Floats]:
        low, high = (
            np.array(at_roots(merged, *round_, name).astype(float)) for name in ("rank_low", "rank_high")
        )
        return low, high

    was, now = at_roots(merged, *old, "rank"), at_roots(merged, *new, "rank")
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


def _with_remarks(table: pd.DataFrame, step: RoundStep) -> pd.DataFrame:
    """Status ok, incomparable or missing, the code of what stands against the comparison, and that as a remark."""
    reasons = np.array([step.differing.get(node, "") for node in table["node_code"]])
    merged = np.array([step.is_merged(unit) for unit in keys_of(table)], dtype=bool)
    without = table[["score_old", "score_new"]].isna().any(axis=1)
    cases = [reasons != "", merged, table["unit_code_old"].isna(), without]
    breaks = np.select(
        cases, [reasons, "compare.merged_unit", "compare.no_predecessor", "compare.no_value"], ""
    )
    said = [breaks != "", table["se"].isna()]
    codes = np.select(said, [_remark_codes(breaks), _without_error(table)], "")
    first = table[["status_old", "status_new"]].isin([PROVISIONAL]).any(axis=1) & (breaks == "")
    provisional = Remark("compare.provisional")
    notes = [
        (*((Remark(code),) if code else ()), *((provisional,) if at_first else ()))
        for code, at_first in zip(codes.tolist(), first, strict=True)
    ]
    status = np.select(cases, [INCOMPARABLE, MISSING, MISSING, MISSING], OK)
    short = [code.removeprefix("compare.") or OK for code in breaks.tolist()]
    return table.assign(status=status, note=pd.Series(notes, dtype=object), _break=short)


def _remark_codes(breaks: np.ndarray) -> np.ndarray:
    """The remark that tells each break in a table, whose cells name neither node nor editions."""
    alone = np.isin(breaks, ["compare.no_predecessor", "compare.no_value"])
    return np.where(alone, breaks, [f"{code}.note" for code in breaks.tolist()])


def _without_error(table: pd.DataFrame) -> np.ndarray:
    """Why a change has no error: nothing of the node is surveyed, or the error is not known."""
    nothing = (table["part"] == TOTAL) & table["df_old"].isna() & table["df_new"].isna()
    return np.where(nothing, "compare.assessed", "compare.no_error")
