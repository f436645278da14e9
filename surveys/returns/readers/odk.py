"""ODK Central: one CSV, or a ZIP of them with one for each repeated group; headings are ``group-question``, times are in UTC.

Forms that a reviewer of Central rejected are read like all others and noted: whether they count is for the rules and decisions
of the study to say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from surveys.problems import Problem
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.form_table import FormTable, first_headings, plain_table
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers import xlsform

PRODUCT = xlsform.Product(
    separator="-",
    roles={
        "start": "started",
        "end": "ended",
        "SubmissionDate": "submitted",
        "SubmitterName": "interviewer",
        "KEY": "response",
    },
    key="KEY",
    parent="PARENT_KEY",
    own=frozenset(
        {
            "today", "username", "deviceid", "phonenumber", "meta-instanceID", "meta-instanceName", "SubmitterID",
            "AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits", "FormVersion",
            "meta-audit", "audit",
        }
    ),
)  # fmt: skip


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """90 when a sheet has Central's key and its date of submission; otherwise 0."""
    return 90 if any({"KEY", "SubmissionDate"} <= set(first_headings([sheet])) for sheet in sheets) else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """The main sheet, or its repeated groups joined to it."""
    main = [sheet for sheet in sheets if recognise([sheet], vocabulary)]
    others = [sheet for sheet in sheets if not recognise([sheet], vocabulary)]
    tables = xlsform.read([*main, *others], vocabulary, PRODUCT)
    notes = tuple(note for sheet in main for note in _rejected(sheet))
    return [dataclasses.replace(tables[0], notes=notes), *tables[1:]] if tables else []


def _rejected(sheet: Sheet) -> tuple[Problem, ...]:
    table = plain_table(sheet)
    state = table.named("ReviewState")
    rows = table.row_numbers[state.each(str) == "rejected"].tolist() if state else []
    shown = {"forms": len(rows), "rows": ", ".join(map(str, rows[:20]))}
    return sheet.warning_of_rows("returns.rejected_elsewhere", rows, "ReviewState", **shown)
