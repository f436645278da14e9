"""Every number of R's replicate designs, as.svrepdesign of the second set: what R makes of a design, and what follows from it.

Jackknife and half samples are made here; the weights of R's random bootstraps are kept in reps/ and read. R's own rules where
they are not ours (README of the references) are compared by argument: degrees of freedom after raking, and where a census
stratum is left out of them; a raked design, which R refuses, is calibrated again in every replicate.
"""

import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from tests.weighting.r_reference import (
    R_SURVEY_2,
    assert_same,
    assert_same_covariance,
    data,
    matrix,
    second_set,
    vector,
)
from tests.weighting.second_set import MARGINS, design, survey
from weighting import Design, DesignError, Estimates, Replicates, rake, replicate
from weighting.tables import independence

CASES = second_set("replicates")
DESIGNS = [name for name in CASES if name.endswith("/design")]
NUMBERS = [name for name in CASES if not name.endswith("/design")]

#: Degrees of freedom where ours differ from R's on purpose: R forgets the strata after raking and leaves out census strata.
OURS = {
    "govsat_nofpc_JKn_thenraked": 42,
    "govsat_fpc_JKn": 42,
    "govsat_twostage_JKn": 42,
}
REFUSALS = {
    "Can't use JK1 for a stratified design": "JK1 is for designs without strata",
    "Must use JK1 or bootstrap for an unstratified design": "JKn is for designs with several strata",
    "Can't split with odd numbers of PSUs in a stratum": "does not have two clusters of a larger population",
}
KINDS = {"JKn": "JKn", "JK1": "JK1", "BRR": "BRR", "auto": "auto"}


def base(name: str) -> Design:
    """The design that R replicated."""
    if name.startswith("scd_clus"):
        return Design(data("scd"))
    if name.startswith("scd"):
        return design("scd")
    return design("_".join(name.split("_")[:2]))


@cache
def replicated(name: str) -> Replicates:
    """R's replicate design by its name there."""
    about = CASES[f"{name}/design"]["design"]
    plain, mse = name.removesuffix("_mse"), name.endswith("_mse")
    kept = R_SURVEY_2 / "reps" / f"{plain}.csv.gz"
    if kept.exists():
        weights = pd.read_csv(kept).to_numpy()
        np.testing.assert_allclose(weights[:, 0], base(plain).weights, rtol=1e-12)
        scale, rscales = about["scale"], vector(about["rscales"])
        return Replicates.from_weights(base(plain), weights[:, 1:], scale=scale, rscales=rscales, mse=mse)
    kind: Any = KINDS[plain.removesuffix("_thenraked").rsplit("_", 1)[1]]
    from_design = base(plain)
    if plain.endswith("thenraked"):
        margins: dict[Any, Any] = {m: dict(data(f"govsat_margin_{m}").to_numpy()) for m in MARGINS}
        from_design = rake(from_design, margins)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return replicate(from_design, kind, mse=mse)


@pytest.mark.parametrize("name", DESIGNS)
def test_what_r_makes_of_a_design(name: str) -> None:
    of = name.removesuffix("/design")
    theirs, about = CASES[name]["expect"], CASES[name]["design"]
    if "error" in theirs and theirs["error"].startswith("postStratify"):
        again = replicate(
            design("govsat_raked"), mse=of.endswith("mse")
        )  # the margins are met again: "after" replicating
        raked = again.design.calibrations[-1]
        met = raked.cells.x.T @ np.stack([raked.cells.totals(w) for w in again.weights().T], axis=1)
        np.testing.assert_allclose(
            met, np.repeat(raked.cells.targets[:, None], met.shape[1], axis=1), rtol=1e-8
        )
        with pytest.warns(UserWarning, match="do not know that weights were calibrated"):
            replicate(design("govsat_raked"), recalibrate=False)
        return
    if "error" in theirs:
        with pytest.raises(DesignError, match=REFUSALS[theirs["error"]]):
            replicate(base(of), of.rsplit("_", 1)[1])  # type: ignore[arg-type]
        return
    r = replicated(of)
    used = r.rscales > 0
    assert_same(r.scale * r.rscales[used], theirs["scale"] * vector(theirs["rscales"]))
    assert used.sum() == theirs["n_rep"]
    assert r.mse == theirs["mse"]
    assert r.degf == OURS.get(of.removesuffix("_mse"), theirs["degf"])
    if r.kind != "bootstrap":
        assert r.kind == theirs["type"]
    if "warnings" in about:
        with pytest.warns(
            UserWarning, match="finite population corrections and variances after it are dropped"
        ):
            seen = replicate(base(of), "JKn")
        assert seen.remarks == seen.mean("s1").remarks
        assert "first stage only" in repr(seen)
    else:
        assert not r.remarks


