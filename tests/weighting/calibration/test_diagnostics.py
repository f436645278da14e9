"""Diagnostics: Kish's figures by hand, gaps of margins, and what a notebook shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.weighting.adjustment_reference import govsat, govsat_margins
from weighting import CalibrationError, Design, DesignError, calibrate, diagnose, rake, trim
from weighting.calibration.diagnostics import effective_n, kish_deff


def survey() -> Design:
    return Design(govsat(), weights="w", strata="stratum", clusters="psu", fpc="Npsu", nest=True)


def test_kish_by_hand() -> None:
    """Weights 1, 2, 3: n Σw²/(Σw)² = 3·14/36; (Σw)²/Σw² = 36/14."""
    assert kish_deff([1, 2, 3]) == pytest.approx(7 / 6)
    assert effective_n([1, 2, 3]) == pytest.approx(18 / 7)
    assert kish_deff([1, 2, 3, 0]) == pytest.approx(7 / 6)
    assert kish_deff([5, 5]) == pytest.approx(1)
    w = np.random.default_rng(1).gamma(2, 1, 50)
    assert kish_deff(w) == pytest.approx(1 + w.var() / w.mean() ** 2)


def test_kish_is_the_design_effect_of_values_unrelated_to_the_weights() -> None:
    """Over many random values the variance of the weighted mean is deff/n times their variance."""
    rng = np.random.default_rng(5)
    w = rng.gamma(1.5, 1.0, 80)
    means = rng.normal(size=(20_000, 80)) @ w / w.sum()
    assert means.var() == pytest.approx(kish_deff(w) / 80, rel=0.04)


def test_weights_before_and_after_and_their_factors() -> None:
    d = survey()
    done = rake(d, govsat_margins())
    seen = diagnose(done)
    assert seen.weights.loc["sum", "before"] == pytest.approx(d.weights.sum())
    assert seen.weights.loc["sum", "after"] == pytest.approx(sum(govsat_margins()["sex"].values()))
    assert seen.deff == pytest.approx(kish_deff(done.weights))
    assert seen.n_eff == pytest.approx(d.n / seen.deff)
    g = done.weights / d.weights
    assert seen.factors.loc[[0.0, 0.5, 1.0], "g"].tolist() == pytest.approx([g.min(), np.median(g), g.max()])
    assert seen.on_bounds == 0
    pd.testing.assert_frame_equal(diagnose(done, before=d).weights, seen.weights)
    pd.testing.assert_frame_equal(diagnose(done, before=d.weights).weights, seen.weights)


def test_gaps_of_margins_before_calibration_after_it_and_after_trimming() -> None:
    d, given = survey(), govsat_margins()
    plain = diagnose(d, margins=given).margins.set_index(["margin", "category"])
    held = pd.Series(d.weights).groupby(d.frame["sex"].to_numpy()).sum()
    assert plain.loc[("sex", "1"), "gap"] == pytest.approx(given["sex"][1] - held[1])
    done = rake(d, given)
    assert diagnose(done).largest_gap < 1e-10
    cut = trim(done, upper=float(np.quantile(done.weights, 0.95)))
    after = diagnose(cut)
    margins = after.margins
    assert after.largest_gap > 1e-3
    assert margins["gap"].to_numpy() == pytest.approx(margins["total"] - margins["after"])
    held = pd.Series(cut.weights).groupby(d.frame["unit"].to_numpy()).sum()
    assert margins.loc[margins["margin"] == "unit", "after"].to_numpy() == pytest.approx(held.to_numpy())


def test_rows_on_a_bound_are_counted() -> None:
    done = calibrate(survey(), govsat_margins(), bounds=(0.7, 1.4))
    g = done.weights / survey().weights
    assert diagnose(done).on_bounds == int((np.isclose(g, 0.7) | np.isclose(g, 1.4)).sum()) > 0


def test_by_group() -> None:
    d = survey()
    groups = diagnose(d, by="unit").groups
    own = d.weights[(d.frame["unit"] == 2).to_numpy()]
    assert groups.loc[2, "Kish deff"] == pytest.approx(kish_deff(own))
    assert groups.loc[2, "effective n"] == pytest.approx(effective_n(own))
    assert diagnose(d, by=["unit", "group"]).groups.index.names == ["unit", "group"]


def test_numeric_margins_have_one_row() -> None:
    frame = pd.DataFrame({"sex": ["f", "m", "m"], "income": [1.0, 2.0, 5.0]})
    done = calibrate(Design(frame), {"sex": {"f": 2.0, "m": 2.0}, "income": 9.5})
    rows = diagnose(done).margins.set_index("margin").loc["income"]
    assert (rows["category"], rows["total"], rows["before"]) == ("total", 9.5, 8.0)
    assert rows["after"] == pytest.approx(9.5)


def test_text_and_html_show_the_same() -> None:
    frame = govsat().assign(unit=lambda f: "<Sở " + f["unit"].astype(str) + ">")
    given = {"unit": {f"<Sở {k}>": t for k, t in govsat_margins()["unit"].items()}}
    seen = diagnose(rake(Design(frame, weights="w"), {**given, "sex": govsat_margins()["sex"]}), by="unit")
    text, html = repr(seen), seen._repr_html_()
    for words in ("Kish deff", "effective n", "g = after/before", "largest gap", "raking to unit, sex"):
        assert words in text
        assert words in html
    assert "<Sở 1>" in text
    assert "&lt;Sở 1&gt;" in html
    assert "<Sở" not in html
    assert len(text.splitlines()) < 45


def test_what_does_not_fit() -> None:
    with pytest.raises(DesignError, match="unknown column 'unti'; did you mean 'unit'"):
        diagnose(survey(), by="unti")
    with pytest.raises(DesignError, match="weights of 601 rows are needed"):
        diagnose(survey(), before=[1.0, 2.0, 3.0])
    with pytest.raises(CalibrationError, match="unknown column 'tỉnh'"):
        diagnose(survey(), margins={"tỉnh": {"HN": 1.0}})
