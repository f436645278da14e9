"""Every unit on half a page; where there are many, each in a report of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from surveys.analysis.counted_units import FEWEST
from surveys.problems import phrase
from surveys.reports.analysis_report.parts import (
    Block,
    Heading,
    Paragraph,
    Report,
    ReportSection,
    ReportTable,
    Text,
)
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.reports.analysis_report.worked_out import counted
from surveys.reports.unit_figures import Key, UnitFigures
from surveys.reports.unit_parts import UnitParts


def units(round_: ReportedRound) -> Iterator[Block]:
    """The section about single units, in the order of the leagues."""
    say = Saying("report.units", round_.language)
    number = counted(len(round_.unit_figures), "units")
    if not number.text.strip("0"):
        return
    if are_apart(round_):
        yield say.paragraph("apart", units=number)
        return
    yield say.paragraph("intro", units=number, fewest=FEWEST)
    level: Literal[2, 3] = 3 if len(round_.blocks) > 1 else 2
    for block in round_.blocks:
        if len(round_.blocks) > 1:
            yield Heading(2, round_.names.block(block), f"units-of-{block}")
        for figures in _in_order(round_, block):
            yield Heading(level, figures.name, f"unit-{block}-{figures.code}")
            yield from _half_page(parts_of(round_, figures))


def are_apart(round_: ReportedRound) -> bool:
    """Whether there are so many units that each has a document of its own."""
    return len(round_.unit_figures) > round_.results.settings.report.units_within


def unit_reports(round_: ReportedRound) -> Iterator[tuple[Key, Report]]:
    """(block, unit) → the report of the unit alone, where there are so many units."""
    if are_apart(round_):
        yield from ((unit, unit_report(round_, *unit)) for unit in round_.unit_figures)


def unit_report(round_: ReportedRound, block: str, unit: str) -> Report:
    """The report of one unit: its half page, then every sub-criterion. Raises KeyError where the round has no such unit."""
    figures, language = round_.unit_figures[block, unit], round_.language
    return Report(
        title=phrase("report.units.title", language),
        subject=f"{figures.name} – {round_.label}",
        label=round_.label,
        language=language,
        publication=round_.results.settings.publication,
        sections=tuple(_sections(parts_of(round_, figures))),
        fingerprint=round_.results.fingerprint,
        has_contents=False,
        is_signed=False,
    )


def parts_of(round_: ReportedRound, figures: UnitFigures) -> UnitParts:
    """What the round tells of a unit."""
    settings = round_.results.settings
    level, decimals = settings.inference.level, settings.output.percent_decimals
    return UnitParts(figures, round_.language, level, decimals, tells_ties=not are_apart(round_))


def _in_order(round_: ReportedRound, block: str) -> Sequence[UnitFigures]:
    """The units of a block by rank, those without one behind."""
    own = [figures for (of, _), figures in round_.unit_figures.items() if of == block]
    return sorted(own, key=lambda figures: (not figures.league["rank"], int(figures.league["rank"] or 0)))


def _half_page(parts: UnitParts) -> Iterator[Block]:
    yield Paragraph(parts.result, "brief")
    if parts.figures.total.value or any(node.value for node in parts.figures.nodes):
        yield parts.fields_in_brief
    told = (parts.most_lost, parts.forms_told, parts.since, parts.remark)
    yield from (Paragraph(text, "brief") for text in told if text)


def _told(*texts: Text) -> Iterator[Block]:
    yield from (Paragraph(text) for text in texts if text)


def _sections(parts: UnitParts) -> Iterator[ReportSection]:
    """The parts of the report of one unit, each with its heading."""
    figures, language = parts.figures, parts.language

    def section(key: str, title: str, *blocks: Block, is_annex: bool = False) -> ReportSection:
        return ReportSection(key, phrase(title, language), blocks, is_annex)

    yield section("summary", "sheet.summary", *_told(parts.result, parts.remark), parts.fields)
    losses = "sheet.losses" if figures.has_points else "sheet.lowest"
    if figures.losses:
        yield section("losses", losses, parts.losses)
    forms: Block = parts.forms if figures.forms else Paragraph(parts.forms_told)
    yield section("forms", "sheet.forms", forms)
    if figures.changes is not None:
        yield section("changes", "sheet.changes", *_told(parts.since), *_changes(parts))
    yield section("details", "report.units.details", parts.every_node, *parts.remarks, is_annex=True)


def _changes(parts: UnitParts) -> Iterator[Block]:
    changes = parts.figures.changes
    if changes is not None and changes.shown:
        table: ReportTable = parts.changed(changes)
        yield table
        yield from _told(parts.moved(changes))
