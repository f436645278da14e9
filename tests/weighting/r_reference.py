"""Reads the reference results of R's survey package kept in tests/reference (README there)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
R_SURVEY = REFERENCE / "r-survey"
R_SURVEY_2 = REFERENCE / "r-survey-2"
API = REFERENCE / "api"

EXACT = 1e-9
_WORDS = {"NaN": np.nan, "NA": np.nan, "Inf": np.inf, "-Inf": -np.inf}


@dataclass(frozen=True)
class Case:
    """One reference result: the R call and what it gave."""

    id: str
    call: str
    result: Any

    @property
    def error(self) -> str | None:
        return self.result.get("error") if isinstance(self.result, dict) else None

    def vector(self, key: str) -> np.ndarray:
        value = self.result[key]
        return vector(list(value.values()) if isinstance(value, dict) else value)

    def matrix(self, key: str) -> np.ndarray:
        return matrix(self.result[key])


def vector(values: Any) -> np.ndarray:
    values = values if isinstance(values, list) else [values]
    return np.array([_WORDS.get(v, v) if isinstance(v, str) else v for v in values], dtype=float)


def matrix(kept: dict[str, Any]) -> np.ndarray:
    rows = [
        np.ravel(vector(row) if isinstance(row[0], str) else np.array(row, dtype=float))
        for row in kept["rows"]
    ]
    return np.array(rows).reshape(kept["dim"])


@cache
def cases(name: str) -> dict[str, Case]:
    kept = json.loads((R_SURVEY / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return {id: Case(id, case["call"], case["result"]) for id, case in kept.items()}


@cache
def second_set(name: str) -> dict[str, dict[str, Any]]:
    """The cases of the second set by name, as they are kept: data, design, call, inputs, expect …"""
    kept = json.loads((R_SURVEY_2 / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    return {case["name"]: case for case in kept}


@cache
def _data(path: Path) -> pd.DataFrame:
    return pd.read_csv(path)


def data(name: str) -> pd.DataFrame:
    return _data(R_SURVEY / "data" / f"{name}.csv").copy()


def replicate_factors(name: str) -> np.ndarray:
    return _data(R_SURVEY / "reps" / f"{name}.csv").to_numpy(dtype=float)


def api_data(name: str) -> pd.DataFrame:
    return _data(API / f"{name}.csv").copy()


@cache
def results(folder: str) -> dict[tuple[str, str], np.ndarray]:
    """Every (case, part) of a results.csv, as a vector or a matrix."""
    kept = pd.read_csv(REFERENCE / folder / "results.csv", dtype=str)
    return {
        (str(case), str(name)): _shape(part)
        for (case, name), part in kept.groupby(["case", "part"], sort=False)
    }


def _shape(part: pd.DataFrame) -> np.ndarray:
    """Column after column, as R keeps a matrix; one column becomes a vector."""
    columns = part["col"].nunique()
    values = part["value"].to_numpy().astype(float).reshape(columns, -1).T
    return values[:, 0] if columns == 1 else values


@cache
def rerun() -> dict[tuple[str, str], np.ndarray]:
    """What the version of R survey named in rerun-versions.txt gives for the same cases."""
    kept = pd.read_csv(R_SURVEY / "rerun.csv", dtype=str)
    return {
        (str(case), str(name)): part["value"].to_numpy().astype(float)
        for (case, name), part in kept.groupby(["case", "part"], sort=False)
    }


def api(case: str, part: str) -> np.ndarray:
    return results("api")[case, part]


def api_cases() -> list[str]:
    return sorted({case for case, _ in results("api")})


def assert_same(ours: Any, theirs: Any, relative: float = EXACT, absolute: float = 1e-13) -> None:
    """Equal number by number; ``absolute`` is the noise allowed around a reference of exactly 0."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=relative, atol=absolute)


def assert_same_covariance(ours: Any, theirs: Any, relative: float = EXACT, zero: Any = 0.0) -> None:
    """Equal entry by entry, measured against the standard errors of the row and the column.

    A standard error below ``zero`` [k] is one of nothing: its row and column have to be as small in both.
    """
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape
    se = np.sqrt(np.maximum(np.diag(theirs), 0))
    fixed = se < zero
    allowed = np.where(fixed, zero, se)
    bound = np.outer(allowed, allowed) * np.where(fixed[:, None] | fixed[None, :], 1.0, relative)
    assert (np.abs(ours - theirs) <= bound + 1e-26).all(), np.abs(ours - theirs).max()
    assert (np.abs(ours) <= bound)[fixed].all()
