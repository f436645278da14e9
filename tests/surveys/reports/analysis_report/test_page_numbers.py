"""Every number of the page that says where it stands is that of the package, and shown as people read it."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from tests.surveys.reports.analysis_report.conftest import Report, Reported
from tests.surveys.reports.analysis_report.printed_cells import in_percent, people_read
from tests.surveys.reports.analysis_report.test_numbers import CASES
from tests.surveys.reports.analysis_report.worked_out import derived
from tests.surveys.reports.html.page_reading import Element, Page

NUMBER = re.compile(r"[+\u2212]?\d[\d.,]*|–")


def of_page(report: Reported) -> Page:
    return Page(report.folder / "bao-cao-phan-tich.html")


def printed(report: Reported, table: str, key: list[str], column: str, shown: str) -> str | None:
    """What the package has there; None where it is worked out by other tests."""
    at = " | ".join(map(unquote, key))
    digits = len(re.split("[.,]" if "%" in column or table == "report" else "$", shown, maxsplit=1)[-1])
    if table == "report":
        return derived(report.cells, at, column, f"0.{'0' * digits}" if re.search("[.,]", shown) else "0")
    if shown == "–" and at not in report.cells.row(table):
        return ""  # the table has no such row, and no number is shown
    text = report.cells.text(table, at, column.removesuffix("%"))
    return in_percent(text, digits) if column.endswith("%") else text


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_numbers_in_text_are_those_of_the_package(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    report = reported(key, language, beside)
    wrong, read = [], 0
    for element in of_page(report).all("data"):
        table, *at, column = element.get("data-from").split("|")
        value = element.get("value")
        found = None if table == "run" else printed(report, table, at, unquote(column), value)
        read += found is not None
        if (found is not None and found != value) or element.text not in people_read(value, language):
            wrong.append((element.attributes, element.text, found))
    assert not wrong[:5]
    assert read > 40


@pytest.mark.parametrize(("key", "language", "beside"), CASES)
def test_numbers_in_tables_are_those_of_the_package(
    reported: Report, key: str, language: str, beside: bool
) -> None:
    report = reported(key, language, beside)
    wrong, read = [], 0
    for table in of_page(report).all("table"):
        if table.get("data-table") in ("", "report"):
            continue
        for shown, name, at, column in cells_of(table):
            found = printed(report, name, at, column, shown)
            read += 1
            if found is not None and shown not in people_read(found, language):
                wrong.append((name, at, column, shown, found))
    assert not wrong[:5]
    assert read > 40


def cells_of(table: Element) -> list[tuple[str, str, list[str], str]]:
    """What is shown, and table, key and column of it, of every number in a table."""
    heads = next(iter(table.all("tr"))).children
    found = []
    for row in [row for body in table.all("tbody") for row in body.all("tr")]:
        for cell, head in zip(row.children, heads, strict=True):
            words = "".join(part for part in cell.parts if isinstance(part, str))
            columns = head.get("data-column").split()
            if cell.get("data-from"):
                name, *at, column = cell.get("data-from").split("|")
                places = [(name, at, unquote(column))]
            else:
                own = row.get("data-key").split("|") if row.get("data-key") else []
                more = head.get("data-key").split("|") if head.get("data-key") else []
                key = more + own if table.get("data-order") == "column" else own + more
                places = [(table.get("data-table"), key, column) for column in columns]
            numbers = (
                NUMBER.findall(words.replace(" – ", " "))
                if len(places) == 1
                else re.findall(r"[+\u2212]?\d[\d.,]*", words)
            )
            if cell.name == "td" and len(numbers) == len(places):
                found += [(shown, *place) for shown, place in zip(numbers, places, strict=True)]
    return found
