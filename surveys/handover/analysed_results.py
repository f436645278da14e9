"""A round for the analyses: as it was scored, or read back from its folder of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from surveys.analysis.analysed_round import AnalysedRound, cells_of
from surveys.definitions.study.agencies import in_charge
from surveys.handover import official_columns
from surveys.handover.fingerprint import fingerprint
from surveys.handover.manifest import inputs_of
from surveys.handover.official_columns import OfficialTable
from surveys.handover.round_results import table_of, verified_run
from surveys.handover.rounds import frame_of, read_round
from surveys.handover.words import label_of
from surveys.problems import Language
from surveys.scoring.scored_round import ScoredRound
from surveys.vocabulary.columns import COVARIANCE_COLUMNS, INDEX_COLUMNS, INDEX_UNIT_COLUMNS, SUM_COLUMNS
from surveys.vocabulary.remarks import in_words


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
        pd.DataFrame(columns=list(SUM_COLUMNS)),
        pd.DataFrame(columns=list(COVARIANCE_COLUMNS)),
        in_charge(study.agencies, study.agencies_on),
        study.targets,
        cells_of(scored.samples.weights, summary),
        {"study": study.code, "instrument": study.instrument.name, "inputs": inputs_of(study)},
    )


def read_analysed(folder: Path) -> AnalysedRound:
    """A round from its folder of results: numbers to the printed decimals.

    Raises SurveyError with everything that is wrong when the folder does not verify, or when it holds no results.
    """
    run, kind, settings = verified_run(folder)
    compared = read_round(folder)
    of_index = (official_columns.INDEX, official_columns.INDEX_UNITS)
    names = (INDEX_COLUMNS, INDEX_UNIT_COLUMNS)
    index, index_units = (
        _read(folder, table) if kind.council else pd.DataFrame(columns=list(columns))
        for table, columns in zip(of_index, names, strict=True)
    )
    weights, summary = (_read(folder, t) for t in (official_columns.WEIGHTS, official_columns.DIAGNOSTICS))
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
        pd.DataFrame(columns=list(SUM_COLUMNS)),
        pd.DataFrame(columns=list(COVARIANCE_COLUMNS)),
        (),
        (),
        cells_of(weights, summary),
        {
            "study": study.get("code", ""),
            "instrument": compared.instrument.name,
            "fingerprint": fingerprint(folder),
        },
    )


def _read(folder: Path, table: OfficialTable) -> pd.DataFrame:
    """A table of a folder that verified."""
    return frame_of(table_of(folder, table))


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
