"""What becomes of each kind of question, list and condition of an XLSForm."""

from __future__ import annotations

import pytest

from tests.surveys.fieldwork.xlsform_import.made_forms import SCALE, from_questions, read, taken, told

SPELLINGS = [
    "select_one h",
    "select one h",
    "select1 h",
    "select one from h",
    "add select one prompt using h",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_question_with_a_ladder_is_scored_whatever_its_type_is_called(spelling: str) -> None:
    made = taken(f"type | name | label\n{spelling} | q1 | Thái độ")
    item = made.item["q1"]
    assert (item.node, item.scale, item.text_vi, item.required) == ("0", "h", "Thái độ", False)
    assert made.scale["h"].kind == "ordinal"
    assert made.scale["h"].values() == (0, 0.5, 1)
    assert [level.satisfied for level in made.scale["h"].levels] == [False, False, True]


def test_a_list_from_the_best_to_the_worst_has_points_that_fall() -> None:
    made = taken(
        "type | name | label\nselect_one h | q1 | Q",
        "list_name | name | label\nh | a | Strongly agree\nh | b | Agree\nh | c | Neutral\nh | d | Disagree",
    )
    assert made.scale["h"].values() == pytest.approx((1, 2 / 3, 1 / 3, 0))


def test_points_stand_in_a_column_of_the_list() -> None:
    choices = (
        "list_name | name | label | points | satisfied\nk | 1 | Luôn luôn | 0 |\n"
        "k | 2 | Đôi khi | 2 | yes\nk | 3 | Không bao giờ | 4 | yes"
    )
    made = taken("type | name | label\nselect_one k | q1 | Có bị gợi ý?", choices)
    assert made.scale["k"].values() == (0, 0.5, 1)
    assert [level.satisfied for level in made.scale["k"].levels] == [False, True, True]
    assert made.item["q1"].node == "0"


def test_a_list_whose_good_end_nobody_knows_stands_beside_the_index_and_is_told() -> None:
    choices = "list_name | name | label\nk | 1 | Luôn luôn\nk | 2 | Đôi khi\nk | 3 | Không bao giờ"
    made, problems = read("type | name | label\nselect_one k | q1 | Có bị gợi ý?", choices)
    assert made is not None
    assert (made.scale["k"].kind, made.item["q1"].node) == ("choice", "0")
    assert [(node.code, node.rule) for node in made.nodes] == [("0", "shares")]
    assert {("list_without_points", "choices", 2, "points"), ("nothing_scored", "survey", None, "")} <= told(
        problems
    )


def test_options_that_are_no_answer_stand_outside_the_ladder() -> None:
    more = SCALE + "h | 98 | Không biết/Không trả lời\nh | 99 | Từ chối trả lời\nh | 97 | N/A\n"
    made = taken("type | name | label\nselect_one h | q1 | Thái độ", more)
    assert made.scale["h"].values() == (0, 0.5, 1)
    assert [(n.code, n.kind) for n in made.scale["h"].non_answers] == [
        ("98", "dont_know"),
        ("99", "refused"),
        ("97", "not_applicable"),
    ]


def test_the_column_non_answer_says_it_where_words_do_not() -> None:
    choices = "list_name | name | label | non_answer\nh | 1 | Kém |\nh | 2 | Tốt |\nh | 3 | Chưa gặp | not_applicable"
    made = taken("type | name | label\nselect_one h | q1 | Thái độ", choices)
    assert [(n.code, n.kind) for n in made.scale["h"].non_answers] == [("3", "not_applicable")]


def test_a_question_worded_the_other_way_is_reversed() -> None:
    made = taken("type | name | label | reverse\nselect_one h | q1 | Q |\nselect_one h | q2 | R | yes")
    assert [item.reverse for item in made.items] == [False, True]


def test_several_answers_are_an_item_for_each_option() -> None:
    made = taken("type | name | label\nselect_multiple dv | nghe | Nghe ở đâu?")
    assert [(i.code, i.text_vi, i.aliases) for i in made.items] == [
        ("nghe.1", "Nghe ở đâu? [Sở Nội vụ]", ("nghe [a]",)),
        ("nghe.2", "Nghe ở đâu? [Sở Tư pháp]", ("nghe [b]",)),
    ]
    assert made.scale["chosen"].kind == "multiple"


def test_or_other_adds_an_option_and_a_text_that_stays_out() -> None:
    made = taken(
        "type | name | label\nselect_one yn or_other | q1 | Q\nselect_multiple yn or specify other | q2 | R"
    )
    assert made.code == "thu"
    assert [level.code for level in made.scale["yn"].levels] == ["1", "0", "other"]
    assert [item.code for item in made.items] == ["q1", "q2.1", "q2.2", "q2.3"]
    assert [(f.code, f.role, f.headers) for f in from_questions(made)] == [
        ("q1_other", "personal", ("q1_other",)),
        ("q2_other", "personal", ("q2_other",)),
    ]


def test_groups_with_scored_questions_are_the_tree() -> None:
    made = taken(
        """
type | name | label
begin group | a | Tiếp cận
select_one h | q1 | Q1
begin_group | b | Công chức
select_one h | q2 | Q2
end_group | |
end group | |
begin_group | c | Về ông/bà
text | ten | Tên
end_group | |
""".strip("\n")
    )
    assert [(n.code, n.parent, n.level, n.measured_by) for n in made.nodes] == [
        ("0", "", "index", "total"),
        ("a", "0", "field", "total"),
        ("a.0", "a", "criterion", "survey"),
        ("b", "a", "criterion", "survey"),
    ]
    assert [item.node for item in made.items] == ["a.0", "b"]


CONDITIONS = [
    ("${s} = '1'", ("s", ("1",))),
    ("selected(${s}, '1')", ("s", ("1",))),
    ("selected(${s}, ‘1’)", ("s", ("1",))),
    ("${s} != '1'", ("s", ("0",))),
    ("not(selected(${s}, '1'))", ("s", ("0",))),
    ("${s} = 1 or ${s} = 0", ("s", ("1", "0"))),
    ("${s} > 0.5", ("s", ("1",))),
    ("string-length(${s}) > 0", ("s", ("1", "0"))),
    ("(${s} = '1') and true()", ("s", ("1",))),
    ("selected(${m}, 'b')", ("m.2", ("1",))),
    ("not(selected(${m}, 'a'))", ("m.1", ("0",))),
    ("${s} = '1' and ${h} = '3'", None),
    ("count-selected(${m}) > 1", None),
    ("${n} > 3", None),
    ("true()", None),
]


@pytest.mark.parametrize(("relevant", "asked_when"), CONDITIONS)
def test_conditions_on_one_earlier_question(relevant: str, asked_when: object) -> None:
    survey = (
        "type | name | label | relevant\nselect_one yn | s | S |\nselect_multiple dv | m | M |\nselect_one h | h | H |\n"
        f"integer | n | N |\nselect_one h | q | Q | {relevant}"
    )
    made, problems = read(survey)
    assert made is not None
    assert made.item["q"].asked_when == asked_when
    complaints = {code for code, *_ in told(problems) if code.startswith("condition")}
    assert bool(complaints) == (asked_when is None and relevant != "true()")


TOLD_CONDITIONS = [
    ("${s} = '1' and ${h} = '3'", "condition_complex"),
    ("pulldata('f', 'a', 'b', ${s}) = 1", "condition_complex"),
    ("count-selected(${m}) > 1", "condition_complex"),
    ("${n} > 3", "condition_other"),
    ("${sau} = '1'", "condition_other"),
    ("${s} = '7'", "condition_option"),
    ("${s} = '7'", "condition_never"),
    ("false()", "condition_never"),
    ("${khong_co} = 1", "reference_unknown"),
    ("((((", "condition_complex"),
    ("-" * 900 + "1", "condition_complex"),
    ("(" * 900, "condition_complex"),
    ("1" + "+1" * 900, "condition_complex"),
]


@pytest.mark.parametrize(("relevant", "code"), TOLD_CONDITIONS)
def test_other_conditions_are_told_at_their_place(relevant: str, code: str) -> None:
    survey = (
        "type | name | label | relevant\nselect_one yn | s | S |\nselect_multiple dv | m | M |\nselect_one h | h | H |\n"
        f"integer | n | N |\nselect_one h | q | Q | {relevant}\nselect_one yn | sau | Sau |"
    )
    assert (code, "survey", 6, "relevant") in told(read(survey)[1])


def test_a_condition_of_a_group_is_that_of_its_questions_and_follows_the_chain() -> None:
    made = taken(
        """
type | name | label | relevant
select_one yn | s | S |
begin_group | g | G | ${s} = '1'
select_one yn | t | T |
select_one h | q | Q | ${t} = '1'
end_group | | |
""".strip("\n")
    )
    assert {item.code: item.asked_when for item in made.items} == {
        "s": None,
        "t": ("s", ("1",)),
        "q": ("t", ("1",)),
    }


def test_two_conditions_that_do_not_follow_from_one_another_are_told() -> None:
    survey = """
type | name | label | relevant
select_one yn | s | S |
select_one yn | t | T |
begin_group | g | G | ${s} = '1'
select_one h | q | Q | ${t} = '1'
end_group | | |
""".strip("\n")
    made, problems = read(survey)
    assert made is not None
    assert made.item["q"].asked_when == ("t", ("1",))
    assert ("condition_several", "survey", 5, "relevant") in told(problems)


REQUIRED = [("yes", True), ("true()", True), ("TRUE", True), ("no", False), ("", False), ("${a} = 1", False)]


@pytest.mark.parametrize(("written", "required"), REQUIRED)
def test_required(written: str, required: bool) -> None:
    made, problems = read(
        f"type | name | label | required\ninteger | a | A |\nselect_one h | q | Q | {written}"
    )
    assert made is not None
    assert made.item["q"].required is required
    assert (("required_formula", "survey", 3, "required") in told(problems)) == ("$" in written)


def test_the_unit_is_the_question_whose_name_tells_it_and_its_choices_are_the_units() -> None:
    survey = "type | name | label\nselect_one dv | don_vi | Chọn\nselect_one h | q | Q"
    made, problems = read(survey)
    assert made is not None
    assert [(u.code, u.name_vi) for u in made.units] == [("a", "Sở Nội vụ"), ("b", "Sở Tư pháp")]
    assert [(f.code, f.role) for f in made.fields] == [("don_vi", "unit")]
    assert ("unit_told", "survey", 2, "name") in told(problems)


def test_the_unit_is_the_question_that_is_named() -> None:
    made = taken("type | name | label\nselect_one dv | x1 | Chọn\nselect_one h | q | Q", unit="x1")
    assert [unit.code for unit in made.units] == ["a", "b"]
    made = taken("type | name | label | role\nselect_one dv | x1 | Chọn | unit\nselect_one h | q | Q |")
    assert [unit.code for unit in made.units] == ["a", "b"]


def test_a_repeat_over_units_is_a_matrix() -> None:
    made = taken(
        """
type | name | label | role
text | ma_phieu | Mã phiếu |
begin_repeat | r | Từng đơn vị |
select_one dv | x | Đơn vị nào | unit
select_one h | q | Q |
end_repeat | | |
""".strip("\n")
    )
    assert made.questionnaires[0].matrix
    assert [(f.code, f.role) for f in made.fields] == [("ma_phieu", "form_code"), ("x", "unit")]
    assert [(n.code, n.measured_by) for n in made.nodes] == [("0", "survey")]


ROLES = [
    ("text", "ho_ten", "Họ và tên", "personal"),
    ("text", "ma_phieu", "Mã phiếu", "form_code"),
    ("text", "dtv", "Điều tra viên", "interviewer"),
    ("integer", "tuoi", "Tuổi", "personal"),
    ("select_one yn", "gioi_tinh", "Giới tính của ông/bà", None),
    ("select_one dv", "gioi_tinh", "Giới tính của ông/bà", "attribute"),
    ("select_one dv", "x", "Nghề nghiệp", "attribute"),
    ("select_one dv", "x", "Trình độ của công chức", None),
    ("geopoint", "g", "GPS", "personal"),
    ("image", "i", "Ảnh", "personal"),
    ("barcode", "b", "Mã vạch", "personal"),
    ("date", "d", "Ngày", "personal"),
    ("dateTime", "d", "Lúc", "personal"),
    ("hidden", "h", "Ẩn", "personal"),
    ("acknowledge", "k", "Đồng ý tham gia", "personal"),
    ("trigger", "k", "Đồng ý tham gia", "personal"),
    ("start", "bat_dau", "", "started"),
]


@pytest.mark.parametrize(("kind", "name", "label", "role"), ROLES)
def test_columns_that_are_no_items(kind: str, name: str, label: str, role: str | None) -> None:
    made = taken(f"type | name | label\nselect_one h | q | Q\n{kind} | {name} | {label}")
    assert [field.role for field in made.fields if field.code == name] == ([role] if role else [])
    assert (name in made.item) == (role is None)


def test_a_question_that_opens_others_is_an_item_whatever_it_is_called() -> None:
    made = taken(
        "type | name | label | relevant\nselect_one dv | dia_ban | Địa bàn |\nselect_one h | q | Q | ${dia_ban} = 'a'"
    )
    assert made.item["q"].asked_when == ("dia_ban", ("a",))


def test_attributes_have_the_options_as_categories_in_both_languages() -> None:
    made = taken(
        "type | name | label::Tiếng Việt (vi) | label::English (en)\nselect_one g | gioi_tinh | Giới tính | Sex\n"
        "range | q | Q | Q",
        "list_name | name | label::Tiếng Việt (vi) | label::English (en)\ng | 1 | Nam | Male\ng | 2 | Nữ | Female",
    )
    (field,) = from_questions(made)
    assert dict(field.categories) == {"1": ("Nam", "1", "Male"), "2": ("Nữ", "2", "Female")}
    assert dict(field.names_en) == {"1": "Male", "2": "Female"}


RANGES = [
    ("start=1 end=5 step=1", "", "", "choice", ["1", "2", "3", "4", "5"]),
    ("start=0;end=10;step=5", "scored", "", "ordinal", ["0", "5", "10"]),
    ("start=1 end=5", "", "rating", "ordinal", ["1", "2", "3", "4", "5"]),
    ("start=0 end=1 step=0.5", "", "", "choice", ["0", "0.5", "1"]),
]


@pytest.mark.parametrize(("parameters", "role", "appearance", "kind", "codes"), RANGES)
def test_a_range_is_a_scale_of_its_steps(
    parameters: str, role: str, appearance: str, kind: str, codes: list[str]
) -> None:
    made = taken(
        f"type | name | label | parameters | role | appearance\nrange | q | Q | {parameters} | {role} | {appearance}"
        "\nselect_one h | h | H"
    )
    scale = made.scale_of("q")
    assert (scale.kind, [level.code for level in scale.levels]) == (kind, codes)
    assert (made.item["q"].node != "") == (kind == "ordinal")


def test_the_matrix_of_kobo_asks_its_questions_for_every_row() -> None:
    survey = """
type | name | label | kobo--matrix_list | relevant
begin_kobomatrix | M1 | Tài sản | dv |
select_one yn | Q1 | Có không? | |
select_one h | Q2 | Có tốt không? | | ${Q1} = '1'
end_kobomatrix | | | |
""".strip("\n")
    made, problems = read(survey)
    assert not problems.errors
    assert made is not None
    assert [(i.code, i.text_vi, i.asked_when) for i in made.items] == [
        ("M1_a_Q1", "Sở Nội vụ: Có không?", None),
        ("M1_a_Q2", "Sở Nội vụ: Có tốt không?", ("M1_a_Q1", ("1",))),
        ("M1_b_Q1", "Sở Tư pháp: Có không?", None),
        ("M1_b_Q2", "Sở Tư pháp: Có tốt không?", ("M1_b_Q1", ("1",))),
    ]
    assert made.item["M1_a_Q2"].node == "M1"


def test_ratings_and_rankings_of_kobo_are_questions_with_one_answer() -> None:
    survey = """
type | name | label | kobo--score-choices | kobo--rank-items
begin_score | s | Đánh giá | h |
score__row | a | Nhanh | |
score__row | b | Đúng | |
end_score | | | |
begin_rank | r | Xếp hạng | | dv
rank__level | nhat | Thứ nhất | |
end_rank | | | |
""".strip("\n")
    made, problems = read(survey)
    assert made is not None
    assert [(i.code, i.node, i.scale) for i in made.items] == [
        ("a", "s", "h"),
        ("b", "s", "h"),
        ("nhat", "", "dv"),
    ]
    assert ("rank_group", "survey", 6, "type") in told(problems)


def test_names_that_stand_in_several_groups_carry_their_path() -> None:
    made = taken(
        """
type | name | label
begin_group | g1 | Một
select_one h | q | Q
text | t | T
end_group | |
begin_group | g2 | Hai
select_one h | q | R
text | t | U
end_group | |
""".strip("\n")
    )
    assert [(i.code, i.aliases) for i in made.items] == [("g1.q", ("g1/q",)), ("g2.q", ("g2/q",))]
    assert [(f.code, f.headers) for f in from_questions(made)] == [("g1.t", ("g1/t",)), ("g2.t", ("g2/t",))]


def test_the_settings_name_the_instrument() -> None:
    made = taken(
        "type | name | label\nselect_one h | q | Q",
        settings="form_title | form_id | version | style\nKhảo sát phường | ks-1 | 2025 | pages",
    )
    assert (made.name, made.label_vi, made.nodes[0].label_vi) == (
        "thu/1",
        "Khảo sát phường",
        "Khảo sát phường",
    )
    assert made.sources[0].note == "Khảo sát phường; ks-1; 2025"


LANGUAGES = [
    ("label::Tiếng Việt (vi) | label::English (en)", "V | E", ("V", "E")),
    ("label::Vietnamese | label::English", "V | E", ("V", "E")),
    ("label::vi | label::en", "V | E", ("V", "E")),
    ("label:Vietnamese | label:English", "V | E", ("V", "E")),
    ("label | label::English (en)", "V | E", ("V", "E")),
    ("label | hint", "V | E", ("V", "")),
    ("caption | hint", "V | E", ("V", "")),
    ("label::English (en) | hint", "E | x", ("E", "E")),
    ("label::Français (fr) | label::Tiếng Việt (vi)", "F | V", ("V", "")),
]


@pytest.mark.parametrize(("headings", "cells", "texts"), LANGUAGES)
def test_languages(headings: str, cells: str, texts: tuple[str, str]) -> None:
    made, problems = read(f"type | name | {headings}\nselect_one h | q | {cells}")
    assert not problems.errors
    assert made is not None
    assert (made.item["q"].text_vi, made.item["q"].text_en) == texts


def test_the_default_language_says_what_labels_without_a_language_are_in() -> None:
    made, _ = read(
        "type | name | label | label::Tiếng Việt (vi)\nselect_one h | q | E | V",
        settings="default_language\nEnglish (en)",
    )
    assert made is not None
    assert (made.item["q"].text_vi, made.item["q"].text_en) == ("V", "E")


def test_labels_without_a_language_stand_where_a_sheet_has_no_vietnamese_ones() -> None:
    made, problems = read(
        "type | name | label::Tiếng Việt (vi) | label::English (en)\nselect_one h | q | V | E"
    )
    assert made is not None
    assert [level.label_vi for level in made.scale["h"].levels] == [
        "Không hài lòng",
        "Bình thường",
        "Hài lòng",
    ]
    assert not {code for code, *_ in told(problems)} & {"languages_left", "label_missing"}


def test_a_form_that_only_describes_people_counts_their_answers() -> None:
    made = taken("type | name | label\nselect_one dv | gioi_tinh | Giới tính")
    assert [(item.code, item.node) for item in made.items] == [("gioi_tinh", "0")]
    assert from_questions(made) == ()


def test_a_form_that_asks_the_same_about_every_unit_is_a_matrix() -> None:
    survey = """
type | name | label | relevant
select_one dv | own_unit | Đơn vị công tác |
select_multiple dv | rated_units | Đánh giá đơn vị nào? |
begin_group | unit_a | Sở Nội vụ | selected(${rated_units}, 'a') and ${own_unit} != 'a'
begin_group | g_of_a | Thái độ |
select_one yn | s__a | Có gặp? [Sở Nội vụ] |
select_one h | q__a | Niềm nở [Sở Nội vụ] | ${s__a} = '1'
end_group | | |
end_group | | |
begin_group | unit_b | Sở Tư pháp | selected(${rated_units}, 'b') and ${own_unit} != 'b'
begin_group | g_of_b | Thái độ |
select_one yn | s__b | Có gặp? [Sở Tư pháp] |
select_one h | q__b | Niềm nở [Sở Tư pháp] | ${s__b} = '1'
end_group | | |
end_group | | |
""".strip("\n")
    made = taken(survey)
    assert made.questionnaires[0].matrix
    assert made.questionnaires[0].own_unit == "own_unit"
    assert [(i.code, i.node, i.text_vi, i.asked_when) for i in made.items] == [
        ("s", "", "Có gặp?", None),
        ("q", "g", "Niềm nở", ("s", ("1",))),
    ]
    assert [unit.code for unit in made.units] == ["a", "b"]
    assert ("unit_cells", "survey", 4, "name") in told(read(survey)[1])


NAMES = [
    ("gioi_tinh", "Nam hay nữ?", True),
    ("q5_gioi_tinh", "Nam hay nữ?", True),
    ("x", "Giới tính", True),
    ("_5_7_3a_dan_toc", "Có bị làm khó?", False),
    ("x", "Trình độ của cán bộ", False),
    ("x", "Ông/Bà có thấy tuổi tác ảnh hưởng đến việc được phục vụ ở cơ quan này hay không?", False),
]


@pytest.mark.parametrize(("name", "label", "is_attribute"), NAMES)
def test_what_describes_the_respondent(name: str, label: str, is_attribute: bool) -> None:
    made = taken(f"type | name | label\nselect_one dv | {name} | {label}\nselect_one h | q | Q")
    assert ([field.role for field in from_questions(made)] == ["attribute"]) is is_attribute


def test_names_and_lists_as_the_form_builder_of_kobo_writes_them() -> None:
    survey = (
        "type | $given_name | $autoname | label | select_from_list_name\nselect_one | q | | Q | h\n"
        "select_one | | Thai_do | R | h"
    )
    made, problems = read(survey.replace("type |", "type | name |").replace("select_one |", "select_one | |"))
    assert not problems.errors
    assert made is not None
    assert [(item.code, item.scale) for item in made.items] == [("q", "h"), ("Thai_do", "h")]


def test_names_with_marks_become_codes_with_the_name_beside_them() -> None:
    made = taken("type | name | label\nselect_one h | thái_độ | Q")
    assert [(item.code, item.aliases) for item in made.items] == [("thai_do", ("thái_độ",))]


def test_headings_with_capitals_spaces_and_old_names() -> None:
    made = taken(
        "Type | NAME | Caption | Relevance | Read Only\nselect1 yn | s | S | |\nselect_one h | q | Q | ${s} = '1' | yes",
        "List Name | value | Label\nh | 1 | Kém\nh | 2 | Tốt\nyn | 1 | Có\nyn | 0 | Không",
    )
    assert made.item["q"].asked_when == ("s", ("1",))


def test_an_option_that_says_nothing_was_used_stands_outside_a_ladder_and_inside_frequencies() -> None:
    choices = (
        SCALE
        + "h | 4 | Chưa sử dụng dịch vụ\nk | 1 | Thường xuyên\nk | 2 | Thỉnh thoảng\nk | 3 | Chưa từng\n"
    )
    made = taken("type | name | label\nselect_one h | q | Q\nselect_one k | r | R", choices)
    assert [(other.code, other.kind) for other in made.scale["h"].non_answers] == [("4", "not_applicable")]
    assert made.scale["h"].values() == (0, 0.5, 1)
    assert len(made.scale["k"].levels) == 3


def test_formatting_is_taken_from_labels_and_kept_as_a_name() -> None:
    made = taken(
        "type | name | label\nselect_one h | q | **Thái độ** <b>phục vụ</b>",
        "list_name | name | label\nh | 1 | <span style='color:red'>Kém</span>\nh | 2 | **Tốt**",
    )
    assert (made.item["q"].text_vi, made.item["q"].aliases) == (
        "Thái độ phục vụ",
        ("**Thái độ** <b>phục vụ</b>",),
    )
    assert [(level.label_vi, level.values) for level in made.scale["h"].levels] == [
        ("Kém", (0.0,)),
        ("Tốt", (1.0,)),
    ]


def test_a_field_never_takes_the_place_of_a_column_of_the_returns() -> None:
    made = taken(
        "type | name | label | role\nselect_one dv | group | Nhóm | attribute\ntext | table | Bàn |\n"
        "text | form_code | Mã phiếu |\nselect_one h | q | Q |"
    )
    assert [(field.code, field.headers) for field in from_questions(made)] == [
        ("group-2", ("group",)),
        ("table-2", ("table",)),
        ("form_code", ("form_code",)),
    ]


def test_the_option_that_or_other_adds_is_there_for_every_question_of_the_list() -> None:
    made = taken("type | name | label\nselect_one h | q | Q\nselect_one h or_other | r | R")
    assert made.item["q"].scale == made.item["r"].scale == "h"
    assert made.scale["h"].values() == (0, 0.5, 1)
    assert [(other.code, other.kind) for other in made.scale["h"].non_answers] == [
        ("other", "not_applicable")
    ]


def test_lists_called_as_scales_that_the_import_makes() -> None:
    choices = (
        SCALE
        + "chosen | 1 | Kém\nchosen | 2 | Tốt\nrange_1_5_1_choice | 1 | Kém\nrange_1_5_1_choice | 2 | Tốt\n"
    )
    made = taken(
        "type | name | label | parameters\nselect_one chosen | q | Q |\nselect_multiple dv | m | M |\n"
        "range | r | R | start=1 end=5\nselect_one range_1_5_1_choice | s | S |",
        choices,
    )
    kinds = {
        item.code: (len(made.scale_of(item.code).levels), made.scale_of(item.code).kind)
        for item in made.items
    }
    assert kinds == {
        "q": (2, "ordinal"), "m.1": (2, "multiple"), "m.2": (2, "multiple"), "r": (5, "choice"), "s": (2, "ordinal"),
    }  # fmt: skip
