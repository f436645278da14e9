"""KoboToolbox: CSV with ``;`` and quotes, or a workbook whose answers are texts, with XML names or labels as headings.

``_submission_time`` is in UTC; ``start`` and ``end`` carry the offset of the device.
"""

from __future__ import annotations

from collections.abc import Sequence

from surveys.returns.files.sheets import Sheet
from surveys.returns.headings.form_table import FormTable, first_headings
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.readers import xlsform

PRODUCT = xlsform.Product(
    name="kobo",
    separator="/",
    roles={
        "start": "started",
        "end": "ended",
        "_submission_time": "submitted",
        "_submitted_by": "interviewer",
    },
    key="_index",
    parent="_parent_index",
    names=("meta/rootUuid", "rootUuid", "meta/deprecatedID", "deprecatedID", "_uuid", "meta/instanceID", "instanceID", "_id"),
    former=("meta/deprecatedID", "deprecatedID"),
    own=frozenset(
        {
            "today", "username", "deviceid", "subscriberid", "simserial", "simid", "phonenumber", "phone number", "audit",
            "_id", "_uuid", "_validation_status", "_notes", "_status", "__version__", "_tags", "_geolocation", "meta/rootUuid",
            "_parent_table_name", "_submission__id", "_submission__uuid", "_submission__submission_time",
            "_submission__validation_status", "_submission__notes", "_submission__status", "_submission__submitted_by",
            "_submission___version__", "_submission__tags", "meta/instanceID", "meta/deprecatedID", "formhub/uuid",
            "rootUuid", "deprecatedID", "instanceID", "meta/instanceName", "instanceName",
        }
    ),
)  # fmt: skip


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """90 when the first sheet ends with Kobo's own columns; otherwise 0."""
    headings = set(first_headings(sheets))
    return 90 if {"_submission_time", "_uuid"} <= headings or {"_id", "_uuid", "_index"} <= headings else 0


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """The main sheet, or its repeated groups joined to it."""
    return xlsform.read(sheets, vocabulary, PRODUCT)
