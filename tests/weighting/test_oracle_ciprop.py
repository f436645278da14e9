"""R's svyciprop on rare shares and on domains of 2, 3 and 5 rows: seven methods, two levels, R's degrees of freedom.

No targets, by rule: answers of R that are none (an error, NaN, NA), and those for a domain without degrees of freedom, for a
share of exactly 0 or 1, and for a complete census. There ours is an interval that holds the share, or NaN with a reason.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.weighting.r_reference import EXACT, R_SURVEY_2, assert_same, second_set, vector
from tests.weighting.test_oracle_govsat import INTERVALS, deviance
from weighting import Design, Estimates

CASES = second_set("ciprop_small")
DOMAINS = {name: case for name, case in CASES.items() if "by_unit" not in name}
TABLES = {name: case for name, case in CASES.items() if "by_unit" in name}


@cache
def frame() -> pd.DataFrame:
    kept = pd.read_csv(R_SURVEY_2 / "data" / "govsat_smalldom.csv", keep_default_na=False)
    return kept.assign(unit=kept["unit"].astype(str))


@cache
def design(name: str, domain: str = "(all)") -> Design:
    """The design of a case, restricted to its domain, with R's n/(n − 1)."""
    fpc = "Npsu" if name.endswith("_fpc") else None
    how: dict[str, Any] = {"strata": "stratum", "clusters": "psu", "nest": True, "small_sample": "clusters"}
    whole = Design(frame(), "w", fpc=fpc, **how)
    if domain == "(all)":
        return whole
    column = "unit" if len(domain) == 1 else "dom"
    return whole.subset((frame()[column] == domain).to_numpy())


def asked(name: str, **options: Any) -> Estimates:
    """R's choice: the degrees of freedom of the design that the domain is, and Korn and Graubard's factor as it is."""
    of, domain, column, method, level = name.split("/")
    choice = {"interval": INTERVALS[method], "level": float(level), "df": "design", **options}
    verb = (
        "mean" if method == "mean" else "proportion"
    )  # the limits of a share stay within [0, 1], R's mean does not
    found: Estimates = getattr(design(of, domain), verb)(column, **choice)
    return found


def limits(e: Estimates) -> np.ndarray:
    return np.array([e.ci_low[0], e.ci_high[0]])


def why_no_target(name: str) -> str:
    """The rule by which R's answer is no target; empty where it is one."""
    found, (of, domain, column, *_) = CASES[name]["expect"], name.split("/")
    d = design(of, domain)
    if d.degf == 0:
        return "no degrees of freedom"
    if d.proportion(column).note[0].startswith("complete census"):
        return "census"
    if frame()[column][d.weights > 0].nunique() == 1:
        return "share of 0 or 1"
    if "error" in found or np.isnan(vector(found["ci"])).any():
        return "R has none"
    return ""


REASONS = {name: why_no_target(name) for name in DOMAINS}
TARGETS = [name for name, why in REASONS.items() if not why]


def by_method(method: str) -> list[str]:
    return [name for name in TARGETS if name.split("/")[3] == method]


def test_how_many_answers_of_r_are_targets() -> None:
    """What becomes of the 1,540 cases of single domains, counted: nothing is let off by name."""
    assert Counter(REASONS.values()) == {
        "": 509,
        "no degrees of freedom": 448,
        "share of 0 or 1": 420,
        "census": 112,
        "R has none": 51,
    }
    assert {name.split("/")[3] for name, why in REASONS.items() if why == "R has none"} == {
        "logit",
        "likelihood",
    }
    assert len(TABLES) == 14


def test_the_domain_its_share_and_its_variance() -> None:
    for name in TARGETS:
        theirs, e = CASES[name]["expect"], asked(name)
        of, domain, *_ = name.split("/")
        assert (design(of, domain).degf, e.n[0]) == (theirs["degf"], theirs["n"])
        assert_same(e.se[0] ** 2, theirs["var"])


@pytest.mark.parametrize("method", ["xlogit", "beta", "mean", "wilson"])
def test_limits(method: str) -> None:
    for name in by_method(method):
        theirs, e = CASES[name]["expect"], asked(name)
        assert_same(e.estimate[0], theirs["est"])
        assert_same(limits(e), vector(theirs["ci"]))


def test_limits_of_a_fitted_logit() -> None:
    """R fits the share by a logistic regression that stops short of its last digits, as in govsat."""
    for name in by_method("logit"):
        exact = vector(CASES[name.replace("/logit/", "/xlogit/")]["expect"]["ci"])
        theirs, ours = vector(CASES[name]["expect"]["ci"]), limits(asked(name))
        off = np.abs(exact - theirs)
        assert (off <= 1e-7 * theirs).all()
        assert (np.abs(ours - theirs) <= off + EXACT * theirs).all()


