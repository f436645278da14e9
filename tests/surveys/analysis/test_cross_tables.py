"""Cross-tables of a round small enough for arithmetic by hand: shares, means, errors, counts, letters, hidden categories."""

from __future__ import annotations

import io
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import surveys as sv
from tests.surveys.analysis.tabulated_round import POPULATION, STAFF, tabulated_round

pytestmark = pytest.mark.long

VALUE = {str(k): Fraction(k - 1, 4) for k in range(1, 6)}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> sv.Result:
    return sv.load(tabulated_round(tmp_path_factory.mktemp("round") / "study")).score()


@pytest.fixture(scope="module")
def by_sex(result: sv.Result) -> pd.DataFrame:
    return staff(result.tables("sex").table)


def staff(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["group"] == "staff"]


def cell(table: pd.DataFrame, code: str, statistic: str, category: str, level: str = "") -> Any:
    at = (table["item_code"].where(table["item_code"] != "", table["node_code"]) == code) & (
        table["statistic"] == statistic
    )
    at &= (table["category"] == category) & (table["level_code"] == level)
    (row,) = table[at].itertuples()
    return row


def test_shares_and_means_are_those_of_the_arithmetic(by_sex: pd.DataFrame) -> None:
    """Men: 5, 5, 4 with weight 2, 3, 3 with weight 4, 1 with weight 1; women: 2, 2, 1 with 2, 4, 4 with 4, 5, 5, 5 with 1."""
    men, women = cell(by_sex, "a", "score", "male"), cell(by_sex, "a", "score", "female")
    assert (men.n_valid, women.n_valid) == (6, 8)
    assert men.estimate == pytest.approx((2 + 2 + 1.5 + 2 + 2 + 0) / 15, rel=1e-12)
    assert women.estimate == pytest.approx((0.5 + 0.5 + 0 + 3 + 3 + 3) / 17, rel=1e-12)
    assert cell(by_sex, "a", "score", "").estimate == pytest.approx(19.5 / 32, rel=1e-12)
    assert cell(by_sex, "a", "share", "male", "5").estimate == pytest.approx(4 / 15, rel=1e-12)
    assert cell(by_sex, "a", "share", "female", "4").estimate == pytest.approx(8 / 17, rel=1e-12)
    assert cell(by_sex, "a", "satisfied", "male").estimate == pytest.approx(6 / 15, rel=1e-12)
    assert cell(by_sex, "a", "satisfied", "female").estimate == pytest.approx(11 / 17, rel=1e-12)


def test_what_is_no_answer_is_counted_and_in_no_denominator(by_sex: pd.DataFrame) -> None:
    counts = by_sex[(by_sex["statistic"] == "not_answered") & (by_sex["item_code"].isin(["a", "b"]))]
    found = {(r.item_code, r.level_code, r.category): r.n_valid for r in counts.itertuples()}
    assert found == {
        ("a", "dont_know", ""): 1, ("a", "dont_know", "male"): 0, ("a", "dont_know", "female"): 1,
        ("b", "blank", ""): 1, ("b", "blank", "male"): 0, ("b", "blank", "female"): 1,
    }  # fmt: skip
    assert cell(by_sex, "a", "score", "").n_valid == 14


def values_of(item: str) -> list[tuple[str, str, float, float]]:
    """Unit, sex, weight and value of every valid answer to an item."""
    forms: dict[str, int] = defaultdict(int)
    for form in STAFF:
        forms[form[0]] += 1
    place = 3 + "abcdef".index(item)
    return [
        (
            f[0],
            f[1],
            POPULATION[f[0]] / forms[f[0]],
            float(1 - VALUE[f[place]] if item == "b" else VALUE[f[place]]),
        )
        for f in STAFF
        if f[place] in VALUE
    ]


