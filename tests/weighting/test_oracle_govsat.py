"""Every number of R survey on a survey shaped like ours: 6 units × 4 groups, gaps, a census stratum, a raked design.

Differences on purpose (README in tests/reference) stand in DIFFERENCES, and both values are asserted.
"""

from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from tests.weighting.r_reference import (
    EXACT,
    Case,
    assert_same,
    assert_same_covariance,
    cases,
    data,
    matrix,
    vector,
)
from weighting import Design, Estimates, rake

CASES = cases("govsat")
NORMAL = np.inf
LIMITS = ["ci_low", "ci_high"]
UNITS = range(1, 7)
MARGINS = ("unit", "age", "sex")

# R's name of an interval for a share -> ours. R's two logits differ by the route (a fitted model, the delta method).
INTERVALS = {
    "logit": "logit",
    "xlogit": "logit",
    "beta": "beta_untruncated",
    "mean": "wald",
    "wilson": "wilson",
    "asin": "arcsine",
    "likelihood": "likelihood",
}

DIFFERENCES = {
    "likelihood": "R counts the weights of respondents who did not answer towards the size of the sample, and finds the "
    "limits by interpolating a profile; ours uses the effective n of those who answered, and solves exactly",
    "fitted": "for `logit` and `likelihood` R fits the share by a logistic regression that stops short of its last digits "
    "(5e-9 in the worst of the cases here); ours is the share itself, as R's own `xlogit` has it",
}
FITTED = ("logit", "likelihood")

CONFIDENCE = (
    ("ci95_z", 0.95, NORMAL),
    ("ci90_t", 0.90, "design"),
    ("ci95_t", 0.95, "design"),
    ("ci99_t", 0.99, "design"),
)
Ask = Callable[..., Estimates]


@cache
def survey() -> pd.DataFrame:
    frame = data("govsat")
    for k in range(1, 7):
        q = frame[f"q{k}"]
        frame[f"s{k}"] = (q - 1) / 4
        frame[f"t{k}"] = (q >= 4).astype(float).where(q.notna())
    frame["scale"] = frame[[f"s{k}" for k in range(1, 7)]].mean(axis=1)
    return frame


@cache
def design(name: str) -> Design:
    if name == "gr":
        return rake(design("gd"), {m: dict(data(f"govsat_margin_{m}").to_numpy()) for m in MARGINS})
    fpc = "Npsu" if name == "gd" else None
    return Design(
        survey(), weights="w", strata="stratum", clusters="psu", fpc=fpc, nest=True, small_sample="clusters"
    )


def agrees(ask: Ask, result: dict[str, Any]) -> None:
    """All that R says of means and totals: estimates, errors, covariance, intervals, df (the design's), cv; nothing left over."""
    answer = ask(df="design")
    table = answer.table()
    est = vector(list(result["est"].values()))
    assert_same(table["estimate"], est)
    assert_same(table["se"], vector(result["se"]))
    done = {"est", "se", "table", "rownames"} & set(result)
    if "vcov" in result:
        assert_same_covariance(answer.covariance(), matrix(result["vcov"]))
        done.add("vcov")
    if "df" in result:
        assert (table["df"] == result["df"]).all()
        done.add("df")
    if "cv" in result:
        assert_same(table["se"] / table["estimate"], vector(result["cv"]))
        done.add("cv")
    for key, level, df in CONFIDENCE:
        if key in result:
            assert_same(ask(level=level, df=df).table()[["ci_low", "ci_high"]], matrix(result[key]))
            done.add(key)
    assert set(result) == done


def by_table(result: dict[str, Any], columns: list[str]) -> pd.DataFrame:
    """R's table of domains, in our order of domains."""
    return pd.DataFrame({k: vector(v) for k, v in result["table"].items()}).sort_values(
        columns, ignore_index=True
    )


def check_means(name: str, what: str, case: Case) -> None:
    column = what.split("_")[-1]
    by = {"mean": None, "by_unit": ["unit"], "by_unit_group": ["unit", "group"]}[what.rpartition("_")[0]]
    if what.startswith("by_unit_group"):
        case = in_our_order(case)
    agrees(lambda **o: design(name).mean([column], by=by, **o), case.result)
    if by is not None:
        theirs = by_table(case.result, by)
        ours = design(name).mean([column], by=by).table()
        for key in by:
            assert (ours[key].to_numpy() == theirs[key].to_numpy()).all()
        assert_same(ours["estimate"], theirs[column])
        assert_same(ours["se"], theirs["se"])


