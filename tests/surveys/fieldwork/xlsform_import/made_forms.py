"""XLSForms of tests, written as tables of text, and pyxform as the witness that others accept them."""

from __future__ import annotations

import numpy as np
from pyxform.xls2xform import convert

from surveys.definitions.instrument.records import Field, Instrument
from surveys.fieldwork.xlsform_import.importing import imported
from surveys.problems import Problems
from surveys.returns.files.opening import from_rows
from surveys.returns.files.sheets import Sheet

#: (code, sheet, row, column) of everything told.
Told = set[tuple[str, str, int | None, str]]
SCALE = """
list_name | name | label
h | 1 | Không hài lòng
h | 2 | Bình thường
h | 3 | Hài lòng
yn | 1 | Có
yn | 0 | Không
dv | a | Sở Nội vụ
dv | b | Sở Tư pháp
"""


def table(text: str) -> list[list[str]]:
    """Lines with ``|`` between cells; the first line is the heading row, and row 1 of the sheet."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]


def sheets(**tables: str) -> list[Sheet]:
    """The sheets of a form by their names."""
    found = []
    for name, text in tables.items():
        rows = table(text)
        cells: np.ndarray = from_rows(rows, max(map(len, rows)))
        found.append(Sheet("f.xlsx", name, "xlsx", cells))
    return found


def read(
    survey: str, choices: str = SCALE, unit: str = "", **others: str
) -> tuple[Instrument | None, Problems]:
    """A form as an instrument, and everything told of it."""
    problems = Problems()
    made = imported(sheets(survey=survey, choices=choices, **others), "thu/1", problems, unit)
    return made, problems


def taken(survey: str, choices: str = SCALE, unit: str = "", **others: str) -> Instrument:
    """The instrument of a form without faults that pyxform accepts."""
    made, problems = read(survey, choices, unit, **others)
    assert not problems.errors
    assert made is not None
    accepted(survey, choices, **others)
    return made


def from_questions(made: Instrument) -> tuple[Field, ...]:
    """The fields that questions of the form became: without the unit of a form that does not ask for it."""
    return tuple(field for field in made.fields if field.headers[0] != "Đơn vị được đánh giá")


def accepted(survey: str, choices: str = SCALE, **others: str) -> None:
    """Let pyxform convert the form; it raises where it does not accept it."""
    convert(xlsform=markdown(survey=survey, choices=choices, **others), file_type=".md", validate=False)


def markdown(**tables: str) -> str:
    """A form as the text that pyxform reads."""
    lines = []
    for name, text in tables.items():
        lines.append(f"| {name} |")
        lines += [f"| | {' | '.join(row)} |" for row in table(text) if any(row)]
    return "\n".join(lines)


def told(problems: Problems) -> Told:
    """What was told, without the part of its code that all have in common."""
    return {(p.code.removeprefix("xlsform_import."), p.sheet, p.row, p.column) for p in problems}
