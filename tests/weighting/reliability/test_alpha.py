"""Cronbach's alpha on weighted and clustered samples, its errors by design, what is refused and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.weighting.r_reference import assert_same, data
from weighting import Design, DesignError, rake
from weighting.reliability import coefficients
from weighting.reliability.covariances import Covariances
from weighting.reliability.result import Reliability

ITEMS = [f"q{i}" for i in range(1, 7)]
GOVSAT = data("govsat")


def by_hand(frame: pd.DataFrame, w: np.ndarray, missing: str) -> np.ndarray:
    """alpha, item–rest correlations and alpha without each item, from covariances summed pair by pair."""
    k = frame.shape[1]
    x = frame.to_numpy(dtype=float)
    if missing == "listwise":
        x = np.where(np.isnan(x).any(axis=1, keepdims=True), np.nan, x)
    C = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            both = ~np.isnan(x[:, i]) & ~np.isnan(x[:, j]) & (w > 0)
            own, a, b = w[both] / w[both].sum(), x[both, i], x[both, j]
            n = both.sum()
            C[i, j] = (own * a * b).sum() - (own * a).sum() * (own * b).sum()
            C[i, j] *= n / (n - 1)

    def alpha(V: np.ndarray) -> float:
        return float(len(V) / (len(V) - 1) * (1 - np.trace(V) / V.sum()))

    rest, dropped = [], []
    for i in range(k):
        others = [j for j in range(k) if j != i]
        V = C[np.ix_(others, others)]
        rest.append(C[i, others].sum() / np.sqrt(C[i, i] * V.sum()))
        dropped.append(alpha(V))
    return np.array([alpha(C), *rest, *dropped])


def figures(found: Reliability) -> np.ndarray:
    return np.array([found.alpha, *found.item_rest_r, *found.alpha_if_dropped])


def variances(found: Reliability) -> np.ndarray:
    return np.array([found.se, *found.item_rest_se, *found.dropped_se]) ** 2


@pytest.mark.parametrize("missing", ["listwise", "available"])
def test_weighted_figures_are_those_summed_by_hand(missing: str) -> None:
    found = Design(GOVSAT, weights="w").alpha(ITEMS, missing=missing)
    assert_same(figures(found), by_hand(GOVSAT[ITEMS], GOVSAT["w"].to_numpy(), missing))


def test_whole_weights_are_repeated_rows() -> None:
    frame, times = GOVSAT.dropna(subset=ITEMS).head(60), np.arange(60) % 4
    repeated = frame.loc[frame.index.repeat(times)]
    weighted = Design(frame, weights=times.astype(float)).alpha(ITEMS)
    assert_same(weighted.alpha, Design(repeated).alpha(ITEMS).alpha)
    assert_same(weighted.item_rest_r, Design(repeated).alpha(ITEMS).item_rest_r)
    assert_same(weighted.item_mean, repeated[ITEMS].mean())


@pytest.mark.parametrize("missing", ["listwise", "available"])
def test_errors_by_design_are_those_of_numerical_influence(missing: str) -> None:
    """u = w ∂θ/∂w by central differences, summed within clusters, through the formula of the variance."""
    frame = GOVSAT.query("unit == 1").reset_index(drop=True)
    w = frame["w"].to_numpy(dtype=float)
    drawn: dict[str, Any] = {"weights": "w", "strata": "stratum", "clusters": "psu", "nest": True}
    found = Design(frame, **drawn, small_sample="clusters").alpha(ITEMS[:3], missing=missing)
    u = np.empty((len(frame), 7))
    for row in range(len(frame)):
        step = np.zeros(len(frame))
        step[row] = 1e-4 * w[row]
        up, down = (by_hand(frame[ITEMS[:3]], w + sign * step, missing) for sign in (1, -1))
        u[row] = (up - down) / 2e-4
    expected = np.zeros(7)
    clusters = pd.DataFrame(u).groupby([frame["stratum"], frame["psu"]]).sum()
    for _, z in clusters.groupby(level=0):
        expected += len(z) / (len(z) - 1) * ((z - z.mean()) ** 2).sum().to_numpy()
    assert_same(variances(found), expected, relative=1e-6)


def test_errors_after_raking_are_those_of_the_residuals() -> None:
    """What the margin explains does not vary: raking to one margin is regression on its categories."""
    frame = GOVSAT.dropna(subset=ITEMS).reset_index(drop=True)
    design = Design(frame, weights="w", small_sample="clusters")
    raked = rake(design, {"sex": {1: 300.0, 2: 250.0}})
    found = raked.alpha(ITEMS)
    unraked = raked.with_weights(raked.weights)
    plain = Design(frame, weights=raked.weights, small_sample="clusters")
    assert_same(found.alpha, plain.alpha(ITEMS).alpha)
    V = Covariances(frame[ITEMS].to_numpy(dtype=float), np.asarray(raked.weights))
    u = V.influence(coefficients.alpha_gradient(V.matrix)[None])
    assert_same(found.se**2, raked.covariance_of(u)[0, 0])
    assert_same(unraked.alpha(ITEMS).se, found.se)
    assert found.se != plain.alpha(ITEMS).se


def test_unequal_weights_of_few_rows_are_brought_to_full_size() -> None:
    """Leverage 1/(1 − h)^½ of a row is larger where it weighs more; of equal weights it is n/(n − 1), as always."""
    frame = GOVSAT.dropna(subset=ITEMS).head(20).assign(w=[1.0, 4.0] * 10)
    of_size, of_clusters = (
        Design(frame, weights="w", small_sample=way).alpha(ITEMS) for way in ("leverage", "clusters")
    )
    assert of_size.alpha == of_clusters.alpha
    assert of_size.se != of_clusters.se
    equal = [Design(frame, small_sample=way).alpha(ITEMS).se for way in ("leverage", "clusters")]
    assert_same(equal[0], equal[1])


def test_a_complete_census_has_no_sampling_error() -> None:
    frame = GOVSAT.dropna(subset=ITEMS).assign(N=395)
    found = Design(frame, fpc="N").alpha(ITEMS)
    assert (found.se, *found.ci) == (0.0, found.alpha, found.alpha)


def test_a_subset_is_judged_by_its_own_rows() -> None:
    design = Design(GOVSAT, weights="w", strata="stratum", clusters="psu", nest=True)
    part = design.subset((GOVSAT["unit"] == 2).to_numpy())
    found = part.alpha(ITEMS)
    own = by_hand(
        GOVSAT.loc[GOVSAT["unit"] == 2, ITEMS], GOVSAT.loc[GOVSAT["unit"] == 2, "w"].to_numpy(), "listwise"
    )
    assert_same(figures(found), own)
    complete = GOVSAT[ITEMS].notna().all(axis=1) & (GOVSAT["unit"] == 2)
    reached = GOVSAT.loc[complete, ["stratum", "psu"]].drop_duplicates()
    assert found.df == len(reached) - reached["stratum"].nunique()
    assert found.rows == complete.sum()


def test_order_scale_and_shift_change_nothing() -> None:
    found = Design(GOVSAT, weights="w").alpha(ITEMS)
    order = np.random.default_rng(3).permutation(len(GOVSAT))
    moved = (1_000_000 + 25 * GOVSAT[ITEMS]).assign(w=7 * GOVSAT["w"]).iloc[order]
    other = Design(moved, weights="w").alpha(ITEMS)
    assert_same(figures(other), figures(found))
    assert_same(variances(other), variances(found))


def test_large_files_are_worked_on_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Design(GOVSAT, weights="w").alpha(ITEMS, missing="available")
    monkeypatch.setattr("weighting.reliability.covariances.BLOCK", 21 * 50)
    assert_same(variances(Design(GOVSAT, weights="w").alpha(ITEMS, missing="available")), variances(found))


# ---- what is said, what is refused ------------------------------------------------------------------------------------


def test_a_reversed_item_is_named() -> None:
    turned = GOVSAT.assign(q2=6 - GOVSAT["q2"])
    found = Design(turned).alpha(ITEMS)
    assert found.note[1].startswith("correlates negatively")
    assert any(remark.startswith("'q2': against the other items") for remark in found.remarks)
    back = Design(turned).alpha(ITEMS, reverse="q2", scale=(1, 5))
    assert_same(figures(back), figures(Design(GOVSAT).alpha(ITEMS)))
    assert not any(back.note)
    assert "'q2'" not in repr(back)


def test_items_that_do_not_vary_have_no_correlation() -> None:
    frame = GOVSAT.assign(same=4.0)
    found = Design(frame).alpha(["q1", "q2", "q3", "same"])
    assert found.note[3] == "all answers are equal"
    assert np.isnan([found.item_rest_r[3], found.item_rest_se[3], found.standardised, found.g6]).all()
    assert_same(found.alpha_if_dropped[3], Design(GOVSAT).alpha(["q1", "q2", "q3"]).alpha)
    assert np.isfinite(found.item_rest_se[:3]).all()


def test_gaps_are_told() -> None:
    assert "395 rows answered all items" in repr(Design(GOVSAT).alpha(ITEMS))
    psych = Design(GOVSAT).alpha(ITEMS, missing="available", errors="normal")
    assert "take all 601 rows as R psych does" in repr(psych)
    assert not Design(GOVSAT).alpha(ITEMS, missing="available").remarks


def test_negative_alpha_is_told() -> None:
    turned = GOVSAT.assign(q2=6 - GOVSAT["q2"])
    assert any(r.startswith("alpha is negative") for r in Design(turned).alpha(["q1", "q2", "q3"]).remarks)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "one item": ({"columns": "q1"}, "columns: two items or more are needed, here is 'q1'"),
    "unknown": ({"columns": ["q1", "q22"]}, "unknown column 'q22'; did you mean 'q2'?"),
    "unknown reverse": ({"reverse": ["q9"]}, "unknown column 'q9'; known: 'q1', 'q2'"),
    "no scale": ({"reverse": ["q2"]}, "scale None: the lowest and the highest answer are needed"),
    "bad scale": ({"scale": (5, 1)}, "scale (5, 1): the lowest and the highest answer are needed"),
    "outside": ({"scale": (1, 4)}, "column 'q1': outside the scale 1…4 in row 2 (5.0)"),
    "missing": ({"missing": "zz"}, "unknown missing 'zz'; known: 'listwise', 'available'"),
    "errors": ({"errors": "normall"}, "unknown errors 'normall'; did you mean 'normal'?"),
    "interval": ({"interval": "felt"}, "unknown interval 'felt'; did you mean 'feldt'?"),
    "level": ({"level": 95}, "level 95: accepted between 0 and 1"),
    "text": ({"columns": ["q1", "word"]}, "column 'word': numbers are needed"),
    "infinite": ({"columns": ["q1", "huge"]}, "column 'huge': infinite in row 0 (inf)"),
    "no pair": (
        {"columns": ["first", "last"]},
        "columns: 0 rows answered all of 'first', 'last'; two are needed",
    ),
    "no available pair": (
        {"columns": ["first", "last"], "missing": "available"},
        "columns: 0 rows answered both 'first', 'last'; two are needed",
    ),
    "flat": ({"columns": ["same", "also"]}, "columns: the sum of 'same', 'also' does not vary"),
    "opposite": ({"columns": ["q1", "minus"]}, "columns: the sum of 'q1', 'minus' does not vary"),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_faults_are_named(name: str) -> None:
    frame = pd.DataFrame({"q1": [3.0, 1, 5, 2], "q2": [3.0, 2, 1, 1], "word": list("abcd")})
    frame = frame.assign(huge=[np.inf, 1, 2, 3], same=3, also=2, minus=-frame["q1"])
    frame = frame.assign(first=[1, 2, np.nan, np.nan], last=[np.nan, np.nan, 2, 1])
    changed, expected = FAULTS[name]
    with pytest.raises(DesignError) as error:
        Design(frame).alpha(**({"columns": ["q1", "q2"]} | changed))
    assert str(error.value) == expected


def test_the_result_shows_itself() -> None:
    found = Design(GOVSAT.rename(columns={"q1": "<q1>"})).alpha(["<q1>", *ITEMS[1:]])
    assert "Cronbach's alpha 0.6157" in repr(found)
    assert "&lt;q1&gt;" in found._repr_html_()
    assert list(found.table().columns) == [
        *("item", "n", "mean", "sd", "item_rest_r", "item_rest_se", "item_total_r", "item_total_r_smc"),
        *("alpha_if_dropped", "dropped_se", "note"),
    ]
    with pytest.raises(ValueError, match="read-only"):
        found.item_rest_r[0] = 0.0


# ---- does it hold -----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_intervals_cover() -> None:
    """Five-level answers of 120 people to five items, in clusters of four like-minded people, 1,000 draws: 95 % intervals
    of alpha and of an item–rest correlation hold the values of a population of 200,000."""
    rng = np.random.default_rng(5)

    def drawn(n: int) -> pd.DataFrame:
        group = np.repeat(rng.standard_normal(n // 4), 4)
        trait = 0.7 * group + 0.7 * rng.standard_normal(n)
        answers = np.clip(np.round(3.3 + trait[:, None] + rng.standard_normal((n, 5))), 1, 5)
        return pd.DataFrame(answers, columns=ITEMS[:5]).assign(psu=np.arange(n) // 4)

    truth = Design(drawn(200_000)).alpha(ITEMS[:5])
    covered, r_covered = 0, 0
    for _ in range(1_000):
        found = Design(drawn(120), clusters="psu").alpha(ITEMS[:5])
        covered += found.ci[0] <= truth.alpha <= found.ci[1]
        r_covered += abs(found.item_rest_r[0] - truth.item_rest_r[0]) <= 2.045 * found.item_rest_se[0]
    assert covered >= 915  # 93 % less what chance allows in 1,000 draws
    assert r_covered >= 915
