"""The scores of a study: every block × unit × node × group with its interval, and the league table of the units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem, Problems
from surveys.returns.record_set import Returns
from surveys.sampling.returned_groups import blocks_of
from surveys.sampling.samples import Sample, Samples
from surveys.scoring.block_inputs import BlockInputs, inputs_of
from surveys.scoring.inference import Estimate, estimates
from surveys.scoring.league import league
from surveys.scoring.shares import shares
from surveys.scoring.status_and_remarks import remarks, statuses
from surveys.scoring.tree import walk
from surveys.scoring.values import values_of
from surveys.validity.screened import ScreenedRound
from surveys.vocabulary.columns import SCORE_COLUMNS, SHARE_COLUMNS, UNIT_COLUMNS, UNWEIGHTED_COLUMNS
from surveys.vocabulary.display import Shown
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.statuses import INCOMPLETE, STATUSES, SUPPRESSED


@dataclass(frozen=True, repr=False)
class Scores(Shown):
    """Results of a study, unrounded; NaN where a value is suppressed or missing: ``status`` and ``note``, a tuple of remarks,
    say why.

    ``table``: one row per block × unit × node × group, columns ``SCORE_COLUMNS`` (score, se and limits in [0, 1],
    satisfaction in percent); ``units``: league table per block, ``UNIT_COLUMNS``; ``shares``: answers of the blocks that
    enter no index, ``SHARE_COLUMNS``; ``unweighted``: where the study asks for it, results with every form counting once
    beside the weighted ones, ``UNWEIGHTED_COLUMNS``.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    shares: pd.DataFrame
    unweighted: pd.DataFrame
    warnings: tuple[Problem, ...] = ()

    def facts(self) -> Mapping[str, object]:
        tables = {
            "table": self.table,
            "units": self.units,
            "shares": self.shares,
            "unweighted": self.unweighted,
        }
        return {name: f"{len(table):,} rows" for name, table in tables.items()} | {
            "warnings": len(self.warnings)
        }


def score(screened: ScreenedRound, samples: Samples) -> Scores:
    """Score every block of a round with the samples drawn from it."""
    study, returns = screened.study, screened.returns
    problems = Problems()
    tables, leagues, answers, plain = [], [], [], []
    for code in blocks_of(study):
        parts = samples.of(code)
        block, found = _estimated(study, returns, code, parts)
        tables.append(_table(block, found))
        leagues.append(league(block, found))
        answers.append(shares(study, returns, parts))
        if study.output.unweighted:
            equal = [replace(sample, design=sample.equal) for sample in parts]
            plain.append(_beside(tables[-1], _table(*_estimated(study, returns, code, equal))))
    table = _stacked(tables, SCORE_COLUMNS)
    _warn(table, problems)
    return Scores(
        table,
        _stacked(leagues, UNIT_COLUMNS),
        _stacked(answers, SHARE_COLUMNS),
        _stacked(plain, UNWEIGHTED_COLUMNS),
        (*samples.warnings, *problems),
    )


def _estimated(
    study: StudyDefinition, returns: Returns, code: str, samples: Sequence[Sample]
) -> tuple[BlockInputs, list[Estimate]]:
    block = inputs_of(study, code, {sample.group: values_of(returns, sample) for sample in samples})
    return block, estimates(block, walk(block))


def _beside(weighted: pd.DataFrame, equal: pd.DataFrame) -> pd.DataFrame:
    """Weighted and unweighted results of the same rows; neither where the result is suppressed."""
    numbers = equal[["score", "se", "ci_low", "ci_high"]].add_prefix("unweighted_")
    return pd.concat([weighted, numbers], axis=1)[list(UNWEIGHTED_COLUMNS)]


def _stacked(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)[list(columns)]


def _table(block: BlockInputs, found: Sequence[Estimate]) -> pd.DataFrame:
    """Long table of one block: unit by unit, each in the order of the tree."""
    if not found:
        return pd.DataFrame(columns=list(SCORE_COLUMNS))
    units, branches = block.study.assessed_units(block.code), [e.branch for e in found]
    unit, row = (place.ravel() for place in np.indices((len(units), len(found))))
    hidden = ~_by_unit([branch.available for branch in branches])
    columns: dict[str, object] = {
        "edition": _spread([block.instrument.name], np.zeros_like(row)),
        "block": _spread([block.code], np.zeros_like(row)),
        "unit_code": _spread([unit.code for unit in units], unit),
        "unit_name": _spread([unit.name_vi for unit in units], unit),
        "node_code": _spread([branch.code for branch in branches], row),
        "node_level": _spread([branch.level for branch in branches], row),
        "group": _spread([branch.group for branch in branches], row),
        "n_valid": _by_unit([e.forms for e in found]),
    }
    for name, values in _numbers(found).items():
        columns[name] = np.where(hidden, np.nan, _by_unit(values))
    columns["max_points"] = _by_unit([branch.max_points for branch in branches])
    columns["status"] = _spread(STATUSES, _by_unit(statuses(branches)))
    said, place = remarks(found)
    columns["note"] = _spread(said, _by_unit(place))
    return pd.DataFrame(columns)


def _spread(distinct: Sequence[object], place: np.ndarray) -> object:
    """The words or remarks at the positions ``place`` as a column; each different one is made a value of the column once."""
    return pd.Series(list(distinct)).array.take(place)


def _by_unit(rows: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Arrays [U] of R branches as one column, the branches of the first unit first."""
    return np.asarray(rows).T.ravel()


def _numbers(found: Sequence[Estimate]) -> dict[str, list[np.ndarray]]:
    """The printed numbers of each branch [U], with satisfaction in percent."""
    return {
        "n_eff": [e.effective for e in found],
        "score": [e.branch.score.value for e in found],
        "se": [e.se for e in found],
        "ci_low": [e.low for e in found],
        "ci_high": [e.high for e in found],
        "df": [e.df for e in found],
        "satisfaction_percent": [100.0 * e.branch.satisfied.value for e in found],
        "satisfaction_ci_low": [100.0 * e.satisfied_low for e in found],
        "satisfaction_ci_high": [100.0 * e.satisfied_high for e in found],
        "points": [e.branch.score.value * e.branch.max_points for e in found],
    }


def _warn(table: pd.DataFrame, problems: Problems) -> None:
    """One warning per block when official results are incomplete or suppressed."""
    official = (table["group"] == ALL_GROUPS) & (table["node_level"] != ITEM_LEVEL)
    gaps = table.loc[official & table["status"].isin([INCOMPLETE, SUPPRESSED]), ["block", "unit_code"]]
    for block, units in gaps.groupby("block", sort=False)["unit_code"]:
        problems.add("score.gaps", severity="warning", block=block, nodes=len(units), units=units.nunique())
