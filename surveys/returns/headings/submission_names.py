"""What products call a submission, in tables that no reader of their own reads: exports that were saved again, cut down by hand,
or written by a statistics program."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from surveys.returns.headings.columns import Column, coded
from surveys.returns.headings.form_table import FormTable
from surveys.returns.headings.questions import Vocabulary
from surveys.vocabulary.folding import fold_name

#: Folded headings → what their cells look like when they name submissions. Sources: KoboToolbox, "Exporting data"; ODK Central,
#: "Submissions"; SurveyCTO, "Understanding the format of exported data"; Qualtrics, "Understanding your data set"; SurveyMonkey,
#: "Export formats"; JotForm, "Submission ID".
_NAMES = {
    "meta rootuuid": re.compile(r".+"), "uuid": re.compile(r".+"), "meta instanceid": re.compile(r".+"),
    "instanceid": re.compile(r".+"), "key": re.compile(r"uuid:.+"), "responseid": re.compile(r"R_\w+|\d{8,}"),
    "response id": re.compile(r"R_\w+|\d{8,}"), "respondent id": re.compile(r"\d{8,}"), "respondentid": re.compile(r"\d{8,}"),
    "submission id": re.compile(r"\d{8,}"), "submissionid": re.compile(r"\d{8,}"),
}  # fmt: skip
#: Alchemer numbers the submissions of one survey.
_NUMBERED = {"response id": "number", "time started": "started", "date submitted": "submitted"}


def with_submissions(table: FormTable, vocabulary: Vocabulary) -> FormTable:
    """The table in which a column that names submissions, and is nothing else to the instrument, has that role."""
    if {"response", "number"} & table.roles.keys() or table.stated:
        return table
    free = {
        fold_name(column.heading): column
        for column in reversed(table.columns)
        if not vocabulary.targets(column) and not vocabulary.ignores(column) and not column.empty
    }
    for heading, look in _NAMES.items():
        if heading in free and all(map(look.fullmatch, free[heading].distinct.texts)):
            return _moved(table, {"response": free[heading]})
    if _NUMBERED.keys() <= free.keys():
        return _moved(table, {role: free[heading] for heading, role in _NUMBERED.items()})
    return table


def first_filled(heading: str, columns: Iterable[Column]) -> Column:
    """A column of the first text in each row of several columns; what stands before a name (``uuid:``) is no part of it."""
    texts = [column.each(lambda text: text.removeprefix("uuid:")).tolist() for column in columns]
    return Column(heading, coded([next(filter(None, row), "") for row in zip(*texts, strict=True)]))


def declared(
    own: Iterable[Column], questions: Iterable[Column], vocabulary: Vocabulary
) -> tuple[Column, ...]:
    """The columns that a product adds of its own accord and that the instrument or the study declares, unless a question is the
    same, be it of a unit."""
    asked = {(target.kind, target.code) for column in questions for target in vocabulary.targets(column)}
    return tuple(
        column
        for column in own
        if (found := vocabulary.targets(column)) and asked.isdisjoint((t.kind, t.code) for t in found)
    )


def _moved(table: FormTable, roles: dict[str, Column]) -> FormTable:
    moved = {id(column) for column in roles.values()}
    columns = tuple(column for column in table.columns if id(column) not in moved)
    return replace(table, columns=columns, roles={**roles, **table.roles})
