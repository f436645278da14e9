"""Reads the reference results in tests/reference/adjustment (script, input and raw output of R survey)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


@cache
def _results() -> dict[str, np.ndarray]:
    kept = pd.read_csv(REFERENCE / "adjustment" / "results.csv", dtype={"case": str, "value": str})
    return {
        str(case): part["value"].to_numpy().astype(float) for case, part in kept.groupby("case", sort=False)
    }


def reference(case: str) -> np.ndarray:
    """What R gave for a case, as a vector (matrices column after column)."""
    return _results()[case]


def cases(start: str) -> list[str]:
    return [case for case in _results() if case.startswith(start)]


def table(*parts: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE.joinpath(*parts))


def govsat() -> pd.DataFrame:
    frame = table("r-survey", "data", "govsat.csv")
    return frame.assign(s1=(frame["q1"] - 1) / 4)


def govsat_margins() -> dict[str, dict[int, float]]:
    names = ("unit", "age", "sex")
    tables = {m: table("r-survey", "data", f"govsat_margin_{m}.csv") for m in names}
    return {m: dict(zip(t[m].tolist(), t["Freq"].tolist(), strict=True)) for m, t in tables.items()}