def variance(residuals: list[tuple[str, float]]) -> float:
    """Σ_h (1 − f_h) n_h/(n_h − 1) Σ (z − z̄)² over the strata, forms with residual 0 included."""
    total = 0.0
    for unit, population in POPULATION.items():
        n = sum(form[0] == unit for form in STAFF)
        z = [value for of, value in residuals if of == unit]
        z += [0.0] * (n - len(z))
        total += (1 - n / population) * n / (n - 1) * sum((x - sum(z) / n) ** 2 for x in z)
    return total


@pytest.mark.parametrize("item", "abcdef")
def test_standard_errors_and_the_test_follow_the_design(
    item: str, result: sv.Result, by_sex: pd.DataFrame
) -> None:
    rows, theta, u = values_of(item), {}, {}
    for sex, code in (("Nam", "male"), ("Nữ", "female")):
        own = [(unit, w, y) for unit, s, w, y in rows if s == sex]
        size = sum(w for _, w, _ in own)
        theta[code] = sum(w * y for _, w, y in own) / size
        u[code] = [(unit, w * (y - theta[code]) / size) for unit, w, y in own]
        found = cell(by_sex, item, "score", code)
        assert found.estimate == pytest.approx(theta[code], rel=1e-12)
        assert found.se == pytest.approx(np.sqrt(variance(u[code])), rel=1e-9)
    gap = variance([*u["male"], *((unit, -z) for unit, z in u["female"])])
    tests = result.tables("sex").tests
    (test,) = tests[(tests["item_code"] == item) & (tests["statistic"] == "score")].itertuples()
    assert test.f == pytest.approx((theta["male"] - theta["female"]) ** 2 / gap, rel=1e-9)
    assert (test.ndf, test.ddf) == (1, len(rows) - 3 - 1)


def test_the_value_of_a_node_is_the_mean_of_a_respondent_s_answers(by_sex: pd.DataFrame) -> None:
    """Node 1.1.1 is the mean of a and of b turned round; who does not answer one counts by the other."""
    own = []
    for form in STAFF:
        w = POPULATION[form[0]] / sum(other[0] == form[0] for other in STAFF)
        values = [VALUE[form[3]]] if form[3] in VALUE else []
        values += [1 - VALUE[form[4]]] if form[4] in VALUE else []
        if form[1] == "Nữ" and values:
            own.append((w, float(sum(values) / len(values))))
    found = cell(by_sex, "1.1.1", "score", "female")
    assert found.n_valid == len(own) == 8
    assert found.estimate == pytest.approx(sum(w * y for w, y in own) / sum(w for w, _ in own), rel=1e-12)
    root = cell(by_sex, "0", "score", "male")
    leaves = {"1.1.1": 1.5, "1.1.2": 2.5, "2.1.1": 2.0}
    parts = {leaf: cell(by_sex, leaf, "score", "male").estimate for leaf in leaves}  # men answered everything
    assert root.estimate == pytest.approx(sum(leaves[k] * parts[k] for k in leaves) / 6, rel=1e-12)


def test_p_values_are_corrected_over_the_lines_and_letters_over_the_pairs(result: sv.Result) -> None:
    tests = result.tables("sex").tests
    items = tests[(tests["statistic"] == "score") & (tests["item_code"] != "")]
    p = items["p_value"].to_numpy()
    order = np.argsort(p)
    by_hand = np.maximum.accumulate(np.minimum(1, (len(p) - np.arange(len(p))) * p[order]))
    np.testing.assert_allclose(items["p_adjusted"].to_numpy()[order], by_hand, rtol=1e-12)


