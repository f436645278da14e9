"""Audit of published tables: totals as printed, contradictions found, rounding let through."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from surveys.definitions.instrument.reading import load_instrument
from surveys.problems import LANGUAGES, Problem, SurveyError, wording
from surveys.published.audit import audit
from surveys.published.audit_report import AuditReport
from surveys.published.unit_audit import swaps

PUBLISHED = Path(__file__).parents[3] / "data-sample" / "published"
HANOI, DAK_NONG = "par_index_ha_noi_2023", "par_index_dak_nong_2023"
TABLES = {
    HANOI: "par-index/2023",
    DAK_NONG: "par-index/2023",
    "par_index_can_tho_2022": "par-index/2022",
    "sipas_ha_noi_2023": "sipas/2023",
    "papi_ha_noi_2023": "papi/2021",
}


def report(name: str) -> AuditReport:
    return audit(PUBLISHED / f"{name}.csv", TABLES[name])


def node(found: AuditReport, code: str, unit: str = "") -> pd.Series:
    (row,) = [row for _, row in found.nodes.iterrows() if row["code"] == code and row["unit"] == unit]
    return row


def errors(found: AuditReport) -> list[Problem]:
    return [problem for problem in found.problems if problem.severity == "error"]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def save(text: str, name: str = "table.csv") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return save


@pytest.fixture
def spoiled(write: Callable[..., Path]) -> Callable[[str, str, str], AuditReport]:
    """The audit of a published table in which one text was replaced."""

    def change(name: str, old: str, new: str) -> AuditReport:
        text = (PUBLISHED / f"{name}.csv").read_text(encoding="utf-8")
        assert text.count(old) == 1
        return audit(write(text.replace(old, new)), TABLES[name])

    return change


@pytest.mark.parametrize("name", TABLES)
def test_published_values_are_consistent_but_for_can_tho(name: str) -> None:
    """The targets of Hanoi are not, but they are no values."""
    assert report(name).consistent == (name != "par_index_can_tho_2022")
    assert (errors(report(name)) == []) == (name not in ("par_index_can_tho_2022", HANOI))


@pytest.mark.parametrize(
    ("name", "code", "printed", "half"),
    [
        ("papi_ha_noi_2023", "0", 43.9603, 0.00005),
        ("papi_ha_noi_2023", "1", 5.4275, 0.00005),
        ("papi_ha_noi_2023", "2", 5.6707, 0.00005),
        ("papi_ha_noi_2023", "4", 6.7348, 0.00005),
        ("papi_ha_noi_2023", "5", 7.1611, 0.00005),
        ("papi_ha_noi_2023", "6", 7.8486, 0.00005),
        ("papi_ha_noi_2023", "7", 2.8688, 0.00005),
        ("papi_ha_noi_2023", "8", 3.9728, 0.00005),
        ("sipas_ha_noi_2023", "I", 83.46, 0.005),
        ("sipas_ha_noi_2023", "0", 83.57, 0.005),
        (HANOI, "0", 91.43, 0.005),
        (DAK_NONG, "0", 85.415, 0.0005),
        ("par_index_can_tho_2022", "8.1", 8.0700, 0.00005),
    ],
)
def test_parts_give_the_printed_total(name: str, code: str, printed: float, half: float) -> None:
    assert node(report(name), code)["computed"] == pytest.approx(printed, rel=0, abs=half)


def test_papi_dimension_3_is_one_unit_off_by_rounding() -> None:
    """Printed 4.2760; 1.9001 + 0.4157 + 1.9601 = 4.2759."""
    row = node(report("papi_ha_noi_2023"), "3")
    assert (row["printed"], row["status"]) == (4.276, "rounding")
    assert row["computed"] == pytest.approx(4.2759, rel=1e-12)


def test_sipas_of_hanoi_gives_its_8_37_points(write: Callable[..., Path]) -> None:
    """Index % × maximum / 100 over the five service factors of 2023: 8.3664, printed 8.37."""
    table = write(
        "code,max_points,points,satisfaction_percent\n8.1,10,8.37,\n8.1.1,1.5,,84.05\n8.1.2,1.5,,84.15\n"
        "8.1.3,2.5,,84.05\n8.1.4,2.5,,83.66\n8.1.5,2,,82.53\n"
    )
    found = audit(table, "par-index/2023")
    assert found.consistent
    assert node(found, "8.1")["computed"] == pytest.approx(8.3664, abs=0.00005)


def test_can_tho_2_4_cannot_be_rounding() -> None:
    found = report("par_index_can_tho_2022")
    wrong, _ = errors(found)
    assert (wrong.code, wrong.row) == ("audit.sum", 4)
    params = dict(wrong.params)
    assert (params["node"], params["printed"], params["computed"]) == ("2.4", "3.2047", "3.2407")
    assert params["difference"] == "0.036"
    (hint,) = [p for p in found.problems if p.code == "audit.digits_swapped"]
    assert dict(hint.params).items() >= {"node": "2.4", "printed": "3.2047", "swapped": "3.2407"}.items()


def test_can_tho_lost_half_a_point_in_rows_that_are_not_printed() -> None:
    """The index is 86.11 of 100, 13.89 lost; the leaves of the list lost 13.3876."""
    _, lost = errors(report("par_index_can_tho_2022"))
    assert (lost.code, lost.row) == ("audit.losses", 2)
    expected = {"node": "0", "lost": "13.89", "listed": "13.3876", "difference": "0.5024"}
    assert dict(lost.params).items() >= expected.items()


def test_partial_table_raises_no_alarm_for_what_it_does_not_print() -> None:
    found = report("par_index_can_tho_2022").nodes
    assert set(found.loc[found["status"].isin(["contradicts", "partial"]), "code"]) == {"2.4"}


def test_code_of_another_edition_is_counted_by_its_code() -> None:
    """Hanoi prints 8.6 where the edition has 8.5: with it the maxima of field 8 are complete, 10 + 1 + 2 + 1.5 + 2."""
    found = report(HANOI)
    (unknown,) = [p for p in found.problems if p.code == "audit.unknown_code"]
    assert dict(unknown.params).items() >= {"value": "8.6", "parent": "8"}.items()
    assert node(found, "8")["status"] == "exact"


def test_rounding_is_let_through_in_hanoi() -> None:
    """4.1 is printed 6.02 for six parts of 6.01, 5.7 is 3.21 for four of 3.22: within k halves of 0.01."""
    found = report(HANOI).nodes
    assert set(found.loc[found["status"] == "rounding", "code"]) == {"4.1", "5", "5.7"}


@pytest.mark.parametrize(
    ("name", "old", "new", "node_code"),
    [
        (HANOI, "9.5,9.44", "9.5,9.49", "1"),
        (HANOI, "4,3.45", "4,3.54", "2.4"),
        (DAK_NONG, "13,12.905", "13,12.906", "3"),
        ("papi_ha_noi_2023", "80,43.9603", "80,43.9613", "0"),
        ("papi_ha_noi_2023", "2.5,1.6227", "2.5,1.6272", "1"),
        ("par_index_can_tho_2022", "1.5,1.2036", "1.5,1.2063", "8.1"),
        ("sipas_ha_noi_2023", "83.46,", "83.64,", "I"),
        ("sipas_ha_noi_2023", "83.46,", "84.46,", "I"),
    ],
)
def test_a_spoiled_figure_is_found(
    name: str, old: str, new: str, node_code: str, spoiled: Callable[[str, str, str], AuditReport]
) -> None:
    found = [p for p in errors(spoiled(name, old, new)) if not p.code.startswith("audit.target")]
    assert node_code in {dict(problem.params)["node"] for problem in found}
    new_ones = {problem.code for problem in found} - {"audit.losses"}
    assert new_ones <= {"audit.sum", "audit.combined"}


def test_swapped_digits_of_a_part_are_proposed(spoiled: Callable[[str, str, str], AuditReport]) -> None:
    found = spoiled("papi_ha_noi_2023", "2.5,1.6227", "2.5,1.6272")
    proposed = {
        tuple(dict(p.params)[k] for k in ("node", "swapped")) for p in found.problems if "swap" in p.code
    }
    assert ("1.2", "1.6227") in proposed


def test_pooled_block_with_unequal_answers_is_a_remark() -> None:
    """Service items are skipped by those who used no service: 83.72 printed, 83.7365 with equal numbers of answers."""
    found = report("sipas_ha_noi_2023")
    (remark,) = [p for p in found.problems if p.code == "audit.unequal_answers"]
    assert (remark.severity, dict(remark.params)["computed"]) == ("warning", "83.736471")
    assert node(found, "II")["status"] == "unequal_answers"


@pytest.mark.parametrize(
    ("line", "code", "params"),
    [
        ("8.1.1,1.5,1.6,", "audit.out_of_range", {"value": "1.6", "low": "0", "high": "1.5"}),
        ("8.1.1,1.5,-0.1,", "audit.out_of_range", {"value": "-0.1"}),
        ("8.1.1,1.5,,120.5", "audit.out_of_range", {"value": "120.5", "high": "100"}),
        (
            "8.1.1,1.5,1.2036,81.24",
            "audit.percent",
            {"percent": "81.24", "expected": "1.2186", "points": "1.2036"},
        ),
        ("8.1.1,2,1.2036,", "audit.maximum", {"value": "2", "expected": "1.5"}),
    ],
)
def test_one_row_contradicts_itself(
    write: Callable[..., Path], line: str, code: str, params: dict[str, str]
) -> None:
    found = audit(write(f"code,max_points,points,percent\n{line}\n"), "par-index/2022")
    (problem,) = found.problems
    assert (problem.code, problem.row) == (code, 2)
    assert dict(problem.params).items() >= params.items()
    assert found.consistent == (code == "audit.maximum")


def test_percent_and_points_that_agree_within_rounding(write: Callable[..., Path]) -> None:
    """1.2036 of 1.5 is 80.24 %."""
    assert (
        audit(write("code,max_points,points,percent\n8.1.1,1.5,1.2036,80.24\n"), "par-index/2022").problems
        == ()
    )


def test_papi_score_below_its_floor(write: Callable[..., Path]) -> None:
    found = audit(write("code,max_score,score\n3.2,3.33,0.3299\n"), "papi/2021")
    (problem,) = found.problems
    assert dict(problem.params).items() >= {"low": "0.33", "high": "3.33"}.items()


@pytest.mark.parametrize(
    ("printed", "fits"), [("1.61", False), ("1.62", True), ("3.10", True), ("3.64", True), ("3.65", False)]
)
def test_sum_with_missing_parts_is_bounded(write: Callable[..., Path], printed: str, fits: bool) -> None:
    """2.4 with two of its four parts: between 0.82 + 0.81 = 1.63 and 1.63 + 2, with less than three halves of 0.01."""
    found = audit(write(f"code,points\n2.4,{printed}\n2.4.1,0.82\n2.4.2,0.81\n"), "par-index/2022")
    assert [problem.code for problem in errors(found)] == ([] if fits else ["audit.partial"])
    assert node(found, "2.4")["status"] == ("partial" if fits else "contradicts")


def province_table(units: int) -> tuple[str, list[float]]:
    """Sub-dimension scores of many made-up provinces, without a single total; and the totals, added by hand here."""
    codes = [
        "1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "4.1", "4.2", "4.3", "4.4", "5.1",
        "5.2", "5.3", "6.1", "6.2", "6.3", "6.4", "7.1", "7.2", "7.3", "8.1", "8.2", "8.3",
    ]  # fmt: skip
    rows, totals = [], []
    for unit in range(units):
        scores = [10_000 + (unit * 7919 + k * 104_729) % 9_973 for k in range(len(codes))]
        rows += [
            f"tinh-{unit:02},{code},{score / 10_000:.4f}" for code, score in zip(codes, scores, strict=True)
        ]
        totals.append(sum(scores) / 10_000)
    return "unit,code,score\n" + "\n".join(rows) + "\n", totals


def test_provinces_are_totalled_ranked_and_grouped(write: Callable[..., Path]) -> None:
    text, totals = province_table(61)
    found = audit(write(text), "papi/2021")
    assert found.consistent
    whole = found.ranks[found.ranks["code"] == "0"]
    assert whole["group"].value_counts().to_dict() == {"best": 16, "high": 15, "low": 14, "poor": 16}
    for unit, total in enumerate(totals):
        row = whole[whole["unit"] == f"tinh-{unit:02}"].iloc[0]
        assert row["value"] == pytest.approx(total, rel=1e-12)
        assert row["rank"] == 1 + sum(other > total for other in totals)
    assert set(found.ranks["code"]) == {"0", "1", "2", "3", "4", "5", "6", "7", "8"}


def test_a_province_without_scores_has_no_rank(write: Callable[..., Path]) -> None:
    text, _ = province_table(5)
    lines = [line if not line.startswith("tinh-03,4.2") else "tinh-03,4.2," for line in text.splitlines()]
    found = audit(write("\n".join(lines)), "papi/2021")
    whole = found.ranks[found.ranks["code"] == "0"].set_index("unit")
    assert "tinh-03" not in whole.index
    assert sorted(whole["rank"]) == [1, 2, 3, 4]
    assert node(found, "3", "tinh-03")["status"] == "computed"


def test_wrong_total_in_a_table_of_many_names_its_unit(write: Callable[..., Path]) -> None:
    text, totals = province_table(4)
    text += f"tinh-02,0,{totals[2] + 0.01:.4f}\ntinh-01,0,{totals[1]:.4f}\n"
    (problem,) = errors(audit(write(text), "papi/2021"))
    assert problem.code == "audit.sum"
    assert "(tinh-02)" in dict(problem.params)["name"]


def test_changes_against_an_earlier_table(write: Callable[..., Path]) -> None:
    before = write("code,max_points,points\n8.2,1,0.5\n8.3,2,1.5\n8.4,1.5,1\n", "before.csv")
    now = write("code,max_points,points\n8.2,1,0.75\n8.3,1,1\n8.5,2,1.23\n")
    found = audit(now, "par-index/2022", previous=before)
    assert found.changes[["code", "before", "now", "change"]].to_numpy().tolist() == [
        ["8.2", 0.5, 0.75, 0.25],
        ["8.3", 1.5, 1.0, -0.5],
    ]
    named = {p.code: dict(p.params) for p in found.problems}
    assert named["audit.only_now"]["nodes"] == "8.5"
    assert named["audit.only_before"]["nodes"] == "8.4"
    assert named["audit.maximum_changed"]["node"] == "8.3"


def test_hanoi_against_dak_nong_has_a_change_for_every_common_row() -> None:
    found = audit(PUBLISHED / f"{HANOI}.csv", "par-index/2023", previous=PUBLISHED / f"{DAK_NONG}.csv")
    change = found.changes.set_index("code")["change"]
    assert change["8.1"] == pytest.approx(8.37 - 8.17)
    assert change["1"] == pytest.approx(-0.01)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "table.empty"),
        ("code,name_vi\n1,a\n", "audit.no_values"),
        ("name_vi,points\na,1\n", "table.missing_column"),
        ("code,points\nx,1\n", "audit.no_known_code"),
        ("code,points\n1,một\n", "audit.not_number"),
        ("code,points\n1,inf\n", "audit.not_number"),
        ("code,points\n1,1e900\n", "audit.not_number"),
        ("code,points\n1,1\n1,2\n", "record.duplicate"),
        ("code,points\n,1\n1,2\n", "record.missing"),
    ],
)
def test_tables_that_cannot_be_read(write: Callable[..., Path], text: str, code: str) -> None:
    with pytest.raises(SurveyError) as caught:
        audit(write(text), "par-index/2022")
    assert code in {problem.code for problem in caught.value.problems}


def test_missing_table_and_unknown_instrument(tmp_path: Path, write: Callable[..., Path]) -> None:
    with pytest.raises(SurveyError) as caught:
        audit(tmp_path / "none.csv", "par-index/2022")
    assert [p.code for p in caught.value.problems] == ["file.missing"]
    with pytest.raises(SurveyError) as caught:
        audit(write("code,points\n1,1\n"), "par-index/2032")
    assert [p.code for p in caught.value.problems] == ["instrument.unknown"]


def test_vietnamese_spreadsheet_gives_the_same_report(write: Callable[..., Path]) -> None:
    """`;` between cells, decimal commas, a byte-order mark: what Excel saves in Viet Nam."""
    plain = report("par_index_can_tho_2022")
    frame = pd.read_csv(PUBLISHED / "par_index_can_tho_2022.csv", dtype=str)
    for column in ("max_points", "points"):
        frame[column] = frame[column].str.replace(".", ",")
    path = write("\ufeff" + frame.to_csv(index=False, sep=";"))
    pd.testing.assert_frame_equal(audit(path, "par-index/2022").nodes, plain.nodes)


def test_instrument_is_taken_by_name_or_as_it_is() -> None:
    path = PUBLISHED / "papi_ha_noi_2023.csv"
    by_name, as_is = audit(path, "papi/2021"), audit(path, load_instrument("papi/2021"))
    pd.testing.assert_frame_equal(by_name.nodes, as_is.nodes)


def test_every_message_can_be_read_in_both_languages() -> None:
    for name in TABLES:
        for problem in report(name).problems:
            assert all(problem.text(language) for language in LANGUAGES)


def test_every_status_has_its_words() -> None:
    found = {status for name in TABLES for status in report(name).nodes["status"]} | {"partial"}
    assert {f"summary.audit.{status}" for status in found} <= set(wording())


def test_swaps_exchange_neighbouring_digits_also_over_the_point() -> None:
    assert list(swaps("83.46")) == ["38.46", "84.36", "83.64"]


# --- what is wrong in the plans ---------------------------------------------------------------------------------------

#: Contradictions inside the plans, found by reading them; ``audit``: found (an error), told (a remark), silent, people (nothing
#: for a program).
FAULTS = Path(__file__).parent / "faults_in_plans.csv"
ANNEXES = {
    "164/KH-UBND 30/05/2024, Phụ lục 2": HANOI,
    "164/KH-UBND 30/05/2024, Phụ lục 3": "sipas_ha_noi_2023",
    "164/KH-UBND 30/05/2024, Phụ lục 4": "papi_ha_noi_2023",
    "121/KH-UBND 06/06/2023, Phụ lục I": "par_index_can_tho_2022",
    "475/KH-UBND 18/07/2024, Phụ lục 01": DAK_NONG,
}
#: Kind of contradiction → the problems that say it, as an error and as a remark.
SAID = {
    ("target_below_result", "found"): {"audit.target_below"},
    ("target_sum", "found"): {"audit.target_sum"},
    ("target_sum", "told"): {"audit.target_apart", "audit.target_carried"},
    ("misprint", "found"): {"audit.sum"},
    ("total_sum", "found"): {"audit.losses"},
}


def faults(table: str) -> list[dict[str, str]]:
    with FAULTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ours = [row for row in rows if ANNEXES.get(row["document"]) == table]
    return [row | {"code": "0" if row["code"] == "total" else row["code"]} for row in ours]


def said_at(found: AuditReport, code: str) -> list[Problem]:
    return [problem for problem in found.problems if dict(problem.params).get("node") == code]


@pytest.mark.parametrize("table", TABLES)
def test_contradictions_are_found_or_told_and_nothing_else_is_an_error(table: str) -> None:
    found = report(table)
    expected = [row for row in faults(table) if row["audit"] in ("found", "told")]
    for row in expected:
        severity = "error" if row["audit"] == "found" else "warning"
        said = {problem.code for problem in said_at(found, row["code"]) if problem.severity == severity}
        assert said & SAID[row["kind"], row["audit"]], row
    at = {row["code"] for row in expected if row["audit"] == "found"}
    assert {dict(problem.params)["node"] for problem in errors(found)} == at


@pytest.mark.parametrize("table", TABLES)
def test_rounding_and_targets_that_equal_results_raise_no_alarm(table: str) -> None:
    """Of a target nothing is said in the column of targets, of a value or a maximum nothing elsewhere."""
    found = report(table)
    for row in (row for row in faults(table) if row["audit"] == "silent"):
        of_target = row["printed"].startswith("target")
        said = [p for p in said_at(found, row["code"]) if (p.column == "target") == of_target]
        assert all(problem.code == "audit.target_carried" for problem in said), row


def test_every_contradiction_of_the_tables_is_asked_for() -> None:
    """Rows by verdict, counted in the file by hand."""
    counts = Counter(row["audit"] for table in TABLES for row in faults(table))
    assert (counts["found"], counts["told"], counts["silent"]) == (7, 2, 27)


@pytest.mark.parametrize(
    ("table", "target"), [(HANOI, ">92.00"), ("sipas_ha_noi_2023", ">85"), (DAK_NONG, "88.679")]
)
def test_totals_are_part_of_the_tables_and_targets_keep_their_sign(table: str, target: str) -> None:
    whole = pd.read_csv(PUBLISHED / f"{table}.csv", dtype=str).set_index("code").loc["0"]
    assert whole["target_2024"] == target
    assert node(report(table), "0")["status"] in ("exact", "rounding")


def test_repaired_names_stand_in_the_tables() -> None:
    with (PUBLISHED / "names_repaired.csv").open(encoding="utf-8", newline="") as file:
        repaired = list(csv.DictReader(file))
    assert Counter(row["kind"] for row in repaired) == {
        "repaired": 10,
        "relabelled": 2,
        "no_row": 3,
        "agency": 1,
    }
    rows = {table: pd.read_csv(PUBLISHED / f"{table}.csv", dtype=str).set_index("code") for table in TABLES}
    for row in repaired:
        if row["table"]:
            column = "lead_agency" if row["kind"] == "agency" else "name_vi"
            found = rows[row["table"].removesuffix(".csv")].loc[row["code"], column]
            assert found == row["repaired"] != row["printed"]


def test_two_rows_that_became_one_are_a_fault(write: Callable[..., Path]) -> None:
    """A lost line end took a node out of the table, and its parent was no longer re-added."""
    text = (PUBLISHED / "sipas_ha_noi_2023.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    joined = "\n".join((*lines[:5], lines[5] + lines[6], *lines[7:])) + "\n"
    with pytest.raises(SurveyError) as failure:
        audit(write(joined), "sipas/2023")
    assert [(problem.code, problem.row) for problem in failure.value.problems] == [("table.cells", 6)]


# --- losses, agencies and last year beside the values -----------------------------------------------------------------

ACROSS = "Mã,Điểm tối đa,Kết quả,Điểm mất,Năm trước,Mục tiêu 2025,Cơ quan chủ trì,Cơ quan phối hợp\n"


def test_a_printed_loss_is_the_maximum_less_the_value(write: Callable[..., Path]) -> None:
    """10 - 8.07 = 1.93, 1.5 - 1.2036 = 0.2964 (printed with swapped digits), 2.5 - 2.1093 = 0.3907, printed with two digits."""
    found = audit(
        write(ACROSS + "8.1,10,8.07,1.93,,,,\n8.1.1,1.5,1.2036,0.2946,,,,\n8.1.3,2.5,2.1093,0.39,,,,\n"),
        "par-index/2022",
    )
    (wrong,) = errors(found)
    assert (wrong.code, wrong.row, wrong.column) == ("audit.lost", 3, "lost")
    expected = {"node": "8.1.1", "lost": "0.2946", "expected": "0.2964", "difference": "0.0018"}
    assert dict(wrong.params).items() >= expected.items()


def test_losses_of_can_tho_are_what_the_plan_implies() -> None:
    """The list of losses, derived by hand from the plan: every row, and 13.89 against 13.3876 listed."""
    found = audit(PUBLISHED / "losses_can_tho_2022.csv", "par-index/2022")
    assert {p.code for p in found.problems if p.severity == "error"} == {"audit.sum", "audit.losses"}


def test_last_year_beside_the_value_is_a_change_and_must_be_that_of_its_table(
    write: Callable[..., Path],
) -> None:
    now = write(ACROSS + "8.2,1,0.75,0.25,0.5,,,\n8.3,2,1.5,0.5,1.35,,,\n8.4,1.5,1,0.5,1.75,,,\n")
    alone = audit(now, "par-index/2022")
    assert alone.changes[["code", "before", "now", "change"]].to_numpy().tolist() == [
        ["8.2", 0.5, 0.75, 0.25],
        ["8.3", 1.35, 1.5, 0.15],
        ["8.4", 1.75, 1.0, -0.75],
    ]
    assert [(p.code, p.row, p.column) for p in alone.problems] == [("audit.out_of_range", 4, "previous")]
    before = write("code,max_points,points\n8.2,1,0.5\n8.3,2,1.25\n8.4,1.5,1.75\n", "before.csv")
    differing = [
        p for p in audit(now, "par-index/2022", before).problems if p.code == "audit.previous_differs"
    ]
    assert [(p.row, dict(p.params)["before"]) for p in differing] == [(3, "1.25")]


def test_an_agency_that_leads_and_co_ordinates_is_told(write: Callable[..., Path]) -> None:
    lines = [
        '8.2,1,0.75,,,,Sở Nội vụ,"UBND cấp huyện, UBND cấp xã; Sở Nội vụ"',
        "8.3,2,1.5,,,,Sở Y tế (y tế công lập); Sở Tài chính,Sở Nội vụ; Sở  tài chính",
        '8.4,1.5,1,,,,Chủ tịch UBND cấp huyện,"Các sở, ban, ngành; UBND cấp huyện"',
    ]
    found = audit(write(ACROSS + "\n".join(lines) + "\n"), "par-index/2022")
    told = [(p.code, p.severity, p.row, dict(p.params)["agencies"]) for p in found.problems]
    assert told == [
        ("audit.lead_coordinates", "warning", 2, "Sở Nội vụ"),
        ("audit.lead_coordinates", "warning", 3, "Sở Tài chính"),
    ]


def test_words_in_the_columns_of_losses_and_last_year_keep_no_table_from_being_read(
    write: Callable[..., Path],
) -> None:
    found = audit(write(ACROSS + "8.2,1,0.75,không,chưa đánh giá,,,\n"), "par-index/2022")
    assert [(p.code, p.severity, p.column) for p in found.problems] == [
        ("audit.not_number", "warning", "lost"), ("audit.not_number", "warning", "previous")
    ]  # fmt: skip


def test_the_report_carries_the_losses_of_the_table() -> None:
    """Hanoi: 10 − 8.37 = 1.63 of 8.57, the most; target 8.5, Sở Nội vụ in the lead."""
    losses = {row["code"]: row for row in report(HANOI).losses.to_dict("records")}
    most = losses["8.1"]
    assert losses["0"]["lost"] == 8.57
    told = [most[name] for name in ("lost", "order", "target", "distance", "lead_agency")]
    assert told == [1.63, 1.0, 8.5, 0.13, "Sở Nội vụ"]
    assert most["share_of_loss"] == pytest.approx(100 * 1.63 / 8.57)
