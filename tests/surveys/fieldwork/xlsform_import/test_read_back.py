"""The instrument of an XLSForm is written and read back equal, and reads the exports of that same form without any mapping."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

import surveys as sv
from surveys.cli import main
from surveys.definitions.instrument.reading import read_instrument
from surveys.definitions.instrument.records import DONT_KNOW, NOT_ASKED, Instrument
from surveys.definitions.instrument.writing import instrument_files
from surveys.definitions.study.reading import load_study
from surveys.fieldwork.xlsform_import.form_sheets import is_xlsform
from surveys.fieldwork.xlsform_import.importing import imported
from surveys.problems import Problems
from surveys.returns.files.opening import read_sheets
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from tests.surveys.fieldwork.xlsform_import.made_forms import SCALE, sheets, table, taken

SURVEY = """
type | name | label | relevant | required
start | start | | |
end | end | | |
select_one dv | don_vi | Đơn vị được đánh giá | | yes
text | ho_ten | Họ và tên | |
select_one gt | gioi_tinh | Giới tính | |
begin_group | a | Tiếp cận | |
select_one yn | s0 | Có làm thủ tục không? | | yes
select_one h | q1 | Nơi ngồi chờ | ${s0} = '1' | true()
select_one h | _q2 | Thái độ | ${s0} = '1' |
begin_group | b | Kết quả | |
select_one h | q3 | Kết quả | |
end_group | | | |
end_group | | | |
select_multiple kenh or_other | kenh | Biết qua kênh nào? | |
select_one h | q4 | Nhìn chung | selected(${kenh}, 'bao') |
note | n1 | Cảm ơn | |
""".strip("\n")
CHOICES = (
    SCALE
    + "h | 9 | Không biết\ngt | 1 | Nam\ngt | 2 | Nữ\nkenh | bao | Báo, đài\nkenh | mang | Mạng xã hội\n"
)
SETTINGS = "form_title | form_id\nKhảo sát thử | ks1"
KOBO = {
    "start": "2025-10-05T09:00:00.000+07:00", "end": "2025-10-05T09:04:00.000+07:00", "don_vi": "a", "ho_ten": "An",
    "gioi_tinh": "2", "a/s0": "1", "a/q1": "3", "a/_q2": "9", "a/b/q3": "1", "kenh": "bao other", "kenh/bao": "1",
    "kenh/mang": "0", "kenh/other": "1", "kenh_other": "loa", "q4": "2", "n1": "", "__version__": "v", "_id": "1",
    "_uuid": "u1", "_submission_time": "2025-10-05T02:05:00", "_validation_status": "", "_notes": "", "_status": "",
    "_submitted_by": "dtv", "_tags": "", "_index": "1",
}  # fmt: skip
ODK = {
    "SubmissionDate": "2025-10-05T02:05:00.000Z", "start": "2025-10-05T02:00:00.000Z",
    "end": "2025-10-05T02:04:00.000Z", "don_vi": "b", "ho_ten": "An", "gioi_tinh": "1", "a-s0": "0", "a-q1": "", "a-_q2": "",
    "a-b-q3": "2", "kenh": "mang", "kenh_other": "", "q4": "", "n1": "", "meta-instanceID": "uuid:1", "KEY": "uuid:1",
    "SubmitterID": "5", "SubmitterName": "dtv", "AttachmentsPresent": "0", "AttachmentsExpected": "0", "Status": "",
    "ReviewState": "", "DeviceID": "collect:1", "Edits": "0", "FormVersion": "1",
}  # fmt: skip


def study_of(made: Instrument, folder: Path, returns: str) -> Path:
    """A study with the files of an instrument and one file of returns."""
    (folder / "instrument").mkdir()
    for name, content in instrument_files(made).items():
        (folder / "instrument" / name).write_bytes(content)
    (folder / "study.toml").write_text(
        '[study]\ncode = "t"\nlabel_vi = "Đợt thử"\ninstrument = "./instrument"\n'
        "[fieldwork]\nstart = 2025-10-01\nend = 2025-10-31\n"
        f'[[returns]]\npath = "{returns}"\nquestionnaire = "phieu"\n',
        encoding="utf-8",
    )
    return folder


def read_as(folder: Path) -> tuple[Returns, dict[str, int]]:
    """The returns of a study, and the answers of the first row by item."""
    found = read_returns(load_study(folder))
    codes = [item.code for item in load_study(folder).instrument.items]
    return found, dict(zip(codes, found.answers[0].tolist(), strict=True))


def test_the_instrument_is_read_back_equal_and_without_errors(tmp_path: Path) -> None:
    made = taken(SURVEY, CHOICES, settings=SETTINGS)
    study_of(made, tmp_path, "k.csv")
    problems = Problems()
    draft = read_instrument(tmp_path / "instrument", problems)
    assert not problems.errors
    assert draft is not None
    assert dataclasses.replace(draft.instrument, folder="") == dataclasses.replace(made, folder="")


def test_a_kobo_export_is_read_without_any_mapping(tmp_path: Path) -> None:
    study_of(taken(SURVEY, CHOICES, settings=SETTINGS), tmp_path, "k.csv")
    with (tmp_path / "k.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows([KOBO.keys(), KOBO.values()])
    found, answers = read_as(tmp_path)
    assert answers == {
        "s0": 0, "q1": 2, "q2": DONT_KNOW, "q3": 0, "kenh.1": 1, "kenh.2": 0, "kenh.3": 1, "q4": 1,
    }  # fmt: skip
    row = found.rows.loc[0]
    assert (row["unit_code"], row["gioi_tinh"], row["seconds"], row["interviewer"]) == ("a", "2", 240, "dtv")
    assert found.warnings == ()


def test_an_odk_export_is_read_without_any_mapping(tmp_path: Path) -> None:
    study_of(taken(SURVEY, CHOICES, settings=SETTINGS), tmp_path, "o.csv")
    with (tmp_path / "o.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([ODK.keys(), ODK.values()])
    found, answers = read_as(tmp_path)
    assert answers == {
        "s0": 1, "q1": NOT_ASKED, "q2": NOT_ASKED, "q3": 1, "kenh.1": 0, "kenh.2": 1, "kenh.3": 0, "q4": NOT_ASKED,
    }  # fmt: skip
    assert found.rows.loc[0, "unit_code"] == "b"
    assert found.warnings == ()


def test_a_repeat_over_units_is_read_without_any_mapping(tmp_path: Path) -> None:
    survey = """
