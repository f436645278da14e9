"""Rounds made by hand: units of one block with the points of three sub-criteria, and standard errors of their totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from surveys.analysis.analysed_round import CELL_COLUMNS, AnalysedRound
from surveys.definitions.instrument.records import ResultClass, UnitGroup
from surveys.definitions.study.reading import load_study
from surveys.definitions.study.records import Inference, Output, Target
from surveys.vocabulary.columns import COVARIANCE_COLUMNS, SCORE_COLUMNS, SUM_COLUMNS, UNIT_COLUMNS

LEAVES = {"1.1.1": 1.5, "1.1.2": 2.5, "2.1.1": 2.0}
ABOVE = {"1.1": ("1.1.1", "1.1.2"), "1": ("1.1.1", "1.1.2"), "2.1": ("2.1.1",), "2": ("2.1.1",)}
MAXIMUM = sum(LEAVES.values())
CLASSES = (ResultClass("tot", 80), ResultClass("kha", 60), ResultClass("yeu", 0))
QUARTERS = (UnitGroup("best", 0.75), UnitGroup("rest", 0.0))
FORMS = 20


def made_round(
    points: Mapping[str, Sequence[float]],
    se: Mapping[str, float] | float = 0.02,
    df: float = 30.0,
    targets: Sequence[Target] = (),
    covariances: Sequence[tuple[str, str, float]] = (),
) -> AnalysedRound:
    """``points``: unit → those of 1.1.1, 1.1.2 and 2.1.1; ``se`` of the totals as scores in [0, 1], and of every node."""
    study = load_study(Path(__file__).parents[2] / "rounds" / "small")
    scores = pd.DataFrame(
        [row for unit, of_unit in points.items() for row in _rows(unit, of_unit, _of(se, unit), df)]
    )
    totals = scores[scores["node_code"] == "0"].reset_index(drop=True)
    order = totals["points"].round(9).rank(ascending=False, method="min")
    units = totals.assign(percent=100.0 * totals["score"], rank=order.astype("Int64"))
    pairs = pd.DataFrame([("b", *pair) for pair in covariances], columns=list(COVARIANCE_COLUMNS))
    cells = [("b", unit, group, FORMS // 2, np.nan) for unit in points for group in ("staff", "raters")]
    return AnalysedRound(
        label="made",
        period_end="2023-12-31",
        instrument=replace(study.instrument, classes=CLASSES, unit_groups=QUARTERS),
        output=Output(),
        inference=Inference(),
        scores=scores.reindex(columns=list(SCORE_COLUMNS)),
        units=units.reindex(columns=list(UNIT_COLUMNS)),
        index=pd.DataFrame(columns=["block", "node_code"]),
        index_units=pd.DataFrame(columns=["block", "points"]),
        sums=pd.DataFrame(columns=list(SUM_COLUMNS)),
        covariances=pairs,
        agencies=(),
        targets=tuple(targets),
        cells=pd.DataFrame(cells, columns=list(CELL_COLUMNS)),
        source={"study": "made"},
    )


def _of(se: Mapping[str, float] | float, unit: str) -> float:
    return se[unit] if isinstance(se, Mapping) else se


def _rows(unit: str, points: Sequence[float], se: float, df: float) -> list[dict[str, object]]:
    own = dict(zip(LEAVES, points, strict=True))
    nodes = {
        "0": tuple(LEAVES),
        "1": ABOVE["1"],
        "1.1": ABOVE["1.1"],
        **{c: (c,) for c in ("1.1.1", "1.1.2")},
    }
    nodes |= {"2": ABOVE["2"], "2.1": ABOVE["2.1"], "2.1.1": ("2.1.1",)}
    rows = []
    for code, below in nodes.items():
        has, most = sum(own[leaf] for leaf in below), sum(LEAVES[leaf] for leaf in below)
        rows.append(
            {
                "block": "b", "unit_code": unit, "unit_name": unit.upper(), "node_code": code, "node_level": "node",
                "group": "all", "n_valid": FORMS, "score": has / most, "se": se, "df": df, "max_points": most,
                "points": has, "status": "ok" if has == has else "suppressed", "note": "",
            }
        )  # fmt: skip
    return rows
