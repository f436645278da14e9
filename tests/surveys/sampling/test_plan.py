"""Forms of the cells of a plan: published and hand-made numbers, sums, limits, and what is said of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from math import ceil, comb, sqrt
from typing import Any, get_args

import numpy as np
import pytest
from scipy import stats

from surveys.definitions.study.records import StudyDefinition
from surveys.definitions.study.sample_plan import Allocation, PlanMethod, SamplePlan
from surveys.definitions.toml_writing import toml_table
from surveys.problems import LANGUAGES, SurveyError
from surveys.sampling.plan.cells import CellForms
from surveys.sampling.plan.forms_of_cells import forms_of_cells
from surveys.sampling.plan.round_plan import plan_round
from surveys.vocabulary.remarks import in_words
from tests.surveys.sampling.conftest import PEOPLE

#: The sizes that are printed for n = N/(1 + N·e²) with e = 5 %.
SLOVIN = {"a": 223, "b": 286, "c": 334, "d": 371, "e": 385}
Z = 1.959963984540054

Planned = Callable[..., dict[str, CellForms]]


@pytest.fixture
def planned(study: Callable[..., StudyDefinition]) -> Planned:
    """The cells of the citizens by unit, for the keys of their plan."""

    def made(frames: str = "", **keys: Any) -> dict[str, CellForms]:
        lines = toml_table("[[plan]]", {"group": "dan", **keys})
        cells, _ = forms_of_cells(study(lines, frames))
        return {cell.cell.unit: cell for cell in cells}

    return made


def forms(cells: dict[str, CellForms]) -> dict[str, int]:
    return {unit: cell.forms for unit, cell in cells.items()}


def issued(cells: dict[str, CellForms]) -> dict[str, int]:
    return {unit: cell.issued for unit, cell in cells.items()}


def smallest_for_margin(people: int, margin: float) -> int:
    """The first n whose margin of error is small enough, tried one by one: z √((1/n − 1/N) N/(N − 1) p(1 − p))."""
    for n in range(1, people + 1):
        if Z * sqrt((1 / n - 1 / people) * people / (people - 1) * 0.25) <= margin:
            return n
    return people


def test_sizes_by_the_ministries_formula(planned: Planned) -> None:
    cells = planned(method="slovin", margin=0.05)
    assert forms(cells) == SLOVIN == issued(cells)


def test_margin_of_error_of_each_unit(planned: Planned) -> None:
    cells = planned(method="margin", margin=0.05, interval="normal", response=0.8, valid=0.95)
    assert forms(cells) == {unit: smallest_for_margin(n, 0.05) for unit, n in PEOPLE.items()}
    assert issued(cells) == {unit: ceil(n / 0.76 - 1e-9) for unit, n in forms(cells).items()}
    assert all(0.045 < cell.margin <= 0.05 for cell in cells.values())
    assert in_words(cells["b"].remarks, "en") == (
        "margin of error 5 % with 95 % confidence; expected share 50 %; population 1000; more are issued: 80 % come back, "
        "95 % of them valid"
    )


def test_a_margin_counted_over_all_samples_or_of_the_printed_interval(planned: Planned) -> None:
    """Of every number from the exact one on the share lies within the margin in 95 of 100 samples; the textbooks' falls short."""
    textbook, exact, printed = (
        planned(method="margin", margin=0.05, interval=interval)["b"]
        for interval in ("normal", "", "bounded")
    )

    def within(n: int) -> float:
        near = range(ceil(n * 0.45 - 1e-9), int(n * 0.55 + 1e-9) + 1)
        return sum(comb(500, x) * comb(500, n - x) for x in near) / comb(1000, n)

    assert (textbook.forms, printed.forms) == (278, 279)
    assert within(textbook.forms) < 0.95
    assert within(exact.forms - 1) < 0.95
    assert all(within(n) >= 0.95 for n in range(exact.forms, exact.forms + 100))
    assert exact.margin <= 0.05
    assert "counted exactly" in in_words(exact.remarks, "en")
    assert "bounded" in in_words(printed.remarks, "vi")


def test_everybody_is_asked_where_that_is_cheaper(planned: Planned) -> None:
    frames = "xa,a,dan,100\nxa,b,dan,90\nxa,c,dan,5000\nxa,d,dan,1\nxa,e,dan,0\n"
    cells = planned(frames, margin=0.05, interval="normal", whole_from=0.8)
    assert smallest_for_margin(100, 0.05) == 80
    assert issued(cells) == {"a": 100, "b": 90, "c": smallest_for_margin(5000, 0.05), "d": 1, "e": 0}
    assert cells["a"].forms == 80
    assert "all 100 are asked" in in_words(cells["a"].remarks, "en")


def test_a_small_population_cannot_return_enough(planned: Planned) -> None:
    cells = planned("".join(f"xa,{u},dan,40\n" for u in PEOPLE), margin=0.05, interval="normal", response=0.5)
    assert smallest_for_margin(40, 0.05) == 37
    assert {(cell.forms, cell.issued) for cell in cells.values()} == {(20, 40)}
    assert "fewer than the 37 valid forms wanted" in in_words(cells["a"].remarks, "en")


