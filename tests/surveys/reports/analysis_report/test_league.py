"""The league of a report says what the package allows: pairs told apart, ties, who may be first, who is not ranked and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from surveys.problems import LANGUAGES, Language, phrase
from surveys.reports.analysis_report.parts import Block, Number, Paragraph, ReportFigure, numbers_in
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.sections.league import league
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.plain_blocks import paragraphs, tables, texts_of
from tests.surveys.reports.analysis_report.printed_cells import rows_of
from tests.surveys.reports.analysis_report.rounds import Hard, communes, written
from tests.surveys.reports.analysis_report.test_reported_round import read

Row = dict[str, str]
SMALL = ["tied", "one", "incomplete", "lonely", "renormalised", "named", "small"]
LARGE = [pytest.param(key, marks=pytest.mark.long) for key in ("sipas", "papi", "ha-noi")]


def told(round_: ReportedRound) -> list[Block]:
    return list(league(round_))


def worked_out(blocks: list[Block]) -> dict[tuple[str, ...], list[str]]:
    """What was worked out → the numbers told of it, in paragraphs."""
    found: dict[tuple[str, ...], list[str]] = {}
    for block in blocks:
        if isinstance(block, Paragraph):
            for number in numbers_in(block.text):
                if number.source.table == "report":
                    found.setdefault(number.source.key, []).append(number.text)
    return found


def units(folder: Path) -> dict[str, list[Row]]:
    """Block → the rows of its units, of the council and beside them those of the league of the survey."""
    found: dict[str, list[Row]] = {}
    for row in rows_of(folder / "council" / "units.csv"):
        found.setdefault(row["block"], []).append(row)
    return found


def league_of(folder: Path) -> dict[tuple[str, str], Row]:
    index = folder / "index-units.csv"
    rows = rows_of(index if index.is_file() else folder / "units.csv")
    return {(row["block"], row["unit_code"]): row for row in rows}


@pytest.mark.parametrize("key", [*SMALL, *LARGE])
def test_pairs_told_apart_are_counted_from_the_worst_ranks_too(results: Results, key: str) -> None:
    """Each pair that is told apart makes the best rank of one worse and the worst rank of the other better."""
    said = worked_out(told(read(results(key), "vi")))
    for block, rows in units(results(key)).items():
        ranked = [row for row in rows if row["rank"]]
        if len(ranked) < 2:
            assert ("count", "pairs", block) not in said
            continue
        k = len(ranked)
        apart = sum(len(rows) - int(row["rank_high"]) for row in ranked)
        assert said["count", "pairs", block] == [str(k * (k - 1) // 2)]
        if 0 < apart < k * (k - 1) // 2:
            assert said["count", "pairs_apart", block] == [str(apart)]
            kept = sum(row["rank_low"] == row["rank_high"] for row in ranked)
            assert said.get(("count", "sure_ranks", block), ["0"]) == [str(kept)]
        else:
            assert ("count", "pairs_apart", block) not in said


@pytest.mark.parametrize("key", [*SMALL, *LARGE])
def test_the_table_has_the_ranked_units_in_order_with_their_printed_results(
    results: Results, key: str
) -> None:
    found = tables(told(read(results(key), "en")), "en")
    for block, rows in units(results(key)).items():
        ranked = sorted((row for row in rows if row["rank"]), key=lambda row: int(row["rank"]))
        table = found[f"table-league-{block}"]
        assert [line[0] for line in table] == [row["rank"] for row in ranked]
        for line, row in zip(table, ranked, strict=True):
            low, high = ("points_low", "points_high") if "points" in row else ("ci_low", "ci_high")
            assert row.get("points", row["percent"]) in line
            assert f"{row[low]} – {row[high]}" in line
            assert f"{row['rank_low']} – {row['rank_high']}" in line
        for one, next_one in pairwise(ranked):
            assert int(one["rank"]) <= int(next_one["rank"])


def test_equal_results_are_told_as_equal(results: Results) -> None:
    said = " ".join(paragraphs(told(read(results("tied"), "vi")), "vi"))
    assert "hạng 2 gồm Xã số 2 và Xã số 3" in said


def test_equal_first_and_last_units_are_named_together(tmp_path: Path) -> None:
    folder = written(tmp_path, Hard(communes(4), [4.5, 4.5, 3, 3], [(12, 8)] * 4, spread=0))
    said = " ".join(paragraphs(told(read(folder, "vi")), "vi"))
    assert "Đồng hạng nhất là Xã số 1 và Xã số 2, cùng đạt 7,0000/8 điểm" in said
    assert "Đồng hạng thấp nhất là Xã số 3 và Xã số 4, cùng đạt 4,0000/8 điểm" in said
    assert "Chênh lệch giữa đơn vị cao nhất và thấp nhất là 3,0000 điểm." in said


def test_units_that_are_all_equal_have_no_lowest(tmp_path: Path) -> None:
    folder = written(tmp_path, Hard(communes(3), [4, 4, 4], [(12, 8)] * 3, spread=0))
    said = " ".join(paragraphs(told(read(folder, "vi")), "vi"))
    assert "Đồng hạng nhất là Xã số 1, Xã số 2 và Xã số 3" in said
    assert "hấp nhất" not in said
    assert phrase("report.league.pairs.none", "vi", pairs=3) in said


@pytest.mark.parametrize("key", [*SMALL, *LARGE])
def test_who_may_be_first_is_who_has_a_range_from_rank_1(results: Results, key: str) -> None:
    said = worked_out(told(read(results(key), "vi")))
    for block, rows in units(results(key)).items():
        may = sum(row["rank_low"] == "1" for row in rows)
        ranked = sum(row["rank"] != "" for row in rows)
        expected = [str(may)] if may > 1 and ranked > 1 else None
        assert said.get(("count", "first_open", block)) == expected


@pytest.mark.parametrize("key", [*SMALL, *LARGE])
def test_the_best_quarter_is_told_by_its_probabilities(results: Results, key: str) -> None:
    said, found = worked_out(told(read(results(key), "vi"))), league_of(results(key))
    for block, rows in units(results(key)).items():
        ranked = [row for row in rows if row["rank"]]
        if len(ranked) < 4:
            assert ("count", "quarter", block) not in said
            continue
        chances = [float(found[block, row["unit_code"]]["probability_top_quarter"]) for row in ranked]
        assert said["count", "quarter", block] == [str(-(-len(ranked) // 4))]
        sure, maybe = sum(p >= 0.95 for p in chances), sum(0.05 <= p < 0.95 for p in chances)
        assert said.get(("count", "sure_of_quarter", block), ["0"]) == [str(sure)]
        assert said.get(("count", "maybe_of_quarter", block), ["0"]) == [str(maybe)]


def test_units_without_a_rank_are_told_with_their_reason(results: Results) -> None:
    blocks = told(read(results("incomplete"), "vi"))
    table = tables(blocks, "vi")["table-unranked-xa"]
    assert [line[0] for line in table] == ["Xã số 2", "Xã số 3", "Xã số 5"]
    assert [line[2] for line in table] == [
        phrase("score.incomplete_below", "vi", nodes="1"),
        phrase("score.missing_child", "vi", nodes="1, 2"),
        phrase("score.incomplete_below", "vi", nodes="1"),
    ]
    league_table = tables(blocks, "vi")["table-league-xa"]
    assert {line[1] for line in league_table} == {"Xã số 1", "Xã số 4", "Xã số 6"}


def test_one_unit_is_ranked_by_nobody(results: Results) -> None:
    said = paragraphs(told(read(results("one"), "vi")), "vi")
    assert said[0].startswith("Khối Xã, phường chỉ có một đơn vị nên không xếp hạng. Xã số 1 đạt ")
    assert len(said) == 1


def without_ranks(round_: ReportedRound) -> ReportedRound:
    """The round in which no result is shown."""
    table = round_.tables["council-units"]
    gaps = dict.fromkeys(("rank", "rank_low", "rank_high", "points", "percent"), "")
    hidden = replace(table, frame=table.frame.assign(**gaps, status="suppressed"))
    return replace(round_, tables={**round_.tables, "council-units": hidden})


def test_where_nothing_is_shown_nobody_is_ranked_and_no_number_of_a_unit_is_told(results: Results) -> None:
    blocks = told(without_ranks(read(results("small"), "vi")))
    said = paragraphs(blocks, "vi")
    assert said[0] == phrase("report.league.nobody", "vi", block="Xã, phường", units=8)
    assert list(tables(blocks, "vi")) == ["table-unranked-xa"]
    assert not any(re.search(r"\d,\d", text) for text in texts_of(blocks, "vi"))


@pytest.mark.long
def test_groups_of_units_hold_all_ranked_ones_in_order(results: Results) -> None:
    round_ = read(results("papi"), "en")
    table = tables(told(round_), "en")["table-unit-groups-tinh"]
    assert [line[0] for line in table] == [group.label_en for group in round_.instrument.unit_groups]
    rows = [row for row in league_of(results("papi")).values() if row["rank"]]
    for line, group in zip(table, round_.instrument.unit_groups, strict=True):
        own = sorted((r for r in rows if r["unit_group"] == group.code), key=lambda row: int(row["rank"]))
        assert line[1] == str(len(own))
        assert line[2].split(", ") == [round_.names.unit("tinh", row["unit_code"]) for row in own]


@pytest.mark.long
def test_halves_classes_and_what_is_not_final_are_told(results: Results) -> None:
    blocks, folder = told(read(results("ha-noi"), "vi")), results("ha-noi")
    said = worked_out(blocks)
    for block, rows in units(folder).items():
        counts = {code: sum(row["class"] == code for row in rows) for code in {row["class"] for row in rows}}
        for code, count in counts.items():
            assert said["count", "class", block, code] == [str(count)]
        unsure = sum(float(row["probability_class"]) < 0.95 for row in rows)
        assert said.get(("count", "class_unsure", block), ["0"]) == [str(unsure)]
    text = " ".join(paragraphs(blocks, "vi"))
    for row in rows_of(folder / "council" / "units.csv"):
        if row["status"] == "provisional":
            assert re.search(re.escape(row["unit_name"]) + r" \(tạm tính theo điểm thẩm định lần 1", text)
    for column in ("council_points", "survey_percent"):
        for end in (max, min):
            for rows in units(folder).values():
                number = end((row[column] for row in rows), key=float)
                assert f"({number.replace('.', ',')}" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", SMALL)
def test_every_phrase_is_filled_in(results: Results, key: str, language: Language) -> None:
    for text in texts_of(told(read(results(key), language)), language):
        assert not re.search(r"[⟦⟧]|{\w+}", text) or "raw" in text


def test_the_figure_stands_where_it_can_be_drawn(results: Results) -> None:
    round_ = replace(read(results("small"), "vi"), figures=frozenset({"league-xa"}))
    figures = [block.key for block in told(round_) if isinstance(block, ReportFigure)]
    assert figures == ["league-xa"]
    of: Callable[[Block], bool] = lambda block: isinstance(block, ReportFigure)  # noqa: E731
    assert not any(map(of, told(replace(round_, figures=frozenset()))))


def test_numbers_of_the_league_come_from_the_council(results: Results) -> None:
    blocks = told(read(results("small"), "vi"))
    (table,) = (block for block in blocks if getattr(block, "key", "") == "table-league-xa")
    cells = [part for row in table.rows for cell in row for part in cell if isinstance(part, Number)]  # type: ignore[union-attr]
    assert {number.source.table for number in cells} == {"council-units"}
