"""The codebook of the package: which tables it has, what their columns mean, how their numbers are printed.

It is written in ``official_columns.toml`` beside this file. One declaration serves the writer
(:mod:`surveys.handover.result_frames`), the council's workbook, the Data Package descriptor and the verification, so that none
of them can drift from the others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any, Literal

from surveys.analysis.lost_sums import SUMS_BY
from surveys.definitions.record_building import types_of
from surveys.definitions.study.records import Agency, Headline, Issued, Output, PlannedCell, Target
from surveys.definitions.study.sample_plan import DrawnElement
from surveys.problems import Language
from surveys.returns.form_numbers import NUMBER_COLUMNS
from surveys.review import columns_and_words
from surveys.vocabulary import columns
from surveys.vocabulary.council_tables import COUNCIL_COLUMNS, COUNTED
from surveys.vocabulary.levels import MEASURED_BY, PARTS
from surveys.vocabulary.measures import HEADLINE_MEASURES, MEASURES, SIGNS, SUMMED_BY
from surveys.vocabulary.statuses import (
    AUDIT_STATUSES,
    BASES,
    CHANGE_STATUSES,
    COMPARABLE,
    DISPOSITIONS,
    DRIVER_FIELDS,
    DRIVER_STATUSES,
    EXPLANATION_DECISIONS,
    EXPLANATION_STATUSES,
    NO_FORMS,
    NOT_FROM_ANSWERS,
    OUTLOOKS,
    REACH_STATUSES,
    REJECTED_SHARES,
    SERIES_BASES,
    STATUSES,
)
from surveys.vocabulary.ways import MARKS, WAYS, YES_NO

#: How a column is printed: text (codes and words), remarks (codes that become words), count (whole numbers), plain (shortest
#: decimal), and the kinds whose decimals the study declares: score, percent, points; probability has two decimals more than
#: percent, covariance four more than score.
Kind = Literal["text", "remarks", "count", "plain", "score", "covariance", "percent", "points", "probability"]

_ACCEPTED = {
    "statuses": STATUSES,
    "bases": BASES,
    "dispositions": (*DISPOSITIONS, *NO_FORMS),
    "change_statuses": CHANGE_STATUSES,
    "audit_statuses": AUDIT_STATUSES,
    "explanation_statuses": EXPLANATION_STATUSES,
    "explanation_decisions": EXPLANATION_DECISIONS,
    "measured_by": MEASURED_BY,
    "counted": COUNTED,
    "measures": MEASURES,
    "headline_measures": HEADLINE_MEASURES,
    "ways": tuple(WAYS),
    "marks": MARKS,
    "reach_statuses": REACH_STATUSES,
    "driver_fields": DRIVER_FIELDS,
    "driver_statuses": DRIVER_STATUSES,
    "outlooks": OUTLOOKS,
    "rejected_shares": REJECTED_SHARES,
    "yes_no": YES_NO,
    "not_from_answers": NOT_FROM_ANSWERS,
    "signs": SIGNS,
    "losses_by": SUMS_BY,
    "summed_by": SUMMED_BY,
    "parts": PARTS,
    "series_bases": SERIES_BASES,
    "comparable": COMPARABLE,
}
#: Tables in which people decide, by name: their layout is declared, and they are written, in the review room.
REVIEWED = {
    "undecided": columns_and_words.FORMS,
    "proposals": columns_and_words.UNITS,
    "entries": columns_and_words.ENTRIES,
    "second_entries": columns_and_words.SECONDS,
    "unit-explanations": columns_and_words.EXPLANATIONS,
}
#: Tables whose columns other rooms declare, by name.
_MADE = {
    "scores": columns.SCORE_COLUMNS,
    "units": columns.UNIT_COLUMNS,
    "index": columns.INDEX_COLUMNS,
    "index-units": columns.INDEX_UNIT_COLUMNS,
    "sums": columns.SUM_COLUMNS,
    "unit-covariances": columns.COVARIANCE_COLUMNS,
    "agencies": tuple(types_of(Agency)),
    "targets": tuple(types_of(Target)),
    "headlines": tuple(types_of(Headline)),
    "unweighted": columns.UNWEIGHTED_COLUMNS,
    "nonresponse-bounds": columns.NONRESPONSE_COLUMNS,
    "forms": columns.FORM_COLUMNS,
    "funnel": columns.FUNNEL_COLUMNS,
    "days": columns.DAY_COLUMNS,
    "weights": columns.WEIGHT_COLUMNS,
    "weight-diagnostics": columns.DIAGNOSTIC_COLUMNS,
    "changes": columns.CHANGE_COLUMNS,
    "drivers": columns.DRIVER_COLUMNS,
    "driver-models": columns.DRIVER_MODEL_COLUMNS,
    "reach": columns.REACH_COLUMNS,
    "ways": columns.WAY_COLUMNS,
    "detectable": columns.DETECTABLE_COLUMNS,
    "export-codebook": columns.CODEBOOK_COLUMNS,
    "export-items": columns.LEVEL_COLUMNS,
    "export-keys": columns.NODE_KEY_COLUMNS,
    "export-nodes": columns.NODE_WEIGHT_COLUMNS,
    "export-designs": columns.DESIGN_COLUMNS,
    "export-expected": columns.PLAIN_COLUMNS,
    "cross-tables": columns.CROSS_TABLE_COLUMNS,
    "cross-tests": columns.CROSS_TEST_COLUMNS,
    "respondent-profile": columns.PROFILE_COLUMNS,
    "gaps": columns.GAP_COLUMNS,
    "gap-sums": columns.GAP_SUM_COLUMNS,
    "series": columns.SERIES_COLUMNS,
    "plan": columns.PLAN_COLUMNS,
    "planned": tuple(types_of(PlannedCell)),
    "issued": tuple(types_of(Issued)),
    "drawn": tuple(types_of(DrawnElement)),
    "replacements": columns.REPLACEMENT_COLUMNS,
    "labels": columns.LABEL_COLUMNS,
    "form-numbers": NUMBER_COLUMNS,
    "monitor-cells": columns.MONITOR_CELL_COLUMNS,
    "monitor-days": columns.MONITOR_DAY_COLUMNS,
    "monitor-interviewers": columns.MONITOR_INTERVIEWER_COLUMNS,
    "monitor-modes": columns.MONITOR_MODE_COLUMNS,
    "monitor-questionnaires": columns.MONITOR_QUESTIONNAIRE_COLUMNS,
    **{f"council-{name}": names for name, names in COUNCIL_COLUMNS.items()},
    **{name: table.columns for name, table in REVIEWED.items()},
}


@dataclass(frozen=True, slots=True)
class OfficialColumn:
    """One column. ``low`` and ``high`` bound its numbers; ``accepted`` closes its words; ``required``: no gaps.

    ``words``: what its codes are called in the council's workbook; with a ``source``, the column holds the words of that
    column's codes (see :mod:`surveys.handover.words`).
    """

    name: str
    vi: str
    en: str
    about_vi: str
    about_en: str
    kind: Kind = "text"
    low: float | None = None
    high: float | None = None
    accepted: tuple[str, ...] = ()
    required: bool = False
    source: str = ""
    words: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind not in ("text", "remarks")

    def heading(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en

    def decimals(self, output: Output) -> int | None:
        """Digits after the point of a printed number; None where the shortest decimal is printed.

        >>> COLUMNS["points"].decimals(Output()), COLUMNS["max_points"].decimals(Output())
        (4, None)
        """
        return {
            "count": 0,
            "score": output.score_decimals,
            "covariance": output.score_decimals + 4,
            "percent": output.percent_decimals,
            "probability": output.percent_decimals + 2,
            "points": output.points_decimals,
        }.get(self.kind)


@dataclass(frozen=True, eq=False)
class OfficialTable:
    """One CSV file of the package. ``path`` is relative to the folder of its descriptor; ``key`` identifies a row;
    ``withheld``: columns that are blank where a result is incomplete, ``withheld_survey``: where its survey part is; ``values``:
    columns of which one at least must have a number in every block."""

    name: str
    path: str
    vi: str
    en: str
    columns: tuple[OfficialColumn, ...]
    key: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    withheld_survey: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    sheet_vi: str = ""
    sheet_en: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def column(self) -> Mapping[str, OfficialColumn]:
        return {column.name: column for column in self.columns}

    def title(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en

    def sheet(self, language: Language) -> str:
        """Name of its sheet in the council's workbook."""
        return self.sheet_vi if language == "vi" else self.sheet_en


