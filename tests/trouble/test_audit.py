"""Tables of results as offices publish them: other digits, other layouts, other files, rows that are no units, other indices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

import surveys as sv
from tests.trouble.trial import trial

INDEX = """\
[identity]
code = "chi-so"
edition = "2024"
label_vi = "Chỉ số"
label_en = "Index"
"""
#: Two parts of two marks each; the index is their sum.
NODES = """\
code,parent,level,rule,measured_by,weight,max_points,groups,label_vi,label_en,source
0,,index,sum,total,1,10,,Chỉ số chung,Whole index,
1,0,part,sum,total,1,4,,Tiếp nhận hồ sơ,Reception,
1.1,1,mark,mean,survey,1,2,,Niêm yết thủ tục,Notices,
1.2,1,mark,mean,assessment,1,2,,Cán bộ hướng dẫn,Guidance,
2,0,part,sum,total,1,6,,Trả kết quả,Results,
2.1,2,mark,mean,survey,1,3,,Đúng hẹn,In time,
2.2,2,mark,mean,assessment,1,3,,Số hóa kết quả,Digital results,
"""
UNITS = """\
code,block,name_vi,name_en,aliases,valid_from,valid_to,successors
an-binh,xa,Xã An Bình,An Binh,,,,
hoa-thuan,xa,Phường Hòa Thuận,Hoa Thuan,,,,
long-my,xa,Xã Long Mỹ,Long My,,,,
"""
BLOCKS = '\n[[blocks]]\ncode = "xa"\nlabel_vi = "Xã"\nlabel_en = "Communes"\n'


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of a tree alone: no questionnaires, no items, no groups."""
    folder = tmp_path / "chi-so"
    folder.mkdir()
    (folder / "instrument.toml").write_text(INDEX + BLOCKS, encoding="utf-8")
    (folder / "tree.csv").write_text(NODES, encoding="utf-8")
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    return folder


