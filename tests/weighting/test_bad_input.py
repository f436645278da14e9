"""What a user can get wrong is answered in words: no traceback of numpy or pandas, no number or gap without a reason."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from weighting import (
    CalibrationError,
    Design,
    DesignError,
    Histogram,
    calibrate,
    diagnose,
    propensity,
    rake,
    rank_sets,
    replicate,
    trim,
    weighting_classes,
)

N = 12


def frame() -> Any:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "h": list("aaaabbbbcccc"),
            "c": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
            "w": rng.uniform(1, 3, N),
            "y": rng.normal(size=N),
            "q": rng.integers(1, 6, N),
            "yes": pd.Series([True, False, None] * 4, dtype=object),
            "city": ["Hà Nội", "Đà Nẵng", "Cần Thơ"] * 4,
            "declared": pd.Categorical(list("uuvvuuvvuuvv"), categories=list("uvz")),
            "blank": [np.nan] * N,
            "when": pd.date_range("2020-01-01", periods=N),
            "waves": np.arange(N) * 1j,
            "lists": [[1]] * N,
            "huge": np.full(N, 1e308),
        }
    )


def design() -> Any:
    return Design(frame(), "w", "h", "c")


def pair() -> Any:
    return design().mean("y", by="declared")


QUESTIONS: list[tuple[Callable[[], Any], str]] = [
    (lambda: design().mean("waves"), "column 'waves': real numbers are needed"),
    (lambda: design().mean("huge"), "column 'huge': beyond 1e+140 in row 0"),
    (lambda: design().mean("y", by="lists"), "column 'lists': holds values that cannot be compared"),
    (lambda: design().proportion("lists"), "column 'lists': holds values that cannot be compared"),
    (lambda: design().mean(None), "unknown column 'None'"),
    (lambda: design().mean(["y", ["q"]]), "unknown column"),
    (lambda: design().mean("y", by=3), "unknown column '3'"),
    (lambda: design().mean("y", level="x"), "level: 'x' does not lie between 0 and 1"),
    (lambda: design().mean("y", level=True), "level: True does not lie between 0 and 1"),
    (lambda: design().mean("y", df=None), "unknown degrees of freedom 'None'"),
    (lambda: design().mean("y", df=[1, 2]), "unknown degrees of freedom '[1, 2]'"),
    (lambda: design().quantile("y", "a"), "q: a does not lie between 0 and 1"),
    (lambda: design().quantile("y", []), "q: [] does not lie between 0 and 1"),
    (lambda: design().proportion("q", levels=[]), "levels: none are named"),
    (lambda: design().proportion("declared", levels=["w"]), "unknown category 'w'"),
    (lambda: pair().combine({}), "combinations:"),
    (lambda: pair().combine(5), "combinations:"),
    (lambda: pair().combine({"a": 3}), "a: {row: coefficient} is needed, here is 3"),
    (lambda: pair().combine({"a": {"u": "x"}}), "a: the coefficient of 'u' is 'x'"),
    (lambda: pair().combine({"a": {"u": 1}}, level=7), "level: 7 does not lie between 0 and 1"),
    (lambda: pair().combine({"a": {"u": 1}}, df="x"), "unknown degrees of freedom 'x'"),
    (lambda: pair().combine({"a": {"u": 1}}, df=-4), "df: -4 is not positive"),
    (lambda: pair().combine({"a": {"u": 1}}, interval="x"), "unknown interval 'x'"),
    (lambda: pair().pairwise(level=3), "level: 3 does not lie between 0 and 1"),
    (lambda: Design(frame(), weights="when"), "weights: numbers are needed, not datetime64"),
    (lambda: Design(frame(), weights="waves"), "weights: numbers are needed, not complex128"),
    (lambda: Design(frame(), strata="lists"), "column 'lists': holds values that cannot be compared"),
    (lambda: Design(frame(), weights=np.full(N, 1e300)), "weights: the largest is 1e+300"),
    (
        lambda: Design(frame(), weights=frame()["w"][::-1]),
        "weights: the rows of this Series are in another order",
    ),
    (lambda: Design(frame(), nest="yes"), "nest: 'yes' is neither True, False nor None"),  # type: ignore[arg-type]
    (lambda: design().subset("city"), "subset: a truth value for each of the 12 rows"),
    (lambda: design().with_weights(["a"] * N), "weights: a number for each of the 12 rows"),
    (lambda: design().with_columns(3), "columns: a DataFrame is needed, not int"),
]

EVEN = np.eye(2)
ADJUSTMENTS: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: calibrate(design(), {"lists": {"x": 1, "y": 2}}),
        "column 'lists': holds values that cannot be compared",
    ),
    (lambda: calibrate(frame(), {"h": {"a": 1}}), "design: a Design is needed, here is DataFrame"),
    (
        lambda: calibrate(design(), cities(), tolerance=1e-30),
        "tolerance 1e-30: must be positive, at least 1e-14",
    ),
    (lambda: calibrate(design(), cities(), tolerance="x"), "tolerance 'x': must be positive"),  # type: ignore[arg-type]
    (lambda: calibrate(design(), cities(), max_rounds=1.5), "max_rounds 1.5: a whole number"),  # type: ignore[arg-type]
    (lambda: trim(design(), upper=2, by=[]), "columns: none are named"),
    (lambda: trim(design(), upper=2, by="lists"), "column 'lists': holds values that cannot be compared"),
    (lambda: weighting_classes(design(), answered(), []), "columns: none are named"),
    (lambda: weighting_classes(design(), answered(), 3), "unknown column '3'"),  # type: ignore[arg-type]
    (lambda: weighting_classes(design(), answered(), "lists"), "column 'lists': holds values"),
    (lambda: propensity(far(), answered(), "far"), "column 'far': no value in row 2"),
    (lambda: propensity(design(), answered(), "c", classes=1.5), "classes 1.5: at least 2"),  # type: ignore[arg-type]
    (lambda: replicate(design(), "bootstrap", replicates=10.5), "replicates 10.5: a whole number"),  # type: ignore[arg-type]
    (lambda: replicate(design(), "bootstrap", seed=-1), "seed -1: a whole number from 0"),
    (lambda: replicate(design(), "bootstrap", seed=None), "seed None: a whole number from 0"),  # type: ignore[arg-type]
    (lambda: replicate(design()).estimate(lambda w: "x"), "statistic: numbers are needed"),
    (lambda: replicate(design()).mean("y", by="statistic"), "by: the table has a column 'statistic'"),
    (lambda: rank_sets(np.array([1, "x"]), EVEN), "estimates and covariance: numbers are needed"),
    (lambda: rank_sets([1, 2], [[1, 2], [3, 1]]), "covariance: not symmetric, 2 and 3 between units 0 and 1"),
    (lambda: rank_sets([1, 2], -EVEN), "covariance: some combination has a negative variance"),
    (lambda: rank_sets([1, 2], [[1, 5], [5, 1]]), "covariance: some combination has a negative variance"),
    (lambda: rank_sets([1, 2], [[1, np.nan], [np.nan, 1]]), "covariance: nan between units 0 and 1"),
    (lambda: rank_sets([1, 2], EVEN, top="x"), "top 'x'"),  # type: ignore[arg-type]
    (lambda: rank_sets([1, 2], EVEN, seed="x"), "seed 'x'"),  # type: ignore[arg-type]
    (lambda: diagnose(design(), before=np.zeros(N)), "before: all are zero"),
    (lambda: diagnose(design(), before=np.full(N, np.nan)), "before: missing in row 0"),
]


def cities() -> dict[str, dict[str, float]]:
    return {"city": {"Hà Nội": 9, "Đà Nẵng": 8, "Cần Thơ": 7}}


def answered() -> np.ndarray:
    return np.arange(N) % 3 > 0


def far() -> Design:
    return Design(frame().assign(far=np.where(np.arange(N) == 2, np.inf, 1.0)), "w")


@pytest.mark.parametrize(
    ("ask", "words"), QUESTIONS + ADJUSTMENTS, ids=[words[:40] for _, words in QUESTIONS + ADJUSTMENTS]
)
def test_mistakes_are_named(ask: Callable[[], Any], words: str) -> None:
    with pytest.raises((DesignError, CalibrationError)) as error:
        ask()
    assert words in str(error.value)


@pytest.mark.parametrize("name", ["statistic", "estimate", "se", "n", "note"])
def test_a_domain_cannot_be_called_as_a_column_of_the_table(name: str) -> None:
    d = Design(frame().rename(columns={"declared": name}), "w", "h", "c")
    with pytest.raises(DesignError, match=f"by: the table has a column '{name}' of its own"):
        d.mean("y", by=name)


@pytest.mark.parametrize("labels", [[1, 2, 3, 1, 2], [1, 2, 3, 4, 1]], ids=["most", "one"])
def test_labels_in_several_strata_are_never_guessed(labels: list[int]) -> None:
    frame: dict[str, Any] = {"h": list("aaabb"), "c": labels, "y": range(5)}
    with pytest.raises(DesignError) as error:
        Design(frame, strata="h", clusters="c")
    assert "'1' lies in strata 'a', 'b'" in error.value.problems[0]
    for reading in (
        "nest=True: labels count within their stratum",
        "5 in all",
        "nest=False: one label is one cluster",
    ):
        assert reading in error.value.problems[-1]
    assert Design(frame, strata="h", clusters="c", nest=True).stages[0].n_clusters == 5
    with pytest.raises(DesignError, match="'1' lies in strata 'a', 'b'; with nest=False a cluster has one"):
        Design(frame, strata="h", clusters="c", nest=False)
    assert Design({**frame, "c": list("vwxyz")}, strata="h", clusters="c").stages[0].n_clusters == 5
    h = Histogram.of(np.ones((5, 1), dtype=int), np.ones(5), range(5), 5, levels=[0, 1])
    cells = pd.DataFrame({"h": frame["h"], "c": labels})
    with pytest.raises(DesignError, match="nest=True"):
        h.mean(cells, strata="h", clusters="c")
    assert h.mean(cells, strata="h", clusters="c", nest=True).estimate.tolist() == [1.0]


def test_labels_of_a_later_stage_in_several_of_its_strata_are_not_guessed_either() -> None:
    """Within one cluster of the first stage label 1 lies in both second-stage strata; in another cluster labels start again."""
    frame: dict[str, Any] = {"all": [0] * 5, "s": [1, 2, 2, 1, 1], "a": [1, 1, 1, 2, 2], "c": [1, 1, 2, 1, 2]}
    how: dict[str, Any] = {"clusters": ["a", "c"], "fpc": [[9] * 5, [8] * 5]}
    with pytest.raises(DesignError, match="'1' lies in strata '1/1', '1/2'"):
        Design(frame, strata=["all", "s"], **how)
    assert Design(frame, **how).stages[1].n_clusters == 4
    assert Design(frame, strata=["all", "s"], nest=True, **how).stages[1].n_clusters == 5


NFD = unicodedata.normalize("NFD", "Huế")
TWICE = [
    pytest.param([1, "1", 2], "1 (row 0) and '1' (row 1)", id="number-text"),
    pytest.param([True, 1, 0], "True (row 0) and 1 (row 1)", id="truth-number"),
    pytest.param([True, "True", "x"], "True (row 0) and 'True' (row 1)", id="truth-text"),
    pytest.param(["1", "1.0", "2"], "'1' (row 0) and '1.0' (row 1)", id="decimals"),
    pytest.param([1.0, "1.0", "2"], "1 (row 0) and '1.0' (row 1)", id="number-decimals"),
    pytest.param(["a", "a ", "b"], "'a' (row 0) and 'a ' (row 1)", id="spaces"),
    pytest.param([NFD, "Huế", "b"], r"'Hue\u0302\u0301' (row 0) and 'Hu\u1ebf' (row 1)", id="unicode"),
]


@pytest.mark.parametrize(("values", "words"), TWICE)
@pytest.mark.parametrize("kind", ["object", "category"])
def test_one_value_in_two_writings(values: list[Any], words: str, kind: str) -> None:
    """In domains, strata, clusters, margins, categories and classes: groups made of them would be parts of groups."""
    if kind == "category" and values[:2] == [True, 1]:
        return  # pandas itself takes these as one category
    held = pd.Series(values, dtype=object)
    g = held.astype("category") if kind == "category" else held
    plain = Design({"g": g, "y": [1.0, 2.0, 4.0], "ok": [True, True, False]})
    asked: list[Callable[[], object]] = [
        lambda: plain.mean("y", by="g"),
        lambda: plain.proportion("g"),
        lambda: Design(plain.frame, strata="g"),
        lambda: Design(plain.frame, clusters="g"),
        lambda: Design(plain.frame, clusters=g),
        lambda: rake(plain, {"g": dict.fromkeys(values, 1.0)}),
        lambda: weighting_classes(plain, "ok", "g"),
    ]
    for ask in asked:
        with pytest.raises((DesignError, CalibrationError)) as error:
            ask()
        told = error.value.problems[0]
        assert all(word in told for word in words.split(" and "))
        assert "one value in two writings" in told


def test_numbers_that_are_equal_and_texts_of_numbers_alone_are_one_writing() -> None:
    g = pd.Series([1, 1.0, np.int64(1), np.float64(2), None, "other"], dtype=object)
    assert Design({"g": g, "y": range(6)}, lonely="remove").mean("y", by="g").estimate.tolist() == [
        1.0,
        3.0,
        5.0,
    ]
    assert len(Design({"g": ["01", "1", "10", "100"], "y": range(4)}).mean("y", by="g")) == 4


def test_what_was_asked_before_changes_nothing() -> None:
    """Shares of a column's categories do not make it a column of numbers."""
    d = design()
    d.proportion("city")
    d.proportion("when")
    for column in ("city", "when"):
        with pytest.raises(DesignError, match="not a number in row 0"):
            d.mean(column)
    fresh, asked = design().mean("y"), d.proportion("y") and d.mean("y")
    assert (fresh.estimate, fresh.se) == (asked.estimate, asked.se)


