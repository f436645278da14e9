"""Histograms: the estimates of the rows, in parts or in one piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighting import Design, DesignError, Histogram

FIELDS = ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_eff", "deff")
ITEMS = [f"q{i}" for i in range(11)]


def answers(n: int = 5000, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    """Codes 1–5 (0: missing), weights, cell of each row; a cell is a cluster × unit, units cross clusters."""
    rng = np.random.default_rng(seed)
    cells = pd.DataFrame({"cluster": np.repeat(np.arange(24), 3), "unit": np.tile(["x", "y", "z"], 24)})
    cells["stratum"] = cells["cluster"] // 4
    cells["N"] = np.where(cells["stratum"] == 5, 4, 30)
    codes = rng.integers(0, 6, (n, len(ITEMS))).astype(np.int8)
    codes[:, 10] = np.where(codes[:, 10] == 0, 0, 5)  # everybody satisfied
    return codes, rng.uniform(0.5, 4, n), rng.integers(0, len(cells), n), cells


def rows_design(codes: np.ndarray, w: np.ndarray, cell: np.ndarray, cells: pd.DataFrame) -> Design:
    frame = cells.iloc[cell].reset_index(drop=True).assign(w=w)
    frame = pd.concat([frame, pd.DataFrame(np.where(codes == 0, np.nan, codes), columns=ITEMS)], axis=1)
    return Design(frame, "w", "stratum", "cluster", "N", nest=True)


DESIGN: dict[str, Any] = {"strata": "stratum", "clusters": "cluster", "fpc": "N", "nest": True}


@pytest.mark.parametrize("by", [None, "unit", ["stratum", "unit"]])
@pytest.mark.parametrize("df", ["design", "domain", "satterthwaite", 9.0])
def test_estimates_from_the_table_are_those_of_the_rows(by: Any, df: Any) -> None:
    codes, w, cell, cells = answers()
    h = Histogram.of(codes, w, cell, len(cells), range(1, 6), ITEMS)
    d = rows_design(codes, w, cell, cells)
    pairs = [
        (h.mean(cells, by=by, df=df, **DESIGN), d.mean(ITEMS, by=by, df=df)),
        (
            h.proportion(cells, [4, 5], by=by, df=df, **DESIGN),
            d.proportion(ITEMS, by=by, levels=[4, 5], df=df),
        ),
    ]
    for ours, theirs in pairs:
        pd.testing.assert_frame_equal(ours.labels, theirs.labels)
        for name in FIELDS:
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-10, err_msg=name)
        assert ours.note == theirs.note


def test_joint_covariance_from_the_table() -> None:
    codes, w, cell, cells = answers()
    h = Histogram.of(codes, w, cell, len(cells), range(1, 6), ITEMS)
    ours = h.mean(cells, ["q0", "q1"], by="unit", **DESIGN)
    theirs = rows_design(codes, w, cell, cells).mean(["q0", "q1"], by="unit")
    scale = np.outer(theirs.se, theirs.se)
    np.testing.assert_allclose(ours.covariance() / scale, theirs.covariance() / scale, atol=1e-10)
    gap = {"gap": {("x", "q0"): 1, ("y", "q0"): -1}}
    assert ours.combine(gap).se[0] == pytest.approx(theirs.combine(gap).se[0], rel=1e-10)


def test_parts_add_up() -> None:
    codes, w, cell, cells = answers()
    whole = Histogram.of(codes, w, cell, len(cells), range(1, 6), ITEMS)
    parts = [Histogram.of(codes[i::3], w[i::3], cell[i::3], len(cells), range(1, 6), ITEMS) for i in range(3)]
    summed = parts[0] + parts[1] + parts[2]
    np.testing.assert_array_equal(summed.count, whole.count)
    np.testing.assert_allclose(summed.table, whole.table, rtol=1e-12)
    for name in FIELDS:
        a, b = (getattr(x.mean(cells, by="unit", **DESIGN), name) for x in (summed, whole))
        np.testing.assert_allclose(a, b, rtol=1e-10)
    with pytest.raises(DesignError, match="do not add up"):
        whole + Histogram.of(codes, w, cell, len(cells), range(6), ITEMS)


def test_table_against_a_loop() -> None:
    rng = np.random.default_rng(8)
    codes = rng.integers(-3, 9, (400, 9))
    w, cell = rng.uniform(0, 2, 400), rng.integers(0, 3, 400)
    w[:20] = 0.0
    for stored in (codes, codes.astype(np.int8), np.asfortranarray(codes.astype(np.int16))):
        h = Histogram.of(stored, w, cell, 3, range(1, 6))
        for c in range(3):
            for i in range(9):
                for k, level in enumerate(range(1, 6)):
                    chosen = (cell == c) & (codes[:, i] == level)
                    assert h.table[c, i, k] == pytest.approx(w[chosen].sum(), rel=1e-13)
                valid = (cell == c) & (codes[:, i] >= 1) & (codes[:, i] <= 5) & (w > 0)
                assert h.count[c, i] == valid.sum()


BAD: list[tuple[dict[str, Any], str]] = [
    ({"codes": np.ones((3, 2))}, "codes: whole numbers"),
    ({"weights": [1.0, -1.0, 1.0]}, "weights: negative, missing or infinite in row 1 (-1.0)"),
    ({"weights": [1.0, 1.0]}, "3 rows of codes"),
    ({"cell": [0, 1, 2]}, "cell: whole numbers from 0 to 1"),
    ({"levels": [1, 3]}, "levels: [1, 3] are not consecutive"),
    ({"items": ["a"]}, "items: 1 names for 2 columns"),
    ({"codes": 5}, "codes: whole numbers of shape [rows, items]"),
    ({"weights": ["a", 1, 1]}, "weights and levels: numbers are needed"),
    ({"levels": ["a"]}, "weights and levels: numbers are needed"),
    ({"n_cells": "x"}, "n_cells: 'x' is not a whole number"),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_bad_input(change: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "codes": np.ones((3, 2), dtype=int), "weights": [1.0, 1.0, 1.0], "cell": [0, 1, 1], "n_cells": 2, "levels": [1, 2],
    }  # fmt: skip
    with pytest.raises(DesignError) as error:
        Histogram.of(**(given | change))
    assert words in str(error.value)


def test_bad_questions() -> None:
    codes, w, cell, cells = answers()
    h = Histogram.of(codes, w, cell, len(cells), range(1, 6), ITEMS)
    with pytest.raises(DesignError, match="did you mean"):
        h.mean(cells, ["q00"], **DESIGN)
    with pytest.raises(DesignError, match="cells: 5 rows for a histogram of 72 cells"):
        h.mean(cells.head(), **DESIGN)
