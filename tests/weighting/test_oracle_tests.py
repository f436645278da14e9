"""Every number of R's svyttest and svyranktest.

R gives tied values the plain mean of the places they have in the order of the rows: by argument here (``ties="rows"``). By
default ties share the middle of their part of the population, which no order of rows changes: by a second derivation here.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from tests.weighting.r_reference import assert_same, second_set, vector
from tests.weighting.second_set import design, survey
from weighting import Design, HypothesisTest

CASES = second_set("tests")
NAMES = {kind: [n for n in CASES if f"/{kind} " in n] for kind in ("ttest", "ttest1", "ranktest")}

#: R's groups → our column.
GROUPS = {
    "sex": "sex",
    "I(unit == 3)": "unit3",
    "factor(unit)": "unit",
    "factor(age3)": "age3",
    "I(ESA == 3)": "third",
}


def parts(name: str) -> tuple[Design, str, str]:
    """Design, what stands left of ~ and what stands right of it."""
    of, call = name.split("/", 1)
    left, right = call.split(" ", 1)[1].split(" ~ ")
    return design(of), left, right


def check_interval(ask: Any, theirs: dict[str, Any]) -> None:
    for key, level in (("conf.int", 0.95), ("conf.int.90", 0.90)):
        test = ask(level=level)
        assert_same([test.ci_low[0], test.ci_high[0]], vector(theirs[key]), absolute=1e-12)


@pytest.mark.parametrize("name", NAMES["ttest"])
def test_two_groups(name: str) -> None:
    theirs = CASES[name]["expect"]
    d, column, group = parts(name)
    test = d.ttest(column, by=GROUPS[group])
    assert_same(test.statistic, vector(theirs["statistic"]["t"]))
    assert_same(test.ddf, vector(theirs["parameter"]["df"]))
    assert_same(test.p, vector(theirs["p.value"]), absolute=0.0)
    assert_same(test.estimate, vector(theirs["estimate"]["difference in mean"]))
    check_interval(lambda **o: d.ttest(column, by=GROUPS[group], **o), theirs)
    assert d.degf == theirs["degf_design"]
    assert set(theirs) == {
        "method", "statistic", "parameter", "p.value", "estimate", "conf.int", "conf.int.90", "degf_design",
    }  # fmt: skip


def one_sample(name: str, **options: Any) -> HypothesisTest:
    """I(s1 - 0.6) is the mean of s1 against 0.6; I(s1 - s2) are pairs."""
    d, left, _ = parts(name)
    first, second = left.removeprefix("I(").removesuffix(")").replace("alive/arrests", "share").split(" - ")
    if second in d.frame:
        return d.ttest(first, paired=second, **options)
    return d.ttest(first, against=float(second), **options)


@pytest.mark.parametrize("name", NAMES["ttest1"])
def test_one_sample_and_pairs(name: str) -> None:
    """R takes one degree of freedom fewer than the design has; ours on request, and degf by default."""
    theirs = CASES[name]["expect"]
    as_r = theirs["parameter"]["df"]
    test = one_sample(name, df=as_r)
    assert_same(test.statistic, vector(theirs["statistic"]["t"]))
    assert_same(test.p, vector(theirs["p.value"]), absolute=0.0)
    assert_same(test.estimate - test.labels["against"], vector(theirs["estimate"]["mean"]))
    assert_same(test.se, vector(theirs["se"]))
    against = test.labels["against"][0]
    for key, options in (
        ("conf.int", {"df": as_r}),
        ("conf.int.90", {"df": as_r, "level": 0.9}),
        ("ci95_with_degf", {"df": "design"}),
    ):
        found = one_sample(name, **options)
        limits = np.array([found.ci_low[0], found.ci_high[0]]) - against
        assert_same(limits, vector(theirs[key]), absolute=1e-12)
    assert one_sample(name, df="design").ddf[0] == theirs["degf_design"] == as_r + 1
    assert set(theirs) == {
        "method", "statistic", "parameter", "p.value", "estimate", "conf.int", "conf.int.90", "degf_design", "se",
        "ci95_with_degf",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES["ranktest"])
def test_ranks(name: str) -> None:
    theirs = CASES[name]["expect"]
    d, column, right = parts(name)
    group, kind = right.rsplit(" ", 1)
    test = d.ranktest(column, GROUPS[group], kind, ties="rows")
    assert_same(test.p, vector(theirs["p.value"]), absolute=0.0)
    if "chisq" in theirs:
        assert_same(test.statistic, vector(theirs["F"]))
        assert_same(test.statistic * test.ndf, vector(theirs["chisq"]))
        assert (test.ndf[0], test.ddf[0]) == (theirs["ndf"], theirs["ddf"])
        assert set(theirs) == {"chisq", "ndf", "ddf", "F", "p.value"}
        return
    assert_same(test.statistic, vector(theirs["statistic"]["t"]))
    assert_same(test.estimate, vector(theirs["estimate"]["difference in mean rank score"]))
    assert test.ddf[0] == theirs["parameter"]["df"]
    assert set(theirs) == {"method", "statistic", "parameter", "p.value", "estimate"}


@pytest.mark.parametrize("name", [name for name in NAMES["ranktest"] if "Kruskal" not in name])
def test_ties_share_the_middle_of_their_part(name: str) -> None:
    """Ours: scores of midranks worked out row by row here, tested by the t test of their means."""
    d, column, right = parts(name)
    group, kind = right.rsplit(" ", 1)
    y, w = d.frame[column].to_numpy(), d.weights
    used = np.flatnonzero(~np.isnan(y) & (w > 0))
    below = np.array([w[used][y[used] < y[i]].sum() + w[used][y[used] == y[i]].sum() / 2 for i in used])
    r = below / w[used].sum()
    score = np.full(d.n, np.nan)
    score[used] = {"wilcoxon": r, "vanderWaerden": special.ndtri(r), "median": r > 0.5}[kind]
    by_hand = d.with_columns(pd.DataFrame({"score": score})).ttest("score", by=GROUPS[group])
    test = d.ranktest(column, GROUPS[group], kind)
    for ours, theirs in ((test.statistic, by_hand.statistic), (test.p, by_hand.p), (test.ddf, by_hand.ddf)):
        assert_same(ours, theirs)
    near = CASES[name]["expect"]["statistic"]["t"]
    assert test.statistic[0] == pytest.approx(near, rel=0.05)


@pytest.mark.long
def test_only_the_order_of_rows_parts_us_from_r() -> None:
    """Averaged over many orders of the rows, R's scores come to the midranks."""
    name = "govsat_nofpc/ranktest q1 ~ sex wilcoxon"
    frame = survey()
    rng = np.random.default_rng(5)
    found = []
    for _ in range(40):
        shuffled = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
        d = Design(shuffled, weights="w", strata="stratum", clusters="psu", nest=True)
        found.append(d.ranktest("q1", "sex", ties="rows").estimate[0])
        assert_same(d.ranktest("q1", "sex").estimate, design("govsat_nofpc").ranktest("q1", "sex").estimate)
    expected = CASES[name]["expect"]["estimate"]["difference in mean rank score"]
    assert min(found) < expected < max(found)
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - design("govsat_nofpc").ranktest("q1", "sex").estimate[0]) < 4 * error


def test_no_case_is_left_out() -> None:
    assert len(CASES) == 96 == sum(map(len, NAMES.values()))
