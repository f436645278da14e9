"""Rounds that were handed over, read back for a comparison; and the comparison handed over in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from surveys.comparison.changes import ComparedRound, Comparison
from surveys.definitions.instrument.parts import TABLES
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument, ScorePlan
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, shipped
from surveys.definitions.record_building import build
from surveys.definitions.study.records import Output
from surveys.handover import official_columns
from surveys.handover.manifest import (
    INSTRUMENT,
    MANIFEST,
    SUMS,
    language_of,
    read_manifest,
    read_sums,
)
from surveys.handover.package_reading import typed_frame
from surveys.handover.read_back import PrintedTable, read_printed
from surveys.handover.table_folder import TableFolder, deliver_tables
from surveys.problems import Language, Place, Problems, fault
from surveys.vocabulary.digests import digest_of


def is_result(folder: Path) -> bool:
    """True for a folder of results (with scores) that this program wrote."""
    return read_manifest(folder / MANIFEST) is not None and (folder / official_columns.SCORES.path).is_file()


def read_round(folder: Path) -> ComparedRound:
    """A round from its folder of results: scores to the printed decimals.

    Raises SurveyError when the tables cannot be read, or when the instrument is neither shipped nor in the folder (an earlier
    version did not write it there; then the study itself has to be compared).
    """
    problems = Problems()
    _check_sums(folder, problems)
    problems.raise_errors()
    found = [
        read_printed(folder, table.path, table, problems)
        for table in (official_columns.SCORES, official_columns.UNITS)
    ]
    problems.raise_errors()
    run = read_manifest(folder / MANIFEST) or {}
    instrument = instrument_of_results(folder, run)
    scores, units = (frame_of(table) for table in found if table is not None)
    recorded = run.get("scoring", {})
    plan = build(
        ScorePlan, recorded if isinstance(recorded, Mapping) else {}, Place(problems, MANIFEST, at="scoring")
    )
    problems.raise_errors()
    instrument = replace(instrument, scoring=plan or ScorePlan())
    return ComparedRound(instrument, scores, units, language_of(run))


def instrument_of_results(folder: Path, run: Mapping[str, Any]) -> Instrument:
    """The instrument in a folder of results, or the shipped one that the run names. Raises SurveyError where there is neither."""
    own, name = folder / INSTRUMENT, str(run.get("instrument", ""))
    if not own.is_dir() and name not in shipped():
        raise fault("handover.instrument_not_shipped", file=str(folder), instrument=name)
    return load_instrument(own if own.is_dir() else name)


def _check_sums(folder: Path, problems: Problems) -> None:
    """Files that a comparison reads and that are others than those which were handed over with their checksums."""
    instrument = [f"{INSTRUMENT}/{name}" for name in (INSTRUMENT_FILE, *TABLES)]
    paths = (MANIFEST, official_columns.SCORES.path, official_columns.UNITS.path, *instrument)
    for path, expected in read_sums(folder / SUMS).items():
        if path in paths and (folder / path).is_file():
            found = digest_of((folder / path).read_bytes())
            if found != expected:
                problems.add("verify.file_changed", file=path, expected=expected, found=found)


def deliver_comparison(comparison: Comparison, out: Path, language: Language) -> None:
    """Write the changes at ``out`` in the ``language`` of official files: table, descriptor, checksums; all or nothing."""
    changes = {official_columns.CHANGES.name: comparison.table}
    deliver_tables(TableFolder("comparison", "changes", changes, Output(language=language)), out)


def frame_of(table: PrintedTable) -> pd.DataFrame:
    """Texts and numbers of a printed table; counts and ranks as whole numbers, no degrees of freedom where there is no score."""
    frame = typed_frame(table)
    return (
        frame.assign(df=frame["df"].where(frame["score"].notna())) if {"df", "score"} <= {*frame} else frame
    )
