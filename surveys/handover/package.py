"""The official package: every file of a round, as bytes, put in place all at once.

    results/
      scores.csv units.csv shares.csv unweighted.csv forms.csv funnel.csv weights.csv weight-diagnostics.csv tree.csv
      review/     what people decide: units to confirm, forms to decide, reasons, cells, conversions, warnings
      council/    what the council imports: workbook, CSV tables, datapackage.json, run.json, SHA256SUMS
      datapackage.json run.json SHA256SUMS

:func:`package` makes the bytes and touches nothing; :func:`deliver` writes them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from surveys.definitions.study.records import Output, StudyDefinition
from surveys.handover import codebook, tables
from surveys.handover.codebook import Table
from surveys.handover.folder import obstacles, write_folder
from surveys.handover.manifest import MANIFEST, SUMS, Content, digest_of, run_manifest, sums_of
from surveys.problems import SurveyError
from surveys.returns.double_entry import compare_entries
from surveys.scoring.scored import ScoredRound
from surveys.scoring.scores import Scores
from surveys.validity.screened import ScreenedRound
from surveys.vocabulary.progress import Step

DESCRIPTOR = "datapackage.json"
COUNCIL = "council"
WORKBOOK = "survey-scores.xlsx"


def deliver(scored: ScoredRound, out: Path, progress: Step | None = None) -> None:
    """Write the whole package at ``out``: all of it, or nothing.

    ``progress(label, done, total)`` hears of each file. Raises SurveyError when ``out`` must not be replaced (see
    :func:`surveys.handover.folder.write_folder`), OSError when the disk refuses; an earlier package then stays as it was.
    """
    write_folder(out, package(scored), progress)


def deliver_screening(screened: ScreenedRound, out: Path, progress: Step | None = None) -> None:
    """Write what is known before scoring: forms, funnel and the review files; all or nothing, as :func:`deliver`."""
    write_folder(out, screening(screened), progress)


def ready_for(out: Path, content: Content) -> None:
    """Raise SurveyError when ``out`` must not be replaced by ``content``; to be asked before a long run."""
    found = tuple(obstacles(out.resolve(), out, content))
    if found:
        raise SurveyError(found)


def package(scored: ScoredRound) -> dict[str, bytes]:
    """Every file of the package: path → bytes. The same input gives the same bytes."""
    study, scores = scored.study, scored.scores
    statuses = Counter(scores.table["status"].tolist())
    manifest = run_manifest("scores", scored, statuses)
    frames = {
        codebook.SCORES: scores.table,
        codebook.UNITS: scores.units,
        codebook.WEIGHTS: scored.samples.weights,
        codebook.DIAGNOSTICS: scored.samples.summary,
        codebook.TREE: tables.tree_frame(study.instrument),
        **_screening_frames(scored),
    }
    asked = {
        codebook.SHARES: tables.shares_frame(study, scores.shares),
        codebook.UNWEIGHTED: scores.unweighted,
    }
    frames |= {table: frame for table, frame in asked.items() if len(frame)}
    council = _council(study, frames[codebook.FORMS], scores, manifest)
    files = {f"{COUNCIL}/{path}": content for path, content in council.items()}
    return _closed(study, frames, {**files, MANIFEST: manifest})


def screening(screened: ScreenedRound) -> dict[str, bytes]:
    """Every file of a screening: path → bytes."""
    manifest = run_manifest("screening", screened, {})
    return _closed(screened.study, _screening_frames(screened), {MANIFEST: manifest})


def _screening_frames(done: ScreenedRound | ScoredRound) -> dict[Table, pd.DataFrame]:
    """The tables about forms; those that only list oddities are left out when there are none."""
    returns, dispositions = done.returns, done.dispositions
    forms = tables.forms_frame(returns, dispositions)
    entered = compare_entries(returns)
    oddities = {
        codebook.REASONS: tables.reasons_frame(returns, dispositions),
        codebook.UNDECIDED: tables.undecided_frame(forms),
        codebook.PROPOSALS: returns.proposals,
        codebook.CELLS: tables.cells_frame(returns),
        codebook.ENTRIES: entered.disagreements,
        codebook.AGREEMENT: entered.agreement,
        codebook.CONVERSIONS: returns.conversions,
        codebook.WARNINGS: tables.warnings_frame(done.warnings),
    }
    return {
        codebook.FORMS: forms,
        codebook.FUNNEL: dispositions.funnel,
        **{table: frame for table, frame in oddities.items() if len(frame)},
    }


def _council(
    study: StudyDefinition, forms: pd.DataFrame, scores: Scores, manifest: bytes
) -> dict[str, bytes]:
    """The council's folder, complete in itself: path within it → bytes. ``forms``: those of the package."""
    from surveys.handover.workbook import workbook_bytes

    frames = {
        codebook.COUNCIL_SCORES: tables.council_scores(study, scores),
        codebook.COUNCIL_UNITS: tables.council_units(study, scores),
        codebook.REJECTED: tables.rejected_frame(forms),
    }
    printed = {table: tables.printed(table, frame, study.output) for table, frame in frames.items()}
    csvs = {table: tables.csv_bytes(table, cells) for table, cells in printed.items()}
    workbook = workbook_bytes(
        study,
        {table.name: cells for table, cells in printed.items()},
        {table.path: content for table, content in csvs.items()},
    )
    return _named(study, csvs, {MANIFEST: manifest, WORKBOOK: workbook}, COUNCIL)


def _closed(
    study: StudyDefinition, frames: Mapping[Table, pd.DataFrame], others: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Tables as CSV, their Data Package descriptor, and the checksums of everything."""
    csvs = {
        table: tables.csv_bytes(table, tables.printed(table, frame, study.output))
        for table, frame in frames.items()
    }
    return _named(study, csvs, others)


def _named(
    study: StudyDefinition, csvs: Mapping[Table, bytes], others: Mapping[str, bytes], part: str = ""
) -> dict[str, bytes]:
    """Tables and other files :func:`sealed` under the name of the study (and of a part of its package)."""
    name = "-".join(filter(None, (package_name(study.code), part)))
    files = {table.path: content for table, content in csvs.items()}
    return sealed(name, study.label_vi, {table.path: table for table in csvs}, files, others, study.output)


def sealed(
    name: str,
    title: str,
    by_path: Mapping[str, Table],
    csvs: Mapping[str, bytes],
    others: Mapping[str, bytes],
    output: Output,
) -> dict[str, bytes]:
    """CSV files and others with the descriptor of the tables and the checksums of everything: path → bytes."""
    digests = {path: digest_of(content) for path, content in csvs.items()}
    facts = {path: (len(content), digests[path]) for path, content in csvs.items()}
    descriptor = codebook.descriptor(name, title, by_path, facts, output)
    more = {DESCRIPTOR: (json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n").encode(), **others}
    digests |= {path: digest_of(content) for path, content in more.items()}
    return {**csvs, **more, SUMS: sums_of(digests)}


def package_name(code: str) -> str:
    """A study code as a Data Package name: lower-case ASCII letters, digits, ``.``, ``_`` and ``-``.

    >>> package_name("Hà Nội 2023")
    'ha-noi-2023'
    """
    plain = unicodedata.normalize("NFD", code.lower().replace("đ", "d"))
    ascii_only = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9._-]+", "-", ascii_only).strip("-") or "study"