def test_letters_name_the_categories_that_are_exceeded_for_sure(tmp_path: Path) -> None:
    """Fifteen men content, fifteen women not, and five people on islands between, too few to differ from either."""
    contrary = [
        ("p1", sex, area, answer, "3", "3", "3", "3", "3")
        for sex, area, answers in (
            ("Nam", "Đô thị", "545545545545545"),
            ("Nữ", "Nông thôn", "121121121121121"),
            ("Nữ", "Hải đảo", "15351"),
        )
        for answer in answers
    ]
    folder = tabulated_round(tmp_path / "study", [*contrary, *STAFF])
    frames = (folder / "frames.csv").read_text(encoding="utf-8").replace("b,p1,staff,12", "b,p1,staff,400")
    (folder / "frames.csv").write_text(frames, encoding="utf-8")
    margins = (folder / "margins.csv").read_text(encoding="utf-8").replace(",18", ",212")
    (folder / "margins.csv").write_text(margins, encoding="utf-8")
    table = staff(sv.load(folder).score().table("a", "area").table)
    scores = table[(table["statistic"] == "score") & (table["category"] != "")]
    assert dict(zip(scores["category"], scores["letter"], strict=True)) == {
        "urban": "A",
        "rural": "B",
        "island": "C",
    }
    assert dict(zip(scores["category"], scores["exceeds"], strict=True)) == {
        "urban": "B",
        "rural": "",
        "island": "",
    }


# --- small cells ------------------------------------------------------------------------------------------------------


def test_a_small_category_is_hidden_with_another_so_that_it_cannot_be_computed_back(
    result: sv.Result,
) -> None:
    """Of 14 forms that state it, 8 are urban, 4 rural, 2 of islands: the last are too few, and rural covers them."""
    table = staff(result.tables("area").table)
    c = table[(table["item_code"] == "c") & (table["statistic"] == "score")].set_index("category")
    assert c["n_valid"].to_dict() == {"": 14, "urban": 8, "rural": 4, "island": 2}
    assert c["status"].to_dict() == {"": "ok", "urban": "ok", "rural": "suppressed", "island": "suppressed"}
    said = {category: [one.code for one in note] for category, note in zip(c.index, c["note"], strict=True)}
    assert said["island"] == ["score.suppressed"]
    assert said["rural"] == ["score.complementary"]
    assert (
        c.loc[["rural", "island"], ["estimate", "se", "ci_low", "ci_high", "df", "n_eff"]]
        .isna()
        .all(axis=None)
    )
    tests = result.tables("area").tests
    of_c = tests[tests["item_code"] == "c"]
    assert (of_c["categories"] == 1).all()
    assert of_c["p_value"].isna().all()
    assert (of_c["n_valid"] == 8).all()
    assert (staff(table)["exceeds"] == "").all()


@pytest.mark.parametrize("by", ["area", "sex*area", "sex,area,sex*area", "unit*sex"])
def test_no_hidden_category_follows_from_what_is_shown(by: str, result: sv.Result) -> None:
    """Weighted totals of every cell as unknowns: with the shown ones, the total and the margins of a product known, least squares
    from two starts give two values of every hidden one."""
    tables = staff(result.tables(by).table)
    margins = staff(result.tables(by.replace("*", ",")).table)
    for item in "abcdef":
        own = tables[(tables["item_code"] == item) & (tables["statistic"] == "score")]
        for variable, part in own.groupby("by"):
            cells = part[(part["category"] != "") & (part["n_valid"] > 0)]
            hidden = (cells["status"] == "suppressed").to_numpy()
            known = [np.ones(len(cells))]  # the total
            for place, name in enumerate(str(variable).split("*") if "*" in str(variable) else ()):
                single = margins[(margins["by"] == name) & (margins["item_code"] == item)]
                single = single[(single["statistic"] == "score") & (single["status"] == "ok")]
                codes = [category.split("*")[place] for category in cells["category"]]
                known += [np.array([c == one for c in codes], float) for one in single["category"] if one]
            system = np.array(known)[:, hidden]
            starts = np.random.default_rng(0).random((2, hidden.sum()))
            solved = [s - np.linalg.pinv(system) @ (system @ s) for s in starts]
            assert hidden.sum() == 0 or (np.abs(solved[0] - solved[1]) > 1e-9).all(), (item, variable)