def in_our_order(case: Case) -> Case:
    """R lets the first column of `by` run fastest, ours the last."""
    order = np.lexsort((vector(case.result["table"]["group"]), vector(case.result["table"]["unit"])))
    names = list(case.result["est"])
    turned = dict(case.result)
    turned["est"] = {names[i]: case.result["est"][names[i]] for i in order}
    turned["se"] = [case.result["se"][i] for i in order]
    for key in ("ci95_z", "ci95_t"):
        turned[key] = {**case.result[key], "rows": [case.result[key]["rows"][i] for i in order]}
    return Case(case.id, case.call, turned)


def check_share(name: str, what: str, case: Case) -> None:
    _, _, column, method = what.split("_")
    ask = lambda **o: design(name).proportion(column, by="unit", **o)  # noqa: E731
    table = ask(interval=INTERVALS[method], df="domain").table()
    assert table["unit"].tolist() == case.result["table"]["unit"]
    ours = {
        "est": table["estimate"].to_numpy(),
        "se": table["se"].to_numpy(),
        "z": ask(interval="wald", df=NORMAL).table()[LIMITS].to_numpy(),
        "limits": table[LIMITS].to_numpy(),
    }
    theirs = share_numbers(column, case)
    if method == "likelihood":
        check_likelihood(name, column, table, theirs.pop("limits"))
    exact = share_numbers(column, CASES[f"{name}/t2b_unit_{column}_xlogit"]) if method in FITTED else theirs
    for key, numbers in theirs.items():
        assert_same(ours[key], exact[key])
        off = np.abs(exact[key] - numbers)
        assert (off <= 1e-8 * numbers).all()
        assert (np.abs(ours[key] - numbers) <= off + EXACT * numbers).all()


def share_numbers(column: str, case: Case) -> dict[str, np.ndarray]:
    """Everything a case says of shares by unit, said once: its table, its estimates, its normal intervals."""
    table, result = case.result["table"], case.result
    assert set(table) == {"unit", column, f"se.as.numeric({column})", "ci_l", "ci_u"}
    assert set(result) == {"table", "rownames", "est", "se", "ci95_z"}
    assert table[column] == list(result["est"].values())
    assert table[f"se.as.numeric({column})"] == result["se"]
    limits = np.array([vector(table["ci_l"]), vector(table["ci_u"])]).T
    return {"est": case.vector("est"), "se": case.vector("se"), "z": case.matrix("ci95_z"), "limits": limits}


def deviance(p: np.ndarray, x: np.ndarray) -> np.ndarray:
    return 2 * (p * np.log(p / x) + (1 - p) * np.log((1 - p) / (1 - x)))


def check_likelihood(name: str, column: str, table: pd.DataFrame, theirs: np.ndarray) -> None:
    """Ours: n_eff · deviance = t². R's: the same with its own sample size, to the exactness of its interpolation."""
    p, se = table["estimate"].to_numpy(), table["se"].to_numpy()
    n_eff, t2 = p * (1 - p) / se**2, stats.t.ppf(0.975, table["df"]) ** 2
    frame, weights = survey(), design(name).weights
    answered = frame[column].notna()
    n = answered.groupby(frame["unit"]).sum().to_numpy()
    rows = frame.groupby("unit").size().to_numpy()
    share = (
        pd.Series(weights * answered).groupby(frame["unit"]).sum()
        / pd.Series(weights).groupby(frame["unit"]).sum()
    ).to_numpy()
    counted = n if name == "gr" else rows
    factor = (n - 1) / (counted * share)
    for side, limit in enumerate(LIMITS):
        ours, r = table[limit].to_numpy(), theirs[:, side]
        assert_same(n_eff * deviance(p, ours), t2, 1e-9)
        assert_same(factor * n_eff * deviance(p, r), t2, 1e-3)
        assert (np.abs(ours - r) > 1e-6).all()


@cache
def pairs(name: str, **options: Any) -> Estimates:
    by_unit = design(name).mean(["scale"], by="unit", **options)
    return by_unit.combine({f"{a}-{b}": {a: 1.0, b: -1.0} for a, b in combinations(UNITS, 2)})


