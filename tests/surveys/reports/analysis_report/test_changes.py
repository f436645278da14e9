"""The section on changes: what is beyond chance is worked out a second time; traps of rounds that cannot be compared."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import pytest
from scipy import stats

from surveys.problems import LANGUAGES, Language
from surveys.reports.analysis_report.parts import Heading, Number, ReportFigure, ReportTable
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.sections.changes import changes
from tests.surveys.reports.analysis_report.compared_rounds import EARLIER, compared
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.plain_blocks import paragraphs, tables
from tests.surveys.reports.analysis_report.rounds import BEFORE, Hard, communes, written
from tests.surveys.reports.analysis_report.test_reported_round import read

pytestmark = pytest.mark.long


class Change(NamedTuple):
    change: float
    verdict: str


def scores(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (folder / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] == "all" and row["node_level"] != "item"]
    return {(row["unit_code"], row["node_code"]): row for row in rows}


def changes_by_hand(before: Path, after: Path) -> dict[str, dict[str, Change]]:
    """Node → unit → change and verdict: Satterthwaite's degrees of freedom, Student's t, Holm's correction over the units."""
    old, new = scores(before), scores(after)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for (unit, node), row in new.items():
        pair = old[unit, node], row
        if all(one["score"] for one in pair):
            variances = [float(one["se"]) ** 2 for one in pair]
            df = sum(variances) ** 2 / sum(
                v**2 / float(one["df"]) for v, one in zip(variances, pair, strict=True)
            )
            change = float(row["score"]) - float(pair[0]["score"])
            p = 2 * stats.t.sf(abs(change) / sqrt(sum(variances)), df)
            found.setdefault(node, {})[unit] = change, p
    return {node: dict(verdicts(of_node)) for node, of_node in found.items()}


def verdicts(of_node: dict[str, tuple[float, float]]) -> Iterator[tuple[str, Change]]:
    ordered = sorted(of_node, key=lambda unit: of_node[unit][1])
    highest = 0.0
    for k, unit in enumerate(ordered):
        change, p = of_node[unit]
        highest = max(highest, min(1.0, (len(ordered) - k) * p))
        yield unit, Change(change, "chance" if highest > 0.05 else "up" if change > 0 else "down")