def test_one_level_is_a_level_and_not_its_letters() -> None:
    one, listed = design().proportion("city", levels="Hà Nội"), design().proportion("city", levels=["Hà Nội"])
    assert one.estimate == listed.estimate > 0
    assert design().proportion("q", levels=5).estimate == design().proportion("q", levels=[5]).estimate


def test_levels_nobody_gave_are_told() -> None:
    typed = design().proportion("q", levels=["4", "5"])
    assert typed.estimate == 0
    assert typed.remarks[-1] == "column 'q': none of the levels asked for is found in any row"
    assert "none of the levels" not in " ".join(design().proportion("q", levels=[4, 9]).remarks)


def test_truth_values_with_gaps_in_a_column_of_objects() -> None:
    share = design().proportion("yes")
    assert share.labels["statistic"].tolist() == ["yes"]
    assert share.n.tolist() == [8]
    rows = frame().dropna(subset="yes")
    assert share.estimate == pytest.approx(
        np.average(rows["yes"].astype(float), weights=rows["w"]), rel=1e-14
    )


@pytest.mark.parametrize("method", ["mean", "total", "proportion", "quantile"])
def test_a_column_without_values_says_so(method: str) -> None:
    table = getattr(design(), method)(["blank", "q"] if method != "proportion" else ["blank"]).table()
    assert np.isnan(table["estimate"][0])
    assert table["note"][0] == "no row of this domain has a value"


