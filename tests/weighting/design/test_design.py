"""The design: what it accepts, what it refuses and in which words, and the variance against a slow derivation."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighting import Adjustment, Design, DesignError


def sample(seed: int = 7, n: int = 120) -> pd.DataFrame:
    """Four strata; the last has a single cluster, the third is a census."""
    rng = np.random.default_rng(seed)
    stratum = rng.choice(list("abcd"), n, p=[0.4, 0.3, 0.2, 0.1])
    cluster = np.where(stratum == "d", 1, rng.integers(1, 5, n))
    sizes = {"a": 9, "b": 12, "c": 4, "d": 6}
    frame = pd.DataFrame({"h": stratum, "c": cluster, "N": [sizes[h] for h in stratum]})
    frame["w"] = rng.uniform(1, 5, n)
    frame["dom"] = rng.choice(["x", "y", "z"], n)
    frame["y"] = rng.normal(50, 10, n)
    frame["v"] = rng.normal(0, 1, n)
    return frame


def slow_covariance(
    frame: pd.DataFrame, u: np.ndarray, fpc: bool, lonely: str, inside: np.ndarray, domains: bool
) -> np.ndarray:
    """The formula of statistics.md with loops over strata and clusters, policy by policy."""
    held = frame[inside]
    n_h = frame.groupby("h")["c"].nunique()
    totals = {h: part.groupby("c").groups for h, part in held.groupby("h")}
    z = {
        h: {c: u[frame.index.get_indexer(rows)].sum(axis=0) for c, rows in g.items()}
        for h, g in totals.items()
    }
    grand = sum(t for g in z.values() for t in g.values()) / sum(n_h[h] for h in z)
    parts, alone = [], 0
    for h, clusters in z.items():
        f = n_h[h] / frame.loc[frame["h"] == h, "N"].iloc[0] if fpc else 0.0
        single = (n_h[h] == 1 or (domains and len(clusters) == 1)) and f < 1
        if single and lonely == "average":
            alone += 1
            continue
        all_z = [*clusters.values(), *[np.zeros(u.shape[1])] * (n_h[h] - len(clusters))]
        centre = sum(all_z) / n_h[h]
        if single and lonely == "adjust":
            centre = grand
        scale = (1 - f) * (n_h[h] / (n_h[h] - 1) if n_h[h] > 1 else 1)
        parts.append(scale * sum(np.outer(t - centre, t - centre) for t in all_z))
    return np.asarray(sum(parts) * (len(parts) + alone) / len(parts))


POLICIES = list(product(["remove", "certainty", "adjust", "average"], [False, True], [False, True]))


@pytest.mark.parametrize(("lonely", "domains", "fpc"), POLICIES)
def test_covariance_against_loops(lonely: Any, domains: bool, fpc: bool) -> None:
    frame = sample()
    design = Design(frame, "w", "h", "c", "N" if fpc else None, lonely, domains, nest=True)
    codes, labels = design.codes("dom")
    u = frame[["y", "v"]].to_numpy() * frame[["w"]].to_numpy()
    by = design.covariance_by(u, codes, 3)
    for j, name in enumerate(labels["dom"]):
        inside = (frame["dom"] == name).to_numpy()
        expected = slow_covariance(frame, u, fpc, lonely, inside, domains)
        np.testing.assert_allclose(by[j], expected, rtol=1e-11)
        expanded = np.where(inside[:, None], u, 0.0)
        np.testing.assert_allclose(design.covariance_of(expanded, inside), expected, rtol=1e-11)
        np.testing.assert_allclose(design.variance_by(u, codes, 3)[j], np.diag(expected), rtol=1e-11)


def test_two_stages_by_hand() -> None:
    """Two clusters of 4, two rows each of 3 and of 5: first stage, and within clusters times n/N."""
    frame = pd.DataFrame(
        {"c": [1, 1, 2, 2], "i": [1, 2, 1, 2], "N": 4, "M": [3, 3, 5, 5], "y": [1.0, 3.0, 2.0, 8.0]}
    )
    design = Design(frame, clusters=["c", "i"], fpc=["N", "M"])
    assert design.weights.tolist() == [3.0, 3.0, 5.0, 5.0]  # 4/2 · 3/2 and 4/2 · 5/2
    z = np.array([12.0, 50.0])
    first = (1 - 2 / 4) * 2 * ((z - z.mean()) ** 2).sum()
    within = 2 / 4 * ((1 - 2 / 3) * 2 * (2 * 3.0**2) + (1 - 2 / 5) * 2 * (2 * 15.0**2))
    total = design.total("y")
    assert total.estimate[0] == pytest.approx(62.0, rel=1e-14)
    assert total.se[0] ** 2 == pytest.approx(first + within, rel=1e-13)
    assert design.degf == 1


@pytest.mark.parametrize("sparse", [False, True])
def test_adjustments_against_projection(sparse: bool) -> None:
    """Residuals of two adjustments in turn, against explicit projection matrices."""
    from scipy.sparse import csr_array

    frame = sample()
    start = Design(frame, "w", "h", "c", "N", lonely="adjust", nest=True)
    rng = np.random.default_rng(3)
    x1 = pd.get_dummies(frame["dom"]).to_numpy(dtype=float)
    x2 = np.column_stack([np.ones(start.n), rng.normal(size=start.n), np.ones(start.n)])  # one column twice
    w1 = start.weights * rng.uniform(0.8, 1.2, start.n)
    w2 = w1 * rng.uniform(0.8, 1.2, start.n)
    kind = csr_array if sparse else np.asarray
    design = start.with_weights(w1, Adjustment(kind(x1), start.weights)).with_weights(
        w2, Adjustment(kind(x2), w1)
    )

    def project(u: np.ndarray, x: np.ndarray, base: np.ndarray, after: np.ndarray) -> np.ndarray:
        root = np.sqrt(base)
        b = np.linalg.lstsq(x * root[:, None], u / after[:, None] * root[:, None], rcond=None)[0]
        return u - after[:, None] * (x @ b)

    u = frame[["y", "v"]].to_numpy() * w2[:, None]
    left = project(project(u, x1, start.weights, w1), x2, w1, w2)
    np.testing.assert_allclose(design.covariance_of(u), start.covariance_of(left), rtol=1e-9)
    codes, _ = design.codes("dom")
    by = design.covariance_by(u, codes, 3)
    for j in range(3):
        expanded = np.where((codes == j)[:, None], u, 0.0)
        np.testing.assert_allclose(by[j], design.covariance_of(expanded), rtol=1e-9)
        np.testing.assert_allclose(design.variance_by(u, codes, 3)[j], np.diag(by[j]), rtol=1e-9)


def test_certainty_stratum_is_not_lonely() -> None:
    frame = pd.DataFrame({"h": ["a", "a", "b"], "N": [5, 5, 1], "y": [1.0, 2.0, 9.0], "w": [2.5, 2.5, 1.0]})
    design = Design(frame, "w", "h", fpc="N")
    assert design.total("y").se[0] == pytest.approx(np.sqrt((1 - 2 / 5) * 2 * 2 * 1.25**2))
    with pytest.raises(DesignError, match="stratum 'b' has a single cluster at stage 1"):
        Design(frame, "w", "h").total("y")


def test_lonely_only_stops_a_variance_that_needs_it() -> None:
    frame = pd.DataFrame({"h": ["a", "a", "b"], "g": ["x", "x", "y"], "y": [1.0, 2.0, 9.0]})
    design = Design(frame, strata="h")
    assert design.subset(frame["g"] == "x").mean("y").estimate[0] == 1.5
    with pytest.raises(DesignError, match="'b'"):
        design.mean("y", by="g")


def test_average_without_another_stratum() -> None:
    with pytest.raises(DesignError, match="no other stratum is left to take the average from"):
        Design({"y": [1.0, 2.0]}, clusters=[1, 1], lonely="average").mean("y")


def test_lonely_at_the_second_stage_names_its_cluster() -> None:
    frame: dict[str, Any] = {
        "c": ["A", "A", "B"],
        "i": [1, 2, 1],
        "N": [9, 9, 9],
        "M": [5, 5, 5],
        "y": [1.0, 2.0, 3.0],
    }
    with pytest.raises(DesignError, match="'B' has a single cluster at stage 2"):
        Design(frame, clusters=["c", "i"], fpc=["N", "M"]).mean("y")


def test_degrees_of_freedom() -> None:
    frame = sample()
    design = Design(frame, "w", "h", "c", lonely="remove", nest=True)
    clusters = frame.groupby("h")["c"].nunique()
    assert design.degf == clusters.sum() - 4
    codes, labels = design.codes(["dom", "h"])
    found = design.domain_degfs(codes, len(labels))
    for j, (dom, h) in enumerate(labels.itertuples(index=False)):
        mask = ((frame["dom"] == dom) & (frame["h"] == h)).to_numpy()
        assert found[j] == design.domain_degf(mask) == frame[mask]["c"].nunique() - 1


def test_fpc_as_sizes_and_as_fractions_are_the_same() -> None:
    frame = sample()
    drawn = frame.groupby("h")["c"].transform("nunique")
    sizes = Design(frame, "w", "h", "c", "N", lonely="remove", nest=True)
    fractions = Design(frame, "w", "h", "c", drawn / frame["N"], lonely="remove", nest=True)
    np.testing.assert_allclose(sizes.mean("y", by="dom").se, fractions.mean("y", by="dom").se, rtol=1e-14)
    census = Design(frame, "w", "h", "c", np.ones(len(frame)), nest=True)
    assert census.mean("y").se[0] == 0.0
    assert Design(frame, strata="h", clusters="c", fpc="N", nest=True).weights == pytest.approx(
        (frame["N"] / drawn).to_numpy()
    )


def test_nested_labels() -> None:
    frame: dict[str, Any] = {"h": ["a", "a", "b", "b"], "c": [1, 2, 1, 2], "y": [1.0, 2.0, 4.0, 9.0]}
    assert Design(frame, strata="h", clusters="c", nest=True).stages[0].n_clusters == 4
    with pytest.raises(DesignError) as error:
        Design(frame, strata="h", clusters="c", nest=False)
    assert len(error.value.problems) == 2
    assert "'1' lies in strata 'a', 'b'" in error.value.problems[0]


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"weights": [1, -2, 3, 4]}, ["weights: negative in row 1 (-2.0)"]),
    (
        {"weights": [1, np.nan, np.inf, -4]},
        ["missing in row 1", "infinite in row 2", "negative in row 3 (-4.0)"],
    ),
    ({"weights": [0, 0, 0, 0]}, ["weights: all are zero"]),
    ({"weights": ["1", "two", "3", "4"]}, ["weights: not a number in row 1 (two)"]),
    ({"weights": [1, 2]}, ["weights: (2,) values for 4 rows"]),
    ({"weights": "wieght"}, ["weights: unknown column 'wieght'; did you mean 'weight'?"]),
    ({"strata": "stratun", "lonely": "adjst"}, ["did you mean 'adjust'", "did you mean 'stratum'"]),
    ({"strata": ["a", None, "b", "b"]}, ["strata: missing in row 1"]),
    ({"clusters": "gap"}, ["clusters: missing in row 2"]),
    (
        {"fpc": [0.5, 0.5, 1.5, 1.5], "strata": "stratum"},
        ["a sampling fraction above 1 in row 2 (1.5), row 3 (1.5)"],
    ),
    ({"fpc": [9, 9, 1, 1], "strata": "stratum"}, ["above 1 in stratum 'b': 2 clusters drawn from 1"]),
    ({"fpc": [9, 8, 7, 7], "strata": "stratum"}, ["fpc: differs within stratum 'a'"]),
    ({"fpc": [-9, -9, 7, 7], "strata": "stratum"}, ["fpc: negative in row 0 (-9.0), row 1 (-9.0)"]),
    ({"fpc": ["weight", "weight"]}, ["fpc: given for 2 stages, but there are clusters for 1"]),
]


@pytest.mark.parametrize(("arguments", "expected"), BAD)
def test_bad_input_is_named(arguments: dict[str, Any], expected: list[str]) -> None:
    frame: dict[str, Any] = {
        "weight": [1.0, 2, 3, 4],
        "stratum": list("aabb"),
        "gap": [1, 2, None, 4],
        "y": [1.0, 2, 3, 4],
    }
    with pytest.raises(DesignError) as error:
        Design(frame, **arguments)
    assert len(error.value.problems) == len(expected)
    for words in expected:
        assert any(words in problem for problem in error.value.problems), error.value.problems


@pytest.mark.parametrize("frame", [5, {}, {"a": [1, 2], "b": [1]}, pd.DataFrame({"a": []})])
def test_bad_frames(frame: Any) -> None:
    with pytest.raises(DesignError, match=r"^frame: "):
        Design(frame)


def test_rows_are_named_by_the_frame_index() -> None:
    frame = pd.DataFrame({"w": [1.0, -1.0]}, index=["P-001", "P-002"])
    with pytest.raises(DesignError, match="row P-002"):
        Design(frame, "w")


def test_a_design_is_frozen() -> None:
    frame = sample()
    design = Design(frame, "w", "h", "c", lonely="remove", nest=True)
    before = design.mean("y", by="dom")
    kept = before.table()
    frame.loc[:, ["y", "w"]] = 0.0
    frame["h"] = "other"
    with pytest.raises(ValueError, match="read-only"):
        design.weights[0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        before.estimate[0] = 9.0
    with pytest.raises(AttributeError):
        design.weights = np.ones(design.n)  # type: ignore[misc]
    changed = before.table()
    changed["estimate"] = 0.0
    other = design.with_weights(np.ones(design.n))
    assert other.mean("y").estimate[0] != design.mean("y").estimate[0]
    pd.testing.assert_frame_equal(design.mean("y", by="dom").table(), kept)
    pd.testing.assert_frame_equal(before.table(), kept)


def test_a_subset_keeps_the_design() -> None:
    frame = sample()
    design = Design(frame, "w", "h", "c", "N", lonely="adjust", nest=True, small_sample="clusters")
    part = design.subset(frame["dom"] == "x").subset(frame["y"] > 45)
    mask = ((frame["dom"] == "x") & (frame["y"] > 45)).to_numpy()
    assert part.n == design.n
    assert part.degf == design.domain_degf(mask)
    u = np.where(
        mask, frame["w"] * (frame["y"] - np.average(frame["y"][mask], weights=frame["w"][mask])), 0.0
    )
    expected = design.covariance_of(u[:, None], mask)[0, 0] / frame["w"][mask].sum() ** 2
    assert part.mean("y").se[0] ** 2 == pytest.approx(expected, rel=1e-12)
    with pytest.raises(DesignError, match="no row lies in this domain"):
        part.subset(frame["dom"] == "y")


def test_importing_is_cheap() -> None:
    import subprocess
    import sys

    code = "import sys, weighting; weighting.Design; print([m for m in ('scipy.stats', 'statsmodels') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
