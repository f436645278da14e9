"""Every number of R's svytable, svychisq and the shares of five tables in six designs.

R scales X², observed and expected numbers to all rows of the file, ours to the complete ones: compared after that factor. F and p
are the same. lincom and saddlepoint are numerical inside R: to 1e-3, as its own accuracy allows.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.weighting.r_reference import assert_same, assert_same_covariance, matrix, second_set, vector
from tests.weighting.second_set import design, survey
from weighting import CrossTable

CASES = second_set("crosstab")
KINDS = ("svytable", "svytable_Ntotal100", "rowprop", "colprop", "cellprop")
ROWS = 601


def names(*kinds: str) -> list[str]:
    return [name for name in CASES if name.rsplit("/", 1)[1] in kinds]


@cache
def crossed(name: str, **options: Any) -> CrossTable:
    of, table, _ = name.split("/")
    rows, columns = table.split("_x_")
    return design(of).crosstab(rows, columns, df="design", **options)


@pytest.mark.parametrize("name", names("svytable", "svytable_Ntotal100"))
def test_totals(name: str) -> None:
    theirs, ours = CASES[name]["expect"], crossed(name)
    totals = ours.pivot("total")
    if "table" in theirs:
        assert ours.n.sum() == theirs["n_rows"]
        theirs = theirs["table"]
    else:
        totals = 100 * totals / totals.to_numpy().sum()
    assert [float(label) for label in theirs["rownames"]] == list(map(float, totals.index))
    assert [float(label) for label in theirs["colnames"]] == list(map(float, totals.columns))
    assert_same(totals, matrix(theirs))


@pytest.mark.parametrize("name", names("rowprop", "colprop", "cellprop"))
def test_shares(name: str) -> None:
    """R's order lets the rows of the table run fastest; ours runs along them."""
    theirs = CASES[name]["expect"]
    measure = {"rowprop": "row_share", "colprop": "column_share", "cellprop": "cell_share"}[
        name.rsplit("/", 1)[1]
    ]
    ours = getattr(crossed(name), measure)
    _, R, C = crossed(name).n.shape
    outer, inner = (C, R) if measure == "column_share" else (R, C)
    order = np.arange(R * C).reshape(outer, inner).T.ravel()
    assert_same(ours.estimate[order], vector(list(theirs["est"].values())))
    assert_same(
        ours.se[order],
        vector(list(theirs["se"].values()) if isinstance(theirs["se"], dict) else theirs["se"]),
    )
    assert_same_covariance(ours.covariance().to_numpy()[np.ix_(order, order)], matrix(theirs["vcov"]))
    assert (ours.df == theirs["df"]).all()
    check_limits(name, measure, order)
    if "table" in theirs:
        check_table(theirs, ours, order)
    assert set(theirs) <= {"table", "est", "se", "vcov", "df", "ci95_z", "ci95_t"}


def check_limits(name: str, measure: str, order: np.ndarray) -> None:
    """R's Wald limits leave [0, 1], ours end there; where a share is 0 or 1 R's have no width, ours are Korn & Graubard's."""
    theirs = CASES[name]["expect"]
    of, table, _ = name.split("/")
    for key, df in (("ci95_z", np.inf), ("ci95_t", "design")):
        found = getattr(design(of).crosstab(*table.split("_x_"), interval="wald", df=df), measure)
        limits = np.column_stack([found.ci_low, found.ci_high])[order]
        plain = (found.se > 0)[order]
        assert_same(limits[plain], np.clip(matrix(theirs[key]), 0, 1)[plain])
        share, of_r = found.estimate[order][~plain], matrix(theirs[key])[~plain]
        assert_same(np.column_stack([share, share]), of_r)
        assert (limits[~plain, 1] - limits[~plain, 0] > 0.005).all()


def check_table(theirs: dict[str, Any], ours: Any, order: np.ndarray) -> None:
    """R's table says again what its vectors say."""
    columns = [k for k in theirs["table"] if k not in ("A", "B")]
    kept = [vector(theirs["table"][k]) for k in columns]
    half = len(columns) // 2
    assert all(k.startswith("se.") for k in columns[half:])
    assert_same(np.concatenate(kept[:half]), ours.estimate[order])
    assert_same(np.concatenate(kept[half:]), ours.se[order])


@pytest.mark.parametrize("name", [n for n in CASES if "svychisq" in n])
def test_independence(name: str) -> None:
    theirs, kind = CASES[name]["expect"], name.rsplit("_", 1)[1]
    table = crossed(name)
    test = table.tested(kind)
    statistic = vector(
        theirs["statistic"]
        if not isinstance(theirs["statistic"], dict)
        else list(theirs["statistic"].values())
    )
    scale = ROWS / table.n.sum() if test.letter == "X2" else 1.0
    assert_same(test.statistic * scale, statistic)
    check_degrees(kind, test.ndf[0], test.ddf[0], theirs)
    p = float(theirs["p.value"])
    if kind in ("lincom", "saddlepoint"):
        assert p > 1e-8
        assert_same(test.p, [p], 1e-3, absolute=0.0)
    else:
        assert_same(test.p, [p], absolute=0.0)
    if kind == "F":
        shares = table.pivot("cell_share").to_numpy()
        assert_same(ROWS * shares, matrix(theirs["observed"]))
        assert_same(ROWS * np.outer(shares.sum(axis=1), shares.sum(axis=0)), matrix(theirs["expected"]))
    few = "Chi-squared approximation may be incorrect" in CASES[name].get("warnings", [])
    assert ("rows expected in" in test.note[0]) == few


def check_degrees(kind: str, ndf: float, ddf: float, theirs: dict[str, Any]) -> None:
    parameter = theirs.get("parameter")
    if kind == "Chisq":
        assert (ddf, parameter) == (np.inf, {"df": ndf})
    elif parameter:
        assert_same([ndf, ddf], [parameter["ndf"], parameter["ddf"]])
    else:
        assert kind in ("lincom", "saddlepoint")


def test_no_case_is_left_out() -> None:
    assert len(CASES) == 330 == len(names(*KINDS)) + sum("svychisq" in name for name in CASES)
    assert len(survey()) == ROWS
