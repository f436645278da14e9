"""Google Forms: the CSV of the form itself, and the workbook or CSV of its sheet of answers.

A heading is the question's text, a row of a grid ``Question [Row]``. The first column is the time of sending, in the language of
the form's owner; columns stand in the order in which questions were created, and questions that were deleted leave theirs behind.
Several answers stand in one cell, between ``;`` in the form's CSV and between ``, `` in its sheet.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable, first_headings, plain_table
from surveys.returns.headings.question_texts import split_part
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.submission_names import declared
from surveys.vocabulary.folding import fold

ENDS_LINES = (
    False  # neither a form nor a sheet writes a line end after the last row (univocity-parsers, issue 530)
)
TIMES = frozenset(map(fold, ("Timestamp", "Dấu thời gian")))
#: Columns that the product adds by itself, besides the time; they identify people and are read only where they are declared.
OWN = frozenset(
    map(
        fold,
        (
            "Username", "Tên người dùng", "Email Address", "Địa chỉ email", "Score", "Total score", "Điểm số", "Tổng điểm",
        ),
    )
)  # fmt: skip


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """80 when the first heading of the first sheet is the time stamp of Google Forms; otherwise 0."""
    return 80 if set(map(fold, first_headings(sheets)[:1])) & TIMES else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """One table for each sheet of answers; sheets a user added beside them do not begin with a time stamp."""
    return [_table(sheet, vocabulary) for sheet in sheets if recognise([sheet], vocabulary)]


def _table(sheet: Sheet, vocabulary: Vocabulary) -> FormTable:
    plain = plain_table(sheet)
    own = [column for column in plain.columns[1:] if fold(column.heading) in OWN]
    asked = [_question(column) for column in plain.columns[1:] if column not in own]
    columns = (*declared(own, asked, vocabulary), *asked)
    return dataclasses.replace(plain, columns=columns, roles={"submitted": plain.columns[0]})


def _question(column: Column) -> Column:
    question, part = split_part(column.heading) or ("", "")
    return dataclasses.replace(column, question=question, part=part)
