"""Every number of a report is that of the package, and stands in the document as people read it."""

from __future__ import annotations

import pytest

from tests.surveys.reports.analysis_report.conftest import Report
from tests.surveys.reports.analysis_report.printed_cells import in_percent, people_read
from tests.surveys.reports.analysis_report.worked_out import derived

SMALL = [
    ("small", True), ("small", False), ("tied", False), ("one", False), ("incomplete", False), ("lonely", False),
    ("renormalised", False), ("named", False), ("first-survey", False),
]  # fmt: skip
LARGE = [("sipas", True), ("papi", True), ("ha-noi", True)]
CASES = [
    pytest.param(
        key, language, beside, marks=[pytest.mark.long] if (key, beside) in LARGE or language == "en" else ()
    )
    for language in ("vi", "en")
    for key, beside in SMALL + LARGE
]


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_tagged_numbers_are_those_of_the_list(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    """The runs of the document in order, each as its number is read in the language."""
    report = reported(key, language, beside)
    listed, shown = report.numbers, report.word.quoted
    assert len(listed) == len(shown) > 50
    assert [row["position"] for row in listed] == [str(k) for k in range(1, len(listed) + 1)]
    wrong = [
        (row, text)
        for row, text in zip(listed, shown, strict=True)
        if text not in people_read(row["quoted"], language)
    ]
    assert not wrong[:5]


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_numbers_from_tables_are_those_of_the_package(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    report = reported(key, language, beside)
    wrong = []
    for row in report.numbers:
        table, at, column = row["from_table"], row["from_key"], row["from_column"]
        if table in ("report", "run"):
            continue
        text = report.cells.text(table, at, column.removesuffix("%"))
        if column.endswith("%"):
            text = in_percent(text, len(row["quoted"].partition(".")[2]))
        if text != row["quoted"]:
            wrong.append((row, text))
    assert not wrong[:5]


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_numbers_worked_out_are_so_from_the_package(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    """Means, sums, shares, differences and counts, a second time; the kinds that are not are few and known."""
    report = reported(key, language, beside)
    wrong, kinds = [], set()
    for row in report.numbers:
        if row["from_table"] == "report":
            again = derived(report.cells, row["from_key"], row["from_column"], row["quoted"])
            if again is None:
                kinds.add(" ".join(row["from_key"].split(" | ")[:2]))
            elif again != row["quoted"]:
                wrong.append((row["section"], row["from_key"], row["from_column"], row["quoted"], again))
    assert not wrong[:10]
    print(kinds)
