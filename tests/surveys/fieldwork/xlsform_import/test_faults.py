"""What stops the import of an XLSForm, and what is told and left out: each with its sheet, row and column."""

from __future__ import annotations

import pytest

from surveys.problems import LANGUAGES
from tests.surveys.fieldwork.xlsform_import.made_forms import SCALE, accepted, read, taken, told

HEAD = "type | name | label\nselect_one h | q | Q\n"
#: What follows a sound question, the fault, its row and its column.
FAULTS = [
    ("slect_one h | x | X", "type_unknown", 3, "type"),
    ("picture | x | X", "type_unknown", 3, "type"),
    (" | x | X", "type_missing", 3, "type"),
    ("text | | X", "name_missing", 3, "name"),
    ("text | 1x | X", "name_bad", 3, "name"),
    ("text | a b | X", "name_bad", 3, "name"),
    ("text | q | X", "name_twice", 3, "name"),
    ("text | Q | X", "name_twice", 3, "name"),
    ("begin_group | g | G", "group_open", 3, "type"),
    ("begin group | g | G\nbegin repeat | r | R\nend group | | \nend repeat | |", "end_unmatched", 5, "type"),
    ("end_group | |", "end_unmatched", 3, "type"),
    ("begin_group | | G\nend_group | |", "name_missing", 3, "name"),
    ("select_one | x | X", "list_missing", 3, "type"),
    ("select_one kk | x | X", "list_unknown", 3, "type"),
    ("select_multiple kk | x | X", "list_unknown", 3, "type"),
    ("rank kk | x | X", "list_unknown", 3, "type"),
    ("score__row | x | X", "row_outside", 3, "type"),
    ("rank__level | x | X", "row_outside", 3, "type"),
    ("begin_kobomatrix | m | M\nend_kobomatrix | |", "list_missing", 3, "kobo--matrix_list"),
    ("note | x | Chào ${ten}", "reference_unknown", 3, "label"),
    ("calculate | x | ${ten} + 1", "reference_unknown", 3, "label"),
]


@pytest.mark.parametrize(("rows", "code", "row", "column"), FAULTS)
def test_faults_of_the_survey(rows: str, code: str, row: int, column: str) -> None:
    made, problems = read(HEAD + rows)
    assert made is None
    assert (code, "survey", row, column) in told(problems)


CHOICES = [
    ("list_name | name | label\nh | | Kém", "choice_without_name", 2, "name"),
    ("list_name | name | label\nh | 1 | Kém\nh | 1 | Tốt", "choice_twice", 3, "name"),
    ("list_name | name | label\nh | 1 | Kém\nh | 2 | kém", "choices_alike", 3, "label"),
    ("list_name | name | label\nh | 1 | 2\nh | 2 | 1", "choices_alike", 3, "label"),
    ("list_name | name | label | points\nh | 1 | Kém | x\nh | 2 | Tốt | 1", "points_not_number", 2, "points"),
    ("list_name | name | label | points\nh | 1 | Kém | 0\nh | 2 | Tốt |", "points_missing", 3, "points"),
    ("list_name | name | label | points\nh | 1 | Kém | 1\nh | 2 | Tốt | 5", "points_range", 2, "points"),
    ("list_name | name | label | points\nh | 1 | Kém | -1\nh | 2 | Tốt | 1", "points_range", 2, "points"),
    (
        "list_name | name | label | non_answer\nh | 1 | A | xx\nh | 2 | B |",
        "non_answer_unknown",
        2,
        "non_answer",
    ),
]


@pytest.mark.parametrize(("choices", "code", "row", "column"), CHOICES)
def test_faults_of_the_choices(choices: str, code: str, row: int, column: str) -> None:
    made, problems = read(HEAD, choices)
    assert made is None
    assert (code, "choices", row, column) in told(problems)


