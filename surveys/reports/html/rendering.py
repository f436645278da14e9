"""The template filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from surveys.problems import phrase
from surveys.reports.analysis_report.parts import Drawing, Report
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.html.content import PageContent, PageSection
from surveys.reports.html.tables import json_html


def filled(said: Mapping[str, object], own: Mapping[str, Any]) -> bytes:
    """The template filled in. ``said``: words, facts and sections, which are escaped; ``own``: the style sheet and the script,
    which are not, and the ``words`` of the script."""
    environment = Environment(
        loader=PackageLoader("surveys.reports.html", ""),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    text = environment.get_template("page.html.jinja").render(
        **said,
        css=Markup(own["css"]),
        script=Markup(own["script"]),
        words=json_html(own["words"]),
    )
    return text.encode("utf-8")


def sections_of(
    round_: ReportedRound, report: Report, drawings: Mapping[str, Drawing]
) -> tuple[PageSection, ...]:
    """The sections of the page of a report with the ``drawings`` of its figures."""
    return tuple(PageContent(round_, report, drawings).sections())


def names_of(round_: ReportedRound) -> Mapping[str, Mapping[str, str]]:
    """What the script calls blocks and columns."""
    headings = {
        "node": "sheet.column.node",
        "points": "sheet.column.points",
        "percent": "sheet.column.percent",
        "ci_low": "page.column.ci_low",
        "ci_high": "page.column.ci_high",
    }
    return {
        "blocks": {block: round_.names.block(block) for block in round_.blocks},
        "columns": {name: phrase(code, round_.language) for name, code in headings.items()},
    }
