"""What R survey says of designs the synthetic sets do not hold: two stages, calibration, quantiles, jackknife.

Script, input and raw output: tests/reference/api.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.weighting.r_reference import api, api_cases, api_data, assert_same, assert_same_covariance
from weighting import Design, Estimates, calibrate, poststratify, rake, replicate, trim

LIMITS = ["ci_low", "ci_high"]
DESIGNS: dict[str, tuple[str, dict[str, Any]]] = {
    "strat": ("apistrat", {"strata": "stype", "fpc": "fpc"}),
    "strat_nofpc": ("apistrat", {"strata": "stype"}),
    "clus1": ("apiclus1", {"clusters": "dnum", "fpc": "fpc"}),
    "clus1_nofpc": ("apiclus1", {"clusters": "dnum"}),
    "clus2": ("apiclus2", {"clusters": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]}),
    "clus2_nofpc": ("apiclus2", {"clusters": ["dnum", "snum"]}),
}
SCHOOLS = {"E": 4421.0, "H": 755.0, "M": 1018.0}
WIDE = {"No": 1072.0, "Yes": 5122.0}
WITH_99: dict[Any, Any] = {"stype": SCHOOLS, "api99": 3914069.0}
QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9]


@cache
def design(name: str) -> Design:
    sample, how = DESIGNS[name]
    frame = api_data(sample)
    frame["wide"] = (frame["sch.wide"] == "Yes").astype(float)
    frame["not_wide"] = 1 - frame["wide"]
    return Design(frame, weights="pw", **how, small_sample="clusters")


def agrees(case: str, ask: Callable[..., Estimates]) -> None:
    """R's choice of degrees of freedom: those of the design, whatever the domain."""
    answer = ask(df="design")
    table = answer.table()
    assert_same(table["estimate"], np.atleast_1d(api(case, "est")))
    theirs = np.atleast_2d(api(case, "vcov")).reshape(len(table), -1)
    # What calibration fixes does not vary: 1e-8 of an estimate is the zero of a standard error.
    zero = 1e-8 * table["estimate"].abs().to_numpy()
    assert_same_covariance(answer.covariance(), theirs, zero=zero)
    assert_same(table[LIMITS], api(case, "ci95_t").reshape(-1, 2))


def diagonal(case: str, ask: Callable[..., Estimates]) -> None:
    """Where R gives no covariance, estimates and standard errors."""
    table = ask().table()
    assert_same(table["estimate"], api(case, "est"))
    assert_same(table["se"], api(case, "se"))


def value(case: str) -> np.ndarray:
    return np.atleast_1d(api(case, "value"))


PLAIN = ["strat", "strat_nofpc", "clus1", "clus2", "clus2_nofpc"]

# what R was asked -> what we ask; the order of rows is R's
QUESTIONS: dict[str, Callable[..., Estimates]] = {
    "mean": lambda d, **o: d.mean(["api00", "api99"], **o),
    "mean_na": lambda d, **o: d.mean("api00_na", **o),
    "ratio": lambda d, **o: d.ratio("api.stu", "enroll", **o),
    "share": lambda d, **o: d.mean(["not_wide", "wide"], **o),
    "contrast": lambda d, **o: d.mean(["api00", "api99"], **o).combine(
        {"gain": {"api00": 1.0, "api99": -1.0}, "blend": {"api00": 0.25, "api99": 0.75}}
    ),
    "total_by": lambda d, **o: d.total("api.stu", by="stype", **o),
    "ratio_by": lambda d, **o: d.ratio("api.stu", "meals", by="stype", **o),
}


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("question", list(QUESTIONS))
def test_estimates(name: str, question: str) -> None:
    agrees(f"{name}/{question}", lambda **o: QUESTIONS[question](design(name), **o))


@pytest.mark.parametrize("name", PLAIN)
def test_degrees_of_freedom(name: str) -> None:
    d = design(name)
    assert d.degf == value(f"{name}/degf")[0]
    for level in SCHOOLS:
        inside = (d.frame["stype"] == level).to_numpy()
        assert d.domain_degf(inside) == value(f"{name}/subset_{level}_degf")[0]
        assert d.subset(inside).degf == value(f"{name}/subset_{level}_degf")[0]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("level", list(SCHOOLS))
