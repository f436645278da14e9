"""A round at a day of its fieldwork: cells, days, interviewers, modes and questionnaires, all of the same evaluations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.definitions.study.records import Issued, StudyDefinition
from surveys.fieldwork.monitoring.counted_evaluations import (
    counted_evaluations,
    counts_by,
    not_returned,
)
from surveys.fieldwork.monitoring.fieldwork_days import FieldworkDays, fieldwork_days
from surveys.fieldwork.monitoring.interviewers import rejected_forms
from surveys.fieldwork.monitoring.watched_cells import watched_cells
from surveys.problems import Problem, Problems
from surveys.sampling.samples import samples_so_far
from surveys.scoring.precision_so_far import precision_so_far
from surveys.validity.screened_round import ScreenedRound
from surveys.vocabulary.columns import (
    MONITOR_DAY_COLUMNS,
    MONITOR_INTERVIEWER_COLUMNS,
    MONITOR_MODE_COLUMNS,
    MONITOR_QUESTIONNAIRE_COLUMNS,
)
from surveys.vocabulary.levels import ALL_GROUPS
from surveys.vocabulary.statuses import OUTLOOKS, VALID


@dataclass(frozen=True)
class MonitoredRound:
    """What is told of a round at a ``day`` of its fieldwork.

    ``cells``: ``MONITOR_CELL_COLUMNS``; ``by_day``: ``MONITOR_DAY_COLUMNS``, days without a form left out, forms that tell no day
    in a row of their own; ``interviewers``, ``modes``, ``questionnaires``: ``MONITOR_…_COLUMNS``. Counts of evaluations add up to
    those of the funnel in every table. ``warnings``: what lacks or was found, each once.
    """

    study: StudyDefinition
    days: FieldworkDays
    cells: pd.DataFrame
    by_day: pd.DataFrame
    interviewers: pd.DataFrame
    modes: pd.DataFrame
    questionnaires: pd.DataFrame
    warnings: tuple[Problem, ...]

    @property
    def outlooks(self) -> Mapping[str, int]:
        """How many cells will reach what is wanted of them (the plan, or the minimum where nothing is planned): outlook → cells,
        as far as there are any."""
        cells = self.cells[self.cells["group"] != ALL_GROUPS]
        by_plan, by_minimum = cells["outlook_plan"], cells["outlook_minimum"]
        found = by_plan.where(by_plan != "", by_minimum).value_counts()
        return {word: int(found[word]) for word in OUTLOOKS if word in found}


def monitored_round(screened: ScreenedRound, on: str = "") -> MonitoredRound:
    """A screened round at the day ``on`` (ISO; empty: the last day of fieldwork on which a form came), whose later forms were not
    read."""
    evaluations = counted_evaluations(screened)
    submitted = evaluations["day"][evaluations["day"] != ""]
    days = fieldwork_days(screened.study.fieldwork, sorted(set(submitted)), on)
    samples = samples_so_far(screened)
    precision = precision_so_far(screened, samples)
    found = Problems()
    found.extend(screened.warnings)
    found.extend(samples.warnings)
    _note_what_lacks(screened.study, evaluations, days, found)
    out = not_returned(screened.study.issued, evaluations)
    return MonitoredRound(
        screened.study,
        days,
        watched_cells(screened, evaluations, precision, days),
        _by_day(screened.study, evaluations),
        _interviewers(screened.study, evaluations, out),
        _modes(screened.study, evaluations, out),
        _questionnaires(screened, evaluations, out),
        tuple(dict.fromkeys(found)),
    )


def _note_what_lacks(
    study: StudyDefinition, evaluations: pd.DataFrame, days: FieldworkDays, problems: Problems
) -> None:
    """Warnings about what cannot be told, and why."""
    if not len(evaluations):
        problems.add("monitor.nothing_yet", severity="warning")
    elif undated := int((evaluations["day"] == "").sum()):
        problems.add("monitor.undated", severity="warning", evaluations=undated, of=len(evaluations))
    if len(evaluations) and not days.day:
        problems.add("monitor.no_day", severity="warning")
    if days.day and (later := int((evaluations["day"] > days.day).sum())):
        problems.add("monitor.after_the_day", severity="warning", evaluations=later, day=days.day)
    if not days.end:
        problems.add("monitor.no_end", severity="warning")
    if not study.issued:
        problems.add("monitor.no_issued", severity="warning")
    if not study.planned:
        problems.add("monitor.no_plan", severity="warning")
    asked = set(evaluations["questionnaire"])
    without = [
        q.code for q in study.instrument.questionnaires if q.code not in asked and _is_asked(study, q.code)
    ]
    if without and len(evaluations):
        problems.add("monitor.questionnaires_without", severity="warning", questionnaires=", ".join(without))


def _is_asked(study: StudyDefinition, code: str) -> bool:
    """Whether a questionnaire takes part in the round: issued, planned, or named by a file of returns."""
    form = study.instrument.questionnaire[code]
    planned = {(cell.block, cell.group) for cell in study.planned}
    return (
        any(issued.questionnaire == code for issued in study.issued)
        or (form.block, form.group) in planned
        or any(file.questionnaire == code for file in study.returns)
    )


# --- tables -------------------------------------------------------------------------------------------------------------


def _by_day(study: StudyDefinition, evaluations: pd.DataFrame) -> pd.DataFrame:
    """Counts by questionnaire, mode and day, with what had come in up to it; an unknown day last."""
    counts = counts_by(evaluations, ["questionnaire", "mode", "day"])
    order = {q.code: k for k, q in enumerate(study.instrument.questionnaires)}
    ordered = counts.assign(
        place=counts["questionnaire"].map(order).fillna(len(order)), undated=counts["day"] == ""
    ).sort_values(["place", "questionnaire", "mode", "undated", "day"], kind="stable")
    groups = ordered.groupby(["questionnaire", "mode"], sort=False)
    for name in ("forms", "returned", VALID):
        ordered[f"{name}_so_far"] = groups[name].cumsum()
    return ordered[list(MONITOR_DAY_COLUMNS)].reset_index(drop=True)


def _interviewers(study: StudyDefinition, evaluations: pd.DataFrame, out: Iterable[Issued]) -> pd.DataFrame:
    counts = _with_issued(study, evaluations, out, "interviewer")
    judged = rejected_forms(evaluations)
    found = counts.merge(judged, on="interviewer", how="left")
    found["finding"] = found["finding"].astype(object).fillna("")
    return found[list(MONITOR_INTERVIEWER_COLUMNS)]


def _modes(study: StudyDefinition, evaluations: pd.DataFrame, out: Iterable[Issued]) -> pd.DataFrame:
    return _with_issued(study, evaluations, out, "mode")[list(MONITOR_MODE_COLUMNS)]


def _with_issued(
    study: StudyDefinition, evaluations: pd.DataFrame, out: Iterable[Issued], name: str
) -> pd.DataFrame:
    """Counts by the mode or the interviewer, with the forms issued so and those of them that did not come back; NaN where no
    issued form tells it. Whoever is not known stands last."""
    counts = counts_by(evaluations, [name]).set_index(name)
    issued = _numbers(study.issued, lambda form: str(getattr(form, name)))
    told = bool(set(issued.index) - {""})
    every = sorted({*counts.index, *(issued.index if told else ())}, key=lambda code: (code == "", code))
    found = counts.reindex(every).fillna(0).astype("int64")
    lacking = _numbers(out, lambda form: str(getattr(form, name)))
    for column, numbers in (("forms_issued", issued), ("not_returned", lacking)):
        found[column] = numbers.reindex(every).fillna(0.0) if told else np.nan
    return found.rename_axis(name).reset_index()


def _questionnaires(
    screened: ScreenedRound, evaluations: pd.DataFrame, out: Iterable[Issued]
) -> pd.DataFrame:
    """Counts by questionnaire: forms, and the evaluations of the funnel."""
    study = screened.study
    counts = counts_by(evaluations, ["questionnaire"]).set_index("questionnaire")
    funnel = screened.dispositions.funnel.groupby("questionnaire")["issued"].sum()
    asked = [q for q in study.instrument.questionnaires if q.code in counts.index or _is_asked(study, q.code)]
    codes = [q.code for q in asked]
    issued = _numbers(study.issued, lambda form: form.questionnaire)
    lacking = _numbers(out, lambda form: form.questionnaire)
    found = counts.reindex(codes).fillna(0).astype("int64")
    listed = found.index.isin(issued.index)
    for name, numbers in (("forms_issued", issued), ("issued", funnel)):
        found[name] = numbers.reindex(codes).where(listed)
    found["not_returned"] = lacking.reindex(codes).fillna(0.0).where(listed)
    found["block"], found["group"] = [q.block for q in asked], [q.group for q in asked]
    return found.rename_axis("questionnaire").reset_index()[list(MONITOR_QUESTIONNAIRE_COLUMNS)]


def _numbers(issued: Iterable[Issued], key: Callable[[Issued], str]) -> pd.Series:
    """Issued forms by what they are counted by."""
    return pd.Series(Counter(map(key, issued)), dtype="float64")
