"""The general facts of a survey: what a workbook says, under what was answered beside it."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.definitions.csv_tables import Row
from surveys.fieldwork.new_edition.filled_sheets import OfficeRows, given_rows
from surveys.fieldwork.new_edition.named_entries import day
from surveys.fieldwork.new_edition.office_sheets import GENERAL, SHEET
from surveys.problems import Problems
from surveys.vocabulary.folding import repair


def with_facts(rows: OfficeRows, facts: Mapping[str, str], problems: Problems) -> OfficeRows:
    """The rows with the facts that were answered in place of those of the workbook.

    >>> rows = with_facts({}, {"name": "Khảo sát"}, Problems())
    >>> rows["general"][0]["name"], rows["general"][0]["start"]
    ('Khảo sát', '')
    """
    own = next(iter(rows.get(GENERAL, ())), None)
    given = {key: repair(text)[0] for key, text in facts.items() if text}
    if own is None:
        return {**rows, **given_rows({GENERAL: [given]}, problems)} if given else rows
    return {**rows, GENERAL: [Row(own.place, {**own.cells, **given})]}


def facts_of(general: Row) -> dict[str, str]:
    """The facts as a study holds them, days as ISO texts; a beginning that is after its end is noted."""
    days = {column.key for column in SHEET[GENERAL].columns if column.kind == "day"}
    found = {key: day(general, key) if key in days else text for key, text in general.cells.items()}
    for first, last in (("start", "end"), ("period_start", "period_end")):
        if found[first] and found[last] and found[first] > found[last]:
            general.place.note("record.order", last, low=general[first], high=general[last])
    return found
