"""The draft results of one unit as a document: what the unit looks at, explains and sends back.

It says nothing of any other unit but the average of the block, and nothing of when and by whom it was made: number, date and
signature are left to fill in, so that the same results give the same document. What it tells of the results are the parts of
:mod:`surveys.reports.unit_parts`, as in the analysis report; the frame is its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from surveys.definitions.study.publication import Publication
from surveys.handover.round_results import RoundResults
from surveys.handover.words import period_shown
from surveys.problems import Language, phrase
from surveys.reports.analysis_report.parts import ReportTable, Text
from surveys.reports.analysis_report.told import shown
from surveys.reports.unit_changes import UnitChanges
from surveys.reports.unit_figures import UnitFigures
from surveys.reports.unit_parts import UnitParts
from surveys.reports.word.document import LetterHead, Paragraph, Picture, TableLook, WordDocument
from surveys.reports.word.styles import layout
from surveys.vocabulary.dates import written_date

_BLANK = "…………"
#: Millimetres: names of facts; columns of the table for answers.
_FACT = 46
_ANSWERS = (26, 84, 50)
_ROWS_TO_FILL = 4


@dataclass(frozen=True)
class UnitSheetFacts:
    """What all sheets of a round say: the ``label`` of the study, its publisher and period, the ``level`` of the intervals, the
    last day to explain (ISO; empty: none is set), and the fingerprint of the results."""

    label: str
    publication: Publication
    language: Language
    level: float
    percent_decimals: int
    explained_by: str
    fingerprint: str

    @property
    def publisher(self) -> str:
        return self.publication.publisher.name(self.language) or phrase("sheet.someone", self.language)


def sheet_facts(results: RoundResults) -> UnitSheetFacts:
    """What all sheets of a round say."""
    settings, study = results.settings, results.run["study"]
    return UnitSheetFacts(
        str(study[f"label_{settings.output.language}"] or study["label_vi"]),
        settings.publication,
        settings.output.language,
        settings.inference.level,
        settings.output.percent_decimals,
        results.explained_by,
        results.fingerprint,
    )


def unit_sheet(figures: UnitFigures, facts: UnitSheetFacts) -> bytes:
    """The sheet of a unit as the bytes of a DOCX file, in the language of the study's official files.

    Raises SurveyError when the package for it (extra ``word``) is not installed.
    """
    return _Sheet(figures, facts).content()


class _Sheet:
    """A sheet under way, section by section."""

    def __init__(self, figures: UnitFigures, facts: UnitSheetFacts) -> None:
        self.figures, self.facts, self.language = figures, facts, facts.language
        self.parts = UnitParts(figures, facts.language, facts.level, facts.percent_decimals)
        title = self._said("sheet.title")
        self.document = WordDocument(facts.language, f"{title}: {figures.name}", facts.publisher)
        self._sections = 0

    def content(self) -> bytes:
        self._begin()
        self._summary()
        self._section("sheet.fields")
        self._table(self.parts.fields)
        self._losses()
        self._forms()
        if self.figures.changes is not None:
            self._changes(self.figures.changes)
        self._explain()
        self._end()
        self._annex()
        return self.document.content()

    # --- words and parts -----------------------------------------------------------------------------------------------

    def _said(self, code: str, **params: object) -> str:
        return phrase(code, self.language, **params)

    def _write(self, style: str, text: Text) -> None:
        if text:
            self.document.write((style, shown(text, self.language)))

    def _section(self, code: str) -> None:
        self._sections += 1
        self.document.write(("heading", f"{self._sections}. {self._said(code)}"))

    def _table(self, table: ReportTable) -> None:
        """A table of the report under the heading that stands above it, its note below."""
        width = layout()[0].text_width
        look = TableLook(
            [column.share * width for column in table.columns],
            [column.numeric for column in table.columns],
            "small",
            table.bold,
        )
        rows = [[shown(cell, self.language) for cell in row] for row in table.rows]
        self.document.table([column.heading for column in table.columns], rows, look)
        self._write("note", table.note)

    # --- sections ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        publisher = self.facts.publication.publisher
        place = publisher.place(self.language) or _BLANK
        self.document.head(
            LetterHead(
                publisher.name(self.language) or _BLANK * 2,
                self._said("sheet.number"),
                self._said("sheet.place_and_date", place=place),
                publisher.parent(self.language),
                self._said("sheet.mark"),
            )
        )
        self.document.entitled(self._said("sheet.title"), self.facts.label)
        self.document.write(("addressee", self._said("sheet.to", unit=self.figures.name)))
        told = {
            "publisher": self.facts.publisher,
            "unit": self.figures.name,
            "study": self.facts.label,
            "period": period_shown(self.facts.publication.period, self.language),
        }
        self.document.write(("body", self._said("sheet.intro", **told)))

    def _summary(self) -> None:
        """The result in a sentence or two; then the name of each fact to the left, what it is to the right."""
        self._section("sheet.summary")
        self._write("body", self.parts.result)
        facts = ((name, shown(text, self.language)) for name, text in self.parts.facts.items())
        rows = [[[("fact", f"{name}:")], [("fact", text)]] for name, text in facts]
        self.document.beside(rows, (_FACT, layout()[0].text_width - _FACT))

    def _losses(self) -> None:
        self._section("sheet.losses" if self.figures.has_points else "sheet.lowest")
        if self.figures.losses:
            self._table(self.parts.losses)
        else:
            self.document.write(("fact", self._said("sheet.losses.none")))

    def _forms(self) -> None:
        self._section("sheet.forms")
        if self.figures.forms:
            self._table(self.parts.forms)
        else:
            self.document.write(("fact", self._said("sheet.forms.none")))

    def _changes(self, changes: UnitChanges) -> None:
        self._section("sheet.changes")
        self._write("body", self.parts.since)
        if not changes.refused:
            self._table(self.parts.changed(changes))
            self._write("fact", self.parts.moved(changes))

    def _annex(self) -> None:
        """Every node, and what is said of single ones."""
        self.document.write(("annex", self._said("sheet.annex")), ("subject", self.figures.name))
        self._table(self.parts.every_node)
        for remark in self.parts.remarks:
            self._write(remark.style, remark.text)

    def _explain(self) -> None:
        self._section("sheet.explain")
        day = written_date(self.facts.explained_by, self.language)
        when = self._said("sheet.explain.by", day=day) if day else self._said("sheet.explain.as_said")
        how = self._said("sheet.explain.how", publisher=self.facts.publisher, when=when)
        self.document.write(("body", how), ("body", self._said("sheet.explain.survey")))
        self._section("sheet.answer")
        headings = [self._said(f"sheet.answer.{name}") for name in ("node", "text", "evidence")]
        blank = [["", "", ""]] * _ROWS_TO_FILL
        self.document.table(headings, blank, TableLook(_ANSWERS, [False] * 3))

    def _end(self) -> None:
        half = layout()[0].text_width / 2
        copies: list[Paragraph | Picture] = [("copies_heading", self._said("sheet.copies"))]
        copies += [("copies", self._said(f"sheet.copies.{name}")) for name in ("unit", "filed")]
        signs: list[Paragraph | Picture] = [
            ("signer", self._said("sheet.signs")),
            ("signer_how", self._said("record.how_to_sign")),
            ("signer_name", _BLANK * 3),
        ]
        self.document.beside([[copies, signs]], (half, half))
        self.document.write(("note", self._said("sheet.made_from", fingerprint=self.facts.fingerprint)))
