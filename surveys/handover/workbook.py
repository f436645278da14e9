"""The council's workbook, as an office would make it: a summary to be signed, tables, how they were made, by what it is known.

Its sheets hold the rounded numbers of the CSV files beside it. All that it says comes from files delivered with it (tables,
``run.json``) and from the words of codes, so that whoever has these can make it again and compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from surveys.handover.fingerprint import fingerprint_of
from surveys.handover.official_columns import (
    COUNCIL_FORMS,
    COUNCIL_GROUPS,
    COUNCIL_SCORES,
    COUNCIL_UNITS,
    REJECTED_FORMS,
    OfficialTable,
)
from surveys.handover.result_frames import Texts
from surveys.handover.workbook_facts import WorkbookFacts
from surveys.handover.workbook_layout import WorkbookSheet
from surveys.handover.workbook_method import identity_sheet, method_sheet
from surveys.handover.workbook_sheets import ShownTable, forms_sheet, rejected_sheet, table_sheet
from surveys.handover.workbook_summary import summary_sheet, unscored_sheet
from surveys.handover.workbook_writing import PAGE, PAGES, Footer, written
from surveys.problems import phrase
from surveys.vocabulary.levels import TOTAL

#: Groups of the fingerprint that stand below every page.
_GROUPS = 4


def workbook_bytes(
    facts: WorkbookFacts, tables: Mapping[OfficialTable, Texts], digests: Mapping[str, str]
) -> bytes:
    """The workbook as XLSX bytes, in the language of the official files.

    ``tables``: the council's tables as printed; ``digests``: path → SHA-256 of the CSV and JSON files beside the workbook, which
    the identity sheet shows with the fingerprint that they make.
    """
    language = facts.output.language
    known = " ".join(fingerprint_of(digests).split()[:_GROUPS])
    below = Footer(
        facts.identity["study"],
        phrase("handover.workbook.page", language, page=PAGE, pages=PAGES),
        phrase("handover.workbook.known", language, fingerprint=known),
    )
    about = {"title": facts.identity["label"], "author": facts.identity["publisher"]}
    return written(workbook_sheets(facts, tables, digests), language, below, **about)


def workbook_sheets(
    facts: WorkbookFacts, tables: Mapping[OfficialTable, Texts], digests: Mapping[str, str]
) -> tuple[WorkbookSheet, ...]:
    """The sheets of the workbook in their order."""
    shown = {table.name: ShownTable(table, texts, facts) for table, texts in tables.items()}
    scores, units = shown[COUNCIL_SCORES.name], shown[COUNCIL_UNITS.name]
    columns = frozenset(name for texts in tables.values() for name in texts) if len(units) else frozenset()
    results = (table_sheet(scores), table_sheet(shown[COUNCIL_GROUPS.name])) if len(units) else ()
    return (
        summary_sheet(units, scores) if len(units) else unscored_sheet(facts),
        *results,
        forms_sheet(shown[COUNCIL_FORMS.name]),
        rejected_sheet(shown[REJECTED_FORMS.name], units.names()),
        method_sheet(facts, columns, largest_gap(scores.texts, units.texts)),
        identity_sheet(facts, digests),
    )


def largest_gap(scores: Texts, units: Texts) -> str:
    """The most by which printed points of a unit differ from the sum of the printed points of its nodes; empty where they do
    not, and of units whose nodes are not all printed or do not make up its maximum."""
    if "points" not in units:
        return ""
    columns = ("block", "unit_code", "points", "max_points")
    parts, totals = (zip(*(texts[name] for name in columns), strict=True) for texts in (scores, units))
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for measured_by, (block, unit, *printed) in zip(scores["measured_by"], parts, strict=True):
        if measured_by == TOTAL:
            continue
        values = [Decimal(text or "NaN") for text in printed]
        known = sums.setdefault((block, unit), [Decimal(0), Decimal(0)])
        sums[block, unit] = [a + b for a, b in zip(known, values, strict=True)]
    gaps = [
        abs(Decimal(points) - sums[block, unit][0])
        for block, unit, points, most in totals
        if points
        and all(part.is_finite() for part in sums.get((block, unit), [Decimal("NaN")]))
        and sums[block, unit][1] == Decimal(most or "NaN")
    ]
    return str(max((gap for gap in gaps if gap > 0), default=""))
