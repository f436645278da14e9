"""Cross-tables: what they are made of, tables with gaps, census and single rows, and what they show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.weighting.r_reference import assert_same
from tests.weighting.second_set import design, survey
from weighting import Design, DesignError, HypothesisTest
from weighting.tables.independence import TESTS, interactions

NAMES = list(TESTS)


def simple(n: int = 400) -> Design:
    rng = np.random.default_rng(11)
    rows = rng.integers(0, 3, n)
    return Design({"a": rows, "b": (rows + rng.integers(0, 4, n)) % 4})


def test_under_simple_random_sampling_the_tests_are_pearsons() -> None:
    """V = (D − pp′)/(n − 1): all λ are n/(n − 1), and first order is Pearson's χ² itself but for that."""
    d = simple()
    table = d.crosstab("a", "b", test="Chisq")
    expected = stats.chi2_contingency(table.n[0], correction=False)
    test = table.test
    assert_same(test.statistic, [expected.statistic])
    assert test.ndf[0] == expected.dof
    assert_same(test.p, [stats.chi2.sf(expected.statistic * (d.n - 1) / d.n, expected.dof)])
    f = table.tested("F")
    assert_same(f.statistic, [expected.statistic * (d.n - 1) / d.n / expected.dof])
    assert_same([f.ndf[0], f.ddf[0]], [expected.dof, expected.dof * (d.n - 1)])
    for name in ("lincom", "saddlepoint"):
        assert table.tested(name).p[0] == pytest.approx(f.p[0], rel=0.02)


def test_shares_are_those_of_proportion() -> None:
    d = design("govsat_raked")
    table = d.crosstab("unit", "t1")
    alone = d.proportion("t1", by="unit")
    yes = table.row_share.table().query("t1 == 1")
    assert_same(yes["estimate"], alone.estimate)
    assert_same(yes["se"], alone.se)
    assert_same(yes[["ci_low", "ci_high"]], np.column_stack([alone.ci_low, alone.ci_high]))


def test_degrees_of_freedom_are_those_of_the_group_and_by_argument_the_designs() -> None:
    d = design("govsat_fpc")
    unit, answered = survey()["unit"], survey()["t1"].notna()
    own = [d.domain_degf(((unit == u) & answered).to_numpy()) for u in range(1, 7)]
    assert d.crosstab("sex", "t1", by="unit").test.ddf.tolist() == own
    assert d.crosstab("sex", "t1", by="unit", df="design").test.ddf.tolist() == [d.degf] * 6
    assert d.crosstab("sex", "t1", by="unit", df=9).test.ddf.tolist() == [9] * 6
    weighed = d.crosstab("sex", "t1", by="unit", df="satterthwaite")
    assert weighed.test.ddf.tolist() == own
    assert (weighed.row_share.df != 42).all()


def test_a_table_by_groups_is_each_group_alone() -> None:
    d = design("govsat_fpc")
    by_unit = d.crosstab("sex", "t1", by="unit", df="design")
    for place, unit in ((0, 1), (3, 4)):
        alone = d.subset((survey()["unit"] == unit).to_numpy()).crosstab("sex", "t1", df=42)
        part = by_unit.table().query("unit == @unit").drop(columns="unit").reset_index(drop=True)
        assert_same(part.drop(columns=["sex", "t1"]), alone.table().drop(columns=["sex", "t1"]))
        for name in ("F", "Wald", "lincom"):
            ours, theirs = by_unit.tested(name), alone.tested(name)
            assert_same([ours.statistic[place], ours.p[place]], [theirs.statistic[0], theirs.p[0]])


@pytest.mark.parametrize("name", NAMES)
def test_turning_the_table_changes_no_test(name: str) -> None:
    d = design("govsat_nofpc")
    for rows, columns in (("age3", "q1c"), ("sex", "z1")):
        one, other = d.crosstab(rows, columns).tested(name), d.crosstab(columns, rows).tested(name)
        assert_same(one.statistic, other.statistic)
        assert_same(one.p, other.p)
    shares = d.crosstab("age3", "q1c")
    turned = d.crosstab("q1c", "age3")
    assert_same(shares.pivot("column_share"), turned.pivot("row_share").T)


