"""A small instrument with every kind of column, as records: what is tested here is the reading, not the definitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys.definitions.instrument.records import (
    Block,
    Field,
    Group,
    Instrument,
    Item,
    Level,
    Node,
    NonAnswer,
    Questionnaire,
    Scale,
    Unit,
)
from surveys.definitions.study.records import Fieldwork, ReturnFile, StudyDefinition

LABELS = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
ENGLISH = ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied")

FIVE = Scale(
    "hl5",
    tuple(
        Level(str(k + 1), (k / 4,), LABELS[k], ENGLISH[k], k >= 3, ("RHL",) if k == 4 else ())
        for k in range(5)
    ),
    non_answers=(
        NonAnswer("9", "dont_know", "Không biết", "Don't know", ("KB", "Không rõ")),
        NonAnswer("8", "refused", "Từ chối trả lời", "Refused"),
        NonAnswer("7", "not_applicable", "Không áp dụng", "Does not apply"),
    ),
)
YES_NO = Scale("yn", (Level("0", (0.0,), "Không", "No"), Level("1", (1.0,), "Có", "Yes")), kind="choice")

UNITS = (
    Unit("SNV", "so", "Sở Nội vụ", "Department of Home Affairs", "Sở", ("Nội vụ",)),
    Unit("SNgV", "so", "Sở Ngoại vụ", "Department of Foreign Affairs"),
    Unit("STC", "so", "Sở Tài chính", "Department of Finance"),
)


def item(code: str, text: str, *questionnaires: str, scale: str = "hl5", **more: object) -> Item:
    return Item(code, "" if scale == "yn" else "1", scale, questionnaires, text, f"Item {code}", **more)  # type: ignore[arg-type]


ITEMS = (
    item("F0", "Ông/Bà có sử dụng dịch vụ không?", "so-5", scale="yn"),
    item("1.1a", "Chất lượng văn bản", "so-1", "so-5"),
    item("1.1b", "Tính kịp thời, dễ hiểu", "so-1", "so-5", asked_when=("F0", ("1",))),
    item("1.2", "Thái độ phục vụ", "so-1", "so-5", aliases=("Thái độ của công chức",)),
    item("K1", "Kênh thông tin [Internet]", "so-5", scale="yn"),
    item("K2", "Kênh thông tin [Báo, đài]", "so-5", scale="yn"),
)

FIELDS = (
    Field("form_code", "form_code", ("Mã phiếu", "form_code"), label_vi="Mã phiếu"),
    Field("unit", "unit", ("Đơn vị được đánh giá", "Đơn vị")),
    Field("submitted", "submitted", ("Dấu thời gian", "Timestamp", "Thời gian gửi")),
    Field("started", "started", ("Bắt đầu",)),
    Field("seconds", "seconds", ("Thời gian trả lời",)),
    Field("full_name", "personal", ("Họ và tên",)),
    Field("phone", "identification", ("Số điện thoại",)),
    Field("own", "own_unit", ("Đơn vị công tác",)),
    Field("interviewer", "interviewer", ("Điều tra viên",)),
    Field("operator", "operator", ("Người nhập",)),
    Field("gender", "attribute", ("Giới tính",), (("male", ("Nam", "1")), ("female", ("Nữ", "2")))),
    Field("w", "weight", ("Trọng số",)),
)


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    return Instrument(
        "thu",
        "2023",
        "Thử",
        "Trial",
        (Block("so", "Sở", "Departments"),),
        (Group("deputies", "Đại biểu", "Deputies"), Group("citizens", "Người dân", "Citizens")),
        (
            Questionnaire("so-1", "so", "deputies", "Mẫu 1", "Form 1", matrix=True),
            Questionnaire("so-5", "so", "citizens", "Mẫu 5", "Form 5", own_unit="own"),
        ),
        (FIVE, YES_NO),
        (
            Node(
                "1",
                "",
                "unit",
                "mean",
                "Tổng",
                "Total",
                "survey",
                groups=(("deputies", 1.0), ("citizens", 1.0)),
            ),
        ),
        ITEMS,
        UNITS,
        FIELDS,
        (),
        (),
    )


@pytest.fixture
def study(instrument: Instrument, tmp_path: Path):
    """A function: return files → study in a fresh folder."""

    def make(*files: ReturnFile, **more: object) -> StudyDefinition:
        return StudyDefinition(
            "t", "Thử", "Trial", instrument, tmp_path, UNITS, returns=files,
            fieldwork=Fieldwork("2023-10-01", "2023-12-15"), **more,  # type: ignore[arg-type]
        )  # fmt: skip

    return make


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Binary files are read in the program of the tests itself, in which a library can be missing or a bound be another."""
    monkeypatch.setattr("surveys.returns.files.kinds.is_text", lambda head: True)