def test_hidden_answers_are_in_no_test_and_no_letter(tmp_path: Path) -> None:
    """Other answers of the people of islands change the total and nothing else of the line."""
    changed = [(*form[:3], "3", *form[4:]) if form[2] == "Hải đảo" else form for form in STAFF]
    found = []
    for name, forms in (("one", STAFF), ("other", changed)):
        made = sv.load(tabulated_round(tmp_path / name, forms)).score().table("a", "area")
        table = staff(made.table)
        found.append((table[table["category"] != ""].astype(str), staff(made.test).astype(str)))
    pd.testing.assert_frame_equal(found[0][0], found[1][0])
    pd.testing.assert_frame_equal(found[0][1], found[1][1])


def test_what_the_scores_hide_is_hidden_and_enters_no_total(tmp_path: Path) -> None:
    """With a minimum of five the four forms of the third unit are in nothing."""
    folder = tabulated_round(tmp_path / "study", minimum=5)
    table = staff(sv.load(folder).score().tables("unit,sex").table)
    c = table[(table["item_code"] == "c") & (table["statistic"] == "score")].set_index(["by", "category"])
    assert (c.loc[("unit", "p3"), "n_valid"], c.loc[("unit", "p3"), "status"]) == (4, "suppressed")
    assert (c.loc[("unit", ""), "n_valid"], c.loc[("sex", ""), "n_valid"]) == (11, 11)
    w, y = (np.array(v) for v in zip(*((w, y) for u, _, w, y in values_of("c") if u != "p3"), strict=True))
    assert c.loc[("sex", ""), "estimate"] == pytest.approx((w * y).sum() / w.sum(), rel=1e-12)


# --- groups, profile, names -------------------------------------------------------------------------------------------


def test_groups_stand_side_by_side_without_a_total(result: sv.Result) -> None:
    found = result.tables("group")
    table = found.table
    assert set(table["group"]) == {""}
    assert set(table["category"]) == {"staff", "raters"}
    alone = result.tables("sex").table
    one = cell(table, "a", "score", "staff")
    own = cell(staff(alone), "a", "score", "")
    assert (one.estimate, one.se, one.n_valid) == pytest.approx(
        (own.estimate, own.se, own.n_valid), rel=1e-12
    )
    other = cell(table, "a", "score", "raters")
    (test,) = found.tests[
        (found.tests["item_code"] == "a") & (found.tests["statistic"] == "score")
    ].itertuples()
    gap = (one.estimate - other.estimate) ** 2 / (one.se**2 + other.se**2)  # the samples are independent
    assert test.f == pytest.approx(gap, rel=1e-9)
    assert not table["item_code"].isin(["e", "f"]).any()  # which one group only is asked


def test_groups_that_no_one_design_holds_are_told(tmp_path: Path) -> None:
    """One form of a unit is a stratum of one cluster, which the plans of the groups treat in different ways."""
    study = sv.load(tabulated_round(tmp_path / "round", STAFF[:12]))
    apart = study.replace(weights={"raters": {"lonely": "remove"}}).score().tables("sex,group")
    assert [problem.code for problem in apart.made.warnings] == ["tables.groups_apart"]
    assert set(apart.table["by"]) == {"sex"}
    together = study.score().tables("sex,group")
    assert together.made.warnings == ()
    assert set(together.table["by"]) == {"sex", "group"}


def test_the_profile_stands_beside_margins_and_frames(result: sv.Result) -> None:
    profile = result.tables("sex,unit,area").profile
    sex = profile[(profile["group"] == "staff") & (profile["variable"] == "sex")].set_index("category")
    assert sex.loc["male", "unweighted_share"] == pytest.approx(6 / 15)
    assert sex.loc["male", "weighted_share"] == pytest.approx((6 + 8 + 1) / 36)
    assert (sex.loc["male", "population"], sex.loc["male", "known_share"]) == (18, 0.5)
    assert sex.loc["male", "weighted_difference"] == pytest.approx(15 / 36 - 0.5)
    units = profile[(profile["group"] == "staff") & (profile["variable"] == "unit")].set_index("category")
    assert units["known_share"].to_dict() == pytest.approx({u: n / 36 for u, n in POPULATION.items()})
    area = profile[(profile["group"] == "staff") & (profile["variable"] == "area")].set_index("category")
    assert area["n_valid"].to_dict() == {"urban": 8, "rural": 4, "island": 2, "": 1}


