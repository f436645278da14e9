"""The verbs of the public door: what can be done with a folder, a file or a result, by its path or as an object."""

from __future__ import annotations

from pathlib import Path

from surveys.comparison.changes import ComparedRound
from surveys.comparison.changes import compare as compared
from surveys.comparison.crosswalk import successors
from surveys.definitions.check import check
from surveys.definitions.instrument.reading import load_instrument, shipped
from surveys.definitions.instrument.records import Instrument
from surveys.handover.manifest import Content
from surveys.handover.package import ready_for
from surveys.handover.rounds import is_result, read_round
from surveys.handover.verification import verify as verified
from surveys.problems import Problem
from surveys.published.audit import AuditReport
from surveys.published.audit import audit as audited
from surveys.result import Result, RoundComparison
from surveys.simulation.simulate import simulate as simulated
from surveys.study import Study
from surveys.vocabulary.progress import Stages, unheard

__all__ = ["audit", "check", "compare", "instruments", "load", "ready", "simulate", "verify"]


def load(path: str | Path) -> Study:
    """The study of a ``study.toml`` or of the folder that holds one.

    Raises SurveyError with every error of the study, its tables and its own instrument; ``check`` also tells what is
    lacking without being wrong.
    """
    return Study.load(path)


def instruments(name: str = "") -> tuple[Instrument, ...]:
    """The shipped instruments, or the one of that name or folder.

    >>> [instrument.name for instrument in instruments("ha-noi/2023")]
    ['ha-noi/2023']
    """
    return tuple(load_instrument(each) for each in ([name] if name else shipped()))


def simulate(
    instrument: str, seed: int, out: str | Path, *, scale: float = 1.0, defects: bool = True
) -> Study:
    """Write a round with a known truth and known defects at ``out`` and load it; the same seed gives the same bytes."""
    simulated(instrument, seed, Path(out), scale=scale, defects=defects)
    return load(out)


def compare(
    old: Result | Study | str | Path,
    new: Result | Study | str | Path,
    crosswalk: str | Path | None = None,
    progress: Stages = unheard,
) -> RoundComparison:
    """Two rounds side by side; each a result, a study (which is scored), or the path of a folder of results or of a study.

    ``crosswalk`` is a CSV with the columns block, old_unit, new_block, new_unit; without it the successors named in the old
    register count. Raises SurveyError when a round cannot be read or the crosswalk names unknown units.
    """
    earlier, later = (_round(each, progress) for each in (old, new))
    changes = compared(earlier, later, successors(earlier, later, crosswalk))
    return RoundComparison(changes, later.instrument, later.language)


def verify(folder: str | Path) -> tuple[Problem, ...]:
    """Everything wrong with a folder of results: changed files, totals that are not the sum of their parts, counts that do not
    reconcile. Empty when it is intact."""
    return verified(folder)


def audit(table: str | Path, instrument: str, previous: str | Path | None = None) -> AuditReport:
    """Re-add a published table and tell what cannot be rounding; ``previous``: the table of the round before."""
    return audited(table, instrument, previous)


def ready(out: str | Path, content: Content) -> None:
    """Ask before a long run whether its files may be written at ``out``; ``content``: "scores" or "screening".

    Raises SurveyError when ``out`` is a file or holds something that must not be replaced.
    """
    ready_for(Path(out), content)


def _round(of: Result | Study | str | Path, progress: Stages) -> ComparedRound:
    if isinstance(of, (str, Path)):
        if is_result(Path(of)):
            return read_round(Path(of))
        of = load(of)
    result = of if isinstance(of, Result) else of.score(progress)
    study = result.round.study
    return ComparedRound(study.instrument, result.scores, result.units, study.output.language)