def test_subpopulations(name: str, level: str) -> None:
    part = design(name).subset((design(name).frame["stype"] == level).to_numpy())
    agrees(f"{name}/subset_{level}", lambda **o: part.mean("api00", **o))
    assert_same(part.mean("api00").table()["deff"], value(f"{name}/subset_{level}_deff"))
    by = design(name).mean("api00", by="stype").table().set_index("stype")
    assert_same(by.loc[[level], "deff"], value(f"{name}/subset_{level}_deff"))


def in_r_order(e: Estimates, columns: list[str]) -> tuple[pd.DataFrame, np.ndarray]:
    """Table and covariance with the rows in R's order: the first of its columns runs fastest."""
    order = e.table().sort_values(columns[::-1], kind="stable").index.to_numpy(int)
    return e.table().loc[order], e.covariance().to_numpy()[np.ix_(order, order)]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    ("case", "columns", "by", "order"),
    [
        ("mean_by", ["api00", "api99"], ["stype"], ["stype", "statistic"]),
        ("mean_by2", ["api00"], ["stype", "sch.wide"], ["stype", "sch.wide"]),
    ],
)
def test_domains_and_their_covariance(
    name: str, case: str, columns: list[str], by: list[str], order: list[str]
) -> None:
    table, covariance = in_r_order(design(name).mean(columns, by=by, df="design"), order)
    assert_same(table["estimate"], api(f"{name}/{case}", "est"))
    assert_same_covariance(covariance, api(f"{name}/{case}", "vcov"))
    assert_same(table[LIMITS], api(f"{name}/{case}", "ci95_t"))


@pytest.mark.parametrize("name", PLAIN)
def test_domains_with_gaps(name: str) -> None:
    diagonal(f"{name}/mean_na_by", lambda: design(name).mean("api00_na", by="stype"))


@pytest.mark.parametrize("name", PLAIN)
def test_totals_where_values_are_missing(name: str) -> None:
    """R drops a row that misses either column; ours drops it from the column it misses, so that is made a domain."""
    d = design(name)
    both = d.frame[["enroll", "api.stu"]].notna().all(axis=1).to_numpy()
    agrees(f"{name}/total", lambda **_: d.subset(both).total(["enroll", "api.stu"], df=d.degf))


@pytest.mark.parametrize("name", PLAIN)
def test_design_effects(name: str) -> None:
    d = design(name)
    means = d.mean(["api00", "api99"]).table()["deff"]
    assert_same(means, value(f"{name}/deff"))
    assert_same(means * (1 - d.n / d.weights.sum()), value(f"{name}/deff_replace"))
    assert_same(d.total("api00").table()["deff"], value(f"{name}/deff_total"))


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    ("method", "interval"),
    [
        ("logit", "logit"),
        ("xlogit", "logit"),
        ("beta", "beta_untruncated"),
        ("mean", "wald"),
        ("asin", "arcsine"),
    ],
)
def test_intervals_of_a_share(name: str, method: str, interval: str) -> None:
    table = design(name).proportion("wide", interval=interval, df="design").table()
    case = f"{name}/ciprop_{method}"
    assert_same(table["estimate"], np.atleast_1d(api(case, "est")))
    assert_same(table["se"], np.atleast_1d(api(case, "se")))
    assert_same(table[LIMITS].to_numpy()[0], api(case, "ci95"))


SAMPLED: dict[str, Callable[[pd.DataFrame], Any]] = {
    "strat": lambda f: f.groupby("stype")["fpc"].transform("size") / f["fpc"],
    "strat_nofpc": lambda f: 0.0 * f["pw"],
    "clus1": lambda f: f["dnum"].nunique() / f["fpc"],
    "clus2": lambda f: (
        f["dnum"].nunique() / f["fpc1"] * f.groupby("dnum")["snum"].transform("size") / f["fpc2"]
    ),
    "clus2_nofpc": lambda f: 0.0 * f["pw"],
}
EDGE_METHODS = {
    "logit": "logit",
    "xlogit": "logit",
    "beta": "beta",
    "mean": "wald",
    "asin": "arcsine",
    "likelihood": "likelihood",
}


