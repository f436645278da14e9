"""Columns: a question in several of them, names that only look like an item, labels of other questions, rows of other rounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

import surveys as sv
from surveys.definitions.instrument.records import SEVERAL
from surveys.returns.writing import write_returns
from tests.trouble.trial import A1, A2, B1, HEADINGS, ITEMS, forms, reasons, score_of, table, told, trial

BRANCHES = (*HEADINGS, *HEADINGS[3:])
FORM = ("P1", "Xã An Bình", "2025-10-05", 4, 5, 3)
SPREAD = [
    ("P1", "Xã An Bình", "2025-10-05", "Hài lòng", 5, 3, "", "", ""),
    ("P2", "Xã Long Mỹ", "2025-10-06", "", "", "", "Rất hài lòng", 4, 1),
]
BY_KEY = """
[[returns]]
path = "r.csv"
questionnaire = "p1"
[returns.columns]
A1 = ["#D", "#G"]
A2 = ["#E", "#H"]
B1 = ["#F", "#I"]
"""
BY_MAPPING = '\n[[returns]]\npath = "r.csv"\nquestionnaire = "p1"\nmapping = "m.csv"\n'
MAPPED = table(
    [(letter, heading, "item", item, "x") for letter, heading, item in zip(
        "DEFGHI", BRANCHES[3:], ("A1", "A2", "B1") * 2, strict=True
    )],
    ("column", "heading", "kind", "target", "decision"),
)  # fmt: skip


@pytest.mark.parametrize("returns", [BY_KEY, BY_MAPPING])
def test_the_first_filled_column_of_a_question_is_its_answer(tmp_path: Path, returns: str) -> None:
    path = trial(tmp_path, {"r.csv": table(SPREAD, BRANCHES), "m.csv": MAPPED}, returns)
    result = sv.load(path).score()
    assert score_of(result, "an-binh", "1") == (0.75 + 1) / 2
    assert score_of(result, "long-my", "1") == (1 + 0.75) / 2
    assert score_of(result, "long-my", "2") == 0.0
    assert [warning.code for warning in result.warnings if "column" in warning.code] == []


def test_one_question_in_two_columns_is_refused_with_the_key_that_settles_it(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(SPREAD, BRANCHES)})
    twice = told(path, "returns.column_twice")
    assert [dict(p.params)["key"] for p in twice] == [
        '"A1" = ["#D", "#G"]', '"A2" = ["#E", "#H"]', '"B1" = ["#F", "#I"]',
    ]  # fmt: skip
    assert {p.file for p in twice} == {"r.csv"}


@pytest.mark.parametrize("returns", [BY_KEY, BY_MAPPING])
def test_two_filled_columns_that_differ_are_a_fault_of_the_cell(tmp_path: Path, returns: str) -> None:
    rows = [(*SPREAD[0][:6], "Không hài lòng", 5, ""), SPREAD[1]]
    path = trial(tmp_path, {"r.csv": table(rows, BRANCHES), "m.csv": MAPPED}, returns)
    (problem,) = told(path, "returns.columns_disagree")
    assert (problem.file, problem.row, problem.column) == ("r.csv", 2, f"{A1} (D, G)")
    assert dict(problem.params)["text"] == "Hài lòng ≠ Không hài lòng"
    assert forms(path) == {("r.csv", 2): "review", ("r.csv", 3): "valid"}
    assert reasons(path, 2) == {"several_answers"}


def test_one_answer_written_in_two_ways_does_not_differ(tmp_path: Path) -> None:
    rows = [(*SPREAD[0][:6], 4, "Very satisfied", "3 - Bình thường")]
    path = trial(tmp_path, {"r.csv": table(rows, BRANCHES)}, BY_KEY)
    assert told(path, "returns.columns_disagree") == []
    assert score_of(sv.load(path).score(), "an-binh", "1") == (0.75 + 1) / 2


def test_ticks_and_questions_with_several_answers_are_spread_over_columns_too(tmp_path: Path) -> None:
    items = ITEMS + "".join(
        f"K{k},,p1,ck,0,1,Kênh [{text}],Channel [{k}],,tu-dat\n" for k, text in enumerate(("Loa", "Báo"))
    )
    headings = (*HEADINGS[:3], A1, "a", "b", "c", "d", B1, "Kênh (B)", "Kênh (A)")
    rows = [
        ("P1", "Xã An Bình", "2025-10-05", 4, "x", "", "", "", 3, "", "Loa, Báo"),
        ("P2", "Xã An Bình", "2025-10-05", 4, "", "", "", "x", 3, "Báo", ""),
        ("P3", "Xã An Bình", "2025-10-05", 4, "", "x", "x", "", 3, "Báo", "Loa"),
    ]
    said = [
        ("E", "a", "tick", "A2=5"), ("F", "b", "tick", "A2=1"), ("G", "c", "tick", "A2=5"), ("H", "d", "tick", "A2=1"),
        ("J", "Kênh (B)", "options", "Kênh"), ("K", "Kênh (A)", "options", "Kênh"),
    ]  # fmt: skip
    mapping = table([(*row, "x") for row in said], ("column", "heading", "kind", "target", "decision"))
    path = trial(
        tmp_path, {"r.csv": table(rows, headings), "m.csv": mapping}, BY_MAPPING, parts={"items": items}
    )
    answers = sv.load(path).screen().returns.answers
    assert answers[:2, [1, 3, 4]].tolist() == [[4, 1, 1], [0, 0, 1]]
    assert answers[2, 1] == SEVERAL
    assert [(p.row, p.column) for p in told(path, "returns.columns_disagree")] == [(4, "Kênh (B); Kênh (A)")]
    assert forms(path)["r.csv", 4] == "review"


def test_a_unit_asked_in_each_district_is_read_from_the_first_filled(tmp_path: Path) -> None:
    headings = ("Mã phiếu", "Xã của huyện Đông", "Xã của huyện Tây", "Ngày trả lời", A1, A2, B1)
    rows = [
        ("P1", "Xã An Bình", "", "2025-10-05", 4, 5, 3),
        ("P2", "", "Xã Long Mỹ", "2025-10-05", 4, 5, 3),
        ("P3", "Xã An Bình", "an-binh", "2025-10-05", 2, 1, 3),
        ("P4", "Xã An Bình", "Xã Long Mỹ", "2025-10-05", 1, 1, 1),
    ]
    columns = '[returns.columns]\ndv = ["Xã của huyện Đông", "Xã của huyện Tây"]\n'
    path = trial(tmp_path, {"r.csv": table(rows, headings)}, f'[[returns]]\npath = "r.csv"\n{columns}')
    assert forms(path) == {("r.csv", row): "valid" for row in (2, 3, 4)} | {("r.csv", 5): "review"}
    assert [(p.row, p.column) for p in told(path, "returns.columns_disagree")] == [
        (5, "Xã của huyện Đông; Xã của huyện Tây")
    ]
    assert score_of(sv.load(path).score(), "long-my", "2") == 0.5


def test_a_heading_of_the_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table(SPREAD, BRANCHES)}, BY_KEY.replace('"#I"', '"Câu 9"'))
    assert [dict(p.params)["heading"] for p in told(path, "returns.assigned_missing")] == ["Câu 9"]


def test_columns_that_are_not_read_are_told_in_one_line(tmp_path: Path) -> None:
    others = [f"Câu phụ số {k}" for k in range(40)]
    path = trial(tmp_path, {"r.csv": table([(*SPREAD[0][:6], *range(1, 41))], (*HEADINGS, *others))})
    (problem,) = told(path, "returns.columns_ignored")
    assert dict(problem.params)["columns"] == "40"
    assert dict(problem.params)["headings"].startswith("Câu phụ số 0; Câu phụ số 1; ")


def test_a_column_like_an_item_without_one_is_told_by_itself(tmp_path: Path) -> None:
    headings = (*HEADINGS[:3], "Cán bộ tiếp đón khá lịch sự", A2, B1, "Ghi chú")
    path = trial(tmp_path, {"r.csv": table([(*SPREAD[0][:6], "")], headings)})
    assert [(p.column, dict(p.params)["item"]) for p in told(path, "returns.column_ignored")] == [
        ("Cán bộ tiếp đón khá lịch sự", A1)
    ]
    assert [dict(p.params)["item"] for p in told(path, "returns.item_missing")] == ["A1"]


def statistical(path: Path, names: dict[str, str], answers: tuple[int, ...] = (4, 5, 3)) -> bytes:
    """An SPSS file of one form: variable → label; those of the answers stand last."""
    rows = [["P1", "Xã An Bình", *answers]]
    table = pd.DataFrame(rows, columns=["ma", "dv", *names]).astype(dict.fromkeys(names, float))
    pyreadstat.write_sav(table, path, column_labels=["Mã phiếu", "Đơn vị", *names.values()])
    return path.read_bytes()


@pytest.mark.parametrize(
    "labels",
    [
        {"A1": "", "A2": "", "B1": ""},
        {"A1": A1, "A2": f"A2. {A2}", "B1": "Hồ sơ được trả đ…"},
        {"A1": "Staff are polite", "A2": "Câu 2", "B1": "Ho so duoc tra dung hen"},
        {"A1": "Ý kiến của Ông/Bà: " + A1, "A2": "A2", "B1": "Trả đúng hẹn"},
    ],
)  # fmt: skip
def test_a_variable_whose_label_agrees_or_is_empty_is_the_item_of_its_name(
    tmp_path: Path, labels: dict[str, str]
) -> None:
    path = trial(tmp_path, {"r.sav": statistical(tmp_path / "r.sav", labels)})
    result = sv.load(path).score()
    assert score_of(result, "an-binh", "1") == (0.75 + 1) / 2
    assert [w for w in result.warnings if w.code == "returns.label_disagrees"] == []


@pytest.mark.parametrize("other", ["Lối vào dễ đi", "A1. Lối vào dễ đi", "Cán bộ tiếp đón nhanh", B1])
def test_a_variable_whose_label_is_another_question_is_not_read(tmp_path: Path, other: str) -> None:
    labels = {"A1": other, "A2": A2, "B1": ""}
    path = trial(tmp_path, {"r.sav": statistical(tmp_path / "r.sav", labels)})
    (problem,) = told(path, "returns.label_disagrees")
    assert (problem.file, problem.column, dict(problem.params)["label"]) == ("r.sav", "A1", other)
    assert [dict(p.params)["item"] for p in told(path, "returns.item_missing")] == ["A1"]


def test_a_column_of_the_study_settles_what_a_label_denies(tmp_path: Path) -> None:
    labels = {"A1": "Lối vào dễ đi", "A2": A2, "B1": ""}
    returns = '[[returns]]\npath = "r.sav"\n[returns.columns]\nA1 = "A1"\n'
    path = trial(tmp_path, {"r.sav": statistical(tmp_path / "r.sav", labels)}, returns)
    assert score_of(sv.load(path).score(), "an-binh", "1") == (0.75 + 1) / 2


def qualtrics(texts: tuple[str, str, str]) -> str:
    own = ["StartDate", "ResponseId"]
    first = ("Start Date", "Response ID", "Đơn vị", *texts)
    rows = [first, ("2025-10-05 08:00:00", "R_1", "Xã An Bình", 4, 5, 3)]
    return table(rows, [*own, "dv", "A1", "A2", "B1"])


def limesurvey(texts: tuple[str, str, str]) -> str:
    headings = [f"{code}. {text}" for code, text in zip(("A1", "A2", "B1"), texts, strict=True)]
    own = ["id. Response ID", "submitdate. Date submitted", "lastpage. Last page", "dv. Đơn vị"]
    return table([(1, "2025-10-05 08:00:00", 3, "Xã An Bình", 4, 5, 3)], [*own, *headings])


@pytest.mark.parametrize("product", [qualtrics, limesurvey])
def test_a_name_beside_the_text_of_another_question_is_not_that_item_in_other_products(
    tmp_path: Path, product: Callable[[tuple[str, str, str]], str]
) -> None:
    path = trial(tmp_path / "other", {"r.csv": product(("Lối vào dễ đi", A2, B1))})
    assert [dict(p.params)["target"] for p in told(path, "returns.label_disagrees")] == ["A1"]
    assert [dict(p.params)["item"] for p in told(path, "returns.item_missing")] == ["A1"]
    right = trial(tmp_path / "right", {"r.csv": product((A1, A2, B1))})
    assert score_of(sv.load(right).score(), "an-binh", "1") == (0.75 + 1) / 2


NUMBERED = ITEMS.replace("\nA1,", "\n11,").replace("\nA2,", "\n12,").replace("\nB1,", "\n21,")


def kobo(names: tuple[str, ...]) -> str:
    own = ("_id", "_uuid", "_submission_time", "_index")
    return table(
        [("Xã An Bình", 4, 5, 3, 1, "u1", "2025-10-08T02:10:05", 1)], ("dv", *names, *own), between=";"
    )


@pytest.mark.parametrize("names", [("c11", "q12", "q21"), ("q11", "q12", "q21"), ("g/c11", "g/q12", "h/q21")])
def test_no_letter_is_dropped_to_find_an_item(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = trial(tmp_path, {"k.csv": kobo(names)}, parts={"items": NUMBERED})
    likely = {dict(p.params)["letters"]: dict(p.params)["items"] for p in told(path, "returns.header_likely")}
    headers = [dict(p.params)["header"] for p in told(path, "returns.header_likely")]
    assert headers == (["q{item}"] if names[0] == "q11" else ["", ""])
    assert likely == ({"q": "11, 12, 21"} if names[0] == "q11" else {"c": "11", "q": "12, 21"})
    assert len(told(path, "returns.item_missing")) == 3


@pytest.mark.parametrize("names", [("q11", "q12", "q21"), ("g/q11", "g/Q12", "q21")])
def test_the_letter_in_front_of_a_number_is_declared_by_the_heading_pattern(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    returns = '[[returns]]\npath = "k.csv"\nheader = "q{item}"\n'
    path = trial(tmp_path, {"k.csv": kobo(names)}, returns, parts={"items": NUMBERED})
    assert score_of(sv.load(path).score(), "an-binh", "1") == (0.75 + 1) / 2


@pytest.mark.parametrize("names", [("V11", "V12", "V21"), ("q11", "q12", "q21")])
def test_variables_of_a_statistical_file_need_the_pattern_too(tmp_path: Path, names: tuple[str, ...]) -> None:
    content = statistical(tmp_path / "r.sav", dict.fromkeys(names, ""))
    path = trial(tmp_path, {"r.sav": content}, parts={"items": NUMBERED})
    assert [dict(p.params)["letters"] for p in told(path, "returns.header_likely")] == [names[0][0]]
    returns = f'[[returns]]\npath = "r.sav"\nheader = "{names[0][0]}{{item}}"\n'
    path = trial(tmp_path, {"r.sav": content}, returns, parts={"items": NUMBERED})
    assert score_of(sv.load(path).score(), "an-binh", "1") == (0.75 + 1) / 2


def test_what_this_project_writes_is_read_by_the_names_it_gives(tmp_path: Path) -> None:
    path = trial(tmp_path, {"k.csv": kobo(("_11", "_12", "_21"))}, parts={"items": NUMBERED})
    write_returns(sv.load(path).screen().returns, tmp_path, "sav")
    again = trial(tmp_path, returns='[[returns]]\npath = "returns-p1.sav"\n', parts={"items": NUMBERED})
    assert score_of(sv.load(again).score(), "an-binh", "1") == (0.75 + 1) / 2


@pytest.mark.parametrize("pattern", ["q", "{item}{item}", "{unit}", "q{items}", "{item"])
def test_a_pattern_without_the_item_is_refused(tmp_path: Path, pattern: str) -> None:
    path = trial(tmp_path, {"k.csv": "a\n1\n"}, f'[[returns]]\npath = "k.csv"\nheader = "{pattern}"\n')
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(path)
    assert [p.code for p in caught.value.problems] == ["study.header"]


CHANNELS = (
    f"{ITEMS}K1,,p1,ck,0,1,kenh [loa],kenh [loa],,tu-dat\nK9,,p1,ck,0,1,kenh [khac],kenh [khac],,tu-dat\n"
)


def chosen(path: Path) -> list[list[int]]:
    """The answers to the two options, form by form."""
    return sv.load(path).screen().returns.answers[:, 3:].tolist()


@pytest.mark.parametrize("text", ["kenh_khac", "kenh_Khac", "g/kenh_khac", "kenh khac"])
def test_the_column_of_an_other_text_is_not_the_option_in_kobo(tmp_path: Path, text: str) -> None:
    own = ("_id", "_uuid", "_submission_time", "_index")
    rows = [
        ("Xã An Bình", 4, 5, 3, "loa khac", 1, 1, "không", 1, "u1", "2025-10-08T02:10:05", 1),
        ("Xã An Bình", 4, 5, 3, "loa", 1, 0, "", 2, "u2", "2025-10-08T02:11:05", 2),
    ]
    headings = ("dv", "A1", "A2", "B1", "kenh", "kenh/loa", "kenh/khac", text, *own)
    path = trial(tmp_path, {"k.csv": table(rows, headings, between=";")}, parts={"items": CHANNELS})
    assert chosen(path) == [[1, 1], [1, 0]]


def test_the_text_of_other_is_the_option_where_the_product_has_no_other_column(tmp_path: Path) -> None:
    items = CHANNELS.replace("[khac]", "[Khác]")
    own = ("id", "submitdate", "lastpage")
    rows = [
        (1, "2025-10-05 08:00:00", 3, "Xã An Bình", 4, 5, 3, "Y", "bạn bè"),
        (2, "2025-10-05 08:01:00", 3, "Xã An Bình", 4, 5, 3, "Y", ""),
    ]
    path = trial(
        tmp_path,
        {"l.csv": table(rows, (*own, "dv", A1, A2, B1, "kenh [loa]", "kenh [Khác]"))},
        parts={"items": items},
    )
    assert chosen(path) == [[1, 1], [1, 0]]


def test_an_option_that_is_named_by_a_number_is_no_numbered_item(tmp_path: Path) -> None:
    """``kenh/11`` is the option 11 of ``kenh``, not item 11 in a group ``kenh``."""
    own = ("_id", "_uuid", "_submission_time", "_index")
    rows = [("Xã An Bình", 5, 3, "11", 1, 1, "u1", "2025-10-08T02:10:05", 1)]
    content = table(rows, ("dv", "_12", "_21", "kenh", "kenh/11", *own), between=";")
    path = trial(tmp_path, {"k.csv": content}, parts={"items": NUMBERED})
    assert [dict(p.params)["item"] for p in told(path, "returns.item_missing")] == ["11"]


def lime(*more: str) -> str:
    own = ("Response ID", "Date submitted", "Last page", "Đơn vị")
    rows = [(1, "2025-10-05 08:00:00", 3, "Xã An Bình", 4, 5, 3)[: 4 + len(more)]]
    return table(rows, (*own, *more))


@pytest.mark.parametrize("dots", ["...", "..", "…", " ..."])
def test_a_question_that_ends_in_dots_is_no_item_cut_short(tmp_path: Path, dots: str) -> None:
    own = ("Response ID", "Date submitted", "Last page", "Đơn vị")
    rows = [(1, "2025-10-05 08:00:00", 3, "Xã An Bình", 4, 5, 3, "ở nhà", "x")]
    others = (f"Khi ốm nhẹ, tôi thường{dots}", f"Cán bộ{dots}")
    path = trial(tmp_path, {"l.csv": table(rows, (*own, A1, A2, B1, *others))})
    assert forms(path) == {("l.csv", 2): "valid"}
    assert len(told(path, "returns.columns_ignored")) == 1


@pytest.mark.parametrize("heading", ["Hồ sơ được..", "Ý kiến.. [Hồ sơ được trả…]"])
def test_an_item_cut_short_is_refused(tmp_path: Path, heading: str) -> None:
    path = trial(tmp_path, {"l.csv": lime(A1, A2, heading)})
    (problem,) = told(path, "returns.heading_abbreviated")
    assert dict(problem.params)["items"] == "B1"


WAVES = [
    ("P1", "Xã An Bình", "2025-10-05", 4, 5, 3, 2),
    ("P1", "Xã An Bình", "2025-04-05", 1, 1, 1, 1),
    ("P2", "Xã Long Mỹ", "2025-10-05", 2, 2, 2, "2.0"),
    ("P3", "Xã Long Mỹ", "2025-10-05", 2, 2, 2, ""),
]


@pytest.mark.parametrize("rows", ['{ "Đợt" = ["2"] }', '{ "#G" = "2" }', '{ "đợt" = ["2", "3"] }'])
def test_rows_of_other_waves_are_no_forms(tmp_path: Path, rows: str) -> None:
    path = trial(
        tmp_path, {"r.csv": table(WAVES, (*HEADINGS, "Đợt"))}, f'[[returns]]\npath = "r.csv"\nrows = {rows}\n'
    )
    assert forms(path) == {("r.csv", 2): "valid", ("r.csv", 4): "valid"}
    (problem,) = told(path, "returns.rows_not_selected")
    said = dict(problem.params)
    assert (problem.file, problem.row, problem.column) == ("r.csv", 3, "Đợt")
    assert (said["rows"], said["values"], said["kept"]) == ("2", '"1", ""', "2")
    assert told(path, "returns.columns_ignored") == []


def test_rows_by_a_column_that_is_not_there_are_refused(tmp_path: Path) -> None:
    returns = '[[returns]]\npath = "r.csv"\nrows = { "Đợt điều tra" = ["2"] }\n'
    path = trial(tmp_path, {"r.csv": table(WAVES, (*HEADINGS, "Đợt"))}, returns)
    assert [dict(p.params)["heading"] for p in told(path, "returns.rows_no_column")] == ["Đợt điều tra"]


def test_mode_batch_interviewer_and_operator_are_read_from_columns(tmp_path: Path) -> None:
    headings = (*HEADINGS, "Hình thức", "Lô", "Người hỏi", "Người nhập")
    rows = [
        (*WAVES[0][:6], "Trực tuyến", "L1", "Hoa", "Nam"), ("P2", *WAVES[2][1:6], "Phiếu giấy", "", "", ""),
        ("P3", *WAVES[3][1:6], "Bồ câu", "L2", "Huệ", "Nam"), ("P4", *WAVES[3][1:3], 5, 1, 4, "", "", "", ""),
    ]  # fmt: skip
    columns = 'mode = "Hình thức"\nbatch = "Lô"\ninterviewer = "Người hỏi"\noperator = "#J"\n'
    returns = f'[[returns]]\npath = "r.csv"\nmode = "paper"\nbatch = "chung"\n[returns.columns]\n{columns}'
    path = trial(tmp_path, {"r.csv": table(rows, headings)}, returns)
    read = sv.load(path).screen().returns.rows
    assert read[["mode", "batch", "interviewer", "operator"]].values.tolist() == [
        ["online", "L1", "Hoa", "Nam"], ["paper", "chung", "", ""], ["", "L2", "Huệ", "Nam"],
        ["paper", "chung", "", ""],
    ]  # fmt: skip
    assert [(p.row, dict(p.params)["text"]) for p in told(path, "returns.mode_unknown")] == [(4, "Bồ câu")]


AGES = """
[[fields]]
code = "tuoi"
role = "attribute"
headers = ["Năm sinh", "Ngày sinh", "Tuổi"]
label_vi = "Nhóm tuổi"
label_en = "Age group"
measure = "age"
categories = { tre = ["18–29"], giua = ["30–59"], gia = ["60 trở lên"] }

