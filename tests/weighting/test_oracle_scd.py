"""Every number of R survey on the six ambulance services: linearised, BRR given and created, Fay, JKn."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import cases, data, replicate_factors
from tests.weighting.test_oracle_lonely import agrees
from weighting import Design, Estimates, replicate
from weighting.replication.replicates import Replicates

CASES = cases("scd")
KINDS = {
    "BRR": ("BRR", 0.0),
    "JKn": ("JKn", 0.0),
    "Fay_0.1": ("Fay", 0.1),
    "Fay_0.3": ("Fay", 0.3),
    "Fay_0.5": ("Fay", 0.5),
}
FACTORS = {
    "brr": "scd_brr_factors",
    "BRR": "scd_BRR",
    "JKn": "scd_JKn",
    "Fay_0.1": "scd_Fay0.1",
    "Fay_0.3": "scd_Fay0.3",
    "Fay_0.5": "scd_Fay0.5",
}


@cache
def services() -> Design:
    return Design(data("scd"), strata="ESA", clusters="ambulance", nest=True, small_sample="clusters")


def replicated(kind: Any) -> Any:
    """The replicate design of a case; `brr` has its factors given."""
    if kind == "brr":
        given = replicate_factors(FACTORS[kind])
        return Replicates.from_weights(services(), given, kind="BRR", combined=False)
    name: Any
    name, rho = KINDS[kind]
    options: dict[str, Any] = {"rho": rho} if name == "Fay" else {}
    return replicate(services(), kind=name, **options)


def ask(source: Any, what: str, **options: Any) -> Estimates:
    if what == "ratio":
        return source.ratio("alive", "arrests", **options)
    return getattr(source, what)(["alive", "arrests"], **options)


@pytest.mark.parametrize("id", [id for id in CASES if not id.endswith("/design")])
def test_scd(id: str) -> None:
    kind, what = id.split("/")
    source = services() if kind == "taylor" else replicated(kind)
    agrees(lambda **o: ask(source, what, **o), CASES[id].result)


@pytest.mark.parametrize("kind", list(KINDS))
def test_scale_and_degrees_of_freedom(kind: Any) -> None:
    theirs: dict[str, Any] = CASES[f"{kind}/design"].result
    r = replicated(kind)
    assert set(theirs) == {"type", "scale", "rscales", "combined", "rho", "mse", "degf", "nrep"}
    assert (r.kind, r.degf, r.factors.shape[1], r.mse) == tuple(
        theirs[k] for k in ("type", "degf", "nrep", "mse")
    )
    assert theirs["combined"] is False
    assert theirs["rho"] == KINDS[kind][1]
    np.testing.assert_allclose(r.scale * r.rscales, theirs["scale"] * np.array(theirs["rscales"]), rtol=1e-12)


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("what", ["ratio", "total"])
def test_the_factors_r_made_give_its_numbers(kind: Any, what: str) -> None:
    name: Any
    name, rho = KINDS[kind]
    kept: dict[str, Any] = CASES[f"{kind}/design"].result
    r = Replicates.from_weights(
        services(),
        replicate_factors(FACTORS[kind]),
        kind=name,
        combined=False,
        rho=rho,
        rscales=kept["rscales"],
    )
    agrees(lambda **o: ask(r, what, **o), CASES[f"{kind}/{what}"].result)


def test_the_jackknife_factors_are_those_of_r() -> None:
    ours = replicated("JKn").weights()
    theirs = replicate_factors("scd_JKn")
    assert sorted(map(tuple, ours.T)) == sorted(map(tuple, theirs.T))


@pytest.mark.parametrize("kind", ["BRR", "Fay_0.1", "Fay_0.3", "Fay_0.5"])
def test_half_samples_are_balanced(kind: Any) -> None:
    """R's half samples need not be ours; both balance every pair of strata and use the same two factors."""
    rho = KINDS[kind][1]
    for factors in (replicated(kind).weights(), replicate_factors(FACTORS[kind])):
        np.testing.assert_allclose(np.unique(factors.round(12)), [rho, 2 - rho])
        deviation = factors - 1
        products = deviation @ deviation.T / factors.shape[1]
        np.testing.assert_allclose(
            products, (1 - rho) ** 2 * np.kron(np.eye(3), [[1, -1], [-1, 1]]), atol=1e-12
        )


def test_no_case_is_left_out() -> None:
    assert len(CASES) == 21
