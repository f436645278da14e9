"""Coverage of 95 % intervals with unequal and raked weights, by simulation from a known truth, before and after the correction.

Answers on five levels; weights that have nothing to do with them, or whose post-strata answer differently. ``bounded`` intervals
with the defaults of ``Design.mean``; no setting may lie significantly (one-sided 1 %) below 93 %.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from weighting import Design, rake

pytestmark = pytest.mark.long

DRAWS = 2000
LEAST = 0.93 - 2.326 * np.sqrt(0.93 * 0.07 / DRAWS)


def five_levels(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    """Answers 0, ¼, ½, ¾, 1 with these means, respondents more unlike than chance."""
    return rng.binomial(4, rng.beta(2.5 * mean, 2.5 * (1 - mean))) / 4


def weights(rng: np.random.Generator, shape: Any, cv: float) -> np.ndarray:
    return np.asarray(np.exp(np.sqrt(np.log1p(cv**2)) * rng.standard_normal(shape)))


def covered(frame: pd.DataFrame, truth: float, choice: Any, **how: Any) -> tuple[float, float]:
    """Coverage and mean width over the draws, each a domain of its own strata."""
    d = Design(frame, "w", small_sample=choice, nest=True, **how)
    e = d.mean("y", by="draw", interval="bounded")
    return float(((e.ci_low <= truth) & (truth <= e.ci_high)).mean()), float((e.ci_high - e.ci_low).mean())


def rows(
    rng: np.random.Generator, n: int, cv: float, score: float
) -> tuple[pd.DataFrame, float, dict[str, str]]:
    y = five_levels(rng, np.full((DRAWS, n), score))
    frame = {"draw": np.repeat(np.arange(DRAWS), n), "w": weights(rng, DRAWS * n, cv), "y": y.ravel()}
    return pd.DataFrame(frame), score, {"strata": "draw"}


def strata(
    rng: np.random.Generator, n: int, cv: float, score: float
) -> tuple[pd.DataFrame, float, dict[str, str]]:
    """Three strata that answer differently and weigh 1, 2 and 4."""
    frame, _, _ = rows(rng, n, cv, score)
    h = np.tile(np.arange(3), DRAWS * n // 3)
    means = special.expit(special.logit(score) + np.array([-0.7, 0.0, 0.7]))
    frame = frame.assign(y=five_levels(rng, means[h]), w=frame["w"] * 2**h, stratum=3 * frame["draw"] + h)
    return frame, float(means @ [1, 2, 4] / 7), {"strata": "stratum"}


def clusters(
    rng: np.random.Generator, n: int, cv: float, score: float
) -> tuple[pd.DataFrame, float, dict[str, str]]:
    """n clusters of two to six rows that answer alike, and have one weight."""
    size = rng.integers(2, 7, DRAWS * n)
    cluster = np.repeat(np.arange(DRAWS * n), size)
    shift = 0.5 * rng.standard_normal(DRAWS * n)
    y = five_levels(rng, special.expit(special.logit(score) + shift)[cluster])
    nodes, of_node = np.polynomial.hermite_e.hermegauss(40)
    truth = float(special.expit(special.logit(score) + 0.5 * nodes) @ of_node / of_node.sum())
    frame = {"draw": cluster // n, "w": weights(rng, DRAWS * n, cv)[cluster], "y": y, "cluster": cluster}
    return pd.DataFrame(frame), truth, {"strata": "draw", "clusters": "cluster"}


#: Setting: sample or clusters, cv of the weights, score, and at most how much wider.
UNEQUAL = [
    (rows, 12, 1.2, 0.6, 1.7),
    (rows, 20, 0.3, 0.8, 1.05),
    (rows, 20, 1.0, 0.95, 1.75),
    (rows, 40, 0.6, 0.8, 1.1),
    (rows, 40, 1.2, 0.95, 1.6),
    (rows, 60, 1.0, 0.6, 1.3),
    (strata, 18, 1.0, 0.75, 1.5),
    (strata, 36, 0.6, 0.75, 1.15),
    (clusters, 8, 1.0, 0.77, 1.8),
    (clusters, 24, 1.0, 0.77, 1.5),
]


@pytest.mark.parametrize(("made", "n", "cv", "score", "widest"), UNEQUAL)
def test_unequal_weights(made: Callable[..., Any], n: int, cv: float, score: float, widest: float) -> None:
    frame, truth, how = made(np.random.default_rng([n, int(100 * cv)]), n, cv, score)
    coverage, width = covered(frame, truth, "leverage", **how)
    before, narrower = covered(frame, truth, "clusters", **how)
    assert coverage > LEAST
    assert coverage >= before
    assert 1.0 < width / narrower < widest


def responded(rng: np.random.Generator, n: int, score: float) -> tuple[pd.DataFrame, float]:
    """Samples from six post-strata of equal size that answer and respond differently, none of them empty in a sample."""
    first, second = np.divmod(np.arange(6), 3)
    logit = special.logit(score) + 0.5 * (2 * first - 1) + 0.5 * (second - 1)
    odds = np.exp(0.3 * (2 * first - 1) + 0.3 * (second - 1))
    counts = rng.multinomial(n, odds / odds.sum(), size=40 * DRAWS)
    counts = counts[(counts > 0).all(axis=1)][:DRAWS]
    assert len(counts) == DRAWS
    cell = np.repeat(np.tile(np.arange(6), DRAWS), counts.ravel())
    y = five_levels(rng, special.expit(logit)[cell])
    frame = {"draw": np.repeat(np.arange(DRAWS), n), "a": first[cell], "b": second[cell], "y": y}
    return pd.DataFrame(frame), float(special.expit(logit).mean())


@pytest.mark.parametrize(("n", "score"), [(20, 0.7), (30, 0.9), (40, 0.7)])
def test_raked_weights(n: int, score: float) -> None:
    """Raked to both margins, fifty samples together: n/(n − 1) covers 0.902, 0.917, 0.933; leverage 0.953, 0.949, 0.952."""
    frame, truth = responded(np.random.default_rng(n), n, score)
    margins = {"a": dict.fromkeys(range(2), 300.0), "b": dict.fromkeys(range(3), 200.0)}
    found: dict[Any, np.ndarray] = {}
    for choice in ("leverage", "clusters"):
        limits = []
        for start in range(0, DRAWS, 50):
            part = frame[(frame["draw"] >= start) & (frame["draw"] < start + 50)]
            plain = Design(part, strata="draw", small_sample=choice)
            raked = rake(plain, dict.fromkeys(range(start, start + 50), margins), by="draw")
            e = raked.mean("y", by="draw", interval="bounded")
            limits.append(np.stack([e.ci_low, e.ci_high]))
        found[choice] = np.concatenate(limits, axis=1)
    coverage = {k: ((low <= truth) & (truth <= high)).mean() for k, (low, high) in found.items()}
    width = {k: (high - low).mean() for k, (low, high) in found.items()}
    assert coverage["leverage"] > LEAST
    assert coverage["clusters"] < coverage["leverage"] - 0.01
    assert 1.0 < width["leverage"] / width["clusters"] < 1.5
