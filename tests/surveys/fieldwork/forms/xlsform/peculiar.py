"""An instrument whose codes and texts are as awkward as they may be: names that XML forms would call alike or have themselves,
texts that could be references, markup or formulas, several answers, filters behind filters."""

from __future__ import annotations

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

LEVELS = Scale(
    "muc-do",
    tuple(Level(str(k - 2), (k / 4,), f"Mức {k}", f"Level {k}", k > 2) for k in range(5)),  # codes -2 … 2
    non_answers=(NonAnswer("-9", "dont_know", "Không biết", "Don't know"),),
)
YES_NO = Scale("muc.do", (Level("2", (), "Không", "No"), Level("1", (), "Có", "Yes")), kind="choice")
UNITS = tuple(
    Unit(code, "so", name, english)
    for code, name, english in (
        ("a-b", "Sở An Bình", "An Binh"), ("a.b", "Sở Ân Bình", "Aan Binh"), ("end", "Sở <b>Cuối</b> & “Cùng”", "The end"),
        ("x1", "Sở Một", "One"), ("x2", "Sở Hai", "Two"), ("X-2", "Sở Hai/Ba", "Two/Three"),
    )
)  # fmt: skip
_ALL = ("don", "ma-tran")


def _item(code: str, text: str, scale: str = "muc-do", **more: object) -> Item:
    return Item(code, "1", scale, _ALL, text, f"{text} (en)", **more)  # type: ignore[arg-type]


def _option(code: str, text: str, **more: object) -> Item:
    return Item(code, "1", "muc.do", _ALL, f"Qua kênh nào? [{text}]", f"By which way? [{text} (en)]", **more)  # type: ignore[arg-type]


ITEMS = (
    _item("start", "=1+1 là mấy, ${unit} hay *sao*?"),
    _item("1.1", "Câu <b>một</b> & “hai” [không phải đơn vị]"),
    _item("1-1", "Câu 1/2: “đúng” – _hay_ sai?"),
    _item("1_1.2", "Câu thứ ba"),
    _item("KEY", "Có dùng không?", "muc.do"),
    _option("k.1", "Internet, báo", asked_when=("KEY", ("1",))),
    _option("k-1", "Loa/đài", asked_when=("KEY", ("1",))),
    _option("k.1.2", "Khác", asked_when=("KEY", ("1",))),
    _item("sau", "Hỏi người chọn loa", asked_when=("k-1", ("1",))),
    _item("sau-nua", "Hỏi người không chọn kênh khác", asked_when=("k.1.2", ("2",)), required=True),
)
FIELDS = (
    Field("form_code", "form_code", ("Mã phiếu",), label_vi="Mã phiếu", label_en="Form code"),
    Field("status", "unit", ("Đơn vị",), label_vi="Đơn vị", label_en="Unit"),
    Field("own", "own_unit", ("Nơi công tác",), label_vi="Nơi công tác", label_en="Own unit"),
    Field("Status", "attribute", ("Nhóm",), (("18-24", ("Trẻ", "1")), ("25+", ("Già", "2"))), "Nhóm", "Group"),
)  # fmt: skip
PECULIAR = Instrument(
    "la", "1", "Bộ lạ", "Peculiar", (Block("so", "Sở", "Departments"),), (Group("dan", "Dân", "Citizens"),),
    (
        Questionnaire("don", "so", "dan", "Phiếu đơn", "Single"),
        Questionnaire("ma-tran", "so", "dan", "Phiếu ma trận", "Matrix", matrix=True, own_unit="own"),
    ),
    (LEVELS, YES_NO), (Node("1", "", "unit", "mean", "Tổng", "Total", "survey", groups=(("dan", 1.0),)),),
    ITEMS, UNITS, FIELDS, (), (),
)  # fmt: skip
