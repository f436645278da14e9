"""Rows that are no forms (totals, averages, rows that only name a unit), and units that are written once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

import surveys as sv
from tests.trouble.trial import A1, A2, B1, forms, reasons, table, told, trial

ANSWERS = (A1, A2, B1)
KEYED = '\n[[returns]]\npath = "{path}"\nquestionnaire = "p1"\n{key}\n'


def workbook(*rows: Sequence[object]) -> bytes:
    book, kept = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(kept)
    return kept.getvalue()


def units(path: Path) -> dict[int, tuple[str, str]]:
    """Row → its unit and disposition."""
    screened = sv.load(path).screen()
    rows = screened.returns.rows
    said = zip(rows["unit_code"], screened.screening.disposition, strict=True)
    return dict(zip(rows["source_row"].tolist(), said, strict=True))


@pytest.mark.parametrize(
    "word",
    [
        "TB", "ĐTB", "ÐTB", "TB chung", "Cộng", "T/C", "TC", "Tổng cộng:", "BQ", "Bình quân", "Avg", "Mean", "Σ", "Ø", "x̄",
        "Tỷ lệ %", "tong cong", "TB xã An Bình", "TB An Bình", "Cộng (2)", "Cộng 2 phiếu", "% hài lòng", "Grand total",
        "II. Tổng",
    ],
)  # fmt: skip
def test_a_word_for_a_total_among_codes_is_no_form(tmp_path: Path, word: str) -> None:
    rows = [
        ("P1", "Xã An Bình", "", 5, 3, 4), ("P2", "Xã An Bình", "", 3, 3, 2), (word, "Xã An Bình", "", 4, 3, 3),
        ("P3", "Xã Long Mỹ", "", 2, 2, 1),
    ]  # fmt: skip
    path = trial(tmp_path, {"r.csv": table(rows)})
    assert sorted(row for _, row in forms(path)) == [2, 3, 5]
    assert sv.load(path).screen().returns.read[["rows", "forms", "no_forms"]].values.tolist() == [[4, 3, 1]]
    (problem,) = told(path, "returns.rows_total")
    assert (problem.file, problem.row, dict(problem.params)["rows"]) == ("r.csv", 4, "4")


def test_a_total_among_units_or_in_the_number_of_the_row_is_no_form_either(tmp_path: Path) -> None:
    headings = ("STT", "Đơn vị", *ANSWERS)
    rows = [
        (1, "Xã An Bình", 5, 3, 4),
        (2, "Xã An Bình", 3, 3, 2),
        ("", "Cộng xã An Bình", 4, 3, 3),
        ("TB", "Xã An Bình", 4, 3, 3),
    ]
    path = trial(tmp_path, {"r.xlsx": workbook(headings, *rows)})
    assert sorted(row for _, row in forms(path)) == [2, 3]
    assert dict(told(path, "returns.rows_total")[0].params)["rows"] in ("4, 5", "5")


def test_a_total_below_the_answers_of_a_product_is_no_form(tmp_path: Path) -> None:
    headings = ("Dấu thời gian", "Đơn vị", *ANSWERS)
    rows = [
        ("2025/10/05 9:12:33 SA GMT+7", "Xã An Bình", "Hài lòng", "Hài lòng", "Bình thường"),
        ("2025/10/06 9:12:33 SA GMT+7", "Xã Long Mỹ", "Hài lòng", "Bình thường", "Bình thường"),
        ("ĐTB", "", 4, 3, 3),
    ]
    path = trial(tmp_path, {"r.csv": table(rows, headings)})
    assert sorted(row for _, row in forms(path)) == [2, 3]
    assert [p.row for p in told(path, "returns.rows_total")] == [4]


def test_the_word_alone_in_an_answer_is_an_answer(tmp_path: Path) -> None:
    rows = [("P1", "Xã An Bình", "", "Trung bình", 4, 3), ("P2", "Xã Long Mỹ", "", "Tổng", 2, 1)]
    path = trial(tmp_path, {"r.csv": table(rows)})
    assert [reasons(path, row) for row in (2, 3)] == [{"out_of_scale"}, {"out_of_scale"}]


@pytest.mark.parametrize("code", ["TB-001", "TB 002", "TC01", "Max-3"])
def test_a_code_that_begins_like_a_total_is_a_code(tmp_path: Path, code: str) -> None:
    path = trial(
        tmp_path, {"r.csv": table([(code, "Xã An Bình", "", 5, 3, 4), ("P2", "Xã Long Mỹ", "", 3, 3, 2)])}
    )
    assert set(forms(path).values()) == {"valid"}


def test_a_unit_whose_name_begins_like_a_total_is_a_unit(tmp_path: Path) -> None:
    register = (
        "code,block,name_vi,name_en,aliases,valid_from,valid_to,successors\n"
        "cong-hoa,xa,Phường Cộng Hòa,,Cộng Hòa,,,\ntb,xa,Xã Trung Bình,,Trung Bình,,,\ntong-cot,xa,Xã Tổng Cọt,,Tổng Cọt,,,\n"
    )
    rows = [
        ("P1", "Cộng Hòa", "", 5, 3, 4),
        ("P2", "Trung Bình", "", 3, 3, 2),
        ("P3", "Tổng Cọt", "", 1, 2, 2),
    ]
    path = trial(tmp_path, {"r.csv": table(rows)}, parts={"units": register})
    assert [unit for unit, _ in units(path).values()] == ["cong-hoa", "tb", "tong-cot"]


@pytest.mark.parametrize("computed", [(8, 6, 6), (4, 3, 3), (4.0, 3.0, "3,0")])
def test_a_row_without_a_code_that_is_computed_waits_for_review(
    tmp_path: Path, computed: tuple[object, ...]
) -> None:
    rows = [
        ("P1", "Xã An Bình", "", 5, 4, 4), ("P2", "Xã An Bình", "", 3, 2, 2), ("", "Xã An Bình", "", *computed),
        ("P3", "Xã Long Mỹ", "", 1, 2, 2),
    ]  # fmt: skip
    path = trial(tmp_path, {"r.csv": table(rows)})
    assert forms(path)["r.csv", 2] == forms(path)["r.csv", 3] == "valid"
    assert "arithmetic_total" in reasons(path, 4)
    assert forms(path)["r.csv", 4] != "valid"


def test_the_total_of_one_unit_and_the_total_of_totals_are_found(tmp_path: Path) -> None:
    headings = ("STT", "Đơn vị", *ANSWERS)
    rows = [
        (1, "Xã An Bình", 5, 3, 4), (2, "Xã An Bình", 3, 1, 2), ("", "Xã An Bình", 4, 2, 3),
        (1, "Xã Long Mỹ", 1, 2, 1), (2, "Xã Long Mỹ", 3, 4, 1), ("", "Xã Long Mỹ", 2, 3, 1), ("", "", 3, 2.5, 2),
    ]  # fmt: skip
    path = trial(tmp_path, {"r.xlsx": workbook(headings, *rows)})
    assert [row for row in range(2, 9) if "arithmetic_total" in reasons(path, row)] == [4, 7, 8]


@pytest.mark.parametrize(
    "rows",
    [
        [
            ("P1", "Xã An Bình", "", 4, 4, 4),
            ("P2", "Xã An Bình", "", 4, 4, 4),
            ("", "Xã An Bình", "", 4, 4, 4),
        ],
        [
            ("P1", "Xã An Bình", "", 5, 3, 4),
            ("P2", "Xã An Bình", "", 3, 3, 2),
            ("P3", "Xã An Bình", "", 4, 3, 3),
        ],
        [("", "Xã An Bình", "", 5, 3, 4), ("", "Xã An Bình", "", 3, 3, 2), ("", "Xã An Bình", "", 4, 3, 3)],
    ],
    ids=["all equal", "with a code", "nobody has a code"],
)
def test_a_form_that_happens_to_be_a_mean_is_a_form(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    path = trial(tmp_path, {"r.csv": table(rows)})
    assert set(forms(path).values()) == {"valid"}


ONCE = [
    (1, "Xã An Bình", 5, 3, 4),
    (2, "", 3, 3, 2),
    (3, "", 4, 3, 3),
    (1, "Xã Long Mỹ", 1, 2, 1),
    (2, "", 3, 4, 1),
]
SECTIONS = [
    ("I", "Xã An Bình", "", "", ""),
    (1, "", 5, 3, 4),
    (2, "", 3, 3, 2),
    ("II", "Xã Long Mỹ", "", "", ""),
    (1, "", 1, 2, 1),
]


def test_a_unit_written_in_the_first_row_only_is_filled_down_where_the_study_says_so(tmp_path: Path) -> None:
    content = workbook(("STT", "Đơn vị", *ANSWERS), *ONCE)
    path = trial(tmp_path, {"r.xlsx": content}, KEYED.format(path="r.xlsx", key='unit_written = "first_row"'))
    assert units(path) == {
        2: ("an-binh", "valid"), 3: ("an-binh", "valid"), 4: ("an-binh", "valid"), 5: ("long-my", "valid"),
        6: ("long-my", "valid"),
    }  # fmt: skip


def test_without_the_key_the_rows_are_told_and_not_valid(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.xlsx": workbook(("STT", "Đơn vị", *ANSWERS), *ONCE)})
    (problem,) = told(path, "returns.unit_blank_below")
    assert (problem.file, problem.row, problem.column) == ("r.xlsx", 3, "Đơn vị")
    assert "3, 4, 6" in problem.text()
    assert 'unit_written = "first_row"' in problem.text()
    assert [found for _, found in units(path).values()] == ["valid", "review", "review", "valid", "review"]


@pytest.mark.parametrize("column", ["Đơn vị", "Ghi chú"])
def test_a_unit_in_a_row_of_its_own_is_filled_down_where_the_study_says_so(
    tmp_path: Path, column: str
) -> None:
    content = workbook(("STT", column, *ANSWERS), *SECTIONS)
    path = trial(
        tmp_path, {"r.xlsx": content}, KEYED.format(path="r.xlsx", key='unit_written = "section_row"')
    )
    assert units(path) == {3: ("an-binh", "valid"), 4: ("an-binh", "valid"), 6: ("long-my", "valid")}


def test_a_section_row_over_the_first_question_is_one_too(tmp_path: Path) -> None:
    content = table([("Đơn vị: Xã An Bình", "", ""), (5, 3, 4), ("Xã Long Mỹ", "", ""), (1, 2, 1)], ANSWERS)
    path = trial(tmp_path, {"r.csv": content}, KEYED.format(path="r.csv", key='unit_written = "section_row"'))
    assert units(path) == {3: ("an-binh", "valid"), 5: ("long-my", "valid")}


def test_forms_below_a_section_that_nobody_knows_go_to_no_other_unit(tmp_path: Path) -> None:
    rows = [
        ("I. Xã An Bình (2 phiếu)", "", "", ""),
        ("", 5, 3, 4),
        ("II. Xã Long Mĩ", "", "", ""),
        ("", 1, 2, 1),
    ]
    content = table(rows, ("Ghi chú", *ANSWERS))
    path = trial(tmp_path, {"r.csv": content}, KEYED.format(path="r.csv", key='unit_written = "section_row"'))
    assert units(path) == {3: ("an-binh", "valid"), 5: ("", "review")}
    assert sv.load(path).screen().returns.proposals["text"].iloc[0] == "II. Xã Long Mĩ"


def test_section_rows_are_no_forms_and_told_without_the_key(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.xlsx": workbook(("STT", "Đơn vị", *ANSWERS), *SECTIONS)})
    (problem,) = told(path, "returns.rows_section")
    assert (problem.file, problem.row, dict(problem.params)["rows"]) == ("r.xlsx", 2, "2, 5")
    assert "Xã An Bình" in problem.text()
    assert [found for _, found in units(path).values()] == ["review", "review", "review"]


def test_a_form_that_leaves_its_answers_out_is_no_section(tmp_path: Path) -> None:
    rows = [
        ("P1", "Xã An Bình", "", 5, 3, 4),
        ("P2", "Xã Long Mỹ", "", "", "", ""),
        ("P3", "Xã Long Mỹ", "", 1, 2, 1),
    ]
    path = trial(tmp_path, {"r.csv": table(rows)})
    assert forms(path)["r.csv", 3] == "rejected"
