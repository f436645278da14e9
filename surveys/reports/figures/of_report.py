"""The figures of a report: which there are, and their files."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.reports.analysis_report.parts import Drawing
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.figures.drawings import drawing, figures_of
from surveys.reports.figures.drawn_round import DrawnRound


def drawn_round(round_: ReportedRound) -> DrawnRound:
    """What the figures of a report are drawn from."""
    settings = round_.results.settings
    rounds = (round_.previous, round_.label) if round_.previous else None
    level, decimals = settings.inference.level, settings.output.percent_decimals
    return DrawnRound(round_.names, round_.tables, level, decimals, rounds)


def keys_of(round_: ReportedRound) -> frozenset[str]:
    """The keys of the figures that a round has: those with something published to show. matplotlib is not needed."""
    return frozenset(figures_of(drawn_round(round_)))


def drawings_of(round_: ReportedRound) -> Mapping[str, Drawing]:
    """Every figure of a round by its key, drawn once. Raises SurveyError where matplotlib is not installed."""
    return {key: drawing(key, drawn) for key, drawn in figures_of(drawn_round(round_)).items()}
