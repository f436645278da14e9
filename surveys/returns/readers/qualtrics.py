"""Qualtrics (CSV, TSV, XLSX): names, question texts and import ids in three heading rows, or the first two of them (workbooks,
and the legacy export).

A text is ``Question``, ``Question - Row`` for a grid, ``Question - Selected Choice - Option`` for one option. Times are in the
zone that the import ids give.

Source: the pages "Understanding your data set" and "Exporting response data" of the Qualtrics support site.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

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
from surveys.returns.headings.product_columns import is_display_order, questions_and_roles
from surveys.returns.headings.questions import Vocabulary
from surveys.returns.headings.tool_states import said_by_tool
from surveys.returns.text.cell_text import repaired
from surveys.vocabulary.folding import fold_name

OWN: Mapping[str, str] = {
    "responseid": "response", "response id": "response", "startdate": "started", "start date": "started",
    "enddate": "submitted", "end date": "submitted", "recordeddate": "submitted", "recorded date": "submitted",
    "duration in seconds": "seconds", "status": "", "response type": "", "ipaddress": "", "ip address": "",
    "progress": "", "finished": "", "recipientlastname": "", "recipient last name": "", "recipientfirstname": "",
    "recipient first name": "", "recipientemail": "", "recipient email": "", "externalreference": "",
    "external data reference": "", "externaldatareference": "", "locationlatitude": "", "location latitude": "",
    "locationlongitude": "", "location longitude": "", "distributionchannel": "", "distribution channel": "",
    "userlanguage": "", "user language": "", "responseset": "", "name": "", "emailaddress": "",
    "q recaptchascore": "", "q terminateflag": "", "q ballotboxstuffing": "", "q relevantidduplicate": "",
}  # fmt: skip
_IMPORT_ID = '{"ImportId"'
_NAMES = frozenset(
    {"startdate", "enddate", "recordeddate", "responseid", "ipaddress", "responseset", "v1", "v2", "v3"}
)
_TEXTS = frozenset(
    {
        "start date",
        "end date",
        "recorded date",
        "response id",
        "responseid",
        "ip address",
        "ipaddress",
        "responseset",
    }
)
_SELECTED = " - Selected Choice"
_MOST_PARTS = 30  # of a text, between dashes; no question has more, and every way of parting it is tried


def recognise(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> int:
    """100 with a row of import ids, 90 with names and texts of the product's own columns above each other, otherwise 0."""
    return max((_sureness(sheet) for sheet in sheets), default=0)


def read(sheets: Sequence[Sheet], vocabulary: Vocabulary) -> list[FormTable]:
    """One table for each sheet with heading rows of this product."""
    known = [sheet for sheet in sheets if _sureness(sheet)] or [s for s in sheets if s.cells.shape[0] > 1]
    return [_table(sheet, vocabulary) for sheet in known]


def _sureness(sheet: Sheet) -> int:
    if sheet.variables or sheet.cells.shape[0] < 2:
        return 0
    if _has_ids(sheet):
        return 100
    names, texts = ({fold_name(text) for text in heading_texts(sheet, row)} for row in (0, 1))
    return 90 if len(names & _NAMES) > 1 and len(texts & _TEXTS) > 1 else 0


def _has_ids(sheet: Sheet) -> bool:
    return len(sheet.cells) > 2 and any(text.startswith(_IMPORT_ID) for text in heading_texts(sheet, 2))


def _table(sheet: Sheet, vocabulary: Vocabulary) -> FormTable:
    depth = 3 if _has_ids(sheet) else 2
    rows = body_rows(sheet, depth)
    names, texts = heading_texts(sheet, 0), repaired(heading_texts(sheet, 1))
    ids = heading_texts(sheet, 2) if depth == 3 else [""] * len(names)
    zones = [_zone(text) for text in ids]
    named = zip(columns_of(sheet, names, rows), names, texts, zones, ids, strict=True)
    columns = [
        _column(column, name, text, zone, vocabulary)
        for column, name, text, zone, import_id in named
        if not is_display_order(name, import_id)
    ]
    asked, roles = questions_and_roles(columns, vocabulary, OWN, _option)
    said = said_by_tool(columns, "qualtrics")
    return dataclasses.replace(table_of(sheet, asked, rows), roles=roles, said=said)


def _column(column: Column, name: str, text: str, zone: str, vocabulary: Vocabulary) -> Column:
    """A column under its question's text; the product's own columns keep their names."""
    if fold_name(name) in OWN or fold_name(text) in OWN:
        heading = name if fold_name(name) in OWN else text
        return dataclasses.replace(column, heading=heading, zone=zone)
    asked = text.replace(_SELECTED, "")
    plain = dataclasses.replace(column, heading=asked or name, names=(name,), text=asked)
    for question, part in _splits(plain.heading):
        grid = dataclasses.replace(plain, heading=f"{question} [{part}]", question=question, part=part)
        named = vocabulary.targets(dataclasses.replace(grid, names=()))
        if fold_name(question) in vocabulary.multiple or (named and not vocabulary.targets(plain)):
            return grid
    return plain


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Every way of parting a text at `` - ``: questions and rows may hold it themselves."""
    parts = text.split(" - ")
    for k in range(1, len(parts)) if len(parts) <= _MOST_PARTS else ():
        yield " - ".join(parts[:k]).strip(), " - ".join(parts[k:]).strip()


def _zone(text: str) -> str:
    """The time zone of an import id; empty when it gives none that exists."""
    try:
        zone = str(json.loads(text).get("timeZone", ""))
        return ZoneInfo("UTC" if zone == "Z" else zone).key if zone else ""
    except (ValueError, OSError, AttributeError, RecursionError, LookupError):
        return ""


def _option(text: str, _part: str) -> str:
    """A cell repeats the option, or says 1; 0 and −99 stand for a box that was shown and left empty."""
    return EMPTY_BOX if text in ("0", "-99") else TICKED
