"""A round for the analyses: as it was scored, or read back from its folder of results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from surveys.analysis.analysed_round import AnalysedRound, cells_of
from surveys.definitions.record_building import build
from surveys.definitions.study.agencies import in_charge
from surveys.definitions.study.records import Agency, Target, WeightPlan
from surveys.handover import official_columns
from surveys.handover.fingerprint import fingerprint
from surveys.handover.manifest import MANIFEST, inputs_of
from surveys.handover.official_columns import OfficialTable
from surveys.handover.read_back import PrintedTable, records_of
from surveys.handover.round_results import VerifiedRun, verified_run
from surveys.handover.rounds import frame_of, read_round
from surveys.handover.words import label_of
from surveys.problems import Language, Place, Problems
from surveys.scoring.scored_round import ScoredRound
from surveys.vocabulary.remarks import in_words

R = TypeVar("R")


def analysed_round(scored: ScoredRound) -> AnalysedRound:
    """A round that was just scored: numbers unrounded, remarks in the language of its official files."""
    study, scores = scored.study, scored.scores
    language = study.output.language
    summary = scored.samples.summary
    return AnalysedRound(
        label_of(study, language),
        study.publication.period.end,
        study.instrument,
        study.output,
        study.inference,
        _typed(official_columns.SCORES, scores.table, language),
        _typed(official_columns.UNITS, scores.units, language),
        _typed(official_columns.INDEX, scores.index, language),
        _typed(official_columns.INDEX_UNITS, scores.index_units, language),
        _typed(official_columns.SUMS, scores.sums, language),
        _typed(official_columns.COVARIANCES, scores.covariances, language),
        in_charge(study.agencies, study.agencies_on),
        study.targets,
        cells_of(scored.samples.weights, summary, _is_finite(study.weights)),
        {"study": study.code, "instrument": study.instrument.name, "inputs": inputs_of(study)},
    )


def read_analysed(folder: Path) -> AnalysedRound:
    """A round from its folder of results: numbers to the printed decimals.

    Raises SurveyError with everything that is wrong when the folder does not verify, or when it holds no results.
    """
    return analysed_results(verified_run(folder))


def analysed_results(verified: VerifiedRun) -> AnalysedRound:
    """A round from a folder of results that was verified."""
    folder, run, _, settings, tables = verified
    compared = read_round(folder, tables)
    index, index_units = (_read(tables, t) for t in (official_columns.INDEX, official_columns.INDEX_UNITS))
    weights, summary = (_read(tables, t) for t in (official_columns.WEIGHTS, official_columns.DIAGNOSTICS))
    study: Mapping[str, Any] = run["study"]
    return AnalysedRound(
        str(study.get(f"label_{settings.output.language}") or study.get("label_vi", "")),
        settings.publication.period.end,
        replace(compared.instrument, classes=settings.classes),
        settings.output,
        settings.inference,
        compared.table,
        compared.units,
        index,
        index_units,
        _read(tables, official_columns.SUMS),
        _read(tables, official_columns.COVARIANCES),
        in_charge(_records(tables, official_columns.AGENCIES, Agency), settings.agencies_on),
        _records(tables, official_columns.TARGETS, Target),
        cells_of(weights, summary, _is_finite(weight_plans(run))),
        {
            "study": study.get("code", ""),
            "instrument": compared.instrument.name,
            "fingerprint": fingerprint(folder),
        },
    )


def _read(tables: Mapping[str, PrintedTable], table: OfficialTable) -> pd.DataFrame:
    """A table of a folder that verified; without rows where it has no such table."""
    if table.name in tables:
        return frame_of(tables[table.name])
    return pd.DataFrame(columns=list(table.names))


def _records(tables: Mapping[str, PrintedTable], table: OfficialTable, record: type[R]) -> tuple[R, ...]:
    """The rows of a study's table that a folder which verified carries."""
    if table.name not in tables:
        return ()
    problems = Problems()
    found = records_of(tables[table.name], record, problems)
    problems.raise_errors()
    return found


def weight_plans(run: Mapping[str, Any]) -> list[WeightPlan]:
    """How groups were weighted, as a run records it. Raises SurveyError where it records anything else."""
    problems = Problems()
    recorded = run["settings"].get("weights", [])
    place = Place(problems, MANIFEST, at="settings.weights")
    if not isinstance(recorded, list) or not all(isinstance(raw, Mapping) for raw in recorded):
        place.note("record.not_tables", "")
        recorded = []
    found = [build(WeightPlan, raw, place.below(f"[{k}]")) for k, raw in enumerate(recorded, 1)]
    problems.raise_errors()
    return [plan for plan in found if plan is not None]


def _is_finite(plans: Iterable[WeightPlan]) -> dict[tuple[str, str], bool]:
    """Block and group of each plan of weights → whether its standard errors are those of a finite population."""
    return {(plan.block, plan.group): plan.finite and not plan.clusters for plan in plans}


def _typed(table: OfficialTable, frame: pd.DataFrame, language: Language) -> pd.DataFrame:
    """A table of results with the types that it has when it is read back."""
    columns: dict[str, object] = {}
    for column in table.columns:
        values = frame[column.name]
        if column.kind == "remarks":
            columns[column.name] = [in_words(said, language) for said in values]
        elif column.is_number:
            numbers = pd.to_numeric(values)
            columns[column.name] = (
                numbers.astype("Int64") if column.kind == "count" else numbers.astype(float)
            )
        else:
            columns[column.name] = values.fillna("").tolist()
    return pd.DataFrame(columns)