def far_limit(name: str, interval: str) -> float:
    """The limit away from p of a share of which nobody says otherwise, from the weights by hand."""
    d = design(name)
    w = d.frame["pw"]
    n = w.sum() ** 2 / (w**2 * (1 - SAMPLED[name](d.frame))).sum()
    t = stats.t.ppf(0.975, d.degf)
    if interval == "likelihood":
        return float(-np.expm1(-(t**2) / (2 * n)))
    n_star = n * min((stats.t.ppf(0.975, n - 1) / t) ** 2, 1.0)
    return float(1 - 0.025 ** (1 / n_star))


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("method", list(EDGE_METHODS))
@pytest.mark.parametrize("p", [0, 1])
def test_shares_of_exactly_0_and_1(name: str, method: str, p: int) -> None:
    """A difference on purpose: R has no interval there (or a point, or an error); ours is Clopper and Pearson's."""
    case, part = f"{name}/edge_{p}_{method}", "refused" if method == "likelihood" else "ci95"
    theirs = api(case, part)
    usable = part == "ci95" and not np.isnan(theirs).any() and np.ptp(theirs) > 1e-9
    assert not usable
    frame = design(name).frame.assign(all_equal=float(p))
    how = DESIGNS[name][1]
    table = (
        Design(frame, weights="pw", **how, small_sample="clusters")
        .proportion("all_equal", interval=EDGE_METHODS[method])
        .table()
    )
    far = far_limit(name, EDGE_METHODS[method])
    assert_same(table[LIMITS].to_numpy()[0], [0.0, far] if p == 0 else [1 - far, 1.0])
    assert table["note"][0]


# Differences on purpose (README in tests/reference): (sample, quantile, column of the table) -> ours; R's is in its output.
# 478 is the smallest value of the domain, with F(478) = 0.041; the interval of F at the 0.1-quantile starts at 0.027.
# R 4.1 gives the next value, 486. Where the interval of F passes 1 R gives no limit; ours is the largest value, 951,
# and the standard error comes from the lower side.
T34 = float(stats.t.ppf(0.975, 34))
QUANTILE_DIFFERENCES: dict[tuple[str, float, str], tuple[float, float]] = {
    ("clus2", 0.1, "ci_low"): (478.0, 486.0),
    ("clus2", 0.1, "se"): ((580 - 478) / 2 / T34, (580 - 486) / 2 / T34),
    ("clus2", 0.9, "ci_high"): (951.0, np.nan),
    ("clus2", 0.9, "se"): ((865 - 821) / T34, np.nan),
    ("clus2_nofpc", 0.1, "ci_low"): (478.0, 486.0),
    ("clus2_nofpc", 0.1, "se"): ((580 - 478) / 2 / T34, (580 - 486) / 2 / T34),
    ("clus2_nofpc", 0.75, "ci_high"): (951.0, np.nan),
    ("clus2_nofpc", 0.75, "se"): ((807 - 690) / T34, np.nan),
    ("clus2_nofpc", 0.9, "ci_high"): (951.0, np.nan),
    ("clus2_nofpc", 0.9, "se"): ((865 - 821) / T34, np.nan),
}
QUANTILE_TABLE = ["estimate", "ci_low", "ci_high", "se"]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    ("method", "interval"), [("mean", "wald"), ("beta", "beta_untruncated"), ("xlogit", "logit")]
)
def test_quantiles(name: str, method: str, interval: str) -> None:
    ours = design(name).quantile("api00", QUANTILES, interval=interval, df="design").table()[QUANTILE_TABLE]
    assert_same(ours, api(f"{name}/quantile_{method}", "table"))


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    ("method", "interval"), [("mean", "wald"), ("beta", "beta_untruncated"), ("xlogit", "logit")]
)
def test_quantiles_of_a_domain_with_gaps(name: str, method: str, interval: str) -> None:
    elementary = design(name).subset((design(name).frame["stype"] == "E").to_numpy())
    ours = elementary.quantile("api00_na", QUANTILES, interval=interval, df="design").table()
    r = api(f"{name}/quantile_E_{method}", "table").copy()
    expected = r.copy()
    for (sample, q, column), (our_value, r_value) in QUANTILE_DIFFERENCES.items():
        if sample == name and method == "mean":
            place = QUANTILES.index(q), QUANTILE_TABLE.index(column)
            assert_same(r[place], r_value)
            expected[place] = our_value
    assert_same(ours[QUANTILE_TABLE], expected)
    assert (ours["note"].str.contains("passes 1") == np.isnan(r[:, 2])).all()


