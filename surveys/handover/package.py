"""The official package: every file of a round, as bytes, put in place all at once.

    results/
      scores.csv units.csv index.csv index-units.csv sums.csv unit-covariances.csv agencies.csv targets.csv headlines.csv
      shares.csv answers.csv profile.csv days.csv drivers.csv driver-models.csv
      unweighted.csv nonresponse-bounds.csv forms.csv funnel.csv weights.csv weight-diagnostics.csv tree.csv
      review/     what people decide: units to confirm, forms to decide, reasons, cells, conversions, warnings; what the units
                  explained and what was decided about it; the key to the running numbers that stand for form codes in council/
      council/    what the council imports: workbook, CSV tables, exchange.json with all of them, import-… under its own column
                  names, datapackage.json, run.json, SHA256SUMS
      instrument/ the definitions of a study that carries its own instrument, by which rounds are compared
      datapackage.json run.json SHA256SUMS

:func:`package` makes the bytes and touches nothing; :func:`deliver` writes them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.definitions.instrument.written_out import own_files
from surveys.definitions.study.records import Agency, Headline, StudyDefinition, Target
from surveys.handover import official_columns, result_frames
from surveys.handover.council_frames import council_frames
from surveys.handover.exchange import exchange_files
from surveys.handover.folder import write_folder
from surveys.handover.manifest import COUNCIL, INSTRUMENT, MANIFEST, WORKBOOK, digests_of, run_manifest
from surveys.handover.official_columns import OfficialTable
from surveys.handover.read_back import RunSettings
from surveys.handover.report_frames import report_frames
from surveys.handover.result_frames import Texts
from surveys.handover.review_books import review_books
from surveys.handover.seal import described, package_name, sealed
from surveys.handover.words import SHOWN, label_of, words_of
from surveys.handover.workbook import workbook_bytes
from surveys.handover.workbook_facts import facts_of_run
from surveys.returns.form_numbers import form_names, number_key
from surveys.returns.submissions.entry_agreement import agreement, disagreements
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.scores import Scores
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.progress import Step


def deliver(scored: ScoredRound, out: Path, progress: Step | None = None) -> None:
    """Write the whole package at ``out``: all of it, or nothing.

    ``progress(label, done, total)`` hears of each file. Raises SurveyError when ``out`` must not be replaced (see
    :func:`surveys.handover.folder.write_folder`), OSError when the disk refuses; an earlier package then stays as it was.
    """
    write_folder(out, package(scored), progress)


def deliver_screening(screened: ScreenedRound, out: Path, progress: Step | None = None) -> None:
    """Write what is known before scoring: forms, funnel and the review files; all or nothing, as :func:`deliver`."""
    write_folder(out, screening(screened), progress)


def package(scored: ScoredRound) -> dict[str, bytes]:
    """Every file of the package: path → bytes. The same input gives the same bytes.

    Raises SurveyError where a block has no result that can be handed over.
    """
    study, scores = scored.study, scored.scores
    forms = result_frames.forms_frame(scored.returns, scored.dispositions, study.decisions)
    names = form_names(study, scored.returns)
    frames = {
        official_columns.SCORES: scores.table,
        official_columns.UNITS: scores.units,
        official_columns.WEIGHTS: scored.samples.weights,
        official_columns.DIAGNOSTICS: scored.samples.summary,
        official_columns.TREE: result_frames.tree_frame(study.instrument),
        **(_index(scores) if study.has_assessments else {}),
        **_screened_frames(scored, forms, names),
        **_filled({official_columns.EXPLANATIONS: result_frames.explanations_frame(study)}),
        **_filled(
            {
                official_columns.SHARES: result_frames.shares_frame(scores.shares, study),
                official_columns.UNWEIGHTED: scores.unweighted,
                official_columns.NONRESPONSE: scores.nonresponse,
                official_columns.SUMS: scores.sums,
                official_columns.COVARIANCES: scores.covariances,
                official_columns.AGENCIES: result_frames.records_frame(Agency, study.agencies),
                official_columns.TARGETS: result_frames.records_frame(Target, study.targets),
                official_columns.HEADLINES: result_frames.records_frame(Headline, study.headlines),
                **report_frames(scored),
            }
        ),
    }
    files = _written(study, frames)
    files |= {f"{INSTRUMENT}/{path}": content for path, content in own_files(study.instrument).items()}
    manifest = run_manifest("scores", scored, Counter(scores.table["status"].tolist()), files)
    official = council_frames(study, scores, forms, scored.dispositions.funnel, names)
    council = _council(study, official, manifest)
    files |= {f"{COUNCIL}/{path}": content for path, content in council.items()}
    return sealed({**files, MANIFEST: manifest})


def _index(scores: Scores) -> dict[OfficialTable, pd.DataFrame]:
    """The tables of the whole index."""
    return {official_columns.INDEX: scores.index, official_columns.INDEX_UNITS: scores.index_units}


def screening(screened: ScreenedRound) -> dict[str, bytes]:
    """Every file of a screening: path → bytes."""
    study = screened.study
    forms = result_frames.forms_frame(screened.returns, screened.dispositions, study.decisions)
    frames = _screened_frames(screened, forms, form_names(study, screened.returns))
    files = _written(study, frames)
    return sealed({**files, MANIFEST: run_manifest("screening", screened, {}, files)})


def _screened_frames(
    done: ScreenedRound | ScoredRound, forms: pd.DataFrame, names: np.ndarray
) -> dict[OfficialTable, pd.DataFrame]:
    """The tables about forms (``names``: what the council calls them); those that only list oddities are left out when there are
    none."""
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
        "form-numbers": number_key(returns, names),
    }
    return {
        official_columns.FORMS: forms,
        official_columns.FUNNEL: dispositions.funnel,
        **_filled({official_columns.TABLES[name]: frame for name, frame in oddities.items()}),
    }


def _filled(frames: Mapping[OfficialTable, pd.DataFrame]) -> dict[OfficialTable, pd.DataFrame]:
    return {table: frame for table, frame in frames.items() if len(frame)}


def _written(study: StudyDefinition, frames: Mapping[OfficialTable, pd.DataFrame]) -> dict[str, bytes]:
    """The tables as CSV with their descriptor, and those in which people decide as workbooks too (path → bytes)."""
    texts, csvs = _as_csv(study, frames)
    return {**_described(study, csvs), **review_books(study, frames, texts)}


def _council(
    study: StudyDefinition, frames: Mapping[OfficialTable, pd.DataFrame], manifest: bytes
) -> dict[str, bytes]:
    """The council's folder, complete in itself: path within it → bytes. What the fingerprint covers is made before the workbook,
    which shows it."""
    texts, csvs = _as_csv(study, frames)
    run = json.loads(manifest)
    exchanged = exchange_files(run, texts, study.council)
    files = {**_described(study, csvs, f"-{COUNCIL}"), **exchanged, MANIFEST: manifest}
    words = {kind: words_of(kind, study.instrument, study.output.language) for kind in SHOWN}
    facts = facts_of_run(run, RunSettings.of(study), words)
    return sealed({**files, WORKBOOK: workbook_bytes(facts, texts, digests_of(files))})


def _as_csv(
    study: StudyDefinition, frames: Mapping[OfficialTable, pd.DataFrame]
) -> tuple[dict[OfficialTable, Texts], dict[OfficialTable, bytes]]:
    """Tables as printed and as CSV."""
    texts = {table: result_frames.printed(table, frame, study.output) for table, frame in frames.items()}
    return texts, {table: result_frames.table_bytes(table, of_table) for table, of_table in texts.items()}


def _described(
    study: StudyDefinition, csvs: Mapping[OfficialTable, bytes], part: str = ""
) -> dict[str, bytes]:
    """Tables with their descriptor under the name of the study (and of a part of its package)."""
    title = label_of(study, study.output.language)
    return described(f"{package_name(study.code)}{part}", title, csvs, study.output)