@pytest.mark.parametrize(("name", "degf"), [("govsat_nofpc_JKn_thenraked", 65), ("govsat_nofpc_JKn", 42)])
def test_degrees_of_freedom_of_given_weights_are_rs(name: str, degf: int) -> None:
    """R's rule, the rank of the weights less 1, is that of weights that come without a design."""
    r = replicated(name)
    given = Replicates.from_weights(Design(survey(), r.design.weights), r.weights(), "JKn", rscales=r.rscales)
    assert given.degf == degf
    assert_same(given.mean("s1").se, r.mean("s1").se)


def subset(r: Replicates, rows: np.ndarray) -> Replicates:
    """The same replicates of a domain: 1 in a column of its own."""
    inside = pd.DataFrame({"inside": np.where(rows, 1.0, np.nan)})
    d = r.design.with_columns(inside)
    return Replicates(d, r.kind, r.group, r.factors, r.scale, r.rscales, r.mse, r.degf)


def answer(name: str, **options: Any) -> Estimates:
    """What answers R's call."""
    of, what = name.split("/")
    r = replicated(of)
    two = ["alive", "arrests"] if of.startswith("scd") else ["s1", "t2"]
    if what == "mean":
        return r.mean(two, listwise=True, **options)
    if what == "total":
        return r.total(two if of.startswith("scd") else "t1", **options)
    if what == "ratio":
        return r.ratio(*(("alive", "arrests") if of.startswith("scd") else ("s1", "s3")), **options)
    if what == "by_unit":
        return r.mean("s1", by="unit", **options)
    if what == "by_sex":
        return r.mean("t1", by="sex", **options)
    if what == "sub":
        frame = survey()
        part = subset(r, ((frame["sex"] == 1) & (frame["unit"] == 2)).to_numpy())
        return part.mean("s1", by="inside", **options)
    assert what == "contrast"
    return r.mean("s1", by="sex").combine({"contrast": {1: 1, 2: -1}}, **options)


def varying(r: Replicates, statistic: Any) -> np.ndarray:
    """Covariance as R takes it of totals where fpc is given: the rows of census strata do not vary, whatever their replicate
    weights and their later stages say; with ``mse`` measured from the total that has these rows."""
    first = r.design.stages[0]
    seen = first.rest[first.stratum][first.cluster] > 0
    under = np.array([statistic(w * seen) for w in r.weights().T])
    deviation = under - (statistic(r.design.weights) if r.mse else under.mean(axis=0))
    return np.asarray(r.scale * (deviation * r.rscales[:, None]).T @ deviation)


#: Totals in which R leaves census strata out (the JKn of several stages too: its replicates are those of one stage).
WITHOUT_CENSUS = {
    f"{of}/{what}"
    for of in (
        "govsat_fpc_JKn_mse",
        "govsat_twostage_JKn_mse",
        "govsat_twostage_mrbbootstrap",
        "govsat_fpc_subbootstrap",
    )
    for what in ("total", "chisq_adjWald")
}


@pytest.mark.parametrize("name", sorted(n for n in WITHOUT_CENSUS if n.endswith("total")))
def test_totals_in_which_r_leaves_census_strata_out(name: str) -> None:
    theirs, r = CASES[name]["expect"], replicated(name.split("/")[0])
    t1 = survey()["t1"].fillna(0.0).to_numpy()
    e = answer(name)
    assert_same(e.estimate, [theirs["est"]["t1"]])
    assert_same(np.sqrt(varying(r, lambda w: np.array([w @ t1]))[0]), [theirs["se"]["t1"]])
    _, whole = r.estimate(lambda w: w @ t1)
    assert_same(e.se, np.sqrt(whole[0]))
    assert abs(e.se[0] / theirs["se"]["t1"] - 1) > 1e-3


