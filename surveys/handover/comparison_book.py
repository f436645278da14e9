"""The workbook of a comparison: what each unit and node had in every round side by side, the changes, and the published figures.

A sheet has one row for every line of the series, and a block of columns for every round and for every year of which figures were
published, in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from surveys.comparison.compared_round import ComparedRound
from surveys.comparison.series import RoundSeries
from surveys.definitions.study.records import Output
from surveys.handover.official_columns import CHANGES, SERIES
from surveys.handover.rounding import decimal_texts
from surveys.handover.table_book import BookSheet, lines_above, sheet_of_table, table_book
from surveys.handover.words import Words, engine_words, label_of, words_of
from surveys.handover.workbook_layout import TEXT, WHOLE, Body, SheetColumn, WorkbookSheet
from surveys.problems import phrase
from surveys.vocabulary.dates import written_date
from surveys.vocabulary.levels import ALL_GROUPS, ITEM_LEVEL, TOTAL
from surveys.vocabulary.remarks import Remarks, in_words
from surveys.vocabulary.statuses import MEASURED, OK, PUBLISHED

_LINE = ["block", "unit_code", "node_code", "last_round", "part"]
#: Before the reason for which a figure is not compared with the round before.
BREAK = "≠"
#: Remarks on the end of a line, by the beginning of their codes.
_ENDS = ("compare.unit_", "compare.node_")
_CHANGES = (
    "unit_name", "node_code", "part", "round_old", "round_new", "score_old", "score_new", "change", "ci_low", "ci_high",
    "p_adjusted", "rank_old", "rank_new", "status", "note",
)  # fmt: skip
_PUBLISHED = (
    "unit_name",
    "node_code",
    "part",
    "round",
    "percent",
    "points",
    "rank",
    "of_units",
    "note",
    "document",
)
#: Decimals of scores in [0, 1] in the sheet of changes.
_DECIMALS = 4
#: A column of a sheet and its cells.
_Column = tuple[SheetColumn, Sequence[object]]


@dataclass(frozen=True)
class Moment:
    """A round, or a year of which figures were published, as a block of columns."""

    label: str
    basis: str
    heading: str


@dataclass(frozen=True, eq=False)
class ComparisonBook:
    """The comparison in words: ``output`` says in which language, and how many decimals."""

    compared: RoundSeries
    output: Output

    def written(self) -> bytes:
        """The workbook as XLSX bytes, the same every time."""
        language = self.output.language
        count = len(self.compared.rounds)
        title = phrase("handover.comparison.title", language, rounds=count)
        named = "; ".join(one.label for one in self.compared.rounds)
        about = phrase("handover.comparison.about", language, rounds=named)
        return table_book(title, about, [*self._sheets()], language)

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """Rounds and years in the order of time; a year that a round measures stands behind it."""
        language = self.output.language
        periods = {one.label: _period(one, self.output) for one in self.compared.rounds}
        found = []
        for basis, label in self.compared.moments:
            if basis == MEASURED:
                heading = phrase("handover.comparison.round", language, label=label, period=periods[label])
            else:
                heading = phrase("handover.comparison.year", language, year=label)
            found.append(Moment(label, basis, heading))
        return tuple(found)

    @cached_property
    def nodes(self) -> Mapping[str, str]:
        """Label of every node and text of every item of the newest edition that has it, by code."""
        language = self.output.language
        found: dict[str, str] = {}
        for one in self.compared.rounds:
            items = {
                item.code: getattr(item, f"text_{language}") or item.text_vi for item in one.instrument.items
            }
            found |= items | {node.code: label_of(node, language) for node in one.instrument.nodes}
        return found

    @cached_property
    def _words(self) -> Words:
        newest, language = self.compared.newest.instrument, self.output.language
        return {kind: words_of(kind, newest, language) for kind in ("block", "group")}

    @property
    def _published(self) -> pd.DataFrame:
        return self.compared.series[self.compared.series["basis"] == PUBLISHED]

    def _sheets(self) -> Iterator[BookSheet]:
        series = self._with_changes()
        is_item, is_root = series["node_level"] == ITEM_LEVEL, series["node_code"].isin(self._roots)
        yield self._wide("totals", series[is_root & ~is_item])
        whole = series["part"] == TOTAL
        kinds = {"nodes": ~is_item & ~whole, "index": ~is_item & whole, "items": is_item}
        for kind, rows in kinds.items():
            if rows.any() and series.loc[rows, "basis"].eq(MEASURED).any():
                yield self._wide(kind, series[rows])
        changes = self.compared.changes
        shown = changes[(changes["group"] == ALL_GROUPS) & (changes["node_level"] != ITEM_LEVEL)]
        shorter = replace(self.output, score_decimals=_DECIMALS)
        yield sheet_of_table(CHANGES, shown, shorter, self._words, _CHANGES)
        if len(self._published):
            yield self._renamed(
                sheet_of_table(SERIES, self._published, self.output, self._words, _PUBLISHED), "published"
            )

    def _renamed(self, found: BookSheet, kind: str) -> BookSheet:
        """A sheet of a table under a title of its own."""
        title = phrase(f"handover.comparison.{kind}", self.output.language)
        name = phrase(f"handover.comparison.{kind}.sheet", self.output.language)
        return BookSheet(title, replace(found.sheet, name=name, above=lines_above(title)))

    @property
    def _roots(self) -> frozenset[str]:
        roots = (node.code for one in self.compared.rounds for node in one.instrument.children.get("", ()))
        return frozenset(roots)

    def _with_changes(self) -> pd.DataFrame:
        """The series over all groups with the change against the round before."""
        series, changes = self.compared.series, self.compared.changes
        own = {"unit_code": "unit_code_then", "node_code": "node_code_then", "round_new": "round"}
        keys = ["unit_code_then", "node_code_then", "round", "part", "group"]
        found = changes.rename(columns=own)[[*keys, "change"]]
        over_groups = series[series["group"] == ALL_GROUPS]
        return over_groups.merge(found.drop_duplicates(keys), on=keys, how="left")

    # --- one row a line -----------------------------------------------------------------------------------------------

    def _wide(self, kind: str, rows: pd.DataFrame) -> BookSheet:
        """Every line of ``rows`` with a block of columns for each moment that some line has."""
        language = self.output.language
        lines = rows.drop_duplicates(_LINE, keep="last").set_index(_LINE)
        in_points, ranked = bool(rows["points"].notna().any()), kind == "totals"
        moments = [one for one in self.moments if len(_at(rows, one))]
        columns = [*self._names(lines, parted=ranked)]
        for moment in moments:
            found = _at(rows, moment).drop_duplicates(_LINE).set_index(_LINE).reindex(lines.index)
            columns += self._block(
                moment, found, in_points=in_points, ranked=ranked, first=moment == moments[0]
            )
        notes = rows.groupby(_LINE, sort=False)["note"].agg(_ends_of).reindex(lines.index)
        if notes.map(len).any():
            columns.append(self._column("note", [in_words(note, language) for note in notes]))
        title = phrase(f"handover.comparison.{kind}", language)
        how = ["how_points" if in_points else "how_percent", "how_breaks"]
        how += ["how_published"] if any(moment.basis == PUBLISHED for moment in moments) else []
        sheet = WorkbookSheet(
            phrase(f"handover.comparison.{kind}.sheet", language),
            tuple(column for column, _ in columns),
            lines_above(title, (phrase(f"handover.comparison.{name}", language) for name in how)),
            ((Body(tuple(cells for _, cells in columns)),),),
            filtered=True,
            frozen=1,
        )
        return BookSheet(title, sheet)

    def _names(self, lines: pd.DataFrame, *, parted: bool) -> Iterator[_Column]:
        """Names of unit and node; of totals the part of the index in place of the node."""
        yield self._column("unit", lines["unit_name"].tolist())
        if parted:
            said, parts = engine_words("part", self.output.language), lines.index.get_level_values("part")
            if parts.nunique() > 1:
                yield self._column("part", [said[part] for part in parts])
            return
        codes = lines.index.get_level_values("node_code")
        yield self._column("code", codes.tolist())
        yield self._column("node", [self.nodes.get(code, code) for code in codes])

    def _block(
        self, moment: Moment, found: pd.DataFrame, *, in_points: bool, ranked: bool, first: bool
    ) -> Iterator[_Column]:
        """The columns of one moment: value and limits, rank, change or what stands against it."""
        over = moment.heading
        decimals = self.output.points_decimals if in_points else self.output.percent_decimals
        style = f"decimals-{decimals}"
        full = found["max_points"] if in_points else 100.0
        yield self._column(
            "points" if in_points else "percent", _numbers(found["score"] * full, decimals), style, over
        )
        if moment.basis == MEASURED:
            yield self._column("low", _numbers(found["ci_low"] * full, decimals), style, over)
            yield self._column("high", _numbers(found["ci_high"] * full, decimals), style, over)
        if ranked and found["rank"].notna().any():
            yield self._column("rank", _numbers(found["rank"]), WHOLE, over)
        if moment.basis == MEASURED and not first and (found["comparable"].fillna("") != "").any():
            if found["change"].notna().any():
                yield self._column("change", _numbers(found["change"] * full, decimals), style, over)
            said = engine_words("comparable", self.output.language)
            breaks = [
                f"{BREAK} {said[code]}" if code in said and code != OK else "" for code in found["comparable"]
            ]
            if any(breaks):
                yield self._column("break", breaks, TEXT, over)

    def _column(self, name: str, cells: Sequence[object], style: str = TEXT, over: str = "") -> _Column:
        heading = phrase(f"handover.comparison.column.{name}", self.output.language)
        return SheetColumn(heading, style, over), cells


def comparison_book(compared: RoundSeries, output: Output) -> bytes:
    """The workbook of a comparison as XLSX bytes, in the language of ``output``."""
    return ComparisonBook(compared, output).written()


def _period(round_: ComparedRound, output: Output) -> str:
    days = (round_.period.start, round_.period.end)
    return " – ".join(written_date(day, output.language) for day in days if day)


def _at(rows: pd.DataFrame, moment: Moment) -> pd.DataFrame:
    return rows[(rows["round"] == moment.label) & (rows["basis"] == moment.basis)]


def _numbers(values: pd.Series, decimals: int = 0) -> list[object]:
    """Cells of numbers as they are printed, gaps as nothing."""
    texts = decimal_texts(values.to_numpy(dtype=float, na_value=np.nan), decimals)
    return [float(text) if text else None for text in texts]


def _ends_of(notes: pd.Series) -> Remarks:
    """What is said of the end of a line."""
    return tuple(said for note in notes for said in note if said.code.startswith(_ENDS))
