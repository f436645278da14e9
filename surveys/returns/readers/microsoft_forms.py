"""Microsoft Forms: a workbook with five or six columns of its own before the questions.

Several answers stand in one cell, each followed by ``;``. The rows of a Likert question are headings by themselves, without the
question; a title that repeats an earlier one gets a number glued to it (``When``, ``When2``). Times are local times of the
form's owner.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Column
from surveys.returns.headings.form_table import FormTable, first_headings, plain_table
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.submission_names import declared
from surveys.vocabulary.folding import fold

STARTED = frozenset(map(fold, ("Start time", "Thời gian bắt đầu", "Giờ bắt đầu")))
SUBMITTED = frozenset(map(fold, ("Completion time", "Thời gian hoàn thành", "Giờ hoàn thành")))
EDITED = frozenset(map(fold, ("Last modified time", "Thời gian sửa đổi lần cuối")))
#: Further columns of the product; those that identify people are read only where they are declared.
OWN = frozenset(
    map(
        fold,
        (
            "Email", "Name", "Tên", "Họ tên", "Language", "Ngôn ngữ", "Total points", "Quiz feedback", "Grade posted time",
        ),
    )
)  # fmt: skip
_GLUED = re.compile(r"(.*\D)\d+")


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """85 when the first columns are the number of the answer and its start and completion times; otherwise 0."""
    first = [fold(text) for text in first_headings(sheets[:1])[:3]]
    return 85 if len(first) == 3 and first[0] == "id" and first[1] in STARTED and first[2] in SUBMITTED else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """The table of the first sheet."""
    plain = plain_table(sheets[0])
    number, started, submitted, *rest = plain.columns
    first = next((k for k, column in enumerate(rest) if fold(column.heading) not in OWN | EDITED), len(rest))
    own, asked = rest[:first], [_question(column) for column in rest[first:]]
    roles = {"number": number, "started": started, "submitted": submitted}
    if edited := [column for column in own if fold(column.heading) in EDITED]:
        roles["edited"] = edited[0]
    return [dataclasses.replace(plain, columns=(*declared(own, asked, vocabulary), *asked), roles=roles)]


def _question(column: Column) -> Column:
    glued = _GLUED.fullmatch(column.heading)
    names = (glued[1].rstrip(),) if glued else ()
    return dataclasses.replace(column, names=names, separator=";")