def _column(name: str, facts: Mapping[str, Any], required: bool = False) -> OfficialColumn:
    accepted = _ACCEPTED[facts["accepted"]] if facts.get("accepted") else ()
    return OfficialColumn(name, **{**facts, "accepted": accepted, "required": required})


def _table(name: str, facts: Mapping[str, Any], of_columns: Mapping[str, Mapping[str, Any]]) -> OfficialTable:
    """A table with its columns as they are in it."""
    own: dict[str, Any] = {
        key: tuple(fact) if isinstance(fact, list) else fact for key, fact in facts.items()
    }
    required, here = own.pop("required", ()), own.pop("here", {})
    names = own.pop("columns", None) or _MADE[name]
    found = (
        _column(column, {**of_columns[column], **here.get(column, {})}, column in required)
        for column in names
    )
    return OfficialTable(name=name, columns=tuple(found), **own)


_CODEBOOK = tomllib.loads(
    (resources.files("surveys.handover") / "official_columns.toml").read_text(encoding="utf-8")
)
#: Columns by name, as they are in most tables.
COLUMNS = {name: _column(name, facts) for name, facts in _CODEBOOK["columns"].items()}
TABLES = {name: _table(name, facts, _CODEBOOK["columns"]) for name, facts in _CODEBOOK["tables"].items()}

