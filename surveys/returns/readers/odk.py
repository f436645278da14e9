"""ODK Central: one CSV, or a ZIP of them with one for each repeated group; headings are ``group-question``, times are in UTC.

SurveyCTO writes the same, without the groups.
"""

from __future__ import annotations

from collections.abc import Sequence

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.form_table import FormTable, first_headings
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers import xlsform

PRODUCT = xlsform.Product(
    name="odk",
    separator="-",
    roles={
        "start": "started",
        "end": "ended",
        "SubmissionDate": "submitted",
        "SubmitterName": "interviewer",
        "KEY": "response",
        "Edits": "edits",
    },
    key="KEY",
    parent="PARENT_KEY",
    own=frozenset(
        {
            "today", "username", "deviceid", "subscriberid", "simserial", "phonenumber",
            "meta-instanceID", "meta-instanceName", "SubmitterID",
            "AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "FormVersion",
            "meta-audit", "audit", "instanceID", "instanceName", "formdef_version", "review_status", "review_quality",
            "review_comments", "review_corrections",
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
    return xlsform.read([*main, *others], vocabulary, PRODUCT)
