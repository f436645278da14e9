"""The plan of a round as a workbook, as an institute sends it out: sums, units of each block, why, and the form codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from surveys.definitions.study.records import StudyDefinition
from surveys.handover.table_book import BookSheet, lines_above, sheet_names, table_book
from surveys.handover.words import label_of, unit_name, words_of
from surveys.handover.workbook_layout import TEXT, WHOLE, Body, SheetColumn, WorkbookSheet
from surveys.problems import Language, numbers_shown, phrase
from surveys.sampling.plan.cells import CellForms
from surveys.sampling.plan.round_plan import RoundPlan
from surveys.vocabulary.remarks import Remarks, in_words

Number = float | None


class _Book:
    """The sheets of one plan."""

    def __init__(self, study: StudyDefinition, made: RoundPlan) -> None:
        self.study, self.made, self.language = study, made, study.output.language
        instrument = study.instrument
        self.blocks = words_of("block", instrument, self.language)
        self.groups = words_of("group", instrument, self.language)
        self.forms = words_of("questionnaire", instrument, self.language)
        self.units = {(u.block, u.code): unit_name(u, self.language) for u in study.units}

    def said(self, name: str, **params: object) -> str:
        return phrase(f"plan.book.{name}", self.language, **params)

    def unit(self, cell: CellForms) -> str:
        return self.units.get((cell.cell.block, cell.cell.unit), "") or self.said("whole_block")

    def columns(self, **styles: str) -> tuple[SheetColumn, ...]:
        return tuple(SheetColumn(self.said(name), style) for name, style in styles.items())

    def sheet(
        self, name: str, columns: Sequence[SheetColumn], body: Body, about: str = "", **said: object
    ) -> BookSheet:
        """A table with its title and what is said about it."""
        title = phrase(f"plan.heading.{name}", self.language, **said)
        above = lines_above(title, [phrase(f"plan.about.{about or name}", self.language, **said)])
        tab = phrase(f"plan.tab.{name}", self.language, **said)
        sheet = WorkbookSheet(tab, tuple(columns), above, ((body,),), filtered=not body.strong)
        rows = len(body) - len(body.strong)
        return BookSheet(title, sheet, rows)


def plan_workbook(study: StudyDefinition, made: RoundPlan, issued: pd.DataFrame) -> bytes:
    """The workbook of a plan, in the language of the official files."""
    book = _Book(study, made)
    found = [_sums(book)]
    by_block = groupby(made.cells, key=lambda cell: cell.cell.block)
    found += [_of_block(book, block, tuple(cells)) for block, cells in by_block]
    found += [_reasons(book), _codes(book, issued)]
    if len(made.drawn.drawn):
        found.append(_drawn(book))
    names = sheet_names(each.sheet.name for each in found)
    sheets = [BookSheet(s.title, _renamed(s.sheet, n), s.rows) for s, n in zip(found, names, strict=True)]
    return table_book(book.said("title"), label_of(study, book.language), sheets, book.language)


def _renamed(sheet: WorkbookSheet, name: str) -> WorkbookSheet:
    return WorkbookSheet(name, sheet.columns, sheet.above, sheet.blocks, sheet.filtered, sheet.frozen)


def _sums(book: _Book) -> BookSheet:
    """Each questionnaire with its units, population and forms; sums of blocks and of all."""
    cells, rows, strong = book.made.cells, list[tuple[object, ...]](), set[int]()
    for block, of_block in groupby(cells, key=lambda cell: cell.cell.block):
        mine = tuple(of_block)
        for code, same in groupby(mine, key=lambda cell: cell.cell.questionnaire):
            of = tuple(same)
            group = book.groups[of[0].cell.group]
            rows.append((book.blocks[block], group, book.forms[code], *_numbers(of), _shared_words(book, of)))
        strong.add(len(rows))
        rows.append((book.blocks[block], book.said("sum"), "", *_numbers(mine), ""))
    if len(strong) > 1:
        strong.add(len(rows))
        rows.append((book.said("total"), "", "", *_numbers(cells), ""))
    columns = book.columns(
        block=TEXT, group=TEXT, questionnaire=TEXT, units=WHOLE, population=WHOLE, forms=WHOLE, issued=WHOLE, why=TEXT
    )  # fmt: skip
    return book.sheet("sums", columns, _body(rows, strong))


def _numbers(cells: Sequence[CellForms]) -> tuple[Number, Number, Number, Number]:
    """Units (of forms on one unit), population, valid forms and issued forms."""
    units = len({cell.cell.unit for cell in cells if cell.cell.unit})
    people = float(sum(cell.cell.population for cell in cells))
    known = people if np.isfinite(people) else None
    return (
        float(units) or None,
        known,
        float(sum(c.forms for c in cells)),
        float(sum(c.issued for c in cells)),
    )


def _shared_words(book: _Book, cells: Sequence[CellForms]) -> str:
    """What is said of every cell."""
    first, *others = (cell.remarks for cell in cells)
    return _words(tuple(said for said in first if all(said in other for other in others)), book.language)


def _words(remarks: Remarks, language: Language) -> str:
    """Remarks with numbers as the language writes them."""
    return numbers_shown(in_words(remarks, language), language)


def _of_block(book: _Book, block: str, cells: Sequence[CellForms]) -> BookSheet:
    """The units of a block, with the forms of each group beside each other."""
    forms = list(dict.fromkeys(cell.cell.questionnaire for cell in cells))
    matrix = {q.code for q in book.study.instrument.questionnaires if q.matrix}
    units = list(dict.fromkeys(cell.cell.unit for cell in cells))
    place = {u.code: k for k, u in enumerate(book.study.units) if u.block == block}
    units.sort(key=lambda unit: place.get(unit, -1))
    at = {(cell.cell.unit, cell.cell.questionnaire): cell for cell in cells}
    rows = [
        (
            float(k) if unit else None,
            book.units.get((block, unit), "") or book.said("whole_block"),
            *_side_by_side(at, unit, forms),
        )
        for k, unit in enumerate(units, 0 if "" in units else 1)
    ]  # fmt: skip
    sums: list[Number] = [None] * (2 * len(forms) + 2)
    for row in rows:
        for k, value in enumerate(row[2:]):
            if isinstance(value, float):
                sums[k] = (sums[k] or 0.0) + value
    rows.append((None, book.said("sum"), *sums))
    group_of = {cell.cell.questionnaire: cell.cell.group for cell in cells}
    groups = [
        book.groups[group_of[form]] + (f" {book.said('rates_all')}" if form in matrix else "")
        for form in forms
    ]
    pairs = [
        SheetColumn(book.said(name), WHOLE, over)
        for over in (*groups, book.said("all_groups"))
        for name in ("forms", "issued")
    ]
    columns = (SheetColumn(book.said("number"), WHOLE), SheetColumn(book.said("unit")), *pairs)
    return book.sheet(
        "block",
        columns,
        _body(rows, {len(rows) - 1}),
        "" if "" in units else "sums",
        block=book.blocks[block],
    )


def _side_by_side(at: dict[tuple[str, str], CellForms], unit: str, forms: Sequence[str]) -> Iterator[Number]:
    """Valid and issued forms of each questionnaire about a unit, and of all."""
    here = [at.get((unit, form)) for form in forms]
    for cell in here:
        yield float(cell.forms) if cell else None
        yield float(cell.issued) if cell else None
    yield float(sum(cell.forms for cell in here if cell))
    yield float(sum(cell.issued for cell in here if cell))


def _reasons(book: _Book) -> BookSheet:
    """Every cell with its numbers, what they reach and why they are so."""
    rows = [
        (
            book.blocks[cell.cell.block], book.groups[cell.cell.group], book.unit(cell),
            cell.cell.population if np.isfinite(cell.cell.population) else None,
            float(cell.forms), float(cell.issued), 100 * cell.margin if np.isfinite(cell.margin) else None,
            _words(cell.remarks, book.language),
        )
        for cell in book.made.cells
    ]  # fmt: skip
    columns = book.columns(
        block=TEXT, group=TEXT, unit=TEXT, population=WHOLE, forms=WHOLE, issued=WHOLE, margin="decimals-1", why=TEXT
    )  # fmt: skip
    return book.sheet("reasons", columns, _body(rows))


def _codes(book: _Book, issued: pd.DataFrame) -> BookSheet:
    """First and last code of each cell."""
    block = {q.code: q.block for q in book.study.instrument.questionnaires}
    found = issued.groupby(["questionnaire", "unit"], sort=False)["form_code"].agg(["first", "last", "size"])
    rows = [
        (
            book.forms[form], book.units.get((block[form], unit), "") or book.said("whole_block"),
            float(size), first, last,
        )
        for (form, unit), first, last, size in found.itertuples(name=None)
    ]  # fmt: skip
    columns = book.columns(questionnaire=TEXT, unit=TEXT, issued=WHOLE, first=TEXT, last=TEXT)
    return book.sheet("codes", columns, _body(rows))


def _drawn(book: _Book) -> BookSheet:
    """How many elements were drawn in each cluster, with their replacements and weights; no element by itself."""
    keys = ["block", "group", "unit", "stratum", "place"]
    drawn, spare = book.made.drawn.drawn, book.made.drawn.replacements
    number = spare.groupby(keys, sort=False).size() if len(spare) else pd.Series(dtype=float)
    rows = [
        (
            book.groups[key[1]], book.units[key[0], key[2]], key[3], key[4], float(len(of)),
            float(number.get(key, 0.0)), float(of["weight"].min()), float(of["weight"].max()),
        )
        for key, of in ((tuple(map(str, k)), of) for k, of in drawn.groupby(keys, sort=False))
    ]  # fmt: skip
    columns = book.columns(
        group=TEXT, unit=TEXT, stratum=TEXT, place=TEXT, elements=WHOLE, replacements=WHOLE,
        lowest_weight="decimals-2", highest_weight="decimals-2",
    )  # fmt: skip
    return book.sheet("drawn", columns, _body(rows))


def _body(rows: Sequence[tuple[object, ...]], strong: Iterable[int] = ()) -> Body:
    return Body(tuple(zip(*rows, strict=True)) if rows else (), strong=frozenset(strong))
