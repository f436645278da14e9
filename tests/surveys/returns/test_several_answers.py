"""Questions with several answers in one cell, in files of one row per evaluation and in those of one row per rater."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from surveys.definitions.instrument.records import BLANK, NOT_ASKED, Rule
from surveys.definitions.study.records import ReturnFile
from surveys.returns.reading import read_returns
from surveys.validity.screening import screen

RATED = [f"{item} [{unit}]" for unit in ("SNV", "STC") for item in ("1.1a", "1.1b", "1.2")]
QUESTION = "Kênh thông tin"
BOTH, ONE_UNIT, NONE = list("543123"), ["", "", "", *"123"], [""] * 6


@pytest.fixture
def of_raters(study, instrument):
    """A function: file → study whose raters of many units are also asked the question with several answers."""
    items = tuple(
        dataclasses.replace(item, questionnaires=("so-1", "so-5")) if item.code in ("K1", "K2") else item
        for item in instrument.items
    )
    asked = dataclasses.replace(instrument, items=items)
    rules = (Rule("out_of_scale", "review"),)
    return lambda name: dataclasses.replace(study(ReturnFile(name, "so-1"), rules=rules), instrument=asked)


Rater = tuple[str, list[str], str]


def write(path: Path, headings: list[str], *rows: list[str], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([headings, *rows])


def own_layout(path: Path, *raters: Rater, delimiter: str = ",") -> None:
    rows = ([code, *rated, chosen] for code, rated, chosen in raters)
    write(path, ["Mã phiếu", *RATED, QUESTION], *rows, delimiter=delimiter)


def google_forms(path: Path, *raters: Rater) -> None:
    rows = (["2023/10/05 9:12:33 AM UTC", code, *rated, chosen] for code, rated, chosen in raters)
    write(path, ["Timestamp", "Mã phiếu", *RATED, QUESTION], *rows)


def kobo(path: Path, *raters: Rater) -> None:
    start, end, sent = "2023-10-05T09:00:00.000+07:00", "2023-10-05T09:04:00.000+07:00", "2023-10-05T02:30:45"
    rows = ([start, end, code, *rated, chosen, "881", "u-1", sent, "1"] for code, rated, chosen in raters)
    own = ["_id", "_uuid", "_submission_time", "_index"]
    write(path, ["start", "end", "Mã phiếu", *RATED, QUESTION, *own], *rows, delimiter=";")


def microsoft_forms(path: Path, *raters: Rater) -> None:
    own = ["ID", "Start time", "Completion time", "Email", "Name"]
    times = ["2023-10-05 09:00:00", "2023-10-05 09:05:30"]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write_row(0, 0, [*own, "Mã phiếu", *RATED, QUESTION])
        for row, (code, rated, chosen) in enumerate(raters, 1):
            sheet.write_row(row, 0, [row, *times, "anonymous", "", code, *rated, chosen])


def lime_survey(path: Path, rated: list[str], options: tuple[str, ...]) -> None:
    own = ["Response ID", "Date submitted", "Last page", "Start language", "Seed"]
    options_of_question = [f"{QUESTION} [{option}]" for option in ("Internet", "Báo, đài")]
    row = ["7", "2023-10-05 09:12:33", "3", "vi", "1123", "D1", *rated, *options]
    write(path, [*own, "Mã phiếu", *RATED, *options_of_question], row)


ALIKE = [("Internet", [1, 0]), ("Báo, đài", [0, 1]), ("", [BLANK, BLANK])]
WRITTEN = {
    ("m.csv", own_layout): [("Internet;Báo, đài", [1, 1]), ("Báo, đài, Internet", [1, 1])],
    ("m.csv", google_forms): [("Báo, đài, Internet", [1, 1]), ("Internet;Báo, đài", [1, 1])],
    ("m.xlsx", microsoft_forms): [("Internet;Báo, đài;", [1, 1]), ("Báo, đài;", [0, 1])],
    ("m.csv", kobo): [("Báo, đài Internet", [1, 1])],
}
CELLS = [(*product, *cell) for product, cells in WRITTEN.items() for cell in (*cells, *ALIKE)]


@pytest.mark.parametrize(("name", "product", "cell", "codes"), CELLS)
def test_what_a_rater_chose_stands_with_every_unit_rated(
    of_raters, tmp_path, name: str, product: Callable[..., None], cell: str, codes: list[int]
):
    product(tmp_path / name, ("D1", BOTH, cell))
    read = read_returns(of_raters(name))
    assert read.rows["unit_code"].tolist() == ["SNV", "STC"]
    assert read.answers.tolist() == [[NOT_ASKED, 4, 3, 2, *codes], [NOT_ASKED, 0, 1, 2, *codes]]
    assert read.cells.empty
    assert read.warnings == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_rater_s_choice_stays_with_the_rater(of_raters, tmp_path, delimiter):
    raters = [("D1", BOTH, "Internet"), ("D2", ONE_UNIT, "Internet;Báo, đài"), ("D3", BOTH, "Báo, đài")]
    own_layout(tmp_path / "m.csv", *raters, delimiter=delimiter)
    read = read_returns(of_raters("m.csv"))
    assert read.rows["form_code"].tolist() == ["D1", "D1", "D2", "D3", "D3"]
    assert read.rows["unit_code"].tolist() == ["SNV", "STC", "STC", "SNV", "STC"]
    assert read.answers[:, 4:].tolist() == [[1, 0], [1, 0], [1, 1], [0, 1], [0, 1]]


def test_a_choice_rates_no_unit(of_raters, tmp_path):
    """A rater who rated none keeps one evaluation without a unit, whatever else was answered."""
    own_layout(tmp_path / "m.csv", ("D1", NONE, "Internet"))
    read = read_returns(of_raters("m.csv"))
    assert read.rows[["unit_code", "unit_text"]].values.tolist() == [["", ""]]
    assert read.answers.tolist() == [[NOT_ASKED, BLANK, BLANK, BLANK, 1, 0]]


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (("Yes", "No"), [1, 0]),
        (("Yes", "Yes"), [1, 1]),
        (("", ""), [BLANK] * 2),
        (("N/A", "N/A"), [NOT_ASKED] * 2),
        (("Yes", "N/A"), [1, NOT_ASKED]),
        (("No", "N/A"), [0, NOT_ASKED]),
    ],
)
def test_options_in_columns_of_their_own_and_those_not_shown(of_raters, tmp_path, options, codes):
    lime_survey(tmp_path / "m.csv", BOTH, options)
    read = read_returns(of_raters("m.csv"))
    assert read.answers.tolist() == [[NOT_ASKED, 4, 3, 2, *codes], [NOT_ASKED, 0, 1, 2, *codes]]
    assert set(read.cells["fault"]) <= {"not_shown"}


def test_a_unit_that_was_not_shown_to_a_rater_was_not_rated(of_raters, tmp_path):
    """The second unit's rows were hidden by a filter, one row of the first unit too."""
    lime_survey(tmp_path / "m.csv", ["5", "N/A", "3", "N/A", "N/A", "N/A"], ("Yes", "No"))
    read = read_returns(of_raters("m.csv"))
    assert read.rows["unit_code"].tolist() == ["SNV"]
    assert read.answers.tolist() == [[NOT_ASKED, 4, NOT_ASKED, 2, 1, 0]]
    assert read.cells.values.tolist() == [[0, "1.1b", "N/A", "not_shown"]]


