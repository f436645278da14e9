"""Headings, paragraphs and lists of a section in the language of its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.problems import Language, phrase
from surveys.reports.analysis_report.parts import Heading, Paragraph, ReportColumn, Text
from surveys.reports.analysis_report.told import joined, told
from surveys.reports.analysis_report.worked_out import counted


@dataclass(frozen=True)
class Saying:
    """The phrases of a section: codes of the wording below ``at``."""

    at: str
    language: Language

    def text(self, code: str, /, **params: object) -> Text:
        """A phrase with its numbers."""
        return told(f"{self.at}.{code}", self.language, **params)

    def words(self, code: str, /, **params: object) -> str:
        """A phrase without numbers."""
        return phrase(f"{self.at}.{code}", self.language, **params)

    def heading(self, code: str, level: Literal[2, 3, 4] = 2, /, **params: object) -> Heading:
        """A heading, to which nothing refers."""
        return Heading(level, self.words(code, **params))

    def paragraph(self, code: str, style: str = "body", /, **params: object) -> Paragraph:
        """A paragraph of one phrase."""
        return Paragraph(self.text(code, **params), style)

    def columns(self, shares: Sequence[tuple[str, float]], texts: frozenset[str]) -> tuple[ReportColumn, ...]:
        """Columns by their codes and widths; those that are not ``texts`` hold numbers."""
        said = ((phrase(f"{self.at}.column.{name}", self.language), name, share) for name, share in shares)
        return tuple(ReportColumn(heading, share, name not in texts) for heading, name, share in said)

    def listed(self, texts: Sequence[Text], most: int = 0) -> Text:
        """Texts as a list in a sentence, with semicolons where they have commas of their own; beyond ``most`` (0: all) the others
        are counted.

        >>> Saying("report", "en").listed([("A",), ("B",), ("C",)]), Saying("report", "vi").listed([("A",)])
        (('A, B and C',), ('A',))
        >>> from surveys.reports.analysis_report.told import shown
        >>> shown(Saying("report", "vi").listed([("A",), ("B",), ("C",)], 1), "vi")
        'A và 2 đơn vị khác'
        """
        kept, others = (texts[:most], len(texts) - most) if 0 < most < len(texts) else (texts, 0)
        has_commas = any("," in part for text in kept for part in text if isinstance(part, str))
        by = "; " if has_commas else ", "
        if others:
            more = told("report.list.others", self.language, others=counted(others, "others"))
            return told("report.list.and", self.language, first=joined(*kept, by=by), last=more)
        if len(kept) < 2 or has_commas:
            return joined(*kept, by=by)
        first, last = joined(*kept[:-1], by=by), kept[-1]
        return told("report.list.and", self.language, first=first, last=last)
