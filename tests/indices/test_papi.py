"""PAPI: strata, clusters and certainty units, weighted beside unweighted, provinces without data, groups of provinces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from surveys.definitions.instrument.reading import load_instrument
from surveys.scoring.unit_groups import groups_of
from tests.indices.simulated import Played

pytestmark = pytest.mark.long

MISSING = {"quang-ninh", "bac-giang"}
Rounds = Callable[[str, int], Played]


@pytest.fixture(scope="module")
def papi(played: Rounds) -> Played:
    return played("papi/2021", 1).by_hand()


def indicator(papi: Played, code: str, province: str, weighted: bool) -> tuple[float, float]:
    """Mean of an item in a province and its standard error by the design, form by form."""
    instrument = papi.study.instrument
    item = instrument.item[code]
    values = [level.values[0] for level in instrument.scale[item.scale].levels]
    (sample,) = papi.samples.parts
    forms = []
    for row in sample.rows:
        seen = papi.returns.rows.iloc[row]
        answer = papi.returns.answers[row, instrument.item_position[code]]
        if seen["unit_code"] == province:
            value = values[answer] if answer >= 0 else float("nan")
            weight = float(seen["sampling_weight"]) if weighted else 1.0
            forms.append((weight, 1 - value if item.reverse else value, seen["stratum"], seen["psu"]))
    known = [(w, y) for w, y, _, _ in forms if y == y]
    total = sum(w for w, _ in known)
    mean = sum(w * y for w, y in known) / total
    clusters: dict[tuple[str, str], float] = {}
    for w, y, stratum, psu in forms:
        u = w * (y - mean) / total if y == y else 0.0
        clusters[stratum, psu] = clusters.get((stratum, psu), 0.0) + u
    variance = 0.0
    for h in {stratum for stratum, _ in clusters}:
        z = np.array([u for (stratum, _), u in clusters.items() if stratum == h])
        variance += len(z) / (len(z) - 1) * float(((z - z.mean()) ** 2).sum()) if len(z) > 1 else 0.0
    return mean, float(np.sqrt(variance))


@pytest.fixture(scope="module")
def uncalibrated(papi: Played) -> pd.DataFrame:
    """Weighted and unweighted results of Hà Nội with the weights of the forms as they are."""
    (plan,) = papi.study.weights
    scores = papi.again(replace(papi.study, weights=(replace(plan, margins=()),)))
    found = scores.unweighted
    return found[(found["unit_code"] == "ha-noi") & (found["group"] == "all")].set_index("node_code")


@pytest.mark.parametrize("code", ["1.1a", "2.2b", "4.1a", "6.1a", "8.2a"])
def test_weighted_and_unweighted_side_by_side(papi: Played, uncalibrated: pd.DataFrame, code: str) -> None:
    row = uncalibrated.loc[code]
    for prefix, weighted in (("", True), ("unweighted_", False)):
        mean, se = indicator(papi, code, "ha-noi", weighted)
        assert row[f"{prefix}score"] == pytest.approx(mean, rel=1e-10)
        assert row[f"{prefix}se"] == pytest.approx(se, rel=1e-9)
        assert row[f"{prefix}ci_low"] <= mean <= row[f"{prefix}ci_high"]
    assert row["score"] != row["unweighted_score"]


def test_the_design_is_the_one_of_the_forms(papi: Played) -> None:
    """One stratum for each village drawn with certainty, in which persons are drawn, and one for all other villages."""
    (plan,) = papi.study.weights
    assert (plan.base, plan.strata, plan.clusters, plan.lonely) == (
        "given", ("stratum",), ("psu",), "certainty",
    )  # fmt: skip
    rows = papi.returns.rows[papi.dispositions.valid]
    rows = rows[rows["unit_code"] == "ha-noi"]
    clusters = rows.groupby("stratum")["psu"].nunique()
    common = rows[rows["stratum"].str.len() == 2]
    assert clusters[common["stratum"].iloc[0]] == 12
    alone = rows[rows["stratum"].str.len() > 2]
    assert len(alone) > 5
    assert alone["psu"].is_unique


def test_a_stratum_with_one_cluster_drawn_with_certainty_adds_no_variance(papi: Played) -> None:
    """All persons of the certainty village as one cluster: its stratum has a single cluster, and nothing is lost."""
    instrument = papi.study.instrument
    rows = papi.returns.rows
    alone = rows["stratum"].str.len() > 2
    merged = papi.returns.rows.assign(psu=rows["psu"].where(~alone, rows["stratum"]))
    (plan,) = papi.study.weights
    study = replace(papi.study, weights=(replace(plan, margins=()),))
    joined = replace(papi, returns=replace(papi.returns, rows=merged))
    table = joined.again(study).table
    row = table[
        (table["unit_code"] == "ha-noi") & (table["group"] == "all") & (table["node_code"] == "1.1a")
    ].iloc[0]
    mean, se = indicator(joined, "1.1a", "ha-noi", True)
    assert (row["score"], row["se"]) == pytest.approx((mean, se), rel=1e-9)
    assert row["df"] == 11
    assert instrument.unit_groups


def test_provinces_without_data_are_null_never_zero(papi: Played) -> None:
    table, units = papi.scores.table, papi.scores.units
    gone = table[table["unit_code"].isin(MISSING)]
    assert len(gone) > 100
    assert gone[["score", "se", "ci_low", "ci_high", "points", "satisfaction_percent"]].isna().all(axis=None)
    assert (gone["n_valid"] == 0).all()
    assert not gone["status"].isin(["ok", "external"]).any()
    league = units.set_index("unit_code")
    assert league.loc[list(MISSING), ["points", "rank", "rank_low", "rank_high"]].isna().all(axis=None)
    assert (league.loc[list(MISSING), "unit_group"] == "").all()
    assert sorted(league["rank"].dropna()) == [1, 2, 3, 4]


def test_the_four_groups_of_provinces_stand_in_the_league_table(papi: Played) -> None:
    """With four provinces P75, P50 and P25 are the third, second and first smallest value."""
    league = papi.scores.units.dropna(subset="points").sort_values("points", ascending=False)
    assert league["unit_group"].tolist() == ["best", "best", "high", "poor"]


def test_sixty_one_provinces_in_four_groups() -> None:
    """As PAPI prints them: 16, 15, 14 and 16, whatever the order; equal values share a group; a gap has none."""
    quarters = load_instrument("papi/2021").unit_groups
    values = np.random.default_rng(5).permutation(61) + 40.0
    found = pd.Series(groups_of(values.tolist(), quarters))
    assert found.value_counts().to_dict() == {"best": 16, "high": 15, "low": 14, "poor": 16}
    assert values[found == "best"].min() > values[found == "high"].max()
    assert groups_of([3.0, 3.0, float("nan"), 1.0, 2.0], quarters) == ["best", "best", "", "poor", "high"]


def test_editions_without_groups_leave_the_column_empty(played: Rounds) -> None:
    assert set(played("sipas/2023", 1).scores.units["unit_group"]) == {""}
