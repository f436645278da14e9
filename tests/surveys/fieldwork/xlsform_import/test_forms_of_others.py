"""What forms of other institutes have: SurveyCTO's types, options that stand in a file, ranges with labels, names asked twice."""

from __future__ import annotations

import pytest

from surveys.fieldwork.xlsform_import.form_sheets import is_xlsform
from tests.surveys.fieldwork.xlsform_import.made_forms import (
    SCALE,
    accepted,
    from_questions,
    read,
    sheets,
    taken,
    told,
)

HEAD = "type | name | label\nselect_one h | q | Q\n"
TICKS = SCALE + "m | 1 | Rất không hài lòng\nm | 5 | Rất hài lòng\ng | 1 | Rất tốt\ng | 3 | Rất kém\n"


@pytest.mark.parametrize(
    ("label", "language"),
    [("label::Tiếng Việt (Vietnamese)", "vi"), ("label::US English", "en"), ("label::Ngôn ngữ: tiếng Việt", "vi")],
)  # fmt: skip
def test_a_language_is_known_by_its_name_among_other_words(label: str, language: str) -> None:
    choices = SCALE.replace("label", label)
    made, problems = read(f"type | name | {label}\nselect_one h | q | Thái độ", choices)
    assert made is not None
    assert (made.items[0].text_en == "Thái độ") == (language == "en")
    assert ("no_vietnamese", "survey", None, label) in told(problems) or language == "vi"


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [
        ("caseid", "metadata"), ("enumerator", "metadata"), ("comments", "metadata"), ("text audit", "metadata"),
        ("audio audit", "metadata"), ("speed violations list", "metadata"), ("sensor_statistic pct_quiet", "metadata"),
        ("sensor_stream sound_level", "metadata"), ("calculate_here", "kept_out"),
    ],
)  # fmt: skip
def test_types_of_surveycto_do_not_stop_the_import(kind: str, purpose: str) -> None:
    survey = f"type | name | label | calculation\nselect_one h | q | Q |\n{kind} | x | | once(now())"
    made, problems = read(survey)
    assert made is not None
    assert [item.code for item in made.items] == ["q"]
    assert (purpose, "survey", 3, "type") in told(problems)


@pytest.mark.parametrize("kind", ["select_one", "select_multiple"])
@pytest.mark.parametrize("search", ["search('xa')", "minimal search( \"xa\", 'matches', 'huyen', ${q})"])
def test_options_that_are_searched_for_in_a_file_stand_elsewhere(kind: str, search: str) -> None:
    survey = f"type | name | label | appearance\nselect_one h | q | Q |\n{kind} k | x | Xã | {search}"
    choices = SCALE + "k | ma | ten\n"
    made, problems = read(survey, choices)
    assert made is not None
    assert [item.code for item in made.items] == ["q"]
    assert [field.code for field in from_questions(made)] == ["x"]
    assert ("choices_elsewhere", "survey", 3, "type") in told(problems)
    assert any("xa.csv" in problem.text("vi") for problem in problems)
    accepted(survey, choices)


def test_units_that_are_searched_for_in_a_file_are_to_be_given() -> None:
    survey = (
        HEAD.replace("label\n", "label | appearance\n") + "select_one dv | don_vi | Đơn vị | search('xa')"
    )
    made, problems = read(survey)
    assert made is not None
    assert made.units == ()
    assert ("units_elsewhere", "survey", 3, "type") in told(problems)


def test_a_form_that_asks_for_no_unit_has_a_column_for_it() -> None:
    survey = "type | name | label\nselect_one h | unit | Đơn vị\nselect_one h | q | Q"
    made, problems = read(survey)
    assert made is not None
    assert [(field.role, field.headers) for field in made.fields] == [
        ("unit", ("Đơn vị được đánh giá", "don_vi"))
    ]
    (told_of,) = [problem for problem in problems if problem.code == "xlsform_import.no_unit"]
    assert "Đơn vị được đánh giá, don_vi" in told_of.text("vi")


def test_a_row_of_headings_for_several_answers_is_no_question() -> None:
    survey = "type | name | label | appearance\nselect_multiple h | m0 | | label\nselect_one h | q | Q |"
    made, problems = read(survey)
    assert made is not None
    assert [item.code for item in made.items] == ["q"]
    assert ("header_row", "survey", 2, "appearance") in told(problems)