def test_other_faults() -> None:
    assert told(read("loai | ten\ntext | q")[1]) >= {
        ("column_missing", "survey", None, "type"),
        ("column_missing", "survey", None, "name"),
    }
    assert ("column_twice", "survey", 1, "caption") in told(
        read("type | name | label | caption\ntext | q | Q | R")[1]
    )
    assert ("no_questions", "survey", None, "") in told(read("type | name | label")[1])
    assert ("no_language", "survey", None, "label::Français (fr)") in told(
        read("type | name | label::Français (fr)\ntext | q | Q", "list_name | name\nh | 1")[1]
    )
    assert ("unit_question_unknown", "", None, "") in told(read(HEAD, unit="xx")[1])
    by_label = read(HEAD + "image | i | Ảnh nào?", unit="ảnh  NÀO?")[1]
    assert ("unit_question_type", "survey", 3, "type") in told(by_label)
    assert ("unit_question_type", "survey", 3, "type") in told(read(HEAD + "image | i | I", unit="i")[1])
    spaced = "list_name | name | label\nk | a b | A\nk | c | C"
    assert ("choice_spaced", "survey", 2, "type") in told(
        read("type | name | label\nselect_multiple k | q | Q", spaced)[1]
    )
    twice = "list_name | name | label | tinh\nk | 1 | A | x\nk | 1 | B | y"
    found = read(
        "type | name | label | role\nselect_one k | q | Q | unit\nselect_one k | p | P |",
        twice,
        settings="allow_choice_duplicates\nyes",
    )[1]
    assert ("units_repeated", "choices", 2, "name") in told(found)
    columns = "list_name | name | label\nz | 1 | A"
    assert ("sheet_ignored", "columns", None, "") in told(read(HEAD, columns=columns)[1])
    assert ("sheet_twice", "Choices", None, "") in told(read(HEAD, Choices=columns)[1])
    assert ("no_questions", "survey", None, "") in told(read("type | name | label\ntext | q | Q")[1])
    label = "list_name | name | label\nh | 1 | Kém ${xx}\nh | 2 | Tốt"
    assert ("reference_unknown", "choices", 2, "label") in told(read(HEAD, label)[1])


#: A form that pyxform accepts, and what is told of it: sheet, row, column.
LEFT = [
    (HEAD + "note | n | Chào", "notes_left", "survey", 3, "type"),
    (HEAD + "calculate | c | | 1 + 1", "kept_out", "survey", 3, "type"),
    (HEAD + "text | t | T", "kept_out", "survey", 3, "type"),
    (HEAD + "rank dv | r | R", "rank_left", "survey", 3, "type"),
    (HEAD + "csv-external | dia_ban |", "external_left", "survey", 3, "type"),
    (HEAD + "xml-external | dia_ban |", "external_left", "survey", 3, "type"),
    (HEAD + "select_one_from_file xa.csv | x | X", "choices_elsewhere", "survey", 3, "type"),
    (HEAD + "select_multiple_from_file xa.csv | x | X", "choices_elsewhere", "survey", 3, "type"),
    (HEAD + "start | start |\nend | end |\ndeviceid | deviceid |", "metadata", "survey", 3, "type"),
    (HEAD + "audit | audit |", "metadata", "survey", 3, "type"),
    (HEAD + "background-audio | ghi_am |", "metadata", "survey", 3, "type"),
    (HEAD + "start-geopoint | noi |", "metadata", "survey", 3, "type"),
    (HEAD + "begin_repeat | r | Con\ntext | ten | Tên\nend_repeat | |", "repeat_left", "survey", 4, "type"),
    (HEAD + "begin loop over dv | l | L\ntext | ten | Tên\nend loop | |", "loop_left", "survey", 4, "type"),
    (HEAD + "range | r | R", "range_direction", "survey", 3, "parameters"),
    (HEAD + "text | t | Chào ${q}", "label_dynamic", "survey", 3, "label"),
    ("type | name | label | hint\ntext | t | | Ghi họ tên", "label_missing", "survey", 2, "label"),
    (
        "type | name | label | parameters\nrange | r | R | start=0 end=100 step=1",
        "range_long",
        "survey",
        2,
        "parameters",
    ),
    ("type | name | label | hint\ntext | q | Q | Gợi ý", "left_column", "survey", 2, "hint"),
    (
        "type | name | label | guidance_hint\ntext | q | Q | Gợi ý",
        "left_column",
        "survey",
        2,
        "guidance_hint",
    ),
    ("type | name | label | media::image\ntext | q | Q | a.png", "left_column", "survey", 2, "media::image"),
    ("type | name | label | default\ntext | q | Q | a", "left_column", "survey", 2, "default"),
    ("type | name | label | readonly\ntext | q | Q | yes", "left_column", "survey", 2, "readonly"),
    (
        "type | name | label | constraint\ninteger | q | Q | . > 0",
        "left_constraint",
        "survey",
        2,
        "constraint",
    ),
    (
        "type | name | label | calculation\ncalculate | q | | 1 + 1",
        "left_calculation",
        "survey",
        2,
        "calculation",
    ),
    (
        "type | name | label | appearance\ntext | q | Q | multiline",
        "left_appearance",
        "survey",
        2,
        "appearance",
    ),
    (
        "type | name | label | parameters\nselect_one h | q | Q | randomize=true",
        "left_parameters",
        "survey",
        2,
        "parameters",
    ),
    (
        "type | name | label | constraint_message\ntext | q | Q | Sai",
        "left_column",
        "survey",
        2,
        "constraint_message",
    ),
    (
        "type | name | label | appearance\nselect_one h | q0 | | label\nselect_one h | q | Q | list-nolabel",
        "header_row",
        "survey",
        2,
        "appearance",
    ),
    ("type | name | label | disabled\ntext | a | A |\ntext | b | B | yes", "row_off", "survey", 3, "type"),
    ("type | name | label | ghi_chu\ntext | a | A |\n | | | Phần sau", "row_ignored", "survey", 3, ""),
]