@pytest.mark.parametrize("method", ["mean", "total", "proportion", "quantile"])
def test_a_census_has_no_width_even_without_degrees_of_freedom(method: str) -> None:
    d = Design({"y": [1, 0]}, strata=["a", "b"], fpc=[1.0, 1.0])
    assert d.degf == 0
    row = getattr(d, method)("y").table().iloc[0]
    assert (row["se"], row["ci_low"], row["ci_high"]) == (0, row["estimate"], row["estimate"])
    assert row["note"] == "complete census: no sampling error"


def test_results_cannot_be_changed() -> None:
    d = design()
    e, ranks = d.mean("y", by="declared"), rank_sets([0.9, 0.5], np.eye(2))
    made, seen = replicate(d), diagnose(d)
    before = e.table()
    views = [e.labels, d.frame, e.table(), e.covariance(), seen.weights]
    for changed in views:
        changed.iloc[0, 0] = 77 if pd.api.types.is_numeric_dtype(changed.dtypes.iloc[0]) else "z"
    view = d.frame
    view["y"] = 0.0
    pd.testing.assert_frame_equal(d.mean("y", by="declared").table(), before)
    pd.testing.assert_frame_equal(e.table(), before)
    assert seen.deff == diagnose(d).deff
    for values in (e.estimate, d.weights, ranks.rank, made.factors, d.stages[0].sampled):
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 0
    for holder, name in ((e, "labels"), (d, "weights"), (ranks, "rank"), (made, "scale"), (seen, "weights")):
        with pytest.raises(AttributeError):
            setattr(holder, name, None)