def test_two_stages_of_municipalities() -> None:
    """Both ways of giving the population sizes, and a sample in which everybody knows the answer."""
    frame = api_data("mu284").assign(f1=lambda f: 5 / f["n1"], f2=lambda f: 3 / f["n2"])
    sizes = Design(frame, weights="w", clusters=["id1", "id2"], fpc=["n1", "n2"], small_sample="clusters")
    fractions = Design(frame, weights="w", clusters=["id1", "id2"], fpc=["f1", "f2"], small_sample="clusters")
    weightless = Design(frame, clusters=["id1", "id2"], fpc=["n1", "n2"], small_sample="clusters")
    for d in (sizes, fractions, weightless):
        agrees("mu284/total", lambda d=d, **o: d.total("y1", **o))
        agrees("mu284_fractions/total", lambda d=d, **o: d.total("y1", **o))
        agrees("mu284/mean", lambda d=d, **o: d.mean("y1", **o))


CALIBRATED: dict[str, Callable[[], Design]] = {
    "linear": lambda: calibrate(design("clus1"), {"stype": SCHOOLS}),
    "linear_99": lambda: calibrate(design("clus1"), WITH_99),
    "raking_99": lambda: calibrate(design("clus1"), WITH_99, distance="raking"),
    "logit_99": lambda: calibrate(design("clus1"), WITH_99, distance="logit", bounds=(0.5, 2.0)),
    "linear_99_bounded": lambda: calibrate(design("clus1"), WITH_99, bounds=(0.5, 1.9)),
    "strat_99": lambda: calibrate(design("strat"), WITH_99, distance="raking"),
    "clus2_linear": lambda: calibrate(design("clus2"), {"stype": SCHOOLS}),
    "poststratified": lambda: poststratify(design("clus1"), {"stype": SCHOOLS}),
    "raked": lambda: rake(design("clus1"), {"stype": SCHOOLS, "sch.wide": WIDE}),
    "raked_strat": lambda: rake(design("strat"), {"stype": SCHOOLS, "sch.wide": WIDE}),
}


@cache
def calibrated(name: str) -> Design:
    return CALIBRATED[name]()


@pytest.mark.parametrize("name", list(CALIBRATED))
def test_calibrated_weights(name: str) -> None:
    assert_same(calibrated(name).weights, value(f"calibrated/{name}/weights"))
    assert calibrated(name).degf == value(f"calibrated/{name}/degf")[0]


@pytest.mark.parametrize("name", list(CALIBRATED))
@pytest.mark.parametrize("question", ["mean", "mean_na", "ratio"])
def test_errors_after_calibration(name: str, question: str) -> None:
    agrees(f"calibrated/{name}/{question}", lambda **o: QUESTIONS[question](calibrated(name), **o))


@pytest.mark.parametrize("name", list(CALIBRATED))
def test_totals_after_calibration(name: str) -> None:
    d = calibrated(name)
    both = d.frame[["enroll", "api.stu"]].notna().all(axis=1).to_numpy()
    agrees(f"calibrated/{name}/total", lambda **_: d.subset(both).total(["enroll", "api.stu"], df=d.degf))


@pytest.mark.parametrize("name", list(CALIBRATED))
@pytest.mark.parametrize("by", ["stype", "sch.wide"])
def test_domains_after_calibration(name: str, by: str) -> None:
    diagonal(f"calibrated/{name}/mean_by_{by}", lambda: calibrated(name).mean("api00", by=by))


@pytest.mark.parametrize("name", list(CALIBRATED))
def test_design_effects_after_calibration(name: str) -> None:
    assert_same(calibrated(name).mean("api00").table()["deff"], value(f"calibrated/{name}/deff"))


@pytest.mark.parametrize(("case", "strict"), [("once", False), ("strict", True)])
def test_trimming(case: str, strict: bool) -> None:
    trimmed = trim(calibrated("raking_99"), lower=15.0, upper=45.0, strict=strict)
    assert_same(trimmed.weights, value(f"trimmed/{case}"))


