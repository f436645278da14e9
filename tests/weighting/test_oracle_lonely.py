"""Every number of R survey on strata with one cluster: five policies × domain adjustment × finite population correction."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import (
    EXACT,
    assert_same,
    assert_same_covariance,
    cases,
    data,
    matrix,
    vector,
)
from weighting import Design, DesignError, Estimates, replicate

CASES = cases("lonely")
NORMAL = np.inf
LIMITS = ["ci_low", "ci_high"]
INTERVALS = {"logit": "logit", "xlogit": "logit", "beta": "beta_untruncated"}
CONFIDENCE = (
    ("ci95_z", 0.95, NORMAL),
    ("ci90_t", 0.90, "design"),
    ("ci95_t", 0.95, "design"),
    ("ci99_t", 0.99, "design"),
)
Ask = Callable[..., Estimates]


@cache
def design(policy: str, domains: str, fpc: str) -> Design:
    return Design(
        data("lonely"),
        weights="w",
        strata="stratum",
        clusters="psu",
        nest=True,
        fpc="N" if fpc == "fpc" else None,
        lonely=policy,  # type: ignore[arg-type]
        lonely_domains=domains == "domadj",
        small_sample="clusters",
    )


def of_domain(d: Design, level: str) -> Design:
    return d.subset((d.frame["dom"] == level).to_numpy())


def asked(d: Design, statistic: str) -> Ask:
    """What the R call of a case asks, of our design."""
    kind, _, level = statistic.partition("_")
    questions: dict[str, Ask] = {
        "mean": lambda **o: d.mean(["y_na"] if level == "na" else ["y", "b"], **o),
        "total": lambda **o: d.total("y", **o),
        "ratio": lambda **o: d.ratio("y", "x", **o),
        "by": lambda **o: d.mean("y", by="dom", **o),
        "sub": lambda **o: of_domain(d, level).mean("y", **o),
        "subtot": lambda **o: of_domain(d, level).total("y", **o),
        "deff": lambda **o: d.mean("y", **o),
        "ciprop": lambda **o: d.proportion("b", **{"interval": INTERVALS[level], **o}),
    }
    return questions[kind]


def flat(kept: object) -> np.ndarray:
    """A vector of R, or its one-cell matrix of a ratio."""
    if isinstance(kept, dict) and "rows" in kept:
        return matrix(kept).ravel()
    return vector(list(kept.values()) if isinstance(kept, dict) else kept)


def agrees(ask: Ask, result: dict[str, Any]) -> None:
    """Every entry of the result is compared, with R's degrees of freedom, the design's; one that nobody compares fails."""
    answer = ask(df="design")
    table = answer.table()
    columns = {"est": "estimate", "ratio": "estimate", "se": "se", "deff": "deff", "df": "df"}
    done = {"table", "rownames"} & set(result)
    for key in set(columns) & set(result):
        assert_same(table[columns[key]], np.broadcast_to(flat(result[key]), len(table)))
        done.add(key)
    if "table" in result:
        assert table["dom"].tolist() == result["table"]["dom"]
        assert_same(table["estimate"], vector(result["table"]["y"]))
        assert_same(table["se"], vector(result["table"]["se"]))
    if "vcov" in result:
        assert_same_covariance(answer.covariance(), matrix(result["vcov"]))
        done.add("vcov")
    if "var" in result:
        assert_same(np.diag(answer.covariance()), vector(result["var"]))
        done.add("var")
    if "cv" in result:
        assert_same(table["se"] / table["estimate"], vector(result["cv"]))
        done.add("cv")
    if "ci" in result:
        assert_same(table[LIMITS].to_numpy()[0], vector(result["ci"]))
        done.add("ci")
    for key, level, df in CONFIDENCE:
        if key in result:
            assert_same(ask(level=level, df=df).table()[LIMITS], matrix(result[key]))
            done.add(key)
    assert set(result) == done


@pytest.mark.long
@pytest.mark.parametrize("id", [id for id in CASES if not id.startswith("JKn")])
def test_lonely(id: str) -> None:
    policy, domains, fpc, statistic = id.split("/")
    ask = asked(design(policy, domains, fpc), statistic)
    case = CASES[id]
    if case.error is None:
        agrees(ask, case.result)
        return
    with pytest.raises(DesignError, match="'4'") as refused:
        ask().table()
    assert ("'6'" in str(refused.value)) == (fpc == "nofpc")


@pytest.mark.parametrize("policy", ["fail", "remove", "certainty", "adjust", "average"])
def test_jackknife_with_lonely_strata(policy: str) -> None:
    d, case = design(policy, "nodomadj", "nofpc"), CASES[f"JKn/{policy}"]
    if case.error is not None:
        with pytest.raises(DesignError, match="'4'"):
            replicate(d, kind="JKn")
        return
    agrees(lambda **o: replicate(d, kind="JKn").mean("y", **o), case.result)


def test_no_case_is_left_out() -> None:
    assert len(CASES) == 305
    assert EXACT == 1e-9
