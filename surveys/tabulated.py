"""Cross-tables of a round as users see them: all of them, which write themselves, or those of one item or node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from surveys.analysis.cross_tables import CrossTables
from surveys.analysis.tabulated_subjects import NOT_ANSWERED
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.cross_table_book import CategoryNames, CrossTableBook
from surveys.handover.table_folder import TableFolder, book_name, deliver_tables
from surveys.problems import phrase
from surveys.vocabulary.notebook_display import Shown
from surveys.vocabulary.statuses import OK


@dataclass(frozen=True, repr=False)
class Tables(Shown):
    """Cross-tables of a round (``Result.tables``)."""

    made: CrossTables
    study: StudyDefinition

    @property
    def table(self) -> pd.DataFrame:
        """One row per block × group × variable × item or node × statistic × category, the total where the category is empty."""
        return self.made.table

    @property
    def tests(self) -> pd.DataFrame:
        """One row per line and test: whether its categories differ."""
        return self.made.tests

    @property
    def profile(self) -> pd.DataFrame:
        """One row per group and category: who answered, beside margins and frames."""
        return self.made.profile

    def write(self, out: str | Path) -> None:
        """Write workbook and tables at ``out``: all of it, or nothing.

        Raises SurveyError when ``out`` holds something that must not be replaced, OSError when the disk refuses.
        """
        study, made = self.study, self.made
        frames = {
            "cross-tables": made.table,
            "cross-tests": made.tests,
            "respondent-profile": made.profile,
        }
        book = {book_name("tables"): CrossTableBook(study, made).written()}
        by = list(dict.fromkeys(made.table["by"]))
        deliver_tables(TableFolder.of_study("tables", study, frames, book, by=by), Path(out))

    def facts(self) -> Mapping[str, object]:
        return self.made.facts()


@dataclass(frozen=True, repr=False)
class TableOf:
    """The cross-tables of one item or node (``Result.table``): shares, score and satisfied share by category, in a notebook as a
    table of percentages with the letters of the categories that each exceeds."""

    of: str
    made: CrossTables
    study: StudyDefinition

    @property
    def table(self) -> pd.DataFrame:
        """As :attr:`Tables.table`."""
        return self.made.table

    @property
    def test(self) -> pd.DataFrame:
        """As :attr:`Tables.tests`; p-values are corrected over the lines asked for, which is this one."""
        return self.made.tests

    def pivot(self) -> pd.DataFrame:
        """Percentages as text, statistics down, the categories of every table across, the letters behind the numbers."""
        names, language = CategoryNames(self.study), self.study.output.language
        columns: dict[tuple[str, str, str], dict[str, str]] = {}
        for row in self.table[self.table["statistic"] != NOT_ANSWERED].to_dict("records"):
            block, by, category = (str(row[name]) for name in ("block", "by", "category"))
            called = names.category(block, by, category) if category else phrase("tables.total", language)
            heading = f"{called} ({row['letter']})" if row["letter"] else called
            under = columns.setdefault(
                (block, str(row["group"]), f"{by}: {heading}"), {"n": str(row["n_valid"])}
            )
            hidden = row["status"] != OK
            text = "–" if hidden else f"{100 * row['estimate']:.1f} {row['exceeds']}".strip()
            under[f"{row['statistic']} {row['level_code']}".strip()] = text
        return pd.DataFrame(columns).fillna("")

    def __repr__(self) -> str:
        return f"{self.of}\n{self.pivot().to_string()}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.of)}</p>{self.pivot().to_html()}"