REPLICATED: dict[str, tuple[str, str]] = {
    "JK1": ("clus1_nofpc", "JK1"),
    "JK1_fpc": ("clus1", "JK1"),
    "JKn": ("strat_nofpc", "JKn"),
    "JKn_fpc": ("strat", "JKn"),
}


@pytest.mark.parametrize("name", list(REPLICATED))
@pytest.mark.parametrize("question", ["mean", "ratio", "total", "mean_by"])
def test_replicates(name: str, question: str) -> None:
    kind: Any
    source, kind = REPLICATED[name]
    r = replicate(design(source), kind=kind)
    assert r.degf == value(f"replicated/{name}/degf")[0]
    ask = {
        "mean": lambda **o: r.mean(["api00", "api99"], **o),
        "ratio": lambda **o: r.ratio("api.stu", "enroll", **o),
        "total": lambda **o: r.total(["enroll", "api.stu"], **o),
        "mean_by": lambda **o: r.mean("api00", by="stype", **o),
    }[question]
    agrees(f"replicated/{name}/{question}", ask)


@pytest.mark.parametrize("name", list(REPLICATED))
def test_replicates_of_a_domain_and_their_intervals(name: str) -> None:
    kind: Any
    source, kind = REPLICATED[name]
    d = design(source)
    elementary = replicate(d.subset((d.frame["stype"] == "E").to_numpy()), kind=kind)
    assert elementary.degf == value(f"replicated/{name}/E_degf")[0]
    agrees(f"replicated/{name}/E_mean", lambda **o: elementary.mean("api00", **o))
    whole = replicate(d, kind=kind)
    for method, interval in REPLICATE_INTERVALS.items():
        table = whole.proportion("wide", interval=interval).table()
        assert_same(table[LIMITS].to_numpy()[0], api(f"replicated/{name}/whole_ciprop_{method}", "ci95"))
        theirs = api(f"replicated/{name}/E_ciprop_{method}", "ci95")
        one = elementary.proportion("wide", interval=interval).table()
        by = whole.proportion("wide", by="stype", interval=interval, df="domain").table()
        assert_same(one[LIMITS].to_numpy()[0], theirs)
        assert_same(by.loc[by["stype"] == "E", LIMITS].to_numpy()[0], theirs)


REPLICATE_INTERVALS = {"xlogit": "logit", "beta": "beta_untruncated", "mean": "wald", "asin": "arcsine"}
OTHERS = ("degf", "total", "mean_by", "mean_by2", "mean_na_by", "deff", "deff_replace", "deff_total")
ASKED = {
    *(f"{n}/{q}" for n in PLAIN for q in QUESTIONS),
    *(
        f"{n}/{q}"
        for n in PLAIN
        for q in ("degf", "total", "mean_by", "mean_by2", "mean_na_by", "deff", "deff_replace", "deff_total")
    ),
    *(f"{n}/subset_{level}{part}" for n in PLAIN for level in SCHOOLS for part in ("", "_degf", "_deff")),
    *(f"{n}/ciprop_{m}" for n in PLAIN for m in ("logit", "xlogit", "beta", "mean", "asin")),
    *(f"{n}/edge_{p}_{m}" for n in PLAIN for p in (0, 1) for m in EDGE_METHODS),
    *(f"{n}/{q}_{m}" for n in PLAIN for q in ("quantile", "quantile_E") for m in ("mean", "beta", "xlogit")),
    *(
        f"calibrated/{n}/{q}"
        for n in CALIBRATED
        for q in ("weights", "degf", "mean", "mean_na", "ratio", "total", "deff")
    ),
    *(f"calibrated/{n}/mean_by_{by}" for n in CALIBRATED for by in ("stype", "sch.wide")),
    *(
        f"replicated/{n}/{q}"
        for n in REPLICATED
        for q in ("degf", "mean", "ratio", "total", "mean_by", "E_degf", "E_mean")
    ),
    *(
        f"replicated/{n}/{part}_ciprop_{m}"
        for n in REPLICATED
        for part in ("whole", "E")
        for m in REPLICATE_INTERVALS
    ),
    *("mu284/total", "mu284/mean", "mu284_fractions/total", "trimmed/once", "trimmed/strict"),
}


def test_no_case_is_left_out() -> None:
    assert set(api_cases()) == ASKED