def test_a_wanted_power(planned: Planned) -> None:
    """Two rounds of 388 forms each find ten points of difference with a power of 80 % (power.prop.test of R: 387.3); a smaller
    population needs fewer, and a known last round with more forms fewer still."""
    big = "".join(f"xa,{u},dan,100000000\n" for u in PEOPLE)
    assert 385 <= planned(big, method="difference", difference=0.1)["a"].forms <= 391


def test_a_wanted_change_beside_a_larger_last_round(planned: Planned) -> None:
    big = "".join(f"xa,{u},dan,100000000\n" for u in PEOPLE)
    by_hand = 0.24 / ((0.1 / (Z + 0.8416212)) ** 2 - 0.25 / 1000)  # p = 0.5 of 1000 forms, then 0.6
    assert by_hand <= planned(big, method="change", difference=0.1, previous=1000)["a"].forms <= by_hand + 3


def test_a_mean_score_needs_fewer_forms_than_a_share(planned: Planned) -> None:
    big = "".join(f"xa,{u},dan,100000000\n" for u in PEOPLE)
    cells = planned(big, method="margin", measure="mean", deviation=0.25, margin=0.05)
    assert cells["a"].forms == ceil((Z * 0.25 / 0.05) ** 2) == 97


@pytest.mark.parametrize(
    ("allocation", "expected"),
    [
        ("equal", [200] * 5),
        ("proportional", [27, 54, 108, 270, 541]),
        ("power", [83, 117, 166, 263, 371]),  # ∝ √N; largest remainders get what is left
    ],
)
def test_a_total_is_shared_out(planned: Planned, allocation: str, expected: list[int]) -> None:
    cells = forms(planned(method="total", total=1000, allocation=allocation))
    assert sum(cells.values()) == 1000
    exponent = {"equal": 0, "proportional": 1, "power": 0.5}[allocation]
    weights = [n**exponent for n in PEOPLE.values()]
    shares = [1000 * w / sum(weights) for w in weights]
    assert all(abs(n - share) < 1 for n, share in zip(cells.values(), shares, strict=True))
    assert all(abs(n - e) <= 1 for n, e in zip(cells.values(), expected, strict=True))


def test_neyman_gives_more_where_answers_differ_more(planned: Planned) -> None:
    people = "".join(f"xa,{u},dan,1000\n" for u in PEOPLE)
    cells = planned(
        people,
        method="total",
        total=600,
        allocation="neyman",
        deviation=0.2,
        deviations={"a": 0.4},
    )
    assert list(forms(cells).values()) == [200, 100, 100, 100, 100]


def test_limits_of_a_cell(planned: Planned) -> None:
    cells = planned(method="total", total=1000, minimum=50, maximum=400)
    assert sum(forms(cells).values()) == 1000
    assert min(forms(cells).values()) >= 50
    assert max(forms(cells).values()) == 400


def test_a_total_of_issued_forms(planned: Planned) -> None:
    cells = planned(method="total", total=9000, allocation="equal", counted="issued", response=0.93)
    assert sum(issued(cells).values()) == 9000
    assert issued(cells)["a"] == 500  # no more than there are people
    assert all(cell.forms == int(cell.issued * 0.93 + 1e-9) for cell in cells.values())


def test_precision_of_the_whole_block(planned: Planned) -> None:
    cells = planned(method="margin", of="block", margin=0.03, interval="normal")
    assert sum(forms(cells).values()) == smallest_for_margin(sum(PEOPLE.values()), 0.03)


def test_a_matrix_is_planned_for_the_block(study: Callable[..., StudyDefinition]) -> None:
    plan = plan_round(study('[[plan]]\ngroup = "can-bo"\nmethod = "whole"\nresponse = 0.9\n'))
    (cell,) = plan.cells
    assert (cell.cell.unit, cell.forms, cell.issued) == ("", 54, 60)
    assert [problem.code for problem in plan.warnings] == ["plan.not_planned"]


def test_the_entry_that_names_most_goes_first(study: Callable[..., StudyDefinition]) -> None:
    entries = [
        'group = "dan"\nmethod = "fixed"\nforms = 10\n',
        'group = "dan"\nblock = "xa"\nmethod = "fixed"\nforms = 20\n',
        'group = "dan"\nblock = "xa"\nunit = "b"\nmethod = "fixed"\nforms = 30\n',
        'group = "can-bo"\nmethod = "fixed"\nforms = 40\n',
    ]
    cells, _ = forms_of_cells(study("".join(f"[[plan]]\n{entry}" for entry in entries)))
    found = [(cell.cell.unit, cell.forms) for cell in cells]
    assert found == [("a", 20), ("b", 30), ("c", 20), ("d", 20), ("e", 20), ("", 40)]


