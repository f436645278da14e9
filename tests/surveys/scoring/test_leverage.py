"""Unequal weights of few forms: errors of scores are brought to full size, unless the study asks for R's factor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from surveys.definitions.study.records import Inference, WeightPlan
from surveys.sampling.samples import draw_samples
from surveys.scoring.scores import score
from surveys.validity.screened_round import ScreenedRound

PLAN = (WeightPlan("staff", base="given", weight="weight", finite=False),)


def standard_error(small: Any, weight: Any, choice: Any) -> tuple[float, np.ndarray, np.ndarray]:
    """Of question a of the first office's staff, who all answered it; with their weights and values."""
    rows = small.returns.rows.assign(weight=[str(weight(k)) for k in range(len(small.returns.rows))])
    inference = Inference(variances="own", small_sample=choice)
    study = replace(small.study, weights=PLAN, inference=inference)
    screened = ScreenedRound(study, replace(small.returns, rows=rows), small.dispositions)
    table = score(screened, draw_samples(screened)).table
    of_a = (table["unit_code"] == "p1") & (table["node_code"] == "a") & (table["group"] == "staff")
    mine = (rows["unit_code"] == "p1") & (rows["group"] == "staff") & small.dispositions.valid
    value = (small.returns.answers[mine.to_numpy(), study.instrument.item_position["a"]]) / 4
    return float(table.loc[of_a, "se"].iloc[0]), rows.loc[mine, "weight"].astype(float).to_numpy(), value


def test_unequal_weights(small) -> None:
    def weight(row: int) -> int:
        return 1 + row % 5

    se, w, y = standard_error(small, weight, "leverage")
    assert len(set(w)) > 1
    n = len(w)
    z = w * (y - np.average(y, weights=w)) / w.sum()
    stretched = z * np.sqrt((1 - 1 / n) / (1 - w / w.sum()))
    assert se == pytest.approx(np.sqrt(n / (n - 1) * ((stretched - stretched.mean()) ** 2).sum()), rel=1e-9)
    plain, _, _ = standard_error(small, weight, "clusters")
    assert plain == pytest.approx(np.sqrt(n / (n - 1) * (z**2).sum()), rel=1e-9)


def test_equal_weights(small) -> None:
    both = [standard_error(small, lambda row: 3, choice)[0] for choice in ("leverage", "clusters")]
    assert both[0] == both[1] > 0
