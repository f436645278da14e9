"""Phrases with numbers in them: what becomes words, what stays a number, and that names cannot pass for numbers."""

from __future__ import annotations

import pytest

from surveys.reports.analysis_report.parts import Number, NumberSource, Reference, Text, numbers_in
from surveys.reports.analysis_report.told import joined, shown, told

OF = NumberSource("council-units", ("so", "a"), "percent")
NUMBER = Number("93.08", OF)


def test_numbers_and_references_stay_what_they_are() -> None:
    text = told("sheet.total.points", "vi", points=Number("80.5", OF), most="100", percent=NUMBER)
    assert [part.text for part in numbers_in(text)] == ["80.5", "93.08"]
    assert shown(text, "vi") == "80,5/100 điểm (93,08\N{NO-BREAK SPACE}%)"
    text = told("sheet.number", "vi", of=Reference("table-league-so"))
    assert text == ("Số: ………………",)


def test_an_empty_number_takes_its_optional_part_with_it() -> None:
    limits = {"low": Number("", OF), "high": Number("3", OF)}
    assert shown(told("sheet.rank.told", "en", rank="1", ranked="9", **limits), "en") == "1 of 9 ranked units"
    limits = {"low": Number("1", OF), "high": Number("3", OF)}
    text = told("sheet.rank.told", "en", rank="1", ranked="9", **limits)
    assert [part.text for part in numbers_in(text)] == ["1", "3"]


@pytest.mark.parametrize("name", ["\ue0000\ue001", "{percent}", "⟦x⟧", "a \ue0001\ue001 b"])
def test_no_name_passes_for_a_number(name: str) -> None:
    text = told("sheet.intro", "vi", publisher=name, unit=name, study=NUMBER, period="")
    assert [part.text for part in numbers_in(text)] == ["93.08"]


def test_texts_join_without_empty_ones() -> None:
    parts: list[Text] = [("a",), (), (NUMBER,), ("b", "c")]
    assert joined(*parts, by="; ") == ("a; ", NUMBER, "; bc")
    assert joined() == ()


@pytest.mark.parametrize(
    ("text", "sign", "vi", "en"),
    [
        ("0.00", True, "0,00", "0.00"),
        ("-0.50", True, "−0,50", "−0.50"),
        ("1.25", True, "+1,25", "+1.25"),
        ("1234567", False, "1.234.567", "1,234,567"),
        ("999", False, "999", "999"),
        ("1234.5", False, "1234,5", "1234.5"),
        ("", True, "–", "–"),
    ],
)
def test_numbers_are_shown_as_people_write_them(text: str, sign: bool, vi: str, en: str) -> None:
    number = Number(text, OF, sign)
    assert (number.shown("vi"), number.shown("en")) == (vi, en)
