"""Scales: their options with codes and values, and the codes of having no answer."""

from __future__ import annotations

from collections.abc import Iterator

from surveys.definitions.instrument.records import Level, Scale
from surveys.handover.words import label_of
from surveys.handover.workbook_sheets import marked
from surveys.problems import phrase
from surveys.reports.analysis_report.method.cells import cell, plain
from surveys.reports.analysis_report.method.facts import MethodFacts
from surveys.reports.analysis_report.parts import Block, Paragraph, Text
from surveys.reports.analysis_report.told import told
from surveys.reports.code_book.tables import listed, table


def scales(facts: MethodFacts) -> Iterator[Block]:
    """What values mean, and every scale."""
    language, ladder = facts.language, facts.instrument.scoring.ladder
    numerator = facts.instrument.scoring.numerator
    yield Paragraph(told(f"codebook.numerator.{numerator}", language, ladder=ladder))
    columns = (("code", 0.12), ("option", 0.3), ("value", 0.18), ("satisfied", 0.12), ("spellings", 0.28))
    rows: list[tuple[Text, ...]] = []
    heads: set[int] = set()
    for scale in facts.instrument.scales:
        heads.add(len(rows))
        kind = phrase(f"codebook.kind.{scale.kind}", language)
        label = phrase("codebook.scale", language, label=label_of(scale, language), kind=kind)
        rows.append((cell(scale.code), cell(label), (), (), ()))
        rows += [_level(facts, scale, level) for level in scale.levels]
        for none in scale.non_answers:
            reason = phrase(f"codebook.none.{none.kind}", language)
            called = label_of(none, language) or none.code
            rows.append((cell(none.code), cell(called), cell(reason), cell(), cell(listed(none.aliases))))
    yield from table("scales", columns, rows, language, bold=heads)


def _level(facts: MethodFacts, scale: Scale, level: Level) -> tuple[Text, ...]:
    language = facts.language
    values = [marked(plain(value), language) for value in level.values]
    if len(scale.ladders) > 1:
        values = [
            phrase("codebook.on_ladder", language, value=value, ladder=ladder)
            for value, ladder in zip(values, scale.ladders, strict=True)
        ]
    satisfied = "×" if level.satisfied else ""
    return (
        cell(level.code),
        cell(label_of(level, language)),
        cell(listed(values)),
        cell(satisfied),
        cell(listed(level.aliases)),
    )
