"""Re-adding by every rule of the tree, on tables written by hand with results computed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from surveys.handover import official_columns
from surveys.handover.official_columns import OfficialTable
from surveys.handover.read_back import PrintedTable
from surveys.handover.readding import parents

#: code, parent, level, rule, weight, max_points, low, high, groups
Node = tuple[str, str, str, str, str, str, str, str, str]
#: node, level, group, score, max_points, points
Row = tuple[str, str, str, str, str, str]


def printed(table: OfficialTable, rows: list[dict[str, str]]) -> PrintedTable:
    """A table as it would be read from a file: unnamed cells are empty."""
    frame = pd.DataFrame([{name: row.get(name, "") for name in table.names} for row in rows], dtype=object)
    return PrintedTable(table, table.path, frame, np.arange(2, len(frame) + 2))


def tree(*nodes: Node) -> PrintedTable:
    names = ("code", "parent", "level", "rule", "weight", "max_points", "low", "high", "groups")
    return printed(official_columns.TREE, [dict(zip(names, node, strict=True)) for node in nodes])


def scores(*rows: Row) -> PrintedTable:
    names = ("node_code", "node_level", "group", "score", "max_points", "points")
    place = {"block": "tinh", "unit_code": "u", "status": "ok", "n_valid": "9"}
    return printed(official_columns.SCORES, [place | dict(zip(names, row, strict=True)) for row in rows])


def faults(scores: PrintedTable, tree: PrintedTable) -> list[tuple[str, int | None, str, str]]:
    return [(p.code, p.row, p.column, dict(p.params).get("expected", "")) for p in parents(scores, tree)]


DIMENSION = tree(
    ("3", "", "dimension", "sum", "1", "10", "", "", ""),
    ("3.1", "3", "sub_dimension", "mean", "1", "3.33", "", "", ""),
    ("3.2", "3", "sub_dimension", "mean", "1", "3.33", "", "", ""),
    ("3.3", "3", "sub_dimension", "mean", "1", "3.33", "", "", ""),
)


def dimension(score: str, maximum: str, points: str) -> PrintedTable:
    # 3.33 · 0.5 = 1.6650, 3.33 · 0.6 = 1.9980, 3.33 · 0.7 = 2.3310: 5.9940 points
    return scores(
        ("3", "dimension", "all", score, maximum, points),
        ("3.1", "sub_dimension", "all", "0.5000", "3.33", "1.6650"),
        ("3.2", "sub_dimension", "all", "0.6000", "3.33", "1.9980"),
        ("3.3", "sub_dimension", "all", "0.7000", "3.33", "2.3310"),
    )


def test_a_sum_is_out_of_the_maximum_published_with_it() -> None:
    """PAPI publishes 10 for three sub-dimensions of 3.33."""
    assert faults(dimension("0.5994", "10", "5.9940"), DIMENSION) == []
    assert faults(dimension("0.6000", "9.99", "5.9940"), DIMENSION) == []


def test_a_sum_that_is_wrong_says_what_its_children_give() -> None:
    assert faults(dimension("0.5994", "10", "5.9950"), DIMENSION) == [("verify.sum", 2, "points", "5.994")]
    assert faults(dimension("0.6994", "10", "5.9940"), DIMENSION) == [("verify.parent", 2, "score", "0.5994")]
    assert ("verify.sum", 2, "max_points", "9.99") in faults(dimension("0.5995", "9", "5.9940"), DIMENSION)


def test_rounding_of_each_child_is_allowed_and_no_more() -> None:
    """Four numbers of four decimals: up to 4 · 0.00005."""
    assert faults(dimension("0.5994", "10", "5.9942"), DIMENSION) == []
    assert faults(dimension("0.5994", "10", "5.9943"), DIMENSION) == [("verify.sum", 2, "points", "5.994")]


ITEMS = ("1.a", "1.b", "1.c")


@pytest.mark.parametrize(
    ("rule", "weights", "low", "high", "expected"),
    [
        ("mean", ("1", "1", "1"), "", "", "0.6000"),  # (0.9 + 0.6 + 0.3)/3
        ("weighted", ("3", "2", "1"), "", "", "0.7000"),  # (2.7 + 1.2 + 0.3)/6
        ("rescale", ("1", "1", "1"), "0.5", "5", "0.6400"),  # (0.5 + 4.5 · 0.6)/5
        ("rescale", ("1", "1", "1"), "0.33", "3.33", "0.6396"),  # (0.33 + 3 · 0.6)/3.33 = 0.63963…
    ],
)
def test_items_within_a_group(
    rule: str, weights: tuple[str, ...], low: str, high: str, expected: str
) -> None:
    nodes = tree(
        ("1", "", "factor", rule, "1", "", low, high, "citizens:1"),
        *((item, "1", "item", "", w, "", "", "", "") for item, w in zip(ITEMS, weights, strict=True)),
    )

    def table(score: str) -> PrintedTable:
        values = ("0.9000", "0.6000", "0.3000")
        rows = [("1", "factor", group, score, "", "") for group in ("citizens", "all")]
        rows += [
            (item, "item", g, v, "", "")
            for item, v in zip(ITEMS, values, strict=True)
            for g in ("citizens", "all")
        ]
        return scores(*rows)

    assert faults(table(expected), nodes) == []
    wrong = f"{float(expected) + 0.01:.4f}"
    found = faults(table(wrong), nodes)
    assert [(code, row, column) for code, row, column, _ in found] == [("verify.parent", 2, "score")]
    assert float(found[0][3]) == pytest.approx(float(expected), abs=0.00005)


def test_groups_are_combined_with_their_weights() -> None:
    nodes = tree(
        ("1", "", "factor", "mean", "1", "", "", "", "deputies:3;citizens:1"),
        ("1.a", "1", "item", "", "1", "", "", "", ""),
    )

    def table(over: str) -> PrintedTable:
        rows = [(code, level, g, v, "", "") for code, level in (("1", "factor"), ("1.a", "item"))
                for g, v in (("deputies", "0.8000"), ("citizens", "0.4000"), ("all", over))]  # fmt: skip
        return scores(*rows)

    assert faults(table("0.7000"), nodes) == []  # (3 · 0.8 + 0.4)/4
    assert faults(table("0.6000"), nodes) == [
        ("verify.parent", 4, "score", "0.7"),
        ("verify.parent", 7, "score", "0.7"),
    ]


def test_a_mean_of_items_counts_the_items_below() -> None:
    nodes = tree(
        ("0", "", "index", "mean_of_items", "1", "", "", "", ""),
        ("1", "0", "factor", "mean", "1", "", "", "", ""),
        *((f"1.{k}", "1", "item", "", "1", "", "", "", "") for k in "abc"),
        ("2", "0", "factor", "mean", "1", "", "", "", ""),
        ("2.a", "2", "item", "", "1", "", "", "", ""),
    )
    below = [("1", "factor", "all", "0.8000", "", ""), ("2", "factor", "all", "0.4000", "", "")]
    assert faults(scores(("0", "index", "all", "0.7000", "", ""), *below), nodes) == []  # (3 · 0.8 + 0.4)/4
    wrong = faults(scores(("0", "index", "all", "0.6000", "", ""), *below), nodes)
    assert wrong == [("verify.parent", 2, "score", "0.7")]


def test_a_hidden_question_does_not_enter_its_node() -> None:
    """A question with too few answers is not printed; its node is the mean of the others."""
    nodes = tree(
        ("1", "", "factor", "mean", "1", "", "", "", ""),
        ("1.a", "1", "item", "", "1", "", "", "", ""),
        ("1.b", "1", "item", "", "1", "", "", "", ""),
    )
    rows = [("1", "factor", "citizens", "0.7500", "", ""), ("1.a", "item", "citizens", "0.9000", "", "")]
    hidden = ("1.b", "item", "citizens", "", "", "")
    assert faults(scores(("1", "factor", "citizens", "0.9000", "", ""), rows[1], hidden), nodes) == []
    assert faults(scores(*rows, hidden), nodes) == [("verify.parent", 2, "score", "0.9")]
    assert faults(scores(*rows, ("1.b", "item", "citizens", "0.5000", "", "")), nodes) == [
        ("verify.parent", 2, "score", "0.7")
    ]