@pytest.mark.parametrize(
    ("by", "code", "params"),
    [
        (
            "sexx",
            "tables.unknown_by",
            {"value": "sexx", "nearest": "sex", "accepted": "sex, area, unit, group"},
        ),
        ("remark", "tables.unknown_by", {"value": "remark"}),
        ("sex*agee", "tables.unknown_by", {"value": "agee"}),
        (" , ", "tables.no_by", {"accepted": "sex, area, unit, group"}),
    ],
)
def test_what_is_no_variable_is_told(by: str, code: str, params: dict[str, str], result: sv.Result) -> None:
    """Free text is none: what somebody wrote is shown nowhere."""
    with pytest.raises(sv.SurveyError) as caught:
        result.tables(by)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert params.items() <= dict(problem.params).items()


def test_an_unknown_item_is_told_with_the_nearest(result: sv.Result) -> None:
    with pytest.raises(sv.SurveyError) as caught:
        result.table("1.1.9", "sex")
    (problem,) = caught.value.problems
    assert (problem.code, dict(problem.params)["value"]) == ("tables.unknown_of", "1.1.9")


def test_one_item_shows_itself_with_letters(result: sv.Result) -> None:
    of_a = result.table("a", "sex")
    assert set(of_a.table["item_code"]) == {"a"}
    assert len(of_a.test) == 2
    assert "Nam (A)" in repr(of_a)
    assert "Nam (A)" in of_a._repr_html_()
    assert "40.0" in repr(of_a)  # men who are satisfied


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_folder_of_tables_verifies_and_its_workbook_says_the_same(
    result: sv.Result, tmp_path: Path
) -> None:
    found = result.tables("sex,area,group")
    found.write(tmp_path / "out")
    assert sv.verify(tmp_path / "out") == ()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "tables.csv", "tests.csv", "profile.csv", "tables.xlsx", "datapackage.json", "run.json", "SHA256SUMS",
    }  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "out" / "tables.xlsx").read_bytes()))
    sheet = book.worksheets[1]
    rows = [[value.value for value in row] for row in sheet.iter_rows()]
    headings = next(row for row in rows if "Nam (A)" in row)
    (a,) = (k for k, row in enumerate(rows) if str(row[0]).startswith("a. Quy định rõ ràng"))
    of_men = [row[headings.index("Nam (A)")] for row in rows[a + 1 : a + 5]]
    assert of_men[:2] == [6, 63.33]
    assert of_men[3] == 40


def test_a_changed_number_is_told(result: sv.Result, tmp_path: Path) -> None:
    result.tables("sex").write(tmp_path / "out")
    path = tmp_path / "out" / "tables.csv"
    path.write_bytes(path.read_bytes().replace(b"0.6333", b"0.6343", 1))
    assert "verify.file_changed" in {problem.code for problem in sv.verify(tmp_path / "out")}


def test_the_order_of_forms_changes_no_byte(tmp_path: Path) -> None:
    for name, forms in (("one", STAFF), ("other", STAFF[::-1])):
        made = sv.load(tabulated_round(tmp_path / name, forms)).score().tables("sex,area,unit*sex,group")
        made.write(tmp_path / f"of-{name}")
    for file in ("tables.csv", "tests.csv", "profile.csv", "tables.xlsx"):
        assert (tmp_path / "of-one" / file).read_bytes() == (tmp_path / "of-other" / file).read_bytes(), file
