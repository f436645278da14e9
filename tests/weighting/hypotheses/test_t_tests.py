"""t tests: against textbook cases, by two routes, one-sided, and where there is no test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.weighting.r_reference import assert_same
from tests.weighting.second_set import design, survey
from weighting import Design, DesignError, HypothesisTest
from weighting.estimation.estimates import ONE_CLUSTER

Y = np.array([0.9, 1.0, 1.0, 0.95, 0.5, 0.6])


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_one_sample_without_weights_is_students(alternative: Any) -> None:
    test = Design({"y": Y}).ttest("y", against=0.9, alternative=alternative)
    expected = stats.ttest_1samp(Y, 0.9, alternative=alternative)
    assert_same([test.statistic[0], test.p[0], test.ddf[0]], [expected.statistic, expected.pvalue, 5])
    assert_same([test.ci_low[0], test.ci_high[0]], expected.confidence_interval(0.95))


def test_pairs_are_students() -> None:
    x = np.array([0.8, 0.9, 1.0, 0.7, 0.4, 0.7])
    test = Design({"y": Y, "x": x}).ttest("y", paired="x")
    expected = stats.ttest_rel(Y, x)
    assert_same([test.statistic[0], test.p[0]], [expected.statistic, expected.pvalue])
    assert test.labels["statistic"].tolist() == ["y − x"]


def test_two_groups_are_the_regression_on_the_group() -> None:
    d = design("govsat_nofpc")
    test, fit = d.ttest("s1", by="sex"), d.regression("s1", "sex")
    row = fit.table().iloc[1]
    assert_same(test.estimate, [row["estimate"]])
    assert_same([test.se[0], test.statistic[0], test.p[0], test.ddf[0]], row[["se", "t", "p", "df"]])
    assert_same([test.ci_low[0], test.ci_high[0]], row[["ci_low", "ci_high"]])


def test_is_it_ninety_per_cent_or_more() -> None:
    """One-sided: p is half the two-sided one on the side of the estimate, and the limit excludes what the test rejects."""
    d = design("govsat_fpc")
    two, more, less = (
        d.ttest("s1", against=0.6, alternative=a, level=0.9) for a in ("two-sided", "greater", "less")
    )
    assert_same(more.p, two.p / 2)
    assert_same(less.p, 1 - more.p)
    assert (more.ci_high[0], less.ci_low[0]) == (np.inf, -np.inf)
    edge = more.ci_low[0]
    assert d.ttest("s1", against=edge - 1e-9, alternative="greater").p[0] < 0.1
    assert d.ttest("s1", against=edge + 1e-9, alternative="greater").p[0] > 0.1


def test_several_columns_are_each_alone() -> None:
    d = design("govsat_fpc")
    together = d.ttest(["s1", "t2"], by="sex").table()
    for place, column in enumerate(["s1", "t2"]):
        alone = d.ttest(column, by="sex").table().iloc[0]
        pd.testing.assert_series_equal(together.iloc[place], alone, check_names=False)


def test_a_domain_and_degrees_of_freedom_by_argument() -> None:
    d = design("govsat_fpc_unit2")
    assert d.ttest("s1", by="sex").ddf.tolist() == [6]
    assert d.ttest("s1", by="sex", df="design").ddf.tolist() == [6]
    assert d.ttest("s1", by="sex", df=11).ddf.tolist() == [11]
    assert d.ttest("s1", by="sex", df=np.inf).ddf.tolist() == [np.inf]
    weighed = d.ttest("s1", by="sex", df="satterthwaite").ddf[0]
    assert 1 < weighed < 8
    whole = design("govsat_fpc")
    assert whole.ttest("s1", by="sex", df="satterthwaite").ddf[0] < whole.degf


def test_rows_left_out_are_counted() -> None:
    d = design("govsat_fpc")
    assert d.ttest("s1", by="sex").remarks == (
        "s1: 49 rows without a value, or without a group, are left out",
    )
    assert d.ttest("w", by="sex").remarks == ()


def flat() -> Design:
    return Design({"y": [1.0] * 6, "g": list("aaabbb"), "z": [0.0, 1] * 3})


def census() -> Design:
    return Design({"y": [1.0, 0, 1, 1], "g": list("aabb")}, fpc=np.ones(4))


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (lambda: flat().ttest("y", against=0.9), "nothing varies between clusters: no test"),
        (lambda: flat().ttest("y", by="g"), "nothing varies between clusters: no test"),
        (lambda: flat().ranktest("y", by="g"), "all values are equal: no test"),
        (lambda: flat().ranktest("y", by="g", test="KruskalWallis"), "all values are equal: no test"),
        (lambda: census().ttest("y", against=0.9), "complete census: no sampling error, nothing to test"),
        (lambda: census().ttest("y", by="g"), "complete census: no sampling error, nothing to test"),
        (lambda: census().ranktest("y", by="g"), "complete census: no sampling error, nothing to test"),
        (
            lambda: (
                Design({"y": [1.0, 2, 3, 5], "c": [1, 1, 2, 2]}, clusters="c")
                .subset(np.array([True, True, False, False]))
                .ttest("y", against=0)
            ),
            ONE_CLUSTER,
        ),
        (
            lambda: Design({"y": [1.0, 2], "g": ["a", "b"], "h": [1, 2]}, strata="h", lonely="adjust").ttest(
                "y", against=0
            ),
            "no degrees of freedom: no test",
        ),
    ],
)
def test_why_there_is_no_test(test: Any, words: str) -> None:
    found: HypothesisTest = test()
    assert found.note == (words,)
    assert np.isnan(found.p[0])
    assert words in repr(found)


def test_what_it_shows() -> None:
    test = design("govsat_fpc").ttest("q1", against=3, alternative="greater")
    lines = repr(test).splitlines()
    assert lines[0] == "t test, alternative: greater, 95 % limits"
    assert lines[1].split() == [
        "statistic", "comparison", "against", "estimate", "se", "ci_low", "ci_high", "t", "df", "p", "n",
    ]  # fmt: skip
    assert lines[2].split()[-2:] == ["<0.0001", "552"]
    assert "<td>&lt;0.0001</td>" in test._repr_html_()
    assert test.sentences()[0].startswith("t test, alternative: greater, 95 % limits, q1, mean, 3: t(42) = ")


def test_it_cannot_be_changed() -> None:
    test = design("govsat_fpc").ttest("q1", against=3)
    with pytest.raises(ValueError, match="read-only"):
        test.p[0] = 0
    with pytest.raises(AttributeError):
        test.p = np.zeros(1)  # type: ignore[misc]
    labels = test.labels
    labels["statistic"] = "x"
    assert test.labels["statistic"].tolist() == ["q1"]


def test_rank_tests_of_two_groups_by_either_form() -> None:
    """F with one degree of freedom is t squared."""
    d = design("govsat_fpc")
    t, f = d.ranktest("q1", "sex"), d.ranktest("q1", "sex", "KruskalWallis")
    assert_same(f.statistic, t.statistic**2)
    assert_same(f.p, t.p)
    assert (f.ndf[0], f.ddf[0]) == (1, t.ddf[0])


def test_ranks_only_know_the_order() -> None:
    d = design("govsat_fpc")
    other = d.with_columns(pd.DataFrame({"cubed": survey()["q1"] ** 3}))
    assert_same(other.ranktest("cubed", "unit").p, d.ranktest("q1", "unit").p)
    words = survey()["q1"].map(dict(enumerate(["kém", "yếu", "vừa", "khá", "tốt"], start=1)))
    ordered = pd.Categorical(words, categories=["kém", "yếu", "vừa", "khá", "tốt"], ordered=True)
    told = d.with_columns(pd.DataFrame({"words": ordered}))
    assert_same(told.ranktest("words", "unit").p, d.ranktest("q1", "unit").p)


def test_without_weights_wilcoxon_is_near_mann_whitney() -> None:
    rng = np.random.default_rng(8)
    y, g = rng.normal(size=300), np.repeat([0, 1], 150)
    y = y + 0.25 * g
    ours = Design({"y": y, "g": g}).ranktest("y", "g").p[0]
    theirs = stats.mannwhitneyu(y[g == 1], y[g == 0]).pvalue
    assert ours == pytest.approx(theirs, rel=0.1)


FAULTS: list[tuple[Any, str]] = [
    (lambda d: d.ttest("y1", against=1), "unknown column 'y1'"),
    (lambda d: d.ttest("s1"), "a value (against), two groups (by) or second columns (paired)"),
    (lambda d: d.ttest("s1", against="x"), "against: 'x' is no number"),
    (lambda d: d.ttest("s1", against=np.nan), "against: nan is no number"),
    (lambda d: d.ttest("s1", against=1, alternative="bigger"), "unknown alternative 'bigger'"),
    (lambda d: d.ttest("s1", against=1, alternative=["less"]), "unknown alternative"),
    (lambda d: d.ttest("s1", against=1, level=1.5), "level: 1.5 does not lie between 0 and 1"),
    (lambda d: d.ttest("s1", against=1, df="x"), "df: 'x' is none of"),
    (lambda d: d.ttest("s1", against=1, df=-1), "df: -1 is not positive"),
    (lambda d: d.ttest("s1", by="unit"), "by: column 'unit' has 6 groups ('1', '2', '3', '4', '5', '6')"),
    (lambda d: d.ttest("s1", by="one"), "by: column 'one' has one group only among the rows with a value of 's1'"),
    (lambda d: d.ttest("s1", by=["sex", "unit"]), "by: one column with two groups is needed"),
    (lambda d: d.ttest("s1", by="sexx"), "unknown column 'sexx'; did you mean 'sex'?"),
    (lambda d: d.ttest("s1", by="mixed"), "column 'mixed'"),
    (lambda d: d.ttest("text", against=1), "column 'text': not a number in row 0"),
    (lambda d: d.ttest("text", by="sex"), "column 'text': not a number in row 0"),
    (lambda d: d.ttest(["s1", "s2"], paired="s3"), "paired: 1 second columns for 2 columns"),
    (lambda d: d.ttest("s1", paired="text"), "column 'text': not a number in row 0"),
    (lambda d: d.ttest("blank", by="sex"), "has one group only among the rows with a value of 'blank' (there are none)"),
    (lambda d: d.ranktest("q1", "one"), "by: column 'one' has one group only"),
    (lambda d: d.ranktest("text", "sex"), "column 'text': not a number in row 0"),
    (lambda d: d.ranktest("q1", "sex", "wilcox"), "unknown rank test 'wilcox'; did you mean 'wilcoxon'?"),
    (lambda d: d.ranktest("q1", "sex", ties="mean"), "unknown way with ties 'mean'"),
    (lambda d: d.ranktest(["q1", "q2"], "sex"), "column: one is needed"),
    (lambda d: d.ranktest("q1", "sex", df=0), "df: 0 is no positive number"),
    (lambda d: d.ranktest("blank", "sex"), "one group only among the rows with a value of 'blank'"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "words"), FAULTS, ids=[words[:40] for _, words in FAULTS])
def test_mistakes_are_named(ask: Any, words: str) -> None:
    more = pd.DataFrame(
        {
            "one": [1] * 601,
            "text": ["a", "b"] * 300 + ["c"],
            "blank": [np.nan] * 601,
            "mixed": [1, "1"] * 300 + [2],
        }
    )
    with pytest.raises(DesignError) as error:
        ask(design("govsat_fpc").with_columns(more))
    assert words in str(error.value)


def test_a_lonely_stratum_is_refused_as_everywhere() -> None:
    d = Design({"y": [1.0, 2, 3], "g": [0, 0, 1], "h": [1, 1, 2]}, strata="h")
    for ask in (
        lambda: d.ttest("y", by="g"),
        lambda: d.ranktest("y", "g"),
        lambda: d.regression("y", "g"),
        lambda: d.crosstab("y", "g"),
    ):
        with pytest.raises(DesignError, match="'2'"):
            ask()


def test_rows_of_weight_zero_do_not_count() -> None:
    frame = survey()
    zero = frame["unit"] == 3
    d = Design(frame.assign(w=frame["w"].where(~zero, 0)), "w", "stratum", "psu", nest=True)
    part = Design(frame, "w", "stratum", "psu", nest=True).subset((~zero).to_numpy())
    for ask in (
        lambda d: d.ttest("s1", by="sex"),
        lambda d: d.ranktest("q1", "unit"),
        lambda d: d.crosstab("unit", "t1").test,
        lambda d: d.regression("s1", ["unit", "sex"], categorical="unit").tests,
    ):
        assert_same(ask(d).p, ask(part).p)
        assert_same(ask(d).n, ask(part).n)
