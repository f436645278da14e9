"""A round exported for another program: the sample, its codebook, the keys of the scores, and scripts that work them out again.

export/
  sample.csv | sample.sav | sample.dta | sample.parquet   one row for each evaluation
  codebook.csv items.csv node-items.csv nodes.csv designs.csv expected.csv
  score.R, and score.sps beside a SAV, score.do beside a DTA, where the answers are scored
  datapackage.json run.json SHA256SUMS
"""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from surveys.handover.export.other_scripts import sps_script, stata_script
from surveys.handover.export.sample import sample_frame
from surveys.handover.export.statistical_files import csv_frame, csv_table, dta_of, parquet_of, sav_of
from surveys.handover.export.tables import export_frames
from surveys.handover.export.variables import variables_of
from surveys.handover.folder import ready
from surveys.handover.table_folder import TableFolder, deliver_tables
from surveys.handover.words import label_of
from surveys.problems import fault, nearest
from surveys.scoring.scored_round import ScoredRound

Format = Literal["sav", "dta", "csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
EXPORT: Literal["export"] = "export"
_SCRIPT, _SAMPLE = "score.R", "sample."


def ready_to_export(out: str | Path, to: str) -> Format:
    """Ask before a round is scored whether it can be exported ``to`` that format and may be written at ``out``.

    Raises SurveyError when it cannot or may not, OSError when ``out`` could not be written.
    """
    chosen = _format(to)
    ready(out, EXPORT)
    return chosen


def _format(to: str) -> Format:
    for accepted in FORMATS:
        if to == accepted:
            if to == "parquet" and find_spec("pyarrow") is None:
                raise fault("returns.no_parquet", file=_SAMPLE + to)
            return accepted
    raise fault("export.format_unknown", value=to, accepted=FORMATS, nearest=nearest(to, FORMATS))


def deliver_export(scored: ScoredRound, out: Path, to: str) -> None:
    """Write a round for SPSS (``sav``), Stata (``dta``), R and others (``csv``, ``parquet``) at ``out``: all of it, or nothing.

    Raises SurveyError when ``out`` must not be replaced or the format is none of these, or when Parquet is asked for and pyarrow
    is not installed.
    """
    deliver_tables(export_folder(scored, _format(to)), out)


def export_folder(scored: ScoredRound, to: Format) -> TableFolder:
    """The folder of an export before it is written."""
    study = scored.study
    language, title = study.output.language, label_of(study, study.output.language)
    variables = variables_of(study)
    frame, frames = sample_frame(scored, variables), export_frames(scored, variables)
    others: dict[str, bytes] = {}
    if len(frames["export-keys"]):  # else the answers score nothing
        others[_SCRIPT] = (resources.files("surveys.handover.export") / _SCRIPT).read_bytes()
        others |= {"score.sps": sps_script(frames)} if to == "sav" else {}
        others |= {"score.do": stata_script(frames)} if to == "dta" else {}
    if to == "sav":
        others[f"{_SAMPLE}{to}"] = sav_of(frame, variables, title, language)
    elif to == "dta":
        others[f"{_SAMPLE}{to}"] = dta_of(frame, variables, title, language)
    elif to == "parquet":
        others[f"{_SAMPLE}{to}"] = parquet_of(frame, variables, f"{_SAMPLE}{to}")
    own = {csv_table(variables): csv_frame(frame)} if to == "csv" else {}
    return replace(TableFolder.of_study(EXPORT, study, frames, others, exported_to=to), own=own)
