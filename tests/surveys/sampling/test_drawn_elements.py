"""Elements drawn from lists: how many, with which probability, from where; what is wrong with a list."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.toml_writing import toml_table
from surveys.problems import Problems, SurveyError
from surveys.sampling.plan.drawn_elements import draw_elements
from surveys.sampling.plan.forms_of_cells import forms_of_cells
from surveys.sampling.plan.round_plan import RoundPlan, plan_round
from tests.surveys.sampling.conftest import PEOPLE

#: Households of each hamlet of a commune.
HAMLETS = {"h1": 120, "h2": 80, "h3": 60, "h4": 60, "h5": 40, "h6": 40, "h7": 100}
HAMLET = {"clusters": ["hamlet"], "take": [1]}
Row = tuple[str, str, str, str, str]
Drawn = Callable[..., RoundPlan]


def households(units: Iterable[str] = PEOPLE) -> list[Row]:
    """Code, unit, stratum, hamlet and the name of a household, in the order of the list."""
    return [
        (f"{unit}{hamlet}{k}", unit, "núi" if hamlet in ("h1", "h2") else "đồng", hamlet, "Nguyễn Văn A")
        for unit in units
        for hamlet, number in HAMLETS.items()
        for k in range(number)
    ]


def listed(rows: Iterable[Row], heading: str = "code,unit,kind,hamlet,name") -> str:
    return heading + "\n" + "".join(",".join(row) + "\n" for row in rows)


@pytest.fixture
def drawn(study: Callable[..., StudyDefinition]) -> Drawn:
    """What is planned and drawn: ``forms`` of every commune, from a list of households by the keys of its ``[[lists]]``."""

    def made(forms: int = 50, text: str = "", **keys: Any) -> RoundPlan:
        frames = "".join(f"xa,{unit},dan,500\n" for unit in PEOPLE)
        plans = toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": forms})
        said = {"path": "list.csv", "block": "xa", "group": "dan", "seed": 7, **keys}
        return plan_round(
            study(plans + "\n" + toml_table("[[lists]]", said), frames, list=text or listed(households()))
        )

    return made


def test_simple_random_elements(drawn: Drawn) -> None:
    found = drawn().drawn.drawn
    assert found.groupby("unit").size().to_dict() == dict.fromkeys(PEOPLE, 50)
    assert found["element"].is_unique
    assert found["probability"].unique().tolist() == [0.1]
    assert found["weight"].unique().tolist() == [10.0]
    assert (found["cluster"] == found["unit"] + "/" + found["element"]).all()
    assert "Nguyễn" not in found.to_csv()


def test_the_same_seed_draws_the_same_and_a_unit_does_not_change_another(drawn: Drawn) -> None:
    first = drawn().drawn.drawn
    fewer = pd.concat([first[first["unit"] == "b"]])
    rows = [row for row in households() if row[1] != "a"] + households("a")[:50]
    again = drawn(text=listed(rows)).drawn.drawn
    pd.testing.assert_frame_equal(
        again[again["unit"] == "b"].reset_index(drop=True), fewer.reset_index(drop=True)
    )
    assert drawn(seed=8).drawn.drawn["element"].tolist() != first["element"].tolist()


def test_replacements_are_others_of_the_same_place(drawn: Drawn) -> None:
    plan = drawn(replacements=0.5, clusters=["hamlet"], take=[3]).drawn
    assert not set(plan.replacements["element"]) & set(plan.drawn["element"])
    places = plan.drawn.groupby(["unit", "place"]).size()
    spare = plan.replacements.groupby(["unit", "place"]).size()
    assert (spare == np.ceil(places / 2)).all()
    orders = plan.replacements.groupby(["unit", "place"])["order"].agg(list)
    assert all(order == list(range(1, len(order) + 1)) for order in orders)


@pytest.mark.parametrize("draw", [["systematic", "simple"], ["sampford", "systematic"], ["simple", "simple"]])
def test_clusters_and_elements(drawn: Drawn, draw: list[str]) -> None:
    found = drawn(clusters=["hamlet"], take=[3], draw=draw).drawn.drawn
    assert found.groupby("unit").size().to_dict() == dict.fromkeys(PEOPLE, 50)
    assert found.groupby("unit")["place"].nunique().to_dict() == dict.fromkeys(PEOPLE, 3)
    if draw[0] == "simple":  # 3 of 7 hamlets, then so many of each
        sizes = found.groupby(["unit", "place"]).size()
        expected = [
            3 / 7 * sizes[unit, place] / HAMLETS[place]
            for unit, place in zip(found["unit"], found["place"], strict=True)
        ]
        np.testing.assert_allclose(found["probability"], expected)
    else:  # in proportion to size, then about as many in each: all households alike as far as whole numbers go
        np.testing.assert_allclose(found["probability"], 0.1, rtol=0.05)
        np.testing.assert_allclose(found.groupby("unit")["weight"].sum(), 500)


def test_strata_within_units(drawn: Drawn) -> None:
    found = drawn(stratum="kind", clusters=["hamlet"], take=[2]).drawn.drawn
    counts = found[found["unit"] == "a"].groupby("stratum").size().to_dict()
    assert counts["a/đồng"] == 30
    certain = {
        "a/núi/h1",
        "a/núi/h2",
    }  # both of the two hamlets are taken: each a stratum, its households the clusters
    assert sum(counts[stratum] for stratum in certain) == 20
    mine = found[found["stratum"].isin(certain)]
    assert (mine["cluster"] == "a/" + mine["element"]).all()


@pytest.mark.long
def test_the_probabilities_are_those_with_which_elements_are_drawn(
    study: Callable[..., StudyDefinition],
) -> None:
    """Over many seeds and five communes the hamlets are drawn as often as their size says, and the weighted numbers of
    households of a hamlet are right on average."""
    keys: dict[str, Any] = {
        "path": "list.csv",
        "block": "xa",
        "group": "dan",
        "clusters": ["hamlet"],
        "take": [3],
    }
    plans = toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": 30})
    lists = toml_table("[[lists]]", {**keys, "seed": 0, "draw": ["sampford", "simple"]})
    frames = "".join(f"xa,{unit},dan,500\n" for unit in PEOPLE)
    base = study(plans + "\n" + lists, frames, list=listed(households()))
    cells, _ = forms_of_cells(base)
    rounds, came, weighed = 60, pd.Series(0.0, index=list(HAMLETS)), pd.Series(0.0, index=list(HAMLETS))
    for seed in range(rounds):
        found = draw_elements(
            replace(base, lists=(replace(base.lists[0], seed=seed),)), cells, Problems()
        ).drawn
        came = came.add(found.groupby("place")["unit"].nunique(), fill_value=0)
        weighed = weighed.add(found.groupby("place")["weight"].sum(), fill_value=0)
    expected = 3 * pd.Series(HAMLETS) / 500
    draws = rounds * len(PEOPLE)
    assert ((came / draws - expected).abs() < 4 * np.sqrt(expected * (1 - expected) / draws)).all()
    spread = np.array(list(HAMLETS.values())) * np.sqrt((1 / expected - 1) / draws)
    assert ((weighed / draws - pd.Series(HAMLETS)).abs() < 4 * spread + 1e-9).all()


def test_sizes_of_elements(drawn: Drawn) -> None:
    rows = [(f"{unit}-{k}", unit, str(k + 1)) for unit in PEOPLE for k in range(10)]
    text = "code,unit,staff\n" + "".join(",".join(row) + "\n" for row in rows)
    found = drawn(forms=4, text=text, size="staff", draw=["sampford"]).drawn.drawn
    size = found["element"].str.rpartition("-")[2].astype(int) + 1
    np.testing.assert_allclose(found["probability"], 4 * size / 55)


def test_strata_in_which_nobody_is_asked_are_told(drawn: Drawn) -> None:
    plan = drawn(forms=1, stratum="kind")
    told = [problem for problem in plan.warnings if problem.code == "lists.strata_left_out"]
    assert [dict(problem.params)["unit"] for problem in told] == list(PEOPLE)
    assert {dict(problem.params)["strata"] for problem in told} == {
        "núi"
    }  # of 300 and 200 households the fewer
    assert "lists.strata_left_out" not in {
        problem.code for problem in drawn(forms=2, stratum="kind").warnings
    }


def test_a_list_with_too_few_elements(drawn: Drawn) -> None:
    plan = drawn(text=listed([*households("bcde"), *households("a")[:20]]))
    assert [(cell.cell.unit, cell.forms, cell.issued) for cell in plan.cells] == [
        ("a", 20, 20), *((unit, 50, 50) for unit in "bcde")
    ]  # fmt: skip
    assert [problem.code for problem in plan.warnings] == [
        "plan.not_planned",
        "lists.differs_from_frame",
        "lists.too_few",
    ]


@pytest.mark.parametrize(
    ("text", "keys", "fault"),
    [
        (listed(households("abcd")), {}, ("lists.no_elements", None, "")),
        (listed([*households(), *households()[:1]]), {}, ("lists.element_twice", 2502, "code")),
        (listed([*households(), ("x", "f", "", "", "")]), {}, ("lists.unit_unknown", 2502, "unit")),
        (listed([*households(), ("", "a", "", "", "")]), {}, ("lists.empty_cell", 2502, "code")),
        (listed([*households(), ("x", "a", "", "", "")]), HAMLET, ("lists.empty_cell", 2502, "hamlet")),
        (listed(households()), {"size": "kind", "draw": ["sampford"]}, ("lists.not_a_size", 2, "kind")),
        (listed(households()), {"element": "ma"}, ("table.missing_column", 1, "ma")),
    ],
)  # fmt: skip
def test_faults_of_lists(
    drawn: Drawn, text: str, keys: dict[str, Any], fault: tuple[str, int | None, str]
) -> None:
    with pytest.raises(SurveyError) as told:
        drawn(text=text, **keys)
    found = [problem for problem in told.value.problems if problem.severity == "error"]
    assert (found[0].code, found[0].row, found[0].column) == fault
    assert found[0].file == "list.csv"


@pytest.mark.parametrize(("sizes", "code"), [("5,6", "lists.sizes_differ"), ("0,0", "lists.not_a_size")])
def test_faults_of_sizes(drawn: Drawn, sizes: str, code: str) -> None:
    first, second = sizes.split(",")
    rows = [("1", "a", "h1", first), ("2", "a", "h1", second), *((unit, unit, "h1", "5") for unit in "bcde")]
    text = "code,unit,hamlet,size\n" + "".join(",".join(row) + "\n" for row in rows)
    with pytest.raises(SurveyError) as told:
        drawn(text=text, clusters=["hamlet"], take=[1], size="size")
    assert {problem.code for problem in told.value.problems if problem.severity == "error"} == {code}


def named(texts: dict[str, str]) -> str:
    """The list of households with other texts for some units."""
    return listed([(row[0], texts.get(row[1], row[1]), *row[2:]) for row in households()])


@pytest.mark.parametrize(
    "texts",
    [
        {unit: f"Xã {unit}" for unit in PEOPLE},  # as the register has them
        {unit: f"  XÃ   {unit.upper()}" for unit in PEOPLE},
        {unit: unicodedata.normalize("NFD", f"Xã {unit}") for unit in PEOPLE},
        {"a": "Xã a", "b": "xã B"},  # and codes
    ],
)
def test_units_of_lists_may_be_named(drawn: Drawn, texts: dict[str, str]) -> None:
    pd.testing.assert_frame_equal(drawn(text=named(texts)).drawn.drawn, drawn().drawn.drawn)


def test_a_confirmed_spelling_is_a_unit_of_a_list(study: Callable[..., StudyDefinition]) -> None:
    plans = toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": 5})
    of = toml_table(
        "[[lists]]", {"path": "list.csv", "group": "dan", "seed": 7}
    )  # the one block need not be said
    confirmed = "block,text,unit_code\nxa,Thị trấn A cũ,a\n"
    frames = "".join(f"xa,{unit},dan,500\n" for unit in PEOPLE)
    text = named({"a": "Thị trấn A cũ", "b": "Xã b"})
    made = plan_round(study(f"{plans}\n{of}", frames, list=text, unit_decisions=confirmed))
    assert made.drawn.drawn.groupby("unit").size().to_dict() == dict.fromkeys(PEOPLE, 5)
    assert set(made.drawn.drawn["block"]) == {"xa"}


def test_units_that_are_not_sure_are_told_with_the_row_and_the_nearest(
    study: Callable[..., StudyDefinition],
) -> None:
    """A name that two units share, one that nobody has, and one without its tone: none is guessed, each is told once."""
    plans = toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": 1})
    of = toml_table("[[lists]]", {"path": "list.csv", "group": "dan", "seed": 7})
    text = "code,unit\n1,Xã An\n2,Xã An\n3,Xa c\n4,Xã d\n5,Xã g\n6,e\n"
    made = study(f"{plans}\n{of}", list=text)
    twins = tuple(replace(unit, aliases=("Xã An",)) if unit.code in "ab" else unit for unit in made.units)
    with pytest.raises(SurveyError) as told:
        plan_round(replace(made, units=twins))
    found = [
        (problem.code, problem.row, problem.column, dict(problem.params)["value"])
        for problem in told.value.problems
        if problem.code.startswith("lists.unit")
    ]
    assert found == [
        ("lists.unit_of_several", 2, "unit", "Xã An"),
        ("lists.unit_unknown", 4, "unit", "Xa c"),
        ("lists.unit_unknown", 6, "unit", "Xã g"),
    ]
    several, toneless, _ = (problem.text("vi") for problem in told.value.problems if problem.row)
    assert "Xã a (a), Xã b (b)" in several
    assert "Xã c (c)" in toneless
