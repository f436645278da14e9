"""Points lost in a round or a published table, however it is at hand."""

from __future__ import annotations

from pathlib import Path

from surveys.analysed import Round, analysed
from surveys.analysis.analysed_round import AnalysedRound
from surveys.definitions.instrument.reading import load_index
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.reading import STUDY_FILE
from surveys.gap_report import Gaps, gaps_of_round, gaps_of_table
from surveys.problems import fault
from surveys.vocabulary.progress import Stages, unheard


def gaps(
    of: Round,
    previous: Round | None = None,
    instrument: Instrument | str | Path | None = None,
    progress: Stages = unheard,
) -> Gaps:
    """What was lost: of every unit and node the points lost with their interval, the share of the whole loss, rank, change since
    ``previous``, target and distance, agencies; sums by field, source and agency.

    ``of``: a result, a study (which is scored), or the path of a folder of results, of a study or, with its ``instrument``, of
    a published table (CSV or workbook, as :func:`surveys.audit` takes it). ``previous``: an earlier round or table. Raises
    SurveyError when one of them cannot be read, or when they have nothing in common.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.csv"
    >>> _ = path.write_text("code,max_points,points\\n8.1,10,8.37\\n8.2,1,1\\n8.4,1.5,0.75\\n")
    >>> found = gaps(path, instrument="par-index/2023").nodes
    >>> found[["node_code", "lost", "order"]].to_numpy().tolist()
    [['8.1', 1.63, 1.0], ['8.2', 0.0, 3.0], ['8.4', 0.75, 2.0]]
    """
    table = _table(of)
    if table is not None and instrument is None:
        raise fault("gaps.instrument_needed", file=str(table))
    before: Path | AnalysedRound | None = None
    if previous is not None:
        before = _table(previous) or analysed(previous, progress)
    if table is None or instrument is None:
        return gaps_of_round(analysed(of, progress), before)
    edition = instrument if isinstance(instrument, Instrument) else load_index(instrument)
    return gaps_of_table(table, edition, before)


def _table(of: Round) -> Path | None:
    """The path of a published table: of a file that is no study."""
    path = Path(of) if isinstance(of, (str, Path)) else None
    is_table = path is not None and path.is_file() and path.name != STUDY_FILE and path.suffix != ".toml"
    return path if is_table else None