def test_an_option_nobody_declared_is_told_once_and_kept_with_every_unit(of_raters, study, tmp_path):
    """The rater's cell in row 3 is one cell: one warning, as where every row is an evaluation; each of the two evaluations that
    it speaks of holds it, and both stay valid."""
    cell = "Internet, Loa phường"
    own_layout(tmp_path / "m.csv", ("D1", BOTH, "Internet"), ("D2", BOTH, cell))
    asked = of_raters("m.csv")
    read = read_returns(asked)
    assert read.answers[:, 4:].tolist() == [[1, 0]] * 4
    assert read.cells.values.tolist() == [[row, "K1", "loa phường", "unknown_option"] for row in (2, 3)]
    assert screen(asked, read).disposition.tolist() == ["valid"] * 4

    headings = ["Mã phiếu", "Đơn vị", "F0", "1.1a", "1.1b", "1.2", QUESTION]
    write(tmp_path / "l.csv", headings, ["P1", "SNV", *"1543", "Internet"], ["P2", "SNV", *"1543", cell])
    long = read_returns(study(ReturnFile("l.csv", "so-5")))
    told = [
        [(p.code, p.row, p.column, {**dict(p.params)}) for p in returns.warnings] for returns in (read, long)
    ]
    assert (
        told[0]
        == told[1]
        == [("returns.option_unknown", 3, QUESTION, {"text": "loa phường", "cells": "1", "nearest": ""})]
    )