@pytest.mark.parametrize(
    ("sections", "frames", "code"),
    [
        ("", "", "plan.none"),
        ('[[plan]]\ngroup = "dan"\nmethod = "total"\ntotal = 20000\n', "", "plan.total_too_large"),
        (
            '[[plan]]\ngroup = "dan"\nmethod = "change"\ndifference = 0.05\nprevious = 50\n',
            "xa,,can-bo,60\n",
            "plan.never_enough",
        ),
        ('[[plan]]\ngroup = "dan"\nmethod = "total"\ntotal = 20\nminimum = 10\n', "", "plan.total_too_small"),
        (
            '[[plan]]\ngroup = "dan"\nmethod = "fixed"\nforms = 9000000\n',
            "xa,a,dan,9000000\n",
            "plan.too_many_forms",
        ),
    ],
)
def test_what_cannot_be_planned_is_told(
    study: Callable[..., StudyDefinition], sections: str, frames: str, code: str
) -> None:
    if "dan" in frames:
        frames += "".join(f"xa,{u},dan,10\n" for u in "bcde")
    with pytest.raises(SurveyError) as told:
        plan_round(study(sections, frames))
    assert {problem.code for problem in told.value.problems if problem.severity == "error"} == {code}


@pytest.mark.long
def test_no_plan_wants_more_than_is_issued_nor_issues_more_than_there_are(
    study: Callable[..., StudyDefinition],
) -> None:
    """Five hundred plans at random: each is carried out within its limits, or told in words."""
    base, chosen = study(toml_table("[[plan]]", {"group": "dan", "method": "whole"})), random.Random(11)
    carried_out, refused = 0, list[str]()
    for _ in range(500):
        plan = SamplePlan(
            "dan",
            method=chosen.choice(get_args(PlanMethod)),
            of=chosen.choice(("unit", "block")),
            margin=chosen.choice((0.001, 0.05, 0.3)),
            difference=chosen.choice((0.01, 0.1, 0.4)),
            forms=chosen.choice((0, 1, 50, 600)),
            total=chosen.choice((5, 100, 5000, 18_500)),
            counted=chosen.choice(("valid", "issued")),
            previous=chosen.choice((None, 2, 3000)),
            share=chosen.choice((0.1, 0.5, 0.9)),
            design_effect=chosen.choice((0.5, 1.0, 3.0)),
            response=chosen.choice((0.1, 0.8, 1.0)),
            assurance=chosen.choice((None, 0.9)),
            whole_from=chosen.choice((0.5, 1.0)),
            allocation=chosen.choice(get_args(Allocation)),
            minimum=chosen.choice((0, 3, 700)),
            maximum=chosen.choice((None, 800)),
        )
        try:
            cells, _ = forms_of_cells(replace(base, plans=(plan,)))
        except SurveyError as told:
            refused += [problem.text(language) for problem in told.problems for language in LANGUAGES]
            continue
        carried_out += 1
        for cell in cells:
            assert 0 <= cell.forms <= cell.issued <= cell.cell.population, plan
            assert all(in_words(cell.remarks, language) for language in LANGUAGES)
        if plan.method == "total" and plan.counted == "issued" and plan.whole_from == 1:
            assert sum(cell.issued for cell in cells) == plan.total, plan
    assert carried_out > 300
    assert all(refused)


def test_printed_intervals_are_as_narrow_as_assured(planned: Planned) -> None:
    """Samples of a town of 1,000 answers of the wanted deviation: t √((1 − n/N) s²/n) stays within the margin in nine of ten,
    and without the assurance in about half of them."""
    margin, chances, N = 0.05, np.random.default_rng(5), PEOPLE["b"]
    town = chances.normal(0.6, 1.0, N)
    town = 0.6 + 0.25 * (town - town.mean()) / town.std(ddof=1)
    within = {}
    for assurance in ("assured", "expected"):
        keys = {"margin_assurance": 0.9} if assurance == "assured" else {}
        wanted = planned(method="margin", margin=margin, measure="mean", deviation=0.25, **keys)["b"].forms
        drawn = np.array([chances.choice(town, wanted, replace=False) for _ in range(2000)])
        half = stats.t.ppf(0.975, wanted - 1) * drawn.std(axis=1, ddof=1) * np.sqrt(1 / wanted - 1 / N)
        within[assurance] = int((half <= margin).sum())
    assert within["assured"] >= stats.binom.ppf(0.001, 2000, 0.9)
    assert within["expected"] < 2000 * 0.6


def test_codes_that_no_column_would_hold_are_told(study: Callable[..., StudyDefinition]) -> None:
    made = study(toml_table("[[plan]]", {"group": "dan", "method": "fixed", "forms": 5}))
    assert "plan.no_code_field" not in {problem.code for problem in plan_round(made).warnings}
    without = tuple(field for field in made.instrument.fields if field.role != "form_code")
    told = plan_round(replace(made, instrument=replace(made.instrument, fields=without))).warnings
    (problem,) = (problem for problem in told if problem.code == "plan.no_code_field")
    assert (problem.severity, problem.file) == ("warning", "study.toml")
    assert "xa-1" in problem.text("vi")
    assert "xa-2" not in problem.text("vi")  # which is not planned
