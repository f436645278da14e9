"""PAR Index, SIPAS and PAPI: counts, maxima and names as published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.questionnaires.shelf import Edition, listed, read_rows

PAR_SURVEY = [
    "2.4.1", "2.4.2", "2.4.3", "2.4.4", "4.1.4", "4.1.5", "4.1.6", "4.3.4", "5.2.3", "5.2.4", "5.3.2", "5.3.3", "5.5.2",
    "5.7.1", "5.7.2", "5.7.3", "5.7.4", "6.1.4", "6.2.4", "6.2.5", "6.3.5", "7.3.2",
]  # fmt: skip
#: SIPAS, Hanoi 2023, as printed.
SIPAS_NAMES = {
    "0": "Chỉ số hài lòng chung",
    "I": "Xây dựng, tổ chức thực hiện chính sách",
    "1": "Trách nhiệm giải trình của chính quyền",
    "2": "Sự tham gia vào quá trình xây dựng, tổ chức thực hiện chính sách",
    "3": "Chất lượng tổ chức thực hiện chính sách",
    "4": "Kết quả, tác động của chính sách",
    "II": "Việc cung ứng dịch vụ hành chính công",
    "5": "Tiếp cận dịch vụ",
    "6": "Thủ tục hành chính",
    "7": "Công chức trực tiếp giải quyết công việc",
    "8": "Kết quả dịch vụ",
    "9": "Việc tiếp nhận, xử lý phản ánh, kiến nghị",
}
SIPAS_ITEMS = {"sipas/2022": (2, 2, 8, 2, 4, 4, 5, 3, 3), "sipas/2023": (2, 2, 9, 9, 3, 4, 4, 3, 3)}
PAPI_PARTS = {
    "papi/2018": (4, 4, 3, 4, 4, 4, 3, 2), "papi/2019": (4, 4, 3, 4, 4, 4, 3, 3), "papi/2021": (4, 4, 3, 4, 3, 4, 3, 3),
}  # fmt: skip
PAPI_RANGE = {4: ("0.25", "2.5"), 3: ("0.33", "3.33"), 2: ("0.5", "5")}
#: PAPI, Hanoi 2023, as printed: names of the sub-dimensions.
PAPI_NAMES = {
    "1.1": "Tri thức công dân", "1.2": "Cơ hội tham gia", "1.3": "Chất lượng bầu cử", "1.4": "Đóng góp tự nguyện",
    "2.1": "Tiếp cận thông tin", "2.2": "Công khai danh sách hộ nghèo",
    "2.3": "Công khai thu chi ngân sách xã, phường", "2.4": "Công khai kế hoạch sử dụng đất, bảng giá đất",
    "3.1": "Mức độ và hiệu quả trong tiếp xúc với chính quyền",
    "3.2": "Giải đáp khiếu nại, tố cáo, khúc mắc của người dân", "3.3": "Tiếp cận dịch vụ tư pháp",
    "4.1": "Kiểm soát tham nhũng trong chính quyền", "4.2": "Kiểm soát tham nhũng trong cung ứng dịch vụ công",
    "4.3": "Công bằng trong tuyển dụng", "4.4": "Quyết tâm phòng chống tham nhũng",
    "5.1": "Chứng thực, xác nhận của chính quyền", "5.2": "Cấp GCN quyền sử dụng đất", "5.3": "TTHC cấp xã",
    "6.1": "Y tế công lập", "6.2": "Giáo dục tiểu học", "6.3": "Hạ tầng căn bản", "6.4": "An ninh, trật tự",
    "7.1": "Nghiêm túc trong bảo vệ môi trường", "7.2": "Chất lượng không khí",
    "7.3": "Chất lượng nước kênh, rạch, sông, suối",
    "8.1": "Sử dụng cổng thông tin điện tử", "8.2": "Tiếp cận và sử dụng Internet",
    "8.3": "Phúc đáp của chính quyền qua Cổng Thông tin điện tử",
}  # fmt: skip
#: PAPI 2019, KH 122/2020 of Hanoi, as printed; the quality of water and of air stand in one row there (7b).
PAPI_2019_NAMES = {
    "1.1": "Tri thức công dân", "1.2": "Cơ hội tham gia", "1.3": "Chất lượng bầu cử trưởng thôn, tổ trưởng dân phố",
    "1.4": "Đóng góp tự nguyện", "2.1": "Tiếp cận thông tin", "2.2": "Công khai minh bạch danh sách hộ nghèo",
    "2.3": "Công khai minh bạch ngân sách xã, phường", "2.4": "Công khai minh bạch quy hoạch đất, giá đất",
    "3.1": "Tương tác với chính quyền", "3.2": "Giải quyết khiếu nại, tố cáo, khúc mắc", "3.3": "Tiếp cận dịch vụ tư pháp",
    "4.1": "Kiểm soát tham nhũng trong chính quyền địa phương",
    "4.2": "Kiểm soát tham nhũng trong cung ứng dịch vụ công Y tế, Giáo dục",
    "4.3": "Công bằng trong tuyển dụng vào khu vực công",
    "4.4": "Quyết tâm chống tham nhũng của chính quyền địa phương", "5.1": "Dịch vụ chứng thực, xác nhận của chính quyền",
    "5.2": "Dịch vụ cấp phép xây dựng", "5.3": "Dịch vụ cấp GCN quyền sử dụng đất", "5.4": "Dịch vụ hành chính cấp xã",
    "6.1": "Dịch vụ Y tế công lập", "6.2": "Giáo dục tiểu học", "6.3": "Cơ sở hạ tầng căn bản", "6.4": "An ninh trật tự",
    "7.1": "Nghiêm túc trong bảo vệ môi trường", "7.2": "Chất lượng không khí", "7.3": "Chất lượng nước",
    "8.1": "Tiếp cận công nghệ thông tin điện tử của chính quyền địa phương",
    "8.2": "Phản hồi của CQ đối với câu hỏi, yêu cầu đã gửi trên cổng TTĐT", "8.3": "Sử dụng Internet tại địa phương",
}  # fmt: skip
PAR = ("par-index/2022", "par-index/2023")
#: What the plans write in short, at its first use often in brackets behind the words.
SHORT = {
    "CBCCVC": "cán bộ, công chức, viên chức", "VBQPPL": "văn bản quy phạm pháp luật", "QPPL": "quy phạm pháp luật",
    "TTHC": "thủ tục hành chính", "CCHC": "cải cách hành chính", "CQCM": "cơ quan chuyên môn", "ĐVHC": "đơn vị hành chính",
    "NSNN": "ngân sách nhà nước", "SNCL": "sự nghiệp công lập", "PAKN": "phản ánh, kiến nghị", "KT-XH": "kinh tế - xã hội",
}  # fmt: skip
NATIONAL = (*PAR, *SIPAS_ITEMS, *PAPI_PARTS)


@pytest.mark.parametrize("name", NATIONAL)
def test_sixty_three_provinces_become_thirty_four(shelf: dict[str, Edition], name: str) -> None:
    units = shelf[name].units
    current = {unit["code"] for unit in units if not unit["successors"]}
    ended = [unit for unit in units if unit["successors"]]
    assert (len(units), len(current)) == (63, 34)
    assert {unit["valid_to"] for unit in ended} == {"2025-06-30"}
    assert {unit["successors"] for unit in ended} <= current
    assert len({unit["successors"] for unit in ended}) == 23
    assert sum(unit["kind"] == "thanh_pho" for unit in units) == 5


@pytest.mark.parametrize("name", NATIONAL)
def test_the_register_is_the_same_in_every_national_edition(shelf: dict[str, Edition], name: str) -> None:
    assert shelf[name].units == shelf["par-index/2022"].units


@pytest.mark.parametrize("name", PAR)
def test_par_index_has_100_points_in_eight_fields(shelf: dict[str, Edition], name: str) -> None:
    par = shelf[name]
    maxima = [float(row["max_points"]) for row in par.children("0")]
    assert maxima == [9.5, 10, 13, 10.5, 15, 12, 13.5, 16.5]
    assert par.node("0")["max_points"] == "100"


@pytest.mark.parametrize("name", PAR)
def test_par_index_measures_22_sub_criteria_by_survey(shelf: dict[str, Edition], name: str) -> None:
    par = shelf[name]
    assert [row["code"] for row in par.scored_leaves] == PAR_SURVEY
    assert {row["max_points"] for row in par.scored_leaves} == {"1"}
    assert {row["groups"] for row in par.scored_leaves} == {"deputies:1;leaders:1;division_heads:1"}
    assert {row["node"] for row in par.items if row["reverse"] == "1"} == {"5.2.4", "5.3.3", "5.7.3"}


@pytest.mark.parametrize("name", PAR)
def test_par_index_takes_satisfaction_from_elsewhere(shelf: dict[str, Edition], name: str) -> None:
    outside = {row["code"]: row["max_points"] for row in shelf[name].tree if row["measured_by"] == "external"}
    assert outside == {"8.1.1": "1.5", "8.1.2": "1.5", "8.1.3": "2.5", "8.1.4": "2.5", "8.1.5": "2"}


@pytest.mark.parametrize("name", SIPAS_ITEMS)
def test_sipas_items_by_factor(shelf: dict[str, Edition], name: str) -> None:
    sipas = shelf[name]
    assert tuple(len(sipas.items_of(str(factor))) for factor in range(1, 10)) == SIPAS_ITEMS[name]
    assert sum(SIPAS_ITEMS[name]) == {"sipas/2022": 33, "sipas/2023": 39}[name]


@pytest.mark.parametrize("name", SIPAS_ITEMS)
def test_sipas_pools_everywhere_and_counts_the_satisfied(shelf: dict[str, Edition], name: str) -> None:
    sipas = shelf[name]
    index = [row for row in sipas.tree if row["rule"] != "shares"]
    assert {row["rule"] for row in index} == {"pooled"}
    assert {row["code"]: row["label_vi"] for row in index} == SIPAS_NAMES
    assert sipas.toml["scoring"]["numerator"] == "satisfied"
    non_answers = sipas.toml["scales"]["satisfaction"]["non_answers"]
    assert [other["kind"] for other in non_answers] == ["blank"]


@pytest.mark.parametrize("name", SIPAS_ITEMS)
def test_sipas_asks_service_items_only_of_those_who_used_one(shelf: dict[str, Edition], name: str) -> None:
    for row in shelf[name].items:
        assert (row["asked_when"] == "N7.4=1") == (row["node"] in tuple("56789"))


def test_sipas_2023_asks_what_the_plans_name(shelf: dict[str, Edition]) -> None:
    """The nine policies of 475/KH-UBND (Phụ lục 02, items 3-11) in their order, the aspects of its factors B.I and B.III."""
    policies = (
        "phát triển kinh tế", "khám, chữa bệnh", "giáo dục phổ thông", "trật tự, an toàn xã hội", "giao thông đường bộ",
        "điện sinh hoạt", "nước sinh hoạt", "an sinh xã hội", "cải cách hành chính",
    )  # fmt: skip
    aspects = {"5": ("biển hiệu", "ghế ngồi", "bàn viết", "trang thiết bị", "chất lượng tốt"),
               "7": ("lịch sự", "trả lời", "hướng dẫn hồ sơ dễ hiểu", "không quá một lần", "tận tình giúp đỡ")}  # fmt: skip
    edition = shelf["sipas/2023"]
    for node in ("3", "4"):
        asked = [row["text_vi"] for row in edition.items_of(node)]
        assert len(asked) == len(policies)
        assert all(f"chính sách {policy}" in text for policy, text in zip(policies, asked, strict=True))
    for node, named in aspects.items():
        asked = [row["text_vi"].lower() for row in edition.items_of(node)]
        assert all(any(aspect in text for text in asked) for aspect in named)
        assert all("kh-475" in listed(row["source"]) for row in edition.items_of(node))


@pytest.mark.parametrize(("name", "policies"), [("sipas/2022", 8), ("sipas/2023", 9)])
def test_sipas_blocks_published_as_shares(shelf: dict[str, Edition], name: str, policies: int) -> None:
    sipas = shelf[name]
    shares = {row["code"]: len(sipas.items_of(row["code"])) for row in sipas.tree if row["rule"] == "shares"}
    assert shares == {"N1": policies, "N2": 1, "N3": 1, "N4": 1, "N5": 1, "N6": 2, "N7": 7, "E": 10}
    assert all(row["parent"] == "" for row in sipas.tree if row["rule"] == "shares")
    levels = {code: len(scale["levels"]) for code, scale in sipas.toml["scales"].items()}
    assert levels == {
        "satisfaction": 5, "yes_no": 2, "interest": 3, "willingness": 5, "extent": 3, "wish": 3, "channel": 7, "way": 3,
    }  # fmt: skip


@pytest.mark.parametrize("name", PAPI_PARTS)
def test_papi_dimensions_and_ranges(shelf: dict[str, Edition], name: str) -> None:
    papi = shelf[name]
    dimensions = papi.children("0")
    assert tuple(len(papi.children(row["code"])) for row in dimensions) == PAPI_PARTS[name]
    assert sum(PAPI_PARTS[name]) == (29 if name == "papi/2019" else 28)
    assert [row["max_points"] for row in dimensions] == ["10"] * 8
    for dimension in dimensions:
        parts = papi.children(dimension["code"])
        for row in parts:
            assert row["rule"] == "rescale"
            assert (row["low"], row["high"]) == PAPI_RANGE[len(parts)]
            assert row["max_points"] == row["high"]


@pytest.mark.parametrize("name", PAPI_PARTS)
def test_papi_indicators_declare_range_direction_and_dont_know(shelf: dict[str, Edition], name: str) -> None:
    papi = shelf[name]
    assert {(row["minimum"], row["maximum"]) for row in papi.items} == {("0", "1")}
    scales = papi.toml["scales"]
    for row in papi.items:
        counted = [level["values"] for level in scales[row["scale"]]["levels"] if level["code"] == "9"]
        left_out = [o for o in scales[row["scale"]]["non_answers"] if o["kind"] == "dont_know"]
        assert (counted == [[0.0]]) != bool(left_out), row["code"]
    corrupt = {row["reverse"] for row in papi.items if row["node"] in ("4.1", "4.2", "4.3")}
    assert corrupt == {"1"}


def test_papi_names_of_2021(shelf: dict[str, Edition]) -> None:
    leaves = {row["code"]: row["label_vi"] for row in shelf["papi/2021"].scored_leaves}
    assert leaves == PAPI_NAMES


def test_papi_names_of_2019(shelf: dict[str, Edition]) -> None:
    leaves = {row["code"]: row["label_vi"] for row in shelf["papi/2019"].scored_leaves}
    assert leaves == PAPI_2019_NAMES
    assert shelf["papi/2018"].node("5.2")["label_vi"] == PAPI_2019_NAMES["5.2"]


@pytest.mark.parametrize("name", PAPI_PARTS)
def test_papi_asks_two_indicators_of_every_sub_dimension(shelf: dict[str, Edition], name: str) -> None:
    assert all(len(shelf[name].items_of(row["code"])) >= 2 for row in shelf[name].scored_leaves)


def test_papi_2018_differs_only_in_permits_and_replies(shelf: dict[str, Edition]) -> None:
    names = {
        name: {row["label_vi"] for row in shelf[name].scored_leaves} for name in ("papi/2018", "papi/2021")
    }
    assert names["papi/2018"] - names["papi/2021"] == {"Dịch vụ cấp phép xây dựng"}
    assert names["papi/2021"] - names["papi/2018"] == {"Phúc đáp của chính quyền qua Cổng Thông tin điện tử"}


@pytest.mark.parametrize("name", [*SIPAS_ITEMS, *PAPI_PARTS])
def test_sampled_surveys_have_fields_for_their_design(shelf: dict[str, Edition], name: str) -> None:
    roles = [field["role"] for field in shelf[name].toml["fields"]]
    assert {"stratum", "cluster", "weight"} <= set(roles)


@pytest.mark.parametrize(
    ("table", "name"),
    [("sipas_ha_noi_2023.csv", "sipas/2023"), ("papi_ha_noi_2023.csv", "papi/2021")],
)
def test_names_are_the_published_ones(
    shelf: dict[str, Edition], published: Path, table: str, name: str
) -> None:
    printed = {row["code"]: row["name_vi"] for row in read_rows(published / table)}
    index = {row["code"]: row["label_vi"] for row in shelf[name].tree if row["rule"] != "shares"}
    assert index == printed


def in_words(printed: str) -> str:
    """A printed name without short forms and capitals, written for any province."""
    name = re.sub(rf" \((?:{'|'.join(SHORT)})\)", "", printed)
    for short, words in SHORT.items():
        name = re.sub(rf"\b{short}\b", words, name)
    return re.sub("thành phố", "tỉnh", name.casefold())


def test_par_index_2022_has_the_names_that_can_tho_prints(shelf: dict[str, Edition], published: Path) -> None:
    printed = {
        row["code"]: in_words(row["name_vi"]) for row in read_rows(published / "par_index_can_tho_2022.csv")
    }
    names = {row["code"]: row["label_vi"].casefold() for row in shelf["par-index/2022"].tree}
    assert {code: names[code] for code in printed if code != "0"} == {
        c: n for c, n in printed.items() if c != "0"
    }


def test_par_index_2023_has_the_names_that_ha_noi_or_dak_nong_print(
    shelf: dict[str, Edition], published: Path
) -> None:
    tables = [read_rows(published / f"par_index_{place}_2023.csv") for place in ("ha_noi", "dak_nong")]
    printed = {(row["code"], in_words(row["name_vi"])) for table in tables for row in table}
    codes = {code for code, _ in printed} - {"0", "8.6"}  # 8.6: what the other table calls 8.5
    names = {(row["code"], row["label_vi"].casefold()) for row in shelf["par-index/2023"].tree}
    assert {code for code, _ in names & printed} == codes


def test_par_index_2022_and_2023_differ_in_names_only(shelf: dict[str, Edition]) -> None:
    old, new = (shelf[name] for name in PAR)
    told = ("label_vi", "label_en", "source")
    trees = [
        [{k: v for k, v in row.items() if k not in told} for row in edition.tree] for edition in (old, new)
    ]
    assert trees[0] == trees[1]
    assert old.items == new.items
    renamed = [
        now["code"] for was, now in zip(old.tree, new.tree, strict=True) if was["label_vi"] != now["label_vi"]
    ]
    assert renamed == ["2", "2.4.1", "2.4.2", "2.4.3", "4.1.4", "5.2.4", "7", "7.3.7", "8"]


@pytest.mark.parametrize(
    ("table", "name", "absent"),
    [
        (
            "par_index_ha_noi_2023.csv",
            "par-index/2023",
            {"8.6"},
        ),  # printed for what the other two tables call 8.5
        ("par_index_dak_nong_2023.csv", "par-index/2023", set()),
        ("par_index_can_tho_2022.csv", "par-index/2022", set()),
    ],
)
def test_par_index_maxima_are_the_published_ones(
    shelf: dict[str, Edition], published: Path, table: str, name: str, absent: set[str]
) -> None:
    nodes = {row["code"]: row for row in shelf[name].tree}
    printed = read_rows(published / table)
    assert {row["code"] for row in printed} - set(nodes) == absent
    for row in printed:
        assert bool(row["max_points"]) == bool(row["points"]), row["code"]  # headings print neither
        if row["code"] in nodes and row["max_points"]:
            assert float(nodes[row["code"]]["max_points"]) == float(row["max_points"]), row["code"]
