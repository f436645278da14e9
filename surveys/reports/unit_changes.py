"""What changed of a unit since the earlier round: by how much, and whether by more than chance explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.definitions.instrument.records import Instrument
from surveys.handover.words import label_of
from surveys.problems import Language
from surveys.reports.analysis_report.parts import Number
from surveys.reports.analysis_report.quoting import Quoted, QuotedRow
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, SURVEY

#: Up or down by more than chance; within what chance explains; not told.
Verdict = Literal["up", "down", "chance", "untold"]
_LEVEL = 0.05


@dataclass(frozen=True)
class Change:
    """The change of a node in percent of its range, with the limits of its interval; ``why``: what is said of it."""

    code: str
    name: str
    old: Number
    new: Number
    change: Number
    low: Number
    high: Number
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class UnitChanges:
    """``shown``: the total, the nodes next to it, and further sub-criteria that changed by more than chance; ``others``: how many
    did not, and ``not_compared``; ``ranks``: earlier and present rank, change and its limits; ``refused``: why nothing is
    compared."""

    shown: tuple[Change, ...] = ()
    others: int = 0
    not_compared: int = 0
    ranks: Mapping[str, Number] | None = None
    refused: str = ""


@dataclass(frozen=True)
class _Told:
    """How changes are told, and which nodes stand at the top of the tree."""

    instrument: Instrument
    decimals: int
    language: Language
    top: frozenset[str]

    def change(self, row: QuotedRow, verdict: Verdict) -> Change:
        code = row["node_code"]
        return Change(
            code=code,
            name=label_of(self.instrument.node.get(code), self.language) or code,
            old=row.percent("score_old", self.decimals),
            new=row.percent("score_new", self.decimals),
            change=row.percent("change", self.decimals, sign=True),
            low=row.percent("ci_low", self.decimals, sign=True),
            high=row.percent("ci_high", self.decimals, sign=True),
            verdict=verdict,
            why=row["note"],
        )


def unit_changes(
    changes: Quoted, instrument: Instrument, decimals: int, language: Language
) -> dict[tuple[str, str], UnitChanges]:
    """(block, unit) → what changed, from a printed table of changes, its notes in the language: over all groups, of the survey
    part."""
    roots = {node.code for node in instrument.children.get("", ())}
    next_to = {node.code for root in roots for node in instrument.children.get(root, ())}
    told = _Told(instrument, decimals, language, frozenset(roots | next_to))
    found: dict[tuple[str, str], list[QuotedRow]] = {}
    for row in changes:
        if row["group"] == ALL_GROUPS and row["node_level"] != ITEM_LEVEL and row["part"] == SURVEY:
            found.setdefault((row["block"], row["unit_code"]), []).append(row)
    return {unit: _of_unit(rows, told) for unit, rows in found.items()}


def verdict_of(row: QuotedRow) -> Verdict:
    """What may be said of the change of a row of the table of changes."""
    if not row["change"] or not row["p_adjusted"]:
        return "untold"
    if float(row["p_adjusted"]) > _LEVEL:
        return "chance"
    return "up" if float(row["change"]) > 0 else "down"


def _of_unit(rows: Sequence[QuotedRow], told: _Told) -> UnitChanges:
    verdicts = [(row, verdict_of(row)) for row in rows]
    top = [told.change(row, verdict) for row, verdict in verdicts if row["node_code"] in told.top]
    lowest = [
        (row, verdict)
        for row, verdict in verdicts
        if row["node_code"] not in told.top and row["node_code"] not in told.instrument.children
    ]
    sure = [told.change(row, verdict) for row, verdict in lowest if verdict in ("up", "down")]
    within = sum(verdict == "chance" for _, verdict in lowest)
    return UnitChanges((*top, *sure), within, len(lowest) - len(sure) - within, _ranks(rows[0]))


def _ranks(total: QuotedRow) -> Mapping[str, Number] | None:
    if not all(total[name] for name in ("rank_old", "rank_new", "rank_change")):
        return None
    plain = {name: total.number(name) for name in ("rank_old", "rank_new")}
    moved = ("rank_change", "rank_change_low", "rank_change_high")
    return plain | {name: total.number(name, sign=True) for name in moved}
