"""The plan of a round as a short table for people."""

from __future__ import annotations

from itertools import groupby

from surveys.fieldwork.plan_folder import SamplePlanTables
from surveys.handover.words import words_of
from surveys.problems import Language, phrase
from surveys.reports.summaries import Summary


def plan_summary(made: SamplePlanTables, language: Language) -> Summary:
    """For each questionnaire its units, valid forms wanted and forms issued, and the sums."""
    called = words_of("questionnaire", made.study.instrument, language)
    rows = []
    for code, same in groupby(made.made.cells, key=lambda each: each.cell.questionnaire):
        cells = list(same)
        units = sum(cell.cell.unit != "" for cell in cells)
        forms, issued = sum(cell.forms for cell in cells), sum(cell.issued for cell in cells)
        rows.append((called[code], str(units) if units else "", str(forms), str(issued)))
    forms, issued = (sum(getattr(cell, name) for cell in made.made.cells) for name in ("forms", "issued"))
    rows.append((phrase("plan.book.total", language), "", str(forms), str(issued)))
    headings = tuple(
        phrase(f"plan.book.{name}", language) for name in ("questionnaire", "units", "forms", "issued")
    )
    title = phrase("plan.book.title", language)
    return Summary(title, headings, (False, True, True, True), tuple(rows))
