"""The reference itself: two versions of R survey, run apart, gave the same numbers (README in tests/reference)."""

import numpy as np
import pytest

from tests.weighting.r_reference import Case, assert_same, cases, data, matrix, rerun, vector

ALL = {id: case for name in ("govsat", "lonely") for id, case in cases(name).items()}
SCD = cases("scd")

# Version 4.5 measures a lonely cluster's total against the mean over all clusters, 4.1 against zero.
CHANGED_IN_4_5 = {
    f"adjust/{domain}/{fpc}/{total}"
    for domain in ("domadj", "nodomadj")
    for fpc in ("fpc", "nofpc")
    for total in ("total", "subtot_A", "subtot_B", "subtot_C")
}
PAIRS = [
    (id, part)
    for id, part in rerun()
    if not (id.startswith("adjust/") and part == "se" and id in CHANGED_IN_4_5)
]


def reference(id: str) -> Case:
    return SCD[id] if id in SCD else ALL[id]


def kept_numbers(case: Case, part: str) -> np.ndarray:
    result = case.result
    if isinstance(result, list):
        return vector(result)
    if "weights" in result:
        return vector(result["weights"])
    if part in ("ci_l", "ci_u"):
        return vector(result["table"][part])
    if "ratio" in result:
        kept = result[{"est": "ratio", "se": "se"}[part]]
        return matrix(kept).ravel()
    return case.vector(part)


@pytest.mark.long
@pytest.mark.parametrize(("id", "part"), PAIRS, ids=["-".join(p) for p in PAIRS])
def test_both_versions_of_r_agree(id: str, part: str) -> None:
    case = reference(id)
    if part == "refused":
        assert case.error is not None
    else:
        assert_same(rerun()[id, part], kept_numbers(case, part), absolute=1e-10)


def total_se(id: str, centre_at_zero: bool) -> float:
    """A second, slow derivation of the standard error of a total under `adjust`, cluster after cluster.

    The mean is over the clusters of the strata that the domain reaches.
    """
    _, domain_policy, fpc, statistic = id.split("/")
    frame = data("lonely")
    inside = frame["dom"] == statistic[-1] if statistic.startswith("subtot") else frame["dom"] != ""
    frame["u"] = frame["w"] * frame["y"] * inside
    clusters = frame.groupby(["stratum", "psu"]).agg(z=("u", "sum"), N=("N", "first"), seen=("dom", "size"))
    clusters["seen"] = inside.groupby([frame["stratum"], frame["psu"]]).any()
    clusters = clusters[clusters["seen"].groupby(level="stratum").transform("any")]
    variance = 0.0
    for _, stratum in clusters.groupby("stratum"):
        n, rest = len(stratum), 1 - len(stratum) / stratum["N"].iloc[0] if fpc == "fpc" else 1.0
        if domain_policy == "domadj" and stratum["seen"].sum() == 1:
            centre, factor = 0.0 if centre_at_zero else clusters["z"].mean(), n / max(n - 1, 1)
        elif n == 1:
            centre, factor = 0.0 if centre_at_zero else clusters["z"].mean(), 1.0
        else:
            centre, factor = stratum["z"].mean(), n / (n - 1)
        variance += rest * factor * ((stratum["z"] - centre) ** 2).sum()
    return float(np.sqrt(variance))


@pytest.mark.parametrize("id", sorted(CHANGED_IN_4_5))
def test_what_changed_between_the_versions(id: str) -> None:
    assert_same(total_se(id, centre_at_zero=True), rerun()[id, "se"][0])
    assert_same(total_se(id, centre_at_zero=False), kept_numbers(reference(id), "se")[0])
