"""What the instrument is: its edition, blocks, groups, questionnaires."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.handover.words import label_of
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase
from surveys.reports.analysis_report.method.asked import mode_words
from surveys.reports.analysis_report.method.cells import cell, plain, sentence
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import Block, Paragraph, Text
from surveys.reports.analysis_report.told import told
from surveys.reports.code_book.tables import listed, table


def about(facts: MethodFacts) -> Iterator[Block]:
    """Name and edition, blocks, groups, questionnaires."""
    language, instrument = facts.language, facts.instrument
    points = "" if instrument.total_points is None else marked(plain(instrument.total_points), language)
    yield Paragraph(
        told(
            "codebook.about", language, label=label_of(instrument, language), name=instrument.name,
            based_on=instrument.based_on, comparable=listed(instrument.comparable_with), points=points,
            items=str(len(instrument.items)), nodes=str(len(instrument.nodes)),
        )
    )  # fmt: skip
    for key, records in (("blocks", instrument.blocks), ("groups", instrument.groups)):
        rows = ((cell(record.code), cell(label_of(record, language))) for record in records)
        yield from table(key, (("code", 0.25), ("label", 0.75)), rows, language)
    columns = (
        ("code", 0.12),
        ("label", 0.34),
        ("block", 0.12),
        ("group", 0.15),
        ("modes", 0.17),
        ("questions", 0.1),
    )
    yield from table("questionnaires", columns, _questionnaires(facts), language)


def _questionnaires(facts: MethodFacts) -> Iterator[tuple[Text, ...]]:
    for form in facts.instrument.questionnaires:
        modes = listed(mode_words(mode, facts) for mode in form.modes)
        label = label_of(form, facts.language)
        if form.matrix:
            label = phrase("codebook.matrix", facts.language, label=label)
        asked = str(len(facts.instrument.items_of(form.code)))
        yield cell(form.code), cell(label), cell(form.block), cell(form.group), sentence(modes), cell(asked)
