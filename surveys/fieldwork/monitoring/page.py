"""The page of a monitored round: one HTML file that needs nothing else, with the look and the rules of the analysis report's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from surveys.fieldwork.monitoring.curve import GrowthCurve
from surveys.fieldwork.monitoring.monitored_round import MonitoredRound
from surveys.fieldwork.monitoring.page_tables import MonitorTables
from surveys.fieldwork.monitoring.page_words import PageWords
from surveys.fieldwork.monitoring.watched_cells import EARLIEST
from surveys.handover.words import label_of, names_in
from surveys.problems import Language
from surveys.reports.analysis_report.parts import Drawing
from surveys.reports.html.content import PageSection
from surveys.reports.html.page import filled_page
from surveys.reports.html.pictures import picture
from surveys.reports.html.prose import PagePart
from surveys.reports.html.tables import PageTable
from surveys.vocabulary.levels import ALL_GROUPS

#: Beginnings of the codes of warnings that the page tells in full; the others are counted.
_TOLD = ("monitor.", "sampling.", "returns.file_empty", "returns.no_rows")


@dataclass(frozen=True)
class PageTop:
    """What a page is called."""

    title: str
    subject: str
    fingerprint: str = ""


def monitor_page(round_: MonitoredRound, language: Language) -> bytes:
    """The page of a round at a day of its fieldwork, UTF-8; the same bytes for the same round."""
    content = _Content(PageWords(round_, language))
    study = round_.study
    said = {
        "report": PageTop(content.words.said("monitor.page.title"), label_of(study, language) or study.code),
        "publisher": study.publication.publisher.name(language),
        "facts": tuple(content.facts()),
        "sections": tuple(content.sections()),
    }
    names = {"blocks": {block: content.words.block(block) for block in content.tables.blocks}, "columns": {}}
    return filled_page(said, names, language, footer=content.words.said("monitor.page.footer"))


class _Content:
    """The sections of the page."""

    def __init__(self, words: PageWords) -> None:
        self.words, self.tables = words, MonitorTables(words)

    def facts(self) -> Iterator[tuple[str, str]]:
        """The day, the days gone and left, and the round as a whole."""
        days, said = self.words.round_.days, self.words.said
        yield said("monitor.page.fact.day"), self.words.day(days.day)
        if days.start and days.end:
            between = said("page.between", low=self.words.day(days.start), high=self.words.day(days.end))
            yield said("monitor.page.fact.fieldwork"), between
        if days.day and days.left is not None:
            yield (
                said("monitor.page.fact.days"),
                said("monitor.page.days_gone", gone=days.gone, left=days.left),
            )
        rows = self.words.tables["questionnaires"]
        totals = {
            name: sum(int(row[name] or 0) for row in rows)
            for name in ("forms_issued", "forms", "valid", "returned")
        }
        issued = self.words.read(str(totals["forms_issued"])) if totals["forms_issued"] else ""
        forms = self.words.read(str(totals["forms"]))
        yield said("monitor.page.fact.forms"), said("monitor.page.of_issued", forms=forms, issued=issued)
        told = {name: self.words.read(str(totals[name])) for name in ("valid", "returned")}
        yield said("monitor.page.fact.valid"), said("monitor.page.of_returned", **told)

    def sections(self) -> Iterator[PageSection]:
        """The sections; one that has nothing to say is left out."""
        blocks, tables, said = self.tables.blocks, self.tables, self.words.said
        parts = {
            "attention": self._attention(),
            "cells": (part for block in blocks for part in self._block(block)),
            "days": (part for block in blocks for part in self._days(block)),
            "questionnaires": _tables(tables.questionnaires()),
            "modes": _tables(tables.modes()),
            "interviewers": _tables(tables.interviewers()),
            "method": self._method(),
        }
        for key, of_section in parts.items():
            if found := tuple(of_section):
                yield PageSection(
                    key, said(f"monitor.page.section.{key}"), found, is_printed=key == "attention"
                )

    def _attention(self) -> Iterator[PagePart]:
        """What somebody should look at now: cells, interviewers, and what cannot be told."""
        said, round_ = self.words.said, self.words.round_
        outlooks = round_.outlooks
        told = "; ".join(f"{self.words.outlook(word)}: {count}" for word, count in outlooks.items())
        if told:
            yield _paragraph(said("monitor.page.outlooks", cells=sum(outlooks.values()), outlooks=told))
        yield from _tables(self.tables.worst())
        far = round_.interviewers[round_.interviewers["finding"] == "more"]
        if len(far):
            yield _paragraph(said("monitor.page.far", interviewers=", ".join(far["interviewer"])))
        names = names_in(round_.study, self.words.language)
        warnings = [w for w in round_.warnings if w.code.startswith(_TOLD)]
        for warning in warnings:
            yield _paragraph(warning.text(self.words.language, names), css="bullet")
        if more := len(round_.warnings) - len(warnings):
            yield _paragraph(said("monitor.page.more_warnings", warnings=more))
        yield _paragraph(said("monitor.page.on_paper"), css="note paper")

    def _block(self, block: str) -> Iterator[PagePart]:
        yield PagePart("heading", escape(self.words.block(block)), 3)
        yield from _tables(self.tables.overview(block), self.tables.outlook(block), self.tables.counts(block))

    def _days(self, block: str) -> Iterator[PagePart]:
        table = self.tables.days(block)
        if table is None:
            return
        yield PagePart("heading", escape(self.words.block(block)), 3)
        yield from self._curve(block)
        yield from _tables(table)

    def _curve(self, block: str) -> Iterator[PagePart]:
        """The drawing of a block; none where its forms tell no days."""
        round_, said, days = self.words.round_, self.words.said, self.words.round_.days
        asked = {q.code for q in round_.study.instrument.questionnaires if q.block == block}
        mine = round_.by_day[round_.by_day["questionnaire"].isin(asked) & (round_.by_day["day"] != "")]
        within = mine[(mine["day"] >= days.start) & (mine["day"] <= (days.end or days.day))]
        if not len(within):
            return
        sums = within.groupby("day")[["returned", "valid"]].sum().cumsum()
        lines = {
            name: list(zip(sums.index, sums[name].astype(int), strict=True)) for name in ("returned", "valid")
        }
        cells = round_.cells[(round_.cells["block"] == block) & (round_.cells["group"] != ALL_GROUPS)]
        planned = float(cells["planned"].sum()) if cells["planned"].notna().all() else None
        ahead = cells["expected"].sum() - cells["valid"].sum() if cells["expected"].notna().all() else None
        end = days.end or days.day
        words = {
            name: said(f"monitor.page.curve.{name}") for name in ("returned", "valid", "planned", "expected")
        }
        expected = None if ahead is None or not days.left else float(lines["valid"][-1][1] + ahead)
        curve = GrowthCurve(
            lines["returned"], lines["valid"], days.start, end, planned, expected, words, self.words.language
        )
        shown = {day: self.words.day(day) for day in dict.fromkeys((days.start, end)) if day}
        about = said(
            "monitor.page.curve.about", block=self.words.block(block), day=self.words.day(str(sums.index[-1])),
            returned=self.words.read(str(lines["returned"][-1][1])), valid=self.words.read(str(lines["valid"][-1][1])),
            planned="" if planned is None else self.words.read(f"{planned:.0f}"),
            expected="" if expected is None else self.words.read(f"{expected:.0f}"),
        )  # fmt: skip
        drawing = Drawing(f"curve-{block}", curve.svg(shown), b"", about, 160)
        caption = Markup(escape(said("monitor.page.curve.caption", block=self.words.block(block))))
        yield PagePart("picture", picture(drawing, f"curve-{block}", caption))

    def _method(self) -> Iterator[PagePart]:
        level = f"{100 * self.words.round_.study.inference.level:g}"
        for name in ("counts", "margin", "margin_end", "pace", "outlook", "needed", "interviewers"):
            yield _paragraph(self.words.said(f"monitor.page.method.{name}", level=level, days=EARLIEST))


def _tables(*tables: PageTable | None) -> Iterator[PagePart]:
    return (PagePart("table", table=table) for table in tables if table is not None)


def _paragraph(text: str, css: str = "") -> PagePart:
    return PagePart("paragraph", escape(text), css=css)
