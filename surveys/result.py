"""What scoring a round gives: units scored, two rounds compared; each shows itself and writes itself.

The stages that make them begin with the files of returns, which are being read already. Analyses are loaded when
one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from surveys.comparison.series import RoundSeries
from surveys.definitions.instrument.records import Instrument
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.package import deliver
from surveys.problems import Language, Problem, SurveyError
from surveys.published.study_targets import audit_targets, placed, results_of
from surveys.returns.files.opening import Waiting
from surveys.returns.reading import read_returns
from surveys.sampling.returned_groups import NO_VALID_FORM
from surveys.sampling.samples import Samples, draw_samples
from surveys.scoring.scored_round import ScoredRound
from surveys.scoring.scores import Scores, score
from surveys.screening import Screening, screened_round
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.progress import Stages, Step
from surveys.vocabulary.statuses import PUBLISHED

if TYPE_CHECKING:
    from surveys.analysis.analysed_round import AnalysedRound
    from surveys.analysis.cross_tables import CrossTables
    from surveys.gap_report import Gaps
    from surveys.handover.drivers_folder import Drivers
    from surveys.handover.reach_folder import Reach
    from surveys.plot import Plots
    from surveys.tabulated import TableOf, Tables


@dataclass(frozen=True, repr=False)
class Result(Screening):
    """A round from its files to its scores (``Study.score``). Numbers are unrounded; NaN where suppressed or missing."""

    samples: Samples
    scored: Scores

    @property
    def round(self) -> ScoredRound:
        """The record that the hand-over and reports start from."""
        return ScoredRound(self.screened, self.samples, self.scored)

    @property
    def analysed(self) -> AnalysedRound:
        """The record that the analyses start from."""
        from surveys.handover.analysed_results import analysed_round

        return analysed_round(self.round)

    @property
    def scores(self) -> pd.DataFrame:
        """One row per block × unit × node × group: score in [0, 1], standard error, pointwise interval, points,
        status."""
        return self.scored.table

    @property
    def units(self) -> pd.DataFrame:
        """The league table: one row per unit with points, percent, pointwise interval, rank and joint set of ranks."""
        return self.scored.units

    @property
    def index(self) -> pd.DataFrame:
        """Where the study has assessments, one row per block × unit × node: the council's half beside the survey's, the total and
        the interval that the survey part gives it."""
        return self.scored.index

    @property
    def index_units(self) -> pd.DataFrame:
        """Where the study has assessments, one row per unit: the totals of both halves, rank, joint set of ranks and class."""
        return self.scored.index_units

    @property
    def sums(self) -> pd.DataFrame:
        """One row per unit and source of points, and per unit and agency that leads: their points with the interval that the
        survey part gives them."""
        return self.scored.sums

    @property
    def shares(self) -> pd.DataFrame:
        """Shares of each answer of the questions that enter no index."""
        return self.scored.shares

    @property
    def answers(self) -> pd.DataFrame:
        """Shares of each level of every question in a whole block, by group and over the groups (``all``): one row per block ×
        question × group × level, shares in [0, 1] with their intervals; NaN where too few forms count.

        >>> from surveys.study import load
        >>> answers = load("data-sample/first-survey").score().answers
        >>> answers.groupby(["item_code", "group"])["share"].sum().round(9).unique().tolist()
        [1.0]
        """
        from surveys.handover.report_frames import answers

        return answers(self.round)

    @property
    def respondents(self) -> pd.DataFrame:
        """Who answered: one row per block × group × attribute × category, weighted and not, beside what the margins say of all;
        without rows where no field of the instrument is an attribute with declared categories."""
        from surveys.handover.report_frames import respondents

        return respondents(self.round)

    @property
    def days(self) -> pd.DataFrame:
        """When forms came in: one row per questionnaire × mode × day of submission, forms returned and valid; a form about
        several units counts once, and the day is empty where forms do not tell it."""
        from surveys.handover.report_frames import days

        return days(self.round)

    @property
    def weights(self) -> pd.DataFrame:
        """One row per valid evaluation: base weight, calibrated weight, weight."""
        return self.samples.weights

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What was found on the way to the scores without stopping, each once; last, what the results say of the targets."""
        study = self.screened.study
        targets = placed(study.targets, study.file_of("targets"))
        reached = results_of(self.scores, self.index, study.output) if targets else {}
        return (*self.round.warnings, *audit_targets(study.instrument, targets, reached))

    @property
    def plot(self) -> Plots:
        """The figures of the analysis report, for notebooks: ``plot.league("so")``; each is a matplotlib ``Figure``.

        >>> from surveys.study import load
        >>> figure = load("data-sample/first-survey").score().plot.league()
        >>> round(figure.get_figwidth() * 25.4)  # millimetres
        160
        """
        from surveys.plot import Plots

        return Plots(self.round, self.screened.study.output.language)

    def tables(self, by: str | Sequence[str], progress: Step | None = None) -> Tables:
        """Cross-tables of every item and node by attributes of the respondents, ``unit`` or ``group`` (``"sex,age_group"``, each
        by itself; ``"sex*age_group"``: crossed).

        Raises SurveyError for a name that is none of them.

        >>> from surveys.study import load
        >>> found = load("data-sample/first-survey").score().tables("unit")
        >>> found.table["by"].unique().tolist()
        ['unit']
        """
        from surveys.tabulated import Tables

        return Tables(self._tabulated(by, progress=progress), self.screened.study)

    def table(self, of: str, by: str | Sequence[str]) -> TableOf:
        """The cross-tables of one item or node; see :meth:`tables`. Raises SurveyError for an unknown code."""
        from surveys.tabulated import TableOf

        return TableOf(of, self._tabulated(by, of), self.screened.study)

    def _tabulated(self, by: str | Sequence[str], of: str = "", progress: Step | None = None) -> CrossTables:
        from surveys.analysis.cross_tables import cross_tables

        done = self.screened
        return cross_tables(done.study, done.returns, self.samples, self.scores, by, of, progress)

    def gaps(self, previous: Result | str | Path | None = None) -> Gaps:
        """What was lost: points lost of every unit and node with their share, rank, target and agencies, and the change since
        ``previous``, a result or the path of a folder of results.

        Raises SurveyError when that cannot be read, or when the rounds have nothing in common.
        """
        from surveys.gap_report import gaps_of_round
        from surveys.handover.analysed_results import read_analysed

        earlier = (
            previous.analysed if isinstance(previous, Result) else previous and read_analysed(Path(previous))
        )
        return gaps_of_round(self.analysed, earlier or None)

    def write(self, out: str | Path, progress: Step | None = None) -> None:
        """Write the official package at ``out``: all of it, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, OSError when the disk refuses.
        """
        deliver(self.round, Path(out), progress)

    def drivers(self) -> Drivers:
        """What drives the overall judgement: how strongly each node of the models of the instrument (``[[drivers]]``) goes with
        the overall item, beside the node's own performance.

        Raises SurveyError where the instrument declares no model, or no form asks its overall item.
        """
        from surveys.analysis.drivers import driver_tables
        from surveys.handover.drivers_folder import Drivers

        return Drivers(driver_tables(self.round), self.screened.study)

    def reach(
        self,
        measure: str | None = None,
        target: object = None,
        *,
        unit: str | None = None,
        planned: str | Path | None = None,
    ) -> Reach:
        """What it takes the units to be at a ``target`` (see :func:`surveys.reach`), or at the targets of the study."""
        from surveys.handover.reach_folder import Asked, reach_of

        return reach_of(self.analysed, Asked(measure, target, unit, planned))

    def export(self, out: str | Path, to: str = "csv") -> None:
        """Write the sample at ``out`` for SPSS (``sav``), Stata (``dta``), R and others (``csv``, ``parquet``), without what
        respondents typed: one row for each evaluation, a codebook, scripts that work out the scores again; all of it, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, or when Parquet is asked for and pyarrow is not
        installed, OSError when the disk refuses.
        """
        from surveys.handover.export.exported import deliver_export

        deliver_export(self.round, Path(out), to)

    def facts(self) -> Mapping[str, object]:
        statuses = self.units["status"].value_counts()
        return {
            **super().facts(),
            "units": ", ".join(f"{count} {status}" for status, count in statuses.items()),
            "scores": f"{len(self.scores):,}",
        }