def test_times_within_a_group_are_columns_of_their_own() -> None:
    group = "begin_group | tt | Thông tin\nstart | start |\nend | end |\nend_group | |"
    made = taken(f"type | name | label\n{group}\nselect_one dv | don_vi | Đơn vị\nselect_one h | q | Q")
    assert [(field.role, field.headers) for field in made.fields] == [
        ("started", ("start",)), ("personal", ("end",)), ("unit", ("don_vi",)),
    ]  # fmt: skip


def test_the_labels_beside_a_range_tell_its_good_end() -> None:
    survey = (
        "type | name | label | parameters\nrange | a | A | start=1 end=5 tick_labelset=m\n"
        "range | b | B | start=1 end=3 tick_labelset=g\nrange | c | C | start=1 end=5\n"
    )
    made = taken(survey, TICKS)
    scale = made.scale_of("a")
    assert scale.values() == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert [level.label_vi for level in scale.levels] == ["Rất không hài lòng", "2", "3", "4", "Rất hài lòng"]
    assert [level.satisfied for level in scale.levels] == [False, False, False, True, True]
    assert made.scale_of("b").values() == (1.0, 0.5, 0.0)
    assert (made.scale_of("c").kind, made.scale_of("c").levels[4].label_vi) == ("choice", "5")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("start=1 end=5 tick_interval=2", "left_parameters"), ("start=1 end=5 stop=3", "left_parameters"),
        ("start=1 end=5 nhanh", "left_parameters"), ("start=2 end=4 tick_labelset=m", "range_label"),
    ],
)  # fmt: skip
def test_what_a_range_says_beyond_its_steps_is_told(parameters: str, code: str) -> None:
    made, problems = read(f"type | name | label | parameters\nrange | a | A | {parameters}", TICKS)
    assert made is not None
    assert (code, "survey", 2, "parameters") in told(problems)


@pytest.mark.parametrize(
    "parameters", ["start=-1e308 end=1e308 step=1", "start=0 end=1 step=1e-320", "end=1e400"]
)
def test_a_range_without_an_end_is_told(parameters: str) -> None:
    made, problems = read(
        f"type | name | label | parameters\nselect_one h | q | Q |\nrange | a | A | {parameters}"
    )
    assert made is not None
    assert ("range_bad", "survey", 3, "parameters") in told(problems)


def test_large_numbers_of_a_range_stand_as_exports_have_them() -> None:
    made = taken("type | name | label | parameters\nrange | a | A | start=1000001 end=1000003 step=1")
    assert [level.code for level in made.scale_of("a").levels] == ["1000001", "1000002", "1000003"]


def test_a_range_whose_labels_are_no_list_is_refused() -> None:
    survey = HEAD.replace("label\n", "label | parameters\n") + "range | a | A | tick_labelset=mm"
    assert ("list_unknown", "survey", 3, "parameters") in told(read(survey)[1])


def test_conditions_and_duties_of_columns_that_are_no_items_are_told() -> None:
    survey = (
        "type | name | label | relevant | required\nselect_one yn | s | Có đến không? | | yes\n"
        "begin_group | g | Nhóm | ${s} = '1' |\nselect_one gt | gioi_tinh | Giới tính | | yes\nend_group | | | |\n"
        "text | gop_y | Góp ý | ${s} = '1' | yes\nselect_one dv | don_vi | Đơn vị | | yes\nselect_one h | q | Q | |"
    )
    made, problems = read(survey, SCALE + "gt | 1 | Nam\ngt | 2 | Nữ\n")
    assert made is not None
    found = {one for one in told(problems) if one[0].startswith("field_")}
    assert found == {
        ("field_relevant", "survey", 4, "relevant"), ("field_required", "survey", 4, "required"),
    }  # fmt: skip


def test_a_county_that_stands_in_two_states_does_not_stop_the_import() -> None:
    survey = (
        HEAD.replace("label\n", "label | choice_filter\n") + "select_one_external x | xa | Xã | tinh = ${q}"
    )
    external = "list_name | name | label | tinh\nx | trung_tam | Trung tâm | 1\nx | trung_tam | Trung tâm | 2"
    made, problems = read(survey, external_choices=external)
    assert made is not None
    assert ("choice_repeated", "external_choices", 3, "name") in told(problems)


