"""SurveyMonkey, "all individual responses" (CSV, XLSX): questions in the first row, rows of grids and options in the second.

A question stands once above all of its columns. Where each option has a column of its own, a cell repeats the option.
Dates are month first.

Source: the export help of SurveyMonkey (columns "Respondent ID" … "Custom Data"; second row "Response", "Open-Ended
Response" or the option).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from surveys.returns.answers.option_answers import EMPTY_BOX, TICKED
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import (
    FormTable,
    body_rows,
    columns_of,
    heading_texts,
    table_of,
)
from surveys.returns.headings.product_columns import questions_and_roles
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.tool_states import said_by_tool
from surveys.returns.text.cell_text import repaired
from surveys.vocabulary.folding import fold, fold_name

OWN: Mapping[str, str] = {
    "respondent id": "response", "respondentid": "response", "collector id": "", "collectorid": "",
    "date created": "started", "startdate": "started", "date modified": "submitted", "enddate": "submitted",
    "ip address": "", "email address": "", "first name": "", "firstname": "", "last name": "", "lastname": "",
    "custom data 1": "", "custom data": "", "customdata": "", "custom 1": "", "response status": "", "completion status": "",
    "status": "", "response quality": "", "collector status": "",
}  # fmt: skip
_SIGNATURE = (frozenset({"respondent id", "respondentid"}), frozenset({"collector id", "collectorid"}))
_ANSWERS = frozenset({"response", "open-ended response"})
_NO_PART = frozenset({"", *_ANSWERS})


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """95 when the first row names respondent and collector and the second row does not, 75 when the second row calls columns
    below questions answers, otherwise 0."""
    return max(map(_sureness, sheets), default=0)


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """One table for each sheet with two heading rows."""
    return [_table(sheet, vocabulary) for sheet in sheets if sheet.cells.shape[0] > 1]


def _sureness(sheet: Sheet) -> int:
    if sheet.cells.shape[0] < 2 or sheet.variables:
        return 0
    questions, parts = heading_texts(sheet, 0), heading_texts(sheet, 1)
    first, second = set(map(fold_name, questions)), set(map(fold_name, parts))
    if all(first & names and not second & names for names in _SIGNATURE):
        return 95
    called = [
        fold(part) in _ANSWERS for question, part in zip(questions, parts, strict=True) if question.strip()
    ]
    return 75 if sum(called) > 1 else 0


def _table(sheet: Sheet, vocabulary: Vocabulary) -> FormTable:
    rows = body_rows(sheet, 2)
    questions, parts = _headings(sheet)
    columns = [
        _column(column, question, part, vocabulary)
        for column, question, part in zip(columns_of(sheet, questions, rows), questions, parts, strict=True)
    ]
    kept, roles = questions_and_roles(columns, vocabulary, OWN, _option)
    said = said_by_tool([column for column in columns if not column.part], "surveymonkey")
    return dataclasses.replace(table_of(sheet, kept, rows), roles=roles, said=said)


def _headings(sheet: Sheet) -> tuple[list[str], list[str]]:
    """Question and part of every column; a question goes on over the columns without one whose part is written."""
    texts = repaired([*heading_texts(sheet, 0), *heading_texts(sheet, 1)])
    questions, parts = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    for j in range(1, len(questions)):
        questions[j] = questions[j] or (questions[j - 1] if parts[j] else "")
    return questions, parts


def _column(column: Column, question: str, part: str, vocabulary: Vocabulary) -> Column:
    order = "mdy" if OWN.get(fold_name(question)) in ("started", "submitted") else ""
    if fold(part) in _NO_PART:
        return dataclasses.replace(column, order=order)
    named = dataclasses.replace(column, heading=f"{question} [{part}]", question=question, part=part)
    ticked = any(target.kind == "tick" for target in vocabulary.targets(named))
    return named.replaced(lambda _cell: "x") if ticked and _repeats_option(named) else named


def _repeats_option(column: Column) -> bool:
    """Whether all cells repeat the option, or are its number, everywhere the same."""
    texts = column.distinct.texts
    return len(texts) == 1 or all(fold(text) == fold(column.part) for text in texts)


def _option(text: str, _part: str) -> str:
    """A cell repeats the option, or gives its number, or holds what was written beside the options."""
    return EMPTY_BOX if text == "0" else TICKED