def test_limits_on_the_arcsine_scale_end_where_the_scale_does() -> None:
    """A difference on purpose: beyond 0 and π/2 R goes round, so that its lower limit may lie above the upper one."""
    round_ = 0
    for name in by_method("asin"):
        theirs, e, level = CASES[name]["expect"], asked(name), float(name.rpartition("/")[2])
        p, se = e.estimate[0], e.se[0]
        half = stats.t.ppf((1 + level) / 2, theirs["degf"]) * se / (2 * np.sqrt(p * (1 - p)))
        scale = np.arcsin(np.sqrt(p)) + half * np.array([-1, 1])
        assert_same(np.sin(scale) ** 2, vector(theirs["ci"]))
        assert_same(limits(e), np.sin(np.clip(scale, 0, np.pi / 2)) ** 2)
        round_ += bool((scale < 0).any() or (scale > np.pi / 2).any())
    assert (round_, len(by_method("asin"))) == (66, 80)


def test_limits_by_likelihood() -> None:
    """A difference on purpose, as in govsat: R's equation has (n − 1)/n of our effective n, and R reads its limits off an
    interpolated profile, which for a few rows and degrees of freedom it leaves. Ours solve ours."""
    far = []
    for name in by_method("likelihood"):
        theirs, e, level = CASES[name]["expect"], asked(name), float(name.rpartition("/")[2])
        p, n = e.estimate[0], theirs["n"]
        t2, size = stats.t.ppf((1 + level) / 2, theirs["degf"]) ** 2, p * (1 - p) / e.se[0] ** 2
        known = limits(e) < 1 - 1e-6  # nearer to 1 a limit has too few digits for its deviance
        assert_same((size * deviance(p, limits(e)))[known], np.full(int(known.sum()), t2))
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (n - 1) / n * size * deviance(p, vector(theirs["ci"])) / t2
        far += [] if (np.abs(at - 1) <= 0.02).all() else [(theirs["degf"], n)]
    assert Counter(far) == {(1, 5): 8, (2, 3): 7}  # degrees of freedom, rows
    assert len(by_method("likelihood")) == 49


def test_domains_of_one_table_are_the_same_by_default() -> None:
    """The domains of R's table with the domain's own degrees of freedom; Korn and Graubard's factor is below 1 there."""
    for of in ("smalldom_fpc", "smalldom_nofpc"):
        for method in ("xlogit", "beta", "wilson"):
            table = (
                design(of)
                .proportion("b1", by="dom", interval=INTERVALS[method].removesuffix("_untruncated"))
                .table()
            )
            for row in table[table["dom"] != ""].itertuples():
                name = f"{of}/{row.dom}/b1/{method}/0.95"
                if name in TARGETS:
                    assert_same([row.ci_low, row.ci_high], vector(CASES[name]["expect"]["ci"]))


@pytest.mark.parametrize("name", TABLES)
def test_tables_by_unit(name: str) -> None:
    """svyby has each domain's own degrees of freedom, our default; units without a "yes" are shares of 0."""
    of, _, method = name.split("/")
    if "error" in CASES[name]["expect"]:
        assert method == "likelihood"
        return
    theirs = pd.DataFrame({k: vector(v) for k, v in CASES[name]["expect"]["table"].items()})
    some = (theirs["rare"] > 1e-9).to_numpy()
    verb = Design.mean if method == "mean" else Design.proportion
    e = verb(design(of), "rare", by="unit", interval=INTERVALS[method])
    off = 1e-7 if method == "logit" else EXACT
    assert_same(e.se[some], theirs["se.as.numeric(rare)"][some])
    assert_same(e.ci_high[some], theirs["ci_u"][some], off)
    if method != "asin":  # whose lower limits R carries round 0
        assert_same(e.ci_low[some], theirs["ci_l"][some], off)
    assert some.tolist() == [True, False, True, False, True, False]


def test_where_r_has_no_usable_answer_ours_is_an_interval_or_a_reason() -> None:
    """Every case, targets or not, as it is asked by default."""
    for name in DOMAINS:
        of, domain, column, method, level = name.split("/")
        kind = INTERVALS[method].removesuffix("_untruncated")
        e = design(of, domain).proportion(column, interval=kind, level=float(level))
        low, high = limits(e)
        census = e.note[0].startswith("complete census")
        if design(of, domain).degf == 0 and not census:
            assert np.isnan([low, high]).all()
            assert "no interval" in e.note[0]
        elif census:
            assert low == high == e.estimate[0]
        else:
            assert 0 <= low <= e.estimate[0] <= high <= 1
            assert high - low > 1e-4
