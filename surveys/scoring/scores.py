"""The scores of a study: every block × unit × node × group with its interval, and the league table of the units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from surveys.definitions.study.index_kind import kind_of
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem, Problems, fault
from surveys.sampling.returned_groups import blocks_of
from surveys.sampling.samples import Sample, Samples
from surveys.scoring.block_inputs import BlockInputs, inputs_of
from surveys.scoring.council_points import council_parts
from surveys.scoring.leaf_sums import sums_of_leaves
from surveys.scoring.league import covariances_of, league, total_of
from surveys.scoring.nonresponse_bounds import nonresponse_bounds
from surveys.scoring.protected_results import protected
from surveys.scoring.score_table import table_of
from surveys.scoring.shares import shares
from surveys.scoring.tree import walk
from surveys.scoring.values import values_of
from surveys.scoring.whole_index import gaps_of_index, whole_index
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import (
    COVARIANCE_COLUMNS,
    INDEX_COLUMNS,
    INDEX_UNIT_COLUMNS,
    NONRESPONSE_COLUMNS,
    SCORE_COLUMNS,
    SHARE_COLUMNS,
    SUM_COLUMNS,
    UNIT_COLUMNS,
    UNWEIGHTED_COLUMNS,
)
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.statuses import INCOMPLETE, SUPPRESSED


@dataclass(frozen=True, repr=False)
class Scores(Shown):
    """Results of a study, unrounded; NaN where a value is suppressed or missing: ``status`` and ``note``, a tuple of remarks,
    say why.

    ``table``: one row per block × unit × node × group, columns ``SCORE_COLUMNS`` (score, se and limits in [0, 1],
    satisfaction in percent); ``units``: league table per block, ``UNIT_COLUMNS``; ``shares``: answers of the blocks that
    enter no index, ``SHARE_COLUMNS``; ``unweighted``: where the study asks for it, results with every form counting once
    beside the weighted ones, ``UNWEIGHTED_COLUMNS``; ``nonresponse``: where the study asked everybody of a group, bounds of
    the scores for what those who did not answer may think, ``NONRESPONSE_COLUMNS``; ``index`` and ``index_units``: where the
    study has assessments, the council's half beside the survey's for every node, ``INDEX_COLUMNS``, and the units by the
    totals of both, ``INDEX_UNIT_COLUMNS``; ``sums``: points by source and by the agency that leads, ``SUM_COLUMNS``;
    ``covariances``: of the units' survey totals where raters or calibration correlate them, ``COVARIANCE_COLUMNS``."""

    table: pd.DataFrame
    units: pd.DataFrame
    shares: pd.DataFrame
    unweighted: pd.DataFrame
    warnings: tuple[Problem, ...] = ()
    nonresponse: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(NONRESPONSE_COLUMNS)))
    index: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(INDEX_COLUMNS)))
    index_units: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(INDEX_UNIT_COLUMNS)))
    sums: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SUM_COLUMNS)))
    covariances: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COVARIANCE_COLUMNS)))

    def facts(self) -> Mapping[str, object]:
        tables = {
            "table": self.table,
            "units": self.units,
            "shares": self.shares,
            "unweighted": self.unweighted,
            "nonresponse": self.nonresponse,
            "index": self.index,
            "index_units": self.index_units,
            "sums": self.sums,
            "covariances": self.covariances,
        }
        return {name: f"{len(table):,} rows" for name, table in tables.items()} | {
            "warnings": len(self.warnings)
        }


def score(screened: ScreenedRound, samples: Samples) -> Scores:
    """Score every block of a round with the samples drawn from it.

    Raises SurveyError where no block takes part: nothing came back, and nothing stands in its place.
    """
    study = screened.study
    tables, leagues, answers, plain, bounds = [], [], [], [], []
    whole: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    sums, covariances = [], []
    for code in _blocks_scored(screened):
        parts = samples.of(code)
        block = group_inputs(screened, code, parts)
        branches = protected(block, walk(block))
        tables.append(table_of(block, branches))
        total = total_of(block, branches)
        leagues.append(league(block, total, tables[-1]))
        answers.append(shares(study, screened.returns, parts))
        bounds.append(nonresponse_bounds(block, branches, tables[-1]))
        council = council_parts(block) if study.has_assessments else {}
        if study.has_assessments:
            whole.append(whole_index(block, total, tables[-1], council))
        sums.append(sums_of_leaves(block, branches, council))
        covariances.append(covariances_of(block, total))
        if study.output.unweighted:
            equal = group_inputs(screened, code, [replace(sample, design=sample.equal) for sample in parts])
            plain.append(_beside(tables[-1], table_of(equal, protected(equal, walk(equal)))))
    table = _stacked(tables, SCORE_COLUMNS)
    totals = _stacked([units for _, units in whole], INDEX_UNIT_COLUMNS)
    return Scores(
        table,
        _stacked(leagues, UNIT_COLUMNS),
        _stacked(answers, SHARE_COLUMNS),
        _stacked(plain, UNWEIGHTED_COLUMNS),
        (
            *samples.warnings,
            *_gaps(table, study),
            *gaps_of_index(study, totals),
        ),
        _stacked(bounds, NONRESPONSE_COLUMNS),
        _stacked([index for index, _ in whole], INDEX_COLUMNS),
        totals,
        _stacked(sums, SUM_COLUMNS),
        _stacked(covariances, COVARIANCE_COLUMNS),
    )


def _blocks_scored(screened: ScreenedRound) -> tuple[str, ...]:
    """Codes of the blocks that take part. Raises SurveyError where none does."""
    blocks = blocks_of(screened.study, screened.returns.rows["block"].unique())
    if not blocks:
        raise fault("score.no_block", file="study.toml", column="returns")
    return blocks


def group_inputs(screened: ScreenedRound, code: str, samples: Sequence[Sample]) -> BlockInputs:
    """What the walk needs of a block: the values of its samples, by group."""
    study = screened.study
    values = {
        sample.group: values_of(
            screened.returns,
            sample,
            study.minimum.of(sample.group),
            moderate=study.inference.variances == "moderated",
        )
        for sample in samples
    }
    return inputs_of(study, code, values)


def _beside(weighted: pd.DataFrame, equal: pd.DataFrame) -> pd.DataFrame:
    """Weighted and unweighted results of the same rows; neither where the result is suppressed."""
    numbers = equal[["score", "se", "ci_low", "ci_high"]].add_prefix("unweighted_")
    return pd.concat([weighted, numbers], axis=1)[list(UNWEIGHTED_COLUMNS)]


def _stacked(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))


def _gaps(table: pd.DataFrame, study: StudyDefinition) -> tuple[Problem, ...]:
    """One warning per block when official results are incomplete or suppressed, another when none can be handed over; one where
    nothing is scored at all."""
    problems, renormalise = Problems(), study.inference.renormalises
    if not kind_of(study).scored:
        problems.add("score.shares_alone", severity="warning", instrument=study.instrument.name)
    official = (table["group"] == ALL_GROUPS) & (table["node_level"] != ITEM_LEVEL)
    whole = ~table["status"].isin([INCOMPLETE, SUPPRESSED])
    gaps = table.loc[official & ~whole, ["block", "unit_code"]]
    given = table["score"].notna() & (whole | renormalise)
    for block, some in given[official].groupby(table["block"], sort=False).any().items():
        if not some:
            problems.add("score.no_values", severity="warning", block=block)
    for block, units in gaps.groupby("block", sort=False)["unit_code"]:
        problems.add("score.gaps", severity="warning", block=block, nodes=len(units), units=units.nunique())
    return tuple(problems)
