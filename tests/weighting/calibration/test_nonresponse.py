"""Nonresponse: weighting classes and propensities by hand and against a fit of our own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighting import Design, DesignError, propensity, weighting_classes


def asked(seed: int = 4, n: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "area": rng.choice(["đô thị", "nông thôn"], n),
            "age": rng.integers(18, 80, n),
            "w": rng.uniform(1, 5, n),
        }
    )
    rho = 1 / (1 + np.exp(-(-1.0 + 0.03 * frame["age"] - 0.5 * (frame["area"] == "đô thị"))))
    return frame.assign(answered=rng.random(n) < rho, y=rng.normal(size=n))


def test_classes_by_hand() -> None:
    """n: 2 of 6 asked weight answered by 3 -> factor 2 … s: everybody answered."""
    frame: dict[str, Any] = {"area": ["n", "n", "n", "s", "s"], "ok": [1, 0, 1, 1, 1]}
    done = weighting_classes(Design(frame, weights=[2.0, 3.0, 1.0, 4.0, 5.0]), "ok", "area")
    np.testing.assert_allclose(done.weights, [4, 0, 2, 4, 5])


def test_classes_keep_their_totals_and_crossed_classes_too() -> None:
    frame = asked().assign(old=lambda f: f["age"] > 50)
    done = weighting_classes(Design(frame, weights="w"), "answered", ["area", "old"])
    groups = [frame["area"], frame["old"]]
    np.testing.assert_allclose(
        pd.Series(done.weights).groupby(groups).sum(), frame["w"].groupby(groups).sum(), rtol=1e-12
    )
    assert (done.weights[~frame["answered"]] == 0).all()
    inside = frame["answered"] & frame["old"] & (frame["area"] == "đô thị")
    assert np.ptp(done.weights[inside] / frame["w"][inside]) < 1e-12


def test_nonrespondents_stay_in_the_design() -> None:
    frame = asked()
    done = weighting_classes(Design(frame, weights="w"), frame["answered"].to_numpy(), "area")
    assert done.n == len(frame)
    assert done.mean("y").n[0] == frame["answered"].sum()


def logistic(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fitted probabilities by Newton's method."""
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        beta += np.linalg.solve((x * (weights * p * (1 - p))[:, None]).T @ x, x.T @ (weights * (y - p)))
    return 1 / (1 + np.exp(-x @ beta))


@pytest.mark.parametrize("by_weight", [False, True])
def test_propensities_are_those_of_a_logistic_regression(by_weight: bool) -> None:
    frame = asked()
    w, y = frame["w"].to_numpy(), frame["answered"].to_numpy()
    x = np.column_stack([np.ones(len(frame)), frame["age"], frame["area"] == "nông thôn"]).astype(float)
    rho = logistic(x, y.astype(float), w if by_weight else np.ones(len(w)))
    expected = np.where(y, w / rho, 0)
    expected *= w.sum() / expected.sum()
    done = propensity(Design(frame, weights="w"), "answered", ["age", "area"], weighted=by_weight)
    np.testing.assert_allclose(done.weights, expected, rtol=1e-8)
    assert done.weights.sum() == pytest.approx(w.sum(), rel=1e-12)


def test_classes_of_propensities_are_weighting_classes_at_their_quantiles() -> None:
    frame = asked()
    x = np.column_stack([np.ones(len(frame)), frame["age"]]).astype(float)
    rho = logistic(x, frame["answered"].to_numpy(float), np.ones(len(frame)))
    fifth = np.searchsorted(np.quantile(rho, [0.2, 0.4, 0.6, 0.8]), rho - 1e-12)
    expected = weighting_classes(Design(frame.assign(fifth=fifth), weights="w"), "answered", "fifth")
    done = propensity(Design(frame, weights="w"), "answered", "age", classes=5)
    np.testing.assert_allclose(done.weights, expected.weights, rtol=1e-12)


def test_adjustment_takes_the_bias_away() -> None:
    """The answer depends on age, and so does answering: respondents' mean is off, the adjusted mean is not."""
    frame = asked(n=20_000).assign(y=lambda f: f["age"] / 80)
    d = Design(frame, weights="w")
    truth = d.mean("y").estimate[0]
    plain = d.subset(frame["answered"].to_numpy()).mean("y").estimate[0]
    done = propensity(d, "answered", ["age", "area"]).mean("y").estimate[0]
    assert abs(plain - truth) > 0.03
    assert abs(done - truth) < 0.005


def test_everybody_answered() -> None:
    frame = asked().assign(answered=True)
    d = Design(frame, weights="w")
    np.testing.assert_allclose(weighting_classes(d, "answered", "area").weights, d.weights, rtol=1e-14)
    np.testing.assert_allclose(propensity(d, "answered", "age").weights, d.weights, rtol=1e-6)


FRAME = pd.DataFrame(
    {
        "area": ["n", "n", "s", "s"],
        "age": [20.0, 30.0, np.nan, 50.0],
        "x": [1.0, 2.0, 3.0, 4.0],
        "ok": [1, 1, 0, 0],
        "odd": [1, 0, 2, 1],
        "gap": [1, None, 1, 0],
        "none": [0, 0, 0, 0],
    }
)


@pytest.mark.parametrize(
    ("how", "arguments", "words"),
    [
        (weighting_classes, ("ok", "area"), "class 's': nobody answered (weight 2); join it"),
        (weighting_classes, ("okay", "ares"), "unknown column 'ares'"),
        (weighting_classes, ("odd", "area"), "responded: neither true nor false in row 2 (2)"),
        (weighting_classes, ("gap", "area"), "responded: neither true nor false in row 1 (nan)"),
        (weighting_classes, ("none", "area"), "nobody did"),
        (weighting_classes, ([True, False], "area"), "2 values for 4 rows"),
        (propensity, ("ok", "x"), "tell exactly who answered"),
        (propensity, ("ok", "age"), "column 'age': no value in row 2; fill it"),
        (propensity, ("ok", "agee"), "unknown column 'agee'"),
        (propensity, ("odd", "x", 1), "classes 1: at least 2"),
    ],
)
def test_what_cannot_be_adjusted(how: Any, arguments: Any, words: str) -> None:
    with pytest.raises(DesignError) as caught:
        how(Design(FRAME), *arguments)
    assert words in str(caught.value)
