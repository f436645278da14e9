"""Rounds as a comparison needs them: just scored, or read back from what was handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from surveys.comparison.compared_round import ComparedRound
from surveys.definitions.instrument.parts import TABLES
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.instrument.records import Instrument, ScorePlan
from surveys.definitions.instrument.shelf import INSTRUMENT_FILE, shipped
from surveys.definitions.record_building import build
from surveys.definitions.study.publication import Period
from surveys.definitions.study.records import Headline
from surveys.handover import official_columns
from surveys.handover.manifest import (
    INSTRUMENT,
    MANIFEST,
    SUMS,
    inputs_of,
    language_of,
    read_manifest,
    read_sums,
)
from surveys.handover.package_reading import typed_frame
from surveys.handover.read_back import PrintedTable, read_printed, records_of
from surveys.problems import Place, Problems, fault
from surveys.scoring.scored_round import ScoredRound
from surveys.vocabulary.digests import digest_of

#: Tables that a round may have, and all that are read.
_MAY_BE = (official_columns.INDEX, official_columns.INDEX_UNITS, official_columns.HEADLINES)
_READ = (official_columns.SCORES, official_columns.UNITS, *_MAY_BE)


def is_result(folder: Path) -> bool:
    """True for a folder of results (with scores) that this program wrote."""
    return read_manifest(folder / MANIFEST) is not None and (folder / official_columns.SCORES.path).is_file()


def compared_round(scored: ScoredRound) -> ComparedRound:
    """A round that was just scored."""
    study, scores = scored.study, scored.scores
    return ComparedRound(
        study.instrument,
        scores.table,
        scores.units,
        study.output.language,
        scores.index,
        scores.index_units,
        label=study.code,
        period=study.publication.period,
        headlines=study.headlines,
        source={"inputs": inputs_of(study)},
    )


def read_round(folder: Path, verified: Mapping[str, PrintedTable] | None = None) -> ComparedRound:
    """A round from its folder of results: scores to the printed decimals; ``verified``: its tables by name, where they were read.

    Raises SurveyError when the tables cannot be read, or when the instrument is neither shipped nor in the folder (an earlier
    version did not write it there; then the study itself has to be compared).
    """
    problems = Problems()
    _check_sums(folder, problems)
    problems.raise_errors()
    run = read_manifest(folder / MANIFEST) or {}
    tables = [table for table in _READ if table not in _MAY_BE or (folder / table.path).is_file()]
    if verified is None:
        found = {table: read_printed(folder, table.path, table, problems) for table in tables}
    else:
        found = {table: verified.get(table.name) for table in tables}
    problems.raise_errors()
    instrument = instrument_of_results(folder, run)
    frames = {table: frame_of(printed) for table, printed in found.items() if printed is not None}
    printed_figures = found.get(official_columns.HEADLINES)
    figures = () if printed_figures is None else records_of(printed_figures, Headline, problems)
    recorded, at = run.get("scoring", {}), Place(problems, MANIFEST, at="scoring")
    plan = build(ScorePlan, recorded if isinstance(recorded, Mapping) else {}, at)
    problems.raise_errors()
    return ComparedRound(
        replace(instrument, scoring=plan or ScorePlan()),
        frames[official_columns.SCORES],
        frames[official_columns.UNITS],
        language_of(run),
        frames.get(official_columns.INDEX),
        frames.get(official_columns.INDEX_UNITS),
        label=_text_in(run, "study", "code"),
        period=Period(*(_text_in(run, "settings", "publication", "period", day) for day in ("start", "end"))),
        headlines=figures,
        source={"results": digest_of((folder / SUMS).read_bytes()) if (folder / SUMS).is_file() else ""},
    )


def _text_in(run: Mapping[str, Any], *keys: str) -> str:
    """A text of a record, by the keys that lead to it; empty where there is none."""
    found: object = run
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


def instrument_of_results(folder: Path, run: Mapping[str, Any]) -> Instrument:
    """The instrument in a folder of results, or the shipped one that the run names. Raises SurveyError where there is neither."""
    own, name = folder / INSTRUMENT, str(run.get("instrument", ""))
    if not own.is_dir() and name not in shipped():
        raise fault("handover.instrument_not_shipped", file=str(folder), instrument=name)
    return load_instrument(own if own.is_dir() else name)


def _check_sums(folder: Path, problems: Problems) -> None:
    """Files that a comparison reads and that are others than those which were handed over with their checksums."""
    instrument = [f"{INSTRUMENT}/{name}" for name in (INSTRUMENT_FILE, *TABLES)]
    paths = (MANIFEST, *(table.path for table in _READ), *instrument)
    for path, expected in read_sums(folder / SUMS).items():
        if path in paths and (folder / path).is_file():
            found = digest_of((folder / path).read_bytes())
            if found != expected:
                problems.add("verify.file_changed", file=path, expected=expected, found=found)


def frame_of(table: PrintedTable) -> pd.DataFrame:
    """Texts and numbers of a printed table; counts and ranks as whole numbers, no degrees of freedom where there is no score."""
    frame = typed_frame(table)
    return (
        frame.assign(df=frame["df"].where(frame["score"].notna())) if {"df", "score"} <= {*frame} else frame
    )