[[fields.bands]]
category = "tre"
low = 18
high = 29

[[fields.bands]]
category = "giua"
low = 30
high = 59

[[fields.bands]]
category = "gia"
low = 60
"""


@pytest.mark.parametrize(
    ("heading", "cells", "groups"),
    [  # on 1 October 2025
        ("Năm sinh", (1995, "1996", "1966.0", "95", "không rõ"), ["giua", "tre", "giua", "", ""]),
        ("Ngày sinh", ("01/10/1995", "02/10/1995", "1965-10-01", "12/09/1995", "30–59"),
         ["giua", "", "gia", "", "giua"]),
        ("Ngày sinh", ("30/09/1995", "31/12/1995", "25/9/1965", "13/2/2007", "32/1/1990"),
         ["giua", "tre", "gia", "tre", ""]),
        ("Tuổi", (30, "29", "59 tuổi", 17, "130"), ["giua", "tre", "giua", "", ""]),
    ],
)  # fmt: skip
def test_an_age_group_is_derived_from_a_birth_or_an_age(
    tmp_path: Path, heading: str, cells: tuple[object, ...], groups: list[str]
) -> None:
    rows = [(f"P{k}", *FORM[1:], cell) for k, cell in enumerate(cells)]
    path = trial(tmp_path, {"r.csv": table(rows, (*HEADINGS, heading))}, parts={"more": AGES})
    read = sv.load(path).screen().returns.rows
    assert read["tuoi"].tolist() == groups
    told_rows = sorted(p.row or 0 for p in told(path, "returns.band_unknown"))
    assert told_rows == [k + 2 for k, group in enumerate(groups) if not group]
    assert not read.astype(str).isin([str(cell) for cell in cells if len(str(cell)) > 2]).any(axis=None)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("high = 29", "high = 30", "field.bands"), ("low = 60", "low = 70\nhigh = 65", "field.bands"),
        ('measure = "age"\n', "", "field.measure"), ('role = "attribute"', 'role = "personal"', "field.measure"),
        ('category = "gia"', 'category = "cao"', "record.not_accepted"),
    ],
)  # fmt: skip
def test_bands_that_cannot_work_are_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    path = trial(tmp_path, {"r.csv": table([FORM])}, parts={"more": AGES.replace(old, new)})
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(path)
    assert {p.code for p in caught.value.problems} == {code}


def test_an_age_needs_the_first_day_of_fieldwork(tmp_path: Path) -> None:
    path = trial(tmp_path, {"r.csv": table([FORM])}, parts={"more": AGES})
    study = (path / "study.toml").read_text("utf-8")
    (path / "study.toml").write_text(study.replace('start = "2025-10-01"', ""), "utf-8")
    with pytest.raises(sv.SurveyError) as caught:
        sv.load(path)
    assert [p.code for p in caught.value.problems] == ["study.age_without_start"]
