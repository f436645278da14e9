"""Hanoi 2023: the units, forms and points of the City's plan."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.questionnaires.shelf import Edition, listed

GROUPS = ("deputies", "division_heads", "lower_level", "enterprises", "citizens")
#: Sub-criterion → points and the numbers of the groups that answer.
POINTS = {
    "2.4.1": (1, "123"), "2.4.2": (1, "123"), "2.4.3": (1, "123"), "2.4.4": (1, "123"),
    "4.1.4": (1, "123"), "4.1.5": (1, "123"), "4.1.6": (1, "123"), "4.3.4": (1, "123"),
    "5.2.3": (1, "23"), "5.2.4": (1, "23"), "5.3.2": (1, "23"), "5.3.3": (1, "23"),
    "5.5.2": (1, "2"),
    "5.7.1": (1, "123"), "5.7.2": (1, "123"), "5.7.3": (1, "123"), "5.7.4": (1, "12"),
    "6.1.4": (1, "12"), "6.2.4": (1, "12"), "6.2.5": (1, "12"), "6.3.5": (1, "12"),
    "7.3.2": (1, "12345"),
    "8.1.1": (1.5, "45"), "8.1.2": (1.5, "45"), "8.1.3": (2.5, "45"), "8.1.4": (2.5, "45"), "8.1.5": (2, "45"),
}  # fmt: skip
#: Field → its points in the provincial index, of which so many are surveyed.
FIELDS = {
    "1": (9.5, 0), "2": (10, 4), "3": (13, 0), "4": (10.5, 4),
    "5": (15, 9), "6": (12, 4), "7": (13.5, 1), "8": (16.5, 10),
}  # fmt: skip
DEPARTMENTS = (
    "Văn phòng UBND Thành phố", "Thanh tra Thành phố", "Sở Nội vụ", "Sở Tư pháp", "Sở Kế hoạch và Đầu tư",
    "Sở Tài chính", "Sở Công Thương", "Sở Nông nghiệp và Phát triển nông thôn", "Sở Giao thông vận tải",
    "Sở Xây dựng", "Sở Tài nguyên và Môi trường", "Sở Thông tin và Truyền thông",
    "Sở Lao động - Thương binh và Xã hội", "Sở Văn hóa và Thể thao", "Sở Du lịch", "Sở Khoa học và Công nghệ",
    "Sở Giáo dục và Đào tạo", "Sở Y tế", "Sở Ngoại vụ", "Sở Quy hoạch - Kiến trúc", "Ban Dân tộc",
    "Ban Quản lý các khu công nghiệp và chế xuất", "Ban Quản lý Khu công nghệ cao Hòa Lạc",
)  # fmt: skip
DISTRICTS = {
    "quan": "Ba Đình, Hoàn Kiếm, Tây Hồ, Long Biên, Cầu Giấy, Đống Đa, Hai Bà Trưng, Hoàng Mai, Thanh Xuân, "
    "Nam Từ Liêm, Bắc Từ Liêm, Hà Đông",
    "thi_xa": "Sơn Tây",
    "huyen": "Ba Vì, Chương Mỹ, Đan Phượng, Đông Anh, Gia Lâm, Hoài Đức, Mê Linh, Mỹ Đức, Phú Xuyên, Phúc Thọ, "
    "Quốc Oai, Sóc Sơn, Thạch Thất, Thanh Oai, Thanh Trì, Thường Tín, Ứng Hòa",
}
PREFIX = {"quan": "Quận", "thi_xa": "Thị xã", "huyen": "Huyện"}


@pytest.fixture(scope="module")
def hanoi(shelf: dict[str, Edition]) -> Edition:
    return shelf["ha-noi/2023"]


def test_thirty_two_points_in_the_table_of_the_domain(hanoi: Edition) -> None:
    found = {}
    for row in hanoi.scored_leaves:
        groups = [part.split(":") for part in listed(row["groups"])]
        assert {weight for _, weight in groups} == {"1"}
        numbers = "".join(str(GROUPS.index(group) + 1) for group, _ in groups)
        found[row["code"]] = (float(row["max_points"]), numbers)
        assert row["level"] == "sub_criterion"
    assert found == POINTS
    assert sum(points for points, _ in POINTS.values()) == 32


@pytest.mark.parametrize("block", ["so", "huyen"])
def test_the_council_assesses_the_other_sixty_eight_points(hanoi: Edition, block: str) -> None:
    given = [row for row in hanoi.tree if row["measured_by"] == "assessment"]
    of_block = [row for row in given if not row["blocks"] or row["blocks"] == block]
    found = dict.fromkeys(FIELDS, 0.0)
    for row in of_block:
        found[row["code"][0]] += float(row["max_points"])
        assert row["source"] == "council-points"
    assert found == {code: whole - surveyed for code, (whole, surveyed) in FIELDS.items()}
    assert sum(found.values()) == 68
    assert {row["code"]: float(row["max_points"]) for row in hanoi.children("0")} == {
        code: whole for code, (whole, _) in FIELDS.items()
    }
    assert hanoi.toml["identity"]["total_points"] == sum(whole for whole, _ in FIELDS.values()) == 100


def test_the_tree_has_field_criterion_and_sub_criterion(hanoi: Edition) -> None:
    assert (hanoi.tree[0]["code"], hanoi.tree[0]["level"]) == ("0", "unit")
    levels = ("unit", "field", "criterion", "sub_criterion")
    for row in hanoi.tree[1:]:
        assert row["level"] == levels[row["code"].count(".") + 1]
        assert row["parent"] == (row["code"].rpartition(".")[0] or "0")


def test_ten_questionnaires(hanoi: Edition) -> None:
    forms = hanoi.toml["questionnaires"]
    expected = [
        (f"{block}-{k}", block, group) for block in ("so", "huyen") for k, group in enumerate(GROUPS, 1)
    ]
    assert [(form["code"], form["block"], form["group"]) for form in forms] == expected
    assert [form["code"] for form in forms if form["matrix"]] == ["so-1", "so-3"]
    assert all("online" in form["modes"] for form in forms)
    officials = [form for form in forms if form["group"] in GROUPS[:3]]
    assert [form["code"] for form in officials if "paper" in form["modes"]] == ["so-1"]


def test_misconduct_is_asked_negatively_and_turned(hanoi: Edition) -> None:
    turned = {row["node"] for row in hanoi.items if row["reverse"] == "1"}
    assert turned == {"5.2.4", "5.3.3", "5.7.3"}
    for row in hanoi.items:
        assert (row["reverse"] == "1") == (row["node"] in turned) == (row["scale"] == "prevalence")


def test_departments(hanoi: Edition) -> None:
    assert [unit["name_vi"] for unit in hanoi.units if unit["block"] == "so"] == list(DEPARTMENTS)


def test_districts_end_with_june_2025(hanoi: Edition) -> None:
    names = [f"{PREFIX[kind]} {name}" for kind, names in DISTRICTS.items() for name in names.split(", ")]
    found = [unit for unit in hanoi.units if unit["block"] == "huyen"]
    assert [unit["name_vi"] for unit in found] == names
    assert len(names) == 30
    assert {unit["valid_to"] for unit in found} == {"2025-06-30"}


@pytest.mark.parametrize(
    ("block", "spelling", "name"),
    [
        ("so", "Sở NV", "Sở Nội vụ"),
        ("so", "Nội vụ", "Sở Nội vụ"),
        ("so", "Sở GD&ĐT", "Sở Giáo dục và Đào tạo"),
        ("so", "Sở LĐ-TB&XH", "Sở Lao động - Thương binh và Xã hội"),
        ("so", "VP UBND TP", "Văn phòng UBND Thành phố"),
        ("so", "Khu CNC Hòa Lạc", "Ban Quản lý Khu công nghệ cao Hòa Lạc"),
        ("huyen", "Q. Ba Đình", "Quận Ba Đình"),
        ("huyen", "UBND quận Ba Đình", "Quận Ba Đình"),
        ("huyen", "Ba Vì", "Huyện Ba Vì"),
        ("huyen", "Huyen Ung Hoa", "Huyện Ứng Hòa"),
        ("huyen", "TX Sơn Tây", "Thị xã Sơn Tây"),
    ],
)
def test_spellings_met_on_forms(hanoi: Edition, block: str, spelling: str, name: str) -> None:
    found = [
        unit["name_vi"]
        for unit in hanoi.units
        if unit["block"] == block and spelling in (unit["name_vi"], *listed(unit["aliases"]))
    ]
    assert found == [name]


@pytest.mark.parametrize("text", ["99", "KB", "Không biết", "Không có ý kiến"])
def test_texts_that_mean_dont_know(hanoi: Edition, text: str) -> None:
    for scale in hanoi.toml["scales"].values():
        kinds = [
            other["kind"]
            for other in scale["non_answers"]
            if text in (other["code"], other["label_vi"], *other["aliases"])
        ]
        assert kinds == ["dont_know"]


def test_nought_and_six_to_eight_stay_outside_every_scale(hanoi: Edition) -> None:
    for scale in hanoi.toml["scales"].values():
        accepted = [
            text
            for option in (*scale["levels"], *scale["non_answers"])
            for text in (option["code"], *option["aliases"])
        ]
        assert set(accepted).isdisjoint(("0", "6", "7", "8"))


def test_raters_of_many_units_leave_out_their_own(hanoi: Edition) -> None:
    own = {form["code"]: form["own_unit"] for form in hanoi.toml["questionnaires"] if form["own_unit"]}
    roles = {field["code"]: field["role"] for field in hanoi.toml["fields"]}
    assert own == {"so-1": "own_unit"}
    assert roles["own_unit"] == "own_unit"


def test_every_form_asks_two_to_four_items_of_each_sub_criterion(hanoi: Edition) -> None:
    for form in hanoi.toml["questionnaires"]:
        number = str(GROUPS.index(form["group"]) + 1)
        asked = Counter(row["node"] for row in hanoi.on(form["code"]) if row["node"])
        assert set(asked) == {code for code, (_, groups) in POINTS.items() if number in groups}
        assert set(asked.values()) <= {2, 3, 4}


def test_only_those_who_dealt_with_the_unit_judge_its_service(hanoi: Edition) -> None:
    for row in hanoi.items:
        assert row["asked_when"] == ("S0=1" if row["node"].startswith("8.1") else "")
    assert [row["node"] for row in hanoi.items if row["code"] == "S0"] == [""]


def test_classes_of_results_are_a_starting_set(hanoi: Edition) -> None:
    found = [(made["label_vi"], made["percent_from"]) for made in hanoi.toml["classes"]]
    assert found == [("Xuất sắc", 90), ("Tốt", 80), ("Khá", 70), ("Trung bình", 50), ("Yếu", 0)]
    (source,) = [source for source in hanoi.toml["sources"] if source["code"] == "result-classes"]
    assert source["status"] == "open"


def test_sources_cite_the_plans_and_say_what_these_state(hanoi: Edition) -> None:
    """Number, date and issuer as printed; the plan states counts and one name, so the register and the forms are ours."""
    sources = {source["code"]: source for source in hanoi.toml["sources"]}
    cited = {code: (s["number"], s["date"], s["issuer"]) for code, s in sources.items() if "number" in s}
    assert cited["kh-243"] == ("243/KH-UBND", "2023-10-05", "UBND thành phố Hà Nội")
    assert cited["par-structure"] == ("164/KH-UBND", "2024-05-30", "UBND thành phố Hà Nội")
    assert (sources["kh-243"]["status"], sources["par-structure"]["status"]) == ("stated", "derived")
    assert sources["unit-register"]["status"] == sources["form-design"]["status"] == "open"