def csv_of(path: Path, rows: Sequence[Sequence[object]], between: str = ",") -> Path:
    path.write_text("".join(between.join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def workbook_of(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def found(report: object, severity: str) -> list[tuple[str, int | None]]:
    return [(p.code, p.row) for p in report.problems if p.severity == severity]  # type: ignore[attr-defined]


# --- digits -----------------------------------------------------------------------------------------------------------


def test_a_value_with_more_digits_than_the_others_binds_only_itself(index: Path, tmp_path: Path) -> None:
    """1.23 + 1.34 = 2.57 is printed 2.58, one unit off over three halves; elsewhere a value has six digits."""
    table = csv_of(
        tmp_path / "bang.csv",
        [("unit", "code", "points"), ("An Binh", "1", "2.58"), ("An Binh", "1.1", "1.23"), ("An Binh", "1.2", "1.34"),
         ("Long My", "1.1", "0.868914")],
    )  # fmt: skip
    assert found(sv.audit(table, index), "error") == []


def test_a_part_with_more_digits_than_its_siblings(index: Path, tmp_path: Path) -> None:
    """2.6 of 1.234567 + 1.3 = 2.534567: within half of 0.1 twice; 2.7 is not (0.165433 against 0.1000005)."""
    for printed, errors in (("2.6", []), ("2.7", [("audit.sum", 2)])):
        rows = [("code", "points"), ("1", printed), ("1.1", "1.234567"), ("1.2", "1.3")]
        assert found(sv.audit(csv_of(tmp_path / "bang.csv", rows), index), "error") == errors


def test_a_total_with_fewer_digits_than_its_parts_is_a_rounded_total(index: Path, tmp_path: Path) -> None:
    """2.6 for 1.2346 + 1.3346 = 2.5692; 2.5 is off by 0.0692 and could be no rounding (0.05 + 2 · 0.00005)."""
    for printed, errors in (("2.6", []), ("2.5", [("audit.sum", 2)])):
        rows = [("code", "points"), ("1", printed), ("1.1", "1.2346"), ("1.2", "1.3346")]
        assert found(sv.audit(csv_of(tmp_path / "bang.csv", rows), index), "error") == errors


# --- layouts and files ------------------------------------------------------------------------------------------------

LONG = [
    ("Đơn vị", "Mã", "Điểm"),
    ("Xã An Bình", 1, 2.95), ("Xã An Bình", 1.1, 1.5), ("Xã An Bình", 1.2, 1.25),
    ("Xã Long Mỹ", 1, 2.5), ("Xã Long Mỹ", 1.1, 1.25), ("Xã Long Mỹ", 1.2, 1.25),
]  # fmt: skip
NODES_ACROSS = [
    ("KẾT QUẢ CHỈ SỐ NĂM 2024",),
    ("Đơn vị", "1. Tiếp nhận hồ sơ", "1.1", "Cán bộ hướng dẫn"),
    ("Xã An Bình", 2.95, 1.5, 1.25),
    ("Xã Long Mỹ", 2.5, 1.25, 1.25),
]
UNITS_ACROSS = [
    ("Mã", "Tên tiêu chí", "Xã An Bình", "Xã Long Mỹ"),
    ("1.", "Tiếp nhận hồ sơ", 2.95, 2.5),
    ("1.1", "Niêm yết thủ tục", 1.5, 1.25),
    ("1.2", "Cán bộ hướng dẫn", 1.25, 1.25),
]


@pytest.mark.parametrize("write", [csv_of, workbook_of])
@pytest.mark.parametrize("rows", [LONG, NODES_ACROSS, UNITS_ACROSS])
def test_the_same_table_in_every_layout_and_file(
    write: object, rows: list[tuple[object, ...]], index: Path, tmp_path: Path
) -> None:
    """An Bình: 1.5 + 1.25 = 2.75, printed 2.95. Long Mỹ: 2.5, as printed."""
    path = tmp_path / ("bang.xlsx" if write is workbook_of else "bang.csv")
    report = sv.audit(write(path, rows), index)  # type: ignore[operator]
    sums = [p for p in report.problems if p.severity == "error"]
    assert [p.code for p in sums] == ["audit.sum"]
    assert "(Xã An Bình)" in dict(sums[0].params)["name"]
    ranks = report.ranks[report.ranks["code"] == "1"]
    assert list(zip(ranks["unit"], ranks["rank"], strict=True)) == [("Xã An Bình", 1), ("Xã Long Mỹ", 2)]


def test_a_workbook_called_csv_and_a_csv_called_workbook(index: Path, tmp_path: Path) -> None:
    assert (
        sv.audit(workbook_of(tmp_path / "a.xlsx", LONG).rename(tmp_path / "a.csv"), index).nodes.shape[0] == 6
    )
    assert sv.audit(csv_of(tmp_path / "b.xlsx", LONG), index).nodes.shape[0] == 6


def test_semicolons_and_decimal_commas(index: Path, tmp_path: Path) -> None:
    rows = [
        ("Đơn vị", "1", "1.1", "1.2"),
        ("Xã An Bình", "2,75", "1,5", "1,25"),
        ("Xã Long Mỹ", "2,5", "1,25", "1,25"),
    ]
    report = sv.audit(csv_of(tmp_path / "bang.csv", rows, ";"), index)
    assert report.consistent
    assert report.nodes.set_index(["unit", "code"]).loc[("Xã An Bình", "1"), "computed"] == 2.75


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"\x89PNG\r\n", b"{\\rtf1 x}"])
def test_what_is_no_table_says_so(content: bytes, index: Path, tmp_path: Path) -> None:
    (tmp_path / "bang.csv").write_bytes(content)
    with pytest.raises(sv.SurveyError) as raised:
        sv.audit(tmp_path / "bang.csv", index)
    assert [p.code for p in raised.value.problems] == ["returns.kind_unknown"]


# --- rows that are no units, tables of others -------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["Tổng", "Trung bình", "Bình quân chung", "TB", "Cộng", "Average", "Σ", ""])
def test_rows_that_are_no_units_are_not_ranked(word: str, index: Path, tmp_path: Path) -> None:
    rows = [
        ("Đơn vị", "1", "1.1", "1.2"), ("Xã An Bình", 2.75, 1.5, 1.25), ("Xã Long Mỹ", 2.5, 1.25, 1.25), (word, 5.25, 2.75, 2.5),
    ]  # fmt: skip
    report = sv.audit(csv_of(tmp_path / "bang.csv", rows), index)
    assert set(report.ranks["unit"]) == {"Xã An Bình", "Xã Long Mỹ"}
    assert found(report, "error") == []
    (told,) = [p for p in report.problems if p.code == "audit.no_unit"]
    assert dict(told.params)["rows"] == "4"


def test_a_unit_whose_name_begins_like_a_total_is_a_unit(index: Path, tmp_path: Path) -> None:
    rows = [
        ("Đơn vị", "1", "1.1"),
        ("Phường Trung Bình", 3, 1.5),
        ("Xã Cộng Hòa", 2, 1),
        ("Xã Long Mỹ", 2, 1),
    ]
    report = sv.audit(csv_of(tmp_path / "bang.csv", rows), index)
    assert set(report.ranks["unit"]) == {"Phường Trung Bình", "Xã Cộng Hòa", "Xã Long Mỹ"}
    assert ("audit.unknown_units", None) in found(report, "warning")


def test_one_unit_under_two_names_is_one_unit(index: Path, tmp_path: Path) -> None:
    rows = [("Đơn vị", "1", "1.1"), ("Xã An Bình", 3, 1.5), ("An Binh", 2, 1)]
    with pytest.raises(sv.SurveyError) as raised:
        sv.audit(csv_of(tmp_path / "bang.csv", rows), index)
    assert {(p.code, p.row) for p in raised.value.problems} == {("record.duplicate", 3)}


def test_a_table_of_another_index_is_refused_with_the_codes_of_both(index: Path, tmp_path: Path) -> None:
    rows = [("unit", "code", "points"), *(("P01", f"S{k}", 1) for k in range(9)), ("P01", "1", 2)]
    with pytest.raises(sv.SurveyError) as raised:
        sv.audit(csv_of(tmp_path / "bang.csv", rows), index)
    (problem,) = raised.value.problems
    shown = dict(problem.params)
    assert (problem.code, problem.file) == ("audit.no_known_code", "bang.csv")
    assert "S1" in shown["found"]
    assert "2.2" in shown["accepted"]
    assert ("P01" in shown["units"], "an-binh" in shown["known_units"]) == (True, True)


def test_the_same_codes_under_other_names_and_maxima_are_another_index(index: Path, tmp_path: Path) -> None:
    names = [
        "Quản trị điện tử",
        "Kiểm soát tham nhũng",
        "Y tế công lập",
        "Chất lượng không khí",
        "Hộ nghèo",
        "Bầu cử",
    ]
    codes = ["0", "1", "1.1", "1.2", "2", "2.1"]
    rows = [
        ("code", "name_vi", "max_points", "points"),
        *((c, n, 25, 3) for c, n in zip(codes, names, strict=True)),
    ]
    with pytest.raises(sv.SurveyError) as raised:
        sv.audit(csv_of(tmp_path / "bang.csv", rows), index)
    assert [p.code for p in raised.value.problems] == ["audit.other_names"]


def test_columns_of_several_years_are_not_chosen_from(index: Path, tmp_path: Path) -> None:
    rows = [
        ("Mã", "Điểm năm 2023", "Điểm năm 2024"),
        ("1", 2.5, 2.75),
        ("1.1", 1.25, 1.5),
        ("1.2", 1.25, 1.25),
    ]
    with pytest.raises(sv.SurveyError) as raised:
        sv.audit(workbook_of(tmp_path / "bang.xlsx", rows), index)
    wrong = [(p.code, p.sheet, p.row) for p in raised.value.problems if p.severity == "error"]
    assert wrong == [("audit.several_years", "Sheet", 1)]
    assert sv.audit(workbook_of(tmp_path / "mot.xlsx", [row[:2] for row in rows]), index).consistent


# --- the index, its targets, what was lost ----------------------------------------------------------------------------


def test_an_index_needs_no_questionnaire_but_a_round_does(index: Path, tmp_path: Path) -> None:
    rows = [("code", "points"), ("0", "7"), ("1", "3"), ("2", "4")]
    assert sv.audit(csv_of(tmp_path / "bang.csv", rows), index).consistent
    assert "instrument.file_missing" in {p.code for p in sv.check(index)}
    (index / "tree.csv").write_text(NODES.replace("1.2,1,", "1.2,9,"), encoding="utf-8")
    with pytest.raises(sv.SurveyError):
        sv.audit(tmp_path / "bang.csv", index)


def test_an_instrument_with_items_serves_as_well(tmp_path: Path) -> None:
    study = trial(tmp_path)
    rows = [
        ("unit", "code", "points"),
        ("Xã An Bình", "0", "1.5"),
        ("Xã An Bình", "1", "0.75"),
        ("Xã An Bình", "2", "0.5"),
    ]
    report = sv.audit(csv_of(tmp_path / "bang.csv", rows), study / "instrument")
    assert found(report, "error") == [("audit.sum", 2)]


def test_targets_below_the_result_and_sums_of_targets(index: Path, tmp_path: Path) -> None:
    """1.1 is to fall from 1.5 to 1.4; the targets 1.4 + 1.6 are 3.0, not 3.2; 2 is to be more than 3, its parts 4."""
    rows = [
        ("code", "points", "target"), ("1", "2.75", "3.2"), ("1.1", "1.5", "1.4"), ("1.2", "1.25", "1.6"),
        ("2", "2.75", ">3.00"), ("2.1", "1.5", "2.00"), ("2.2", "1.25", "2.00"),
    ]  # fmt: skip
    report = sv.audit(csv_of(tmp_path / "bang.csv", rows), index)
    assert set(found(report, "error")) == {("audit.target_below", 3), ("audit.target_sum", 2)}
    assert found(report, "warning") == [("audit.target_apart", 5)]


def test_targets_in_words_and_targets_that_are_results_raise_no_alarm(index: Path, tmp_path: Path) -> None:
    rows = [
        ("Mã", "Điểm", "Mục tiêu năm 2025"),
        ("1", "2.75", "Tăng 5 bậc"),
        ("1.1", "1.5", "1.5"),
        ("1.2", "1.25", "≥ 1,3"),
    ]
    assert sv.audit(csv_of(tmp_path / "bang.csv", rows, ";"), index).problems == ()


# --- findings as files ------------------------------------------------------------------------------------------------


def test_findings_are_written_whole_and_over_nothing_of_others(index: Path, tmp_path: Path) -> None:
    report = sv.audit(csv_of(tmp_path / "bang.csv", LONG), index)
    out = tmp_path / "ket-qua"
    report.write(out)
    report.write(out)  # over its own
    assert {p.name for p in out.iterdir()} == {
        "audit-findings.csv", "audit-losses.csv", "audit-nodes.csv", "audit-ranks.csv",
        "datapackage.json", "run.json", "SHA256SUMS",
    }  # fmt: skip
    assert sv.verify(out) == ()
    assert "audit.sum" in (out / "audit-findings.csv").read_text(encoding="utf-8")
    (out / "bien-ban.txt").write_text("của tôi", encoding="utf-8")
    with pytest.raises(sv.SurveyError) as raised:
        report.write(out)
    assert [p.code for p in raised.value.problems] == ["handover.out_has_added_files"]
    assert (out / "bien-ban.txt").read_text(encoding="utf-8") == "của tôi"
    (tmp_path / "khac").mkdir()
    (tmp_path / "khac" / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(sv.SurveyError):
        report.write(tmp_path / "khac")
