"""What changed of a unit since the earlier round: by how much, and whether by more than chance explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.handover.rounding import decimal_texts
from surveys.handover.words import label_of
from surveys.problems import Language
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, SURVEY
from surveys.vocabulary.remarks import in_words

#: Up or down by more than chance; within what chance explains; not told.
Verdict = Literal["up", "down", "chance", "untold"]
_LEVEL = 0.05


@dataclass(frozen=True)
class Change:
    """The change of a node in percent of its range, with the limits of its interval, as printed; ``why``: what is said of it."""

    code: str
    name: str
    old: str
    new: str
    change: str
    low: str
    high: str
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class UnitChanges:
    """``shown``: the total, the nodes next to it, and further sub-criteria that changed by more than chance; ``others``: how many
    did not, and ``not_compared``; ``ranks``: earlier and present rank, change and its limits, as printed; ``refused``: why
    nothing is compared."""

    shown: tuple[Change, ...] = ()
    others: int = 0
    not_compared: int = 0
    ranks: Mapping[str, str] | None = None
    refused: str = ""


def unit_changes(
    changes: pd.DataFrame, instrument: Instrument, decimals: int, language: Language
) -> dict[tuple[str, str], UnitChanges]:
    """(block, unit) → what changed, from a table of changes (``CHANGE_COLUMNS``) over all groups, of
    the survey part."""
    of_nodes = (changes["group"] == ALL_GROUPS) & (changes["node_level"] != ITEM_LEVEL)
    rows = changes[of_nodes & (changes["part"] == SURVEY)]
    percents = {
        name: decimal_texts(100.0 * rows[name].to_numpy(dtype=float), decimals)
        for name in ("score_old", "score_new", "change", "ci_low", "ci_high")
    }
    verdicts = [_verdict(*pair) for pair in zip(rows["change"], rows["p_adjusted"], strict=True)]
    words = [in_words(note, language) for note in rows["note"]]
    told = rows.assign(**percents, verdict=verdicts, why=words)
    return {
        (str(key[0]), str(key[1])): _of_unit(of_unit, instrument, language)
        for key, of_unit in told.groupby(["block", "unit_code"], sort=False)
    }


def _verdict(change: float, p: float) -> Verdict:
    if pd.isna(change) or pd.isna(p):
        return "untold"
    if p > _LEVEL:
        return "chance"
    return "up" if change > 0 else "down"


def _of_unit(rows: pd.DataFrame, instrument: Instrument, language: Language) -> UnitChanges:
    roots = {node.code for node in instrument.children.get("", ())}
    top = roots | {node.code for root in roots for node in instrument.children.get(root, ())}
    columns = ("node_code", "score_old", "score_new", "change", "ci_low", "ci_high", "verdict", "why")
    found = [
        Change(code, label_of(instrument.node[code], language), *rest)
        for code, *rest in rows[list(columns)].itertuples(index=False)
    ]
    others = [c for c in found if c.code not in top and c.code not in instrument.children]
    sure = [c for c in others if c.verdict in ("up", "down")]
    told = sum(c.verdict == "chance" for c in others)
    return UnitChanges(
        (*(c for c in found if c.code in top), *sure),
        told,
        len(others) - len(sure) - told,
        _ranks(rows.iloc[0]),
    )


def _ranks(total: pd.Series) -> Mapping[str, str] | None:
    names = ("rank_old", "rank_new", "rank_change", "rank_change_low", "rank_change_high")
    if total[list(names[:3])].isna().any():
        return None
    return {name: "" if pd.isna(total[name]) else f"{int(total[name])}" for name in names}
