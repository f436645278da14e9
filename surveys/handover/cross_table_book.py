"""The workbook of cross-tables: for every block and group banners with the categories across, each under its letter, lines down;
variables of many categories with their categories down; the tests, the respondents, and the numbers behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from surveys.analysis.by_variables import GROUP, TIMES, UNIT
from surveys.analysis.cross_tables import CrossTables
from surveys.analysis.tabulated_subjects import NOT_ANSWERED, SATISFIED, SCORE, SHARE
from surveys.definitions.study.records import StudyDefinition
from surveys.handover.official_columns import TABLES
from surveys.handover.rounding import decimal_texts
from surveys.handover.table_book import BookSheet, lines_above, sheet_names, sheet_of_table, table_book
from surveys.handover.words import label_of, unit_name, words_of
from surveys.handover.workbook_layout import WHOLE, Block, Body, Line, LinePart, SheetColumn, WorkbookSheet
from surveys.handover.workbook_sheets import marked
from surveys.problems import Language, phrase
from surveys.vocabulary.statuses import OK

#: Categories across a sheet, the total included; variables of more have theirs down the sheet.
_ACROSS = 13
#: p-values are told to so many decimals.
_P_DECIMALS = 3
Row = Mapping[str, Any]
#: Node and item of a line; statistic, level and category of a cell.
LineKey = tuple[str, str]
CellKey = tuple[str, str, str]


class CategoryNames:
    """What the variables of tables and their categories are called."""

    def __init__(self, study: StudyDefinition) -> None:
        self._language: Language = study.output.language
        instrument = study.instrument
        self._variables = {field.code: label_of(field, self._language) for field in instrument.fields}
        self._variables |= {name: phrase(f"tables.{name}", self._language) for name in (UNIT, GROUP)}
        self._categories = {
            field.code: {code: field.category_name(code, self._language) for code, _ in field.categories}
            for field in instrument.fields
        }
        self._categories[GROUP] = dict(words_of("group", instrument, self._language))
        self._units = {(unit.block, unit.code): unit_name(unit, self._language) for unit in study.units}

    def variable(self, by: str) -> str:
        """A variable in words, a product by those of its parts."""
        return " × ".join(self._variables.get(part, part) or part for part in by.split(TIMES))

    def category(self, block: str, by: str, category: str) -> str:
        """A category in words."""
        pairs = zip(by.split(TIMES), category.split(TIMES), strict=True)
        return " – ".join(self._of_part(block, part, code) for part, code in pairs)

    def _of_part(self, block: str, part: str, code: str) -> str:
        if part == UNIT:
            return self._units.get((block, code), code)
        return self._categories.get(part, {}).get(code, code)


@dataclass(frozen=True, eq=False)
class _TableOfGroup:
    """The tables of one block and group by one variable: ``lines`` in order, each with its cells by their key; ``tests`` by line
    and statistic; ``categories`` with their letters, in order; whether there is a total."""

    block: str
    group: str
    by: str
    lines: Mapping[LineKey, Mapping[CellKey, Row]]
    tests: Mapping[tuple[str, str, str], Row]
    categories: Mapping[str, str]
    has_total: bool

    @property
    def width(self) -> int:
        """Columns that it takes up across."""
        return len(self.categories)

    @property
    def totals(self) -> dict[LineKey, list[int]]:
        """The forms in the total of every line."""
        return {
            line: [row["n_valid"] for key, row in cells.items() if not key[-1]]
            for line, cells in self.lines.items()
        }

    def goes_beside(self, others: Sequence[_TableOfGroup]) -> bool:
        """Whether it finds room on a sheet with ``others`` and has their total."""
        first, room = others[0], sum(each.width for each in others) + self.width < _ACROSS
        alike = (first.block, first.group) == (self.block, self.group)
        return room and alike and first.totals == self.totals


class CrossTableBook:
    """The sheets of the workbook."""

    def __init__(self, study: StudyDefinition, found: CrossTables) -> None:
        self._study, self._found = study, found
        self._language: Language = study.output.language
        self._names = CategoryNames(study)

    def written(self) -> bytes:
        """The workbook as XLSX bytes, the same every time."""
        sheets = [*self._banners(), *self._long_sheets()]
        names = sheet_names([sheet.sheet.name for sheet in sheets])
        named = [_renamed(sheet, name) for sheet, name in zip(sheets, names, strict=True)]
        words = {kind: words_of(kind, self._study.instrument, self._language) for kind in ("block", "group")}
        frames = (self._found.tests, self._found.profile)
        tables = (TABLES["cross-tests"], TABLES["respondent-profile"])
        named += [
            sheet_of_table(table, frame, self._study.output, words)
            for table, frame in zip(tables, frames, strict=True)
        ]
        title = phrase("tables.book", self._language)
        return table_book(title, label_of(self._study, self._language), named, self._language)

    # ---- parts --------------------------------------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> list[_TableOfGroup]:
        keys = ["block", "group", "by"]
        tests: dict[tuple[str, ...], dict[tuple[str, str, str], Row]] = {}
        for row in _records(self._found.tests):
            line = (row["node_code"], row["item_code"], row["statistic"])
            tests.setdefault(tuple(row[key] for key in keys), {})[line] = row
        found = []
        for key, frame in self._found.table.groupby(keys, sort=False):
            block, group, by = map(str, key)
            found.append(self._part(block, group, by, frame, tests.get((block, group, by), {})))
        return found

    def _part(
        self, block: str, group: str, by: str, frame: pd.DataFrame, tests: Mapping[tuple[str, str, str], Row]
    ) -> _TableOfGroup:
        lines: dict[LineKey, dict[CellKey, Row]] = {}
        categories: dict[str, str] = {}
        for row in _records(frame):
            key = (row["statistic"], row["level_code"], row["category"])
            lines.setdefault((row["node_code"], row["item_code"]), {})[key] = row
            if row["category"]:
                categories[row["category"]] = row["letter"]
        return _TableOfGroup(
            block, group, by, lines, tests, categories, bool((frame["category"] == "").any())
        )

    def _of_group(self, block: str, group: str) -> tuple[str, str]:
        blocks, groups = (
            words_of(kind, self._study.instrument, self._language) for kind in ("block", "group")
        )
        called = groups.get(group, group) if group else phrase("tables.all_groups", self._language)
        return blocks.get(block, block), called

    # ---- banners ------------------------------------------------------------------------------------------------------

    def _banners(self) -> Iterator[BookSheet]:
        """Variables of few categories, as many of a block and group on a sheet as go across and have one total."""
        together: list[_TableOfGroup] = []
        for part in (part for part in self._parts if part.width < _ACROSS):
            if together and not part.goes_beside(together):
                yield self._banner(together)
                together = []
            together.append(part)
        if together:
            yield self._banner(together)

    def _banner(self, parts: Sequence[_TableOfGroup]) -> BookSheet:
        first, language = parts[0], self._language
        total = [SheetColumn(phrase("tables.total", language), self._style)] if first.has_total else []
        columns = [SheetColumn(phrase("tables.line", language)), *total]
        for part in parts:
            over = self._names.variable(part.by)
            columns += [
                SheetColumn(self._headed(part, category, letter), self._style, over)
                for category, letter in part.categories.items()
            ]
        lines = list(dict.fromkeys(key for part in parts for key in part.lines))
        blocks = tuple(self._of_line(parts, key) for key in lines)
        return self._sheet(parts, tuple(columns), blocks)

    def _headed(self, part: _TableOfGroup, category: str, letter: str) -> str:
        called = self._names.category(part.block, part.by, category)
        return f"{called} ({letter})" if letter else called

    @property
    def _style(self) -> str:
        return f"decimals-{self._study.output.percent_decimals}"

    def _sheet(
        self, parts: Sequence[_TableOfGroup], columns: tuple[SheetColumn, ...], blocks: tuple[Block, ...]
    ) -> BookSheet:
        block, group = self._of_group(parts[0].block, parts[0].group)
        by = ", ".join(self._names.variable(part.by) for part in parts)
        title = phrase("tables.sheet", self._language, block=block, group=group, by=by)
        name = phrase("tables.sheet.short", self._language, block=block, group=group)
        level = f"{100 * (1 - self._study.inference.level):g}"
        notes = (
            phrase("tables.about.shares", self._language),
            phrase("tables.about.letters", self._language, level=marked(level, self._language)),
            phrase("tables.about.hidden", self._language),
        )
        sheet = WorkbookSheet(name, columns, lines_above(title, notes), blocks, frozen=1, paged=True)
        return BookSheet(title, sheet)

    def _of_line(self, parts: Sequence[_TableOfGroup], key: LineKey) -> Block:
        """A band with what the line is and how clear its differences are, and its rows."""
        rows = list(self._rows_of_line(parts, key))
        size = 1 + parts[0].has_total + sum(part.width for part in parts)
        cells: tuple[Sequence[object], ...] = tuple([row.cells[k] for row in rows] for k in range(size))
        styles = {n: WHOLE for n, row in enumerate(rows) if row.whole}
        strong = frozenset(n for n, row in enumerate(rows) if row.strong)
        band = Line((LinePart(self._titled(parts, key), "band"),))
        return (band, Body(cells, strong=strong, styles=styles))

    def _titled(self, parts: Sequence[_TableOfGroup], key: LineKey) -> str:
        tests = [text for part in parts if (text := self._test(part, key))]
        return f"{self._called(key)}" + (f" ({'; '.join(tests)})" if tests else "")

    def _called(self, key: LineKey) -> str:
        """An item or a node by its code and its text."""
        node, item = key
        instrument = self._study.instrument
        if not item:
            return f"{node}. {label_of(instrument.node[node], self._language)}"
        asked = instrument.item[item]
        return f"{item}. {getattr(asked, f'text_{self._language}') or asked.text_vi}"

    def _test(self, part: _TableOfGroup, key: LineKey) -> str:
        """The corrected p-value of a line: that of the scores, of the shares where it has none."""
        found = part.tests.get((*key, SCORE), part.tests.get((*key, SHARE)))
        if found is None or np.isnan(found["p_adjusted"]):
            return ""
        p, least = found["p_adjusted"], 10.0**-_P_DECIMALS
        code, value = ("tables.test.small", least) if p < least else ("tables.test", p)
        text = marked(decimal_texts([value], _P_DECIMALS)[0], self._language)
        return phrase(code, self._language, by=self._names.variable(part.by), p=text)

    def _rows_of_line(self, parts: Sequence[_TableOfGroup], key: LineKey) -> Iterator[_SheetRow]:
        """Rows of a line across all parts: n, score and satisfied with their intervals, shares, each with its letters."""
        across = [part.lines.get(key, {}) for part in parts]
        statistics = list(dict.fromkeys((k[0], k[1]) for cells in across for k in cells))
        first = next((each for each in statistics if each[0] != NOT_ANSWERED), None)
        if first is not None:
            yield self._row(parts, across, first, "n")
        for each in statistics:
            if each[0] == NOT_ANSWERED:
                yield self._row(parts, across, each, "n")
                continue
            yield self._row(parts, across, each, "estimate")
            if each[0] in (SCORE, SATISFIED):
                yield self._row(parts, across, each, "interval")
            letters = self._row(parts, across, each, "exceeds")
            if any(letters.cells[1:]):
                yield letters

    def _row(
        self,
        parts: Sequence[_TableOfGroup],
        across: Sequence[Mapping[CellKey, Row]],
        of: tuple[str, str],
        shown: str,
    ) -> _SheetRow:
        cells: list[object] = [self._head(of, shown, across)]
        if parts[0].has_total:
            cells.append(self._cell(across[0].get((*of, "")), shown))
        for part, found in zip(parts, across, strict=True):
            cells += [self._cell(found.get((*of, category)), shown) for category in part.categories]
        return _SheetRow(cells, whole=shown == "n", strong=shown == "estimate" and of[0] == SCORE)

    def _head(self, of: tuple[str, str], shown: str, across: Sequence[Mapping[CellKey, Row]]) -> str:
        statistic, level = of
        if statistic == NOT_ANSWERED:
            return phrase(f"tables.not_answered.{level}", self._language)
        if shown == "n":
            return phrase("tables.n", self._language)
        if shown in ("interval", "exceeds"):
            return phrase(f"tables.{shown}", self._language)
        if statistic != SHARE:
            return phrase(f"tables.{statistic}", self._language)
        item = next(row["item_code"] for cells in across for row in cells.values())
        levels = self._study.instrument.scale_of(item).levels
        called = next(label_of(one, self._language) or one.code for one in levels if one.code == level)
        return phrase("tables.share", self._language, level=called)

    def _cell(self, row: Row | None, shown: str) -> object:
        """What a cell shows of a row of the table."""
        if row is None:
            return None
        if shown == "n":
            return float(row["n_valid"])
        if shown == "exceeds":
            return row["exceeds"]
        if row["status"] != OK:
            return phrase("tables.hidden", self._language) if shown == "estimate" and row["n_valid"] else None
        numbers = ("estimate",) if shown == "estimate" else ("ci_low", "ci_high")
        texts = self._percents([row[name] for name in numbers])
        if shown == "estimate":
            return float(texts[0]) if texts[0] else None
        return "–".join(marked(text, self._language) for text in texts) if all(texts) else None

    def _percents(self, shares: Sequence[float]) -> list[str]:
        return decimal_texts([100 * share for share in shares], self._study.output.percent_decimals)

    # ---- variables of many categories ---------------------------------------------------------------------------------

    def _long_sheets(self) -> Iterator[BookSheet]:
        """Variables of many categories: a line of rows for each item and node, a row for each category."""
        for part in (part for part in self._parts if part.width >= _ACROSS):
            language = self._language
            columns = (
                SheetColumn(phrase("tables.category", language)),
                SheetColumn(TABLES["cross-tables"].column["letter"].heading(language)),
                SheetColumn(phrase("tables.n", language), WHOLE),
                SheetColumn(phrase("tables.score", language), self._style),
                SheetColumn(phrase("tables.interval", language).removeprefix("– ")),
                SheetColumn(phrase("tables.satisfied", language), self._style),
                SheetColumn(TABLES["cross-tables"].column["exceeds"].heading(language)),
            )
            scored = [key for key, cells in part.lines.items() if any(k[0] == SCORE for k in cells)]
            yield self._sheet([part], columns, tuple(self._down(part, key) for key in scored))

    def _down(self, part: _TableOfGroup, key: LineKey) -> Block:
        cells = part.lines[key]
        rows: list[list[object]] = []
        for category in (*([""] if part.has_total else []), *part.categories):
            score, satisfied = (cells.get((name, "", category)) for name in (SCORE, SATISFIED))
            called = self._names.category(part.block, part.by, category) if category else ""
            rows.append(
                [
                    called or phrase("tables.total", self._language), part.categories.get(category, ""),
                    self._cell(score, "n"), self._cell(score, "estimate"), self._cell(score, "interval") or "",
                    self._cell(satisfied, "estimate"), self._cell(score, "exceeds") or "",
                ]
            )  # fmt: skip
        band = Line((LinePart(self._titled([part], key), "band"),))
        return (band, Body(tuple([row[k] for row in rows] for k in range(len(rows[0])))))


@dataclass(frozen=True, eq=False)
class _SheetRow:
    """A row of a banner: a head and a cell for each column; ``whole``: its numbers are counts."""

    cells: list[object]
    whole: bool = False
    strong: bool = False


def _renamed(sheet: BookSheet, name: str) -> BookSheet:
    return replace(sheet, sheet=replace(sheet.sheet, name=name))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame by the names of its columns."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