@pytest.mark.parametrize(
    ("tables", "place"),
    [
        ({"choices": "list_name | name | label | media::image\nh | 1 | Kém | ${xx}.png\nh | 2 | Tốt |"},
         ("choices", 2, "media::image")),
        ({"settings": "form_title | instance_name\nT | ${xx}"}, ("settings", 2, "instance_name")),
        ({"entities": "list_name | label\nho | ${xx}"}, ("entities", 2, "label")),
        ({"survey": "type | name | label | constraint_message\nselect_one h | q | Q | Xem ${xx}"},
         ("survey", 2, "constraint_message")),
    ],
)  # fmt: skip
def test_questions_that_are_spoken_of_anywhere_have_to_be_there(
    tables: dict[str, str], place: tuple[str, int, str]
) -> None:
    problems = read(**{"survey": HEAD, **tables})[1]
    assert ("reference_unknown", *place) in told(problems)


def test_an_unknown_column_of_options_may_hold_anything() -> None:
    made, _ = read(HEAD, "list_name | name | label | ghi_chu\nh | 1 | Kém | ${xx}\nh | 2 | Tốt |")
    assert made is not None


def test_a_name_of_two_questions_cannot_be_spoken_of() -> None:
    groups = "begin_group | a | A |\nselect_one yn | s | S |\nend_group | | |\nbegin_group | b | B |\nselect_one yn | s | S |"
    survey = f"type | name | label | relevant\n{groups}\nend_group | | |\nselect_one h | q | Q | ${{s}} = '1'"
    problems = read(survey)[1]
    assert ("reference_twice", "survey", 8, "relevant") in told(problems)
    with pytest.raises(Exception, match="unique"):
        accepted(survey)


def test_what_survey_tools_refuse_today_is_told() -> None:
    filtered = "type | name | label | choice_filter\nselect_one h or_other | q | Q | tinh = '1'"
    choices = "list_name | name | label | tinh\nh | 1 | Kém | 1\nh | 2 | Tốt | 1"
    assert ("other_filtered", "survey", 2, "choice_filter") in told(read(filtered, choices)[1])
    assert ("name_reserved", "survey", 3, "name") in told(read(HEAD + "text | meta | M")[1])


def test_a_form_whose_options_cannot_be_taken_over_says_so() -> None:
    survey = "type | name | label\nbegin_repeat | con | Con\nselect_one h | q | Q\nend_repeat | |"
    found = told(read(survey)[1])
    assert ("none_kept", "survey", None, "") in found
    assert ("no_questions", "survey", None, "") not in found
    assert ("repeat_left", "survey", 3, "type") in found


def test_rows_of_a_column_of_options_are_told_by_their_numbers() -> None:
    choices = (
        "list_name | name | label | media::image\nh | 1 | Kém |\nh | 2 | Vừa | a.png\nh | 3 | Tốt | b.png"
    )
    _, problems = read(HEAD, choices)
    told_of = next(p for p in problems if p.sheet == "choices" and p.column == "media::image")
    assert (told_of.row, dict(told_of.params)["rows"]) == (3, "3–4")


def test_a_sheet_survey_without_types_is_an_xlsform_with_a_fault() -> None:
    assert is_xlsform(sheets(survey="name | label\nq1 | Thái độ"))
    assert not is_xlsform(sheets(survey="Dấu thời gian | Thái độ\n1 | 2"))
    assert ("column_missing", "survey", None, "type") in told(read("name | label\nq1 | Thái độ")[1])


@pytest.mark.parametrize(("options", "is_item"), [(127, True), (128, False)])
def test_a_list_that_is_longer_than_a_scale_is_no_question(options: int, is_item: bool) -> None:
    villages = "".join(f"t | {k} | Thôn {k}\n" for k in range(options))
    survey = HEAD + "select_one t | thon | Ông bà ở thôn nào"
    made, problems = read(survey, SCALE + villages)
    assert made is not None
    assert ("thon" in {item.code for item in made.items}) == is_item
    assert (("list_long", "survey", 3, "type") in told(problems)) != is_item
    by_role, _ = read(survey.replace("label", "label | role") + " | attribute", SCALE + villages)
    assert by_role is not None
    assert len(next(field for field in by_role.fields if field.code == "thon").categories) == options


def test_long_lists_are_the_categories_of_a_form_that_only_describes_people() -> None:
    villages = "list_name | name | label\n" + "".join(f"t | {k} | Thôn {k}\n" for k in range(200))
    _, problems = read("type | name | label\nselect_one t | xa | Xã", villages)
    assert ("none_kept", "survey", None, "") in told(problems)