TABLES = [n for n in NUMBERS if not any(w in n for w in ("/ciprop", "/chisq", "/ttest", "/glm"))]
TABLES = [n for n in TABLES if n not in WITHOUT_CENSUS]


@pytest.mark.parametrize("name", TABLES)
def test_estimates(name: str) -> None:
    theirs = CASES[name]["expect"]
    e = answer(name, df="design")
    assert_same(e.estimate, vector(list(theirs["est"].values())))
    se = theirs["se"]
    assert_same(e.se, vector(list(se.values()) if isinstance(se, dict) else se))
    assert_same_covariance(e.covariance(), matrix(theirs["vcov"]))
    degf = theirs["df"]
    assert_same(answer(name, df=np.inf).ci_low, matrix(theirs["ci95_z"])[:, 0])
    assert_same(answer(name, df=np.inf).ci_high, matrix(theirs["ci95_z"])[:, 1])
    assert_same(answer(name, df=degf).ci_low, matrix(theirs["ci95_t"])[:, 0])
    assert_same(answer(name, df=degf).ci_high, matrix(theirs["ci95_t"])[:, 1])
    of = name.split("/")[0].removesuffix("_mse")
    assert (e.df == OURS.get(of, degf)).all()
    assert set(theirs) <= {"table", "est", "se", "vcov", "df", "ci95_z", "ci95_t"}
    if "table" in theirs:
        assert_same(e.estimate, vector(theirs["table"]["t1" if name.endswith("_sex") else "s1"]))
        assert_same(e.se, vector(theirs["table"]["se"]))


@pytest.mark.parametrize("name", [n for n in NUMBERS if "/ciprop" in n])
def test_shares(name: str) -> None:
    """R's logit is the replicates' logit of a share that its regression stops short of; xlogit and beta are ours."""
    theirs = CASES[name]["expect"]
    r, method = replicated(name.split("/")[0]), name.rsplit("_", 1)[1]
    degf = CASES[name.split("/")[0] + "/design"]["expect"]["degf"]
    e = r.mean("t1", interval="beta" if method == "beta" else "logit", df=degf)
    short = abs(theirs["est"] / e.estimate[0] - 1) if method == "logit" else 0.0
    assert short < 1e-8
    assert_same(e.estimate, [theirs["est"]], 1e-9 + short)
    assert_same(e.se**2, [theirs["var"]])
    limits = [e.ci_low[0], e.ci_high[0]]
    if method == "logit":
        t1, valid = survey()["t1"].fillna(0.0).to_numpy(), survey()["t1"].notna().to_numpy()
        centre, variance = r.estimate(lambda w: special.logit(in_r(w) @ t1 / (in_r(w) @ valid)))
        half = special.stdtrit(degf, 0.975) * np.sqrt(variance[0, 0])
        limits = [special.expit(centre[0] - half), special.expit(centre[0] + half)]
    assert_same(limits, vector(theirs["ci"]), 1e-6 if method == "logit" else 1e-9)


def in_r(weights: np.ndarray) -> np.ndarray:
    """Weights as R's regressions see them: rows with a negative one, of a bootstrap of several stages, are left out."""
    return np.maximum(weights, 0.0)


