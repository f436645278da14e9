"""703 real forms of a Google Forms survey of schools: free-text unit names, items out of order, an optional question.

Every spelling of a school is either exactly one of the names declared for it, or listed for review; none is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from surveys.definitions.declared_rules import with_standing
from surveys.definitions.instrument.records import (
    BLANK,
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Level,
    Node,
    Questionnaire,
    Rule,
    Scale,
    Unit,
)
from surveys.definitions.study.records import (
    Fieldwork,
    Minimum,
    ReturnFile,
    StudyDefinition,
    UnitDecision,
    WeightPlan,
)
from surveys.returns.reading import read_returns
from surveys.returns.record_set import Returns
from tests.real.real_files import real_file

NAME = "vn_google_forms.xlsx"
TEXTS = {
    "1": "1.Nội dung của ứng dụng Chatbot rõ ràng, dễ hiểu và phù hợp với nhu cầu giảng dạy, học tập",
    "2": "2. Hài lòng về độ chính xác mà kết quả của Chatbot đưa ra",
    "3": "3. Đánh giá khả năng hỗ trợ học tập của Chatbot",
    "4": "4. Các phần mềm Chatbot trong buổi tập huấn dễ thao tác và sử dụng",
    "5": "5.Tôi cảm thấy tự tin hơn trong việc sử dụng Chatbot-AI vào học tập",
    "6": "6.Được hỗ trợ, hướng dẫn sử dụng các công cụ AI một cách nhiệt tình từ giảng viên và tình nguyện viên",
}
# Printed in the description of the data. They are in the order of the item numbers, whereas the description says in the order
# of the columns: the plain mean of the column headed "3." is 4.4723, of the column headed "4." 4.4666.
PRINTED_MEANS = {"1": 4.4851, "2": 4.5448, "3": 4.4723, "4": 4.4666, "5": 4.4125, "6": 4.5420}
COLUMN_ORDER = ["1", "2", "4", "3", "5", "6"]
AGREE = ("Hoàn toàn không đồng ý", "Không đồng ý", "Bình thường", "Đồng ý", "Hoàn toàn đồng ý")
USE = ("Chưa dùng bao giờ", "Sử dụng ít", "Sử dụng thường xuyên", "Sử dụng hàng ngày")

KINDS = {
    "MN": ("Mầm non", "MN"),
    "TH": ("Tiểu học", "TH"),
    "THCS": ("THCS", "Trung học cơ sở"),
    "TH-THCS": ("TH-THCS", "TH và THCS", "Tiểu học và THCS", "Tiểu học và Trung học cơ sở"),
}
SCHOOLS = {
    "MN": "Hòa Long,Hoa Hồng,Hoa Sữa,Khúc Xuyên,Kinh Bắc,Ninh Xá,Suối Hoa,Vạn An,Ánh Dương",
    "TH": "Hòa Long,Kinh Bắc,Ninh Xá,Suối Hoa,Tiền An",
    "THCS": "Hòa Long,Kinh Bắc,Ninh Xá,Vệ An,Nguyễn Đăng Đạo",
    "TH-THCS": "Vạn An,Khúc Xuyên",
}


def names_of(kind: str, place: str) -> list[str]:
    return [f"{start}{written} {place}" for written in KINDS[kind] for start in ("", "Trường ")]


REGISTER = {
    f"{kind} {place}": names_of(kind, place) for kind in SCHOOLS for place in SCHOOLS[kind].split(",")
}


def study(*decisions: UnitDecision) -> StudyDefinition:
    agree = Scale("agree", tuple(Level(str(k + 1), (k / 4,), AGREE[k], AGREE[k], k >= 3) for k in range(5)))
    use = Scale("use", tuple(Level(str(k), (k / 3,), USE[k], USE[k]) for k in range(4)), kind="choice")
    items = (
        *(Item(code, "0", "agree", ("q",), text, f"Item {code}") for code, text in TEXTS.items()),
        Item("7", "", "use", ("q",), "Đã sử dụng AI, Chatbot trước đây", "Used AI before"),
    )
    units = tuple(
        Unit(code, "truong", names[0], aliases=tuple(names[1:])) for code, names in REGISTER.items()
    )
    instrument = Instrument(
        "chatbot", "2025", "Tập huấn", "Training", (Block("truong", "Trường", "Schools"),),
        (Group("teachers", "Giáo viên", "Teachers"),), (Questionnaire("q", "truong", "teachers", "Phiếu", "Form"),),
        (agree, use),
        (Node("0", "", "unit", "mean", "Điểm", "Score", "survey", max_points=1, groups=(("teachers", 1.0),)),),
        items, units,
        (Field("submitted", "submitted", ("Timestamp",)), Field("unit", "unit", ("Trường",))), (), (),
    )  # fmt: skip
    path = real_file(NAME)
    rules = (
        Rule("unknown_unit", "review"),
        Rule("out_of_scale", "reject"),
        Rule("too_few_answers", "reject"),
    )
    return StudyDefinition(
        "chatbot-2025", "Tập huấn", "Training", instrument, path.parent, units, returns=(ReturnFile(NAME, "q"),),
        rules=with_standing(rules, ("q",)),
        unit_decisions=decisions, fieldwork=Fieldwork("2025-09-01", "2025-12-31"), minimum=Minimum(5),
        weights=(WeightPlan("teachers", base="equal", finite=False),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def returns() -> Returns:
    return read_returns(study())


@pytest.fixture(scope="module")
def cells() -> Sequence[Sequence[object]]:
    return CalamineWorkbook.from_path(str(real_file(NAME))).get_sheet_by_index(0).to_python()[1:]


def by_hand(text: str) -> str:
    """Folding, written again from its description: NFC, case, only letters and digits, and the tone of an open oa, oe or uy
    on its first letter."""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold())
    letters = re.sub("(o)([ae])([\u0300\u0301\u0303\u0309\u0323])", r"\1\3\2", letters)
    letters = re.sub("(u)(y)([\u0300\u0301\u0303\u0309\u0323])", r"\1\3\2", letters)
    return " ".join(re.split(r"[^\w]+", unicodedata.normalize("NFC", letters))).strip()


def test_every_form_is_there_once(returns, cells):
    assert len(returns) == len(cells) == 703
    assert returns.rows["source_row"].tolist() == list(range(2, 705))
    assert returns.rows["submitted"].iloc[0] == pd.Timestamp("2025-09-06 15:42:45")


def test_items_are_told_by_their_texts_not_their_places(returns, cells):
    position = returns.instrument.item_position
    for column, code in enumerate(COLUMN_ORDER, start=2):
        assert (returns.answers[:, position[code]] + 1).tolist() == [row[column] for row in cells]
    for code, printed in PRINTED_MEANS.items():
        levels = returns.answers[:, position[code]].astype(float) + 1
        assert abs(levels.mean() - printed) <= 0.00005


def test_the_optional_question_keeps_its_blanks(returns):
    answers = returns.answers[:, returns.instrument.item_position["7"]]
    assert (answers == BLANK).sum() == 483
    assert np.bincount(answers[answers >= 0]).tolist() == [14, 134, 57, 15]


def test_each_spelling_is_a_declared_name_or_listed(returns, cells):
    declared = {by_hand(name): code for code, names in REGISTER.items() for name in names}
    spellings = {str(row[1]) for row in cells}
    assert len(spellings) == 279
    written = [str(row[1]) for row in cells]
    expected = [declared.get(by_hand(text), "") for text in written]
    sure = returns.rows["unit_code"].where(returns.rows["noticed"] == "", "")
    assert sure.tolist() == expected
    unresolved = {
        unicodedata.normalize("NFC", " ".join(t.split()))
        for t, code in zip(written, expected, strict=True)
        if not code
    }
    assert set(returns.proposals["text"]) == unresolved
    assert (returns.proposals["decision"] == "").all()


def test_one_letter_decides_and_likeness_does_not(returns):
    resolved = dict(zip(returns.rows["unit_text"].str.casefold(), returns.rows["unit_code"], strict=True))
    assert resolved["th kinh bắc"] == "TH Kinh Bắc"
    assert resolved["thcs kinh bắc"] == "THCS Kinh Bắc"
    for text in (
        "th cs kinh bắc",
        "ninh xá",
        "abc",
        "mầm non kinh bẵc",
        "thcs khúc xuyên.",
    ):
        assert resolved[text] == ""


#: As a person reads the list of spellings that are no declared name.
WITHOUT_TONES = {
    "Mầm non Kinh Băc": "MN Kinh Bắc", "Truong MN Hoa Long": "MN Hòa Long", "Mn Hoa sua": "MN Hoa Sữa",
    "Mam non kinh bac": "MN Kinh Bắc", "Mầm non Hoa Sũa": "MN Hoa Sữa", "MAM NON HOA LONG": "MN Hòa Long",
    "Mâm non hoa sữa": "MN Hoa Sữa", "Trương mầm non vạn an": "MN Vạn An", "THCS Nguyen Đăng Đạo": "THCS Nguyễn Đăng Đạo",
    "THCS Ninh Xa": "THCS Ninh Xá", "Tiểu học Ninh xa": "TH Ninh Xá", "Tiểu học Kinh Băc": "TH Kinh Bắc",
    "Tieu hoc Hoa Long": "TH Hòa Long", "tiêu học tiền an": "TH Tiền An", "Tiểu hoc Kinh Bắc": "TH Kinh Bắc",
}  # fmt: skip


def test_names_that_leave_out_tones_are_the_only_school_they_fit_and_wait_for_review(returns):
    said = returns.rows[returns.rows["noticed"] == "unit_without_tones"]
    assert dict(zip(said["unit_text"], said["unit_code"], strict=True)) == WITHOUT_TONES


def test_a_decomposed_spelling_is_the_same_school_and_its_repair_is_logged(returns):
    log = returns.conversions
    assert log.loc[(log["column"] == "Trường") & (log["conversion"] == "nfc"), "cells"].sum() >= 2
    assert returns.rows["unit_text"].map(lambda t: unicodedata.is_normalized("NFC", t)).all()


def test_a_confirmed_spelling_counts_from_then_on():
    read = read_returns(
        study(UnitDecision("truong", "ninh xá", "MN Ninh Xá"), UnitDecision("truong", "Abc", ""))
    )
    assert set(read.rows.loc[read.rows["unit_text"].str.casefold() == "ninh xá", "unit_code"]) == {
        "MN Ninh Xá"
    }
    assert "abc" not in {text.casefold() for text in read.proposals["text"]}


def test_scored_schools_have_the_mean_of_their_forms(returns, cells):
    from surveys.sampling.samples import draw_samples
    from surveys.scoring.scores import score
    from surveys.validity.screened_round import ScreenedRound
    from surveys.validity.screening import screen

    round_ = study()
    dispositions = screen(round_, returns)
    screened = ScreenedRound(round_, returns, dispositions)
    scores = score(screened, draw_samples(screened))
    doubtful = (returns.rows["unit_code"] == "") | (returns.rows["noticed"] != "")
    assert (dispositions.disposition == "review").sum() == doubtful.sum()
    table = scores.table.query("node_code == '0' and group == 'all'").set_index("unit_code")
    declared = {by_hand(name): code for code, names in REGISTER.items() for name in names}
    answers = pd.DataFrame([row[2:8] for row in cells], dtype=float)
    units = pd.Series([declared.get(by_hand(str(row[1])), "") for row in cells])
    for code, forms in units[units != ""].groupby(units):
        if len(forms) >= 5:
            by_plain_arithmetic = ((answers.loc[forms.index] - 1) / 4).mean().mean()
            assert table.loc[code, "score"] == pytest.approx(by_plain_arithmetic, rel=1e-12)
