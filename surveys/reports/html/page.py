"""The analysis report as one HTML file that needs nothing else: it reads, prints and can be searched where there is no network.

Without scripts everything is there but sorting, searching and, of a large round, what is drawn on demand. How a program reads the
numbers back is told in :mod:`surveys.reports.html.markup`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from surveys.handover.words import period_shown
from surveys.problems import Language, fault, phrase, wording
from surveys.reports.analysis_report.parts import Drawing, Report
from surveys.reports.analysis_report.reported_round import ReportedRound

#: Words of the template, and of the script.
_WORDS = (
    "skip", "contents", "search", "example", "legend", "needs_script", "choose", "footer", "fingerprint",
)  # fmt: skip
_WORDS_OF_SCRIPT = ("found", "none_found", "sort", "of_unit", "print_unit")


def page(round_: ReportedRound, report: Report, drawings: Mapping[str, Drawing]) -> bytes:
    """The page of a report with the ``drawings`` of its figures by key, UTF-8; the same bytes for the same report.

    Raises SurveyError when the package for it (extra ``report``) is not installed.
    """
    needs_jinja()
    from surveys.reports.html.rendering import names_of, sections_of

    said = {
        "report": report,
        "publisher": report.publication.publisher.name(report.language),
        "facts": tuple(_facts(round_, report)),
        "sections": sections_of(round_, report, drawings),
    }
    return filled_page(said, names_of(round_), report.language)


def needs_jinja() -> None:
    """Raise SurveyError when the package for pages (extra ``report``) is not installed."""
    try:
        import jinja2  # noqa: F401
    except ImportError:
        raise fault("page.not_installed") from None


def filled_page(
    said: Mapping[str, Any], names: Mapping[str, Mapping[str, str]], language: Language, **words: str
) -> bytes:
    """A page of its own facts and sections. ``said``: ``report`` (what it is called), ``publisher``, ``facts``, ``sections``;
    ``names``: what the script calls blocks and columns; ``words``: in place of those of the analysis report."""
    from surveys.reports.html.rendering import filled

    script = _file("page.js")
    of_template = {name: phrase(f"page.{name}", language) for name in _WORDS}
    everywhere = {"language": language, "policy": _policy(script), "word": {**of_template, **words}}
    of_script = {name: wording()[f"page.{name}"][language] for name in _WORDS_OF_SCRIPT}
    own = {"css": _file("page.css"), "script": script, "words": {**of_script, **names}}
    return filled({**said, **everywhere}, own)


def _facts(round_: ReportedRound, report: Report) -> Iterator[tuple[str, str]]:
    language: Language = report.language
    publication = report.publication
    said: dict[str, Any] = {
        "page.fact.study": report.label if report.label != report.subject else "",
        "page.fact.period": period_shown(publication.period, language),
        "page.fact.number": publication.document.number,
        "page.fact.earlier": round_.previous,
    }
    return ((phrase(code, language), text) for code, text in said.items() if text)


def _policy(script: str) -> str:
    """What the browser may load and run: nothing but the styles and the script of the page."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _file(name: str) -> str:
    return (resources.files("surveys.reports.html") / name).read_text(encoding="utf-8")
