"""The analysis report of a round, and the method of a study: made from what was written, in documents that people sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from surveys.between_rounds import compare, unless_not_comparable
from surveys.gap_report import gaps_of_round
from surveys.handover.analysed_results import analysed_results
from surveys.handover.fingerprint import fingerprint
from surveys.handover.folder import ready, write_folder
from surveys.handover.handing_over import refuse_within
from surveys.handover.manifest import MANIFEST, REPORT, language_of, read_manifest
from surveys.handover.report_folder import NUMBERS, report_folder
from surveys.handover.round_results import VerifiedRun, verified_run
from surveys.problems import Language, language_named
from surveys.reports.analysis_report.assembled import report_of
from surveys.reports.analysis_report.reported_round import (
    ReportedRound,
    label_of_run,
    reported_round,
    with_changes,
)
from surveys.reports.analysis_report.sections.method import method_of_study
from surveys.reports.analysis_report.sections.units import unit_reports
from surveys.reports.figures.of_report import drawings_of, keys_of
from surveys.reports.html.page import page
from surveys.reports.word.report_document import Placed, word_report
from surveys.reports.word.stationery import Stationery
from surveys.reports.word.template import template_paper
from surveys.study import Study, load
from surveys.vocabulary.folder_content import unreplaced
from surveys.vocabulary.new_file import refuse_existing, write_new
from surveys.vocabulary.progress import Stages, unheard

#: Between the values of the key of a row.
BETWEEN_KEYS = " | "
#: The report, whatever its language.
DOCUMENT, PAGE = "bao-cao-phan-tich.docx", "bao-cao-phan-tich.html"


@dataclass(frozen=True)
class ReportWritten:
    """How many numbers of the Word report are traced to their tables, and how many figures and documents of single units stand
    beside it."""

    numbers: int
    figures: int
    units: int


def report(
    results: str | Path,
    out: str | Path,
    previous: str | Path | None = None,
    *,
    language: str | None = None,
    template: str | Path | None = None,
    progress: Stages = unheard,
) -> ReportWritten:
    """Write the analysis report of a round at ``out``: a Word document, a page for browsers, the figures, and for many units a
    document each; all of it, or nothing.

    ``results``: a folder of results; ``previous``: that of the earlier round; ``language``: of the report, by default that of
    the official files; ``template``: a Word document whose page and styles the report takes. Raises SurveyError when a folder
    does not verify, when ``out`` lies in one or must not be replaced, when the template is none, or when a package that makes
    reports is not installed; then nothing is written.
    """
    source, place = Path(results), Path(out)
    earlier = None if previous is None else Path(previous)
    for folder in filter(None, (source, earlier)):
        refuse_within(folder, place)
    ready(place, REPORT)
    told_in = language_named(language) or language_of(read_manifest(source / MANIFEST))
    paper = _paper(template, told_in)
    progress("results")
    round_ = unreplaced(source, lambda: _round(source, earlier, told_in))
    progress("draw")
    drawings = drawings_of(round_)
    progress("write")
    whole = report_of(round_)
    written = word_report(whole, drawings, paper)
    units = {
        f"units/{block}/{unit}.docx": word_report(of_unit, {}, paper).content
        for (block, unit), of_unit in unit_reports(round_)
    }
    pictures = {
        f"figures/{key}.{kind}": content
        for key, drawing in drawings.items()
        for kind, content in (("svg", drawing.svg), ("png", drawing.png))
    }
    documents = {DOCUMENT: written.content, PAGE: page(round_, whole, drawings), **pictures, **units}
    numbers = pd.DataFrame(_rows(written.numbers), columns=list(NUMBERS.names))
    before = {} if earlier is None else {"previous": fingerprint(earlier)}
    write_folder(place, report_folder(round_.results, documents, numbers, round_.label, **before))
    return ReportWritten(len(numbers), len(drawings), len(units))


def method(
    study: Study | str | Path,
    out: str | Path,
    *,
    language: str | None = None,
    template: str | Path | None = None,
) -> None:
    """Write how a study is measured, screened, weighted and scored as a Word document at ``out``: before the survey too.

    ``language`` and ``template``: as of :func:`report`. Raises SurveyError when the study cannot be read, when something stands
    at ``out``, when the template is none, or when the package for Word documents is not installed.
    """
    place = Path(out)
    refuse_existing(place)
    definition = (study if isinstance(study, Study) else load(study)).definition
    asked = language_named(language) or definition.output.language
    paper = _paper(template, asked)
    write_new(place, word_report(method_of_study(definition, asked), {}, paper).content)


def _paper(template: str | Path | None, language: Language) -> Stationery | None:
    return None if template is None else template_paper(Path(template), language)


def _round(source: Path, earlier: Path | None, language: Language) -> ReportedRound:
    """The round with everything that is said of it, beside the earlier one."""
    verified = verified_run(source, with_copies=False)
    if earlier is None:
        found = reported_round(verified, gaps_of_round(analysed_results(verified)), language)
    else:
        found = _compared(verified, earlier, language)
    return replace(found, figures=keys_of(found))


def _compared(verified: VerifiedRun, earlier: Path, language: Language) -> ReportedRound:
    """A round with its changes, or why it cannot be compared with the earlier one."""
    before, own = verified_run(earlier, with_copies=False), analysed_results(verified)
    label = label_of_run(before.run, language)
    found = unless_not_comparable(
        lambda: (compare(earlier, verified.folder).changes, gaps_of_round(own, analysed_results(before))),
        language,
    )
    if isinstance(found, str):
        alone = reported_round(verified, gaps_of_round(own), language)
        return replace(alone, previous=label, not_compared=found)
    changes, gaps = found
    return with_changes(reported_round(verified, gaps, language), changes, label)


def _rows(numbers: Iterable[Placed]) -> Iterator[tuple[object, ...]]:
    """The rows of ``report-numbers.csv``."""
    for position, placed in enumerate(numbers, 1):
        of = placed.number.source
        where = (placed.section, placed.within)
        yield position, *where, of.table, BETWEEN_KEYS.join(of.key), of.column, placed.number.text