@dataclass(frozen=True, repr=False)
class RoundComparison(Shown):
    """Rounds side by side (``surveys.compare``), the oldest first."""

    compared: RoundSeries

    @property
    def instrument(self) -> Instrument:
        """The edition of the newest round."""
        return self.compared.newest.instrument

    @property
    def language(self) -> Language:
        """The language of the official files of the newest round."""
        return self.compared.newest.language

    @property
    def changes(self) -> pd.DataFrame:
        """One row per block × unit × node × group and pair of neighbouring rounds: both scores, change, pointwise interval,
        corrected p-value, change of rank."""
        return self.compared.changes

    @property
    def series(self) -> pd.DataFrame:
        """One row per block × unit × node × group × round: score, pointwise interval, points, ranks, and whether it is comparable
        with the round before; published figures as rows of their own."""
        return self.compared.series

    @property
    def has_published(self) -> bool:
        """Whether published figures stand in the series."""
        return bool((self.series["basis"] == PUBLISHED).any())

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Why some nodes and units are not compared."""
        return self.compared.refused

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What was found beside that: rounds in another order, published figures that were measured otherwise."""
        return self.compared.told

    def write(self, out: str | Path) -> None:
        """Write the changes, the series and a workbook of them at ``out``: all of it, or nothing."""
        from surveys.handover.comparison_folder import deliver_comparison

        deliver_comparison(self.compared, Path(out))

    def facts(self) -> Mapping[str, object]:
        return {
            "rounds": ", ".join(one.label for one in self.compared.rounds),
            "rows": f"{len(self.changes):,}",
            "compared": f"{int(self.changes['change'].notna().sum()):,}",
            "refused": len(self.refused),
        }


def scored(study: StudyDefinition, files: Iterable[Waiting], progress: Stages) -> Result:
    """Read, screen, weight and score the returns. Raises SurveyError as :func:`screened` and when weights cannot be made, with
    everything that reading and screening noticed, since that may explain it."""
    done = screened_round(study, files, progress)
    try:
        progress("weight")
        samples = draw_samples(done)
        progress("score")
        return Result(done, samples, score(done, samples))
    except SurveyError as error:
        raise SurveyError(dict.fromkeys((*error.problems, *done.warnings))) from None


def found_in_returns(
    study: StudyDefinition, files: Iterable[Waiting], *, weighted: bool
) -> tuple[Problem, ...]:
    """What reading and screening the returns finds, and where they can be ``weighted`` what that finds."""
    found: tuple[Problem, ...] = ()
    try:
        returns = read_returns(study, files=files)
        done = ScreenedRound(study, returns, screen(study, returns))
        found = done.warnings
        return found + (draw_samples(done).warnings if weighted else ())
    except SurveyError as stopped:
        still_out = {p: replace(p, severity="warning") for p in stopped.problems if p.code == NO_VALID_FORM}
        return (*found, *(still_out.get(problem, problem) for problem in stopped.problems))
