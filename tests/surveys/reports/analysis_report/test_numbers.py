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
#: Rounds as large as they are surveyed.
LARGE = [("sipas", True), ("papi", True), ("ha-noi", True)]
#: Kinds of numbers that the tests of their sections work out again, or that are counts of what a sentence leaves unnamed.
ELSEWHERE = {
    "count leaves", "count items", "count surveyed", "count fields", "count days", "count BLOCK", "count averaged",
    "count not_told_apart", "count sharing", "count others", "count units", "count rejected", "count rejected-evaluations",
    "count compared", "count changes", "count up", "count down", "count chance", "count unsure", "count rank_open",
    "count nodes_without_change", "count groups_compared", "count groups_tested", "count groups_untested", "count groups_apart",
    "count groups_apart_listed", "count nodes_compared", "count pair_tested", "count pair_first_higher",
    "count pair_second_higher", "count pair_within_noise", "count warnings", "count aimed", "count below_target",
    "count class_unsure", "count tied_ranks", "mean gap-sums", "share field", "share source", "share agency", "share losses",
    "share agreement", "sum days", "sum answers", "inputs run", "units BLOCK", "first agreement", "difference council-groups",
}  # fmt: skip
CASES = [
    pytest.param(
        key, language, beside, marks=() if (key, language) == ("tied", "vi") else (pytest.mark.long,)
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
            elif again != row["quoted"] and (row["quoted"] or "council-groups" not in row["from_key"]):
                # a mean of a group whose questions others were not asked is not told
                wrong.append((row["section"], row["from_key"], row["from_column"], row["quoted"], again))
    assert not wrong[:10]
    blocks = {row["block"] for row in report.cells.rows("council-units")}
    assert {
        " ".join(word if word not in blocks else "BLOCK" for word in kind.split()) for kind in kinds
    } <= ELSEWHERE
