"""The official package: every file of a round, as bytes, put in place all at once.

    results/
      scores.csv units.csv shares.csv unweighted.csv forms.csv funnel.csv weights.csv weight-diagnostics.csv tree.csv
      review/     what people decide: units to confirm, forms to decide, reasons, cells, conversions, warnings
      council/    what the council imports: workbook, CSV tables, datapackage.json, run.json, SHA256SUMS
      instrument/ the definitions of a study that carries its own instrument, by which rounds are compared
      datapackage.json run.json SHA256SUMS

:func:`package` makes the bytes and touches nothing; :func:`deliver` writes them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from surveys.definitions.instrument.reading import own_files
from surveys.definitions.study.records import StudyDefinition
from surveys.handover import official_columns, result_frames
from surveys.handover.folder import obstacles, write_folder
from surveys.handover.manifest import MANIFEST, Content, run_manifest
from surveys.handover.official_columns import OfficialTable
from surveys.handover.review_books import review_books
from surveys.handover.seal import package_name, sealed
from surveys.handover.words import SHOWN, label_of, words_of
from surveys.handover.workbook import WORKBOOK, facts_of_run, workbook_bytes
from surveys.returns.submissions.entry_agreement import agreement, disagreements
from surveys.scoring.scored_round import ScoredRound
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.progress import Step

COUNCIL, INSTRUMENT = "council", "instrument"


def deliver(scored: ScoredRound, out: Path, progress: Step | None = None) -> None:
    """Write the whole package at ``out``: all of it, or nothing.

    ``progress(label, done, total)`` hears of each file. Raises SurveyError when ``out`` must not be replaced (see
    :func:`surveys.handover.folder.write_folder`), OSError when the disk refuses; an earlier package then stays as it was.
    """
    write_folder(out, package(scored), progress)


def deliver_screening(screened: ScreenedRound, out: Path, progress: Step | None = None) -> None:
    """Write what is known before scoring: forms, funnel and the review files; all or nothing, as :func:`deliver`."""
    write_folder(out, screening(screened), progress)


def ready(out: str | Path, content: Content) -> None:
    """Ask before a long run whether its files may be written at ``out``; ``content``: "scores" or "screening".

    Raises SurveyError when ``out`` is a file or holds something that must not be replaced.
    """
    obstacles(Path(out).resolve(), Path(out), content).raise_errors()


def package(scored: ScoredRound) -> dict[str, bytes]:
    """Every file of the package: path → bytes. The same input gives the same bytes."""
    study, scores = scored.study, scored.scores
    manifest = run_manifest("scores", scored, Counter(scores.table["status"].tolist()))
    forms = result_frames.forms_frame(scored.returns, scored.dispositions, study.decisions)
    frames = {
        official_columns.SCORES: scores.table,
        official_columns.UNITS: scores.units,
        official_columns.WEIGHTS: scored.samples.weights,
        official_columns.DIAGNOSTICS: scored.samples.summary,
        official_columns.TREE: result_frames.tree_frame(study.instrument),
        **_screened_frames(scored, forms),
        **_filled(
            {
                official_columns.SHARES: result_frames.shares_frame(scores.shares, study),
                official_columns.UNWEIGHTED: scores.unweighted,
            }
        ),
    }
    council = _council(study, result_frames.council_frames(study, scores, forms), manifest)
    others = {
        MANIFEST: manifest,
        **{f"{INSTRUMENT}/{path}": content for path, content in own_files(study.instrument).items()},
        **{f"{COUNCIL}/{path}": content for path, content in council.items()},
    }
    csvs, books = _written(study, frames)
    return _sealed(study, csvs, {**books, **others})


def screening(screened: ScreenedRound) -> dict[str, bytes]:
    """Every file of a screening: path → bytes."""
    study = screened.study
    forms = result_frames.forms_frame(screened.returns, screened.dispositions, study.decisions)
    frames = _screened_frames(screened, forms)
    csvs, books = _written(study, frames)
    return _sealed(study, csvs, {**books, MANIFEST: run_manifest("screening", screened, {})})


def _screened_frames(
    done: ScreenedRound | ScoredRound, forms: pd.DataFrame
) -> dict[OfficialTable, pd.DataFrame]:
    """The tables about forms; those that only list oddities are left out when there are none."""
    returns, dispositions = done.returns, done.dispositions
    oddities = {
        "reasons": result_frames.reasons_frame(returns, dispositions),
        "undecided": result_frames.undecided_frame(forms, done.study),
        "proposals": returns.proposals,
        "second_entries": returns.seconds,
        "cells": result_frames.cells_frame(returns),
        "entries": disagreements(returns),
        "agreement": agreement(returns),
        "conversions": returns.conversions,
        "warnings": result_frames.warnings_frame(done.warnings),
    }
    return {
        official_columns.FORMS: forms,
        official_columns.FUNNEL: dispositions.funnel,
        **_filled({official_columns.TABLES[name]: frame for name, frame in oddities.items()}),
    }


def _filled(frames: Mapping[OfficialTable, pd.DataFrame]) -> dict[OfficialTable, pd.DataFrame]:
    return {table: frame for table, frame in frames.items() if len(frame)}


def _written(
    study: StudyDefinition, frames: Mapping[OfficialTable, pd.DataFrame]
) -> tuple[dict[OfficialTable, bytes], dict[str, bytes]]:
    """The tables as CSV, and those in which people decide as workbooks too (path → bytes)."""
    texts = {table: result_frames.printed(table, frame, study.output) for table, frame in frames.items()}
    csvs = {table: result_frames.table_bytes(table, of_table) for table, of_table in texts.items()}
    return csvs, review_books(study, frames, texts)


def _council(
    study: StudyDefinition, frames: Mapping[OfficialTable, pd.DataFrame], manifest: bytes
) -> dict[str, bytes]:
    """The council's folder, complete in itself: path within it → bytes."""
    texts = {table: result_frames.printed(table, frame, study.output) for table, frame in frames.items()}
    csvs = {table: result_frames.table_bytes(table, of_table) for table, of_table in texts.items()}
    words = {kind: words_of(kind, study.instrument, study.output.language) for kind in SHOWN}
    facts = facts_of_run(json.loads(manifest), study.output, words)
    workbook = workbook_bytes(facts, texts, {table.path: content for table, content in csvs.items()})
    return _sealed(study, csvs, {MANIFEST: manifest, WORKBOOK: workbook}, f"-{COUNCIL}")


def _sealed(
    study: StudyDefinition, csvs: Mapping[OfficialTable, bytes], others: Mapping[str, bytes], part: str = ""
) -> dict[str, bytes]:
    """Files :func:`~surveys.handover.seal.sealed` under the name of the study (and of a part of its package)."""
    title = label_of(study, study.output.language)
    return sealed(f"{package_name(study.code)}{part}", title, csvs, others, study.output)
