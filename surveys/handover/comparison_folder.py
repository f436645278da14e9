"""A comparison of rounds handed over: the changes, the series, and a workbook of both."""

from __future__ import annotations

from pathlib import Path

from surveys.comparison.series import RoundSeries
from surveys.definitions.study.records import Output
from surveys.handover import official_columns
from surveys.handover.comparison_book import comparison_book
from surveys.handover.table_folder import TableFolder, book_name, deliver_tables


def deliver_comparison(compared: RoundSeries, out: Path) -> None:
    """Write the comparison at ``out`` in the language of the official files of the newest round: tables, workbook, descriptor,
    checksums; all or nothing."""
    output = Output(language=compared.newest.language)
    frames = {
        official_columns.CHANGES.name: compared.changes,
        official_columns.SERIES.name: compared.series,
    }
    book = {book_name("comparison"): comparison_book(compared, output)}
    rounds = [
        {"label": one.label, "period": one.period_text, "edition": one.instrument.name, **one.source}
        for one in compared.rounds
    ]
    facts = {"rounds": rounds}
    deliver_tables(TableFolder("comparison", "comparison", frames, output, others=book, facts=facts), out)
