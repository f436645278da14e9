"""Points lost and recommendations: means of printed losses worked out a second time, agencies and targets; traps of rounds
without them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

import surveys as sv
from surveys.problems import LANGUAGES, Language
from surveys.reports.analysis_report.parts import Heading, Paragraph, ReportTable
from surveys.reports.analysis_report.sections.losses import losses
from surveys.reports.analysis_report.sections.recommendations import recommendations
from tests.surveys.reports.analysis_report.compared_rounds import compared
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.plain_blocks import paragraphs, tables, texts_of
from tests.surveys.reports.analysis_report.printed_cells import rows_of
from tests.surveys.reports.analysis_report.rounds import AFTER, INCOMPLETE, study
from tests.surveys.reports.analysis_report.test_reported_round import read

pytestmark = pytest.mark.long

AGENCIES = """block,unit,node,item,lead,coordinating,valid_from,valid_to,document
,,1,,Sở Nội vụ,Văn phòng,,,KH
,,2.1,,Sở Tư pháp,,,,KH
xa,u0001,2.2,,Sở Tài chính,,,,KH
"""
TARGETS = """block,unit,node,item,measure,target,sign,due,document
,,1.1,,points,1.2,>=,2026-12-31,KH
"""


def lost_in(folder: Path) -> dict[str, dict[str, Decimal]]:
    """Node → unit → what it lost, from the printed points of the council's table."""
    found: dict[str, dict[str, Decimal]] = {}
    for row in rows_of(folder / "council" / "scores.csv"):
        if row["points"]:
            of_node = found.setdefault(row["node_code"], {})
            of_node[row["unit_code"]] = Decimal(row["max_points"]) - Decimal(row["points"])
    return found


def mean(values: Iterable[Decimal]) -> str:
    listed = list(values)
    return f"{(sum(listed, Decimal()) / len(listed)).quantize(Decimal('0.0001'), ROUND_HALF_UP)}"


