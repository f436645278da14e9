"""The matrix of a form whose raters judge many units: units are rows, questions are columns, the number of an option is written
into the cell. Twenty or thirty units with thirty questions are five or six pages so; ticking would take a page for each unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

from surveys.fieldwork.forms.form_content import FormContent, FormOption, FormQuestion
from surveys.fieldwork.forms.printed.skips import condition_notes, numbers_shown
from surveys.fieldwork.forms.printed.typesetting import plain
from surveys.problems import Language, phrase

#: Units that are judged on pages of their own, with boxes to tick, when they are so many at most.
_PAGES_OF_UNITS = 3
#: Columns that stand beside each other, letters of a question that stands above its column, and of an option's code.
_COLUMNS, _HEAD_LETTERS, _CODE_LETTERS = 8, 200, 2
#: Letters of a heading above columns for each of them, and of the name of a unit.
_HEADING_LETTERS, _NAME_LETTERS = 90, 300
#: Letters of the longest name → millimetres of the column of names.
_NAMES = ((24, 44), (40, 60), (_NAME_LETTERS, 78))
#: Millimetres of a row, and of one where so many units still stand on one page.
_ROW, _LOW_ROW, _LOW_ROWS = 7.2, 5.7, range(18, 25)


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """A column: a question, or one option of a question with several answers."""

    number: str
    heading: str
    text: str
    question: FormQuestion


def is_matrix_table(form: FormContent) -> bool:
    """Whether units and questions make a table, rather than pages for each unit."""
    return form.matrix and len(form.units) > _PAGES_OF_UNITS


def matrix_parts(form: FormContent) -> Iterator[dict[str, Any]]:
    """The tables of a matrix, each on pages of its own, with as many columns as the others or one less."""
    columns = list(_columns(form))
    notes = condition_notes(form.questions, form.language)
    tables = ceil(len(columns) / _COLUMNS)
    for k in range(tables):
        block = columns[k * len(columns) // tables : (k + 1) * len(columns) // tables]
        yield {"kind": "page"}
        for number in dict.fromkeys(column.question.number for column in block):
            if number in notes:
                yield {"kind": "note", "text": plain(notes[number])}
        yield _table(block, form)


def _columns(form: FormContent) -> Iterator[MatrixColumn]:
    for section in form.sections:
        heading = section.above or section.title
        for grid in section.grids:
            for question in grid.questions:
                text = plain(question.text)
                if not question.several:
                    yield MatrixColumn(str(question.number), heading, text, question)
                    continue
                for k, option in enumerate(question.options, 1):
                    label = plain(option.label or option.code)
                    yield MatrixColumn(f"{question.number}.{k}", heading, f"{text}: {label}", question)


def _table(block: Sequence[MatrixColumn], form: FormContent) -> dict[str, Any]:
    spans = [
        {"title": _cut(title, count * _HEADING_LETTERS), "count": count}
        for title, same in groupby(block, key=lambda column: column.heading)
        for count in [sum(1 for _ in same)]
    ]
    units = [_cut(unit.name, _NAME_LETTERS) for unit in form.units]
    longest = max(len(unit.name) for unit in form.units)
    return {
        "kind": "matrix",
        "legends": list(_legends(block, form.language)),
        "columns": [{"number": column.number, "text": column.text} for column in block],
        "texts-above": max(len(column.text) for column in block) > _HEAD_LETTERS,
        "spans": spans,
        "units": units,
        "name-width": next(width for most, width in _NAMES if min(longest, _NAME_LETTERS) <= most),
        "height": _LOW_ROW if len(form.units) in _LOW_ROWS else _ROW,
    }


def _cut(text: str, most: int) -> str:
    return plain(text if len(text) <= most else f"{text[:most]}…")


def _legends(block: Sequence[MatrixColumn], language: Language) -> Iterator[dict[str, Any]]:
    """For the columns with the same options: what the numbers to be written mean."""
    asked: dict[tuple[FormOption, ...], list[FormQuestion]] = {}
    for column in block:
        options = () if column.question.several else column.question.options
        if column.question not in asked.setdefault(options, []):
            asked[options].append(column.question)
    for options, questions in asked.items():
        shown = numbers_shown(sorted(question.number for question in questions))
        yield {
            "questions": phrase(
                "print.questions" if options else "print.cross_questions", language, numbers=shown
            ),
            "options": [{"code": code, "label": label} for code, label in numbered_options(options)],
        }


def numbered_options(options: Sequence[FormOption]) -> list[tuple[str, str]]:
    """(what is written, what it means): the codes, or running numbers where a code is too long to be written into a cell.

    >>> yes, no = FormOption("1", "Có", "level"), FormOption("none", "Không", "level")
    >>> numbered_options([yes, no]), numbered_options([yes])
    ([('1', 'Có'), ('2', 'Không')], [('1', 'Có')])
    """
    codes = [plain(option.code) for option in options]
    if max(map(len, codes), default=0) > _CODE_LETTERS:
        codes = [str(k) for k in range(1, len(codes) + 1)]
    return [(code, plain(option.label or option.code)) for code, option in zip(codes, options, strict=True)]
