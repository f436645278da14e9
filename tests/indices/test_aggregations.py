"""SIPAS in every aggregation and numerator, and its standard errors, re-derived form by form with plain loops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.definitions.instrument.records import NOT_ASKED, Item
from tests.indices.simulated import Played

pytestmark = pytest.mark.long

UNIT = "cao-bang"
Forms = list[dict[str, float]]
#: (numerator, ladder) → value of the levels 1 … 5.
NUMERATORS = {
    ("satisfied", ""): (0.0, 0.0, 0.0, 1.0, 1.0),
    ("value", "quarters"): (0.0, 0.25, 0.5, 0.75, 1.0),
    ("value", "fifths"): (0.2, 0.4, 0.6, 0.8, 1.0),
}
AGGREGATIONS = ("pooled", "mean_of_items", "mean_of_factors", "weighted")


@pytest.fixture(scope="module")
def sipas(played: Callable[[str, int], Played]) -> Played:
    return played("sipas/2023", 1).by_hand()


def forms_of(sipas: Played, items: Iterable[Item], values: tuple[float, ...]) -> pd.DataFrame:
    """One row per valid form of the unit: weight, stratum, cluster and the value of each answer (NaN without one)."""
    (sample,) = sipas.samples.parts
    rows = []
    for row, unit, weight in zip(sample.rows, sample.unit, sample.design.weights, strict=True):
        if sample.units[unit].code == UNIT:
            seen = sipas.returns.rows.iloc[row]
            line = {"w": weight, "stratum": seen["stratum"], "psu": seen["psu"]}
            for item in items:
                answer = sipas.returns.answers[row, sipas.study.instrument.item_position[item.code]]
                line[item.code] = values[answer] if answer >= 0 else float("nan")
            rows.append(line)
    return pd.DataFrame(rows)


def items_below(sipas: Played, node: str) -> list[Item]:
    """Items of the policy block, of the service block, or of the whole index."""
    instrument = sipas.study.instrument
    factors = [child.code for child in instrument.children.get(node, ())] or [node]
    found = [item for factor in factors for item in instrument.items_of_node.get(factor, ())]
    return found or [item for factor in factors for item in items_below(sipas, factor)]


def item_weights(sipas: Played, node: str, rule: str) -> dict[str, float]:
    """How much the mean of each item counts in a node when nothing is pooled."""
    instrument = sipas.study.instrument
    if rule == "mean_of_items":
        items = items_below(sipas, node)
        return {item.code: 1.0 / len(items) for item in items}
    children = instrument.children.get(node, ())
    if children:
        shares = [child.weight if rule == "weighted" else 1.0 for child in children]
        return {
            code: share / sum(shares) * weight
            for child, share in zip(children, shares, strict=True)
            for code, weight in item_weights(sipas, child.code, rule).items()
        }
    items = list(instrument.items_of_node[node])
    shares = [item.weight if rule == "weighted" else 1.0 for item in items]
    return {item.code: share / sum(shares) for item, share in zip(items, shares, strict=True)}


def by_hand(sipas: Played, node: str, rule: str, values: tuple[float, ...]) -> tuple[float, float, int]:
    """Score, standard error and degrees of freedom of a node from its forms, with the influence of each form on it."""
    forms = forms_of(sipas, items_below(sipas, node), values)
    codes = [item.code for item in items_below(sipas, node)]
    y, w = forms[codes].to_numpy(), forms["w"].to_numpy()
    given = ~np.isnan(y)
    if rule == "pooled":
        total = sum(w[i] * given[i].sum() for i in range(len(w)))
        score = sum(w[i] * np.nansum(y[i]) for i in range(len(w))) / total
        influence = [w[i] * np.nansum(y[i] - score) / total for i in range(len(w))]
    else:
        b = item_weights(sipas, node, rule)
        D = {c: sum(w[given[:, k]]) for k, c in enumerate(codes)}
        theta = {c: sum(w[given[:, k]] * y[given[:, k], k]) / D[c] for k, c in enumerate(codes)}
        score = sum(b[c] * theta[c] for c in codes)
        influence = [
            sum(b[c] * w[i] * (y[i, k] - theta[c]) / D[c] for k, c in enumerate(codes) if given[i, k])
            for i in range(len(w))
        ]
    return score, standard_error(forms, influence), degrees(forms[given.any(axis=1)])


def standard_error(forms: pd.DataFrame, influence: list[float]) -> float:
    """√ Σ_h n_h/(n_h − 1) Σ_c (z_hc − z̄_h)²; a stratum with one cluster adds nothing."""
    totals: dict[tuple[str, str], float] = {}
    for stratum, psu, u in zip(forms["stratum"], forms["psu"], influence, strict=True):
        totals[stratum, psu] = totals.get((stratum, psu), 0.0) + u
    variance = 0.0
    for h in sorted({stratum for stratum, _ in totals}):
        z = [u for (stratum, _), u in totals.items() if stratum == h]
        if len(z) > 1:
            variance += len(z) / (len(z) - 1) * sum((one - sum(z) / len(z)) ** 2 for one in z)
    return float(np.sqrt(variance))


def degrees(forms: pd.DataFrame) -> int:
    return forms[["stratum", "psu"]].drop_duplicates().shape[0] - forms["stratum"].nunique()


@pytest.mark.parametrize("rule", AGGREGATIONS)
@pytest.mark.parametrize("numerator", NUMERATORS, ids="-".join)
def test_every_aggregation_with_its_interval(sipas: Played, rule: str, numerator: tuple[str, str]) -> None:
    kind, ladder = numerator
    study = sipas.with_scoring(numerator=kind, ladder=ladder, rule=rule)
    table = sipas.again(study).table
    mine = table[(table["unit_code"] == UNIT) & (table["group"] == "all")].set_index("node_code")
    for node in ("0", "I", "II", "7"):
        score, se, df = by_hand(sipas, node, rule, NUMERATORS[numerator])
        row: Any = mine.loc[node]
        assert row["score"] == pytest.approx(score, rel=1e-10)
        assert row["se"] == pytest.approx(se, rel=1e-9)
        assert row["df"] == df
        half = stats.t.ppf(0.975, df) * se / (score * (1 - score))
        logit = np.log(score / (1 - score))
        limits = [1 / (1 + np.exp(-(logit + side * half))) for side in (-1, 1)]
        assert [row["ci_low"], row["ci_high"]] == pytest.approx(limits, rel=1e-9)


def test_the_default_is_the_pooled_share_of_the_satisfied(sipas: Played) -> None:
    table = sipas.scores.table
    row: Any = table[
        (table["unit_code"] == UNIT) & (table["group"] == "all") & (table["node_code"] == "0")
    ].iloc[0]
    score, se, _ = by_hand(sipas, "0", "pooled", NUMERATORS["satisfied", ""])
    assert (row["score"], row["se"]) == pytest.approx((score, se), rel=1e-9)
    assert row["satisfaction_percent"] == pytest.approx(100 * score, rel=1e-9)


def test_service_items_skipped_by_those_who_used_no_service(sipas: Played) -> None:
    """Who answers the filter with no is asked no service item, is valid all the same, and counts in the policy block."""
    instrument, answers = sipas.study.instrument, sipas.returns.answers
    used = answers[:, instrument.item_position["N7.4"]]
    levels = [level.code for level in instrument.scale[instrument.item["N7.4"].scale].levels]
    skipping = sipas.dispositions.valid & (used == levels.index("0"))
    service = [instrument.item_position[item.code] for item in items_below(sipas, "II")]
    assert skipping.sum() > 20
    assert (answers[np.ix_(skipping, service)] == NOT_ASKED).all()
    table = sipas.scores.table
    mine = table[(table["unit_code"] == UNIT) & (table["group"] == "all")].set_index("node_code")["n_valid"]
    here = (sipas.returns.rows["unit_code"] == UNIT).to_numpy() & sipas.dispositions.valid
    assert mine["I"] == here.sum()
    assert mine["II"] == (here & ~skipping).sum()


def test_shares_of_perceptions_and_expectations(sipas: Played) -> None:
    """Every share of every answer by plain counting of weights: single choice, grids, yes/no lists, wishes."""
    instrument = sipas.study.instrument
    shares = sipas.scores.shares
    shares = shares[shares["unit_code"] == UNIT].set_index(["item_code", "level_code"])
    asked = [item for item in instrument.items if item.node and instrument.node[item.node].rule == "shares"]
    assert {item.node for item in asked} == {"N1", "N2", "N3", "N4", "N5", "N6", "N7", "E"}
    assert len(shares) == sum(len(instrument.scale[item.scale].levels) for item in asked)
    for item in asked:
        levels = instrument.scale[item.scale].levels
        forms = forms_of(sipas, [item], tuple(range(len(levels))))
        answered = forms[forms[item.code].notna()]
        for k, level in enumerate(levels):
            row: Any = shares.loc[(item.code, level.code)]
            share = answered["w"][answered[item.code] == k].sum() / answered["w"].sum()
            chosen = (forms[item.code] == k).to_numpy(dtype=float) - share
            u = np.where(forms[item.code].notna(), forms["w"] * chosen, 0.0) / answered["w"].sum()
            assert row["n_valid"] == len(answered)
            assert row["share"] == pytest.approx(share, rel=1e-10, abs=1e-12)
            assert row["se"] == pytest.approx(standard_error(forms, list(u)), rel=1e-8, abs=1e-12)
            assert 0 <= row["ci_low"] <= row["share"] <= row["ci_high"] <= 1