type | name | label | role
text | ma_phieu | Mã phiếu |
begin_repeat | dg | Từng đơn vị |
select_one dv | x | Đơn vị nào | unit
begin_group | g | Nhóm |
select_one h | q | Thái độ |
end_group | | |
end_repeat | | |
""".strip("\n")
    study_of(taken(survey), tmp_path, "k.xlsx")
    book = openpyxl.Workbook()
    main, repeat = book.active, book.create_sheet("dg")
    assert main is not None
    for row in (
        ["ma_phieu", "_id", "_uuid", "_submission_time", "_index"],
        ["P1", "7", "u7", "2025-10-05T02:05:00", 1],
    ):
        main.append(row)
    headings = ["dg/x", "dg/g/q", "_index", "_parent_table_name", "_parent_index"]
    for row in (headings, ["a", "1", 1, "Phiếu", 1], ["b", "3", 2, "Phiếu", 1]):
        repeat.append(row)
    book.save(tmp_path / "k.xlsx")
    found, _ = read_as(tmp_path)
    assert found.rows[["form_code", "unit_code"]].values.tolist() == [["P1", "a"], ["P1", "b"]]
    assert found.answers[:, 0].tolist() == [0, 2]
    assert found.warnings == ()


def test_the_same_name_in_two_groups_is_read_by_its_path(tmp_path: Path) -> None:
    survey = """