@pytest.mark.parametrize(("survey", "code", "sheet", "row", "column"), LEFT)
def test_what_is_left_out_is_told(survey: str, code: str, sheet: str, row: int, column: str) -> None:
    if "calculate | c" in survey:
        survey = survey.replace("label\n", "label | calculation\n")
    survey += "\nselect_one h | tinh_diem | Câu tính điểm"
    made, problems = read(survey)
    assert made is not None
    assert (code, sheet, row, column) in told(problems)
    accepted(survey)


def test_a_row_of_remarks_is_switched_off() -> None:
    made, problems = read(HEAD + "# text | t | T")
    assert made is not None
    assert ("row_off", "survey", 3, "type") in told(problems)


SHEETS = [
    ("settings", "form_title | style\nT | pages", "left_setting", 2, "style"),
    ("settings", "form_title | public_key\nT | abc", "left_public_key", 2, "public_key"),
    ("settings", "form_title | submission_url\nT | https://x.vn", "left_submission_url", 2, "submission_url"),
    (
        "settings",
        "form_title | instance_name\nT | concat('a', 'b')",
        "left_instance_name",
        2,
        "instance_name",
    ),
    ("entities", "list_name | label\nho | 'a'", "left_entities", None, ""),
    ("osm", "list_name | name | label\nt | a | A", "left_osm", None, ""),
    ("Danh sách", "a | b\n1 | 2", "sheet_ignored", None, ""),
]


@pytest.mark.parametrize(("name", "text", "code", "row", "column"), SHEETS)
def test_sheets_and_settings(name: str, text: str, code: str, row: int | None, column: str) -> None:
    made, problems = read(HEAD, **{name: text})
    assert made is not None
    assert (code, name, row, column) in told(problems)


def test_external_choices_are_lists_and_filters_are_told() -> None:
    survey = (
        "type | name | label | choice_filter\nselect_one t | tinh | Tỉnh |\n"
        "select_one_external x | xa | Xã | tinh=${tinh}\nselect_one h | q | Q |"
    )
    choices = SCALE + "t | 1 | Hà Nội\nt | 2 | Huế\n"
    external = "list_name | name | label | tinh\nx | a | Ba Đình | 1\nx | b | Phú Xuân | 2"
    made, problems = read(survey, choices, unit="xa", external_choices=external)
    assert not problems.errors
    assert made is not None
    assert [unit.name_vi for unit in made.units] == ["Ba Đình", "Phú Xuân"]
    assert {
        ("left_choice_filter", "survey", 3, "choice_filter"),
        ("left_column", "external_choices", 2, "tinh"),
    } <= told(problems)


def test_units_of_a_cascade_with_one_name_are_told_apart_by_their_codes() -> None:
    survey = (
        "type | name | label | choice_filter\nselect_one t | tinh | Tỉnh |\nselect_one x | xa | Xã | tinh=${tinh}\n"
        "select_one h | q | Q |"
    )
    choices = "list_name | name | label | tinh\nt | 1 | Hà Nội |\nt | 2 | Huế |\nx | a | Trung tâm | 1\nx | b | Trung tâm | 2\n"
    made = taken(survey, choices + "h | 1 | Kém |\nh | 2 | Tốt |", unit="xa")
    assert [unit.name_vi for unit in made.units] == ["Trung tâm", "Trung tâm (b)"]


def test_several_questions_that_may_name_the_unit_are_told() -> None:
    made, problems = read("type | name | label\nselect_one dv | don_vi | A\nselect_one dv | co_quan | B")
    assert made is not None
    assert {("units_several", "survey", 3, "name"), ("no_unit", "survey", None, "")} <= told(problems)


def test_rows_far_below_the_others_are_read_by_no_tool() -> None:
    made, problems = read(HEAD + "\n" * 70 + "xyz | a | A\nxyz | b | B")
    assert made is not None
    assert ("rows_far", "survey", 73, "") in told(problems)


def test_other_options_beside_those_of_a_file() -> None:
    made, problems = read(HEAD + "select_one_from_file xa.csv or_other | x | X")
    assert made is not None
    assert ("choices_elsewhere", "survey", 3, "type") in told(problems)


def test_options_taken_from_a_repeat_are_told() -> None:
    survey = HEAD + "begin_repeat | r | Con\ntext | ten | Tên\nend_repeat | |\nselect_one ${ten} | ai | Ai?"
    made, problems = read(survey)
    assert made is not None
    assert ("choices_elsewhere", "survey", 6, "type") in told(problems)
    accepted(survey)


def test_everything_told_has_its_words() -> None:
    texts = [
        problem.text(language) for survey, *_ in LEFT for problem in read(survey)[1] for language in LANGUAGES
    ]
    assert all("{" not in text.replace("${", "") for text in texts)