def test_order_labels_and_scale_change_nothing() -> None:
    frame = survey()
    plain = Design(frame, "w", "stratum", "psu", nest=True).crosstab("age3", "q1c")
    turned = frame.sample(frac=1, random_state=2).assign(w=lambda f: 1000 * f["w"])
    turned["age3"] = turned["age3"].map({1: "trẻ", 2: "trung niên", 3: "cao tuổi"})
    other = Design(turned, "w", "stratum", "psu", nest=True).crosstab("age3", "q1c")
    for name in NAMES:
        assert_same(other.tested(name).p, plain.tested(name).p, 1e-8)
    assert_same(other.pivot("row_share").loc[["trẻ", "trung niên", "cao tuổi"]], plain.pivot("row_share"))


def test_interactions_are_orthogonal_to_main_effects() -> None:
    contrasts = interactions(3, 4).reshape(3, 4, -1)
    assert contrasts.shape[2] == 6 == np.linalg.matrix_rank(contrasts.reshape(12, -1))
    for axis in (0, 1):
        np.testing.assert_allclose(contrasts.sum(axis=axis), 0, atol=1e-15)


def test_declared_categories_without_rows_are_empty_rows_and_stay_out_of_the_test() -> None:
    frame = survey().assign(
        part=pd.Categorical(survey()["age3"].map({1: "a", 2: "b", 3: "c"}), categories=list("abcz"))
    )
    d = Design(frame, "w", "stratum", "psu", nest=True)
    table, without = d.crosstab("part", "q1c"), d.crosstab("age3", "q1c")
    assert table.n.shape == (1, 4, 4)
    assert np.isnan(table.pivot("row_share").loc["z"]).all()
    assert (table.pivot("cell_share").loc["z"] == 0).all()
    assert "4 of 16 cells are empty" in table.remarks
    for name in NAMES:
        assert_same(table.tested(name).p, without.tested(name).p)


def test_an_empty_cell_is_a_share_of_zero_with_an_interval() -> None:
    table = design("govsat_fpc").crosstab("sex", "z1").table()
    empty = table[table["n"] == 0].iloc[0]
    assert (empty["sex"], empty["z1"], empty["total"], empty["row_share"]) == (1, 1, 0, 0)
    assert empty["row_share_low"] == 0 < empty["row_share_high"] < 0.05


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: design("govsat_fpc").with_columns(pd.DataFrame({"one": np.ones(601)})).crosstab("sex", "one"),
         "one row or one column only: nothing to test"),
        (lambda: design("govsat_fpc").subset((survey()["group"] == 4).to_numpy()).crosstab("sex", "t1"),
         "complete census: no sampling error, nothing to test"),
        (lambda: Design({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2], "c": [1] * 4}, clusters="c", lonely="remove").crosstab("a", "b"),
         "no degrees of freedom: no test"),
        (lambda: Design({"a": [1, 1, 2, 2] * 3, "b": [1, 2] * 6, "c": np.repeat([1, 2, 3], 4)}, clusters="c").crosstab("a", "b"),
         "nothing varies between clusters: no test"),
    ],
)  # fmt: skip
def test_why_there_is_no_test(made: Any, words: str, name: str) -> None:
    test: HypothesisTest = made().tested(name)
    assert test.note == (words,)
    assert np.isnan(test.p[0])
    assert words in repr(test)
    assert test.sentences()[0].endswith(words)


def test_a_group_without_rows_says_so() -> None:
    frame = survey().assign(g=pd.Categorical(survey()["sex"].map({1: "x", 2: "x"}), categories=["x", "y"]))
    test = Design(frame, "w", "stratum", "psu", nest=True).crosstab("age3", "t1", by="g").test
    assert test.note[1] == "no row has a value of both"
    assert np.isfinite(test.p[0])
    assert np.isnan(test.p[1])