SCORES, UNITS, SHARES, UNWEIGHTED = (TABLES[name] for name in ("scores", "units", "shares", "unweighted"))
NONRESPONSE = TABLES["nonresponse-bounds"]
INDEX, INDEX_UNITS = TABLES["index"], TABLES["index-units"]
SUMS, COVARIANCES = TABLES["sums"], TABLES["unit-covariances"]
ANSWERS, DAYS, PROFILE = (TABLES[name] for name in ("answers", "days", "respondent-profile"))
DRIVERS, DRIVER_MODELS = TABLES["drivers"], TABLES["driver-models"]
AGENCIES, TARGETS, HEADLINES = (TABLES[name] for name in ("agencies", "targets", "headlines"))
FORMS, FUNNEL, WEIGHTS, DIAGNOSTICS = (
    TABLES[name] for name in ("forms", "funnel", "weights", "weight-diagnostics")
)
TREE, UNDECIDED = TABLES["tree"], TABLES["undecided"]
CHANGES, SERIES = TABLES["changes"], TABLES["series"]
FORM_NUMBERS = TABLES["form-numbers"]
EXPLANATIONS, UNIT_EXPLANATIONS = TABLES["explanations"], TABLES["unit-explanations"]
#: The council's tables with all the columns they may have; which of them an index has says
#: :mod:`surveys.handover.official_kinds`.
COUNCIL_SCORES, COUNCIL_UNITS, COUNCIL_GROUPS, COUNCIL_FORMS, REJECTED_FORMS = COUNCIL_TABLES = tuple(
    TABLES[f"council-{name}"] for name in COUNCIL_COLUMNS
)
#: Every other table.
OF_RESULTS = tuple(table for table in TABLES.values() if table not in COUNCIL_TABLES)
