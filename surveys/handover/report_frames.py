"""What the results hold for the report about them: how everybody answered, who answered and when, what drives the judgement."""

from __future__ import annotations

import pandas as pd

from surveys.analysis.answers import answers_of
from surveys.analysis.by_variables import ByVariable, attributes
from surveys.analysis.drivers import drivers_if_any
from surveys.analysis.respondent_profile import profile_of
from surveys.analysis.tabulated_rows import rows_by_group
from surveys.handover import official_columns
from surveys.handover.official_columns import OfficialTable
from surveys.handover.result_frames import shares_frame
from surveys.problems import Problems
from surveys.scoring.scored_round import ScoredRound
from surveys.validity.submission_days import days_of
from surveys.vocabulary.columns import PROFILE_COLUMNS


def answers(scored: ScoredRound) -> pd.DataFrame:
    """Shares of each level of every question in a whole block, by group and over the groups (``ANSWER_COLUMNS``)."""
    return answers_of(scored.study, scored.returns, scored.samples, scored.scores.table)


def respondents(scored: ScoredRound) -> pd.DataFrame:
    """The respondents of each block and group by every attribute with declared categories (``PROFILE_COLUMNS``)."""
    study = scored.study
    variables = tuple(ByVariable((name,)) for name in attributes(study.instrument))
    if not variables:
        return pd.DataFrame(columns=list(PROFILE_COLUMNS))
    parts = rows_by_group(study, scored.returns, scored.samples, variables, Problems())
    return profile_of(study, [rows for rows, _ in parts], variables)


def days(scored: ScoredRound) -> pd.DataFrame:
    """Forms returned and valid by questionnaire, mode and day (``DAY_COLUMNS``)."""
    return days_of(scored.returns, scored.dispositions)


def report_frames(scored: ScoredRound) -> dict[OfficialTable, pd.DataFrame]:
    """The tables that a report of a round needs beside its scores; those without rows are there too."""
    drivers = drivers_if_any(scored)
    of_drivers = (
        {}
        if drivers is None
        else {
            official_columns.DRIVERS: drivers.nodes,
            official_columns.DRIVER_MODELS: drivers.models,
        }
    )
    return {
        official_columns.ANSWERS: shares_frame(answers(scored), scored.study),
        official_columns.PROFILE: respondents(scored),
        official_columns.DAYS: days(scored),
        **of_drivers,
    }