def test_more_cells_than_clusters_leave_walds_test_without_an_answer() -> None:
    rng = np.random.default_rng(3)
    d = Design(
        {"a": rng.integers(0, 5, 200), "b": rng.integers(0, 5, 200), "c": np.repeat(range(8), 25)},
        clusters="c",
    )
    table = d.crosstab("a", "b")
    for name in ("Wald", "adjWald"):
        assert "too few clusters" in table.tested(name).note[0]
        assert np.isnan(table.tested(name).p[0])
    assert 0 < table.tested("F").p[0] < 1


def test_what_it_shows() -> None:
    table = design("govsat_fpc").crosstab("unit", "q2")
    text, html = repr(table), table._repr_html_()
    assert text.splitlines()[0] == "unit × q2, 564 rows: row shares in % (standard errors)"
    assert text.splitlines()[1].split() == ["unit", "q2=1", "q2=2", "q2=3", "q2=4", "q2=5", "n"]
    assert (
        "Rao–Scott F (second order), unit × q2: F(12.1, 508.2) = 2.239, p = 0.0091 (fewer than 5 rows" in text
    )
    assert "37 rows without a value of some column are left out" in text
    assert html.startswith("<div><p>unit × q2")
    assert "<td>94</td>" in html
    assert list(table.table().columns[:5]) == ["unit", "q2", "n", "total", "total_se"]
    assert table.pivot("n").to_numpy().sum() == 564


def test_cells_are_named_and_combined() -> None:
    table = design("govsat_fpc").crosstab("sex", "t1")
    gap = table.row_share.combine({"gap": {(2, 1): 1, (1, 1): -1}})
    two = design("govsat_fpc").ttest("t1", by="sex")
    assert_same(gap.estimate, two.estimate)
    assert_same(gap.se, two.se)


def test_it_cannot_be_changed() -> None:
    table = design("govsat_fpc").crosstab("sex", "t1")
    with pytest.raises(ValueError, match="read-only"):
        table.n[0, 0, 0] = 7
    with pytest.raises(AttributeError):
        table.rows = "x"  # type: ignore[misc]
    view = table.table()
    view["n"] = 0
    assert table.table()["n"].sum() == 552


FAULTS: list[tuple[Any, str]] = [
    (lambda d: d.crosstab("sexx", "t1"), "unknown column 'sexx'; did you mean 'sex'?"),
    (lambda d: d.crosstab("sex", "sex"), "column 'sex' is named twice"),
    (lambda d: d.crosstab("sex", "t1", by="sex"), "column 'sex' is named twice"),
    (lambda d: d.crosstab(["sex", "unit"], "t1"), "rows: one column is needed"),
    (lambda d: d.crosstab("sex", "w", by="unit"), "of 'w' in 6 groups make more than 4,000 cells"),
    (lambda d: d.crosstab("sex", "t1", test="Chi"), "unknown test 'Chi'"),
    (lambda d: d.crosstab("sex", "t1").tested(None), "unknown test 'None'"),
    (lambda d: d.crosstab("sex", "t1").pivot("shares"), "unknown measure 'shares'"),
    (lambda d: d.crosstab("sex", "t1", interval="x"), "unknown interval 'x'"),
    (lambda d: d.crosstab("sex", "t1", level=2), "level: 2 does not lie between 0 and 1"),
    (lambda d: d.crosstab("sex", "blank"), "no row has a value of both 'sex' and 'blank'"),
    (lambda d: d.crosstab("sex", "n"), "the table has a column 'n' of its own"),
    (lambda d: d.crosstab("sex", "lists"), "holds values that cannot be compared"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "words"), FAULTS, ids=[words[:40] for _, words in FAULTS])
def test_mistakes_are_named(ask: Any, words: str) -> None:
    frame = pd.DataFrame({"blank": [np.nan] * 601, "n": [1] * 601, "lists": [[1]] * 601})
    with pytest.raises(DesignError) as error:
        ask(design("govsat_fpc").with_columns(frame))
    assert words in str(error.value)