@pytest.mark.parametrize("name", [n for n in NUMBERS if "/chisq" in n])
def test_independence(name: str) -> None:
    """Rao–Scott and adjusted Wald tests from the replicates' covariance of the cells."""
    theirs, r = CASES[name]["expect"], replicated(name.split("/")[0])
    frame, test = survey(), name.rsplit("_", 1)[1]
    columns = ["sex", "t1"] if test == "F" else ["age3", "q1c"]
    valid = frame[columns].notna().all(axis=1).to_numpy()
    levels = [np.unique(frame[c].dropna()) for c in columns]
    cells = np.stack(
        [valid & (frame[columns[0]] == a) & (frame[columns[1]] == b) for a in levels[0] for b in levels[1]],
        axis=1,
    ).astype(float)
    shape = tuple(len(v) for v in levels)
    share, covariance = r.estimate(lambda w: w @ cells / (w @ valid))
    total, of_totals = r.estimate(lambda w: w @ cells)
    if name in WITHOUT_CENSUS:
        of_totals = varying(r, lambda w: w @ cells)
    degf = float(CASES[name.split("/")[0] + "/design"]["expect"]["degf"])
    n = float(len(frame))
    table = independence.TwoWay(
        share.reshape(shape),
        covariance,
        lambda: (total.reshape(shape), of_totals),
        float(valid.sum()),
        degf,
    )
    (statistic, ndf, ddf, p), _ = independence.tested(table, test)
    given = theirs["statistic"]
    assert_same(statistic, given["F"] if isinstance(given, dict) else given)
    assert_same([ndf, ddf], [theirs["parameter"]["ndf"], theirs["parameter"]["ddf"]])
    assert_same(p, theirs["p.value"])
    assert_same(table.shares * n, matrix(theirs["observed"]))
    assert_same(table.expected * n, matrix(theirs["expected"]))


@pytest.mark.parametrize("name", [n for n in NUMBERS if n.endswith("/ttest")])
def test_two_groups(name: str) -> None:
    theirs, of = CASES[name]["expect"], name.split("/")[0]
    df = theirs["parameter"]["df"]
    assert df == CASES[f"{of}/design"]["expect"]["degf"] - 1
    r = replicated(of)
    e = r.mean("s1", by="sex").combine({"gap": {2: 1, 1: -1}}, df=df)
    gap, variance = r.estimate(difference)
    se = np.sqrt(variance[0, 0])
    if (r.factors >= 0).all():
        assert_same(e.se, [se])
    assert_same(e.estimate, [theirs["estimate"]["difference in mean"]])
    assert_same(gap / se, [theirs["statistic"]["t"]])
    assert_same(2 * special.stdtr(df, -abs(gap / se)), [theirs["p.value"]])
    half = special.stdtrit(df, 0.975) * se
    assert_same([gap[0] - half, gap[0] + half], vector(theirs["conf.int"]))


def difference(weights: np.ndarray) -> float:
    """Of the means of s1 between the sexes."""
    frame, w = survey(), in_r(weights)
    valid = frame["s1"].notna()
    first, second = (
        np.average(frame["s1"][g], weights=w[g]) for g in (valid & (frame["sex"] == k) for k in (1, 2))
    )
    return float(second - first)


@pytest.mark.parametrize("name", [n for n in NUMBERS if n.endswith("/glm")])
def test_regression(name: str) -> None:
    theirs, of = CASES[name]["expect"], name.split("/")[0]
    frame = survey()
    valid = frame["s1"].notna().to_numpy()
    X = np.column_stack([np.ones(len(frame)), frame["sex"], frame["age"]]) * valid[:, None]
    y = frame["s1"].fillna(0.0).to_numpy()
    b, covariance = replicated(of).estimate(
        lambda w: np.linalg.solve(X.T @ (X * in_r(w)[:, None]), X.T @ (in_r(w) * y))
    )
    assert_same(b, vector(list(theirs["coef"].values())))
    assert_same(np.sqrt(np.diag(covariance)), vector(list(theirs["se"].values())))
    assert_same_covariance(covariance, matrix(theirs["vcov"]))
    degf = CASES[f"{of}/design"]["expect"]["degf"]
    assert (theirs["degf_design"], theirs["df.residual"]) == (degf, degf + 1 - 3)
    t = b / np.sqrt(np.diag(covariance))
    assert_same(t, vector(list(theirs["t"].values())))


def test_every_case_is_compared() -> None:
    assert len(CASES) == 217
    assert {n.split("/")[1].split("_")[0] for n in CASES} == {
        "design", "mean", "total", "ratio", "by", "sub", "contrast", "ciprop", "chisq", "ttest", "glm",
    }  # fmt: skip
