"""The designs of the second set of reference results (tests/reference/r-survey-2), with the columns its calls derive."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tests.weighting.r_reference import data, matrix
from weighting import Design, rake


@cache
def survey() -> pd.DataFrame:
    """govsat with s, t, age3, q1c, z1 and the labels of the two-stage and cluster designs.

    z1 is 1(q1 = 1 and sex = 2): R knows it to be 0 where sex is 1, whether q1 was answered or not.
    """
    frame = data("govsat")
    for k in range(1, 7):
        q = frame[f"q{k}"]
        frame[f"s{k}"] = (q - 1) / 4
        frame[f"t{k}"] = (q >= 4).astype(float).where(q.notna())
    frame["age3"] = 1 + (frame["age"] >= 3).astype(int) + (frame["age"] >= 5).astype(int)
    frame["q1c"] = frame["q1"].clip(lower=2)
    first = (frame["q1"] == 1) & (frame["sex"] == 2)
    frame["z1"] = first.astype(float).where(frame["q1"].notna() | (frame["sex"] == 1))
    frame["unit3"] = frame["unit"] == 3
    frame["cl"] = 10 * frame["stratum"] + frame["psu"]
    frame["rid"] = np.arange(1, len(frame) + 1)
    frame["M2"] = 3 * frame.groupby("cl")["cl"].transform("size")
    return frame


DESIGNS: dict[str, dict[str, Any]] = {
    "govsat_strat": {"strata": "stratum"},
    "govsat_clus": {"clusters": "cl"},
    "govsat_nofpc": {"strata": "stratum", "clusters": "psu", "nest": True},
    "govsat_fpc": {"strata": "stratum", "clusters": "psu", "fpc": "Npsu", "nest": True},
    "govsat_twostage": {
        "strata": "stratum",
        "clusters": ["psu", "rid"],
        "fpc": ["Npsu", "M2"],
        "nest": True,
    },
}
MARGINS = ("unit", "age", "sex")


@cache
def design(name: str) -> Design:
    """A design of the second set by its name there, with R's n/(n − 1)."""
    if name.startswith("scd"):
        services = data("scd")
        services["share"], services["third"] = services["alive"] / services["arrests"], services["ESA"] == 3
        drawn: dict[str, Any] = (
            {"strata": "ESA", "clusters": "ambulance", "nest": True} if name == "scd" else {}
        )
        return Design(services, small_sample="clusters", **drawn)
    if name == "govsat_fpc_unit2":
        return design("govsat_fpc").subset((survey()["unit"] == 2).to_numpy())
    if name == "govsat_raked":
        return rake(design("govsat_fpc"), {m: dict(data(f"govsat_margin_{m}").to_numpy()) for m in MARGINS})
    return Design(survey(), weights="w", small_sample="clusters", **DESIGNS[name])


def numbers(kept: dict[str, Any]) -> np.ndarray:
    """A named vector, or a matrix, of a reference result."""
    return matrix(kept) if "rows" in kept else np.array(list(kept.values()), dtype=float)
