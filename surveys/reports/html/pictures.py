"""Figures of the report that the page has as they are: as pictures within the file, with what they show in words."""

from __future__ import annotations

from base64 import b64encode

from markupsafe import Markup

from surveys.problems import SurveyError
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.figures.drawings import drawing, figures_of
from surveys.reports.figures.of_report import drawn_round

_FIGURE = Markup(
    '<figure id="{}" class="drawing"><img alt="{}" src="data:image/svg+xml;base64,{}">'
    "<figcaption>{}</figcaption></figure>"
)


def picture(round_: ReportedRound, key: str, anchor: str, caption: Markup) -> Markup:
    """A figure under its caption; nothing where the round has no such figure, or matplotlib is not installed."""
    drawn = figures_of(drawn_round(round_)).get(key)
    if drawn is None:
        return Markup()
    try:
        made = drawing(key, drawn)
    except SurveyError:
        return Markup()
    return _FIGURE.format(anchor, made.about, b64encode(made.svg).decode("ascii"), caption)
