"""Replicates of designs with several stages: exact moments, R's recorded factors, and what is said of what is left out."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.weighting.r_reference import R_SURVEY_2
from tests.weighting.replication.test_replication import pairs, schools
from tests.weighting.second_set import design, survey
from weighting import CalibrationError, Design, DesignError, poststratify, replicate
from weighting.replication.factors import rescaled


def two_stages(first: float = 8.0) -> tuple[pd.DataFrame, Design]:
    """Two strata of 3 and 2 clusters with 2 to 4 units each, of larger populations at both stages."""
    size = [2, 3, 2, 4, 2]
    frame = pd.DataFrame(
        {"h": np.repeat([0, 0, 0, 1, 1], size), "c": np.repeat(range(5), size), "i": range(13)}
    )
    frame["N"], frame["M"] = np.where(frame["h"] == 0, first, 4.0), 6.0 + frame["c"]
    frame["y"] = np.random.default_rng(4).normal(5, 2, 13)
    return frame, Design(frame, strata=["h"], clusters=["c", "i"], fpc=["N", "M"])


def halves_of(stage: Any) -> list[np.ndarray]:
    """Every way to draw the halves of all strata of a stage, as rows of units drawn."""
    ways: list[list[np.ndarray]] = []
    for h in range(stage.n_strata):
        units = np.flatnonzero(stage.stratum == h)
        n = units.size
        half = n // 2 if n > 1 and stage.rest[h] > 0 else n
        ways.append([np.isin(np.arange(stage.n_clusters), c) for c in combinations(units, half)])
    return [np.logical_or.reduce(way) for way in product(*ways)]


@pytest.mark.parametrize("first", [8.0, 3.0])
def test_rescaled_bootstrap_has_the_linearised_variance_over_all_samples_it_can_draw(first: float) -> None:
    """Preston (2009): E(θ*) = θ and Var(θ*) = the linearised variance of both stages, for totals; also where a stratum is a
    census of first-stage units (``first`` = 3) that are sampled themselves."""
    frame, d = two_stages(first)
    ways = [halves_of(stage) for stage in d.stages]
    drawn = [np.array(side).T for side in zip(*product(*ways), strict=True)]
    factors = rescaled(d.stages, drawn)
    values = (d.weights * frame["y"].to_numpy()) @ factors[d.stages[-1].cluster]
    assert values.mean() == pytest.approx(d.total("y").estimate[0], rel=1e-12)
    assert values.std() == pytest.approx(d.total("y").se[0], rel=1e-12)
    made = replicate(d, "bootstrap", replicates=60, seed=2)
    seen = {round(v, 8) for v in values}
    assert {round(v, 8) for v in made.weights().T @ frame["y"].to_numpy()} <= seen
    assert made.degf == d.degf == 3


def test_factors_of_several_stages_are_those_that_r_recorded() -> None:
    """R's mrbbootstrap in strata of three clusters of 15, 18 …: the same few factors (a census stratum it halves, we do not)."""
    d = design("govsat_twostage")
    kept = pd.read_csv(R_SURVEY_2 / "reps" / "govsat_twostage_mrbbootstrap.csv.gz").to_numpy()
    theirs = kept[:, 1:] / kept[:, :1]
    made = replicate(d, "bootstrap", replicates=200, seed=1)
    ours = made.factors[made.group]
    census = (d.stages[0].rest == 0)[d.stages[0].stratum][d.stages[0].cluster]
    assert census.any()
    for row in np.flatnonzero(~census)[::40]:
        values = np.unique(theirs[row].round(9))
        near = np.abs(np.unique(ours[row])[:, None] - values).min(axis=0)
        assert near.max() < 2e-8, row
    assert ours[census].min() > 0
    assert theirs[census].min() < 0


def test_replicates_of_several_stages_carry_them() -> None:
    d = design("govsat_twostage")
    made = replicate(d, "bootstrap", replicates=2000, seed=5)
    first = Design(survey(), weights="w", strata="stratum", clusters="psu", fpc="Npsu", nest=True)
    ratio = made.total(["s1", "t2"]).se / d.total(["s1", "t2"]).se
    np.testing.assert_allclose(
        ratio, 1.0, atol=0.06
    )  # four standard errors of a standard error from 2,000 replicates
    assert (d.total(["s1", "t2"]).se > 1.02 * first.total(["s1", "t2"]).se).all()
    same = replicate(d, "bootstrap", replicates=2000, seed=5)
    np.testing.assert_array_equal(same.factors, made.factors)
    assert not made.remarks


def test_a_census_of_first_stage_units() -> None:
    frame, _ = two_stages()
    whole = Design(frame, strata="h", clusters="c", fpc=frame.groupby("h")["c"].transform("nunique"))
    for kind in ("auto", "bootstrap"):
        r = replicate(whole, kind, replicates=20)
        e = r.mean("y")
        assert e.se[0] == 0.0
        assert (e.ci_low[0], e.ci_high[0]) == (e.estimate[0], e.estimate[0])
        assert r.estimate(lambda w: w.sum())[1].tolist() == [[0.0]]
        assert r.degf == 3
    sizes = frame.groupby("h")["c"].transform("nunique")
    sampled = Design(frame, strata="h", clusters=["c", "i"], fpc=[sizes, frame["M"]])
    values = replicate(sampled, "bootstrap", replicates=4000, seed=1).total("y")
    assert values.se[0] == pytest.approx(sampled.total("y").se[0], rel=0.06)
    with pytest.warns(UserWarning, match="JKn keeps the first stage only"):
        assert replicate(sampled).total("y").se[0] == 0.0


def test_calibrated_designs_of_several_stages_are_calibrated_again() -> None:
    d = poststratify(design("govsat_twostage"), {"sex": {1: 6000.0, 2: 6400.0}})
    r = replicate(d, "bootstrap", replicates=30, seed=3)
    sex = (d.frame["sex"] == 1).to_numpy()
    np.testing.assert_allclose(r.weights()[sex].sum(axis=0), 6000.0, rtol=1e-9)
    assert r.group.max() >= d.stages[1].n_clusters - 1
    with pytest.warns(UserWarning, match="do not know that weights were calibrated") as told:
        left = replicate(d, "bootstrap", replicates=30, seed=3, recalibrate=False)
    assert [str(w.message) for w in told] == list(left.remarks)
    assert left.mean("s1").remarks[-1] == left.remarks[0]


def test_quantiles_and_margins_need_weights_that_are_not_negative() -> None:
    frame, _ = two_stages()
    near = frame.assign(N=np.where(frame["h"] == 0, 3.2, 2.2), M=200.0)
    r = replicate(Design(near, strata="h", clusters=["c", "i"], fpc=["N", "M"]), "bootstrap", replicates=50)
    assert r.factors.min() < 0
    with pytest.raises(DesignError, match="not negative"):
        r.quantile("y")
    margins = poststratify(r.design, {"i": dict.fromkeys(range(13), 10.0)})
    with pytest.raises(CalibrationError, match="add up to less than 0"):
        replicate(margins, "bootstrap", replicates=50)


def test_the_kind_that_fits() -> None:
    assert replicate(pairs()).kind == "JKn"
    assert replicate(schools()).kind == "JK1"