def vi(text: str) -> str:
    return text.replace(".", ",")


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round with agencies and targets: the results."""
    folder = tmp_path_factory.mktemp("led")
    place = study(folder / "study", AFTER)
    (place / "agencies.csv").write_text(AGENCIES, encoding="utf-8")
    (place / "targets.csv").write_text(TARGETS, encoding="utf-8")
    settings = place / "study.toml"
    text = settings.read_text(encoding="utf-8")
    files = 'agencies = "agencies.csv"\ntargets = "targets.csv"\n'
    text = (
        text.replace("[files]\n", f"[files]\n{files}") if "[files]\n" in text else f"{text}\n[files]\n{files}"
    )
    settings.write_text(text, encoding="utf-8")
    sv.load(place).score().write(folder / "results")
    return folder / "results"


# --- points lost ------------------------------------------------------------------------------------------------------


def test_means_of_a_block_are_those_of_its_printed_losses(led: Path) -> None:
    lost, found = lost_in(led), tables(losses(read(led, "vi")), "vi")
    leaves = {node: mean(units.values()) for node, units in lost.items() if "." in node}
    ordered = sorted(leaves, key=lambda node: -Decimal(leaves[node]))
    assert [(row[0], row[3]) for row in found["table-losses-xa"]] == [
        (node, vi(leaves[node])) for node in ordered
    ]
    fields = {
        f"Lĩnh vực {node}": mean(units.values())
        for node, units in lost.items()
        if len(node) == 1 and node != "0"
    }
    assert {row[0]: row[1] for row in found["table-losses-field-xa"]} == {k: vi(v) for k, v in fields.items()}
    whole = Decimal(mean(lost["0"].values()))
    shares = {
        name: vi(f"{(100 * Decimal(text) / whole).quantize(Decimal('0.01'), ROUND_HALF_UP)}")
        for name, text in fields.items()
    }
    assert {row[0]: row[2] for row in found["table-losses-field-xa"]} == shares


def test_the_whole_loss_and_its_extremes_are_told(led: Path) -> None:
    whole = lost_in(led)["0"]
    said = paragraphs(losses(read(led, "vi")), "vi")
    assert said[1] == f"Trung bình mỗi đơn vị của khối mất {vi(mean(whole.values()))}/8 điểm."
    names = {row["unit_code"]: row["unit_name"] for row in rows_of(led / "council" / "units.csv")}
    most, least = max(whole, key=lambda unit: whole[unit]), min(whole, key=lambda unit: whole[unit])
    assert said[2] == (
        f"Mất nhiều điểm nhất là {names[most]} ({vi(str(whole[most]))} điểm), ít nhất là {names[least]} "
        f"({vi(str(whole[least]))} điểm)."
    )


def test_agencies_and_targets_stand_beside_the_losses(led: Path) -> None:
    lost = lost_in(led)["1.1"]
    below = sum(Decimal("2") - value < Decimal("1.2") for value in lost.values())
    (table,) = [
        b for b in losses(read(led, "en")) if isinstance(b, ReportTable) and b.key == "table-losses-xa"
    ]
    found = {row[0]: row[4:] for row in tables([table], "en")["table-losses-xa"]}
    assert found["1.1"] == ["Sở Nội vụ", "Văn phòng", f"{below}/{len(lost)}"]
    assert found["2.1"] == ["Sở Tư pháp", "", ""]
    assert found["2.2"] == ["by unit", "", ""]
    assert "by unit" in "\n".join(texts_of([table], "en")).lower().rpartition("differ")[0]
    agencies = [row[0] for row in tables(losses(read(led, "en")), "en")["table-losses-agency-xa"]]
    assert {"Sở Nội vụ", "Sở Tư pháp"} <= set(agencies)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_index_without_points_speaks_of_percentages(results: Results, language: Language) -> None:
    round_ = read(results("sipas"), language)
    blocks = list(losses(round_))
    text = "\n".join(texts_of(blocks, language))
    assert {"vi": "điểm phần trăm", "en": "percentage points"}[language] in text
    assert list(tables(blocks, language)) == ["table-losses-tinh"]  # losses are not added up
    assert {len(row) for row in tables(blocks, language)["table-losses-tinh"]} == {3}
    printed = [row[2] for row in tables(blocks, language)["table-losses-tinh"]]
    assert {len(text.partition({"vi": ",", "en": "."}[language])[2]) for text in printed} == {2}


def test_units_without_a_total_are_named_and_enter_no_mean(results: Results) -> None:
    folder = results("incomplete")
    said = paragraphs(losses(read(folder, "vi")), "vi")
    whole = lost_in(folder)["0"]
    assert len(whole) == 3
    assert said[1] == f"Trung bình mỗi đơn vị của khối mất {vi(mean(whole.values()))}/8 điểm."
    names = [INCOMPLETE.names[k] for k in (1, 2, 4)]
    assert said[3] == (
        f"Không nêu tổng điểm mất của {names[0]}, {names[1]} và {names[2]}, vì kết quả chưa đầy đủ hoặc không được công bố."
    )


@pytest.mark.parametrize("key", ["one", "lonely"])
def test_a_block_of_one_result_has_no_mean_but_the_losses_of_its_unit(results: Results, key: str) -> None:
    folder = results(key)
    found, lost = tables(losses(read(folder, "vi")), "vi"), lost_in(folder)
    assert list(found) == ["table-losses-xa-u0001"]
    expected = {node: units["u0001"] for node, units in lost.items() if "." in node and units["u0001"] > 0}
    ordered = sorted(expected, key=lambda node: -expected[node])
    assert [(row[0], row[4]) for row in found["table-losses-xa-u0001"]] == [
        (n, vi(str(expected[n]))) for n in ordered
    ]
    assert not any("Trung bình mỗi đơn vị" in text for text in paragraphs(losses(read(folder, "vi")), "vi"))


# --- recommendations --------------------------------------------------------------------------------------------------


def headings(blocks: Iterable[object]) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Heading)]


def test_every_agency_that_leads_where_points_were_lost_has_a_heading(led: Path) -> None:
    blocks = list(recommendations(read(led, "vi")))
    lost = lost_in(led)
    led_by = {"Sở Nội vụ": ("1.1", "1.2"), "Sở Tư pháp": ("2.1",)}
    total = {a: sum(Decimal(mean(lost[n].values())) for n in nodes) for a, nodes in led_by.items()}
    total["Sở Tài chính"] = lost["2.2"]["u0001"] / len(lost["2.2"])  # it leads at one unit of the block
    ordered = sorted(total, key=lambda agency: -total[agency])
    assert headings(blocks)[:4] == ["Điểm mạnh", "Hạn chế", "Nguyên nhân", "Kiến nghị"]
    assert headings(blocks)[4:7] == [f"Đối với {agency}" for agency in ordered]
    assert headings(blocks)[7:] == ["Đối với các đơn vị được đánh giá", "Đối với cơ quan tổ chức khảo sát"]
    fills = [block for block in blocks if isinstance(block, Paragraph) and block.style == "to_fill"]
    assert len(fills) == 3 + 3 + 2
    worst = max(led_by["Sở Nội vụ"], key=lambda node: Decimal(mean(lost[node].values())))
    (of_one,) = [text for text in paragraphs(blocks, "vi") if text.startswith("Xã số 1, 2.2 ")]
    assert of_one == f"Xã số 1, 2.2 Thành phần 2.2: mất {vi(str(lost['2.2']['u0001']))}/2 điểm."
    assert any(
        text.startswith(f"{worst} Thành phần {worst}: trung bình mất {vi(mean(lost[worst].values()))}/2 điểm")
        for text in paragraphs(blocks, "vi")
    )


def test_without_agencies_that_is_told(results: Results) -> None:
    blocks = list(recommendations(read(results("small"), "en")))
    assert headings(blocks)[3:] == ["Recommendations", "To the units assessed", "To those who run the survey"]
    assert (
        "No agencies are named for the nodes, so that recommendations are not divided by agency."
        in paragraphs(blocks, "en")
    )


def test_clear_changes_are_among_the_facts_only_beside_an_earlier_round(results: Results) -> None:
    alone = "\n".join(paragraphs(recommendations(read(results("small"), "vi")), "vi"))
    beside = compared(results("small-before"), results("small"), "vi")
    text = "\n".join(paragraphs(recommendations(beside), "vi"))
    assert "so với đợt trước" not in alone
    assert "tăng vượt quá sai số điều tra so với đợt trước: Xã số 1" in text
    assert "giảm vượt quá sai số điều tra so với đợt trước: Xã số 6" in text


def test_groups_that_are_furthest_apart_have_their_printed_means(results: Results) -> None:
    folder = results("small")
    by_group: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows_of(folder / "council" / "groups.csv"):
        if "." in row["node_code"] and row["percent"]:
            by_group.setdefault((row["node_code"], row["group"]), []).append(Decimal(row["percent"]))
    means = {
        key: (sum(values, Decimal()) / len(values)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        for key, values in by_group.items()
    }
    apart = {node: abs(means[node, "dan"] - means[node, "cb"]) for node, group in means if group == "cb"}
    node = max(apart, key=lambda code: apart[code])
    (text,) = [t for t in paragraphs(recommendations(read(folder, "en")), "en") if "furthest apart" in t]
    assert f"at {node} Part {node}:" in text
    for group in ("dan", "cb"):
        assert f"{means[node, group]}\xa0%" in text


@pytest.mark.parametrize("key", ["one", "lonely", "incomplete", "tied", "sipas", "named"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_hard_rounds_have_headings_to_fill_and_no_open_places(
    results: Results, key: str, language: Language
) -> None:
    round_ = read(results(key), language)
    for section in (losses, recommendations):
        text = "\n".join(texts_of(section(round_), language))
        assert "{" not in text.replace("{{ 7*7 }} {% raw %}", "")
        assert "⟦" not in text
        assert " ." not in text
        assert ", ," not in text
