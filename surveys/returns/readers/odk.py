"""ODK Central: one CSV, or a ZIP of them with one for each repeated group; headings are ``group-question``, times are in UTC.

Forms that a reviewer of Central rejected are read like all others and noted: whether they count is for the rules and decisions
of the study to say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from surveys.problems import Problem
from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.columns import Table, heading_texts
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers import native, xlsform
from surveys.returns.text.repair import cell_text

NAME = "odk"
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
    for sheet in sheets:
        if sheet.cells.size and not sheet.variables:
            headings = set(heading_texts(sheet, native.first_filled(sheet)))
            if {"KEY", "SubmissionDate"} <= headings:
                return 90
    return 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[Table]:
    """The main sheet, or its repeated groups joined to it."""
    main = [sheet for sheet in sheets if recognise([sheet], vocabulary)]
    others = [sheet for sheet in sheets if not recognise([sheet], vocabulary)]
    tables = xlsform.read([*main, *others], vocabulary, PRODUCT)
    notes = tuple(note for sheet in main for note in _rejected(native.table(sheet)))
    return [dataclasses.replace(tables[0], notes=notes), *tables[1:]] if tables else []


def _rejected(table: Table) -> list[Problem]:
    state = table.named("ReviewState")
    rejected = (
        [row for row, cell in enumerate(state.objects) if cell_text(cell) == "rejected"] if state else []
    )
    if not rejected:
        return []
    rows = ", ".join(str(table.row_numbers[row]) for row in rejected[:20])
    first = int(table.row_numbers[rejected[0]])
    params = (("forms", str(len(rejected))), ("rows", rows))
    return [
        Problem(
            "returns.rejected_elsewhere", "warning", table.file, table.sheet, first, "ReviewState", params
        )
    ]