def rounded(value: float, language: Language) -> str:
    number = Decimal(repr(100 * value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = f"{number:+}".replace("-", "−") if number else f"{abs(number)}"
    return text.replace(".", ",") if language == "vi" else text


@pytest.fixture(scope="module")
def folders(results: Results) -> tuple[Path, Path]:
    return results("small-before"), results("small")


@pytest.mark.parametrize("language", LANGUAGES)
def test_verdicts_and_changes_are_those_worked_out_by_hand(
    folders: tuple[Path, Path], language: Language
) -> None:
    round_ = compared(*folders, language)
    expected = changes_by_hand(*folders)["0"]
    words = {
        "vi": {"up": "tăng", "down": "giảm", "chance": "trong phạm vi sai số"},
        "en": {"up": "rise", "down": "fall", "chance": "within the error"},
    }[language]
    found = tables(changes(round_), language)["table-changes-xa"]
    by_name = {round_.names.unit("xa", unit): change for unit, change in expected.items()}
    assert len(found) == 8
    for row in found:
        change = by_name[row[0]]
        assert (row[3], row[5]) == (rounded(change.change, language), words[change.verdict])
    assert set(Counter(change.verdict for change in expected.values())) == {"up", "down", "chance"}


def test_the_sentence_counts_them_and_names_only_the_clear_ones(folders: tuple[Path, Path]) -> None:
    round_ = compared(*folders, "vi")
    expected = changes_by_hand(*folders)["0"]
    number = Counter(change.verdict for change in expected.values())
    said = paragraphs(changes(round_), "vi")
    assert said[0].startswith(f"Phần này so sánh với {EARLIER}.")
    assert said[1] == (
        f"8 đơn vị được so sánh; {number['up']} đơn vị tăng vượt quá sai số điều tra; {number['down']} đơn vị giảm vượt quá "
        f"sai số điều tra; {number['chance']} đơn vị thay đổi trong phạm vi sai số."
    )
    for k, verdict in ((2, "up"), (3, "down")):
        for unit, change in expected.items():
            assert (round_.names.unit("xa", unit) + " (" in said[k]) == (change.verdict == verdict)


def test_nodes_are_counted_by_their_own_verdicts(folders: tuple[Path, Path]) -> None:
    round_ = compared(*folders, "vi")
    expected = {
        node: Counter(change.verdict for change in of_node.values())
        for node, of_node in changes_by_hand(*folders).items()
        if node != "0"
    }
    found = tables(changes(round_), "vi")["table-changes-nodes-xa"]
    clear = {node: number for node, number in expected.items() if number["up"] or number["down"]}
    assert {row[0]: (row[2], row[3], row[4]) for row in found} == {
        node: (str(n["up"]), str(n["down"]), str(n["chance"])) for node, n in clear.items()
    }
    others = len(expected) - len(clear)
    if others:
        assert any(
            f"Ở {others} lĩnh vực, tiêu chí khác" in text for text in paragraphs(changes(round_), "vi")
        )


def test_ranks_have_the_limits_of_their_change(folders: tuple[Path, Path]) -> None:
    found = tables(changes(compared(*folders, "vi")), "vi")["table-changes-xa"]
    before, after = (
        {
            row["unit_name"]: row
            for row in csv.DictReader((f / "units.csv").open(encoding="utf-8-sig", newline=""))
        }
        for f in folders
    )
    for row in found:
        old, new = before[row[0]], after[row[0]]
        low = int(old["rank_low"]) - int(new["rank_high"])
        high = int(old["rank_high"]) - int(new["rank_low"])
        limits = [f"{limit:+}".replace("-", "−") if limit else "0" for limit in (low, high)]
        assert row[6] == f"{old['rank']} → {new['rank']} ({limits[0]} đến {limits[1]})"


def test_every_number_knows_a_row_of_the_table_of_changes(folders: tuple[Path, Path]) -> None:
    round_ = compared(*folders, "vi")
    frame = round_.tables["changes"].frame
    keys = {tuple(key) for key in frame[list(round_.tables["changes"].table.key)].to_numpy().tolist()}
    for block in changes(round_):
        if isinstance(block, ReportTable) and block.key == "table-changes-xa":
            quoted = [part for row in block.rows for cell in row for part in cell if isinstance(part, Number)]
            assert len(quoted) == 8 * 9
            assert {number.source.table for number in quoted} == {"changes"}
            assert {number.source.key for number in quoted} <= keys


# --- traps ------------------------------------------------------------------------------------------------------------


def test_without_an_earlier_round_nothing_is_said(results: Results) -> None:
    assert list(changes(read(results("small"), "vi"))) == []


def test_rounds_that_cannot_be_compared_are_told_with_the_reason(results: Results) -> None:
    round_ = replace(read(results("small"), "vi"), previous=EARLIER, not_compared="bộ công cụ khác nhau.")
    assert paragraphs(changes(round_), "vi") == ["Không so sánh được với đợt trước: bộ công cụ khác nhau."]


def test_the_figure_stands_where_it_can_be_drawn(folders: tuple[Path, Path]) -> None:
    round_ = compared(*folders, "vi")
    figures = [
        b.key
        for b in changes(replace(round_, figures=frozenset({"changes-xa"})))
        if isinstance(b, ReportFigure)
    ]
    assert figures == ["changes-xa"]
    assert not any(isinstance(block, ReportFigure) for block in changes(round_))


@pytest.fixture(scope="module")
def differing(results: Results, tmp_path_factory: pytest.TempPathFactory) -> ReportedRound:
    """The earlier round beside a later one with a further field and sub-criterion, and a unit more."""
    later = Hard(communes(9), [*BEFORE.levels, 4.0], [(15, 9)] * 9, fields=3, seed=9)
    return compared(results("small-before"), written(tmp_path_factory.mktemp("more"), later), "vi")


def test_what_is_not_compared_is_listed_with_the_reason(differing: ReportedRound) -> None:
    blocks = list(changes(differing))
    said = paragraphs(blocks, "vi")
    assert "Không so sánh được kết quả chung của đơn vị nào trong khối." in said
    first = said.index("Những nội dung không so sánh với đợt trước:")
    listed = "\n".join(said[first:])
    assert "3 Lĩnh vực 3" in listed
    assert "3.1 Thành phần 3.1" in listed
    assert "nút mới." in listed
    assert "0 Chỉ số: thành phần đã thay đổi." in listed
    assert [block.text for block in blocks if isinstance(block, Heading)] == [differing.names.block("xa")]
    assert "table-changes-xa" not in tables(blocks, "vi")


def test_a_node_that_stayed_is_compared_all_the_same(differing: ReportedRound) -> None:
    said = "\n".join(paragraphs(changes(differing), "vi"))
    found = tables(changes(differing), "vi").get("table-changes-nodes-xa", [])
    assert found or "không đơn vị nào thay đổi vượt quá sai số điều tra" in said
    assert not any(row[0].startswith("3") for row in found)


def test_a_unit_without_a_result_is_named(results: Results, tmp_path: Path) -> None:
    gone = replace(BEFORE, forms=[(15, 9)] * 7 + [(2, 1)], year=2025, seed=5)
    round_ = compared(results("small-before"), written(tmp_path, gone), "vi")
    said = paragraphs(changes(round_), "vi")
    assert "Xã số 8: một trong hai đợt không có điểm." in said
    row = next(row for row in tables(changes(round_), "vi")["table-changes-xa"] if row[0] == "Xã số 8")
    assert row[2:6] == ["–", "–", "", "không so sánh"]


def test_no_change_beyond_noise_is_called_one(results: Results, tmp_path: Path) -> None:
    alike = replace(BEFORE, year=2025)
    round_ = compared(results("small-before"), written(tmp_path, alike), "vi")
    said = "\n".join(paragraphs(changes(round_), "vi"))
    assert "8 đơn vị được so sánh; không đơn vị nào tăng hay giảm vượt quá sai số điều tra" in said
    assert "Tăng vượt quá" not in said
    assert "Giảm vượt quá" not in said
    assert "chưa thể kết luận thứ hạng của đơn vị nào có thay đổi" in said
    verdicts_ = {row[5] for row in tables(changes(round_), "vi")["table-changes-xa"]}
    assert verdicts_ == {"trong phạm vi sai số"}
