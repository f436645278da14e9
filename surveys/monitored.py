"""Watching a round while its forms come in: what has come, how precise it is, what will be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from surveys.fieldwork.monitoring.monitored_round import MonitoredRound, monitored_round
from surveys.handover.folder import write_folder
from surveys.handover.table_folder import TableFolder
from surveys.problems import Language, Problem, fault, language_named
from surveys.reports.html.page import needs_jinja
from surveys.returns.in_the_field import InTheField
from surveys.returns.return_files import begun
from surveys.review.dates import readings
from surveys.screening import screened_round
from surveys.study import Study, load
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.progress import Stages, unheard
from surveys.vocabulary.statuses import DISPOSITIONS

#: The page of a folder of monitoring.
PAGE = "monitor.html"


@dataclass(frozen=True, repr=False)
class Monitoring(Shown):
    """A round at a day of its fieldwork (``surveys.monitor``). Numbers are unrounded; NaN where nothing can be told."""

    monitored: MonitoredRound
    language: Language

    @property
    def day(self) -> str:
        """The day (ISO) of which everything is told; empty where no form tells one."""
        return self.monitored.days.day

    @property
    def cells(self) -> pd.DataFrame:
        """One row per block × unit × group, and (group ``all``) per unit: planned, issued, returned and what became of them,
        margins of error in percentage points, pace and outlook."""
        return self.monitored.cells

    @property
    def days(self) -> pd.DataFrame:
        """One row per questionnaire × mode × day: forms, evaluations and what became of them, and what had come so far."""
        return self.monitored.by_day

    @property
    def interviewers(self) -> pd.DataFrame:
        """One row per interviewer: issued, returned and rejected forms, whether clearly more or fewer are rejected."""
        return self.monitored.interviewers

    @property
    def modes(self) -> pd.DataFrame:
        """One row per mode of answering."""
        return self.monitored.modes

    @property
    def questionnaires(self) -> pd.DataFrame:
        """One row per questionnaire of the round, be it without a form."""
        return self.monitored.questionnaires

    @property
    def counts(self) -> pd.DataFrame:
        """Forms that came back and their evaluations, per questionnaire, as ``Screening.counts``."""
        counts = self.questionnaires.set_index("questionnaire")[
            ["forms", "issued", "returned", *DISPOSITIONS]
        ]
        return counts.fillna(0).astype("int64")

    @property
    def gone(self) -> int:
        """Days of fieldwork up to the day, itself included."""
        return self.monitored.days.gone

    @property
    def left(self) -> int | None:
        """Days of fieldwork after the day; None where the last one is not known."""
        return self.monitored.days.left

    @property
    def outlooks(self) -> Mapping[str, int]:
        """How many cells will reach what is wanted of them, by outlook."""
        return self.monitored.outlooks

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What lacks, and what reading, screening and weighting found, each once."""
        return self.monitored.warnings

    def write(self, out: str | Path) -> None:
        """Write the page and the tables at ``out``: all of them, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, or when the package for pages is not installed;
        OSError when the disk refuses.
        """
        needs_jinja()
        from surveys.fieldwork.monitoring.page import monitor_page

        done = self.monitored
        frames = {
            "cells": done.cells, "days": done.by_day, "interviewers": done.interviewers, "modes": done.modes,
            "questionnaires": done.questionnaires,
        }  # fmt: skip
        named = {f"monitor-{name}": frame for name, frame in frames.items()}
        page = {PAGE: monitor_page(done, self.language)}
        write_folder(
            Path(out), TableFolder.of_study("monitor", done.study, named, page, day=self.day).files()
        )

    def facts(self) -> Mapping[str, object]:
        return {
            "study": self.monitored.study.code,
            "day": self.day,
            "days": f"{self.gone} gone, {self.left} left",
            "forms": f"{int(self.questionnaires['forms'].sum()):,}",
            "cells": ", ".join(f"{count} {word}" for word, count in self.outlooks.items()),
            "warnings": len(self.warnings),
        }


def monitor(
    study: Study | str | Path,
    on: str | None = None,
    *,
    language: str | None = None,
    progress: Stages = unheard,
) -> Monitoring:
    """What has come in of a round up to the day ``on`` (``12/10/2026`` or ISO), by default every form.

    The day of which is told is then the last day of fieldwork on which a form came. ``language``: of the page, by default that of
    the official files. Files into which no form has come yet are told as warnings. Raises SurveyError when ``on`` is no day, when
    the study cannot be read, or when a file cannot be read as forms of the study.

    >>> found = monitor("data-sample/first-survey", "2026-10-12")
    >>> found.day, found.gone, found.left, found.outlooks
    ('2026-10-12', 8, 18, {'reached': 5, 'likely': 1})
    """
    day, told_in = _day(on), language_named(language)
    definition = (study if isinstance(study, Study) else load(study)).definition
    screened = screened_round(definition, begun(definition), progress, InTheField(day))
    progress("score")
    return Monitoring(monitored_round(screened, day), told_in or definition.output.language)


def _day(on: str | None) -> str:
    """A day as ISO, written with the day first where both could be; a fault where it is none."""
    found = next(filter(None, readings(on)), "") if on else ""
    if on and not found:
        raise fault("monitor.day", value=on)
    return found
