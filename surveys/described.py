"""The code book of an instrument or of a study, as a document that people read."""

from __future__ import annotations

from pathlib import Path

from surveys.definitions.check import is_instrument
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.study.records import StudyDefinition
from surveys.problems import language_named
from surveys.reports.code_book.book import code_book, edition_alone
from surveys.reports.word.report_document import word_report
from surveys.reports.word.template import template_paper
from surveys.study import Study, load
from surveys.vocabulary.new_file import refuse_existing, write_new


def codebook(
    source: Study | str | Path,
    out: str | Path,
    *,
    language: str | None = None,
    template: str | Path | None = None,
) -> None:
    """Write the code book of an instrument (shipped name, folder or ``instrument.toml``) or of a study as a Word document at
    ``out``: every question, field, option and code, the tree with its points, the rules, the units.

    ``language``: by default that of the official files of a study, else Vietnamese; ``template``: a Word document whose page and
    styles it takes. Raises SurveyError when the definitions are at fault, when something stands at ``out``, when the template is
    none, or when the package for Word documents is not installed.
    """
    place = Path(out)
    refuse_existing(place)
    definition = _definition(source)
    told_in = language_named(language) or definition.output.language
    paper = None if template is None else template_paper(Path(template), told_in)
    write_new(place, word_report(code_book(definition, told_in), {}, paper).content)


def _definition(source: Study | str | Path) -> StudyDefinition:
    if isinstance(source, Study):
        return source.definition
    if is_instrument(source) or not Path(source).exists():
        return edition_alone(load_instrument(source))
    return load(source).definition
