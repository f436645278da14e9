"""How a whole block answered: the share of each level of every question, group by group and over the groups.

Answers that the scores or the shares of a unit do not show enter nothing here: what is left is a sum over cells that are shown.
Shares of a group are means of its design; over the groups they are combined by the weights that the node gives to the groups, as
the scores are, and the groups are independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from surveys.analysis.by_variables import UNIT, ByVariable
from surveys.analysis.hidden_categories import unshown
from surveys.analysis.tabulated_rows import TabulatedRows, rows_by_group
from surveys.definitions.instrument.records import Instrument, Item
from surveys.definitions.study.records import Inference, StudyDefinition
from surveys.problems import Problems
from surveys.returns.record_set import Returns
from surveys.sampling.samples import Samples
from surveys.scoring.inference import satterthwaite
from surveys.scoring.quantities import Bools, Floats
from surveys.vocabulary.columns import ANSWER_COLUMNS
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.remarks import Remark, Remarks, remark
from surveys.vocabulary.statuses import INCOMPLETE, OK, SUPPRESSED
from weighting import Estimates
from weighting.estimation.estimates import EXACT, ONE_CLUSTER
from weighting.estimation.intervals import Confidence

#: Levels of questions that are estimated together: more would only take more memory, and no less time.
_TOGETHER = 150
_NUMBERS = ("estimate", "se", "df", "ci_low", "ci_high")


def answers_of(
    study: StudyDefinition, returns: Returns, samples: Samples, scores: pd.DataFrame
) -> pd.DataFrame:
    """One row per block × question × group × level, the groups together last, columns ``ANSWER_COLUMNS``; shares in [0, 1] of the
    valid answers, NaN where a group has too few of them. ``scores``: the results of the round, whose hidden ones enter nothing.

    Questions that enter the index, those beside it, and those that stand under no node.
    """
    by_unit = (ByVariable((UNIT,)),)
    parts = [rows for rows, _ in rows_by_group(study, returns, samples, by_unit, Problems())]
    lines: list[_Line] = []
    for block in dict.fromkeys(rows.block for rows in parts):
        hidden = unshown(scores, block)
        lines += _lines(study, [_GroupAnswers(rows, hidden) for rows in parts if rows.block == block])
    return _table(study.instrument, lines)


class _Shares(NamedTuple):
    """Shares of the levels of a question with standard errors, degrees of freedom and limits, float [levels] each; ``size``: as
    many forms as they are worth where nothing varies, infinite for a census."""

    share: Floats
    se: Floats
    df: Floats
    low: Floats
    high: Floats
    size: float


class _Line(NamedTuple):
    """A question in one block and group."""

    block: str
    item: Item
    group: str
    n: int
    shares: _Shares
    status: str
    note: Remarks


def _hidden(block: str, item: Item, group: str, levels: int, why: Remark) -> _Line:
    """A line without shares."""
    nothing = np.full(levels, np.nan)
    shares = _Shares(nothing, nothing, nothing, nothing, nothing, np.nan)
    return _Line(block, item, group, 0, shares, SUPPRESSED, (why,))


def _levels(instrument: Instrument, item: Item) -> list[str]:
    """Codes of the levels of a question."""
    return [level.code for level in instrument.scale[item.scale].levels]


def _table(instrument: Instrument, lines: Sequence[_Line]) -> pd.DataFrame:
    """Lines one below the other, a row for each level."""
    if not lines:
        return pd.DataFrame(columns=list(ANSWER_COLUMNS))
    levels = [_levels(instrument, line.item) for line in lines]
    notes = np.empty(len(lines), dtype=object)
    notes[:] = [line.note for line in lines]
    of_lines: dict[str, list[str] | list[int] | np.ndarray] = {
        "edition": [instrument.name for _ in lines],
        "block": [line.block for line in lines],
        "node_code": [line.item.node for line in lines],
        "item_code": [line.item.code for line in lines],
        "group": [line.group for line in lines],
        "n_valid": [line.n for line in lines],
        "status": [line.status for line in lines],
        "note": notes,
    }
    sizes = np.array([len(codes) for codes in levels])
    columns: dict[str, object] = {
        name: np.repeat(np.asarray(values), sizes) for name, values in of_lines.items()
    }
    columns["level_code"] = [code for codes in levels for code in codes]
    for name, attribute in (("share", "share"), ("ci_low", "low"), ("ci_high", "high")):
        columns[name] = np.concatenate([getattr(line.shares, attribute) for line in lines])
    return pd.DataFrame(columns)[list(ANSWER_COLUMNS)]


def _lines(study: StudyDefinition, groups: Sequence[_GroupAnswers]) -> Iterator[_Line]:
    """The lines of a block: those of the groups that are asked a question, then that of all of them."""
    for item in study.instrument.items:
        asked = [group.line(item) for group in groups if item.code in group.items]
        yield from asked
        if asked:
            yield _over_groups(study, asked)


# --- one group --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _GroupAnswers:
    """The answers of one group of a block; ``unshown``: code of a question → unit and group of results that the scores hide."""

    of: TabulatedRows
    unshown: Mapping[str, frozenset[tuple[str, str]]]

    @cached_property
    def minimum(self) -> int:
        """Fewest forms with which shares are shown."""
        return max(1, int(self.of.minimum[0]))

    @cached_property
    def items(self) -> dict[str, Item]:
        """The questions that the group is asked, by code."""
        items = self.of.instrument.items
        return {item.code: item for item in items if self.of.forms & set(item.questionnaires)}

    def level(self, item: str) -> np.ndarray:
        """The level of each answer to a question [n], negative for none."""
        return np.asarray(self.of.answers[:, self.of.instrument.item_position[item]])

    @cached_property
    def entering(self) -> dict[str, Bools]:
        """Rows [n] whose answer to each question counts: in units whose result of the question is shown."""
        return {code: self.of.enough(self.level(code) >= 0) & ~self._hidden(code) for code in self.items}

    def _hidden(self, item: str) -> Bools:
        """Rows [n] of units whose result of a question the scores hide."""
        hidden = {unit for unit, group in self.unshown.get(item, ()) if group == self.of.group}
        return np.array([unit.code in hidden for unit in self.of.units], dtype=bool)[self.of.unit]

    @cached_property
    def found(self) -> dict[tuple[str, int], tuple[Estimates, int]]:
        """Question and level → the estimates in which its share stands, and where; of questions with enough answers."""
        wanted = [
            (code, level)
            for code, item in self.items.items()
            if self.entering[code].sum() >= self.minimum
            for level in range(len(_levels(self.of.instrument, item)))
        ]
        parts = [wanted[k : k + _TOGETHER] for k in range(0, len(wanted), _TOGETHER)]
        return {
            at: (means, k) for part in parts for means in [self._means(part)] for k, at in enumerate(part)
        }

    def _means(self, wanted: Sequence[tuple[str, int]]) -> Estimates:
        """Shares of levels of questions."""
        inference = self.of.study.inference
        columns = {
            f"{code} {level}": np.where(self.entering[code], self.level(code) == level, np.nan)
            for code, level in wanted
        }
        design = self.of.design.with_columns(pd.DataFrame(columns))
        return design.mean(
            list(columns), interval=inference.interval, level=inference.level, within=(0.0, 1.0)
        )

    def line(self, item: Item) -> _Line:
        """The shares of a question."""
        levels, entering = len(_levels(self.of.instrument, item)), self.entering[item.code]
        n, place = int(entering.sum()), (self.of.block, item, self.of.group)
        if n < self.minimum:
            return _hidden(*place, levels, self._why(item.code))
        at = [self.found[item.code, level] for level in range(levels)]
        share, se, df, low, high = (
            np.array([getattr(means, name)[k] for means, k in at]) for name in _NUMBERS
        )
        weights = self.of.design.weights[entering]
        notes = {means.note[k] for means, k in at}
        size = np.inf if EXACT in notes else float(weights.sum() ** 2 / (weights**2).sum())
        return _Line(*place, n, _Shares(share, se, df, low, high, size), OK, self._said(notes))

    def _why(self, item: str) -> Remark:
        """Why a question of the group has no shares."""
        forms = int((self.level(item) >= 0).sum())
        if forms >= self.minimum:
            return remark("answers.hidden_in_units")
        return remark("score.suppressed", forms=forms, minimum=self.minimum)

    def _said(self, notes: set[str]) -> Remarks:
        said: Mapping[str, Remark] = {
            EXACT: remark("score.census"),
            ONE_CLUSTER: remark("score.single_cluster", groups=self.of.group),
        }
        return tuple(one for note, one in said.items() if note in notes)


# --- over the groups --------------------------------------------------------------------------------------------------


def _over_groups(study: StudyDefinition, lines: Sequence[_Line]) -> _Line:
    """Σ b_g p_g over the groups that are shown; without one of them the shares are incomplete, unless the study renormalises."""
    shown = [line for line in lines if line.status == OK]
    block, item, missing = lines[0].block, lines[0].item, [line.group for line in lines if line.status != OK]
    if not shown:
        return _hidden(block, item, ALL_GROUPS, len(lines[0].shares.share), remark("score.no_group"))
    declared = dict(study.instrument.node[item.node].groups) if item.node else {}
    weights = np.array([declared.get(line.group, 1.0) for line in shown])
    shares = _combined(study.inference, [line.shares for line in shown], weights / weights.sum())
    renormalises = study.inference.renormalises
    lacking = "score.renormalised" if renormalises else "score.missing_group"
    said = (remark(lacking, groups=", ".join(missing)),) if missing else ()
    status = INCOMPLETE if missing and not renormalises else OK
    n = sum(line.n for line in shown)
    return _Line(block, item, ALL_GROUPS, n, shares, status, (*said, *_carried(shown)))


def _combined(inference: Inference, groups: Sequence[_Shares], weights: Floats) -> _Shares:
    """Shares over independent groups; those of a single one as they are."""
    if len(groups) == 1:
        return groups[0]
    share = weights @ np.array([group.share for group in groups])
    variance = weights[:, None] ** 2 * np.array([group.se for group in groups]) ** 2
    total, df = variance.sum(axis=0), np.array([group.df for group in groups])
    df = np.where(total > 0, satterthwaite(variance, df), df.sum(axis=0))
    inverse = float((weights**2 / np.array([group.size for group in groups])).sum())
    size = 1.0 / inverse if inverse else np.inf
    confidence = Confidence(inference.interval, inference.level, "domain", (0.0, 1.0))
    limits = confidence.limits(share, np.sqrt(total), df, np.full(len(share), size), total == 0.0)
    return _Shares(share, np.sqrt(total), df, *limits, size)


def _carried(lines: Sequence[_Line]) -> Remarks:
    """What is said of the groups that all of them together repeat: a census of every group; one cluster of some."""
    notes = [line.note for line in lines]
    census, single = remark("score.census"), [line.group for line in lines if _is_single(line)]
    exact = (census,) if all(census in note for note in notes) else ()
    return (*exact, *((remark("score.single_cluster", groups=", ".join(single)),) if single else ()))


def _is_single(line: _Line) -> bool:
    return any(said.code == "score.single_cluster" for said in line.note)
