"""Each check of verification by a forgery that it alone finds: every checksum, the workbook and the counts were made anew."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from surveys.definitions.instrument.records import UnitGroup
from surveys.handover.manifest import json_bytes
from surveys.handover.official_columns import UNITS
from surveys.handover.rank_checks import groups_of_units, ranks, sets_of_ranks
from surveys.handover.read_back import PrintedTable
from surveys.handover.verification import verify_folder
from tests.surveys.handover.forging import edit, forge
from tests.surveys.handover.test_readding import printed

Where = dict[str, str]
SCORES, LEAGUE, COUNCIL_SCORES, COUNCIL_UNITS, COUNCIL_GROUPS = (
    "scores.csv",
    "units.csv",
    "council/scores.csv",
    "council/units.csv",
    "council/groups.csv",
)
CENSUS = "toàn bộ đối tượng đã trả lời: không có sai số chọn mẫu"
TOO_FEW = "3 phiếu hợp lệ, ít hơn mức tối thiểu 5: không công bố"
OTHER_GROUP = "chưa đầy đủ: tính trên các nhóm còn lại, thiếu heads"


def row(unit: str, node: str = "", group: str = "") -> Where:
    """Cells by which a row is found."""
    named = {"unit_code": unit, "node_code": node, "group": group}
    return {name: value for name, value in named.items() if value}


def in_both(unit: str, **cells: str) -> list[tuple[str, Where, Where]]:
    """The same change of the league table and of the council's copy of it."""
    return [(file, row(unit), cells) for file in (LEAGUE, COUNCIL_UNITS)]


