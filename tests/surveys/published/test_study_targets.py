"""Targets of a study: what does not add up, and what was reached already, told once and at the row of the target."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import surveys as sv
from surveys.definitions.instrument.reading import load_instrument
from surveys.definitions.study.records import Output, Target
from surveys.problems import Place, Problems
from surveys.published.study_targets import Results, audit_targets, results_of
from tests.indices.test_both_halves import SETTINGS, round_of

PARTS = ("2.4.1", "2.4.2", "2.4.3", "2.4.4")


def points(node: str, target: str, unit: str = "", sign: str = "") -> Target:
    return Target("so" if unit else "", unit, node, "", "points", target, sign)  # type: ignore[arg-type]


def told(
    targets: list[Target], results: Results | None = None
) -> list[tuple[str, int | None, dict[str, object]]]:
    """Code, row and what is said of the numbers, of every finding; rows are those of the targets, from 2 on."""
    placed = [(target, Place(Problems(), "targets.csv", row)) for row, target in enumerate(targets, 2)]
    found = audit_targets(load_instrument("ha-noi/2023"), placed, results)
    assert all(problem.severity == "warning" and problem.file == "targets.csv" for problem in found)
    named = ("node", "target", "value", "computed", "part")
    return [(p.code, p.row, {k: v for k, v in p.params if k in named}) for p in found]


def reached(*values: str) -> dict[str, dict[str, Decimal]]:
    return {node: {"points": Decimal(value)} for node, value in zip(PARTS, values, strict=False)}


def test_targets_that_add_up_are_silent() -> None:
    targets = [points("2.4", "3.48"), *map(points, PARTS, ("0.83", "0.88", "0.87", "0.90"))]
    assert told(targets) == []


def test_a_target_that_its_parts_do_not_make_is_told_once_for_all_units() -> None:
    targets = [points("2.4", "3.58"), *map(points, PARTS, ("0.83", "0.88", "0.87", "0.90"))]
    assert told(targets) == [("audit.target_sum", 2, {"node": "2.4", "target": "3.58", "computed": "3.48"})]
    assert told(targets[:-1]) == []  # one of the parts has no target


def test_a_target_of_one_unit_takes_the_place_of_the_common_one() -> None:
    common = [points("2.4", "3.48"), *map(points, PARTS, ("0.83", "0.88", "0.87", "0.90"))]
    assert told([*common, points("2.4.1", "0.95", "noi-vu")]) == [
        ("audit.target_sum", 2, {"node": "2.4", "target": "3.48", "computed": "3.6"})
    ]


def test_a_target_below_the_result_of_its_unit_is_told() -> None:
    results = {("so", "noi-vu"): reached("0.9012"), ("so", "y-te"): reached("0.7000")}
    own = points("2.4.1", "0.83", "noi-vu")
    assert told([own], results) == [
        ("audit.target_below", 2, {"node": "2.4.1", "target": "0.83", "value": "0.9012"})
    ]
    assert told([points("2.4.1", "0.90", "noi-vu")], results) == []  # as printed: rounding
    assert told([points("2.4.1", "0.83", "noi-vu", "<=")], results) == []


def test_a_common_target_is_passed_when_the_last_unit_has_passed_it() -> None:
    results = {("so", "noi-vu"): reached("0.9012"), ("so", "y-te"): reached("0.8400")}
    assert told([points("2.4.1", "0.83")], results) == [
        ("audit.target_below", 2, {"node": "2.4.1", "target": "0.83", "value": "0.8400"})
    ]
    assert told([points("2.4.1", "0.85")], results) == []
    assert told([points("2.4.1", "0.83")], results | {("so", "tu-phap"): {}}) == []  # one is not known


@pytest.mark.parametrize(("target", "said"), [("92", []), ("88.5", ["audit.target_below"])])
def test_a_percentage_of_the_whole_index_stands_beside_its_points(target: str, said: list[str]) -> None:
    results = {("so", "noi-vu"): {"0": {"points": Decimal("90.12"), "percent": Decimal("90.12")}}}
    whole = Target("so", "noi-vu", "0", "", "percent", target, ">")
    assert [code for code, *_ in told([whole], results)] == said


def test_results_are_read_as_printed() -> None:
    scores = pd.DataFrame(
        {
            "block": "so",
            "unit_code": "a",
            "node_code": ["2.4", "2.4.1"],
            "group": "all",
            "points": [3.48125, float("nan")],
            "score": [0.8703125, float("nan")],
        }
    )
    found = results_of(scores, pd.DataFrame(), Output())
    assert found == {
        ("so", "a"): {"2.4": {"points": Decimal("3.4813"), "percent": Decimal("87.03")}, "2.4.1": {}}
    }


def test_check_tells_sums_and_score_also_what_was_reached(tmp_path: Path) -> None:
    path = round_of(tmp_path, settings=SETTINGS.replace("[files]\n", '[files]\ntargets = "targets.csv"\n'))
    rows = ("block,unit,node,item,measure,target", ",,1,,points,5.0", ",,1.1,,points,2.0", ",,1.2,,points,1.0",
            ",,1.3,,points,1.5", "xa,a,2.1,,points,1.50", "xa,a,2.2,,points,1.70")  # fmt: skip
    (path / "targets.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    checked = [(p.code, p.row, p.severity) for p in sv.check(path) if p.file == "targets.csv"]
    assert checked == [("audit.target_sum", 2, "warning")]
    told = [
        (p.code, dict(p.params)["node"]) for p in sv.load(path).score().warnings if p.file == "targets.csv"
    ]
    assert told == [
        ("audit.target_sum", "1"),
        ("audit.target_below", "2.1"),
    ]  # unit a has 1.75 of 2.1, 1.6 of 2.2