def p_values(name: str) -> np.ndarray:
    table = pairs(name, df="design").table()
    return np.asarray(2 * stats.t.sf(np.abs(table["estimate"] / table["se"]), table["df"]))


def check_pairs(name: str, what: str, case: Case) -> None:
    if what == "pairwise":
        agrees(lambda **o: pairs(name, **o), case.result)
        return
    theirs = vector(list(case.result.values()))
    assert list(case.result) == list(pairs(name).table()["statistic"])
    p = p_values(name)
    method = what.removeprefix("pairwise_p").lstrip("_")
    if method:
        names = {"hochberg": "simes-hochberg", "BH": "fdr_bh", "BY": "fdr_by"}
        p = multipletests(p, method=names.get(method, method))[1]
    # A p-value is exp(-t²/2) at heart: an error of 1e-15 in t grows with t.
    assert_same(p, theirs, EXACT, absolute=0.0)


def check_deff(name: str, what: str, case: Case) -> None:
    assert_same(design(name).mean(["s1"], by="unit").table()["deff"], vector(case.result))


def check_domain_df(name: str, what: str, case: Case) -> None:
    unit = survey()["unit"].to_numpy()
    assert [design(name).domain_degf(unit == u) for u in UNITS] == case.result
    assert [design(name).subset(unit == u).degf for u in UNITS] == case.result
    assert design(name).mean("s1", by="unit", df="domain").table()["df"].tolist() == case.result


def check_domain_interval(name: str, what: str, case: Case) -> None:
    theirs = np.array([matrix(kept)[0] for kept in case.result])
    whole = design(name).mean(["s1"], by="unit", df="domain").table()[["ci_low", "ci_high"]]
    assert_same(whole, theirs)
    unit = survey()["unit"].to_numpy()
    one_by_one = [design(name).subset(unit == u).mean("s1").table().iloc[0] for u in UNITS]
    assert_same([[t["ci_low"], t["ci_high"]] for t in one_by_one], theirs)


CHECKS: dict[str, Callable[[str, str, Case], None]] = {
    "by_unit_deff": check_deff,
    "sub_degf": check_domain_df,
    "sub_ci_df": check_domain_interval,
    "pairwise": check_pairs,
    "t2b": check_share,
    "mean": check_means,
    "by_unit": check_means,
}
WHOLE = ("raked/weights", "joint_listwise", "composite_w")


@pytest.mark.long
@pytest.mark.parametrize("id", [id for id in CASES if id not in WHOLE])
def test_govsat(id: str) -> None:
    name, what = id.split("/")
    check = next(check for prefix, check in CHECKS.items() if what.startswith(prefix))
    check(name, what, CASES[id])


def test_raked_weights() -> None:
    theirs, d = CASES["raked/weights"].result, design("gr")
    assert_same(d.weights, vector(theirs["weights"]))
    assert_same(
        [d.weights.sum(), d.weights.min(), d.weights.max()],
        [theirs[k] for k in ("sumw", "minw", "maxw")],
    )
    assert (d.n, d.degf) == (theirs["n"], theirs["degf"])
    assert set(theirs) == {"weights", "sumw", "minw", "maxw", "n", "degf"}


def listwise(**options: Any) -> Estimates:
    """R leaves out whoever misses any of the three; ours does so when asked, or takes them as a domain."""
    items = ["s1", "s2", "s3"]
    return design("gd").subset(survey()[items].notna().all(axis=1)).mean(items, **options)


def test_joint_listwise() -> None:
    agrees(lambda **o: listwise(**o), CASES["joint_listwise"].result)
    agrees(
        lambda **o: design("gd").mean(["s1", "s2", "s3"], listwise=True, **o), CASES["joint_listwise"].result
    )


def test_composite() -> None:
    weights = {"s1": 0.5, "s2": 0.3, "s3": 0.2}
    agrees(lambda **o: listwise(**o).combine({"contrast": weights}), CASES["composite_w"].result)


def test_no_case_is_left_out() -> None:
    assert len(CASES) == 216
    prefixes = {id.split("/")[0] for id in CASES if id not in WHOLE}
    assert prefixes == {"gd", "g0", "gr"}
