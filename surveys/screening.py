"""What screening a round gives: its forms with their dispositions; it shows itself and writes itself.

Screening needs none of the libraries that weight and score: they are not loaded for it, and what writes files only when it does
(``tests/benchmarks/test_reading_speed.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from surveys.definitions.study.records import StudyDefinition
from surveys.problems import Problem
from surveys.returns.files.opening import Waiting
from surveys.returns.in_the_field import InTheField
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from surveys.returns.submissions.entry_agreement import disagreements
from surveys.returns.writing import Format, write_returns
from surveys.validity.dispositions import Dispositions
from surveys.validity.screened_round import ScreenedRound
from surveys.validity.screening import screen
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.progress import Stages, Step
from surveys.vocabulary.statuses import DISPOSITIONS, REVIEW


@dataclass(frozen=True, repr=False)
class Screening(Shown):
    """A round whose forms are screened (``Study.screen``)."""

    screened: ScreenedRound

    @property
    def returns(self) -> Returns:
        """The evaluations as read: ``rows`` [n] and ``answers`` [n, items]."""
        return self.screened.returns

    @property
    def screening(self) -> Dispositions:
        """The disposition of every evaluation with all its reasons."""
        return self.screened.dispositions

    @property
    def funnel(self) -> pd.DataFrame:
        """Issued, returned, valid, under review and rejected per unit × group × questionnaire."""
        return self.screening.funnel

    @property
    def counts(self) -> pd.DataFrame:
        """Forms that came back and, summed over the funnel, their evaluations, per questionnaire in its order there."""
        totals = self.funnel.groupby("questionnaire", sort=False)[["issued", "returned", *DISPOSITIONS]].sum()
        returned = self.returns.rows[self.screening.counted]
        forms = returned.groupby(self.screening.cells["questionnaire"][self.screening.counted])[
            "form"
        ].nunique()
        totals.insert(0, "forms", forms.reindex(totals.index, fill_value=0))
        return totals

    @property
    def rows_read(self) -> Mapping[str, int]:
        """Rows of the files of returns: all of them, and those that are copies, second entries or no forms."""
        counted = ("rows", "copies", "second_entries", "no_forms")
        return {name: int(self.returns.read[name].sum()) for name in counted}

    @property
    def waiting(self) -> Mapping[str, int]:
        """What waits for a person: ``forms`` under review, their ``evaluations``, spellings of ``units`` that are in no register,
        differences of two data ``entries``, and ``explanations`` of units that nothing is decided about."""
        under_review = self.screening.disposition == REVIEW
        return {
            "forms": int(self.returns.rows["form"][under_review].nunique()),
            "evaluations": int(under_review.sum()),
            "units": int(self.returns.proposals[["block", "text"]].drop_duplicates().shape[0]),
            "entries": len(disagreements(self.returns)),
            "explanations": sum(said.is_open for said in self.screened.study.explanations),
        }

    @cached_property
    def forms(self) -> pd.DataFrame:
        """One row per evaluation: its disposition and its reasons."""
        from surveys.handover.result_frames import forms_frame

        return forms_frame(self.returns, self.screening, self.screened.study.decisions)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What reading and screening found without stopping, each once."""
        return self.screened.warnings

    def write(self, out: str | Path, progress: Step | None = None) -> None:
        """Write forms, funnel and review files at ``out``: all of them, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, OSError when the disk refuses.
        """
        from surveys.handover.package import deliver_screening

        deliver_screening(self.screened, Path(out), progress)

    def write_returns(self, folder: str | Path, kind: Format = "csv") -> tuple[Path, ...]:
        """Write the tidy returns back into ``folder`` for SPSS (``sav``) or as ``csv`` or ``parquet``: codes with labels, missing
        values declared. Returns the files written.

        Only their owner may read them. Raises SurveyError when one of them is there already; then none is written."""
        return write_returns(self.returns, Path(folder), kind)

    def facts(self) -> Mapping[str, object]:
        counts = self.counts.sum()
        return {
            "study": self.screened.study.code,
            **{str(name): f"{count:,.0f}" for name, count in counts.items()},
            "warnings": len(self.warnings),
        }


def screened(study: StudyDefinition, files: Iterable[Waiting], progress: Stages) -> Screening:
    """Read and screen the returns. Raises SurveyError when a file cannot be read as forms of the study."""
    return Screening(screened_round(study, files, progress))


def screened_round(
    study: StudyDefinition, files: Iterable[Waiting], progress: Stages, field: InTheField | None = None
) -> ScreenedRound:
    returns = read_returns(study, progress("read"), files, field)
    progress("screen")
    return ScreenedRound(study, returns, screen(study, returns))
