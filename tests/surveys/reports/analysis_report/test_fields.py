"""Fields and sub-criteria: means, highest and lowest, sides of the mean, worked out again from the council's table."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from surveys.analysis.counted_units import FEWEST
from surveys.problems import LANGUAGES, Language, phrase
from surveys.reports.analysis_report.block_results import block_results, fields_of
from surveys.reports.analysis_report.parts import Block, ReportFigure, ReportTable
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.sections.fields import fields
from tests.surveys.reports.analysis_report.conftest import Results
from tests.surveys.reports.analysis_report.plain_blocks import paragraphs, tables, texts_of
from tests.surveys.reports.analysis_report.printed_cells import rows_of
from tests.surveys.reports.analysis_report.test_reported_round import read

Row = dict[str, str]
SMALL = ["tied", "incomplete", "renormalised", "small", "first-survey"]
LARGE = [pytest.param(key, marks=pytest.mark.long) for key in ("sipas", "papi", "ha-noi")]


def told(round_: ReportedRound) -> list[Block]:
    return list(fields(round_))


def of_block(folder: Path) -> dict[str, dict[str, dict[str, Row]]]:
    """Block → node → unit → its row."""
    found: dict[str, dict[str, dict[str, Row]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows_of(folder / "council" / "scores.csv"):
        found[row["block"]][row["node_code"]][row["unit_code"]] = row
    return found


def parents_of(folder: Path) -> dict[str, str]:
    return {row["code"]: row["parent"] for row in rows_of(folder / "tree.csv") if row["level"] != "item"}


def above(node: str, parents: dict[str, str]) -> list[str]:
    return [parents[node], *above(parents[node], parents)] if parents.get(node) else []


def means(nodes: dict[str, dict[str, Row]], parents: dict[str, str], column: str) -> dict[str, str]:
    """Node → exact mean, halves up, over units whose result and every result below it is there, without one or two that do not
    stand in the mean above; empty below three."""
    counted: dict[str, list[str]] = {}
    found: dict[str, str] = {}
    for node, of_units in nodes.items():
        below = [other for other in nodes if node in above(other, parents)]
        whole = [u for u in of_units if all(nodes[n].get(u, {}).get(column) for n in (node, *below))]
        over = counted.get(parents[node], [])
        if len(set(whole) - set(over)) in (1, 2):
            whole = [unit for unit in whole if unit in over]
        counted[node] = whole if len(whole) >= FEWEST else []
        found[node] = mean_of([of_units[unit][column] for unit in counted[node]]) if counted[node] else ""
    return found


def mean_of(texts: list[str]) -> str:
    digits = len(texts[0].partition(".")[2])
    scaled = sum(Fraction(text) for text in texts) / len(texts) * 10**digits
    whole = (scaled + Fraction(1, 2)).__floor__()
    return f"{whole // 10**digits}.{whole % 10**digits:0{digits}d}"


@pytest.mark.parametrize("key", [*SMALL, *LARGE])
def test_means_extremes_and_sides_are_those_of_the_council_table(results: Results, key: str) -> None:
    folder = results(key)
    parents, points = parents_of(folder), "points" in rows_of(folder / "council" / "scores.csv")[0]
    for block, nodes in of_block(folder).items():
        by_column = {c: means(nodes, parents, c) for c in (("points", "percent") if points else ("percent",))}
        found = {node.node.code: node for node in block_results(read(folder, "en"), block)}
        assert list(found) == list(nodes)
        for code, of_units in nodes.items():
            node = found[code]
            shown = {unit: row for unit, row in of_units.items() if row["percent"]}
            most = {row["max_points"] for row in shown.values()} if points else set()
            column = "points" if len(most) == 1 else "percent"
            assert node.measure == column
            assert {c: node.mean_of(c).text for c in by_column} == {c: m[code] for c, m in by_column.items()}
            values = {unit: Fraction(row[column]) for unit, row in shown.items()}
            for rows, end in ((node.highest, max), (node.lowest, min)):
                expected = {u for u, value in values.items() if value == end(values.values())}
                assert {row["unit_code"] for row in rows} == expected
            mean = by_column[column][code]
            if not mean:
                assert not node.above("above").text
                continue
            assert node.above("above").text == str(sum(v > Fraction(mean) for v in values.values()))
            assert node.above("below").text == str(sum(v < Fraction(mean) for v in values.values()))
            low, high = ("points_low", "points_high") if column == "points" else ("ci_low", "ci_high")
            sure = sum(row[low] != "" and Fraction(row[low]) > Fraction(mean) for row in shown.values())
            assert node.above("surely_above").text == str(sure)
            sure = sum(row[high] != "" and Fraction(row[high]) < Fraction(mean) for row in shown.values())
            assert node.above("surely_below").text == str(sure)
            if points and len(most) == 1:
                assert Fraction(node.lost.text) == Fraction(most.pop()) - Fraction(mean)


def test_the_highest_unit_is_not_called_better_than_those_whose_interval_meets_its_own(
    results: Results,
) -> None:
    folder = results("small")
    said = paragraphs(told(read(folder, "vi")), "vi")
    for code, of_units in of_block(folder)["xa"].items():
        if code not in ("1", "2"):
            continue
        best = max(of_units.values(), key=lambda row: Fraction(row["points"]))
        others = [
            row["unit_name"]
            for row in of_units.values()
            if row is not best and Fraction(row["points_high"]) >= Fraction(best["points_low"])
        ]
        (text,) = (text for text in said if text.startswith(f"{code}. ") and "trung bình" in text)
        assert f"cao nhất là {best['unit_name']} (" in text
        if not others:
            assert "nằm trên khoảng tin cậy của mọi đơn vị khác" in text
        elif len(others) > 2:
            assert f"khoảng tin cậy của {len(others)} đơn vị khác" in text
        else:
            assert all(f"chưa thể nói {best['unit_name']} hơn " in text and name in text for name in others)


def test_sub_criteria_are_told_by_what_was_lost_and_by_percentage(results: Results) -> None:
    folder = results("small")
    nodes, parents = of_block(folder)["xa"], parents_of(folder)
    leaves = [code for code in nodes if code not in set(parents.values())]
    said = paragraphs(told(read(folder, "vi")), "vi")
    points, percents = (means(nodes, parents, column) for column in ("points", "percent"))
    lost = sorted(leaves, key=lambda code: Fraction(points[code]))
    low = sorted(leaves, key=lambda code: Fraction(percents[code]))
    told_lost = [re.match(r"([\d.]+)\. .*: mất ", text) for text in said]
    told_low = [re.match(r"([\d.]+)\. [^:]*: [\d,]+\s% *; thấp nhất là ", text) for text in said]
    assert [found[1] for found in told_lost if found] == lost
    assert [found[1] for found in told_low if found] == low


def test_of_one_unit_its_own_results_are_told_and_nothing_is_compared(results: Results) -> None:
    for key, name in (("one", "Xã số 1"), ("lonely", "Xã số 1")):
        blocks = told(read(results(key), "vi"))
        table = tables(blocks, "vi")["table-nodes-xa"]
        assert [line[0].split(". ")[0] for line in table[1:]] == ["1", "1.1", "1.2", "2", "2.1", "2.2"]
        (text,) = paragraphs(blocks, "vi")
        assert text == phrase("report.fields.alone", "vi", unit=name, table="")


def test_what_is_not_shown_enters_nothing(results: Results) -> None:
    """Another value in cells that are not shown, and units of which nothing is shown, change no text."""
    round_ = read(results("incomplete"), "vi")
    table = round_.tables["council-scores"]
    frame = table.frame
    hidden = frame["percent"] == ""
    assert hidden.any()
    # the gaps of the others stay gaps: a unit that is hidden altogether is as one that is not there
    gone = frame["unit_code"] == "u0003"
    assert frame.loc[gone, "percent"].eq("").all()
    without = replace(table, frame=frame[~gone], lines=table.lines[~gone.to_numpy()])
    other = replace(round_, tables={**round_.tables, "council-scores": without})
    assert list(texts_of(told(other), "vi")) == list(texts_of(told(round_), "vi"))


def test_without_any_result_there_is_no_section(results: Results) -> None:
    round_ = read(results("small"), "vi")
    table = round_.tables["council-scores"]
    gaps = dict.fromkeys(("points", "points_low", "points_high", "percent", "ci_low", "ci_high"), "")
    hidden = replace(table, frame=table.frame.assign(**gaps))
    assert not told(replace(round_, tables={**round_.tables, "council-scores": hidden}))


def test_fields_are_the_nodes_next_to_the_total_and_where_these_are_few_the_next_too(
    results: Results,
) -> None:
    nodes = block_results(read(results("small"), "vi"), "xa")
    assert [node.node.code for node in fields_of(nodes)] == ["1", "1.1", "1.2", "2", "2.1", "2.2"]


@pytest.mark.long
def test_many_fields_stand_alone(results: Results) -> None:
    nodes = block_results(read(results("papi"), "vi"), "tinh")
    assert {node.depth for node in fields_of(nodes)} == {1}


def test_heat_map_and_wide_table_stand_in_their_places(results: Results) -> None:
    round_ = replace(read(results("small"), "vi"), figures=frozenset({"heat-xa"}))
    blocks = told(round_)
    assert [block.key for block in blocks if isinstance(block, ReportFigure)] == ["heat-xa"]
    assert [block.key for block in blocks if isinstance(block, ReportTable)] == ["table-fields-xa"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [*SMALL, "one", "lonely"])
def test_every_phrase_is_filled_in(results: Results, key: str, language: Language) -> None:
    for text in texts_of(told(read(results(key), language)), language):
        assert not re.search(r"[⟦⟧]|{\w+}", text)