#: What is changed: (file, where, cells) …, and the only faults that are told.
FORGERIES: dict[str, tuple[list[tuple[str, Where, Where]], set[str]]] = {
    "a whole result called incomplete": (
        [(SCORES, row("y-te", "2", "heads"), {"status": "incomplete"}),
         (COUNCIL_GROUPS, row("y-te", "2", "heads"), {"status": "incomplete"} | dict.fromkeys(
             ("points", "percent", "ci_low", "ci_high"), ""))], {"verify.status"}),
    "a question with too few forms": (
        [(SCORES, row("y-te", "1.a", "heads"), {"n_valid": "4", "n_eff": "3.8800000000"}),
         (SCORES, row("y-te", "1.a", "all"), {"n_valid": "10", "n_eff": "9.7000000000"})], {"verify.status"}),
    "a suppressed question that shows its standard error": (
        [(SCORES, row("tru", "1.a", "citizens"), {"se": "0.0100000000"})], {"verify.suppressed_shown"}),
    "a remark taken away": (
        [(SCORES, row("tru", "1", "all"), {"note": ""}), (COUNCIL_SCORES, row("tru", "1"), {"note": ""})],
        {"verify.remark"}),
    "a remark that names another group": (
        [(SCORES, row("tru", "1.b", "all"), {"note": OTHER_GROUP})], {"verify.remark"}),
    "more forms than there were said to be": (
        [(SCORES, row("tru", "1.a", "citizens"), {"note": TOO_FEW})], {"verify.remark"}),
    "a census that is none": (
        [(SCORES, row("y-te", "2.a", "heads"), {"note": CENSUS})], {"verify.census"}),
    "a narrower interval": (
        [(SCORES, row("y-te", "1.a", "heads"), {"ci_low": "0.8900000000"})], {"verify.interval"}),
    "a smaller standard error": (
        [(SCORES, row("y-te", "1.a", "heads"), {"se": "0.0090000000"})], {"verify.interval"}),
    "other degrees of freedom": (
        [(SCORES, row("y-te", "1.a", "heads"), {"df": "13.0000000000"})], {"verify.interval"}),
    "more satisfied people": (
        [(SCORES, row("y-te", "1.a", "heads"), {"satisfaction_percent": "68.00"})], {"verify.satisfaction"}),
    "fewer forms of a node than of its questions": (
        [(SCORES, row("y-te", "1", "heads"), {"n_valid": "5", "n_eff": "4.8500000000"}),
         (SCORES, row("y-te", "1", "all"), {"n_valid": "11", "n_eff": "10.6700000000"}),
         (COUNCIL_GROUPS, row("y-te", "1", "heads"), {"n_valid": "5"}),
         (COUNCIL_SCORES, row("y-te", "1"), {"n_valid": "11"})], {"verify.n_of_parts"}),
    "a larger effective sample": (
        [(SCORES, row("y-te", "1.a", "heads"), {"n_eff": "6.1000000000"})], {"verify.n_effective"}),
    "another level": ([(SCORES, row("y-te", "1", "heads"), {"node_level": "unit"})], {"verify.of_tree"}),
    "another edition": ([(SCORES, row("y-te", "1", "heads"), {"edition": "nhỏ/2024"})], {"verify.of_tree"}),
    "another name of the unit": (
        [(file, row("y-te", "1", "heads"), {"unit_name": "Sở Y"}) for file in (SCORES, COUNCIL_GROUPS)],
        {"verify.of_tree"}),
    "points for a question": ([(SCORES, row("tru", "1.a", "citizens"), {"max_points": "1"})], {"verify.of_tree"}),
    "another name of the node": ([(COUNCIL_SCORES, row("y-te", "1"), {"node_name": "Hai"})], {"verify.of_tree"}),
    "another reason in words": (
        [("council/rejected.csv", row("noi-vu"), {"reasons_vi": "mã phiếu trùng"})], {"verify.of_tree"}),
    "a note of the total": (in_both("y-te", note="đã kiểm tra"), {"verify.not_the_total"}),
    "a narrower interval of the total": (
        [*in_both("y-te", ci_low="62.90"), (COUNCIL_UNITS, row("y-te"), {"points_low": "1.8870"})],
        {"verify.percent_of_score", "verify.council_total"}),
    "limits in points of one's own": (
        [(COUNCIL_SCORES, row("y-te", "1"), {"points_low": "0.7900"})], {"verify.points_of_score"}),
    "a forgotten rejected evaluation": (
        [("council/rejected.csv", row("noi-vu"), {"of_evaluations": "2"})],
        {"verify.rejected_extra", "verify.rejected_missing", "verify.forms_of_council"}),
    "a form more": (
        [("council/forms.csv", {"counted": "forms", "group": "heads"}, {"returned": "7", "valid": "7"})],
        {"verify.council", "verify.run_count"}),
    "forms issued that were not": (
        [("council/forms.csv", {"counted": "forms", "group": "heads"}, {"issued": "9"})], {"verify.forms_of_council"}),
    "a group that is not of the node": (
        [(COUNCIL_GROUPS, row("y-te", "2", "heads"), {"group": "citizens"})],
        {"verify.council_extra", "verify.council_missing"}),
    "a better rank": (in_both("noi-vu", rank="1") + in_both("y-te", rank="2"), {"verify.rank_order"}),
    "a better range of ranks": (in_both("noi-vu", rank_low="2"), {"verify.rank_sets"}),
    "a worst rank that leaves out a unit without one": (
        in_both("noi-vu", rank_high="2") + in_both("y-te", rank_high="2"), {"verify.rank_sets"}),
    "silence about a unit without a rank": (in_both("noi-vu", note=""), {"verify.not_the_total"}),
    "half a range of ranks": (in_both("noi-vu", rank_high=""), {"verify.rank_given"}),
    "more probably at the top": (
        [(LEAGUE, row("y-te"), {"probability_top_quarter": "0.6000"})], {"verify.top_quarter"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_that_one_check_alone_finds(name: str, out: Path) -> None:
    changes, expected = FORGERIES[name]
    for file, where, cells in changes:

        def change(records: list[dict[str, str]], where: Where = where, cells: Where = cells) -> None:
            (found,) = (record for record in records if where.items() <= record.items())
            assert {name: found[name] for name in cells} != cells
            found.update(cells)

        edit(out / file, change)
    forge(out)
    assert {problem.code for problem in verify_folder(out)} == expected


def test_the_same_fault_in_many_rows_is_told_twenty_times_and_counted(out: Path) -> None:
    def change(records: list[dict[str, str]]) -> None:
        for record in records:
            record["edition"] = "nhỏ/2024"

    edit(out / SCORES, change)
    forge(out)
    found = verify_folder(out)
    assert [p.code for p in found] == ["verify.of_tree"] * 20 + ["verify.further"]
    assert (found[-1].column, dict(found[-1].params)) == ("edition", {"number": "28"})


def _decide(run: dict[str, Any]) -> None:
    entry = {"about": "decisions", "path": "decisions.csv", "bytes": 1, "sha256": "0" * 64, "decisions": 3}
    run["decisions"].append(entry)


#: What is changed in the record of the run, and the faults that are told.
RECORDS: dict[str, tuple[Callable[[dict[str, Any]], object], set[str]]] = {
    "valid forms": (lambda run: run["counts"].update(valid=99), {"verify.run_count"}),
    "evaluations": (lambda run: run["counts"].update(evaluations=99), {"verify.run_count"}),
    "rules that were met": (lambda run: run["counts"]["reasons"].pop("straight_line"), {"verify.run_count"}),
    "results": (lambda run: run["results"].update(ok=99), {"verify.run_count"}),
    "a file of decisions that was no input": (_decide, {"verify.decisions_no_input"}),
    "the minimum": (lambda run: run["settings"]["minimum"].update(forms=7), {"verify.status", "verify.remark"}),
    "the interval": (lambda run: run["settings"]["inference"].update(interval="wald"), {"verify.interval"}),
    "the level": (lambda run: run["settings"]["inference"].update(level=0.9), {"verify.interval"}),
    "missing groups": (
        lambda run: run["settings"]["inference"].update(on_missing_group="renormalise"),
        {"verify.status", "verify.rank_missing", "verify.council", "verify.percent_of_score", "verify.points_of_score"}),
    "decimals": (lambda run: run["settings"]["output"].update(points_decimals=3),
                 {"verify.decimals", "verify.description"}),
    "far too many decimals": (
        lambda run: run["settings"]["output"].update(score_decimals=400), {"verify.range"}),
    "no settings": (lambda run: run.update(settings=3), {"record.missing"}),
    "a setting that is none": (
        lambda run: run["settings"]["output"].update(language="fr"), {"record.not_accepted"}),
    "no study": (lambda run: run.pop("study"), {"verify.manifest_incomplete"}),
    "the edition": (lambda run: run.update(instrument="nhỏ/2024"), {"verify.of_tree"}),
}  # fmt: skip
#: What else is told where no workbook could be made anew, and that a fault stands in more rows than are listed.
BESIDES = {
    "verify.sheet_cell", "verify.sheet_format", "verify.workbook_part", "verify.file_changed", "verify.further"
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_the_run_that_the_tables_contradict(name: str, out: Path) -> None:
    change, expected = RECORDS[name]
    run = json.loads((out / "run.json").read_bytes())
    change(run)
    for part in (out, out / "council"):
        (part / "run.json").write_bytes(json_bytes(run))
    with contextlib.suppress(
        AssertionError, KeyError, AttributeError
    ):  # of some records no workbook can be made
        forge(out, counts=False)
    codes = {problem.code for problem in verify_folder(out)}
    assert expected <= codes <= expected | BESIDES


# --- ranks, by hand ---------------------------------------------------------------------------------------------------


def table(*rows: tuple[str, str, str, str]) -> PrintedTable:
    """Units of one block: percentage, rank, best and worst rank."""
    names = ("percent", "rank", "rank_low", "rank_high")
    share = f"{1 / len(rows):.4f}"
    place = {
        "block": "b",
        "status": "ok",
        "ci_low": "1.00",
        "ci_high": "99.00",
        "probability_top_quarter": share,
    }
    cells = [dict(zip(names, one, strict=True)) for one in rows]
    return printed(UNITS, [{**place, "unit_code": f"u{k}", **one} for k, one in enumerate(cells)])


def told(units: PrintedTable) -> list[tuple[str, int | None]]:
    return [(p.code, p.row) for p in (*ranks(units, renormalise=False), *sets_of_ranks(units))]


def test_units_that_print_the_same_may_share_a_rank_or_not() -> None:
    first, last = ("60.00", "1", "1", "4"), ("40.00", "4", "1", "4")
    for a, b in (("2", "2"), ("2", "3"), ("3", "2")):
        assert told(table(first, ("50.00", a, "1", "4"), ("50.00", b, "1", "4"), last)) == []
    behind = ("50.00", "3", "1", "4")
    holes = [("verify.rank_holes", 3), ("verify.rank_holes", 4)]
    assert told(table(first, behind, behind, last)) == holes


def test_ranges_of_ranks_come_from_pairs() -> None:
    """Of four units the first is clearly above the last two, and the second above the last."""
    right = [
        ("80.00", "1", "1", "2"),
        ("70.00", "2", "1", "3"),
        ("50.00", "3", "2", "4"),
        ("40.00", "4", "3", "4"),
    ]
    assert told(table(*right)) == []
    # as many pairs, but the second is said to be clearly behind somebody, and nobody is clearly before it
    wrong = [
        ("80.00", "1", "1", "4"),
        ("70.00", "2", "2", "2"),
        ("50.00", "3", "2", "4"),
        ("40.00", "4", "1", "4"),
    ]
    assert told(table(*wrong)) == [("verify.rank_sets", 3)]


def test_a_unit_without_a_value_has_no_rank_and_every_other_one() -> None:
    first = ("80.00", "1", "1", "1")
    assert "verify.rank_given" in {code for code, _ in told(table(first, ("", "2", "2", "2")))}
    assert "verify.rank_missing" in {code for code, _ in told(table(first, ("70.00", "", "", "")))}


def test_groups_of_units_follow_the_percentages() -> None:
    halves = (
        UnitGroup("best", 0.5),
        UnitGroup("rest", 0.0),
    )  # the second of four is at the limit, and with the best
    units = table(*((f"{p}.00", str(4 - k), "1", "4") for k, p in enumerate((10, 20, 30, 40))))
    for groups, rows in (("rest best best best", []), ("rest rest best best", [3])):
        units.frame["unit_group"] = groups.split()
        assert [p.row for p in groups_of_units(units, halves)] == rows
    percents = ["10.00", "20.00", "20.00", "40.00"]  # which of the two is at the limit print does not tell
    alike = replace(units, frame=units.frame.assign(percent=percents))
    assert list(groups_of_units(alike, halves)) == []