def test_rows_in_any_order_under_any_index() -> None:
    """Duplicate labels in the index, shuffled rows, Vietnamese domains, several columns, gaps: as cell by cell."""
    data = frame().assign(g=["u", None] * 6).sample(frac=1, random_state=3).set_axis([5] * N)
    table = Design(data, "w", "h", "c").mean("y", by=["declared", "city", "g"]).table()
    known = data.dropna(subset=["g"])
    cells = known.groupby(["declared", "city", "g"], observed=True)
    assert len(table) == cells.ngroups
    estimate = table.set_index(["declared", "city", "g"])["estimate"]
    for key, rows in cells:
        assert estimate[key] == pytest.approx(np.average(rows["y"], weights=rows["w"]), rel=1e-13)


def test_weights_twenty_four_powers_of_ten_apart() -> None:
    data = frame().assign(w=np.where(np.arange(N) % 2, 1e12, 1e-12))
    e = Design(data, "w", "h", "c").mean("y")
    odd = Design(data.assign(w=np.where(np.arange(N) % 2, 1.0, 0.0)), "w", "h", "c").mean("y")
    assert e.estimate.tolist() == pytest.approx(odd.estimate.tolist(), rel=1e-12)
    assert e.se.tolist() == pytest.approx(odd.se.tolist(), rel=1e-12)
