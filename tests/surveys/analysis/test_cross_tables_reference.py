"""What a line of a cross-table prints is what R's survey package says of the same sample: shares of svyby, F and p of svychisq,
the t of svyttest."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from surveys.analysis.by_variables import ByVariable, categories_of
from surveys.analysis.hidden_categories import ShownCategories
from surveys.analysis.table_line import Measured, TableLine
from surveys.analysis.tabulated_rows import TabulatedRows
from surveys.analysis.tabulated_subjects import SCORE, SHARE, TableSubject
from surveys.definitions.study.records import Inference, Minimum
from tests.weighting.r_reference import assert_same, second_set, vector
from tests.weighting.second_set import design, survey

CROSSED, TESTED = second_set("crosstab"), second_set("tests")
TABLES = [name.removesuffix("/rowprop") for name in CROSSED if name.endswith("/rowprop")]


def codes_of(column: str) -> tuple[np.ndarray, list[str]]:
    """Codes of a column of the survey and their labels, in order."""
    values = survey()[column].to_numpy(dtype=float)
    levels = np.unique(values[~np.isnan(values)])
    place = np.where(np.isnan(values), -1, np.searchsorted(levels, values))
    return place.astype(np.intp), [f"{level:g}" for level in levels]


def line_of(of: str, by: str, subject: TableSubject) -> TableLine:
    """The line of a subject by a column of the survey, in one of the designs of the reference."""
    n = len(survey())
    study: Any = SimpleNamespace(inference=Inference(), minimum=Minimum(1))
    rows = TabulatedRows(
        study, "b", ("all",), design(of), np.empty((n, 0)), np.zeros(n, np.intp), (), np.zeros(n, np.intp), {}
    )
    place, names = codes_of(by)
    variable = ByVariable((by,))
    categories = categories_of(variable, {by: place}, {by: names})
    inside = subject.valid & (place >= 0)
    counts = np.bincount(place[inside], minlength=len(names))
    nothing = np.zeros(len(names), dtype=bool)
    shown = ShownCategories(categories, counts, np.ones(len(names)), nothing, nothing)
    return TableLine(Measured(rows, subject), shown)


def item(column: str) -> TableSubject:
    place, names = codes_of(column)
    valid = place >= 0
    columns = {
        (SHARE, name): np.where(valid, (place == k).astype(float), np.nan) for k, name in enumerate(names)
    }
    return TableSubject("1", column, valid, valid, columns, place, {}, (column,))


def scored(column: str) -> TableSubject:
    values = survey()[column].to_numpy(dtype=float)
    valid = ~np.isnan(values)
    return TableSubject("1", column, valid, valid, {(SCORE, ""): values}, None, {}, (column,))


@pytest.mark.parametrize("name", TABLES)
def test_shares_and_their_errors_are_those_of_r(name: str) -> None:
    of, crossed = name.split("/")
    by, column = crossed.split("_x_")
    theirs = CROSSED[f"{name}/rowprop"]["expect"]
    line = line_of(of, by, item(column))
    cells = line.rows()
    shown = np.array([bool(category) for category in cells["category"]])  # the total is not in R's table
    assert_same(cells["estimate"][shown], vector(list(theirs["est"].values())))
    se = theirs["se"]
    assert_same(cells["se"][shown], vector(list(se.values()) if isinstance(se, dict) else se))


@pytest.mark.parametrize("name", [name for name in TABLES if f"{name}/svychisq_F" in CROSSED])
def test_the_test_of_shares_is_r_s(name: str) -> None:
    of, crossed = name.split("/")
    by, column = crossed.split("_x_")
    theirs = CROSSED[f"{name}/svychisq_F"]["expect"]
    (found,) = line_of(of, by, item(column)).tests()
    statistic = theirs["statistic"]
    f = vector(list(statistic.values()) if isinstance(statistic, dict) else statistic).item()
    ndf = theirs["parameter"]["ndf"]
    assert_same([found["f"], found["ndf"]], [f, ndf])
    counted = degrees_of_rows(of, (codes_of(by)[0] >= 0) & (codes_of(column)[0] >= 0))
    assert_same(
        found["ddf"], ndf * counted
    )  # R has those of the whole file, which says nothing of these rows
    assert_same(found["p_value"], stats.f.sf(f, ndf, ndf * counted))
    assert_same(stats.f.sf(f, ndf, theirs["parameter"]["ddf"]), float(theirs["p.value"]))


@pytest.mark.parametrize("name", [name for name in TESTED if name.endswith("/ttest s1 ~ sex")])
def test_the_test_of_two_means_is_the_square_of_r_s_t(name: str) -> None:
    theirs, of = TESTED[name]["expect"], name.split("/")[0]
    (found,) = line_of(of, "sex", scored("s1")).tests()
    assert_same([found["f"], found["ddf"]], [theirs["statistic"]["t"] ** 2, theirs["parameter"]["df"]])
    assert_same(found["p_value"], float(theirs["p.value"]))


def degrees_of_rows(of: str, rows: np.ndarray) -> int:
    """Clusters less strata in which rows lie."""
    stage = design(of).stages[0]
    clusters = np.unique(stage.cluster[rows & (design(of).weights > 0)])
    return len(clusters) - len(np.unique(stage.stratum[clusters]))


def test_no_case_is_left_out() -> None:
    assert len(TABLES) == 30
    assert sum(f"{name}/svychisq_F" in CROSSED for name in TABLES) == 30