type | name | label
select_one dv | don_vi | Đơn vị
begin_group | g1 | Một
select_one h | q | Q
end_group | |
begin_group | g2 | Hai
select_one h | q | R
end_group | |
""".strip("\n")
    study_of(taken(survey), tmp_path, "o.csv")
    row = {
        "SubmissionDate": "2025-10-05T02:05:00.000Z",
        "don_vi": "a",
        "g1-q": "1",
        "g2-q": "3",
        "KEY": "uuid:1",
    }
    with (tmp_path / "o.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([row.keys(), row.values()])
    assert read_as(tmp_path)[1] == {"g1.q": 0, "g2.q": 2}


def as_csv(folder: Path) -> Path:
    """The form as one text file, its sheets one after another."""
    path = folder / "form.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for name, text in (("survey", SURVEY), ("choices", CHOICES), ("settings", SETTINGS)):
            writer.writerow([name])
            writer.writerows(["", *row] for row in table(text) if any(row))
    return path


def as_workbook(folder: Path) -> Path:
    """The form as a workbook with numbers where it has numbers, an empty row, and capitals in its headings."""
    book = openpyxl.Workbook()
    for name, text in (("Survey ", SURVEY), ("choices", CHOICES), ("settings", SETTINGS)):
        page = book.create_sheet(name)
        for k, row in enumerate(table(text)):
            page.append(
                [f" {cell.title()} " if k == 0 else int(cell) if cell.isdecimal() else cell for cell in row]
            )
        page.append([])
    del book["Sheet"]
    book.save(folder / "form.xlsx")
    return folder / "form.xlsx"


@pytest.mark.parametrize("written", [as_csv, as_workbook])
def test_every_kind_of_file_says_the_same(written: Callable[[Path], Path], tmp_path: Path) -> None:
    found = read_sheets(written(tmp_path))
    assert is_xlsform(found)
    problems = Problems()
    made = imported(found, "thu/1", problems)
    assert not problems.errors
    expected = taken(SURVEY, CHOICES, settings=SETTINGS)
    assert made is not None
    assert (made.items, made.fields, made.scales, made.nodes, made.units) == (
        expected.items, expected.fields, expected.scales, expected.nodes, expected.units,
    )  # fmt: skip


def test_tables_that_are_no_xlsform() -> None:
    assert not is_xlsform(sheets(Sheet1="a | b\n1 | 2"))
    assert not is_xlsform(sheets(Sheet1="type | name | label\nxe | a | A"))
    assert is_xlsform(sheets(Sheet1="type | name | label\ntext | a | A"))
    assert not is_xlsform([])


@pytest.mark.long
def test_a_form_in_which_nothing_is_scored_has_shares_of_its_answers(tmp_path: Path) -> None:
    choices = SCALE + "k | 1 | Luôn luôn\nk | 2 | Đôi khi\n"
    study_of(
        taken("type | name | label\nselect_one dv | don_vi | Đơn vị\nselect_one k | q | Q", choices),
        tmp_path,
        "o.csv",
    )
    rows = [["SubmissionDate", "don_vi", "q", "KEY"]]
    rows += [["2025-10-05T02:05:00.000Z", "a", answer, f"uuid:{k}"] for k, answer in enumerate("1122222")]
    with (tmp_path / "o.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    with (tmp_path / "study.toml").open("a", encoding="utf-8") as file:
        file.write('[[weights]]\ngroup = "nguoi-tra-loi"\nbase = "equal"\n')
    result = sv.load(tmp_path).score()
    assert result.scores.empty
    result.write(tmp_path / "out")
    assert (tmp_path / "out" / "shares.csv").is_file()


def test_a_study_is_begun_from_a_form_and_everything_left_out_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = as_workbook(tmp_path)
    days = ["--start", "2025-10-01", "--end", "2025-10-31"]
    assert main(["new", str(tmp_path / "ks"), "--from", str(form), *days]) == 0
    out, err = capsys.readouterr()
    said = " ".join(err.split())
    assert "dòng 5, cột Type: câu trả lời loại text" in said
    assert "trang tính choices" in said
    assert "surveys check" in out
    assert not [p for p in sv.check(tmp_path / "ks") if p.severity == "error"]
    wrong = tmp_path / "form.csv"
    wrong.write_text("type,name,label\nselect_onne h,q,Q\n", encoding="utf-8")
    assert main(["new", str(tmp_path / "k2"), "--from", str(wrong), *days]) == 1
    assert not (tmp_path / "k2").exists()
