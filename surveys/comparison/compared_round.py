"""A scored round as a comparison needs it: the survey's scores, and the whole index where the council assesses a half of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.publication import Period
from surveys.definitions.study.records import Headline
from surveys.problems import Language
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, SURVEY, TOTAL

Key = tuple[str, str]  # block, unit
#: Successor of a unit that was divided among several: no unit has an empty code.
DIVIDED: Key = ("", "")
#: A period that no study told.
UNKNOWN = Period()
_NODE = ["block", "unit_code", "node_code"]
#: Columns of the scores beside those of the index, which has some of the same names.
_OF_SURVEY = {
    "score": "survey_score",
    "ci_low": "survey_low",
    "ci_high": "survey_high",
    "se": "se",
    "df": "df",
}


@dataclass(frozen=True)
class RoundPart:
    """The scores of a part of the index (``SCORE_COLUMNS``, as far as they are compared) and its league table."""

    table: pd.DataFrame
    units: pd.DataFrame


@dataclass(frozen=True)
class ComparedRound:
    """A scored round: its instrument, the score table (``SCORE_COLUMNS``), the league table (``UNIT_COLUMNS``), the language of
    its official files; ``index`` and ``index_units`` of a round with the council's half (``INDEX_COLUMNS``,
    ``INDEX_UNIT_COLUMNS``); ``label``: the code of its study; the ``period`` assessed; the ``headlines`` that its study
    declares; ``source``: what it was read from."""

    instrument: Instrument
    table: pd.DataFrame
    units: pd.DataFrame
    language: Language = "vi"
    index: pd.DataFrame | None = None
    index_units: pd.DataFrame | None = None
    label: str = ""
    period: Period = UNKNOWN
    headlines: tuple[Headline, ...] = ()
    source: Mapping[str, object] = field(default_factory=dict)

    @property
    def year(self) -> int | None:
        """The year assessed, that in which the period ends; None where it is not known."""
        year = self.period.end[:4]
        return int(year) if year.isdigit() else None

    @property
    def period_text(self) -> str:
        """First and last day of the period, as ISO 8601 writes an interval; what is known of them."""
        return "/".join(filter(None, (self.period.start, self.period.end)))

    @cached_property
    def unit_keys(self) -> tuple[Key, ...]:
        """(block, unit) of every unit of the round."""
        return tuple(zip(self.units["block"], self.units["unit_code"], strict=True))

    @cached_property
    def register(self) -> Mapping[Key, str]:
        """Name of every unit of the register, whether or not it took part."""
        known = {(unit.block, unit.code): unit.name_vi for unit in self.instrument.units}
        return known | dict(zip(self.unit_keys, self.units["unit_name"], strict=True))

    @cached_property
    def parts(self) -> Mapping[str, RoundPart]:
        """``survey``, and ``total`` of a round with the council's half."""
        found: dict[str, RoundPart] = {SURVEY: RoundPart(self.table, self.units)}
        if self.index is None or self.index_units is None or not len(self.index):
            return found
        return {**found, TOTAL: RoundPart(_totals(self.index, self.table), self.index_units)}


def _totals(index: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The nodes of which the council assesses a part, as rows of a score table: shares of their maximum. The survey part is that
    of the scores, which a folder of results has with more digits; the standard error is that of the survey part as a share of
    the whole; nodes without one have none."""
    rows = index[index["council_max"].notna()]
    surveyed = (scores["group"] == ALL_GROUPS) & (scores["node_level"] != ITEM_LEVEL)
    of_survey = scores.loc[surveyed, [*_NODE, *_OF_SURVEY]].rename(columns=_OF_SURVEY)
    rows = rows.merge(of_survey, on=_NODE, how="left")
    most = rows["max_points"].to_numpy(dtype=float)
    share = pd.Series(1.0 / np.where(most > 0, most, np.nan), index=rows.index)

    def whole(part: str, shown: str) -> pd.Series:
        survey = (rows[part] * rows["survey_max"]).fillna(0.0)
        return ((rows["council_points"] + survey) * share).where(rows[shown].notna())

    low = whole("survey_low", "points_low")
    return rows.assign(
        group=ALL_GROUPS,
        score=whole("survey_score", "points"),
        ci_low=low,
        ci_high=whole("survey_high", "points_high"),
        se=(rows["se"] * rows["survey_max"] * share).where(low.notna()),
        df=rows["df"].where(low.notna()),
    )
