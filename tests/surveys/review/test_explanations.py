"""Explanations of units: written down by people in a workbook or a CSV, read back, told row by row."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from surveys.definitions.study.explanations import check_explanation
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Explanation, StudyDefinition
from surveys.problems import Place, Problem, Problems, SurveyError
from surveys.returns.files.filled_tables import filled_tables
from surveys.review.columns_and_words import EXPLANATIONS
from surveys.review.decisions import confirm
from surveys.review.review_file import review_bytes
from surveys.review.review_workbook import WorkbookTexts, review_workbook

SMALL = Path(__file__).parents[1] / "definitions" / "small"
COLUMNS = EXPLANATIONS.columns
Cells = dict[str, str]

#: As the secretary may write it, in Vietnamese; the row about node 1 is one that was added.
SAID: list[Cells] = [
    {"unit": "ba-dinh", "unit_name": "Quận Ba Đình", "explanation": "Bổ sung; xem kèm", "received_on": "04/01/2024",
     "status": "đã nhận", "decision": "một phần", "reviewer": "Trần B", "reason": "Tài liệu sau kỳ", "date": "25/01/2024"},
    {"unit": "ba-dinh", "node": "1", "explanation": "=Phiếu sai nhóm", "received_on": "05/01/2024", "status": "Đã nhận"},
    {"unit": "dong-da", "unit_name": "Quận Đống Đa", "status": "khong giai trinh"},
]  # fmt: skip
#: What that means.
MEANT = [
    Explanation("huyen", "ba-dinh", "", "Bổ sung; xem kèm", "2024-01-04", "received", "partly", "Trần B", "Tài liệu sau kỳ",
                "2024-01-25"),
    Explanation("huyen", "ba-dinh", "1", "=Phiếu sai nhóm", "2024-01-05", "received", "pending"),
    Explanation("huyen", "dong-da", "", "", "", "none", "pending"),
]  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyDefinition:
    folder = tmp_path_factory.mktemp("study") / "small"
    shutil.copytree(SMALL, folder)
    return replace(load_study(folder), explanations=())


def rows_of(said: list[Cells]) -> list[list[str]]:
    return [[{"block": "huyen", **cells}.get(name, "") for name in COLUMNS] for cells in said]


def confirmed(study: StudyDefinition, file: Path, out: Path) -> list[Explanation]:
    """What a filled file is confirmed as, read back as the study reads it."""
    problems = Problems()
    made = confirm(filled_tables(file, problems), study, out, problems)
    assert made.key == "explanations"
    settings = study.folder / "study.toml"
    plain = settings.read_text(encoding="utf-8")
    try:
        settings.write_text(plain.replace('"explanations.csv"', '"back.csv"'), encoding="utf-8")
        shutil.copy(out, study.folder / "back.csv")
        return list(load_study(study.folder).explanations)
    finally:
        settings.write_text(plain, encoding="utf-8")


def faults(study: StudyDefinition, said: list[Cells], folder: Path) -> list[Problem]:
    (folder / "filled.csv").write_bytes(review_bytes(EXPLANATIONS, rows_of(said)))
    problems = Problems()
    with pytest.raises(SurveyError) as error:
        confirm(filled_tables(folder / "filled.csv", problems), study, folder / "out.csv", problems)
    assert not (folder / "out.csv").exists()
    return list(error.value.problems)


def told(found: list[Problem]) -> list[tuple[str, int | None, str]]:
    return [(problem.code, problem.row, problem.column) for problem in found]


def test_a_csv_is_read_back(study: StudyDefinition, tmp_path: Path) -> None:
    (tmp_path / "filled.csv").write_bytes(review_bytes(EXPLANATIONS, rows_of(SAID)))
    assert confirmed(study, tmp_path / "filled.csv", tmp_path / "explanations.csv") == MEANT


def test_a_csv_that_a_vietnamese_spreadsheet_saved_is_read_back(
    study: StudyDefinition, tmp_path: Path
) -> None:
    lines = [COLUMNS, *rows_of(SAID)]
    text = "\r\n".join(";".join(f'"{cell}"' if ";" in cell else cell for cell in row) for row in lines)
    (tmp_path / "filled.csv").write_text(text, encoding="utf-8-sig")
    assert confirmed(study, tmp_path / "filled.csv", tmp_path / "explanations.csv") == MEANT


def test_a_workbook_that_people_filled_in_is_read_back(study: StudyDefinition, tmp_path: Path) -> None:
    """The workbook as it is given out, filled in by another program: rows added below, one date a true date."""
    import datetime as dt

    blank = rows_of([{"unit": "ba-dinh", "unit_name": "Quận Ba Đình"}, {"unit": "dong-da"}])
    book = openpyxl.load_workbook(io.BytesIO(review_workbook(EXPLANATIONS, blank, WorkbookTexts("vi", ""))))
    sheet = book.worksheets[0]
    assert not sheet.protection.sheet  # rows may be added
    ba_dinh, node_1, dong_da = rows_of(SAID)
    for number, row in enumerate((ba_dinh, dong_da, node_1), start=2):
        for k, cell in enumerate(row, start=1):
            sheet.cell(number, k, cell.removeprefix("=") if cell.startswith("=") else cell or None)
    sheet.cell(2, COLUMNS.index("date") + 1, dt.datetime(2024, 1, 25))
    book.save(tmp_path / "filled.xlsx")
    found = confirmed(study, tmp_path / "filled.xlsx", tmp_path / "explanations.csv")
    assert found == [MEANT[0], MEANT[2], replace(MEANT[1], explanation="Phiếu sai nhóm")]


def test_what_was_confirmed_before_is_kept_and_overwritten(study: StudyDefinition, tmp_path: Path) -> None:
    (tmp_path / "filled.csv").write_bytes(review_bytes(EXPLANATIONS, rows_of(SAID[:1])))
    before = replace(study, explanations=(replace(MEANT[0], decision="pending"), MEANT[2]))
    problems = Problems()
    made = confirm(filled_tables(tmp_path / "filled.csv", problems), before, tmp_path / "out.csv", problems)
    assert made.decisions == 2
    written = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[6] for line in written[1:]] == ["partly", "pending"]


def test_rows_left_blank_say_nothing(study: StudyDefinition, tmp_path: Path) -> None:
    found = faults(study, [{"unit": "ba-dinh", "unit_name": "Quận Ba Đình"}, {"unit": "dong-da"}], tmp_path)
    assert [problem.code for problem in found] == ["review.empty"]


def test_a_unit_may_be_named_and_words_be_english(study: StudyDefinition, tmp_path: Path) -> None:
    said = {"unit": "Quận Đống Đa", "explanation": "x", "received_on": "2024-01-04", "decision": "Pending"}
    (tmp_path / "filled.csv").write_bytes(review_bytes(EXPLANATIONS, rows_of([said])))
    (found,) = confirmed(study, tmp_path / "filled.csv", tmp_path / "out.csv")
    assert (found.unit, found.status, found.decision) == ("dong-da", "received", "pending")


def test_every_fault_is_told_with_its_row(study: StudyDefinition, tmp_path: Path) -> None:
    given = {"explanation": "x", "received_on": "2024-01-04", "status": "received"}
    said: list[Cells] = [
        {"unit": "ba-đinh", **given},
        {"unit": "ba-dinh", "node": "9.9", **given},
        {"unit": "me-linh", **given},  # excluded
        {"unit": "ba-dinh", "block": "xã", **given},
        {"unit": "ba-dinh", "status": "đã nhân nhượng", "explanation": "x"},
        {"unit": "ba-dinh", **given, "decision": "chấp nhận", "reviewer": "B"},
        {"unit": "dong-da", "status": "không", "explanation": "x"},
        {"unit": "dong-da", **given, "received_on": "hôm qua"},
    ]
    assert told(faults(study, said, tmp_path)) == [
        ("review.date", 9, "received_on"),
        ("reference.unit", 2, "unit"),
        ("reference.node", 3, "node"),
        ("reference.unit", 4, "unit"),
        ("reference.block", 5, "block"),
        ("review.decision", 6, "status"),
        ("explanations.lacks", 7, "reason"),
        ("explanations.lacks", 7, "date"),
        ("explanations.nothing_received", 8, "explanation"),
        ("explanations.lacks", 9, "received_on"),
        ("returns.decided_twice", 9, "decision"),
    ]


@pytest.mark.parametrize(
    ("received", "status", "expected"),
    [
        ("2024-01-06", "received", []),
        ("2024-01-07", "received", ["explanations.late"]),
        ("2024-01-07", "late", []),
        ("2024-01-06", "late", ["explanations.not_late"]),
    ],
)
def test_what_came_after_the_last_day_is_told(received: str, status: str, expected: list[str]) -> None:
    problems = Problems()
    made = replace(MEANT[1], received_on=received, status=status)  # type: ignore[arg-type]
    check_explanation(made, Place(problems, "explanations.csv", 2), "2024-01-06")
    assert [problem.code for problem in problems.warnings] == expected
    assert not problems.errors
