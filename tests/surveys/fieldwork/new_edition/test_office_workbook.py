"""An office workbook, filled in: what it becomes, and every fault with its sheet, row and heading."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import openpyxl
import pytest

import surveys as sv
from surveys.fieldwork.new_edition.office_sheets import SHEETS, column_name, sheet_name
from surveys.problems import LANGUAGES, Language
from tests.surveys.fieldwork.new_edition.workbooks import Entries, filled, small, whole


def test_names_of_units_and_questions_are_enough(tmp_path: Path) -> None:
    made = sv.new(tmp_path / "study", filled(tmp_path, small()))
    assert [problem.code for problem in sv.check(tmp_path / "study") if problem.severity == "error"] == []
    found = sv.load(tmp_path / "study")
    instrument = found.instrument
    assert instrument.name == "khao-sat-nam/2026"
    assert [(unit.code, unit.block, unit.name_vi) for unit in found.definition.units] == [
        ("xa-an-binh", "don-vi", "Xã An Bình"), ("xa-dong-hoa", "don-vi", "Xã Đông Hòa"),
    ]  # fmt: skip
    assert [(item.code, item.node, item.text_vi) for item in instrument.items] == [
        ("c1", "t1", "Đúng hẹn"), ("c2", "t1", "Dễ hiểu"),
    ]  # fmt: skip
    assert instrument.scale_of("c1").values() == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert instrument.total_points == 1
    assert [(plan.group, plan.base) for plan in found.definition.weights] == [("nguoi-dan", "equal")]
    told = {problem.code for problem in made.told}
    assert told == {
        f"new.told.{name}"
        for name in (
            "block",
            "group",
            "questionnaires",
            "scale",
            "criterion",
            "points",
            "submitted",
            "unit",
            "code",
            "rules",
        )
    }


def test_everything_that_can_be_said_is_taken(tmp_path: Path) -> None:
    sv.new(tmp_path / "study", filled(tmp_path, whole()))
    found = sv.load(tmp_path / "study")
    instrument, definition = found.instrument, found.definition
    assert (definition.fieldwork.start, definition.fieldwork.end) == ("2026-10-01", "2026-10-30")
    assert [(unit.block, unit.code, unit.aliases) for unit in definition.units] == [
        ("so", "y-te", ("SYT", "Y tế")), ("so", "so-noi-vu", ()), ("xa", "xa-an-binh", ()),
    ]  # fmt: skip
    assert [(form.code, form.block, form.group) for form in instrument.questionnaires] == [
        ("so-1", "so", "nguoi-dan"), ("so-2", "so", "doanh-nghiep"), ("xa-1", "xa", "nguoi-dan"), ("xa-2", "xa", "doanh-nghiep"),
    ]  # fmt: skip
    assert [(node.code, node.parent, node.max_points, node.groups) for node in instrument.nodes] == [
        ("0", "", 10.0, ()),
        ("t1", "0", 10.0, ()),
        ("t1.1", "t1", 4.0, (("nguoi-dan", 2.0), ("doanh-nghiep", 1.0))),
        ("t1.2", "t1", 6.0, (("nguoi-dan", 2.0), ("doanh-nghiep", 1.0))),
    ]
    first, second, third, fourth = instrument.items
    assert (first.node, first.scale, second.asked_when) == ("", "co-khong", ("c1", ("1",)))
    assert (second.required, third.reverse, fourth.aliases) == (True, True, ("3. Niềm nở",))
    agreement = instrument.scale["dong-y"]
    assert [(level.label_vi, level.values, level.satisfied, level.aliases) for level in agreement.levels] == [
        ("Không đồng ý", (0.0,), False, ()),
        ("Đồng ý một phần", (0.5,), False, ()),
        ("Đồng ý", (1.0,), True, ("Nhất trí",)),
    ]
    assert [(other.label_vi, other.kind) for other in agreement.non_answers] == [("Không rõ", "dont_know")]
    roles = {field.role: field for field in instrument.fields}
    assert roles["attribute"].categories == (("nam", ("Nam",)), ("nu", ("Nữ",)))
    assert roles["form_code"].headers == ("Mã số phiếu",)
    assert {"broken_skip", "missing_required", "unknown_code"} <= {rule.rule for rule in instrument.rules}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_and_columns_are_read_in_both_languages(language: Language, tmp_path: Path) -> None:
    made = sv.new(tmp_path / "study", filled(tmp_path, whole(), language))
    other = sv.new(tmp_path / "other", filled(tmp_path, whole(), "vi", "other.xlsx"))
    assert made.instrument == other.instrument


@pytest.mark.long
@pytest.mark.skipif(which("soffice") is None, reason="no LibreOffice here")
@pytest.mark.parametrize("ending", ["ods", "xls"])
def test_other_kinds_of_workbooks_are_read(ending: str, tmp_path: Path) -> None:
    path = filled(tmp_path, whole())
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", "--headless", profile, "--convert-to", ending, "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    made, expected = (
        sv.new(tmp_path / name, tmp_path / f"khai-bao.{end}") for name, end in (("a", ending), ("b", "xlsx"))
    )
    assert made.instrument == expected.instrument


def test_a_question_with_several_answers_is_an_item_for_each_option(tmp_path: Path) -> None:
    entries = whole()
    entries["scales"] += [{"scale": "Kênh", "option": option} for option in ("Trực tiếp", "Qua mạng")]
    entries["questions"][:1] = [
        {"text": "Ông/Bà nộp hồ sơ thế nào?", "scale": "Kênh", "several": "x", "required": "x"}
    ]
    entries["questions"][1]["only_if"] = "Câu 1 = Qua mạng"
    sv.new(tmp_path / "study", filled(tmp_path, entries))
    instrument = sv.load(tmp_path / "study").instrument
    assert [(item.code, item.node, item.text_vi) for item in instrument.items[:2]] == [
        ("c1.1", "", "Ông/Bà nộp hồ sơ thế nào? [Trực tiếp]"), ("c1.2", "", "Ông/Bà nộp hồ sơ thế nào? [Qua mạng]"),
    ]  # fmt: skip
    assert instrument.item["c2"].asked_when == ("c1.2", ("1",))
    sv.forms(sv.load(tmp_path / "study"), tmp_path / "forms", to=["xlsform"])


Change = Callable[[Entries], object]


@dataclass(frozen=True)
class Spoiled:
    """A change of the whole workbook and the fault that it makes: code, sheet, row, heading, and what is quoted."""

    code: str
    sheet: str
    row: int | None
    column: str
    change: Change
    quoted: tuple[tuple[str, str], ...] = ()


def cell(sheet: str, row: int, column: str, text: str) -> Change:
    """The text of a cell, whose row is that of the sheet."""
    return lambda entries: entries[sheet][row - 2].update({column: text})


def added(sheet: str, **entry: str) -> Change:
    return lambda entries: entries.setdefault(sheet, []).append(entry)


SPOILED = (
    Spoiled("new.cell_missing", "units", 3, "name", cell("units", 3, "name", "")),
    Spoiled("new.cell_missing", "general", 2, "name", cell("general", 2, "name", "")),
    Spoiled("new.twice", "units", 3, "name", cell("units", 3, "name", "SỞ Y TẾ"), (("first", "2"),)),
    Spoiled("new.several_names", "units", 3, "name", cell("units", 3, "name", "Sở Nội vụ; Sở Tài chính")),
    Spoiled("new.several_names", "groups", 2, "name", cell("groups", 2, "name", "Người dân;Doanh nghiệp")),
    Spoiled("new.block_missing", "units", 3, "block", cell("units", 3, "block", "")),
    Spoiled("record.bad_code", "units", 2, "code", cell("units", 2, "code", "y tế")),
    Spoiled("record.bad_code", "general", 12, "code", cell("general", 2, "code", "chỉ số")),
    Spoiled("review.date", "general", 3, "start", cell("general", 2, "start", "31/2/2026")),
    Spoiled("record.order", "general", 4, "end", cell("general", 2, "end", "30/9/2026")),
    Spoiled("new.not_number", "general", 10, "points", cell("general", 2, "points", "mười")),
    Spoiled("new.points_sum", "general", 10, "points", cell("general", 2, "points", "12"), (("found", "10"), ("expected", "12"))),
    Spoiled("new.points_sum", "criteria", 2, "points", cell("criteria", 2, "points", "9"), (("found", "10"), ("expected", "9"))),
    Spoiled("new.points_missing", "criteria", 4, "points", cell("criteria", 4, "points", "")),
    Spoiled("new.not_number", "criteria", 4, "points", cell("criteria", 4, "points", "sáu")),
    Spoiled("new.number_range", "criteria", 4, "points", cell("criteria", 4, "points", "-6")),
    Spoiled("new.unknown_name", "criteria", 4, "above", cell("criteria", 4, "above", "Phục vu"), (("nearest", "Phục vụ"),)),
    Spoiled("new.too_deep", "criteria", 2, "above", cell("criteria", 2, "above", "Kết quả")),
    Spoiled("new.unknown_name", "questions", 3, "criterion",
            cell("questions", 3, "criterion", "Kết qủa"), (("nearest", "Kết quả"),)),
    Spoiled("new.question_of_field", "questions", 3, "criterion", cell("questions", 3, "criterion", "Phục vụ")),
    Spoiled("new.criterion_missing", "questions", 3, "criterion", cell("questions", 3, "criterion", "")),
    Spoiled("new.unknown_name", "questions", 4, "scale", cell("questions", 4, "scale", "Đồng tình")),
    Spoiled("new.unknown_name", "questions", 5, "groups", cell("questions", 5, "groups", "Người dân; Cán bộ")),
    Spoiled("new.unknown_name", "questions", 5, "blocks", cell("questions", 5, "blocks", "Huyện")),
    Spoiled("new.not_marked", "questions", 4, "reversed", cell("questions", 4, "reversed", "đúng")),
    Spoiled("new.condition", "questions", 3, "only_if", cell("questions", 3, "only_if", "nếu có")),
    Spoiled("new.condition_question", "questions", 3, "only_if",
            cell("questions", 3, "only_if", "c4 = Có"), (("accepted", "c1"),)),
    Spoiled("new.condition_option", "questions", 3, "only_if", cell("questions", 3, "only_if", "c1 = Rồi")),
    Spoiled("new.twice", "questions", 6, "code",
            added("questions", text="Gần", criterion="Kết quả", code="c9"), (("first", "5"),)),
    Spoiled("new.twice", "respondents", 3, "code",
            added("respondents", heading="Tuổi", options="Trẻ; Già", code="gt"), (("first", "2"),)),
    Spoiled("new.value_range", "scales", 2, "points", cell("scales", 2, "points", "5"), (("value", "5"),)),
    Spoiled("new.value_range", "scales", 2, "points", cell("scales", 2, "points", "-0,5")),
    Spoiled("new.option_without_value", "scales", 3, "points", cell("scales", 3, "points", "")),
    Spoiled("new.unknown_word", "scales", 7, "no_answer", cell("scales", 7, "no_answer", "Chịu"), ()),
    Spoiled("new.twice", "scales", 3, "option", cell("scales", 3, "option", "có")),
    Spoiled("new.number_range", "groups", 2, "weight", cell("groups", 2, "weight", "-1")),
    Spoiled("new.unknown_word", "tool_columns", 2, "holds",
            cell("tool_columns", 2, "holds", "Mã số phiếu"), (("nearest", "Mã phiếu"),)),
    Spoiled("new.twice", "respondents", 2, "options", cell("respondents", 2, "options", "Nam; nam")),
    Spoiled("new.unknown_name", "questionnaires", 2, "group", added("questionnaires", group="Cán bộ")),
    Spoiled("new.on_no_form", "questions", 5, "groups", added("questionnaires", group="Người dân")),
    Spoiled("new.criterion_unasked", "criteria", 5, "name", added("criteria", name="Nơi chờ", above="Phục vụ", points="0")),
    Spoiled("record.bad_code", "tool_columns", 2, "code", cell("tool_columns", 2, "code", "mã")),
    Spoiled("new.several_scored", "questions", 4, "criterion", cell("questions", 4, "several", "x")),
    Spoiled("new.condition_several", "questions", 3, "only_if", lambda entries: [
        entries["questions"][0].update(several="x"), entries["questions"][1].update(only_if="c1 = Có; Không"),
    ]),
    Spoiled("new.scored_without_values", "questions", 4, "scale", lambda entries: [
        row.pop("points", None) for row in entries["scales"] if row["scale"] == "Đồng ý"
    ]),
)  # fmt: skip


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda one: f"{one.code}-{one.sheet}-{one.column}-{one.row}")
def test_every_fault_is_told_where_it_stands(spoiled: Spoiled, tmp_path: Path) -> None:
    entries = whole()
    if spoiled.code == "new.on_no_form":
        entries["questions"][3]["groups"] = "Doanh nghiệp"
    entries["questions"][3]["code"], entries["respondents"][0]["code"] = "c9", "gt"
    spoiled.change(entries)
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "study", filled(tmp_path, entries))
    place = (
        "khai-bao.xlsx",
        sheet_name(spoiled.sheet, "vi"),
        spoiled.row,
        column_name(spoiled.sheet, spoiled.column, "vi"),
    )
    found = [
        p
        for p in refused.value.problems
        if (p.code, p.file, p.sheet, p.row, p.column) == (spoiled.code, *place)
    ]
    assert len(found) == 1, [p.text("en") for p in refused.value.problems]
    assert set(spoiled.quoted) <= set(found[0].params)
    assert all(p.text("vi") and p.text("en") for p in refused.value.problems)
    assert not (tmp_path / "study").exists()


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    entries = whole()
    for change in (
        cell("units", 2, "code", "y tế"),
        cell("questions", 4, "scale", "x"),
        cell("criteria", 4, "points", "sáu"),
    ):
        change(entries)
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "study", filled(tmp_path, entries))
    assert {p.code for p in refused.value.problems} >= {
        "record.bad_code",
        "new.unknown_name",
        "new.not_number",
    }


Edit = Callable[[openpyxl.Workbook], object]


def _rename(old: str, new: str) -> Edit:
    def edit(book: openpyxl.Workbook) -> None:
        book[old].title = new

    return edit


def _write(sheet: str, at: str, value: object) -> Edit:
    def edit(book: openpyxl.Workbook) -> None:
        book[sheet][at] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "code", "sheet", "row", "column"),
    [
        (_write("Đơn vị", "D2", dt.datetime(2026, 5, 1)), "new.became_date", "Đơn vị", 2, "Mã đơn vị"),
        (_write("Đơn vị", "A1", "Tên đơn vi"), "new.unknown_column", "Đơn vị", None, "Tên đơn vi"),
        (_write("Câu hỏi", "M1", "Ý kiến"), "new.unknown_column", "Câu hỏi", None, "Ý kiến"),
        (_write("Đơn vị", "A1", None), "new.column_missing", "Đơn vị", None, "Tên đơn vị"),
        (_write("Chung", "A16", "Tên cuộc khảo sát"), "new.fact_twice", "Chung", 2, "Tên cuộc khảo sát"),
        (_write("Đơn vị", "A9", "x"), "new.no_headings", "Đơn vị", None, ""),
        (_write("Đơn vị", "A9", "Xã X"), "new.sheet_twice", "Units", None, ""),
        (_write("Chung", "A17", "Tên cuộc"), "new.unknown_fact", "Chung", 17, "A"),
        (_rename("Câu hỏi", "Hỏi"), "new.nothing_filled", "", None, ""),
        (_rename("Câu hỏi", "Hỏi"), "new.unknown_sheet", "Hỏi", None, ""),
        (_write("Tiêu chí", "B3", "1.000"), "new.number_two_ways", "Tiêu chí", 3, "Điểm tối đa"),
        (_rename("Chung", "Sheet1"), "new.nothing_filled", "", None, ""),
    ],
)
def test_what_was_done_to_the_workbook_itself_is_told(
    edit: Edit, code: str, sheet: str, row: int | None, column: str, tmp_path: Path
) -> None:
    path = filled(tmp_path, whole())
    book = openpyxl.load_workbook(path)
    edit(book)
    book["Chung" if "Chung" in book.sheetnames else "Sheet1"]["B17"] = "một điều"
    if code == "new.fact_twice":
        book["Chung"]["B16"] = "Tên khác"
    if code == "new.no_headings":
        book["Đơn vị"].delete_rows(1)
    if code == "new.sheet_twice":
        book.create_sheet("Units")
    book.save(path)
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "study", path)
    assert (code, sheet, row, column) in {(p.code, p.sheet, p.row, p.column) for p in refused.value.problems}


def test_true_numbers_and_dates_of_a_workbook_are_read(tmp_path: Path) -> None:
    path = filled(tmp_path, whole())
    book = openpyxl.load_workbook(path)
    book["Chung"]["B3"], book["Chung"]["B10"] = dt.datetime(2026, 10, 2), 10
    book["Tiêu chí"]["B3"], book["Thang đo"]["C4"] = 4.0, 0
    book.save(path)
    sv.new(tmp_path / "study", path)
    found = sv.load(tmp_path / "study").definition
    assert (found.fieldwork.start, found.instrument.node["t1.1"].max_points) == ("2026-10-02", 4)
    assert found.instrument.scale["dong-y"].values() == (0.0, 0.5, 1.0)


def test_a_workbook_as_an_office_writes_it_is_read(tmp_path: Path) -> None:
    """A column that numbers the rows, blocks in merged cells, names without tones, decimals with a comma."""
    path = filled(tmp_path, whole())
    expected = sv.new(tmp_path / "expected", path).instrument
    book = openpyxl.load_workbook(path)
    units, questions, criteria = (book[name] for name in ("Đơn vị", "Câu hỏi", "Tiêu chí"))
    units.title, questions["A1"], criteria["B3"] = "DON VI", "CAU  HOI", "4,0"
    units["G1"], units["G2"] = "STT", 1
    units["B3"] = None
    units.merge_cells("B2:B3")
    book.save(path)
    made = sv.new(tmp_path / "study", path)
    assert made.instrument == expected
    assert made.warnings == ()


def test_a_question_that_stands_twice_on_a_form_is_told(tmp_path: Path) -> None:
    entries = small()
    added("questions", text="đúng  hẹn")(entries)
    made = sv.new(tmp_path / "study", filled(tmp_path, entries))
    assert [(p.code, p.row, dict(p.params)) for p in made.warnings] == [("new.same_text", 4, {"other": "c1"})]


def test_other_files_are_no_workbooks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "study", tmp_path / "a.csv")
    assert [p.code for p in refused.value.problems] == ["new.unknown_origin"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_empty_workbook_is_text_and_offers_what_is_accepted(language: Language, tmp_path: Path) -> None:
    sv.blank(tmp_path / "a.xlsx", language)
    sv.blank(tmp_path / "b.xlsx", language)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames[1:] == [sheet_name(layout.key, language) for layout in SHEETS]
    for layout in SHEETS[1:]:
        sheet = book[sheet_name(layout.key, language)]
        headings = [cell.value for cell in sheet[1]]
        assert headings == [column_name(layout.key, column.key, language) for column in layout.columns]
        widths = sheet.column_dimensions.values()
        assert {column.number_format for column in widths} == {"@"}, layout.key
        assert (min(c.min for c in widths), max(c.max for c in widths)) == (1, len(headings))
        assert sheet.protection.sheet
        offered = {str(rule.sqref).split(":")[0][0]: rule for rule in sheet.data_validations.dataValidation}
        assert len(offered) == len(layout.columns) - 1
        assert all(rule.prompt and len(rule.prompt) <= 255 for rule in offered.values())
    with pytest.raises(sv.SurveyError) as refused:
        sv.new(tmp_path / "study", tmp_path / "a.xlsx")
    assert {p.code for p in refused.value.problems} == {"new.nothing_filled", "new.cell_missing"}
