"""Sections of a report as tests look at them: their sentences, tables and numbers; and rounds whose tables are edited."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.problems import Language
from surveys.reports.analysis_report.parts import Block, Heading, Paragraph, ReportTable
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.told import shown


def edited(round_: ReportedRound, table: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> ReportedRound:
    """The round with other rows in one of its tables."""
    printed = round_.tables[table]
    frame = edit(printed.frame.copy()).reset_index(drop=True)
    lines = np.arange(2, 2 + len(frame), dtype=np.int64)
    return replace(round_, tables={**round_.tables, table: replace(printed, frame=frame, lines=lines)})


def without(round_: ReportedRound, *tables: str) -> ReportedRound:
    """The round without some of its tables."""
    return replace(round_, tables={name: t for name, t in round_.tables.items() if name not in tables})


def sentences(blocks: Iterable[Block], language: Language = "vi") -> list[str]:
    """Headings and paragraphs as words, a no-break space as a space."""
    found = []
    for block in blocks:
        if isinstance(block, Heading):
            found.append(block.text)
        elif isinstance(block, Paragraph):
            found.append(shown(block.text, language).replace("\N{NO-BREAK SPACE}", " "))
    return found


def cells_of(blocks: Iterable[Block], key: str, language: Language = "vi") -> list[list[str]]:
    """A table as words, the heading first; empty where there is none of the key."""
    for block in blocks:
        if isinstance(block, ReportTable) and block.key == key:
            rows = [
                [shown(c, language).replace("\N{NO-BREAK SPACE}", " ") for c in row] for row in block.rows
            ]
            return [[column.heading for column in block.columns], *rows]
    return []


def file_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rounded(value: Decimal, decimals: int = 2) -> str:
    """Half up, with a decimal comma."""
    text = f"{value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"
    return text.replace(".", ",")
